// Package stats is pure statistics: numbers in, numbers out, no clock and no
// randomness. Every function states what it assumes and what it answers when
// there is nothing to say.
package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Level is the confidence that the program shows everywhere: 95 %.
const Level = 0.95

// Interval is a two-sided confidence interval; Low <= High.
type Interval struct {
	Low, High float64
}

// Contains tells whether x lies inside, the bounds included.
func (i Interval) Contains(x float64) bool { return x >= i.Low && x <= i.High }

// z is the two-sided normal quantile of a confidence level: 1.96 for 0.95.
func z(level float64) float64 { return distuv.UnitNormal.Quantile(1 - (1-level)/2) }

// Wilson is the score interval of a proportion: k successes of n trials
// (Wilson 1927). It stays inside [0, 1], is never of zero width, and keeps
// its coverage for small n and for k near 0 or n, where k/n ± 1.96 SE fails.
// ok is false when n is 0 or the counts are impossible.
func Wilson(k, n, level float64) (i Interval, ok bool) {
	if !(n > 0) || k < 0 || k > n {
		return Interval{}, false
	}
	q := z(level)
	p, q2 := k/n, q*q
	scale := 1 / (1 + q2/n)
	centre := (p + q2/(2*n)) * scale
	half := q * scale * math.Sqrt(p*(1-p)/n+q2/(4*n*n))
	i = Interval{math.Max(0, centre-half), math.Min(1, centre+half)}
	// At the ends the algebra gives the bound exactly; rounding must not.
	if k == 0 {
		i.Low = 0
	}
	if k == n {
		i.High = 1
	}
	return i, true
}

// Newcombe is the interval of the difference of two independent proportions,
// k1/n1 - k2/n2, built of the two Wilson intervals (Newcombe 1998, method
// 10). ok is false when either is not a proportion.
func Newcombe(k1, n1, k2, n2, level float64) (i Interval, ok bool) {
	w1, ok1 := Wilson(k1, n1, level)
	w2, ok2 := Wilson(k2, n2, level)
	if !ok1 || !ok2 {
		return Interval{}, false
	}
	p1, p2 := k1/n1, k2/n2
	d := p1 - p2
	return Interval{
		d - math.Hypot(p1-w1.Low, w2.High-p2),
		d + math.Hypot(w1.High-p1, p2-w2.Low),
	}, true
}

// npsPrior is what the adjusted Wald method adds before it counts: three
// answers, a quarter promoters, a quarter detractors, the rest passive
// (Rocks 2016, the best coverage of the intervals compared there).
const (
	npsPriorAnswers = 3
	npsPriorSide    = 0.75
)

// npsAdjusted is the centre and the standard error, in proportions.
func npsAdjusted(promoters, detractors, answers float64) (centre, se float64, ok bool) {
	if !(answers > 0) || promoters < 0 || detractors < 0 || promoters+detractors > answers {
		return 0, 0, false
	}
	n := answers + npsPriorAnswers
	p, d := (promoters+npsPriorSide)/n, (detractors+npsPriorSide)/n
	return p - d, math.Sqrt((p + d - (p-d)*(p-d)) / n), true
}

// NPS is the adjusted Wald interval of a Net Promoter Score in points
// (-100 to +100), from counts of promoters, detractors and all answers. Its
// centre is the adjusted score, so the plain score need not lie in its
// middle. A single answer's score lies outside: there the interval is widened
// to it. ok is false without answers.
func NPS(promoters, detractors, answers, level float64) (i Interval, ok bool) {
	c, se, ok := npsAdjusted(promoters, detractors, answers)
	if !ok {
		return Interval{}, false
	}
	half, score := z(level)*se, (promoters-detractors)/answers
	low, high := math.Min(score, math.Max(-1, c-half)), math.Max(score, math.Min(1, c+half))
	return Interval{100 * low, 100 * high}, true
}

// Answers counts what a Net Promoter Score is made of. Passives are the rest.
type Answers struct {
	Promoters, Detractors, All float64
}

// NPSDifference is the interval of a's score less b's, in points, for two
// independent sets of answers, by the adjusted standard errors.
func NPSDifference(a, b Answers, level float64) (i Interval, ok bool) {
	ca, sa, oka := npsAdjusted(a.Promoters, a.Detractors, a.All)
	cb, sb, okb := npsAdjusted(b.Promoters, b.Detractors, b.All)
	if !oka || !okb {
		return Interval{}, false
	}
	d, half := ca-cb, z(level)*math.Hypot(sa, sb)
	return Interval{100 * math.Max(-2, d-half), 100 * math.Min(2, d+half)}, true
}

// Mean is Student's interval of a mean from n values, their sum and the sum
// of their squares. ok is false below two values, where the spread is
// unknown. Values all equal give an interval of zero width.
func Mean(n, sum, squares, level float64) (i Interval, ok bool) {
	if n < 2 || math.IsNaN(sum) || math.IsNaN(squares) {
		return Interval{}, false
	}
	mean := sum / n
	// Rounding can take the difference a hair below zero.
	variance := math.Max(0, (squares-sum*mean)/(n-1))
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}
	half := t.Quantile(1-(1-level)/2) * math.Sqrt(variance/n)
	return Interval{mean - half, mean + half}, true
}
