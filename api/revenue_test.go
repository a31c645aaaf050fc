package api

import (
	"encoding/json"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// The ledger closes, and its movements add up, page by page.
func TestRevenue(t *testing.T) {
	h := newHouse(t)
	h.at(local(2, 12))
	sub := func(id string, day int, account, name, props string) farol.Event {
		return farol.Event{ID: id, Kind: farol.Track, Name: "Subscription " + name, At: local(day, 9).UTC(), Account: farol.AccountID(account), Properties: json.RawMessage(props)}
	}
	h.append(
		sub("1", 1, "acme", "Started", `{"subscription":"a","unit_price":10,"quantity":3,"currency":"BRL","effective_at":"2026-01-10T12:00:00Z"}`),
		sub("2", 1, "globex", "Started", `{"subscription":"g","mrr":70,"currency":"BRL","effective_at":"2026-01-10T12:00:00Z"}`),
		sub("3", 2, "acme", "Changed", `{"subscription":"a","unit_price":11,"quantity":4,"currency":"BRL"}`),
		sub("4", 2, "globex", "Cancelled", `{"subscription":"g","reason":"price","voluntary":true}`))
	h.at(local(9, 12))
	r := h.get("/api/v1/revenue/ledger?from=2026-01-01&to=2026-04-01")
	lines := r["lines"].([]any)
	if len(lines) != 3 || r["currency"] != "BRL" || r["digits"] != 2.0 {
		t.Fatalf("%v", r)
	}
	for _, x := range lines {
		line := x.(map[string]any)
		sum := line["opening"].(float64)
		for _, m := range line["movements"].([]any) {
			sum += m.(map[string]any)["amount"].(float64)
		}
		if sum != line["closing"] {
			t.Errorf("does not close: %v", line)
		}
	}
	if march := lines[2].(map[string]any); march["opening"] != 10000.0 || march["closing"] != 4400.0 || march["complete"] != false {
		t.Errorf("march: %v", march)
	}
	total, next := 0.0, ""
	for range 9 {
		page := h.get("/api/v1/revenue/movements?from=2026-03-01&to=2026-04-01&limit=1&after=" + next)
		for _, m := range page["rows"].([]any) {
			total += m.(map[string]any)["amount"].(float64)
		}
		if page["next"] == nil {
			break
		}
		next = page["next"].(string)
	}
	if total != -5600 {
		t.Errorf("the movements add up to %v", total)
	}
	churn := h.get("/api/v1/revenue/movements?from=2026-03-01&to=2026-04-01&kind=churn&by=account")["rows"].([]any)
	if len(churn) != 1 || churn[0].(map[string]any)["voluntary"] != true || churn[0].(map[string]any)["group"] != "globex" || churn[0].(map[string]any)["reason"] != "price" {
		t.Errorf("churn: %v", churn)
	}
	h.call("GET", "/api/v1/revenue/movements?kind=weird", h.tokens[store.Viewer], "").problem(t, 422, "query.kind")
	h.call("GET", "/api/v1/revenue/ledger?rates=weird", h.tokens[store.Viewer], "").problem(t, 422, "query.rates")
	h.call("GET", "/api/v1/revenue/ledger", "", "").problem(t, 401, "")
}
