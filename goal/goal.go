// Package goal is what support and Customer Success want to reach together: a
// metric of a segment, from where it stood to where it should be by a day,
// with its live value and where it is heading.
package goal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/stats"
	"github.com/farol-cs/farol/store"
)

// Kind is the kind of definition under which goals are kept.
const Kind = "goal"

// Goal is a goal as its owners wrote it. Values are in the metric's unit: a
// share is between 0 and 1, an amount in major units.
type Goal struct {
	Title string `json:"title"`
	// Why says what it is good for; may be empty.
	Why    string `json:"why,omitempty"`
	Metric string `json:"metric"`
	// Segment keeps accounts, each as attribute=value.
	Segment []string    `json:"segment,omitempty"`
	Grain   farol.Grain `json:"grain"`
	// Baseline is where it stood, nil when that was not known.
	Baseline *float64 `json:"baseline"`
	Target   float64  `json:"target"`
	// Direction is "up" or "down": which side of the target is good.
	Direction string `json:"direction"`
	// Start and Due are days.
	Start string `json:"start"`
	Due   string `json:"due"`
	// Support and CS are the members who own it, one of each team.
	Support string `json:"support"`
	CS      string `json:"cs"`
	Ended   bool   `json:"ended,omitempty"`
}

// Kept is a goal as it is kept.
type Kept struct {
	Goal
	ID      string
	Version int
	Author  string
	Changed time.Time
}

// Days are the first and the last day.
func (g Goal) Days() (start, due farol.Day) {
	start, _ = farol.ParseDay(g.Start) // checked when it was saved
	due, _ = farol.ParseDay(g.Due)
	return start, due
}

// Filters are the segment.
func (g Goal) Filters() []facts.Filter {
	var out []facts.Filter
	for _, s := range g.Segment {
		attribute, value, _ := strings.Cut(s, "=")
		if i := slices.IndexFunc(out, func(f facts.Filter) bool { return f.Attribute == attribute }); i >= 0 {
			out[i].Values = append(out[i].Values, value)
			continue
		}
		out = append(out, facts.Filter{Attribute: attribute, Values: []string{value}})
	}
	return out
}

// Keeper reads and keeps goals.
type Keeper struct {
	Store   *store.Store
	Metrics *metric.Reader
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// AsOf and Known are the two clocks by which goals are read; zero is now.
	// The goals are those that were set by then, as they were written then.
	AsOf  farol.Day
	Known time.Time
	// Within narrows what is read of every goal to accounts: the values are
	// theirs, as for a reader who sees some accounts only.
	Within []facts.Filter
}

// today is the day looked at.
func (k Keeper) today(cal farol.Calendar) farol.Day {
	d := cal.Today(k.now())
	if !k.Known.IsZero() {
		d = min(d, farol.DayOf(k.Known, cal.Zone))
	}
	if k.AsOf != 0 {
		d = min(d, k.AsOf)
	}
	return d
}

// instant is the one of whose goals it tells; zero is now.
func (k Keeper) instant(cal farol.Calendar) time.Time {
	end := k.Known
	if k.AsOf != 0 && k.AsOf < cal.Today(k.now()) {
		if day := k.AsOf.Next(1).Start(cal.Zone).Add(-time.Millisecond); end.IsZero() || day.Before(end) {
			end = day
		}
	}
	return end
}

// checkSegments tells whether the segments that the lines name are there.
func (k Keeper) checkSegments(ctx context.Context, lines []string) error {
	var filters []facts.Filter
	for _, s := range lines {
		a, value, _ := strings.Cut(s, "=")
		filters = append(filters, facts.Filter{Attribute: a, Values: []string{value}})
	}
	b, err := segment.Read(ctx, k.Store)
	if err != nil {
		return err
	}
	return b.CheckFilters(filters)
}

func (k Keeper) now() time.Time {
	if k.Now == nil {
		return time.Now()
	}
	return k.Now()
}

// calendar is the company's.
func (k Keeper) calendar(ctx context.Context) (farol.Calendar, error) {
	set, err := metric.ReadSettings(ctx, k.Store)
	return set.Calendar, err
}

