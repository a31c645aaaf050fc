package metric

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// RetentionUnit is what is kept or lost.
type RetentionUnit string

// The units of retention. People and accounts come back when they do
// something; customers stay while they pay (or have paused for a short time);
// revenue is the MRR of those customers against what each paid at first.
const (
	RetainPeople    RetentionUnit = "people"
	RetainAccounts  RetentionUnit = "accounts"
	RetainCustomers RetentionUnit = "customers"
	RetainRevenue   RetentionUnit = "revenue"
)

// RetentionUnits lists them.
var RetentionUnits = []RetentionUnit{RetainPeople, RetainAccounts, RetainCustomers, RetainRevenue}

// paying tells that the unit is one of money: a state at the end of each
// interval, not something that is done in it.
func (u RetentionUnit) paying() bool { return u == RetainCustomers || u == RetainRevenue }

// RetentionKind says when a return counts.
type RetentionKind string

// The kinds: in interval N, in interval N or any later one, or at least once
// within a range of intervals.
const (
	ReturnOn       RetentionKind = "on"
	ReturnOrAfter  RetentionKind = "after"
	ReturnBrackets RetentionKind = "brackets"
)

// RetentionKinds lists them.
var RetentionKinds = []RetentionKind{ReturnOn, ReturnOrAfter, ReturnBrackets}

// Hours24 is the interval of 24-hour windows from each unit's own start,
// beside the grains (local days, weeks and months).
const Hours24 farol.Grain = "24h"

// RetentionIntervals lists the intervals.
var RetentionIntervals = []farol.Grain{farol.Daily, farol.Weekly, farol.Monthly, Hours24}

// EventSet is what starts a unit or brings it back. The zero set is any
// activity that counts (setting active); as the start of a first-time cohort
// over calendar intervals it is the unit's creation: trait created_at, else
// what it did first.
type EventSet struct {
	// Events are names ("Report Created", "$page"); none is the zero set.
	Events []string
	// Min is how often it must happen within one interval; 0 and 1 are once.
	Min int
	// Where keeps the events whose properties have these values. It says
	// nothing about the other side's events.
	Where []PropertyFilter
}

// PropertyFilter keeps events whose property (dots lead inside) is one of
// the values, as text.
type PropertyFilter struct {
	Property string
	Values   []string
}

// Bracket is a range of intervals, both ends included.
type Bracket struct{ From, To int }

// RetentionRequest asks for a triangle.
type RetentionRequest struct {
	// Unit "" is people.
	Unit RetentionUnit
	// Kind "" is ReturnOn. Customers and revenue know no other.
	Kind RetentionKind
	// Recurring lets a unit enter the cohort of every interval in which it
	// starts; without it, only that of the first ever.
	Recurring bool
	// Start and Return say what begins and what brings back. They do not go
	// with customers and revenue, which begin with their first payment.
	Start, Return EventSet
	// Interval "" is a week.
	Interval farol.Grain
	// Cohorts is the length of a cohort; "" is that of the interval, a day for
	// 24-hour windows. Longer ones take several starts together.
	Cohorts farol.Grain
	// Steps is how many intervals after the first are shown; 0 is as many as
	// there are cohorts.
	Steps int
	// Brackets are the columns of ReturnBrackets.
	Brackets []Bracket
	// Period is cut into whole cohorts.
	Period farol.Period
	// AsOf, Known, By, Filters and MaxAge are those of Request. Filters and By
	// look at the account's attributes on the day of the start: who leaves the
	// segment later has not left the product.
	AsOf    farol.Day
	Known   time.Time
	By      string
	Filters []facts.Filter
	MaxAge  time.Duration
}

// Retention is a triangle: cohorts with a cell per column, and the curve of
// all of them.
type Retention struct {
	// Request is as it was read: defaults filled in.
	Request RetentionRequest
	// Version is that of the settings behind it.
	Version string
	// Currency of revenue, in major units; "" for the rest.
	Currency farol.Currency
	// Columns are the intervals, or the brackets.
	Columns []Bracket
	// Cohorts are by period, then group. Those that ended before the first
	// fact are left out.
	Cohorts []Cohort
	// Curves are the aggregate of each group's cohorts; one when there is no
	// breakdown.
	Curves []RetentionCurve
}

