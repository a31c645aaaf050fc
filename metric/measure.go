package metric

import (
	"context"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// measureChunk is how many days of account values are computed at once, to begin
// with; with few accounts the next chunk is twice as long while the one before
// had less than measureLot values.
const (
	measureChunk = 31
	measureLot   = 100_000
)

// measureAll is how many days are all measured when a metric is measured for
// the first time. Of those before, a metric without a figure per day is
// measured on the last of each week: it moves slowly, and its windows make
// each day dear.
const measureAll = 100

// measuredOn tells whether the accounts' values of a day are kept; dense is the
// day from which all are.
func (p *plan) measuredOn(day, dense farol.Day) bool {
	return day >= dense || p.metric.Has(farol.Daily) || p.settings.Calendar.PeriodAt(farol.Weekly, day).Last() == day
}

// measuredQuery finds up to which day the accounts' values of a series were
// kept: a row of the history under a name that no metric has.
func (p *plan) measuredQuery() facts.HistoryQuery {
	return facts.HistoryQuery{Metric: "$measured." + p.metric.Name, Version: p.stored(), Grain: farol.Daily}
}

// measure keeps the daily values of every account: of the days that closed
// since the last call, and again of earlier ones whose facts moved. It
// answers how many values it wrote.
func (r *Reader) measure(ctx context.Context, m *Metric, known, now time.Time) (int, error) {
	p, pg, err := r.closing(ctx, m, farol.Daily, known, now)
	if err != nil || p == nil {
		return 0, err
	}
	p.By = "account"
	stored, err := r.facts.History(ctx, p.measuredQuery())
	if err != nil {
		return 0, err
	}
	done, dense := p.periods[0].From-1, p.periods[len(p.periods)-1].From-measureAll
	if len(stored) > 0 && stored[0].Value != nil {
		done, dense = farol.Day(*stored[0].Value), 0
		if from := stored[0].Numerator; from != nil {
			dense = farol.Day(*from)
		}
	}
	var fresh, moved []farol.Period
	for _, q := range p.periods {
		if !p.measuredOn(q.From, dense) {
			continue
		}
		if q.From > done {
			fresh = append(fresh, q)
		} else if pg.dirty.moved(p, q) {
			moved = append(moved, q)
		}
	}
	n, err := r.remeasure(ctx, p, moved)
	if err != nil || len(fresh) == 0 {
		return n, err
	}
	wrote, err := r.measureDays(ctx, p, fresh, dense)
	return n + wrote, err
}

// measureDays writes the values of days that were never measured.
func (r *Reader) measureDays(ctx context.Context, p *plan, days []farol.Period, dense farol.Day) (int, error) {
	n, since := 0, float64(dense)
	for size := measureChunk; len(days) > 0; {
		chunk := days[:min(size, len(days))]
		days = days[len(chunk):]
		values, err := r.accountValues(ctx, p, chunk)
		if err != nil {
			return n, err
		}
		var rows []facts.Measure
		for c, v := range values {
			rows = append(rows, p.measureOf(c, v))
		}
		if err := r.saveMeasures(ctx, rows); err != nil {
			return n, err
		}
		if n += len(rows); len(rows) < measureLot/2 {
			size *= 2
		}
		through := float64(chunk[len(chunk)-1].From)
		q := p.measuredQuery()
		err = r.facts.SaveHistory(ctx, []facts.HistoryRow{{
			Metric: q.Metric, Version: q.Version, Grain: q.Grain, Period: markPeriod, Known: p.Known,
			Value: &through, Numerator: &since, Complete: true,
		}})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// remeasure writes the values that differ from what they were as of the
// book's mark; a value that is gone is written as nil.
func (r *Reader) remeasure(ctx context.Context, p *plan, days []farol.Period) (int, error) {
	n := 0
	for len(days) > 0 {
		end := 1
		for end < len(days) && days[end].From < days[0].From+measureChunk {
			end++
		}
		chunk := days[:end]
		if p.metric.Has(farol.Daily) { // one run of days is cheaper than its pieces
			chunk = p.settings.Calendar.Cut(farol.Daily, farol.Period{From: days[0].From, To: days[end-1].To})
		}
		days = days[end:]
		now, err := r.accountValues(ctx, p, chunk)
		if err != nil {
			return n, err
		}
		before, err := r.measuredBefore(ctx, p, chunk)
		if err != nil {
			return n, err
		}
		var rows []facts.Measure
		for c, v := range now {
			if was, ok := before[c]; !ok || was != v {
				rows = append(rows, p.measureOf(c, v))
			}
		}
		for c := range before {
			if _, ok := now[c]; !ok {
				rows = append(rows, facts.Measure{Account: farol.AccountID(c.group), Metric: p.metric.Name, Day: c.from})
			}
		}
		if err := r.saveMeasures(ctx, rows); err != nil {
			return n, err
		}
		n += len(rows)
	}
	return n, nil
}

// measuredBefore are the values of the days as they were as of the book's
// mark: computed from the facts as known then, or read as they were kept when
// facts were erased since, because of those nothing is left.
func (r *Reader) measuredBefore(ctx context.Context, p *plan, days []farol.Period) (map[cell]float64, error) {
	gone, err := r.facts.Erasures(ctx, r.book.marked(), time.Time{})
	if err != nil {
		return nil, err
	}
	if len(gone) == 0 {
		old := *p
		old.Known = r.book.marked()
		return r.accountValues(ctx, &old, days)
	}
	out := map[cell]float64{}
	err = r.facts.KeptMeasures(ctx, p.metric.Name, farol.Period{From: days[0].From, To: days[len(days)-1].To}, func(m facts.Measure) {
		out[cell{from: m.Day, group: string(m.Account)}] = *m.Value
	})
	return out, err
}

func (r *Reader) saveMeasures(ctx context.Context, rows []facts.Measure) error {
	if len(rows) == 0 {
		return nil
	}
	return r.facts.SaveMeasures(ctx, rows)
}

func (p *plan) measureOf(c cell, v float64) facts.Measure {
	return facts.Measure{Account: farol.AccountID(c.group), Metric: p.metric.Name, Day: c.from, Value: &v}
}

// accountValues computes the value of each account on each day, where it has
// one.
func (r *Reader) accountValues(ctx context.Context, p *plan, days []farol.Period) (map[cell]float64, error) {
	found, err := r.live(ctx, p, days)
	if err != nil {
		return nil, err
	}
	out := map[cell]float64{}
	for c, s := range found {
		pt := p.point(farol.Period{From: c.from, To: c.from + 1}, c.group, s)
		if c.group != "" && pt.Value != nil {
			out[c] = *pt.Value
		}
	}
	return out, nil
}

// marked is the commit as of which the history was last checked.
func (b *book) marked() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mark
}

// AccountValues works out what is kept daily of each account (of one alone
// unless account is ""), for a metric of which nothing was kept by then: the
// values of the last day, not after the given one, that was closed at the
// instant known, from the facts known then. through is that day, 0 for none.
// It does not look at the reader's sight.
func (r *Reader) AccountValues(ctx context.Context, name string, account farol.AccountID, day farol.Day, known time.Time) (through farol.Day, values map[farol.AccountID]float64, err error) {
	m, err := r.catalogue.Find(name)
	if err != nil || !m.PerAccount {
		return 0, nil, err
	}
	p, _, err := r.closing(ctx, m, farol.Daily, r.facts.LastKnown(), r.now())
	if err != nil || p == nil {
		return 0, nil, err
	}
	p.By, p.Known = "account", known
	if account != "" {
		p.Filters = []facts.Filter{{Attribute: "account", Values: []string{string(account)}}}
	}
	i := len(p.periods) - 1
	for i >= 0 && (p.periods[i].From > day || !p.closed(p.periods[i], known)) {
		i--
	}
	if i < 0 {
		return 0, nil, nil
	}
	found, err := r.accountValues(ctx, p, p.periods[i:i+1])
	values = make(map[farol.AccountID]float64, len(found))
	for c, v := range found {
		values[farol.AccountID(c.group)] = v
	}
	return p.periods[i].From, values, err
}
