package facts

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
)

// PeopleQuery chooses and orders people.
type PeopleQuery struct {
	// Search finds the words in name, e-mail or id, accents and case aside.
	Search string
	// Accounts, when not nil, keeps the people of these; a person of several is
	// shown once, with the one used last.
	Accounts []string
	// Role keeps those with the role; "none" those without.
	Role string
	// Since keeps those who used the product on the day or later, Before those
	// who did not since then (or never); 0 does not.
	Since, Before farol.Day
	// Consent keeps those who said so of a channel and purpose:
	// "+email.marketing" granted, "-email.marketing" denied, "?email.marketing"
	// neither.
	Consent string
	// Only, when not nil, keeps these people.
	Only []string
	// LeaveAccounts and LeavePeople are left out besides staff and test people:
	// a person of another account, too, is listed with that one. Where Accounts
	// are named, all of those are shown.
	LeaveAccounts, LeavePeople []string
	// Tests shows all that would be left out, too.
	Tests bool
	// Sort is "last" (the default), "name", "first" or "account"; Down turns it.
	Sort string
	Down bool
	// Offset and Limit cut the page; Limit 0 is 50, at most 1000.
	Offset, Limit int
	// AsOf and Known are the two clocks; zero is now.
	AsOf  farol.Day
	Known time.Time
}

// Listed is a person of a list.
type Listed struct {
	ID          farol.PersonID
	Name, Email string
	// Account is the one used last of those asked for, Accounts how many the
	// person belongs to in all.
	Account  farol.AccountID
	Accounts int64
	Role     string
	// Consents are written as in PeopleQuery.
	Consents []string
	// First and Last are days of use of the account, 0 for none.
	First, Last farol.Day
	Test        bool
}

// Roles are what a person can be for the team.
var Roles = []string{"champion", "decision_maker", "user"}

