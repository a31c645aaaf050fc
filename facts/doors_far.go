package facts

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// unfilteredOption, as the last argument of a door, opens the door without filters and breakdown: for the far side of a join.
// An account that leaves the filtered plan during the period has not churned.
const unfilteredOption = "unfiltered"

func (d *doors) unfiltered() *doors {
	out := *d
	out.By, out.Filters = "", nil
	return &out
}

// from opens a door as its option says.
func (d *doors) from(door string, option []string, open func(*doors) (string, error)) (string, error) {
	from := d
	for _, o := range option {
		if o != unfilteredOption {
			return "", fmt.Errorf("query: {{%s}} knows no option %q", door, o)
		}
		from = d.unfiltered()
	}
	text, err := open(from)
	// A door may bind parameters and list what it opened: both are shared.
	return d.openIf(text, err)
}

var columnName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// valued is {{valued "rows" "account" "day" "more" ...}}: the rows of a WITH
// of the query, with the columns named, that pass the filters with what their
// account's attributes were on their day, and grp. It is for rows that have to
// be worked out of everybody's facts before a filter may look at them, such as
// what somebody did first.
func (d *doors) valued(args []string) (string, error) {
	if len(args) < 3 {
		return "", errors.New(`query: {{valued}} takes the rows, their account, their day and other columns`)
	}
	for i, a := range args {
		if !columnName.MatchString(a) || i == 0 && slices.ContainsFunc(tables, func(t *table) bool { return t.name == a }) {
			return "", fmt.Errorf("query: {{valued}} cannot take %q", a)
		}
	}
	return d.dayed(args[0], args[1:], args[1], args[2]), nil
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
