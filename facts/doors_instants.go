package facts

import (
	"strconv"

	"github.com/farol-cs/farol"
)

// instantDays is how many local days of a unit, its first one included, are
// looked at by the clock: what takes less than two days of 24 hours ends on
// one of them.
const instantDays = 3

// activatedAt is activated with start_at and met_at, in milliseconds since
// 1970: the instant at which the unit began and that at which the criterion
// first held. start_at is null where only the day is known; met_at is null of
// what was met later than on the unit's third day, and 0 of what held before
// the unit began. Only those first days are read from the log.
func (c *criterionDoor) activatedAt(begun, days string) string {
	return "(SELECT b.unit AS unit, b.account AS account, b.start_day AS start_day, b.grp AS grp, b.version AS version, b.window_days AS window_days, b.met_day AS met_day, o.start_at AS start_at, h.met_at AS met_at FROM " +
		days + " b LEFT JOIN " + c.instants() + " o ON o.unit = b.unit AND o.day = b.start_day LEFT JOIN (SELECT s.unit AS unit, m.met_at AS met_at FROM " + begun + " s JOIN " +
		c.held(c.countedAt(begun), "met_at") + " m ON m.unit = s.unit AND m.version = s.version AND m.place = s.needed) h ON h.unit = b.unit)"
}

// early bounds the days that are read from the log.
func (c *criterionDoor) early() string {
	last := c.Period.To
	if n := len(c.Periods); n > 0 {
		last = c.Periods[n-1].To
	}
	c.params["farol_early"] = last + instantDays - 1
	return "day >= {from:Date} AND day < {farol_early:Date}"
}

// countedAt is counted by the clock: unit, version, item, clause, item_needed
// and met_at.
func (c *criterionDoor) countedAt(begun string) string {
	judged := c.judged(begun)
	deeds := "(SELECT q.deed AS deed, q.unit AS unit, q.person AS person, q.day AS day, i64(0) AS moment, q.n AS n FROM " + c.done() + " q"
	for i, x := range c.deeds {
		deeds += " UNION ALL " + c.loggedAt(i+1, x, c.early())
	}
	const key = "unit, version, item, clause, least, item_needed"
	did := "(SELECT " + qualified("j", key) + ", j.counts AS counts, q.day AS day, q.moment AS moment, q.person AS person, q.n AS n FROM " + deeds + ") q JOIN " + judged +
		" j ON j.unit = q.unit AND j.deed = q.deed WHERE q.moment = 0 AND q.day < j.start_day AND q.day >= addDaysN(j.start_day, -" + strconv.Itoa(c.horizon) + ")" +
		" OR q.moment > 0 AND q.day >= j.start_day AND q.day < addDaysN(j.start_day, least(j.within, " + strconv.Itoa(instantDays) + ")))"
	amounts := "SELECT " + qualified("d", key) + ", d.moment AS moment, i64(sum(d.n)) AS amount FROM " + did + " d WHERE d.counts = '' GROUP BY 1, 2, 3, 4, 5, 6, 7"
	if c.counts(ByDays) {
		amounts += " UNION ALL SELECT z.unit, z.version, z.item, z.clause, z.least, z.item_needed, z.moment, i64(1) FROM (SELECT " + qualified("d", key) + ", d.day AS day, min(d.moment) AS moment FROM " +
			did + " d WHERE d.counts = 'days' GROUP BY 1, 2, 3, 4, 5, 6, 7) z"
	}
	if c.counts(ByPeople) {
		amounts += " UNION ALL SELECT z.unit, z.version, z.item, z.clause, z.least, z.item_needed, z.moment, i64(1) FROM (SELECT " + qualified("d", key) + ", d.person AS person, min(d.moment) AS moment FROM " +
			did + " d WHERE d.counts = 'people' AND d.person <> '' GROUP BY 1, 2, 3, 4, 5, 6, 7) z"
	}
	running := "(SELECT " + qualified("a", key) + ", a.moment AS moment, i64(sum(a.amount) OVER (PARTITION BY a.unit, a.clause ORDER BY a.moment ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS total, planOnce(0) AS o4 FROM (" + amounts + ") a)"
	return "(SELECT r.unit AS unit, r.version AS version, r.item AS item, r.clause AS clause, r.item_needed AS item_needed, min(r.moment) AS met_at FROM " +
		running + " r WHERE r.total >= r.least GROUP BY 1, 2, 3, 4, 5)"
}

