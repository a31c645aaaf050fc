package web

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// TestMain wants every block of every template to be executed by some test.
func TestMain(m *testing.M) {
	flag.Parse()
	var mu sync.Mutex
	ran := map[string]bool{}
	watch = func(what string) {
		mu.Lock()
		defer mu.Unlock()
		ran[what] = true
	}
	code := m.Run()
	for _, c := range slices.Backward(closers) {
		c()
	}
	full := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == ""
	if code == 0 && full {
		code = unexecuted(ran)
	}
	os.Exit(code)
}

// unexecuted names the blocks that no test ran.
func unexecuted(ran map[string]bool) int {
	files, err := filepath.Glob("*.html")
	if err != nil || len(files) == 0 {
		fmt.Println("no templates found:", err)
		return 1
	}
	code := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		for _, d := range regexp.MustCompile(`{{define "([^"]+)"`).FindAllStringSubmatch(string(b), -1) {
			if !ran[f+" "+d[1]] {
				fmt.Printf("FAIL: no test executes block %q of %s\n", d[1], f)
				code = 1
			}
		}
	}
	return code
}

// closers give back what the tests opened.
var closers []func()

// today is when the tests take place: a Friday noon in São Paulo.
var today = time.Date(2026, 3, 20, 15, 0, 0, 0, time.UTC)

// site is the pages over real engines.
type site struct {
	t       *testing.T
	handler http.Handler
	store   *store.Store
	facts   *facts.Facts
	metrics *metric.Reader
	cookies map[store.Role]string
	source  store.Source
	log     *bytes.Buffer
}

const password = "correct horse battery"

// open makes an empty site: no team, no facts.
func open(t *testing.T) *site {
	t.Helper()
	return openOn(t, newState(t))
}

// folder outlives the test, as do the engines: the next may use them too.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "farol-web")
	if err != nil {
		t.Fatal(err)
	}
	closers = append(closers, func() { os.RemoveAll(dir) })
	return dir
}

// newState answers the DSN of an empty state. One test sets it to another kind
// of store.
var newState = sqliteState

func sqliteState(t *testing.T) string { return "sqlite:" + filepath.Join(folder(t), "state.db") }

// openOn makes a site over a state that may be there already.
func openOn(t *testing.T, state string) *site {
	t.Helper()
	ctx := context.Background()
	s := &site{t: t, cookies: map[store.Role]string{}, log: &bytes.Buffer{}}
	zone, err := time.LoadLocation("America/Sao_Paulo")
	s.check(err)
	now := func() time.Time { return today }
	s.store, err = store.Open(ctx, state, now)
	s.check(err)
	s.facts, err = facts.Open(ctx, facts.Config{Zone: zone, MemoryLimit: "512MB", Threads: 2, Now: now})
	s.check(err)
	// What a page began may go on behind it, and finds the engines closed.
	var over atomic.Bool
	shut := func() { over.Store(true); s.facts.Close(); s.store.Close() }
	t.Cleanup(func() {
		if s == lived { // for the tests after this one, too
			closers = append(closers, shut)
			return
		}
		shut()
	})
	catalogue, err := metric.Load()
	s.check(err)
	current := func() metric.Settings {
		settings, err := metric.ReadSettings(ctx, s.store)
		if err != nil && !over.Load() {
			t.Error(err)
		}
		return settings
	}
	log := slog.New(slog.NewTextHandler(s.log, nil))
	metrics := metric.New(catalogue, s.facts, current)
	metrics.SetClock(now)
	s.metrics = metrics
	s.handler = New(Config{Store: s.store, Facts: s.facts, Metrics: metrics, Log: log, Now: now})
	return s
}

func (s *site) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// crew is the state of a site with a team, made once and copied: hashing
// passwords is slow on purpose.
var crew struct {
	state   []byte
	cookies map[store.Role]string
	source  store.Source
}

