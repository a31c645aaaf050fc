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

// Marks lists what was said under a trait, the newest first. limit 0 is 100.
func (f *Facts) Marks(ctx context.Context, trait string, account farol.AccountID, limit int) ([]MarkChange, error) {
	s := sight.Of(ctx)
	if account != "" {
		if err := s.Check(account); err != nil {
			return nil, err
		}
	}
	only, params := "", map[string]any{"trait": trait, "account": string(account), "limit": int64(pageSize(limit, 10_000))}
	if s.Limited() {
		only, params["accounts"] = " AND name IN (SELECT unnest({accounts:Array(String)}))", s.Accounts()
	}
	rows, err := f.reading(ctx, `SELECT name, value, ts, known, day FROM changes WHERE subject = 'account' AND trait = {trait:String}
AND ({account:String} = '' OR name = {account:String})`+only+` ORDER BY ts DESC, known DESC, id DESC LIMIT {limit:Int64}`, time.Time{}, params)
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