// Cohort is the units that started in one period.
type Cohort struct {
	Period farol.Period
	Group  string
	// Size is how many units; Base what they are measured against: Size, or
	// for revenue what they paid at first.
	Size int64
	Base float64
	// Complete tells that the period has passed: no more units join.
	Complete bool
	// Cells are by column.
	Cells []RetentionCell
}

// RetentionCell is how much of a cohort was kept.
type RetentionCell struct {
	// Retained of Of; so far, when the cell is not complete.
	Retained, Of float64
	// Value is their quotient, nil when the cell is not complete or has nobody;
	// Reason says why. Low and High are its 95 % interval.
	Value, Low, High *float64
	Reason           Reason
	// Complete tells that the interval has passed for the whole cohort.
	Complete bool

	squares, cross, baseSquares float64
	units                       int64
}

// RetentionCurve is the aggregate over the cohorts whose cell is complete.
type RetentionCurve struct {
	Group string
	// Cells are weighted: the sum of what was retained by the sum of what it
	// is measured against. The cohorts change along the curve, so that it can
	// go up.
	Cells []RetentionCell
	// Simple are the plain means of the cohorts' values, nil where there is
	// none; Cohorts is how many there are.
	Simple  []*float64
	Cohorts []int
}

const (
	// maxStarts bounds the intervals in which units start, maxSteps the columns,
	// maxBrackets those of ReturnBrackets.
	maxStarts, maxSteps, maxBrackets = 400, 180, 24
	// maxBracket is the last interval that a bracket may hold.
	maxBracket = 400
)

// retention is a request made definite.
type retention struct {
	*plan
	q RetentionRequest
	// starts are the intervals in which units start, intervals these and those
	// after them up to the as-of day.
	starts, intervals []farol.Period
	columns           []Bracket
	// base is the number of the first start among all intervals since 1970.
	base int64
	// born tells that people may say when they were created.
	born bool
	// first is the first day that has facts; ok says that there is one.
	first farol.Day
	ok    bool
}

// Retention answers a triangle, which the caller must not change. It is one
// query. Errors are Invalid, naming the field.
func (r *Reader) Retention(ctx context.Context, q RetentionRequest) (Retention, error) {
	p, err := r.retentionPlan(ctx, q)
	if err != nil {
		return Retention{}, err
	}
	key := fmt.Sprintf("%#v|%s", p.q, p.key())
	got, err := r.triangles.get(ctx, key, ask{p.Known, p.MaxAge, true}, r.clocks(), func(ctx context.Context) (answer[Retention], error) {
		p.sees(r.facts.LastKnown())
		if err := r.coverRetention(ctx, p); err != nil {
			return answer[Retention]{}, err
		}
		out := p.answer()
		if len(p.starts) > 0 {
			found, err := r.triangle(ctx, p)
			if err != nil {
				return answer[Retention]{}, fmt.Errorf("retention of %s: %w", p.q.Unit, err)
			}
			p.fillTriangle(&out, found)
		}
		return answer[Retention]{out, p.seen, len(out.Cohorts) * len(out.Columns)}, nil
	})
	return got.value, err
}

// coverRetention learns since when there are facts.
func (r *Reader) coverRetention(ctx context.Context, p *retention) error {
	if _, err := r.cover(ctx, p.plan); err != nil {
		return err
	}
	p.first, p.ok = p.covered.first("events")
	p.born = r.facts.PeopleSayCreation()
	return nil
}

// retentionMetric stands for the triangle where the machinery of series wants
// a metric: its settings make the version.
func retentionMetric(u RetentionUnit) *Metric {
	m := &Metric{Name: "$retention", Version: 1, Settings: []string{ActiveName}, Unit: "ratio"}
	if u.paying() {
		m.Settings = []string{CompanyName, ConventionsName}
	}
	return m
}

