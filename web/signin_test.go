package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

func TestSetup(t *testing.T) {
	s := open(t)
	s.get(nobody, "/").leadsTo("/setup")
	s.get(nobody, "/sign-in").leadsTo("/setup")
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{code: code}, "/setup").is(200).has("form[action='/setup']", 1)
		a.says("h1", map[lang.Code]string{lang.English: "Set up Farol", lang.Portuguese: "Configurar o Farol"}[code])
		if got := a.attr("#currency", "value"); got != map[lang.Code]string{lang.English: "USD", lang.Portuguese: "BRL"}[code] {
			t.Errorf("the currency offered is %s", got)
		}
	})
	form := []string{"name", "Ana", "email", "Ana@Example.com", "password", password, "company", "Vila Rica", "zone", "America/Sao_Paulo", "week_start", "monday", "currency", "BRL", "company_language", "pt-BR"}
	bad := append([]string{}, form...)
	bad[5] = "short"
	s.post(nobody, "/setup", bad...).is(422).says(".form-error", "ust have at least 10 characters").has("input[value='Vila Rica']", 1)
	bad = append([]string{}, form...)
	bad[9] = "Nowhere"
	s.post(nobody, "/setup", bad...).is(422).says(".form-error", "no time zone")
	a := s.post(nobody, "/setup", form...).leadsTo("/sources")
	s.cookies[store.Admin] = cookie(t, a, sessionCookie).Value
	s.get(as{role: store.Admin}, "/sources").is(200).says("h1", "Fontes").says(".brand", "Vila Rica")
	got, err := metric.ReadSettings(t.Context(), s.store)
	s.check(err)
	if got.Currency != "BRL" || got.Calendar.Zone.String() != "America/Sao_Paulo" {
		t.Errorf("the settings are %+v", got)
	}
	// The door is shut for ever.
	s.get(nobody, "/setup").leadsTo("/sign-in")
	s.post(nobody, "/setup", form...).leadsTo("/sign-in")
	s.post(nobody, "/setup", bad...).leadsTo("/sign-in")
	elsewhere := append([]string{}, form...)
	elsewhere[9] = "Asia/Tokyo"
	s.post(nobody, "/setup", elsewhere...).leadsTo("/sign-in")
	if got := s.facts.Zone(); got.String() != "America/Sao_Paulo" {
		t.Errorf("a stranger made the days be cut in %s", got)
	}
}

func cookie(t *testing.T, a *answer, name string) *http.Cookie {
	t.Helper()
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("%s sets no cookie %s", a.path, name)
	return nil
}

func TestSignIn(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{code: code}, "/sign-in?next=/catalogue").is(200).says("h1", map[lang.Code]string{lang.English: "Sign in", lang.Portuguese: "Entrar"}[code])
		if got := a.attr("input[name=next]", "value"); got != "/catalogue" {
			t.Errorf("next is %s", got)
		}
		a = s.post(as{code: code}, "/sign-in", "email", "csm@example.com", "password", "wrong").is(422)
		a.says(".flash.wrong", map[lang.Code]string{lang.English: "rong e-mail or password", lang.Portuguese: "-mail ou senha incorretos"}[code])
		if got := a.attr("#email", "value"); got != "csm@example.com" {
			t.Errorf("the e-mail typed is gone: %q", got)
		}
	})
	for next, to := range map[string]string{"/catalogue?by=plan": "/catalogue?by=plan", "//evil.example": "/", "": "/my-day"} {
		a := s.post(nobody, "/sign-in", "email", "CSM@example.com", "password", password, "next", next).leadsTo(to)
		c := cookie(t, a, sessionCookie)
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure {
			t.Errorf("the cookie over http is %+v", c)
		}
	}
	s.get(as{role: store.CSM}, "/sign-in").leadsTo("/my-day")
	out := s.post(as{role: store.CSM}, "/sign-out").leadsTo("/sign-in")
	if c := cookie(t, out, sessionCookie); c.MaxAge >= 0 {
		t.Errorf("the cookie stays: %+v", c)
	}
	s.get(as{role: store.CSM}, "/").leadsTo("/sign-in")
}

// Over TLS the cookie is for TLS only, also behind a proxy.
func TestSecureCookie(t *testing.T) {
	s := staffed(t)
	secure := New(Config{Store: s.store, Facts: s.facts, Metrics: s.metrics, Log: nil, BaseURL: "https://farol.example.com/"})
	s.handler = secure
	a := s.post(nobody, "/sign-in", "email", "csm@example.com", "password", password).is(303)
	if !cookie(t, a, sessionCookie).Secure || a.header.Get("Strict-Transport-Security") == "" {
		t.Error("the cookie would go over plain http")
	}
}

func TestSignInIsThrottled(t *testing.T) {
	s := staffed(t)
	for range 100 {
		a := s.post(nobody, "/sign-in", "email", "csm@example.com", "password", "wrong")
		if a.status == http.StatusTooManyRequests {
			if a.header.Get("Retry-After") == "" {
				t.Error("it does not say when to come back")
			}
			a.says(".flash.wrong", "oo many attempts")
			return
		}
	}
	t.Error("a hundred wrong passwords were let through")
}

