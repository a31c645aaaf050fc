package metric

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// Settings are kept as versioned documents: definitions of kind SettingKind
// in the store, by these names, with the JSON of the document types below.
const (
	SettingKind       = "setting"
	CompanyName       = "company"
	ActiveName        = "active"
	ActivationName    = "activation"
	ExclusionsName    = "exclusions"
	weekStartsSunday  = "sunday"
	defaultWindowDays = 14
)

// CompanyDocument is who runs this server, and how it cuts time and counts
// money.
type CompanyDocument struct {
	Name string `json:"name"`
	// Zone is an IANA name; "" is UTC.
	Zone string `json:"zone"`
	// WeekStart is "monday" (also when empty) or "sunday".
	WeekStart string         `json:"week_start"`
	Currency  farol.Currency `json:"currency"`
	// Language is what a new member reads: "en" or "pt-BR".
	Language string `json:"language"`
	// Rates are units of Currency for one unit of the currency named.
	Rates map[farol.Currency]float64 `json:"rates,omitempty"`
}

// ActiveDocument says which events make somebody active.
type ActiveDocument struct {
	All    bool     `json:"all"`
	Events []string `json:"events,omitempty"`
}

// ActivationDocument is the criterion that makes an account activated.
type ActivationDocument struct {
	Events     []CriterionDocument `json:"events,omitempty"`
	AtLeast    int                 `json:"at_least,omitempty"`
	WindowDays int                 `json:"window_days"`
}

// CriterionDocument is one event of an ActivationDocument.
type CriterionDocument struct {
	Name string `json:"name"`
	Min  int    `json:"min"`
}

// ExclusionsDocument names accounts and people that no figure counts.
type ExclusionsDocument struct {
	Accounts []string `json:"accounts,omitempty"`
	People   []string `json:"people,omitempty"`
}

// ReadSettings reads the latest version of every setting; what was never set
// keeps its default. A stored document that does not hold is an error: a
// figure by a setting that nobody made would be worse than none.
func ReadSettings(ctx context.Context, s *store.Store) (Settings, error) {
	out := Defaults()
	defs, err := s.Definitions(ctx, SettingKind)
	if err != nil {
		return out, err
	}
	for _, d := range defs {
		if err := out.take(d); err != nil {
			return out, fmt.Errorf("setting %s, version %d: %w", d.Name, d.Version, err)
		}
	}
	return out, out.Check()
}

// take puts one document into the settings.
func (s *Settings) take(d store.Definition) error {
	switch d.Name {
	case CompanyName:
		return s.takeCompany(d)
	case ActiveName:
		var doc ActiveDocument
		err := json.Unmarshal(d.Body, &doc)
		s.Active = Active{Version: d.Version, All: doc.All, Events: doc.Events}
		return err
	case ActivationName:
		doc := ActivationDocument{WindowDays: defaultWindowDays}
		err := json.Unmarshal(d.Body, &doc)
		s.Activation = Activation{Version: d.Version, AtLeast: doc.AtLeast, WindowDays: doc.WindowDays}
		for _, c := range doc.Events {
			s.Activation.Events = append(s.Activation.Events, Criterion(c))
		}
		return err
	case ExclusionsName:
		var doc ExclusionsDocument
		err := json.Unmarshal(d.Body, &doc)
		s.Exclusions = Exclusions{Version: d.Version, Accounts: doc.Accounts, People: doc.People}
		return err
	}
	return nil // another package's setting
}

func (s *Settings) takeCompany(d store.Definition) error {
	var doc CompanyDocument
	if err := json.Unmarshal(d.Body, &doc); err != nil {
		return err
	}
	if doc.Zone != "" {
		zone, err := time.LoadLocation(doc.Zone)
		if err != nil {
			return err
		}
		s.Calendar.Zone = zone
	}
	if doc.WeekStart == weekStartsSunday {
		s.Calendar.WeekStart = time.Sunday
	}
	if doc.Currency != "" {
		s.Currency = doc.Currency
	}
	s.Company, s.Rates = d.Version, doc.Rates
	return nil
}
