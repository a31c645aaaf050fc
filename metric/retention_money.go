package metric

import (
	"database/sql"
	"fmt"
)

// payers is the text up to and including WITH ... starts and later: the
// accounts by their first payment, with what they paid that day, and the
// customers at the end of each interval. Filters look at the account as it was
// on the day of the first payment.
func (p *retention) payers() string {
	return fmt.Sprintf(`WITH paid AS (SELECT m.account AS account, m.from_day AS from_day, m.to_day AS to_day, m.mrr AS mrr FROM {{mrr "unfiltered"}} AS m WHERE m.mrr > 0),
firsts AS (SELECT f.account AS account, min(f.from_day) AS first_day FROM paid AS f GROUP BY f.account),
begun AS (
  SELECT f.account AS account, f.first_day AS day, i64(sum(q.mrr)) AS first_mrr FROM firsts AS f
  JOIN paid AS q ON q.account = f.account WHERE q.from_day <= f.first_day AND q.to_day > f.first_day GROUP BY f.account, f.first_day
),
starts AS (
  SELECT b.grp AS of_group, b.account AS account, b.day AS day, b.first_mrr AS first_mrr, %s - {base:Int64} AS start_idx
  FROM {{valued "begun" "account" "day" "first_mrr"}} AS b WHERE b.day >= {first:Date} AND b.day < {end:Date}
),
later AS (
  SELECT e.account AS account, e.mrr AS mrr, %s - {base:Int64} AS idx FROM {{customersAt "end" "unfiltered"}} AS e
)`, p.indexText("b.day"), p.indexText("e.period"))
}

// payingText answers the starts (idx -1) and what was kept of them in each
// later interval.
func (p *retention) payingText() string {
	return p.payers() + `
SELECT s.of_group AS of_group, s.start_idx AS start_of, i64(-1) AS at_idx, i64(count(*)) AS n, f64(sum(s.first_mrr)) AS num,
  sum(f64(s.first_mrr) * f64(s.first_mrr)) AS squares, f64(0) AS crossed
FROM starts AS s GROUP BY s.of_group, s.start_idx
UNION ALL
SELECT s.of_group AS of_group, s.start_idx AS start_of, i64(l.idx) AS at_idx, i64(count(*)) AS n, f64(sum(l.mrr)) AS num,
  sum(f64(l.mrr) * f64(l.mrr)) AS squares, sum(f64(l.mrr) * f64(s.first_mrr)) AS crossed
FROM starts AS s JOIN later AS l ON l.account = s.account WHERE l.idx > s.start_idx GROUP BY s.of_group, s.start_idx, l.idx`
}

func (p *retention) scanPaying(rows *sql.Rows, found map[startCell]*startFound) error {
	for rows.Next() {
		var c startCell
		var at, n int64
		var num, squares, cross float64
		if err := rows.Scan(&c.group, &c.start, &at, &n, &num, &squares, &cross); err != nil {
			return err
		}
		if p.q.Unit == RetainCustomers {
			num, squares, cross = float64(n), 0, 0
		}
		f := found[c]
		if f == nil {
			f = &startFound{kept: make([]keptFound, len(p.columns))}
			found[c] = f
		}
		k := 0
		if at < 0 {
			f.size, f.base, f.baseSquares = n, num, squares
			cross = squares
		} else {
			k = int(at) - c.start
		}
		// Columns are the steps from 0 on.
		if k < len(f.kept) {
			f.kept[k] = keptFound{num, squares, cross}
		}
	}
	return nil
}
