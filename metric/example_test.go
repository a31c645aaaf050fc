package metric

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// Every metric's worked example holds on every engine.
func TestWorkedExamples(t *testing.T) {
	t.Parallel()
	catalogue := loadCatalogue(t)
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		embedded, shards := strings.HasSuffix(t.Name(), "duckdb"), strings.HasSuffix(t.Name(), "shards")
		opened := map[string]bool{}
		for i, m := range catalogue.All() {
			// One server runs every text; of two simulated ones, which cost three
			// times as much, so many that every door is opened.
			if shards && !slices.ContainsFunc(m.doors, func(d string) bool { return !opened[d] }) {
				continue
			}
			for _, d := range m.doors {
				opened[d] = true
			}
			t.Run(m.Name, func(t *testing.T) {
				x, err := parseExample(m.Example)
				if err != nil {
					t.Fatal(err)
				}
				now := func() time.Time { return x.Now }
				f := open(t, x.Settings.Calendar.Zone, now)
				backfill(t, f, x.Events)
				r := New(catalogue, f, func() Settings { return x.Settings })
				r.SetClock(now)
				all := asked(x.Wants, embedded)
				// Where planning takes longer than running, one request of each.
				if !embedded {
					all = all[i%len(all):][:1]
				}
				for _, wants := range all {
					checkWants(t, r, m, wants)
				}
			})
		}
	})
}

// asked parts the wants into what one request each can answer: one by one as
// they are written, or, where planning a query takes longer than running it,
// those of the same clocks and breakdown together.
func asked(wants []Want, single bool) (out [][]Want) {
	const most = 70 // days, beyond which the further periods cost more than a request
	for _, w := range wants {
		at := slices.IndexFunc(out, func(l []Want) bool {
			f := l[0]
			return !single && f.Grain == w.Grain && f.AsOf == w.AsOf && f.Known.Equal(w.Known) && f.By == w.By && max(f.From-w.From, w.From-f.From) < most
		})
		if at < 0 {
			out = append(out, []Want{w})
		} else {
			out[at] = append(out[at], w)
		}
	}
	return out
}

// checkWants asks for what the wants have in common and looks for each.
func checkWants(t *testing.T, r *Reader, m *Metric, wants []Want) {
	t.Helper()
	q := Request{Metric: m.Name, Grain: wants[0].Grain, AsOf: wants[0].AsOf, Known: wants[0].Known, By: wants[0].By}
	q.Period = farol.Period{From: wants[0].From, To: wants[0].From + 1}
	for _, w := range wants {
		q.Period.From, q.Period.To = min(q.Period.From, w.From), max(q.Period.To, w.From+1)
	}
	s, err := r.Read(context.Background(), q)
	if err != nil {
		t.Errorf("%s: %v", wants[0].Line, err)
		return
	}
	for _, w := range wants {
		at := slices.IndexFunc(s.Points, func(pt Point) bool { return pt.Group == w.Group && pt.Period.Contains(w.From) })
		if at < 0 {
			t.Errorf("%s: no such group among %d points", w.Line, len(s.Points))
			continue
		}
		for _, wrong := range w.differences(s.Points[at]) {
			t.Errorf("%s: %s", w.Line, wrong)
		}
	}
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
