package facts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// click is the engine on a ClickHouse server, or on a cluster of them when
// the DSN names one (?cluster=NAME). It speaks HTTP, which is what the tests
// run.
//
// On a cluster each table is TABLE_local on every server, spread by its shard
// column, and TABLE is the Distributed table over them that everything reads
// and writes.
type click struct {
	db      *sql.DB     // reads and DDL
	conn    driver.Conn // batches of rows
	cluster string      // "" is one server
	shards  int         // of the cluster; 1 without
	written int         // the format version of the tables

	id     string       // of this writer, in table writers
	mu     sync.Mutex   // held while a batch is written or partitions change places
	failed atomic.Int64 // the batch of which an unknown part is written, 0 for none

	swap sync.Mutex // one replaceActivity at a time
}

// writers says who opened the log. Only the last to do so may write: batches
// are numbered, and duplicates told, by one process.
var writers = &table{name: "writers", columns: []column{{"batch", tInt}, {"known", tInstant}, {"id", tText}}, order: []string{"known"}, shard: "batch"}

// clickSettings go with every query. The first eight are what makes one SQL
// text mean the same here as on DuckDB. In mode global the right side of a
// join or IN is computed once and sent to the shards, so that an answer never
// depends on which server holds a row; local would be cheaper and is wrong
// for whatever is not spread by account, such as people.
var clickSettings = clickhouse.Settings{
	"join_use_nulls":                     1,
	"union_default_mode":                 "DISTINCT",
	"except_default_mode":                "DISTINCT",
	"intersect_default_mode":             "DISTINCT",
	"cast_keep_nullable":                 1,
	"group_by_use_nulls":                 1,
	"prefer_column_name_to_alias":        1,
	"use_variant_as_common_type":         0,
	"session_timezone":                   "UTC",
	"distributed_product_mode":           "global",
	"distributed_ddl_output_mode":        "none",
	"distributed_foreground_insert":      1,         // an answer means that the shards have it
	"parallel_distributed_insert_select": 0,         // through this server, as every other insert goes
	"max_query_size":                     256 << 20, // long lists are part of the text
	"max_partitions_per_insert_block":    0,         // a batch of history spans many months
	// Two passes over the text that save no row here and take, in the long
	// queries of recurring revenue, almost half of all their time.
	"optimize_aggregators_of_group_by_keys": 0,
	"optimize_and_compare_chain":            0,
}

// clickTypes spells the column types.
var clickTypes = map[colType]string{
	tText: "String", tInt: "Int64", tHash: "UInt64", tFloat: "Float64", tBool: "Bool", tDay: "Date",
	tInstant: "DateTime64(3, 'UTC')", tIntN: "Nullable(Int64)", tFloatN: "Nullable(Float64)",
	tInstantN: "Nullable(DateTime64(3, 'UTC'))",
}

// clickIndexes let a search skip the parts of a table that cannot hold what
// it looks for: rows come nearly in the order of batch and known, and few rows
// have a given id.
var clickIndexes = map[string]string{
	"batch": "minmax", "known": "minmax", "hash": "bloom_filter(0.01)", "who": "bloom_filter(0.01)",
}

// Codes of the server's errors.
const (
	unknownDatabase = 81
	unknownSetting  = 115
)

// openClickHouse opens the database that the DSN names, and makes it and its
// tables where they are missing.
func openClickHouse(ctx context.Context, c Config) (*click, error) {
	opt, cluster, err := clickOptions(c)
	if err != nil {
		return nil, err
	}
	e := &click{cluster: cluster, shards: 1, id: uuid.NewString()}
	if err := e.connect(opt); err != nil {
		return nil, err
	}
	err = e.exec(ctx, "SELECT 1")
	if exception := new(clickhouse.Exception); errors.As(err, &exception) && exception.Code == unknownDatabase {
		err = e.createDatabase(ctx, *opt)
	}
	if err == nil {
		err = e.createTables(ctx)
	}
	if err == nil {
		err = e.exec(ctx, "INSERT INTO writers SELECT 0, now64(3, 'UTC'), {id:String}", clickhouse.Named("id", e.id))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("clickhouse: %w", err), e.close())
	}
	return e, nil
}

