package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// With denominators of 1 a ratio of sums is a mean, and so is its interval.
func TestRatioOfSumsIsAMean(t *testing.T) {
	want, ok := Mean(5, 20, 100, Level)
	got, ok2 := RatioOfSums(5, 20, 5, 100, 20, 5, Level)
	if !ok || !ok2 || math.Abs(got.Low-want.Low) > 1e-12 || math.Abs(got.High-want.High) > 1e-12 {
		t.Errorf("%v, the mean's is %v", got, want)
	}
	for _, c := range [][2]float64{{1, 5}, {5, 0}} {
		if _, ok := RatioOfSums(c[0], 20, c[1], 100, 20, 5, Level); ok {
			t.Errorf("%v units over %v has an interval", c[0], c[1])
		}
	}
}

// Over many samples both intervals hold the truth about as often as they say.
func TestRatioCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const runs, units = 2000, 80
	var ratio, product float64
	for range runs {
		var s [4]float64
		var x [4][4]float64
		for range units {
			// The size of a unit moves all its columns.
			size := math.Exp(r.NormFloat64() * 0.5)
			row := [4]float64{size * (2 + r.NormFloat64()*0.5), size, size * (1 + r.Float64()), size * (2 + 2*r.Float64())}
			for i := range 4 {
				s[i] += row[i]
				for j := i; j < 4; j++ {
					x[i][j] += row[i] * row[j]
				}
			}
		}
		if i, ok := RatioOfSums(units, s[0], s[1], x[0][0], x[0][1], x[1][1], Level); ok && i.Contains(2) {
			ratio++
		}
		if i, ok := ProductOfRatios(units, s, x, Level); ok && i.Contains(2*0.5) {
			product++
		}
	}
	for name, hits := range map[string]float64{"ratio": ratio, "product": product} {
		if share := hits / runs; share < 0.93 || share > 0.97 {
			t.Errorf("the interval of a %s holds the truth in %.3f of the samples", name, share)
		}
	}
}

// A product needs four sums above zero.
func TestProductOfRatiosUndefined(t *testing.T) {
	var x [4][4]float64
	for i := range 4 {
		s := [4]float64{1, 1, 1, 1}
		s[i] = 0
		if _, ok := ProductOfRatios(10, s, x, Level); ok {
			t.Errorf("sum %d of zero has an interval", i)
		}
	}
}
