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
)

// What is billed, by companies with and without events of subscriptions:
// acme's plan doubles half way of February (R7 of the definitions: -50 and +100
// are billed while the MRR goes from 100 to 200), and is billed no more after
// March; globex pays a year with its taxes; hooli has a contract and no invoice;
// initech has both, and a gap that is shorter than the patience; umbrella is
// billed in part at first, does not pay, and is billed no more; stark gave
// notice in its second month of three; wayne changes its currency.
const invoiceFacts = `
zone America/Sao_Paulo
now 2026-06-10 12:00
rate USD 5.00
2026-01-02  @acme  "Invoice Line Billed" subscription=a amount=100 currency=BRL period_start=2026-01-01 period_end=2026-02-01 plan=basic
2026-02-02  @acme  "Invoice Line Billed" subscription=a amount=100 currency=BRL period_start=2026-02-01 period_end=2026-03-01 plan=basic
2026-02-15  @acme  "Invoice Line Billed" subscription=a amount=-50 currency=BRL period_start=2026-02-15 period_end=2026-03-01 interval=month plan=basic
2026-02-15  @acme  "Invoice Line Billed" subscription=a amount=100 currency=BRL period_start=2026-02-15 period_end=2026-03-01 interval=month plan=pro
2026-03-02  @acme  "Invoice Line Billed" subscription=a amount=200 currency=BRL period_start=2026-03-01 period_end=2026-04-01
2026-01-05  @globex  "Invoice Line Billed" subscription=g amount=1320 tax=120 currency=BRL period_start=2026-01-10 period_end=2027-01-10
2026-01-10  @hooli  "Subscription Started" subscription=h mrr=70 currency=BRL
2026-01-10  @initech  "Subscription Started" subscription=i mrr=500 currency=BRL
2026-01-10  @initech  "Invoice Line Billed" subscription=i amount=40 currency=BRL period_start=2026-01-10 period_end=2026-02-10
2026-03-05  @initech  "Invoice Line Billed" subscription=i amount=40 currency=BRL period_start=2026-02-25 period_end=2026-03-25
2026-04-03  @initech  "Subscription Cancelled" subscription=i reason=price
2026-03-17  @umbrella  "Invoice Line Billed" subscription=u amount=16 currency=BRL period_start=2026-03-16 period_end=2026-04-01 interval=month
2026-04-05  @umbrella  "Payment Failed" subscription=u
2026-01-20  @stark  "Invoice Line Billed" subscription=s amount=10 currency=BRL period_start=2026-02-01 period_end=2026-03-01
2026-02-20  @stark  "Subscription Cancelled" subscription=s ends_at=2026-04-01T03:00:00Z
2026-03-01  @stark  "Invoice Line Billed" subscription=s amount=10 currency=BRL period_start=2026-03-01 period_end=2026-04-01
2026-01-20  @wayne  "Invoice Line Billed" subscription=w amount=120 currency=BRL period_start=2026-01-01 period_end=2027-01-01
2026-03-10  @wayne  "Invoice Line Billed" subscription=w amount=-100 currency=BRL period_start=2026-03-10 period_end=2027-01-01 interval=year
2026-03-10  @wayne  "Invoice Line Billed" subscription=w amount=4 currency=USD period_start=2026-03-10 period_end=2026-04-10
2026-04-10  @wayne  "Invoice Line Billed" subscription=w amount=48 currency=USD period_start=2026-04-10 period_end=2027-04-10
`

