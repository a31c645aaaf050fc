package demo_test

import (
	"testing"
	"time"

	"github.com/farol-cs/farol/demo"
)

// TestFigures prints the figures of the default company and holds them to
// what a healthy company of its kind has.
func TestFigures(t *testing.T) {
	start := time.Now()
	_, truth := run(t, demo.Config{Seed: 7}, nil)
	t.Logf("%v: events %d, duplicates %d, late %d, links %d, corrections %d", time.Since(start), truth.Events, truth.Duplicates,
		truth.Late, len(truth.Links), truth.Corrections)
	for _, m := range truth.Months {
		var dau, days int
		for _, d := range truth.Days {
			if d.Day >= m.Month && d.Day < m.Month.Next(31) && d.Day.UTC().Month() == m.Month.UTC().Month() {
				dau += d.People
				days++
			}
		}
		n := m.Promoters + m.Passives + m.Detractors
		t.Logf("%s people %5d accounts %3d sticky %.2f mrr %8.0f usd %6.0f paying %3d>%3d lost %2d(%d) %.3f nps %3d/%d act %d/%d", m.Month, m.People, m.Accounts,
			float64(dau)/float64(days)/float64(m.People), float64(m.BRL)/100, float64(m.USD)/100, m.PayingStart, m.PayingEnd, m.Lost, m.LostPaused,
			float64(m.Lost)/float64(max(1, m.PayingStart)), 100*(m.Promoters-m.Detractors)/max(1, n), n, m.Activated, m.Cohort)
	}
	var act, vol int
	for _, a := range truth.Accounts {
		if a.Activated {
			act++
		}
	}
	var exp float64
	var left int
	by := map[bool][3]float64{}
	for _, h := range truth.Hazards {
		not := false
		cool := false
		for _, f := range h.Factors {
			not = not || f == "not_activated"
			cool = cool || f == "cooling"
		}
		x := by[not]
		x[0] += h.Chance
		x[2]++
		if h.Left {
			x[1]++
			left++
			if cool {
				vol++
			}
		}
		by[not] = x
		exp += h.Chance
	}
	t.Logf("accounts %d activated %d; expected churn %.1f, left %d (cooling %d) churns %d returns %d pauses %d coolings %d champions %d referrals %d shared %d; by not-activated %v", len(truth.Accounts), act, exp, left, vol, len(truth.Churns), len(truth.Returns), len(truth.Pauses), len(truth.Coolings), len(truth.Champions), len(truth.Referrals), len(truth.Shared), by)
}
