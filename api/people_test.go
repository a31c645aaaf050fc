package api

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// peopled is a house with two people and three accounts.
func peopled(t *testing.T) *house {
	h := newHouse(t)
	identify := func(id, user, traits string) farol.Event {
		return farol.Event{ID: id, Kind: farol.Identify, At: local(2, 9).UTC(), User: farol.PersonID(user), Properties: json.RawMessage(traits)}
	}
	h.append(
		identify("i1", "ana-1", `{"name":"Ana Lima","email":"ana@acme.example","company":{"id":"acme"},"consent":{"email":{"marketing":false}}}`),
		did("u1", local(3, 9), "acme", "ana-1", "Report Created", "{}"), did("u2", local(4, 9), "globex", "ana-2", "Report Created", "{}"),
		did("u3", local(4, 9), "initech", "caio-1", "Report Created", "{}"),
		did("s1", local(3, 9), "acme", "", "Subscription Started", `{"subscription":"s1","mrr":"100.00","currency":"BRL","product":"Core","plan":"Pro"}`),
	)
	if err := h.facts.UpdateRoster(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPeople(t *testing.T) {
	h := peopled(t)
	csm, admin, viewer := h.tokens[store.CSM], h.tokens[store.Admin], h.tokens[store.Viewer]
	if got := h.get("/api/v1/people?search=LIMA"); got["count"] != 1.0 {
		t.Errorf("%v", got)
	}
	if got := h.get("/api/v1/people?consent=-email.marketing&active_since=2026-03-01"); got["count"] != 1.0 {
		t.Errorf("%v", got)
	}
	h.call("GET", "/api/v1/people?consent=x", viewer, "").problem(t, 422, "query.consent")
	h.call("PATCH", "/api/v1/people/ana-1", viewer, `{"role":"champion"}`).problem(t, 403, "")
	h.call("PATCH", "/api/v1/people/ana-1", csm, `{"role":"boss"}`).problem(t, 422, "body.role")
	h.call("PATCH", "/api/v1/people/nobody", csm, `{"role":"user"}`).problem(t, 404, "")
	if a := h.call("PUT", "/api/v1/fields", admin, `{"subject":"person","name":"birthday","title":"Birthday","type":"date"}`); a.status != 200 || a.body["version"] != 1.0 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	h.call("PUT", "/api/v1/fields", admin, `{"subject":"person","name":"birthday","title":"Day","type":"date"}`).problem(t, 409, "")
	h.call("PATCH", "/api/v1/people/ana-1", csm, `{"fields":{"birthday":"soon"}}`).problem(t, 422, "body.birthday")
	a := h.call("PATCH", "/api/v1/people/ana-1", csm, `{"role":"champion","consents":{"sms.news":"granted"},"fields":{"birthday":"1980-02-03"}}`)
	if a.status != 200 || a.body["role"] != "champion" || len(list(t, a.body, "consents")) != 2 || !strings.Contains(a.text, "1980-02-03") {
		t.Errorf("%d %s", a.status, a.text)
	}
	if got := h.get("/api/v1/people/ana-1?as_of=2026-03-01"); len(list(t, got, "attributes")) != 0 {
		t.Errorf("before anything was said: %v", got)
	}
	for moment, want := range map[string]float64{"as_of=2026-03-03": 1, "as_of=2026-03-04": 3, "known=2026-03-01": 0, "as_of=2026-03-04&account=globex": 1, "as_of=2026-03-04&role=champion": 0, "as_of=2026-03-04&consent=-email.marketing": 1} {
		if got := h.get("/api/v1/people?" + moment); got["count"] != want {
			t.Errorf("%s: %v", moment, got)
		}
	}
	merged := h.call("POST", "/api/v1/people/ana-1/merges", csm, `{"from":"ana-2"}`)
	if merged.status != 200 || len(list(t, merged.body, "accounts")) != 2 {
		t.Fatalf("%d %s", merged.status, merged.text)
	}
	h.call("POST", "/api/v1/people/ana-1/merges", csm, `{"from":"nobody"}`).problem(t, 422, "body.from")
	id := list(t, merged.body, "merges")[0]["id"].(string)
	h.call("DELETE", "/api/v1/people/caio-1/merges/"+id, csm, "").problem(t, 404, "")
	if a := h.call("DELETE", "/api/v1/people/ana-1/merges/"+id, csm, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if got := h.get("/api/v1/people/ana-1"); len(list(t, got, "accounts")) != 1 {
		t.Errorf("parted: %v", got)
	}

	h.call("GET", "/api/v1/people/ana-1/export", csm, "").problem(t, 403, "")
	if a := h.call("GET", "/api/v1/people/ana-1/export", admin, ""); a.status != 200 || len(list(t, a.body, "events")) != 2 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("POST", "/api/v1/erasures", csm, `{"person":"ana-1","confirm":"ana-1","reason":"asked"}`).problem(t, 403, "")
	h.call("POST", "/api/v1/erasures", admin, `{"person":"ana-1","confirm":"ana","reason":"asked"}`).problem(t, 422, "body.confirm")
	h.call("POST", "/api/v1/erasures", admin, `{"person":"ana-1","confirm":"ana-1","reason":"Ana Lima asked"}`).problem(t, 422, "body.reason")
	e := h.call("POST", "/api/v1/erasures", admin, `{"person":"ana-1","confirm":"ana-1","reason":"asked"}`)
	if e.status != 201 || e.body["done"] == nil {
		t.Fatalf("%d %s", e.status, e.text)
	}
	for _, path := range []string{"/people", "/people?search=ana", "/events", "/rejections", "/audit", "/erasures"} {
		if a := h.call("GET", root+path, admin, ""); strings.Contains(a.text, "ana-1") || strings.Contains(a.text, "Lima") {
			t.Errorf("%s finds the person: %s", path, a.text)
		}
	}
	h.call("GET", "/api/v1/people/ana-1", admin, "").problem(t, 404, "")
	if a := h.call("DELETE", "/api/v1/erasures/"+e.body["id"].(string)+"/tombstones", admin, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
}

func TestAccountStructure(t *testing.T) {
	h := peopled(t)
	csm, manager := h.tokens[store.CSM], h.tokens[store.Manager]
	if a := h.call("PUT", "/api/v1/accounts/globex/parent", csm, `{"parent":"acme"}`); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	h.call("PUT", "/api/v1/accounts/acme/parent", csm, `{"parent":"globex"}`).problem(t, 422, "body.parent")
	if got := h.get("/api/v1/accounts/acme/group"); len(list(t, got, "below")) != 1 {
		t.Errorf("%v", got)
	}
	same(t, h.get("/api/v1/accounts/acme/products"), `{"products":[{"product":"Core","plan":"Pro","subscription":"s1","status":"active","since":"2026-03-03T12:00:00Z"}]}`)
	h.call("POST", "/api/v1/accounts/acme/merges", csm, `{"from":"initech"}`).problem(t, 403, "")
	h.call("POST", "/api/v1/accounts/acme/merges", manager, `{"from":"nobody"}`).problem(t, 422, "body.from")
	if a := h.call("POST", "/api/v1/accounts/acme/merges", manager, `{"from":"initech"}`); a.status != 200 || len(list(t, a.body, "merges")) != 1 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	h.call("GET", "/api/v1/accounts/initech/group", csm, "").problem(t, 404, "")
	h.call("DELETE", "/api/v1/accounts/acme/merges/globex", manager, "").problem(t, 404, "")
	if a := h.call("DELETE", "/api/v1/accounts/acme/merges/initech", manager, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.get("/api/v1/accounts/initech/group")
	if a := h.call("PUT", "/api/v1/fields", manager, `{"subject":"account","name":"tier","title":"Tier","type":"choice","choices":["gold","silver"]}`); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	h.call("PATCH", "/api/v1/accounts/acme/fields", csm, `{"tier":"bronze"}`).problem(t, 422, "body.tier")
	if a := h.call("PATCH", "/api/v1/accounts/acme/fields", csm, `{"tier":"gold"}`); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if got := h.get("/api/v1/attributes/tier/values"); !strings.Contains(strings.Join(strings.Fields(toText(got)), ""), "gold") {
		t.Errorf("%v", got)
	}
	if got := list(t, h.get("/api/v1/fields"), "fields"); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func toText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
