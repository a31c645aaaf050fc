package metric

import (
	"testing"
	"time"
)

// A short update says nothing; a long one says how far it has come, now and
// then, until all steps are done.
func TestProgress(t *testing.T) {
	r, _, _ := small(t)
	var said []Progress
	r.SetProgress(func(p Progress) { said = append(said, p) })
	clk := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	tell := r.teller()
	tell.now, tell.Started = func() time.Time { return clk }, clk
	steps := 0
	for _, m := range r.catalogue.All() {
		for range m.Grains {
			tell.at(m)
			steps++
			clk = clk.Add(400 * time.Millisecond)
			if steps == 7 && len(said) != 0 {
				t.Fatalf("after %s it said %+v", clk.Sub(tell.Started), said)
			}
		}
		if m.PerAccount {
			tell.at(m)
			steps++
		}
	}
	if tell.Done != tell.Total || tell.Total != steps {
		t.Errorf("%d of %d steps done, %d taken", tell.Done, tell.Total, steps)
	}
	if len(said) < 2 || len(said) > steps/2 {
		t.Errorf("of %d steps it said %d", steps, len(said))
	}
	for i, p := range said {
		if p.Metric == nil || p.Done >= p.Total || i > 0 && p.Done <= said[i-1].Done {
			t.Errorf("it said %+v", p)
		}
	}
}
