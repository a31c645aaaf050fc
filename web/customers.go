package web

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// customersPage lists the accounts, as a table or as a board by stage.
type customersPage struct {
	shell
	refusal
	Look    *customersLook
	Rows    []customerRow
	Columns []customerColumn
	// Chooser lists all columns, Filters those conditions that hold, Board the
	// stages with their accounts.
	Chooser []columnGroup
	Filters []link
	Board   []boardColumn
	// Count is how many fit, Total what they pay per month together.
	Count, Total string
	Fit          int
	// StagesOpen and OwnerRoles are what can be set, Members to whom.
	Stages      []choice
	Members     []store.Member
	Tags, Lists []string
	// Shown says which rows are on the page: "1–50 of 400".
	Shown            string
	First, Prev      string
	Next             string
	CSV, CSVAll      string
	Empty            bool
	Undo, UndoneText string
	// ValuesHref leads to the values of a column, Notes say what a past list
	// cannot know.
	ValuesHref string
	Notes      []string
}

// customersLook is what the page reads from the address and writes back into
// every link.
type customersLook struct {
	given url.Values
	query customer.Query
	// Columns are those shown besides the name.
	Columns []string
	Board   bool
	Mine    bool
	// view has the two clocks.
	view *view
}

type customerColumn struct {
	// Title is short, Full is the metric's title as it is.
	Title, Full string
	// Sort is the link that sorts by it, Aria says how it is sorted.
	Sort, Aria string
	Number     bool
}

type columnGroup struct {
	Title string
	Items []choice
}

type customerRow struct {
	ID, Name, Href string
	Cells          []customerCell
	Test           bool
	// Stale says for how long a source that feeds it has been silent.
	Stale string
}

// customerCell is a value as text. Mark is the class of its tag; Edit is what
// a click on it changes ("stage", "owner"), with the role and the value that
// it has.
type customerCell struct {
	Text              string
	Number            bool
	Mark              string
	Edit, Role, Value string
	// Label is the column's title, for where there is no line of headings.
	Label string
}

type boardColumn struct {
	Title, Count, Total string
	Value               string
	Standings           []standingLink
	Cards               []boardCard
	More                string
}

type standingLink struct{ Text, Mark, Href, Title string }

type boardCard struct {
	ID, Name, Href     string
	Owner, MRR         string
	Days, Mark, Stands string
}

// customerKeys are the parameters that every link of the page carries.
var customerKeys = []string{"q", "cols", "sort", "dir", "where", "view", "mine", "tests", "as_of", "known"}

// defaultColumns are those of somebody who has chosen none.
var defaultColumns = []string{"stage", "standing", "owner.csm", "metric.mrr", "metric.active_users_week", "attribute.plan"}

const (
	customersShown = 50
	boardShown     = 20
	maxColumns     = 14
)

// readCustomers reads the look from the parameters of an address, and with its
// clocks what names count by.
func (s *server) readCustomers(v *visit, q url.Values, n *names) (*customersLook, error) {
	l := &customersLook{given: url.Values{}}
	var err error
	if l.view, err = readView(url.Values{"as_of": q["as_of"], "known": q["known"]}, v.company.calendar(), v.now); err != nil {
		return nil, err
	}
	*n = n.at(l.view)
	for _, k := range customerKeys {
		for _, x := range q[k] {
			if x = strings.TrimSpace(x); x != "" {
				l.given.Add(k, x)
			}
		}
	}
	l.Columns = defaultColumns
	if c := l.given.Get("cols"); c != "" {
		l.Columns = strings.Split(c, ",")
	}
	if len(l.Columns) > maxColumns {
		return nil, farol.InvalidField("cols", "at most %d columns fit beside each other", maxColumns)
	}
	l.Board, l.Mine = l.given.Get("view") == "board", l.given.Get("mine") == "yes"
	l.query = n.query(customer.Query{
		Search: l.given.Get("q"), Sort: l.given.Get("sort"), Down: l.given.Get("dir") == "down", Tests: l.given.Get("tests") == "yes",
		Total: "mrr", Limit: customersShown,
	})
	if l.query.Where, err = customer.Conditions(l.given["where"]); err != nil {
		return nil, err
	}
	if l.Mine {
		l.query.Where = append(l.query.Where, customer.Condition{Column: "owner.csm", Values: []string{string(v.member.ID)}})
	}
	if s := q.Get("offset"); s != "" {
		at, err := strconv.Atoi(s)
		if err != nil || at < 0 {
			return nil, farol.InvalidField("offset", "must be a whole number")
		}
		l.query.Offset = at
	}
	return l, nil
}

