package facts

import (
	"fmt"
	"strings"
)

// movements: period, day, account, kind, part, product, family, plan, amount,
// constant, reason, voluntary (1, 0 or null), grp. One row per account and
// local day on which its MRR moved, and part of the movement: what happened
// within a day is netted. Amounts are signed, in minor units of the company's
// currency: amount at the rates of the day, constant at those of the day
// before the period.
//
// MRR of the day before a period + the amounts of its rows = MRR of its last
// day, exactly, for the whole and for every group and filter. Constant amounts
// do the same with all MRR at the opening rates.
//
//	new, reactivation   nobody paid the day before; reactivation when it did earlier
//	churn               a customer that is none any more; reason and voluntary
//	expansion, contraction  a customer that pays more, or less; part says why:
//	                    cross_sell (a family not held before, or held no more),
//	                    seats (at the old price), upsell (another plan), price,
//	                    escalator (a price agreed on before), discount, usage
//	pause, resume       of subscriptions; a pause that lasts too long comes back
//	                    as a pause above zero and leaves as churn. Part return:
//	                    a former customer that was away for less than the
//	                    parameter return_gap_days
//	fx                  what is paid in another currency, at a new rate
//	transfer            between groups, when the attribute changes; amounts out
//	                    and in
//
// Attributes are those of the end of the day.
func (d *doors) movements() (string, error) {
	days, err := d.days()
	if err != nil {
		return "", err
	}
	return d.movementsOf(&moveText{doors: d, days: days, since: "{from:Date}", before: "addDaysN(d.period, -1)"})
}

// recentMovements, {{moved}}, are {{movements}} of the n days up to each period's last, in place of
// the period's own: constant amounts are at the rates of the day before these.
func (d *doors) recentMovements(n int) (string, error) {
	days, err := d.trailing(n)
	if err != nil {
		return "", err
	}
	return d.movementsOf(&moveText{doors: d, days: days, since: fmt.Sprintf("addDaysN({from:Date}, %d)", 1-n), before: fmt.Sprintf("addDaysN(d.last, -%d)", n)})
}

// movementsOf are the movements of the days of m.
func (d *doors) movementsOf(m *moveText) (string, error) {
	rates, err := d.rates()
	if err != nil {
		return "", err
	}
	m.rates, m.from, m.ways = rates, d.lines(recurring), []string{"_h"}
	text, grouped := "(", d.By != "" || len(d.Filters) > 0
	if d.dated() {
		m.ways = append(m.ways, "_k")
	}
	if d.dated() || grouped {
		text += "WITH farol_lines AS MATERIALIZED (SELECT * FROM " + m.from + " fl) "
		m.from = "farol_lines"
	}
	text += m.changed()
	if d.dated() {
		text += " UNION ALL " + m.turns()
	}
	if grouped {
		text += " UNION ALL " + m.transfers()
	}
	text += ")"
	if d.on("ignore_brief") {
		text = lasting(text)
	}
	// What does not change its group goes out and in again.
	return "(SELECT mv.period AS period, mv.day AS day, mv.account AS account, mv.kind AS kind, mv.part AS part, mv.product AS product, mv.family AS family, mv.plan AS plan, i64(sum(mv.amount)) AS amount, " +
		"i64(sum(mv.constant)) AS constant, max(mv.reason) AS reason, max(mv.voluntary) AS voluntary, mv.grp AS grp FROM " + d.dayed(text, moveColumns, "account", "as_day") +
		" mv GROUP BY mv.period, mv.day, mv.account, mv.kind, mv.part, mv.product, mv.family, mv.plan, mv.grp HAVING sum(mv.amount) <> 0 OR sum(mv.constant) <> 0)", nil
}

