package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func TestInvitation(t *testing.T) {
	s := staffed(t)
	s.post(admin, "/team/invitations", "invite_email", "no", "role", "csm", "scope", "all").is(422).has(".form-error", 1)
	s.post(admin, "/team/invitations", "invite_email", "bia@example.com", "role", "csm", "scope", "team").is(422).says("main", "ame the team")
	a := s.post(admin, "/team/invitations", "invite_email", "bia@example.com", "role", "csm", "scope", "team", "team", "North", "money", "yes", "hidden", "attribute.cnpj, metric.nps").is(200).says(".flash", "bia@example.com")
	link, err := url.Parse(a.text("#invite-link"))
	s.check(err)
	s.get(admin, "/team").says("main", "bia@example.com").says("main", "3 fields hidden").has("#invite-link", 0)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{code: code}, link.Path).is(200).says("h1", map[lang.Code]string{lang.English: "Join the team of Vila Rica", lang.Portuguese: "Entrar na equipe da Vila Rica"}[code])
	})
	s.post(nobody, link.Path, "name", "Bia", "password", "short").is(422).has(".form-error", 1).has("input[value=Bia]", 1)
	in := s.post(nobody, link.Path, "name", "Bia", "password", "quite a long password").leadsTo(home)
	if cookie(t, in, sessionCookie).Value == "" {
		t.Error("no session begins")
	}
	m, err := s.store.MemberByEmail(t.Context(), "bia@example.com")
	s.check(err)
	if m.Role != store.CSM || m.Scope != store.TeamAccounts || m.Team != "North" || m.Hidden != store.FieldsOf("attribute.cnpj", "metric.nps", "money") {
		t.Errorf("joined as %+v", m)
	}
	s.get(nobody, link.Path).is(404).says("main", "does not work any more")
	s.post(nobody, link.Path, "name", "Eva", "password", "quite a long password").is(404)
	s.post(admin, "/team/invitations", "invite_email", "caio@example.com", "role", "viewer", "scope", "all").is(200)
	list, err := s.store.Invites(t.Context())
	s.check(err)
	s.post(admin, "/team/invitations/"+list[0].ID+"/revoke").leadsTo("/team?done=invite-gone")
	log, _, err := s.store.AuditLog(t.Context(), store.AuditQuery{})
	s.check(err)
	for _, e := range log {
		if strings.Contains(e.Path+string(e.Detail), "fi_") || strings.Contains(string(e.Detail), "long password") {
			t.Errorf("the log holds a secret: %+v", e)
		}
	}
}

// Where members sign in at a provider only, an invitation leads there; an admin
// may still have a password.
func TestInvitationAtProvider(t *testing.T) {
	s := staffed(t)
	s.handler = New(Config{Store: s.store, Facts: s.facts, Metrics: s.metrics, Now: func() time.Time { return today }, OIDC: &OIDC{Name: "Sesame", Only: true}})
	for role, to := range map[string]string{"csm": "/sign-in/oidc", "admin": home} {
		a := s.post(admin, "/team/invitations", "invite_email", role+"2@example.com", "role", role, "scope", "all").is(200)
		link, err := url.Parse(a.text("#invite-link"))
		s.check(err)
		if got := s.get(nobody, link.Path); role == "csm" {
			got.leadsTo(to)
		} else {
			got.is(200)
		}
		s.post(nobody, link.Path, "name", "Bia", "password", "quite a long password").leadsTo(to)
	}
	if _, err := s.store.MemberByEmail(t.Context(), "csm2@example.com"); farol.KindOf(err) != farol.NotFound {
		t.Errorf("a member joined by a password: %v", err)
	}
}

