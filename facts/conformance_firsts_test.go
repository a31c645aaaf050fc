package facts

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// firstsWant walks over the daily rollup: the first day of each person with
// an event that counts, where it is not before the period.
func (k *kit) firstsWant(s Scope, active []string) []string {
	k.Helper()
	first := map[string]string{}
	for _, row := range k.rows("SELECT person, day, event FROM {{activityAll}} a WHERE person <> ''", s, nil) {
		cells := strings.Split(row, "|")
		if old, ok := first[cells[0]]; (!ok || cells[1] < old) && (active == nil || slices.Contains(active, cells[2])) {
			first[cells[0]] = cells[1]
		}
	}
	var out []string
	for person, d := range first {
		if day(d) >= s.Period.From {
			out = append(out, person+"|"+d)
		}
	}
	return out
}

func (k *kit) firstsGot(s Scope, active []string) []string {
	k.Helper()
	params := map[string]any{"active_all": active == nil, "active_events": active}
	return k.rows("SELECT person, first_day FROM {{firsts 0}} f", s, params)
}

// checkFirsts reads the first days in every way in which they are read.
func (k *kit) checkFirsts(when string, instants []time.Time) {
	k.Helper()
	for _, from := range []string{"2020-01-01", "2026-02-05", "2026-02-11"} {
		for i, known := range append(instants, time.Time{}) {
			s := Scope{Period: farol.Period{From: day(from), To: day("2026-02-14")}, Known: known}
			if i%2 == 0 {
				s.AsOf = day("2026-02-10")
			}
			if i%3 == 0 {
				s.ExcludePeople, s.ExcludeAccounts = []string{"u1"}, []string{"c2"}
			}
			for _, active := range [][]string{nil, {"Report Created"}} {
				got, want := k.firstsGot(s, active), k.firstsWant(s, active)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					k.Fatalf("%s: from %s, as of %v, known %v, active %v:\n got %v\nwant %v", when, from, s.AsOf, known, active, got, want)
				}
			}
		}
	}
}

// testFirsts: the first days are those of the rollup at any instant, whatever
// came late, was joined or moved, and after everything that upkeep does.
func testFirsts(t *testing.T, k *kit) {
	ctx := context.Background()
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 41))
		k.seq = 0
		k.at("2026-02-14 12:00")
		name := fmt.Sprint("firsts", seed)
		c := Config{Zone: time.UTC, Now: func() time.Time { return k.clock.now }}
		k.f = k.open(k.T, c, name)
		_, embedded := k.f.eng.(*duck)
		if !embedded && seed > 0 {
			break
		}
		es := k.random(rng, 150)
		if seed == 2 { // in order of time, each known on its own day: nearly nothing is late
			slices.SortFunc(es, func(a, b farol.Event) int { return a.At.Compare(b.At) })
		}
		var instants []time.Time
		for i := 0; i < len(es); i += 25 {
			batch := es[i:min(len(es), i+25)]
			k.clock.now = k.clock.now.Add(time.Hour)
			if seed == 2 {
				k.clock.now = batch[len(batch)-1].At
			}
			k.add(batch...)
			if i%2 == 0 {
				k.settle()
			}
			instants = append(instants, k.f.LastKnown())
		}
		k.settle()
		if !embedded {
			instants = instants[3:4]
		}
		k.checkFirsts("taken in", instants)
		if err := k.f.Close(); err != nil {
			t.Fatal(err)
		}
		k.f = k.open(k.T, c, name)
		k.clock.now = k.clock.now.AddDate(0, 0, 2)
		k.add(k.track("2026-02-01 00:00", "u3", "c1", "Report Created", ""), k.track("2026-02-13 00:00", "fresh", "", "Report Created", ""))
		k.checkFirsts("opened again", nil)
		if err := k.f.Compact(ctx); err != nil {
			t.Fatal(err)
		}
		k.checkFirsts("compacted", nil)
		k.breakFirsts(name, c)
		if err := k.f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// breakFirsts takes days out of the rollup and puts them back by Repair, and
// on the embedded engine opens a log that has no first days at all.
func (k *kit) breakFirsts(name string, c Config) {
	k.Helper()
	ctx := context.Background()
	var n int64
	count := func() int64 {
		if err := k.f.one(ctx, "SELECT i64(count(*)) AS n FROM first_days", nil, &n); err != nil {
			k.Fatal(err)
		}
		return n
	}
	before := count()
	if days, err := k.f.Repair(ctx); err != nil || len(days) != 0 || count() != before {
		k.Fatalf("a sound log was repaired: %v %v, %d first days are %d", days, err, before, n)
	}
	d, ok := k.f.eng.(*duck)
	if !ok {
		return
	}
	if _, err := d.writer.ExecContext(ctx, "DELETE FROM first_days WHERE day < DATE '2026-02-06'"); err != nil {
		k.Fatal(err)
	}
	if _, err := k.f.Repair(ctx); err != nil {
		k.Fatal(err)
	}
	k.checkFirsts("repaired", nil)
	if _, err := d.writer.ExecContext(ctx, "DELETE FROM first_days"); err != nil {
		k.Fatal(err)
	}
	if err := k.f.Close(); err != nil {
		k.Fatal(err)
	}
	k.f = k.open(k.T, c, name)
	k.checkFirsts("a log from before there were first days", nil)
}

// testCreated: the creation that is said of a person counts when it is
// earlier; who is excluded no longer is as new as ever.
func testCreated(t *testing.T, k *kit) {
	k.start("UTC")
	k.at("2026-03-01 12:00")
	k.add(k.track("2026-02-03 10:00", "ana", "acme", "Report Created", ""), k.track("2026-02-04 10:00", "ben", "acme", "Report Created", ""),
		k.track("2026-02-05 10:00", "cid", "acme", "Report Created", ""))
	s := Scope{Period: farol.Period{From: day("2026-02-01"), To: day("2026-03-01")}}
	k.want(k.firstsGot(s, nil), "ana|2026-02-03", "ben|2026-02-04", "cid|2026-02-05")
	since := k.f.LastKnown()
	k.at("2026-03-02 12:00")
	k.add(k.identify("2026-03-02 10:00", "", "ana", `{"created_at":"2025-12-24"}`), k.identify("2026-03-02 10:00", "", "ben", `{"created_at":"2026-02-20"}`),
		k.identify("2026-03-02 10:00", "", "cid", `{"staff":true}`))
	k.want(k.firstsGot(s, nil), "ben|2026-02-04")
	then := s
	then.Known = since
	k.want(k.firstsGot(then, nil), "ana|2026-02-03", "ben|2026-02-04", "cid|2026-02-05")
	touched := func() (out []string) {
		ts, err := k.f.Touched(context.Background(), since, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range ts {
			if x.Table == "people" {
				out = append(out, x.Day.String())
			}
		}
		return out
	}
	k.want(touched(), "2025-12-24", "2026-02-03", "2026-02-04", "2026-02-20")
	since = k.f.LastKnown()
	k.at("2026-03-03 12:00")
	k.add(k.identify("2026-03-03 10:00", "", "ana", `{"created_at":"2025-12-24"}`), k.identify("2026-03-03 10:00", "", "cid", `{"staff":false}`))
	k.want(touched())
	k.want(k.firstsGot(s, nil), "ben|2026-02-04", "cid|2026-02-05")
	k.at("2026-03-04 12:00")
	k.add(k.alias("2026-03-04 10:00", "ana", "cid"))
	k.settle()
	k.want(k.firstsGot(s, nil), "ben|2026-02-04")
	k.want(touched(), "2025-12-24", "2026-02-03", "2026-02-05")
}
