package metric

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

// Why the simple lifetime value and that of the survival curve differ.
const (
	// RisingRetention: customers that stay longer leave less, which a constant
	// churn cannot say.
	RisingRetention = "rising_retention"
	// FallingRetention: they leave more the longer they stay.
	FallingRetention = "falling_retention"
	// RecentChurn: the last months lost customers at another pace than the
	// whole history.
	RecentChurn = "recent_churn"
	// Discounting: later payments are worth less.
	Discounting = "discounting"
	// Margin: only the margin counts.
	Margin = "margin"
	// Capped: the simple lifetime is longer than five years, further than any
	// data reach.
	Capped = "capped"
)

// LifetimeReport is what a customer is worth, reckoned in four ways.
type LifetimeReport struct {
	Version  string
	AsOf     farol.Day
	Currency farol.Currency
	// Margin is the gross margin, Discount the yearly rate, of the conventions.
	Margin, Discount float64
	// Whole is all customers; Groups those of the breakdown.
	Whole  LifetimeRow
	Groups []LifetimeRow
}

// LifetimeRow is the value of a customer of one group; amounts are in major
// units, nil where there is nothing to state.
type LifetimeRow struct {
	Group string
	// MRR and Paying accounts on the as-of day; Exposure is customer-months of
	// the last whole months (Conventions.LifetimeMonths) and Left how many
	// customers were lost in them, or both in MRR (Conventions.LifetimeChurn).
	MRR, Paying, Exposure, Left float64
	// Simple is revenue per account over churn, with its interval.
	Simple, SimpleLow, SimpleHigh *float64
	// WithMargin and Discounted follow from it, with theirs.
	WithMargin, MarginLow, MarginHigh         *float64
	Discounted, DiscountedLow, DiscountedHigh *float64
	// Survival is the value from the retention model: margin and discount
	// included; nil with a Reason.
	Survival, SurvivalLow, SurvivalHigh *float64
	Reason                              Reason
	// Lifetime is the months that a new customer spends within five years, by
	// the model; Observed the same from the Kaplan-Meier curve, as far as it
	// goes.
	Lifetime *float64
	Observed *stats.Estimate
	Horizon  float64
	// FirstMonth and AfterYear are the model's churn in the first month and
	// after twelve.
	FirstMonth, AfterYear *float64
	// Why lists why Simple and Survival differ.
	Why []string
}

// LifetimeValue sets the simple lifetime value beside that of the survival
// curve, for all and for each group of By. Of the request it uses the clocks,
// filters and By. Errors as for Read.
func (r *Reader) LifetimeValue(ctx context.Context, q Request) (LifetimeReport, error) {
	p, err := r.planMoney(ctx, q)
	if err != nil {
		return LifetimeReport{}, err
	}
	return kept(ctx, r, p, "lifetime", func(ctx context.Context) (LifetimeReport, error) { return r.lifetimes(ctx, p, q) })
}

func (r *Reader) lifetimes(ctx context.Context, p *plan, q Request) (LifetimeReport, error) {
	stays, err := r.stays(ctx, p, "began")
	if err != nil {
		return LifetimeReport{}, err
	}
	curves := survivalOf(p, stays)
	c := p.settings.Conventions
	out := LifetimeReport{Version: p.version, AsOf: p.asOf, Currency: p.settings.Currency, Margin: c.GrossMargin, Discount: c.DiscountRate}
	whole := q
	whole.By = ""
	rows, err := r.simpleValues(ctx, p, whole)
	if err != nil {
		return out, err
	}
	out.Whole = rows[""]
	out.Whole.compare(curves.Whole, c)
	if q.By == "" {
		return out, nil
	}
	if rows, err = r.simpleValues(ctx, p, q); err != nil {
		return out, err
	}
	for _, curve := range curves.Groups {
		row, ok := rows[curve.Group]
		if !ok {
			row = LifetimeRow{Group: curve.Group}
		}
		row.compare(curve, c)
		out.Groups = append(out.Groups, row)
		delete(rows, curve.Group)
	}
	for _, row := range rows {
		row.Reason = FewCustomers
		out.Groups = append(out.Groups, row)
	}
	slices.SortFunc(out.Groups, func(a, b LifetimeRow) int {
		return cmp.Or(cmp.Compare(b.Paying, a.Paying), cmp.Compare(a.Group, b.Group))
	})
	return out, nil
}

