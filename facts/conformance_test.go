package facts

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// An opener opens the facts of one engine. Opened twice with one name in one
// test it opens the same facts again.
type opener func(t *testing.T, c Config, name string) *Facts

func TestDuckDB(t *testing.T) {
	exercise(t, func(t *testing.T) opener {
		dir := t.TempDir()
		return func(t *testing.T, c Config, name string) *Facts {
			c.Path, c.Threads, c.MemoryLimit = filepath.Join(dir, name+".duckdb"), 2, "500MB"
			f, err := Open(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
	})
}

// exercise is the suite that every engine passes.
func exercise(t *testing.T, engine func(t *testing.T) opener) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, k *kit)
	}{
		{"append and read", testAppend},
		{"dedupe", testDedupe},
		{"identity", testIdentity},
		{"membership", testMembership},
		{"order does not matter", testOrder},
		{"exclusions", testExclusions},
		{"attributes", testAttributes},
		{"subscriptions", testSubscriptions},
		{"stays", testStays},
		{"costs", testCosts},
		{"invoices", testInvoices},
		{"invoice words", testInvoiceWords},
		{"movements", testMovements},
		{"cohort and committed", testCohort},
		{"answers and tickets", testAnswers},
		{"tickets", testTickets},
		{"leads, trials, referrals, deliveries", testJourneys},
		{"invitations", testInvited},
		{"restart", testRestart},
		{"backfill", testBackfill},
		{"compact and repair", testCompact},
		{"first days", testFirsts},
		{"creation of people", testCreated},
		{"history, measures, rejections", testSaved},
		{"touched and stats", testTouched},
		{"the ledger", testLedger},
		{"what was learned", testLearned},
		{"segments", testSegmentFacts},
		{"reads of accounts", testAccountReads},
		{"what happened", testHappened},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &kit{T: t, open: engine(t), clock: &clock{now: ts("2026-03-01 12:00")}}
			c.run(t, k)
		})
	}
}

// A kit is what a test of the suite works with.
type kit struct {
	*testing.T
	open  opener
	clock *clock
	f     *Facts
	seq   int
}

type clock struct{ now time.Time }

func ts(s string) time.Time {
	for _, layout := range []string{"2006-01-02 15:04:05.000", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	panic("not a time: " + s)
}

func day(s string) farol.Day {
	d, err := farol.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

// start opens the facts in a zone; they are closed with the test.
func (k *kit) start(zone string) *Facts {
	k.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		k.Fatal(err)
	}
	k.f = k.open(k.T, Config{Zone: z, Now: func() time.Time { return k.clock.now }}, "facts")
	f := k.f
	k.Cleanup(func() { f.Close() })
	return k.f
}

// at moves the clock: what is appended next is known then.
func (k *kit) at(s string) { k.clock.now = ts(s) }

// track makes a track event with a new id; who is user:x, anon:x or "".
func (k *kit) track(when, who, account, name, properties string) farol.Event {
	k.seq++
	e := farol.Event{ID: fmt.Sprintf("e%06d", k.seq), Source: "web", Kind: farol.Track, Name: name, At: ts(when), Account: farol.AccountID(account)}
	if properties != "" {
		e.Properties = json.RawMessage(properties)
	}
	if a, ok := strings.CutPrefix(who, "anon:"); ok {
		e.Anonymous = farol.AnonymousID(a)
	} else {
		e.User = farol.PersonID(who)
	}
	return e
}

func (k *kit) identify(when, anonymous, user, traits string) farol.Event {
	e := k.track(when, user, "", "", traits)
	e.Kind, e.Anonymous = farol.Identify, farol.AnonymousID(anonymous)
	return e
}

func (k *kit) group(when, who, account, traits string) farol.Event {
	e := k.track(when, who, account, "", traits)
	e.Kind = farol.Group
	return e
}

func (k *kit) alias(when, previous, user string) farol.Event {
	e := k.track(when, user, "", "", "")
	e.Kind, e.PreviousID = farol.Alias, previous
	return e
}

func (k *kit) add(es ...farol.Event) Receipt {
	k.Helper()
	r, err := k.f.Append(context.Background(), Batch{Events: es})
	if err != nil {
		k.Fatal(err)
	}
	return r
}

func (k *kit) settle() {
	k.Helper()
	if err := k.f.Settle(context.Background()); err != nil {
		k.Fatal(err)
	}
}

// wide is a scope that holds everything.
func wide() Scope { return Scope{Period: farol.Period{From: day("2020-01-01"), To: day("2040-01-01")}} }

// rows runs a query and prints each row, its cells parted by a bar, sorted.
func (k *kit) rows(text string, s Scope, params map[string]any) []string {
	k.Helper()
	rows, err := k.f.Query(context.Background(), text, s, params)
	if err != nil {
		sql, _ := k.f.Explain(text, s, params)
		k.Fatalf("%v\n%s", err, sql)
	}
	defer rows.Close()
	cols, _ := rows.Columns()
	vals, ptrs := make([]any, len(cols)), make([]any, len(cols))
	for i := range vals {
		ptrs[i] = &vals[i]
	}
	out := []string{}
	for rows.Next() {
		if err := rows.Scan(ptrs...); err != nil {
			k.Fatal(err)
		}
		cells := make([]string, len(vals))
		for i, v := range vals {
			cells[i] = printed(v)
		}
		out = append(out, strings.Join(cells, "|"))
	}
	if err := rows.Err(); err != nil {
		k.Fatal(err)
	}
	sort.Strings(out)
	return out
}

// printed prints a value the same on both engines.
func printed(v any) string {
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer && !rv.IsNil() {
		return printed(rv.Elem().Interface())
	}
	switch v := v.(type) {
	case nil:
		return "null"
	case time.Time:
		if v = v.UTC(); v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly)
		}
		return v.Format("2006-01-02 15:04:05.000")
	case []byte:
		return string(v)
	}
	if rv.Kind() == reflect.Pointer {
		return "null"
	}
	return fmt.Sprint(v)
}

