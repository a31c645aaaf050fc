package metric

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// A world is a random history taken in by an engine.
type world struct {
	f        *facts.Facts
	r        *Reader
	settings Settings
	clock    *clock
	// events are those that were taken in, with the Known that they got.
	events []farol.Event
	// early is an instant between two batches.
	early time.Time
	first farol.Day
	days  int
}

// takeIn appends the batches one after another, each as it arrived, with
// every link applied before the next.
func takeIn(t testing.TB, f *facts.Facts, c *clock, batches [][]farol.Event) (events []farol.Event, early time.Time) {
	t.Helper()
	ctx := context.Background()
	for i, b := range batches {
		// A batch arrives when its last message does.
		c.set(slices.MaxFunc(b, func(x, y farol.Event) int { return x.Known.Compare(y.Known) }).Known)
		fresh := slices.Clone(b)
		for j := range fresh {
			fresh[j].Known = time.Time{}
		}
		receipt, err := f.Append(ctx, facts.Batch{Events: fresh})
		if err == nil {
			err = f.Settle(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range b {
			e.Known = receipt.Known
			events = append(events, e)
		}
		if i == len(batches)/2 {
			early = f.LastKnown()
		}
	}
	return events, early
}

func newWorld(t testing.TB, f *facts.Facts, c *clock, h *history, s Settings, batches int) *world {
	t.Helper()
	w := &world{f: f, settings: s, clock: c, first: h.first, days: h.days}
	if len(s.Activations) > 1 {
		w.settings.Activations[1].Since = h.first + farol.Day(h.days/2)
	}
	w.events, w.early = takeIn(t, f, c, h.batches(batches))
	// Nobody wrote later than this, and the last period is still open.
	end := (h.first + farol.Day(h.days) + 21).Start(h.zone).Add(11 * time.Hour)
	c.set(end)
	w.r = New(loadCatalogue(t), f, func() Settings { return w.settings })
	w.r.SetClock(c.now)
	return w
}

// requests are readings of one metric and grain: the present, the past of
// both clocks, breakdowns and filters.
func (w *world) requests(m *Metric, g farol.Grain, turn int) []Request {
	base := Request{Metric: m.Name, Grain: g, Period: farol.Period{From: w.first - 5, To: w.first + farol.Day(w.days) + 30}}
	asOf, known, plan, account, filter, both := base, base, base, base, base, base
	asOf.AsOf = w.first + farol.Day(w.days/2)
	known.Known = w.early
	plan.By = "plan"
	account.By = "account"
	filter.Filters = []facts.Filter{{Attribute: "plan", Values: []string{"pro", ""}}, {Attribute: "account", Values: []string{"a1", "a2", "a3", "a4", ""}}}
	both.AsOf, both.Known, both.By = asOf.AsOf, known.Known, "plan"
	// Each world reads the present and two of the others: all three, all.
	return append([]Request{base}, [][]Request{{asOf, plan}, {known, filter}, {both, account}}[turn%3]...)
}

// differ compares a series with the reference and describes the first point
// in which they differ.
func (w *world) differ(ctx context.Context, m *Metric, q Request, refs map[string]*reference) error {
	key := fmt.Sprint(q.AsOf, q.Known)
	ref := refs[key]
	if ref == nil {
		ref = newReference(w.events, w.settings, w.clock.now(), q.AsOf, q.Known)
		refs[key] = ref
	}
	s, err := w.r.Read(ctx, q)
	if err != nil {
		return err
	}
	got := map[cell]Point{}
	for _, pt := range s.Points {
		got[cell{pt.Period.From, pt.Group}] = pt
	}
	for _, p := range w.settings.Calendar.Cut(q.Grain, q.Period) {
		groups := map[string][]refRow{}
		if p.From <= ref.asOf {
			for _, row := range ref.rows(q, p) {
				groups[row.group] = append(groups[row.group], row)
			}
		}
		if q.By == "" && len(groups) == 0 {
			groups[""] = nil // the total has a point also when it has no rows
		}
		for g, rows := range groups {
			pt, ok := got[cell{p.From, g}]
			if q.By != "" && len(rows) == 0 {
				continue
			}
			if !ok {
				return fmt.Errorf("%s: group %q is missing", p, g)
			}
			delete(got, cell{p.From, g})
			if err := samePoint(pt, ref.want(m, q, p, rows)); err != nil {
				slices.SortFunc(rows, byUnit)
				return fmt.Errorf("%s of %q: %w; the reference has %v", p, g, err, rows)
			}
		}
	}
	for c, pt := range got {
		if pt.Units != 0 {
			return fmt.Errorf("%s: %d units of group %q too many", c.from, pt.Units, c.group)
		}
	}
	return nil
}

func samePoint(got, want Point) error {
	same := func(a, b *float64) bool {
		return a == nil && b == nil || a != nil && b != nil && math.Abs(*a-*b) <= 1e-9*math.Max(1, math.Abs(*b))
	}
	show := func(p Point) string {
		num := func(x *float64) string {
			if x == nil {
				return "null"
			}
			return fmt.Sprint(*x)
		}
		return fmt.Sprintf("%s = %s/%s of %d units, complete %v %s", num(p.Value), num(p.Numerator), num(p.Denominator), p.Units, p.Complete, p.Reason)
	}
	if !same(got.Value, want.Value) || !same(got.Numerator, want.Numerator) || !same(got.Denominator, want.Denominator) ||
		got.Units != want.Units || got.Reason != want.Reason || got.Complete != want.Complete && want.Reason != NoData {
		return fmt.Errorf("got %s, want %s", show(got), show(want))
	}
	return nil
}

var worlds = []struct {
	zone   string
	first  farol.Day
	days   int
	events int
}{
	// Summer time begins at midnight of 4 November: that day starts at 01:00.
	{"America/Sao_Paulo", farol.Date(2018, time.September, 24), 60, 700},
	// Summer time ends on 18 February: the 17th has 25 hours, 23:00 twice.
	{"America/Sao_Paulo", farol.Date(2018, time.January, 20), 45, 500},
	{"Europe/Lisbon", farol.Date(2026, time.February, 20), 50, 600},
}

// Every metric on every engine equals the reference, as of now and of any
// earlier day, as known now and at any earlier instant.
func TestAgainstReference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	onEngines(t, []string{"duckdb", "clickhouse"}, func(t *testing.T, open opener) {
		embedded := strings.HasSuffix(t.Name(), "duckdb")
		for i, c := range worlds {
			if i == 1 && !embedded {
				continue
			}
			zone := mustZone(t, c.zone)
			clk := &clock{}
			h := randomHistory(uint64(i+1), zone, c.first, c.days, c.events)
			clk.set(h.sent[0].Known)
			w := newWorld(t, open(t, zone, clk.now), clk, h, randomSettings(uint64(i+1), zone), 9)
			refs := map[string]*reference{}
			for j, m := range w.r.catalogue.All() {
				for k, g := range m.Grains {
					// Each world reads one grain of each metric, another one than the
					// world before; the other engine, which takes longer to plan a query
					// than to run it, one request of each in one of two worlds.
					if k != (i+j)%len(m.Grains) || !embedded && (j+i/2)%2 == 1 {
						continue
					}
					asked := w.requests(m, g, i)
					if !embedded {
						asked = asked[(i+j)%len(asked):][:1]
					}
					for _, q := range asked {
						if err := w.differ(ctx, m, q, refs); err != nil {
							t.Errorf("world %d, %s per %s, as of %v, known %v, by %q, filters %v: %v", i, m.Name, g, q.AsOf, q.Known, q.By, q.Filters, err)
						}
					}
				}
			}
		}
	})
}

// What looks back over more than a year equals the reference, too: the other
// worlds are too short for it to have a value.
func TestLongAgainstReference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	onEngines(t, []string{"duckdb", "clickhouse"}, func(t *testing.T, open opener) {
		zone := mustZone(t, "America/Sao_Paulo")
		clk := &clock{}
		h := randomHistory(3, zone, farol.Date(2017, time.September, 1), 470, 6000)
		// What is sent again after the window of repeats counts again.
		seen := map[string]bool{}
		h.sent = slices.DeleteFunc(h.sent, func(e farol.Event) bool {
			again := seen[e.ID]
			seen[e.ID] = true
			return again
		})
		clk.set(h.sent[0].Known)
		w := newWorld(t, open(t, zone, clk.now), clk, h, randomSettings(3, zone), 9)
		w.settings.Active = Active{All: true}
		m, err := w.r.catalogue.Find("use_change_seasonal")
		if err != nil {
			t.Fatal(err)
		}
		refs := map[string]*reference{}
		end := w.first + farol.Day(w.days)
		q := Request{Metric: m.Name, Grain: farol.Monthly, Period: farol.Period{From: end - 62, To: end + 10}}
		late, known, plan := q, q, q
		late.AsOf, known.Known, plan.By = end-20, w.events[len(w.events)-50].Known, "plan"
		for _, q := range []Request{q, late, known, plan} {
			if err := w.differ(ctx, m, q, refs); err != nil {
				t.Errorf("as of %v, known %v, by %q: %v", q.AsOf, q.Known, q.By, err)
			}
		}
		s, err := w.r.Read(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(s.Points, func(pt Point) bool { return pt.Value != nil && pt.Units > 2 }) {
			t.Errorf("nothing was compared: %+v", s.Points)
		}
	})
}
