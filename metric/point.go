package metric

import (
	"math"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

// sums are the unit rows of one period and group, added up.
type sums struct {
	// num, den and squares are the sums of the numerators, the denominators
	// and the squared numerators.
	num, den, squares float64
	units             int64
	// times and per are the sums of those columns, cross those of products of
	// two of numerator, denominator, times and per: the intervals of Ratio and
	// Product are made of them. Only the upper half is filled; cross[0][0] is
	// squares.
	times, per float64
	cross      [4][4]float64
	// spells are what the units of a Quantile took.
	spells []stats.Spell
}

// counts tells whether the value counts something, which is never below zero.
func (m *Metric) counts() bool {
	return slices.Contains([]string{"persons", "accounts", "count", ElapsedDays, "seconds", "months"}, m.Unit)
}

// bounds is what the value can be: an index says how many there are of one
// thing for each of another, which is never below zero.
func (m *Metric) bounds() Bounds {
	if m.Bounds == "" && m.Unit == "index" && m.Aggregation == Ratio {
		return PositiveBounds
	}
	return m.Bounds
}

// Hours is a value of elapsed days in hours, where people say it so: below two
// days. Nil for other units, and from two days on.
func Hours(unit string, v *float64) *float64 {
	if unit != ElapsedDays || v == nil || math.Abs(*v) >= 2 {
		return nil
	}
	h := *v * 24
	return &h
}

// covering tells whether the metric counts what went on during the period,
// so that a period in which facts only began is not complete. What is true
// at a moment, or happens to a unit at one (sign-up, answer), needs no cover.
func (m *Metric) covering() bool {
	return m.Window > 0 || m.Previous || slices.ContainsFunc(m.doors, func(d string) bool {
		return d == "present" || d == "accountDays" || d == "personDays" || d == "moments" || d == "silences" || d == "gaps"
	})
}

// point makes the figure of a period and group.
func (p *plan) point(q farol.Period, group string, s sums) Point {
	pt := Point{Period: q, Group: group, Units: s.units}
	if q.From > p.asOf {
		pt.Reason = NotStarted
		return pt
	}
	start, covered := p.start(q)
	if (s.units == 0 || p.metric.Aggregation == RollingShare) && s.num == 0 && !p.received(q) {
		pt.Reason = NoData
		return pt
	}
	if !covered {
		start = p.window(q).From
	}
	pt.Complete = p.elapsed(q) && (!p.metric.covering() || start == p.window(q).From)
	p.figure(&pt, s, float64(p.last(q)-start+1))
	if m := p.metric; (m.Window > 0 || m.Previous || m.Aggregation.rolls()) && start > p.window(q).From {
		pt.Value, pt.Low, pt.High, pt.Reason, pt.Complete = nil, nil, nil, WindowNotCovered, false
	}
	pt.compound(p.metric.Compound)
	p.scale(&pt)
	pt.settle()
	return pt
}

// settle keeps the digits that two reads agree on: the engines' threads add
// floats in the order in which they end, which moves the last ones.
func (pt *Point) settle() {
	for _, x := range []**float64{&pt.Value, &pt.Numerator, &pt.Denominator, &pt.Low, &pt.High} {
		if *x != nil {
			v := settled(**x)
			*x = &v
		}
	}
}

// settled is a number to thirteen significant digits; whole numbers stay.
func settled(x float64) float64 {
	if x == math.Trunc(x) || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	exponent := 12 - int(math.Floor(math.Log10(math.Abs(x))))
	if exponent <= 0 || exponent > 22 {
		return x // beyond the powers of ten that a float64 holds exactly
	}
	scale := math.Pow10(exponent)
	return math.Round(x*scale) / scale
}

// figure fills value, fraction and interval; days are those of the window
// that have passed and have data.
func (p *plan) figure(pt *Point, s sums, days float64) {
	switch p.metric.Aggregation {
	case Rolling:
		n := float64(s.units)
		pt.Numerator, pt.Value = &n, &n
	case Sum, Distinct:
		pt.Numerator, pt.Value = &s.num, &s.num
	case DailyMean:
		pt.fraction(s.num, days)
	case ShareOfDays:
		pt.fraction(s.num, days*float64(s.units))
		pt.interval(stats.Mean(float64(s.units), s.num/days, s.squares/(days*days), stats.Level))
		pt.clip(0, 1)
	case RollingShare:
		n := float64(s.units)
		pt.fraction(s.num, n)
		pt.interval(stats.Wilson(s.num, n, stats.Level))
	case Proportion:
		pt.fraction(s.num, s.den)
		pt.interval(stats.Wilson(s.num, s.den, stats.Level))
	case NPS:
		pt.fraction(s.num, s.den)
		if pt.Value != nil {
			v := 100 * s.num / s.den
			pt.Value = &v
		}
		// Numerators are 1, 0 and -1, so their squares count both sides.
		pt.interval(stats.NPS((s.squares+s.num)/2, (s.squares-s.num)/2, s.den, stats.Level))
	case Mean:
		pt.fraction(s.num, float64(s.units))
		pt.interval(stats.Mean(float64(s.units), s.num, s.squares, stats.Level))
		if p.metric.counts() {
			pt.clip(0, math.Inf(1))
		}
		p.scored(pt)
	case Ratio:
		pt.fraction(s.num, s.den)
		if p.metric.ofCosts() {
			pt.interval(s.costInterval())
			break
		}
		if s.odds() {
			pt.interval(s.oddsInterval())
			break
		}
		if p.metric.unanimous(s) {
			pt.interval(s.unanimousInterval())
			break
		}
		// An index without anything on one side has no spread to tell its width by.
		if p.metric.Unit == "index" && s.squares == 0 {
			break
		}
		pt.interval(stats.RatioOfSums(float64(s.units), s.num, s.den, s.squares, s.cross[0][1], s.cross[1][1], stats.Level))
		p.scored(pt)
	case Product:
		p.product(pt, s)
	case Quantile:
		p.quantile(pt, s)
	}
	if p.metric.costless(s) {
		pt.Value, pt.Reason = nil, NoCosts
	}
	if pt.Value == nil {
		pt.Low, pt.High = nil, nil
	}
	switch p.metric.bounds() {
	case ShareBounds:
		pt.clip(0, 1)
	case PositiveBounds:
		pt.clip(0, math.Inf(1))
	}
	if pt.Value == nil && pt.Reason == "" {
		pt.Reason = ZeroDenominator
		if p.metric.lossless(s) {
			pt.Reason = NoLoss
		}
		if p.metric.Waits && !p.elapsed(pt.Period) {
			pt.Reason = WindowOpen
		}
	}
}

// ofCosts tells whether costs are what the figure is made of. They are reported,
// not sampled: only what they stand against is an estimate.
func (m *Metric) ofCosts() bool { return slices.Contains(m.tables(), "costs") }

// costInterval is the interval of costs per what they brought: as many as came
// by chance could have been more or fewer.
func (s sums) costInterval() (stats.Interval, bool) {
	i, ok := stats.Arrivals(s.den, s.cross[1][1], stats.Level)
	return stats.Interval{Low: s.num / i.High, High: s.num / i.Low}, ok && s.num > 0
}

// costless tells whether a figure made of costs lacks them: that nothing was
// reported does not mean that nothing was spent. In a Product the costs are
// what is divided by last.
func (m *Metric) costless(s sums) bool {
	switch {
	case !m.ofCosts():
		return false
	case m.Aggregation == Product:
		return s.den > 0 && s.per == 0
	}
	return s.num == 0
}

// lossless tells whether a figure that divides by what was lost has customers,
// and no loss among them.
func (m *Metric) lossless(s sums) bool {
	if !slices.Contains(m.doors, "lifetime") {
		return false
	}
	if m.Aggregation == Product && !m.ofCosts() {
		return s.times > 0
	}
	return s.num > 0
}

// odds tells whether every unit is on one side of the ratio only and counts
// once, such as people won for people lost.
func (s sums) odds() bool {
	return s.cross[0][1] == 0 && s.squares == s.num && s.cross[1][1] == s.den && s.num+s.den == float64(s.units)
}

// unanimous tells whether a share of sums is none or all, so that no unit
// differs from it and its residuals say nothing.
func (m *Metric) unanimous(s sums) bool {
	none := m.Unit == "ratio" && s.squares == 0
	return s.den > 0 && (none || m.bounds() == ShareBounds && s.num == s.den)
}

// unanimousInterval is Wilson's, of as many equal units as would weigh as much
// (Kish's effective number): 5 of 5 customers who stayed prove little.
func (s sums) unanimousInterval() (stats.Interval, bool) {
	n := s.den * s.den / s.cross[1][1]
	return stats.Wilson(s.num/s.den*n, n, stats.Level)
}

// oddsInterval is the interval of the share of the first side (Wilson), as
// odds. That of a ratio of sums would have no width where one side is empty.
func (s sums) oddsInterval() (stats.Interval, bool) {
	i, ok := stats.Wilson(s.num, s.num+s.den, stats.Level)
	return stats.Interval{Low: i.Low / (1 - i.Low), High: i.High / (1 - i.High)}, ok && i.High < 1
}

// product fills in the product of two ratios. The parts that the point shows
// are those of the first; the rows show all four.
func (p *plan) product(pt *Point, s sums) {
	pt.fraction(s.num, s.den)
	if s.per <= 0 {
		pt.Value = nil
	}
	if pt.Value == nil {
		return
	}
	v := *pt.Value * s.times / s.per
	pt.Value = &v
	if s.num == 0 && p.metric.Amounts == NoAmounts {
		// What happened to nobody has no spread to tell of.
		pt.interval(stats.Interval{High: stats.Unseen(stats.Level) / s.den * s.times / s.per}, true)
		pt.clip(0, 1)
		return
	}
	s.cross[0][0] = s.squares
	if p.metric.ofCosts() {
		// Costs are what is divided by last, and known.
		for i := range s.cross {
			s.cross[i][3] = 0
		}
	}
	pt.interval(stats.ProductOfRatios(float64(s.units), [4]float64{s.num, s.den, s.times, s.per}, s.cross, stats.Level))
}

// quantile fills in the time by which the metric's share of the units got
// there; numerator and denominator are how many did, and of how many.
func (p *plan) quantile(pt *Point, s sums) {
	n := float64(s.units)
	pt.Numerator, pt.Denominator = &s.num, &n
	curve, err := stats.KaplanMeier(s.spells, stats.Level)
	if err != nil {
		return // nobody at all: the reason is a zero denominator
	}
	q := curve.Quantile(p.metric.Share)
	pt.Value, pt.Low, pt.High = q.Value, q.Low, q.High
	if pt.Value == nil {
		pt.Reason, pt.Low, pt.High = NotReached, nil, nil
	}
}

// compound turns a rate per period into one over n periods. The transform is
// monotone, so the interval goes through it as the value does.
func (pt *Point) compound(n int) {
	if n < 2 {
		return
	}
	for _, x := range []**float64{&pt.Value, &pt.Low, &pt.High} {
		if *x != nil {
			v := 1 - math.Pow(1-**x, float64(n))
			*x = &v
		}
	}
}

// fraction sets numerator and denominator, and the value when there is one.
func (pt *Point) fraction(num, den float64) {
	pt.Numerator, pt.Denominator = &num, &den
	if den > 0 {
		v := num / den
		pt.Value = &v
	}
}

func (pt *Point) interval(i stats.Interval, ok bool) {
	if ok && pt.Value != nil {
		pt.Low, pt.High = &i.Low, &i.High
	}
}

// clip keeps an interval inside what the value can be.
func (pt *Point) clip(low, high float64) {
	if pt.Low != nil {
		*pt.Low, *pt.High = math.Max(low, *pt.Low), math.Min(high, *pt.High)
	}
}

// scored keeps the interval of a score in points inside what it can be.
func (p *plan) scored(pt *Point) {
	if p.metric.Unit == "points" {
		pt.clip(-100, 100)
	}
}

// scale turns minor units into major ones, wherever there are amounts.
func (p *plan) scale(pt *Point) {
	var parts []**float64
	if p.metric.Unit == Money {
		parts = append(parts, &pt.Value, &pt.Low, &pt.High)
	}
	if p.metric.Amounts != NoAmounts {
		parts = append(parts, &pt.Numerator)
	}
	if p.metric.Amounts == BothAmounts {
		parts = append(parts, &pt.Denominator)
	}
	by := p.minor()
	for _, x := range parts {
		if *x != nil {
			v := **x / by
			*x = &v
		}
	}
}

// minor is how many minor units make a major one.
func (p *plan) minor() float64 { return math.Pow10(p.settings.Currency.Digits()) }
