package facts

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

const eventColumns = `batch, known, ts, day, source, kind, name, id, hash, account, user_id, anonymous, previous, as_account, as_person, properties, context, original_at, flag`

// A logRow is an event as stored.
type logRow struct {
	EventRow
	batch int64
	hash  uint64
}

func scanEvent(rows *sql.Rows) (logRow, error) {
	var r logRow
	var day time.Time
	var original sql.NullTime
	var asAccount, asPerson, properties, callContext string
	e := &r.Event
	err := rows.Scan(&r.batch, &e.Known, &e.At, &day, &e.Source, &e.Kind, &e.Name, &e.ID, &r.hash, &e.Account, &e.User, &e.Anonymous,
		&e.PreviousID, &asAccount, &asPerson, &properties, &callContext, &original, &e.ClockFlag)
	if err != nil {
		return r, err
	}
	e.Known, e.At = e.Known.UTC(), e.At.UTC()
	if original.Valid {
		e.OriginalAt = original.Time.UTC()
	}
	e.Properties, e.Context = rawJSON(properties), rawJSON(callContext)
	r.Day = farol.Day(day.Unix() / 86400)
	r.Canonical = or(farol.PersonID(asPerson), e.Person())
	r.Resolved = or(farol.AccountID(asAccount), e.Account)
	return r, nil
}

func rawJSON(s string) json.RawMessage {
	if s == "" {
		return nil
	}
	return json.RawMessage(s)
}

// batchEvents are the events of one batch.
func (f *Facts) batchEvents(ctx context.Context, batch int64) ([]farol.Event, error) {
	var out []farol.Event
	err := f.eachEvent(ctx, "SELECT "+eventColumns+" FROM events WHERE batch = {batch:Int64} ORDER BY known, hash, id", map[string]any{"batch": batch},
		func(r logRow) { out = append(out, r.Event) })
	return out, err
}

// A cursor names the last row of a page: its place in time (or its batch) and
// what tells rows of one instant apart.
type cursor struct {
	place int64
	hash  uint64
	id    string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.place, 10) + " " + strconv.FormatUint(c.hash, 10) + " " + c.id))
}

func parseCursor(s string) (c cursor, err error) {
	bad := farol.InvalidField("after", "is not a cursor of this list")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return c, bad
	}
	parts := strings.SplitN(string(b), " ", 3)
	if len(parts) != 3 {
		return c, bad
	}
	if c.place, err = strconv.ParseInt(parts[0], 10, 64); err != nil {
		return c, bad
	}
	if c.hash, err = strconv.ParseUint(parts[1], 10, 64); err != nil {
		return c, bad
	}
	c.id = parts[2]
	return c, nil
}

func pageSize(n, most int) int {
	if n <= 0 {
		return 100
	}
	return min(n, most)
}

// Events lists events newest first, by when they happened; next is the cursor
// of the following page, "" at the end.
func (f *Facts) Events(ctx context.Context, q EventFilter) (out []EventRow, next string, err error) {
	limit := pageSize(q.Limit, 1000)
	where, params, err := f.eventWhere(ctx, q)
	if err != nil {
		return nil, "", err
	}
	found, err := f.newest(ctx, q, where, params, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(found) > limit {
		found = found[:limit]
		last := found[limit-1]
		next = cursor{last.At.UnixMilli(), last.hash, last.ID}.String()
	}
	if err := f.applyMoves(ctx, found, q.Known); err != nil {
		return nil, "", err
	}
	out = make([]EventRow, len(found))
	joined := f.joinedAt(q.Known)
	for i, r := range found {
		if to, ok := joined[string(r.Resolved)]; ok {
			r.Resolved = farol.AccountID(to)
		}
		r.Late = farol.Late(r.At, r.Event.Known, f.Zone())
		r.Properties, r.Context = sight.Of(ctx).Properties(r.Properties), sight.Of(ctx).Properties(r.Context)
		out[i] = r.EventRow
	}
	return out, next, nil
}

// newest lists at most n events that the condition holds for, from the newest
// on. It looks at the last day first, and at four times as many days each time
// that they do not give enough: the length of the history costs nothing, and
// what is rare is still found.
func (f *Facts) newest(ctx context.Context, q EventFilter, where string, params map[string]any, n int) ([]logRow, error) {
	first, last, err := f.bounds(ctx, q)
	if err != nil {
		return nil, err
	}
	var found []logRow
	for to, span := last+1, farol.Day(1); to > first && len(found) < n; span *= 4 {
		from := max(first, to-span)
		params["first_day"], params["end_day"], params["limit"] = from, to, int64(n-len(found))
		err := f.eachEvent(ctx, "SELECT "+eventColumns+" FROM events WHERE day >= {first_day:Date} AND day < {end_day:Date}"+where+
			" ORDER BY ts DESC, hash DESC, id DESC LIMIT {limit:Int64}", params, func(r logRow) { found = append(found, r) })
		if err != nil {
			return nil, err
		}
		to = from
	}
	return found, nil
}

func (f *Facts) eachEvent(ctx context.Context, text string, params map[string]any, do func(logRow)) error {
	rows, err := f.internal(ctx, text, params)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanEvent(rows)
		if err != nil {
			return err
		}
		do(r)
	}
	return rows.Err()
}

