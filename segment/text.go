package segment

import (
	"strconv"
	"strings"
)

// String writes the rule as text; ParseText reads it back to the same rule.
//
//	plan is "Pro", "Team" and not (country is "br")
//	renewal_date in 0..90 days
//	metric mrr >= 100
//	metric active_users_week changed by <= -50% in 7 days
//	did "Report Created" >= 3 times in 30 days where pages >= 2 and kind is "pdf" end
//	people >= 2 who (role is "champion" and did * >= 1 times in 7 days)
//	segment at-risk
func (r Rule) String() string { return r.text(false) }

// text writes the rule; inner puts a list of several into parentheses.
func (r Rule) text(inner bool) string {
	switch {
	case r.All != nil || r.Any != nil:
		return r.listText(inner)
	case r.None != nil:
		return "not (" + Rule{Any: r.None}.bare() + ")"
	case r.Attribute != nil:
		return r.Attribute.text()
	case r.Metric != nil:
		return r.Metric.text()
	case r.Did != nil:
		return r.Did.text()
	case r.People != nil:
		return "people " + string(r.People.Op) + " " + strconv.Itoa(r.People.Count) + " who (" + r.People.Who.text(false) + ")"
	}
	return "segment " + r.Segment
}

// listText writes All and Any. Those of no or one rule are spelt out, since
// "and" would not show them.
func (r Rule) listText(inner bool) string {
	name, list := r.list()
	if len(list) < 2 {
		parts := make([]string, len(list))
		for i, x := range list {
			parts[i] = x.text(true)
		}
		return name + " (" + strings.Join(parts, "") + ")"
	}
	s := r.bare()
	if inner {
		return "(" + s + ")"
	}
	return s
}

// bare joins the rules of a list with "and" or "or".
func (r Rule) bare() string {
	name, list := r.list()
	word := " or "
	if name == "all" {
		word = " and "
	}
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = x.text(true)
	}
	return strings.Join(parts, word)
}

// words are those of the language that a name must not be mistaken for.
var words = map[string]bool{
	"and": true, "or": true, "not": true, "all": true, "any": true, "is": true, "in": true, "metric": true, "did": true,
	"people": true, "segment": true, "contains": true, "starts": true, "where": true, "who": true, "changed": true, "days": true, "times": true,
}

// name writes a name, in quotes when it would not be read as one word.
func name(s string) string {
	if s == "" || words[s] {
		return quote(s)
	}
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '.' || c == '-')) {
			return quote(s)
		}
	}
	return s
}

// quote writes a text between quotes, in which a quote or backslash has a
// backslash before it.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

func quotes(values []string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = quote(v)
	}
	return strings.Join(parts, ", ")
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func (a Attribute) text() string {
	s := name(a.Name) + " "
	switch {
	case a.Op == Known || a.Op == Unknown:
		return s + string(a.Op)
	case a.Op == Between:
		return s + "in " + strconv.Itoa(a.From) + ".." + strconv.Itoa(a.To) + " days"
	case a.Number != nil:
		return s + string(a.Op) + " " + number(*a.Number)
	}
	return s + string(a.Op) + " " + quotes(a.Values)
}

func (m Metric) text() string {
	s := "metric " + m.Name + " "
	if m.Change != "" {
		s += "changed by "
	}
	s += string(m.Op) + " " + number(m.Number)
	if m.Change == Percent {
		s += "%"
	}
	if m.Change != "" {
		s += " in " + strconv.Itoa(m.Days) + " days"
	}
	return s
}

func (d Did) text() string {
	event := quote(d.Event)
	if d.Event == "*" {
		event = "*"
	}
	s := "did " + event + " " + string(d.Op) + " " + strconv.Itoa(d.Times) + " times in " + strconv.Itoa(d.Days) + " days"
	for i, p := range d.Where {
		s += []string{" where ", " and "}[min(i, 1)] + p.text()
	}
	if len(d.Where) > 0 {
		s += " end"
	}
	return s
}

func (p Property) text() string {
	if p.Number != nil {
		return p.Name + " " + string(p.Op) + " " + number(*p.Number)
	}
	return p.Name + " " + string(p.Op) + " " + quotes(p.Values)
}
