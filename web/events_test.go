package web

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// fill takes in that many accounts that signed up this month.
func (s *site) fill(n int) error {
	h := &recorder{source: s.source.ID}
	for i := range n {
		h.add(farol.Track, "Signed Up", today.Add(-time.Duration(i)*time.Hour), farol.AccountID(fmt.Sprintf("new-%03d", i)), farol.PersonID(fmt.Sprintf("owner-%03d", i)), nil)
	}
	_, err := s.facts.Append(context.Background(), facts.Batch{Events: h.events})
	return err
}

func TestEvents(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		a := s.get(who, "/events").is(200).has("tbody tr", eventsShown)
		a.says("tbody", "Report Created")
		// What somebody sent is shown as text, never as markup.
		if !strings.Contains(a.body, "&lt;b&gt;bold&lt;/b&gt;") && !strings.Contains(a.body, "\\u003cb") || strings.Contains(a.body, "<b>bold") {
			t.Error("properties are not escaped")
		}
		next := a.attr(`.pager a[rel=next]`, "href")
		s.get(who, next).is(200).has("tbody tr", eventsShown).has(`.pager a[href="/events"]`, 1)
		one := s.get(who, "/events?account=acct-00&name=Subscription+Cancelled").is(200).has("tbody tr", 1)
		one.says("tbody", "Conta 0")
		if got := one.attr("input[name=account]", "value"); got != "acct-00" {
			t.Errorf("the filter shows %q", got)
		}
		late := s.get(who, "/events?person=late-user").is(200).has("tbody tr", 1)
		late.says(".tag.warn", map[lang.Code]string{lang.English: "late", lang.Portuguese: "atrasado"}[code])
		// Before it arrived nobody knew of it.
		s.get(who, "/events?person=late-user&known=2026-03-15").is(200).has("tbody tr", 0).has(".past", 1)
		s.get(who, "/events?kind=group").is(200).has("tbody tr", 10)
		s.get(who, "/events?from=2026-03-02&until=2026-03-02&source="+string(s.source.ID)).is(200).has("tbody tr", -1)
	})
	s.get(admin, "/events?from=never").is(400)
}

func TestEventsWithoutFacts(t *testing.T) {
	staffed(t).get(admin, "/events").is(200).says("main h2", "Nothing has happened yet")
}

func TestLive(t *testing.T) {
	s := staffed(t)
	s.get(admin, "/live").is(200).says("#live h2", "Waiting for the first event")
	s.get(as{role: store.Viewer, fragment: true}, "/live/new?since=0").is(204)
	s.get(admin, "/live/new?since=x").is(400)
	s.check(s.fill(3))
	a := s.get(as{role: store.Viewer, fragment: true}, "/live/new?since=0").is(200).has("tbody tr.fresh", 3)
	poll := a.attr("[data-live]", "hx-get")
	s.get(as{role: store.Viewer, fragment: true}, poll).is(204)
	if want := "/live/new?since=" + strconv.FormatInt(s.facts.LastKnown().UnixMilli(), 10); poll != want {
		t.Errorf("it polls %s, want %s", poll, want)
	}
	s.get(admin, "/live").is(200).has("tbody tr", 3).has("tr.fresh", 0)
}

func TestRejected(t *testing.T) {
	s := staffed(t)
	s.get(admin, "/rejected").is(200).says("h2", "Nothing was rejected")
	var batch facts.Batch
	for i := range eventsShown + 1 {
		batch.Rejected = append(batch.Rejected, facts.Rejected{
			ID: fmt.Sprintf("bad-%d", i), Received: today, Source: s.source.ID, Kind: "track", Name: "Subscription Started",
			Field: "properties.mrr", Reason: "is required", Body: `{"event":"Subscription Started","x":"<script>"}`,
		})
	}
	_, err := s.facts.Append(context.Background(), batch)
	s.check(err)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		a := s.get(who, "/rejected").is(200).has("tbody tr", eventsShown)
		a.says("tbody tr:first-child", "properties.mrr").says("tbody tr:first-child", map[lang.Code]string{lang.English: "is required", lang.Portuguese: "é obrigatório"}[code])
		a.says("tbody tr:first-child", "Web app").says(`.tabs [aria-current]`, map[lang.Code]string{lang.English: "Rejected", lang.Portuguese: "Rejeitados"}[code])
		s.get(who, a.attr(`.pager a[rel=next]`, "href")).is(200).has("tbody tr", 1).has(`.pager a[href="/rejected"]`, 1)
	})
}
