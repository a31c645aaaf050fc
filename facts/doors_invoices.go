package facts

import (
	"fmt"
	"strings"
)

// The doors of this file make changes of subscriptions out of the lines of
// invoices, where the parameter invoice_basis says that MRR comes from these.
// From the first line of a subscription on the prices of its events do not count.
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
	if !d.byInvoices() {
		return d.agreedEvents(clocks)
	}
	events := "(SELECT * FROM " + d.agreedEvents("1 = 1"+d.knownBy()) + " se WHERE account <> ''" + d.only() + ")"
	return "(SELECT * FROM " + billing{doors: d}.among(events) + " pe WHERE " + clocks + ")"
}

// signedEvents are pricedEvents once for each of the periods, with its columns
// period and last: those that have taken effect by its last day, or were signed
// or sent by then.
func (d *doors) signedEvents(periods string) string {
	out := "(SELECT ce.*, p.period AS period, p.last AS last FROM (SELECT * FROM " + d.agreedEvents("1 = 1"+d.knownBy()) + " cf WHERE account <> ''" + d.noStaff("account", "") +
		") ce JOIN " + periods + " p ON ce.eff_day <= p.last OR coalesce(ce.said_day, 1000000) <= dayNumber(p.last))"
	if !d.byInvoices() {
		return out
	}
	return "(SELECT * FROM " + billing{d, "period, last, ", periods}.among(out) + " sf WHERE account <> ''" + d.noStaff("account", "") + ")"
}

// agreedEvents are contractEvents with the prices that count, by the setting for
// ramped deals.
func (d *doors) agreedEvents(clocks string) string {
	if d.on("average_ramps") {
		return d.rampedEvents(clocks)
	}
	return d.contractEvents(clocks)
}

// billing is the text of the changes that lines make. With own, the columns of
// periods with a comma after each, every period has a history of its own, of the
// lines whose day had come, or that were sent, by its last day.
type billing struct {
	*doors
	own, periods string
}

// names are the columns that tell the subscription, of a table.
func (b billing) names(table string) string {
	return prefixed(table+".", b.own+"account, subscription")
}

// of is the window over the subscription, and what else is named of the table.
func (b billing) of(table string, more ...string) string {
	key := append(strings.Fields(strings.ReplaceAll(b.own, ",", " ")), append([]string{"account", "subscription"}, more...)...)
	return "PARTITION BY " + table + "." + strings.Join(key, ", "+table+".")
}

