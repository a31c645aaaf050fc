package api

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

func TestQuality(t *testing.T) {
	h := newHouse(t)
	x, err := h.store.AddSource(t.Context(), "Web app")
	if err != nil {
		t.Fatal(err)
	}
	var hours []store.SourceHour
	for i := range 100 {
		at := h.clock().Add(-time.Duration(100-i) * time.Hour).Truncate(time.Hour)
		hours = append(hours, store.SourceHour{Source: x.ID, Hour: at, Events: 10, Rejected: 1, NoAccount: 2, Last: at.Add(time.Minute), Reasons: map[string]int64{"type is missing": 1}})
	}
	if err := h.store.AddSourceHours(t.Context(), hours); err != nil {
		t.Fatal(err)
	}
	q := list(t, h.get("/api/v1/quality"), "sources")[0]
	if q["state"] != "ok" || q["events"] != 1000.0 || q["rejected"] != 100.0 || q["no_account"] != 200.0 || q["reasons"].(map[string]any)["type is missing"] != 100.0 || q["usual"] != 240.0 {
		t.Errorf("the source is %v", q)
	}
	if _, err := h.store.OpenSilence(t.Context(), store.Silence{Source: x.ID, Last: h.clock().Add(-26 * time.Hour), Feeds: "activity"}, x.Name, []farol.AccountID{"acme"}); err != nil {
		t.Fatal(err)
	}
	if q := list(t, h.get("/api/v1/quality"), "sources")[0]; q["state"] != "silent" {
		t.Errorf("the source is %v", q)
	}
	if s := list(t, h.get("/api/v1/quality/silences"), "silences"); len(s) != 1 || s[0]["resolved"] != nil || s[0]["source"] != string(x.ID) {
		t.Errorf("silences %v", s)
	}
}
