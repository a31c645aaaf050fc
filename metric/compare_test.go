package metric

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// near tells whether two numbers are the same but for the last digits of
// numbers of the size.
func near(a, b, size float64) bool { return math.Abs(a-b) <= 1e-8*max(1, math.Abs(size)) }

// alike tells whether two ends of intervals are the same.
func alike(a, b *float64) bool { return a == b || a != nil && b != nil && near(*a, *b, *b) }

// adds checks that a comparison adds up, and that its lines are what the
// metric says of their groups.
func (w *world) adds(ctx context.Context, q CompareRequest, c Decomposition) error {
	read := func(m Moment, by string) (map[string]Point, error) {
		s, err := w.r.Read(ctx, Request{Metric: q.Metric, Grain: q.Grain, Period: m.Period, AsOf: m.AsOf, Known: m.Known, By: by, Filters: q.Filters})
		out := map[string]Point{}
		for _, pt := range s.Points {
			if pt.Period == s.Points[0].Period {
				out[pt.Group] = pt
			}
		}
		return out, err
	}
	for _, side := range []struct {
		m    Moment
		pt   Point
		line func(Line) Point
	}{{q.Before, c.Before, func(l Line) Point { return l.Before }}, {q.After, c.After, func(l Line) Point { return l.After }}} {
		whole, err := read(side.m, "")
		if err == nil {
			err = samePoint(side.pt, whole[""])
		}
		if err != nil {
			return err
		}
		groups, err := read(side.m, c.By)
		if err != nil {
			return err
		}
		for _, l := range c.Lines {
			want, ok := groups[l.Name]
			got := side.line(l)
			if q.Within == nil && ok && got.Units > 0 && (got.Units != want.Units || !near(valueOf(got), valueOf(want), valueOf(want))) {
				return fmt.Errorf("line %q says %+v, the series %+v", l.Name, got, want)
			}
			if q.Within == nil && ok && got.Units > 0 && (got.Low != nil && !alike(got.Low, want.Low) || got.High != nil && !alike(got.High, want.High)) {
				return fmt.Errorf("line %q has another interval than the series: %+v, %+v", l.Name, got, want)
			}
		}
	}
	if c.Before.Value == nil || c.After.Value == nil {
		if c.Change != nil || len(c.Lines) > 0 {
			return fmt.Errorf("a null was taken apart: %+v", c)
		}
		return nil
	}
	size := max(math.Abs(*c.Before.Value), math.Abs(*c.After.Value))
	if !near(*c.Change, *c.After.Value-*c.Before.Value, size) {
		return fmt.Errorf("the change is %v", *c.Change)
	}
	sum := c.Rest
	for _, l := range c.Lines {
		sum = sum.plus(*l.Effect)
	}
	want := c.Effect
	if c.Within != nil {
		want = *c.Within
		// Rate among values may be mix within them: totals are what adds up.
		sum, want = Effect{Rate: sum.Total()}, Effect{Rate: want.Total()}
	}
	if !near(sum.Rate, want.Rate, size) || !near(sum.Mix, want.Mix, size) || !near(sum.Entering, want.Entering, size) || !near(sum.Leaving, want.Leaving, size) {
		return fmt.Errorf("the lines add up to %+v, want %+v", sum, want)
	}
	if !near(c.Effect.Total()+c.Several, *c.Change, size) {
		return fmt.Errorf("effects %+v and %v of units in several lines are not the change %v", c.Effect, c.Several, *c.Change)
	}
	if moved := c.Came.Effect + c.Left.Effect + c.Stayed.Effect + c.Several; c.Within == nil && !near(moved, *c.Change, size) {
		return fmt.Errorf("who came, left and stayed did %v, the change is %v", moved, *c.Change)
	}
	return nil
}

// comparisons are two periods that follow one another, and one period on two
// clocks, by attribute and account.
func (w *world) comparisons(m *Metric, g farol.Grain) []CompareRequest {
	middle := w.settings.Calendar.PeriodAt(g, w.first+farol.Day(w.days/2))
	if g == farol.Daily {
		middle = farol.Period{From: middle.From - 6, To: middle.From - 5}
	}
	before := w.settings.Calendar.PeriodAt(g, middle.From-1)
	base := CompareRequest{Metric: m.Name, Grain: g, Before: Moment{Period: before}, After: Moment{Period: middle}, By: "plan"}
	account, clocks, filtered := base, base, base
	account.By, account.Limit = "", 3
	clocks.Before = Moment{Period: middle, Known: w.early}
	filtered.Filters = []facts.Filter{{Attribute: "account", Values: []string{"a1", "a2", "a3", ""}}}
	filtered.After.AsOf = middle.From + 1
	return []CompareRequest{base, account, clocks, filtered}
}

