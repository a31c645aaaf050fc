package metric

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// Waiting tells whether values per account of a metric are still to be kept,
// of the day or of the last one before it that can have any. What reads them
// by itself (a rule) had better come back later.
func (r *Reader) Waiting(ctx context.Context, name string, day farol.Day) (bool, error) {
	m, err := r.catalogue.Find(name)
	if err != nil || !m.PerAccount {
		return false, err
	}
	p, _, err := r.closing(ctx, m, farol.Daily, r.facts.LastKnown(), r.now())
	if err != nil || p == nil || p.periods[0].From > day {
		return false, err
	}
	stored, err := r.facts.History(ctx, p.measuredQuery())
	if err != nil {
		return false, err
	}
	due := min(day, p.periods[len(p.periods)-1].From)
	return len(stored) == 0 || stored[0].Value == nil || farol.Day(*stored[0].Value) < due, nil
}

// SubscriptionLine is a run of days of one subscription of an account, with
// one end-of-day state.
type SubscriptionLine struct {
	Subscription          string
	Product, Family, Plan string
	// Quantity is nil where it was never said.
	Quantity *float64
	// Amount is the MRR of the line in minor units of Currency, its own.
	Amount   int64
	Currency farol.Currency
	// Status is active, unpaid, paused, lapsed or cancelled. One that is paused
	// has an amount where the conventions keep it in MRR.
	Status, Reason string
	Metered        bool
	// From is the first day, To the first after; 0 while it lasts.
	From, To farol.Day
}

const linesText = `SELECT m.subscription AS subscription, m.product AS product, m.family AS family, m.plan AS plan, m.quantity AS quantity, i64(m.local) AS amount, m.currency AS currency,
  m.status AS status, m.reason AS reason, i64(m.metered) AS metered, m.from_day AS from_day, m.to_day AS to_day
FROM {{mrr}} AS m WHERE m.account = {row_account:String} AND m.from_day <= {row_day:Date} ORDER BY m.from_day DESC, m.subscription, m.metered LIMIT 500`

// Lines lists what an account subscribed to up to a day, the latest first, as
// known at an instant (zero: now).
func (r *Reader) Lines(ctx context.Context, account farol.AccountID, asOf farol.Day, known time.Time) ([]SubscriptionLine, error) {
	params := r.settings().params()
	delete(params, "currency") // amounts stay in their own
	params["row_account"], params["row_day"] = string(account), asOf
	lines, err := r.subscriptionLines(ctx, asOf, known, params)
	if err != nil || params["keep_paused"] != true {
		return lines, err
	}
	// What counts on is active by the rules of MRR: without them it is told what
	// is paused.
	type begin struct {
		subscription string
		from         farol.Day
	}
	params["keep_paused"] = false
	plain, err := r.subscriptionLines(ctx, asOf, known, params)
	paused := map[begin]bool{}
	for _, l := range plain {
		if !l.Metered {
			paused[begin{l.Subscription, l.From}] = l.Status == "paused"
		}
	}
	for i, l := range lines {
		if l.Status == "active" && !l.Metered && paused[begin{l.Subscription, l.From}] {
			lines[i].Status = "paused"
		}
	}
	return lines, err
}

func (r *Reader) subscriptionLines(ctx context.Context, asOf farol.Day, known time.Time, params map[string]any) ([]SubscriptionLine, error) {
	var out []SubscriptionLine
	err := r.each(ctx, linesText, facts.Scope{Period: farol.Period{From: asOf, To: asOf + 1}, AsOf: asOf, Known: known}, params, func(rows *sql.Rows) error {
		var l SubscriptionLine
		var from, to time.Time
		var metered int64
		if err := rows.Scan(&l.Subscription, &l.Product, &l.Family, &l.Plan, &l.Quantity, &l.Amount, &l.Currency, &l.Status, &l.Reason, &metered, &from, &to); err != nil {
			return err
		}
		l.Metered, l.From = metered == 1, farol.Date(from.Date())
		if end := farol.Date(to.Date()); end <= asOf {
			l.To = end
		}
		out = append(out, l)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("subscription lines: %w", err)
	}
	return out, nil
}
