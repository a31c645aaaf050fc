package facts

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/test/clickhouse"
	"golang.org/x/sync/errgroup"
)

// A random history goes into all engines, and every door must give the same
// rows on each: the embedded one is the judge, because the other tests hold
// it to wanted values.

// history makes batches of events in which everything happens to few: people
// join, move and merge, events come late, again and out of order.
type testHistory struct {
	r    *rand.Rand
	n    int
	sent []farol.Event
}

func (h *testHistory) pick(prefix string, n int) string { return fmt.Sprint(prefix, h.r.IntN(n)) }

func (h *testHistory) maybe(s string) string {
	if h.r.IntN(2) == 0 {
		return ""
	}
	return s
}

func (h *testHistory) event(now time.Time) farol.Event {
	if len(h.sent) > 0 && h.r.IntN(12) == 0 {
		return h.sent[h.r.IntN(len(h.sent))]
	}
	h.n++
	e := farol.Event{
		ID: fmt.Sprint("m", h.n), Source: farol.SourceID(h.pick("source", 2)), Kind: farol.Track,
		At: now.Add(-time.Duration(h.r.IntN(3*24*60)) * time.Minute),
	}
	if h.r.IntN(5) == 0 {
		e.At = e.At.AddDate(0, 0, -20)
	}
	if h.r.IntN(3) > 0 {
		e.User = farol.PersonID(h.pick("user", 5))
	} else {
		e.Anonymous = farol.AnonymousID(h.pick("browser", 4))
	}
	if h.r.IntN(3) == 0 {
		e.Account = farol.AccountID(h.pick("account", 4))
	}
	h.say(&e)
	h.sent = append(h.sent, e)
	return e
}

