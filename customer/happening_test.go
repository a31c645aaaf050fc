package customer

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/test/clickhouse"
)

// The watcher finds what is new on every engine, once, and nothing that is
// usual.
func TestWatcher(t *testing.T) {
	engines := map[string]facts.Config{"duckdb": {Threads: 1, MemoryLimit: "256MB"}}
	if !testing.Short() {
		engines["clickhouse"] = facts.Config{ClickHouse: clickhouse.Start(t)}
		engines["shards"] = facts.Config{ClickHouse: clickhouse.StartShards(t)}
	}
	for name, c := range engines {
		t.Run(name, func(t *testing.T) { watch(t, c) })
	}
}

func watch(t *testing.T, c facts.Config) {
	ctx := context.Background()
	clock := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	now := func() time.Time { return clock }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c.Zone, c.Now = time.UTC, now
	f, err := facts.Open(ctx, c)
	check(err)
	defer f.Close()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "state.db"), now)
	check(err)
	defer s.Close()
	w := Watcher{Facts: f, Store: s, Now: now, Metrics: []WatchedMetric{{Name: "use", Good: 1}, {Name: "mrr", Good: 1, Money: true}}}
	begun := clock
	found := func() (out []string) {
		t.Helper()
		clock = clock.Add(time.Minute)
		check(w.Update(ctx))
		list, err := s.Happenings(ctx, begun.Add(-time.Hour), nil, 100)
		check(err)
		for _, h := range list {
			out = append(out, fmt.Sprintf("%s %s %s %d %s", h.Kind, h.Account, h.Name, h.Weight, h.Fields["now"]))
		}
		slices.Sort(out)
		return out
	}
	want := func(lines ...string) {
		t.Helper()
		if got := found(); !slices.Equal(got, lines) {
			t.Errorf("found %q, want %q", got, lines)
		}
	}
	n := 0
	send := func(account farol.AccountID, name string, properties map[string]any) {
		t.Helper()
		n++
		raw, err := json.Marshal(properties)
		check(err)
		_, err = f.Append(ctx, facts.Batch{Events: []farol.Event{{ID: fmt.Sprint("e", n), Source: "s", Kind: farol.Track, Name: name, Account: account, User: "u", At: clock, Properties: raw}}})
		check(err)
	}
	want()
	send("a1", "Ticket Opened", map[string]any{"ticket": "t1", "topic": "login", "priority": "urgent"})
	send("a1", "Survey Answered", map[string]any{"survey": "q", "kind": "nps", "score": 9})
	send("a2", "Survey Answered", map[string]any{"survey": "q", "kind": "nps", "score": 2})
	send("a2", "Survey Answered", map[string]any{"survey": "r", "kind": "csat", "score": 4})
	clock = clock.Add(time.Minute)
	check(f.SaveMarks(ctx, clock, []facts.Mark{{Account: "a1", Trait: StageTrait, Value: "churned"}, {Account: "a2", Trait: "$segment.risk", Value: "true"}}))
	check(f.SaveMarks(ctx, clock.AddDate(0, 0, -10), []facts.Mark{{Account: "a2", Trait: StageTrait, Value: "past"}}))
	seen := []string{"answer a2 nps -1 ", "segment a2 risk 0 ", "stage a1 churned -1 ", "ticket a1 login -1 "}
	want(seen...)
	want(seen...) // nothing new, nothing twice

	last := farol.Date(2026, 3, 19)
	value := func(x float64) *float64 { return &x }
	var measures []facts.Measure
	for i := range 8 {
		d := last - farol.Day(7*(i+1))
		measures = append(measures, facts.Measure{Account: "a1", Metric: "use", Day: d, Value: value(float64(100 + i%3))}, facts.Measure{Account: "a2", Metric: "use", Day: d, Value: value(float64(100 + i%3))},
			facts.Measure{Account: "a1", Metric: "mrr", Day: d, Value: value(50)}, facts.Measure{Account: "a2", Metric: "mrr", Day: d, Value: value(50)})
	}
	measures = append(measures, facts.Measure{Account: "a1", Metric: "use", Day: last, Value: value(20)}, facts.Measure{Account: "a2", Metric: "use", Day: last, Value: value(104)},
		facts.Measure{Account: "a1", Metric: "mrr", Day: last, Value: value(50)}, facts.Measure{Account: "a2", Metric: "mrr", Day: last, Value: value(55)})
	check(f.SaveMeasures(ctx, measures))
	seen = append([]string{seen[0], "metric a1 use -1 20", "metric a2 mrr 1 55"}, seen[1:]...)
	want(seen...)
	want(seen...)
}

// A run that is cut goes on where it was: nothing between is left out.
func TestWatcherGoesOn(t *testing.T) {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	news := func(kind string, seconds ...int) (out []facts.AccountMoment) {
		for _, s := range seconds {
			out = append(out, facts.AccountMoment{Moment: facts.Moment{Kind: kind, Known: at(s)}})
		}
		return out
	}
	for i, c := range []struct {
		news []facts.AccountMoment
		want time.Time
	}{
		{nil, at(9)},
		{append(news("a", 1, 2), news("b", 3)...), at(9)},
		{append(news("a", 1, 2, 5), news("b", 3, 8)...), at(5).Add(-time.Millisecond)},
		{append(news("a", 1, 2, 5), news("b", 1, 2, 3)...), at(3).Add(-time.Millisecond)},
		{append(news("a", 4, 4, 4), news("b", 8)...), at(4)},
	} {
		if got := complete(c.news, at(9), 3); !got.Equal(c.want) {
			t.Errorf("case %d: whole up to %v, want %v", i, got, c.want)
		}
	}
}
