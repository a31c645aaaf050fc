package web

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
)

// revenuePage is how recurring revenue went from one end of the period to the
// other.
type revenuePage struct {
	shell
	// Empty tells that no fact was ever received.
	Empty bool
	Cards []*card
	// Steps is the waterfall of the whole period, Months the movements beside
	// each other.
	Steps, Months *chart
	Ledger        ledgerTable
	Split         []splitRow
	Currencies    []currencyRow
	Movers        []moverRow
	// Rates is the presentation of other currencies; Other tells that there are
	// any.
	Rates []choice
	Other bool
	// Part tells that only some customers are looked at.
	Part bool
	By   string
	// Attributes to break the ledger down by, Groups the ledger of each value.
	Attributes []string
	Groups     *ledgerTable
	CSV, All   string
	Buyers     string
}

// Untold tells that there are facts, and none of subscriptions.
func (p revenuePage) Untold() bool { return untold(p.Cards) }

// ledgerTable has a line per movement and a column per period, or per group.
type ledgerTable struct {
	Head    string
	Columns []string
	Rows    []ledgerRow
}

type ledgerRow struct {
	Name  string
	Cells []ledgerCell
	// Edge is an opening or a closing.
	Edge bool
}

type ledgerCell struct{ Text, Href string }

type splitRow struct {
	Name, Expansion, Contraction, Net, Accounts string
	Bar, Href                                   string
}

type currencyRow struct{ Code, Opening, Closing, Rate, Converted, Share string }

type moverRow struct {
	Who                                              who
	Day, Kind, Part, Product, Amount, Reason, Events string
	// Invoices leads to the lines of the customer's invoices, where these count.
	Invoices string
	account  string
}

var revenueCards = []string{"mrr", "arr", "cmrr", "nrr_12m", "grr_12m", "saas_quick_ratio", "arpa"}

var movementTitles = map[string]lang.Text{
	"new": lang.Text("New"), "reactivation": lang.Text("Reactivation"), "expansion": lang.Text("Expansion"), "resume": lang.Text("Resumed"),
	"contraction": lang.Text("Contraction"), "pause": lang.Text("Paused"), "churn": lang.Text("Churned"), "fx": lang.Text("Exchange rates"), "transfer": lang.Text("Between segments"),
}

var movementParts = map[string]lang.Text{
	"cross_sell": lang.Text("Products (cross-sell)"), "upsell": lang.Text("Plan (upsell)"), "seats": lang.Text("Quantity (seats)"), "price": lang.Text("Price"),
	"escalator": lang.Text("Contractual adjustment"), "discount": lang.Text("Discount"), "usage": lang.Text("Metered use"), "return": lang.Text("Back soon"),
}

// shownMovers bounds the list of the largest movements, shownPeriods the
// columns of the ledger: all are in the download.
const shownMovers, shownPeriods = 12, 6

// ledgerQuery reads the view and how to present other currencies.
func (s *server) ledgerQuery(v *visit) (*view, metric.RevenueRequest, error) {
	look, err := v.view()
	if err != nil {
		return nil, metric.RevenueRequest{}, err
	}
	q := metric.RevenueRequest{Request: look.request(&metric.Metric{}, farol.Monthly), Rates: v.r.URL.Query().Get("rates")}
	if look.Grain == farol.Weekly {
		q.Grain = farol.Weekly
	}
	return look, q, nil
}

func (s *server) revenue(v *visit) error {
	look, q, err := s.ledgerQuery(v)
	if err != nil {
		return err
	}
	p := revenuePage{shell: v.shell(lang.Text("Revenue")), By: v.r.URL.Query().Get("by")}
	p.Question, p.View, p.Charts = v.p.T("How did recurring revenue get from there to here?"), look, true
	p.extra = url.Values{}
	for key, value := range map[string]string{"by": p.By, "rates": q.Rates} {
		if value != "" {
			p.extra.Set(key, value)
		}
	}
	if p.Empty = s.Facts.LastKnown().IsZero(); p.Empty {
		return s.send(v, http.StatusOK, "revenue", "layout", p)
	}
	if p.Attributes, err = s.Facts.Attributes(v.r.Context()); err != nil {
		return err
	}
	names, err := s.accountNames(v)
	if err != nil {
		return err
	}
	if err := s.fillRevenue(v, look, q, names, &p); err != nil {
		return err
	}
	p.CSV, p.All = look.Link("/revenue/ledger.csv", "by", p.By, "rates", q.Rates), look.Link("/revenue/movements", "rates", q.Rates)
	p.Buyers = look.Link("/revenue/buyers")
	return s.send(v, http.StatusOK, "revenue", "layout", p)
}