// bounds are the first and the last day that the page can hold.
func (f *Facts) bounds(ctx context.Context, q EventFilter) (first, last farol.Day, err error) {
	err = f.eachDay(ctx, "SELECT min(toNullable(day)) AS d FROM events", nil, func(d farol.Day) { first = d })
	if err != nil {
		return 0, 0, err
	}
	last = first - 1
	err = f.eachDay(ctx, "SELECT max(toNullable(day)) AS d FROM events", nil, func(d farol.Day) { last = d })
	if err != nil {
		return 0, 0, err
	}
	if q.From != 0 {
		first = max(first, q.From)
	}
	if q.To != 0 {
		last = min(last, q.To-1)
	}
	if c, err := parseCursor(q.After); err == nil {
		last = min(last, farol.DayOf(time.UnixMilli(c.place), f.Zone()))
	}
	return first, last, nil
}

// eventWhere is the condition of an event filter, after that on the days.
func (f *Facts) eventWhere(ctx context.Context, q EventFilter) (string, map[string]any, error) {
	conds, params := []string{""}, map[string]any{}
	add := func(cond, name string, v any) {
		conds, params[name] = append(conds, cond), v
	}
	if q.Name != "" {
		add("name = {name:String}", "name", q.Name)
	}
	if q.Source != "" {
		add("source = {source:String}", "source", string(q.Source))
	}
	if q.Kind != "" {
		add("kind = {kind:String}", "kind", string(q.Kind))
	}
	if !q.Known.IsZero() {
		add("known <= {known:DateTime64(3)}", "known", q.Known)
	}
	if q.After != "" {
		c, err := parseCursor(q.After)
		if err != nil {
			return "", nil, err
		}
		params["after_ts"], params["after_hash"] = time.UnixMilli(c.place), strconv.FormatUint(c.hash, 10) // database/sql refuses a uint64 with its high bit set
		add(`(ts < {after_ts:DateTime64(3)} OR ts = {after_ts:DateTime64(3)} AND (hash < {after_hash:UInt64} OR hash = {after_hash:UInt64} AND id < {after_id:String}))`, "after_id", c.id)
	}
	// Who and where an event counts is its last move, else what was resolved
	// at intake.
	if q.Person != "" {
		raws, err := f.rawsOf(ctx, string(q.Person), q.Known)
		if err != nil {
			return "", nil, err
		}
		add("who IN (SELECT unnest({whos:Array(UInt64)}))", "whos", raws)
	}
	var ids []string
	if q.Among != nil && q.Account != "" && !slices.Contains(q.Among, f.Joined(q.Account, q.Known)) {
		q.Among, q.Account = []farol.AccountID{}, ""
	}
	switch s := sight.Of(ctx); {
	case q.Among != nil && q.Account == "":
		ids = f.among(ctx, q)
	case q.Account != "":
		whole := f.Joined(q.Account, q.Known)
		if err := s.Check(whole); err != nil {
			return "", nil, err
		}
		ids = []string{string(whole)}
		for _, part := range f.Parts(whole, q.Known) {
			ids = append(ids, string(part))
		}
	case s.Limited():
		ids = slices.Clone(s.Accounts())
		for part, whole := range f.joinedAt(q.Known) {
			if s.Account(farol.AccountID(whole)) {
				ids = append(ids, part)
			}
		}
	default:
		return strings.Join(conds, " AND "), params, nil
	}
	params["accounts"] = noNil(ids)
	const among = " IN (SELECT unnest({accounts:Array(String)}))"
	const resolved = "(CASE WHEN as_account = '' THEN account ELSE as_account END)" + among
	if !f.traits.moved.Load() {
		return strings.Join(append(conds, resolved), " AND "), params, nil
	}
	latest := latestMoves(!q.Known.IsZero())
	conds = append(conds, `(hash IN (SELECT m.hash FROM `+latest+` m WHERE m.account`+among+`)
OR `+resolved+`
AND hash NOT IN (SELECT m.hash FROM `+latest+` m WHERE NOT m.account`+among+`))`)
	return strings.Join(conds, " AND "), params, nil
}

