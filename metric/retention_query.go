package metric

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// The triangle is one query and one pass. Every unit gets a set of bits, one
// for each interval in which it came back; a cell is how many units have its
// bit. Nothing is joined with itself.
//
// The bits are those of the calendar's intervals, counted from the first
// start (column N of a unit that started in i is bit i+N), where what somebody
// did can be put into its interval without looking at the start. For brackets
// and 24-hour windows they are those of the columns.

// bitsPerWord is how many bits a signed 64-bit word holds on both engines
// without an overflow.
const bitsPerWord = 62

// byColumn tells that the bits are those of columns.
func (p *retention) byColumn() bool {
	return p.q.Kind == ReturnBrackets || p.q.Interval == Hours24
}

// words is how many words hold the bits: none where only the last return is
// asked for.
func (p *retention) words() int {
	if p.q.Kind == ReturnOrAfter {
		return 0
	}
	return (p.bits() + bitsPerWord - 1) / bitsPerWord
}

// fast tells that one pass over the active days answers everything: nobody
// says when it was created, and no attribute of the first day is asked for.
func (p *retention) fast() bool {
	return p.q.Unit == RetainPeople && p.q.Start.zero() && p.q.Return.zero() && !p.q.Recurring && !p.byColumn() &&
		p.By == "" && len(p.Filters) == 0 && !p.born
}

// indexText numbers the interval of a day among all since 1970.
func (p *retention) indexText(day string) string {
	switch p.q.grain() {
	case farol.Weekly:
		return fmt.Sprintf("intDiv(i64(dayNumber(%s)) - {week_shift:Int64}, 7)", day)
	case farol.Monthly:
		return fmt.Sprintf("i64(year(%[1]s)) * 12 + i64(month(%[1]s))", day)
	}
	return fmt.Sprintf("i64(dayNumber(%s))", day)
}

// onLog tells that the events of a side have to be read from the log: it
// alone has properties, instants, and what is no use of the product.
func (p *retention) onLog(s EventSet) bool {
	for _, name := range s.Events {
		if !facts.CountsAsUse(name) {
			return true
		}
	}
	return len(s.Where) > 0 || p.q.Interval == Hours24
}

// keyed tells that people are told apart by their 64-bit key, which only the
// rollup has.
func (p *retention) keyed() bool {
	return p.q.Unit == RetainPeople && !p.onLog(p.q.Start) && !p.onLog(p.q.Return)
}

// source is what was done by the side's event set, of everybody: who (to join
// by), unit (its id), acc, d (the day), n (times), and ms on the log.
func (p *retention) source(side string, s EventSet) string {
	unit := "person"
	if p.q.Unit == RetainAccounts {
		unit = "account"
	}
	if p.onLog(s) {
		return p.logSource(side, s, unit)
	}
	who, some := "v."+unit, "v."+unit+" <> ''"
	if p.keyed() {
		who, some = "v.key", "v.key <> 0"
	}
	if s.zero() {
		return fmt.Sprintf(`SELECT %s AS who, v.%s AS unit, v.account AS acc, v.day AS d, 1 AS n FROM {{present 0 "unfiltered"}} AS v WHERE %s`, who, unit, some)
	}
	which := "({active_all:Bool} OR has({active_events:Array(String)}, v.event))"
	if len(s.Events) > 0 {
		which = fmt.Sprintf("has({%s_events:Array(String)}, v.event)", side)
	}
	return fmt.Sprintf(`SELECT %s AS who, v.%s AS unit, v.account AS acc, v.day AS d, v.n AS n FROM {{activity 0 "unfiltered"}} AS v WHERE %s AND %s`, who, unit, some, which)
}

// logSource is source from the log.
func (p *retention) logSource(side string, s EventSet, unit string) string {
	// A page view is called $page, as in the setting active.
	const name = "CASE WHEN e.kind = 'page' OR e.kind = 'screen' THEN '$' || e.kind ELSE e.name END"
	which := "e.active AND ({active_all:Bool} OR has({active_events:Array(String)}, " + name + "))"
	if len(s.Events) > 0 {
		which = fmt.Sprintf("has({%[1]s_events:Array(String)}, %[2]s) AND (e.active OR has({%[1]s_told:Array(String)}, e.name))", side, name)
	}
	for i, f := range s.Where {
		which += fmt.Sprintf(" AND coalesce(propStr(e.properties, '%s'), '') IN (SELECT unnest({%s_where%d:Array(String)}))", f.Property, side, i)
	}
	return fmt.Sprintf(`SELECT e.%[1]s AS who, e.%[1]s AS unit, e.account AS acc, e.day AS d, 1 AS n, toMillis(e.ts) AS ms FROM {{events "unfiltered"}} AS e WHERE e.%[1]s <> '' AND %[2]s`, unit, which)
}