// clickOptions reads clickhouse://user:password@host:port/database?cluster=NAME.
// Other parameters are the driver's (secure=true, compress=lz4) or settings of
// the server.
func clickOptions(c Config) (*clickhouse.Options, string, error) {
	rest, ok := strings.CutPrefix(c.ClickHouse, "clickhouse://")
	if !ok {
		return nil, "", errors.New("clickhouse: the address must begin with clickhouse://")
	}
	scheme := "http://"
	if strings.Contains(rest, "secure=true") {
		scheme = "https://"
	}
	opt, err := clickhouse.ParseDSN(scheme + rest)
	if err != nil {
		return nil, "", fmt.Errorf("clickhouse: %w", err)
	}
	cluster, _ := opt.Settings["cluster"].(string)
	delete(opt.Settings, "cluster")
	for k, v := range clickSettings {
		opt.Settings[k] = v
	}
	if c.Threads > 0 {
		opt.Settings["max_threads"] = c.Threads
	}
	opt.MaxOpenConns, opt.MaxIdleConns = 16, 8
	return opt, cluster, nil
}

func (e *click) connect(opt *clickhouse.Options) (err error) {
	reads, batches := *opt, *opt
	e.db = clickhouse.OpenDB(&reads)
	e.conn, err = clickhouse.Open(&batches)
	return err
}

func (e *click) createDatabase(ctx context.Context, opt clickhouse.Options) error {
	name := opt.Auth.Database
	opt.Auth.Database = "default"
	db := clickhouse.OpenDB(&opt)
	defer db.Close()
	_, err := db.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS `"+name+"`"+e.onCluster())
	return err
}

func (e *click) onCluster() string {
	if e.cluster == "" {
		return ""
	}
	return " ON CLUSTER `" + e.cluster + "`"
}

// local is the name of the table that holds the rows of a table.
func (e *click) local(name string) string {
	if e.cluster == "" {
		return name
	}
	return name + "_local"
}

// createTables makes what is missing, counts the shards, and refuses a
// database that another format version wrote.
func (e *click) createTables(ctx context.Context) error {
	there, err := e.existing(ctx)
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	e.written = formatVersion
	for _, t := range append([]*table{writers}, tables...) {
		comment, ok := there[t.name]
		if !ok {
			g.Go(func() error { return e.createTable(gctx, t, t.name) })
			continue
		}
		var version int
		if _, err := fmt.Sscanf(comment, "facts, format %d", &version); err != nil || version < 1 || version > formatVersion {
			return fmt.Errorf("the facts are in %q, this program reads %q", comment, clickFormat(formatVersion))
		}
		if e.written = min(e.written, version); version < formatVersion {
			g.Go(func() error { return e.addColumns(gctx, t) })
		}
	}
	if err := g.Wait(); err != nil || e.cluster == "" {
		return err
	}
	err = e.db.QueryRowContext(ctx, "SELECT count(DISTINCT shard_num) FROM system.clusters WHERE cluster = {c:String}",
		clickhouse.Named("c", e.cluster)).Scan(&e.shards)
	if err == nil && e.shards == 0 {
		err = fmt.Errorf("the server knows no cluster %q", e.cluster)
	}
	return err
}

// existing lists the tables with their comments.
func (e *click) existing(ctx context.Context) (map[string]string, error) {
	rows, err := e.db.QueryContext(ctx, "SELECT name, comment FROM system.tables WHERE database = currentDatabase()")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var name, comment string
		if err := rows.Scan(&name, &comment); err != nil {
			return nil, err
		}
		out[name] = comment
	}
	return out, rows.Err()
}

func clickFormat(version int) string { return fmt.Sprintf("facts, format %d", version) }

func (e *click) format() int { return e.written }