// among puts the lines among the events of a source.
func (b billing) among(events string) string {
	order := " ORDER BY u.eff_ts, u.known, u.id"
	of, upTo := b.of("u"), "("+b.of("u")+order+" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
	names := b.own + "account, subscription, eff_day, eff_ts, known, id, "
	// A line says all of the price: it is net, and no trial.
	all := "SELECT " + names + "name, product, family, plan, reason, voluntary, escalator, said_day, quantity, seats, mrr, currency, unit, gross, off_percent, off_minor, off_until, trial, " +
		"status AS said_status, i64(0) AS line, i64(0) AS begins, i64(NULL) AS unbilled_on, i64(0) AS same, term_ts FROM " + events + " ue UNION ALL SELECT " + names + "'" + invoiceLine +
		"' AS name, product, family, plan, '' AS reason, i64(NULL) AS voluntary, i64(NULL) AS escalator, said_day, quantity, f64(NULL) AS seats, mrr, currency, f64(NULL) AS unit, f64(NULL) AS gross, " +
		"f64(0) AS off_percent, f64(0) AS off_minor, i64(0) AS off_until, i64(0) AS trial, '' AS said_status, i64(1) AS line, begins, unbilled_on, same, eff_ts AS term_ts FROM " + b.days() + " bd"
	begins, notice := "u.begins = 1", ""
	if b.on("churn_at_request") {
		// What is billed up to the end of the term that was given notice of.
		begins += " AND u.eff_ts >= coalesce(u.notice, u.eff_ts)"
		notice = ", max(CASE WHEN u.name = 'Subscription Cancelled' THEN u.term_ts END) OVER " + upTo + " AS notice"
	}
	// A renewal is nothing new where nothing but lines can have ended it.
	marked := "SELECT u.*, max(u.line) OVER " + upTo + " AS billed, min(u.line) OVER (" + of + ") AS alone, planOnce(0) AS o11" + notice + " FROM (" + all + ") u"
	turned := "SELECT u.*, CASE WHEN " + begins + " THEN 'active' WHEN u.line = 0 THEN u.said_status END AS turn_to FROM (" + marked + ") u WHERE u.same = 0 OR u.alone = 0"
	held := "SELECT u.*, carried(u.turn_to) OVER " + upTo + " AS status, planOnce(0) AS o12 FROM (" + turned + ") u"
	text := "SELECT " + b.names("u") + "u.eff_day AS eff_day, u.eff_ts AS eff_ts, u.known AS known, u.id AS id, u.name AS name, u.status AS status, u.product AS product, u.family AS family, u.plan AS plan, " +
		"u.reason AS reason, u.voluntary AS voluntary, u.escalator AS escalator, u.said_day AS said_day, u.unbilled_on AS unbilled_on, CASE WHEN u.billed = 1 AND u.name IN ('Subscription Started', 'Subscription Resumed') THEN i64(dayNumber(u.eff_day)) END AS begun_on, " +
		"CASE WHEN u.billed = 0 OR u.line = 1 THEN u.currency ELSE '' END AS currency"
	for _, c := range []string{"quantity", "seats", "mrr", "unit", "gross", "off_percent", "off_minor", "off_until", "trial"} {
		text += ", CASE WHEN u.billed = 0 OR u.line = 1 THEN u." + c + " END AS " + c
	}
	return "(" + text + " FROM (" + held + ") u WHERE u.status IS NOT NULL)"
}

// days: account, subscription, eff_day, eff_ts, known, id, product, family,
// plan, quantity (-1 when some line in force does not say it), currency, mrr
// (null between periods), begins (1 when a line does), unbilled_on (the day when
// the last one ended, -1 when one runs), said_day, same (1 when all is as on the
// day before): the days on which lines begin or end.
func (b billing) days() string {
	same := "y.more = 0 AND y.run = 0"
	for _, c := range []string{"product", "family", "plan", "currency", "units", "unsaid"} {
		same += " AND coalesce(y." + c + " = lag(toNullable(y." + c + ")) OVER (" + b.of("y") + " ORDER BY y.eff_day), false)"
	}
	marked := "SELECT y.*, CASE WHEN " + same + " THEN 1 ELSE 0 END AS same, planOnce(0) AS o13 FROM (" + b.worded() + ") y"
	text := "SELECT " + b.names("z") + "z.eff_day AS eff_day, z.eff_ts AS eff_ts, z.known AS known, z.id AS id, z.currency AS currency"
	for _, c := range []string{"product", "family", "plan"} {
		text += ", CASE WHEN z.running > 0 THEN z." + c + " ELSE '' END AS " + c
	}
	return "(" + text + ", CASE WHEN z.running > 0 AND z.unsaid > 0 THEN f64(-1) WHEN z.running > 0 THEN greatest(z.units, f64(0)) END AS quantity, CASE WHEN z.running > 0 THEN greatest(z.total, 0) END AS mrr, i64(z.begins) AS begins, " +
		"CASE WHEN z.running > 0 THEN i64(-1) ELSE i64(dayNumber(z.eff_day)) END AS unbilled_on, i64(z.said_day) AS said_day, i64(z.same) AS same FROM (" + marked + ") z WHERE z.running > 0 OR z.run < 0)"
}

