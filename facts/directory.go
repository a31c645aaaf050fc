package facts

import (
	"context"
	"strings"
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

// MeasuresOf answers what metrics kept of one account on the days from first
// to last, as known at an instant (zero: now), by metric and day.
func (f *Facts) MeasuresOf(ctx context.Context, account farol.AccountID, first, last farol.Day, known time.Time) ([]Measure, error) {
	account = f.Joined(account, known)
	if err := sight.Of(ctx).Check(account); err != nil {
		return nil, err
	}
	cond, params := "", map[string]any{"account": string(account), "first": first, "last": last}
	if !known.IsZero() {
		cond, params["known"] = " AND known <= {known:DateTime64(3)}", known
	}
	rows, err := f.reading(ctx, `SELECT w.metric, w.day, w.value FROM (SELECT m.*, row_number() OVER (PARTITION BY m.metric, m.day ORDER BY m.known DESC, m.batch DESC) AS place
FROM measures m WHERE account = {account:String} AND day >= {first:Date} AND day <= {last:Date}`+cond+`) w WHERE w.place = 1 ORDER BY w.metric, w.day`, known, params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Measure
	for rows.Next() {
		m := Measure{Account: account}
		var day time.Time
		if err := rows.Scan(&m.Metric, &day, &m.Value); err != nil {
			return nil, err
		}
		m.Day = farol.Day(day.Unix() / 86400)
		out = append(out, m)
	}
	return out, rows.Err()
}

// MeasuredMetrics lists the metrics of which values per account were kept since
// a day.
func (f *Facts) MeasuredMetrics(ctx context.Context, first farol.Day) (out []string, err error) {
	rows, err := f.internal(ctx, "SELECT DISTINCT metric FROM measures WHERE day >= {first:Date} ORDER BY metric", map[string]any{"first": first})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// LastMeasures answers what a metric kept of every account on the last day, not
// after the given one, on which it kept anything, as known at an instant (zero:
// now). It looks back so many days at most; Value is never nil.
func (f *Facts) LastMeasures(ctx context.Context, metric string, day farol.Day, back int, known time.Time, each func(Measure)) error {
	cond, params := "", map[string]any{"metric": metric, "day": day, "first": day - farol.Day(back)}
	if !known.IsZero() {
		cond, params["known"] = " AND known <= {known:DateTime64(3)}", known
	}
	last := farol.Day(0)
	err := f.eachDay(ctx, "SELECT max(toNullable(day)) AS d FROM measures WHERE metric = {metric:String} AND day <= {day:Date} AND day >= {first:Date}"+cond, params, func(d farol.Day) { last = d })
	if err != nil || last == 0 {
		return err
	}
	params["day"] = last
	rows, err := f.reading(ctx, `SELECT w.account, w.value FROM (SELECT m.*, row_number() OVER (PARTITION BY m.account ORDER BY m.known DESC, m.batch DESC) AS place
FROM measures m WHERE metric = {metric:String} AND day = {day:Date}`+cond+`) w WHERE w.place = 1 AND w.value IS NOT NULL`, known, params)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		m := Measure{Metric: metric, Day: last}
		if err := rows.Scan(&m.Account, &m.Value); err != nil {
			return err
		}
		each(m)
	}
	return rows.Err()
}

// KeptMeasures answers the values of a metric as they are kept, of the days of
// a period; those that are gone are left out.
func (f *Facts) KeptMeasures(ctx context.Context, metric string, p farol.Period, each func(Measure)) error {
	rows, err := f.internal(ctx, `SELECT w.account AS account, w.day AS day, w.value AS value FROM (SELECT q.*, row_number() OVER (PARTITION BY q.account, q.day ORDER BY q.known DESC, q.batch DESC) AS place
FROM (SELECT * FROM measures WHERE metric = {metric:String} AND day >= {from:Date} AND day < {to:Date}) q) w WHERE w.place = 1 AND w.value IS NOT NULL`, map[string]any{"metric": metric, "from": p.From, "to": p.To})
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		m := Measure{Metric: metric}
		var day time.Time
		if err := rows.Scan(&m.Account, &day, &m.Value); err != nil {
			return err
		}
		m.Day = farol.Day(day.Unix() / 86400)
		each(m)
	}
	return rows.Err()
}

// MeasuresAt answers what metrics kept of one account on some days, as known at
// an instant (zero: now), by metric and day. A day on which nothing was kept is
// absent.
func (f *Facts) MeasuresAt(ctx context.Context, account farol.AccountID, metrics []string, days []farol.Day, known time.Time) (out []Measure, err error) {
	account = f.Joined(account, known)
	if err := sight.Of(ctx).Check(account); err != nil || len(days) == 0 {
		return nil, err
	}
	// Days and metrics are compared one by one, as constants: an engine then
	// leaves out the blocks of rows that hold none of them.
	var list strings.Builder
	for i, d := range days {
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteString("DATE '" + d.String() + "'")
	}
	cond, params := "", map[string]any{"account": string(account)}
	if !known.IsZero() {
		cond, params["known"] = " AND known <= {known:DateTime64(3)}", known
	}
	for _, name := range metrics {
		params["metric"] = name
		err := f.eachMeasure(ctx, `SELECT w.account, w.metric, w.day, w.value FROM (SELECT m.*, row_number() OVER (PARTITION BY m.day ORDER BY m.known DESC, m.batch DESC) AS place
FROM measures m WHERE metric = {metric:String} AND account = {account:String} AND day IN (`+list.String()+`)`+cond+`) w WHERE w.place = 1 ORDER BY w.day`, known, params, func(m Measure) { out = append(out, m) })
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (f *Facts) eachMeasure(ctx context.Context, text string, known time.Time, params map[string]any, each func(Measure)) error {
	rows, err := f.reading(ctx, text, known, params)
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
