package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// spells reads times; a negative one is censored.
func spells(times ...float64) []Spell {
	out := make([]Spell, len(times))
	for k, t := range times {
		out[k] = Spell{Exit: math.Abs(t), Cause: 1, N: 1}
		if t < 0 {
			out[k].Cause = 0
		}
	}
	return out
}

// Remission in weeks of leukaemia patients: Freireich et al. 1963, the data of
// nearly every textbook of survival analysis.
var (
	treated = spells(6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35)
	placebo = spells(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)
)

func kaplanMeier(t *testing.T, s []Spell) *Survival {
	t.Helper()
	c, err := KaplanMeier(s, Level)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestKaplanMeierReference(t *testing.T) {
	c := kaplanMeier(t, treated)
	// Survival and Greenwood's standard error: Collett, Klein & Moeschberger
	// and others; log-log intervals: Stata's `sts list`.
	for _, w := range []struct{ time, value, se, low, high float64 }{
		{6, 0.8571, 0.0764, 0.6197, 0.9516},
		{7, 0.8067, 0.0869, 0.5631, 0.9228},
		{10, 0.7529, 0.0963, 0.5032, 0.8894},
		{13, 0.6902, 0.1068, 0.4316, 0.8491},
		{16, 0.6275, 0.1141, 0.3675, 0.8049},
		{22, 0.5378, 0.1282, 0.2678, 0.7468},
		{23, 0.4482, 0.1346, 0.1881, 0.6801},
		{30, 0.4482, 0.1346, 0.1881, 0.6801},
	} {
		s, ok := c.At(w.time)
		if !ok || !near(s.Value, w.value, 6e-5) || !near(s.SE, w.se, 6e-5) {
			t.Errorf("S(%v) = %.5f (SE %.5f), want %v (%v)", w.time, s.Value, s.SE, w.value, w.se)
		}
		check(t, "interval of S", *s.Interval, true, w.low, w.high, 6e-5)
	}
	if s, ok := c.At(5); !ok || s.Value != 1 || s.Interval != nil {
		t.Errorf("S(5) = %+v", s)
	}
	if _, ok := c.At(36); ok {
		t.Error("S(36) is known, though nobody was watched so long")
	}
	if c.N != 21 || c.Events != 9 || c.Last != 35 {
		t.Errorf("%v units, %v events, until %v", c.N, c.Events, c.Last)
	}
}

func wantTime(t *testing.T, name string, got *float64, want float64) {
	t.Helper()
	if math.IsNaN(want) != (got == nil) || got != nil && *got != want {
		t.Errorf("%s: got %v, want %v", name, deref(got), want)
	}
}

func deref(x *float64) any {
	if x == nil {
		return nil
	}
	return *x
}

func TestMedianReference(t *testing.T) {
	never := math.NaN()
	q := kaplanMeier(t, treated).Quantile(0.5)
	wantTime(t, "treated", q.Value, 23)
	wantTime(t, "treated, low", q.Low, 13)
	wantTime(t, "treated, high", q.High, never)
	q = kaplanMeier(t, placebo).Quantile(0.5)
	wantTime(t, "placebo", q.Value, 8)
	wantTime(t, "placebo, low", q.Low, 4)
	wantTime(t, "placebo, high", q.High, 11)
	wantTime(t, "treated, last decile", kaplanMeier(t, treated).Quantile(0.9).Value, never)
	// Products of fractions that make exactly one half.
	wantTime(t, "ten", kaplanMeier(t, spells(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)).Quantile(0.5).Value, 5)
}

func TestLogRankReference(t *testing.T) {
	// R: survdiff on the same data answers 16.8 on 1 df, expected 19.3, 10.7.
	r, err := LogRankTest(treated, placebo)
	if err != nil || !near(r.Statistic, 16.7929, 5e-4) || r.Freedom != 1 || !near(r.P, 4.17e-5, 5e-7) ||
		!near(r.Expected[0], 19.25, 0.01) || !near(r.Expected[1], 10.75, 0.01) || r.Observed[0] != 9 {
		t.Errorf("%+v %v", r, err)
	}
	// Klein & Moeschberger, larynx cancer by stage I to IV: 22.8 on 3 df.
	stages := [][]Spell{
		spells(0.6, 1.3, 2.4, -2.5, 3.2, -3.2, 3.3, -3.3, 3.5, 3.5, 4, 4, 4.3, -4.5, -4.5, 5.3, -5.5, -5.9, -5.9,
			6, -6.1, -6.2, 6.4, 6.5, -6.5, -6.7, -7, 7.4, -7.4, -8.1, -8.1, -9.6, -10.7),
		spells(0.2, 1.8, 2, -2.2, -2.6, -3.3, 3.6, -3.6, 4, -4.3, -4.3, -5, 6.2, 7, -7.5, -7.6, -9.3),
		spells(0.3, 0.3, 0.5, 0.7, 0.8, 1, 1.3, 1.6, 1.8, 1.9, 1.9, 3.2, 3.5, -3.7, -4.5, -4.8, -4.8, 5, -5, -5.1,
			6.3, 6.4, -6.5, 7.8, -8, -9.3, -10.1),
		spells(0.1, 0.3, 0.4, 0.8, 0.8, 1, 1.5, 2, 2.3, -2.9, 3.6, 3.8, -4.3),
	}
	r, err = LogRankTest(stages...)
	if err != nil || !near(r.Statistic, 22.76, 0.05) || r.Freedom != 3 {
		t.Errorf("larynx: %+v %v", r, err)
	}
	// The order of groups does not matter.
	slices.Reverse(stages)
	if back, _ := LogRankTest(stages...); !near(back.Statistic, r.Statistic, 1e-9) {
		t.Errorf("reversed: %v, was %v", back.Statistic, r.Statistic)
	}
}

func TestSurvivalErrors(t *testing.T) {
	for name, c := range map[string]struct {
		spells []Spell
		want   error
	}{
		"none":         {nil, ErrEmpty},
		"no units":     {[]Spell{{Exit: 3}}, ErrEmpty},
		"negative":     {[]Spell{{Entry: -1, Exit: 3, N: 1}}, ErrImpossible},
		"backwards":    {[]Spell{{Entry: 4, Exit: 3, N: 1}}, ErrImpossible},
		"no time":      {[]Spell{{Entry: 4, Exit: 4, N: 1}}, ErrImpossible},
		"not a number": {[]Spell{{Exit: math.NaN(), N: 1}}, ErrImpossible},
		"fewer than 0": {[]Spell{{Exit: 1, N: -1}}, ErrImpossible},
	} {
		if _, err := KaplanMeier(c.spells, Level); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := AalenJohansen(c.spells, 1, Level); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := LogRankTest(placebo, c.spells); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := AalenJohansen(placebo, 0, Level); !errors.Is(err, ErrImpossible) {
		t.Error(err)
	}
	for name, groups := range map[string][][]Spell{
		"one group":      {placebo},
		"no events":      {spells(-1, -2), spells(-3)},
		"never together": {spells(1, 2), {{Entry: 5, Exit: 6, Cause: 1, N: 2}}},
	} {
		if r, err := LogRankTest(groups...); !errors.Is(err, ErrUnidentified) {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
}

func TestSurvivalOfOneUnit(t *testing.T) {
	c := kaplanMeier(t, spells(3))
	if s, ok := c.At(100); !ok || s.Value != 0 || s.SE != 0 || s.Interval != nil {
		t.Errorf("after the only death: %+v %v", s, ok)
	}
	q := c.Quantile(0.5)
	wantTime(t, "median", q.Value, 3)
	wantTime(t, "high", q.High, math.NaN())
	c = kaplanMeier(t, spells(-3))
	if q := c.Quantile(0.5); q.Value != nil || q.Low != nil || q.High != nil {
		t.Errorf("median of one that never left: %+v", q)
	}
	if e, ok := c.RestrictedMean(3); !ok || e.Value != 3 || e.SE != 0 {
		t.Errorf("restricted mean %+v %v", e, ok)
	}
	// A unit whose event came at once counts.
	if s, _ := kaplanMeier(t, spells(0, 5)).At(0); s.Value != 0.5 {
		t.Errorf("S(0) = %v", s.Value)
	}
}

// randomSpells draws small integers, so that ties abound; some late entries.
func randomSpells(r *rand.Rand, n, causes int) []Spell {
	out := make([]Spell, n)
	for k := range out {
		s := Spell{Exit: float64(1 + r.IntN(12)), Cause: r.IntN(causes + 1), N: float64(1 + r.IntN(3))}
		if r.IntN(3) == 0 {
			s.Entry = float64(r.IntN(int(s.Exit)))
		}
		out[k] = s
	}
	return out
}

// The definitions, with no bookkeeping: everything counted afresh at each t.
func TestSurvivalAgainstSlowDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	for range 400 {
		data := randomSpells(r, 1+r.IntN(25), 2)
		km := kaplanMeier(t, data)
		var curves [3]*Incidence
		for cause := 1; cause <= 2; cause++ {
			curves[cause], _ = AalenJohansen(data, cause, Level)
		}
		s, incidence := 1.0, [3]float64{}
		for time := 1.0; time <= km.Last; time++ {
			n, d := 0.0, [3]float64{}
			for _, x := range data {
				if (x.Entry == 0 || x.Entry < time) && time <= x.Exit {
					n += x.N
				}
				if x.Exit == time {
					d[x.Cause] += x.N
				}
			}
			if n > 0 {
				incidence[1] += s * d[1] / n
				incidence[2] += s * d[2] / n
				s *= 1 - (d[1]+d[2])/n
			}
			got, ok := km.At(time)
			one, _ := curves[1].At(time)
			two, _ := curves[2].At(time)
			if !ok || !near(got.Value, s, 1e-12) || !near(one.Value, incidence[1], 1e-12) || !near(two.Value, incidence[2], 1e-12) {
				t.Fatalf("at %v: %v %v %v, want %v %v", time, got.Value, one.Value, two.Value, s, incidence)
			}
			if !near(got.Value+one.Value+two.Value, 1, 1e-12) {
				t.Fatalf("states add up to %v", got.Value+one.Value+two.Value)
			}
			if i := got.Interval; i != nil && (!i.Contains(got.Value) || i.Low < 0 || i.High > 1) {
				t.Fatalf("%v lies outside %v", got.Value, *i)
			}
		}
	}
}

// The published sum of the variance, with its terms per event time
// (Marubini & Valsecchi 1995, equation 10.12), against the recursion.
func TestIncidenceVarianceAgainstPublishedSum(t *testing.T) {
	r := rand.New(rand.NewPCG(18, 1))
	for range 200 {
		data := randomSpells(r, 10+r.IntN(30), 2)
		// Somebody stays, for the sum divides by those who do.
		data = append(data, Spell{Exit: 20, N: 2})
		aj, err := AalenJohansen(data, 1, Level)
		if err != nil {
			t.Fatal(err)
		}
		for k, at := range aj.Steps {
			sum, s := 0.0, 1.0
			for _, x := range aj.Steps[:k+1] {
				n, d, own := x.AtRisk, x.Events+x.Competing, x.Events
				later := at.Value - x.Value
				sum += later*later*d/(n*(n-d)) + s*s*own*(n-own)/(n*n*n) - 2*later*s*own/(n*n)
				s *= 1 - d/n
				if d == n {
					s = math.NaN() // late entries left nobody: the sum has no value
				}
			}
			if !math.IsNaN(sum) && !math.IsInf(sum, 0) && !near(at.SE*at.SE, sum, 1e-9) {
				t.Fatalf("step %d: variance %v, published sum %v", k, at.SE*at.SE, sum)
			}
		}
	}
}

func TestSingleCauseIsTheComplement(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	for range 200 {
		data := randomSpells(r, 2+r.IntN(30), 1)
		km := kaplanMeier(t, data)
		aj, err := AalenJohansen(data, 1, Level)
		if err != nil {
			t.Fatal(err)
		}
		for k, s := range km.Steps {
			i := aj.Steps[k]
			if !near(i.Value, 1-s.Value, 1e-12) || !near(i.SE, s.SE, 1e-8) || (i.Interval == nil) != (s.Interval == nil) {
				t.Fatalf("step %d: %+v, survival %+v", k, i, s)
			}
			if i.Interval != nil && !near(i.Interval.Low, 1-s.Interval.High, 1e-7) {
				t.Fatalf("interval %v, survival %v", *i.Interval, *s.Interval)
			}
		}
		a, b := aj.Quantile(0.5), km.Quantile(0.5)
		if deref(a.Value) != deref(b.Value) || deref(a.Low) != deref(b.Low) || deref(a.High) != deref(b.High) {
			t.Fatalf("medians %v and %v", a, b)
		}
	}
}

// A row per unit and grouped rows are the same data, in any order.
func TestGroupingAndOrderDoNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	for range 100 {
		data := randomSpells(r, 1+r.IntN(20), 2)
		var single []Spell
		for _, s := range data {
			for range int(s.N) {
				s.N = 1
				single = append(single, s)
			}
		}
		r.Shuffle(len(single), func(i, j int) { single[i], single[j] = single[j], single[i] })
		a, b := kaplanMeier(t, data), kaplanMeier(t, single)
		for k := range a.Steps {
			x, y := a.Steps[k], b.Steps[k]
			x.Interval, y.Interval = nil, nil
			if x != y {
				t.Fatalf("step %d: %+v and %+v", k, x, y)
			}
		}
	}
}

func TestCurvesAreMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 1))
	for range 100 {
		km := kaplanMeier(t, randomSpells(r, 40, 1))
		for k := 1; k < len(km.Steps); k++ {
			if km.Steps[k].Value > km.Steps[k-1].Value {
				t.Fatal("survival rises")
			}
		}
		var before float64
		for q := 0.05; q < 1; q += 0.05 {
			if v := km.Quantile(q).Value; v != nil {
				if *v < before {
					t.Fatal("quantiles fall")
				}
				before = *v
			}
		}
	}
}

