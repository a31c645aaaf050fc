package metric

import (
	"context"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/facts"
)

// readerOf answers a reader over the facts of an example.
func readerOf(t *testing.T, text string) *Reader {
	t.Helper()
	x, err := parseExample(text + "\nwant month 2026-02-01 = 0")
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return x.Now }
	f, err := facts.Open(context.Background(), facts.Config{Zone: x.Settings.Calendar.Zone, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	backfill(t, f, x.Events)
	r := New(loadCatalogue(t), f, func() Settings { return x.Settings })
	r.SetClock(now)
	return r
}

const departures = `zone America/Sao_Paulo
now 2026-03-20 12:00
2025-03-05 10:00  @c{1..40}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2025-03-05 10:00  @c{1..20}  group plan=pro
2025-03-05 10:00  @c{21..40}  group plan=basic
2025-03-05 10:00  @c40  group customer_since=2024-03-05
2025-05-05 10:00  @c{1..4}  "Subscription Cancelled" subscription=s{} reason=Too_Expensive
2026-02-10 10:00  @c5  "Subscription Changed" subscription=s5 mrr=250 currency=BRL
2026-02-12 10:00  @c{5..7}  "Subscription Cancelled" subscription=s{} reason=price
2026-02-13 10:00  @c21  "Subscription Cancelled" subscription=s21 reason=bugs
2026-02-14 10:00  @c{22..23}  "Subscription Cancelled" subscription=s{} reason=payment_failed voluntary=false
2026-02-15 10:00  @c24  "Subscription Cancelled" subscription=s24 reason=weather
2026-02-16 10:00  @c25  "Subscription Cancelled" subscription=s25
2026-02-20 10:00  @c8  "Subscription Cancelled" subscription=s8 reason=price
2026-02-25 10:00  @c8  "Subscription Started" subscription=t8 mrr=90 currency=BRL
2026-03-10 10:00  @c6  "Subscription Started" subscription=t6 mrr=90 currency=BRL
`

func TestChurnReasons(t *testing.T) {
	t.Parallel()
	r := readerOf(t, departures)
	february := Request{Period: farol.Period{From: farol.Date(2026, 2, 1), To: farol.Date(2026, 3, 1)}, By: "plan"}
	c, err := r.ChurnReasons(t.Context(), february)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		got  ReasonTotal
		n    int
		mrr  float64
		code string
	}{
		// c8 was back before the end of the month, c6 only after it.
		"all": {c.All, 8, 950, ""}, "coded": {c.Coded, 6, 750, ""}, "payment": {c.Payment, 2, 200, ""}, "voluntary": {c.Voluntary, 6, 750, ""},
		"back": {c.WonBack, 1, 100, ""}, "none": {c.None, 1, 100, ""}, "unlisted": {c.Unlisted[0], 1, 100, "weather"},
		"money": {c.Groups[0], 3, 450, "money"}, "price": {c.Groups[0].List[0], 3, 450, "price"}, "second": {c.Groups[1], 2, 200, "payment"}, "third": {c.Groups[2], 1, 100, "product"},
		"basic": {c.Segments[0].All, 5, 500, ""}, "pro": {c.Segments[1].Coded, 3, 450, ""},
	} {
		if x.got.Accounts != x.n || x.got.MRR != x.mrr || x.got.Code != x.code {
			t.Errorf("%s: %+v", name, x.got)
		}
	}
	first := c.Lost[0]
	if first.Account != "c5" || first.MRR != 250 || first.Code != "price" || first.Said != "price" || math.Abs(first.Months-344/(365.0/12)) > 1e-9 || first.Group != "pro" {
		t.Errorf("%+v", first)
	}
	february.Filters = []facts.Filter{{Attribute: "plan", Values: []string{"pro"}}}
	if c, err = r.ChurnReasons(t.Context(), february); err != nil || c.All.Accounts != 3 {
		t.Errorf("of plan pro %d left: %v", c.All.Accounts, err)
	}
	// As of the 12th, and as known then, only three had left.
	february.Filters, february.AsOf = nil, farol.Date(2026, 2, 12)
	if c, err = r.ChurnReasons(t.Context(), february); err != nil || c.All.Accounts != 3 {
		t.Errorf("by the 12th %d left: %v", c.All.Accounts, err)
	}
}