// addColumns gives a table of an earlier format the columns that it lacks.
func (e *click) addColumns(ctx context.Context, t *table) error {
	for _, name := range e.both(t.name) {
		for _, c := range t.columns {
			err := e.exec(ctx, fmt.Sprintf("ALTER TABLE %s%s ADD COLUMN IF NOT EXISTS `%s` %s", name, e.onCluster(), c.name, clickTypes[c.kind]+clickCodecs[c.name]))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// both are the names under which a table is known: that of its rows first.
func (e *click) both(name string) []string {
	if e.cluster == "" {
		return []string{name}
	}
	return []string{e.local(name), name}
}

func (e *click) stamp(ctx context.Context) error {
	for _, t := range append([]*table{writers}, tables...) {
		for _, name := range e.both(t.name) {
			if err := e.exec(ctx, fmt.Sprintf("ALTER TABLE %s%s MODIFY COMMENT '%s'", name, e.onCluster(), clickFormat(formatVersion))); err != nil {
				return err
			}
		}
	}
	e.written = formatVersion
	return nil
}

// createTable makes the table under a name, with its Distributed table on a
// cluster.
func (e *click) createTable(ctx context.Context, t *table, name string) error {
	cols := make([]string, len(t.columns))
	for i, c := range t.columns {
		cols[i] = "`" + c.name + "` " + clickTypes[c.kind] + clickCodecs[c.name]
	}
	for _, c := range t.columns {
		if index := clickIndexes[c.name]; index != "" {
			cols = append(cols, "INDEX "+c.name+"_index `"+c.name+"` TYPE "+index)
		}
	}
	local := e.local(name)
	// An acknowledged batch must survive a power cut: a part is synced before
	// the insert is answered. The window is how many inserts back a retry is
	// known by its token.
	err := e.exec(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s%s (%s) ENGINE = MergeTree%s ORDER BY (%s)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '%s'`, local, e.onCluster(), strings.Join(cols, ", "), clickPartition(t), "`"+strings.Join(t.order, "`, `")+"`", clickFormat(formatVersion)))
	if err != nil || e.cluster == "" {
		return err
	}
	return e.exec(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s AS %s ENGINE = Distributed('%s', currentDatabase(), '%s', %s) COMMENT '%s'",
		name, e.onCluster(), local, e.cluster, local, clickShard(t), clickFormat(formatVersion)))
}

// text columns that hold JSON or bodies pack better, and are read seldom.
var clickCodecs = map[string]string{"properties": " CODEC(ZSTD)", "context": " CODEC(ZSTD)", "body": " CODEC(ZSTD)"}

// clickPartition cuts the tables that grow with time by month.
func clickPartition(t *table) string {
	for _, day := range []string{"day", "first_day"} {
		if t.index(day) >= 0 {
			return " PARTITION BY toYYYYMM(" + day + ")"
		}
	}
	return ""
}

// clickShard is the sharding key; shardOf computes the same.
func clickShard(t *table) string {
	if t.columns[t.index(t.shard)].kind == tText {
		return "xxHash64(`" + t.shard + "`)"
	}
	return "`" + t.shard + "`"
}

func (e *click) dialect() *dialect { return clickDialect }

func (e *click) query(ctx context.Context, text string, params map[string]any) (*sql.Rows, error) {
	if err := e.heal(ctx); err != nil {
		return nil, err
	}
	text, args, err := bindClick(text, params)
	if err != nil {
		return nil, err
	}
	return e.db.QueryContext(ctx, text, args...)
}

// bindClick picks the parameters that the text names; the server reads
// {name:Type} itself. Parameters travel in the URL, which a server limits to
// a megabyte: long lists are written into the text.
func bindClick(text string, params map[string]any) (string, []any, error) {
	var args []any
	bound := map[string]bool{}
	text, err := eachParam(text, func(name, typ string) (string, error) {
		v, ok := params[name]
		if !ok {
			return "", fmt.Errorf("parameter %s is not given", name)
		}
		if list, ok := clickList(v); ok {
			return "CAST(" + list + ", '" + typ + "')", nil
		}
		if !bound[name] {
			bound[name] = true
			args = append(args, clickhouse.Named(name, paramValue(v)))
		}
		return "{" + name + ":" + typ + "}", nil
	})
	return text, args, err
}

// longList is the length from which a list is written into the text.
const longList = 200

// clickList is a long list as a literal.
func clickList(v any) (string, bool) {
	switch v := v.(type) {
	case []string:
		escape := strings.NewReplacer(`\`, `\\`, "'", `\'`, "\x00", `\0`)
		return literalList(v, func(b *strings.Builder, s string) {
			b.WriteByte('\'')
			escape.WriteString(b, s)
			b.WriteByte('\'')
		})
	case []uint64:
		return literalList(v, func(b *strings.Builder, n uint64) { b.WriteString(strconv.FormatUint(n, 10)) })
	case []int64:
		return literalList(v, func(b *strings.Builder, n int64) { b.WriteString(strconv.FormatInt(n, 10)) })
	}
	return "", false
}

func literalList[T any](list []T, write func(*strings.Builder, T)) (string, bool) {
	if len(list) < longList {
		return "", false
	}
	var b strings.Builder
	for i, v := range list {
		b.WriteByte("[,"[min(i, 1)])
		write(&b, v)
	}
	b.WriteByte(']')
	return b.String(), true
}

func (e *click) exec(ctx context.Context, statement string, args ...any) error {
	_, err := e.db.ExecContext(ctx, statement, args...)
	return err
}

func (e *click) close() error {
	err := e.db.Close()
	if e.conn != nil {
		err = errors.Join(err, e.conn.Close())
	}
	return err
}
