package metric

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/stats"
)

// SurvivalMonths is how far survival is projected: five years.
const SurvivalMonths = 60

// The fewest customers and losses that a retention model is fitted to; with
// fewer it would say more about chance than about customers.
const (
	fewestModelled = 30
	fewestLost     = 5
)

// Why a curve or a model is missing.
const (
	// FewCustomers: fewer than stats.MinRanked for a curve, than 30 for a model.
	FewCustomers Reason = "few_customers"
	// FewLosses: fewer than five customers left.
	FewLosses Reason = "few_losses"
)

// Survival is how long customers stay, by age since their first payment.
type Survival struct {
	Version string
	AsOf    farol.Day
	// By is the attribute of the groups, of the day of the first payment.
	By string
	// Whole is all customers; Groups those of the breakdown, largest first.
	Whole  SurvivalCurve
	Groups []SurvivalCurve
	// Test asks whether the groups differ at all; nil with fewer than two that
	// can be compared.
	Test *stats.LogRank
}

// SurvivalCurve is the survival of one group, by months of age.
type SurvivalCurve struct {
	Group string
	// Customers ever, those of them that left, and of these for lack of payment.
	Customers, Lost, ByPayment int
	// Late is how many were customers before their first event tells so (trait
	// customer_since): they are watched from the age they had then.
	Late int
	// Points are the Kaplan-Meier curve after 0, 1, 2, ... months, as far as
	// anybody was watched; empty with a Reason.
	Points []SurvivalPoint
	Reason Reason
	// Voluntary and Payment are the shares lost to each cause (Aalen-Johansen),
	// which compete; at the same ages as Points.
	Voluntary, Payment []SurvivalPoint
	// Median age at leaving, in months; its value is nil while half remain.
	Median stats.Quantile
	// Mean is the months spent as a customer within the first Horizon, which
	// is five years or as far as was observed.
	Mean    *stats.Estimate
	Horizon float64
	// Model is fitted to monthly renewals; nil with a NoModel reason.
	Model   *RetentionModel
	NoModel Reason

	spells   []stats.Spell
	renewals stats.Renewals
}

// SurvivalPoint is a share of customers at an age.
type SurvivalPoint struct {
	Month  int
	AtRisk float64
	Value  float64
	// Low and High are the 95 % interval, nil where the variance says nothing.
	Low, High *float64
}

// RetentionModel is a shifted beta-geometric, or the beta-discrete-Weibull
// where the data prefer it.
type RetentionModel struct {
	SBG *stats.SBG
	// BdW is nil unless it fits better by BIC.
	BdW *stats.BdW
	// Points are survival after 0 to 60 months; nil of the groups of a breakdown. Their interval is the sBG's by
	// profile likelihood, widened to hold the value of the BdW.
	Points []SurvivalPoint
}

// survivor is either model.
type survivor interface {
	Survival(t int) float64
	Retention(t int) float64
	SurvivalFrom(n, t int) float64
}

func (m *RetentionModel) best() survivor {
	if m.BdW != nil {
		return m.BdW
	}
	return m.SBG
}

// Survival reads how long customers stay. Of the request it uses the clocks,
// filters and By; the period does not matter. Errors as for Read.
func (r *Reader) Survival(ctx context.Context, q Request) (Survival, error) {
	p, err := r.planStays(ctx, q)
	if err != nil {
		return Survival{}, err
	}
	return kept(ctx, r, p, "survival", func(ctx context.Context) (Survival, error) {
		stays, err := r.stays(ctx, p, "began")
		if err != nil {
			return Survival{}, err
		}
		out := survivalOf(p, stays)
		if out.Whole.Model != nil {
			out.Whole.Model.draw()
		}
		return out, nil
	})
}

// survivalOf estimates the whole and its groups, without drawing the models.
func survivalOf(p *plan, stays []stay) Survival {
	out := Survival{Version: p.version, AsOf: p.asOf, By: p.By, Whole: curveOf("", stays, p.through)}
	if p.By == "" {
		return out
	}
	groups := map[string][]stay{}
	for _, s := range stays {
		groups[s.group] = append(groups[s.group], s)
	}
	var compared [][]stats.Spell
	for g, list := range groups {
		out.Groups = append(out.Groups, curveOf(g, list, p.through))
	}
	slices.SortFunc(out.Groups, func(a, b SurvivalCurve) int {
		return cmp.Or(cmp.Compare(b.Customers, a.Customers), cmp.Compare(a.Group, b.Group))
	})
	for _, c := range out.Groups {
		if c.Customers >= stats.MinCompared {
			compared = append(compared, c.spells)
		}
	}
	if test, err := stats.LogRankTest(compared...); err == nil {
		out.Test = &test
	}
	return out
}

// planStays is the plan of a report on stays.
func (r *Reader) planStays(ctx context.Context, q Request) (*plan, error) {
	q.Metric, q.Grain = staysMetric, farol.Monthly
	if q.Period.Days() < 1 {
		q.Period = farol.Period{From: 0, To: 1}
	}
	return r.plan(ctx, q)
}

