package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// comparePage is one metric under two versions of a setting, side by side.
type comparePage struct {
	shell
	Metric *metric.Metric
	// Settings are those that the metric uses and that have versions.
	Settings []choice
	Setting  string
	A, B     string
	As, Bs   []choice
	// TitleA and TitleB name the two versions, SaidA and SaidB what they say.
	TitleA, TitleB, SaidA, SaidB string
	Chart                        *chart
	Rows                         []compareRow
	// At is the period whose units are listed.
	At  string
	Gap gapTable
	// Apart says why the two versions cannot be compared.
	Apart string
	// None tells that no setting of the metric has ever been changed.
	None bool
	CSV  string
}

type compareRow struct {
	Period, A, B, Gap string
	Href              string
	Chosen, Open      bool
}

// comparison is what the address asks for.
type comparison struct {
	metricQuery
	setting string
	a, b    int
	// list are the versions of the setting, the newest first.
	list []metric.Break
	all  []metric.Break
}

// comparison reads which versions are compared: without any, the setting that
// was changed last, its version before against the one in force.
func (s *server) comparison(v *visit) (c comparison, err error) {
	if c.metricQuery, err = s.metricQuery(v); err != nil {
		return c, err
	}
	c.by = ""
	if c.all, err = metric.Breaks(v.r.Context(), s.Store, c.metric); err != nil {
		return c, err
	}
	q := v.r.URL.Query()
	if c.setting = q.Get("setting"); c.setting == "" && len(c.all) > 0 {
		c.setting = c.all[len(c.all)-1].Setting
	}
	for _, x := range c.all {
		if x.Setting == c.setting {
			c.list = append(c.list, x)
		}
	}
	slices.Reverse(c.list)
	if len(c.list) > 0 {
		c.b = c.list[0].Version
		c.a = c.b - 1
	}
	for name, to := range map[string]*int{"a": &c.a, "b": &c.b} {
		if text := q.Get(name); text != "" {
			if *to, err = strconv.Atoi(text); err != nil {
				return c, farol.InvalidField(name, "a version is a number, 0 for the default")
			}
		}
	}
	return c, nil
}

func (s *server) compareVersions(v *visit) error {
	c, err := s.comparison(v)
	if err != nil {
		return err
	}
	code := v.p.Code()
	p := comparePage{shell: v.shell(""), Metric: c.metric, Setting: c.setting, A: strconv.Itoa(c.a), B: strconv.Itoa(c.b)}
	p.Title = c.metric.Title.In(code)
	p.Question, p.View, p.Charts = v.p.T("What difference does a version of a setting make, and which accounts make it?"), c.look, true
	p.Crumb = &crumb{p.Title, c.look.Link("/metrics/" + c.metric.Name)}
	p.extra = url.Values{"setting": {c.setting}, "a": {p.A}, "b": {p.B}}
	if p.None = len(c.all) == 0; p.None {
		p.extra = nil
		return s.send(v, http.StatusOK, "compare", "layout", p)
	}
	p.choices(v, c)
	got, err := s.Metrics.CompareVersions(v.r.Context(), s.Store, c.request(), c.setting, c.a, c.b)
	if err != nil && got.Before.Currency != got.After.Currency { // others can be chosen
		p.Apart = v.wrong(err)
		return s.send(v, http.StatusOK, "compare", "layout", p)
	}
	if err != nil {
		return err
	}
	if err := s.fillComparison(v, c, got, &p); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "compare", "layout", p)
}

// choices fills the menus of setting and versions.
func (p *comparePage) choices(v *visit, c comparison) {
	seen := map[string]bool{}
	for _, x := range c.all {
		if !seen[x.Setting] {
			seen[x.Setting] = true
			p.Settings = append(p.Settings, choice{Value: x.Setting, Name: v.p.Text(settingTitle(x.Setting)), Chosen: x.Setting == c.setting})
		}
	}
	name := func(n int) string {
		if n == 0 {
			return v.p.T("Default")
		}
		for _, x := range c.list {
			if x.Version == n {
				return v.p.T("Version %d", n) + ", " + p.Day(x.Began)
			}
		}
		return v.p.T("Version %d", n)
	}
	versions := []int{0}
	for _, x := range slices.Backward(c.list) {
		versions = append(versions, x.Version)
	}
	for _, n := range slices.Backward(versions) {
		p.As = append(p.As, choice{Value: strconv.Itoa(n), Name: name(n), Chosen: n == c.a})
		p.Bs = append(p.Bs, choice{Value: strconv.Itoa(n), Name: name(n), Chosen: n == c.b})
	}
	p.TitleA, p.TitleB = name(c.a), name(c.b)
	p.CSV = p.Go("/metrics/"+c.metric.Name+"/versions.csv", "setting", c.setting, "a", p.A, "b", p.B, "grain", string(c.grain))
}

