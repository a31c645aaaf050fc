package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

func (s *server) settingOperations() {
	op := func(name, summary string) huma.Operation {
		return huma.Operation{OperationID: "set-" + name, Method: http.MethodPut, Path: "/settings/" + name, Tags: []string{"settings"},
			Summary: summary, Description: "The document becomes the next version of the definition setting/" + name +
				", unless it is the latest already. Figures say which version they were made with.", Errors: []int{409}}
	}
	register(s, leaders, op(metric.CompanyName, "Who runs this server, and how it cuts time and counts money"), s.setCompany)
	register(s, leaders, op(metric.ActiveName, "Which events make somebody active"), s.setActive)
	register(s, leaders, op(metric.ActivationName, "What makes an account activated"), s.setActivation)
	register(s, leaders, op(metric.ExclusionsName, "Accounts and people that no figure counts"), s.setExclusions)
	register(s, leaders, op(metric.ConventionsName, "Where tools of the field count differently: how we do"), s.setConventions)
	register(s, leaders, op(metric.FeaturesName, "The functions of the product, and from when on one is adopted"), s.setFeatures)
	register(s, leaders, op(metric.HolidaysName, "Days that are no business days"), s.setHolidays)
	register(s, leaders, op(metric.ReasonsName, "The list from which the reason of a departure is chosen"), s.setReasons)
	register(s, leaders, huma.Operation{OperationID: "preview-setting", Method: http.MethodPost, Path: "/settings/{name}/preview", Tags: []string{"settings"},
		Summary: "What headline figures would be under a setting", Description: "The document is not saved. The figures are those of the last month that is over.", Errors: []int{404}}, s.previewSetting)
}

// SettingInput is a setting to be saved.
type SettingInput[T any] struct {
	Seen
	Body T
}

// Seen is the version that an author saw.
type Seen struct {
	Base  int `query:"base" minimum:"0" doc:"The version that was seen, 0 for none: when it is not the latest any more, 409. Not checked when absent."`
	given bool
}

// Resolve tells 0 from absent.
func (s *Seen) Resolve(ctx huma.Context) []error {
	s.given = ctx.Query("base") != ""
	return nil
}

// seen is the version, nil when it was not given.
func (s *Seen) seen() *int {
	if !s.given {
		return nil
	}
	return &s.Base
}

type definitionOutput struct{ Body Definition }

// saveSetting checks the settings as they would be, the others being the
// program's defaults, and appends the version.
func (s *server) saveSetting(ctx context.Context, name string, base *int, body any, put func(*metric.Settings)) (*definitionOutput, error) {
	set := metric.Defaults()
	put(&set)
	if err := set.Check(); err != nil {
		// "activation.events" is "events" of this document.
		var e *farol.Error
		if errors.As(err, &e) {
			e.Field = strings.TrimPrefix(e.Field, name+".")
		}
		return nil, err
	}
	draft := store.Draft{Kind: metric.SettingKind, Name: name, Body: body, Author: "token:" + caller(ctx).Name, Base: base}
	d, err := s.Store.Define(ctx, draft)
	return &definitionOutput{newDefinition(d)}, err
}

func (s *server) setCompany(ctx context.Context, in *SettingInput[metric.CompanyDocument]) (*definitionOutput, error) {
	b := in.Body
	b.Name = strings.TrimSpace(b.Name)
	switch {
	case b.Name == "" || len(b.Name) > 200:
		return nil, farol.InvalidField("name", "must have between 1 and %d characters", 200)
	case b.WeekStart != "monday" && b.WeekStart != "sunday":
		return nil, farol.InvalidField("week_start", "must be monday or sunday")
	case !lang.Code(b.Language).Valid():
		return nil, farol.InvalidField("language", "must be en or pt-BR")
	}
	// "Local" would be the machine's zone: days must not depend on the machine.
	zone, err := time.LoadLocation(b.Zone)
	if err != nil || b.Zone == "" || b.Zone == "Local" {
		return nil, farol.InvalidField("zone", "must be an IANA name such as America/Sao_Paulo")
	}
	if err := s.Facts.SetZone(ctx, zone); err != nil {
		return nil, err
	}
	return s.saveSetting(ctx, metric.CompanyName, in.seen(), b, func(set *metric.Settings) {
		set.Currency, set.Rates, set.DatedRates = b.Currency, b.Rates, nil
		for _, r := range b.RatesByDate {
			set.DatedRates = append(set.DatedRates, metric.DatedRates(r))
		}
	})
}

func (s *server) setActive(ctx context.Context, in *SettingInput[metric.ActiveDocument]) (*definitionOutput, error) {
	return s.saveSetting(ctx, metric.ActiveName, in.seen(), in.Body, func(set *metric.Settings) {
		set.Active = metric.Active{All: in.Body.All, Events: in.Body.Events}
	})
}

func (s *server) setActivation(ctx context.Context, in *SettingInput[metric.Activation]) (*definitionOutput, error) {
	return s.saveSetting(ctx, metric.ActivationName, in.seen(), in.Body, func(set *metric.Settings) { set.Activation = in.Body })
}

func (s *server) setExclusions(ctx context.Context, in *SettingInput[metric.ExclusionsDocument]) (*definitionOutput, error) {
	return s.saveSetting(ctx, metric.ExclusionsName, in.seen(), in.Body, func(set *metric.Settings) {
		set.Exclusions = metric.Exclusions{Accounts: in.Body.Accounts, People: in.Body.People}
	})
}

func (s *server) setConventions(ctx context.Context, in *SettingInput[metric.Conventions]) (*definitionOutput, error) {
	return s.saveSetting(ctx, metric.ConventionsName, in.seen(), in.Body, func(set *metric.Settings) {
		set.Conventions = in.Body
	})
}

func (s *server) setFeatures(ctx context.Context, in *SettingInput[metric.Features]) (*definitionOutput, error) {
	return s.saveSetting(ctx, metric.FeaturesName, in.seen(), in.Body, func(set *metric.Settings) { set.Features = in.Body })
}

func (s *server) setHolidays(ctx context.Context, in *SettingInput[metric.Holidays]) (*definitionOutput, error) {
	return s.saveSetting(ctx, metric.HolidaysName, in.seen(), in.Body, func(set *metric.Settings) { set.Holidays = in.Body })
}

func (s *server) setReasons(ctx context.Context, in *SettingInput[metric.Reasons]) (*definitionOutput, error) {
	return s.saveSetting(ctx, metric.ReasonsName, in.seen(), in.Body, func(set *metric.Settings) { set.Reasons = in.Body })
}
