package metric

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// rowsOf are the reference's rows by unit.
func rowsOf(r *reference, q Request, p farol.Period) map[string]refRow {
	out := map[string]refRow{}
	if p.From > r.asOf {
		return out
	}
	for _, row := range r.rows(q, p) {
		have := out[row.unit]
		out[row.unit] = refRow{"", row.unit, have.num + row.num, have.den + row.den, have.times + row.times, have.per + row.per}
	}
	return out
}

// near tells whether the rows are one but for the digits of their sums.
func (x refRow) near(y refRow) bool {
	for _, d := range []float64{x.num - y.num, x.den - y.den, x.times - y.times, x.per - y.per} {
		if math.Abs(d) > 1e-9 {
			return false
		}
	}
	return true
}

// agrees holds a difference against the reference's rows of both sides, and
// wants the effects to add up.
func agrees(m *Metric, d Difference, was, is map[string]refRow) error {
	want := 0
	for unit, x := range is {
		if y, ok := was[unit]; !ok || !x.near(y) {
			want++
		}
	}
	for unit := range was {
		if _, ok := is[unit]; !ok {
			want++
		}
	}
	if m.Aggregation == ShareOfDays || m.Aggregation == DailyMean {
		// Rows of the reference carry no days; a unit whose days are others is
		// changed all the same.
		want = len(d.Changes) + d.More
	}
	if len(d.Changes)+d.More != want {
		return fmt.Errorf("%d units differ, the reference says %d: %+v", len(d.Changes)+d.More, want, d.Changes)
	}
	sum := d.Rest + d.Other
	for _, c := range d.Changes {
		for _, side := range []struct {
			row *Row
			ref map[string]refRow
		}{{c.Before, was}, {c.After, is}} {
			ref, ok := side.ref[c.Unit]
			if ok != (side.row != nil) || ok && math.Abs(side.row.Numerator-ref.num) > 1e-6 {
				return fmt.Errorf("%s: row %+v, the reference has %v %v", c.Unit, side.row, ref, ok)
			}
		}
		if c.Effect != nil {
			sum += *c.Effect
		}
	}
	switch {
	case m.Aggregation == Quantile:
		return nil
	case d.Gap == nil && (d.Before.Value != nil || d.After.Value != nil), d.Gap != nil && !d.Added:
		return fmt.Errorf("no gap: %+v", d)
	case d.Gap != nil && math.Abs(sum-*d.Gap) > 1e-7*math.Max(1, math.Abs(*d.Gap)):
		return fmt.Errorf("the effects add up to %v, the gap is %v", sum, *d.Gap)
	case d.Gap != nil && math.Abs(valueOf(d.After)-valueOf(d.Before)-*d.Gap) > 1e-9:
		return fmt.Errorf("the gap is %v", *d.Gap)
	case d.Other != 0 && m.Aggregation != DailyMean && m.Aggregation != ShareOfDays:
		return fmt.Errorf("%v is nobody's", d.Other)
	}
	return nil
}

