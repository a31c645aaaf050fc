package facts

import "strings"

// terms: account, subscription, from_day, ends_day (first day after the paid
// term), months (whole and parts), since_day (the day from which it holds),
// until_day (the day on which another term took its place; 2149-01-01 for
// none), cut (1 when that one ends sooner), once (what is paid once besides,
// minor units of the company's currency at the rate of since_day), grp: the
// paid terms of subscriptions, as ends_at says. Subscriptions that say no end
// have none. Attributes are those of the last day.
//
// A word that names the end that holds already begins no term: a change of
// seats in the middle says nothing of it.
func (d *doors) terms() (string, error) {
	rates, err := d.rates()
	if err != nil {
		return "", err
	}
	worth, join := "n.once", ""
	if rates != "" {
		worth = "coalesce(" + converted("n.once", "q.rate") + ", 0)"
		join = " LEFT JOIN " + rates + " q ON q.code = n.currency AND q.from_day <= n.since_day AND q.to_day > n.since_day"
	}
	const order = "(PARTITION BY s.account, s.subscription ORDER BY s.eff_ts, s.known, s.id)"
	seen := strings.ReplaceAll("1 = 1"+d.seenBy(), "day <=", "eff_day <=")
	said := "(SELECT s.account AS account, s.subscription AS subscription, i64(coalesce(s.ends, 0)) AS ends, s.eff_day AS since_day, s.eff_ts AS eff_ts, s.known AS known, s.id AS id, i64(coalesce(s.starts, dayNumber(s.eff_day))) AS starts, " +
		"i64(coalesce(s.once, 0)) AS once, s.currency AS currency, coalesce(lag(s.ends) OVER " + order + ", -1) AS prior FROM " + d.contractEvents(seen) +
		" s WHERE s.account <> '' AND s.ends IS NOT NULL AND s.status <> 'cancelled'" + d.noStaff("account", "") + ")"
	turned := "(SELECT s.*, lead(toNullable(s.since_day)) OVER " + order + " AS next_day, lead(toNullable(s.ends)) OVER " + order + " AS next_ends FROM " + said + " s WHERE s.prior <> s.ends)"
	named := "(SELECT t.account AS account, t.subscription AS subscription, dayFrom(t.starts) AS from_day, dayFrom(t.ends) AS ends_day, t.since_day AS since_day, coalesce(t.next_day, " + farFuture + ") AS until_day, " +
		"CASE WHEN coalesce(t.next_ends, t.ends) < t.ends THEN 1 ELSE 0 END AS cut, t.once AS once, t.currency AS currency FROM " + turned + " t WHERE t.starts < t.ends)"
	counted := "(SELECT k.*, i64((year(k.ends_day) - year(k.from_day)) * 12 + month(k.ends_day) - month(k.from_day)) AS span FROM " + named + " k)"
	whole := "(SELECT c.*, i64(c.span - CASE WHEN addMonthsN(c.from_day, c.span) > c.ends_day THEN 1 ELSE 0 END) AS whole FROM " + counted + " c)"
	// A month is a twelfth of 365.25 days, as in the prices.
	source := "(SELECT n.account AS account, n.subscription AS subscription, n.from_day AS from_day, n.ends_day AS ends_day, n.since_day AS since_day, n.until_day AS until_day, n.cut AS cut, " + worth + " AS once, " +
		"f64(n.whole) + f64(dayNumber(n.ends_day) - dayNumber(addMonthsN(n.from_day, n.whole))) * 12 / 365.25 AS months, addDaysN(n.ends_day, -1) AS last_day FROM " + whole + " n" + join + ")"
	return d.dayed(source, []string{"account", "subscription", "from_day", "ends_day", "months", "since_day", "until_day", "cut", "once"}, "account", "last_day"), nil
}