// staffed makes a site with one member of each role, a company and a source.
func staffed(t *testing.T) *site {
	t.Helper()
	state := newState(t)
	file, ok := strings.CutPrefix(state, "sqlite:")
	if !ok {
		s := openOn(t, state)
		s.hire()
		return s
	}
	if crew.state == nil {
		gather(t)
	}
	if err := os.WriteFile(file, crew.state, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openOn(t, state)
	s.cookies, s.source = maps.Clone(crew.cookies), crew.source
	return s
}

// gather makes the crew.
func gather(t *testing.T) {
	t.Helper()
	state := filepath.Join(folder(t), "state.db")
	s := &site{t: t, cookies: map[store.Role]string{}}
	var err error
	s.store, err = store.Open(context.Background(), "sqlite:"+state, func() time.Time { return today })
	s.check(err)
	s.hire()
	s.check(s.store.Close())
	crew.state, err = os.ReadFile(state)
	s.check(err)
	crew.cookies, crew.source = s.cookies, s.source
}

// hire adds a member of each role, who is signed in, the company and a source.
func (s *site) hire() {
	s.t.Helper()
	ctx := context.Background()
	for i, role := range store.Roles {
		email := string(role) + "@example.com"
		n := store.NewMember{Email: email, Name: "Ana " + strings.ToUpper(string(role)), Role: role, Password: password}
		var err error
		if i == 0 {
			_, err = s.store.AddFirstMember(ctx, n)
		} else {
			_, err = s.store.AddMember(ctx, n)
		}
		s.check(err)
		_, s.cookies[role], err = s.store.SignIn(ctx, email, password, "192.0.2.1", "test browser")
		s.check(err)
	}
	_, err := s.store.Define(ctx, store.Draft{Kind: metric.SettingKind, Name: metric.CompanyName, Author: "system", Body: metric.CompanyDocument{
		Name: "Vila Rica", Zone: "America/Sao_Paulo", WeekStart: "monday", Currency: "BRL", Language: "pt-BR",
	}})
	s.check(err)
	s.source, err = s.store.AddSource(ctx, "Web app")
	s.check(err)
}

// lived is a site with half a year of a small company's facts, made once:
// the tests that use it only read.
var lived *site

// busy is that site; a test that changes it takes another.
func busy(t *testing.T) *site {
	t.Helper()
	if lived == nil {
		s := staffed(t)
		s.live()
		lived = s
	}
	s := *lived
	s.t = t
	s.cookies = maps.Clone(lived.cookies)
	s.log.Reset()
	return &s
}

// live fills the site with facts.
func (s *site) live() {
	s.t.Helper()
	s.take(history(s.source.ID))
}

// take backfills the events, which are sorted by when they became known.
func (s *site) take(events []farol.Event) {
	s.t.Helper()
	at := 0
	s.check(s.facts.Backfill(context.Background(), func() ([]farol.Event, error) {
		if at >= len(events) {
			return nil, io.EOF
		}
		n := min(at+500, len(events))
		chunk := events[at:n]
		at = n
		return chunk, nil
	}))
	s.check(s.facts.Settle(context.Background()))
}

// longName is a name that no table has room for.
const longName = "Companhia Brasileira de Desenvolvimento de Soluções Integradas para Gestão de Relacionamento com Clientes S.A. — Filial Nordeste"

// history is what happened: ten accounts sign up over five months, pay, are
// active on weekdays, answer surveys; one leaves; one event arrives late.
func history(source farol.SourceID) []farol.Event {
	h := &recorder{source: source}
	start := time.Date(2025, 10, 6, 13, 0, 0, 0, time.UTC)
	for a := range 10 {
		account := farol.AccountID(fmt.Sprintf("acct-%02d", a))
		begin := start.AddDate(0, 0, 12*a)
		name, plan := fmt.Sprintf("Conta %d", a), []string{"Basic", "Pro"}[a%2]
		if a == 3 {
			name = longName
			account = farol.AccountID(longName)
		}
		h.add(farol.Group, "", begin, account, "", map[string]any{"name": name, "plan": plan, "created_at": begin.Format(time.RFC3339)})
		h.add(farol.Track, "Signed Up", begin, account, "", nil)
		h.add(farol.Track, "Subscription Started", begin.AddDate(0, 0, 7), account, "", map[string]any{"subscription": fmt.Sprintf("sub-%d", a), "mrr": 1000 + 150*a, "currency": "BRL", "plan": plan, "product": "Core"})
		h.voices(account, a, begin)
		for p := range 2 + a%3 {
			person := farol.PersonID(fmt.Sprintf("user-%02d-%d", a, p))
			for day := begin; day.Before(today.AddDate(0, 0, -1)); day = day.AddDate(0, 0, 1+p) {
				if day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
					h.add(farol.Track, "Report Created", day, account, person, map[string]any{"pages": p + 1, "note": "a <b>bold</b> & \"quoted\" text"})
				}
			}
		}
		if a < 8 {
			h.add(farol.Track, "Survey Answered", today.AddDate(0, -1, -a), account, farol.PersonID(fmt.Sprintf("user-%02d-0", a)),
				map[string]any{"survey": "q1", "kind": "nps", "score": 4 + a%7, "comment": "ok"})
		}
	}
	h.add(farol.Track, "Subscription Cancelled", time.Date(2026, 2, 10, 12, 0, 0, 0, time.UTC), "acct-00", "", map[string]any{"subscription": "sub-0", "reason": "price", "voluntary": true})
	slices.SortStableFunc(h.events, func(a, b farol.Event) int { return a.At.Compare(b.At) })
	for i := range h.events {
		h.events[i].Known = h.events[i].At.Add(2 * time.Second)
	}
	late := h.event(farol.Track, "Report Created", today.AddDate(0, 0, -9), "acct-01", "late-user", nil)
	late.Known = today.Add(-time.Hour)
	return append(h.events, late)
}