// The curve against counting by hand: everybody began on one day.
func TestSurvival(t *testing.T) {
	t.Parallel()
	r := readerOf(t, departures)
	s, err := r.Survival(t.Context(), Request{By: "plan"})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Whole
	// c40 is a year older, and is not at risk in its first year: 39 at first, 4
	// of them gone after 61 days.
	if c.Customers != 40 || c.Lost != 13 || c.ByPayment != 2 || c.Late != 1 {
		t.Errorf("%d customers, %d lost, %d by payment, %d late", c.Customers, c.Lost, c.ByPayment, c.Late)
	}
	for month, want := range map[int]float64{0: 1, 2: 1, 3: 35.0 / 39, 11: 35.0 / 39, 12: 35.0 / 39 * 26 / 35} {
		if got := c.Points[month].Value; math.Abs(got-want) > 1e-9 {
			t.Errorf("after %d months %v remain, want %v", month, got, want)
		}
	}
	last := len(c.Points) - 1
	if sum := c.Points[last].Value + c.Voluntary[last].Value + c.Payment[last].Value; math.Abs(sum-1) > 1e-9 {
		t.Errorf("remaining and lost add up to %v", sum)
	}
	if c.Model == nil || len(c.Model.Points) != SurvivalMonths+1 {
		t.Fatalf("no model: %s", c.NoModel)
	}
	for _, p := range c.Model.Points {
		if *p.Low > p.Value || *p.High < p.Value {
			t.Errorf("month %d: %v is outside %v to %v", p.Month, p.Value, *p.Low, *p.High)
		}
	}
	if len(s.Groups) != 2 || s.Groups[0].Customers != 20 || s.Groups[0].NoModel != FewCustomers || s.Test != nil {
		t.Errorf("groups: %+v", s.Groups)
	}
	if c, err := r.Survival(t.Context(), Request{Filters: []facts.Filter{{Attribute: "plan", Values: []string{"none"}}}}); err != nil || c.Whole.Reason != FewCustomers || c.Whole.Points != nil {
		t.Errorf("nobody: %+v, %v", c.Whole, err)
	}
}

func TestLifetimeValue(t *testing.T) {
	t.Parallel()
	r := readerOf(t, `set conventions {"gross_margin": 0.8, "discount_rate": 0.12}
`+departures)
	v, err := r.LifetimeValue(t.Context(), Request{By: "plan"})
	if err != nil {
		t.Fatal(err)
	}
	w := v.Whole
	// September to February: 36 at the start of each month; nine... of February
	// eight were gone at its end, c8 was back.
	if w.Exposure != 216 || w.Left != 8 || w.Paying != 29 || w.MRR != 27*100+2*90 {
		t.Errorf("%+v", w)
	}
	arpa, churn := w.MRR/29, 8.0/216
	d := math.Pow(1.12, 1.0/12) - 1
	for name, x := range map[string][2]float64{
		"simple": {*w.Simple, arpa / churn}, "margin": {*w.WithMargin, 0.8 * arpa / churn}, "discounted": {*w.Discounted, 0.8 * arpa * (1 + d) / (d + churn)},
	} {
		if math.Abs(x[0]-x[1]) > 1e-6 {
			t.Errorf("%s is %v, want %v", name, x[0], x[1])
		}
	}
	s, err := r.Survival(t.Context(), Request{})
	if err != nil {
		t.Fatal(err)
	}
	// The model's value, payment by payment.
	var worth float64
	for t := range 4000 {
		worth += s.Whole.Model.best().Survival(t) / math.Pow(1+d, float64(t))
	}
	if got, want := *w.Survival, worth*0.8*arpa; math.Abs(got-want) > want*1e-3 || *w.SurvivalLow > got || *w.SurvivalHigh < got {
		t.Errorf("survival value %v (%v to %v), want %v", got, *w.SurvivalLow, *w.SurvivalHigh, want)
	}
	if len(w.Why) < 2 || len(v.Groups) != 2 || v.Groups[0].Survival != nil || v.Groups[0].Reason != FewCustomers || v.Groups[0].Simple == nil {
		t.Errorf("why %v, groups %+v", w.Why, v.Groups)
	}
	f, err := r.Prefill(t.Context(), Request{})
	if err != nil {
		t.Fatal(err)
	}
	if f.MRR != w.MRR || f.Customers != 29 || math.Abs(f.Now.Churn-churn) > 1e-12 || f.Now.NewCustomers != 0 || f.Margin != 0.8 || !f.Modelled || f.Check() != nil {
		t.Errorf("%+v: %v", f.Simulation, f.Check())
	}
	if f.ChurnLow >= churn || f.ChurnHigh <= churn {
		t.Errorf("churn %v to %v", f.ChurnLow, f.ChurnHigh)
	}
	if _, err := Simulate(f.Simulation); err != nil {
		t.Error(err)
	}
}

