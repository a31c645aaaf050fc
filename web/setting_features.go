package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

var featuresSetting = setting{
	name:     metric.FeaturesName,
	title:    lang.Text("Features of the product"),
	question: lang.Text("What are the product's functions, which are core, and when has somebody adopted one?"),
	fields: func(body json.RawMessage, _ company) (url.Values, error) {
		x := metric.Defaults().Features
		err := read(body, &x)
		f := url.Values{"window_days": {strconv.Itoa(x.WindowDays)}, "adopted_days": {strconv.Itoa(x.AdoptedDays)}}
		for i, one := range x.List {
			f.Add("name", one.Name)
			f.Add("events", strings.Join(one.Events, ", "))
			f.Add("plans", strings.Join(one.Plans, ", "))
			f.Add("roles", strings.Join(one.Roles, ", "))
			f.Add("released", one.Released)
			if one.Core {
				f.Add("core", strconv.Itoa(i))
			}
		}
		return f, err
	},
	body: func(f url.Values) (any, error) { return featuresForm(f) },
}

// featureField is one feature as text fields.
type featureField struct {
	Index                                int
	Name, Events, Plans, Roles, Released string
	Core                                 bool
}

// Features are the fields of the features, with empty ones to fill.
func (p settingPage) Features() []featureField {
	var out []featureField
	at := func(key string, i int) string {
		if list := p.Fields[key]; i < len(list) {
			return list[i]
		}
		return ""
	}
	for i := range max(len(p.Fields["name"])+2, 4) {
		out = append(out, featureField{i, at("name", i), at("events", i), at("plans", i), at("roles", i), at("released", i), slices.Contains(p.Fields["core"], strconv.Itoa(i))})
	}
	return out
}

func featuresForm(f url.Values) (metric.Features, error) {
	var out metric.Features
	var err error
	if out.WindowDays, err = strconv.Atoi(cmp.Or(f.Get("window_days"), "0")); err != nil {
		return out, farol.InvalidField("window_days", "This is not a number of days.")
	}
	if out.AdoptedDays, err = strconv.Atoi(cmp.Or(f.Get("adopted_days"), "0")); err != nil {
		return out, farol.InvalidField("adopted_days", "This is not a number of days.")
	}
	for i, name := range f["name"] {
		at := func(key string) string {
			if i < len(f[key]) {
				return strings.TrimSpace(f[key][i])
			}
			return ""
		}
		x := metric.Feature{
			Name: strings.TrimSpace(name), Events: commas(at("events")), Plans: commas(at("plans")), Roles: commas(at("roles")), Released: at("released"),
			Core: slices.Contains(f["core"], strconv.Itoa(i)),
		}
		if x.Name != "" || len(x.Events) > 0 {
			out.List = append(out.List, x)
		}
	}
	set := metric.Defaults()
	set.Features = out
	if err := set.Check(); err != nil {
		var e *farol.Error
		if errors.As(err, &e) {
			e.Field = strings.TrimPrefix(e.Field, metric.FeaturesName+".")
		}
		return out, err
	}
	return out, nil
}

// commas lists what stands between commas.
func commas(text string) []string { return linesOf(strings.ReplaceAll(text, ",", "\n")) }
