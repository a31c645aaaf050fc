package metric

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// Reader answers series, rows and explanations, and keeps the history of
// what was answered. Its methods may be called concurrently.
type Reader struct {
	catalogue *Catalogue
	facts     *facts.Facts
	settings  func() Settings
	now       func() time.Time
	series    cache[Series]
	triangles cache[Retention]
	shared    cache[*spans]
	twins     cache[map[cell]sums]
	// histograms and rhythms are those of engagement.
	histograms cache[Histogram]
	rhythms    cache[Rhythm]
	past       cache[coverage]
	renewing   chan struct{}
	// stayed keeps the reports on customers' stays.
	stayed cache[any]
	book   book
	// updating keeps UpdateHistory to one at a time.
	updating sync.Mutex
	// tell is told how far a long update has come; nil for nobody.
	tell func(Progress)
}

// New makes a reader. settings is asked at every request and must be quick
// and safe for concurrent calls.
func New(c *Catalogue, f *facts.Facts, settings func() Settings) *Reader {
	return &Reader{catalogue: c, facts: f, settings: settings, now: time.Now, renewing: make(chan struct{}, 1)}
}

// SetClock makes the reader live at another time, before its first use: for
// tests and for looking at recorded data.
func (r *Reader) SetClock(now func() time.Time) { r.now = now }

// Catalogue is the metrics that the reader answers.
func (r *Reader) Catalogue() *Catalogue { return r.catalogue }

// LeftOut counts the accounts and people that setting exclusions names: they
// are in no figure.
func (r *Reader) LeftOut() (accounts, people int) {
	x := r.settings().Exclusions
	return len(x.Accounts), len(x.People)
}

// Read answers a series, whose points the caller must not change. Errors are NotFound for the metric's name and
// Invalid, naming the field, for the rest of the request.
func (r *Reader) Read(ctx context.Context, q Request) (Series, error) {
	if m, err := r.catalogue.Find(q.Metric); err == nil && m.hidden(ctx) {
		return r.hiddenSeries(m, q), nil
	}
	p, err := r.plan(ctx, q)
	if err != nil {
		return Series{}, err
	}
	got, err := r.series.get(ctx, p.key(), ask{p.Known, p.MaxAge, true}, r.clocks(), func(ctx context.Context) (answer[Series], error) {
		p.sees(r.facts.LastKnown())
		points, err := r.read(ctx, p)
		if err != nil {
			return answer[Series]{}, err
		}
		s := Series{Metric: p.metric.Name, Version: p.version, Unit: p.metric.Unit, Grain: p.Grain, Points: points}
		if p.metric.HasAmounts() {
			s.Currency = p.settings.Currency
		}
		return answer[Series]{s, p.seen, len(points)}, nil
	})
	return got.value, err
}

func (r *Reader) clocks() clocks { return clocks{r.facts.LastKnown, r.now, r.renewing} }

// key is all that an answer depends on besides the facts.
func (p *plan) key() string {
	q := p.Request
	q.MaxAge, q.Settings = 0, nil
	return fmt.Sprintf("%#v|%s|%s|%d|%t", q, p.version, p.mark(), p.asOf, p.Settings != nil)
}

// mark tells settings apart by what they say, whatever their versions.
func (p *plan) mark() string {
	s := p.settings
	s.Calendar.Zone = nil // a pointer, which says nothing
	return fmt.Sprintf("%#v|%s", s, p.settings.Calendar.Zone)
}

// read computes the points: closed periods of the present from the history,
// the hull of the rest by one query.
func (r *Reader) read(ctx context.Context, p *plan) ([]Point, error) {
	page, err := r.cover(ctx, p)
	if err != nil {
		return nil, err
	}
	if !p.present || p.By != "" || len(p.Filters) > 0 || p.Settings != nil {
		return r.compute(ctx, p, p.periods)
	}
	kept := make([]*facts.HistoryRow, len(p.periods))
	first, end := len(p.periods), 0
	for i, q := range p.periods {
		if row, ok := page.rows[q.From]; ok && row.Period == q && !page.dirty.moved(p, q) {
			kept[i] = &row
			continue
		}
		first, end = min(first, i), i+1
	}
	if first >= end {
		first, end = 0, 0
	}
	open, err := r.compute(ctx, p, p.periods[first:end])
	if err != nil {
		return nil, err
	}
	out := make([]Point, len(p.periods))
	for i := range p.periods {
		if i >= first && i < end {
			out[i] = open[i-first]
		} else {
			out[i] = p.kept(kept[i])
		}
	}
	return out, nil
}

// compute answers the points of these periods from the facts.
func (r *Reader) compute(ctx context.Context, p *plan, periods []farol.Period) ([]Point, error) {
	found, err := r.live(ctx, p, periods)
	if err != nil {
		return nil, err
	}
	return p.points(periods, found)
}

// cover fills in when the data began, of those that the request may know, and
// answers the history of the present.
func (r *Reader) cover(ctx context.Context, p *plan) (page, error) {
	if !p.Known.IsZero() {
		got, err := r.past.get(ctx, p.Known.String(), ask{known: p.Known}, r.clocks(), func(ctx context.Context) (answer[coverage], error) {
			out := answer[coverage]{known: r.facts.LastKnown()}
			touches, err := r.facts.Touched(ctx, time.Time{}, p.Known)
			out.value = coverage{}.with(touches)
			return out, err
		})
		if err != nil {
			return page{}, fmt.Errorf("which days have facts: %w", err)
		}
		p.covered = got.value
		return page{}, nil
	}
	pg, err := r.book.open(ctx, r.facts, p, r.now())
	p.covered = pg.covered
	p.sees(pg.seen)
	return pg, err
}

// kept is the point of a history row.
func (p *plan) kept(row *facts.HistoryRow) Point {
	pt := Point{
		Period: row.Period, Group: row.Group, Value: row.Value, Numerator: row.Numerator, Denominator: row.Denominator,
		Low: row.Low, High: row.High, Units: row.Units, Complete: row.Complete,
	}
	if pt.Value == nil {
		// The reason is not stored: it follows from what is.
		s := sums{units: row.Units}
		if row.Numerator != nil {
			s.num = *row.Numerator
		}
		if row.Denominator != nil {
			s.den = *row.Denominator
		}
		pt.Reason = p.point(row.Period, row.Group, s).Reason
	}
	return pt
}
