package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
)

// mergePage asks which other account or person is the same, and shows both
// side by side before anything is joined.
type mergePage struct {
	shell
	refusal
	Action, Self, SelfName string
	With, WithName         string
	Rows                   []mergeRow
	Ready                  bool
	Hints                  []link
	Search                 string
	// Parts are the accounts that are part of this one.
	Parts []mergePart
	Note  string
}

type mergeRow struct{ Title, A, B string }

type mergePart struct {
	ID string
	At time.Time
}

func (s *server) mergeAccount(v *visit) error { return s.showMergeAccount(v, http.StatusOK, refusal{}) }

func (s *server) showMergeAccount(v *visit, status int, r refusal) error {
	ctx, id := v.r.Context(), farol.AccountID(v.r.PathValue("id"))
	a, err := s.Customers.Account(ctx, id)
	if err != nil {
		return err
	}
	base := "/customers/" + url.PathEscape(string(a.ID))
	p := mergePage{shell: v.shell(lang.Text("Merge two customers")), refusal: r, Action: base + "/merge", Self: string(a.ID), SelfName: a.Name}
	p.Question = v.p.T("Are these two the same customer?")
	p.Crumb = &crumb{a.Name, base}
	p.Note = v.p.T("The other one becomes part of %s: use, people, money, tickets and answers count here, in the past, too. Of each attribute the value that was said last holds. It can be undone, and then every figure is what it was.", a.Name)
	for _, j := range s.Facts.Joins(time.Time{}, time.Time{}) {
		if j.To == a.ID && j.Parted.IsZero() {
			p.Parts = append(p.Parts, mergePart{string(j.From), j.At})
		}
	}
	p.Search = strings.TrimSpace(v.r.URL.Query().Get("q"))
	if p.Search != "" {
		page, err := s.Customers.List(ctx, customer.Query{Search: p.Search, Limit: 10, Tests: true})
		if err != nil {
			return err
		}
		for _, x := range page.Accounts {
			if x.ID != a.ID {
				p.Hints = append(p.Hints, link{x.Name, base + "/merge?" + url.Values{"with": {string(x.ID)}}.Encode()})
			}
		}
	}
	with := v.r.URL.Query().Get("with")
	if v.r.Method == http.MethodPost {
		with = v.r.PostForm.Get("with")
	}
	if b, err := s.Customers.Account(ctx, farol.AccountID(with)); err == nil && with != "" {
		p.With, p.WithName, p.Ready = with, b.Name, b.ID != a.ID
		n, err := s.names(v)
		if err != nil {
			return err
		}
		for _, c := range []string{"id", "created", "stage", "owner.csm", "metric.mrr", "metric.active_users_28d", "attribute.plan"} {
			p.Rows = append(p.Rows, mergeRow{n.title(c), n.cell(a, c).Text, n.cell(b, c).Text})
		}
	} else if with != "" {
		p.refusal = refusal{"with", v.p.T("There is no such customer.")}
	}
	return s.send(v, status, "merge", "layout", p)
}

func (s *server) doMergeAccount(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	ctx, id := v.r.Context(), farol.AccountID(v.r.PathValue("id"))
	if _, err := s.Customers.Account(ctx, id); err != nil {
		return err
	}
	var err error
	done := "merged"
	if part := farol.AccountID(v.r.PostForm.Get("part")); part != "" {
		if part == id || s.Facts.Joined(part, time.Time{}) != id {
			return farol.Errorf(farol.NotFound, "there is no such account")
		}
		err, done = s.Facts.PartAccount(ctx, v.now, part), "parted"
	} else if _, err = s.Customers.Account(ctx, farol.AccountID(v.r.PostForm.Get("with"))); farol.KindOf(err) == farol.NotFound {
		err = farol.InvalidField("with", "There is no such customer.")
	} else if err == nil {
		err = s.Facts.JoinAccounts(ctx, v.now, farol.AccountID(v.r.PostForm.Get("with")), id)
	}
	if err == nil {
		err = s.Customers.Refresh(ctx)
	}
	if refused, ok := v.refuse(err); err != nil && ok {
		return s.showMergeAccount(v, http.StatusUnprocessableEntity, refused.shown("from", "with").shown("to", "with"))
	}
	if err != nil {
		return err
	}
	s.Saved(ctx)
	return v.done("/customers/"+url.PathEscape(string(id)), done)
}

func (s *server) mergePerson(v *visit) error { return s.showMergePerson(v, http.StatusOK, refusal{}) }

