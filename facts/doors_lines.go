package facts

import (
	"fmt"
	"strings"
)

// A line is a run of days of one subscription with one end-of-day state. Its
// columns, all amounts in minor units per month of its own currency:
//
//	account, subscription, product, family, plan, quantity (null: not said), currency
//	status     active, unpaid (past due for too long), paused, lapsed (paused
//	           for too long) or cancelled
//	price      the list price; kept is what its percentages leave of it, off the
//	           amount that is taken off besides; held = kept - off, rounded: the
//	           MRR, or what it would be but for the status; local is the MRR
//	metered    1 for the mean of metered use that was billed, which is a line of
//	           its own beside its subscription's
//	due        1 while an invoice is unpaid
//	reason, voluntary, escalator, id: of the event that began it
//	from_day, to_day
//
// What an event leaves out stays as it was. Without a price the MRR is zero.

// setting is a whole number among the parameters, or otherwise.
func (d *doors) setting(name string, otherwise int64) int64 {
	if n, ok := d.params[name].(int64); ok {
		return n
	}
	return otherwise
}

func (d *doors) on(name string) bool {
	on, _ := d.params[name].(bool)
	return on
}

// Which lines a door is made of.
type lineKind string

const (
	// contracted lines are what subscriptions cost.
	contracted lineKind = "contracted"
	// meteredOnly lines are the use that is billed besides.
	meteredOnly lineKind = "metered"
	// recurring lines are those that MRR is made of: contracted, and metered
	// when the setting says so.
	recurring lineKind = "recurring"
)

// lines is the sub-query of the lines of a kind.
func (d *doors) lines(kind lineKind) string {
	base := d.contractLines()
	switch {
	case kind == contracted, kind == recurring && !d.on("metered"):
		return base
	case kind == meteredOnly:
		return d.meteredLines(base)
	}
	return "(SELECT * FROM " + base + " cl UNION ALL SELECT * FROM " + d.meteredLines(base) + " ml)"
}

// contractEvents are the events of subscriptions: the day and instant on which
// each takes effect, by the setting for cancellations.
func (d *doors) contractEvents(clocks string) string {
	at, day := "ts", "day"
	if d.on("churn_at_request") {
		at = "(CASE WHEN status = 'cancelled' THEN coalesce(said, ts) ELSE ts END)"
		day = "(CASE WHEN status = 'cancelled' AND said_day IS NOT NULL THEN dayFrom(coalesce(said_day, 0)) ELSE day END)"
	}
	return d.typed("(SELECT *, "+at+" AS eff_ts, "+day+" AS eff_day FROM subscriptions)", "t.subscription AS subscription, t."+strings.Join([]string{
		"eff_day AS eff_day", "eff_ts AS eff_ts", "known AS known", "id AS id", "name AS name", "status AS status", "product AS product", "family AS family",
		"plan AS plan", "quantity AS quantity", "seats AS seats", "mrr AS mrr", "currency AS currency", "unit AS unit", "gross AS gross", "off_percent AS off_percent",
		"off_minor AS off_minor", "off_until AS off_until", "reason AS reason", "voluntary AS voluntary", "escalator AS escalator", "trial AS trial",
		"said_day AS said_day", "starts AS starts", "ends AS ends", "once AS once", "ts AS term_ts",
	}, ", t."), clocks, "t.account", "''")
}

// contractLines are the lines of subscriptions.
func (d *doors) contractLines() string {
	seen := strings.ReplaceAll("1 = 1"+d.seenBy(), "day <=", "eff_day <=")
	source := "(SELECT * FROM " + d.pricedEvents(seen) + " ce WHERE account <> ''" + d.only() + d.noStaff("account", "") + ")"
	return d.linesOf(source, "")
}

