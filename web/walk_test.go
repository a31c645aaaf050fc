package web

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/goal"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// portfolio is a site on which a CSM sees two accounts of all, with a secret
// account that is another's: everything of it carries the mark.
type portfolio struct {
	*site
	csm, support store.Member
	// things are the ids of what belongs to the secret account, by the pattern
	// of the routes that take them.
	things map[string]string
	// desks are pages of help desks; goal and article are ids of one.
	desks         []string
	goal, article string
}

// writeArticle adds an article.
func (p *portfolio) writeArticle() {
	a, err := p.store.AddArticle(p.t.Context(), store.ArticleText{Language: "en", Title: "How to export", Body: "Press the button.", Topics: []string{"exports"}}, string(p.support.ID))
	p.check(err)
	p.article = a.ID
}

// mark is in every text that the secret account has; secretAmount in its MRR.
const (
	mark         = "zzsecret"
	secretID     = "zzsecret-acct"
	secretAmount = "87654"
)

var csm = as{role: store.CSM, code: lang.English}

// lastChange is the id of what was done to the secret account.
var lastChange string

// guarded makes the site.
func guarded(t *testing.T) *portfolio {
	t.Helper()
	p := &portfolio{site: staffed(t)}
	ctx := t.Context()
	h := &recorder{source: p.source.ID, n: 50_000}
	begin := today.AddDate(0, -3, 0)
	h.add(farol.Group, "", begin, secretID, "", map[string]any{"name": "Zzsecret Ltda", "plan": "zzsecret-plan", "domain": "zzsecret.com", "mrr_now": 87654})
	h.add(farol.Track, "Signed Up", begin, secretID, "zzsecret-person", nil)
	h.add(farol.Track, "Subscription Started", begin, secretID, "", map[string]any{"subscription": "zzsecret-sub", "mrr": 87654.32, "currency": "BRL", "plan": "zzsecret-plan", "product": "Core"})
	for d := range 80 {
		h.add(farol.Track, "Report Created", begin.AddDate(0, 0, d), secretID, "zzsecret-person", map[string]any{"note": mark})
	}
	h.add(farol.Track, "Survey Answered", today.AddDate(0, 0, -3), secretID, "zzsecret-person", map[string]any{"survey": "q1", "kind": "nps", "score": 2, "comment": "zzsecret comment"})
	h.add(farol.Track, "Ticket Opened", today.AddDate(0, 0, -2), secretID, "zzsecret-person", map[string]any{"ticket": "zzsecret-1", "subject": "zzsecret subject", "topic": "zzsecret topic"})
	h.add(farol.Track, "Subscription Changed", today.AddDate(0, 0, -40), secretID, "", map[string]any{"subscription": "zzsecret-sub", "mrr": 187654.32, "currency": "BRL", "plan": "zzsecret-plan", "product": "Core"})
	h.add(farol.Track, "Subscription Cancelled", today.AddDate(0, 0, -1), secretID, "", map[string]any{"subscription": "zzsecret-sub", "reason": "price"})
	for i := range h.events {
		h.events[i].Known = h.events[i].At.Add(time.Second)
	}
	events := append(h.events, history(p.source.ID)...)
	slices.SortStableFunc(events, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
	p.take(events)
	var err error
	p.csm, err = p.store.MemberByEmail(ctx, "csm@example.com")
	p.check(err)
	p.support, err = p.store.MemberByEmail(ctx, "support@example.com")
	p.check(err)
	p.check(p.facts.SaveMarks(ctx, today.AddDate(0, 0, -60), []facts.Mark{
		{Account: "acct-01", Trait: "$owner.csm", Value: string(p.csm.ID)}, {Account: "acct-02", Trait: "$owner.sales", Value: string(p.csm.ID)},
		{Account: secretID, Trait: "$owner.csm", Value: string(p.support.ID)}, {Account: secretID, Trait: "$tag.zzsecret tag", Value: "true"},
	}))
	own := store.OwnAccounts
	_, err = p.store.UpdateMember(ctx, p.csm.ID, store.MemberUpdate{Scope: &own})
	p.check(err)
	change, err := p.store.AddCustomerChange(ctx, store.CustomerChange{Author: string(p.support.ID), Trait: "$stage", Value: "onboarding", Reason: "zzsecret reason", Before: map[farol.AccountID]string{secretID: ""}})
	p.check(err)
	note, err := p.store.AddNote(ctx, store.Note{Account: secretID, Author: p.support.ID, Title: "zzsecret title", Body: "zzsecret note @csm@example.com"})
	p.check(err)
	task, err := p.store.AddTask(ctx, store.Task{Account: secretID, Title: "zzsecret task", Creator: string(p.support.ID), Owner: p.csm.ID})
	p.check(err)
	said, err := p.store.Say(ctx, store.Message{Thread: store.AccountThread(secretID), Author: p.csm.ID, Body: "zzsecret message @csm@example.com"})
	p.check(err)
	p.check(p.store.Follow(ctx, p.csm.ID, secretID, false))
	notices, err := p.store.Notices(ctx, p.csm.ID, false, 0)
	p.check(err)
	p.check(p.facts.UpdateRoster(ctx))
	file, err := p.store.AddFile(ctx, store.File{Account: secretID, Name: "zzsecret.txt", Author: string(p.support.ID)}, strings.NewReader(mark))
	p.check(err)
	rule, err := segment.ParseText("plan is \"Pro\" or plan is not \"Pro\"")
	p.check(err)
	_, err = segment.Put(ctx, p.store, "walked", segment.Document{Title: "Walked", Rule: rule}, nil, "system")
	p.check(err)
	p.unsaid()
	lastChange = change.ID
	p.things = map[string]string{"/customer-changes/": change.ID, "/files/": file.ID, "/notices/": notices[0].ID, "/customers/": secretID, "/people/": "zzsecret-person", "/notes/": note.ID, "/tasks/": task.ID, "/messages/": said.ID, "/tickets/": "zzsecret-1"}
	return p
}

// Names in what speaks of hidden fields: the walk of those who may not see them
// looks for these.
const (
	hiddenTitle  = "Whose domain it is"
	hiddenTarget = "43219"
)

// unsaid makes what is not of one account and may tell of one: help desks with
// samples of tickets, and a goal with amounts.
func (p *portfolio) unsaid() {
	ctx := p.t.Context()
	p.check(p.store.UseKey(bytes.Repeat([]byte{3}, 32)))
	sample := []byte(`{"n":"1","subject":"zzsecret sample","domain":"zzsecret.com"}`)
	for _, name := range []string{"Mapped", "Sent"} {
		d, _, err := p.store.AddDesk(ctx, "webhook", name, "")
		p.check(err)
		if p.desks = append(p.desks, "/desks/"+string(d.ID)); name == "Sent" {
			_, _, err = p.store.AddDelivery(ctx, store.Delivery{Source: d.ID, Delivery: "one", Body: sample})
		} else {
			_, err = (&desk.Desks{Store: p.store}).SaveMapping(ctx, d.ID, desk.Mapping{Sample: sample, Fields: map[string]string{"id": "n", "subject": "subject"}}, "system", nil)
		}
		p.check(err)
	}
	target, err := goal.Keeper{Store: p.store, Metrics: p.metrics, Now: func() time.Time { return today }}.Add(ctx, goal.Goal{Title: hiddenTitle, Metric: "mrr", Target: 43219, Start: "2026-01-01", Due: "2026-12-31", Support: string(p.support.ID), CS: string(p.csm.ID)}, "system")
	p.check(err)
	p.goal = target.ID
}

// free are the routes whose parameters name nothing of an account: a new route
// with a parameter is entered here, or its thing in guarded.
var free = []string{
	"/metrics/", "/glossary/", "/restatements/", "/views/", "/sources/", "/activation/criteria/", "/settings/", "/team/members/", "/team/tokens/", "/team/invitations/", "/account/sessions/", "/invite/", "/segments/", "/erasures/", "/desks/", "/knowledge/", "/goals/",
	"/new/", "/undo/", "/covers/", "/digest/stop/",
}

// fillPath writes a thing of the secret account into the route's path; ok is
// false when the path takes none.
func (p *portfolio) fillPath(t *testing.T, path string) (filled string, ok bool) {
	for prefix, id := range p.things {
		if strings.HasPrefix(path, prefix) && strings.Contains(path, "{") {
			return strings.NewReplacer("{id}", url.PathEscape(id), "{source}", string(p.source.ID)).Replace(path), true
		}
	}
	if !strings.Contains(path, "{") {
		return path, false
	}
	for _, prefix := range free {
		if strings.HasPrefix(path, prefix) {
			name, id := "active_users_week", string(p.source.ID)
			switch prefix {
			case "/desks/":
				id = strings.TrimPrefix(p.desks[0], prefix)
			case "/goals/":
				id = p.goal
			case "/settings/":
				name = "active"
			case "/segments/":
				name = "walked"
			}
			return strings.NewReplacer("{name}", name, "{what}", "note", "{token}", "none", "{id}", id, "{secret}", "fi_none").Replace(path), false
		}
	}
	t.Errorf("the walk does not know what %s names: say in walk_test.go", path)
	return path, false
}

// looks are questions that would bring another's account up; those of the
// list of customers are asked of it alone.
func looks(path string) []string {
	out := []string{"", "?by=account&period=12m", "?by=plan&group=account&attribute=plan", "?account=" + secretID, "?person=zzsecret-person", "?segment=account%3D" + secretID + "&team=yes"}
	if strings.HasPrefix(path, "/customers") {
		out = append(out, "?change="+lastChange, "?q=zzsecret", "?where=attribute.plan%3Dzzsecret-plan", "?cols=attribute.plan,id,tags,metric.mrr", "?view=board", "?tab=notes", "?by=%24owner.csm")
	}
	return out
}

// No page, file or fragment shows a word of an account that is out of sight,
// whatever is asked; what names a thing of it is not there.
func TestNothingOutOfSight(t *testing.T) {
	p := guarded(t)
	// The account is there to be found.
	p.get(admin, "/customers/"+secretID).is(200).says("h1", "Zzsecret")
	p.get(admin, "/customers").says("main", "Zzsecret")
	for _, r := range routes {
		method, path, ok := strings.Cut(r.pattern, " ")
		if !ok || method != "GET" && method != "POST" || r.pattern == "GET /{$}" {
			method, path = "GET", "/"
		}
		path, names := p.fillPath(t, path)
		if method == "POST" {
			if a := p.request(csm, method, path, url.Values{"body": {"x"}, "do": {map[bool]string{true: "done", false: "delete"}[strings.HasPrefix(path, "/tasks")]}, "off": {"yes"}}); names && a.status != http.StatusNotFound && a.status != http.StatusForbidden {
				t.Errorf("%s on what is out of sight answered %d", r.pattern, a.status)
			}
			continue
		}
		for _, look := range looks(path) {
			a := p.get(csm, path+look)
			if names && a.status != http.StatusNotFound && (a.status != http.StatusForbidden || r.who.allows(store.CSM)) {
				t.Errorf("%s%s of what is out of sight answered %d", r.pattern, look, a.status)
			}
			if a.status >= 500 {
				t.Errorf("%s%s failed with %d: %s", r.pattern, look, a.status, p.log)
				p.log.Reset()
			}
			if found := shown(a, look); found != "" {
				t.Errorf("%s%s (%d) shows what is out of sight: …%s…", r.pattern, look, a.status, found)
			}
		}
	}
	for prefix, id := range p.things {
		if prefix == "/notes/" {
			if _, err := p.store.Note(t.Context(), id); err != nil {
				t.Errorf("the note was deleted from out of sight: %v", err)
			}
		}
	}
}

// shown is where the answer shows the mark or the amount, "" for nowhere. What
// was asked may be said again.
func shown(a *answer, look string) string {
	body := strings.ToLower(a.body)
	if path, _, _ := strings.Cut(a.path, "?"); a.status == http.StatusNotFound || a.status == http.StatusForbidden {
		body = strings.ReplaceAll(body, path, "") // it may say what was asked for
	}
	if u, err := url.ParseQuery(strings.TrimPrefix(look, "?")); err == nil {
		body = strings.ReplaceAll(body, strings.ToLower(look), "")
		for k, values := range u {
			for _, x := range values {
				for _, echo := range []string{url.Values{k: {x}}.Encode(), strings.ReplaceAll(url.Values{k: {x}}.Encode(), "&", "&amp;"), x, strings.ReplaceAll(x, "=", " = "), strings.TrimPrefix(x, "attribute.plan="), url.QueryEscape(x)} {
					if strings.Contains(echo, mark) {
						body = strings.ReplaceAll(body, strings.ToLower(echo), "")
					}
				}
				if _, value, ok := strings.Cut(x, "="); ok && strings.Contains(value, mark) {
					body = strings.NewReplacer("= "+value, "", "["+value+"]", "").Replace(body)
				}
			}
		}
	}
	for _, m := range []string{mark, secretAmount, "87,654", "187,654"} {
		if i := strings.Index(body, m); i >= 0 {
			return body[max(0, i-80):min(len(body), i+60)]
		}
	}
	return ""
}

// What somebody sees of some accounts is what there would be if there were no
// others.
func TestFiguresOfAPortfolio(t *testing.T) {
	p := guarded(t)
	p.get(csm, "/customers").is(200).has("table[data-rows] tbody tr", 2).says(".totals", "2 customers")
	p.get(csm, "/customers/acct-01").is(200)
	p.get(csm, "/customers/acct-03").is(404)
	whole, part := p.get(admin, "/metrics/paying_accounts?grain=month&segment=account%3Dacct-01&segment=account%3Dacct-02").is(200), p.get(csm, "/metrics/paying_accounts?grain=month").is(200)
	if a, b := whole.text("table tbody"), part.text("table tbody"); a != b || !strings.Contains(a, "2") {
		t.Errorf("the portfolio's customers are %q, filtered %q", b, a)
	}
	p.get(csm, "/restatements").is(403)
	p.get(csm, "/rejected").is(403)
	p.get(csm, p.desks[1]).is(200).says("textarea[name=sample]", "")
	p.get(admin, p.desks[1]).says("textarea[name=sample]", "zzsecret sample")
	p.get(admin, p.desks[0]).says("textarea[name=sample]", "zzsecret sample")
	// A team's portfolio is its members' together.
	team, name := store.TeamAccounts, "North"
	_, err := p.store.UpdateMember(t.Context(), p.csm.ID, store.MemberUpdate{Scope: &team, Team: &name})
	p.check(err)
	_, err = p.store.UpdateMember(t.Context(), p.support.ID, store.MemberUpdate{Team: &name})
	p.check(err)
	p.get(csm, "/customers").has("table[data-rows] tbody tr", 3)
	p.get(csm, "/customers/"+secretID).is(200)
}

func hiddenLooks(path string) []string {
	out := []string{"", "?by=account&period=12m"}
	if path == "/search" {
		out = append(out, "?q=domain")
	}
	if strings.HasPrefix(path, "/customers") {
		out = append(out, "?cols=metric.mrr,attribute.domain,attribute.mrr_now", "?kind=subscription", "?kind=attribute", "?q=zzsecret.com", "?where=attribute.domain%3Dzzsecret.com", "?sort=metric.mrr", "?tab=use")
	}
	return out
}

// Hidden money is on no page: not as a figure, a column, an attribute, a
// property of an event or a moment.
func TestHiddenMoney(t *testing.T) {
	p := guarded(t)
	all, hidden := store.AllAccounts, store.FieldsOf("money", "attribute.domain")
	_, err := p.store.UpdateMember(t.Context(), p.csm.ID, store.MemberUpdate{Scope: &all, Hidden: &hidden})
	p.check(err)
	rule, err := segment.ParseText("domain is \"zzsecret.com\"")
	p.check(err)
	_, err = segment.Put(t.Context(), p.store, "domained", segment.Document{Title: hiddenTitle, Rule: rule}, nil, "system")
	p.check(err)
	p.check(p.facts.SaveMarks(t.Context(), today.AddDate(0, 0, -1), []facts.Mark{{Account: secretID, Trait: segment.Trait("domained"), Value: segment.In}}))
	p.check(p.store.Watch(t.Context(), p.csm.ID, "domained", false))
	p.get(admin, "/search?q=domain").says("body", hiddenTitle)
	p.post(csm, "/watch", "segment", "domained").is(404)
	p.post(csm, "/watch", "segment", "walked").leadsTo("/my-day?done=saved")
	if a := p.get(csm, "/customers?where=segment.domained%3Dtrue"); strings.Contains(a.text("main tbody"), "Zzsecret") {
		t.Error("a segment finds an account by what is hidden")
	}
	amounts := []string{secretAmount, "87,654", "187,654", "R$", "zzsecret.com", hiddenTitle, hiddenTarget, "43,219"}
	for _, r := range routes {
		method, path, ok := strings.Cut(r.pattern, " ")
		if !ok || method != "GET" {
			continue
		}
		path, _ = p.fillPath(t, strings.TrimSuffix(path, "{$}"))
		for _, look := range hiddenLooks(path) {
			a := p.get(csm, path+look)
			if a.status >= 500 {
				t.Errorf("%s%s failed with %d: %s", r.pattern, look, a.status, p.log)
				p.log.Reset()
			}
			body := a.body
			if strings.Contains(look, "zzsecret.com") {
				body = strings.ReplaceAll(body, "zzsecret.com", "")
				if r.pattern == "GET /customers" && strings.Contains(body, "Zzsecret") {
					t.Errorf("%s%s finds an account by what is hidden", r.pattern, look)
				}
			}
			for _, m := range amounts {
				if i := strings.Index(body, m); i >= 0 {
					t.Errorf("%s%s (%d) shows %q: …%s…", r.pattern, look, a.status, m, body[max(0, i-80):min(len(body), i+60)])
				}
			}
		}
	}
	p.get(csm, "/revenue").is(403).says("main", "hidden from you")
	for _, name := range []string{"mrr", "nrr"} {
		p.get(csm, "/metrics/"+name+"?period=12m")
	}
	if got, err := p.store.HiddenByRole(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("hidden by role: %v, %v", got, err)
	}
	none, open := store.Fields(""), metric.Money
	_, err = p.store.UpdateMember(t.Context(), p.csm.ID, store.MemberUpdate{Hidden: &none})
	p.check(err)
	p.get(csm, "/revenue").is(200)
	p.check(p.store.HideByRole(t.Context(), store.CSM, []string{open}, "test"))
	p.get(csm, "/revenue").is(403)
}
