package web

import (
	"net/http"
	"net/url"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// engagementPage shows how steadily people, or accounts, use the product.
type engagementPage struct {
	shell
	// Empty tells that no fact was ever received.
	Empty bool
	// Units chooses people or accounts, Ranges what the histogram looks at.
	Units, Ranges []tab
	Sections      []*cardSection
	Lifecycle     *chart
	LifecycleCSV  string
	Rhythm        *rhythmView
	Parts         []*rhythmView
	Histogram     *chart
	// Spread is the histogram in one sentence, HistogramReason why there is none.
	Spread, HistogramReason, HistogramCSV string
}

// tab is one of several views, the chosen one marked.
type tab struct {
	Title  lang.Text
	Href   string
	Chosen bool
}

// cardSection is a row of figures under a heading; "" for the first.
type cardSection struct {
	Title, Text lang.Text
	names       []string
	Cards       []*card
}

// rhythmView is a rhythm in words.
type rhythmView struct {
	// Name of the product or feature, "" for everything.
	Name             string
	Verdict, Because string
	Advice           string
	Shares           []rhythmLine
}

type rhythmLine struct{ Title, Count, Share, Interval string }

// engagementCards are the figures of the page, for people and for accounts.
var engagementCards = map[metric.Of][]cardSection{
	metric.People: {
		{names: []string{"active_users_28d", "usage_retention", "usage_quick_ratio", "mean_active_days_28d"}},
		{
			Title: lang.Text("Stickiness"), Text: lang.Text("Each suits a rhythm: choose the one that the product has."),
			names: []string{"stickiness", "stickiness_business_days", "stickiness_dau_wau", "stickiness_wau_mau", "active_days_exposed_28d"},
		},
		{Title: lang.Text("Sessions and time online"), names: []string{"sessions", "sessions_per_active_user", "time_online_median", "active_time_median", "active_users_signed_in_28d"}},
	},
	metric.Accounts: {
		{names: []string{"active_accounts_28d", "account_usage_retention", "account_usage_quick_ratio", "account_stickiness"}},
		{
			Title: lang.Text("Use per account"), Text: lang.Text("Kept for every account and day: break a figure down by account to see whose it is."),
			names: []string{"seat_utilisation", "people_per_account", "active_roles_28d", "use_concentration", "days_since_activity", "days_since_champion_activity", "use_change_28d", "use_change_seasonal", "use_slope_8w", "use_break_8w"},
		},
	},
}

// engagementRanges are what the histogram may look at.
var engagementRanges = []struct {
	name  string
	title lang.Text
}{{"7", lang.Text("Last 7 days")}, {"28", lang.Text("Last 28 days")}, {"weeks", lang.Text("Weeks of the period")}}

// engagementQuery is what the address asks for.
type engagementQuery struct {
	look *view
	of   metric.Of
	rng  string
}

func (s *server) engagementQuery(v *visit) (q engagementQuery, err error) {
	if q.look, err = v.view(); err != nil {
		return q, err
	}
	q.of, q.rng = metric.People, "28"
	own := v.r.URL.Query()
	switch of := own.Get("of"); of {
	case "", string(metric.People):
	case string(metric.Accounts):
		q.of = metric.Accounts
	default:
		return q, farol.InvalidField("of", "must be people or accounts")
	}
	switch rng := own.Get("range"); rng {
	case "":
	case "7", "28", "weeks":
		q.rng = rng
	default:
		return q, farol.InvalidField("range", "must be 7, 28 or weeks")
	}
	return q, nil
}

// extra are the parameters of the page itself.
func (q engagementQuery) extra() url.Values {
	out := url.Values{}
	if q.of != metric.People {
		out.Set("of", string(q.of))
	}
	if q.rng != "28" {
		out.Set("range", q.rng)
	}
	return out
}

// link is an address with the view and the page's own parameters.
func (q engagementQuery) link(path string, pairs ...string) string {
	for k := range q.extra() {
		pairs = append([]string{k, q.extra().Get(k)}, pairs...)
	}
	return q.look.Link(path, pairs...)
}

// request asks for a histogram or a rhythm: of whole days that have passed.
func (q engagementQuery) request(v *visit) metric.EngagementRequest {
	look := q.look
	last := min(look.Period.Last(), look.reference())
	if last >= farol.DayOf(v.now, look.Cal.Zone) {
		last--
	}
	r := metric.EngagementRequest{Of: q.of, AsOf: look.AsOf, Known: look.Known, Filters: look.Filters, MaxAge: pageAge}
	switch q.rng {
	case "weeks":
		r.Grain, r.Period = farol.Weekly, farol.Period{From: min(look.Period.From, last), To: last + 1}
	case "7":
		r.Grain, r.Period = farol.Daily, farol.Period{From: last - 6, To: last + 1}
	default:
		r.Grain, r.Period = farol.Daily, farol.Period{From: last - 27, To: last + 1}
	}
	return r
}

func (s *server) engagement(v *visit) error {
	q, err := s.engagementQuery(v)
	if err != nil {
		return err
	}
	p := engagementPage{shell: v.shell(lang.Text("Engagement"))}
	p.Question, p.View, p.Charts, p.extra = v.p.T("How steadily is the product used, and does it become a habit?"), q.look, true, q.extra()
	if p.Empty = s.Facts.LastKnown().IsZero(); p.Empty {
		return s.send(v, http.StatusOK, "engagement", "layout", p)
	}
	people, accounts := q, q
	people.of, accounts.of = metric.People, metric.Accounts
	p.Units = []tab{
		{lang.Text("People"), people.link("/engagement", "of", ""), q.of == metric.People},
		{lang.Text("Accounts"), accounts.link("/engagement"), q.of == metric.Accounts},
	}
	for _, r := range engagementRanges {
		other := q
		other.rng = r.name
		href := other.link("/engagement")
		if r.name == "28" {
			href = other.link("/engagement", "range", "")
		}
		p.Ranges = append(p.Ranges, tab{r.title, href + "#histogram", r.name == q.rng})
	}
	if err := s.fillEngagement(v, q, &p); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "engagement", "layout", p)
}

