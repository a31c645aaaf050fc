package customer

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

type house struct {
	t     *testing.T
	f     *facts.Facts
	d     *Directory
	clock time.Time
	n     int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, clock: time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return h.clock }
	f, err := facts.Open(context.Background(), facts.Config{Zone: time.UTC, Now: now, Threads: 1, MemoryLimit: "256MB"})
	h.check(err)
	t.Cleanup(func() { f.Close() })
	h.f, h.d = f, New(f, now)
	return h
}

func (h *house) check(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// say sends a group call.
func (h *house) say(account string, traits map[string]any) {
	h.t.Helper()
	h.n++
	h.clock = h.clock.Add(10 * time.Second)
	raw, err := json.Marshal(traits)
	h.check(err)
	_, err = h.f.Append(context.Background(), facts.Batch{Events: []farol.Event{{
		ID: fmt.Sprintf("g%d", h.n), Source: "s", Kind: farol.Group, Account: farol.AccountID(account), At: h.clock, Properties: raw,
	}}})
	h.check(err)
}

func (h *house) measure(account, metric string, day farol.Day, v float64) {
	h.t.Helper()
	h.clock = h.clock.Add(10 * time.Second)
	h.check(h.f.SaveMeasures(context.Background(), []facts.Measure{{Account: farol.AccountID(account), Metric: metric, Day: day, Value: &v}}))
}

func (h *house) names(q Query) []string {
	h.t.Helper()
	p, err := h.d.List(context.Background(), q)
	h.check(err)
	var out []string
	for _, a := range p.Accounts {
		out = append(out, string(a.ID))
	}
	return out
}

func (h *house) want(q Query, ids ...string) {
	h.t.Helper()
	if got := h.names(q); !slices.Equal(got, ids) {
		h.t.Errorf("%+v lists %v, want %v", q, got, ids)
	}
}

func TestList(t *testing.T) {
	h := newHouse(t)
	day := farol.Date(2026, 3, 18)
	h.say("a1", map[string]any{"name": "Ágora", "plan": "pro", "seats": 9, "created_at": "2025-01-02T00:00:00Z"})
	h.say("a2", map[string]any{"name": "Beta", "plan": "basic", "seats": 30, "domain": "beta.com.br"})
	h.say("a3", map[string]any{"name": "Corvo", "plan": "pro"})
	h.say("t1", map[string]any{"name": "Test", "test": true})
	h.measure("a1", "mrr", day, 100)
	h.measure("a2", "mrr", day, 30)
	h.measure("a3", "mrr", day-1, 70) // not on the last day: no value
	h.check(h.f.SaveMarks(context.Background(), h.clock, []facts.Mark{
		{Account: "a1", Trait: StageTrait, Value: "onboarding"}, {Account: "a1", Trait: TagTrait + "vip", Value: "true"}, {Account: "a2", Trait: OwnerTrait + "csm", Value: "m1"},
	}))
	h.clock = h.clock.Add(10 * time.Second)

	h.want(Query{}, "a1", "a2", "a3")
	h.want(Query{Down: true}, "a3", "a2", "a1")
	h.want(Query{Tests: true, Search: "test"}, "t1")
	h.want(Query{Search: "agora"}, "a1")
	h.want(Query{Search: "BETA br"}, "a2")
	h.want(Query{Sort: "metric.mrr", Down: true}, "a1", "a2", "a3")
	h.want(Query{Sort: "metric.mrr"}, "a2", "a1", "a3")
	h.want(Query{Sort: "attribute.seats"}, "a1", "a2", "a3")
	h.want(Query{Where: []Condition{{"attribute.plan", Is, []string{"pro"}}}}, "a1", "a3")
	h.want(Query{Where: []Condition{{"stage", Is, []string{""}}}}, "a2", "a3")
	h.want(Query{Where: []Condition{{"tags", Is, []string{"vip"}}}}, "a1")
	h.want(Query{Where: []Condition{{"owner.csm", Is, []string{"m1"}}}}, "a2")
	h.want(Query{Only: map[farol.AccountID]bool{"a3": true}}, "a3")
	h.want(Query{Offset: 1, Limit: 1}, "a2")
	p, err := h.d.List(context.Background(), Query{Total: "mrr", Limit: 1})
	h.check(err)
	if p.Count != 3 || p.Total != 130 || len(p.Accounts) != 1 {
		t.Errorf("the page is %+v", p)
	}
	a, err := h.d.Account(context.Background(), "a1")
	h.check(err)
	if a.Created != farol.Date(2025, 1, 2) || a.Value("metric.mrr") != "100" || a.Value("created") != "2025-01-02" {
		t.Errorf("a1 is %+v", a)
	}
	all, err := h.d.Accounts(context.Background())
	h.check(err)
	if v := Values(all, "attribute.plan", 10); !slices.Equal(v, []string{"pro", "basic"}) {
		t.Errorf("plans %v, %v", v, err)
	}
	if _, err := h.d.Account(context.Background(), "nobody"); farol.KindOf(err) != farol.NotFound {
		t.Errorf("nobody: %v", err)
	}
	then, err := h.d.At(context.Background(), farol.Date(2026, 3, 1), time.Time{})
	h.check(err)
	if len(then) != 0 {
		t.Errorf("before anything was said: %v", then)
	}
}

// What is taken in bit by bit is what is read at once.
func TestRefreshEqualsLoading(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	r := rand.New(rand.NewPCG(4, 4))
	for range 120 {
		account := fmt.Sprintf("a%d", r.IntN(6))
		switch r.IntN(4) {
		case 0:
			h.say(account, map[string]any{[]string{"plan", "name", "x"}[r.IntN(3)]: fmt.Sprint(r.IntN(3))})
		case 1:
			h.check(h.f.SaveMarks(ctx, h.clock, []facts.Mark{{Account: farol.AccountID(account), Trait: StageTrait, Value: fmt.Sprint(r.IntN(3))}}))
			h.clock = h.clock.Add(10 * time.Second)
		default:
			h.measure(account, []string{"mrr", "use"}[r.IntN(2)], farol.Date(2026, 3, 10+r.IntN(8)), float64(r.IntN(50)))
		}
		if r.IntN(3) > 0 {
			continue
		}
		got, err := h.d.Accounts(ctx)
		h.check(err)
		fresh, err := New(h.f, func() time.Time { return h.clock }).Accounts(ctx)
		h.check(err)
		if len(got) != len(fresh) {
			t.Fatalf("%d accounts, at once %d", len(got), len(fresh))
		}
		for _, id := range slices.Sorted(maps.Keys(fresh)) {
			if !reflect.DeepEqual(got[id], fresh[id]) {
				t.Fatalf("%s is %+v, at once %+v", id, got[id], fresh[id])
			}
		}
	}
}

// use sends an event of use.
func (h *house) use(account, person, event string, at time.Time) {
	h.t.Helper()
	h.n++
	_, err := h.f.Append(context.Background(), facts.Batch{Events: []farol.Event{{
		ID: fmt.Sprintf("u%d", h.n), Source: "s", Kind: farol.Track, Name: event, Account: farol.AccountID(account), User: farol.PersonID(person), At: at,
	}}})
	h.check(err)
}

func TestProfile(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	day := func(d int) time.Time { return time.Date(2026, 3, d, 9, 0, 0, 0, time.UTC) }
	h.use("a1", "ana", "Report Created", day(18))
	h.use("a1", "ana", "Report Created", day(19))
	h.use("a1", "ben", "Invited", day(19))
	h.use("a1", "ana", "Report Created", time.Date(2026, 2, 10, 9, 0, 0, 0, time.UTC))
	h.use("a2", "ana", "Report Created", day(19))
	h.say("a1", map[string]any{"plan": "pro"})
	h.say("a1", map[string]any{"plan": "team"})
	p := Profile{Facts: h.f, Account: "a1", AsOf: farol.Date(2026, 3, 20)}
	days, features, err := p.Use(ctx, 56)
	h.check(err)
	if want := []UseDay{{farol.Date(2026, 2, 10), 1, 1}, {farol.Date(2026, 3, 18), 1, 1}, {farol.Date(2026, 3, 19), 2, 2}}; !slices.Equal(days, want) {
		t.Errorf("days %v", days)
	}
	if want := []Feature{{"Report Created", 2, 1, 1, farol.Date(2026, 3, 19)}, {"Invited", 1, 0, 1, farol.Date(2026, 3, 19)}}; !slices.Equal(features, want) {
		t.Errorf("features %+v", features)
	}
	people, err := p.People(ctx)
	h.check(err)
	if want := []Person{{ID: "ana", Days: 2, Times: 2, Last: farol.Date(2026, 3, 19)}, {ID: "ben", Days: 1, Times: 1, Last: farol.Date(2026, 3, 19)}}; !reflect.DeepEqual(people, want) {
		t.Errorf("people %+v", people)
	}
	h.clock = h.clock.Add(time.Minute)
	h.check(h.f.SaveMarks(ctx, h.clock, []facts.Mark{{Account: "a1", Trait: StageTrait, Value: "adoption"}}))
	moments, err := h.f.Moments(ctx, facts.MomentFilter{Account: "a1"})
	h.check(err)
	var said []string
	for _, m := range moments {
		said = append(said, m.Kind+" "+m.Name+" "+m.Fields["value"])
	}
	if want := []string{"mark $stage adoption", "attribute plan team", "attribute plan pro"}; !slices.Equal(said, want) {
		t.Errorf("moments %q", said)
	}
	if only, err := h.f.Moments(ctx, facts.MomentFilter{Account: "a1", Kinds: []string{facts.MarkMoment}}); err != nil || len(only) != 1 {
		t.Errorf("marks %+v, %v", only, err)
	}
	// Before anything was said there is nothing to see.
	if old, err := h.f.Moments(ctx, facts.MomentFilter{Account: "a1", AsOf: farol.Date(2026, 3, 1)}); err != nil || len(old) != 0 {
		t.Errorf("in the past %+v, %v", old, err)
	}
}
