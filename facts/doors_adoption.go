package facts

import "fmt"

// registered: period, last, person, account, first_day, grp on the period's
// last day: everybody who began by then, once per period.
func (d *doors) registered() (string, error) {
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	source := "(SELECT p.period AS period, p.last AS last, o.person AS person, o.account AS account, o.first_day AS first_day FROM " +
		d.unfiltered().people() + " o CROSS JOIN " + periods + " p WHERE o.first_day <= p.last)"
	return d.dayed(source, []string{"period", "last", "person", "account", "first_day"}, "account", "last"), nil
}

// milestones: period, last, account, milestone, done_day and due_day (null
// when not), skipped (1 or 0), grp on the period's last day: how each
// milestone of an account's onboarding stood at the end of each period.
func (d *doors) milestones() (string, error) {
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	const named = "kind = 'track' AND name IN ('" + milestonePlanned + "', '" + milestoneDone + "', '" + milestoneSkipped + "')"
	log := d.typed("events", "t.id AS id, t.ts AS ts, t.day AS day, t.name AS name, t.properties AS properties", named+" AND day < {to:Date}"+d.seenBy(), eventAccount, eventPerson)
	said := "(SELECT u.account AS account, coalesce(propStr(u.properties, 'milestone'), '') AS milestone, u.name AS name, u.day AS day, u.ts AS ts, u.id AS id, " +
		"CAST(nullif(substring(coalesce(propStr(u.properties, 'due'), ''), 1, 10), '') AS DATE) AS due FROM " + log + " u WHERE u.account <> ''" + d.noStaff("u.account", "") + ")"
	source := "(SELECT p.period AS period, p.last AS last, s.account AS account, s.milestone AS milestone, " +
		"min(CASE WHEN s.name = '" + milestoneDone + "' THEN s.day END) AS done_day, argMax(s.due, (s.ts, s.id)) AS due_day, " +
		"i64(CASE WHEN argMax(s.name, (s.ts, s.id)) = '" + milestoneSkipped + "' THEN 1 ELSE 0 END) AS skipped FROM " +
		said + " s JOIN " + periods + " p ON s.day <= p.last WHERE s.milestone <> '' GROUP BY p.period, p.last, s.account, s.milestone)"
	return d.dayed(source, []string{"period", "last", "account", "milestone", "done_day", "due_day", "skipped"}, "account", "last"), nil
}

// The well-known events of onboarding.
const (
	milestonePlanned = "Milestone Planned"
	milestoneDone    = "Milestone Done"
	milestoneSkipped = "Milestone Skipped"
)

func milestoneEvent(name string) *wellKnown {
	return &wellKnown{name: name, account: true, properties: []property{text("milestone").must(), {name: "due", kind: aTime}}}
}

// attributeDays: account, from_day, to_day, val: the runs of days on which the
// account attribute whose name is in the parameter had a value.
func (d *doors) attributeDays(param string) (string, error) {
	key, ok := d.params[param].(string)
	if !ok {
		return "", fmt.Errorf("query: {{attributeDays}} takes the name of a text parameter, which %q is not", param)
	}
	return "(SELECT w.account AS account, w.from_day AS from_day, w.to_day AS to_day, w.val AS val FROM " + d.attribute("days_of", key) + " w)", nil
}
