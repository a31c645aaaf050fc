// Package truth holds what was planted in the demo company against what the
// program finds in its events: how well does Farol recover the truth? What is
// counted has to be equal; what is estimated has an interval, which has to
// hold the planted value as often as it says.
package truth

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
)

// Dollar is reais for one dollar in the demo company. Every amount of it in
// dollars is whole centavos at this rate, so that no rounding blurs the
// comparison.
const Dollar = 5.4

// Report is the comparison.
type Report struct {
	Seed     uint64    `json:"seed" doc:"The company was made with."`
	Accounts int       `json:"accounts" doc:"Its accounts, but those for tests."`
	Until    time.Time `json:"until" doc:"What became known later is in neither side."`
	// Compared counts the figures of Taken and Figures, Equal those of them
	// that are as planted.
	Compared  int         `json:"compared" doc:"How many counted figures were compared."`
	Equal     int         `json:"equal" doc:"How many of them are as planted."`
	Taken     []Exact     `json:"taken" nullable:"false" doc:"What was taken in: events stored once, late ones, ids joined."`
	Figures   []Exact     `json:"figures" nullable:"false" doc:"Figures of complete months, by figure and month."`
	Rule      Rule        `json:"rule" doc:"The planted activation rule."`
	Estimates []Estimated `json:"estimates" nullable:"false" doc:"What is estimated: the effect of the rule, survival, lifetimes."`
	Bands     []Band      `json:"bands" nullable:"false" doc:"Accounts and months by their planted chance to leave in the month."`
}

// Exact is something counted: planted and found must be equal.
type Exact struct {
	What string `json:"what" doc:"The metric's name; with _lost, _start, _did or _of for the parts of a fraction; events, late, joined."`
	// Month is its first day, 0 for what is of no month.
	Month   farol.Day `json:"-"`
	Period  string    `json:"period" doc:"First day of the month; empty for what is of no month."`
	Planted float64   `json:"planted"`
	Found   *float64  `json:"found"`
	Equal   bool      `json:"equal"`
}

// Rule is the planted activation rule and what it does.
type Rule struct {
	Clauses []Action `json:"clauses" nullable:"false" doc:"What the account has to do, all of it."`
	Days    int      `json:"days" doc:"Local days that an account has for it."`
	// Factor multiplies the hazard of cancelling by choice of an account that
	// does not meet it, everything else being equal.
	Factor float64 `json:"factor" doc:"Times the hazard of cancelling by choice for an account that does not meet it."`
}

// Action is an event and how often it takes.
type Action struct {
	Event string `json:"event"`
	Least int    `json:"least"`
}

// Estimated is something that is estimated with an interval.
type Estimated struct {
	What    string   `json:"what" doc:"rule_ratio; survival_3, survival_6, survival_12; lifetime; lifetime_model."`
	Planted float64  `json:"planted" doc:"What the planted chances make of the same accounts and months."`
	Found   *float64 `json:"found"`
	Low     *float64 `json:"low" doc:"Low end of the 95 % interval."`
	High    *float64 `json:"high" doc:"High end of the 95 % interval."`
	// Holds tells whether the interval holds the planted value.
	Holds  bool   `json:"holds" doc:"Whether the interval holds the planted value."`
	Units  int    `json:"units" doc:"Customers that it rests on."`
	Months int    `json:"months" doc:"Months that it looks ahead; 0 where that means nothing."`
	Reason string `json:"reason" doc:"Why nothing was found; empty when something was."`
}

// Band is a range of planted chances to leave within a month.
type Band struct {
	From float64 `json:"from"`
	To   float64 `json:"to" doc:"Not included."`
	// Rows are accounts and months, Planted the mean of their chances.
	Rows    int     `json:"rows"`
	Planted float64 `json:"planted" doc:"Mean planted chance."`
	Lost    int     `json:"lost"`
	Found   float64 `json:"found" doc:"Share of them that left, as the ledger of churn says."`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Holds   bool    `json:"holds"`
}

// Checker makes the report of a company and keeps it.
type Checker struct {
	metrics *metric.Reader
	facts   *facts.Facts
	truth   func() (demo.Truth, error)

	mu     sync.Mutex
	report *Report
	made   time.Time
}

// New makes a checker; truth is asked when a report is made.
func New(m *metric.Reader, f *facts.Facts, truth func() (demo.Truth, error)) *Checker {
	return &Checker{metrics: m, facts: f, truth: truth}
}

// kept is how long a report is given again: what it is made of does not
// change, so only another build could say otherwise.
const kept = time.Hour

