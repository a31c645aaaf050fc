package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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
	s.post(who, "/settings/holidays", "base", "0", "country", "BR", "customary", "true", "days", "01-25 São Paulo\n2026-12-24\n").is(303)
	got, err = metric.ReadSettings(t.Context(), s.store)
	s.check(err)
	if h := got.Holidays; h.Version != 1 || h.Country != "BR" || !h.Customary || len(h.Days) != 2 || h.Days[0].Name != "São Paulo" {
		t.Errorf("holidays: %+v", h)
	}
	s.get(who, "/settings/holidays").is(200).says("#holidays details", "Corpus Christi").says("#holidays details", "São Paulo").says("#own-days", "2026-12-24")
	list := s.get(who, "/settings/reasons").is(200).text("#reasons textarea")
	s.post(who, "/settings/reasons", "base", "0", "reasons", list+"\nbored | Bored | Entediado | dull, tired of it\n").is(303)
	got, err = metric.ReadSettings(t.Context(), s.store)
	s.check(err)
	if _, x, ok := got.Reasons.Find("Tired_of_it"); !ok || x.Code != "bored" || x.Title[lang.Portuguese] != "Entediado" || got.Reasons.Version != 1 {
		t.Errorf("reasons: %+v", x)
	}
	s.get(who, "/settings/activation?done=saved").is(200).says(".flash", "Saved.").has(`#activation input[name=event]`, 4)
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
		{"holidays", []string{"country", "BR", "days", "24/12"}, "#holidays", "must be a date such as"},
		{"company", []string{"company", "", "zone", "UTC", "currency", "BRL", "company_language", "en"}, "#company", "Give the company a name"},
		{"company", []string{"company", "X", "zone", "Mars/Olympus", "currency", "BRL", "company_language", "en"}, "#company", "There is no time zone"},
		{"company", []string{"company", "X", "zone", "UTC", "currency", "reais", "company_language", "en"}, "#company", "A currency is a code"},
		{"company", []string{"company", "X", "zone", "UTC", "currency", "BRL", "company_language", "fr"}, "#company", "Choose a language"},
		{"company", []string{"company", "X", "zone", "UTC", "currency", "BRL", "company_language", "en", "rates", "USD"}, "#company", "one currency and its rate"},
		{"company", []string{"company", "X", "zone", "UTC", "currency", "BRL", "company_language", "en", "rates", "USD -1"}, "#company", "one currency and its rate"},
		{"company", []string{"company", "X", "zone", "UTC", "currency", "BRL", "company_language", "en", "rates", "USD 5\nBRL 1 2026-01-01"}, "#company", "the company's own currency"},
		{"company", []string{"company", "X", "zone", "UTC", "currency", "BRL", "company_language", "en", "rates", "USD 5\nUSD 6"}, "#company", "USD has two rates"},
		{"reasons", []string{"reasons", "# money | Money | Dinheiro"}, "#reasons", "at least one reason"},
		{"active", []string{"count", "some"}, "#active", "Name at least one event"},
		{"activation", []string{"window_days", "0"}, "#activation", "between 1 and 366"},
		{"activation", []string{"window_days", "7", "event", "A", "min", "0"}, "#activation", "a count of 1 or more"},
		{"activation", []string{"window_days", "7", "event", "A", "min", "1", "at_least", "2"}, "#activation", "between 0 and the number"},
		{"reasons", []string{"reasons", "price | Price | Preço"}, "#reasons", "The first line names a group"},
		{"reasons", []string{"reasons", "# money | Money | Dinheiro\nprice | Price | Preço\nPrice | Price | Preço"}, "#reasons", "named once"},
		{"company", []string{"base", "0", "company", "X", "zone", "UTC", "currency", "BRL", "company_language", "en"}, "#company", "somebody changed this meanwhile"},
	} {
		a := s.post(admin, "/settings/"+c.name, c.form...).is(422)
		if got := strings.ToLower(a.text(c.where)); !strings.Contains(got, strings.ToLower(c.says)) {
			t.Errorf("%v: %q, want %q", c.form, got, c.says)
		}
	}
	for field, value := range map[string]string{
		"pause_days": "x", "past_due_days": "-1", "session_minutes": "1", "idle_minutes": "31", "basis": "never", "churn_at": "never", "discounts": "some", "new_and_lost": "never", "gross_margin": "0", "discount_rate": "many", "acquisition_lag_months": "99", "return_gap_days": "366", "lifetime_months": "0", "pauses": "never", "ramps": "up", "lifetime_churn": "all",
	} {
		form := conventionsForm()
		form.Set(field, value)
		a := s.request(admin, "POST", "/settings/conventions", form).is(422).has(".form-error", 1)
		if got := a.doc.Find(".form-error").Parent().Find(`[name="` + field + `"]`).Length(); got == 0 {
			t.Errorf("%s = %s: the error stands elsewhere: %s", field, value, a.text(".form-error"))
		}
		s.request(admin, "POST", "/settings/conventions/preview", form).is(422).has(".form-error", 1)
	}
	both(t, func(t *testing.T, code lang.Code) {
		form := conventionsForm()
		form.Set("return_days", "20")
		form.Set("return_gap_days", "21")
		a := s.request(as{role: store.Manager, code: code}, "POST", "/settings/conventions", form).is(422)
		a.says(".form-error", map[lang.Code]string{lang.English: "Must be at most 20: after so many days", lang.Portuguese: "Deve ser no máximo 20: depois desses dias"}[code])
	})
	s.post(admin, "/settings/else").is(404)
	s.post(admin, "/settings/else/preview").is(404)
	s.get(admin, "/settings/else/versions").is(404)
	s.get(admin, "/settings/exclusions/versions").is(200).says("h2", "The default is in use")
}

