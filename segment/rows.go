package segment

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
)

// A builder shows a rule as rows, in order, each deeper than what it stands
// in. A form sends them as fields "r0.kind", "r0.name" and so on: Fields writes
// them, ReadRows reads what was typed and RuleOf makes the rule of it.

// Row is one line of a builder: a list, a condition, or a condition on a
// property of an event.
type Row struct {
	// Number is the row's place from 0, Depth how deep it stands.
	Number, Depth int
	// Path is its place in the rule: "all[1].people.who".
	Path string
	// Kind is one of the kinds of rows.
	Kind string
	// Person tells that it is about a person, not an account.
	Person bool
	// The fields, as typed. Op is a comparison, or one of the ops of rows.
	Name, Op, Number1, Number2, Days, Change string
	Values                                   []string
}

// The kinds of rows.
const (
	AllRow       = "all"
	AnyRow       = "any"
	NoneRow      = "none"
	AttributeRow = "attribute"
	MetricRow    = "metric"
	DidRow       = "did"
	PropertyRow  = "property"
	PeopleRow    = "people"
	SegmentRow   = "segment"
)

// kinds are all of them.
var kinds = []string{AllRow, AnyRow, NoneRow, AttributeRow, MetricRow, DidRow, PropertyRow, PeopleRow, SegmentRow}

// The ops that only rows have: they say a Between or a Did in the words of who
// builds. Next and Last are days from today on and up to today; Before and
// After more than so many days ago or ahead; Never is not once.
const (
	Next   Op = "next"
	Last   Op = "last"
	Before Op = "before"
	After  Op = "after"
	Never  Op = "never"
)

// forever is as far as Between reaches.
const forever = 36500

// maxRows bounds what a form may send.
const maxRows = 400

// List tells whether the row is a list of others.
func (r Row) List() bool { return r.Kind == AllRow || r.Kind == AnyRow || r.Kind == NoneRow }

// Open tells whether rows may stand inside.
func (r Row) Open() bool { return r.List() || r.Kind == DidRow || r.Kind == PeopleRow }

// blank tells that nothing was filled in yet.
func (r Row) blank() bool {
	switch r.Kind {
	case AttributeRow, PropertyRow:
		return r.Name == "" && strings.Join(r.Values, "") == "" && r.Number1 == ""
	case MetricRow, DidRow, SegmentRow:
		return r.Name == ""
	}
	return false
}

// Rows are the rows of a rule. The first is always a list, and so is the first
// of what is said of people, so that there is a place to add to.
func Rows(r Rule) []Row {
	w := &rowWriter{}
	w.rule(r.listed(), "", 0, false)
	return w.rows
}

// listed is the rule as a list, of one if it is none.
func (r Rule) listed() Rule {
	if _, list := r.list(); list != nil {
		return r
	}
	return Rule{All: []Rule{r}}
}

type rowWriter struct{ rows []Row }

func (w *rowWriter) add(r Row) {
	r.Number = len(w.rows)
	w.rows = append(w.rows, r)
}

func (w *rowWriter) rule(r Rule, at string, depth int, person bool) {
	row := Row{Depth: depth, Path: at, Person: person}
	switch {
	case r.Attribute != nil:
		row.attribute(*r.Attribute)
	case r.Metric != nil:
		row.Kind, row.Name, row.Op, row.Change = MetricRow, r.Metric.Name, string(r.Metric.Op), r.Metric.Change
		row.Number1, row.Days = number(r.Metric.Number), days(r.Metric.Days)
	case r.Did != nil:
		w.did(*r.Did, row)
		return
	case r.People != nil:
		row.Kind, row.Op, row.Number1 = PeopleRow, string(r.People.Op), strconv.Itoa(r.People.Count)
		w.add(row)
		w.rule(r.People.Who.listed(), join(join(at, "people"), "who"), depth+1, true)
		return
	case r.Segment != "":
		row.Kind, row.Name = SegmentRow, r.Segment
	default:
		name, list := r.list()
		row.Kind = name
		w.add(row)
		for i, x := range list {
			w.rule(x, fmt.Sprintf("%s[%d]", join(at, name), i), depth+1, person)
		}
		return
	}
	w.add(row)
}