// simpleValues reads the metrics of constant churn, by group.
func (r *Reader) simpleValues(ctx context.Context, p *plan, q Request) (map[string]LifetimeRow, error) {
	out := map[string]LifetimeRow{}
	q.Grain, q.Period = farol.Monthly, farol.Period{From: p.asOf, To: p.asOf + 1}
	for _, name := range []string{"customer_lifetime_value", "customer_lifetime_value_margin", "customer_lifetime_value_discounted", "customer_lifetime"} {
		q.Metric = name
		s, err := r.Read(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, pt := range s.Points {
			row := out[pt.Group]
			row.Group = pt.Group
			switch name {
			case "customer_lifetime_value":
				row.Simple, row.SimpleLow, row.SimpleHigh = pt.Value, pt.Low, pt.High
				row.MRR, row.Paying = deref(pt.Numerator), deref(pt.Denominator)
			case "customer_lifetime_value_margin":
				row.WithMargin, row.MarginLow, row.MarginHigh = pt.Value, pt.Low, pt.High
			case "customer_lifetime_value_discounted":
				row.Discounted, row.DiscountedLow, row.DiscountedHigh = pt.Value, pt.Low, pt.High
			case "customer_lifetime":
				row.Exposure, row.Left = deref(pt.Numerator), deref(pt.Denominator)
			}
			out[pt.Group] = row
		}
	}
	return out, nil
}

func deref(x *float64) float64 {
	if x == nil {
		return 0
	}
	return *x
}

// monthlyRate is the discount per month of a yearly rate.
func monthlyRate(yearly float64) float64 { return math.Pow(1+yearly, 1.0/12) - 1 }

// payments is how many payments a new customer makes, the first now, each
// worth less by d per month; without a discount within five years, because the
// sum may have no end.
func payments(survival func(t int) float64, d float64, del func(d float64) float64) float64 {
	if d > 0 {
		return del(d)
	}
	return withinHorizon(survival)
}

// withinHorizon is the expected months as a customer within five years.
func withinHorizon(survival func(t int) float64) (sum float64) {
	for t := range SurvivalMonths {
		sum += survival(t)
	}
	return sum
}

// compare adds what the survival curve says.
func (row *LifetimeRow) compare(c SurvivalCurve, conventions Conventions) {
	row.Observed, row.Horizon = c.Mean, c.Horizon
	if c.Model == nil || row.Paying == 0 {
		row.Reason = cmp.Or(c.NoModel, ZeroDenominator)
		return
	}
	d, sbg := monthlyRate(conventions.DiscountRate), c.Model.SBG
	worth := row.MRR / row.Paying * conventions.GrossMargin
	v := payments(sbg.Survival, d, sbg.DEL)
	if b := c.Model.BdW; b != nil {
		v = payments(b.Survival, d, b.DEL)
	}
	i := sbg.Interval(stats.Level, func(m *stats.SBG) float64 { return payments(m.Survival, d, m.DEL) })
	low, high, value := math.Min(i.Low, v)*worth, math.Max(i.High, v)*worth, v*worth
	row.Survival, row.SurvivalLow, row.SurvivalHigh = &value, &low, &high
	life := withinHorizon(c.Model.best().Survival)
	first, later := 1-c.Model.best().Retention(1), 1-c.Model.best().Retention(13)
	row.Lifetime, row.FirstMonth, row.AfterYear = &life, &first, &later
	row.why(c, conventions)
}

// why lists what makes the two values differ.
func (row *LifetimeRow) why(c SurvivalCurve, conventions Conventions) {
	add := func(on bool, code string) {
		if on {
			row.Why = append(row.Why, code)
		}
	}
	add(*row.AfterYear < *row.FirstMonth*0.95, RisingRetention)
	add(*row.AfterYear > *row.FirstMonth*1.05, FallingRetention)
	var due, lost float64
	for _, x := range c.renewals {
		due, lost = due+x.Due, lost+x.Lost
	}
	if row.Exposure > 0 && row.Left > 0 {
		recent := row.Left / row.Exposure * due / lost
		add(conventions.LifetimeChurn == CustomersLost && lost > 0 && (recent > 1.25 || recent < 0.8), RecentChurn)
		add(row.Exposure/row.Left > SurvivalMonths, Capped)
	}
	add(conventions.GrossMargin < 1, Margin)
	add(conventions.DiscountRate > 0, Discounting)
}