// PlantedSurvival holds what is read of a demo company against its truth: how
// many months of the Kaplan-Meier curve and of the model have the planted
// survival inside their intervals.
func plantedSurvival(t *testing.T, cfg demo.Config) (curve, model, months int) {
	t.Helper()
	c := demo.New(cfg)
	var events []farol.Event
	for {
		list, err := c.Next()
		if err != nil {
			break
		}
		for _, e := range list {
			if e.Kind == farol.Group || len(e.Name) > 12 && e.Name[:12] == "Subscription" || e.Name == "Cost Reported" {
				e.Properties = json.RawMessage(string(e.Properties))
				events = append(events, e)
			}
		}
	}
	truth := c.Truth()
	zone, err := time.LoadLocation(truth.Zone)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return truth.Until }
	f, err := facts.Open(t.Context(), facts.Config{Zone: zone, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := map[string]bool{}
	fresh := events[:0]
	for _, e := range events {
		if !seen[e.ID] {
			seen[e.ID] = true
			fresh = append(fresh, e)
		}
	}
	backfill(t, f, fresh)
	set := Defaults()
	set.Calendar.Zone, set.Currency, set.Rates = zone, "BRL", map[farol.Currency]float64{"USD": 5}
	r := New(loadCatalogue(t), f, func() Settings { return set })
	r.SetClock(now)
	s, err := r.Survival(t.Context(), Request{})
	if err != nil {
		t.Fatal(err)
	}
	planted := truth.Survival(SurvivalMonths)
	for m := 1; m < len(s.Whole.Points); m++ {
		p, q := s.Whole.Points[m], s.Whole.Model.Points[m]
		if p.Low == nil || p.AtRisk < 10 {
			continue
		}
		months++
		if *p.Low <= planted[m] && planted[m] <= *p.High {
			curve++
		}
		if *q.Low <= planted[m] && planted[m] <= *q.High {
			model++
		}
	}
	// Every reason that the demo gives is on the list, and costs are known.
	share, err := r.Read(t.Context(), Request{Metric: "coded_churn_share", Period: farol.Period{From: truth.First, To: truth.Last}})
	if err != nil {
		t.Fatal(err)
	}
	cac, err := r.Read(t.Context(), Request{Metric: "cac", Period: farol.Period{From: truth.Last - 60, To: truth.Last - 31}})
	if err != nil {
		t.Fatal(err)
	}
	for _, pt := range share.Points {
		if pt.Value != nil && *pt.Value != 1 {
			t.Errorf("%s: %v of the departures have a reason of the list", pt.Period, *pt.Value)
		}
	}
	if v := cac.Points[0].Value; v == nil || *v < 3_000 || *v > 90_000 {
		t.Errorf("CAC is %v", cac.Points[0])
	}
	return curve, model, months
}

func TestPlantedSurvival(t *testing.T) {
	if testing.Short() {
		t.Skip("makes eighteen months of a company")
	}
	t.Parallel()
	curve, model, months := plantedSurvival(t, demo.Config{Seed: 7})
	t.Logf("the truth is inside the curve in %d and inside the model in %d of %d months", curve, model, months)
	if months < 12 || curve < months*9/10 || model < months*8/10 {
		t.Errorf("the truth is inside the curve in %d and inside the model in %d of %d months", curve, model, months)
	}
}

// The cost of a customer is taken apart by who came, and what was spent on
// nobody in particular: nothing is left over.
func TestCostsTakenApart(t *testing.T) {
	t.Parallel()
	r := readerOf(t, `zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-01 10:00  @  "Cost Reported" category=sales amount=6000 currency=BRL month=2026-01
2026-03-01 10:00  @  "Cost Reported" category=sales amount=9000 currency=BRL month=2026-02
2026-01-10 10:00  @c{1..4}  "Subscription Started" subscription=s{} mrr=200 currency=BRL
2026-02-10 10:00  @c{5..6}  "Subscription Started" subscription=s{} mrr=200 currency=BRL
2026-01-10 10:00  @c{1..6}  group plan=pro
`)
	month := func(m time.Month) Moment {
		return Moment{Period: farol.Period{From: farol.Date(2026, m, 1), To: farol.Date(2026, m+1, 1)}}
	}
	for _, by := range []string{"plan", "account", "channel"} {
		d, err := r.Compare(t.Context(), CompareRequest{Metric: "cac", Grain: farol.Monthly, Before: month(1), After: month(2), By: by})
		if err != nil || d.Change == nil || *d.Change != 3000 || d.Several != 0 || len(d.Lines) == 0 {
			t.Errorf("by %s: %+v, %v", by, d, err)
		}
	}
}
