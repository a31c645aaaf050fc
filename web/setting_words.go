package web

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol/lang"
)

// conventionPoints say in words what the keys of the conventions are; answers
// are those of the points that are no numbers.
var conventionPoints = map[string]struct {
	title   lang.Text
	answers map[string]lang.Text
}{
	"basis":                  {lang.Text("What is MRR made of?"), map[string]lang.Text{"subscriptions": lang.Text("What the events of subscriptions say"), "invoices": lang.Text("What invoices bill for their service periods; subscriptions without an invoice stay as their events say")}},
	"churn_at":               {lang.Text("When does a cancelled subscription stop counting?"), map[string]lang.Text{"term_end": lang.Text("When what was paid for ends"), "request": lang.Text("When the customer asks for it")}},
	"discounts":              {lang.Text("Which discounts make MRR smaller?"), map[string]lang.Text{"all": lang.Text("All recurring discounts; one that ends is expansion"), "permanent": lang.Text("Only those without an end")}},
	"metered":                {lang.Text("Does recurring metered revenue count as MRR?"), map[string]lang.Text{"false": lang.Text("No: it is a line of its own"), "true": lang.Text("Yes: the mean of the last three closed months")}},
	"new_and_lost":           {lang.Text("What of an account that begins and ends within one period?"), map[string]lang.Text{"count": lang.Text("It counts as new and as lost"), "ignore": lang.Text("It counts as neither")}},
	"pauses":                 {lang.Text("Does a paused subscription count?"), map[string]lang.Text{"zero": lang.Text("No: its MRR is zero, and pause and return are movements"), "keep": lang.Text("Yes, until the pause has lasted too long")}},
	"ramps":                  {lang.Text("What does a ramped deal count with?"), map[string]lang.Text{"step": lang.Text("The price of the step in force; each step is a movement"), "average": lang.Text("The mean of its prices over the term; steps move nothing")}},
	"lifetime_churn":         {lang.Text("What does a lifetime value take as churn?"), map[string]lang.Text{"customers": lang.Text("The customers lost"), "revenue": lang.Text("The MRR lost, less what customers added")}},
	"lifetime_months":        {title: lang.Text("Churn of a lifetime value is the mean of (months)")},
	"return_gap_days":        {title: lang.Text("A former customer won back was away for at least (days)")},
	"pause_days":             {title: lang.Text("A paused customer is lost after (days)")},
	"past_due_days":          {title: lang.Text("An unpaid invoice ends MRR after (days)")},
	"return_days":            {title: lang.Text("A former customer is new again after (days)")},
	"session_minutes":        {title: lang.Text("A session ends after silence of (minutes)")},
	"idle_minutes":           {title: lang.Text("Active time stops at a silence longer than (minutes)")},
	"gross_margin":           {title: lang.Text("Gross margin (%)")},
	"discount_rate":          {title: lang.Text("Discount rate per year (%)")},
	"acquisition_lag_months": {title: lang.Text("Sales cycle (months)")},
}

// pointText writes one point of a setting as people say it.
func pointText(p *lang.Printer, key string, raw json.RawMessage) string {
	value := strings.Trim(string(raw), `"`)
	c, known := conventionPoints[key]
	if !known {
		return key + ": " + value
	}
	title := p.Text(c.title)
	if a, ok := c.answers[value]; ok {
		return title + " " + p.Text(a)
	}
	if x, err := strconv.ParseFloat(value, 64); err == nil && strings.HasSuffix(title, "(%)") {
		value = percentField(x)
	}
	return title + ": " + value
}

// settingText writes a setting of several points one line each; the others are
// in words already.
func settingText(p *lang.Printer, value string) string {
	if value == "*" { // any event makes somebody active
		return p.T("Whoever did anything in the product")
	}
	var points map[string]json.RawMessage
	if json.Unmarshal([]byte(value), &points) != nil {
		return value
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(points)) {
		out = append(out, pointText(p, k, points[k]))
	}
	return strings.Join(out, "\n")
}
