package api

import (
	"fmt"
	"testing"

	"github.com/farol-cs/farol/store"
)

// A week of March in which ana came on the 2nd, 3rd and 5th, bob on the 2nd,
// cid on the 3rd.
func TestEngagement(t *testing.T) {
	h := newHouse(t)
	h.week()
	const span = "from=2026-03-02&to=2026-03-09"
	b := h.get("/api/v1/engagement/histogram?" + span)
	var units []string
	for _, x := range list(t, b, "buckets") {
		units = append(units, fmt.Sprint(x["units"], "/", x["joined"], "/", x["at_least"]))
	}
	if fmt.Sprint(units) != "[2/2/3 0/0/1 1/1/1 0/0/0 0/0/0 0/0/0 0/0/0]" || b["units"] != 3.0 || b["of"] != "people" || b["complete"] != true {
		t.Errorf("histogram: %v %v", units, b)
	}
	rows := list(t, h.get("/api/v1/engagement/histogram/rows?bucket=1&limit=1&"+span), "rows")
	if len(rows) != 1 || rows[0]["unit"] != "bob" || rows[0]["account"] != "beta" {
		t.Errorf("rows: %v", rows)
	}
	next := h.get("/api/v1/engagement/histogram/rows?bucket=1&limit=1&" + span)["next"].(string)
	rows = list(t, h.get("/api/v1/engagement/histogram/rows?bucket=1&limit=1&"+span+"&after="+next), "rows")
	if len(rows) != 1 || rows[0]["unit"] != "cid" {
		t.Errorf("the next rows: %v", rows)
	}
	of := h.get("/api/v1/engagement/histogram?of=accounts&min=2&interval=week&segment=plan%3Dpro&" + span)
	if of["units"] != 1.0 {
		t.Errorf("accounts of plan pro: %v", of)
	}
	l := h.get("/api/v1/engagement/lifecycle?from=2026-03-02&to=2026-03-16")
	ps := list(t, l, "points")
	if len(ps) != 2 || ps[0]["reason"] != "window_not_covered" || ps[0]["new"] != nil || ps[0]["complete"] != false {
		t.Errorf("life cycle: %v", l)
	}
	if days := list(t, h.get("/api/v1/engagement/lifecycle?grain=day&from=2026-03-03&to=2026-03-04"), "points"); days[0]["new"] != 1.0 || days[0]["returning"] != 1.0 || days[0]["dormant"] != 1.0 || days[0]["active"] != 2.0 || days[0]["before"] != 2.0 {
		t.Errorf("life cycle of the 3rd: %v", days)
	}
	if months := list(t, h.get("/api/v1/engagement/lifecycle?of=accounts&grain=month"), "points"); len(months) != 12 {
		t.Errorf("%d months", len(months))
	}
	x := h.get("/api/v1/engagement/rhythm?" + span)
	if x["reason"] != "too_few" || x["verdict"] != nil || x["units"] != 3.0 || x["regular"] != 1.0 || len(list(t, x, "shares")) != 3 {
		t.Errorf("rhythm: %v", x)
	}
	if h.get("/api/v1/engagement/rhythm?of=accounts")["of"] != "accounts" {
		t.Error("the rhythm of accounts is not of accounts")
	}
	for query, field := range map[string]string{
		"histogram?from=2026-03-02": "query.to", "histogram?from=x&to=2026-03-09": "query.from", "rhythm?feature=no": "query.feature", "rhythm?product=no": "query.product",
		"lifecycle?of=accounts&grain=day": "query.grain", "histogram/rows?bucket=40": "query.bucket", "histogram?segment=plan": "query.segment", "histogram?as_of=x": "query.as_of", "histogram?interval=week&every=2": "query.every",
		"lifecycle?known=x": "query.known", "histogram?interval=day&from=2020-01-01&to=2026-01-01": "query.grain",
	} {
		h.call("GET", "/api/v1/engagement/"+query, h.tokens[store.Viewer], "").problem(t, 422, field)
	}
}
