package web

import (
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

// who is somebody as a cell of a table names them: a person or an account with
// its page. Without Href the name leads nowhere.
type who struct {
	Name, Href string
	account    farol.AccountID
	person     farol.PersonID
}

func accountWho(id string) who {
	if id == "" {
		return who{}
	}
	return who{Name: id, Href: customerHref(farol.AccountID(id)), account: farol.AccountID(id)}
}

func personWho(id string) who {
	if id == "" {
		return who{}
	}
	return who{Name: id, Href: personHref(farol.PersonID(id)), person: farol.PersonID(id)}
}

// inWho is the account that a unit is in: an account is in none but itself.
func inWho(of metric.Of, account string) who {
	if of == metric.Accounts {
		return who{}
	}
	return accountWho(account)
}

// call gives the cells of the rows the names that the team knows accounts and
// people by, in the place of their ids.
func call[R any](s *server, v *visit, rows []R, cells func(*R) []*who) error {
	var people []string
	for i := range rows {
		for _, c := range cells(&rows[i]) {
			people = append(people, string(c.person))
		}
	}
	persons, err := s.calledBy(v, people)
	if err != nil {
		return err
	}
	accounts, err := s.accountNames(v)
	for i := range rows {
		for _, c := range cells(&rows[i]) {
			if c.account != "" {
				c.Name = accounts(c.account)
			} else if c.person != "" {
				c.Name = persons.name(v, c.person)
			}
		}
	}
	return err
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
	return who{Name: c.people.name(c.v, farol.PersonID(id)), Href: personHref(farol.PersonID(id)), person: farol.PersonID(id)}
}

// knows tells whether there is such a person.
func (c called) knows(id string) bool {
	_, ok := c.people[farol.PersonID(id)]
	return ok
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
