package facts

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// rollingText counts the people active in 1, 7 and 28 days up to each day in
// one pass: a day of somebody counts until his next one, or until the window
// ends. Days and gaps are few, so all the rest is small.
const rollingText = `WITH nexts AS (
  SELECT p.day AS day, least(coalesce(lead(toNullable(p.day)) OVER (PARTITION BY p.key ORDER BY p.day) - p.day, 28), 28) AS gap FROM {{present 27}} p WHERE p.key <> 0
), gaps AS (
  SELECT n.day AS day, n.gap AS gap, i64(count(*)) AS c FROM nexts n WHERE n.gap > 0 GROUP BY n.day, n.gap
), changes_of AS (
  SELECT g.day AS d, g.c AS c1, g.c AS c7, g.c AS c28 FROM gaps g
  UNION ALL SELECT addDaysN(g.day, 1), -g.c, 0, 0 FROM gaps g
  UNION ALL SELECT addDaysN(g.day, least(g.gap, 7)), 0, -g.c, 0 FROM gaps g
  UNION ALL SELECT addDaysN(g.day, g.gap), 0, 0, -g.c FROM gaps g
), byday AS (SELECT x.d AS d, i64(sum(x.c1)) AS c1, i64(sum(x.c7)) AS c7, i64(sum(x.c28)) AS c28 FROM changes_of x GROUP BY x.d)
SELECT b.d, i64(sum(b.c1) OVER w) AS dau, i64(sum(b.c7) OVER w) AS wau, i64(sum(b.c28) OVER w) AS mau FROM byday b WINDOW w AS (ORDER BY b.d) ORDER BY b.d`

// naiveText is the same question for a few days as a range join.
const naiveText = `SELECT q.d AS d, count(DISTINCT CASE WHEN a.day = q.d THEN a.person END) AS dau, count(DISTINCT CASE WHEN a.day > q.d - 7 THEN a.person END) AS wau, count(DISTINCT a.person) AS mau
FROM (SELECT addDaysN({first:Date}, generate_series * 40) AS d FROM generate_series(0, 7)) q JOIN {{present 27}} a ON a.day <= q.d AND a.day > q.d - 28 GROUP BY q.d ORDER BY q.d`

// BenchmarkRolling measures exact 1, 7 and 28-day active people for each day
// of a year with 20 active days per person, against the plain range join of 8
// of those days. FAROL_BENCH_PEOPLE=1000000 is the size that is promised.
func BenchmarkRolling(b *testing.B) {
	f, err := Open(context.Background(), Config{Threads: 2, MemoryLimit: "6GB"})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	people := benchPeople(b)
	_, err = f.eng.(*duck).db.Exec(fmt.Sprintf(`INSERT INTO activity SELECT 1, DATE '2024-12-05' + CAST(r AS INTEGER) AS day, TIMESTAMP '2026-01-01', DATE '2026-01-01',
'acc-' || (p %% 5000), 'user-' || p, hash(p + 1), 'Used', 1, 0 FROM (SELECT DISTINCT (hash(i) %% %d) AS p, (hash(i * 31 + 7) %% 392) AS r FROM range(%d) t(i)) ORDER BY r`, people, people*22))
	if err != nil {
		b.Fatal(err)
	}
	s := Scope{Period: farol.Period{From: day("2025-01-01"), To: day("2026-01-01")}}
	for b.Loop() {
		before := processorTime()
		fast, got := timed(b, f, rollingText, s)
		b.ReportMetric((processorTime() - before).Seconds(), "cpu-s-a-year")
		slow, want := timed(b, f, naiveText, s)
		for d, n := range want {
			if got[d] != n {
				b.Fatalf("%s: %s in one pass, %s by the range join", d, got[d], n)
			}
		}
		b.ReportMetric(fast.Seconds(), "s-a-year")
		b.ReportMetric(slow.Seconds()*365/8/fast.Seconds(), "x-range-join")
	}
}

func timed(b *testing.B, f *Facts, text string, s Scope) (time.Duration, map[string]string) {
	begun := time.Now()
	rows, err := f.Query(context.Background(), text, s, map[string]any{"active_all": true, "first": day("2025-01-10")})
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var d time.Time
		var n [3]int64
		if err := rows.Scan(&d, &n[0], &n[1], &n[2]); err != nil {
			b.Fatal(err)
		}
		out[d.Format(time.DateOnly)] = fmt.Sprint(n)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begun), out
}

// benchPeople is how many people the benchmark has.
func benchPeople(b *testing.B) int {
	n, err := strconv.Atoi(or(os.Getenv("FAROL_BENCH_PEOPLE"), "100000"))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// processorTime is what this process has used of all processors: unlike the
// clock it says the same on a busy machine.
func processorTime() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
