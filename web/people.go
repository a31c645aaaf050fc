package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
)

// peoplePage lists the people of the accounts.
type peoplePage struct {
	shell
	Fields  url.Values
	Rows    []listedRow
	Columns []customerColumn
	Count   string
	Roles   []choice
	Active  []choice
	Consent []choice
	// Segments narrow the list down to the people of their customers.
	Segments []choice
	Filters  []link
	First    string
	Next     string
	CSV      string
	// Tests leads to the list with whom no figure counts, or without them.
	Tests string
	Empty bool
}

// Get is a filter's text.
func (p peoplePage) Get(name string) string { return p.Fields.Get(name) }

type listedRow struct {
	Name, ID, Href, Email      string
	Account, AccountHref, More string
	Role, Last, First          string
	Consents                   []consentTag
	Test                       bool
}

type consentTag struct {
	Text    string
	Granted bool
}

// personRoles are what a person can be for the team.
var personRoles = map[string]lang.Text{
	"champion": lang.Text("Champion"), "decision_maker": lang.Text("Decision maker"), "user": lang.Text("User"),
}

// peopleFields are the parameters that every link of the page carries.
var peopleFields = []string{"q", "account", "segment", "role", "active", "consent", "sort", "dir", "tests"}

const peopleShown = 50

// recentDays is how long ago a use still makes somebody active.
const recentDays = 28

// readPeople reads the address.
func (s *server) readPeople(v *visit) (facts.PeopleQuery, url.Values, error) {
	given, kept := v.r.URL.Query(), url.Values{}
	for _, k := range peopleFields {
		if x := strings.TrimSpace(given.Get(k)); x != "" {
			kept.Set(k, x)
		}
	}
	q := facts.PeopleQuery{
		Search: kept.Get("q"), Role: kept.Get("role"), Consent: kept.Get("consent"), Tests: kept.Get("tests") == "yes",
		Sort: kept.Get("sort"), Down: kept.Get("dir") == "down", Limit: peopleShown,
	}
	if x := kept.Get("account"); x != "" {
		q.Accounts = []string{string(s.Facts.Joined(farol.AccountID(x), time.Time{}))}
	}
	if x := kept.Get("segment"); x != "" {
		if err := s.peopleIn(v, x, &q); err != nil {
			return q, kept, err
		}
	}
	if err := s.Customers.LeaveOut(v.r.Context(), s.Store, &q); err != nil {
		return q, kept, err
	}
	today := v.company.calendar().Today(v.now)
	switch kept.Get("active") {
	case "":
	case "yes":
		q.Since = today + 1 - recentDays
	case "quiet":
		q.Since, q.Before = 1, today+1-recentDays
	case "never":
		q.Before = 1
	default:
		return q, kept, farol.InvalidField("active", "must be one of: %s", "yes, quiet, never")
	}
	if x := given.Get("offset"); x != "" {
		n, err := strconv.Atoi(x)
		if err != nil {
			return q, kept, farol.InvalidField("offset", "must be a whole number")
		}
		q.Offset = n
	}
	return q, kept, nil
}

// peopleIn keeps the people of the customers of a segment.
func (s *server) peopleIn(v *visit, name string, q *facts.PeopleQuery) error {
	b, err := s.Segments.Seen(v.r.Context())
	if err != nil {
		return err
	}
	if _, err := b.Find(name); err != nil {
		return farol.InvalidField("segment", "there is no segment %q", name)
	}
	all, err := s.Customers.Accounts(v.r.Context())
	if err != nil {
		return err
	}
	in := []string{}
	for _, a := range customer.Members(all, name) {
		if q.Accounts == nil || slices.Contains(q.Accounts, string(a.ID)) {
			in = append(in, string(a.ID))
		}
	}
	q.Accounts = in
	return nil
}

