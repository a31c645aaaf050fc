package facts

import "fmt"

// ticketWaits: period (in which the ticket was opened), ticket, account, wait
// (milliseconds until it was "answered" or "solved" for the first time, null
// while it has not been), watched (milliseconds until the end of the last day
// that is over: parameter through_end), grp on the day of opening. What
// happened after that end does not count yet.
func (d *doors) ticketWaits(end string) (string, error) {
	days, err := d.days()
	if err != nil {
		return "", err
	}
	instant, cond := "", ""
	switch end {
	case "answered":
		instant, cond = "s.replied", "s.replied IS NOT NULL"
	case "solved":
		instant, cond = "s.ts", "s.action = 'solved'"
	default:
		return "", fmt.Errorf("query: {{ticketWaits}} is until answered or solved, not %q", end)
	}
	opened := "(SELECT t.account AS account, t.ticket AS ticket, min(t.ts) AS opened_at, min(t.day) AS opened_day, argMin(t.grp, (t.ts, t.id)) AS grp FROM " +
		d.tickets() + " t WHERE t.action = 'opened' GROUP BY t.account, t.ticket)"
	ends := "(SELECT s.account AS account, s.ticket AS ticket, " + instant + " AS ended_at FROM " + d.unfiltered().tickets() + " s WHERE " + cond + ")"
	const until = "toMillis({through_end:DateTime64(3)})"
	return "(SELECT n.period AS period, w.ticket AS ticket, w.account AS account, w.ended - w.began AS wait, " + until + " - w.began AS watched, w.grp AS grp FROM (" +
		"SELECT o.account AS account, o.ticket AS ticket, o.opened_day AS opened_day, o.grp AS grp, toMillis(o.opened_at) AS began, " +
		"toMillis(min(CASE WHEN e.ended_at >= o.opened_at AND e.ended_at < {through_end:DateTime64(3)} THEN e.ended_at END)) AS ended FROM " + opened +
		" o LEFT JOIN " + ends + " e ON e.account = o.account AND e.ticket = o.ticket WHERE o.opened_at < {through_end:DateTime64(3)} " +
		"GROUP BY o.account, o.ticket, o.opened_day, o.grp, o.opened_at) w JOIN " + days + " n ON n.day = w.opened_day)", nil
}

// valueWaits: period (in which the account began), unit, account, days (until
// its activation criterion held, at most 89 of which count as watched while it
// does not), met (1 once it did), grp. Below two days the time is by the clock
// where the instants are known, above in whole days; what held before the start
// took none.
func (d *doors) valueWaits() (string, error) {
	activated, err := d.activated([]any{90, "clock"})
	if err != nil {
		return "", err
	}
	days, err := d.days()
	if err != nil {
		return "", err
	}
	return "(SELECT t.period AS period, t.unit AS unit, t.account AS account, CASE WHEN t.took < 0 THEN f64(0) " +
		"WHEN t.took <= 2 AND t.took_exactly IS NOT NULL THEN CASE WHEN t.took_exactly >= 2 THEN f64(2) WHEN t.took_exactly > 0 THEN t.took_exactly ELSE f64(0) END " +
		"WHEN t.took IS NOT NULL THEN f64(t.took) " +
		"WHEN t.watched < 2 AND t.watched_exactly IS NOT NULL THEN least(f64(2), greatest(f64(0), t.watched_exactly)) " +
		"ELSE f64(least(89, t.watched)) END AS days, CASE WHEN t.took IS NOT NULL THEN 1 ELSE 0 END AS met, t.grp AS grp FROM (" +
		"SELECT a.grp AS grp, a.unit AS unit, a.account AS account, n.period AS period, i64({through:Date} - a.start_day) AS watched, " +
		"f64(toMillis({through_end:DateTime64(3)}) - a.start_at) / 86400000 AS watched_exactly, " +
		"CASE WHEN a.met_day <= {through:Date} THEN i64(a.met_day - a.start_day) END AS took, f64(a.met_at - a.start_at) / 86400000 AS took_exactly FROM " +
		activated + " a JOIN " + days + " n ON n.day = a.start_day WHERE a.start_day <= {through:Date}) t)", nil
}

// leadWins: lead, account, day (created), paid_day (the first day at whose end
// the account paid; null for never), place (1 for the lead that won it: the
// first of the account), grp. Leads of who paid before are left out.
func (d *doors) leadWins() (string, error) {
	paid, err := d.unfiltered().firstPaid()
	if err != nil {
		return "", err
	}
	return "(SELECT l.lead AS lead, l.account AS account, l.day AS day, f.day AS paid_day, " +
		"row_number() OVER (PARTITION BY l.account, CASE WHEN l.account = '' THEN l.lead ELSE '' END ORDER BY l.day, l.lead) AS place, l.grp AS grp FROM " +
		d.leads() + " l LEFT JOIN " + paid + " f ON f.account = l.account WHERE f.day IS NULL OR f.day >= l.day)", nil
}

// acquisitionCosts: period, id, amount, grp: the part of each cost of sales and
// marketing that falls into the period, by days, once it is moved by the months
// that a sale takes (parameter acquisition_lag).
func (d *doors) acquisitionCosts() (string, error) {
	costs, err := d.costs()
	if err != nil {
		return "", err
	}
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	return "(SELECT p.period AS period, c.id AS id, f64(c.amount) * f64(least(c.to_day, addDaysN(p.last, 1)) - greatest(c.from_day, p.period)) / f64(c.to_day - c.from_day) AS amount, c.grp AS grp FROM (" +
		"SELECT x.id AS id, x.amount AS amount, x.grp AS grp, addMonthsN(x.from_day, {acquisition_lag:Int64}) AS from_day, addMonthsN(x.to_day, {acquisition_lag:Int64}) AS to_day FROM " +
		costs + " x WHERE x.category = 'sales' OR x.category = 'marketing') c JOIN " + periods + " p ON c.from_day <= p.last AND c.to_day > p.period)", nil
}
