package web

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

var activationSetting = setting{
	name:     metric.ActivationName,
	title:    lang.Text("When a customer is activated"),
	question: lang.Text("What must a new customer have done, how often, and within how many days?"),
	fields: func(body json.RawMessage, _ company) (url.Values, error) {
		a := metric.Activation{WindowDays: metric.Defaults().Activation.WindowDays}
		err := read(body, &a)
		f := url.Values{"at_least": {strconv.Itoa(a.AtLeast)}, "window_days": {strconv.Itoa(a.WindowDays)}}
		for _, c := range a.Events {
			f.Add("event", c.Name)
			f.Add("min", strconv.Itoa(c.Min))
		}
		return f, err
	},
	body: func(f url.Values) (any, error) { return activationForm(f) },
}

// Criteria are the activation events as pairs of fields, with empty ones to
// fill.
func (p settingPage) Criteria() []metric.Clause {
	rows := criteriaForm(p.Fields)
	for len(rows) < 3 || rows[len(rows)-1].Name != "" {
		rows = append(rows, metric.Clause{Min: 1})
	}
	return rows
}

func activationForm(f url.Values) (metric.Activation, error) {
	a := metric.Activation{Events: criteriaForm(f)}
	var err error
	if a.WindowDays, err = strconv.Atoi(f.Get("window_days")); err != nil || a.WindowDays < 1 || a.WindowDays > 366 {
		return a, farol.InvalidField("window_days", "The window is between 1 and 366 days.")
	}
	seen := map[string]bool{}
	for _, c := range a.Events {
		if c.Min < 1 || seen[c.Name] {
			return a, farol.InvalidField("event", "Name each event once, with a count of 1 or more.")
		}
		seen[c.Name] = true
	}
	if a.AtLeast, err = strconv.Atoi(cmp.Or(f.Get("at_least"), "0")); err != nil || a.AtLeast < 0 || a.AtLeast > len(a.Events) {
		return a, farol.InvalidField("at_least", "At most as many as there are events; 0 is all of them.")
	}
	return a, nil
}

// criteriaForm reads the pairs of event and count that have a name.
func criteriaForm(f url.Values) []metric.Clause {
	var out []metric.Clause
	for i, name := range f["event"] {
		if name = strings.TrimSpace(name); name == "" || i >= len(f["min"]) {
			continue
		}
		n, _ := strconv.Atoi(f["min"][i]) // A count that is no number is 0, which is refused.
		out = append(out, metric.Clause{Name: name, Min: n})
	}
	return out
}
