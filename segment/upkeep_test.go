package segment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
)

// house is segments over real engines, at a time that the test moves.
type house struct {
	t     *testing.T
	store *store.Store
	facts *facts.Facts
	now   time.Time
	seq   int
	// evaluated are the segments of the last turn, in order.
	evaluated []string
	keeper    Upkeep
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, now: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return h.now }
	var err error
	if h.store, err = store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "state.db"), clock); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.store.Close() })
	if h.facts, err = facts.Open(t.Context(), facts.Config{Zone: time.UTC, Now: clock, Threads: 1, MemoryLimit: "256MB"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.facts.Close() })
	h.keeper = Upkeep{Store: h.store, Facts: h.facts, Now: clock, Env: func(_ context.Context, b Book) (Env, error) {
		return Env{AsOf: farol.DayOf(h.now, time.UTC), Segment: b.Rule}, nil
	}, Tell: func(title string, _, _ int, _ time.Time) { h.evaluated = append(h.evaluated, title) }}
	return h
}

func (h *house) send(kind farol.Kind, name, account, properties string) {
	h.t.Helper()
	h.seq++
	e := farol.Event{ID: string(rune('a'+h.seq%26)) + h.now.String(), Source: "s", Kind: kind, Name: name, At: h.now, Account: farol.AccountID(account), User: "u-" + farol.PersonID(account)}
	if properties != "" {
		e.Properties = []byte(properties)
	}
	if _, err := h.facts.Append(h.t.Context(), facts.Batch{Events: []farol.Event{e}}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) put(name, text string) {
	h.t.Helper()
	r, err := ParseText(text)
	if err == nil {
		_, err = Put(h.t.Context(), h.store, name, Document{Title: name, Rule: r}, nil, "system")
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// turn does a turn of the upkeep and wants these segments evaluated.
func (h *house) turn(want ...string) {
	h.t.Helper()
	h.evaluated = nil
	if err := h.keeper.Run(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	if slices.Sort(h.evaluated); !slices.Equal(h.evaluated, want) {
		h.t.Errorf("evaluated %q, want %q", h.evaluated, want)
	}
}

func (h *house) in(name string, want ...farol.AccountID) {
	h.t.Helper()
	got, err := Members(h.t.Context(), h.facts, name, Env{AsOf: farol.DayOf(h.now, time.UTC)})
	if err != nil || !slices.Equal(got, want) {
		h.t.Errorf("in %s are %v, want %v: %v", name, got, want, err)
	}
}

// A segment is evaluated when it is new, on a new day, and when what it depends
// on has changed, but not again and again.
func TestUpkeep(t *testing.T) {
	h := newHouse(t)
	h.send(farol.Group, "", "a", `{"plan":"pro"}`)
	h.send(farol.Group, "", "b", `{"plan":"basic"}`)
	h.put("pros", `plan is "pro"`)
	h.put("users", `did "Used" >= 1 times in 5 days`)
	h.put("both", `segment pros and segment users`)
	h.turn("both", "pros", "users")
	h.in("pros", "a")
	h.in("both")
	h.turn()

	// Too soon after the last time, then in turn; only those concerned.
	h.now = h.now.Add(time.Minute)
	h.send(farol.Track, "Used", "a", "")
	h.turn()
	h.now = h.now.Add(restLeast)
	h.turn("both", "users")
	h.in("both", "a")
	h.now = h.now.Add(time.Hour)
	h.send(farol.Track, "Other", "b", "")
	h.turn() // an event that none speaks of

	// Six days later nobody has used it lately.
	h.now = h.now.AddDate(0, 0, 6)
	h.turn("both", "pros", "users")
	h.in("both")
	log, _, err := h.facts.MarkLog(t.Context(), facts.MarkQuery{Trait: Trait("both")})
	if err != nil || len(log) != 2 || log[0].Value != Out || log[1].Value != In {
		t.Errorf("the log of moves: %+v, %v", log, err)
	}

	// Another rule is another segment, and so is what names it.
	h.put("pros", `plan is "basic"`)
	h.turn("both", "pros")
	h.in("pros", "b")

	// One that is deleted is emptied.
	if err := Retire(t.Context(), h.store, "both", nil, "system"); err != nil {
		t.Fatal(err)
	}
	if err := Retire(t.Context(), h.store, "pros", nil, "system"); err != nil {
		t.Fatal(err)
	}
	h.turn()
	h.in("pros")
	states, err := h.store.SegmentStates(t.Context())
	if err != nil || len(states) != 1 || states["users"].Error != "" || states["users"].Evaluated.IsZero() {
		t.Errorf("states: %+v, %v", states, err)
	}
	if m, err := h.keeper.Keep(t.Context(), "users"); err != nil || m.Now != 0 {
		t.Errorf("kept at once: %+v, %v", m, err)
	}
	if _, err := h.keeper.Keep(t.Context(), "pros"); farol.KindOf(err) != farol.NotFound {
		t.Errorf("kept what is deleted: %v", err)
	}
}

// A new segment waits for its metrics to be kept for the first time, but not
// for ever.
func TestUpkeepWaitsForMetrics(t *testing.T) {
	h := newHouse(t)
	h.send(farol.Group, "", "a", `{"plan":"pro"}`)
	h.put("payers", "metric mrr > 0")
	h.put("silent", "metric nps < 0")
	h.turn()
	v := 5.0
	if err := h.facts.SaveMeasures(t.Context(), []facts.Measure{{Account: "a", Metric: "mrr", Day: farol.DayOf(h.now, time.UTC) - 1, Value: &v}}); err != nil {
		t.Fatal(err)
	}
	h.turn("payers")
	h.in("payers", "a")
	h.now = h.now.Add(firstWait)
	h.turn("silent")
}

// What would break other segments is refused, with the place.
func TestDefinitions(t *testing.T) {
	h := newHouse(t)
	put := func(name, text string) error {
		r, err := ParseText(text)
		if err == nil {
			_, err = Put(t.Context(), h.store, name, Document{Title: "T " + name, Rule: r}, nil, "system")
		}
		return err
	}
	wrong := func(err error, field, says string) {
		t.Helper()
		e, ok := err.(*farol.Error)
		if !ok || e.Field != field || !strings.Contains(e.Error(), says) {
			t.Errorf("%v, want %s: %s", err, field, says)
		}
	}
	wrong(put("a", `plan is "x" and segment b`), "all[1].segment", "there is no segment")
	if err := put("b", `plan is "x"`); err != nil {
		t.Fatal(err)
	}
	if err := put("a", `plan is "x" and segment b`); err != nil {
		t.Fatal(err)
	}
	wrong(put("b", `segment a`), "segment", "leads back")
	wrong(put("c", `segment c`), "segment", "leads back")
	wrong(put("B!", `plan is "x"`), "name", "small letters")
	_, err := Put(t.Context(), h.store, "d", Document{Title: " t A ", Rule: Rule{All: []Rule{}}}, nil, "system")
	wrong(err, "title", "There is a segment of this name")
	_, err = Put(t.Context(), h.store, "d", Document{Rule: Rule{All: []Rule{}}}, nil, "system")
	wrong(err, "title", "between 1 and")
	wrong(Retire(t.Context(), h.store, "b", nil, "system"), "", "it is used by: T a")
	base := 7
	if _, err := Put(t.Context(), h.store, "b", Document{Title: "T b", Rule: Rule{All: []Rule{}}}, &base, "system"); farol.KindOf(err) != farol.Conflict {
		t.Errorf("a version that nobody saw: %v", err)
	}
	// Each names the one before twice: the tenth would be a thousand conditions.
	if err := put("x0", `plan is "x"`); err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		err := put("x"+string(rune('a'+i)), `segment x`+map[bool]string{true: "0", false: string(rune('a' + i - 1))}[i == 0]+` or segment x`+map[bool]string{true: "0", false: string(rune('a' + i - 1))}[i == 0])
		if err != nil {
			wrong(err, "any[1].segment", "more than 400 conditions")
			return
		}
	}
	t.Error("segments may double without end")
}

// An evaluation that failed is not done: it is tried again after a rest, though
// nothing else was learned since.
func TestUpkeepTriesAgain(t *testing.T) {
	h := newHouse(t)
	down := errors.New("the database is away")
	h.keeper.Env = func(_ context.Context, b Book) (Env, error) {
		return Env{AsOf: farol.DayOf(h.now, time.UTC), Segment: func(name string) (Rule, error) {
			if down != nil {
				return Rule{}, down
			}
			return b.Rule(name)
		}}, nil
	}
	h.send(farol.Group, "", "a", `{"plan":"pro"}`)
	h.put("pros", `plan is "pro"`)
	h.put("same", `segment pros`)
	if err := h.keeper.Run(t.Context()); !errors.Is(err, down) {
		t.Fatalf("the turn says %v", err)
	}
	states, err := h.store.SegmentStates(t.Context())
	if s := states["same"]; err != nil || s.Error == "" || s.Form != "" || s.Day != 0 || s.Known.UnixMilli() > 0 {
		t.Errorf("what failed is written down as done: %+v, %v", s, err)
	}
	down = nil
	h.now = h.now.Add(time.Minute)
	h.turn()
	h.now = h.now.Add(restLeast)
	h.turn("same")
	h.in("same", "a")
	if states, err = h.store.SegmentStates(t.Context()); err != nil || states["same"].Error != "" || !states["same"].Began.Equal(h.now) {
		t.Errorf("afterwards %+v, %v", states["same"], err)
	}
}

// When two accounts become one, or two again, who is in a segment is looked at
// again.
func TestUpkeepFollowsJoins(t *testing.T) {
	h := newHouse(t)
	h.send(farol.Group, "", "a", `{"plan":"basic"}`)
	h.now = h.now.Add(time.Minute)
	h.send(farol.Group, "", "b", `{"plan":"pro"}`)
	h.put("pros", `plan is "pro"`)
	h.turn("pros")
	h.in("pros", "b")
	h.now = h.now.Add(time.Hour)
	if err := h.facts.JoinAccounts(t.Context(), h.now, "b", "a"); err != nil {
		t.Fatal(err)
	}
	h.turn("pros")
	h.in("pros", "a")
	h.now = h.now.Add(time.Hour)
	if err := h.facts.PartAccount(t.Context(), h.now, "b"); err != nil {
		t.Fatal(err)
	}
	h.turn("pros")
	h.in("pros", "b")
}

// A new segment is looked at as of the past, too: who entered and left before
// it was made is known, and when; who was in it first has not entered.
func TestUpkeepLooksBack(t *testing.T) {
	h := newHouse(t)
	h.keeper.Back = 4
	today := farol.DayOf(h.now, time.UTC)
	ago := func(days int, do func()) {
		was := h.now
		h.now = was.AddDate(0, 0, -days)
		do()
		h.now = was
	}
	ago(20, func() {
		h.send(farol.Group, "", "a", `{"plan":"pro"}`)
		h.send(farol.Group, "", "b", `{"plan":"basic"}`)
	})
	ago(10, func() { h.send(farol.Group, "", "b", `{"plan":"pro"}`) })
	ago(2, func() { h.send(farol.Group, "", "a", `{"plan":"basic"}`) })
	h.put("pros", `plan is "pro"`)
	h.put("payers", "metric mrr > 0")
	v := 5.0
	if err := h.facts.SaveMeasures(t.Context(), []facts.Measure{{Account: "a", Metric: "mrr", Day: today - 3, Value: &v}}); err != nil {
		t.Fatal(err)
	}
	waits := true
	h.keeper.Waiting = func(context.Context, string, farol.Day) (bool, error) { return waits, nil }
	h.turn("pros")
	waits = false
	h.turn("payers")
	states, err := h.store.SegmentStates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"pros": "a in 14, b in 7, a out 2", "payers": "a in 3"} {
		log, _, err := h.facts.MarkLog(t.Context(), facts.MarkQuery{Trait: Trait(name)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range slices.Backward(log) {
			got = append(got, fmt.Sprintf("%s %s %d", m.Account, map[string]string{In: "in", Out: "out"}[m.Value], today-farol.DayOf(m.At, time.UTC)))
		}
		if strings.Join(got, ", ") != want || !states[name].Began.Equal(log[len(log)-1].At) {
			t.Errorf("%s: %q, want %q; began %s", name, got, want, states[name].Began)
		}
	}
	h.turn() // and not again
}
