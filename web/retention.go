package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// retentionPage is the triangle: who came back, by when they started.
type retentionPage struct {
	shell
	refusal
	retentionForm
	// Empty tells that no fact was ever received.
	Empty   bool
	Figures []retentionFigure
	Curve   *chart
	Columns []string
	Rows    []retentionRow
	// More is how many cohorts are not shown.
	More int
	CSV  string
	// Elsewhere is why what is asked has no answer, when no input stands for it.
	Elsewhere string
	// Of names what a cohort counts.
	Of string
}

// retentionForm is what the page asks, as its controls show it.
type retentionForm struct {
	Units, Kinds, Intervals, Cohorts, Bys []choice
	Recurring, Paying                     bool
	// Rising tells that returns still to come raise every share.
	Rising        bool
	Start, Return eventSide
	Brackets      string
	q             metric.RetentionRequest
}

// eventSide is what begins or brings back, as text fields: names, how often in
// one interval, and property=value, separated by commas.
type eventSide struct{ Events, Min, Where string }

// Narrow tells that it asks for more than an event.
func (e eventSide) Narrow() bool { return e.Min != "" || e.Where != "" }

func newSide(e metric.EventSet) eventSide {
	out := eventSide{Events: strings.Join(e.Events, ", ")}
	if e.Min > 1 {
		out.Min = strconv.Itoa(e.Min)
	}
	var list []string
	for _, w := range e.Where {
		for _, x := range w.Values {
			list = append(list, w.Property+"="+x)
		}
	}
	out.Where = strings.Join(list, ", ")
	return out
}

// readSide reads what begins (start) or brings back (return).
func readSide(in url.Values, side string) (e metric.EventSet, err error) {
	e.Events = commas(in.Get(side))
	if s := in.Get(side + "_min"); s != "" {
		if e.Min, err = strconv.Atoi(s); err != nil {
			return e, farol.InvalidField(side+"_min", "this is not a number: %s", s)
		}
	}
	e.Where, err = metric.ParseWhere(side+"_where", commas(in.Get(side+"_where")))
	return e, err
}

type retentionFigure struct{ Name, Value, Sub string }

// retentionRow is a cohort, or the aggregate of all.
type retentionRow struct {
	Name, Size string
	Group      string
	All, Open  bool
	Cells      []heatCell
}

// heatCell is a cell of the triangle, shaded from 0 to 10.
type heatCell struct {
	Text, Title, Href string
	Shade             int
	// Open is a cell that is not complete yet; None one that cannot be stated.
	Open, None bool
}

// shownCohorts bounds the triangle on the page; the CSV has all.
const shownCohorts = 200

var (
	retentionUnits = map[metric.RetentionUnit]lang.Text{
		metric.RetainPeople: lang.Text("People"), metric.RetainAccounts: lang.Text("Accounts by use"),
		metric.RetainCustomers: lang.Text("Paying customers"), metric.RetainRevenue: lang.Text("Revenue (MRR)"),
	}
	retentionKinds = map[metric.RetentionKind]lang.Text{
		metric.ReturnOn: lang.Text("In the interval"), metric.ReturnOrAfter: lang.Text("In it or later"), metric.ReturnBrackets: lang.Text("In ranges of intervals"),
	}
	retentionIntervals = map[farol.Grain]lang.Text{
		farol.Daily: lang.Text("Days"), farol.Weekly: lang.Text("Weeks"), farol.Monthly: lang.Text("Months"), metric.Hours24: lang.Text("24 hours"),
	}
	retentionColumns = map[farol.Grain]lang.Text{
		farol.Daily: lang.Text("Day %s"), farol.Weekly: lang.Text("Week %s"), farol.Monthly: lang.Text("Month %s"), metric.Hours24: lang.Text("Window %s"),
	}
)

// retentionKeys are the page's own parameters.
var retentionKeys = []string{"unit", "kind", "interval", "cohorts", "by", "recurring", "start", "start_min", "start_where", "return", "return_min", "return_where", "brackets", "steps"}

