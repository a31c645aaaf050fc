package facts

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/farol-cs/farol"
)

func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// PersonIDs answers who any id of a person stands for, as known at the
// instant (zero: now), and all ids of that person, the canonical one first.
func (f *Facts) PersonIDs(ctx context.Context, id farol.PersonID, known time.Time) (canonical farol.PersonID, ids []farol.PersonID, err error) {
	cond, params := "", map[string]any{"id": string(id)}
	if !known.IsZero() {
		cond, params["known"] = " WHERE known <= {known:DateTime64(3)}", known
	}
	current := "(SELECT person, argMax(canonical, batch) AS canonical FROM merges" + cond + " GROUP BY person)"
	canonical = id
	err = eachText(ctx, f.eng, "SELECT c.canonical FROM "+current+" c WHERE c.person = {id:String}", params, func(v []string) { canonical = farol.PersonID(v[0]) })
	if err != nil {
		return "", nil, err
	}
	params["id"], ids = string(canonical), []farol.PersonID{canonical}
	err = eachText(ctx, f.eng, "SELECT c.person FROM "+current+" c WHERE c.canonical = {id:String} AND c.person <> {id:String} ORDER BY 1", params, func(v []string) {
		ids = append(ids, farol.PersonID(v[0]))
	})
	return canonical, ids, err
}

// IDsOf answers all ids of each of the people, by the id that was asked for, as
// known at the instant (zero: now). It is two queries for all.
func (f *Facts) IDsOf(ctx context.Context, people []farol.PersonID, known time.Time) (map[farol.PersonID][]farol.PersonID, error) {
	cond, params := "", map[string]any{}
	if !known.IsZero() {
		cond, params["known"] = " WHERE known <= {known:DateTime64(3)}", known
	}
	current := "(SELECT person, argMax(canonical, batch) AS canonical FROM merges" + cond + " GROUP BY person)"
	canonical, of := map[farol.PersonID]farol.PersonID{}, map[farol.PersonID][]farol.PersonID{}
	for _, id := range people {
		canonical[id] = id
	}
	params["ids"] = texts(people)
	err := eachText(ctx, f.eng, "SELECT c.person, c.canonical FROM "+current+" c WHERE c.person IN (SELECT unnest({ids:Array(String)}))", params, func(v []string) {
		canonical[farol.PersonID(v[0])] = farol.PersonID(v[1])
	})
	if err != nil {
		return nil, err
	}
	params["ids"] = texts(slices.Collect(maps.Values(canonical)))
	err = eachText(ctx, f.eng, "SELECT c.person, c.canonical FROM "+current+" c WHERE c.canonical IN (SELECT unnest({ids:Array(String)})) ORDER BY 1", params, func(v []string) {
		of[farol.PersonID(v[1])] = append(of[farol.PersonID(v[1])], farol.PersonID(v[0]))
	})
	out := map[farol.PersonID][]farol.PersonID{}
	for _, id := range people {
		out[id] = append([]farol.PersonID{canonical[id]}, of[canonical[id]]...)
	}
	return out, err
}

// PersonChange is something that was said of a person.
type PersonChange struct {
	// Of is the id under which it was said.
	Of     farol.PersonID `json:"of"`
	Trait  string         `json:"attribute"`
	Type   string         `json:"type"`
	Value  string         `json:"value"`
	At     time.Time      `json:"at"`
	Known  time.Time      `json:"known"`
	Day    farol.Day      `json:"day"`
	Source farol.SourceID `json:"source"`
	ID     string         `json:"id"` // of the event, or of the mark
}

