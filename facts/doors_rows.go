package facts

import (
	"github.com/farol-cs/farol"
)

// activity: day, account, person, key (a 64-bit number for the person), event,
// n (times, > 0), seconds (online), grp.
func (d *doors) activity(days string) string {
	source := "(SELECT day, account, person, who AS key, event, i64(sum(n)) AS n, f64(i64(sum(millis))) / 1000 AS seconds FROM activity WHERE " +
		days + d.seenBy() + d.only() + d.noStaff("account", "person") + " GROUP BY day, account, person, who, event HAVING sum(n) > 0)"
	return d.dayed(source, []string{"day", "account", "person", "key", "event", "n", "seconds"}, "account", "day")
}

// active is the condition that an event is one of those that make somebody
// active: parameters active_all Bool and active_events Array(String).
func (d *doors) active() string {
	if all, ok := d.params["active_all"].(bool); ok && all {
		return ""
	}
	return " AND event IN (SELECT unnest({active_events:Array(String)}))"
}

// presence: day, account, person, key, grp; one row for each day on which the
// person did something that counts as active for the account.
func (d *doors) presence(n int) string {
	source := "(SELECT DISTINCT q.day AS day, q.account AS account, q.person AS person, q.key AS key FROM " + d.present(n) + " q)"
	return d.dayed(source, []string{"day", "account", "person", "key"}, "account", "day")
}

// presentDoor is presence whose rows may repeat: the fastest source for
// queries that count distinct people anyway. key is 0 for nobody.
func (d *doors) presentDoor(n int) string {
	return d.dayed(d.present(n), []string{"day", "account", "person", "key"}, "account", "day")
}

// accountDays: account, day, grp: the days on which somebody did something that
// counts as active for the account, each once. Windows over them read a
// fraction of the rows of present.
func (d *doors) accountDays(n int) string {
	return d.dayed("(SELECT DISTINCT q.account AS account, q.day AS day FROM "+d.present(n)+" q WHERE q.account <> '')", []string{"account", "day"}, "account", "day")
}

// personDays: key, day, person, account (one of those the person acted for),
// grp: the days on which a person did something that counts as active, each
// once per group.
func (d *doors) personDays(n int) string {
	return "(SELECT q.key AS key, q.day AS day, q.grp AS grp, min(q.person) AS person, min(q.account) AS account FROM " + d.presentDoor(n) +
		" q WHERE q.key <> 0 GROUP BY q.key, q.day, q.grp)"
}

// present reads the rollup without summing it up, which is most of the cost
// of a year of a million people. Only what was taken back from somebody has
// to be summed, and only few have any.
func (d *doors) present(n int) string {
	days := d.since(n)
	where := days + d.seenBy() + d.active() + d.only() + d.noStaff("account", "person")
	const cols = "SELECT day, account, person, who AS key FROM activity WHERE "
	if !d.traits.negative.Load() {
		return "(" + cols + where + ")"
	}
	taken := "(SELECT who FROM activity WHERE n < 0 AND " + days + ")"
	if list, ok := d.traits.taken(); ok && len(list) == 0 {
		return "(" + cols + where + ")"
	} else if ok {
		// Named: an engine that does not know how few they are gathers everybody
		// to look for them.
		taken, d.params["farol_taken"] = "(SELECT unnest({farol_taken:Array(UInt64)}))", list
	}
	return "(" + cols + where + " AND who NOT IN " + taken +
		" UNION ALL SELECT q.day AS day, q.account AS account, q.person AS person, q.key AS key FROM (SELECT day, account, person, who AS key, event FROM activity WHERE " +
		where + " AND who IN " + taken + " GROUP BY day, account, person, who, event HAVING sum(n) > 0) q)"
}

// said is the day that a trait holds per name: the last said, or the first
// when a thing can happen once.
func (d *doors) said(subject, trait, pick string) string {
	return "(SELECT name, CAST(" + pick + " AS DATE) AS said_day FROM changes WHERE subject = '" + subject + "' AND trait = '" + trait + "'" + d.seenBy() + " GROUP BY name)"
}

// accounts: account, created_day (the trait created_at, else the sign-up,
// else the first fact), seen_day (the first fact), grp on created_day.
func (d *doors) accounts() string {
	source := "(SELECT f.account AS account, coalesce(c.said_day, s.said_day, f.first_day) AS created_day, f.first_day AS seen_day FROM " +
		"(SELECT name AS account, min(day) AS first_day FROM changes WHERE subject = 'account' AND trait = '" + seenTrait + "'" + d.seenBy() + " GROUP BY name) f" +
		" LEFT JOIN " + d.said("account", createdTrait, "argMax(value, (ts, known, id))") + " c ON c.name = f.account" +
		" LEFT JOIN " + d.said("account", "$signed_up", "min(value)") + " s ON s.name = f.account" +
		" WHERE 1 = 1" + d.noStaff("f.account", "") + ")"
	return d.dayed(source, []string{"account", "created_day", "seen_day"}, "account", "created_day")
}

// people: person, key, account (of the first activity), first_day (the trait
// created_at, else the first activity that counts), grp of the account then.
// The first days are kept; only of whom something was taken away the whole
// activity is read.
func (d *doors) people() string {
	all := d.unfiltered() // whose first one it was is a matter of all accounts
	acts := all.firstActs(all.active() + all.noStaff("account", "person"))
	created := "(SELECT p.person AS person, CAST(argMax(p.value, (p.ts, p.known, p.id)) AS DATE) AS said_day FROM " + d.personChanges("'"+createdTrait+"'") + " p GROUP BY p.person)"
	source := "(SELECT a.person AS person, a.key AS key, a.account AS account, coalesce(c.said_day, a.active_day) AS first_day FROM " +
		"(SELECT any_value(q.person) AS person, q.who AS key, argMin(q.account, (q.day, q.account)) AS account, min(q.day) AS active_day FROM (" + acts + ") q GROUP BY q.who) a LEFT JOIN " + created + " c ON c.person = a.person)"
	return d.dayed(source, []string{"person", "key", "account", "first_day"}, "account", "first_day")
}

