package metric

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Of accounts whose use does not change, quiet or busy, even or in bursts, at
// most about one in a hundred is flagged; of those that fell silent, most are.
func TestBreakLevel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const accounts = 4000
	flagged := func(weekly, burst float64, silent int) float64 {
		n := 0.0
		for range accounts {
			weeks := make([]float64, 8)
			for i := range weeks {
				if i < silent {
					continue
				}
				// What people do in one go comes together.
				for left := r.ExpFloat64(); left < weekly/burst; left += r.ExpFloat64() {
					weeks[i] += math.Ceil(burst * r.ExpFloat64())
				}
			}
			if falls(weeks) {
				n++
			}
		}
		return n / accounts
	}
	for _, c := range []struct{ weekly, burst float64 }{{2, 1}, {10, 1}, {40, 1}, {40, 8}, {200, 20}} {
		if wrong, found := flagged(c.weekly, c.burst, 0), flagged(c.weekly, c.burst, 3); wrong > 0.015 || c.weekly >= 40 && c.burst == 1 && found < 0.9 {
			t.Errorf("%v: %v of the unchanged are flagged, %v of the silent", c, wrong, found)
		} else {
			t.Logf("%v: %.4f, %.3f", c, wrong, found)
		}
	}
}
