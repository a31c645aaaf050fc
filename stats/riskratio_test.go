package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

func TestRiskRatio(t *testing.T) {
	// One stratum is the plain ratio with the plain interval of its logarithm.
	e, err := RiskRatio([]Stratum{{Share{30, 100}, Share{10, 200}}}, Level)
	se := math.Sqrt(1./30 - 1./100 + 1./10 - 1./200)
	if err != nil || math.Abs(e.Value-6) > 1e-12 || math.Abs(e.SE-se) > 1e-12 || math.Abs(e.Interval.Low-6*math.Exp(-1.959964*se)) > 1e-5 {
		t.Errorf("%+v, %v; the standard error should be %v", e, err, se)
	}
	// The same ratio in strata of unlike risk; the crude ratio is another.
	strata := []Stratum{{Share{20, 100}, Share{20, 200}}, {Share{160, 200}, Share{20, 50}}, {Share{}, Share{5, 10}}}
	if e, err = RiskRatio(strata, Level); err != nil || math.Abs(e.Value-2) > 1e-12 {
		t.Errorf("%+v, %v", e, err)
	}
	for _, c := range []struct {
		strata []Stratum
		want   error
	}{
		{nil, ErrEmpty},
		{[]Stratum{{Share{1, 2}, Share{}}}, ErrEmpty},
		{[]Stratum{{Share{0, 10}, Share{3, 10}}}, ErrUnidentified},
		{[]Stratum{{Share{2, 10}, Share{0, 10}}}, ErrUnidentified},
		{[]Stratum{{Share{3, 2}, Share{1, 10}}}, ErrImpossible},
		{[]Stratum{{Share{math.NaN(), 2}, Share{1, 10}}}, ErrImpossible},
	} {
		if _, err := RiskRatio(c.strata, Level); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.strata, err, c.want)
		}
	}
}

// The interval holds the true ratio as often as it says, in months of few
// losses.
func TestRiskRatioCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	draw := func(n int, p float64) (s Share) {
		s.Whole = float64(n)
		for range n {
			if r.Float64() < p {
				s.Part++
			}
		}
		return s
	}
	const runs = 2000
	held := 0
	for range runs {
		var months []Stratum
		for m := range 12 {
			base := 0.005 + 0.001*float64(m)
			months = append(months, Stratum{draw(60, 3*base), draw(140, base)})
		}
		e, err := RiskRatio(months, Level)
		if err != nil || e.Interval.Contains(3) {
			held++
		}
	}
	if share := float64(held) / runs; share < 0.935 || share > 0.97 {
		t.Errorf("the interval holds the truth in %.1f %% of the runs", 100*share)
	}
}