// begun is where everybody's start is worked out: who, unit, account, day
// and, for 24-hour windows, ms. First-time starts are one per unit, recurring
// ones one per unit and interval.
func (p *retention) begun() string {
	s := p.q.Start
	if s.zero() && !p.q.Recurring && p.q.Interval != Hours24 {
		if p.q.Unit == RetainAccounts {
			return `SELECT a.account AS who, a.account AS unit, a.account AS account, a.created_day AS day FROM {{accounts "unfiltered"}} AS a WHERE a.created_day <= {seen:Date}`
		}
		who := "b.person"
		if p.keyed() {
			who = "b.key"
		}
		return fmt.Sprintf(`SELECT %s AS who, b.person AS unit, b.account AS account, b.first_day AS day FROM {{people "unfiltered"}} AS b WHERE b.first_day <= {seen:Date}`, who)
	}
	// The account is that of the first of them, by the clock where there is one.
	order, ms, outerMs := "r.d", "", ""
	if p.q.Interval == Hours24 {
		order, ms, outerMs = "r.ms", ", min(r.ms) AS first_ms", ", min(q.first_ms) AS ms"
	}
	rows := p.source("start", s)
	inner := fmt.Sprintf(`SELECT r.who AS who, any_value(r.unit) AS unit, %s AS number_of, argMin(r.acc, (%s, r.acc)) AS first_acc, min(r.d) AS first_d%s
  FROM (%s) AS r%s GROUP BY r.who, 3 HAVING sum(r.n) >= {start_min:Int64}`, p.indexText("r.d"), order, ms, rows, p.startRange())
	if p.q.Recurring {
		return fmt.Sprintf("SELECT q.who AS who, q.unit AS unit, q.first_acc AS account, q.first_d AS day%s FROM (%s) AS q", strings.Replace(outerMs, "min(q.first_ms)", "q.first_ms", 1), inner)
	}
	return fmt.Sprintf("SELECT q.who AS who, any_value(q.unit) AS unit, argMin(q.first_acc, (q.number_of, q.first_acc)) AS account, min(q.first_d) AS day%s FROM (%s) AS q GROUP BY q.who", outerMs, inner)
}

// startRange bounds recurring starts to the cohorts; a first one is found
// among all.
func (p *retention) startRange() string {
	if !p.q.Recurring {
		return ""
	}
	return " WHERE r.d >= {first:Date} AND r.d < {end:Date}"
}

// units is the text, up to and including WITH ... units: one row for each
// unit and start, with of_group, unit, account, day, start_idx and its words or
// last_idx, the last interval or column in which it came back.
func (p *retention) units() string {
	if p.fast() {
		return p.fastUnits()
	}
	more, ms := "", ""
	if p.q.Interval == Hours24 {
		more, ms = ` "ms"`, ", b.ms AS begun_ms"
	}
	on := "c.who = s.who"
	if p.byColumn() {
		on += " AND c.start_of = s.start_idx"
	}
	return fmt.Sprintf(`WITH begun AS (
%s
),
starts AS (
  SELECT b.grp AS of_group, b.who AS who, b.unit AS unit, b.account AS account, b.day AS day, %s - {base:Int64} AS start_idx%s
  FROM {{valued "begun" "account" "day" "who" "unit"%s}} AS b WHERE b.day >= {first:Date} AND b.day < {end:Date}
),
came AS (
%s
),
units AS (
  SELECT s.of_group AS of_group, s.unit AS unit, s.account AS account, s.day AS day, s.start_idx AS start_idx%s
  FROM starts AS s LEFT JOIN came AS c ON %s
)`, p.begun(), p.indexText("b.day"), ms, more, p.came(), p.wordList(", coalesce(c.w%[1]d, 0) AS w%[1]d", ", coalesce(c.last_at, -1) AS last_idx"), on)
}

// fastUnits is units in one pass. Where the bits leave room for one more, the
// first of them takes all that lies before the first start, and the start is
// the lowest bit: gathering a second aggregate for everybody would cost as
// much as the words.
func (p *retention) fastUnits() string {
	from := fmt.Sprintf("(SELECT v.key AS who, %s - {base:Int64} AS idx FROM {{present 0 \"unfiltered\"}} AS v WHERE v.key <> 0) AS c GROUP BY c.who", p.indexText("v.day"))
	if p.q.Kind != ReturnOrAfter && p.bits() < bitsPerWord-1 {
		return fmt.Sprintf(`WITH units AS (
SELECT '' AS of_group, lowestBit(k.w) - 1 AS start_idx, shiftRight(k.w, 1) AS w0
FROM (SELECT c.who AS who, bitMask(shiftLeft(i64(1), greatest(least(c.idx + 1, %d), 0))) AS w FROM %s) AS k
WHERE bitAnd(k.w, 1) = 0 AND lowestBit(k.w) <= {starts:Int64})`, bitsPerWord-1, from)
	}
	return fmt.Sprintf(`WITH units AS (
SELECT k.of_group, k.start_idx%s FROM (
  SELECT '' AS of_group, c.who AS who, min(c.idx) AS start_idx%s FROM %s
) AS k WHERE k.start_idx >= 0 AND k.start_idx < {starts:Int64})`, p.wordList(", k.w%[1]d AS w%[1]d", ", k.last_at AS last_idx"), p.masks("c.idx"), from)
}

