package metric

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// Payments of a subscriber are no purchases, two on a day are one, other
// currencies count at their rate, and with few buyers nothing is foreseen.
func TestBuyers(t *testing.T) {
	t.Parallel()
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		x, err := parseExample(`zone America/Sao_Paulo
now 2026-03-10 12:00
rate USD 5.00
2026-01-05 10:00  @one  "Payment Succeeded" amount=100 currency=BRL
2026-01-05 23:30  @one  "Payment Succeeded" amount=20 currency=BRL
2026-02-05 10:00  @one  "Payment Succeeded" amount=10 currency=USD
2026-01-05 10:00  @bound  "Subscription Started" subscription=b mrr=100 currency=BRL
2026-01-05 10:00  @bound  "Payment Succeeded" amount=100 currency=BRL
2026-01-06 10:00  @two  "Payment Succeeded" amount=7 currency=BRL
2026-01-07 10:00  @two  "Payment Failed" amount=9 currency=BRL
2026-01-08 10:00  @two  "Payment Succeeded"
2026-01-05 10:00  @one  group plan=pro
want month 2026-02-01 = 0`)
		if err != nil {
			t.Fatal(err)
		}
		now := func() time.Time { return x.Now }
		f := open(t, x.Settings.Calendar.Zone, now)
		backfill(t, f, x.Events)
		r := New(loadCatalogue(t), f, func() Settings { return x.Settings })
		r.SetClock(now)
		b, err := r.Buyers(t.Context(), Request{})
		if err != nil {
			t.Fatal(err)
		}
		if len(b.List) != 2 || b.NoModel != FewCustomers || b.Alive != nil {
			t.Fatalf("%+v", b)
		}
		one := b.List[0]
		if one.Account != "one" || one.Purchases != 2 || one.First != farol.Date(2026, 1, 5) || one.Last != farol.Date(2026, 2, 5) || one.Mean != 85 || one.repeats != 50 {
			t.Errorf("%+v", one)
		}
		some, err := r.Buyers(t.Context(), Request{Filters: []facts.Filter{{Attribute: "plan", Values: []string{"pro"}}}, AsOf: farol.Date(2026, 1, 31)})
		if err != nil || len(some.List) != 1 || some.List[0].Purchases != 1 {
			t.Errorf("%+v, %v", some, err)
		}
	})
}

// What was planted is found again: purchases of the year after the as-of day
// are as many, and worth as much, as was foreseen on it.
func TestBuyersForesee(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 9))
	begin := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	asOf := begin.AddDate(1, 0, 0)
	clk := &clock{}
	clk.set(begin)
	f := openDuck(t, time.UTC, clk.now)
	var events []farol.Event
	later, worth := 0.0, 0.0
	for i := range 900 {
		rate, gone := gamma(rnd, 1.2)/1.5, 1-math.Pow(rnd.Float64(), 1/2.5) // gone after a purchase with Beta(1, 2.5), bought at Gamma(1.2, rate 1.5) a month

		level := 100 * gamma(rnd, 4) / gamma(rnd, 5) * 5 / 4
		at := begin.Add(time.Duration(rnd.Float64() * 120 * 24 * float64(time.Hour)))
		end := asOf.AddDate(1, 0, 0)
		for n := 0; at.Before(end); n++ {
			amount := math.Round(level*gamma(rnd, 6)/6*100) / 100
			if at.Before(asOf) {
				raw, _ := json.Marshal(map[string]any{"amount": amount, "currency": "BRL"})
				events = append(events, farol.Event{ID: fmt.Sprintf("p%d-%d", i, n), Source: "s", Kind: farol.Track, Name: "Payment Succeeded", Account: farol.AccountID(fmt.Sprintf("b%d", i)), At: at, Known: at, Properties: raw})
			} else if n > 0 {
				later, worth = later+1, worth+amount
			}
			if n > 0 && rnd.Float64() < gone {
				break
			}
			at = at.Add(time.Duration(rnd.ExpFloat64() / rate * 30.4375 * 24 * float64(time.Hour)))
		}
	}
	clk.set(asOf)
	slices.SortFunc(events, func(a, b farol.Event) int { return a.At.Compare(b.At) })
	backfill(t, f, events)
	s := Defaults()
	s.Calendar.Zone, s.Currency = time.UTC, "BRL"
	foreseer := New(loadCatalogue(t), f, func() Settings { return s })
	foreseer.SetClock(clk.now)
	b, err := foreseer.Buyers(context.Background(), Request{})
	if err != nil || b.Model == nil || b.Spending == nil {
		t.Fatalf("no model: %s, %v", b.NoModel, err)
	}
	// The spread of a sum of purchases of 900 buyers is a few percent; 15 leave
	// no room for a wrong unit and little for a wrong formula.
	if math.Abs(*b.Purchases/later-1) > 0.15 || math.Abs(*b.Value/worth-1) > 0.15 {
		t.Errorf("foreseen %.0f purchases of %.0f, there were %.0f of %.0f", *b.Purchases, *b.Value, later, worth)
	}
	sum := 0.0
	for _, x := range b.List {
		if sum += *x.Expected; x.Purchases == 1 != (x.Alive == nil) {
			t.Errorf("%+v", x)
		}
	}
	if math.Abs(sum-*b.Purchases) > 1e-6 || !strings.HasPrefix(b.List[0].Account, "b") {
		t.Errorf("the buyers add up to %v, not %v", sum, *b.Purchases)
	}
}

// gamma draws from Gamma(shape, 1) for shape >= 1 (Marsaglia and Tsang 2000).
func gamma(r *rand.Rand, shape float64) float64 {
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v = v * v * v; v > 0 && math.Log(r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
