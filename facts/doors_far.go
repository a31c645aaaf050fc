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
	if err := withOf("valued", args...); err != nil {
		return "", err
	}
	return d.dayed(args[0], args[1:], args[1], args[2]), nil
}

// withOf checks what a door is given: the name of a WITH of the query, which no
// table has, and names of its columns.
func withOf(door string, names ...string) error {
	for i, a := range names {
		if !columnName.MatchString(a) || i == 0 && slices.ContainsFunc(tables, func(t *table) bool { return t.name == a }) {
			return fmt.Errorf("query: {{%s}} cannot take %q", door, a)
		}
	}
	return nil
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

// pauseDays is how long a paused subscription keeps its account a customer,
// where no parameter pause_days says otherwise: on that day the pause becomes
// churn.
const pauseDays = 90
