package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// asked is a site with tickets of two topics, open and solved, over months.
func asked(t *testing.T) *site {
	t.Helper()
	s := staffed(t)
	s.check(s.store.UseKey(bytes.Repeat([]byte{3}, 32)))
	events := history(s.source.ID)
	h := &recorder{source: s.source.ID, n: 50_000}
	for i := range 24 {
		account, at := farol.AccountID(fmt.Sprintf("acct-%02d", 1+i%2)), today.AddDate(0, 0, -3*i-1)
		id := fmt.Sprintf("T-%d", i)
		h.add(farol.Track, "Ticket Opened", at, account, "user-01-0", map[string]any{"ticket": id, "subject": "Relatório <b>" + id, "topic": []string{"reports", "login"}[i%2], "priority": "high", "url": "https://desk.example/t/1"})
		h.add(farol.Track, "Ticket Updated", at.Add(time.Hour), account, "", map[string]any{"ticket": id, "status": "pending", "status_raw": "Esperando", "first_reply_at": at.Add(time.Hour).Format(time.RFC3339)})
		if i%3 != 0 {
			h.add(farol.Track, "Ticket Solved", at.Add(5*time.Hour), account, "", map[string]any{"ticket": id, "csat": 1, "csat_raw": "5/5"})
		}
	}
	h.add(farol.Track, "Ticket Opened", today.AddDate(0, 0, -2), "acct-03", "", map[string]any{"ticket": "plain", "topic": ""})
	for i := range h.events {
		h.events[i].Known = h.events[i].At.Add(time.Second)
	}
	s.take(sorted(append(events, h.events...)))
	return s
}

// sorted puts events in the order in which they became known.
func sorted(events []farol.Event) []farol.Event {
	out := append([]farol.Event(nil), events...)
	for i := 1; i < len(out); i++ {
		for j := i; j > 0 && out[j].Known.Before(out[j-1].Known); j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// Accounts are proposed by a word of their names, the first by name, tests and
// accents aside.
func TestAccountNames(t *testing.T) {
	accounts := map[farol.AccountID]*customer.Account{"t": {ID: "t", Name: "Ágora test", Test: true}, "x": {ID: "x", Name: "Go"}, "y": {ID: "y", Name: "RA"}}
	for i := range 8 {
		id := farol.AccountID(fmt.Sprintf("a%d", i))
		accounts[id] = &customer.Account{ID: id, Name: fmt.Sprintf("%d Ágora Ágora", i)}
	}
	n := namesOf(accounts)
	for word, want := range map[string]string{"agora": "a0 a1 a2 a3 a4", "ÁGORA": "a0 a1 a2 a3 a4", "go": "a0 a1 a2 a3 a4", "7 agora": "a7", "a": "a0 a1 a2 a3 a4", "nothing": "", "": ""} {
		var got []string
		for _, c := range n.holding(word, 5) {
			got = append(got, c.Value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q proposes %v, want %s", word, got, want)
		}
	}
}

func TestTickets(t *testing.T) {
	s := asked(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Support, code: code}
		s.get(who, "/tickets").is(200).has("[data-chart]", 1)
		s.get(who, "/tickets?topic=reports").is(200).has("table[data-rows] tbody tr", 4)
		s.get(who, "/tickets?status=all&topic=login&sort=account").is(200).has("table[data-rows] tbody tr", 12)
	})
	a := s.get(admin, "/tickets").is(200)
	a.says("main", "Unsolved tickets").says("tfoot", "12 tickets").says("main", "1.0 h").says("table", "reports")
	if strings.Contains(a.body, "<b>T-") {
		t.Error("a subject is HTML")
	}
	s.get(admin, "/tickets?q=relatorio+T-3").has("table[data-rows] tbody tr", 1)
	s.get(admin, "/tickets?q=nothing").says(".nothing", "No ticket fits")
	s.get(admin, "/tickets?as_of="+farol.DayOf(today, time.UTC).Next(-30).String()).is(200).has(".past", 1)
	s.get(admin, "/tickets?mine=yes").says(".nothing", "No ticket fits")
	s.get(admin, "/tickets?segment=plan%3DPro").is(200)
	for _, bad := range []string{"status=x", "sort=x", "offset=x", "offset=-1"} {
		s.get(admin, "/tickets?"+bad).is(400)
	}
	if csv := s.get(admin, "/tickets.csv?status=all&topic=login").body; strings.Count(csv, "\n") != 13 {
		t.Errorf("the file has %d lines", strings.Count(csv, "\n"))
	}
	s.get(admin, "/tickets?status=all&offset=10").is(200).has(".pager a", 1)
	empty := staffed(t)
	empty.get(admin, "/tickets").is(200).says(".nothing", "No tickets yet")
	s.get(admin, "/customers/acct-01?tab=tickets").says("table", "T-2").says("table", "Waiting for the customer")
}

func TestTicketPage(t *testing.T) {
	s := asked(t)
	page := "/tickets/" + string(s.source.ID) + "/T-3"
	csm, support := as{role: store.CSM}, as{role: store.Support}
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, page).is(200).has(".moments", 2)
	})
	s.post(support, page+"/messages", "body", "").is(422).has(".form-error", 1)
	s.post(support, page+"/messages", "body", "Do you know this one, @csm?").leadsTo(page + "?done=saved")
	a := s.get(csm, page).is(200).says(".moments", "Do you know this one").says(".pairs", "Esperando").has("a[href='https://desk.example/t/1']", 1)
	a.says("main", "No article is about login yet.").says("main", "Other tickets")
	told, _ := s.get(csm, "/my-day").says(".moments", "mentioned you").doc.Find(".moments a[href^='/notices/']").Attr("href")
	s.get(csm, told).leadsTo(page)
	s.get(csm, "/customers/acct-02?tab=thread").says("main", "Do you know this one")
	s.get(admin, "/tickets/"+string(s.source.ID)+"/plain").is(200).says("main", "has no topic")
	s.get(admin, page+"?as_of=2026-03-11").is(200).has(".past", 1)
	s.get(admin, page+"?as_of=2020-01-01").is(404)
	s.get(admin, "/tickets/x/y").is(404)
}

