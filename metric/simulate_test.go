package metric

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// simulated is a company of 200 customers at 500 each.
func simulated() Simulation {
	s := Simulation{
		MRR: 100_000, Customers: 200, Margin: 0.8, Months: 60, Cost: 800, Ramp: 3, Futures: 400, Seed: 7,
		Now:         Future{Churn: 0.05, Expansion: 0.004, NewCustomers: 9, NewMRR: 450, PriceRise: 0.03},
		ChurnSpread: 0.1, ExpansionSpread: 0.002,
		Hazard: []float64{0.12, 0.09, 0.07, 0.06, 0.05, 0.045, 0.04}, Ages: []float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.4},
	}
	s.Then = s.Now
	s.Then.Churn = 0.04
	return s
}

func simulate(t *testing.T, s Simulation) Outcome {
	t.Helper()
	out, err := Simulate(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Without spread, growth and shape it is the closed form: 5 against 4 % of
// 100,000 over five years.
func TestSimulateClosedForm(t *testing.T) {
	s := Simulation{MRR: 100_000, Customers: 1000, Margin: 1, Months: 60, Now: Future{Churn: 0.05}, Then: Future{Churn: 0.04}, Futures: 1}
	out := simulate(t, s)
	var gap float64
	for n := range 61 {
		a, b := 100_000*math.Pow(0.95, float64(n)), 100_000*math.Pow(0.96, float64(n))
		gap += b - a
		if math.Abs(out.Now.Middle[n]-a) > 1e-6 || math.Abs(out.Then.Middle[n]-b) > 1e-6 {
			t.Fatalf("month %d: %v and %v, want %v and %v", n, out.Now.Middle[n], out.Then.Middle[n], a, b)
		}
	}
	if math.Abs(out.Gap.Middle-gap) > 1e-6 {
		t.Errorf("the gap is %v, want %v", out.Gap.Middle, gap)
	}
	// New customers alone: each month's arrivals, less 5 % a month.
	s.MRR, s.Now.NewCustomers, s.Now.NewMRR = 0, 10, 100
	out = simulate(t, s)
	if want := 1000 * (1 - math.Pow(0.95, 12)) / 0.05; math.Abs(out.Now.Middle[12]-want) > 1e-6 {
		t.Errorf("after a year of arrivals %v, want %v", out.Now.Middle[12], want)
	}
}

func TestSimulateNothingChanged(t *testing.T) {
	s := simulated()
	s.Then, s.Cost = s.Now, 0
	out := simulate(t, s)
	if out.Gap != (Spread{}) || out.Net != (Spread{}) || out.BreakEven.Middle != nil || out.Repaid != 0 || !reflect.DeepEqual(out.Now, out.Then) {
		t.Errorf("nothing changed: gap %+v, net %+v, break-even %v", out.Gap, out.Net, out.BreakEven)
	}
}

// Less churn, more customers, higher prices are never worse, in any month of
// any future; and the same seed gives the same answer.
func TestSimulateIsMonotone(t *testing.T) {
	base := simulated()
	for name, better := range map[string]func(f *Future){
		"churn":     func(f *Future) { f.Churn -= 0.01 },
		"expansion": func(f *Future) { f.Expansion += 0.01 },
		"customers": func(f *Future) { f.NewCustomers += 2 },
		"mrr":       func(f *Future) { f.NewMRR += 50 },
		"price":     func(f *Future) { f.PriceRise += 0.05 },
	} {
		s := base
		s.Then = s.Now
		better(&s.Then)
		out := simulate(t, s)
		for n := range out.Now.Middle {
			for _, pair := range [][2][]float64{{out.Now.Middle, out.Then.Middle}, {out.Now.Low, out.Then.Low}, {out.Now.High, out.Then.High}} {
				if pair[1][n] < pair[0][n]-1e-9 {
					t.Fatalf("better %s is worse in month %d: %v, %v", name, n, pair[0][n], pair[1][n])
				}
			}
		}
		if out.Gap.Low < -1e-9 || out.Gap.Low > out.Gap.Middle || out.Gap.Middle > out.Gap.High {
			t.Errorf("better %s: the gap is %+v", name, out.Gap)
		}
	}
	a, b := simulate(t, base), simulate(t, base)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed gives another answer")
	}
	base.Seed++
	if c := simulate(t, base); reflect.DeepEqual(a.Now.Low, c.Now.Low) {
		t.Error("another seed gives the same futures")
	}
}

// The fan holds the middle, grows with doubt, and break-even comes later when
// the CSM costs more.
func TestSimulateFan(t *testing.T) {
	s := simulated()
	out := simulate(t, s)
	for n := range out.Now.Middle {
		f := out.Now
		if f.Low[n] > f.LowHalf[n] || f.LowHalf[n] > f.HighHalf[n] || f.HighHalf[n] > f.High[n] || f.Middle[n] < f.Low[n] || f.Middle[n] > f.High[n] {
			t.Fatalf("month %d: %v %v %v %v round %v", n, f.Low[n], f.LowHalf[n], f.HighHalf[n], f.High[n], f.Middle[n])
		}
	}
	doubt := s
	doubt.ChurnSpread = 0.4
	if wide := simulate(t, doubt); wide.Now.High[60]-wide.Now.Low[60] < 1.5*(out.Now.High[60]-out.Now.Low[60]) {
		t.Error("more doubt does not widen the fan")
	}
	if out.BreakEven.Middle == nil || out.Repaid == 0 {
		t.Fatalf("never repaid: %+v", out.BreakEven)
	}
	dear := s
	dear.Cost *= 3
	if later := simulate(t, dear); later.BreakEven.Middle != nil && *later.BreakEven.Middle <= *out.BreakEven.Middle || later.Repaid > out.Repaid {
		t.Errorf("a dearer CSM is repaid sooner: %v, %v", *later.BreakEven.Middle, *out.BreakEven.Middle)
	}
	dear.Cost = 1e9
	if never := simulate(t, dear); never.BreakEven.Middle != nil || never.Repaid != 0 {
		t.Error("a billion a month is repaid")
	}
	for i := 1; i < len(out.Levers); i++ {
		if out.Levers[i].Swing() > out.Levers[i-1].Swing() {
			t.Errorf("the levers are not ranked: %+v", out.Levers)
		}
	}
	// A cost of 800 a month over 60 months, turned by a fifth.
	for _, l := range out.Levers {
		if l.Name == "cost" && math.Abs(l.Swing()-0.4*800*60) > 1e-6 {
			t.Errorf("the cost swings %v", l.Swing())
		}
	}
}

func TestSimulateRefuses(t *testing.T) {
	for field, spoil := range map[string]func(s *Simulation){
		"churn": func(s *Simulation) { s.Now.Churn = 1.2 }, "expansion_b": func(s *Simulation) { s.Then.Expansion = math.NaN() },
		"months": func(s *Simulation) { s.Months = 0 }, "futures": func(s *Simulation) { s.Futures = 1e6 }, "mrr": func(s *Simulation) { s.MRR = -1 },
	} {
		s := simulated()
		spoil(&s)
		_, err := Simulate(s)
		if e, ok := err.(*farol.Error); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func BenchmarkSimulate(b *testing.B) {
	s := simulated()
	s.Futures = 1000
	s.Hazard = make([]float64, oldest)
	for i := range s.Hazard {
		s.Hazard[i] = 0.1 / float64(i+1)
	}
	s.Ages = s.Hazard
	begin := time.Now()
	for range b.N {
		if _, err := Simulate(s); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(begin).Milliseconds())/float64(b.N), "ms/simulation")
}
