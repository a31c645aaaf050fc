package web

import (
	"cmp"
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// metricPage is one metric: its series, its breakdown, its table.
type metricPage struct {
	shell
	Metric *metric.Metric
	// Definition and Reading are its words.
	Definition, Reading string
	Card                *card
	Chart               *chart
	// By is the attribute broken down by, "" for none.
	By         string
	Attributes []string
	Rows       []pointRow
	Table      *groupTable
	Version    string
	CSV        string
	// Entries are those of the glossary that the metric measures.
	Entries []entryView
	// Compare leads to two versions side by side, Ledger to what was restated;
	// "" when there is nothing to see.
	Compare, Ledger string
	// LeftOut says whom no figure counts.
	LeftOut string
	// HasReported tells that some closed period was reported otherwise at first.
	HasReported bool
	// HasParts and HasInterval tell which columns the table has.
	HasParts, HasInterval bool
}

// pointRow is a period of the series, as text.
type pointRow struct {
	Period, Value, Interval, Numerator, Denominator, Units string
	Complete                                               bool
	Reason, Why                                            string
	// Reported is what was said of the period at first, when it differs; Then
	// says when.
	Reported, Then string
	// Breaks name the versions of settings that began in the period.
	Breaks []string
}

// groupTable is a breakdown: a row per group, a column per period, the newest
// at the right.
type groupTable struct {
	Columns []string
	Rows    []groupRow
	// More is how many groups are not shown.
	More int
	// Current is the period that units, drawn value and change are of.
	Current string
	// Drawn tells that some rows have a value drawn to the mean, Few that some
	// groups are too small to compare.
	Drawn, Few bool
}

type groupRow struct {
	Name  string
	Cells []cell
	// Units of the current period; Few marks those too few to compare, FewWhy
	// says so.
	Units, FewWhy string
	Few           bool
	// Drawn is the share drawn to the mean, DrawnTitle its interval.
	Drawn, DrawnTitle string
	Change            delta
	// Filter narrows the page to the group.
	Filter string
	last   float64
	whole  float64
}

type cell struct {
	Text, Why, Title string
	Open             bool
}

const (
	// shownGroups bounds the table of a breakdown, drawnGroups its chart,
	// shownColumns the periods beside each other.
	shownGroups, drawnGroups, shownColumns = 60, 8, 8
)

// metricQuery is what the pages of one metric read from the address.
type metricQuery struct {
	metric *metric.Metric
	look   *view
	grain  farol.Grain
	by     string
}

func (s *server) metricQuery(v *visit) (q metricQuery, err error) {
	if q.metric, err = s.Metrics.Catalogue().Find(v.r.PathValue("name")); err != nil {
		return q, farol.Errorf(farol.NotFound, "There is no metric of this name.")
	}
	if q.look, err = v.view(); err != nil {
		return q, err
	}
	q.grain, q.by = q.look.grainFor(q.metric), v.r.URL.Query().Get("by")
	return q, nil
}

func (q metricQuery) request() metric.Request {
	out := q.look.request(q.metric, q.grain)
	out.By = q.by
	return out
}

func (s *server) metric(v *visit) error {
	q, err := s.metricQuery(v)
	if err != nil {
		return err
	}
	code := v.p.Code()
	p := metricPage{shell: v.shell(""), Metric: q.metric, By: q.by, Definition: q.metric.Definition.In(code), Reading: q.metric.Reading.In(code)}
	p.Title, p.Question, p.View, p.Charts = q.metric.Title.In(code), p.Definition, q.look, true
	p.Crumb = &crumb{v.p.T("Metrics & glossary"), "/catalogue"}
	if q.by != "" {
		p.extra = url.Values{"by": {q.by}}
	}
	p.CSV = q.look.Link("/metrics/"+q.metric.Name+"/series.csv", "grain", string(q.grain), "by", q.by)
	for _, e := range s.glossary.Of(q.metric.Name) {
		p.Entries = append(p.Entries, s.entryView(q.look, e, code))
	}
	if p.Card, err = s.card(v, q.look, q.metric.Name); err != nil {
		return err
	}
	if p.Attributes, err = s.Facts.Attributes(v.r.Context()); err != nil {
		return err
	}
	series, err := s.Metrics.Read(v.r.Context(), q.request())
	if err != nil {
		return err
	}
	p.Version, p.PrintedVersion = series.Version, series.Version
	accounts, people := s.Metrics.LeftOut()
	p.LeftOut = v.p.T("tests, staff and bots; by name %s and %s", v.p.N(accounts, "%d account", "%d accounts"), v.p.N(people, "%d person", "%d people"))
	sc := scale{v.p, q.metric.Unit, series.Currency}
	if q.by == "" {
		p.whole(v, q, sc, series)
		err = s.clocksOf(v, q, sc, series, &p)
	} else {
		p.broken(q, sc, series)
	}
	if err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "metric", "layout", p)
}

