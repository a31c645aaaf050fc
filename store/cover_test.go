package store

import (
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// Who covers sees the customers of who is away from the first to the last day,
// and neither before nor after nor those whom that one covers for.
func TestCover(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, carla := team(t, s)
		covering := Member{ID: bruno, Role: CSM, Access: Access{Scope: OwnAccounts}}
		sees := func(when string, want ...MemberID) {
			t.Helper()
			if got := must[Portfolio](t)(s.PortfolioOf(ctx, covering)); got.All || !slices.Equal(got.Owners, want) {
				t.Errorf("%s he sees those of %v, want %v", when, got.Owners, want)
			}
		}
		zone := time.FixedZone("", -3*3600)
		today := farol.DayOf(c.now(), zone)
		x := must[Cover](t)(s.AddCover(ctx, Cover{Away: ana, By: bruno, First: today + 1, Last: today + 2, Note: " Call Acme ", Author: string(ana)}, zone))
		for field, bad := range map[string]Cover{
			"away": {Away: ana, By: carla, First: today + 2, Last: today + 5}, "by": {Away: carla, By: ana, First: today, Last: today + 1},
			"last": {Away: carla, By: bruno, First: today - 3, Last: today - 1}, "first": {Away: carla, By: bruno, Last: today},
		} {
			_, err := s.AddCover(ctx, bad, zone)
			wantError(t, err, farol.Invalid, field)
		}
		_, err := s.AddCover(ctx, Cover{Away: bruno, By: carla, First: today + 2, Last: today + 2}, zone)
		wantError(t, err, farol.Invalid, "away")
		_, err = s.AddCover(ctx, Cover{Away: carla, By: carla, First: today, Last: today}, zone)
		wantError(t, err, farol.Invalid, "by")
		sees("before", bruno)
		c.pass(x.Begins.Sub(c.now()))
		sees("from the first instant", bruno, ana)
		if list := must[[]Cover](t)(s.CoversNow(ctx)); len(list) != 1 || list[0] != x || x.Note != "Call Acme" {
			t.Errorf("now: %+v, want %+v", list, x)
		}
		c.pass(x.Ends.Sub(c.now()) - time.Millisecond)
		sees("on the last day", bruno, ana)
		c.pass(time.Millisecond)
		sees("after it", bruno)
		wantError(t, s.EndCover(ctx, x.ID), farol.Conflict, "")
		y := must[Cover](t)(s.AddCover(ctx, Cover{Away: carla, By: bruno, First: today + 3, Last: today + 9}, zone))
		sees("anew", bruno, carla)
		ok(t, s.EndCover(ctx, y.ID))
		sees("ended before its time", bruno)
		_, err = s.Cover(ctx, "none")
		wantError(t, err, farol.NotFound, "")
		if list := must[[]Cover](t)(s.Covers(ctx)); len(list) != 2 || list[0].ID != y.ID || !list[0].Over(c.now()) {
			t.Errorf("all: %+v", list)
		}
	})
}

// What who is away is told, who covers hears of, too, once.
func TestCoverHears(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, carla := team(t, s)
		today := farol.DayOf(c.now(), time.UTC)
		x := must[Cover](t)(s.AddCover(ctx, Cover{Away: ana, By: bruno, First: today, Last: today, Author: string(ana)}, time.UTC))
		hears := func(who MemberID, want ...string) {
			t.Helper()
			var got []string
			for _, n := range must[[]Notice](t)(s.Notices(ctx, who, true, 0)) {
				got = append(got, n.Kind+" "+string(n.Meant))
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s hears %q, want %q", who, got, want)
			}
		}
		must[Task](t)(s.AddTask(ctx, Task{Title: "Call", Owner: ana, Creator: string(carla)}))
		must[Message](t)(s.Say(ctx, Message{Thread: Channel, Author: carla, Body: "@ana look"}))
		must[Message](t)(s.Say(ctx, Message{Thread: Channel, Author: bruno, Body: "@ana I have it"}))
		must[Message](t)(s.Say(ctx, Message{Thread: Channel, Author: carla, Body: "@ana @bruno both"}))
		hears(ana, "mention ", "mention ", "mention ", "task ")
		hears(bruno, "mention ", "mention "+string(ana), "task "+string(ana))
		hears(carla)
		// Who follows the customer, too, is told once.
		ok(t, s.Follow(ctx, bruno, "acme", false))
		must[Message](t)(s.Say(ctx, Message{Thread: AccountThread("acme"), Author: carla, Body: "@ana they wait"}))
		hears(bruno, "mention ", "mention "+string(ana), "mention "+string(ana), "task "+string(ana))
		ok(t, s.EndCover(ctx, x.ID))
		must[Message](t)(s.Say(ctx, Message{Thread: Channel, Author: carla, Body: "@ana later"}))
		hears(bruno, "mention ", "mention "+string(ana), "mention "+string(ana), "task "+string(ana))
	})
}
