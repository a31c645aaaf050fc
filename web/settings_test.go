package web

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

func TestSettings(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Manager, code: code}
		a := s.get(who, "/settings").is(200).has("tbody tr", len(settingForms))
		a.says("#company", map[lang.Code]string{lang.English: "Version 1", lang.Portuguese: "Versão 1"}[code]).says("#company", "Farol")
		a.says("#active", map[lang.Code]string{lang.English: "Default", lang.Portuguese: "Padrão"}[code])
		for _, x := range settingForms {
			s.get(who, "/settings/"+x.name).is(200).has("form[action='/settings/"+x.name+"'] button", -1)
			s.get(as{role: store.Viewer, code: code}, "/settings/"+x.name).is(200).has("fieldset[disabled]", 1).has("fieldset button", 0)
		}
	})
	if got := s.get(admin, "/settings/company").attr("#company-name", "value"); got != "Vila Rica" {
		t.Errorf("the company is %q", got)
	}
	s.get(admin, "/settings/else").is(404)
}

// Every setting is saved as a new version, which the metrics then use.
func TestSaveSettings(t *testing.T) {
	s := staffed(t)
	who := as{role: store.Manager, code: lang.English}
	s.post(who, "/settings/company", "base", "1", "company", "Vila Rica", "zone", "America/Bahia", "week_start", "sunday", "currency", "usd", "company_language", "en", "rates", "brl 0,19\n\nEUR = 1.1\n").leadsTo("/settings/company?done=saved")
	s.post(who, "/settings/active", "base", "0", "count", "some", "events", "Report Created\n Report Created \nInvited\n").is(303)
	s.post(who, "/settings/activation", "base", "0", "event", "Report Created", "min", "2", "event", "", "min", "1", "event", "Invited", "min", "1", "at_least", "1", "window_days", "10").is(303)
	s.post(who, "/settings/exclusions", "base", "0", "accounts", "acct-1\nacct-2", "people", "").is(303)
	got, err := metric.ReadSettings(t.Context(), s.store)
	s.check(err)
	if got.Calendar.Zone.String() != "America/Bahia" || got.Currency != "USD" || got.Rates["BRL"] != 0.19 || got.Rates["EUR"] != 1.1 || got.Company != 2 {
		t.Errorf("company: %+v", got)
	}
	if got.Active.All || len(got.Active.Events) != 2 || got.Active.Version != 1 {
		t.Errorf("active: %+v", got.Active)
	}
	if a := got.Activation; a.AtLeast != 1 || a.WindowDays != 10 || len(a.Events) != 2 || a.Events[0].Min != 2 {
		t.Errorf("activation: %+v", a)
	}
	if len(got.Exclusions.Accounts) != 2 {
		t.Errorf("exclusions: %+v", got.Exclusions)
	}
	list := s.get(who, "/settings/reasons").is(200).text("#reasons textarea")
	s.post(who, "/settings/reasons", "base", "0", "reasons", list+"\nbored | Bored | Entediado | dull, tired of it\n").is(303)
	got, err = metric.ReadSettings(t.Context(), s.store)
	s.check(err)
	if _, x, ok := got.Reasons.Find("Tired_of_it"); !ok || x.Code != "bored" || x.Title[lang.Portuguese] != "Entediado" || got.Reasons.Version != 1 {
		t.Errorf("reasons: %+v", x)
	}
	s.get(who, "/settings/activation?done=saved").is(200).says(".flash", "Saved.").has(`#activation input[name=event]`, 3)
	s.get(who, "/settings/active").says("#active textarea", "Report Created Invited")
	v := s.get(who, "/settings/company/versions").is(200).has("section.card", 2).says("section.card:first-of-type", "Version 2")
	v.says("section.card:first-of-type", "Ana MANAGER").says("section.card:last-of-type", "Farol")
	s.get(who, "/settings/active/versions").says("pre", "Invited")
}

func TestSettingsRefused(t *testing.T) {
	s := staffed(t)
	for _, c := range []struct {
		name  string
		form  []string
		where string
		says  string
	}{
		{"company", []string{"company", "", "zone", "UTC", "currency", "BRL", "company_language", "en"}, "#company", "Give the company a name"},
		{"company", []string{"company", "X", "zone", "Mars/Olympus", "currency", "BRL", "company_language", "en"}, "#company", "There is no time zone"},
		{"company", []string{"company", "X", "zone", "UTC", "currency", "reais", "company_language", "en"}, "#company", "A currency is a code"},
		{"company", []string{"company", "X", "zone", "UTC", "currency", "BRL", "company_language", "fr"}, "#company", "Choose a language"},
		{"company", []string{"company", "X", "zone", "UTC", "currency", "BRL", "company_language", "en", "rates", "USD"}, "#company", "one currency and its rate"},
		{"company", []string{"company", "X", "zone", "UTC", "currency", "BRL", "company_language", "en", "rates", "USD -1"}, "#company", "one currency and its rate"},
		{"active", []string{"count", "some"}, "#active", "Name at least one event"},
		{"activation", []string{"window_days", "0"}, "#activation", "between 1 and 366"},
		{"activation", []string{"window_days", "7", "event", "A", "min", "0"}, "#activation", "Name each event once"},
		{"activation", []string{"window_days", "7", "event", "A", "min", "1", "at_least", "2"}, "#activation", "At most as many"},
		{"reasons", []string{"reasons", "price | Price | Preço"}, "#reasons", "The first line names a group"},
		{"reasons", []string{"reasons", "# money | Money | Dinheiro\nprice | Price | Preço\nPrice | Price | Preço"}, "#reasons", "named once"},
		{"company", []string{"base", "0", "company", "X", "zone", "UTC", "currency", "BRL", "company_language", "en"}, "#company", "somebody changed this meanwhile"},
	} {
		a := s.post(admin, "/settings/"+c.name, c.form...).is(422)
		if got := strings.ToLower(a.text(c.where)); !strings.Contains(got, strings.ToLower(c.says)) {
			t.Errorf("%v: %q, want %q", c.form, got, c.says)
		}
	}
	s.post(admin, "/settings/else").is(404)
	s.get(admin, "/settings/else/versions").is(404)
	s.get(admin, "/settings/exclusions/versions").is(200).says("h2", "The default is in use")
}
