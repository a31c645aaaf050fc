package customer

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
)

// Op compares a column with values.
type Op string

// The comparisons. Is, IsNot, Contains and Lacks take texts: Is and Contains
// hold when one of several does, IsNot and Lacks when none does; Is "" holds
// where nothing is known. The others compare days or numbers, and hold nowhere
// where nothing is known.
const (
	Is       Op = "="
	IsNot    Op = "!="
	Contains Op = "~"
	Lacks    Op = "!~"
	More     Op = ">"
	AtLeast  Op = ">="
	Less     Op = "<"
	AtMost   Op = "<="
)

// Ops lists the comparisons.
var Ops = []Op{Is, IsNot, Contains, Lacks, More, AtLeast, Less, AtMost}

// Condition keeps the accounts whose column compares so.
type Condition struct {
	Column string
	Op     Op // "" is Is
	Values []string
}

// ParseCondition reads "column=value", with any of Ops for the sign. Errors
// are Invalid with the field where.
func ParseCondition(text string) (Condition, error) {
	at := strings.IndexAny(text, "=!~<>")
	if at <= 0 {
		return Condition{}, farol.InvalidField("where", "a condition is written column=value, not %s", text)
	}
	for _, op := range []Op{IsNot, Lacks, AtLeast, AtMost, Is, Contains, More, Less} {
		if value, ok := strings.CutPrefix(text[at:], string(op)); ok {
			c := Condition{text[:at], op, []string{value}}
			return c, c.check()
		}
	}
	return Condition{}, farol.InvalidField("where", "a condition is written column=value, not %s", text)
}

// String writes the condition as ParseCondition reads it, with its first value.
func (c Condition) String() string {
	value := ""
	if len(c.Values) > 0 {
		value = c.Values[0]
	}
	return c.Column + string(cmp.Or(c.Op, Is)) + value
}

func (c Condition) check() error {
	if c.ordered() {
		v := c.Values[0]
		if _, ok := dayOf(v, 1); !ok {
			if _, err := strconv.ParseFloat(v, 64); err != nil {
				return farol.InvalidField("where", "compare with a number, a date as 2026-01-31, or today+30, not %s", v)
			}
		}
	}
	if strings.HasPrefix(c.Column, "tags") && c.ordered() {
		return farol.InvalidField("where", "tags have no order")
	}
	return nil
}

func (c Condition) ordered() bool { return slices.Contains([]Op{More, AtLeast, Less, AtMost}, c.Op) }

// Conditions reads several: the same column with Is or Contains again adds a
// value.
func Conditions(texts []string) ([]Condition, error) {
	var out []Condition
	for _, t := range texts {
		c, err := ParseCondition(t)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(x Condition) bool { return x.Column == c.Column && x.Op == c.Op })
		if i >= 0 && !c.ordered() {
			out[i].Values = append(out[i].Values, c.Values...)
			continue
		}
		out = append(out, c)
	}
	return out, nil
}

// several are the values of a column that may have more than one.
func (a *Account) several(column string) []string {
	switch column {
	case "tags":
		return a.Tags()
	case "lists":
		return a.Lists()
	}
	return nil
}

// holds tells whether the account fits the condition.
func (q Query) holds(a *Account, c Condition) bool {
	if c.ordered() {
		return q.ordered(a, c)
	}
	if c.Column == "tags" || c.Column == "lists" {
		return anyOf(c, a.several(c.Column))
	}
	v := q.Value(a, c.Column)
	switch c.Op {
	case IsNot:
		return !slices.Contains(c.Values, v)
	case Contains, Lacks:
		folded := Fold(v)
		return slices.ContainsFunc(c.Values, func(x string) bool { return strings.Contains(folded, Fold(x)) }) == (c.Op == Contains)
	}
	return slices.Contains(c.Values, v)
}

// anyOf compares a column of several values: it is what one of them is.
func anyOf(c Condition, have []string) bool {
	found := slices.ContainsFunc(c.Values, func(v string) bool {
		if c.Op == Contains || c.Op == Lacks {
			return slices.ContainsFunc(have, func(x string) bool { return strings.Contains(Fold(x), Fold(v)) })
		}
		return slices.Contains(have, v) || v == "" && len(have) == 0
	})
	return found == (c.Op != IsNot && c.Op != Lacks)
}

// ordered compares days when the value asked for is one, else numbers.
func (q Query) ordered(a *Account, c Condition) bool {
	want := c.Values[0]
	order := 0
	if day, ok := dayOf(want, q.Today); ok {
		have, ok := dayOf(q.Value(a, c.Column), 0)
		if !ok {
			return false
		}
		order = cmp.Compare(have, day)
	} else {
		have, ok := q.Number(a, c.Column)
		number, err := strconv.ParseFloat(want, 64)
		if !ok || err != nil {
			return false
		}
		order = cmp.Compare(have, number)
	}
	switch c.Op {
	case More:
		return order > 0
	case AtLeast:
		return order >= 0
	case Less:
		return order < 0
	}
	return order <= 0
}

// dayOf reads a date, the date of an instant, or (where today is given) today,
// today+30 or today-30.
func dayOf(text string, today farol.Day) (farol.Day, bool) {
	if rest, ok := strings.CutPrefix(text, "today"); ok && today != 0 {
		if rest == "" {
			return today, true
		}
		n, err := strconv.Atoi(rest)
		return today.Next(n), err == nil && n > -36500 && n < 36500
	}
	if len(text) < 10 {
		return 0, false
	}
	d, err := farol.ParseDay(text[:10])
	return d, err == nil && (len(text) == 10 || text[10] == 'T' || text[10] == ' ')
}