// The difference of every metric between two instants, and between two
// versions of the settings, is that of the units' rows in a slow computation,
// and adds up.
func TestDifference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := oneWorld(t, 21, 600)
	other := randomSettings(22, w.settings.Calendar.Zone)
	other.Calendar, other.Conventions.PauseDays = w.settings.Calendar, 5
	early := newReference(w.events, w.settings, w.clock.now(), 0, w.early)
	now := newReference(w.events, w.settings, w.clock.now(), 0, time.Time{})
	under := newReference(w.events, other, w.clock.now(), 0, time.Time{})
	moved, parted := 0, 0 // between the instants, between the versions
	for i, m := range w.r.catalogue.All() {
		g := m.Grains[i%len(m.Grains)]
		if m.Has(farol.Monthly) && i%2 == 0 {
			g = farol.Monthly
		}
		p := w.settings.Calendar.PeriodAt(g, w.first+farol.Day(w.days/2)+2)
		q := Request{Metric: m.Name, Grain: g, Period: p}
		old, changed := q, q
		old.Known, changed.Settings = w.early, &other
		// Each metric is read in one of three ways; one whose values may come
		// and go, in all.
		way := i % 3
		every := m.Aggregation == Product
		between := func(before, after Request, limit int, was, is *reference) int {
			d, err := w.r.Difference(ctx, before, after, p, "", limit)
			if err == nil {
				err = agrees(m, d, rowsOf(was, q, p), rowsOf(is, q, p))
			}
			if err == nil && len(d.Changes) > limit {
				err = fmt.Errorf("%d changes of %d", len(d.Changes), limit)
			}
			if err != nil {
				t.Errorf("%s per %s, %s, way %d: %v", m.Name, g, p, way, err)
			}
			return len(d.Changes)
		}
		if way == 0 || every {
			moved += between(old, q, 1000, early, now)
		}
		if way == 1 || every {
			parted += between(q, changed, 1000, now, under)
		}
		if way == 2 || every {
			moved += between(old, q, 1, early, now)
		}
	}
	if moved == 0 || parted == 0 {
		t.Errorf("%d rows were moved by what came late, %d by the settings: the test shows nothing", moved, parted)
	}
}

// Every line of the ledger opens into the units and facts that it comes from.
func TestRestatements(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	zone := mustZone(t, "America/Sao_Paulo")
	h := randomHistory(15, zone, farol.Date(2018, time.September, 24), 60, 600)
	batches := h.batches(8)
	clk := &clock{t: h.sent[0].Known}
	w := &world{f: openDuck(t, zone, clk.now), settings: randomSettings(15, zone), clock: clk, first: h.first, days: h.days}
	w.r = New(someMetrics(t), w.f, func() Settings { return w.settings })
	w.r.SetClock(clk.now)
	for _, part := range [][][]farol.Event{batches[:4], batches[4:6], batches[6:]} {
		events, _ := takeIn(t, w.f, clk, part)
		w.events = append(w.events, events...)
		clk.set(clk.now().AddDate(0, 0, 2))
		if err := w.r.UpdateHistory(ctx); err != nil {
			t.Fatal(err)
		}
	}
	var all []Restatement
	for q := (Ledger{Limit: 7}); ; {
		got, next, err := w.r.Restatements(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, got...)
		if q.After = next; next == "" {
			break
		}
	}
	if len(all) < 20 || !slices.IsSortedFunc(all, func(a, b Restatement) int { return b.Known.Compare(a.Known) }) {
		t.Fatalf("%d restatements", len(all))
	}
	w.openAll(t, all)
	if _, err := w.r.Restatement(ctx, "junk", nil); farol.KindOf(err) != farol.NotFound {
		t.Errorf("junk: %v", err)
	}
	if _, _, err := w.r.Restatements(ctx, Ledger{Metric: "junk"}); farol.KindOf(err) != farol.NotFound {
		t.Errorf("of junk: %v", err)
	}
	w.checkReported(t)
}

// of is the reference of today over what was known at an instant: the ledger
// reads that way, because the day on which a period was closed may be later
// than the last fact that it was closed with.
func (w *world) of(known time.Time) *reference {
	events := slices.DeleteFunc(slices.Clone(w.events), func(e farol.Event) bool { return e.Known.After(known) })
	return newReference(events, w.settings, w.clock.now(), 0, time.Time{})
}

