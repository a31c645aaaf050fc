package web

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/stats"
)

// churnPage is who leaves, why, and what a customer is worth.
type churnPage struct {
	shell
	// Empty tells that no fact was ever received.
	Empty      bool
	Cards      []*card
	Trend      *chart
	Causes     *chart
	By         string
	Attributes []string
	// Reasons of the departures in the period; Coded says how many have one.
	Reasons  []reasonRow
	Coded    string
	Segments []segmentRow
	Lost     []lostRow
	// MoreLost is how many are not shown.
	MoreLost int
	Survival *chart
	Split    *chart
	// Facts are what the curves say in words.
	Facts  []string
	Values []valueRow
	// NetChurn tells that their churn is that of MRR, net of what customers add.
	NetChurn bool
	// Simulator leads to the long-term page.
	Simulator string
}

// Untold tells that there are facts, and none of subscriptions.
func (p *churnPage) Untold() bool { return untold(p.Cards) }

// CSV is the address of a table of the page.
func (p *churnPage) CSV(table string) string { return p.View.Link("/churn/"+table+".csv", "by", p.By) }

// reasonRow is a reason or, when Head, a group of them; Bar is its share of
// the largest, 0 to 100.
type reasonRow struct {
	Name, Accounts, MRR, Share string
	Bar                        string
	Head                       bool
}

type segmentRow struct{ Name, Lost, MRR, Coded, Top string }

type lostRow struct {
	Who                                  who
	Day, Months, MRR, Reason, Kind, Back string
	Unlisted                             bool
}

// valueRow is the lifetime value of a group in every way.
type valueRow struct {
	Name, Paying, Churn, Simple, Range, Margin, MarginRange, Discounted, DiscountedRange, Survival, SurvivalRange, Months, Why string
}

var churnCards = []string{
	"logo_churn_rate", "logo_churn_rate_annual", "voluntary_churn_rate", "payment_churn_rate", "win_back_rate",
	"renewal_churn_rate", "customer_lifetime", "customer_lifetime_value", "cac", "cac_payback_months", "ltv_to_cac",
}

// shownLost bounds the table of lost accounts.
const shownLost = 50

func (s *server) churn(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := churnPage{shell: v.shell(lang.Text("Churn")), By: v.r.URL.Query().Get("by")}
	p.Question, p.View, p.Charts = v.p.T("Who leaves, why, and what is a customer worth?"), look, true
	if p.By != "" {
		p.extra = url.Values{"by": {p.By}}
	}
	if p.Empty = s.Facts.LastKnown().IsZero(); p.Empty {
		return s.send(v, http.StatusOK, "churn", "layout", &p)
	}
	p.Simulator = look.Link("/churn/simulator")
	if p.Attributes, err = s.Facts.Attributes(v.r.Context()); err != nil {
		return err
	}
	names, err := s.accountNames(v)
	if err != nil {
		return err
	}
	q := look.request(&metric.Metric{}, "")
	q.By = p.By
	if err := s.fillChurn(v, look, q, names, &p); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "churn", "layout", &p)
}

// fillChurn reads what the page shows, several things at a time.
func (s *server) fillChurn(v *visit, look *view, q metric.Request, names func(farol.AccountID) string, p *churnPage) error {
	g, ctx := errgroup.WithContext(v.r.Context())
	g.SetLimit(atOnce)
	v.r = v.r.WithContext(ctx)
	p.Cards = s.cards(g, v, look, churnCards)
	g.Go(func() (err error) {
		p.Trend, err = s.lineChart(v, look, "logo_churn_rate")
		return err
	})
	g.Go(func() (err error) {
		if p.Causes, err = s.lineChart(v, look, "voluntary_churn_rate", "payment_churn_rate"); err == nil {
			p.Causes.stack()
		}
		return err
	})
	g.Go(func() error {
		report, err := s.Metrics.ChurnReasons(ctx, q)
		if err == nil {
			p.reasons(v, report)
			p.lost(v, report, names)
		}
		return err
	})
	g.Go(func() error {
		curves, err := s.Metrics.Survival(ctx, q)
		if err == nil {
			p.survival(v, curves)
		}
		return err
	})
	g.Go(func() error {
		values, err := s.Metrics.LifetimeValue(ctx, q)
		if err == nil {
			p.values(v, values)
			p.NetChurn = s.Metrics.ChurnOf() == metric.RevenueLost
		}
		return err
	})
	return g.Wait()
}

