// Package truth_test holds Farol to the demo company's planted truth: what
// the generator booked, what a slow and obvious reader counts from the events,
// and what the metrics answer must be the same numbers, now and as known at
// any instant of the past.
package truth_test

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
)

var saoPaulo = func() *time.Location {
	z, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		panic(err)
	}
	return z
}()

// company is small and ends in the middle of a working day.
func company() demo.Config {
	return demo.Config{Seed: 11, Accounts: 50, Months: 4, Until: time.Date(2026, 4, 17, 15, 30, 0, 0, saoPaulo), Zone: saoPaulo}
}

// abroad is a company whose days are longer and shorter in spring and autumn.
func abroad(t *testing.T) demo.Config {
	t.Helper()
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	return demo.Config{Seed: 12, Accounts: 30, Months: 3, Until: time.Date(2026, 5, 1, 0, 0, 0, 0, lisbon), Zone: lisbon}
}

// TestTheGeneratorTellsTheTruth compares the generator's books with the slow
// reader: a mistake in either shows here, before any metric is blamed.
func TestTheGeneratorTellsTheTruth(t *testing.T) {
	for _, cfg := range []demo.Config{company(), abroad(t)} {
		t.Run(cfg.Zone.String(), func(t *testing.T) { tellsTheTruth(t, cfg) })
	}
}

func tellsTheTruth(t *testing.T, cfg demo.Config) {
	c := demo.New(cfg)
	events := history(t, c)
	truth := c.Truth()
	s := asKnown(t, events, cfg.Until.Add(-time.Millisecond), cfg.Zone)
	if len(s.events) != truth.Events {
		t.Errorf("%d events, the truth says %d", len(s.events), truth.Events)
	}
	created := s.created(t)
	activated := s.activated(created)
	for _, d := range truth.Days {
		if got := s.dayTruth(d.Day, created); got != d {
			t.Errorf("counted %+v\n   truth %+v", got, d)
		}
	}
	for _, m := range truth.Months {
		if got := s.month(t, m, created, activated); got != m {
			t.Errorf("counted %+v\n   truth %+v", got, m)
		}
	}
	for _, a := range truth.Accounts {
		if activated[a.ID] != a.Activated {
			t.Errorf("%s activated: counted %v, truth %v", a.ID, activated[a.ID], a.Activated)
		}
	}
}

// dayTruth counts a day as the truth lays it out.
func (s *slow) dayTruth(d farol.Day, created map[farol.AccountID]farol.Day) demo.DayTruth {
	out := demo.DayTruth{Day: d}
	out.People, out.Accounts = s.active(d, d+1)
	out.People7, out.Accounts7 = s.active(d-6, d+1)
	out.People28, out.Accounts28 = s.active(d-27, d+1)
	for _, day := range created {
		if day == d {
			out.NewAccounts++
		}
	}
	return out
}

// month counts a month as the truth lays it out.
func (s *slow) month(t *testing.T, m demo.MonthTruth, created map[farol.AccountID]farol.Day, activated map[farol.AccountID]bool) demo.MonthTruth {
	y, mon, _ := m.Month.UTC().Date()
	to := farol.Date(y, mon+1, 1)
	out := demo.MonthTruth{Month: m.Month, Complete: !to.Start(s.zone).After(s.until)}
	out.People, out.Accounts = s.active(m.Month, to)
	last := min(to-1, s.today)
	out.BRL, out.USD = s.mrr(t, last, "BRL"), s.mrr(t, last, "USD")
	customers, paying := s.customers(t, last)
	out.Paying, out.Paused = len(paying), len(customers)-len(paying)
	out.CustomersLost, out.CustomersStart = s.lost(t, m.Month, last+1)
	out.Promoters, out.Passives, out.Detractors = s.nps(t, m.Month, to)
	s.said(t, &out, m.Month, to)
	for a, d := range created {
		if d >= m.Month && d < to {
			out.Cohort++
			if activated[a] {
				out.Activated++
			}
		}
	}
	return out
}
