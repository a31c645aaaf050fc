package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
)

func (s *server) restatementOperations() {
	tags := []string{"restatements"}
	register(s, team, huma.Operation{OperationID: "list-restatements", Method: http.MethodGet, Path: "/restatements", Tags: tags,
		Summary:     "The changes of closed figures, the latest first",
		Description: "A new version of a definition or setting is no restatement: it begins a series of its own.", Errors: []int{404}}, s.listRestatements)
	register(s, team, huma.Operation{OperationID: "get-restatement", Method: http.MethodGet, Path: "/restatements/{id}", Tags: tags,
		Summary:     "One restatement, with the units and facts that it comes from",
		Description: "The effects of the units, with rest and other, add up to the difference of the two figures.", Errors: []int{404}}, s.getRestatement)
	register(s, team, huma.Operation{OperationID: "list-metric-restatements", Method: http.MethodGet, Path: "/metrics/{name}/restatements", Tags: tags,
		Summary: "The changes of one metric's closed figures", Errors: []int{404}}, s.listMetricRestatements)
	register(s, team, huma.Operation{OperationID: "read-reported", Method: http.MethodGet, Path: "/metrics/{name}/reported", Tags: tags,
		Summary:     "A metric as it was first reported, beside what is known of it now",
		Description: "What was reported is the first figure that was kept when the period was closed, under whichever version.", Errors: []int{404}}, s.readReported)
}

// Restatement is a closed figure that took the place of another.
type Restatement struct {
	ID       string    `json:"id"`
	Metric   string    `json:"metric"`
	Version  string    `json:"version" doc:"Of the series: the definition's with those of the settings."`
	Grain    string    `json:"grain"`
	Period   string    `json:"period" format:"date" doc:"First day of the period."`
	To       string    `json:"to" format:"date" doc:"First day after it."`
	Was      *float64  `json:"was" doc:"The figure before."`
	WasKnown time.Time `json:"was_known" doc:"Since when that one was."`
	Value    *float64  `json:"value" doc:"The figure that took its place."`
	Known    time.Time `json:"known" doc:"When it did."`
}

func newRestatement(x metric.Restatement) Restatement {
	return Restatement{
		ID: x.ID(), Metric: x.Metric.Name, Version: x.Version, Grain: string(x.Grain), Period: x.Period.From.String(), To: x.Period.To.String(),
		Was: x.Was.Value, WasKnown: x.WasKnown, Value: x.Is.Value, Known: x.Known,
	}
}

// Ledger are the parameters by which restatements are chosen.
type Ledger struct {
	Grain string `query:"grain" enum:"day,week,month" doc:"Length of the periods; all when empty."`
	From  string `query:"from" format:"date" doc:"Periods that begin on this day or later."`
	To    string `query:"to" format:"date" doc:"Periods that begin before this day."`
	Since string `query:"since" doc:"Restated on this day (YYYY-MM-DD) or at this instant (RFC 3339) or later."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After string `query:"after" doc:"The cursor next of the page before."`
	Clocks
}

type listRestatementsOutput struct {
	Body struct {
		Restatements []Restatement `json:"restatements" nullable:"false"`
		Next         *string       `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) listRestatements(ctx context.Context, in *struct {
	Metric string `query:"metric" doc:"Of this metric only."`
	Ledger
}) (*listRestatementsOutput, error) {
	return s.readLedger(ctx, in.Metric, in.Ledger)
}

func (s *server) listMetricRestatements(ctx context.Context, in *struct {
	Name string `path:"name"`
	Ledger
}) (*listRestatementsOutput, error) {
	return s.readLedger(ctx, in.Name, in.Ledger)
}

