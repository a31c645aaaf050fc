package facts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/cespare/xxhash/v2"
	"github.com/farol-cs/farol"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// apply writes the events, then what follows from them, then the row in
// batches that says the batch is whole. Every insert carries a token, by
// which the server drops it when it comes again: so an insert whose answer
// was lost is simply sent again.
func (e *click) apply(ctx context.Context, c *commit) error {
	if err := e.heal(ctx); err != nil {
		return err
	}
	if err := e.mayWrite(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.write(ctx, c)
	if err != nil {
		e.failed.Store(c.batch)
	}
	return err
}

// mayWrite refuses once another process has opened the log.
func (e *click) mayWrite(ctx context.Context) error {
	var last string
	err := e.db.QueryRowContext(ctx, "SELECT argMax(id, known) FROM writers").Scan(&last)
	if err == nil && last != e.id {
		err = errors.New("clickhouse: another process has opened these facts and writes them now")
	}
	return err
}

// heal removes what is left of a batch that failed for good. It was
// acknowledged to nobody, so nobody may see it: a client that sends it again
// must not hear that it is there.
func (e *click) heal(ctx context.Context) error {
	if e.failed.Load() == 0 {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	batch := e.failed.Load()
	if batch == 0 {
		return nil
	}
	if err := e.remove(ctx, batch, tables); err != nil {
		return err
	}
	e.failed.Store(0)
	return nil
}

func (e *click) write(ctx context.Context, c *commit) error {
	// The token is the commit's, not the batch number's: after a crash the
	// number may come again with other rows, which the server would drop.
	token := uuid.NewString()
	if err := e.insert(ctx, events, c, token); err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for _, t := range tables {
		if t != events && t != batches {
			g.Go(func() error { return e.insert(gctx, t, c, token) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return e.insert(ctx, batches, c, token)
}

// insert writes a table's rows, one insert for each shard: a token belongs to
// one block, and so does all-or-nothing.
func (e *click) insert(ctx context.Context, t *table, c *commit, token string) error {
	for shard, rows := range e.byShard(t, c) {
		if len(rows) == 0 {
			continue
		}
		token := fmt.Sprintf("%s/%d", token, shard)
		if err := e.persist(ctx, func() error { return e.send(ctx, t, c.batch, rows, token) }); err != nil {
			return fmt.Errorf("clickhouse: %s: %w", t.name, err)
		}
	}
	return nil
}

// byShard parts the rows as the Distributed table would.
func (e *click) byShard(t *table, c *commit) [][][]any {
	rows := c.of(t)
	if e.shards == 1 {
		return [][][]any{rows}
	}
	out := make([][][]any, e.shards)
	key := t.index(t.shard) - 1 // rows come without their first column, batch
	for _, r := range rows {
		s := uint64(c.batch)
		if key >= 0 {
			s = xxhash.Sum64String(r[key].(string))
		}
		out[s%uint64(e.shards)] = append(out[s%uint64(e.shards)], r)
	}
	return out
}

// send is one insert of one block.
func (e *click) send(ctx context.Context, t *table, batch int64, rows [][]any, token string) error {
	columns := make([]clickhouse.ColumnNameAndType, len(t.columns))
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		columns[i] = clickhouse.ColumnNameAndType{Name: c.name, Type: clickTypes[c.kind]}
		names[i] = "`" + c.name + "`"
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithColumnNamesAndTypes(columns), clickhouse.WithSettings(clickhouse.Settings{
		"insert_deduplication_token": token,
		"async_insert":               0,
	}))
	b, err := e.conn.PrepareBatch(ctx, "INSERT INTO "+t.name+" ("+strings.Join(names, ", ")+")")
	if err != nil {
		return err
	}
	defer b.Close()
	values := make([]any, 0, len(t.columns))
	for _, r := range rows {
		if err := b.Append(append(append(values[:0], batch), r...)...); err != nil {
			return err
		}
	}
	return b.Send()
}

// busy are the server's codes for "not now": timeout, too many queries,
// network, memory, read-only, too many parts.
var busy = []int32{159, 202, 209, 210, 241, 242, 252, 999}

// persist tries again, for most of a second, what failed for reasons that pass:
// the network, a server that restarts or has too much to do.
func (e *click) persist(ctx context.Context, try func() error) error {
	for wait := 50 * time.Millisecond; ; wait *= 3 {
		err := try()
		var exception *clickhouse.Exception
		passes := !errors.As(err, &exception) || slices.Contains(busy, exception.Code)
		if err == nil || !passes || wait > time.Second {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

func (e *click) unfinished(ctx context.Context) ([]int64, error) {
	rows, err := e.db.QueryContext(ctx, "SELECT DISTINCT batch FROM events WHERE batch NOT IN (SELECT batch FROM batches) ORDER BY batch")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var b int64
		if err := rows.Scan(&b); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

func (e *click) forget(ctx context.Context, batch int64) error {
	var derived []*table
	for _, t := range tables {
		if t != events && t != batches {
			derived = append(derived, t)
		}
	}
	return e.remove(ctx, batch, derived)
}

// remove deletes the rows of a batch.
func (e *click) remove(ctx context.Context, batch int64, from []*table) error {
	for _, t := range from {
		var n int64
		err := e.db.QueryRowContext(ctx, fmt.Sprintf("SELECT toInt64(count()) FROM %s WHERE batch = %d", t.name, batch)).Scan(&n)
		if err == nil && n > 0 {
			err = e.exec(ctx, fmt.Sprintf("DELETE FROM %s%s WHERE batch = %d SETTINGS lightweight_deletes_sync = 2", e.local(t.name), e.onCluster(), batch))
		}
		if err != nil {
			return fmt.Errorf("clickhouse: %s: %w", t.name, err)
		}
	}
	return nil
}

// replaceActivity builds the months that the days touch anew beside the
// table, and changes each for the old one in one step. Rows that come
// meanwhile are copied at the end, while the writer waits.
func (e *click) replaceActivity(ctx context.Context, days farol.Period, upTo int64, query string, params map[string]any) error {
	e.swap.Lock()
	defer e.swap.Unlock()
	if err := e.stage(ctx, activity); err != nil {
		return err
	}
	if err := e.fill(ctx, activity, query, params); err != nil {
		return err
	}
	months := farol.Calendar{Zone: time.UTC}.Cut(farol.Monthly, days)
	keep := fmt.Sprintf(`SELECT * FROM activity WHERE batch > {after:Int64} AND batch <= {last:Int64}
AND day >= '%s' AND day < '%s' AND NOT (day >= '%s' AND day < '%s' AND batch <= %d)`,
		months[0].From, months[len(months)-1].To, days.From, days.To, upTo)
	return e.whileWritten(ctx, activity, keep, nil, func() error {
		for _, m := range months {
			if err := e.replaceMonth(ctx, m.From); err != nil {
				return err
			}
		}
		return nil
	})
}

// whileWritten copies into the table beside t what the query answers for the
// batches up to now, then stops the writer, copies what came meanwhile, and
// calls swap. The query bounds its batches by {after:Int64} < batch <=
// {last:Int64}.
func (e *click) whileWritten(ctx context.Context, t *table, query string, params map[string]any, swap func() error) error {
	params = maps.Clone(params)
	if params == nil {
		params = map[string]any{}
	}
	var last int64
	if err := e.db.QueryRowContext(ctx, "SELECT max(batch) FROM batches").Scan(&last); err != nil {
		return err
	}
	params["after"], params["last"] = int64(-1), last
	if err := e.fill(ctx, t, query, params); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	params["after"], params["last"] = last, int64(math.MaxInt64)
	if err := e.fill(ctx, t, query, params); err != nil {
		return err
	}
	return swap()
}

// fill adds the query's rows to the table beside t.
func (e *click) fill(ctx context.Context, t *table, query string, params map[string]any) error {
	query, args, err := bindClick(query, params)
	if err != nil {
		return err
	}
	return e.exec(ctx, "INSERT INTO "+beside(t.name)+" "+query, args...)
}

// replaceMonth swaps one partition for the one beside it. That it may be
// empty has to be said, to servers that know the word.
func (e *click) replaceMonth(ctx context.Context, first farol.Day) error {
	y, m, _ := first.UTC().Date()
	statement := fmt.Sprintf("ALTER TABLE %s%s REPLACE PARTITION %d FROM %s", e.local(activity.name), e.onCluster(), y*100+int(m), e.local(beside(activity.name)))
	err := e.exec(ctx, statement+" SETTINGS allow_replace_partition_from_empty_source = 1")
	if exception := new(clickhouse.Exception); errors.As(err, &exception) && exception.Code == unknownSetting {
		return e.exec(ctx, statement)
	}
	return err
}

// rewrite swaps all rows of a table for those that the query answers (the
// table's columns in order), while batches are written. The query bounds its
// batches by {after:Int64} < batch <= {last:Int64}. A reader sees either the
// old rows or the new ones.
func (e *click) rewrite(ctx context.Context, t *table, query string, params map[string]any) error {
	e.swap.Lock()
	defer e.swap.Unlock()
	if err := e.stage(ctx, t); err != nil {
		return err
	}
	err := e.whileWritten(ctx, t, query, params, func() error {
		return e.exec(ctx, "EXCHANGE TABLES "+e.local(t.name)+" AND "+e.local(beside(t.name))+e.onCluster())
	})
	if err != nil {
		return err
	}
	return e.exec(ctx, "TRUNCATE TABLE "+e.local(beside(t.name))+e.onCluster())
}

// beside is the name of the table in which rows are made ready.
func beside(name string) string { return name + "_new" }

// stage makes an empty table beside t, in its shape.
func (e *click) stage(ctx context.Context, t *table) error {
	if err := e.createTable(ctx, t, beside(t.name)); err != nil {
		return err
	}
	return e.exec(ctx, "TRUNCATE TABLE "+e.local(beside(t.name))+e.onCluster())
}

// erase waits for each mutation to be done on every server: parts are written
// anew, so that nothing of what goes is left in the files.
func (e *click) erase(ctx context.Context, list []removal, params map[string]any) error {
	e.swap.Lock()
	defer e.swap.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range list {
		what := "DELETE"
		if r.set != "" {
			what = "UPDATE " + r.set
		}
		text, err := e.dialect().expand(fmt.Sprintf("ALTER TABLE %s%s %s WHERE %s SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1", e.local(r.table), e.onCluster(), what, r.where))
		if err != nil {
			return err
		}
		text, args, err := bindClick(text, params)
		if err != nil {
			return err
		}
		if err := e.exec(ctx, text, args...); err != nil {
			return fmt.Errorf("%s: %w", r.table, err)
		}
	}
	return nil
}
