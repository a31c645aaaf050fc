package metric

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// revenueHistory is random events of subscriptions in which everything
// happens to few: prices in every form, discounts that end, terms, pauses,
// payments that fail, use, attributes that change, all of it late and again.
func revenueHistory(seed uint64, zone *time.Location, first farol.Day, days, events int) *history {
	h := &history{r: rand.New(rand.NewPCG(seed, 5)), zone: zone, first: first, days: days}
	for range events {
		h.n++
		e := farol.Event{ID: fmt.Sprintf("m%05d", h.n), Source: "s", At: h.moment(), Kind: farol.Track, Account: farol.AccountID(h.account())}
		props := map[string]any{}
		switch k := h.r.IntN(20); {
		case k < 2:
			e.Kind, props["plan"] = farol.Group, pick(h, "basic", "pro", "team")
		case k < 5:
			e.Name = pick(h, "Payment Failed", "Payment Failed", "Payment Succeeded")
			if h.r.IntN(3) > 0 {
				props["subscription"] = string(e.Account) + "-" + pick(h, "x", "y")
			}
		case k < 7:
			e.Name = "Usage Billed"
			props["subscription"], props["amount"], props["currency"] = string(e.Account)+"-"+pick(h, "x", "y"), float64(h.r.IntN(9000))/100, pick(h, "BRL", "USD")
		case k == 7:
			e.Kind, e.Name, e.User = farol.Page, "Home", h.user()
		default:
			h.contract(&e, props)
		}
		raw, err := json.Marshal(props)
		if err != nil {
			panic(err)
		}
		e.Properties, e.Known = raw, e.At.Add(time.Duration(h.r.IntN(60_000))*time.Millisecond)
		if h.r.IntN(6) == 0 {
			e.Known = e.At.Add(time.Duration(h.r.IntN(20*86400)) * time.Second)
		}
		h.sent = append(h.sent, e)
	}
	slices.SortStableFunc(h.sent, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
	return h
}

// contract is an event of a subscription.
func (h *history) contract(e *farol.Event, props map[string]any) {
	e.Name = pick(h, "Subscription Started", "Subscription Started", "Subscription Changed", "Subscription Changed", "Subscription Changed", "Subscription Paused",
		"Subscription Resumed", "Subscription Cancelled")
	props["subscription"] = string(e.Account) + "-" + pick(h, "x", "y")
	perhaps := func(key string, one int, value any) {
		if h.r.IntN(one) == 0 {
			props[key] = value
		}
	}
	later := func(days int) string { return e.At.AddDate(0, 0, h.r.IntN(days)).Format(time.RFC3339) }
	if e.Name == "Subscription Started" || e.Name == "Subscription Changed" && h.r.IntN(2) == 0 {
		props[pick(h, "mrr", "unit_price", "amount")] = float64(h.r.IntN(50000)) / 100
		props["currency"] = pick(h, "BRL", "BRL", "USD", "EUR")
		perhaps("interval", 2, pick(h, "month", "year", "week", "day"))
		perhaps("interval_count", 4, 1+h.r.IntN(3))
		perhaps("discount_amount", 8, float64(h.r.IntN(3000))/100)
		perhaps("starts_at", 8, later(20))
		if h.n%4 == 0 {
			props["one_off_amount"] = float64(h.n) / 4
		}
	}
	perhaps("quantity", 2, 1+h.r.IntN(12))
	perhaps("seats", 6, 1+h.r.IntN(12))
	perhaps("discount_percent", 5, h.r.IntN(11)*10)
	perhaps("discount_ends_at", 6, later(30))
	perhaps("product", 3, pick(h, "Core", "Flows"))
	perhaps("family", 8, pick(h, "A", "B"))
	perhaps("plan", 3, pick(h, "basic", "pro"))
	perhaps("escalator", 6, true)
	perhaps("trial", 12, h.r.IntN(2) == 0)
	perhaps("ends_at", 5, later(25))
	perhaps("requested_at", 8, e.At.AddDate(0, 0, -h.r.IntN(5)).Format(time.RFC3339))
	perhaps("effective_at", 5, h.moment().Format(time.RFC3339))
}

// revenueSettings vary what the conventions decide.
func revenueSettings(seed uint64, zone *time.Location, first farol.Day) Settings {
	s := Defaults()
	s.Calendar.Zone, s.Currency = zone, "BRL"
	s.Rates = map[farol.Currency]float64{"USD": 5.37}
	s.DatedRates = []DatedRates{{first + 20, map[farol.Currency]float64{"USD": 5.11}}, {first + 41, map[farol.Currency]float64{"USD": 5.83, "EUR": 6.2}}}
	s.Conventions.PauseDays, s.Conventions.PastDueDays = 12, 9
	if seed%3 == 2 {
		s.Conventions.Pauses = PauseKeeps
	}
	if seed%2 == 1 {
		s.Conventions.Metered, s.Conventions.ReturnDays, s.Conventions.ReturnGapDays = true, 10, 5
		s.Conventions.LifetimeChurn, s.Conventions.LifetimeMonths = RevenueLost, 2
		s.Conventions.ChurnAt, s.Conventions.Discounts, s.Conventions.Brief = AtRequest, PermanentDiscounts, IgnoreBrief
	}
	return s
}

func revenueWorld(t *testing.T, seed uint64, events int) *world {
	t.Helper()
	zone := mustZone(t, "America/Sao_Paulo")
	first := farol.Date(2018, time.September, 24)
	h := revenueHistory(seed, zone, first, 70, events)
	return worldOf(t, h, revenueSettings(seed, zone, first), 7)
}

// Every metric of revenue equals the reference on histories in which all that
// subscriptions can do happens.
func TestRevenueAgainstReference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for seed := range uint64(2) {
		w := revenueWorld(t, seed, 260)
		refs := map[string]*reference{}
		for j, m := range w.r.catalogue.All() {
			if m.Group != "revenue" {
				continue
			}
			g := m.Grains[(j+int(seed))%min(2, len(m.Grains))]
			asked := w.requests(m, g, j)
			if seed > 0 {
				asked = asked[j%len(asked):][:1]
			}
			for _, q := range asked {
				if err := w.differ(ctx, m, q, refs); err != nil {
					t.Errorf("seed %d, %s per %s, as of %v, known %v, by %q, filters %v: %v", seed, m.Name, g, q.AsOf, q.Known, q.By, q.Filters, err)
				}
			}
		}
	}
}

