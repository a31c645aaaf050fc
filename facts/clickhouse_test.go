package facts

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/test/clickhouse"
)

// The tests with ClickHouse belong to the full run: -short is for what needs
// nothing installed.

func TestClickHouse(t *testing.T) {
	if !testing.Short() {
		exercise(t, clickOpener(clickhouse.Reuse))
	}
}

func TestClickHouseShards(t *testing.T) {
	if !testing.Short() {
		exercise(t, clickOpener(clickhouse.ReuseShards))
	}
}

func clickOpener(start func(testing.TB) string) func(*testing.T) opener {
	return func(outer *testing.T) opener {
		dsn := map[string]string{}
		return func(t *testing.T, c Config, name string) *Facts {
			if dsn[name] == "" {
				dsn[name] = start(outer)
			}
			c.ClickHouse = dsn[name]
			f, err := Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
	}
}

// onClick runs the test on a server and on a cluster of two shards.
func onClick(t *testing.T, f func(t *testing.T, e *click, dsn string)) {
	if testing.Short() {
		return
	}
	for name, start := range map[string]func(testing.TB) string{"one": clickhouse.Start, "shards": clickhouse.StartShards} {
		t.Run(name, func(t *testing.T) {
			dsn := start(t)
			f(t, openTestClick(t, dsn), dsn)
		})
	}
}

func openTestClick(t *testing.T, dsn string) *click {
	t.Helper()
	e, err := openClickHouse(t.Context(), Config{ClickHouse: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.close() })
	return e
}

// testCommit is a batch of events, an activity row each, and its end.
func testCommit(batch int64, n int) *commit {
	c := newCommit()
	c.batch = batch
	known := time.UnixMilli(batch * 1000).UTC()
	for i := range n {
		at := farol.Date(2026, time.Month(i%3+1), 10).UTC()
		account := fmt.Sprintf("%c inc", rune('a'+i%7))
		addEvent(c, fmt.Sprint(batch, "/", i), account, at, known)
		c.add(activity, at, known, at, account, "p", uint64(i), "e", int64(1), int64(0))
	}
	return c
}

func addEvent(c *commit, id, account string, at, known time.Time) {
	values := make([]any, len(events.columns)-1)
	for i, col := range events.columns[1:] {
		values[i] = map[colType]any{
			tText: "", tInt: int64(0), tHash: uint64(0), tFloat: 0.0, tBool: true, tDay: at, tInstant: at,
		}[col.kind] // nil for the types that may be null
	}
	values[events.index("id")-1], values[events.index("account")-1] = []byte(id), account
	values[events.index("known")-1] = known
	c.add(events, values...)
}

func finish(c *commit) *commit {
	c.add(batches, time.UnixMilli(c.batch*1000).UTC(), int64(len(c.of(events))), int64(0))
	return c
}

func mustApply(t *testing.T, e *click, c *commit) {
	t.Helper()
	if err := e.apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// line runs a query of one row and writes its cells.
func line(t *testing.T, e engine, text string) string {
	t.Helper()
	rows, err := e.query(context.Background(), text, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	cols, _ := rows.Columns()
	out := make([]string, len(cols))
	values, at := make([]any, len(cols)), make([]any, len(cols))
	for i := range values {
		at[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			out[i] = cell(v)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

const counts = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM activity), (SELECT sum(n) FROM activity), (SELECT count(*) FROM batches)"

func TestClickInsertAgainChangesNothing(t *testing.T) {
	onClick(t, func(t *testing.T, e *click, _ string) {
		c := finish(testCommit(1, 50))
		for range 2 { // the second is a retry after a lost answer
			for _, tab := range []*table{events, activity, batches} {
				if err := e.insert(t.Context(), tab, c, "token"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := line(t, e, counts); got != "50 50 50 1" {
			t.Errorf("after the same inserts twice: %s", got)
		}
	})
}

func TestClickFailedBatchLeavesNothing(t *testing.T) {
	onClick(t, func(t *testing.T, e *click, _ string) {
		mustApply(t, e, finish(testCommit(1, 10)))
		hide, show := "RENAME TABLE activity TO hidden", "RENAME TABLE hidden TO activity"
		if err := e.exec(t.Context(), hide); err != nil {
			t.Fatal(err)
		}
		if err := e.apply(t.Context(), finish(testCommit(2, 20))); err == nil {
			t.Fatal("applied without a table")
		}
		if err := e.exec(t.Context(), show); err != nil {
			t.Fatal(err)
		}
		mustApply(t, e, finish(testCommit(2, 5))) // the number again, with other rows
		if got := line(t, e, counts); got != "15 15 15 2" {
			t.Errorf("after a failed batch and another: %s", got)
		}
	})
}

func TestClickReopensAndTellsTheUnfinished(t *testing.T) {
	onClick(t, func(t *testing.T, e *click, dsn string) {
		mustApply(t, e, finish(testCommit(1, 10)))
		mustApply(t, e, testCommit(2, 20)) // died before its row in batches
		e = openTestClick(t, dsn)
		got, err := e.unfinished(t.Context())
		if err != nil || fmt.Sprint(got) != "[2]" {
			t.Fatalf("unfinished: %v, %v", got, err)
		}
		if err := e.forget(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		if got := line(t, e, counts); got != "30 10 10 1" {
			t.Errorf("after forget: %s", got)
		}
		again := finish(testCommit(2, 20))
		again.rows[events.number] = nil // they are there
		mustApply(t, e, again)
		if got := line(t, e, counts); got != "30 30 30 2" {
			t.Errorf("after applying again: %s", got)
		}
		if got, err := e.unfinished(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("unfinished: %v, %v", got, err)
		}
	})
}

func TestClickReplacesActivityOfDays(t *testing.T) {
	onClick(t, func(t *testing.T, e *click, _ string) {
		for b := range int64(3) {
			mustApply(t, e, finish(testCommit(b+1, 30)))
		}
		// January and February up to batch 2 become one row for each account and day.
		days := farol.Period{From: farol.Date(2026, 1, 10), To: farol.Date(2026, 2, 11)}
		const merged = `SELECT max(batch) AS b, day, max(known) AS k, max(known_day) AS kd, account, person, min(who) AS w, event, sum(n) AS s, sum(millis) AS m
			FROM activity WHERE day >= {from:Date} AND day < {to:Date} AND batch <= {upto:Int64} GROUP BY day, account, person, event`
		for range 2 { // the second time finds it done
			err := e.replaceActivity(t.Context(), days, 2, merged, map[string]any{"from": days.From, "to": days.To, "upto": int64(2)})
			if err != nil {
				t.Fatal(err)
			}
			// 2 days x 7 accounts, 20 rows of batch 3 there, 30 rows of March.
			if got := line(t, e, "SELECT count(*), sum(n) FROM activity"); got != "64 90" {
				t.Errorf("rows and sum: %s", got)
			}
		}
		none := merged + " HAVING false"
		if err := e.replaceActivity(t.Context(), days, 3, none, map[string]any{"from": days.From, "to": days.To, "upto": int64(3)}); err != nil {
			t.Fatal(err)
		}
		if got := line(t, e, "SELECT count(*), sum(n) FROM activity"); got != "30 30" {
			t.Errorf("after emptying two months: %s", got)
		}
	})
}

func TestClickRewritesATable(t *testing.T) {
	onClick(t, func(t *testing.T, e *click, _ string) {
		mustApply(t, e, finish(testCommit(1, 30)))
		var cols []string
		for _, c := range activity.columns {
			cols = append(cols, map[string]string{"day": "addDays(day, 20) AS day"}[c.name])
			if cols[len(cols)-1] == "" {
				cols[len(cols)-1] = c.name
			}
		}
		shift := "SELECT " + strings.Join(cols, ", ") + " FROM activity WHERE batch > {after:Int64} AND batch <= {last:Int64}"
		for n := range 2 {
			if err := e.rewrite(t.Context(), activity, shift, nil); err != nil {
				t.Fatal(err)
			}
			mustApply(t, e, finish(testCommit(int64(n+2), 3))) // goes on in the new table
		}
		if got := line(t, e, "SELECT count(*), toString(max(day)), countIf(day = '2026-01-10') FROM activity"); got != "36 2026-04-19 1" {
			t.Errorf("after two shifts by 20 days: %s", got)
		}
	})
}

func TestClickTakesListsOfAnyLength(t *testing.T) {
	if testing.Short() {
		return
	}
	e := openTestClick(t, clickhouse.Start(t))
	for _, n := range []int{0, longList - 1, longList, 20_000} {
		var texts []string
		var numbers []int64
		var hashes []uint64
		for i := range n {
			texts = append(texts, fmt.Sprint("a user's id \\ \n \x00 ", i))
			numbers = append(numbers, -int64(i))
			hashes = append(hashes, 1<<64-1-uint64(i))
		}
		rows, err := e.query(t.Context(), `SELECT (SELECT count(DISTINCT x) FROM (SELECT unnest({texts:Array(String)}) AS x) a),
			(SELECT count(*) FROM (SELECT unnest({numbers:Array(Int64)}) AS x) b WHERE b.x IN (SELECT unnest({numbers:Array(Int64)}))),
			(SELECT max(toNullable(x)) FROM (SELECT unnest({hashes:Array(UInt64)}) AS x) c), {last:String} IN (SELECT unnest({texts:Array(String)}))`,
			map[string]any{"texts": texts, "numbers": numbers, "hashes": hashes, "last": append([]string{""}, texts...)[n]})
		if err != nil {
			t.Fatalf("%d: %.2000v", n, err)
		}
		var nText, nNumber int64
		var top sql.Null[uint64]
		var in bool
		rows.Next()
		if err := rows.Scan(&nText, &nNumber, &top, &in); err != nil {
			t.Fatal(err)
		}
		rows.Close()
		if nText != int64(n) || nNumber != int64(n) || n > 0 && (top.V != 1<<64-1 || !in) {
			t.Errorf("%d: %d texts, %d numbers, top %d, in %v", n, nText, nNumber, top.V, in)
		}
	}
}

func TestClickLetsOneProcessWrite(t *testing.T) {
	onClick(t, func(t *testing.T, old *click, dsn string) {
		mustApply(t, old, finish(testCommit(1, 5)))
		e := openTestClick(t, dsn)
		if err := old.apply(t.Context(), finish(testCommit(2, 5))); err == nil || !strings.Contains(err.Error(), "another process") {
			t.Errorf("the process before still writes: %v", err)
		}
		mustApply(t, e, finish(testCommit(2, 7)))
		if got := line(t, old, counts); got != "12 12 12 2" {
			t.Errorf("rows: %s", got)
		}
	})
}

func TestClickRefusesWhatItCannotRead(t *testing.T) {
	if testing.Short() {
		return
	}
	dsn := clickhouse.Start(t)
	e := openTestClick(t, dsn)
	if err := e.exec(t.Context(), "ALTER TABLE batches MODIFY COMMENT 'facts, format 0'"); err != nil {
		t.Fatal(err)
	}
	if _, err := openClickHouse(t.Context(), Config{ClickHouse: dsn}); err == nil || !strings.Contains(err.Error(), "format 0") {
		t.Errorf("another format: %v", err)
	}
	for _, bad := range []string{"http://127.0.0.1:1/x", "clickhouse://default@127.0.0.1:1/x"} {
		if _, err := openClickHouse(t.Context(), Config{ClickHouse: bad}); err == nil {
			t.Errorf("%s was opened", bad)
		}
	}
}

func TestClickMakesItsDatabase(t *testing.T) {
	if testing.Short() {
		return
	}
	dsn := clickhouse.Start(t)
	name := dsn[strings.LastIndex(dsn, "/")+1:]
	other := strings.TrimSuffix(dsn, name) + name + "_made"
	e := openTestClick(t, other)
	mustApply(t, e, finish(testCommit(1, 1)))
	if err := e.exec(t.Context(), "DROP DATABASE "+name+"_made SYNC"); err != nil {
		t.Fatal(err)
	}
}
