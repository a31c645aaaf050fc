package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

func b64(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

func TestSources(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		web := must[Source](t)(s.AddSource(ctx, "  Web site "))
		if web.Name != "Web site" || !regexp.MustCompile(`^wk_[0-9A-Za-z]{32}$`).MatchString(web.Key) {
			t.Errorf("added %+v", web)
		}
		c.pass(time.Second)
		app := must[Source](t)(s.AddSource(ctx, "App"))
		if got := must[[]Source](t)(s.Sources(ctx)); len(got) != 2 || got[0] != web || got[1] != app {
			t.Errorf("sources %+v", got)
		}
		for range 2 { // the second is from the cache
			for _, key := range []string{web.Key, web.Key + ":secret"} {
				if id := must[farol.SourceID](t)(s.SourceByKey(ctx, key)); id != web.ID {
					t.Errorf("%s is of %s", key, id)
				}
			}
		}
		for _, key := range []string{"", ":", "wk_", web.Key + "x", web.Key[:20], "x" + web.Key, "wk_\x00", "wk_\xff", string(web.ID)} {
			_, err := s.SourceByKey(ctx, key)
			wantError(t, err, farol.Unauthorized, "")
		}
		yes, no, name := true, false, "Site"
		got := must[Source](t)(s.UpdateSource(ctx, web.ID, SourceUpdate{Name: &name, Disabled: &yes}))
		if got.Name != name || got.Disabled != c.now() || must[Source](t)(s.Source(ctx, web.ID)) != got {
			t.Errorf("disabled %+v", got)
		}
		_, err := s.SourceByKey(ctx, web.Key)
		wantError(t, err, farol.Unauthorized, "")
		must[Source](t)(s.UpdateSource(ctx, web.ID, SourceUpdate{Disabled: &no}))
		must[farol.SourceID](t)(s.SourceByKey(ctx, web.Key))

		ok(t, s.DeleteSource(ctx, web.ID))
		_, err = s.SourceByKey(ctx, web.Key)
		wantError(t, err, farol.Unauthorized, "")
		wantError(t, s.DeleteSource(ctx, web.ID), farol.NotFound, "")
		_, err = s.UpdateSource(ctx, web.ID, SourceUpdate{Disabled: &no})
		wantError(t, err, farol.NotFound, "")
		_, err = s.Source(ctx, web.ID)
		wantError(t, err, farol.NotFound, "")
		if got := must[[]Source](t)(s.Sources(ctx)); len(got) != 1 || got[0] != app {
			t.Errorf("after deleting: %+v", got)
		}
		names := must[map[farol.SourceID]string](t)(s.SourceNames(ctx))
		if len(names) != 2 || names[web.ID] != "Site" || names[app.ID] != "App" {
			t.Errorf("names %v", names)
		}
		_, err = s.AddSource(ctx, "")
		wantError(t, err, farol.Invalid, "name")
	})
}

// Two processes on one database: what one changes the other sees in time, and
// a new key at once, for clients drop the events that were answered 401.
func TestSourceOfAnotherProcess(t *testing.T) {
	for engine, dsn := range dsns {
		t.Run(string(engine), func(t *testing.T) {
			c, d := newClock(), dsn(t)
			here, there := open(t, d, c), open(t, d, c)
			const unknown = "wk_00000000000000000000000000000000"
			_, err := here.SourceByKey(t.Context(), unknown)
			wantError(t, err, farol.Unauthorized, "")
			x := must[Source](t)(there.AddSource(t.Context(), "Web"))
			must[farol.SourceID](t)(here.SourceByKey(t.Context(), x.Key))
			ok(t, there.DeleteSource(t.Context(), x.ID))
			must[farol.SourceID](t)(here.SourceByKey(t.Context(), x.Key)) // within keyTTL
			c.pass(keyTTL)
			_, err = here.SourceByKey(t.Context(), x.Key)
			wantError(t, err, farol.Unauthorized, "")
		})
	}
}

func TestSourceByKeyOutlivesTheDatabase(t *testing.T) {
	c := newClock()
	s := open(t, dsns[SQLite](t), c)
	x := must[Source](t)(s.AddSource(t.Context(), "Web"))
	must[farol.SourceID](t)(s.SourceByKey(t.Context(), x.Key))
	c.pass(time.Hour)
	ok(t, s.Close())
	if id := must[farol.SourceID](t)(s.SourceByKey(t.Context(), x.Key)); id != x.ID {
		t.Errorf("got %q", id)
	}
	if _, err := s.SourceByKey(t.Context(), "wk_other"); farol.KindOf(err) != farol.Internal {
		t.Errorf("an unknown key, asked of a closed database: %v", err)
	}
}

