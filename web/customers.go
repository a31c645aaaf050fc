package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
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
	Members      []store.Member
	Tags         []string
	First, Next  string
	CSV          string
	Empty        bool
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
}

type customerColumn struct {
	Title string
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
}

type customerCell struct {
	Text   string
	Number bool
}

type boardColumn struct {
	Title, Count, Total string
	Value               string
	Cards               []customerRow
	More                string
}

// customerKeys are the parameters that every link of the page carries.
var customerKeys = []string{"q", "cols", "sort", "dir", "where", "view", "mine", "tests"}

// defaultColumns are those of somebody who has chosen none.
var defaultColumns = []string{"stage", "owner.csm", "metric.mrr", "metric.active_users_week", "attribute.plan"}

// ownerRoles are the roles that a member may have for an account.
var ownerRoles = []string{"csm", "support", "sales"}

var ownerTitles = map[string]lang.Text{"csm": lang.Text("CSM"), "support": lang.Text("Support"), "sales": lang.Text("Sales")}

// stages are those of a customer's life, in order.
var stages = []string{"onboarding", "adoption", "ongoing", "renewal", "expansion", "advocacy", "churned"}

var stageTitles = map[string]lang.Text{
	"": lang.Text("No stage yet"), "onboarding": lang.Text("Onboarding"), "adoption": lang.Text("Adoption"), "ongoing": lang.Text("Ongoing"),
	"renewal": lang.Text("Renewal"), "expansion": lang.Text("Expansion"), "advocacy": lang.Text("Advocacy"), "churned": lang.Text("Churned"),
}

const (
	customersShown = 50
	boardShown     = 25
	maxColumns     = 12
)

// readCustomers reads the address.
func (v *visit) readCustomers() (*customersLook, error) {
	q := v.r.URL.Query()
	l := &customersLook{given: url.Values{}}
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
	l.query = customer.Query{
		Search: l.given.Get("q"), Sort: l.given.Get("sort"), Down: l.given.Get("dir") == "down", Tests: l.given.Get("tests") == "yes",
		Total: "mrr", Limit: customersShown,
	}
	for _, w := range l.given["where"] {
		column, value, ok := strings.Cut(w, "=")
		if !ok || column == "" {
			return nil, farol.InvalidField("where", "a condition is written column=value, not %s", w)
		}
		i := slices.IndexFunc(l.query.Where, func(c customer.Condition) bool { return c.Column == column })
		if i < 0 {
			l.query.Where = append(l.query.Where, customer.Condition{Column: column, Values: []string{value}})
			continue
		}
		l.query.Where[i].Values = append(l.query.Where[i].Values, value)
	}
	if l.Mine {
		l.query.Where = append(l.query.Where, customer.Condition{Column: "owner.csm", Values: []string{string(v.member.ID)}})
	}
	if s := q.Get("offset"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return nil, farol.InvalidField("offset", "must be a whole number")
		}
		l.query.Offset = n
	}
	return l, nil
}

