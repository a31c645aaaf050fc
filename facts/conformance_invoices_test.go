package facts

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// testInvoices: lines of invoices count where they are to, for the account that
// they turn out to be of, and whatever they move is told.
func testInvoices(t *testing.T, k *kit) {
	k.start("America/Sao_Paulo")
	line := func(when, person, account, props string) farol.Event {
		return k.track(when, person, account, "Invoice Line Billed", props)
	}
	k.add(k.track("2026-01-10 12:00", "", "acme", "Subscription Started", `{"subscription":"s1","mrr":500,"currency":"BRL","plan":"pro"}`),
		k.track("2026-01-10 12:00", "", "globex", "Subscription Started", `{"subscription":"g1","mrr":30,"currency":"BRL"}`),
		line("2026-02-02 12:00", "ana", "", `{"subscription":"x1","amount":"121.00","tax":21,"currency":"BRL","period_start":"2026-02-01","period_end":"2026-03-01","quantity":4}`))
	mark := k.f.LastKnown()
	touched := func() (out []string) {
		k.settle()
		list, err := k.f.Touched(t.Context(), mark, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			if x.Table == "invoices" || x.Table == "billed" || x.Table == "subscriptions" {
				out = append(out, x.Table+" "+x.Day.String())
			}
		}
		mark = k.f.LastKnown()
		k.clock.now = k.clock.now.Add(time.Hour)
		return out
	}
	s := Scope{Period: farol.Period{From: day("2026-01-01"), To: day("2026-07-01")}}
	invoices := map[string]any{"invoice_basis": true, "past_due_days": int64(10)}
	const lines = "SELECT account, subscription, local, currency, quantity, plan, status, from_day, to_day FROM {{mrr}} m"
	k.clock.now = k.clock.now.Add(time.Hour)
	// The first line of s1 moves what its events said since January, its second
	// only its own period; one that was sent before its period counts as signed.
	k.add(line("2026-02-20 12:00", "", "acme", `{"subscription":"s1","amount":80,"currency":"BRL","period_start":"2026-02-15","period_end":"2026-03-15"}`))
	k.want(touched(), "billed 2026-01-10", "invoices 2026-02-15")
	k.add(line("2026-03-10 12:00", "", "acme", `{"subscription":"s1","amount":90,"currency":"BRL","period_start":"2026-03-15T03:00:00Z","period_end":"2026-04-15T03:00:00Z"}`))
	k.want(touched(), "billed 2026-03-10", "invoices 2026-03-15")
	k.want(k.rows(lines, s, invoices),
		"acme|s1|0||null|pro|active|2026-01-10|2026-02-15", "acme|s1|0|BRL|null|pro|cancelled|2026-04-25|2149-01-01", "acme|s1|8000|BRL|null|pro|active|2026-02-15|2026-03-15",
		"acme|s1|9000|BRL|null|pro|active|2026-03-15|2026-04-15", "acme|s1|9000|BRL|null|pro|active|2026-04-15|2026-04-25", "globex|g1|3000|BRL|null||active|2026-01-10|2149-01-01")
	k.want(k.rows(lines, s, nil), "acme|s1|50000|BRL|null|pro|active|2026-01-10|2149-01-01", "globex|g1|3000|BRL|null||active|2026-01-10|2149-01-01")
	// Whoever sent it belongs to globex, as is told later.
	k.add(k.group("2026-01-05 12:00", "ana", "globex", ""))
	k.want(touched(), "billed 2026-02-01")
	k.want(k.rows(lines+" WHERE account = 'globex' AND from_day < DATE '2026-03-01'", s, invoices), "globex|g1|3000|BRL|null||active|2026-01-10|2149-01-01", "globex|x1|10000|BRL|4||active|2026-02-01|2026-03-01")
	billed, err := k.f.Billed(t.Context(), []farol.AccountID{"acme", "globex", "initech"}, 0, time.Time{})
	if err != nil || !billed["acme"] || !billed["globex"] || len(billed) != 2 {
		t.Errorf("who was billed: %v, %v", billed, err)
	}
	if billed, err = k.f.Billed(t.Context(), []farol.AccountID{"acme", "globex"}, day("2026-02-10"), time.Time{}); err != nil || billed["acme"] || !billed["globex"] {
		t.Errorf("who was billed by 10 February: %v, %v", billed, err)
	}
	found, _, err := k.f.Learned(t.Context(), LearnedQuery{Since: ts("2026-01-01 00:00"), Until: mark, Days: farol.Period{From: 1, To: day("2026-02-01")}, Tables: []string{"subscriptions", "invoices", "billed"}, Accounts: []string{"acme"}})
	if err != nil || len(found) == 0 {
		t.Errorf("why January is another: %v, %v", found, err)
	}
	moments, err := k.f.Moments(t.Context(), MomentFilter{Account: "globex", Kinds: []string{InvoiceMoment}})
	if err != nil || len(moments) != 1 || moments[0].Fields["amount_minor"] != "12100" || moments[0].Fields["until"] != "2026-03-01" {
		t.Errorf("what globex was billed: %+v, %v", moments, err)
	}
}
