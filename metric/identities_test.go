package metric

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// oneWorld is a random history on DuckDB; the engines' parity is shown by
// TestAgainstReference.
func oneWorld(t *testing.T, seed uint64, events int) *world {
	t.Helper()
	zone := mustZone(t, "America/Sao_Paulo")
	h := randomHistory(seed, zone, farol.Date(2018, time.September, 24), 60, events)
	return worldOf(t, h, randomSettings(seed, zone), 6)
}

func worldOf(t *testing.T, h *history, s Settings, batches int) *world {
	t.Helper()
	clk := &clock{t: h.sent[0].Known}
	return newWorld(t, openDuck(t, h.zone, clk.now), clk, h, s, batches)
}

func openDuck(t *testing.T, zone *time.Location, now func() time.Time) *facts.Facts {
	t.Helper()
	c := engines["duckdb"](t)
	c.Zone, c.Now = zone, now
	f, err := facts.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// all is the request for every period of the world.
func (w *world) all(m *Metric, g farol.Grain) Request {
	return Request{Metric: m.Name, Grain: g, Period: farol.Period{From: w.first - 5, To: w.first + farol.Day(w.days) + 30}}
}

// eachSeries visits every metric and grain.
func (w *world) eachSeries(f func(m *Metric, g farol.Grain)) {
	for _, m := range w.r.catalogue.All() {
		for _, g := range m.Grains {
			f(m, g)
		}
	}
}

// The rows behind a point add up to it, page by page, each unit once, and its
// interval holds nothing that they rule out.
func TestRowsReAdd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := oneWorld(t, 11, 500)
	w.eachSeries(func(m *Metric, g farol.Grain) {
		if g == farol.Daily || g != m.Grains[0] && g != farol.Weekly {
			return
		}
		for _, by := range map[bool][]string{true: {""}, false: {"plan"}}[g == farol.Weekly] {
			q := w.all(m, g)
			q.By = by
			s, err := w.r.Read(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			// The largest point and the last one with units.
			var some []Point
			for _, pt := range s.Points {
				if pt.Units > 0 && (len(some) == 0 || pt.Units > some[0].Units) {
					some = []Point{pt}
				}
			}
			for _, pt := range some {
				if err := w.reAdd(ctx, q, pt); err != nil {
					t.Errorf("%s per %s by %q, %s %q: %v", m.Name, g, by, pt.Period, pt.Group, err)
				}
			}
		}
	})
}

func (w *world) reAdd(ctx context.Context, q Request, pt Point) error {
	var num, den float64
	negative := false
	units := map[string]bool{}
	for after := ""; ; {
		rows, next, err := w.r.Rows(ctx, q, pt.Period, pt.Group, 3, after)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if units[row.Unit] {
				return fmt.Errorf("%s is there twice", row.Unit)
			}
			units[row.Unit] = true
			num += row.Numerator
			negative = negative || row.Numerator < 0
			if row.Denominator != nil {
				den += *row.Denominator
			}
		}
		if after = next; next == "" {
			break
		}
	}
	if m, _ := w.r.catalogue.Find(q.Metric); pt.Low != nil && *pt.Low < 0 && !negative && m.Aggregation != NPS && m.Name != "onboarding_days_late" { // early is a delay below zero
		return fmt.Errorf("an interval from %v of what no row makes negative", *pt.Low)
	}
	if m, _ := w.r.catalogue.Find(q.Metric); pt.Value != nil && pt.Units > 1 && pt.Low == nil && slices.Contains([]Aggregation{Proportion, NPS, Mean, ShareOfDays, RollingShare, Ratio, Product}, m.Aggregation) && m.Unit != "index" {
		return fmt.Errorf("%v of %d units has no interval", *pt.Value, pt.Units)
	}
	if w.quantile(q.Metric) {
		// The rows are the units' times; how many got there is the numerator.
		num = den
		den = float64(len(units))
	}
	if int64(len(units)) != pt.Units || math.Abs(num-*pt.Numerator) > 1e-9*math.Max(1, num) {
		return fmt.Errorf("%d rows add up to %v, the point has %d and %v", len(units), num, pt.Units, *pt.Numerator)
	}
	if den > 0 && math.Abs(den-*pt.Denominator) > 1e-9*den {
		return fmt.Errorf("denominators add up to %v, the point has %v", den, *pt.Denominator)
	}
	return nil
}

