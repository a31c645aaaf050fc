package customer

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// Past are the accounts at a moment that is not now.
type Past struct {
	Accounts map[farol.AccountID]*Account
	// Days are the days that the values of the metrics asked for are of: the
	// last measured ones by then, 0 where there are none.
	Days map[string]farol.Day
}

// Compute works out a metric of each account on a day, as known at an instant:
// see metric.Reader.AccountValues.
type Compute func(ctx context.Context, metric string, account farol.AccountID, day farol.Day, known time.Time) (farol.Day, map[farol.AccountID]float64, error)

// SetCompute says how to work out metrics of which nothing had been kept at the
// instant that a list looks from, although the facts were known: they were
// taken in with their past, or the metric is new. Without it there are none.
func (d *Directory) SetCompute(c Compute) { d.compute = c }

const (
	// keptPasts is how many moments are held, forgetAfter for how long after
	// somebody last looked at one.
	keptPasts   = 3
	forgetAfter = 10 * time.Minute
)

// pasts are the moments that were looked at lately, so that the pages of a
// list, and its next order, cost no query.
type pasts struct {
	mu   sync.Mutex
	list []*past
}

// past is the accounts as of a day (0: any) and as known at an instant (zero:
// now).
type past struct {
	asOf  farol.Day
	known time.Time
	used  time.Time // guarded by pasts.mu
	stale atomic.Bool

	mu sync.Mutex
	// through is the last commit that was taken in, checked when somebody
	// looked for more; joins and erased are as of a snapshot.
	through, checked, joins time.Time
	erased                  int64
	accounts                map[farol.AccountID]*Account
	days                    map[string]farol.Day
	parts                   map[string]map[farol.AccountID]*Account // by sight
}

// Past answers the accounts as of a day (0: today) and as known at an instant
// (zero: now), with at least the given ones of their metrics, for the context's
// reader. It is what At answers, kept for some minutes: with what is known by
// now it may be as old as Accounts is. What it answers must not be changed.
func (d *Directory) Past(ctx context.Context, asOf farol.Day, known time.Time, metrics ...string) (Past, error) {
	p := d.pasts.at(asOf, known, d.now())
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := d.recall(ctx, p); err != nil {
		return Past{}, err
	}
	if err := d.remember(ctx, p, metrics); err != nil {
		return Past{}, err
	}
	return Past{p.part(sight.Of(ctx)), maps.Clone(p.days)}, nil
}

// at finds the moment among those that are held, or makes room for it.
func (l *pasts) at(asOf farol.Day, known, now time.Time) *past {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	oldest := 0
	for i, p := range l.list {
		if p.asOf == asOf && p.known.Equal(known) {
			p.used = now
			return p
		}
		if p.used.Before(l.list[oldest].used) {
			oldest = i
		}
	}
	p := &past{asOf: asOf, known: known, used: now}
	if len(l.list) < keptPasts {
		l.list = append(l.list, p)
	} else {
		l.list[oldest] = p
	}
	return p
}

// prune forgets what nobody has looked at for long. The caller holds mu.
func (l *pasts) prune(now time.Time) {
	var kept []*past
	for _, p := range l.list {
		if now.Sub(p.used) < forgetAfter {
			kept = append(kept, p)
		}
	}
	l.list = kept
}

// sweep is prune for who keeps the directory up.
func (l *pasts) sweep(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
}

// forget drops what was learned of the present too early: somebody changed
// something, and the next page has to show it.
func (l *pasts) forget(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	for _, p := range l.list {
		p.stale.Store(true)
	}
}

