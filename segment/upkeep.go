package segment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
)

// Upkeep keeps the membership of all segments up to what their rules say.
type Upkeep struct {
	Store *store.Store
	Facts *facts.Facts
	// Env is what rules are read in today.
	Env func(ctx context.Context, b Book) (Env, error)
	Now func() time.Time
	// Back is for how many weeks a new segment is looked at as of the past, too,
	// so that who entered and left means something from the beginning; 0: none.
	Back int
	// Waiting tells whether values of a metric are still to be kept up to a day;
	// nil is never. A new segment waits for them.
	Waiting func(ctx context.Context, metric string, day farol.Day) (bool, error)
	// Tell hears how far a turn has come; nil hears nothing.
	Tell func(title string, done, total int, began time.Time)
}

const (
	// restLeast is how long a segment rests at least between two evaluations of
	// one day, restTimes how often as long as all segments take together: no
	// more than a twentieth of the time goes into it, however many there are.
	restLeast = 5 * time.Minute
	restTimes = 20
	// firstWait is how long a new segment waits for metrics that were never kept.
	firstWait = time.Hour
	// turnLimit is how long one turn goes on; what is left is the first of the
	// next.
	turnLimit = 5 * time.Minute
)

// Run does one turn: it evaluates the segments whose rule or day is another
// than when they were last evaluated, and those that what was learned since
// may move, those that waited longest first. One that fails does not keep the
// others from their turn.
func (u *Upkeep) Run(ctx context.Context) error {
	b, states, err := u.begin(ctx)
	if err != nil {
		return err
	}
	env, err := u.Env(ctx, b)
	if err != nil {
		return err
	}
	due, err := u.due(ctx, b, env, states)
	if err != nil {
		return err
	}
	began := u.Now()
	var wrong []error
	for i, s := range due {
		if i > 0 && u.Now().Sub(began) > turnLimit {
			break
		}
		if u.Tell != nil {
			u.Tell(s.Title, i, len(due), began)
		}
		state, kept := states[s.Name]
		if !kept {
			state, err = u.lookBack(ctx, b, s, env)
		}
		if err == nil {
			_, err = u.keep(ctx, b, s, env, state)
		}
		if err != nil {
			wrong, err = append(wrong, err), nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(wrong...)
}

// Keep evaluates one segment now: after it was saved, so that it can be used
// at once.
func (u *Upkeep) Keep(ctx context.Context, name string) (Moved, error) {
	b, err := Read(ctx, u.Store)
	if err != nil {
		return Moved{}, err
	}
	s, err := b.Find(name)
	if err != nil {
		return Moved{}, err
	}
	states, err := u.Store.SegmentStates(ctx)
	if err != nil {
		return Moved{}, err
	}
	env, err := u.Env(ctx, b)
	if err != nil {
		return Moved{}, err
	}
	return u.keep(ctx, b, s, env, states[name])
}

// keep evaluates a segment and writes down how it went.
func (u *Upkeep) keep(ctx context.Context, b Book, s Segment, env Env, state store.SegmentState) (Moved, error) {
	began, known := u.Now(), u.Facts.LastKnown()
	m, err := Keep(ctx, u.Facts, s.Name, s.Rule, env, began)
	if ctx.Err() != nil {
		return m, ctx.Err()
	}
	if state.Began.IsZero() || state.Form == "" && state.Began.Equal(state.Evaluated) { // nobody ever entered it
		state.Began = began
	}
	state.Name, state.Evaluated, state.Took, state.Error = s.Name, began, u.Now().Sub(began), ""
	if err != nil {
		// What it is of stays: it is not done, and is tried again.
		state.Error = err.Error()
		if state.Known.IsZero() {
			state.Known = time.Unix(0, 0).UTC()
		}
	} else {
		state.Form, state.Day, state.Known, state.Accounts = b.form(s), int64(env.AsOf), known, m.Now
	}
	if wrong := u.Store.SaveSegmentState(ctx, state); wrong != nil {
		return m, wrong
	}
	return m, err
}

// Forget takes everybody out of the segments that are gone, as Run does.
func (u *Upkeep) Forget(ctx context.Context) error {
	_, _, err := u.begin(ctx)
	return err
}

// begin reads the segments and how they stood, and takes everybody out of those
// that are gone.
func (u *Upkeep) begin(ctx context.Context) (Book, map[string]store.SegmentState, error) {
	b, err := Read(ctx, u.Store)
	if err != nil {
		return b, nil, err
	}
	states, err := u.Store.SegmentStates(ctx)
	if err != nil {
		return b, nil, err
	}
	return b, states, u.forget(ctx, b, states)
}

func (u *Upkeep) forget(ctx context.Context, b Book, states map[string]store.SegmentState) error {
	for name := range states {
		if _, err := b.Find(name); err == nil {
			continue
		}
		if _, err := Keep(ctx, u.Facts, name, Rule{Any: []Rule{}}, Env{AsOf: farol.DayOf(u.Now(), u.Facts.Zone())}, u.Now()); err != nil {
			return err
		}
		if err := u.Store.DeleteSegmentState(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// due are the segments to be evaluated, the one that waited longest first.
func (u *Upkeep) due(ctx context.Context, b Book, env Env, states map[string]store.SegmentState) ([]Segment, error) {
	var all time.Duration
	for _, s := range states {
		all += s.Took
	}
	rest := max(restLeast, restTimes*all)
	var out []Segment
	for _, s := range b.All() {
		state, kept := states[s.Name]
		is := !kept || state.Form != b.form(s) || state.Day != int64(env.AsOf)
		if !kept && u.Now().Sub(s.Created) < firstWait {
			// Who is in it when it is first looked at has not entered: better late
			// than before its metrics were kept for the first time.
			var err error
			if is, err = u.measured(ctx, b.Topics(s.Rule).Metrics, env.AsOf); err != nil {
				return nil, err
			}
		}
		rested := u.Now().Sub(state.Evaluated) >= rest
		if state.Error != "" {
			is = rested // not again and again
		}
		if kept && !is && rested {
			var err error
			if is, err = u.Facts.News(ctx, state.Known, b.Topics(s.Rule)); err != nil {
				return nil, err
			}
		}
		if is {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(x, y Segment) int { return states[x.Name].Evaluated.Compare(states[y.Name].Evaluated) })
	return out, nil
}

// form tells one rule from another, with those of the segments that it names.
func (b Book) form(s Segment) string {
	h := sha256.New()
	b.each(s.Rule, 0, func(r Rule, _ string) { h.Write([]byte(r.String() + "\n")) })
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// each visits a rule, and those of the segments that it leads to.
func (b Book) each(r Rule, depth int, visit func(r Rule, at string)) {
	r.walk("", func(x Rule, at string) bool {
		visit(x, at)
		if s, ok := b.byName[x.Segment]; ok && depth < maxUses {
			b.each(s.Rule, depth+1, visit)
		}
		return true
	})
}

// Topics are what a rule depends on, with the segments that it names.
func (b Book) Topics(r Rule) (t facts.Topics) {
	b.each(r, 0, func(x Rule, at string) {
		person := insidePeople(at)
		switch {
		case x.Attribute != nil && person:
			t.PersonTraits = append(t.PersonTraits, x.Attribute.Name)
		case x.Attribute != nil:
			t.AccountTraits = append(t.AccountTraits, x.Attribute.Name)
		case x.Metric != nil:
			t.Metrics = append(t.Metrics, x.Metric.Name)
		case x.People != nil:
			t.People = true
		case x.Did != nil && x.Did.Event == "*":
			t.AnyEvent = true
		case x.Did != nil:
			t.Events = append(t.Events, x.Did.Event)
		}
	})
	return t
}