// conventionsForm is the form as it stands.
func conventionsForm() url.Values {
	return url.Values{
		"pause_days": {"90"}, "past_due_days": {"30"}, "return_days": {"0"}, "return_gap_days": {"0"}, "lifetime_months": {"6"}, "pauses": {"zero"}, "ramps": {"step"}, "lifetime_churn": {"customers"}, "session_minutes": {"30"}, "idle_minutes": {"5"}, "acquisition_lag_months": {"0"},
		"basis": {"subscriptions"}, "churn_at": {"term_end"}, "discounts": {"all"}, "new_and_lost": {"count"}, "metered": {"false"}, "gross_margin": {"100"}, "discount_rate": {"10"},
	}
}

func TestConventions(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{role: store.Manager, code: code}, "/settings/conventions").is(200)
		for name, want := range conventionsForm() {
			if got := a.doc.Find(`input[name="`+name+`"][type=radio][checked]`).AttrOr("value", a.doc.Find(`input[name="`+name+`"]:not([type=radio])`).AttrOr("value", "")); got != want[0] {
				t.Errorf("%s is %q, want the default %q", name, got, want[0])
			}
		}
	})
	form := conventionsForm()
	form.Set("churn_at", "request")
	form.Set("gross_margin", "72,5")
	form.Set("base", "0")
	s.request(admin, "POST", "/settings/conventions", form).leadsTo("/settings/conventions?done=saved")
	got, err := metric.ReadSettings(t.Context(), s.store)
	s.check(err)
	want := metric.Defaults().Conventions
	want.Version, want.ChurnAt, want.GrossMargin = 1, metric.AtRequest, 0.725
	if got.Conventions != want {
		t.Errorf("%+v, want %+v", got.Conventions, want)
	}
	_, err = s.store.Define(t.Context(), store.Draft{Kind: metric.SettingKind, Name: metric.ConventionsName, Body: want, Author: "token:BI"})
	s.check(err)
	s.get(admin, "/settings/conventions/versions").is(200).says("main", "Ana ADMIN")
	want.PauseDays = 60
	_, err = s.store.Define(t.Context(), store.Draft{Kind: metric.SettingKind, Name: metric.ConventionsName, Body: want, Author: "token:BI"})
	s.check(err)
	s.get(admin, "/settings/conventions").is(200).says(".card-header", "API token BI")
	if v := s.get(admin, "/settings/conventions").attr("#gross-margin", "value"); v != "72.5" {
		t.Errorf("the margin is shown as %s", v)
	}
}

