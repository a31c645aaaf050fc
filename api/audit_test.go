package api

import (
	"testing"

	"github.com/farol-cs/farol/store"
)

// What tokens change is written down; what they only read is not.
func TestAudit(t *testing.T) {
	h := newHouse(t)
	h.get("/api/v1/sources")
	if a := h.call("POST", "/api/v1/sources", h.tokens[store.Admin], `{"name":"Mobile"}`); a.status != 201 {
		t.Fatal(a.text)
	}
	entries := list(t, h.get("/api/v1/audit?action=sources"), "entries")
	if len(entries) != 1 || entries[0]["action"] != "POST /api/v1/sources" || entries[0]["status"] != 201.0 || entries[0]["token"] == nil || entries[0]["member"] != nil {
		t.Errorf("the log has %v", entries)
	}
	if a := h.call("POST", "/api/v1/sources", h.tokens[store.Viewer], `{"name":"Mine"}`); a.status != 403 {
		t.Fatal(a.text)
	}
	h.call("GET", "/api/v1/tokens", h.tokens[store.Viewer], "")
	entries = list(t, h.get("/api/v1/audit?refused=true"), "entries")
	if len(entries) != 1 || entries[0]["action"] != "POST /api/v1/sources" || entries[0]["status"] != 403.0 {
		t.Errorf("of what was refused the log has %v", entries)
	}
}
