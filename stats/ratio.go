package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// RatioOfSums is Student's interval of num/den, sums over independent units,
// by linearisation (Cochran, Sampling Techniques, 6.4): a unit's residual is
// n - R·d. squares, cross and denSquares are the sums of n², n·d and d² over
// the units. ok is false below two units and where den is 0. Residuals all
// zero give an interval of zero width.
func RatioOfSums(units, num, den, squares, cross, denSquares, level float64) (i Interval, ok bool) {
	if units < 2 || den == 0 {
		return Interval{}, false
	}
	r := num / den
	// Rounding can take the sum of squares a hair below zero.
	spread := math.Max(0, squares-2*r*cross+r*r*denSquares)
	half := student(units-1, level) * math.Sqrt(units/(units-1)*spread) / math.Abs(den)
	return Interval{r - half, r + half}, !math.IsNaN(half)
}

// ProductOfRatios is the interval of a/b · c/d, four sums over the same
// independent units, on the log scale: a unit's influence on the logarithm is
// a_i/a - b_i/b + c_i/c - d_i/d. sums are a, b, c, d and cross[i][j], i <= j,
// the sums of the products of the i-th and the j-th over the units. ok is
// false below two units and where a sum is not above zero.
func ProductOfRatios(units float64, sums [4]float64, cross [4][4]float64, level float64) (i Interval, ok bool) {
	if units < 2 {
		return Interval{}, false
	}
	signs := [4]float64{1, -1, 1, -1}
	spread := 0.0
	for j := range 4 {
		if !(sums[j] > 0) {
			return Interval{}, false
		}
		for k := j; k < 4; k++ {
			term := signs[j] * signs[k] * cross[j][k] / (sums[j] * sums[k])
			if k > j {
				term *= 2
			}
			spread += term
		}
	}
	half := student(units-1, level) * math.Sqrt(units/(units-1)*math.Max(0, spread))
	v := sums[0] / sums[1] * sums[2] / sums[3]
	return Interval{v * math.Exp(-half), v * math.Exp(half)}, !math.IsNaN(half) && !math.IsInf(half, 0)
}

// student is how many standard errors an interval of the level reaches to
// each side.
func student(freedom, level float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(1 - (1-level)/2)
}