// say decides what kind of call the event is.
func (h *testHistory) say(e *farol.Event) {
	switch h.r.IntN(20) {
	case 0:
		e.Kind, e.User, e.Anonymous = farol.Identify, farol.PersonID(h.pick("user", 5)), farol.AnonymousID(h.maybe(h.pick("browser", 4)))
		e.Properties = fmt.Appendf(nil, `{"role":%q,"staff":%v}`, h.pick("role", 3), h.r.IntN(8) == 0)
	case 1:
		e.Kind, e.User, e.PreviousID = farol.Alias, farol.PersonID(h.pick("user", 5)), h.pick("browser", 4)
	case 2:
		e.Kind, e.Account = farol.Group, farol.AccountID(h.pick("account", 4))
		e.Properties = fmt.Appendf(nil, `{"plan":%q,"size":%d,"test":%v}`, h.pick("plan", 3), h.r.IntN(50), h.r.IntN(10) == 0)
	case 3:
		e.Kind, e.Name = farol.Page, h.pick("Page ", 3)
	case 4:
		e.Name, e.Account = "Subscription Started", farol.AccountID(h.pick("account", 4))
		e.Properties = fmt.Appendf(nil, `{"subscription":%q,%q:"%d.50","currency":%q,"plan":%q,"quantity":%d,"seats":%d%s}`, h.pick("s", 3), []string{"mrr", "unit_price", "amount"}[h.r.IntN(3)], h.r.IntN(900),
			[]string{"BRL", "USD", "JPY"}[h.r.IntN(2)], h.pick("plan", 3), h.r.IntN(9), h.r.IntN(20), h.maybe(fmt.Sprintf(`,"interval":%q,"interval_count":%d`, []string{"month", "year", "week"}[h.r.IntN(3)], 1+h.r.IntN(3)))+
				h.maybe(fmt.Sprintf(`,"discount_percent":%d`, 5*h.r.IntN(10)))+h.maybe(fmt.Sprintf(`,"discount_amount":"%d.00"`, h.r.IntN(30)))+
				h.maybe(fmt.Sprintf(`,"discount_ends_at":%q`, e.At.AddDate(0, 0, h.r.IntN(30)).Format(time.RFC3339)))+h.maybe(`,"escalator":true`)+h.maybe(fmt.Sprintf(`,"product":%q`, h.pick("product", 2))))
	case 5:
		e.Name, e.Account = h.pick("Subscription ", 1)[:13]+[]string{"Changed", "Paused", "Resumed", "Cancelled"}[h.r.IntN(4)], farol.AccountID(h.pick("account", 4))
		e.Properties = fmt.Appendf(nil, `{"subscription":%q,"reason":%q}`, h.pick("s", 3), h.maybe("price"))
	case 6:
		e.Name = "Survey Answered"
		e.Properties = fmt.Appendf(nil, `{"survey":"q1","kind":"nps","score":%d,"answer":%q}`, h.r.IntN(11), h.maybe(h.pick("answer", 5)))
	case 7:
		e.Name, e.Account = "Ticket "+[]string{"Opened", "Solved"}[h.r.IntN(2)], farol.AccountID(h.pick("account", 4))
		e.Properties = fmt.Appendf(nil, `{"ticket":%q,"priority":"high","csat":%d}`, h.pick("t", 4), h.r.IntN(2))
	case 8:
		e.Name = "Signed Up"
	case 9:
		e.Name, e.Account = []string{"Payment Failed", "Payment Failed", "Payment Succeeded", "Usage Billed"}[h.r.IntN(4)], farol.AccountID(h.pick("account", 4))
		e.Properties = fmt.Appendf(nil, `{"subscription":%q,"amount":"%d.10","currency":"BRL"}`, h.pick("s", 3), h.r.IntN(90))
	case 10:
		e.Name, e.Account = "Survey "+[]string{"Sent", "Bounced"}[h.r.IntN(2)], farol.AccountID(h.maybe(h.pick("account", 4)))
		e.Properties = fmt.Appendf(nil, `{"survey":"q1","delivery":%q,"recipient":%q}`, h.maybe(h.pick("d", 9)), h.pick("Mail", 3))
	case 11:
		e.Name = "Lead " + []string{"Created", "Qualified", "Converted"}[h.r.IntN(3)]
		e.Properties = fmt.Appendf(nil, `{"lead":%q,"channel":%q,"account":%q}`, h.pick("l", 6), h.pick("channel", 2), h.pick("account", 4))
	case 12:
		e.Name, e.Account = "Trial "+[]string{"Started", "Ended"}[h.r.IntN(2)], farol.AccountID(h.pick("account", 4))
		e.Properties = fmt.Appendf(nil, `{"trial_end":"2026-02-%02d"}`, 10+h.r.IntN(9))
	case 13:
		e.Name, e.Account = "Referral "+[]string{"Sent", "Converted"}[h.r.IntN(2)], farol.AccountID(h.maybe(h.pick("account", 4)))
		e.Properties = fmt.Appendf(nil, `{"referral":%q,"invitee_email":%q,"referrer_email":"me@a.example","account":%q}`, h.pick("r", 9), h.pick("you", 3)+"@b.example", h.pick("account", 4))
	case 14, 15:
		e.Name, e.Account = "Invoice Line Billed", farol.AccountID(h.maybe(h.pick("account", 4)))
		from := e.At.AddDate(0, 0, h.r.IntN(30)-15)
		e.Properties = fmt.Appendf(nil, `{"subscription":%q,"amount":"%d.10","currency":%q,"period_start":%q,"period_end":%q,"plan":%q,"quantity":%d%s}`, []string{"s0", "b0", "b1"}[h.r.IntN(3)], h.r.IntN(90)-20, []string{"BRL", "BRL", "USD"}[h.r.IntN(3)],
			from.Format(time.RFC3339), from.AddDate(0, h.r.IntN(2), h.r.IntN(9)).Format(time.RFC3339), h.maybe(h.pick("plan", 3)), h.r.IntN(9), h.maybe(`,"interval":"month"`))
	default:
		e.Name = h.pick("Report ", 3)
		e.Properties = fmt.Appendf(nil, `{"n":%d,"seconds":%d.5,"interactive":%v}`, h.r.IntN(9), h.r.IntN(60), h.r.IntN(6) > 0)
	}
}

