package facts

import "fmt"

// silences: day, account, person, acted, silence, grp: every single thing that
// somebody did that counts as active, with the milliseconds since the same
// person's last one (null for the first of the day before the period). Those
// that are longer than the timeout part sessions. With "beats" heartbeats are
// among them, told apart by acted 0.
func (d *doors) silences(option ...string) (string, error) {
	moments := d.moments(1)
	switch {
	case len(option) == 0:
	case option[0] == "beats":
		moments = d.beats(1)
	default:
		return "", fmt.Errorf("query: {{silences}} knows no option %q", option[0])
	}
	return "(SELECT m.day AS day, m.account AS account, m.person AS person, CASE WHEN m.event = '" + heartbeat + "' THEN 0 ELSE 1 END AS acted, " +
		"toMillis(m.ts) - lag(toNullable(toMillis(m.ts))) OVER (PARTITION BY " + d.apart("m.grp") + "m.person ORDER BY m.ts) AS silence, m.grp AS grp FROM " + moments + " m)", nil
}

// whose are the two sides from which use is looked at.
const (
	ofPeople   = "people"
	ofAccounts = "accounts"
)

// gaps: account (of people: one of those the person acted for that day), person
// (of people), from_day, to_day, grp: each day on which somebody was active,
// with the next one (null for none so far). Read from 29 days before the
// period, it answers every window up to 30 days.
func (d *doors) gaps(whose string) (string, error) {
	switch whose {
	case ofPeople:
		// Days of present may repeat: of those of a day only the last leads on.
		return "(SELECT g.account AS account, g.person AS person, g.from_day AS from_day, g.to_day AS to_day, g.grp AS grp FROM (" +
			"SELECT v.grp AS grp, v.person AS person, v.account AS account, v.day AS from_day, lead(toNullable(v.day)) OVER (PARTITION BY " + d.apart("v.grp") + "v.key ORDER BY v.day) AS to_day FROM " +
			d.presentDoor(29) + " v WHERE v.key <> 0) g WHERE g.to_day IS NULL OR g.to_day > g.from_day)", nil
	case ofAccounts:
		return "(SELECT v.account AS account, v.day AS from_day, lead(toNullable(v.day)) OVER (PARTITION BY " + d.apart("v.grp") + "v.account ORDER BY v.day) AS to_day, v.grp AS grp FROM " +
			"(SELECT DISTINCT q.grp AS grp, q.account AS account, q.day AS day FROM " + d.presentDoor(29) + " q WHERE q.account <> '') v)", nil
	}
	return "", fmt.Errorf("query: {{gaps}} is of people or accounts, not %q", whose)
}

// comings: period, key and person (of people), account, came (1 when active in
// the period so far), earlier (1 when active in the period before it), grp: who
// was active in one of the two.
func (d *doors) comings(whose string) (string, error) {
	turns, err := d.turns()
	if err != nil {
		return "", err
	}
	days, unit, columns := d.personDays(31), "v.key", "v.key AS key, min(v.person) AS person, min(v.account) AS account"
	switch whose {
	case ofPeople:
	case ofAccounts:
		days, unit, columns = d.accountDays(31), "v.account", "v.account AS account"
	default:
		return "", fmt.Errorf("query: {{comings}} is of people or accounts, not %q", whose)
	}
	return "(SELECT t.period AS period, " + columns + ", max(t.is_now) AS came, 1 - min(t.is_now) AS earlier, v.grp AS grp FROM " +
		days + " v JOIN " + turns + " t ON t.day = v.day GROUP BY v.grp, " + unit + ", t.period)", nil
}

// breadth is {{breadth "rows" "what"}}: period, account, recent, before, grp:
// how many different values of the column what the account has in rows (a WITH
// of the query with account, day, grp and it, of the 55 days before the period,
// too) in the 28 days up to the period's last one, and in the 28 before those.
func (d *doors) breadth(rows, what string) (string, error) {
	if err := withOf("breadth", rows, what); err != nil {
		return "", err
	}
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	return "(SELECT w.period AS period, r.account AS account, i64(sum(w.recent)) AS recent, i64(sum(1 - w.recent)) AS before, r.grp AS grp FROM (" +
		"SELECT u.grp AS grp, u.account AS account, u.day AS from_day, least(addDaysN(u.day, 28), coalesce(lead(toNullable(u.day)) OVER (PARTITION BY " +
		d.apart("u.grp") + "u.account, u." + what + " ORDER BY u.day), " + farFuture + ")) AS to_day FROM " + rows + " u) r JOIN (" +
		"SELECT p.period AS period, p.last AS last, 1 AS recent FROM " + periods + " p UNION ALL " +
		"SELECT q.period AS period, addDaysN(q.last, -28) AS last, 0 AS recent FROM " + periods + " q) w ON w.last >= r.from_day AND w.last < r.to_day " +
		"GROUP BY r.grp, r.account, w.period)", nil
}
