package metric

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/test/clickhouse"
)

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

// engines are those that every query text must answer alike on; "shards" is
// a cluster of two simulated servers.
var engines = map[string]func(t testing.TB) facts.Config{
	"duckdb":     func(testing.TB) facts.Config { return facts.Config{Threads: 1, MemoryLimit: "1GB"} },
	"clickhouse": func(t testing.TB) facts.Config { return facts.Config{ClickHouse: clickhouse.Reuse(t)} },
	"shards":     func(t testing.TB) facts.Config { return facts.Config{ClickHouse: clickhouse.ReuseShards(t)} },
}

// opener opens facts of an engine, which are closed with the test.
type opener func(t testing.TB, zone *time.Location, now func() time.Time) *facts.Facts

// onEngines runs a test on each of the engines, of which the embedded one is
// first and the only one that needs nothing installed.
func onEngines(t *testing.T, names []string, test func(t *testing.T, open opener)) {
	if testing.Short() {
		names = names[:1]
	}
	for _, name := range names {
		config := engines[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, func(t testing.TB, zone *time.Location, now func() time.Time) *facts.Facts {
				t.Helper()
				c := config(t)
				c.Zone, c.Now = zone, now
				f, err := facts.Open(context.Background(), c)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := f.Close(); err != nil {
						t.Errorf("close: %v", err)
					}
				})
				return f
			})
		})
	}
}

// backfill takes in events whose Known is set.
func backfill(t testing.TB, f *facts.Facts, events []farol.Event) {
	t.Helper()
	ctx := context.Background()
	done := false
	err := f.Backfill(ctx, func() ([]farol.Event, error) {
		if done {
			return nil, io.EOF
		}
		done = true
		return events, nil
	})
	if err == nil {
		err = f.Settle(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func loadCatalogue(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
