package api

import (
	"net/http"
	"testing"

	"github.com/farol-cs/farol/store"
)

func TestGlossary(t *testing.T) {
	h := newHouse(t)
	all := list(t, h.get("/api/v1/glossary"), "entries")
	if len(all) < 130 || all[0]["letter"] != "A" {
		t.Errorf("%d entries, the first %v", len(all), all[0])
	}
	for _, e := range all {
		for _, k := range []string{"id", "term", "text"} {
			if e[k] == "" || e[k] == nil {
				t.Errorf("%v has no %s", e["id"], k)
			}
		}
	}
	found := list(t, h.get("/api/v1/glossary?q=RECEITA+liquida"), "entries")
	if len(found) == 0 || found[0]["id"] != "nrr" {
		t.Errorf("receita líquida finds %v", found)
	}
	if of := list(t, h.get("/api/v1/glossary?metric=nps"), "entries"); len(of) != 1 || of[0]["metric"] != "nps" {
		t.Errorf("nps is explained by %v", of)
	}
	h.call("GET", "/api/v1/glossary?metric=no", h.tokens[store.Viewer], "").problem(t, 404, "")
	h.call("GET", "/api/v1/glossary/no", h.tokens[store.Viewer], "").problem(t, 404, "")

	req, _ := http.NewRequestWithContext(t.Context(), "GET", h.url+"/api/v1/glossary/activation-rate", nil)
	req.Header.Set("Authorization", "Bearer "+h.tokens[store.Viewer])
	req.Header.Set("Accept-Language", "pt-BR")
	if a := h.do(req); a.header.Get("Content-Language") != "pt-BR" || a.body["term"] != "Taxa de ativação" || a.body["metric"] != "activation_rate" {
		t.Errorf("in Portuguese: %s", a.text)
	}
}
