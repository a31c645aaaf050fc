package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Of simulated series the band holds the later value as often as it says: under
// its assumption exactly, and more often where values come back to a level.
func TestDriftCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	const runs = 6000
	for _, c := range []struct {
		name     string
		n, ahead int
		next     func(last float64) float64
		low, top float64
	}{
		{"a short walk, one step", 6, 1, func(x float64) float64 { return x + 0.5 + 2*r.NormFloat64() }, 0.94, 0.96},
		{"a short walk, half a year", 6, 6, func(x float64) float64 { return x + 0.5 + 2*r.NormFloat64() }, 0.94, 0.96},
		{"a long walk", 30, 6, func(x float64) float64 { return x - 3 + r.NormFloat64() }, 0.94, 0.96},
		{"noise round a level", 12, 3, func(float64) float64 { return 10 + r.NormFloat64() }, 0.97, 1},
	} {
		held := 0
		for range runs {
			values := []float64{100}
			for len(values) < c.n+c.ahead {
				values = append(values, c.next(values[len(values)-1]))
			}
			out, ok := Drift(values[:c.n], c.ahead, Level)
			if !ok || len(out) != c.ahead {
				t.Fatal("no forecast")
			}
			x, at := values[len(values)-1], out[c.ahead-1]
			if x >= at.Interval.Low && x <= at.Interval.High {
				held++
			}
		}
		if share := float64(held) / runs; share < c.low || share > c.top {
			t.Errorf("%s: the band held %.3f of the values, wanted %.2f to %.2f", c.name, share, c.low, c.top)
		}
	}
}

func TestDrift(t *testing.T) {
	if _, ok := Drift([]float64{1, 2, 3, 4, 5}, 1, Level); ok {
		t.Error("five values are a forecast")
	}
	if _, ok := Drift([]float64{1, 2, math.NaN(), 4, 5, 6}, 1, Level); ok {
		t.Error("what is no number is a forecast")
	}
	out, _ := Drift([]float64{1, 2, 3, 4, 5, 6}, 2, Level)
	if out[1].Value != 8 || out[1].Interval != (Interval{8, 8}) || out[1].Above(8) != 1 || out[1].Above(8.1) != 0 {
		t.Errorf("a straight line: %+v", out)
	}
	out, _ = Drift([]float64{1, 3, 2, 4, 3, 5}, 1, Level)
	if p := out[0].Above(out[0].Value); math.Abs(p-0.5) > 1e-9 || math.Abs(out[0].Above(out[0].Interval.High)-0.025) > 1e-6 {
		t.Errorf("the chance of the middle is %v", p)
	}
}
