package facts

import (
	"context"
	"sort"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/farol-cs/farol"
)

// maxGroup is how many events one commit takes at most.
const maxGroup = 50_000

// A delta key of the rollup. Times are kept as numbers because they hash
// faster.
type activityKey struct {
	day, knownDay   int32
	account, person string
	event           string
}

type activitySum struct {
	n, millis int64
	known     time.Time
}

// deltas collects the rows of activity for one commit.
type deltas struct {
	zone *time.Location
	sums map[activityKey]activitySum
	// the local day of the known seen last: it is nearly always the same.
	known    time.Time
	knownDay int32
}

func newDeltas(zone *time.Location, n int) *deltas {
	return &deltas{zone: zone, sums: make(map[activityKey]activitySum, n)}
}

func (d *deltas) add(day time.Time, account, person, event string, n, millis int64, known time.Time) {
	if account == "" && person == "" {
		return
	}
	if !known.Equal(d.known) {
		d.known, d.knownDay = known, int32(farol.DayOf(known, d.zone))
	}
	k := activityKey{int32(day.Unix() / 86400), d.knownDay, account, person, event}
	s := d.sums[k]
	s.n += n
	s.millis += millis
	if known.After(s.known) {
		s.known = known
	}
	d.sums[k] = s
}

// keyOf is the number that stands for a person; nobody's is 0.
func keyOf(person string) uint64 {
	if person == "" {
		return 0
	}
	return xxhash.Sum64String(person)
}

// write adds the rows, in an order that packs well; what cancels out is left
// out.
func (d *deltas) write(c *commit) {
	for k, s := range d.sums {
		if s.n == 0 && s.millis == 0 {
			continue
		}
		c.add(activity, midnight(farol.Day(k.day)), s.known, midnight(farol.Day(k.knownDay)), k.account,
			k.person, keyOf(k.person), k.event, s.n, s.millis)
	}
}

// take adds to the commit all that follows from new events, which carry their
// known.
func (f *Facts) take(ctx context.Context, c *commit, ps []prepared) error {
	if err := f.takeLinks(ctx, c, ps); err != nil {
		return err
	}
	if err := f.takeMemberships(ctx, c, ps); err != nil {
		return err
	}
	f.noteAccounts(c, ps)
	d := newDeltas(f.Zone(), len(ps))
	for i := range ps {
		f.takeEvent(c, d, &ps[i])
	}
	d.write(c)
	f.noteFirsts(c)
	return nil
}

func (f *Facts) takeEvent(c *commit, d *deltas, p *prepared) {
	e := p.e
	person := f.ids.person(p.raw)
	account := f.accountOf(p, person)
	p.account = account
	p.row[rowKnown] = e.Known
	if account != p.named {
		p.row[rowAccount] = account
	}
	if person != p.raw {
		p.row[rowPerson] = person
	}
	c.add(events, p.row...)
	if p.active {
		d.add(p.day, account, person, p.name, 1, p.millis, e.Known)
	}
	for _, t := range p.typed {
		t.row[0] = e.Known
		if t.account >= 0 {
			t.row[t.account] = account
		}
		if t.person >= 0 {
			t.row[t.person] = person
		}
		c.add(t.table, t.row...)
	}
}

// accountOf is the account that the event names, else that of the person at
// the time.
func (f *Facts) accountOf(p *prepared, person string) string {
	if p.named != "" || person == "" || !f.ids.members.hasID(person) {
		return p.named
	}
	m, _ := f.ids.member.get(person)
	return m.on(p.e.At)
}

