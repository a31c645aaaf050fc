package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// house is an API over real engines, at a time that the test moves.
type house struct {
	t     *testing.T
	store *store.Store
	facts *facts.Facts
	// metrics is the reader behind the API.
	metrics *metric.Reader
	url     string
	log     *bytes.Buffer
	// token of each role; that of admin is sent unless a call says otherwise.
	tokens map[store.Role]string

	mu  sync.Mutex
	now time.Time
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) at(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = t
}

var zone = func() *time.Location {
	z, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		panic(err)
	}
	return z
}()

// local is an instant of March 2026 in the company's zone.
func local(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, zone) }

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, now: local(10, 12), log: &bytes.Buffer{}, tokens: map[store.Role]string{}}
	ctx := t.Context()
	var err error
	if h.store, err = store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "state.db"), h.clock); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.store.Close() })
	h.define(metric.CompanyName, metric.CompanyDocument{Name: "Acme", Zone: zone.String(), Currency: "BRL"})
	if h.facts, err = facts.Open(ctx, facts.Config{Zone: zone, Now: h.clock, Threads: 1, MemoryLimit: "256MB"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.facts.Close() })
	for _, r := range store.Roles {
		_, secret, err := h.store.AddToken(ctx, string(r), r)
		if err != nil {
			t.Fatal(err)
		}
		h.tokens[r] = secret
	}
	catalogue, err := metric.Load()
	if err != nil {
		t.Fatal(err)
	}
	settings := func() metric.Settings {
		s, err := metric.ReadSettings(context.Background(), h.store)
		if err != nil {
			t.Error(err)
		}
		return s
	}
	h.metrics = metric.New(catalogue, h.facts, settings)
	h.metrics.SetClock(h.clock)
	server := httptest.NewServer(New(Config{
		Store: h.store, Facts: h.facts, Metrics: h.metrics,
		Version: "test", Now: h.clock, Log: slog.New(slog.NewTextHandler(h.log, nil)),
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *house) define(name string, body any) {
	h.t.Helper()
	if _, err := h.store.Define(h.t.Context(), store.Draft{Kind: metric.SettingKind, Name: name, Body: body, Author: "system"}); err != nil {
		h.t.Fatal(err)
	}
}

// append takes events in and waits until they are joined to their people.
func (h *house) append(events ...farol.Event) {
	h.t.Helper()
	for i := range events {
		if events[i].Source == "" {
			events[i].Source = "web"
		}
	}
	if _, err := h.facts.Append(h.t.Context(), facts.Batch{Events: events}); err != nil {
		h.t.Fatal(err)
	}
	if err := h.facts.Settle(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// did is a tracked event.
func did(id string, at time.Time, account, user, name, properties string) farol.Event {
	return farol.Event{ID: id, Kind: farol.Track, Name: name, At: at.UTC(), Account: farol.AccountID(account),
		User: farol.PersonID(user), Properties: json.RawMessage(properties)}
}

// answer is what came back, decoded.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// call sends a request with a token ("" sends none) and a JSON body ("" sends
// none).
func (h *house) call(method, path, token, body string) answer {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return h.do(req)
}

func (h *house) do(req *http.Request) answer {
	h.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, text: string(text)}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &a.body); err != nil {
			h.t.Fatalf("%s %s: %v: %s", req.Method, req.URL, err, text)
		}
	}
	return a
}

// get reads as an admin and wants 200.
func (h *house) get(path string) map[string]any {
	h.t.Helper()
	a := h.call("GET", path, h.tokens[store.Admin], "")
	if a.status != 200 {
		h.t.Fatalf("GET %s: %d %s\n%s", path, a.status, a.text, h.log)
	}
	return a.body
}

// list is the objects under a name of the answer.
func list(t *testing.T, body map[string]any, name string) []map[string]any {
	t.Helper()
	all, ok := body[name].([]any)
	if !ok {
		t.Fatalf("%s is no list: %v", name, body)
	}
	out := []map[string]any{}
	for _, x := range all {
		out = append(out, x.(map[string]any))
	}
	return out
}

// same compares JSON values.
func same(t *testing.T, got any, want string) {
	t.Helper()
	var w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	g, _ := json.Marshal(got)
	n, _ := json.Marshal(w)
	if string(g) != string(n) {
		t.Errorf("got  %s\nwant %s", g, n)
	}
}

// problem checks an RFC 9457 document: the status and the place named.
func (a answer) problem(t *testing.T, status int, location string) {
	t.Helper()
	if a.status != status || a.header.Get("Content-Type") != "application/problem+json" || a.body["status"] != float64(status) ||
		a.body["title"] != http.StatusText(status) || a.body["detail"] == "" {
		t.Errorf("got %d %s %s, want a problem of %d", a.status, a.header.Get("Content-Type"), a.text, status)
		return
	}
	var at []string
	if errors, ok := a.body["errors"].([]any); ok {
		for _, e := range errors {
			l, _ := e.(map[string]any)["location"].(string)
			at = append(at, l)
		}
	}
	if got := strings.Join(at, " "); got != location {
		t.Errorf("%s names %q, want %q", a.text, got, location)
	}
}

// operation is one of the OpenAPI document's.
type operation struct {
	method, path string
	roles        []string
}

func (h *house) operations() []operation {
	h.t.Helper()
	doc := h.call("GET", "/api/v1/openapi.json", "", "")
	if doc.status != 200 {
		h.t.Fatalf("no document: %d %s", doc.status, doc.text)
	}
	var out []operation
	for path, methods := range doc.body["paths"].(map[string]any) {
		for method, op := range methods.(map[string]any) {
			o := operation{method: strings.ToUpper(method), path: path}
			for _, r := range op.(map[string]any)[rolesExtension].([]any) {
				o.roles = append(o.roles, r.(string))
			}
			if op.(map[string]any)["summary"] == "" || len(o.roles) == 0 {
				h.t.Errorf("%s %s says too little of itself", o.method, o.path)
			}
			out = append(out, o)
		}
	}
	return out
}

// own tells whether only an administrator and the member's own token may call.
func (o operation) own() bool {
	return slices.ContainsFunc([]string{"/notices", "/preferences", "/follows/", "/watches"}, func(part string) bool { return strings.Contains(o.path, "/members/{id}"+part) })
}

// Every operation is walked as each role and as a stranger.
func TestWhoMayCall(t *testing.T) {
	h := newHouse(t)
	ops := h.operations()
	if len(ops) < 20 {
		t.Fatalf("only %d operations", len(ops))
	}
	revoked, secret, err := h.store.AddToken(t.Context(), "old", store.Admin)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.RevokeToken(t.Context(), revoked.ID); err != nil {
		t.Fatal(err)
	}
	for _, o := range ops {
		path := strings.NewReplacer("{name}", "x", "{id}", "x", "{kind}", "x").Replace(o.path)
		body := ""
		if o.method != "GET" && o.method != "DELETE" {
			body = "{}"
		}
		for _, token := range []string{"", "x", "ft_x", secret} {
			a := h.call(o.method, path, token, body)
			a.problem(t, 401, "")
			if a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s does not say how to authenticate", o.method, o.path)
			}
		}
		for role, token := range h.tokens {
			a := h.call(o.method, path, token, body)
			allowed := strings.Contains(" "+strings.Join(o.roles, " ")+" ", " "+string(role)+" ")
			switch {
			case o.own() && role != store.Admin: // these tokens are nobody's own
				if a.status != 403 && a.status != 422 {
					t.Errorf("%s %s as %s: %d %s", o.method, o.path, role, a.status, a.text)
				}
			case !allowed:
				a.problem(t, 403, "")
			case a.status == 401 || a.status == 403 || a.status >= 500:
				t.Errorf("%s %s as %s: %d %s", o.method, o.path, role, a.status, a.text)
			}
		}
	}
	if h.log.Len() > 0 {
		t.Errorf("log: %s", h.log)
	}
}