// PersonChanges lists what was said under the ids, the newest first, as of a
// day (0: now) and as known at an instant (zero: now); at most 5000.
func (f *Facts) PersonChanges(ctx context.Context, ids []farol.PersonID, asOf farol.Day, known time.Time) ([]PersonChange, error) {
	d := &doors{Scope: Scope{AsOf: asOf, Known: known}, params: map[string]any{"ids": texts(ids)}}
	if asOf != 0 {
		d.params["farol_as_of"] = asOf
	}
	if !known.IsZero() {
		d.params["farol_known"] = known
	}
	rows, err := f.internal(ctx, "SELECT name, trait, type, value, ts, known, day, source, id FROM changes WHERE subject = 'person' AND name "+inIDs+d.seenBy()+
		" ORDER BY ts DESC, known DESC, id DESC LIMIT 5000", d.params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []PersonChange
	for rows.Next() {
		var x PersonChange
		var day time.Time
		if err := rows.Scan(&x.Of, &x.Trait, &x.Type, &x.Value, &x.At, &x.Known, &day, &x.Source, &x.ID); err != nil {
			return nil, err
		}
		x.At, x.Known, x.Day = x.At.UTC(), x.Known.UTC(), farol.Day(day.Unix()/86400)
		out = append(out, x)
	}
	return out, rows.Err()
}

// PersonAccount is an account that a person belongs to: because a call said
// so, or by using the product for it.
type PersonAccount struct {
	Account farol.AccountID `json:"account"`
	// Since is when a call first said so, zero when none did.
	Since time.Time `json:"since,omitzero"`
	// First and Last are days of use, 0 for none. Days and Times are of the
	// last 28 days.
	First farol.Day `json:"first_day,omitzero"`
	Last  farol.Day `json:"last_day,omitzero"`
	Days  int64     `json:"days_of_28"`
	Times int64     `json:"times_in_28_days"`
}

// PersonAccounts lists the accounts of a person, the one used last first.
func (f *Facts) PersonAccounts(ctx context.Context, canonical farol.PersonID, ids []farol.PersonID, today farol.Day, known time.Time) ([]PersonAccount, error) {
	params := map[string]any{"person": string(canonical), "who": []uint64{keyOf(string(canonical))}, "ids": texts(ids), "today": today, "recent": today - 27}
	cond := ""
	if !known.IsZero() {
		cond, params["known"] = " AND known <= {known:DateTime64(3)}", known
	}
	by := map[farol.AccountID]*PersonAccount{}
	at := func(id farol.AccountID) *PersonAccount {
		if by[id] == nil {
			by[id] = &PersonAccount{Account: id}
		}
		return by[id]
	}
	rows, err := f.reading(ctx, `SELECT w.account AS account, min(w.day) AS first_day, max(w.day) AS last_day, i64(count(DISTINCT CASE WHEN w.day >= {recent:Date} THEN w.day END)) AS days,
coalesce(i64(sum(CASE WHEN w.day >= {recent:Date} THEN w.n END)), 0) AS times FROM (SELECT a.account AS account, a.day AS day, sum(a.n) AS n FROM activity a
WHERE a.who IN (SELECT unnest({who:Array(UInt64)})) AND a.person = {person:String} AND a.day <= {today:Date}`+cond+` GROUP BY a.account, a.day HAVING sum(a.n) > 0) w GROUP BY w.account`, known, params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id farol.AccountID
		var first, last time.Time
		var days, times int64
		if err := rows.Scan(&id, &first, &last, &days, &times); err != nil {
			return nil, err
		}
		x := at(id)
		x.First, x.Last, x.Days, x.Times = farol.Day(first.Unix()/86400), farol.Day(last.Unix()/86400), days, times
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	said, err := f.reading(ctx, "SELECT p.account AS account, min(p.ts) AS first_ts FROM memberships p WHERE p.person "+inIDs+" AND p.account <> '' AND p.ts < addDaysN({today:Date}, 2)"+cond+" GROUP BY p.account", known, params)
	if err != nil {
		return nil, err
	}
	defer said.Close()
	for said.Next() {
		var id farol.AccountID
		var since time.Time
		if err := said.Scan(&id, &since); err != nil {
			return nil, err
		}
		at(id).Since = since.UTC()
	}
	out := make([]PersonAccount, 0, len(by))
	for _, x := range by {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b PersonAccount) int {
		if a.Last != b.Last {
			return int(b.Last - a.Last)
		}
		return strings.Compare(string(a.Account), string(b.Account))
	})
	return out, said.Err()
}

// SawPerson tells whether any event names the ids.
func (f *Facts) SawPerson(ctx context.Context, ids []farol.PersonID) (bool, error) {
	whos := make([]uint64, len(ids))
	for i, id := range ids {
		whos[i] = keyOf(string(id))
	}
	var n int64
	err := f.one(ctx, "SELECT i64(count(*)) AS n FROM (SELECT id FROM events WHERE who IN (SELECT unnest({whos:Array(UInt64)})) LIMIT 1) x", map[string]any{"whos": whos}, &n)
	return n > 0, err
}

// PersonMark is something that the team says of a person: an attribute or a
// mark, that holds from an instant on.
type PersonMark struct {
	Person farol.PersonID
	// Trait is an attribute's name, or that of a mark, which begins with "$".
	Trait string
	// Type is text, number, bool or null for attributes; marks have their own.
	Type, Value string
}

// SavePersonMarks appends what the team says of people.
func (f *Facts) SavePersonMarks(ctx context.Context, at time.Time, marks []PersonMark) error {
	list := make([]said, len(marks))
	for i, m := range marks {
		list[i] = said{"person", string(m.Person), m.Trait, m.Type, m.Value}
	}
	return f.say(ctx, at, list)
}

// AccountAttribute is an attribute of an account that the team says.
type AccountAttribute struct {
	Account     farol.AccountID
	Trait       string
	Type, Value string
}

// SaveAttributes appends attributes of accounts that the team says, beside
// what senders say: of both the last said counts.
func (f *Facts) SaveAttributes(ctx context.Context, at time.Time, list []AccountAttribute) error {
	out := make([]said, len(list))
	for i, a := range list {
		out[i] = said{"account", string(a.Account), a.Trait, a.Type, a.Value}
	}
	return f.say(ctx, at, out)
}

type said struct{ subject, name, trait, kind, value string }

func (f *Facts) say(ctx context.Context, at time.Time, list []said) error {
	if len(list) == 0 {
		return nil
	}
	at = at.UTC().Truncate(time.Millisecond)
	day := midnight(farol.DayOf(at, f.Zone()))
	_, err := f.send(ctx, &request{ctx: ctx, rows: func(c *commit, known time.Time) {
		for _, s := range list {
			if strings.HasPrefix(s.trait, "$") {
				s.kind = markType
			}
			c.add(changes, known, at, day, uuid.NewString(), string(MarkSource), s.subject, s.name, s.trait, s.kind, s.value)
		}
	}})
	return err
}

// People can be joined by hand, too: by a link that goes before all that
// calls say, and that a later row cuts.

const (
	handLink = "$join:"
	handCut  = "$cut:"
)

// byHand tells whether the link was said by the team, or cuts one.
func (l link) byHand() bool { return strings.HasPrefix(l.id, "$") }

// uncut is a copy of the links without those that were cut.
func uncut(ls []link) []link {
	cut := map[string]bool{}
	for _, l := range ls {
		if id, ok := strings.CutPrefix(l.id, handCut); ok {
			cut[handLink+id], cut[l.id] = true, true
		}
	}
	out := make([]link, 0, len(ls))
	for _, l := range ls {
		if !cut[l.id] {
			out = append(out, l)
		}
	}
	return out
}

// takeHandLinks stores links of the team and who stands for whom after them.
func (f *Facts) takeHandLinks(ctx context.Context, c *commit, fresh []link, known time.Time) error {
	if len(fresh) == 0 {
		return nil
	}
	var ids []string
	for i := range fresh {
		l := &fresh[i]
		l.known = known
		c.add(links, known, l.at, l.id, l.from, l.to)
		f.ids.linked.once(l.from)
		f.ids.linked.once(l.to)
		ids = append(ids, l.from, l.to)
	}
	if err := f.ids.canonicals(ctx, ids); err != nil {
		return err
	}
	return f.relink(ctx, c, fresh)
}

// PersonJoin is a join of two people by the team.
type PersonJoin struct {
	// ID names it.
	ID       string
	From, To farol.PersonID
	Known    time.Time
}

// PersonJoins lists the joins by hand that hold among the ids.
func (f *Facts) PersonJoins(ctx context.Context, ids []farol.PersonID) (out []PersonJoin, err error) {
	rows, err := f.internal(ctx, "SELECT id, src, dst, known FROM links WHERE startsWith(id, '$') AND (src "+inIDs+" OR dst "+inIDs+") ORDER BY known", map[string]any{"ids": texts(ids)})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var j PersonJoin
		if err := rows.Scan(&j.ID, &j.From, &j.To, &j.Known); err != nil {
			return nil, err
		}
		j.Known = j.Known.UTC()
		if id, ok := strings.CutPrefix(j.ID, handCut); ok {
			out = slices.DeleteFunc(out, func(x PersonJoin) bool { return x.ID == id })
			continue
		}
		j.ID = strings.TrimPrefix(j.ID, handLink)
		out = append(out, j)
	}
	return out, rows.Err()
}

