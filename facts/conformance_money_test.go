package facts

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// testMovements walks one account through each kind of movement.
func testMovements(t *testing.T, k *kit) {
	k.start("UTC")
	sub := func(when, account, name, props string) farol.Event {
		return k.track(when, "", account, "Subscription "+name, props)
	}
	k.add(
		sub("2026-01-10 10:00", "acme", "Started", `{"subscription":"s1","unit_price":"120.00","currency":"BRL","interval":"year","plan":"basic","product":"Core","quantity":100}`),
		// 100 seats at 10.00 are 1000.00; 20 more at the old price and 1.00 more for each.
		sub("2026-01-20 10:00", "acme", "Changed", `{"subscription":"s1","unit_price":"11.00","currency":"BRL","quantity":120,"reason":"list price"}`),
		sub("2026-01-25 10:00", "acme", "Changed", `{"subscription":"s1","discount_percent":10,"discount_ends_at":"2026-03-01T12:00:00Z"}`),
		sub("2026-02-05 10:00", "acme", "Started", `{"subscription":"s2","mrr":50,"currency":"BRL","product":"Flows"}`),
		sub("2026-02-10 10:00", "acme", "Changed", `{"subscription":"s1","plan":"pro","unit_price":"20.00","currency":"BRL"}`),
		sub("2026-02-15 10:00", "acme", "Paused", `{"subscription":"s2"}`),
		sub("2026-02-20 10:00", "acme", "Resumed", `{"subscription":"s2"}`),
		sub("2026-03-05 09:00", "acme", "Cancelled", `{"subscription":"s2","reason":"price","voluntary":true}`),
		sub("2026-03-05 10:00", "acme", "Cancelled", `{"subscription":"s1","reason":"price","voluntary":true}`),
		sub("2026-03-20 10:00", "acme", "Started", `{"subscription":"s3","amount":"1200","currency":"BRL","interval":"month","interval_count":3}`),
		sub("2026-01-15 10:00", "globex", "Started", `{"subscription":"g1","mrr":10,"currency":"USD"}`),
		k.track("2026-03-01 10:00", "", "globex", "Payment Failed", `{"subscription":"g1"}`),
		k.group("2026-01-01 09:00", "", "acme", `{"plan":"basic"}`), k.group("2026-02-10 09:00", "", "acme", `{"plan":"pro"}`))
	money := map[string]any{
		"currency": "BRL", "rate_codes": []string{"USD", "USD"}, "rate_days": []int64{0, int64(day("2026-02-10"))}, "rate_values": []float64{5, 5.5},
		"pause_days": int64(90), "past_due_days": int64(30),
	}
	s := wide()
	s.Period = farol.Period{From: farol.Date(2026, time.January, 1), To: farol.Date(2026, time.May, 1)}
	for m := time.January; m <= time.April; m++ {
		s.Periods = append(s.Periods, farol.Period{From: farol.Date(2026, m, 1), To: farol.Date(2026, m+1, 1)})
	}
	const moves = "SELECT day, account, kind, part, product, plan, amount, constant, reason, voluntary FROM {{movements}} m"
	k.want(k.rows(moves, s, money),
		"2026-01-10|acme|new||Core|basic|100000|100000||null",
		"2026-01-15|globex|new||||5000|5000||null",
		"2026-01-20|acme|expansion|price|Core|basic|12000|12000|list price|null",
		"2026-01-20|acme|expansion|seats|Core|basic|20000|20000|list price|null",
		"2026-01-25|acme|contraction|discount|Core|basic|-13200|-13200||null",
		"2026-02-05|acme|expansion|cross_sell|Flows||5000|5000||null",
		"2026-02-10|acme|expansion|upsell|Core|pro|97200|97200||null",
		"2026-02-10|globex|fx||||500|0||null",
		"2026-02-15|acme|pause||Flows||-5000|-5000||null",
		"2026-02-20|acme|resume||Flows||5000|5000||null",
		"2026-03-01|acme|expansion|discount|Core|pro|24000|24000||null",
		"2026-03-05|acme|churn||Core|pro|-240000|-240000|price|1",
		"2026-03-05|acme|churn||Flows||-5000|-5000|price|1",
		"2026-03-20|acme|reactivation||||40000|40000||null",
		"2026-03-31|globex|churn||||-5500|-5500|payment|0")
	s.By = "plan"
	k.want(k.rows("SELECT day, kind, part, amount, grp FROM {{movements}} m WHERE account = 'acme' AND day >= DATE '2026-02-05' AND day <= DATE '2026-02-10'", s, money),
		"2026-02-05|expansion|cross_sell|5000|basic",
		"2026-02-10|expansion|upsell|97200|pro", "2026-02-10|transfer||-118800|basic", "2026-02-10|transfer||-5000|basic",
		"2026-02-10|transfer||118800|pro", "2026-02-10|transfer||5000|pro")
}

// testCohort follows customers from an opening, and what is known of the
// future.
func testCohort(t *testing.T, k *kit) {
	k.start("UTC")
	sub := func(when, account, name, props string) farol.Event {
		return k.track(when, "", account, "Subscription "+name, props)
	}
	k.add(
		sub("2026-01-10 10:00", "acme", "Started", `{"subscription":"a1","unit_price":10,"quantity":100,"currency":"BRL"}`),
		sub("2026-01-10 10:00", "acme", "Started", `{"subscription":"a2","mrr":50,"currency":"BRL"}`),
		sub("2026-02-05 10:00", "acme", "Changed", `{"subscription":"a1","unit_price":11,"currency":"BRL","escalator":true}`),
		sub("2026-02-10 10:00", "acme", "Cancelled", `{"subscription":"a2"}`),
		sub("2026-01-10 10:00", "globex", "Started", `{"subscription":"g1","mrr":10,"currency":"USD"}`),
		sub("2026-02-10 10:00", "hooli", "Started", `{"subscription":"h1","mrr":100,"currency":"BRL"}`),
		sub("2026-02-12 10:00", "hooli", "Cancelled", `{"subscription":"h1","ends_at":"2026-06-01T12:00:00Z"}`),
		sub("2026-02-14 10:00", "initech", "Started", `{"subscription":"i1","amount":1200,"interval":"year","currency":"BRL","starts_at":"2026-04-01T12:00:00Z"}`))
	money := map[string]any{"currency": "BRL", "rate_codes": []string{"USD", "USD"}, "rate_days": []int64{0, int64(day("2026-02-20"))}, "rate_values": []float64{5, 6}}
	s := wide()
	s.Period = farol.Period{From: farol.Date(2026, time.February, 1), To: farol.Date(2026, time.March, 1)}
	s.Periods = []farol.Period{s.Period}
	k.want(k.rows("SELECT account, before, after, kept, plain FROM {{cohort 0}} c", s, money), "acme|105000|110000|100000|100000", "globex|5000|5000|5000|5000")
	k.want(k.rows("SELECT account, before, after FROM {{cohort 12}} c", s, money))
	k.want(k.rows("SELECT account, mrr FROM {{committed}} c", s, money), "acme|110000", "globex|6000", "initech|10000")
	k.want(k.rows(`SELECT account, mrr FROM {{payingAt "end"}} c`, s, money), "acme|110000", "globex|6000", "hooli|10000")
	money["churn_at_request"] = true
	k.want(k.rows(`SELECT account, mrr FROM {{payingAt "end"}} c`, s, money), "acme|110000", "globex|6000")
	s.AsOf = day("2026-02-13")
	k.want(k.rows("SELECT account, mrr FROM {{committed}} c", s, money), "acme|110000", "globex|5000")
}
