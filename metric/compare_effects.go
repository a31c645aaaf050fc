package metric

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/farol-cs/farol/stats"
)

// partsText adds unit rows up by value and account; spanPartsText those of a
// query that answers active days, where a unit has one account; spellPartsText
// keeps apart how long units took.
const partsText = `SELECT u.grp AS part_group, u.account AS part_account, CAST(sum(u.numerator) AS DOUBLE) AS part_num, CAST(sum(%s) AS DOUBLE) AS part_den,
  CAST(sum(%s) AS DOUBLE) AS part_times, CAST(sum(%s) AS DOUBLE) AS part_per, i64(count(*)) AS part_units
FROM (
%s
) AS u
GROUP BY u.grp, u.account`

const spanPartsText = `SELECT r.part_group, r.part_account, CAST(sum(r.row_num) AS DOUBLE) AS part_num, CAST(0 AS DOUBLE) AS part_den,
  CAST(0 AS DOUBLE) AS part_times, CAST(0 AS DOUBLE) AS part_per, i64(count(*)) AS part_units
FROM (
  SELECT u.grp AS part_group, u.unit AS row_unit, min(u.account) AS part_account, %s AS row_num
  FROM (
%s
  ) AS u
  WHERE u.from_day >= {row_from:Date} AND u.from_day <= {row_last:Date}
  GROUP BY u.grp, u.unit
) AS r
GROUP BY r.part_group, r.part_account`

const spellPartsText = `SELECT u.grp AS part_group, u.account AS part_account, CAST(u.numerator AS DOUBLE) AS part_num, CAST(u.denominator AS DOUBLE) AS part_den,
  CAST(0 AS DOUBLE) AS part_times, CAST(0 AS DOUBLE) AS part_per, i64(count(*)) AS part_units
FROM (
%s
) AS u
GROUP BY u.grp, u.account, u.numerator, u.denominator`

// partsQuery is the text and the parameters of the parts of one period.
func (p *plan) partsQuery() (string, map[string]any) {
	params := p.params()
	switch a := p.metric.Aggregation; {
	case a.days():
		w := p.window(p.periods[0])
		params["row_from"], params["row_last"] = w.From, w.Last()
		return fmt.Sprintf(spanPartsText, a.ofDays(), p.metric.Query), params
	case a == Quantile:
		return fmt.Sprintf(spellPartsText, p.metric.Query), params
	}
	column := func(name string) string {
		if p.metric.Aggregation.has(name) {
			return "u." + name
		}
		return "0"
	}
	return fmt.Sprintf(partsText, column("denominator"), column("times"), column("per"), p.metric.Query), params
}

