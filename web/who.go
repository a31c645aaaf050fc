package web

import (
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

// who is somebody as a cell of a table names them: a person or an account with
// its page. Without Href the name leads nowhere.
type who struct{ Name, Href string }

func accountWho(id string) who {
	if id == "" {
		return who{}
	}
	return who{id, customerHref(farol.AccountID(id))}
}

// called is what people are called in the rows behind a figure.
type called struct {
	v      *visit
	people listedPeople
}

// called looks up the people among the units.
func (s *server) called(v *visit, of metric.Of, units []string) (called, error) {
	if of != metric.People {
		return called{v: v}, nil
	}
	people, err := s.calledBy(v, units)
	return called{v, people}, err
}

func (c called) person(id string) who {
	if id == "" {
		return who{}
	}
	return who{c.people.name(c.v, farol.PersonID(id)), personHref(farol.PersonID(id))}
}

// unit is the unit of a figure: an answer or a subscription has no page.
func (c called) unit(of metric.Of, unit string) who {
	switch of {
	case metric.People:
		return c.person(unit)
	case metric.Accounts:
		return accountWho(unit)
	}
	return who{Name: unit}
}

// unitsOf are the units of rows.
func unitsOf[T any](rows []T, unit func(T) string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = unit(r)
	}
	return out
}

func rowUnit(r metric.Row) string { return r.Unit }