// lasting leaves out the movements of accounts that begin in a period and have
// nothing at its end: they add up to nothing, so that the rest still leads from
// the opening to the closing MRR. Who begins had nothing before.
func lasting(text string) string {
	const w = " OVER (PARTITION BY br.period, br.account)"
	return "(SELECT * FROM (SELECT br.*, sum(br.amount)" + w + " AS net, min(br.day)" + w + " AS first_move, min(toNullable(CASE WHEN br.kind IN ('new', 'reactivation') OR br.part = 'return' THEN br.day END))" + w +
		" AS begun FROM " + text + " br) bf WHERE NOT (bf.net = 0 AND bf.begun IS NOT NULL AND bf.begun = bf.first_move))"
}

var moveColumns = []string{"period", "day", "as_day", "account", "kind", "part", "product", "family", "plan", "amount", "constant", "reason", "voluntary"}

// moveText is the text of {{movements}} in its pieces. A server plans a
// sub-query as often as it is spelled, so the lines are spelled once where
// that can be done.
type moveText struct {
	*doors
	days, from string
	// since is the first of the days, before the one with the opening rates.
	since, before string
	// rates is "" when amounts are not converted.
	rates string
	// ways are the endings of the columns of amounts: _h at the rates of the
	// day, _k at the opening ones, where they can differ.
	ways []string
}

// each writes a piece of text for every way of converting.
func (m *moveText) each(write func(way string) string) string {
	var b strings.Builder
	for _, w := range m.ways {
		b.WriteString(", " + write(w))
	}
	return b.String()
}

// constant is the last way: the opening rates, if they differ.
func (m *moveText) constant() string { return m.ways[len(m.ways)-1] }

// paired are the subscriptions of an account on a day on which one of them
// changed: how each was the day before (p_) and how it is (c_); paid_day and
// left_day are when it last paid, or was at least paused, before.
func (m *moveText) paired() string {
	turning := "SELECT l.*, array_agg(l.from_day) FILTER (WHERE l.from_day >= " + m.since + " AND l.from_day < {to:Date}) OVER (PARTITION BY l.account) AS turning, planOnce(0) AS o9 FROM " + m.from + " l"
	text := "SELECT t.account AS account, t.day AS day, t.subscription AS subscription, t.metered AS metered, max(CASE WHEN t.from_day < t.day AND t.local > 0 THEN least(t.to_day, t.day) END) AS paid_day, " +
		"max(CASE WHEN t.from_day < t.day AND (t.local > 0 OR t.status = 'paused') THEN least(t.to_day, t.day) END) AS left_day"
	for _, c := range []string{"status", "family", "product", "plan", "currency", "quantity", "price", "kept", "off", "held", "local"} {
		text += ", max(CASE WHEN t.from_day < t.day AND t.to_day >= t.day THEN t." + c + " END) AS p_" + c + ", max(CASE WHEN t.from_day <= t.day AND t.to_day > t.day THEN t." + c + " END) AS c_" + c
	}
	for _, c := range []string{"reason", "voluntary", "escalator"} {
		text += ", max(CASE WHEN t.from_day = t.day THEN t." + c + " END) AS " + c
	}
	return "(" + text + " FROM (SELECT *, unnest(turning) AS day FROM (" + turning + ") tu) t WHERE t.from_day <= t.day GROUP BY t.account, t.day, t.subscription, t.metered)"
}

