package metric

import (
	"context"

	"github.com/farol-cs/farol"
)

// LifecycleMetrics are the metrics of the four classes of use, in the order
// new, returning, resurrected, dormant. Whoever stands behind a figure of a
// life cycle is among the rows of its metric.
func LifecycleMetrics(of Of) [4]string {
	if of == Accounts {
		return [4]string{"new_active_accounts", "returning_accounts", "resurrected_accounts", "dormant_accounts"}
	}
	return [4]string{"new_users", "returning_users", "resurrected_users", "dormant_users"}
}

// Lifecycle is how the units in use came, stayed and went, per period.
type Lifecycle struct {
	// Request is as it was read: defaults filled in.
	Request EngagementRequest
	// Version is that of the settings behind it.
	Version string
	Points  []LifecyclePoint
}

// LifecyclePoint is one period. Active is New + Returning + Resurrected, and
// also Before + New + Resurrected - Dormant. All are nil when there is a
// Reason.
type LifecyclePoint struct {
	Period                               farol.Period
	New, Returning, Resurrected, Dormant *float64
	// Active units of the period, and of the one before it.
	Active, Before *float64
	// Complete tells that the period has passed and the one before is covered.
	Complete bool
	Reason   Reason
}

// Lifecycle answers the periods of the range. Closed ones come from the
// history of their metrics. Accounts have no days. Errors are Invalid, naming
// the field.
func (r *Reader) Lifecycle(ctx context.Context, q EngagementRequest) (Lifecycle, error) {
	if q.Grain == "" {
		q.Grain = farol.Weekly
	}
	p, err := r.engagementPlan(ctx, &q, engagementMetric, rhythmDays)
	if err != nil {
		return Lifecycle{}, err
	}
	out := Lifecycle{Request: q, Version: p.version}
	for i, name := range LifecycleMetrics(q.Of) {
		s, err := r.Read(ctx, Request{
			Metric: name, Period: q.Period, Grain: q.Grain, AsOf: q.AsOf, Known: q.Known, Filters: q.Filters, MaxAge: q.MaxAge,
		})
		if err != nil {
			return Lifecycle{}, err
		}
		if i == 0 {
			out.Points = make([]LifecyclePoint, len(s.Points))
		}
		for j, pt := range s.Points {
			out.Points[j].take(i, pt)
		}
	}
	for j := range out.Points {
		out.Points[j].sum()
	}
	return out, nil
}

// take puts the figure of the class in.
func (l *LifecyclePoint) take(class int, pt Point) {
	l.Period = pt.Period
	l.Complete = (class == 0 || l.Complete) && pt.Complete
	if pt.Value == nil && l.Reason == "" {
		l.Reason = pt.Reason
	}
	*[]**float64{&l.New, &l.Returning, &l.Resurrected, &l.Dormant}[class] = pt.Value
}

// sum works out the rest. Where one class has nothing to say none has: in a
// period without any fact nobody is known to be dormant.
func (l *LifecyclePoint) sum() {
	if l.New == nil || l.Returning == nil || l.Resurrected == nil || l.Dormant == nil {
		l.New, l.Returning, l.Resurrected, l.Dormant, l.Complete = nil, nil, nil, nil, false
		return
	}
	active, before := *l.New+*l.Returning+*l.Resurrected, *l.Returning+*l.Dormant
	l.Active, l.Before, l.Reason = &active, &before, ""
}
