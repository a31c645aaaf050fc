package clickhouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// options reads a DSN of this package as a caller would.
func options(t *testing.T, dsn string) *driver.Options {
	t.Helper()
	o, err := driver.ParseDSN("http" + strings.TrimPrefix(dsn, "clickhouse"))
	if err != nil {
		t.Fatal(err)
	}
	delete(o.Settings, "cluster")
	return o
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db := driver.OpenDB(options(t, dsn))
	t.Cleanup(func() { db.Close() })
	return db
}

func must(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func number(t *testing.T, db *sql.DB, query string, args ...any) (n int64) {
	t.Helper()
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func TestPingAndVersion(t *testing.T) {
	db := open(t, Start(t))
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	var version string
	if err := db.QueryRow("SELECT version()").Scan(&version); err != nil || !strings.HasPrefix(version, "26.") {
		t.Fatalf("version %q, %v", version, err)
	}
}

func TestDatabasesAreFresh(t *testing.T) {
	a, b := open(t, Start(t)), open(t, Start(t))
	must(t, a, "CREATE TABLE x (n Int64) ENGINE = MergeTree ORDER BY n")
	if _, err := b.Exec("SELECT * FROM x"); err == nil {
		t.Fatal("a table of another test is seen")
	}
}

// batch inserts through the driver's native block, with a token.
func batch(ctx context.Context, c driver.Conn, table, token string, rows ...[]any) error {
	ctx = driver.Context(ctx, driver.WithSettings(driver.Settings{"insert_deduplication_token": token}))
	b, err := c.PrepareBatch(ctx, "INSERT INTO "+table)
	if err != nil {
		return err
	}
	defer b.Close()
	for _, r := range rows {
		if err := b.Append(r...); err != nil {
			return err
		}
	}
	return b.Send()
}

func native(t *testing.T, o *driver.Options) driver.Conn {
	t.Helper()
	c, err := driver.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestBatchOfEveryTypeComesBack(t *testing.T) {
	dsn := Start(t)
	db := open(t, dsn)
	must(t, db, `CREATE TABLE x (s String, l LowCardinality(String), i Int64, u UInt64, f Float64, b Bool, d Date,
		ts DateTime64(3, 'UTC'), n Nullable(Float64), a Array(String)) ENGINE = MergeTree ORDER BY s`)
	for _, compress := range []*driver.Compression{nil, {Method: driver.CompressionLZ4}} {
		must(t, db, "TRUNCATE TABLE x")
		o := options(t, dsn)
		o.Compression = compress
		c := native(t, o)
		at := time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)
		text := "quo'te\ttab\nline \\back é \x00"
		err := batch(t.Context(), c, "x", "", []any{text, "low", int64(-1 << 62), uint64(1<<64 - 1), 0.1, true, at, at, nil, []string{"a", "b'"}})
		if err != nil {
			t.Fatal(err)
		}
		var s, l string
		var i int64
		var u uint64
		var f float64
		var b bool
		var d, ts time.Time
		var n *float64
		var a []string
		if err := c.QueryRow(t.Context(), "SELECT * FROM x").Scan(&s, &l, &i, &u, &f, &b, &d, &ts, &n, &a); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("%q %s %d %d %g %v %s %s %v %q", s, l, i, u, f, b, d.Format(time.DateOnly), ts.Format(time.RFC3339Nano), n, a)
		want := fmt.Sprintf("%q low %d %d 0.1 true 2026-03-01 2026-03-01T12:00:00.123Z <nil> [\"a\" \"b'\"]", text, int64(-1<<62), uint64(1<<64-1))
		if got != want {
			t.Errorf("compression %v:\n got %s\nwant %s", compress, got, want)
		}
	}
}

func TestBoundParameters(t *testing.T) {
	db := open(t, Start(t))
	hostile := "a'b\\c\td\ne\"`{x:String}"
	var s, d string
	var i int64
	var has bool
	err := db.QueryRow("SELECT {s:String}, {i:Int64}, toString({d:Date}), has({a:Array(String)}, {s:String})",
		driver.Named("s", hostile), driver.Named("i", int64(-5)), driver.Named("d", "2026-02-28"), driver.Named("a", []string{"x", hostile})).Scan(&s, &i, &d, &has)
	if err != nil || s != hostile || i != -5 || d != "2026-02-28" || !has {
		t.Errorf("got %q %d %s %v, %v", s, i, d, has, err)
	}
}

func TestErrorsAreTyped(t *testing.T) {
	db := open(t, Start(t))
	for statement, code := range map[string]int32{
		"SELECT * FROM missing": 60,
		"SELEC 1":               62,
		"SELECT throwIf(number = 3) FROM numbers(10)":                                                      395,
		"SELECT count() FROM numbers(1000000000000) SETTINGS max_execution_time = 0.1":                     159,
		"SELECT groupArray(number) FROM numbers(100000000) SETTINGS max_memory_usage = 10000000":           241,
		"SELECT count() FROM system.numbers SETTINGS max_rows_to_read = 10, max_execution_time = 5":        158,
		"CREATE TABLE x (n Int64) ENGINE = MergeTree ORDER BY n SETTINGS no_such_setting_of_mergetree = 1": 115,
	} {
		_, err := db.Exec(statement)
		var e *driver.Exception
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%s: %v; want code %d", statement, err, code)
		}
	}
}

func TestSettingsEndWithTheirQuery(t *testing.T) {
	db := open(t, Start(t))
	ctx := driver.Context(t.Context(), driver.WithSettings(driver.Settings{"max_threads": 3}))
	var with, without string
	if err := db.QueryRowContext(ctx, "SELECT toString(getSetting('max_threads'))").Scan(&with); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow("SELECT toString(getSetting('max_threads'))").Scan(&without); err != nil {
		t.Fatal(err)
	}
	if with != "3" || without == "3" {
		t.Errorf("with the setting %s, after it %s", with, without)
	}
}

func TestCancelledQueryLeavesTheServer(t *testing.T) {
	db := open(t, Start(t))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := db.ExecContext(ctx, "SELECT count() FROM numbers(100000000000000) WHERE NOT ignore('cancel me')")
		done <- err
	}()
	const running = "SELECT count() FROM system.processes WHERE query LIKE '%cancel me%' AND query NOT LIKE '%processes%'"
	for number(t, db, running) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for number(t, db, running) != 0 {
		time.Sleep(time.Millisecond)
	}
}

