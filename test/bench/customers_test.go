package bench

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/web"
)

var (
	customersAccounts = flag.Int("customers.accounts", 2000, "accounts of BenchmarkCustomers; the measure to reach is of 50000")
	customersPeople   = flag.Int("customers.people", 40_000, "people of BenchmarkCustomers; the measure is of 1000000")
	customersEvents   = flag.Int("customers.events", 800_000, "events of BenchmarkCustomers; the measure is of 20000000")
	customersDays     = flag.Int("customers.days", 540, "days over which the events lie")
	customersRounds   = flag.Int("customers.rounds", 60, "how often each page is read")
	customersFolder   = flag.String("customers.folder", "", "folder that keeps the facts of BenchmarkCustomers, to measure again without making them; removed by hand")
	customersOnly     = flag.String("customers.only", "", "read only the pages whose address holds this")
)

// customerPages are the lists and the pages of one customer or person; %A is
// an account, %P one of its people, others each time.
var customerPages = []string{
	"/customers", "/customers?sort=metric.mrr&dir=down", "/customers?where=attribute.plan%3Dpro&where=metric.mrr%3E500&sort=attribute.renewal_date", "/customers?q=vila+42", "/customers?offset=1000",
	"/customers?view=board", "/stages", "/customers/%A", "/customers/%A?tab=people", "/customers/%A?tab=use", "/customers/%A?tab=money", "/customers/%A?tab=tickets", "/customers/%A?tab=stages",
	"/customers/%A?kind=ticket", "/customers/%A?as_of=%D", "/people", "/people?q=p-00042", "/people/%P",
	"/customers?as_of=%D", "/customers?as_of=%D&view=board", "/stages?as_of=%D", "/people?as_of=%D", "/people/%P?as_of=%D", "/customers/%A?tab=use&as_of=%D",
}

// BenchmarkCustomers prints the server's time for the customers' list, the page
// of one customer and those of people, while events keep coming. The time of
// each page is in its log (-v).
func BenchmarkCustomers(b *testing.B) {
	ctx := context.Background()
	home := newCompany(b, time.UTC, factsIn(*customersFolder, "facts"))
	s, f := home.store, home.facts
	base := newBase()
	base.fill(b, f)

	reader := home.reader(b)
	catalogue := reader.Catalogue()
	directory := customer.New(f, time.Now)
	clocked(b, "directory loaded", func() { _, err := directory.Accounts(ctx); must(b, err) })
	journey := customer.Journey{Facts: f, Store: s, Directory: directory, Now: time.Now, Env: func(ctx context.Context) (segment.Env, error) {
		return customer.RuleEnv(ctx, s, catalogue)
	}}
	must(b, s.SaveStageRun(ctx, store.StageRun{Day: farol.DayOf(time.Now(), time.UTC) - 1}))
	clocked(b, "a day's moves between stages", func() { must(b, journey.Run(ctx)) })

	stop := keepSending(b, s, f)
	defer stop()
	times := base.read(b, home.signIn(b, web.New(web.Config{Store: s, Facts: f, Metrics: reader, Customers: directory})))
	worst, slowest := time.Duration(0), ""
	for _, path := range customerPages {
		if len(times[path]) == 0 {
			b.Logf("%-90s is not there", path)
			continue
		}
		p95 := quantile(times[path], 0.95)
		if p95 > worst {
			worst, slowest = p95, path
		}
		b.Logf("%-90s p50 %6.1f ms, p95 %6.1f ms", path, float64(quantile(times[path], 0.5))/1e6, float64(p95)/1e6)
	}
	b.Logf("slowest: %s", slowest)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(base.made), "events")
	b.ReportMetric(float64(quantile(times.all(), 0.5))/1e6, "p50-ms")
	b.ReportMetric(float64(quantile(times.all(), 0.95))/1e6, "p95-ms")
	b.ReportMetric(float64(worst)/1e6, "worst-page-p95-ms")
}

// fill takes the base in, and does what the background work would have done by
// now, unless a kept folder has it all.
func (c *base) fill(b *testing.B, f *facts.Facts) {
	ctx := context.Background()
	stats, err := f.Stats(ctx)
	must(b, err)
	if stats.Events > 0 {
		c.made = int(stats.Events)
		must(b, f.UpdateRoster(ctx))
		b.Logf("%d events kept from before", c.made)
		return
	}
	begun := time.Now()
	must(b, f.Backfill(ctx, c.next))
	b.Logf("%d events of %d people of %d accounts taken in: %.1f s", c.made, *customersPeople, *customersAccounts, time.Since(begun).Seconds())
	clocked(b, "values of 15 metrics kept for a month", func() { c.measure(b, f) })
	clocked(b, "compacted", func() { must(b, f.Compact(ctx)) })
	clocked(b, "the roster of people kept", func() { must(b, f.UpdateRoster(ctx)) })
}

func clocked(b *testing.B, what string, do func()) {
	b.Helper()
	begun := time.Now()
	do()
	b.Logf("%s: %.1f s", what, time.Since(begun).Seconds())
}

// base makes the events of many customers, day by day.
type base struct {
	r     *rand.Rand
	first farol.Day
	day   int
	made  int
	today farol.Day
}

