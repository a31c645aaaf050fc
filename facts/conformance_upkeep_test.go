package facts

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// history gives events to Backfill in small lots.
func (k *kit) backfill(es []farol.Event) {
	k.Helper()
	err := k.f.Backfill(context.Background(), func() ([]farol.Event, error) {
		if len(es) == 0 {
			return nil, io.EOF
		}
		n := min(len(es), 7)
		out := es[:n]
		es = es[n:]
		return out, nil
	})
	if err != nil {
		k.Fatal(err)
	}
}

func testBackfill(t *testing.T, k *kit) {
	k.start("America/Sao_Paulo")
	var es []farol.Event
	put := func(known string, e farol.Event) {
		e.Known = ts(known)
		es = append(es, e)
	}
	put("2026-01-01 10:00", k.track("2026-01-01 10:00", "anon:x", "", "Used", ""))
	put("2026-01-02 10:00", k.track("2026-01-02 09:00", "anon:x", "", "Used", ""))
	put("2026-01-03 10:00", k.identify("2026-01-03 10:00", "x", "xi", `{"company":{"id":"acme"}}`))
	put("2026-01-03 10:01", k.track("2026-01-03 10:01", "xi", "", "Used", ""))
	put("2026-01-05 10:00", k.track("2026-01-01 11:00", "xi", "", "Used", ""))
	k.backfill(es)
	k.want(k.rows(allActivity, wide(), nil), "2026-01-01||xi|Used|2|0|", "2026-01-02||xi|Used|1|0|", "2026-01-03|acme|xi|Used|1|0|")
	s := wide()
	s.Known = ts("2026-01-02 23:00")
	k.want(k.rows(allActivity, s, nil), "2026-01-01||anon:x|Used|1|0|", "2026-01-02||anon:x|Used|1|0|")
	s.Known = ts("2026-01-04 23:00")
	k.want(k.rows(allActivity, s, nil), "2026-01-01||xi|Used|1|0|", "2026-01-02||xi|Used|1|0|", "2026-01-03|acme|xi|Used|1|0|")
	if !k.f.LastKnown().Equal(ts("2026-01-05 10:00")) {
		t.Error(k.f.LastKnown())
	}
	for known, want := range map[string]Taken{"2026-01-02 23:00": {Events: 2}, "2026-01-04 23:00": {Events: 4, Joined: 1}, "": {Events: 5, Late: 1, Joined: 1}} {
		at := time.Time{}
		if known != "" {
			at = ts(known)
		}
		if got, err := k.f.Taken(context.Background(), at); err != nil || got != want {
			t.Errorf("taken in by %q: %+v, %v, want %+v", known, got, err, want)
		}
	}
	// The same again changes nothing.
	for i := range es {
		es[i].Known = ts("2026-01-06 10:00")
	}
	k.backfill(es)
	k.want(k.rows("SELECT i64(sum(n)) AS n FROM {{activity}} a", wide(), nil), "4")
	if err := k.f.Backfill(context.Background(), func() ([]farol.Event, error) { return es[:1], io.EOF }); err != nil {
		t.Error(err)
	}
	// A chunk that is longer than the window of repeats knows them, too.
	twice := k.track("2026-01-07 10:00", "xi", "", "Used", "")
	once, again, far := twice, twice, k.track("2026-03-20 10:00", "xi", "", "Used", "")
	once.Known, again.Known, far.Known = ts("2026-01-07 10:00"), ts("2026-01-08 10:00"), ts("2026-03-20 10:00")
	k.backfill([]farol.Event{once})
	k.backfill([]farol.Event{again, far})
	k.want(k.rows("SELECT i64(sum(n)) AS n FROM {{activity}} a", wide(), nil), "6")
	es[0].Known = ts("2026-01-01 10:00")
	if err := k.f.Backfill(context.Background(), func() ([]farol.Event, error) { return es[:1], io.EOF }); farol.KindOf(err) != farol.Invalid {
		t.Errorf("known went back: %v", err)
	}
}

