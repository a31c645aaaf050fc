package bench

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/ingest"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/web"
)

var (
	pagesAccounts = flag.Int("pages.accounts", 400, "customers of BenchmarkPages; 3000 over 18 months are 10 million events")
	pagesMonths   = flag.Int("pages.months", 18, "months of history of BenchmarkPages; the second run has a quarter of it")
	pagesFolder   = flag.String("pages.folder", "", "folder that keeps the facts of BenchmarkPages, to measure again without making them; removed by hand")
	pagesOnly     = flag.String("pages.only", "", "read only the pages whose address holds this")
)

// pages are what people look at most: the overview, metrics, and the page of
// each question.
var pages = []string{
	"/", "/metrics/mrr?period=12m", "/metrics/active_users_28d", "/metrics/logo_churn_rate?period=12m", "/metrics/activation_rate?period=12m", "/metrics/active_users_day",
	"/engagement", "/activation", "/adoption", "/retention", "/revenue", "/churn", "/churn/simulator", "/voice", "/lifecycle", "/catalogue", "/restatements",
	"/customers", "/customers/acc-00007", "/my-day",
}

// took is how long each page took, by path.
type took map[string][]time.Duration

// all is every time of every page.
func (t took) all() []time.Duration {
	var all []time.Duration
	for _, one := range t {
		all = append(all, one...)
	}
	return all
}

// BenchmarkPages prints the server's time for the overview, metric pages and
// the page of each question while events keep coming, over the whole history
// and over a quarter of it: the ratio of the two says whether a page grows
// with history. The time of each page is in its log (-v).
func BenchmarkPages(b *testing.B) {
	long, events := measurePages(b, *pagesMonths)
	short, _ := measurePages(b, max(1, *pagesMonths/4))
	worst := time.Duration(0)
	for _, path := range pages {
		if len(long[path]) == 0 {
			continue // left out by -pages.only
		}
		p95 := quantile(long[path], 0.95)
		worst = max(worst, p95)
		b.Logf("%-45s p50 %6.1f ms, p95 %6.1f ms (quarter of the history: %.1f ms)", path,
			float64(quantile(long[path], 0.5))/1e6, float64(p95)/1e6, float64(quantile(short[path], 0.95))/1e6)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(events), "events")
	b.ReportMetric(float64(quantile(long.all(), 0.5))/1e6, "p50-ms")
	b.ReportMetric(float64(quantile(long.all(), 0.95))/1e6, "p95-ms")
	b.ReportMetric(float64(worst)/1e6, "worst-page-p95-ms")
	b.ReportMetric(float64(quantile(long.all(), 0.95))/float64(quantile(short.all(), 0.95)), "p95-to-quarter-history")
}

func quantile(took []time.Duration, q float64) time.Duration {
	slices.Sort(took)
	return took[int(q*float64(len(took)-1))]
}

func measurePages(b *testing.B, months int) (took, int64) {
	ctx := context.Background()
	zone, err := time.LoadLocation("America/Sao_Paulo")
	must(b, err)
	home := newCompany(b, zone, factsIn(*pagesFolder, fmt.Sprintf("facts-%d", months)))
	s, f := home.store, home.facts
	kept, err := f.Stats(ctx)
	must(b, err)
	if kept.Events == 0 {
		mirante := demo.New(demo.Config{Seed: 7, Accounts: *pagesAccounts, Months: months, Until: time.Now(), Zone: zone})
		must(b, f.Backfill(ctx, mirante.Next))
	}
	reader := home.reader(b)
	begun := time.Now()
	must(b, reader.UpdateHistory(ctx))
	b.Logf("history of every metric over %d months: %.1f s", months, time.Since(begun).Seconds())

	stop := keepSending(b, s, f)
	defer stop()
	times := readPages(b, home.signIn(b, web.New(web.Config{Store: s, Facts: f, Metrics: reader})))
	stats, err := f.Stats(ctx)
	must(b, err)
	return times, stats.Events
}

// keepSending posts batches of a hundred, ten a second, until stopped.
func keepSending(b *testing.B, s *store.Store, f *facts.Facts) (stop func()) {
	source, err := s.AddSource(context.Background(), "bench")
	must(b, err)
	door := httptest.NewServer(ingest.New(ingest.Config{Facts: f, Source: s.SourceByKey}))
	done := make(chan struct{})
	var sent sync.WaitGroup
	sent.Go(func() {
		for n := 0; ; n++ {
			req, _ := http.NewRequest(http.MethodPost, door.URL+"/v1/batch", strings.NewReader(fresh(n)))
			req.SetBasicAuth(source.Key, "")
			if res, err := http.DefaultClient.Do(req); err == nil {
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	return func() { close(done); sent.Wait(); door.Close() }
}

// fresh is a batch of a hundred events of this moment.
func fresh(n int) string {
	at := time.Now().UTC().Format(time.RFC3339Nano)
	events := make([]string, 100)
	for i := range events {
		events[i] = fmt.Sprintf(`{"type":"track","event":"Report Created","messageId":"fresh-%d-%d","userId":"fresh-%d","timestamp":%q,"context":{"groupId":"acc-%05d"}}`,
			n, i, (n*100+i)%3000, at, i)
	}
	return `{"batch":[` + strings.Join(events, ",") + `]}`
}

// readPages reads each page many times, as a person who looks around does; the
// first round, in which nothing is cached, counts too.
func readPages(b *testing.B, who member) took {
	times := took{}
	for range 60 {
		for _, path := range pages {
			if !strings.Contains(path, *pagesOnly) {
				continue
			}
			w, spent := who.open(path)
			times[path] = append(times[path], spent)
			if w.Code != http.StatusOK {
				b.Fatalf("%s: %d", path, w.Code)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return times
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
