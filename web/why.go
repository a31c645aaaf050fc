package web

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/stats"
)

// whyPage says why a figure changed: between two periods, or between what was
// known of one at two instants.
type whyPage struct {
	shell
	Metric *metric.Metric
	// Sentence is the answer in one line.
	Sentence       string
	Before, After  string
	BeforeAt       string
	AfterAt        string
	Change, Reason string
	accounts       func(farol.AccountID) string
	// By is the attribute of the lines, Within the value whose accounts they
	// are, with Back to all values.
	By, Within, Back string
	Attributes       []string
	// Sides are the two readings as the form names them.
	Sides  whySides
	Method lang.Text
	Chart  *chart
	Lines  []whyLine
	Sums   []whySum
	// HasMix tells that effects have two parts, HasAccounts that lines open
	// into accounts.
	HasMix, HasAccounts bool
	More                int
	Total               string
	// CSV is the address of the lines.
	CSV string
}

// whySides are the days in the form of the two readings: of each period the
// first one, and when it was known, "" for now.
type whySides struct{ Before, BeforeKnown, After, AfterKnown string }

// whyLine is a line of the table.
type whyLine struct {
	Name, Before, After       string
	BeforeHref, AfterHref     string
	Share, Rate, Mix, Joining string
	Total, Accounts           string
	Open                      string
}

// whySum is a line that adds others up: who came, what is counted twice.
type whySum struct{ Name, Total string }

var whyMethods = map[metric.Method]lang.Text{
	metric.Contributions: lang.Text("Each line is what it gained or lost; the lines add up to the change exactly."),
	metric.MixAndRate:    lang.Text("Rate: the line's own figure moved. Mix: its weight in the whole moved. Together they add up to the change exactly."),
	metric.TwoRatios:     lang.Text("The figure is a product of two ratios: the change of each counts by the mean of the other. The lines add up to the change exactly."),
	metric.CurveShift:    lang.Text("A median is no sum: what moves it is how many got there sooner or later. Each line is its part in that shift between the two values, by its own times (rate) and its weight (mix). Together they add up to the change exactly."),
}

// drawnLines bounds the bars of the picture.
const drawnLines = 12

// whyAnswer takes apart the change that the visit asks about, into so many
// lines; 0 is as many as the page shows.
func (s *server) whyAnswer(v *visit, limit int) (q metricQuery, req metric.CompareRequest, got metric.Decomposition, err error) {
	if q, err = s.metricQuery(v); err != nil {
		return q, req, got, err
	}
	if req, err = s.whyRequest(v, q); err != nil {
		return q, req, got, err
	}
	if limit > 0 {
		req.Limit = limit
	}
	got, err = s.Metrics.Compare(v.r.Context(), req)
	return q, req, got, err
}

func (s *server) why(v *visit) error {
	q, req, got, err := s.whyAnswer(v, 0)
	if err != nil {
		return err
	}
	code := v.p.Code()
	p := whyPage{shell: v.shell(""), Metric: q.metric, By: got.By, Method: whyMethods[got.Method]}
	p.Title, p.Question, p.View, p.Charts = v.p.T("Why did %s change?", q.metric.Title.In(code)), q.metric.Definition.In(code), q.look, true
	p.Crumb = &crumb{q.metric.Title.In(code), q.look.Link("/metrics/"+q.metric.Name, "grain", string(q.grain))}
	p.CSV = v.r.URL.Path + ".csv?" + v.r.URL.RawQuery
	p.extra = v.r.URL.Query()
	for _, k := range viewKeys {
		p.extra.Del(k)
	}
	if p.Attributes, err = s.Facts.Attributes(v.r.Context()); err != nil {
		return err
	}
	sc := scale{v.p, q.metric.Unit, got.Currency}
	if p.accounts, err = s.accountNames(v); err != nil {
		return err
	}
	p.answer(q, sc, req, got)
	return s.send(v, http.StatusOK, "why", "layout", p)
}

