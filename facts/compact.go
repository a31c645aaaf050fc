package facts

import (
	"context"
	"strconv"
	"time"

	"github.com/farol-cs/farol"
)

// Compact merges the deltas that were learned before today: one row remains
// per day, local day of known, account, person and event. Reads do not change,
// except that a past day as it was known at an hour is then known to the day.
// It is cheap when nothing was learned yesterday that it has not merged.
func (f *Facts) Compact(ctx context.Context) error {
	today := farol.DayOf(f.now(), f.Zone())
	upTo, err := f.lastBatch(ctx, today.Start(f.Zone()))
	if err != nil || upTo == f.compacted.Load() {
		return err
	}
	var days []farol.Day
	err = f.eachDay(ctx, `SELECT DISTINCT d.day AS d FROM
(SELECT day, known_day FROM activity WHERE batch <= {upto:Int64} GROUP BY day, known_day HAVING count(DISTINCT batch) > 1) d ORDER BY d`,
		map[string]any{"upto": upTo}, func(d farol.Day) { days = append(days, d) })
	if err != nil {
		return err
	}
	for _, p := range runs(days) {
		if err := f.compactDays(ctx, p, upTo); err != nil {
			return err
		}
	}
	f.compacted.Store(upTo)
	return nil
}

// runs joins days in order into periods within a calendar month; what lies
// between two days that are near is taken along.
func runs(days []farol.Day) []farol.Period {
	const near = 7
	month := farol.Calendar{Zone: time.UTC}
	var out []farol.Period
	for _, d := range days {
		if n := len(out) - 1; n >= 0 && d-out[n].To < near && month.PeriodAt(farol.Monthly, d) == month.PeriodAt(farol.Monthly, out[n].From) {
			out[n].To = d + 1
			continue
		}
		out = append(out, farol.Period{From: d, To: d + 1})
	}
	return out
}

// lastBatch is the last batch known before the instant, 0 when there is none.
func (f *Facts) lastBatch(ctx context.Context, before time.Time) (upTo int64, err error) {
	err = f.one(ctx, `SELECT coalesce(max(toNullable(batch)), 0) AS b FROM batches WHERE known < {before:DateTime64(3)}`, map[string]any{"before": before}, &upTo)
	return upTo, err
}

func (f *Facts) compactDays(ctx context.Context, days farol.Period, upTo int64) error {
	query, err := f.eng.dialect().expand(`SELECT {upto:Int64} AS batch, a.day AS day, max(a.known) AS known, a.known_day AS known_day, a.account AS account, a.person AS person,
a.who AS who, a.event AS event, i64(sum(a.n)) AS n, i64(sum(a.millis)) AS millis FROM activity a
WHERE a.day >= {from:Date} AND a.day < {to:Date} AND a.batch <= {upto:Int64}
GROUP BY a.day, a.known_day, a.account, a.person, a.who, a.event HAVING sum(a.n) <> 0 OR sum(a.millis) <> 0`)
	if err != nil {
		return err
	}
	return f.eng.replaceActivity(ctx, days, upTo, query, map[string]any{"upto": upTo, "from": days.From, "to": days.To})
}

// resolvedDeltas are the deltas that the log and its moves say the rollup
// should hold, for events with {from} <= day < {to} and batch <= {upto}.
const resolvedDeltas = `(WITH e AS (
  SELECT source, id, hash, batch, known, day, CASE WHEN kind = 'track' THEN name ELSE '$' || kind END AS event, millis,
    CASE WHEN as_account <> '' THEN as_account ELSE account END AS account0,
    CASE WHEN as_person <> '' THEN as_person WHEN user_id <> '' THEN user_id WHEN anonymous <> '' THEN 'anon:' || anonymous ELSE '' END AS person0
  FROM events WHERE active = true AND day >= {from:Date} AND day < {to:Date} AND batch <= {upto:Int64}
), m AS (
  SELECT source, id, hash, batch, known, account AS account1, person AS person1 FROM moves WHERE day >= {from:Date} AND day < {to:Date} AND batch <= {upto:Int64}
), steps AS (
  SELECT e.source AS source, e.id AS id, e.hash AS hash, e.batch AS batch, e.known AS known, e.account0 AS account, e.person0 AS person FROM e
  UNION ALL SELECT m.source, m.id, m.hash, m.batch, m.known, m.account1, m.person1 FROM m
), runs AS (
  SELECT s.source AS source, s.id AS id, s.hash AS hash, s.account AS account, s.person AS person, s.known AS known, s.batch AS batch,
    lead(toNullable(s.known)) OVER (PARTITION BY s.hash, s.source, s.id ORDER BY s.batch) AS gone,
    lead(toNullable(s.batch)) OVER (PARTITION BY s.hash, s.source, s.id ORDER BY s.batch) AS gone_batch FROM steps s
), deltas AS (
  SELECT source, id, hash, account, person, known, batch, 1 AS sign FROM runs
  UNION ALL SELECT source, id, hash, account, person, gone, gone_batch, -1 FROM runs WHERE gone IS NOT NULL
) SELECT e.day AS day, d.known AS known, d.batch AS batch, d.account AS account, d.person AS person, e.event AS event, d.sign AS n, d.sign * e.millis AS millis
FROM deltas d JOIN e ON e.hash = d.hash AND e.source = d.source AND e.id = d.id WHERE d.account <> '' OR d.person <> '')`

