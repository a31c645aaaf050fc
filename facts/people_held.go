package facts

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/farol-cs/farol"
)

// A scratch is an engine that can hold an answer in memory, apart from the log.
type scratch interface {
	// hold makes a table of people, as the roster has them, of what the query
	// answers; release forgets it.
	hold(ctx context.Context, name, query string, params map[string]any) error
	release(ctx context.Context, name string) error
}

// heldPeople are the people of moments that were looked at lately: a list is
// read from them as from the roster.
type heldPeople struct {
	mu   sync.Mutex
	list []*heldMoment
	made int
}

type heldMoment struct {
	asOf           farol.Day
	known          time.Time
	seen, erased   int64
	joins, through time.Time
	name           string
	used           time.Time
}

const (
	// maxHeld is how many moments are held, heldFor for how long after their
	// last use.
	maxHeld = 2
	heldFor = 10 * time.Minute
)

// peopleThen is where to read the people of the query's moment: a table that is
// held, where the engine holds any and everybody is asked for, else the log. A
// held moment that is not over follows what is learned as the roster does.
func (f *Facts) peopleThen(ctx context.Context, q PeopleQuery, params map[string]any) (string, error) {
	s, ok := f.eng.(scratch)
	if !ok || q.Only != nil || q.Accounts != nil {
		return f.rosterThen(ctx, q, params)
	}
	h := &f.held
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := f.pruneHeld(ctx, s); err != nil {
		return "", err
	}
	now := heldMoment{asOf: q.AsOf, known: q.Known, seen: f.rosterSeen.Load(), erased: f.Erasings(), joins: f.JoinsChanged(), through: f.LastKnown(), used: f.now()}
	if i := slices.IndexFunc(h.list, func(m *heldMoment) bool { return m.asOf == q.AsOf && m.known.Equal(q.Known) }); i >= 0 {
		if m := h.list[i]; m.serves(now) {
			m.used = now.used
			return m.name, nil
		}
		if err := f.releaseHeld(ctx, s, i); err != nil {
			return "", err
		}
	}
	if len(h.list) >= maxHeld {
		oldest := 0
		for i, m := range h.list {
			if m.used.Before(h.list[oldest].used) {
				oldest = i
			}
		}
		if err := f.releaseHeld(ctx, s, oldest); err != nil {
			return "", err
		}
	}
	own := map[string]any{}
	text, err := f.rosterThen(ctx, PeopleQuery{AsOf: q.AsOf, Known: q.Known}, own)
	if err == nil {
		text, own, err = f.seen("SELECT r.* FROM "+text+" r", q.Known, own)
	}
	if err != nil {
		return "", err
	}
	h.made++
	now.name = "scratch.people_" + strconv.Itoa(h.made)
	if err := s.hold(ctx, now.name, text, own); err != nil {
		return "", err
	}
	h.list = append(h.list, &now)
	return now.name, nil
}

// serves tells whether what is held is what would be read now.
func (m *heldMoment) serves(now heldMoment) bool {
	over := !m.known.IsZero() && m.through.After(m.known)
	fresh := m.seen == now.seen && (m.seen != 0 || m.through.Equal(now.through))
	return m.erased == now.erased && m.joins.Equal(now.joins) && (over || fresh)
}

// pruneHeld forgets what nobody has looked at for long, and all that an erasure
// may have left a trace in.
func (f *Facts) pruneHeld(ctx context.Context, s scratch) error {
	for i := len(f.held.list) - 1; i >= 0; i-- {
		if m := f.held.list[i]; f.now().Sub(m.used) > heldFor || m.erased != f.Erasings() {
			if err := f.releaseHeld(ctx, s, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Facts) releaseHeld(ctx context.Context, s scratch, i int) error {
	name := f.held.list[i].name
	f.held.list = slices.Delete(f.held.list, i, i+1)
	return s.release(ctx, name)
}

// ForgetPeople gives back the memory of lists of the past that nobody has looked
// at for some minutes. It does not wait for one that is being made.
func (f *Facts) ForgetPeople(ctx context.Context) error {
	s, ok := f.eng.(scratch)
	if !ok || !f.held.mu.TryLock() {
		return nil
	}
	defer f.held.mu.Unlock()
	return f.pruneHeld(ctx, s)
}