func days(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (r *Row) attribute(a Attribute) {
	r.Kind, r.Name, r.Op, r.Values = AttributeRow, a.Name, string(a.Op), typed(a.Values)
	switch {
	case a.Number != nil:
		r.Number1 = number(*a.Number)
	case a.Op != Between:
	case a.From == 0 && a.To > 0 && a.To < forever:
		r.Op, r.Number1 = string(Next), strconv.Itoa(a.To)
	case a.To == 0 && a.From < 0 && a.From > -forever:
		r.Op, r.Number1 = string(Last), strconv.Itoa(-a.From)
	case a.From == -forever && a.To < 0:
		r.Op, r.Number1 = string(Before), strconv.Itoa(-a.To-1)
	case a.To == forever && a.From > 0:
		r.Op, r.Number1 = string(After), strconv.Itoa(a.From-1)
	default:
		r.Number1, r.Number2 = strconv.Itoa(a.From), strconv.Itoa(a.To)
	}
}

func (w *rowWriter) did(d Did, row Row) {
	row.Kind, row.Name, row.Op, row.Number1, row.Days = DidRow, d.Event, string(d.Op), strconv.Itoa(d.Times), strconv.Itoa(d.Days)
	if d.Op == Equal && d.Times == 0 {
		row.Op, row.Number1 = string(Never), "1"
	}
	w.add(row)
	for i, p := range d.Where {
		x := Row{Depth: row.Depth + 1, Path: fmt.Sprintf("%s.where[%d]", join(row.Path, "did"), i), Kind: PropertyRow, Person: row.Person,
			Name: p.Name, Op: string(p.Op), Values: typed(p.Values)}
		if p.Number != nil {
			x.Number1 = number(*p.Number)
		}
		w.add(x)
	}
}

// typed writes values as they are typed: what would not be read back as it is
// stands in quotes.
func typed(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v
		if v == "" || v[0] == '"' || strings.TrimSpace(v) != v || strings.ContainsAny(v, "\r\n") {
			out[i] = quote(v)
		}
	}
	return out
}

// untyped reads values that were typed; what is empty is none.
func untyped(values []string) []string {
	var out []string
	for _, v := range values {
		v = strings.TrimSpace(v)
		if v == "" {
			continue
		}
		if p := (&textParser{text: v}); v[0] == '"' {
			if s, err := p.quoted(); err == nil && p.at == len(v) {
				v = s
			}
		}
		out = append(out, v)
	}
	return out
}

// Fields are the form's fields for rows.
func Fields(rows []Row) url.Values {
	f := url.Values{}
	for _, r := range rows {
		set := func(name, value string) {
			if value != "" {
				f.Set(r.Field(name), value)
			}
		}
		set("depth", strconv.Itoa(r.Depth))
		set("kind", r.Kind)
		set("name", r.Name)
		set("op", r.Op)
		set("number", r.Number1)
		set("until", r.Number2)
		set("days", r.Days)
		set("change", r.Change)
		if len(r.Values) > 0 {
			f[r.Field("value")] = slices.Clone(r.Values)
		}
	}
	return f
}

// Field is the name of one of the row's inputs.
func (r Row) Field(name string) string { return "r" + strconv.Itoa(r.Number) + "." + name }

// ReadRows reads the rows that a form sends, as they were typed. Errors are
// Invalid: the form is not one of ours.
func ReadRows(f url.Values) ([]Row, error) {
	var rows []Row
	for n := 0; ; n++ {
		r := Row{Number: n}
		get := func(name string) string { return strings.TrimSpace(f.Get(r.Field(name))) }
		if r.Kind = get("kind"); r.Kind == "" {
			break
		}
		depth, err := strconv.Atoi(get("depth"))
		if err != nil || depth < 0 || depth > 2*maxDepth || !slices.Contains(kinds, r.Kind) || n >= maxRows || n > 0 && depth < 1 {
			return nil, wrong("", "is not what the builder sends")
		}
		r.Depth, r.Name, r.Op, r.Number1, r.Number2, r.Days, r.Change = depth, get("name"), get("op"), get("number"), get("until"), get("days"), get("change")
		r.Values = f[r.Field("value")]
		rows = append(rows, r)
	}
	if len(rows) == 0 || !rows[0].List() || rows[0].Depth != 0 {
		return nil, wrong("", "is not what the builder sends")
	}
	place(rows)
	return rows, nil
}

// end is the place after the row at i and all that stands in it.
func end(rows []Row, i int) int {
	n := i + 1
	for n < len(rows) && rows[n].Depth > rows[i].Depth {
		n++
	}
	return n
}

// inside lists the places of the rows that stand directly in the row at i.
func inside(rows []Row, i int) []int {
	var out []int
	for n := i + 1; n < end(rows, i); n = end(rows, n) {
		out = append(out, n)
	}
	return out
}

