package metric

import (
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
)

// ParseBrackets reads "1, 2-4, 5-11". Errors are Invalid, of field brackets.
func ParseBrackets(s string) ([]Bracket, error) {
	var out []Bracket
	for _, part := range strings.Split(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		from, to, ok := strings.Cut(part, "-")
		if !ok {
			to = from
		}
		a, err := strconv.Atoi(strings.TrimSpace(from))
		if err != nil {
			return nil, badBrackets(part)
		}
		b, err := strconv.Atoi(strings.TrimSpace(to))
		if err != nil {
			return nil, badBrackets(part)
		}
		out = append(out, Bracket{a, b})
	}
	return out, nil
}

func badBrackets(part string) error {
	return farol.InvalidField("brackets", "must be written 1, 2-4, 5-11: %q is not a range", part)
}

// String writes one as ParseBrackets reads it.
func (b Bracket) String() string {
	if b.From == b.To {
		return strconv.Itoa(b.From)
	}
	return strconv.Itoa(b.From) + "-" + strconv.Itoa(b.To)
}

// ParseWhere reads property=value; the same property again adds a value.
// Errors are Invalid, of the field.
func ParseWhere(field string, list []string) ([]PropertyFilter, error) {
	var out []PropertyFilter
	for _, s := range list {
		property, value, ok := strings.Cut(s, "=")
		if !ok || property == "" {
			return nil, farol.InvalidField(field, "must be written property=value")
		}
		found := false
		for i := range out {
			if out[i].Property == property {
				out[i].Values, found = append(out[i].Values, value), true
			}
		}
		if !found {
			out = append(out, PropertyFilter{property, []string{value}})
		}
	}
	return out, nil
}