// JoinPeople makes from the same person as to: all that it did counts for to,
// as far as known from now on. Errors are Invalid with the field from or to.
func (f *Facts) JoinPeople(ctx context.Context, from, to farol.PersonID) error {
	a, aids, err := f.PersonIDs(ctx, from, time.Time{})
	if err != nil {
		return err
	}
	b, bids, err := f.PersonIDs(ctx, to, time.Time{})
	if err != nil {
		return err
	}
	for _, x := range []struct {
		field string
		ids   []farol.PersonID
	}{{"from", aids}, {"to", bids}} {
		if ok, err := f.knowsPerson(ctx, x.ids); err != nil || !ok {
			if err == nil {
				err = farol.InvalidField(x.field, "there is no such person")
			}
			return err
		}
	}
	if a == b {
		return farol.InvalidField("to", "is the same person already")
	}
	return f.handLink(ctx, link{from: string(a), to: string(b), at: time.Unix(0, 0).UTC(), id: handLink + uuid.NewString()})
}

// PartPeople undoes a join by hand. Errors are NotFound.
func (f *Facts) PartPeople(ctx context.Context, id string) error {
	var from, to string
	err := f.one(ctx, "SELECT src, dst FROM links WHERE id = {id:String} LIMIT 1", map[string]any{"id": handLink + id}, &from, &to)
	if err == nil {
		var n int64
		err = f.one(ctx, "SELECT i64(count(*)) AS n FROM links WHERE id = {id:String}", map[string]any{"id": handCut + id}, &n)
		if err == nil && n > 0 {
			err = sql.ErrNoRows
		}
	}
	if err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = farol.Errorf(farol.NotFound, "there is no such join")
		}
		return err
	}
	return f.handLink(ctx, link{from: from, to: to, at: time.Unix(0, 0).UTC(), id: handCut + id})
}

func (f *Facts) handLink(ctx context.Context, l link) error {
	if _, err := f.send(ctx, &request{ctx: ctx, links: []link{l}}); err != nil {
		return err
	}
	return f.Settle(ctx)
}

// knowsPerson tells whether anything is known under the ids.
func (f *Facts) knowsPerson(ctx context.Context, ids []farol.PersonID) (bool, error) {
	if len(ids) > 1 {
		return true, nil
	}
	saw, err := f.SawPerson(ctx, ids)
	if err != nil || saw {
		return saw, err
	}
	said, err := f.PersonChanges(ctx, ids, 0, time.Time{})
	return len(said) > 0, err
}
