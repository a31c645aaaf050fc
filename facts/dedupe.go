package facts

import (
	"context"
	"time"
)

// fresh lists the events of the group that were never taken in before, each
// once, and fills in the receipts. Ids from before since are forgotten.
func (f *Facts) fresh(ctx context.Context, group []*request, receipts []Receipt, since time.Time) ([]prepared, error) {
	n := 0
	for _, r := range group {
		n += len(r.events)
	}
	if n == 0 {
		return nil, nil
	}
	stored, err := f.stored(ctx, group, since)
	if err != nil {
		return nil, err
	}
	out := make([]prepared, 0, n)
	inside := make(map[uint64]int, n)
	for i, r := range group {
		for _, p := range r.events {
			if at, twice := inside[p.hash]; twice && out[at].same(p) || stored[messageID{string(p.e.Source), p.e.ID}] {
				receipts[i].Duplicates++
				continue
			}
			inside[p.hash] = len(out)
			out = append(out, p)
			receipts[i].Accepted++
		}
	}
	return out, nil
}

// same tells whether two events have one message id.
func (p *prepared) same(q prepared) bool { return p.e.ID == q.e.ID && p.e.Source == q.e.Source }

type messageID struct{ source, id string }

// stored asks the engine for those message ids of the group that the
// fingerprints do not rule out. Until the fingerprints of earlier runs are
// loaded it asks for all of them.
func (f *Facts) stored(ctx context.Context, group []*request, since time.Time) (map[messageID]bool, error) {
	from, to := time.Time{}, time.Time{}
	var hashes []uint64
	past := f.past.Load()
	for _, r := range group {
		for i := range r.events {
			h := r.events[i].hash
			if past == nil {
				hashes = append(hashes, h)
				continue
			}
			for _, s := range []*seen{past, &f.recent} {
				a, b, yes := s.has(h)
				if !yes {
					continue
				}
				hashes = append(hashes, h)
				if from.IsZero() || a.Before(from) {
					from = a
				}
				if b.After(to) {
					to = b
				}
			}
		}
	}
	if len(hashes) == 0 {
		return nil, nil
	}
	if past == nil || from.Before(since) {
		from = since
	}
	if past == nil || to.Before(from) {
		to = maxTime
	}
	return f.lookUp(ctx, hashes, from, to)
}

// maxTime is later than any known, and inside what both engines can hold.
var maxTime = time.Date(2148, 1, 1, 0, 0, 0, 0, time.UTC)

func (f *Facts) lookUp(ctx context.Context, hashes []uint64, from, to time.Time) (map[messageID]bool, error) {
	out := map[messageID]bool{}
	err := eachText(ctx, f.eng, `SELECT source, id FROM events WHERE hash IN (SELECT unnest({hashes:Array(UInt64)}))
AND known >= {from:DateTime64(3)} AND known <= {to:DateTime64(3)}`,
		map[string]any{"hashes": hashes, "from": from, "to": to}, func(v []string) { out[messageID{v[0], v[1]}] = true })
	return out, err
}

// loadPast reads the fingerprints of the events within the window that were
// stored before this run.
func (f *Facts) loadPast(ctx context.Context, upTo int64) error {
	since := f.now().Add(-f.window)
	rows, err := f.eng.query(ctx, "SELECT hash, known FROM events WHERE known >= {from:DateTime64(3)} AND batch <= {upto:Int64}",
		map[string]any{"from": since, "upto": upTo})
	if err != nil {
		return err
	}
	defer rows.Close()
	// Rows come in any order, so no segment can tell its time.
	past := &seen{}
	for rows.Next() {
		var h uint64
		var known time.Time
		if err := rows.Scan(&h, &known); err != nil {
			return err
		}
		past.add(h, known.UTC())
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, s := range past.segments {
		s.from, s.to = since, f.LastKnown()
	}
	f.past.Store(past)
	return nil
}

// loadPeople reads who had events before this run.
func (f *Facts) loadPeople(ctx context.Context, upTo int64) error {
	past := &seen{}
	rows, err := f.eng.query(ctx, "SELECT DISTINCT who FROM events WHERE batch <= {upto:Int64}", map[string]any{"upto": upTo})
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var h uint64
		if err := rows.Scan(&h); err != nil {
			return err
		}
		past.add(h, time.Time{})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	err = eachText(ctx, f.eng, "SELECT DISTINCT canonical FROM merges WHERE batch <= {upto:Int64}", map[string]any{"upto": upTo}, func(v []string) { past.once(v[0]) })
	if err == nil {
		f.people.past.Store(past)
	}
	return err
}