func (s *server) people(v *visit) error {
	q, kept, err := s.readPeople(v)
	if err != nil {
		return err
	}
	p := peoplePage{shell: v.shell(lang.Text("People")), Fields: kept}
	p.Question = v.p.T("Who are the people behind our customers, and are they still with us?")
	list, n, err := s.Facts.People(v.r.Context(), q)
	if err != nil {
		return err
	}
	p.Empty = n == 0 && len(kept) == 0
	p.Count = v.p.N(int(n), "%d person", "%d people")
	names, err := s.accountNames(v)
	if err != nil {
		return err
	}
	for _, x := range list {
		row := listedRowOf(v, names, x)
		row.Test = row.Test || slices.Contains(q.LeaveAccounts, string(x.Account)) || slices.Contains(q.LeavePeople, string(x.ID))
		p.Rows = append(p.Rows, row)
	}
	p.Tests = linkWith("/people", kept, "tests", map[bool]string{false: "yes"}[q.Tests])
	p.heads(v)
	p.choices(v, names)
	b, err := s.Segments.Seen(v.r.Context())
	if err != nil {
		return err
	}
	for _, x := range b.All() {
		p.Segments = append(p.Segments, choice{Value: x.Name, Name: x.Title, Chosen: x.Name == kept.Get("segment")})
	}
	if q.Offset > 0 {
		p.First = linkWith("/people", kept)
	}
	if int64(q.Offset+len(list)) < n {
		p.Next = linkWith("/people", kept, "offset", strconv.Itoa(q.Offset+len(list)))
	}
	p.CSV = linkWith("/people.csv", kept)
	return s.send(v, http.StatusOK, "people", "layout", p)
}

