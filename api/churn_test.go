package api

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// The reports on churn say what the pages say.
func TestChurn(t *testing.T) {
	h := newHouse(t)
	h.at(local(2, 12))
	var events []farol.Event
	sub := func(n int, day int, name, props string) {
		events = append(events, farol.Event{
			ID: fmt.Sprintf("%s-%d", name, n), Kind: farol.Track, Name: "Subscription " + name, At: local(day, 9).UTC(),
			Account: farol.AccountID(fmt.Sprintf("c%d", n)), Properties: json.RawMessage(props),
		})
	}
	for n := range 12 {
		sub(n, 1, "Started", `{"subscription":"s","mrr":100,"currency":"BRL","effective_at":"2025-06-01T12:00:00Z"}`)
	}
	h.append(events...)
	events = nil
	sub(1, 2, "Cancelled", `{"subscription":"s","reason":"price"}`)
	sub(2, 2, "Cancelled", `{"subscription":"s","reason":"moon","voluntary":false}`)
	h.append(events...)
	h.at(local(9, 12))
	r := h.get("/api/v1/churn/reasons?from=2026-03-01&to=2026-04-01")
	if n := len(r["lost"].([]any)); n != 2 {
		t.Errorf("%d lost: %v", n, r)
	}
	groups, unlisted := r["groups"].([]any), r["unlisted"].([]any)
	if len(groups) != 1 || groups[0].(map[string]any)["code"] != "money" || len(unlisted) != 1 || unlisted[0].(map[string]any)["code"] != "moon" {
		t.Errorf("groups %v, unlisted %v", groups, unlisted)
	}
	s := h.get("/api/v1/churn/survival")["all"].(map[string]any)
	if s["customers"] != 12.0 || s["lost"] != 2.0 || s["reason"] != "few_customers" || len(s["observed"].([]any)) < 9 {
		t.Errorf("survival: %v", s)
	}
	v := h.get("/api/v1/churn/lifetime-value")["all"].(map[string]any)
	if l := h.get("/api/v1/churn/lifetime-value"); l["churn_of"] != "customers" {
		t.Errorf("the churn is of %v", l["churn_of"])
	}
	if v["paying"] != 10.0 || v["survival"] != nil || v["reason"] != "few_customers" {
		t.Errorf("lifetime value: %v", v)
	}
	m := h.get("/api/v1/churn/simulate?churn=0.05&churn_b=0.05&months=12")
	if gap := m["gap"].(map[string]any); gap["middle"] != 0.0 || gap["high"] != 0.0 || len(m["now"].(map[string]any)["middle"].([]any)) != 13 {
		t.Errorf("nothing changed: %v", m["gap"])
	}
	h.call("GET", "/api/v1/churn/simulate?churn=2", h.tokens[store.Viewer], "").problem(t, 422, "query.churn")
	h.call("GET", "/api/v1/churn/survival", "", "").problem(t, 401, "")
}
