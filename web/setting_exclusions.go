package web

import (
	"encoding/json"
	"net/url"
	"strings"

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
