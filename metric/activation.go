package metric

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
)

// Activation is a criterion that makes a unit activated: the setting
// activation is the company's main one, and there may be others, under names.
// It is the body of their definitions. Without clauses any activity does.
type Activation struct {
	Version int `json:"-"`
	// Since is the first day whose units this version judges: From, else the
	// day on which the version was made; 0 for the first version.
	Since farol.Day `json:"-"`
	// Title is what people call it, "" for the main one.
	Title string `json:"title,omitempty" maxLength:"200" doc:"What people call it"`
	// Scope is whose it is: AccountScope, or PersonScope for a named criterion.
	Scope string `json:"scope,omitempty" enum:"account,person" doc:"Whose criterion it is; account when absent. The main one is of accounts"`
	// Start is the event whose first time begins a unit (a track name, "$page",
	// "$screen", or "$subscription": the first paid day); "" is its creation.
	// Of several versions that of the newest holds for all.
	Start string `json:"start,omitempty" doc:"The event whose first time begins a unit, $subscription for the first paid day; its creation when absent"`
	// Events are clauses, Groups sets of clauses that count as one.
	Events []Clause `json:"events,omitempty"`
	Groups []Group  `json:"groups,omitempty"`
	// AtLeast is how many of the clauses and groups must hold; 0 is all.
	AtLeast int `json:"at_least,omitempty" doc:"How many of the events and groups are needed; 0 is all of them"`
	// WindowDays is how many local days the unit has for it, its first being
	// day 0.
	WindowDays int `json:"window_days" doc:"How many days a unit has, the one on which it begins included"`
	// Retired tells that a named criterion is no longer used: its last version
	// says so, the others stay.
	Retired bool `json:"retired,omitempty" doc:"No longer used; only for named criteria"`
	// From, a date, says from which day on units are judged so, when that is
	// not the day on which the version is made.
	From string `json:"from,omitempty" doc:"The first day whose new units are judged so, as YYYY-MM-DD; the day of saving when absent. The first version judges everything before, too"`
}

// Clause is something that must be done at least Min times in the window.
type Clause struct {
	// Name is a track name, "$page", "$screen", or "*" for any activity.
	Name string `json:"name" doc:"A track name, $page, $screen, or * for any activity"`
	Min  int    `json:"min" doc:"How often, at least"`
	// By is what is counted: "" times, "days" on which it was done, "people" of
	// the account who did it.
	By string `json:"by,omitempty" enum:"days,people" doc:"What is counted: days on which it was done, or people who did it; times when absent"`
	// WithinDays is a shorter window of its own, 0 for that of the criterion.
	WithinDays int `json:"within_days,omitempty" doc:"A shorter window of its own"`
	// Where are conditions on properties of the event, which all must hold.
	Where []Where `json:"where,omitempty"`
}

// Where is a condition on a property.
type Where struct {
	Property string `json:"property" doc:"A path such as plan or company.name"`
	// Op is is, is_not, at_least or at_most.
	Op string `json:"op" enum:"is,is_not,at_least,at_most"`
	// Values are texts; for at_least and at_most one number.
	Values []string `json:"values"`
}

// Group holds when AtLeast of its clauses do; 0 is all of them.
type Group struct {
	Events  []Clause `json:"events"`
	AtLeast int      `json:"at_least,omitempty"`
}

// Criterion is a criterion besides the main one.
type Criterion struct {
	Name string
	// Versions are the oldest first, never none.
	Versions []Activation
}

// CriterionKind is the kind of the definitions of further criteria.
const CriterionKind = "criterion"

// Whose a criterion is.
const (
	AccountScope = "account"
	PersonScope  = "person"
)

// People tells whether the units are people.
func (a Activation) People() bool { return a.Scope == PersonScope }

// Latest is the newest version.
func (c Criterion) Latest() Activation { return c.Versions[len(c.Versions)-1] }

