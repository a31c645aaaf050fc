// Command shim puts enough of ClickHouse's HTTP interface before the engine
// as a library (libchdb) that the unmodified Go driver cannot tell it from a
// server: DDL, batches, bound parameters, typed errors, settings, LZ4,
// cancellation. It is for tests. It is a process of its own so that a crash of
// the engine, or its memory, is not the test's.
//
// What it has not: users and rights, sessions, temporary tables, the native
// protocol, progress, replication.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
)

// twoShards is a cluster whose two shards are both this process. The port is
// never opened: it is how the engine recognises itself.
const twoShards = `<clickhouse>
<tcp_port>9000</tcp_port>
<remote_servers><two>
<shard><internal_replication>true</internal_replication><replica><host>localhost</host><port>9000</port></replica></shard>
<shard><internal_replication>true</internal_replication><replica><host>localhost</host><port>9000</port></replica></shard>
</two></remote_servers>
</clickhouse>
`

func main() {
	lib := flag.String("lib", "", "the library, libchdb.so")
	dir := flag.String("dir", "", "keep the data here; without it, in a directory that goes with the process")
	listen := flag.String("listen", "127.0.0.1:0", "address; port 0 is any free one")
	flag.Parse()
	if err := run(*lib, *dir, *listen); err != nil {
		log.Fatal(err)
	}
}

// run serves until stdin closes: so the process cannot outlive the test that
// holds the other end, however the test ends.
func run(lib, dir, listen string) error {
	if dir == "" {
		tmp, err := os.MkdirTemp(memory(), "farol-clickhouse-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		dir = tmp
	}
	config := filepath.Join(dir, "config.xml")
	if err := os.WriteFile(config, []byte(twoShards), 0o600); err != nil {
		return err
	}
	e, err := load(lib, "--path="+filepath.Join(dir, "data"), "--config-file="+config)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	journal, err := openJournal()
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: &server{engine: e, journal: journal}}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		srv.Close()
	}()
	fmt.Println(l.Addr())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// openJournal appends to the file that FAROL_CHDB_LOG names: what the tests ask
// of the engine, and how long each answer took.
func openJournal() (*log.Logger, error) {
	name := os.Getenv("FAROL_CHDB_LOG")
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return log.New(f, "", log.Lmicroseconds), nil
}

// memory is a directory in memory with room, where there is one: an insert is
// synced to the disk, and tests make many.
func memory() string {
	const shm, room = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(shm, &fs); err == nil && fs.Bavail*uint64(fs.Bsize) >= room {
		return shm
	}
	return ""
}
