package metric

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// refSpell is how a unit's way to value went: cause 1 met the criterion, 2
// cancelled before, 0 still watched.
type refSpell struct {
	unit  string
	start farol.Day
	took  int
	cause int
}

// runs tells whether the account had a subscription that was not cancelled at
// the end of the day, in a currency that is worth something, and whether one
// was paid for.
func (r *reference) runs(account string, day farol.Day) (runs, paid bool) {
	r.states(day) // puts the subscriptions in order
	for key, list := range r.subscriptions() {
		if key[0] != account {
			continue
		}
		status, currency, mrr := "", "", 0.0
		for _, s := range list {
			if r.day(s.at) > day {
				break
			}
			status = s.status
			if s.mrr != nil {
				mrr, currency = *s.mrr, s.currency
			}
		}
		// Nothing is worth nothing in every currency.
		worth := status == "paused" || currency == "" || farol.Currency(currency) == r.s.Currency || r.s.Rates[farol.Currency(currency)] > 0
		if status != "" && status != "cancelled" && worth {
			runs = true
			paid = paid || status == "active" && r.convert(mrr, currency) > 0
		}
	}
	return runs, paid
}

// lostAfter is the first day after start on which an account that had a
// running subscription has none any more.
func (r *reference) lostAfter(account string, start farol.Day) (farol.Day, bool) {
	for day := start + 1; day <= r.through; day++ {
		before, _ := r.runs(account, day-1)
		after, _ := r.runs(account, day)
		if before && !after {
			return day, true
		}
	}
	return 0, false
}

func (r *reference) spells(q Request, p farol.Period, horizon int) []refSpell {
	var out []refSpell
	begun := r.begun(false)
	for _, row := range r.cohort(q, false, p.From, p.To) {
		start := begun[row.unit].day
		if start > r.through {
			continue
		}
		s := refSpell{unit: row.unit, start: start, took: min(horizon-1, int(r.through-start))}
		lost, gone := r.lostAfter(row.unit, start)
		met, ok := r.firstHeld(r.judge(start), row.unit, false, start, start-farol.Day(horizon), start+farol.Day(horizon))
		switch {
		case ok && met <= r.through && (!gone || max(met, start) < lost):
			s.took, s.cause = int(max(0, met-start)), 1
		case gone && int(lost-start) < horizon:
			s.took, s.cause = int(lost-start), 2
		}
		out = append(out, s)
	}
	return out
}

// shares walk both estimators day by day.
func shares(spells []refSpell, until int) (km, aj float64) {
	alive, free := 1.0, 1.0
	for day := 0; day <= until; day++ {
		var risk, met, lost float64
		for _, s := range spells {
			if s.took >= day {
				risk++
			}
			if s.took == day && s.cause == 1 {
				met++
			}
			if s.took == day && s.cause == 2 {
				lost++
			}
		}
		if risk > 0 {
			aj += free * met / risk
			free *= 1 - (met+lost)/risk
			alive *= 1 - met/risk
		}
	}
	return 1 - alive, aj
}

// Curve, who is stuck, and the comparison equal a slow computation.
func TestActivationCurve(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	met, lost, waiting := 0, 0, 0
	for _, seed := range []uint64{31, 32, 36} {
		w := oneWorld(t, seed, 700)
		// Harder than that of other tests, or everybody meets it at once.
		hard := []Clause{{Name: "Report Created", Min: 3, By: "days"}, {Name: "*", Min: 5, By: "people"}, {Name: "$page", Min: 3}}
		w.settings.Activation = Activation{Version: 2, Events: hard, WindowDays: 12, Since: w.first + 30}
		w.settings.Activations = []Activation{{Version: 1, Events: hard, AtLeast: 2, WindowDays: 9}, w.settings.Activation}
		ref := newReference(w.events, w.settings, w.clock.now(), 0, time.Time{})
		q := Request{Grain: farol.Monthly, Period: farol.Period{From: w.first - 31, To: w.first + farol.Day(w.days) + 31}}
		curve, err := w.r.ActivationCurve(ctx, ActivationRequest{Request: q, Horizon: 40})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range curve.Cohorts {
			p := c.Period
			if p.From == 0 {
				p = farol.Period{From: -1000, To: 1 << 20}
				periods := w.settings.Calendar.Cut(q.Grain, q.Period)
				p.From, p.To = periods[0].From, periods[len(periods)-1].To
			}
			want := ref.spells(q, p, 40)
			var m, l int64
			for _, s := range want {
				switch s.cause {
				case 1:
					m++
				case 2:
					l++
				default:
					waiting++
				}
			}
			met, lost = met+int(m), lost+int(l)
			if c.Units != int64(len(want)) || c.Met != m || c.Lost != l {
				t.Errorf("seed %d, %v: %d units, %d met, %d lost; want %d, %d, %d: %v", seed, c.Period, c.Units, c.Met, c.Lost, len(want), m, l, want)
				continue
			}
			for _, d := range c.Days {
				km, aj := shares(want, d.Day)
				if math.Abs(d.Share-km) > 1e-9 || math.Abs(d.Incidence-aj) > 1e-9 {
					t.Errorf("seed %d, %v, day %d: %v and %v, want %v and %v", seed, c.Period, d.Day, d.Share, d.Incidence, km, aj)
				}
			}
		}
		w.checkStuck(t, ref, q)
	}
	if met == 0 || lost == 0 || waiting == 0 {
		t.Errorf("%d met, %d lost, %d waiting: the test shows nothing", met, lost, waiting)
	}
}