func (s *server) readLedger(ctx context.Context, name string, in Ledger) (*listRestatementsOutput, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	q := metric.Ledger{Metric: name, Grain: farol.Grain(in.Grain), Limit: in.Limit, After: in.After}
	if q.Period.From, err = day("from", in.From); err != nil {
		return nil, err
	}
	if q.Period.To, err = day("to", in.To); err != nil {
		return nil, err
	}
	if q.Since, err = since(in.Since, cal.Zone); err != nil {
		return nil, err
	}
	if q.AsOf, err = in.asOf(); err != nil {
		return nil, err
	}
	if q.Known, err = in.known(cal.Zone); err != nil {
		return nil, err
	}
	list, next, err := s.Metrics.Restatements(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &listRestatementsOutput{}
	out.Body.Restatements = each(list, newRestatement)
	out.Body.Next = orNull(next)
	return out, nil
}

// since reads a day, which means its beginning, or an instant.
func since(text string, zone *time.Location) (time.Time, error) {
	if d, err := farol.ParseDay(text); err == nil {
		return d.Start(zone), nil
	}
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, farol.InvalidField("since", "must be a date as YYYY-MM-DD or an instant as 2026-02-01T12:00:00Z")
	}
	return t, nil
}

// UnitChange is a unit that counts differently on the two sides.
type UnitChange struct {
	Unit    string   `json:"unit"`
	Account *string  `json:"account"`
	Before  *Row     `json:"before" doc:"Its row on the first side; null when it had none."`
	After   *Row     `json:"after"`
	Effect  *float64 `json:"effect" doc:"What it does to the figure; null for quantiles, which are no sums."`
}

// Gap is what makes two readings of a figure differ.
type Gap struct {
	Before     *float64     `json:"before"`
	After      *float64     `json:"after"`
	Difference *float64     `json:"difference" doc:"After less before, a null counting as nothing."`
	Units      []UnitChange `json:"units" nullable:"false" doc:"The largest effect first."`
	More       int          `json:"more" doc:"Further units that differ."`
	Rest       float64      `json:"rest" doc:"Their effect together."`
	Other      float64      `json:"other" doc:"The part that is no unit's: days that have data on one side only."`
	Exact      bool         `json:"exact" doc:"Whether effects, rest and other add up to the difference."`
}

func newGap(d metric.Difference) Gap {
	out := Gap{Before: d.Before.Value, After: d.After.Value, Difference: d.Gap, Units: []UnitChange{}, More: d.More, Rest: d.Rest, Other: d.Other, Exact: d.Added}
	row := func(r *metric.Row) *Row {
		if r == nil {
			return nil
		}
		return &Row{Unit: r.Unit, Account: orNull(r.Account), Numerator: r.Numerator, Denominator: r.Denominator, Times: r.Times, Per: r.Per}
	}
	for _, c := range d.Changes {
		out.Units = append(out.Units, UnitChange{c.Unit, orNull(c.Account), row(c.Before), row(c.After), c.Effect})
	}
	return out
}

// Cause is a fact behind a restatement.
type Cause struct {
	Event   Event   `json:"event"`
	Way     string  `json:"way" doc:"How it moves the figure: late (learned afterwards), moved (it counts for somebody else now), joined (it says who somebody is), excluded, began (when an account began)."`
	Was     *string `json:"was" doc:"The account that it counted for before."`
	Account *string `json:"for_account" doc:"The account that it counts for now."`
	Person  *string `json:"for_person" doc:"The person whom it counts for now."`
}

// Lost is what an erasure took, nothing of whom.
type Lost struct {
	Erasure string    `json:"erasure"`
	Known   time.Time `json:"known"`
	Events  int64     `json:"events" doc:"How many events went."`
}

// Joined is a merge of two accounts.
type Joined struct {
	From   string     `json:"from"`
	To     string     `json:"to"`
	At     time.Time  `json:"at"`
	Undone *time.Time `json:"undone" doc:"When it was undone; null while it holds."`
}

func newJoined(list []facts.AccountJoin) []Joined {
	out := []Joined{}
	for _, j := range list {
		x := Joined{From: string(j.From), To: string(j.To), At: j.At}
		if !j.Parted.IsZero() {
			x.Undone = &j.Parted
		}
		out = append(out, x)
	}
	return out
}

type getRestatementOutput struct {
	Body struct {
		Restatement Restatement `json:"restatement"`
		Gap         Gap         `json:"gap"`
		Same        bool        `json:"same" doc:"Whether the two figures, computed anew, are those of the ledger; false when the metric's definition changed since."`
		Facts       []Cause     `json:"facts" nullable:"false" doc:"In the order in which they were learned."`
		More        bool        `json:"more" doc:"Whether further facts were learned about these units."`
		Erased      []Lost      `json:"erased" nullable:"false" doc:"People who were erased between the two, of whom nothing is left but the count."`
		Joined      []Joined    `json:"joined" nullable:"false" doc:"Accounts that were merged, or parted again, between the two."`
	}
}

