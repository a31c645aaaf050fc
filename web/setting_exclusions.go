package web

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
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
// yet, or be mistyped. It is told to those alone who see everybody: others
// would be told that whoever is out of their sight does not exist.
func (s *server) strangers(v *visit, p *settingPage) error {
	if p.Setting.Name != metric.ExclusionsName || sight.Of(v.r.Context()).Limited() {
		return nil
	}
	accounts, err := s.Customers.Accounts(v.r.Context())
	if err != nil {
		return err
	}
	var unknown []string
	for _, id := range linesOf(p.Get("accounts")) {
		if _, known := accounts[s.Facts.Joined(farol.AccountID(id), time.Time{})]; !known {
			unknown = append(unknown, id)
		}
	}
	people, err := s.unknownPeople(v, linesOf(p.Get("people")))
	p.Strangers = strings.Join(append(unknown, people...), ", ")
	return err
}

// unknownPeople are the ids that nobody has, also nobody who goes by another
// one now.
func (s *server) unknownPeople(v *visit, ids []string) (unknown []string, err error) {
	for part := range slices.Chunk(ids, lookedUp) {
		asked := make([]farol.PersonID, len(part))
		for i, id := range part {
			asked[i] = farol.PersonID(id)
		}
		of, err := s.Facts.IDsOf(v.r.Context(), asked, time.Time{})
		if err != nil {
			return nil, err
		}
		var now []string
		for _, all := range of {
			now = append(now, string(all[0]))
		}
		people, err := s.listed(v, now)
		if err != nil {
			return nil, err
		}
		for _, id := range asked {
			if _, known := people[of[id][0]]; !known {
				unknown = append(unknown, string(id))
			}
		}
	}
	return unknown, nil
}
