package facts

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// testOrder: the same events in any order and any batches give the same
// numbers.
func testOrder(t *testing.T, k *kit) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 7))
		k.seq = 0
		es := k.random(rng, 120)
		var want []string
		for round := range 3 {
			f := k.open(k.T, Config{Zone: time.UTC, Now: func() time.Time { return k.clock.now }}, fmt.Sprintf("order%d-%d", seed, round))
			k.f = f
			if _, embedded := f.eng.(*duck); !embedded && seed > 0 {
				return // a server's answers take longer, and the writer is the same
			}
			f.portion = 1 + rng.IntN(20)
			rng.Shuffle(len(es), func(i, j int) { es[i], es[j] = es[j], es[i] })
			for rest := es; len(rest) > 0; {
				n := min(len(rest), 1+rng.IntN(40))
				k.add(append([]farol.Event(nil), rest[:n]...)...)
				rest = rest[n:]
				if rng.IntN(3) == 0 {
					k.settle()
				}
			}
			k.settle()
			k.want(k.rows("SELECT id, account, person FROM {{events}} e", wide(), nil), obvious(es)...)
			got := k.rows(allActivity, wide(), nil)
			if round == 0 {
				want = got
			} else {
				k.want(got, want...)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// obvious says where each event counts, by the rules as they are written
// down: id, account, person.
func obvious(es []farol.Event) []string {
	type say struct {
		at           time.Time
		id, from, to string
	}
	var links, members []say
	for _, e := range es {
		switch {
		case e.Kind == farol.Identify && e.User != "" && e.Anonymous != "":
			links = append(links, say{e.At, e.ID, "anon:" + string(e.Anonymous), string(e.User)})
		case e.Kind == farol.Alias:
			links = append(links, say{e.At, e.ID, "anon:" + e.PreviousID, string(e.User)}, say{e.At, e.ID, e.PreviousID, string(e.User)})
		case e.Kind == farol.Group:
			members = append(members, say{e.At, e.ID, string(e.Person()), string(e.Account)})
		}
	}
	byTime := func(a, b say) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id), cmp.Compare(a.from, b.from))
	}
	slices.SortFunc(links, byTime)
	slices.SortFunc(members, byTime)
	leads, decided := map[string]string{}, map[string]bool{}
	follow := func(id string) string {
		for leads[id] != "" {
			id = leads[id]
		}
		return id
	}
	for _, l := range links {
		if l.from == l.to || decided[l.from] {
			continue
		}
		decided[l.from] = true
		if follow(l.to) != l.from {
			leads[l.from] = l.to
		}
	}
	var out []string
	for _, e := range es {
		person, account := follow(string(e.Person())), string(e.Account)
		for _, m := range members {
			if e.Account == "" && follow(m.from) == person && !m.at.After(e.At) {
				account = m.to
			}
		}
		out = append(out, e.ID+"|"+account+"|"+person)
	}
	return out
}

// random makes events of a few people that are linked, moved between accounts
// and joined in circles.
func (k *kit) random(rng *rand.Rand, n int) []farol.Event {
	var out []farol.Event
	for range n {
		when := ts("2026-02-01").Add(time.Duration(rng.IntN(14*24*12)) * 5 * time.Minute).Format("2006-01-02 15:04")
		anon, user := fmt.Sprint("a", rng.IntN(12)), fmt.Sprint("u", rng.IntN(6))
		account := fmt.Sprint("c", rng.IntN(4))
		switch rng.IntN(12) {
		case 0:
			out = append(out, k.identify(when, anon, user, ""))
		case 1:
			out = append(out, k.alias(when, user, fmt.Sprint("u", rng.IntN(6))))
		case 2:
			out = append(out, k.alias(when, anon, user))
		case 3:
			out = append(out, k.group(when, user, account, ""))
		case 4:
			out = append(out, k.group(when, "anon:"+anon, account, ""))
		case 5, 6, 7:
			out = append(out, k.track(when, user, "", "Used", `{"seconds":1.5}`))
		case 8:
			out = append(out, k.track(when, user, account, "Used", ""))
		default:
			out = append(out, k.track(when, "anon:"+anon, "", "Used", ""))
		}
	}
	return out
}

