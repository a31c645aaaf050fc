package facts

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/farol-cs/farol"
)

// Two accounts that turn out to be one are joined by a row that says so, and
// parted by another: nothing else is written. Whatever is read then sees the
// one account under the other's id, as far as that was known at the instant
// asked for. So a figure as known before stays, and after parting each figure
// is exactly the one before.

// joinTrait is the mark on the account that is joined: the id of the one it
// is part of from then on, "" once parted.
const joinTrait = "$joined"

// AccountJoin says that From is part of To.
type AccountJoin struct {
	From, To farol.AccountID
	// At is when somebody said so, Parted when it was taken back; zero while
	// it holds.
	At, Parted time.Time
}

// joinRow is a row of the log that joins (to) or parts ("").
type joinRow struct {
	from, to string
	known    time.Time
}

// loadJoins reads what was joined.
func (f *Facts) loadJoins(ctx context.Context) error {
	rows, err := f.internal(ctx, "SELECT c.name AS name, c.value AS value, c.known AS known FROM changes c WHERE c.subject = 'account' AND c.trait = '"+joinTrait+"' ORDER BY known, name", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	var all []joinRow
	for rows.Next() {
		var r joinRow
		if err := rows.Scan(&r.from, &r.to, &r.known); err != nil {
			return err
		}
		r.known = r.known.UTC()
		all = append(all, r)
	}
	f.joins.Store(&all)
	return rows.Err()
}

// noteJoins takes in those of a commit before it is applied.
func (f *Facts) noteJoins(c *commit) {
	for _, r := range c.of(changes) {
		if r[7].(string) == joinTrait && r[5].(string) == "account" {
			all := slices.Clone(*f.joins.Load())
			all = append(all, joinRow{from: r[6].(string), to: r[9].(string), known: r[0].(time.Time)})
			f.joins.Store(&all)
		}
	}
}

// joinedAt answers which account stands for which, as known at the instant
// (zero: now).
func (f *Facts) joinedAt(known time.Time) map[string]string {
	all := f.joins.Load()
	if all == nil || len(*all) == 0 {
		return nil
	}
	next := map[string]string{}
	for _, r := range *all {
		if (known.IsZero() || !r.known.After(known)) && !leadsTo(next, r.to, r.from) {
			next[r.from] = r.to
		}
	}
	out := map[string]string{}
	for from, to := range next {
		for to != "" && next[to] != "" {
			to = next[to]
		}
		if to != "" {
			out[from] = to
		}
	}
	return out
}

// leadsTo tells whether from is part of to, or is it: a row that says the other
// way round, too, would make a circle and says nothing.
func leadsTo(next map[string]string, from, to string) bool {
	for ; from != ""; from = next[from] {
		if from == to {
			return true
		}
	}
	return false
}

// Joined answers the account that id is part of, itself when of none.
func (f *Facts) Joined(id farol.AccountID, known time.Time) farol.AccountID {
	if to, ok := f.joinedAt(known)[string(id)]; ok {
		return farol.AccountID(to)
	}
	return id
}

// Parts lists the accounts that are part of id.
func (f *Facts) Parts(id farol.AccountID, known time.Time) (out []farol.AccountID) {
	for from, to := range f.joinedAt(known) {
		if to == string(id) {
			out = append(out, farol.AccountID(from))
		}
	}
	slices.Sort(out)
	return out
}

// JoinsChanged is when accounts were joined or parted last, zero for never.
func (f *Facts) JoinsChanged() time.Time {
	if all := f.joins.Load(); all != nil && len(*all) > 0 {
		return (*all)[len(*all)-1].known
	}
	return time.Time{}
}

// Joins lists what was joined and parted in the interval (known > since and
// known <= until; zero until: now), the newest first.
func (f *Facts) Joins(since, until time.Time) (out []AccountJoin) {
	all := f.joins.Load()
	if all == nil {
		return nil
	}
	in := func(t time.Time) bool { return t.After(since) && (until.IsZero() || !t.After(until)) }
	open := map[string]int{}
	for _, r := range *all {
		if r.to == "" {
			if i, ok := open[r.from]; ok {
				out[i].Parted = r.known
			}
			delete(open, r.from)
			continue
		}
		open[r.from] = len(out)
		out = append(out, AccountJoin{From: farol.AccountID(r.from), To: farol.AccountID(r.to), At: r.known})
	}
	out = slices.DeleteFunc(out, func(j AccountJoin) bool { return !in(j.At) && !in(j.Parted) })
	slices.Reverse(out)
	return out
}

// JoinAccounts makes from part of to from now on, and in all of the past as
// it is known from now on. Errors are Invalid with the field from or to.
func (f *Facts) JoinAccounts(ctx context.Context, at time.Time, from, to farol.AccountID) error {
	f.joining.Lock()
	defer f.joining.Unlock()
	joined := f.joinedAt(time.Time{})
	switch {
	case from == "" || !f.hasAccount(ctx, string(from)):
		return farol.InvalidField("from", "there is no such account")
	case to == "" || !f.hasAccount(ctx, string(to)):
		return farol.InvalidField("to", "there is no such account")
	case from == to:
		return farol.InvalidField("to", "must be another account")
	case joined[string(from)] != "":
		return farol.InvalidField("from", "is part of %s already", joined[string(from)])
	case joined[string(to)] != "":
		return farol.InvalidField("to", "is part of %s already", joined[string(to)])
	}
	return f.sayJoin(ctx, at, string(from), string(to))
}

// PartAccount undoes that from is part of another: both are again what they
// would be without it. Errors are Invalid with the field from.
func (f *Facts) PartAccount(ctx context.Context, at time.Time, from farol.AccountID) error {
	f.joining.Lock()
	defer f.joining.Unlock()
	if f.joinedAt(time.Time{})[string(from)] == "" {
		return farol.InvalidField("from", "is part of no other account")
	}
	return f.sayJoin(ctx, at, string(from), "")
}

// sayJoin writes the row, and waits until it is known whether or not the caller
// does: the next one is checked against it.
func (f *Facts) sayJoin(ctx context.Context, at time.Time, from, to string) error {
	at = at.UTC().Truncate(time.Millisecond)
	day := midnight(farol.DayOf(at, f.Zone()))
	ctx = context.WithoutCancel(ctx)
	_, err := f.send(ctx, &request{ctx: ctx, rows: func(c *commit, known time.Time) {
		c.add(changes, known, at, day, uuid.NewString(), string(MarkSource), "account", from, joinTrait, markType, to)
	}})
	return err
}

// hasAccount tells whether anything was ever said of the account.
func (f *Facts) hasAccount(ctx context.Context, id string) bool {
	var n int64
	err := f.one(ctx, "SELECT i64(count(*)) AS n FROM (SELECT name FROM changes WHERE subject = 'account' AND name = {id:String} LIMIT 1) x", map[string]any{"id": id}, &n)
	return err == nil && n > 0
}

// accountColumns are the columns of each table that name an account.
var accountColumns = map[string][]string{
	"events": {"account", "as_account"}, "activity": {"account"}, "memberships": {"account"}, "moves": {"account"},
	"subscriptions": {"account"}, "charges": {"account"}, "invoices": {"account"}, "answers": {"account"}, "journeys": {"account", "target"},
	"tickets": {"account"}, "first_days": {"account"}, "changes": {"name"}, "roster": {"account"}, "measures": nil,
}

// seeJoined rewrites a query so that it sees joined accounts under the id of the
// one they are part of.
func seeJoined(text string, joined map[string]string, params map[string]any) (string, error) {
	if len(joined) == 0 {
		return text, nil
	}
	toks, err := tokens(text)
	if err != nil {
		return "", err
	}
	froms := make([]string, 0, len(joined))
	for from := range joined {
		froms = append(froms, from)
	}
	slices.Sort(froms)
	cases := ""
	for i, from := range froms {
		a, b := fmt.Sprintf("farol_part%d", i), fmt.Sprintf("farol_whole%d", i)
		params[a], params[b] = from, joined[from]
		cases += " WHEN {" + a + ":String} THEN {" + b + ":String}"
	}
	params["farol_parts"] = froms
	var b strings.Builder
	last := "" // the word before, when only space lies between
	for i, t := range toks {
		if t.kind == word && (last == "FROM" || last == "JOIN") {
			if _, ok := accountColumns[t.text]; ok {
				b.WriteString(seenTable(t.text, cases))
				if !aliased(toks[i+1:]) {
					b.WriteString(" " + t.text)
				}
				last = ""
				continue
			}
		}
		if t.kind != space {
			last = strings.ToUpper(t.text)
		}
		b.WriteString(t.text)
	}
	return b.String(), nil
}

// aliased tells whether a name follows the table.
func aliased(rest []token) bool {
	for _, t := range rest {
		if t.kind == space {
			continue
		}
		if t.kind != word {
			return false
		}
		switch strings.ToUpper(t.text) {
		case "WHERE", "GROUP", "ORDER", "LIMIT", "UNION", "JOIN", "LEFT", "FULL", "CROSS", "INNER", "ON", "HAVING", "QUALIFY", "WINDOW", "ANTI", "ASOF":
			return false
		}
		return true
	}
	return false
}

// seenTable is a table with the ids of joined accounts replaced.
func seenTable(name, cases string) string {
	var t *table
	for _, x := range tables {
		if x.name == name {
			t = x
		}
	}
	if name == "measures" {
		// Values are of an account as it was measured: those of the whole are
		// measured anew.
		return "(SELECT * FROM measures WHERE NOT has({farol_parts:Array(String)}, account))"
	}
	cols := make([]string, len(t.columns))
	for i, c := range t.columns {
		cols[i] = "v." + c.name + " AS " + c.name
		if !slices.Contains(accountColumns[name], c.name) {
			continue
		}
		mapped := "CASE v." + c.name + cases + " ELSE v." + c.name + " END"
		if name == "changes" {
			mapped = "CASE WHEN v.subject = 'account' THEN " + mapped + " ELSE v.name END"
		}
		cols[i] = mapped + " AS " + c.name
	}
	from := name + " v"
	if name == "changes" {
		from += " WHERE v.trait <> '" + joinTrait + "'"
	}
	return "(SELECT " + strings.Join(cols, ", ") + " FROM " + from + ")"
}

// join makes filters and exclusions name accounts as the query sees them.
func (d *doors) join(joined map[string]string) {
	if len(joined) == 0 {
		return
	}
	now := func(list []string) []string {
		out := slices.Clone(list)
		for i, id := range out {
			if to, ok := joined[id]; ok {
				out[i] = to
			}
		}
		return out
	}
	d.ExcludeAccounts = now(d.ExcludeAccounts)
	d.Filters = slices.Clone(d.Filters)
	for i, x := range d.Filters {
		if x.Attribute == accountAttribute {
			d.Filters[i].Values = now(x.Values)
		}
	}
}

// reading runs a query of this package that answers what people see: joined
// accounts are one, as known at the instant (zero: now).
func (f *Facts) reading(ctx context.Context, text string, known time.Time, params map[string]any) (*sql.Rows, error) {
	text, params, err := f.seen(text, known, params)
	if err != nil {
		return nil, err
	}
	return f.internal(ctx, text, params)
}

// seen is a query that sees joined accounts as one, as known at the instant,
// with its parameters.
func (f *Facts) seen(text string, known time.Time, params map[string]any) (string, map[string]any, error) {
	joined := f.joinedAt(known)
	if len(joined) == 0 {
		return text, params, nil
	}
	own := make(map[string]any, len(params)+2*len(joined)+1)
	for k, v := range params {
		own[k] = v
	}
	text, err := seeJoined(text, joined, own)
	return text, own, err
}