// takeLinks stores the links that matter and who stands for whom after them.
// It loads the persons of all events.
func (f *Facts) takeLinks(ctx context.Context, c *commit, ps []prepared) error {
	ids := f.ids
	fresh, err := f.freshLinks(ctx, ps)
	if err != nil {
		return err
	}
	need := make([]string, 0, len(ps))
	if ids.linked.total > 0 || len(fresh) > 0 {
		for i := range ps {
			if ps[i].raw != "" {
				need = append(need, ps[i].raw)
			}
		}
		for _, l := range fresh {
			need = append(need, l.to)
		}
	}
	leaves, rest := parted(ids, fresh)
	if err := ids.canonicals(ctx, need); err != nil {
		return err
	}
	for _, l := range fresh {
		c.add(links, l.known, l.at, l.id, l.from, l.to)
		ids.out.put(l.from, l)
		for _, id := range []string{l.from, l.to} {
			ids.linked.once(id)
			if _, ok := ids.canon.get(id); !ok {
				ids.canon.put(id, id)
			}
		}
	}
	if err := f.relink(ctx, c, rest); err != nil {
		return err
	}
	for _, l := range leaves {
		f.stand(c, l.from, l.from, ids.person(l.to), l.known)
	}
	return nil
}

// freshLinks are the links of the events that are the earliest known of
// their from, one for each.
func (f *Facts) freshLinks(ctx context.Context, ps []prepared) ([]link, error) {
	var all []link
	var froms []string
	for i := range ps {
		for _, l := range ps[i].link {
			l.known = ps[i].e.Known
			all = append(all, l)
			froms = append(froms, l.from)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	if err := f.ids.outgoing(ctx, froms); err != nil {
		return nil, err
	}
	sort.Slice(all, func(i, j int) bool { return all[i].before(all[j]) })
	var fresh []link
	taken := map[string]bool{}
	for _, l := range all {
		if taken[l.from] {
			continue
		}
		taken[l.from] = true
		if old, ok := f.ids.out.get(l.from); !ok || old.from == "" || l.before(old) {
			fresh = append(fresh, l)
		}
	}
	return fresh, nil
}

// parted tells the links that only hang a new id on a known person, which
// can close no circle and move nobody else, from the rest.
func parted(ids *identity, fresh []link) (leaves, rest []link) {
	target := map[string]bool{}
	for _, l := range fresh {
		target[l.to] = true
	}
	for _, l := range fresh {
		if target[l.from] || ids.linked.hasID(l.from) {
			rest = append(rest, l)
		} else {
			leaves = append(leaves, l)
		}
	}
	return leaves, rest
}

// relink replays every link that can be reached from the new ones and stores
// who stands for somebody else afterwards.
func (f *Facts) relink(ctx context.Context, c *commit, fresh []link) error {
	if len(fresh) == 0 {
		return nil
	}
	stored, err := f.component(ctx, fresh)
	if err != nil {
		return err
	}
	was, is := replay(stored), replay(append(stored, fresh...))
	known := fresh[0].known
	seen := map[string]bool{}
	for _, l := range append(stored, fresh...) {
		if l.known.After(known) {
			known = l.known
		}
		seen[l.from], seen[l.to] = true, true
	}
	order := make([]string, 0, len(seen))
	for id := range seen {
		order = append(order, id)
	}
	sort.Strings(order)
	for _, id := range order {
		old, now := end(was, id), end(is, id)
		if old != now {
			f.stand(c, id, old, now, known)
		} else {
			f.ids.canon.put(id, now)
		}
	}
	return nil
}

// component loads the stored links that hang together with the given ones.
func (f *Facts) component(ctx context.Context, fresh []link) ([]link, error) {
	var out []link
	known := map[string]bool{}
	var frontier []string
	reach := func(id string) {
		if !known[id] {
			known[id] = true
			frontier = append(frontier, id)
		}
	}
	have := map[link]bool{}
	for _, l := range fresh {
		reach(l.from)
		reach(l.to)
	}
	for len(frontier) > 0 {
		ids := frontier
		frontier = nil
		found, err := storedLinks(ctx, f.eng, "src "+inIDs+" OR dst "+inIDs, ids)
		if err != nil {
			return nil, err
		}
		for _, l := range found {
			if !have[l] {
				have[l] = true
				out = append(out, l)
				reach(l.from)
				reach(l.to)
			}
		}
	}
	return out, nil
}

// stand stores that id stands for now, no longer for old.
func (f *Facts) stand(c *commit, id, old, now string, known time.Time) {
	c.add(merges, known, id, now)
	f.ids.canon.put(id, now)
	f.ids.member.drop(old)
	f.ids.member.drop(now)
	member := f.ids.members.hasID(id)
	if member || f.ids.members.hasID(old) {
		f.ids.members.once(now)
	}
	if f.people.has(id) || member {
		f.people.add(now)
		f.restless = true
		f.pending.stand(id, old, now, known, member)
	}
}

// A joining is a membership that an event brings.
type joining struct {
	p      *prepared
	person string // canonical
}

// takeMemberships stores the memberships of the events and loads those of
// everybody in the batch.
func (f *Facts) takeMemberships(ctx context.Context, c *commit, ps []prepared) error {
	ids := f.ids
	var js []joining
	var need []string
	for i := range ps {
		p := &ps[i]
		if p.raw == "" {
			continue
		}
		person := ids.person(p.raw)
		if p.member != "" {
			js = append(js, joining{p, person})
		}
		if p.member != "" || p.named == "" && ids.members.hasID(person) {
			need = append(need, person)
		}
	}
	if err := f.loadAccounts(ctx, c, need); err != nil {
		return err
	}
	sort.Slice(js, func(i, j int) bool { return js[i].before(js[j]) })
	reload := map[string]bool{}
	for _, j := range js {
		f.join(c, j, reload)
	}
	return f.rebuild(ctx, c, reload, js)
}

func (j joining) before(k joining) bool {
	a, b := j.p.e, k.p.e
	if !a.At.Equal(b.At) {
		return a.At.Before(b.At)
	}
	if a.ID != b.ID {
		return a.ID < b.ID
	}
	return j.p.member < k.p.member
}

// join stores one membership and updates the person's history, or marks it
// for reloading when it comes before what is known.
func (f *Facts) join(c *commit, j joining, reload map[string]bool) {
	ids := f.ids
	e := j.p.e
	m, _ := ids.member.get(j.person)
	moot := len(m.points) > 0 && m.on(e.At) == j.p.member
	if more, ok := m.plus(e.At, j.p.member); ok {
		m = more
	} else if !moot {
		reload[j.person] = true
	}
	ids.member.put(j.person, m)
	ids.members.once(j.p.raw)
	ids.members.once(j.person)
	c.add(memberships, e.Known, e.At, e.ID, j.p.raw, j.p.member, moot)
	if !moot && f.people.has(j.person) {
		f.restless = true
		f.pending.join(j.person, e.At, e.Known)
	}
}

// loadAccounts loads the memberships of canonical persons, with the merges
// of the commit taken for done.
func (f *Facts) loadAccounts(ctx context.Context, c *commit, persons []string) error {
	persons = missing(f.ids.member, f.ids.members.hasID, persons)
	if len(persons) == 0 {
		return nil
	}
	raws, err := f.rawsWith(ctx, c, persons)
	if err != nil {
		return err
	}
	found, err := storedMemberships(ctx, f.eng, raws)
	if err != nil {
		return err
	}
	for _, p := range persons {
		f.ids.member.put(p, found[p])
	}
	return nil
}

// rawsWith is identity.raws with the merges of the commit applied on top.
func (f *Facts) rawsWith(ctx context.Context, c *commit, persons []string) (map[string]string, error) {
	raws, err := f.ids.raws(ctx, persons)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, p := range persons {
		wanted[p] = true
	}
	for _, r := range c.of(merges) {
		raw, now := r[1].(string), r[2].(string)
		delete(raws, raw)
		if wanted[now] {
			raws[raw] = now
		}
	}
	return raws, nil
}

// rebuild makes the history of persons who got a membership before others
// that they had, from the engine and the batch together.
func (f *Facts) rebuild(ctx context.Context, c *commit, reload map[string]bool, js []joining) error {
	for person := range reload {
		raws, err := f.rawsWith(ctx, c, []string{person})
		if err != nil {
			return err
		}
		all, err := storedPoints(ctx, f.eng, raws)
		if err != nil {
			return err
		}
		for _, j := range js {
			if j.person == person {
				all = append(all, idPoint{id: j.p.e.ID, point: point{j.p.e.At, j.p.member}})
			}
		}
		f.ids.member.put(person, foldIDs(all))
	}
	return nil
}
