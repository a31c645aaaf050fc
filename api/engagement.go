package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

func (s *server) engagementOperations() {
	tags := []string{"engagement"}
	register(s, team, huma.Operation{OperationID: "read-histogram", Method: http.MethodGet, Path: "/engagement/histogram", Tags: tags,
		Summary:     "Units by the days on which they were active",
		Description: "How many people (or accounts) were active on exactly 1, 2, … of the intervals of a range. Without dates the range is the 28 days that have passed last."}, s.readHistogram)
	register(s, team, huma.Operation{OperationID: "read-histogram-rows", Method: http.MethodGet, Path: "/engagement/histogram/rows", Tags: tags,
		Summary: "The units of one bucket", Description: "Give from and to of the histogram that was read: without dates another day has another range."}, s.readHistogramRows)
	register(s, team, huma.Operation{OperationID: "read-lifecycle", Method: http.MethodGet, Path: "/engagement/lifecycle", Tags: tags,
		Summary:     "New, returning, resurrected and dormant units per period",
		Description: "active = new + returning + resurrected, and active = before + new + resurrected - dormant. Whoever stands behind a figure is among the rows of its metric."}, s.readLifecycle)
	register(s, team, huma.Operation{OperationID: "read-rhythm", Method: http.MethodGet, Path: "/engagement/rhythm", Tags: tags,
		Summary:     "How often the product is used by those who use it",
		Description: "From the gaps between the active days of the units active on three days or more: the shortest of day, week and month that at least half of them keep to. Without dates the range is the 84 days that have passed last."}, s.readRhythm)
}

// Engaged are the parameters that the readings of engagement share.
type Engaged struct {
	Of      string   `query:"of" enum:"people,accounts" default:"people" doc:"What is counted."`
	From    string   `query:"from" format:"date" doc:"First day of the range; give both dates or neither."`
	To      string   `query:"to" format:"date" doc:"First day after the range."`
	Segment []string `query:"segment,explode" doc:"Keep the accounts of a segment, by its name (-NAME keeps those that are not in it, $segment.NAME=true those that were in it on the day of each fact), or those whose attribute had a value, attribute=value (now:attribute=value: has it now); the same attribute again adds a value, anything else narrows."`
	Clocks
}

func (s *server) engaged(ctx context.Context, in Engaged) (metric.EngagementRequest, farol.Calendar, error) {
	q := metric.EngagementRequest{Of: metric.Of(in.Of)}
	cal, err := s.calendar(ctx)
	if err != nil {
		return q, cal, err
	}
	if q.AsOf, err = in.asOf(); err != nil {
		return q, cal, err
	}
	if q.Known, err = in.known(cal.Zone); err != nil {
		return q, cal, err
	}
	if q.Filters, err = s.filters(ctx, in.Segment); err != nil {
		return q, cal, err
	}
	if q.Period.From, err = day("from", in.From); err != nil {
		return q, cal, err
	}
	if q.Period.To, err = day("to", in.To); err != nil {
		return q, cal, err
	}
	switch {
	case (in.From == "") != (in.To == ""):
		return q, cal, farol.InvalidField("to", "goes with from: give both dates or neither")
	case in.From != "":
		q.Period.To, err = after(q.Period.From, q.Period.To)
	}
	return q, cal, err
}

// Range is what an answer looked at.
type Range struct {
	Of       string  `json:"of"`
	From     string  `json:"from" format:"date"`
	To       string  `json:"to" format:"date" doc:"First day after the range."`
	Version  string  `json:"version" doc:"Versions of the settings behind it."`
	Complete bool    `json:"complete" doc:"Whether the range has passed and is covered by data."`
	Reason   *string `json:"reason" doc:"Why nothing can be told: no_data, not_started, too_few; else null."`
}

func rangeOf(q metric.EngagementRequest, version string, complete bool, reason metric.Reason) Range {
	return Range{string(q.Of), q.Period.From.String(), q.Period.To.String(), version, complete, orNull(string(reason))}
}

