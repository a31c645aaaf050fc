package metric

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// sound tells what no figure may be: a null without its reason, a reason
// beside a value, a number that is none.
func (pt Point) sound() error {
	for name, x := range map[string]*float64{"value": pt.Value, "numerator": pt.Numerator, "denominator": pt.Denominator, "low": pt.Low, "high": pt.High} {
		if x != nil && (math.IsNaN(*x) || math.IsInf(*x, 0)) {
			return fmt.Errorf("the %s is %v", name, *x)
		}
	}
	switch {
	case (pt.Value == nil) != (pt.Reason != ""):
		return fmt.Errorf("value %v with the reason %q", pt.Value, pt.Reason)
	case pt.Low != nil && pt.High != nil && *pt.Low > *pt.High:
		return fmt.Errorf("the interval is %v to %v", *pt.Low, *pt.High)
	}
	return nil
}

// With no facts every figure is null and says why; with one fact of each kind
// nothing breaks and no null lacks its reason.
func TestZeroAndOneFact(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	zone := mustZone(t, "America/Sao_Paulo")
	at := time.Date(2026, 2, 3, 13, 0, 0, 0, time.UTC)
	one := func(kind farol.Kind, name, props string) []farol.Event {
		return []farol.Event{{ID: "e1", Source: "s", At: at, Known: at, Kind: kind, Name: name, User: "ana", Account: "acme", Properties: []byte(props)}}
	}
	worlds := map[string][]farol.Event{
		"none":         nil,
		"page":         one(farol.Page, "Home", "{}"),
		"subscription": one(farol.Track, "Subscription Started", `{"subscription":"s1","mrr":10,"currency":"BRL"}`),
		"answer":       one(farol.Track, "Survey Answered", `{"kind":"nps","score":9}`),
	}
	for name, events := range worlds {
		t.Run(name, func(t *testing.T) {
			clk := &clock{t: at}
			f := openDuck(t, zone, clk.now)
			if len(events) > 0 {
				backfill(t, f, events)
			}
			clk.set(at.AddDate(0, 3, 0))
			settings := randomSettings(2, zone)
			r := New(loadCatalogue(t), f, func() Settings { return settings })
			r.SetClock(clk.now)
			for _, m := range r.catalogue.All() {
				for i, g := range m.Grains {
					if name != "none" && i > 0 {
						continue // one fact is told by one grain as by another
					}
					for _, by := range map[bool][]string{true: {"", "plan"}, false: {""}}[name == "subscription"] {
						q := Request{Metric: m.Name, Grain: g, By: by, Period: farol.Period{From: farol.Date(2026, 1, 20), To: farol.Date(2026, 2, 20)}}
						s, err := r.Read(ctx, q)
						if err != nil {
							t.Errorf("%s per %s by %q: %v", m.Name, g, by, err)
							continue
						}
						for _, pt := range s.Points {
							if err := pt.sound(); err != nil {
								t.Errorf("%s per %s by %q, %s: %v", m.Name, g, by, pt.Period, err)
							}
							if events == nil && pt.Value != nil {
								t.Errorf("%s per %s, %s: %v of no facts", m.Name, g, pt.Period, *pt.Value)
							}
						}
					}
				}
			}
			if err := r.UpdateHistory(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

// What was known at an instant stays known as it was, whatever comes later,
// for every metric.
func TestKnownNeverChanges(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	zone := mustZone(t, "America/Sao_Paulo")
	h := randomHistory(15, zone, farol.Date(2018, time.September, 24), 60, 500)
	batches := h.batches(6)
	clk := &clock{t: h.sent[0].Known}
	w := &world{f: openDuck(t, zone, clk.now), settings: randomSettings(15, zone), clock: clk, first: h.first, days: h.days}
	w.r = New(loadCatalogue(t), w.f, func() Settings { return w.settings })
	w.r.SetClock(clk.now)
	takeIn(t, w.f, clk, batches[:3])
	known := w.f.LastKnown()
	read := func(m *Metric, g farol.Grain) []Point {
		q := w.all(m, g)
		q.Known, q.Filters = known, []facts.Filter{{Attribute: "plan", Values: []string{"pro", "basic", ""}}}
		s, err := w.r.Read(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		return s.Points
	}
	old := map[string][]Point{}
	w.eachSeries(func(m *Metric, g farol.Grain) {
		if g == m.Grains[0] {
			old[m.Name] = read(m, g)
		}
	})
	takeIn(t, w.f, clk, batches[3:])
	clk.set(h.sent[len(h.sent)-1].Known.AddDate(0, 0, 3))
	w.r = New(w.r.catalogue, w.f, w.r.settings) // one that remembers nothing
	w.r.SetClock(clk.now)
	w.eachSeries(func(m *Metric, g farol.Grain) {
		if g != m.Grains[0] {
			return
		}
		if err := sameSeries(read(m, g), old[m.Name]); err != nil {
			t.Errorf("%s per %s: %v", m.Name, g, err)
		}
	})
}
