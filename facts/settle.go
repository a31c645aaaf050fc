package facts

import (
	"context"
	"sort"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/farol-cs/farol"
)

// Settling gives stored events to the person and account that links and
// memberships learned later say. It never edits: it appends a row of moves
// per event, and to the rollup what leaves the old key and what comes to the
// new one. The writer does it between commits, so that intake and settling
// see one state. The mark (batches.settled) is written in the same commit:
// an interrupted run is done again, and finds nothing twice because it
// compares with what is stored.

// settleAll settles everything committed so far. In history a move is learned
// at the instant of the link or membership that causes it.
func (f *Facts) settleAll(ctx context.Context, inHistory bool) error {
	if !f.restless {
		return nil
	}
	begun := time.Now()
	defer func() { f.settleCost = time.Since(begun) }()
	work, err := f.unsettled(ctx)
	if err != nil {
		return err
	}
	c := newCommit()
	known := f.nextKnown()
	if inHistory {
		known = f.LastKnown()
	} else {
		for i := range work {
			work[i].known = known
		}
	}
	d := newDeltas(f.Zone(), 0)
	for len(work) > 0 {
		n := min(len(work), settleChunk)
		if err := f.settle(ctx, c, d, work[:n]); err != nil {
			return err
		}
		work = work[n:]
	}
	d.write(c)
	c.batch = f.batch + 1
	c.add(batches, known, int64(0), c.batch)
	f.noteTraits(c)
	if err := f.eng.apply(ctx, c); err != nil {
		f.ids.forget()
		return err
	}
	f.restless, f.settled, f.batch = false, c.batch, c.batch
	f.known.Store(known.UnixMilli())
	return nil
}

// settleChunk is how many raw ids one query asks for.
const settleChunk = 2000

// An unsettledID is a raw id whose stored events may have moved: all of them,
// or those without an account of their own from an instant on.
type unsettledID struct {
	raw  string
	all  bool
	from time.Time
	// known is when what touches it was learned.
	known time.Time
}

