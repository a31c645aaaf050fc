package demo_test

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
)

// TestFigures prints the figures of the default company and holds them to
// what a healthy company of its kind has.
func TestFigures(t *testing.T) {
	signed := 0
	_, truth := run(t, demo.Config{Seed: 7, Until: time.Date(2026, 7, 1, 0, 0, 0, 0, saoPaulo)}, func(e *farol.Event) {
		if e.Name == "Signed Up" {
			signed++
		}
	})
	t.Logf("%d events, %d again, %d late; %d sign-ups, %d accounts, %d links, %d churns, %d returns, %d pauses, %d champions lost, %d referrals",
		truth.Events, truth.Duplicates, truth.Late, signed, len(truth.Accounts), len(truth.Links), len(truth.Churns), len(truth.Returns),
		len(truth.Pauses), len(truth.Champions), len(truth.Referrals))
	var lost, paying, sticky, nps, activated, cohort float64
	year := truth.Months[len(truth.Months)-12:]
	for _, m := range truth.Months {
		t.Logf("%s people %5d accounts %3d stickiness %.2f MRR R$%7d + US$%6d paying %3d paused %d lost %2d NPS %3.0f activated %2d of %2d", m.Month,
			m.People, m.Accounts, stickiness(truth, m), m.BRL/100, m.USD/100, m.Paying, m.Paused, m.CustomersLost, score(m), m.Activated, m.Cohort)
	}
	for _, m := range year {
		lost += float64(m.CustomersLost)
		paying += float64(m.CustomersStart)
		sticky += stickiness(truth, m) / 12
		nps += score(m) / 12
		activated += float64(m.Activated)
		cohort += float64(m.Cohort)
	}
	for _, f := range []struct {
		name        string
		got, lo, hi float64
	}{
		{"events", float64(truth.Events), 1e6, 2e6},
		{"people", float64(signed), 4500, 8000},
		{"accounts", float64(len(truth.Accounts)), 400, 400},
		{"monthly logo churn", lost / paying, 0.015, 0.045},
		{"stickiness", sticky, 0.25, 0.45},
		{"NPS", nps, 20, 50},
		{"activation rate", activated / cohort, 0.42, 0.62},
		{"MRR after the year, of before", float64(year[11].BRL) / float64(year[0].BRL), 1.5, 10},
	} {
		t.Logf("%s: %.4g", f.name, f.got)
		if f.got < f.lo || f.got > f.hi {
			t.Errorf("%s is %.4g, out of %.4g to %.4g", f.name, f.got, f.lo, f.hi)
		}
	}
}

// stickiness is the mean of daily active people over those of the month.
func stickiness(truth demo.Truth, m demo.MonthTruth) float64 {
	var sum, days float64
	for _, d := range truth.Days {
		if d.Day.UTC().Year() == m.Month.UTC().Year() && d.Day.UTC().Month() == m.Month.UTC().Month() {
			sum += float64(d.People)
			days++
		}
	}
	return sum / days / float64(m.People)
}

func score(m demo.MonthTruth) float64 {
	n := m.Promoters + m.Passives + m.Detractors
	return 100 * float64(m.Promoters-m.Detractors) / float64(max(n, 1))
}
