package metric

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// engagementWants are the readings that the tests compare with the reference.
func (w *world) engagementWants() []EngagementRequest {
	span := farol.Period{From: w.first + 3, To: w.first + farol.Day(w.days) - 4}
	late := farol.Period{From: span.To - 20, To: span.To}
	pro := []facts.Filter{{Attribute: "plan", Values: []string{"pro", ""}}}
	return []EngagementRequest{
		{Period: late},
		{Of: Accounts, Period: late, AsOf: late.From + 9},
		{Period: span, Grain: farol.Weekly, Known: w.early},
		{Of: Accounts, Period: span, Grain: farol.Weekly, Filters: pro},
		{Period: span, Grain: farol.Weekly, Min: 2},
		{Of: Accounts, Period: span, Grain: farol.Monthly, Min: 4, Filters: pro},
		{Period: span, Every: 3, Min: 2, Known: w.early},
		{},
	}
}

// refTimes counts the intervals of each unit by walking over its events.
func refTimes(r *reference, q EngagementRequest) map[string]map[farol.Day]int {
	grain := q.Grain
	if grain == "" {
		grain = farol.Daily
	}
	out := map[string]map[farol.Day]int{}
	for _, a := range r.acts() {
		unit := string(a.person)
		if q.Of == Accounts {
			unit = a.account
		}
		_, ok := r.group(Request{Filters: q.Filters}, a.account, a.day)
		if unit == "" || !ok || !r.counts(a) || !q.Period.Contains(a.day) {
			continue
		}
		if out[unit] == nil {
			out[unit] = map[farol.Day]int{}
		}
		from := r.s.Calendar.PeriodAt(grain, a.day).From
		if q.Every > 1 {
			from = a.day - (a.day-q.Period.From)%farol.Day(q.Every)
		}
		out[unit][from]++
	}
	for unit, intervals := range out {
		maps.DeleteFunc(intervals, func(_ farol.Day, n int) bool { return n < q.Min })
		if len(intervals) == 0 {
			delete(out, unit)
		}
	}
	return out
}

func (w *world) checkHistogram(ctx context.Context, q EngagementRequest) error {
	h, err := w.r.Histogram(ctx, q)
	if err != nil {
		return err
	}
	if q.Period == (farol.Period{}) {
		if q.Period = h.Request.Period; q.Period.Days() != 28 || len(h.Buckets) != 0 && len(h.Buckets) != 28 {
			return fmt.Errorf("nobody asked for a range, and it is %v", q.Period)
		}
	}
	ref := newReference(w.events, w.settings, w.clock.now(), q.AsOf, q.Known)
	units, joined := map[int]int64{}, map[int]int64{}
	names := map[int][]string{}
	for unit, intervals := range refTimes(ref, q) {
		k := len(intervals)
		units[k]++
		names[k] = append(names[k], unit)
		if ref.unitFirst(q.Of != Accounts, unit) >= q.Period.From {
			joined[k]++
		}
	}
	least := int64(0)
	for i := len(h.Buckets) - 1; i >= 0; i-- {
		b := h.Buckets[i]
		least += units[b.Intervals]
		if b.Intervals != i+1 || b.Units != units[b.Intervals] || b.Joined != joined[b.Intervals] || b.AtLeast != least {
			return fmt.Errorf("bucket %+v: the reference has %d units, %d joined, %d at least", b, units[b.Intervals], joined[b.Intervals], least)
		}
		if b.Units == 0 {
			continue
		}
		got, err := w.bucket(ctx, q, b.Intervals)
		slices.Sort(names[b.Intervals])
		if err != nil || !slices.Equal(got, names[b.Intervals]) {
			return fmt.Errorf("bucket %d holds %v, %v; the reference has %v", b.Intervals, got, err, names[b.Intervals])
		}
	}
	if least != h.Units {
		return fmt.Errorf("%d units, the reference has %d", h.Units, least)
	}
	return nil
}

// bucket reads the units of a bucket, two at a time.
func (w *world) bucket(ctx context.Context, q EngagementRequest, k int) (out []string, err error) {
	for after := ""; ; {
		rows, next, err := w.r.HistogramRows(ctx, q, k, 2, after)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			out = append(out, row.Unit)
		}
		if after = next; next == "" {
			return out, nil
		}
	}
}

