package metric

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"

	"github.com/farol-cs/farol"
)

// Difference is what makes two readings of one figure differ, unit by unit:
// the same figure known at two instants, or under two versions of a setting.
type Difference struct {
	// Before and After are the two figures.
	Before, After Point
	// Gap is After less Before in the metric's unit, a null counting as
	// nothing; nil when both are null.
	Gap *float64
	// Changes are the units whose rows differ, the largest effect first.
	Changes []UnitChange
	// More is how many further units differ, and Rest their effect together.
	More int
	Rest float64
	// Other is the part of the gap that no unit's row explains: days that are
	// covered by data now and were not, or a quantile, which is no sum.
	Other float64
	// Added tells that the effects with Rest and Other add up to the gap; it
	// is false for a quantile, whose units have no effect of their own.
	Added bool
}

// UnitChange is a unit whose row is another one on the two sides.
type UnitChange struct {
	Unit, Account string
	// Before and After are the unit's rows; nil where it has none.
	Before, After *Row
	// Effect on the figure, in the metric's unit: the effects of all units add
	// up to the gap. nil where units have none of their own.
	Effect *float64
}

// maxChanges bounds the units that a difference lists.
const maxChanges = 100_000

// Difference compares two readings of the figure of the group in the period:
// before and after name the same metric and grain. limit is how many units
// are listed, 0 for 100; the others are added up.
func (r *Reader) Difference(ctx context.Context, before, after Request, period farol.Period, group string, limit int) (Difference, error) {
	if before.Metric != after.Metric || before.Grain != after.Grain {
		return Difference{}, farol.InvalidField("metric", "both sides must be the same metric and grain")
	}
	before.Period, after.Period = period, period
	a, err := r.plan(ctx, before)
	if err != nil {
		return Difference{}, err
	}
	b, err := r.plan(ctx, after)
	if err != nil {
		return Difference{}, err
	}
	if a.metric.HasAmounts() && a.settings.Currency != b.settings.Currency {
		return Difference{}, farol.InvalidField("setting", "the two versions count in different currencies: %s and %s", a.settings.Currency, b.settings.Currency)
	}
	return r.difference(ctx, a, b, group, limit)
}

// side is one of the two readings.
type side struct {
	*plan
	sums  sums
	point Point
	days  float64
}

func (r *Reader) side(ctx context.Context, p *plan, group string) (side, error) {
	p.periods = p.periods[:1]
	if _, err := r.cover(ctx, p); err != nil {
		return side{}, err
	}
	found, err := r.live(ctx, p, p.periods)
	if err != nil {
		return side{}, err
	}
	q := p.periods[0]
	s := found[cell{q.From, group}]
	return side{p, s, p.point(q, group, s), p.rowDays(q)}, nil
}

func (r *Reader) difference(ctx context.Context, before, after *plan, group string, limit int) (Difference, error) {
	a, err := r.side(ctx, before, group)
	if err != nil {
		return Difference{}, err
	}
	b, err := r.side(ctx, after, group)
	if err != nil {
		return Difference{}, err
	}
	if limit <= 0 {
		limit = 100
	}
	out := &gathering{Difference: Difference{Before: a.point, After: b.point}, limit: min(limit, maxChanges), effect: effectOf(a, b)}
	if err := r.eachPair(ctx, a, b, group, out.add); err != nil {
		return Difference{}, fmt.Errorf("difference of %s: %w", a.metric.Name, err)
	}
	return out.close(a, b), nil
}

// gathering collects changes, keeping the largest.
type gathering struct {
	Difference
	limit  int
	effect func(a, b unitSums) float64
	total  float64
}

func (g *gathering) add(a, b *unitSums, change UnitChange) {
	if g.effect != nil {
		var x, y unitSums
		if a != nil {
			x = *a
		}
		if b != nil {
			y = *b
		}
		e := g.effect(x, y)
		change.Effect = &e
		g.total += e
	}
	g.Changes = append(g.Changes, change)
	if len(g.Changes) >= 2*g.limit+1000 {
		g.trim()
	}
}

// trim keeps the largest changes and adds the others up.
func (g *gathering) trim() {
	slices.SortFunc(g.Changes, func(a, b UnitChange) int {
		return cmp.Or(cmp.Compare(b.size(), a.size()), cmp.Compare(a.Unit, b.Unit))
	})
	for _, c := range g.Changes[min(g.limit, len(g.Changes)):] {
		g.More++
		if c.Effect != nil {
			g.Rest += *c.Effect
		}
	}
	g.Changes = g.Changes[:min(g.limit, len(g.Changes))]
}

