package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(a, b, eps float64) bool { return math.Abs(a-b) <= eps }

func check(t *testing.T, name string, got Interval, ok bool, low, high, eps float64) {
	t.Helper()
	if !ok || !near(got.Low, low, eps) || !near(got.High, high, eps) {
		t.Errorf("%s = %.6f to %.6f (%v), want %.6f to %.6f", name, got.Low, got.High, ok, low, high)
	}
}

// Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
func TestWilsonReference(t *testing.T) {
	for _, c := range []struct{ k, n, low, high float64 }{
		{81, 263, 0.2553, 0.3662},
		{15, 148, 0.0624, 0.1605},
		{0, 20, 0, 0.1611},
		{1, 29, 0.0061, 0.1718},
		{20, 20, 0.8389, 1},
	} {
		got, ok := Wilson(c.k, c.n, Level)
		check(t, "Wilson", got, ok, c.low, c.high, 0.00006)
	}
}

// Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10.
func TestNewcombeReference(t *testing.T) {
	for _, c := range []struct{ k1, n1, k2, n2, low, high float64 }{
		{56, 70, 48, 80, 0.0524, 0.3339},
		{9, 10, 3, 10, 0.1705, 0.8090},
		{6, 7, 2, 7, 0.0582, 0.8062},
		{5, 56, 0, 29, -0.0381, 0.1926},
		{0, 10, 0, 20, -0.1611, 0.2775},
		{0, 10, 0, 10, -0.2775, 0.2775},
		{10, 10, 0, 20, 0.6791, 1},
		{10, 10, 0, 10, 0.6075, 1},
	} {
		got, ok := Newcombe(c.k1, c.n1, c.k2, c.n2, Level)
		check(t, "Newcombe", got, ok, c.low, c.high, 0.00006)
	}
}

func TestNPSByHand(t *testing.T) {
	// 50 promoters, 20 detractors of 100: adjusted n 103, p 0.492718,
	// d 0.201456; score 29.1262, variance (0.694175-0.084834)/103.
	got, ok := NPS(50, 20, 100, Level)
	check(t, "NPS", got, ok, 14.0512, 44.2012, 0.0005)
	// One answer says very little: (1.75-0.75)/4 = 0.25 +- 1.96*0.37500, and
	// never less than the score itself.
	got, ok = NPS(1, 0, 1, Level)
	check(t, "NPS", got, ok, -48.4986, 100, 0.0005)
	got, ok = NPS(0, 1, 1, Level)
	check(t, "NPS", got, ok, -100, 48.4986, 0.0005)
	d, ok := NPSDifference(Answers{50, 20, 100}, Answers{50, 20, 100}, Level)
	check(t, "NPSDifference", d, ok, -21.3193, 21.3193, 0.0005)
}

func TestMeanReference(t *testing.T) {
	// 1, 2, 3, 4, 5: t(4) = 2.776445, SE = 0.707107.
	got, ok := Mean(5, 15, 55, Level)
	check(t, "Mean", got, ok, 1.036757, 4.963243, 0.000001)
	got, ok = Mean(4, 4, 4, Level)
	check(t, "Mean of equals", got, ok, 1, 1, 1e-12)
}

func TestNothingToSay(t *testing.T) {
	for name, f := range map[string]func() (Interval, bool){
		"Wilson of none":       func() (Interval, bool) { return Wilson(0, 0, Level) },
		"Wilson of too many":   func() (Interval, bool) { return Wilson(3, 2, Level) },
		"Wilson of negative":   func() (Interval, bool) { return Wilson(-1, 2, Level) },
		"Wilson of NaN":        func() (Interval, bool) { return Wilson(0, math.NaN(), Level) },
		"Newcombe, one empty":  func() (Interval, bool) { return Newcombe(1, 2, 0, 0, Level) },
		"NPS of none":          func() (Interval, bool) { return NPS(0, 0, 0, Level) },
		"NPS of too many":      func() (Interval, bool) { return NPS(2, 2, 3, Level) },
		"NPSDifference, empty": func() (Interval, bool) { return NPSDifference(Answers{}, Answers{1, 0, 1}, Level) },
		"Mean of one":          func() (Interval, bool) { return Mean(1, 3, 9, Level) },
	} {
		if i, ok := f(); ok {
			t.Errorf("%s answered %v", name, i)
		}
	}
}

