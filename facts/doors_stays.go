package facts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// The doors of this file look at customers rather than subscriptions: a stay
// is an unbroken run of days at whose end an account was a customer, that is,
// had an MRR above zero or a pause shorter than the parameter pause_days.

// stays: account, n (1 for the first stay, 2 for the first return, ...),
// from_day, to_day (half-open; 2149-01-01 while it lasts), mrr_first and
// mrr_last (minor units: of the first day, and of the last day with an MRR),
// reason and voluntary (1, 0 or null) of the event that ended it, next_day (of
// the next stay; null for none), since_day (the account trait customer_since
// when that is earlier than the first stay; else from_day), grp.
//
// at says on which day attributes are taken: "began" on the first day of the
// stay, "left" on its last, which is the as-of day while it lasts.
func (d *doors) stays(at string) (string, error) {
	on := map[string]string{"began": "s.from_day", "left": "CASE WHEN s.to_day = " + farFuture + " THEN " + d.today() + " ELSE s.to_day - 1 END"}[at]
	if on == "" {
		return "", fmt.Errorf(`query: {{stays}} takes "began" or "left", not %q`, at)
	}
	source, err := d.bareStays()
	if err != nil {
		return "", err
	}
	columns := []string{"account", "n", "from_day", "to_day", "mrr_first", "mrr_last", "reason", "voluntary", "next_day", "since_day"}
	if d.By == "" && len(d.Filters) == 0 {
		return d.dayed(source, columns, "account", "from_day"), nil
	}
	// CAST: the engines differ in whether the CASE may be null.
	return d.dayed("(SELECT s.*, CAST("+on+" AS DATE) AS on_day FROM "+source+" s)", columns, "account", "on_day"), nil
}

// today is the last day that is read.
func (d *doors) today() string {
	if d.AsOf != 0 {
		return "{farol_as_of:Date}"
	}
	return "DATE '2148-12-31'"
}

// pauseParam is how many days a pause lasts before it is churn.
func (d *doors) pauseParam() int64 {
	if n, ok := d.params["pause_days"].(int64); ok {
		return n
	}
	return pauseDays
}

// pauseRuns is the spans with the day since which a paused one is paused: a
// change during a pause does not begin it anew.
func (d *doors) pauseRuns() (string, error) {
	spans, err := d.spans()
	if err != nil {
		return "", err
	}
	prior := "(SELECT q.account AS account, q.subscription AS subscription, q.mrr AS mrr, q.status AS status, q.reason AS reason, q.from_day AS from_day, q.to_day AS to_day, " +
		"planOnce(0) AS o1, coalesce(lag(toNullable(q.status)) OVER w, '') AS prior, lead(toNullable(q.from_day)) OVER w AS next_from, lead(toNullable(q.reason)) OVER w AS next_reason, lead(toNullable(q.voluntary)) OVER w AS next_voluntary FROM " + spans +
		" q WINDOW w AS (PARTITION BY q.account, q.subscription ORDER BY q.from_day))"
	return "(SELECT x.account AS account, x.subscription AS subscription, x.mrr AS mrr, x.status AS status, x.reason AS reason, x.from_day AS from_day, x.to_day AS to_day, " +
		"CASE WHEN x.next_from = x.to_day THEN coalesce(x.next_reason, '') ELSE '' END AS next_reason, CASE WHEN x.next_from = x.to_day THEN coalesce(x.next_voluntary, -1) ELSE -1 END AS next_voluntary, " +
		"planOnce(0) AS o2, carried(CASE WHEN x.prior <> 'paused' THEN x.from_day END) OVER (PARTITION BY x.account, x.subscription ORDER BY x.from_day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS since FROM " + prior + " x)", nil
}

