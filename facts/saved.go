package facts

import (
	"context"
	"database/sql"
	"sort"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// SaveHistory appends figures of metrics. A zero Known becomes the instant of
// the commit.
func (f *Facts) SaveHistory(ctx context.Context, rows []HistoryRow) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := f.send(ctx, &request{ctx: ctx, rows: func(c *commit, known time.Time) {
		for _, r := range rows {
			if !r.Known.IsZero() {
				known = r.Known.UTC()
			}
			c.add(history, known, r.Metric, r.Version, r.By, r.Group, string(r.Grain), midnight(r.Period.From), midnight(r.Period.To),
				null(r.Value), null(r.Numerator), null(r.Denominator), null(r.Low), null(r.High), r.Units, r.Complete)
		}
	}})
	return err
}

func null(p *float64) any {
	if p == nil {
		return nil
	}
	return *p
}

// History answers the latest figure of each period and group, by period and
// group.
func (f *Facts) History(ctx context.Context, q HistoryQuery) ([]HistoryRow, error) {
	cond, params := "", map[string]any{"metric": q.Metric, "version": q.Version, "by": q.By, "grain": string(q.Grain)}
	if q.From != 0 {
		cond, params["from"] = cond+" AND first_day >= {from:Date}", q.From
	}
	if q.To != 0 {
		cond, params["to"] = cond+" AND first_day < {to:Date}", q.To
	}
	if !q.Known.IsZero() {
		cond, params["known"] = cond+" AND known <= {known:DateTime64(3)}", q.Known
	}
	rows, err := f.internal(ctx, `SELECT x.known, x.grp, x.first_day, x.end_day, x.value, x.numerator, x.denominator, x.low, x.high, x.units, x.complete FROM
(SELECT h.*, row_number() OVER (PARTITION BY h.grp, h.first_day, h.end_day ORDER BY h.known DESC, h.batch DESC) AS place FROM history h
WHERE metric = {metric:String} AND version = {version:String} AND breakdown = {by:String} AND grain = {grain:String}`+cond+`) x
WHERE x.place = 1 ORDER BY x.first_day, x.end_day, x.grp`, params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []HistoryRow
	for rows.Next() {
		r := HistoryRow{Metric: q.Metric, Version: q.Version, By: q.By, Grain: q.Grain}
		if err := readFigure(rows, &r); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func readFigure(rows *sql.Rows, r *HistoryRow) error {
	var first, end time.Time
	err := rows.Scan(&r.Known, &r.Group, &first, &end, &r.Value, &r.Numerator, &r.Denominator, &r.Low, &r.High, &r.Units, &r.Complete)
	r.Known = r.Known.UTC()
	r.Period = farol.Period{From: farol.Day(first.Unix() / 86400), To: farol.Day(end.Unix() / 86400)}
	return err
}

// SaveMeasures appends values of metrics per account; of several for one
// account, metric and day the latest counts.
func (f *Facts) SaveMeasures(ctx context.Context, rows []Measure) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := f.send(ctx, &request{ctx: ctx, rows: func(c *commit, known time.Time) {
		for _, m := range rows {
			c.add(measures, known, string(m.Account), m.Metric, midnight(m.Day), null(m.Value))
		}
	}})
	return err
}

// Attributes lists the account attributes that have a text, number or bool
// value, sorted, at most 200.
func (f *Facts) Attributes(ctx context.Context) ([]string, error) {
	var out []string
	err := eachText(ctx, f.eng, `SELECT DISTINCT trait FROM changes WHERE subject = 'account' AND type IN ('text', 'number', 'bool') ORDER BY trait LIMIT 200`, nil,
		func(v []string) {
			if !sight.Of(ctx).Hides("attribute." + v[0]) {
				out = append(out, v[0])
			}
		})
	sort.Strings(out)
	return out, err
}

// AttributeValues lists the current values of an account attribute, most
// frequent first.
func (f *Facts) AttributeValues(ctx context.Context, key string, limit int) ([]string, error) {
	var out []string
	s := sight.Of(ctx)
	if err := s.Shows("attribute." + key); err != nil {
		return nil, err
	}
	params, only := map[string]any{"key": key, "limit": int64(pageSize(limit, 1000))}, ""
	if s.Limited() {
		only, params["accounts"] = " AND name IN (SELECT unnest({accounts:Array(String)}))", s.Accounts()
	}
	err := eachText(ctx, f.eng, `SELECT x.val FROM (SELECT name, argMax(value, (ts, known, id)) AS val FROM changes
WHERE subject = 'account' AND trait = {key:String}`+only+` GROUP BY name) x WHERE x.val <> '' GROUP BY x.val ORDER BY count(*) DESC, x.val LIMIT {limit:Int64}`,
		params, func(v []string) { out = append(out, v[0]) })
	return out, err
}

// Stats counts what is stored.
func (f *Facts) Stats(ctx context.Context) (Stats, error) {
	s := Stats{Engine: f.eng.dialect().name, Queued: int(f.queued.Load()), Known: f.LastKnown()}
	for _, c := range []struct {
		t    *table
		into *int64
	}{
		{events, &s.Events}, {rejected, &s.Rejected}, {activity, &s.Activity}, {links, &s.Links}, {memberships, &s.Memberships},
		{subscriptions, &s.Subscriptions}, {answers, &s.Answers}, {tickets, &s.Tickets}, {changes, &s.Changes},
	} {
		if err := f.one(ctx, "SELECT i64(count(*)) AS n FROM "+c.t.name, nil, c.into); err != nil {
			return s, err
		}
	}
	rows, err := f.internal(ctx, `SELECT source, i64(count(*)) AS n, max(known) AS last_known FROM events GROUP BY source ORDER BY source`, nil)
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
