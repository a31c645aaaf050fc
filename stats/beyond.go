package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Beyond tells whether a value lies outside what the values before it make
// likely: the interval, at the level (0.99), in which the next value of a
// normal series of the same mean and spread falls. floor is the least standard
// deviation to believe in (for counts the root of the mean), so that a series
// that happened to stand still does not call every move a surprise. ok is false
// with fewer than four values before.
//
// References: Hahn, G. J. (1969), "Factors for calculating two-sided prediction
// intervals for samples from a normal distribution".
func Beyond(now float64, before []float64, floor, level float64) (e Estimate, ok bool) {
	n := float64(len(before))
	if n < 4 {
		return Estimate{}, false
	}
	mean, sd := stat.MeanStdDev(before, nil)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(1 - (1-level)/2)
	half := t * math.Max(sd, floor) * math.Sqrt(1+1/n)
	return Estimate{Value: now - mean, Interval: Interval{Low: now - mean - half, High: now - mean + half}}, true
}
