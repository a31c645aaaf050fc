package metric

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
)

// Tried is a figure as it is and as it would be under other settings.
type Tried struct {
	Metric *Metric
	// Now and Then are the figures, in the currencies Was and Is ("" for what
	// is no money).
	Now, Then Point
	Was, Is   farol.Currency
	// Late tells that it took too long to compute: Now and Then are empty.
	Late bool
}

// headlines are the metrics that are tried first, when they use the setting.
var headlines = []string{
	"mrr", "logo_churn_rate", "nrr", "grr", "active_users_month", "activation_rate", "churned_accounts", "sessions", "customer_lifetime_value", "cac",
}

// maxTried bounds the metrics that are tried at once, tryAtOnce how many run
// at a time: more would only queue for the engine's threads.
const (
	maxTried  = 8
	tryAtOnce = 4
)

// Try reads the headline figures that depend on a setting, in the last month
// that is over: under the settings in force, and under those given. It reads
// one month of a few metrics, never a history; what is not done when ctx ends
// is Late.
func (r *Reader) Try(ctx context.Context, setting string, then Settings) ([]Tried, error) {
	calendar := r.settings().Calendar
	period := calendar.PeriodAt(farol.Monthly, calendar.PeriodAt(farol.Monthly, calendar.Today(r.now())).From-1)
	var out []Tried
	for _, m := range r.depending(setting) {
		out = append(out, Tried{Metric: m})
	}
	g := errgroup.Group{}
	g.SetLimit(tryAtOnce)
	for i := range out {
		g.Go(func() error { return r.try(ctx, &out[i], period, then) })
	}
	return out, g.Wait()
}

// depending lists the monthly metrics that use the setting, the best known
// first.
func (r *Reader) depending(setting string) []*Metric {
	var out []*Metric
	add := func(m *Metric) {
		if len(out) < maxTried && m.uses(setting) && m.Has(farol.Monthly) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	for _, name := range headlines {
		if m, err := r.catalogue.Find(name); err == nil {
			add(m)
		}
	}
	for _, m := range r.catalogue.All() {
		add(m)
	}
	return out
}

func (r *Reader) try(ctx context.Context, t *Tried, period farol.Period, then Settings) error {
	q := Request{Metric: t.Metric.Name, Grain: farol.Monthly, Period: period}
	before, err := r.Read(ctx, q)
	var after Series
	if err == nil {
		q.Settings = &then
		after, err = r.Read(ctx, q)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Late = true
		return nil
	}
	if err == nil {
		t.Now, t.Then, t.Was, t.Is = before.Points[0], after.Points[0], before.Currency, after.Currency
	}
	return err
}