// A help desk is connected, its fields are mapped on what it sent, and whom
// nobody knows is assigned, all through the pages.
func TestDesks(t *testing.T) {
	s := staffed(t)
	s.check(s.store.UseKey(bytes.Repeat([]byte{3}, 32)))
	s.live()
	s.get(admin, "/desks").is(200).says(".nothing", "No help desk is connected")
	s.post(admin, "/desks", "kind", "zendesk", "name", "Z", "secret", "x").is(422).has(".form-error", 1)
	s.post(admin, "/desks", "kind", "zendesk", "name", "Zendesk", "secret", "signing secret").is(201).says("pre", "/hooks/")
	made := s.post(admin, "/desks", "kind", "webhook", "name", "Jira").is(201).says("#desk-secret-text", "whsec_")
	list, err := s.store.Desks(t.Context())
	s.check(err)
	d := list[1]
	page := "/desks/" + string(d.ID)
	if s.get(admin, page).is(200); strings.Contains(s.get(admin, page).body, "whsec_") {
		t.Error("the secret is shown again")
	}
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/desks").is(200).has("tbody tr", 2)
		s.get(as{role: store.Viewer, code: code}, page).is(200)
		s.get(as{role: store.Viewer, code: code}, "/desks/"+string(list[0].ID)).is(200).says("#desk-body", "{{ticket.id}}")
	})
	desks := &desk.Desks{Store: s.store, Facts: s.facts, Customers: nil, Now: func() time.Time { return today }}
	body := `{"issue":{"key":"S-1","state":"Finished","who":"eva@nowhere.example","topic":"login"}}`
	got, _, err := desks.Take(t.Context(), d, []byte(body), "one")
	s.check(err)
	if got.State != store.DeliveryRejected {
		t.Fatalf("%+v", got)
	}
	s.get(admin, "/tickets").says(".past", "could not be read")
	s.get(admin, "/tickets/deliveries").is(200).says("tbody", "Could not be read").says("tbody", "S-1")
	s.get(admin, "/tickets/deliveries?state=x").is(400)
	s.get(admin, page).says("textarea[name=sample]", "S-1").has("datalist option", 4)
	fields := []string{"base", "0", "sample", body, "field.id", "issue.key", "field.status", "issue.state", "field.requester_email", "issue.who", "field.topic", "issue.topic", "statuses", "Finished = solved"}
	s.post(admin, page, append([]string{"do", "try"}, fields...)...).is(200).says("main", "What the sample would become").says(".pairs", "Solved")
	s.post(admin, page, append([]string{"do", "try", "field.url", "issue.link"}, fields...)...).is(200).says("table", "not in the sample")
	s.post(admin, page, append([]string{"do", "map", "field.url", "a["}, fields...)...).is(422).has(".form-error", 1)
	s.post(admin, page, "do", "map", "base", "0", "sample", "{", "field.id", "x").is(422).has(".form-error", 1)
	s.post(admin, page, "do", "map", "base", "0", "field.id", "x", "statuses", "nonsense").is(422)
	s.post(admin, page, "do", "map", "base", "0", "field.id", "x", "csat_min", "a").is(422)
	s.post(admin, page, append([]string{"do", "map"}, fields...)...).leadsTo(page + "?done=saved")
	s.post(admin, page, append([]string{"do", "map"}, append(fields, "field.subject", "issue.topic")...)...).is(422)
	s.get(admin, page).says("main", "Version 1")
	s.post(as{role: store.Support}, "/tickets/replay", "state", "rejected").leadsTo("/tickets/deliveries?done=replayed")
	s.get(admin, "/tickets").says(".past", "nobody knows whose it is")
	wait := s.get(as{role: store.Support}, "/tickets/waiting").is(200).says("tbody", "eva@nowhere.example")
	who, _ := wait.doc.Find("input[name=who]").First().Attr("value")
	s.post(as{role: store.Support}, "/tickets/waiting", "who", who, "account", "nobody").is(422).has(".flash.wrong", 1)
	s.post(as{role: store.Support}, "/tickets/waiting", "who", who, "account", "CONTA 4", "domain", "yes").leadsTo("/tickets/waiting?done=assigned")
	after := s.get(as{role: store.Support}, "/tickets/waiting").says(".nothing", "Nobody waits").says("tbody", "domain:nowhere.example")
	s.get(admin, "/tickets/"+string(d.ID)+"/webhook-S-1").is(200).says("main", "Solved")
	known, _ := after.doc.Find("input[name=who]").First().Attr("value")
	s.post(as{role: store.Support}, "/tickets/waiting", "who", known, "do", "forget").leadsTo("/tickets/waiting?done=saved")
	s.get(admin, "/tickets/deliveries?state=taken&source="+string(d.ID)).has("tbody tr", 1)

	old := made.doc.Find("#desk-secret-text").Text()
	if now := s.post(admin, page, "do", "secret").is(200).doc.Find("#desk-secret-text").Text(); now == "" || now == old {
		t.Errorf("the new secret is %q", now)
	}
	s.post(admin, page, "do", "rename", "name", "").is(422)
	s.post(admin, page, "do", "disable").leadsTo(page + "?done=source")
	s.get(admin, page).has(".tag.bad", 1)
	s.post(admin, page, "do", "enable")
	s.post(admin, page, "do", "dance").is(400)
	s.post(admin, page, "do", "delete").leadsTo("/desks?done=source-gone")
	s.get(admin, page).is(404)
	s.post(admin, "/tickets/replay").is(400)
}