// refRhythm sorts the gaps of each unit and takes the middle.
func refRhythm(r *reference, q EngagementRequest, events []string) (units, regular int64, medians []float64) {
	days := map[string]map[farol.Day]bool{}
	for _, a := range r.acts() {
		unit := string(a.person)
		if q.Of == Accounts {
			unit = a.account
		}
		counts := r.counts(a)
		if events != nil {
			counts = slices.Contains(events, a.name)
		}
		if _, ok := r.group(Request{Filters: q.Filters}, a.account, a.day); ok && unit != "" && counts && q.Period.Contains(a.day) {
			if days[unit] == nil {
				days[unit] = map[farol.Day]bool{}
			}
			days[unit][a.day] = true
		}
	}
	for _, of := range days {
		sorted := slices.Sorted(maps.Keys(of))
		var gaps []float64
		for i := 1; i < len(sorted); i++ {
			gaps = append(gaps, float64(sorted[i]-sorted[i-1]))
		}
		if len(gaps) >= 2 {
			slices.Sort(gaps)
			n := len(gaps)
			medians = append(medians, (gaps[(n-1)/2]+gaps[n/2])/2)
		}
	}
	slices.Sort(medians)
	return int64(len(days)), int64(len(medians)), medians
}

func (w *world) checkRhythm(ctx context.Context, q EngagementRequest) error {
	x, err := w.r.Rhythm(ctx, q)
	if err != nil {
		return err
	}
	q.Period = x.Request.Period
	var events []string
	if q.Feature != "" || q.Product != "" {
		if events, err = q.partOf(w.settings.Features); err != nil {
			return err
		}
	}
	ref := newReference(w.events, w.settings, w.clock.now(), q.AsOf, q.Known)
	units, regular, medians := refRhythm(ref, q, events)
	if x.Units != units || x.Regular != regular {
		return fmt.Errorf("%d units of which %d regular, the reference has %d and %d", x.Units, x.Regular, units, regular)
	}
	for _, s := range x.Shares {
		n := int64(0)
		for _, m := range medians {
			if m <= float64(s.Days) {
				n++
			}
		}
		if s.Units != n {
			return fmt.Errorf("%d units within %d days, the reference has %d", s.Units, s.Days, n)
		}
	}
	return nil
}

// Histogram and rhythm equal a walk over the events, on a cluster too.
func TestEngagementAgainstReference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	onEngines(t, []string{"duckdb", "shards"}, func(t *testing.T, open opener) {
		embedded := strings.HasSuffix(t.Name(), "duckdb")
		for i, c := range worlds[:2] {
			if i > 0 && !embedded {
				continue
			}
			zone := mustZone(t, c.zone)
			clk := &clock{}
			h := randomHistory(uint64(i+31), zone, c.first, c.days, c.events)
			clk.set(h.sent[0].Known)
			s := randomSettings(uint64(i+31), zone)
			s.Features.List = []Feature{{Name: "Reports", Events: []string{"Report Created", "$page"}, Product: "P"}, {Name: "Invites", Events: []string{"Member Invited"}, Product: "P"}}
			w := newWorld(t, open(t, zone, clk.now), clk, h, s, 7)
			for j, q := range w.engagementWants() {
				if !embedded && j%2 == 1 {
					continue
				}
				if err := w.checkHistogram(ctx, q); err != nil {
					t.Errorf("world %d, histogram %+v: %v", i, q, err)
				}
				q.Feature, q.Product = []string{"", "Reports", ""}[j%3], []string{"", "", "P"}[j%3]
				if err := w.checkRhythm(ctx, q); err != nil {
					t.Errorf("world %d, rhythm %+v: %v", i, q, err)
				}
			}
		}
	})
}

