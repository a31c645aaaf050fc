package goal

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// kit is a keeper over real engines: a company whose MRR grows by a customer a
// month, in two plans.
func open(t *testing.T) (Keeper, store.Member, func(time.Time)) {
	t.Helper()
	ctx := context.Background()
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "state.db"), clock)
	ok(t, err)
	t.Cleanup(func() { s.Close() })
	f, err := facts.Open(ctx, facts.Config{Zone: time.UTC, MemoryLimit: "256MB", Threads: 1, Now: clock})
	ok(t, err)
	t.Cleanup(func() { f.Close() })
	var events []farol.Event
	for i := range 12 {
		at := time.Date(2025, time.Month(3+i), 3, 12, 0, 0, 0, time.UTC)
		account := farol.AccountID(fmt.Sprintf("a%02d", i))
		events = append(events,
			farol.Event{ID: fmt.Sprintf("g%d", i), Source: "s", Kind: farol.Group, At: at, Account: account, Properties: json.RawMessage(fmt.Sprintf(`{"plan":"%s"}`, []string{"Pro", "Basic"}[i%2]))},
			farol.Event{ID: fmt.Sprintf("s%d", i), Source: "s", Kind: farol.Track, Name: "Subscription Started", At: at, Account: account, Properties: json.RawMessage(fmt.Sprintf(`{"subscription":"x%d","mrr":%d,"currency":"BRL"}`, i, 100+7*(i%3)))})
	}
	_, err = f.Append(ctx, facts.Batch{Events: events})
	ok(t, err)
	c, err := metric.Load()
	ok(t, err)
	settings := metric.Defaults()
	settings.Currency = "BRL"
	r := metric.New(c, f, func() metric.Settings { return settings })
	r.SetClock(clock)
	m, err := s.AddFirstMember(ctx, store.NewMember{Email: "ana@x.com", Name: "Ana", Role: store.Admin, Password: "correct horse battery"})
	ok(t, err)
	return Keeper{Store: s, Metrics: r, Now: clock}, m, func(to time.Time) { now = to }
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestGoal(t *testing.T) {
	k, m, at := open(t)
	ctx := t.Context()
	goal := Goal{Title: "  More   revenue ", Metric: "mrr", Target: 1500, Start: "2026-01-01", Due: "2026-08-31", Support: string(m.ID), CS: string(m.ID)}
	g, err := k.Add(ctx, goal, "ana")
	ok(t, err)
	// At the end of 2025 ten customers paid 100 and more each.
	if g.Title != "More revenue" || g.Grain != farol.Monthly || g.Direction != "up" || g.Baseline == nil || *g.Baseline != 1063 {
		t.Errorf("%+v %v", g.Goal, *g.Baseline)
	}
	read := func(g Kept) Reading {
		t.Helper()
		r, err := k.Read(ctx, g, 0)
		ok(t, err)
		return r
	}
	r := read(g)
	if r.Status != OnTrack || r.Ground != ByForecast || r.Chance == nil || *r.Chance < 0.9 || *r.Live.Value != 1284 || len(r.Forecast) != 6 || r.Forecast[5].Period.To != farol.Date(2026, 9, 1) {
		t.Errorf("%s %s %v %v %+v", r.Status, r.Ground, *r.Chance, *r.Live.Value, r.Forecast)
	}
	if f := r.Forecast[0]; f.Low > f.Value || f.High < f.Value || f.High-f.Low >= r.Forecast[5].High-r.Forecast[5].Low {
		t.Errorf("the band does not widen: %+v", r.Forecast)
	}
	change := func(base *int, do func(*Goal)) (Kept, error) {
		next := g.Goal
		do(&next)
		return k.Change(ctx, g.ID, next, "ana", base)
	}
	far, err := change(nil, func(g *Goal) { g.Target = 5000 })
	ok(t, err)
	if r := read(far); r.Status != AtRisk || r.Ground != ByForecast || *r.Chance > 0.1 {
		t.Errorf("far: %s %v", r.Status, *r.Chance)
	}
	here, err := change(nil, func(g *Goal) { g.Target = 1200 })
	ok(t, err)
	if r := read(here); r.Status != Reached || r.Ground != ByValue || r.Progress == nil || *r.Progress != 1 {
		t.Errorf("here: %s %s %v", r.Status, r.Ground, r.Progress)
	}
	// Where it began is beyond the target already: there is no way to go.
	for direction, target := range map[string]float64{"up": 900, "down": 1200} {
		held, err := change(nil, func(g *Goal) { g.Target, g.Direction = target, direction })
		ok(t, err)
		if r := read(held); r.Progress != nil || r.Status != map[string]Status{"up": Reached, "down": AtRisk}[direction] {
			t.Errorf("%s: %s %v", direction, r.Status, r.Progress)
		}
	}
	down, err := change(nil, func(g *Goal) { g.Target, g.Direction = 1200, "down" })
	ok(t, err)
	if r := read(down); r.Status != AtRisk {
		t.Errorf("down: %s", r.Status)
	}
	stale := 1
	if _, err := change(&stale, func(g *Goal) { g.Title = "x" }); farol.KindOf(err) != farol.Conflict {
		t.Errorf("a stale change: %v", err)
	}
	// A segment is its own goal, and six whole periods are needed to go on.
	pro, err := k.Add(ctx, Goal{Title: "Pro", Metric: "mrr", Segment: []string{"plan=Pro", "plan=None"}, Target: 1e4, Start: "2026-01-01", Due: "2026-08-31", Support: string(m.ID), CS: string(m.ID)}, "ana")
	ok(t, err)
	if r := read(pro); *r.Live.Value >= 1284 || len(r.Filters()) != 1 || len(r.Filters()[0].Values) != 2 {
		t.Errorf("pro: %v %v", *r.Live.Value, r.Filters())
	}
	none, err := k.Add(ctx, Goal{Title: "NPS", Metric: "nps", Target: 50, Start: "2026-01-01", Due: "2026-08-31", Support: string(m.ID), CS: string(m.ID)}, "ana")
	ok(t, err)
	if r := read(none); r.Status != Unknown || r.Live != nil || r.Progress != nil {
		t.Errorf("without answers: %+v", r.Status)
	}
	at(time.Date(2026, 9, 20, 12, 0, 0, 0, time.UTC))
	if r := read(far); r.Status != Missed || len(r.Forecast) != 0 {
		t.Errorf("after the day: %s %+v", r.Status, r.Forecast)
	}
	list, err := k.ReadAll(ctx, 0)
	ok(t, err)
	if len(list) != 3 {
		t.Errorf("%d goals", len(list))
	}
	_, err = change(nil, func(g *Goal) { g.Ended = true })
	ok(t, err)
	if list, err = k.ReadAll(ctx, 0); err != nil || len(list) != 2 {
		t.Errorf("%d goals after one ended, %v", len(list), err)
	}
}

