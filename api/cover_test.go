package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/farol-cs/farol/store"
)

func TestCovers(t *testing.T) {
	h := newHouse(t)
	h.at(local(10, 13))
	ids := map[string]string{}
	for _, n := range []string{"ana", "bia"} {
		m, err := h.store.AddMember(t.Context(), store.NewMember{Email: n + "@example.com", Name: n, Password: "quite a long password", Role: store.CSM})
		if err != nil {
			t.Fatal(err)
		}
		ids[n] = string(m.ID)
	}
	body := func(last string) string {
		return `{"away":"` + ids["ana"] + `","by":"` + ids["bia"] + `","first":"2026-03-10","last":"` + last + `"}`
	}
	_, own, err := h.store.AddTokenFor(t.Context(), store.NewToken{Name: "own", Role: store.CSM, Access: store.Access{Scope: store.OwnAccounts}, Member: store.MemberID(ids["ana"])})
	if err != nil {
		t.Fatal(err)
	}
	h.call("POST", root+"/covers", h.tokens[store.CSM], body("2026-03-11")).problem(t, 403, "")
	h.call("POST", root+"/covers", own, body("soon")).problem(t, 422, "body.last")
	h.call("POST", root+"/covers", own, body("2026-03-09")).problem(t, 422, "body.last")
	made := h.call("POST", root+"/covers", own, body("2026-03-11"))
	if made.status != 201 || made.body["holds"] != true || made.body["last"] != "2026-03-11" || made.body["author"] != "token:own" {
		t.Fatalf("%d %s", made.status, made.text)
	}
	for token, want := range map[string]int{h.tokens[store.Manager]: 1, own: 1, h.tokens[store.CSM]: 0} {
		if got := list(t, h.call("GET", root+"/covers", token, "").body, "covers"); len(got) != want {
			t.Errorf("%d covers, want %d", len(got), want)
		}
	}
	at := root + "/covers/" + made.body["id"].(string)
	h.call("DELETE", at, h.tokens[store.CSM], "").problem(t, 403, "")
	if a := h.call("DELETE", at, h.tokens[store.Manager], ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("DELETE", at, own, "").problem(t, 409, "")
	h.call("DELETE", root+"/covers/none", own, "").problem(t, 404, "")
	said := ""
	for _, e := range list(t, h.get(root+"/audit?action=covers"), "entries") {
		said += fmt.Sprint(e["name"], " ", e["action"], " ", e["status"], "\n")
	}
	for _, want := range []string{"own POST /api/v1/covers 201\n", "manager DELETE /api/v1/covers/{id} 204\n", "csm DELETE /api/v1/covers/{id} 403\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("the audit log lacks %q: %s", want, said)
		}
	}
}
