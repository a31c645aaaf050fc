package metric

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// A series under two versions of a setting, side by side, whichever is in
// force; the history of the one in force is not touched by reading the other.
func TestCompareVersions(t *testing.T) {
	r, f, clk := small(t)
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+t.TempDir()+"/state.db", clk.now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r.settings = func() Settings {
		now, err := ReadSettings(ctx, s)
		if err != nil {
			t.Error(err)
		}
		return now
	}
	define := func(name string, body any) {
		t.Helper()
		clk.set(clk.now().Add(time.Minute))
		if _, err := s.Define(ctx, store.Draft{Kind: SettingKind, Name: name, Body: body, Author: "system"}); err != nil {
			t.Fatal(err)
		}
	}
	define(ActiveName, ActiveDocument{Events: []string{"Report Created"}})
	define(ActiveName, ActiveDocument{Events: []string{"Member Invited"}})
	define(CompanyName, CompanyDocument{Zone: "UTC", WeekStart: "monday", Currency: "USD"})
	for i, name := range []string{"Report Created", "Report Created", "Member Invited", "Other"} {
		_, err := f.Append(ctx, oneCall(name, []farol.PersonID{"ana", "ben", "ben", "cid"}[i], clk.now().AddDate(0, 0, -1)))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := r.UpdateHistory(ctx); err != nil {
		t.Fatal(err)
	}
	day := farol.Period{From: farol.Date(2026, 3, 2), To: farol.Date(2026, 3, 3)}
	q := Request{Metric: "active_users_day", Grain: farol.Daily, Period: day}
	value := func(x Series) float64 {
		t.Helper()
		if len(x.Points) != 1 || x.Points[0].Value == nil {
			t.Fatal(x)
		}
		return *x.Points[0].Value
	}
	for _, c := range []struct {
		a, b    int
		x, y    float64
		va, vb  string
		changes int
	}{{1, 2, 2, 1, "1+active.1", "1+active.2", 1}, {0, 1, 3, 2, "1", "1+active.1", 1}, {2, 2, 1, 1, "1+active.2", "1+active.2", 0}} {
		got, err := r.CompareVersions(ctx, s, q, ActiveName, c.a, c.b)
		if err != nil {
			t.Fatal(err)
		}
		if value(got.Before) != c.x || value(got.After) != c.y || got.Before.Version != c.va || got.After.Version != c.vb {
			t.Errorf("%d and %d: %+v", c.a, c.b, got)
		}
		first, second, err := r.TwoVersions(ctx, s, q, ActiveName, c.a, c.b)
		if err != nil {
			t.Fatal(err)
		}
		d, err := r.Difference(ctx, first, second, day, "", 0)
		if err != nil || len(d.Changes) != c.changes || !d.Added || *d.Gap != c.y-c.x || d.Other != 0 {
			t.Errorf("%d and %d: %+v, %v", c.a, c.b, d, err)
		}
	}
	if now, err := r.Read(ctx, q); err != nil || value(now) != 1 || now.Version != "1+active.2" {
		t.Errorf("in force: %+v, %v", now, err)
	}
	for _, c := range []struct {
		setting string
		a, b    int
		field   string
	}{{ActivationName, 0, 1, "setting"}, {ActiveName, 9, 1, "a"}, {ActiveName, 1, -1, "b"}, {"junk", 0, 0, "setting"}} {
		_, err := r.CompareVersions(ctx, s, q, c.setting, c.a, c.b)
		var e *farol.Error
		if !errors.As(err, &e) || e.Kind != farol.Invalid || e.Field != c.field {
			t.Errorf("%+v: %v", c, err)
		}
	}
	m, err := r.catalogue.Find("active_users_day")
	if err != nil {
		t.Fatal(err)
	}
	list, err := Breaks(ctx, s, m)
	if err != nil || len(list) != 2 || list[0].Version != 1 || list[1].Version != 2 || list[1].Setting != ActiveName || !list[0].Began.Before(list[1].Began) {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := ReadSettingsAt(ctx, s, map[string]int{"junk": 1}); farol.KindOf(err) != farol.NotFound {
		t.Error(err)
	}
	tried, err := ReadSettingsWith(ctx, s, ActiveName, ActiveDocument{All: true})
	if err != nil || !tried.Active.All || tried.Active.Version != 3 {
		t.Errorf("%+v, %v", tried.Active, err)
	}
	if _, err := ReadSettingsWith(ctx, s, ActivationName, map[string]int{"window_days": 0}); farol.KindOf(err) != farol.Invalid {
		t.Errorf("a window of no days: %v", err)
	}
}