// testCompact: merging and repairing change no answer, today's or yesterday's.
func testCompact(t *testing.T, k *kit) {
	k.start("UTC")
	rng := rand.New(rand.NewPCG(3, 3))
	es := k.random(rng, 300)
	var instants []time.Time
	step := 20
	if _, embedded := k.f.eng.(*duck); !embedded {
		step = 75 // a server's answers take longer
	}
	for i := 0; i < len(es); i += step {
		k.clock.now = k.clock.now.Add(5 * time.Hour)
		k.add(es[i:min(len(es), i+step)]...)
		k.settle()
		instants = append(instants, farol.DayOf(k.f.LastKnown(), time.UTC).Next(1).Start(time.UTC).Add(-time.Millisecond))
	}
	k.clock.now = k.clock.now.AddDate(0, 0, 2)
	read := func() (out []string) {
		for _, at := range append(instants, time.Time{}) {
			s := wide()
			s.Known = at
			out = append(out, k.rows(allActivity, s, nil)...)
		}
		return out
	}
	want := read()
	before, _ := k.f.Stats(context.Background())
	for range 2 {
		if err := k.f.Compact(context.Background()); err != nil {
			t.Fatal(err)
		}
		k.want(read(), want...)
	}
	after, _ := k.f.Stats(context.Background())
	if after.Activity >= before.Activity || after.Events != 300 {
		t.Errorf("%d rows of activity before, %d after", before.Activity, after.Activity)
	}
	if days, err := k.f.Repair(context.Background()); err != nil || len(days) != 0 {
		t.Fatalf("a sound log was repaired: %v %v", days, err)
	}
	// Break two days and mend them.
	p := farol.Period{From: day("2026-02-03"), To: day("2026-02-05")}
	if err := k.f.eng.replaceActivity(context.Background(), p, 1e9, "SELECT * FROM activity WHERE 1 = 0", nil); err != nil {
		t.Fatal(err)
	}
	days, err := k.f.Repair(context.Background())
	if err != nil || fmt.Sprint(days) != "[2026-02-03 2026-02-04]" {
		t.Fatal(days, err)
	}
	k.want(read(), want...)
}

