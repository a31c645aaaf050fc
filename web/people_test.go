package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// settled is a site of its own with the busy one's facts and a few people with
// names.
func settled(t *testing.T) *site {
	t.Helper()
	s := staffed(t)
	s.live()
	h := &recorder{source: s.source.ID, n: 50_000}
	at := today.AddDate(0, 0, -3)
	h.add(farol.Identify, "", at, "", "user-01-0", map[string]any{"name": "José Ávila <b>", "email": "jose@example.com", "title": "CFO", "role": "Decision-Maker", "consent": map[string]any{"email": map[string]any{"marketing": false}}})
	h.add(farol.Identify, "", at.Add(time.Hour), "", "user-01-0", map[string]any{"title": "CEO"})
	h.add(farol.Group, "", at.Add(2*time.Hour), "acct-05", "user-01-0", map[string]any{})
	h.add(farol.Group, "", at.Add(3*time.Hour), "acct-test", "user-test", map[string]any{"test": true})
	for i := range h.events {
		h.events[i].Known = today.Add(-time.Duration(50-i) * time.Minute)
	}
	s.take(h.events)
	s.check(s.facts.UpdateRoster(t.Context()))
	return s
}

// Somebody known only by a browser is called what that is, not by a raw id.
func TestAnonymousVisitor(t *testing.T) {
	for code, want := range map[lang.Code]string{lang.English: "Anonymous visitor 0f9c21", lang.Portuguese: "Visitante anônimo 0f9c21"} {
		v := &visit{p: lang.For(code)}
		row := listedRowOf(v, &view{}, func(farol.AccountID) string { return "" }, facts.Listed{ID: "anon:7d1a-22-0f9c21"})
		if got := contactTitle(v, &customer.Contact{ID: "anon:7d1a-22-0f9c21"}); row.Name != want || got != want {
			t.Errorf("%q and %q, not %q", row.Name, got, want)
		}
	}
	if got := calledID(&visit{p: lang.For(lang.English)}, "anon:x"); got != "Anonymous visitor x" {
		t.Error(got)
	}
}

func TestPeoplePages(t *testing.T) {
	s := settled(t)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/people").is(200).has("tbody tr", 30)
		s.get(as{role: store.CSM, code: code}, "/people/user-01-0").is(200).has(".profile", 1)
	})
	s.get(admin, "/people?q=jose+avila").has("tbody tr", 1).says("tbody", "José Ávila <b>").says("tbody", "refused: email.marketing").says("tbody", "and 1 other")
	s.get(admin, "/people?account=acct-01").has("tbody tr", 4).has(".chip.on", 1)
	s.get(admin, "/people?active=never").says(".nothing", "Nobody fits")
	s.get(admin, "/people?active=yes&sort=name&dir=down").is(200).has("th[aria-sort=descending]", 1)
	s.get(admin, "/people?consent=-email.marketing").has("tbody tr", 1)
	for _, bad := range []string{"active=x", "role=boss", "consent=x", "offset=x", "offset=99999999"} {
		s.get(admin, "/people?"+bad).is(400)
	}
	csv := s.get(admin, "/people.csv?q=jose").is(200)
	if !strings.Contains(csv.body, `user-01-0,José Ávila <b>,jose@example.com,acct-`) {
		t.Errorf("the CSV is %s", csv.body)
	}
	s.get(admin, "/people.csv?role=boss").is(400)

	csm := as{role: store.CSM}
	s.paletteOfPeople(csm)
	s.leavesOutPeople()
	const page = "/people/user-01-0"
	a := s.get(csm, page).is(200).says("h1", "José Ávila").says("table", "CEO").says(".said", "CFO").says(".moments", "Job title is now CEO").says(".moments", "Report Created").says(".moments", "Answered NPS")
	a.says("table", "Conta 5")
	// What was sent is the role until the team says another, and afterwards.
	a.says(".head-figures", "Decision maker").says("select[name=role] option[selected]", "As sent: Decision maker")
	s.get(csm, "/people?role=decision_maker").has("tbody tr", 1)
	s.post(csm, page, "do", "role", "role", "user").leadsTo(page + "?done=saved")
	s.post(csm, page, "do", "role", "role", "").leadsTo(page + "?done=saved")
	s.get(csm, page).says(".head-figures", "Decision maker")
	s.post(csm, page, "do", "role", "role", "champion").leadsTo(page + "?done=saved")
	s.get(csm, page).says(".head-figures", "Champion").says(".moments", "Role: Champion")
	s.get(csm, "/people?role=champion").has("tbody tr", 1)
	s.post(csm, page, "do", "consent", "channel", "sms", "purpose", "news", "value", "granted").leadsTo(page + "?done=saved")
	s.get(csm, page).says(".pairs", "sms · news").says(".moments", "Consent to sms.news: agreed")
	s.post(csm, page, "do", "consent", "channel", "S M S", "purpose", "x", "value", "granted").is(422).has(".form-error", 1)
	s.post(csm, page, "do", "role", "role", "boss").is(422)
	s.post(csm, page, "do", "x").is(422)
	s.post(as{role: store.Viewer}, page, "do", "role", "role", "user").is(403)
	s.get(csm, page+"?as_of=2026-03-17").is(200).has(".past", 1).has("select[name=role]", 0)
	s.get(csm, page+"?kind=attribute").has(".moments li", 6)
	s.get(csm, page+"?before=x").is(400)
	s.get(csm, "/people/nobody").is(404)
	s.get(csm, "/customers/acct-01?tab=people").says("tbody", "José Ávila").says("tbody .tag", "Champion").has(`a[href="/people/user-01-0"]`, 1)
	s.get(csm, "/events?account=acct-01").has(`a[href="/people/user-01-0"]`, -1).says(`a[href="/people/user-01-0"]`, "José Ávila").says(`a[href="/customers/acct-01"]`, "Conta 1")
}

