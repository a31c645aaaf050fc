package truth_test

import (
	"context"
	"io"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
)

// dollar is reais for one dollar. Every amount of the demo in dollars is whole
// centavos at it, so that no rounding blurs the comparison.
const dollar = 5.4

// loaded is the demo in the facts, and what is needed to check it.
type loaded struct {
	t      *testing.T
	events []farol.Event
	truth  demo.Truth
	facts  *facts.Facts
	reader *metric.Reader
	whole  farol.Period
}

// load takes the company's history in as farol demo does.
func load(t *testing.T, cfg demo.Config) *loaded {
	t.Helper()
	l, stored := loadSome(t, cfg, func(*farol.Event) bool { return true })
	if stored != int64(l.truth.Events) {
		t.Errorf("%d events stored, the truth says %d", stored, l.truth.Events)
	}
	return l
}

// loadSome takes in those events of the history that are wanted, and tells how
// many there are.
func loadSome(t *testing.T, cfg demo.Config, want func(*farol.Event) bool) (*loaded, int64) {
	t.Helper()
	ctx := context.Background()
	now := func() time.Time { return cfg.Until.Add(time.Second) }
	f, err := facts.Open(ctx, facts.Config{Zone: saoPaulo, Now: now, Threads: 2, MemoryLimit: "1GB"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	c := demo.New(cfg)
	l := &loaded{t: t, facts: f}
	err = f.Backfill(ctx, func() ([]farol.Event, error) {
		list, err := c.Next()
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(list, func(e farol.Event) bool { return !want(&e) })
		l.events = append(l.events, list...)
		return list, nil
	})
	if err == nil || err == io.EOF {
		err = f.Settle(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := metric.Load()
	if err != nil {
		t.Fatal(err)
	}
	l.truth = c.Truth()
	l.reader = metric.New(catalogue, f, func() metric.Settings { return settings(l.truth) })
	l.reader.SetClock(now)
	l.whole = farol.Period{From: l.truth.First, To: l.truth.Last + 1}
	stats, err := f.Stats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return l, stats.Events
}

// settings look for the planted rule.
func settings(truth demo.Truth) metric.Settings {
	s := metric.Defaults()
	s.Calendar.Zone = saoPaulo
	s.Currency, s.Rates = "BRL", map[farol.Currency]float64{"USD": dollar}
	s.Activation = metric.Activation{WindowDays: truth.Rule.Days}
	for _, c := range truth.Rule.Clauses {
		s.Activation.Events = append(s.Activation.Events, metric.Clause{Name: c.Event, Min: c.Least})
	}
	return s
}

// read answers the points of a metric by first day of the period.
func (l *loaded) read(name string, grain farol.Grain, p farol.Period, known time.Time) map[farol.Day]metric.Point {
	l.t.Helper()
	s, err := l.reader.Read(context.Background(), metric.Request{Metric: name, Grain: grain, Period: p, Known: known})
	if err != nil {
		l.t.Fatalf("%s: %v", name, err)
	}
	out := map[farol.Day]metric.Point{}
	for _, pt := range s.Points {
		out[pt.Period.From] = pt
	}
	return out
}

// wants compares one figure; numbers that are counts must be equal.
func wants(t *testing.T, what string, got *float64, want float64) {
	t.Helper()
	value := math.NaN()
	if got != nil {
		value = *got
	} else if want == 0 {
		return // no row, and nothing to count
	}
	if math.Abs(value-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s is %v, the truth %v", what, value, want)
	}
}

// TestMetrics loads the company once. Now, every figure of every day and month
// must be the planted one. As known then, every figure must be what the slow
// reader counts from the events known by then; history that was taken in by
// Backfill tells its days of knowing apart, not the hours within one, so the
// instants are ends of local days.
func TestMetrics(t *testing.T) {
	l := load(t, company())
	t.Run("now", func(t *testing.T) {
		l := *l
		l.t = t
		l.now()
	})
	t.Run("identities", func(t *testing.T) {
		l := *l
		l.t = t
		l.identities()
	})
	for _, d := range []farol.Day{
		farol.Date(2025, 12, 9),
		l.truth.Excluded.LateDay - 1, // a colleague still counts as a customer
		l.truth.Excluded.LateDay,
		farol.Date(2026, 2, 28),
		l.truth.Last - 1,
	} {
		t.Run("as known on "+d.String(), func(t *testing.T) {
			l := *l
			l.t = t
			known := d.Next(1).Start(saoPaulo).Add(-time.Millisecond)
			l.asKnown(asKnown(t, l.events, known, saoPaulo), known)
		})
	}
}

// now compares every day and month with the generator's books.
func (l *loaded) now() {
	t := l.t
	daily := map[string]func(d demo.DayTruth) int{
		"active_users_day":     func(d demo.DayTruth) int { return d.People },
		"active_users_week":    func(d demo.DayTruth) int { return d.People7 },
		"active_users_28d":     func(d demo.DayTruth) int { return d.People28 },
		"active_accounts_day":  func(d demo.DayTruth) int { return d.Accounts },
		"active_accounts_week": func(d demo.DayTruth) int { return d.Accounts7 },
		"active_accounts_28d":  func(d demo.DayTruth) int { return d.Accounts28 },
		"new_accounts":         func(d demo.DayTruth) int { return d.NewAccounts },
	}
	for name, want := range daily {
		points := l.read(name, farol.Daily, l.whole, time.Time{})
		for _, d := range l.truth.Days {
			wants(t, name+" of "+d.Day.String(), points[d.Day].Numerator, float64(want(d)))
		}
	}
	months := map[string]map[farol.Day]metric.Point{}
	for _, name := range []string{"active_users_month", "active_accounts_month", "stickiness", "mrr", "logo_churn_rate", "nps", "activation_rate"} {
		months[name] = l.read(name, farol.Monthly, l.whole, time.Time{})
	}
	for _, m := range l.truth.Months {
		month(t, m, months)
		if n := float64(l.people(m)); n > 0 {
			wants(t, "stickiness of "+m.Month.String(), months["stickiness"][m.Month].Value, n/float64(l.days(m))/float64(m.People))
		}
	}
	l.activation(months["activation_rate"])
	l.said()
	l.onboarding()
	l.ledger()
	l.buyers()
}

// ledger wants every movement of MRR to be the planted one, by kind and part,
// and every line of every segment to close to the centavo.
func (l *loaded) ledger() {
	t, ctx := l.t, context.Background()
	whole, err := l.reader.Revenue(ctx, metric.RevenueRequest{Request: metric.Request{Period: l.whole}})
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]int{}
	for _, line := range whole.Lines {
		want, got := map[string]float64{}, map[string]float64{}
		for _, x := range l.truth.Moves {
			if x.Month == line.Period.From {
				want[x.Kind+" "+x.Part] += float64(x.BRL) + dollar*float64(x.USD)
				parts[x.Kind+" "+x.Part]++
			}
		}
		for _, x := range line.Movements {
			got[x.Kind+" "+x.Part] += float64(x.Amount)
		}
		for k, v := range want {
			if math.Abs(got[k]-v) > 1e-6 {
				t.Errorf("%s of %s is %v, planted are %v", k, line.Period, got[k], v)
			}
			delete(got, k)
		}
		for k, v := range got {
			if v != 0 {
				t.Errorf("%s of %s is %v, and none is planted", k, line.Period, v)
			}
		}
	}
	for _, k := range []string{"new ", "expansion seats", "expansion price", "expansion escalator", "expansion discount", "churn "} {
		if parts[k] == 0 {
			t.Errorf("no %s is planted", k)
		}
	}
	for _, by := range []string{"plan", "segment", "country", "region", "channel", "owner", "account"} {
		l.closes(by, whole)
	}
}

// buyers wants everybody who bought without a contract, with what they bought.
func (l *loaded) buyers() {
	got, err := l.reader.Buyers(context.Background(), metric.Request{Period: l.whole})
	if err != nil {
		l.t.Fatal(err)
	}
	found := map[string]metric.Buyer{}
	for _, b := range got.List {
		found[b.Account] = b
	}
	if len(found) != len(l.truth.Buyers) || len(found) < 5 {
		l.t.Errorf("%d buyers, %d are planted", len(found), len(l.truth.Buyers))
	}
	for _, b := range l.truth.Buyers {
		rate := map[farol.Currency]float64{"BRL": 1, "USD": dollar}[b.Currency]
		x := found[string(b.Account)]
		if x.Purchases != b.Purchases || x.First != b.First || x.Last != b.Last || math.Abs(x.Mean*float64(x.Purchases)*100-rate*float64(b.Minor)) > 1e-6 {
			l.t.Errorf("buyer %s: %+v, planted %+v", b.Account, x, b)
		}
	}
}

// closes wants the ledger of each value of an attribute to close, and the
// values to add up to the whole.
func (l *loaded) closes(by string, whole metric.RevenueLedger) {
	t := l.t
	seg, err := l.reader.Revenue(context.Background(), metric.RevenueRequest{Request: metric.Request{Period: l.whole, By: by}})
	if err != nil {
		t.Fatal(err)
	}
	sums := map[farol.Day]int64{}
	for _, line := range seg.Lines {
		sum := line.Opening
		for _, x := range line.Movements {
			sum += x.Amount
		}
		if sums[line.Period.From] += line.Closing; sum != line.Closing {
			t.Errorf("%s of %s %q: %d, not %d", line.Period, by, line.Group, sum, line.Closing)
		}
	}
	for _, line := range whole.Lines {
		if sums[line.Period.From] != line.Closing {
			t.Errorf("%s by %s: the groups add up to %d, the whole is %d", line.Period, by, sums[line.Period.From], line.Closing)
		}
	}
}

// said compares what customers said, asked and brought.
func (l *loaded) said() {
	type parts struct{ num, den int }
	for name, want := range map[string]func(m demo.MonthTruth) parts{
		"nps_promoters":    func(m demo.MonthTruth) parts { return parts{m.Promoters, 0} },
		"nps_passives":     func(m demo.MonthTruth) parts { return parts{m.Passives, 0} },
		"nps_detractors":   func(m demo.MonthTruth) parts { return parts{m.Detractors, 0} },
		"csat":             func(m demo.MonthTruth) parts { return parts{m.CSATTop, m.CSATAnswers} },
		"ces":              func(m demo.MonthTruth) parts { return parts{m.CESSum, m.CESAnswers} },
		"ces_effort":       func(m demo.MonthTruth) parts { return parts{m.EffortSum, m.EffortAnswers} },
		"enps":             func(m demo.MonthTruth) parts { return parts{m.StaffBalance, m.StaffAnswers} },
		"response_rate":    func(m demo.MonthTruth) parts { return parts{m.Answered, m.Delivered} },
		"tickets_opened":   func(m demo.MonthTruth) parts { return parts{m.Tickets, 0} },
		"leads_created":    func(m demo.MonthTruth) parts { return parts{m.Leads, 0} },
		"qualified_leads":  func(m demo.MonthTruth) parts { return parts{m.QualifiedLeads, 0} },
		"new_customers":    func(m demo.MonthTruth) parts { return parts{m.NewCustomers, 0} },
		"invites_per_user": func(m demo.MonthTruth) parts { return parts{m.Referrals, 0} },
	} {
		points := l.read(name, farol.Monthly, l.whole, time.Time{})
		total := 0
		for _, m := range l.truth.Months {
			w := want(m)
			total += w.num
			wants(l.t, name+" of "+m.Month.String(), points[m.Month].Numerator, float64(w.num))
			if w.den > 0 {
				wants(l.t, name+" of "+m.Month.String()+" (of)", points[m.Month].Denominator, float64(w.den))
			}
		}
		if total == 0 {
			l.t.Errorf("%s: nothing to compare", name)
		}
	}
}

// month compares the figures of one month.
func month(t *testing.T, m demo.MonthTruth, got map[string]map[farol.Day]metric.Point) {
	t.Helper()
	of := " of " + m.Month.String()
	point := func(name string) metric.Point { return got[name][m.Month] }
	wants(t, "active_users_month"+of, point("active_users_month").Numerator, float64(m.People))
	wants(t, "active_accounts_month"+of, point("active_accounts_month").Numerator, float64(m.Accounts))
	wants(t, "mrr"+of, point("mrr").Value, (float64(m.BRL)+dollar*float64(m.USD))/100)
	wants(t, "logo_churn_rate"+of+" (lost)", point("logo_churn_rate").Numerator, float64(m.CustomersLost))
	wants(t, "logo_churn_rate"+of+" (start)", point("logo_churn_rate").Denominator, float64(m.CustomersStart))
	answers := m.Promoters + m.Passives + m.Detractors
	wants(t, "nps"+of+" (answers)", point("nps").Denominator, float64(answers))
	wants(t, "nps"+of+" (balance)", point("nps").Numerator, float64(m.Promoters-m.Detractors))
	if answers > 0 {
		wants(t, "nps"+of, point("nps").Value, 100*float64(m.Promoters-m.Detractors)/float64(answers))
	}
}

// people is the sum of the month's daily active people, days how many it has
// had.
func (l *loaded) people(m demo.MonthTruth) (sum int) {
	for _, d := range l.truth.Days {
		if farol.Date(d.Day.UTC().Year(), d.Day.UTC().Month(), 1) == m.Month {
			sum += d.People
		}
	}
	return sum
}

func (l *loaded) days(m demo.MonthTruth) (n int) {
	y, mon, _ := m.Month.UTC().Date()
	return int(min(farol.Date(y, mon+1, 1), l.whole.To) - m.Month)
}

// activation compares cohorts, of accounts whose fourteen days are over.
func (l *loaded) activation(got map[farol.Day]metric.Point) {
	var matured, activated int
	for _, m := range l.truth.Months {
		var n, did int
		for _, a := range l.truth.Accounts {
			y, mon, _ := a.Created.UTC().Date()
			// The day of Until is not over yet.
			if farol.Date(y, mon, 1) != m.Month || a.Created.Next(l.truth.Rule.Days) > l.truth.Last {
				continue
			}
			n++
			if a.Activated {
				did++
			}
		}
		wants(l.t, "activation_rate of "+m.Month.String()+" (cohort)", got[m.Month].Denominator, float64(n))
		wants(l.t, "activation_rate of "+m.Month.String()+" (activated)", got[m.Month].Numerator, float64(did))
		matured, activated = matured+n, activated+did
	}
	if matured < 30 || activated < 10 {
		l.t.Errorf("%d of %d accounts activated: too few to test with", activated, matured)
	}
}

// asKnown compares the days around the instant and the months before it.
func (l *loaded) asKnown(s *slow, known time.Time) {
	t := l.t
	created := s.created(t)
	days := farol.Period{From: max(l.truth.First, s.today-9), To: s.today + 1}
	for _, reach := range []struct {
		users, accounts string
		days            int
	}{{"active_users_day", "active_accounts_day", 1}, {"active_users_week", "active_accounts_week", 7}, {"active_users_28d", "active_accounts_28d", 28}} {
		users, accounts := l.read(reach.users, farol.Daily, days, known), l.read(reach.accounts, farol.Daily, days, known)
		for d := days.From; d < days.To; d++ {
			people, firms := s.active(d-farol.Day(reach.days)+1, d+1)
			wants(t, reach.users+" of "+d.String(), users[d].Numerator, float64(people))
			wants(t, reach.accounts+" of "+d.String(), accounts[d].Numerator, float64(firms))
		}
	}
	months := map[string]map[farol.Day]metric.Point{}
	until := farol.Period{From: l.truth.First, To: s.today + 1}
	for _, name := range []string{"active_users_month", "active_accounts_month", "mrr", "logo_churn_rate", "nps", "new_accounts"} {
		months[name] = l.read(name, farol.Monthly, until, known)
	}
	activated := s.activated(created)
	for _, m := range l.truth.Months {
		if m.Month <= s.today {
			m = s.month(t, m, created, activated)
			month(t, m, months)
			wants(t, "new_accounts of "+m.Month.String(), months["new_accounts"][m.Month].Numerator, float64(m.Cohort))
		}
	}
}
