package metric

import (
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

// Shrunk is a group's share, drawn towards that of all groups as far as its
// own units are too few to speak for themselves. It is to be shown beside the
// raw value and to be ranked by.
type Shrunk struct {
	Value, Low, High float64
	// Weight is how much of Value is the group's own, 0 to 1.
	Weight float64
}

// maxShrunk bounds the groups of a period: the intervals cost time, and
// nobody compares a thousand.
const maxShrunk = 500

// Shrink answers the shrunk value of every point of a breakdown, in the order
// of the points. It is nil for figures that are no proportions, for points
// without a value, and in periods in which there is nothing to borrow from:
// fewer than three groups, or all or none succeeded.
func (m *Metric) Shrink(s Series) []*Shrunk {
	out := make([]*Shrunk, len(s.Points))
	if m.Aggregation != Proportion || m.Compound > 1 {
		return out
	}
	periods := map[farol.Day][]int{}
	for i, pt := range s.Points {
		if pt.Value != nil {
			periods[pt.Period.From] = append(periods[pt.Period.From], i)
		}
	}
	for _, places := range periods {
		if len(places) > maxShrunk {
			continue
		}
		shares := make([]stats.Share, len(places))
		for k, i := range places {
			shares[k] = stats.Share{Part: *s.Points[i].Numerator, Whole: *s.Points[i].Denominator}
		}
		drawn, _, err := stats.Shrink(shares, stats.Level)
		if err != nil {
			continue // nothing to borrow from
		}
		for k, i := range places {
			out[i] = &Shrunk{drawn[k].Value, drawn[k].Interval.Low, drawn[k].Interval.High, drawn[k].Weight}
		}
	}
	return out
}
