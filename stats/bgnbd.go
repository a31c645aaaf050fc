package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/optimize"
)

// Buyer is the history of N customers alike who buy without a contract (usage
// credits, pay as you go). Times are from the first purchase on, in any one
// unit.
type Buyer struct {
	// Repeats counts purchases after the first; Last is when the last of them
	// was, 0 without any; Age is how long the customer has been watched.
	Repeats, Last, Age float64
	// N is how many customers: 1 for a row per customer.
	N float64
}

// BGNBD is the beta-geometric/negative binomial model of buying without a
// contract (Fader, Hardie & Lee 2005): a customer buys at random at a rate of
// his own, spread over customers as Gamma(R, rate Alpha), and after any
// purchase leaves for good with a chance of his own, spread as Beta(A, B).
// Not for subscriptions, where leaving is seen. A customer who never bought
// again counts as surely alive: the model lets nobody leave before a second
// purchase.
type BGNBD struct {
	R, Alpha, A, B float64
	LogLikelihood  float64
}

// FitBGNBD fits by maximum likelihood. Customers who show no spread, or no
// leaving, drive parameters towards 0 or infinity; they stop at finite values
// that predict the same. Errors: ErrEmpty, ErrImpossible,
// ErrUnidentified when nobody bought again.
func FitBGNBD(buyers []Buyer) (*BGNBD, error) {
	n, repeats, span := 0.0, 0.0, 0.0
	for k, b := range buyers {
		if err := b.check(); err != nil {
			return nil, fmt.Errorf("%w (buyer %d)", err, k)
		}
		n, repeats, span = n+b.N, repeats+b.N*b.Repeats, span+b.N*b.Age
	}
	switch {
	case n == 0:
		return nil, ErrEmpty
	case repeats == 0:
		return nil, fmt.Errorf("%w: nobody bought again", ErrUnidentified)
	}
	// Equal counts side by side share their gamma functions.
	sorted := slices.Clone(buyers)
	slices.SortFunc(sorted, func(a, b Buyer) int { return cmp.Compare(a.Repeats, b.Repeats) })
	// Start from everybody alike in part, at the rate seen.
	x, outside := positive([]float64{1, span / repeats, 1, 2})
	model := func(x []float64) (*BGNBD, float64) {
		p, far := outside(x)
		return &BGNBD{R: p[0], Alpha: p[1], A: p[2], B: p[3]}, far
	}
	problem := optimize.Problem{
		Func: func(x []float64) float64 {
			m, far := model(x)
			return far - m.logLikelihood(sorted)/n
		},
		Grad: func(gradient, x []float64) {
			m, _ := model(x)
			for k, slope := range m.slopes(sorted) {
				gradient[k] = -slope / n
			}
		},
	}
	m, _ := model(slide(problem, x))
	m.LogLikelihood = m.logLikelihood(sorted)
	return m, nil
}

func (b Buyer) check() error {
	switch {
	case !(b.N >= 0) || !(b.Repeats >= 0) || !(b.Last >= 0) || math.IsInf(b.N+b.Repeats+b.Age, 0):
		return fmt.Errorf("%w: a count or a time is negative or not a number", ErrImpossible)
	case !(b.Last <= b.Age):
		return fmt.Errorf("%w: bought at %v, watched until %v", ErrImpossible, b.Last, b.Age)
	case (b.Repeats == 0) != (b.Last == 0):
		return fmt.Errorf("%w: %v purchases again, the last at %v", ErrImpossible, b.Repeats, b.Last)
	}
	return nil
}

// positive searches parameters that must be positive by their logarithms. It
// answers where to start, and what a point means: the parameters, kept within
// a factor of e^15 of the start, and how far beyond that the point lies.
func positive(start []float64) (x []float64, of func([]float64) ([]float64, float64)) {
	x = make([]float64, len(start))
	for k, s := range start {
		x[k] = math.Log(s)
	}
	origin := slices.Clone(x)
	return x, func(x []float64) (p []float64, outside float64) {
		p = make([]float64, len(x))
		for k := range x {
			y := math.Max(origin[k]-15, math.Min(origin[k]+15, x[k]))
			outside += math.Abs(x[k] - y)
			p[k] = math.Exp(y)
		}
		return p, outside
	}
}

