package facts

import (
	"regexp"

	"github.com/farol-cs/farol"
)

// Criterion says when a unit (an account, or a person) is activated. It is
// what the doors {{activated}} and {{progress}} apply.
type Criterion struct {
	// Start is the event whose first time begins a unit: a track name, "$page"
	// or "$screen"; StartSubscription; "" for the creation of the unit.
	Start string
	// Versions follow one another: the one in force on the day on which a unit
	// begins judges it.
	Versions []CriterionVersion
}

// StartSubscription begins an account with the first day on which it pays.
const StartSubscription = "$subscription"

// CriterionVersion judges the units that begin on the days [Since, Until); 0
// leaves a side open.
type CriterionVersion struct {
	Number       int
	Since, Until farol.Day
	// Window is how many local days a unit has, its first being day 0.
	Window int
	// Needed of the Items must be met.
	Needed int
	Items  []CriterionItem
}

// CriterionItem is met when Needed of its clauses are.
type CriterionItem struct {
	Needed  int
	Clauses []CriterionClause
}

// CriterionClause is something that must be done Min times.
type CriterionClause struct {
	Deed
	// Min counts what By says: times, days on which it was done, or people of
	// the account who did it.
	Min int
	By  CountBy
	// Within are the days that the clause has, 0 for those of the criterion.
	Within int
}

// CountBy is what a clause counts.
type CountBy string

// The ways to count.
const (
	ByTimes  CountBy = ""
	ByDays   CountBy = "days"
	ByPeople CountBy = "people"
)

// Deed is an event, perhaps with conditions on its properties.
type Deed struct {
	// Event is a track name, "$page", "$screen", or "*" for any activity.
	Event string
	Where []Condition
}

// Condition is on a property of the event.
type Condition struct {
	// Property is a path such as "plan" or "company.name".
	Property string
	// Op is OpIs, OpIsNot (also true where the property is missing), OpAtLeast
	// or OpAtMost.
	Op     string
	Values []string
	// Number is what OpAtLeast and OpAtMost compare with.
	Number float64
}

// The comparisons of a condition.
const (
	OpIs      = "is"
	OpIsNot   = "is_not"
	OpAtLeast = "at_least"
	OpAtMost  = "at_most"
)

// PropertyName is what a condition can ask for.
var PropertyName = regexp.MustCompile(`^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$`)

// Interactive tells whether events of the name count as activity: all but
// those well-known ones that only report.
func Interactive(event string) bool {
	w := wellKnownEvents[event]
	return w == nil || w.interactive
}

// longest is the longest window of the versions.
func (c *Criterion) longest() int {
	n := 1
	for _, v := range c.Versions {
		n = max(n, v.Window)
	}
	return n
}
