package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// How many units a figure needs before a page may use it: below MinRanked no
// percentage is ranked or coloured, below MinCompared no two are compared.
const (
	MinRanked   = 5
	MinCompared = 30
)

// Clear tells whether a difference is larger than noise: its interval leaves
// 0 out. Without that a page draws no arrow.
func (e Estimate) Clear() bool { return e.Interval.Low > 0 || e.Interval.High < 0 }

// The changes below are of two independent samples. Two periods of the same
// accounts are not: what an account did last month foretells this one, and
// the interval comes out too wide, so that it hides changes but invents none.
// For a sharper answer take each account's own change and Mean of those.

// Share is Part of Whole units.
type Share struct {
	Part, Whole float64
}

// ShareChange is the difference of two proportions, now less before, with its
// Wald standard error and Newcombe's interval. ok is false when either is not
// a proportion.
func ShareChange(now, before Share, level float64) (e Estimate, ok bool) {
	i, ok := Newcombe(now.Part, now.Whole, before.Part, before.Whole, level)
	if !ok {
		return Estimate{}, false
	}
	p, q := now.Part/now.Whole, before.Part/before.Whole
	se := math.Sqrt(p*(1-p)/now.Whole + q*(1-q)/before.Whole)
	return Estimate{p - q, se, i}, true
}

// NPSChange is the difference of two Net Promoter Scores in points, now less
// before. SE and interval are adjusted Wald, round the difference of the
// adjusted scores. ok is false when either has no answers.
func NPSChange(now, before Answers, level float64) (e Estimate, ok bool) {
	i, ok := NPSDifference(now, before, level)
	if !ok {
		return Estimate{}, false
	}
	_, a, _ := npsAdjusted(now.Promoters, now.Detractors, now.All)
	_, b, _ := npsAdjusted(before.Promoters, before.Detractors, before.All)
	score := func(a Answers) float64 { return 100 * (a.Promoters - a.Detractors) / a.All }
	return Estimate{score(now) - score(before), 100 * math.Hypot(a, b), i}, true
}

// Tally is how many events came in how much exposure (days, account-months).
type Tally struct {
	Events, Exposure float64
}

// TallyChange is the difference of two rates of events per exposure, now less
// before. dispersion is the variance of a count over its mean: 1 for events
// that come independently, above 1 when they come in bursts (see Dispersion);
// less counts as 1. The interval joins the two score intervals of the rates
// (MOVER, Li, Tang & Wong 2014). ok is false without exposure or for counts
// below 0.
func TallyChange(now, before Tally, dispersion, level float64) (e Estimate, ok bool) {
	if !now.valid() || !before.valid() || math.IsNaN(dispersion) || math.IsInf(dispersion, 0) {
		return Estimate{}, false
	}
	dispersion = math.Max(1, dispersion)
	a, b := now.Events/now.Exposure, before.Events/before.Exposure
	x, y := now.score(dispersion, level), before.score(dispersion, level)
	se := math.Sqrt(dispersion * (a/now.Exposure + b/before.Exposure))
	return Estimate{a - b, se, Interval{
		a - b - math.Hypot(a-x.Low, y.High-b),
		a - b + math.Hypot(x.High-a, b-y.Low),
	}}, true
}

func (t Tally) valid() bool {
	return t.Events >= 0 && t.Exposure > 0 && !math.IsInf(t.Events, 0) && !math.IsInf(t.Exposure, 0)
}

// score is the score interval of a Poisson rate. Bursts leave fewer
// independent events.
func (t Tally) score(dispersion, level float64) Interval {
	k, q := t.Events/dispersion, z(level)
	half := q * math.Sqrt(k+q*q/4)
	scale := dispersion / t.Exposure
	return Interval{math.Max(0, k+q*q/2-half) * scale, (k + q*q/2 + half) * scale}
}

// Dispersion is the variance of counts of equal exposure over their mean. ok
// is false below two counts or without any event.
func Dispersion(counts []float64) (ratio float64, ok bool) {
	sum, squares, n := 0.0, 0.0, float64(len(counts))
	for _, c := range counts {
		sum += c
	}
	if n < 2 || !(sum > 0) {
		return 0, false
	}
	for _, c := range counts {
		squares += (c - sum/n) * (c - sum/n)
	}
	return squares / (n - 1) / (sum / n), true
}

// Sample is N values by their sum and the sum of their squares.
type Sample struct {
	N, Sum, Squares float64
}

// variance of the values, divided by N-1.
func (s Sample) variance() float64 {
	return math.Max(0, (s.Squares-s.Sum*s.Sum/s.N)/(s.N-1))
}

// MeanChange is the difference of two means, now less before, by Welch's
// interval. ok is false when either has fewer than two values. Values all
// equal on both sides give an interval of zero width.
func MeanChange(now, before Sample, level float64) (e Estimate, ok bool) {
	if !(now.N >= 2) || !(before.N >= 2) || math.IsNaN(now.Sum+now.Squares+before.Sum+before.Squares) {
		return Estimate{}, false
	}
	d := now.Sum/now.N - before.Sum/before.N
	a, b := now.variance()/now.N, before.variance()/before.N
	se := math.Sqrt(a + b)
	if se == 0 {
		return Estimate{d, 0, Interval{d, d}}, true
	}
	// Welch and Satterthwaite.
	freedom := (a + b) * (a + b) / (a*a/(now.N-1) + b*b/(before.N-1))
	half := distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(1-(1-level)/2) * se
	return Estimate{d, se, Interval{d - half, d + half}}, true
}
