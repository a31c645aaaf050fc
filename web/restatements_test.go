package web

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// restated is a site whose February was closed, and then dated back: an
// account paid more since the tenth of February, which was told in March.
func restated(t *testing.T) *site {
	t.Helper()
	s := staffed(t)
	s.live()
	ctx := context.Background()
	s.check(s.metrics.UpdateHistory(ctx))
	h := &recorder{source: s.source.ID, n: 90_000}
	h.add(farol.Track, "Subscription Changed", today.Add(-time.Minute), "acct-02", "", map[string]any{
		"subscription": "sub-2", "mrr": 900, "currency": "BRL", "effective_at": "2026-02-10T12:00:00Z",
	})
	_, err := s.facts.Append(ctx, facts.Batch{Events: h.events})
	s.check(err)
	s.check(s.metrics.UpdateHistory(ctx))
	return s
}

func TestRestatements(t *testing.T) {
	s := restated(t)
	var open string
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		a := s.get(who, "/restatements?metric=mrr").is(200).has("tbody tr", 1)
		feb := map[lang.Code]string{lang.English: "Feb 2026", lang.Portuguese: "fev/2026"}[code]
		a.says("tbody", feb).says("tbody td:nth-child(6)", "400")
		open = a.attr("tbody td:last-child a", "href")
		b := s.get(who, open).is(200).has("tfoot", 1)
		b.says(".lead", feb).says("#content", "Conta 2").says("#content", "Subscription Changed").says("#content", map[lang.Code]string{lang.English: "takes effect on Feb 10, 2026", lang.Portuguese: "vale desde 10/02/2026"}[code])
		b.says("table:first-of-type", "900").says("tfoot", "400")
		m := s.get(who, "/metrics/mrr?period=6m").is(200).has(".restated", 1).has(`a[href^="/restatements?"]`, -1)
		c := m.chart("series-data")
		if len(c.Series) != 2 || !c.Series[1].Line || *c.Series[0].Values[4] == *c.Series[1].Values[4] || *c.Series[0].Values[3] != *c.Series[1].Values[3] {
			t.Errorf("the chart: %+v", c.Series)
		}
	})
	// A rate says of what it is the part, before and after.
	s.get(admin, "/restatements?metric=nrr").is(200).says("tbody td:nth-child(4) .small", "R$15,750.00 of R$16,750.00").says("tbody td:nth-child(5) .small", "R$15,350.00 of R$16,750.00")
	s.get(admin, "/restatements").is(200).has("tbody tr", -1)
	s.get(admin, "/restatements?grain=day&metric=mrr&period=90d").is(200).has("tbody tr", -1)
	s.get(admin, "/restatements?metric=mrr&known=2026-03-19").is(200).has(".nothing", 1)
	s.get(admin, "/restatements?metric=no_such").is(404)
	s.get(admin, "/restatements?after=junk").is(400)
	s.get(admin, "/restatements/junk").is(404)
	rows, err := csv.NewReader(strings.NewReader(s.get(admin, "/restatements.csv?metric=mrr").is(200).body)).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != "mrr" || rows[1][5] == rows[1][7] {
		t.Errorf("%v, %v", rows, err)
	}
	// A figure restated again is no longer today's.
	h := &recorder{source: s.source.ID, n: 91_000}
	h.add(farol.Track, "Subscription Changed", today.Add(-time.Second), "acct-02", "", map[string]any{
		"subscription": "sub-2", "mrr": 800, "currency": "BRL", "effective_at": "2026-02-11T12:00:00Z",
	})
	_, err = s.facts.Append(context.Background(), facts.Batch{Events: h.events})
	s.check(err)
	erased, err := customer.BeginErasure(t.Context(), s.store, s.facts, farol.DayOf(today, today.Location()), customer.EraseRequest{Person: "user-04-0", Reason: "asked", Author: "x", Name: "X"})
	s.check(err)
	s.check(customer.ContinueErasures(t.Context(), s.store, s.facts))
	s.check(s.metrics.UpdateHistory(context.Background()))
	s.get(admin, "/restatements?metric=mrr").is(200).has("tbody tr", 2)
	if got := s.get(admin, open).is(200).text(".lead"); strings.Contains(got, "today") || strings.Count(got, "as known on") != 2 {
		t.Errorf("the older restatement says %q", got)
	}
	// What an erasure moved is named there, and each figure says why.
	moved := s.get(admin, "/erasures/"+erased.ID).is(200).says("tbody", "Daily active users")
	s.get(admin, moved.attr("tbody a[href^='/restatements/']", "href")).is(200).says("main", "A person was erased on")
}

