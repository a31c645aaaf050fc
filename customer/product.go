package customer

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// Product is what an account has by a subscription.
type Product struct {
	// Name of the product, else of the plan, else the subscription's id.
	Name, Plan, Subscription string
	// Status is active, paused or cancelled.
	Status string
	// Since is when it began, as far as known.
	Since time.Time
}

// Products lists what the account has or had, by name, those it has first, as
// of a day (0: now) and as known at an instant (zero: now). What an event
// leaves out stays as it was.
func Products(ctx context.Context, f *facts.Facts, account farol.AccountID, asOf farol.Day, known time.Time) ([]Product, error) {
	moments, err := f.Moments(ctx, facts.MomentFilter{Account: account, Kinds: []string{facts.SubscriptionMoment}, AsOf: asOf, Known: known, Limit: 1000})
	if err != nil {
		return nil, err
	}
	return ProductsOf(moments), nil
}

// ProductsOf is Products from all that happened to the account's subscriptions,
// the newest first.
func ProductsOf(moments []facts.Moment) []Product {
	by := map[string]*Product{}
	for _, m := range moments {
		id := m.Fields["subscription"]
		p := by[id]
		if p == nil {
			p = &Product{Subscription: id, Status: m.Fields["status"]}
			by[id] = p
		}
		if p.Name == "" {
			p.Name = m.Fields["product"]
		}
		if p.Plan == "" {
			p.Plan = m.Fields["plan"]
		}
		p.Since = m.At
	}
	out := make([]Product, 0, len(by))
	for _, p := range by {
		if p.Name == "" {
			p.Name = p.Plan
		}
		if p.Name == "" {
			p.Name = p.Subscription
		}
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Product) int {
		if x, y := a.Status == "cancelled", b.Status == "cancelled"; x != y {
			if x {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Name+a.Subscription, b.Name+b.Subscription)
	})
	return out
}

// Tickets counts the tickets opened in the period by account, of those given, as
// known at an instant (zero: now).
func Tickets(ctx context.Context, f *facts.Facts, accounts []string, p farol.Period, known time.Time) (map[farol.AccountID]int64, error) {
	out := map[farol.AccountID]int64{}
	rows, err := f.Query(ctx, "SELECT t.account AS account, i64(count(DISTINCT t.ticket)) AS n FROM {{tickets}} AS t WHERE t.action = 'opened' AND t.day >= {from:Date} AND t.day < {to:Date} GROUP BY t.account",
		facts.Scope{Period: p, Known: known, Filters: []facts.Filter{{Attribute: "account", Values: accounts}}}, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id farol.AccountID
		var n int64
		if err := rows.Scan(&id, &n); err != nil {
			return nil, err
		}
		out[id] = n
	}
	return out, rows.Err()
}
