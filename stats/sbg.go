package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Renewal is what happened when customers came to one renewal of their
// contract: how many it was due for and how many of them left.
type Renewal struct {
	Due, Lost float64
}

// Renewals counts the first, second, ... renewal in a customer's life, over
// all customers and cohorts. It is all that the retention models need: the
// likelihood of a customer is a product of one factor per renewal, so those
// who have not come to a renewal yet (right-censored), or who had some before
// we first saw them (late entry), are simply not due there. Renewals of
// different lengths (months, years) need models of their own.
type Renewals []Renewal

// Cohorts adds up cohorts given as survivors: alive[0] customers began,
// alive[t] are still there after their t-th renewal; younger cohorts are
// shorter. Errors: ErrImpossible when survivors increase or are negative.
func Cohorts(cohorts ...[]float64) (Renewals, error) {
	var out Renewals
	for c, alive := range cohorts {
		for t := 1; t < len(alive); t++ {
			if !(alive[t] >= 0) || !(alive[t] <= alive[t-1]) || math.IsInf(alive[t-1], 0) {
				return nil, fmt.Errorf("%w: cohort %d has %v customers after %v", ErrImpossible, c, alive[t], alive[t-1])
			}
			if t > len(out) {
				out = append(out, Renewal{})
			}
			out[t-1].Due += alive[t-1]
			out[t-1].Lost += alive[t-1] - alive[t]
		}
	}
	return out, nil
}

// check answers how many customers were lost and how many renewals in life
// anybody came to.
func (r Renewals) check() (lost float64, seen int, err error) {
	due := 0.0
	for t, x := range r {
		if !(x.Lost >= 0) || !(x.Lost <= x.Due) || math.IsInf(x.Due, 0) {
			return 0, 0, fmt.Errorf("%w: %v lost of %v at renewal %d", ErrImpossible, x.Lost, x.Due, t+1)
		}
		due, lost = due+x.Due, lost+x.Lost
		if x.Due > 0 {
			seen++
		}
	}
	switch {
	case due == 0:
		return 0, 0, ErrEmpty
	case lost == 0:
		return 0, 0, fmt.Errorf("%w: nobody left yet", ErrUnidentified)
	}
	return lost, seen, nil
}

// SBG is the shifted beta-geometric model of contractual retention (Fader &
// Hardie 2007): each customer leaves at any renewal with a chance of his own,
// constant in time, and the chances are spread over customers as Beta(A, B).
// The retention rate of a cohort then rises with age because the loyal stay.
type SBG struct {
	// A and B of the beta; both +Inf when Geometric.
	A, B float64
	// Churn is the mean chance A/(A+B), the churn at the first renewal.
	// Spread is 1/(A+B): 0 when all customers are alike, large when they
	// either leave at once or never.
	Churn, Spread float64
	// Geometric: the data show no spread, and the model is one constant
	// churn. Short: they could not, with fewer than three renewals seen.
	Geometric, Short bool
	// LogLikelihood of the renewals; BIC counts each loss as an observation
	// (Volinsky & Raftery 2000), the lower the better.
	LogLikelihood, BIC float64

	data Renewals
}

// Bounds of the search. Beyond the largest spread, those who stay once stay
// for ever as far as any data can tell; below the smallest all are alike.
const (
	spreadMin, spreadMax = 1e-6, 1e6
	minRenewals          = 3
)

// FitSBG fits by maximum likelihood. Errors: ErrEmpty, ErrImpossible,
// ErrUnidentified when nobody left.
func FitSBG(data Renewals) (*SBG, error) {
	lost, seen, err := data.check()
	if err != nil {
		return nil, err
	}
	geometric := newSBG(data, data.churnAt(0), 0)
	geometric.Short = seen < minRenewals
	geometric.BIC -= math.Log(lost)
	if geometric.Short {
		return geometric, nil
	}
	profile := func(x float64) float64 {
		phi := math.Exp(x)
		return data.logLikelihood(data.churnAt(phi), phi)
	}
	phi := math.Exp(maximum(profile, math.Log(spreadMin), math.Log(spreadMax), 48, 1e-9))
	m := newSBG(data, data.churnAt(phi), phi)
	// Less than this is not a better fit but rounding.
	if m.LogLikelihood < geometric.LogLikelihood+1e-6 {
		return geometric, nil
	}
	return m, nil
}

