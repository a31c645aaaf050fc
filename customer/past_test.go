package customer

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// lines are the accounts that fit at a moment, in few words.
func (h *house) lines(ctx context.Context, asOf farol.Day, known time.Time, q Query) string {
	h.t.Helper()
	q.Total = "mrr"
	then, err := h.d.Past(ctx, asOf, known, q.Metrics()...)
	h.check(err)
	page := q.Of(then.Accounts)
	var out []string
	for _, a := range page.Accounts {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", a.Name, a.Attributes["plan"], a.Stage(), a.Owner("csm"), a.Value("metric.mrr"))))
	}
	return strings.Join(out, ", ") + fmt.Sprintf(" = %d of %v", page.Count, page.Total)
}

// A list of the past is what was: names, plans, stages, owners and figures of
// then; who was merged since, apart; who was told of late, only by what is known
// now.
func TestPastList(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	at := func(day int) { h.clock = time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC) }
	day := func(d int) farol.Day { return farol.Date(2026, 3, d) }
	mark := func(account, trait, value string) {
		t.Helper()
		h.check(h.f.SaveMarks(ctx, h.clock, []facts.Mark{{Account: farol.AccountID(account), Trait: trait, Value: value}}))
	}
	at(2)
	h.say("b", map[string]any{"name": "Bee", "plan": "pro"})
	h.say("a", map[string]any{"name": "Old", "plan": "basic"})
	mark("a", StageTrait, "onboarding")
	mark("a", OwnerTrait+"csm", "m1")
	h.measure("a", "mrr", day(1), 10)
	h.measure("b", "mrr", day(1), 5)
	at(4)
	known := h.f.LastKnown()
	at(10)
	h.say("a", map[string]any{"name": "New", "plan": "pro"})
	mark("a", StageTrait, "ongoing")
	mark("a", OwnerTrait+"csm", "m2")
	h.measure("a", "mrr", day(9), 70)
	h.measure("b", "mrr", day(9), 6)
	at(12)
	// Late: it began on the third.
	_, err := h.f.Append(ctx, facts.Batch{Events: []farol.Event{{ID: "late", Source: "s", Kind: farol.Group, Account: "c", At: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC), Properties: []byte(`{"name":"Cee"}`)}}})
	h.check(err)
	at(14)
	h.check(h.f.JoinAccounts(ctx, h.clock, "b", "a"))
	at(15)

	want := func(asOf farol.Day, known time.Time, q Query, line string) {
		t.Helper()
		if got := h.lines(ctx, asOf, known, q); got != line {
			t.Errorf("as of %v, known %v, %+v:\n%s, want\n%s", asOf, known, q, got, line)
		}
	}
	late := h.clock
	want(0, late, Query{}, "Cee, New pro ongoing m2 70 = 2 of 70")
	want(day(5), time.Time{}, Query{}, "Cee, Old basic onboarding m1 10 = 2 of 10")
	want(day(5), known, Query{}, "Bee pro   5, Old basic onboarding m1 10 = 2 of 15")
	want(0, known, Query{Sort: "metric.mrr"}, "Bee pro   5, Old basic onboarding m1 10 = 2 of 15")
	want(day(5), known, Query{Where: []Condition{{"attribute.plan", Is, []string{"basic"}}}}, "Old basic onboarding m1 10 = 1 of 10")
	want(day(5), time.Time{}, Query{Where: []Condition{{"owner.csm", Is, []string{"m2"}}}}, " = 0 of 0")
	want(day(5), time.Time{}, Query{Search: "new"}, " = 0 of 0")
	want(day(1), time.Time{}, Query{}, " = 0 of 0")
	then, err := h.d.Past(ctx, day(5), known, "mrr", "nps")
	h.check(err)
	if then.Days["mrr"] != day(1) || then.Days["nps"] != 0 {
		t.Errorf("the days of metrics: %v", then.Days)
	}

	// What is held is what is read anew, and follows what is learned of then.
	for _, m := range []struct {
		asOf  farol.Day
		known time.Time
	}{{day(5), time.Time{}}, {day(5), known}, {0, known}} {
		held, err := h.d.Past(ctx, m.asOf, m.known, "mrr")
		h.check(err)
		anew, err := h.d.At(ctx, m.asOf, m.known, "mrr")
		h.check(err)
		if !reflect.DeepEqual(held.Accounts, anew) {
			t.Errorf("as of %v, known %v: %v is held, %v read", m.asOf, m.known, held.Accounts, anew)
		}
	}
	at(16)
	h.measure("c", "mrr", day(4), 3)
	_, err = h.f.Append(ctx, facts.Batch{Events: []farol.Event{{ID: "later", Source: "s", Kind: farol.Group, Account: "c", At: time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC), Properties: []byte(`{"plan":"pro"}`)}}})
	h.check(err)
	h.clock = h.clock.Add(time.Minute)
	want(day(5), time.Time{}, Query{}, "Cee pro   3, Old basic onboarding m1 = 2 of 3")
	want(day(5), known, Query{}, "Bee pro   5, Old basic onboarding m1 10 = 2 of 15")

	// Who sees some sees no more of the past, and hidden fields stay hidden.
	some := sight.With(ctx, sight.New(map[farol.AccountID]bool{"a": true}, []string{"metric.mrr", "attribute.plan"}))
	if got := h.lines(some, day(5), known, Query{}); got != "Old  onboarding m1 = 1 of 0" {
		t.Errorf("in sight: %s", got)
	}
}

// Few moments are held, and those of long ago are forgotten.
func TestPastsAreFew(t *testing.T) {
	h := newHouse(t)
	h.say("a", map[string]any{"name": "A"})
	var days []farol.Day
	for d := range farol.Day(keptPasts + 2) {
		_, err := h.d.Past(context.Background(), farol.Date(2026, 3, 1)+d, time.Time{})
		h.check(err)
		h.clock = h.clock.Add(time.Second)
	}
	for _, p := range h.d.pasts.list {
		days = append(days, p.asOf)
	}
	if slices.Sort(days); len(days) != keptPasts || days[0] != farol.Date(2026, 3, 3) {
		t.Errorf("held are %v", days)
	}
	h.clock = h.clock.Add(forgetAfter)
	h.check(h.d.Refresh(context.Background()))
	if len(h.d.pasts.list) != 0 {
		t.Errorf("%d moments are held of long ago", len(h.d.pasts.list))
	}
}
