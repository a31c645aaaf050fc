// Package clients drives real, unmodified tracking clients against a real
// server: the tracking API over facts and state.
package clients

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/ingest"
	"github.com/farol-cs/farol/store"
)

// server is what a client is pointed at.
type server struct {
	*httptest.Server
	t      *testing.T
	facts  *facts.Facts
	source store.Source
	// outage is how many look-ups of the key will fail, as when the database
	// is away: the server answers 503.
	outage atomic.Int32

	mu   sync.Mutex
	seen []request
}

// request is what a client asked, and what it was answered.
type request struct {
	method, path, retry string
	status              int
}

var errAway = errors.New("the database is away")

func start(t *testing.T) *server {
	t.Helper()
	ctx := t.Context()
	s := &server{t: t}
	state, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "state.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = state.Close() })
	if s.source, err = state.AddSource(ctx, t.Name()); err != nil {
		t.Fatal(err)
	}
	if s.facts, err = facts.Open(ctx, facts.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.facts.Close() })
	door := ingest.New(ingest.Config{Facts: s.facts, Source: func(ctx context.Context, key string) (farol.SourceID, error) {
		if s.outage.Add(-1) >= 0 {
			return "", errAway
		}
		return state.SourceByKey(ctx, key)
	}})
	s.Server = httptest.NewServer(s.note(door.Front(http.NotFoundHandler())))
	t.Cleanup(s.Close)
	return s
}

// noting keeps the status that a handler answers.
type noting struct {
	http.ResponseWriter
	status int
}

func (n *noting) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the server set deadlines through it.
func (n *noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }

func (s *server) note(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := &noting{w, 0}
		next.ServeHTTP(n, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = append(s.seen, request{r.Method, r.URL.Path, r.Header.Get("X-Retry-Count") + r.Header.Get("Rsa-Retry-Attempt"), n.status})
	})
}

func (s *server) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// await waits until the client's events are all there, oldest first.
func (s *server) await(n int) []facts.EventRow {
	s.t.Helper()
	list := func() []facts.EventRow {
		rows, _, err := s.facts.Events(s.t.Context(), facts.EventFilter{Source: s.source.ID, Limit: 1000})
		if err != nil {
			s.t.Fatal(err)
		}
		return rows
	}
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		rows := list()
		if len(rows) >= n {
			// A browser posts in parallel: a group call that came after the
			// track call it belongs before moves that to its account.
			if err := s.facts.Settle(s.t.Context()); err != nil {
				s.t.Fatal(err)
			}
			rows = list()
			slices.SortFunc(rows, func(a, b facts.EventRow) int { return strings.Compare(string(a.Kind)+a.Name, string(b.Kind)+b.Name) })
			return rows
		}
		if time.Now().After(end) {
			rejected, _, err := s.facts.Rejections(s.t.Context(), 100, "")
			s.t.Fatalf("%d events of %d came: %+v\nrejected: %+v %v\nrequests: %+v", len(rows), n, rows, rejected, err, s.requests())
		}
	}
}

// kinds wants one event of each kind, or as many as n says, and nothing
// refused, redirected or taken twice.
func (s *server) kinds(rows []facts.EventRow, n map[farol.Kind]int) {
	s.t.Helper()
	got := map[farol.Kind]int{}
	ids := map[string]bool{}
	for _, r := range rows {
		got[r.Kind]++
		if ids[r.ID] || r.ID == "" {
			s.t.Errorf("message id %q twice", r.ID)
		}
		ids[r.ID] = true
		if d := time.Since(r.At); d < -time.Minute || d > 5*time.Minute {
			s.t.Errorf("%s %s lies at %v", r.Kind, r.Name, r.At)
		}
	}
	for _, k := range farol.Kinds {
		if got[k] != n[k] {
			s.t.Errorf("%d events of kind %s, want %d", got[k], k, n[k])
		}
	}
	rejected, _, err := s.facts.Rejections(s.t.Context(), 100, "")
	if err != nil || len(rejected) > 0 {
		s.t.Errorf("rejected %+v %v", rejected, err)
	}
	for _, r := range s.requests() {
		if r.status != 200 && r.status != 204 && r.status != 503 {
			s.t.Errorf("answered %+v", r)
		}
	}
}

func oneOfEach() map[farol.Kind]int {
	n := map[farol.Kind]int{}
	for _, k := range farol.Kinds {
		n[k] = 1
	}
	return n
}

// find gives the event of the kind.
func find(t *testing.T, rows []facts.EventRow, kind farol.Kind) facts.EventRow {
	t.Helper()
	i := slices.IndexFunc(rows, func(r facts.EventRow) bool { return r.Kind == kind })
	if i < 0 {
		t.Fatalf("no %s came", kind)
	}
	return rows[i]
}

// refused counts the requests that were answered 503.
func (s *server) refused() (n int) {
	for _, r := range s.requests() {
		if r.status == http.StatusServiceUnavailable {
			n++
		}
	}
	return n
}

// installed is the folder of a client from npm.
func installed(t *testing.T, name string) string {
	t.Helper()
	folder := filepath.Join("node_modules", filepath.FromSlash(name))
	if _, err := os.Stat(folder); err != nil {
		t.Fatalf("%s is not installed: run npm ci --prefix test/clients", name)
	}
	return folder
}

// node runs a script against the server, with its address and key.
func (s *server) node(script string) string {
	s.t.Helper()
	program, err := exec.LookPath("node")
	if err != nil {
		s.t.Fatal("Node.js is not installed: run apt-get install nodejs npm")
	}
	cmd := exec.CommandContext(s.t.Context(), program, script)
	cmd.Env = append(os.Environ(), "FAROL_ADDRESS="+s.URL, "FAROL_KEY="+s.source.Key)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s\nrequests: %+v", script, err, out, s.requests())
	}
	return string(out)
}
