package segment

import (
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// Filters reads what narrows a number down to some accounts, as addresses of
// pages and of the API spell it:
//
//	at-risk                    who is in the segment now (at the end of what is read)
//	-at-risk                   who is not
//	$segment.at-risk=true      who was in it on the day of each fact
//	plan=Pro                   whose attribute had the value on that day
//	now:plan=Pro               whose attribute has it now
//
// The same attribute again adds a value, another one narrows. Errors are
// Invalid with the field "segment".
func Filters(list []string) ([]facts.Filter, error) {
	var out []facts.Filter
	for _, s := range list {
		f, err := filterOf(s)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(x facts.Filter) bool { return x.Attribute == f.Attribute })
		if i < 0 {
			out = append(out, f)
			continue
		}
		out[i].Values = append(out[i].Values, f.Values...)
	}
	return out, nil
}

func filterOf(s string) (facts.Filter, error) {
	if attribute, value, ok := strings.Cut(s, "="); ok && attribute != "" {
		return facts.Filter{Attribute: attribute, Values: []string{value}}, nil
	}
	name, not := strings.CutPrefix(s, "-")
	if !nameForm.MatchString(name) {
		return facts.Filter{}, farol.InvalidField("segment", "is written attribute=value, or as the name of a segment")
	}
	f := facts.Filter{Attribute: facts.NowPrefix + Trait(name), Values: []string{In}}
	if not {
		f.Values = []string{Out, ""}
	}
	return f, nil
}

// Filtered is the name of the segment that a filter is about, with whether it
// is about now and about who is not in it; ok is false for other filters.
func Filtered(f facts.Filter) (name string, now, not, ok bool) {
	rest, now := strings.CutPrefix(f.Attribute, facts.NowPrefix)
	name, ok = strings.CutPrefix(rest, Trait(""))
	return name, now, !slices.Contains(f.Values, In), ok
}

// CheckFilters tells whether the segments of filters are there.
func (b Book) CheckFilters(list []facts.Filter) error {
	for _, f := range list {
		if name, _, _, ok := Filtered(f); ok {
			if _, err := b.Find(name); err != nil {
				return farol.InvalidField("segment", "there is no segment %q", name)
			}
		}
	}
	return nil
}
