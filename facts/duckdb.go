package facts

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/farol-cs/farol"
)

// duck is the embedded engine. One connection writes; the pool reads. DuckDB
// gives each reader a snapshot, so that neither waits for the other.
type duck struct {
	connector *duckdb.Connector
	db        *sql.DB
	writer    *sql.Conn
	appenders []*duckdb.Appender // by table number, nil until used
	row       []driver.Value
	written   int // the format version of the file
}

// duckTypes spells the column types; nothing is declared NOT NULL because
// the check costs time and the writer decides what is null.
var duckTypes = map[colType]string{
	tText: "VARCHAR", tInt: "BIGINT", tHash: "UBIGINT", tFloat: "DOUBLE", tBool: "BOOLEAN", tDay: "DATE",
	tInstant: "TIMESTAMP", tIntN: "BIGINT", tFloatN: "DOUBLE", tInstantN: "TIMESTAMP",
}

func openDuck(ctx context.Context, c Config) (*duck, error) {
	set := url.Values{}
	set.Set("threads", strconv.Itoa(max(1, or(c.Threads, runtime.NumCPU()))))
	set.Set("memory_limit", or(c.MemoryLimit, machineMemory()))
	// Row order is the engine's own business: every reader sorts.
	set.Set("preserve_insertion_order", "false")
	// A checkpoint copies the write-ahead log into the file while commits
	// wait: 64 MB are some 160,000 events, and half a second of two cores.
	set.Set("checkpoint_threshold", "64MB")
	// Nor may it merge small row groups meanwhile, which takes up to three
	// times as long as the copying. Those emptied by compaction go all the same.
	set.Set("max_vacuum_tasks", "0")
	connector, err := duckdb.NewConnector(c.Path+"?"+set.Encode(), nil)
	if err != nil {
		return nil, err
	}
	d := &duck{connector: connector, db: sql.OpenDB(connector), appenders: make([]*duckdb.Appender, len(tables))}
	d.db.SetMaxIdleConns(8)
	if d.writer, err = d.db.Conn(ctx); err == nil {
		err = d.createTables(ctx)
	}
	if err == nil {
		_, err = d.writer.ExecContext(ctx, "ATTACH ':memory:' AS scratch")
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// or is v unless it is zero.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// machineMemory is a quarter of the memory, between 256 MB and 8 GB.
func machineMemory() string {
	const low, high = 256, 8192
	mb := 2048
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kb int
		if _, err := fmt.Sscanf(string(b), "MemTotal: %d kB", &kb); err == nil {
			mb = kb / 1024 / 4
		}
	}
	return strconv.Itoa(min(high, max(low, mb))) + "MB"
}

func (d *duck) createTables(ctx context.Context) error {
	for _, t := range tables {
		cols := make([]string, len(t.columns))
		for i, c := range t.columns {
			cols[i] = `"` + c.name + `" ` + duckTypes[c.kind]
		}
		_, err := d.writer.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+t.name+" ("+strings.Join(cols, ", ")+")")
		if err != nil {
			return err
		}
	}
	return d.checkFormat(ctx)
}

