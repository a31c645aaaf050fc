package store

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/test/postgres"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// dsns makes an empty database of each engine. The suite is one: what is
// promised of the state is promised of both. With -short only the embedded
// engine is run.
var dsns = map[Engine]func(t *testing.T) string{
	SQLite:   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "state ü?#.db") },
	Postgres: func(t *testing.T) string { return postgres.Start(t) },
}

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		delete(dsns, Postgres)
	}
	os.Exit(m.Run())
}

func open(t *testing.T, dsn string, c *clock) *Store {
	t.Helper()
	s, err := Open(t.Context(), dsn, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func onEach(t *testing.T, test func(t *testing.T, s *Store, c *clock)) {
	for engine, dsn := range dsns {
		t.Run(string(engine), func(t *testing.T) {
			c := newClock()
			s := open(t, dsn(t), c)
			if s.Engine() != engine {
				t.Fatalf("engine %s", s.Engine())
			}
			test(t, s, c)
		})
	}
}

// must fails the test on an error and answers the value.
func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantError checks an error's kind and field.
func wantError(t *testing.T, err error, kind farol.ErrorKind, field string) {
	t.Helper()
	if farol.KindOf(err) != kind {
		t.Fatalf("error %v is %q, want %q", err, farol.KindOf(err), kind)
	}
	var e *farol.Error
	if errors.As(err, &e) && e.Field != field {
		t.Fatalf("error %v names the field %q, want %q", err, e.Field, field)
	}
}

func TestOpenTwice(t *testing.T) {
	for engine, dsn := range dsns {
		t.Run(string(engine), func(t *testing.T) {
			c, d := newClock(), dsn(t)
			s := open(t, d, c)
			x := must[Source](t)(s.AddSource(t.Context(), "Web"))
			ok(t, s.Close())
			again := open(t, d, c)
			if got := must[[]Source](t)(again.Sources(t.Context())); len(got) != 1 || got[0] != x {
				t.Errorf("after reopening: %+v", got)
			}
			ok(t, again.Ping(t.Context()))
		})
	}
}

func TestOpenTogether(t *testing.T) {
	for engine, dsn := range dsns {
		t.Run(string(engine), func(t *testing.T) {
			d := dsn(t)
			errs := make(chan error)
			for range 4 {
				go func() {
					s, err := Open(context.Background(), d, time.Now)
					if err == nil {
						err = s.Close()
					}
					errs <- err
				}()
			}
			for range 4 {
				ok(t, <-errs)
			}
		})
	}
}

func TestOpenNewer(t *testing.T) {
	for engine, dsn := range dsns {
		t.Run(string(engine), func(t *testing.T) {
			c, d := newClock(), dsn(t)
			s := open(t, d, c)
			_, err := s.SQL().Exec(`insert into migrations (name, applied) values ('999_later.sql', 1)`)
			ok(t, err)
			ok(t, s.Close())
			if _, err := Open(t.Context(), d, c.now); err == nil || !strings.Contains(err.Error(), "newer version") {
				t.Errorf("opened a newer state: %v", err)
			}
		})
	}
}

func TestOpenWrong(t *testing.T) {
	for _, dsn := range []string{"", "mysql://root:secret@h/db", "sqlite:", "sqlite:/no/such/folder/state.db"} {
		_, err := Open(t.Context(), dsn, time.Now)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%q): %v", dsn, err)
		}
	}
}

func TestFileMode(t *testing.T) {
	dir := t.TempDir()
	s := open(t, "sqlite:"+filepath.Join(dir, "state.db"), newClock())
	must[Source](t)(s.AddSource(t.Context(), "Web"))
	files := must[[]os.DirEntry](t)(os.ReadDir(dir))
	if len(files) < 2 {
		t.Errorf("no write-ahead log: %v", files)
	}
	for _, f := range files {
		if i := must[os.FileInfo](t)(f.Info()); i.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f.Name(), i.Mode())
		}
	}
}

func TestWriteIsOneTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, _ *clock) {
		boom := errors.New("boom")
		err := s.Write(t.Context(), func(tx *sql.Tx) error {
			if _, err := tx.Exec(`insert into attempts (id, subject, at) values ($1, $2, $3)`, "1", "x", 1); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		var n int
		ok(t, s.reader.QueryRow(`select count(*) from attempts`).Scan(&n))
		if n != 0 {
			t.Error("half a transaction was kept")
		}
	})
}

// Writers that read first must not overtake each other.
func TestWritersTakeTurns(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, _ *clock) {
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for k := range 5 {
					if _, err := s.Define(t.Context(), Draft{Kind: "setting", Name: "company", Body: []int{i, k}}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if d := must[Definition](t)(s.Definition(t.Context(), "setting", "company")); d.Version != 40 {
			t.Errorf("version %d after 40 changes", d.Version)
		}
	})
}

func TestReadersAreReadOnly(t *testing.T) {
	s := open(t, dsns[SQLite](t), newClock())
	if _, err := s.reader.Exec(`delete from members`); err == nil {
		t.Error("the reader pool wrote")
	}
}

func TestRuns(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		first := Run{Name: "history", Started: c.now(), Took: 1500 * time.Millisecond, Host: "a"}
		ok(t, s.SaveRun(t.Context(), first))
		ok(t, s.SaveRun(t.Context(), Run{Name: "compact", Started: c.now(), Error: "disk full\x00"}))
		second := Run{Name: "history", Started: c.now().Add(time.Minute), Took: time.Second, Error: "no", Host: "b"}
		ok(t, s.SaveRun(t.Context(), second))
		ok(t, s.SaveRun(t.Context(), Run{Name: "history", Started: c.now().Add(time.Second)})) // overtaken
		got := must[[]Run](t)(s.Runs(t.Context()))
		second.Good = first.Started.Add(first.Took)
		want := []Run{{Name: "compact", Started: c.now(), Error: "disk full"}, second}
		if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	})
}