// newSBG has the BIC of two parameters.
func newSBG(data Renewals, churn, spread float64) *SBG {
	m := &SBG{
		A: churn / spread, B: (1 - churn) / spread,
		Churn: churn, Spread: spread, Geometric: spread == 0, data: data,
	}
	lost := 0.0
	for _, x := range data {
		lost += x.Lost
	}
	m.LogLikelihood = data.logLikelihood(churn, spread)
	m.BIC = 2*math.Log(lost) - 2*m.LogLikelihood
	return m
}

// logLikelihood at a mean churn and a spread: the hazard at the t-th renewal
// is churn/(1+spread(t-1)), which has the geometric model as its limit.
func (r Renewals) logLikelihood(churn, spread float64) (ll float64) {
	for k, x := range r {
		s := spread * float64(k)
		ll += xlogy(x.Lost, churn/(1+s)) + xlogy(x.Due-x.Lost, (1-churn+s)/(1+s))
	}
	return ll
}

// xlogy is x log y, 0 when x is 0.
func xlogy(x, y float64) float64 {
	if x == 0 {
		return 0
	}
	return x * math.Log(y)
}

// churnAt is the mean churn of highest likelihood at a spread. The likelihood
// is concave in churn, so its slope has one root.
func (r Renewals) churnAt(spread float64) float64 {
	slope := func(churn float64) (d float64) {
		for k, x := range r {
			d += x.Lost / churn
			if kept := x.Due - x.Lost; kept > 0 {
				d -= kept / (1 - churn + spread*float64(k))
			}
		}
		return d
	}
	return root(slope, 1e-12, 1-1e-12)
}

// Retention is the share of those who come to renewal t (1, 2, ...) that
// renew.
func (m *SBG) Retention(t int) float64 {
	s := m.Spread * float64(max(t, 1)-1)
	return (1 - m.Churn + s) / (1 + s)
}

// Survival is the share of customers still there after t renewals.
func (m *SBG) Survival(t int) float64 { return m.SurvivalFrom(0, t) }

// SurvivalFrom is the share of customers still there t renewals after their
// n-th.
func (m *SBG) SurvivalFrom(n, t int) float64 {
	s := 1.0
	for k := 1; k <= t; k++ {
		s *= m.Retention(n + k)
	}
	return s
}

// DEL is the discounted expected lifetime of a new customer in payments, the
// first of which is now and counts whole: sum of S(t)/(1+d)^t from t = 0.
// Times the margin of a period it is the lifetime value. d is the discount
// per renewal period, >= 0 (NaN below); without discount it is +Inf when so
// many never leave that the sum has no end (A <= 1).
func (m *SBG) DEL(d float64) float64 {
	return m.discounted(0, d)
}

// DERL is the discounted expected residual lifetime in payments of a customer
// who has made n renewals, the next of which is about to be decided (Fader &
// Hardie 2010, equation 6). d as for DEL.
func (m *SBG) DERL(n int, d float64) float64 {
	return m.Retention(n+1) * m.discounted(n+1, d)
}

// discounted is 2F1(1, B+n; A+B+n; 1/(1+d)).
func (m *SBG) discounted(n int, d float64) float64 {
	if !(d >= 0) {
		return math.NaN()
	}
	k := m.Spread * float64(n)
	return hyper1(1-m.Churn+k, 1+k, m.Spread, 1/(1+d))
}