// pairs are the pairs with their amounts converted. turn is 1 for a line that
// pauses, 2 for one that resumes, 3 for one that does not come back.
func (m *moveText) pairs() string {
	rates, join := map[string][2]string{"_h": {"1", "1"}}, ""
	if m.rates != "" {
		on := func(q, c, day string) {
			join += " LEFT JOIN " + m.rates + " " + q + " ON " + q + ".code = pr." + c + " AND " + q + ".from_day <= " + day + " AND " + q + ".to_day > " + day
		}
		on("qp", "p_currency", "pr.day")
		on("qc", "c_currency", "pr.day")
		rates["_h"] = [2]string{"qp.rate", "qc.rate"}
		if len(m.ways) > 1 {
			on("op", "p_currency", "pr.before")
			on("oc", "c_currency", "pr.before")
			rates["_k"] = [2]string{"op.rate", "oc.rate"}
		}
	}
	text := "SELECT pr.*, CASE WHEN pr.p_status = 'active' AND pr.p_local > 0 AND pr.c_status = 'paused' THEN 1 WHEN pr.p_status = 'paused' AND pr.c_status = 'active' THEN 2 " +
		"WHEN pr.p_status = 'paused' AND coalesce(pr.c_status, '') <> 'paused' THEN 3 ELSE 0 END AS turn" +
		m.each(func(w string) string {
			var list []string
			for i, side := range []string{"p", "c"} {
				rate := rates[w][i]
				for _, x := range []string{"local", "held"} {
					list = append(list, "coalesce("+converted("pr."+side+"_"+x, rate)+", 0) AS "+side+"_"+x+w)
				}
				for _, x := range []string{"price", "kept", "off"} {
					list = append(list, "coalesce(pr."+side+"_"+x+" * "+rate+", 0) AS "+side+"_"+x+w)
				}
			}
			return strings.Join(list, ", ")
		})
	return "(" + text + " FROM (SELECT pq.*, d.period AS period, " + m.before + " AS before FROM " + m.paired() + " pq JOIN " + m.days + " d ON d.day = pq.day) pr" + join + ")"
}

// sides parts each pair in three: what was (place 0), what is (1) and what
// pauses did (2). What was is told apart from pauses: a line that pauses is no
// longer in it, one that resumes is already, one that does not come back from
// its pause is still.
func (m *moveText) sides() string {
	pick := func(before, after string) string {
		return "CASE WHEN s.place = 1 THEN " + after + " ELSE " + before + " END"
	}
	text := "SELECT fp.period AS period, fp.day AS day, fp.account AS account, fp.metered AS metered, s.place AS place, fp.turn AS turn, fp.reason AS reason, fp.voluntary AS voluntary, fp.escalator AS escalator, fp.paid_day AS paid_day, fp.left_day AS left_day, " +
		"CASE WHEN " + pick("fp.p_status", "fp.c_status") + " = 'paused' THEN 1 ELSE 0 END AS paused"
	for _, c := range []string{"family", "product", "plan", "quantity"} {
		text += ", " + pick("CASE WHEN fp.turn = 2 THEN fp.c_"+c+" ELSE fp.p_"+c+" END", "fp.c_"+c) + " AS " + c
	}
	text += m.each(func(w string) string {
		out := "CASE s.place WHEN 1 THEN fp.c_local" + w + " WHEN 0 THEN (CASE fp.turn WHEN 1 THEN i64(0) WHEN 2 THEN fp.c_local" + w + " WHEN 3 THEN fp.p_held" + w + " ELSE fp.p_local" + w + " END) " +
			"ELSE (CASE fp.turn WHEN 1 THEN -fp.p_local" + w + " WHEN 2 THEN fp.c_local" + w + " WHEN 3 THEN fp.p_held" + w + " ELSE i64(0) END) END AS net" + w +
			", CASE WHEN s.place = 0 THEN fp.p_local" + w + " ELSE i64(0) END AS whole" + w
		for _, x := range []string{"price", "kept", "off"} {
			out += ", f64(" + pick("CASE fp.turn WHEN 1 THEN f64(0) WHEN 2 THEN fp.c_"+x+w+" ELSE fp.p_"+x+w+" END", "fp.c_"+x+w) + ") AS " + x + w
		}
		return out
	})
	return "(" + text + " FROM " + m.pairs() + " fp CROSS JOIN (SELECT i64(generate_series) AS place FROM generate_series(0, 2)) s WHERE s.place < 2 OR fp.turn > 0)"
}

