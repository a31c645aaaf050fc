package facts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
)

// maxQueue is how many events may wait for the writer: about a second of
// work. More would only make the answers late.
const maxQueue = 50_000

// groupPause is how long after a commit the next one may begin when several
// requests came at once, so that under load many share one commit, while a
// lone request never waits.
const groupPause = 15 * time.Millisecond

// A request waits for the writer.
type request struct {
	ctx      context.Context
	events   []prepared
	rejected []Rejected
	// rows adds rows of other tables, with the commit's known.
	rows func(c *commit, known time.Time)
	// keepKnown takes the events' own known (history).
	keepKnown bool
	// links are said by hand; they are committed alone.
	links []link
	// alone is done by the writer when nothing else goes on.
	alone func(ctx context.Context) error
	// settle asks for the settling of everything committed so far.
	settle bool
	reply  chan reply // room for one
}

type reply struct {
	receipt Receipt
	err     error
}

func (r *request) answer(p Receipt, err error) { r.reply <- reply{p, err} }

// Append commits the batch together with whatever else waits and returns once
// it is durable. A full queue answers a Busy error at once. When ctx ends
// first, the batch may or may not be committed; sending it again is harmless.
func (f *Facts) Append(ctx context.Context, b Batch) (Receipt, error) {
	if len(b.Events) > maxGroup {
		return Receipt{}, farol.Errorf(farol.Invalid, "at most %d events at once", maxGroup)
	}
	if len(b.Events)+len(b.Rejected) == 0 {
		return Receipt{Known: f.LastKnown()}, nil
	}
	kept, refused := f.withoutErased(b.Events)
	b.Events, b.Rejected = kept, append(b.Rejected, refused...)
	r := &request{ctx: ctx, rejected: b.Rejected}
	if n := int64(len(b.Events) + len(b.Rejected)); f.queued.Add(n) > maxQueue && f.queued.Load() > n {
		f.queued.Add(-n)
		return Receipt{}, farol.Errorf(farol.Busy, "too many events at once, try again in a moment")
	}
	// The days are cut here: the zone must hold until they are committed.
	f.rezoning.RLock()
	defer f.rezoning.RUnlock()
	r.events = f.prepareAll(b.Events)
	return f.send(ctx, r)
}

func (f *Facts) prepareAll(es []farol.Event) []prepared {
	p := jsonParsers.Get()
	defer jsonParsers.Put(p)
	out := make([]prepared, len(es))
	for i := range es {
		out[i] = prepare(&es[i], f.Zone(), p)
	}
	return out
}

// send hands the request to the writer and waits for its answer.
func (f *Facts) send(ctx context.Context, r *request) (Receipt, error) {
	r.reply = make(chan reply, 1)
	n := int64(len(r.events) + len(r.rejected))
	select {
	case f.queue <- r:
	case <-ctx.Done():
		f.queued.Add(-n)
		return Receipt{}, ctx.Err()
	case <-f.closing:
		f.queued.Add(-n)
		return Receipt{}, errClosed()
	}
	select {
	case p := <-r.reply:
		return p.receipt, p.err
	case <-ctx.Done():
		return Receipt{}, ctx.Err()
	case <-f.done:
		// The writer has ended; it may have answered just before.
		select {
		case p := <-r.reply:
			return p.receipt, p.err
		default:
			return Receipt{}, errClosed()
		}
	}
}

func errClosed() error { return farol.Errorf(farol.Busy, "the server is stopping") }

// write is the writer: the only goroutine that changes the log.
func (f *Facts) write() {
	defer close(f.done)
	var pause time.Time // until when a group is gathered
	for {
		select {
		case r := <-f.queue:
			group := f.gather(r, pause)
			f.commitGroup(group)
			pause = time.Time{}
			if len(group) > 1 || len(f.queue) > 0 {
				pause = time.Now().Add(groupPause)
			}
		case <-f.settleTimer.C:
			f.settleDue = false
			if err := f.settleAll(f.life, false); err != nil && f.life.Err() == nil {
				f.log.Error("facts: settle", "error", err)
				f.scheduleSettle(10 * time.Second)
			}
		case <-f.closing:
			f.finish()
			return
		}
		f.settleDeferred()
		if f.restless && !f.settleDue {
			// Settling may take a tenth of the writer's time.
			f.scheduleSettle(max(200*time.Millisecond, 9*f.settleCost))
		}
	}
}

func (f *Facts) scheduleSettle(in time.Duration) {
	f.settleDue = true
	f.settleTimer.Reset(in)
}

// finish commits what waits.
func (f *Facts) finish() {
	for {
		select {
		case r := <-f.queue:
			f.commitGroup(f.gather(r, time.Time{}))
			f.settleDeferred()
		default:
			return
		}
	}
}

// settleDeferred answers the requests that asked for settling while it went
// on.
func (f *Facts) settleDeferred() {
	for len(f.deferred) > 0 {
		r := f.deferred[0]
		f.deferred = f.deferred[1:]
		r.answer(Receipt{Known: f.LastKnown()}, f.settleAll(f.life, r.keepKnown))
	}
}

