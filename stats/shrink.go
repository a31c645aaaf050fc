package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Shrunk is a group's proportion, drawn towards that of all groups as far as
// its own units are too few to speak for themselves.
type Shrunk struct {
	Value    float64
	Interval Interval
	// Weight is how much of Value is the group's own, 0 to 1.
	Weight float64
}

// Prior is how true proportions spread over groups: Beta(Alpha, Beta), whose
// sum is how many units of a group its mean is worth. Both are +Inf when the
// groups differ no more than chance makes them.
type Prior struct {
	Mean, Alpha, Beta float64
}

// minGroups is how many groups it takes to see a spread among them.
const minGroups = 3

// Within groups, below the correlation alike they count as one; above apart
// the prior would be worth less than one unit and the interval of a group of
// none or all would close.
const alike, apart = 1e-6, 0.5

// Shrink estimates the proportion of every group by empirical Bayes: a
// beta-binomial whose prior is fitted by moments, with weights that fit the
// spread found (Kleinman 1973). Rankings by these values are not led by
// groups of three. Intervals are the prior's and the group's together; they
// take the fitted prior as known, which with a handful of groups makes them a
// little narrow. When the groups are alike, all get the common proportion
// with its Wilson interval. A group without units gets the prior. Errors:
// ErrImpossible; ErrEmpty without units; ErrUnidentified with units in fewer
// than three groups, or when all succeeded or none did.
func Shrink(groups []Share, level float64) ([]Shrunk, Prior, error) {
	part, whole, filled := 0.0, 0.0, 0
	for k, g := range groups {
		if !(g.Part >= 0) || !(g.Part <= g.Whole) || math.IsInf(g.Whole, 0) {
			return nil, Prior{}, fmt.Errorf("%w: %v of %v in group %d", ErrImpossible, g.Part, g.Whole, k)
		}
		part, whole = part+g.Part, whole+g.Whole
		if g.Whole > 0 {
			filled++
		}
	}
	switch {
	case whole == 0:
		return nil, Prior{}, ErrEmpty
	case filled < minGroups || part == 0 || part == whole:
		return nil, Prior{}, ErrUnidentified
	}
	// Weights by size find a first correlation; weights by that correlation
	// find the one that is kept.
	_, first := spread(groups, 0)
	mean, rho := spread(groups, first)
	out := make([]Shrunk, len(groups))
	if rho < alike {
		common, _ := Wilson(part, whole, level)
		for k := range out {
			out[k] = Shrunk{Value: part / whole, Interval: common}
		}
		return out, Prior{part / whole, math.Inf(1), math.Inf(1)}, nil
	}
	strength := 1/rho - 1
	prior := Prior{mean, mean * strength, (1 - mean) * strength}
	tail := (1 - level) / 2
	for k, g := range groups {
		b := distuv.Beta{Alpha: prior.Alpha + g.Part, Beta: prior.Beta + g.Whole - g.Part}
		out[k] = Shrunk{
			Value:    b.Alpha / (b.Alpha + b.Beta),
			Interval: Interval{b.Quantile(tail), b.Quantile(1 - tail)},
			Weight:   g.Whole / (g.Whole + strength),
		}
	}
	return out, prior, nil
}

// spread is the mean of the groups' proportions and the correlation of units
// within a group, 1/(Alpha+Beta+1), by moments: weights are best for groups
// correlated by guess.
func spread(groups []Share, guess float64) (mean, rho float64) {
	weight := func(g Share) float64 { return g.Whole / (1 + guess*(g.Whole-1)) }
	all := 0.0
	for _, g := range groups {
		if g.Whole > 0 {
			all += weight(g)
			mean += weight(g) * g.Part / g.Whole
		}
	}
	mean /= all
	// Two sums of how much the squares vary: by chance alone, and per unit of
	// correlation.
	var squares, chance, correlated float64
	for _, g := range groups {
		if g.Whole > 0 {
			w, d := weight(g), g.Part/g.Whole-mean
			squares += w * d * d
			chance += w * (1 - w/all) / g.Whole
			correlated += w * (1 - w/all) * (1 - 1/g.Whole)
		}
	}
	pq := mean * (1 - mean)
	if !(pq*correlated > 0) {
		return mean, 0
	}
	rho = (squares - pq*chance) / (pq * correlated)
	return mean, math.Max(0, math.Min(rho, apart))
}