// linesOf makes lines of the events of a source. Own names columns of the
// source, each with a comma after it: then every value of them has a history
// of its own, payments count up to the day in the column last, and the lines
// also say in run_from and run_to between which events they lie.
func (d *doors) linesOf(source, own string) string {
	key, runs := own+"account, subscription", ""
	if own != "" {
		runs = ", dayFrom(n0) AS run_from, dayFrom(n9) AS run_to"
	}
	order := "PARTITION BY " + key + " ORDER BY day, ts, known, id"
	frame := order + " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
	// What holds after each change. The last of a day holds until the next; the
	// others hold for no day and go.
	text := "SELECT " + own + "account, subscription, day, ts, known, id, reason, voluntary, dayNumber(day) AS n0, coalesce(dayNumber(lead(toNullable(day)) OVER (" + order + ")), dayNumber(" + farFuture + ")) AS n9"
	kept := []string{"status", "quantity", "trial", "paused_on", "unpaid_on"}
	if d.traits.priced.Load() {
		text += ", mrr, carried(CASE WHEN mrr IS NOT NULL THEN 1 WHEN unit IS NOT NULL THEN 2 WHEN gross IS NOT NULL THEN 3 END) OVER w AS priced, max(escalator) OVER (PARTITION BY " + key + ", day) AS escalator"
		kept = append(kept, "unit", "gross", "off_percent", "off_minor", "off_until")
	} else {
		text += ", f64(carried(mrr) OVER w) AS price, i64(0) AS escalator"
	}
	if d.byInvoices() {
		kept = append(kept, "unbilled_on", "begun_on")
	}
	for _, c := range kept {
		held := "carried(" + c + ") OVER w"
		if c == "quantity" && d.byInvoices() {
			held = "nullif(" + held + ", -1)" // lines that do not say it end what was said
		}
		text += ", " + held + " AS " + c
	}
	for _, c := range []string{"product", "family", "plan", "currency"} {
		text += ", coalesce(carried(nullif(" + c + ", '')) OVER w, '') AS " + c
	}
	text += ", planOnce(0) AS o7 FROM " + d.changesOf(source, own) + " ch WINDOW w AS (" + frame + ")"
	leftOver, taken := "coalesce(price, 0)", "f64(0)"
	if d.traits.priced.Load() {
		text = listed(text, frame)
		counts := inForce("p0")
		if d.on("permanent_discounts") {
			counts = fmt.Sprintf("coalesce(off_until, 0) >= %d", noEnd)
		}
		leftOver = "coalesce(price, 0) * (CASE WHEN " + counts + " THEN 1 - coalesce(off_percent, 0) / 100 ELSE 1 END)"
		taken = "CASE WHEN " + counts + " THEN coalesce(off_minor, 0) ELSE 0 END"
	}
	stated := "SELECT *, " + leftOver + " AS left_over, " + taken + " AS taken, greatest(i64(roundHalfUp(" + leftOver + " - " + taken + ", 0)), 0) AS net FROM (" + d.pieces(text) + ") pc WHERE p0 < p9 AND status IS NOT NULL"
	return "(SELECT " + own + "account, subscription, product, CASE WHEN family <> '' THEN family ELSE product END AS family, plan, quantity, currency, state AS status, " +
		"coalesce(price, 0) AS price, left_over AS kept, taken AS off, net AS held, CASE WHEN state = 'active' AND coalesce(trial, 0) = 0 THEN net ELSE 0 END AS local, " +
		"i64(0) AS metered, CASE WHEN state IN ('active', 'unpaid') AND coalesce(unpaid_on, -1) >= 0 THEN i64(1) ELSE i64(0) END AS due, " +
		"CASE WHEN state = 'unpaid' THEN 'payment' WHEN p0 = n0 OR state = 'lapsed' THEN coalesce(reason, '') ELSE '' END AS reason, " +
		"CASE WHEN state = 'unpaid' THEN i64(0) WHEN p0 = n0 THEN i64(voluntary) END AS voluntary, CASE WHEN p0 = n0 THEN i64(coalesce(escalator, 0)) ELSE i64(0) END AS escalator, " +
		"id, dayFrom(p0) AS from_day, dayFrom(p9) AS to_day" + runs + " FROM (" + stated + ") va)"
}

// inForce is the condition that a discount is in force on a day.
func inForce(day string) string { return "coalesce(off_until, 0) > " + day }

// listed adds the list price. An MRR is net: what it is before discounts
// follows from those in force.
func listed(text, frame string) string {
	before := "CASE WHEN mrr IS NULL THEN NULL WHEN " + inForce("n0") + " AND coalesce(off_percent, 0) < 100 THEN (f64(mrr) + coalesce(off_minor, 0)) / (1 - coalesce(off_percent, 0) / 100) ELSE f64(mrr) END"
	return "SELECT *, CASE priced WHEN 1 THEN carried(" + before + ") OVER w WHEN 2 THEN unit * coalesce(quantity, 1) WHEN 3 THEN gross END AS price, planOnce(0) AS o8 FROM (" + text + ") ca WINDOW w AS (" + frame + ")"
}