// An article goes from a draft to somebody else's hands to readers, and shows
// who needed it.
func TestKnowledge(t *testing.T) {
	s := asked(t)
	support, csm := as{role: store.Support}, as{role: store.CSM}
	empty := s.get(support, "/knowledge").is(200).says(".nothing", "Nothing is written down yet")
	empty.says("main", "login")
	s.get(support, "/knowledge/new?topic=login").is(200).has("input[name=topics][value=login]", 1)
	text := []string{"language", "pt-BR", "title", "Não consigo entrar", "body", "Troque a **senha**.\n\n<script>alert(1)</script>", "topics", "login, acesso", "tags", "senha", "features", "Signed In", "stages", "adoption"}
	s.post(support, "/knowledge", append([]string{"do", "preview"}, text...)...).is(200).says(".written strong", "senha")
	s.post(support, "/knowledge", "language", "en", "title", "", "body", "x").is(422).has(".form-error", 1)
	a := s.post(support, "/knowledge", text...)
	page := strings.TrimSuffix(a.header.Get("Location"), "?done=saved")
	if !strings.HasPrefix(page, "/knowledge/") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	m, err := s.store.MemberByEmail(t.Context(), "csm@example.com")
	s.check(err)
	author, err := s.store.MemberByEmail(t.Context(), "support@example.com")
	s.check(err)
	s.post(support, page, "do", "publish").is(403)
	s.post(support, page, "do", "review", "reviewer", string(author.ID)).is(422)
	s.post(support, page, "do", "review", "reviewer", string(m.ID)).leadsTo(page + "?done=review")
	told, err := s.store.Notices(t.Context(), m.ID, true, 1)
	s.check(err)
	s.get(csm, "/notices/"+told[0].ID).leadsTo(page)
	s.post(csm, page, "do", "return").leadsTo(page + "?done=saved")
	s.post(support, page, "do", "review", "reviewer", string(m.ID))
	s.get(csm, page).has("button[value=publish]", 1).has("input[name=base][value='1']", 1)
	for _, read := range []string{"", "2"} {
		s.post(csm, page, "do", "publish", "base", read).is(422).says("main", "it is at version 1")
	}
	s.post(csm, page, "do", "publish", "base", "1").leadsTo(page + "?done=published")
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, page+"?period=12m").is(200).has(".written strong", 1).has("tbody tr", 1)
		s.get(as{role: store.Viewer, code: code}, "/knowledge?q=NAO+senha").is(200).has("table[data-rows] tbody tr", 1)
		s.get(as{role: store.Viewer, code: code}, page+"/versions").is(200)
	})
	shown := s.get(csm, page+"?period=12m").says("table", "Conta 2").says("main", "Article Read")
	if strings.Contains(shown.body, "<script>alert") {
		t.Error("an article runs a script")
	}
	ticket := string(s.source.ID) + "/T-3"
	s.get(csm, "/tickets/"+ticket).says("main a[href^='"+page+"']", "Não consigo entrar")
	s.get(csm, page+"?ticket="+url.QueryEscape(ticket)).has("a[href='/tickets/"+ticket+"']", 1)
	s.get(csm, page).says(".pairs", "from 1 ticket")
	s.get(csm, "/knowledge?topic=login&stage=adoption").has("table[data-rows] tbody tr", 1)
	s.get(csm, "/knowledge?q=nothing").says(".nothing", "No article fits")
	s.get(csm, "/knowledge?state=x").is(400)

	// The next version waits beside what is published.
	edit := s.get(csm, page+"/edit").is(200)
	base, _ := edit.doc.Find("input[name=base]").Attr("value")
	text[5] = "Troque a senha.\n\nDepois, entre."
	s.post(csm, page, append([]string{"do", "preview", "base", base}, text...)...).is(200)
	s.post(csm, page, append([]string{"do", "write", "base", "9"}, text...)...).is(422)
	s.post(csm, page, append([]string{"do", "write", "base", base}, text...)...).leadsTo(page + "?draft=yes&done=saved")
	s.get(support, page).says(".past", "A newer draft")
	s.get(support, page).has("button[value=publish]", 0) // it shows the version before
	s.get(support, page+"?draft=yes").says(".written", "Depois, entre.").has("button[value=publish]", 1)
	s.get(support, page+"/versions").has(".diff .plus", 2).has(".diff .minus", 2)
	s.get(support, page+"/versions?from=2&to=2").is(200).has(".diff .plus", 0)
	s.get(support, page+"/versions?from=7").is(404)
	s.get(support, page+"/versions?from=x").is(400)
	s.post(support, page, "do", "restore", "version", "1").leadsTo(page + "?done=saved")
	s.get(support, page+"?draft=yes").says(".written strong", "senha")
	s.post(support, page, "do", "restore", "version", "x").is(422)
	s.post(support, page, "do", "archive").leadsTo(page + "?done=saved")
	s.get(support, "/knowledge?state=archived").has("table[data-rows] tbody tr", 1)
	s.post(support, page, "do", "unarchive")
	s.post(support, page, "do", "dance").is(422)
	s.get(support, "/knowledge/nope").is(404)

	// What a customer's reading did is told as what it is.
	id := strings.TrimPrefix(page, "/knowledge/")
	h := &recorder{source: s.source.ID, n: 90_000}
	h.add(farol.Track, "Article Read", today.AddDate(0, 0, -45), "acct-01", "user-01-0", map[string]any{"article": id})
	for i := range h.events {
		h.events[i].Known = today
	}
	s.take(h.events)
	s.get(support, page+"?period=12m").says("main", "Not randomised").says("main", "Too few have read it")
}