// Link is the page's address with pairs changed; an empty value removes one.
func (l *customersLook) Link(path string, pairs ...string) string {
	return linked(path, l.given, pairs)
}

// Get is a parameter.
func (l *customersLook) Get(k string) string { return l.given.Get(k) }

// Hidden lists the inputs that carry the look through a form.
func (l *customersLook) Hidden(but ...string) []field {
	var out []field
	for _, k := range customerKeys {
		if slices.Contains(but, k) {
			continue
		}
		for _, x := range l.given[k] {
			out = append(out, field{k, x})
		}
	}
	return out
}

// metrics are those that the list shows, orders by or compares.
func (l *customersLook) metrics() []string { return l.query.Metrics(l.Columns...) }

// extra are the parameters besides the clocks.
func (l *customersLook) extra() url.Values {
	q := maps.Clone(l.given)
	q.Del("as_of")
	q.Del("known")
	return q
}

// with is the link with conditions added.
func (l *customersLook) with(where ...string) string {
	q := url.Values{}
	for k, x := range l.given {
		q[k] = slices.Clone(x)
	}
	q.Del("view")
	q["where"] = append(q["where"], where...)
	return "/customers?" + q.Encode()
}

// without is the link without one condition.
func (l *customersLook) without(where string) string {
	q := url.Values{}
	for k, x := range l.given {
		q[k] = slices.Clone(x)
	}
	q["where"] = slices.DeleteFunc(q["where"], func(s string) bool { return s == where })
	if len(q["where"]) == 0 {
		q.Del("where")
	}
	if len(q) == 0 {
		return "/customers"
	}
	return "/customers?" + q.Encode()
}

func (s *server) customers(v *visit) error {
	return s.showCustomers(v, http.StatusOK, refusal{}, v.r.URL.Query())
}

// showCustomers shows the list that the parameters ask for.
func (s *server) showCustomers(v *visit, status int, r refusal, q url.Values) error {
	n, err := s.names(v)
	if err != nil {
		return err
	}
	look, err := s.readCustomers(v, q, &n)
	if err != nil {
		return err
	}
	p := customersPage{shell: v.shell(lang.Text("Customers")), refusal: r, Look: look}
	p.Question = v.p.T("Who are our customers, and what do we know of each?")
	p.View, p.extra, p.path = look.view, look.extra(), "/customers"
	then, err := s.accountsThen(v, look.view, look.metrics()...)
	if err != nil {
		return err
	}
	fit := customer.Tally{Totalled: look.query.Totalled(then.Accounts)}
	if look.Board {
		groups := look.query.ByStage(then.Accounts, boardShown)
		for _, g := range groups {
			fit.Count, fit.Total = fit.Count+g.Count, fit.Total+g.Total
		}
		p.board(n, groups)
	} else {
		page := look.query.Of(then.Accounts)
		fit.Count, fit.Total = page.Count, page.Total
		p.table(n, page)
	}
	p.Empty, p.Fit = !look.view.Past() && fit.Count == 0 && (len(look.given) == 0 || len(then.Accounts) == 0), fit.Count
	p.Count = v.p.N(fit.Count, "%d customer", "%d customers")
	p.Total = n.total(fit.Total, fit.Totalled)
	for _, w := range look.given["where"] {
		if c, err := customer.ParseCondition(w); err == nil {
			p.Filters = append(p.Filters, link{n.condition(c), look.without(w)})
		}
	}
	if !look.view.Past() { // a source is silent now
		if err := s.staleRows(v, p.Rows); err != nil {
			return err
		}
	}
	if p.Notes, err = s.pastNotes(n, then, look.query.Columns(look.Columns...)); err != nil {
		return err
	}
	p.CSV, p.CSVAll, p.ValuesHref = look.Link("/customers.csv"), look.Link("/customers.csv", "cols", "all"), look.view.At("/customer-values")
	if err := s.customerChoices(v, n, &p); err != nil {
		return err
	}
	if err := s.undoable(v, n, &p); err != nil {
		return err
	}
	return s.send(v, status, "customers", "layout", p)
}