// retentionQuestion reads the triangle that the address asks for.
func (s *server) retentionQuestion(v *visit, look *view) (q metric.RetentionRequest, own url.Values, err error) {
	in := v.r.URL.Query()
	own = url.Values{}
	for _, k := range retentionKeys {
		if in.Get(k) != "" {
			own.Set(k, in.Get(k))
		}
	}
	q = metric.RetentionRequest{
		Unit: metric.RetentionUnit(cmp.Or(in.Get("unit"), string(metric.RetainPeople))), Kind: metric.RetentionKind(cmp.Or(in.Get("kind"), string(metric.ReturnOn))),
		Recurring: in.Get("recurring") == "yes", Interval: farol.Grain(cmp.Or(in.Get("interval"), string(look.Grain), string(farol.Weekly))),
		Cohorts: farol.Grain(in.Get("cohorts")),
		Period:  look.Period, AsOf: look.AsOf, Known: look.Known, Filters: look.Filters, By: in.Get("by"), MaxAge: look.request(&metric.Metric{}, "").MaxAge,
	}
	if q.Start, err = readSide(in, "start"); err != nil {
		return q, own, err
	}
	if q.Return, err = readSide(in, "return"); err != nil {
		return q, own, err
	}
	if s := in.Get("steps"); s != "" {
		if q.Steps, err = strconv.Atoi(s); err != nil {
			return q, own, farol.InvalidField("steps", "this is not a number: %s", s)
		}
	}
	if q.Kind == metric.ReturnBrackets {
		q.Brackets, err = metric.ParseBrackets(cmp.Or(in.Get("brackets"), "1, 2-4, 5-11"))
	}
	if q.Unit == metric.RetainCustomers || q.Unit == metric.RetainRevenue {
		// These ask nothing of events: what a form still says of them is left.
		q.Kind, q.Brackets, q.Recurring, q.Start, q.Return = metric.ReturnOn, nil, false, metric.EventSet{}, metric.EventSet{}
		if q.Interval == metric.Hours24 {
			q.Interval = farol.Daily
		}
	}
	if q.Interval == farol.Weekly || q.Interval == farol.Monthly || q.Recurring {
		q.Cohorts = ""
	}
	if q.Cohorts == "" && (q.Interval == farol.Daily || q.Interval == metric.Hours24) && !q.Recurring && look.Period.Days() > 62 {
		q.Cohorts = farol.Weekly // a row a day would be too many to read
	}
	return q, own, err
}

// retentionAsked reads the view with it.
func (s *server) retentionAsked(v *visit) (look *view, q metric.RetentionRequest, own url.Values, err error) {
	if look, err = v.view(); err == nil {
		q, own, err = s.retentionQuestion(v, look)
	}
	return look, q, own, err
}

func (s *server) retention(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	q, own, wrong := s.retentionQuestion(v, look)
	p := retentionPage{shell: v.shell(lang.Text("Retention"))}
	p.Question, p.View, p.Charts, p.extra = v.p.T("Who comes back, and for how long?"), look, true, own
	if p.Empty = s.Facts.LastKnown().IsZero(); p.Empty {
		return s.send(v, http.StatusOK, "retention", "layout", p)
	}
	attributes, err := s.Facts.Attributes(v.r.Context())
	if err != nil {
		return err
	}
	var got metric.Retention
	if wrong == nil {
		got, wrong = s.Metrics.Retention(v.r.Context(), q)
	}
	if farol.KindOf(wrong) == farol.Invalid { // the controls stay, to ask for something else
		p.form(v, q, attributes)
		p.refused(v, own, wrong)
		return s.send(v, http.StatusBadRequest, "retention", "layout", p)
	}
	if wrong != nil {
		return wrong
	}
	p.form(v, got.Request, attributes)
	p.CSV = p.Go("/retention/triangle.csv", pairsOf(own)...)
	p.fill(v, got)
	return s.send(v, http.StatusOK, "retention", "layout", p)
}

// refused keeps what was typed, and says what is wrong beside its input.
func (p *retentionPage) refused(v *visit, own url.Values, wrong error) {
	typed := func(side string) eventSide {
		return eventSide{own.Get(side), own.Get(side + "_min"), own.Get(side + "_where")}
	}
	p.refusal, _ = v.refuse(wrong)
	p.Brackets, p.Start, p.Return = own.Get("brackets"), typed("start"), typed("return")
	if own.Get("cohorts") == "" { // those of the interval, which the answer would have filled in
		for i, c := range p.Cohorts {
			p.Cohorts[i].Chosen = c.Value == string(p.q.Interval)
		}
	}
	switch shown := p.Field != "steps" && slices.Contains(retentionKeys, p.Field); {
	case p.Field == "brackets" && p.Brackets == "", p.Field == "kind" && p.Paying:
		p.Elsewhere = p.Wrong // the input is not there
	case !shown && p.Field != "to":
		p.Elsewhere = p.Field + ": " + p.Wrong
	case !shown:
		p.Elsewhere = p.Wrong
	}
}

