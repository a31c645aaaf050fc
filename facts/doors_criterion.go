package facts

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
)

// criterionDoor is one opening of {{activated}} or {{progress}}.
type criterionDoor struct {
	*doors
	// people makes people the units.
	people bool
	// horizon is how many days every version looks at instead of its window,
	// counting also what was done so many days before the unit began; 0 keeps
	// the windows.
	horizon int
	// met opens the units that may have met the criterion in the period,
	// whenever they began.
	met bool
	// clock asks for instants.
	clock bool
	// deeds are the distinct deeds of all versions.
	deeds []Deed
}

func (d *doors) criterionDoor(args []any) (*criterionDoor, error) {
	if d.Criterion == nil || len(d.Criterion.Versions) == 0 {
		return nil, errors.New("query: the scope has no criterion")
	}
	out := &criterionDoor{doors: d}
	for _, a := range args {
		switch v := a.(type) {
		case int:
			out.horizon = v
		case string:
			switch v {
			case "people":
				out.people = true
			case "met":
				out.met = true
			case "clock":
				out.clock = true
			default:
				return nil, fmt.Errorf("query: a criterion knows no option %q", v)
			}
		}
	}
	return out, nil
}

// progress: unit, account, start_day, version, window_days, item and clause
// (numbers from 1), done (as the clause counts), met_day (null while it is
// not), grp on the day of the start. A row for each unit that began in the
// period and each clause of its version.
func (d *doors) progress(args []any) (string, error) {
	c, err := d.criterionDoor(args)
	if err != nil {
		return "", err
	}
	begun, err := c.begun()
	if err != nil {
		return "", err
	}
	return "(SELECT s.unit AS unit, s.account AS account, s.start_day AS start_day, s.grp AS grp, s.version AS version, s.win AS window_days, " +
		"k.item AS item, k.clause AS clause, coalesce(m.done, 0) AS done, m.met_day AS met_day FROM " + begun + " s JOIN " + c.clauses() +
		" k ON k.version = s.version LEFT JOIN " + c.counted(begun) + " m ON m.unit = s.unit AND m.item = k.item AND m.clause = k.clause)", nil
}

// activated: unit, account, start_day, version, window_days, met_day (the
// first day on which the criterion held, null while it has not), grp on the
// day of the start. A row for each unit that began in the period. With "clock"
// start_at and met_at, too (activatedAt).
func (d *doors) activated(args []any) (string, error) {
	c, err := d.criterionDoor(args)
	if err != nil {
		return "", err
	}
	begun, err := c.begun()
	if err != nil {
		return "", err
	}
	days := "(SELECT s.unit AS unit, s.account AS account, s.start_day AS start_day, s.grp AS grp, s.version AS version, s.win AS window_days, m.met_day AS met_day FROM " +
		begun + " s LEFT JOIN " + c.held(c.counted(begun), "met_day") + " m ON m.unit = s.unit AND m.version = s.version AND m.place = s.needed)"
	if c.clock {
		return c.activatedAt(begun, days), nil
	}
	return days, nil
}

// held: unit, version, place, and when so many items were met: the day (or
// instant) of the k-th of those that were met is that on which k were. when
// is the column of counted that says it of a clause.
func (c *criterionDoor) held(counted, when string) string {
	items := "(SELECT q.unit AS unit, q.version AS version, q.item AS item, q." + when + " AS " + when + ", i64(row_number() OVER (PARTITION BY q.unit, q.item ORDER BY q." + when + ", q.clause)) AS place, planOnce(0) AS o1, q.item_needed AS needed FROM " +
		counted + " q WHERE q." + when + " IS NOT NULL)"
	places := "(SELECT i.unit AS unit, i.version AS version, i." + when + " AS " + when + ", i64(row_number() OVER (PARTITION BY i.unit ORDER BY i." + when + ", i.item)) AS place, planOnce(0) AS o2 FROM " +
		items + " i WHERE i.place = i.needed)"
	return "(SELECT p.unit AS unit, p.version AS version, p.place AS place, p." + when + " AS " + when + " FROM " + places + " p)"
}

