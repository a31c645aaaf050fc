package facts

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
)

// roster is who there is: a row per person and account, made ahead so that a
// list of a million people is one scan of narrow columns. Of the rows of a
// pair the last batch counts. It holds nothing that the rest of the log does
// not say, and no clock: it is always of now. A row of nobody says up to which
// commit it was made; those of people do not, for they come in lots, and some
// may never come.
var roster = &table{name: "roster", columns: []column{
	{"batch", tInt}, {"known", tInstant}, // up to which commit it is made for certain
	{"person", tText}, {"who", tHash}, {"account", tText}, {"pair", tHash},
	{"name", tText}, {"email", tText}, {"folded", tText}, // name, e-mail and id, for search
	{"role", tText}, {"consent", tText}, // "+email.marketing -sms.marketing"
	{"began", tInt}, {"lately", tInt}, // first and last day of use, days since 1970; 0 for none
	{"accounts", tInt}, // of the person
	{"main", tBool},    // the account used last, a row for each person
	{"test", tBool},    // counts in no figure
	{"gone", tBool},    // no such pair any more
}, order: []string{"who", "account"}, shard: "person"}

// The traits that people have by a name of their own.
const (
	// RoleTrait is what the team says that a person is for it: champion,
	// decision_maker, user. Without it the attribute SentRole tells.
	RoleTrait = "$role"
	// SentRole is the attribute of people of which RoleOf reads a role.
	SentRole = "role"
	// ConsentTrait, with a channel and a purpose ("$consent.email.marketing"),
	// is whether they agreed: granted, denied, or "" for withdrawn.
	ConsentTrait = "$consent."
)

// A rosterRow is a row of the roster without batch.
type rosterRow struct {
	person, account            string
	name, email, role, consent string
	first, last, accounts      int64
	main, test                 bool
}

func (r *rosterRow) folded() string {
	return lang.Fold(r.name + " " + r.email + " " + r.person)
}

func (r *rosterRow) values(known time.Time, gone bool) []any {
	return []any{known, r.person, keyOf(r.person), r.account, pairOf(r.person, r.account, ""), r.name, r.email, r.folded(), r.role, r.consent,
		r.first, r.last, r.accounts, r.main, r.test, gone}
}

const rosterColumns = "person, account, name, email, role, consent, began, lately, accounts, main, test"

// rosterNow is the roster without what was replaced. Rows up to the base are
// of one pair each.
func (f *Facts) rosterNow(params map[string]any) string {
	params["base"] = f.rosterBase.Load()
	return "(SELECT * FROM roster WHERE batch <= {base:Int64} AND gone = false AND pair NOT IN (SELECT pair FROM roster WHERE batch > {base:Int64})" +
		" UNION ALL SELECT " + columnList(roster, "z.") + " FROM (SELECT q.*, row_number() OVER (PARTITION BY q.pair ORDER BY q.batch DESC) AS place FROM (SELECT * FROM roster WHERE batch > {base:Int64}) q) z WHERE z.place = 1 AND z.gone = false)"
}

func columnList(t *table, prefix string) string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = prefix + c.name + " AS " + c.name
	}
	return strings.Join(names, ", ")
}

// rosterLot is how many people are made at once.
const rosterLot = 20_000

// UpdateRoster takes into the roster what was learned since it was last
// called. Its cost follows the people of whom something was.
func (f *Facts) UpdateRoster(ctx context.Context) error {
	f.rostering.Lock()
	defer f.rostering.Unlock()
	known := f.LastKnown()
	if known.IsZero() {
		return nil
	}
	if f.rosterMark.IsZero() {
		if err := f.findRoster(ctx); err != nil {
			return err
		}
	}
	if !known.After(f.rosterMark) {
		return nil
	}
	if f.rosterMark.IsZero() {
		return f.buildRoster(ctx, known)
	}
	touched, err := f.touchedPeople(ctx, f.rosterMark, known)
	if err != nil {
		return err
	}
	differ := 0
	for lot := range slices.Chunk(touched, rosterLot) {
		n, err := f.makeRoster(ctx, "IN (SELECT unnest({lot:Array(String)}))", map[string]any{"lot": lot})
		if err != nil {
			return err
		}
		differ += n
	}
	if differ > 0 { // else the next start looks at these again, and finds nothing
		if err := f.markRoster(ctx, known); err != nil {
			return err
		}
	}
	f.rosterTo(known)
	return nil
}

// rosterForm tells how rows are made of the log: a roster of another is made
// anew.
const rosterForm = "roles"

// markRoster writes down that the roster is made up to the commit.
func (f *Facts) markRoster(ctx context.Context, known time.Time) error {
	return f.addRoster(ctx, [][]any{(&rosterRow{role: rosterForm}).values(known, true)})
}