// Without censoring the curve is the share still there, its variance the
// binomial one, and the restricted mean the mean of the cut times.
func TestWithoutCensoring(t *testing.T) {
	data := spells(1, 2, 2, 5, 9, 9, 9, 14)
	c := kaplanMeier(t, data)
	s, _ := c.At(5)
	if !near(s.Value, 0.5, 1e-12) || !near(s.SE, math.Sqrt(0.25/8), 1e-12) {
		t.Errorf("%+v", s)
	}
	e, ok := c.RestrictedMean(10)
	want := (1 + 2 + 2 + 5 + 9 + 9 + 9 + 10) / 8.0
	squares := (1 + 4 + 4 + 25 + 81 + 81 + 81 + 100) / 8.0
	if !ok || !near(e.Value, want, 1e-12) || !near(e.SE, math.Sqrt((squares-want*want)/8), 1e-12) {
		t.Errorf("restricted mean %+v %v, want %v", e, ok, want)
	}
}

// The two-group statistic is the textbook's (O-E)^2/V.
func TestLogRankAgainstTextbookForm(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	for range 200 {
		a, b := randomSpells(r, 3+r.IntN(20), 1), randomSpells(r, 3+r.IntN(20), 1)
		got, err := LogRankTest(a, b)
		if err != nil {
			continue
		}
		difference, variance := 0.0, 0.0
		for time := 1.0; time <= 12; time++ {
			var n, d [2]float64
			for g, data := range [][]Spell{a, b} {
				for _, x := range data {
					if (x.Entry == 0 || x.Entry < time) && time <= x.Exit {
						n[g] += x.N
					}
					if x.Exit == time && x.Cause == 1 {
						d[g] += x.N
					}
				}
			}
			if all, deaths := n[0]+n[1], d[0]+d[1]; all > 1 {
				difference += d[0] - deaths*n[0]/all
				variance += deaths * n[0] * n[1] * (all - deaths) / (all * all * (all - 1))
			}
		}
		if !near(got.Statistic, difference*difference/variance, 1e-8) || got.Freedom != 1 {
			t.Fatalf("%+v, want %v", got, difference*difference/variance)
		}
	}
}

