package metric

import (
	"context"
	"encoding/json"
	"fmt"
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
)

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
}

// ActiveDocument is the body of setting active.
type ActiveDocument struct {
	All    bool     `json:"all"`
	Events []string `json:"events,omitempty"`
}

// ActivationDocument is the body of setting activation; see Activation.
type ActivationDocument struct {
	Events     []CriterionDocument `json:"events,omitempty"`
	AtLeast    int                 `json:"at_least,omitempty"`
	WindowDays int                 `json:"window_days"`
}

// CriterionDocument is one event of the criterion.
type CriterionDocument struct {
	Name string `json:"name"`
	Min  int    `json:"min"`
}

// ExclusionsDocument is the body of setting exclusions.
type ExclusionsDocument struct {
	Accounts []string `json:"accounts,omitempty"`
	People   []string `json:"people,omitempty"`
}

// ReadSettings reads the latest version of every setting; what was never set
// is the default. Errors name the setting that does not read.
func ReadSettings(ctx context.Context, s *store.Store) (Settings, error) {
	out := Defaults()
	for name, take := range map[string]func(body []byte, version int) error{
		CompanyName: out.company, ActiveName: out.active,
		ActivationName: out.activation, ExclusionsName: out.exclusions,
	} {
		def, err := s.Definition(ctx, SettingKind, name)
		if farol.KindOf(err) == farol.NotFound {
			continue
		}
		if err == nil {
			err = take(def.Body, def.Version)
		}
		if err != nil {
			return Settings{}, fmt.Errorf("setting %s: %w", name, err)
		}
	}
	return out, out.Check()
}

func (s *Settings) company(body []byte, version int) error {
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
	s.Company, s.Currency, s.Rates = version, d.Currency, d.Rates
	return nil
}

func (s *Settings) active(body []byte, version int) error {
	d := ActiveDocument{}
	err := json.Unmarshal(body, &d)
	s.Active = Active{Version: version, All: d.All, Events: d.Events}
	return err
}

func (s *Settings) activation(body []byte, version int) error {
	d := ActivationDocument{WindowDays: s.Activation.WindowDays}
	err := json.Unmarshal(body, &d)
	s.Activation = Activation{Version: version, AtLeast: d.AtLeast, WindowDays: d.WindowDays}
	for _, c := range d.Events {
		s.Activation.Events = append(s.Activation.Events, Criterion(c))
	}
	return err
}

func (s *Settings) exclusions(body []byte, version int) error {
	d := ExclusionsDocument{}
	err := json.Unmarshal(body, &d)
	s.Exclusions = Exclusions{Version: version, Accounts: d.Accounts, People: d.People}
	return err
}
