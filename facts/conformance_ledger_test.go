package facts

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

func testLedger(t *testing.T, k *kit) {
	ctx := context.Background()
	k.start("UTC")
	num := func(f float64) *float64 { return &f }
	month := func(first, after string) farol.Period { return farol.Period{From: day(first), To: day(after)} }
	row := func(metric, version, known string, p farol.Period, v *float64) HistoryRow {
		return HistoryRow{Metric: metric, Version: version, Grain: farol.Monthly, Period: p, Known: ts(known), Value: v, Numerator: v, Units: 1, Complete: true}
	}
	january, february := month("2026-01-01", "2026-02-01"), month("2026-02-01", "2026-03-01")
	other := row("mrr", "1", "2026-02-05", january, num(10))
	other.Low = num(3)
	for _, rows := range [][]HistoryRow{
		{row("mrr", "1", "2026-02-01", january, num(10)), row("nps", "1", "2026-02-01", january, nil), row("$checked", "1", "2026-02-01", january, nil)},
		{other, row("mrr", "1", "2026-03-01", february, num(20)), row("mrr", "2", "2026-03-01", january, num(11)), row("$checked", "1", "2026-03-01", january, num(1))},
		{row("mrr", "1", "2026-03-05", february, num(18)), row("nps", "1", "2026-03-05", january, num(40))},
		{row("mrr", "1", "2026-03-09", february, num(19))},
	} {
		if err := k.f.SaveHistory(ctx, rows); err != nil {
			t.Fatal(err)
		}
	}
	list := func(q LedgerQuery) string {
		t.Helper()
		said := ""
		for {
			got, next, err := k.f.Restatements(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range got {
				show := func(v *float64) string {
					if v == nil {
						return "null"
					}
					return fmt.Sprint(*v)
				}
				said += fmt.Sprintf("%s %s %s %s>%s %s; ", r.Metric, r.Period.From, r.Known.Format("01-02"), show(r.Was.Value), show(r.Value), r.Was.Known.Format("01-02"))
			}
			if q.After = next; next == "" {
				return said
			}
		}
	}
	const all = "mrr 2026-02-01 03-09 18>19 03-05; mrr 2026-02-01 03-05 20>18 03-01; nps 2026-01-01 03-05 null>40 02-01; "
	for _, c := range []struct {
		q    LedgerQuery
		want string
	}{
		{LedgerQuery{}, all},
		{LedgerQuery{Limit: 1}, all},
		{LedgerQuery{Metric: "nps", Version: "1"}, "nps 2026-01-01 03-05 null>40 02-01; "},
		{LedgerQuery{Metric: "mrr", Version: "2"}, ""},
		{LedgerQuery{Grain: farol.Daily}, ""},
		{LedgerQuery{Grain: farol.Monthly, Since: ts("2026-03-06")}, "mrr 2026-02-01 03-09 18>19 03-05; "},
		{LedgerQuery{Until: ts("2026-03-05"), Ended: day("2026-02-10")}, "nps 2026-01-01 03-05 null>40 02-01; "},
		{LedgerQuery{From: day("2026-02-01"), To: day("2026-03-01"), Since: ts("2026-03-05"), Until: ts("2026-03-05")}, "mrr 2026-02-01 03-05 20>18 03-01; "},
	} {
		if got := list(c.q); got != c.want {
			t.Errorf("%+v:\n%s, want\n%s", c.q, got, c.want)
		}
	}
	if _, _, err := k.f.Restatements(ctx, LedgerQuery{After: "junk"}); farol.KindOf(err) != farol.Invalid {
		t.Errorf("after junk: %v", err)
	}
	first, err := k.f.Reported(ctx, "mrr", farol.Monthly, month("2026-01-01", "2026-03-01"), time.Time{})
	if err != nil || len(first) != 2 || *first[0].Value != 10 || first[0].Version != "1" || *first[1].Value != 20 || !first[1].Known.Equal(ts("2026-03-01")) {
		t.Fatal(first, err)
	}
	first, err = k.f.Reported(ctx, "mrr", farol.Monthly, month("2026-01-01", "2026-03-01"), ts("2026-02-15"))
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
}

// Every way in which the past is learned otherwise is named, with whom it
// concerns, and what concerns others is left out.
func testLearned(t *testing.T, k *kit) {
	ctx := context.Background()
	k.start("UTC")
	k.add(k.group("2026-02-01 09:00", "ana", "acme", `{"plan":"pro"}`), k.track("2026-02-05 09:00", "anon:x", "", "Used", ""),
		k.track("2026-02-06 09:00", "ana", "acme", "Used", ""))
	since := k.f.LastKnown()
	k.clock.now = k.clock.now.Add(2 * time.Hour)
	k.add(k.track("2026-02-04 09:00", "bia", "globex", "Late", ""), k.track("2026-02-04 09:00", "cid", "initech", "Elsewhere", ""), k.track("2026-02-14 09:00", "bia", "globex", "After", ""),
		k.track("2026-02-20 10:00", "", "globex", "Subscription Started", `{"subscription":"s","mrr":1,"currency":"BRL","effective_at":"2026-02-03"}`),
		k.identify("2026-02-21 09:00", "x", "ana", ""), k.group("2026-02-09 09:00", "", "hooli", `{"test":true,"created_at":"2026-02-02"}`))
	k.settle()
	q := LearnedQuery{Since: since, Until: k.f.LastKnown(), Days: farol.Period{From: day("2026-02-01"), To: day("2026-02-08")},
		Tables: []string{"activity", "events", "subscriptions", "moved", "accounts"}, Accounts: []string{"globex", "hooli"}, People: []string{"ana", "anon:x"}}
	show := func() string {
		t.Helper()
		got, more, err := k.f.Learned(ctx, q)
		if err != nil || more {
			t.Fatal(got, more, err)
		}
		said := ""
		for _, x := range got {
			said += fmt.Sprintf("%s %s %s %s; ", x.Way, x.Name, x.Canonical, x.Resolved)
		}
		return said
	}
	const want = "moved Used ana acme; late Late bia globex; excluded   hooli; late Subscription Started  globex; joined  ana acme; "
	if got := show(); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	q.People = nil
	if got := show(); got != "late Late bia globex; excluded   hooli; late Subscription Started  globex; " {
		t.Errorf("of accounts only: %s", got)
	}
	q.Since = q.Until
	if got := show(); got != "" {
		t.Errorf("nothing was learned, but %s", got)
	}
}
