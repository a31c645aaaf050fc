package metric

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

// Verdict says what a change amounts to.
type Verdict string

// The verdicts. Only a real change may be drawn as an arrow.
const (
	// Real: larger than noise.
	Real Verdict = "real"
	// Noise: chance or habit explains it.
	Noise Verdict = "noise"
	// Same: an exact figure that did not move.
	Same Verdict = "same"
	// Unknown: the two cannot be compared; Why says why.
	Unknown Verdict = "unknown"
)

// Why says what a verdict rests on.
type Why string

// The grounds of a verdict.
const (
	// Exact: the figure is a state that is fully known, no estimate.
	Exact Why = "exact"
	// Interval: the 95 % interval of the difference decides, by whether it
	// holds zero.
	Interval Why = "interval"
	// Habit: the figure is a count, and its usual ups and downs decide.
	Habit Why = "habit"
	// Length: periods of different length explain it.
	Length Why = "length"
	// Few: fewer than stats.MinCompared units on one side; of a count, fewer
	// than stats.MinRanked on both.
	Few Why = "few"
	// Short: too short a history to know the usual ups and downs.
	Short Why = "short_history"
	// Open: one of the periods is not complete.
	Open Why = "incomplete"
	// NoInterval: one of the figures has no interval to compare by.
	NoInterval Why = "no_interval"
)

// Change is a figure held against the one some periods before.
type Change struct {
	// Before is the earlier period.
	Before farol.Period
	// Difference is the later value less the earlier one, in the metric's
	// unit: 0.01 of a share is a percentage point.
	Difference float64
	// Low and High are the 95 % interval of the difference, nil where there
	// is none: exact figures, and those that cannot be compared.
	Low, High *float64
	Verdict   Verdict
	Why       Why
}

// State tells that the figure is what is true at the end of the period and
// fully known: an amount in force. It is exact, and its open period is as good
// as a closed one.
func (m *Metric) State() bool {
	return m.Aggregation == Sum && m.Unit == Money && slices.Contains(m.doors, "payingAt")
}

// ByHabit tells whether a change of the figure is judged by how much it moved
// before: it is a count, which has no interval of its own.
func (m *Metric) ByHabit() bool {
	return !m.State() && !m.Aggregation.has("denominator") && !m.Aggregation.ones() && m.Aggregation != ShareOfDays
}

// Lag is how many periods back a fair comparison looks: the same weekday for
// days, the period before for the rest.
func Lag(g farol.Grain) int {
	if g == farol.Daily {
		return 7
	}
	return 1
}

// Current is the point that stands for the series: the last complete one with
// a value; for a state, the latest. -1 for none.
func (m *Metric) Current(points []Point) int {
	latest := -1
	for i := len(points) - 1; i >= 0; i-- {
		if points[i].Value == nil {
			continue
		}
		if points[i].Complete || m.State() {
			return i
		}
		if latest < 0 {
			latest = i
		}
	}
	return latest
}

// Change holds the i-th of the points, which are one group's in order of
// time, against the one lag periods before. The points before those tell how
// much a count usually moves. nil when either has no value.
func (m *Metric) Change(points []Point, i, lag int) *Change {
	if lag < 1 || i < lag || points[i].Value == nil || points[i-lag].Value == nil {
		return nil
	}
	now, before := points[i], points[i-lag]
	c := &Change{Before: before.Period, Difference: *now.Value - *before.Value}
	switch {
	case m.State():
		c.Verdict, c.Why = Real, Exact
		if c.Difference == 0 {
			c.Verdict = Same
		}
	case !now.Complete || !before.Complete:
		c.Verdict, c.Why = Unknown, Open
	case m.ByHabit():
		m.counted(c, points[:i+1], lag)
	default:
		m.estimated(c, now, before)
	}
	return c
}

// Changes answers the change of every point of the series since the lag of
// its grain, in the order of the points; nil where there is none.
func (m *Metric) Changes(s Series) []*Change {
	out := make([]*Change, len(s.Points))
	groups := map[string][]int{}
	for i, pt := range s.Points {
		groups[pt.Group] = append(groups[pt.Group], i)
	}
	for _, places := range groups {
		points := make([]Point, len(places))
		for k, i := range places {
			points[k] = s.Points[i]
		}
		for k, i := range places {
			out[i] = m.Change(points, k, Lag(s.Grain))
		}
	}
	return out
}

// by sets the interval of the difference and the verdict that it gives.
func (c *Change) by(i stats.Interval, ok bool, why Why) {
	if !ok || math.IsNaN(i.Low+i.High) {
		c.Verdict, c.Why = Unknown, NoInterval
		return
	}
	c.Low, c.High, c.Verdict, c.Why = &i.Low, &i.High, Noise, why
	// An interval that only touches zero says nothing either.
	if (stats.Estimate{Interval: i}).Clear() {
		c.Verdict = Real
	}
}

// estimated compares two figures that have intervals.
func (m *Metric) estimated(c *Change, now, before Point) {
	if min(now.Units, before.Units) < stats.MinCompared {
		c.Verdict, c.Why = Unknown, Few
		return
	}
	if m.Compound < 2 {
		switch m.Aggregation {
		case Proportion, RollingShare:
			e, ok := stats.ShareChange(stats.Share{Part: *now.Numerator, Whole: *now.Denominator}, stats.Share{Part: *before.Numerator, Whole: *before.Denominator}, stats.Level)
			c.by(e.Interval, ok, Interval)
			return
		case NPS:
			a, okA := answersOf(now)
			b, okB := answersOf(before)
			e, ok := stats.NPSChange(a, b, stats.Level)
			c.by(e.Interval, ok && okA && okB, Interval)
			return
		case Mean:
			a, okA := sampleOf(now)
			b, okB := sampleOf(before)
			e, ok := stats.MeanChange(a, b, stats.Level)
			c.by(e.Interval, ok && okA && okB, Interval)
			return
		}
	}
	i, ok := facing(now, before)
	c.by(i, ok, Interval)
}