// Link is the page's address with pairs changed; an empty value removes one.
func (l *customersLook) Link(path string, pairs ...string) string {
	q := url.Values{}
	for k, x := range l.given {
		q[k] = slices.Clone(x)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
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

// names writes columns and their values for people.
type names struct {
	v       *visit
	metrics map[string]*metric.Metric
	members map[string]string
}

func (s *server) names(v *visit) (names, error) {
	n := names{v, map[string]*metric.Metric{}, map[string]string{}}
	for _, m := range s.Metrics.Catalogue().All() {
		if m.PerAccount {
			n.metrics[m.Name] = m
		}
	}
	members, err := s.Store.Members(v.r.Context())
	for _, m := range members {
		n.members[string(m.ID)] = m.Name
	}
	return n, err
}

// title is a column's heading.
func (n names) title(column string) string {
	kind, name, _ := strings.Cut(column, ".")
	p := n.v.p
	switch kind {
	case "stage":
		return p.T("Stage")
	case "owner":
		return p.Text(ownerTitles[name])
	case "tags":
		return p.T("Tags")
	case "created":
		return p.T("Customer since")
	case "id":
		return p.T("Id")
	case "metric":
		if m, ok := n.metrics[name]; ok {
			return m.Title.In(p.Code())
		}
	}
	return name
}

// money writes an amount of the company's currency, a dash for who may see
// none.
func (n names) money(amount float64) string {
	if sight.Of(n.v.r.Context()).Hides(sight.Money) {
		return lang.None
	}
	return scale{n.v.p, metric.Money, n.v.company.Currency}.short(&amount)
}

// cell is a column's value of an account.
func (n names) cell(a *customer.Account, column string) customerCell {
	kind, name, _ := strings.Cut(column, ".")
	p := n.v.p
	switch kind {
	case "metric":
		m, ok := n.metrics[name]
		v, has := a.Metrics[name]
		if !ok || !has {
			return customerCell{lang.None, true}
		}
		return customerCell{scale{p, m.Unit, n.v.company.Currency}.short(&v), true}
	case "created":
		if a.Created == 0 {
			return customerCell{Text: lang.None}
		}
		return customerCell{Text: p.Date(a.Created)}
	}
	text := n.value(column, a.Value(column))
	if _, number := a.Number(column); number && kind == "attribute" {
		return customerCell{text, true}
	}
	return customerCell{Text: cmp.Or(text, lang.None)}
}

// value writes a value of a column: members and stages by their names.
func (n names) value(column, value string) string {
	kind, _, _ := strings.Cut(column, ".")
	switch {
	case kind == "owner" && value != "":
		return cmp.Or(n.members[value], value)
	case kind == "stage":
		if t, ok := stageTitles[value]; ok && value != "" {
			return n.v.p.Text(t)
		}
	}
	return value
}

func (s *server) customers(v *visit) error { return s.showCustomers(v, http.StatusOK, refusal{}) }

func (s *server) showCustomers(v *visit, status int, r refusal) error {
	look, err := v.readCustomers()
	if err != nil {
		return err
	}
	p := customersPage{shell: v.shell(lang.Text("Customers")), refusal: r, Look: look}
	p.Question = v.p.T("Who are our customers, and what do we know of each?")
	n, err := s.names(v)
	if err != nil {
		return err
	}
	if look.Board {
		look.query.Limit = 1000
	}
	page, err := s.Customers.List(v.r.Context(), look.query)
	if err != nil {
		return err
	}
	p.Empty = page.Count == 0 && len(look.given) == 0
	p.Count = v.p.N(page.Count, "%d customer", "%d customers")
	p.Total = n.money(page.Total)
	for _, w := range look.given["where"] {
		column, value, _ := strings.Cut(w, "=")
		p.Filters = append(p.Filters, link{n.title(column) + " = " + cmp.Or(n.value(column, value), v.p.T("unknown")), look.without(w)})
	}
	if look.Board {
		p.board(n, page)
	} else {
		p.table(n, page)
	}
	if err := s.customerChoices(v, n, &p); err != nil {
		return err
	}
	return s.send(v, status, "customers", "layout", p)
}

// table fills columns, rows and pager.
func (p *customersPage) table(n names, page customer.Page) {
	look := p.Look
	heads := append([]string{"name"}, look.Columns...)
	for _, c := range heads {
		h := customerColumn{Title: n.title(c), Aria: "none", Number: strings.HasPrefix(c, "metric.")}
		if c == "name" {
			h.Title = n.v.p.T("Customer")
		}
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
	at := look.query.Offset
	if at > 0 {
		p.First = look.Link("/customers")
	}
	if at+len(page.Accounts) < page.Count {
		p.Next = look.Link("/customers", "offset", strconv.Itoa(at+len(page.Accounts)))
	}
	p.CSV = look.Link("/customers.csv")
}

func customerRowOf(n names, a *customer.Account, columns []string) customerRow {
	row := customerRow{ID: string(a.ID), Name: a.Name, Href: "/customers/" + url.PathEscape(string(a.ID)), Test: a.Test}
	for _, c := range columns {
		row.Cells = append(row.Cells, n.cell(a, c))
	}
	return row
}

// board fills a column per stage.
func (p *customersPage) board(n names, page customer.Page) {
	byStage := map[string][]*customer.Account{}
	for _, a := range page.Accounts {
		byStage[a.Stage()] = append(byStage[a.Stage()], a)
	}
	for _, stage := range append([]string{""}, stages...) {
		list := byStage[stage]
		total := 0.0
		for _, a := range list {
			total += a.Metrics["mrr"]
		}
		c := boardColumn{Title: n.v.p.Text(stageTitles[stage]), Value: stage, Count: n.v.p.Number(float64(len(list)), 0), Total: n.money(total)}
		for _, a := range list[:min(len(list), boardShown)] {
			c.Cards = append(c.Cards, customerRowOf(n, a, []string{"owner.csm", "metric.mrr"}))
		}
		if len(list) > boardShown {
			c.More = p.Look.Link("/customers", "view", "", "where", "stage="+stage)
		}
		p.Board = append(p.Board, c)
	}
}

// customerChoices fills what can be chosen.
func (s *server) customerChoices(v *visit, n names, p *customersPage) (err error) {
	group := func(title string, columns ...string) {
		g := columnGroup{Title: title}
		for _, c := range columns {
			g.Items = append(g.Items, choice{Value: c, Name: n.title(c), Chosen: slices.Contains(p.Look.Columns, c)})
		}
		if len(g.Items) > 0 {
			p.Chooser = append(p.Chooser, g)
		}
	}
	group(v.p.T("Team"), "stage", "owner.csm", "owner.support", "owner.sales", "tags", "created", "id")
	var metrics []string
	for name := range n.metrics {
		metrics = append(metrics, "metric."+name)
	}
	slices.SortFunc(metrics, func(a, b string) int { return strings.Compare(n.title(a), n.title(b)) })
	group(v.p.T("Metrics"), metrics...)
	attributes, err := s.Facts.Attributes(v.r.Context())
	if err != nil {
		return err
	}
	for i, a := range attributes {
		attributes[i] = "attribute." + a
	}
	group(v.p.T("Attributes"), attributes...)
	if p.Members, err = s.Store.Members(v.r.Context()); err != nil {
		return err
	}
	p.Tags, err = s.Customers.Values(v.r.Context(), "tags", 100)
	return err
}

// Stages lists the stages to choose from.
func (p customersPage) Stages() []choice {
	var out []choice
	for _, x := range stages {
		out = append(out, choice{Value: x, Title: stageTitles[x]})
	}
	return out
}

// OwnerRoles lists the roles for an account.
func (p customersPage) OwnerRoles() []choice {
	var out []choice
	for _, x := range ownerRoles {
		out = append(out, choice{Value: x, Title: ownerTitles[x]})
	}
	return out
}

// MayWork tells whether the member may change customers.
func (s shell) MayWork() bool { return workers.allows(s.Member.Role) }

func (s *server) customersCSV(v *visit) error {
	look, err := v.readCustomers()
	if err != nil {
		return err
	}
	all, err := s.Customers.Accounts(v.r.Context())
	if err != nil {
		return err
	}
	out := v.csv("customers.csv")
	write(out, append([]string{"id", "name"}, look.Columns...))
	look.query.Limit, look.query.Offset = 1000, 0
	for {
		page := look.query.Of(all)
		for _, a := range page.Accounts {
			row := []string{string(a.ID), a.Name}
			for _, c := range look.Columns {
				row = append(row, a.Value(c))
			}
			write(out, row)
		}
		look.query.Offset += len(page.Accounts)
		if look.query.Offset >= page.Count || len(page.Accounts) == 0 {
			break
		}
	}
	out.Flush()
	return nil
}

// markCustomers does one thing to the customers that were ticked.
func (s *server) markCustomers(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	trait, value, err := s.markOf(v, f)
	if err == nil && len(f["id"]) == 0 {
		err = farol.InvalidField("id", "Tick at least one customer.")
	}
	if refused, ok := v.refuse(err); err != nil && ok {
		return s.showCustomers(v, http.StatusUnprocessableEntity, refused)
	}
	if err != nil {
		return err
	}
	var marks []facts.Mark
	for _, id := range f["id"] {
		if _, err := s.Customers.Account(v.r.Context(), farol.AccountID(id)); err != nil {
			return err
		}
		marks = append(marks, facts.Mark{Account: farol.AccountID(id), Trait: trait, Value: value})
	}
	if err := s.Facts.SaveMarks(v.r.Context(), v.now, marks); err != nil {
		return err
	}
	if err := s.Customers.Refresh(v.r.Context()); err != nil {
		return err
	}
	to := localPath(f.Get("back"))
	if strings.Contains(to, "?") {
		return v.redirect(to + "&done=customers")
	}
	return v.done(to, "customers")
}

// markOf reads what is to be said of customers from a form.
func (s *server) markOf(v *visit, f url.Values) (trait, value string, err error) {
	switch f.Get("do") {
	case "owner":
		if !slices.Contains(ownerRoles, f.Get("role")) {
			return "", "", farol.InvalidField("role", "There is no such role.")
		}
		if id := f.Get("member"); id != "" {
			if _, err := s.Store.Member(v.r.Context(), store.MemberID(id)); err != nil {
				return "", "", farol.InvalidField("member", "There is no such member.")
			}
		}
		return customer.OwnerTrait + f.Get("role"), f.Get("member"), nil
	case "stage":
		if x := f.Get("stage"); x == "" || slices.Contains(stages, x) {
			return customer.StageTrait, x, nil
		}
		return "", "", farol.InvalidField("stage", "There is no such stage.")
	case "tag", "untag":
		tag := strings.Join(strings.Fields(f.Get("tag")), " ")
		if tag == "" || len([]rune(tag)) > 40 || strings.ContainsAny(tag, "=,") {
			return "", "", farol.InvalidField("tag", "A tag is one to 40 letters, without commas and equals signs.")
		}
		return customer.TagTrait + tag, map[string]string{"tag": "true", "untag": "false"}[f.Get("do")], nil
	}
	return "", "", farol.InvalidField("do", "Choose what to do.")
}
