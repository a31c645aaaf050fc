package web

import (
	"cmp"
	"math"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
)

// moneyTab is what an account pays, and how that moved.
type moneyTab struct {
	Lines  []moneyLine
	Chart  *chart
	Ledger []ledgerMonth
	Movers []moverRow
	// Whole leads to the page of movements for this account.
	Whole string
}

// moneyLine is a run of days of a subscription.
type moneyLine struct {
	Subscription, Product, Plan, Quantity, Amount, From, To string
	Status, Mark, Reason                                    string
	Now                                                     bool
}

// ledgerMonth is a month of the ledger: opening, movements, closing.
type ledgerMonth struct {
	Period, Opening, Closing string
	Moves                    []link
	Complete                 bool
}

var lineStates = map[string]lang.Text{
	"active": lang.Text("active"), "unpaid": lang.Text("unpaid"), "paused": lang.Text("paused"), "lapsed": lang.Text("lapsed"), "cancelled": lang.Text("cancelled"),
}

const ledgerMonths = 12

func (s *server) moneyTab(v *visit, look *view, p *customerPage) error {
	if err := sight.Of(v.r.Context()).Shows(sight.Money); err != nil {
		return err
	}
	p.Money = &moneyTab{}
	if err := s.moneyLines(v, look, p); err != nil {
		return err
	}
	p.Later = look.Link(customerHref(p.Account.ID)+"/part", "part", "ledger")
	return nil
}

// moneyLedger fills how MRR moved in the last months.
func (s *server) moneyLedger(v *visit, look *view, p *customerPage) error {
	if err := sight.Of(v.r.Context()).Shows(sight.Money); err != nil {
		return err
	}
	m := &moneyTab{Whole: look.Link("/revenue/movements", "account", p.ID, "period", "24m")}
	p.Money = m
	q := metric.RevenueRequest{Request: metric.Request{Grain: farol.Monthly, AsOf: look.AsOf, Known: look.Known, MaxAge: pageAge, Filters: []facts.Filter{{Attribute: "account", Values: []string{p.ID}}}}}
	from := look.reference()
	for range ledgerMonths - 1 {
		from = v.company.calendar().PeriodAt(farol.Monthly, from).From - 1
	}
	q.Period = farol.Period{From: v.company.calendar().PeriodAt(farol.Monthly, from).From, To: look.reference() + 1}
	ledger, err := s.Metrics.Revenue(v.r.Context(), q)
	if err != nil {
		return err
	}
	m.ledger(v, ledger)
	moves, _, err := s.Metrics.Movements(v.r.Context(), metric.MovementQuery{RevenueRequest: q, Account: p.ID, Limit: 200})
	if err != nil {
		return err
	}
	slices.SortStableFunc(moves, func(a, b metric.MovementRow) int { return cmp.Compare(b.Day, a.Day) })
	if m.Movers, err = s.movers(v, look, moves, func(farol.AccountID) string { return "" }); err != nil {
		return err
	}
	return nil
}

// moneyLines lists the subscriptions, those that last first.
func (s *server) moneyLines(v *visit, look *view, p *customerPage) error {
	lines, err := s.Metrics.Lines(v.r.Context(), p.Account.ID, look.reference(), look.Known)
	if err != nil {
		return err
	}
	slices.SortStableFunc(lines, func(a, b metric.SubscriptionLine) int {
		return cmp.Compare(map[bool]int{true: 0, false: 1}[a.To == 0], map[bool]int{true: 0, false: 1}[b.To == 0])
	})
	for _, l := range lines {
		x := float64(l.Amount) / math.Pow10(l.Currency.Digits())
		row := moneyLine{
			Subscription: l.Subscription, Product: cmp.Or(l.Product, lang.None), Plan: l.Plan, Quantity: lang.None, Amount: v.p.Amount(x, l.Currency, -1),
			From: v.p.Date(l.From), To: lang.None, Status: v.p.Text(lineStates[l.Status]), Reason: l.Reason, Now: l.To == 0,
		}
		if l.Currency == "" {
			row.Amount = lang.None
		}
		if l.Quantity != nil {
			row.Quantity = v.p.Number(*l.Quantity, 0)
		}
		if l.To != 0 {
			row.To = v.p.Date(l.To - 1)
		}
		row.Mark = map[string]string{"active": "good", "unpaid": "bad", "cancelled": "bad", "lapsed": "bad", "paused": "warn"}[l.Status]
		p.Money.Lines = append(p.Money.Lines, row)
	}
	return nil
}

// ledger fills the months, the latest first, and the picture.
func (m *moneyTab) ledger(v *visit, l metric.RevenueLedger) {
	sc := scale{v.p, metric.Money, l.Currency}
	text := func(minor int64) string {
		x := float64(minor) / math.Pow10(l.Currency.Digits())
		return sc.text(&x)
	}
	var points []metric.Point
	paid := false
	for _, line := range l.Lines {
		closing := float64(line.Closing) / math.Pow10(l.Currency.Digits())
		points = append(points, metric.Point{Period: line.Period, Value: &closing, Complete: line.Complete})
		paid = paid || line.Closing != 0 || line.Opening != 0
		row := ledgerMonth{Period: v.p.Period(line.Period, farol.Monthly), Opening: text(line.Opening), Closing: text(line.Closing), Complete: line.Complete}
		for _, x := range line.Movements {
			if x.Amount == 0 {
				continue
			}
			name := v.p.Text(movementTitles[x.Kind])
			if x.Part != "" {
				name += " · " + v.p.Text(movementParts[x.Part])
			}
			row.Moves = append(row.Moves, link{Text: name, Href: text(x.Amount)})
		}
		m.Ledger = append(m.Ledger, row)
	}
	slices.Reverse(m.Ledger)
	if !paid {
		m.Ledger = nil
		return
	}
	m.Chart = sc.chartOf("mrr-data", v.p.T("MRR at the end of the month"), periodsOf(points), farol.Monthly)
	m.Chart.Data.Kind = "bar"
	sc.add(m.Chart, v.p.T("MRR"), points, nil)
}
