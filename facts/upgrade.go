package facts

import (
	"context"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
)

// upgrade fills in what a log of an earlier format lacks. The engine has made
// the columns and tables by now; what follows from stored events is written
// as one more batch, under the instants at which the events were known.
func (f *Facts) upgrade(ctx context.Context) error {
	if f.eng.format() == formatVersion {
		return nil
	}
	var there int64
	if err := f.one(ctx, "SELECT i64(count(*)) AS n FROM charges WHERE batch IN (SELECT batch FROM batches)", nil, &there); err != nil {
		return fmt.Errorf("facts: upgrade: %w", err)
	}
	if there == 0 {
		if err := f.recharge(ctx); err != nil {
			return fmt.Errorf("facts: upgrade: %w", err)
		}
	}
	return f.eng.stamp(ctx)
}

// recharge writes the charges of the payments that were taken in before there
// was a table for them.
func (f *Facts) recharge(ctx context.Context) error {
	rows, err := f.internal(ctx, "SELECT known, ts, source, id, name, CASE WHEN as_account <> '' THEN as_account ELSE account END AS acc, properties "+
		"FROM events WHERE kind = 'track' AND name IN ('Payment Succeeded', 'Payment Failed') ORDER BY known, id", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	c := newCommit()
	last := f.LastKnown()
	for rows.Next() {
		e := farol.Event{Kind: farol.Track}
		var account, properties string
		if err := rows.Scan(&e.Known, &e.At, &e.Source, &e.ID, &e.Name, &account, &properties); err != nil {
			return err
		}
		e.Known, e.At, e.Account, e.Properties = e.Known.UTC(), e.At.UTC(), farol.AccountID(account), []byte(properties)
		parser := jsonParsers.Get()
		p := prepare(&e, f.Zone(), parser)
		jsonParsers.Put(parser)
		for _, t := range p.typed {
			t.row[0], t.row[t.account] = e.Known, account
			c.add(t.table, t.row...)
		}
	}
	if err := rows.Err(); err != nil || len(c.of(charges)) == 0 {
		return err
	}
	c.batch = f.batch + 1
	// What a start that was interrupted left behind goes first.
	if err := f.eng.forget(ctx, c.batch); err != nil {
		return err
	}
	c.add(batches, last.UTC().Truncate(time.Millisecond), int64(0), f.settled)
	f.noteTraits(c)
	if err := f.eng.apply(ctx, c); err != nil {
		return err
	}
	f.batch = c.batch
	return nil
}