// check completes and checks a goal. Errors: Invalid with the field, Forbidden
// for one on what is hidden from the author.
func (k Keeper) check(ctx context.Context, g *Goal) error {
	g.Title, g.Why = strings.Join(strings.Fields(g.Title), " "), strings.TrimSpace(g.Why)
	m, err := k.Metrics.Catalogue().Find(g.Metric)
	switch {
	case g.Title == "":
		return farol.InvalidField("title", "must not be empty")
	case len([]rune(g.Title)) > 200:
		return farol.InvalidField("title", "must have at most %d characters", 200)
	case len(g.Why) > 5000:
		return farol.InvalidField("why", "must have at most %d characters", 5000)
	case err != nil:
		return farol.InvalidField("metric", "there is no such metric")
	case g.Grain != "" && !m.Has(g.Grain):
		return farol.InvalidField("grain", "the metric is not measured by %s", string(g.Grain))
	case math.IsNaN(g.Target) || math.IsInf(g.Target, 0):
		return farol.InvalidField("target", "must be a number")
	case g.Baseline != nil && (math.IsNaN(*g.Baseline) || math.IsInf(*g.Baseline, 0)):
		return farol.InvalidField("baseline", "must be a number")
	}
	if g.Grain == "" {
		g.Grain = usual(m)
	}
	if g.Direction == "" {
		g.Direction = map[metric.Direction]string{metric.Down: "down"}[m.Direction]
		g.Direction = cmp.Or(g.Direction, "up")
	}
	if g.Direction != "up" && g.Direction != "down" {
		return farol.InvalidField("direction", "must be up or down")
	}
	for _, s := range g.Segment {
		if a, _, ok := strings.Cut(s, "="); !ok || a == "" {
			return farol.InvalidField("segment", "must be written attribute=value")
		}
	}
	if err := k.checkSegments(ctx, g.Segment); err != nil {
		return err
	}
	if err := k.mayRead(ctx, *g); err != nil {
		return err
	}
	start, err1 := farol.ParseDay(g.Start)
	due, err2 := farol.ParseDay(g.Due)
	switch {
	case err1 != nil:
		return farol.InvalidField("start", "must be a date as YYYY-MM-DD")
	case err2 != nil:
		return farol.InvalidField("due", "must be a date as YYYY-MM-DD")
	case due <= start:
		return farol.InvalidField("due", "must come after the start")
	case due-start > 3*366:
		return farol.InvalidField("due", "must be at most three years after the start")
	}
	return k.checkOwners(ctx, *g)
}

func (k Keeper) checkOwners(ctx context.Context, g Goal) error {
	members, err := k.Store.Members(ctx)
	if err != nil {
		return err
	}
	for _, o := range []struct{ field, id string }{{"support", g.Support}, {"cs", g.CS}} {
		if o.id == "" {
			return farol.InvalidField(o.field, "a goal is of both teams: name somebody of each")
		}
		if !slices.ContainsFunc(members, func(m store.Member) bool { return string(m.ID) == o.id && m.Disabled.IsZero() }) {
			return farol.InvalidField(o.field, "there is no such member")
		}
	}
	return nil
}

// usual is the grain of a goal when none is chosen: the longest.
func usual(m *metric.Metric) farol.Grain {
	for _, g := range []farol.Grain{farol.Monthly, farol.Weekly} {
		if m.Has(g) {
			return g
		}
	}
	return m.Grains[0]
}

// Add keeps a new goal. A baseline that is not given is the value of the last
// period before the start that is over. Errors: Invalid with the field,
// Forbidden for who sees some accounts only: a goal is of all.
func (k Keeper) Add(ctx context.Context, g Goal, author string) (Kept, error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return Kept{}, err
	}
	if err := k.check(ctx, &g); err != nil {
		return Kept{}, err
	}
	if g.Baseline == nil {
		var err error
		if g.Baseline, err = k.Before(ctx, g); err != nil {
			return Kept{}, err
		}
	}
	return k.define(ctx, uuid.Must(uuid.NewV7()).String(), g, author, nil)
}

// Before is the value of the last whole period before the start, nil for none:
// the baseline of a goal that names none.
func (k Keeper) Before(ctx context.Context, g Goal) (*float64, error) {
	cal, err := k.calendar(ctx)
	if err != nil {
		return nil, err
	}
	start, _ := g.Days()
	p := cal.PeriodAt(g.Grain, cal.PeriodAt(g.Grain, min(start, cal.Today(k.now()))).From-1)
	s, err := k.Metrics.Read(ctx, metric.Request{Metric: g.Metric, Period: p, Grain: g.Grain, Filters: g.Filters()})
	if err != nil || len(s.Points) == 0 {
		return nil, err
	}
	return s.Points[len(s.Points)-1].Value, nil
}

// Change keeps another version of a goal; base is the version that the author
// saw, nil does not look. Errors: Invalid, NotFound, Conflict, Forbidden as for
// Add.
func (k Keeper) Change(ctx context.Context, id string, g Goal, author string, base *int) (Kept, error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return Kept{}, err
	}
	if _, err := k.Goal(ctx, id); err != nil {
		return Kept{}, err
	}
	if err := k.check(ctx, &g); err != nil {
		return Kept{}, err
	}
	return k.define(ctx, id, g, author, base)
}

func (k Keeper) define(ctx context.Context, id string, g Goal, author string, base *int) (Kept, error) {
	d, err := k.Store.Define(ctx, store.Draft{Kind: Kind, Name: id, Body: g, Author: author, Base: base})
	if err != nil {
		return Kept{}, err
	}
	return kept(d)
}

