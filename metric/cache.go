package metric

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// cache keeps the latest answers. An answer is right as long as no fact was
// learned since; a reader that says MaxAge may have an older one.
type cache struct {
	mu      sync.Mutex
	entries map[string]entry
	flights singleflight.Group
}

type entry struct {
	series Series
	// known is the last commit that the answer may have seen.
	known time.Time
	at    time.Time
}

const (
	// maxEntries and maxKept bound the cache: series of more points than
	// maxKept are not kept.
	maxEntries = 512
	maxKept    = 20_000
	// maxCompute bounds a computation that several callers may wait for.
	maxCompute = 2 * time.Minute
)

// key is all that an answer depends on besides the facts.
func (p *plan) key() string {
	q := p.Request
	q.MaxAge = 0
	return fmt.Sprintf("%+v|%s|%s|%s|%v|%v|%v", q, p.version, p.settings.Calendar.Zone, p.settings.Currency,
		p.settings.Calendar.WeekStart, p.asOf, p.through)
}

// get answers from the cache, or computes once for all who ask at the time.
func (c *cache) get(ctx context.Context, p *plan, lastKnown, now func() time.Time, compute func(context.Context) (Series, error)) (Series, error) {
	key, known := p.key(), lastKnown()
	c.mu.Lock()
	e, ok := c.entries[key]
	c.mu.Unlock()
	if ok && e.serves(p, known, now()) {
		return e.series, nil
	}
	// Who waits for another's answer must not get one from before its own
	// question, so the facts' clock is part of the flight.
	flight := c.flights.DoChan(fmt.Sprintf("%s|%d", key, known.UnixMilli()), func() (any, error) {
		// The first caller may go away; the others still wait.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxCompute)
		defer cancel()
		s, err := compute(ctx)
		if err == nil {
			c.keep(key, entry{s, known, now()})
		}
		return s, err
	})
	select {
	case <-ctx.Done():
		return Series{}, ctx.Err()
	case res := <-flight:
		if res.Err != nil {
			return Series{}, res.Err
		}
		return res.Val.(Series), nil
	}
}

func (e entry) serves(p *plan, known, now time.Time) bool {
	if e.known.Equal(known) || now.Sub(e.at) <= p.MaxAge && p.MaxAge > 0 {
		return true
	}
	// The past of the facts never changes.
	return !p.Known.IsZero() && !p.Known.After(e.known)
}

func (c *cache) keep(key string, e entry) {
	if len(e.series.Points) > maxKept {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]entry{}
	}
	if _, ok := c.entries[key]; !ok && len(c.entries) >= maxEntries {
		oldest := ""
		for k, have := range c.entries {
			if oldest == "" || have.at.Before(c.entries[oldest].at) {
				oldest = k
			}
		}
		delete(c.entries, oldest)
	}
	c.entries[key] = e
}
