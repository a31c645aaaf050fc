package stats

import (
	"fmt"
	"math"
)

// Stratum is two groups under the same circumstances, such as one month: how
// many of the exposed and of the others had the event.
type Stratum struct {
	Exposed, Others Share
}

// RiskRatio is how many times the risk of the exposed is that of the others,
// within strata (Mantel & Haenszel 1959), with the interval of Greenland &
// Robins (1985) on the log scale. SE is that of the logarithm. Over months in
// which nobody counts after the event it estimates the ratio of the monthly
// hazards. Errors: ErrImpossible; ErrEmpty without a stratum that has both;
// ErrUnidentified when either had no event in those.
func RiskRatio(strata []Stratum, level float64) (Estimate, error) {
	var up, down, spread float64
	both := false
	for k, s := range strata {
		a, n, b, m := s.Exposed.Part, s.Exposed.Whole, s.Others.Part, s.Others.Whole
		if !(a >= 0) || !(a <= n) || !(b >= 0) || !(b <= m) || math.IsInf(n+m, 0) {
			return Estimate{}, fmt.Errorf("%w: %v of %v and %v of %v in stratum %d", ErrImpossible, a, n, b, m, k)
		}
		if n == 0 || m == 0 {
			continue
		}
		both = true
		all := n + m
		up, down = up+a*m/all, down+b*n/all
		spread += ((a+b)*n*m - a*b*all) / (all * all)
	}
	switch {
	case !both:
		return Estimate{}, ErrEmpty
	case up == 0 || down == 0:
		return Estimate{}, ErrUnidentified
	}
	se := math.Sqrt(spread / (up * down))
	v, half := up/down, z(level)*se
	return Estimate{v, se, Interval{v * math.Exp(-half), v * math.Exp(half)}}, nil
}