// retentionPlan checks a request, fills in what it leaves out and cuts time.
func (r *Reader) retentionPlan(ctx context.Context, q RetentionRequest) (*retention, error) {
	var err error
	if q.Filters, err = facts.Sighted(ctx, q.Filters, q.By); err != nil {
		return nil, err
	}
	q.fillIn()
	if err := q.check(); err != nil {
		return nil, err
	}
	if q.Unit == RetainRevenue {
		if err := sight.Of(ctx).Shows(sight.Money); err != nil {
			return nil, err
		}
	}
	p := &retention{q: q, plan: &plan{
		Request: Request{
			Metric: "$retention", Grain: q.Cohorts, Period: q.Period, AsOf: q.AsOf, Known: q.Known,
			By: q.By, Filters: q.Filters, MaxAge: q.MaxAge,
		},
		metric: retentionMetric(q.Unit), settings: r.settings(),
	}}
	p.q.MaxAge = 0
	if p.settings.Calendar.Zone == nil {
		p.settings.Calendar.Zone = time.UTC
	}
	if err := p.checkScope(); err != nil {
		return nil, err
	}
	p.version = p.settings.version(p.metric)
	p.clocks(r.now())
	return p, p.cut()
}

func (q *RetentionRequest) fillIn() {
	if q.Unit == "" {
		q.Unit = RetainPeople
	}
	if q.Kind == "" {
		q.Kind = ReturnOn
	}
	if q.Interval == "" {
		q.Interval = farol.Weekly
	}
	if q.Cohorts == "" {
		q.Cohorts = q.grain()
	}
}

// grain is the calendar's interval: 24-hour windows start on local days.
func (q *RetentionRequest) grain() farol.Grain {
	if q.Interval == Hours24 {
		return farol.Daily
	}
	return q.Interval
}

func (q *RetentionRequest) check() error {
	g := q.grain()
	switch {
	case !slices.Contains(RetentionUnits, q.Unit):
		return farol.InvalidField("unit", "must be people, accounts, customers or revenue")
	case !slices.Contains(RetentionKinds, q.Kind):
		return farol.InvalidField("kind", "must be on, after or brackets")
	case !slices.Contains(RetentionIntervals, q.Interval):
		return farol.InvalidField("interval", "must be day, week, month or 24h")
	case q.Cohorts != g && (g != farol.Daily || q.Cohorts != farol.Weekly && q.Cohorts != farol.Monthly):
		return farol.InvalidField("cohorts", "must be as long as the interval, or weeks or months of days")
	case q.Recurring && q.Cohorts != g:
		return farol.InvalidField("cohorts", "of recurring starts must be as long as the interval")
	case q.Steps < 0 || q.Steps > maxSteps:
		return farol.InvalidField("steps", "must be between 1 and %d", maxSteps)
	case q.Unit.paying() && q.Kind != ReturnOn:
		return farol.InvalidField("kind", "is always on for customers and revenue, which are a state at the end of each interval")
	case q.Unit.paying() && q.Interval == Hours24:
		return farol.InvalidField("interval", "must be day, week or month for customers and revenue")
	case q.Unit.paying() && q.Recurring:
		return farol.InvalidField("recurring", "does not go with customers and revenue: a customer begins to pay once")
	case q.Unit.paying() && !(q.Start.zero() && q.Return.zero()):
		return farol.InvalidField("start", "does not go with customers and revenue, which begin with the first payment")
	}
	if err := q.Start.check("start"); err != nil {
		return err
	}
	if err := q.Return.check("return"); err != nil {
		return err
	}
	return q.checkBrackets()
}

func (q *RetentionRequest) checkBrackets() error {
	if (q.Kind == ReturnBrackets) != (len(q.Brackets) > 0) {
		return farol.InvalidField("brackets", "go with kind brackets, which needs some: 1, 2-4, 5-11")
	}
	if len(q.Brackets) > maxBrackets {
		return farol.InvalidField("brackets", "may be at most %d", maxBrackets)
	}
	for _, b := range q.Brackets {
		if b.From < 1 || b.To < b.From || b.To > maxBracket {
			return farol.InvalidField("brackets", "must be ranges of intervals from 1 to %d: 1, 2-4, 5-11", maxBracket)
		}
	}
	return nil
}

// propertyName is what a query may read of properties.
var propertyName = regexp.MustCompile(`^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$`)

func (s EventSet) zero() bool { return len(s.Events) == 0 && s.Min <= 1 && len(s.Where) == 0 }

