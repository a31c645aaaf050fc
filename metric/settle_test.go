package metric

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The order in which floats are added does not show in a figure, which keeps
// what it had to thirteen digits.
func TestSettled(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		parts := make([]float64, 1000)
		for i := range parts {
			parts[i] = 100 * random.Float64() * random.Float64() / 3
		}
		total := func() (sum float64) {
			random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			for _, x := range parts {
				sum += x
			}
			return sum
		}
		a, b := total(), total()
		if settled(a) != settled(b) {
			t.Errorf("%v and %v are settled as %v and %v", a, b, settled(a), settled(b))
		}
		if math.Abs(settled(a)-a) > 1e-12*a {
			t.Errorf("%v became %v", a, settled(a))
		}
	}
	for _, x := range []float64{0, -0.05, 0.05, 1.0 / 8, 123456789012345, 1e300, 1e-300, -98765.4321, math.Inf(1)} {
		if settled(x) != x {
			t.Errorf("%v became %v", x, settled(x))
		}
	}
	if got := settled(2.0 / 3); got != 0.6666666666667 {
		t.Errorf("two thirds are %v", got)
	}
}
