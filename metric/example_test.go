package metric

import (
	"context"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// Every metric's worked example holds on every engine.
func TestWorkedExamples(t *testing.T) {
	t.Parallel()
	catalogue := loadCatalogue(t)
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open func(*time.Location, func() time.Time) *facts.Facts) {
		for i, m := range catalogue.All() {
			// One server runs every text; of two simulated ones, which cost three
			// times as much, every second is enough to see what sharding changes.
			if strings.HasSuffix(t.Name(), "shards") && i%2 == 1 {
				continue
			}
			t.Run(m.Name, func(t *testing.T) {
				x := m.Example
				now := func() time.Time { return x.Now }
				f := open(x.Settings.Calendar.Zone, now)
				backfill(t, f, x.Events)
				r := New(catalogue, f, func() Settings { return x.Settings })
				r.SetClock(now)
				for _, w := range x.Wants {
					checkWant(t, r, m, w)
				}
			})
		}
	})
}

func checkWant(t *testing.T, r *Reader, m *Metric, w Want) {
	t.Helper()
	s, err := r.Read(context.Background(), Request{
		Metric: m.Name, Grain: w.Grain, Period: farol.Period{From: w.From, To: w.From + 1},
		AsOf: w.AsOf, Known: w.Known, By: w.By,
	})
	if err != nil {
		t.Errorf("%s: %v", w.Line, err)
		return
	}
	for _, pt := range s.Points {
		if pt.Group == w.Group {
			for _, wrong := range w.differences(pt) {
				t.Errorf("%s: %s", w.Line, wrong)
			}
			return
		}
	}
	t.Errorf("%s: no such group among %d points", w.Line, len(s.Points))
}

// differences lists in what the point is not what was wanted.
func (w Want) differences(pt Point) []string {
	var out []string
	check := func(what, want string, got *float64) {
		if want == "" || matches(want, got) {
			return
		}
		text := "null"
		if got != nil {
			text = strconv.FormatFloat(*got, 'f', -1, 64)
		}
		out = append(out, what+" is "+text+" ("+string(pt.Reason)+")")
	}
	want := w.Value
	if want == "" {
		want = "null"
		if pt.Reason != w.Reason {
			out = append(out, "the reason is "+string(pt.Reason))
		}
	}
	check("value", want, pt.Value)
	check("numerator", w.Numerator, pt.Numerator)
	check("denominator", w.Denominator, pt.Denominator)
	check("low", w.Low, pt.Low)
	check("high", w.High, pt.High)
	// A null for lack of data says nothing of completeness.
	if pt.Complete == w.Incomplete && pt.Reason != NoData {
		out = append(out, "complete is "+strconv.FormatBool(pt.Complete))
	}
	return out
}

// matches compares a number with one written to some decimals.
func matches(want string, got *float64) bool {
	if want == "null" || got == nil {
		return want == "null" && got == nil
	}
	x, err := strconv.ParseFloat(want, 64)
	_, decimals, _ := strings.Cut(want, ".")
	return err == nil && math.Abs(*got-x) <= 0.5000001*math.Pow10(-len(decimals))+1e-9 && (len(decimals) > 0 || *got == x)
}
