package stats

import "math"

// NPSStratum is the answers of one part of a base and how large the part is.
type NPSStratum struct {
	Answers
	Base float64
}

// PostStratifiedNPS is the Net Promoter Score that the whole base would give
// if in each of its strata those who answered stand for those who did not: the
// strata's scores weighted by their share of the base, in points. covered is
// the part of the base that lies in strata with answers; the others are left
// out. The interval takes the adjusted standard errors of the strata as
// independent, and the weights as known. ok is false without a stratum that
// has both.
func PostStratifiedNPS(strata []NPSStratum, level float64) (score float64, i Interval, covered float64, ok bool) {
	total, heard := 0.0, 0.0
	for _, s := range strata {
		total += s.Base
		if s.All > 0 {
			heard += s.Base
		}
	}
	if !(heard > 0) {
		return 0, Interval{}, 0, false
	}
	centre, variance := 0.0, 0.0
	for _, s := range strata {
		c, se, has := npsAdjusted(s.Promoters, s.Detractors, s.All)
		if !has {
			continue
		}
		w := s.Base / heard
		score += w * (s.Promoters - s.Detractors) / s.All
		centre += w * c
		variance += w * w * se * se
	}
	half := z(level) * math.Sqrt(variance)
	low, high := math.Min(score, math.Max(-1, centre-half)), math.Max(score, math.Min(1, centre+half))
	return 100 * score, Interval{100 * low, 100 * high}, heard / total, true
}
