package stats

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// LogRank is the outcome of a log-rank test.
type LogRank struct {
	// Observed and Expected count events per group, the latter if all groups
	// shared one hazard. They have the same sum.
	Observed, Expected []float64
	// Statistic is chi-squared with Freedom degrees of freedom when the
	// groups do not differ; P the chance of one as large.
	Statistic float64
	Freedom   int
	P         float64
}

// LogRankTest asks whether two or more groups share one survival curve
// (Mantel 1966; Peto & Peto 1972), every cause counting as the event. Late
// entries are handled by the risk sets. It sees best a difference that keeps
// its direction; crossing curves can hide from it. Errors: ErrEmpty for a
// group without units, ErrImpossible, ErrUnidentified with fewer than two
// groups or when no two groups were ever at risk together at an event.
func LogRankTest(groups ...[]Spell) (LogRank, error) {
	if len(groups) < 2 {
		return LogRank{}, ErrUnidentified
	}
	tables, watched := make([][]moment, len(groups)), make([]riskSet, len(groups))
	for g, spells := range groups {
		var err error
		if tables[g], err = riskTable(spells, anyCause); err != nil {
			return LogRank{}, err
		}
		watched[g] = newRiskSet(spells)
	}
	k := len(groups)
	r := LogRank{Observed: make([]float64, k), Expected: make([]float64, k)}
	covariance := mat.NewSymDense(k, nil)
	for _, t := range eventTimes(tables) {
		n, d := make([]float64, k), 0.0
		for g := range groups {
			n[g] = watched[g].at(t)
			events := eventsAt(tables[g], t)
			r.Observed[g] += events
			d += events
		}
		addHypergeometric(covariance, r.Expected, n, d)
	}
	r.Statistic, r.Freedom = quadratic(covariance, r.Observed, r.Expected)
	if r.Freedom == 0 {
		return LogRank{}, ErrUnidentified
	}
	r.P = distuv.ChiSquared{K: float64(r.Freedom)}.Survival(r.Statistic)
	return r, nil
}

// addHypergeometric adds what d events among sum(n) units say: their expected
// split over the groups and its covariance.
func addHypergeometric(covariance *mat.SymDense, expected, n []float64, d float64) {
	all := 0.0
	for _, x := range n {
		all += x
	}
	if all <= 0 {
		return
	}
	scale := 0.0
	if all > 1 {
		scale = d * (all - d) / (all - 1)
	}
	for g, x := range n {
		expected[g] += d * x / all
		for h := g; h < len(n); h++ {
			v := -x * n[h] / (all * all)
			if h == g {
				v += x / all
			}
			covariance.SetSym(g, h, covariance.At(g, h)+scale*v)
		}
	}
}

// quadratic is (o-e)' V^- (o-e) and the rank of V. V is always singular, for
// its rows sum to 0, and may be more so when some groups were never at risk
// together; the pseudo-inverse needs no choice of which group to leave out.
func quadratic(v *mat.SymDense, o, e []float64) (x2 float64, rank int) {
	var eigen mat.EigenSym
	if !eigen.Factorize(v, true) {
		return 0, 0
	}
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	largest := slices.Max(values)
	for j, value := range values {
		if value <= 1e-10*largest || largest <= 0 {
			continue
		}
		dot := 0.0
		for i := range o {
			dot += vectors.At(i, j) * (o[i] - e[i])
		}
		x2 += dot * dot / value
		rank++
	}
	return x2, rank
}

func eventTimes(tables [][]moment) []float64 {
	var times []float64
	for _, table := range tables {
		for _, m := range table {
			if m.events > 0 {
				times = append(times, m.time)
			}
		}
	}
	slices.Sort(times)
	return slices.Compact(times)
}

func eventsAt(table []moment, t float64) float64 {
	k, ok := slices.BinarySearchFunc(table, t, func(m moment, t float64) int { return cmp.Compare(m.time, t) })
	if !ok {
		return 0
	}
	return table[k].events
}