// readCriteria reads all versions of the main criterion and of the others.
func (s *Settings) readCriteria(ctx context.Context, st *store.Store) (err error) {
	if s.Activation.Version > 0 {
		all, err := s.versionsOf(ctx, st, SettingKind, ActivationName)
		if err != nil {
			return err
		}
		// Another version than the newest was asked for to see what would be:
		// then it judges every cohort.
		if n := len(all); n > 0 && all[n-1].Version == s.Activation.Version {
			s.Activation, s.Activations = all[n-1], all
		}
	}
	list, err := st.Definitions(ctx, CriterionKind)
	if err != nil {
		return fmt.Errorf("criteria: %w", err)
	}
	for _, d := range list {
		versions, err := s.versionsOf(ctx, st, CriterionKind, d.Name)
		if err != nil {
			return err
		}
		if c := (Criterion{d.Name, versions}); !c.Latest().Retired {
			s.Criteria = append(s.Criteria, c)
		}
	}
	return nil
}

func (s *Settings) versionsOf(ctx context.Context, st *store.Store, kind, name string) ([]Activation, error) {
	defs, err := st.DefinitionVersions(ctx, kind, name)
	if err != nil {
		return nil, fmt.Errorf("versions of %s %s: %w", kind, name, err)
	}
	slices.SortFunc(defs, func(a, b store.Definition) int { return a.Version - b.Version })
	out := make([]Activation, len(defs))
	for i, d := range defs {
		a, err := readActivation(d.Body)
		if err != nil {
			return nil, fmt.Errorf("%s %s, version %d: %w", kind, name, d.Version, err)
		}
		a.Version = d.Version
		if i > 0 {
			a.Since = farol.DayOf(d.Created, s.Calendar.Zone)
			if day, err := farol.ParseDay(a.From); err == nil {
				a.Since = day
			}
		}
		out[i] = a
	}
	return out, nil
}

func readActivation(body []byte) (Activation, error) {
	a := Activation{WindowDays: Defaults().Activation.WindowDays}
	err := json.Unmarshal(body, &a)
	return a, err
}

func (s *Settings) activation(body []byte) (err error) {
	s.Activation, err = readActivation(body)
	s.Activations = nil
	return err
}

// activations are the versions of the main criterion.
func (s Settings) activations() []Activation {
	if len(s.Activations) == 0 {
		return []Activation{s.Activation}
	}
	return s.Activations
}

// A reign is the days on which a version judges what begins.
type reign struct {
	Activation
	Since, Until farol.Day
}

// reigns are when each version is in force, the oldest first: a later version
// rules from its day on, whatever an earlier one said.
func reigns(versions []Activation) []reign {
	var out []reign
	until := farol.Day(math.MaxInt32)
	for i := len(versions) - 1; i >= 0; i-- {
		v := versions[i]
		since := v.Since
		if i == 0 || since <= 0 {
			since = math.MinInt32 // day 0, 1970, is before any fact
		}
		if since < until {
			out = append(out, reign{v, since, until})
			until = since
		}
	}
	slices.Reverse(out)
	return out
}

// activationWindow is the longest window of the versions in force during the
// period.
func (s Settings) activationWindow(q farol.Period) int {
	n := 1
	for _, r := range reigns(s.activations()) {
		if r.Since < q.To && r.Until > q.From {
			n = max(n, r.WindowDays)
		}
	}
	return n
}

// criterionOf is what the doors judge by.
func criterionOf(versions []Activation) *facts.Criterion {
	out := &facts.Criterion{Start: versions[len(versions)-1].Start}
	for _, r := range reigns(versions) {
		v := facts.CriterionVersion{Number: r.Version, Window: r.WindowDays}
		if r.Since != math.MinInt32 {
			v.Since = r.Since
		}
		if r.Until != math.MaxInt32 {
			v.Until = r.Until
		}
		for _, g := range r.items() {
			item := facts.CriterionItem{Needed: needed(g.AtLeast, len(g.Events))}
			for _, c := range g.Events {
				item.Clauses = append(item.Clauses, c.clause())
			}
			v.Items = append(v.Items, item)
		}
		v.Needed = needed(r.AtLeast, len(v.Items))
		out.Versions = append(out.Versions, v)
	}
	return out
}