func TestDiff(t *testing.T) {
	var b strings.Builder
	for _, l := range diff("a\nb\nc", "a\nx\nc\nd") {
		fmt.Fprintf(&b, "%s%s ", l.Mark, l.Text)
	}
	if b.String() != "a -b +x c +d " {
		t.Errorf("%s", b.String())
	}
}

// A goal is of both teams, has a live value, and says where it leads and why.
func TestGoals(t *testing.T) {
	s := asked(t)
	csm := as{role: store.CSM}
	s.get(csm, "/goals").is(200).says(".nothing", "No shared goal yet")
	cs, err := s.store.MemberByEmail(t.Context(), "csm@example.com")
	s.check(err)
	sup, err := s.store.MemberByEmail(t.Context(), "support@example.com")
	s.check(err)
	s.get(csm, "/goals/new?metric=mrr&segment=plan%3DPro").is(200).has("input[name=segment][value='plan=Pro'][checked]", 1)
	rule, err := segment.ParseText(`plan is "Pro"`)
	s.check(err)
	_, err = segment.Put(t.Context(), s.store, "pros", segment.Document{Title: "Pros", Rule: rule}, nil, "system")
	s.check(err)
	s.get(csm, "/goals/new?segment=$segment.pros%3Dtrue").is(200).has("select[name=segment] option[value='$segment.pros=true'][selected]", 1)
	s.post(csm, "/goals", "title", "x", "metric", "active_users_week", "target", "1", "start", "2026-02-02", "due", "2026-06-30", "support", string(sup.ID), "cs", string(cs.ID), "segment", "$segment.none=true").is(422).says(".form-error", "no segment")
	s.get(csm, "/values?of=attribute&attribute=").is(200).has("select", 0)
	form := func(more ...string) []string {
		return append([]string{"title", "Mais gente usando", "metric", "active_users_week", "grain", "week", "target", "40", "start", "2026-02-02", "due", "2026-06-30", "support", string(sup.ID), "cs", string(cs.ID), "why", "Porque **sim**."}, more...)
	}
	for field, value := range map[string]string{"title": "", "metric": "x", "target": "much", "due": "2026-01-01", "start": "x", "support": "", "cs": "nobody", "grain": "hour", "segment": "x", "baseline": "x", "direction": "x"} {
		f := form()
		if field == "segment" || field == "baseline" || field == "direction" {
			f = append(f, field, value)
		}
		for i := 0; i < len(f); i += 2 {
			if f[i] == field {
				f[i+1] = value
			}
		}
		if a := s.post(csm, "/goals", f...).is(422); a.doc.Find(".form-error, .flash.wrong").Length() == 0 {
			t.Errorf("%s = %q is refused without a word", field, value)
		}
	}
	page := strings.TrimSuffix(s.post(csm, "/goals", form()...).header.Get("Location"), "?done=saved")
	share := strings.TrimSuffix(s.post(csm, "/goals", form("title", "x")...).header.Get("Location"), "?done=saved")
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/goals").is(200).has("table[data-rows] tbody tr", 2)
		s.get(as{role: store.Viewer, code: code}, page).is(200).has("[data-chart]", 1).says(".written strong", "sim")
		s.get(as{role: store.Viewer, code: code}, "/").is(200).has("a[href='"+page+"']", 1)
	})
	few := strings.TrimSuffix(s.post(csm, "/goals", form("segment", "$segment.pros=true")...).header.Get("Location"), "?done=saved")
	s.get(csm, few).is(200).says("main", "In Pros on the day")
	s.post(csm, few, "do", "end").is(303)
	a := s.get(csm, page).says("main", "independent of each other").says(".pairs", "Ana CSM").says(".pairs", "Ana SUPPORT")
	if !strings.Contains(a.doc.Find("#goal-data").Text(), "Going on as before") {
		t.Error("there is no band")
	}
	edit := s.get(csm, page+"/edit").is(200).has("input[name=target][value='40']", 1)
	base, _ := edit.doc.Find("input[name=base]").Attr("value")
	f := form("do", "write", "base", base)
	f[7] = "1"
	s.post(csm, page, f...).leadsTo(page + "?done=saved")
	s.get(csm, page).says(".tag.good", "Reached").says("main", "Version 2")
	s.post(csm, page, f...).is(422)
	s.post(csm, share, "do", "end").leadsTo(share + "?done=saved")
	s.get(csm, "/goals").has("table[data-rows] tbody tr", 1).says("main", "Ended")
	s.post(csm, share, "do", "resume")
	s.post(csm, share, "do", "dance").is(400)
	s.get(csm, "/goals/nope").is(404)
	s.get(csm, "/goals/nope/edit").is(404)

	// A share is typed in per cent and a time in hours.
	for typed, want := range map[string]string{"12,5": "12.5", "1.234,5": "1234.5", "1,234.5": "1234.5", " 40 %": "40", "1.5": "1.5"} {
		if got := typedNumber(typed); got != want {
			t.Errorf("%q is %q", typed, got)
		}
	}
	f = form()
	f[3], f[5], f[7] = "seat_utilisation", "month", "62,5"
	place := strings.TrimSuffix(s.post(csm, "/goals", f...).header.Get("Location"), "?done=saved")
	g, err := s.store.Definition(t.Context(), "goal", strings.TrimPrefix(place, "/goals/"))
	s.check(err)
	var kept struct{ Target float64 }
	s.check(json.Unmarshal(g.Body, &kept))
	if kept.Target != 0.625 {
		t.Errorf("62,5 per cent is %v", kept.Target)
	}
	s.get(csm, place+"/edit").has("input[name=target][value='62.5']", 1)

	// Who sees their own customers only has the values of those.
	own := store.OwnAccounts
	_, err = s.store.UpdateMember(t.Context(), cs.ID, store.MemberUpdate{Scope: &own})
	s.check(err)
	s.get(csm, "/goals").is(200).says("table[data-rows] .tag", "Your part").has("a[href='/goals/new']", 0).has(".lead-line", 0)
	if a := s.get(csm, page).is(200).says("main", "You see some customers only").has("form[method=post][action='"+page+"']", 0); strings.Contains(a.doc.Find("#goal-data").Text(), "Target") {
		t.Error("the values of some are drawn beside the target of all")
	}
	s.get(csm, "/goals/new").is(403)
	s.get(csm, page+"/edit").is(403)
	s.post(csm, page, "do", "end").is(403)
}
