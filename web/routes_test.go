package web

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// Every route answers each role and a stranger as routes.go says.
func TestWhoMayCall(t *testing.T) {
	s := staffed(t)
	for _, r := range routes {
		method, path, ok := strings.Cut(r.pattern, " ")
		if !ok {
			method, path = "GET", r.pattern
		}
		name := "mrr"
		if strings.Contains(path, "/settings/") {
			name = "active"
		}
		path = strings.NewReplacer("{$}", "", "{name}", name, "{id}", string(s.source.ID), "{secret}", "fi_none").Replace(path)
		for _, role := range store.Roles {
			a := s.request(as{role: role, code: lang.English}, method, path, formFor(method))
			refused := a.status == http.StatusForbidden
			if refused == r.who.allows(role) {
				t.Errorf("%s as %s answered %d", r.pattern, role, a.status)
			}
			if r.who.allows(role) && a.status >= 500 {
				t.Errorf("%s as %s failed with %d: %s", r.pattern, role, a.status, s.log)
			}
			if path == "/sign-out" || path == "/account/sessions" {
				_, token, err := s.store.SignIn(t.Context(), string(role)+"@example.com", password, "192.0.2.1", "")
				s.check(err)
				s.cookies[role] = token
			}
		}
		a := s.request(nobody, method, path, formFor(method))
		toDoor := a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/sign-in")
		if r.who == nil {
			t.Errorf("%s states nobody who may call it", r.pattern)
			continue
		}
		if !r.who.open() && !toDoor {
			t.Errorf("%s as a stranger answered %d", r.pattern, a.status)
		}
		if r.who.open() && a.status >= 500 {
			t.Errorf("%s as a stranger failed with %d", r.pattern, a.status)
		}
	}
}

// formFor is an empty form for what is posted: it is refused, if at all, for
// what it lacks and not for who sends it.
func formFor(method string) map[string][]string {
	if method == "POST" {
		return map[string][]string{}
	}
	return nil
}

// A form on another site's page cannot act for a member.
func TestForeignFormsAreRefused(t *testing.T) {
	s := staffed(t)
	for name, headers := range map[string]map[string]string{
		"fetch metadata": {"Sec-Fetch-Site": "cross-site"},
		"origin":         {"Origin": "https://evil.example"},
	} {
		r := httptest.NewRequest("POST", "/sources", strings.NewReader("name=Evil"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: s.cookies[store.Admin]})
		for k, v := range headers {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		s.answered("POST /sources", w).is(http.StatusForbidden).says("main", "another site")
		list, err := s.store.Sources(t.Context())
		s.check(err)
		if len(list) != 1 {
			t.Errorf("%s: the form went through", name)
		}
	}
}

// A member who was disabled is a stranger at once.
func TestDisabledMemberIsOut(t *testing.T) {
	s := staffed(t)
	m, err := s.store.MemberByEmail(t.Context(), "viewer@example.com")
	s.check(err)
	s.get(as{role: store.Viewer}, "/account").is(200)
	s.post(admin, "/team/members/"+string(m.ID), "disabled", "yes").leadsTo("/team?done=member-saved")
	s.get(as{role: store.Viewer}, "/account").leadsTo("/sign-in?next=%2Faccount")
	s.get(admin, "/team?done=member-saved").says(".flash", "The member was changed.").has(".tag.bad", 1)
}

func TestErrorPages(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		words := map[lang.Code][3]string{
			lang.English:    {"No page has this address.", "Your role may not do this.", "This is not a date: yesterday"},
			lang.Portuguese: {"Nenhuma página tem este endereço.", "O seu papel não permite isto.", "Isto não é uma data: yesterday"},
		}[code]
		s.get(who, "/no/such/page").is(404).says("main", words[0]).has("nav.side", 1)
		s.get(who, "/team").is(403).says("main", words[1])
		s.get(who, "/?as_of=yesterday").is(400).says("main", words[2])
		s.get(as{code: code}, "/no/such/page").is(404).says("main", words[0]).has("nav.side", 0)
	})
	s.get(as{role: store.Viewer, fragment: true}, "/metrics/no_such/source").is(404).has("html body nav", 0)
	a := s.get(as{fragment: true}, "/live/new?since=0").is(http.StatusUnauthorized)
	if got := a.header.Get("HX-Redirect"); got != "/sign-in" {
		t.Errorf("a fragment without a session leads to %q", got)
	}
}

// What fails inside is logged with the request's number, which the page shows.
func TestInternalErrorNamesTheRequest(t *testing.T) {
	s := staffed(t)
	s.check(s.facts.Close())
	a := s.get(admin, "/events")
	if a.status != 500 && a.status != 503 {
		t.Fatalf("a page without its engine answered %d", a.status)
	}
	id := a.header.Get("X-Request-Id")
	if a.status == 500 {
		a.says("main code", id)
		if !strings.Contains(s.log.String(), id) {
			t.Errorf("the log lacks %s: %s", id, s.log)
		}
	}
	if strings.Contains(a.body, "duckdb") || strings.Contains(a.body, "sql") {
		t.Error("the page tells strangers about the engine")
	}
}

func TestLocalPath(t *testing.T) {
	for to, want := range map[string]string{
		"/catalogue?by=plan": "/catalogue?by=plan", "": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example/": "/",
		"javascript:alert(1)": "/", "/a\nb": "/", "metrics": "/", "/ok#x": "/ok",
	} {
		if got := localPath(to); got != want {
			t.Errorf("localPath(%q) = %q, want %q", to, got, want)
		}
	}
}

// Patterns are unique, and every GET that is a page is in the menu or reached
// from one that is.
func TestRoutesAreUnique(t *testing.T) {
	var seen []string
	for _, r := range routes {
		if slices.Contains(seen, r.pattern) {
			t.Errorf("%s is there twice", r.pattern)
		}
		seen = append(seen, r.pattern)
	}
}
