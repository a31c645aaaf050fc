package segment

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// Env is what a rule is read in.
type Env struct {
	// AsOf is the day of the reading; Between and Days count from it.
	AsOf farol.Day
	// Scope holds what is known (zero: all) and who is left out; the rest of it
	// is the rule's own.
	Scope facts.Scope
	// Segment answers the rule of another segment; NotFound when there is none.
	Segment func(name string) (Rule, error)
	// Zero tells that an account without a value of the metric has zero of it
	// (a count, an amount); nil is none.
	Zero func(metric string) bool
}

// maxUses bounds how many segments one rule may reach through others.
const maxUses = 30

// A query is a rule as the doors of package facts answer it.
type query struct {
	text   string
	scope  facts.Scope
	params map[string]any
}

// compile makes a query of a rule, from its FROM on.
func compile(r Rule, e Env) (query, error) {
	if err := r.Check(); err != nil {
		return query{}, err
	}
	c := &compiler{env: e, params: map[string]any{"seg_today": e.AsOf}}
	cond, err := c.rule(r, account)
	if err != nil {
		return query{}, err
	}
	scope := e.Scope
	scope.AsOf, scope.By, scope.Filters, scope.Periods = e.AsOf, "", nil, nil
	scope.Period = farol.Period{From: e.AsOf + 1 - farol.Day(max(c.days, 1)), To: e.AsOf + 1}
	return query{"FROM {{accounts}} AS a WHERE " + cond, scope, c.params}, nil
}

// subject is of whom a condition speaks: the columns that name it, as the
// outer query and as a source of conditions spells them.
type subject struct{ outer, columns string }

var (
	account = subject{"a.account", "x.account"}
	person  = subject{"m.person", "x.person"}
	// actor is a person for an account: what he does for another counts there.
	actor = subject{"(m.account, m.person)", "x.account, x.person"}
)

type compiler struct {
	env    Env
	params map[string]any
	n      int
	// days is how far back anything looks.
	days int
	uses []string
	// nodes counts conditions, those of other segments included.
	nodes int
}

// bind keeps a value and answers its placeholder.
func (c *compiler) bind(v any, typ string) string {
	name := c.param(v)
	return "{" + name + ":" + typ + "}"
}

func (c *compiler) param(v any) string {
	c.n++
	name := fmt.Sprintf("seg_%d", c.n)
	c.params[name] = v
	return name
}

// among is the condition that the subject is among those of a source.
func (s subject) among(source string) string {
	return s.outer + " IN (SELECT " + s.columns + " FROM " + source + ")"
}

func (c *compiler) rule(r Rule, s subject) (string, error) {
	if c.nodes++; c.nodes > maxExpanded {
		return "", wrong("", "has more than %d conditions with those of the segments that it names", maxExpanded)
	}
	switch {
	case r.Attribute != nil:
		return c.attribute(*r.Attribute, s), nil
	case r.Metric != nil:
		return c.metric(*r.Metric), nil
	case r.Did != nil:
		if s == person {
			s = actor
		}
		return c.did(*r.Did, s), nil
	case r.People != nil:
		return c.people(*r.People)
	case r.Segment != "":
		return c.segment(r.Segment)
	}
	name, list := r.list()
	return c.list(name, list, s)
}

func (c *compiler) list(name string, list []Rule, s subject) (string, error) {
	parts := make([]string, len(list))
	for i, sub := range list {
		var err error
		if parts[i], err = c.rule(sub, s); err != nil {
			return "", err
		}
	}
	switch {
	case name == "all" && len(parts) == 0, name == "none" && len(parts) == 0:
		return "(1 = 1)", nil
	case len(parts) == 0:
		return "(1 = 0)", nil
	case name == "all":
		return "(" + strings.Join(parts, " AND ") + ")", nil
	case name == "any":
		return "(" + strings.Join(parts, " OR ") + ")", nil
	}
	return "(NOT (" + strings.Join(parts, " OR ") + "))", nil
}

