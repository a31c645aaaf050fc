package api

import (
	"fmt"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// What the pages write, a program can: notes with their items, tasks in bulk,
// messages, and what members are told.
func TestWork(t *testing.T) {
	h := newHouse(t)
	h.append(farol.Event{ID: "g1", Kind: farol.Group, Account: "acme", At: local(9, 10), Properties: []byte(`{"name":"Acme"}`)})
	m, err := h.store.AddMember(t.Context(), store.NewMember{Email: "ana@example.com", Name: "Ana", Role: store.CSM, Password: "a long password"})
	if err != nil {
		t.Fatal(err)
	}
	csm, viewer := h.tokens[store.CSM], h.tokens[store.Viewer]
	note := h.call("POST", "/api/v1/notes", csm, `{"account":"acme","title":"Kickoff","body":"Well, @ana.\n\n- [ ] @ana Send it 2026-03-20","participants":["person:joe"],"pinned":true}`)
	if note.status != 201 || note.body["pinned"] == nil {
		t.Fatalf("%d %s", note.status, note.text)
	}
	h.call("POST", "/api/v1/notes", viewer, `{"account":"acme","body":"x"}`).problem(t, 403, "")
	h.call("POST", "/api/v1/notes", csm, `{"account":"nobody","body":"x"}`).problem(t, 404, "")
	h.call("POST", "/api/v1/notes", csm, `{"account":"acme","body":" "}`).problem(t, 422, "body.body")
	id := note.body["id"].(string)
	if a := h.call("PATCH", "/api/v1/notes/"+id, csm, `{"title":"Kickoff, done"}`); a.status != 200 || a.body["title"] != "Kickoff, done" {
		t.Errorf("%d %s", a.status, a.text)
	}
	if e := list(t, h.get("/api/v1/notes/"+id+"/edits"), "edits"); len(e) != 1 {
		t.Errorf("edits %v", e)
	}
	for _, body := range []string{`{"body":"x"}`, `{"deleted":true}`} {
		h.call("PATCH", "/api/v1/notes/"+id, h.tokens[store.Support], body).problem(t, 403, "") // it did not write it
	}
	if a := h.call("PATCH", "/api/v1/notes/"+id, h.tokens[store.Support], `{"pinned":true}`); a.status != 200 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("PATCH", "/api/v1/notes/"+id, csm, `{"deleted":true}`)
	if n := list(t, h.get("/api/v1/notes?account=acme"), "notes"); len(n) != 0 {
		t.Errorf("a deleted note is listed: %v", n)
	}
	h.call("PATCH", "/api/v1/notes/"+id, csm, `{"deleted":false}`)

	tasks := list(t, h.get("/api/v1/tasks?account=acme&owner="+string(m.ID)), "tasks")
	if len(tasks) != 1 || tasks[0]["due"] != "2026-03-20" {
		t.Fatalf("tasks %v", tasks)
	}
	risk := func(body string) string {
		a := h.call("POST", "/api/v1/tasks", csm, fmt.Sprintf(`{"account":"acme","title":"Use fell","kind":"risk","body":%q,"source":"risk acme"}`, body))
		if a.status != 201 {
			t.Fatalf("%d %s", a.status, a.text)
		}
		return a.body["id"].(string)
	}
	first := risk("Use fell by half")
	if risk("The champion left") != first {
		t.Error("one risk is two tasks")
	}
	done := h.call("PATCH", "/api/v1/tasks", csm, fmt.Sprintf(`{"ids":[%q,%q],"outcome":"done"}`, first, tasks[0]["id"]))
	if done.status != 200 || len(list(t, done.body, "tasks")) != 2 {
		t.Errorf("%d %s", done.status, done.text)
	}
	if n := h.get("/api/v1/tasks?state=ended")["count"]; n != 2.0 {
		t.Errorf("%v ended", n)
	}
	h.call("PATCH", "/api/v1/tasks", csm, fmt.Sprintf(`{"ids":[%q],"due":"soon"}`, first)).problem(t, 422, "body.due")
	h.call("PATCH", "/api/v1/tasks", csm, `{"ids":["nobody"],"outcome":"done"}`).problem(t, 404, "")

	said := h.call("POST", "/api/v1/messages", csm, `{"account":"acme","body":"Hello @ana"}`)
	post := h.call("POST", "/api/v1/messages", csm, `{"community":true,"topic":"exports","account":"acme","body":"They fail"}`)
	if said.status != 201 || post.status != 201 {
		t.Fatalf("%s %s", said.text, post.text)
	}
	h.call("POST", "/api/v1/messages", csm, `{"parent":"`+post.body["id"].(string)+`","body":"Mended"}`)
	h.call("POST", "/api/v1/messages", csm, `{"body":" "}`).problem(t, 422, "body.body")
	h.call("POST", "/api/v1/messages", csm, `{"parent":"nobody","body":"x"}`).problem(t, 422, "body.parent")
	if a := h.call("POST", "/api/v1/messages", csm, `{"topic":"News","body":"To all"}`); a.status != 201 || a.body["topic"] != "news" || a.body["account"] != nil {
		t.Errorf("%d %s", a.status, a.text)
	}
	if n := list(t, h.get("/api/v1/messages?topic=exports"), "messages"); len(n) != 2 {
		t.Errorf("posts %v", n)
	}
	h.call("PATCH", "/api/v1/messages/"+said.body["id"].(string), viewer, `{"body":"x"}`).problem(t, 403, "")
	if a := h.call("PATCH", "/api/v1/messages/"+said.body["id"].(string), csm, `{"body":"Hello there"}`); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if n := list(t, h.get("/api/v1/messages?account=acme"), "messages"); len(n) != 1 || n[0]["body"] != "Hello there" {
		t.Errorf("messages %v", n)
	}

	who := "/api/v1/members/" + string(m.ID)
	if n := list(t, h.get(who+"/notices?unseen=true"), "notices"); len(n) != 3 {
		t.Errorf("told %v", n)
	}
	h.call("POST", who+"/notices/seen", h.tokens[store.Admin], `{}`)
	if n := list(t, h.get(who+"/notices?unseen=true"), "notices"); len(n) != 0 {
		t.Errorf("still unseen %v", n)
	}
	if a := h.call("PUT", who+"/preferences", h.tokens[store.Admin], `{"digest":-1,"zone":"America/Manaus","muted":["change"]}`); a.status != 200 {
		t.Errorf("%d %s", a.status, a.text)
	}
	same(t, h.get(who+"/preferences"), `{"digest":-1,"zone":"America/Manaus","muted":["change"]}`)
	h.call("PUT", who+"/preferences", h.tokens[store.Admin], `{"digest":8,"zone":"Mars","muted":[]}`).problem(t, 422, "body.zone")
	if a := h.call("PUT", who+"/follows/acme", h.tokens[store.Admin], ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("PUT", who+"/follows/nobody", h.tokens[store.Admin], "").problem(t, 404, "")
	h.call("DELETE", who+"/follows/acme", h.tokens[store.Admin], "")
	h.watches(t, who)
	h.noteTemplates(t)
}

func (h *house) watches(t *testing.T, who string) {
	admin := h.tokens[store.Admin]
	if a := h.call("PUT", "/api/v1/segments/all-of-us", admin, `{"title":"All","text":"name is \"Acme\""}`); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	h.call("PUT", who+"/watches/nothing", admin, "").problem(t, 404, "")
	h.call("PUT", "/api/v1/members/nobody/watches/all-of-us", admin, "").problem(t, 404, "")
	for _, x := range []struct{ method, want string }{{"PUT", `{"segments":["all-of-us"]}`}, {"DELETE", `{"segments":[]}`}} {
		if a := h.call(x.method, who+"/watches/all-of-us", admin, ""); a.status != 204 {
			t.Errorf("%s: %d %s", x.method, a.status, a.text)
		}
		same(t, h.call("GET", who+"/watches", admin, "").body, x.want)
	}
	// Whoever works here watches for themselves, and for nobody else.
	m, err := h.store.AddMember(t.Context(), store.NewMember{Email: "csm@example.com", Name: "Csm", Role: store.CSM, Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	_, own, err := h.store.AddTokenFor(t.Context(), store.NewToken{Name: "own", Role: store.CSM, Member: m.ID})
	if err != nil {
		t.Fatal(err)
	}
	mine := "/api/v1/members/" + string(m.ID)
	for _, path := range []string{"/watches/all-of-us", "/follows/acme"} {
		if a := h.call("PUT", mine+path, own, ""); a.status != 204 {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
		h.call("PUT", who+path, own, "").problem(t, 403, "")
		h.call("PUT", mine+path, h.tokens[store.Manager], "").problem(t, 403, "")
	}
	for _, path := range []string{"/watches", "/notices", "/preferences"} {
		if a := h.call("GET", mine+path, own, ""); a.status != 200 {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
		h.call("GET", who+path, own, "").problem(t, 403, "")
	}
}

func (h *house) noteTemplates(t *testing.T) {
	const path = "/api/v1/note-templates"
	csm := h.tokens[store.CSM]
	h.call("PUT", path+"/weekly", h.tokens[store.Viewer], `{"title":"Weekly"}`).problem(t, 403, "")
	h.call("PUT", path+"/weekly", csm, `{"title":" "}`).problem(t, 422, "body.title")
	if a := h.call("PUT", path+"/weekly", csm, `{"title":"Weekly","body":"## Agenda"}`); a.status != 200 || a.body["version"] != 1.0 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("PUT", path+"/weekly?base=0", csm, `{"title":"Other"}`).problem(t, 409, "")
	if l := list(t, h.get(path+"?language=pt-BR"), "templates"); len(l) != 5 || l[0]["title"] != "Reunião" || l[4]["body"] != "## Agenda" {
		t.Errorf("%v", l)
	}
	for _, name := range []string{"weekly", "qbr"} {
		if a := h.call("DELETE", path+"/"+name, csm, ""); a.status != 204 {
			t.Errorf("%d %s", a.status, a.text)
		}
	}
	h.call("DELETE", path+"/weekly", csm, "").problem(t, 404, "")
	if l := list(t, h.get(path), "templates"); len(l) != 3 {
		t.Errorf("%v", l)
	}
}