func TestTokenMakesARetryHarmless(t *testing.T) {
	dsn := Start(t)
	db, c := open(t, dsn), native(t, options(t, dsn))
	must(t, db, "CREATE TABLE x (n Int64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100")
	for _, in := range []struct {
		token string
		n     int64
	}{{"a", 1}, {"a", 1}, {"a", 2}, {"b", 1}, {"a", 1}} {
		if err := batch(t.Context(), c, "x", in.token, []any{in.n}); err != nil {
			t.Fatal(err)
		}
	}
	// The token decides, not the content: one row of token a and one of b.
	if n := number(t, db, "SELECT sum(n) * 10 + count() FROM x"); n != 22 {
		t.Errorf("sum and count: %d", n)
	}
}

func TestManyAtOnce(t *testing.T) {
	db := open(t, Start(t))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 10 {
				if n := number(t, db, "SELECT {i:Int64} * 100 + {j:Int64}", driver.Named("i", int64(i)), driver.Named("j", int64(j))); n != int64(i*100+j) {
					t.Errorf("%d of %d: %d", i, j, n)
				}
			}
		})
	}
	wg.Wait()
}

func TestKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	dir := t.TempDir()
	p := StartIn(t, dir)
	db, c := open(t, p.DSN("default")), native(t, options(t, p.DSN("default")))
	must(t, db, "CREATE TABLE x (batch Int64, n Int64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 1000")
	acknowledged := make(chan int64, 1000)
	go func() {
		defer close(acknowledged)
		for i := int64(0); ; i++ {
			var rows [][]any
			for j := range int64(100) {
				rows = append(rows, []any{i, j})
			}
			if batch(t.Context(), c, "x", fmt.Sprint(i), rows...) != nil {
				return // it was killed
			}
			acknowledged <- i
		}
	}()
	var last int64
	for last < 20 {
		last = <-acknowledged
	}
	p.Kill()
	for i := range acknowledged {
		last = i
	}
	p = StartIn(t, dir)
	db, c = open(t, p.DSN("default")), native(t, options(t, p.DSN("default")))
	for _, i := range []int64{0, last} { // retried after the restart: known by their tokens
		if err := batch(t.Context(), c, "x", fmt.Sprint(i), []any{i, int64(0)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := number(t, db, "SELECT count() FROM x WHERE batch <= {last:Int64}", driver.Named("last", last)); n != (last+1)*100 {
		t.Errorf("%d rows of %d acknowledged batches", n, last+1)
	}
	// The batch in flight is there whole or not at all.
	if n := number(t, db, "SELECT count() FROM x WHERE batch > {last:Int64}", driver.Named("last", last)); n%100 != 0 {
		t.Errorf("%d rows of the batch in flight", n)
	}
}

func TestTwoShards(t *testing.T) {
	dsn := StartShards(t)
	if !strings.HasSuffix(dsn, "?cluster=two") {
		t.Fatal(dsn)
	}
	db := open(t, dsn)
	must(t, db,
		"CREATE TABLE x_local ON CLUSTER two (account String, person String) ENGINE = MergeTree ORDER BY account SETTINGS non_replicated_deduplication_window = 100",
		"CREATE TABLE x ON CLUSTER 'two' AS x_local ENGINE = Distributed('two', currentDatabase(), 'x_local', xxHash64(account))",
		"INSERT INTO x SELECT 'a' || number, 'p' || number % 10 FROM numbers(100) SETTINGS distributed_foreground_insert = 1")
	if n := number(t, db, "SELECT count() FROM x"); n != 100 {
		t.Errorf("%d of 100 rows", n)
	}
	if n := number(t, db, "SELECT count() FROM (SELECT shardNum() AS s, count() AS n FROM x GROUP BY s HAVING n BETWEEN 20 AND 80)"); n != 2 {
		t.Errorf("%d shards have rows", n)
	}
	const self = "SELECT count() FROM x a JOIN x b ON a.%s = b.%[1]s SETTINGS distributed_product_mode = '%s'"
	if n := number(t, db, fmt.Sprintf(self, "account", "local")); n != 100 {
		t.Errorf("join along the sharding key: %d", n)
	}
	if n := number(t, db, fmt.Sprintf(self, "person", "global")); n != 1000 {
		t.Errorf("global join across the sharding key: %d", n)
	}
	if n := number(t, db, fmt.Sprintf(self, "person", "local")); n >= 1000 {
		t.Errorf("local join across the sharding key found all %d rows, as no cluster would", n)
	}
}

func TestTwoShardsTakeOneTokenEach(t *testing.T) {
	dsn := StartShards(t)
	db, c := open(t, dsn), native(t, options(t, dsn))
	must(t, db,
		"CREATE TABLE x_local (account String) ENGINE = MergeTree ORDER BY account SETTINGS non_replicated_deduplication_window = 100",
		"CREATE TABLE x AS x_local ENGINE = Distributed('two', currentDatabase(), 'x_local', xxHash64(account))")
	byShard := [2][][]any{}
	for i := range 10 {
		a := fmt.Sprint("a", i)
		s := number(t, db, "SELECT toInt64(xxHash64({a:String}) % 2)", driver.Named("a", a))
		byShard[s] = append(byShard[s], []any{a})
	}
	for range 2 { // the second time is a retry
		for s, rows := range byShard {
			ctx := driver.Context(t.Context(), driver.WithSettings(driver.Settings{"distributed_foreground_insert": 1}))
			if err := batch(ctx, c, "x", fmt.Sprint("batch/", s), rows...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := number(t, db, "SELECT count() FROM x"); n != 10 {
		t.Errorf("%d of 10 rows", n)
	}
}