func (w *world) checkStuck(t *testing.T, ref *reference, q Request) {
	t.Helper()
	got, err := w.r.Stuck(context.Background(), ActivationRequest{Request: q}, 0)
	if err != nil {
		t.Fatal(err)
	}
	periods := w.settings.Calendar.Cut(q.Grain, q.Period)
	hull := farol.Period{From: periods[0].From, To: periods[len(periods)-1].To}
	horizon := min(366, max(90, int(ref.through-hull.From)+1))
	want := map[string]refSpell{}
	for _, s := range ref.spells(q, hull, horizon) {
		if s.cause == 0 {
			want[s.unit] = s
		}
	}
	if int(got.Total) != len(want) || len(got.Units) != len(want) {
		t.Errorf("%d stuck, want %v", got.Total, want)
	}
	begun := ref.begun(false)
	for _, x := range got.Steps {
		n := int64(0)
		for _, u := range got.Units {
			if u.Version == x.Version && u.Step == x.Number {
				n++
			}
		}
		if x.Waiting != n {
			t.Errorf("%d wait at step %d of version %d, want %d", x.Waiting, x.Number, x.Version, n)
		}
	}
	for _, u := range got.Units {
		if u.Step > 0 && !slices.ContainsFunc(got.Steps, func(x StuckStep) bool { return x.Version == u.Version && x.Number == u.Step }) {
			t.Errorf("no step for %+v", u)
		}
		s, ok := want[u.Unit]
		a := ref.judge(s.start)
		if !ok || u.Start != begun[u.Unit].day || u.Days != int(ref.through-s.start)+1 || u.Version != a.Version {
			t.Errorf("stuck: %+v, want %+v", u, s)
			continue
		}
		var acts []refAct
		for _, act := range ref.acts() {
			if act.account == u.Unit && act.day >= s.start-farol.Day(horizon) && act.day < s.start+farol.Day(horizon) {
				acts = append(acts, act)
			}
		}
		step := 0
		for i, c := range a.Steps() {
			n := ref.done(c, acts, s.start, ref.asOf)
			if int64(n) != u.Done[i].Done || (n >= c.Min) != u.Done[i].Met {
				t.Errorf("%s, clause %d: %+v, want %d of %d", u.Unit, i+1, u.Done[i], n, c.Min)
			}
			if n < c.Min && step == 0 {
				step = i + 1
			}
		}
		if u.Step != step {
			t.Errorf("%s is at step %d, want %d", u.Unit, u.Step, step)
		}
	}
}

