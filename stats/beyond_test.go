package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestBeyond(t *testing.T) {
	for name, c := range map[string]struct {
		now           float64
		before        []float64
		floor         float64
		clear, enough bool
	}{
		"too few":          {10, []float64{1, 2, 3}, 1, false, false},
		"stood still":      {11, []float64{10, 10, 10, 10, 10}, math.Sqrt(10), false, true},
		"fell to nothing":  {0, []float64{30, 31, 29, 30, 32, 30}, math.Sqrt(30), true, true},
		"moves all around": {10, []float64{30, 5, 60, 12, 44, 20}, math.Sqrt(28), false, true},
		"doubled":          {60, []float64{30, 31, 29, 30, 32, 30}, math.Sqrt(30), true, true},
	} {
		e, ok := Beyond(c.now, c.before, c.floor, 0.99)
		if ok != c.enough || ok && e.Clear() != c.clear {
			t.Errorf("%s: %+v, %v", name, e, ok)
		}
	}
}

// On series of pure noise about one in a hundred is called a move.
func TestBeyondIsSilentOnNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const rounds = 20_000
	alarms := 0
	for range rounds {
		before := make([]float64, 8)
		for i := range before {
			before[i] = 100 + 10*r.NormFloat64()
		}
		if e, ok := Beyond(100+10*r.NormFloat64(), before, 0, 0.99); ok && e.Clear() {
			alarms++
		}
	}
	if share := float64(alarms) / rounds; share < 0.007 || share > 0.013 {
		t.Errorf("%.4f of noise is called a move, want 0.01", share)
	}
}
