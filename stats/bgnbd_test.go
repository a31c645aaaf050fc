package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// The CDNOW sample, weeks: Fader, Hardie & Lee 2005 (0.243, 4.414, 0.793 and
// 2.426 there), with one more digit, as their spreadsheet has it.
var cdnow = &BGNBD{R: 0.2426, Alpha: 4.4136, A: 0.7929, B: 2.4259}

func TestBGNBDReference(t *testing.T) {
	// Expected repeat purchases of a new customer: the paper's spreadsheet
	// and BTYD's vignette (at 52 weeks).
	for _, w := range []struct{ weeks, want float64 }{
		{0.1429, 0.0078}, {1, 0.0532}, {3, 0.1506}, {31.8571, 1.0405}, {32, 1.0437}, {52, 1.444}, {78, 1.8576},
	} {
		if got := cdnow.Expected(w.weeks); !near(got, w.want, 6e-4) {
			t.Errorf("E[X(%v)] = %.4f, want %v", w.weeks, got, w.want)
		}
	}
	if got := cdnow.ExpectedGiven(Buyer{Repeats: 2, Last: 30.43, Age: 38.86}, 39); !near(got, 1.226, 1e-3) {
		t.Errorf("conditional expectation %.4f, want 1.226", got)
	}
	// BTYD's vignette, customer 1516.
	heavy := Buyer{Repeats: 26, Last: 30.86, Age: 31}
	if got := cdnow.ExpectedGiven(heavy, 52); !near(got, 25.76, 5e-3) {
		t.Errorf("conditional expectation %.4f, want 25.76", got)
	}
	if got := cdnow.Alive(heavy); !near(got, 0.9689, 1e-4) {
		t.Errorf("P(alive) = %.5f, want 0.9689", got)
	}
}

// The likelihood is the mean, over everybody's rate and chance, of what one
// customer's would be.
func TestBGNBDLikelihoodByIntegration(t *testing.T) {
	m := &BGNBD{R: 2.3, Alpha: 5, A: 1.7, B: 2.6}
	rate, chance := distuv.Gamma{Alpha: m.R, Beta: m.Alpha}, distuv.Beta{Alpha: m.A, Beta: m.B}
	for _, b := range []Buyer{{0, 0, 7, 1}, {1, 3, 9, 1}, {4, 9, 9, 1}, {3, 2, 12, 1}} {
		want := quad.Fixed(func(l float64) float64 {
			return rate.Prob(l) * quad.Fixed(func(p float64) float64 {
				alive := math.Pow(1-p, b.Repeats) * math.Exp(-l*b.Age)
				gone := 0.0
				if b.Repeats > 0 {
					gone = p * math.Pow(1-p, b.Repeats-1) * math.Exp(-l*b.Last)
				}
				return chance.Prob(p) * math.Pow(l, b.Repeats) * (alive + gone)
			}, 0, 1, 80, nil, 0)
		}, 0, 8, 120, nil, 0)
		if got := m.logLikelihood([]Buyer{b}); !near(got, math.Log(want), 2e-4) {
			t.Errorf("%+v: log-likelihood %.6f, by integration %.6f", b, got, math.Log(want))
		}
	}
}

