package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
)

// fieldInput is a field of the team's own with what it holds. Was is what the
// form showed: only what differs from it is written, so that a form that was
// open for long does not undo what a colleague wrote.
type fieldInput struct {
	customer.Field
	Value, Was string
}

const fieldPrefix, wasPrefix = "field.", "was."

// fieldInputs are the fields in use that the reader may see, with their values
// or with what was typed into a form that was refused.
func fieldInputs(of *sight.Sight, fields []customer.Field, values map[string]string, typed url.Values) []fieldInput {
	var out []fieldInput
	for _, f := range fields {
		if f.Retired || of.Hides("attribute."+f.Name) {
			continue
		}
		in := fieldInput{Field: f, Value: values[f.Name]}
		if _, _, err := f.Value(in.Value); err != nil && f.Type != "text" {
			in.Value = "" // no input of the type can show it
		}
		in.Was = in.Value
		if x, ok := typed[fieldPrefix+f.Name]; ok {
			in.Value = x[0]
		}
		if x, ok := typed[wasPrefix+f.Name]; ok {
			in.Was = x[0]
		}
		out = append(out, in)
	}
	return out
}

// typedFields are the values of a form that are not what it showed, by the
// field's name.
func typedFields(f url.Values) map[string]string {
	out := map[string]string{}
	for k, x := range f {
		name, ok := strings.CutPrefix(k, fieldPrefix)
		if !ok {
			continue
		}
		if was, shown := f[wasPrefix+name]; !shown || oneLine(was[0]) != oneLine(x[0]) {
			out[name] = x[0]
		}
	}
	return out
}

// oneLine is the text as an input of one line gives it back.
func oneLine(s string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(s) }

// wellKnown are attributes that nearly every company sends.
var wellKnown = map[string]lang.Text{
	"plan": lang.Text("Plan"), "country": lang.Text("Country"), "region": lang.Text("Region"), "city": lang.Text("City"), "industry": lang.Text("Industry"),
	"employees": lang.Text("Employees"), "channel": lang.Text("Channel"), "owner": lang.Text("Owner"), "renewal_date": lang.Text("Renewal date"),
	"created_at": lang.Text("Created on"), "customer_since": lang.Text("Customer since"), "domain": lang.Text("Domain"), "website": lang.Text("Website"),
	"name": lang.Text("Name"), "email": lang.Text("E-mail"), "phone": lang.Text("Phone"), "title": lang.Text("Job title"), "language": lang.Text("Language"), "currency": lang.Text("Currency"), "role": lang.Text("Role"), "segment": lang.Text("Segment"),
}

// titleOf is what an attribute is called: the title of its field, the word for
// it where it is well known, else its own name.
func titleOf(p *lang.Printer, fields []customer.Field, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return f.Title
		}
	}
	if t, ok := wellKnown[name]; ok {
		return p.Text(t)
	}
	return name
}

// fieldText writes a value as its field's type asks for.
func fieldText(v *visit, fields []customer.Field, name, value string) string {
	i := slices.IndexFunc(fields, func(f customer.Field) bool { return f.Name == name })
	if i < 0 || value == "" {
		return value
	}
	switch fields[i].Type {
	case "number":
		if x, err := strconv.ParseFloat(value, 64); err == nil {
			return v.p.Number(x, min(decimalsOf(value), 6))
		}
	case "money":
		if m, err := farol.ParseMoney(value, farol.Currency(v.company.Currency)); err == nil {
			return v.p.Money(m)
		}
	case "date":
		if d, err := farol.ParseDay(value); err == nil {
			return v.p.Date(d)
		}
	case "yes_no":
		if value == "true" {
			return v.p.T("yes")
		}
		return v.p.T("no")
	}
	return value
}

func decimalsOf(s string) int {
	_, d, _ := strings.Cut(s, ".")
	return len(d)
}

