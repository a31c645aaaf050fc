package facts

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/farol-cs/farol"
)

// Many clients at once: every answered event is there once, with a known that
// is later for every commit, while queries run.
func TestConcurrentAppends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.duckdb")
	f, err := Open(t.Context(), Config{Path: path, Threads: 2, MemoryLimit: "300MB"})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var accepted, twice atomic.Int64
	for c := range 16 {
		wg.Go(func() {
			for i := range 20 {
				// Half of the events are sent by two clients.
				es := benchEvents((c/2*2+i%2*(c%2))*1000+i*20, 20)
				r, err := f.Append(t.Context(), Batch{Events: es})
				if err != nil {
					t.Error(err)
					return
				}
				accepted.Add(int64(r.Accepted))
				twice.Add(int64(r.Duplicates))
			}
		})
	}
	stop := make(chan struct{})
	reads := make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				reads <- nil
				return
			default:
			}
			if _, _, err := f.Events(context.Background(), EventFilter{Limit: 5}); err != nil {
				reads <- err
				return
			}
		}
	}()
	wg.Wait()
	close(stop)
	if err := <-reads; err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Append(t.Context(), Batch{Events: benchEvents(0, 1)}); farol.KindOf(err) != farol.Busy {
		t.Errorf("after Close: %v", err)
	}
	if f, err = Open(t.Context(), Config{Path: path, Threads: 2}); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stats(t.Context())
	if err != nil || st.Events != accepted.Load() || accepted.Load()+twice.Load() != 16*20*20 || twice.Load() == 0 || st.Queued != 0 {
		t.Errorf("%d accepted, %d twice, %+v, %v", accepted.Load(), twice.Load(), st, err)
	}
	if days, err := f.Repair(t.Context()); err != nil || len(days) > 0 {
		t.Error(days, err)
	}
}

// A queue that is full answers Busy at once, and everything that was taken is
// still committed.
func TestBusy(t *testing.T) {
	f, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.queued.Add(maxQueue)
	_, err = f.Append(t.Context(), Batch{Events: benchEvents(0, 10)})
	if farol.KindOf(err) != farol.Busy {
		t.Errorf("%v", err)
	}
	f.queued.Add(-maxQueue)
	if r, err := f.Append(t.Context(), Batch{Events: benchEvents(0, 10)}); err != nil || r.Accepted != 10 || f.queued.Load() != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := f.Append(t.Context(), Batch{Events: make([]farol.Event, maxGroup+1)}); farol.KindOf(err) != farol.Invalid {
		t.Errorf("%v", err)
	}
}

