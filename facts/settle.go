package facts

import (
	"context"
	"database/sql"
	"sort"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/farol-cs/farol"
)

// Settling gives stored events to the person and account that links and
// memberships learned later say. It never edits: it appends a row of moves
// per event, and to the rollup what leaves the old key and what comes to the
// new one. The writer does it between commits, so that intake and settling
// see one state, a portion at a time, so that nobody waits long. The mark
// (batches.settled) moves with the last portion: an interrupted run is done
// again, and finds nothing twice because it compares with what is stored.

// settleAll settles everything committed so far. In history a move is learned
// at the instant of the link or membership that causes it.
func (f *Facts) settleAll(ctx context.Context, inHistory bool) error {
	if !f.restless {
		return nil
	}
	begun := time.Now()
	work, err := f.unsettled(ctx)
	if err != nil {
		return err
	}
	upTo, was := f.batch, f.pending
	f.pending, f.restless, f.settling = newPending(), false, true
	err = f.settleWork(ctx, work, upTo, inHistory)
	f.settling = false
	if err != nil {
		f.ids.forget()
		f.restless = true
		f.pending.merge(was)
		return err
	}
	f.settleCost = time.Since(begun)
	return nil
}

// settleWork settles the work in portions. What arrives meanwhile is committed
// between them.
func (f *Facts) settleWork(ctx context.Context, work []unsettledID, upTo int64, inHistory bool) error {
	for {
		n := min(len(work), f.portion)
		c, d := newCommit(), newDeltas(f.Zone(), 0)
		known := f.nextKnown()
		if inHistory {
			known = f.LastKnown()
		} else {
			for i := range work[:n] {
				work[i].known = known
			}
		}
		if err := f.settle(ctx, c, d, work[:n]); err != nil {
			return err
		}
		d.write(c)
		f.noteFirsts(c)
		c.batch = f.batch + 1
		settled := f.settled
		if work = work[n:]; len(work) == 0 {
			settled = upTo
			if !f.restless {
				settled = c.batch
			}
		}
		c.add(batches, known, int64(0), settled)
		f.noteTraits(c)
		if err := f.eng.apply(ctx, c); err != nil {
			return err
		}
		f.keepFirsts(c)
		f.batch, f.settled = c.batch, settled
		f.known.Store(known.UnixMilli())
		if len(work) == 0 {
			return nil
		}
		f.serve()
	}
}

// serve commits what waits. Requests that ask for settling are answered when
// the run that is going on has ended.
func (f *Facts) serve() {
	for range 4 {
		select {
		case r := <-f.queue:
			f.commitGroup(f.gather(r, time.Time{}))
		default:
			return
		}
	}
}

// settlePortion is how many raw ids are settled in one commit.
const settlePortion = 2000

// An unsettledID is a raw id whose stored events may have moved: all of them,
// or those without an account of their own from an instant on.
type unsettledID struct {
	raw  string
	all  bool
	from time.Time
	// known is when what touches it was learned.
	known time.Time
}

// pending is what links and memberships since the mark may move. The writer
// keeps it as it commits; after a restart it is read from the log.
type pending struct {
	// moved raw ids stand for somebody else, since the instant given.
	moved map[string]time.Time
	// affected persons lost or got ids or memberships.
	affected map[string]bool
	// from is the earliest of the new memberships, known when the last of them
	// was learned.
	from, known time.Time
	// stored tells that memberships in the log went along with moved ids.
	stored bool
}

func newPending() pending {
	return pending{moved: map[string]time.Time{}, affected: map[string]bool{}}
}

// merge takes back what a run that failed did not do.
func (p *pending) merge(q pending) {
	for id, known := range q.moved {
		if known.After(p.moved[id]) {
			p.moved[id] = known
		}
	}
	for id := range q.affected {
		p.affected[id] = true
	}
	if !q.from.IsZero() {
		p.earliest(q.from, q.known)
	}
	p.stored = p.stored || q.stored
}

func (p *pending) stand(id, old, now string, known time.Time, member bool) {
	p.moved[id] = known
	p.affected[old], p.affected[now] = true, true
	p.stored = p.stored || member
}

func (p *pending) join(person string, at, known time.Time) {
	p.affected[person] = true
	p.earliest(at, known)
}

func (p *pending) earliest(at, known time.Time) {
	if p.from.IsZero() || at.Before(p.from) {
		p.from = at
	}
	if known.After(p.known) {
		p.known = known
	}
}

