// Package metric answers every number of the product. A metric is a question
// asked of each unit (a person, an account): rows of unit, period, numerator
// and denominator. The series, the breakdown, the rows behind a point, the
// interval and the history are all made of those rows by the code here; what
// is particular to one metric is one file, defs/NAME.sql.
package metric

import (
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
)

// Aggregation is how unit rows become a figure.
type Aggregation string

// The aggregations. What the query answers besides grp, unit and account is
// in brackets.
const (
	// Rolling counts the units active on any of the Reach+1 days up to the
	// period's last (from_day, to_day: an active day and the unit's next one,
	// null for none).
	Rolling Aggregation = "rolling count"
	// RollingShare is the part of the units active on any of the Reach+1 days up
	// to the period's last that was active on the last (from_day, to_day).
	RollingShare Aggregation = "rolling share"
	// Distinct counts the units active in the period (from_day, to_day).
	Distinct Aggregation = "distinct count"
	// DailyMean divides the active days of all units by the days of the
	// period that have passed (from_day, to_day).
	DailyMean Aggregation = "daily mean"
	// Sum adds the numerators (period, numerator).
	Sum Aggregation = "sum"
	// ShareOfDays divides it by units times days (period, numerator = the
	// unit's days).
	ShareOfDays Aggregation = "share of days"
	// Proportion divides the units that did by the units that could
	// (period, numerator 0 or 1, denominator 1).
	Proportion Aggregation = "proportion"
	// NPS is promoters less detractors per answer, in points (period,
	// numerator 1, 0 or -1, denominator 1).
	NPS Aggregation = "nps"
	// Mean divides the sum of the numerators by the number of units (period,
	// numerator).
	Mean Aggregation = "mean"
	// Ratio divides the sum of the numerators by that of the denominators
	// (period, numerator, denominator).
	Ratio Aggregation = "ratio"
	// Product multiplies two ratios of sums: numerator/denominator times
	// times/per (period, numerator, denominator, times, per).
	Product Aggregation = "product"
	// Quantile is the time by which a share (the header's quantile) of the
	// units got somewhere, from a Kaplan-Meier curve, so that units that are
	// still on the way count rightly (period, numerator = the time, denominator
	// 1 when the unit got there, 0 while it has not). With denominators of 1
	// it is the plain quantile of the numerators.
	Quantile Aggregation = "quantile"
)

// aggregations lists the columns that each wants besides grp, unit, account.
var aggregations = map[Aggregation][]string{
	Rolling:      {"from_day", "to_day"},
	RollingShare: {"from_day", "to_day"},
	Distinct:     {"from_day", "to_day"},
	DailyMean:    {"from_day", "to_day"},
	Sum:          {"period", "numerator"},
	ShareOfDays:  {"period", "numerator"},
	Proportion:   {"period", "numerator", "denominator"},
	NPS:          {"period", "numerator", "denominator"},
	Mean:         {"period", "numerator"},
	Ratio:        {"period", "numerator", "denominator"},
	Product:      {"period", "numerator", "denominator", "times", "per"},
	Quantile:     {"period", "numerator", "denominator"},
}

// has tells whether the query answers the column.
func (a Aggregation) has(column string) bool { return slices.Contains(aggregations[a], column) }

// Additive tells whether the groups of a breakdown sum to the whole, given
// that each unit is in one group.
func (a Aggregation) Additive() bool { return a == Sum || a.days() && a != RollingShare }

// days tells whether the query answers the active days of each unit.
func (a Aggregation) days() bool { return a.rolls() || a == Distinct || a == DailyMean }

// rolls tells whether the figure is of the Reach+1 days up to the period's last.
func (a Aggregation) rolls() bool { return a == Rolling || a == RollingShare }

// ofDays is the SQL of a unit's numerator, made of its active days up to the
// parameter row_last, of an aggregation of days.
func (a Aggregation) ofDays() string {
	switch a {
	case DailyMean:
		return "i64(count(*))"
	case RollingShare:
		return "max(CASE WHEN u.from_day = {row_last:Date} THEN 1 ELSE 0 END)"
	}
	return "1"
}

// ones tells whether every unit weighs one in the denominator, though the query
// does not say so.
func (a Aggregation) ones() bool { return a == Mean || a == RollingShare }

// Direction says which way is good.
type Direction string

// The directions.
const (
	Up      Direction = "up"
	Down    Direction = "down"
	Neutral Direction = "neutral"
)