func newBase() *base {
	today := farol.DayOf(time.Now(), time.UTC)
	return &base{r: rand.New(rand.NewPCG(50, 1)), first: today - farol.Day(*customersDays), today: today}
}

func accountOf(i int) farol.AccountID { return farol.AccountID(fmt.Sprintf("acc-%05d", i)) }

func personOf(i int) farol.PersonID { return farol.PersonID(fmt.Sprintf("p-%07d", i)) }

// next is a day of events; on the first day everybody is introduced.
func (c *base) next() ([]farol.Event, error) {
	if c.day == *customersDays {
		return nil, io.EOF
	}
	at := (c.first + farol.Day(c.day)).Start(time.UTC)
	var out []farol.Event
	add := func(e farol.Event) {
		c.made++
		e.ID, e.Source = fmt.Sprintf("b-%d", c.made), "bench"
		e.At = at.Add(time.Duration(len(out)) * time.Millisecond)
		e.Known = e.At
		out = append(out, e)
	}
	if c.day == 0 {
		c.introduce(add)
	}
	left := (*customersEvents - c.made) / (*customersDays - c.day)
	for range left {
		p := c.r.IntN(*customersPeople)
		account := accountOf(p % *customersAccounts)
		switch c.r.IntN(100) {
		case 0:
			id := fmt.Sprintf("t-%d", c.made)
			add(farol.Event{Kind: farol.Track, Name: "Ticket Opened", Account: account, User: personOf(p), Properties: []byte(`{"ticket":"` + id + `","subject":"It does not load","priority":"normal","topic":"bug"}`)})
		case 1:
			if c.r.IntN(3) == 0 {
				add(farol.Event{Kind: farol.Track, Name: "Survey Answered", Account: account, User: personOf(p), Properties: fmt.Appendf(nil, `{"survey":"rel","kind":"nps","score":%d}`, c.r.IntN(11))})
			}
		case 2:
			if c.r.IntN(20) == 0 {
				add(farol.Event{Kind: farol.Group, Account: account, Properties: fmt.Appendf(nil, `{"employees":%d}`, c.r.IntN(900))})
			}
		default:
			add(farol.Event{Kind: farol.Track, Name: fmt.Sprintf("Feature %02d Used", c.r.IntN(40)), Account: account, User: personOf(p)})
		}
	}
	c.day++
	return out, nil
}

var benchPlans = []string{"starter", "pro", "business"}

func (c *base) introduce(add func(farol.Event)) {
	for i := range *customersAccounts {
		add(farol.Event{Kind: farol.Group, Account: accountOf(i), Properties: fmt.Appendf(nil,
			`{"name":"Vila %d Ltda.","plan":%q,"industry":"software","region":"Sudeste","country":"BR","segment":"mid","employees":%d,"domain":"vila%d.com.br","renewal_date":%q,"created_at":"2024-05-01T00:00:00Z"}`,
			i, benchPlans[i%3], i%500, i, c.today.Next(i%365).String())})
		add(farol.Event{Kind: farol.Track, Name: "Subscription Started", Account: accountOf(i), Properties: fmt.Appendf(nil,
			`{"subscription":"s-%d","mrr":%d,"currency":"BRL","product":"Main","plan":%q,"seats":%d,"quantity":%d}`, i, 100+i%900, benchPlans[i%3], 5+i%40, 5+i%40)})
	}
	for i := range *customersPeople {
		add(farol.Event{Kind: farol.Identify, User: personOf(i), Properties: fmt.Appendf(nil, `{"name":"Person %d","email":"p%d@vila%d.com.br","role":"user"}`, i, i, i%*customersAccounts)})
		add(farol.Event{Kind: farol.Group, Account: accountOf(i % *customersAccounts), User: personOf(i)})
	}
}

// measured are the metrics that are kept per account.
var measured = []string{"active_users_28d", "active_users_day", "active_users_week", "core_repeat_rate", "days_since_activity", "feature_expansion", "mrr", "nps", "people_per_account",
	"seat_utilisation", "team_habit_rate", "use_change_28d", "use_concentration", "use_slope_8w", "user_expansion"}

// measure keeps a month of each metric's values, as the history does day by
// day.
func (c *base) measure(b *testing.B, f *facts.Facts) {
	for d := c.today - 30; d < c.today; d++ {
		for _, name := range measured {
			rows := make([]facts.Measure, *customersAccounts)
			for i := range rows {
				v := float64(c.r.IntN(1000)) / 10
				rows[i] = facts.Measure{Account: accountOf(i), Metric: name, Day: d, Value: &v}
			}
			must(b, f.SaveMeasures(context.Background(), rows))
		}
	}
}

// read reads each page many times, another account each time.
func (c *base) read(b *testing.B, who member) took {
	times := took{}
	for range *customersRounds {
		for _, page := range customerPages {
			if !strings.Contains(page, *customersOnly) {
				continue
			}
			i := c.r.IntN(*customersAccounts)
			path := strings.NewReplacer("%A", string(accountOf(i)), "%P", string(personOf(i)), "%D", (c.today - 20).String()).Replace(page)
			w, spent := who.open(path)
			switch {
			case w.Code == http.StatusOK:
				times[page] = append(times[page], spent)
			case w.Code != http.StatusNotFound || !strings.HasPrefix(page, "/people"):
				b.Fatalf("%s: %d %s", path, w.Code, w.Body.String())
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	return times
}