// Too short a history is judged by the way gone against the time gone.
func TestShortHistory(t *testing.T) {
	k, m, at := open(t)
	at(time.Date(2025, 5, 20, 12, 0, 0, 0, time.UTC))
	zero := 0.0
	for target, want := range map[float64]Status{300: OnTrack, 3000: AtRisk} {
		g, err := k.Add(t.Context(), Goal{Title: "x", Metric: "mrr", Baseline: &zero, Target: target, Start: "2025-03-01", Due: "2025-12-31", Support: string(m.ID), CS: string(m.ID)}, "ana")
		ok(t, err)
		r, err := k.Read(t.Context(), g, 0)
		ok(t, err)
		if r.Ground != ByLine || r.Status != want || r.Chance != nil {
			t.Errorf("%v: %s by %s", target, r.Status, r.Ground)
		}
	}
}

// A goal on what is hidden from the reader is not theirs: neither to read, nor
// to find in the list, nor to make.
func TestHiddenGoal(t *testing.T) {
	k, m, _ := open(t)
	ctx := t.Context()
	g := Goal{Title: "More", Metric: "mrr", Target: 2000, Start: "2025-03-01", Due: "2026-12-31", Support: string(m.ID), CS: string(m.ID)}
	made, err := k.Add(ctx, g, "x")
	ok(t, err)
	g.Metric, g.Segment = "paying_accounts", []string{"now:plan=Pro"}
	narrowed, err := k.Add(ctx, g, "x")
	ok(t, err)
	blind := sight.With(ctx, sight.New(nil, []string{sight.Money, "attribute.plan"}))
	for _, id := range []string{made.ID, narrowed.ID} {
		if got, err := k.Goal(blind, id); farol.KindOf(err) != farol.Forbidden || got.Title != "" {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if list, hidden, err := k.Goals(blind); err != nil || len(list) != 0 || hidden != 2 {
		t.Errorf("the list has %d, hides %d: %v", len(list), hidden, err)
	}
	if _, err := k.Add(blind, g, "x"); farol.KindOf(err) != farol.Forbidden {
		t.Errorf("one on what is hidden is made: %v", err)
	}
	if list, _, err := k.Goals(ctx); err != nil || len(list) != 2 {
		t.Errorf("who sees all sees %d: %v", len(list), err)
	}
}

// Who sees some customers only has the values of those, told neither the
// baseline of all nor a status by it, and sets no goal for all.
func TestGoalOfPart(t *testing.T) {
	k, m, _ := open(t)
	g, err := k.Add(t.Context(), Goal{Title: "More", Metric: "mrr", Target: 1500, Start: "2026-01-01", Due: "2026-08-31", Support: string(m.ID), CS: string(m.ID)}, "ana")
	ok(t, err)
	ctx := sight.With(t.Context(), sight.New(map[farol.AccountID]bool{"a00": true}, nil))
	r, err := k.Read(ctx, g, 0)
	ok(t, err)
	if r.Live == nil || *r.Live.Value != 100 || r.Baseline != nil || r.Progress != nil || r.Chance != nil || r.Status != Unknown || r.Ground != OfPart || g.Baseline == nil {
		t.Errorf("of a part: %+v", r)
	}
	if _, err := k.Add(ctx, g.Goal, "ana"); farol.KindOf(err) != farol.Forbidden {
		t.Errorf("a goal of a part is kept: %v", err)
	}
	if _, err := k.Change(ctx, g.ID, g.Goal, "ana", nil); farol.KindOf(err) != farol.Forbidden {
		t.Errorf("a goal is changed by who sees a part: %v", err)
	}
}