// segment reads another segment's rule in its place, so that both are always
// of one instant.
func (c *compiler) segment(name string) (string, error) {
	for _, u := range c.uses {
		if u == name {
			return "", farol.InvalidField("segment", "%s leads back to itself", name)
		}
	}
	if len(c.uses) >= maxUses {
		return "", farol.InvalidField("segment", "more than %d segments are reached through others", maxUses)
	}
	if c.env.Segment == nil {
		return "", farol.InvalidField("segment", "there is no segment %q", name)
	}
	r, err := c.env.Segment(name)
	if err != nil {
		if farol.KindOf(err) == farol.NotFound {
			return "", farol.InvalidField("segment", "there is no segment %q", name)
		}
		return "", err
	}
	c.uses = append(c.uses, name)
	defer func() { c.uses = c.uses[:len(c.uses)-1] }()
	return c.rule(r, account)
}

// createdAttribute is the attribute that every account has a day of.
const createdAttribute = "created_at"

func (c *compiler) attribute(a Attribute, s subject) string {
	if s == account && a.Name == createdAttribute && a.Op == Between {
		return c.between("a.created_day", a)
	}
	door := "attribute"
	if s == person {
		door, a = "personAttribute", a.ofPerson()
	}
	source := fmt.Sprintf("{{%s %q}} AS x WHERE ", door, c.param(a.Name))
	value := "x.val"
	switch a.Op {
	case Is:
		return s.among(source + "has(" + c.bind(a.Values, "Array(String)") + ", " + value + ")")
	case IsNot:
		return "(NOT " + s.among(source+"has("+c.bind(a.Values, "Array(String)")+", "+value+")") + ")"
	case Known:
		return s.among(source + value + " <> ''")
	case Unknown:
		return "(NOT " + s.among(source+value+" <> ''") + ")"
	case Contains:
		return s.among(source + c.anyOf(a.Values, func(v string) string {
			return "position(lowerUTF8(" + v + ") IN lowerUTF8(" + value + ")) > 0"
		}))
	case StartsWith:
		return s.among(source + c.anyOf(a.Values, func(v string) string {
			return "startsWith(lowerUTF8(" + value + "), lowerUTF8(" + v + "))"
		}))
	case Between:
		return s.among(source + c.between("dateOf("+value+")", a))
	}
	return s.among(source + "numOf(" + value + ") " + sqlOp(a.Op) + " " + c.bind(*a.Number, "Float64"))
}

// ofPerson is the condition as it is asked of people: of the role a word in any
// spelling is the role that it stands for.
func (a Attribute) ofPerson() Attribute {
	if a.Name != facts.SentRole || a.Op != Is && a.Op != IsNot {
		return a
	}
	values := make([]string, len(a.Values))
	for i, v := range a.Values {
		values[i] = cmp.Or(facts.RoleOf(v), v)
	}
	a.Values = values
	return a
}