func TestMemberPage(t *testing.T) {
	p := guarded(t)
	at := "/team/members/" + string(p.csm.ID)
	both(t, func(t *testing.T, code lang.Code) {
		p.get(as{role: store.Admin, code: code}, at).is(200).says("h1", "Ana CSM").has("table", 1)
	})
	p.get(admin, at).says(".facts", "2")
	p.post(admin, at+"/access", "role", "csm", "scope", "nowhere").is(422)
	p.post(admin, at+"/access", "role", "csm", "scope", "all", "money", "yes").leadsTo(at + "?done=member-saved")
	p.get(csm, "/revenue").is(403)
	p.post(admin, at+"/access", "role", "csm", "scope", "own").leadsTo(at + "?done=member-saved")
	// A session is ended by its member, and by an admin.
	_, other, err := p.store.SignIn(t.Context(), "csm@example.com", password, "192.0.2.9", "Firefox/1 Linux")
	p.check(err)
	p.get(csm, "/account").has("tbody tr", 2)
	session, _, err := p.store.SessionOf(t.Context(), other)
	p.check(err)
	p.post(as{role: store.Support}, "/account/sessions/"+string(session.ID)).is(404)
	p.post(csm, "/account/sessions/"+string(session.ID)).leadsTo("/account?done=session")
	if _, _, err := p.store.SessionOf(t.Context(), other); farol.KindOf(err) != farol.Unauthorized {
		t.Errorf("the session goes on: %v", err)
	}
	p.post(admin, at+"/sessions").leadsTo(at + "?done=sessions")
	p.get(csm, "/account").is(303)
	p.get(admin, at).says("main", "Not signed in anywhere")
	p.post(admin, "/team/hidden", "role", "viewer", "money", "yes").leadsTo("/team?done=saved")
	p.get(as{role: store.Viewer}, "/revenue").is(403)
	p.get(admin, "/team").says(".fold summary", "1 field hidden")
}

// Who leaves hands over: each customer has a new owner, a note, and the owner
// before in its history; open tasks go along.
func TestLeaving(t *testing.T) {
	p := guarded(t)
	ctx := t.Context()
	at := "/team/members/" + string(p.support.ID)
	task, err := p.store.AddTask(ctx, store.Task{Account: secretID, Title: "Call them", Owner: p.support.ID, Creator: "x"})
	p.check(err)
	own, err := p.store.AddTask(ctx, store.Task{Title: "Clean up", Owner: p.support.ID, Creator: "x"})
	p.check(err)
	p.post(admin, at+"/leave").is(422).says(".form-error", "1 customer")
	p.post(admin, at+"/leave", "to", string(p.support.ID)).is(422)
	p.post(admin, at+"/leave", "to", string(p.csm.ID), "why", "Moves to **Lisbon**").leadsTo(at + "?done=left")
	p.get(admin, at).says("main", "cannot sign in since").has(".tag.bad", 1)
	p.get(as{role: store.Support}, "/").is(303)
	for _, id := range []string{task.ID, own.ID} {
		if got, err := p.store.Task(ctx, id); err != nil || got.Owner != p.csm.ID {
			t.Errorf("the task is %+v, %v", got, err)
		}
	}
	history, err := p.facts.Marks(ctx, "$owner.csm", secretID, 10)
	p.check(err)
	var owners []string
	for _, h := range history {
		owners = append(owners, h.Value)
	}
	if !slices.Equal(owners, []string{string(p.csm.ID), string(p.support.ID)}) {
		t.Errorf("the owners were %v", owners)
	}
	notes, err := p.store.Notes(ctx, secretID, time.Time{}, 10)
	p.check(err)
	i := slices.IndexFunc(notes, func(n store.Note) bool { return n.Kind == "handover" })
	if i < 0 || !strings.Contains(notes[i].Body, "CSM: de Ana SUPPORT para Ana CSM.") || !strings.Contains(notes[i].Body, "Lisbon") || !strings.Contains(notes[i].Body, "- Call them") {
		t.Errorf("the notes are %+v", notes)
	}
	// The new owner sees it at once.
	p.get(csm, "/customers/"+secretID).is(200)
	only, err := p.store.MemberByEmail(ctx, "admin@example.com")
	p.check(err)
	// Assigning customers hands them over, too.
	p.post(admin, "/customers/mark", "id", "acct-01", "do", "owner", "role", "csm", "member", string(only.ID), "reason", "Nearer", "back", "/customers").is(303)
	moved, err := p.store.Notes(ctx, "acct-01", time.Time{}, 10)
	p.check(err)
	if len(moved) != 1 || moved[0].Kind != "handover" || moved[0].Author != only.ID || !strings.Contains(moved[0].Body, "CSM: de Ana CSM para Ana ADMIN.") {
		t.Errorf("the notes of acct-01 are %+v", moved)
	}
	p.post(admin, "/team/members/"+string(only.ID)+"/leave", "to", string(p.csm.ID)).is(422).says("main", "at least one admin")
}
