package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// Cover is a member's standing in for another who is away.
type Cover struct {
	ID      string     `json:"id"`
	Away    string     `json:"away" doc:"The member on leave; they stay the owner."`
	By      string     `json:"by" doc:"The member who covers, and sees the customers of away while it lasts."`
	First   string     `json:"first" doc:"The first day."`
	Last    string     `json:"last" doc:"The last day; it is part of the cover."`
	Note    *string    `json:"note"`
	Author  string     `json:"author" doc:"A member's id, or token:NAME."`
	Created time.Time  `json:"created"`
	Ended   *time.Time `json:"ended" doc:"When it was ended before its time; null when it was not."`
	Holds   bool       `json:"holds" doc:"Whether it does now."`
}

func (s *server) newCover(c store.Cover) Cover {
	return Cover{c.ID, string(c.Away), string(c.By), c.First.String(), c.Last.String(), orNull(c.Note), c.Author, c.Created, orNull(c.Ended), c.Holds(s.Now())}
}

func (s *server) coverOperations() {
	tags := []string{"members"}
	register(s, team, huma.Operation{OperationID: "list-covers", Method: http.MethodGet, Path: "/covers", Tags: tags,
		Summary: "Who covers whom during a leave, the last to begin first", Description: "Leaders see all, others those of their own member."}, s.listCovers)
	register(s, workers, huma.Operation{OperationID: "add-cover", Method: http.MethodPost, Path: "/covers", Tags: tags,
		Summary: "Cover a member's leave", Description: "From the first to the last day who covers sees the customers that the other owns in any role, and their tasks, whatever the own scope; hidden fields stay hidden. Tokens of leaders say it of anybody, others of their own member's leave.",
		DefaultStatus: 201}, s.addCover)
	register(s, workers, huma.Operation{OperationID: "end-cover", Method: http.MethodDelete, Path: "/covers/{id}", Tags: tags,
		Summary: "End a cover before its time", Errors: []int{404, 409}}, s.endCover)
}

type listCoversOutput struct {
	Body struct {
		Covers []Cover `json:"covers" nullable:"false"`
	}
}

func (s *server) listCovers(ctx context.Context, _ *struct{}) (*listCoversOutput, error) {
	list, err := s.Store.Covers(ctx)
	out, me := &listCoversOutput{}, caller(ctx).Member
	out.Body.Covers = []Cover{}
	for _, c := range list {
		if ownOr(ctx, me != "" && (c.Away == me || c.By == me)) == nil {
			out.Body.Covers = append(out.Body.Covers, s.newCover(c))
		}
	}
	return out, err
}

func (s *server) addCover(ctx context.Context, in *struct {
	Body struct {
		Away  string `json:"away" doc:"A member's id."`
		By    string `json:"by" doc:"A member's id."`
		First string `json:"first" doc:"A day, such as 2026-12-21."`
		Last  string `json:"last" doc:"A day; it is part of the cover."`
		Note  string `json:"note,omitempty" doc:"What who covers should know."`
	}
}) (*struct{ Body Cover }, error) {
	b, t := in.Body, caller(ctx)
	c := store.Cover{Away: store.MemberID(b.Away), By: store.MemberID(b.By), Note: b.Note, Author: "token:" + t.Name}
	if err := ownOr(ctx, t.Member != "" && c.Away == t.Member); err != nil {
		return nil, err
	}
	var err error
	if c.First, err = farol.ParseDay(b.First); err != nil {
		return nil, farol.InvalidField("first", "this is not a date: %s", b.First)
	}
	if c.Last, err = farol.ParseDay(b.Last); err != nil {
		return nil, farol.InvalidField("last", "this is not a date: %s", b.Last)
	}
	c, err = s.Store.AddCover(ctx, c, s.Facts.Zone())
	return &struct{ Body Cover }{s.newCover(c)}, err
}

func (s *server) endCover(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*struct{}, error) {
	c, err := s.Store.Cover(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	me := caller(ctx).Member
	if err := ownOr(ctx, me != "" && c.Away == me); err != nil {
		return nil, err
	}
	return &struct{}{}, s.Store.EndCover(ctx, c.ID)
}
