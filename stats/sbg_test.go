package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// Survivors of 1,000 customers by yearly renewal, two segments; the first
// seven renewals calibrate, the others test: Fader & Hardie 2007.
var (
	regular = []float64{1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173}
	highEnd = []float64{1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394}
)

func renewals(t *testing.T, cohorts ...[]float64) Renewals {
	t.Helper()
	r, err := Cohorts(cohorts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fitSBG(t *testing.T, r Renewals) *SBG {
	t.Helper()
	m, err := FitSBG(r)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSBGReference(t *testing.T) {
	for _, w := range []struct {
		name                string
		alive               []float64
		a, b, logLikelihood float64
	}{
		{"regular", regular, 0.704, 1.182, -1680.265},
		{"high end", highEnd, 0.668, 3.806, -1611.158},
	} {
		m := fitSBG(t, renewals(t, w.alive[:8]))
		if !near(m.A, w.a, 5e-4) || !near(m.B, w.b, 5e-4) || !near(m.LogLikelihood, w.logLikelihood, 5e-4) || m.Geometric {
			t.Errorf("%s: %.4f %.4f, log-likelihood %.4f", w.name, m.A, m.B, m.LogLikelihood)
		}
		// Five years ahead of the data the paper's projection stays close.
		for year := 8; year <= 12; year++ {
			if s := m.Survival(year); !near(s, w.alive[year]/1000, 0.02) {
				t.Errorf("%s: year %d: %.3f, was %.3f", w.name, year, s, w.alive[year]/1000)
			}
		}
	}
	// Several cohorts: Fader & Hardie, "Fitting the sBG model to multi-cohort
	// data" (2007): 3.80 and 15.19.
	all := []float64{10000, 8000, 6480, 5307, 4391}
	m := fitSBG(t, renewals(t, all, all[:4], all[:3], all[:2], all[:1]))
	if !near(m.A, 3.80, 5e-3) || !near(m.B, 15.19, 5e-3) {
		t.Errorf("cohorts: %.4f %.4f", m.A, m.B)
	}
}

func TestHypergeometricReference(t *testing.T) {
	// mpmath, 40 digits.
	for _, w := range []struct{ b, c, z, want float64 }{
		{1.182, 1.8861, 1 / 1.1, 3.694764729022398},
		{3.806, 4.474, 1 / 1.1, 5.922596407612762},
		{0.05, 0.06, 0.999, 778.670889504658},
		{1e4, 1.1e4, 0.99, 10.00736839034938},
		{12.5, 12.6, 0.99999, 43337.02430924884},
		{0.3, 25, 0.9999, 1.01265688954128},
		// Closed forms: atanh, logarithm, geometric series, Gauss at 1.
		{0.5, 1.5, 0.25, math.Atanh(0.5) / 0.5},
		{1, 2, 0.9, -math.Log(0.1) / 0.9},
		{3, 3, 0.8, 5},
		{2, 3.5, 1, 5},
		{1, 1.5, 1, math.Inf(1)},
		{1, 1.5, 0, 1},
	} {
		if got := hyper1(w.b, w.c, 1, w.z); got != w.want && !near(got/w.want, 1, 1e-11) {
			t.Errorf("2F1(1, %v; %v; %v) = %.16g, want %.16g", w.b, w.c, w.z, got, w.want)
		}
	}
	r := rand.New(rand.NewPCG(21, 1))
	for range 300 {
		b := math.Exp(6*r.Float64() - 3)
		c, z := b+math.Exp(6*r.Float64()-3), 0.999*r.Float64()
		sum, term := 0.0, 1.0
		for k := 0.0; term > 1e-18*sum; k++ {
			sum += term
			term *= (b + k) / (c + k) * z
		}
		// Scaling all arguments changes nothing.
		unit := math.Exp(4*r.Float64() - 2)
		if got := hyper1(b*unit, c*unit, unit, z); !near(got/sum, 1, 1e-11) {
			t.Fatalf("2F1(1, %v; %v; %v) = %.16g, its series %.16g", b, c, z, got, sum)
		}
	}
}

func TestLifetimes(t *testing.T) {
	m := &SBG{Churn: 0.704 / 1.886, Spread: 1 / 1.886}
	// mpmath: 2F1 at a = 0.704, b = 1.182, discount 10 %.
	for _, w := range []struct{ got, want float64 }{
		{m.DEL(0.1), 3.69514740557}, {m.DERL(0, 0.1), 2.96466214613},
		{m.DERL(1, 0.1), 4.1034586196}, {m.DERL(4, 0.1), 5.89442285984},
	} {
		if !near(w.got, w.want, 1e-10) {
			t.Errorf("got %.12g, want %.12g", w.got, w.want)
		}
	}
	// With A <= 1 the undiscounted lifetime has no mean; above, it is
	// (A+B-1)/(A-1).
	if x := m.DEL(0); !math.IsInf(x, 1) {
		t.Errorf("undiscounted: %v", x)
	}
	if x := (&SBG{Churn: 2.0 / 5, Spread: 1.0 / 5}).DEL(0); !near(x, 4, 1e-12) {
		t.Errorf("undiscounted: %v", x)
	}
	if x := m.DEL(-0.1); !math.IsNaN(x) {
		t.Errorf("negative discount: %v", x)
	}
	// Everything is the sum it claims to be, the limit without spread too.
	for _, m := range []*SBG{m, {Churn: 0.05}, {Churn: 0.3, Spread: 1e-9}, {Churn: 0.3, Spread: 40}} {
		for _, n := range []int{0, 3} {
			sum, weight := 0.0, 1.0
			for k := 1; k < 4000; k++ {
				sum += weight * m.SurvivalFrom(n, k)
				weight /= 1.1
				if weight < 1e-18 {
					break
				}
			}
			if got := m.DERL(n, 0.1); !near(got, sum, 1e-9) {
				t.Errorf("%+v: DERL(%d) = %.12g, sum %.12g", m, n, got, sum)
			}
		}
		if got := 1 + m.DERL(0, 0.1)/1.1; !near(got, m.DEL(0.1), 1e-9) {
			t.Errorf("%+v: DEL %v, now and later %v", m, m.DEL(0.1), got)
		}
	}
	// The mission's example: no discount, churn 1 in 36: 36 payments.
	if x := (&SBG{Churn: 1.0 / 36}).DEL(0); !near(100*x, 3600, 1e-9) {
		t.Errorf("lifetime value %v", 100*x)
	}
}

func TestRetentionRises(t *testing.T) {
	m := fitSBG(t, renewals(t, regular))
	s := 1.0
	for k := 1; k < 200; k++ {
		s *= m.Retention(k)
		if m.Retention(k+1) <= m.Retention(k) || !near(m.Survival(k), s, 1e-12) {
			t.Fatalf("renewal %d: %v then %v; survival %v, %v", k, m.Retention(k), m.Retention(k+1), m.Survival(k), s)
		}
	}
	if !near(m.SurvivalFrom(5, 4), m.Survival(9)/m.Survival(5), 1e-12) || m.Survival(0) != 1 {
		t.Error("survival from the fifth renewal")
	}
}

func TestFallsBackToGeometric(t *testing.T) {
	for name, data := range map[string]Renewals{
		"constant": {{1000, 100}, {900, 90}, {810, 81}, {729, 73}},
		"rising":   {{1000, 50}, {950, 95}, {855, 128}, {727, 140}},
		"short":    {{1000, 300}, {700, 100}},
	} {
		m := fitSBG(t, data)
		lost, due := 0.0, 0.0
		for _, x := range data {
			lost, due = lost+x.Lost, due+x.Due
		}
		if !m.Geometric || m.Short != (name == "short") || !near(m.Churn, lost/due, 1e-9) || !math.IsInf(m.A, 1) {
			t.Errorf("%s: %+v", name, m)
		}
		if !near(m.DEL(0), due/lost, 1e-6) || !near(m.Retention(50), 1-lost/due, 1e-9) {
			t.Errorf("%s: lifetime %v", name, m.DEL(0))
		}
		i := m.Interval(Level, func(m *SBG) float64 { return m.DEL(0.1) })
		if !i.Contains(m.DEL(0.1)) {
			t.Errorf("%s: %v outside %v", name, m.DEL(0.1), i)
		}
	}
	// One renewal says nothing about spread: the lifetime is wide open.
	m := fitSBG(t, Renewals{{1000, 100}})
	if i := m.Interval(Level, func(m *SBG) float64 { return m.DEL(0) }); !math.IsInf(i.High, 1) || !near(i.Low, 8.36036, 1e-4) {
		t.Errorf("short: %v", i)
	}
	// At one renewal the interval of survival is the likelihood's of a
	// proportion, whatever the spread.
	i := m.Interval(Level, func(m *SBG) float64 { return m.Survival(1) })
	check(t, "survival of one renewal", i, true, 0.8803870, 0.9175672, 1e-6)
}

func TestSBGErrors(t *testing.T) {
	for name, c := range map[string]struct {
		data Renewals
		want error
	}{
		"none":          {nil, ErrEmpty},
		"nobody due":    {Renewals{{}, {}}, ErrEmpty},
		"nobody left":   {Renewals{{10, 0}, {10, 0}, {10, 0}}, ErrUnidentified},
		"more than due": {Renewals{{10, 11}}, ErrImpossible},
		"negative":      {Renewals{{10, -1}}, ErrImpossible},
		"not a number":  {Renewals{{math.NaN(), 1}}, ErrImpossible},
	} {
		if _, err := FitSBG(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := FitBdW(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s, BdW: %v", name, err)
		}
	}
	if _, err := Cohorts([]float64{10, 11}); !errors.Is(err, ErrImpossible) {
		t.Error(err)
	}
	if _, err := Cohorts([]float64{10, math.NaN()}); !errors.Is(err, ErrImpossible) {
		t.Error(err)
	}
	// All lost at the first renewal; nobody after it.
	if m := fitSBG(t, Renewals{{10, 10}}); !near(m.Survival(1), 0, 1e-9) {
		t.Errorf("%+v", m)
	}
	// All losses at the first renewal: whoever stays, stays.
	m := fitSBG(t, Renewals{{100, 40}, {60, 0}, {60, 0}, {60, 0}})
	if !near(m.Survival(100), 0.6, 1e-3) || m.Geometric {
		t.Errorf("%+v, survival %v", m, m.Survival(100))
	}
}

// A customer's chance, written out per customer, is what the pooled renewals
// add up to: P(T = t) = B(a+1, b+t-1)/B(a, b), S(t) = B(a, b+t)/B(a, b).
func TestLikelihoodIsTheSumOverCustomers(t *testing.T) {
	beta := func(a, b float64) float64 {
		x, _ := math.Lgamma(a)
		y, _ := math.Lgamma(b)
		z, _ := math.Lgamma(a + b)
		return x + y - z
	}
	const a, b = 1.3, 4.1
	cohorts := [][]float64{{50, 40, 33, 30}, {70, 61, 50}, {20, 9}}
	want := 0.0
	for _, alive := range cohorts {
		for k := 1; k < len(alive); k++ {
			want += (alive[k-1] - alive[k]) * (beta(a+1, b+float64(k)-1) - beta(a, b))
		}
		last := len(alive) - 1
		want += alive[last] * (beta(a, b+float64(last)) - beta(a, b))
	}
	r := renewals(t, cohorts...)
	if got := r.logLikelihood(a/(a+b), 1/(a+b)); !near(got, want, 1e-9) {
		t.Errorf("pooled %v, per customer %v", got, want)
	}
	if got := (&BdW{G: a, D: b, Shape: 1}).logLikelihood(r); !near(got, want, 1e-9) {
		t.Errorf("BdW of shape 1: %v, per customer %v", got, want)
	}
}

// draw simulates customers who joined at staggered times, so that many have
// met few renewals yet.
func draw(r *rand.Rand, customers, horizon int, chance func() float64) Renewals {
	out := make(Renewals, horizon)
	for c := range customers {
		p := chance()
		for k := range horizon - c%(horizon/2) {
			out[k].Due++
			if r.Float64() < p {
				out[k].Lost++
				break
			}
		}
	}
	return out
}

func TestSBGRecoversAndCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 1))
	truth := &SBG{Churn: 0.2, Spread: 0.25} // a = 0.8, b = 3.2
	spread := distuv.Beta{Alpha: 0.8, Beta: 3.2, Src: r}
	same := &SBG{Churn: 0.2}
	const many = 200
	hits := map[string]float64{}
	bias := 0.0
	value := func(m *SBG) float64 { return m.DEL(0.1) }
	later := func(m *SBG) float64 { return m.Survival(20) }
	for range many {
		m := fitSBG(t, draw(r, 600, 10, spread.Rand))
		hits["value"] += count(m.Interval(Level, value).Contains(value(truth)))
		hits["survival"] += count(m.Interval(Level, later).Contains(later(truth)))
		bias += (value(m) - value(truth)) / many
		m = fitSBG(t, draw(r, 600, 10, func() float64 { return 0.2 }))
		hits["value without spread"] += count(m.Interval(Level, value).Contains(value(same)))
	}
	for name, h := range hits {
		if got := h / many; got < 0.9 || got > 0.99 {
			t.Errorf("the interval of %s covers the truth %.1f %% of the time", name, 100*got)
		}
	}
	if math.Abs(bias) > 0.05 {
		t.Errorf("the value is off by %.3f of %.3f on average", bias, value(truth))
	}
	big := fitSBG(t, draw(r, 200_000, 12, spread.Rand))
	if !near(big.A, 0.8, 0.03) || !near(big.B, 3.2, 0.13) {
		t.Errorf("recovered %.3f %.3f", big.A, big.B)
	}
}