// recorder makes events with ids of their own.
type recorder struct {
	source farol.SourceID
	n      int
	events []farol.Event
}

func (h *recorder) event(kind farol.Kind, name string, at time.Time, account farol.AccountID, user farol.PersonID, properties map[string]any) farol.Event {
	h.n++
	e := farol.Event{ID: fmt.Sprintf("m-%05d", h.n), Source: h.source, Kind: kind, Name: name, At: at, OriginalAt: at, Account: account, User: user}
	if properties != nil {
		b, err := json.Marshal(properties)
		if err != nil {
			panic(err)
		}
		e.Properties = b
	}
	return e
}

func (h *recorder) add(kind farol.Kind, name string, at time.Time, account farol.AccountID, user farol.PersonID, properties map[string]any) {
	h.events = append(h.events, h.event(kind, name, at, account, user, properties))
}

// answer is what a page said.
type answer struct {
	t      *testing.T
	path   string
	status int
	header http.Header
	body   string
	doc    *goquery.Document
	log    *bytes.Buffer
}

// as is one visitor: a role ("" for a stranger) and a language.
type as struct {
	role store.Role
	code lang.Code
	// fragment asks as htmx does.
	fragment bool
}

var (
	admin  = as{role: store.Admin, code: lang.English}
	nobody = as{code: lang.English}
)

func (s *site) request(who as, method, path string, form url.Values) *answer {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if who.role != "" {
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: s.cookies[who.role]})
	}
	r.AddCookie(&http.Cookie{Name: languageCookie, Value: string(who.code)})
	if who.fragment {
		r.Header.Set("HX-Request", "true")
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return s.answered(path, w)
}

// answered reads the answer and holds it against what every page must be.
func (s *site) answered(path string, w *httptest.ResponseRecorder) *answer {
	s.t.Helper()
	a := &answer{t: s.t, path: path, status: w.Code, header: w.Header(), body: w.Body.String(), log: s.log}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		return a
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	s.check(err)
	a.doc = doc
	code := regexp.MustCompile(`(?s)<pre.*?</pre>`)
	for _, wrong := range []string{"<no value>", "%!", "{{", "ZgotmplZ", "<nil>", " style=\"", "javascript:"} {
		if strings.Contains(code.ReplaceAllString(a.body, ""), wrong) {
			s.t.Errorf("%s contains %q", path, wrong)
		}
	}
	doc.Find("script").Each(func(_ int, e *goquery.Selection) {
		if _, external := e.Attr("src"); !external && e.AttrOr("type", "") != "application/json" {
			s.t.Errorf("%s has an inline script, which the policy forbids", path)
		}
	})
	a.accessible()
	return a
}

// accessible checks that fields have labels, buttons words and ids are unique.
func (a *answer) accessible() {
	a.t.Helper()
	ids := map[string]bool{}
	a.doc.Find("[id]").Each(func(_ int, e *goquery.Selection) {
		id := e.AttrOr("id", "")
		if ids[id] {
			a.t.Errorf("%s has the id %q twice", a.path, id)
		}
		ids[id] = true
	})
	a.doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, e *goquery.Selection) {
		_, named := e.Attr("aria-label")
		labelled := e.Closest("label").Length() > 0 || a.doc.Find(`label[for="`+e.AttrOr("id", "?")+`"]`).Length() > 0
		if !named && !labelled {
			a.t.Errorf("%s: the field %q has no label", a.path, e.AttrOr("name", ""))
		}
	})
	a.doc.Find("button, a[href]").Each(func(_ int, e *goquery.Selection) {
		if strings.TrimSpace(e.Text()) == "" && e.AttrOr("aria-label", "") == "" {
			h, _ := goquery.OuterHtml(e)
			a.t.Errorf("%s: nothing says what this does: %s", a.path, h)
		}
	})
	a.doc.Find("svg").Each(func(_ int, e *goquery.Selection) {
		if e.AttrOr("aria-hidden", "") != "true" && e.AttrOr("aria-label", "") == "" {
			a.t.Errorf("%s: a drawing is neither hidden from screen readers nor described", a.path)
		}
	})
}

