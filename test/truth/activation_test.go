package truth_test

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
)

// TestThePlantedRuleShows reads the company that is shipped as the demo as its
// team would: the curve is the planted one, and customers who met the planted
// rule stay longer, beyond chance; who left when the year ended is told apart.
func TestThePlantedRuleShows(t *testing.T) {
	if testing.Short() {
		t.Skip("makes the whole company")
	}
	// Of what people did only what the rule asks for is taken in.
	asked := []string{"Report Created", "Teammate Invited"}
	cfg := demo.Config{Seed: 7, Accounts: 400, Months: 18, Until: time.Date(2026, 11, 26, 12, 0, 0, 0, saoPaulo), Zone: saoPaulo}
	l, _ := loadSome(t, cfg, func(e *farol.Event) bool {
		switch e.Kind {
		case farol.Track:
			return slices.Contains(asked, e.Name) || !facts.Interactive(e.Name)
		case farol.Page, farol.Screen:
			return false
		}
		return true
	})
	l.renewals()
	q := metric.ActivationRequest{Request: metric.Request{Grain: farol.Monthly, Period: l.whole}}
	curve, err := l.reader.ActivationCurve(context.Background(), q)
	if err != nil || len(curve.Cohorts) == 0 {
		t.Fatalf("no curve: %v", err)
	}
	l.plantedCurve(curve.Cohorts[0])
	gap, err := l.reader.RetentionGap(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if gap.With.Accounts < 100 || gap.Without.Accounts < 50 || gap.P == nil || *gap.P > 0.001 {
		t.Errorf("%d activated and %d others differ by chance in %v", gap.With.Accounts, gap.Without.Accounts, gap.P)
	}
	late := 0
	for _, a := range gap.At {
		if a.Day >= 90 {
			late++
			// Few have left by the first of these ages: chance may hide it then.
			if a.Value <= 0 || a.Day > 90 && a.Low <= 0 || a.With <= a.Without {
				t.Errorf("day %d: %.3f of the activated, %.3f of the others, difference %.3f to %.3f", a.Day, a.With, a.Without, a.Low, a.High)
			}
		}
	}
	if late < 4 {
		t.Errorf("only %d ages from 90 days on", late)
	}
}

// plantedCurve compares the days within the rule's with when accounts met it.
func (l *loaded) plantedCurve(c metric.CohortCurve) {
	last := l.truth.Rule.Days - 1
	met := make([]int, last+1)
	old := 0
	for _, a := range l.truth.Accounts {
		if a.Created.Next(last) > l.truth.Last-1 {
			continue // is still watched
		}
		old++
		if a.ActivatedAt == nil {
			continue
		}
		for d := int(farol.DayOf(*a.ActivatedAt, saoPaulo) - a.Created); d <= last; d++ {
			met[d]++
		}
	}
	for _, d := range c.Days {
		if d.Day > last {
			break
		}
		if want := float64(met[d.Day]) / float64(old); math.Abs(d.Share-want) > 0.02 {
			l.t.Errorf("day %d: %.3f activated, planted %.3f", d.Day, d.Share, want)
		}
	}
	if len(c.Days) <= last || met[last] < 100 {
		l.t.Errorf("%d days, %d activated: too few to test with", len(c.Days), met[last])
	}
}