func (s *server) getRestatement(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*getRestatementOutput, error) {
	x, err := s.Metrics.Restatement(ctx, in.ID, func(versions map[string]int) (metric.Settings, error) {
		return metric.ReadSettingsAt(ctx, s.Store, versions)
	})
	if err != nil {
		return nil, err
	}
	if err := s.visible(ctx, in.Clocks, x.Restatement); err != nil {
		return nil, err
	}
	out := &getRestatementOutput{}
	b := &out.Body
	b.Restatement, b.Gap, b.Same, b.More, b.Facts = newRestatement(x.Restatement), newGap(x.Difference), x.Same, x.MoreFacts, []Cause{}
	b.Erased, b.Joined = []Lost{}, newJoined(x.Joined)
	for _, e := range x.Erased {
		b.Erased = append(b.Erased, Lost{e.ID, e.Known, e.Rows["events"]})
	}
	for _, f := range x.Facts() {
		b.Facts = append(b.Facts, Cause{newEvent(f.EventRow), string(f.Way), orNull(string(f.Was)), orNull(string(f.Resolved)), orNull(string(f.Canonical))})
	}
	return out, nil
}

// visible tells whether a reader at these clocks could see the restatement:
// NotFound when not.
func (s *server) visible(ctx context.Context, c Clocks, x metric.Restatement) error {
	cal, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	known, err := c.known(cal.Zone)
	if err != nil {
		return err
	}
	asOf, err := c.asOf()
	if err != nil {
		return err
	}
	if !known.IsZero() && x.Known.After(known) || asOf != 0 && x.Period.Last() > asOf {
		return farol.Errorf(farol.NotFound, "there is no such restatement")
	}
	return nil
}

// Reported is a period as first reported and as known now.
type Reported struct {
	Period   string     `json:"period" format:"date" doc:"The period's first day."`
	Reported *float64   `json:"reported" doc:"The first figure that was kept; null when it was null, or never kept."`
	Known    *time.Time `json:"reported_known" doc:"When; null when it was never kept: the period is open, or was closed before Farol was there."`
	Version  *string    `json:"reported_version"`
	Value    *float64   `json:"value" doc:"The figure as known now, or at known."`
	Reason   *string    `json:"reason" doc:"Why value is null."`
	Complete bool       `json:"complete"`
	Differs  bool       `json:"differs" doc:"Whether the two differ."`
}

type readReportedOutput struct {
	Body struct {
		Metric   string     `json:"metric"`
		Version  string     `json:"version"`
		Unit     string     `json:"unit"`
		Currency *string    `json:"currency"`
		Grain    string     `json:"grain"`
		Points   []Reported `json:"points" nullable:"false"`
	}
}

func (s *server) readReported(ctx context.Context, in *struct {
	Name  string `path:"name"`
	From  string `query:"from" format:"date" doc:"As for the series."`
	To    string `query:"to" format:"date" doc:"As for the series."`
	Grain string `query:"grain" enum:"day,week,month" doc:"Length of the periods; the metric's first when empty."`
	Clocks
}) (*readReportedOutput, error) {
	q, cal, err := s.request(ctx, in.Name, in.Grain, in.Clocks, Scope{})
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
	said, err := s.Metrics.Reported(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &readReportedOutput{}
	b := &out.Body
	b.Metric, b.Version, b.Unit, b.Grain, b.Currency = series.Metric, series.Version, series.Unit, string(series.Grain), orNull(string(series.Currency))
	b.Points = make([]Reported, 0, len(series.Points))
	for _, p := range series.Points {
		r := Reported{Period: p.Period.From.String(), Value: p.Value, Reason: orNull(string(p.Reason)), Complete: p.Complete}
		if was, ok := said[p.Period.From]; ok {
			known := was.Known
			r.Reported, r.Known, r.Version = was.Value, &known, orNull(was.Version)
			r.Differs = (was.Value == nil) != (p.Value == nil) || was.Value != nil && *was.Value != *p.Value
		}
		b.Points = append(b.Points, r)
	}
	return out, nil
}