func (k *kit) want(got []string, want ...string) {
	k.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if strings.Join(got, "\n") == strings.Join(want, "\n") {
		return
	}
	var diff []string
	for _, x := range got {
		if !slices.Contains(want, x) {
			diff = append(diff, "+ "+x)
		}
	}
	for _, x := range want {
		if !slices.Contains(got, x) {
			diff = append(diff, "- "+x)
		}
	}
	k.Fatalf("%d rows, want %d (+ too much, - missing):\n%s", len(got), len(want), strings.Join(diff, "\n"))
}

const allActivity = "SELECT day, account, person, event, n, seconds, grp FROM {{activityAll}} a"

func testAppend(t *testing.T, k *kit) {
	k.start("America/Sao_Paulo")
	first := k.track("2026-03-01 02:30", "ana", "acme", "Report Created", `{"plan":"pro","seconds":12.5,"big":9007199254740993}`)
	second := k.track("2026-03-01 03:00", "anon:x1", "", "Report Created", "")
	page := k.track("2026-03-01 04:00", "ana", "acme", "Home", "")
	page.Kind = farol.Page
	silent := k.track("2026-03-01 04:00", "ana", "acme", "Heartbeat", `{"interactive":false}`)
	played := k.track("2026-03-01 04:00", "ana", "acme", "Report Created", `{"impersonated":true}`)
	played.Context = []byte(`{"impersonated":false}`)
	signed := k.track("2026-03-01 04:00", "ana", "acme", "Signed Up", `{"impersonated":true}`)
	r := k.add(first, second, page, silent, played, signed)
	if r.Accepted != 6 || r.Duplicates != 0 || !r.Known.Equal(k.clock.now) {
		t.Fatalf("receipt %+v", r)
	}
	// 02:30 UTC is the evening of the day before in São Paulo.
	k.want(k.rows(allActivity, wide(), nil),
		"2026-02-28|acme|ana|Report Created|1|12.5|", "2026-03-01||anon:x1|Report Created|1|0|", "2026-03-01|acme|ana|$page|1|0|")
	rows, next, err := k.f.Events(context.Background(), EventFilter{Limit: 3})
	if err != nil || len(rows) != 3 || next == "" {
		t.Fatal(len(rows), next, err)
	}
	rest, next, err := k.f.Events(context.Background(), EventFilter{Limit: 3, After: next})
	if err != nil || len(rest) != 3 || next != "" {
		t.Fatal(len(rest), next, err)
	}
	e := rest[2]
	if e.ID != first.ID || string(e.Properties) != string(first.Properties) || e.Day != day("2026-02-28") || e.Resolved != "acme" || e.Canonical != "ana" || !e.Late {
		t.Fatalf("%+v", e)
	}
	if rows[0].Late {
		t.Error("an event of today is not late")
	}
	k.want(k.rows("SELECT id, propStr(properties, 'plan') AS plan, propNum(properties, 'seconds') AS s FROM {{events}} e WHERE name = 'Report Created'", wide(), nil),
		"e000001|pro|12.5", "e000002|null|null", "e000005|null|null")
}

