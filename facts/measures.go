package facts

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// eachMeasure takes measures one by one.
type eachMeasure func(Measure)

// of reads rows of account, metric, day and value.
func (each eachMeasure) of(rows *sql.Rows, err error) error {
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

// latest asks for what was learned last, of the measures that fulfil the
// condition, for each value of the columns.
func latest(columns, cond string) string {
	return `SELECT w.account, w.metric, w.day, w.value FROM (SELECT q.*, row_number() OVER (PARTITION BY ` + columns + ` ORDER BY q.known DESC, q.batch DESC) AS place
FROM (SELECT * FROM measures WHERE ` + cond + `) q) w WHERE w.place = 1`
}

// there leaves out the values that are gone.
const there = " AND w.value IS NOT NULL"

// knownThen narrows to what was known at an instant (zero: now).
func knownThen(known time.Time, params map[string]any) string {
	if known.IsZero() {
		return ""
	}
	params["known"] = known
	return " AND known <= {known:DateTime64(3)}"
}

// onDays is the condition that day is one of the days. They are written as
// constants: an engine then leaves out the blocks of rows that hold none.
func onDays(days []farol.Day) string {
	list := make([]string, len(days))
	for i, d := range days {
		list[i] = "DATE '" + d.String() + "'"
	}
	return "day IN (" + strings.Join(list, ", ") + ")"
}

// NewMeasures answers the values that metrics keep daily per account, of the
// days from first on, learned after since (zero: all), the earlier learned
// before the later.
func (f *Facts) NewMeasures(ctx context.Context, first farol.Day, since time.Time, each func(Measure)) error {
	cond, params := "", map[string]any{"first": first}
	if !since.IsZero() {
		cond, params["since"] = " AND known > {since:DateTime64(3)}", since
	}
	return eachMeasure(each).of(f.reading(ctx, `SELECT account, metric, day, value FROM measures WHERE day >= {first:Date}`+cond+` ORDER BY known, batch`, time.Time{}, params))
}

// MeasuresOf answers what these metrics kept of one account on the last day,
// not after the given one, on which each kept anything of anybody, as known at
// an instant (zero: now). It looks back so many days at most; Value is never
// nil.
func (f *Facts) MeasuresOf(ctx context.Context, account farol.AccountID, metrics []string, day farol.Day, back int, known time.Time) (out []Measure, err error) {
	account = f.Joined(account, known)
	if err := sight.Of(ctx).Check(account); err != nil {
		return nil, err
	}
	// Most were kept a day ago: a week of all accounts is read only for those
	// that were not.
	for from, to := day-1, day; len(metrics) > 0 && to >= day-farol.Day(back); from, to = max(from*3-2*day, day-farol.Day(back)), from-1 {
		found, last, err := f.measuresOf(ctx, account, metrics, from, to, known)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if m.Day == last[m.Metric] && m.Value != nil {
				out = append(out, m)
			}
		}
		metrics = slices.DeleteFunc(slices.Clone(metrics), func(name string) bool { return last[name] != 0 })
	}
	return out, nil
}