// came is the bits of everybody, to be joined with the starts.
func (p *retention) came() string {
	s := p.q.Return
	rows := p.source("return", s)
	if !p.byColumn() {
		at := fmt.Sprintf("SELECT r.who AS who, %s - {base:Int64} AS idx, r.n AS n FROM (%s) AS r WHERE r.d >= {first:Date}", p.indexText("r.d"), rows)
		if s.least() > 1 {
			at = fmt.Sprintf("SELECT a.who AS who, a.idx AS idx FROM (%s) AS a GROUP BY a.who, a.idx HAVING sum(a.n) >= {return_min:Int64}", at)
		}
		return fmt.Sprintf("  SELECT c.who AS who%s FROM (%s) AS c GROUP BY c.who", p.masks("c.idx"), at)
	}
	step := fmt.Sprintf("%s - {base:Int64} - s.start_idx", p.indexText("r.d"))
	cond := "r.d >= s.day"
	if p.q.Interval == Hours24 {
		step, cond = "intDiv(r.ms - s.begun_ms, 86400000)", "r.ms >= s.begun_ms"
	}
	at := fmt.Sprintf("SELECT s.who AS who, s.start_idx AS start_of, %s AS step, r.n AS n FROM starts AS s JOIN (%s) AS r ON r.who = s.who WHERE %s", step, rows, cond)
	at = p.intoColumns(at)
	if s.least() > 1 {
		at = fmt.Sprintf("SELECT a.who AS who, a.start_of AS start_of, a.idx AS idx FROM (%s) AS a GROUP BY a.who, a.start_of, a.idx HAVING sum(a.n) >= {return_min:Int64}", at)
	}
	return fmt.Sprintf("  SELECT c.who AS who, c.start_of AS start_of%s FROM (%s) AS c GROUP BY c.who, c.start_of", p.masks("c.idx"), at)
}

// intoColumns puts steps into the columns that hold them; overlapping
// brackets each get theirs.
func (p *retention) intoColumns(steps string) string {
	if p.q.Kind != ReturnBrackets {
		return fmt.Sprintf("SELECT t.who AS who, t.start_of AS start_of, t.step AS idx, t.n AS n FROM (%s) AS t WHERE t.step >= 1", steps)
	}
	return fmt.Sprintf(`SELECT t.who AS who, t.start_of AS start_of, k.place AS idx, t.n AS n FROM (%s) AS t
  JOIN (SELECT i64(generate_series) AS place, arrayElementOrNull({bracket_from:Array(Int64)}, generate_series + 1) AS low, arrayElementOrNull({bracket_to:Array(Int64)}, generate_series + 1) AS high
    FROM generate_series(0, %d)) AS k ON t.step >= k.low AND t.step <= k.high`, steps, len(p.columns)-1)
}

// masks are the words as aggregates over the bit numbers, or the last one.
func (p *retention) masks(bit string) string {
	if p.q.Kind == ReturnOrAfter {
		return ", max(" + bit + ") AS last_at"
	}
	if p.bits() < bitsPerWord {
		// The last bit is never read, so what lies outside may fall into it; who has
		// something before the first bit began too early to be counted.
		return fmt.Sprintf(", bitMask(shiftLeft(i64(1), greatest(least(%s, %d), 0))) AS w0", bit, bitsPerWord-1)
	}
	var b strings.Builder
	for k := range p.words() {
		from := k * bitsPerWord
		// A shift by what is outside is an error on one engine, even where the
		// condition keeps it out.
		fmt.Fprintf(&b, ", bitMask(CASE WHEN %[1]s >= %[2]d AND %[1]s < %[3]d THEN shiftLeft(i64(1), greatest(least(%[1]s - %[2]d, %[4]d), 0)) ELSE i64(0) END) AS w%[5]d",
			bit, from, from+bitsPerWord, bitsPerWord-1, k)
	}
	return b.String()
}

// wordList is the format for each word, or what stands for the last return.
func (p *retention) wordList(format, last string) string {
	if p.q.Kind == ReturnOrAfter {
		return last
	}
	var b strings.Builder
	for k := range p.words() {
		fmt.Fprintf(&b, format, k)
	}
	return b.String()
}

