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
}

// covering tells whether the metric counts what went on during the period,
// so that a period in which facts only began is not complete. What is true
// at a moment, or happens to a unit at one (sign-up, answer), needs no cover.
func (m *Metric) covering() bool { return slices.Contains(m.doors, "present") }

// point makes the figure of a period and group.
func (p *plan) point(q farol.Period, group string, s sums) Point {
	pt := Point{Period: q, Group: group, Units: s.units}
	if q.From > p.asOf {
		pt.Reason = NotStarted
		return pt
	}
	start, covered := p.start(q)
	if s.units == 0 && s.num == 0 && !p.received(q) {
		pt.Reason = NoData
		return pt
	}
	if !covered {
		start = p.window(q).From
	}
	pt.Complete = p.elapsed(q) && (!p.metric.covering() || start == p.window(q).From)
	p.figure(&pt, s, float64(p.last(q)-start+1))
	if p.metric.Unit == Money {
		p.scale(&pt)
	}
	return pt
}

// figure fills value, fraction and interval; days are those of the window
// that have passed and have data.
func (p *plan) figure(pt *Point, s sums, days float64) {
	switch p.metric.Aggregation {
	case Rolling:
		n := float64(s.units)
		pt.Numerator = &n
		if days < float64(p.metric.Reach+1) {
			pt.Reason, pt.Complete = WindowNotCovered, false
			return
		}
		pt.Value = &n
	case Sum, Distinct:
		pt.Numerator, pt.Value = &s.num, &s.num
	case DailyMean:
		pt.fraction(s.num, days)
	case ShareOfDays:
		pt.fraction(s.num, days*float64(s.units))
		pt.interval(stats.Mean(float64(s.units), s.num/days, s.squares/(days*days), stats.Level))
		pt.clip(0, 1)
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
	}
	if pt.Value == nil && pt.Reason == "" {
		pt.Reason = ZeroDenominator
		if p.metric.Waits && !p.elapsed(pt.Period) {
			pt.Reason = WindowOpen
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

// scale turns minor units into major ones.
func (p *plan) scale(pt *Point) {
	by := p.minor()
	for _, x := range []**float64{&pt.Value, &pt.Numerator} {
		if *x != nil {
			v := **x / by
			*x = &v
		}
	}
}

// minor is how many minor units make a major one.
func (p *plan) minor() float64 { return math.Pow10(p.settings.Currency.Digits()) }
