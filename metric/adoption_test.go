package metric

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// The table of features equals a slow computation over the raw events.
func TestFeatures(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	shown, cast := false, false
	for _, seed := range []uint64{41, 42} {
		w := oneWorld(t, seed, 900)
		w.settings.Features = Features{WindowDays: 20, AdoptedDays: 2, List: []Feature{
			{Name: "Reports", Events: []string{"Report Created", "$page"}, Core: true},
			{Name: "Team", Events: []string{"Member Invited"}, Plans: []string{"pro", "team"}},
			{Name: "New", Events: []string{"$screen"}, Released: (w.first + 25).String()},
			{Name: "Never", Events: []string{"No Such Event"}, Plans: []string{"gold"}},
			{Name: "Lead", Events: []string{"Report Created"}, Roles: []string{"Decision Maker", "analyst"}},
			{Name: "Both", Events: []string{"$page"}, Plans: []string{"pro", "basic"}, Roles: []string{"champion"}},
		}}
		if seed == 42 {
			w.settings.Exclusions.People = []string{"u3"}
		}
		for _, day := range []farol.Day{w.first + farol.Day(w.days) - 5, w.first + 35} {
			q := Request{Period: farol.Period{From: day - 30, To: day + 1}, AsOf: day}
			got, err := w.r.Features(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			if got.Day != day || len(got.Features) != 6 {
				t.Fatalf("day %v, %d features", got.Day, len(got.Features))
			}
			ref := newReference(w.events, w.settings, w.clock.now(), day, time.Time{})
			for i, f := range got.Features {
				if f.Feature.Name == "Never" && (f.Eligible != 0 || f.Breadth.Value != nil || f.TimeToAdopt.Value != nil) {
					t.Errorf("a feature that nobody has: %+v", f)
				}
				ref.checkFeature(t, w.settings.Features.List[i], f, day)
				checkPeople(t, f, w.featurePeople(t, q, f.Feature.Name, MaxFeaturePeople))
				shown = shown || f.Adopted > 0 && f.Retention.Of > 0 && f.Tried < f.Eligible
				cast = cast || len(f.Feature.Roles) > 0 && f.Tried > 0 && f.TimeToAdopt.Value != nil
			}
		}
	}
	if !shown || !cast {
		t.Error("the test shows nothing")
	}
	w := oneWorld(t, 42, 50)
	w.settings.Features.List = nil
	if got, err := w.r.Features(ctx, Request{Period: farol.Period{From: w.first, To: w.first + 1}}); err != nil || len(got.Features) != 0 {
		t.Errorf("without features: %+v, %v", got, err)
	}
}

// featurePeople reads all pages of the people of a feature.
func (w *world) featurePeople(t *testing.T, q Request, name string, page int) FeaturePeople {
	t.Helper()
	var all FeaturePeople
	for after := ""; ; {
		got, next, err := w.r.FeaturePeople(context.Background(), q, name, page, after)
		if err != nil {
			t.Fatal(err)
		}
		all.People = append(all.People, got.People...)
		if after == "" {
			all.Total = got.Total
		}
		if after = next; next == "" {
			return all
		}
	}
}

// The people of a feature are the same on every engine, page by page.
func TestFeaturePeople(t *testing.T) {
	t.Parallel()
	zone := mustZone(t, "America/Sao_Paulo")
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		h := randomHistory(43, zone, farol.Date(2018, time.September, 24), 30, 250)
		clk := &clock{t: h.sent[0].Known}
		w := newWorld(t, open(t, zone, clk.now), clk, h, randomSettings(43, zone), 2)
		w.settings.Features = Features{WindowDays: 20, AdoptedDays: 2, List: []Feature{
			{Name: "Reports", Events: []string{"Report Created", "$page"}, Plans: []string{"pro", "team"}},
			{Name: "Lead", Events: []string{"Report Created"}, Roles: []string{"Decision-maker", "analyst"}},
		}}
		day := w.first + 25
		q := Request{Period: farol.Period{From: day - 20, To: day + 1}, AsOf: day}
		table, err := w.r.Features(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		got := w.featurePeople(t, q, "Reports", 3)
		if checkPeople(t, table.Features[0], got); got.Total < 4 {
			t.Errorf("only %d people: the test shows nothing", got.Total)
		}
		led := w.featurePeople(t, q, "Lead", 3)
		if checkPeople(t, table.Features[1], led); led.Total == 0 || led.Total >= got.Total || table.Features[1].TimeToAdopt.Value == nil {
			t.Errorf("%d people with the role, %+v", led.Total, table.Features[1])
		}
		blind := sight.With(context.Background(), sight.New(nil, []string{"attribute.role"}))
		if _, _, err := w.r.FeaturePeople(blind, q, "Lead", 3, ""); farol.KindOf(err) != farol.Forbidden {
			t.Errorf("who has the role is told where it is hidden: %v", err)
		}
		if !slices.IsSortedFunc(got.People, func(a, b FeaturePerson) int {
			return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(b.Times, a.Times), cmp.Compare(a.Person, b.Person))
		}) {
			t.Errorf("not in order: %+v", got.People)
		}
	})
}

