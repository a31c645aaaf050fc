package facts

import (
	"fmt"
	"strings"

	"github.com/farol-cs/farol"
)

// firsts: person, key, first_day: the people whose first day of all history
// (the trait created_at, else the first activity that counts; the earlier of
// the two) is not before the n days before the period. Neither filters nor breakdown apply:
// who is new is new everywhere. Only the few candidates are looked at.
func (d *doors) firsts(n int) string {
	recent := d.since(n)
	cond := d.seenBy() + d.active() + d.noStaff("account", "person")
	source := "SELECT person, who, day FROM first_days WHERE n > 0 AND who IN (SELECT who FROM first_days WHERE n > 0 AND " + recent + d.seenBy() + ")" + cond
	if d.traits.negative.Load() {
		// Of whom something was taken away the days are read again, when they
		// did anything in the period.
		taken := "(SELECT who FROM first_days WHERE n < 0" + d.knownBy() + ")"
		again := "(SELECT who FROM activity WHERE " + recent + d.seenBy() + " AND who IN " + taken + ")"
		source += " AND who NOT IN " + taken + " UNION ALL SELECT q.person AS person, q.who AS who, q.day AS day FROM " +
			"(SELECT day, account, person, who, event FROM activity WHERE person <> '' AND who IN " + again + cond +
			" GROUP BY day, account, person, who, event HAVING sum(n) > 0) q"
	}
	acts := "(SELECT u.person AS person, u.who AS key, min(u.day) AS active_day FROM (" + source + ") u GROUP BY u.person, u.who)"
	created := "(SELECT p.person AS person, CAST(argMax(p.value, (p.ts, p.known, p.id)) AS DATE) AS said_day FROM " + d.personChanges("'"+createdTrait+"'") + " p GROUP BY p.person)"
	return "(SELECT z.person AS person, z.key AS key, z.first_day AS first_day FROM (SELECT a.person AS person, a.key AS key, least(coalesce(c.said_day, a.active_day), a.active_day) AS first_day FROM " +
		acts + " a LEFT JOIN " + created + " c ON c.person = a.person) z WHERE z.first_day >= " + fmt.Sprintf("addDaysN({from:Date}, %d))", -n)
}

// before is the period of the same length or, for a month, the month before.
func before(p farol.Period) farol.Period {
	if p.Days() == 1 || p.Days() == 7 {
		return farol.Period{From: p.From - farol.Day(p.Days()), To: p.From}
	}
	return farol.Calendar{}.PeriodAt(farol.Monthly, p.From-1)
}

// turns: day, period, is_now: the days of each period so far (1), and those
// of the whole period before it (0).
func (d *doors) turns() (string, error) {
	days, err := d.days()
	if err != nil {
		return "", err
	}
	prior := []int64{}
	for _, p := range d.Periods {
		if d.AsOf != 0 && p.From > d.AsOf {
			continue
		}
		q := before(p)
		if q.From < 0 {
			return "", farol.InvalidField("period", "is too early")
		}
		prior = append(prior, int64(q.From)*100+int64(q.Days()))
	}
	d.params["farol_prior"] = prior
	return fmt.Sprintf("(SELECT t.day AS day, t.period AS period, 1 AS is_now FROM %s t UNION ALL SELECT addDaysN(dayFrom(intDiv(w.v, 100)), k.place) AS day, dayFrom(intDiv(w.v, 100) + w.v %% 100) AS period, 0 AS is_now "+
		"FROM (SELECT unnest({farol_prior:Array(Int64)}) AS v) w CROSS JOIN (SELECT i64(generate_series) AS place FROM generate_series(0, 30)) k WHERE k.place < w.v %% 100)", days), nil
}

// trailing: day, period, last, ago: for each period the n days that end with
// its last day (not after as-of), ago 0 being that day.
func (d *doors) trailing(n int) (string, error) {
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("(SELECT addDaysN(p.last, -k.place) AS day, p.period AS period, p.last AS last, k.place AS ago "+
		"FROM %s p CROSS JOIN (SELECT i64(generate_series) AS place FROM generate_series(0, %d)) k)", periods, n-1), nil
}

// moments: day, ts, account, person, key, event, grp: every single thing that
// somebody did that counts as active, of the period and n days before it.
func (d *doors) moments(n int) string {
	return d.momentsOf(n, "active = true", d.active())
}

// beats are the moments and the heartbeats between them.
func (d *doors) beats(n int) string {
	const beat = "event = '" + heartbeat + "'"
	counts := strings.TrimPrefix(d.active(), " AND ")
	if counts != "" {
		counts = " AND (" + counts + " OR " + beat + ")"
	}
	const ofOthers = "coalesce(propStr(properties, 'impersonated'), '') <> 'true' AND coalesce(propStr(context, 'impersonated'), '') <> 'true'"
	return d.momentsOf(n, "(active = true OR kind = 'track' AND name = '"+heartbeat+"' AND "+ofOthers+")", counts)
}

// momentsOf are the events of people that the two conditions keep, the first of
// the log and the second, which begins with AND, of what they are called.
func (d *doors) momentsOf(n int, logged, counts string) string {
	const name = "(CASE WHEN t.kind = 'track' THEN t.name ELSE '$' || t.kind END)"
	all := d.typed("events", "t.id AS id, t.ts AS ts, t.day AS day, "+name+" AS event", d.since(n)+" AND "+logged+d.seenBy(),
		eventAccount, eventPerson)
	source := "(SELECT * FROM " + all + " a WHERE person <> ''" + counts + d.noStaff("account", "person") + ")"
	return d.dayed(source, []string{"day", "ts", "account", "person", "event"}, "account", "day")
}

// seatsAt: period, account, seats (> 0), grp: the seats of the subscriptions
// that are active at the end of each period's last day. What an event leaves
// out stays as it was.
func (d *doors) seatsAt() (string, error) {
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	all := d.typed("subscriptions", "t.subscription AS subscription, t.day AS day, t.ts AS ts, t.known AS known, t.id AS id, t.status AS status, t.seats AS seats", "1 = 1"+d.seenBy(), "t.account", "''")
	states := "(SELECT account, subscription, day, status, planOnce(0) AS o1, carried(seats) OVER w AS seats, row_number() OVER (PARTITION BY account, subscription, day ORDER BY ts DESC, known DESC, id DESC) AS place FROM " +
		all + " a WHERE account <> ''" + d.only() + d.noStaff("account", "") + " WINDOW w AS (PARTITION BY account, subscription ORDER BY ts, known, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))"
	spans := "(SELECT s.account AS account, s.status AS status, s.seats AS seats, s.day AS from_day, planOnce(0) AS o2, coalesce(lead(toNullable(s.day)) OVER (PARTITION BY s.account, s.subscription ORDER BY s.day), " + farFuture + ") AS to_day FROM " +
		states + " s WHERE s.place = 1)"
	source := "(SELECT p.period AS period, p.last AS on_day, m.account AS account, f64(sum(m.seats)) AS seats FROM " + periods + " p JOIN " + spans +
		" m ON m.from_day <= p.last AND m.to_day > p.last WHERE m.status = 'active' AND m.seats > 0 GROUP BY p.period, p.last, m.account)"
	return d.dayed(source, []string{"period", "account", "seats"}, "account", "on_day"), nil
}
