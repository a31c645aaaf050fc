package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/farol-cs/farol"
)

// breakdown is a period of the groups' shares.
func breakdown(m *Metric, shares ...sums) Series {
	s := Series{Grain: farol.Monthly}
	for i, x := range shares {
		pt := m.of(x)[0]
		pt.Group = string(rune('a' + i))
		s.Points = append(s.Points, pt)
	}
	return s
}

// A small group borrows from the others, a large one hardly.
func TestShrink(t *testing.T) {
	m := &Metric{Aggregation: Proportion, Unit: "ratio"}
	got := m.Shrink(breakdown(m, share(20, 1000), share(300, 1000), share(0, 3), share(60, 400), share(0, 0)))
	if got[4] != nil {
		t.Errorf("nobody at all has %+v", got[4])
	}
	if tiny := got[2]; tiny.Value < 0.05 || tiny.Weight > 0.5 || tiny.Low > tiny.Value || tiny.High < tiny.Value {
		t.Errorf("none of three: %+v", tiny)
	}
	if large := got[1]; math.Abs(large.Value-0.3) > 0.01 || large.Weight < 0.9 {
		t.Errorf("300 of a thousand: %+v", large)
	}
	for name, s := range map[string]Series{
		"two groups":  breakdown(m, share(1, 10), share(5, 10)),
		"all did":     breakdown(m, share(10, 10), share(7, 7), share(3, 3)),
		"no fraction": breakdown(&Metric{Aggregation: Mean, Unit: "count"}, share(1, 10), share(2, 10), share(3, 10)),
	} {
		of := m
		if name == "no fraction" {
			of = &Metric{Aggregation: Mean}
		}
		for i, x := range of.Shrink(s) {
			if x != nil {
				t.Errorf("%s: point %d is drawn to %+v", name, i, x)
			}
		}
	}
}

// With groups that differ by chance alone, the first by raw value is a tiny
// one that was lucky; drawn towards the mean, the values are alike.
func TestShrinkUnderTheNull(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	m := &Metric{Aggregation: Proportion, Unit: "ratio"}
	var raw, drawn float64
	const rounds = 200
	for range rounds {
		var shares []sums
		for g := range 12 {
			n, k := float64(4+g*g*4), 0.0
			for range int(n) {
				if r.Float64() < 0.2 {
					k++
				}
			}
			shares = append(shares, share(k, n))
		}
		s := breakdown(m, shares...)
		worst, shrunk := 0.0, 0.0
		for i, x := range m.Shrink(s) {
			worst = max(worst, math.Abs(*s.Points[i].Value-0.2))
			shrunk = max(shrunk, math.Abs(x.Value-0.2))
		}
		raw, drawn = raw+worst/rounds, drawn+shrunk/rounds
	}
	if drawn > raw/3 {
		t.Errorf("the group furthest from the truth is off by %.3f as it is and by %.3f drawn to the mean", raw, drawn)
	}
}