func (f *Facts) addRoster(ctx context.Context, rows [][]any) error {
	_, err := f.send(ctx, &request{ctx: ctx, rows: func(c *commit, _ time.Time) {
		c.rows[roster.number] = append(c.rows[roster.number], rows...)
	}})
	return err
}

// rosterTo notes up to which commit the roster was made.
func (f *Facts) rosterTo(known time.Time) {
	f.rosterMark = known
	f.rosterSeen.Store(known.UnixMilli())
}

// rosterLag is how far the roster may be behind what is known for queries to
// read it in the place of the log.
const rosterLag = time.Minute

// currentRoster is the roster for a query of this scope, "" when the scope
// looks at the past, when the roster is too far behind, or where its rows do
// not lie with those of their accounts.
func (f *Facts) currentRoster(s Scope, params map[string]any) string {
	if _, embedded := f.eng.(*duck); !embedded || !s.Known.IsZero() || s.AsOf != 0 && s.AsOf < farol.DayOf(f.now(), f.Zone()) {
		return ""
	}
	seen := f.rosterSeen.Load()
	if seen == 0 || f.LastKnown().Sub(time.UnixMilli(seen)) > rosterLag {
		return ""
	}
	return f.rosterNow(params)
}

// findRoster reads how far the stored roster has come. One without a mark is
// not whole: its build was cut off.
func (f *Facts) findRoster(ctx context.Context) error {
	if err := f.findBase(ctx); err != nil {
		return err
	}
	var mark sql.NullTime
	if err := f.one(ctx, "SELECT max(toNullable(known)) AS k FROM roster WHERE person = '' AND role = '"+rosterForm+"'", nil, &mark); err != nil {
		return err
	}
	if mark.Valid {
		f.rosterTo(mark.Time.UTC())
	}
	return nil
}

// findBase finds up to which batch every row is of a pair of its own.
func (f *Facts) findBase(ctx context.Context) error {
	var last sql.NullInt64
	var rows, pairs int64
	err := f.one(ctx, "SELECT max(toNullable(batch)) AS b, i64(count(*)) AS n, i64(count(DISTINCT pair)) AS p FROM roster WHERE person <> ''", nil, &last, &rows, &pairs)
	if err != nil || !last.Valid {
		return err
	}
	base := last.Int64
	if rows > pairs {
		var again int64 // the first batch that replaced a row
		if err := f.one(ctx, "SELECT i64(min(x.batch)) AS b FROM (SELECT q.batch AS batch, row_number() OVER (PARTITION BY q.pair ORDER BY q.batch) AS place FROM (SELECT batch, pair FROM roster WHERE person <> '') q) x WHERE x.place = 2",
			nil, &again); err != nil {
			return err
		}
		base = again - 1
	}
	f.rosterBase.Store(base)
	return nil
}

// The ids before and after all others.
const firstID, lastID = "\x01", "\U0010ffff"

