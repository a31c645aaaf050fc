package facts

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/test/clickhouse"
)

// The server is killed (SIGKILL) in the middle of a load, again and again
// over the same data: what was acknowledged is there once, nothing is there
// twice, and the rollup is what a recount of the log gives.
func TestClickHouseKilledUnderLoad(t *testing.T) {
	if testing.Short() {
		return
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 3))
	var acknowledged []farol.Event
	for round := range 3 {
		p := clickhouse.StartIn(t, dir)
		f := openKilled(t, p)
		wantOnce(t, f, acknowledged)
		resend(t, f, acknowledged, r)
		acknowledged = append(acknowledged, loadUntilKilled(t, p, f, round, 5+r.IntN(30))...)
		f.Close() // what it says of the dead server is of no interest
	}
	f := openKilled(t, clickhouse.StartIn(t, dir))
	defer f.Close()
	wantOnce(t, f, acknowledged)
}

// A server that goes away for a while costs answers, not events: what was
// refused meanwhile is taken in when it is sent again.
func TestClickHouseRestartedUnderOpenFacts(t *testing.T) {
	if testing.Short() {
		return
	}
	p := clickhouse.StartIn(t, t.TempDir())
	f := openKilled(t, p)
	defer f.Close()
	var acknowledged []farol.Event
	for round := range 2 {
		acknowledged = append(acknowledged, loadUntilKilled(t, p, f, round, 5)...)
		refused := killBatch(9, 9, round)
		if _, err := f.Append(t.Context(), Batch{Events: slices.Clone(refused)}); err == nil {
			t.Fatal("a dead server acknowledged")
		}
		p.Restart(t)
		r, err := f.Append(t.Context(), Batch{Events: slices.Clone(refused)})
		if err != nil || r.Accepted != len(refused) {
			t.Fatalf("after the restart: %+v, %v", r, err)
		}
		acknowledged = append(acknowledged, refused...)
		wantOnce(t, f, acknowledged)
	}
}

func openKilled(t *testing.T, p *clickhouse.Process) *Facts {
	t.Helper()
	f, err := Open(t.Context(), Config{ClickHouse: p.DSN("default")})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// loadUntilKilled appends from three clients and kills the server after n
// answers; it tells the acknowledged events.
func loadUntilKilled(t *testing.T, p *clickhouse.Process, f *Facts, round, n int) []farol.Event {
	t.Helper()
	var mu sync.Mutex
	var out []farol.Event
	answers := make(chan bool, 1000)
	var clients sync.WaitGroup
	for client := range 3 {
		clients.Go(func() {
			for i := 0; ; i++ {
				batch := killBatch(round, client, i)
				if _, err := f.Append(t.Context(), Batch{Events: slices.Clone(batch)}); err != nil {
					return
				}
				mu.Lock()
				out = append(out, batch...)
				mu.Unlock()
				answers <- true
			}
		})
	}
	for range n {
		<-answers
	}
	p.Kill()
	clients.Wait()
	return out
}

// killBatch are events over three months, so that an insert makes several
// parts.
func killBatch(round, client, i int) []farol.Event {
	out := make([]farol.Event, 7)
	for j := range out {
		out[j] = farol.Event{
			ID: fmt.Sprint(round, "/", client, "/", i, "/", j), Source: "s", Kind: farol.Track, Name: "Saved",
			At: time.Date(2026, time.Month(1+j%3), 5, 0, 0, i, 0, time.UTC), User: farol.PersonID(fmt.Sprint("u", j)), Account: farol.AccountID(fmt.Sprint("a", client)),
		}
	}
	return out
}

// resend sends events again in other batches.
func resend(t *testing.T, f *Facts, events []farol.Event, r *rand.Rand) {
	t.Helper()
	events = slices.Clone(events)
	r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for b := range slices.Chunk(events, 100) {
		got, err := f.Append(t.Context(), Batch{Events: b})
		if err != nil || got.Accepted != 0 || got.Duplicates != len(b) {
			t.Fatalf("sent again: %+v, %v", got, err)
		}
	}
}

func wantOnce(t *testing.T, f *Facts, acknowledged []farol.Event) {
	t.Helper()
	ctx := t.Context()
	times := map[string]bool{}
	err := eachText(ctx, f.eng, "SELECT id FROM events", nil, func(v []string) {
		if times[v[0]] {
			t.Errorf("%s is there twice", v[0])
		}
		times[v[0]] = true
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range acknowledged {
		if !times[e.ID] {
			t.Errorf("%s was acknowledged and is not there", e.ID)
		}
	}
	of := func(text string) string {
		var out []string
		if err := eachText(ctx, f.eng, text, nil, func(v []string) { out = append(out, strings.Join(v, " ")) }); err != nil {
			t.Fatal(err)
		}
		slices.Sort(out)
		return strings.Join(out, "\n")
	}
	rollup := of("SELECT CAST(day AS VARCHAR) AS d, account, person, CAST(sum(n) AS VARCHAR) AS times FROM activity GROUP BY day, account, person")
	recount := of("SELECT CAST(day AS VARCHAR) AS d, account, user_id, CAST(count(*) AS VARCHAR) AS times FROM events GROUP BY day, account, user_id")
	if rollup != recount {
		t.Errorf("rollup\n%s\nrecount of the log\n%s", rollup, recount)
	}
}