// gather collects the requests that share a commit with r: those that are
// there, and those that come until the instant.
func (f *Facts) gather(r *request, wait time.Time) []*request {
	group := []*request{r}
	n := len(r.events)
	until := time.NewTimer(max(0, time.Until(wait)))
	defer until.Stop()
	defer func() { f.shared = len(group) }()
	for n < maxGroup && !r.keepKnown && !r.settle && r.links == nil && r.alone == nil {
		if len(group) >= f.shared && len(f.queue) == 0 {
			return group
		}
		select {
		case r = <-f.queue:
		default:
			select {
			case r = <-f.queue:
			case <-until.C:
				return group
			}
		}
		// What does not fit goes into the next commit: a request is never cut.
		if n += len(r.events); n > maxGroup || r.keepKnown || r.links != nil || r.alone != nil {
			f.commitGroup(group)
			return []*request{r}
		}
		group = append(group, r)
	}
	return group
}

// commitGroup commits the requests and answers them.
func (f *Facts) commitGroup(group []*request) {
	receipts, err := f.commitAll(f.life, group)
	if err == nil && group[0].alone != nil {
		err = group[0].alone(f.life)
	}
	if err != nil {
		f.forget()
		f.log.Error("facts: commit", "error", err)
		err = fmt.Errorf("facts: commit: %w", err)
	}
	for i, r := range group {
		f.queued.Add(-int64(len(r.events) + len(r.rejected)))
		if r.settle && err == nil && f.settling {
			f.deferred = append(f.deferred, r)
			continue
		}
		if r.settle && err == nil {
			err = f.settleAll(f.life, r.keepKnown)
		}
		if err != nil {
			r.answer(Receipt{}, err)
			continue
		}
		r.answer(receipts[i], nil)
	}
}

// forget brings what the writer keeps in mind back to what is stored, after a
// commit failed.
func (f *Facts) forget() {
	f.ids.forget()
	if err := f.loadAccountsSeen(f.life); err != nil {
		f.log.Error("facts: load accounts", "error", err)
	}
	if err := f.loadJoins(f.life); err != nil {
		f.log.Error("facts: load joined accounts", "error", err)
	}
}

func (f *Facts) commitAll(ctx context.Context, group []*request) ([]Receipt, error) {
	known := f.nextKnown()
	since, keepKnown := known, group[0].keepKnown
	if keepKnown {
		// A chunk of history may be longer than the window of repeats, which
		// reaches back from each of its events.
		history := group[0].events
		since, known = history[0].e.Known, history[len(history)-1].e.Known
	}
	c := newCommit()
	receipts := make([]Receipt, len(group))
	fresh, err := f.fresh(ctx, group, receipts, since.Add(-f.window))
	if err != nil {
		return nil, err
	}
	for i, r := range group {
		receipts[i].Known = known
		for n, x := range r.rejected {
			c.add(rejected, known, x.Received.UTC(), clean(x.ID), string(clean(x.Source)), clean(x.Kind), clean(x.Name), clean(x.Field), clean(x.Reason),
				clean(cut(x.Body)), int64(i*maxGroup+n))
		}
		if r.rows != nil {
			r.rows(c, known)
		}
	}
	if err := f.takeHandLinks(ctx, c, group[0].links, known); err != nil {
		return nil, err
	}
	for i := range fresh {
		if e := fresh[i].e; !keepKnown {
			e.Known = known
		}
	}
	if err := f.take(ctx, c, fresh); err != nil {
		return nil, err
	}
	if err := f.apply(ctx, c, known, len(fresh)); err != nil {
		return nil, err
	}
	for i := range fresh {
		f.recent.add(fresh[i].hash, fresh[i].e.Known)
		if p := &fresh[i]; p.raw != "" {
			f.people.addHash(p.who)
			if person := f.ids.person(p.raw); person != p.raw {
				f.people.add(person)
			}
		}
	}
	f.recent.expire(known.Add(-f.window))
	f.tally.count(group, receipts, fresh, f.Zone(), f.now())
	return receipts, nil
}

// apply numbers and writes the commit, with its row of batches.
func (f *Facts) apply(ctx context.Context, c *commit, known time.Time, n int) error {
	empty := n == 0
	for _, rows := range c.rows {
		empty = empty && len(rows) == 0
	}
	if empty {
		return nil
	}
	c.batch = f.batch + 1
	settled := f.settled
	if !f.restless && !f.settling {
		settled = c.batch
	}
	c.add(batches, known, int64(n), settled)
	f.noteTraits(c)
	if err := f.eng.apply(ctx, c); err != nil {
		return err
	}
	f.keepFirsts(c)
	f.batch, f.settled = c.batch, settled
	f.known.Store(known.UnixMilli())
	return nil
}

// nextKnown is the instant of the next commit: now, but always later than the
// one before.
func (f *Facts) nextKnown() time.Time {
	now := f.now().UTC().Truncate(time.Millisecond)
	if last := f.LastKnown(); !now.After(last) {
		now = last.Add(time.Millisecond)
	}
	return now
}

// LastKnown is the last commit instant, zero before the first.
func (f *Facts) LastKnown() time.Time {
	ms := f.known.Load()
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// maxBody is how much of a rejected event is kept.
const maxBody = 8 << 10

func cut(s string) string {
	if len(s) > maxBody {
		return s[:maxBody]
	}
	return s
}

// Settle waits until every link and membership committed before the call has
// been applied to the facts stored before it.
func (f *Facts) Settle(ctx context.Context) error {
	_, err := f.send(ctx, &request{ctx: ctx, settle: true})
	return err
}

// Close commits what waits and closes the engine. Later calls answer Busy.
func (f *Facts) Close() error {
	err := errors.New("facts: closed twice")
	f.closeOnce.Do(func() {
		close(f.closing)
		<-f.done
		f.stop()
		f.background.Wait()
		err = f.eng.close()
	})
	return err
}
