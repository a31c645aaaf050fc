package facts

import (
	"context"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
)

// Taken is how much had been taken in by an instant.
type Taken struct {
	// Events that are stored, each once however often it was sent.
	Events int64
	// Late are those of them that became known after their local day was
	// closed.
	Late int64
	// Joined are the ids that were found to be another person's.
	Joined int64
}

// Taken counts what was known at the instant; zero is now. It reads every id
// that was joined, so it is for looking at a company, not for its pages.
func (f *Facts) Taken(ctx context.Context, known time.Time) (t Taken, err error) {
	if known.IsZero() {
		known = f.LastKnown()
	}
	params := map[string]any{"known": known, "grace": farol.LateGrace.Milliseconds(), "zone": f.Zone().String()}
	err = f.one(ctx, `SELECT i64(count(*)) AS n, i64(coalesce(sum(CASE WHEN dayOf(fromMillis(toMillis(known) - {grace:Int64}), {zone:String}) > day THEN 1 ELSE 0 END), 0)) AS l
FROM events WHERE known <= {known:DateTime64(3)}`, params, &t.Events, &t.Late)
	if err == nil {
		t.Joined, err = f.joined(ctx, known)
	}
	if err != nil {
		return t, fmt.Errorf("counting what was taken in: %w", err)
	}
	return t, nil
}

// joined counts the ids that links lead away from. An alias may mean an
// anonymous visitor or a user by the same text: one of the two is nobody.
func (f *Facts) joined(ctx context.Context, known time.Time) (n int64, err error) {
	from, named := map[farol.PersonID]bool{}, map[farol.PersonID]bool{}
	err = eachText(ctx, f.eng, `SELECT DISTINCT src, dst FROM links WHERE known <= {known:DateTime64(3)}`, map[string]any{"known": known}, func(v []string) {
		src, dst := farol.PersonID(v[0]), farol.PersonID(v[1])
		from[src], named[src], named[dst] = true, true, true
	})
	for id := range named {
		delete(from, farol.PersonOf(farol.AnonymousID(id)))
	}
	return int64(len(from)), err
}
