package customer

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// journey is a house with a state and stages.
func (h *house) journey(s Stages) (*Journey, *store.Store) {
	h.t.Helper()
	ctx := context.Background()
	now := func() time.Time { return h.clock }
	st, err := store.Open(ctx, "sqlite:"+filepath.Join(h.t.TempDir(), "state.db"), now)
	h.check(err)
	h.t.Cleanup(func() { st.Close() })
	if s.List != nil {
		h.check(s.Check())
		_, err = st.Define(ctx, store.Draft{Kind: StagesKind, Name: StagesName, Body: s, Author: "system"})
		h.check(err)
	}
	return &Journey{Facts: h.f, Store: st, Directory: h.d, Now: now, Env: func(context.Context) (segment.Env, error) {
		return segment.Env{Zero: func(string) bool { return true }}, nil
	}}, st
}

// on goes to noon of the day and runs the rules.
func (h *house) on(j *Journey, d farol.Day) {
	h.t.Helper()
	h.clock = d.Start(time.UTC).Add(12 * time.Hour)
	h.check(j.Run(context.Background()))
	h.check(h.d.Refresh(context.Background()))
}

func (h *house) stage(id string) string {
	h.t.Helper()
	a, err := h.d.Account(context.Background(), farol.AccountID(id))
	h.check(err)
	return a.Stage()
}

var testStages = Stages{HandDays: 5, List: []Stage{
	{Name: "begin", Enter: `plan is "new"`, Exit: `done is "yes"`, TargetDays: 3, StuckDays: 7},
	{Name: "middle"},
	{Name: "good", Enter: `plan is "good"`, TargetDays: 10},
	{Name: "lost", Enter: `plan is "none"`, Exit: `plan is not "none"`, From: []string{"*"}},
}}

// An account goes from stage to stage as the rules say, and is behind and
// stuck from the right day on, whenever the rules were run.
func TestJourney(t *testing.T) {
	h := newHouse(t)
	j, st := h.journey(testStages)
	start := farol.Date(2026, 3, 20)
	h.say("a", map[string]any{"plan": "new"})
	h.say("b", map[string]any{"plan": "good"})
	h.say("t", map[string]any{"plan": "new", "test": true})
	h.on(j, start)
	for id, want := range map[string]string{"a": "begin", "b": "good", "t": ""} {
		if got := h.stage(id); got != want {
			t.Errorf("%s is in %q, want %q", id, got, want)
		}
	}
	run, ok, err := st.LastStageRun(context.Background())
	h.check(err)
	if !ok || run.Day != start || run.Version != 1 || run.Moved != 2 {
		t.Errorf("the run is %+v", run)
	}

	for _, c := range []struct {
		after int
		want  Standing
	}{{0, OnTrack}, {3, OnTrack}, {4, Behind}, {7, Behind}, {8, Stuck}} {
		today := start.Next(c.after)
		h.on(j, today)
		a, err := h.d.Account(context.Background(), "a")
		h.check(err)
		if got := testStages.StandingOf(a, today); got != c.want {
			t.Errorf("after %d days it is %q, want %q", c.after, got, c.want)
		}
		q := Query{Today: today, Stages: testStages, Where: []Condition{{"standing", Is, []string{string(Stuck)}}}}
		if stuck := h.names(q); (len(stuck) == 1) != (c.want == Stuck) {
			t.Errorf("after %d days the list of those stuck is %v", c.after, stuck)
		}
	}

	// Done, and in no other's rule: the next stage, which asks for nothing.
	h.say("a", map[string]any{"done": "yes"})
	h.on(j, start.Next(9))
	if got := h.stage("a"); got != "middle" {
		t.Errorf("done, it is in %q", got)
	}
	// Stages that take from any do, and give back whom their rule lets go.
	h.say("a", map[string]any{"plan": "none"})
	h.say("b", map[string]any{"plan": "none"})
	h.on(j, start.Next(10))
	if h.stage("a") != "lost" || h.stage("b") != "lost" {
		t.Errorf("lost: %q, %q", h.stage("a"), h.stage("b"))
	}
	h.say("b", map[string]any{"plan": "good"})
	h.on(j, start.Next(11))
	if got := h.stage("b"); got != "good" {
		t.Errorf("back, it is in %q", got)
	}
	history, err := Profile{Facts: h.f, Account: "b", AsOf: start.Next(13)}.StageHistory(context.Background())
	h.check(err)
	var told []string
	for _, m := range history {
		told = append(told, fmt.Sprintf("%s %d %s %s", m.Stage, m.Days, m.Why.Rule, m.Why.Of))
	}
	if got := strings.Join(told, ", "); got != "good 2 enter good, lost 1 enter lost, good 10 enter good" {
		t.Errorf("the way of b: %s", got)
	}
}