func testExclusions(t *testing.T, k *kit) {
	k.start("UTC")
	k.add(k.track("2026-03-01 09:00", "ana", "acme", "Used", ""), k.track("2026-03-01 09:00", "bob", "acme", "Used", ""),
		k.track("2026-03-01 09:00", "eve", "lab", "Used", ""), k.track("2026-03-01 09:00", "dan", "globex", "Used", ""),
		k.track("2026-03-01 09:00", "anon:z", "acme", "Used", ""))
	k.add(k.group("2026-03-01 09:00", "", "lab", `{"test":true}`), k.identify("2026-03-01 09:01", "z", "zoe", `{"bot":true}`))
	k.settle()
	s := wide()
	k.want(k.rows("SELECT account, person FROM {{activity}} a", s, nil), "acme|ana", "acme|bob", "globex|dan")
	s.ExcludeAccounts, s.ExcludePeople = []string{"globex"}, []string{"bob"}
	k.want(k.rows("SELECT account, person FROM {{activity}} a", s, nil), "acme|ana")
	k.want(k.rows("SELECT account, person FROM {{presence 0}} a", s, map[string]any{"active_all": true}), "acme|ana")
	// The last word counts.
	k.add(k.group("2026-03-01 10:00", "", "lab", `{"test":false}`))
	k.want(k.rows("SELECT account, person FROM {{activity}} a", wide(), nil), "acme|ana", "acme|bob", "globex|dan", "lab|eve")
}

func testAttributes(t *testing.T, k *kit) {
	k.start("UTC")
	k.add(k.group("2026-02-10 09:00", "", "acme", `{"plan":"free","size":5.0,"created_at":"2026-01-15"}`), k.group("2026-02-20 09:00", "", "acme", `{"plan":"pro"}`),
		k.track("2026-02-05 10:00", "ana", "acme", "Used", ""), k.track("2026-02-10 08:00", "ana", "acme", "Used", ""),
		k.track("2026-02-19 10:00", "ana", "acme", "Used", ""), k.track("2026-02-20 10:00", "ana", "acme", "Used", ""),
		k.track("2026-02-20 10:00", "bob", "globex", "Signed Up", ""))
	s := wide()
	s.By = "plan"
	k.want(k.rows("SELECT day, account, grp FROM {{activity}} a", s, nil),
		"2026-02-05|acme|", "2026-02-10|acme|free", "2026-02-19|acme|free", "2026-02-20|acme|pro", "2026-02-20|globex|")
	s.By, s.Filters = "account", []Filter{{Attribute: "plan", Values: []string{"free", ""}}, {Attribute: "account", Values: []string{"acme"}}}
	k.want(k.rows("SELECT day, account, grp FROM {{activity}} a", s, nil), "2026-02-05|acme|acme", "2026-02-10|acme|acme", "2026-02-19|acme|acme")
	k.want(k.rows("SELECT account, created_day, grp FROM {{accounts}} a", Scope{Period: wide().Period, By: "size"}, nil), "acme|2026-01-15|", "globex|2026-02-20|")
	k.want(k.rows("SELECT person, first_day FROM {{people}} p", wide(), map[string]any{"active_all": true}), "ana|2026-02-05", "bob|2026-02-20")
	early := wide()
	early.AsOf = day("2026-02-15")
	early.By = "plan"
	k.want(k.rows("SELECT day, account, grp FROM {{activity}} a", early, nil), "2026-02-05|acme|", "2026-02-10|acme|free")
}

