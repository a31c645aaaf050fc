package stats

import (
	"fmt"
	"math"
	"slices"
)

// Ratio is a numerator over a denominator that is not negative: churned of
// paying, revenue of accounts, promoters less detractors of answers.
type Ratio struct {
	Numerator, Denominator float64
}

// value is nil without a denominator.
func (r Ratio) value() *float64 {
	if r.Denominator == 0 {
		return nil
	}
	v := r.Numerator / r.Denominator
	return &v
}

// Cell is one group in two periods. A group absent from a period has a Ratio
// of 0 over 0 there.
type Cell struct {
	Group         string
	Before, After Ratio
}

// Effect is what one group did to the change of the whole, in the ratio's own
// unit. Only one of the four is set, but for a group present in both periods,
// which has Rate and Mix.
type Effect struct {
	Group string
	// Rate: the group's own ratio moved. Mix: its share of the denominators
	// did, which counts by how far its ratio lies from the whole's; a growing
	// group that is better than average raises the whole.
	Rate, Mix float64
	// Entering and Leaving: the group is only in the second, or only in the
	// first period.
	Entering, Leaving float64
	// Before and After are the group's ratio, nil where it was absent;
	// ShareBefore and ShareAfter its shares of the denominators.
	Before, After           *float64
	ShareBefore, ShareAfter float64
}

// Total is the group's whole effect.
func (e Effect) Total() float64 { return e.Rate + e.Mix + e.Entering + e.Leaving }

// Decomposition says why a ratio changed. Rate, Mix, Entering and Leaving are
// the sums over groups, and add up to Change.
type Decomposition struct {
	Before, After, Change        float64
	Rate, Mix, Entering, Leaving float64
	// Effects are in the order of the cells.
	Effects []Effect
}

// Decompose splits the change of a ratio, sum of numerators over sum of
// denominators, into effects of groups. It is symmetric: both effects are
// weighed by the mean of the two periods (Marshall and Edgeworth's midpoint),
// so there is no leftover and swapping the periods only changes the signs.
// Shares count against the mean R of the whole's two ratios, which cancels in
// the sum. A group's Total is (N1 - R D1)/D1all - (N0 - R D0)/D0all, linear in
// what it is made of: totals of subgroups, down to accounts, add up to their
// group's, whatever the attribute. (Rate and Mix do not: what is rate among
// segments may be mix within them.) A group's numerator over nothing (a gain of
// who had no base) is all rate. Sums are exact but for the last bits of
// a float64; Apportion makes shown digits add up too.
// Errors: ErrImpossible for a negative denominator, or what is not a number; ErrUnidentified when a period has no denominator
// at all.
func Decompose(cells []Cell) (Decomposition, error) {
	var before, after Ratio
	for _, c := range cells {
		for _, r := range []Ratio{c.Before, c.After} {
			if !(r.Denominator >= 0) || math.IsInf(r.Denominator, 0) || math.IsNaN(r.Numerator) || math.IsInf(r.Numerator, 0) {
				return Decomposition{}, fmt.Errorf("%w: %v over %v in group %q", ErrImpossible, r.Numerator, r.Denominator, c.Group)
			}
		}
		before.Numerator += c.Before.Numerator
		before.Denominator += c.Before.Denominator
		after.Numerator += c.After.Numerator
		after.Denominator += c.After.Denominator
	}
	if before.Denominator == 0 || after.Denominator == 0 {
		return Decomposition{}, ErrUnidentified
	}
	d := Decomposition{Before: *before.value(), After: *after.value()}
	d.Change = d.After - d.Before
	reference := (d.Before + d.After) / 2
	for _, c := range cells {
		e := effect(c, before.Denominator, after.Denominator, reference)
		d.Rate += e.Rate
		d.Mix += e.Mix
		d.Entering += e.Entering
		d.Leaving += e.Leaving
		d.Effects = append(d.Effects, e)
	}
	return d, nil
}

func effect(c Cell, before, after, reference float64) Effect {
	e := Effect{
		Group: c.Group, Before: c.Before.value(), After: c.After.value(),
		ShareBefore: c.Before.Denominator / before, ShareAfter: c.After.Denominator / after,
	}
	baseless := func(r Ratio) bool { return r.Denominator == 0 && r.Numerator != 0 }
	switch {
	case baseless(c.Before) || baseless(c.After):
		e.Rate = c.After.Numerator/after - reference*e.ShareAfter - c.Before.Numerator/before + reference*e.ShareBefore
	case e.Before != nil && e.After != nil:
		e.Rate = (*e.After - *e.Before) * (e.ShareBefore + e.ShareAfter) / 2
		e.Mix = (e.ShareAfter - e.ShareBefore) * ((*e.Before+*e.After)/2 - reference)
	case e.After != nil:
		e.Entering = e.ShareAfter * (*e.After - reference)
	case e.Before != nil:
		e.Leaving = -e.ShareBefore * (*e.Before - reference)
	}
	return e
}

// Apportion rounds parts to whole units such that they add up to their
// rounded sum, as a reader of a table expects: each is rounded down and the
// units left go to the largest remainders, the first of equals first. unit is
// the size of a shown step (0.001 for tenths of a per cent), above 0; answers
// are counts of it. Every part stays within one unit of its value.
func Apportion(parts []float64, unit float64) []int64 {
	out := make([]int64, len(parts))
	order := make([]int, len(parts))
	remainder := make([]float64, len(parts))
	sum, given := 0.0, int64(0)
	for k, p := range parts {
		whole := math.Floor(p / unit)
		out[k], remainder[k], order[k] = int64(whole), p/unit-whole, k
		sum += p
		given += out[k]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case remainder[a] > remainder[b]:
			return -1
		case remainder[a] < remainder[b]:
			return 1
		}
		return 0
	})
	left := int64(math.RoundToEven(sum/unit)) - given
	for k := 0; k < len(order) && left > 0; k, left = k+1, left-1 {
		out[order[k]]++
	}
	return out
}
