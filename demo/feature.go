package demo

import (
	"math/rand/v2"

	"github.com/farol-cs/farol"
)

// The two actions of the planted activation rule.
const (
	eventReport = "Report Created"
	eventInvite = "Teammate Invited"
)

// feature is something that people can do in the product.
type feature struct {
	event string
	// weight is how often it is used by those who use it.
	weight float64
	// reach is the share of people who ever take it up, and slow the mean
	// days that those take, from their start or the release.
	reach float64
	slow  int
	// plan is the smallest plan that has it (0 starter).
	plan int
	// released is its first day.
	released farol.Day
	// page is where it lives.
	page string
	// key and values describe a use; count, when set, is a number up to most.
	key    string
	values []string
	count  string
	most   int
}

var formats = []string{"pdf", "csv", "xlsx", "png"}

// releases is the product over time: some features came out during the
// history. at is that moment as a share of it.
func releases(first farol.Day, days int) []feature {
	at := func(share float64) farol.Day { return first.Next(int(share * float64(days))) }
	return []feature{
		{eventReport, 2.2, 0.9, 2, 0, first, "Reports", "template", []string{"none", "sales", "projects", "custom"}, "charts", 9},
		{eventInvite, 0, 1, 0, 0, first, "Team", "role", []string{"user", "editor", "viewer"}, "", 0},
		{"Dashboard Viewed", 4, 0.95, 1, 0, first, "Dashboards", "dashboard", []string{"overview", "team", "finance", "custom"}, "widgets", 12},
		{"Task Completed", 3.4, 0.75, 6, 0, first, "Tasks", "priority", []string{"low", "normal", "high"}, "subtasks", 6},
		{"Comment Added", 2.1, 0.7, 9, 0, first, "Tasks", "on", []string{"task", "report", "goal"}, "characters", 400},
		{"Report Exported", 0.9, 0.5, 25, 0, first, "Reports", "format", formats, "rows", 5000},
		{"Report Shared", 1.1, 0.55, 14, 0, first, "Reports", "with", []string{"team", "link", "customer"}, "people", 8},
		{"Goal Updated", 0.7, 0.35, 40, 0, first, "Goals", "status", []string{"on track", "behind", "done"}, "progress", 100},
		{"Integration Connected", 0.12, 0.2, 30, 1, first, "Integrations", "integration", []string{"chat", "calendar", "erp", "crm", "spreadsheet"}, "", 0},
		{"API Key Created", 0.06, 0.06, 45, 1, first, "Developers", "scope", []string{"read", "write"}, "", 0},
		{"Alert Configured", 0.4, 0.3, 35, 1, first, "Alerts", "channel", []string{"email", "chat", "phone"}, "", 0},
		{"Template Used", 0.9, 0.45, 20, 0, at(0.17), "Templates", "template", []string{"okr", "sprint", "sales funnel", "budget"}, "", 0},
		{"Automation Run", 1.6, 0.35, 30, 1, at(0.34), "Automations", "trigger", []string{"schedule", "status", "webhook", "form"}, "steps", 10},
		{"Checklist Completed", 1.2, 0.4, 25, 0, at(0.5), "Checklists", "place", []string{"office", "field", "shop"}, "items", 30},
		{"Assistant Asked", 1.5, 0.5, 35, 1, at(0.62), "Assistant", "topic", []string{"summary", "forecast", "explain", "draft"}, "words", 45},
	}
}

// planted tells whether the feature is part of the activation rule.
func (f *feature) planted() bool { return f.event == eventReport || f.event == eventInvite }

// takeUp draws the day from which a person of the start day uses each
// feature; never is far in the future.
func (c *Company) takeUp(r *rand.Rand, start farol.Day) []farol.Day {
	days := make([]farol.Day, len(c.features))
	for i := range c.features {
		f := &c.features[i]
		days[i] = never
		if r.Float64() >= f.reach {
			continue
		}
		wait := r.ExpFloat64() * float64(f.slow)
		days[i] = max(start, f.released).Next(int(wait))
	}
	return days
}

// never is a day after every history.
const never = farol.Day(1 << 30)

// choose draws a feature that the person uses today; nil when there is none.
func (c *Company) choose(r *rand.Rand, a *account, p *person) *feature {
	var weights [24]float64
	var sum float64
	for i := range c.features {
		f := &c.features[i]
		if p.uses[i] > c.today || f.plan > a.plan || (f.planted() && a.settling(c.today)) {
			continue
		}
		weights[i] = f.weight
		sum += f.weight
	}
	x := r.Float64() * sum
	for i := range c.features {
		if x < weights[i] {
			return &c.features[i]
		}
		x -= weights[i]
	}
	return nil
}

// describe writes the properties of one use.
func (c *Company) describe(r *rand.Rand, f *feature) []byte {
	o := object{c.scratch()}
	o.text(f.key, some(r, f.values))
	if f.count != "" {
		o.number(f.count, int64(1+r.IntN(f.most)))
	}
	return o.done(&c.slab)
}