// hyper1 is Gauss' hypergeometric function 2F1(1, b/unit; c/unit; z), for
// 0 < b <= c and 0 <= z <= 1. Scaled arguments let unit be 0, where it is
// 1/(1 - z b/c). Gauss' continued fraction has positive coefficients here and
// converges for every z < 1, in about 1/sqrt(1-z) steps, where the series
// takes 1/(1-z); at 1 Gauss' theorem has the sum.
func hyper1(b, c, unit, z float64) float64 {
	if z == 1 {
		if c-b <= unit {
			return math.Inf(1)
		}
		return (c - unit) / (c - b - unit)
	}
	e := c - unit
	coefficient := func(j int) float64 {
		k := unit * float64(j/2)
		if j == 1 {
			return b / c
		}
		if j%2 == 1 {
			return (b + k) * (e + k) / ((e + 2*k) * (e + 2*k + unit))
		}
		return k * (e - b + k) / ((e + 2*k - unit) * (e + 2*k))
	}
	// 1/(1 - u1 z/(1 - u2 z/(1 - ...))) by Lentz's algorithm.
	f, c1, d1 := 1.0, math.Inf(1), 1.0
	for j := 1; j < 10_000_000; j++ {
		u := coefficient(j) * z
		d1 = 1 / (1 - u*d1)
		c1 = 1 - u/c1
		f *= c1 * d1
		if math.Abs(c1*d1-1) < 1e-15 {
			break
		}
	}
	return f
}

// Interval is the profile-likelihood interval of a figure of the model:
// everything it can be while the data stay credible. The figure must fall (or
// must rise) with Churn at any given Spread, as survival, retention, DEL and
// DERL do. Long projections get honestly wide: the data may hardly tell a
// spread from none. A figure that is infinite for credible models makes High
// +Inf. Never narrower for Short data, whose spread may be anything.
func (m *SBG) Interval(level float64, figure func(*SBG) float64) Interval {
	r := m.region(level)
	// Which side of churn makes the figure low; where it is infinite at both
	// sides, another spread must tell.
	low, high := -1, 1
	for _, share := range []float64{0.5, 0.25, 0.75, 0, 1} {
		x := r.from + share*(r.to-r.from)
		if a, b := figure(r.edge(x, -1)), figure(r.edge(x, 1)); a != b {
			if a > b {
				low, high = 1, -1
			}
			break
		}
	}
	bottom := maximum(func(x float64) float64 { return -figure(r.edge(x, low)) }, r.from, r.to, 16, 1e-5)
	top := maximum(func(x float64) float64 { return figure(r.edge(x, high)) }, r.from, r.to, 16, 1e-5)
	return Interval{figure(r.edge(bottom, low)), figure(r.edge(top, high))}
}

// region is where the likelihood is within reach of its maximum: log spreads
// from..to, and at each of them a range of churns.
type region struct {
	data     Renewals
	least    float64
	from, to float64
}

func (m *SBG) region(level float64) region {
	r := region{data: m.data, least: m.LogLikelihood - distuv.ChiSquared{K: 1}.Quantile(level)/2}
	r.from, r.to = math.Log(spreadMin), math.Log(spreadMax)
	excess := func(x float64) float64 {
		phi := math.Exp(x)
		return r.data.logLikelihood(r.data.churnAt(phi), phi) - r.least
	}
	best := r.from
	if m.Spread > 0 {
		best = math.Log(m.Spread)
	}
	if excess(r.from) < 0 {
		r.from = root(func(x float64) float64 { return -excess(x) }, r.from, best)
	}
	if excess(r.to) < 0 {
		r.to = root(excess, best, r.to)
	}
	return r
}

// edge is the model at log spread x with the least (side -1) or the largest
// (+1) credible churn.
func (r region) edge(x float64, side int) *SBG {
	phi := math.Exp(x)
	best := r.data.churnAt(phi)
	excess := func(churn float64) float64 { return r.data.logLikelihood(churn, phi) - r.least }
	churn := best
	switch {
	case excess(best) <= 0: // a corner, met only within rounding
	case side < 0:
		churn = root(func(c float64) float64 { return -excess(c) }, 0, best)
	default:
		churn = root(excess, best, 1)
	}
	return &SBG{A: churn / phi, B: (1 - churn) / phi, Churn: churn, Spread: phi}
}
