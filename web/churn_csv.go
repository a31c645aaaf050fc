package web

import (
	"context"
	"strconv"

	"github.com/farol-cs/farol/metric"
)

// churnSheet answers what the page asks of one report as a file.
func churnSheet[T any](v *visit, file string, read func(context.Context, metric.Request) (T, error), rows func(T, *sheet)) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	q := look.request(&metric.Metric{}, "")
	q.By = v.r.URL.Query().Get("by")
	got, err := read(v.r.Context(), q)
	if err != nil {
		return err
	}
	out := v.csv(file)
	rows(got, out)
	out.Flush()
	return nil
}

// churnReasonsCSV is the reasons of the list, each beside its group, and what
// was said that is not on it.
func (s *server) churnReasonsCSV(v *visit) error {
	return churnSheet(v, "churn-reasons.csv", s.Metrics.ChurnReasons, func(c metric.ChurnReport, out *sheet) {
		code := v.p.Code()
		add := func(group, reason string, t metric.ReasonTotal) {
			write(out, []string{group, reason, t.Title.In(code), strconv.Itoa(t.Accounts), plain(&t.MRR), string(c.Currency)})
		}
		write(out, []string{"group", "reason", "title", "customers", "mrr", "currency"})
		for _, g := range c.Groups {
			for _, x := range g.List {
				add(g.Code, x.Code, x)
			}
		}
		for _, x := range c.Unlisted {
			add("", x.Code, x)
		}
		if c.None.Accounts > 0 {
			add("", "", c.None)
		}
	})
}

// churnLostCSV is every customer that left in the period.
func (s *server) churnLostCSV(v *visit) error {
	return churnSheet(v, "churn-lost.csv", s.Metrics.ChurnReasons, func(c metric.ChurnReport, out *sheet) {
		write(out, []string{"account", "group", "left", "months", "mrr", "currency", "reason", "said", "payment", "back"})
		for _, a := range c.Lost {
			back := ""
			if a.Back != 0 {
				back = a.Back.String()
			}
			write(out, []string{a.Account, a.Group, a.Left.String(), plain(&a.Months), plain(&a.MRR), string(c.Currency), a.Code, a.Said, strconv.FormatBool(a.Payment), back})
		}
	})
}

// churnSurvivalCSV is the observed curve of each group, month by month.
func (s *server) churnSurvivalCSV(v *visit) error {
	return churnSheet(v, "churn-survival.csv", s.Metrics.Survival, func(curves metric.Survival, out *sheet) {
		write(out, []string{"group", "all", "month", "at_risk", "survival", "low", "high"})
		for i, c := range append([]metric.SurvivalCurve{curves.Whole}, curves.Groups...) {
			for _, pt := range c.Points {
				write(out, []string{c.Group, strconv.FormatBool(i == 0), strconv.Itoa(pt.Month), plain(&pt.AtRisk), plain(&pt.Value), plain(pt.Low), plain(pt.High)})
			}
		}
	})
}

// churnWorthCSV is what a customer of each group is worth, in every way. What
// was lost of the exposure are customers of customer-months or, where churn_of
// is revenue, MRR (net of what customers added) of MRR-months.
func (s *server) churnWorthCSV(v *visit) error {
	return churnSheet(v, "churn-worth.csv", s.Metrics.LifetimeValue, func(r metric.LifetimeReport, out *sheet) {
		write(out, []string{"group", "all", "paying", "churn_of", "exposure", "lost", "simple", "simple_low", "simple_high", "with_margin", "margin_low", "margin_high", "discounted", "discounted_low", "discounted_high", "survival", "survival_low", "survival_high", "months", "currency"})
		for i, x := range append([]metric.LifetimeRow{r.Whole}, r.Groups...) {
			row := []string{x.Group, strconv.FormatBool(i == 0), plain(&x.Paying), s.Metrics.ChurnOf()}
			for _, n := range []*float64{&x.Exposure, &x.Left, x.Simple, x.SimpleLow, x.SimpleHigh, x.WithMargin, x.MarginLow, x.MarginHigh, x.Discounted, x.DiscountedLow, x.DiscountedHigh, x.Survival, x.SurvivalLow, x.SurvivalHigh, x.Lifetime} {
				row = append(row, plain(n))
			}
			write(out, append(row, string(r.Currency)))
		}
	})
}

// whyCSV is the lines of a decomposition; they and the rest add up to the
// change.
func (s *server) whyCSV(v *visit) error {
	q, _, got, err := s.whyAnswer(v, 10_000)
	if err != nil {
		return err
	}
	out := v.csv(q.metric.Name + "-why.csv")
	write(out, []string{"line", "before", "after", "weight_before", "weight_after", "rate", "mix", "entering", "leaving", "effect", "came", "left", "stayed"})
	for _, l := range got.Lines {
		row := []string{l.Name, plain(l.Before.Value), plain(l.After.Value), plain(l.ShareBefore), plain(l.ShareAfter), "", "", "", "", ""}
		if e := l.Effect; e != nil {
			sum := e.Total()
			row = append(row[:5], plain(&e.Rate), plain(&e.Mix), plain(&e.Entering), plain(&e.Leaving), plain(&sum))
		}
		write(out, append(row, strconv.Itoa(l.Came), strconv.Itoa(l.Left), strconv.Itoa(l.Stayed)))
	}
	for _, sum := range []struct {
		name  string
		value float64
	}{{"(more lines)", got.Rest.Total()}, {"(counted in several lines)", got.Several}} {
		if sum.value != 0 {
			write(out, []string{sum.name, "", "", "", "", "", "", "", "", plain(&sum.value), "", "", ""})
		}
	}
	out.Flush()
	return nil
}