// fillEngagement reads what the page shows, several things at a time.
func (s *server) fillEngagement(v *visit, q engagementQuery, p *engagementPage) error {
	g, ctx := errgroup.WithContext(v.r.Context())
	g.SetLimit(atOnce)
	v.r = v.r.WithContext(ctx)
	for _, c := range engagementCards[q.of] {
		section := c
		section.Cards = s.cards(g, v, q.look, section.names)
		p.Sections = append(p.Sections, &section)
	}
	g.Go(func() (err error) {
		p.Lifecycle, err = s.lifecycleChart(v, q)
		p.LifecycleCSV = q.link("/engagement/lifecycle.csv")
		return err
	})
	g.Go(func() error { return s.histogramChart(v, q, p) })
	names := s.rhythmRequests(v, q)
	views := make([]*rhythmView, len(names))
	for i, r := range names {
		g.Go(func() (err error) {
			x, err := s.Metrics.Rhythm(ctx, r)
			views[i] = rhythmWords(v.p, x)
			return err
		})
	}
	err := g.Wait()
	p.Rhythm, p.Parts = views[0], views[1:]
	return err
}

// maxParts bounds the products and features whose rhythm is read.
const maxParts = 12

// rhythmRequests are everything, then the products and features.
func (s *server) rhythmRequests(v *visit, q engagementQuery) []metric.EngagementRequest {
	r := q.request(v)
	r.Grain, r.Period.From = "", r.Period.To-84
	out := []metric.EngagementRequest{r}
	features, products := s.Metrics.RhythmNames()
	if len(products) > 1 {
		for _, name := range products {
			r.Product = name
			out = append(out, r)
		}
		r.Product = ""
	}
	for _, name := range features {
		r.Feature = name
		out = append(out, r)
	}
	return out[:min(len(out), maxParts+1)]
}

// verdicts and advice are the words of a rhythm.
var verdicts = map[farol.Grain]lang.Text{
	farol.Daily: lang.Text("Daily"), farol.Weekly: lang.Text("Weekly"), farol.Monthly: lang.Text("Monthly"), "": lang.Text("Now and then"),
}

var rhythmAdvice = map[farol.Grain]lang.Text{
	farol.Daily:   lang.Text("Judge it by the day: DAU/MAU, on business days when it is used at work."),
	farol.Weekly:  lang.Text("Judge it by the week: WAU/MAU and weekly retention. By daily figures its normal use looks like a loss."),
	farol.Monthly: lang.Text("Judge it by the month: monthly retention. By weekly figures its normal use looks like a loss."),
	"":            lang.Text("Judge it by what it is for, not by how often: less than half come back within four weeks."),
}