// linkWith is a path with parameters, and pairs changed.
func linkWith(path string, kept url.Values, pairs ...string) string {
	q := url.Values{}
	for k, x := range kept {
		q[k] = slices.Clone(x)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Del(pairs[i]); pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// accountNames answers what an account is called.
func (s *server) accountNames(v *visit) (func(farol.AccountID) string, error) {
	all, err := s.Customers.Accounts(v.r.Context())
	return func(id farol.AccountID) string {
		if a, ok := all[id]; ok {
			return a.Name
		}
		return string(id)
	}, err
}

// calledID is what a person without name and e-mail is called: the id, and for
// somebody known only by a browser what that is, with the end of its id.
func calledID(v *visit, id farol.PersonID) string {
	if !id.Anonymous() {
		return string(id)
	}
	tail := []rune(strings.TrimPrefix(string(id), farol.AnonymousPrefix))
	return v.p.T("Anonymous visitor %s", string(tail[max(0, len(tail)-6):]))
}

// contactTitle is what a person is called.
func contactTitle(v *visit, c *customer.Contact) string {
	return cmp.Or(c.Name, c.Email, calledID(v, c.ID))
}

func personHref(id farol.PersonID) string { return "/people/" + url.PathEscape(string(id)) }

func listedRowOf(v *visit, names func(farol.AccountID) string, x facts.Listed) listedRow {
	row := listedRow{
		ID: string(x.ID), Name: cmp.Or(x.Name, x.Email, calledID(v, x.ID)), Href: personHref(x.ID), Email: x.Email, Test: x.Test, Last: lang.None, First: lang.None,
		Role: cmp.Or(v.p.Text(personRoles[x.Role]), lang.None),
	}
	if x.Account != "" {
		row.Account, row.AccountHref = names(x.Account), "/customers/"+url.PathEscape(string(x.Account))
	}
	if x.Accounts > 1 {
		row.More = v.p.N(int(x.Accounts-1), "and %d other", "and %d others")
	}
	if x.Last != 0 {
		row.Last, row.First = v.p.Date(x.Last), v.p.Date(x.First)
	}
	for _, c := range x.Consents {
		row.Consents = append(row.Consents, consentTag{c[1:], c[0] == '+'})
	}
	return row
}

// heads are the columns with their links.
func (p *peoplePage) heads(v *visit) {
	for _, c := range []struct{ key, title string }{
		{"name", v.p.T("Person")}, {"account", v.p.T("Customer")}, {"", v.p.T("Role")}, {"last", v.p.T("Last active")}, {"first", v.p.T("First active")}, {"", v.p.T("Consent")},
	} {
		h := customerColumn{Title: c.title, Aria: "none"}
		if c.key != "" {
			dir := ""
			if cmp.Or(p.Fields.Get("sort"), "last") == c.key {
				// The latest come first, names by the alphabet.
				down := (c.key == "last" || c.key == "first") != (p.Fields.Get("dir") == "down")
				h.Aria = map[bool]string{true: "descending", false: "ascending"}[down]
				dir = map[bool]string{true: "", false: "down"}[p.Fields.Get("dir") == "down"]
			}
			h.Sort = linkWith("/people", p.Fields, "sort", c.key, "dir", dir)
		}
		p.Columns = append(p.Columns, h)
	}
}

func (p *peoplePage) choices(v *visit, names func(farol.AccountID) string) {
	pick := func(name string, options ...choice) []choice {
		for i := range options {
			options[i].Chosen = p.Fields.Get(name) == options[i].Value
		}
		return options
	}
	p.Roles = pick("role", choice{Title: lang.Text("Any role")}, choice{Value: "champion", Title: personRoles["champion"]}, choice{Value: "decision_maker", Title: personRoles["decision_maker"]},
		choice{Value: "user", Title: personRoles["user"]}, choice{Value: "none", Title: lang.Text("No role yet")})
	p.Active = pick("active", choice{Title: lang.Text("Active or not")}, choice{Value: "yes", Title: lang.Text("Active in 28 days")},
		choice{Value: "quiet", Title: lang.Text("Gone quiet")}, choice{Value: "never", Title: lang.Text("Never active")})
	p.Consent = pick("consent", choice{Title: lang.Text("Any consent")}, choice{Value: "+email.marketing", Title: lang.Text("Agreed to marketing e-mail")},
		choice{Value: "-email.marketing", Title: lang.Text("Refused marketing e-mail")}, choice{Value: "?email.marketing", Title: lang.Text("Not asked yet")})
	if x := p.Fields.Get("account"); x != "" {
		p.Filters = append(p.Filters, link{v.p.T("Customer") + " = " + names(farol.AccountID(x)), linkWith("/people", p.Fields, "account", "")})
	}
}

func (s *server) peopleCSV(v *visit) error {
	q, _, err := s.readPeople(v)
	if err != nil {
		return err
	}
	// The first row is asked for before anything is sent, so that what is wrong
	// with the question is still an error.
	if _, _, err := s.Facts.People(v.r.Context(), q); err != nil {
		return err
	}
	out := v.csv("people.csv")
	write(out, []string{"id", "name", "email", "account", "accounts", "role", "first_active", "last_active", "consents"})
	err = s.Facts.EachPerson(v.r.Context(), q, func(x facts.Listed) error {
		first, last := "", ""
		if x.Last != 0 {
			first, last = x.First.String(), x.Last.String()
		}
		write(out, []string{string(x.ID), x.Name, x.Email, string(x.Account), strconv.FormatInt(x.Accounts, 10), x.Role, first, last, strings.Join(x.Consents, " ")})
		return out.Error()
	})
	out.Flush()
	return errors.Join(err, out.Error())
}

// listedPeople are people as the roster knows them.
type listedPeople map[farol.PersonID]facts.Listed

// name is what the person is called.
func (l listedPeople) name(v *visit, id farol.PersonID) string {
	return cmp.Or(l[id].Name, l[id].Email, calledID(v, id))
}

// calledBy looks up what people are called; the same may be named often, and
// nobody by "".
func (s *server) calledBy(v *visit, ids []string) (listedPeople, error) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	slices.Sort(ids)
	return s.listed(v, slices.Compact(ids))
}

// listed looks the people up.
func (s *server) listed(v *visit, ids []string) (listedPeople, error) {
	if len(ids) == 0 {
		return listedPeople{}, nil
	}
	list, _, err := s.Facts.People(v.r.Context(), facts.PeopleQuery{Only: ids, Tests: true, Limit: 1000})
	out := make(listedPeople, len(list))
	for _, x := range list {
		out[x.ID] = x
	}
	return out, err
}
