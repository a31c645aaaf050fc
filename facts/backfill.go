package facts

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/farol-cs/farol"
)

// backfillChunk is how many events of history one commit holds, unless who
// somebody is has to be told from one day to the next.
const backfillChunk = 20_000

// Backfill takes in history in bulk: events with Known set by the caller,
// never decreasing and not before LastKnown. next answers io.EOF at the end,
// with or without events. Identity is as known at the end of each local day:
// what a day's links and memberships say holds for the whole day, and for
// nothing that was known the day before.
func (f *Facts) Backfill(ctx context.Context, next func() ([]farol.Event, error)) error {
	b := backfill{f: f, ctx: ctx, last: f.LastKnown(), since: map[farol.PersonID]farol.Day{}}
	for {
		es, err := next()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		for i := range es {
			if err := b.add(es[i]); err != nil {
				return err
			}
		}
		if err != nil {
			return b.commit(len(b.chunk))
		}
	}
}

type backfill struct {
	f     *Facts
	ctx   context.Context
	last  time.Time
	day   farol.Day // of last
	start time.Time // of day
	chunk []farol.Event
	// today is where the events of day begin in the chunk; since is the first
	// day on which somebody has an event in it.
	today int
	since map[farol.PersonID]farol.Day
}

func (b *backfill) add(e farol.Event) error {
	e.Known = e.Known.UTC().Truncate(time.Millisecond)
	if e.Known.IsZero() || e.Known.Before(b.last) {
		return farol.InvalidField("known", "must be set and must not decrease")
	}
	if day := farol.DayOf(e.Known, b.f.Zone()); day != b.day {
		b.day, b.start, b.today = day, day.Start(b.f.Zone()), len(b.chunk)
		if len(b.chunk) >= backfillChunk {
			if err := b.commit(len(b.chunk)); err != nil {
				return err
			}
		}
	}
	if len(b.chunk) == maxGroup || b.today > 0 && b.reachesBack(&e) {
		if err := b.commit(or(b.today, len(b.chunk))); err != nil {
			return err
		}
	}
	b.last = e.Known
	b.chunk = append(b.chunk, e)
	b.note(&e)
	return nil
}

// reachesBack tells whether the event says who somebody was in the days
// before, of whom events are waiting in the chunk: those have to be stored
// first, as they were known then.
func (b *backfill) reachesBack(e *farol.Event) bool {
	anonymous := farol.PersonOf(e.Anonymous)
	switch e.Kind {
	case farol.Identify:
		return e.Anonymous != "" && e.User != "" && b.waits(anonymous) || e.At.Before(b.start) && (b.waits(e.User) || b.waits(anonymous))
	case farol.Group:
		return e.At.Before(b.start) && (b.waits(e.User) || b.waits(anonymous))
	case farol.Alias:
		return b.waits(farol.PersonID(e.PreviousID)) || b.waits(farol.PersonOf(farol.AnonymousID(e.PreviousID)))
	}
	return false
}

// waits tells whether the chunk holds events of the id from before today.
func (b *backfill) waits(id farol.PersonID) bool {
	first, ok := b.since[id]
	return ok && first < b.day
}

// commit writes the first n events of the chunk and waits.
func (b *backfill) commit(n int) error {
	if n == 0 {
		return nil
	}
	b.f.queued.Add(int64(n))
	_, err := b.f.send(b.ctx, &request{ctx: b.ctx, events: b.f.prepareAll(b.chunk[:n]), keepKnown: true, settle: true})
	// The log holds on to nothing of the events once they are answered.
	b.chunk = append(b.chunk[:0], b.chunk[n:]...)
	b.today = max(0, b.today-n)
	clear(b.since)
	for i := range b.chunk {
		b.note(&b.chunk[i])
	}
	return err
}

func (b *backfill) note(e *farol.Event) {
	if e.User != "" {
		if _, ok := b.since[e.User]; !ok {
			b.since[e.User] = b.day
		}
	}
	if e.Anonymous != "" {
		if id := farol.PersonOf(e.Anonymous); !b.waits(id) {
			b.since[id] = b.day
		}
	}
}
