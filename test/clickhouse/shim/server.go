package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// hello is the driver's first question, which the shim answers itself.
const hello = "SELECT displayName(), version(), revision(), timezone()"

// notSettings are the interface's own URL parameters; every other one is a
// setting of the engine.
var notSettings = []string{"query", "database", "default_format", "client_protocol_version", "user", "password",
	"query_id", "quota_key", "compress", "decompress", "wait_end_of_query", "network_compression_method"}

var (
	insertData = regexp.MustCompile(`(?is)^\s*(INSERT\s+INTO\s.*?)\sFORMAT\s+(\w+)\s*$`)
	errorCode  = regexp.MustCompile(`Code: (\d+)\.`)
)

// server speaks ClickHouse's HTTP interface for the engine.
type server struct {
	engine  *engine
	shards  shards
	seq     atomic.Int64
	journal *log.Logger // of statements and their times; nil is none

	hello struct { // the same for every connection
		sync.Mutex
		answer []byte
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ping" {
		io.WriteString(w, "Ok.\n")
		return
	}
	// The answer is made whole before its first byte, so there is no error in mid-stream.
	out, err := s.timed(r)
	if err != nil {
		code := "1002"
		if m := errorCode.FindStringSubmatch(err.Error()); m != nil {
			code = m[1]
		}
		w.Header().Set("X-ClickHouse-Exception-Code", code)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Write(out)
}

// timed is answer, noted in the journal: milliseconds, database,
// statement.
func (s *server) timed(r *http.Request) ([]byte, error) {
	if s.journal == nil {
		return s.answer(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	begun := time.Now()
	out, err := s.answer(r)
	v := r.URL.Query()
	text := v.Get("query")
	if text == "" {
		text = string(body)
	}
	s.journal.Printf("%d\t%s\t%q", time.Since(begun).Milliseconds(), v.Get("database"), text)
	return out, err
}

// answer runs one request in a session of its own, so that no setting outlives it.
func (s *server) answer(r *http.Request) ([]byte, error) {
	v := r.URL.Query()
	body, err := readBody(r, v)
	if err != nil {
		return nil, err
	}
	c, err := s.engine.open()
	if err != nil {
		return nil, err
	}
	defer c.close()
	tag := fmt.Sprintf("request-%d", s.seq.Add(1))
	params, err := s.prepare(c, v, tag)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(r.Context(), func() { s.kill(tag) })
	defer stop()
	if q := v.Get("query"); q != "" {
		m := insertData.FindStringSubmatch(q)
		if m == nil {
			return nil, fmt.Errorf("Code: 62. DB::Exception: the shim knows INSERT ... FORMAT with data only, not %q", q)
		}
		return nil, c.insert(m[1], m[2], body)
	}
	out, err := s.run(c, string(body), v.Get("default_format"), params)
	if err == nil && v.Get("compress") == "1" && len(out) > 0 {
		cw := compress.NewWriter(0, compress.LZ4)
		err = cw.Compress(out)
		out = cw.Data
	}
	return out, err
}

// run executes a statement that brings no data.
func (s *server) run(c *conn, statement, format string, params map[string]string) ([]byte, error) {
	if statement == hello {
		return s.sayHello(c)
	}
	defer s.shards.forget(statement)
	return c.query(onCluster.ReplaceAllString(statement, ""), format, params)
}

// readBody reads all of it: a client that goes away in the middle inserts nothing.
func readBody(r *http.Request, v url.Values) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || v.Get("decompress") != "1" {
		return body, err
	}
	cr := chproto.NewReader(strings.NewReader(string(body)))
	cr.EnableCompression()
	body, err = io.ReadAll(cr)
	if errors.Is(err, io.EOF) { // the reader wraps the end in words
		err = nil
	}
	return body, err
}

// prepare gives the session its database, settings and tag, and answers the
// bound parameters.
func (s *server) prepare(c *conn, v url.Values, tag string) (map[string]string, error) {
	set, params := []string{"log_comment=" + literal(tag)}, map[string]string{}
	for k := range v {
		switch {
		case strings.HasPrefix(k, "param_"):
			params[k[len("param_"):]] = v.Get(k)
		case !slices.Contains(notSettings, k):
			set = append(set, k+"="+literal(v.Get(k)))
		}
	}
	if db := v.Get("database"); db != "" {
		filter, err := s.shards.filter(c, db)
		if err != nil {
			return nil, err
		}
		if filter != "" {
			set = append(set, "additional_table_filters="+literal(filter))
		}
		if _, err := c.query("USE `"+db+"`", "TSV", nil); err != nil {
			return nil, err
		}
	}
	_, err := c.query("SET "+strings.Join(set, ", "), "TSV", nil)
	return params, err
}

// kill ends what a request is running, when its client has gone away.
func (s *server) kill(tag string) {
	if c, err := s.engine.open(); err == nil {
		c.query("KILL QUERY WHERE Settings['log_comment'] = "+literal(tag)+" ASYNC", "TSV", nil)
		c.close()
	}
}

// sayHello tells the driver that results come at protocol revision 0, which is
// how the library writes Native. The driver reads this one answer at its own
// revision, whatever the server's.
func (s *server) sayHello(c *conn) ([]byte, error) {
	s.hello.Lock()
	defer s.hello.Unlock()
	if s.hello.answer == nil {
		version, err := c.query("SELECT version()", "TSVRaw", nil)
		if err == nil {
			s.hello.answer, err = helloAs(strings.TrimSpace(string(version)))
		}
		if err != nil {
			return nil, err
		}
	}
	return slices.Clone(s.hello.answer), nil
}

// helloAs is the block of the answer.
func helloAs(version string) ([]byte, error) {
	b := proto.NewBlock()
	for _, col := range [][2]string{{"displayName()", "String"}, {"version()", "String"}, {"revision()", "UInt32"}, {"timezone()", "String"}} {
		if err := b.AddColumn(col[0], column.Type(col[1])); err != nil {
			return nil, err
		}
	}
	if err := b.Append("libchdb", version, uint32(0), "UTC"); err != nil {
		return nil, err
	}
	var buf chproto.Buffer
	err := b.Encode(&buf, proto.DBMS_TCP_PROTOCOL_VERSION)
	return buf.Buf, err
}

func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