// place gives every row its number and its place in the rule. A person's rows
// are those inside "people".
func place(rows []Row) {
	for i := range rows {
		rows[i].Number = i
		r := rows[i]
		for k, n := range inside(rows, i) {
			rows[n].Depth, rows[n].Person = r.Depth+1, r.Person || r.Kind == PeopleRow
			switch {
			case r.Kind == DidRow:
				rows[n].Path = fmt.Sprintf("%s.where[%d]", join(r.Path, "did"), k)
			case r.Kind == PeopleRow:
				rows[n].Path = join(join(r.Path, "people"), "who")
			default:
				rows[n].Path = fmt.Sprintf("%s[%d]", join(r.Path, r.Kind), k)
			}
		}
	}
}

// RuleOf makes the rule of rows. Rows in which nothing was filled in are
// passed over. Errors are Invalid: the field is the place in the rule, which
// RowAt finds again.
func RuleOf(rows []Row) (Rule, error) {
	r, _, err := ruleAt(rows, 0)
	if err == nil {
		err = r.Check()
	}
	return r.Plain(), err
}

// ruleAt makes the rule of the row at i; ok is false when nothing was filled
// in.
func ruleAt(rows []Row, i int) (r Rule, ok bool, err error) {
	row := rows[i]
	switch {
	case row.Kind == PeopleRow:
		p, err := peopleAt(rows, i)
		return Rule{People: p}, true, err
	case !row.List():
		if row.blank() {
			return Rule{}, false, nil
		}
		r, err := row.condition(rows[i+1 : end(rows, i)])
		if err == nil {
			// Checked here, where its place is the row's: what is blank counts.
			err = (&checker{}).rule(r, row.Path, 0, row.Person)
		}
		return r, true, err
	}
	list, ok, err := rulesIn(rows, i)
	switch row.Kind {
	case AllRow:
		r.All = list
	case AnyRow:
		r.Any = list
	default:
		r.None = list
	}
	if i == 0 && !ok {
		return Rule{All: []Rule{}}, true, err
	}
	return r, ok, err
}

// condition makes the rule of a row that is no list, of which within are the
// rows that stand in it.
func (r Row) condition(within []Row) (out Rule, err error) {
	switch r.Kind {
	case DidRow:
		out.Did, err = r.did(within)
	case AttributeRow:
		out.Attribute, err = r.attributeOf()
	case MetricRow:
		out.Metric, err = r.metricOf()
	case SegmentRow:
		out.Segment = r.Name
	default:
		err = wrong(r.Path, "is not what the builder sends")
	}
	return out, err
}

// rulesIn makes the rules of the rows inside the row at i; ok is false when
// there are some and all are blank.
func rulesIn(rows []Row, i int) ([]Rule, bool, error) {
	list, of := []Rule{}, inside(rows, i)
	for _, n := range of {
		x, ok, err := ruleAt(rows, n)
		if err != nil {
			return nil, true, err
		}
		if ok {
			list = append(list, x)
		}
	}
	return list, len(of) == 0 || len(list) > 0, nil
}

func peopleAt(rows []Row, i int) (*People, error) {
	row := rows[i]
	p := &People{Op: Op(row.Op), Who: Rule{All: []Rule{}}}
	var err error
	if p.Count, err = row.whole(row.Number1, "people.count"); err == nil {
		err = counted(p.Op, p.Count, join(row.Path, "people"), "count")
	}
	if err != nil {
		return p, err
	}
	list, _, err := rulesIn(rows, i)
	switch {
	case len(list) == 1:
		p.Who = list[0]
	case len(list) > 1:
		p.Who = Rule{All: list}
	}
	return p, err
}

func (r Row) whole(text, field string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, wrong(join(r.Path, field), "must be a whole number")
	}
	return n, nil
}

// float reads a number as it is typed in either language: 1.5 and 1,5.
func (r Row) float(text, field string) (float64, error) {
	if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, wrong(join(r.Path, field), "must be a number")
	}
	return x, nil
}

func (r Row) attributeOf() (*Attribute, error) {
	a := &Attribute{Name: r.Name, Op: Op(r.Op)}
	var err error
	switch {
	case slices.Contains(numeric, a.Op):
		var x float64
		x, err = r.float(r.Number1, "attribute.number")
		a.Number = &x
	case a.Op == Is || a.Op == IsNot || a.Op == Contains || a.Op == StartsWith:
		a.Values = untyped(r.Values)
	case slices.Contains([]Op{Next, Last, Before, After, Between}, a.Op):
		return a, r.between(a)
	}
	return a, err
}

