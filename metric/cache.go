package metric

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// cache keeps the latest answers. An answer is right as long as no fact was
// learned since; a reader that says how old it may be gets an older one.
type cache[V any] struct {
	mu      sync.Mutex
	entries map[string]entry[V]
	// renewing are the keys that are computed anew for readers who did not
	// wait.
	renewing map[string]bool
	flights  singleflight.Group
}

type entry[V any] struct {
	value V
	// known is the last commit that the answer may have seen.
	known time.Time
	at    time.Time
}

const (
	// maxEntries and maxWeight bound a cache: what has more points than
	// maxWeight is not kept.
	maxEntries = 512
	maxWeight  = 20_000
	// maxCompute bounds a computation that several callers may wait for.
	maxCompute = 2 * time.Minute
	// maxStale is how old an answer may be that a reader with a maximal age is
	// given once more, while a new one is computed behind it: a page must not
	// wait for the facts of the last seconds while events keep coming.
	maxStale = 2 * time.Minute
)

// ask is what a reader wants of an answer: as known at an instant (zero is
// now), and how old it may be.
type ask struct {
	known  time.Time
	maxAge time.Duration
}

// clocks are the two that an answer grows old by: the last commit, and now.
type clocks struct {
	lastKnown, now func() time.Time
}

// get answers from the cache, or computes once for all who ask at the time.
// compute says how much its answer weighs.
func (c *cache[V]) get(ctx context.Context, key string, a ask, t clocks, compute func(context.Context) (V, int, error)) (V, error) {
	known, now := t.lastKnown(), t.now()
	c.mu.Lock()
	e, ok := c.entries[key]
	c.mu.Unlock()
	if ok && e.serves(a, known, now) {
		return e.value, nil
	}
	// Who waits for another's answer must not get one from before its own
	// question, so the facts' clock is part of the flight; unless it takes an
	// older one anyway.
	flight := fmt.Sprintf("%s|%d", key, known.UnixMilli())
	if a.maxAge > 0 {
		flight = key
	}
	answers := func() <-chan singleflight.Result {
		return c.flights.DoChan(flight, func() (any, error) {
			// The first caller may go away; the others still wait.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxCompute)
			defer cancel()
			v, weight, err := compute(ctx)
			if err == nil && weight <= maxWeight {
				c.keep(key, entry[V]{v, known, t.now()})
			}
			return v, err
		})
	}
	if ok && a.maxAge > 0 && now.Sub(e.at) <= maxStale {
		c.renew(key, answers)
		return e.value, nil
	}
	var none V
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case res := <-answers():
		if res.Err != nil {
			return none, res.Err
		}
		return res.Val.(V), nil
	}
}

// renew computes the key anew behind the reader's back, once at a time. A
// failure is told to the reader who next has to wait.
func (c *cache[V]) renew(key string, answers func() <-chan singleflight.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.renewing[key] {
		return
	}
	if c.renewing == nil {
		c.renewing = map[string]bool{}
	}
	c.renewing[key] = true
	go func() {
		<-answers()
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.renewing, key)
	}()
}

func (e entry[V]) serves(a ask, known, now time.Time) bool {
	if e.known.Equal(known) || a.maxAge > 0 && now.Sub(e.at) <= a.maxAge {
		return true
	}
	// The past of the facts never changes.
	return !a.known.IsZero() && !a.known.After(e.known)
}

func (c *cache[V]) keep(key string, e entry[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]entry[V]{}
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
