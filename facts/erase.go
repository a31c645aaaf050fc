package facts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Erasing is the one thing that takes rows out of the log. What somebody did
// and said goes, with every trace of who it was; what an account pays stays,
// without the name of who clicked. What it moves is told in erasures: the days
// and how many rows went, and nothing of the person.

// erasures are the days that lost rows. They are written before the rows go,
// so that an interrupted erasure is known, and again after (done), so that
// figures are computed anew.
var erasures = &table{name: "erasures", columns: []column{
	{"batch", tInt}, {"known", tInstant}, {"day", tDay}, {"erasure", tText},
	{"kind", tText}, // in the words of Touched
	{"n", tInt}, {"done", tBool},
}, order: []string{"erasure", "day"}, shard: "erasure"}

// Erase says whom to erase.
type Erase struct {
	// ID names the erasure.
	ID string
	// People are all ids of the person.
	People []farol.PersonID
	// Texts are by what the person is named elsewhere: e-mails, the full name.
	Texts []string
}

// Erased is what an erasure did, nothing of whom.
type Erased struct {
	ID string
	// Known is the commit as of which the person is gone.
	Known time.Time
	// Rows that went, by kind, and the first and last day that lost any.
	Rows        map[string]int64
	First, Last farol.Day
}

// traces are where rows of a person lie: the table, in the words of Touched,
// with the condition that finds them.
var traces = []struct{ kind, table, cond string }{
	{"events", "events", byWho + " AND " + notPaid}, {"activity", "(SELECT day FROM activity WHERE person " + among + " GROUP BY day, account, person, event HAVING sum(n) <> 0) a", "1 = 1"}, {"changes", "changes", "subject = 'person' AND name " + among},
	{"answers", "answers", byEvent}, {"tickets", "tickets", byEvent}, {"journeys", "journeys", "(" + byEvent + " OR " + toThem + ")"},
}

const (
	among = "IN (SELECT unnest({ids:Array(String)}))"
	byWho = "who IN (SELECT unnest({whos:Array(UInt64)}))"
	// byEvent are the rows of the events that the person did.
	byEvent = "hash IN (SELECT unnest({gone:Array(UInt64)}))"
	// toThem are invitations of the person.
	toThem = "kind = '" + inviteKind + "' AND (thing " + among + " OR target IN (SELECT unnest({names:Array(String)})))"
	// notPaid leaves out what is told of an account's money.
	notPaid = "hash NOT IN (SELECT unnest({paid:Array(UInt64)}))"
)

// A removal is a statement that takes something out of a table: rows when set
// is empty, else what the columns hold.
type removal struct {
	table, where string
	set          string
}

// removals lists what an erasure does, what is found by the events before the
// events themselves.
func removals(texts bool) []removal {
	out := []removal{
		{"answers", byEvent, ""}, {"tickets", byEvent, ""}, {"journeys", byEvent, ""}, {"journeys", toThem, ""},
		{"events", "kind = 'track' AND name = '" + InviteSent + "' AND matches(properties, {invitee:String})", "properties = '{}'"},
		{"moves", byEvent, ""}, {"moves", "person " + among, "person = ''"},
		{"activity", "person " + among, ""}, {"first_days", "person " + among, ""}, {"roster", "person " + among, ""},
		{"changes", "subject = 'person' AND name " + among, ""}, {"links", "src " + among + " OR dst " + among, ""},
		{"merges", "person " + among + " OR canonical " + among, ""}, {"memberships", "person " + among, ""},
		{"events", byWho + " AND " + notPaid, ""}, {"events", byWho, "user_id = '', anonymous = '', previous = '', as_person = '', context = '', who = 0"},
		{"events", "as_person " + among, "as_person = ''"},
	}
	if !texts {
		return out
	}
	for _, x := range []struct {
		table   string
		columns []string
	}{
		{"events", []string{"properties", "context"}}, {"changes", []string{"value"}}, {"answers", []string{"comment", "recipient"}},
		{"journeys", []string{"target", "thing"}}, {"tickets", []string{"subject", "requester", "csat_comment", "assignee"}}, {"subscriptions", []string{"reason", "detail"}}, {"charges", []string{"reason"}},
	} {
		for _, c := range x.columns {
			out = append(out, removal{x.table, "matches(" + c + ", {pattern:String})", c + " = redact(redact(" + c + ", {pattern:String}), {pattern:String})"})
		}
	}
	return append(out, removal{"rejected", "matches(body, {pattern:String}) OR matches(id, {pattern:String})", ""})
}

