package facts

import (
	"fmt"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// A roster of which only a lot was made, at first or when it is brought up to
// date, is made whole after the next start; a whole one is not made again.
func TestRosterGoesOnAfterItWasCutOff(t *testing.T) {
	clock := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	for name, f := range someEngines(t, func() time.Time { return clock }) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			use := func(day int, people ...farol.PersonID) {
				t.Helper()
				clock = time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC)
				var es []farol.Event
				for _, p := range people {
					es = append(es, farol.Event{ID: fmt.Sprint(day, p), Source: "s", At: clock, Kind: farol.Track, Name: "Used", User: p, Account: "acme"})
				}
				_, err := f.Append(ctx, Batch{Events: es})
				check(err)
			}
			start := func() { // what a start knows
				f.rosterMark = time.Time{}
				f.rosterSeen.Store(0)
				f.rosterBase.Store(0)
			}
			last := func() (out string) {
				t.Helper()
				people, _, err := f.People(ctx, PeopleQuery{Sort: "name"})
				check(err)
				for _, p := range people {
					out += fmt.Sprint(p.ID, " ", p.Last, ", ")
				}
				return out
			}
			use(11, "a", "b", "c")
			_, err := f.makeRoster(ctx, "BETWEEN {low:String} AND {high:String}", map[string]any{"low": firstID, "high": "b"})
			check(err)
			start()
			check(f.UpdateRoster(ctx))
			if got := last(); got != "a 2026-03-11, b 2026-03-11, c 2026-03-11, " {
				t.Errorf("after a build that was cut off: %s", got)
			}
			start()
			check(f.findRoster(ctx))
			if f.rosterMark.IsZero() || f.rosterBase.Load() == 0 {
				t.Error("a whole roster is not known as such")
			}
			use(12, "a", "c")
			_, err = f.makeRoster(ctx, "IN (SELECT unnest({lot:Array(String)}))", map[string]any{"lot": []string{"a"}})
			check(err)
			start()
			check(f.UpdateRoster(ctx))
			want := "a 2026-03-12, b 2026-03-11, c 2026-03-12, "
			if got := last(); got != want {
				t.Errorf("after an update that was cut off: %s", got)
			}
			start()
			check(f.findRoster(ctx))
			if got := last(); f.rosterBase.Load() == 0 || got != want {
				t.Errorf("what was never replaced is not known as such after a start: up to %d; %s", f.rosterBase.Load(), got)
			}
			check(f.buildRoster(ctx, f.LastKnown()))
			var rows, pairs int64
			check(f.one(ctx, "SELECT i64(count(*)) AS n, i64(count(DISTINCT pair)) AS p FROM roster WHERE person <> ''", nil, &rows, &pairs))
			if got := last(); rows != pairs || got != want {
				t.Errorf("built anew it has %d rows of %d pairs; %s", rows, pairs, got)
			}
			mark := f.rosterMark
			check(f.CompactRoster(ctx))
			start()
			check(f.findRoster(ctx))
			if got := last(); !f.rosterMark.Equal(mark) || got != want {
				t.Errorf("after packing: made up to %v, want %v; %s", f.rosterMark, mark, got)
			}
		})
	}
}
