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
	for _, id := range []farol.PersonID{e.User, farol.PersonOf(e.Anonymous)} {
		if _, ok := b.since[id]; !ok {
			b.since[id] = b.day
		}
	}
	return nil
}

// reachesBack tells whether the event says who somebody was in the days
// before, of whom events are waiting in the chunk: those have to be stored
// first, as they were known then.
func (b *backfill) reachesBack(e *farol.Event) bool {
	switch e.Kind {
	case farol.Identify:
		first, ok := b.since[farol.PersonOf(e.Anonymous)]
		return e.Anonymous != "" && e.User != "" && ok && first < b.day || e.At.Before(b.start)
	case farol.Group:
		return e.At.Before(b.start)
	case farol.Alias:
		return true
	}
	return false
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
		b.since[b.chunk[i].User], b.since[farol.PersonOf(b.chunk[i].Anonymous)] = b.day, b.day
	}
	return err
}