// logLikelihood of buyers sorted by Repeats: equation 6 of the paper, in
// logarithms throughout (Fader & Hardie 2013, on its overflow).
func (m *BGNBD) logLikelihood(buyers []Buyer) (ll float64) {
	before, common := -1.0, 0.0
	for _, b := range buyers {
		if x := b.Repeats; x != before {
			before = x
			common = gammaRatio(m.R, x) + m.R*math.Log(m.Alpha) + gammaRatio(m.B, x) - gammaRatio(m.A+m.B, x)
		}
		// Alive until the end of watching, or gone after the last purchase.
		alive := -(m.R + b.Repeats) * math.Log(m.Alpha+b.Age)
		ll += b.N * (common + alive + log1pExp(m.logOddsGone(b)))
	}
	return ll
}

// slopes are the derivatives of logLikelihood by the logarithms of R, Alpha,
// A and B.
func (m *BGNBD) slopes(buyers []Buyer) (d [4]float64) {
	before := -1.0
	var common [4]float64
	for _, b := range buyers {
		x := b.Repeats
		if x != before {
			before = x
			left := mathext.Digamma(m.A+m.B+x) - mathext.Digamma(m.A+m.B)
			common = [4]float64{
				mathext.Digamma(m.R+x) - mathext.Digamma(m.R) + math.Log(m.Alpha),
				m.R / m.Alpha,
				-left,
				mathext.Digamma(m.B+x) - mathext.Digamma(m.B) - left,
			}
		}
		gone := 0.0
		if x > 0 {
			gone = 1 - m.Alive(b)
			d[2] += b.N * gone / m.A
			d[3] -= b.N * gone / (m.B + x - 1)
		}
		end, last := m.Alpha+b.Age, m.Alpha+b.Last
		d[0] += b.N * (common[0] - math.Log(end) + gone*math.Log(end/last))
		d[1] += b.N * (common[1] - (m.R+x)/end + gone*(m.R+x)*(1/end-1/last))
		d[2] += b.N * common[2]
		d[3] += b.N * common[3]
	}
	return [4]float64{d[0] * m.R, d[1] * m.Alpha, d[2] * m.A, d[3] * m.B}
}

// logOddsGone is the logarithm of P(gone)/P(alive) given the history.
func (m *BGNBD) logOddsGone(b Buyer) float64 {
	if b.Repeats == 0 {
		return math.Inf(-1)
	}
	silent := (m.R + b.Repeats) * math.Log1p((b.Age-b.Last)/(m.Alpha+b.Last))
	return math.Log(m.A) - math.Log(m.B+b.Repeats-1) + silent
}

// log1pExp is log(1+e^x) without overflow.
func log1pExp(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// Alive is the chance that a customer with this history may still buy, 0 to
// 1. It is 1 for one who never bought again, which is the model's, not a fact.
func (m *BGNBD) Alive(b Buyer) float64 { return math.Exp(-log1pExp(m.logOddsGone(b))) }

// Expected is how many repeat purchases a new customer makes within t of the
// first; NaN for t < 0.
func (m *BGNBD) Expected(t float64) float64 {
	return expectedPurchases(m.R, m.Alpha, m.A, m.B, t)
}

// ExpectedGiven is how many purchases a customer with this history makes in
// the next t.
func (m *BGNBD) ExpectedGiven(b Buyer, t float64) float64 {
	// Alive, his rate and his chance are a gamma and a beta again.
	return m.Alive(b) * expectedPurchases(m.R+b.Repeats, m.Alpha+b.Age, m.A, m.B+b.Repeats, t)
}

// expectedPurchases is the mean number of purchases within t. The paper's
// closed form has singularities at a = 1 and a+b = 1 that only cancel on
// paper; this sum of positive terms is the same. If nobody left, the count k
// would be negative binomial with z = t/(alpha+t); of k purchases wanted, the
// (j+1)-th happens with the chance E[(1-p)^j] = (b)_j/(a+b)_j.
func expectedPurchases(r, alpha, a, b, t float64) float64 {
	if !(t >= 0) {
		return math.NaN()
	}
	z := t / (alpha + t)
	logP := -r * math.Log1p(t/alpha)
	made, next := 0.0, 1.0
	sum, p, k := 0.0, 0.0, 0.0
	for ; k < 1e8; k++ {
		// For a heavy buyer the first terms underflow: logarithms until the
		// terms count.
		if p == 0 && logP > -600 {
			p = math.Exp(logP)
		}
		sum += p * made
		ratio := (r + k) / (k + 1) * z
		made += next
		next *= (b + k) / (a + b + k)
		// The terms left are at most a geometric series of this ratio.
		if fall := ratio * (1 + next/made); p > 0 && fall < 1 && p*made*ratio < 1e-14*sum*(1-fall) || z == 0 {
			break
		}
		if p > 0 {
			p *= ratio
		} else {
			logP += math.Log(ratio)
		}
	}
	return sum
}