// loggedAt is logged with the instant of each event.
func (c *criterionDoor) loggedAt(place int, x Deed, days string) string {
	person := "''"
	if c.counts(ByPeople) {
		person = "l.person"
	}
	return "SELECT i64(" + strconv.Itoa(place) + ") AS deed, l." + c.unit() + " AS unit, " + person + " AS person, l.day AS day, toMillis(l.ts) AS moment, i64(1) AS n FROM " +
		c.loggedRows(place, x, days) + " l"
}

// instants: unit, day, start_at: the instant at which a unit that begins on
// the day begins. That of a creation is what the trait created_at says, else
// the first thing of the day.
func (c *criterionDoor) instants() string {
	unit := c.unit()
	cond := c.early() + c.seenBy()
	switch start := c.Criterion.Start; start {
	case "":
		cond += " AND kind <> 'identify' AND kind <> 'alias'"
	case StartSubscription:
		cond += " AND kind = 'track' AND startsWith(name, 'Subscription ')"
	case "$" + string(farol.Page), "$" + string(farol.Screen):
		cond += " AND active = true AND kind = '" + start[1:] + "'"
	default:
		c.params["farol_began"] = start
		cond += " AND kind = 'track' AND name = {farol_began:String}"
		if Interactive(start) {
			cond += " AND active = true"
		}
	}
	first := "(SELECT e." + unit + " AS unit, e.day AS day, min(toMillis(e.ts)) AS moment FROM " + c.typed("events", "t.id AS id, t.day AS day, t.ts AS ts", cond, eventAccount, eventPerson) +
		" e WHERE e." + unit + " <> ''"
	if c.Criterion.Start != "" || c.people {
		first += c.noStaff("e.account", "e.person")
	}
	first += " GROUP BY 1, 2)"
	if c.Criterion.Start != "" {
		return "(SELECT f.unit AS unit, f.day AS day, f.moment AS start_at FROM " + first + " f)"
	}
	return c.created(first)
}

// created puts what created_at says in the place of the first thing of the
// day, or beside it where nothing was done on that day.
func (c *criterionDoor) created(first string) string {
	c.params["farol_zone"] = c.zone
	source := "(SELECT name, value, ts, known, id FROM changes WHERE subject = 'account' AND trait IN ('created_at', 'createdAt')" + c.seenBy() + ")"
	if c.people {
		source = "(SELECT p.person AS name, p.value AS value, p.ts AS ts, p.known AS known, p.id AS id FROM " + c.personChanges("'created_at', 'createdAt'") + " p)"
	}
	said := "(SELECT w.unit AS unit, dayOf(fromMillis(w.moment), {farol_zone:String}) AS day, w.moment AS moment FROM (SELECT v.name AS unit, millisOf(v.value) AS moment FROM (SELECT x.name AS name, argMax(x.value, (x.ts, x.known, x.id)) AS value FROM " +
		source + " x GROUP BY x.name) v) w WHERE w.moment IS NOT NULL)"
	return "(SELECT u.unit AS unit, u.day AS day, coalesce(max(CASE WHEN u.said = 1 THEN u.moment END), min(CASE WHEN u.said = 0 THEN u.moment END)) AS start_at FROM (SELECT f.unit AS unit, f.day AS day, f.moment AS moment, 0 AS said FROM " +
		first + " f UNION ALL SELECT s.unit AS unit, s.day AS day, s.moment AS moment, 1 AS said FROM " + said + " s) u GROUP BY u.unit, u.day)"
}