// lineChart draws metrics of one unit over the same periods.
func (s *server) lineChart(v *visit, look *view, names ...string) (*chart, error) {
	var out *chart
	for _, name := range names {
		m, err := s.Metrics.Catalogue().Find(name)
		if err != nil {
			return nil, err
		}
		grain := look.grainFor(m)
		series, err := s.Metrics.Read(v.r.Context(), look.request(m, grain))
		if err != nil {
			return nil, err
		}
		sc := scale{v.p, m.Unit, series.Currency}
		if out == nil {
			out = sc.chartOf(name+"-data", m.Title.In(v.p.Code()), periodsOf(series.Points), grain)
			out.Table = true
		}
		sc.add(out, m.Title.In(v.p.Code()), series.Points, func(pt metric.Point) string { return sourceLink(look, m, grain, pt, "") })
	}
	out.incompleteNote(v.p, len(names) == 1)
	return out, nil
}

// stack draws the series as bars on one another, whose intervals would lie where
// no bar ends: they are told, not drawn.
func (c *chart) stack() {
	c.Data.Kind = "bar"
	for i := range c.Data.Series {
		c.Data.Series[i].Low, c.Data.Series[i].High = nil, nil
	}
}

// reasons fills in why the customers of the period left.
func (p *churnPage) reasons(v *visit, c metric.ChurnReport) {
	code, money := v.p.Code(), scale{v.p, metric.Money, c.Currency}
	count := func(n int) string { return v.p.Number(float64(n), 0) }
	largest := 1
	for _, g := range c.Groups {
		largest = max(largest, g.Accounts)
	}
	add := func(t metric.ReasonTotal, name string, head bool) {
		p.Reasons = append(p.Reasons, reasonRow{
			Name: name, Accounts: count(t.Accounts), MRR: money.short(&t.MRR), Head: head,
			Share: v.p.Percent(float64(t.Accounts) / float64(c.All.Accounts)), Bar: fmt.Sprintf("%.1f", 100*float64(t.Accounts)/float64(largest)),
		})
	}
	for _, g := range c.Groups {
		add(g, g.Title.In(code), true)
		for _, x := range g.List {
			add(x, x.Title.In(code), false)
		}
	}
	for _, x := range c.Unlisted {
		add(x, v.p.T("%s (not on the list)", x.Code), false)
	}
	if c.None.Accounts > 0 {
		add(c.None, v.p.T("No reason given"), true)
	}
	p.Coded = v.p.T("%s of %s departures have a reason of the list; %s by choice, %s for failed payments, %s are back.",
		count(c.Coded.Accounts), count(c.All.Accounts), count(c.Voluntary.Accounts), count(c.Payment.Accounts), count(c.WonBack.Accounts))
	for _, g := range c.Segments {
		row := segmentRow{Name: cmp.Or(g.Group, v.p.T("unknown")), Lost: count(g.All.Accounts), MRR: money.short(&g.All.MRR), Coded: count(g.Coded.Accounts), Top: lang.None}
		if len(g.Groups) > 0 {
			row.Top = fmt.Sprintf("%s (%s)", g.Groups[0].Title.In(code), count(g.Groups[0].Accounts))
		}
		p.Segments = append(p.Segments, row)
	}
}

// lost lists the customers that left.
func (p *churnPage) lost(v *visit, c metric.ChurnReport, names func(farol.AccountID) string) {
	money := scale{v.p, metric.Money, c.Currency}
	for _, a := range c.Lost[:min(shownLost, len(c.Lost))] {
		id := farol.AccountID(a.Account)
		row := lostRow{
			Who: who{Name: names(id), Href: customerHref(id)}, Day: v.p.Date(a.Left), Months: v.p.Number(a.Months, 1), MRR: money.short(&a.MRR),
			Reason: cmp.Or(a.Title.In(v.p.Code()), a.Said, lang.None), Unlisted: a.Code == "" && a.Said != "", Kind: v.p.T("by choice"), Back: lang.None,
		}
		if a.Payment {
			row.Kind = v.p.T("failed payment")
		}
		if a.Back != 0 {
			row.Back = v.p.Date(a.Back)
		}
		p.Lost = append(p.Lost, row)
	}
	p.MoreLost = len(c.Lost) - len(p.Lost)
}

