package api

import (
	"bytes"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// Help desks, what they sent and whose it is, by the API alone.
func TestDesks(t *testing.T) {
	h := newHouse(t)
	if err := h.store.UseKey(bytes.Repeat([]byte{9}, 32)); err != nil {
		t.Fatal(err)
	}
	support, viewer := h.tokens[store.Support], h.tokens[store.Viewer]
	post := func(path, token, body string) answer { return h.call("POST", "/api/v1"+path, token, body) }
	made := post("/desks", h.tokens[store.Admin], `{"kind":"webhook","name":"Jira"}`)
	id, _ := made.body["id"].(string)
	if made.status != 201 || !strings.HasPrefix(made.body["secret"].(string), "whsec_") {
		t.Fatalf("%d %s", made.status, made.text)
	}
	post("/desks", viewer, `{"kind":"webhook","name":"x"}`).problem(t, 403, "")
	post("/desks", h.tokens[store.Admin], `{"kind":"trello","name":"x"}`).problem(t, 422, "body.kind")
	if a := h.get("/api/v1/desks"); strings.Contains(made.text, "xyz") || list(t, a, "desks")[0]["secret"] != nil {
		t.Errorf("%v", a)
	}
	h.append(did("g1", local(1, 9), "acme", "ana", "Report Created", `{}`))
	mapping := `{"sample":{"n":"1","w":"eva@x.example","s":"Gone"},"fields":{"id":"n","requester_email":"w","status":"s","topic":"=login"},"statuses":{"gone":"closed"}}`
	if a := post("/desks/"+id+"/mapping/try", h.tokens[store.Admin], mapping); a.status != 200 || a.body["status"] != "closed" || a.body["topic"] != "login" {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("PUT", "/api/v1/desks/"+id+"/mapping", h.tokens[store.Admin], `{"fields":{"id":"a["}}`).problem(t, 422, "body.fields.id")
	if a := h.call("PUT", "/api/v1/desks/"+id+"/mapping?base=0", h.tokens[store.Admin], mapping); a.status != 200 || a.body["version"] != 1.0 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("PUT", "/api/v1/desks/"+id+"/mapping?base=0", h.tokens[store.Admin], `{"fields":{"id":"other"}}`).problem(t, 409, "")
	if _, _, err := h.store.AddDelivery(t.Context(), store.Delivery{Source: made0(h, t), Delivery: "one", Body: []byte(`{"n":"7","w":"eva@x.example","s":"Gone"}`)}); err != nil {
		t.Fatal(err)
	}
	post("/deliveries/replay", viewer, `{"state":"new"}`).problem(t, 403, "")
	if a := post("/deliveries/replay", support, `{"state":"new"}`); a.status != 200 || a.body["taken"] != 1.0 {
		t.Errorf("%d %s", a.status, a.text)
	}
	waiting := list(t, h.get("/api/v1/requesters/waiting"), "requesters")
	if len(waiting) != 1 || waiting[0]["who"] != "email:eva@x.example" {
		t.Fatalf("%v", waiting)
	}
	post("/requesters", support, `{"who":"email:eva@x.example","account":"nobody"}`).problem(t, 422, "body.account")
	if a := post("/requesters", support, `{"who":"email:eva@x.example","account":"acme"}`); a.status != 200 || a.body["taken"] != 1.0 {
		t.Errorf("%d %s", a.status, a.text)
	}
	all := list(t, h.get("/api/v1/tickets?status=all"), "tickets")
	if len(all) != 1 || all[0]["account"] != "acme" || all[0]["status"] != "closed" || all[0]["topic"] != "login" {
		t.Errorf("%v", all)
	}
	if n := len(list(t, h.get("/api/v1/tickets"), "tickets")); n != 0 {
		t.Errorf("%d unsolved", n)
	}
	if one := h.get("/api/v1/tickets/" + id + "/webhook-7"); one["status_raw"] != "Gone" {
		t.Errorf("%v", one)
	}
	h.call("GET", "/api/v1/tickets/"+id+"/x", viewer, "").problem(t, 404, "")
	sent := list(t, h.get("/api/v1/deliveries?state=taken"), "deliveries")
	if len(sent) != 1 {
		t.Fatalf("%v", sent)
	}
	if a := post("/deliveries/"+sent[0]["id"].(string)+"/replay", support, ""); a.status != 200 || a.body["state"] != "ignored" {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := h.call("DELETE", "/api/v1/requesters?who=email%3Aeva%40x.example", support, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := post("/desks/"+id+"/secret", h.tokens[store.Admin], `{}`); a.status != 200 || a.body["secret"] == made.body["secret"] {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := h.call("PATCH", "/api/v1/desks/"+id, h.tokens[store.Admin], `{"disabled":true}`); a.status != 200 || a.body["disabled"] == nil {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := h.call("DELETE", "/api/v1/desks/"+id, h.tokens[store.Admin], ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("GET", "/api/v1/desks/"+id+"/mapping", viewer, "").problem(t, 404, "")
}

// made0 is the id of the first help desk.
func made0(h *house, t *testing.T) (id farol.SourceID) {
	t.Helper()
	all, err := h.store.Desks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all[0].ID
}

func TestArticlesAndGoals(t *testing.T) {
	h := newHouse(t)
	support, csm, viewer := h.tokens[store.Support], h.tokens[store.CSM], h.tokens[store.Viewer]
	h.append(did("t1", local(2, 9), "acme", "ana", "Ticket Opened", `{"ticket":"1","topic":"login"}`))
	a := h.call("POST", "/api/v1/articles", support, `{"language":"pt-BR","title":"Não entro","body":"Troque a senha.","topics":["login"]}`)
	if a.status != 201 || a.body["state"] != "draft" || a.body["published"] != nil {
		t.Fatalf("%d %s", a.status, a.text)
	}
	path := "/api/v1/articles/" + a.body["id"].(string)
	h.call("POST", "/api/v1/articles", viewer, `{"language":"en","title":"x","body":"x"}`).problem(t, 403, "")
	h.call("POST", "/api/v1/articles", support, `{"language":"en","title":"","body":"x"}`).problem(t, 422, "body.title")
	h.call("POST", path+"/publish?base=1", support, "").problem(t, 403, "")
	h.call("POST", path+"/review", support, `{"reviewer":"nobody"}`).problem(t, 422, "body.reviewer")
	h.call("POST", path+"/publish?base=2", csm, "").problem(t, 409, "")
	if p := h.call("POST", path+"/publish?base=1", csm, ""); p.status != 200 || p.body["published"] != 1.0 {
		t.Errorf("%d %s", p.status, p.text)
	}
	h.call("PUT", path+"?base=7", csm, `{"language":"en","title":"x","body":"y"}`).problem(t, 409, "")
	if p := h.call("PUT", path+"?base=1", csm, `{"language":"en","title":"x","body":"senha","topics":["login"]}`); p.status != 200 || p.body["version"] != 2.0 || p.body["state"] != "draft" {
		t.Errorf("%d %s", p.status, p.text)
	}
	h.call("POST", path+"/return", support, "").problem(t, 409, "")
	if n := len(list(t, h.get("/api/v1/articles?q=SENHA&topic=login&published=true"), "articles")); n != 1 {
		t.Errorf("%d found", n)
	}
	if n := len(list(t, h.get(path+"/versions"), "versions")); n != 2 {
		t.Errorf("%d versions", n)
	}
	needs := list(t, h.get(path+"/needs"), "needs")
	if len(needs) != 1 || needs[0]["account"] != "acme" || needs[0]["tickets"] != 1.0 {
		t.Errorf("%v", needs)
	}
	if p := h.call("POST", path+"/archive", csm, `{}`); p.body["state"] != "archived" {
		t.Errorf("%d %s", p.status, p.text)
	}
	h.call("GET", "/api/v1/articles/x", viewer, "").problem(t, 404, "")

	m, err := h.store.AddFirstMember(t.Context(), store.NewMember{Email: "a@x.com", Name: "Ana", Role: store.Admin, Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	body := `{"title":"Fewer tickets","metric":"tickets_opened","target":0,"start":"2026-03-01","due":"2026-12-31","support":"` + string(m.ID) + `","cs":"` + string(m.ID) + `"}`
	g := h.call("POST", "/api/v1/goals", csm, body)
	if g.status != 201 || g.body["direction"] != "down" && g.body["direction"] != "up" || g.body["unit"] == nil {
		t.Fatalf("%d %s", g.status, g.text)
	}
	goal := "/api/v1/goals/" + g.body["id"].(string)
	h.call("POST", "/api/v1/goals", viewer, body).problem(t, 403, "")
	h.call("POST", "/api/v1/goals", csm, strings.Replace(body, "tickets_opened", "no_such", 1)).problem(t, 422, "body.metric")
	if one := h.get(goal); len(one["series"].([]any)) == 0 || one["status"] == nil {
		t.Errorf("%v", one)
	}
	if c := h.call("PUT", goal+"?base=1", csm, strings.Replace(body, `"target":0`, `"target":5`, 1)); c.status != 200 || c.body["version"] != 2.0 {
		t.Errorf("%d %s", c.status, c.text)
	}
	h.call("PUT", goal+"?base=1", csm, body).problem(t, 409, "")
	if n := len(list(t, h.get("/api/v1/goals"), "goals")); n != 1 {
		t.Errorf("%d goals", n)
	}
	h.call("GET", "/api/v1/goals/x", viewer, "").problem(t, 404, "")
}