func testSubscriptions(t *testing.T, k *kit) {
	k.start("UTC")
	sub := func(when, account, name, props string) farol.Event {
		return k.track(when, "", account, "Subscription "+name, props)
	}
	k.add(sub("2026-01-10 10:00", "acme", "Started", `{"subscription":"s1","mrr":"100.50","currency":"BRL","plan":"basic","quantity":2}`),
		sub("2026-02-10 10:00", "acme", "Changed", `{"subscription":"s1","mrr_minor":20000,"currency":"BRL"}`),
		sub("2026-02-10 09:00", "acme", "Changed", `{"subscription":"s1","mrr":50,"currency":"BRL"}`),
		sub("2026-02-20 10:00", "acme", "Paused", `{"subscription":"s1"}`),
		sub("2026-03-05 10:00", "acme", "Resumed", `{"subscription":"s1"}`),
		sub("2026-03-10 10:00", "acme", "Cancelled", `{"subscription":"s1","reason":"price","voluntary":true,"effective_at":"2026-03-31"}`),
		sub("2026-01-10 10:00", "globex", "Started", `{"subscription":"s2","mrr":10,"currency":"USD"}`),
		sub("2026-01-10 10:00", "yen", "Started", `{"subscription":"s3","mrr":10,"currency":"EUR"}`))
	money := map[string]any{"currency": "BRL", "rate_codes": []string{"USD"}, "rate_values": []float64{5.005}}
	k.want(k.rows("SELECT account, subscription, plan, quantity, mrr, status, reason, voluntary, from_day, to_day FROM {{mrr}} m", wide(), money),
		"acme|s1|basic|2|0|cancelled|price|1|2026-03-31|2149-01-01",
		"acme|s1|basic|2|0|paused||null|2026-02-20|2026-03-05",
		"acme|s1|basic|2|10050|active||null|2026-01-10|2026-02-10",
		"acme|s1|basic|2|20000|active||null|2026-02-10|2026-02-20",
		"acme|s1|basic|2|20000|active||null|2026-03-05|2026-03-31",
		"globex|s2||null|5005|active||null|2026-01-10|2149-01-01")
	s := wide()
	for m := time.January; m <= time.April; m++ {
		s.Periods = append(s.Periods, farol.Period{From: farol.Date(2026, m, 1), To: farol.Date(2026, m+1, 1)})
	}
	k.want(k.rows(`SELECT period, account, mrr FROM {{payingAt "start"}} p`, s, money),
		"2026-02-01|acme|10050", "2026-02-01|globex|5005", "2026-03-01|globex|5005", "2026-04-01|globex|5005")
	s.AsOf = day("2026-03-20")
	k.want(k.rows(`SELECT period, account, mrr FROM {{payingAt "end"}} p`, s, money),
		"2026-01-01|acme|10050", "2026-01-01|globex|5005", "2026-02-01|globex|5005", "2026-03-01|acme|20000", "2026-03-01|globex|5005")
	k.want(k.rows("SELECT period, last, until, n FROM {{periods}} p", s, nil),
		"2026-01-01|2026-01-31|2026-02-01|31", "2026-02-01|2026-02-28|2026-03-01|28", "2026-03-01|2026-03-20|2026-04-01|20")
}

func testAnswers(t *testing.T, k *kit) {
	k.start("UTC")
	k.add(k.group("2026-02-01 09:00", "ana", "acme", ""),
		k.track("2026-02-10 09:00", "ana", "", "Survey Answered", `{"survey":"q1","kind":"nps","score":9,"answer":"a1"}`),
		k.track("2026-02-11 09:00", "ana", "", "Survey Answered", `{"survey":"q1","kind":"nps","score":7,"answer":"a1"}`),
		k.track("2026-02-10 09:00", "anon:b", "", "Survey Answered", `{"survey":"q1","kind":"csat","score":4}`),
		k.track("2026-02-12 09:00", "ana", "", "Ticket Opened", `{"ticket":77,"priority":"high"}`))
	k.add(k.identify("2026-02-11 10:00", "b", "bob", `{"company":{"id":"globex"}}`), k.group("2026-02-01 08:00", "bob", "globex", ""))
	k.settle()
	k.want(k.rows("SELECT id, account, person, day, kind, score, scale FROM {{answers}} a", wide(), nil),
		"a1|acme|ana|2026-02-11|nps|7|10", "e000004|globex|bob|2026-02-10|csat|4|5")
	k.want(k.rows("SELECT ticket, action, account, person, priority, csat FROM {{tickets}} a", wide(), nil), "77|opened|acme|ana|high|null")
	k.want(k.rows("SELECT DISTINCT person FROM {{activity}} a", wide(), nil))
}
