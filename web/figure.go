package web

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/stats"
)

// scale writes the values of one metric for people.
type scale struct {
	p        *lang.Printer
	unit     string
	currency farol.Currency
}

// text is the value in full, for tables; nil is a dash.
func (s scale) text(v *float64) string {
	if v == nil {
		return lang.None
	}
	switch s.unit {
	case metric.Money:
		return s.p.Amount(*v, s.currency, -1)
	case "ratio":
		return s.p.Percent(*v)
	case "points":
		return s.p.Number(*v, 1)
	case "index", "score":
		return s.p.Number(*v, places(*v))
	case metric.ElapsedDays:
		if h := metric.Hours(s.unit, v); h != nil {
			return s.p.T("%s h", s.p.Number(*h, 1))
		}
		return s.p.T("%s d", s.count(*v))
	case "days":
		return s.p.T("%s d", s.count(*v))
	case "months":
		return s.p.T("%s mo", s.count(*v))
	case "seconds":
		return s.duration(*v)
	}
	return s.count(*v)
}

// places are two decimals, or as many as show two digits of what is next to nothing.
func places(v float64) int {
	if a := math.Abs(v); a >= 1e-6 && a < 0.1 {
		return 1 - int(math.Floor(math.Log10(a)))
	}
	return 2
}

// duration writes seconds in the unit that suits them.
func (s scale) duration(v float64) string {
	switch a := math.Abs(v); {
	case a >= 3600:
		return s.p.T("%s h", s.p.Number(v/3600, 1))
	case a >= 60:
		return s.p.T("%s min", s.p.Number(v/60, 1))
	}
	return s.p.T("%s s", s.p.Number(v, 0))
}

// short is the value for a card: no cents of hundreds, no tenths of points.
func (s scale) short(v *float64) string {
	switch {
	case v == nil:
		return lang.None
	case s.unit == metric.Money && (math.Abs(*v) >= 100 || *v == 0):
		return s.p.Amount(*v, s.currency, 0)
	case s.unit == "points":
		return s.p.Number(*v, 0)
	}
	return s.text(v)
}

// count writes a number of units; a daily mean may have a tenth.
func (s scale) count(v float64) string {
	if v == math.Trunc(v) || math.Abs(v) >= 1000 {
		return s.p.Number(v, 0)
	}
	return s.p.Number(v, 1)
}

// part writes a numerator or denominator: an amount, or a count.
func (s scale) part(v *float64, amount bool) string {
	switch {
	case v == nil:
		return lang.None
	case amount:
		return s.p.Amount(*v, s.currency, -1)
	}
	return s.count(*v)
}

// parts writes both parts of a figure as the metric says they are.
func (s scale) parts(m *metric.Metric, numerator, denominator *float64) (string, string) {
	return s.part(numerator, m.Amounts != metric.NoAmounts), s.part(denominator, m.Amounts == metric.BothAmounts)
}

// interval is the 95 % interval of a point, "" when it has none.
func (s scale) interval(pt metric.Point) string {
	if pt.Low == nil || pt.High == nil {
		return ""
	}
	return s.text(pt.Low) + " – " + s.text(pt.High)
}

// shortInterval is the interval for a card.
func (s scale) shortInterval(pt metric.Point) string {
	if pt.Low == nil || pt.High == nil {
		return ""
	}
	return s.short(pt.Low) + " – " + s.short(pt.High)
}

// difference writes a change: in percentage points for a share, in points
// for a score, in per cent of the earlier value for the rest.
func (s scale) difference(from, to float64) string {
	d := to - from
	sign := ""
	if d > 0 {
		sign = "+"
	}
	switch {
	case s.unit == "ratio":
		return sign + s.p.T("%s pp", s.p.Number(d*100, 1))
	case s.unit == "points":
		return sign + s.p.T("%s points", s.p.Number(d, 0))
	case from == 0:
		return sign + s.count(d)
	}
	return sign + s.p.Percent(d/math.Abs(from))
}

// reasons say why a figure is not there.
var reasons = map[metric.Reason]lang.Text{
	metric.NoData:           lang.Text("No facts were received for this period."),
	metric.NotStarted:       lang.Text("This period has not begun."),
	metric.WindowNotCovered: lang.Text("The window begins before the first fact, so it would count too few."),
	metric.WindowOpen:       lang.Text("Nobody has had the whole window yet."),
	metric.ZeroDenominator:  lang.Text("There is nobody to take a share of."),
	metric.TooFew:           lang.Text("There are too few to tell."),
	metric.NotReached:       lang.Text("Too few have got there yet to tell."),
	metric.NoLoss:           lang.Text("Nothing was lost, or less than was gained: there is no loss to divide by."),
	metric.NoCosts:          lang.Text("No cost was reported for this period."),
	metric.Hidden:           lang.Text("This figure is hidden from you."),
}

// delta is the change of a figure since an earlier one.
type delta struct {
	Text string
	// Shown tells that the change is outside noise and gets its arrow; Good
	// and Bad colour it by the metric's direction.
	Shown, Good, Bad bool
	// Icon and Word are the arrow for eyes and ears, Why its reason.
	Icon, Word, Why string
}

