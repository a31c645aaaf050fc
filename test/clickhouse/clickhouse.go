// Package clickhouse gives tests a real, current ClickHouse: the engine as a
// library (npm ci in this directory installs it) behind an HTTP shim, in a
// process of its own that the tests of a package share and that ends with
// them. The unmodified Go driver talks to it in HTTP mode.
//
// Covered: DDL, inserts, every query, limits, errors, cancellation, kill -9,
// and a cluster of two simulated shards. Not covered, because the library has
// no server in it: users and rights, the native protocol, replication, Keeper,
// failing networks.
package clickhouse

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Library is the variable that names another libchdb.so than the one that
// npm ci puts beside this package.
const Library = "FAROL_CHDB_LIB"

var (
	shared   *Process
	sharedMu sync.Mutex
	names    atomic.Int64
)

// Start answers the DSN of a fresh, empty database on one node:
// clickhouse://default@127.0.0.1:PORT/NAME, to be spoken to over HTTP. The
// database is dropped when the test ends; the server is shared with the other
// tests of the package. Without the library the test fails.
func Start(t testing.TB) string {
	t.Helper()
	sharedMu.Lock()
	defer sharedMu.Unlock()
	if shared == nil {
		shared = start(t, "", anyPort)
	}
	name := fmt.Sprintf("t%d", names.Add(1))
	if err := shared.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	p := shared
	t.Cleanup(func() {
		if err := p.Exec("DROP DATABASE " + name + " SYNC"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return p.DSN(name)
}

// StartShards is Start on a cluster of two simulated shards, which the DSN
// names: clickhouse://default@127.0.0.1:PORT/NAME?cluster=two. Distributed
// tables over it run a query as two servers would (shim/shards.go).
//
// Known lie: both shards write into one physical table, so an insert through a
// Distributed table needs a deduplication token per shard.
func StartShards(t testing.TB) string {
	t.Helper()
	return Start(t) + "?cluster=two"
}

// idle are the databases that tests have left, by what follows their names in
// a DSN.
var idle = map[string][]string{}

// Reuse is Start for tests that want no rows but do not mind tables: making
// and dropping them costs more than most queries. The database may be one that
// an earlier test has left, with its tables, emptied.
func Reuse(t testing.TB) string {
	t.Helper()
	return reuse(t, "")
}

// ReuseShards is Reuse on the cluster of StartShards.
func ReuseShards(t testing.TB) string {
	t.Helper()
	return reuse(t, "?cluster=two")
}

func reuse(t testing.TB, kind string) string {
	t.Helper()
	sharedMu.Lock()
	defer sharedMu.Unlock()
	if shared == nil {
		shared = start(t, "", anyPort)
	}
	p, name := shared, ""
	if n := len(idle[kind]); n > 0 {
		name, idle[kind] = idle[kind][n-1], idle[kind][:n-1]
	} else {
		name = fmt.Sprintf("t%d", names.Add(1))
		if err := p.Exec("CREATE DATABASE " + name); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			return // the next begins anew: what failed may still be at work here
		}
		if err := p.empty(name); err != nil {
			t.Errorf("empty the test's database: %v", err)
			return
		}
		sharedMu.Lock()
		defer sharedMu.Unlock()
		idle[kind] = append(idle[kind], name)
	})
	return p.DSN(name) + kind
}

// empty removes the rows of every table of a database.
func (p *Process) empty(name string) error {
	tables, err := p.ask("SELECT name FROM system.tables WHERE database = '" + name + "' AND total_rows > 0 FORMAT TSVRaw")
	if err != nil {
		return err
	}
	for _, table := range strings.Fields(tables) {
		if err := p.Exec("TRUNCATE TABLE " + name + ".`" + table + "` SYNC"); err != nil {
			return err
		}
	}
	return nil
}

// Process is a server of its own over a directory that stays: for tests that
// kill it and open it again.
type Process struct {
	dir  string
	addr string
	cmd  *exec.Cmd
	in   io.Closer // the process ends when this is closed, or when the test's process ends
}

// StartIn starts a server over the data in dir. It ends with the test.
func StartIn(t testing.TB, dir string) *Process {
	t.Helper()
	p := start(t, dir, anyPort)
	t.Cleanup(func() { p.Kill() }) // whichever process it is by then
	return p
}

// Restart starts the server again after Kill, over the same data and at the
// same address.
func (p *Process) Restart(t testing.TB) {
	t.Helper()
	*p = *start(t, p.dir, p.addr)
}

// Kill ends the process at once (SIGKILL) and waits until it is gone.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait() // says that it was killed
}

// DSN is the address of a database of the process; database "default" exists.
func (p *Process) DSN(database string) string {
	return "clickhouse://default@" + p.addr + "/" + database
}

// Exec runs one statement that answers nothing.
func (p *Process) Exec(statement string) error {
	_, err := p.ask(statement)
	return err
}

// ask runs one statement and answers what the server does.
func (p *Process) ask(statement string) (string, error) {
	res, err := http.Post("http://"+p.addr+"/", "text/plain", strings.NewReader(statement))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(string(body))
	}
	return string(body), err
}

const anyPort = "127.0.0.1:0"

func start(t testing.TB, dir, listen string) *Process {
	t.Helper()
	lib := library(t)
	args := []string{"-lib", lib, "-listen", listen}
	if dir != "" {
		args = append(args, "-dir", dir)
	}
	cmd := exec.Command(build(t), args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cmd.Wait()
		t.Fatalf("the ClickHouse for tests did not start (%s): %v", lib, cmd.ProcessState)
	}
	return &Process{dir, strings.TrimSpace(addr), cmd, in}
}

// here is the directory of this package's source.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

func library(t testing.TB) string {
	t.Helper()
	lib := os.Getenv(Library)
	if lib == "" {
		lib = filepath.Join(here(), "node_modules/@chdb/lib-linux-x64-gnu/libchdb.so")
	}
	if _, err := os.Stat(lib); err != nil {
		t.Fatalf("ClickHouse is a promised engine and its library is not there: run npm ci in test/clickhouse, or set %s (%v)", Library, err)
	}
	return lib
}

// build makes the shim's binary, once for each state of its source and of the
// modules: the tests of several packages start at the same time.
func build(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(here(), "shim", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the shim's source is not beside the package: %v", err)
	}
	sum := sha256.New()
	for _, f := range append(files, filepath.Join(here(), "../../go.sum")) {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(b)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	cache = filepath.Join(cache, "farol-test")
	bin := filepath.Join(cache, "clickhouse-shim-"+hex.EncodeToString(sum.Sum(nil)[:8]))
	if _, err := os.Stat(bin); err == nil {
		return bin
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	fresh := fmt.Sprintf("%s.%d", bin, os.Getpid())
	cmd := exec.Command("go", "build", "-o", fresh, ".")
	cmd.Dir = filepath.Join(here(), "shim")
	// Without cgo it needs no C compiler, and ignores the linker flags of the tests.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the shim: %v\n%s", err, out)
	}
	if err := os.Rename(fresh, bin); err != nil {
		t.Fatal(err)
	}
	return bin
}