// buildRoster makes the roster of everybody, in lots by the order of ids. What
// is there of a build that was cut off is looked at as any other row.
func (f *Facts) buildRoster(ctx context.Context, known time.Time) error {
	rows, err := f.internal(ctx, "SELECT DISTINCT u.person AS person FROM ("+everybody("1 = 1")+") u WHERE u.person <> '' ORDER BY person", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	low, n, all := firstID, 0, 0
	lot := func(high string) error {
		_, err := f.makeRoster(ctx, "BETWEEN {low:String} AND {high:String}", map[string]any{"low": low, "high": high})
		low, n = high, 0
		return err
	}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		all++
		if n++; n == rosterLot {
			if err := lot(id); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if all > 0 {
		if err := lot(lastID); err != nil {
			return err
		}
		if err := f.markRoster(ctx, known); err != nil {
			return err
		}
	}
	f.rosterTo(known)
	if err := f.findBase(ctx); err != nil {
		return err
	}
	var replaced int64
	err = f.one(ctx, "SELECT i64(count(*)) AS n FROM roster WHERE person <> '' AND batch > {base:Int64}", map[string]any{"base": f.rosterBase.Load()}, &replaced)
	if err != nil || replaced == 0 {
		return err
	}
	return f.packRoster(ctx) // one of another form was replaced whole
}

var consentName = regexp.MustCompile(`^[a-z0-9_-]{1,40}\.[a-z0-9_-]{1,40}$`)

// ConsentWord tells whether a channel or purpose can be called so.
func ConsentWord(s string) bool { return consentName.MatchString(s+".x") && !strings.Contains(s, ".") }

// everybody are the ids of people of whom rows of the condition tell, each as
// who they stand for now.
func everybody(cond string) string {
	return "SELECT coalesce(m.canonical, x.raw) AS person FROM (SELECT person AS raw FROM activity WHERE " + cond + " UNION ALL SELECT name AS raw FROM changes WHERE subject = 'person' AND " + cond +
		" UNION ALL SELECT person AS raw FROM memberships WHERE " + cond + ") x LEFT JOIN " + (&doors{}).merged() + " m ON m.person = x.raw"
}

// touchedPeople are those of whom something was learned in the interval, and
// the ids that were joined to others.
func (f *Facts) touchedPeople(ctx context.Context, since, until time.Time) (out []string, err error) {
	err = eachText(ctx, f.eng, "SELECT DISTINCT u.person AS person FROM ("+everybody(learned)+" UNION ALL SELECT person FROM merges WHERE "+learned+" UNION ALL SELECT canonical AS person FROM merges WHERE "+learned+
		") u WHERE u.person <> ''", map[string]any{"since": since, "until": until}, func(v []string) { out = append(out, v[0]) })
	return out, err
}

// makeRoster makes the rows of the people whose id fits the condition, stores
// those that differ and answers how many. They bear the mark of before.
func (f *Facts) makeRoster(ctx context.Context, cond string, params map[string]any) (differ int, err error) {
	fresh, err := f.rosterOf(ctx, cond, params)
	if err != nil {
		return 0, err
	}
	known := maxInstant(f.rosterMark, time.Unix(0, 0).UTC())
	var changed [][]any
	old := map[string]any{}
	for k, v := range params {
		old[k] = v
	}
	rows, err := f.internal(ctx, "SELECT "+rosterColumns+" FROM "+f.rosterNow(old)+" r WHERE r.person "+cond, old)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var r rosterRow
		if err := rows.Scan(&r.person, &r.account, &r.name, &r.email, &r.role, &r.consent, &r.first, &r.last, &r.accounts, &r.main, &r.test); err != nil {
			return 0, err
		}
		key := [2]string{r.person, r.account}
		switch now, ok := fresh[key]; {
		case !ok:
			changed = append(changed, r.values(known, true))
		case *now == r:
			delete(fresh, key)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for _, r := range fresh {
		changed = append(changed, r.values(known, false))
	}
	if len(changed) == 0 {
		return 0, nil
	}
	slices.SortFunc(changed, func(a, b []any) int { return strings.Compare(a[1].(string), b[1].(string)) })
	return len(changed), f.addRoster(ctx, changed)
}

// rosterOf reads the people from the log.
func (f *Facts) rosterOf(ctx context.Context, cond string, params map[string]any) (map[[2]string]*rosterRow, error) {
	out := map[[2]string]*rosterRow{}
	add := func(person, account string) *rosterRow {
		key := [2]string{person, account}
		if out[key] == nil {
			out[key] = &rosterRow{person: person, account: account}
		}
		return out[key]
	}
	people := map[string]bool{}
	rows, err := f.internal(ctx, "SELECT w.person AS person, w.account AS account, min(dayNumber(w.day)) AS first_day, max(dayNumber(w.day)) AS last_day FROM "+
		"(SELECT a.person AS person, a.account AS account, a.day AS day FROM activity a WHERE a.person "+cond+" GROUP BY a.person, a.account, a.day, a.event HAVING sum(a.n) > 0) w GROUP BY w.person, w.account", params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var person, account string
		var first, last int64
		if err := rows.Scan(&person, &account, &first, &last); err != nil {
			return nil, err
		}
		r := add(person, account)
		r.first, r.last, people[person] = first, last, true
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	err = f.rawText(ctx, "SELECT DISTINCT s.person AS person, s.account AS account FROM (SELECT coalesce(m.canonical, p.person) AS person, p.account AS account FROM memberships p LEFT JOIN "+
		(&doors{}).merged()+" m ON m.person = p.person) s WHERE s.account <> '' AND s.person "+cond, params, func(v []string) {
		add(v[0], v[1])
		people[v[0]] = true
	})
	if err != nil {
		return nil, err
	}
	traits := map[string]map[string]string{}
	err = f.rawText(ctx, "SELECT p.person AS person, p.trait AS trait, argMax(p.value, (p.ts, p.known, p.id)) AS val FROM (SELECT coalesce(m.canonical, c.name) AS person, c.trait AS trait, c.value AS value, c.ts AS ts, c.known AS known, c.id AS id FROM "+
		"(SELECT * FROM changes WHERE subject = 'person') c LEFT JOIN "+(&doors{}).merged()+" m ON m.person = c.name) p WHERE p.person "+cond+
		" AND (p.trait IN ('name', 'first_name', 'firstName', 'last_name', 'lastName', 'email', 'test', 'staff', 'bot', '"+SentRole+"', '"+RoleTrait+"') OR startsWith(p.trait, '"+ConsentTrait+"')) GROUP BY p.person, p.trait", params, func(v []string) {
		if traits[v[0]] == nil {
			traits[v[0]] = map[string]string{}
		}
		traits[v[0]][v[1]] = v[2]
		people[v[0]] = true
	})
	if err != nil {
		return nil, err
	}
	finishRoster(out, people, traits, add)
	return out, nil
}

// finishRoster puts what is said of the people on their rows.
func finishRoster(rows map[[2]string]*rosterRow, people map[string]bool, traits map[string]map[string]string, add func(person, account string) *rosterRow) {
	by := map[string][]*rosterRow{}
	for _, r := range rows {
		by[r.person] = append(by[r.person], r)
	}
	for person := range people {
		list := by[person]
		// Who has an account needs no row for what they did without one, unless
		// that is all there is.
		named := slices.DeleteFunc(slices.Clone(list), func(r *rosterRow) bool { return r.account == "" })
		if len(list) == 0 {
			list = []*rosterRow{add(person, "")}
		}
		if len(named) > 0 && len(named) < len(list) {
			delete(rows, [2]string{person, ""})
			list = named
		}
		slices.SortFunc(list, func(a, b *rosterRow) int {
			if a.last != b.last {
				return int(b.last - a.last)
			}
			return strings.Compare(a.account, b.account)
		})
		t := traits[person]
		for i, r := range list {
			r.name, r.email, r.role = PersonName(t), t["email"], cmp.Or(t[RoleTrait], RoleOf(t[SentRole]))
			r.consent, r.accounts, r.main = consentText(t), int64(len(named)), i == 0
			r.test = t["test"] == "true" || t["staff"] == "true" || t["bot"] == "true"
		}
	}
}

// RoleOf is the role that a value of the attribute SentRole stands for, in
// English or Portuguese and in any spelling ("Decision maker"); "" for none: a
// product's own roles, such as admin, say nothing about it.
func RoleOf(sent string) string {
	return sentRoles[strings.NewReplacer("_", " ", "-", " ").Replace(lang.Fold(strings.TrimSpace(sent)))]
}

var sentRoles = map[string]string{
	"champion": "champion", "campeao": "champion", "campea": "champion",
	"decision maker": "decision_maker", "decisor": "decision_maker", "decisora": "decision_maker",
	"user": "user", "end user": "user", "usuario": "user", "usuaria": "user", "usuario final": "user",
}

// PersonName is what a person is called by their traits, "" when none says.
func PersonName(t map[string]string) string {
	if t["name"] != "" {
		return t["name"]
	}
	first, last := t["first_name"], t["last_name"]
	if first == "" {
		first = t["firstName"]
	}
	if last == "" {
		last = t["lastName"]
	}
	return strings.TrimSpace(first + " " + last)
}

// consentText writes the consents as words: "+email.marketing" for granted,
// "-sms.news" for denied.
func consentText(t map[string]string) string {
	var out []string
	for k, v := range t {
		if what, ok := strings.CutPrefix(k, ConsentTrait); ok {
			switch v {
			case Granted:
				out = append(out, "+"+what)
			case Denied:
				out = append(out, "-"+what)
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// The values of a consent.
const (
	Granted = "granted"
	Denied  = "denied"
)

// CompactRoster drops the rows that were replaced.
func (f *Facts) CompactRoster(ctx context.Context) error {
	f.rostering.Lock()
	defer f.rostering.Unlock()
	var after int64
	params := map[string]any{"base": f.rosterBase.Load()}
	if err := f.one(ctx, "SELECT i64(count(*)) AS n FROM roster WHERE batch > {base:Int64}", params, &after); err != nil || after == 0 {
		return err
	}
	return f.packRoster(ctx)
}

func (f *Facts) packRoster(ctx context.Context) error {
	last, err := f.lastBatch(ctx, maxTime)
	if err != nil {
		return err
	}
	query := "SELECT " + columnList(roster, "z.") + " FROM (SELECT q.*, row_number() OVER (PARTITION BY q.pair ORDER BY q.batch DESC) AS place FROM (SELECT * FROM roster WHERE batch > {after:Int64} AND batch <= {last:Int64}) q) z " +
		"WHERE z.place = 1 AND (z.gone = false OR z.person = '' OR {after:Int64} >= 0)"
	if err := f.eng.rewrite(ctx, roster, query, map[string]any{"after": int64(-1), "last": int64(math.MaxInt64)}); err != nil {
		return err
	}
	f.rosterBase.Store(last)
	return nil
}

// rawText runs a query whose columns are all text, as the log has the ids:
// the roster keeps those, and joined accounts are put together when it is read.
func (f *Facts) rawText(ctx context.Context, text string, params map[string]any, do func([]string)) error {
	text, err := f.eng.dialect().expand(text)
	if err != nil {
		return err
	}
	return eachText(ctx, f.eng, text, params, do)
}