// Bucket is the units active in exactly so many intervals.
type Bucket struct {
	Intervals int   `json:"intervals"`
	Units     int64 `json:"units"`
	Joined    int64 `json:"joined" doc:"How many of them joined inside the range, and so could not have been active in all of it."`
	AtLeast   int64 `json:"at_least" doc:"Units active in so many intervals or more."`
}

// IntervalsOf are the parameters of a histogram.
type IntervalsOf struct {
	Engaged
	Interval string `query:"interval" enum:"day,week,month" default:"day" doc:"What the range is cut into; a first or last one that it cuts counts as one."`
	Every    int    `query:"every" minimum:"1" maximum:"400" default:"1" doc:"So many days make one interval, from the first day of the range; goes with interval day."`
	Min      int    `query:"min" minimum:"1" maximum:"10000" default:"1" doc:"Events that an interval needs to count."`
}

func (s *server) intervals(ctx context.Context, in IntervalsOf) (metric.EngagementRequest, error) {
	q, _, err := s.engaged(ctx, in.Engaged)
	q.Grain, q.Every, q.Min = farol.Grain(in.Interval), in.Every, in.Min
	return q, err
}

type readHistogramOutput struct {
	Body struct {
		Range
		Interval string   `json:"interval"`
		Units    int64    `json:"units" doc:"Units active at all."`
		Mean     *float64 `json:"mean" doc:"Intervals in which one was active on average; null when nobody was."`
		Buckets  []Bucket `json:"buckets" nullable:"false" doc:"From 1 to as many as the range has; empty with a reason."`
	}
}