// size is what changes are listed by.
func (c UnitChange) size() float64 {
	if c.Effect != nil {
		return math.Abs(*c.Effect)
	}
	n := 0.0
	for _, r := range []*Row{c.Before, c.After} {
		if r != nil {
			n = max(n, math.Abs(r.Numerator))
		}
	}
	return n
}

// close computes the gap and what of it is not the units'.
func (g *gathering) close(a, b side) Difference {
	g.trim()
	d := g.Difference
	if a.point.Value != nil || b.point.Value != nil {
		gap := valueOf(b.point) - valueOf(a.point)
		d.Gap = &gap
	}
	if g.effect == nil || d.Gap == nil {
		return d
	}
	if a.metric.Compound > 1 && g.total != 0 {
		// The compound rate is no sum; its gap is shared as that of the rate is.
		by := *d.Gap / g.total
		for i := range d.Changes {
			e := *d.Changes[i].Effect * by
			d.Changes[i].Effect = &e
		}
		d.Rest *= by
		g.total = *d.Gap
	}
	d.Added, d.Other = true, *d.Gap-g.total
	if math.Abs(d.Other) <= 1e-9*max(1, math.Abs(*d.Gap), math.Abs(valueOf(a.point))) {
		d.Other = 0 // what is left of adding floating point numbers
	}
	return d
}

func valueOf(p Point) float64 {
	if p.Value == nil {
		return 0
	}
	return *p.Value
}

// unitSums is a unit's row as the query answers it: amounts in minor units.
type unitSums struct{ num, den, times, per float64 }

// effectOf is what the change of a unit's row does to the value, nil when
// units have no effect of their own. Of a ratio N/D the unit's part is
// (dn - r dd)/D', with r the ratio before and D' the denominator after: these
// parts add up to the change of the ratio exactly.
func effectOf(a, b side) func(x, y unitSums) float64 {
	scale := 1.0
	if a.metric.Unit == Money {
		scale = 1 / b.minor()
	}
	switch a.metric.Aggregation {
	case Quantile:
		return nil
	case Rolling, Sum, Distinct:
		return func(x, y unitSums) float64 { return (y.num - x.num) * scale }
	case NPS:
		scale *= 100
	}
	n0, d0, n1, d1 := a.sums.num, a.denominator(), b.sums.num, b.denominator()
	if f := comeOrGone(a, b); f != nil {
		return f
	}
	if d1 == 0 {
		// Everybody is gone, each with what it had brought.
		return func(x, _ unitSums) float64 { return -over(x.num, d0) * scale }
	}
	r0, r1 := over(n0, d0), n1/d1
	first := func(x, y unitSums) float64 { return (y.num - x.num - r0*(y.den-x.den)) / d1 }
	if a.metric.Aggregation != Product {
		return func(x, y unitSums) float64 { return first(x, y) * scale }
	}
	s0, p1 := a.second(), b.sums.per
	return func(x, y unitSums) float64 {
		return (first(x, y)*s0 + r1*(y.times-x.times-s0*(y.per-x.per))/p1) * scale
	}
}

// comeOrGone is the effect where the figure is there on one side only, for
// lack of a divisor on the other: the units whose part of the divisor came or
// went made the figure come or go, each by its share of it. nil where both
// sides have a divisor, or the divisor is no sum of the units' own.
func comeOrGone(a, b side) func(x, y unitSums) float64 {
	if !a.metric.Aggregation.has("denominator") {
		return nil
	}
	den := func(u unitSums) float64 { return u.den }
	per := func(u unitSums) float64 { return u.per }
	// A divisor that is a loss may be below zero, which is as good as none.
	turn := func(of func(unitSums) float64, was, is float64) func(x, y unitSums) float64 {
		value, total := valueOf(a.point), was-is
		switch {
		case was <= 0 && is <= 0:
			return func(_, _ unitSums) float64 { return 0 }
		case was <= 0:
			value, total = valueOf(b.point), is-was
		case is > 0:
			return nil
		}
		return func(x, y unitSums) float64 { return value * (of(y) - of(x)) / total }
	}
	effect := turn(den, a.sums.den, b.sums.den)
	if effect == nil && a.metric.Aggregation == Product {
		effect = turn(per, a.sums.per, b.sums.per)
	}
	return effect
}

func over(n, d float64) float64 {
	if d == 0 {
		return 0
	}
	return n / d
}

// denominator is what the figure's numerator is divided by, as summed.
func (s side) denominator() float64 {
	switch a := s.metric.Aggregation; {
	case a == DailyMean:
		return s.days
	case a == ShareOfDays:
		return s.days * float64(s.sums.units)
	case a.ones():
		return float64(s.sums.units)
	}
	return s.sums.den
}

