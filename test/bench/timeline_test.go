package bench

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/web"
)

var (
	timelineYears  = flag.Int("timeline.years", 5, "years of history of the account of BenchmarkTimeline")
	timelineYearly = flag.Int("timeline.yearly", 20_000, "events of the account in a year")
	timelineOthers = flag.Int("timeline.others", 300_000, "events of the other accounts")
	timelineRounds = flag.Int("timeline.rounds", 15, "how often each page is read")
)

// timelinePages are the looks at the account with the long history.
var timelinePages = []string{"", "?kind=ticket", "?person=deep-p3", "?as_of=%D", "?tab=tickets", "?tab=use", "?tab=money"}

// BenchmarkTimeline prints how long the page of one account with five years of
// history takes to open, and how that compares with a plain scan of the
// account's events in the log.
func BenchmarkTimeline(b *testing.B) {
	ctx := context.Background()
	home := newCompany(b, time.UTC, "")
	f := home.facts
	deep := &deepAccount{r: rand.New(rand.NewPCG(5, 5)), day: farol.DayOf(time.Now(), time.UTC).Next(-365 * *timelineYears), end: farol.DayOf(time.Now(), time.UTC)}
	clocked(b, "taken in", func() { must(b, f.Backfill(ctx, deep.next)) })
	clocked(b, "compacted", func() { must(b, f.Compact(ctx)) })
	clocked(b, "the roster of people kept", func() { must(b, f.UpdateRoster(ctx)) })
	pages := web.New(web.Config{Store: home.store, Facts: f, Metrics: home.reader(b), Customers: customer.New(f, time.Now)})
	times := deep.read(b, home.signIn(b, pages))

	var scans []time.Duration
	for range *timelineRounds {
		begun := time.Now()
		rows, err := f.Query(ctx, "SELECT i64(count(*)) AS n, max(e.properties) AS p, max(e.ts) AS t FROM {{events}} e WHERE e.account = {account:String}",
			facts.Scope{Period: farol.Period{From: deep.end.Next(-365 * *timelineYears), To: deep.end + 1}}, map[string]any{"account": "deep"})
		must(b, err)
		for rows.Next() {
			var n int64
			var p string
			var t time.Time
			must(b, rows.Scan(&n, &p, &t))
		}
		must(b, rows.Err())
		rows.Close()
		scans = append(scans, time.Since(begun))
	}
	scan := quantile(scans, 0.5)
	for _, page := range timelinePages {
		b.Logf("/customers/deep%-20s p50 %6.1f ms, p95 %6.1f ms", page, float64(quantile(times[page], 0.5))/1e6, float64(quantile(times[page], 0.95))/1e6)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(deep.made), "events")
	b.ReportMetric(float64(quantile(times[""], 0.95))/1e6, "timeline-p95-ms")
	b.ReportMetric(float64(quantile(times.all(), 0.95))/1e6, "p95-ms")
	b.ReportMetric(float64(quantile(times[""], 0.95))/float64(scan), "timeline/scan")
}

// deepAccount makes the events of one account over years, day by day, among
// those of others.
type deepAccount struct {
	r        *rand.Rand
	day, end farol.Day
	made     int
	began    bool
}

func (c *deepAccount) next() ([]farol.Event, error) {
	if c.day > c.end-1 {
		return nil, io.EOF
	}
	at := c.day.Start(time.UTC)
	var out []farol.Event
	add := func(e farol.Event) {
		c.made++
		e.ID, e.Source = fmt.Sprintf("d-%d", c.made), "bench"
		e.At = at.Add(time.Duration(len(out)) * time.Second)
		e.Known = e.At
		out = append(out, e)
	}
	if !c.began {
		c.began = true
		add(farol.Event{Kind: farol.Group, Account: "deep", Properties: []byte(`{"name":"Deep","plan":"pro"}`)})
		add(farol.Event{Kind: farol.Track, Name: "Subscription Started", Account: "deep", Properties: []byte(`{"subscription":"s","mrr":900,"currency":"BRL","product":"Main","plan":"pro"}`)})
	}
	days := 365 * *timelineYears
	for range *timelineYearly / 365 {
		who := farol.PersonID(fmt.Sprintf("deep-p%d", c.r.IntN(40)))
		switch c.r.IntN(60) {
		case 0:
			add(farol.Event{Kind: farol.Track, Name: "Ticket Opened", Account: "deep", User: who, Properties: fmt.Appendf(nil, `{"ticket":"t-%d","subject":"It does not load","topic":"bug"}`, c.made)})
		case 1:
			add(farol.Event{Kind: farol.Track, Name: "Survey Answered", Account: "deep", User: who, Properties: fmt.Appendf(nil, `{"survey":"rel","kind":"nps","score":%d}`, c.r.IntN(11))})
		case 2:
			add(farol.Event{Kind: farol.Group, Account: "deep", Properties: fmt.Appendf(nil, `{"employees":%d}`, c.r.IntN(900))})
		default:
			add(farol.Event{Kind: farol.Track, Name: fmt.Sprintf("Feature %02d Used", c.r.IntN(40)), Account: "deep", User: who, Properties: []byte(`{"screen":"main","rows":12}`)})
		}
	}
	for range max(1, *timelineOthers/days) {
		i := c.r.IntN(1000)
		add(farol.Event{Kind: farol.Track, Name: fmt.Sprintf("Feature %02d Used", c.r.IntN(40)), Account: accountOf(i), User: personOf(i)})
	}
	c.day++
	return out, nil
}

// read reads each look many times.
func (c *deepAccount) read(b *testing.B, who member) took {
	times := took{}
	for range *timelineRounds {
		for _, page := range timelinePages {
			path := "/customers/deep" + page
			if page == "?as_of=%D" {
				path = "/customers/deep?as_of=" + c.end.Next(-700-c.r.IntN(300)).String()
			}
			w, spent := who.open(path)
			times[page] = append(times[page], spent)
			if w.Code != http.StatusOK {
				b.Fatalf("%s: %d %s", path, w.Code, w.Body.String())
			}
		}
	}
	return times
}