// among are the ids of the accounts that an event filter keeps, with their
// parts, of those in sight.
func (f *Facts) among(ctx context.Context, q EventFilter) []string {
	keep, see := make(map[farol.AccountID]bool, len(q.Among)), sight.Of(ctx)
	ids := make([]string, 0, len(q.Among))
	for _, id := range q.Among {
		if see.Account(id) {
			keep[id] = true
			ids = append(ids, string(id))
		}
	}
	for part, whole := range f.joinedAt(q.Known) {
		if keep[farol.AccountID(whole)] {
			ids = append(ids, part)
		}
	}
	return ids
}

// latestMoves is a sub-query with the last move of each moved event of the
// days looked at.
func latestMoves(bounded bool) string {
	cond := " WHERE day >= {first_day:Date} AND day < {end_day:Date}"
	if bounded {
		cond += " AND known <= {known:DateTime64(3)}"
	}
	return "(SELECT source, id, hash, argMax(person, batch) AS person, argMax(account, batch) AS account FROM moves" + cond + " GROUP BY source, id, hash)"
}

// rawsOf answers the hashes of all raw ids of the person that id stands for.
func (f *Facts) rawsOf(ctx context.Context, id string, known time.Time) ([]uint64, error) {
	cond, params := "", map[string]any{"id": id}
	if !known.IsZero() {
		cond, params["known"] = " WHERE known <= {known:DateTime64(3)}", known
	}
	current := "(SELECT person, argMax(canonical, batch) AS canonical FROM merges" + cond + " GROUP BY person)"
	canonical, err := id, error(nil)
	err = eachText(ctx, f.eng, "SELECT c.canonical FROM "+current+" c WHERE c.person = {id:String}", params, func(v []string) { canonical = v[0] })
	if err != nil {
		return nil, err
	}
	params["id"] = canonical
	out := []uint64{xxhash.Sum64String(canonical)}
	err = eachText(ctx, f.eng, "SELECT c.person FROM "+current+" c WHERE c.canonical = {id:String} AND c.person <> {id:String}", params, func(v []string) {
		out = append(out, xxhash.Sum64String(v[0]))
	})
	return out, err
}

// applyMoves gives the listed events the person and account of their last
// move.
func (f *Facts) applyMoves(ctx context.Context, rows []logRow, known time.Time) error {
	if len(rows) == 0 {
		return nil
	}
	at := make(map[messageID]int, len(rows))
	hashes := make([]uint64, len(rows))
	for i, r := range rows {
		at[messageID{string(r.Source), r.ID}] = i
		hashes[i] = r.hash
	}
	cond, params := "", map[string]any{"hashes": hashes}
	if !known.IsZero() {
		cond, params["known"] = " AND known <= {known:DateTime64(3)}", known
	}
	return eachText(ctx, f.eng, `SELECT source, id, person, account FROM moves WHERE hash IN (SELECT unnest({hashes:Array(UInt64)}))`+cond+` ORDER BY batch`,
		params, func(v []string) {
			if i, ok := at[messageID{v[0], v[1]}]; ok {
				rows[i].Canonical, rows[i].Resolved = farol.PersonID(v[2]), farol.AccountID(v[3])
			}
		})
}

// Rejections lists refused events, newest first; limit 0 is 100.
func (f *Facts) Rejections(ctx context.Context, limit int, after string) (out []Rejected, next string, err error) {
	// What was refused belongs to no account, and its body may say anything.
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, "", err
	}
	limit = pageSize(limit, 1000)
	params := map[string]any{"limit": int64(limit + 1)}
	where := "1 = 1"
	if after != "" {
		c, err := parseCursor(after)
		if err != nil {
			return nil, "", err
		}
		params["batch"], params["number"] = c.place, int64(c.hash)
		where = "(batch < {batch:Int64} OR batch = {batch:Int64} AND number < {number:Int64})"
	}
	rows, err := f.internal(ctx, `SELECT batch, number, received, id, source, kind, name, field, reason, body FROM rejected WHERE `+where+`
ORDER BY batch DESC, number DESC LIMIT {limit:Int64}`, params)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	var last cursor
	for rows.Next() {
		var r Rejected
		var batch, number int64
		if err := rows.Scan(&batch, &number, &r.Received, &r.ID, &r.Source, &r.Kind, &r.Name, &r.Field, &r.Reason, &r.Body); err != nil {
			return nil, "", err
		}
		if len(out) == limit {
			next = last.String()
			break
		}
		last = cursor{place: batch, hash: uint64(number)}
		r.Received = r.Received.UTC()
		if sight.Of(ctx).HidesSome() {
			r.Body = string(sight.Of(ctx).Properties(json.RawMessage(r.Body)))
		}
		out = append(out, r)
	}
	return out, next, rows.Err()
}