func TestMergePages(t *testing.T) {
	s := settled(t)
	csm, lead := as{role: store.CSM}, as{role: store.Manager}
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.CSM, code: code}, "/people/user-01-0/merge?q=user&with=user-02-0").is(200).has("form[method=post] input[name=with]", 1)
		s.get(as{role: store.Manager, code: code}, "/customers/acct-01/merge?q=conta&with=acct-02").is(200).has("form[method=post] input[name=with]", 1)
	})
	s.get(csm, "/people/user-01-0/merge?with=nobody").has(".form-error", 1)
	s.post(csm, "/people/user-01-0/merge", "with", "user-01-0").is(422).has(".form-error", 1)
	s.post(csm, "/people/user-01-0/merge", "with", "late-user").leadsTo("/people/user-01-0?done=merged")
	a := s.get(csm, "/people/late-user").is(200).says("h1", "José")
	join, _ := a.doc.Find("input[name=join]").First().Attr("value")
	s.get(csm, "/people?q=late-user").has("tbody tr", 0)
	s.post(csm, "/people/user-01-0", "do", "part", "join", join).leadsTo("/people/user-01-0?done=saved")
	s.get(csm, "/people?q=late-user").has("tbody tr", 1)
	s.post(csm, "/people/user-01-0", "do", "part", "join", join).is(404)

	s.post(csm, "/customers/acct-01/merge", "with", "acct-02").is(403)
	s.post(lead, "/customers/acct-01/merge", "with", "acct-01").is(422).has(".form-error", 1)
	s.get(lead, "/customers/acct-01/merge?with=x").has(".form-error", 1)
	s.post(lead, "/customers/acct-01/merge", "with", "acct-02").leadsTo("/customers/acct-01?done=merged")
	s.get(csm, "/customers").has("tbody tr", 9)
	s.get(csm, "/customers/acct-02?tab=people").leadsTo("/customers/acct-01")
	s.get(csm, "/customers/acct-01?tab=people").has("tbody tr", 8)
	s.get(lead, "/customers/acct-01/merge").says("table", "acct-02")
	// Another's page does not part it, nor a customer from itself.
	s.post(lead, "/customers/acct-03/merge", "part", "acct-02").is(404)
	s.post(lead, "/customers/acct-01/merge", "part", "acct-01").is(404)
	s.post(lead, "/customers/acct-01/merge", "part", "acct-02").leadsTo("/customers/acct-01?done=parted")
	s.get(csm, "/customers").has("tbody tr", 10)
	s.get(csm, "/customers/acct-02?tab=people").is(200).has("tbody tr", 4)
}

