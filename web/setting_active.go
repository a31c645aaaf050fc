package web

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

var activeSetting = setting{
	name:     metric.ActiveName,
	title:    lang.Text("Who counts as active"),
	question: lang.Text("Which events make somebody active?"),
	fields: func(body json.RawMessage, _ company) (url.Values, error) {
		a := metric.ActiveDocument{All: metric.Defaults().Active.All}
		err := read(body, &a)
		f := url.Values{"count": {"some"}, "events": {strings.Join(a.Events, "\n")}}
		if a.All {
			f.Set("count", "all")
		}
		return f, err
	},
	body: func(f url.Values) (any, error) {
		a := metric.ActiveDocument{All: f.Get("count") != "some", Events: linesOf(f.Get("events"))}
		if !a.All && len(a.Events) == 0 {
			return nil, farol.InvalidField("events", "Name at least one event, or count all.")
		}
		return a, nil
	},
}
