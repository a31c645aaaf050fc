package facts

import (
	"fmt"
	"strings"
)

// cohort: period, account, before, after, kept, plain, grp: the accounts that
// paid at the opening, n months before the period's last day (0: on the day
// before the period), and what they pay on that last day, in minor units at
// the rates of the opening. kept is the sum over their subscriptions of the
// lesser of both amounts; plain is after without the contractual escalators
// since the opening. Attributes are those of the day after the opening.
func (d *doors) cohort(n int) (string, error) {
	if n != 0 && n != 12 {
		return "", fmt.Errorf("query: {{cohort}} takes 0 or 12, not %d", n)
	}
	e := edges["start"]
	if n == 12 {
		e = edges["year"]
	}
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	moment := "(SELECT p.period AS period, p.last AS last, " + e.on + " AS on_day, " + e.attributes + " AS as_day FROM " + periods + " p)"
	value, join, err := d.valueAt(moment, "p.on_day")
	if err != nil {
		return "", err
	}
	growth, prior := "f64(0)", ""
	if d.traits.priced.Load() {
		growth = "coalesce(sum(CASE WHEN g.escalator = 1 AND g.metered = 0 AND g.prior > 0 AND g.price > 0 THEN ln(g.price / coalesce(nullif(g.quantity, 0), 1) / g.prior) ELSE 0 END) OVER (PARTITION BY g.account, g.subscription ORDER BY g.from_day), 0)"
		prior = ", lag(toNullable(price / coalesce(nullif(quantity, 0), 1))) OVER (PARTITION BY account, subscription ORDER BY from_day) AS prior"
	}
	lines := "(SELECT g.*, " + growth + " AS growth FROM (SELECT *" + prior + " FROM " + d.lines(recurring) + " gl) g)"
	at := func(day, what string) string {
		return "CASE WHEN l.from_day <= " + day + " AND l.to_day > " + day + " THEN " + what + " END"
	}
	each := "SELECT m.period AS period, m.as_day AS as_day, l.account AS account, coalesce(sum(" + at("m.on_day", value) + "), 0) AS was, coalesce(sum(" + at("m.last", value) + "), 0) AS is_now, " +
		"coalesce(max(" + at("m.on_day", "l.growth") + "), 0) AS growth_before, coalesce(max(" + at("m.last", "l.growth") + "), 0) AS growth_after FROM " + moment + " m JOIN " + lines +
		" l ON l.from_day <= m.last AND l.to_day > m.on_day" + strings.ReplaceAll(join, "v.period = p.period", "v.period = m.period") + " GROUP BY m.period, m.as_day, l.account, l.subscription, l.metered"
	source := "(SELECT period, as_day, account, i64(sum(was)) AS before, i64(sum(is_now)) AS after, i64(sum(least(was, is_now))) AS kept, i64(sum(roundHalfUp(is_now * exp(growth_before - growth_after), 0))) AS plain FROM (" + each +
		") ea GROUP BY period, as_day, account HAVING sum(was) > 0)"
	return d.dayed(source, []string{"period", "account", "before", "after", "kept", "plain"}, "account", "as_day"), nil
}

// committed: period, account, mrr, grp: the MRR that an account will have when
// all has taken effect that was signed, or given notice of, by the end of the
// period's last day. Metered use is not in it.
func (d *doors) committed() (string, error) {
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	value, join, err := d.valueAt("(SELECT p.period AS period, p.last AS last FROM "+periods+" p)", "p.last")
	if err != nil {
		return "", err
	}
	lines := "(SELECT *, greatest(run_from, last) AS look FROM " + d.linesOf(d.signedEvents(periods), "period, last, ") + " cl WHERE run_to = " + farFuture + ")"
	source := "(SELECT l.period AS period, l.last AS last, l.account AS account, i64(sum(" + value + ")) AS mrr FROM " + lines + " l" +
		strings.ReplaceAll(join, "v.period = p.period", "v.period = l.period") + " WHERE l.local > 0 AND l.from_day <= l.look AND l.to_day > l.look AND " + value + " > 0 GROUP BY l.period, l.last, l.account)"
	return d.dayed(source, []string{"period", "account", "mrr"}, "account", "last"), nil
}
