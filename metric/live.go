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

// spanText counts the active days by day and by how long it is until the
// unit's next one. This small table answers every window up to
// longestWindow, exactly and from one pass over the days of everybody.
const spanText = `SELECT u.grp AS sum_group, u.from_day AS sum_day,
  i64(least(coalesce(u.to_day - u.from_day, %[1]d), %[1]d)) AS sum_gap, i64(count(*)) AS sum_units
FROM (
%[2]s
) AS u
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3`

// longestWindow is that of a calendar month.
const longestWindow = 31

// figuresText is the query of a series.
func (m *Metric) figuresText() string {
	if m.Aggregation.days() {
		return fmt.Sprintf(spanText, longestWindow, m.Query)
	}
	den := "0"
	if slices.Contains(aggregations[m.Aggregation], "denominator") {
		den = "u.denominator"
	}
	return fmt.Sprintf(sumText, den, m.Query)
}

// live adds up the unit rows of periods that follow one another. Cells
// without a unit are absent.
func (r *Reader) live(ctx context.Context, p *plan, periods []farol.Period) (found map[cell]sums, err error) {
	periods = p.started(periods)
	switch {
	case len(periods) == 0:
		return nil, nil
	case !p.metric.Aggregation.days():
		err = r.query(ctx, p, periods, func(rows *sql.Rows) error {
			found, err = scanSums(rows)
			return err
		})
	case p.By == "":
		var s *spans
		if s, err = r.spansOf(ctx, p, periods); err == nil {
			found = map[cell]sums{}
			s.figures(p, periods, "", found)
		}
	default:
		found = map[cell]sums{}
		err = r.query(ctx, p, periods, func(rows *sql.Rows) error {
			return scanSpans(rows, p.spans(periods), func(group string, s *spans) { s.figures(p, periods, group, found) })
		})
	}
	if err != nil {
		return nil, fmt.Errorf("metric %s: %w", p.metric.Name, err)
	}
	return found, nil
}

// query runs the metric's series query.
func (r *Reader) query(ctx context.Context, p *plan, periods []farol.Period, scan func(*sql.Rows) error) error {
	rows, err := r.facts.Query(ctx, p.metric.figuresText(), p.scope(periods), p.params())
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := scan(rows); err != nil {
		return err
	}
	return rows.Err()
}

func scanSums(rows *sql.Rows) (map[cell]sums, error) {
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