// unsettled lists the raw ids that links and memberships since the mark
// touch.
func (f *Facts) unsettled(ctx context.Context) ([]unsettledID, error) {
	mark := map[string]any{"mark": f.settled}
	moved := map[string]time.Time{}
	// Both the persons that lost ids and those that got them may now answer
	// another account for the ids that stayed.
	affected := map[string]bool{}
	rows, err := f.internal(ctx, `SELECT person, canonical, known FROM merges WHERE person IN (SELECT person FROM merges WHERE batch > {mark:Int64})`, mark)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var person, canonical string
		var known time.Time
		if err := rows.Scan(&person, &canonical, &known); err != nil {
			return nil, err
		}
		affected[person], affected[canonical] = true, true
		if known = known.UTC(); known.After(moved[person]) {
			moved[person] = known
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	joined := map[string]bool{}
	err = eachText(ctx, f.eng, `SELECT DISTINCT person FROM memberships WHERE batch > {mark:Int64} AND moot = false`, mark, func(v []string) { joined[v[0]] = true })
	if err != nil {
		return nil, err
	}
	if err := f.ids.canonicals(ctx, keys(joined)); err != nil {
		return nil, err
	}
	for raw := range joined {
		affected[f.ids.person(raw)] = true
	}
	return f.touched(ctx, moved, affected)
}

// touched adds to the moved ids those of the affected persons whose account
// may differ, with the earliest instant of it.
func (f *Facts) touched(ctx context.Context, moved map[string]time.Time, affected map[string]bool) ([]unsettledID, error) {
	out := make([]unsettledID, 0, len(moved))
	for raw, known := range moved {
		out = append(out, unsettledID{raw: raw, all: true, known: known})
	}
	raws, err := f.ids.raws(ctx, keys(affected))
	if err != nil {
		return nil, err
	}
	// The memberships of moved ids change the history of both sides, whichever
	// batch they came in.
	ids := map[string]bool{}
	for raw := range raws {
		ids[raw] = true
	}
	for raw := range moved {
		ids[raw] = true
	}
	rows, err := f.internal(ctx, `SELECT person, min(ts) AS first_ts, max(known) AS last_known FROM memberships WHERE person `+inIDs+`
AND (batch > {mark:Int64} OR person IN (SELECT person FROM merges WHERE batch > {mark:Int64})) GROUP BY person`,
		map[string]any{"ids": keys(ids), "mark": f.settled})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var from, known time.Time
	for rows.Next() {
		var person string
		var first, last time.Time
		if err := rows.Scan(&person, &first, &last); err != nil {
			return nil, err
		}
		if last = last.UTC(); last.After(known) {
			known = last
		}
		if first = first.UTC(); from.IsZero() || first.Before(from) {
			from = first
		}
	}
	if from.IsZero() {
		return out, rows.Err()
	}
	for _, k := range moved {
		if k.After(known) {
			known = k
		}
	}
	for raw := range raws {
		if _, ok := moved[raw]; !ok {
			out = append(out, unsettledID{raw: raw, from: from, known: known})
		}
	}
	return out, rows.Err()
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// A storedEvent is what settling needs of an event.
type storedEvent struct {
	source, id, kind, name string
	hash                   uint64
	day, at                time.Time
	account, raw           string // as named
	oldPerson, oldAccount  string
	origin                 string
	active                 bool
	millis                 int64
}

// settle compares the stored events of the raw ids with what holds now.
func (f *Facts) settle(ctx context.Context, c *commit, d *deltas, work []unsettledID) error {
	es, err := f.storedEvents(ctx, work)
	if err != nil || len(es) == 0 {
		return err
	}
	learned := make(map[string]time.Time, len(work))
	for _, w := range work {
		learned[w.raw] = w.known
	}
	raws, persons := make([]string, 0, len(es)), make([]string, 0, len(es))
	for _, e := range es {
		raws = append(raws, e.raw)
	}
	if err := f.ids.canonicals(ctx, raws); err != nil {
		return err
	}
	for _, e := range es {
		persons = append(persons, f.ids.person(e.raw))
	}
	if err := f.loadAccounts(ctx, newCommit(), persons); err != nil {
		return err
	}
	for _, e := range es {
		person := f.ids.person(e.raw)
		account := e.account
		if account == "" && f.ids.members.hasID(person) {
			m, _ := f.ids.member.get(person)
			account = m.on(e.at)
		}
		if person == e.oldPerson && account == e.oldAccount {
			continue
		}
		known := learned[e.raw]
		c.add(moves, known, e.day, e.origin, e.source, e.id, e.hash, person, account)
		if e.active {
			d.add(e.day, e.oldAccount, e.oldPerson, e.name, -1, -e.millis, known)
			d.add(e.day, account, person, e.name, 1, e.millis, known)
		}
	}
	return nil
}

// storedEvents loads the events of the raw ids as they are resolved now.
func (f *Facts) storedEvents(ctx context.Context, work []unsettledID) ([]storedEvent, error) {
	var all, later []uint64
	var from time.Time
	for _, w := range work {
		h := xxhash.Sum64String(w.raw)
		if w.all {
			all = append(all, h)
			continue
		}
		later = append(later, h)
		from = w.from
	}
	const cols = `SELECT source, id, kind, name, hash, day, ts, account, user_id, anonymous, as_account, as_person, active, millis FROM events `
	var out []storedEvent
	var err error
	if len(all) > 0 {
		out, err = f.scanStored(ctx, out, cols+`WHERE who IN (SELECT unnest({whos:Array(UInt64)}))`, map[string]any{"whos": all})
	}
	if len(later) > 0 && err == nil {
		out, err = f.scanStored(ctx, out, cols+`WHERE who IN (SELECT unnest({whos:Array(UInt64)})) AND ts >= {from:DateTime64(3)} AND account = ''`,
			map[string]any{"whos": later, "from": from})
	}
	if err != nil {
		return nil, err
	}
	return out, f.followMoves(ctx, out)
}

func (f *Facts) scanStored(ctx context.Context, out []storedEvent, text string, params map[string]any) ([]storedEvent, error) {
	rows, err := f.internal(ctx, text, params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e storedEvent
		var user, anonymous, asAccount, asPerson string
		err := rows.Scan(&e.source, &e.id, &e.kind, &e.name, &e.hash, &e.day, &e.at, &e.account, &user, &anonymous, &asAccount, &asPerson, &e.active, &e.millis)
		if err != nil {
			return nil, err
		}
		e.at, e.day = e.at.UTC(), e.day.UTC()
		e.raw = rawPerson(user, anonymous)
		e.oldAccount, e.oldPerson = or(asAccount, e.account), or(asPerson, e.raw)
		e.origin = e.oldAccount
		if e.kind != string(farol.Track) {
			e.name = "$" + e.kind
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

func rawPerson(user, anonymous string) string {
	e := farol.Event{User: farol.PersonID(user), Anonymous: farol.AnonymousID(anonymous)}
	return string(e.Person())
}

// followMoves brings the old person and account up to the last move.
func (f *Facts) followMoves(ctx context.Context, es []storedEvent) error {
	at := make(map[messageID]int, len(es))
	hashes := make([]uint64, len(es))
	for i, e := range es {
		at[messageID{e.source, e.id}] = i
		hashes[i] = e.hash
	}
	if len(es) == 0 {
		return nil
	}
	return eachText(ctx, f.eng, `SELECT source, id, person, account FROM moves WHERE hash IN (SELECT unnest({hashes:Array(UInt64)})) ORDER BY batch`,
		map[string]any{"hashes": hashes}, func(v []string) {
			if i, ok := at[messageID{v[0], v[1]}]; ok {
				es[i].oldPerson, es[i].oldAccount = v[2], v[3]
			}
		})
}