// begun lists the units with the version that judges each.
func (c *criterionDoor) begun() (string, error) {
	starts, err := c.starts()
	if err != nil {
		return "", err
	}
	back := 0
	if c.met {
		back = c.window(c.Criterion.longest()) - 1
	}
	return "(SELECT x.unit AS unit, x.account AS account, x.start_day AS start_day, x.grp AS grp, v.version AS version, v.win AS win, v.needed AS needed FROM " +
		starts + " x CROSS JOIN " + c.versions() + " v WHERE x.start_day >= v.since AND x.start_day < v.until" +
		fmt.Sprintf(" AND x.start_day >= addDaysN({from:Date}, %d) AND x.start_day < {to:Date})", -back), nil
}

func (c *criterionDoor) window(own int) int {
	if c.horizon > 0 {
		return c.horizon
	}
	return own
}

func (c *criterionDoor) versions() string {
	rows := make([]string, len(c.Criterion.Versions))
	for i, v := range c.Criterion.Versions {
		since, until := "DATE '1900-01-01'", farFuture
		if v.Since != 0 {
			since = "DATE '" + v.Since.String() + "'"
		}
		if v.Until != 0 {
			until = "DATE '" + v.Until.String() + "'"
		}
		rows[i] = fmt.Sprintf("SELECT i64(%d) AS version, i64(%d) AS win, i64(%d) AS needed, %s AS since, %s AS until",
			v.Number, c.window(v.Window), v.Needed, since, until)
	}
	return "(" + strings.Join(rows, " UNION ALL ") + ")"
}

// clauses lists the clauses of every version, by the number of their deed.
func (c *criterionDoor) clauses() string {
	var rows []string
	c.deeds = nil
	for _, v := range c.Criterion.Versions {
		n := 0
		for i, item := range v.Items {
			for _, k := range item.Clauses {
				n++
				within := c.window(v.Window)
				if k.Within > 0 {
					within = min(within, k.Within)
				}
				rows = append(rows, fmt.Sprintf("SELECT i64(%d) AS version, i64(%d) AS item, i64(%d) AS clause, i64(%d) AS deed, i64(%d) AS least, i64(%d) AS within, '%s' AS counts, i64(%d) AS item_needed",
					v.Number, i+1, n, c.deed(k.Deed), k.Min, within, k.By, item.Needed))
			}
		}
	}
	return "(" + strings.Join(rows, " UNION ALL ") + ")"
}

// deed is the number of a deed from 1.
func (c *criterionDoor) deed(x Deed) int {
	same := func(y Deed) bool {
		return y.Event == x.Event && slices.EqualFunc(y.Where, x.Where, func(a, b Condition) bool {
			return a.Property == b.Property && a.Op == b.Op && a.Number == b.Number && slices.Equal(a.Values, b.Values)
		})
	}
	if i := slices.IndexFunc(c.deeds, same); i >= 0 {
		return i + 1
	}
	c.deeds = append(c.deeds, x)
	return len(c.deeds)
}

// judged lists the clauses that each unit is judged by.
func (c *criterionDoor) judged(begun string) string {
	return "(SELECT s.unit AS unit, s.start_day AS start_day, k.version AS version, k.item AS item, k.clause AS clause, k.deed AS deed, k.least AS least, k.within AS within, k.counts AS counts, k.item_needed AS item_needed FROM " +
		begun + " s JOIN " + c.clauses() + " k ON k.version = s.version)"
}