// worded are the days with what the lines in force add up to: total, units, how
// many of them charge (running) and how many say no quantity (unsaid). The
// product, family and plan are those for which most is billed, credits for them
// taken off; of several the one that began last.
func (b billing) worded() string {
	mine := func(what string) string { return "max(CASE WHEN s.words = s.of_words THEN " + what + " END)" }
	sum := func(what string) string {
		return "i64(sum(CASE WHEN s.words = s.of_words THEN " + what + " ELSE 0 END))"
	}
	const order = "(s.told, s.ts, s.known, s.id)"
	days := "SELECT " + b.names("s") + "s.at_day AS eff_day, s.of_words AS of_words, coalesce(max(CASE WHEN s.told = 2 THEN s.at_ts END), max(s.at_ts)) AS eff_ts, max(s.known) AS known, argMax(s.id, " + order + ") AS id, argMax(s.currency, " + order + ") AS currency, " +
		"i64(sum(s.more)) AS more, i64(sum(s.run)) AS run, sum(s.more_units) AS more_units, i64(sum(s.more_unsaid)) AS more_unsaid, max(CASE WHEN s.told = 2 THEN 1 ELSE 0 END) AS begins, min(s.said_day) AS said_day, " +
		sum("s.more") + " AS my_more, " + sum("s.run") + " AS my_run, " + mine("s.begins_on") + " AS my_begin, " + mine("s.product") + " AS my_product, " + mine("s.family") + " AS my_family, " + mine("s.plan") + " AS my_plan " +
		"FROM (SELECT sa.*, unnest(sa.all_words) AS of_words FROM (" + b.steps() + ") sa) s GROUP BY " + strings.TrimPrefix(b.of("s", "at_day", "of_words"), "PARTITION BY ")
	held := "SELECT t.*, i64(sum(t.more) OVER w) AS total, i64(sum(t.run) OVER w) AS running, sum(t.more_units) OVER w AS units, i64(sum(t.more_unsaid) OVER w) AS unsaid, " +
		"i64(sum(t.my_more) OVER w) AS worth, i64(sum(t.my_run) OVER w) AS charging, coalesce(max(t.my_begin) OVER w, 0) AS begun, max(t.my_product) OVER g AS product, max(t.my_family) OVER g AS family, max(t.my_plan) OVER g AS plan, planOnce(0) AS o27 " +
		"FROM (" + days + ") t WINDOW w AS (" + b.of("t", "of_words") + " ORDER BY t.eff_day), g AS (" + b.of("t", "of_words") + ")"
	text := "SELECT " + b.names("x") + "x.eff_day AS eff_day"
	for _, c := range []string{"product", "family", "plan"} {
		text += ", argMax(x." + c + ", (CASE WHEN x.charging > 0 THEN 1 ELSE 0 END, x.worth, x.begun, x.of_words)) AS " + c
	}
	// All else is the same whatever the words.
	for _, c := range []string{"eff_ts", "known", "id", "currency", "more", "run", "begins", "said_day", "total", "running", "unsaid"} {
		text += ", max(x." + c + ") AS " + c
	}
	return text + ", roundHalfUp(max(x.units), 6) AS units FROM (" + held + ") x GROUP BY " + strings.TrimPrefix(b.of("x", "eff_day"), "PARTITION BY ")
}

