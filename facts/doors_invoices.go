package facts

import "fmt"

// The doors of this file make changes of subscriptions out of the lines of
// invoices, where the parameter invoice_basis says that MRR comes from these.
// Prices of events then count only for subscriptions without any line.
//
// On the days of its service period a line is worth its amount per month. Those
// of one subscription add up, so that the credit of a proration takes off what
// the new line replaces; together they are never below zero. A line in another
// currency ends what was billed in the one before. After the last period what
// was billed stays for the patience with an unpaid invoice.

// byInvoices tells whether there are lines, and they count.
func (d *doors) byInvoices() bool { return d.on("invoice_basis") && d.traits.billed.Load() }

// pricedEvents are contractEvents with the lines of invoices among them, each
// day on which one begins or ends, and without the prices in whose place these
// come.
func (d *doors) pricedEvents(clocks string) string {
	contracts := d.contractEvents
	if d.on("average_ramps") {
		contracts = d.rampedEvents
	}
	if !d.byInvoices() {
		return contracts(clocks)
	}
	const of, order = "PARTITION BY u.account, u.subscription", " ORDER BY u.eff_ts, u.known, u.id"
	const upTo = "(" + of + order + " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
	const own = "account, subscription, eff_day, eff_ts, known, id, name, product, family, plan, reason, voluntary, escalator, said_day, quantity, seats, mrr, currency, unit, gross, off_percent, off_minor, off_until, trial"
	all := "SELECT " + own + ", status AS said_status, i64(0) AS line, i64(0) AS begins, i64(NULL) AS unbilled_on, i64(0) AS same, term_ts FROM " + contracts("1 = 1"+d.knownBy()) + " se WHERE account <> ''" + d.only() +
		" UNION ALL SELECT account, subscription, eff_day, eff_ts, known, id, '" + invoiceLine + "' AS name, product, family, plan, '' AS reason, i64(NULL) AS voluntary, i64(NULL) AS escalator, said_day, quantity, f64(NULL) AS seats, mrr, currency, " +
		"f64(NULL) AS unit, f64(NULL) AS gross, f64(NULL) AS off_percent, f64(NULL) AS off_minor, i64(NULL) AS off_until, i64(NULL) AS trial, '' AS said_status, i64(1) AS line, begins, unbilled_on, same, eff_ts AS term_ts FROM " + d.billedDays() + " bd"
	begins, notice := "u.begins = 1", ""
	if d.on("churn_at_request") {
		// What is billed up to the end of the term that was given notice of.
		begins += " AND u.eff_ts >= coalesce(u.notice, u.eff_ts)"
		notice = ", max(CASE WHEN u.name = 'Subscription Cancelled' THEN u.term_ts END) OVER " + upTo + " AS notice"
	}
	// A renewal is nothing new where nothing but lines can have ended it.
	marked := "SELECT u.*, max(u.line) OVER (" + of + ") AS billed, min(u.line) OVER (" + of + ") AS alone, planOnce(0) AS o11" + notice + " FROM (" + all + ") u"
	turned := "SELECT u.*, CASE WHEN " + begins + " THEN 'active' WHEN u.line = 0 THEN u.said_status END AS turn_to FROM (" + marked + ") u WHERE u.same = 0 OR u.alone = 0"
	held := "SELECT u.*, carried(u.turn_to) OVER " + upTo + " AS status, planOnce(0) AS o12 FROM (" + turned + ") u"
	text := "SELECT u.account AS account, u.subscription AS subscription, u.eff_day AS eff_day, u.eff_ts AS eff_ts, u.known AS known, u.id AS id, u.name AS name, u.status AS status, u.product AS product, u.family AS family, u.plan AS plan, " +
		"u.reason AS reason, u.voluntary AS voluntary, u.escalator AS escalator, u.said_day AS said_day, u.unbilled_on AS unbilled_on, CASE WHEN u.billed = 1 AND u.name IN ('Subscription Started', 'Subscription Resumed') THEN i64(dayNumber(u.eff_day)) END AS begun_on, " +
		"CASE WHEN u.billed = 0 OR u.line = 1 THEN u.currency ELSE '' END AS currency"
	for _, c := range []string{"quantity", "seats", "mrr", "unit", "gross", "off_percent", "off_minor", "off_until", "trial"} {
		text += ", CASE WHEN u.billed = 0 OR u.line = 1 THEN u." + c + " END AS " + c
	}
	return "(SELECT * FROM (" + text + " FROM (" + held + ") u WHERE u.status IS NOT NULL) pe WHERE " + clocks + ")"
}