// The pager of the ledger leads on, without losing the filter.
func TestLedgerPages(t *testing.T) {
	s := restated(t)
	a := s.get(admin, "/restatements?grain=day&period=12m").is(200).has("tbody tr", ledgerShown)
	next := a.attr(".pager a", "href")
	if !strings.Contains(next, "grain=day") {
		t.Errorf("the next page is %s", next)
	}
	s.get(admin, next).is(200).has("tbody tr", -1)
}

func TestCompareVersions(t *testing.T) {
	s := staffed(t)
	s.live()
	s.get(admin, "/metrics/active_users_week/versions").is(200).has(".nothing", 1)
	define := func(body metric.ActiveDocument) {
		t.Helper()
		_, err := s.store.Define(context.Background(), store.Draft{Kind: metric.SettingKind, Name: metric.ActiveName, Body: body, Author: "system"})
		s.check(err)
	}
	define(metric.ActiveDocument{Events: []string{"Report Created"}})
	define(metric.ActiveDocument{Events: []string{"Signed Up"}})
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		a := s.get(who, "/metrics/active_users_week/versions?period=90d").is(200).has("#units tbody tr", -1).has("select[name=setting] option", 1)
		a.has("select[name=a] option", 3)
		c := a.chart("versions-data")
		if len(c.Series) != 2 || !strings.Contains(c.Series[0].Name, "1") || !strings.Contains(c.Series[1].Name, "2") {
			t.Errorf("the chart: %+v", c)
		}
		m := s.get(who, "/metrics/active_users_week?period=28d&grain=week").is(200).has(".tag .icon", -1)
		if marks := m.chart("series-data").Marks; len(marks) != 1 || len(marks[0].Texts) != 1 || !strings.Contains(marks[0].Texts[0], map[lang.Code]string{lang.English: "versions 1 to 2", lang.Portuguese: "versões 1 a 2"}[code]) {
			t.Errorf("marks: %+v", marks)
		}
		m.has(`a[href^="/metrics/active_users_week/versions"]`, 1)
	})
	s.get(admin, "/metrics/active_users_week/versions?setting=active&a=0&b=2&at=2026-03-04&grain=week").is(200).has(`a[aria-current="true"]`, -1).says("#units h2", "2026").says("#units tfoot", "0")
	s.get(admin, "/metrics/active_users_week/versions?setting=active&a=9&b=2").is(400).says("main", "There is no version 9")
	s.get(admin, "/metrics/mrr/versions?setting=company&a=0&b=1").is(200).says(".nothing", "different currencies")
	s.get(admin, "/metrics/active_users_week/versions?setting=active&a=x").is(400)
	s.get(admin, "/metrics/active_users_week/versions?at=x").is(400)
	s.get(admin, "/metrics/mrr/versions?setting=active&a=0&b=1").is(400).says("main", "does not use the setting")
	rows, err := csv.NewReader(strings.NewReader(s.get(admin, "/metrics/active_users_week/versions.csv?period=28d&grain=week").is(200).body)).ReadAll()
	if err != nil || len(rows) < 4 || rows[1][5] != "1+active.1" || rows[1][6] != "1+active.2" {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestApart(t *testing.T) {
	p := lang.For(lang.English)
	if a, b := apart(p, `{"churn_at":"term_end","gross_margin":1}`, `{"churn_at":"request","gross_margin":0.8}`); a != "When does a cancelled subscription stop counting? When what was paid for ends\nGross margin (%): 100" || !strings.HasSuffix(b, "asks for it\nGross margin (%): 80") {
		t.Errorf("%q, %q", a, b)
	}
	if a, b := apart(p, `{"x":1,"y":"a"}`, `{"x":1,"y":"b","z":2}`); a != "y: a\nz: " || b != "y: b\nz: 2" {
		t.Errorf("%q, %q", a, b)
	}
	if a, b := apart(p, "Report Created", "*"); a != "Report Created" || b != "Whoever did anything in the product" {
		t.Errorf("%q, %q", a, b)
	}
}
