package metric

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/farol-cs/farol"
)

// cell is a period (by its first day) and a group.
type cell struct {
	from  farol.Day
	group string
}

// sumText adds unit rows up by period and group.
const sumText = `SELECT u.grp AS sum_group, u.period AS sum_period,
  CAST(sum(u.numerator) AS DOUBLE) AS sum_num, CAST(sum(%s) AS DOUBLE) AS sum_den,
  sum(CAST(u.numerator AS DOUBLE) * CAST(u.numerator AS DOUBLE)) AS sum_squares, i64(count(*)) AS sum_units
FROM (
%s
) AS u
GROUP BY 1, 2`

// changeText adds up by how much the number of units changes on each day:
// one more where a span begins, one less where it ends. A running sum of it
// is the number of units on every day, exact, in one pass over the spans.
const changeText = `SELECT s.span_group AS sum_group, s.span_day AS sum_day, i64(sum(s.change)) AS sum_change
FROM (
  SELECT u.grp AS span_group, CASE WHEN e.ends = 0 THEN u.from_day ELSE u.to_day END AS span_day,
    CASE WHEN e.ends = 0 THEN 1 ELSE -1 END AS change
  FROM (
%s
  ) AS u CROSS JOIN (SELECT 0 AS ends UNION ALL SELECT 1 AS ends) AS e
) AS s
GROUP BY 1, 2
ORDER BY 1, 2`

// figuresText is the query of a series.
func (m *Metric) figuresText() string {
	if m.Aggregation == Rolling {
		return fmt.Sprintf(changeText, m.Query)
	}
	den := "0"
	if slices.Contains(aggregations[m.Aggregation], "denominator") {
		den = "u.denominator"
	}
	return fmt.Sprintf(sumText, den, m.Query)
}

// live adds up the unit rows of periods that follow one another. Cells
// without a unit are absent.
func (r *Reader) live(ctx context.Context, p *plan, periods []farol.Period) (map[cell]sums, error) {
	periods = p.started(periods)
	if len(periods) == 0 {
		return nil, nil
	}
	rows, err := r.facts.Query(ctx, p.metric.figuresText(), p.scope(periods), p.params())
	if err != nil {
		return nil, fmt.Errorf("metric %s: %w", p.metric.Name, err)
	}
	defer rows.Close()
	scan := scanSums
	if p.metric.Aggregation == Rolling {
		scan = p.scanChanges
	}
	out, err := scan(rows, periods)
	if err == nil {
		err = rows.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("metric %s: %w", p.metric.Name, err)
	}
	return out, nil
}

func scanSums(rows *sql.Rows, _ []farol.Period) (map[cell]sums, error) {
	out := map[cell]sums{}
	for rows.Next() {
		var group string
		var period time.Time
		var s sums
		if err := rows.Scan(&group, &period, &s.num, &s.den, &s.squares, &s.units); err != nil {
			return nil, err
		}
		out[cell{farol.Date(period.Date()), group}] = s
	}
	return out, nil
}

// scanChanges runs through the changes of each group and reads the count off
// at the last day of every period.
func (p *plan) scanChanges(rows *sql.Rows, periods []farol.Period) (map[cell]sums, error) {
	out := map[cell]sums{}
	group, count, next := "", int64(0), len(periods)
	until := func(day farol.Day) {
		for ; next < len(periods) && p.last(periods[next]) < day; next++ {
			if count != 0 {
				out[cell{periods[next].From, group}] = sums{num: float64(count), units: count}
			}
		}
	}
	const end = farol.Day(1 << 30)
	for first := true; rows.Next(); first = false {
		var g string
		var day time.Time
		var change int64
		if err := rows.Scan(&g, &day, &change); err != nil {
			return nil, err
		}
		if first || g != group {
			until(end)
			group, count, next = g, 0, 0
		}
		until(farol.Date(day.Date()))
		count += change
	}
	until(end)
	return out, nil
}

// points makes the figures of these periods, with a point for every group in
// every period.
func (p *plan) points(periods []farol.Period, found map[cell]sums) ([]Point, error) {
	groups := []string{""}
	if p.By != "" {
		groups = groupsOf(found)
	}
	if len(groups)*len(periods) > maxCells {
		return nil, farol.InvalidField("by", "%d groups over %d periods are too many: ask for fewer periods", len(groups), len(periods))
	}
	out := make([]Point, 0, len(groups)*len(periods))
	for _, q := range periods {
		for _, g := range groups {
			out = append(out, p.point(q, g, found[cell{q.From, g}]))
		}
	}
	return out, nil
}

func groupsOf(found map[cell]sums) []string {
	seen := map[string]bool{}
	var out []string
	for c := range found {
		if !seen[c.group] {
			seen[c.group] = true
			out = append(out, c.group)
		}
	}
	slices.SortFunc(out, cmp.Compare[string])
	return out
}
