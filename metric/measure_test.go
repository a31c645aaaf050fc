package metric

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// What has no figure per day is measured on every day of the last hundred and
// once a week before, on the first run and after a late fact alike; what was
// measured is what a read of that day alone says.
func TestSlowMeasuresAreSparse(t *testing.T) {
	t.Parallel()
	const text = "zone UTC\nnow 2026-03-10 12:00\n%s\nwant month 2026-02-01 = 0"
	var lines []string
	for d := farol.Date(2025, 6, 1); d < farol.Date(2026, 3, 10); d += 3 {
		lines = append(lines, fmt.Sprintf("%s 10:00  u%d@a%d  page", d, d%4, d%2))
	}
	x, err := parseExample(fmt.Sprintf(text, strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	clk := &clock{}
	clk.set(x.Now)
	f := openDuck(t, time.UTC, clk.now)
	backfill(t, f, x.Events)
	r := New(loadCatalogue(t), f, func() Settings { return x.Settings })
	r.SetClock(clk.now)
	if err := r.UpdateHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	dense := farol.Date(2026, 3, 9) - measureAll
	measured := func() map[farol.Day]map[farol.AccountID]float64 {
		out := map[farol.Day]map[farol.AccountID]float64{}
		err := f.NewMeasures(t.Context(), 0, time.Time{}, func(m facts.Measure) {
			if m.Metric != "days_since_activity" {
				return
			}
			if out[m.Day] == nil {
				out[m.Day] = map[farol.AccountID]float64{}
			}
			if m.Value != nil {
				out[m.Day][m.Account] = *m.Value
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	check := func() {
		t.Helper()
		got := measured()
		for d := farol.Date(2025, 9, 7); d < farol.Date(2026, 3, 10); d++ {
			if kept := d >= dense || d.UTC().Weekday() == time.Sunday; kept != (got[d] != nil) {
				t.Errorf("%s: measured %v", d, got[d] != nil)
			}
		}
		for _, d := range []farol.Day{farol.Date(2025, 10, 5), farol.Date(2026, 1, 18), farol.Date(2026, 3, 5)} {
			if got[d] == nil {
				continue
			}
			m, _ := r.catalogue.Find("days_since_activity")
			p, _, err := r.closing(t.Context(), m, farol.Daily, f.LastKnown(), clk.now())
			if err != nil {
				t.Fatal(err)
			}
			p.By = "account"
			want, err := r.accountValues(t.Context(), p, []farol.Period{{From: d, To: d + 1}})
			if err != nil || len(want) != len(got[d]) {
				t.Errorf("%s: %v, want %v (%v)", d, got[d], want, err)
			}
			for c, v := range want {
				if got[d][farol.AccountID(c.group)] != v {
					t.Errorf("%s, %s: %v, want %v", d, c.group, got[d], v)
				}
			}
		}
	}
	check()
	// A late fact of the sparse past.
	late := farol.Event{ID: "late", Source: "s", Kind: farol.Page, Name: "Home", User: "u9", Account: "a9", At: farol.Date(2025, 10, 14).Start(time.UTC).Add(time.Hour)}
	if _, err := f.Append(t.Context(), facts.Batch{Events: []farol.Event{late}}); err != nil {
		t.Fatal(err)
	}
	if err := r.UpdateHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	check()
	if got := measured(); got[farol.Date(2025, 10, 19)]["a9"] != 5 || got[farol.Date(2025, 10, 15)] != nil {
		t.Errorf("after the late fact: %v", got[farol.Date(2025, 10, 19)])
	}
}