// whyRequest reads which two readings are compared: before and after are days
// of their periods; without them, the figure that the metric's page shows and
// the one that it is held against there.
func (s *server) whyRequest(v *visit, q metricQuery) (req metric.CompareRequest, err error) {
	in := v.r.URL.Query()
	look := q.look
	req = metric.CompareRequest{
		Metric: q.metric.Name, Grain: q.grain, By: in.Get("by"), Filters: look.Filters, MaxAge: pageAge,
		After: metric.Moment{AsOf: look.AsOf, Known: look.Known},
	}
	req.Before = req.After
	if w := in.Get("within"); w != "" {
		value := strings.TrimPrefix(w, "=")
		req.Within = &value
	}
	if in.Get("before_known") != "" {
		day, err := farol.ParseDay(in.Get("before_known"))
		if err != nil {
			return req, farol.InvalidField("before_known", "this is not a date: %s", in.Get("before_known"))
		}
		req.Before.Known = day.Next(1).Start(look.Cal.Zone).Add(-time.Millisecond)
	} else if in.Get("apart") != "" {
		// The form of the two readings: an empty field is now.
		req.Before.Known = time.Time{}
	}
	after, before := farol.Day(0), farol.Day(0)
	for field, into := range map[string]*farol.Day{"after": &after, "before": &before} {
		if text := in.Get(field); text != "" {
			day, err := farol.ParseDay(text)
			if err != nil {
				return req, farol.InvalidField(field, "this is not a date: %s", text)
			}
			*into = day
		}
	}
	if after == 0 {
		series, err := s.Metrics.Read(v.r.Context(), look.request(q.metric, q.grain))
		if err != nil {
			return req, err
		}
		after = look.Period.Last()
		if i := q.metric.Current(series.Points); i >= 0 {
			after = series.Points[i].Period.From
		}
	}
	req.After.Period = look.Cal.PeriodAt(q.grain, after)
	if before == 0 {
		before = req.After.Period.From - 1
		if q.grain == farol.Daily {
			before = req.After.Period.From - farol.Day(metric.Lag(q.grain))
		}
		if in.Get("before_known") != "" {
			before = req.After.Period.From
		}
	}
	req.Before.Period = look.Cal.PeriodAt(q.grain, before)
	if req.By == "" && q.metric.Aggregation == metric.Quantile {
		// Of one account a median says next to nothing.
		if req.By, err = s.coarsest(v); err != nil {
			return req, err
		}
	}
	return req, nil
}

// fewValues is how many values an attribute may have so that people read a figure
// by it; one whose values hardly repeat is a name.
const fewValues = 12

// coarsest is the attribute that parts customers best among those with few
// values: the one whose value says most of a customer (the largest entropy). ""
// where there is none.
func (s *server) coarsest(v *visit) (best string, err error) {
	names, err := s.Facts.Attributes(v.r.Context())
	if err != nil {
		return "", err
	}
	all, err := s.Customers.Accounts(v.r.Context())
	if err != nil {
		return "", err
	}
	most := 0.0
	for _, name := range names {
		count, n := map[string]float64{}, 0.0
		for _, a := range all {
			if !a.Test {
				count[a.Attributes[name]]++
				n++
			}
		}
		entropy := 0.0
		for _, c := range count {
			entropy -= c / n * math.Log(c/n)
		}
		if float64(len(count)) <= min(fewValues, n/2) && entropy > most {
			best, most = name, entropy
		}
	}
	return best, nil
}

