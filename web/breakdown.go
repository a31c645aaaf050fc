package web

import (
	"cmp"
	"math"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/stats"
)

// broken fills chart and table of a breakdown: the largest groups are drawn.
func (p *metricPage) broken(q metricQuery, sc scale, series metric.Series) {
	b := groupsOf(q.metric, series)
	rows := make([]groupRow, 0, len(b.points))
	for name := range b.points {
		rows = append(rows, p.groupRow(q, sc, b, name))
	}
	slices.SortFunc(rows, func(a, b groupRow) int {
		return cmp.Or(cmp.Compare(b.whole, a.whole), cmp.Compare(b.last, a.last), cmp.Compare(a.Name, b.Name))
	})
	p.Chart = sc.chartOf("series-data", p.Title, b.periods, q.grain)
	p.Chart.Tall = true
	if q.metric.Aggregation == metric.Sum {
		p.Chart.Data.Kind = "bar"
	}
	for _, r := range rows[:min(len(rows), drawnGroups)] {
		sc.add(p.Chart, p.named(r.Name), b.points[r.Name], nil)
	}
	p.Chart.incompleteNote(sc.p, false)
	if len(rows) > drawnGroups {
		p.Chart.Note += " " + sc.p.T("Only the %d largest groups are drawn.", drawnGroups)
	}
	p.Table = &groupTable{More: max(0, len(rows)-shownGroups)}
	for _, x := range b.periods[max(0, len(b.periods)-shownColumns):] {
		p.Table.Columns = append(p.Table.Columns, sc.p.Tick(x, q.grain))
	}
	if b.current >= 0 {
		p.Table.Current = sc.p.Period(b.periods[b.current], q.grain)
	}
	for _, r := range rows[:min(len(rows), shownGroups)] {
		r.Filter = q.look.Narrow("/metrics/"+q.metric.Name, q.by, r.Name)
		r.Name = p.named(r.Name)
		p.Table.Drawn, p.Table.Few = p.Table.Drawn || r.Drawn != "", p.Table.Few || r.Few
		p.Table.Rows = append(p.Table.Rows, r)
	}
}

// groups is a breakdown by group.
type groups struct {
	periods []farol.Period
	// points and drawn are of every period, in order.
	points map[string][]metric.Point
	drawn  map[string][]*metric.Shrunk
	// current is the period that stands for the series; -1 for none.
	current int
}

func groupsOf(m *metric.Metric, series metric.Series) groups {
	b := groups{points: map[string][]metric.Point{}, drawn: map[string][]*metric.Shrunk{}, current: -1}
	at := map[farol.Day]int{}
	for _, pt := range series.Points {
		if _, ok := at[pt.Period.From]; !ok {
			at[pt.Period.From] = len(b.periods)
			b.periods = append(b.periods, pt.Period)
		}
	}
	drawn := m.Shrink(series)
	for i, pt := range series.Points {
		if b.points[pt.Group] == nil {
			b.points[pt.Group], b.drawn[pt.Group] = make([]metric.Point, len(b.periods)), make([]*metric.Shrunk, len(b.periods))
			for k, p := range b.periods {
				b.points[pt.Group][k] = metric.Point{Period: p, Group: pt.Group}
			}
		}
		k := at[pt.Period.From]
		b.points[pt.Group][k], b.drawn[pt.Group][k] = pt, drawn[i]
	}
	for _, points := range b.points {
		b.current = max(b.current, m.Current(points))
	}
	return b
}

// groupRow is a group's row of the table, weighed by its newest figures.
func (p *metricPage) groupRow(q metricQuery, sc scale, b groups, name string) groupRow {
	points := b.points[name]
	r := groupRow{Name: name, last: math.Inf(-1)}
	for _, pt := range points {
		if pt.Value != nil {
			r.last, r.whole = *pt.Value, *pt.Value
			if pt.Denominator != nil {
				r.whole = *pt.Denominator
			}
		}
	}
	for _, pt := range points[max(0, len(points)-shownColumns):] {
		c := cell{Text: sc.text(pt.Value), Open: !pt.Complete, Title: sc.interval(pt)}
		if pt.Denominator != nil {
			n, d := sc.parts(q.metric, pt.Numerator, pt.Denominator)
			c.Title = sc.p.T("%s of %s", n, d)
			if i := sc.interval(pt); i != "" {
				c.Title += " · " + sc.p.T("95% interval") + " " + i
			}
		}
		if pt.Value != nil {
			c.Why = sourceLink(q.look, q.metric, q.grain, pt, q.by)
		} else if pt.Reason != "" {
			c.Title = sc.p.Text(reasons[pt.Reason])
		}
		r.Cells = append(r.Cells, c)
	}
	if b.current >= 0 {
		r.honest(q, sc, b, name)
	}
	return r
}

// honest fills in how much the group's figure is worth: of how many units it
// is, where it lies when luck is taken out, and whether it has really moved.
func (r *groupRow) honest(q metricQuery, sc scale, b groups, name string) {
	pt := b.points[name][b.current]
	r.Units = sc.p.Number(float64(pt.Units), 0)
	estimate := !q.metric.ByHabit() && !q.metric.State()
	switch {
	case estimate && pt.Value != nil && pt.Units < stats.MinRanked:
		r.Few, r.FewWhy = true, sc.p.T("Fewer than %d: neither ranked nor coloured.", stats.MinRanked)
	case estimate && pt.Value != nil && pt.Units < stats.MinCompared:
		r.Few, r.FewWhy = true, sc.p.T("Fewer than %d: not compared.", stats.MinCompared)
	}
	if x := b.drawn[name][b.current]; x != nil {
		r.Drawn = sc.text(&x.Value)
		r.DrawnTitle = sc.p.T("95%% interval %s. %s of it is the group's own.", sc.text(&x.Low)+" – "+sc.text(&x.High), sc.p.Percent(x.Weight))
	}
	r.Change = sc.change(q.metric, b.points[name], b.current, metric.Lag(q.grain), q.grain)
}