// ErasedText stands where somebody was named.
const ErasedText = "[erased]"

// ErasePattern is a regular expression (RE2) that finds the texts and ids as
// words of their own, in any case; "" when there is nothing to find. Its groups
// 1 and 2 are what is beside them. Ids that are short or mere numbers mean
// other things elsewhere and are not looked for.
func ErasePattern(people []farol.PersonID, texts []string) string {
	var words []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s == "" {
			return
		}
		// Within JSON some characters are spelt otherwise.
		spelt := []string{s}
		if b, err := json.Marshal(s); err == nil {
			spelt = append(spelt, string(b[1:len(b)-1]))
		}
		for _, x := range spelt {
			if x = regexp.QuoteMeta(x); !slices.Contains(words, x) {
				words = append(words, x)
			}
		}
	}
	for _, id := range people {
		s := strings.TrimPrefix(string(id), farol.AnonymousPrefix)
		if len(s) >= 6 && strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
			add(s)
		}
	}
	for _, s := range texts {
		add(s)
	}
	if len(words) == 0 {
		return ""
	}
	return `(?i)(^|[^A-Za-z0-9_.@+-])(?:` + strings.Join(words, "|") + `)($|[^A-Za-z0-9_.@-]|\.$|\.[^A-Za-z0-9])`
}

// invitee are the addresses by which an invitation may name the person, and a
// regular expression (RE2) that finds the properties of one that does, however
// short the id.
func (e Erase) invitee() (names []string, pattern string) {
	var ids, addresses []string
	// Within JSON some characters are spelt otherwise.
	spelt := func(s string) string {
		out := regexp.QuoteMeta(s)
		if b, err := json.Marshal(s); err == nil {
			out += "|" + regexp.QuoteMeta(string(b[1:len(b)-1]))
		}
		return out
	}
	add := func(s string) {
		names, addresses = append(names, strings.ToLower(strings.TrimSpace(s))), append(addresses, spelt(strings.TrimSpace(s)))
	}
	for _, id := range e.People {
		add(string(id))
		ids = append(ids, spelt(string(id)))
	}
	for _, s := range e.Texts {
		add(s)
	}
	// The id may be a number, the address in any case.
	return names, `"invitee_id"\s*:\s*"?\s*(?:` + strings.Join(ids, "|") + `)\s*"?\s*[,}]|"invitee_email"\s*:\s*"\s*(?i:` + strings.Join(addresses, "|") + `)\s*"`
}

// ErasePerson takes the person out of the log, and says what that was. It can
// be done again after it was interrupted, and then goes on. The writer waits
// meanwhile.
func (f *Facts) ErasePerson(ctx context.Context, e Erase) (Erased, error) {
	if len(e.People) == 0 || e.ID == "" {
		return Erased{}, farol.Errorf(farol.Invalid, "there is no such person")
	}
	f.rostering.Lock()
	defer f.rostering.Unlock()
	names, invitee := e.invitee()
	params := map[string]any{"ids": texts(e.People), "erasure": e.ID, "pattern": ErasePattern(e.People, e.Texts), "names": names, "invitee": invitee}
	whos := make([]uint64, len(e.People))
	for i, id := range e.People {
		whos[i] = keyOf(string(id))
	}
	params["whos"] = whos
	if err := f.theirEvents(ctx, params); err != nil {
		return Erased{}, err
	}
	if err := f.noteErasure(ctx, e.ID, params); err != nil {
		return Erased{}, err
	}
	_, err := f.send(ctx, &request{ctx: ctx, alone: func(ctx context.Context) error {
		defer f.ids.forget()
		defer f.erasings.Add(1) // also of what was cut off: some of it is gone
		// Again: what came in meanwhile is here by now.
		if err := f.theirEvents(ctx, params); err != nil {
			return err
		}
		return f.eng.erase(ctx, removals(params["pattern"] != ""), params)
	}})
	if err != nil {
		return Erased{}, fmt.Errorf("facts: erase: %w", err)
	}
	if err := f.endErasure(ctx, e.ID); err != nil {
		return Erased{}, err
	}
	return f.ErasureOf(ctx, e.ID)
}