func (w *world) quantile(metric string) bool {
	m, err := w.r.catalogue.Find(metric)
	return err == nil && m.Aggregation == Quantile
}

// Where a unit can be in one group only, the groups add up to the whole.
func TestGroupsAddUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := oneWorld(t, 12, 500)
	check := func(name string, g farol.Grain) {
		m, err := w.r.catalogue.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		q := w.all(m, g)
		whole, err := w.r.Read(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		q.By = "plan"
		parts, err := w.r.Read(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		type sum struct {
			num   float64
			units int64
		}
		sums := map[farol.Day]sum{}
		for _, pt := range parts.Points {
			s := sums[pt.Period.From]
			s.units += pt.Units
			if pt.Numerator != nil {
				s.num += *pt.Numerator
			}
			sums[pt.Period.From] = s
		}
		for _, pt := range whole.Points {
			num := 0.0
			if pt.Numerator != nil {
				num = *pt.Numerator
			}
			if s := sums[pt.Period.From]; s.units != pt.Units || math.Abs(s.num-num) > 1e-6 {
				t.Errorf("%s per %s, %s: the groups add up to %v of %d units, the whole is %v of %d", name, g, pt.Period, s.num, s.units, num, pt.Units)
			}
		}
	}
	for _, name := range []string{"mrr", "new_accounts", "activation_rate", "logo_churn_rate", "nps"} {
		check(name, farol.Monthly)
		check(name, farol.Weekly)
	}
	check("active_accounts_day", farol.Daily)
}

// The order in which messages arrive moves no figure of the present.
func TestOrderOfArrival(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	zone := mustZone(t, "Europe/Lisbon")
	h := randomHistory(13, zone, farol.Date(2026, time.February, 20), 50, 400)
	s := randomSettings(13, zone)
	a := worldOf(t, h, s, 4)
	for seed := range uint64(2) {
		b := worldOf(t, h.shuffled(seed), s, 5)
		a.eachSeries(func(m *Metric, g farol.Grain) {
			if g != m.Grains[0] {
				return
			}
			x, err := a.r.Read(ctx, a.all(m, g))
			if err != nil {
				t.Fatal(err)
			}
			y, err := b.r.Read(ctx, b.all(m, g))
			if err != nil {
				t.Fatal(err)
			}
			if err := sameSeries(x.Points, y.Points); err != nil {
				t.Errorf("%s per %s, arrived otherwise: %v", m.Name, g, err)
			}
		})
	}
}

func sameSeries(a, b []Point) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d points, not %d", len(b), len(a))
	}
	for i := range a {
		if err := samePoint(b[i], a[i]); err != nil || a[i].Period != b[i].Period || a[i].Group != b[i].Group {
			return fmt.Errorf("%s: %w", a[i].Period, err)
		}
	}
	return nil
}