func kept(d store.Definition) (Kept, error) {
	x := Kept{ID: d.Name, Version: d.Version, Author: d.Author, Changed: d.Created}
	return x, json.Unmarshal(d.Body, &x.Goal)
}

// mayRead is Forbidden for a goal on what is hidden from the reader: its metric,
// or an attribute or segment that narrows it down.
func (k Keeper) mayRead(ctx context.Context, g Goal) error {
	if m, err := k.Metrics.Catalogue().Find(g.Metric); err == nil {
		if err := m.Shown(ctx); err != nil {
			return err
		}
	}
	_, err := facts.Sighted(ctx, g.Filters(), "")
	return err
}

// Goal is one goal; NotFound when there is none such, Forbidden when it is on
// what is hidden from the reader.
func (k Keeper) Goal(ctx context.Context, id string) (Kept, error) {
	cal, err := k.calendar(ctx)
	if err != nil {
		return Kept{}, err
	}
	at := k.instant(cal)
	if at.IsZero() {
		at = time.UnixMilli(1 << 60)
	}
	d, err := k.Store.DefinitionAt(ctx, Kind, id, at)
	if farol.KindOf(err) == farol.NotFound {
		return Kept{}, farol.Errorf(farol.NotFound, "there is no such goal")
	}
	if err != nil {
		return Kept{}, err
	}
	g, err := kept(d)
	if err == nil {
		err = k.mayRead(ctx, g.Goal)
	}
	if err != nil {
		return Kept{}, err
	}
	return g, nil
}

// Goals lists the goals, those due first before the others and the ended last,
// and counts those that are left out because they are on what is hidden.
func (k Keeper) Goals(ctx context.Context) (out []Kept, hidden int, err error) {
	cal, err := k.calendar(ctx)
	if err != nil {
		return nil, 0, err
	}
	list, err := k.Store.DefinitionsAt(ctx, Kind, k.instant(cal))
	if err != nil {
		return nil, 0, err
	}
	out = make([]Kept, 0, len(list))
	for _, d := range list {
		g, err := kept(d)
		if err != nil {
			return nil, 0, err
		}
		if k.mayRead(ctx, g.Goal) != nil {
			hidden++
			continue
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b Kept) int {
		if a.Ended != b.Ended {
			return map[bool]int{true: 1, false: -1}[a.Ended]
		}
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID))
	})
	return out, hidden, nil
}

// Status is how a goal stands.
type Status string

// The states of a goal.
const (
	OnTrack Status = "on_track"
	AtRisk  Status = "at_risk"
	Missed  Status = "missed"
	Reached Status = "reached"
	Unknown Status = "unknown" // there is no value
)

// Ground is why a status is told.
type Ground string

// The grounds.
const (
	ByValue    Ground = "value"    // the last value is at the target, or was on the day
	ByForecast Ground = "forecast" // where the history leads to by the day
	ByLine     Ground = "line"     // too short a history: against the straight line from baseline to target
	OfPart     Ground = "part"     // none is told: the reader sees a part of the accounts
	NoValue    Ground = "none"
)

// Step is a period ahead.
type Step struct {
	Period           farol.Period
	Value, Low, High float64
}

// Reading is a goal with what is true of it. For who sees some accounts only, or
// asks for some, the values are of those, and what measures the whole (baseline, chance, progress
// and status) is left out.
type Reading struct {
	Kept
	Unit     string
	Currency farol.Currency
	// Points are the series up to today, some periods before the start on.
	Points []metric.Point
	// Live is the last point that is complete, else the last with a value; nil
	// when there is none.
	Live *metric.Point
	// Forecast are the periods up to the day; empty with too short a history.
	Forecast []Step
	// Chance is that of being at the target on the day, under the assumption of
	// the forecast; nil without one.
	Chance *float64
	// Progress is the share of the way from baseline to target, 1 at most and
	// below 0 when it moved away; nil when either end is unknown, or when there
	// was no way to go: the baseline is at the target already.
	Progress *float64
	Status   Status
	Ground   Ground
}

// back is how many periods before the start a reading has at least.
var back = map[farol.Grain]int{farol.Daily: 28, farol.Weekly: 16, farol.Monthly: 12}

// maxSteps bounds how far a forecast goes.
const maxSteps = 60