// ageChart is a chart over months of age.
func ageChart(v *visit, id, label string, months int) *chart {
	sc := scale{v.p, "ratio", ""}
	out := sc.chartOf(id, label, nil, "")
	for t := range months + 1 {
		out.Data.Ticks = append(out.Data.Ticks, v.p.Number(float64(t), 0))
		out.Data.Titles = append(out.Data.Titles, v.p.N(t, "after %d month", "after %d months"))
	}
	out.Table, out.Tall = true, true
	return out
}

// addAges draws a curve; ages without a point are left out.
func addAges(v *visit, c *chart, name string, points []metric.SurvivalPoint) {
	n := len(c.Data.Ticks)
	sc := scale{v.p, "ratio", ""}
	x := chartSeries{
		Name: name, Values: make([]*float64, n), Texts: make([]string, n), Low: make([]*float64, n), High: make([]*float64, n),
		Ranges: make([]string, n), Open: make([]bool, n),
	}
	for i := range x.Texts {
		x.Texts[i] = lang.None
	}
	for _, p := range points {
		if p.Month >= n {
			break
		}
		value := p.Value
		x.Values[p.Month], x.Texts[p.Month], x.Low[p.Month], x.High[p.Month] = &value, sc.text(&value), p.Low, p.High
		x.Ranges[p.Month] = sc.interval(metric.Point{Low: p.Low, High: p.High})
	}
	c.Data.Series = append(c.Data.Series, x)
}

// drawnCurves is how many groups of a breakdown are drawn.
const drawnCurves = 6

// survival draws the curves.
func (p *churnPage) survival(v *visit, s metric.Survival) {
	c := s.Whole
	label := v.p.T("Customers still there, by months since the first payment")
	if p.By == "" {
		p.Survival = ageChart(v, "survival-data", label, metric.SurvivalMonths)
		addAges(v, p.Survival, v.p.T("Observed"), c.Points)
		if c.Model != nil {
			addAges(v, p.Survival, v.p.T("Model"), c.Model.Points)
		}
		p.Survival.Note = v.p.T("Shaded: the 95% interval.")
	} else {
		p.Survival = ageChart(v, "survival-data", label, max(1, len(c.Points)-1))
		for _, g := range s.Groups[:min(drawnCurves, len(s.Groups))] {
			if g.Points != nil {
				addAges(v, p.Survival, cmp.Or(g.Group, v.p.T("unknown")), g.Points)
			}
		}
	}
	if len(c.Points) > 1 {
		p.Split = ageChart(v, "split-data", v.p.T("Customers lost, by cause and months since the first payment"), len(c.Points)-1)
		p.Split.Tall = false
		addAges(v, p.Split, v.p.T("by choice"), c.Voluntary)
		addAges(v, p.Split, v.p.T("failed payment"), c.Payment)
	}
	p.says(v, s)
}

