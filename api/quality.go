package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/job"
	"github.com/farol-cs/farol/store"
)

func (s *server) qualityOperations() {
	tags := []string{"sources"}
	register(s, team, huma.Operation{OperationID: "read-quality", Method: http.MethodGet, Path: "/quality", Tags: tags,
		Summary: "How well each source sends", Description: "Counts are of the last seven days, from counters that are kept per hour, for 60 days; with as_of or known those of the days before. A source is silent when its own rhythm of the last eight weeks, hour by hour of the week, makes so long a quiet less likely than one in 200."},
		s.readQuality)
	register(s, team, huma.Operation{OperationID: "list-silences", Method: http.MethodGet, Path: "/quality/silences", Tags: tags,
		Summary: "When sources sent nothing although they should have, the newest first, of the last 60 days"}, s.listSilences)
}

// SourceQuality is how one source sends.
type SourceQuality struct {
	Source     string           `json:"source" doc:"Id of the source."`
	Name       string           `json:"name"`
	State      string           `json:"state" enum:"ok,silent,new,waiting,disabled" doc:"new: its rhythm is not known yet. waiting: nothing came yet."`
	Last       *time.Time       `json:"last" doc:"When the last event came; null for never."`
	Day        int64            `json:"day" doc:"Events of the last 24 hours."`
	Usual      *float64         `json:"usual" doc:"What its rhythm makes one expect of these 24 hours; null while it is not known."`
	Quiet      *float64         `json:"quiet" doc:"How likely so long a quiet is, were the source well; null while its rhythm is not known."`
	Events     int64            `json:"events"`
	Duplicates int64            `json:"duplicates" doc:"Dropped: their message id had come before."`
	Rejected   int64            `json:"rejected"`
	Late       int64            `json:"late" doc:"Came after their day was closed."`
	Skewed     int64            `json:"skewed" doc:"Their time is not the sender's: its clock is wrong."`
	NoAccount  int64            `json:"no_account"`
	NoPerson   int64            `json:"no_person"`
	Reasons    map[string]int64 `json:"reasons" doc:"Why events were rejected."`
}

type qualityOutput struct {
	Body struct {
		Sources []SourceQuality `json:"sources" nullable:"false"`
	}
}

func (s *server) readQuality(ctx context.Context, in *struct{ Clocks }) (*qualityOutput, error) {
	at, err := s.until(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	now := s.at(at)
	week := now.Add(-7 * 24 * time.Hour)
	sources, err := s.Store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	hours, err := s.Store.SourceHoursAt(ctx, now.Add(-9*7*24*time.Hour), at)
	if err != nil {
		return nil, err
	}
	reasons, err := s.Store.RejectReasons(ctx, week, at)
	if err != nil {
		return nil, err
	}
	open, err := s.Store.SilencesAt(ctx, at, at)
	if err != nil {
		return nil, err
	}
	silent := map[farol.SourceID]bool{}
	for _, x := range open {
		silent[x.Source] = silent[x.Source] || x.Resolved.IsZero()
	}
	bySource := map[farol.SourceID][]store.SourceHour{}
	for _, h := range hours {
		bySource[h.Source] = append(bySource[h.Source], h)
	}
	out := &qualityOutput{}
	out.Body.Sources = make([]SourceQuality, 0, len(sources))
	for _, x := range sources {
		if x.Created.After(now) && len(bySource[x.ID]) == 0 {
			continue
		}
		if x.Disabled.After(now) {
			x.Disabled = time.Time{}
		}
		q := s.qualityOf(x, bySource[x.ID], week, now, silent[x.ID])
		for _, r := range reasons {
			if r.Source == x.ID {
				q.Reasons[r.Reason] += r.N
			}
		}
		out.Body.Sources = append(out.Body.Sources, q)
	}
	return out, nil
}

func (s *server) qualityOf(x store.Source, hours []store.SourceHour, week, now time.Time, silent bool) SourceQuality {
	r := job.RhythmOf(hours, s.Facts.Zone())
	q := SourceQuality{Source: string(x.ID), Name: x.Name, State: "ok", Last: orNull(r.Last), Reasons: map[string]int64{}}
	switch {
	case !x.Disabled.IsZero():
		q.State = "disabled"
	case silent:
		q.State = "silent"
	case r.Last.IsZero():
		q.State = "waiting"
	case !r.Known():
		q.State = "new"
	}
	if r.Known() {
		usual, quiet := r.Expected(now.Add(-24*time.Hour), now), r.Quiet(now)
		q.Usual, q.Quiet = &usual, &quiet
	}
	for _, h := range hours {
		if h.Hour.Before(week) {
			continue
		}
		if now.Sub(h.Hour) <= 24*time.Hour {
			q.Day += h.Events
		}
		q.Events, q.Duplicates, q.Rejected = q.Events+h.Events, q.Duplicates+h.Duplicates, q.Rejected+h.Rejected
		q.Late, q.Skewed, q.NoAccount, q.NoPerson = q.Late+h.Late, q.Skewed+h.Skewed, q.NoAccount+h.NoAccount, q.NoPerson+h.NoPerson
	}
	return q
}

// Silence is a time in which a source sent nothing although it should have.
type Silence struct {
	Source   string     `json:"source"`
	Last     time.Time  `json:"last" doc:"The last event before it."`
	Opened   time.Time  `json:"opened" doc:"When it was noticed."`
	Resolved *time.Time `json:"resolved" doc:"When events came again; null while it lasts."`
	Feeds    []string   `json:"feeds" nullable:"false" doc:"The tables that the source feeds: figures made of them are uncertain while it lasts."`
}

type listSilencesOutput struct {
	Body struct {
		Silences []Silence `json:"silences" nullable:"false"`
	}
}

func (s *server) listSilences(ctx context.Context, in *struct{ Clocks }) (*listSilencesOutput, error) {
	at, err := s.until(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.SilencesAt(ctx, s.at(at).AddDate(0, 0, -60), at)
	out := &listSilencesOutput{}
	out.Body.Silences = make([]Silence, 0, len(list))
	for _, x := range list {
		out.Body.Silences = append(out.Body.Silences, Silence{string(x.Source), x.Last, x.Opened, orNull(x.Resolved), append([]string{}, x.Feeds.List()...)})
	}
	return out, err
}
