package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

func (s *server) retentionOperations() {
	tags := []string{"metrics"}
	register(s, team, huma.Operation{OperationID: "read-retention", Method: http.MethodGet, Path: "/retention", Tags: tags,
		Summary:     "A retention triangle",
		Description: "Cohorts of people, accounts, customers or revenue, and how much of each was still there in every later interval. A cell whose interval has not passed for the whole cohort is null, and counts in no aggregate."}, s.readRetention)
	register(s, team, huma.Operation{OperationID: "read-retention-members", Method: http.MethodGet, Path: "/retention/members", Tags: tags,
		Summary:     "Who is behind a cell of the triangle",
		Description: "Adding retained and of up gives the cell's, in a cell that is not complete what it is so far."}, s.readMembers)
}

// RetentionQuestion are the parameters that say which triangle.
type RetentionQuestion struct {
	Unit        string   `query:"unit" enum:"people,accounts,customers,revenue" doc:"What is kept: who does something (people, accounts), or who pays, by first payment (customers, revenue). people when empty."`
	Kind        string   `query:"kind" enum:"on,after,brackets" doc:"When a return counts: in the interval, in it or later, or in a range of intervals. on when empty."`
	Recurring   bool     `query:"recurring" doc:"Whether a unit enters the cohort of every interval in which it starts, not only of the first ever."`
	Start       []string `query:"start,explode" doc:"Events that start a unit; creation, else any activity, when empty."`
	StartMin    int      `query:"start_min" minimum:"0" doc:"How often in one interval."`
	StartWhere  []string `query:"start_where,explode" doc:"property=value of the start event alone."`
	Return      []string `query:"return,explode" doc:"Events that bring back; any activity when empty."`
	ReturnMin   int      `query:"return_min" minimum:"0" doc:"How often in one interval."`
	ReturnWhere []string `query:"return_where,explode" doc:"property=value of the return event alone."`
	Interval    string   `query:"interval" enum:"day,week,month,24h" doc:"Local days, weeks and months, or 24-hour windows from each unit's start. week when empty."`
	Cohorts     string   `query:"cohorts" enum:"day,week,month" doc:"Length of the cohorts; that of the interval when empty."`
	Steps       int      `query:"steps" minimum:"0" maximum:"180" doc:"How many intervals after the first; as many as there are cohorts when 0."`
	Brackets    string   `query:"brackets" doc:"With kind brackets: 1, 2-4, 5-11."`
	Clocks
	Scope
}

// request reads the question; the period is left to the caller.
func (s *server) retention(ctx context.Context, in RetentionQuestion) (q metric.RetentionRequest, cal farol.Calendar, err error) {
	q = metric.RetentionRequest{
		Unit: metric.RetentionUnit(in.Unit), Kind: metric.RetentionKind(in.Kind), Recurring: in.Recurring,
		Start:    metric.EventSet{Events: in.Start, Min: in.StartMin},
		Return:   metric.EventSet{Events: in.Return, Min: in.ReturnMin},
		Interval: farol.Grain(in.Interval), Cohorts: farol.Grain(in.Cohorts), Steps: in.Steps, By: in.By,
	}
	if cal, err = s.calendar(ctx); err != nil {
		return q, cal, err
	}
	if q.Brackets, err = metric.ParseBrackets(in.Brackets); err != nil {
		return q, cal, err
	}
	if q.Start.Where, err = metric.ParseWhere("start_where", in.StartWhere); err != nil {
		return q, cal, err
	}
	if q.Return.Where, err = metric.ParseWhere("return_where", in.ReturnWhere); err != nil {
		return q, cal, err
	}
	if q.AsOf, err = in.asOf(); err != nil {
		return q, cal, err
	}
	if q.Known, err = in.known(cal.Zone); err != nil {
		return q, cal, err
	}
	q.Filters, err = s.filters(ctx, in.Segment)
	return q, cal, err
}

// RetentionCell is how much of a cohort was kept.
type RetentionCell struct {
	Column   string   `json:"column" doc:"The interval, or the range of intervals: 3, 5-11."`
	Value    *float64 `json:"value" doc:"retained by of; null where the interval has not passed (or nobody started), with the reason."`
	Retained float64  `json:"retained" doc:"So far, when the cell is not complete."`
	Of       float64  `json:"of"`
	Low      *float64 `json:"low" doc:"Low end of the 95 % interval."`
	High     *float64 `json:"high" doc:"High end of the 95 % interval."`
	Complete bool     `json:"complete"`
	Reason   *string  `json:"reason" doc:"window_open, zero_denominator, no_data."`
}

func newCell(c metric.RetentionCell, column metric.Bracket) RetentionCell {
	return RetentionCell{column.String(), c.Value, c.Retained, c.Of, c.Low, c.High, c.Complete, orNull(string(c.Reason))}
}

// RetentionCohort is the units that started in one period.
type RetentionCohort struct {
	Period   string          `json:"period" format:"date" doc:"The period's first day."`
	To       string          `json:"to" format:"date" doc:"First day after."`
	Group    *string         `json:"group" doc:"null without a breakdown."`
	Size     int64           `json:"size" doc:"How many units started."`
	Base     float64         `json:"base" doc:"What the cells are shares of: size, or what they paid at first."`
	Complete bool            `json:"complete"`
	Cells    []RetentionCell `json:"cells" nullable:"false"`
}