// openAll opens the facts on every engine under one clock.
func openAll(t *testing.T, now func() time.Time, zone *time.Location) map[string]*Facts {
	t.Helper()
	all := map[string]*Facts{}
	for name, c := range map[string]Config{
		"duckdb": {Threads: 2}, "clickhouse": {ClickHouse: clickhouse.Reuse(t)}, "two shards": {ClickHouse: clickhouse.ReuseShards(t)},
	} {
		c.Now, c.Zone = now, zone
		f, err := Open(t.Context(), c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Cleanup(func() { f.Close() })
		all[name] = f
	}
	return all
}

// doorQueries asks each door for all it has.
var doorQueries = []string{
	"SELECT * FROM {{activity 28}} x", "SELECT * FROM {{presence 7}} x", "SELECT * FROM {{people}} x", `SELECT * FROM {{payingAt "start"}} x`, `SELECT * FROM {{payingAt "end"}} x`,
	"SELECT * FROM {{answers}} x", `SELECT * FROM {{voters "relational"}} x`, "SELECT * FROM {{tickets}} x", "SELECT * FROM {{leads}} x", "SELECT * FROM {{trials}} x", "SELECT * FROM {{deliveries}} x",
	"SELECT * FROM {{referrals}} x", "SELECT * FROM {{firstPaid}} x", "SELECT * FROM {{invited}} x", "SELECT * FROM {{events}} x", "SELECT * FROM {{periods}} x", "SELECT * FROM {{days}} x",
	"SELECT * FROM {{firsts 0}} x", "SELECT * FROM {{firsts 27}} x", `SELECT * FROM {{present 7 "unfiltered"}} x`, `SELECT * FROM {{accounts "unfiltered"}} x`, "SELECT * FROM {{turns}} x", "SELECT * FROM {{trailing 7}} x", "SELECT day, ts, account, person, event, grp FROM {{moments 1}} x", "SELECT * FROM {{seatsAt}} x",
	"SELECT * FROM {{silences}} x", `SELECT * FROM {{silences "beats"}} x`, `SELECT person, from_day, to_day, grp FROM {{gaps "people"}} x`, `SELECT * FROM {{gaps "accounts"}} x`, `SELECT * FROM {{comings "people"}} x`, `SELECT * FROM {{comings "accounts"}} x`,
	`SELECT * FROM {{ticketWaits "answered"}} x`, `SELECT * FROM {{ticketWaits "solved"}} x`, "SELECT * FROM {{leadWins}} x", "SELECT * FROM {{roles}} x", "SELECT * FROM {{lifetime}} x", "SELECT * FROM {{acquisitionCosts}} x",
	`WITH used AS (SELECT v.grp AS grp, v.account AS account, v.day AS day, v.key AS key FROM {{presence 55}} v WHERE v.key <> 0) SELECT * FROM {{breadth "used" "key"}} x`,
	"SELECT * FROM {{movements}} x", "SELECT * FROM {{moved 9}} x", `SELECT * FROM {{payingAt "month"}} x`, "SELECT * FROM {{cohort 0}} x", "SELECT * FROM {{cohort 12}} x", "SELECT * FROM {{committed}} x", `SELECT * FROM {{payingAt "year" "metered"}} x`, `SELECT * FROM {{payingAt "end" "constant" "due"}} x`,
	`SELECT * FROM {{customersAt "start"}} x`, `SELECT * FROM {{customersAt "end" "unfiltered"}} x`,
	`SELECT d.period AS period, count(DISTINCT x.key) AS people FROM {{days}} d JOIN {{activity 0 "unfiltered"}} x ON x.day = d.day GROUP BY d.period`,
	`SELECT * FROM {{present 7 "unfiltered"}} x`, `SELECT * FROM {{people "unfiltered"}} x`, `SELECT * FROM {{accounts "unfiltered"}} x`, `SELECT * FROM {{mrr "unfiltered"}} x`,
	`SELECT e.name AS name, e.active AS active, i64(count(*)) AS n FROM {{events "unfiltered"}} e GROUP BY 1, 2`,
	`WITH firsts AS (SELECT p.person AS who, p.account AS account, min(p.day) AS day FROM {{activity 0 "unfiltered"}} p GROUP BY 1, 2) SELECT * FROM {{valued "firsts" "account" "day" "who"}} x`,
	"SELECT name, propStr(properties, 'plan') AS plan, sum(propNum(properties, 'seconds')) AS s FROM {{events}} x GROUP BY 1, 2",
	`SELECT p.period AS period, x.grp AS grp, count(DISTINCT x.person) AS people, i64(count(*)) AS day_rows FROM {{periods}} p
		JOIN {{presence 28}} x ON x.day <= p.last AND x.day > addDaysN(p.last, -28) GROUP BY p.period, x.grp`,
	`SELECT a.account AS account, a.created_day AS created_day, coalesce(sum(x.n), 0) AS n FROM {{accounts}} a
		LEFT JOIN {{activityAll}} x ON x.account = a.account AND x.day >= a.created_day GROUP BY a.account, a.created_day`,
}

func doorScopes(known time.Time) map[string]Scope {
	period := farol.Period{From: farol.Date(2026, 2, 1), To: farol.Date(2026, 3, 20)}
	plain := Scope{Period: period, Periods: farol.Calendar{Zone: time.UTC, WeekStart: time.Monday}.Cut(farol.Weekly, period)}
	past := plain
	past.AsOf, past.Known, past.By = farol.Date(2026, 3, 4), known, "plan"
	past.Filters = []Filter{{"plan", []string{"plan0", "plan1", ""}}, {"account", []string{"account0", "account1", "account2", ""}}}
	past.ExcludePeople, past.ExcludeAccounts = []string{"user1"}, []string{"account2", "nobody"}
	return map[string]Scope{"plain": plain, "past": past}
}

var doorParams = map[string]any{
	"active_all": false, "active_events": []string{"Report 0", "Report 1", "$page", "Signed Up"},
	"currency": "BRL", "rate_codes": []string{"USD", "USD"}, "rate_days": []int64{0, int64(farol.Date(2026, 2, 20))}, "rate_values": []float64{5.25, 5.31},
	"minor": float64(100), "lifetime_months": int64(3), "lifetime_revenue": true, "return_gap_days": int64(4), "pause_days": int64(9), "past_due_days": int64(6), "metered": true, "return_days": int64(12), "churn_at_request": false, "acquisition_lag": int64(1), "through_end": time.Date(2026, 3, 10, 5, 0, 0, 0, time.UTC), "permanent_discounts": false,
}

// rowsOf runs a query and answers its rows as sorted text.
func rowsOf(t *testing.T, f *Facts, text string, s Scope) []string {
	t.Helper()
	// One of the scopes counts by invoices, the other by subscriptions, ramped
	// deals with their means where that is asked of the longest text.
	params := maps.Clone(doorParams)
	params["invoice_basis"], params["average_ramps"] = s.By != "", s.By == "" && strings.Contains(text, "{{committed}}")
	rows, err := f.Query(t.Context(), text, s, params)
	if err != nil {
		return []string{err.Error()}
	}
	defer rows.Close()
	cols, _ := rows.Columns()
	var out []string
	values, at := make([]any, len(cols)), make([]any, len(cols))
	for i := range values {
		at[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(at...); err != nil {
			return []string{err.Error()}
		}
		line := make([]string, len(cols))
		for i, v := range values {
			line[i] = cols[i] + "=" + cell(v)
		}
		out = append(out, strings.Join(line, " "))
	}
	if err := rows.Err(); err != nil {
		return []string{err.Error()}
	}
	slices.Sort(out)
	return out
}

func TestEnginesAgreeOnRandomHistories(t *testing.T) {
	if testing.Short() {
		return
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	var now atomic.Pointer[time.Time]
	start := time.Date(2026, 2, 1, 15, 0, 0, 0, time.UTC)
	now.Store(&start)
	all := openAll(t, func() time.Time { return *now.Load() }, zone)
	h := &testHistory{r: rand.New(rand.NewPCG(1, 7))}
	var middle time.Time
	for i := range 8 {
		at := start.AddDate(0, 0, 6*i)
		now.Store(&at)
		events := make([]farol.Event, 60)
		for j := range events {
			events[j] = h.event(at)
		}
		appendToAll(t, all, events)
		if i == 4 {
			middle = at.Add(time.Hour)
		}
	}
	compareDoors(t, all, doorScopes(middle))
}

// appendToAll gives the batch to every engine and lets each settle, so that
// their commits have the same instants.
func appendToAll(t *testing.T, all map[string]*Facts, events []farol.Event) {
	t.Helper()
	var want Receipt
	for _, name := range []string{"duckdb", "clickhouse", "two shards"} {
		if all[name] == nil {
			continue
		}
		got, err := all[name].Append(t.Context(), Batch{Events: slices.Clone(events)})
		if err == nil {
			err = all[name].Settle(t.Context())
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name == "duckdb" {
			want = got
		} else if got != want {
			t.Fatalf("%s: %+v; want %+v", name, got, want)
		}
	}
}

func compareDoors(t *testing.T, all map[string]*Facts, scopes map[string]Scope) {
	t.Helper()
	var g errgroup.Group
	g.SetLimit(3)
	for name, s := range scopes {
		for i, text := range doorQueries {
			for _, other := range []string{"clickhouse", "two shards"} {
				// Planning takes its time: one server answers the past, with all that
				// can be asked, two shards that of two doors in three, and the third's
				// present.
				if other == "clickhouse" && name == "plain" || other == "two shards" && (name == "plain") != (i%3 == 0) {
					continue
				}
				g.Go(func() error {
					got, want := rowsOf(t, all[other], text, s), rowsOf(t, all["duckdb"], text, s)
					if !slices.Equal(got, want) {
						t.Errorf("%s, %s: %s\n%s", other, name, text, difference(got, want))
					}
					return nil
				})
			}
		}
	}
	g.Wait()
}

// difference shows the first lines of each that the other has not.
func difference(got, want []string) string {
	var b strings.Builder
	for _, side := range []struct {
		mark string
		a, b []string
	}{{"got ", got, want}, {"want", want, got}} {
		n := 0
		for _, l := range side.a {
			if !slices.Contains(side.b, l) {
				if n++; n <= 3 {
					fmt.Fprintf(&b, "  %s %.600s\n", side.mark, l)
				}
			}
		}
		fmt.Fprintf(&b, "  %s %d rows, %d of them not on the other side\n", side.mark, len(side.a), n)
	}
	return b.String()
}