// recall reads the accounts, or what was learned of them since. What was known
// at an instant that is over never changes, but for joins and erasures.
func (d *Directory) recall(ctx context.Context, p *past) error {
	now, through, joins, erased := d.now(), d.facts.LastKnown(), d.facts.JoinsChanged(), d.facts.Erasings()
	since, stale := p.through, p.stale.Swap(false)
	switch {
	case p.accounts == nil || p.erased != erased || !p.joins.Equal(joins):
		since = time.Time{}
	case !p.known.IsZero() && p.through.After(p.known), !stale && now.Sub(p.checked) < fresh, !through.After(p.through):
		return nil
	}
	said := map[farol.AccountID][]facts.AccountValue{}
	if err := d.facts.AccountValues(ctx, since, p.asOf, p.known, func(v facts.AccountValue) { said[v.Account] = append(said[v.Account], v) }); err != nil {
		return err
	}
	days := map[string]farol.Day{}
	if !since.IsZero() {
		moved, err := d.facts.Remeasured(ctx, d.dayOf(p)-measured, d.dayOf(p), since)
		if err != nil {
			return err
		}
		days = maps.Clone(p.days)
		for _, name := range moved {
			delete(days, name) // read again when it is asked for
		}
	}
	accounts := make(map[farol.AccountID]*Account, max(len(said), len(p.accounts)))
	if !since.IsZero() {
		maps.Copy(accounts, p.accounts)
	}
	present, _ := d.shown()
	for id, values := range said {
		a := d.accountOf(id, values, p.known)
		if was, ok := accounts[id]; ok {
			a.Metrics = was.Metrics
		}
		accounts[id] = a.lighter(present)
	}
	p.accounts, p.days, p.parts = accounts, days, nil
	p.through, p.checked, p.joins, p.erased = through, now, joins, erased
	return nil
}

// dayOf is the day that the moment looks at.
func (d *Directory) dayOf(p *past) farol.Day {
	if p.asOf != 0 {
		return p.asOf
	}
	return farol.DayOf(d.now(), d.facts.Zone())
}

// remember reads the metrics that are not there yet.
func (d *Directory) remember(ctx context.Context, p *past, metrics []string) error {
	values, days := map[string]map[farol.AccountID]float64{}, maps.Clone(p.days)
	for _, name := range metrics {
		if _, ok := days[name]; ok {
			continue
		}
		of := map[farol.AccountID]float64{}
		days[name] = 0
		err := d.facts.LastMeasures(ctx, name, d.dayOf(p), measured, p.known, func(m facts.Measure) {
			of[m.Account], days[name] = *m.Value, m.Day
		})
		if err != nil {
			return err
		}
		if days[name] == 0 && !p.known.IsZero() && d.compute != nil {
			day, computed, err := d.compute(sight.Everything(ctx), name, "", d.dayOf(p), p.known)
			if err != nil {
				return err
			}
			days[name], of = day, computed
		}
		values[name] = of
	}
	if len(values) == 0 {
		return nil
	}
	accounts := make(map[farol.AccountID]*Account, len(p.accounts))
	for id, a := range p.accounts {
		b := *a
		b.Metrics = make(map[string]float64, len(a.Metrics)+len(values))
		maps.Copy(b.Metrics, a.Metrics)
		for name, of := range values {
			if v, ok := of[id]; ok {
				b.Metrics[name] = v
			} else {
				delete(b.Metrics, name)
			}
		}
		accounts[id] = &b
	}
	p.accounts, p.days, p.parts = accounts, days, nil
	return nil
}

// part is the accounts as the reader may see them.
func (p *past) part(of *sight.Sight) map[farol.AccountID]*Account {
	if of == nil {
		return p.accounts
	}
	if got, ok := p.parts[of.Key()]; ok {
		return got
	}
	if p.parts == nil || len(p.parts) >= maxParts {
		p.parts = map[string]map[farol.AccountID]*Account{}
	}
	out := cut(p.accounts, of)
	p.parts[of.Key()] = out
	return out
}

// lighter shares with the present what is the same by now: most of an account
// is, and the past of all of them is then a fraction of their present.
func (a *Account) lighter(present *snapshot) *Account {
	if present == nil {
		return a
	}
	b, ok := present.accounts[a.ID]
	if !ok {
		return a
	}
	a.ID = b.ID
	if maps.Equal(a.Attributes, b.Attributes) {
		a.Attributes, a.Name, a.folded, a.sorted = b.Attributes, b.Name, b.folded, b.sorted
	}
	if maps.Equal(a.Marks, b.Marks) {
		a.Marks = b.Marks
	}
	return a
}
