package api

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/farol-cs/farol/store"
)

func TestSources(t *testing.T) {
	h := newHouse(t)
	admin := h.tokens[store.Admin]
	made := h.call("POST", "/api/v1/sources", h.tokens[store.Manager], `{"name":"Web app"}`)
	key, _ := made.body["write_key"].(string)
	id, _ := made.body["id"].(string)
	if made.status != 201 || !strings.HasPrefix(key, "wk_") || id == "" {
		t.Fatalf("%d %s", made.status, made.text)
	}
	same(t, h.get("/api/v1/sources"), `{"sources":[`+strings.TrimSpace(made.text)+`]}`)
	if _, err := h.store.SourceByKey(t.Context(), key); err != nil {
		t.Error(err)
	}
	off := h.call("PATCH", "/api/v1/sources/"+id, admin, `{"disabled":true,"name":"App"}`)
	if off.status != 200 || off.body["name"] != "App" || off.body["disabled"] != "2026-03-10T15:00:00Z" {
		t.Errorf("%d %s", off.status, off.text)
	}
	if a := h.call("DELETE", "/api/v1/sources/"+id, admin, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("DELETE", "/api/v1/sources/"+id, admin, "").problem(t, 404, "")
	h.call("PATCH", "/api/v1/sources/"+id, admin, `{}`).problem(t, 404, "")
	same(t, h.get("/api/v1/sources"), `{"sources":[]}`)

	h.call("POST", "/api/v1/sources", admin, `{}`).problem(t, 422, "body")
	h.call("POST", "/api/v1/sources", admin, `{"name":" "}`).problem(t, 422, "body.name")
	h.call("POST", "/api/v1/sources", admin, `{"name":5}`).problem(t, 422, "body.name")
	h.call("POST", "/api/v1/sources", admin, `{"name":"a","nme":"b"}`).problem(t, 422, "body.nme")
	h.call("POST", "/api/v1/sources", admin, `{"name"`).problem(t, 400, "body")
	h.call("POST", "/api/v1/sources", admin, `{"name":"`+strings.Repeat("a", 2<<20)+`"}`).problem(t, 413, "")
}

func TestTokens(t *testing.T) {
	h := newHouse(t)
	admin := h.tokens[store.Admin]
	made := h.call("POST", "/api/v1/tokens", admin, `{"name":"BI","role":"viewer"}`)
	secret, _ := made.body["token"].(string)
	id, _ := made.body["id"].(string)
	if made.status != 201 || !strings.HasPrefix(secret, "ft_") || made.body["prefix"] != secret[:7] || made.body["role"] != "viewer" {
		t.Fatalf("%d %s", made.status, made.text)
	}
	if a := h.call("GET", "/api/v1/sources", secret, ""); a.status != 200 {
		t.Errorf("%d %s", a.status, a.text)
	}
	all := h.call("GET", "/api/v1/tokens", admin, "")
	if strings.Contains(all.text, secret) || len(list(t, all.body, "tokens")) != 1+len(store.Roles) {
		t.Errorf("tokens %s", all.text)
	}
	if a := h.call("DELETE", "/api/v1/tokens/"+id, admin, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("GET", "/api/v1/sources", secret, "").problem(t, 401, "")
	h.call("DELETE", "/api/v1/tokens/x%00", admin, "").problem(t, 404, "")
	h.call("POST", "/api/v1/tokens", admin, `{"name":"BI","role":"root"}`).problem(t, 422, "body.role")
}

func TestMembers(t *testing.T) {
	h := newHouse(t)
	admin := h.tokens[store.Admin]
	made := h.call("POST", "/api/v1/members", admin,
		`{"email":"Ana@example.com","name":"Ana","role":"admin","password":"correct horse","language":"pt-BR"}`)
	id, _ := made.body["id"].(string)
	if made.status != 201 {
		t.Fatalf("%d %s", made.status, made.text)
	}
	same(t, made.body, `{"id":"`+id+`","email":"ana@example.com","name":"Ana","role":"admin","language":"pt-BR","created":"2026-03-10T15:00:00Z","disabled":null,"scope":"all","team":null,"hidden":[]}`)
	if a := h.call("GET", "/api/v1/members", h.tokens[store.Viewer], ""); strings.Contains(a.text, "argon") || len(list(t, a.body, "members")) != 1 {
		t.Errorf("members %s", a.text)
	}
	if a := h.call("PATCH", "/api/v1/members/"+id, admin, `{"name":"Ana B."}`); a.status != 200 || a.body["name"] != "Ana B." {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := h.call("PUT", "/api/v1/members/"+id+"/password", admin, `{"password":"another horse"}`); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if _, _, err := h.store.SignIn(t.Context(), "ana@example.com", "another horse", "", ""); err != nil {
		t.Error(err)
	}
	h.call("PUT", "/api/v1/members/"+id+"/password", admin, `{"password":"short"}`).problem(t, 422, "body.password")
	h.call("PATCH", "/api/v1/members/"+id, admin, `{"disabled":true}`).problem(t, 409, "")
	h.call("PATCH", "/api/v1/members/no", admin, `{}`).problem(t, 404, "")
	h.call("POST", "/api/v1/members", admin, `{"email":"ANA@example.com","name":"A","role":"csm","password":"correct horse"}`).problem(t, 409, "body.email")
	h.call("POST", "/api/v1/members", admin, `{"email":"ana","name":"A","role":"csm","password":"correct horse"}`).problem(t, 422, "body.email")
}

func TestDefinitions(t *testing.T) {
	h := newHouse(t)
	h.define("active", map[string]any{"all": true})
	h.define("active", map[string]any{"all": false, "events": []string{"Report Created"}})
	got := list(t, h.get("/api/v1/definitions/setting"), "definitions")
	if len(got) != 2 || got[0]["name"] != "active" || got[0]["version"] != 2.0 {
		t.Errorf("definitions %v", got)
	}
	same(t, got[0]["body"], `{"all":false,"events":["Report Created"]}`)
	if v := list(t, h.get("/api/v1/definitions/setting/active"), "definitions"); len(v) != 2 || v[1]["version"] != 1.0 {
		t.Errorf("versions %v", v)
	}
	h.call("GET", "/api/v1/definitions/setting/none", h.tokens[store.Viewer], "").problem(t, 404, "")
	same(t, h.get("/api/v1/definitions/none"), `{"definitions":[]}`)
}

func TestCollector(t *testing.T) {
	h := newHouse(t)
	h.week()
	if err := h.store.SaveRun(t.Context(), store.Run{Name: "history", Started: h.clock(), Took: time.Second, Error: "no"}); err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewCollector(h.facts, h.store, slog.New(slog.DiscardHandler)))
	scrape := func() string {
		w := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		if w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		return w.Body.String()
	}
	text := scrape()
	for _, line := range []string{`farol_up{engine="facts"} 1`, `farol_up{engine="state"} 1`, `farol_facts_rows{table="events"} 8`,
		`farol_source_events{name="",source="web"} 8`, `farol_job_failed{job="history"} 1`, `farol_job_last_run_seconds{job="history"} 1`} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	if text := scrape(); !strings.Contains(text, `farol_up{engine="state"} 0`) {
		t.Errorf("with the state away:\n%s", text)
	}
}

func TestSettings(t *testing.T) {
	h := newHouse(t)
	manager := h.tokens[store.Manager]
	put := func(name, body string) answer {
		t.Helper()
		return h.call("PUT", "/api/v1/settings/"+name, manager, body)
	}
	good := map[string]string{
		"company":    `{"name":"Acme","zone":"Asia/Tokyo","week_start":"sunday","currency":"JPY","language":"pt-BR","rates":{"USD":150.5}}`,
		"active":     `{"all":false,"events":["Report Created"]}`,
		"activation": `{"events":[{"name":"Report Created","min":3}],"window_days":14}`,
		"exclusions": `{"accounts":["test"],"people":["staff@example.com"]}`,
	}
	good["active?base=1"] = `{"all":true}`
	for _, name := range []string{"company", "active", "activation", "exclusions", "active?base=1"} {
		if a := put(name, good[name]); a.status != 200 || a.body["kind"] != "setting" || a.body["author"] != "token:manager" {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	same(t, list(t, h.get("/api/v1/definitions/setting/company"), "definitions")[0]["body"], good["company"])
	if a := put("active", `{"all":true}`); a.body["version"] != 2.0 {
		t.Errorf("the same again: %s", a.text)
	}
	put("active?base=1", `{"all":false,"events":["x"]}`).problem(t, 409, "")
	// The company's zone is at once the one of the questions.
	if p := list(t, h.get("/api/v1/metrics/active_users_day/series"), "points"); p[len(p)-1]["period"] != "2026-03-11" {
		t.Errorf("today in Tokyo is %v", p[len(p)-1]["period"])
	}
	company := func(old, new string) string { return strings.Replace(good["company"], old, new, 1) }
	for _, wrong := range [][3]string{
		{"company", company("Acme", " "), "body.name"},
		{"company", company("Asia/Tokyo", "Tokyo"), "body.zone"},
		{"company", company("Asia/Tokyo", "Local"), "body.zone"},
		{"company", company("sunday", "friday"), "body.week_start"},
		{"company", company("JPY", "yen"), "body.currency"},
		{"company", company("150.5", "0"), "body.rates"},
		{"company", company("pt-BR", "tlh"), "body.language"},
		{"active", `{"all":false}`, "body.events"},
		{"activation", `{"window_days":0}`, "body.window_days"},
		{"activation", `{"events":[{"name":"","min":1}],"window_days":1}`, "body.events"},
		{"activation", `{"at_least":2,"window_days":1}`, "body.at_least"},
		{"exclusions", `{"accounts":"test"}`, "body.accounts"},
	} {
		put(wrong[0], wrong[1]).problem(t, 422, wrong[2])
	}
}