func testDedupe(t *testing.T, k *kit) {
	k.start("UTC")
	var es []farol.Event
	for i := range 1000 {
		es = append(es, k.track("2026-03-01 10:00", fmt.Sprint("p", i%50), "acme", "Used", ""))
	}
	twice := append(es[:len(es):len(es)], es[:100]...)
	if r := k.add(twice...); r.Accepted != 1000 || r.Duplicates != 100 {
		t.Fatalf("%+v", r)
	}
	if r := k.add(es[500:]...); r.Accepted != 0 || r.Duplicates != 500 {
		t.Fatalf("%+v", r)
	}
	other := es[0]
	other.Source = "mobile"
	if r := k.add(other); r.Accepted != 1 {
		t.Fatal("the same id from another source is another event")
	}
	if err := k.f.Close(); err != nil {
		t.Fatal(err)
	}
	k.start("UTC")
	for i := 0; i < 1000; i += 300 {
		if r := k.add(es[i:min(1000, i+300)]...); r.Accepted != 0 {
			t.Fatalf("after a restart: %+v", r)
		}
	}
	k.want(k.rows("SELECT i64(sum(n)) AS n FROM {{activity}} a", wide(), nil), "1001")
	k.clock.now = k.clock.now.AddDate(0, 0, 31)
	if r := k.add(es[0]); r.Accepted != 1 {
		t.Fatal("after the window the id is forgotten")
	}
}

func testIdentity(t *testing.T, k *kit) {
	k.start("UTC")
	k.at("2026-03-01 10:00")
	k.add(k.track("2026-03-01 09:00", "anon:a1", "", "Visited", ""), k.track("2026-03-01 09:10", "anon:a2", "acme", "Visited", ""))
	before := k.clock.now
	k.at("2026-03-02 10:00")
	k.add(k.identify("2026-03-02 09:00", "a1", "ana", ""), k.track("2026-03-02 09:05", "anon:a1", "", "Visited", ""))
	k.settle()
	k.want(k.rows(allActivity, wide(), nil), "2026-03-01|acme|anon:a2|Visited|1|0|", "2026-03-01||ana|Visited|1|0|", "2026-03-02||ana|Visited|1|0|")
	s := wide()
	s.Known = before
	k.want(k.rows(allActivity, s, nil), "2026-03-01|acme|anon:a2|Visited|1|0|", "2026-03-01||anon:a1|Visited|1|0|")
	// A circle, a self alias and a repeated identify are harmless.
	k.add(k.alias("2026-03-02 11:00", "a2", "ana"), k.alias("2026-03-02 11:01", "ana", "ana"), k.alias("2026-03-02 11:02", "ana", "a1"),
		k.identify("2026-03-02 12:00", "a1", "ana", ""), k.alias("2026-03-02 11:03", "a1", "ana"))
	k.settle()
	got := k.rows("SELECT DISTINCT person FROM {{activity}} a", wide(), nil)
	if len(got) != 1 {
		t.Fatalf("one person expected, not %v", got)
	}
	rows, _, err := k.f.Events(context.Background(), EventFilter{Person: "anon:a2"})
	if err != nil || len(rows) < 4 {
		t.Fatal(len(rows), err)
	}
	for _, r := range rows {
		if r.Kind == farol.Track && string(r.Canonical) != got[0] {
			t.Errorf("%s is listed as %s", r.ID, r.Canonical)
		}
	}
}

func testMembership(t *testing.T, k *kit) {
	k.start("UTC")
	k.add(k.group("2026-03-01 09:00", "ana", "acme", `{"name":"Acme"}`), k.track("2026-03-01 09:30", "ana", "", "Used", ""))
	k.add(k.track("2026-03-01 10:30", "ana", "", "Used", ""), k.track("2026-03-01 10:31", "ana", "globex", "Used", ""), k.track("2026-03-01 08:00", "ana", "", "Used", ""))
	k.want(k.rows(allActivity, wide(), nil), "2026-03-01|acme|ana|Used|2|0|", "2026-03-01|globex|ana|Used|1|0|", "2026-03-01||ana|Used|1|0|")
	// Back-dated: from 10:00 on she was in globex.
	k.add(k.identify("2026-03-01 10:00", "", "ana", `{"company":{"id":"globex"}}`))
	k.settle()
	k.want(k.rows(allActivity, wide(), nil), "2026-03-01|acme|ana|Used|1|0|", "2026-03-01|globex|ana|Used|2|0|", "2026-03-01||ana|Used|1|0|")
	rows, _, err := k.f.Events(context.Background(), EventFilter{Account: "globex", Name: "Used"})
	if err != nil || len(rows) != 2 {
		t.Fatal(len(rows), err)
	}
	k.want(k.rows("SELECT account, person FROM {{events}} e WHERE name = 'Used'", wide(), nil), "acme|ana", "globex|ana", "globex|ana", "|ana")
}