// In every period, whole and per group, active = new + returning +
// resurrected, and active = active before + new + resurrected - dormant; the
// histogram's mean is the metric's, and that over 28 the stickiness.
func TestLifecycleIdentities(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for seed := range uint64(3) {
		w := oneWorld(t, 50+seed, 400)
		for _, by := range []string{"", "plan"} {
			for _, of := range []Of{People, Accounts} {
				for _, g := range []farol.Grain{farol.Daily, farol.Weekly, farol.Monthly} {
					if of == People || g != farol.Daily {
						w.checkLifecycle(ctx, t, of, g, by)
					}
				}
			}
		}
		last := w.first + farol.Day(w.days) - 5
		week := w.settings.Calendar.PeriodAt(farol.Weekly, last)
		h, err := w.r.Histogram(ctx, EngagementRequest{Period: farol.Period{From: week.Last() - 27, To: week.To}})
		if err != nil {
			t.Fatal(err)
		}
		mean, err := w.r.Read(ctx, Request{Metric: "mean_active_days_28d", Grain: farol.Weekly, Period: week})
		if err != nil {
			t.Fatal(err)
		}
		if h.Mean == nil || math.Abs(*h.Mean-*mean.Points[0].Value) > 1e-12 || h.Units != mean.Points[0].Units {
			t.Errorf("the histogram's mean is %v, the metric's %v", h.Mean, *mean.Points[0].Value)
		}
		sum := 0.0
		for d := week.Last() - 27; d <= week.Last(); d++ {
			s, err := w.r.Read(ctx, Request{Metric: "active_users_day", Grain: farol.Daily, Period: farol.Period{From: d, To: d + 1}})
			if err != nil {
				t.Fatal(err)
			}
			if v := s.Points[0].Value; v != nil {
				sum += *v
			}
		}
		if want := sum / 28 / float64(h.Units); math.Abs(*h.Mean/28-want) > 1e-12 {
			t.Errorf("mean active days by 28 is %v, mean DAU by MAU %v", *h.Mean/28, want)
		}
	}
}

// numerators reads a metric's counts by period and group.
func (w *world) numerators(ctx context.Context, t *testing.T, name string, g farol.Grain, by string) map[cell]float64 {
	t.Helper()
	m, err := w.r.catalogue.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	q := w.all(m, g)
	q.By = by
	s, err := w.r.Read(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	out := map[cell]float64{}
	for _, pt := range s.Points {
		if pt.Numerator != nil {
			out[cell{pt.Period.From, pt.Group}] = *pt.Numerator
		}
	}
	return out
}

func (w *world) checkLifecycle(ctx context.Context, t *testing.T, of Of, g farol.Grain, by string) {
	t.Helper()
	var class [4]map[cell]float64
	for i, name := range LifecycleMetrics(of) {
		class[i] = w.numerators(ctx, t, name, g, by)
	}
	ref := newReference(w.events, w.settings, w.clock.now(), 0, time.Time{})
	active := map[cell]float64{}
	for k, days := range ref.active(Request{By: by}, of == People) {
		in := map[farol.Day]bool{}
		for d := range days {
			in[w.settings.Calendar.PeriodAt(g, d).From] = true
		}
		for from := range in {
			active[cell{from, k[0]}]++
		}
	}
	some := 0.0
	for c, n := range active {
		before := active[cell{w.settings.Calendar.PeriodAt(g, c.from-1).From, c.group}]
		if sum := class[0][c] + class[1][c] + class[2][c]; sum != n {
			t.Errorf("%s per %s by %q, %s %q: new + returning + resurrected is %v, active %v", of, g, by, c.from, c.group, sum, n)
		}
		if sum := before + class[0][c] + class[2][c] - class[3][c]; sum != n {
			t.Errorf("%s per %s by %q, %s %q: before + new + resurrected - dormant is %v, active %v", of, g, by, c.from, c.group, sum, n)
		}
		some += class[0][c]
	}
	if some == 0 {
		t.Errorf("%s per %s: nobody was ever new", of, g)
	}
	if by != "" {
		return
	}
	l, err := w.r.Lifecycle(ctx, EngagementRequest{Of: of, Grain: g, Period: farol.Period{From: w.first - 5, To: w.first + farol.Day(w.days)}})
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, pt := range l.Points {
		if pt.Active != nil {
			told++
			if *pt.Active != active[cell{pt.Period.From, ""}] {
				t.Errorf("%s per %s, %s: active %v, the reference has %v", of, g, pt.Period, *pt.Active, active[cell{pt.Period.From, ""}])
			}
		} else if pt.Reason == "" {
			t.Errorf("%s per %s, %s: nothing and no reason", of, g, pt.Period)
		}
	}
	if told == 0 {
		t.Errorf("%s per %s: no period of the life cycle has figures", of, g)
	}
}

// The verdict is the shortest grain that half of enough regular people keep.
func TestRhythmVerdict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		halves, counts []int64
		verdict        farol.Grain
		reason         Reason
		median         float64
	}{
		{[]int64{2, 6, 14}, []int64{20, 5, 4}, "", TooFew, 0},
		{[]int64{2, 6, 14}, []int64{15, 10, 5}, farol.Daily, "", 1},
		{[]int64{2, 6, 14}, []int64{14, 10, 6}, farol.Weekly, "", 3},
		{[]int64{2, 30, 56, 80}, []int64{5, 10, 15, 20}, farol.Monthly, "", 28},
		{[]int64{2, 58}, []int64{10, 40}, "", "", 29},
	} {
		var x Rhythm
		x.judge(c.halves, c.counts)
		if x.Verdict != c.verdict || x.Reason != c.reason || (x.Median == nil) != (c.median == 0) || x.Median != nil && *x.Median != c.median {
			t.Errorf("%v %v: %q %q, median %v", c.halves, c.counts, x.Verdict, x.Reason, x.Median)
		}
		if (x.Shares[0].Share == nil) != (c.reason == TooFew) {
			t.Errorf("%v: shares %+v", c.halves, x.Shares)
		}
	}
}