var rhythmTitles = map[farol.Grain]lang.Text{
	farol.Daily: lang.Text("Within a day"), farol.Weekly: lang.Text("Within a week"), farol.Monthly: lang.Text("Within four weeks"),
}

// rhythmSpans are how long a rhythm is.
var rhythmSpans = map[farol.Grain]lang.Text{
	farol.Daily: lang.Text("a day"), farol.Weekly: lang.Text("a week"), farol.Monthly: lang.Text("four weeks"),
}

// rhythmWords writes a rhythm for people.
func rhythmWords(p *lang.Printer, x metric.Rhythm) *rhythmView {
	out := &rhythmView{Name: x.Request.Feature}
	if x.Request.Product != "" {
		out.Name = x.Request.Product
	}
	accounts := x.Request.Of == metric.Accounts
	switch {
	case x.Reason == metric.TooFew && accounts:
		out.Verdict, out.Because = p.T("Too few to tell"), p.T("%d of %d accounts were active on three days or more in %s; at least 30 are needed.", x.Regular, x.Units, p.Range(x.Request.Period))
		return out
	case x.Reason == metric.TooFew:
		out.Verdict, out.Because = p.T("Too few to tell"), p.T("%d of %d people were active on three days or more in %s; at least 30 are needed.", x.Regular, x.Units, p.Range(x.Request.Period))
		return out
	case x.Reason != "":
		out.Verdict, out.Because = lang.None, p.Text(reasons[x.Reason])
		return out
	}
	out.Verdict, out.Advice = p.Text(verdicts[x.Verdict]), p.Text(rhythmAdvice[x.Verdict])
	sc := scale{p, "ratio", ""}
	best := x.Shares[len(x.Shares)-1]
	for _, s := range x.Shares {
		if s.Grain == x.Verdict {
			best = s
		}
		line := rhythmLine{Title: p.Text(rhythmTitles[s.Grain]), Count: p.T("%d of %d", s.Units, x.Regular), Share: sc.text(s.Share)}
		if s.Low != nil {
			line.Interval = sc.text(s.Low) + " – " + sc.text(s.High)
		}
		out.Shares = append(out.Shares, line)
	}
	days := p.Number(*x.Median, 1)
	if accounts {
		out.Because = p.T("Of %d accounts active on three days or more in %s, %s come back within %s (by their median gap; that of all of them is %s days).",
			x.Regular, p.Range(x.Request.Period), sc.text(best.Share), p.Text(rhythmSpans[best.Grain]), days)
		return out
	}
	out.Because = p.T("Of %d people active on three days or more in %s, %s come back within %s (by their median gap; that of all of them is %s days).",
		x.Regular, p.Range(x.Request.Period), sc.text(best.Share), p.Text(rhythmSpans[best.Grain]), days)
	return out
}

// lifecycleGrain is the grain of the life cycle in the view.
func (s *server) lifecycleGrain(q engagementQuery) (farol.Grain, error) {
	m, err := s.Metrics.Catalogue().Find(metric.LifecycleMetrics(q.of)[0])
	if err != nil {
		return "", err
	}
	return q.look.grainFor(m), nil
}

func (s *server) lifecycle(v *visit, q engagementQuery) (metric.Lifecycle, error) {
	g, err := s.lifecycleGrain(q)
	if err != nil {
		return metric.Lifecycle{}, err
	}
	r := metric.EngagementRequest{Of: q.of, Period: q.look.Period, Grain: g, AsOf: q.look.AsOf, Known: q.look.Known, Filters: q.look.Filters, MaxAge: pageAge}
	return s.Metrics.Lifecycle(v.r.Context(), r)
}

var lifecycleNames = [4]lang.Text{lang.Text("New"), lang.Text("Returning"), lang.Text("Resurrected"), lang.Text("Dormant")}