func TestLandmark(t *testing.T) {
	left := Landmark(placebo, 8)
	if len(left) != 8 || left[0].Entry != 8 {
		t.Errorf("%+v", left)
	}
	// S(t) from the landmark on is S(t)/S(landmark).
	all, after := kaplanMeier(t, placebo), kaplanMeier(t, left)
	x, _ := all.At(12)
	y, _ := all.At(8)
	if s, _ := after.At(12); !near(s.Value, x.Value/y.Value, 1e-12) {
		t.Errorf("S(12 | 8) = %v", s.Value)
	}
	d, ok := DifferenceAt(kaplanMeier(t, treated), all, 12)
	if !ok || !near(d.Value, 0.752941-x.Value, 1e-5) || !near(d.SE, math.Hypot(0.0963, x.SE), 1e-4) || d.Interval.Low > d.Value {
		t.Errorf("%+v", d)
	}
	// Three of three against none of three: far apart, not without doubt.
	d, ok = DifferenceAt(kaplanMeier(t, spells(-9, -9, -9)), kaplanMeier(t, spells(1, 1, 1)), 5)
	want, _ := Newcombe(3, 3, 0, 3, Level)
	check(t, "DifferenceAt", d.Interval, ok, want.Low, want.High, 1e-12)
}

// censored draws a spell with competing hazards, cut off at a random age.
func censored(r *rand.Rand, hazards ...float64) Spell {
	all := 0.0
	for _, h := range hazards {
		all += h
	}
	s := Spell{Exit: r.ExpFloat64() / all, N: 1}
	pick := r.Float64() * all
	for k, h := range hazards {
		if pick -= h; pick < 0 {
			s.Cause = k + 1
			break
		}
	}
	if end := 2 + 8*r.Float64(); end < s.Exit {
		s.Exit, s.Cause = end, 0
	}
	return s
}