// pieces cuts each run (n0 to n9) where something ends by itself: a discount,
// the patience with a pause, that with an unpaid invoice. Of what never
// happened in the log nothing is written.
func (d *doors) pieces(text string) string {
	type cut struct{ when, on, state string }
	var cuts []cut
	if d.traits.priced.Load() {
		cuts = append(cuts, cut{"coalesce(off_percent, 0) + coalesce(off_minor, 0) > 0", "off_until", ""})
	}
	if d.traits.paused.Load() {
		cuts = append(cuts, cut{"status = 'paused' AND paused_on >= 0", fmt.Sprintf("paused_on + %d", d.setting("pause_days", pauseDays)), "'lapsed'"})
	}
	if d.traits.failed.Load() || d.byInvoices() {
		when, on, state := d.patience()
		cuts = append(cuts, cut{"status = 'active' AND " + when, on, state})
	}
	if len(cuts) == 0 {
		return "SELECT *, n0 AS p0, n9 AS p9, status AS state FROM (" + text + ") ru"
	}
	columns, state := "", "CASE "
	var all []string
	for i, c := range cuts {
		name := fmt.Sprintf("c%d", i)
		all = append(all, name)
		columns += ", CASE WHEN " + c.when + " THEN least(greatest(" + c.on + ", n0), n9) ELSE n9 END AS " + name
		if c.state != "" {
			state += "WHEN " + c.when + " AND p0 >= " + c.on + " THEN " + c.state + " "
		}
	}
	if d.on("keep_paused") {
		state += "WHEN status = 'paused' THEN 'active' "
	}
	if state == "CASE " {
		state = "status"
	} else {
		state += "ELSE status END"
	}
	least, most := "least("+strings.Join(all, ", ")+")", "greatest("+strings.Join(all, ", ")+")"
	edges := []string{"n0", "c0", "n9"}
	switch len(cuts) {
	case 2:
		edges = []string{"n0", least, most, "n9"}
	case 3:
		edges = []string{"n0", least, "c0 + c1 + c2 - " + least + " - " + most, most, "n9"}
	}
	from, to := "CASE k.piece", "CASE k.piece"
	for i := range len(edges) - 1 {
		from += fmt.Sprintf(" WHEN %d THEN %s", i, edges[i])
		to += fmt.Sprintf(" WHEN %d THEN %s", i, edges[i+1])
	}
	cut0 := "SELECT so.*, " + from + " END AS p0, " + to + " END AS p9 FROM (SELECT *" + columns + " FROM (" + text + ") ru) so CROSS JOIN (SELECT i64(generate_series) AS piece FROM generate_series(0, " + fmt.Sprint(len(cuts)) + ")) k"
	return "SELECT *, " + state + " AS state FROM (" + cut0 + ") cu"
}