// lifecycleChart stacks the classes, the dormant ones below the line. Each bar
// opens who it is.
func (s *server) lifecycleChart(v *visit, q engagementQuery) (*chart, error) {
	l, err := s.lifecycle(v, q)
	if err != nil {
		return nil, err
	}
	sc := scale{p: v.p, unit: "persons"}
	g := l.Request.Grain
	periods := make([]farol.Period, len(l.Points))
	for i, pt := range l.Points {
		periods[i] = pt.Period
	}
	out := sc.chartOf("lifecycle-data", v.p.T("New, returning, resurrected and dormant"), periods, g)
	out.Data.Kind, out.Table = "bar", true
	for class, name := range metric.LifecycleMetrics(q.of) {
		m, err := s.Metrics.Catalogue().Find(name)
		if err != nil {
			return nil, err
		}
		points := make([]metric.Point, len(l.Points))
		for i, pt := range l.Points {
			value := [4]*float64{pt.New, pt.Returning, pt.Resurrected, pt.Dormant}[class]
			if value != nil && class == 3 {
				below := -*value
				value = &below
			}
			points[i] = metric.Point{Period: pt.Period, Value: value, Complete: pt.Complete}
		}
		sc.add(out, v.p.Text(lifecycleNames[class]), points, func(pt metric.Point) string { return sourceLink(q.look, m, g, pt, "") })
	}
	out.incompleteNote(v.p, false)
	return out, nil
}

// histogramChart draws how many were active on how many days.
func (s *server) histogramChart(v *visit, q engagementQuery, p *engagementPage) error {
	h, err := s.Metrics.Histogram(v.r.Context(), q.request(v))
	if err != nil {
		return err
	}
	c := &chart{ID: "histogram-data", Label: v.p.T("Active days"), Head: v.p.T("Active days"), Table: true, Data: chartData{
		Kind: "bar", Unit: chartUnit{Kind: "number"}, Zero: true, Whole: true, Interval: v.p.T("95% interval"), Incomplete: v.p.T("incomplete"),
	}}
	if q.rng == "weeks" {
		c.Label, c.Head = v.p.T("Active weeks"), v.p.T("Active weeks")
	}
	before, inside := chartSeries{Name: v.p.T("Joined before")}, chartSeries{Name: v.p.T("Joined inside the range")}
	for _, b := range h.Buckets {
		c.Data.Ticks = append(c.Data.Ticks, strconv.Itoa(b.Intervals))
		c.Data.Titles = append(c.Data.Titles, q.bucketTitle(v.p, b.Intervals, len(h.Buckets)))
		href := q.link("/engagement/bucket", "bucket", strconv.Itoa(b.Intervals))
		for _, x := range []struct {
			to *chartSeries
			n  int64
		}{{&before, b.Units - b.Joined}, {&inside, b.Joined}} {
			value := float64(x.n)
			x.to.Values, x.to.Texts = append(x.to.Values, &value), append(x.to.Texts, v.p.Number(value, 0))
			x.to.Open, x.to.Links = append(x.to.Open, false), append(x.to.Links, href)
		}
	}
	c.Data.Series = []chartSeries{before, inside}
	p.Histogram, p.HistogramCSV = c, q.link("/engagement/histogram.csv")
	if p.HistogramReason = v.p.Text(reasons[h.Reason]); h.Reason != "" || h.Mean == nil {
		return nil
	}
	p.Spread = q.spread(v.p, h)
	if !h.Complete {
		p.Spread += " " + v.p.T("The range is not wholly covered by data.")
	}
	return nil
}

// spread is the histogram in one sentence.
func (q engagementQuery) spread(p *lang.Printer, h metric.Histogram) string {
	n, mean, when := len(h.Buckets), p.Number(*h.Mean, 1), p.Range(h.Request.Period)
	half := h.Buckets[(n-1)/2].AtLeast
	weeks, accounts := q.rng == "weeks", q.of == metric.Accounts
	switch {
	case weeks && accounts:
		return p.T("%d accounts in %s, active in %s of %d weeks on average; %d in at least half of them.", h.Units, when, mean, n, half)
	case weeks:
		return p.T("%d people in %s, active in %s of %d weeks on average; %d in at least half of them.", h.Units, when, mean, n, half)
	case accounts:
		return p.T("%d accounts in %s, active on %s of %d days on average; %d on at least half of them.", h.Units, when, mean, n, half)
	}
	return p.T("%d people in %s, active on %s of %d days on average; %d on at least half of them.", h.Units, when, mean, n, half)
}

func (q engagementQuery) bucketTitle(p *lang.Printer, k, n int) string {
	if q.rng == "weeks" {
		return p.N(k, "%d week of %d", "%d weeks of %d", n)
	}
	return p.N(k, "%d day of %d", "%d days of %d", n)
}