func (s *site) get(who as, path string) *answer {
	s.t.Helper()
	return s.request(who, "GET", path, nil)
}

func (s *site) post(who as, path string, pairs ...string) *answer {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return s.request(who, "POST", path, form)
}

// is wants the status.
func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s answered %d, want %d\n%s\n%s", a.path, a.status, status, a.text("main"), a.log)
	}
	return a
}

// leadsTo wants a redirect to the address.
func (a *answer) leadsTo(to string) *answer {
	a.t.Helper()
	a.is(http.StatusSeeOther)
	if got := a.header.Get("Location"); got != to {
		a.t.Fatalf("%s leads to %q, want %q", a.path, got, to)
	}
	return a
}

// says wants the text somewhere in the elements.
func (a *answer) says(selector, text string) *answer {
	a.t.Helper()
	if got := a.text(selector); !strings.Contains(got, text) {
		a.t.Errorf("%s: %q says %q, want %q", a.path, selector, got, text)
	}
	return a
}

// has wants that many elements; n < 0 wants at least one.
func (a *answer) has(selector string, n int) *answer {
	a.t.Helper()
	if got := a.doc.Find(selector).Length(); got != n && (n >= 0 || got == 0) {
		a.t.Errorf("%s has %d of %q, want %d", a.path, got, selector, n)
	}
	return a
}

// text is the elements' text on one line.
func (a *answer) text(selector string) string {
	if a.doc == nil {
		return a.body
	}
	return strings.Join(strings.Fields(a.doc.Find(selector).Text()), " ")
}

// attr is an attribute of the first element.
func (a *answer) attr(selector, name string) string {
	a.t.Helper()
	value, ok := a.doc.Find(selector).First().Attr(name)
	if !ok {
		a.t.Fatalf("%s: %q has no attribute %s", a.path, selector, name)
	}
	return value
}

// chart is the data of a drawing.
func (a *answer) chart(id string) (c chartData) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.doc.Find("#"+id).Text()), &c); err != nil {
		a.t.Fatalf("%s: chart %s: %v", a.path, id, err)
	}
	return c
}

// both runs a check in each language.
func both(t *testing.T, check func(t *testing.T, code lang.Code)) {
	for _, code := range lang.Codes {
		t.Run(string(code), func(t *testing.T) { check(t, code) })
	}
}

func TestHeaders(t *testing.T) {
	s := staffed(t)
	h := s.get(nobody, "/sign-in").is(200).header
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "private, no-store",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	csp := h.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("the policy lacks %q: %s", part, csp)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("the policy is unsafe: %s", csp)
	}
}

// Every page says its heading once, in the reader's language, with the menu.
func TestShell(t *testing.T) {
	s := busy(t)
	pages := map[string][2]string{
		"/": {"Overview", "Visão geral"}, "/catalogue": {"Metrics & glossary", "Métricas e glossário"}, "/glossary": {"Metrics & glossary", "Métricas e glossário"}, "/live": {"Live events", "Eventos ao vivo"},
		"/rejected": {"Live events", "Eventos ao vivo"}, "/events": {"All events", "Todos os eventos"}, "/sources": {"Sources", "Fontes"},
		"/settings": {"Settings", "Configurações"}, "/team": {"Team and keys", "Equipe e chaves"}, "/account": {"Your account", "Sua conta"},
	}
	for _, path := range slices.Sorted(maps.Keys(pages)) {
		for i, code := range lang.Codes {
			a := s.get(as{role: store.Admin, code: code}, path).is(200)
			if got := a.text("h1"); got != pages[path][i] {
				t.Errorf("%s in %s is headed %q, want %q", path, code, got, pages[path][i])
			}
			if got := a.attr("html", "lang"); got != string(code) {
				t.Errorf("%s: lang is %q, want %q", path, got, code)
			}
			a.has(".skip", 1).has(".print-head", 1).says(".print-head", "Vila Rica").says(".print-head", "2026").has("nav.side", 1).has("main#content", 1)
			if path != "/account" {
				a.has(`nav.side a[aria-current="page"]`, 1)
			}
		}
	}
}