// checkPeople wants the people behind a row to add up to it.
func checkPeople(t *testing.T, f FeatureUse, got FeaturePeople) {
	t.Helper()
	var tried, adopted int64
	seen := map[string]bool{}
	for _, x := range got.People {
		if seen[x.Person] || x.Account == "" && len(f.Feature.Plans) > 0 {
			t.Errorf("%s: %+v", f.Feature.Name, x)
		}
		seen[x.Person] = true
		if x.Days > 0 {
			tried++
		}
		if x.Adopted {
			adopted++
		}
	}
	if got.Total != f.Eligible || tried != f.Tried || adopted != f.Adopted || int64(len(got.People)) != f.Eligible {
		t.Errorf("%s: %d eligible, %d tried, %d adopted; the row says %d, %d, %d", f.Feature.Name, got.Total, tried, adopted, f.Eligible, f.Tried, f.Adopted)
	}
}

// has tells whether the account's plan has the feature on the day, plays
// whether the person's role does.
func (r *reference) has(f Feature, account string, day farol.Day) bool {
	return len(f.Plans) == 0 || slices.Contains(f.Plans, r.attribute(account, "plan", day))
}

func (r *reference) plays(f Feature, person string, day farol.Day) bool {
	if len(f.Roles) == 0 {
		return true
	}
	role := r.role(farol.PersonID(person), day)
	return slices.ContainsFunc(f.Roles, func(x string) bool { return cmp.Or(facts.RoleOf(x), x) == role })
}

// firstDay is the first of the 500 days up to the last on which it holds, 0
// for none.
func firstDay(last farol.Day, holds func(farol.Day) bool) farol.Day {
	for day := last - 500; day <= last; day++ {
		if holds(day) {
			return day
		}
	}
	return 0
}

func (r *reference) checkFeature(t *testing.T, f Feature, got FeatureUse, last farol.Day) {
	t.Helper()
	window := farol.Day(r.s.Features.WindowDays)
	released, _ := farol.ParseDay(f.Released)
	eligible := map[string]bool{}
	type use struct {
		days        map[farol.Day]bool
		times       int
		first, last farol.Day
		before      bool
	}
	used := map[string]*use{}
	for _, a := range r.acts() {
		if a.person == "" || a.day > last {
			continue
		}
		if a.day > last-window && r.counts(a) && released <= last && r.has(f, a.account, last) && r.plays(f, string(a.person), last) {
			eligible[string(a.person)] = true
		}
		if !slices.Contains(f.Events, a.name) || a.day < last-364 {
			continue
		}
		u := used[string(a.person)]
		if u == nil {
			u = &use{days: map[farol.Day]bool{}, first: a.day, last: a.day}
			used[string(a.person)] = u
		}
		u.first, u.last = min(u.first, a.day), max(u.last, a.day)
		if a.day > last-window {
			u.days[a.day] = true
			u.times++
		} else if a.day > last-2*window {
			u.before = true
		}
	}
	var tried, adopted, had, kept int64
	var depth, frequency, lasted []float64
	for person := range eligible {
		if u := used[person]; u != nil && len(u.days) > 0 {
			tried++
			if len(u.days) >= r.s.Features.AdoptedDays {
				adopted++
				depth = append(depth, float64(u.times)*7/float64(window))
				frequency = append(frequency, float64(len(u.days)))
			}
		}
	}
	for _, u := range used {
		if u.before {
			had++
			if len(u.days) > 0 {
				kept++
			}
		}
		if len(u.days) == 0 {
			lasted = append(lasted, float64(u.last-u.first))
		}
	}
	if got.Eligible != int64(len(eligible)) || got.Tried != tried || got.Adopted != adopted || got.Retention.Of != had || got.Retention.Part != kept {
		t.Errorf("%s on %v: %+v; want %d eligible, %d tried, %d adopted, %d of %d stayed", f.Name, last, got, len(eligible), tried, adopted, kept, had)
	}
	for name, x := range map[string][2]*float64{
		"depth": {got.Depth, middle(depth)}, "frequency": {got.Frequency, middle(frequency)}, "duration": {got.Duration, middle(lasted)},
	} {
		if (x[0] == nil) != (x[1] == nil) || x[0] != nil && math.Abs(*x[0]-*x[1]) > 1e-9 {
			t.Errorf("%s on %v: another %s: %+v", f.Name, last, name, got)
		}
	}
	var rows []refRow
	for person, b := range r.begun(true) {
		planned, cast := firstDay(last, func(day farol.Day) bool { return r.has(f, b.account, day) }), firstDay(last, func(day farol.Day) bool { return r.plays(f, person, day) })
		start := max(b.day, released, planned, cast)
		if planned == 0 || cast == 0 || start > last || start <= last-365 || b.day > last {
			continue
		}
		row := refRow{num: float64(last - start)}
		if u := used[person]; u != nil {
			row = refRow{num: float64(max(0, u.first-start)), den: 1}
		}
		rows = append(rows, row)
	}
	want := refQuantile(Point{}, &Metric{Share: 0.5}, rows).Value
	if have := got.TimeToAdopt.Value; (want == nil) != (have == nil) || want != nil && *want != *have {
		t.Errorf("%s on %v: time to adopt %v, want %v of %v", f.Name, last, have, want, rows)
	}
}

// middle is the median.
func middle(list []float64) *float64 {
	slices.Sort(list)
	n := len(list)
	if n == 0 {
		return nil
	}
	v := (list[(n-1)/2] + list[n/2]) / 2
	return &v
}