// RetentionCurve is the aggregate of the cohorts.
type RetentionCurve struct {
	Group   *string         `json:"group" doc:"null without a breakdown."`
	Cells   []RetentionCell `json:"cells" nullable:"false" doc:"Weighted: the sum of retained by the sum of of, over the cohorts whose cell is complete."`
	Simple  []*float64      `json:"simple" nullable:"false" doc:"The plain means of the cohorts' values."`
	Cohorts []int           `json:"cohorts" nullable:"false" doc:"How many cohorts each has."`
}

type readRetentionOutput struct {
	Body struct {
		Unit     string            `json:"unit"`
		Kind     string            `json:"kind"`
		Interval string            `json:"interval"`
		Cohort   string            `json:"cohort_length"`
		Version  string            `json:"version" doc:"Of the definition, with those of the settings behind it."`
		Currency *string           `json:"currency" doc:"Of revenue, in major units; null for the rest."`
		Columns  []string          `json:"columns" nullable:"false"`
		Cohorts  []RetentionCohort `json:"cohorts" nullable:"false" doc:"By period, then group."`
		Curves   []RetentionCurve  `json:"curves" nullable:"false" doc:"One, or one per group."`
	}
}

func (s *server) readRetention(ctx context.Context, in *struct {
	From string `query:"from" format:"date" doc:"First day; some cohorts back when empty."`
	To   string `query:"to" format:"date" doc:"First day after; tomorrow when empty."`
	RetentionQuestion
}) (*readRetentionOutput, error) {
	q, cal, err := s.retention(ctx, in.RetentionQuestion)
	if err != nil {
		return nil, err
	}
	g := q.Cohorts
	if g == "" {
		g = map[farol.Grain]farol.Grain{"": farol.Weekly, metric.Hours24: farol.Daily}[q.Interval]
	}
	if g == "" {
		g = q.Interval
	}
	if q.Period, err = s.period(metric.Request{Grain: g, AsOf: q.AsOf, Known: q.Known}, cal, in.From, in.To); err != nil {
		return nil, err
	}
	got, err := s.Metrics.Retention(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &readRetentionOutput{}
	b := &out.Body
	b.Unit, b.Kind, b.Interval, b.Cohort = string(got.Request.Unit), string(got.Request.Kind), string(got.Request.Interval), string(got.Request.Cohorts)
	b.Version, b.Currency = got.Version, orNull(string(got.Currency))
	b.Columns, b.Cohorts, b.Curves = []string{}, []RetentionCohort{}, []RetentionCurve{}
	cells := func(list []metric.RetentionCell) []RetentionCell {
		out := []RetentionCell{}
		for k, c := range list {
			out = append(out, newCell(c, got.Columns[k]))
		}
		return out
	}
	group := func(g string) *string {
		if q.By == "" {
			return nil
		}
		return &g
	}
	for _, c := range got.Columns {
		b.Columns = append(b.Columns, c.String())
	}
	for _, c := range got.Cohorts {
		b.Cohorts = append(b.Cohorts, RetentionCohort{c.Period.From.String(), c.Period.To.String(), group(c.Group), c.Size, c.Base, c.Complete, cells(c.Cells)})
	}
	for _, c := range got.Curves {
		b.Curves = append(b.Curves, RetentionCurve{group(c.Group), cells(c.Cells), c.Simple, c.Cohorts})
	}
	return out, nil
}

// RetentionMember is a unit of a cohort.
type RetentionMember struct {
	Unit     string  `json:"unit" doc:"The person or account."`
	Account  *string `json:"account" doc:"The account that it started in; null for none."`
	Started  string  `json:"started" format:"date"`
	Retained float64 `json:"retained" doc:"1 for who was there, or the money that was kept."`
	Of       float64 `json:"of" doc:"1, or the money at first."`
}

type readMembersOutput struct {
	Body struct {
		Members []RetentionMember `json:"members" nullable:"false" doc:"Who was there comes first."`
		Next    *string           `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) readMembers(ctx context.Context, in *struct {
	Cohort string `query:"cohort" required:"true" format:"date" doc:"A day of the cohort's period, such as its first."`
	Column int    `query:"column" required:"true" minimum:"0" doc:"Which column: its place among the columns, which for intervals is the interval."`
	Group  string `query:"group" doc:"With by: the cohort's group; empty is the unknown value."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After  string `query:"after" doc:"The cursor next of the page before."`
	RetentionQuestion
}) (*readMembersOutput, error) {
	q, _, err := s.retention(ctx, in.RetentionQuestion)
	if err != nil {
		return nil, err
	}
	if in.Group != "" && in.By == "" {
		return nil, farol.InvalidField("group", "goes with by")
	}
	cohort, err := day("cohort", in.Cohort)
	if err != nil {
		return nil, err
	}
	members, next, err := s.Metrics.RetentionMembers(ctx, q, cohort, in.Group, in.Column, in.Limit, in.After)
	if err != nil {
		return nil, err
	}
	out := &readMembersOutput{}
	out.Body.Members, out.Body.Next = []RetentionMember{}, orNull(next)
	for _, m := range members {
		out.Body.Members = append(out.Body.Members, RetentionMember{m.Unit, orNull(m.Account), m.Started.String(), m.Retained, m.Of})
	}
	return out, nil
}
