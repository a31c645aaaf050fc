package api

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// plans sends three accounts with plans, of which one is used.
func (h *house) plans() {
	h.t.Helper()
	for i, plan := range []string{"pro", "pro", "basic"} {
		h.append(farol.Event{ID: "g" + string(rune('0'+i)), Kind: farol.Group, At: local(2, 10).UTC(), Account: farol.AccountID("acc-" + string(rune('a'+i))), Properties: json.RawMessage(`{"plan":"` + plan + `"}`)})
	}
	h.append(did("e1", local(9, 10), "acc-a", "u1", "Report Created", `{"pages":3}`))
}

func TestSegmentsByAPI(t *testing.T) {
	h := newHouse(t)
	h.plans()
	put := func(name, body string) answer {
		return h.call("PUT", "/api/v1/segments/"+name, h.tokens[store.CSM], body)
	}
	a := put("pros", `{"title":"Pros","text":"plan is \"pro\""}`)
	if a.status != 200 || a.body["version"] != 1.0 || a.body["accounts"] != 2.0 || a.body["words"] != "plan is “pro”" || a.body["words_pt"] != "plan é “pro”" {
		t.Fatalf("%d %s", a.status, a.text)
	}
	a = put("busy", `{"title":"Busy","rule":{"all":[{"segment":"pros"},{"did":{"event":"Report Created","op":">=","times":1,"days":7}}]}}`)
	if a.status != 200 || a.body["text"] != `segment pros and did "Report Created" >= 1 times in 7 days` {
		t.Fatalf("%d %s", a.status, a.text)
	}
	for _, c := range []struct{ name, body, at string }{
		{"x", `{"title":"X","text":"plan is"}`, "body.text"},
		{"x", `{"title":"X","rule":{"all":[{"did":{"event":"x","op":">=","times":1,"days":900}}]}}`, "body.rule.all[0].did.days"},
		{"x", `{"title":"X","rule":{"segment":"gone"}}`, "body.rule.segment"},
		{"x", `{"title":"X","text":"metric nosuch > 1"}`, "body.rule.metric.name"},
		{"pros", `{"title":"Pros","text":"segment busy"}`, "body.rule.segment"},
		{"x", `{"title":"Pros","text":"plan is \"x\""}`, "body.title"},
		{"x", `{"title":"X","text":"plan is \"x\"","rule":{"all":[]}}`, "body.text"},
		{"x", `{"title":"X","rule":` + strings.Repeat(`{"all":[`, 60) + strings.Repeat(`]}`, 60) + `}`, "body.rule"},
	} {
		if a := put(c.name, c.body); a.status != 422 || !strings.Contains(a.text, `"location":"`+c.at+`"`) {
			t.Errorf("%s: %d %s, want %s", c.body, a.status, a.text, c.at)
		}
	}
	if a := put("pros?base=7", `{"title":"Pros","text":"plan is \"x\""}`); a.status != 409 {
		t.Errorf("a version that nobody saw: %d", a.status)
	}
	if a := h.call("DELETE", "/api/v1/segments/pros", h.tokens[store.Admin], ""); a.status != 409 || !strings.Contains(a.text, "Busy") {
		t.Errorf("a segment that is used was deleted: %d %s", a.status, a.text)
	}
	if a := h.call("PUT", "/api/v1/segments/pros", h.tokens[store.Viewer], `{"title":"Pros","text":"plan is \"x\""}`); a.status != 403 {
		t.Errorf("a viewer changed a segment: %d", a.status)
	}
	if all := list(t, h.get("/api/v1/segments"), "segments"); len(all) != 2 || all[0]["name"] != "busy" || all[0]["accounts"] != 1.0 || all[0]["evaluated"] == nil {
		t.Errorf("%v", all)
	}
	h.previews(t)
	h.membership(t)
}

func (h *house) previews(t *testing.T) {
	t.Helper()
	a := h.call("POST", "/api/v1/segments/preview", h.tokens[store.CSM], `{"text":"plan is \"pro\" or segment busy"}`)
	if a.status != 200 || a.body["count"] != 2.0 || len(list(t, a.body, "sample")) != 2 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := h.call("POST", "/api/v1/segments/preview", h.tokens[store.CSM], `{"text":"plan ist \"pro\""}`); a.status != 422 || !strings.Contains(a.text, "at character 6") {
		t.Errorf("%d %s", a.status, a.text)
	}
}

// membership reads who is in a segment, who moved, and numbers of it alone.
func (h *house) membership(t *testing.T) {
	t.Helper()
	if got := list(t, h.get("/api/v1/segments/pros/accounts?limit=1"), "accounts"); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if got := h.get("/api/v1/segments/pros/accounts?as_of=2026-03-05"); got["count"] != 0.0 {
		t.Errorf("before it was made: %v", got)
	}
	if got := h.get("/api/v1/segments/pros?as_of=2026-03-05"); got["accounts"] != 0.0 || got["began"] == nil {
		t.Errorf("before it was made: %v", got)
	}
	if got := list(t, h.get("/api/v1/segments/pros/history?as_of=2026-03-05"), "moves"); len(got) != 0 {
		t.Errorf("before it was made: %v", got)
	}
	for path, field := range map[string]string{"/segments?as_of=x": "query.as_of", "/segments/pros?known=x": "query.known", "/segments/pros/history?as_of=x": "query.as_of", "/people?known=x": "query.known", "/customers?as_of=x": "query.as_of", "/customers?metric=x": "query.metric"} {
		h.call("GET", "/api/v1"+path, h.tokens[store.CSM], "").problem(t, 422, field)
	}
	moves := h.get("/api/v1/segments/pros/history?limit=1")
	if got := list(t, moves, "moves"); len(got) != 1 || got[0]["change"] != "entered" || got[0]["first"] != true || moves["next"] == nil {
		t.Errorf("%v", moves)
	}
	if got := list(t, h.get("/api/v1/segments/pros/history?from=2026-03-11&account=acc-a"), "moves"); len(got) != 0 {
		t.Errorf("%v", got)
	}
	users := func(segment string) string {
		t.Helper()
		a := h.get("/api/v1/metrics/active_accounts_day/series?from=2026-03-09&to=2026-03-10&grain=day&segment=" + url.QueryEscape(segment))
		raw, _ := json.Marshal(a)
		return string(raw)
	}
	if in, out := users("busy"), users("-busy"); !strings.Contains(in, `"value":1`) || strings.Contains(out, `"value":1`) {
		t.Errorf("in it %s, not in it %s", in, out)
	}
	if a := h.call("GET", "/api/v1/metrics/mrr/series?segment=gone", h.tokens[store.Admin], ""); a.status != 422 || !strings.Contains(a.text, "query.segment") {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := h.call("DELETE", "/api/v1/segments/busy", h.tokens[store.Admin], ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := h.call("GET", "/api/v1/segments/busy", h.tokens[store.Admin], ""); a.status != 404 {
		t.Errorf("%d %s", a.status, a.text)
	}
}