// invoiceWants are the figures of the facts by the settings and the metric.
var invoiceWants = []struct{ set, metric, wants string }{
	{`{"basis": "invoices", "past_due_days": 20}`, "mrr", `
want day 2025-12-31 = null no_data
want day 2026-01-01 = 110.00
want month 2026-01-01 = 320.00
want day 2026-02-14 = 330.00
want month 2026-02-01 = 430.00
want day 2026-03-16 = 471.00
want month 2026-03-01 = 471.00
want day 2026-04-20 = 421.00
want day 2026-04-21 = 190.00
want month 2026-05-01 = 190.00
want month 2026-01-01 known 2026-02-01 12:00 = 320.00
want month 2026-01-01 known 2026-01-05 11:00 = 100.00 incomplete
`},
	{`{"basis": "invoices", "past_due_days": 20}`, "churned_mrr", `
want month 2026-02-01 = 0
want month 2026-03-01 = 0
want month 2026-04-01 = 281.00
`},
	{`{"basis": "invoices", "past_due_days": 20}`, "payment_churn_rate", `
want month 2026-04-01 = 0.142857 (1/7)
`},
	{`{"basis": "invoices", "past_due_days": 20}`, "upsell_mrr", `
want month 2026-02-01 = 100.00
`},
	{`{"basis": "invoices", "past_due_days": 20, "churn_at": "request"}`, "mrr", `
want day 2026-02-19 = 430.00
want day 2026-02-20 = 420.00
want month 2026-03-01 = 461.00
`},
	{`{"basis": "invoices", "past_due_days": 20}`, "cmrr", `
want month 2026-01-01 = 330.00
`},
	{`{}`, "mrr", `
want month 2026-01-01 = 570.00
want month 2026-03-01 = 570.00
want month 2026-04-01 = 70.00
`},
}

// What is billed makes the figures that it should, on every engine, and none
// where the events of subscriptions count.
func TestInvoices(t *testing.T) {
	t.Parallel()
	catalogue := loadCatalogue(t)
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		x, err := parseExample(invoiceFacts + invoiceWants[0].wants)
		if err != nil {
			t.Fatal(err)
		}
		now := func() time.Time { return x.Now }
		f := open(t, x.Settings.Calendar.Zone, now)
		backfill(t, f, x.Events)
		for i, c := range invoiceWants {
			if strings.HasSuffix(t.Name(), "shards") && i%2 == 1 {
				continue // they take their time
			}
			x, err := parseExample(invoiceFacts + "set conventions " + c.set + c.wants)
			if err != nil {
				t.Fatal(err)
			}
			m, err := catalogue.Find(c.metric)
			if err != nil {
				t.Fatal(err)
			}
			r := New(catalogue, f, func() Settings { return x.Settings })
			r.SetClock(now)
			for _, wants := range asked(x.Wants, strings.HasSuffix(t.Name(), "duckdb")) {
				checkWants(t, r, m, wants)
			}
		}
	})
}

