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

// rampHistory is a revenue history with ramped deals among it: terms whose
// later prices are signed with them, after them, or late.
func rampHistory(seed uint64, zone *time.Location, first farol.Day, days, events int) *history {
	h := revenueHistory(seed, zone, first, days, events)
	h.r = rand.New(rand.NewPCG(seed, 43))
	send := func(account string, at time.Time, name string, props map[string]any) {
		h.n++
		e := farol.Event{ID: fmt.Sprintf("m%05d", h.n), Source: "s", At: at, Kind: farol.Track, Name: name, Account: farol.AccountID(account)}
		e.Properties, _ = json.Marshal(props)
		e.Known = at.Add(time.Duration(h.r.IntN(60_000)) * time.Millisecond)
		if h.r.IntN(5) == 0 {
			e.Known = at.Add(time.Duration(h.r.IntN(20*86400)) * time.Second)
		}
		h.sent = append(h.sent, e)
	}
	for range events / 8 {
		account, at := h.account(), h.moment()
		sub := account + "-" + pick(h, "x", "y", "r")
		form := pick(h, "mrr", "mrr", "unit_price", "amount")
		length := 10 + h.r.IntN(80)
		send(account, at, "Subscription Started", map[string]any{"subscription": sub, form: float64(h.r.IntN(30000)) / 100, "currency": pick(h, "BRL", "BRL", "USD"), "quantity": 1 + h.r.IntN(4), "ends_at": at.AddDate(0, 0, length).Format(time.RFC3339)})
		for range 1 + h.r.IntN(3) {
			signed := at.Add(time.Duration(h.r.IntN(4)-1) * 12 * time.Hour)
			props := map[string]any{"subscription": sub, "effective_at": at.AddDate(0, 0, 1+h.r.IntN(length)).Format(time.RFC3339)}
			if h.r.IntN(4) > 0 {
				props[pick(h, form, form, "mrr")], props["currency"] = float64(h.r.IntN(60000))/100, "BRL"
			} else {
				props["quantity"] = 1 + h.r.IntN(9)
			}
			if h.r.IntN(5) == 0 {
				props["ends_at"] = at.AddDate(0, 0, length).Format(time.RFC3339)
			}
			send(account, signed, "Subscription Changed", props)
		}
	}
	slices.SortStableFunc(h.sent, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
	return h
}

// Every metric of revenue, and every movement, equals the reference where
// ramped deals count with their means, beside invoices and without.
func TestRampsAgainstReference(t *testing.T) {
	t.Parallel()
	zone, first := mustZone(t, "America/Sao_Paulo"), farol.Date(2018, time.September, 24)
	for seed := range uint64(2) {
		s := revenueSettings(seed, zone, first)
		s.Conventions.Ramps = RampAverage
		if seed == 1 {
			s.Conventions.Basis = InvoiceBasis
		}
		w := worldOf(t, rampHistory(seed, zone, first, 70, 120), s, 7)
		refs := map[string]*reference{}
		for j, m := range w.r.catalogue.All() {
			if m.Group != "revenue" || j%2 != int(seed) { // each with or without invoices
				continue
			}
			g := m.Grains[(j+int(seed))%min(2, len(m.Grains))]
			asked := w.requests(m, g, j)
			for _, q := range asked[(j+int(seed))%len(asked):][:1] {
				if err := w.differ(context.Background(), m, q, refs); err != nil {
					t.Errorf("seed %d, %s per %s, as of %v, known %v, by %q, filters %v: %v", seed, m.Name, g, q.AsOf, q.Known, q.By, q.Filters, err)
				}
			}
		}
		w.checkAgainstReplay(t, farol.Period{From: w.first - 5, To: w.first + farol.Day(w.days) + 30})
	}
}
