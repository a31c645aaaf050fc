package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

func TestGammaGammaReference(t *testing.T) {
	// CDNOW, Fader & Hardie 2013: 6.25, 3.74, 15.44, so p v/(q-1) = 35.22; its
	// customer with two purchases of 22.35 on average is expected to spend
	// 24.66 next (lifetimes' manual).
	m := &GammaGamma{P: 6.25, Q: 3.74, V: 15.44}
	if got, ok := m.Mean(); !ok || !near(got, 35.22, 5e-3) {
		t.Errorf("mean %v %v", got, ok)
	}
	if got, ok := m.MeanGiven(Spender{Orders: 2, Mean: 22.35}); !ok || !near(got, 24.66, 0.01) {
		t.Errorf("conditional mean %v %v", got, ok)
	}
	if got, _ := m.MeanGiven(Spender{}); !near(got, 35.22, 5e-3) {
		t.Errorf("without purchases %v", got)
	}
	if _, ok := (&GammaGamma{P: 1, Q: 0.9, V: 1}).MeanGiven(Spender{Orders: 2, Mean: 3}); ok {
		t.Error("a mean of a distribution that has none")
	}
}

// The density of a mean of x purchases is its mean over the customers' levels.
func TestGammaGammaLikelihoodByIntegration(t *testing.T) {
	m := &GammaGamma{P: 3.2, Q: 4.5, V: 12}
	level := distuv.Gamma{Alpha: m.Q, Beta: m.V}
	for _, s := range []Spender{{1, 10, 1}, {4, 7.5, 1}, {9, 30, 1}} {
		want := quad.Fixed(func(nu float64) float64 {
			return level.Prob(nu) * distuv.Gamma{Alpha: m.P * s.Orders, Beta: nu * s.Orders}.Prob(s.Mean)
		}, 0, 4, 300, nil, 0)
		if got := m.logLikelihood([]Spender{s}); !near(got, math.Log(want), 1e-6) {
			t.Errorf("%+v: %.8f, by integration %.8f", s, got, math.Log(want))
		}
	}
}

func TestGammaGammaRecovers(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 1))
	const p, q, v = 6.0, 3.8, 15.0
	var spenders []Spender
	for range 4000 {
		nu := distuv.Gamma{Alpha: q, Beta: v, Src: r}.Rand()
		x := float64(1 + r.IntN(6))
		spenders = append(spenders, Spender{x, distuv.Gamma{Alpha: p * x, Beta: nu * x, Src: r}.Rand(), 1})
	}
	m, err := FitGammaGamma(append(spenders, Spender{0, 0, 3}, Spender{2, -5, 1}))
	if err != nil || !near(m.P, p, 1.5) || !near(m.Q, q, 0.5) || !near(m.P*m.V, p*v, 12) || m.Excluded != 4 {
		t.Fatalf("%+v %v", m, err)
	}
	// P and V trade against each other; the likelihood says whether the fit is
	// as near the truth as it should be (chi-squared of 3, one in a thousand).
	truth := &GammaGamma{P: p, Q: q, V: v}
	if gain := m.LogLikelihood - truth.logLikelihood(spenders); gain < 0 || gain > 8.13 {
		t.Errorf("the fit is likelier than the truth by %v", gain)
	}
	if mean, _ := m.Mean(); !near(mean, p*v/(q-1), 1) {
		t.Errorf("mean %v", mean)
	}
	if m.Correlation == nil || math.Abs(*m.Correlation) > 0.05 {
		t.Errorf("correlation %v", deref(m.Correlation))
	}
	// Another currency is the same model.
	for k := range spenders {
		spenders[k].Mean *= 100
	}
	cents, err := FitGammaGamma(spenders)
	if err != nil || !near(cents.P, m.P, 0.01) || !near(cents.V, 100*m.V, 5) {
		t.Errorf("in cents %+v, was %+v %v", cents, m, err)
	}
}

func TestGammaGammaSlopes(t *testing.T) {
	r := rand.New(rand.NewPCG(35, 1))
	for range 20 {
		m := &GammaGamma{P: 0.5 + 5*r.Float64(), Q: 0.5 + 5*r.Float64(), V: 1 + 30*r.Float64()}
		spenders := []Spender{{1, 3, 2}, {2, 30, 1}, {9, 12, 4}}
		want := fd.Gradient(nil, func(x []float64) float64 {
			return (&GammaGamma{P: math.Exp(x[0]), Q: math.Exp(x[1]), V: math.Exp(x[2])}).logLikelihood(spenders)
		}, []float64{math.Log(m.P), math.Log(m.Q), math.Log(m.V)}, &fd.Settings{Formula: fd.Central})
		for k, got := range m.slopes(spenders) {
			if !near(got, want[k], 1e-5*(1+math.Abs(want[k]))) {
				t.Fatalf("%+v: slope %d is %v, by differences %v", m, k, got, want[k])
			}
		}
	}
}

func TestGammaGammaEnds(t *testing.T) {
	for name, c := range map[string]struct {
		spenders []Spender
		want     error
	}{
		"none":           {nil, ErrEmpty},
		"none with cash": {[]Spender{{2, 0, 5}, {0, 3, 1}}, ErrEmpty},
		"negative":       {[]Spender{{-1, 2, 1}}, ErrImpossible},
		"not a number":   {[]Spender{{1, math.NaN(), 1}}, ErrImpossible},
	} {
		if _, err := FitGammaGamma(c.spenders); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Customers all alike: the model must stay a number.
	m, err := FitGammaGamma([]Spender{{3, 20, 50}})
	mean, ok := m.MeanGiven(Spender{3, 20, 1})
	if err != nil || !ok || !near(mean, 20, 0.5) || m.Correlation != nil {
		t.Errorf("%+v %v: %v %v", m, err, mean, ok)
	}
}