// The file is copied while events were answered and the log is open, as a
// power cut would leave it: what was answered is in the copy.
func TestCopyOfAnOpenFile(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(t.Context(), Config{Path: filepath.Join(dir, "f.duckdb"), Threads: 2, MemoryLimit: "300MB"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range 5 {
		if _, err := f.Append(t.Context(), Batch{Events: benchEvents(i*100, 100)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, ext := range []string{"", ".wal"} {
		b, err := os.ReadFile(filepath.Join(dir, "f.duckdb"+ext))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "copy.duckdb"+ext), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g, err := Open(t.Context(), Config{Path: filepath.Join(dir, "copy.duckdb"), Threads: 2, MemoryLimit: "300MB"})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if st, err := g.Stats(t.Context()); err != nil || st.Events != 500 {
		t.Errorf("%+v %v", st, err)
	}
	if r, err := g.Append(t.Context(), Batch{Events: benchEvents(0, 500)}); err != nil || r.Duplicates != 500 {
		t.Errorf("%+v %v", r, err)
	}
}

// A commit that fails is answered with an error, and leaves nothing behind
// that the next one would see.
func TestFailedCommit(t *testing.T) {
	f, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	good := f.eng
	f.eng = &failing{engine: good, left: 1}
	es := []farol.Event{
		{ID: "1", Source: "s", Kind: farol.Identify, User: "ana", Anonymous: "a", At: ts("2026-02-01"), Properties: json.RawMessage(`{"company":{"id":"acme"}}`)},
		{ID: "2", Source: "s", Kind: farol.Track, Name: "Used", Anonymous: "a", At: ts("2026-02-02")},
	}
	if _, err := f.Append(t.Context(), Batch{Events: es}); err == nil {
		t.Fatal("no error")
	}
	if r, err := f.Append(t.Context(), Batch{Events: es}); err != nil || r.Accepted != 2 {
		t.Fatal(r, err)
	}
	k := &kit{T: t, f: f}
	k.want(k.rows(allActivity, wide(), nil), "2026-02-02|acme|ana|Used|1|0|")
	k.want(k.rows("SELECT account, created_day FROM {{accounts}} a", wide(), nil), "acme|2026-02-01")
}

type failing struct {
	engine
	left int
}

func (e *failing) apply(ctx context.Context, c *commit) error {
	if e.left--; e.left >= 0 {
		return fmt.Errorf("no space left on device")
	}
	return e.engine.apply(ctx, c)
}

func TestSeen(t *testing.T) {
	var s seen
	at := ts("2026-01-01")
	for i := range uint64(200_000) {
		s.add(i*0x9E3779B97F4A7C15, at.Add(time.Duration(i)*time.Second))
	}
	for i := range uint64(200_000) {
		from, to, yes := s.has(i * 0x9E3779B97F4A7C15)
		known := at.Add(time.Duration(i) * time.Second)
		if !yes || from.After(known) || to.Before(known) {
			t.Fatal(i, from, to, yes)
		}
	}
	alarms := 0
	for i := range uint64(200_000) {
		if _, _, yes := s.has((i + 1<<40) * 0xD1B54A32D192ED03); yes {
			alarms++
		}
	}
	if alarms > 2 {
		t.Errorf("%d false alarms in 200,000", alarms)
	}
	n := len(s.segments)
	s.expire(at.Add(300_000 * time.Second))
	if len(s.segments) >= n {
		t.Error("nothing expired")
	}
}

// Links and memberships come from many clients while settling goes on in small
// portions: in the end every event counts where the written rules say.
func TestSettlingUnderLoad(t *testing.T) {
	for seed := range uint64(5) {
		k := &kit{T: t}
		es := k.random(rand.New(rand.NewPCG(seed, 1)), 400)
		f, err := Open(t.Context(), Config{})
		if err != nil {
			t.Fatal(err)
		}
		k.f, f.portion = f, 2
		var wg sync.WaitGroup
		for c := range 8 {
			wg.Go(func() {
				for i := c * 5; i < len(es); i += 40 {
					if _, err := f.Append(t.Context(), Batch{Events: es[i : i+5]}); err != nil {
						t.Error(err)
					}
					if i%3 == 0 {
						if err := f.Settle(t.Context()); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		k.settle()
		k.want(k.rows("SELECT id, account, person FROM {{events}} e", wide(), nil), obvious(es)...)
		if days, err := f.Repair(t.Context()); err != nil || len(days) > 0 {
			t.Error(days, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Bytes that are not text must not take the commit of others with them.
func TestOddBytes(t *testing.T) {
	f, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	odd := "a\xff\x00\xed\xa0\x80z"
	es := []farol.Event{
		{ID: odd, Source: farol.SourceID(odd), Kind: farol.Track, Name: odd, User: farol.PersonID(odd), Account: farol.AccountID(odd), At: ts("2026-02-02"), Properties: json.RawMessage(`{"a":"` + odd + `"}`)},
		{ID: "2", Source: "s", Kind: farol.Identify, User: "ana", Anonymous: farol.AnonymousID(odd), At: ts("2026-02-02"), Properties: json.RawMessage(`{"x":"\ud800","y":"\u0000","` + odd + `":1,"company":{"id":"` + odd + `"}}`)},
		{ID: "3", Source: "s", Kind: farol.Track, Name: "Used", User: "ana", At: ts("2026-02-02")},
	}
	r, err := f.Append(t.Context(), Batch{Events: es, Rejected: []Rejected{{ID: odd, Body: odd, Reason: odd}}})
	if err != nil || r.Accepted != 3 {
		t.Fatal(r, err)
	}
	if r, err = f.Append(t.Context(), Batch{Events: es}); err != nil || r.Accepted != 0 {
		t.Fatal(r, err)
	}
	if err := f.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, _, err := f.Events(t.Context(), EventFilter{})
	if err != nil || len(rows) != 3 {
		t.Fatal(len(rows), err)
	}
	for _, r := range rows {
		if !utf8.ValidString(r.Name + r.ID + string(r.Properties)) {
			t.Errorf("%q", r.Name)
		}
	}
}
