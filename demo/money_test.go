package demo_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
)

// Some contracts let the price follow the list, some departures are announced
// days before, and some who take no contract buy again and again.
func TestMoneyIsPlanted(t *testing.T) {
	escalators, announced := 0, 0
	_, truth := run(t, demo.Config{Seed: 5, Accounts: 150, Months: 10, Until: time.Date(2026, 7, 1, 0, 0, 0, 0, saoPaulo)}, func(e *farol.Event) {
		var p struct {
			Escalator bool      `json:"escalator"`
			Effective time.Time `json:"effective_at"`
		}
		if e.Kind == farol.Track && json.Unmarshal(e.Properties, &p) == nil {
			if p.Escalator {
				escalators++
			}
			if e.Name == "Subscription Cancelled" && p.Effective.After(e.At) {
				announced++
			}
		}
	})
	again := 0
	for _, b := range truth.Buyers {
		if b.Purchases > 1 {
			again++
		}
	}
	for _, c := range truth.Churns {
		if c.At.After(truth.Until) {
			t.Errorf("%s has not left yet: %v", c.Account, c.At)
		}
	}
	if escalators < 3 || announced < 3 || len(truth.Buyers) < 15 || again < 8 {
		t.Errorf("%d escalators, %d announced departures, %d buyers of whom %d bought again", escalators, announced, len(truth.Buyers), again)
	}
}