// second is the second ratio of a Product, 1 for the others.
func (s side) second() float64 {
	if s.metric.Aggregation != Product {
		return 1
	}
	return over(s.sums.times, s.sums.per)
}

// unitsText lists the unit rows of one period by unit; spanUnitsText those of
// a query that answers active days.
const unitsText = `SELECT u.unit AS row_unit, min(u.account) AS row_account, CAST(sum(u.numerator) AS DOUBLE) AS row_num, CAST(sum(%s) AS DOUBLE) AS row_den,
  CAST(sum(%s) AS DOUBLE) AS row_times, CAST(sum(%s) AS DOUBLE) AS row_per
FROM (
%s
) AS u
WHERE u.grp = {row_group:String}
GROUP BY u.unit
ORDER BY u.unit`

const spanUnitsText = `SELECT u.unit AS row_unit, min(u.account) AS row_account, CAST(%s AS DOUBLE) AS row_num, CAST(0 AS DOUBLE) AS row_den,
  CAST(0 AS DOUBLE) AS row_times, CAST(0 AS DOUBLE) AS row_per
FROM (
%s
) AS u
WHERE u.grp = {row_group:String} AND u.from_day >= {row_from:Date} AND u.from_day <= {row_last:Date}
GROUP BY u.unit
ORDER BY u.unit`

func (p *plan) unitsQuery(group string) (string, map[string]any) {
	params := p.params()
	params["row_group"] = group
	if p.metric.Aggregation.days() {
		w := p.window(p.periods[0])
		params["row_from"], params["row_last"] = w.From, w.Last()
		return fmt.Sprintf(spanUnitsText, p.metric.Aggregation.ofDays(), p.metric.Query), params
	}
	column := func(name string) string {
		if p.metric.Aggregation.has(name) {
			return "u." + name
		}
		return "0"
	}
	return fmt.Sprintf(unitsText, column("denominator"), column("times"), column("per"), p.metric.Query), params
}

// walk reads one side's rows, one at a time, by unit.
type walk struct {
	side
	group string
	rows  *sql.Rows
	// unit, account and sums are the row that is looked at; done tells that
	// there is none any more.
	unit, account string
	sums          unitSums
	done          bool
}

func (r *Reader) walk(ctx context.Context, s side, group string) (*walk, error) {
	u := &walk{side: s, group: group}
	if len(s.started(s.periods)) == 0 {
		u.done = true
		return u, nil
	}
	text, params := s.unitsQuery(group)
	rows, err := r.facts.Query(ctx, text, s.scope(s.periods), params)
	if err != nil {
		return nil, err
	}
	u.rows = rows
	return u, nil
}

func (u *walk) close() {
	if u.rows != nil {
		u.rows.Close()
	}
}

// next moves to the following row.
func (u *walk) next() error {
	if u.done {
		return nil
	}
	if !u.rows.Next() {
		u.done = true
		return u.rows.Err()
	}
	s := &u.sums
	if err := u.rows.Scan(&u.unit, &u.account, &s.num, &s.den, &s.times, &s.per); err != nil {
		return err
	}
	switch a := u.metric.Aggregation; {
	case a == ShareOfDays:
		s.den = u.days
	case a.ones():
		s.den = 1
	}
	return nil
}

// row is the row as readers are shown it.
func (u *walk) row() *Row {
	out := &Row{Unit: u.unit, Account: u.account, Group: u.group, raw: u.sums.num}
	u.fill(out, u.sums.den, u.sums.times, u.sums.per, u.days)
	return out
}

// eachPair walks both sides in the order of their units and answers those
// whose rows differ. It holds two rows at a time, however many there are.
func (r *Reader) eachPair(ctx context.Context, a, b side, group string, do func(a, b *unitSums, c UnitChange)) error {
	x, err := r.walk(ctx, a, group)
	if err != nil {
		return err
	}
	defer x.close()
	y, err := r.walk(ctx, b, group)
	if err != nil {
		return err
	}
	defer y.close()
	if err := cmp.Or(x.next(), y.next()); err != nil {
		return err
	}
	for !x.done || !y.done {
		switch {
		case y.done || !x.done && x.unit < y.unit:
			do(&x.sums, nil, UnitChange{Unit: x.unit, Account: x.account, Before: x.row()})
			err = x.next()
		case x.done || y.unit < x.unit:
			do(nil, &y.sums, UnitChange{Unit: y.unit, Account: y.account, After: y.row()})
			err = y.next()
		default:
			if x.sums != y.sums {
				do(&x.sums, &y.sums, UnitChange{Unit: y.unit, Account: y.account, Before: x.row(), After: y.row()})
			}
			err = cmp.Or(x.next(), y.next())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