// Erasings counts the erasures of this run. Whoever holds in memory what the
// log says reads all of it anew when there was another: what was taken out of
// the log is not among what was learned since.
func (f *Facts) Erasings() int64 { return f.erasings.Load() }

// theirEvents finds the events that the person did: those that go, and those
// that tell of money (paid). A list and no sub-query, because a server with
// shards takes none inside another when it changes rows.
func (f *Facts) theirEvents(ctx context.Context, params map[string]any) error {
	gone, paid := []uint64{}, []uint64{}
	for _, x := range []struct {
		cond string
		into *[]uint64
	}{
		{"hash IN (SELECT hash FROM subscriptions) OR hash IN (SELECT hash FROM charges) OR hash IN (SELECT hash FROM invoices)", &paid},
		{"hash NOT IN (SELECT hash FROM subscriptions) AND hash NOT IN (SELECT hash FROM charges) AND hash NOT IN (SELECT hash FROM invoices)", &gone},
	} {
		rows, err := f.internal(ctx, "SELECT hash FROM events WHERE "+byWho+" AND ("+x.cond+")", params)
		if err != nil {
			return err
		}
		for rows.Next() {
			var h uint64
			if err := rows.Scan(&h); err != nil {
				rows.Close()
				return err
			}
			*x.into = append(*x.into, h)
		}
		if err := closeRows(rows); err != nil {
			return err
		}
	}
	params["gone"], params["paid"] = gone, paid
	return nil
}

// noteErasure writes down which days are to lose what.
func (f *Facts) noteErasure(ctx context.Context, id string, params map[string]any) error {
	type lost struct {
		day  time.Time
		kind string
		n    int64
	}
	var all []lost
	for _, t := range traces {
		rows, err := f.internal(ctx, "SELECT day, i64(count(*)) AS n FROM "+t.table+" WHERE "+t.cond+" GROUP BY day ORDER BY day", params)
		if err != nil {
			return err
		}
		for rows.Next() {
			x := lost{kind: t.kind}
			if err := rows.Scan(&x.day, &x.n); err != nil {
				rows.Close()
				return err
			}
			all = append(all, x)
			if t.kind == "activity" {
				all = append(all, lost{x.day, "people", 0})
			}
		}
		if err := closeRows(rows); err != nil {
			return err
		}
	}
	_, err := f.send(ctx, &request{ctx: ctx, rows: func(c *commit, known time.Time) {
		for _, x := range all {
			c.add(erasures, known, x.day.UTC(), id, x.kind, x.n, false)
		}
	}})
	return err
}

// endErasure says that the rows noted before are gone.
func (f *Facts) endErasure(ctx context.Context, id string) error {
	rows, err := f.internal(ctx, "SELECT day, kind, max(n) AS most FROM erasures WHERE erasure = {erasure:String} GROUP BY day, kind ORDER BY day, kind", map[string]any{"erasure": id})
	if err != nil {
		return err
	}
	var add [][]any
	for rows.Next() {
		var day time.Time
		var kind string
		var n int64
		if err := rows.Scan(&day, &kind, &n); err != nil {
			rows.Close()
			return err
		}
		add = append(add, []any{day.UTC(), id, kind, n, true})
	}
	if err := closeRows(rows); err != nil {
		return err
	}
	_, err = f.send(ctx, &request{ctx: ctx, rows: func(c *commit, known time.Time) {
		for _, r := range add {
			c.add(erasures, append([]any{known}, r...)...)
		}
	}})
	return err
}

// ErasureOf is what an erasure did; Known is zero when nothing was to be done.
func (f *Facts) ErasureOf(ctx context.Context, id string) (Erased, error) {
	all, err := f.erasures(ctx, "erasure = {erasure:String}", map[string]any{"erasure": id})
	if err != nil || len(all) == 0 {
		return Erased{ID: id, Rows: map[string]int64{}}, err
	}
	return all[0], nil
}