// fillRevenue reads what the page shows, several things at a time.
func (s *server) fillRevenue(v *visit, look *view, q metric.RevenueRequest, names func(farol.AccountID) string, p *revenuePage) error {
	g, ctx := errgroup.WithContext(v.r.Context())
	g.SetLimit(atOnce)
	v.r = v.r.WithContext(ctx)
	p.Cards = s.cards(g, v, look, revenueCards)
	g.Go(func() error {
		l, err := s.Metrics.Revenue(ctx, q)
		if err == nil {
			p.whole(v, look, l)
		}
		return err
	})
	g.Go(func() error {
		list, _, err := s.Metrics.Movements(ctx, metric.MovementQuery{RevenueRequest: q, Limit: shownMovers})
		if err == nil {
			p.Movers, err = s.movers(v, look, list, names)
		}
		return err
	})
	if p.By != "" {
		g.Go(func() error {
			grouped := q
			grouped.By = p.By
			l, err := s.Metrics.Revenue(ctx, grouped)
			if err == nil {
				p.grouped(v, l)
			}
			return err
		})
	}
	return g.Wait()
}

// summed adds up lines that follow one another: the opening of the first, the
// closing of the last and all movements between.
func summed(lines []metric.LedgerLine) metric.LedgerLine {
	if len(lines) == 0 {
		return metric.LedgerLine{}
	}
	out := metric.LedgerLine{Group: lines[0].Group, Opening: lines[0].Opening, Closing: lines[len(lines)-1].Closing, Period: lines[0].Period, Complete: true}
	out.Period.To = lines[len(lines)-1].Period.To
	for _, l := range lines {
		out.Complete = out.Complete && l.Complete
		for _, m := range l.Movements {
			i := slices.IndexFunc(out.Movements, func(x metric.Movement) bool { return x.Kind == m.Kind && x.Part == m.Part })
			if i < 0 {
				out.Movements = append(out.Movements, metric.Movement{Kind: m.Kind, Part: m.Part})
				i = len(out.Movements) - 1
			}
			out.Movements[i].Amount += m.Amount
			out.Movements[i].Accounts += m.Accounts
		}
	}
	return out
}

// whole fills in what the page says of everybody.
func (p *revenuePage) whole(v *visit, look *view, l metric.RevenueLedger) {
	all := summed(l.Lines)
	sc := scale{v.p, metric.Money, l.Currency}
	p.Steps = steps(v, sc, l, all)
	p.Months = monthsChart(v, sc, l)
	p.Ledger = ledgerTable{Head: v.p.T("Movement")}
	columns := append([]metric.LedgerLine{}, l.Lines[max(0, len(l.Lines)-shownPeriods):]...)
	for _, c := range columns {
		p.Ledger.Columns = append(p.Ledger.Columns, v.p.Tick(c.Period, l.Grain))
	}
	if len(l.Lines) > 1 {
		columns = append(columns, all)
		p.Ledger.Columns = append(p.Ledger.Columns, v.p.T("Whole period"))
	}
	p.Ledger.fill(v, sc, l, columns, func(line metric.LedgerLine, kind string) string {
		return look.Link("/revenue/movements", "period", "", "from", line.Period.From.String(), "until", line.Period.Last().String(), "kind", kind, "rates", l.Rates)
	})
	p.split(v, look, sc, l, all)
	p.currencies(v, sc, l)
	// Of a part of the customers it is not told what they are billed in.
	p.Part = len(look.Filters) > 0 || sight.Of(v.r.Context()).Limited()
	p.Other = p.Other || p.Part
	for _, way := range []struct {
		value string
		title lang.Text
	}{{metric.HistoricalRates, lang.Text("at the rates of each day")}, {metric.ConstantRates, lang.Text("at the rates of the beginning")}} {
		p.Rates = append(p.Rates, choice{Value: way.value, Title: way.title, Chosen: l.Rates == way.value})
	}
}