// counted: unit, version, item, clause, item_needed, done and met_day of each clause
// for which its unit did anything.
func (c *criterionDoor) counted(begun string) string {
	judged := c.judged(begun)
	// What was done early counts for a horizon: value may come before sign-up.
	did := "(SELECT j.unit AS unit, j.version AS version, j.item AS item, j.clause AS clause, j.least AS least, j.counts AS counts, j.item_needed AS item_needed, q.day AS day, q.person AS person, i64(sum(q.n)) AS n FROM " +
		c.done() + " q JOIN " + judged + fmt.Sprintf(" j ON j.unit = q.unit AND j.deed = q.deed WHERE q.day >= addDaysN(j.start_day, %d) AND q.day < addDaysN(j.start_day, j.within)", -c.horizon) +
		" GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9)"
	const key = "unit, version, item, clause, least, item_needed"
	// Of several people on one day: it still is one day.
	amount := "i64(CASE WHEN min(d.counts) = 'days' THEN 1 ELSE sum(d.n) END) AS amount"
	amounts := "(SELECT " + qualified("d", key) + ", d.day AS day, " + amount + " FROM " + did + " d GROUP BY 1, 2, 3, 4, 5, 6, 7)"
	if c.counts(ByPeople) {
		firsts := "(SELECT " + qualified("d", key) + ", d.person AS person, min(d.day) AS day FROM " + did + " d WHERE d.counts = 'people' AND d.person <> '' GROUP BY 1, 2, 3, 4, 5, 6, 7)"
		others := "(SELECT * FROM " + did + " e WHERE e.counts <> 'people')"
		amounts = "(SELECT " + qualified("d", key) + ", d.day AS day, " + amount + " FROM " + others + " d GROUP BY 1, 2, 3, 4, 5, 6, 7" +
			" UNION ALL SELECT " + qualified("f", key) + ", f.day AS day, i64(count(*)) AS amount FROM " + firsts + " f GROUP BY 1, 2, 3, 4, 5, 6, 7)"
	}
	running := "(SELECT " + qualified("a", key) + ", a.day AS day, a.amount AS amount, i64(sum(a.amount) OVER (PARTITION BY a.unit, a.clause ORDER BY a.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS total, planOnce(0) AS o3 FROM " + amounts + " a)"
	return "(SELECT r.unit AS unit, r.version AS version, r.item AS item, r.clause AS clause, r.item_needed AS item_needed, i64(sum(r.amount)) AS done, min(CASE WHEN r.total >= r.least THEN r.day END) AS met_day FROM " +
		running + " r GROUP BY 1, 2, 3, 4, 5)"
}

func qualified(alias, columns string) string {
	var out []string
	for _, c := range strings.Split(columns, ", ") {
		out = append(out, alias+"."+c+" AS "+c)
	}
	return strings.Join(out, ", ")
}

// counts tells whether a clause counts so.
func (c *criterionDoor) counts(by CountBy) bool {
	for _, v := range c.Criterion.Versions {
		for _, i := range v.Items {
			if slices.ContainsFunc(i.Clauses, func(k CriterionClause) bool { return k.By == by }) {
				return true
			}
		}
	}
	return false
}

// done: deed, unit, person, day, n: what was done of the deeds, from the
// rollup where it knows the event, else from the log. person is empty unless a
// clause counts people.
func (c *criterionDoor) done() string {
	back := c.horizon
	if c.met {
		back = max(back, c.window(c.Criterion.longest())-1)
	}
	days := c.since(back)
	var parts, names []string
	var places []int64
	for i, x := range c.deeds {
		switch {
		case x.Event == "*" && len(x.Where) == 0:
			parts = append(parts, c.rolled(fmt.Sprintf("i64(%d)", i+1), days, ""))
		case len(x.Where) == 0 && Interactive(x.Event):
			names, places = append(names, x.Event), append(places, int64(i+1))
		default:
			parts = append(parts, c.logged(i+1, x, days))
		}
	}
	if len(names) > 0 {
		c.params["farol_deed_names"], c.params["farol_deed_places"] = names, places
		known := fmt.Sprintf(" JOIN (SELECT arrayElementOrNull({farol_deed_names:Array(String)}, g.place) AS event, arrayElementOrNull({farol_deed_places:Array(Int64)}, g.place) AS deed "+
			"FROM (SELECT i64(generate_series) AS place FROM generate_series(1, %d)) g) e ON e.event = a.event", len(names))
		parts = append(parts, c.rolled("e.deed", days+" AND event IN (SELECT unnest({farol_deed_names:Array(String)}))", known))
	}
	return "(" + strings.Join(parts, " UNION ALL ") + ")"
}

// rolled reads the daily rollup.
func (c *criterionDoor) rolled(deed, cond, join string) string {
	unit, named := "account", " AND account <> ''"
	if c.people {
		unit, named = "person", " AND person <> ''"
	}
	person := "''"
	if c.counts(ByPeople) {
		person = "a.person"
	}
	source := "(SELECT day, account, person, event, i64(sum(n)) AS n FROM activity WHERE " + cond + named + c.seenBy() + c.noStaff("account", "person") +
		" GROUP BY day, account, person, event HAVING sum(n) > 0)"
	return "SELECT " + deed + " AS deed, a." + unit + " AS unit, " + person + " AS person, a.day AS day, a.n AS n FROM " + source + " a" + join
}

