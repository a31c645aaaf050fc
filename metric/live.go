package metric

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

// cell is a period (by its first day) and a group.
type cell struct {
	from  farol.Day
	group string
}

// sumText adds unit rows up by period and group; %[1]s is the denominator and
// %[2]s the sums that only some aggregations need, each with a comma before it.
const sumText = `SELECT u.grp AS sum_group, u.period AS sum_period,
  CAST(sum(u.numerator) AS DOUBLE) AS sum_num, CAST(sum(%[1]s) AS DOUBLE) AS sum_den,
  sum(CAST(u.numerator AS DOUBLE) * CAST(u.numerator AS DOUBLE)) AS sum_squares, i64(count(*)) AS sum_units%[2]s
FROM (
%[3]s
) AS u
GROUP BY 1, 2`

// spellText counts the units by what they took: those of a Quantile.
const spellText = `SELECT u.grp AS sum_group, u.period AS sum_period,
  CAST(u.numerator AS DOUBLE) AS sum_num, CAST(u.denominator AS DOUBLE) AS sum_den, i64(count(*)) AS sum_units
FROM (
%s
) AS u
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4`

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
	switch {
	case m.Aggregation.days():
		return fmt.Sprintf(spanText, longestWindow, m.Query)
	case m.Aggregation == Quantile:
		return fmt.Sprintf(spellText, m.Query)
	}
	den, more := "0", ""
	if m.Aggregation.has("denominator") {
		den = "u.denominator"
	}
	for _, c := range m.Aggregation.moments() {
		more += fmt.Sprintf(",\n  CAST(sum(%s) AS DOUBLE) AS sum_%s", c.text, c.name)
	}
	return fmt.Sprintf(sumText, den, more, m.Query)
}

// moment is a sum that the interval of a ratio is made of.
type moment struct{ name, text string }

// moments lists the sums besides those of numerator, denominator and squares,
// in the order in which scanSums reads them.
func (a Aggregation) moments() []moment {
	of := func(x, y string) moment {
		return moment{x + "_" + y, "CAST(u." + x + " AS DOUBLE) * CAST(u." + y + " AS DOUBLE)"}
	}
	switch a {
	case Ratio:
		return []moment{of("numerator", "denominator"), of("denominator", "denominator")}
	case Product:
		return []moment{
			{"times", "u.times"}, {"per", "u.per"},
			of("numerator", "denominator"), of("denominator", "denominator"),
			of("numerator", "times"), of("numerator", "per"), of("denominator", "times"), of("denominator", "per"),
			of("times", "times"), of("times", "per"), of("per", "per"),
		}
	}
	return nil
}

// live adds up the unit rows of periods that follow one another. Cells
// without a unit are absent.
func (r *Reader) live(ctx context.Context, p *plan, periods []farol.Period) (found map[cell]sums, err error) {
	periods = p.started(periods)
	switch {
	case len(periods) == 0:
		return nil, nil
	case p.metric.Aggregation == Quantile:
		err = r.query(ctx, p, periods, func(rows *sql.Rows) error {
			found, err = scanSpells(rows)
			return err
		})
	case p.metric.twin && p.By == "" && !p.metric.Aggregation.days():
		found, err = r.twinSums(ctx, p, periods)
	case !p.metric.Aggregation.days():
		err = r.query(ctx, p, periods, func(rows *sql.Rows) error {
			found, err = scanSums(rows, p.metric.Aggregation)
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

// twinSums answers the sums without a breakdown. Metrics that ask the same query
// over the same periods share one answer.
func (r *Reader) twinSums(ctx context.Context, p *plan, periods []farol.Period) (map[cell]sums, error) {
	scope := p.scope(periods)
	scope.Criterion = nil // a pointer; it is made of the settings, which are in the mark
	key := fmt.Sprintf("%s|%#v|%d|%s", p.metric.figuresText(), scope, p.through, p.mark())
	got, err := r.twins.get(ctx, key, ask{known: p.Known, maxAge: p.MaxAge}, r.clocks(), func(ctx context.Context) (answer[map[cell]sums], error) {
		out := answer[map[cell]sums]{known: r.facts.LastKnown()}
		err := r.query(ctx, p, periods, func(rows *sql.Rows) (err error) {
			out.value, err = scanSums(rows, p.metric.Aggregation)
			return err
		})
		out.weight = len(out.value)
		return out, err
	})
	p.sees(got.known)
	return got.value, err
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

func scanSums(rows *sql.Rows, a Aggregation) (map[cell]sums, error) {
	out := map[cell]sums{}
	for rows.Next() {
		var group string
		var period time.Time
		var s sums
		into := []any{&group, &period, &s.num, &s.den, &s.squares, &s.units}
		if err := rows.Scan(append(into, s.moments(a)...)...); err != nil {
			return nil, err
		}
		out[cell{farol.Date(period.Date()), group}] = s
	}
	return out, nil
}

// moments are where the aggregation's further sums go, in the order of
// Aggregation.moments.
func (s *sums) moments(a Aggregation) []any {
	x := &s.cross
	switch a {
	case Ratio:
		return []any{&x[0][1], &x[1][1]}
	case Product:
		return []any{&s.times, &s.per, &x[0][1], &x[1][1], &x[0][2], &x[0][3], &x[1][2], &x[1][3], &x[2][2], &x[2][3], &x[3][3]}
	}
	return nil
}

// scanSpells reads how many units took how long.
func scanSpells(rows *sql.Rows) (map[cell]sums, error) {
	out := map[cell]sums{}
	for rows.Next() {
		var group string
		var period time.Time
		var took, got float64
		var n int64
		if err := rows.Scan(&group, &period, &took, &got, &n); err != nil {
			return nil, err
		}
		c := cell{farol.Date(period.Date()), group}
		s := out[c]
		s.num += got * float64(n)
		s.units += n
		s.spells = append(s.spells, stats.Spell{Exit: took, Cause: int(got), N: float64(n)})
		out[c] = s
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
