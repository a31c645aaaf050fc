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
	Rates map[farol.Currency]float64
	// DatedRates take the place of Rates from a day on, in order of days; a
	// currency that one leaves out keeps its rate.
	DatedRates []DatedRates
	Active     Active
	Activation Activation
	// Activations are all versions of Activation, the oldest first and that of
	// Activation last; nil when it is the only one.
	Activations []Activation
	// Criteria are further criteria, by name.
	Criteria    []Criterion
	Exclusions  Exclusions
	Conventions Conventions
	Features    Features
	Reasons     Reasons
	// Holidays are no business days.
	Holidays Holidays
}

// DatedRates are the rates from a day on.
type DatedRates struct {
	From  farol.Day
	Rates map[farol.Currency]float64
}

// Active says which events make somebody active.
type Active struct {
	Version int
	// All counts every interactive event; Events are ignored then.
	All bool
	// Events are the names that count: track names, "$page", "$screen".
	Events []string
}

// Exclusions are accounts and people that no figure counts, besides those
// whose traits say so: accounts by test or internal, people by staff, test or
// bot. What is done as somebody else (impersonated) makes nobody active, either.
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
			Basis: SubscriptionBasis, PauseDays: 90, Pauses: PauseIsZero, Ramps: RampStep, PastDueDays: 30, ChurnAt: AtTermEnd, Discounts: AllDiscounts, Brief: CountBrief,
			SessionMinutes: 30, IdleMinutes: 5, GrossMargin: 1, DiscountRate: 0.1, LifetimeMonths: 6, LifetimeChurn: CustomersLost,
		},
		Features: Features{WindowDays: 28, AdoptedDays: 3},
		Reasons:  defaultReasons(),
	}
}

// Check tells what is wrong with settings that are to be saved, as an Invalid
// error.
func (s Settings) Check() error {
	if err := s.usable(); err != nil {
		return err
	}
	own := func(rates map[farol.Currency]float64, field string) error {
		if _, is := rates[s.Currency]; is {
			return farol.InvalidField(field, "%s is the company's own currency: say what the others are worth in it", s.Currency)
		}
		return nil
	}
	if err := own(s.Rates, "rates"); err != nil {
		return err
	}
	for _, d := range s.DatedRates {
		if err := own(d.Rates, "rates_by_date"); err != nil {
			return err
		}
	}
	return s.Reasons.some()
}

// usable tells what makes it impossible to count by the settings, as an Invalid
// error. Settings that were saved before a further rule came up stay in force:
// Check alone holds such rules.
func (s Settings) usable() error {
	if !s.Currency.Valid() {
		return farol.InvalidField("currency", "must be a code such as BRL, not %q", s.Currency)
	}
	for c, r := range s.Rates {
		if !c.Valid() || !(r > 0) {
			return farol.InvalidField("rates", "the rate of %q must be above zero", c)
		}
	}
	for i, d := range s.DatedRates {
		if d.From <= 0 || i > 0 && d.From <= s.DatedRates[i-1].From {
			return farol.InvalidField("rates_by_date", "each begins on a day of its own, the earlier first")
		}
		for c, r := range d.Rates {
			if !c.Valid() || !(r > 0) {
				return farol.InvalidField("rates_by_date", "the rate of %q must be above zero", c)
			}
		}
	}
	if !s.Active.All && len(s.Active.Events) == 0 {
		return farol.InvalidField("active.events", "name at least one event, or count all")
	}
	if err := s.checkCriteria(); err != nil {
		return err
	}
	if err := s.Conventions.check(); err != nil {
		return err
	}
	if err := s.Reasons.check(); err != nil {
		return err
	}
	if err := s.Holidays.check(); err != nil {
		return err
	}
	return s.Features.check()
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
	codes, since, rates := s.rates()
	events := s.Active.Events
	if events == nil {
		events = []string{}
	}
	out := map[string]any{
		"active_all": s.Active.All, "active_events": events,
		"currency": string(s.Currency), "minor": math.Pow10(s.Currency.Digits()), "rate_codes": codes, "rate_days": since, "rate_values": rates,
	}
	s.Conventions.params(out)
	s.Features.params(out)
	s.Reasons.params(out)
	return out
}

// rates are the parameters by which queries convert: a code, the day from
// which on (0: since ever), and minor units of the company's currency for one
// minor unit, of which currencies have 0 to 3 digits.
func (s Settings) rates() (codes []string, since []int64, values []float64) {
	codes, since, values = []string{}, []int64{}, []float64{}
	add := func(from farol.Day, rates map[farol.Currency]float64) {
		for _, c := range slices.Sorted(maps.Keys(rates)) {
			codes, since = append(codes, string(c)), append(since, int64(from))
			values = append(values, rates[c]*math.Pow10(s.Currency.Digits()-c.Digits()))
		}
	}
	add(0, s.Rates)
	for _, d := range s.DatedRates {
		add(d.From, d.Rates)
	}
	return codes, since, values
}