// A version judges the cohorts of its time; as if it had always held, all.
func TestCriterionVersions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := oneWorld(t, 32, 700)
	if len(w.settings.Activations) != 2 {
		t.Fatal("the world has no versions")
	}
	w.settings.Criteria = []Criterion{{"pages", []Activation{{Version: 1, Scope: PersonScope, Events: []Clause{{Name: "$page", Min: 1}}, WindowDays: 5}}}}
	q := ActivationRequest{Request: Request{Grain: farol.Monthly, Period: farol.Period{From: w.first - 31, To: w.first + farol.Day(w.days) + 31}}}
	list, err := w.r.CompareCriteria(ctx, q)
	if err != nil || len(list) != 4 {
		t.Fatalf("%d criteria, %v", len(list), err)
	}
	if since := w.settings.Activations[1].Since; len(list[0].Changes) != 1 || list[0].Changes[0] != (VersionStart{2, since}) || list[0].WhatIf {
		t.Errorf("the main one: %+v", list[0].Judge)
	}
	periods := w.settings.Calendar.Cut(q.Grain, q.Period)
	hull := farol.Period{From: periods[0].From, To: periods[len(periods)-1].To}
	for i, c := range list[:3] {
		s := w.settings
		if i > 0 {
			s.Activations, s.Activation = nil, w.settings.Activations[i-1]
		}
		ref := newReference(w.events, s, w.clock.now(), 0, time.Time{})
		var met, mature int64
		for _, row := range ref.activated(q.Request, hull, false) {
			met, mature = met+int64(row.num), mature+int64(row.den)
		}
		if c.Met != met || c.Mature != mature || mature == 0 {
			t.Errorf("%q: %d of %d, want %d of %d", c.Name, c.Met, c.Mature, met, mature)
		}
	}
	for _, name := range []string{"nothing", "@7", "@x", "pages@2"} {
		q.Criterion = name
		if _, err := w.r.ActivationCurve(ctx, q); farol.KindOf(err) != farol.Invalid {
			t.Errorf("criterion %q: %v", name, err)
		}
	}
	q.Criterion = "pages"
	if _, err := w.r.RetentionGap(ctx, q); farol.KindOf(err) != farol.Invalid {
		t.Errorf("the gap of people: %v", err)
	}
	if c, err := w.r.ActivationCurve(ctx, q); err != nil || len(c.Cohorts) == 0 || c.Cohorts[0].Lost != 0 {
		t.Errorf("the curve of people: %+v, %v", c.Cohorts, err)
	}
	q.Horizon = 1000
	if _, err := w.r.Stuck(ctx, q, 0); farol.KindOf(err) != farol.Invalid {
		t.Errorf("a long horizon: %v", err)
	}
}

// The gap is that of the accounts that met the criterion in time, from the
// landmark on, and who pays late enters late.
func TestRetentionGap(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := oneWorld(t, 33, 900)
	ref := newReference(w.events, w.settings, w.clock.now(), 0, time.Time{})
	q := Request{Grain: farol.Monthly, Period: farol.Period{From: w.first - 31, To: w.first + farol.Day(w.days) + 31}}
	got, err := w.r.RetentionGap(ctx, ActivationRequest{Request: q})
	if err != nil {
		t.Fatal(err)
	}
	w.checkGap(t, ref, q, got)
}

func (w *world) checkGap(t *testing.T, ref *reference, q Request, got RetentionGap) {
	t.Helper()
	periods := w.settings.Calendar.Cut(q.Grain, q.Period)
	hull := farol.Period{From: periods[0].From, To: periods[len(periods)-1].To}
	landmark := farol.Day(got.Landmark)
	type life struct{ entry, exit, lost int }
	var sides [2][]life
	begun := ref.begun(false)
	for _, row := range ref.cohort(q, false, hull.From, hull.To) {
		start := begun[row.unit].day
		if start+landmark > ref.through {
			continue
		}
		a := ref.judge(start)
		side := 0
		if _, ok := ref.firstHeld(a, row.unit, false, start, start, start+farol.Day(a.WindowDays)); ok {
			side = 1
		}
		paid := farol.Day(-1)
		for day := hull.From - 100; day <= ref.through && paid < 0; day++ {
			if _, ok := ref.runs(row.unit, day); ok {
				paid = day
			}
		}
		if paid < 0 {
			continue
		}
		x := life{entry: max(0, int(paid-start), int(landmark)), exit: int(ref.through - start)}
		if lost, gone := ref.lostAfter(row.unit, start); gone {
			x.exit, x.lost = int(lost-start), 1
		}
		// Who left before being watched shows nothing.
		if x.exit > x.entry {
			sides[side] = append(sides[side], x)
		}
	}
	for side, have := range []GapSide{got.Without, got.With} {
		if int(have.Accounts) != len(sides[side]) {
			t.Errorf("side %d has %d accounts, want %v", side, have.Accounts, sides[side])
		}
		for _, d := range have.Curve {
			stay := 1.0
			for day := int(landmark); day <= d.Day; day++ {
				var risk, lost float64
				for _, x := range sides[side] {
					if x.entry < day && x.exit >= day {
						risk++
						lost += float64(x.lost * b2i(x.exit == day))
					}
				}
				if risk > 0 {
					stay *= 1 - lost/risk
				}
			}
			if math.Abs(d.Share-stay) > 1e-9 {
				t.Errorf("side %d, day %d: %v stay, want %v", side, d.Day, d.Share, stay)
			}
		}
	}
	if len(sides[0])+len(sides[1]) < 2 {
		t.Errorf("the test shows nothing: %v", sides)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
