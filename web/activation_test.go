package web

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

func TestActivationPage(t *testing.T) {
	empty := staffed(t)
	s := staffed(t)
	s.live()
	// Only accounts with many people meet it, and only half of it at first.
	for _, least := range []string{"4", "3"} {
		_, err := s.store.Define(context.Background(), store.Draft{Kind: metric.SettingKind, Name: metric.ActivationName, Author: "system", Body: metric.Activation{
			Events:     []metric.Clause{{Name: "Report Created", Min: 1, Where: []metric.Where{{Property: "pages", Op: "at_least", Values: []string{least}}}}, {Name: "Report Created", Min: 2}},
			WindowDays: 14, From: "2026-02-01",
		}})
		s.check(err)
	}
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.CSM, code: code}
		empty.get(who, "/activation").is(200).has("[data-chart]", 0).has(".nothing", 1)
		a := s.get(who, "/activation?period=12m").is(200)
		a.has(".stat", len(activationCards)).has("#stuck tbody tr", -1).has("#criteria tbody tr", -1).has("#gap", 1)
		c := a.chart("curve-data")
		if len(c.Series) == 0 || len(c.Series[0].Values) != len(c.Ticks) || len(c.Ticks) < 10 || c.Series[0].Values[0] == nil {
			t.Errorf("the curve has %d series over %d days", len(c.Series), len(c.Ticks))
		}
		a.says("header.head p", map[lang.Code]string{lang.English: "Do new customers get to value", lang.Portuguese: "Os novos clientes chegam ao valor"}[code])
		s.get(who, "/activation?criterion=nothing").is(400)
	})
	csv := s.get(as{role: store.Viewer}, "/activation/curve.csv?period=12m").is(200).body
	if lines := strings.Split(csv, "\n"); len(lines) < 10 || !strings.HasPrefix(lines[0], "cohort,until,units,met,lost,day,share") || !strings.HasPrefix(lines[1], ",,") {
		t.Errorf("the file of the curve: %.200s", csv)
	}
	if csv := s.get(as{role: store.Viewer}, "/activation/stuck.csv?period=12m").is(200).body; !strings.HasPrefix(csv, "unit,name,account,start,days") {
		t.Errorf("the file of who is stuck: %.200s", csv)
	}
}

// The condition of a criterion without events has words, wherever it stands.
func TestClauseName(t *testing.T) {
	p := lang.For(lang.Portuguese)
	if got := clauseName(p, metric.Clause{Name: "*", Min: 1}); got != "qualquer atividade" {
		t.Error(got)
	}
	if got := clauseName(p, metric.Clause{Name: "*", Min: 5}); got != "* >= 5" {
		t.Error(got)
	}
}

func TestAdoptionPage(t *testing.T) {
	empty := staffed(t)
	s := staffed(t)
	s.live()
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.CSM, code: code}
		empty.get(who, "/adoption").is(200).has(".nothing", 1)
		s.get(who, "/adoption").is(200).has(".stat", len(adoptionCards)).has("#features a[href='/settings/features']", -1).has("#missions tbody tr", -1)
	})
	s.invitees(t)
	leader := as{role: store.Manager}
	form := func(events, window string) []string {
		return []string{
			"base", "0", "window_days", window, "adopted_days", "2", "name", "Reports", "events", "Report Created, $page", "plans", "", "roles", "Champion, analyst", "released", "", "core", "0",
			"name", "Sign-in", "events", events, "plans", "pro", "roles", "", "released", "2026-01-05", "name", "", "events", "",
		}
	}
	s.post(leader, "/settings/features", form("Signed In", "28")...).is(303)
	d, err := s.store.Definition(context.Background(), metric.SettingKind, metric.FeaturesName)
	if err != nil || d.Version != 1 || !strings.Contains(string(d.Body), `"core":true`) || !strings.Contains(string(d.Body), `"$page"`) {
		t.Fatalf("%+v, %v", d, err)
	}
	s.get(leader, "/settings/features").is(200).has(`input[name="core"][checked]`, 1).has(`input[name="name"]`, 4).has(`input[name="roles"][value="Champion, analyst"]`, 1)
	s.post(leader, "/settings/features", form("", "28")...).is(422).says(".form-error", "at least one event")
	s.post(leader, "/settings/features", form("Signed In", "x")...).is(422).has(".form-error", 1)
	s.post(as{role: store.Viewer}, "/settings/features", form("Signed In", "28")...).is(403)
	twice := form("Signed In", "28")
	twice[slices.Index(twice, "Champion, analyst")] = "Champion, champion"
	s.post(leader, "/settings/features", twice...).is(422).says(".form-error", "each role is named once")
	// As the team says it.
	s.check(s.facts.SavePersonMarks(t.Context(), today, []facts.PersonMark{{Person: "user-02-1", Trait: facts.RoleTrait, Value: "champion"}}))
	a := s.get(as{role: store.CSM}, "/adoption").is(200).has("#features tbody tr", 2).says("#features tbody", "Role: Champion, analyst")
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		s.get(who, a.attr("#features tbody a", "href")).is(200).has("#people tbody tr", 1).says(".limits", "analyst").says("#people", map[lang.Code]string{lang.English: "eligible people", lang.Portuguese: "pessoas elegíveis"}[code])
		s.get(who, "/adoption/feature?feature=nothing").is(400)
		empty.get(who, "/adoption/feature?feature=Reports").is(404)
	})
	if c := a.chart("breadth-data"); len(c.Ticks) != 2 || c.Series[0].Texts[0] == "" {
		t.Errorf("the features are drawn as %+v", c)
	}
	for path, head := range map[string]string{"/adoption/features.csv": "feature,core,day,eligible", "/adoption/missions.csv": "account,repeat,repeat_of"} {
		if csv := s.get(as{role: store.Viewer}, path).is(200).body; !strings.HasPrefix(csv, head) || strings.Count(csv, "\n") < 2 {
			t.Errorf("%s: %.200s", path, csv)
		}
	}
}

// invitees takes in invitations to somebody who is there and to somebody who
// never came, and wants both behind the figure: one leads to a page, the other
// to the invitation.
func (s *site) invitees(t *testing.T) {
	h := &recorder{source: s.source.ID, n: 90000}
	at := today.AddDate(0, 0, -40)
	h.add(farol.Track, facts.InviteSent, at, "acct-01", "", map[string]any{"invitee_email": "zoe@never.example"})
	h.add(farol.Track, facts.InviteSent, at, "acct-01", "", map[string]any{"invitee_id": "user-01-1"})
	_, err := s.facts.Append(t.Context(), facts.Batch{Events: h.events})
	s.check(err)
	s.check(s.facts.UpdateRoster(t.Context()))
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/metrics/adoption_rate_invited/source?grain=month&at="+at.Format(time.DateOnly)).is(200).
			has(`tbody a[href^="/people/user-01-1"]`, 1).has(`tbody a[href^="/people/"]`, 1).has(`tbody a[href*="name=Invite+Sent"]`, 1).says(".source-of tbody", "zoe@never.example")
	})
}