// pairsOf are parameters as Link takes them.
func pairsOf(own url.Values) []string {
	var out []string
	for _, k := range retentionKeys {
		if own.Get(k) != "" {
			out = append(out, k, own.Get(k))
		}
	}
	return out
}

// form fills the controls.
func (p *retentionPage) form(v *visit, q metric.RetentionRequest, attributes []string) {
	p.q = q
	for _, u := range metric.RetentionUnits {
		p.Units = append(p.Units, choice{Value: string(u), Title: retentionUnits[u], Chosen: u == q.Unit})
	}
	for _, k := range metric.RetentionKinds {
		p.Kinds = append(p.Kinds, choice{Value: string(k), Title: retentionKinds[k], Chosen: k == q.Kind})
	}
	for _, g := range metric.RetentionIntervals {
		p.Intervals = append(p.Intervals, choice{Value: string(g), Title: retentionIntervals[g], Chosen: g == q.Interval})
	}
	for _, g := range []farol.Grain{farol.Daily, farol.Weekly, farol.Monthly} {
		p.Cohorts = append(p.Cohorts, choice{Value: string(g), Title: grainTitles[g], Chosen: g == q.Cohorts})
	}
	for _, a := range append(slices.Clone(attributes), "account") {
		p.Bys = append(p.Bys, choice{Value: a, Name: a, Chosen: a == q.By})
	}
	p.Rising = q.Kind == metric.ReturnOrAfter
	p.Recurring, p.Paying = q.Recurring, q.Unit == metric.RetainCustomers || q.Unit == metric.RetainRevenue
	p.Start, p.Return = newSide(q.Start), newSide(q.Return)
	var list []string
	for _, b := range q.Brackets {
		list = append(list, b.String())
	}
	p.Brackets = strings.Join(list, ", ")
	p.Of = v.p.Text(retentionUnits[q.Unit])
}

// columnName is a column's head: Week 3, Days 5–11.
func columnName(p *lang.Printer, q metric.RetentionRequest, b metric.Bracket) string {
	return p.T(string(retentionColumns[q.Interval]), strings.Replace(b.String(), "-", "–", 1))
}

// fill makes figures, curve and triangle of the answer.
func (p *retentionPage) fill(v *visit, got metric.Retention) {
	sc := scale{v.p, "ratio", got.Currency}
	for _, c := range got.Columns {
		p.Columns = append(p.Columns, columnName(v.p, got.Request, c))
	}
	p.Curve = p.curve(sc, got)
	if len(got.Curves) == 1 {
		p.figures(sc, got)
	}
	for i, c := range got.Curves {
		row := retentionRow{Name: v.p.T("All cohorts"), All: true, Group: p.group(c.Group), Size: v.sizeOf(got, c.Group)}
		for k, cell := range c.Cells {
			x := sc.heat(cell)
			x.Title = v.p.N(got.Curves[i].Cohorts[k], "%d cohort", "%d cohorts") + " · " + x.Title
			row.Cells = append(row.Cells, x)
		}
		p.Rows = append(p.Rows, row)
	}
	cohorts := slices.Clone(got.Cohorts)
	slices.Reverse(cohorts)
	p.More = max(0, len(cohorts)-shownCohorts)
	for _, c := range cohorts[:min(len(cohorts), shownCohorts)] {
		row := retentionRow{Name: v.p.Period(c.Period, got.Request.Cohorts), Group: p.group(c.Group), Open: !c.Complete, Size: v.p.Number(float64(c.Size), 0)}
		if got.Request.Unit == metric.RetainRevenue {
			row.Size = v.p.Amount(c.Base, got.Currency, 0)
		}
		for k, cell := range c.Cells {
			x := sc.heat(cell)
			if c.Size > 0 && (cell.Complete || cell.Retained > 0) {
				pairs := append(pairsOf(p.extra), "cohort", c.Period.From.String(), "column", strconv.Itoa(k))
				if got.Request.By != "" {
					pairs = append(pairs, "group", "="+c.Group)
				}
				x.Href = p.Go("/retention/members", pairs...)
			}
			row.Cells = append(row.Cells, x)
		}
		p.Rows = append(p.Rows, row)
	}
}

// sizeOf is how many began in all cohorts of the group, or what they paid.
func (v *visit) sizeOf(got metric.Retention, group string) string {
	n, base := int64(0), 0.0
	for _, c := range got.Cohorts {
		if c.Group == group {
			n, base = n+c.Size, base+c.Base
		}
	}
	if got.Request.Unit == metric.RetainRevenue {
		return v.p.Amount(base, got.Currency, 0)
	}
	return v.p.Number(float64(n), 0)
}