// Forever is the reach of a fact that moves every later figure.
const Forever = -1

// Money is the unit of amounts in the company's currency, major units.
const Money = "money"

// ElapsedDays is the unit of waits that may be shorter than a day.
const ElapsedDays = "elapsed_days"

// units lists the units that a figure may have. A ratio is a share (0.05 is
// written 5 %), an index a plain number (quick ratio, K), count how many of
// something that is neither a person nor an account, elapsed_days the length
// of a wait in days of 24 hours: below two of them people say it in hours.
var units = []string{"persons", "accounts", "count", "ratio", "index", "points", "score", "days", ElapsedDays, "seconds", "months", Money}

// Amounts says which parts of a unit's row are amounts, which queries answer
// in minor units.
type Amounts string

// What may be an amount: nothing, the numerator, or numerator and denominator.
const (
	NoAmounts       Amounts = "none"
	NumeratorAmount Amounts = "numerator"
	BothAmounts     Amounts = "both"
)

// Bounds are what a value can be: anything, a share from 0 to 1, or nothing
// below zero.
type Bounds string

// The bounds.
const (
	ShareBounds    Bounds = "share"
	PositiveBounds Bounds = "positive"
)

// Of is what the unit of a metric's rows is.
type Of string

// The kinds of units.
const (
	People   Of = "people"
	Accounts Of = "accounts"
	Others   Of = "others"
)

// Words are a text in every language of the program.
type Words map[lang.Code]string

// In is the text in the language, English when it lacks one.
func (w Words) In(c lang.Code) string {
	if s, ok := w[c]; ok {
		return s
	}
	return w[lang.English]
}

// Metric is one definition file. It is never changed once loaded.
type Metric struct {
	// Name is the metric's id everywhere: "active_users_day".
	Name string
	// Group is the part of the catalogue, one of Groups.
	Group string
	// Unit of the value, one of units.
	Unit string
	// Direction says which way is good.
	Direction Direction
	// Aggregation makes figures of the unit rows.
	Aggregation Aggregation
	// Version of the definition; a new number whenever a figure could change.
	Version int
	// Grains are the period lengths that the metric is defined for.
	Grains []farol.Grain
	// Reach is how many days later a fact still moves figures: 0 its own
	// period only, 27 a rolling window of 28 days, Forever.
	Reach int
	// Waits tells that a period is complete only when a window that begins
	// on its last day has passed, too: of WaitDays days, or, when that is 0,
	// the activation window.
	Waits    bool
	WaitDays int
	// Window is how many days, up to the period's last, its facts are looked
	// at in, and Previous tells that the whole period before it is looked at,
	// too. A figure whose window begins before the facts do is null. Neither
	// is set where the period itself is the window, nor for Rolling, whose
	// window is Reach+1.
	Window   int
	Previous bool
	// Share is the share of units of a Quantile: 0.5 is the median.
	Share float64
	// ByDay tells that each unit of a Quantile is of one day, so that a longer
	// period has the units of its days.
	ByDay bool
	// Bounds is what the value can be at all, to which its interval is cut.
	Bounds Bounds
	// Compound turns a rate per period into one over so many periods,
	// 1-(1-rate)^n; 0 and 1 do not.
	Compound int
	// Amounts says which parts of the unit rows are amounts.
	Amounts Amounts
	// Of says what a unit is: a person, an account, or something else (an
	// answer, a cost), which the events of its account stand for.
	Of Of
	// PerAccount tells that the value is kept daily for each account.
	PerAccount bool
	// Settings name the settings that the query uses: active, activation,
	// company.
	Settings []string
	// Title, Definition, Formula, Rules and Reading are its words: what it is
	// called, what it counts, how, the edge cases, and how to read it.
	Title, Definition, Formula, Rules, Reading Words
	// Query answers the unit rows, reached through the doors of package facts.
	Query string
	// Example is the text of the worked example at the foot of the file. It was
	// read and checked; its facts, 8 MB for all metrics, are not kept.
	Example string

	doors []string
	// twin tells that another metric makes its figures of the same query.
	twin bool
}

// Has tells whether the metric is defined for the grain.
func (m *Metric) Has(g farol.Grain) bool { return slices.Contains(m.Grains, g) }

// finestFirst are the grains with the day before all others.
func (m *Metric) finestFirst() []farol.Grain {
	out := slices.Clone(m.Grains)
	if i := slices.Index(out, farol.Daily); i > 0 {
		out[0], out[i] = out[i], out[0]
	}
	return out
}