func testSaved(t *testing.T, k *kit) {
	ctx := context.Background()
	k.start("UTC")
	num := func(f float64) *float64 { return &f }
	row := HistoryRow{Metric: "mrr", Version: "1", Grain: farol.Monthly, Period: farol.Period{From: day("2026-01-01"), To: day("2026-02-01")},
		Known: ts("2026-02-01 02:00"), Value: num(10), Units: 3, Complete: true}
	again := row
	again.Known, again.Value, again.Low = ts("2026-02-10 02:00"), nil, num(1.5)
	other := row
	other.Period = farol.Period{From: day("2026-02-01"), To: day("2026-03-01")}
	if err := k.f.SaveHistory(ctx, []HistoryRow{row, other}); err != nil {
		t.Fatal(err)
	}
	if err := k.f.SaveHistory(ctx, []HistoryRow{again}); err != nil {
		t.Fatal(err)
	}
	q := HistoryQuery{Metric: "mrr", Version: "1", Grain: farol.Monthly}
	got, err := k.f.History(ctx, q)
	if err != nil || len(got) != 2 || got[0].Value != nil || *got[0].Low != 1.5 || !got[0].Known.Equal(again.Known) || got[0].Period != row.Period || got[0].Units != 3 || !got[0].Complete {
		t.Fatal(got, err)
	}
	q.Known, q.To = ts("2026-02-05"), day("2026-02-01")
	got, err = k.f.History(ctx, q)
	if err != nil || len(got) != 1 || *got[0].Value != 10 {
		t.Fatal(got, err)
	}
	if err := k.f.SaveMeasures(ctx, []Measure{{"acme", "health", day("2026-02-01"), num(0.5)}, {"acme", "health", day("2026-02-02"), nil}}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.f.Append(ctx, Batch{Rejected: []Rejected{
		{ID: "r1", Received: ts("2026-03-01 11:00"), Source: "web", Kind: "track", Field: "properties.mrr", Reason: "is required", Body: "{}"},
		{ID: "r2", Received: ts("2026-03-01 11:01"), Source: "web", Reason: "not JSON"}}}); err != nil {
		t.Fatal(err)
	}
	rej, next, err := k.f.Rejections(ctx, 1, "")
	if err != nil || len(rej) != 1 || rej[0].ID != "r2" || next == "" {
		t.Fatal(rej, next, err)
	}
	rej, next, err = k.f.Rejections(ctx, 1, next)
	if err != nil || len(rej) != 1 || rej[0].Field != "properties.mrr" || !rej[0].Received.Equal(ts("2026-03-01 11:00")) || next != "" {
		t.Fatal(rej, next, err)
	}
}

func testTouched(t *testing.T, k *kit) {
	ctx := context.Background()
	k.start("UTC")
	k.add(k.group("2026-02-01 09:00", "ana", "acme", `{"plan":"pro","size":3,"tags":["a"],"active":true}`), k.track("2026-02-05 09:00", "anon:x", "", "Used", ""),
		k.track("2026-02-05 09:00", "anon:x", "", "Survey Answered", `{"kind":"nps","score":1}`), k.group("2026-02-01 09:00", "", "globex", `{"plan":"pro"}`), k.group("2026-02-01 09:00", "", "initech", `{"plan":"free"}`))
	mark := k.f.LastKnown()
	touched := func() []string {
		list, err := k.f.Touched(ctx, mark, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, x := range list {
			out = append(out, x.Table+" "+x.Day.String())
		}
		return out
	}
	k.want(touched())
	k.clock.now = k.clock.now.Add(time.Hour)
	k.add(k.identify("2026-02-06 09:00", "x", "xi", ""), k.track("2026-02-07 09:00", "ana", "", "Ticket Opened", `{"ticket":"t"}`))
	k.settle()
	k.want(touched(), "activity 2026-02-05", "answers 2026-02-05", "events 2026-02-06", "events 2026-02-07", "tickets 2026-02-07")
	mark = k.f.LastKnown()
	k.clock.now = k.clock.now.Add(time.Hour)
	k.add(k.group("2026-02-08 09:00", "", "globex", `{"plan":"pro","created_at":"2025-12-01","test":false}`), k.track("2026-02-08 10:00", "", "fresh", "Used", `{"interactive":false}`),
		k.track("2026-01-08 10:00", "", "fresh", "Subscription Started", `{"subscription":"s","mrr":1,"currency":"BRL","effective_at":"2026-03-03"}`))
	k.want(touched(), "accounts 2025-12-01", "accounts 2026-01-08", "accounts 2026-02-01", "changes 2026-01-08", "changes 2026-02-08",
		"events 2026-01-08", "events 2026-02-08", "signed 2026-01-08", "subscriptions 2026-03-03")
	mark = k.f.LastKnown()
	k.clock.now = k.clock.now.Add(time.Hour)
	k.add(k.group("2026-02-09 09:00", "", "globex", `{"test":true}`))
	k.want(touched(), "changes 2026-02-09", "events 2026-02-09", "exclusions 1970-01-01")
	keys, err := k.f.Attributes(ctx)
	if err != nil || fmt.Sprint(keys) != "[active created_at plan size test]" {
		t.Fatal(keys, err)
	}
	vals, err := k.f.AttributeValues(ctx, "plan", 10)
	if err != nil || fmt.Sprint(vals) != "[pro free]" {
		t.Fatal(vals, err)
	}
	st, err := k.f.Stats(ctx)
	if err != nil || st.Events != 11 || len(st.Sources) != 1 || st.Sources[0].Events != 11 || !st.Sources[0].Last.Equal(k.clock.now) && st.Sources[0].Last.After(st.Known) {
		t.Fatalf("%+v %v", st, err)
	}
}

// testRestart: what was not settled when the log was closed is settled after,
// and what happened before a restart still moves.
func testRestart(t *testing.T, k *kit) {
	again := func() {
		if err := k.f.Close(); err != nil {
			t.Fatal(err)
		}
		k.start("UTC")
	}
	k.start("UTC")
	k.add(k.track("2026-02-01 09:00", "anon:a", "", "Used", ""), k.track("2026-02-02 09:00", "ana", "", "Used", ""), k.track("2026-02-02 09:00", "anon:b", "", "Used", ""))
	k.add(k.identify("2026-02-03 09:00", "a", "ana", ""), k.group("2026-02-02 08:00", "ana", "acme", ""))
	again()
	k.settle()
	k.want(k.rows(allActivity, wide(), nil), "2026-02-01||ana|Used|1|0|", "2026-02-02|acme|ana|Used|1|0|", "2026-02-02||anon:b|Used|1|0|")
	again()
	k.add(k.identify("2026-02-03 10:00", "b", "ana", ""))
	k.settle()
	k.add(k.group("2026-02-01 08:00", "ana", "globex", ""))
	k.settle()
	k.want(k.rows(allActivity, wide(), nil), "2026-02-01|globex|ana|Used|1|0|", "2026-02-02|acme|ana|Used|2|0|")
	again()
	k.settle()
	k.want(k.rows("SELECT account, created_day FROM {{accounts}} a", wide(), nil), "acme|2026-02-02", "globex|2026-02-01")
	if days, err := k.f.Repair(t.Context()); err != nil || len(days) != 0 {
		t.Fatal(days, err)
	}
}
