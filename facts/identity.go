package facts

import (
	"context"
	"sort"
	"time"

	"github.com/cespare/xxhash/v2"
)

// A link says that two raw ids are one person.
type link struct {
	from, to string
	at       time.Time
	id       string // of the event
	known    time.Time
}

// before is the order in which links are replayed. It does not depend on
// arrival.
func (l link) before(m link) bool {
	if !l.at.Equal(m.at) {
		return l.at.Before(m.at)
	}
	if l.id != m.id {
		return l.id < m.id
	}
	if l.from != m.from {
		return l.from < m.from
	}
	return l.to < m.to
}

// replay answers where each id leads: every id has one way out, the earliest
// of its links, and a link that would close a circle is skipped.
func replay(ls []link) map[string]string {
	ls = uncut(ls)
	sort.Slice(ls, func(i, j int) bool { return ls[i].before(ls[j]) })
	next := make(map[string]string, len(ls))
	taken := make(map[string]bool, len(ls))
	for _, l := range ls {
		if taken[l.from] {
			continue
		}
		taken[l.from] = true
		if end(next, l.to) != l.from {
			next[l.from] = l.to
		}
	}
	return next
}

// end follows the links from id to the person it stands for.
func end(next map[string]string, id string) string {
	for next[id] != "" {
		id = next[id]
	}
	return id
}

// A point is where a person's account changes: account from at on.
type point struct {
	at      time.Time
	account string
}

// A membership history of one canonical person. Points with the same account
// as the one before them are left out; last is the latest instant of all.
type membership struct {
	points []point
	last   time.Time
}

// on is the account at the instant, "" before the first.
func (m membership) on(at time.Time) string {
	i := sort.Search(len(m.points), func(i int) bool { return m.points[i].at.After(at) })
	if i == 0 {
		return ""
	}
	return m.points[i-1].account
}

// plus adds a point after all others; false when it comes before one.
func (m membership) plus(at time.Time, account string) (membership, bool) {
	if len(m.points) > 0 && !at.After(m.last) {
		return m, false
	}
	if m.on(at) != account {
		// A copy: an older value of the cache may share the array.
		m.points = append(m.points[:len(m.points):len(m.points)], point{at, account})
	}
	m.last = at
	return m, true
}

// identity answers who a raw id is and to which account a person belongs. It
// belongs to the writer. What it does not hold it asks the engine, in one
// query for a whole batch.
type identity struct {
	eng engine
	// linked holds every id at either end of a link, members every id that
	// may have memberships: nearly all look-ups end there.
	linked, members seen
	canon           *cache[string]
	out             *cache[link]
	member          *cache[membership]
}

func newIdentity(eng engine) *identity {
	const entries = 2 * maxGroup
	return &identity{eng: eng, canon: newCache[string](entries), out: newCache[link](entries), member: newCache[membership](entries)}
}

// load fills the sets from the engine.
func (d *identity) load(ctx context.Context) error {
	put := func(s *seen) func([]string) {
		return func(id []string) { s.once(id[0]) }
	}
	for _, q := range []struct {
		text string
		into *seen
	}{
		{"SELECT src AS x FROM links UNION ALL SELECT dst AS x FROM links", &d.linked},
		{"SELECT DISTINCT person AS x FROM memberships", &d.members},
		{"SELECT DISTINCT m.canonical AS x FROM merges m JOIN memberships p ON p.person = m.person", &d.members},
	} {
		if err := eachText(ctx, d.eng, q.text, nil, put(q.into)); err != nil {
			return err
		}
	}
	return nil
}

// once adds an id unless it is there.
func (s *seen) once(id string) {
	h := xxhash.Sum64String(id)
	if _, _, yes := s.has(h); !yes {
		s.add(h, time.Time{})
	}
}

func (s *seen) hasID(id string) bool {
	if s.total == 0 {
		return false
	}
	_, _, yes := s.has(xxhash.Sum64String(id))
	return yes
}

// forget drops what was learned since the last commit, after it failed. The
// sets may keep too much: that costs a query, never an answer.
func (d *identity) forget() {
	d.canon.clear()
	d.out.clear()
	d.member.clear()
}

// eachText runs a query whose columns are all text.
func eachText(ctx context.Context, eng engine, text string, params map[string]any, f func([]string)) error {
	rows, err := eng.query(ctx, text, params)
	if err != nil {
		return err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return err
	}
	vals, ptrs := make([]string, len(cols)), make([]any, len(cols))
	for i := range vals {
		ptrs[i] = &vals[i]
	}
	for rows.Next() {
		if err := rows.Scan(ptrs...); err != nil {
			return err
		}
		f(vals)
	}
	return rows.Err()
}

const inIDs = "IN (SELECT unnest({ids:Array(String)}))"

// outgoing loads the earliest stored link of each id.
func (d *identity) outgoing(ctx context.Context, ids []string) error {
	ids = missing(d.out, d.linked.hasID, ids)
	if len(ids) == 0 {
		return nil
	}
	found, err := storedLinks(ctx, d.eng, "src "+inIDs, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		d.out.put(id, link{})
	}
	for _, l := range found {
		if l.byHand() {
			continue // what calls say is kept beside it, for when it is cut
		}
		if o, _ := d.out.get(l.from); o.from == "" || l.before(o) {
			d.out.put(l.from, l)
		}
	}
	return nil
}

