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

// The change of every metric is taken apart exactly, between periods and
// between clocks, down to the accounts of each value.
func TestCompareAddsUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		embedded := strings.HasSuffix(t.Name(), "duckdb")
		apart := map[Method]int{}
		for i, c := range worlds {
			if i > 0 && !embedded {
				continue
			}
			zone := mustZone(t, c.zone)
			clk := &clock{}
			h := randomHistory(uint64(i+21), zone, c.first, c.days, c.events)
			clk.set(h.sent[0].Known)
			w := newWorld(t, open(t, zone, clk.now), clk, h, randomSettings(uint64(i+21), zone), 5)
			for j, m := range w.r.catalogue.All() {
				// The identities are of the arithmetic, which one engine shows;
				// the others show that their rows feed it alike.
				if !embedded && j%6 != 0 {
					continue
				}
				g := m.Grains[(i+j)%len(m.Grains)]
				for k, q := range w.comparisons(m, g) {
					// Each metric is taken apart in four ways over the worlds.
					if embedded && (i+j+k)%4 != 0 || !embedded && (j/6+k)%8 != 0 {
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