// between reads days from today.
func (r Row) between(a *Attribute) error {
	op := a.Op
	a.Op = Between
	n, err := r.whole(r.Number1, "attribute.from")
	if err != nil {
		return err
	}
	switch op {
	case Next:
		a.To = n
	case Last:
		a.From = -n
	case Before:
		a.From, a.To = -forever, -n-1
	case After:
		a.From, a.To = n+1, forever
	default:
		a.From = n
		if a.To, err = r.whole(r.Number2, "attribute.to"); err != nil {
			return err
		}
	}
	if op != Between && n < 0 {
		return wrong(join(r.Path, "attribute.from"), "must not be negative")
	}
	return nil
}

func (r Row) metricOf() (*Metric, error) {
	m := &Metric{Name: r.Name, Op: Op(r.Op), Change: r.Change}
	var err error
	if m.Number, err = r.float(r.Number1, "metric.number"); err == nil && m.Change != "" {
		m.Days, err = r.whole(r.Days, "metric.days")
	}
	return m, err
}

func (r Row) did(where []Row) (*Did, error) {
	d := &Did{Event: r.Name, Op: Op(r.Op)}
	var err error
	if d.Op == Never {
		d.Op = Equal
	} else if d.Times, err = r.whole(r.Number1, "did.times"); err != nil {
		return d, err
	}
	if d.Days, err = r.whole(r.Days, "did.days"); err != nil {
		return d, err
	}
	for _, x := range where {
		if x.Kind != PropertyRow {
			return d, wrong(x.Path, "is not what the builder sends")
		}
		if x.blank() {
			continue
		}
		p, err := x.property()
		if err != nil {
			return d, err
		}
		d.Where = append(d.Where, p)
	}
	return d, nil
}

func (r Row) property() (Property, error) {
	p := Property{Name: r.Name, Op: Op(r.Op)}
	if slices.Contains(numeric, p.Op) {
		n, err := r.float(r.Number1, "number")
		if err != nil {
			return p, err
		}
		p.Number = &n
	} else {
		p.Values = untyped(r.Values)
	}
	return p, p.check(r.Path)
}

// RowAt finds the row that an error of RuleOf speaks of, and which of its
// fields ("" for all of it); -1 for none.
func RowAt(rows []Row, field string) (number int, input string) {
	number = -1
	for _, r := range rows {
		if field == r.Path || r.Path == "" || strings.HasPrefix(field, r.Path+".") || strings.HasPrefix(field, r.Path+"[") {
			if number < 0 || len(r.Path) >= len(rows[number].Path) {
				number = r.Number
			}
		}
	}
	if number < 0 {
		return number, ""
	}
	last := field[strings.LastIndexByte(field, '.')+1:]
	return number, map[string]string{
		"name": "name", "event": "name", "segment": "name", "op": "op", "values": "value", "number": "number", "times": "number", "count": "number",
		"from": "number", "to": "until", "days": "days", "change": "change",
	}[last]
}

// Place finds in a text of a rule what an error of ParseText, or of what
// checks the rule further, speaks of: the characters from up to to, counted
// from 0. ok is false when the error names no place.
func Place(text string, err error) (from, to int, ok bool) {
	e, is := err.(*farol.Error)
	if !is || e.Kind != farol.Invalid {
		return 0, 0, false
	}
	runes := []rune(text)
	if n, told := firstInt(e.Args); e.Field == "rule" && told && strings.HasPrefix(e.Text, "at character ") {
		from = min(max(n-1, 0), len(runes))
		for to = from; to < len(runes) && !strings.ContainsRune(" \t\r\n()", runes[to]); to++ {
		}
		return from, min(max(to, from+1), len(runes)), true
	}
	p := &textParser{text: text}
	r, wrongText := p.whole()
	if wrongText != nil {
		return 0, 0, false
	}
	return p.find(r, e.Field)
}

func firstInt(args []any) (int, bool) {
	if len(args) == 0 {
		return 0, false
	}
	n, ok := args[0].(int)
	return n, ok
}

// find is where the condition stands that the place in the rule is in.
func (p *textParser) find(r Rule, field string) (from, to int, ok bool) {
	n, best := -1, -1
	r.walk("", func(x Rule, at string) bool {
		if _, list := x.list(); list != nil {
			return true
		}
		n++
		if n < len(p.spans) && (at == "" || field == at || strings.HasPrefix(field, at+".")) {
			best = n
		}
		return true
	})
	if best < 0 {
		return 0, 0, false
	}
	s := p.spans[best]
	return len([]rune(p.text[:s[0]])), len([]rune(p.text[:s[1]])), true
}
