package metric

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

func TestReadSettings(t *testing.T) {
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+t.TempDir()+"/state.db", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := ReadSettings(ctx, s)
	if err != nil || !reflect.DeepEqual(got, Defaults()) {
		t.Fatalf("with nothing set: %+v, %v", got, err)
	}
	define := func(name string, body any) {
		t.Helper()
		if _, err := s.Define(ctx, store.Draft{Kind: SettingKind, Name: name, Body: body, Author: "system"}); err != nil {
			t.Fatal(err)
		}
	}
	define(CompanyName, CompanyDocument{Zone: "America/Sao_Paulo", WeekStart: "sunday", Currency: "BRL", Rates: map[farol.Currency]float64{"USD": 5.4}})
	define(ActiveName, ActiveDocument{Events: []string{"Login"}})
	define(ActiveName, ActiveDocument{Events: []string{"Report Created"}})
	define(ActivationName, Activation{Events: []Clause{{Name: "Report Created", Min: 3}}, WindowDays: 7})
	define(ExclusionsName, ExclusionsDocument{Accounts: []string{"acme"}})
	got, err = ReadSettings(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if got.Calendar.Zone.String() != "America/Sao_Paulo" || got.Calendar.WeekStart != time.Sunday || got.Currency != "BRL" || got.Rates["USD"] != 5.4 || got.Company != 1 {
		t.Errorf("company: %+v", got)
	}
	if !reflect.DeepEqual(got.Active, Active{Version: 2, Events: []string{"Report Created"}}) {
		t.Errorf("active: %+v", got.Active)
	}
	if !reflect.DeepEqual(got.Activation, Activation{Version: 1, Events: []Clause{{Name: "Report Created", Min: 3}}, WindowDays: 7}) {
		t.Errorf("activation: %+v", got.Activation)
	}
	if !reflect.DeepEqual(got.Exclusions, Exclusions{Version: 1, Accounts: []string{"acme"}}) {
		t.Errorf("exclusions: %+v", got.Exclusions)
	}
	// What was saved before a rule came up stays in force; it is not saved again.
	define(ReasonsName, Reasons{Groups: []ReasonGroup{{Code: "money", Title: Words{"en": "Money"}}}})
	define(CompanyName, CompanyDocument{Zone: "UTC", Currency: "BRL", Rates: map[farol.Currency]float64{"BRL": 2}, RatesByDate: []RatesDocument{{From: 1, Rates: map[farol.Currency]float64{"BRL": 2}}}})
	if got, err = ReadSettings(ctx, s); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"rates", "rates_by_date", "reasons.groups"} {
		var e *farol.Error
		if err := got.Check(); !errors.As(err, &e) || e.Field != field {
			t.Errorf("to be saved: %v, want %s refused", err, field)
		}
		switch field {
		case "rates":
			got.Rates = nil
		case "rates_by_date":
			got.DatedRates = nil
		}
	}
	if _, err := ReadSettingsWith(ctx, s, ReasonsName, Reasons{}); farol.KindOf(err) != farol.Invalid {
		t.Errorf("no reasons were tried: %v", err)
	}
	if _, err := ReadSettingsWith(ctx, s, HolidaysName, Holidays{Country: Brazil}); err != nil {
		t.Errorf("holidays beside what was saved before: %v", err)
	}
	define(ActivationName, Activation{WindowDays: 0})
	if _, err := ReadSettings(ctx, s); farol.KindOf(err) != farol.Invalid {
		t.Errorf("a window of no days was read: %v", err)
	}
}