// The sum agrees with the published closed form wherever that is safe, and
// with its limit where it is not.
func TestExpectedPurchasesAgainstClosedForm(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 1))
	series := func(a, b, c, z float64) float64 {
		sum, term := 0.0, 1.0
		for k := 0.0; math.Abs(term) > 1e-17*math.Abs(sum); k++ {
			sum += term
			term *= (a + k) * (b + k) / ((c + k) * (k + 1)) * z
		}
		return sum
	}
	for range 300 {
		rr, alpha, t1 := 0.1+3*r.Float64(), 0.5+5*r.Float64(), 10*r.Float64()
		a, b := 1.2+3*r.Float64(), 0.2+3*r.Float64()
		want := (a + b - 1) / (a - 1) * (1 - math.Pow(alpha/(alpha+t1), rr)*series(rr, b, a+b-1, t1/(alpha+t1)))
		if got := expectedPurchases(rr, alpha, a, b, t1); !near(got, want, 1e-9*(1+want)) {
			t.Fatalf("r %v alpha %v a %v b %v t %v: %v, closed form %v", rr, alpha, a, b, t1, got, want)
		}
	}
	// Where the closed form divides by 0 it is still continuous.
	for _, m := range []*BGNBD{{R: 0.5, Alpha: 3, A: 1, B: 2}, {R: 0.5, Alpha: 3, A: 0.4, B: 0.6}} {
		near1 := *m
		near1.A += 1e-7
		if a, b := m.Expected(20), near1.Expected(20); math.IsNaN(a) || !near(a, b, 1e-6) {
			t.Errorf("%+v: %v, beside it %v", m, a, b)
		}
	}
	// Nobody leaves: all purchases happen. Everybody does: at most one.
	if got := expectedPurchases(2, 4, 1e-12, 5, 30); !near(got, 15, 1e-8) {
		t.Errorf("without leaving: %v", got)
	}
	if got := expectedPurchases(2, 4, 5, 1e-12, 30); !near(got, 1-math.Pow(4.0/34, 2), 1e-8) {
		t.Errorf("with one purchase: %v", got)
	}
	if cdnow.Expected(0) != 0 || !math.IsNaN(cdnow.Expected(-1)) {
		t.Error("no time, or less")
	}
}

func TestBGNBDHoldsForHeavyBuyers(t *testing.T) {
	for _, x := range []float64{1, 50, 400, 5000, 100_000} {
		for _, last := range []float64{1, 300, 364.9, 365} {
			b := Buyer{Repeats: x, Last: last, Age: 365}
			alive, more := cdnow.Alive(b), cdnow.ExpectedGiven(b, 90)
			if !(alive >= 0 && alive <= 1) || !(more >= 0) || more > (x+1)*90/365+1 {
				t.Errorf("%+v: alive %v, expected %v", b, alive, more)
			}
		}
		if ll := cdnow.logLikelihood([]Buyer{{x, 300, 365, 1}}); math.IsNaN(ll) || math.IsInf(ll, 0) {
			t.Errorf("log-likelihood %v for %v purchases", ll, x)
		}
	}
	if got := cdnow.Alive(Buyer{Age: 1000}); got != 1 {
		t.Errorf("P(alive) without repeats: %v", got)
	}
	// The longer the silence, the less alive.
	before := 2.0
	for age := 10.0; age < 100; age += 10 {
		got := cdnow.Alive(Buyer{Repeats: 5, Last: 10, Age: age})
		if got >= before {
			t.Fatalf("P(alive) rises to %v at %v", got, age)
		}
		before = got
	}
}

// buy simulates one customer of the model.
func buy(r *rand.Rand, m *BGNBD, age float64) Buyer {
	rate := distuv.Gamma{Alpha: m.R, Beta: m.Alpha, Src: r}.Rand()
	chance := distuv.Beta{Alpha: m.A, Beta: m.B, Src: r}.Rand()
	b := Buyer{Age: age, N: 1}
	for t := r.ExpFloat64() / rate; t <= age; t += r.ExpFloat64() / rate {
		b.Repeats, b.Last = b.Repeats+1, t
		if r.Float64() < chance {
			break
		}
	}
	return b
}

