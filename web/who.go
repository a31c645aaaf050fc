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

func personWho(id string) who {
	if id == "" {
		return who{}
	}
	return who{id, personHref(farol.PersonID(id))}
}

// unitWho is the unit of a figure: an answer or a subscription has no page.
func unitWho(of metric.Of, unit string) who {
	switch of {
	case metric.People:
		return personWho(unit)
	case metric.Accounts:
		return accountWho(unit)
	}
	return who{Name: unit}
}
