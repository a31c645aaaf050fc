package facts

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// testSegmentFacts: filters by what accounts are now, the log of marks, and
// what is new of a topic.
func testSegmentFacts(t *testing.T, k *kit) {
	ctx := context.Background()
	f := k.start("UTC")
	k.at("2026-03-10 12:00")
	k.add(
		k.group("2026-03-01 10:00", "", "a", `{"plan":"basic"}`), k.group("2026-03-05 10:00", "", "a", `{"plan":"pro"}`), k.group("2026-03-01 10:00", "", "b", `{"plan":"pro"}`),
		k.track("2026-03-02 10:00", "u", "a", "Used", ""), k.track("2026-03-02 11:00", "v", "b", "Used", ""), k.track("2026-03-06 10:00", "w", "c", "Used", ""),
	)
	k.settle()
	march := farol.Period{From: day("2026-03-01"), To: day("2026-04-01")}
	used := func(attribute string, values ...string) []string {
		return k.rows("SELECT x.account AS account, i64(sum(x.n)) AS n FROM {{activity}} x GROUP BY x.account", Scope{Period: march, Filters: []Filter{{attribute, values}}}, nil)
	}
	k.want(used("plan", "pro"), "b|1")
	k.want(used("now:plan", "pro"), "a|1", "b|1")
	k.want(used("now:plan", ""), "c|1")
	k.want(k.rows("SELECT x.grp AS g, i64(sum(x.n)) AS n FROM {{activity}} x GROUP BY x.grp", Scope{Period: march, By: "now:plan"}, nil), "|1", "pro|2")
	// As of a day, now is that day.
	k.want(k.rows("SELECT x.account AS account, i64(sum(x.n)) AS n FROM {{activity}} x GROUP BY x.account", Scope{Period: march, AsOf: day("2026-03-03"), Filters: []Filter{{"now:plan", []string{"basic"}}}}, nil), "a|1")

	known := f.LastKnown()
	for i, m := range []struct{ at, account, value string }{{"2026-03-08 10:00", "a", "true"}, {"2026-03-08 10:00", "b", "true"}, {"2026-03-09 10:00", "a", "false"}} {
		if err := f.SaveMarks(ctx, ts(m.at), []Mark{{Account: farol.AccountID(m.account), Trait: "$segment.x", Value: m.value}}); err != nil {
			t.Fatal(i, err)
		}
	}
	list, next, err := f.MarkLog(ctx, MarkQuery{Trait: "$segment.", Limit: 2})
	if err != nil || len(list) != 2 || next == "" || list[0].Value != "false" || list[0].Account != "a" {
		t.Fatalf("%+v, %q, %v", list, next, err)
	}
	if rest, end, err := f.MarkLog(ctx, MarkQuery{Trait: "$segment.x", Limit: 2, After: next}); err != nil || len(rest) != 1 || end != "" || rest[0].Account == list[1].Account {
		t.Errorf("the rest: %+v, %q, %v", rest, end, err)
	}
	if some, _, err := f.MarkLog(ctx, MarkQuery{Trait: "$segment.x", Account: "a", Value: "true", From: ts("2026-03-08"), To: ts("2026-03-09")}); err != nil || len(some) != 1 {
		t.Errorf("%+v, %v", some, err)
	}
	if none, _, err := f.MarkLog(ctx, MarkQuery{Trait: "$segment.x", Known: known}); err != nil || len(none) != 0 {
		t.Errorf("as known before: %+v, %v", none, err)
	}
	if _, _, err := f.MarkLog(ctx, MarkQuery{Trait: "$segment.x", After: "nonsense"}); farol.KindOf(err) != farol.Invalid {
		t.Errorf("a wrong cursor: %v", err)
	}
	counts, err := f.MarkCounts(ctx, MarkQuery{Trait: "$segment.", From: ts("2026-03-01")})
	if got := fmt.Sprint(len(counts)); err != nil || got != "2" || counts[0].Accounts != 2 || counts[1].Value != "false" {
		t.Errorf("%+v, %v", counts, err)
	}
	// Up to a day, and as known then.
	if counts, err := f.MarkCounts(ctx, MarkQuery{Trait: "$segment.x", To: ts("2026-03-09")}); err != nil || len(counts) != 1 || counts[0].Accounts != 2 {
		t.Errorf("up to the eighth: %+v, %v", counts, err)
	}
	if counts, err := f.MarkCounts(ctx, MarkQuery{Trait: "$segment.x", Known: known}); err != nil || len(counts) != 0 {
		t.Errorf("as known before: %+v, %v", counts, err)
	}
	k.news(known)
}

// news: what is learned is news of its own topic only.
func (k *kit) news(known time.Time) {
	k.Helper()
	news := func(want bool, topic Topics) {
		k.Helper()
		if got, err := k.f.News(context.Background(), known, topic); err != nil || got != want {
			k.Errorf("news of %+v: %v, %v", topic, got, err)
		}
	}
	all := Topics{AccountTraits: []string{"plan"}, PersonTraits: []string{"role"}, Events: []string{"Used"}, Metrics: []string{"mrr"}}
	news(false, all) // marks are none
	known = k.f.LastKnown()
	k.add(k.track("2026-03-07 10:00", "u", "a", "Other", ""))
	news(false, all)
	news(true, Topics{AnyEvent: true})
	news(true, Topics{People: true})
	known = k.f.LastKnown()
	k.add(k.group("2026-03-07 11:00", "", "a", `{"plan":"free"}`))
	news(true, Topics{AccountTraits: []string{"plan"}})
	news(false, Topics{AccountTraits: []string{"country"}, PersonTraits: []string{"plan"}, Metrics: []string{"mrr"}})
	known = k.f.LastKnown()
	v := 3.0
	if err := k.f.SaveMeasures(context.Background(), []Measure{{Account: "a", Metric: "mrr", Day: day("2026-03-07"), Value: &v}}); err != nil {
		k.Fatal(err)
	}
	news(true, all)
	known = k.f.LastKnown()
	k.add(k.track("2026-03-07 12:00", "n", "new", "Other", ""))
	news(true, Topics{}) // an account that nobody knew
}