// fill writes one column per line: opening, movements, closing.
func (t *ledgerTable) fill(v *visit, sc scale, l metric.RevenueLedger, columns []metric.LedgerLine, href func(metric.LedgerLine, string) string) {
	amount := func(minor int64) string {
		x := l.Major(minor)
		return sc.text(&x)
	}
	row := func(name string, edge bool, of func(metric.LedgerLine) int64, kind string) {
		r := ledgerRow{Name: name, Edge: edge}
		for _, c := range columns {
			x := ledgerCell{Text: amount(of(c))}
			if !edge && of(c) == 0 {
				x.Text = lang.None
			} else if !edge && href != nil {
				x.Href = href(c, kind)
			}
			r.Cells = append(r.Cells, x)
		}
		t.Rows = append(t.Rows, r)
	}
	row(v.p.T("Opening"), true, func(c metric.LedgerLine) int64 { return c.Opening }, "")
	for _, kind := range metric.MovementKinds {
		if kind == "fx" || kind == "transfer" || kind == "pause" || kind == "resume" {
			if !slices.ContainsFunc(columns, func(c metric.LedgerLine) bool { return c.Amount(kind) != 0 }) {
				continue
			}
		}
		row(v.p.Text(movementTitles[kind]), false, func(c metric.LedgerLine) int64 { return c.Amount(kind) }, kind)
	}
	row(v.p.T("Closing"), true, func(c metric.LedgerLine) int64 { return c.Closing }, "")
}

// grouped fills in the ledger of each value of the attribute.
func (p *revenuePage) grouped(v *visit, l metric.RevenueLedger) {
	byGroup := map[string][]metric.LedgerLine{}
	for _, line := range l.Lines {
		byGroup[line.Group] = append(byGroup[line.Group], line)
	}
	var groups []metric.LedgerLine
	for _, lines := range byGroup {
		s := summed(lines)
		// A group may be absent where nobody was in it.
		if lines[0].Period.From != l.Periods[0].From {
			s.Opening = 0
		}
		if lines[len(lines)-1].Period != l.Periods[len(l.Periods)-1] {
			s.Closing = 0
		}
		groups = append(groups, s)
	}
	slices.SortFunc(groups, func(a, b metric.LedgerLine) int {
		return cmp.Or(cmp.Compare(b.Closing, a.Closing), cmp.Compare(b.Opening, a.Opening), cmp.Compare(a.Group, b.Group))
	})
	groups = groups[:min(len(groups), shownColumns)]
	t := &ledgerTable{Head: v.p.T("Movement")}
	for _, g := range groups {
		t.Columns = append(t.Columns, p.named(g.Group))
	}
	t.fill(v, scale{v.p, metric.Money, l.Currency}, l, groups, nil)
	p.Groups = t
}

// steps is the waterfall from opening to closing.
func steps(v *visit, sc scale, l metric.RevenueLedger, all metric.LedgerLine) *chart {
	c := sc.chartOf("steps-data", v.p.T("MRR from opening to closing"), nil, l.Grain)
	c.Data.Kind, c.Tall = "steps", true
	s := chartSeries{Name: v.p.T("MRR")}
	add := func(name string, minor int64, total bool) {
		x := l.Major(minor)
		c.Data.Ticks, c.Data.Titles = append(c.Data.Ticks, name), append(c.Data.Titles, name)
		s.Values, s.Texts, s.Open, s.Totals = append(s.Values, &x), append(s.Texts, sc.text(&x)), append(s.Open, false), append(s.Totals, total)
	}
	if len(l.Lines) > 0 {
		add(v.p.T("Opening"), all.Opening, true)
		for _, kind := range metric.MovementKinds {
			if x := all.Amount(kind); x != 0 {
				add(v.p.Text(movementTitles[kind]), x, false)
			}
		}
		add(v.p.T("Closing"), all.Closing, true)
	}
	c.Data.Series = []chartSeries{s}
	if all.Opening == 0 && all.Closing == 0 && len(all.Movements) == 0 {
		c.Data.Series[0].Values = make([]*float64, len(s.Values))
	}
	return c
}

// monthsChart stacks the movements of each period.
func monthsChart(v *visit, sc scale, l metric.RevenueLedger) *chart {
	c := sc.chartOf("months-data", v.p.T("What moved MRR"), l.Periods, l.Grain)
	c.Data.Kind, c.Data.Zero = "bar", true
	for _, kind := range metric.MovementKinds {
		s := chartSeries{Name: v.p.Text(movementTitles[kind])}
		if kind == "transfer" { // no movement of the whole, and the ninth of eight colours
			s.Tint = "quiet"
		}
		any := false
		for _, line := range l.Lines {
			x := l.Major(line.Amount(kind))
			any = any || x != 0
			s.Values, s.Texts, s.Open = append(s.Values, &x), append(s.Texts, sc.text(&x)), append(s.Open, !line.Complete)
		}
		if any {
			c.Data.Series = append(c.Data.Series, s)
		}
	}
	return c
}