// table fills columns, rows and pager.
func (p *customersPage) table(n names, page customer.Page) {
	look := p.Look
	for _, c := range append([]string{"name"}, look.Columns...) {
		h := customerColumn{Title: short(n.title(c)), Full: n.title(c), Aria: "none", Number: strings.HasPrefix(c, "metric.") || c == "days_in_stage"}
		dir := ""
		if h.Number {
			dir = "down"
		}
		if cmp.Or(look.query.Sort, "name") == c {
			h.Aria = "ascending"
			if look.query.Down {
				h.Aria = "descending"
			}
			dir = map[bool]string{true: "", false: "down"}[look.query.Down]
		}
		h.Sort = look.Link("/customers", "sort", c, "dir", dir)
		p.Columns = append(p.Columns, h)
	}
	for _, a := range page.Accounts {
		p.Rows = append(p.Rows, customerRowOf(n, a, look.Columns))
	}
	// A number stands at the right in every row, so its heading does, too.
	for i := range look.Columns {
		some, numbers := false, true
		for _, r := range p.Rows {
			some = some || r.Cells[i].Number
			numbers = numbers && (r.Cells[i].Number || r.Cells[i].Text == lang.None)
		}
		numbers = numbers && some
		p.Columns[i+1].Number = p.Columns[i+1].Number || numbers
	}
	at, print := look.query.Offset, func(i int) string { return n.v.p.Number(float64(i), 0) }
	if len(p.Rows) > 0 {
		p.Shown = n.v.p.T("%s–%s of %s", print(at+1), print(at+len(p.Rows)), print(page.Count))
	}
	if at > 0 {
		p.First = look.Link("/customers")
		p.Prev = p.First
		if at > customersShown {
			p.Prev = look.Link("/customers", "offset", strconv.Itoa(at-customersShown))
		}
	}
	if at+len(page.Accounts) < page.Count {
		p.Next = look.Link("/customers", "offset", strconv.Itoa(at+len(page.Accounts)))
	}
}

// short is a title for a narrow column: its abbreviation, where it has one.
func short(title string) string {
	before, rest, ok := strings.Cut(title, " (")
	if abbreviation, _, closed := strings.Cut(rest, ")"); ok && closed {
		if strings.ToUpper(abbreviation) == abbreviation && !strings.ContainsAny(abbreviation, " 0123456789") {
			return abbreviation
		}
		return before
	}
	return title
}

func customerHref(id farol.AccountID) string { return "/customers/" + url.PathEscape(string(id)) }

func customerRowOf(n names, a *customer.Account, columns []string) customerRow {
	row := customerRow{ID: string(a.ID), Name: a.Name, Href: n.href(a.ID), Test: a.Test}
	for _, c := range columns {
		cell := n.cell(a, c)
		cell.Label = short(n.title(c))
		row.Cells = append(row.Cells, cell)
	}
	return row
}

// board fills a column per stage; that of accounts without one only when there
// are some.
func (p *customersPage) board(n names, groups []customer.StageGroup) {
	for _, g := range groups {
		if g.Stage == "" && g.Count == 0 {
			continue
		}
		c := boardColumn{Title: n.stage(g.Stage), Value: g.Stage, Count: n.v.p.Number(float64(g.Count), 0), Total: n.total(g.Total, g.Totalled)}
		where := "stage=" + g.Stage
		for _, s := range customer.Standings {
			if t := g.Standings[s]; t.Count > 0 {
				c.Standings = append(c.Standings, standingLink{
					n.v.p.Number(float64(t.Count), 0), standingMark(s), p.Look.with(where, "standing="+string(s)), n.v.p.Text(standingTitles[s]) + " · " + n.total(t.Total, t.Totalled),
				})
			}
		}
		for _, a := range g.First {
			c.Cards = append(c.Cards, n.card(a))
		}
		if g.Count > len(g.First) {
			c.More = p.Look.with(where)
		}
		p.Board = append(p.Board, c)
	}
}

func (n names) card(a *customer.Account) boardCard {
	c := boardCard{ID: string(a.ID), Name: a.Name, Href: n.href(a.ID), Owner: n.members[a.Owner("csm")]}
	if v, ok := a.Metrics["mrr"]; ok {
		c.MRR = n.money(v)
	}
	if days, ok := a.DaysInStage(n.today); ok {
		c.Days = n.v.p.N(days, "%d day", "%d days")
		s := n.stages.StandingOf(a, n.today)
		if s == customer.Behind || s == customer.Stuck {
			c.Mark, c.Stands = standingMark(s), n.v.p.Text(standingTitles[s])
		}
	}
	return c
}

