package job

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/test/postgres"
)

var dsns = map[string]func(t *testing.T) string{
	"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "state.db") },
	"postgres": func(t *testing.T) string { return postgres.Start(t) },
}

// With -short only the embedded engine is run.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		delete(dsns, "postgres")
	}
	os.Exit(m.Run())
}

func onEach(t *testing.T, test func(t *testing.T, dsn string)) {
	for engine, dsn := range dsns {
		t.Run(engine, func(t *testing.T) { t.Parallel(); test(t, dsn(t)) })
	}
}

func open(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func start(t *testing.T, s *store.Store, log io.Writer, works ...Work) *Jobs {
	t.Helper()
	j, err := New(t.Context(), s, time.Now, slog.New(slog.NewTextHandler(log, nil)), works...)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, j) })
	return j
}

func stop(t *testing.T, j *Jobs) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := j.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// receive waits for a value, long enough for a loaded machine.
func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(60 * time.Second):
		t.Fatal("nothing happened for a minute")
		panic("unreachable")
	}
}

// runs waits until so many works have a recorded run.
func runs(t *testing.T, s *store.Store, n int) map[string]store.Run {
	t.Helper()
	for {
		list, err := s.Runs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(list) >= n {
			out := map[string]store.Run{}
			for _, r := range list {
				out[r.Name] = r
			}
			return out
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// log is a place for several goroutines to write to.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestTurns(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		turns := make(chan bool, 100)
		var l log
		j := start(t, s, &l,
			Work{Name: "often", Every: time.Second, Limit: time.Minute, AtStart: true,
				Do: func(context.Context) error { turns <- true; return nil }},
			Work{Name: "fails", Every: time.Hour, Limit: time.Minute, AtStart: true,
				Do: func(context.Context) error { return errors.New("no luck") }},
			Work{Name: "panics", Every: time.Hour, Limit: time.Minute, AtStart: true,
				Do: func(context.Context) error { panic("oh") }},
			Work{Name: "slow", Every: time.Hour, Limit: time.Millisecond, AtStart: true,
				Do: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
			Work{Name: "later", Every: time.Hour, Limit: time.Minute,
				Do: func(context.Context) error { return nil }})
		receive(t, turns)
		receive(t, turns) // by the leader's clock
		if got := runs(t, s, 4); got["often"].Error != "" || got["often"].Good.IsZero() || got["fails"].Error != "no luck" ||
			!got["fails"].Good.IsZero() || !strings.HasPrefix(got["panics"].Error, "panic: oh\n") ||
			got["slow"].Error != context.DeadlineExceeded.Error() {
			t.Errorf("runs %+v", got)
		}
		if err := j.Run(t.Context(), "later"); err != nil {
			t.Fatal(err)
		}
		runs(t, s, 5)
		if err := j.Run(t.Context(), "nothing"); err == nil {
			t.Error("a work that does not exist was queued")
		}
		if text := l.String(); !strings.Contains(text, "no luck") || strings.Contains(text, "poll only") {
			t.Errorf("log: %s", text)
		}
	})
}

// Two processes on one database, and a work that is due again while it runs.
func TestNeverTwiceAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		var running, most, done atomic.Int32
		enough := make(chan bool, 100)
		w := Work{Name: "long", Every: time.Second, Limit: time.Minute, AtStart: true, Do: func(context.Context) error {
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer running.Add(-1)
			time.Sleep(1500 * time.Millisecond)
			done.Add(1)
			enough <- true
			return nil
		}}
		s := open(t, dsn)
		a := start(t, s, io.Discard, w)
		if s.Engine() == store.Postgres {
			start(t, open(t, dsn), io.Discard, w)
		}
		for range 3 {
			if err := a.Run(t.Context(), "long"); err != nil {
				t.Fatal(err)
			}
			receive(t, enough)
		}
		if most.Load() != 1 {
			t.Errorf("%d at once", most.Load())
		}
	})
}

func TestStopWaits(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		began, end := make(chan bool), make(chan bool)
		var ended atomic.Bool
		j := start(t, s, io.Discard, Work{Name: "w", Every: time.Hour, Limit: time.Minute, AtStart: true, Do: func(ctx context.Context) error {
			began <- true
			<-end
			ended.Store(true)
			return ctx.Err()
		}})
		receive(t, began)
		go func() { time.Sleep(300 * time.Millisecond); close(end) }()
		stop(t, j)
		if !ended.Load() {
			t.Error("stopped in the middle")
		}
		if r := runs(t, s, 1)["w"]; r.Error != "" {
			t.Errorf("run %+v", r)
		}
	})
}

// Whoever does not end in time is told to.
func TestStopHard(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		began := make(chan bool, 1)
		j := start(t, open(t, dsn), io.Discard, Work{Name: "w", Every: time.Hour, Limit: time.Minute, AtStart: true, Do: func(ctx context.Context) error {
			began <- true
			<-ctx.Done()
			return ctx.Err()
		}})
		receive(t, began)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := j.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// A process killed in the middle of a run must not keep the next one waiting.
func TestAfterKill(t *testing.T) {
	s := open(t, dsns["sqlite"](t))
	turns := make(chan bool, 10)
	w := Work{Name: "w", Every: time.Hour, Limit: time.Hour, AtStart: true,
		Do: func(context.Context) error { turns <- true; return nil }}
	j := start(t, s, io.Discard, w)
	receive(t, turns)
	stop(t, j)
	for _, q := range []string{
		`update river_job set state = 'running', finalized_at = null, attempted_at = created_at`,
		`insert into river_leader (elected_at, expires_at, leader_id, name) values (datetime('now'), datetime('now', '+1 hour'), 'dead', 'default')
			on conflict (name) do update set leader_id = 'dead', expires_at = datetime('now', '+1 hour')`,
	} {
		if _, err := s.SQL().Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	w.Every = time.Second // also needs a leader
	start(t, s, io.Discard, w)
	receive(t, turns)
	receive(t, turns)
}

func TestNewErrors(t *testing.T) {
	s := open(t, dsns["sqlite"](t))
	good := Work{Name: "a", Every: time.Second, Limit: time.Second, Do: func(context.Context) error { return nil }}
	for _, works := range [][]Work{{{}}, {good, good}, {{Name: "b", Every: time.Millisecond, Limit: 1, Do: good.Do}}} {
		if _, err := New(t.Context(), s, time.Now, slog.New(slog.DiscardHandler), works...); err == nil {
			t.Errorf("%+v was taken", works)
		}
	}
}