// sameParts reads what every account brought to a figure of each metric here and
// on the embedded engine, of which every comparison is made. Two simulated
// servers, which cost twice as much as one, read an eighth of the metrics and
// one the others.
func (w *world) sameParts(ctx context.Context, t *testing.T, h *history, seed uint64) {
	t.Helper()
	clk := &clock{}
	clk.set(h.sent[0].Known)
	twin := newWorld(t, openDuck(t, h.zone, clk.now), clk, h, randomSettings(seed, h.zone), 5)
	some := 0
	for j, m := range w.r.catalogue.All() {
		if (j%8 == 3) != strings.HasSuffix(t.Name(), "shards") {
			continue
		}
		q := w.comparisons(m, m.Grains[j%len(m.Grains)])[0]
		got, err := w.partsOf(ctx, m, q)
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		want, err := twin.partsOf(ctx, m, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d parts, want %d", m.Name, len(got), len(want))
		}
		for at, b := range want {
			if a := got[at]; !a.like(b) {
				t.Errorf("%s: %v brought %+v, want %+v", m.Name, at, a, b)
			}
		}
		if len(want) > 1 {
			some++
		}
	}
	if some < 10 {
		t.Errorf("only %d metrics had parts to compare", some)
	}
}

// partsOf are the parts of the later side. A person of two accounts stands under
// either, so that only their sums are told.
func (w *world) partsOf(ctx context.Context, m *Metric, q CompareRequest) (map[place]sums, error) {
	p, err := w.r.plan(ctx, Request{Metric: q.Metric, Grain: q.Grain, Period: q.After.Period, By: q.By})
	if err != nil {
		return nil, err
	}
	p.periods = p.periods[:1]
	c := &compared{plan: p, parts: map[place]sums{}}
	if err := w.r.parts(ctx, c); err != nil {
		return nil, err
	}
	out := map[place]sums{}
	for at, s := range c.parts {
		if m.Of == People {
			at.account = ""
		}
		out[at] = out[at].plus(s)
	}
	return out, nil
}

// like tells whether two sums are of the same units.
func (s sums) like(x sums) bool {
	waits := func(s sums) (met, all float64) {
		for _, w := range s.spells {
			met, all = met+w.N*w.Exit*float64(w.Cause), all+w.N*w.Exit
		}
		return met, all
	}
	met, all := waits(s)
	wantMet, wantAll := waits(x)
	return s.units == x.units && near(s.num, x.num, x.num) && near(s.den, x.den, x.den) && near(s.times, x.times, x.times) && near(s.per, x.per, x.per) &&
		near(met, wantMet, wantMet) && near(all, wantAll, wantAll)
}

// The change of every metric is taken apart exactly, between periods and
// between clocks, down to the accounts of each value.
func TestCompareAddsUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		embedded := strings.HasSuffix(t.Name(), "duckdb")
		apart := map[Method]int{}
		for i, c := range worlds {
			if i > 0 && !embedded || i > 1 {
				continue
			}
			zone := mustZone(t, c.zone)
			clk := &clock{}
			h := randomHistory(uint64(i+21), zone, c.first, c.days, c.events)
			clk.set(h.sent[0].Known)
			w := newWorld(t, open(t, zone, clk.now), clk, h, randomSettings(uint64(i+21), zone), 5)
			if !embedded {
				w.sameParts(ctx, t, h, uint64(i+21))
			}
			for j, m := range w.r.catalogue.All() {
				// The identities are of the arithmetic, which one engine shows; the
				// others, which feed it the same, a few times.
				if !embedded && j%40 != 0 {
					continue
				}
				g := m.Grains[(i+j)%len(m.Grains)]
				for k, q := range w.comparisons(m, g) {
					// Each metric is taken apart in two ways of four over the worlds.
					if embedded && ((2*i+j+k)%4 != 0 || i == 1 && j%2 == 0) || !embedded && j/40%4 != k {
						continue
					}
					got, err := w.r.Compare(ctx, q)
					if err == nil {
						err = w.adds(ctx, q, got)
					}
					if err == nil && len(got.Lines) > 0 {
						apart[got.Method]++
						in := q
						in.Within, in.Limit = &got.Lines[0].Name, 2
						var drill Decomposition
						if drill, err = w.r.Compare(ctx, in); err == nil {
							err = w.adds(ctx, in, drill)
						}
						if err == nil && !near(drill.Within.Total(), got.Lines[0].Effect.Total(), *got.Change) {
							err = fmt.Errorf("within %q: %+v, its line said %+v", *in.Within, drill.Within, got.Lines[0].Effect)
						}
					}
					if err != nil {
						t.Errorf("world %d, %s per %s, request %d: %v", i, m.Name, g, k, err)
					}
				}
			}
		}
		if embedded && (apart[Contributions] < 10 || apart[MixAndRate] < 10) {
			t.Errorf("too little was taken apart: %v", apart)
		}
	})
}