// facing is the interval of the difference of two independent figures by
// their own intervals, which are as far apart as both at right angles (MOVER,
// Zou & Donner 2008).
func facing(a, b Point) (i stats.Interval, ok bool) {
	if a.Low == nil || a.High == nil || b.Low == nil || b.High == nil {
		return i, false
	}
	d := *a.Value - *b.Value
	return stats.Interval{
		Low:  d - math.Hypot(*a.Value-*a.Low, *b.High-*b.Value),
		High: d + math.Hypot(*a.High-*a.Value, *b.Value-*b.Low),
	}, true
}

// answersOf counts promoters and detractors of a score. A point keeps their
// difference; their sum is in the width of its interval, of which one end is
// always free of the bounds of the scale.
func answersOf(pt Point) (a stats.Answers, ok bool) {
	if pt.Low == nil || pt.High == nil || *pt.Denominator <= 0 {
		return a, false
	}
	balance, n := *pt.Numerator, *pt.Denominator
	find := func(sum float64) stats.Answers {
		return stats.Answers{Promoters: (sum + balance) / 2, Detractors: (sum - balance) / 2, All: n}
	}
	// The interval widens with the sum, so bisection finds it.
	low, high := math.Abs(balance), n
	for range 60 {
		mid := (low + high) / 2
		a = find(mid)
		i, ok := stats.NPS(a.Promoters, a.Detractors, a.All, stats.Level)
		if !ok {
			return a, false
		}
		if i.High-i.Low < *pt.High-*pt.Low {
			low = mid
		} else {
			high = mid
		}
	}
	return find(math.Round((low + high) / 2)), true
}

// sampleOf is what a mean was taken of: the squares follow from the width of
// Student's interval.
func sampleOf(pt Point) (s stats.Sample, ok bool) {
	n := float64(pt.Units)
	if pt.Low == nil || pt.High == nil || n < 2 {
		return s, false
	}
	half := (*pt.High - *pt.Low) / 2
	t := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(1 - (1-stats.Level)/2)
	variance := half * half / (t * t) * n
	sum := *pt.Value * n
	return stats.Sample{N: n, Sum: sum, Squares: variance*(n-1) + sum*sum/n}, true
}

// minMoves is how many earlier changes it takes to know what is usual.
const minMoves = 4

// counted compares two counts by how much the series has moved over the same
// lag before. The last of the points is now.
func (m *Metric) counted(c *Change, points []Point, lag int) {
	last := len(points) - 1
	now, before := points[last], points[last-lag]
	if m.size(now) < stats.MinRanked && m.size(before) < stats.MinRanked {
		c.Verdict, c.Why = Unknown, Few
		return
	}
	moves, level := usual(points[:last], lag)
	if len(moves) < minMoves {
		c.Verdict, c.Why = Unknown, Short
		return
	}
	variance := spread(moves) / 2 // of one count: a move has two
	freedom := max(1, float64(len(moves)-1)/1.5)
	t := distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(1 - (1-stats.Level)/2)
	if m.Aggregation != Sum || level <= 0 || m.Unit == Money {
		// Who was active tends to be again, so such counts may move less than
		// independent events would.
		half := t * math.Sqrt(2*variance)
		c.by(stats.Interval{Low: c.Difference - half, High: c.Difference + half}, true, Habit)
		return
	}
	// A confidence whose normal quantile is Student's: the dispersion is known
	// from a few moves only.
	confidence := 1 - 2*(1-distuv.UnitNormal.CDF(t))
	e, ok := stats.TallyChange(stats.Tally{Events: *now.Value, Exposure: 1}, stats.Tally{Events: *before.Value, Exposure: 1}, variance/level, confidence)
	c.by(e.Interval, ok, Habit)
	if c.Verdict == Real && now.Period.Days() != before.Period.Days() {
		days := float64(before.Period.Days()) / float64(now.Period.Days())
		fair, ok := stats.TallyChange(stats.Tally{Events: *now.Value, Exposure: 1}, stats.Tally{Events: *before.Value, Exposure: days}, variance/level, confidence)
		if !ok || !fair.Clear() || fair.Value > 0 != (c.Difference > 0) {
			c.Verdict, c.Why = Noise, Length
		}
	}
}

// size is of how many a count is.
func (m *Metric) size(pt Point) float64 {
	if m.Unit == Money {
		return float64(pt.Units)
	}
	return max(*pt.Value, float64(pt.Units))
}

// usual lists the changes over the lag among the points, and their mean level.
func usual(points []Point, lag int) (moves []float64, level float64) {
	n := 0.0
	for i, pt := range points {
		if pt.Value == nil || !pt.Complete {
			continue
		}
		level, n = level+*pt.Value, n+1
		if i >= lag && points[i-lag].Value != nil && points[i-lag].Complete {
			moves = append(moves, *pt.Value-*points[i-lag].Value)
		}
	}
	return moves, level / max(1, n)
}

// spread is the variance of the moves: a steady growth is no noise.
func spread(moves []float64) float64 {
	n, sum, squares := float64(len(moves)), 0.0, 0.0
	for _, x := range moves {
		sum += x
	}
	for _, x := range moves {
		squares += (x - sum/n) * (x - sum/n)
	}
	return squares / (n - 1)
}