// fieldsPage lists the fields, and takes new ones.
type fieldsPage struct {
	shell
	refusal
	Groups []fieldGroup
	Fields url.Values
	Types  []choice
	Base   int
	Edits  bool
}

type fieldGroup struct {
	Title string
	Rows  []fieldRow
}

type fieldRow struct {
	customer.Field
	TypeText, Edit string
}

// Get is what was typed.
func (p fieldsPage) Get(name string) string { return p.Fields.Get(name) }

var fieldTypes = map[string]lang.Text{
	"text": lang.Text("Text"), "number": lang.Text("Number"), "money": lang.Text("Amount of money"), "date": lang.Text("Date"), "choice": lang.Text("Choice"), "yes_no": lang.Text("Yes or no"),
}

func (s *server) fields(v *visit) error { return s.showFields(v, http.StatusOK, refusal{}, nil) }

func (s *server) showFields(v *visit, status int, r refusal, typed url.Values) error {
	p := fieldsPage{shell: v.shell(lang.Text("Custom fields")), refusal: r, Fields: typed}
	p.Question = v.p.T("What do we want to know of customers and people that no system tells us?")
	all, err := customer.Fields(v.r.Context(), s.Store, "")
	if err != nil {
		return err
	}
	for _, t := range customer.FieldTypes {
		p.Types = append(p.Types, choice{Value: t, Title: fieldTypes[t]})
	}
	edit := v.r.URL.Query().Get("edit")
	for _, g := range []struct{ subject, title string }{{"account", v.p.T("Fields of customers")}, {"person", v.p.T("Fields of people")}} {
		group := fieldGroup{Title: g.title}
		for _, f := range all {
			if f.Subject != g.subject {
				continue
			}
			key := f.Subject + "." + f.Name
			group.Rows = append(group.Rows, fieldRow{f, v.p.Text(fieldTypes[f.Type]), "/fields?" + url.Values{"edit": {key}}.Encode() + "#edit"})
			if key == edit && typed == nil {
				p.Fields = url.Values{"subject": {f.Subject}, "name": {f.Name}, "title": {f.Title}, "type": {f.Type}, "choices": {strings.Join(f.Choices, "\n")}, "help": {f.Help}, "version": {strconv.Itoa(f.Version)}}
				if f.Retired {
					p.Fields.Set("retired", "yes")
				}
			}
		}
		p.Groups = append(p.Groups, group)
	}
	if p.Fields == nil {
		p.Fields = url.Values{}
	}
	p.Edits = p.Fields.Get("version") != ""
	return s.send(v, status, "custom_fields", "layout", p)
}

func (s *server) saveField(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	field := customer.Field{
		Subject: f.Get("subject"), Name: strings.TrimSpace(f.Get("name")), Title: f.Get("title"), Type: f.Get("type"), Help: f.Get("help"),
		Choices: strings.Split(strings.ReplaceAll(f.Get("choices"), "\r", ""), "\n"), Retired: f.Get("retired") == "yes",
	}
	base := 0
	if x := f.Get("version"); x != "" {
		n, err := strconv.Atoi(x)
		if err != nil {
			return farol.InvalidField("version", "must be a whole number")
		}
		base = n
	}
	_, err := customer.SaveField(v.r.Context(), s.Store, field, string(v.member.ID), &base)
	if refused, ok := v.refuse(err); err != nil && ok {
		return s.showFields(v, http.StatusUnprocessableEntity, refused, f)
	}
	if err != nil {
		return err
	}
	return v.done("/fields", "saved")
}

// saveAccountFields says the values of fields of a customer.
func (s *server) saveAccountFields(v *visit) error {
	return s.work(v, "timeline", func(id farol.AccountID, f url.Values) error {
		if err := customer.SetAccountFields(v.r.Context(), s.Store, s.Facts, v.now, id, typedFields(f)); err != nil {
			return err
		}
		return s.Customers.Refresh(v.r.Context())
	})
}
