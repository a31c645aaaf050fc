package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

func (s *server) whyOperations() {
	register(s, team, huma.Operation{OperationID: "compare-metric", Method: http.MethodGet, Path: "/metrics/{name}/compare", Tags: []string{"metrics"},
		Summary: "Why a figure changed",
		Description: "Takes the change between two periods, or between two readings of one, apart by the values of an account attribute or by account. " +
			"Effects and several add up to the change exactly, and those of the accounts within a value to the value's. Of a quantile there is no exact decomposition: its effects only rank the lines.",
		Errors: []int{404}}, s.compare)
}

// Effect is what somebody did to a change.
type Effect struct {
	Total    float64 `json:"total" doc:"The sum of the four, in the metric's unit."`
	Rate     float64 `json:"rate" doc:"Its own figure moved."`
	Mix      float64 `json:"mix" doc:"Its share of the whole moved, which counts by how far its figure lies from the whole's."`
	Entering float64 `json:"entering" doc:"It is on the second side only."`
	Leaving  float64 `json:"leaving" doc:"It is on the first side only."`
}

func newEffect(e *metric.Effect) *Effect {
	if e == nil {
		return nil
	}
	return &Effect{e.Total(), e.Rate, e.Mix, e.Entering, e.Leaving}
}

// Line is a value of the attribute or an account.
type Line struct {
	Name        string   `json:"name" doc:"The value, or the account; empty is unknown."`
	Before      Point    `json:"before"`
	After       Point    `json:"after"`
	ShareBefore *float64 `json:"share_before" doc:"Its share of the denominators; null where the figure is no ratio."`
	ShareAfter  *float64 `json:"share_after"`
	Effect      *Effect  `json:"effect" doc:"What it did to the change."`
	Came        int      `json:"came" doc:"Its accounts on the second side only."`
	Left        int      `json:"left" doc:"Its accounts on the first side only."`
	Stayed      int      `json:"stayed" doc:"Its accounts on both."`
}

// Moved is accounts and their effect together.
type Moved struct {
	Accounts int     `json:"accounts"`
	Effect   float64 `json:"effect"`
}

type compareOutput struct {
	Body struct {
		Metric   string   `json:"metric"`
		Version  string   `json:"version"`
		Unit     string   `json:"unit"`
		Currency *string  `json:"currency"`
		Grain    string   `json:"grain"`
		By       string   `json:"by"`
		Method   string   `json:"method" doc:"contributions, mix_and_rate, two_ratios or curve_shift: how the effects come about. They add up to the change by each of them."`
		Before   Point    `json:"before"`
		After    Point    `json:"after"`
		Change   *float64 `json:"change" doc:"After less before; null when either is."`
		Effect   Effect   `json:"effect" doc:"Of all lines, shown or not."`
		Within   *Effect  `json:"within" doc:"Of the value asked for: the lines add up to it."`
		Several  float64  `json:"several" doc:"What units counted in several lines make."`
		Lines    []Line   `json:"lines" nullable:"false" doc:"The largest effect first."`
		More     int      `json:"more" doc:"How many lines are not shown."`
		Rest     Effect   `json:"rest" doc:"The effect of those."`
		Came     Moved    `json:"came" doc:"Accounts on the second side only."`
		Left     Moved    `json:"left" doc:"Accounts on the first side only."`
		Stayed   Moved    `json:"stayed" doc:"Accounts on both sides."`
	}
}

type compareInput struct {
	Name        string   `path:"name"`
	Grain       string   `query:"grain" enum:"day,week,month" doc:"Length of the periods; the metric's first when empty."`
	Before      string   `query:"before" required:"true" format:"date" doc:"A day of the first period, such as its first."`
	After       string   `query:"after" required:"true" format:"date" doc:"A day of the second period; the same as before compares two readings of it."`
	BeforeAsOf  string   `query:"before_as_of" format:"date" doc:"The first side's as_of."`
	BeforeKnown string   `query:"before_known" doc:"The first side's known."`
	AsOf        string   `query:"as_of" format:"date" doc:"The second side's, and the first's unless it has its own."`
	Known       string   `query:"known" doc:"The second side's, and the first's unless it has its own."`
	By          string   `query:"by" doc:"The account attribute whose values are the lines; account when empty."`
	Within      string   `query:"within" pattern:"^=" doc:"A value of by, written =value (= alone is the unknown one): the lines are its accounts."`
	Segment     []string `query:"segment,explode" doc:"As for the series."`
	Limit       int      `query:"limit" minimum:"1" maximum:"10000" default:"50"`
}

func (s *server) compare(ctx context.Context, in *compareInput) (*compareOutput, error) {
	q, err := s.compareRequest(ctx, in)
	if err != nil {
		return nil, err
	}
	got, err := s.Metrics.Compare(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &compareOutput{}
	b := &out.Body
	b.Metric, b.Version, b.Unit, b.Currency = got.Metric, got.Version, got.Unit, orNull(string(got.Currency))
	b.Grain, b.By, b.Method, b.Change = string(got.Grain), got.By, string(got.Method), got.Change
	b.Before, b.After, b.Several = newPoint(got.Before, ""), newPoint(got.After, ""), got.Several
	b.Effect, b.Rest, b.Within, b.More = *newEffect(&got.Effect), *newEffect(&got.Rest), newEffect(got.Within), got.More
	b.Came, b.Left, b.Stayed = Moved(got.Came), Moved(got.Left), Moved(got.Stayed)
	b.Lines = []Line{}
	for _, l := range got.Lines {
		b.Lines = append(b.Lines, Line{
			l.Name, newPoint(l.Before, ""), newPoint(l.After, ""), l.ShareBefore, l.ShareAfter, newEffect(l.Effect), l.Came, l.Left, l.Stayed,
		})
	}
	return out, nil
}

// compareRequest reads both sides: what the first does not say is the second's.
func (s *server) compareRequest(ctx context.Context, in *compareInput) (q metric.CompareRequest, err error) {
	read, cal, err := s.request(ctx, in.Name, in.Grain, Clocks{in.AsOf, in.Known}, Scope{Segment: in.Segment})
	if err != nil {
		return q, err
	}
	q = metric.CompareRequest{Metric: in.Name, Grain: read.Grain, By: in.By, Filters: read.Filters, Limit: in.Limit}
	q.After = metric.Moment{AsOf: read.AsOf, Known: read.Known}
	q.Before = q.After
	if in.BeforeAsOf != "" {
		if q.Before.AsOf, err = day("before_as_of", in.BeforeAsOf); err != nil {
			return q, err
		}
	}
	if in.BeforeKnown != "" {
		if q.Before.Known, err = (Clocks{Known: in.BeforeKnown}).known(cal.Zone); err != nil {
			return q, farol.InvalidField("before_known", "must be a date as YYYY-MM-DD or an instant as 2026-02-01T12:00:00Z")
		}
	}
	for field, side := range map[string]struct {
		text string
		into *metric.Moment
	}{"before": {in.Before, &q.Before}, "after": {in.After, &q.After}} {
		d, err := day(field, side.text)
		if err != nil {
			return q, err
		}
		side.into.Period = cal.PeriodAt(read.Grain, d)
	}
	if in.Within != "" {
		value := in.Within[1:]
		q.Within = &value
	}
	return q, nil
}