// says puts the curve of all customers into words.
func (p *churnPage) says(v *visit, s metric.Survival) {
	c := s.Whole
	say := func(text string) { p.Facts = append(p.Facts, text) }
	say(v.p.T("%s customers ever, %s of them lost.", v.p.Number(float64(c.Customers), 0), v.p.Number(float64(c.Lost), 0)))
	if c.Late > 0 {
		say(v.p.N(c.Late, "%d was a customer before its first event and is watched from the age it had then.", "%d were customers before their first event and are watched from the age they had then."))
	}
	switch {
	case c.Reason != "":
		say(v.p.T("Too few customers for a curve: at least %d are needed.", stats.MinRanked))
	case c.Median.Value != nil:
		say(v.p.T("Half are gone after %s months.", v.p.Number(*c.Median.Value, 1)))
	default:
		say(v.p.T("More than half of each age are still there, so the median is not known yet."))
	}
	if c.Mean != nil {
		say(v.p.T("Of the first %s months a customer stays %s on average (%s to %s).", v.p.Number(c.Horizon, 0), v.p.Number(c.Mean.Value, 1), v.p.Number(c.Mean.Interval.Low, 1), v.p.Number(c.Mean.Interval.High, 1)))
	}
	switch {
	case c.NoModel == metric.FewLosses:
		say(v.p.T("No model: fewer than five customers were lost."))
	case c.NoModel != "":
		say(v.p.T("No model: fewer than thirty customers."))
	case c.Model.BdW != nil:
		say(v.p.T("Model: beta-discrete-Weibull, which fits better than the shifted beta-geometric; its interval is that of the latter, widened."))
	default:
		say(v.p.T("Model: shifted beta-geometric; beyond what was observed it is a projection."))
	}
	if s.Test != nil {
		say(v.p.T("Do the groups differ? Log-rank p = %s: %s.", v.p.Number(s.Test.P, 3), map[bool]string{true: v.p.T("more than chance explains"), false: v.p.T("no more than chance explains")}[s.Test.P < 0.05]))
	}
}

// whyTexts say why the simple value and that of the curve differ.
var whyTexts = map[string]lang.Text{
	metric.RisingRetention:  lang.Text("old customers leave less"),
	metric.FallingRetention: lang.Text("old customers leave more"),
	metric.RecentChurn:      lang.Text("the last months are unlike the history"),
	metric.Discounting:      lang.Text("later money is worth less"),
	metric.Margin:           lang.Text("only the margin counts"),
	metric.Capped:           lang.Text("the simple lifetime is longer than five years"),
}

// values fills in the table of lifetime values.
func (p *churnPage) values(v *visit, r metric.LifetimeReport) {
	money := scale{v.p, metric.Money, r.Currency}
	between := func(low, high *float64) string {
		if low == nil || high == nil {
			return ""
		}
		return money.short(low) + " – " + money.short(high)
	}
	for _, x := range append([]metric.LifetimeRow{r.Whole}, r.Groups...) {
		row := valueRow{
			Name: cmp.Or(x.Group, v.p.T("unknown")), Paying: v.p.Number(x.Paying, 0), Churn: lang.None, Months: lang.None,
			Simple: money.short(x.Simple), Range: between(x.SimpleLow, x.SimpleHigh),
			Margin: money.short(x.WithMargin), MarginRange: between(x.MarginLow, x.MarginHigh),
			Discounted: money.short(x.Discounted), DiscountedRange: between(x.DiscountedLow, x.DiscountedHigh),
			Survival: money.short(x.Survival), SurvivalRange: between(x.SurvivalLow, x.SurvivalHigh),
		}
		if len(p.Values) == 0 {
			row.Name = v.p.T("All customers")
		}
		if x.Exposure > 0 {
			row.Churn = v.p.Percent(x.Left / x.Exposure)
		}
		if x.Lifetime != nil && !math.IsInf(*x.Lifetime, 0) {
			row.Months = v.p.Number(*x.Lifetime, 1)
		}
		for _, w := range x.Why {
			if row.Why != "" {
				row.Why += "; "
			}
			row.Why += v.p.Text(whyTexts[w])
		}
		if x.Reason != "" {
			row.Why = v.p.T("too few customers or losses for a model")
		}
		p.Values = append(p.Values, row)
	}
}

// leverNames name the assumptions of the simulator.
var leverNames = map[string]lang.Text{
	"churn_now": lang.Text("Churn today"), "churn_then": lang.Text("Churn compared"), "expansion": lang.Text("Expansion"),
	"new_customers": lang.Text("New customers"), "new_mrr": lang.Text("MRR of a new customer"), "price_rise": lang.Text("Price rise"),
	"margin": lang.Text("Margin"), "cost": lang.Text("Cost per month"), "ramp": lang.Text("Months until it works"),
}

func sortedFields(m map[string]*float64) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