// items are the clauses, each as a group of one, and the groups.
func (a Activation) items() []Group {
	var out []Group
	for _, c := range a.Events {
		out = append(out, Group{Events: []Clause{c}})
	}
	out = append(out, a.Groups...)
	if len(out) == 0 {
		out = []Group{{Events: []Clause{{Name: "*", Min: 1}}}}
	}
	return out
}

// Steps are all clauses in the order in which they are numbered, from 1.
func (a Activation) Steps() []Clause {
	var out []Clause
	for _, g := range a.items() {
		out = append(out, g.Events...)
	}
	return out
}

func needed(atLeast, of int) int {
	if atLeast == 0 {
		return of
	}
	return atLeast
}

func (c Clause) clause() facts.CriterionClause {
	out := facts.CriterionClause{Deed: facts.Deed{Event: c.Name}, Min: c.Min, By: facts.CountBy(c.By), Within: c.WithinDays}
	for _, w := range c.Where {
		cond := facts.Condition{Property: w.Property, Op: w.Op, Values: w.Values}
		if w.numeric() {
			cond.Number, _ = strconv.ParseFloat(w.Values[0], 64) // checked when it was saved
		}
		out.Where = append(out.Where, cond)
	}
	return out
}

func (w Where) numeric() bool { return w.Op == facts.OpAtLeast || w.Op == facts.OpAtMost }

// maxClauses bounds a criterion: more is a checklist, not a criterion.
const maxClauses = 20

// Check tells what is wrong with the criterion, as an Invalid error whose
// field is that of the body; main tells that it is the setting.
func (a Activation) Check(main bool) error {
	switch {
	case a.WindowDays < 1 || a.WindowDays > 366:
		return farol.InvalidField("window_days", "must be between 1 and 366, not %d", a.WindowDays)
	case a.Scope != "" && a.Scope != AccountScope && a.Scope != PersonScope:
		return farol.InvalidField("scope", "must be account or person")
	case main && a.Retired:
		return farol.InvalidField("retired", "must be false: without the main criterion nobody could be activated")
	case main && a.People():
		return farol.InvalidField("scope", "must be account: the main criterion is of accounts")
	case a.People() && a.Start == facts.StartSubscription:
		return farol.InvalidField("start", "must be an event of people: only accounts have subscriptions")
	case len(a.Steps()) > maxClauses:
		return farol.InvalidField("events", "must be at most %d in all", maxClauses)
	case a.AtLeast < 0 || a.AtLeast > len(a.Events)+len(a.Groups):
		return farol.InvalidField("at_least", "must be between 0 and the number of events")
	}
	if _, err := farol.ParseDay(a.From); a.From != "" && err != nil {
		return farol.InvalidField("from", "must be a date as YYYY-MM-DD")
	}
	if err := checkClauses(a.Events, a); err != nil {
		return err
	}
	for _, g := range a.Groups {
		if len(g.Events) == 0 || g.AtLeast < 0 || g.AtLeast > len(g.Events) {
			return farol.InvalidField("groups", "each needs events, and at_least between 0 and their number")
		}
		if err := checkClauses(g.Events, a); err != nil {
			return err
		}
	}
	return nil
}