func (s *server) showMergePerson(v *visit, status int, r refusal) error {
	ctx, today := v.r.Context(), v.company.calendar().Today(v.now)
	a, err := customer.ReadContact(ctx, s.Facts, farol.PersonID(v.r.PathValue("id")), today, 0, time.Time{})
	if err != nil {
		return err
	}
	base := personHref(a.ID)
	p := mergePage{shell: v.shell(lang.Text("Merge two people")), refusal: r, Action: base + "/merge", Self: string(a.ID), SelfName: contactTitle(v, a)}
	p.Question = v.p.T("Are these two the same person?")
	p.Crumb = &crumb{contactTitle(v, a), base}
	p.Note = v.p.T("All that the other one did and said counts for %s from then on, in the past, too. It can be undone, and then every figure is what it was.", contactTitle(v, a))
	names, err := s.accountNames(v)
	if err != nil {
		return err
	}
	if p.Search = strings.TrimSpace(v.r.URL.Query().Get("q")); p.Search != "" {
		list, _, err := s.Facts.People(ctx, facts.PeopleQuery{Search: p.Search, Limit: 10, Tests: true})
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.ID != a.ID {
				row := listedRowOf(v, &view{}, names, x)
				p.Hints = append(p.Hints, link{strings.Join(slices.DeleteFunc([]string{row.Name, row.Account, row.ID}, func(x string) bool { return x == "" }), " · "), base + "/merge?" + url.Values{"with": {row.ID}}.Encode()})
			}
		}
	}
	with := v.r.URL.Query().Get("with")
	if v.r.Method == http.MethodPost {
		with = v.r.PostForm.Get("with")
	}
	if with == "" {
		return s.send(v, status, "merge", "layout", p)
	}
	b, err := customer.ReadContact(ctx, s.Facts, farol.PersonID(with), today, 0, time.Time{})
	switch {
	case farol.KindOf(err) == farol.NotFound:
		p.refusal = refusal{"with", v.p.T("There is no such person.")}
	case err != nil:
		return err
	default:
		p.With, p.WithName, p.Ready = with, contactTitle(v, b), b.ID != a.ID
		p.Rows = []mergeRow{
			{v.p.T("Id"), string(a.ID), string(b.ID)}, {v.p.T("E-mail"), a.Email, b.Email}, {v.p.T("Customers"), accountsText(a, names), accountsText(b, names)},
			{v.p.T("Role"), v.p.Text(personRoles[a.Role]), v.p.Text(personRoles[b.Role])},
		}
	}
	return s.send(v, status, "merge", "layout", p)
}

func accountsText(c *customer.Contact, name func(farol.AccountID) string) string {
	var out []string
	for _, a := range c.Accounts {
		out = append(out, name(a.Account))
	}
	return strings.Join(out, ", ")
}

func (s *server) doMergePerson(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	ctx, id, with := v.r.Context(), farol.PersonID(v.r.PathValue("id")), farol.PersonID(v.r.PostForm.Get("with"))
	today := v.company.calendar().Today(v.now)
	if _, err := customer.ReadContact(ctx, s.Facts, id, today, 0, time.Time{}); err != nil {
		return err
	}
	_, err := customer.ReadContact(ctx, s.Facts, with, today, 0, time.Time{})
	if farol.KindOf(err) == farol.NotFound {
		err = farol.InvalidField("with", "There is no such person.")
	}
	if err == nil {
		err = s.Facts.JoinPeople(ctx, with, id)
	}
	if err == nil {
		err = s.Facts.UpdateRoster(ctx)
	}
	if refused, ok := v.refuse(err); err != nil && ok {
		return s.showMergePerson(v, http.StatusUnprocessableEntity, refused.shown("from", "with").shown("to", "with"))
	}
	if err != nil {
		return err
	}
	s.Saved(ctx)
	return v.done(personHref(id), "merged")
}

// groupPage is an account with those below it.
type groupPage struct {
	shell
	refusal
	ID, Name string
	Parent   *link
	Columns  []string
	Rows     []familyRow
	Total    familyRow
	Own      familyRow
	Fields   url.Values
	MayMove  bool
	Notes    []string
}

// Get is what was typed.
func (p groupPage) Get(name string) string { return p.Fields.Get(name) }

type familyRow struct {
	Name, Href string
	Cells      []familyCell
}

type familyCell struct {
	Text, Share string
	Width       float64
}

// groupMetrics are what the page sums over a group, those that the catalogue
// keeps per account.
var groupMetrics = []string{"mrr", "active_users_28d"}

// groupTicketDays is how far back tickets are counted.
const groupTicketDays = 90

func (s *server) group(v *visit) error { return s.showGroup(v, http.StatusOK, refusal{}, nil) }

