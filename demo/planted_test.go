package demo_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
)

// TestSubscriptionsFollowTheirStates: started once, changed while running,
// paused, resumed, cancelled at the end; MRR in whole minor units that every
// way of writing it agrees on.
func TestSubscriptionsFollowTheirStates(t *testing.T) {
	allowed := map[string][]string{
		"":                       {"Subscription Started"},
		"Subscription Started":   {"Subscription Changed", "Subscription Paused", "Subscription Cancelled"},
		"Subscription Changed":   {"Subscription Changed", "Subscription Paused", "Subscription Cancelled"},
		"Subscription Paused":    {"Subscription Resumed"},
		"Subscription Resumed":   {"Subscription Changed", "Subscription Paused", "Subscription Cancelled"},
		"Subscription Cancelled": {},
	}
	state := map[string]string{}
	owner := map[string]farol.AccountID{}
	seen := map[string]bool{}
	counts := map[string]int{}
	run(t, demo.Config{Seed: 3, Accounts: 220, Months: 10}, func(e *farol.Event) {
		if !strings.HasPrefix(e.Name, "Subscription ") || seen[e.ID] {
			return
		}
		seen[e.ID] = true
		counts[e.Name]++
		var p struct {
			Subscription, Currency, Reason string
			MRR                            any
			Minor                          *int64 `json:"mrr_minor"`
			Unit                           *int64 `json:"unit_price"`
			Voluntary                      *bool
		}
		if err := json.Unmarshal(e.Properties, &p); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(allowed[state[p.Subscription]], e.Name) {
			t.Errorf("%s: %s after %q", p.Subscription, e.Name, state[p.Subscription])
		}
		if o, ok := owner[p.Subscription]; ok && o != e.Account {
			t.Errorf("%s belongs to %s and %s", p.Subscription, o, e.Account)
		}
		state[p.Subscription], owner[p.Subscription] = e.Name, e.Account
		ended := e.Name == "Subscription Cancelled"
		if ended && (p.Voluntary == nil || p.Reason == "") {
			t.Errorf("cancelled without a reason: %s", e.Properties)
		}
		if p.Reason == "renewal" {
			return
		}
		if priced := p.MRR != nil || p.Minor != nil || p.Unit != nil; priced == (ended || e.Name == "Subscription Paused") {
			t.Errorf("%s with price %v: %s", e.Name, priced, e.Properties)
		}
	})
	for name := range allowed {
		if name != "" && counts[name] == 0 {
			t.Errorf("no %s", name)
		}
	}
}

func TestPeopleRestOnWeekendsAndHolidays(t *testing.T) {
	_, truth := run(t, demo.Config{Seed: 5, Accounts: 80, Months: 6, Until: time.Date(2026, 7, 1, 0, 0, 0, 0, saoPaulo)}, nil)
	mean := func(days ...string) (sum float64) {
		for _, s := range days {
			d, err := farol.ParseDay(s)
			if err != nil {
				t.Fatal(err)
			}
			sum += float64(truth.Days[d-truth.First].People)
		}
		return sum / float64(len(days))
	}
	working := mean("2026-03-17", "2026-03-18", "2026-03-24", "2026-03-25")
	if rest := mean("2026-03-21", "2026-03-22", "2026-03-28"); rest > working/4 {
		t.Errorf("weekends %v, working days %v", rest, working)
	}
	if carnival := mean("2026-02-16", "2026-02-17"); carnival > mean("2026-02-10", "2026-02-24")/1.5 {
		t.Errorf("Carnival %v, ordinary days %v", carnival, mean("2026-02-10", "2026-02-24"))
	}
	if tiradentes := mean("2026-04-21"); tiradentes > mean("2026-04-14", "2026-04-28")/1.5 {
		t.Errorf("Tiradentes %v, ordinary days %v", tiradentes, mean("2026-04-14", "2026-04-28"))
	}
}