// fillComparison draws both series and lists the units of one period.
func (s *server) fillComparison(v *visit, c comparison, got metric.Comparison, p *comparePage) error {
	sc := scale{v.p, c.metric.Unit, got.Before.Currency}
	p.Chart = sc.chartOf("versions-data", p.Title, periodsOf(got.Before.Points), c.grain)
	sc.add(p.Chart, p.TitleA, got.Before.Points, nil)
	sc.add(p.Chart, p.TitleB, got.After.Points, nil)
	for i := range p.Chart.Data.Series {
		// Both count the same customers: their intervals say nothing of the gap.
		x := &p.Chart.Data.Series[i]
		x.Low, x.High, x.Ranges = nil, nil, nil
	}
	p.Chart.incompleteNote(v.p, false)
	at, err := c.chosen(v, got)
	if err != nil {
		return err
	}
	for i, a := range got.Before.Points {
		b := got.After.Points[i]
		row := compareRow{
			Period: v.p.Period(a.Period, c.grain), A: sc.text(a.Value), B: sc.text(b.Value), Gap: lang.None, Chosen: a.Period == at,
			Href: p.Link("grain", string(c.grain), "at", a.Period.From.String()) + "#units", Open: !a.Complete || !b.Complete,
		}
		if a.Value != nil && b.Value != nil {
			row.Gap = sc.gap(*b.Value - *a.Value)
		}
		p.Rows = append(p.Rows, row)
	}
	slices.Reverse(p.Rows)
	first, second, err := s.Metrics.TwoVersions(v.r.Context(), s.Store, c.request(), c.setting, c.a, c.b)
	if err != nil {
		return err
	}
	d, err := s.Metrics.Difference(v.r.Context(), first, second, at, "", ledgerShown)
	if err != nil {
		return err
	}
	p.At = v.p.Period(at, c.grain)
	p.Gap = sc.gapTable(c.metric, d, "A", "B")
	if err := call(s, v, p.Gap.Rows, (*gapRow).cells); err != nil {
		return err
	}
	if first.Settings != nil && second.Settings != nil {
		p.SaidA, p.SaidB = apart(v.p, first.Settings.Said(c.setting), second.Settings.Said(c.setting))
	}
	return nil
}

// apart keeps of two documents what they say differently; texts that are no
// documents stay as they are.
func apart(p *lang.Printer, a, b string) (string, string) {
	var x, y map[string]json.RawMessage
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return settingText(p, a), settingText(p, b)
	}
	var left, right []string
	keys := map[string]bool{}
	for k := range x {
		keys[k] = true
	}
	for k := range y {
		keys[k] = true
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if string(x[k]) != string(y[k]) {
			left, right = append(left, pointText(p, k, x[k])), append(right, pointText(p, k, y[k]))
		}
	}
	return strings.Join(left, "\n"), strings.Join(right, "\n")
}

// chosen is the period whose units are listed: the one asked for, else the
// latest in which the two differ.
func (c comparison) chosen(v *visit, got metric.Comparison) (farol.Period, error) {
	points := got.Before.Points
	if text := v.r.URL.Query().Get("at"); text != "" {
		d, err := farol.ParseDay(text)
		if err != nil {
			return farol.Period{}, farol.InvalidField("at", "this is not a date: %s", text)
		}
		return c.look.Cal.PeriodAt(c.grain, d), nil
	}
	at := points[len(points)-1].Period
	for i, a := range slices.Backward(points) {
		b := got.After.Points[i]
		if (a.Value == nil) != (b.Value == nil) || a.Value != nil && *a.Value != *b.Value {
			return a.Period, nil
		}
	}
	return at, nil
}

// compareVersionsCSV is both series with their difference.
func (s *server) compareVersionsCSV(v *visit) error {
	c, err := s.comparison(v)
	if err != nil {
		return err
	}
	got, err := s.Metrics.CompareVersions(v.r.Context(), s.Store, c.request(), c.setting, c.a, c.b)
	if err != nil {
		return err
	}
	out := v.csv(c.metric.Name + "-versions.csv")
	write(out, []string{"period", "until", "a", "b", "difference", "version_a", "version_b"})
	for i, a := range got.Before.Points {
		b, gap := got.After.Points[i], ""
		if a.Value != nil && b.Value != nil {
			d := *b.Value - *a.Value
			gap = plain(&d)
		}
		write(out, []string{a.Period.From.String(), a.Period.Last().String(), plain(a.Value), plain(b.Value), gap, got.Before.Version, got.After.Version})
	}
	out.Flush()
	return nil
}