// whole fills chart and table of a series without a breakdown.
func (p *metricPage) whole(v *visit, q metricQuery, sc scale, series metric.Series) {
	why := func(pt metric.Point) string { return sourceLink(q.look, q.metric, q.grain, pt, "") }
	p.Chart = sc.chartOf("series-data", p.Title, periodsOf(series.Points), q.grain)
	p.Chart.Tall = true
	if q.metric.Aggregation == metric.Sum {
		p.Chart.Data.Kind = "bar"
	}
	sc.add(p.Chart, p.Title, series.Points, why)
	for _, pt := range series.Points {
		row := pointRow{
			Period: v.p.Period(pt.Period, q.grain), Value: sc.text(pt.Value), Interval: cmp.Or(sc.interval(pt), lang.None),
			Units:    v.p.Number(float64(pt.Units), 0),
			Complete: pt.Complete, Reason: v.p.Text(reasons[pt.Reason]),
		}
		row.Numerator, row.Denominator = sc.parts(q.metric, pt.Numerator, pt.Denominator)
		if pt.Value != nil || pt.Units > 0 {
			row.Why = why(pt)
		}
		p.HasParts = p.HasParts || pt.Denominator != nil
		p.HasInterval = p.HasInterval || pt.Low != nil
		p.Rows = append(p.Rows, row)
	}
	slices.Reverse(p.Rows)
	p.Chart.incompleteNote(v.p, p.HasInterval)
}

// seriesCSV is the series as the page shows it, for other programs: plain
// decimals and ISO dates.
func (s *server) seriesCSV(v *visit) error {
	q, err := s.metricQuery(v)
	if err != nil {
		return err
	}
	series, err := s.Metrics.Read(v.r.Context(), q.request())
	if err != nil {
		return err
	}
	out := v.csv(q.metric.Name + ".csv")
	head := []string{"period", "until", "value", "numerator", "denominator", "low", "high", "units", "complete", "reason"}
	if q.by != "" {
		head = append([]string{q.by}, head...)
	}
	write(out, head)
	for _, pt := range series.Points {
		row := []string{
			pt.Period.From.String(), pt.Period.Last().String(), plain(pt.Value), plain(pt.Numerator), plain(pt.Denominator),
			plain(pt.Low), plain(pt.High), strconv.FormatInt(pt.Units, 10), strconv.FormatBool(pt.Complete), string(pt.Reason),
		}
		if q.by != "" {
			row = append([]string{pt.Group}, row...)
		}
		write(out, row)
	}
	out.Flush()
	return nil
}

// csv begins a download; what it cannot write any more nobody reads.
func (v *visit) csv(name string) *sheet {
	v.exported = true
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	v.sheet = &sheet{Writer: csv.NewWriter(v.w), rows: -1} // the heading is none
	return v.sheet
}

// sheet is a table that is taken out; it counts its rows for the audit log.
type sheet struct {
	*csv.Writer
	rows int64
}

// write adds a row; a text that a spreadsheet would take for a formula gets
// an apostrophe before it.
func write(out *sheet, row []string) {
	out.rows++
	for i, s := range row {
		if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '@' || s[0] == '\t' || s[0] == '\r' || s[0] == '-') {
			if _, err := strconv.ParseFloat(s, 64); err != nil {
				row[i] = "'" + s
			}
		}
	}
	_ = out.Write(row)
}

func plain(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}
