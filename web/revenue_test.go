package web

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

func TestRevenueWithoutFacts(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/revenue").is(200).has("[data-chart]", 0).has("main .nothing", 1)
		s.get(as{role: store.Viewer, code: code}, "/revenue/movements").is(200).has("#movers td[colspan]", 1)
	})
}

// payers are a few customers to whom everything happens.
func payers(t *testing.T) *site {
	s := staffed(t)
	h := &recorder{source: s.source.ID}
	day := func(month, d int) time.Time { return time.Date(2026, time.Month(month), d, 15, 0, 0, 0, time.UTC) }
	sub := func(name string, at time.Time, account farol.AccountID, props map[string]any) {
		h.add(farol.Track, "Subscription "+name, at, account, "", props)
	}
	acme, odd := farol.AccountID("acme"), farol.AccountID(longName)
	h.add(farol.Group, "", day(1, 5), acme, "", map[string]any{"plan": "Basic"})
	h.add(farol.Group, "", day(2, 10), acme, "", map[string]any{"plan": "Pro"})
	h.add(farol.Group, "", day(1, 5), odd, "", map[string]any{"plan": "Basic"})
	sub("Started", day(1, 10), acme, map[string]any{"subscription": "a", "unit_price": 10, "quantity": 10, "currency": "BRL", "product": "Core", "plan": "basic"})
	sub("Changed", day(2, 10), acme, map[string]any{"subscription": "a", "unit_price": 11, "quantity": 12, "currency": "BRL"})
	sub("Started", day(1, 12), odd, map[string]any{"subscription": "o", "mrr": 300, "currency": "BRL"})
	sub("Cancelled", day(2, 20), odd, map[string]any{"subscription": "o", "reason": "price", "voluntary": true})
	sub("Started", day(1, 15), "dollar", map[string]any{"subscription": "d", "mrr": 10, "currency": "USD"})
	sub("Started", day(1, 15), "euro", map[string]any{"subscription": "e", "mrr": 10, "currency": "EUR"})
	slices.SortStableFunc(h.events, func(a, b farol.Event) int { return a.At.Compare(b.At) })
	for i := range h.events {
		h.events[i].Known = h.events[i].At.Add(time.Second)
	}
	s.take(h.events)
	s.post(admin, "/settings/company", "company", "Mirante", "zone", "America/Sao_Paulo", "week_start", "monday", "currency", "BRL", "company_language", "en",
		"rates", "USD 5\nUSD 5.5 2026-02-12")
	return s
}

func TestRevenue(t *testing.T) {
	s := payers(t)
	const period = "from=2026-01-01&until=2026-02-28"
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.CSM, code: code}
		a := s.get(who, "/revenue?"+period).is(200).has(".stat", len(revenueCards)).has("#ledger .edge", 2).has("#currencies tbody tr", 3)
		a.says("#ledger", map[lang.Code]string{lang.English: "Exchange rates", lang.Portuguese: "Câmbio"}[code])
		a.says("#split", map[lang.Code]string{lang.English: "Quantity (seats)", lang.Portuguese: "Quantidade (licenças)"}[code])
		a.says("#currencies", map[lang.Code]string{lang.English: "no rate", lang.Portuguese: "sem taxa"}[code])
		c := a.chart("steps-data")
		// Opening 0, new 450, expansion 32, churn -300, rates 5, closing 187.
		want := []float64{0, 450, 32, -300, 5, 187}
		if c.Kind != "steps" || len(c.Series) != 1 || len(c.Series[0].Values) != len(want) {
			t.Fatalf("steps: %+v", c)
		}
		for i, x := range want {
			if *c.Series[0].Values[i] != x {
				t.Errorf("step %d is %v, not %v", i, *c.Series[0].Values[i], x)
			}
		}
		if m := a.chart("months-data"); len(m.Series) != 4 || len(m.Ticks) != 2 {
			t.Errorf("months: %d series over %d", len(m.Series), len(m.Ticks))
		}
		if text := s.get(who, "/revenue?"+period+"&rates=constant").is(200).text("#ledger"); strings.Contains(text, map[lang.Code]string{lang.English: "Exchange rates", lang.Portuguese: "Câmbio"}[code]) {
			t.Errorf("at constant rates the ledger has exchange rates: %s", text)
		}
		by := s.get(who, "/revenue?by=plan&"+period).is(200).has("#groups .edge", 2)
		by.says("#groups", map[lang.Code]string{lang.English: "Between segments", lang.Portuguese: "Entre segmentos"}[code])
		s.get(who, "/revenue?segment=plan%3DPro&grain=week&"+period).is(200).says(".chip.on", "= Pro")
		s.get(who, "/revenue?from=2020-01-01&until=2020-02-01").is(200).has("#movers td[colspan]", 1).has("#split td[colspan]", 1).has("#currencies td[colspan]", 1)
		s.get(who, "/revenue/movements?kind=churn&"+period).is(200).has("#movers tbody tr", 1).has(`#movers a[href^="/events?account="]`, 1).
			says("#movers", map[lang.Code]string{lang.English: "Price too high", lang.Portuguese: "Preço alto"}[code])
		s.get(who, "/revenue/movements?account=acme&"+period).is(200).has("#movers tbody tr", 3)
	})
	s.get(admin, "/revenue?rates=weird").is(400)
	s.get(admin, "/revenue/movements?part=weird").is(400)
	s.get(admin, "/revenue/movements?after=!").is(400)
}