// planMoney is planStays of a report that tells amounts.
func (r *Reader) planMoney(ctx context.Context, q Request) (*plan, error) {
	if err := sight.Of(ctx).Shows(sight.Money); err != nil {
		return nil, err
	}
	return r.planStays(ctx, q)
}

// curveOf estimates one group from its first stays, watched through the day.
func curveOf(group string, stays []stay, through farol.Day) SurvivalCurve {
	c := SurvivalCurve{Group: group}
	for _, s := range stays {
		if s.n == 1 {
			c.add(s, through)
		}
	}
	curve, err := stats.KaplanMeier(c.spells, stats.Level)
	if c.Customers < stats.MinRanked || err != nil {
		c.Reason, c.NoModel = FewCustomers, FewCustomers
		return c
	}
	months := min(int(math.Floor(curve.Last+1e-9)), SurvivalMonths)
	for t := 0; t <= months; t++ {
		if s, ok := curve.At(float64(t)); ok {
			c.Points = append(c.Points, pointAt(t, s))
		}
	}
	c.Voluntary, c.Payment = c.cause(1, months), c.cause(2, months)
	c.Median = curve.Quantile(0.5)
	c.Horizon = math.Min(SurvivalMonths, curve.Last)
	if mean, ok := curve.RestrictedMean(c.Horizon); ok {
		c.Mean = &mean
	}
	c.model()
	return c
}

// add takes in a first stay.
func (c *SurvivalCurve) add(s stay, through farol.Day) {
	end, cause := through+1, 0
	if s.left != 0 {
		end, cause = s.left, 1
		if s.payment {
			cause = 2
		}
	}
	entry, exit := months(s.from-s.since), months(end-s.since)
	if exit <= entry && (entry > 0 || cause == 0) {
		return // nothing of it has been seen yet
	}
	c.Customers++
	if entry > 0 {
		c.Late++
	}
	switch cause {
	case 1:
		c.Lost++
	case 2:
		c.Lost++
		c.ByPayment++
	}
	c.spells = append(c.spells, stats.Spell{Entry: entry, Exit: exit, Cause: cause, N: 1})
	c.renew(entry, exit, cause > 0)
}

func months(days farol.Day) float64 { return float64(days) / stats.DaysPerMonth }

// renew counts the monthly renewals that were seen: month t is renewed by who
// is still there t months after the first payment.
func (c *SurvivalCurve) renew(entry, exit float64, lost bool) {
	first, last := int(math.Ceil(entry-1e-9))+1, int(math.Floor(exit+1e-9))
	if lost {
		last = max(1, int(math.Ceil(exit-1e-9)))
	}
	for t := first; t <= last; t++ {
		for len(c.renewals) < t {
			c.renewals = append(c.renewals, stats.Renewal{})
		}
		c.renewals[t-1].Due++
		if lost && t == last {
			c.renewals[t-1].Lost++
		}
	}
}

// cause is the share lost to one cause.
func (c *SurvivalCurve) cause(cause, months int) []SurvivalPoint {
	curve, err := stats.AalenJohansen(c.spells, cause, stats.Level)
	if err != nil {
		return nil
	}
	var out []SurvivalPoint
	for t := 0; t <= months; t++ {
		if s, ok := curve.At(float64(t)); ok {
			out = append(out, pointAt(t, s))
		}
	}
	return out
}

func pointAt(month int, s stats.Step) SurvivalPoint {
	out := SurvivalPoint{Month: month, AtRisk: s.AtRisk, Value: s.Value}
	if s.Interval != nil {
		out.Low, out.High = &s.Interval.Low, &s.Interval.High
	}
	return out
}

// model fits the retention model, or says why not.
func (c *SurvivalCurve) model() {
	switch {
	case c.Customers < fewestModelled:
		c.NoModel = FewCustomers
		return
	case c.Lost < fewestLost:
		c.NoModel = FewLosses
		return
	}
	sbg, bdw, err := stats.FitRetention(c.renewals)
	if err != nil {
		c.NoModel = FewLosses
		return
	}
	c.Model = &RetentionModel{SBG: sbg, BdW: bdw}
}

// draw fills in the model's curve. The ends of the interval are computed for
// each month of the first year and each third one after it, and run straight
// between: they are smooth, and each costs a search.
func (m *RetentionModel) draw() {
	at := map[int]stats.Interval{}
	for t := 0; t <= SurvivalMonths; t++ {
		if t <= 12 || t%3 == 0 {
			at[t] = m.SBG.Interval(stats.Level, func(x *stats.SBG) float64 { return x.Survival(t) })
		}
	}
	for t := 0; t <= SurvivalMonths; t++ {
		v, i := m.best().Survival(t), at[t]
		if k := t % 3; t > 12 && k != 0 {
			x, from, to := float64(k)/3, at[t-k], at[t-k+3]
			i = stats.Interval{Low: from.Low + x*(to.Low-from.Low), High: from.High + x*(to.High-from.High)}
		}
		low, high := math.Min(i.Low, v), math.Max(i.High, v)
		m.Points = append(m.Points, SurvivalPoint{Month: t, Value: v, Low: &low, High: &high})
	}
}