// People lists a page of people, and how many there are in all. Where the
// e-mail or the name is hidden, they are neither told nor searched.
func (f *Facts) People(ctx context.Context, q PeopleQuery) (out []Listed, count int64, err error) {
	source, params, err := f.peopleSource(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	limit := pageSize(orDefault(q.Limit, 50), 1000)
	params["limit"], params["offset"] = int64(limit), int64(q.Offset)
	err = f.eachListed(ctx, "SELECT "+rosterColumns+" FROM "+source+" r ORDER BY "+peopleOrder(q)+" LIMIT {limit:Int64} OFFSET {offset:Int64}", params, q.Known, func(x Listed) error {
		out = append(out, x)
		return nil
	})
	if n := len(out); err != nil || n < limit && (n > 0 || q.Offset == 0) {
		return out, int64(q.Offset + n), err // the last page says how many there are
	}
	delete(params, "limit")
	delete(params, "offset")
	count, err = f.countListed(ctx, source, params, q.Known)
	return out, count, err
}

// FindPeople lists people for whoever types: the first that fit, without how
// many there are.
func (f *Facts) FindPeople(ctx context.Context, q PeopleQuery) (out []Listed, err error) {
	source, params, err := f.peopleSource(ctx, q)
	if err != nil {
		return nil, err
	}
	params["limit"] = int64(pageSize(orDefault(q.Limit, 50), 1000))
	err = f.eachListed(ctx, "SELECT "+rosterColumns+" FROM "+source+" r ORDER BY "+peopleOrder(q)+" LIMIT {limit:Int64}", params, q.Known, func(x Listed) error {
		out = append(out, x)
		return nil
	})
	return out, err
}

// hiddenOfPeople tells whether names and e-mails of people are out of sight.
func hiddenOfPeople(ctx context.Context) (name, email bool) {
	s := sight.Of(ctx)
	for _, t := range []string{"name", "first_name", "firstName", "last_name", "lastName"} {
		name = name || s.Hides("attribute."+t)
	}
	return name, s.Hides("attribute.email")
}

// searchedOf is the text that a search of the roster looks at: all of it, or
// what is left of it.
func searchedOf(ctx context.Context) string {
	switch name, email := hiddenOfPeople(ctx); {
	case name && email:
		return "lowerUTF8(person)"
	case name:
		return "lowerUTF8(email || ' ' || person)"
	case email:
		return "CASE WHEN position(lowerUTF8(email) IN folded) > 0 THEN replace(folded, ' ' || lowerUTF8(email) || ' ', ' ') ELSE lowerUTF8(name || ' ' || person) END"
	}
	return "folded"
}

func orDefault(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// EachPerson gives every person that fits to do, in the order asked for.
func (f *Facts) EachPerson(ctx context.Context, q PeopleQuery, do func(Listed) error) error {
	source, params, err := f.peopleSource(ctx, q)
	if err != nil {
		return err
	}
	return f.eachListed(ctx, "SELECT "+rosterColumns+" FROM "+source+" r ORDER BY "+peopleOrder(q), params, q.Known, do)
}

func peopleOrder(q PeopleQuery) string {
	column, down := "lately", !q.Down
	switch q.Sort {
	case "name":
		column, down = "folded", q.Down
	case "first":
		column, down = "began", !q.Down
	case "account":
		column, down = "account", q.Down
	}
	if down {
		column += " DESC"
	}
	return column + ", person"
}

// maxOffset is how far a list can be paged: further on nobody reads, and every
// page before would be sorted for nothing.
const maxOffset = 20_000

func (f *Facts) peopleSource(ctx context.Context, q PeopleQuery) (string, map[string]any, error) {
	params := map[string]any{}
	if s := sight.Of(ctx); s.Limited() && q.Accounts == nil {
		q.Accounts = slices.DeleteFunc(slices.Clone(s.Accounts()), func(id string) bool { return !q.Tests && slices.Contains(q.LeaveAccounts, id) })
	} else if s.Limited() {
		q.Accounts = slices.DeleteFunc(slices.Clone(q.Accounts), func(id string) bool { return !s.Account(farol.AccountID(id)) })
	}
	conds, err := peopleConds(ctx, q, params)
	if err != nil {
		return "", nil, err
	}
	now, where := "", strings.Join(conds, " AND ")
	if q.past() {
		if now, err = f.peopleThen(ctx, q, params); err != nil {
			return "", nil, err
		}
	} else {
		now = f.rosterNow(params)
	}
	if q.Accounts == nil {
		all := "SELECT " + rosterColumns + ", folded FROM " + now + " n WHERE " + where
		if q.Tests || len(q.LeaveAccounts) == 0 {
			return "(" + all + " AND main = true)", params, nil
		}
		// Few accounts are left out: only their people are looked at again.
		params["no_accounts"] = q.LeaveAccounts
		const left = "(SELECT unnest({no_accounts:Array(String)}))"
		return "(" + all + " AND main = true AND account NOT IN " + left + " UNION ALL SELECT " + rosterColumns + ", folded FROM (SELECT n.*, row_number() OVER (PARTITION BY n.who ORDER BY n.lately DESC, n.account) AS place FROM " +
			now + " n WHERE " + where + " AND main = false AND account NOT IN " + left + " AND person IN (SELECT person FROM " + now + " m WHERE main = true AND account IN " + left + ")) y WHERE y.place = 1)", params, nil
	}
	if len(q.Accounts) == 1 { // where the rows are read, and not after a join
		params["account"], where = q.Accounts[0], where+" AND account = {account:String}"
	} else {
		params["accounts"], where = q.Accounts, where+" AND account IN (SELECT unnest({accounts:Array(String)}))"
	}
	return "(SELECT * FROM (SELECT n.*, row_number() OVER (PARTITION BY n.who ORDER BY n.lately DESC, n.account) AS place FROM " + now + " n WHERE " +
		where + ") y WHERE y.place = 1)", params, nil
}

// peopleConds are what the query asks of a row of the roster.
func peopleConds(ctx context.Context, q PeopleQuery, params map[string]any) ([]string, error) {
	conds := []string{"1 = 1"}
	bind := func(name string, v any, cond string) {
		params[name] = v
		conds = append(conds, cond)
	}
	if q.Offset < 0 || q.Offset > maxOffset {
		return nil, farol.InvalidField("offset", "must be between 0 and %d: narrow the list instead", maxOffset)
	}
	if !q.Tests {
		conds = append(conds, "test = false")
		if len(q.LeavePeople) > 0 {
			bind("no_people", q.LeavePeople, "person NOT IN (SELECT unnest({no_people:Array(String)}))")
		}
	}
	searched := searchedOf(ctx)
	for i, w := range strings.Fields(lang.Fold(clean(q.Search))) {
		name := "word" + string(rune('a'+i%26)) + string(rune('a'+i/26%26))
		if i >= 20 {
			return nil, farol.InvalidField("search", "has more than %d words", 20)
		}
		bind(name, w, "position({"+name+":String} IN "+searched+") > 0")
	}
	if err := sight.Of(ctx).Shows("attribute." + SentRole); err != nil && q.Role != "" {
		return nil, err
	}
	switch {
	case q.Role == "none":
		conds = append(conds, "role = ''")
	case q.Role != "":
		if !slices.Contains(Roles, q.Role) {
			return nil, farol.InvalidField("role", "must be one of: %s", strings.Join(append(slices.Clone(Roles), "none"), ", "))
		}
		bind("role", q.Role, "role = {role:String}")
	}
	if q.Since != 0 {
		bind("since", int64(q.Since), "lately >= {since:Int64}")
	}
	if q.Before != 0 {
		bind("before", int64(q.Before), "lately < {before:Int64}")
	}
	if q.Only != nil {
		bind("only", q.Only, "person IN (SELECT unnest({only:Array(String)}))")
	}
	if q.Consent != "" {
		what := q.Consent[1:]
		if !consentName.MatchString(what) || !strings.Contains("+-?", q.Consent[:1]) {
			return nil, farol.InvalidField("consent", "is written +channel.purpose, -channel.purpose or ?channel.purpose")
		}
		if q.Consent[0] == '?' {
			params["yes"], params["no"] = " +"+what+" ", " -"+what+" "
			conds = append(conds, "position({yes:String} IN ' ' || consent || ' ') = 0 AND position({no:String} IN ' ' || consent || ' ') = 0")
		} else {
			bind("consent", " "+q.Consent+" ", "position({consent:String} IN ' ' || consent || ' ') > 0")
		}
	}
	return conds, nil
}

func (f *Facts) eachListed(ctx context.Context, text string, params map[string]any, known time.Time, do func(Listed) error) error {
	rows, err := f.reading(ctx, text, known, params)
	if err != nil {
		return err
	}
	defer rows.Close()
	noName, noEmail := hiddenOfPeople(ctx)
	noRole := sight.Of(ctx).Hides("attribute." + SentRole)
	for rows.Next() {
		var x Listed
		var consent string
		var first, last int64
		var main bool
		if err := rows.Scan(&x.ID, &x.Account, &x.Name, &x.Email, &x.Role, &consent, &first, &last, &x.Accounts, &main, &x.Test); err != nil {
			return err
		}
		x.First, x.Last, x.Consents = farol.Day(first), farol.Day(last), strings.Fields(consent)
		if noName {
			x.Name = ""
		}
		if noRole {
			x.Role = ""
		}
		if noEmail {
			x.Email = ""
		}
		if err := do(x); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (f *Facts) countListed(ctx context.Context, source string, params map[string]any, known time.Time) (n int64, err error) {
	rows, err := f.reading(ctx, "SELECT i64(count(*)) AS n FROM "+source+" r", known, params)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}
