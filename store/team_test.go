package store

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

var ana = NewMember{Email: " Ana.Ávila@Example.COM ", Name: "Ana Ávila", Password: "correct horse", Role: Admin, Language: "pt-BR"}

func TestMembers(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		if must[bool](t)(s.HasMembers(ctx)) {
			t.Fatal("an empty team has members")
		}
		a := must[Member](t)(s.AddMember(ctx, ana))
		want := Member{ID: a.ID, Email: "ana.ávila@example.com", Name: "Ana Ávila", Role: Admin, Language: "pt-BR", Created: c.now(), Access: Access{Scope: AllAccounts}}
		if a != want {
			t.Errorf("added %+v, want %+v", a, want)
		}
		if got := must[Member](t)(s.MemberByEmail(ctx, "ANA.ÁVILA@example.com")); got != want {
			t.Errorf("by e-mail %+v", got)
		}
		_, err := s.AddMember(ctx, NewMember{Email: "ANA.ávila@example.com", Name: "Other", Password: "another password", Role: Viewer})
		wantError(t, err, farol.Conflict, "email")
		must[Member](t)(s.AddMember(ctx, NewMember{Email: "z@example.com", Name: "abel", Password: "another password", Role: CSM}))
		list := must[[]Member](t)(s.Members(ctx))
		if len(list) != 2 || list[0].Name != "abel" || list[1] != want {
			t.Errorf("team %+v", list)
		}
		if !must[bool](t)(s.HasMembers(ctx)) {
			t.Error("a team of two is empty")
		}
		for _, id := range []MemberID{"", "no", "a\x00b", "\xff"} {
			_, err = s.Member(ctx, id)
			wantError(t, err, farol.NotFound, "")
		}
	})
}

func TestMemberErrors(t *testing.T) {
	change := func(f func(*NewMember)) NewMember { n := ana; f(&n); return n }
	cases := map[string]NewMember{
		"email":    change(func(n *NewMember) { n.Email = "Ana <ana@example.com>" }),
		"name":     change(func(n *NewMember) { n.Name = " \t" }),
		"password": change(func(n *NewMember) { n.Password = "nine char" }),
		"role":     change(func(n *NewMember) { n.Role = "root" }),
		"language": change(func(n *NewMember) { n.Language = "portuguese" }),
	}
	more := []NewMember{
		change(func(n *NewMember) { n.Email = "ana" }),
		change(func(n *NewMember) { n.Email = "a\x00@example.com" }),
		change(func(n *NewMember) { n.Email = strings.Repeat("a", 250) + "@example.com" }),
		change(func(n *NewMember) { n.Email = "\xff@example.com" }),
	}
	s := open(t, dsns[SQLite](t), newClock())
	for field, n := range cases {
		_, err := s.AddMember(t.Context(), n)
		wantError(t, err, farol.Invalid, field)
	}
	for _, n := range more {
		_, err := s.AddMember(t.Context(), n)
		wantError(t, err, farol.Invalid, "email")
	}
	for _, name := range []string{strings.Repeat("é", 101), "a\nb", "\xff"} {
		_, err := s.AddMember(t.Context(), change(func(n *NewMember) { n.Name = name }))
		wantError(t, err, farol.Invalid, "name")
	}
	must[Member](t)(s.AddMember(t.Context(), change(func(n *NewMember) { n.Name = strings.Repeat("é", 100) })))
}

func TestFirstMember(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, _ *clock) {
		var added atomic.Int32
		var wg sync.WaitGroup
		for _, email := range []string{"a@example.com", "b@example.com", "c@example.com"} {
			wg.Go(func() {
				m, err := s.AddFirstMember(t.Context(), NewMember{Email: email, Name: "A", Password: "long enough"})
				switch {
				case err == nil && m.Role == Admin:
					added.Add(1)
				case farol.KindOf(err) != farol.Conflict:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if added.Load() != 1 {
			t.Errorf("%d first members", added.Load())
		}
	})
}

func TestUpdateMember(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		a := must[Member](t)(s.AddMember(ctx, ana))
		yes, no, viewer, dark, name := true, false, Viewer, "dark", "Ana B."
		_, err := s.UpdateMember(ctx, a.ID, MemberUpdate{Disabled: &yes})
		wantError(t, err, farol.Conflict, "")
		_, err = s.UpdateMember(ctx, a.ID, MemberUpdate{Role: &viewer})
		wantError(t, err, farol.Conflict, "")
		b := must[Member](t)(s.AddMember(ctx, NewMember{Email: "b@example.com", Name: "B", Password: "long enough", Role: Admin}))
		_, token, err := s.SignIn(ctx, a.Email, ana.Password, "10.0.0.1", "x")
		ok(t, err)

		got := must[Member](t)(s.UpdateMember(ctx, a.ID, MemberUpdate{Name: &name, Theme: &dark, Role: &viewer, Disabled: &yes}))
		want := a
		want.Name, want.Theme, want.Role, want.Disabled = name, dark, Viewer, c.now()
		if got != want || must[Member](t)(s.Member(ctx, a.ID)) != want {
			t.Errorf("updated %+v, want %+v", got, want)
		}
		_, _, err = s.SessionOf(ctx, token)
		wantError(t, err, farol.Unauthorized, "")
		_, _, err = s.SignIn(ctx, a.Email, ana.Password, "10.0.0.1", "x")
		wantError(t, err, farol.Unauthorized, "")
		_, err = s.UpdateMember(ctx, b.ID, MemberUpdate{Disabled: &yes})
		wantError(t, err, farol.Conflict, "")

		if got := must[Member](t)(s.UpdateMember(ctx, a.ID, MemberUpdate{Disabled: &no})); !got.Disabled.IsZero() {
			t.Errorf("enabled: %+v", got)
		}
		blue := "blue"
		_, err = s.UpdateMember(ctx, a.ID, MemberUpdate{Theme: &blue})
		wantError(t, err, farol.Invalid, "theme")
		_, err = s.UpdateMember(ctx, "nobody", MemberUpdate{})
		wantError(t, err, farol.NotFound, "")
	})
}