// missing lists, once each, the ids that may have something and are not in
// the cache.
func missing[V any](c *cache[V], may func(string) bool, ids []string) []string {
	var out []string
	asked := map[string]bool{}
	for _, id := range ids {
		if asked[id] || !may(id) {
			continue
		}
		asked[id] = true
		if _, ok := c.get(id); !ok {
			out = append(out, id)
		}
	}
	return out
}

func storedLinks(ctx context.Context, eng engine, where string, ids []string) ([]link, error) {
	rows, err := eng.query(ctx, "SELECT src, dst, ts, id FROM links WHERE "+where, map[string]any{"ids": ids})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []link
	for rows.Next() {
		var l link
		if err := rows.Scan(&l.from, &l.to, &l.at, &l.id); err != nil {
			return nil, err
		}
		l.at = l.at.UTC()
		out = append(out, l)
	}
	return out, rows.Err()
}

// person is who a raw id stands for; canonicals must have loaded it.
func (d *identity) person(raw string) string {
	if d.linked.hasID(raw) {
		if c, ok := d.canon.get(raw); ok {
			return c
		}
	}
	return raw
}

// canonicals loads who the raw ids stand for.
func (d *identity) canonicals(ctx context.Context, ids []string) error {
	ids = missing(d.canon, d.linked.hasID, ids)
	if len(ids) == 0 {
		return nil
	}
	found, err := latestMerges(ctx, d.eng, "person "+inIDs, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		d.canon.put(id, or(found[id], id))
	}
	return nil
}

// latestMerges answers raw id -> canonical person as of now.
func latestMerges(ctx context.Context, eng engine, where string, ids []string) (map[string]string, error) {
	rows, err := eng.query(ctx, "SELECT person, canonical FROM merges WHERE "+where+" ORDER BY batch, known", map[string]any{"ids": ids})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var p, c string
		if err := rows.Scan(&p, &c); err != nil {
			return nil, err
		}
		found[p] = c
	}
	return found, rows.Err()
}

// raws answers every raw id of the canonical persons -> the person.
func (d *identity) raws(ctx context.Context, persons []string) (map[string]string, error) {
	out := make(map[string]string, len(persons))
	if d.linked.total > 0 {
		found, err := latestMerges(ctx, d.eng, "person IN (SELECT person FROM merges WHERE canonical "+inIDs+")", persons)
		if err != nil {
			return nil, err
		}
		wanted := make(map[string]bool, len(persons))
		for _, p := range persons {
			wanted[p] = true
		}
		for raw, c := range found {
			if wanted[c] {
				out[raw] = c
			}
		}
	}
	for _, p := range persons {
		out[p] = p
	}
	return out, nil
}

// storedMemberships answers the history of each person; raws maps the raw ids
// to them.
func storedMemberships(ctx context.Context, eng engine, raws map[string]string) (map[string]membership, error) {
	all, err := storedPoints(ctx, eng, raws)
	if err != nil {
		return nil, err
	}
	by := map[string][]idPoint{}
	for _, p := range all {
		by[p.person] = append(by[p.person], p)
	}
	out := make(map[string]membership, len(by))
	for person, points := range by {
		out[person] = foldIDs(points)
	}
	return out, nil
}

// An idPoint is a stored membership with the event it came from.
type idPoint struct {
	id     string
	person string
	point
}

func storedPoints(ctx context.Context, eng engine, raws map[string]string) ([]idPoint, error) {
	ids := make([]string, 0, len(raws))
	for raw := range raws {
		ids = append(ids, raw)
	}
	rows, err := eng.query(ctx, "SELECT person, ts, id, account FROM memberships WHERE person "+inIDs, map[string]any{"ids": ids})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []idPoint
	for rows.Next() {
		var p idPoint
		var raw string
		if err := rows.Scan(&raw, &p.at, &p.id, &p.account); err != nil {
			return nil, err
		}
		p.at, p.person = p.at.UTC(), raws[raw]
		out = append(out, p)
	}
	return out, rows.Err()
}

// foldIDs makes a history of points in any order: by instant, then by event.
func foldIDs(ps []idPoint) membership {
	sort.Slice(ps, func(i, j int) bool {
		a, b := ps[i], ps[j]
		if !a.at.Equal(b.at) {
			return a.at.Before(b.at)
		}
		if a.id != b.id {
			return a.id < b.id
		}
		return a.account < b.account
	})
	points := make([]point, len(ps))
	for i, p := range ps {
		points[i] = p.point
	}
	return fold(points)
}

// fold makes a history of points in order; of two at one instant the later in
// the order counts.
func fold(points []point) membership {
	var m membership
	for i, p := range points {
		m.last = p.at
		if i+1 < len(points) && points[i+1].at.Equal(p.at) {
			continue
		}
		if n := len(m.points); n == 0 || m.points[n-1].account != p.account {
			m.points = append(m.points, p)
		}
	}
	return m
}
