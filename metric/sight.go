package metric

import (
	"context"
	"slices"

	"github.com/farol-cs/farol/sight"
)

// hidden tells whether the context's reader may not see the metric: by its
// name, or because it is about money.
func (m *Metric) hidden(ctx context.Context) bool {
	s := sight.Of(ctx)
	return s.Hides("metric."+m.Name) || m.HasAmounts() && s.Hides(sight.Money)
}

// Shown is nil for a metric that the context's reader may see, else Forbidden.
func (m *Metric) Shown(ctx context.Context) error {
	if m.hidden(ctx) {
		return sight.ErrHidden()
	}
	return nil
}

// FedBy tells whether facts of one of the tables (in the words of facts.Touch)
// move the metric's figures.
func (m *Metric) FedBy(tables []string) bool {
	return slices.ContainsFunc(m.tables(), func(t string) bool { return slices.Contains(tables, t) })
}

// hiddenSeries answers a request for a metric that the reader may not see:
// its points with nothing in them but the reason, so that a page of many
// figures shows the others.
func (r *Reader) hiddenSeries(m *Metric, q Request) Series {
	if q.Grain == "" {
		q.Grain = m.Grains[0]
	}
	settings := r.settings()
	s := Series{Metric: m.Name, Version: settings.version(m), Unit: m.Unit, Grain: q.Grain}
	if m.HasAmounts() {
		s.Currency = settings.Currency
	}
	if q.By != "" || q.Period.Days() < 1 || q.Period.Days() > maxPeriods {
		return s
	}
	for _, p := range settings.Calendar.Cut(q.Grain, q.Period) {
		s.Points = append(s.Points, Point{Period: p, Reason: Hidden})
	}
	return s
}
