package bench

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

var (
	segmentAccounts = flag.Int("segment.accounts", 2_000, "accounts of BenchmarkSegment")
	segmentPeople   = flag.Int("segment.people", 40_000, "people of BenchmarkSegment")
	segmentEvents   = flag.Int("segment.events", 800_000, "events of BenchmarkSegment, over 18 months")
	segmentFolder   = flag.String("segment.folder", "", "folder that keeps the facts of BenchmarkSegment, to measure again without making them; removed by hand")
)

// looked are rules as people build them, one for each thing that a rule may
// speak of, and some of several.
var looked = []string{
	`plan is "pro", "business"`,
	`renewal_date in 0..90 days`,
	`metric mrr >= 500`,
	`metric active_users_week changed by <= -50% in 7 days and renewal_date in 0..90 days`,
	`did "Report Created" >= 3 times in 30 days`,
	`not (did * >= 1 times in 14 days)`,
	`did "Report Exported" >= 1 times in 30 days where rows >= 500 end`,
	`people >= 2 who (role is "champion")`,
	`people >= 2 who (role is "champion" and did * >= 1 times in 7 days)`,
	`people < 1 who (role is "decision maker") and metric mrr >= 500`,
	`(plan is "free" or seats < 5) and not (country is "br") and did "Report Created" >= 10 times in 90 days and people >= 5 who (did * >= 1 times in 28 days)`,
}

// BenchmarkSegment prints how long it takes to count what a rule chooses while
// it is built, the slowest of several kinds, and to evaluate 50 segments as
// the upkeep does. The size is -segment.accounts 50000
// -segment.people 1000000 -segment.events 20000000.
func BenchmarkSegment(b *testing.B) {
	ctx := context.Background()
	folder := *segmentFolder
	if folder == "" {
		folder = b.TempDir()
	}
	st, err := store.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "state.db"), time.Now)
	must(b, err)
	defer st.Close()
	f, err := facts.Open(ctx, facts.Config{Path: filepath.Join(folder, "facts.duckdb"), MemoryLimit: "4GB"})
	must(b, err)
	defer f.Close()
	if stats, err := f.Stats(ctx); err == nil && stats.Events == 0 {
		begun := time.Now()
		must(b, f.Backfill(ctx, crowd(*segmentAccounts, *segmentPeople, *segmentEvents)))
		must(b, f.SaveMeasures(ctx, crowdMeasures(*segmentAccounts)))
		b.Logf("facts made in %.0f s", time.Since(begun).Seconds())
	}
	begun := time.Now()
	must(b, f.UpdateRoster(ctx))
	b.Logf("roster made in %.0f s", time.Since(begun).Seconds())
	catalogue, err := metric.Load()
	must(b, err)
	segments := &customer.Segments{Store: st, Facts: f, Metrics: catalogue, Customers: customer.New(f, time.Now), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	_, err = segments.Customers.Accounts(ctx)
	must(b, err)
	var slowest time.Duration
	for _, text := range looked {
		r, err := segment.ParseText(text)
		must(b, err)
		var best time.Duration
		for round := range 2 {
			l, err := segments.Look(ctx, segment.Book{}, r)
			must(b, err)
			if round == 0 || l.Took < best {
				best = l.Took
			}
			if round == 0 {
				b.Logf("%7.0f ms, %6d accounts: %s", l.Took.Seconds()*1000, l.Count, text)
			}
		}
		slowest = max(slowest, best)
	}
	for i := range 50 {
		r, err := segment.ParseText(looked[i%len(looked)] + fmt.Sprintf(" or seats = %d", 100+i))
		must(b, err)
		_, err = segment.Put(ctx, st, fmt.Sprintf("s-%02d", i), segment.Document{Title: fmt.Sprintf("Segment %d", i), Rule: r}, nil, "system")
		must(b, err)
	}
	begun = time.Now()
	must(b, segments.Upkeep(ctx))
	first := time.Since(begun)
	states, err := st.SegmentStates(ctx)
	must(b, err)
	var again time.Duration
	for _, s := range states {
		must(b, st.SaveSegmentState(ctx, store.SegmentState{Name: s.Name, Form: "changed", Began: s.Began}))
	}
	begun = time.Now()
	must(b, segments.Upkeep(ctx))
	again = time.Since(begun)
	begun = time.Now()
	must(b, segments.Upkeep(ctx))
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(slowest.Seconds()*1000, "slowest-count-ms")
	b.ReportMetric(first.Seconds(), "s-50-segments-first")
	b.ReportMetric(again.Seconds(), "s-50-segments")
	b.ReportMetric(time.Since(begun).Seconds(), "s-nothing-new")
}

