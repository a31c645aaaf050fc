package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// abi is the version of the library whose C prototypes are declared below. They
// changed between versions without new names, and a wrong prototype is a
// crash, so any other version is refused.
const abi = "26.7."

// engine is the ClickHouse library, loaded into this process.
type engine struct {
	args []string
	hold *conn // the engine stops when its last connection closes

	connect  func(argc int32, argv **byte) *uintptr
	closeC   func(c *uintptr)
	query    func(c uintptr, q *byte, n uintptr, format *byte, fn uintptr, names **byte, nameLens *uintptr, values **byte, valueLens *uintptr, count uintptr) uintptr
	buffer   func(res uintptr) *byte
	length   func(res uintptr) uintptr
	fault    func(res uintptr) *byte
	destroy  func(res uintptr)
	insert   func(c uintptr, q *byte, n uintptr, format *byte, fn uintptr) uintptr
	push     func(ins uintptr, p *byte, n uintptr) int32
	finish   func(ins uintptr) uintptr
	insFault func(ins uintptr) *byte
	insFree  func(ins uintptr)
}

// load opens the library and starts the engine with clickhouse-local's
// arguments ("--path=DIR").
func load(lib string, args ...string) (*engine, error) {
	h, err := purego.Dlopen(lib, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, err
	}
	var version func() string
	purego.RegisterLibFunc(&version, h, "chdb_version")
	if v := version(); !strings.HasPrefix(v, abi) {
		return nil, fmt.Errorf("%s is version %s; this program knows the interface of %sx", lib, v, abi)
	}
	e := &engine{args: append([]string{"clickhouse"}, args...)}
	var signals func(on int32)
	for name, f := range map[string]any{
		"chdb_set_signal_handlers_enabled": &signals,
		"chdb_connect":                     &e.connect, "chdb_close_conn": &e.closeC,
		"chdb_query_with_params_n": &e.query, "chdb_result_buffer": &e.buffer, "chdb_result_length": &e.length,
		"chdb_result_error": &e.fault, "chdb_destroy_query_result": &e.destroy,
		"chdb_stream_insert_n": &e.insert, "chdb_stream_append": &e.push, "chdb_stream_done": &e.finish,
		"chdb_stream_insert_error": &e.insFault, "chdb_destroy_insert_stream": &e.insFree,
	} {
		purego.RegisterLibFunc(f, h, name)
	}
	signals(0) // its SIGSEGV handler would take Go's nil dereferences for its own end
	e.hold, err = e.open()
	return e, err
}

// conn is one session of the engine: its settings live and end with it. It
// runs one statement at a time.
type conn struct {
	e *engine
	h *uintptr
}

// open makes a session; the engine starts with the first.
func (e *engine) open() (*conn, error) {
	argv := pointers(e.args)
	h := e.connect(int32(len(e.args)), &argv[0])
	runtime.KeepAlive(argv)
	if h == nil || *h == 0 {
		return nil, errors.New("the engine gave no connection: is the data directory in use by another process?")
	}
	return &conn{e, h}, nil
}

func (c *conn) close() { c.e.closeC(c.h) }

// query runs a statement and answers its whole result in the format. The
// parameters' values are in the text form of a server's param_NAME.
func (c *conn) query(q, format string, params map[string]string) ([]byte, error) {
	var names, values []string
	for k, v := range params {
		names, values = append(names, k), append(values, v)
	}
	np, nl, vp, vl := pointers(names), lengths(names), pointers(values), lengths(values)
	res := c.e.query(*c.h, text(q), uintptr(len(q)), text(format), uintptr(len(format)), &np[0], &nl[0], &vp[0], &vl[0], uintptr(len(names)))
	runtime.KeepAlive(np)
	runtime.KeepAlive(vp)
	return c.e.take(res)
}

// insert runs an INSERT (without its FORMAT) over the data.
func (c *conn) insert(q, format string, data []byte) error {
	ins := c.e.insert(*c.h, text(q), uintptr(len(q)), text(format), uintptr(len(format)))
	defer c.e.insFree(ins)
	if f := c.e.insFault(ins); f != nil {
		return errors.New(goString(f))
	}
	if len(data) > 0 && c.e.push(ins, &data[0], uintptr(len(data))) != 0 {
		if f := c.e.insFault(ins); f != nil {
			return errors.New(goString(f))
		}
	}
	_, err := c.e.take(c.e.finish(ins))
	return err
}

// take copies a result out of the engine and frees it.
func (e *engine) take(res uintptr) ([]byte, error) {
	if res == 0 {
		return nil, nil
	}
	defer e.destroy(res)
	if f := e.fault(res); f != nil {
		return nil, errors.New(goString(f))
	}
	n := e.length(res)
	if n == 0 {
		return nil, nil
	}
	return append([]byte(nil), unsafe.Slice(e.buffer(res), n)...), nil
}

// text is the string with a NUL after it, as C wants it.
func text(s string) *byte { return &append([]byte(s), 0)[0] }

// pointers and lengths give arrays for C; never empty, so that they have an address.
func pointers(ss []string) []*byte {
	out := make([]*byte, len(ss)+1)
	for i, s := range ss {
		out[i] = text(s)
	}
	return out
}

func lengths(ss []string) []uintptr {
	out := make([]uintptr, len(ss)+1)
	for i, s := range ss {
		out[i] = uintptr(len(s))
	}
	return out
}

func goString(p *byte) string {
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}
