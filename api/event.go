package api

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

func (s *server) eventOperations() {
	tags := []string{"events"}
	register(s, team, huma.Operation{OperationID: "list-events", Method: http.MethodGet, Path: "/events", Tags: tags,
		Summary: "Events, the newest first"}, s.listEvents)
	register(s, team, huma.Operation{OperationID: "list-rejections", Method: http.MethodGet, Path: "/rejections", Tags: tags,
		Summary: "Events that were refused, the newest first, with the reason"}, s.listRejections)
	register(s, team, huma.Operation{OperationID: "list-attributes", Method: http.MethodGet, Path: "/attributes", Tags: tags,
		Summary: "The attributes of accounts that a metric can be broken down by"}, s.listAttributes)
	register(s, team, huma.Operation{OperationID: "list-values", Method: http.MethodGet, Path: "/attributes/{name}/values", Tags: tags,
		Summary: "The values of an attribute, the most frequent first"}, s.listValues)
}

// Event is an event with what is known of it by now.
type Event struct {
	ID         string          `json:"id" doc:"The message id."`
	At         time.Time       `json:"at" doc:"When it happened."`
	Known      time.Time       `json:"known" doc:"When Farol learned it."`
	Source     string          `json:"source" doc:"Id of the source."`
	Kind       string          `json:"kind" doc:"track, identify, group, page, screen, alias."`
	Name       *string         `json:"name" doc:"null for identify, group and alias."`
	Account    *string         `json:"account" doc:"The account that it counts for; null for none."`
	Person     *string         `json:"person" doc:"The person after identify and alias; null for nobody."`
	Anonymous  *string         `json:"anonymous" doc:"The anonymous id that it carried; null for none."`
	Properties json.RawMessage `json:"properties" doc:"Properties or traits, an object."`
	Late       bool            `json:"late" doc:"Whether it came after its local day was closed."`
}

func newEvent(e facts.EventRow) Event {
	out := Event{
		ID: e.ID, At: e.At.UTC(), Known: e.Known.UTC(), Source: string(e.Source), Kind: string(e.Kind), Name: orNull(e.Name),
		Account: orNull(string(e.Resolved)), Person: orNull(string(e.Canonical)), Anonymous: orNull(string(e.Anonymous)),
		Properties: e.Properties, Late: e.Late,
	}
	if len(out.Properties) == 0 {
		out.Properties = json.RawMessage(`{}`)
	}
	return out
}

type listEventsInput struct {
	From    string `query:"from" format:"date" doc:"First day; open when empty."`
	To      string `query:"to" format:"date" doc:"First day after; open when empty."`
	Account string `query:"account"`
	Person  string `query:"person" doc:"Any id of the person; what its other ids did is listed too."`
	Name    string `query:"name"`
	Source  string `query:"source"`
	Kind    string `query:"kind" enum:"track,identify,group,page,screen,alias"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After   string `query:"after" doc:"The cursor next of the page before."`
	Clocks
	Among
}

type listEventsOutput struct {
	Body struct {
		Events []Event `json:"events" nullable:"false"`
		Next   *string `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) listEvents(ctx context.Context, in *listEventsInput) (*listEventsOutput, error) {
	q := facts.EventFilter{
		Account: farol.AccountID(in.Account), Person: farol.PersonID(in.Person), Name: in.Name,
		Source: farol.SourceID(in.Source), Kind: farol.Kind(in.Kind), Limit: in.Limit, After: in.After,
	}
	var err error
	if q.From, err = day("from", in.From); err != nil {
		return nil, err
	}
	if q.To, err = day("to", in.To); err != nil {
		return nil, err
	}
	if in.From != "" && in.To != "" {
		if q.To, err = after(q.From, q.To); err != nil {
			return nil, err
		}
	}
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	if q.Known, err = in.known(cal.Zone); err != nil {
		return nil, err
	}
	asOf, err := in.asOf()
	if err != nil {
		return nil, err
	}
	if asOf != 0 && (q.To == 0 || q.To > asOf) {
		q.To = asOf + 1
	}
	keep, err := s.among(ctx, in.Clocks, in.Among)
	if err != nil {
		return nil, err
	}
	if keep != nil {
		q.Among = slices.Collect(maps.Keys(keep))
		if q.Among == nil {
			q.Among = []farol.AccountID{} // nobody is in it
		}
	}
	rows, next, err := s.Facts.Events(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &listEventsOutput{}
	out.Body.Events, out.Body.Next = make([]Event, 0, len(rows)), orNull(next)
	for _, e := range rows {
		out.Body.Events = append(out.Body.Events, newEvent(e))
	}
	return out, nil
}

// Rejection is an event that was refused.
type Rejection struct {
	ID       *string   `json:"id" doc:"The message id; null when it could not be read."`
	Received time.Time `json:"received"`
	Source   string    `json:"source" doc:"Id of the source."`
	Kind     *string   `json:"kind" doc:"As sent; null when it could not be read."`
	Name     *string   `json:"name" doc:"As sent; null when there was none."`
	Field    *string   `json:"field" doc:"The field that is wrong; null when it is the whole."`
	Reason   string    `json:"reason"`
	Body     string    `json:"body" doc:"The event as it came, cut to 8 KB."`
}

type listRejectionsOutput struct {
	Body struct {
		Rejections []Rejection `json:"rejections" nullable:"false"`
		Next       *string     `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) listRejections(ctx context.Context, in *struct {
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After string `query:"after" doc:"The cursor next of the page before."`
}) (*listRejectionsOutput, error) {
	rows, next, err := s.Facts.Rejections(ctx, in.Limit, in.After)
	if err != nil {
		return nil, err
	}
	out := &listRejectionsOutput{}
	out.Body.Rejections, out.Body.Next = make([]Rejection, 0, len(rows)), orNull(next)
	for _, r := range rows {
		out.Body.Rejections = append(out.Body.Rejections, Rejection{
			ID: orNull(r.ID), Received: r.Received.UTC(), Source: string(r.Source), Kind: orNull(r.Kind), Name: orNull(r.Name),
			Field: orNull(r.Field), Reason: r.Reason, Body: r.Body,
		})
	}
	return out, nil
}

type listAttributesOutput struct {
	Body struct {
		Attributes []string `json:"attributes" nullable:"false"`
	}
}

func (s *server) listAttributes(ctx context.Context, _ *struct{}) (*listAttributesOutput, error) {
	names, err := s.Facts.Attributes(ctx)
	out := &listAttributesOutput{}
	out.Body.Attributes = append([]string{}, names...)
	return out, err
}

type listValuesOutput struct {
	Body struct {
		Values []string `json:"values" nullable:"false"`
	}
}

func (s *server) listValues(ctx context.Context, in *struct {
	Name  string `path:"name"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}) (*listValuesOutput, error) {
	values, err := s.Facts.AttributeValues(ctx, in.Name, in.Limit)
	out := &listValuesOutput{}
	out.Body.Values = append([]string{}, values...)
	return out, err
}
