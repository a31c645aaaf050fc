package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

func (s *server) versionOperations() {
	tags := []string{"versions"}
	register(s, team, huma.Operation{OperationID: "list-breaks", Method: http.MethodGet, Path: "/metrics/{name}/versions", Tags: tags,
		Summary: "The versions of the settings that a metric uses, and when each began", Errors: []int{404}}, s.listBreaks)
	register(s, team, huma.Operation{OperationID: "compare-versions", Method: http.MethodGet, Path: "/metrics/{name}/versions/compare", Tags: tags,
		Summary:     "A metric under two versions of a setting",
		Description: "Both series, their difference, and, for one period, the units that make it: their effects add up to it.", Errors: []int{404}}, s.compareVersions)
}

// Break is where a version of a setting began.
type Break struct {
	Setting string    `json:"setting"`
	Version int       `json:"version"`
	Began   time.Time `json:"began"`
	Author  string    `json:"author" doc:"A member's id, token:NAME, or system."`
}

type listBreaksOutput struct {
	Body struct {
		Metric   string   `json:"metric"`
		Settings []string `json:"settings" nullable:"false" doc:"The settings that it uses; version 0 of each is the program's default."`
		Versions []Break  `json:"versions" nullable:"false" doc:"The oldest first."`
	}
}

func (s *server) listBreaks(ctx context.Context, in *struct {
	Name string `path:"name"`
}) (*listBreaksOutput, error) {
	m, err := s.Metrics.Catalogue().Find(in.Name)
	if err != nil {
		return nil, err
	}
	list, err := metric.Breaks(ctx, s.Store, m)
	if err != nil {
		return nil, err
	}
	out := &listBreaksOutput{}
	out.Body.Metric, out.Body.Settings, out.Body.Versions = m.Name, m.SettingNames(), []Break{}
	for _, b := range list {
		out.Body.Versions = append(out.Body.Versions, Break(b))
	}
	return out, nil
}

// VersionPoint is a figure under both versions.
type VersionPoint struct {
	Period     string   `json:"period" format:"date"`
	A          *float64 `json:"a"`
	B          *float64 `json:"b"`
	Difference *float64 `json:"difference" doc:"b less a; null when either is."`
	Complete   bool     `json:"complete" doc:"Whether both are."`
}

type compareVersionsInput struct {
	Name    string   `path:"name"`
	Setting string   `query:"setting" required:"true" doc:"One of the settings that the metric uses: conventions, active, company."`
	A       int      `query:"a" required:"true" minimum:"0" doc:"Version of the setting; 0 is the program's default."`
	B       int      `query:"b" required:"true" minimum:"0"`
	At      string   `query:"at" format:"date" doc:"A day of the period whose units are listed; the last period when empty."`
	From    string   `query:"from" format:"date" doc:"As for the series."`
	To      string   `query:"to" format:"date" doc:"As for the series."`
	Grain   string   `query:"grain" enum:"day,week,month" doc:"Length of the periods; the metric's first when empty."`
	Segment []string `query:"segment,explode" doc:"As for the series."`
	Limit   int      `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many units are listed."`
	Clocks
}

type compareVersionsOutput struct {
	Body struct {
		Metric   string         `json:"metric"`
		Setting  string         `json:"setting"`
		VersionA string         `json:"version_a" doc:"Of the series."`
		VersionB string         `json:"version_b"`
		Unit     string         `json:"unit"`
		Currency *string        `json:"currency"`
		Grain    string         `json:"grain"`
		Points   []VersionPoint `json:"points" nullable:"false"`
		Period   string         `json:"period" format:"date" doc:"First day of the period whose units are listed."`
		Gap      Gap            `json:"gap" doc:"Before is a, after is b."`
	}
}

func (s *server) compareVersions(ctx context.Context, in *compareVersionsInput) (*compareVersionsOutput, error) {
	q, cal, err := s.request(ctx, in.Name, in.Grain, in.Clocks, Scope{Segment: in.Segment})
	if err != nil {
		return nil, err
	}
	if q.Period, err = s.period(q, cal, in.From, in.To); err != nil {
		return nil, err
	}
	got, err := s.Metrics.CompareVersions(ctx, s.Store, q, in.Setting, in.A, in.B)
	if err != nil {
		return nil, err
	}
	out := &compareVersionsOutput{}
	b := &out.Body
	b.Metric, b.Setting, b.VersionA, b.VersionB = in.Name, in.Setting, got.Before.Version, got.After.Version
	b.Unit, b.Currency, b.Grain = got.Before.Unit, orNull(string(got.Before.Currency)), string(q.Grain)
	b.Points = make([]VersionPoint, 0, len(got.Before.Points))
	for i, x := range got.Before.Points {
		y := got.After.Points[i]
		p := VersionPoint{Period: x.Period.From.String(), A: x.Value, B: y.Value, Complete: x.Complete && y.Complete}
		if x.Value != nil && y.Value != nil {
			d := *y.Value - *x.Value
			p.Difference = &d
		}
		b.Points = append(b.Points, p)
	}
	at := q.Period.Last()
	if in.At != "" {
		if at, err = farol.ParseDay(in.At); err != nil {
			return nil, farol.InvalidField("at", "must be a date as YYYY-MM-DD")
		}
	}
	period := cal.PeriodAt(q.Grain, at)
	first, second, err := s.Metrics.TwoVersions(ctx, s.Store, q, in.Setting, in.A, in.B)
	if err != nil {
		return nil, err
	}
	d, err := s.Metrics.Difference(ctx, first, second, period, "", in.Limit)
	b.Period, b.Gap = period.From.String(), newGap(d)
	return out, err
}
