package metric

import (
	"context"
	"strings"

	"github.com/farol-cs/farol/facts"
)

// Explanation says where a number comes from.
type Explanation struct {
	// Metric holds the words: definition, formula, rules, reading.
	Metric  *Metric
	Version string
	// Filters are those of the request.
	Filters []facts.Filter
	// Settings are those that the figure depends on.
	Settings []SettingUse
	// Query is the unit query as it is written in the definition file.
	Query string
	// SQL is what runs: the doors opened, the unit rows added up.
	SQL string
}

// SettingUse is a setting with the value in force.
type SettingUse struct {
	// Name is that of a part of the settings: active, company, conventions.
	Name string
	// Version of the setting; 0 is the default.
	Version int
	// Value in words that need no translation: event names and counts.
	Value string
}

// Explain tells how the figures of the request are made.
func (r *Reader) Explain(q Request) (Explanation, error) {
	// The words and the SQL of a figure are no secret; its values are not here.
	p, err := r.plan(context.Background(), q)
	if err != nil {
		return Explanation{}, err
	}
	periods := p.started(p.periods)
	if len(periods) == 0 {
		periods = p.periods[:1]
	}
	sql, err := r.facts.Explain(p.metric.figuresText(), p.scope(periods), p.params())
	if err != nil {
		return Explanation{}, err
	}
	return Explanation{
		Metric: p.metric, Version: p.version, Filters: q.Filters,
		Settings: p.settings.used(p.metric), Query: p.metric.Query, SQL: sql,
	}, nil
}

// used lists the settings that the metric depends on.
func (s Settings) used(m *Metric) []SettingUse {
	var out []SettingUse
	for _, part := range parts {
		if m.uses(part.name) {
			out = append(out, SettingUse{part.name, *part.version(&s), part.say(&s)})
		}
	}
	return out
}

// String lists the events that make active; "*" is all.
func (a Active) String() string {
	if a.All {
		return "*"
	}
	return strings.Join(a.Events, ", ")
}