func TestHolidaysOfBrazil(t *testing.T) {
	for _, s := range []string{"2024-02-12", "2024-02-13", "2024-03-29", "2024-05-30", "2025-03-03", "2025-03-04", "2025-04-18", "2025-06-19",
		"2026-02-17", "2026-04-03", "2026-11-20", "2027-02-09", "2030-03-05", "2026-09-07", "2038-04-23"} {
		d, err := farol.ParseDay(s)
		if err != nil {
			t.Fatal(err)
		}
		if demo.Holiday(d) > 0.2 {
			t.Errorf("%s is a holiday", s)
		}
	}
	for _, s := range []string{"2026-02-10", "2023-11-20", "2026-07-09", "2026-04-06"} {
		if d, _ := farol.ParseDay(s); demo.Holiday(d) != 1 {
			t.Errorf("%s is an ordinary day", s)
		}
	}
}

// companies are the truths of several, made once.
var companies = sync.OnceValue(func() (list []demo.Truth) {
	for seed := range uint64(4) {
		c := demo.New(demo.Config{Seed: 100 + seed, Accounts: 110, Months: 11})
		for {
			if _, err := c.Next(); err != nil {
				break
			}
		}
		list = append(list, c.Truth())
	}
	return list
})

// TestHazardsAreTrue: over many companies as many accounts leave as the
// planted chances say, in every band of risk and under every factor.
func TestHazardsAreTrue(t *testing.T) {
	type cell struct{ expected, variance, left float64 }
	cells := map[string]*cell{}
	add := func(name string, h demo.Hazard) {
		c := cells[name]
		if c == nil {
			c = &cell{}
			cells[name] = c
		}
		c.expected += h.Chance
		c.variance += h.Chance * (1 - h.Chance)
		if h.Left {
			c.left++
		}
	}
	for _, truth := range companies() {
		for _, h := range truth.Hazards {
			// What leaves in the last days may be reported after the end.
			if h.To.Next(12) > truth.Last {
				continue
			}
			add("all", h)
			switch {
			case h.Chance < 0.02:
				add("below 2 %", h)
			case h.Chance < 0.1:
				add("2 to 10 %", h)
			default:
				add("10 % and more", h)
			}
			for _, f := range h.Factors {
				add(f, h)
			}
		}
	}
	for name, c := range cells {
		// Four standard deviations: a handful of cells, each once in 16,000.
		if math.Abs(c.left-c.expected) > 4*math.Sqrt(c.variance)+1 {
			t.Errorf("%s: %.1f expected, %v left", name, c.expected, c.left)
		}
	}
	if all := cells["all"]; all == nil || all.left < 25 {
		t.Errorf("too few departures: %+v", all)
	}
}

// TestTheRuleKeepsAccounts: among accounts that pay, those that met the rule
// leave at about the planted fraction of the others' rate, and the accounts
// just below the rule do as badly as the rest.
func TestTheRuleKeepsAccounts(t *testing.T) {
	var exposure, left [2]float64
	var signed, activated float64
	for _, truth := range companies() {
		met := map[farol.AccountID]bool{}
		for _, a := range truth.Accounts {
			met[a.ID] = a.Activated
			if truth.Last-a.Created >= demo.RuleDays {
				signed++
				if a.Activated {
					activated++
				}
			}
			if a.Activated != (a.Reports >= demo.RuleReports && a.Invites >= demo.RuleInvites) {
				t.Errorf("%+v", a)
			}
		}
		for _, h := range truth.Hazards {
			i := 0
			if met[h.Account] {
				i = 1
			}
			exposure[i] += float64(h.To - h.From)
			if h.Left {
				left[i]++
			}
		}
	}
	ratio := (left[1] / exposure[1]) / (left[0] / exposure[0])
	if ratio < 0.12 || ratio > 0.55 {
		t.Errorf("activated accounts leave at %.2f of the others' rate (%v of %v days, %v of %v)", ratio, left[1], exposure[1], left[0], exposure[0])
	}
	if rate := activated / signed; rate < 0.42 || rate > 0.62 {
		t.Errorf("activation rate %.2f", rate)
	}
}
