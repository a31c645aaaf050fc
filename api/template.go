package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func (s *server) templateOperations() {
	tags := []string{"work"}
	register(s, team, huma.Operation{OperationID: "list-note-templates", Method: http.MethodGet, Path: "/note-templates", Tags: tags, Summary: "The templates of notes"}, s.listNoteTemplates)
	register(s, workers, huma.Operation{OperationID: "put-note-template", Method: http.MethodPut, Path: "/note-templates/{name}", Tags: tags, Summary: "Make a template of notes, or its next version",
		Description: "A shipped template (meeting, kickoff, qbr, handover) is then the team's, the same in every language.", Errors: []int{409}}, s.putNoteTemplate)
	register(s, workers, huma.Operation{OperationID: "delete-note-template", Method: http.MethodDelete, Path: "/note-templates/{name}", Tags: tags, Summary: "Take a template of notes out",
		Description: "Its versions stay: see list-versions, kind note_template.", DefaultStatus: http.StatusNoContent, Errors: []int{404, 409}}, s.deleteNoteTemplate)
}

// NoteTemplate is what a note may begin with.
type NoteTemplate struct {
	Name    string `json:"name" doc:"The kind of the notes that begin with it."`
	Title   string `json:"title"`
	Body    string `json:"body" doc:"Markdown."`
	Version int    `json:"version" doc:"0 for one as shipped."`
}

type listNoteTemplatesOutput struct {
	Body struct {
		Templates []NoteTemplate `json:"templates" nullable:"false"`
	}
}

func (s *server) listNoteTemplates(ctx context.Context, in *struct {
	Language string `query:"language" enum:"en,pt-BR" default:"en" doc:"Of the templates as shipped."`
}) (*listNoteTemplatesOutput, error) {
	list, err := s.Store.NoteTemplates(ctx, lang.For(lang.Code(in.Language)))
	out := &listNoteTemplatesOutput{}
	out.Body.Templates = []NoteTemplate{}
	for _, t := range list {
		out.Body.Templates = append(out.Body.Templates, NoteTemplate{t.Name, t.Title, t.Body, t.Version})
	}
	return out, err
}

type noteTemplateOutput struct{ Body NoteTemplate }

// findNoteTemplate answers NotFound when there is none, or it was taken out.
func (s *server) findNoteTemplate(ctx context.Context, name string) (NoteTemplate, error) {
	list, err := s.Store.NoteTemplates(ctx, lang.For(lang.English))
	for _, t := range list {
		if t.Name == name {
			return NoteTemplate{t.Name, t.Title, t.Body, t.Version}, err
		}
	}
	if err == nil {
		err = farol.Errorf(farol.NotFound, "there is no such template")
	}
	return NoteTemplate{}, err
}

func (s *server) putNoteTemplate(ctx context.Context, in *struct {
	SegmentName
	Seen
	Body struct {
		Title string `json:"title" doc:"What people call it, up to 60 letters."`
		Body  string `json:"body,omitempty" maxLength:"20000" doc:"Markdown."`
	}
}) (*noteTemplateOutput, error) {
	t := store.NoteTemplate{Name: in.Name, Title: in.Body.Title, Body: in.Body.Body}
	if err := s.Store.SaveNoteTemplate(ctx, t, in.seen(), string(writer(ctx))); err != nil {
		return nil, err
	}
	one, err := s.findNoteTemplate(ctx, in.Name)
	return &noteTemplateOutput{one}, err
}

func (s *server) deleteNoteTemplate(ctx context.Context, in *struct {
	SegmentName
	Seen
}) (*struct{}, error) {
	if _, err := s.findNoteTemplate(ctx, in.Name); err != nil {
		return nil, err
	}
	return nil, s.Store.RemoveNoteTemplate(ctx, in.Name, in.seen(), string(writer(ctx)))
}
