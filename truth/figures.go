package truth

import (
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/metric"
)

// planted is a figure of a month: which part of which metric, and what a
// perfect reader counts.
type planted struct {
	what, metric string
	part         func(metric.Point) *float64
	truth        func(demo.MonthTruth) float64
	// matured asks for months whose accounts have all had their window.
	matured bool
}

func value(p metric.Point) *float64       { return p.Value }
func numerator(p metric.Point) *float64   { return p.Numerator }
func denominator(p metric.Point) *float64 { return p.Denominator }

// compared lists the figures in the order of the report.
var compared = []planted{
	{"active_users_month", "active_users_month", numerator, func(m demo.MonthTruth) float64 { return float64(m.People) }, false},
	{"active_accounts_month", "active_accounts_month", numerator, func(m demo.MonthTruth) float64 { return float64(m.Accounts) }, false},
	{"new_accounts", "new_accounts", numerator, func(m demo.MonthTruth) float64 { return float64(m.Cohort) }, false},
	{"activation_rate_did", "activation_rate", numerator, func(m demo.MonthTruth) float64 { return float64(m.Activated) }, true},
	{"activation_rate_of", "activation_rate", denominator, func(m demo.MonthTruth) float64 { return float64(m.Cohort) }, true},
	{"mrr", "mrr", value, func(m demo.MonthTruth) float64 { return (float64(m.BRL) + Dollar*float64(m.USD)) / 100 }, false},
	{"logo_churn_rate_lost", "logo_churn_rate", numerator, func(m demo.MonthTruth) float64 { return float64(m.CustomersLost) }, false},
	{"logo_churn_rate_start", "logo_churn_rate", denominator, func(m demo.MonthTruth) float64 { return float64(m.CustomersStart) }, false},
	{"nps_balance", "nps", numerator, func(m demo.MonthTruth) float64 { return float64(m.Promoters - m.Detractors) }, false},
	{"nps_answers", "nps", denominator, func(m demo.MonthTruth) float64 { return float64(m.Promoters + m.Passives + m.Detractors) }, false},
}

// figures compares every figure of every complete month.
func (x *comparison) figures() error {
	months := x.complete()
	if len(months) == 0 {
		return nil
	}
	whole := farol.Period{From: months[0].Month, To: month(months[len(months)-1].Month).To}
	series := map[string]map[farol.Day]metric.Point{}
	for _, c := range compared {
		if series[c.metric] == nil {
			s, err := x.metrics.Read(x.ctx, x.request(c.metric, whole))
			if err != nil {
				return err
			}
			series[c.metric] = map[farol.Day]metric.Point{}
			for _, pt := range s.Points {
				series[c.metric][pt.Period.From] = pt
			}
		}
		for _, m := range months {
			// The day of Until is not over yet.
			if c.matured && month(m.Month).To.Next(x.truth.Rule.Days-1) > x.truth.Last {
				continue
			}
			x.report.Figures = append(x.report.Figures, exact(c.what, m.Month, c.truth(m), c.part(series[c.metric][m.Month])))
		}
	}
	return nil
}