// live reads without the history.
func (w *world) live(t *testing.T, q Request) []Point {
	t.Helper()
	ctx := context.Background()
	p, err := w.r.plan(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.r.cover(ctx, p); err != nil {
		t.Fatal(err)
	}
	points, err := w.r.compute(ctx, p, p.periods)
	if err != nil {
		t.Fatal(err)
	}
	return points
}

// checkLive wants what is read (from the history, where it can be) to equal
// what is computed from the facts.
func (w *world) checkLive(t *testing.T, when string) {
	t.Helper()
	w.eachSeries(func(m *Metric, g farol.Grain) {
		q := w.all(m, g)
		s, err := w.r.Read(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if err := sameSeries(w.live(t, q), s.Points); err != nil {
			t.Errorf("%s: %s per %s: %v", when, m.Name, g, err)
		}
	})
}

// someMetrics is a catalogue of one metric of each aggregation and reach.
func someMetrics(t *testing.T) *Catalogue {
	t.Helper()
	all := loadCatalogue(t)
	out := &Catalogue{byName: all.byName}
	for _, name := range []string{"active_users_week", "stickiness", "new_accounts", "activation_rate", "mrr", "new_users", "sessions", "seat_utilisation", "time_online_median", "time_to_value"} {
		m, err := all.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		out.metrics = append(out.metrics, m)
	}
	return out
}

// The history is a cache that is never stale, and a ledger in which the old
// figure stays under its known.
func TestHistory(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	zone := mustZone(t, "America/Sao_Paulo")
	h := randomHistory(14, zone, farol.Date(2018, time.September, 24), 60, 600)
	batches := h.batches(8)
	clk := &clock{t: h.sent[0].Known}
	w := &world{f: openDuck(t, zone, clk.now), settings: randomSettings(14, zone), clock: clk, first: h.first, days: h.days}
	w.r = New(someMetrics(t), w.f, func() Settings { return w.settings })
	w.r.SetClock(clk.now)
	takeIn(t, w.f, clk, batches[:4])

	first, err := w.r.updateHistory(ctx)
	if err != nil || first.closed == 0 || first.restated != 0 || first.measured == 0 {
		t.Fatalf("the first update: %+v, %v", first, err)
	}
	again, err := w.r.updateHistory(ctx)
	if err != nil || again != (update{}) {
		t.Errorf("an update with nothing new: %+v, %v", again, err)
	}
	w.checkLive(t, "closed")
	then, known := w.clock.now(), w.f.LastKnown()
	old := map[string][]Point{}
	w.eachSeries(func(m *Metric, g farol.Grain) { old[m.Name+string(g)] = w.live(t, w.all(m, g)) })

	takeIn(t, w.f, clk, batches[4:])
	w.checkLive(t, "late facts, before the update")
	clk.set(h.sent[len(h.sent)-1].Known.AddDate(0, 0, 3))
	second, err := w.r.updateHistory(ctx)
	if err != nil || second.closed == 0 || second.restated == 0 || second.measured == 0 {
		t.Fatalf("the second update: %+v, %v", second, err)
	}
	w.checkLive(t, "restated")

	fresh := New(w.r.catalogue, w.f, w.r.settings)
	fresh.SetClock(clk.now)
	w.r = fresh
	w.checkLive(t, "another reader of the stored history")
	third, err := w.r.updateHistory(ctx)
	if err != nil || third.closed+third.restated != 0 {
		t.Errorf("a new reader's update with nothing new: %+v, %v", third, err)
	}
	w.checkLedger(t, old, then, known)
}

// checkLedger wants every figure of then under its known, by reading the
// facts and by asking the history.
func (w *world) checkLedger(t *testing.T, old map[string][]Point, then, known time.Time) {
	t.Helper()
	moved := 0
	w.eachSeries(func(m *Metric, g farol.Grain) {
		q := w.all(m, g)
		now, was := w.live(t, q), old[m.Name+string(g)]
		q.Known = known
		s, err := w.r.Read(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := w.f.History(context.Background(), facts.HistoryQuery{
			Metric: m.Name, Version: w.settings.version(m) + " " + w.settings.Calendar.Zone.String(), Grain: g, Known: known,
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, pt := range was {
			if pt.Complete && samePoint(now[i], pt) != nil {
				moved++
			}
			// What was open then may be read as of another hour of that day.
			if !pt.Complete {
				continue
			}
			if err := samePoint(s.Points[i], pt); err != nil {
				t.Errorf("%s per %s %s, as known at %s: %v", m.Name, g, pt.Period, known, err)
			}
			j := slices.IndexFunc(rows, func(r facts.HistoryRow) bool { return r.Period == pt.Period })
			if j < 0 {
				if pt.Period.To.Start(w.settings.Calendar.Zone).Add(farol.LateGrace).Before(then) && !m.Waits && pt.Units > 0 {
					t.Errorf("%s per %s %s is not in the history of %s", m.Name, g, pt.Period, known)
				}
				continue
			}
			if row := rows[j]; row.Units != pt.Units || row.Numerator != nil && *row.Numerator != *pt.Numerator {
				t.Errorf("%s per %s %s: the history holds %v", m.Name, g, pt.Period, row)
			}
		}
	})
	if moved == 0 {
		t.Error("no figure was moved by late facts: the test shows nothing")
	}
}
