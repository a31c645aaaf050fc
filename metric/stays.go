package metric

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
)

// staysMetric is the metric whose settings and clocks the reports on
// customers' stays share.
const staysMetric = "churned_accounts"

// stay is an unbroken run of days as a customer; left and next are 0 for none.
type stay struct {
	account, group          string
	n                       int64
	since, from, left, next farol.Day
	// first and last are MRR in minor units, of its first day and of its last
	// with any.
	first, last int64
	reason      string
	// payment tells that it ended because payments failed.
	payment bool
}

// The query of stays, with attributes of the first or the last day.
const staysText = `SELECT s.account AS stay_account, s.grp AS stay_group, s.n AS stay_n, s.since_day AS stay_since, s.from_day AS stay_from, s.to_day AS stay_to,
  s.next_day AS stay_next, s.mrr_first AS stay_first, s.mrr_last AS stay_last, s.reason AS stay_reason, coalesce(s.voluntary, 1) AS stay_voluntary
FROM {{stays "%s"}} AS s
ORDER BY stay_account, stay_n`

// stays reads every stay that the request may know, at "began" or "left"
// saying of which day the attributes are.
func (r *Reader) stays(ctx context.Context, p *plan, at string) ([]stay, error) {
	rows, err := r.facts.Query(ctx, fmt.Sprintf(staysText, at), p.scope(p.periods[:1]), p.params())
	if err != nil {
		return nil, fmt.Errorf("stays of customers: %w", err)
	}
	defer rows.Close()
	var out []stay
	for rows.Next() {
		var s stay
		var since, from, to time.Time
		var next sql.NullTime
		var voluntary int64
		if err := rows.Scan(&s.account, &s.group, &s.n, &since, &from, &to, &next, &s.first, &s.last, &s.reason, &voluntary); err != nil {
			return nil, err
		}
		s.since, s.from, s.payment = dayAt(since), dayAt(from), voluntary == 0
		if d := dayAt(to); d <= p.asOf {
			s.left = d
		}
		if next.Valid {
			s.next = dayAt(next.Time)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func dayAt(t time.Time) farol.Day { return farol.Date(t.Date()) }

// kept answers a report from the cache, or computes it: as old as the request
// allows, exact otherwise.
func kept[V any](ctx context.Context, r *Reader, p *plan, what string, compute func(context.Context) (V, error)) (V, error) {
	got, err := r.stayed.get(ctx, what+"|"+p.key(), ask{p.Known, p.MaxAge, true}, r.clocks(), func(ctx context.Context) (answer[any], error) {
		known := r.facts.LastKnown()
		v, err := compute(ctx)
		return answer[any]{v, known, 1}, err
	})
	if err != nil {
		var none V
		return none, err
	}
	return got.value.(V), nil
}
