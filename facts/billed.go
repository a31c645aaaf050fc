package facts

import (
	"context"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// Billed tells which of the accounts have lines of invoices by the end of a day
// (0: today) and as known at an instant (zero: now). Nobody has any for whoever
// may not see amounts.
func (f *Facts) Billed(ctx context.Context, accounts []farol.AccountID, asOf farol.Day, known time.Time) (map[farol.AccountID]bool, error) {
	out := map[farol.AccountID]bool{}
	if !f.traits.billed.Load() || len(accounts) == 0 || sight.Of(ctx).Hides(sight.Money) {
		return out, nil
	}
	d := &doors{Scope: Scope{AsOf: asOf, Known: known}, params: map[string]any{"accounts": texts(accounts)}, traits: &f.traits}
	if asOf != 0 {
		d.params["farol_as_of"] = asOf
	}
	if !known.IsZero() {
		d.params["farol_known"] = known
	}
	const among = "account IN (SELECT unnest({accounts:Array(String)}))"
	own := among
	if f.traits.moved.Load() { // beside their own rows, those that were moved to them
		own = "(" + among + " OR hash IN (SELECT hash FROM moves WHERE " + among + d.knownBy() + "))"
		d.movedOnly = " AND hash IN (SELECT hash FROM invoices WHERE " + own + ")"
	}
	text := "SELECT DISTINCT b.account FROM " + d.typed("invoices", "t.id AS id", own+d.seenBy(), "t.account", "''") + " b WHERE b." + among
	rows, err := f.reading(ctx, text, known, d.params)
	if err != nil {
		return nil, fmt.Errorf("facts: billed: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id farol.AccountID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if sight.Of(ctx).Account(id) {
			out[id] = true
		}
	}
	return out, rows.Err()
}
