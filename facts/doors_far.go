package facts

import (
	"errors"
	"fmt"
)

// unfilteredOption, as the last argument of {{activity}} or {{customersAt}},
// opens the door without filters and breakdown: for the far side of a join.
// An account that leaves the filtered plan during the period has not churned.
const unfilteredOption = "unfiltered"

func (d *doors) unfiltered() *doors {
	out := *d
	out.By, out.Filters = "", nil
	return &out
}

// activityFor is {{activity N "unfiltered"}}, both arguments optional.
func (d *doors) activityFor(args []any) (string, error) {
	n, from := 0, d
	for _, a := range args {
		switch v := a.(type) {
		case int:
			n = v
		case string:
			if v != unfilteredOption {
				return "", fmt.Errorf("query: {{activity}} knows no option %q", v)
			}
			from = d.unfiltered()
		}
	}
	return from.activity(from.since(n)), nil
}

// days: day, period (first day), last, until (first day after), n (days so
// far): one row per day of each of Scope.Periods up to as-of, for joins by
// equality where a join by range over {{periods}} would be slow.
func (d *doors) days() (string, error) {
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	longest := 1
	for _, p := range d.Periods {
		longest = max(longest, p.Days())
	}
	return fmt.Sprintf("(SELECT addDaysN(p.period, k.place) AS day, p.period AS period, p.last AS last, p.until AS until, p.n AS n "+
		"FROM %s p CROSS JOIN (SELECT i64(generate_series) AS place FROM generate_series(0, %d)) k WHERE k.place < p.n)", periods, longest-1), nil
}

// pauseDays is how long a paused subscription keeps its account a customer:
// on that day the pause becomes churn (metrics.md, section 9).
const pauseDays = 90

func (d *doors) customersFor(edge string, option []string) (string, error) {
	if len(option) == 0 {
		return d.customersAt(edge)
	}
	if option[0] != unfilteredOption {
		return "", fmt.Errorf("query: {{customersAt}} knows no option %q", option[0])
	}
	return d.unfiltered().customersAt(edge)
}

// customersAt: period, account, mrr, grp: as {{payingAt}}, and also the
// accounts (mrr 0) whose subscriptions are paused, for up to pauseDays.
func (d *doors) customersAt(edge string) (string, error) {
	on := map[string]string{"start": "p.period - 1", "end": "p.last"}[edge]
	day := map[string]string{"start": "p.period", "end": "p.last"}[edge]
	if on == "" {
		return "", errors.New(`query: {{customersAt}} takes "start" or "end"`)
	}
	spans, err := d.spans()
	if err != nil {
		return "", err
	}
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	// since is where the run of paused spans began: a change during a pause
	// does not begin it anew.
	prior := "(SELECT q.account AS account, q.subscription AS subscription, q.mrr AS mrr, q.status AS status, q.from_day AS from_day, q.to_day AS to_day, " +
		"coalesce(lag(toNullable(q.status)) OVER (PARTITION BY q.account, q.subscription ORDER BY q.from_day), '') AS prior FROM " + spans + " q)"
	runs := "(SELECT x.account AS account, x.subscription AS subscription, x.mrr AS mrr, x.status AS status, x.from_day AS from_day, x.to_day AS to_day, " +
		"carried(CASE WHEN x.prior <> 'paused' THEN x.from_day END) OVER (PARTITION BY x.account, x.subscription ORDER BY x.from_day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS since FROM " + prior + " x)"
	source := "(SELECT p.period AS period, " + day + " AS on_day, m.account AS account, i64(sum(m.mrr)) AS mrr FROM " + periods + " p JOIN " + runs +
		" m ON m.from_day <= " + on + " AND m.to_day > " + on + fmt.Sprintf(" WHERE m.mrr > 0 OR (m.status = 'paused' AND %s - m.since < %d)", on, pauseDays) +
		" GROUP BY p.period, " + day + ", m.account)"
	return d.dayed(source, []string{"period", "account", "mrr"}, "account", "on_day"), nil
}
