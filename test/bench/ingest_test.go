package bench

import (
	"bufio"
	"context"
	"database/sql/driver"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/ingest"
)

var (
	ingestEvents  = flag.Int("ingest.events", 500_000, "events of BenchmarkIngest")
	ingestClients = flag.Int("ingest.clients", 64, "clients of BenchmarkIngest")
	ingestMemory  = flag.String("ingest.memory", "", "memory limit of DuckDB (512MB); what is stored stays cached up to it")
	ingestProfile = flag.String("ingest.profile", "", "file for the server's processor profile")
	ingestURL     = flag.String("ingest.facts", "", "clickhouse:// address to use in place of DuckDB")
)

// serverFolder tells the test binary to be the server of a benchmark: a
// process of its own, so that its memory can be told from the load's.
const serverFolder = "FAROL_BENCH_SERVER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(serverFolder); folder != "" {
		if err := serve(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serve is the tracking API over facts, until its input ends.
func serve(folder string) error {
	c := facts.Config{Path: filepath.Join(folder, "facts.duckdb"), MemoryLimit: os.Getenv(serverFolder + "_MEMORY")}
	if url := os.Getenv(serverFolder + "_FACTS"); url != "" {
		c = facts.Config{ClickHouse: url}
	}
	f, err := facts.Open(context.Background(), c)
	if err != nil {
		return err
	}
	door := ingest.New(ingest.Config{Facts: f, Source: func(context.Context, string) (farol.SourceID, error) { return "bench", nil }})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if file := os.Getenv(serverFolder + "_PROFILE"); file != "" {
		out, err := os.Create(file)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(out); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	go http.Serve(l, door)
	fmt.Println(l.Addr())
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	return f.Close()
}

// BenchmarkIngest takes events in over HTTP, in batches of 100, durable,
// deduplicated and rolled up, and compares with the bare appender of DuckDB
// writing the same rows in the same run.
func BenchmarkIngest(b *testing.B) {
	for range b.N {
		bare := bareAppender(b, *ingestEvents)
		folder := b.TempDir()
		address, pid, stop := startServer(b, folder)
		load := Load{Address: address, Key: "wk_bench", Clients: *ingestClients, Batch: 100, Events: 100 * *ingestClients}
		if _, err := load.Run(); err != nil { // connections, caches
			b.Fatal(err)
		}
		load.From, load.Events = load.Events, *ingestEvents/4/100*100
		var took time.Duration
		busy := processor(b, pid)
		var worst Outcome
		for quarter := range 4 {
			o, err := load.Run()
			if err != nil {
				b.Fatal(err)
			}
			load.From += load.Events
			took += o.Took
			worst = Outcome{P50: max(worst.P50, o.P50), P99: max(worst.P99, o.P99), Max: max(worst.Max, o.Max), Refused: worst.Refused + o.Refused}
			b.Logf("events %d to %d: %.0f events/s, p50 %v, p99 %v, max %v, refused %d, resident %d MB", quarter*load.Events, (quarter+1)*load.Events,
				float64(load.Events)/o.Took.Seconds(), o.P50.Round(time.Millisecond), o.P99.Round(time.Millisecond), o.Max.Round(time.Millisecond), o.Refused, resident(b, pid)>>20)
		}
		rate := float64(4*load.Events) / took.Seconds()
		b.ReportMetric(rate, "events/s")
		b.ReportMetric(float64((processor(b, pid)-busy).Microseconds())/float64(4*load.Events), "server-cpu-µs/event")
		b.ReportMetric(bare, "bare-rows/s")
		b.ReportMetric(rate/bare, "ratio")
		b.ReportMetric(worst.P50.Seconds()*1000, "p50-ms")
		b.ReportMetric(worst.P99.Seconds()*1000, "p99-ms")
		b.ReportMetric(float64(resident(b, pid)>>20), "resident-MB")
		stop()
		if file, err := os.Stat(filepath.Join(folder, "facts.duckdb")); err == nil {
			b.ReportMetric(float64(file.Size())/float64(load.From), "file-B/event")
		}
	}
}

func startServer(b *testing.B, folder string) (address string, pid int, stop func()) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverFolder+"="+folder, serverFolder+"_FACTS="+*ingestURL, serverFolder+"_PROFILE="+*ingestProfile,
		serverFolder+"_MEMORY="+*ingestMemory)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line), cmd.Process.Pid, func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	}
}

// resident is the memory that a process holds now, in bytes.
func resident(b *testing.B, pid int) int64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		b.Fatal(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// processor is the time that a process has used processors, of the system's
// calls too.
func processor(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, fields, _ := strings.Cut(string(text), ") ") // behind the name, which may hold blanks
	var ticks time.Duration
	for _, f := range strings.Fields(fields)[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			b.Fatal(err)
		}
		ticks += time.Duration(n)
	}
	return ticks * time.Second / 100
}

// bareAppender writes rows of the same events into one table of a DuckDB
// file, on one thread, with nothing else, and tells rows a second.
func bareAppender(b *testing.B, n int) float64 {
	b.Helper()
	events := sample(b)
	connector, err := duckdb.NewConnector(filepath.Join(b.TempDir(), "bare.duckdb"), func(execer driver.ExecerContext) error {
		_, err := execer.ExecContext(context.Background(), `CREATE TABLE IF NOT EXISTS events (known TIMESTAMP, ts TIMESTAMP, day DATE, source VARCHAR,
kind VARCHAR, name VARCHAR, id VARCHAR, account VARCHAR, user_id VARCHAR, anonymous VARCHAR, previous VARCHAR, properties VARCHAR, context VARCHAR,
original_at TIMESTAMP, flag VARCHAR)`, nil)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	defer connector.Close()
	conn, err := connector.Connect(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	a, err := duckdb.NewAppenderFromConn(conn, "", "events")
	if err != nil {
		b.Fatal(err)
	}
	began, busy := time.Now(), processor(b, os.Getpid())
	for i := range n {
		e := &events[i%len(events)]
		err := a.AppendRow(began, e.At, farol.DayOf(e.At, time.UTC).UTC(), string(e.Source), string(e.Kind), e.Name, e.ID, string(e.Account),
			string(e.User), string(e.Anonymous), e.PreviousID, []byte(e.Properties), []byte(e.Context), e.OriginalAt, e.ClockFlag)
		if err != nil {
			b.Fatal(err)
		}
		if i%10_000 == 9999 {
			if err := a.Flush(); err != nil { // which commits
				b.Fatal(err)
			}
		}
	}
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	b.ReportMetric(float64((processor(b, os.Getpid())-busy).Microseconds())/float64(n), "bare-cpu-µs/row")
	return float64(n) / took.Seconds()
}

// sample is a stock of events as the load sends them.
func sample(b *testing.B) []farol.Event {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 7))
	var all []farol.Event
	for range 200 {
		body, err := ingest.Parse(Batch(r, 100, time.Now()), ingest.Call{Source: "bench", Received: time.Now()})
		if err != nil || len(body.Batch.Events) != 100 {
			b.Fatal(err)
		}
		all = append(all, body.Batch.Events...)
	}
	return all
}