// The rules leave alone whom somebody moved, for as many days as the stages
// say; what is done by hand has a reason and can be taken back with its time.
func TestMoveByHand(t *testing.T) {
	h := newHouse(t)
	j, st := h.journey(testStages)
	ctx := context.Background()
	start := farol.Date(2026, 3, 20)
	h.say("a", map[string]any{"plan": "new"})
	h.on(j, start)
	w := Work{Facts: h.f, Store: st, Directory: h.d, Now: func() time.Time { return h.clock }}
	h.on(j, start.Next(2))
	if _, err := w.Apply(ctx, []farol.AccountID{"a"}, Change{Do: "stage", Stage: "good", Author: "m1"}); farol.KindOf(err) != farol.Invalid {
		t.Errorf("without a reason: %v", err)
	}
	c, err := w.Apply(ctx, []farol.AccountID{"a", "a"}, Change{Do: "stage", Stage: "good", Reason: "They said so", Author: "m1"})
	h.check(err)
	if c.Count != 1 || c.Before["a"] != "begin@2026-03-20" || h.stage("a") != "good" {
		t.Errorf("the change is %+v, the stage %q", c, h.stage("a"))
	}
	h.on(j, start.Next(6))
	if got := h.stage("a"); got != "good" {
		t.Errorf("the rules moved it to %q within the days", got)
	}
	_, err = w.Undo(ctx, c.ID, "m2")
	h.check(err)
	a, err := h.d.Account(ctx, "a")
	h.check(err)
	if a.Stage() != "begin" || a.StageSince != start {
		t.Errorf("taken back it is in %q since %s", a.Stage(), a.StageSince)
	}
	if _, err := w.Undo(ctx, c.ID, "m2"); farol.KindOf(err) != farol.Conflict {
		t.Errorf("twice: %v", err)
	}
	if _, err = w.Apply(ctx, []farol.AccountID{"a"}, Change{Do: "stage", Stage: "good", Reason: "Again", Author: "m1"}); err != nil {
		t.Fatal(err)
	}
	h.on(j, start.Next(11))
	if got := h.stage("a"); got != "begin" {
		t.Errorf("after the days the rules leave it in %q", got)
	}
	if _, err := w.Apply(ctx, []farol.AccountID{"a", "nobody"}, Change{Do: "tag", Name: "x", Author: "m1"}); farol.KindOf(err) != farol.NotFound {
		t.Errorf("nobody: %v", err)
	}
}

