package metric

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// Request asks for a series.
type Request struct {
	Metric string
	// Period is cut into whole periods of the grain: all that it touches.
	Period farol.Period
	// Grain of the points; "" is the metric's first.
	Grain farol.Grain
	// AsOf reads the facts with day <= AsOf; 0 is today.
	AsOf farol.Day
	// Known reads the facts learned up to the instant; zero is now.
	Known time.Time
	// By breaks the figures down by an account attribute ("plan"), or by
	// account with "account"; "" does not.
	By string
	// Filters keep the facts of some accounts; see facts.Filter.
	Filters []facts.Filter
	// MaxAge is how stale the answer may be; 0 is exact. An answer up to two
	// minutes old is still given when it is staler, while a new one is computed
	// in the background: the next reader gets that.
	MaxAge time.Duration
	// Settings, when given, take the place of those in force: an earlier
	// version, or one that is only thought of. Such figures are computed from
	// the facts, never read from the history.
	Settings *Settings
}

// Reason says why a figure is null.
type Reason string

// The reasons. A null is never a zero (conventions C9 and C11).
const (
	// NoData: no fact at all was received for the window.
	NoData Reason = "no_data"
	// NotStarted: the period begins after today, or after the as-of date.
	NotStarted Reason = "not_started"
	// WindowNotCovered: the rolling window begins before the first fact.
	WindowNotCovered Reason = "window_not_covered"
	// WindowOpen: no unit of the period has had its whole window yet.
	WindowOpen Reason = "window_open"
	// ZeroDenominator: there is no unit to take a share of.
	ZeroDenominator Reason = "zero_denominator"
	// NotReached: too few units have got there to tell when a share of them
	// does.
	NotReached Reason = "not_reached"
	// NoLoss: what is divided by is a loss, and nothing was lost, or less than
	// was gained.
	NoLoss Reason = "no_loss"
	// NoCosts: no cost was reported for the period.
	NoCosts Reason = "no_costs"
	// Hidden: the reader may not see the metric.
	Hidden Reason = "hidden"
)

// Point is a figure.
type Point struct {
	Period farol.Period
	// Group is the value of the attribute broken down by; "" is unknown, or
	// the whole when there is no breakdown.
	Group string
	// Value is nil where the metric says null; Reason tells why.
	Value *float64
	// Numerator and Denominator are those that the value is computed of;
	// Denominator is nil for counts and sums. A null value may have a
	// numerator: what was counted so far.
	Numerator, Denominator *float64
	// Low and High are the 95 % interval, nil for counts and sums, which are
	// not estimates.
	Low, High *float64
	// Units is how many units were counted.
	Units int64
	// Complete tells that the whole period (and the metric's window) lies in
	// the past and is covered by data.
	Complete bool
	Reason   Reason
}

// Series answers a request: points by period, then group.
type Series struct {
	Metric string
	// Version is the metric's version with those of the settings it uses.
	Version string
	// Unit is the metric's; amounts are in major units of Currency.
	Unit     string
	Currency farol.Currency
	Grain    farol.Grain
	Points   []Point
}

// A plan is a request made definite.
type plan struct {
	Request
	metric   *Metric
	settings Settings
	version  string
	periods  []farol.Period
	// asOf is the last day read: never 0, never after today.
	asOf farol.Day
	// through is the last day up to asOf that has passed entirely.
	through farol.Day
	// throughEnd is the end of it.
	throughEnd time.Time
	// present tells that nothing of the past is asked for.
	present bool
	// covered is when facts begin, of the data that the request may know.
	covered coverage
	// seen is the last commit that all which was read so far has seen.
	seen time.Time
}

// sees notes that something was read as of a commit.
func (p *plan) sees(known time.Time) {
	if p.seen.IsZero() || known.Before(p.seen) {
		p.seen = known
	}
}

// maxPeriods bounds a series: ten years of days.
const maxPeriods = 3700

// maxCells bounds periods times groups of a breakdown.
const maxCells = 200_000

// attributeName is any name of a trait that can be written in "name=value";
// it is bound in queries, never spelled.
var attributeName = regexp.MustCompile(`^[^=\pC]{1,100}$`)

