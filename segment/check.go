package segment

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
)

// The bounds of a rule: what people write stays far below, and no rule can
// make a query that an engine chokes on.
const (
	maxDepth = 8
	maxNodes = 100
	// maxExpanded bounds the conditions with those of the segments that are
	// named: each reading twice the one before would double without end.
	maxExpanded = 400
	maxValues   = 200
	maxText     = 500
	maxDays     = 400
)

var (
	// attributeName is any name of a trait that can be written in a filter.
	attributeName = regexp.MustCompile(`^[^=\pC]{1,100}$`)
	propertyName  = regexp.MustCompile(`^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+){0,5}$`)
	metricName    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)
	// Name is what a segment may be called in rules and addresses.
	nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,59}$`)
)

// Check tells what is wrong with a rule: nil, or an Invalid error whose field
// is the place: "all[1].did.days".
func (r Rule) Check() error {
	c := &checker{}
	return c.rule(r, "", 0, false)
}

type checker struct{ nodes int }

func wrong(at, format string, args ...any) error {
	if at == "" {
		at = "rule"
	}
	return farol.InvalidField(at, format, args...)
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// rule checks one rule at a place; person tells that it is about a person.
func (c *checker) rule(r Rule, at string, depth int, person bool) error {
	if depth > maxDepth {
		return wrong(at, "is nested more than %d deep", maxDepth)
	}
	if c.nodes++; c.nodes > maxNodes {
		return wrong(at, "has more than %d conditions", maxNodes)
	}
	if n := r.set(); n != 1 {
		return wrong(at, "must say exactly one thing, not %d", n)
	}
	switch {
	case r.Attribute != nil:
		return r.Attribute.check(join(at, "attribute"))
	case r.Did != nil:
		return r.Did.check(join(at, "did"))
	case person && (r.Metric != nil || r.People != nil || r.Segment != ""):
		return wrong(at, "a person can be asked for attributes and for what they did only")
	case r.Metric != nil:
		return r.Metric.check(join(at, "metric"))
	case r.People != nil:
		return c.people(*r.People, join(at, "people"), depth)
	case r.Segment != "":
		if !nameForm.MatchString(r.Segment) {
			return wrong(join(at, "segment"), "is not the name of a segment")
		}
		return nil
	}
	name, list := r.list()
	for i, sub := range list {
		if err := c.rule(sub, fmt.Sprintf("%s[%d]", join(at, name), i), depth+1, person); err != nil {
			return err
		}
	}
	return nil
}

// set counts the fields that are set.
func (r Rule) set() int {
	n := 0
	for _, is := range []bool{r.All != nil, r.Any != nil, r.None != nil, r.Attribute != nil, r.Metric != nil, r.Did != nil, r.People != nil, r.Segment != ""} {
		if is {
			n++
		}
	}
	return n
}

// list is the rules of All, Any or None.
func (r Rule) list() (name string, rules []Rule) {
	switch {
	case r.All != nil:
		return "all", r.All
	case r.Any != nil:
		return "any", r.Any
	}
	return "none", r.None
}

func (c *checker) people(p People, at string, depth int) error {
	if err := counted(p.Op, p.Count, at, "count"); err != nil {
		return err
	}
	return c.rule(p.Who, join(at, "who"), depth+1, true)
}

// counted checks a comparison with a number of times or people.
func counted(op Op, n int, at, field string) error {
	if !slices.Contains(numeric, op) {
		return wrong(join(at, "op"), "must be a comparison of numbers, not %q", op)
	}
	if n < 0 || n > 1_000_000 {
		return wrong(join(at, field), "must be between 0 and 1,000,000")
	}
	return nil
}

func texts(values []string, at string) error {
	if len(values) == 0 || len(values) > maxValues {
		return wrong(join(at, "values"), "must be 1 to %d texts", maxValues)
	}
	for _, v := range values {
		if len(v) > maxText {
			return wrong(join(at, "values"), "a text is longer than %d bytes", maxText)
		}
	}
	return nil
}

func finite(x *float64, at string) error {
	if x == nil || math.IsNaN(*x) || math.IsInf(*x, 0) {
		return wrong(join(at, "number"), "must be a number")
	}
	return nil
}

func (a Attribute) check(at string) error {
	if !attributeName.MatchString(a.Name) {
		return wrong(join(at, "name"), "is not the name of an attribute")
	}
	switch {
	case a.Op == Is || a.Op == IsNot || a.Op == Contains || a.Op == StartsWith:
		return texts(a.Values, at)
	case a.Op == Known || a.Op == Unknown:
		return nil
	case a.Op == Between:
		if a.From > a.To || a.From < -36500 || a.To > 36500 {
			return wrong(join(at, "from"), "must not come after to, and both within a hundred years")
		}
		return nil
	case slices.Contains(numeric, a.Op):
		return finite(a.Number, at)
	}
	return wrong(join(at, "op"), "there is no comparison %q", a.Op)
}

func (m Metric) check(at string) error {
	switch {
	case !metricName.MatchString(m.Name):
		return wrong(join(at, "name"), "is not the name of a metric")
	case !slices.Contains(numeric, m.Op):
		return wrong(join(at, "op"), "must be a comparison of numbers, not %q", m.Op)
	case m.Change != "" && m.Change != By && m.Change != Percent:
		return wrong(join(at, "change"), "must be %q or %q", By, Percent)
	case m.Change != "" && (m.Days < 1 || m.Days > maxDays):
		return wrong(join(at, "days"), "must be between 1 and %d", maxDays)
	}
	return finite(&m.Number, at)
}

func (d Did) check(at string) error {
	if d.Event == "" || len(d.Event) > maxText {
		return wrong(join(at, "event"), "must be the name of an event")
	}
	if err := counted(d.Op, d.Times, at, "times"); err != nil {
		return err
	}
	if d.Days < 1 || d.Days > maxDays {
		return wrong(join(at, "days"), "must be between 1 and %d", maxDays)
	}
	if len(d.Where) > 10 {
		return wrong(join(at, "where"), "has more than %d conditions", 10)
	}
	for i, p := range d.Where {
		if err := p.check(fmt.Sprintf("%s[%d]", join(at, "where"), i)); err != nil {
			return err
		}
	}
	return nil
}

func (p Property) check(at string) error {
	if !propertyName.MatchString(p.Name) {
		return wrong(join(at, "name"), "is not the name of a property")
	}
	switch {
	case p.Op == Is || p.Op == IsNot:
		return texts(p.Values, at)
	case slices.Contains(numeric, p.Op):
		return finite(p.Number, at)
	}
	return wrong(join(at, "op"), "there is no comparison %q", p.Op)
}

// walk visits the rule and all within it with their places, from the left,
// until visit answers false.
func (r Rule) walk(at string, visit func(r Rule, at string) bool) bool {
	if !visit(r, at) {
		return false
	}
	if r.People != nil {
		return r.People.Who.walk(join(join(at, "people"), "who"), visit)
	}
	name, list := r.list()
	for i, sub := range list {
		if !sub.walk(fmt.Sprintf("%s[%d]", join(at, name), i), visit) {
			return false
		}
	}
	return true
}

// insidePeople tells whether a place in a rule is about a person.
func insidePeople(at string) bool {
	return strings.HasPrefix(at, "people.who") || strings.Contains(at, ".people.who")
}

// Uses lists the other segments that the rule names, each once.
func (r Rule) Uses() []string {
	var out []string
	r.walk("", func(x Rule, _ string) bool {
		if x.Segment != "" && !slices.Contains(out, x.Segment) {
			out = append(out, x.Segment)
		}
		return true
	})
	return out
}

// Named is a name in a rule, with its place.
type Named struct{ Name, At string }

// Metrics lists the metrics that the rule names.
func (r Rule) Metrics() []Named {
	var out []Named
	r.walk("", func(x Rule, at string) bool {
		if x.Metric != nil {
			out = append(out, Named{x.Metric.Name, join(at, "metric.name")})
		}
		return true
	})
	return out
}

// Plain is the rule without lists of one: "all (x)" and "any (x)" are x.
func (r Rule) Plain() Rule {
	plain := func(list []Rule) []Rule {
		out := make([]Rule, len(list))
		for i, x := range list {
			out[i] = x.Plain()
		}
		return out
	}
	switch {
	case len(r.All) == 1:
		return r.All[0].Plain()
	case len(r.Any) == 1:
		return r.Any[0].Plain()
	case r.All != nil:
		return Rule{All: plain(r.All)}
	case r.Any != nil:
		return Rule{Any: plain(r.Any)}
	case r.None != nil:
		return Rule{None: plain(r.None)}
	case r.People != nil:
		p := *r.People
		p.Who = p.Who.Plain()
		return Rule{People: &p}
	}
	return r
}
