package facts

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
)

// SaveHistory appends figures. Their Known is the instant up to which the
// facts were considered; it is kept as given. Figures of the same metric,
// version, breakdown, grain, period and group replace each other by Known.
func (f *Facts) SaveHistory(ctx context.Context, rows []HistoryRow) error {
	if len(rows) == 0 {
		return nil
	}
	return f.saveRows(ctx, func(c *commit, _ time.Time) {
		for _, r := range rows {
			c.add(history, r.Known.UTC(), r.Metric, r.Version, r.By, r.Group, string(r.Grain), midnight(r.Period.From), midnight(r.Period.To),
				orNull(r.Value), orNull(r.Numerator), orNull(r.Denominator), orNull(r.Low), orNull(r.High), r.Units, r.Complete)
		}
	})
}

// SaveMeasures appends values per account. The latest of an account, metric
// and day counts.
func (f *Facts) SaveMeasures(ctx context.Context, ms []Measure) error {
	if len(ms) == 0 {
		return nil
	}
	return f.saveRows(ctx, func(c *commit, known time.Time) {
		for _, m := range ms {
			c.add(measures, known, string(m.Account), m.Metric, midnight(m.Day), orNull(m.Value))
		}
	})
}

// saveRows sends rows of tables without events through the writer.
func (f *Facts) saveRows(ctx context.Context, rows func(c *commit, known time.Time)) error {
	_, err := f.send(ctx, &request{ctx: ctx, rows: rows})
	return err
}

func orNull(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// History answers the latest figures by Known of each period and group, in
// the order of periods and groups.
func (f *Facts) History(ctx context.Context, q HistoryQuery) ([]HistoryRow, error) {
	params := map[string]any{"metric": q.Metric, "version": q.Version, "by": q.By, "grain": string(q.Grain)}
	where := "metric = {metric:String} AND version = {version:String} AND by = {by:String} AND grain = {grain:String}"
	if q.From != 0 {
		where, params["from"] = where+" AND first_day >= {from:Date}", q.From.String()
	}
	if q.To != 0 {
		where, params["to"] = where+" AND first_day < {to:Date}", q.To.String()
	}
	if !q.Known.IsZero() {
		where, params["known"] = where+" AND known <= {known:DateTime64(3)}", q.Known
	}
	rows, err := f.internal(ctx, `SELECT grp, first_day, end_day, known, value, numerator, denominator, low, high, units, complete
FROM history WHERE `+where+` QUALIFY row_number() OVER (PARTITION BY first_day, end_day, grp ORDER BY known DESC, batch DESC) = 1
ORDER BY first_day, end_day, grp`, params)
	if err != nil {
		return nil, fmt.Errorf("facts: history: %w", err)
	}
	defer rows.Close()
	var out []HistoryRow
	for rows.Next() {
		r, err := scanHistory(rows)
		if err != nil {
			return nil, fmt.Errorf("facts: history: %w", err)
		}
		r.Metric, r.Version, r.By, r.Grain = q.Metric, q.Version, q.By, q.Grain
		out = append(out, r)
	}
	return out, rows.Err()
}

func scanHistory(rows *sql.Rows) (HistoryRow, error) {
	var r HistoryRow
	var first, end, known time.Time
	var v [5]sql.NullFloat64
	err := rows.Scan(&r.Group, &first, &end, &known, &v[0], &v[1], &v[2], &v[3], &v[4], &r.Units, &r.Complete)
	r.Period = farol.Period{From: dayUTC(first), To: dayUTC(end)}
	r.Known = known.UTC()
	for i, into := range []**float64{&r.Value, &r.Numerator, &r.Denominator, &r.Low, &r.High} {
		if v[i].Valid {
			*into = &v[i].Float64
		}
	}
	return r, err
}

func dayUTC(t time.Time) farol.Day { return farol.DayOf(t, time.UTC) }

// Zone is the zone by which the facts are cut into days.
func (f *Facts) Zone() *time.Location { return f.zone }

// Attributes lists the names of the accounts' attributes that have plain
// values, in alphabetical order, at most 200.
func (f *Facts) Attributes(ctx context.Context) ([]string, error) {
	return f.texts(ctx, `SELECT DISTINCT trait FROM changes WHERE subject = 'account' AND type <> 'json' ORDER BY trait LIMIT 200`, nil)
}

// AttributeValues lists the values that an attribute of accounts ever had,
// the most frequent first.
func (f *Facts) AttributeValues(ctx context.Context, key string, limit int) ([]string, error) {
	return f.texts(ctx, `SELECT value FROM changes WHERE subject = 'account' AND trait = {key:String} AND value <> ''
GROUP BY value ORDER BY count(DISTINCT name) DESC, value LIMIT {limit:Int64}`, map[string]any{"key": key, "limit": int64(limit)})
}

func (f *Facts) texts(ctx context.Context, text string, params map[string]any) (out []string, err error) {
	err = eachText(ctx, f.eng, text, params, func(v []string) { out = append(out, v[0]) })
	return out, err
}

// Stats counts what is stored, for operators.
func (f *Facts) Stats(ctx context.Context) (Stats, error) {
	s := Stats{Engine: f.eng.dialect().name, Queued: int(f.queued.Load()), Known: f.LastKnown()}
	for t, into := range map[*table]*int64{
		events: &s.Events, rejected: &s.Rejected, activity: &s.Activity, links: &s.Links, memberships: &s.Memberships,
		subscriptions: &s.Subscriptions, answers: &s.Answers, tickets: &s.Tickets, changes: &s.Changes,
	} {
		if err := f.scanOne(ctx, "SELECT i64(count(*)) FROM "+t.name, into); err != nil {
			return s, err
		}
	}
	rows, err := f.internal(ctx, "SELECT source, i64(count(*)) AS n, max(known) AS last_known FROM events GROUP BY source ORDER BY source", nil)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	for rows.Next() {
		var x SourceStats
		if err := rows.Scan(&x.Source, &x.Events, &x.Last); err != nil {
			return s, err
		}
		x.Last = x.Last.UTC()
		s.Sources = append(s.Sources, x)
	}
	return s, rows.Err()
}

func (f *Facts) scanOne(ctx context.Context, text string, into any) error {
	rows, err := f.internal(ctx, text, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into); err != nil {
			return err
		}
	}
	return rows.Err()
}