// parts reads what each account within each value brought to the figure.
func (r *Reader) parts(ctx context.Context, c *compared) error {
	text, params := c.partsQuery()
	rows, err := r.facts.Query(ctx, text, c.scope(c.periods), params)
	if err != nil {
		return fmt.Errorf("parts of %s: %w", c.metric.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var at place
		var s sums
		if err := rows.Scan(&at.group, &at.account, &s.num, &s.den, &s.times, &s.per, &s.units); err != nil {
			return err
		}
		if c.metric.Aggregation == Quantile {
			s.spells = []stats.Spell{{Exit: s.num, Cause: int(s.den), N: float64(s.units)}}
			s.num, s.den = s.den*float64(s.units), 0
		}
		c.parts[at] = c.parts[at].plus(s)
	}
	return rows.Err()
}

// effects are what each of the pairs did to the change. They are linear in
// what a pair is made of, so that those of its parts add up to its own.
func (c *comparing) effects(pairs map[string]*pair) map[string]Effect {
	var out map[string]Effect
	switch c.Method {
	case Contributions:
		out = c.contributions(pairs)
	case TwoRatios:
		out = c.factors(pairs)
	case CurveShift:
		out = c.shift(pairs)
	default:
		out, _, _ = decomposed(pairs, c.before.ratio, c.after.ratio)
	}
	scale := c.unitScale()
	for name, e := range out {
		out[name] = e.times(scale)
	}
	return out
}

// unitScale turns effects on the ratio of the sums into effects on the value:
// major units, points, and the compound rate, whose change is shared as that
// of the rate is.
func (c *comparing) unitScale() float64 {
	m, scale := c.before.metric, 1.0
	if m.Unit == Money {
		scale /= c.after.minor()
	}
	if m.Aggregation == NPS {
		scale *= 100
	}
	if n := float64(m.Compound); n > 1 {
		plain := func(v float64) float64 { return 1 - math.Pow(1-v, 1/n) }
		a, b := plain(*c.before.whole.Value), plain(*c.after.whole.Value)
		if a != b {
			return scale * *c.Change / (b - a)
		}
		return scale * n * math.Pow(1-a, n-1)
	}
	return scale
}

func (c *comparing) contributions(pairs map[string]*pair) map[string]Effect {
	out := map[string]Effect{}
	of := func(side *compared, s sums) float64 {
		if side.metric.Aggregation == DailyMean {
			return s.num / side.days
		}
		return s.num
	}
	for name, x := range pairs {
		d := of(c.after, x.after) - of(c.before, x.before)
		switch {
		case x.before.units == 0:
			out[name] = Effect{Entering: d}
		case x.after.units == 0:
			out[name] = Effect{Leaving: d}
		default:
			out[name] = Effect{Rate: d}
		}
	}
	return out
}

// decomposed are the effects on the ratio of the sums, and the ratio on both
// sides.
func decomposed(pairs map[string]*pair, before, after func(sums) stats.Ratio) (out map[string]Effect, was, is float64) {
	out = map[string]Effect{}
	var cells []stats.Cell
	for name, x := range pairs {
		cells = append(cells, stats.Cell{Group: name, Before: before(x.before), After: after(x.after)})
	}
	// Sums of floating point numbers depend on their order.
	slices.SortFunc(cells, func(a, b stats.Cell) int { return cmp.Compare(a.Group, b.Group) })
	d, err := stats.Decompose(cells)
	if err != nil {
		return out, 0, 0 // everything is then counted as Several
	}
	for _, e := range d.Effects {
		out[e.Group] = Effect{Rate: e.Rate, Mix: e.Mix, Entering: e.Entering, Leaving: e.Leaving}
	}
	return out, d.Before, d.After
}

// factors are the effects on a product of two ratios: the change of each
// counts by the mean of the other, which leaves nothing over.
func (c *comparing) factors(pairs map[string]*pair) map[string]Effect {
	second := func(s sums) stats.Ratio { return stats.Ratio{Numerator: s.times, Denominator: s.per} }
	x, x0, x1 := decomposed(pairs, c.before.ratio, c.after.ratio)
	y, y0, y1 := decomposed(pairs, second, second)
	out := map[string]Effect{}
	for name := range pairs {
		out[name] = x[name].times((y0 + y1) / 2).plus(y[name].times((x0 + x1) / 2))
	}
	return out
}

// shift is how the change of a quantile is shared: by how far the share that got
// there moved, as a mean over the moments between the two values. Between them
// the curves of both sides lie on either side of the quantile, so that the share
// did move; each unit has its part in a curve, as heavy as the curve's step.
func (c *comparing) shift(pairs map[string]*pair) map[string]Effect {
	a, okA := c.before.curve()
	b, okB := c.after.curve()
	if !okA || !okB || a.value == b.value {
		return map[string]Effect{}
	}
	low, high := min(a.value, b.value), max(a.value, b.value)
	out, was, is := decomposed(pairs, a.reached(low, high), b.reached(low, high))
	if was == is {
		return map[string]Effect{}
	}
	by := (b.value - a.value) / (is - was)
	for name, e := range out {
		out[name] = e.times(by)
	}
	return out
}

// stepped is the curve of one side.
type stepped struct {
	value, units float64
	// mass is what each unit that got there at a time weighs in the curve.
	mass map[float64]float64
}

// curve is that of all lines of the side; ok is false when it does not reach the
// quantile.
func (c *compared) curve() (stepped, bool) {
	var all sums
	for _, s := range c.parts {
		all.units += s.units
		all.spells = append(all.spells, s.spells...)
	}
	km, err := stats.KaplanMeier(all.spells, stats.Level)
	if err != nil {
		return stepped{}, false
	}
	q := km.Quantile(c.metric.Share).Value
	if q == nil {
		return stepped{}, false
	}
	out, left := stepped{*q, float64(all.units), map[float64]float64{}}, 1.0
	for _, step := range km.Steps {
		if step.Events > 0 {
			out.mass[step.Time] = (left - step.Value) / step.Events
		}
		left = step.Value
	}
	return out, true
}

// reached is the share of units that got there, as a mean over the moments from
// low to high.
func (s stepped) reached(low, high float64) func(sums) stats.Ratio {
	return func(x sums) stats.Ratio {
		r := stats.Ratio{Denominator: float64(x.units)}
		for _, spell := range x.spells {
			if spell.Cause > 0 && spell.Exit < high {
				r.Numerator += s.units * s.mass[spell.Exit] * spell.N * (high - max(spell.Exit, low)) / (high - low)
			}
		}
		return r
	}
}