// measuresOf is what the metrics kept of an account between two days, and the
// last of these days on which each kept anything.
func (f *Facts) measuresOf(ctx context.Context, account farol.AccountID, metrics []string, from, to farol.Day, known time.Time) (found []Measure, last map[string]farol.Day, err error) {
	params := map[string]any{"account": string(account), "metrics": metrics, "first": from, "last": to}
	cond := "metric IN (SELECT unnest({metrics:Array(String)})) AND day >= {first:Date} AND day <= {last:Date}" + knownThen(known, params)
	last = map[string]farol.Day{}
	reads, reading := errgroup.WithContext(ctx)
	reads.Go(func() error {
		return eachMeasure(func(m Measure) { last[m.Metric] = m.Day }).of(f.reading(reading, "SELECT '' AS account, metric, max(day) AS day, toNullable(0.0) AS value FROM measures WHERE "+cond+" GROUP BY metric", known, params))
	})
	reads.Go(func() error {
		return eachMeasure(func(m Measure) { found = append(found, m) }).of(f.reading(reading, latest("q.metric, q.day", "account = {account:String} AND "+cond), known, params))
	})
	return found, last, reads.Wait()
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

// Remeasured lists the metrics of which values per account of the days from
// first to last were learned after since.
func (f *Facts) Remeasured(ctx context.Context, first, last farol.Day, since time.Time) (out []string, err error) {
	err = eachText(ctx, f.eng, "SELECT DISTINCT metric FROM measures WHERE day >= {first:Date} AND day <= {last:Date} AND known > {since:DateTime64(3)}",
		map[string]any{"first": first, "last": last, "since": since}, func(v []string) { out = append(out, v[0]) })
	return out, err
}

// LastMeasures answers what a metric kept of every account on the last day, not
// after the given one, on which it kept anything, as known at an instant (zero:
// now). It looks back so many days at most; Value is never nil.
func (f *Facts) LastMeasures(ctx context.Context, metric string, day farol.Day, back int, known time.Time, each func(Measure)) error {
	params := map[string]any{"metric": metric, "day": day, "first": day - farol.Day(back)}
	cond := knownThen(known, params)
	last := farol.Day(0)
	err := f.eachDay(ctx, "SELECT max(toNullable(day)) AS d FROM measures WHERE metric = {metric:String} AND day <= {day:Date} AND day >= {first:Date}"+cond, params, func(d farol.Day) { last = d })
	if err != nil || last == 0 {
		return err
	}
	params["day"] = last
	return eachMeasure(each).of(f.reading(ctx, latest("q.account", "metric = {metric:String} AND day = {day:Date}"+cond)+there, known, params))
}

// LastMeasured is the last day of which the metric kept a value since first, 0
// for none.
func (f *Facts) LastMeasured(ctx context.Context, metric string, first farol.Day) (last farol.Day, err error) {
	err = f.eachDay(ctx, "SELECT max(toNullable(day)) AS d FROM measures WHERE metric = {metric:String} AND day >= {first:Date} AND value IS NOT NULL",
		map[string]any{"metric": metric, "first": first}, func(d farol.Day) { last = d })
	return last, err
}

// DaysOfMetric answers the values that a metric kept per account on these days;
// of several of one day the latest learned. Value is never nil.
func (f *Facts) DaysOfMetric(ctx context.Context, metric string, days []farol.Day, each func(Measure)) error {
	if len(days) == 0 {
		return nil
	}
	return eachMeasure(each).of(f.reading(ctx, latest("q.account, q.day", "metric = {metric:String} AND "+onDays(days))+there, time.Time{}, map[string]any{"metric": metric}))
}

// KeptMeasures answers the values of a metric as they are kept, of the days of
// a period; those that are gone are left out.
func (f *Facts) KeptMeasures(ctx context.Context, metric string, p farol.Period, each func(Measure)) error {
	return eachMeasure(each).of(f.internal(ctx, latest("q.account, q.day", "metric = {metric:String} AND day >= {from:Date} AND day < {to:Date}")+there,
		map[string]any{"metric": metric, "from": p.From, "to": p.To}))
}

// MeasuresAt answers what metrics kept of one account on some days, as known at
// an instant (zero: now), by metric and day. A day on which nothing was kept is
// absent.
func (f *Facts) MeasuresAt(ctx context.Context, account farol.AccountID, metrics []string, days []farol.Day, known time.Time) (out []Measure, err error) {
	account = f.Joined(account, known)
	if err := sight.Of(ctx).Check(account); err != nil || len(days) == 0 {
		return nil, err
	}
	params := map[string]any{"account": string(account)}
	cond := "metric = {metric:String} AND account = {account:String} AND " + onDays(days) + knownThen(known, params)
	// One metric after the other: the rows lie by metric, then by day.
	for _, name := range metrics {
		params["metric"] = name
		if err := eachMeasure(func(m Measure) { out = append(out, m) }).of(f.reading(ctx, latest("q.day", cond)+" ORDER BY w.day", known, params)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return out, nil
}