func TestBGNBDRecovers(t *testing.T) {
	r := rand.New(rand.NewPCG(32, 1))
	truth := &BGNBD{R: 0.6, Alpha: 5, A: 0.8, B: 2.5}
	buyers := make([]Buyer, 4000)
	mean := 0.0
	for k := range buyers {
		buyers[k] = buy(r, truth, 26+13*r.Float64())
	}
	const many = 20_000
	for range many {
		mean += buy(r, truth, 20).Repeats / many
	}
	if want := truth.Expected(20); !near(mean, want, 0.06) {
		t.Errorf("mean purchases %.3f, expected %.3f", mean, want)
	}
	m, err := FitBGNBD(buyers)
	if err != nil || !near(m.R, 0.6, 0.06) || !near(m.Alpha, 5, 0.7) || !near(m.A/(m.A+m.B), 0.8/3.3, 0.03) {
		t.Fatalf("%+v %v", m, err)
	}
	// Twice the gain over the truth is chi-squared of 4: below 18.5 but for one
	// seed in a thousand.
	if gain := m.LogLikelihood - truth.logLikelihood(sortedBuyers(buyers)); gain < 0 || gain > 9.25 {
		t.Errorf("the fit is likelier than the truth by %v", gain)
	}
	if got, want := m.Expected(52), truth.Expected(52); !near(got, want, 0.06*want) {
		t.Errorf("expected within 52: %.3f of %.3f", got, want)
	}
	// Another unit of time is the same model.
	for k := range buyers {
		buyers[k].Last, buyers[k].Age = 7*buyers[k].Last, 7*buyers[k].Age
	}
	days, err := FitBGNBD(buyers)
	if err != nil || !near(days.R, m.R, 1e-3) || !near(days.Alpha, 7*m.Alpha, 1e-2) || !near(days.A, m.A, 1e-2) {
		t.Errorf("in days: %+v, in weeks %+v %v", days, m, err)
	}
}

func TestBGNBDSlopes(t *testing.T) {
	r := rand.New(rand.NewPCG(34, 1))
	for range 20 {
		m := &BGNBD{R: 0.2 + r.Float64(), Alpha: 1 + 9*r.Float64(), A: 0.2 + r.Float64(), B: 0.3 + 3*r.Float64()}
		buyers := []Buyer{{0, 0, 7, 3}, {1, 3, 9, 1}, {1, 5, 9, 2}, {4, 9, 9, 1}, {30, 20, 40, 1}}
		want := fd.Gradient(nil, func(x []float64) float64 {
			return (&BGNBD{R: math.Exp(x[0]), Alpha: math.Exp(x[1]), A: math.Exp(x[2]), B: math.Exp(x[3])}).logLikelihood(buyers)
		}, []float64{math.Log(m.R), math.Log(m.Alpha), math.Log(m.A), math.Log(m.B)}, &fd.Settings{Formula: fd.Central})
		for k, got := range m.slopes(buyers) {
			if !near(got, want[k], 1e-5*(1+math.Abs(want[k]))) {
				t.Fatalf("%+v: slope %d is %v, by differences %v", m, k, got, want[k])
			}
		}
	}
}

func sortedBuyers(buyers []Buyer) []Buyer {
	out := slices.Clone(buyers)
	slices.SortFunc(out, func(a, b Buyer) int { return int(a.Repeats - b.Repeats) })
	return out
}

func TestBuyerErrors(t *testing.T) {
	for name, c := range map[string]struct {
		buyers []Buyer
		want   error
	}{
		"none":            {nil, ErrEmpty},
		"no customers":    {[]Buyer{{1, 2, 3, 0}}, ErrEmpty},
		"nobody again":    {[]Buyer{{0, 0, 3, 9}}, ErrUnidentified},
		"later than seen": {[]Buyer{{1, 4, 3, 1}}, ErrImpossible},
		"last of none":    {[]Buyer{{0, 2, 3, 1}}, ErrImpossible},
		"again at once":   {[]Buyer{{1, 0, 3, 1}}, ErrImpossible},
		"negative":        {[]Buyer{{-1, 2, 3, 1}}, ErrImpossible},
		"not a number":    {[]Buyer{{1, math.NaN(), 3, 1}}, ErrImpossible},
	} {
		if _, err := FitBGNBD(c.buyers); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