func (s *server) readHistogram(ctx context.Context, in *struct{ IntervalsOf }) (*readHistogramOutput, error) {
	q, err := s.intervals(ctx, in.IntervalsOf)
	if err != nil {
		return nil, err
	}
	h, err := s.Metrics.Histogram(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &readHistogramOutput{}
	out.Body.Range = rangeOf(h.Request, h.Version, h.Complete, h.Reason)
	out.Body.Interval, out.Body.Units, out.Body.Mean, out.Body.Buckets = string(h.Request.Grain), h.Units, h.Mean, []Bucket{}
	for _, b := range h.Buckets {
		out.Body.Buckets = append(out.Body.Buckets, Bucket(b))
	}
	return out, nil
}

type readHistogramRowsInput struct {
	IntervalsOf
	Bucket int    `query:"bucket" required:"true" minimum:"1" doc:"In how many intervals the units were active."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After  string `query:"after" doc:"The cursor next of the page before."`
}

type readHistogramRowsOutput struct {
	Body struct {
		Rows []Row   `json:"rows" nullable:"false"`
		Next *string `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) readHistogramRows(ctx context.Context, in *readHistogramRowsInput) (*readHistogramRowsOutput, error) {
	q, err := s.intervals(ctx, in.IntervalsOf)
	if err != nil {
		return nil, err
	}
	rows, next, err := s.Metrics.HistogramRows(ctx, q, in.Bucket, in.Limit, in.After)
	if err != nil {
		return nil, err
	}
	out := &readHistogramRowsOutput{}
	out.Body.Next, out.Body.Rows = orNull(next), make([]Row, 0, len(rows))
	for _, r := range rows {
		out.Body.Rows = append(out.Body.Rows, Row{Unit: r.Unit, Account: orNull(r.Account), Numerator: r.Numerator})
	}
	return out, nil
}

// LifecyclePoint is a period of the life cycle; all figures are null when
// there is a reason.
type LifecyclePoint struct {
	Period      string   `json:"period" format:"date" doc:"The period's first day."`
	New         *float64 `json:"new"`
	Returning   *float64 `json:"returning"`
	Resurrected *float64 `json:"resurrected"`
	Dormant     *float64 `json:"dormant" doc:"A positive number."`
	Active      *float64 `json:"active"`
	Before      *float64 `json:"before" doc:"Active in the period before."`
	Complete    bool     `json:"complete"`
	Reason      *string  `json:"reason"`
}

type readLifecycleOutput struct {
	Body struct {
		Of      string           `json:"of"`
		Grain   string           `json:"grain"`
		Version string           `json:"version"`
		Metrics []string         `json:"metrics" doc:"The metrics of new, returning, resurrected and dormant: their rows are who stands behind."`
		Points  []LifecyclePoint `json:"points" nullable:"false"`
	}
}

func (s *server) readLifecycle(ctx context.Context, in *struct {
	Engaged
	Grain string `query:"grain" enum:"day,week,month" default:"week" doc:"Length of the periods; accounts have no days."`
}) (*readLifecycleOutput, error) {
	q, cal, err := s.engaged(ctx, in.Engaged)
	if err != nil {
		return nil, err
	}
	q.Grain = farol.Grain(in.Grain)
	if in.From == "" {
		if q.Period, err = s.period(metric.Request{Grain: q.Grain, AsOf: q.AsOf, Known: q.Known}, cal, "", ""); err != nil {
			return nil, err
		}
	}
	l, err := s.Metrics.Lifecycle(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &readLifecycleOutput{}
	names := metric.LifecycleMetrics(l.Request.Of)
	out.Body.Of, out.Body.Grain, out.Body.Version, out.Body.Metrics = string(l.Request.Of), in.Grain, l.Version, names[:]
	out.Body.Points = []LifecyclePoint{}
	for _, p := range l.Points {
		out.Body.Points = append(out.Body.Points, LifecyclePoint{
			p.Period.From.String(), p.New, p.Returning, p.Resurrected, p.Dormant, p.Active, p.Before, p.Complete, orNull(string(p.Reason)),
		})
	}
	return out, nil
}

// RhythmShare is how many keep to a rhythm.
type RhythmShare struct {
	Grain string   `json:"grain" enum:"day,week,month"`
	Days  int      `json:"days" doc:"The longest median gap between active days that counts."`
	Units int64    `json:"units"`
	Share *float64 `json:"share" doc:"Of the regular units; null when they are fewer than 30."`
	Low   *float64 `json:"low" doc:"Low end of the 95 % interval (Wilson)."`
	High  *float64 `json:"high"`
}

type readRhythmOutput struct {
	Body struct {
		Range
		Units   int64         `json:"units" doc:"Units active in the range."`
		Regular int64         `json:"regular" doc:"Those of them active on three days or more: only they show a gap that comes again."`
		Median  *float64      `json:"median" doc:"Median over the regular units of their median gap, in days."`
		Verdict *string       `json:"verdict" doc:"day, week or month: the shortest that at least half of the regular units keep to; null when none is, or it cannot be told."`
		Shares  []RhythmShare `json:"shares" nullable:"false"`
	}
}

func (s *server) readRhythm(ctx context.Context, in *struct {
	Engaged
	Feature string `query:"feature" doc:"Only the use of this feature (setting features)."`
	Product string `query:"product" doc:"Only the use of this product's features."`
}) (*readRhythmOutput, error) {
	q, _, err := s.engaged(ctx, in.Engaged)
	if err != nil {
		return nil, err
	}
	q.Feature, q.Product = in.Feature, in.Product
	x, err := s.Metrics.Rhythm(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &readRhythmOutput{}
	b := &out.Body
	b.Range = rangeOf(x.Request, x.Version, x.Complete, x.Reason)
	b.Units, b.Regular, b.Median, b.Verdict, b.Shares = x.Units, x.Regular, x.Median, orNull(string(x.Verdict)), []RhythmShare{}
	for _, r := range x.Shares {
		b.Shares = append(b.Shares, RhythmShare{string(r.Grain), r.Days, r.Units, r.Share, r.Low, r.High})
	}
	return out, nil
}