// A change that was planted is found: churn rises in one plan, and the plan
// that churns more has grown.
func TestCompareTellsRateFromMix(t *testing.T) {
	t.Parallel()
	a := func(n, d float64) *pair { return &pair{before: sums{num: n, den: d, units: int64(d)}} }
	basic, pro := a(10, 100), a(2, 100)
	basic.after, pro.after = sums{num: 30, den: 300, units: 300}, sums{num: 4, den: 100, units: 100}
	ratio := (&compared{plan: &plan{metric: &Metric{Aggregation: Proportion}}}).ratio
	e, was, is := decomposed(map[string]*pair{"basic": basic, "pro": pro}, ratio, ratio)
	if math.Abs(was-0.06) > 1e-12 || math.Abs(is-0.085) > 1e-12 {
		t.Fatalf("from %v to %v", was, is)
	}
	if b := e["basic"]; b.Rate != 0 || b.Mix <= 0 {
		t.Errorf("basic churned as before and grew: %+v", b)
	}
	if p := e["pro"]; math.Abs(p.Rate-0.02*(0.5+0.25)/2) > 1e-12 {
		t.Errorf("pro's own churn rose: %+v", p)
	}
}

func TestCompareRefusals(t *testing.T) {
	t.Parallel()
	r, _, _ := small(t)
	march := Moment{Period: farol.Period{From: farol.Date(2026, 3, 1), To: farol.Date(2026, 4, 1)}}
	for field, q := range map[string]CompareRequest{
		"grain":   {Metric: "mrr", Grain: "year", Before: march, After: march},
		"by":      {Metric: "mrr", By: "a=b", Before: march, After: march},
		"segment": {Metric: "mrr", Filters: []facts.Filter{{}}, Before: march, After: march},
	} {
		var e *farol.Error
		if _, err := r.Compare(t.Context(), q); !errors.As(err, &e) || e.Kind != farol.Invalid || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestRetentionRefusals(t *testing.T) {
	t.Parallel()
	r, _, _ := small(t)
	march := farol.Period{From: farol.Date(2026, 3, 1), To: farol.Date(2026, 4, 1)}
	for field, q := range map[string]RetentionRequest{
		"unit": {Unit: "logos"}, "kind": {Kind: "ever"}, "interval": {Interval: "hour"}, "cohorts": {Cohorts: farol.Daily},
		"steps": {Steps: 1000}, "brackets": {Kind: ReturnBrackets, Brackets: []Bracket{{0, 2}}}, "recurring": {Unit: RetainRevenue, Recurring: true},
		"start": {Unit: RetainCustomers, Start: EventSet{Events: []string{"Used"}}}, "return": {Return: EventSet{Events: []string{""}}},
		"return_min": {Return: EventSet{Min: -1}}, "start_where": {Start: EventSet{Where: []PropertyFilter{{Property: "a'b"}}}}, "by": {By: "x=y"}, "segment": {Filters: []facts.Filter{{}}},
	} {
		q.Period = march
		var e *farol.Error
		if _, err := r.Retention(t.Context(), q); !errors.As(err, &e) || e.Kind != farol.Invalid || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	long := RetentionRequest{Interval: farol.Daily, Period: farol.Period{From: march.From - 500, To: march.To}}
	if _, err := r.Retention(t.Context(), long); farol.KindOf(err) != farol.Invalid {
		t.Errorf("too many starts: %v", err)
	}
	if _, _, err := r.RetentionMembers(t.Context(), RetentionRequest{}, march.From, "", 4, 10, "junk"); farol.KindOf(err) != farol.Invalid {
		t.Errorf("members after junk: %v", err)
	}
	empty, err := r.Retention(t.Context(), RetentionRequest{Period: march})
	if err != nil || len(empty.Cohorts) != 0 {
		t.Errorf("without facts: %+v, %v", empty, err)
	}
}
