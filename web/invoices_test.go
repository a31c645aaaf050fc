package web

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// A company that has invoices and no events of subscriptions sees its revenue
// once the conventions say so, down to the lines.
func TestInvoices(t *testing.T) {
	s := staffed(t)
	h := &recorder{source: s.source.ID}
	h.add(farol.Track, "Subscription Started", farol.Date(2026, 1, 1).UTC().Add(15*time.Hour), "globex", "", map[string]any{"subscription": "card", "mrr": 30, "currency": "BRL"})
	for month := time.January; month <= time.February; month++ {
		first := farol.Date(2026, month, 1)
		h.add(farol.Track, "Invoice Line Billed", first.UTC().AddDate(0, 0, 1), "acme", "", map[string]any{
			"subscription": "boleto", "amount": 120 * int(month), "tax": 20 * int(month), "currency": "BRL", "plan": "Basic", "period_start": first.String(), "period_end": farol.Date(2026, month+1, 1).String(),
		})
	}
	for i := range h.events {
		h.events[i].Known = h.events[i].At.Add(time.Second)
	}
	s.take(h.events)
	const moves = "/revenue/movements?from=2026-01-01&until=2026-02-28"
	s.get(admin, moves).is(200).has("#movers a[href^='/events?account=acme']", 0)
	c := metric.Defaults().Conventions
	c.Basis = metric.InvoiceBasis
	_, err := s.store.Define(t.Context(), store.Draft{Kind: metric.SettingKind, Name: metric.ConventionsName, Body: c, Author: "token:BI"})
	s.check(err)
	s.check(s.metrics.UpdateHistory(t.Context()))
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.CSM, code: code}
		// Whoever has no line has no invoices to look at.
		a := s.get(who, moves).is(200).has("#movers tbody tr", 3).has(`#movers a[href="/events?account=acme&name=Invoice+Line+Billed"]`, 2).has("#movers a[href*=Invoice]", 2)
		s.get(who, moves+"&as_of=2026-02-20").is(200).has(`#movers a[href="/events?account=acme&as_of=2026-02-20&name=Invoice+Line+Billed"]`, 2)
		// The figure leads to the lines: one may be sent after the days it is for.
		s.get(who, "/metrics/mrr/source?from=2026-02-01&until=2026-02-28&grain=month").is(200).has("table tbody tr", 2).has(`a[href="/events?account=acme&name=Invoice+Line+Billed"]`, 1).has("a[href*=Invoice]", 1)
		a.says("#movers", map[lang.Code]string{lang.English: "R$100.00", lang.Portuguese: "R$ 100,00"}[code])
		s.get(who, "/events?account=acme&name=Invoice+Line+Billed").is(200).has("tbody tr", 2)
		line := s.get(who, "/customers/acme?tab=timeline&kind=invoice").is(200)
		line.says("main", map[lang.Code]string{lang.English: "Invoice line of boleto", lang.Portuguese: "Item de fatura de boleto"}[code])
		line.says("main", map[lang.Code]string{lang.English: "R$240.00", lang.Portuguese: "R$ 240,00"}[code])
		s.get(who, "/customers/acme?tab=money").is(200).says("main", "boleto")
		s.get(as{role: store.Manager, code: code}, "/settings/conventions").is(200).has(`input[name=basis][value=invoices][checked]`, 1)
	})
}
