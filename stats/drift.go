package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// MinDrift is how many values Drift needs.
const MinDrift = 6

// Ahead is where a series may be some steps later.
type Ahead struct {
	Value float64
	// Interval is a prediction interval: where one later value lies.
	Interval Interval
	// spread is the standard error of the prediction, on degrees of freedom.
	spread, freedom float64
}

// Drift goes on with a series of equally spaced values for so many steps. It
// takes the changes from step to step for independent draws of one normal
// distribution (a random walk with drift). Then the value h steps on, less the
// last value and h mean changes, over s·sqrt(h + h²/n) has Student's
// distribution with n - 1 degrees of freedom, n being the number of changes
// and s their standard deviation: the interval is exact. Where values come
// back to a level by themselves it is too wide, where changes come in runs too
// narrow. ok is false below MinDrift values.
func Drift(values []float64, steps int, level float64) (out []Ahead, ok bool) {
	n := float64(len(values) - 1)
	if len(values) < MinDrift {
		return nil, false
	}
	last := values[len(values)-1]
	mean := (last - values[0]) / n
	var squares float64
	for i := 1; i < len(values); i++ {
		d := values[i] - values[i-1] - mean
		squares += d * d
	}
	s := math.Sqrt(squares / (n - 1))
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return nil, false
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(1 - (1-level)/2)
	for h := 1.0; h <= float64(steps); h++ {
		spread := s * math.Sqrt(h+h*h/n)
		v := last + h*mean
		out = append(out, Ahead{v, Interval{v - t*spread, v + t*spread}, spread, n - 1})
	}
	return out, true
}

// Above is the chance that the value is at least x, under the assumption.
func (a Ahead) Above(x float64) float64 {
	if a.spread == 0 {
		if a.Value >= x {
			return 1
		}
		return 0
	}
	return 1 - distuv.StudentsT{Mu: a.Value, Sigma: a.spread, Nu: a.freedom}.CDF(x)
}
