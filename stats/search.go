package stats

import (
	"math"

	"gonum.org/v1/gonum/optimize"
)

// root finds where f, which falls from positive to not positive, crosses 0
// between low and high; values may be infinite. It answers an end when f does
// not cross. Chandrupatla's method: inverse quadratic steps where the last
// three points promise well, bisection elsewhere.
func root(f func(float64) float64, low, high float64) float64 {
	a, b := low, high
	fa, fb := f(a), f(b)
	if !(fa > 0) {
		return low
	}
	if fb > 0 {
		return high
	}
	t := 0.5
	for range 200 {
		x := a + t*(b-a)
		fx := f(x)
		c, fc := a, fa
		if (fx > 0) != (fa > 0) {
			c, fc, b, fb = b, fb, a, fa
		}
		a, fa = x, fx
		best := a
		if math.Abs(fb) < math.Abs(fa) {
			best = b
		}
		least := (4e-16*math.Abs(best) + 1e-300) / math.Abs(b-a)
		if fa == 0 || least > 0.5 {
			return best
		}
		t = 0.5
		xi, phi := (a-b)/(c-b), (fa-fb)/(fc-fb)
		if phi*phi < xi && (1-phi)*(1-phi) < 1-xi {
			t = fa/(fb-fa)*fc/(fb-fc) + (c-a)/(b-a)*fa/(fc-fa)*fb/(fc-fb)
		}
		t = math.Max(least, math.Min(1-least, t))
	}
	return a
}

// maximum finds where f is largest between low and high, to a precision: the
// best of a grid of that many cells, refined by golden section. It finds the
// global maximum of any f with at most one hill per two cells; NaN counts as
// the worst.
func maximum(f func(float64) float64, low, high float64, cells int, precision float64) float64 {
	best, at := math.Inf(-1), 0
	width := (high - low) / float64(cells)
	if !(width > 0) {
		return low
	}
	for k := 0; k <= cells; k++ {
		if v := f(low + float64(k)*width); v > best {
			best, at = v, k
		}
	}
	a := low + float64(max(at-1, 0))*width
	b := low + float64(min(at+1, cells))*width
	x := golden(f, a, b, precision)
	// The maximum may lie on the grid itself, at an end or at infinity.
	if corner := low + float64(at)*width; !(f(x) > best) {
		return corner
	}
	return x
}

// golden is golden section search for a maximum in [a, b].
func golden(f func(float64) float64, a, b, precision float64) float64 {
	const ratio = 0.6180339887498949
	x, y := b-ratio*(b-a), a+ratio*(b-a)
	fx, fy := f(x), f(y)
	for range 80 {
		if b-a < precision {
			break
		}
		if fx > fy {
			b, y, fy = y, x, fx
			x = b - ratio*(b-a)
			fx = f(x)
		} else {
			a, x, fx = x, y, fy
			y = a + ratio*(b-a)
			fy = f(y)
		}
	}
	return (a + b) / 2
}

// descend searches a minimum from x without derivatives, restarting where it
// stops until a new start finds nothing better: Nelder-Mead alone may halt on
// a slope. It answers the best point met, even when it did not converge.
func descend(p optimize.Problem, x []float64) []float64 {
	best := p.Func(x)
	for range 8 {
		settings := &optimize.Settings{
			FuncEvaluations: 4000,
			Converger:       &optimize.FunctionConverge{Absolute: 1e-10, Relative: 1e-13, Iterations: 40},
		}
		result, err := optimize.Minimize(p, x, settings, &optimize.NelderMead{SimplexSize: 0.3})
		if err != nil && result == nil {
			break
		}
		gain := best - result.F
		if gain > 0 {
			x, best = result.X, result.F
		}
		if !(gain > 1e-8*(1+math.Abs(best))) {
			break
		}
	}
	return x
}

// slide finds a minimum from x by the gradient, in a tenth of the evaluations
// of descend, which takes over where the slope does not become flat.
func slide(p optimize.Problem, x []float64) []float64 {
	const flat = 1e-7
	settings := &optimize.Settings{GradientThreshold: flat / 10, MajorIterations: 300, FuncEvaluations: 1000}
	result, _ := optimize.Minimize(p, x, settings, &optimize.BFGS{})
	if result == nil || !(result.F <= p.Func(x)) {
		return descend(p, x)
	}
	gradient := make([]float64, len(x))
	p.Grad(gradient, result.X)
	for _, g := range gradient {
		if !(math.Abs(g) < flat) {
			return descend(p, result.X)
		}
	}
	return result.X
}