// What somebody else changed since is not taken back.
func TestUndoLeavesOthers(t *testing.T) {
	h := newHouse(t)
	_, st := h.journey(Stages{})
	ctx := context.Background()
	h.say("a", map[string]any{"plan": "new"})
	h.say("b", map[string]any{"plan": "new"})
	w := Work{Facts: h.f, Store: st, Directory: h.d, Now: func() time.Time { h.clock = h.clock.Add(10 * time.Second); return h.clock }}
	c, err := w.Apply(ctx, []farol.AccountID{"a", "b"}, Change{Do: "tag", Name: "vip", Author: "m1"})
	h.check(err)
	_, err = w.Apply(ctx, []farol.AccountID{"b"}, Change{Do: "untag", Name: "vip", Author: "m2"})
	h.check(err)
	_, err = w.Apply(ctx, []farol.AccountID{"b"}, Change{Do: "tag", Name: "other", Author: "m2"})
	h.check(err)
	n, err := w.Undo(ctx, c.ID, "m1")
	h.check(err)
	if n != 1 {
		t.Errorf("taken back of %d", n)
	}
	if _, err := w.Apply(ctx, []farol.AccountID{"a"}, Change{Do: "list", Name: "Clientes Beta", Author: "m1"}); err != nil {
		t.Fatal(err)
	}
	book, err := segment.Read(ctx, st)
	h.check(err)
	if s, err := book.Find("list-clientes-beta"); err != nil || s.Title != "Clientes Beta" {
		t.Errorf("the segment of the list is %+v, %v", s, err)
	}
	h.want(Query{Where: []Condition{{"tags", IsNot, []string{"vip"}}}}, "a", "b")
	h.want(Query{Where: []Condition{{"tags", Contains, []string{"OTH"}}}}, "b")
}

// Who gives an account away takes that back although it is out of sight since;
// nobody else reaches it so, and what is of nothing any more is a conflict.
func TestUndoOutOfSight(t *testing.T) {
	h := newHouse(t)
	_, st := h.journey(Stages{})
	h.say("a", map[string]any{"plan": "new"})
	w := Work{Facts: h.f, Store: st, Directory: h.d, Now: func() time.Time { h.clock = h.clock.Add(10 * time.Second); return h.clock }}
	ctx := context.Background()
	c, err := w.Apply(ctx, []farol.AccountID{"a"}, Change{Do: "tag", Name: "gone", Author: "m1"})
	h.check(err)
	blind := sight.With(ctx, sight.New(map[farol.AccountID]bool{}, nil))
	if _, err := w.Undo(blind, c.ID, "m2"); farol.KindOf(err) != farol.Conflict {
		t.Errorf("another who does not see it: %v", err)
	}
	if n, err := w.Undo(blind, c.ID, "m1"); n != 1 || err != nil {
		t.Errorf("the author took back %d, %v", n, err)
	}
	if a, err := h.d.Account(ctx, "a"); err != nil || a.Marks[TagTrait+"gone"] != "false" {
		t.Errorf("the tag is %q, %v", a.Marks[TagTrait+"gone"], err)
	}
}

// The first run goes back half a year, so that the time in a stage is that of
// the facts and not of the day on which the rules were switched on; what is
// missed is made up for, and changed stages are applied the same day.
func TestFirstRunLooksBack(t *testing.T) {
	h := newHouse(t)
	h.clock = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	h.say("a", map[string]any{"plan": "new"})
	j, st := h.journey(testStages)
	today := farol.Date(2026, 3, 20)
	h.on(j, today)
	a, err := h.d.Account(context.Background(), "a")
	h.check(err)
	if days, _ := a.DaysInStage(today); days < 67 || days > 74 {
		t.Errorf("it is in its stage for %d days, since %s", days, a.StageSince)
	}
	changed := testStages
	changed.List = append([]Stage{{Name: "first", Enter: `plan is "new"`, From: []string{"*"}}}, changed.List...)
	_, err = st.Define(context.Background(), store.Draft{Kind: StagesKind, Name: StagesName, Body: changed, Author: "system"})
	h.check(err)
	h.on(j, today)
	if got := h.stage("a"); got != "first" {
		t.Errorf("by the new rules it is in %q", got)
	}
	// A rule that reads what is still to be computed waits.
	j.Waiting = func(context.Context, string, farol.Day) (bool, error) { return true, nil }
	changed.List[0] = Stage{Name: "first", Enter: "metric mrr > 0", From: []string{"*"}}
	_, err = st.Define(context.Background(), store.Draft{Kind: StagesKind, Name: StagesName, Body: changed, Author: "system"})
	h.check(err)
	h.on(j, today.Next(1))
	run, _, err := st.LastStageRun(context.Background())
	h.check(err)
	if run.Day != today {
		t.Errorf("it did not wait: %+v", run)
	}
}

