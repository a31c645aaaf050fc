package metric

import (
	"context"
	"fmt"
	"maps"
	"math"
	"sync"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"golang.org/x/sync/errgroup"
)

// update says what UpdateHistory did: how many figures it closed (wrote for
// the first time), how many it restated because facts that came late moved
// them, and how many values of accounts it wrote.
type update struct {
	closed, restated, measured int
}

func (u *update) add(x update) {
	u.closed, u.restated, u.measured = u.closed+x.closed, u.restated+x.restated, u.measured+x.measured
}

// markEvery is how often the mark is stored when nothing else is: what was
// touched in that time is checked again after a restart.
const markEvery = time.Hour

// UpdateHistory closes the periods that ended at least farol.LateGrace ago,
// restates closed ones whose figure moved, under a new Known, and keeps the
// daily values of the accounts. It costs one query per metric and grain that
// has something new, over the days that are new; it is to be called every few
// minutes by a background job. Calls wait for each other.
func (r *Reader) UpdateHistory(ctx context.Context) error {
	_, err := r.updateHistory(ctx)
	return err
}

func (r *Reader) updateHistory(ctx context.Context) (update, error) {
	r.updating.Lock()
	defer r.updating.Unlock()
	var done update
	known := r.facts.LastKnown()
	if known.IsZero() {
		return done, nil
	}
	now, progress := r.now(), r.teller()
	var mu sync.Mutex // of done
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(updatesAtOnce)
	for _, m := range r.catalogue.metrics {
		g.Go(func() error {
			own, err := r.updateMetric(inner, m, known, now, progress)
			mu.Lock()
			defer mu.Unlock()
			done.add(own)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return done, err
	}
	return done, r.book.check(ctx, r.facts, known, done != (update{}))
}

// updatesAtOnce is how many metrics are brought up to date side by side: an
// engine plans on one processor and leaves the others waiting.
const updatesAtOnce = 2

// updateMetric brings the series of a metric and its values per account up to
// date.
func (r *Reader) updateMetric(ctx context.Context, m *Metric, known, now time.Time, progress *teller) (done update, err error) {
	var days daily
	for _, g := range m.finestFirst() {
		progress.at(m)
		if err := r.closeSeries(ctx, m, g, known, now, &days, &done); err != nil {
			return done, fmt.Errorf("history of %s per %s: %w", m.Name, g, err)
		}
	}
	if m.PerAccount {
		progress.at(m)
		if done.measured, err = r.measure(ctx, m, known, now); err != nil {
			return done, fmt.Errorf("measures of %s: %w", m.Name, err)
		}
	}
	return done, nil
}

// closeSeries writes the rows that one series lacks.
func (r *Reader) closeSeries(ctx context.Context, m *Metric, g farol.Grain, known, now time.Time, days *daily, done *update) error {
	p, pg, err := r.closing(ctx, m, g, known, now)
	if err != nil || p == nil {
		return err
	}
	first, end := len(p.periods), 0
	for i, q := range p.periods {
		row, ok := pg.rows[q.From]
		if ok && row.Period == q && !pg.dirty.moved(p, q) {
			continue
		}
		first, end = min(first, i), i+1
	}
	if first >= end {
		return nil
	}
	found, err := r.closed(ctx, p, first, end, days)
	if err != nil {
		return err
	}
	points, err := p.points(p.periods[first:end], found)
	if err != nil {
		return err
	}
	var rows []facts.HistoryRow
	for _, pt := range points {
		row := p.row(pt, known)
		switch have, ok := pg.rows[pt.Period.From]; {
		case !ok || have.Period != pt.Period:
			done.closed++
		case !sameFigure(have, row):
			done.restated++
		default:
			continue
		}
		rows = append(rows, row)
	}
	return r.book.write(ctx, r.facts, seriesKey{m.Name, p.stored(), g}, rows)
}

// daily are the units by day that one call found: enough for the longer periods
// of a metric ByDay.
type daily struct {
	of    farol.Period
	found map[cell]sums
}

// closed adds up the units of the closed periods from first to before end.
func (r *Reader) closed(ctx context.Context, p *plan, first, end int, days *daily) (map[cell]sums, error) {
	hull := farol.Period{From: p.periods[first].From, To: p.periods[end-1].To}
	if p.Grain != farol.Daily && days.found != nil && hull.From >= days.of.From && hull.To <= days.of.To {
		return days.join(p.periods[first:end]), nil
	}
	found, err := r.live(ctx, p, p.periods[first:end])
	if p.metric.ByDay && p.Grain == farol.Daily {
		if first == 0 && hull.From > p.asOf-maxPeriods {
			hull.From -= longestWindow // there is nothing before the first day
		}
		*days = daily{hull, found}
	}
	return found, err
}

// join are the units of the periods.
func (d *daily) join(periods []farol.Period) map[cell]sums {
	out := map[cell]sums{}
	for _, q := range periods {
		var s sums
		for day := q.From; day < q.To; day++ {
			of := d.found[cell{from: day}]
			s.num, s.units, s.spells = s.num+of.num, s.units+of.units, append(s.spells, of.spells...)
		}
		if s.units > 0 {
			out[cell{from: q.From}] = s
		}
	}
	return out
}

// closing is the plan of all closed periods of a series since its first fact,
// nil when there are none, reading the facts up to known.
func (r *Reader) closing(ctx context.Context, m *Metric, g farol.Grain, known, now time.Time) (*plan, page, error) {
	p := &plan{Request: Request{Metric: m.Name, Grain: g}, metric: m, settings: r.settings()}
	if p.settings.Calendar.Zone == nil {
		p.settings.Calendar.Zone = time.UTC
	}
	p.version = p.settings.version(m)
	p.clocks(now)
	p.Known = known
	pg, err := r.book.open(ctx, r.facts, p, now)
	if err != nil {
		return nil, page{}, err
	}
	p.covered = pg.covered
	first, ok := p.firstDay()
	if !ok {
		return nil, pg, nil
	}
	calendar := p.settings.Calendar
	for q := calendar.PeriodAt(g, max(first, p.asOf-maxPeriods)); p.closed(q, now); q = calendar.PeriodAt(g, q.To) {
		p.periods = append(p.periods, q)
	}
	if len(p.periods) == 0 {
		return nil, pg, nil
	}
	return p, pg, nil
}

// firstDay is the first day that can have a figure.
func (p *plan) firstDay() (first farol.Day, ok bool) {
	basis, _ := p.metric.basis()
	for _, t := range append(p.tables(), basis) {
		if d, has := p.covered.first(t); has && (!ok || d < first) {
			first, ok = d, true
		}
	}
	return first, ok
}

// closed tells whether the period, with the days it waits for, ended
// farol.LateGrace ago.
func (p *plan) closed(q farol.Period, now time.Time) bool {
	end := q.To + farol.Day(p.waits(q))
	return !now.Before(end.Start(p.settings.Calendar.Zone).Add(farol.LateGrace))
}

// stored is the version under which the history keeps figures: that of the
// series with the zone, because in another zone every day holds other facts.
func (p *plan) stored() string { return p.version + " " + p.settings.Calendar.Zone.String() }

func (p *plan) row(pt Point, known time.Time) facts.HistoryRow {
	return facts.HistoryRow{
		Metric: p.metric.Name, Version: p.stored(), Grain: p.Grain, Period: pt.Period, Known: known,
		Value: pt.Value, Numerator: pt.Numerator, Denominator: pt.Denominator, Low: pt.Low, High: pt.High,
		Units: pt.Units, Complete: pt.Complete,
	}
}

func sameFigure(a, b facts.HistoryRow) bool {
	// Figures were kept with all their digits once, and with fewer since.
	same := func(x, y *float64) bool {
		return x == y || x != nil && y != nil && (*x == *y || math.Abs(*x-*y) <= 1e-12*math.Max(math.Abs(*x), math.Abs(*y)))
	}
	return same(a.Value, b.Value) && same(a.Numerator, b.Numerator) && same(a.Denominator, b.Denominator) &&
		same(a.Low, b.Low) && same(a.High, b.High) && a.Units == b.Units && a.Complete == b.Complete
}

// write stores rows and shows them to readers.
func (b *book) write(ctx context.Context, f *facts.Facts, k seriesKey, rows []facts.HistoryRow) error {
	if len(rows) == 0 {
		return nil
	}
	if err := f.SaveHistory(ctx, rows); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	next := maps.Clone(b.series[k])
	if next == nil {
		// Another process moved the mark meanwhile; the rows are read again.
		return nil
	}
	for _, row := range rows {
		next[row.Period.From] = row
	}
	b.series[k] = next
	return nil
}

// check notes that every row is right as of known.
func (b *book) check(ctx context.Context, f *facts.Facts, known time.Time, wrote bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	stored, err := f.History(ctx, markQuery)
	if err != nil {
		return fmt.Errorf("when the history was checked: %w", err)
	}
	if wrote || len(stored) == 0 || known.Sub(stored[0].Known) >= markEvery {
		row := facts.HistoryRow{
			Metric: markQuery.Metric, Version: markQuery.Version, Grain: markQuery.Grain,
			Period: markPeriod, Known: known, Complete: true,
		}
		if err := f.SaveHistory(ctx, []facts.HistoryRow{row}); err != nil {
			return fmt.Errorf("note that the history was checked: %w", err)
		}
	}
	if !known.After(b.mark) {
		return nil
	}
	series := b.series
	if err := b.moveMark(ctx, f, known); err != nil {
		return err
	}
	b.series = series
	return nil
}