// loggedRows are the events of the log that are the deed: id, day, ts,
// account, person.
func (c *criterionDoor) loggedRows(place int, x Deed, days string) string {
	cond := days + c.seenBy()
	name := "deed" + strconv.Itoa(place)
	switch x.Event {
	case "*":
	case "$" + string(farol.Page), "$" + string(farol.Screen):
		cond += " AND kind = '" + x.Event[1:] + "'"
	default:
		c.params["farol_"+name] = x.Event
		cond += " AND kind = 'track' AND name = {farol_" + name + ":String}"
	}
	if Interactive(x.Event) {
		cond += " AND active"
	}
	for i, w := range x.Where {
		cond += " AND " + c.where(name+"v"+strconv.Itoa(i), w)
	}
	source := c.typed("events", "t.id AS id, t.day AS day, t.ts AS ts", cond, eventAccount, eventPerson)
	return "(SELECT * FROM " + source + " u WHERE u." + c.unit() + " <> ''" + c.noStaff("u.account", "u.person") + ")"
}

// logged counts the deed by day from the log.
func (c *criterionDoor) logged(place int, x Deed, days string) string {
	person := "''"
	if c.counts(ByPeople) {
		person = "l.person"
	}
	return fmt.Sprintf("SELECT i64(%d) AS deed, l.%s AS unit, %s AS person, l.day AS day, i64(count(*)) AS n FROM %s l GROUP BY 1, 2, 3, 4",
		place, c.unit(), person, c.loggedRows(place, x, days))
}

// unit is the column that tells whose an event is.
func (c *criterionDoor) unit() string {
	if c.people {
		return "person"
	}
	return "account"
}

// where is a condition on a property; its name was checked.
func (c *criterionDoor) where(name string, w Condition) string {
	switch w.Op {
	case OpAtLeast, OpAtMost:
		c.params["farol_"+name] = w.Number
		sign := map[string]string{OpAtLeast: ">=", OpAtMost: "<="}[w.Op]
		return "propNum(properties, '" + w.Property + "') " + sign + " {farol_" + name + ":Float64}"
	case OpIsNot:
		return "coalesce(propStr(properties, '" + w.Property + "'), '') NOT IN " + c.list(name, w.Values)
	}
	return "propStr(properties, '" + w.Property + "') IN " + c.list(name, w.Values)
}

// starts: unit, account, start_day, grp: when each unit began.
func (c *criterionDoor) starts() (string, error) {
	all := c.unfiltered()
	source := ""
	switch start := c.Criterion.Start; {
	case start == "" && c.people:
		source = "(SELECT person AS unit, account, first_day AS start_day FROM " + all.people() + " o)"
	case start == "":
		source = "(SELECT account AS unit, account, created_day AS start_day FROM " + all.accounts() + " o)"
	case start == StartSubscription:
		spans, err := all.mrr()
		if err != nil {
			return "", err
		}
		source = "(SELECT o.account AS unit, o.account AS account, min(o.from_day) AS start_day FROM " + spans + " o WHERE o.mrr > 0 GROUP BY o.account)"
	default:
		source = c.firsts(start)
	}
	return c.dayed(source, []string{"unit", "account", "start_day"}, "account", "start_day"), nil
}

// firsts is the first day on which each unit did the event.
func (c *criterionDoor) firsts(event string) string {
	one := &criterionDoor{doors: c.doors, people: c.people}
	rows := ""
	c.params["farol_start"] = event
	if Interactive(event) {
		rows = "(SELECT day, account, person FROM activity WHERE day < {to:Date} AND event = {farol_start:String}" + c.seenBy() + c.noStaff("account", "person") +
			" GROUP BY day, account, person HAVING sum(n) > 0)"
	} else {
		source := one.typed("events", "t.id AS id, t.day AS day", "day < {to:Date} AND kind = 'track' AND name = {farol_start:String}"+c.seenBy(), eventAccount, eventPerson)
		rows = "(SELECT * FROM " + source + " u WHERE 1 = 1" + c.noStaff("u.account", "u.person") + ")"
	}
	if c.people {
		return "(SELECT o.person AS unit, argMin(o.account, (o.day, o.account)) AS account, min(o.day) AS start_day FROM " + rows + " o WHERE o.person <> '' GROUP BY o.person)"
	}
	return "(SELECT o.account AS unit, o.account AS account, min(o.day) AS start_day FROM " + rows + " o WHERE o.account <> '' GROUP BY o.account)"
}
