package metric

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/farol-cs/farol"
)

// Row is a unit behind a point: the numerators of all rows add up to the
// point's, and so do the denominators where the row has one. Of a Quantile
// the numerator is the unit's time and the denominator tells whether it got
// there: the point is the curve of all of them.
type Row struct {
	// Unit is the person or account.
	Unit string
	// Account of the unit, "" when it has none. A person of several accounts
	// shows one of them.
	Account   string
	Numerator float64
	// Denominator is nil for counts and sums.
	Denominator *float64
	// Times and Per are nil but for a Product.
	Times, Per *float64
	Group      string
	// raw is the numerator as the query answered it, exact, for the cursor.
	raw float64
}

// rowsText lists the unit rows of one period, the largest first; spanRowsText
// those of a query that answers active days.
const rowsText = `SELECT r.row_unit, r.row_account, r.row_num, r.row_den, r.row_times, r.row_per
FROM (
  SELECT u.unit AS row_unit, u.account AS row_account, CAST(u.numerator AS DOUBLE) AS row_num, CAST(%s AS DOUBLE) AS row_den,
    CAST(%s AS DOUBLE) AS row_times, CAST(%s AS DOUBLE) AS row_per
  FROM (
%s
  ) AS u
  WHERE u.grp = {row_group:String}
) AS r%s
ORDER BY r.row_num DESC, r.row_unit
LIMIT {row_limit:Int64}`

const spanRowsText = `SELECT r.row_unit, r.row_account, r.row_num, r.row_den, r.row_den AS row_times, r.row_den AS row_per
FROM (
  SELECT u.unit AS row_unit, min(u.account) AS row_account, CAST(%s AS DOUBLE) AS row_num, CAST(0 AS DOUBLE) AS row_den
  FROM (
%s
  ) AS u
  WHERE u.grp = {row_group:String} AND u.from_day >= {row_from:Date} AND u.from_day <= {row_last:Date}
  GROUP BY u.unit
) AS r%s
ORDER BY r.row_num DESC, r.row_unit
LIMIT {row_limit:Int64}`

// cursor is where a page of rows ended.
type cursor struct {
	Numerator float64
	Unit      string
}

// MaxRows is the longest page of rows.
const MaxRows = 1000

// Rows lists the units behind one point: those of the group in the period of
// q.Grain that begins at period.From. next is the cursor of the following
// page, "" at the end. limit 0 is 100.
func (r *Reader) Rows(ctx context.Context, q Request, period farol.Period, group string, limit int, after string) (rows []Row, next string, err error) {
	q.Period = period
	p, err := r.plan(ctx, q)
	if err != nil {
		return nil, "", err
	}
	p.periods = p.periods[:1]
	at, err := readCursor(after)
	if err != nil {
		return nil, "", err
	}
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, MaxRows)
	if len(p.started(p.periods)) == 0 {
		return nil, "", nil
	}
	if _, err := r.cover(ctx, p); err != nil {
		return nil, "", err
	}
	rows, err = r.rows(ctx, p, group, limit+1, at)
	if err != nil {
		return nil, "", fmt.Errorf("rows of %s: %w", p.metric.Name, err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = cursor{last.raw, last.Unit}.String()
	}
	return rows, next, nil
}

func (r *Reader) rows(ctx context.Context, p *plan, group string, limit int, at *cursor) ([]Row, error) {
	text, params := p.rowsQuery(group, limit, at)
	found, err := r.facts.Query(ctx, text, p.scope(p.periods), params)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var out []Row
	days := p.rowDays(p.periods[0])
	for found.Next() {
		row := Row{Group: group}
		var den, times, per float64
		if err := found.Scan(&row.Unit, &row.Account, &row.raw, &den, &times, &per); err != nil {
			return nil, err
		}
		p.fill(&row, den, times, per, days)
		out = append(out, row)
	}
	return out, found.Err()
}

// fill puts the parts of a row in, amounts in major units.
func (p *plan) fill(row *Row, den, times, per, days float64) {
	m, by := p.metric, p.minor()
	row.Numerator = row.raw
	if m.Amounts != NoAmounts || m.Unit == Money && m.Aggregation == Quantile {
		row.Numerator /= by
	}
	switch {
	case m.Aggregation == ShareOfDays:
		row.Denominator = &days
	case m.Aggregation.ones():
		one := 1.0
		row.Denominator = &one
	case m.Aggregation.has("denominator"):
		if m.Amounts == BothAmounts {
			den /= by
		}
		row.Denominator = &den
	}
	if m.Aggregation == Product {
		row.Times, row.Per = &times, &per
	}
}

// rowDays is the days of the period that have passed and have data.
func (p *plan) rowDays(q farol.Period) float64 {
	start, ok := p.start(q)
	if !ok {
		start = q.From
	}
	return float64(p.last(q) - start + 1)
}

// rowsQuery is the text and the parameters of a page of rows.
func (p *plan) rowsQuery(group string, limit int, at *cursor) (string, map[string]any) {
	params := p.params()
	params["row_group"], params["row_limit"] = group, int64(limit)
	where := ""
	if at != nil {
		where = "\nWHERE r.row_num < {after_num:Float64} OR (r.row_num = {after_num:Float64} AND r.row_unit > {after_unit:String})"
		params["after_num"], params["after_unit"] = at.Numerator, at.Unit
	}
	if p.metric.Aggregation.days() {
		w := p.window(p.periods[0])
		params["row_from"], params["row_last"] = w.From, w.Last()
		return fmt.Sprintf(spanRowsText, p.metric.Aggregation.ofDays(), p.metric.Query, where), params
	}
	column := func(name string) string {
		if p.metric.Aggregation.has(name) {
			return "u." + name
		}
		return "0"
	}
	return fmt.Sprintf(rowsText, column("denominator"), column("times"), column("per"), p.metric.Query, where), params
}

func (c cursor) String() string {
	b, err := json.Marshal([]string{strconv.FormatFloat(c.Numerator, 'g', -1, 64), c.Unit})
	if err != nil {
		panic(err) // two texts always marshal
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor(s string) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	var parts [2]string
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &parts)
	}
	c := &cursor{Unit: parts[1]}
	if err == nil {
		c.Numerator, err = strconv.ParseFloat(parts[0], 64)
	}
	if err != nil {
		return nil, farol.InvalidField("after", "is not a cursor of these rows")
	}
	return c, nil
}