// bareStays is stays without attributes: one pass over the runs, without a
// join, because planning many copies of them would cost more than reading.
func (d *doors) bareStays() (string, error) {
	runs, err := d.pauseRuns()
	if err != nil {
		return "", err
	}
	pause := fmt.Sprintf("addDaysN(r.since, %d)", d.pauseParam())
	// A pause that ran out ends with its own reason, all else with that of the
	// subscription's next event.
	ranOut := "r.mrr <= 0 AND " + pause + " < r.to_day"
	held := "(SELECT r.account AS account, r.subscription AS subscription, r.mrr AS mrr, r.from_day AS from_day, CASE WHEN r.mrr > 0 THEN r.to_day ELSE least(r.to_day, " + pause + ") END AS to_day, " +
		"CASE WHEN " + ranOut + " THEN coalesce(r.reason, '') ELSE r.next_reason END AS reason, CASE WHEN " + ranOut + " THEN -1 ELSE r.next_voluntary END AS voluntary FROM " + runs +
		" r WHERE r.mrr > 0 OR (r.status = 'paused' AND r.from_day < " + pause + "))"
	begun := "(SELECT h.*, planOnce(0) AS o3, CASE WHEN h.from_day > coalesce(max(toNullable(h.to_day)) OVER (PARTITION BY h.account ORDER BY h.from_day, h.to_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), DATE '1970-01-01') THEN 1 ELSE 0 END AS fresh FROM " + held + " h)"
	// Runs alike in both days are peers: the default frame numbers them alike.
	numbered := "(SELECT b.*, planOnce(0) AS o4, i64(sum(b.fresh) OVER (PARTITION BY b.account ORDER BY b.from_day, b.to_day)) AS n FROM " + begun + " b)"
	edged := "(SELECT u.*, planOnce(0) AS o5, min(u.from_day) OVER (PARTITION BY u.account, u.n) AS first_day, " +
		"max(toNullable(CASE WHEN u.mrr > 0 THEN u.to_day END)) OVER (PARTITION BY u.account, u.n) AS paid_to FROM " + numbered + " u)"
	// What was held to the last ended the stay; of several that which says why.
	const rank = "(e.to_day, CASE WHEN e.reason <> '' THEN 1 ELSE 0 END, e.subscription)"
	whole := "(SELECT e.account AS account, e.n AS n, min(e.from_day) AS began_day, max(e.to_day) AS ended_day, argMax(e.reason, " + rank + ") AS why, argMax(e.voluntary, " + rank + ") AS said, " +
		"i64(sum(CASE WHEN e.from_day = e.first_day THEN e.mrr ELSE 0 END)) AS mrr_first, i64(sum(CASE WHEN e.mrr > 0 AND e.to_day = e.paid_to THEN e.mrr ELSE 0 END)) AS mrr_last FROM " + edged +
		" e GROUP BY e.account, e.n)"
	over := "w.ended_day > " + d.today()
	since := d.said("account", sinceTrait, "argMax(value, (ts, known, id))")
	return "(SELECT c.account AS account, c.n AS n, c.from_day AS from_day, c.to_day AS to_day, c.mrr_first AS mrr_first, c.mrr_last AS mrr_last, c.reason AS reason, c.voluntary AS voluntary, c.next_day AS next_day, " +
		"CASE WHEN c.n = 1 THEN least(c.from_day, coalesce(y.said_day, c.from_day)) ELSE c.from_day END AS since_day FROM (" +
		"SELECT w.account AS account, w.n AS n, w.began_day AS from_day, CASE WHEN " + over + " THEN " + farFuture + " ELSE w.ended_day END AS to_day, w.mrr_first AS mrr_first, w.mrr_last AS mrr_last, " +
		"CASE WHEN " + over + " THEN '' ELSE w.why END AS reason, CASE WHEN " + over + " OR w.said < 0 THEN NULL ELSE w.said END AS voluntary, " +
		"planOnce(0) AS o6, lead(toNullable(w.began_day)) OVER (PARTITION BY w.account ORDER BY w.n) AS next_day FROM " + whole + " w) c LEFT JOIN " + since + " y ON y.name = c.account)", nil
}

// staysFor is {{stays "began" "unfiltered"}}, the second argument optional.
func (d *doors) staysFor(at string, option []string) (string, error) {
	if len(option) == 0 {
		return d.stays(at)
	}
	if option[0] != unfilteredOption {
		return "", fmt.Errorf("query: {{stays}} knows no option %q", option[0])
	}
	return d.unfiltered().stays(at)
}

// monthly: period, month, until (first day after it), account, gone (1 when
// the account was no customer at the month's end), mrr_start, mrr_end (minor
// units, both at the rates of the day before the month; 0 without the option
// "mrr"), grp: the customers at the start of each
// of the n last whole calendar months that have passed (parameter through) by
// the end of each period. Attributes are those of the month's first day.
func (d *doors) monthly(n int, option ...string) (string, error) {
	months, pairs, err := d.months(n)
	if err != nil {
		return "", err
	}
	stays, err := d.bareStays()
	if err != nil {
		return "", err
	}
	source := "(SELECT k.month AS month, min(k.until) AS until, s.account AS account, CASE WHEN max(s.to_day) >= min(k.until) THEN 0 ELSE 1 END AS gone, i64(0) AS mrr_start, i64(0) AS mrr_end FROM " + months + " k JOIN " + stays +
		" s ON s.from_day < k.until AND s.to_day >= k.month GROUP BY k.month, s.account HAVING min(s.from_day) < k.month)"
	if len(option) > 0 {
		if source, err = d.monthlyMoney(source, months, option[0]); err != nil {
			return "", err
		}
	}
	columns := []string{"month", "until", "account", "gone", "mrr_start", "mrr_end"}
	out := "p.period AS period"
	for _, c := range append(columns, "grp") {
		out += ", o." + c + " AS " + c
	}
	return "(SELECT " + out + " FROM " + pairs + " p JOIN " + d.dayed(source, columns, "account", "month") + " o ON o.month = p.month)", nil
}

