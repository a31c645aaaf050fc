package web

import (
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
)

// clocksOf adds to a metric's page what its two clocks and its versions say:
// the figures as first reported where they differ from those known now, and
// where a version of a setting began.
func (s *server) clocksOf(v *visit, q metricQuery, sc scale, series metric.Series, p *metricPage) error {
	breaks, err := metric.Breaks(v.r.Context(), s.Store, q.metric)
	if err != nil {
		return err
	}
	if len(breaks) > 0 {
		p.Compare = q.look.Link("/metrics/" + q.metric.Name + "/versions")
	}
	p.breaks(v, q, series, breaks)
	if len(q.look.Filters) > 0 || sight.Of(v.r.Context()).Limited() {
		return nil // what was reported is kept of all customers together
	}
	req := q.request()
	said, err := s.Metrics.Reported(v.r.Context(), req)
	if err != nil {
		return err
	}
	p.reported(v, q, sc, series, said)
	return nil
}

// breaks marks the periods in which a version of a setting began.
func (p *metricPage) breaks(v *visit, q metricQuery, series metric.Series, list []metric.Break) {
	for i, pt := range series.Points {
		names := v.began(slices.DeleteFunc(slices.Clone(list), func(b metric.Break) bool {
			return !pt.Period.Contains(farol.DayOf(b.Began, q.look.Cal.Zone))
		}))
		if len(names) == 0 {
			continue
		}
		p.Rows[len(p.Rows)-1-i].Breaks = names
		p.Chart.Data.Marks = append(p.Chart.Data.Marks, chartMark{i, names})
	}
}

// began names the versions of each setting, the oldest setting first.
func (v *visit) began(list []metric.Break) []string {
	var names []string
	for i, b := range list {
		same := func(x metric.Break) bool { return x.Setting == b.Setting }
		if slices.ContainsFunc(list[:i], same) {
			continue
		}
		last, title := b.Version, v.p.Text(settingTitle(b.Setting))
		for _, x := range list {
			if same(x) {
				last = max(last, x.Version)
			}
		}
		if last == b.Version {
			names = append(names, v.p.T("%s: version %d", title, last))
		} else {
			names = append(names, v.p.T("%s: versions %d to %d", title, b.Version, last))
		}
	}
	return names
}

// reported shows what was first said of the periods, where it was otherwise.
func (p *metricPage) reported(v *visit, q metricQuery, sc scale, series metric.Series, said map[farol.Day]metric.Reported) {
	first := slices.Clone(series.Points)
	for i, pt := range series.Points {
		was, ok := said[pt.Period.From]
		if !ok || sameValue(was.Value, pt.Value) {
			continue
		}
		p.HasReported = true
		first[i].Value, first[i].Low, first[i].High = was.Value, nil, nil
		row := &p.Rows[len(p.Rows)-1-i]
		row.Reported, row.Then = sc.text(was.Value), v.p.T("Known %s", p.When(was.Known))
		if was.Version != series.Version {
			row.Then += " · " + v.p.T("Version %s", was.Version)
		}
	}
	if !p.HasReported {
		return
	}
	p.Ledger = q.look.Link("/restatements", "metric", q.metric.Name, "grain", string(q.grain))
	for i := range first {
		first[i].Low, first[i].High = nil, nil
	}
	sc.add(p.Chart, v.p.T("As first reported"), first, nil)
	p.Chart.Data.Series[len(p.Chart.Data.Series)-1].Line = true
}

// sameValue tells whether two values are the same, also both null.
func sameValue(a, b *float64) bool {
	return a == b || a != nil && b != nil && *a == *b
}
