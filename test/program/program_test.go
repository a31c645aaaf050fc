// Package program_test runs the built binary as its users do: start, send,
// kill, restart, ask.
package program_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary is built once for all tests of the package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "farol-program")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "farol")
	cmd := exec.Command("go", "build", "-o", path, "../../cmd/farol")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func farol(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// command runs a subcommand to its end and answers the last line it printed.
func command(t testing.TB, args ...string) string {
	t.Helper()
	cmd := exec.Command(farol(t), args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("farol %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	return lines[len(lines)-1]
}

// server is one running `farol serve`.
type server struct {
	t    testing.TB
	cmd  *exec.Cmd
	url  string
	done chan error
	log  *bytes.Buffer
	mu   *sync.Mutex
}

// start serves the folder on a free port and waits until it is ready.
func start(t testing.TB, args ...string) *server {
	t.Helper()
	s := &server{t: t, log: &bytes.Buffer{}, mu: &sync.Mutex{}, done: make(chan error, 1)}
	s.cmd = exec.Command(farol(t), append(args, "--listen", "127.0.0.1:0")...)
	s.cmd.Stderr = &locked{s.mu, s.log}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if i := strings.Index(lines.Text(), "http://"); i >= 0 {
			s.url = strings.TrimRight(strings.Fields(lines.Text()[i:])[0], "/.")
			break
		}
	}
	if s.url == "" {
		err := s.cmd.Wait()
		t.Fatalf("it never said its address (%v):\n%s", err, s.logged())
	}
	go func() { io.Copy(io.Discard, out); s.done <- s.cmd.Wait() }()
	s.waitReady()
	return s
}

func (s *server) waitReady() {
	s.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-s.done:
			s.t.Fatalf("it ended (%v):\n%s", err, s.logged())
		default:
		}
		if res, err := http.Get(s.url + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
	}
	s.t.Fatalf("not ready after a minute:\n%s", s.logged())
}

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (s *server) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// kill is kill -9; it waits until the process is gone.
func (s *server) kill() {
	if s.cmd.ProcessState != nil {
		return
	}
	s.cmd.Process.Kill()
	if s.url != "" {
		err := <-s.done
		s.done <- err
	}
}

// stop asks it to end (SIGTERM) and wants exit code 0.
func (s *server) stop() {
	s.t.Helper()
	s.cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-s.done:
		s.done <- err
		if err != nil {
			s.t.Fatalf("stopped with %v:\n%s", err, s.logged())
		}
	case <-time.After(60 * time.Second):
		s.t.Fatalf("still running a minute after SIGTERM:\n%s", s.logged())
	}
}

// get asks the REST API and decodes the answer.
func (s *server) get(token, path string, into any) {
	s.t.Helper()
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, s.url+path, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s %s", path, res.Status, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		s.t.Fatalf("GET %s: %v in %s", path, err, body)
	}
}

// post sends a tracking call; the error says that it was not acknowledged.
func (s *server) post(key, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, _ := http.NewRequest(http.MethodPost, s.url+path, bytes.NewReader(text))
	req.SetBasicAuth(key, "")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", res.Status)
	}
	return nil
}

// listed is every event that the API lists, by message id.
func (s *server) listed(token string) map[string]int {
	s.t.Helper()
	seen := map[string]int{}
	for after := ""; ; {
		var page struct {
			Events []struct{ ID string }
			Next   *string
		}
		s.get(token, "/api/v1/events?limit=1000&after="+after, &page)
		for _, e := range page.Events {
			seen[e.ID]++
		}
		if page.Next == nil {
			return seen
		}
		after = *page.Next
	}
}

// fails runs a subcommand that is expected to fail and answers what it said.
func fails(t testing.TB, args ...string) (string, error) {
	t.Helper()
	out, err := exec.Command(farol(t), args...).CombinedOutput()
	return string(out), err
}

func contains(text, part string) bool { return strings.Contains(text, part) }