func (p *retentionPage) group(g string) string {
	if p.q.By == "" {
		return ""
	}
	return p.named(g)
}

// heat writes a cell.
func (s scale) heat(c metric.RetentionCell) heatCell {
	part := func(v float64) string {
		if s.currency != "" {
			return s.p.Amount(v, s.currency, 0)
		}
		return s.count(v)
	}
	out := heatCell{Text: lang.None, Title: s.p.T("%s of %s", part(c.Retained), part(c.Of)), Open: !c.Complete, None: c.Value == nil}
	if c.Value == nil {
		out.Title = s.p.Text(reasons[c.Reason])
		return out
	}
	out.Text = s.p.Percent(*c.Value)
	out.Shade = max(0, min(10, int(*c.Value*10+0.5)))
	if c.Low != nil {
		out.Title += " · " + s.p.T("95% interval") + " " + s.text(c.Low) + " – " + s.text(c.High)
	}
	return out
}

// curve draws the aggregates.
func (p *retentionPage) curve(sc scale, got metric.Retention) *chart {
	out := sc.chartOf("retention-data", sc.p.T("Retention of all cohorts"), nil, farol.Weekly)
	out.Tall = true
	out.Data.Ticks, out.Data.Titles = p.Columns, p.Columns
	for _, c := range got.Curves[:min(len(got.Curves), drawnGroups)] {
		var points []metric.Point
		for _, cell := range c.Cells {
			points = append(points, metric.Point{Value: cell.Value, Low: cell.Low, High: cell.High, Complete: true})
		}
		name := p.Of
		if got.Request.By != "" {
			name = p.group(c.Group)
		}
		sc.add(out, name, points, nil)
	}
	out.Note = sc.p.T("Weighted: everybody counts once. Shaded: the 95% interval. The cohorts change along the curve, so it can rise.")
	if got.Request.Unit == metric.RetainRevenue {
		out.Note = sc.p.T("Weighted by the amounts. Shaded: the 95% interval. The cohorts change along the curve.")
	}
	if len(out.Data.Series) > 2 {
		out.Note = "" // so many intervals are told, not drawn
	}
	return out
}

// figures are the first steps and the last one that can be told.
func (p *retentionPage) figures(sc scale, got metric.Retention) {
	cells := got.Curves[0].Cells
	last := -1
	for k, c := range cells {
		if c.Value != nil {
			last = k
		}
	}
	shown := []int{1, 4, last}
	if got.Request.Kind == metric.ReturnBrackets {
		shown = []int{0, 1, last}
	}
	slices.Sort(shown)
	for _, k := range slices.Compact(shown) {
		if k < 0 || k > last || cells[k].Value == nil || got.Columns[k].From == 0 {
			continue
		}
		sub := sc.heat(cells[k]).Title
		p.Figures = append(p.Figures, retentionFigure{p.Columns[k], sc.p.Percent(*cells[k].Value), sub})
	}
}

// triangleCSV is the triangle with the page's numbers, one cell a row.
func (s *server) triangleCSV(v *visit) error {
	_, q, _, err := s.retentionAsked(v)
	if err != nil {
		return err
	}
	got, err := s.Metrics.Retention(v.r.Context(), q)
	if err != nil {
		return err
	}
	out := v.csv("retention-" + string(got.Request.Unit) + ".csv")
	write(out, []string{"cohort", "until", "group", "size", "column", "value", "retained", "of", "low", "high", "complete", "reason"})
	cell := func(head []string, k int, c metric.RetentionCell) {
		write(out, append(slices.Clone(head), got.Columns[k].String(), plain(c.Value), plain(&c.Retained), plain(&c.Of), plain(c.Low), plain(c.High),
			strconv.FormatBool(c.Complete), string(c.Reason)))
	}
	for _, c := range got.Curves {
		for k, x := range c.Cells {
			cell([]string{"all", "", c.Group, ""}, k, x)
		}
	}
	for _, c := range got.Cohorts {
		for k, x := range c.Cells {
			cell([]string{c.Period.From.String(), c.Period.Last().String(), c.Group, strconv.FormatInt(c.Size, 10)}, k, x)
		}
	}
	out.Flush()
	return nil
}

// By is the attribute broken down by, Grouped whether there is one.
func (p retentionPage) By() string { return p.q.By }

// Grouped tells that rows have a group.
func (p retentionPage) Grouped() bool { return p.q.By != "" }
