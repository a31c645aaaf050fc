package truth

import (
	"fmt"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/stats"
)

// exposure is a customer in a month: whether it left, as the ledger of churn
// says, and the planted chance that it would.
type exposure struct {
	account string
	month   int // place among the complete months
	lost    bool
	chance  float64
	// tenure is the month's number since it began to pay, the first is 1;
	// spell tells one stay from the next of an account that came back.
	tenure, spell int
}

// risks compares what is estimated of customers leaving.
func (x *comparison) risks() error {
	rows, err := x.exposures()
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return nil
	}
	effect, err := x.effect(rows)
	if err != nil {
		return err
	}
	x.report.Estimates = append(x.report.Estimates, effect)
	if err := x.survival(rows); err != nil {
		return err
	}
	x.bands(rows)
	return nil
}

// exposures reads who was a customer at the start of each month and who of
// them was none at its end, and puts the planted chances beside.
func (x *comparison) exposures() (out []exposure, err error) {
	type key struct {
		account string
		month   farol.Day
	}
	stay := map[key]float64{}
	for _, h := range x.truth.Hazards {
		k := key{string(h.Account), h.Month}
		if _, ok := stay[k]; !ok {
			stay[k] = 1
		}
		stay[k] *= 1 - h.Chance
	}
	last := map[string]exposure{}
	for i, m := range x.complete() {
		rows, err := x.rows("logo_churn_rate", month(m.Month))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			e := exposure{account: r.Unit, month: i, lost: r.Numerator > 0, tenure: 1}
			// A paused customer is at no risk.
			if s, ok := stay[key{r.Unit, m.Month}]; ok {
				e.chance = 1 - s
			}
			if before, ok := last[r.Unit]; ok {
				e.spell = before.spell + 1
				if before.month == i-1 && !before.lost {
					e.tenure, e.spell = before.tenure+1, before.spell
				}
			}
			last[r.Unit] = e
			out = append(out, e)
		}
	}
	return out, nil
}

// rows are all units behind a figure.
func (x *comparison) rows(name string, p farol.Period) (out []metric.Row, err error) {
	for after := ""; ; {
		rows, next, err := x.metrics.Rows(x.ctx, x.request(name, p), p, "", metric.MaxRows, after)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
		if after = next; after == "" {
			return out, nil
		}
	}
}

// activated tells of every account whose window is over whether it met the
// rule, and on which day its window was over.
func (x *comparison) activated() (met map[string]bool, over map[string]farol.Day, err error) {
	met, over = map[string]bool{}, map[string]farol.Day{}
	for _, m := range x.truth.Months {
		rows, err := x.rows("activation_rate", month(m.Month))
		if err != nil {
			return nil, nil, err
		}
		for _, r := range rows {
			met[r.Unit] = r.Numerator > 0
		}
	}
	found, err := x.facts.Query(x.ctx, `SELECT a.account AS account, a.created_day AS created FROM {{accounts}} AS a`,
		facts.Scope{Period: farol.Period{From: x.truth.First, To: x.truth.Last + 1}, AsOf: x.truth.Last, Known: x.truth.Until}, nil)
	if err != nil {
		return nil, nil, err
	}
	defer found.Close()
	for found.Next() {
		var account string
		var created time.Time
		if err := found.Scan(&account, &created); err != nil {
			return nil, nil, err
		}
		over[account] = farol.Date(created.Date()).Next(x.truth.Rule.Days)
	}
	return met, over, found.Err()
}

// effect compares how many times the monthly risk of accounts that missed the
// rule is that of those that met it. An account counts from the first month
// that begins after its window: who left inside it had no time to meet the
// rule. The planted ratio is that of the planted chances of the same accounts
// and months, in which everything else that was planted acts, too.
func (x *comparison) effect(rows []exposure) (Estimated, error) {
	out := Estimated{What: "rule_ratio"}
	met, over, err := x.activated()
	if err != nil {
		return out, err
	}
	months := x.complete()
	seen, expected := make([]stats.Stratum, len(months)), make([]stats.Stratum, len(months))
	units := map[string]bool{}
	for _, r := range rows {
		did, known := met[r.account]
		if !known || over[r.account] > months[r.month].Month {
			continue
		}
		units[r.account] = true
		s, e := &seen[r.month].Exposed, &expected[r.month].Exposed
		if did {
			s, e = &seen[r.month].Others, &expected[r.month].Others
		}
		s.Whole, e.Whole, e.Part = s.Whole+1, e.Whole+1, e.Part+r.chance
		if r.lost {
			s.Part++
		}
	}
	out.Units = len(units)
	truth, err := stats.RiskRatio(expected, stats.Level)
	if err != nil {
		out.Reason = "too few customers to compare"
		return out, nil
	}
	out.Planted = truth.Value
	got, err := stats.RiskRatio(seen, stats.Level)
	if err != nil {
		out.Reason = "too few losses to compare"
		return out, nil
	}
	out.found(got.Value, got.Interval)
	return out, nil
}

