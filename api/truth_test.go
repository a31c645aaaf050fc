package api

import (
	"io"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/truth"
)

func TestTruth(t *testing.T) {
	h := newHouse(t)
	h.call("GET", "/api/v1/truth", h.tokens[store.Viewer], "").problem(t, 404, "")

	c := demo.New(demo.Config{Seed: 3, Accounts: 30, Months: 3, Until: local(10, 11), Zone: zone})
	f, err := facts.Open(t.Context(), facts.Config{Zone: zone, Now: h.clock, Threads: 1, MemoryLimit: "256MB"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := f.Backfill(t.Context(), c.Next); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if err := f.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	catalogue, err := metric.Load()
	if err != nil {
		t.Fatal(err)
	}
	metrics := metric.New(catalogue, f, metric.Defaults)
	metrics.SetClock(h.clock)
	checker := truth.New(metrics, f, func() (demo.Truth, error) { return c.Truth(), nil })
	server := httptest.NewServer(New(Config{Store: h.store, Facts: f, Metrics: metrics, Truth: checker, Now: h.clock}))
	t.Cleanup(server.Close)
	h.url = server.URL
	body := h.get("/api/v1/truth")
	if body["compared"] != body["equal"] || body["compared"].(float64) < 15 {
		t.Errorf("%v of %v figures are as planted", body["equal"], body["compared"])
	}
	for _, e := range list(t, body, "figures") {
		if _, err := time.Parse("2006-01-02", e["period"].(string)); err != nil || e["equal"] != true {
			t.Errorf("%v", e)
		}
	}
	if rule := body["rule"].(map[string]any); rule["factor"] != 3.5 || rule["days"] != 14.0 {
		t.Errorf("the rule is %v", rule)
	}
	if over := body["coverage"].(map[string]any); over["held"] == nil {
		t.Errorf("over many: %v", over)
	}
}
