package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol/store"
)

func (s *server) viewOperations() {
	tags := []string{"views"}
	register(s, team, huma.Operation{OperationID: "list-views", Method: http.MethodGet, Path: "/views", Tags: tags,
		Summary: "Saved views: the addresses of pages under a name", Description: "The token's own views and those that are shared with the team, by name."}, s.listViews)
	register(s, team, huma.Operation{OperationID: "add-view", Method: http.MethodPost, Path: "/views", Tags: tags,
		Summary: "Save a view", DefaultStatus: http.StatusCreated, Errors: []int{409}}, s.addView)
	register(s, team, huma.Operation{OperationID: "change-view", Method: http.MethodPatch, Path: "/views/{id}", Tags: tags,
		Summary: "Rename a view, or share it or no longer", Description: "Of others only shared views, and those only by admins and managers.", Errors: []int{404}}, s.changeView)
	register(s, team, huma.Operation{OperationID: "delete-view", Method: http.MethodDelete, Path: "/views/{id}", Tags: tags,
		Summary: "Delete a view", DefaultStatus: http.StatusNoContent, Errors: []int{404}}, s.deleteView)
}

// View is a saved view.
type View struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Path    string    `json:"path" doc:"Of the page, such as /metrics/mrr."`
	Query   string    `json:"query" doc:"What follows the question mark."`
	Shared  bool      `json:"shared" doc:"Whether the team sees it."`
	Owner   string    `json:"owner" doc:"A member's id, or token:ID."`
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`
}

func newView(v store.View) View {
	return View{v.ID, v.Name, v.Path, v.Query, v.Shared, v.Owner, v.Created, v.Changed}
}

// keeper is the token as the store knows who keeps views.
func keeper(ctx context.Context) store.Keeper {
	t := caller(ctx)
	return store.Keeper{ID: "token:" + string(t.ID), Leader: slices.Contains(leaders, t.Role)}
}

type listViewsOutput struct {
	Body struct {
		Views []View `json:"views" nullable:"false"`
	}
}

func (s *server) listViews(ctx context.Context, _ *struct{}) (*listViewsOutput, error) {
	list, err := s.Store.Views(ctx, keeper(ctx).ID)
	out := &listViewsOutput{}
	out.Body.Views = each(list, newView)
	return out, err
}

type viewOutput struct{ Body View }

func (s *server) addView(ctx context.Context, in *struct {
	Body struct {
		Name   string `json:"name"`
		Path   string `json:"path"`
		Query  string `json:"query,omitempty"`
		Shared bool   `json:"shared,omitempty" doc:"A view that is not shared is seen by this token only."`
	}
}) (*viewOutput, error) {
	v, err := s.Store.AddView(ctx, store.View{Owner: keeper(ctx).ID, Name: in.Body.Name, Path: in.Body.Path, Query: in.Body.Query, Shared: in.Body.Shared})
	return &viewOutput{newView(v)}, err
}

func (s *server) changeView(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Name   *string `json:"name,omitempty"`
		Shared *bool   `json:"shared,omitempty"`
	}
}) (*viewOutput, error) {
	v, err := s.Store.ChangeView(ctx, keeper(ctx), in.ID, in.Body.Name, in.Body.Shared)
	return &viewOutput{newView(v)}, err
}

func (s *server) deleteView(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*struct{}, error) {
	return nil, s.Store.DeleteView(ctx, keeper(ctx), in.ID)
}
