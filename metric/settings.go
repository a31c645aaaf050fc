package metric

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Settings are what a company decides about its numbers. Each part carries
// the version of its definition; 0 is the program's default, never changed.
type Settings struct {
	// Calendar cuts time; a nil Zone is UTC.
	Calendar farol.Calendar
	// Company is the version of the company's settings (currency and rates).
	Company int
	// Currency that every amount is shown in.
	Currency farol.Currency
	// Rates are units of Currency for one unit of the currency named. An
	// amount in a currency without a rate counts nowhere.
	Rates       map[farol.Currency]float64
	Active      Active
	Activation  Activation
	Exclusions  Exclusions
	Conventions Conventions
	Features    Features
}

// Active says which events make somebody active.
type Active struct {
	Version int
	// All counts every interactive event; Events are ignored then.
	All bool
	// Events are the names that count: track names, "$page", "$screen".
	Events []string
}

// Activation is the criterion that makes an account activated. Without
// Events any activity does.
type Activation struct {
	Version int
	Events  []Criterion
	// AtLeast is how many of the criteria must hold; 0 is all of them.
	AtLeast int
	// WindowDays is how many local days the account has for it, its day of
	// sign-up being the first.
	WindowDays int
}

// Criterion is an event that must happen at least Min times in the window.
type Criterion struct {
	Name string
	Min  int
}

// Exclusions are accounts and people that no figure counts, besides those
// whose traits say so (test, internal, staff).
type Exclusions struct {
	Version          int
	Accounts, People []string
}

// Defaults are the settings of a company that has decided nothing: every
// interactive event makes active; activated is who did anything on the
// product within 14 days.
func Defaults() Settings {
	return Settings{
		Calendar:   farol.Calendar{Zone: time.UTC, WeekStart: time.Monday},
		Currency:   "USD",
		Active:     Active{All: true},
		Activation: Activation{WindowDays: 14},
		Conventions: Conventions{
			PauseDays: 90, PastDueDays: 30, ChurnAt: AtTermEnd, Discounts: AllDiscounts,
			SessionMinutes: 30, GrossMargin: 1, DiscountRate: 0.1,
		},
		Features: Features{WindowDays: 28, AdoptedDays: 3},
	}
}

// Check tells what is wrong with the settings, as an Invalid error.
func (s Settings) Check() error {
	if !s.Currency.Valid() {
		return farol.InvalidField("currency", "must be a code such as BRL, not %q", s.Currency)
	}
	for c, r := range s.Rates {
		if !c.Valid() || !(r > 0) {
			return farol.InvalidField("rates", "the rate of %q must be above zero", c)
		}
	}
	if !s.Active.All && len(s.Active.Events) == 0 {
		return farol.InvalidField("active.events", "name at least one event, or count all")
	}
	if err := s.Activation.check(); err != nil {
		return err
	}
	if err := s.Conventions.check(); err != nil {
		return err
	}
	return s.Features.check()
}

func (a Activation) check() error {
	if a.WindowDays < 1 || a.WindowDays > 366 {
		return farol.InvalidField("activation.window_days", "must be between 1 and 366, not %d", a.WindowDays)
	}
	seen := map[string]bool{}
	for _, c := range a.Events {
		if c.Name == "" || c.Min < 1 || seen[c.Name] {
			return farol.InvalidField("activation.events", "each event is named once, with a count of 1 or more")
		}
		seen[c.Name] = true
	}
	if a.AtLeast < 0 || a.AtLeast > len(a.Events) {
		return farol.InvalidField("activation.at_least", "must be between 0 and the number of events")
	}
	return nil
}

// needed is how many criteria must hold.
func (a Activation) needed() int {
	if a.AtLeast == 0 {
		return len(a.Events)
	}
	return a.AtLeast
}

// version is the metric's version with those of the settings that it uses:
// "1+active.2". Defaults (version 0) are left out.
func (s Settings) version(m *Metric) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", m.Version)
	for _, part := range parts {
		if v := *part.version(&s); v > 0 && m.uses(part.name) {
			fmt.Fprintf(&b, "+%s.%d", part.name, v)
		}
	}
	return b.String()
}

// params are bound in every query of a metric.
func (s Settings) params() map[string]any {
	names, mins := []string{}, []int64{}
	if len(s.Activation.Events) == 0 {
		names, mins = []string{"*"}, []int64{1}
	}
	for _, c := range s.Activation.Events {
		names, mins = append(names, c.Name), append(mins, int64(c.Min))
	}
	codes, rates := []string{}, []float64{}
	for _, c := range slices.Sorted(maps.Keys(s.Rates)) {
		// The query converts minor units, of which currencies have 0 to 3 digits.
		digits := s.Currency.Digits() - c.Digits()
		codes, rates = append(codes, string(c)), append(rates, s.Rates[c]*math.Pow10(digits))
	}
	events := s.Active.Events
	if events == nil {
		events = []string{}
	}
	out := map[string]any{
		"active_all": s.Active.All, "active_events": events,
		"activation_events": names, "activation_mins": mins,
		"activation_any":   len(s.Activation.Events) == 0,
		"activation_count": int64(len(names)), "activation_needed": int64(max(1, s.Activation.needed())),
		"activation_days": int64(s.Activation.WindowDays),
		"currency":        string(s.Currency), "rate_codes": codes, "rate_values": rates,
	}
	s.Conventions.params(out)
	s.Features.params(out)
	return out
}
