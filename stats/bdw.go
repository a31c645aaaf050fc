package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"
)

// BdW is the beta-discrete-Weibull model of contractual retention (Fader,
// Hardie, Liu, Davin & Steenburgh 2018): as the shifted beta-geometric, but
// each customer's own chance of leaving also moves with age. Survival is
// S(t) = B(G, D+t^Shape)/B(G, D); Shape 1 is the shifted beta-geometric,
// above 1 the individual risk rises with age, below 1 it falls.
type BdW struct {
	G, D, Shape float64
	// Churn is G/(G+D), the churn at the first renewal; Spread is 1/(G+D).
	Churn, Spread float64
	// LogLikelihood and BIC are comparable with those of SBG on the same data.
	LogLikelihood, BIC float64
}

// The shapes searched. With renewals of years, a shape of 10 already means
// that everybody leaves at the same age.
const shapeMin, shapeMax = 0.1, 10

// FitBdW fits by maximum likelihood. Errors: ErrEmpty, ErrImpossible,
// ErrUnidentified when nobody left or fewer than four renewals were seen.
func FitBdW(data Renewals) (*BdW, error) {
	lost, seen, err := data.check()
	if err != nil {
		return nil, err
	}
	if seen < minRenewals+1 {
		return nil, fmt.Errorf("%w: %d renewals seen, a shape needs %d", ErrUnidentified, seen, minRenewals+1)
	}
	start, err := FitSBG(data)
	if err != nil {
		return nil, err
	}
	best := &BdW{LogLikelihood: math.Inf(-1)}
	for _, shape := range []float64{1, 0.6, 1.7} {
		m := data.climb(bdwOf(start.Churn, math.Max(start.Spread, 0.01)*shape, shape))
		m.LogLikelihood = m.logLikelihood(data)
		if m.LogLikelihood > best.LogLikelihood {
			best = m
		}
	}
	best.BIC = 3*math.Log(lost) - 2*best.LogLikelihood
	return best, nil
}

// FitRetention fits the shifted beta-geometric and, where there are renewals
// enough, the beta-discrete-Weibull, whose result is nil unless the data
// prefer it by BIC. Errors as for FitSBG.
func FitRetention(data Renewals) (*SBG, *BdW, error) {
	s, err := FitSBG(data)
	if err != nil {
		return nil, nil, err
	}
	if b, err := FitBdW(data); err == nil && b.BIC < s.BIC {
		return s, b, nil
	}
	return s, nil, nil
}

func bdwOf(churn, spread, shape float64) *BdW {
	return &BdW{G: churn / spread, D: (1 - churn) / spread, Shape: shape, Churn: churn, Spread: spread}
}

// climb searches the highest likelihood from a start, over parameters that
// have no bounds: the log odds of churn, the logs of spread and of shape.
func (r Renewals) climb(from *BdW) *BdW {
	at := func(x []float64) (m *BdW, outside float64) {
		var y [3]float64
		for k, limit := range []Interval{{-15, 15}, {math.Log(spreadMin), math.Log(spreadMax)}, {math.Log(shapeMin), math.Log(shapeMax)}} {
			y[k] = math.Max(limit.Low, math.Min(limit.High, x[k]))
			outside += math.Abs(y[k] - x[k])
		}
		return bdwOf(1/(1+math.Exp(-y[0])), math.Exp(y[1]), math.Exp(y[2])), outside
	}
	problem := optimize.Problem{Func: func(x []float64) float64 {
		m, outside := at(x)
		return outside - m.logLikelihood(r)
	}}
	x := []float64{math.Log(from.Churn / (1 - from.Churn)), math.Log(from.Spread), math.Log(from.Shape)}
	m, _ := at(descend(problem, x))
	return m
}

func (m *BdW) logLikelihood(data Renewals) (ll float64) {
	before := 0.0
	for k, x := range data {
		now := m.logSurvival(k + 1)
		ll += xlogy(x.Lost, -math.Expm1(now-before)) + (x.Due-x.Lost)*(now-before)
		before = now
	}
	return ll
}

func (m *BdW) logSurvival(t int) float64 {
	u := math.Pow(float64(t), m.Shape)
	return gammaRatio(m.D, u) - gammaRatio(m.G+m.D, u)
}

// Survival is the share of customers still there after t renewals.
func (m *BdW) Survival(t int) float64 { return math.Exp(m.logSurvival(max(t, 0))) }

// SurvivalFrom is the share of customers still there t renewals after their
// n-th.
func (m *BdW) SurvivalFrom(n, t int) float64 {
	return math.Exp(m.logSurvival(max(n, 0)+max(t, 0)) - m.logSurvival(max(n, 0)))
}

// Retention is the share of those who come to renewal t (1, 2, ...) that
// renew.
func (m *BdW) Retention(t int) float64 {
	t = max(t, 1)
	return math.Exp(m.logSurvival(t) - m.logSurvival(t-1))
}

// DEL is the discounted expected lifetime of a new customer in payments, as
// SBG.DEL; d must be positive (NaN otherwise).
func (m *BdW) DEL(d float64) float64 {
	if !(d > 0) {
		return math.NaN()
	}
	sum, weight := 0.0, 1.0
	for t := 0; ; t++ {
		term := weight * m.Survival(t)
		sum += term
		// What follows is at most a perpetuity of this term.
		if term/d < 1e-12*sum || t == 1_000_000 {
			return sum
		}
		weight /= 1 + d
	}
}

// gammaRatio is log Gamma(x+u)/Gamma(x) for x > 0, u >= 0. For large x the
// difference of two logarithms would lose what matters; Stirling's series
// keeps it.
func gammaRatio(x, u float64) float64 {
	if x < 20 {
		a, _ := math.Lgamma(x + u)
		b, _ := math.Lgamma(x)
		return a - b
	}
	tail := func(x float64) float64 {
		y := 1 / (x * x)
		return (1.0/12 - y*(1.0/360-y*(1.0/1260-y/1680))) / x
	}
	return u*math.Log(x) + (x+u-0.5)*math.Log1p(u/x) - u + tail(x+u) - tail(x)
}
