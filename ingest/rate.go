package ingest

import (
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rates holds each name (a key, an address) to a rate of its own.
type rates struct {
	limit rate.Limit
	burst int
	mu    sync.Mutex
	// Two generations: a name that is used moves to the young one, and what is
	// left in the old one when the young is full is forgotten. A name comes
	// back with a full bucket, so forgetting errs in the sender's favour.
	young, old map[string]*rate.Limiter
}

// maxNames bounds a generation.
const maxNames = 10_000

// newRates allows perSecond requests of each name, in bursts of twice as
// many; nil, which allows all, when it is negative.
func newRates(perSecond float64) *rates {
	if perSecond < 0 {
		return nil
	}
	return &rates{limit: rate.Limit(perSecond), burst: max(1, int(2*perSecond)), young: map[string]*rate.Limiter{}}
}

// wait is how long the name has to wait before it may send: 0 for now, which
// is then counted.
func (r *rates) wait(name string, now time.Time) time.Duration {
	if r == nil {
		return 0
	}
	l := r.of(name)
	res := l.ReserveN(now, 1)
	delay := res.DelayFrom(now)
	if delay > 0 {
		res.CancelAt(now)
	}
	return delay
}

func (r *rates) of(name string) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.young[name]; l != nil {
		return l
	}
	l := r.old[name]
	if l == nil {
		l = rate.NewLimiter(r.limit, r.burst)
	}
	if len(r.young) >= maxNames {
		r.old, r.young = r.young, map[string]*rate.Limiter{}
	}
	r.young[strings.Clone(name)] = l
	return l
}