// firstActs is a SELECT of person, who, account and day that has, of all that
// people did for accounts and cond keeps, the first days, and perhaps others.
func (d *doors) firstActs(cond string) string {
	cond = d.seenBy() + cond
	acts := "SELECT person, who, account, day FROM first_days WHERE n > 0" + cond
	if !d.traits.negative.Load() {
		return acts
	}
	taken := "(SELECT who FROM first_days WHERE n < 0" + d.knownBy() + ")"
	return acts + " AND who NOT IN " + taken + " UNION ALL SELECT q.person AS person, q.who AS who, q.account AS account, q.day AS day FROM " +
		"(SELECT day, account, person, who, event FROM activity WHERE person <> '' AND who IN " + taken + cond +
		" GROUP BY day, account, person, who, event HAVING sum(n) > 0) q"
}

// moved is the last move of each event that was moved.
func (d *doors) moved() string {
	return "(SELECT source, id, hash, argMax(person, batch) AS person, argMax(account, batch) AS account FROM moves WHERE 1 = 1" + d.knownBy() + d.movedOnly + " GROUP BY source, id, hash)"
}

// typed is a typed table, or a sub-query with its columns, with the person and account of its events as they
// are known to be.
func (d *doors) typed(table, columns, cond, accountSQL, personSQL string) string {
	if !d.traits.moved.Load() {
		return "(SELECT " + columns + ", t.hash AS hash, " + accountSQL + " AS account, " + personSQL + " AS person FROM " + table + " t WHERE " + cond + ")"
	}
	return "(SELECT " + columns + ", t.hash AS hash, coalesce(m.account, " + accountSQL + ") AS account, coalesce(m.person, " + personSQL + ") AS person FROM (SELECT * FROM " +
		table + " WHERE " + cond + ") t LEFT JOIN " + d.moved() + " m ON m.hash = t.hash AND m.source = t.source AND m.id = t.id)"
}

// answers: id, account, person, day, ts, survey, kind (nps, csat, ces),
// relation (relational, transactional, employee), score, scale, comment, grp. An answer given again replaces the one before. Not cut
// to the period.
func (d *doors) answers() string {
	all := d.typed("answers", "t.answer AS answer, t.day AS day, t.ts AS ts, t.known AS known, t.survey AS survey, t.kind AS kind, t.score AS score, t.scale AS scale, t.comment AS comment, coalesce(nullif(t.relation, ''), 'relational') AS relation, t.id AS event_id",
		"1 = 1"+d.seenBy(), "t.account", "t.person")
	source := "(SELECT answer AS id, account, person, day, ts, survey, kind, relation, score, scale, comment FROM (SELECT a.*, row_number() OVER (PARTITION BY a.answer ORDER BY a.ts DESC, a.known DESC, a.event_id DESC) AS place FROM " +
		all + " a) b WHERE b.place = 1" + d.noStaff("account", "person") + ")"
	return d.dayed(source, []string{"id", "account", "person", "day", "ts", "survey", "kind", "relation", "score", "scale", "comment"}, "account", "day")
}

// tickets: ticket, action (opened, updated, solved, reopened), account,
// person, day, ts, subject, priority, status, channel, topic, csat and
// replied, when a person first answered (null when not given), grp. One row per ticket event; not cut to the period.
func (d *doors) tickets() string {
	all := d.typed("tickets", "t.ticket AS ticket, t.action AS action, t.day AS day, t.ts AS ts, t.id AS id, t.subject AS subject, t.priority AS priority, t.status AS status, t.channel AS channel, t.topic AS topic, t.csat AS csat, t.replied AS replied",
		"1 = 1"+d.seenBy(), "t.account", "t.person")
	source := "(SELECT * FROM " + all + " a WHERE 1 = 1" + d.noStaff("account", "person") + ")"
	return d.dayed(source, []string{"id", "ticket", "action", "account", "person", "day", "ts", "subject", "priority", "status", "channel", "topic", "csat", "replied"}, "account", "day")
}

// Who an event of the log belonged to when it was taken in.
const (
	eventAccount = "(CASE WHEN t.as_account <> '' THEN t.as_account ELSE t.account END)"
	eventPerson  = "(CASE WHEN t.as_person <> '' THEN t.as_person WHEN t.user_id <> '' THEN t.user_id WHEN t.anonymous <> '' THEN '" +
		farol.AnonymousPrefix + "' || t.anonymous ELSE '' END)"
)

// events: id, ts, known, day, source, kind, name, active (counts as use of the
// product), account, person, properties (read with propStr and propNum), grp.
// Cut to the period.
func (d *doors) events() string {
	all := d.typed("events", "t.id AS id, t.ts AS ts, t.known AS known, t.day AS day, t.source AS source, t.kind AS kind, t.name AS name, t.active AS active, t.properties AS properties",
		d.since(0)+d.seenBy(), eventAccount, eventPerson)
	source := "(SELECT * FROM " + all + " a WHERE 1 = 1" + d.noStaff("account", "person") + ")"
	return d.dayed(source, []string{"id", "ts", "known", "day", "source", "kind", "name", "active", "account", "person", "properties"}, "account", "day")
}