func TestTokens(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		made, secret, err := s.AddToken(ctx, "CI", Viewer)
		ok(t, err)
		want := Token{ID: made.ID, Name: "CI", Role: Viewer, Prefix: secret[:7], Created: c.now(), Access: Access{Scope: AllAccounts}}
		if made != want || !regexp.MustCompile(`^ft_[0-9A-Za-z]{43}$`).MatchString(secret) {
			t.Errorf("made %+v with %d characters", made, len(secret))
		}
		c.pass(time.Hour)
		want.Used = c.now()
		if got := must[Token](t)(s.TokenOf(ctx, secret)); got != want {
			t.Errorf("got %+v", got)
		}
		c.pass(30 * time.Second)
		must[Token](t)(s.TokenOf(ctx, secret))
		if got := must[[]Token](t)(s.Tokens(ctx)); len(got) != 1 || got[0] != want {
			t.Errorf("tokens %+v", got)
		}
		for _, wrong := range []string{"", "ft_", secret + "x", secret[3:], string(made.ID), digest(secret), "ft_\x00"} {
			_, err := s.TokenOf(ctx, wrong)
			wantError(t, err, farol.Unauthorized, "")
		}
		ok(t, s.RevokeToken(ctx, made.ID))
		_, err = s.TokenOf(ctx, secret)
		wantError(t, err, farol.Unauthorized, "")
		revoked := c.now()
		c.pass(time.Hour)
		ok(t, s.RevokeToken(ctx, made.ID))
		if got := must[[]Token](t)(s.Tokens(ctx)); got[0].Revoked != revoked {
			t.Errorf("revoked %v", got[0].Revoked)
		}
		wantError(t, s.RevokeToken(ctx, "no\x00"), farol.NotFound, "")
		_, _, err = s.AddToken(ctx, "CI", "root")
		wantError(t, err, farol.Invalid, "role")
		_, _, err = s.AddToken(ctx, "", Viewer)
		wantError(t, err, farol.Invalid, "name")
	})
}

func TestDefinitions(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		start := c.now()
		define := func(name string, body any, base *int) (Definition, error) {
			return s.Define(ctx, Draft{Kind: "setting", Name: name, Body: body, Author: "m1", Base: base})
		}
		one := must[Definition](t)(define("company", json.RawMessage(`{ "zone": "America/Sao_Paulo" }`), new(int)))
		if one.Version != 1 || string(one.Body) != `{"zone":"America/Sao_Paulo"}` || one.Author != "m1" || one.Created != start {
			t.Errorf("first %+v %s", one, one.Body)
		}
		c.pass(time.Hour)
		same := must[Definition](t)(define("company", map[string]string{"zone": "America/Sao_Paulo"}, nil))
		if same.Version != 1 || same.Created != start {
			t.Errorf("the same again made %+v", same)
		}
		v1 := 1
		two := must[Definition](t)(define("company", map[string]string{"zone": "UTC", "name": "é\x00"}, &v1))
		_, err := define("company", map[string]string{"zone": "Asia/Tokyo"}, &v1)
		wantError(t, err, farol.Conflict, "")
		must[Definition](t)(define("active", true, nil))

		if got := must[Definition](t)(s.Definition(ctx, "setting", "company")); got.Version != 2 || string(got.Body) != string(two.Body) {
			t.Errorf("latest %+v", got)
		}
		if got := must[Definition](t)(s.DefinitionVersion(ctx, "setting", "company", 1)); string(got.Body) != string(one.Body) {
			t.Errorf("version 1: %s", got.Body)
		}
		_, err = s.DefinitionVersion(ctx, "setting", "company", 3)
		wantError(t, err, farol.NotFound, "")
		for at, want := range map[time.Time]int{start: 1, start.Add(time.Hour - 1e6): 1, start.Add(time.Hour): 2, start.Add(2 * time.Hour): 2} {
			if got := must[Definition](t)(s.DefinitionAt(ctx, "setting", "company", at)); got.Version != want {
				t.Errorf("at %v: version %d, want %d", at, got.Version, want)
			}
		}
		_, err = s.DefinitionAt(ctx, "setting", "company", start.Add(-1e6))
		wantError(t, err, farol.NotFound, "")
		_, err = s.Definition(ctx, "setting", "no\x00")
		wantError(t, err, farol.NotFound, "")

		list := must[[]Definition](t)(s.Definitions(ctx, "setting"))
		if len(list) != 2 || list[0].Name != "active" || list[1].Version != 2 {
			t.Errorf("list %+v", list)
		}
		versions := must[[]Definition](t)(s.DefinitionVersions(ctx, "setting", "company"))
		if len(versions) != 2 || versions[0].Version != 2 || versions[1].Version != 1 {
			t.Errorf("versions %+v", versions)
		}
		for field, d := range map[string]Draft{
			"kind": {Kind: "", Name: "a"}, "name": {Kind: "a", Name: "A b"}, "body": {Kind: "a", Name: "a", Body: json.RawMessage(`{`)},
		} {
			_, err := s.Define(ctx, d)
			wantError(t, err, farol.Invalid, field)
		}
	})
}

// Those who hide fields of different roles at once do not undo each other.
func TestHideByRole(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		for round := range 3 {
			field := fmt.Sprintf("attribute.f%d", round)
			var together sync.WaitGroup
			for _, r := range Roles {
				together.Go(func() {
					if err := s.HideByRole(t.Context(), r, []string{field}, "ana"); err != nil {
						t.Error(err)
					}
				})
			}
			together.Wait()
			hidden := must[map[Role][]string](t)(s.HiddenByRole(t.Context()))
			for _, r := range Roles {
				if !slices.Equal(hidden[r], []string{field}) {
					t.Errorf("round %d hides %v from %s", round, hidden[r], r)
				}
			}
		}
	})
}
