package stats

import (
	"math"
	"testing"
)

func TestCompoundRate(t *testing.T) {
	for _, w := range []struct{ rate, periods, want float64 }{
		{0.05, 12, 0.459639912}, // not 60 %
		{0.5, 1, 0.5},
		{0.5, 2, 0.75},
		{0.2, 0, 0},
		{1, 12, 1},
		{1, 0, 0},
		{0.459639912, 1.0 / 12, 0.05},
		{-0.01, 12, -0.12682503}, // net churn may be growth
		{0.02, DaysPerMonth / 28, 0.021707323},
	} {
		got, ok := CompoundRate(w.rate, w.periods)
		if !ok || !near(got, w.want, 1e-8) {
			t.Errorf("CompoundRate(%v, %v) = %v %v, want %v", w.rate, w.periods, got, ok, w.want)
		}
	}
	if got, _ := CompoundRate(1e-12, 12); !near(got/1.2e-11, 1, 1e-9) {
		t.Errorf("a tiny rate lost its digits: %v", got)
	}
	for _, w := range [][2]float64{{1.1, 2}, {math.NaN(), 2}, {0.1, -1}, {math.Inf(-1), 2}, {0.1, math.Inf(1)}} {
		if got, ok := CompoundRate(w[0], w[1]); ok {
			t.Errorf("CompoundRate(%v) = %v", w, got)
		}
	}
	// There and back, and step by step.
	for rate := -0.5; rate < 0.7; rate += 0.03 {
		year, _ := CompoundRate(rate, 12)
		month, _ := CompoundRate(year, 1.0/12)
		left := 1.0
		for range 12 {
			left *= 1 - rate
		}
		if !near(month, rate, 1e-9) || !near(year, 1-left, 1e-9*(1+left)) {
			t.Fatalf("%v: year %v, back %v", rate, year, month)
		}
	}
}

func TestLifetimeReference(t *testing.T) {
	for _, w := range []struct {
		churn, d float64
		now      bool
		want     float64
	}{
		{0.05, 0, true, 20},
		{0.05, 0, false, 19},
		{0.2, 0.1, true, 1.1 / 0.3},
		{0.2, 0.1, false, 0.8 / 0.3},
		{0, 0.1, true, 11},
		{1, 0.1, true, 1},
		{1, 0.1, false, 0},
	} {
		if got, ok := DiscountedLifetime(w.churn, w.d, w.now); !ok || !near(got, w.want, 1e-12) {
			t.Errorf("%+v: %v %v", w, got, ok)
		}
	}
	// The mission's example: 100 a month for 36 months.
	if got, ok := Lifetime(1.0 / 36); !ok || !near(100*got, 3600, 1e-9) {
		t.Errorf("lifetime value %v", 100*got)
	}
	// The geometric retention model says the same.
	m := &SBG{Churn: 0.07}
	if got, _ := DiscountedLifetime(0.07, 0.02, true); !near(got, m.DEL(0.02), 1e-9) {
		t.Errorf("%v, model %v", got, m.DEL(0.02))
	}
	for _, w := range [][2]float64{{0, 0}, {-0.1, 0.1}, {1.1, 0}, {0.1, -0.1}, {math.NaN(), 0}, {0.1, math.NaN()}} {
		if got, ok := DiscountedLifetime(w[0], w[1], true); ok {
			t.Errorf("DiscountedLifetime(%v) = %v", w, got)
		}
	}
}

func TestProjection(t *testing.T) {
	plain := Scenario{Start: 1000, Churn: 0.05}
	for month, revenue := range plain.Project(60) {
		if want := 1000 * math.Pow(0.95, float64(month)); !near(revenue, want, 1e-9*want) {
			t.Fatalf("month %d: %v, want %v", month, revenue, want)
		}
	}
	got := Scenario{Start: 100, Churn: 0.1, Expansion: 0.05, New: 10, NewGrowth: 0.5}.Project(2)
	if len(got) != 3 || !near(got[1], 105, 1e-9) || !near(got[2], 114.75, 1e-9) {
		t.Errorf("%v", got)
	}
	if got := plain.Project(-1); len(got) != 1 || got[0] != 1000 {
		t.Errorf("no months: %v", got)
	}
	// A point of churn over five years: the sums of two geometric series.
	worse := plain
	worse.Churn = 0.06
	sum := func(q float64) float64 { return 1000 * q * (1 - math.Pow(q, 60)) / (1 - q) }
	if got := Gap(plain.Project(60), worse.Project(60)); !near(got, sum(0.95)-sum(0.94), 1e-6) {
		t.Errorf("gap %v, want %v", got, sum(0.95)-sum(0.94))
	}
	band := plain.Band(Interval{0.04, 0.07}, 60)
	for month, revenue := range plain.Project(60) {
		if !band[month].Contains(revenue) || month > 0 && band[month].Low >= band[month].High {
			t.Fatalf("month %d: %v, band %v", month, revenue, band[month])
		}
	}
}

func TestProjectBase(t *testing.T) {
	m := &SBG{Churn: 0.3, Spread: 0.5}
	base := []Base{{0, 100}, {6, 50}}
	got := ProjectBase(base, m.SurvivalFrom, 3)
	want := 100*m.Survival(3) + 50*m.Survival(9)/m.Survival(6)
	if len(got) != 4 || got[0] != 150 || !near(got[3], want, 1e-9) {
		t.Errorf("%v, want %v at the end", got, want)
	}
	// Under one constant churn it is the scenario.
	constant := ProjectBase(base, (&SBG{Churn: 0.1}).SurvivalFrom, 24)
	for k, x := range (Scenario{Start: 150, Churn: 0.1}).Project(24) {
		if !near(constant[k], x, 1e-9) {
			t.Fatalf("period %d: %v, scenario %v", k, constant[k], x)
		}
	}
}