// answer writes the decomposition.
func (p *whyPage) answer(q metricQuery, sc scale, req metric.CompareRequest, got metric.Decomposition) {
	pr := sc.p
	p.Before, p.After = sc.text(got.Before.Value), sc.text(got.After.Value)
	p.BeforeAt, p.AfterAt = pr.Period(got.Before.Period, q.grain), pr.Period(got.After.Period, q.grain)
	p.Sides = whySides{Before: req.Before.Period.From.String(), After: req.After.Period.From.String(), AfterKnown: q.look.KnownDay()}
	if !req.Before.Known.IsZero() {
		p.Sides.BeforeKnown = farol.DayOf(req.Before.Known, q.look.Cal.Zone).String()
	}
	if !req.Before.Known.Equal(req.After.Known) {
		p.BeforeAt += " · " + p.knownWords(req.Before.Known)
		p.AfterAt += " · " + p.knownWords(req.After.Known)
	}
	if req.Within != nil {
		p.Within = p.named(*req.Within)
		p.Back = p.Link("within", "")
	}
	if got.Change == nil {
		p.Reason = pr.Text(reasons[cmp.Or(got.After.Reason, got.Before.Reason)])
		p.Sentence = pr.T("There is no change to take apart.")
		p.Chart = sc.chartOf("why-data", p.Title, nil, q.grain)
		return
	}
	p.Change = sc.signed(*got.Change)
	p.HasMix = got.Method != metric.Contributions
	p.HasAccounts = got.By != byAccount && got.Within == nil
	totals := sc.apart(got)
	p.More = got.More
	for i, l := range got.Lines {
		p.Lines = append(p.Lines, p.line(q, sc, l, got, totals[i]))
	}
	p.picture(sc, got, totals)
	p.sums(sc, got, totals[len(got.Lines):])
	p.Sentence = p.sentence(sc, got)
}

// called is what a line is of: an account by its name, or a value of the
// attribute.
func (p *whyPage) called(line string, got metric.Decomposition) string {
	if line != "" && (got.By == byAccount || got.Within != nil) {
		return p.accounts(farol.AccountID(line))
	}
	return p.named(line)
}

// byAccount parts a figure into its accounts.
const byAccount = "account"

// knownWords say when a side was known.
func (p *whyPage) knownWords(t time.Time) string {
	if t.IsZero() {
		return p.visit.p.T("Known now")
	}
	return p.visit.p.T("Known at %s", p.When(t))
}

// step is the smallest difference that is shown.
func (s scale) step() float64 {
	switch s.unit {
	case "ratio":
		return 0.001
	case "points":
		return 1
	case "index", "score", metric.Money:
		return 0.01
	case "seconds":
		return 1
	}
	return 0.1
}

// apart writes the effects of the lines, of the rest and of units in several
// lines, so that the shown digits add up, too.
func (s scale) apart(got metric.Decomposition) []string {
	var parts []float64
	for _, l := range got.Lines {
		parts = append(parts, l.Effect.Total())
	}
	parts = append(parts, got.Rest.Total(), got.Several)
	out := make([]string, len(parts))
	for i, n := range stats.Apportion(parts, s.step()) {
		out[i] = s.signed(float64(n) * s.step())
	}
	return out
}

func (p *whyPage) line(q metricQuery, sc scale, l metric.Line, got metric.Decomposition, total string) whyLine {
	out := whyLine{Name: p.called(l.Name, got), Before: sc.text(l.Before.Value), After: sc.text(l.After.Value), Total: total}
	if l.Before.Units == 0 {
		out.Before = lang.None
	}
	if l.After.Units == 0 {
		out.After = lang.None
	}
	by, look := got.By, q.look
	if got.Within != nil {
		by = byAccount
	}
	if l.Before.Units > 0 {
		out.BeforeHref = sourceLink(look, q.metric, q.grain, l.Before, by, "known", p.Sides.BeforeKnown)
	}
	if l.After.Units > 0 {
		out.AfterHref = sourceLink(look, q.metric, q.grain, l.After, by)
	}
	if l.ShareBefore != nil && l.ShareAfter != nil {
		out.Share = sc.p.Percent(*l.ShareBefore) + " → " + sc.p.Percent(*l.ShareAfter)
	}
	out.Rate, out.Mix, out.Joining = sc.signed(l.Effect.Rate), sc.signed(l.Effect.Mix), sc.signed(l.Effect.Entering+l.Effect.Leaving)
	var moved []string
	for _, x := range []struct {
		n    int
		text string
	}{{l.Came, "+"}, {l.Left, "−"}} {
		if x.n > 0 {
			moved = append(moved, x.text+sc.p.Number(float64(x.n), 0))
		}
	}
	out.Accounts = sc.p.Number(float64(l.Stayed), 0)
	if len(moved) > 0 {
		out.Accounts += " (" + strings.Join(moved, ", ") + ")"
	}
	if p.HasAccounts {
		out.Open = p.Link("within", "="+l.Name)
	}
	return out
}

