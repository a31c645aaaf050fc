package facts

import (
	"context"
	"time"

	"github.com/farol-cs/farol"
)

// AccountValue is the value of an attribute of an account, or a mark.
type AccountValue struct {
	Account farol.AccountID
	// Trait is the attribute's name; "$seen" holds the day of the account's
	// first fact, "$created" that of its trait created_at and "$signed_up" that
	// of its sign-up.
	Trait string
	// Type is text, number, bool, json, null, day or mark.
	Type, Value string
}

// AccountValues answers the values of all attributes of the accounts of which
// anything was said after since (zero: of all), as of a day (0: now) and as
// known at an instant (zero: now). The cost follows what is new.
func (f *Facts) AccountValues(ctx context.Context, since time.Time, asOf farol.Day, known time.Time, each func(AccountValue)) error {
	cond, params := "", map[string]any{}
	if asOf != 0 {
		cond, params["as_of"] = cond+" AND day <= {as_of:Date}", asOf
	}
	if !known.IsZero() {
		cond, params["known"] = cond+" AND known <= {known:DateTime64(3)}", known
	}
	only := ""
	if !since.IsZero() {
		only = " AND name IN (SELECT name FROM changes WHERE subject = 'account' AND known > {since:DateTime64(3)})"
		params["since"] = since
	}
	// The first of what can happen once, the last of what was said.
	return f.readText(ctx, `SELECT c.name AS account, c.trait AS trait, argMax(c.type, (c.ts, c.known, c.id)) AS type,
CASE WHEN c.trait IN ('$seen', '$signed_up') THEN min(c.value) ELSE argMax(c.value, (c.ts, c.known, c.id)) END AS value
FROM (SELECT * FROM changes WHERE subject = 'account' AND trait <> '`+joinTrait+`'`+cond+only+`) c GROUP BY c.name, c.trait`, known, params, func(v []string) {
		each(AccountValue{farol.AccountID(v[0]), v[1], v[2], v[3]})
	})
}

// NewMeasures answers the values that metrics keep daily per account, of the
// days from first on, learned after since (zero: all), the earlier learned
// before the later.
func (f *Facts) NewMeasures(ctx context.Context, first farol.Day, since time.Time, each func(Measure)) error {
	cond, params := "", map[string]any{"first": first}
	if !since.IsZero() {
		cond, params["since"] = " AND known > {since:DateTime64(3)}", since
	}
	rows, err := f.reading(ctx, `SELECT account, metric, day, value FROM measures WHERE day >= {first:Date}`+cond+` ORDER BY known, batch`, time.Time{}, params)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var m Measure
		var day time.Time
		if err := rows.Scan(&m.Account, &m.Metric, &day, &m.Value); err != nil {
			return err
		}
		m.Day = farol.Day(day.Unix() / 86400)
		each(m)
	}
	return rows.Err()
}
