package store

import (
	"testing"

	"github.com/farol-cs/farol"
)

func TestSignInAs(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		boss := must[Member](t)(s.AddMember(ctx, NewMember{Email: "boss@example.com", Name: "Boss", Password: "a long password", Role: Admin}))
		who := Identity{Issuer: "https://id.example.com", Subject: "42", Email: "Boss@Example.com", Name: "B"}
		refused := func(x Identity) {
			t.Helper()
			_, token, err := s.SignInAs(ctx, x, "192.0.2.1", "test")
			wantError(t, err, farol.Unauthorized, "")
			if token != "" {
				t.Error("a token for nobody")
			}
		}
		enter := func(x Identity) Member {
			t.Helper()
			m, token, err := s.SignInAs(ctx, x, "192.0.2.1", "test")
			ok(t, err)
			if _, got, err := s.SessionOf(ctx, token); err != nil || got.ID != m.ID {
				t.Fatalf("the session is of %v, %v", got, err)
			}
			return m
		}
		refused(who) // the e-mail is not verified
		who.Verified = true
		if m := enter(who); m.ID != boss.ID {
			t.Errorf("linked to %+v", m)
		}
		// Whoever has the subject is the member, whatever its e-mail is now.
		who.Email, who.Verified = "other@example.com", false
		if m := enter(who); m.ID != boss.ID {
			t.Errorf("found %+v", m)
		}
		// Groups change roles, but somebody must stay admin.
		who.Role = Viewer
		if m := enter(who); m.Role != Admin {
			t.Error("the last admin was demoted")
		}
		stranger := Identity{Issuer: who.Issuer, Subject: "43", Email: "new@example.com", Verified: true, Name: "New\nname"}
		refused(stranger)
		stranger.NewRole = Support
		added := enter(stranger)
		if added.Role != Support || added.Email != "new@example.com" || added.Name != "new@example.com" {
			t.Errorf("added %+v", added)
		}
		stranger.Role = Admin
		if m := enter(stranger); m.Role != Admin || m.ID != added.ID {
			t.Errorf("regrouped %+v", m)
		}
		if m := enter(who); m.Role != Viewer {
			t.Errorf("with another admin, groups count: %+v", m)
		}
		// Who has no password cannot guess one, and a disabled member is out.
		_, _, err := s.SignIn(ctx, "new@example.com", "-", "192.0.2.1", "")
		wantError(t, err, farol.Unauthorized, "")
		yes := true
		must[Member](t)(s.UpdateMember(ctx, boss.ID, MemberUpdate{Disabled: &yes}))
		refused(who)
		if list := must[[]MemberIdentity](t)(s.Identities(ctx, added.ID)); len(list) != 1 || list[0].Subject != "43" {
			t.Errorf("identities %+v", list)
		}
	})
}
