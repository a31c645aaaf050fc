package facts

import (
	"context"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// MarkQuery chooses marks.
type MarkQuery struct {
	// Trait is one trait; or, when it ends in a dot, all that begin with it.
	Trait string
	// Account and Value keep those of one account, of one value; "" is all.
	Account farol.AccountID
	Value   string
	// From and To bound when they began, half-open; zero is open.
	From, To time.Time
	// Known keeps what was learned up to the instant; zero is all.
	Known time.Time
	// Limit of marks; 0 is 100, at most 10,000.
	Limit int
	// After is the cursor that the page before gave, or "".
	After string
}

// MarkLog lists marks, the newest first; next is the cursor of the following
// page, "" at the end.
func (f *Facts) MarkLog(ctx context.Context, q MarkQuery) (out []MarkChange, next string, err error) {
	limit := pageSize(q.Limit, 10_000)
	cond, params := "c.trait = {trait:String}", map[string]any{"trait": q.Trait, "limit": int64(limit + 1)}
	if strings.HasSuffix(q.Trait, ".") {
		cond = "startsWith(c.trait, {trait:String})"
	}
	add := func(text, name string, v any) { cond, params[name] = cond+" AND "+text, v }
	if q.Account != "" {
		add("c.name = {account:String}", "account", string(q.Account))
	}
	if q.Value != "" {
		add("c.value = {value:String}", "value", q.Value)
	}
	if !q.From.IsZero() {
		add("c.ts >= {since:DateTime64(3)}", "since", q.From)
	}
	if !q.To.IsZero() {
		add("c.ts < {until:DateTime64(3)}", "until", q.To)
	}
	if !q.Known.IsZero() {
		add("c.known <= {seen:DateTime64(3)}", "seen", q.Known)
	}
	if q.After != "" {
		at, err := parseCursor(q.After)
		if err != nil {
			return nil, "", err
		}
		add("(c.ts < {at:DateTime64(3)} OR c.ts = {at:DateTime64(3)} AND c.id < {at_id:String})", "at", time.UnixMilli(at.place).UTC())
		params["at_id"] = at.id
	}
	if s := sight.Of(ctx); s.Limited() {
		add("c.name IN (SELECT unnest({seen_accounts:Array(String)}))", "seen_accounts", s.Accounts())
	}
	rows, err := f.reading(ctx, "SELECT c.name, c.trait, c.value, c.ts, c.known, c.day, c.id FROM (SELECT * FROM changes) c WHERE c.subject = 'account' AND c.type = '"+markType+"' AND "+cond+
		" ORDER BY c.ts DESC, c.id DESC LIMIT {limit:Int64}", q.Known, params)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var x MarkChange
		var day time.Time
		var id string
		if err := rows.Scan(&x.Account, &x.Trait, &x.Value, &x.At, &x.Known, &day, &id); err != nil {
			return nil, "", err
		}
		x.At, x.Known, x.Day = x.At.UTC(), x.Known.UTC(), farol.Day(day.Unix()/86400)
		out, ids = append(out, x), append(ids, id)
	}
	if len(out) > limit {
		out = out[:limit]
		next = cursor{place: out[limit-1].At.UnixMilli(), id: ids[limit-1]}.String()
	}
	return out, next, rows.Err()
}

// MarkCount is how many accounts were given a value at one instant.
type MarkCount struct {
	Trait, Value string
	At           time.Time
	Day          farol.Day
	Accounts     int64
}

// MarkCounts counts the marks of the query's trait, From and To and Known, by
// trait, value and instant, in the order of time.
func (f *Facts) MarkCounts(ctx context.Context, q MarkQuery) (out []MarkCount, err error) {
	cond, params := "trait = {trait:String}", map[string]any{"trait": q.Trait, "since": q.From}
	if strings.HasSuffix(q.Trait, ".") {
		cond = "startsWith(trait, {trait:String})"
	}
	if !q.To.IsZero() {
		cond, params["until"] = cond+" AND ts < {until:DateTime64(3)}", q.To
	}
	if !q.Known.IsZero() {
		cond, params["seen"] = cond+" AND known <= {seen:DateTime64(3)}", q.Known
	}
	if s := sight.Of(ctx); s.Limited() {
		cond += " AND name IN (SELECT unnest({seen_accounts:Array(String)}))"
		params["seen_accounts"] = s.Accounts()
	}
	rows, err := f.reading(ctx, "SELECT trait, value, ts, day, i64(count(*)) AS n FROM changes WHERE subject = 'account' AND type = '"+markType+"' AND "+cond+
		" AND ts >= {since:DateTime64(3)} GROUP BY trait, value, ts, day ORDER BY ts, trait, value", q.Known, params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var x MarkCount
		var day time.Time
		if err := rows.Scan(&x.Trait, &x.Value, &x.At, &day, &x.Accounts); err != nil {
			return nil, err
		}
		x.At, x.Day = x.At.UTC(), farol.Day(day.Unix()/86400)
		out = append(out, x)
	}
	return out, rows.Err()
}