// changesOf are the events of the source with the payments that begin or end
// an unpaid run of their subscriptions, one row each.
func (d *doors) changesOf(source, own string) string {
	by, unbilled, same := own+"account, subscription", "", ""
	if d.byInvoices() {
		unbilled, same = ", unbilled_on, begun_on, planOnce(0) AS o17", ", NULL AS unbilled_on, NULL AS begun_on, NULL AS o17"
	}
	events := "SELECT " + by + ", eff_day AS day, eff_ts AS ts, known, id, toNullable(status) AS status, product, family, plan, coalesce(quantity, seats) AS quantity, mrr, currency, unit, gross, " +
		"off_percent, off_minor, off_until, trial, CASE WHEN status <> 'paused' THEN i64(-1) WHEN coalesce(lag(toNullable(status)) OVER (PARTITION BY " + by + " ORDER BY eff_ts, known, id), '') <> 'paused' THEN i64(dayNumber(eff_day)) END AS paused_on, " +
		"CASE WHEN name IN ('Subscription Started', 'Subscription Resumed') THEN i64(-1) END AS unpaid_on, reason, voluntary, escalator" + unbilled + " FROM " + source + " ev"
	if !d.traits.failed.Load() {
		return "(" + events + ")"
	}
	upTo := ""
	if own != "" {
		upTo = " AND p.day <= s.last"
	}
	paid := "SELECT " + prefixed("s.", own) + "s.account AS account, s.subscription AS subscription, p.day AS day, p.ts AS ts, p.known AS known, p.id AS id, p.kind AS kind, 1 AS payment FROM " +
		d.typed("charges", "t.subscription AS subscription, t.day AS day, t.ts AS ts, t.known AS known, t.id AS id, t.kind AS kind", "kind IN ('paid', 'failed')"+d.seenBy(), "t.account", "''") +
		" p JOIN (SELECT DISTINCT " + by + " FROM " + source + " sd) s ON s.account = p.account WHERE p.subscription IN ('', s.subscription)" + upTo
	// A new start is as good as a payment.
	begun := "SELECT " + by + ", eff_day AS day, eff_ts AS ts, known, id, 'paid' AS kind, 0 AS payment FROM " + source + " sb WHERE name IN ('Subscription Started', 'Subscription Resumed')"
	turns := "SELECT " + by + ", day, ts, known, id, NULL AS status, NULL AS product, NULL AS family, NULL AS plan, NULL AS quantity, NULL AS mrr, NULL AS currency, NULL AS unit, NULL AS gross, " +
		"NULL AS off_percent, NULL AS off_minor, NULL AS off_until, NULL AS trial, NULL AS paused_on, CASE WHEN kind = 'failed' THEN i64(dayNumber(day)) ELSE i64(-1) END AS unpaid_on, NULL AS reason, NULL AS voluntary, NULL AS escalator" + same +
		" FROM (SELECT *, coalesce(lag(toNullable(kind)) OVER (PARTITION BY " + by + " ORDER BY ts, known, id), 'paid') AS prior FROM (" + paid + " UNION ALL " + begun + ") pa) pt WHERE kind <> prior AND payment = 1"
	return "(" + events + " UNION ALL " + turns + ")"
}

// meteredLines are the mean of the last three closed months of metered use, of
// as many as there have been, while the subscription is active. The month
// after them has a line of its own, of zero.
func (d *doors) meteredLines(base string) string {
	used := "SELECT account, subscription, currency, CAST(date_trunc('month', day) AS DATE) AS used_month, sum(minor) AS used_minor FROM " +
		d.typed("charges", "t.subscription AS subscription, t.day AS day, t.minor AS minor, t.currency AS currency", "kind = 'used'"+d.seenBy(), "t.account", "''") +
		" us WHERE account <> '' GROUP BY account, subscription, currency, CAST(date_trunc('month', day) AS DATE)"
	begun := "SELECT *, min(used_month) OVER (PARTITION BY account, subscription, currency) AS first_month FROM (" + used + ") ub"
	months := "SELECT account, subscription, currency, first_month, addMonthsN(used_month, k.ahead) AS in_month, sum(CASE WHEN k.ahead < 4 THEN used_minor ELSE 0 END) AS sum_minor FROM (" + begun + ") be " +
		"CROSS JOIN (SELECT i64(generate_series) AS ahead FROM generate_series(1, 4)) k GROUP BY account, subscription, currency, first_month, addMonthsN(used_month, k.ahead)"
	means := "SELECT account, subscription, currency, in_month, i64(roundHalfUp(f64(sum_minor) / least(3, date_diff('month', first_month, in_month)), 0)) AS mean_minor FROM (" + months + ") mo"
	return "(SELECT l.account AS account, l.subscription || ' ' || m.currency AS subscription, l.product AS product, l.family AS family, l.plan AS plan, f64(NULL) AS quantity, m.currency AS currency, 'active' AS status, " +
		"f64(m.mean_minor) AS price, f64(m.mean_minor) AS kept, f64(0) AS off, m.mean_minor AS held, m.mean_minor AS local, i64(1) AS metered, i64(0) AS due, '' AS reason, i64(NULL) AS voluntary, i64(0) AS escalator, " +
		"l.id AS id, greatest(l.from_day, m.in_month) AS from_day, least(l.to_day, addMonthsN(m.in_month, 1)) AS to_day " +
		"FROM " + base + " l JOIN (" + means + ") m ON m.account = l.account AND m.subscription = l.subscription " +
		"WHERE l.status = 'active' AND m.in_month < l.to_day AND addMonthsN(m.in_month, 1) > l.from_day)"
}

// prefixed puts the table's name before each of the columns.
func prefixed(table, columns string) string {
	var b strings.Builder
	for _, c := range strings.Fields(strings.ReplaceAll(columns, ",", " ")) {
		b.WriteString(table + c + " AS " + c + ", ")
	}
	return b.String()
}
