package facts

import (
	"fmt"
	"regexp"
)

// paramName is the name of a parameter that holds an attribute's name.
var paramName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

func keyParam(name string) error {
	if !paramName.MatchString(name) {
		return fmt.Errorf("query: %q is not the name of a parameter", name)
	}
	return nil
}

// attributeNow: account, val: the account's value of the attribute whose
// name is in the parameter of that name, as far as the scope reads; accounts
// of which it was never said are absent.
func (d *doors) attributeNow(param string) (string, error) {
	if err := keyParam(param); err != nil {
		return "", err
	}
	return d.latest(param), nil
}

// latest is attributeNow of a parameter of ours.
func (d *doors) latest(param string) string {
	return d.newest("account", "(SELECT name AS account, value, ts, known, id FROM changes WHERE subject = 'account' AND trait = {"+param+":String}"+d.seenBy()+")")
}

// newest is the last value of each subject in a source of changes: subject,
// val. The embedded engine is slow at the largest of several columns, so what
// was said once, which is nearly all, is read without.
func (d *doors) newest(subject, source string) string {
	last := func(join string) string {
		return "SELECT c." + subject + " AS " + subject + ", argMax(c.value, (c.ts, c.known, c.id)) AS val FROM " + source + " c" + join + " GROUP BY c." + subject
	}
	if !d.embedded {
		return "(" + last("") + ")"
	}
	return "(SELECT o." + subject + " AS " + subject + ", min(o.value) AS val FROM " + source + " o GROUP BY o." + subject + " HAVING count(*) = 1 UNION ALL " +
		last(" JOIN (SELECT r."+subject+" AS again FROM "+source+" r GROUP BY r."+subject+" HAVING count(*) > 1) s ON s.again = c."+subject) + ")"
}

// personAttribute: person, val, as attributeNow. The role is what the team
// says, else what senders do: see roleNow.
func (d *doors) personAttribute(param string) (string, error) {
	if err := keyParam(param); err != nil {
		return "", err
	}
	if d.params[param] == SentRole {
		return d.roleNow(), nil
	}
	return d.newest("person", d.personChanges("{"+param+":String}")), nil
}

// roleNow: person, val: the role that the team said, else the one that the
// value sent stands for, else the value itself: a product's own roles are asked
// for, too.
func (d *doors) roleNow() string {
	said := d.newest("person", d.personChanges("'"+RoleTrait+"'")) + " h WHERE h.val <> ''"
	// The team says few roles: leaving those out costs less than a join with all.
	return "(SELECT s.person AS person, CASE " + sentRole("s.val", "coalesce(s.val, '')") + " END AS val FROM " + d.newest("person", d.personChanges("'"+SentRole+"'")) +
		" s WHERE s.person NOT IN (SELECT h.person FROM " + said + ") UNION ALL SELECT h.person AS person, h.val AS val FROM " + said + ")"
}

// roles: person, from_day, to_day, val: the runs of days on which somebody had
// a role, read as roleNow reads the latest one. The last word of a day counts
// for the whole day.
func (d *doors) roles() string {
	last := func(trait string) string {
		return "argMax(CASE WHEN c.trait = '" + trait + "' THEN c.value END, CASE WHEN c.trait = '" + trait + "' THEN (c.ts, c.known, c.id) END)"
	}
	days := "SELECT c.person AS person, c.day AS day, " + last(RoleTrait) + " AS said, " + last(SentRole) + " AS sent FROM " + d.personChanges("'"+RoleTrait+"', '"+SentRole+"'") + " c GROUP BY c.person, c.day"
	runs := "SELECT x.person AS person, x.day AS from_day, planOnce(0) AS o17, coalesce(lead(toNullable(x.day)) OVER (PARTITION BY x.person ORDER BY x.day), " + farFuture + ") AS to_day, carried(x.said) OVER w AS said, carried(x.sent) OVER w AS sent FROM (" +
		days + ") x WINDOW w AS (PARTITION BY x.person ORDER BY x.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
	return "(SELECT r.person AS person, r.from_day AS from_day, r.to_day AS to_day, coalesce(CASE WHEN coalesce(r.said, '') <> '' THEN r.said " + sentRole("coalesce(r.sent, '')", "coalesce(r.sent, '')") + " END, '') AS val FROM (" + runs + ") r)"
}

// memberDays is how far back use of the product makes somebody one of the
// account's people.
const memberDays = 365

