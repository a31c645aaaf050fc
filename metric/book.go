package metric

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// book is the history in memory with what has been learned since it was last
// checked. The history is a cache and a ledger: an answer read from it equals
// the one computed from the facts, because every period that a later fact
// may have moved is left out.
type book struct {
	mu sync.Mutex
	// seen is up to which commit covered and dirty are complete.
	seen time.Time
	// mark is the commit as of which every row was checked.
	mark time.Time
	// looked is when the stored mark was last looked at, touched when the
	// touched days were.
	looked, touched time.Time
	// covered is the days that have facts, dirty those touched after mark.
	covered, dirty coverage
	// series are the latest rows by first day. A map in it never changes.
	series map[seriesKey]map[farol.Day]facts.HistoryRow
}

type seriesKey struct {
	metric, version string
	grain           farol.Grain
}

// page is what one request sees of the book.
type page struct {
	rows           map[farol.Day]facts.HistoryRow
	covered, dirty coverage
	// seen is the commit up to which it is right.
	seen time.Time
}

// The stored mark is a row of the history under a name that no metric has.
var (
	markQuery  = facts.HistoryQuery{Metric: "$checked", Version: "1", Grain: farol.Daily}
	markPeriod = farol.Period{From: 1, To: 2}
)

// recheck is how often a process looks whether another has moved the mark.
const recheck = 5 * time.Minute

// open brings the book up to date, as far as the plan cares, and answers the
// page of the plan's series. A plan of what was known at an instant needs
// nothing of what was touched since.
func (b *book) open(ctx context.Context, f *facts.Facts, p *plan, now time.Time) (page, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	enough := !p.Known.IsZero() && !b.seen.Before(p.Known)
	if !enough && (b.touched.IsZero() || p.MaxAge == 0 || now.Sub(b.touched) > p.MaxAge) {
		if err := b.refresh(ctx, f); err != nil {
			return page{}, err
		}
		b.touched = now
	}
	rows, err := b.load(ctx, f, seriesKey{p.metric.Name, p.stored(), p.Grain})
	return page{rows, b.covered, b.dirty, b.seen}, err
}

// refresh takes in what was touched since it was last called. The caller
// holds the lock.
func (b *book) refresh(ctx context.Context, f *facts.Facts) error {
	if time.Since(b.looked) > recheck {
		if err := b.look(ctx, f); err != nil {
			return err
		}
	}
	last := f.LastKnown()
	if !last.After(b.seen) {
		return nil
	}
	touches, err := f.Touched(ctx, b.seen, last)
	if err != nil {
		return fmt.Errorf("which days were touched: %w", err)
	}
	before, after := b.covered, b.covered.with(touches)
	b.dirty = b.dirty.with(touches).with(newlyCovered(before, after))
	b.covered, b.seen = after, last
	return nil
}

// newlyCovered lists the days that lie after the first facts only now that
// earlier ones came in: their windows are covered from here on.
func newlyCovered(before, after coverage) []facts.Touch {
	var out []facts.Touch
	for table := range after {
		old, ok := before.first(table)
		for d, _ := after.first(table); ok && d < old; d++ {
			out = append(out, facts.Touch{Table: table, Day: d})
		}
	}
	return out
}

// look reads the stored mark. When it is newer than the one held, the rows
// and what is dirty are read anew.
func (b *book) look(ctx context.Context, f *facts.Facts) error {
	rows, err := f.History(ctx, markQuery)
	if err != nil {
		return fmt.Errorf("when the history was checked: %w", err)
	}
	b.looked = time.Now()
	if len(rows) == 0 || !rows[0].Known.After(b.mark) {
		return nil
	}
	return b.moveMark(ctx, f, rows[0].Known)
}

// moveMark forgets what was touched up to the mark, and every row held.
func (b *book) moveMark(ctx context.Context, f *facts.Facts, mark time.Time) error {
	b.mark, b.series, b.dirty = mark, nil, coverage{}
	if b.seen.IsZero() {
		// Nothing was read yet: refresh is about to read everything, and would
		// take all of it for new.
		touches, err := f.Touched(ctx, time.Time{}, mark)
		if err != nil {
			return fmt.Errorf("which days have facts: %w", err)
		}
		b.covered, b.seen = coverage{}.with(touches), mark
		return nil
	}
	if !b.seen.After(mark) {
		return nil
	}
	touches, err := f.Touched(ctx, mark, b.seen)
	if err != nil {
		return fmt.Errorf("which days were touched: %w", err)
	}
	b.dirty = b.dirty.with(touches)
	return nil
}

// load reads the rows of a series once.
func (b *book) load(ctx context.Context, f *facts.Facts, k seriesKey) (map[farol.Day]facts.HistoryRow, error) {
	if rows, ok := b.series[k]; ok {
		return rows, nil
	}
	list, err := f.History(ctx, facts.HistoryQuery{Metric: k.metric, Version: k.version, Grain: k.grain})
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", k.metric, err)
	}
	rows := make(map[farol.Day]facts.HistoryRow, len(list))
	for _, row := range list {
		rows[row.Period.From] = row
	}
	if b.series == nil {
		b.series = map[seriesKey]map[farol.Day]facts.HistoryRow{}
	}
	b.series[k] = rows
	return rows, nil
}

// moved tells whether a touched day moves the period's figure.
func (c coverage) moved(p *plan, q farol.Period) bool {
	m := p.metric
	from, to := q.From-farol.Day(m.Reach), q.To+farol.Day(p.waits(q))
	if c[exclusionsTable].meets(-1<<30, to) {
		return true
	}
	if m.Reach == Forever {
		from = -1 << 30
	}
	basis, _ := m.basis()
	if c[basis].meets(from, to) {
		return true
	}
	for _, t := range p.tables() {
		if c[t].meets(from, to) {
			return true
		}
	}
	return false
}
