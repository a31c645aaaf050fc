package metric

import (
	"context"
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
	define(ActivationName, Activation{WindowDays: 0})
	if _, err := ReadSettings(ctx, s); farol.KindOf(err) != farol.Invalid {
		t.Errorf("a window of no days was read: %v", err)
	}
}
