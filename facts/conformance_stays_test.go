package facts

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

func testStays(t *testing.T, k *kit) {
	k.start("UTC")
	sub := func(when, account, name, props string) farol.Event {
		return k.track(when, "", account, "Subscription "+name, props)
	}
	k.add(
		// Two lines that overlap are one stay; the later cancellation ends it.
		sub("2026-01-10 10:00", "acme", "Started", `{"subscription":"a1","mrr":100,"currency":"BRL"}`),
		sub("2026-02-10 10:00", "acme", "Started", `{"subscription":"a2","mrr":50,"currency":"BRL"}`),
		sub("2026-02-20 10:00", "acme", "Cancelled", `{"subscription":"a1","reason":"price","voluntary":true}`),
		sub("2026-03-05 10:00", "acme", "Cancelled", `{"subscription":"a2","reason":"support","voluntary":true}`),
		sub("2026-03-25 10:00", "acme", "Started", `{"subscription":"a3","mrr":70,"currency":"BRL"}`),
		// Cancelled and started on one day is no gap.
		sub("2026-01-10 10:00", "globex", "Started", `{"subscription":"g1","mrr":10,"currency":"BRL"}`),
		sub("2026-02-01 09:00", "globex", "Cancelled", `{"subscription":"g1","reason":"bugs"}`),
		sub("2026-02-01 10:00", "globex", "Started", `{"subscription":"g2","mrr":20,"currency":"BRL"}`),
		// A pause ends the stay only on its 30th day; what failed to be paid for at once.
		sub("2026-01-05 10:00", "initech", "Started", `{"subscription":"i1","mrr":30,"currency":"BRL"}`),
		sub("2026-02-01 10:00", "initech", "Paused", `{"subscription":"i1","reason":"seasonal"}`),
		sub("2026-02-05 10:00", "initech", "Paused", `{"subscription":"i1"}`),
		sub("2026-01-05 10:00", "hooli", "Started", `{"subscription":"h1","mrr":5,"currency":"BRL"}`),
		sub("2026-02-03 10:00", "hooli", "Cancelled", `{"subscription":"h1","reason":"card expired","voluntary":false}`),
		sub("2026-01-05 10:00", "free", "Started", `{"subscription":"f1","mrr":0,"currency":"BRL"}`),
		k.group("2026-01-10 10:00", "", "acme", `{"plan":"basic","customer_since":"2024-06-30"}`),
		k.group("2026-03-01 10:00", "", "acme", `{"plan":"pro"}`),
	)
	money := map[string]any{"currency": "BRL", "rate_codes": []string{}, "rate_values": []float64{}, "pause_days": int64(30)}
	s := wide()
	s.AsOf = day("2026-04-10")
	k.want(k.rows(`SELECT account, n, from_day, to_day, mrr_first, mrr_last, reason, voluntary, next_day, since_day FROM {{stays "began"}} s`, s, money),
		"acme|1|2026-01-10|2026-03-05|10000|5000|support|1|2026-03-25|2024-06-30",
		"acme|2|2026-03-25|2149-01-01|7000|7000||null|null|2026-03-25",
		"globex|1|2026-01-10|2149-01-01|1000|2000||null|null|2026-01-10",
		"hooli|1|2026-01-05|2026-02-03|500|500|card expired|0|null|2026-01-05",
		"initech|1|2026-01-05|2026-03-03|3000|3000||null|null|2026-01-05")
	s.AsOf = day("2026-03-02")
	k.want(k.rows(`SELECT account, to_day FROM {{stays "left"}} s WHERE account = 'initech' OR account = 'acme'`, s, money), "acme|2149-01-01", "initech|2149-01-01")
	s.AsOf, s.By = day("2026-04-10"), "plan"
	k.want(k.rows(`SELECT account, n, grp FROM {{stays "left"}} s WHERE account = 'acme'`, s, money), "acme|1|pro", "acme|2|pro")
	k.want(k.rows(`SELECT account, n, grp FROM {{stays "began"}} s WHERE account = 'acme'`, s, money), "acme|1|basic", "acme|2|pro")
	s.By, s.Filters = "", []Filter{{Attribute: "plan", Values: []string{"pro"}}}
	k.want(k.rows(`SELECT account, n FROM {{stays "began"}} s`, s, money), "acme|2")
	k.want(k.rows(`SELECT account, n FROM {{stays "began" "unfiltered"}} s WHERE n = 2`, s, money), "acme|2")
	s.Filters = nil
	for m := time.February; m <= time.April; m++ {
		s.Periods = append(s.Periods, farol.Period{From: farol.Date(2026, m, 1), To: farol.Date(2026, m+1, 1)})
	}
	money["through"] = day("2026-04-09")
	k.want(k.rows(`SELECT period, month, account, mrr_start, mrr_end, gone FROM {{monthly 1 "mrr"}} s`, s, money),
		"2026-02-01|2026-02-01|acme|10000|5000|0", "2026-02-01|2026-02-01|globex|1000|2000|0",
		"2026-02-01|2026-02-01|hooli|500|0|1", "2026-02-01|2026-02-01|initech|3000|0|0",
		"2026-03-01|2026-03-01|acme|5000|7000|0", "2026-03-01|2026-03-01|globex|2000|2000|0", "2026-03-01|2026-03-01|initech|0|0|1",
		// April is not over: its last whole month is March.
		"2026-04-01|2026-03-01|acme|5000|7000|0", "2026-04-01|2026-03-01|globex|2000|2000|0", "2026-04-01|2026-03-01|initech|0|0|1")
	k.want(k.rows(`SELECT period, i64(count(*)) AS c FROM {{monthly 2}} s GROUP BY period`, s, money), "2026-02-01|4", "2026-03-01|7", "2026-04-01|7")
}