// invoiceHistory is a revenue history with lines of invoices for half of the
// subscriptions, and for some that nothing else is said of: of whole periods one
// after the other, and of anything, late, again, in part and given back.
func invoiceHistory(seed uint64, zone *time.Location, first farol.Day, days, events int) *history {
	h := revenueHistory(seed, zone, first, days, events)
	h.r = rand.New(rand.NewPCG(seed, 41))
	for range events / 2 {
		h.n++
		account := h.account()
		e := farol.Event{ID: fmt.Sprintf("m%05d", h.n), Source: "s", At: h.moment(), Kind: farol.Track, Name: "Invoice Line Billed", Account: farol.AccountID(account)}
		e.Properties, _ = json.Marshal(h.invoiceLine(account))
		e.Known = e.At.Add(time.Duration(h.r.IntN(60_000)) * time.Millisecond)
		if h.r.IntN(5) == 0 {
			e.Known = e.At.Add(time.Duration(h.r.IntN(20*86400)) * time.Second)
		}
		h.sent = append(h.sent, e)
		if h.r.IntN(10) == 0 {
			e.Known = e.Known.Add(time.Duration(h.r.IntN(5*86400)) * time.Second)
			h.sent = append(h.sent, e)
		}
	}
	slices.SortStableFunc(h.sent, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
	return h
}

// invoiceLine are the properties of a line.
func (h *history) invoiceLine(account string) map[string]any {
	props := map[string]any{"subscription": account + "-" + pick(h, "y", "y", "z"), "amount": float64(h.r.IntN(40000)) / 100, "currency": pick(h, "BRL", "BRL", "BRL", "BRL", "USD", "EUR")}
	perhaps := func(key string, one int, value any) {
		if h.r.IntN(one) == 0 {
			props[key] = value
		}
	}
	day := h.first + farol.Day(h.r.IntN(h.days))
	from, to := day.UTC().Format(time.DateOnly), ""
	switch h.r.IntN(6) {
	case 0, 1: // whole, by the clock of the company
		to = day.UTC().AddDate(0, 1, 0).Format(time.DateOnly)
	case 2: // whole, by that of a biller elsewhere
		at := day.UTC().Add(time.Duration(h.r.IntN(86400)) * time.Second)
		from, to = at.Format(time.RFC3339), at.AddDate(0, pick(h, 1, 3, 12), 0).Format(time.RFC3339)
	case 3: // a few days, which may lie within one
		to = (day + farol.Day(1+h.r.IntN(20))).UTC().Format(time.DateOnly)
	default: // in part, and perhaps given back
		at := h.moment()
		from, to = at.Format(time.RFC3339), at.Add(time.Duration(1+h.r.IntN(40*86400))*time.Second).Format(time.RFC3339)
		props["interval"] = pick(h, "month", "month", "year", "week", "day")
		perhaps("interval_count", 3, 1+h.r.IntN(40))
		if h.r.IntN(2) == 0 {
			props["amount"] = -props["amount"].(float64)
		}
	}
	props["period_start"], props["period_end"] = from, to
	if amount := props["amount"].(float64); h.r.IntN(4) == 0 {
		props["tax"] = math.Trunc(amount*10) / 100
	}
	perhaps("quantity", 3, 1+h.r.IntN(9))
	perhaps("plan", 3, pick(h, "basic", "pro"))
	perhaps("product", 3, pick(h, "Core", "Flows"))
	perhaps("family", 8, pick(h, "A", "B"))
	return props
}

func invoiceWorld(t *testing.T, seed uint64, events int) *world {
	t.Helper()
	zone := mustZone(t, "America/Sao_Paulo")
	first := farol.Date(2018, time.September, 24)
	h := invoiceHistory(seed, zone, first, 70, events)
	s := revenueSettings(seed, zone, first)
	s.Conventions.Basis = InvoiceBasis
	clk := &clock{t: h.sent[0].Known}
	return newWorld(t, openDuck(t, zone, clk.now), clk, h, s, 7)
}

// Every metric that subscriptions move equals the reference where invoices
// count, in one of two worlds, and so does every movement; both clocks, breakdowns
// and filters included.
func TestInvoicesAgainstReference(t *testing.T) {
	t.Parallel()
	for i, seed := range []uint64{0, 3} {
		w := invoiceWorld(t, seed, 180)
		refs := map[string]*reference{}
		for j, m := range w.r.catalogue.All() {
			if !slices.Contains(m.tables(), "subscriptions") || j%2 != i {
				continue
			}
			g := m.Grains[(j/2)%min(2, len(m.Grains))]
			asked := w.requests(m, g, j)
			for _, q := range asked[(j/2)%len(asked):][:1] {
				if err := w.differ(context.Background(), m, q, refs); err != nil {
					t.Errorf("seed %d, %s per %s, as of %v, known %v, by %q, filters %v: %v", seed, m.Name, g, q.AsOf, q.Known, q.By, q.Filters, err)
				}
			}
		}
		w.checkAgainstReplay(t, farol.Period{From: w.first - 5, To: w.first + farol.Day(w.days) + 30})
	}
}

// What was committed by the end of each period, account by account, is what a
// world says in which nothing was known of later.
func TestSignedLinesAgainstReference(t *testing.T) {
	t.Parallel()
	w := invoiceWorld(t, 7, 220)
	m, err := w.r.catalogue.Find("cmrr")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []farol.Grain{farol.Monthly, farol.Weekly} {
		q := w.requests(m, g, 0)[0]
		if q.By = "account"; slices.Contains(m.Grains, g) {
			if err := w.differ(context.Background(), m, q, map[string]*reference{}); err != nil {
				t.Errorf("per %s: %v", g, err)
			}
		}
	}
}

// What was kept of closed periods follows the lines that come in later, and
// says by which facts it became another.
func TestInvoicesMoveWhatWasKept(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x, err := parseExample(invoiceFacts + invoiceWants[0].wants)
	if err != nil {
		t.Fatal(err)
	}
	x.Settings.Conventions.Basis, x.Settings.Conventions.PastDueDays = InvoiceBasis, 20
	clk := &clock{t: x.Events[0].Known}
	f := openDuck(t, x.Settings.Calendar.Zone, clk.now)
	all := loadCatalogue(t)
	catalogue := &Catalogue{byName: all.byName}
	for _, name := range []string{"mrr", "churned_mrr", "cmrr", "nrr"} {
		catalogue.metrics = append(catalogue.metrics, all.byName[name])
	}
	r := New(catalogue, f, func() Settings { return x.Settings })
	r.SetClock(clk.now)
	// The first line of hooli's contract takes the place of its price from March on;
	// a line of acme's for April comes late. What nova signed in January for 5 March
	// is billed from the 1st, and was already in January; what oscorp signed is
	// billed when it begins, so that what was committed before stays as it was.
	ahead := func(account, day string) farol.Event {
		e := lateLine(account, account, "2026-03-01", "2026-04-01", time.Date(2026, 1, 20, 12, 0, 0, 0, time.UTC))
		e.ID, e.Name, e.Known = "signed-"+account, "Subscription Started", e.At
		e.Properties = fmt.Appendf(nil, `{"subscription":%q,"mrr":300,"currency":"BRL","starts_at":"%sT12:00:00Z"}`, account, day)
		return e
	}
	x.Events = append(x.Events, ahead("nova", "2026-03-05"), ahead("oscorp", "2026-03-01"))
	march := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	late := []farol.Event{
		lateLine("hooli", "h", "2026-03-01", "2026-04-01", march), lateLine("acme", "a", "2026-04-01", "2026-05-01", march),
		lateLine("nova", "nova", "2026-03-01", "2026-04-01", time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)), lateLine("oscorp", "oscorp", "2026-03-01", "2026-04-01", march),
	}
	for i := range late {
		late[i].Known = x.Now.Add(time.Hour)
	}
	for _, part := range [][]farol.Event{x.Events, late} {
		slices.SortStableFunc(part, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
		takeIn(t, f, clk, [][]farol.Event{part})
		clk.set(x.Now)
		if err := r.UpdateHistory(ctx); err != nil {
			t.Fatal(err)
		}
		x.Now = x.Now.Add(2 * time.Hour)
	}
	fresh := New(catalogue, f, func() Settings { return x.Settings })
	fresh.SetClock(clk.now)
	for _, m := range catalogue.All() {
		q := Request{Metric: m.Name, Grain: farol.Monthly, Period: farol.Period{From: farol.Date(2025, 12, 1), To: farol.Date(2026, 6, 1)}}
		kept, err := r.Read(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		q.Known = f.LastKnown()
		computed, err := fresh.Read(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		if err := sameSeries(kept.Points, computed.Points); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
	for metric, months := range map[string][]string{"mrr": {"2026-03-01", "2026-04-01", "2026-05-01"}, "cmrr": {"2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"}} {
		list, _, err := r.Restatements(ctx, Ledger{Metric: metric, Grain: farol.Monthly})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range list {
			got = append(got, l.Period.From.String())
			o, err := r.Restatement(ctx, l.ID(), nil)
			if err != nil || !o.Same || len(o.Causes) == 0 || len(o.Unplaced) > 0 {
				t.Errorf("%s, %v from %v to %v: %+v, %v", metric, l.Period, *l.Was.Value, *l.Is.Value, o, err)
			}
			for _, c := range o.Causes {
				if len(c.Facts) != 1 || c.Facts[0].Name != "Invoice Line Billed" {
					t.Errorf("%s, %v, %s comes from %v", metric, l.Period, c.Unit, c.Facts)
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, months) {
			t.Errorf("%s was restated for %v, not %v", metric, got, months)
		}
	}
}

func lateLine(account, subscription, from, to string, at time.Time) farol.Event {
	props := fmt.Sprintf(`{"subscription":%q,"amount":55,"currency":"BRL","period_start":%q,"period_end":%q}`, subscription, from, to)
	return farol.Event{ID: "late-" + account, Source: "s", Kind: farol.Track, Name: "Invoice Line Billed", Account: farol.AccountID(account), At: at, Properties: []byte(props)}
}