// What is wrong with a request is said with its field.
func TestEngagementRefusals(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := oneWorld(t, 60, 60)
	span := farol.Period{From: w.first, To: w.first + 20}
	for _, c := range []struct {
		field string
		do    func() error
	}{
		{"of", func() error { _, err := w.r.Histogram(ctx, EngagementRequest{Of: Others, Period: span}); return err }},
		{"min", func() error { _, err := w.r.Histogram(ctx, EngagementRequest{Min: -1, Period: span}); return err }},
		{"grain", func() error {
			_, err := w.r.Histogram(ctx, EngagementRequest{Period: farol.Period{From: w.first, To: w.first + 800}})
			return err
		}},
		{"every", func() error {
			_, err := w.r.Histogram(ctx, EngagementRequest{Grain: farol.Weekly, Every: 2, Period: span})
			return err
		}},
		{"grain", func() error { _, err := w.r.Histogram(ctx, EngagementRequest{Grain: "year", Period: span}); return err }},
		{"to", func() error {
			_, err := w.r.Histogram(ctx, EngagementRequest{Period: farol.Period{From: 9, To: 9}})
			return err
		}},
		{"bucket", func() error {
			_, _, err := w.r.HistogramRows(ctx, EngagementRequest{Period: span}, 21, 0, "")
			return err
		}},
		{"feature", func() error { _, err := w.r.Rhythm(ctx, EngagementRequest{Feature: "none"}); return err }},
		{"product", func() error { _, err := w.r.Rhythm(ctx, EngagementRequest{Product: "none"}); return err }},
		{"product", func() error { _, err := w.r.Rhythm(ctx, EngagementRequest{Product: "a", Feature: "b"}); return err }},
		{"grain", func() error {
			_, err := w.r.Lifecycle(ctx, EngagementRequest{Of: Accounts, Grain: farol.Daily, Period: span})
			return err
		}},
	} {
		err := c.do()
		var said *farol.Error
		if !errors.As(err, &said) || said.Field != c.field {
			t.Errorf("wanted a refusal of %s, got %v", c.field, err)
		}
	}
	for _, far := range []farol.Period{{From: w.first + 400, To: w.first + 420}} {
		h, err := w.r.Histogram(ctx, EngagementRequest{Period: far})
		x, err2 := w.r.Rhythm(ctx, EngagementRequest{Period: far})
		if err != nil || err2 != nil || h.Reason != NotStarted || x.Reason != NotStarted {
			t.Errorf("the future: %v %v %v %v", h.Reason, err, x.Reason, err2)
		}
	}
	h, err := w.r.Histogram(ctx, EngagementRequest{Period: farol.Period{From: w.first - 300, To: w.first - 280}})
	if err != nil || h.Reason != NoData || h.Buckets != nil {
		t.Errorf("before all facts: %+v %v", h, err)
	}
}
