package metric

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// SettingKind is the kind of the definitions that hold the settings.
const SettingKind = "setting"

// The names of the settings among the definitions of SettingKind.
const (
	CompanyName    = "company"
	ActiveName     = "active"
	ActivationName = "activation"
	ExclusionsName = "exclusions"
	// ConventionsName and FeaturesName have the bodies Conventions and Features.
	ConventionsName = "conventions"
	FeaturesName    = "features"
	// ReasonsName has the body Reasons.
	ReasonsName = "reasons"
	// HolidaysName has the body Holidays.
	HolidaysName = "holidays"
)

// A part is one setting: a versioned definition of its own. A new setting is
// an entry here and a file with its type.
type part struct {
	name string
	// version is where the settings keep the version of the part.
	version func(*Settings) *int
	// take reads a body over what is there; the version is set by the caller.
	take func(s *Settings, body []byte) error
	// say is the value in words that need no translation.
	say func(*Settings) string
}

// parts lists the settings in the order of versions and explanations.
var parts = []part{
	{ActiveName, func(s *Settings) *int { return &s.Active.Version }, (*Settings).active, func(s *Settings) string { return s.Active.String() }},
	{ActivationName, func(s *Settings) *int { return &s.Activation.Version }, (*Settings).activation, func(s *Settings) string { return s.Activation.String() }},
	{CompanyName, func(s *Settings) *int { return &s.Company }, (*Settings).company, func(s *Settings) string { return string(s.Currency) }},
	{
		ConventionsName, func(s *Settings) *int { return &s.Conventions.Version },
		func(s *Settings, body []byte) error { return json.Unmarshal(body, &s.Conventions) },
		func(s *Settings) string { return s.Conventions.String() },
	},
	{
		FeaturesName, func(s *Settings) *int { return &s.Features.Version },
		func(s *Settings, body []byte) error { return json.Unmarshal(body, &s.Features) },
		func(s *Settings) string { return s.Features.String() },
	},
	{
		HolidaysName, func(s *Settings) *int { return &s.Holidays.Version },
		func(s *Settings, body []byte) error { return json.Unmarshal(body, &s.Holidays) },
		func(s *Settings) string { return s.Holidays.String() },
	},
	{ReasonsName, func(s *Settings) *int { return &s.Reasons.Version }, (*Settings).reasons, func(s *Settings) string { return s.Reasons.String() }},
	{ExclusionsName, func(s *Settings) *int { return &s.Exclusions.Version }, (*Settings).exclusions, func(s *Settings) string {
		return strings.Join(append(append([]string{}, s.Exclusions.Accounts...), s.Exclusions.People...), ", ")
	}},
}

// settingNames lists what a definition may name in its line "settings": every
// part but the exclusions, which every metric has.
func settingNames() []string {
	var out []string
	for _, p := range parts {
		if p.name != ExclusionsName {
			out = append(out, p.name)
		}
	}
	return out
}

// uses tells whether the metric's figures depend on the setting.
func (m *Metric) uses(name string) bool {
	return name == ExclusionsName || slices.Contains(m.Settings, name)
}

// With is the settings with another body of one of them, as if it were in
// force under that version. Errors are Invalid.
func (s Settings) With(name string, body []byte, version int) (Settings, error) {
	i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
	if i < 0 {
		return s, farol.Errorf(farol.NotFound, "there is no setting %q", name)
	}
	// What the body leaves out is the default's, not the one in force.
	d := Defaults()
	out := s
	switch name {
	case FeaturesName:
		out.Features = d.Features
	case HolidaysName:
		out.Holidays = d.Holidays
	}
	if err := parts[i].take(&out, body); err != nil {
		return s, farol.InvalidField(name, "does not read: %s", err)
	}
	*parts[i].version(&out) = version
	return out, out.Check()
}

// CompanyDocument is the body of setting company.
type CompanyDocument struct {
	Name string `json:"name"`
	// Zone is an IANA name.
	Zone string `json:"zone"`
	// WeekStart is "monday" or "sunday".
	WeekStart string         `json:"week_start"`
	Currency  farol.Currency `json:"currency"`
	// Language is what a new member reads.
	Language string `json:"language"`
	// Rates are units of Currency for one unit of the currency named.
	Rates map[farol.Currency]float64 `json:"rates,omitempty"`
	// RatesByDate take their place from a day on, the earlier first.
	RatesByDate []RatesDocument `json:"rates_by_date,omitempty"`
}

// RatesDocument is the rates from a day on; a currency that it leaves out
// keeps its rate.
type RatesDocument struct {
	From  farol.Day                  `json:"from"`
	Rates map[farol.Currency]float64 `json:"rates"`
}