func checkClauses(list []Clause, a Activation) error {
	seen := map[string]bool{}
	for _, c := range list {
		key := fmt.Sprint(c.Name, c.By, c.Where)
		switch {
		case c.Name == "" || c.Min < 1:
			return farol.InvalidField("events", "each needs the name of an event, and a count of 1 or more")
		case seen[key]:
			return farol.InvalidField("events", "the same is asked for twice of %q", c.Name)
		case c.By != "" && c.By != string(facts.ByDays) && c.By != string(facts.ByPeople):
			return farol.InvalidField("events", "count times, days or people")
		case c.By == string(facts.ByPeople) && a.People():
			return farol.InvalidField("events", "count people only where the criterion is of accounts")
		case c.WithinDays < 0 || c.WithinDays > a.WindowDays:
			return farol.InvalidField("events", "the window of a clause is not longer than that of the criterion")
		case len(c.Where) > 5:
			return farol.InvalidField("events", "at most %d conditions on one event", 5)
		}
		seen[key] = true
		for _, w := range c.Where {
			if err := w.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w Where) check() error {
	if !facts.PropertyName.MatchString(w.Property) || len(w.Property) > 100 {
		return farol.InvalidField("events", "a property's name has letters, digits, _ and dots, not %q", w.Property)
	}
	if !slices.Contains([]string{facts.OpIs, facts.OpIsNot, facts.OpAtLeast, facts.OpAtMost}, w.Op) {
		return farol.InvalidField("events", "a property is compared by is, is_not, at_least or at_most, not %q", w.Op)
	}
	if len(w.Values) == 0 || len(w.Values) > 50 {
		return farol.InvalidField("events", "a property is compared with something")
	}
	if n, err := strconv.ParseFloat(w.Values[0], 64); w.numeric() && (err != nil || len(w.Values) > 1 || math.IsNaN(n) || math.IsInf(n, 0)) {
		return farol.InvalidField("events", "%s needs one number", w.Property)
	}
	return nil
}

// checkCriteria checks every version in force; errors name the setting.
func (s Settings) checkCriteria() error {
	if err := s.Activation.Check(true); err != nil {
		return within(ActivationName, err)
	}
	for _, c := range s.Criteria {
		for _, v := range c.Versions {
			if err := v.Check(false); err != nil {
				return fmt.Errorf("criterion %s: %w", c.Name, err)
			}
		}
	}
	return nil
}

// within names the setting before the field of an error.
func within(name string, err error) error {
	var e *farol.Error
	if errors.As(err, &e) {
		return farol.InvalidField(name+"."+e.Field, e.Text, e.Args...)
	}
	return err
}

// String lists the clauses: "Report Created >= 2, Invited >= 1 | 14 d".
func (a Activation) String() string {
	if len(a.Events)+len(a.Groups) == 0 {
		a.Events = a.Steps()
	}
	var parts []string
	for _, c := range a.Events {
		parts = append(parts, c.String())
	}
	for _, g := range a.Groups {
		parts = append(parts, "("+listed(g.Events, g.AtLeast)+")")
	}
	return counted(parts, a.AtLeast) + " | " + strconv.Itoa(a.WindowDays) + " d"
}

func listed(list []Clause, atLeast int) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = c.String()
	}
	return counted(parts, atLeast)
}

func counted(parts []string, atLeast int) string {
	s := strings.Join(parts, ", ")
	if n := needed(atLeast, len(parts)); n < len(parts) {
		s = strconv.Itoa(n) + "/" + strconv.Itoa(len(parts)) + ": " + s
	}
	return s
}

// String is the clause in few words that need no translation.
func (c Clause) String() string {
	s := c.Name
	for _, w := range c.Where {
		sign := map[string]string{facts.OpIs: "=", facts.OpIsNot: "≠", facts.OpAtLeast: "≥", facts.OpAtMost: "≤"}[w.Op]
		s += " [" + w.Property + " " + sign + " " + strings.Join(w.Values, "|") + "]"
	}
	s += " >= " + strconv.Itoa(c.Min)
	if c.By != "" {
		s += " " + c.By
	}
	if c.WithinDays > 0 {
		s += " (" + strconv.Itoa(c.WithinDays) + " d)"
	}
	return s
}
