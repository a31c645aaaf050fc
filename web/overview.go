package web

import (
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// overviewPage is the state of all customers at a glance.
type overviewPage struct {
	shell
	// Empty tells that no fact was ever received.
	Empty  bool
	Areas  []overviewArea
	Usage  *chart
	Movers []*chart
	// Goals are those that support and Customer Success share.
	Goals []goalLine
}

// overviewArea is a part of the work with the few figures that tell of it.
type overviewArea struct {
	Title lang.Text
	// Href is its page, "" while it has none.
	Href  string
	Cards []*card
}

// card is one metric: its current figure and how it got there.
type card struct {
	Title, Definition string
	Href              string
	// Value is the figure, Exact the same in full, and Why where it comes
	// from; Reason says why there is none.
	Value, Exact, Why, Reason string
	// Period and Interval tell when and how sure, Part "41 of 983".
	Period, Interval, Part string
	Change                 delta
	// Apart leads to why it changed.
	Apart string
	Spark *spark
	// Stale says for how long a source that feeds the figure has been silent.
	Stale string
}

// overviewAreas, in the order of a customer's life, and the metrics of the
// charts.
var (
	overviewAreas = []struct {
		title   lang.Text
		page    string
		metrics []string
	}{
		{lang.Text("Usage"), "/engagement", []string{"active_users_28d", "active_accounts_28d", "stickiness"}},
		{lang.Text("Activation"), "/activation", []string{"new_accounts", "activation_rate", "time_to_value"}},
		{lang.Text("Adoption"), "/adoption", []string{"product_adoption_rate", "adoption_rate_active", "seat_utilisation"}},
		{lang.Text("Retention"), "/retention", []string{"retention_week_4", "account_retention_month_1", "usage_retention"}},
		{lang.Text("Revenue"), "/revenue", []string{"mrr", "nrr_12m", "grr_12m"}},
		{lang.Text("Churn"), "/churn", []string{"logo_churn_rate", "voluntary_churn_rate", "customer_lifetime_value"}},
		{lang.Text("Voice of the customer"), "/voice", []string{"nps", "csat", "response_rate"}},
	}
	usageLines   = []string{"active_users_day", "active_users_week", "active_users_28d"}
	overviewBars = []string{"mrr", "new_accounts"}
)

// at once is how many metrics one page reads at the same time: more would
// only queue for the engine's threads.
const atOnce = 4

func (s *server) overview(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := overviewPage{shell: v.shell(lang.Text("Overview"))}
	p.Question, p.View, p.Charts = v.p.T("How are our customers doing?"), look, true
	if p.Empty = s.Facts.LastKnown().IsZero(); p.Empty {
		return s.send(v, http.StatusOK, "overview", "layout", p)
	}
	g, ctx := errgroup.WithContext(v.r.Context())
	g.SetLimit(atOnce)
	v.r = v.r.WithContext(ctx)
	p.Areas = make([]overviewArea, len(overviewAreas))
	for i, a := range overviewAreas {
		area := &p.Areas[i]
		area.Title, area.Cards = a.title, make([]*card, len(a.metrics))
		if inMenu(a.page) {
			area.Href = look.Link(a.page)
		}
		for k, name := range a.metrics {
			g.Go(func() (err error) {
				area.Cards[k], err = s.card(v, look, name)
				return err
			})
		}
	}
	g.Go(func() (err error) {
		p.Usage, err = s.usageChart(v, look)
		return err
	})
	g.Go(func() (err error) {
		p.Goals, err = s.goalLines(v, look)
		return err
	})
	p.Movers = make([]*chart, len(overviewBars))
	for i, name := range overviewBars {
		g.Go(func() (err error) {
			p.Movers[i], err = s.barChart(v, look, name)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "overview", "layout", p)
}

// inMenu tells whether there is such a page.
func inMenu(href string) bool {
	return slices.ContainsFunc(navigation, func(g navGroup) bool {
		return slices.ContainsFunc(g.Items, func(i navItem) bool { return i.Href == href })
	})
}

// monthlyCards are over the month whatever the view is cut into: per week the
// same metric is another ratio, which has a card of its own.
var monthlyCards = map[string]bool{"stickiness": true, "stickiness_business_days": true}

// card reads one metric and sums it up.
func (s *server) card(v *visit, look *view, name string) (*card, error) {
	return s.cardOf(v, look, name, true)
}

// cardOf is a card; without its change it needs no earlier periods.
func (s *server) cardOf(v *visit, look *view, name string, change bool) (*card, error) {
	f, err := s.figureOf(v, look, name, change)
	if err != nil {
		return nil, err
	}
	m, sc, code := f.metric, scale{v.p, f.metric.Unit, f.series.Currency}, v.p.Code()
	c := &card{
		Title: m.Title.In(code), Definition: m.Definition.In(code), Href: look.Link("/metrics/" + name),
		Stale: s.staleFigure(v, m), Value: lang.None, Spark: sc.sparkOf(m.Title.In(code), f.shown()),
	}
	pt := f.point()
	if pt == nil {
		c.Reason = v.p.Text(reasons[f.reason()])
		return c, nil
	}
	c.Value, c.Exact, c.Interval = sc.short(pt.Value), sc.text(pt.Value), sc.shortInterval(*pt)
	c.Period = v.p.Period(pt.Period, f.grain)
	if !pt.Complete {
		c.Period = v.p.T("%s, so far", c.Period)
	}
	if pt.Denominator != nil && m.Aggregation == metric.Proportion {
		c.Part = v.p.T("%s of %s", sc.count(*pt.Numerator), sc.count(*pt.Denominator))
	}
	c.Why = sourceLink(f.look, m, f.grain, *pt, "")
	if change && c.Stale == "" { // what is not known is neither good nor bad
		c.Change = sc.change(m, f.series.Points, f.at, metric.Lag(f.grain), f.grain)
	}
	if c.Change.Text != "" {
		before := f.series.Points[f.at-metric.Lag(f.grain)]
		c.Apart = f.look.Link("/metrics/"+name+"/why", "grain", string(f.grain), "before", before.Period.From.String(), "after", pt.Period.From.String())
	}
	return c, nil
}

// sourceLink leads to where a figure comes from.
func sourceLink(look *view, m *metric.Metric, g farol.Grain, pt metric.Point, by string, also ...string) string {
	pairs := append([]string{"grain", string(g), "at", pt.Period.From.String(), "by", by}, also...)
	if by != "" {
		// The group "" is unknown, which a missing parameter could not say.
		pairs = append(pairs, "group", "="+pt.Group)
	}
	return look.Link("/metrics/"+m.Name+"/source", pairs...)
}

// usageChart draws daily, weekly and monthly active users as three lines.
func (s *server) usageChart(v *visit, look *view) (*chart, error) {
	var out *chart
	for _, name := range usageLines {
		m, err := s.Metrics.Catalogue().Find(name)
		if err != nil {
			return nil, err
		}
		grain := look.grainFor(m)
		if look.Grain == "" && look.Period.Days() <= 200 {
			grain = farol.Daily
		}
		series, err := s.Metrics.Read(v.r.Context(), look.request(m, grain))
		if err != nil {
			return nil, err
		}
		sc := scale{v.p, m.Unit, series.Currency}
		if out == nil {
			out = sc.chartOf("usage-data", v.p.T("Active users per day, week and month"), periodsOf(series.Points), grain)
		}
		sc.add(out, m.Title.In(v.p.Code()), series.Points, nil)
	}
	out.incompleteNote(v.p, false)
	out.Table = true
	return out, nil
}

// barChart draws one metric as bars.
func (s *server) barChart(v *visit, look *view, name string) (*chart, error) {
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
	out := sc.chartOf(name+"-data", m.Title.In(v.p.Code()), periodsOf(series.Points), grain)
	out.Data.Kind, out.Table = "bar", true
	sc.add(out, m.Title.In(v.p.Code()), series.Points, func(pt metric.Point) string { return sourceLink(look, m, grain, pt, "") })
	out.incompleteNote(v.p, false)
	return out, nil
}

func periodsOf(points []metric.Point) []farol.Period {
	out := make([]farol.Period, len(points))
	for i, p := range points {
		out[i] = p.Period
	}
	return out
}
