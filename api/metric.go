package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

func (s *server) metricOperations() {
	tags := []string{"metrics"}
	register(s, team, huma.Operation{OperationID: "list-metrics", Method: http.MethodGet, Path: "/metrics", Tags: tags,
		Summary: "The metrics and what they mean", Description: "The words are in the language asked for by Accept-Language (en, pt-BR)."}, s.listMetrics)
	register(s, team, huma.Operation{OperationID: "get-metric", Method: http.MethodGet, Path: "/metrics/{name}", Tags: tags,
		Summary: "One metric and what it means", Errors: []int{404}}, s.getMetric)
	register(s, team, huma.Operation{OperationID: "read-series", Method: http.MethodGet, Path: "/metrics/{name}/series", Tags: tags,
		Summary: "A metric over time", Errors: []int{404}}, s.readSeries)
	register(s, team, huma.Operation{OperationID: "read-rows", Method: http.MethodGet, Path: "/metrics/{name}/rows", Tags: tags,
		Summary: "The units behind one point", Description: "Adding the rows up gives the point's numerator and denominator.",
		Errors: []int{404}}, s.readRows)
	register(s, team, huma.Operation{OperationID: "explain-metric", Method: http.MethodGet, Path: "/metrics/{name}/explain", Tags: tags,
		Summary: "Where a number comes from", Errors: []int{404}}, s.explain)
}

// Metric is a metric as the API shows it.
type Metric struct {
	Name        string   `json:"name" doc:"The metric's id."`
	Group       string   `json:"group"`
	Unit        string   `json:"unit" doc:"persons, accounts, count, ratio (0 to 1), index, points, score, days, elapsed_days (of 24 hours; a point below two has its hours, too), seconds, months, money (major units)."`
	Direction   string   `json:"direction" doc:"Which way is good: up, down, neutral."`
	Aggregation string   `json:"aggregation"`
	Version     int      `json:"version" doc:"Version of the definition."`
	Grains      []string `json:"grains" doc:"The period lengths that it is defined for."`
	Title       string   `json:"title"`
	Definition  string   `json:"definition"`
	Formula     string   `json:"formula"`
	Rules       string   `json:"rules"`
	Reading     string   `json:"reading"`
}

func newMetric(m *metric.Metric, c lang.Code) Metric {
	out := Metric{
		Name: m.Name, Group: m.Group, Unit: m.Unit, Direction: string(m.Direction), Aggregation: string(m.Aggregation),
		Version: m.Version, Title: m.Title.In(c), Definition: m.Definition.In(c), Formula: m.Formula.In(c),
		Rules: m.Rules.In(c), Reading: m.Reading.In(c),
	}
	for _, g := range m.Grains {
		out.Grains = append(out.Grains, string(g))
	}
	return out
}

// Language is the header by which the words' language is chosen.
type Language struct {
	Accept string `header:"Accept-Language"`
}

type listMetricsOutput struct {
	Language string `header:"Content-Language"`
	Body     struct {
		Metrics []Metric `json:"metrics" nullable:"false"`
	}
}

func (s *server) listMetrics(_ context.Context, in *struct{ Language }) (*listMetricsOutput, error) {
	c := lang.Match(in.Accept)
	out := &listMetricsOutput{Language: string(c)}
	out.Body.Metrics = []Metric{}
	for _, m := range s.Metrics.Catalogue().All() {
		out.Body.Metrics = append(out.Body.Metrics, newMetric(m, c))
	}
	return out, nil
}

type getMetricOutput struct {
	Language string `header:"Content-Language"`
	Body     Metric
}

func (s *server) getMetric(_ context.Context, in *struct {
	Language
	Name string `path:"name"`
}) (*getMetricOutput, error) {
	m, err := s.Metrics.Catalogue().Find(in.Name)
	if err != nil {
		return nil, err
	}
	c := lang.Match(in.Accept)
	return &getMetricOutput{string(c), newMetric(m, c)}, nil
}

// Point is a figure of a series.
type Point struct {
	Period      string   `json:"period" format:"date" doc:"The period's first day."`
	Value       *float64 `json:"value" doc:"null where there is nothing to state; reason says why."`
	Hours       *float64 `json:"hours,omitempty" doc:"Of a value in elapsed_days below two: the same in hours, as pages show it. Absent for other units and longer times."`
	Numerator   *float64 `json:"numerator"`
	Denominator *float64 `json:"denominator" doc:"null where the value is no quotient."`
	Low         *float64 `json:"low" doc:"Low end of the 95 % interval; null for counts and sums, which are no estimates."`
	High        *float64 `json:"high" doc:"High end of the 95 % interval."`
	Units       int64    `json:"units" doc:"How many units were counted. Below 5 do not rank or colour, below 30 do not compare."`
	Complete    bool     `json:"complete" doc:"Whether the period, and what its metric waits for, has passed and is covered by data."`
	Group       *string  `json:"group" doc:"The value broken down by, empty for unknown; null without a breakdown."`
	Reason      *string  `json:"reason" doc:"Why the value is null: no_data, not_started, window_not_covered, window_open, zero_denominator, not_reached, no_loss, no_costs, hidden; too_few of a rhythm."`
	Shrunk      *Shrunk  `json:"shrunk,omitempty" doc:"Of a proportion broken down: the value drawn towards that of all groups as far as the group's units are too few, to rank by. Absent where there is nothing to borrow from."`
	Change      *Change  `json:"change,omitempty" doc:"Since the period before (days: the same weekday before); only with change=true, and where both have a value."`
}