// Behind a proxy on this machine, wrong passwords are counted for the address
// that the proxy saw: not for all together, which would lock out everybody.
func TestAttemptsBehindProxy(t *testing.T) {
	s := staffed(t)
	r := httptest.NewRequest("POST", "/sign-in", strings.NewReader("email=csm%40example.com&password=wrong"))
	r.RemoteAddr = "127.0.0.1:4000"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Add("X-Forwarded-For", "10.0.0.1, 203.0.113.9")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code < 400 || !strings.Contains(s.log.String(), "address=203.0.113.9") {
		t.Errorf("%d %s", w.Code, s.log)
	}
}

func TestAccount(t *testing.T) {
	s := staffed(t)
	who := as{role: store.Support, code: lang.English}
	s.get(who, "/account").is(200).says("main", "support@example.com").has("tbody tr", 1).says("tbody", "This one")
	s.post(who, "/account/name", "name", "").is(422).has(".form-error", 1)
	s.post(who, "/account/name", "name", "Bia Souza").leadsTo("/account?done=saved")
	s.get(who, "/account").says(".foot summary", "BSBia Souza")
	s.post(who, "/account/password", "current", "wrong", "password", "another long password").is(422).says(".form-error", "not your password")
	s.post(who, "/account/password", "current", password, "password", "short").is(422).has(".form-error", 1)
	a := s.post(who, "/account/password", "current", password, "password", "another long password").leadsTo("/account?done=password")
	s.get(who, "/account").is(303)
	s.cookies[store.Support] = cookie(t, a, sessionCookie).Value
	s.get(who, "/account?done=password").is(200).says(".flash", "The password was changed")
	_, _, err := s.store.SignIn(t.Context(), "support@example.com", "another long password", "", "second browser")
	s.check(err)
	s.get(who, "/account").has("tbody tr", 2)
	s.post(who, "/account/sessions").leadsTo("/account?done=sessions")
	s.get(who, "/account").has("tbody tr", 1)
}

func TestLanguageAndTheme(t *testing.T) {
	s := staffed(t)
	who := as{role: store.Viewer, code: lang.English}
	s.get(who, "/sources").says("h1", "Sources")
	a := s.post(who, "/language", "language", "pt-BR", "back", "/sources?x=1").leadsTo("/sources?x=1")
	if got := cookie(t, a, languageCookie).Value; got != "pt-BR" {
		t.Errorf("the cookie says %s", got)
	}
	s.get(who, "/sources").says("h1", "Fontes").has("html[lang='pt-BR']", 1)
	s.post(who, "/language", "language", "tlh").is(400)
	s.get(who, "/account").has(`html[data-choice="auto"]`, 1).has("html[data-bs-theme]", 0)
	s.post(who, "/theme", "theme", "dark", "back", "https://evil.example/").leadsTo("/")
	s.get(who, "/account").has(`html[data-bs-theme="dark"]`, 1).has(`button[name=theme][value=dark][aria-pressed=true]`, 1)
	s.post(who, "/theme", "theme", "auto").is(303)
	s.get(who, "/account").has(`html[data-choice="auto"]`, 1)
	s.post(who, "/theme", "theme", "pink").is(400)
	// A stranger's choice is kept in cookies only.
	s.post(nobody, "/theme", "theme", "dark", "back", "/sign-in").leadsTo("/sign-in")
}

func TestTeam(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Admin, code: code}, "/team").is(200).has("form[action='/team/members']", 1).says("main", "viewer@example.com")
	})
	s.get(admin, "/team").says("main", "No tokens yet")
	s.post(admin, "/team/members", "name", "Caio", "email", "not an address", "password", password, "role", "csm").is(422).has(".form-error", 1).has("input[value='Caio']", 1)
	s.post(admin, "/team/members", "name", longName[:100], "email", "caio@example.com", "password", password, "role", "csm").leadsTo("/team?done=member")
	s.post(admin, "/team/members", "name", "Caio", "email", "CAIO@example.com", "password", password, "role", "csm").is(422)
	m, err := s.store.MemberByEmail(t.Context(), "caio@example.com")
	s.check(err)
	if m.Language != "pt-BR" || m.Role != store.CSM {
		t.Errorf("the new member is %+v", m)
	}
	s.post(admin, "/team/members/"+string(m.ID), "role", "manager").is(303)
	first, err := s.store.MemberByEmail(t.Context(), "admin@example.com")
	s.check(err)
	s.post(admin, "/team/members/"+string(first.ID), "disabled", "yes").is(422).says(".flash.wrong", "at least one admin")
	s.post(admin, "/team/members/"+string(m.ID), "disabled", "yes").is(303)
	s.get(admin, "/team/members/"+string(m.ID)).has("button[value=no]", 1)

	s.post(admin, "/team/tokens", "token_name", "", "role", "viewer").is(422).says(".form-error", "Give the token a name")
	a := s.post(admin, "/team/tokens", "token_name", "BI", "role", "viewer").is(200)
	secret := a.text("#secret")
	if token, err := s.store.TokenOf(t.Context(), secret); err != nil || token.Role != store.Viewer {
		t.Errorf("the token shown does not work: %v", err)
	}
	page := s.get(admin, "/team")
	if strings.Contains(page.body, secret) {
		t.Error("the secret is shown again")
	}
	s.post(admin, page.attr("form[action$='/revoke']", "action")).leadsTo("/team?done=revoked")
	s.get(admin, "/team").says("main", "Revoked")
}

func TestBrowserName(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36":                     "Chrome, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0":                                          "Firefox, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1": "Safari, iOS",
		"curl/8.5.0": "curl/8.5.0", "": "",
	} {
		if got := browserName(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
