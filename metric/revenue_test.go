package metric

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// revenueHistory is random events of subscriptions in which everything
// happens to few: prices in every form, discounts that end, terms, pauses,
// payments that fail, use, attributes that change, all of it late and again.
func revenueHistory(seed uint64, zone *time.Location, first farol.Day, days, events int) *history {
	h := &history{r: rand.New(rand.NewPCG(seed, 5)), zone: zone, first: first, days: days}
	for range events {
		h.n++
		e := farol.Event{ID: fmt.Sprintf("m%05d", h.n), Source: "s", At: h.moment(), Kind: farol.Track, Account: farol.AccountID(h.account())}
		props := map[string]any{}
		switch k := h.r.IntN(20); {
		case k < 2:
			e.Kind, props["plan"] = farol.Group, pick(h, "basic", "pro", "team")
		case k < 5:
			e.Name = pick(h, "Payment Failed", "Payment Failed", "Payment Succeeded")
			if h.r.IntN(3) > 0 {
				props["subscription"] = string(e.Account) + "-" + pick(h, "x", "y")
			}
		case k < 7:
			e.Name = "Usage Billed"
			props["subscription"], props["amount"], props["currency"] = string(e.Account)+"-"+pick(h, "x", "y"), float64(h.r.IntN(9000))/100, pick(h, "BRL", "USD")
		case k == 7:
			e.Kind, e.Name, e.User = farol.Page, "Home", h.user()
		default:
			h.contract(&e, props)
		}
		raw, err := json.Marshal(props)
		if err != nil {
			panic(err)
		}
		e.Properties, e.Known = raw, e.At.Add(time.Duration(h.r.IntN(60_000))*time.Millisecond)
		if h.r.IntN(6) == 0 {
			e.Known = e.At.Add(time.Duration(h.r.IntN(20*86400)) * time.Second)
		}
		h.sent = append(h.sent, e)
	}
	slices.SortStableFunc(h.sent, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
	return h
}

// contract is an event of a subscription.
func (h *history) contract(e *farol.Event, props map[string]any) {
	e.Name = pick(h, "Subscription Started", "Subscription Started", "Subscription Changed", "Subscription Changed", "Subscription Changed", "Subscription Paused",
		"Subscription Resumed", "Subscription Cancelled")
	props["subscription"] = string(e.Account) + "-" + pick(h, "x", "y")
	perhaps := func(key string, one int, value any) {
		if h.r.IntN(one) == 0 {
			props[key] = value
		}
	}
	later := func(days int) string { return e.At.AddDate(0, 0, h.r.IntN(days)).Format(time.RFC3339) }
	if e.Name == "Subscription Started" || e.Name == "Subscription Changed" && h.r.IntN(2) == 0 {
		props[pick(h, "mrr", "unit_price", "amount")] = float64(h.r.IntN(50000)) / 100
		props["currency"] = pick(h, "BRL", "BRL", "USD", "EUR")
		perhaps("interval", 2, pick(h, "month", "year", "week", "day"))
		perhaps("interval_count", 4, 1+h.r.IntN(3))
		perhaps("discount_amount", 8, float64(h.r.IntN(3000))/100)
		perhaps("starts_at", 8, later(20))
	}
	perhaps("quantity", 2, 1+h.r.IntN(12))
	perhaps("seats", 6, 1+h.r.IntN(12))
	perhaps("discount_percent", 5, h.r.IntN(11)*10)
	perhaps("discount_ends_at", 6, later(30))
	perhaps("product", 3, pick(h, "Core", "Flows"))
	perhaps("family", 8, pick(h, "A", "B"))
	perhaps("plan", 3, pick(h, "basic", "pro"))
	perhaps("escalator", 6, true)
	perhaps("trial", 12, h.r.IntN(2) == 0)
	perhaps("ends_at", 5, later(25))
	perhaps("requested_at", 8, e.At.AddDate(0, 0, -h.r.IntN(5)).Format(time.RFC3339))
	perhaps("effective_at", 5, h.moment().Format(time.RFC3339))
}

// revenueSettings vary what the conventions decide.
func revenueSettings(seed uint64, zone *time.Location, first farol.Day) Settings {
	s := Defaults()
	s.Calendar.Zone, s.Currency = zone, "BRL"
	s.Rates = map[farol.Currency]float64{"USD": 5.37}
	s.DatedRates = []DatedRates{{first + 20, map[farol.Currency]float64{"USD": 5.11}}, {first + 41, map[farol.Currency]float64{"USD": 5.83, "EUR": 6.2}}}
	s.Conventions.PauseDays, s.Conventions.PastDueDays = 12, 9
	if seed%2 == 1 {
		s.Conventions.Metered, s.Conventions.ReturnDays = true, 10
		s.Conventions.ChurnAt, s.Conventions.Discounts = AtRequest, PermanentDiscounts
	}
	return s
}

func revenueWorld(t *testing.T, seed uint64, events int) *world {
	t.Helper()
	zone := mustZone(t, "America/Sao_Paulo")
	first := farol.Date(2018, time.September, 24)
	h := revenueHistory(seed, zone, first, 70, events)
	return worldOf(t, h, revenueSettings(seed, zone, first), 7)
}

// Every metric of revenue equals the reference on histories in which all that
// subscriptions can do happens.
func TestRevenueAgainstReference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for seed := range uint64(2) {
		w := revenueWorld(t, seed, 260)
		refs := map[string]*reference{}
		for j, m := range w.r.catalogue.All() {
			if m.Group != "revenue" || m.Name == "logo_churn_rate" {
				continue
			}
			g := m.Grains[(j+int(seed))%min(2, len(m.Grains))]
			for _, q := range w.requests(m, g, j) {
				if err := w.differ(ctx, m, q, refs); err != nil {
					t.Errorf("seed %d, %s per %s, as of %v, known %v, by %q, filters %v: %v", seed, m.Name, g, q.AsOf, q.Known, q.By, q.Filters, err)
				}
			}
		}
	}
}