// The ledger closes to the minor unit: of every period, of every value of an
// attribute, of every account, for a segment, in both presentations, in the
// past of both clocks; lines add up from their rows; and it says what the slow
// replay says.
func TestLedgerCloses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for seed := range uint64(2) {
		w := revenueWorld(t, seed, 260)
		period := farol.Period{From: w.first - 5, To: w.first + farol.Day(w.days) + 30}
		for i, q := range []RevenueRequest{
			{}, {Request: Request{By: "plan"}}, {Request: Request{By: "account"}, Rates: ConstantRates}, {Request: Request{By: "plan", Grain: farol.Weekly}},
			{Request: Request{By: "plan", AsOf: w.first + 40, Known: w.early}},
			{Request: Request{By: "plan", Filters: []facts.Filter{{Attribute: "plan", Values: []string{"pro", "team"}}, {Attribute: "account", Values: []string{"a1", "a2", "a3"}}}}},
		} {
			q.Period = period
			l, err := w.r.Revenue(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			closing := map[string]int64{}
			moved, transfers := 0, int64(0)
			for _, line := range l.Lines {
				sum := line.Opening
				for _, m := range line.Movements {
					sum += m.Amount
					moved++
				}
				transfers += line.Amount("transfer")
				if sum != line.Closing {
					t.Errorf("seed %d, ledger %d, %s of %q: %d and %v make %d, not %d", seed, i, line.Period, line.Group, line.Opening, line.Movements, sum, line.Closing)
				}
				if q.Rates == "" && line.Opening != closing[line.Group] {
					t.Errorf("seed %d, ledger %d, %s of %q opens with %d after %d", seed, i, line.Period, line.Group, line.Opening, closing[line.Group])
				}
				closing[line.Group] = line.Closing
			}
			if moved < 20 {
				t.Errorf("seed %d, ledger %d: %d movements show nothing", seed, i, moved)
			}
			if len(q.Filters) == 0 && transfers != 0 {
				t.Errorf("seed %d, ledger %d: transfers add up to %d", seed, i, transfers)
			}
			w.checkMovements(t, l, MovementQuery{RevenueRequest: q})
		}
		w.checkAgainstReplay(t, period)
	}
}