func TestGroupsAndFields(t *testing.T) {
	s := settled(t)
	csm, lead := as{role: store.CSM}, as{role: store.Manager}
	s.post(csm, "/customers/acct-04/group", "parent", "acct-05").leadsTo("/customers/acct-04/group?done=saved")
	s.post(csm, "/customers/acct-06/group", "parent", "acct-05").leadsTo("/customers/acct-06/group?done=saved")
	for _, bad := range []string{"acct-04", "acct-05", "nobody"} {
		s.post(csm, "/customers/acct-05/group", "parent", bad).is(422).has(".form-error", 1)
	}
	day := farol.DayOf(today, time.UTC) - 1
	var rows []facts.Measure
	for account, v := range map[farol.AccountID]float64{"acct-04": 100, "acct-05": 100, "acct-06": 200} {
		rows = append(rows, facts.Measure{Account: account, Metric: "mrr", Day: day, Value: &v})
	}
	s.check(s.facts.SaveMeasures(t.Context(), rows))
	s.post(csm, "/customers/mark", "id", "acct-04", "do", "tag", "tag", "x") // takes in what is new
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/customers/acct-05/group").is(200).has("tbody tr", 3).says("tfoot", "4").says("tbody", "50")
	})
	s.get(csm, "/customers/acct-04/group").says(".nothing", "No account is below this one").has(`input[name=parent][value="acct-05"]`, 1)
	s.get(csm, "/customers/acct-04").says(".pairs", "Conta 5").says(".pairs", "Core · Basic")
	s.get(csm, "/customers/acct-00").says(".pairs .tag", "cancelled")

	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Manager, code: code}, "/fields").is(200).has("form[action='/fields']", 1)
	})
	s.get(csm, "/fields").has("form[action='/fields']", 0)
	add := func(subject, name, kind string, more ...string) *answer {
		return s.post(lead, "/fields", append([]string{"subject", subject, "name", name, "title", "Field " + name, "type", kind}, more...)...)
	}
	for _, kind := range []string{"text", "number", "money", "date", "yes_no"} {
		add("account", "f_"+kind, kind).leadsTo("/fields?done=saved")
	}
	add("account", "f_choice", "choice", "choices", "gold\nsilver\n").leadsTo("/fields?done=saved")
	add("person", "birthday", "date").leadsTo("/fields?done=saved")
	add("account", "f_text", "number", "version", "1").is(422).has(".form-error", 1)
	add("account", "name", "text").is(422).has(".form-error", 1)
	add("account", "other", "choice", "choices", "one").is(422).has(".form-error", 1)
	s.post(as{role: store.CSM}, "/fields", "subject", "account").is(403)
	s.get(lead, "/fields?edit=account.f_choice").has("input[name=name][readonly]", 1)

	const page = "/customers/acct-07"
	for _, bad := range [][2]string{{"f_number", "many"}, {"f_money", "1.005"}, {"f_date", "tomorrow"}, {"f_choice", "bronze"}, {"f_yes_no", "maybe"}} {
		s.post(csm, page+"/fields", "field."+bad[0], bad[1]).is(422).has(".form-error", 1)
	}
	s.post(csm, page+"/fields", "field.unknown", "x").is(422)
	s.post(csm, page+"/fields", "field.f_number", "12.5", "field.f_money", "1200.50", "field.f_date", "2026-05-01", "field.f_choice", "gold", "field.f_yes_no", "true", "field.f_text", "<i>").leadsTo(page + "?done=saved&tab=timeline")
	s.get(csm, page).says(".pairs", "Field f_money").says(".pairs", "1,200.50").says(".pairs", "May 1, 2026").has("select[name='field.f_choice'] option[selected]", 1)
	s.get(csm, "/customers?"+url.Values{"where": {"attribute.f_choice=gold"}, "cols": {"attribute.f_money"}}.Encode()).has("tbody tr", 1)
	// A form that was open for long writes what was changed in it alone.
	s.get(csm, page).has("input[name='was.f_text'][value='<i>']", 1)
	s.post(csm, page+"/fields", "field.f_number", "12.5", "was.f_number", "12.5", "field.f_text", "mine", "was.f_text", "").leadsTo(page + "?done=saved&tab=timeline")
	s.post(csm, page+"/fields", "field.f_number", "", "was.f_number", "", "field.f_date", "2026-06-01", "was.f_date", "2026-05-01").leadsTo(page + "?done=saved&tab=timeline")
	s.get(csm, page).says(".pairs", "12.5").says(".pairs", "mine").says(".pairs", "Jun 1, 2026")
	s.fieldsOutOfSight(csm, page)
	s.post(csm, "/people/user-01-0", "do", "fields", "field.birthday", "1980-02-03").leadsTo("/people/user-01-0?done=saved")
	s.get(csm, "/people/user-01-0").says("table", "Field birthday").says("table", "Feb 3, 1980").says("table", "the team")
	s.post(csm, "/people/user-01-0", "do", "fields", "field.birthday", "soon").is(422).has(".form-error", 1)
}

