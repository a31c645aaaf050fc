package facts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// AccountMoment is a moment of an account.
type AccountMoment struct {
	Account farol.AccountID
	Moment
}

// Happened lists what was learned of any account after since and up to upto: the
// tickets that were opened, the answers, and the marks whose trait is "$stage"
// or begins "$segment.", the earlier learned before the later, at most limit.
// The cost follows what is new.
func (f *Facts) Happened(ctx context.Context, since, upto time.Time, limit int) ([]AccountMoment, error) {
	var out []AccountMoment
	params := map[string]any{"since": since, "upto": upto, "limit": int64(limit)}
	const window = " AND known > {since:DateTime64(3)} AND known <= {upto:DateTime64(3)}"
	d := &doors{params: params, traits: &f.traits}
	for _, s := range momentSources {
		cond := "1 = 1" + window
		switch s.kind {
		case TicketMoment:
			cond += " AND action = 'opened'"
		case AnswerMoment:
		default:
			continue
		}
		columns, read := "t.ts AS ts, t.known AS known, t.day AS day, t.id AS id, t.source AS source, "+s.name+" AS moment_name", ""
		for i, c := range s.columns {
			columns += fmt.Sprintf(", %s AS f%d", c, i)
			read += fmt.Sprintf(", m.f%d", i)
		}
		text := "SELECT m.account, m.ts, m.known, m.day, m.id, m.source, m.moment_name, m.person" + read + " FROM " + d.typed(s.table, columns, cond, "t.account", s.person) +
			" m ORDER BY m.known, m.id LIMIT {limit:Int64}"
		if err := f.happened(ctx, text, params, s.kind, s.fields, &out); err != nil {
			return nil, err
		}
	}
	text := `SELECT m.name, m.ts, m.known, m.day, m.id, m.source, m.trait, '' AS person, m.value FROM changes m WHERE m.subject = 'account' AND m.type = '` + markType +
		`' AND (m.trait = '$stage' OR m.trait LIKE '$segment.%')` + strings.ReplaceAll(window, " known ", " m.known ") + ` ORDER BY m.known, m.id LIMIT {limit:Int64}`
	if err := f.happened(ctx, text, params, MarkMoment, []string{"value"}, &out); err != nil {
		return nil, err
	}
	return out, nil
}

func (f *Facts) happened(ctx context.Context, text string, params map[string]any, kind string, fields []string, out *[]AccountMoment) error {
	rows, err := f.reading(ctx, text, time.Time{}, params)
	if err != nil {
		return fmt.Errorf("facts: what happened: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		m := AccountMoment{Moment: Moment{Kind: kind, Fields: map[string]string{}}}
		var day time.Time
		values := make([]string, len(fields))
		into := []any{&m.Account, &m.At, &m.Known, &day, &m.ID, &m.Source, &m.Name, &m.Person}
		for i := range values {
			into = append(into, &values[i])
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		m.At, m.Known, m.Day = m.At.UTC(), m.Known.UTC(), farol.Day(day.Unix()/86400)
		for i, x := range values {
			if x != "" {
				m.Fields[fields[i]] = strings.TrimSuffix(x, ".0")
			}
		}
		*out = append(*out, m)
	}
	return rows.Err()
}

// DaysOfMetric answers the values that a metric kept per account on these days;
// of several of one day the latest learned.
func (f *Facts) DaysOfMetric(ctx context.Context, metric string, days []farol.Day, each func(Measure)) error {
	if len(days) == 0 {
		return nil
	}
	params, list := map[string]any{"metric": metric}, []string{}
	for i, d := range days {
		name := fmt.Sprintf("day%d", i)
		params[name] = d
		list = append(list, "{"+name+":Date}")
	}
	rows, err := f.reading(ctx, `SELECT w.account, w.day, w.value FROM (SELECT m.*, row_number() OVER (PARTITION BY m.account, m.day ORDER BY m.known DESC, m.batch DESC) AS place
FROM measures m WHERE m.metric = {metric:String} AND m.day IN (`+strings.Join(list, ", ")+`)) w WHERE w.place = 1 AND w.value IS NOT NULL`, time.Time{}, params)
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

// LastMeasured is the last day of which the metric kept a value since first, 0
// for none.
func (f *Facts) LastMeasured(ctx context.Context, metric string, first farol.Day) (farol.Day, error) {
	rows, err := f.reading(ctx, `SELECT max(m.day), count(*) FROM measures m WHERE m.metric = {metric:String} AND m.day >= {first:Date} AND m.value IS NOT NULL`, time.Time{}, map[string]any{"metric": metric, "first": first})
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var last farol.Day
	for rows.Next() {
		var day *time.Time
		var n int64
		if err := rows.Scan(&day, &n); err != nil {
			return 0, err
		}
		if n > 0 && day != nil {
			last = farol.Day(day.Unix() / 86400)
		}
	}
	return last, rows.Err()
}