// sums are the lines under the table.
func (p *whyPage) sums(sc scale, got metric.Decomposition, totals []string) {
	if got.More > 0 {
		p.Sums = append(p.Sums, whySum{sc.p.N(got.More, "%d more line", "%d more lines"), totals[0]})
	}
	p.Total = sc.signed(*got.Change)
	if got.Within != nil {
		p.Total = sc.signed(got.Within.Total())
		return
	}
	if got.Several != 0 {
		p.Sums = append(p.Sums, whySum{sc.p.T("Counted in several lines"), totals[1]})
	}
}

// picture draws the largest effects as bars.
func (p *whyPage) picture(sc scale, got metric.Decomposition, totals []string) {
	p.Chart = sc.chartOf("why-data", p.Title, nil, farol.Weekly)
	p.Chart.Data.Kind, p.Chart.Data.Whole, p.Chart.Data.Names = "bar", false, true
	x := chartSeries{Name: sc.p.T("Effect on the figure")}
	for i, l := range got.Lines[:min(len(got.Lines), drawnLines)] {
		v := l.Effect.Total()
		x.Values, x.Texts, x.Open = append(x.Values, &v), append(x.Texts, totals[i]), append(x.Open, false)
		p.Chart.Data.Ticks = append(p.Chart.Data.Ticks, p.called(l.Name, got))
	}
	p.Chart.Data.Titles = p.Chart.Data.Ticks
	p.Chart.Data.Series = []chartSeries{x}
}

// sentence is the change with its largest causes, which add up to it: what
// the two largest lines did themselves, and the rest by kind.
func (p *whyPage) sentence(sc scale, got metric.Decomposition) string {
	head := sc.p.T("%s %s", p.Metric.Title.In(sc.p.Code()), sc.signed(*got.Change))
	if got.Within != nil {
		return head + " · " + sc.p.T("%s in %s", sc.signed(got.Within.Total()), p.Within)
	}
	type cause struct {
		name  string
		value float64
	}
	var causes []cause
	rest := got.Effect
	lines := slices.Clone(got.Lines)
	slices.SortStableFunc(lines, func(a, b metric.Line) int {
		return cmp.Compare(max(b.Effect.Rate, -b.Effect.Rate), max(a.Effect.Rate, -a.Effect.Rate))
	})
	for _, l := range lines[:min(2, len(lines))] {
		causes = append(causes, cause{strings.TrimPrefix(p.By+" "+p.called(l.Name, got), byAccount+" "), l.Effect.Rate})
		rest.Rate -= l.Effect.Rate
	}
	causes = append(causes, cause{sc.p.T("in the others"), rest.Rate}, cause{sc.p.T("mix"), rest.Mix}, cause{sc.p.T("who came"), rest.Entering},
		cause{sc.p.T("who left"), rest.Leaving}, cause{sc.p.T("counted in several lines"), got.Several})
	parts := make([]float64, len(causes))
	for i, c := range causes {
		parts[i] = c.value
	}
	var said []string
	for i, n := range stats.Apportion(parts, sc.step()) {
		if n != 0 {
			said = append(said, sc.signed(float64(n)*sc.step())+" "+causes[i].name)
		}
	}
	if len(said) == 0 {
		return head
	}
	return head + ": " + strings.Join(said, ", ")
}
