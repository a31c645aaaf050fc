package facts

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// Mark is something that Farol itself says of an account, as an attribute
// with two clocks: that it entered a segment, which stage it is in. It filters
// and breaks down like any attribute.
type Mark struct {
	Account farol.AccountID
	// Trait begins with "$", so that no sender's trait is meant.
	Trait string
	Value string
}

// MarkSource is the source under which marks are kept.
const MarkSource farol.SourceID = "farol"

// markType keeps marks out of the list of attributes that senders gave.
const markType = "mark"

// SaveMarks appends marks that hold from the instant at on.
func (f *Facts) SaveMarks(ctx context.Context, at time.Time, marks []Mark) error {
	if len(marks) == 0 {
		return nil
	}
	for _, m := range marks {
		if err := sight.Of(ctx).Check(m.Account); err != nil {
			return err
		}
	}
	at = at.UTC().Truncate(time.Millisecond)
	day := midnight(farol.DayOf(at, f.Zone()))
	_, err := f.send(ctx, &request{ctx: ctx, rows: func(c *commit, known time.Time) {
		for _, m := range marks {
			c.add(changes, known, at, day, uuid.NewString(), string(MarkSource), "account", string(m.Account), m.Trait, markType, m.Value)
		}
	}})
	return err
}

// MarkChange is a mark with when it began and when that was learned.
type MarkChange struct {
	Mark
	At, Known time.Time
	Day       farol.Day
}

// SaidQuery chooses what was said under a trait from a day on.
type SaidQuery struct {
	Trait string
	// From is the first day, AsOf the last (0: now), and Known the instant at
	// which it was known (zero: now).
	From, AsOf farol.Day
	Known      time.Time
	// Only are the accounts that it is said of (nil: any), Without those that
	// are left out.
	Only, Without []string
}

func (q SaidQuery) where() (cond string, params map[string]any) {
	cond, params = " AND day >= {from:Date}", map[string]any{"from": q.From}
	if q.AsOf != 0 {
		cond, params["as_of"] = cond+" AND day <= {as_of:Date}", q.AsOf
	}
	if !q.Known.IsZero() {
		cond, params["known"] = cond+" AND known <= {known:DateTime64(3)}", q.Known
	}
	if q.Only != nil {
		cond, params["only"] = cond+" AND name IN (SELECT unnest({only:Array(String)}))", q.Only
	}
	if len(q.Without) > 0 {
		cond, params["without"] = cond+" AND name NOT IN (SELECT unnest({without:Array(String)}))", q.Without
	}
	return cond, params
}

// MarksSince lists them, the newest first.
func (f *Facts) MarksSince(ctx context.Context, q SaidQuery, limit int) ([]MarkChange, error) {
	cond, params := q.where()
	params["limit"] = int64(pageSize(limit, 10_000))
	return f.marks(ctx, q.Trait, cond, q.Known, params)
}

// CountMarks counts them by what was said.
func (f *Facts) CountMarks(ctx context.Context, q SaidQuery) (map[string]int, error) {
	cond, params := q.where()
	params["trait"] = q.Trait
	if s := sight.Of(ctx); s.Limited() {
		cond += " AND name IN (SELECT unnest({accounts:Array(String)}))"
		params["accounts"] = s.Accounts()
	}
	rows, err := f.reading(ctx, `SELECT value, count(*) FROM changes WHERE subject = 'account' AND trait = {trait:String}`+cond+` GROUP BY value`, q.Known, params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var value string
		var n int64
		if err := rows.Scan(&value, &n); err != nil {
			return nil, err
		}
		out[value] = int(n)
	}
	return out, rows.Err()
}

// Marks lists what was said under a trait, the newest first. limit 0 is 100.
func (f *Facts) Marks(ctx context.Context, trait string, account farol.AccountID, limit int) ([]MarkChange, error) {
	if account != "" {
		account = f.Joined(account, time.Time{})
		if err := sight.Of(ctx).Check(account); err != nil {
			return nil, err
		}
	}
	return f.marks(ctx, trait, " AND ({account:String} = '' OR name = {account:String})", time.Time{}, map[string]any{"account": string(account), "limit": int64(pageSize(limit, 10_000))})
}

// marks lists those of a trait that the condition holds for and that the
// context's reader may see.
func (f *Facts) marks(ctx context.Context, trait, cond string, known time.Time, params map[string]any) ([]MarkChange, error) {
	params["trait"] = trait
	if s := sight.Of(ctx); s.Limited() {
		cond += " AND name IN (SELECT unnest({accounts:Array(String)}))"
		params["accounts"] = s.Accounts()
	}
	rows, err := f.reading(ctx, `SELECT name, value, ts, known, day FROM changes WHERE subject = 'account' AND trait = {trait:String}`+cond+
		` ORDER BY ts DESC, known DESC, id DESC LIMIT {limit:Int64}`, known, params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []MarkChange
	for rows.Next() {
		x := MarkChange{Mark: Mark{Trait: trait}}
		var day time.Time
		if err := rows.Scan(&x.Account, &x.Value, &x.At, &x.Known, &day); err != nil {
			return nil, err
		}
		x.At, x.Known, x.Day = x.At.UTC(), x.Known.UTC(), farol.Day(day.Unix()/86400)
		out = append(out, x)
	}
	return out, rows.Err()
}
