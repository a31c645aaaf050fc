package api

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
)

func TestAccess(t *testing.T) {
	h := newHouse(t)
	admin := h.tokens[store.Admin]
	next, err := h.store.AddMember(t.Context(), store.NewMember{Email: "caio@example.com", Name: "Caio", Password: "quite a long password", Role: store.Admin})
	if err != nil {
		t.Fatal(err)
	}
	made := h.call("POST", "/api/v1/invitations", admin, `{"email":"bia@example.com","role":"csm","scope":"team","team":"North","hidden":["money"]}`)
	secret, _ := made.body["secret"].(string)
	if made.status != 201 || !strings.HasPrefix(secret, "fi_") {
		t.Fatalf("%d %s", made.status, made.text)
	}
	h.call("POST", "/api/v1/invitations", admin, `{"email":"x","role":"csm"}`).problem(t, 422, "body.email")
	h.call("POST", "/api/v1/invitations", admin, `{"email":"x@example.com","role":"csm","scope":"some"}`).problem(t, 422, "body.scope")
	m, _, err := h.store.Accept(t.Context(), secret, store.NewMember{Name: "Bia", Password: "quite a long password"}, "192.0.2.1", "x")
	if err != nil || m.Team != "North" {
		t.Fatal(m, err)
	}
	list := list(t, h.get("/api/v1/invitations"), "invitations")
	if len(list) != 1 || list[0]["member"] != string(m.ID) || list[0]["author"] != "token:admin" || list[0]["scope"] != "team" {
		t.Errorf("listed %v", list)
	}
	h.call("DELETE", "/api/v1/invitations/"+list[0]["id"].(string), admin, "").problem(t, 404, "")
	at := "/api/v1/members/" + string(m.ID)
	changed := h.call("PATCH", at, admin, `{"scope":"own","hidden":["attribute.cnpj"]}`)
	if changed.status != 200 || changed.body["scope"] != "own" || changed.body["hidden"].([]any)[0] != "attribute.cnpj" {
		t.Errorf("%d %s", changed.status, changed.text)
	}
	if n := len(h.get(at + "/sessions")["sessions"].([]any)); n != 1 {
		t.Errorf("%d sessions", n)
	}
	h.call("DELETE", at+"/sessions?session=none", admin, "").problem(t, 404, "")
	if a := h.call("DELETE", at+"/sessions", admin, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if n := len(h.get(at + "/sessions")["sessions"].([]any)); n != 0 {
		t.Errorf("%d sessions after all were ended", n)
	}
	h.append(did("e1", local(2, 9), "acme", "ana", "Report Created", "{}"))
	if err := h.facts.SaveMarks(t.Context(), local(2, 10), []facts.Mark{{Account: "acme", Trait: "$owner.support", Value: string(m.ID)}}); err != nil {
		t.Fatal(err)
	}
	h.call("POST", at+"/leave", admin, `{}`).problem(t, 422, "body.to")
	if a := h.call("POST", at+"/leave", admin, `{"to":"`+string(next.ID)+`"}`); a.status != 200 || a.body["accounts"] != 1.0 {
		t.Errorf("%d %s %s", a.status, a.text, h.log)
	}
	if a := h.call("PUT", "/api/v1/access/roles/viewer", admin, `{"hidden":["money"]}`); a.status != 204 {
		t.Errorf("%d %s %s", a.status, a.text, h.log)
	}
	h.call("PUT", "/api/v1/access/roles/nobody", admin, `{"hidden":[]}`).problem(t, 422, "body.role")
	same(t, h.get("/api/v1/access/roles"), `{"hidden":{"viewer":["money"]}}`)
	if a := h.call("GET", "/api/v1/metrics/mrr/series", h.tokens[store.Viewer], ""); !strings.Contains(a.text, `"reason":"hidden"`) || a.status != 200 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("GET", "/api/v1/metrics/mrr/rows?period=2026-03-01", h.tokens[store.Viewer], "").problem(t, 403, "")
}