// recall reads what was pending when the log was closed.
func (f *Facts) recall(ctx context.Context) error {
	mark := map[string]any{"mark": f.settled}
	rows, err := f.internal(ctx, `SELECT person, canonical, known FROM merges WHERE person IN (SELECT person FROM merges WHERE batch > {mark:Int64})`, mark)
	if err != nil {
		return err
	}
	defer rows.Close()
	p := newPending()
	for rows.Next() {
		var person, canonical string
		var known time.Time
		if err := rows.Scan(&person, &canonical, &known); err != nil {
			return err
		}
		if known = known.UTC(); known.Before(p.moved[person]) {
			known = p.moved[person]
		}
		// Before its first row an id stood for itself.
		p.stand(person, person, canonical, known, true)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := f.recallMemberships(ctx, &p, mark); err != nil {
		return err
	}
	f.pending = p
	return nil
}

func (f *Facts) recallMemberships(ctx context.Context, p *pending, mark map[string]any) error {
	rows, err := f.internal(ctx, `SELECT person, min(ts) AS first_ts, max(known) AS last_known FROM memberships WHERE batch > {mark:Int64} AND moot = false GROUP BY person`, mark)
	if err != nil {
		return err
	}
	defer rows.Close()
	var joined []string
	for rows.Next() {
		var person string
		var at, known time.Time
		if err := rows.Scan(&person, &at, &known); err != nil {
			return err
		}
		joined = append(joined, person)
		p.join(person, at.UTC(), known.UTC())
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := f.ids.canonicals(ctx, joined); err != nil {
		return err
	}
	for _, raw := range joined {
		p.affected[f.ids.person(raw)] = true
	}
	return nil
}

// unsettled lists the raw ids whose stored events have to be looked at: the
// moved ones, and those of affected persons whose account may differ.
func (f *Facts) unsettled(ctx context.Context) ([]unsettledID, error) {
	p := &f.pending
	out := make([]unsettledID, 0, len(p.moved))
	for _, raw := range keys(p.moved) {
		out = append(out, unsettledID{raw: raw, all: true, known: p.moved[raw]})
		if p.moved[raw].After(p.known) {
			p.known = p.moved[raw]
		}
	}
	if p.stored {
		if err := f.storedFrom(ctx, p); err != nil {
			return nil, err
		}
	}
	if p.from.IsZero() {
		return out, nil
	}
	raws, err := f.ids.raws(ctx, keys(p.affected))
	if err != nil {
		return nil, err
	}
	for _, raw := range keys(raws) {
		if _, ok := p.moved[raw]; !ok {
			out = append(out, unsettledID{raw: raw, from: p.from, known: p.known})
		}
	}
	return out, nil
}

// storedFrom brings the earliest instant back to the memberships of the moved
// ids: they change the history of both sides, whichever batch they came in.
func (f *Facts) storedFrom(ctx context.Context, p *pending) error {
	rows, err := f.internal(ctx, `SELECT min(toNullable(ts)) AS first_ts FROM memberships WHERE person `+inIDs, map[string]any{"ids": keys(p.moved)})
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var first sql.NullTime
		if err := rows.Scan(&first); err != nil {
			return err
		}
		if at := first.Time.UTC(); first.Valid && (p.from.IsZero() || at.Before(p.from)) {
			p.from = at
		}
	}
	return rows.Err()
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
	var out []storedEvent
	if len(all) > 0 {
		if err := f.scanStored(ctx, &out, "", map[string]any{"whos": all}); err != nil {
			return nil, err
		}
	}
	if len(later) > 0 {
		if err := f.scanStored(ctx, &out, " AND ts >= {from:DateTime64(3)} AND account = ''", map[string]any{"whos": later, "from": from}); err != nil {
			return nil, err
		}
	}
	if !f.traits.moved.Load() {
		return out, nil
	}
	return out, f.followMoves(ctx, out)
}

// scanStored loads the events of the hashes. It first asks in which batches
// they are: those columns are narrow, and the rest of the log need not be read.
func (f *Facts) scanStored(ctx context.Context, out *[]storedEvent, cond string, params map[string]any) error {
	where := " WHERE who IN (SELECT unnest({whos:Array(UInt64)}))" + cond
	var first, last sql.NullInt64
	if err := f.one(ctx, "SELECT min(toNullable(batch)) AS a, max(toNullable(batch)) AS b FROM events"+where, params, &first, &last); err != nil || !first.Valid {
		return err
	}
	params["first"], params["last"] = first.Int64, last.Int64
	rows, err := f.internal(ctx, `SELECT source, id, kind, name, hash, day, ts, account, user_id, anonymous, as_account, as_person, active, millis FROM events`+
		where+" AND batch >= {first:Int64} AND batch <= {last:Int64}", params)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e storedEvent
		var user, anonymous, asAccount, asPerson string
		err := rows.Scan(&e.source, &e.id, &e.kind, &e.name, &e.hash, &e.day, &e.at, &e.account, &user, &anonymous, &asAccount, &asPerson, &e.active, &e.millis)
		if err != nil {
			return err
		}
		e.at, e.day = e.at.UTC(), e.day.UTC()
		e.raw = rawPerson(user, anonymous)
		e.oldAccount, e.oldPerson = or(asAccount, e.account), or(asPerson, e.raw)
		e.origin = e.oldAccount
		if e.kind != string(farol.Track) {
			e.name = "$" + e.kind
		}
		*out = append(*out, e)
	}
	return rows.Err()
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