// Erasures lists those that became known in the interval (known > since and
// known <= until; zero until: now), the newest first.
func (f *Facts) Erasures(ctx context.Context, since, until time.Time) ([]Erased, error) {
	if until.IsZero() {
		until = maxTime
	}
	if since.IsZero() {
		since = time.Unix(0, 0).UTC()
	}
	return f.erasures(ctx, learned, map[string]any{"since": since, "until": until})
}

func (f *Facts) erasures(ctx context.Context, cond string, params map[string]any) ([]Erased, error) {
	rows, err := f.internal(ctx, "SELECT e.erasure AS erasure, e.kind AS kind, max(e.known) AS latest, sum(e.most) AS n, min(e.day) AS first_day, max(e.day) AS last_day FROM (SELECT erasure, kind, day, max(n) AS most, max(known) AS known FROM erasures WHERE done = true AND "+
		cond+" GROUP BY erasure, kind, day) e GROUP BY e.erasure, e.kind ORDER BY latest DESC, erasure, kind", params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Erased
	for rows.Next() {
		var id, kind string
		var known, first, last time.Time
		var n float64
		if err := rows.Scan(&id, &kind, &known, &n, &first, &last); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(e Erased) bool { return e.ID == id })
		if i < 0 {
			i, out = len(out), append(out, Erased{ID: id, Rows: map[string]int64{}, First: farol.Day(first.Unix() / 86400)})
		}
		e := &out[i]
		if n > 0 {
			e.Rows[kind] = int64(n)
		}
		e.Known = maxInstant(e.Known, known.UTC())
		e.First, e.Last = min(e.First, farol.Day(first.Unix()/86400)), max(e.Last, farol.Day(last.Unix()/86400))
	}
	return out, rows.Err()
}

func maxInstant(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// tombs are the ids that may not come again, as keyed hashes.
type tombs struct {
	key    []byte
	hashes map[string]bool
}

// ErasedHash is how an id or address of somebody erased is kept: nobody can
// read it back, and whoever comes with the same is known.
func ErasedHash(key []byte, text string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(strings.ToLower(strings.TrimSpace(text))))
	return hex.EncodeToString(m.Sum(nil))
}

// SetErased tells whose events are not taken in any more: those whose hash
// under the key is in the list.
func (f *Facts) SetErased(key []byte, hashes []string) {
	t := &tombs{key, make(map[string]bool, len(hashes))}
	for _, h := range hashes {
		t.hashes[h] = true
	}
	f.tombs.Store(t)
}

// withoutErased leaves out the events of people who were erased, and takes
// their ids off what is told of an account's money.
func (f *Facts) withoutErased(es []farol.Event) (kept []farol.Event, refused []Rejected) {
	t := f.tombs.Load()
	if t == nil || len(t.hashes) == 0 {
		return es, nil
	}
	gone := func(id string) bool { return id != "" && t.hashes[ErasedHash(t.key, id)] }
	kept = es[:0:0]
	for _, e := range es {
		anonymous := ""
		if e.Anonymous != "" {
			anonymous = string(farol.PersonOf(e.Anonymous))
		}
		if !gone(string(e.User)) && !gone(anonymous) && !gone(e.PreviousID) {
			kept = append(kept, e)
			continue
		}
		if w := wellKnownEvents[e.Name]; e.Kind == farol.Track && w != nil && w.account && !w.interactive && e.Account != "" && ofMoney(e.Name) {
			e.User, e.Anonymous, e.PreviousID, e.Context = "", "", "", nil
			kept = append(kept, e)
			continue
		}
		refused = append(refused, Rejected{Received: f.now().UTC(), Source: e.Source, Kind: string(e.Kind), Field: "userId", Reason: "the person was erased"})
	}
	return kept, refused
}

// ofMoney tells whether an event is about what an account pays.
func ofMoney(name string) bool {
	return strings.HasPrefix(name, "Subscription ") || strings.HasPrefix(name, "Payment ") || name == "Usage Billed" || name == invoiceLine
}

func closeRows(rows *sql.Rows) error { return errors.Join(rows.Err(), rows.Close()) }
