package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"
)

// Spender is N customers alike: how many purchases (Orders, at least one) and
// their mean value (Mean, above 0), in one currency.
type Spender struct {
	Orders, Mean float64
	N            float64
}

// GammaGamma is the model of how much customers spend per purchase (Fader &
// Hardie 2013, "The Gamma-Gamma model of monetary value"): a customer's
// purchases are spread as Gamma(P, rate nu) round a level of his own, and nu
// over customers as Gamma(Q, rate V).
type GammaGamma struct {
	P, Q, V       float64
	LogLikelihood float64
	// Excluded counts customers left out: without purchases, or of no or
	// negative value, for which the model has no place.
	Excluded float64
	// Correlation of the number with the value of purchases. The model takes
	// them as independent: far from 0, do not believe it. Nil when one of
	// them is the same for all.
	Correlation *float64
}

// FitGammaGamma fits by maximum likelihood. Errors: ErrEmpty without
// customers of positive value, ErrImpossible for negative or infinite counts.
func FitGammaGamma(spenders []Spender) (*GammaGamma, error) {
	var used []Spender
	m := &GammaGamma{}
	n, orders, sum := 0.0, 0.0, 0.0
	for k, s := range spenders {
		if !(s.N >= 0) || !(s.Orders >= 0) || math.IsNaN(s.Mean) || math.IsInf(s.N+s.Orders+math.Abs(s.Mean), 0) {
			return nil, fmt.Errorf("%w: a count is negative or a value not a number (spender %d)", ErrImpossible, k)
		}
		switch {
		case s.N == 0:
		case s.Orders == 0 || s.Mean <= 0:
			m.Excluded += s.N
		default:
			used = append(used, s)
			n, orders, sum = n+s.N, orders+s.N*s.Orders, sum+s.N*s.Orders*s.Mean
		}
	}
	if len(used) == 0 {
		return nil, ErrEmpty
	}
	m.Correlation = correlation(used)
	x, outside := positive([]float64{2, 4, 2 * sum / orders})
	set := func(x []float64) (far float64) {
		p, far := outside(x)
		m.P, m.Q, m.V = p[0], p[1], p[2]
		return far
	}
	set(slide(optimize.Problem{
		Func: func(x []float64) float64 { return set(x) - m.logLikelihood(used)/n },
		Grad: func(gradient, x []float64) {
			set(x)
			for k, slope := range m.slopes(used) {
				gradient[k] = -slope / n
			}
		},
	}, x))
	m.LogLikelihood = m.logLikelihood(used)
	return m, nil
}

func correlation(used []Spender) *float64 {
	var x, y, w []float64
	for _, s := range used {
		x, y, w = append(x, s.Orders), append(y, s.Mean), append(w, s.N)
	}
	if r := stat.Correlation(x, y, w); !math.IsNaN(r) && !math.IsInf(r, 0) {
		return &r
	}
	return nil
}

// logLikelihood is equation 1a of the note, arranged so that a large P, where
// all purchases of a customer are alike, loses no digits.
func (m *GammaGamma) logLikelihood(spenders []Spender) (ll float64) {
	logGammaQ, _ := math.Lgamma(m.Q)
	for _, s := range spenders {
		shape, sum := m.P*s.Orders, s.Orders*s.Mean
		ll += s.N * (gammaRatio(shape, m.Q) - logGammaQ - math.Log(s.Mean) -
			shape*math.Log1p(m.V/sum) - m.Q*math.Log1p(sum/m.V))
	}
	return ll
}

// slopes are the derivatives of logLikelihood by the logarithms of P, Q and V.
func (m *GammaGamma) slopes(spenders []Spender) (d [3]float64) {
	digammaQ := mathext.Digamma(m.Q)
	for _, s := range spenders {
		shape, sum := m.P*s.Orders, s.Orders*s.Mean
		both := mathext.Digamma(shape + m.Q)
		d[0] += s.N * s.Orders * (both - mathext.Digamma(shape) - math.Log1p(m.V/sum))
		d[1] += s.N * (both - digammaQ - math.Log1p(sum/m.V))
		d[2] += s.N * (m.Q*sum/m.V - shape) / (sum + m.V)
	}
	return [3]float64{d[0] * m.P, d[1] * m.Q, d[2] * m.V}
}

// Mean is the value of a purchase of a customer of whom nothing is known. ok
// is false when the spread over customers is so heavy that it has no mean
// (Q <= 1).
func (m *GammaGamma) Mean() (mean float64, ok bool) {
	if m.Q <= 1 {
		return 0, false
	}
	return m.P * m.V / (m.Q - 1), true
}

// MeanGiven is the expected value of the next purchase of a customer: his own
// mean, shrunk towards everybody's, the less the more purchases it stands on.
// ok as for Mean; a customer without purchases gets Mean.
func (m *GammaGamma) MeanGiven(s Spender) (mean float64, ok bool) {
	all, ok := m.Mean()
	if !ok || !(s.Orders > 0) {
		return all, ok
	}
	w := (m.Q - 1) / (m.P*s.Orders + m.Q - 1)
	return w*all + (1-w)*s.Mean, true
}
