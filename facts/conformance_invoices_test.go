package facts

import (
	"fmt"
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
	// A line of s1 takes the place of what its events said from its own period on;
	// one that was sent before its period counts as signed.
	k.add(line("2026-02-20 12:00", "", "acme", `{"subscription":"s1","amount":80,"currency":"BRL","period_start":"2026-02-15","period_end":"2026-03-15"}`))
	k.want(touched(), "invoices 2026-02-15")
	k.add(line("2026-03-10 12:00", "", "acme", `{"subscription":"s1","amount":90,"currency":"BRL","period_start":"2026-03-15T03:00:00Z","period_end":"2026-04-15T03:00:00Z"}`))
	k.want(touched(), "billed 2026-03-10", "invoices 2026-03-15")
	k.want(k.rows(lines, s, invoices),
		"acme|s1|50000|BRL|null|pro|active|2026-01-10|2026-02-15", "acme|s1|0|BRL|null|pro|cancelled|2026-04-25|2149-01-01", "acme|s1|8000|BRL|null|pro|active|2026-02-15|2026-03-15",
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
	named := func(table, from, to string) (out []string) {
		found, _, err := k.f.Learned(t.Context(), LearnedQuery{Since: ts("2026-01-01 00:00"), Until: mark, Days: farol.Period{From: day(from), To: day(to)}, Tables: []string{table}, Accounts: []string{"acme"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range found {
			out = append(out, x.Name+" "+x.At.Format(time.DateOnly))
		}
		return out
	}
	k.want(named("billed", "2026-03-01", "2026-03-15"), "Invoice Line Billed 2026-03-10")
	k.want(named("billed", "2026-02-01", "2026-03-01"))
	k.want(named("invoices", "2026-03-01", "2026-03-15"))
	moments, err := k.f.Moments(t.Context(), MomentFilter{Account: "globex", Kinds: []string{InvoiceMoment}})
	if err != nil || len(moments) != 1 || moments[0].Fields["amount_minor"] != "12100" || moments[0].Fields["until"] != "2026-03-01" {
		t.Errorf("what globex was billed: %+v, %v", moments, err)
	}
}

// testInvoiceWords: what lines say of quantity adds up like their amounts, and
// product and plan are those for which most is billed.
func testInvoiceWords(t *testing.T, k *kit) {
	k.start("America/Sao_Paulo")
	n := 0
	line := func(sent, account string, minor int, from, to, more string) farol.Event {
		n++
		props := fmt.Sprintf(`{"subscription":"s","amount":%d.%02d,"currency":"BRL","period_start":%q,"period_end":%q%s}`, minor/100, minor%100, from, to, more)
		if minor < 0 {
			props = fmt.Sprintf(`{"subscription":"s","amount":-%d.%02d,"currency":"BRL","period_start":%q,"period_end":%q%s}`, -minor/100, -minor%100, from, to, more)
		}
		return k.track(sent+" 12:00", "", account, "Invoice Line Billed", props)
	}
	const jan, half, feb, mar = "2026-01-01", "2026-01-15", "2026-02-01", "2026-03-01"
	k.add(
		// Five seats more, on a line of their own.
		line(jan, "seats", 10000, jan, feb, `,"quantity":10,"plan":"pro"`), line(half, "seats", 2742, half, feb, `,"quantity":5,"plan":"pro","interval":"month"`),
		// A smaller plan: the old one is given back.
		line(jan, "less", 20000, jan, feb, `,"quantity":4,"plan":"pro"`), line(half, "less", -10968, half, feb, `,"quantity":4,"plan":"pro","interval":"month"`),
		line(half, "less", 5484, half, feb, `,"quantity":3,"plan":"basic","interval":"month"`),
		// An add-on, which is neither the plan nor knows a quantity.
		line(jan, "addon", 10000, jan, feb, `,"quantity":10,"plan":"pro"`), line(half, "addon", 1097, half, feb, `,"plan":"vault","product":"Add","interval":"month"`),
		// Another price is sent ahead, and what is added to it only when it begins.
		line(jan, "ahead", 10000, jan, feb, ""), line("2026-01-28", "ahead", 11000, feb, mar, ""), line(feb, "ahead", 5000, feb, mar, ""),
		// Of a contract that was signed ahead the first line comes when it begins.
		k.track("2026-01-20 12:00", "", "signed", "Subscription Started", `{"subscription":"s","mrr":300,"currency":"BRL","quantity":7,"discount_percent":50,"discount_ends_at":"2026-02-20T12:00:00Z","starts_at":"2026-02-10T12:00:00Z"}`),
		line("2026-03-20", "signed", 25000, mar, "2026-04-01", ""))
	s := Scope{Period: farol.Period{From: day(jan), To: day("2026-04-01")}, Periods: []farol.Period{{From: day(jan), To: day(feb)}, {From: day(feb), To: day(mar)}, {From: day(mar), To: day("2026-04-01")}}}
	invoices := map[string]any{"invoice_basis": true, "past_due_days": int64(5)}
	k.want(k.rows("SELECT account, mrr, quantity, plan, product, from_day FROM {{mrr}} m WHERE account <> 'ahead' AND status = 'active' AND from_day <> DATE '2026-02-01' AND from_day <> DATE '2026-04-01'", s, invoices),
		"addon|10000|10|pro||2026-01-01", "addon|12000|null|pro||2026-01-15", "less|10000|3|basic||2026-01-15", "less|20000|4|pro||2026-01-01", "seats|10000|10|pro||2026-01-01", "seats|15000|15|pro||2026-01-15",
		"signed|25000|null|||2026-03-01", "signed|30000|7|||2026-02-10", "signed|60000|7|||2026-02-20")
	k.want(k.rows("SELECT period, account, mrr FROM {{committed}} c WHERE account IN ('ahead', 'signed') AND period < DATE '2026-03-01'", s, invoices),
		"2026-01-01|ahead|11000", "2026-01-01|signed|30000", "2026-02-01|ahead|16000", "2026-02-01|signed|60000")
}