func TestStagesCheck(t *testing.T) {
	if err := DefaultStages().Check(); err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]Stages{
		"stages":                {},
		"hand_days":             {HandDays: -1, List: testStages.List},
		"stages[0].name":        {List: []Stage{{Name: "No Name"}}},
		"stages[1].name":        {List: []Stage{{Name: "a"}, {Name: "a"}}},
		"stages[0].enter":       {List: []Stage{{Name: "a", Enter: "plan is is"}}},
		"stages[0].exit":        {List: []Stage{{Name: "a", Exit: "plan is"}}},
		"stages[0].from":        {List: []Stage{{Name: "a", From: []string{"b"}}}},
		"stages[0].stuck_days":  {List: []Stage{{Name: "a", TargetDays: 9, StuckDays: 3}}},
		"stages[0].target_days": {List: []Stage{{Name: "a", TargetDays: -1}}},
	} {
		err := s.Check()
		if field := fieldOf(err); field != want {
			t.Errorf("%+v: %v (%s), want %s", s, err, field, want)
		}
	}
}

func fieldOf(err error) string {
	if e, ok := err.(*farol.Error); ok {
		return e.Field
	}
	return fmt.Sprint(err)
}

func TestConditions(t *testing.T) {
	h := newHouse(t)
	h.say("a1", map[string]any{"name": "Ágora", "seats": 9, "renews": "2026-04-01"})
	h.say("a2", map[string]any{"name": "Beta", "seats": 30, "renews": "2026-06-30T10:00:00Z"})
	h.say("a3", map[string]any{"name": "Corvo"})
	h.clock = h.clock.Add(10 * time.Second)
	today := farol.Date(2026, 3, 20)
	for text, want := range map[string][]string{
		"attribute.seats=9": {"a1"}, "attribute.seats!=9": {"a2", "a3"}, "attribute.seats=": {"a3"}, "attribute.seats!=": {"a1", "a2"},
		"attribute.seats>9": {"a2"}, "attribute.seats>=9": {"a1", "a2"}, "attribute.seats<30": {"a1"}, "attribute.seats<=30": {"a1", "a2"},
		"name~ago": {"a1"}, "name!~AGO": {"a2", "a3"},
		"attribute.renews<=today+90": {"a1"}, "attribute.renews>2026-05-01": {"a2"}, "attribute.renews<today": nil, "attribute.renews>=2026-04-01": {"a1", "a2"},
	} {
		c, err := ParseCondition(text)
		h.check(err)
		if c.String() != text {
			t.Errorf("%s reads as %s", text, c)
		}
		got := h.names(Query{Today: today, Where: []Condition{c}})
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s finds %v, want %v", text, got, want)
		}
	}
	for _, bad := range []string{"", "=x", "seats", "attribute.seats>many", "tags>3"} {
		if _, err := ParseCondition(bad); fieldOf(err) != "where" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A page of a long list is that of the whole list in order.
func TestOrderOfPage(t *testing.T) {
	h := newHouse(t)
	h.clock = h.clock.Add(10 * time.Second)
	all := map[farol.AccountID]*Account{}
	for i := range 5000 {
		id := farol.AccountID(fmt.Sprintf("a%04d", i*7919%5000))
		a := accountOf(id, []facts.AccountValue{{Account: id, Trait: "name", Type: "text", Value: fmt.Sprintf("N%d", i%97)}})
		if i%3 > 0 {
			a.Metrics["mrr"] = float64(i * 31 % 211)
		}
		all[id] = a
	}
	for _, q := range []Query{{}, {Down: true}, {Sort: "metric.mrr"}, {Sort: "metric.mrr", Down: true}, {Sort: "id"}} {
		every := q.Every(all)
		for _, at := range []int{0, 40, 900, 4990} {
			q.Offset, q.Limit = at, 20
			page := q.Of(all)
			for i, a := range page.Accounts {
				if a != every[at+i] {
					t.Fatalf("%+v: place %d is %s, want %s", q, at+i, a.ID, every[at+i].ID)
				}
			}
		}
	}
}
