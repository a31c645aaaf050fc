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
	flights singleflight.Group
}

// An answer is a value and the last commit that it is sure to have seen.
type answer[V any] struct {
	value V
	known time.Time
	// weight is how much room it takes, in points.
	weight int
}

type entry[V any] struct {
	answer[V]
	at time.Time
	// took is how long it took to compute.
	took time.Duration
}

// stale is how old the answer may be given once more.
func (e entry[V]) stale() time.Duration { return min(max(staleFor*e.took, minStale), maxStale) }

const (
	// maxEntries and maxWeight bound a cache: what has more points than
	// maxWeight is not kept.
	maxEntries = 512
	maxWeight  = 20_000
	// maxCompute bounds a computation that several callers may wait for.
	maxCompute = 2 * time.Minute
	// An answer may be older than the reader's maximal age, and is then given
	// once more while a new one is computed behind it: a page must not wait for
	// the facts of the last seconds while events keep coming. How old grows with
	// what it costs, staleFor its cost, between minStale and maxStale: nobody
	// waits for a dear answer twice an hour, and cheap ones are never far behind.
	minStale, maxStale, staleFor = 2 * time.Minute, time.Hour, 600
	// renewAfter times its cost is how old an answer is before it is computed
	// anew behind a reader's back, at least.
	renewAfter = 30
)

// ask is what a reader wants of an answer: as known at an instant (zero is
// now), and how old it may be. stale takes an older one, too, while a new one
// is computed behind it.
type ask struct {
	known  time.Time
	maxAge time.Duration
	stale  bool
}

// clocks are the two that an answer grows old by: the last commit, and now.
type clocks struct {
	lastKnown, now func() time.Time
	// renewing has room for one: a single answer at a time is computed anew
	// behind the readers' backs, because the processors are there for those who
	// wait.
	renewing chan struct{}
}

// get answers from the cache, or computes once for all who ask at the time.
func (c *cache[V]) get(ctx context.Context, key string, a ask, t clocks, compute func(context.Context) (answer[V], error)) (answer[V], error) {
	known := t.lastKnown()
	c.mu.Lock()
	e, ok := c.entries[key]
	c.mu.Unlock()
	if ok && e.exact(a, known) {
		return e.answer, nil
	}
	flight := key
	if a.maxAge == 0 {
		// Who waits for another's answer must not get one from before its own
		// question, so the facts' clock is part of the flight.
		flight = fmt.Sprintf("%s|%d", key, known.UnixMilli())
	}
	result := func() <-chan singleflight.Result {
		return c.flights.DoChan(flight, func() (any, error) {
			// The first caller may go away; the others still wait.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxCompute)
			defer cancel()
			begun := time.Now()
			got, err := compute(ctx)
			if err == nil && got.weight <= maxWeight {
				c.keep(key, entry[V]{got, t.now(), time.Since(begun)})
			}
			return got, err
		})
	}
	age := t.now().Sub(e.at)
	if ok && a.maxAge > 0 && (age <= a.maxAge || a.stale && age <= e.stale()) {
		if age > max(a.maxAge, renewAfter*e.took) {
			select {
			case t.renewing <- struct{}{}:
				go func() { // for whoever asks next
					<-result()
					<-t.renewing
				}()
			default: // busy with another; the next reader asks again
			}
		}
		return e.answer, nil
	}
	select {
	case <-ctx.Done():
		return answer[V]{}, ctx.Err()
	case res := <-result():
		if res.Err != nil {
			return answer[V]{}, res.Err
		}
		return res.Val.(answer[V]), nil
	}
}

// exact tells whether no fact since can have moved the answer.
func (e entry[V]) exact(a ask, known time.Time) bool {
	if e.known.Equal(known) {
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