func TestSignIn(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		a := must[Member](t)(s.AddMember(ctx, ana))
		m, token, err := s.SignIn(ctx, "ANA.ávila@example.com", "correct horse", "10.0.0.1", "Firefox\x00\xff")
		ok(t, err)
		if m != a {
			t.Errorf("signed in as %+v", m)
		}
		x, who, err := s.SessionOf(ctx, token)
		ok(t, err)
		want := Session{ID: x.ID, Member: a.ID, Created: c.now(), Seen: c.now(), Expires: c.now().Add(SessionIdle), Address: "10.0.0.1", Agent: "Firefox"}
		if x != want || who != a {
			t.Errorf("session %+v of %+v, want %+v", x, who, want)
		}
		for _, wrong := range [][2]string{{a.Email, "correct horsE"}, {"nobody@example.com", "correct horse"}, {"\x00", "\xff"},
			{a.Email, strings.Repeat("x", 1<<20)}, {a.Email, ""}} {
			_, _, err := s.SignIn(ctx, wrong[0], wrong[1], "10.0.0.2", "")
			wantError(t, err, farol.Unauthorized, "")
		}
		for _, token := range []string{"", "x", token + "x", string(x.ID), digest(token)} {
			_, _, err := s.SessionOf(ctx, token)
			wantError(t, err, farol.Unauthorized, "")
		}
		ok(t, s.VerifyPassword(ctx, a.ID, "correct horse", "10.0.0.1"))
		wantError(t, s.VerifyPassword(ctx, a.ID, "wrong", "10.0.0.1"), farol.Unauthorized, "")
	})
}

// What is in the database is of no use to whoever reads it.
func TestSecretsAreHashed(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		must[Member](t)(s.AddMember(ctx, ana))
		_, session, err := s.SignIn(ctx, ana.Email, ana.Password, "", "")
		ok(t, err)
		_, _, err = s.SignIn(ctx, "my password by mistake", "x", "", "")
		wantError(t, err, farol.Unauthorized, "")
		_, secret, err := s.AddToken(ctx, "CI", Viewer)
		ok(t, err)
		for table, columns := range map[string]string{"members": "password", "sessions": "id || hash", "tokens": "id || hash", "attempts": "id || subject"} {
			rows, err := s.reader.Query(`select ` + columns + ` from ` + table)
			all := must[[]string](t)(collect(rows, err, func(r scanner) (v string, err error) { return v, r.Scan(&v) }))
			if text := strings.Join(all, " "); len(all) == 0 || strings.Contains(text, session) || strings.Contains(text, secret) ||
				strings.Contains(text, ana.Password) || strings.Contains(text, "mistake") {
				t.Errorf("%s: %q", table, all)
			}
		}
		var hash string
		ok(t, s.reader.QueryRow(`select password from members`).Scan(&hash))
		if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("hash %q", hash)
		}
	})
}

// A hash made with other parameters, as an older or newer version might.
func TestPasswordParametersAreStored(t *testing.T) {
	s := open(t, dsns[SQLite](t), newClock())
	sum := must[[]byte](t)(s.argon(t.Context(), "password", []byte("somesalt"), 1024, 1, 1, 16))
	for hash, want := range map[string]bool{
		"$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$" + b64(sum): true,
		"$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHQ$" + b64(sum): false,
	} {
		if got := must[bool](t)(s.passwordMatches(t.Context(), hash, "password")); got != want {
			t.Errorf("%s: %v", hash, got)
		}
	}
	for _, broken := range []string{"", "password", "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQ", "$argon2id$v=19$m=1024,t=1,p=1$!$!"} {
		if _, err := s.passwordMatches(t.Context(), broken, "password"); err == nil {
			t.Errorf("%q is a hash", broken)
		}
	}
}

