package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// The exact limits of a Poisson mean from the tables (Garwood 1936).
func TestArrivalsOfEqualWorth(t *testing.T) {
	for n, want := range map[float64]Interval{1: {0.0253, 5.5716}, 4: {1.0899, 10.2416}, 10: {4.7954, 18.3904}, 100: {81.364, 121.627}} {
		got, ok := Arrivals(n, n, Level)
		if !ok || math.Abs(got.Low-want.Low) > 1e-3 || math.Abs(got.High-want.High) > 1e-3 {
			t.Errorf("%v came: %v, want %v", n, got, want)
		}
		// Worth nine each, the interval is nine times as high.
		nine, _ := Arrivals(9*n, 81*n, Level)
		if math.Abs(nine.Low-9*got.Low) > 1e-9 || math.Abs(nine.High-9*got.High) > 1e-9 {
			t.Errorf("%v came, worth nine each: %v", n, nine)
		}
	}
	if u := Unseen(Level); math.Abs(u-3.6889) > 1e-4 {
		t.Errorf("of what was not seen %v may have been due", u)
	}
	for _, c := range [][2]float64{{0, 0}, {-1, 1}, {math.NaN(), 1}} {
		if i, ok := Arrivals(c[0], c[1], Level); ok {
			t.Errorf("%v has the interval %v", c, i)
		}
	}
}

// Over many months the interval holds what a month was to bring about as often
// as it says, be there few or many customers, equal or very unequal.
func TestArrivalsCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const runs = 4000
	for _, c := range []struct{ mean, spread float64 }{{4, 0}, {25, 0}, {12, 0.6}, {40, 0.9}} {
		hits, seen := 0.0, 0.0
		truth := c.mean * math.Exp(c.spread*c.spread/2)
		for range runs {
			total, squares := 0.0, 0.0
			for range int(distuv.Poisson{Lambda: c.mean, Src: r}.Rand()) {
				x := math.Exp(c.spread * r.NormFloat64())
				total, squares = total+x, squares+x*x
			}
			if i, ok := Arrivals(total, squares, Level); ok {
				seen++
				if i.Contains(truth) {
					hits++
				}
			}
		}
		if share := hits / seen; share < 0.93 || share > 0.99 {
			t.Errorf("mean %v, spread %v: the truth is inside %.3f of the intervals", c.mean, c.spread, share)
		}
	}
}