// found fills in an estimate.
func (e *Estimated) found(v float64, i stats.Interval) {
	e.Found, e.Low, e.High, e.Holds = &v, &i.Low, &i.High, i.Contains(e.Planted)
}

// lifetimeMonths is how far lifetimes are compared.
const lifetimeMonths = 12

// survival compares the share of customers that stay, how long they stay
// within a year, and the model that continues the curve.
func (x *comparison) survival(rows []exposure) error {
	spells, atRisk, truth := curves(rows)
	curve, err := stats.KaplanMeier(spells, stats.Level)
	if err != nil {
		return fmt.Errorf("the survival curve: %w", err)
	}
	for _, t := range []int{3, 6, 12} {
		if t >= len(truth) || t >= len(atRisk) {
			break
		}
		e := Estimated{What: fmt.Sprintf("survival_%d", t), Planted: truth[t], Units: atRisk[t], Months: t}
		if step, ok := curve.At(float64(t)); ok && step.Interval != nil {
			e.found(step.Value, *step.Interval)
		} else {
			e.Reason = "nobody has left yet"
		}
		x.report.Estimates = append(x.report.Estimates, e)
	}
	ahead := min(lifetimeMonths, len(truth)-1)
	lifetime := Estimated{What: "lifetime", Units: len(spells), Months: ahead}
	for t := range ahead {
		lifetime.Planted += truth[t]
	}
	if mean, ok := curve.RestrictedMean(float64(ahead)); ok {
		lifetime.found(mean.Value, mean.Interval)
	}
	x.report.Estimates = append(x.report.Estimates, lifetime, x.model(rows, truth, ahead))
	return nil
}

// curves makes a spell of every stay; atRisk counts the stays by month, and
// truth is the share that the planted chances leave after each.
func curves(rows []exposure) (spells []stats.Spell, atRisk []int, truth []float64) {
	type stay struct {
		account string
		spell   int
	}
	at := map[stay]int{}
	var chances []float64
	for _, r := range rows {
		k := stay{r.account, r.spell}
		if _, ok := at[k]; !ok {
			at[k] = len(spells)
			spells = append(spells, stats.Spell{N: 1})
		}
		s := &spells[at[k]]
		s.Exit = float64(r.tenure)
		if r.lost {
			s.Cause = 1
		}
		for len(atRisk) <= r.tenure {
			atRisk, chances = append(atRisk, 0), append(chances, 0)
		}
		atRisk[r.tenure]++
		chances[r.tenure] += r.chance
	}
	truth = []float64{1}
	for t := 1; t < len(atRisk) && atRisk[t] > 0; t++ {
		truth = append(truth, truth[t-1]*(1-chances[t]/float64(atRisk[t])))
	}
	return spells, atRisk, truth
}

// model compares the mean stay within a year of the sBG model, which knows
// nothing of the planted causes.
func (x *comparison) model(rows []exposure, truth []float64, ahead int) Estimated {
	out := Estimated{What: "lifetime_model", Months: ahead}
	for t := range ahead {
		out.Planted += truth[t]
	}
	var renewals stats.Renewals
	for _, r := range rows {
		for len(renewals) < r.tenure {
			renewals = append(renewals, stats.Renewal{})
		}
		renewals[r.tenure-1].Due++
		if r.lost {
			renewals[r.tenure-1].Lost++
		}
		if r.tenure == 1 {
			out.Units++
		}
	}
	m, err := stats.FitSBG(renewals)
	if err != nil {
		out.Reason = "too few losses to fit the model"
		return out
	}
	mean := func(m *stats.SBG) (sum float64) {
		for t := range ahead {
			sum += m.Survival(t)
		}
		return sum
	}
	out.found(mean(m), m.Interval(stats.Level, mean))
	return out
}

// edges bound the bands of planted chances.
var edges = []float64{0, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 1}

// bands compares how many left with how likely it was, by chance.
func (x *comparison) bands(rows []exposure) {
	out := make([]Band, len(edges)-1)
	for _, r := range rows {
		k, exactly := slices.BinarySearch(edges, r.chance)
		if !exactly {
			k--
		}
		b := &out[min(k, len(out)-1)]
		b.Rows++
		b.Planted += r.chance
		if r.lost {
			b.Lost++
		}
	}
	for k := range out {
		b := &out[k]
		b.From, b.To = edges[k], edges[k+1]
		n := float64(b.Rows)
		i, ok := stats.Wilson(float64(b.Lost), n, stats.Level)
		if !ok {
			continue
		}
		b.Planted, b.Found, b.Low, b.High = b.Planted/n, float64(b.Lost)/n, i.Low, i.High
		b.Holds = i.Contains(b.Planted)
	}
	x.report.Bands = slices.DeleteFunc(out, func(b Band) bool { return b.Rows == 0 })
}