// steps are the lines at both ends, with what each adds where it begins and
// takes off where it ends. words numbers what is said of product, family and
// plan, all_words are the numbers of the subscription.
func (b billing) steps() string {
	const sides = "(SELECT i64(generate_series) AS side FROM generate_series(0, 1)) k"
	signed := func(what string) string { return "CASE WHEN k.side = 0 THEN " + what + " ELSE -(" + what + ") END" }
	steps := "SELECT " + b.names("l") + "l.product AS product, l.family AS family, l.plan AS plan, l.currency AS currency, l.ts AS ts, l.known AS known, l.id AS id, CASE WHEN k.side = 0 THEN l.day ELSE l.ends END AS at_day, " +
		"CASE WHEN k.side = 0 THEN l.ts WHEN l.ends = l.until THEN l.until_ts END AS at_ts, " + signed("l.monthly") + " AS more, " + signed("i64(1 - l.credit)") + " AS run, " +
		signed("CASE WHEN l.credit = 1 THEN -coalesce(l.quantity, 0) ELSE coalesce(l.quantity, 0) END") + " AS more_units, " + signed("CASE WHEN l.quantity IS NULL THEN i64(1) ELSE i64(0) END") + " AS more_unsaid, " +
		"CASE WHEN k.side = 1 THEN 0 WHEN l.credit = 1 THEN 1 ELSE 2 END AS told, CASE WHEN k.side = 0 THEN l.said_day END AS said_day, CASE WHEN k.side = 0 AND l.credit = 0 THEN i64(dayNumber(l.day)) END AS begins_on " +
		"FROM " + b.linesInForce() + " l CROSS JOIN " + sides + " WHERE l.day < l.ends"
	numbered := "SELECT s.*, i64(dense_rank() OVER (" + b.of("s") + " ORDER BY s.product, s.family, s.plan)) AS words, i64(row_number() OVER (" + b.of("s", "product", "family", "plan") + " ORDER BY s.at_day, s.told, s.known, s.id)) AS nth, planOnce(0) AS o25 FROM (" + steps + ") s"
	return "SELECT s.*, array_agg(s.words) FILTER (WHERE s.nth = 1) OVER (" + b.of("s") + ") AS all_words, planOnce(0) AS o26 FROM (" + numbered + ") s"
}

// linesInForce are the lines of invoices that are for a day at least, with the
// day before which they end: when their period does, or when a line in another
// currency begins. A credit in a currency that is not billed any more ends at
// once. Where each period has a history of its own only its end is asked for, so
// that lines that were over when the newest began have no part in it.
func (b billing) linesInForce() string {
	order := b.of("v") + " ORDER BY v.day, v.credit, v.ts, v.known, v.id"
	all := "(SELECT * FROM " + b.typed("invoices", "t.subscription AS subscription, t.day AS day, t.ts AS ts, t.known AS known, t.id AS id, t.until AS until, t.until_ts AS until_ts, t.monthly AS monthly, t.credit AS credit, t.currency AS currency, "+
		"t.product AS product, t.family AS family, t.plan AS plan, t.quantity AS quantity, t.said_day AS said_day", "until > day"+b.knownBy(), "t.account", "''") + " iv WHERE account <> ''" + b.only() + ")"
	if b.own != "" {
		all = "(SELECT iw.*, " + strings.TrimSuffix(prefixed("p.", b.own), ", ") + " FROM " + all + " iw JOIN " + b.periods + " p ON iw.day <= p.last OR iw.said_day <= dayNumber(p.last))"
	}
	ruled := "SELECT v.*, carried(CASE WHEN v.credit = 0 THEN v.currency END) OVER (" + order + " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS ruling, planOnce(0) AS o14 FROM " + all + " v"
	turned := "SELECT v.*, CASE WHEN v.credit = 0 AND lag(v.ruling) OVER (" + order + ") <> v.currency THEN v.day END AS turn, planOnce(0) AS o15 FROM (" + ruled + ") v"
	newest, over := "", ""
	if b.own != "" {
		newest, over = ", max(CASE WHEN v.credit = 0 THEN v.day END) OVER ("+b.of("v")+") AS newest", " WHERE v.until > coalesce(v.newest, v.day)"
	}
	ended := "SELECT v.*, min(v.turn) OVER (" + order + " ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS next_turn, planOnce(0) AS o16" + newest + " FROM (" + turned + ") v"
	return "(SELECT v.*, CASE WHEN v.ruling = v.currency THEN least(v.until, coalesce(v.next_turn, v.until)) ELSE v.day END AS ends FROM (" + ended + ") v" + over + ")"
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
