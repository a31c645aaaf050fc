package web

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

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
	Notes    []string
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
func (s *server) readPeople(v *visit, look *view) (facts.PeopleQuery, url.Values, error) {
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
	then, err := s.peopleAccounts(v, look)
	if err != nil {
		return q, kept, err
	}
	if look.Past() {
		q.AsOf, q.Known = look.AsOf, look.Known
	}
	if x := kept.Get("account"); x != "" {
		q.Accounts = []string{string(s.Facts.Joined(farol.AccountID(x), look.Known))}
	}
	if x := kept.Get("segment"); x != "" {
		if err := s.peopleIn(v, then, x, &q); err != nil {
			return q, kept, err
		}
	}
	if err := customer.LeaveOut(v.r.Context(), s.Store, s.Facts, then, &q); err != nil {
		return q, kept, err
	}
	today := look.reference()
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

// peopleAccounts are the accounts that people are listed with.
func (s *server) peopleAccounts(v *visit, look *view) (map[farol.AccountID]*customer.Account, error) {
	then, err := s.accountsThen(v, look)
	return then.Accounts, err
}

// peopleIn keeps the people of the customers of a segment.
func (s *server) peopleIn(v *visit, all map[farol.AccountID]*customer.Account, name string, q *facts.PeopleQuery) error {
	b, err := s.Segments.Seen(v.r.Context())
	if err != nil {
		return err
	}
	if _, err := b.Find(name); err != nil {
		return farol.InvalidField("segment", "there is no segment %q", name)
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
	look, err := readClocks(v)
	if err != nil {
		return err
	}
	q, kept, err := s.readPeople(v, look)
	if err != nil {
		return err
	}
	p := peoplePage{shell: v.shell(lang.Text("People")), Fields: kept}
	p.View, p.extra = look, kept
	p.Question = v.p.T("Who are the people behind our customers, and are they still with us?")
	list, n, err := s.Facts.People(v.r.Context(), q)
	if err != nil {
		return err
	}
	p.Empty = n == 0 && len(kept) == 0 && !look.Past()
	p.Count = v.p.N(int(n), "%d person", "%d people")
	then, err := s.peopleAccounts(v, look)
	if err != nil {
		return err
	}
	names := func(id farol.AccountID) string {
		if a, ok := then[id]; ok {
			return a.Name
		}
		return string(id)
	}
	if p.Notes, err = s.peopleNotes(v, look, kept.Get("segment")); err != nil {
		return err
	}
	for _, x := range list {
		row := listedRowOf(v, look, names, x)
		row.Test = row.Test || slices.Contains(q.LeaveAccounts, string(x.Account)) || slices.Contains(q.LeavePeople, string(x.ID))
		p.Rows = append(p.Rows, row)
	}
	p.Tests = p.Link("tests", map[bool]string{false: "yes"}[q.Tests])
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
		p.First = p.Link()
	}
	if int64(q.Offset+len(list)) < n {
		p.Next = p.Link("offset", strconv.Itoa(q.Offset+len(list)))
	}
	p.CSV = p.CSVLink()
	return s.send(v, http.StatusOK, "people", "layout", p)
}

// CSVLink leads to the file of what the page shows.
func (p peoplePage) CSVLink() string {
	q := p.View.clocks()
	maps.Copy(q, p.extra)
	return linked("/people.csv", q, nil)
}

// readClocks reads a view of which nothing but the two clocks counts: the other
// parameters of the page mean something of its own.
func readClocks(v *visit) (*view, error) {
	q := v.r.URL.Query()
	return readView(url.Values{"as_of": q["as_of"], "known": q["known"]}, v.company.calendar(), v.now)
}

// peopleNotes say what a past list of people tells.
func (s *server) peopleNotes(v *visit, look *view, segment string) ([]string, error) {
	if !look.Past() {
		return nil, nil
	}
	notes := []string{v.p.T("Names, roles, consents and customers are what was said by then, and use is counted up to then. Whom the settings exclude is decided as of today.")}
	if segment == "" {
		return notes, nil
	}
	n, err := s.names(v)
	if err != nil {
		return nil, err
	}
	note, err := s.segmentNote(n.at(look), segment)
	if note != "" {
		notes = append(notes, note)
	}
	return notes, err
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

// accountNamesThen answers what an account was called at the moment looked at,
// for pages that name few.
func (s *server) accountNamesThen(v *visit, look *view) (func(farol.AccountID) string, error) {
	if !look.Past() {
		return s.accountNames(v)
	}
	known := map[farol.AccountID]string{}
	return func(id farol.AccountID) string {
		name, ok := known[id]
		if !ok {
			name = string(id)
			if a, err := s.Customers.AccountSaid(v.r.Context(), id, look.AsOf, look.Known); err == nil {
				name = a.Name
			} else if farol.KindOf(err) != farol.NotFound {
				s.Log.Warn("what a customer was called is not known", "request", v.id, "error", err)
			}
			known[id] = name
		}
		return name
	}, nil
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

func listedRowOf(v *visit, look *view, names func(farol.AccountID) string, x facts.Listed) listedRow {
	row := listedRow{
		ID: string(x.ID), Name: cmp.Or(x.Name, x.Email, calledID(v, x.ID)), Href: look.At(personHref(x.ID)), Email: x.Email, Test: x.Test, Last: lang.None, First: lang.None,
		Role: cmp.Or(v.p.Text(personRoles[x.Role]), lang.None),
	}
	if x.Account != "" {
		row.Account, row.AccountHref = names(x.Account), look.At(customerHref(x.Account))
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
			h.Sort = p.Link("sort", c.key, "dir", dir)
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
		p.Filters = append(p.Filters, link{v.p.T("Customer") + " = " + names(farol.AccountID(x)), p.Link("account", "")})
	}
}

func (s *server) peopleCSV(v *visit) error {
	look, err := readClocks(v)
	if err != nil {
		return err
	}
	q, _, err := s.readPeople(v, look)
	if err != nil {
		return err
	}
	// The first row is asked for before anything is sent, so that what is wrong
	// with the question is still an error.
	if _, _, err := s.Facts.People(v.r.Context(), q); err != nil {
		return err
	}
	out := v.csv(look.file("people"))
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
	return s.lookUp(v, facts.PeopleQuery{Only: ids})
}

// listedThen looks them up as the view looks at them.
func (s *server) listedThen(v *visit, look *view, ids []string) (listedPeople, error) {
	q := facts.PeopleQuery{Only: ids}
	if look.Past() {
		q.AsOf, q.Known = look.AsOf, look.Known
	}
	return s.lookUp(v, q)
}

// lookedUp is how many people are looked up at once.
const lookedUp = 1000

func (s *server) lookUp(v *visit, q facts.PeopleQuery) (listedPeople, error) {
	if len(q.Only) == 0 {
		return listedPeople{}, nil
	}
	q.Tests, q.Limit = true, lookedUp
	list, _, err := s.Facts.People(v.r.Context(), q)
	out := make(listedPeople, len(list))
	for _, x := range list {
		out[x.ID] = x
	}
	return out, err
}