// change compares the point at i with the one that is lag periods before it.
func (s scale) change(m *metric.Metric, points []metric.Point, i, lag int, g farol.Grain) delta {
	c := m.Change(points, i, lag)
	if c == nil {
		return delta{}
	}
	from, to := *points[i-lag].Value, *points[i].Value
	if from == to {
		return delta{Text: s.same(g), Why: s.p.Period(c.Before, g)}
	}
	d := delta{Text: s.since(g, s.difference(from, to)), Why: s.why(m, c)}
	if c.Verdict != metric.Real {
		return d
	}
	d.Shown, d.Icon, d.Word = true, "arrow-up-right", s.p.T("up")
	if to < from {
		d.Icon, d.Word = "arrow-down-right", s.p.T("down")
	}
	d.Good = (to > from && m.Direction == metric.Up) || (to < from && m.Direction == metric.Down)
	d.Bad = (to < from && m.Direction == metric.Up) || (to > from && m.Direction == metric.Down)
	return d
}

// grounds say in words what a verdict rests on.
var grounds = map[metric.Why]lang.Text{
	metric.Exact:      lang.Text("An amount is exact: every change is real."),
	metric.Length:     lang.Text("The periods are not equally long, which explains the change."),
	metric.Short:      lang.Text("Too short a history to tell a change from the usual ups and downs."),
	metric.Open:       lang.Text("One of the two periods is not complete yet."),
	metric.NoInterval: lang.Text("One of the two has no interval to compare by."),
}

// why says in words how sure the change is, with the interval of the
// difference where there is one.
func (s scale) why(m *metric.Metric, c *metric.Change) string {
	text := ""
	switch {
	case c.Why == metric.Few && m.ByHabit():
		text = s.p.T("Too few to compare.")
	case c.Why == metric.Few:
		text = s.p.T("Too few to compare: at least %d are needed on both sides.", stats.MinCompared)
	case c.Why == metric.Interval && c.Verdict == metric.Real:
		text = s.p.T("The change is larger than chance explains (95% interval).")
	case c.Why == metric.Interval:
		text = s.p.T("The change is within what chance explains (95% interval).")
	case c.Why == metric.Habit && c.Verdict == metric.Real:
		text = s.p.T("The change is larger than the usual ups and downs.")
	case c.Why == metric.Habit:
		text = s.p.T("The change is within the usual ups and downs.")
	default:
		text = s.p.Text(grounds[c.Why])
	}
	if c.Low != nil && c.High != nil {
		text += " " + s.p.T("Difference: %s to %s", s.signed(*c.Low), s.signed(*c.High))
	}
	return text
}

// signed is a difference in the metric's own unit.
func (s scale) signed(d float64) string {
	if s.unit == "ratio" || s.unit == "points" {
		return s.difference(0, d)
	}
	if d > 0 {
		return "+" + s.text(&d)
	}
	return s.text(&d)
}

// since names the period that a difference is counted from.
func (s scale) since(g farol.Grain, difference string) string {
	switch g {
	case farol.Daily:
		return s.p.T("%s on the same weekday before", difference)
	case farol.Weekly:
		return s.p.T("%s on the week before", difference)
	}
	return s.p.T("%s on the month before", difference)
}

// same says that nothing changed since that period.
func (s scale) same(g farol.Grain) string {
	switch g {
	case farol.Daily:
		return s.p.T("as on the same weekday before")
	case farol.Weekly:
		return s.p.T("as in the week before")
	}
	return s.p.T("as in the month before")
}

// spark is a small drawing of a series: paths in a box of 100 by 28.
type spark struct{ Label, Line, Open, Band string }

// sparkOf draws the points; nil when fewer than two have a value.
func (s scale) sparkOf(title string, points []metric.Point) *spark {
	low, high, n := math.Inf(1), math.Inf(-1), 0
	for _, p := range points {
		if p.Value != nil {
			low, high, n = min(low, *p.Value), max(high, *p.Value), n+1
		}
		if p.Low != nil && p.High != nil {
			low, high = min(low, *p.Low), max(high, *p.High)
		}
	}
	if n < 2 {
		return nil
	}
	if low == high {
		low, high = low-1, high+1
	}
	x := func(i int) float64 { return 100 * float64(i) / float64(max(1, len(points)-1)) }
	y := func(v float64) float64 { return 26 - 24*(v-low)/(high-low) }
	out := &spark{Label: title}
	var line, open strings.Builder
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if a.Value == nil || b.Value == nil {
			continue
		}
		to := &line
		if !a.Complete || !b.Complete {
			to = &open
		}
		fmt.Fprintf(to, "M%.1f %.1fL%.1f %.1f", x(i-1), y(*a.Value), x(i), y(*b.Value))
	}
	out.Line, out.Open, out.Band = line.String(), open.String(), bandOf(points, x, y)
	return out
}

// bandOf is the interval as a closed path over the points that have one.
func bandOf(points []metric.Point, x func(int) float64, y func(float64) float64) string {
	var up, down []string
	for i, p := range points {
		if p.Low == nil || p.High == nil {
			continue
		}
		up = append(up, fmt.Sprintf("%.1f %.1f", x(i), y(*p.High)))
		down = append(down, fmt.Sprintf("%.1f %.1f", x(i), y(*p.Low)))
	}
	if len(up) < 2 {
		return ""
	}
	slices.Reverse(down)
	return "M" + strings.Join(up, "L") + "L" + strings.Join(down, "L") + "Z"
}