// A preview says what would change, and saves nothing.
func TestPreview(t *testing.T) {
	s := staffed(t)
	s.live()
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Manager, code: code}
		a := s.request(who, "POST", "/settings/company/preview", url.Values{"base": {"1"}, "company": {"X"}, "zone": {"America/Sao_Paulo"}, "week_start": {"monday"}, "currency": {"USD"}, "company_language": {"en"}, "rates": {"BRL 0.5"}})
		a.is(200).has("#preview tbody tr", -1).says("#preview tbody", "15")
		if got := a.attr("#company-name", "value"); got != "X" {
			t.Errorf("what was typed is gone: %s", got)
		}
		s.request(who, "POST", "/settings/exclusions/preview", url.Values{"accounts": {"acct-02"}}).is(200).says("#preview tbody tr:first-child", "1")
		s.request(who, "POST", "/settings/activation/preview", url.Values{"event": {"Nothing"}, "min": {"1"}, "at_least": {"0"}, "window_days": {"7"}}).is(200).has("#preview", 1)
	})
	got, err := metric.ReadSettings(t.Context(), s.store)
	s.check(err)
	if got.Company != 1 || got.Exclusions.Version != 0 || got.Activation.Version != 0 {
		t.Errorf("the preview saved something: %+v", got)
	}
	s.post(as{role: store.Viewer}, "/settings/company/preview").is(403)
	s.strangersOfExclusions()
}

// Ids left out that nobody has are named: not those of whom goes by another id
// now, however many there are, and to nobody who does not see everybody.
func (s *site) strangersOfExclusions() {
	s.t.Helper()
	ctx := s.t.Context()
	s.check(s.facts.JoinAccounts(ctx, time.Now(), "acct-04", "acct-05"))
	s.post(as{role: store.CSM}, "/people/user-01-0/merge", "with", "late-user").is(303)
	people := []string{"user-03-0", "late-user", "nobody"}
	for i := range 1001 {
		people = append(people, "none-"+strconv.Itoa(i))
	}
	people = append(people, "user-02-0")
	form := url.Values{"accounts": {"acct-04\nacct-99"}, "people": {strings.Join(people, "\n")}}
	said := s.request(admin, "POST", "/settings/exclusions/preview", form).is(200).text("form .flash")
	if !strings.Contains(said, "acct-99, nobody, none-0,") || !strings.Contains(said, "none-1000.") || strings.Contains(said, "acct-04") || strings.Contains(said, "user-0") || strings.Contains(said, "late-user") {
		s.t.Errorf("whom nobody knows: %.200s", said)
	}
	m, err := s.store.MemberByEmail(ctx, "manager@example.com")
	s.check(err)
	scope := store.OwnAccounts
	_, err = s.store.UpdateMember(ctx, m.ID, store.MemberUpdate{Scope: &scope})
	s.check(err)
	s.request(as{role: store.Manager}, "POST", "/settings/exclusions/preview", form).is(200).has("form .flash", 0)
}

// What changes stands first, also what is a figure in one of the two cases
// only, and what is shown in another currency.
func TestPreviewOrder(t *testing.T) {
	m, x, y := &metric.Metric{Unit: "accounts"}, 1.0, 2.0
	pt := func(v *float64) metric.Point { return metric.Point{Value: v} }
	v := &visit{p: lang.For(lang.English)}
	rows := v.triedAll([]metric.Tried{
		{Metric: m, Now: pt(&x), Then: pt(&x)}, {Metric: m, Late: true}, {Metric: m, Then: pt(&x)}, {Metric: m, Now: pt(nil), Then: pt(nil)},
		{Metric: m, Now: pt(&x)}, {Metric: m, Now: pt(&x), Then: pt(&x), Was: "BRL", Is: "USD"}, {Metric: m, Now: pt(&x), Then: pt(&y)},
	})
	var order []bool
	for _, r := range rows {
		order = append(order, r.Changed)
	}
	if !slices.Equal(order, []bool{true, true, true, true, false, false, false}) {
		t.Errorf("changed: %v", order)
	}
}
