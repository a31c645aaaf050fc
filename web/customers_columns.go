package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
)

// ownerTitles name the roles that a member may have for an account.
var ownerTitles = map[string]lang.Text{"csm": lang.Text("CSM"), "support": lang.Text("Support"), "sales": lang.Text("Sales")}

var standingTitles = map[customer.Standing]lang.Text{
	customer.OnTrack: lang.Text("On track"), customer.Behind: lang.Text("Behind"), customer.Stuck: lang.Text("Stuck"), customer.NoLimit: lang.Text("No limit"),
}

// names writes columns and their values for people.
type names struct {
	v       *visit
	metrics map[string]*metric.Metric
	members map[string]string
	stages  customer.Stages
	today   farol.Day
	book    segment.Book
	// fields are the team's own of accounts.
	fields []customer.Field
	// look is the moment that customers are looked at, nil for now.
	look *view
}

// at makes the names those of a moment: what is counted in days counts up to
// it, and links to customers lead to the same.
func (n names) at(look *view) names {
	n.look, n.today = look, look.reference()
	return n
}

// href is the page of a customer at the moment.
func (n names) href(id farol.AccountID) string {
	if n.look == nil {
		return customerHref(id)
	}
	return n.look.At(customerHref(id))
}

func (s *server) names(v *visit) (names, error) {
	n := names{v: v, metrics: map[string]*metric.Metric{}, today: v.company.calendar().Today(v.now)}
	for _, m := range s.Metrics.Catalogue().All() {
		if m.PerAccount {
			n.metrics[m.Name] = m
		}
	}
	var err error
	if n.members, err = s.writers(v); err != nil {
		return n, err
	}
	if n.book, err = s.Segments.Seen(v.r.Context()); err != nil {
		return n, err
	}
	if n.fields, err = customer.Fields(v.r.Context(), s.Store, "account"); err != nil {
		return n, err
	}
	n.stages, _, err = customer.ReadStages(v.r.Context(), s.Store)
	return n, err
}

// stage is a stage's title.
func (n names) stage(name string) string { return n.stages.Called(n.v.p, name) }

// stageChoices lists the stages to choose from.
func (n names) stageChoices(chosen string) []choice {
	var out []choice
	for _, x := range n.stages.List {
		out = append(out, choice{Value: x.Name, Name: n.stage(x.Name), Chosen: x.Name == chosen})
	}
	return out
}

// fixedColumns are those that every account has, besides attributes and
// metrics.
var fixedColumns = []struct {
	name  string
	title lang.Text
}{
	{"stage", lang.Text("Stage")}, {"standing", lang.Text("Standing")}, {"days_in_stage", lang.Text("Days in stage")}, {"stage_since", lang.Text("In the stage since")},
	{"owner.csm", lang.Text("CSM")}, {"owner.support", lang.Text("Support")}, {"owner.sales", lang.Text("Sales")},
	{"tags", lang.Text("Tags")}, {"lists", lang.Text("Lists")}, {"created", lang.Text("Customer since")}, {"id", lang.Text("Id")},
}

// title is a column's heading.
func (n names) title(column string) string {
	p := n.v.p
	for _, c := range fixedColumns {
		if c.name == column {
			return p.Text(c.title)
		}
	}
	kind, name, _ := strings.Cut(column, ".")
	switch kind {
	case "name":
		return p.T("Customer")
	case "owner":
		return p.Text(ownerTitles[name])
	case "metric":
		if m, ok := n.metrics[name]; ok {
			return m.Title.In(p.Code())
		}
	case "segment":
		return p.T("In segment %s", n.book.Title(name))
	}
	return titleOf(p, n.fields, name)
}

// query completes a query with what columns are told by.
func (n names) query(q customer.Query) customer.Query {
	q.Today, q.Stages = n.today, n.stages
	return q
}

// money writes an amount of the company's currency, a dash for who may see
// none.
func (n names) money(amount float64) string {
	if sight.Of(n.v.r.Context()).Hides(sight.Money) {
		return lang.None
	}
	return scale{n.v.p, metric.Money, n.v.company.Currency}.short(&amount)
}

