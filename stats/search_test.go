package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/optimize"
)

func TestRoot(t *testing.T) {
	evaluations := 0
	for _, c := range []struct {
		f               func(float64) float64
		low, high, want float64
	}{
		{func(x float64) float64 { return 2 - x*x }, 0, 9, math.Sqrt2},
		{func(x float64) float64 { return 1/x - 1e9 }, 0, 1, 1e-9},
		{func(x float64) float64 { return -math.Log(x) }, 0, 1e6, 1},
		{func(x float64) float64 { return math.Copysign(1, 0.3-x) }, 0, 1, 0.3},
		{func(x float64) float64 { return math.Pow(1-x, 9) }, 0, 3, 1},
		{func(x float64) float64 { return -1 }, 2, 3, 2},
		{func(x float64) float64 { return 1 }, 2, 3, 3},
	} {
		got := root(func(x float64) float64 { evaluations++; return c.f(x) }, c.low, c.high)
		if !near(got, c.want, 1e-9*(1+c.want)) && !near(c.f(got), 0, 1e-60) {
			t.Errorf("root %v, want %v", got, c.want)
		}
	}
	if evaluations > 500 {
		t.Errorf("%d evaluations", evaluations)
	}
}

func TestMaximum(t *testing.T) {
	r := rand.New(rand.NewPCG(24, 1))
	for range 100 {
		at := r.Float64()
		if got := maximum(func(x float64) float64 { return -math.Abs(x - at) }, 0, 1, 10, 1e-8); !near(got, at, 1e-7) {
			t.Fatalf("maximum at %v, want %v", got, at)
		}
	}
	// At an end, on a plateau, infinite, and of two hills the higher.
	for _, c := range []struct {
		f    func(float64) float64
		want float64
	}{
		{func(x float64) float64 { return x }, 1},
		{func(x float64) float64 { return -x }, 0},
		{func(x float64) float64 { return 1 / (1 - x) }, 1},
		{func(x float64) float64 { return math.Sin(20*x) + x/5 }, 0.70736},
	} {
		if got := maximum(c.f, 0, 1, 24, 1e-8); !near(c.f(got), c.f(c.want), 1e-6) && !near(got, c.want, 1e-5) {
			t.Errorf("maximum at %v, want %v", got, c.want)
		}
	}
	if got := maximum(math.Sin, 2, 2, 5, 1e-8); got != 2 {
		t.Errorf("maximum of a point: %v", got)
	}
}

// Rosenbrock's valley, where Nelder-Mead alone may stop too soon.
func TestDescend(t *testing.T) {
	x := descend(optimize.Problem{Func: func(x []float64) float64 {
		return 100*math.Pow(x[1]-x[0]*x[0], 2) + math.Pow(1-x[0], 2)
	}}, []float64{-1.2, 1})
	if !near(x[0], 1, 1e-4) || !near(x[1], 1, 1e-4) {
		t.Errorf("minimum at %v", x)
	}
}