// plan checks a request and fixes the clocks. It keeps to the accounts that
// the context's reader may see; a metric that is hidden is Forbidden.
func (r *Reader) plan(ctx context.Context, q Request) (*plan, error) {
	m, err := r.catalogue.Find(q.Metric)
	if err != nil {
		return nil, err
	}
	if m.hidden(ctx) {
		return nil, sight.ErrHidden()
	}
	if q.Filters, err = facts.Sighted(ctx, q.Filters, q.By); err != nil {
		return nil, err
	}
	if q.Grain == "" {
		q.Grain = m.Grains[0]
	}
	p := &plan{Request: q, metric: m}
	if q.Settings != nil {
		p.settings = *q.Settings
	} else {
		p.settings = r.settings()
	}
	if p.settings.Calendar.Zone == nil {
		p.settings.Calendar.Zone = time.UTC
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	p.version = p.settings.version(m)
	p.periods = p.settings.Calendar.Cut(q.Grain, q.Period)
	p.clocks(r.now())
	return p, nil
}

func (p *plan) check() error {
	m, q := p.metric, p.Request
	if !m.Has(q.Grain) {
		var names []string
		for _, g := range m.Grains {
			names = append(names, string(g))
		}
		return farol.InvalidField("grain", "%s is defined per %s only", m.Name, strings.Join(names, ", "))
	}
	return p.checkScope()
}

// clocks fixes which days are read. What a reader of an earlier Known calls
// today is the day of Known.
func (p *plan) clocks(now time.Time) {
	zone, t := p.settings.Calendar.Zone, now
	past := !p.Known.IsZero() && p.Known.Before(now)
	if past {
		t = p.Known
	}
	today := farol.DayOf(t, zone)
	p.asOf = today
	if p.AsOf != 0 && p.AsOf < today {
		p.asOf = p.AsOf
	}
	// The last millisecond of a day is as good as its end.
	p.through = min(p.asOf, farol.DayOf(t.Add(time.Millisecond), zone)-1)
	p.throughEnd = (p.through + 1).Start(zone)
	p.present = !past && p.asOf == today
}

// waits is by how many days the period's facts go on after it.
func (p *plan) waits(q farol.Period) int {
	switch {
	case !p.metric.Waits:
		return 0
	case p.metric.WaitDays > 0:
		return p.metric.WaitDays - 1
	}
	return p.settings.activationWindow(q) - 1
}

// started are the periods that have begun by the as-of day.
func (p *plan) started(periods []farol.Period) []farol.Period {
	for i, q := range periods {
		if q.From > p.asOf {
			return periods[:i]
		}
	}
	return periods
}

// scope is what the doors apply for these periods, which follow one another.
func (p *plan) scope(periods []farol.Period) facts.Scope {
	hull := farol.Period{From: periods[0].From, To: periods[len(periods)-1].To}
	hull.To += farol.Day(p.waits(hull))
	return facts.Scope{
		Period: hull, Periods: periods, AsOf: p.asOf, Known: p.Known, Filters: p.Filters, By: p.By,
		Criterion: criterionOf(p.settings.activations()), ExcludeAccounts: p.settings.Exclusions.Accounts, ExcludePeople: p.settings.Exclusions.People,
	}
}

// params are bound in the query.
func (p *plan) params() map[string]any {
	out := p.settings.params()
	out["through"] = p.through
	out["through_end"] = p.throughEnd
	if n := len(p.periods); n > 0 && p.metric.uses(HolidaysName) {
		out["holidays"] = p.settings.Holidays.numbers(farol.Period{From: p.periods[0].From, To: p.periods[n-1].To})
	}
	return out
}

// last is the last day of the period that is read.
func (p *plan) last(q farol.Period) farol.Day { return min(q.Last(), p.asOf) }

// window is the days whose facts make the period's figure.
func (p *plan) window(q farol.Period) farol.Period {
	last := p.last(q)
	switch m := p.metric; {
	case m.Aggregation.rolls():
		return farol.Period{From: last - farol.Day(m.Reach), To: last + 1}
	case m.Window > 0:
		return farol.Period{From: last - farol.Day(m.Window) + 1, To: last + 1}
	case m.Previous:
		return farol.Period{From: p.settings.Calendar.PeriodAt(p.Grain, q.From-1).From, To: last + 1}
	}
	return farol.Period{From: q.From, To: last + 1}
}

// elapsed tells whether the period, with the days it waits for, has passed.
func (p *plan) elapsed(q farol.Period) bool { return q.Last()+farol.Day(p.waits(q)) <= p.through }