func TestIntervalProperties(t *testing.T) {
	for n := 1.0; n <= 60; n++ {
		for k := 0.0; k <= n; k++ {
			w, _ := Wilson(k, n, Level)
			mirror, _ := Wilson(n-k, n, Level)
			if !w.Contains(k/n) || w.Low < 0 || w.High > 1 || w.Low >= w.High {
				t.Fatalf("Wilson(%v, %v) = %v", k, n, w)
			}
			if !near(w.Low, 1-mirror.High, 1e-12) || !near(w.High, 1-mirror.Low, 1e-12) {
				t.Fatalf("Wilson(%v, %v) is not the mirror of its complement: %v %v", k, n, w, mirror)
			}
			wide, _ := Wilson(k, n, 0.99)
			if wide.Low > w.Low || wide.High < w.High {
				t.Fatalf("99 %% is narrower than 95 %% at %v of %v", k, n)
			}
			a, _ := Newcombe(k, n, 3, 10, Level)
			b, _ := Newcombe(3, 10, k, n, Level)
			if !near(a.Low, -b.High, 1e-12) || !near(a.High, -b.Low, 1e-12) || !a.Contains(k/n-0.3) {
				t.Fatalf("Newcombe is not antisymmetric at %v of %v: %v %v", k, n, a, b)
			}
			up, _ := NPS(k, 0, n, Level)
			down, _ := NPS(0, k, n, Level)
			if !near(up.Low, -down.High, 1e-9) || up.Low < -100 || up.High > 100 {
				t.Fatalf("NPS is not symmetric at %v of %v: %v %v", k, n, up, down)
			}
		}
	}
}

// coverage is how often the interval holds the truth.
func coverage(rounds int, draw func() (Interval, bool), truth float64) float64 {
	hit := 0
	for range rounds {
		if i, ok := draw(); ok && i.Contains(truth) {
			hit++
		}
	}
	return float64(hit) / float64(rounds)
}

const rounds = 8000

// within allows four standard errors of the simulation round a coverage that
// lies between the two bounds.
func within(t *testing.T, name string, got, low, high float64) {
	t.Helper()
	if se := math.Sqrt(0.05 * 0.95 / rounds); got < low-4*se || got > high+4*se {
		t.Errorf("%s covers the truth %.2f %% of the time", name, 100*got)
	}
}

func binomial(r *rand.Rand, n int, p float64) float64 {
	k := 0.0
	for range n {
		if r.Float64() < p {
			k++
		}
	}
	return k
}

func TestCoverageOfProportions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		n int
		p float64
	}{{20, 0.5}, {50, 0.1}, {100, 0.05}, {400, 0.3}} {
		got := coverage(rounds, func() (Interval, bool) {
			return Wilson(binomial(r, c.n, c.p), float64(c.n), Level)
		}, c.p)
		// A discrete interval cannot cover exactly 95 %; Wilson's coverage
		// swings between about 93 and 98 % at these sizes.
		within(t, "Wilson", got, 0.93, 0.98)
	}
	got := coverage(rounds, func() (Interval, bool) {
		return Newcombe(binomial(r, 60, 0.2), 60, binomial(r, 40, 0.35), 40, Level)
	}, 0.2-0.35)
	within(t, "Newcombe", got, 0.94, 0.97)
}

func answers(r *rand.Rand, n int, p, d float64) Answers {
	a := Answers{All: float64(n)}
	for range n {
		switch x := r.Float64(); {
		case x < p:
			a.Promoters++
		case x < p+d:
			a.Detractors++
		}
	}
	return a
}

func TestCoverageOfNPS(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{15, 40, 200} {
		got := coverage(rounds, func() (Interval, bool) {
			a := answers(r, n, 0.5, 0.2)
			return NPS(a.Promoters, a.Detractors, a.All, Level)
		}, 30)
		within(t, "NPS", got, 0.935, 0.975)
	}
	got := coverage(rounds, func() (Interval, bool) {
		return NPSDifference(answers(r, 80, 0.5, 0.2), answers(r, 120, 0.4, 0.3), Level)
	}, 20)
	within(t, "NPSDifference", got, 0.94, 0.97)
}

func TestCoverageOfMeans(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{3, 12, 100} {
		got := coverage(rounds, func() (Interval, bool) {
			sum, squares := 0.0, 0.0
			for range n {
				x := 7 + 3*r.NormFloat64()
				sum, squares = sum+x, squares+x*x
			}
			return Mean(float64(n), sum, squares, Level)
		}, 7)
		within(t, "Mean", got, 0.95, 0.95)
	}
}