// split fills in what expansion and contraction are made of.
func (p *revenuePage) split(v *visit, look *view, sc scale, l metric.RevenueLedger, all metric.LedgerLine) {
	largest := 1.0
	type sums struct {
		up, down float64
		accounts int64
	}
	parts := map[string]sums{}
	for _, m := range all.Movements {
		if m.Part == "" || m.Kind == "resume" {
			continue
		}
		s := parts[m.Part]
		if m.Kind == "expansion" {
			s.up += l.Major(m.Amount)
		} else {
			s.down += l.Major(m.Amount)
		}
		s.accounts += m.Accounts
		parts[m.Part] = s
		largest = max(largest, math.Abs(s.up+s.down))
	}
	for _, part := range metric.MovementParts {
		s, ok := parts[part]
		if !ok {
			continue
		}
		net := s.up + s.down
		p.Split = append(p.Split, splitRow{
			Name: v.p.Text(movementParts[part]), Expansion: sc.short(&s.up), Contraction: sc.short(&s.down), Net: sc.short(&net), Accounts: v.p.Number(float64(s.accounts), 0),
			Bar: strconv.FormatFloat(100*math.Abs(net)/largest, 'f', 1, 64), Href: look.Link("/revenue/movements", "part", part, "rates", l.Rates),
		})
	}
}

// currencies fills in what MRR is billed in.
func (p *revenuePage) currencies(v *visit, sc scale, l metric.RevenueLedger) {
	var total float64
	for _, c := range l.Currencies {
		total += l.Major(c.Converted)
		p.Other = p.Other || c.Currency != l.Currency
	}
	for _, c := range l.Currencies {
		own := scale{v.p, metric.Money, c.Currency}
		unit := math.Pow10(c.Currency.Digits())
		opening, closing, converted := float64(c.Opening)/unit, float64(c.Closing)/unit, l.Major(c.Converted)
		row := currencyRow{Code: string(c.Currency), Opening: own.short(&opening), Closing: own.short(&closing), Rate: v.p.T("no rate"), Converted: lang.None, Share: lang.None}
		if c.Rate != nil {
			row.Rate, row.Converted = v.p.Number(*c.Rate, 4), sc.short(&converted)
			if total > 0 {
				row.Share = v.p.Percent(converted / total)
			}
		}
		p.Currencies = append(p.Currencies, row)
	}
}

// movers writes rows of the ledger. A reason of the governed list goes by its
// title, another as it was said.
func (s *server) movers(v *visit, look *view, list []metric.MovementRow, names func(farol.AccountID) string) ([]moverRow, error) {
	currency := v.company.Currency
	sc, reasons := scale{v.p, metric.Money, currency}, s.Metrics.Reasons()
	var out []moverRow
	for _, m := range list {
		x := float64(m.Amount) / math.Pow10(currency.Digits())
		row := moverRow{
			Day: v.p.Date(m.Day), Who: who{Name: names(farol.AccountID(m.Account)), Href: customerHref(farol.AccountID(m.Account))}, Kind: v.p.Text(movementTitles[m.Kind]), Part: lang.None, Product: cmp.Or(m.Product, lang.None), Amount: sc.text(&x), Reason: cmp.Or(m.Reason, lang.None),
			account: m.Account, Events: eventsLink(look, url.Values{"account": {m.Account}, "from": {m.Day.String()}, "until": {m.Day.String()}}),
		}
		if _, listed, ok := reasons.Find(m.Reason); ok {
			row.Reason = listed.Title.In(v.p.Code())
		}
		if m.Part != "" {
			row.Part = v.p.Text(movementParts[m.Part])
		}
		if m.Plan != "" {
			row.Product += " · " + m.Plan
		}
		out = append(out, row)
	}
	return out, billed(s, v, look, out, func(r *moverRow) (string, *string) { return r.account, &r.Invoices })
}

// billed fills where the lines of invoices stand, of the rows whose customers
// have any, when MRR comes from these. of is a row's account, and its link.
func billed[T any](s *server, v *visit, look *view, rows []T, of func(*T) (account string, invoices *string)) error {
	if !s.Metrics.ByInvoices() {
		return nil
	}
	ids, links := make([]farol.AccountID, len(rows)), make([]*string, len(rows))
	for i := range rows {
		account, link := of(&rows[i])
		ids[i], links[i] = farol.AccountID(account), link
	}
	found, err := s.Facts.Billed(v.r.Context(), ids, look.AsOf, look.Known)
	for i, id := range ids {
		if found[id] {
			*links[i] = eventsLink(look, url.Values{"account": {string(id)}, "name": {"Invoice Line Billed"}})
		}
	}
	return err
}

// eventsLink leads to the events of those values, at the view's clocks.
func eventsLink(look *view, q url.Values) string {
	for _, k := range []string{"as_of", "known"} {
		if x := look.given.Get(k); x != "" {
			q.Set(k, x)
		}
	}
	return "/events?" + q.Encode()
}