// Invites tells whether the metric counts people who were invited: a unit may
// then be the address of nobody known.
func (m *Metric) Invites() bool { return slices.Contains(m.doors, "invited") }

// HasAmounts tells whether the value or a part of it is an amount.
func (m *Metric) HasAmounts() bool { return m.Unit == Money || m.Amounts != NoAmounts }

// tablesOf lists, for each door, the tables (in the words of facts.Touched)
// whose facts move what the door answers.
var tablesOf = map[string][]string{
	"apart":            nil, // names no table: parts a window by group
	"activity":         {"activity"},
	"activityAll":      {"activity"},
	"presence":         {"activity"},
	"present":          {"activity"},
	"accountDays":      {"activity"},
	"personDays":       {"activity"},
	"people":           {"activity", "accounts", "people"},
	"accounts":         {"accounts"},
	"roles":            {"roles"},
	"mrr":              {"subscriptions", "signed", "charges", "moved"},
	"payingAt":         {"subscriptions", "signed", "charges", "moved"},
	"customersAt":      {"subscriptions", "signed", "charges", "moved"},
	"stays":            {"subscriptions", "signed", "charges", "moved"},
	"monthly":          {"subscriptions", "signed", "charges", "moved"},
	"lifetime":         {"subscriptions", "signed", "charges", "moved"},
	"costs":            {"costs"},
	"acquisitionCosts": {"costs"},
	"movements":        {"subscriptions", "signed", "charges", "moved"},
	"moved":            {"subscriptions", "signed", "charges", "moved"},
	"cohort":           {"subscriptions", "signed", "charges", "moved"},
	"committed":        {"subscriptions", "signed", "charges", "moved"},
	"purchases":        {"subscriptions", "charges", "moved"},
	"terms":            {"subscriptions", "signed", "moved"},
	"answers":          {"answers"},
	"voters":           {"answers"},
	"tickets":          {"tickets"},
	"leads":            {"journeys"},
	"trials":           {"journeys"},
	"referrals":        {"journeys"},
	"deliveries":       {"journeys", "answers"},
	"firstPaid":        {"subscriptions", "moved"},
	"events":           {"events"},
	"activated":        {"activity", "accounts", "people", "events", "subscriptions", "moved"},
	"registered":       {"activity", "accounts", "people"},
	"invited":          {"journeys", "invited"},
	"milestones":       {"events"},
	"progress":         {"activity", "accounts", "people", "events", "subscriptions", "moved"},
	"valued":           nil,
	"moments":          {"activity"},
	"silences":         {"activity"},
	"gaps":             {"activity"},
	"comings":          {"activity"},
	"breadth":          nil,
	"ticketWaits":      {"tickets"},
	"valueWaits":       {"activity", "accounts", "people", "events", "subscriptions", "moved"},
	"leadWins":         {"journeys", "subscriptions", "moved"},
	"firsts":           {"activity", "people"},
	"seatsAt":          {"subscriptions", "moved"},
	"trailing":         nil,
	"turns":            nil,
	"periods":          nil,
	"days":             nil,
}

// tables lists the tables that move the metric's figures.
func (m *Metric) tables() []string {
	var out []string
	for _, d := range m.doors {
		for _, t := range tablesOf[d] {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}

// tables are those of the metric, and those of invoices where they count.
func (p *plan) tables() []string {
	out := p.metric.tables()
	if p.settings.Conventions.Basis == InvoiceBasis && slices.Contains(out, "subscriptions") {
		out = append(out, invoicesTable, "billed")
	}
	// A step that is agreed on moves the price before it.
	if p.settings.Conventions.Ramps == RampAverage && slices.Contains(out, "subscriptions") && !slices.Contains(out, "signed") {
		out = append(out, "signed")
	}
	return out
}

// invoicesTable has the lines of invoices by the first day of their period.
const invoicesTable = "invoices"

// basis is the table that tells whether there are data at all; state is true
// when what was once learned stays true (subscriptions), so that one earlier
// fact is enough, and false when each window needs facts of its own.
func (m *Metric) basis() (table string, state bool) {
	if m.Window > 0 || m.Previous {
		return "events", false
	}
	for _, d := range m.doors {
		// A subscription may begin an account's way to value; what is done on
		// the way are events.
		if d != "activated" && d != "progress" && d != "valueWaits" && slices.Contains(tablesOf[d], "subscriptions") {
			return "subscriptions", true
		}
	}
	return "events", false
}