// showGroup shows the group with what was typed, nil for what is known.
func (s *server) showGroup(v *visit, status int, r refusal, typed url.Values) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	then, err := s.accountsThen(v, look, groupMetrics...)
	if err != nil {
		return err
	}
	all := then.Accounts
	a := all[farol.AccountID(v.r.PathValue("id"))]
	if a == nil {
		return farol.Errorf(farol.NotFound, "there is no such account")
	}
	p := groupPage{shell: v.shell(lang.Text("Group")), refusal: r, ID: string(a.ID), Name: a.Name, Fields: typed, MayMove: workers.allows(v.member.Role) && !look.Past()}
	p.Question, p.View = v.p.T("What do the accounts of %s make together, and who brings how much?", a.Name), look
	p.Crumb = &crumb{a.Name, look.At(customerHref(a.ID))}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	n = n.at(look)
	tree := customer.TreeOf(all)
	if up := tree.Parent(a.ID); up != "" {
		if p.Fields == nil {
			p.Fields = url.Values{"parent": {string(up)}}
		}
		p.Parent = &link{all[up].Name, look.At(customerHref(up) + "/group")}
	}
	metrics, columns := groupColumns(n)
	for _, c := range columns {
		p.Columns = append(p.Columns, n.title(c))
	}
	if p.Notes, err = s.pastNotes(n, then, columns); err != nil {
		return err
	}
	p.Columns = append(p.Columns, v.p.T("Tickets in %d days", groupTicketDays))
	ids := []string{string(a.ID)}
	for _, x := range tree.Below(a.ID) {
		ids = append(ids, string(x.ID))
	}
	end := look.reference() + 1
	tickets, err := customer.Tickets(v.r.Context(), s.Facts, ids, farol.Period{From: end - groupTicketDays, To: end}, look.Known)
	if err != nil {
		return err
	}
	s.sumGroup(n, tree, a, metrics, tickets, &p)
	return s.send(v, status, "group", "layout", p)
}

// groupColumns are the metrics that the reader may see, with their columns.
func groupColumns(n names) (metrics, columns []string) {
	for _, name := range groupMetrics {
		if n.metrics[name] != nil {
			metrics, columns = append(metrics, name), append(columns, "metric."+name)
		}
	}
	return metrics, columns
}

// sumGroup fills the rows: each child with everything below it.
func (s *server) sumGroup(n names, tree *customer.Tree, a *customer.Account, metrics []string, tickets map[farol.AccountID]int64, p *groupPage) {
	children := tree.Children(a.ID)
	type line struct {
		of   *customer.Account
		sums []float64
		has  []bool
	}
	sum := func(of *customer.Account, below bool) line {
		l := line{of, make([]float64, len(metrics)+1), make([]bool, len(metrics)+1)}
		list := []*customer.Account{of}
		if below {
			list = append(list, tree.Below(of.ID)...)
		}
		for _, x := range list {
			l.sums[len(metrics)], l.has[len(metrics)] = l.sums[len(metrics)]+float64(tickets[x.ID]), true
			for i, m := range metrics {
				if value, ok := x.Metrics[m]; ok {
					l.sums[i], l.has[i] = l.sums[i]+value, true
				}
			}
		}
		return l
	}
	total := sum(a, true)
	row := func(l line, name, href string, share bool) familyRow {
		out := familyRow{Name: name, Href: href}
		for i := range l.sums {
			cell, unit := familyCell{Text: lang.None}, "tickets"
			if i < len(metrics) {
				unit = n.metrics[metrics[i]].Unit
			}
			if l.has[i] {
				cell.Text = scale{n.v.p, unit, n.v.company.Currency}.short(&l.sums[i])
				if share && total.sums[i] > 0 {
					x := l.sums[i] / total.sums[i]
					cell.Share, cell.Width = n.v.p.Percent(x), 100*x
				}
			}
			out.Cells = append(out.Cells, cell)
		}
		return out
	}
	p.Total = row(total, n.v.p.T("The whole group"), "", false)
	p.Own = row(sum(a, false), n.v.p.T("%s itself", a.Name), p.View.At(customerHref(a.ID)), true)
	for _, c := range children {
		path := customerHref(c.ID)
		if len(tree.Children(c.ID)) > 0 {
			path += "/group"
		}
		p.Rows = append(p.Rows, row(sum(c, true), c.Name, p.View.At(path), true))
	}
}

// setParent puts the account below another, or at the top.
func (s *server) setParent(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	id, f := farol.AccountID(v.r.PathValue("id")), v.r.PostForm
	above, err := s.accountField(v, "parent", f.Get("parent"))
	if err == nil {
		err = s.Customers.SetParent(v.r.Context(), v.now, id, above)
	}
	if refused, ok := v.refuse(err); err != nil && ok {
		return s.showGroup(v, http.StatusUnprocessableEntity, refused, f)
	}
	if err != nil {
		return err
	}
	return v.done("/customers/"+url.PathEscape(string(id))+"/group", "saved")
}

// structure fills where the account stands among others, and the team's own
// fields of it.
func (s *server) structure(v *visit, p *customerPage) ([]customer.Field, error) {
	fields, err := customer.Fields(v.r.Context(), s.Store, "account")
	if err != nil {
		return nil, err
	}
	p.Inputs = fieldInputs(sight.Of(v.r.Context()), fields, p.Account.Attributes, p.Fields)
	p.Parts = s.Facts.Parts(p.Account.ID, p.View.Known)
	p.Products = customer.ProductsOf(p.found[facts.SubscriptionMoment])
	if p.Below, err = s.Customers.Below(v.r.Context(), p.Account.ID); err != nil {
		return nil, err
	}
	all, err := s.Customers.Accounts(v.r.Context())
	if err != nil {
		return nil, err
	}
	if up := all[farol.AccountID(p.Account.Attributes[customer.ParentTrait])]; up != nil && up.ID != p.Account.ID {
		p.Above = &link{up.Name, "/customers/" + url.PathEscape(string(up.ID)) + "/group"}
	}
	return fields, nil
}