// crowd makes accounts, their people and what they did over 18 months, in the
// order in which it happened.
func crowd(accounts, people, events int) func() ([]farol.Event, error) {
	r := rand.New(rand.NewPCG(1, 2))
	today := farol.DayOf(time.Now(), time.UTC)
	start := today.Next(-540).Start(time.UTC)
	properties := func(m map[string]any) json.RawMessage {
		raw, _ := json.Marshal(m) // such a map always marshals
		return raw
	}
	of := func(values ...string) string { return values[r.IntN(len(values))] }
	made := 0
	next := func(kind farol.Kind, name string, account, person int, props map[string]any) farol.Event {
		at := start.Add(time.Duration(float64(made) / float64(accounts+people+events) * float64(540*24*time.Hour))).Truncate(time.Millisecond)
		e := farol.Event{ID: fmt.Sprintf("m-%09d", made), Source: "bench", Kind: kind, Name: name, At: at, Known: at.Add(time.Second)}
		made++
		if account >= 0 {
			e.Account = farol.AccountID(fmt.Sprintf("acc-%06d", account))
		}
		if person >= 0 {
			e.User = farol.PersonID(fmt.Sprintf("user-%07d", person))
		}
		if props != nil {
			e.Properties = properties(props)
		}
		return e
	}
	return func() ([]farol.Event, error) {
		out := make([]farol.Event, 0, 5000)
		for len(out) < cap(out) && made < accounts+people+events {
			switch n := made; {
			case n < accounts:
				out = append(out, next(farol.Group, "", n, -1, map[string]any{"name": fmt.Sprintf("Company %d", n), "plan": of("free", "pro", "business"), "country": of("br", "pt", "us"),
					"seats": 1 + r.IntN(60), "renewal_date": today.Next(r.IntN(400) - 30).String()}))
			case n < accounts+people:
				p := n - accounts
				out = append(out, next(farol.Identify, "", -1, p, map[string]any{"role": of("user", "user", "user", "champion", "decision maker"), "company": map[string]any{"id": fmt.Sprintf("acc-%06d", p%accounts)}}))
			default:
				p := r.IntN(people)
				out = append(out, next(farol.Track, of("Report Created", "Report Exported", "Dashboard Viewed", "Task Completed", "Comment Added"), p%accounts, p, map[string]any{"rows": r.IntN(1000)}))
			}
		}
		if len(out) == 0 {
			return nil, io.EOF
		}
		return out, nil
	}
}

// crowdMeasures are what the accounts are worth and how many use the product,
// daily over the last two months.
func crowdMeasures(accounts int) []facts.Measure {
	r := rand.New(rand.NewPCG(3, 4))
	today := farol.DayOf(time.Now(), time.UTC)
	var out []facts.Measure
	for a := range accounts {
		id := farol.AccountID(fmt.Sprintf("acc-%06d", a))
		mrr := float64(r.IntN(2000))
		for d := range 60 {
			users := float64(r.IntN(40))
			out = append(out, facts.Measure{Account: id, Metric: "mrr", Day: today.Next(-1 - d), Value: &mrr}, facts.Measure{Account: id, Metric: "active_users_week", Day: today.Next(-1 - d), Value: &users})
		}
	}
	return out
}
