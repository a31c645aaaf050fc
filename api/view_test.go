package api

import (
	"testing"

	"github.com/farol-cs/farol/store"
)

// Each token sees its own views and the shared ones; leaders mend the shared
// ones of others.
func TestViews(t *testing.T) {
	h := newHouse(t)
	csm, viewer, manager := h.tokens[store.CSM], h.tokens[store.Viewer], h.tokens[store.Manager]
	add := func(token, body string) answer { return h.call("POST", "/api/v1/views", token, body) }
	own := add(csm, `{"name":"Pro","path":"/metrics/mrr","query":"segment=plan%3DPro"}`)
	shared := add(csm, `{"name":"Board","path":"/","query":"period=12m","shared":true}`)
	if own.status != 201 || shared.status != 201 || own.body["shared"] != false {
		t.Fatalf("%s %s", own.text, shared.text)
	}
	count := func(token string, want int) {
		t.Helper()
		if got := list(t, h.call("GET", "/api/v1/views", token, "").body, "views"); len(got) != want {
			t.Errorf("%v, want %d", got, want)
		}
	}
	count(csm, 2)
	count(viewer, 1)
	mine, ours := "/api/v1/views/"+own.body["id"].(string), "/api/v1/views/"+shared.body["id"].(string)
	h.call("PATCH", mine, viewer, `{"name":"x"}`).problem(t, 404, "")
	h.call("PATCH", ours, viewer, `{"name":"x"}`).problem(t, 403, "")
	h.call("DELETE", ours, viewer, "").problem(t, 403, "")
	h.call("PATCH", mine, csm, `{"name":""}`).problem(t, 422, "body.name")
	add(csm, `{"name":"x","path":"https://evil.example/"}`).problem(t, 422, "body.path")
	if a := h.call("PATCH", ours, manager, `{"name":"The board"}`); a.status != 200 || a.body["name"] != "The board" || a.body["shared"] != true {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := h.call("DELETE", ours, manager, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	count(viewer, 0)
}

func TestProgress(t *testing.T) {
	h := newHouse(t)
	same(t, h.get("/api/v1/progress"), `{"works":[]}`)
	if err := h.store.SaveProgress(t.Context(), store.Progress{Name: "history", What: "mrr", Done: 3, Total: 9, Started: local(10, 11)}); err != nil {
		t.Fatal(err)
	}
	same(t, h.get("/api/v1/progress"), `{"works":[{"name":"history","what":"mrr","done":3,"total":9,"started":"2026-03-10T14:00:00Z","seen":"2026-03-10T15:00:00Z"}]}`)
}