func TestThrottle(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		must[Member](t)(s.AddMember(ctx, ana))
		try := func(email, password, address string) error {
			_, _, err := s.SignIn(ctx, email, password, address, "")
			return err
		}
		// What succeeds is not counted.
		for range attemptsByEmail + 1 {
			ok(t, try(ana.Email, ana.Password, "10.0.0.1"))
		}
		// At once and from many addresses: exactly so many passwords are looked at.
		var looked, refused atomic.Int32
		var wg sync.WaitGroup
		for i := range attemptsByEmail + 5 {
			wg.Go(func() {
				switch farol.KindOf(try(strings.ToUpper(ana.Email), "wrong password", "10.1.0."+string(rune('a'+i)))) {
				case farol.Unauthorized:
					looked.Add(1)
				case farol.Busy:
					refused.Add(1)
				}
			})
		}
		wg.Wait()
		if looked.Load() != attemptsByEmail || refused.Load() != 5 {
			t.Errorf("%d looked at, %d refused", looked.Load(), refused.Load())
		}
		err := try(ana.Email, ana.Password, "10.0.0.1")
		wantError(t, err, farol.Busy, "")
		if !strings.Contains(err.Error(), "15 minutes") && !strings.Contains(err.Error(), "16 minutes") {
			t.Error(err)
		}
		c.pass(attemptWindow + time.Second)
		ok(t, try(ana.Email, ana.Password, "10.0.0.1"))
		ok(t, s.Prune(ctx))
		var n int
		ok(t, s.reader.QueryRow(`select count(*) from attempts`).Scan(&n))
		if n != 0 {
			t.Errorf("%d old attempts kept", n)
		}
	})
}

func TestThrottleByAddress(t *testing.T) {
	s := open(t, dsns[SQLite](t), newClock())
	must[Member](t)(s.AddMember(t.Context(), ana))
	for i := range attemptsByAddress {
		_, err := s.attempt(t.Context(), "person"+string(rune('a'+i)), "10.0.0.1")
		ok(t, err)
	}
	_, _, err := s.SignIn(t.Context(), ana.Email, ana.Password, "10.0.0.1", "")
	wantError(t, err, farol.Busy, "")
	_, _, err = s.SignIn(t.Context(), ana.Email, ana.Password, "10.0.0.2", "")
	ok(t, err)
}

func TestSessions(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		a := must[Member](t)(s.AddMember(ctx, ana))
		b := must[Member](t)(s.AddMember(ctx, NewMember{Email: "b@example.com", Name: "B", Password: "long enough", Role: CSM}))
		tokens := map[string]string{}
		for _, agent := range []string{"one", "two", "three"} {
			_, token, err := s.SignIn(ctx, a.Email, ana.Password, "10.0.0.1", agent)
			ok(t, err)
			tokens[agent] = token
			c.pass(time.Minute)
		}
		agents := func() string {
			var out []string
			for _, x := range must[[]Session](t)(s.Sessions(ctx, a.ID)) {
				out = append(out, x.Agent)
			}
			return strings.Join(out, " ")
		}
		c.pass(sessionTouch)
		x, _, err := s.SessionOf(ctx, tokens["one"])
		ok(t, err)
		if agents() != "one three two" || x.Seen != c.now() || x.Expires != c.now().Add(SessionIdle) {
			t.Errorf("%q %+v", agents(), x)
		}
		wantError(t, s.EndSession(ctx, b.ID, x.ID), farol.NotFound, "")
		ok(t, s.EndSession(ctx, a.ID, x.ID))
		wantError(t, s.EndSession(ctx, a.ID, x.ID), farol.NotFound, "")
		two, _, err := s.SessionOf(ctx, tokens["two"])
		ok(t, err)
		ok(t, s.EndSessions(ctx, a.ID, two.ID))
		if agents() != "two" {
			t.Errorf("left: %q", agents())
		}
		ok(t, s.SetPassword(ctx, a.ID, "a new password"))
		_, _, err = s.SessionOf(ctx, tokens["two"])
		wantError(t, err, farol.Unauthorized, "")
		_, _, err = s.SignIn(ctx, a.Email, "a new password", "", "")
		ok(t, err)
		wantError(t, s.SetPassword(ctx, a.ID, "short"), farol.Invalid, "password")
		wantError(t, s.SetPassword(ctx, "nobody", "long enough"), farol.NotFound, "")
	})
}

func TestSessionEnds(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		a := must[Member](t)(s.AddMember(ctx, ana))
		_, idle, err := s.SignIn(ctx, a.Email, ana.Password, "", "")
		ok(t, err)
		_, busy, err := s.SignIn(ctx, a.Email, ana.Password, "", "")
		ok(t, err)
		for range int(SessionMax / (24 * time.Hour)) {
			_, _, err := s.SessionOf(ctx, busy)
			ok(t, err)
			c.pass(24 * time.Hour)
		}
		for _, token := range []string{idle, busy} {
			_, _, err := s.SessionOf(ctx, token)
			wantError(t, err, farol.Unauthorized, "")
		}
		ok(t, s.Prune(ctx))
		var n int
		ok(t, s.reader.QueryRow(`select count(*) from sessions`).Scan(&n))
		if n != 0 {
			t.Errorf("%d ended sessions kept", n)
		}
	})
}