// working begins the paths of what everybody who works with customers may
// change.
var working = []string{
	"/deliveries", "/requesters", "/segments", "/accounts", "/customers", "/people", "/notes", "/tasks", "/messages", "/threads", "/tickets", "/articles", "/goals", "/files", "/stages", "/fields", "/products", "/templates", "/notices", "/follows", "/covers", "/note-templates",
}

// What changes keys and the team is for few.
func TestFewMayChange(t *testing.T) {
	h := newHouse(t)
	for _, o := range h.operations() {
		roles := strings.Join(o.roles, " ")
		switch {
		case strings.Contains(o.path, "/tokens"), strings.Contains(o.path, "/erasures"), strings.Contains(o.path, "/invitations"), strings.Contains(o.path, "/access/"), strings.Contains(o.path, "/members") && o.method != "GET" && !o.own():
			if roles != "admin" {
				t.Errorf("%s %s is for %s", o.method, o.path, roles)
			}
		case strings.HasPrefix(o.path, root+"/views"), o.own(): // each has its own
		case roles == "admin manager csm support" && slices.ContainsFunc(working, func(p string) bool { return strings.HasPrefix(o.path, root+p) }):
		case o.method != "GET" && roles != "admin manager": // sources and settings
			t.Errorf("%s %s is for %s", o.method, o.path, roles)
		}
	}
}

func TestOpenAPI(t *testing.T) {
	h := newHouse(t)
	doc := h.call("GET", "/api/v1/openapi.json", "", "")
	paths := doc.body["paths"].(map[string]any)
	for _, p := range []string{"/api/v1/metrics", "/api/v1/metrics/{name}/series", "/api/v1/metrics/{name}/rows", "/api/v1/metrics/{name}/explain",
		"/api/v1/events", "/api/v1/rejections", "/api/v1/sources", "/api/v1/tokens", "/api/v1/members"} {
		if paths[p] == nil {
			t.Errorf("%s is not described", p)
		}
	}
	if !strings.HasPrefix(doc.body["openapi"].(string), "3.1") {
		t.Errorf("OpenAPI %v", doc.body["openapi"])
	}
}

func TestNowhere(t *testing.T) {
	h := newHouse(t)
	admin := h.tokens[store.Admin]
	for _, p := range []string{"/api/", "/api/v1", "/api/v1/", "/api/v2/metrics", "/api/v1/metrics/", "/api/v1/metrics/mrr/x"} {
		h.call("GET", p, admin, "").problem(t, 404, "")
	}
	a := h.call("PUT", "/api/v1/sources", admin, "{}")
	a.problem(t, 405, "")
	if a.header.Get("Allow") != "GET, POST" {
		t.Errorf("allowed: %q", a.header.Get("Allow"))
	}
}

// What goes wrong inside is logged and told to nobody.
func TestInternal(t *testing.T) {
	h := newHouse(t)
	admin := h.tokens[store.Admin]
	if err := h.facts.Close(); err != nil {
		t.Fatal(err)
	}
	a := h.call("GET", "/api/v1/metrics/mrr/series", admin, "")
	if a.status != 503 {
		a.problem(t, 500, "")
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	a = h.call("GET", "/api/v1/sources", admin, "")
	a.problem(t, 500, "")
	if strings.Contains(a.text, "sql") || !strings.Contains(h.log.String(), "sql: database is closed") {
		t.Errorf("told %s\nlogged %s", a.text, h.log)
	}
}

// jsonOf is a value as JSON.
func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
