package api

import (
	"math"
	"testing"

	"github.com/farol-cs/farol/store"
)

func TestRetention(t *testing.T) {
	h := newHouse(t)
	h.week()
	// ana and bob started on the 2nd, cid on the 3rd; ana came back on the 3rd.
	got := h.get("/api/v1/retention?interval=day&from=2026-03-02&to=2026-03-04&steps=3")
	cohorts := list(t, got, "cohorts")
	if len(cohorts) != 2 || cohorts[0]["size"] != 2.0 || cohorts[0]["group"] != nil {
		t.Fatalf("cohorts: %v", got)
	}
	cell := cohorts[0]["cells"].([]any)[1].(map[string]any)
	if cell["column"] != "1" || cell["value"] != 0.5 || cell["of"] != 2.0 || cell["low"] == nil {
		t.Errorf("day 1 of the 2nd: %v", cell)
	}
	members := list(t, h.get("/api/v1/retention/members?interval=day&cohort=2026-03-02&column=1"), "members")
	if len(members) != 2 || members[0]["unit"] != "ana" || members[0]["retained"] != 1.0 || members[1]["unit"] != "bob" || members[1]["retained"] != 0.0 {
		t.Errorf("members: %v", members)
	}
	byPlan := h.get("/api/v1/retention?interval=day&from=2026-03-02&to=2026-03-03&steps=1&by=plan&kind=after&return=Report+Created&return_min=1")
	if curves := list(t, byPlan, "curves"); len(curves) != 2 || curves[1]["group"] != "pro" {
		t.Errorf("by plan: %v", byPlan)
	}
	if c := list(t, h.get("/api/v1/retention?unit=accounts&kind=brackets&interval=day&brackets=1,2-4"), "curves"); len(c) != 1 {
		t.Errorf("brackets: %v", c)
	}
	for query, field := range map[string]string{
		"brackets=1":                     "query.brackets",
		"kind=brackets&brackets=x":       "query.brackets",
		"unit=revenue&kind=after":        "query.kind",
		"start_where=plan":               "query.start_where",
		"interval=day&from=2020-01-01":   "query.to",
		"return=Used&return_where=a%2Fb": "query.return_where",
		"from=2026-03-09&to=2026-03-02":  "query.to",
	} {
		h.call("GET", "/api/v1/retention?"+query, h.tokens[store.Viewer], "").problem(t, 422, field)
	}
	h.call("GET", "/api/v1/retention/members?cohort=2026-03-02&column=500", h.tokens[store.Viewer], "").problem(t, 422, "query.column")
	h.call("GET", "/api/v1/retention/members?cohort=2026-03-02&column=0&group=pro", h.tokens[store.Viewer], "").problem(t, 422, "query.group")
}

// Why a figure changed: the lines and what is beside them are the change.
func TestCompare(t *testing.T) {
	h := newHouse(t)
	h.week()
	got := h.get("/api/v1/metrics/active_users_day/compare?before=2026-03-02&after=2026-03-05&by=plan")
	sum := got["several"].(float64)
	for _, l := range list(t, got, "lines") {
		sum += l["effect"].(map[string]any)["total"].(float64)
	}
	change := got["change"].(float64)
	if change == 0 || math.Abs(sum-change) > 1e-9 || got["method"] != "contributions" {
		t.Errorf("%v add up to %v: %s", change, sum, got)
	}
	within := h.get("/api/v1/metrics/active_users_day/compare?before=2026-03-02&after=2026-03-05&by=plan&within=%3Dfree")
	if l := list(t, within, "lines"); len(l) != 1 || l[0]["name"] != "beta" || within["within"].(map[string]any)["total"] != -1.0 {
		t.Errorf("within free: %v", within)
	}
	// What came late: one period on two clocks.
	late := h.get("/api/v1/metrics/active_users_day/compare?before=2026-03-03&after=2026-03-03&before_known=2026-03-04")
	if late["change"] != 1.0 {
		t.Errorf("cid came late: %v", late)
	}
	for query, field := range map[string]string{
		"before=2026-03-02&after=2026-03-05&by=a%3Db":       "query.by",
		"before=2026-03-02&after=2026-03-05&before_known=x": "query.before_known",
		"before=2026-03-02&after=2026-03-05&before_as_of=x": "query.before_as_of",
		"before=2026-03-02&after=2026-03-05&within=free":    "query.within",
		"before=2026-03-02&after=x":                         "query.after",
		"before=2026-03-02&after=2026-03-05&grain=year":     "query.grain",
	} {
		h.call("GET", "/api/v1/metrics/active_users_day/compare?"+query, h.tokens[store.Viewer], "").problem(t, 422, field)
	}
	h.call("GET", "/api/v1/metrics/no/compare?before=2026-03-02&after=2026-03-05", h.tokens[store.Viewer], "").problem(t, 404, "")
}