// total writes a sum of money; where it is known of nobody it says nothing.
func (n names) total(amount float64, known bool) string {
	if !known {
		return lang.None
	}
	return n.money(amount)
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
			return customerCell{Text: lang.None, Number: true}
		}
		return customerCell{Text: scale{p, m.Unit, n.v.company.Currency}.short(&v), Number: true}
	case "created":
		return customerCell{Text: n.day(a.Created)}
	case "stage_since":
		return customerCell{Text: n.day(a.StageSince)}
	case "days_in_stage":
		if days, ok := a.DaysInStage(n.today); ok {
			return customerCell{Text: p.Number(float64(days), 0), Number: true}
		}
		return customerCell{Text: lang.None, Number: true}
	case "standing":
		s := n.stages.StandingOf(a, n.today)
		if s == customer.NoLimit {
			return customerCell{Text: lang.None}
		}
		return customerCell{Text: p.Text(standingTitles[s]), Mark: standingMark(s)}
	}
	raw := a.Value(column)
	text := n.value(column, raw)
	if v, number := a.Number(column); number && kind == "attribute" {
		if len(raw) < 15 {
			text = p.Number(v, decimals(raw))
		}
		return customerCell{Text: n.field(name, raw, text), Number: true}
	}
	if kind == "attribute" {
		text = n.field(name, raw, text)
	}
	c := customerCell{Text: cmp.Or(text, lang.None)}
	if column == "stage" || kind == "owner" {
		c.Edit, c.Value = kind, raw
		if kind == "owner" {
			c.Role = name
		}
	}
	return c
}

// field is the value of one of the team's own fields as its type is written,
// else the text that is there already.
func (n names) field(name, value, text string) string {
	if x := fieldText(n.v, n.fields, name, value); x != value {
		return x
	}
	return text
}

// decimals are those that a number was written with.
func decimals(raw string) int {
	_, fraction, _ := strings.Cut(raw, ".")
	return min(len(fraction), 4)
}

func (n names) day(d farol.Day) string {
	if d == 0 {
		return lang.None
	}
	return n.v.p.Date(d)
}

// standingMark is the class of a standing's tag.
func standingMark(s customer.Standing) string {
	return map[customer.Standing]string{customer.OnTrack: "good", customer.Behind: "warn", customer.Stuck: "bad"}[s]
}

// value writes a value of a column: members and stages by their names, dates
// as people write them.
func (n names) value(column, value string) string {
	kind, _, _ := strings.Cut(column, ".")
	switch {
	case value == "":
		return ""
	case kind == "owner":
		return cmp.Or(n.members[value], value)
	case kind == "stage":
		return n.stage(value)
	case kind == "standing":
		if t, ok := standingTitles[customer.Standing(value)]; ok {
			return n.v.p.Text(t)
		}
	case kind == "segment":
		return map[string]string{"true": n.v.p.T("yes"), "false": n.v.p.T("no")}[value]
	}
	return n.dated(value)
}

// dated writes a text that is a date, or an instant, as people do.
func (n names) dated(value string) string {
	if len(value) == 10 || len(value) > 10 && value[10] == 'T' {
		if d, err := farol.ParseDay(value[:10]); err == nil {
			return n.v.p.Date(d)
		}
	}
	return value
}

// opTitles say the comparisons.
var opTitles = map[customer.Op]lang.Text{
	customer.Is: lang.Text("is"), customer.IsNot: lang.Text("is not"), customer.Contains: lang.Text("contains"), customer.Lacks: lang.Text("does not contain"),
	customer.More: lang.Text("more than"), customer.AtLeast: lang.Text("at least"), customer.Less: lang.Text("less than"), customer.AtMost: lang.Text("at most"),
}

// condition says a condition: "Plan is Pro".
func (n names) condition(c customer.Condition) string {
	value := cmp.Or(n.value(c.Column, c.Values[0]), n.v.p.T("unknown"))
	if rest, ok := strings.CutPrefix(c.Values[0], "today"); ok {
		value = n.v.p.T("today")
		if days, err := strconv.Atoi(rest); err == nil && days > 0 {
			value = n.v.p.N(days, "in %d day", "in %d days")
		} else if err == nil {
			value = n.v.p.N(-days, "%d day ago", "%d days ago")
		}
	}
	return n.title(c.Column) + " " + n.v.p.Text(opTitles[cmp.Or(c.Op, customer.Is)]) + " " + value
}

// groups lists all columns, those of the page's choice marked.
func (n names) groups(chosen, attributes []string) []columnGroup {
	p := n.v.p
	group := func(title string, columns []string) columnGroup {
		g := columnGroup{Title: title}
		for _, c := range columns {
			g.Items = append(g.Items, choice{Value: c, Name: n.title(c), Chosen: slices.Contains(chosen, c)})
		}
		return g
	}
	var fixed, metrics, said []string
	for _, c := range fixedColumns {
		fixed = append(fixed, c.name)
	}
	for name := range n.metrics {
		metrics = append(metrics, "metric."+name)
	}
	slices.SortFunc(metrics, func(a, b string) int { return strings.Compare(customer.Fold(n.title(a)), customer.Fold(n.title(b))) })
	for _, a := range attributes {
		said = append(said, "attribute."+a)
	}
	out := []columnGroup{group(p.T("Team"), fixed), group(p.T("Metrics"), metrics)}
	if list := n.book.All(); len(list) > 0 {
		var in []string
		for _, x := range list {
			in = append(in, "segment."+x.Name)
		}
		out = append(out, group(p.T("Segments"), in))
	}
	if len(said) > 0 {
		out = append(out, group(p.T("Attributes"), said))
	}
	return out
}
