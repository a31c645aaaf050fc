package facts

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
	"golang.org/x/sync/errgroup"
)

// someEngines are those of a short test, or all.
func someEngines(t *testing.T, now func() time.Time) map[string]*Facts {
	t.Helper()
	if !testing.Short() {
		return openAll(t, now, time.UTC)
	}
	f, err := Open(t.Context(), Config{Threads: 2, Now: now, Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return map[string]*Facts{"duckdb": f}
}

// lived gives the same random history to every engine.
func livedOn(t *testing.T, all map[string]*Facts, clock *time.Time, seed uint64) {
	t.Helper()
	h := &testHistory{r: rand.New(rand.NewPCG(seed, 7))}
	for range 12 {
		*clock = clock.Add(36 * time.Hour)
		var es []farol.Event
		for range 25 {
			es = append(es, h.event(*clock))
		}
		for name, f := range all {
			if _, err := f.Append(t.Context(), Batch{Events: slices.Clone(es)}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	for _, f := range all {
		if err := f.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// figures are the rows of every door, in both scopes. Planning takes servers
// their time: of three times every answers they give one, another on each.
func figures(t *testing.T, f *Facts, engine string, known time.Time, every int) map[string][]string {
	out := map[string][]string{}
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(3)
	for i, q := range doorQueries {
		for name, s := range doorScopes(known) {
			if name == "plain" {
				s.Known = known
			}
			turn := i
			if (name == "past") != (engine == "two shards") {
				turn++
			}
			if engine != "duckdb" && turn%(3*every) != 0 {
				continue
			}
			g.Go(func() error {
				rows := rowsOf(t, f, q, s)
				mu.Lock()
				defer mu.Unlock()
				out[name+": "+q] = rows
				return nil
			})
		}
	}
	g.Wait()
	return out
}

func differing(a, b map[string][]string) (out []string) {
	for q := range a {
		if rows, ok := b[q]; ok && !slices.Equal(a[q], rows) {
			out = append(out, q)
		}
	}
	slices.Sort(out)
	return out
}

// What was joined by hand and parted again is as if nothing had been: every
// door answers what it did before, and what was known before never changed.
func TestJoiningAndPartingRestoresEveryFigure(t *testing.T) {
	clock := time.Date(2026, 2, 26, 9, 0, 0, 0, time.UTC)
	all := someEngines(t, func() time.Time { return clock })
	delete(all, "clickhouse") // two shards do the same and more
	livedOn(t, all, &clock, 3)
	during := map[string]map[string][]string{}
	for name, f := range all {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			since := f.LastKnown()
			before := figures(t, f, name, time.Time{}, 2)
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			check(f.JoinAccounts(ctx, clock, "account1", "account0"))
			check(f.JoinPeople(ctx, "user2", "user0"))
			joined := figures(t, f, name, time.Time{}, 2)
			during[name] = joined
			if n := len(differing(before, joined)); n < len(before)/4 {
				t.Errorf("joining changed %d answers only", n)
			}
			for q, rows := range joined {
				for _, r := range rows {
					if slices.Contains(strings.Fields(r), "account=account1") || slices.Contains(strings.Fields(r), "person=user2") {
						t.Errorf("%s still names who was joined: %s", q, r)
					}
				}
			}
			if d := differing(before, figures(t, f, name, since, 6)); len(d) > 0 {
				t.Errorf("what was known before the join changed: %q", d)
			}
			if got := f.Joined("account1", time.Time{}); got != "account0" {
				t.Errorf("account1 is part of %s", got)
			}
			for _, bad := range [][2]farol.AccountID{{"account1", "account2"}, {"account2", "account1"}, {"account2", "account2"}, {"nobody", "account2"}, {"account2", "nobody"}} {
				if err := f.JoinAccounts(ctx, clock, bad[0], bad[1]); farol.KindOf(err) != farol.Invalid {
					t.Errorf("joining %v: %v", bad, err)
				}
			}
			check(f.JoinAccounts(ctx, clock, "account0", "account3"))
			if got := f.Joined("account1", time.Time{}); got != "account3" {
				t.Errorf("account1 is part of %s", got)
			}
			check(f.PartAccount(ctx, clock, "account0"))
			if d := differing(joined, figures(t, f, name, time.Time{}, 6)); len(d) > 0 {
				t.Errorf("after a join on top of it was parted: %q", d)
			}
			joins, err := f.PersonJoins(ctx, []farol.PersonID{"user0"})
			check(err)
			if len(joins) != 1 || joins[0].From != "user2" {
				t.Fatalf("joins by hand: %+v", joins)
			}
			check(f.PartAccount(ctx, clock, "account1"))
			check(f.PartPeople(ctx, joins[0].ID))
			if d := differing(before, figures(t, f, name, time.Time{}, 4)); len(d) > 0 {
				t.Errorf("parting did not restore %d answers: %q", len(d), d)
			}
			if err := f.PartPeople(ctx, joins[0].ID); farol.KindOf(err) != farol.NotFound {
				t.Errorf("parting twice: %v", err)
			}
			if err := f.PartAccount(ctx, clock, "account1"); farol.KindOf(err) != farol.Invalid {
				t.Errorf("parting an account twice: %v", err)
			}
		})
	}
	for name, got := range during {
		if d := differing(during["duckdb"], got); len(d) > 0 {
			t.Errorf("%s differs while joined: %q", name, d)
		}
	}
}

// What calls say while two people are joined by hand holds when they are
// parted.
func TestLinksWhileJoinedByHand(t *testing.T) {
	clock := time.Date(2026, 2, 26, 9, 0, 0, 0, time.UTC)
	for name, f := range someEngines(t, func() time.Time { return clock }) {
		ctx := t.Context()
		n := 0
		send := func(e farol.Event) {
			t.Helper()
			n++
			e.ID, e.Source, e.At = fmt.Sprint("e", n), "s", clock
			clock = clock.Add(time.Minute)
			if _, err := f.Append(ctx, Batch{Events: []farol.Event{e}}); err != nil {
				t.Fatal(err)
			}
		}
		use := func(who farol.PersonID) {
			send(farol.Event{Kind: farol.Track, Name: "Used", User: who, Account: "acme"})
		}
		use("ana")
		use("bia")
		use("caio")
		if err := f.JoinPeople(ctx, "ana", "bia"); err != nil {
			t.Fatal(err)
		}
		send(farol.Event{Kind: farol.Alias, User: "caio", PreviousID: "ana"})
		if all, err := f.IDsOf(ctx, []farol.PersonID{"ana", "nobody"}, time.Time{}); err != nil || fmt.Sprint(all) != "map[ana:[bia ana] nobody:[nobody]]" {
			t.Errorf("ids of ana and nobody: %v, %v", all, err)
		}
		if who, ids, err := f.PersonIDs(ctx, "ana", time.Time{}); err != nil || who != "bia" || len(ids) != 2 {
			t.Errorf("%s: joined by hand ana is %s %v, %v", name, who, ids, err)
		}
		joins, err := f.PersonJoins(ctx, []farol.PersonID{"bia"})
		if err != nil || len(joins) != 1 {
			t.Fatalf("%s: %v %v", name, joins, err)
		}
		if err := f.PartPeople(ctx, joins[0].ID); err != nil {
			t.Fatal(err)
		}
		if who, _, err := f.PersonIDs(ctx, "ana", time.Time{}); err != nil || who != "caio" {
			t.Errorf("%s: parted, ana is %s, %v: the alias said caio", name, who, err)
		}
	}
}

// The roster is what the log says of everybody, however it came about.
func TestRoster(t *testing.T) {
	clock := time.Date(2026, 2, 26, 9, 0, 0, 0, time.UTC)
	all := someEngines(t, func() time.Time { return clock })
	list := func(f *Facts) (out []string) {
		people, n, err := f.People(t.Context(), PeopleQuery{Accounts: []string{"account0", "account1", "account2", "account3", ""}, Tests: true, Limit: 1000})
		if err != nil || int(n) != len(people) {
			t.Fatal(n, err)
		}
		for _, p := range people {
			out = append(out, fmt.Sprintf("%+v", p))
		}
		return out
	}
	h := &testHistory{r: rand.New(rand.NewPCG(11, 7))}
	var want []string
	then := map[string]map[time.Time][]string{}
	for step := range 6 {
		clock = clock.Add(36 * time.Hour)
		var es []farol.Event
		for range 25 {
			es = append(es, h.event(clock))
		}
		for name, f := range all {
			if _, err := f.Append(t.Context(), Batch{Events: slices.Clone(es)}); err != nil {
				t.Fatal(err)
			}
			if step == 3 {
				if err := f.JoinPeople(t.Context(), "user1", "user4"); err != nil {
					t.Fatal(err)
				}
				if err := f.SavePersonMarks(t.Context(), clock, []PersonMark{{Person: "user4", Trait: RoleTrait, Value: "champion"}, {Person: "user2", Trait: SentRole, Type: "text", Value: "Decision-Maker"}, {Person: "user3", Trait: ConsentTrait + "email.marketing", Value: Denied}, {Person: "user3", Trait: "name", Type: "text", Value: "José Ávila"}}); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := f.UpdateRoster(t.Context()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if step == 4 {
				if err := f.CompactRoster(t.Context()); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			got := list(f)
			// From nothing.
			f.rosterMark = time.Time{}
			if err := f.eng.rewrite(t.Context(), roster, "SELECT * FROM roster WHERE batch > {after:Int64} AND batch <= {last:Int64} AND 1 = 0", map[string]any{"after": int64(-1), "last": int64(1 << 60)}); err != nil {
				t.Fatal(err)
			}
			f.rosterBase.Store(0)
			if err := f.UpdateRoster(t.Context()); err != nil {
				t.Fatal(err)
			}
			if anew := list(f); !slices.Equal(got, anew) {
				t.Errorf("%s, step %d: bit by bit\n%q\nat once\n%q", name, step, got, anew)
			}
			if name == "duckdb" {
				want = got
			}
			if then[name] == nil {
				then[name] = map[time.Time][]string{}
			}
			then[name][f.LastKnown()] = got
		}
		for name, f := range all {
			if got := list(f); !slices.Equal(got, want) {
				t.Errorf("%s, step %d: %q, want %q", name, step, got, want)
			}
		}
	}
	for name, f := range all {
		pastPeople(t, name, f, then[name])
	}
	var firstSeen []string
	for name, f := range all {
		seen := seenPeople(t, f)
		if firstSeen == nil {
			firstSeen = seen
		}
		if !slices.Equal(seen, firstSeen) {
			t.Errorf("%s: %q are seen, elsewhere %q", name, seen, firstSeen)
		}
		for _, c := range []struct {
			q    PeopleQuery
			want farol.PersonID
		}{{PeopleQuery{Search: "jose avila", Tests: true}, "user3"}, {PeopleQuery{Role: "champion", Tests: true}, "user4"}, {PeopleQuery{Consent: "-email.marketing", Tests: true}, "user3"}} {
			people, n, err := f.People(t.Context(), c.q)
			if err != nil || n != 1 || people[0].ID != c.want {
				t.Errorf("%s: %+v finds %+v, %v", name, c.q, people, err)
			}
		}
		for _, bad := range []PeopleQuery{{Role: "boss"}, {Consent: "x"}, {Offset: -1}} {
			if _, _, err := f.People(t.Context(), bad); farol.KindOf(err) != farol.Invalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	}
}

// pastPeople holds the lists of the past against those that were seen then: as
// known at an instant, they never change.
func pastPeople(t *testing.T, name string, f *Facts, then map[time.Time][]string) {
	t.Helper()
	for known, want := range then {
		list := func(q PeopleQuery) (out []string) {
			q.Known, q.Tests, q.Limit = known, true, 1000
			people, _, err := f.People(t.Context(), q)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, p := range people {
				out = append(out, fmt.Sprintf("%+v", p))
			}
			return out
		}
		if got := list(PeopleQuery{Accounts: []string{"account0", "account1", "account2", "account3", ""}}); !slices.Equal(got, want) {
			t.Errorf("%s, as known at %v:\n%q, then\n%q", name, known, got, want)
		}
		if got := list(PeopleQuery{}); !slices.Equal(got, want) {
			t.Errorf("%s, everybody as known at %v:\n%q, then\n%q", name, known, got, want)
		}
	}
	found, _, err := f.People(t.Context(), PeopleQuery{Search: "jose avila", Known: f.LastKnown(), Tests: true})
	if err != nil || len(found) != 1 || found[0].ID != "user3" {
		t.Errorf("%s: found in the past: %+v, %v", name, found, err)
	}
	// As of a day, nobody is there who came later, and nobody used it later.
	day := farol.Date(2026, 3, 1)
	people, n, err := f.People(t.Context(), PeopleQuery{AsOf: day, Tests: true, Limit: 1000})
	if err != nil || n == 0 || int(n) != len(people) {
		t.Errorf("%s: %d people as of a day: %v", name, n, err)
	}
	for _, p := range people {
		if p.Last > day || p.Role != "" || p.Name == "José Ávila" {
			t.Errorf("%s: as of %v: %+v", name, day, p)
		}
	}
}

// seenPeople lists who is found when some are left out, fields are hidden, or no
// account is in sight, and checks that against the list of everybody.
func seenPeople(t *testing.T, f *Facts) (out []string) {
	t.Helper()
	find := func(ctx context.Context, q PeopleQuery) []Listed {
		list, err := f.FindPeople(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	ctx := t.Context()
	whole := find(ctx, PeopleQuery{Limit: 1000})
	left := string(whole[0].Account)
	for _, x := range find(ctx, PeopleQuery{LeaveAccounts: []string{left}, LeavePeople: []string{string(whole[1].ID)}, Limit: 1000}) {
		if string(x.Account) == left || x.ID == whole[1].ID {
			t.Errorf("%+v is not left out", x)
		}
		out = append(out, string(x.ID)+" of "+string(x.Account))
	}
	for _, x := range whole[2:] {
		in := slices.ContainsFunc(out, func(s string) bool { return strings.HasPrefix(s, string(x.ID)+" of ") })
		if elsewhere := string(x.Account) != left || x.Accounts > 1; in != elsewhere {
			t.Errorf("%+v is listed: %v", x, in)
		}
	}
	hidden := func(fields ...string) context.Context { return sight.With(ctx, sight.New(nil, fields)) }
	for _, c := range []struct {
		ctx   context.Context
		words string
		n     int
	}{
		{ctx, "josé avila", 1}, {hidden("attribute.email"), "avila", 1}, {hidden("attribute.name"), "avila", 0}, {hidden("attribute.name", "attribute.email"), "user3", 1},
		{hidden("attribute.first_name"), "user3", 1}, {sight.With(ctx, sight.New(map[farol.AccountID]bool{}, nil)), "user3", 0},
	} {
		if got := find(c.ctx, PeopleQuery{Search: c.words, Tests: true}); len(got) != c.n {
			t.Errorf("%q finds %+v", c.words, got)
		}
	}
	return out
}

// Two members who join two accounts the other way round at once make no
// circle, and a log that has one is read all the same.
func TestJoiningBothWaysAtOnce(t *testing.T) {
	clock := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	f, err := Open(t.Context(), Config{Threads: 2, Now: func() time.Time { return clock }, Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	ctx := t.Context()
	var es []farol.Event
	for _, a := range []farol.AccountID{"a", "b", "x", "y"} {
		es = append(es, farol.Event{ID: string(a), Source: "s", At: clock, Kind: farol.Group, Account: a, User: "u", Properties: []byte(`{"name":"N"}`)})
	}
	if _, err := f.Append(ctx, Batch{Events: es}); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		var made [2]error
		var both sync.WaitGroup
		both.Go(func() { made[0] = f.JoinAccounts(ctx, clock, "a", "b") })
		both.Go(func() { made[1] = f.JoinAccounts(ctx, clock, "b", "a") })
		both.Wait()
		if (made[0] == nil) == (made[1] == nil) {
			t.Fatalf("one of the two joins, and one alone: %v, %v", made[0], made[1])
		}
		from := farol.AccountID("a")
		if made[0] != nil {
			from = "b"
		}
		if err := f.PartAccount(ctx, clock, from); err != nil {
			t.Fatal(err)
		}
	}
	for _, j := range [][2]string{{"x", "y"}, {"y", "x"}} {
		if err := f.sayJoin(ctx, clock, j[0], j[1]); err != nil {
			t.Fatal(err)
		}
	}
	read := make(chan map[string]string, 1)
	go func() { read <- f.joinedAt(time.Time{}) }()
	select {
	case got := <-read:
		if len(got) != 1 || got["x"] != "y" {
			t.Errorf("a circle of x and y is read as %v", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("a circle is followed for ever")
	}
}
