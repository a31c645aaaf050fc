package bench

import (
	"context"
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
)

var (
	updateAccounts = flag.Int("update.accounts", 400, "customers of BenchmarkUpdate")
	updateMonths   = flag.Int("update.months", 24, "months of its long history")
	updateShort    = flag.Int("update.short", 3, "months of its short history, the last of the same company")
)

// BenchmarkUpdate prints what one new day of facts costs: the time in which
// every figure of every metric is brought up to date, over a long history and
// over its last months only. The new day is the same in both, so their ratio
// says whether the work grows with history. The first update is the full
// computation of all figures.
func BenchmarkUpdate(b *testing.B) {
	for range b.N {
		fullLong, dayLong := measureUpdate(b, *updateMonths)
		fullShort, dayShort := measureUpdate(b, *updateShort)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(fullLong.Seconds(), "s-full-long")
		b.ReportMetric(fullShort.Seconds(), "s-full-short")
		b.ReportMetric(dayLong.Seconds(), "s-day-long")
		b.ReportMetric(dayShort.Seconds(), "s-day-short")
		b.ReportMetric(dayLong.Seconds()/dayShort.Seconds(), "long-to-short")
	}
}

// measureUpdate times the first update over the last months of a company, and
// the update after one more day.
func measureUpdate(b *testing.B, months int) (full, day time.Duration) {
	ctx := context.Background()
	zone, err := time.LoadLocation("America/Sao_Paulo")
	must(b, err)
	until := time.Date(2026, 7, 1, 0, 0, 0, 0, zone)
	now := until.Add(farol.LateGrace + time.Hour)
	clock := func() time.Time { return now }
	f, err := facts.Open(ctx, facts.Config{Path: filepath.Join(b.TempDir(), "facts.duckdb"), Zone: zone, Now: clock})
	must(b, err)
	defer f.Close()
	mirante := demo.New(demo.Config{Seed: 7, Accounts: *updateAccounts, Months: *updateMonths, Until: until, Zone: zone})
	from := until.AddDate(0, -months, 0)
	must(b, f.Backfill(ctx, func() ([]farol.Event, error) {
		events, err := mirante.Next()
		return since(events, from), err
	}))
	catalogue, err := metric.Load()
	must(b, err)
	set := metric.Defaults()
	set.Calendar.Zone, set.Currency = zone, "BRL"
	reader := metric.New(catalogue, f, func() metric.Settings { return set })
	reader.SetClock(clock)
	full = timed(b, reader)

	fresh := mirante.Live(until.AddDate(0, 0, 1))
	now = now.AddDate(0, 0, 1)
	for i := range fresh {
		fresh[i].Known = time.Time{}
	}
	for len(fresh) > 0 {
		n := min(len(fresh), 500)
		_, err := f.Append(ctx, facts.Batch{Events: fresh[:n]})
		must(b, err)
		fresh = fresh[n:]
	}
	must(b, f.Settle(ctx))
	return full, timed(b, reader)
}

func timed(b *testing.B, r *metric.Reader) time.Duration {
	b.Helper()
	begun := time.Now()
	must(b, r.UpdateHistory(context.Background()))
	return time.Since(begun)
}

// since drops what was done before the instant, and keeps who everybody is
// and what they pay.
func since(events []farol.Event, from time.Time) []farol.Event {
	var out []farol.Event
	for _, e := range events {
		who := e.Kind == farol.Group || e.Kind == farol.Identify || e.Kind == farol.Alias
		if !e.At.Before(from) || who || strings.HasPrefix(e.Name, "Subscription ") || e.Name == "Signed Up" {
			out = append(out, e)
		}
	}
	return out
}