// families sums the sides up: of each account, day and family what was (b_),
// what is (c_), how much of it is metered use, and what paused and resumed.
func (m *moveText) families() string {
	at := func(place int, what string) string {
		return fmt.Sprintf("CASE WHEN place = %d AND %s THEN ", place, what)
	}
	sum := func(place int, what, x, name string) string {
		return "sum(" + at(place, what) + x + " ELSE 0 END) AS " + name
	}
	// A line that pays nothing has no price to compare.
	const priced, any = "metered = 0 AND net_h > 0", "1 = 1"
	text := "SELECT period, day, account, family, max(" + at(1, "net_h > 0") + "product END) AS c_product, max(product) AS b_product, max(" + at(1, "net_h > 0") + "plan END) AS c_plan, max(" + at(0, "net_h > 0") +
		"plan END) AS b_plan, min(" + at(1, "net_h > 0") + "plan END) AS c_least, min(" + at(0, "net_h > 0") + "plan END) AS b_least, max(coalesce(reason, '')) AS reason, min(voluntary) AS voluntary, " +
		"max(" + at(1, any) + "coalesce(escalator, 0) ELSE 0 END) AS escalator, max(" + at(0, any) + "paused ELSE 0 END) AS b_paused, max(" + at(1, any) + "paused ELSE 0 END) AS c_paused, max(paid_day) AS paid_day, max(left_day) AS left_day"
	for place, side := range []string{"b", "c"} {
		text += ", " + sum(place, priced, "coalesce(quantity, 1)", side+"_quantity") + ", " + sum(place, priced, "(CASE WHEN quantity IS NULL THEN 1 ELSE 0 END)", side+"_unsaid") + ", " + sum(place, priced, "1", side+"_lines")
	}
	text += m.each(func(w string) string {
		list := []string{"i64(sum(whole" + w + ")) AS p" + w, sum(0, priced, "kept"+w, "b_kept"+w), sum(0, priced, "off"+w, "b_off"+w),
			sum(2, "turn <> 2", "net"+w, "paused"+w), sum(2, "turn = 2", "net"+w, "resumed"+w)}
		for place, side := range []string{"b", "c"} {
			list = append(list, "i64("+strings.Replace(sum(place, any, "net"+w, ""), " AS ", ")", 1)+" AS "+side+w,
				"i64("+strings.Replace(sum(place, "metered = 1", "net"+w, ""), " AS ", ")", 1)+" AS "+side+"_use"+w, sum(place, priced, "price"+w, side+"_price"+w))
		}
		return strings.Join(list, ", ")
	})
	// A line of metered use just ends: without a family on either day it has no
	// amount, but still tells when the account last paid.
	return "(" + text + " FROM " + m.sides() + " sd WHERE family IS NOT NULL OR paid_day IS NOT NULL GROUP BY period, day, account, family)"
}

// kinds tells of each account and day what kind of movement there is.
func (m *moveText) kinds() string {
	whole := "SELECT *, planOnce(0) AS o10, max(b_paused) OVER acc AS was_paused, max(c_paused) OVER acc AS is_paused, max(paid_day) OVER acc AS last_paid, max(left_day) OVER acc AS last_left" + m.each(func(w string) string {
		return "sum(b" + w + ") OVER acc AS all_b" + w + ", sum(c" + w + ") OVER acc AS all_c" + w + ", sum(p" + w + ") OVER acc AS all_p" + w
	}) + " FROM " + m.families() + " fa WINDOW acc AS (PARTITION BY account, day, period)"
	begins := "CASE WHEN last_paid IS NULL THEN 'new'"
	const away = " WHEN dayNumber(day) - dayNumber(last_left) "
	if n := m.setting("return_gap_days", 0); n > 0 {
		begins += fmt.Sprintf(away+"< %d THEN 'resume'", n)
	}
	if n := m.setting("return_days", 0); n > 0 {
		begins += fmt.Sprintf(away+"> %d THEN 'new'", n)
	}
	begins += " ELSE 'reactivation' END"
	k := m.constant()
	return "(SELECT *, CASE WHEN all_b_h = all_c_h AND all_b" + k + " = all_c" + k + " THEN '' WHEN all_p_h = 0 AND was_paused = 0 THEN (" + begins + ") " +
		"WHEN all_c_h = 0 AND is_paused = 0 THEN 'churn' WHEN all_c_h > all_b_h OR all_c_h = all_b_h AND all_c" + k + " > all_b" + k + " THEN 'expansion' ELSE 'contraction' END AS kind FROM (" + whole + ") w)"
}