// Repair recounts the log, compares it with the rollup day by day, and
// rebuilds the days that differ with what was known when. Running it on a
// sound log changes nothing.
func (f *Facts) Repair(ctx context.Context) (rebuilt []farol.Day, err error) {
	var first, last farol.Day
	n := 0
	err = f.eachDay(ctx, `SELECT min(day) AS d FROM events UNION ALL SELECT max(day) AS d FROM events`, nil, func(d farol.Day) {
		if n++; n == 1 {
			first, last = d, d
		}
		first, last = min(first, d), max(last, d)
	})
	if err != nil {
		return nil, err
	}
	upTo, err := f.lastBatch(ctx, maxTime)
	if err != nil || upTo == 0 {
		return nil, err
	}
	for _, month := range (farol.Calendar{Zone: time.UTC}).Cut(farol.Monthly, farol.Period{From: first, To: last + 1}) {
		wrong, err := f.wrongDays(ctx, month, upTo)
		if err != nil {
			return rebuilt, err
		}
		for _, d := range wrong {
			if err := f.rebuildDay(ctx, d, upTo); err != nil {
				return rebuilt, err
			}
			rebuilt = append(rebuilt, d)
		}
	}
	return rebuilt, f.repairFirsts(ctx)
}

// repairFirsts adds what the table of first days lacks.
func (f *Facts) repairFirsts(ctx context.Context) error {
	lost := newCommit()
	if err := f.mendFirsts(ctx, lost); err != nil || len(lost.of(firsts)) == 0 {
		return err
	}
	_, err := f.send(ctx, &request{ctx: ctx, rows: func(c *commit, known time.Time) {
		c.rows[firsts.number] = append(c.rows[firsts.number], lost.of(firsts)...)
		c.pairs = append(c.pairs, lost.pairs...)
	}})
	return err
}

// wrongDays lists the days of the period whose rollup is not the recount.
func (f *Facts) wrongDays(ctx context.Context, p farol.Period, upTo int64) (out []farol.Day, err error) {
	err = f.eachDay(ctx, `SELECT DISTINCT z.day AS d FROM (SELECT y.day AS day FROM (
SELECT x.day AS day, x.account AS account, x.person AS person, x.event AS event, i64(x.n) AS n, i64(x.millis) AS millis FROM `+resolvedDeltas+` x
UNION ALL SELECT a.day, a.account, a.person, a.event, -a.n, -a.millis FROM activity a WHERE a.day >= {from:Date} AND a.day < {to:Date} AND a.batch <= {upto:Int64}
) y GROUP BY y.day, y.account, y.person, y.event HAVING sum(y.n) <> 0 OR sum(y.millis) <> 0) z ORDER BY d`,
		map[string]any{"from": p.From, "to": p.To, "upto": upTo}, func(d farol.Day) { out = append(out, d) })
	return out, err
}

// rebuildDay writes the day anew. SQL has no hash that both engines share, so
// the persons' hashes are handed to it.
func (f *Facts) rebuildDay(ctx context.Context, d farol.Day, upTo int64) error {
	params := map[string]any{"from": d, "to": d + 1, "upto": upTo, "zone": f.Zone().String()}
	text, err := f.eng.dialect().expand("SELECT DISTINCT x.person AS person FROM " + resolvedDeltas + " x")
	if err != nil {
		return err
	}
	var whos []string
	err = eachText(ctx, f.eng, text, params, func(v []string) {
		whos = append(whos, strconv.FormatUint(keyOf(v[0]), 10)+" "+v[0])
	})
	if err != nil {
		return err
	}
	params["whos"] = whos
	query, err := f.eng.dialect().expand(`SELECT {upto:Int64} AS batch, x.day AS day, max(x.known) AS known, dayOf(x.known, {zone:String}) AS known_day, x.account AS account, x.person AS person,
w.who AS who, x.event AS event, i64(sum(x.n)) AS n, i64(sum(x.millis)) AS millis FROM ` + resolvedDeltas + ` x
JOIN (SELECT u64(splitPart(q.v, ' ', 1)) AS who, substring(q.v, position(' ' IN q.v) + 1) AS person FROM (SELECT unnest({whos:Array(String)}) AS v) q) w ON w.person = x.person
GROUP BY x.day, dayOf(x.known, {zone:String}), x.account, x.person, w.who, x.event HAVING sum(x.n) <> 0 OR sum(x.millis) <> 0`)
	if err != nil {
		return err
	}
	return f.eng.replaceActivity(ctx, farol.Period{From: d, To: d + 1}, upTo, query, params)
}

// eachDay runs an internal query that answers one column of days; nulls are
// left out.
func (f *Facts) eachDay(ctx context.Context, text string, params map[string]any, do func(farol.Day)) error {
	rows, err := f.internal(ctx, text, params)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t *time.Time
		if err := rows.Scan(&t); err != nil {
			return err
		}
		if t != nil {
			do(farol.Day(t.Unix() / 86400))
		}
	}
	return rows.Err()
}