// billedDays: account, subscription, eff_day, eff_ts, known, id, product,
// family, plan, quantity, currency, mrr (null between periods), begins (1 when a
// line does), unbilled_on (the day when the last one ended, -1 when one runs),
// said_day, same (1 when all is as on the day before): the days on which lines
// begin or end.
func (d *doors) billedDays() string {
	const sides = "(SELECT i64(generate_series) AS side FROM generate_series(0, 1)) k"
	steps := "SELECT l.account AS account, l.subscription AS subscription, l.ts AS ts, l.known AS known, l.id AS id, CASE WHEN k.side = 0 THEN l.day ELSE l.ends END AS at_day, " +
		"CASE WHEN k.side = 0 THEN l.ts WHEN l.ends = l.until THEN l.until_ts END AS at_ts, CASE WHEN k.side = 0 THEN l.monthly ELSE -l.monthly END AS more, " +
		"CASE WHEN l.credit = 1 THEN i64(0) WHEN k.side = 0 THEN i64(1) ELSE i64(-1) END AS run, CASE WHEN k.side = 1 THEN 0 WHEN l.credit = 1 THEN 1 ELSE 2 END AS told, CASE WHEN k.side = 0 THEN l.said_day END AS said_day"
	for _, c := range [][2]string{{"product", "nullif(l.product, '')"}, {"family", "nullif(l.family, '')"}, {"plan", "nullif(l.plan, '')"}, {"currency", "l.currency"}, {"quantity", "l.quantity"}} {
		steps += ", CASE WHEN k.side = 0 AND l.credit = 0 THEN " + c[1] + " END AS " + c[0]
	}
	steps += " FROM " + d.linesInForce() + " l CROSS JOIN " + sides + " WHERE l.day < l.ends"
	days := "SELECT s.account AS account, s.subscription AS subscription, s.at_day AS eff_day, coalesce(max(CASE WHEN s.told = 2 THEN s.at_ts END), max(s.at_ts)) AS eff_ts, max(s.known) AS known, argMax(s.id, (s.told, s.ts, s.known, s.id)) AS id, " +
		"i64(sum(s.more)) AS more, i64(sum(s.run)) AS run, max(CASE WHEN s.told = 2 THEN 1 ELSE 0 END) AS begins, min(s.said_day) AS said_day"
	told := []string{"product", "family", "plan", "currency", "quantity"}
	for _, c := range told {
		days += ", argMax(s." + c + ", (s.ts, s.known, s.id)) AS " + c
	}
	days += " FROM (" + steps + ") s GROUP BY s.account, s.subscription, s.at_day"
	const upTo = " OVER (PARTITION BY y.account, y.subscription ORDER BY y.eff_day)"
	same := "y.more = 0 AND y.run = 0"
	for _, c := range told {
		same += " AND (y." + c + " IS NULL OR coalesce(y." + c + " = lag(y." + c + ")" + upTo + ", false))"
	}
	running := "SELECT y.*, i64(sum(y.more)" + upTo + ") AS total, i64(sum(y.run)" + upTo + ") AS running, CASE WHEN " + same + " THEN 1 ELSE 0 END AS same, planOnce(0) AS o13 FROM (" + days + ") y"
	return "(SELECT z.account AS account, z.subscription AS subscription, z.eff_day AS eff_day, z.eff_ts AS eff_ts, z.known AS known, z.id AS id, coalesce(z.product, '') AS product, coalesce(z.family, '') AS family, coalesce(z.plan, '') AS plan, " +
		"z.quantity AS quantity, coalesce(z.currency, '') AS currency, CASE WHEN z.running > 0 THEN greatest(z.total, 0) END AS mrr, i64(z.begins) AS begins, " +
		"CASE WHEN z.running > 0 THEN i64(-1) ELSE i64(dayNumber(z.eff_day)) END AS unbilled_on, i64(z.said_day) AS said_day, i64(z.same) AS same FROM (" + running + ") z WHERE z.running > 0 OR z.run < 0)"
}

// linesInForce are the lines of invoices that are for a day at least, with the
// day before which they end: when their period does, or when a line in another
// currency begins. A credit in a currency that is not billed any more ends at
// once.
func (d *doors) linesInForce() string {
	const order = "PARTITION BY v.account, v.subscription ORDER BY v.day, v.credit, v.ts, v.known, v.id"
	all := d.typed("invoices", "t.subscription AS subscription, t.day AS day, t.ts AS ts, t.known AS known, t.id AS id, t.until AS until, t.until_ts AS until_ts, t.monthly AS monthly, t.credit AS credit, t.currency AS currency, "+
		"t.product AS product, t.family AS family, t.plan AS plan, t.quantity AS quantity, t.said_day AS said_day", "until > day"+d.knownBy(), "t.account", "''")
	ruled := "SELECT v.*, carried(CASE WHEN v.credit = 0 THEN v.currency END) OVER (" + order + " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS ruling, planOnce(0) AS o14 FROM (SELECT * FROM " + all + " iv WHERE account <> ''" + d.only() + ") v"
	turned := "SELECT v.*, CASE WHEN v.credit = 0 AND lag(v.ruling) OVER (" + order + ") <> v.currency THEN v.day END AS turn, planOnce(0) AS o15 FROM (" + ruled + ") v"
	ended := "SELECT v.*, min(v.turn) OVER (" + order + " ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS next_turn, planOnce(0) AS o16 FROM (" + turned + ") v"
	return "(SELECT v.*, CASE WHEN v.ruling = v.currency THEN least(v.until, coalesce(v.next_turn, v.until)) ELSE v.day END AS ends FROM (" + ended + ") v)"
}

// patience says of active subscriptions which have something unpaid, or are
// billed for no period any more, on which day (a number) that ends their MRR,
// and in which state they are then. A start without a line is waited for anew.
func (d *doors) patience() (when, on, state string) {
	when, on, state = "unpaid_on >= 0", "unpaid_on", "'unpaid'"
	if d.byInvoices() {
		const ended = "greatest(unbilled_on, coalesce(begun_on, -1))"
		unpaid := fmt.Sprintf("CASE WHEN unpaid_on >= 0 THEN unpaid_on ELSE %d END", noEnd)
		when, on = "(unpaid_on >= 0 OR unbilled_on >= 0)", fmt.Sprintf("least(%s, CASE WHEN unbilled_on >= 0 THEN %s ELSE %d END)", unpaid, ended, noEnd)
		state = "(CASE WHEN unpaid_on >= 0 THEN 'unpaid' ELSE 'cancelled' END)"
	}
	return when, fmt.Sprintf("%s + %d", on, d.setting("past_due_days", 30)), state
}