func (c *compiler) anyOf(values []string, cond func(v string) string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = cond(c.bind(v, "String"))
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// between compares a day with days from today.
func (c *compiler) between(day string, a Attribute) string {
	return "(" + day + " >= " + c.bind(c.env.AsOf+farol.Day(a.From), "Date") + " AND " + day + " <= " + c.bind(c.env.AsOf+farol.Day(a.To), "Date") + ")"
}

// sqlOp is the comparison in SQL.
func sqlOp(op Op) string {
	if op == NotEqual {
		return "<>"
	}
	return string(op)
}

func (c *compiler) metric(m Metric) string {
	name := c.param(m.Name)
	zero := c.env.Zero != nil && c.env.Zero(m.Name)
	if m.Change == "" {
		latest, number := measured(name, 0)+" AS x", c.bind(m.Number, "Float64")
		if zero && m.Op.holds(0, m.Number) {
			return "(NOT " + account.among(latest+" WHERE x.value "+sqlOp(m.Op.negated())+" "+number) + ")"
		}
		return account.among(latest + " WHERE x.value " + sqlOp(m.Op) + " " + number)
	}
	return account.among(c.changed(m, name, zero))
}

// measured are the values of the metric on its last measured day, or on the
// day so many days before that.
func measured(param string, before int) string {
	return fmt.Sprintf("{{measuredOn %q %d}}", param, before)
}

// changed are the accounts whose value has changed so.
func (c *compiler) changed(m Metric, name string, zero bool) string {
	join := " JOIN "
	if zero {
		join = " FULL JOIN "
	}
	values := "(SELECT coalesce(n.account, b.account) AS account, coalesce(toNullable(n.value), 0) AS now_value, coalesce(toNullable(b.value), 0) AS old_value FROM " +
		measured(name, 0) + " AS n" + join + measured(name, m.Days) + " AS b ON n.account = b.account) AS x"
	number := c.bind(m.Number, "Float64")
	if m.Change == Percent {
		return values + " WHERE x.old_value <> 0 AND 100 * (x.now_value - x.old_value) / abs(x.old_value) " + sqlOp(m.Op) + " " + number
	}
	return values + " WHERE x.now_value - x.old_value " + sqlOp(m.Op) + " " + number
}

// people compiles how many of the account's people are so.
func (c *compiler) people(p People) (string, error) {
	c.days = max(c.days, 1)
	who, err := c.rule(p.Who, person)
	if err != nil {
		return "", err
	}
	op, zero := p.Op, p.Op.holds(0, float64(p.Count))
	if zero {
		op = op.negated()
	}
	// Who did something lately is one of the account's people: then nobody else
	// need be looked at.
	source := "{{members}} AS m"
	if d := acting(p.Who); d != nil {
		source = "(SELECT x.account AS account, x.person AS person FROM " + c.done(*d, d.Op, actor, " AND x.account <> '' AND x.person <> ''") + ") AS m"
	}
	cond := account.among("(SELECT m.account AS account, i64(count(*)) AS n FROM " + source + " WHERE " + who +
		" GROUP BY m.account) AS x WHERE x.n " + sqlOp(op) + " " + c.bind(int64(p.Count), "Int64"))
	if zero {
		cond = "(NOT " + cond + ")"
	}
	return cond, nil
}

// did compiles how often something was done. What zero times would satisfy is
// the opposite of what it would not.
func (c *compiler) did(d Did, s subject) string {
	c.days = max(c.days, d.Days)
	if d.Op.holds(0, float64(d.Times)) {
		return "(NOT " + s.among(c.done(d, d.Op.negated(), s, "")) + ")"
	}
	return s.among(c.done(d, d.Op, s, ""))
}

// memberDays is for how long use of the product makes somebody one of the
// account's people: door {{members}}.
const memberDays = 365

// acting is what everybody of whom the rule holds has done within that time;
// nil when it holds of others, too.
func acting(r Rule) *Did {
	if d := r.Did; d != nil && d.Days <= memberDays && len(d.Where) == 0 && !d.Op.holds(0, float64(d.Times)) {
		return d
	}
	for _, x := range r.All {
		if d := acting(x); d != nil {
			return d
		}
	}
	return nil
}

// done is a source of those who did it, of whom a further condition holds.
func (c *compiler) done(d Did, op Op, s subject, further string) string {
	since := "x.day > " + c.bind(c.env.AsOf-farol.Day(d.Days), "Date")
	source, count, cond := "{{activity 0}} AS x", "i64(sum(x.n))", since
	if d.Event != "*" {
		cond += " AND x.event = " + c.bind(d.Event, "String")
	}
	if len(d.Where) > 0 {
		source, count, cond = "{{events}} AS x", "i64(count(*))", c.properties(d, since)
	}
	return source + " WHERE " + cond + further + " GROUP BY " + s.columns + " HAVING " + count + " " + sqlOp(op) + " " + c.bind(int64(d.Times), "Int64")
}

// properties are the conditions on the events of the log.
func (c *compiler) properties(d Did, since string) string {
	kind, named := "track", d.Event
	cond := since
	switch d.Event {
	case "$page", "$screen":
		kind = d.Event[1:]
		cond += " AND x.kind = '" + kind + "'"
	case "*":
		cond += " AND x.kind IN ('track', 'page', 'screen')"
	default:
		cond += " AND x.kind = 'track' AND x.name = " + c.bind(named, "String")
	}
	for _, p := range d.Where {
		text := "propStr(x.properties, '" + p.Name + "')"
		switch p.Op {
		case Is:
			cond += " AND has(" + c.bind(p.Values, "Array(String)") + ", " + text + ")"
		case IsNot:
			cond += " AND NOT coalesce(has(" + c.bind(p.Values, "Array(String)") + ", " + text + "), false)"
		default:
			cond += " AND propNum(x.properties, '" + p.Name + "') " + sqlOp(p.Op) + " " + c.bind(*p.Number, "Float64")
		}
	}
	return cond
}
