package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// buyersPage is who buys without a contract.
type buyersPage struct {
	shell
	// Facts are the figures on top.
	Facts []buyerFact
	Rows  []buyerRow
	More  int
	Notes []string
	CSV   string
}

type buyerFact struct{ Title, Value, Note string }

type buyerRow struct{ Name, Href, Purchases, First, Last, Mean, Alive, Expected, Value string }

// shownBuyers bounds the table; the CSV has all.
const shownBuyers = 100

func (s *server) buyersOf(v *visit) (*view, metric.Buyers, error) {
	look, err := v.view()
	if err != nil {
		return nil, metric.Buyers{}, err
	}
	b, err := s.Metrics.Buyers(v.r.Context(), look.request(&metric.Metric{}, ""))
	return look, b, err
}

func (s *server) buyers(v *visit) error {
	look, b, err := s.buyersOf(v)
	if err != nil {
		return err
	}
	p := buyersPage{shell: v.shell(lang.Text("Buyers without a contract")), CSV: look.Link("/revenue/buyers.csv")}
	p.Question, p.View = v.p.T("Who buys without a subscription, and what will they still buy?"), look
	p.Crumb = &crumb{v.p.T("Revenue"), look.Link("/revenue")}
	then, err := s.accountsThen(v, look)
	if err != nil {
		return err
	}
	p.fill(v, b, then.Accounts)
	return s.send(v, http.StatusOK, "buyers", "layout", p)
}

func (p *buyersPage) fill(v *visit, b metric.Buyers, all map[farol.AccountID]*customer.Account) {
	money := scale{v.p, metric.Money, b.Currency}
	number := func(x *float64, digits int) string {
		if x == nil {
			return lang.None
		}
		return v.p.Number(*x, digits)
	}
	p.Facts = []buyerFact{
		{v.p.T("Buyers"), v.p.Number(float64(len(b.List)), 0), ""},
		{v.p.T("May still buy"), number(b.Alive, 0), v.p.T("expected number, by how long they have been silent")},
		{v.p.T("Purchases in the next 12 months"), number(b.Purchases, 0), v.p.T("expected, of today’s buyers")},
		{v.p.T("Their value"), money.short(b.Value), v.p.T("expected, at today’s rates")},
	}
	for _, x := range b.List[:min(shownBuyers, len(b.List))] {
		row := buyerRow{
			Name: x.Account, Href: "/customers/" + url.PathEscape(x.Account), Purchases: v.p.Number(float64(x.Purchases), 0), First: v.p.Date(x.First), Last: v.p.Date(x.Last),
			Mean: money.short(&x.Mean), Alive: lang.None, Expected: number(x.Expected, 1), Value: money.short(x.Value),
		}
		if a, ok := all[farol.AccountID(x.Account)]; ok {
			row.Name = a.Name
		}
		if x.Alive != nil {
			row.Alive = v.p.Percent(*x.Alive)
		}
		p.Rows = append(p.Rows, row)
	}
	p.More = len(b.List) - len(p.Rows)
	if len(b.List) > 0 {
		p.Notes = buyerNotes(v, b)
	}
}

// buyerNotes say what the figures stand on.
func buyerNotes(v *visit, b metric.Buyers) []string {
	switch b.NoModel {
	case metric.FewCustomers:
		return []string{v.p.T("No forecast: fewer than thirty buyers.")}
	case metric.FewRepeats:
		return []string{v.p.T("No forecast: fewer than five bought again.")}
	}
	m := b.Model
	out := []string{
		v.p.T("Model of when: BG/NBD, r %s, α %s, a %s, b %s (months). It takes each purchase as the chance to leave for good; who never bought again counts as still there, which is the model’s and no fact.",
			v.p.Number(m.R, 3), v.p.Number(m.Alpha, 3), v.p.Number(m.A, 3), v.p.Number(m.B, 3)),
	}
	g := b.Spending
	if g == nil {
		return append(out, v.p.T("No model of how much: too few repeat purchases, or values too far apart to have a mean."))
	}
	out = append(out, v.p.T("Model of how much: Gamma-Gamma, p %s, q %s, v %s, over those who bought again.", v.p.Number(g.P, 2), v.p.Number(g.Q, 2), v.p.Number(g.V, 2)))
	if g.Correlation != nil {
		out = append(out, v.p.T("It takes number and value of purchases as independent; here they correlate by %s.", v.p.Number(*g.Correlation, 2)))
	}
	return out
}

// buyersCSV is every buyer.
func (s *server) buyersCSV(v *visit) error {
	_, b, err := s.buyersOf(v)
	if err != nil {
		return err
	}
	out := v.csv("buyers.csv")
	write(out, []string{"account", "purchases", "first", "last", "mean", "currency", "alive", "expected_purchases_12m", "expected_value_12m"})
	given := func(x *float64) string {
		if x == nil {
			return ""
		}
		return strconv.FormatFloat(*x, 'f', -1, 64)
	}
	for _, x := range b.List {
		write(out, []string{x.Account, strconv.Itoa(x.Purchases), x.First.String(), x.Last.String(), given(&x.Mean), string(b.Currency), given(x.Alive), given(x.Expected), given(x.Value)})
	}
	out.Flush()
	return nil
}