func TestCoverageOfSurvival(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 1))
	const many = 2000
	var survival, median, mean, incidence, share, late, difference float64
	truth := math.Exp(-0.2 * 3)
	area := (1 - math.Exp(-0.2*5)) / 0.2
	cif := 0.15 / 0.25 * (1 - math.Exp(-0.25*4))
	lateMean := 0.0
	for range many {
		one, two, old := make([]Spell, 80), make([]Spell, 80), make([]Spell, 0, 120)
		for k := range one {
			one[k], two[k] = censored(r, 0.2), censored(r, 0.15, 0.1)
		}
		for len(old) < 120 {
			s := censored(r, 0.2)
			// Half of the units were first seen at some later age.
			if s.Entry = math.Max(0, 4*r.Float64()-2); s.Exit > s.Entry {
				old = append(old, s)
			}
		}
		km, _ := KaplanMeier(one, Level)
		at, _ := km.At(3)
		survival += count(at.Interval != nil && at.Interval.Contains(truth))
		q := km.Quantile(0.5)
		median += count(q.Low != nil && *q.Low <= math.Ln2/0.2 && (q.High == nil || *q.High >= math.Ln2/0.2))
		if e, ok := km.RestrictedMean(5); ok {
			mean += count(e.Interval.Contains(area))
		}
		other, _ := KaplanMeier(two, Level)
		if e, ok := DifferenceAt(km, other, 3); ok {
			difference += count(e.Interval.Contains(truth - math.Exp(-0.25*3)))
		}
		aj, _ := AalenJohansen(two, 1, Level)
		at, _ = aj.At(4)
		incidence += count(at.Interval.Contains(cif))
		share += at.Value / many
		km, _ = KaplanMeier(old, Level)
		at, _ = km.At(3)
		late += count(at.Interval != nil && at.Interval.Contains(truth))
		lateMean += at.Value / many
	}
	for name, hits := range map[string]float64{
		"survival": survival, "median": median, "restricted mean": mean, "incidence": incidence, "late entry": late,
		"a difference": difference,
	} {
		if got := hits / many; got < 0.93 || got > 0.97 {
			t.Errorf("the interval of %s covers the truth %.1f %% of the time", name, 100*got)
		}
	}
	if !near(share, cif, 0.004) || !near(lateMean, truth, 0.006) {
		t.Errorf("means: incidence %.4f of %.4f, survival with late entry %.4f of %.4f", share, cif, lateMean, truth)
	}
}

func count(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func TestLogRankKeepsItsSizeAndSeesADifference(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 1))
	const many = 2000
	two, three, seen := 0.0, 0.0, 0.0
	draw := func(n int, hazard float64) []Spell {
		out := make([]Spell, n)
		for k := range out {
			out[k] = censored(r, hazard)
		}
		return out
	}
	for range many {
		a, b, c := draw(50, 0.2), draw(30, 0.2), draw(40, 0.2)
		x, _ := LogRankTest(a, b)
		y, _ := LogRankTest(a, b, c)
		w, _ := LogRankTest(a, draw(50, 0.5))
		two, three, seen = two+count(x.P < 0.05), three+count(y.P < 0.05), seen+count(w.P < 0.05)
	}
	for name, hits := range map[string]float64{"two groups": two, "three groups": three} {
		if got := hits / many; got < 0.035 || got > 0.07 {
			t.Errorf("%s alike are called different %.1f %% of the time", name, 100*got)
		}
	}
	if seen/many < 0.9 {
		t.Errorf("hazards of 0.2 and 0.5 are told apart %.1f %% of the time", 100*seen/many)
	}
}