// checkFormat refuses a file that a later format version wrote, and gives one
// of an earlier format the columns that it lacks.
func (d *duck) checkFormat(ctx context.Context) error {
	_, err := d.writer.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS format AS SELECT `+strconv.Itoa(formatVersion)+` AS version`)
	if err != nil {
		return err
	}
	if err := d.writer.QueryRowContext(ctx, "SELECT max(version) FROM format").Scan(&d.written); err != nil {
		return err
	}
	if d.written < 1 || d.written > formatVersion {
		return fmt.Errorf("the facts are in format %d, this program reads format %d", d.written, formatVersion)
	}
	if d.written == formatVersion {
		return nil
	}
	for _, t := range tables {
		for _, c := range t.columns {
			if _, err := d.writer.ExecContext(ctx, "ALTER TABLE "+t.name+" ADD COLUMN IF NOT EXISTS \""+c.name+"\" "+duckTypes[c.kind]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *duck) format() int { return d.written }

func (d *duck) stamp(ctx context.Context) error {
	_, err := d.writer.ExecContext(ctx, "UPDATE format SET version = "+strconv.Itoa(formatVersion))
	if err == nil {
		d.written = formatVersion
	}
	return err
}

func (d *duck) dialect() *dialect { return duckDialect }

func (d *duck) apply(ctx context.Context, c *commit) error {
	if _, err := d.writer.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	err := d.writer.Raw(func(conn any) error { return d.append(conn.(driver.Conn), c) })
	if err == nil {
		_, err = d.writer.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		d.dropAppenders()
		_, undo := d.writer.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, undo)
	}
	return nil
}

func (d *duck) append(conn driver.Conn, c *commit) error {
	for _, t := range tables {
		rows := c.of(t)
		if len(rows) == 0 {
			continue
		}
		a, err := d.appender(conn, t)
		if err != nil {
			return err
		}
		row := append(d.row[:0], c.batch)
		for _, r := range rows {
			row = row[:1]
			for _, v := range r {
				row = append(row, v)
			}
			if err := a.AppendRow(row...); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
		d.row = row
		if err := a.Flush(); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// appender is the table's appender on the writer's connection, kept between
// transactions because making one costs more than a small batch.
func (d *duck) appender(conn driver.Conn, t *table) (*duckdb.Appender, error) {
	if a := d.appenders[t.number]; a != nil {
		return a, nil
	}
	a, err := duckdb.NewAppenderFromConn(conn, "", t.name)
	if err != nil {
		return nil, err
	}
	d.appenders[t.number] = a
	return a, nil
}

// dropAppenders forgets the appenders with the rows that they still hold.
func (d *duck) dropAppenders() {
	for i, a := range d.appenders {
		if a != nil {
			a.Clear()
			a.Close()
			d.appenders[i] = nil
		}
	}
}

func (d *duck) unfinished(context.Context) ([]int64, error) { return nil, nil }

func (d *duck) forget(context.Context, int64) error { return nil }

func (d *duck) query(ctx context.Context, text string, params map[string]any) (*sql.Rows, error) {
	text, args, err := bindDuck(text, params)
	if err != nil {
		return nil, err
	}
	return d.db.QueryContext(ctx, text, args...)
}

// bindDuck turns {name:Type} into CAST($name AS T).
func bindDuck(text string, params map[string]any) (string, []any, error) {
	var args []any
	bound := map[string]bool{}
	text, err := eachParam(text, func(name, typ string) (string, error) {
		as, ok := paramTypes[typ]
		if !ok {
			return "", fmt.Errorf("parameter %s has an unknown type %s", name, typ)
		}
		v, ok := params[name]
		if !ok {
			return "", fmt.Errorf("parameter %s is not given", name)
		}
		if !bound[name] {
			bound[name] = true
			args = append(args, sql.Named(name, paramValue(v)))
		}
		return "CAST($" + name + " AS " + as + ")", nil
	})
	return text, args, err
}

func (d *duck) hold(ctx context.Context, name, query string, params map[string]any) error {
	query, err := d.dialect().expand(query)
	if err != nil {
		return err
	}
	text, args, err := bindDuck(query, params)
	if err != nil {
		return err
	}
	const columns = "person VARCHAR, who VARCHAR, account VARCHAR, name VARCHAR, email VARCHAR, folded VARCHAR, role VARCHAR, consent VARCHAR, began BIGINT, lately BIGINT, accounts BIGINT, main BOOLEAN, test BOOLEAN"
	if _, err = d.db.ExecContext(ctx, "CREATE TABLE "+name+" ("+columns+")"); err != nil {
		return err
	}
	if _, err = d.db.ExecContext(ctx, "INSERT INTO "+name+" "+text, args...); err != nil {
		return errors.Join(err, d.release(context.WithoutCancel(ctx), name))
	}
	return nil
}

func (d *duck) release(ctx context.Context, name string) error {
	_, err := d.db.ExecContext(ctx, "DROP TABLE IF EXISTS "+name)
	return err
}

func (d *duck) replaceActivity(ctx context.Context, days farol.Period, upTo int64, query string, params map[string]any) error {
	return d.replace(ctx, activity, query, params, "WHERE day >= CAST($1 AS DATE) AND day < CAST($2 AS DATE) AND batch <= $3", days.From.String(), days.To.String(), upTo)
}

func (d *duck) rewrite(ctx context.Context, t *table, query string, params map[string]any) error {
	return d.replace(ctx, t, query, params, "")
}

// replace swaps the rows of a table that the condition holds for.
func (d *duck) replace(ctx context.Context, t *table, query string, params map[string]any, where string, bounds ...any) (err error) {
	text, args, err := bindDuck(query, params)
	if err != nil {
		return err
	}
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}()
	if _, err = tx.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE replacement AS "+text, args...); err != nil {
		return err
	}
	if _, err = tx.ExecContext(ctx, "DELETE FROM "+t.name+" "+where, bounds...); err != nil {
		return err
	}
	if _, err = tx.ExecContext(ctx, "INSERT INTO "+t.name+" SELECT * FROM replacement ORDER BY "+strings.Join(t.order, ", ")); err != nil {
		return err
	}
	if _, err = tx.ExecContext(ctx, "DROP TABLE replacement"); err != nil {
		return err
	}
	return tx.Commit()
}

// erase is one transaction, and a checkpoint after it that gives the space
// back.
func (d *duck) erase(ctx context.Context, list []removal, params map[string]any) error {
	if _, err := d.writer.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, r := range list {
		text := "DELETE FROM " + r.table + " WHERE " + r.where
		if r.set != "" {
			text = "UPDATE " + r.table + " SET " + r.set + " WHERE " + r.where
		}
		text, err := d.dialect().expand(text)
		if err == nil {
			var args []any
			if text, args, err = bindDuck(text, params); err == nil {
				_, err = d.writer.ExecContext(ctx, text, args...)
			}
		}
		if err != nil {
			_, undo := d.writer.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			return errors.Join(fmt.Errorf("%s: %w", r.table, err), undo)
		}
	}
	if _, err := d.writer.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	d.dropAppenders()
	// A reader's snapshot may hold it off; the next one does it.
	_, _ = d.writer.ExecContext(ctx, "CHECKPOINT")
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// close checkpoints and lets the file go.
func (d *duck) close() error {
	d.dropAppenders()
	var err error
	if d.writer != nil {
		err = d.writer.Close()
	}
	return errors.Join(err, d.db.Close(), d.connector.Close())
}
