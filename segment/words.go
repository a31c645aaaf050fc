package segment

import (
	"math"
	"strings"

	"github.com/farol-cs/farol/lang"
)

// Titles are what the sentence calls things; nil leaves their names.
type Titles struct {
	// Metric is a metric's title, Segment a segment's, Attribute what people
	// call an attribute of accounts.
	Metric, Segment, Attribute func(name string) string
	// Value is what people call a value of an attribute of accounts.
	Value func(attribute, value string) string
	// Person is what people call an attribute of people, PersonValue a value of
	// one.
	Person      func(name string) string
	PersonValue func(attribute, value string) string
	// Number writes a value of a metric.
	Number func(metric string, x float64) string
}

// Words says in one plain sentence what the rule means, in the printer's
// language: "plan is Pro and has done Report Created at least 3 times in the
// last 30 days".
func (r Rule) Words(p *lang.Printer, t Titles) string {
	return sentence{p: p, t: t}.rule(r, false)
}

type sentence struct {
	p *lang.Printer
	t Titles
}

// rule says one rule; inner puts a list of several into parentheses.
func (s sentence) rule(r Rule, inner bool) string {
	switch {
	case r.Attribute != nil:
		return s.attribute(*r.Attribute)
	case r.Metric != nil:
		return s.metric(*r.Metric)
	case r.Did != nil:
		return s.did(*r.Did)
	case r.People != nil:
		of := s
		of.t.Attribute, of.t.Value = s.t.Person, s.t.PersonValue
		who := of.rule(r.People.Who, true)
		return s.p.T("it has %s of whom each %s", s.times(r.People.Op, s.p.N(r.People.Count, "%d person", "%d people")), who)
	case r.Segment != "":
		return s.p.T("is in the segment %s", titled(s.t.Segment, r.Segment))
	}
	return s.list(r, inner)
}

func titled(title func(string) string, name string) string {
	if title == nil {
		return name
	}
	return title(name)
}

func (s sentence) list(r Rule, inner bool) string {
	name, list := r.list()
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = s.rule(x, len(list) > 1 || name == "none")
	}
	switch {
	case len(list) == 0 && name == "any":
		return s.p.T("no account at all")
	case len(list) == 0:
		return s.p.T("every account")
	case name == "none":
		return s.p.T("it does not hold that %s", strings.Join(parts, s.p.T(" or ")))
	case len(list) == 1:
		return parts[0]
	}
	word := s.p.T(" and ")
	if name == "any" {
		word = s.p.T(" or ")
	}
	if inner {
		return "(" + strings.Join(parts, word) + ")"
	}
	return strings.Join(parts, word)
}

// values says texts of which one must fit.
func (s sentence) values(attribute string, values []string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		if parts[i] = "“" + v + "”"; s.t.Value != nil && v != "" {
			parts[i] = "“" + s.t.Value(attribute, v) + "”"
		}
		if v == "" {
			parts[i] = s.p.T("empty")
		}
	}
	return strings.Join(parts, s.p.T(" or "))
}

func (s sentence) attribute(a Attribute) string {
	name := titled(s.t.Attribute, a.Name)
	switch a.Op {
	case Is:
		return s.p.T("%s is %s", name, s.values(a.Name, a.Values))
	case IsNot:
		return s.p.T("%s is not %s", name, s.values(a.Name, a.Values))
	case Contains:
		return s.p.T("%s contains %s", name, s.values(a.Name, a.Values))
	case StartsWith:
		return s.p.T("%s starts with %s", name, s.values(a.Name, a.Values))
	case Known:
		return s.p.T("%s is known", name)
	case Unknown:
		return s.p.T("%s is unknown", name)
	case Between:
		return s.between(name, a)
	}
	return s.compared(name, a.Op, s.number(*a.Number))
}

