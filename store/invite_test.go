package store

import (
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

func TestInvitations(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		must[Member](t)(s.AddMember(ctx, ana))
		access := Access{Scope: TeamAccounts, Team: "North", Hidden: FieldsOf("money")}
		_, _, err := s.AddInvite(ctx, Invite{Email: "nobody", Role: CSM})
		wantError(t, err, farol.Invalid, "email")
		_, _, err = s.AddInvite(ctx, Invite{Email: "bia@example.com", Role: CSM, Access: Access{Scope: TeamAccounts}})
		wantError(t, err, farol.Invalid, "team")
		_, _, err = s.AddInvite(ctx, Invite{Email: "ana.ávila@example.com", Role: CSM})
		wantError(t, err, farol.Conflict, "email")
		_, old, err := s.AddInvite(ctx, Invite{Email: "bia@example.com", Role: Viewer})
		ok(t, err)
		made, secret, err := s.AddInvite(ctx, Invite{Email: "Bia@example.com", Role: CSM, Access: access, Author: "x"})
		ok(t, err)
		if _, err := s.InviteOf(ctx, old); farol.KindOf(err) != farol.NotFound {
			t.Errorf("the invitation before still works: %v", err)
		}
		if got := must[Invite](t)(s.InviteOf(ctx, secret)); got != made {
			t.Errorf("found %+v, made %+v", got, made)
		}
		n := NewMember{Name: "Bia", Password: "another password", Role: Admin, Email: "evil@example.com"}
		_, _, err = s.Accept(ctx, secret, NewMember{Name: "Bia", Password: "short"}, "", "")
		wantError(t, err, farol.Invalid, "password")
		// Of several who use the link at once one gets in.
		var wg sync.WaitGroup
		var mu sync.Mutex
		var in []Member
		for range 4 {
			wg.Go(func() {
				m, token, err := s.Accept(ctx, secret, n, "192.0.2.1", "test")
				mu.Lock()
				defer mu.Unlock()
				if err == nil && token != "" {
					in = append(in, m)
				}
			})
		}
		wg.Wait()
		if len(in) != 1 || in[0].Role != CSM || in[0].Email != "bia@example.com" || in[0].Access != access {
			t.Errorf("let in %+v", in)
		}
		if list := must[[]Invite](t)(s.Invites(ctx)); len(list) != 2 || list[0].Member != in[0].ID || list[0].Open(c.now()) {
			t.Errorf("listed %+v", list)
		}
		later, secret, err := s.AddInvite(ctx, Invite{Email: "caio@example.com", Role: Support})
		ok(t, err)
		c.pass(InviteAge)
		if _, err := s.InviteOf(ctx, secret); farol.KindOf(err) != farol.NotFound {
			t.Errorf("an old invitation works: %v", err)
		}
		ok(t, s.RevokeInvite(ctx, later.ID))
		wantError(t, s.RevokeInvite(ctx, made.ID), farol.NotFound, "")
		// A provider's word for the address takes it up, too.
		_, _, err = s.AddInvite(ctx, Invite{Email: "dora@example.com", Role: Support, Access: access})
		ok(t, err)
		m, _, err := s.SignInAs(ctx, Identity{Issuer: "i", Subject: "s", Email: "dora@example.com", Verified: true, Name: "Dora"}, "", "")
		if err != nil || m.Role != Support || m.Access != access {
			t.Errorf("signed in %+v, %v", m, err)
		}
		c.pass(time.Minute)
	})
}
