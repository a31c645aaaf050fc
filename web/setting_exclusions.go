package web

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

var exclusionsSetting = setting{
	name:     metric.ExclusionsName,
	title:    lang.Text("Who is left out"),
	question: lang.Text("Which accounts and people does no figure count?"),
	fields: func(body json.RawMessage, _ company) (url.Values, error) {
		var x metric.ExclusionsDocument
		err := read(body, &x)
		return url.Values{"accounts": {strings.Join(x.Accounts, "\n")}, "people": {strings.Join(x.People, "\n")}}, err
	},
	body: func(f url.Values) (any, error) {
		return metric.ExclusionsDocument{Accounts: linesOf(f.Get("accounts")), People: linesOf(f.Get("people"))}, nil
	},
}

// strangers notes which of the ids left out nobody has so far: they may come
// yet, or be mistyped.
func (s *server) strangers(v *visit, p *settingPage) error {
	if p.Setting.Name != metric.ExclusionsName {
		return nil
	}
	accounts, err := s.Customers.Accounts(v.r.Context())
	if err != nil {
		return err
	}
	var unknown []string
	for _, id := range linesOf(p.Get("accounts")) {
		if _, known := accounts[farol.AccountID(id)]; !known {
			unknown = append(unknown, id)
		}
	}
	ids := linesOf(p.Get("people"))
	people, err := s.listed(v, slices.Clone(ids))
	for _, id := range ids {
		if _, known := people[farol.PersonID(id)]; !known {
			unknown = append(unknown, id)
		}
	}
	p.Strangers = strings.Join(unknown, ", ")
	return err
}
