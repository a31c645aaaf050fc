package truth_test

import (
	"context"
	"math"
	"os"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

// identities wants of the company, of every plan: whoever was active was new,
// came back or was won again; the rows behind a figure add up to it; and what
// changed a figure adds up to the change.
func (l *loaded) identities() {
	for _, by := range []string{"", "plan"} {
		l.active(by, "active_users_month", "new_users", "returning_users", "resurrected_users")
		l.active(by, "active_accounts_month", "new_active_accounts", "returning_accounts", "resurrected_accounts")
	}
	catalogue, err := metric.Load()
	if err != nil {
		l.t.Fatal(err)
	}
	// All metrics take minutes: `make truth` adds all of them up, other runs
	// one of eight.
	every := 8
	if os.Getenv("FAROL_TRUTH_SEEDS") != "" {
		every = 1
	}
	figures, parted, monthly := 0, 0, 0
	for _, m := range catalogue.All() {
		if !m.Has(farol.Monthly) {
			continue
		}
		if monthly++; monthly%every == 0 {
			figures += l.reAdds(m)
			parted += l.parts(m)
		}
	}
	// Of one metric in eight the sample decides how many parts there are.
	least, apart := 250, 90
	if every > 1 {
		least, apart = 25, 10
	}
	if figures < least || parted < apart {
		l.t.Errorf("only %d figures were added up, %d changes taken apart", figures, parted)
	}
}

// months is the month before the last whole one, and that one.
func (l *loaded) months() (before, after farol.Period) {
	cal := farol.Calendar{Zone: saoPaulo}
	after = cal.PeriodAt(farol.Monthly, cal.PeriodAt(farol.Monthly, l.truth.Last).From-1)
	return cal.PeriodAt(farol.Monthly, after.From-1), after
}

// group is a period's first day and the group of a breakdown.
type group struct {
	from farol.Day
	name string
}

func (l *loaded) grouped(name, by string, p farol.Period) map[group]metric.Point {
	s, err := l.reader.Read(context.Background(), metric.Request{Metric: name, Grain: farol.Monthly, Period: p, By: by})
	if err != nil {
		l.t.Fatalf("%s by %q: %v", name, by, err)
	}
	out := map[group]metric.Point{}
	for _, pt := range s.Points {
		out[group{pt.Period.From, pt.Group}] = pt
	}
	return out
}

func (l *loaded) active(by, whole string, parts ...string) {
	sums := map[group]float64{}
	for _, name := range parts {
		for g, pt := range l.grouped(name, by, l.whole) {
			if pt.Value != nil {
				sums[g] += *pt.Value
			}
		}
	}
	some := 0
	for g, pt := range l.grouped(whole, by, l.whole) {
		// Before the first month nobody can have come back.
		if pt.Value == nil || g.from <= l.whole.From {
			continue
		}
		if some++; sums[g] != *pt.Value {
			l.t.Errorf("%s of %s %q: %v, its parts %v", whole, g.from, g.name, *pt.Value, sums[g])
		}
	}
	if some < 4 {
		l.t.Errorf("%s by %q: %d figures show nothing", whole, by, some)
	}
}

// reAdds adds the rows of the last whole month up, of every plan.
func (l *loaded) reAdds(m *metric.Metric) (figures int) {
	_, p := l.months()
	for g, pt := range l.grouped(m.Name, "plan", p) {
		if pt.Numerator == nil || pt.Units == 0 || m.Aggregation == metric.Quantile {
			continue
		}
		sum, units := 0.0, int64(0)
		for after := ""; ; {
			rows, next, err := l.reader.Rows(context.Background(), metric.Request{Metric: m.Name, Grain: farol.Monthly, Period: p, By: "plan"}, p, g.name, 10_000, after)
			if err != nil {
				l.t.Fatalf("%s: %v", m.Name, err)
			}
			for _, r := range rows {
				sum, units = sum+r.Numerator, units+1
			}
			if after = next; next == "" {
				break
			}
		}
		if figures++; units != pt.Units || math.Abs(sum-*pt.Numerator) > 1e-8*max(1, math.Abs(sum)) {
			l.t.Errorf("%s of %s %q: %d rows add up to %v, the figure has %d and %v", m.Name, p, g.name, units, sum, pt.Units, *pt.Numerator)
		}
	}
	return figures
}

// parts takes the change of the last whole month apart by plan, and that of a
// plan by its accounts.
func (l *loaded) parts(m *metric.Metric) int {
	before, after := l.months()
	q := metric.CompareRequest{Metric: m.Name, Grain: farol.Monthly, Before: metric.Moment{Period: before}, After: metric.Moment{Period: after}, By: "plan"}
	d, err := l.reader.Compare(context.Background(), q)
	if err != nil {
		l.t.Errorf("%s: %v", m.Name, err)
	}
	if err != nil || d.Change == nil || len(d.Lines) == 0 {
		return 0
	}
	size := 1e-8 * max(1, math.Abs(*d.Before.Value), math.Abs(*d.After.Value))
	if sum := total(d) + d.Several; math.Abs(sum-*d.Change) > size {
		l.t.Errorf("%s: the plans make %v, the change is %v", m.Name, sum, *d.Change)
	}
	q.Within, q.Limit = &d.Lines[0].Name, 5
	in, err := l.reader.Compare(context.Background(), q)
	if err != nil || in.Within == nil {
		l.t.Errorf("%s within %q: %v", m.Name, *q.Within, err)
	} else if sum := total(in); math.Abs(sum-d.Lines[0].Effect.Total()) > size {
		l.t.Errorf("%s within %q: the accounts make %v, the plan %v", m.Name, *q.Within, sum, d.Lines[0].Effect.Total())
	}
	return 1
}

func total(d metric.Decomposition) float64 {
	sum := d.Rest.Total()
	for _, x := range d.Lines {
		sum += x.Effect.Total()
	}
	return sum
}