func (s EventSet) check(side string) error {
	if s.Min < 0 || s.Min > 10_000 {
		return farol.InvalidField(side+"_min", "must be between 1 and 10000")
	}
	if len(s.Events) > 100 || slices.Contains(s.Events, "") {
		return farol.InvalidField(side, "must be up to 100 names of events")
	}
	for _, f := range s.Where {
		if len(f.Property) > 100 || !propertyName.MatchString(f.Property) {
			return farol.InvalidField(side+"_where", "not a property's name: %q", f.Property)
		}
	}
	return nil
}

// least is how many occurrences an interval needs.
func (s EventSet) least() int { return max(1, s.Min) }

// checkScope wants a period and attributes that can be asked for.
func (p *plan) checkScope() error {
	if p.Period.Days() < 1 {
		return farol.InvalidField("to", "must be after from")
	}
	if p.Period.Days() > maxPeriods {
		return farol.InvalidField("to", "at most %d days at once", maxPeriods)
	}
	for _, f := range p.Filters {
		if !attributeName.MatchString(f.Attribute) {
			return farol.InvalidField("segment", "not an attribute's name: %q", f.Attribute)
		}
	}
	if p.By != "" && !attributeName.MatchString(p.By) {
		return farol.InvalidField("by", "not an attribute's name: %q", p.By)
	}
	return nil
}

// cut makes cohorts, starts, intervals and columns.
func (p *retention) cut() error {
	calendar := p.settings.Calendar
	p.periods = p.started(calendar.Cut(p.q.Cohorts, p.Period))
	if len(p.periods) > 0 {
		hull := farol.Period{From: p.periods[0].From, To: p.periods[len(p.periods)-1].To}
		p.starts = p.started(calendar.Cut(p.q.grain(), hull))
	}
	if len(p.starts) > maxStarts {
		return farol.InvalidField("to", "at most %d intervals of starts at once: ask for fewer or for longer ones", maxStarts)
	}
	steps := p.q.Steps
	if steps == 0 {
		steps = min(max(1, len(p.starts)-1), maxSteps)
	}
	p.columns = p.q.Brackets
	if p.q.Kind != ReturnBrackets {
		for n := range steps + 1 {
			p.columns = append(p.columns, Bracket{n, n})
		}
	}
	if len(p.starts) == 0 {
		return nil
	}
	p.base = p.index(p.starts[0].From)
	last := p.columns[len(p.columns)-1].To
	for _, c := range p.columns {
		last = max(last, c.To)
	}
	for q := p.starts[0]; q.From <= p.asOf && len(p.intervals) < len(p.starts)+last; q = calendar.PeriodAt(p.q.grain(), q.To) {
		p.intervals = append(p.intervals, q)
	}
	return nil
}

// index numbers the interval that holds the day as indexText does.
func (p *retention) index(d farol.Day) int64 {
	switch p.q.grain() {
	case farol.Weekly:
		return (int64(d) - p.weekShift()) / 7
	case farol.Monthly:
		y, m, _ := d.UTC().Date()
		return int64(y)*12 + int64(m)
	}
	return int64(d)
}

// weekShift is how far the weeks are from beginning on 1970-01-01.
func (p *retention) weekShift() int64 { return (int64(p.starts[0].From)%7 + 7) % 7 }

// complete tells whether column c has passed for who started in interval i.
func (p *retention) complete(i int, c Bracket) bool {
	if p.q.Interval == Hours24 {
		zone := p.settings.Calendar.Zone
		end := p.starts[i].End(zone).Add(time.Duration(c.To+1) * 24 * time.Hour)
		return !end.After((p.through + 1).Start(zone))
	}
	return i+c.To < len(p.intervals) && p.intervals[i+c.To].Last() <= p.through
}

// uncovered tells whether the column lies before the first fact: of who was
// created then, nobody can say whether it returned.
func (p *retention) uncovered(i int, c Bracket) bool {
	if p.q.Unit.paying() || p.q.Interval == Hours24 || c.From == 0 {
		return false
	}
	return !p.ok || i+c.From >= len(p.intervals) || p.intervals[i+c.From].From < p.first
}