// Shrunk is a share drawn towards that of all groups.
type Shrunk struct {
	Value  float64 `json:"value"`
	Low    float64 `json:"low" doc:"Low end of its 95 % interval."`
	High   float64 `json:"high" doc:"High end of its 95 % interval."`
	Weight float64 `json:"weight" doc:"How much of the value is the group's own, 0 to 1."`
}

// Change is a point held against an earlier one.
type Change struct {
	From       string   `json:"from" format:"date" doc:"First day of the earlier period."`
	Difference float64  `json:"difference" doc:"The later value less the earlier one, in the metric's unit."`
	Low        *float64 `json:"low" doc:"Low end of the 95 % interval of the difference; null where there is none."`
	High       *float64 `json:"high" doc:"High end of the 95 % interval of the difference."`
	Verdict    string   `json:"verdict" enum:"real,noise,same,unknown" doc:"real: larger than noise. noise: chance or habit explains it. same: an exact figure that did not move. unknown: the two cannot be compared."`
	Why        string   `json:"why" enum:"exact,interval,habit,length,few,short_history,incomplete,no_interval" doc:"What the verdict rests on: the figure is exact; the interval of the difference; how much the count usually moves; periods of different length; fewer than 30 units; too short a history; a period that is not complete; no interval to compare by."`
}

func newChange(c *metric.Change) *Change {
	if c == nil {
		return nil
	}
	return &Change{c.Before.From.String(), c.Difference, c.Low, c.High, string(c.Verdict), string(c.Why)}
}

func newPoint(p metric.Point, by string) Point {
	out := Point{
		Period: p.Period.From.String(), Value: p.Value, Numerator: p.Numerator, Denominator: p.Denominator,
		Low: p.Low, High: p.High, Units: p.Units, Complete: p.Complete, Reason: orNull(string(p.Reason)),
	}
	if by != "" {
		out.Group = &p.Group
	}
	return out
}

type readSeriesInput struct {
	Name  string `path:"name"`
	From  string `query:"from" format:"date" doc:"First day; some periods back when empty."`
	To    string `query:"to" format:"date" doc:"First day after; tomorrow when empty. Periods are whole: all that the two dates touch."`
	Grain string `query:"grain" enum:"day,week,month" doc:"Length of the periods; the metric's first when empty."`
	// Change is for who shows arrows.
	Change bool `query:"change" doc:"Say of every point whether it differs from the one before by more than noise. How much a count usually moves is learned from the points of this answer: ask for a year."`
	Clocks
	Scope
}

type readSeriesOutput struct {
	Body struct {
		Metric   string  `json:"metric"`
		Version  string  `json:"version" doc:"The definition's version, with those of the settings that it uses."`
		Unit     string  `json:"unit"`
		Currency *string `json:"currency" doc:"Of amounts; null for other units."`
		Grain    string  `json:"grain"`
		Points   []Point `json:"points" nullable:"false" doc:"By period, then group."`
	}
}

func (s *server) readSeries(ctx context.Context, in *readSeriesInput) (*readSeriesOutput, error) {
	q, cal, err := s.request(ctx, in.Name, in.Grain, in.Clocks, in.Scope)
	if err != nil {
		return nil, err
	}
	if q.Period, err = s.period(q, cal, in.From, in.To); err != nil {
		return nil, err
	}
	series, err := s.Metrics.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &readSeriesOutput{}
	b := &out.Body
	b.Metric, b.Version, b.Unit, b.Grain = series.Metric, series.Version, series.Unit, string(series.Grain)
	b.Currency = orNull(string(series.Currency))
	b.Points = make([]Point, 0, len(series.Points))
	for _, p := range series.Points {
		pt := newPoint(p, q.By)
		pt.Hours = metric.Hours(series.Unit, p.Value)
		b.Points = append(b.Points, pt)
	}
	m, err := s.Metrics.Catalogue().Find(in.Name)
	if err != nil {
		return nil, err
	}
	if q.By != "" {
		for i, x := range m.Shrink(series) {
			b.Points[i].Shrunk = (*Shrunk)(x)
		}
	}
	if in.Change {
		for i, c := range m.Changes(series) {
			b.Points[i].Change = newChange(c)
		}
	}
	return out, nil
}

// Row is a unit's answer: what it adds to the point.
type Row struct {
	Unit        string   `json:"unit" doc:"The person, account or answer."`
	Account     *string  `json:"account" doc:"The account that it belongs to; null for none."`
	Numerator   float64  `json:"numerator"`
	Denominator *float64 `json:"denominator" doc:"null where the value is no quotient of the units' own."`
	Times       *float64 `json:"times" doc:"Of a product of two ratios: the second numerator; else null."`
	Per         *float64 `json:"per" doc:"Of a product of two ratios: the second denominator; else null."`
	Group       *string  `json:"group" doc:"null without a breakdown."`
}