// lifetime is monthly of the last months that lifetime values are reckoned
// from (parameter lifetime_months), with two columns more: there, what could
// have been lost, and lost, what was. Both count customers or, where the
// parameter lifetime_revenue says so, the MRR of the month's start and what of
// it was gone at its end (in major units: parameter minor), which is below zero
// where customers added more.
func (d *doors) lifetime(option ...string) (string, error) {
	there, lost := "f64(1)", "f64(lf.gone)"
	if d.on("lifetime_revenue") {
		option = []string{"mrr"}
		there, lost = "f64(lf.mrr_start) / {minor:Float64}", "f64(lf.mrr_start - lf.mrr_end) / {minor:Float64}"
	}
	text, err := d.monthly(int(d.setting("lifetime_months", 6)), option...)
	return "(SELECT lf.*, " + there + " AS there, " + lost + " AS lost FROM " + text + " lf)", err
}

// monthlyMoney fills in the MRR at both ends of the months, both at the rates of
// the day before the month: a rate of exchange loses nobody.
func (d *doors) monthlyMoney(source, months, option string) (string, error) {
	if option != "mrr" {
		return "", fmt.Errorf("query: {{monthly}} knows no option %q", option)
	}
	moment := "(SELECT k.month AS period, k.until AS until, addDaysN(k.month, -1) AS eve FROM " + months + " k)"
	value, join, err := d.valueAt(moment, "p.eve")
	if err != nil {
		return "", err
	}
	at := func(day string) string {
		return "i64(coalesce(sum(CASE WHEN l.from_day < " + day + " AND l.to_day >= " + day + " THEN " + value + " END), 0))"
	}
	money := "(SELECT m.period AS month, l.account AS account, " + at("m.period") + " AS mrr_start, " + at("m.until") + " AS mrr_end FROM " + moment + " m JOIN " + d.lines(recurring) +
		" l ON l.from_day < m.until AND l.to_day >= m.period" + strings.ReplaceAll(join, "v.period = p.period", "v.period = m.period") + " WHERE l.local > 0 GROUP BY m.period, l.account)"
	return "(SELECT t.month AS month, t.until AS until, t.account AS account, t.gone AS gone, coalesce(v.mrr_start, 0) AS mrr_start, coalesce(v.mrr_end, 0) AS mrr_end FROM " + source +
		" t LEFT JOIN " + money + " v ON v.account = t.account AND v.month = t.month)", nil
}

// months are the sub-queries of monthly: (month, until), and the pairs of
// period and month.
func (d *doors) months(n int) (months, pairs string, err error) {
	if n < 1 || n > 60 {
		return "", "", errors.New("query: {{monthly}} takes between 1 and 60 months")
	}
	var list, both []int64
	for _, p := range d.Periods {
		last := p.Last()
		if through, ok := d.params["through"].(farol.Day); ok {
			last = min(last, through)
		}
		if d.AsOf != 0 {
			last = min(last, d.AsOf)
		}
		if p.From < 0 || d.AsOf != 0 && p.From > d.AsOf {
			continue
		}
		y, m, _ := (last + 1).UTC().Date()
		for k := range n {
			from, until := farol.Date(y, m-1-time.Month(k), 1), farol.Date(y, m-time.Month(k), 1)
			if from < 0 {
				break
			}
			if v := int64(from)*100 + int64(until-from); !slices.Contains(list, v) {
				list = append(list, v)
			}
			both = append(both, int64(p.From)*1e6+int64(from))
		}
	}
	if list == nil {
		list, both = []int64{}, []int64{}
	}
	d.params["farol_months"], d.params["farol_month_pairs"] = list, both
	return "(SELECT dayFrom(intDiv(q.v, 100)) AS month, dayFrom(intDiv(q.v, 100) + q.v % 100) AS until FROM (SELECT unnest({farol_months:Array(Int64)}) AS v) q)",
		"(SELECT dayFrom(intDiv(q.v, 1000000)) AS period, dayFrom(q.v % 1000000) AS month FROM (SELECT unnest({farol_month_pairs:Array(Int64)}) AS v) q)", nil
}