// Read answers how a goal stands. maxAge is how stale the figures may be.
func (k Keeper) Read(ctx context.Context, g Kept, maxAge time.Duration) (Reading, error) {
	r := Reading{Kept: g, Status: Unknown, Ground: NoValue}
	cal, err := k.calendar(ctx)
	if err != nil {
		return r, err
	}
	start, due := g.Days()
	today := k.today(cal)
	until := min(today, due)
	from := cal.PeriodAt(g.Grain, min(start, until)).From
	for range back[g.Grain] {
		from = cal.PeriodAt(g.Grain, from-1).From
	}
	s, err := k.Metrics.Read(ctx, metric.Request{Metric: g.Metric, Period: farol.Period{From: from, To: until + 1}, Grain: g.Grain, AsOf: k.AsOf, Known: k.Known, Filters: append(g.Filters(), k.Within...), MaxAge: maxAge})
	if err != nil {
		return r, err
	}
	r.Unit, r.Currency, r.Points = s.Unit, s.Currency, s.Points
	part := sight.Of(ctx).Limited() || len(k.Within) > 0
	if part {
		r.Baseline = nil
	}
	r.live()
	r.heading(cal, due)
	if part {
		r.Ground, r.Chance = OfPart, nil
		return r, nil
	}
	r.judge(today > due, start, due, today)
	return r, nil
}

// live finds the last point that counts.
func (r *Reading) live() {
	for i := range slices.Backward(r.Points) {
		p := &r.Points[i]
		if p.Value == nil {
			continue
		}
		if p.Complete {
			r.Live = p
			break
		}
		if r.Live == nil {
			r.Live = p
		}
	}
	// A goal that begins at or beyond its target has no way to go.
	if r.Live != nil && r.Baseline != nil && !r.meets(*r.Baseline) {
		p := min(1, (*r.Live.Value-*r.Baseline)/(r.Target-*r.Baseline))
		r.Progress = &p
	}
}

// heading goes on with the unbroken run of complete values up to the day.
func (r *Reading) heading(cal farol.Calendar, due farol.Day) {
	end := len(r.Points)
	for end > 0 && !(r.Points[end-1].Complete && r.Points[end-1].Value != nil) {
		end--
	}
	begin := end
	for begin > 0 && r.Points[begin-1].Complete && r.Points[begin-1].Value != nil {
		begin--
	}
	if end-begin < stats.MinDrift {
		return
	}
	var values []float64
	for _, p := range r.Points[begin:end] {
		values = append(values, *p.Value)
	}
	var ahead []farol.Period
	for p := cal.PeriodAt(r.Grain, r.Points[end-1].Period.To); p.From <= due && len(ahead) < maxSteps; p = cal.PeriodAt(r.Grain, p.To) {
		ahead = append(ahead, p)
	}
	steps, ok := stats.Drift(values, len(ahead), stats.Level)
	if !ok || len(steps) == 0 {
		return
	}
	for i, a := range steps {
		r.Forecast = append(r.Forecast, Step{ahead[i], r.clip(a.Value), r.clip(a.Interval.Low), r.clip(a.Interval.High)})
	}
	chance := steps[len(steps)-1].Above(r.Target)
	if r.Direction == "down" {
		chance = 1 - chance
	}
	r.Chance = &chance
}

// clip keeps a value where its unit can be.
func (r *Reading) clip(v float64) float64 {
	switch r.Unit {
	case "ratio":
		return min(max(v, 0), 1)
	case "points":
		return min(max(v, -100), 100)
	case "persons", "accounts", "count", "days", metric.ElapsedDays, "seconds", "months":
		return max(v, 0)
	}
	return v
}

// meets tells whether a value is at the target.
func (r *Reading) meets(v float64) bool {
	if r.Direction == "down" {
		return v <= r.Target
	}
	return v >= r.Target
}

func (r *Reading) judge(over bool, start, due, today farol.Day) {
	if r.Live == nil {
		return
	}
	r.Ground = ByValue
	switch v := *r.Live.Value; {
	case r.meets(v):
		r.Status = Reached
	case over:
		r.Status = Missed
	case len(r.Forecast) > 0:
		r.Ground, r.Status = ByForecast, AtRisk
		if r.meets(r.Forecast[len(r.Forecast)-1].Value) {
			r.Status = OnTrack
		}
	case r.Baseline != nil:
		// As far along the way as along the time.
		r.Ground, r.Status = ByLine, AtRisk
		gone := float64(today-start) / float64(due-start)
		if r.Progress != nil && *r.Progress >= gone {
			r.Status = OnTrack
		}
	default:
		r.Ground, r.Status = ByLine, AtRisk
	}
}

// ReadAll answers how each goal that has not ended stands. One whose metric is
// hidden from the reader is left out.
func (k Keeper) ReadAll(ctx context.Context, maxAge time.Duration) ([]Reading, error) {
	list, _, err := k.Goals(ctx)
	if err != nil {
		return nil, err
	}
	var out []Reading
	for _, g := range list {
		if g.Ended {
			continue
		}
		r, err := k.Read(ctx, g, maxAge)
		var e *farol.Error
		if errors.As(err, &e) && (e.Kind == farol.Forbidden || e.Kind == farol.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}
