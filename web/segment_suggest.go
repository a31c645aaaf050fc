package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/segment"
)

// suggestShown bounds what is suggested.
const suggestShown = 200

// suggestSegment lists names and values that exist, for a field of the
// builder: what says for which.
func (s *server) suggestSegment(v *visit) error {
	q := v.r.URL.Query()
	n, err := s.names(v)
	if err != nil {
		return err
	}
	b, err := s.Segments.Book(v.r.Context())
	if err != nil {
		return err
	}
	list, err := s.suggestions(v, n, b, q.Get("what"), q.Get("of"), q.Get("event"))
	if err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "segment_build", "suggestions", list)
}

func (s *server) suggestions(v *visit, n names, b segment.Book, what, of, event string) (out []choice, err error) {
	ctx := v.r.Context()
	plain := func(list []string, err error) ([]choice, error) {
		for _, x := range list {
			out = append(out, choice{Value: x})
		}
		return out, err
	}
	today := farol.DayOf(v.now, s.Facts.Zone())
	switch what {
	case "attribute":
		list, err := s.Facts.Attributes(ctx)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, "created_at") {
			list = append(list, "created_at") // every account has it
		}
		out = marksToName(v.p, b)
		for _, x := range list {
			c := choice{Value: x}
			if title := titleOf(v.p, n.fields, x); title != x {
				c.Name = title
			}
			out = append(out, c)
		}
		return out, nil
	case "value":
		return s.valuesOf(ctx, n, of)
	case "person-attribute":
		list, err := s.Facts.PersonAttributes(ctx)
		if !slices.Contains(list, facts.SentRole) {
			list = append(list, facts.SentRole) // the team says it, too
		}
		return plain(list, err)
	case "person-value":
		list, err := s.Facts.PersonAttributeValues(ctx, of, suggestShown)
		if of == facts.SentRole {
			return rolesToName(v.p, list), err
		}
		return plain(list, err)
	case "event":
		list, err := s.Facts.EventNames(ctx, today.Next(-180), suggestShown)
		out = append(out, choice{Value: "*", Name: v.p.T("anything")})
		for _, x := range list {
			out = append(out, choice{Value: x, Name: map[string]string{"$page": v.p.T("a page view"), "$screen": v.p.T("a screen view")}[x]})
		}
		return out, err
	case "property", "property-value":
		return plain(s.properties(ctx, event, of, what == "property-value"))
	}
	return nil, farol.InvalidField("what", "there is nothing to suggest for %s", what)
}

func plainChoices(list []string) []choice {
	out := make([]choice, len(list))
	for i, x := range list {
		out[i] = choice{Value: x}
	}
	return out
}

// rolesToName are the roles of people, and what was sent that is none of them.
func rolesToName(p *lang.Printer, sent []string) []choice {
	var out []choice
	for _, r := range facts.Roles {
		out = append(out, choice{Value: r, Name: p.Text(personRoles[r])})
	}
	for _, x := range sent {
		if facts.RoleOf(x) == "" {
			out = append(out, choice{Value: x})
		}
	}
	return out
}

// marksToName are the attributes that Farol and its team keep.
func marksToName(p *lang.Printer, b segment.Book) []choice {
	names := []string{customer.StageTrait}
	for _, role := range customer.OwnerRoles {
		names = append(names, customer.OwnerTrait+role)
	}
	out := make([]choice, len(names))
	for i, x := range names {
		out[i] = choice{Value: x, Name: attributeTitle(p, nil, b, x)}
	}
	return out
}

// valuesOf lists the values of an attribute of accounts, marks by their names.
func (s *server) valuesOf(ctx context.Context, n names, of string) ([]choice, error) {
	if of == customer.StageTrait || strings.HasPrefix(of, customer.OwnerTrait) {
		var out []choice
		column := strings.TrimPrefix(of, "$")
		var values []string
		for _, x := range n.stages.List {
			values = append(values, x.Name)
		}
		if of != customer.StageTrait {
			values = nil
			for id := range n.members {
				if isMember(id) {
					values = append(values, id)
				}
			}
			slices.SortFunc(values, func(a, b string) int { return strings.Compare(n.members[a], n.members[b]) })
		}
		for _, x := range values {
			out = append(out, choice{Value: x, Name: n.value(column, x)})
		}
		return out, nil
	}
	list, err := s.Facts.AttributeValues(ctx, of, suggestShown)
	return plainChoices(list), err
}

// properties lists the names of the properties that the last events of the
// name have, or the values of one of them.
func (s *server) properties(ctx context.Context, event, of string, values bool) ([]string, error) {
	rows, _, err := s.Facts.Events(ctx, facts.EventFilter{Name: event, Limit: 200})
	var out []string
	add := func(x string) {
		if !slices.Contains(out, x) && len(x) < 200 {
			out = append(out, x)
		}
	}
	for _, r := range rows {
		var props map[string]any
		if json.Unmarshal(r.Properties, &props) != nil {
			continue
		}
		for k, x := range props {
			switch x := x.(type) {
			case string:
				if values && k == of {
					add(x)
				}
			case float64:
				if values && k == of {
					add(strconv.FormatFloat(x, 'f', -1, 64))
				}
			case bool:
				if values && k == of {
					add(strconv.FormatBool(x))
				}
			}
			if !values {
				add(k)
			}
		}
	}
	slices.Sort(out)
	return out, err
}