// customerChoices fills what can be chosen.
func (s *server) customerChoices(v *visit, n names, p *customersPage) (err error) {
	ctx := v.r.Context()
	attributes, err := s.Customers.Names(ctx, "")
	if err != nil {
		return err
	}
	p.Chooser = n.groups(p.Look.Columns, attributes)
	p.Stages = n.stageChoices("")
	if p.Members, err = s.Store.Members(ctx); err != nil {
		return err
	}
	if p.Tags, err = s.Customers.Names(ctx, customer.TagTrait); err != nil {
		return err
	}
	p.Lists, err = s.Customers.Names(ctx, customer.ListTrait)
	return err
}

// Ops lists the comparisons to choose from.
func (p customersPage) Ops() []choice {
	var out []choice
	for _, op := range customer.Ops {
		out = append(out, choice{Value: string(op), Title: opTitles[op]})
	}
	return out
}

// OwnerRoles lists the roles for an account.
func (s shell) OwnerRoles() []choice {
	var out []choice
	for _, x := range customer.OwnerRoles {
		out = append(out, choice{Value: x, Title: ownerTitles[x]})
	}
	return out
}

// MayWork tells whether the member may change customers: the past nobody may.
func (s shell) MayWork() bool {
	return workers.allows(s.Member.Role) && (s.View == nil || !s.View.Past())
}

// customerValues lists values of a column to choose from, for the filter.
func (s *server) customerValues(v *visit) error {
	n, err := s.names(v)
	if err != nil {
		return err
	}
	column := v.r.URL.Query().Get("column")
	var p customerValuesPage
	kind, _, _ := strings.Cut(column, ".")
	switch kind {
	case "standing":
		for _, x := range customer.Standings {
			p.Values = append(p.Values, choice{Value: string(x), Name: n.v.p.Text(standingTitles[x])})
		}
	case "stage":
		p.Values = n.stageChoices("")
	case "segment":
		for _, x := range []string{segment.In, segment.Out} {
			p.Values = append(p.Values, choice{Value: x, Name: n.value(column, x)})
		}
	case "stage_since", "created", "metric", "days_in_stage", "name", "id":
	default:
		look, err := readView(v.r.URL.Query(), v.company.calendar(), v.now)
		if err != nil {
			return err
		}
		then, err := s.accountsThen(v, look)
		if err != nil {
			return err
		}
		for _, x := range customer.Values(then.Accounts, column, 100) {
			p.Values = append(p.Values, choice{Value: x, Name: n.value(column, x)})
		}
	}
	return s.send(v, http.StatusOK, "customers", "customer-values", p)
}

type customerValuesPage struct{ Values []choice }

// customersCSV is all that fit, with the columns shown or all there are.
func (s *server) customersCSV(v *visit) error {
	n, err := s.names(v)
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	every := q.Get("cols") == "all"
	if every {
		q.Del("cols")
	}
	look, err := s.readCustomers(v, q, &n)
	if err != nil {
		return err
	}
	if every {
		attributes, err := s.Customers.Names(v.r.Context(), "")
		if err != nil {
			return err
		}
		look.Columns = nil
		for _, g := range n.groups(nil, attributes) {
			for _, c := range g.Items {
				if c.Value != "id" {
					look.Columns = append(look.Columns, c.Value)
				}
			}
		}
	}
	then, err := s.accountsThen(v, look.view, look.metrics()...)
	if err != nil {
		return err
	}
	out := v.csv(look.view.file("customers"))
	write(out, append([]string{"id", "name"}, look.Columns...))
	for _, a := range look.query.Every(then.Accounts) {
		row := []string{string(a.ID), a.Name}
		for _, c := range look.Columns {
			row = append(row, n.export(look.query, a, c))
		}
		write(out, row)
	}
	out.Flush()
	return nil
}

// export is a column's value for a file: members by name.
func (n names) export(q customer.Query, a *customer.Account, column string) string {
	value := q.Value(a, column)
	if strings.HasPrefix(column, "owner.") {
		return cmp.Or(n.members[value], value)
	}
	return value
}
