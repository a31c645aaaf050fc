// Package store keeps the relational state: team members and their sessions,
// sources with write keys, API tokens, versioned definitions, and the record of
// background jobs. It runs on SQLite (in the data folder) or PostgreSQL (shared
// by several processes) with one schema text and one text of each query.
//
// Exported methods are transactions with their checks; what they return as
// *farol.Error may be shown to a person, and names the field at fault. All
// times are UTC with millisecond precision; a zero time.Time means "never".
package store

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Engine is the kind of database underneath.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Store is the relational state. It is safe for concurrent use.
type Store struct {
	engine Engine
	// SQLite has one writer at a time: a pool of one connection makes writers
	// queue in Go, where waiting is fair and bounded by the context, and not in
	// SQLite's busy handler. Readers have their own pool and, with WAL, never
	// wait for the writer. On PostgreSQL both are the same pool.
	writer *sql.DB
	reader *sql.DB
	now    func() time.Time

	hashing chan struct{} // argon2id takes 19 MiB each: as many at once as processors
	keys    keyCache
	seal    cipher.AEAD // of secrets that must be read again; nil without a key
}

// Open opens the state at dsn, "sqlite:PATH" or "postgres://…", and applies
// the migrations that it lacks. A SQLite file is created, readable by its owner
// only. It refuses a database that a newer version of the program has migrated.
func Open(ctx context.Context, dsn string, now func() time.Time) (*Store, error) {
	s := &Store{now: now, hashing: make(chan struct{}, runtime.GOMAXPROCS(0))}
	s.keys.init()
	var err error
	switch {
	case strings.HasPrefix(dsn, "sqlite:"):
		err = s.openSQLite(strings.TrimPrefix(dsn, "sqlite:"))
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		err = s.openPostgres(dsn)
	default:
		// The text may hold a password in a form we did not expect: not echoed.
		return nil, errors.New("store: state must be sqlite:PATH or postgres://…")
	}
	if err == nil {
		err = s.migrate(ctx)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	return s, nil
}

func (s *Store) openSQLite(path string) error {
	s.engine = SQLite
	if path == "" {
		return errors.New("no path after sqlite:")
	}
	// Created here for its mode: the -wal and -shm files take theirs from it.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	open := func(pragmas ...string) (*sql.DB, error) {
		// synchronous(full): with WAL, "normal" may lose the last commits at a
		// power cut, and an answered write must not come undone.
		// secure_delete: what an erasure took out is not left in the file.
		q := url.Values{"_pragma": append([]string{
			"busy_timeout(10000)", "journal_mode(wal)", "synchronous(full)", "foreign_keys(1)", "secure_delete(1)"}, pragmas...)}
		q.Set("_txlock", "immediate")
		u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}
		return sql.Open("sqlite", u.String())
	}
	if s.writer, err = open(); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	if s.reader, err = open("query_only(1)"); err != nil {
		return err
	}
	s.reader.SetMaxOpenConns(4)
	s.reader.SetMaxIdleConns(4)
	return nil
}

func (s *Store) openPostgres(dsn string) (err error) {
	s.engine = Postgres
	if s.writer, err = sql.Open("pgx", dsn); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(20)
	s.writer.SetMaxIdleConns(8)
	s.writer.SetConnMaxIdleTime(5 * time.Minute)
	s.reader = s.writer
	return nil
}

// Close closes the pools. Whatever runs on SQL() must have stopped before.
func (s *Store) Close() error {
	var errs []error
	if s.reader != nil && s.reader != s.writer {
		errs = append(errs, s.reader.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	return errors.Join(errs...)
}

// Engine tells which database is underneath.
func (s *Store) Engine() Engine { return s.engine }

// SQL is the writer pool, for the job queue that lives in the same database.
// On SQLite it has a single connection: code that holds a transaction of it
// must not ask for another.
func (s *Store) SQL() *sql.DB { return s.writer }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.reader.PingContext(ctx) }

// Write runs do in one transaction, committed when it returns nil. Writers take
// turns, on PostgreSQL too, so that what do reads stays true until it commits.
func (s *Store) Write(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // no-op after a commit
	if s.engine == Postgres {
		// The number means nothing; it only has to differ from other programs'.
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(7305795264)`); err != nil {
			return err
		}
	}
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// queryer is what *sql.DB and *sql.Tx share.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// collect reads every row with scan.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// scanner is what *sql.Row and *sql.Rows share.
type scanner interface{ Scan(dest ...any) error }

// duplicate tells whether err is a violated unique or primary key.
func duplicate(err error) bool {
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return p.Code == "23505"
	}
	var l *sqlite.Error
	if errors.As(err, &l) {
		return l.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || l.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// changed turns "no row was touched" into missing.
func changed(r sql.Result, err error, missing error) error {
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		err = missing
	}
	return err
}

// stamp scans a nullable time, and millis writes one.
type stamp struct{ to *time.Time }

func (s stamp) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*s.to = time.Time{}
	case int64:
		*s.to = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("a time is stored as %T", v)
	}
	return nil
}

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// key is an id or name to look up. What PostgreSQL refuses as text (NUL, broken
// UTF-8) may come from a URL, and must be "no such row" and not a failure; no
// stored id or name holds U+FFFD.
func key[T ~string](v T) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(v), "\uFFFD"), "\x00", "\uFFFD")
}

// clock is now, as precise as it is stored.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// random is n letters and digits, 5.95 bits each. Nothing else is in a key or
// token, so that a colon or slash beside it always parts it from what follows.
func random(n int) string {
	b := make([]byte, n)
	for i := range b {
		// crypto/rand never fails since Go 1.24.
		k, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		b[i] = alphabet[k.Int64()]
	}
	return string(b)
}

// randomBase64 is n random bytes.
func randomBase64(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return base64.StdEncoding.EncodeToString(b)
}

// digest is how tokens are kept. They are random and long, so a plain SHA-256
// cannot be searched, and looking one up costs an index read.
func digest(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// keyCache holds the sources of recently used write keys.
type keyCache struct {
	mu    sync.Mutex
	found map[string]keyEntry
	// turn counts changes, so that a read begun before a change is not kept.
	turn int
}
