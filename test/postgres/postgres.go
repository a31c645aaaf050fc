// Package postgres gives tests a real PostgreSQL: one temporary cluster for
// each test process, one database for each test.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Start answers the DSN ("postgres://…") of a new, empty database, which lives
// as long as the test process: dropping one takes a checkpoint, 0.3 s. It fails the test when PostgreSQL is not installed: an engine
// that the program promises is not skipped.
func Start(t testing.TB) string {
	t.Helper()
	c, err := cluster()
	if err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	name := fmt.Sprintf("test_%d", c.made.Add(1))
	if err := c.admin("create database " + name); err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	return c.dsn(name)
}

type server struct {
	port int
	made atomic.Int64
	// alive is held open while the process lives; see watch.
	alive *os.File
}

var cluster = sync.OnceValues(start)

func (c *server) dsn(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

func (c *server) admin(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.dsn("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// watch runs the server until its standard input ends, which is when the test
// process is gone, however it went; then it stops the server and clears up.
const watch = `
"$1/postgres" -D "$2/data" -k "$2" -h 127.0.0.1 -p "$3" \
	-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 >"$2/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT $server
wait $server
rm -rf "$2"
`

func start() (*server, error) {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(bins) == 0 {
		return nil, errors.New("no /usr/lib/postgresql/*/bin on this machine (Debian: apt-get install postgresql)")
	}
	bin := bins[len(bins)-1]
	dir, err := os.MkdirTemp("", "farol-pg-")
	if err != nil {
		return nil, err
	}
	as, err := owner(dir)
	if err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"),
		"-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	c := &server{}
	if c.port, err = freePort(); err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", watch, "sh", bin, dir, strconv.Itoa(c.port))
	cmd.SysProcAttr, cmd.Dir = as, dir
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdin, c.alive = in, out
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	in.Close()
	return c, c.wait(filepath.Join(dir, "log"))
}

// owner makes dir belong to the user postgres when we are root, whom the server
// refuses to run as.
func owner(dir string) (*syscall.SysProcAttr, error) {
	// A group of its own: Ctrl-C in the terminal is for the tests.
	as := &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() != 0 {
		return as, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return as, os.Chown(dir, uid, gid)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (c *server) wait(log string) error {
	var err error
	for range 300 {
		if err = c.admin("select 1"); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	text, _ := os.ReadFile(log)
	return fmt.Errorf("the server does not answer: %w\n%s", err, text)
}
