package metric

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// selfJoin is the triangle as one would first write it: the first week of each
// person, joined with everything that the person did.
const selfJoin = `WITH acts AS (SELECT p.person AS person, intDiv(dayNumber(p.day) - {origin:Int64}, 7) AS week FROM {{present 0}} AS p),
firsts AS (SELECT w.person AS person, min(w.week) AS week FROM acts AS w GROUP BY w.person)
SELECT f.week AS cohort, a.week - f.week AS step, i64(count(DISTINCT a.person)) AS n
FROM firsts AS f JOIN acts AS a ON a.person = f.person GROUP BY f.week, a.week - f.week`

// BenchmarkRetention measures the weekly triangle of a year of people with 22
// active days each, against the self-join, and checks that both say the same.
// FAROL_BENCH_PEOPLE=1000000 is the size that is promised.
func BenchmarkRetention(b *testing.B) {
	ctx := context.Background()
	people, err := strconv.Atoi(cmpOr(os.Getenv("FAROL_BENCH_PEOPLE"), "100000"))
	if err != nil {
		b.Fatal(err)
	}
	f := activeYear(b, people)
	r := New(loadCatalogue(b), f, Defaults)
	first := farol.Date(2025, time.January, 6)
	period := farol.Period{From: first, To: first + 52*7}
	r.SetClock(func() time.Time { return period.To.Start(time.UTC).Add(time.Hour) })
	// A running server has long known which days have facts.
	if _, err := r.Retention(ctx, RetentionRequest{Period: farol.Period{From: first, To: first + 7}}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r.triangles = cache[Retention]{}
		begun, before := time.Now(), processorTime()
		got, err := r.Retention(ctx, RetentionRequest{Period: period})
		if err != nil {
			b.Fatal(err)
		}
		fast := time.Since(begun)
		b.ReportMetric((processorTime() - before).Seconds(), "cpu-s-a-triangle")
		r.triangles = cache[Retention]{}
		begun = time.Now()
		if _, err := r.Retention(ctx, RetentionRequest{Period: period, By: "plan"}); err != nil {
			b.Fatal(err)
		}
		byPlan := time.Since(begun)
		begun, before = time.Now(), processorTime()
		rows, err := f.Query(ctx, selfJoin, facts.Scope{Period: period}, map[string]any{"active_all": true, "origin": int64(first)})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for rows.Next() {
			var cohort, step int
			var want float64
			if err := rows.Scan(&cohort, &step, &want); err != nil {
				b.Fatal(err)
			}
			if have := got.Cohorts[cohort].Cells[step].Retained; have != want {
				b.Fatalf("cohort %d, step %d: %v in one pass, %v by the self-join", cohort, step, have, want)
			}
			n++
		}
		if err := rows.Err(); err != nil || n < 500 {
			b.Fatalf("%d cells: %v", n, err)
		}
		rows.Close()
		slow := time.Since(begun)
		b.ReportMetric((processorTime() - before).Seconds(), "cpu-s-a-self-join")
		b.ReportMetric(fast.Seconds(), "s-a-triangle")
		b.ReportMetric(byPlan.Seconds(), "s-by-plan")
		b.ReportMetric(slow.Seconds()/fast.Seconds(), "x-self-join")
	}
}

// processorTime is what this process has used of all processors: unlike the
// clock it says the same on a busy machine.
func processorTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// activeYear is facts with so many people of 5000 accounts, who are active on
// 22 random days of 364. They are put where intake would put them.
func activeYear(b *testing.B, people int) *facts.Facts {
	b.Helper()
	ctx := context.Background()
	c := facts.Config{Path: filepath.Join(b.TempDir(), "facts.duckdb"), Threads: 2, MemoryLimit: "6GB"}
	open := func() *facts.Facts {
		f, err := facts.Open(ctx, c)
		if err != nil {
			b.Fatal(err)
		}
		return f
	}
	f := open()
	at := time.Date(2025, time.January, 6, 0, 30, 0, 0, time.UTC)
	var plans []farol.Event
	for i := range 100 {
		plans = append(plans, farol.Event{ID: fmt.Sprint(i), Source: "s", Kind: farol.Group, Account: farol.AccountID(fmt.Sprintf("acc-%d", i)),
			At: at, Known: at, Properties: []byte(`{"plan":"pro"}`)})
	}
	backfill(b, f, plans)
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	connector, err := duckdb.NewConnector(c.Path, nil)
	if err != nil {
		b.Fatal(err)
	}
	db := sql.OpenDB(connector)
	_, err = db.Exec(fmt.Sprintf(`INSERT INTO activity SELECT 1, DATE '2025-01-06' + CAST(r AS INTEGER) AS day, TIMESTAMP '2025-01-06', DATE '2025-01-06',
'acc-' || (p %% 5000), 'user-' || p, hash(p + 1), 'Used', 1, 0 FROM (SELECT DISTINCT (hash(i) %% %d) AS p, (hash(i * 31 + 7) %% 364) AS r FROM range(%d) t(i)) ORDER BY r`, people, people*22))
	if err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	f = open()
	b.Cleanup(func() { f.Close() })
	return f
}