// A field that is hidden is neither asked for nor written.
func (s *site) fieldsOutOfSight(csm as, page string) {
	s.t.Helper()
	m, err := s.store.MemberByEmail(s.t.Context(), "csm@example.com")
	s.check(err)
	hidden, none := store.FieldsOf("attribute.f_money"), store.FieldsOf()
	_, err = s.store.UpdateMember(s.t.Context(), m.ID, store.MemberUpdate{Hidden: &hidden})
	s.check(err)
	s.get(csm, page).has("input[name='field.f_number']", 1).has("input[name='field.f_money']", 0)
	s.post(csm, page+"/fields", "field.f_money", "1").is(403)
	_, err = s.store.UpdateMember(s.t.Context(), m.ID, store.MemberUpdate{Hidden: &none})
	s.check(err)
	s.get(csm, page).says(".pairs", "1,200.50")
}

// The palette finds people by name and e-mail with accents aside, not those out
// of sight nor by what is hidden.
func (s *site) paletteOfPeople(csm as) {
	s.t.Helper()
	csm.fragment = true
	const found = "[role=option][data-href='/people/user-01-0']"
	s.get(csm, "/search?q=JOSE+avila").has(found, 1).says("[role=option]", "jose@example.com")
	s.get(csm, "/search?q=jose@exa").has(found, 1)
	s.get(csm, "/search?q=jo").has(found, 0)
	m, err := s.store.MemberByEmail(s.t.Context(), "csm@example.com")
	s.check(err)
	see := func(scope store.Scope, hidden ...string) {
		fields := store.FieldsOf(hidden...)
		_, err := s.store.UpdateMember(s.t.Context(), m.ID, store.MemberUpdate{Scope: &scope, Hidden: &fields})
		s.check(err)
	}
	see(store.AllAccounts, "attribute.email")
	s.get(csm, "/search?q=jose+avila").has(found, 1)
	s.get(csm, "/search?q=jose@exa").has(found, 0)
	if a := s.get(csm, "/people?q=jose"); strings.Contains(a.text("tbody"), "jose@example.com") {
		s.t.Error("a hidden e-mail is listed")
	}
	see(store.OwnAccounts)
	s.get(csm, "/search?q=jose+avila").has(found, 0)
	see(store.AllAccounts)
}

// Whom no figure counts is not listed: the people of an account that is a test
// and whom the exclusions name; who has another account, too, is listed by it.
func (s *site) leavesOutPeople() {
	s.t.Helper()
	_, err := s.store.Define(s.t.Context(), store.Draft{Kind: metric.SettingKind, Name: metric.ExclusionsName, Author: "test", Body: metric.ExclusionsDocument{Accounts: []string{"acct-01", "acct-02"}, People: []string{"user-03-0"}}})
	s.check(err)
	s.get(admin, "/metrics/active_users_month").is(200).says("main", "by name 2 accounts and 1 person")
	s.get(admin, "/people").has("tbody tr", 22).says("tfoot", "Show tests and staff, too")
	s.get(admin, "/people?q=jose").says("tbody", "Conta 5")
	s.get(admin, "/people?tests=yes").has("tbody tr", 31).has("tbody td:first-child .tag", 10)
	s.get(admin, "/people?account=acct-01").has("tbody tr", 4)
}