func testCosts(t *testing.T, k *kit) {
	k.start("UTC")
	cost := func(when, props string) farol.Event { return k.track(when, "", "", "Cost Reported", props) }
	k.add(cost("2026-02-03 10:00", `{"category":"marketing","amount":"1000.50","currency":"BRL","month":"2026-01","channel":"paid","cost":"c1"}`),
		cost("2026-02-03 10:00", `{"category":"sales","amount":10,"currency":"USD","from":"2026-01-15","to":"2026-02-14"}`),
		cost("2026-02-03 10:00", `{"category":"other","amount":10,"currency":"EUR","month":"2026-01"}`),
		cost("2026-02-05 10:00", `{"category":"marketing","amount":900,"currency":"BRL","month":"2026-01","channel":"paid","cost":"c1"}`))
	money := map[string]any{"currency": "BRL", "rate_codes": []string{"USD"}, "rate_values": []float64{5}}
	s := wide()
	k.want(k.rows(`SELECT category, channel, amount, from_day, to_day, grp FROM {{costs}} c`, s, money),
		"marketing|paid|90000|2026-01-01|2026-02-01|", "sales||5000|2026-01-15|2026-02-14|")
	s.By = "channel"
	k.want(k.rows(`SELECT amount, grp FROM {{costs}} c`, s, money), "5000|", "90000|paid")
	s.By = "plan"
	k.want(k.rows(`SELECT amount, grp FROM {{costs}} c`, s, money), "5000|", "90000|")
	s.By, s.Filters = "", []Filter{{Attribute: "channel", Values: []string{"paid"}}}
	k.want(k.rows(`SELECT amount FROM {{costs}} c`, s, money), "90000")
	s.Filters, s.AsOf = nil, day("2026-01-14")
	k.want(k.rows(`SELECT amount FROM {{costs}} c`, s, money), "90000")
	for field, props := range map[string]string{
		"properties.category": `{"category":"rent","amount":1,"currency":"BRL","month":"2026-01"}`,
		"properties.month":    `{"category":"sales","amount":1,"currency":"BRL","month":"2026-13"}`,
		"properties.from":     `{"category":"sales","amount":1,"currency":"BRL"}`,
		"properties.to":       `{"category":"sales","amount":1,"currency":"BRL","from":"2026-01-01","to":"2026-01-01"}`,
		"properties.amount":   `{"category":"sales","amount":-1,"currency":"BRL","month":"2026-01"}`,
	} {
		e := cost("2026-02-03 10:00", props)
		if got, ok := Check(&e).(*farol.Error); !ok || got.Field != field {
			t.Errorf("%s: %v", field, Check(&e))
		}
	}
}
