package facts

import (
	"context"
	"database/sql"

	"github.com/farol-cs/farol"
)

// An engine stores the tables and runs SQL on them. There are two: DuckDB in
// this process and a ClickHouse server. Its methods may be called
// concurrently, except that apply is only called by the writer, one at a
// time.
type engine interface {
	// dialect spells what differs in SQL between the engines.
	dialect() *dialect
	// apply writes the rows of a batch. After it returns they are durable and
	// visible as a whole. When it fails, or the process dies, either nothing
	// of the batch is left at the next opening, or unfinished names it.
	apply(ctx context.Context, c *commit) error
	// unfinished lists the batches that have rows of events but none in
	// batches, oldest first. DuckDB has none: its batches are transactions.
	unfinished(ctx context.Context) ([]int64, error)
	// forget removes what a batch wrote to tables other than events, so that
	// it can be applied again.
	forget(ctx context.Context, batch int64) error
	// query runs SQL in the engine's own words; params are bound as
	// {name:Type}, with the value types of Facts.Query.
	query(ctx context.Context, text string, params map[string]any) (*sql.Rows, error)
	// replaceActivity swaps the rows of activity with from <= day < to and
	// batch <= upTo for those that the query answers (the table's columns in
	// order). A reader sees either the old rows or the new ones.
	replaceActivity(ctx context.Context, days farol.Period, upTo int64, query string, params map[string]any) error
	// rewrite swaps all rows of a table for those that the query answers (the
	// table's columns in order). The query bounds its batches by {after:Int64}
	// < batch <= {last:Int64}, which the engine may set for rows that come
	// meanwhile. A reader sees either the old rows or the new ones.
	rewrite(ctx context.Context, t *table, query string, params map[string]any) error
	// erase takes what the removals say out of the tables, all of it or, where
	// it fails, perhaps some: it can be done again.
	erase(ctx context.Context, list []removal, params map[string]any) error
	// format is the version of the log as it was found: an earlier one has the
	// columns of this program by now, but not what is to be in them, until
	// stamp says that it has.
	format() int
	stamp(ctx context.Context) error
	close() error
}