// members: account, person: who a group call or trait put into the account,
// and who used the product for it within a year.
func (d *doors) members() string {
	said := "(SELECT s.account AS account, coalesce(m.canonical, s.person) AS person FROM (SELECT account, person FROM memberships WHERE account <> ''" + d.knownBy() +
		") s LEFT JOIN " + d.merged() + " m ON m.person = s.person)"
	if roster := d.roster; roster != nil {
		if now := roster(); now != "" {
			return d.membersNow(now, said)
		}
	}
	used := fmt.Sprintf("(SELECT account, person FROM activity WHERE account <> '' AND person <> '' AND day >= addDaysN({to:Date}, -%d) AND day < {to:Date}%s GROUP BY account, person HAVING sum(n) > 0)",
		memberDays, d.seenBy())
	return "(SELECT DISTINCT u.account AS account, u.person AS person FROM (SELECT a.account AS account, a.person AS person FROM " + said + " a UNION ALL SELECT b.account AS account, b.person AS person FROM " + used +
		" b) u WHERE 1 = 1" + d.noStaff("u.account", "u.person") + ")"
}

// membersNow are the members by the roster: a million rows in the place of a
// year of activity. Of those who did not use the product within it, who was
// said to belong to the account.
func (d *doors) membersNow(roster, said string) string {
	since := fmt.Sprintf("dayNumber({to:Date}) - %d", memberDays)
	of := func(cond string) string {
		return "SELECT r.account AS account, r.person AS person, r.lately AS lately FROM " + roster + " r WHERE r.account <> '' AND " + cond
	}
	return "(SELECT u.account AS account, u.person AS person FROM (" + of("r.lately >= "+since) + " UNION ALL SELECT o.account AS account, o.person AS person, o.lately AS lately FROM (" + of("r.lately < "+since) +
		") o WHERE (o.account, o.person) IN (SELECT q.account, q.person FROM " + said + " q)) u WHERE 1 = 1" + d.noStaff("u.account", "u.person") + ")"
}

// measured: account, metric, day, value: what metrics keep daily per account,
// of the period's days and the given number of days before.
func (d *doors) measured(n int) string {
	return "(SELECT w.account AS account, w.metric AS metric, w.day AS day, w.value AS value FROM (SELECT q.*, row_number() OVER (PARTITION BY q.account, q.metric, q.day ORDER BY q.known DESC, q.batch DESC) AS place FROM (SELECT * FROM measures WHERE " +
		d.since(n) + d.knownBy() + ") q) w WHERE w.place = 1 AND w.value IS NOT NULL" + d.noStaff("w.account", "") + ")"
}

// measuredOn: account, value: what the metric whose name is in the parameter
// keeps of each account on the last day of the scope's days on which it was
// measured, or so many days before that: of a metric that was measured once a
// week for the longer past, the last one up to then.
func (d *doors) measuredOn(param string, ago int) (string, error) {
	if err := keyParam(param); err != nil {
		return "", err
	}
	of := "metric = {" + param + ":String} AND day < {to:Date}" + d.knownBy()
	last := fmt.Sprintf("(SELECT max(toNullable(day)) AS last_day FROM measures WHERE %s AND day >= addDaysN({to:Date}, -%d) AND value IS NOT NULL)", of, measuredWithin)
	days := fmt.Sprintf("(SELECT * FROM measures WHERE %s AND day >= addDaysN({to:Date}, -%d))", of, measuredWithin+ago+7)
	if ago > 0 {
		last = fmt.Sprintf("(SELECT max(toNullable(e.day)) AS last_day FROM (SELECT DISTINCT day FROM %s x WHERE x.value IS NOT NULL) e JOIN %s l ON e.day <= addDaysN(l.last_day, -%d) AND e.day > addDaysN(l.last_day, -%d))",
			days, last, ago, ago+7)
	}
	rows := fmt.Sprintf("(SELECT m.account AS account, m.value AS value, m.known AS known, m.batch AS batch FROM %s m JOIN %s d ON d.last_day = m.day)", days, last)
	return "(SELECT w.account AS account, w.value AS value FROM (SELECT q.*, row_number() OVER (PARTITION BY q.account ORDER BY q.known DESC, q.batch DESC) AS place FROM " + rows +
		" q) w WHERE w.place = 1 AND w.value IS NOT NULL" + d.noStaff("w.account", "") + ")", nil
}

// measuredWithin is how old the last measured day of a metric may be: days are
// measured a while after their end.
const measuredWithin = 8
