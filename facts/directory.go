package facts

import (
	"context"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
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
	// Day is the local day since which it is said.
	Day farol.Day
}

// AccountValues answers the values of all attributes of the accounts of which
// anything was said after since (zero: of all), as of a day (0: now) and as
// known at an instant (zero: now). The cost follows what is new.
func (f *Facts) AccountValues(ctx context.Context, since time.Time, asOf farol.Day, known time.Time, each func(AccountValue)) error {
	return f.accountValues(ctx, "", since, asOf, known, each)
}

// ValuesOf answers the values of the attributes of one account, as
// AccountValues does of all.
func (f *Facts) ValuesOf(ctx context.Context, account farol.AccountID, asOf farol.Day, known time.Time, each func(AccountValue)) error {
	account = f.Joined(account, known)
	if err := sight.Of(ctx).Check(account); err != nil {
		return err
	}
	return f.accountValues(ctx, account, time.Time{}, asOf, known, each)
}

func (f *Facts) accountValues(ctx context.Context, account farol.AccountID, since time.Time, asOf farol.Day, known time.Time, each func(AccountValue)) error {
	cond, params := "", map[string]any{}
	if account != "" {
		cond, params["account"] = " AND name = {account:String}", string(account)
	}
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
	rows, err := f.reading(ctx, `SELECT c.name AS account, c.trait AS trait, argMax(c.type, (c.ts, c.known, c.id)) AS type,
CASE WHEN c.trait IN ('$seen', '$signed_up') THEN min(c.value) ELSE argMax(c.value, (c.ts, c.known, c.id)) END AS value,
argMax(c.day, (c.ts, c.known, c.id)) AS said_day
FROM (SELECT * FROM changes WHERE subject = 'account' AND trait <> '`+joinTrait+`'`+cond+only+`) c GROUP BY c.name, c.trait`, known, params)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var v AccountValue
		var day time.Time
		if err := rows.Scan(&v.Account, &v.Trait, &v.Type, &v.Value, &day); err != nil {
			return err
		}
		v.Day = farol.Day(day.Unix() / 86400)
		each(v)
	}
	return rows.Err()
}
