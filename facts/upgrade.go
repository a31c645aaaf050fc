package facts

import (
	"context"
	"fmt"
	"maps"
	"slices"
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
	var missing []*table
	for _, t := range []*table{charges, journeys, invoices} {
		var there int64
		if err := f.one(ctx, "SELECT i64(count(*)) AS n FROM "+t.name+" WHERE batch IN (SELECT batch FROM batches)", nil, &there); err != nil {
			return fmt.Errorf("facts: upgrade: %w", err)
		}
		if there == 0 {
			missing = append(missing, t)
		}
	}
	if len(missing) > 0 {
		if err := f.retype(ctx, missing); err != nil {
			return fmt.Errorf("facts: upgrade: %w", err)
		}
	}
	return f.eng.stamp(ctx)
}

// retype writes what well-known events say that were taken in before there
// were the tables for it: payments, and the steps of leads, trials, referrals
// and surveys.
func (f *Facts) retype(ctx context.Context, missing []*table) error {
	names := slices.Sorted(maps.Keys(wellKnownEvents))
	if len(missing) == 1 && missing[0] == invoices {
		names = []string{invoiceLine}
	}
	rows, err := f.internal(ctx, "SELECT t.known AS known, t.ts AS ts, t.source AS source, t.id AS id, t.name AS name, t.user_id AS user_id, "+eventAccount+" AS acc, "+eventPerson+" AS per, t.properties AS properties "+
		"FROM events t WHERE t.kind = 'track' AND t.name IN (SELECT unnest({names:Array(String)})) ORDER BY known, id", map[string]any{"names": names})
	if err != nil {
		return err
	}
	defer rows.Close()
	c := newCommit()
	last := f.LastKnown()
	for rows.Next() {
		e := farol.Event{Kind: farol.Track}
		var account, person, properties string
		if err := rows.Scan(&e.Known, &e.At, &e.Source, &e.ID, &e.Name, &e.User, &account, &person, &properties); err != nil {
			return err
		}
		e.Known, e.At, e.Account, e.Properties = e.Known.UTC(), e.At.UTC(), farol.AccountID(account), []byte(properties)
		parser := jsonParsers.Get()
		p := prepare(&e, f.Zone(), parser)
		jsonParsers.Put(parser)
		for _, t := range p.typed {
			if !slices.Contains(missing, t.table) {
				continue
			}
			t.row[0] = e.Known
			for at, who := range map[int]string{t.account: account, t.person: person} {
				if at >= 0 {
					t.row[at] = who
				}
			}
			c.add(t.table, t.row...)
		}
	}
	if err := rows.Err(); err != nil || len(c.of(charges))+len(c.of(journeys))+len(c.of(invoices)) == 0 {
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