// changed are the rows of all kinds but fx and transfer. An expansion or
// contraction within a family that was held and still is has parts: quantity
// first at the old price, then the price, then the discount, then metered use.
// Each step is rounded from the sum so far, so that the parts add up.
func (m *moveText) changed() string {
	more := "SELECT *, CASE WHEN b_quantity > 0 AND c_quantity > 0 AND (b_unsaid = 0 AND c_unsaid = 0 OR b_unsaid = b_lines AND c_unsaid = c_lines) THEN f64(c_quantity) / b_quantity ELSE 1 END AS more, " +
		"CASE WHEN kind IN ('expansion', 'contraction') AND b_h > 0 AND c_h > 0 THEN 1 ELSE 0 END AS parts FROM " + m.kinds() + " ki"
	stepped := "SELECT *" + m.each(func(w string) string {
		base := "(b" + w + " - b_use" + w + ")"
		return "CASE WHEN more = 1 THEN " + base + " ELSE i64(roundHalfUp(b_kept" + w + " * more - b_off" + w + ", 0)) END AS s1" + w +
			", CASE WHEN b_price" + w + " <= 0 OR c_price" + w + " <= 0 THEN c" + w + " - c_use" + w + " WHEN abs(c_price" + w + " - b_price" + w + ") <= 0.000000001 * b_price" + w + " THEN " + base +
			" ELSE i64(roundHalfUp(b_kept" + w + " * c_price" + w + " / b_price" + w + " - b_off" + w + ", 0)) END AS s2" + w
	}) + " FROM (" + more + ") mo"
	amount := func(w string) string {
		return "i64(CASE WHEN x.step = 4 THEN paused" + w + " WHEN x.step = 5 THEN resumed" + w + " WHEN parts = 0 THEN c" + w + " - b" + w + " WHEN x.step = 0 THEN s1" + w + " - (b" + w + " - b_use" + w + ") WHEN x.step = 1 THEN s2" + w +
			" - s1" + w + " WHEN x.step = 2 THEN c" + w + " - c_use" + w + " - s2" + w + " ELSE c_use" + w + " - b_use" + w + " END)"
	}
	rows := "SELECT period, day, account, CASE x.step WHEN 4 THEN 'pause' WHEN 5 THEN 'resume' ELSE kind END AS kind, family, coalesce(c_product, b_product, '') AS product, coalesce(c_plan, b_plan, '') AS plan, reason, " +
		"CASE WHEN x.step < 4 AND kind IN ('churn', 'contraction') THEN i64(voluntary) END AS voluntary, " + amount("_h") + " AS amount, " + amount(m.constant()) + " AS constant, " +
		"CASE WHEN x.step > 3 THEN '' WHEN kind = 'resume' THEN 'return' WHEN kind NOT IN ('expansion', 'contraction') THEN '' WHEN parts = 0 THEN 'cross_sell' WHEN x.step = 0 THEN 'seats' WHEN x.step = 2 THEN 'discount' WHEN x.step = 3 THEN 'usage' " +
		"WHEN coalesce(b_plan, '') <> coalesce(c_plan, '') OR coalesce(b_least, '') <> coalesce(c_least, '') THEN 'upsell' WHEN escalator = 1 THEN 'escalator' ELSE 'price' END AS part FROM (" + stepped +
		") st CROSS JOIN (SELECT i64(generate_series) AS step FROM generate_series(0, 5)) x WHERE x.step > 3 OR kind <> '' AND (parts = 1 OR x.step = 0)"
	return "SELECT period, day, day AS as_day, account, kind, part, product, family, plan, amount, constant, reason, voluntary FROM (" + rows + ") ro WHERE amount <> 0 OR constant <> 0"
}

