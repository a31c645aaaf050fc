package browser_test

import (
	"bytes"
	"context"
	"net/url"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/goal"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// things are the addresses that the patterns of pages stand for on the settled
// site: one of each kind, made where the demo has none. What an address must be
// asked with besides is there, too.
func (s *site) things(account string) map[string]string {
	s.t.Helper()
	ctx := context.Background()
	of := func(prefix, id string) string { return prefix + url.PathEscape(id) }
	m, err := s.store.MemberByEmail(ctx, email)
	s.check(err)
	me := string(m.ID)
	sources, err := s.store.Sources(ctx)
	s.check(err)
	s.check(s.facts.UpdateRoster(ctx))
	var ticket facts.Ticket
	s.check(s.facts.Tickets(ctx, facts.TicketFilter{}, func(t facts.Ticket) {
		if t.Account == farol.AccountID(account) {
			ticket = t
		}
	}))
	s.check(s.store.UseKey(bytes.Repeat([]byte{3}, 32)))
	desk, _, err := s.store.AddDesk(ctx, "zendesk", "Help centre "+time.Now().Format(time.TimeOnly), "a long secret")
	s.check(err)
	article, err := s.store.AddArticle(ctx, store.ArticleText{Language: "en", Title: word[:100], Body: "# How\n\n| a | b |\n|---|---|\n| 1 | " + word + " |\n\n```\n" + word + "\n```", Topics: []string{ticket.Topic}, Features: []string{"Report Created"}}, me)
	s.check(err)
	catalogue, err := metric.Load()
	s.check(err)
	settings := func() metric.Settings {
		now, err := metric.ReadSettings(ctx, s.store)
		s.check(err)
		return now
	}
	g, err := goal.Keeper{Store: s.store, Metrics: metric.New(catalogue, s.facts, settings)}.Add(ctx, goal.Goal{Title: word[:100], Metric: "nps", Target: 50, Start: "2026-01-01", Due: "2027-12-31", Support: me, CS: me}, me)
	s.check(err)
	rule, err := segment.ParseText(`plan is "pro"`)
	s.check(err)
	_, err = segment.Put(ctx, s.store, "walked", segment.Document{Title: word[:100], Rule: rule}, nil, "system")
	if farol.KindOf(err) != farol.Conflict {
		s.check(err)
	}
	_, err = s.store.Define(ctx, store.Draft{Kind: metric.SettingKind, Name: metric.FeaturesName, Author: "system", Body: metric.Features{
		WindowDays: 28, AdoptedDays: 3, List: []metric.Feature{{Name: "Report Created", Events: []string{"Report Created"}, Core: true}},
	}})
	s.check(err)
	_, err = s.store.Define(ctx, store.Draft{Kind: metric.CriterionKind, Name: "walked", Author: "system", Body: metric.Activation{Events: []metric.Clause{{Name: "Report Created", Min: 3}}, WindowDays: 14}})
	s.check(err)
	_, err = s.facts.Append(ctx, facts.Batch{Events: []farol.Event{{ID: "gone-1", Source: sources[1].ID, Kind: farol.Identify, At: time.Now().UTC(), User: "gone-user", Properties: []byte(`{"email":"gone@example.com"}`)}}})
	s.check(err)
	erased, err := customer.BeginErasure(ctx, s.store, s.facts, farol.DayOf(time.Now(), time.UTC), customer.EraseRequest{Person: "gone-user", Reason: "asked for it", Author: me, Name: m.Name})
	s.check(err)
	s.check(customer.ContinueErasures(ctx, s.store, s.facts))
	_, invite, err := s.store.AddInvite(ctx, store.Invite{Email: "eva@example.com", Role: store.CSM, Author: me})
	s.check(err)
	cohort := farol.DayOf(time.Now().AddDate(0, -4, 0), time.UTC).String()[:8] + "01"
	return map[string]string{
		"/customers/{id}": of("/customers/", account), "/people/{id}": of("/people/", word), "/tickets/{source}/{id}": of("/tickets/", string(ticket.Source)) + of("/", ticket.ID),
		"/desks/{id}": of("/desks/", string(desk.ID)), "/knowledge/{id}": of("/knowledge/", article.ID), "/goals/{id}": of("/goals/", g.ID), "/segments/{name}": "/segments/walked", "/sources/{id}": of("/sources/", string(sources[0].ID)),
		"/erasures/{id}": of("/erasures/", erased.ID), "/metrics/{name}": "/metrics/mrr", "/metrics/{name}/versions": "/metrics/active_users_week/versions", "/settings/{name}": "/settings/company", "/new/{what}": "/new/task", "/glossary/{id}": "/glossary/churn", "/team/members/{id}": of("/team/members/", me),
		"/activation/criteria/{name}": "/activation/criteria/walked", "/invite/{secret}": "/invite/" + invite,
		"/adoption/feature": "/adoption/feature?feature=Report+Created", "/retention/members": "/retention/members?period=12m&column=1&cohort=" + cohort, "/lifecycle/accounts": "/lifecycle/accounts", "/engagement/bucket": "/engagement/bucket?bucket=1",
	}
}