// checkMovements wants the rows to add up to the lines, page by page, and every
// line to count the accounts of its rows: none is there for rounding alone.
func (w *world) checkMovements(t *testing.T, l RevenueLedger, q MovementQuery) {
	t.Helper()
	want, got := map[string]int64{}, map[string]int64{}
	accounts, seen := map[string]int64{}, map[string]bool{}
	for _, line := range l.Lines {
		for _, m := range line.Movements {
			want[line.Group+"|"+m.Kind+"|"+m.Part] += m.Amount
			accounts[line.Period.String()+"|"+line.Group+"|"+m.Kind+"|"+m.Part] = m.Accounts
		}
	}
	q.Limit = 60
	for pages := 0; ; pages++ {
		list, next, err := w.r.Movements(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			got[m.Group+"|"+m.Kind+"|"+m.Part] += m.Amount
			i := slices.IndexFunc(l.Periods, func(p farol.Period) bool { return p.Contains(m.Day) })
			k := l.Periods[i].String() + "|" + m.Group + "|" + m.Kind + "|" + m.Part
			if !seen[k+"|"+m.Account] {
				seen[k+"|"+m.Account] = true
				accounts[k]--
			}
		}
		if q.After = next; next == "" || pages > 500 {
			break
		}
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("rows of %s add up to %d, the ledger says %d", k, got[k], v)
		}
	}
	for k, n := range accounts {
		if n != 0 {
			t.Errorf("the line %s counts %d accounts without a row", k, n)
		}
	}
}

// checkAgainstReplay wants every kind and part to be what comparing each day
// with the one before gives.
func (w *world) checkAgainstReplay(t *testing.T, period farol.Period) {
	t.Helper()
	ref := newReference(w.events, w.settings, w.clock.now(), 0, time.Time{})
	l, err := w.r.Revenue(context.Background(), RevenueRequest{Request: Request{Period: period}})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range l.Lines {
		want, got := map[string]float64{}, map[string]float64{}
		for _, m := range ref.moves(line.Period) {
			want[m.kind+"|"+m.part] += m.amount
		}
		for _, m := range line.Movements {
			got[m.Kind+"|"+m.Part] += float64(m.Amount)
		}
		for k := range want {
			if got[k] != want[k] {
				t.Errorf("%s, %s: %v, the replay says %v", line.Period, k, got[k], want[k])
			}
			delete(got, k)
		}
		for k, v := range got {
			if v != 0 {
				t.Errorf("%s, %s: %v, the replay has none", line.Period, k, v)
			}
		}
	}
}

func TestBadLedgers(t *testing.T) {
	r, _, _ := small(t)
	march := farol.Period{From: farol.Date(2026, 3, 1), To: farol.Date(2026, 4, 1)}
	for field, q := range map[string]MovementQuery{
		"rates": {RevenueRequest: RevenueRequest{Request: Request{Period: march}, Rates: "weird"}},
		"kind":  {RevenueRequest: RevenueRequest{Request: Request{Period: march}}, Kind: "weird"},
		"part":  {RevenueRequest: RevenueRequest{Request: Request{Period: march}}, Part: "weird"},
		"after": {RevenueRequest: RevenueRequest{Request: Request{Period: march}}, After: "!"},
		"grain": {RevenueRequest: RevenueRequest{Request: Request{Period: march, Grain: farol.Daily}}},
	} {
		_, _, err := r.Movements(context.Background(), q)
		var e *farol.Error
		if !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	l, err := r.Revenue(context.Background(), RevenueRequest{Request: Request{Period: march}})
	if err != nil || len(l.Lines) != 1 || l.Lines[0].Closing != 0 || len(l.Currencies) != 0 {
		t.Errorf("without a fact: %+v, %v", l, err)
	}
}
