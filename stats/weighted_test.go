package stats

import (
	"math"
	"testing"
)

func TestPostStratifiedNPS(t *testing.T) {
	// The small customers answer most and are content; the large ones are not.
	strata := []NPSStratum{{Answers{8, 2, 10}, 100}, {Answers{1, 3, 4}, 300}, {Answers{}, 100}}
	score, i, covered, ok := PostStratifiedNPS(strata, Level)
	// (100×60 + 300×(−50)) / 400 = −22.5; plain it would be (9−5)/14 = 28.6.
	if !ok || math.Abs(score+22.5) > 1e-9 || math.Abs(covered-0.8) > 1e-9 {
		t.Fatalf("score %v of %v of the base, %v", score, covered, ok)
	}
	// By hand: centres 6/13 and −2/7, errors by the adjusted counts.
	se := func(p, d, n float64) float64 { return math.Sqrt(((p+d)/n - (p-d)*(p-d)/n/n) / n) }
	centre := 0.25*6/13 - 0.75*2/7
	half := 1.959963984540054 * math.Hypot(0.25*se(8.75, 2.75, 13), 0.75*se(1.75, 3.75, 7))
	if math.Abs(i.Low-100*(centre-half)) > 1e-6 || math.Abs(i.High-100*(centre+half)) > 1e-6 {
		t.Errorf("interval %v, want %v ± %v", i, 100*centre, 100*half)
	}
	// One stratum is the plain score with the plain interval.
	one, single, _, _ := PostStratifiedNPS([]NPSStratum{{Answers{30, 10, 60}, 7}}, Level)
	plain, _ := NPS(30, 10, 60, Level)
	if math.Abs(one-100.0/3) > 1e-9 || math.Abs(single.Low-plain.Low) > 1e-9 || math.Abs(single.High-plain.High) > 1e-9 {
		t.Errorf("%v %v, plain %v", one, single, plain)
	}
	if _, _, _, ok := PostStratifiedNPS([]NPSStratum{{Answers{}, 5}, {Answers{1, 0, 1}, 0}}, Level); ok {
		t.Error("a score of nobody")
	}
}