// turns are the rows of kind fx: a rate is another than the day before.
func (m *moveText) turns() string {
	turned := "(SELECT d.period AS period, d.day AS day, r.code AS code, r.rate AS rate, o.rate AS before_rate FROM " + m.days + " d JOIN " + m.rates + " r ON r.from_day = d.day LEFT JOIN " + m.rates +
		" o ON o.code = r.code AND o.to_day = r.from_day)"
	return "SELECT t.period AS period, t.day AS day, t.day AS as_day, l.account AS account, 'fx' AS kind, '' AS part, l.product AS product, l.family AS family, l.plan AS plan, " +
		converted("l.local", "t.rate") + " - coalesce(" + converted("l.local", "t.before_rate") + ", 0) AS amount, i64(0) AS constant, '' AS reason, i64(NULL) AS voluntary FROM " + turned +
		" t JOIN " + m.from + " l ON l.currency = t.code WHERE l.local > 0 AND l.from_day < t.day AND l.to_day >= t.day"
}

// transfers are the rows of kind transfer: what an account paid the day before
// goes from its group of that day to the one of the day.
func (m *moveText) transfers() string {
	var keys []string
	// What an account is now was the same on all days: it moves nothing.
	turns := func(attribute string) bool {
		return attribute != "" && attribute != accountAttribute && !strings.HasPrefix(attribute, NowPrefix)
	}
	if turns(m.By) {
		keys = append(keys, m.By)
	}
	for _, f := range m.Filters {
		if turns(f.Attribute) {
			keys = append(keys, f.Attribute)
		}
	}
	turned := "(SELECT c.name AS account, d.day AS day, addDaysN(d.day, -1) AS eve, d.period AS period, " + m.before + " AS before FROM (SELECT DISTINCT name, day FROM changes WHERE subject = 'account' AND trait IN " +
		m.list("turning", keys) + m.seenBy() + ") c JOIN " + m.days + " d ON d.day = c.day)"
	now, opening, join := "l.local", "l.local", ""
	if m.rates != "" {
		now, opening = "coalesce("+converted("l.local", "r.rate")+", 0)", "coalesce("+converted("l.local", "o.rate")+", 0)"
		for _, q := range [][2]string{{"r", "eve"}, {"o", "before"}} {
			join += " LEFT JOIN " + m.rates + " " + q[0] + " ON " + q[0] + ".code = l.currency AND " + q[0] + ".from_day <= l." + q[1] + " AND " + q[0] + ".to_day > l." + q[1]
		}
	}
	held := "(SELECT t.period AS period, t.day AS day, t.eve AS eve, t.before AS before, l.account AS account, l.product AS product, l.family AS family, l.plan AS plan, l.currency AS currency, l.local AS local FROM " + turned +
		" t JOIN " + m.from + " l ON l.account = t.account WHERE l.local > 0 AND l.from_day < t.day AND l.to_day >= t.day)"
	return "SELECT l.period AS period, l.day AS day, addDaysN(l.eve, s.place) AS as_day, l.account AS account, 'transfer' AS kind, '' AS part, l.product AS product, l.family AS family, l.plan AS plan, " +
		"i64((2 * s.place - 1) * " + now + ") AS amount, i64((2 * s.place - 1) * " + opening + ") AS constant, '' AS reason, i64(NULL) AS voluntary FROM " + held + " l" + join +
		" CROSS JOIN (SELECT i64(generate_series) AS place FROM generate_series(0, 1)) s"
}
