package api

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// Whoever was activated and pays, and whoever pays all the same, are told from
// the landmark on.
func TestActivationGap(t *testing.T) {
	h := newHouse(t)
	h.week()
	started := func(id, account string) farol.Event {
		return farol.Event{ID: id, Kind: farol.Track, Name: "Subscription Started", At: local(10, 9).UTC(), Account: farol.AccountID(account), Properties: json.RawMessage(`{"subscription":"` + id + `","mrr":10,"currency":"BRL"}`)}
	}
	h.append(started("s2", "beta"), farol.Event{ID: "g3", Kind: farol.Group, At: local(10, 8).UTC(), Account: "delta"}, started("s3", "delta"),
		farol.Event{ID: "g4", Kind: farol.Group, At: local(10, 8).UTC(), Account: "eta"}, started("s4", "eta"))
	h.at(local(28, 12))
	h.append(farol.Event{ID: "c1", Kind: farol.Track, Name: "Subscription Cancelled", At: local(28, 9).UTC(), Account: "eta", Properties: json.RawMessage(`{"subscription":"s4"}`)})
	h.at(local(60, 12))
	g := h.get("/api/v1/activation/gap?from=2026-03-01&to=2026-04-01")
	with, without := g["with"].(map[string]any), g["without"].(map[string]any)
	if g["landmark"] != 14.0 || with["accounts"] != 2.0 || with["lost"] != 0.0 || without["accounts"] != 2.0 || without["lost"] != 1.0 {
		t.Fatalf("gap: %v", g)
	}
	days := list(t, without, "curve")
	if last := days[len(days)-1]; days[0]["share"] != 1.0 || last["share"] != 0.5 {
		t.Errorf("the curve: %v", days)
	}
	if at := list(t, g, "at"); len(at) != 1 || at[0]["day"] != 30.0 || at[0]["with"] != 1.0 || at[0]["without"] != 0.5 || at[0]["value"] != 0.5 {
		t.Errorf("at: %v", at)
	}
}

// A week of March: whoever did anything is activated, on the first day.
func TestActivation(t *testing.T) {
	h := newHouse(t)
	h.week()
	const span = "from=2026-03-01&to=2026-04-01"
	c := h.get("/api/v1/activation/curve?horizon=10&" + span)
	curves := list(t, c, "curves")
	if len(curves) < 2 || curves[0]["from"] != nil || curves[0]["units"] == 0.0 || c["criterion"] != "" || c["what_if"] != false {
		t.Fatalf("curves: %v", c)
	}
	days := list(t, curves[0], "days")
	if len(days) == 0 || days[0]["day"] != 0.0 || days[0]["share"] == 0.0 {
		t.Errorf("days: %v", days)
	}
	if s := h.get("/api/v1/activation/stuck?" + span); s["total"] == nil || len(list(t, s, "steps")) != 1 {
		t.Errorf("stuck: %v", s)
	}
	criteria := list(t, h.get("/api/v1/activation/criteria?"+span), "criteria")
	if len(criteria) != 1 || criteria[0]["version"] != 0.0 {
		t.Errorf("criteria: %v", criteria)
	}
	if f := h.get("/api/v1/adoption/features?day=2026-03-09"); f["window_days"] != 28.0 || f["day"] != "2026-03-09" || len(list(t, f, "features")) != 0 {
		t.Errorf("features: %v", f)
	}
	h.define(metric.FeaturesName, metric.Features{WindowDays: 28, AdoptedDays: 1, List: []metric.Feature{{Name: "Pages", Events: []string{"$page"}, Roles: []string{"analyst"}}}})
	for _, f := range list(t, h.get("/api/v1/adoption/features?day=2026-03-09"), "features") {
		if f["roles"].([]any)[0] != "analyst" || len(f["plans"].([]any)) != 0 || f["released"] != nil {
			t.Errorf("who has it: %v", f)
		}
	}
	h.define(metric.FeaturesName, metric.Features{WindowDays: 28, AdoptedDays: 1, List: []metric.Feature{{Name: "Pages", Events: []string{"$page"}}}})
	people := h.get("/api/v1/adoption/people?feature=Pages&day=2026-03-09&limit=1")
	if l := list(t, people, "people"); len(l) != 1 || l[0]["account"] == "" || people["total"].(float64) < 1 || people["day"] != "2026-03-09" {
		t.Errorf("people: %v", people)
	}
	if next, ok := people["next"].(string); ok {
		rest := h.get("/api/v1/adoption/people?feature=Pages&day=2026-03-09&limit=1000&after=" + url.QueryEscape(next))
		if l := list(t, rest, "people"); len(l) != int(people["total"].(float64))-1 || rest["next"] != nil {
			t.Errorf("the following page: %v", rest)
		}
	} else {
		t.Error("one of several people has no next page")
	}
	h.call("GET", "/api/v1/adoption/people?feature=Pages&after=x", h.tokens[store.Viewer], "").problem(t, 422, "query.after")
	h.call("GET", "/api/v1/adoption/people?feature=nothing", h.tokens[store.Viewer], "").problem(t, 422, "query.feature")
	missions := h.get("/api/v1/adoption/missions?day=2026-03-09")
	if accounts := list(t, missions, "accounts"); len(accounts) == 0 || missions["total"] != float64(len(accounts)) || accounts[0]["users"] == 0.0 {
		t.Errorf("missions: %v", missions)
	}
	for query, field := range map[string]string{"curve?criterion=nothing": "query.criterion", "stuck?from=2026-03-01&to=2026-02-01": "query.to"} {
		h.call("GET", "/api/v1/activation/"+query, h.tokens[store.Viewer], "").problem(t, 422, field)
	}
}

// A named criterion is put, compared with the main one, and retired.
func TestCriteria(t *testing.T) {
	h := newHouse(t)
	h.week()
	const path, span = "/api/v1/criteria/reports", "from=2026-03-01&to=2026-04-01"
	body := `{"title":"Reports","window_days":7,"events":[{"name":"Report Created","min":2,"by":"days"}]}`
	h.call("PUT", path, h.tokens[store.Viewer], body).problem(t, 403, "")
	if d := h.call("PUT", path+"?base=0", h.tokens[store.Manager], body).body; d["version"] != 1.0 || d["kind"] != "criterion" {
		t.Errorf("put: %v", d)
	}
	h.call("PUT", path+"?base=0", h.tokens[store.Manager], `{"window_days":8}`).problem(t, 409, "")
	h.call("PUT", path, h.tokens[store.Manager], `{"window_days":0}`).problem(t, 422, "body.window_days")
	h.call("PUT", "/api/v1/criteria/@2", h.tokens[store.Manager], body).problem(t, 422, "body.name")
	if l := list(t, h.get("/api/v1/criteria"), "definitions"); len(l) != 1 || l[0]["name"] != "reports" {
		t.Errorf("listed: %v", l)
	}
	if l := list(t, h.get("/api/v1/activation/criteria?"+span), "criteria"); len(l) != 2 || l[1]["criterion"] != "reports" {
		t.Errorf("compared: %v", l)
	}
	if a := h.call("PUT", path, h.tokens[store.Manager], `{"window_days":7,"retired":true}`); a.status != 200 || a.body["version"] != 2.0 {
		t.Errorf("retired: %d %s", a.status, a.text)
	}
	if l := list(t, h.get("/api/v1/criteria"), "definitions"); len(l) != 0 {
		t.Errorf("listed although retired: %v", l)
	}
	if l := list(t, h.get("/api/v1/activation/criteria?"+span), "criteria"); len(l) != 1 {
		t.Errorf("compared although retired: %v", l)
	}
}