// ActiveDocument is the body of setting active.
type ActiveDocument struct {
	All    bool     `json:"all"`
	Events []string `json:"events,omitempty"`
}

// ExclusionsDocument is the body of setting exclusions.
type ExclusionsDocument struct {
	Accounts []string `json:"accounts,omitempty"`
	People   []string `json:"people,omitempty"`
}

// ReadSettings reads the latest version of every setting; what was never set
// is the default. Errors name the setting that does not read.
func ReadSettings(ctx context.Context, s *store.Store) (Settings, error) {
	return ReadSettingsAt(ctx, s, nil)
}

// ReadSettingsAt reads the settings with some of them, by name, at another
// version than the latest; 0 is the program's default. The time zone is the
// one in force whatever the versions: the facts are cut into days by it.
// Errors are NotFound for a setting or version that there is none of.
func ReadSettingsAt(ctx context.Context, s *store.Store, versions map[string]int) (Settings, error) {
	for name := range versions {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return Settings{}, farol.Errorf(farol.NotFound, "there is no setting %q", name)
		}
	}
	return readSettings(ctx, s, func(name string) (store.Definition, error) {
		version, ok := versions[name]
		switch {
		case !ok:
			return s.Definition(ctx, SettingKind, name)
		case version == 0:
			return store.Definition{}, farol.Errorf(farol.NotFound, "there is no such definition")
		}
		d, err := s.DefinitionVersion(ctx, SettingKind, name, version)
		if farol.KindOf(err) == farol.NotFound {
			// Not the default: somebody asked for this version.
			err = farol.InvalidField("version", "there is no version %d of the setting %s", version, name)
		}
		return d, err
	})
}

// ReadSettingsWith reads the settings as they would be with another body of
// one of them.
func ReadSettingsWith(ctx context.Context, s *store.Store, name string, body any) (Settings, error) {
	i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
	if i < 0 {
		return Settings{}, farol.Errorf(farol.NotFound, "there is no setting %q", name)
	}
	raw, err := json.Marshal(body)
	d := Defaults()
	if err == nil {
		err = parts[i].take(&d, raw)
	}
	if err != nil {
		return Settings{}, farol.InvalidField(name, "does not read: %s", err)
	}
	if err := d.Check(); err != nil { // it would not be saved, either
		return Settings{}, err
	}
	return readSettings(ctx, s, func(of string) (store.Definition, error) {
		d, err := s.Definition(ctx, SettingKind, of)
		if of == name && (err == nil || farol.KindOf(err) == farol.NotFound) {
			return store.Definition{Version: d.Version + 1, Body: raw}, nil
		}
		return d, err
	})
}

// readSettings puts the settings together of what find answers for each;
// NotFound is the default.
func readSettings(ctx context.Context, s *store.Store, find func(name string) (store.Definition, error)) (Settings, error) {
	out := Defaults()
	for _, part := range parts {
		def, err := find(part.name)
		if farol.KindOf(err) == farol.NotFound {
			continue
		}
		if err == nil {
			err = part.take(&out, def.Body)
		}
		if err != nil {
			return Settings{}, fmt.Errorf("setting %s: %w", part.name, err)
		}
		*part.version(&out) = def.Version
	}
	now := Defaults()
	if def, err := s.Definition(ctx, SettingKind, CompanyName); err == nil {
		if err := now.company(def.Body); err != nil {
			return Settings{}, fmt.Errorf("setting %s: %w", CompanyName, err)
		}
	}
	out.Calendar.Zone = now.Calendar.Zone
	if err := out.readCriteria(ctx, s); err != nil {
		return Settings{}, err
	}
	return out, out.usable()
}

func (s *Settings) company(body []byte) error {
	d := CompanyDocument{Zone: "UTC", WeekStart: "monday", Currency: s.Currency}
	if err := json.Unmarshal(body, &d); err != nil {
		return err
	}
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		return err
	}
	s.Calendar = farol.Calendar{Zone: zone, WeekStart: time.Monday}
	if d.WeekStart == "sunday" {
		s.Calendar.WeekStart = time.Sunday
	}
	s.Currency, s.Rates, s.DatedRates = d.Currency, d.Rates, nil
	for _, r := range d.RatesByDate {
		s.DatedRates = append(s.DatedRates, DatedRates(r))
	}
	return nil
}

func (s *Settings) active(body []byte) error {
	d := ActiveDocument{}
	err := json.Unmarshal(body, &d)
	s.Active = Active{All: d.All, Events: d.Events}
	return err
}

func (s *Settings) exclusions(body []byte) error {
	d := ExclusionsDocument{}
	err := json.Unmarshal(body, &d)
	s.Exclusions = Exclusions{Accounts: d.Accounts, People: d.People}
	return err
}