type readRowsInput struct {
	Name   string `path:"name"`
	Period string `query:"period" required:"true" doc:"A day of the period, such as its first (2026-02-01), or both ends (2026-02-01/2026-03-01)."`
	Grain  string `query:"grain" enum:"day,week,month" doc:"Length of the period; the metric's first when empty."`
	Group  string `query:"group" doc:"With by: the group whose units are listed; empty is the units of unknown value."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After  string `query:"after" doc:"The cursor next of the page before."`
	Clocks
	Scope
}

type readRowsOutput struct {
	Body struct {
		Metric  string  `json:"metric"`
		Version string  `json:"version"`
		Unit    string  `json:"unit"`
		Period  string  `json:"period" format:"date" doc:"First day of the period."`
		To      string  `json:"to" format:"date" doc:"First day after the period."`
		Grain   string  `json:"grain"`
		Rows    []Row   `json:"rows" nullable:"false"`
		Next    *string `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

// onePeriod reads the period of rows. Both ends, when given, must be those of
// a whole period.
func onePeriod(text string, g farol.Grain, cal farol.Calendar) (farol.Period, error) {
	first, after, both := strings.Cut(text, "/")
	d, err := farol.ParseDay(first)
	if err != nil {
		return farol.Period{}, farol.InvalidField("period", "must be a date as YYYY-MM-DD")
	}
	p := cal.PeriodAt(g, d)
	if both && p.String() != first+"/"+after {
		return p, farol.InvalidField("period", "is not a whole %s; %s is", g, p)
	}
	return p, nil
}

func (s *server) readRows(ctx context.Context, in *readRowsInput) (*readRowsOutput, error) {
	q, cal, err := s.request(ctx, in.Name, in.Grain, in.Clocks, in.Scope)
	if err != nil {
		return nil, err
	}
	if in.Group != "" && in.By == "" {
		return nil, farol.InvalidField("group", "goes with by")
	}
	if q.Period, err = onePeriod(in.Period, q.Grain, cal); err != nil {
		return nil, err
	}
	rows, next, err := s.Metrics.Rows(ctx, q, q.Period, in.Group, in.Limit, in.After)
	if err != nil {
		return nil, err
	}
	said, err := s.Metrics.Explain(q)
	if err != nil {
		return nil, err
	}
	out := &readRowsOutput{}
	b := &out.Body
	b.Metric, b.Version, b.Unit, b.Grain = in.Name, said.Version, said.Metric.Unit, string(q.Grain)
	b.Period, b.To, b.Next = q.Period.From.String(), q.Period.To.String(), orNull(next)
	b.Rows = make([]Row, 0, len(rows))
	for _, r := range rows {
		row := Row{Unit: r.Unit, Account: orNull(r.Account), Numerator: r.Numerator, Denominator: r.Denominator, Times: r.Times, Per: r.Per}
		if q.By != "" {
			row.Group = &r.Group
		}
		b.Rows = append(b.Rows, row)
	}
	return out, nil
}

// Explanation tells where a number comes from.
type Explanation struct {
	Metric     string    `json:"metric"`
	Version    string    `json:"version"`
	Definition string    `json:"definition"`
	Formula    string    `json:"formula"`
	Rules      string    `json:"rules"`
	Settings   []Setting `json:"settings" nullable:"false" doc:"The settings that it uses."`
	Query      string    `json:"query" doc:"The question that is asked of each unit, as it is written in the definition."`
	SQL        string    `json:"sql" doc:"The statement that runs."`
}

// Setting is a setting that a metric uses.
type Setting struct {
	Name    string `json:"name" doc:"active, activation, company, exclusions."`
	Version int    `json:"version" doc:"0 is the program's default."`
	Value   string `json:"value" doc:"What it says, in short."`
}

type explainInput struct {
	Language
	Name  string `path:"name"`
	From  string `query:"from" format:"date" doc:"As for the series."`
	To    string `query:"to" format:"date" doc:"As for the series."`
	Grain string `query:"grain" enum:"day,week,month"`
	Clocks
	Scope
}

type explainOutput struct {
	Language string `header:"Content-Language"`
	Body     Explanation
}

func (s *server) explain(ctx context.Context, in *explainInput) (*explainOutput, error) {
	q, cal, err := s.request(ctx, in.Name, in.Grain, in.Clocks, in.Scope)
	if err != nil {
		return nil, err
	}
	if q.Period, err = s.period(q, cal, in.From, in.To); err != nil {
		return nil, err
	}
	e, err := s.Metrics.Explain(q)
	if err != nil {
		return nil, err
	}
	c := lang.Match(in.Accept)
	b := Explanation{
		Metric: e.Metric.Name, Version: e.Version, Definition: e.Metric.Definition.In(c), Formula: e.Metric.Formula.In(c),
		Rules: e.Metric.Rules.In(c), Settings: []Setting{}, Query: e.Query, SQL: e.SQL,
	}
	for _, u := range e.Settings {
		b.Settings = append(b.Settings, Setting(u))
	}
	return &explainOutput{string(c), b}, nil
}