// The downloads hold the same ledger, to the cent.
func TestRevenueDownloads(t *testing.T) {
	s := payers(t)
	rows := func(path string) [][]string {
		list, err := csv.NewReader(strings.NewReader(s.get(admin, path).is(200).body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return list[1:]
	}
	sums := map[string]float64{}
	for _, r := range rows("/revenue/ledger.csv?by=plan&from=2026-01-01&until=2026-02-28") {
		x, err := strconv.ParseFloat(r[5], 64)
		if err != nil {
			t.Fatal(err)
		}
		if r[3] == "closing" {
			x = -x
		}
		sums[r[0]+r[2]] += x
	}
	if len(sums) < 4 {
		t.Errorf("lines: %v", sums)
	}
	for line, x := range sums {
		if x > 0.001 || x < -0.001 {
			t.Errorf("%s does not close: %v", line, x)
		}
	}
	total := 0.0
	for _, r := range rows("/revenue/movements.csv?from=2026-01-01&until=2026-02-28") {
		x, err := strconv.ParseFloat(r[6], 64)
		if err != nil {
			t.Fatal(err)
		}
		total += x
	}
	if total != 187 {
		t.Errorf("the movements add up to %v", total)
	}
	if decimal(-5, 2) != "-0.05" || decimal(12345, 2) != "123.45" || decimal(7, 0) != "7" {
		t.Error("decimals")
	}
}

// Rates with a date are kept and shown as they were written.
func TestDatedRates(t *testing.T) {
	rates, dated, err := ratesForm("usd 5,40\nUSD 5.52 2026-03-01\neur=6 2026-01-01\n")
	if err != nil || rates["USD"] != 5.4 || len(dated) != 2 || dated[0].Rates["EUR"] != 6 || dated[1].From != farol.Date(2026, 3, 1) {
		t.Fatalf("%v %v %v", rates, dated, err)
	}
	if text := ratesText(rates, dated); text != "USD 5.4\nEUR 6 2026-01-01\nUSD 5.52 2026-03-01\n" {
		t.Errorf("%q", text)
	}
	for _, bad := range []string{"USD 5 soon", "USD 5 2026-03-01 x", "USD -5 2026-03-01", "US 5"} {
		if _, _, err := ratesForm(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	raw, err := json.Marshal(metric.CompanyDocument{Zone: "UTC", Currency: "BRL", RatesByDate: dated})
	if err != nil || !strings.Contains(string(raw), `"from":"2026-03-01"`) {
		t.Errorf("%s, %v", raw, err)
	}
}