// Report compares, or answers what was compared a while ago. Who comes while
// it is made waits for it.
func (c *Checker) Report(ctx context.Context) (*Report, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.report != nil && time.Since(c.made) < kept {
		return c.report, nil
	}
	t, err := c.truth()
	if err != nil {
		return nil, fmt.Errorf("reading the planted truth: %w", err)
	}
	r, err := Compare(ctx, c.metrics, c.facts, t)
	if err != nil {
		return nil, fmt.Errorf("comparing with the planted truth: %w", err)
	}
	c.report, c.made = r, time.Now()
	return r, nil
}

// Ready tells whether a report is at hand: making one takes seconds.
func (c *Checker) Ready() bool {
	if !c.mu.TryLock() {
		return false // it is being made
	}
	defer c.mu.Unlock()
	return c.report != nil && time.Since(c.made) < kept
}

// Compare holds the planted truth against the readings. The settings are
// those of the planted company, whatever is in force.
func Compare(ctx context.Context, m *metric.Reader, f *facts.Facts, t demo.Truth) (*Report, error) {
	set, err := settings(t)
	if err != nil {
		return nil, err
	}
	x := &comparison{ctx: ctx, metrics: m, facts: f, truth: t, settings: set, report: &Report{
		Seed: t.Seed, Accounts: len(t.Accounts), Until: t.Until,
		Rule: Rule{Days: t.Rule.Days, Factor: t.Rule.HazardRatio},
	}}
	for _, c := range t.Rule.Clauses {
		x.report.Rule.Clauses = append(x.report.Rule.Clauses, Action(c))
	}
	// A factor above one: of those that do not meet the rule.
	if x.report.Rule.Factor < 1 {
		x.report.Rule.Factor = 1 / x.report.Rule.Factor
	}
	if err := x.taken(); err != nil {
		return nil, err
	}
	if err := x.figures(); err != nil {
		return nil, err
	}
	if err := x.risks(); err != nil {
		return nil, err
	}
	for _, list := range [][]Exact{x.report.Taken, x.report.Figures} {
		for _, e := range list {
			x.report.Compared++
			if e.Equal {
				x.report.Equal++
			}
		}
	}
	return x.report, nil
}

// settings are those under which the truth was counted.
func settings(t demo.Truth) (metric.Settings, error) {
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return metric.Settings{}, err
	}
	s := metric.Defaults()
	s.Calendar.Zone = zone
	s.Currency, s.Rates = "BRL", map[farol.Currency]float64{"USD": Dollar}
	s.Activation = metric.Activation{WindowDays: t.Rule.Days}
	for _, c := range t.Rule.Clauses {
		s.Activation.Events = append(s.Activation.Events, metric.Clause{Name: c.Event, Min: c.Least})
	}
	return s, s.Check()
}

// comparison is one report in the making.
type comparison struct {
	ctx      context.Context
	metrics  *metric.Reader
	facts    *facts.Facts
	truth    demo.Truth
	settings metric.Settings
	report   *Report
}

// request asks for what was known at the end of the planted history.
func (x *comparison) request(name string, p farol.Period) metric.Request {
	return metric.Request{Metric: name, Grain: farol.Monthly, Period: p, AsOf: x.truth.Last, Known: x.truth.Until, Settings: &x.settings}
}

// complete are the months of the history that have ended.
func (x *comparison) complete() (out []demo.MonthTruth) {
	for _, m := range x.truth.Months {
		if m.Complete {
			out = append(out, m)
		}
	}
	return out
}

// month is the period of a month.
func month(first farol.Day) farol.Period { return farol.Calendar{}.PeriodAt(farol.Monthly, first) }

// taken compares what was taken in.
func (x *comparison) taken() error {
	got, err := x.facts.Taken(x.ctx, x.truth.Until)
	if err != nil {
		return err
	}
	// A shared device names several people; the first keeps its id.
	joined := map[farol.PersonID]bool{}
	for _, l := range x.truth.Links {
		joined[l.From] = true
	}
	for _, e := range []struct {
		what    string
		planted int
		found   int64
	}{{"events", x.truth.Events, got.Events}, {"late", x.truth.Late, got.Late}, {"joined", len(joined), got.Joined}} {
		found := float64(e.found)
		x.report.Taken = append(x.report.Taken, exact(e.what, 0, float64(e.planted), &found))
	}
	return nil
}

// exact compares one figure; amounts differ by the order of adding at most.
func exact(what string, month farol.Day, planted float64, found *float64) Exact {
	e := Exact{What: what, Month: month, Planted: planted, Found: found}
	if month != 0 {
		e.Period = month.String()
	}
	switch {
	case found == nil:
		// Nothing to count: no row.
		e.Equal = planted == 0
	default:
		d := *found - planted
		e.Equal = max(d, -d) <= 1e-9*max(1, max(planted, -planted))
	}
	return e
}
