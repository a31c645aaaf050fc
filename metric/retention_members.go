package metric

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Member is a unit of a cohort and whether a cell retained it: the Retained of
// all members add up to the cell's, and so do their Of.
type Member struct {
	// Unit is the person or account, Account the one it started in, "" for none.
	Unit, Account string
	// Started is the local day of its start.
	Started farol.Day
	// Retained is 1 for who returned, or the money that was kept; Of is 1, or
	// the money paid at first.
	Retained, Of float64
}

// membersText lists one cohort, who returned first.
const membersText = `%s
SELECT z.unit, z.account, z.started, z.kept, z.worth FROM (
%s
) AS z WHERE {after:Bool} OR z.kept < {after_kept:Float64} OR (z.kept = {after_kept:Float64} AND z.unit > {after_unit:String})
ORDER BY z.kept DESC, z.unit
LIMIT {member_limit:Int64}`

// RetentionMembers lists the units of the cohort that holds the day and of
// the group ("" without a breakdown), as column sees them: a page of limit (0
// is 100) after the cursor. next is "" at the end. Errors are Invalid, naming
// the field.
func (r *Reader) RetentionMembers(ctx context.Context, q RetentionRequest, cohort farol.Day, group string, column int, limit int, after string) (members []Member, next string, err error) {
	q.fillIn()
	if err := q.check(); err != nil {
		return nil, "", err
	}
	if column < 0 || column > maxSteps {
		return nil, "", farol.InvalidField("column", "must be between 0 and %d", maxSteps)
	}
	if q.Kind != ReturnBrackets && column > q.Steps {
		q.Steps = column
	}
	settings := r.settings()
	if settings.Calendar.Zone == nil {
		settings.Calendar.Zone = time.UTC
	}
	q.Period = settings.Calendar.PeriodAt(q.Cohorts, cohort)
	q.Steps = max(q.Steps, 1)
	p, err := r.retentionPlan(ctx, q)
	if err != nil {
		return nil, "", err
	}
	if column < 0 || column >= len(p.columns) {
		return nil, "", farol.InvalidField("column", "must be between 0 and %d", len(p.columns)-1)
	}
	at, err := readCursor(after)
	if err != nil {
		return nil, "", err
	}
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, MaxRows)
	if len(p.starts) == 0 {
		return nil, "", nil
	}
	if err := r.coverRetention(ctx, p); err != nil {
		return nil, "", err
	}
	// Only the long way knows who the units are.
	p.born = true
	raw, err := r.members(ctx, p, group, column, limit+1, at)
	if err != nil {
		return nil, "", fmt.Errorf("members of a cohort of %s: %w", p.q.Unit, err)
	}
	if len(raw) > limit {
		raw = raw[:limit]
		last := raw[limit-1]
		next = cursor{last.Retained, last.Unit}.String()
	}
	for i := range raw {
		raw[i].Retained /= p.amount()
		raw[i].Of /= p.amount()
	}
	return raw, next, nil
}

func (r *Reader) members(ctx context.Context, p *retention, group string, column, limit int, at *cursor) ([]Member, error) {
	params := p.params()
	params["cohort_group"], params["member_limit"] = group, int64(limit)
	params["after"], params["after_kept"], params["after_unit"] = at == nil, 0.0, ""
	if at != nil {
		params["after_kept"], params["after_unit"] = at.Numerator, at.Unit
	}
	with, of := p.memberTexts(column)
	rows, err := r.facts.Query(ctx, fmt.Sprintf(membersText, with, of), p.scope(), params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Member
	for rows.Next() {
		var m Member
		var day time.Time
		if err := rows.Scan(&m.Unit, &m.Account, &day, &m.Retained, &m.Of); err != nil {
			return nil, err
		}
		m.Started = farol.Date(day.Date())
		out = append(out, m)
	}
	return out, rows.Err()
}

// memberTexts are the WITH and the list of all members with what the column
// says of them.
func (p *retention) memberTexts(column int) (with, of string) {
	if p.q.Unit.paying() {
		return p.payers(), p.payingMembers(p.columns[column].From)
	}
	return p.units(), fmt.Sprintf(`SELECT u.unit AS unit, u.account AS account, u.day AS started, f64(%s) AS kept, f64(1) AS worth
FROM units AS u WHERE u.of_group = {cohort_group:String}`, p.returned(column))
}

// returned is 1 for the units that the column retained.
func (p *retention) returned(column int) string {
	c := p.columns[column]
	switch {
	case c.From == 0:
		return "1"
	case p.q.Kind == ReturnOrAfter && p.byColumn():
		return fmt.Sprintf("CASE WHEN u.last_idx >= %d THEN 1 ELSE 0 END", c.From)
	case p.q.Kind == ReturnOrAfter:
		return fmt.Sprintf("CASE WHEN u.last_idx - u.start_idx >= %d THEN 1 ELSE 0 END", c.From)
	case p.byColumn():
		return bit(column)
	}
	// Which bit it is depends on the interval of the start.
	var b strings.Builder
	b.WriteString("CASE u.start_idx")
	for i := range p.starts {
		if n := i + c.From; n < p.bits() {
			fmt.Fprintf(&b, " WHEN %d THEN %s", i, bit(n))
		}
	}
	b.WriteString(" ELSE 0 END")
	if !strings.Contains(b.String(), "WHEN") {
		return "0"
	}
	return b.String()
}

// payingMembers are the accounts of a cohort of payers n intervals on.
func (p *retention) payingMembers(n int) string {
	kept, worth := "coalesce(f64(l.mrr), 0)", "f64(s.first_mrr)"
	now := "f64(s.first_mrr)"
	if p.q.Unit == RetainCustomers {
		kept, worth, now = "CASE WHEN l.account IS NULL THEN f64(0) ELSE f64(1) END", "f64(1)", "f64(1)"
	}
	if n == 0 {
		return fmt.Sprintf(`SELECT s.account AS unit, s.account AS account, s.day AS started, %s AS kept, %s AS worth
FROM starts AS s WHERE s.of_group = {cohort_group:String}`, now, worth)
	}
	return fmt.Sprintf(`SELECT s.account AS unit, s.account AS account, s.day AS started, %s AS kept, %s AS worth
FROM starts AS s LEFT JOIN (SELECT toNullable(x.account) AS account, x.idx AS idx, x.mrr AS mrr FROM later AS x) AS l ON l.account = s.account AND l.idx = s.start_idx + %d
WHERE s.of_group = {cohort_group:String}`, kept, worth, n)
}
