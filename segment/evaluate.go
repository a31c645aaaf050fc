package segment

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// Accounts lists the accounts that the rule holds for, by id; limit 0 is all.
// Errors are Invalid when the rule is wrong.
func Accounts(ctx context.Context, f *facts.Facts, r Rule, e Env, limit int) ([]farol.AccountID, error) {
	q, err := compile(r, e)
	if err != nil {
		return nil, err
	}
	of := sight.Of(ctx)
	text := "SELECT a.account AS account " + q.text + " ORDER BY a.account"
	if limit > 0 && !of.Limited() {
		text += " LIMIT {seg_limit:Int64}"
		q.params["seg_limit"] = int64(limit)
	}
	var out []farol.AccountID
	err = q.each(ctx, f, text, func(rows *sql.Rows) error {
		var id farol.AccountID
		err := rows.Scan(&id)
		if of.Account(id) && (limit == 0 || len(out) < limit) {
			out = append(out, id)
		}
		return err
	})
	return out, err
}

// Count is how many accounts the rule holds for.
func Count(ctx context.Context, f *facts.Facts, r Rule, e Env) (n int64, err error) {
	if sight.Of(ctx).Limited() {
		list, err := Accounts(ctx, f, r, e, 0)
		return int64(len(list)), err
	}
	q, err := compile(r, e)
	if err != nil {
		return 0, err
	}
	err = q.each(ctx, f, "SELECT i64(count(*)) AS n "+q.text, func(rows *sql.Rows) error { return rows.Scan(&n) })
	return n, err
}

// Explain is the SQL that runs.
func Explain(f *facts.Facts, r Rule, e Env) (string, error) {
	q, err := compile(r, e)
	if err != nil {
		return "", err
	}
	return f.Explain("SELECT a.account AS account "+q.text, q.scope, q.params)
}

func (q query) each(ctx context.Context, f *facts.Facts, text string, scan func(*sql.Rows) error) error {
	// Who belongs to a segment is worked out of the whole base; whoever lists
	// it cuts the list to what may be seen.
	rows, err := f.Query(sight.Everything(ctx), text, q.scope, q.params)
	if err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Trait is the attribute under which it is kept who is in the segment: a
// filter "$segment.at-risk=true" keeps its accounts, with whom it held on the
// day of the fact.
func Trait(name string) string { return "$segment." + name }

// In is the value of Trait for an account that is in the segment; Out that of
// one that has left.
const In, Out = "true", "false"

// Moved are the accounts that entered and left.
type Moved struct {
	Entered, Left []farol.AccountID
	// Now is how many are in it.
	Now int
}

// Keep brings the kept membership up to what the rule says at the instant at
// (e.AsOf being its day): who entered and who left is appended as marks, so
// that it stays readable who was in when, and since when that is known.
func Keep(ctx context.Context, f *facts.Facts, name string, r Rule, e Env, at time.Time) (Moved, error) {
	now, err := Accounts(ctx, f, r, e, 0)
	if err != nil {
		return Moved{}, err
	}
	before, err := Members(ctx, f, name, e)
	if err != nil {
		return Moved{}, err
	}
	was := make(map[farol.AccountID]bool, len(before))
	for _, a := range before {
		was[a] = true
	}
	m := Moved{Now: len(now)}
	var marks []facts.Mark
	for _, a := range now {
		if !was[a] {
			m.Entered = append(m.Entered, a)
			marks = append(marks, facts.Mark{Account: a, Trait: Trait(name), Value: In})
		}
		delete(was, a)
	}
	for _, a := range before {
		if was[a] {
			m.Left = append(m.Left, a)
			marks = append(marks, facts.Mark{Account: a, Trait: Trait(name), Value: Out})
		}
	}
	return m, f.SaveMarks(ctx, at, marks)
}

// Members lists who was in the segment at e's day, as kept.
func Members(ctx context.Context, f *facts.Facts, name string, e Env) ([]farol.AccountID, error) {
	return Accounts(ctx, f, Rule{Attribute: &Attribute{Name: Trait(name), Op: Is, Values: []string{In}}}, e, 0)
}
