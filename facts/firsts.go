package facts

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
)

// firsts is the first day of each person, account and event, so that nobody
// has to read all of history to tell who is new. It is a bag of candidates:
// every delta of the rollup that could have lowered the first day of its key
// when it was learned, and a row (n below zero) for every delta that took
// something away. The lowest day known by an instant is the first day as it
// was known then, unless something was taken: those few are counted again.
var firsts = &table{name: "first_days", columns: []column{
	{"batch", tInt}, {"known", tInstant}, {"day", tDay}, {"account", tText}, {"person", tText}, {"who", tHash},
	{"event", tText}, {"pair", tHash}, {"n", tInt},
}, order: []string{"day", "account", "who"}, shard: "account"}

// pairOf is the number that stands for a person, account and event.
func pairOf(person, account, event string) uint64 {
	var d xxhash.Digest
	d.Reset()
	for _, s := range []string{person, account, event} {
		d.WriteString(s)
		d.WriteString("\x00")
	}
	return d.Sum64()
}

// candidate is a delta of the rollup that may be a first.
type candidate struct {
	row  []any // of activity, without batch
	pair uint64
	// late is learned after its day, early before it (a clock that is ahead).
	late, early bool
}

func (x candidate) known() time.Time { return x.row[1].(time.Time) }
func (x candidate) day() time.Time   { return x.row[0].(time.Time) }

// noteFirsts adds the candidates of the commit's rollup. What was learned on
// its own day by a key that had been seen before can be no first: the key was
// seen on that day or earlier.
func (f *Facts) noteFirsts(c *commit) {
	var found []candidate
	for _, r := range c.of(activity) {
		account, person, event := r[3].(string), r[4].(string), r[6].(string)
		if person == "" {
			continue
		}
		x := candidate{row: r, pair: pairOf(person, account, event)}
		day, knownDay := x.day(), r[2].(time.Time)
		x.late, x.early = day.Before(knownDay), day.After(knownDay)
		if n := r[7].(int64); n < 0 {
			c.addFirst(x, -1)
		} else if n > 0 && (x.late || x.early || !f.pairs.hasHash(x.pair)) {
			found = append(found, x)
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.pair, b.pair), a.known().Compare(b.known()), a.day().Compare(b.day()))
	})
	for i, x := range found {
		if !x.early {
			c.pairs = append(c.pairs, x.pair)
		}
		// Within the commit only what goes below all before it can matter.
		if i > 0 && found[i-1].pair == x.pair && !x.day().Before(found[i-1].day()) {
			found[i].row = found[i-1].row
			continue
		}
		c.addFirst(x, 1)
	}
}

func (c *commit) addFirst(x candidate, n int64) {
	r := x.row
	c.add(firsts, r[1], r[0], r[3], r[4], r[5], r[6], x.pair, n)
}

// keepFirsts remembers the keys of a commit that was applied.
func (f *Facts) keepFirsts(c *commit) {
	for _, p := range c.pairs {
		f.pairs.addHash(p)
	}
}

// pairSet is the keys that have a row in firsts. Like every seen it may say
// yes to one it never got, once in a thousand million look-ups: somebody's
// first day is then missed, which is as rare as two people with one key.
type pairSet struct{ seen }

func (p *pairSet) hasHash(h uint64) bool {
	_, _, yes := p.has(h)
	return yes
}

func (p *pairSet) addHash(h uint64) {
	if !p.hasHash(h) {
		p.add(h, time.Time{})
	}
}

// loadFirsts reads the keys. A log from before there were any gets them from
// its rollup.
func (f *Facts) loadFirsts(ctx context.Context) error {
	f.pairs = pairSet{}
	rows, err := f.internal(ctx, "SELECT DISTINCT pair FROM first_days WHERE n > 0", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var pair uint64
		if err := rows.Scan(&pair); err != nil {
			return err
		}
		f.pairs.addHash(pair)
	}
	if err := rows.Err(); err != nil || f.pairs.total > 0 || f.batch == 0 {
		return err
	}
	c := newCommit()
	if err := f.mendFirsts(ctx, c); err != nil {
		return err
	}
	if err := f.apply(ctx, c, f.nextKnown(), 0); err != nil {
		return err
	}
	f.keepFirsts(c)
	return nil
}

// missingFirsts are the deltas of the rollup that firsts should hold and does
// not, and those that it holds and the rollup does not, as taken away.
const missingFirsts = `SELECT x.day AS day, x.known AS known, x.account AS account, x.person AS person, x.who AS who, x.event AS event, i64(1) AS n FROM
(SELECT day, known, account, person, who, event, min(toNullable(day)) OVER (PARTITION BY who, account, event ORDER BY known, day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS prior
FROM activity WHERE n > 0 AND person <> '') x
LEFT JOIN (SELECT who, account, event, min(day) AS first_day FROM first_days WHERE n > 0 GROUP BY who, account, event) f ON f.who = x.who AND f.account = x.account AND f.event = x.event
WHERE (x.prior IS NULL OR x.day < x.prior) AND (f.first_day IS NULL OR x.day < f.first_day)
UNION ALL
SELECT a.day AS day, a.known AS known, a.account AS account, a.person AS person, a.who AS who, a.event AS event, i64(-1) AS n FROM
(SELECT day, known, account, person, who, event FROM activity WHERE n < 0 AND person <> '') a
LEFT JOIN (SELECT DISTINCT who, account, event FROM first_days WHERE n < 0) g ON g.who = a.who AND g.account = a.account AND g.event = a.event
WHERE g.who IS NULL
UNION ALL
SELECT e.day AS day, e.known AS known, e.account AS account, e.person AS person, e.who AS who, e.event AS event, i64(-1) AS n FROM
(SELECT day, known, account, person, who, event FROM first_days WHERE n > 0) e
LEFT JOIN (SELECT DISTINCT day, who, account, event FROM activity WHERE n > 0) h ON h.day = e.day AND h.who = e.who AND h.account = e.account AND h.event = e.event
LEFT JOIN (SELECT DISTINCT who, account, event FROM first_days WHERE n < 0) l ON l.who = e.who AND l.account = e.account AND l.event = e.event
WHERE h.who IS NULL AND l.who IS NULL`

// mendFirsts adds to the commit what firsts lacks: nothing, in a sound log.
func (f *Facts) mendFirsts(ctx context.Context, c *commit) error {
	rows, err := f.internal(ctx, missingFirsts, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var day, known time.Time
		var account, person, event string
		var who uint64
		var n int64
		if err := rows.Scan(&day, &known, &account, &person, &who, &event, &n); err != nil {
			return err
		}
		pair := pairOf(person, account, event)
		c.add(firsts, known.UTC(), day.UTC(), account, person, who, event, pair, n)
		if n > 0 {
			c.pairs = append(c.pairs, pair)
		}
	}
	return rows.Err()
}
