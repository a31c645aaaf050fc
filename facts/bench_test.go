package facts

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/farol-cs/farol"
)

// benchEvents makes n page-like track events of many people.
func benchEvents(from, n int) []farol.Event {
	start := ts("2026-02-01")
	out := make([]farol.Event, n)
	for i := range out {
		k := from + i
		at := start.Add(time.Duration(k) * 37 * time.Millisecond)
		out[i] = farol.Event{
			ID: fmt.Sprintf("01HV%022d", k), Source: "web", Kind: farol.Track, Name: []string{"Report Created", "Report Shared", "Search", "Export"}[k%4], At: at, OriginalAt: at,
			Account: farol.AccountID(fmt.Sprint("acc-", k%400)), User: farol.PersonID(fmt.Sprint("user-", k*7919%6000)), Anonymous: farol.AnonymousID(fmt.Sprintf("d0c1f1de-%08d", k%6000)),
			Properties: json.RawMessage(fmt.Sprintf(`{"plan":"pro","rows":%d,"format":"pdf","path":"/reports/%d"}`, k%1000, k%97)),
			Context:    json.RawMessage(`{"library":{"name":"analytics.js","version":"4.1.0"},"page":{"path":"/reports","url":"https://app.example.com/reports"}}`),
		}
	}
	return out
}

// BenchmarkAppend prints how many events a second go through Append, in
// requests of 100 from 64 clients, and through a bare DuckDB appender of the
// same rows in transactions of 20,000.
func BenchmarkAppend(b *testing.B) {
	const n = 400_000
	for b.Loop() {
		c0 := processorTime()
		bare := bareAppend(b, n)
		c1 := processorTime()
		ours := clientsAppend(b, n, 100, 64)
		c2 := processorTime()
		b.ReportMetric(float64((c1-c0).Nanoseconds())/n, "bare-cpu-ns")
		b.ReportMetric(float64((c2-c1).Nanoseconds())/n, "cpu-ns")
		b.ReportMetric(ours, "events/s")
		b.ReportMetric(bare, "bare/s")
		b.ReportMetric(100*ours/bare, "%ofbare")
	}
}

func clientsAppend(b *testing.B, n, size, clients int) float64 {
	f, err := Open(context.Background(), Config{Path: filepath.Join(b.TempDir(), "f.duckdb"), Threads: 2, MemoryLimit: "1GB"})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	lots := make(chan []farol.Event, n/size)
	for i := 0; i < n; i += size {
		lots <- benchEvents(i, size)
	}
	close(lots)
	begun := time.Now()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var slowest time.Duration
	for range clients {
		wg.Go(func() {
			for es := range lots {
				t0 := time.Now()
				if _, err := f.Append(context.Background(), Batch{Events: es}); err != nil {
					b.Error(err)
				}
				mu.Lock()
				slowest = max(slowest, time.Since(t0))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(slowest.Milliseconds()), "ms-slowest")
	return float64(n) / time.Since(begun).Seconds()
}

func bareAppend(b *testing.B, n int) float64 {
	connector, err := duckdb.NewConnector(filepath.Join(b.TempDir(), "bare.duckdb"), nil)
	if err != nil {
		b.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer connector.Close()
	defer db.Close()
	conn, err := db.Conn(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(context.Background(), `CREATE TABLE e (id VARCHAR, ts TIMESTAMP, original TIMESTAMP, source VARCHAR, kind VARCHAR, name VARCHAR, account VARCHAR, person VARCHAR, anonymous VARCHAR, properties VARCHAR, context VARCHAR)`); err != nil {
		b.Fatal(err)
	}
	var spent time.Duration
	for i := 0; i < n; i += 20_000 {
		es := benchEvents(i, 20_000)
		begun := time.Now()
		conn.ExecContext(context.Background(), "BEGIN")
		err := conn.Raw(func(c any) error {
			a, err := duckdb.NewAppenderFromConn(c.(driver.Conn), "", "e")
			if err != nil {
				return err
			}
			for _, e := range es {
				if err := a.AppendRow(e.ID, e.At, e.OriginalAt, string(e.Source), string(e.Kind), e.Name, string(e.Account), string(e.User), string(e.Anonymous), []byte(e.Properties), []byte(e.Context)); err != nil {
					return err
				}
			}
			return a.Close()
		})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := conn.ExecContext(context.Background(), "COMMIT"); err != nil {
			b.Fatal(err)
		}
		spent += time.Since(begun)
	}
	return float64(n) / spent.Seconds()
}