// openAll opens a share of the lines of each metric.
func (w *world) openAll(t *testing.T, all []Restatement) {
	t.Helper()
	opened, bare, facts := map[string]int{}, 0, 0
	for _, x := range all {
		if opened[x.Metric.Name] >= 4 {
			continue
		}
		opened[x.Metric.Name]++
		o, err := w.r.Restatement(context.Background(), x.ID(), func(versions map[string]int) (Settings, error) {
			if got := VersionsOf(x.Metric, w.settings.version(x.Metric)); fmt.Sprint(got) != fmt.Sprint(versions) {
				t.Errorf("%s is opened under %v, want %v", x.Metric.Name, versions, got)
			}
			return w.settings, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		q := Request{Metric: x.Metric.Name, Grain: x.Grain}
		was, is := w.of(x.WasKnown), w.of(x.Known)
		if err := agrees(x.Metric, o.Difference, rowsOf(was, q, x.Period), rowsOf(is, q, x.Period)); err != nil {
			t.Errorf("%s of %s: %v", x.Metric.Name, x.Period, err)
		}
		if !o.Same {
			t.Errorf("%s of %s: %v to %v in the ledger, %v to %v opened", x.Metric.Name, x.Period, x.Was.Value, x.Is.Value, o.Difference.Before.Value, o.Difference.After.Value)
		}
		for _, c := range o.Causes {
			if facts += len(c.Facts); len(c.Facts) == 0 && len(o.Unplaced) == 0 {
				bare++
				t.Logf("%s of %s per %s: nothing explains %s of %s (%+v to %+v)", x.Metric.Name, x.Period, x.Grain, c.Unit, c.Account, c.Before, c.After)
			}
			for _, f := range c.Facts {
				if f.Way != "moved" && (f.Known.After(x.Known)) {
					t.Errorf("%s was learned at %s, after the restatement", f.ID, f.Known)
				}
			}
		}
	}
	if facts == 0 || bare > 0 {
		t.Errorf("%d facts, %d units without any", facts, bare)
	}
}

// checkReported wants the first figure of each closed period, whatever came
// later.
func (w *world) checkReported(t *testing.T) {
	t.Helper()
	differ := 0
	w.eachSeries(func(m *Metric, g farol.Grain) {
		q := w.all(m, g)
		said, err := w.r.Reported(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, pt := range w.live(t, q) {
			first, ok := said[pt.Period.From]
			if !ok {
				continue
			}
			ref := w.of(first.Known)
			p := w.settings.Calendar.PeriodAt(g, pt.Period.From)
			want := ref.want(m, Request{Metric: m.Name, Grain: g}, p, slices.Collect(maps.Values(rowsOf(ref, Request{Metric: m.Name, Grain: g}, p))))
			want.Reason, want.Complete = "", first.Complete
			if pt.Complete && first.Complete && ref.asOf > p.Last() && samePoint(first.Point, want) != nil {
				t.Errorf("%s of %s: %v", m.Name, p, samePoint(first.Point, want))
			}
			if pt.Value != nil && samePoint(first.Point, pt) != nil {
				differ++
			}
		}
	})
	if differ == 0 {
		t.Error("nothing differs from what was reported: the test shows nothing")
	}
	q := w.all(w.r.catalogue.All()[0], w.r.catalogue.All()[0].Grains[0])
	q.By = "plan"
	if _, err := w.r.Reported(context.Background(), q); farol.KindOf(err) != farol.Invalid {
		t.Errorf("reported by plan: %v", err)
	}
}

// The units of both sides are listed alike by every engine.
func TestDifferenceOnEngines(t *testing.T) {
	t.Parallel()
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		zone := mustZone(t, "America/Sao_Paulo")
		h := randomHistory(31, zone, farol.Date(2018, time.September, 24), 40, 250)
		clk := &clock{t: h.sent[0].Known}
		w := newWorld(t, open(t, zone, clk.now), clk, h, randomSettings(31, zone), 4)
		early := newReference(w.events, w.settings, clk.now(), 0, w.early)
		now := newReference(w.events, w.settings, clk.now(), 0, time.Time{})
		for _, name := range []string{"mrr", "active_users_month", "stickiness", "logo_churn_rate", "nps"} {
			m, err := w.r.catalogue.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			p := w.settings.Calendar.PeriodAt(farol.Monthly, w.first+20)
			q := Request{Metric: name, Grain: farol.Monthly, Period: p}
			old := q
			old.Known = w.early
			d, err := w.r.Difference(context.Background(), old, q, p, "", 1000)
			if err == nil {
				err = agrees(m, d, rowsOf(early, q, p), rowsOf(now, q, p))
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