// bit is 1 when the unit has the bit.
func bit(n int) string {
	return fmt.Sprintf("bitAnd(shiftRight(u.w%d, %d), 1)", n/bitsPerWord, n%bitsPerWord)
}

// params are all that the texts bind.
func (p *retention) params() map[string]any {
	out := p.plan.params()
	out["base"], out["starts"] = p.base, int64(len(p.starts))
	// A trait may say that somebody begins on a day that is still to come.
	out["seen"] = p.asOf
	out["first"], out["end"] = p.starts[0].From, p.starts[len(p.starts)-1].To
	out["week_shift"] = p.weekShift()
	for side, s := range map[string]EventSet{"start": p.q.Start, "return": p.q.Return} {
		out[side+"_min"] = int64(s.least())
		told := []string{}
		for _, name := range s.Events {
			if !facts.CountsAsUse(name) {
				told = append(told, name)
			}
		}
		out[side+"_events"], out[side+"_told"] = append([]string{}, s.Events...), told
		for i, f := range s.Where {
			out[fmt.Sprintf("%s_where%d", side, i)] = append([]string{}, f.Values...)
		}
	}
	from, to := []int64{}, []int64{}
	for _, c := range p.columns {
		from, to = append(from, int64(c.From)), append(to, int64(c.To))
	}
	out["bracket_from"], out["bracket_to"] = from, to
	return out
}

// scope opens the doors for everything that was ever done up to the as-of
// day: who starts first is found nowhere else.
func (p *retention) scope() facts.Scope {
	s := p.plan.scope(p.intervals)
	from := p.starts[0].From
	if p.ok {
		from = min(from, p.first)
	}
	s.Period = farol.Period{From: max(from, 0), To: p.asOf + 1}
	return s
}

// triangle runs the query.
func (r *Reader) triangle(ctx context.Context, p *retention) (map[startCell]*startFound, error) {
	text, scan := p.onText(), p.scanOn
	switch {
	case p.q.Unit.paying():
		text, scan = p.payingText(), p.scanPaying
	case p.q.Kind == ReturnOrAfter:
		text, scan = p.afterText(), p.scanAfter
	}
	rows, err := r.facts.Query(ctx, text, p.scope(), p.params())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[startCell]*startFound{}
	if err := scan(rows, found); err != nil {
		return nil, err
	}
	return found, rows.Err()
}

// bits is how many bits there are.
func (p *retention) bits() int {
	if p.byColumn() {
		return len(p.columns)
	}
	return len(p.intervals)
}

func (p *retention) onText() string {
	var b strings.Builder
	for n := range p.bits() {
		fmt.Fprintf(&b, ",\n  i64(sum(%s)) AS c%d", bit(n), n)
	}
	return p.units() + fmt.Sprintf("\nSELECT u.of_group, u.start_idx, i64(count(*)) AS size_n%s\nFROM units AS u GROUP BY u.of_group, u.start_idx", b.String())
}

func (p *retention) scanOn(rows *sql.Rows, found map[startCell]*startFound) error {
	bits := make([]int64, p.bits())
	var c startCell
	var size int64
	into := []any{&c.group, &c.start, &size}
	for k := range bits {
		into = append(into, &bits[k])
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		f := p.startOf(found, c, size)
		for k, col := range p.columns {
			n := k
			if !p.byColumn() {
				n = c.start + col.From
			}
			if col.From > 0 && n < len(bits) {
				f.kept[k].retained = float64(bits[n])
			}
		}
	}
	return nil
}

// startOf adds units to a start. Everybody is there in interval 0.
func (p *retention) startOf(found map[startCell]*startFound, c startCell, size int64) *startFound {
	f := found[c]
	if f == nil {
		f = &startFound{kept: make([]keptFound, len(p.columns))}
		found[c] = f
	}
	f.size += size
	f.base += float64(size)
	for k, col := range p.columns {
		if col.From == 0 {
			f.kept[k].retained += float64(size)
		}
	}
	return f
}

// afterText counts units by their start and by when they were last there.
func (p *retention) afterText() string {
	return p.units() + "\nSELECT u.of_group, u.start_idx, u.last_idx, i64(count(*)) AS size_n\nFROM units AS u GROUP BY u.of_group, u.start_idx, u.last_idx"
}

func (p *retention) scanAfter(rows *sql.Rows, found map[startCell]*startFound) error {
	for rows.Next() {
		var c startCell
		var last, size int64
		if err := rows.Scan(&c.group, &c.start, &last, &size); err != nil {
			return err
		}
		f := p.startOf(found, c, size)
		if !p.byColumn() {
			last -= int64(c.start)
		}
		for k, col := range p.columns {
			if col.From > 0 && last >= int64(col.From) {
				f.kept[k].retained += float64(size)
			}
		}
	}
	return nil
}