// between says a span of days around today.
func (s sentence) between(name string, a Attribute) string {
	switch {
	case a.From == -forever && a.To < 0:
		return s.p.T("%s was more than %d days ago", name, -a.To-1)
	case a.To == forever && a.From > 0:
		return s.p.T("%s comes in more than %d days", name, a.From-1)
	case a.From == a.To && a.From == 0:
		return s.p.T("%s is today", name)
	case a.From == 0:
		return s.p.T("%s lies within %d days from today", name, a.To)
	case a.To == 0:
		return s.p.T("%s lies within the last %d days", name, -a.From)
	case a.To < 0:
		return s.p.T("%s was between %d and %d days ago", name, -a.To, -a.From)
	case a.From > 0:
		return s.p.T("%s comes in %d to %d days", name, a.From, a.To)
	}
	return s.p.T("%s lies between %d days ago and %d days from now", name, -a.From, a.To)
}

func (s sentence) number(x float64) string {
	if x == float64(int64(x)) {
		return s.p.Number(x, 0)
	}
	return s.p.Number(x, 2)
}

// compared says that something compares so with a number.
func (s sentence) compared(what string, op Op, number string) string {
	switch op {
	case Equal:
		return s.p.T("%s is exactly %s", what, number)
	case NotEqual:
		return s.p.T("%s is other than %s", what, number)
	case Less:
		return s.p.T("%s is less than %s", what, number)
	case LessEqual:
		return s.p.T("%s is at most %s", what, number)
	case More:
		return s.p.T("%s is more than %s", what, number)
	}
	return s.p.T("%s is at least %s", what, number)
}

func (s sentence) metric(m Metric) string {
	title := titled(s.t.Metric, m.Name)
	number := s.number(m.Number)
	if s.t.Number != nil && m.Change != Percent {
		number = s.t.Number(m.Name, m.Number)
	}
	switch m.Change {
	case "":
		return s.compared(title, m.Op, number)
	case Percent:
		number += "%"
	}
	if text, ok := s.moved(m, title); ok {
		return text
	}
	return s.compared(s.p.T("the change of %s in %d days", title, m.Days), m.Op, number)
}

// moved says a change that is asked for in one direction only.
func (s sentence) moved(m Metric, title string) (string, bool) {
	up := m.Number > 0 && (m.Op == MoreEqual || m.Op == More)
	down := m.Number < 0 && (m.Op == LessEqual || m.Op == Less)
	if !up && !down {
		return "", false
	}
	by := s.number(math.Abs(m.Number))
	if m.Change == Percent {
		by += "%"
	} else if s.t.Number != nil {
		by = s.t.Number(m.Name, math.Abs(m.Number))
	}
	switch {
	case m.Op == MoreEqual:
		return s.p.T("%s rose by at least %s in %d days", title, by, m.Days), true
	case m.Op == More:
		return s.p.T("%s rose by more than %s in %d days", title, by, m.Days), true
	case m.Op == LessEqual:
		return s.p.T("%s fell by at least %s in %d days", title, by, m.Days), true
	}
	return s.p.T("%s fell by more than %s in %d days", title, by, m.Days), true
}

// times says a number of times or people.
func (s sentence) times(op Op, n string) string {
	switch op {
	case Equal:
		return s.p.T("exactly %s", n)
	case NotEqual:
		return s.p.T("a number other than %s", n)
	case Less:
		return s.p.T("fewer than %s", n)
	case LessEqual:
		return s.p.T("at most %s", n)
	case More:
		return s.p.T("more than %s", n)
	}
	return s.p.T("at least %s", n)
}

func (s sentence) did(d Did) string {
	event := "“" + d.Event + "”"
	switch d.Event {
	case "*":
		event = s.p.T("anything")
	case "$page":
		event = s.p.T("a page view")
	case "$screen":
		event = s.p.T("a screen view")
	}
	for i, p := range d.Where {
		word := s.p.T(" where ")
		if i > 0 {
			word = s.p.T(" and ")
		}
		event += word + s.property(p)
	}
	if d.Times == 0 && d.Op == Equal || d.Times == 1 && d.Op == Less {
		return s.p.T("has not done %s in the last %d days", event, d.Days)
	}
	return s.p.T("has done %s %s in the last %d days", event, s.times(d.Op, s.p.N(d.Times, "%d time", "%d times")), d.Days)
}

func (s sentence) property(p Property) string {
	if p.Number != nil {
		return s.compared(p.Name, p.Op, s.number(*p.Number))
	}
	s.t.Attribute, s.t.Value = nil, nil // a property has no title
	return s.attribute(Attribute{Name: p.Name, Op: p.Op, Values: p.Values})
}
