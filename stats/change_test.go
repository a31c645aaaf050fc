package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func TestShareChange(t *testing.T) {
	e, ok := ShareChange(Share{56, 70}, Share{48, 80}, Level)
	check(t, "ShareChange", e.Interval, ok, 0.0524, 0.3339, 6e-5)
	// sqrt(0.8*0.2/70 + 0.6*0.4/80)
	if !near(e.Value, 0.2, 1e-12) || !near(e.SE, 0.0727029, 1e-6) || !e.Clear() {
		t.Errorf("%+v", e)
	}
	if e, _ := ShareChange(Share{5, 100}, Share{4, 100}, Level); e.Clear() {
		t.Errorf("one more of a hundred is no change: %+v", e)
	}
	if _, ok := ShareChange(Share{}, Share{1, 2}, Level); ok {
		t.Error("a change from nothing")
	}
}

func TestNPSChange(t *testing.T) {
	a, b := Answers{Promoters: 50, Detractors: 20, All: 100}, Answers{Promoters: 40, Detractors: 30, All: 100}
	e, ok := NPSChange(a, b, Level)
	want, _ := NPSDifference(a, b, Level)
	if !ok || !near(e.Value, 20, 1e-9) || e.Interval != want || !near(2*z(Level)*e.SE, want.High-want.Low, 1e-9) || e.Clear() {
		t.Errorf("%+v %v, want %v", e, ok, want)
	}
	if _, ok := NPSChange(a, Answers{}, Level); ok {
		t.Error("a change from nothing")
	}
}

func TestTallyChange(t *testing.T) {
	// By hand: 30 in 10 against 15 in 10. Score intervals (k + q²/2 ±
	// q sqrt(k + q²/4))/10: 2.10150 to 4.28264 and 0.90906 to 2.47509.
	e, ok := TallyChange(Tally{30, 10}, Tally{15, 10}, 1, Level)
	check(t, "TallyChange", e.Interval, ok, 0.17407, 2.91222, 1e-5)
	if !near(e.Value, 1.5, 1e-12) || !near(e.SE, math.Sqrt(0.45), 1e-12) || !e.Clear() {
		t.Errorf("%+v", e)
	}
	// Bursts of four: the same counts say no more than a quarter as many.
	if e, _ := TallyChange(Tally{30, 10}, Tally{15, 10}, 4, Level); e.Clear() {
		t.Errorf("bursts: %+v", e)
	}
	// Dispersion below 1 does not sharpen.
	if f, _ := TallyChange(Tally{30, 10}, Tally{15, 10}, 0.1, Level); f != e {
		t.Errorf("%+v, was %+v", f, e)
	}
	if e, ok := TallyChange(Tally{0, 10}, Tally{0, 10}, 1, Level); !ok || e.Clear() || e.Interval.High <= 0 {
		t.Errorf("none and none: %+v", e)
	}
	for _, bad := range []Tally{{1, 0}, {-1, 2}, {math.NaN(), 1}, {1, math.Inf(1)}} {
		if _, ok := TallyChange(bad, Tally{1, 1}, 1, Level); ok {
			t.Errorf("%+v answered", bad)
		}
	}
	if d, ok := Dispersion([]float64{2, 4, 6}); !ok || !near(d, 1, 1e-12) {
		t.Errorf("dispersion %v", d)
	}
	if _, ok := Dispersion([]float64{0, 0}); ok {
		t.Error("dispersion of nothing")
	}
}

func TestMeanChange(t *testing.T) {
	of := func(values ...float64) (s Sample) {
		for _, x := range values {
			s.N, s.Sum, s.Squares = s.N+1, s.Sum+x, s.Squares+x*x
		}
		return s
	}
	// R: t.test(extra ~ group, sleep): -3.3654832 to 0.2054832, df 17.776.
	e, ok := MeanChange(of(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2),
		of(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4), Level)
	check(t, "Welch", e.Interval, ok, -3.3654832, 0.2054832, 1e-6)
	if !near(e.Value, -1.58, 1e-12) || e.Clear() {
		t.Errorf("%+v", e)
	}
	if e, ok := MeanChange(of(2, 2), of(2, 2, 2), Level); !ok || e.Clear() || e.SE != 0 {
		t.Errorf("equals: %+v", e)
	}
	if _, ok := MeanChange(of(2), of(2, 2, 2), Level); ok {
		t.Error("a spread of one value")
	}
}

// No change: an arrow must appear about once in twenty.
func TestNoiseIsCalledNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 1))
	const many = 4000
	clear := map[string]float64{}
	burst := distuv.Gamma{Alpha: 10, Beta: 0.25, Src: r}
	bursts := func() float64 { return distuv.Poisson{Lambda: burst.Rand(), Src: r}.Rand() }
	for range many {
		e, _ := ShareChange(Share{binomial(r, 120, 0.1), 120}, Share{binomial(r, 90, 0.1), 90}, Level)
		clear["shares"] += count(e.Clear())
		poisson := distuv.Poisson{Lambda: 12, Src: r}
		e, _ = TallyChange(Tally{poisson.Rand(), 1}, Tally{poisson.Rand(), 1}, 1, Level)
		clear["counts"] += count(e.Clear())
		// Counts of mean 40 and variance 200: dispersion 5.
		e, _ = TallyChange(Tally{bursts(), 1}, Tally{bursts(), 1}, 5, Level)
		clear["bursts"] += count(e.Clear())
		var a, b Sample
		for range 15 {
			x, y := r.ExpFloat64(), 1+2*r.NormFloat64()
			a = Sample{a.N + 1, a.Sum + x, a.Squares + x*x}
			b = Sample{b.N + 1, b.Sum + y, b.Squares + y*y}
		}
		e, _ = MeanChange(a, b, Level)
		clear["means"] += count(e.Clear())
		e, _ = NPSChange(answers(r, 60, 0.4, 0.3), answers(r, 80, 0.4, 0.3), Level)
		clear["NPS"] += count(e.Clear())
	}
	for name, c := range clear {
		if got := c / many; got < 0.025 || got > 0.065 {
			t.Errorf("%s: noise is called a change %.1f %% of the time", name, 100*got)
		}
	}
}
