package facts

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/farol-cs/farol"
)

// backfillChunk is how many events of history one commit holds at least, as
// long as the local day of known lasts no longer.
const backfillChunk = 1000

// Backfill takes in history in bulk: events with Known set by the caller,
// never decreasing and not before LastKnown. next answers io.EOF at the end,
// with or without events. Identity is as known at the end of each local day:
// what a day's links and memberships say holds for the whole day.
func (f *Facts) Backfill(ctx context.Context, next func() ([]farol.Event, error)) error {
	b := backfill{f: f, ctx: ctx, last: f.LastKnown()}
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
	chunk []farol.Event
	// today is where the events of day begin in the chunk; joins tells that
	// one of them says who somebody is.
	today int
	joins bool
}

func (b *backfill) add(e farol.Event) error {
	e.Known = e.Known.UTC().Truncate(time.Millisecond)
	if e.Known.IsZero() || e.Known.Before(b.last) {
		return farol.InvalidField("known", "must be set and must not decrease")
	}
	if err := b.turn(farol.DayOf(e.Known, b.f.Zone())); err != nil {
		return err
	}
	if len(b.chunk) == maxGroup {
		if err := b.commit(len(b.chunk)); err != nil {
			return err
		}
	}
	switch e.Kind {
	case farol.Identify, farol.Alias, farol.Group:
		// It must not reach into the days before, nor into the next.
		if err := b.commit(b.today); err != nil {
			return err
		}
		b.joins = true
	}
	b.last = e.Known
	b.chunk = append(b.chunk, e)
	return nil
}

// turn ends the day when another one begins.
func (b *backfill) turn(day farol.Day) error {
	if day == b.day {
		return nil
	}
	b.day, b.today = day, len(b.chunk)
	if len(b.chunk) < backfillChunk && !b.joins {
		return nil
	}
	return b.commit(len(b.chunk))
}

// commit writes the first n events of the chunk and waits.
func (b *backfill) commit(n int) error {
	if n == 0 {
		return nil
	}
	_, err := b.f.send(b.ctx, &request{ctx: b.ctx, events: b.f.prepareAll(b.chunk[:n]), keepKnown: true, settle: true})
	// The log holds on to nothing of the events once they are answered.
	b.chunk = append(b.chunk[:0], b.chunk[n:]...)
	b.today = max(0, b.today-n)
	if len(b.chunk) == 0 {
		b.joins = false
	}
	return err
}
