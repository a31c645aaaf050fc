package web

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// typed is the form of a page as a browser would send it unedited.
func (a *answer) typed(form string) url.Values {
	f := url.Values{}
	a.doc.Find(form).Find("input, select, textarea").Each(func(_ int, e *goquery.Selection) {
		name, value := e.AttrOr("name", ""), e.AttrOr("value", "")
		switch goquery.NodeName(e) {
		case "select":
			option := e.Find("option[selected]")
			if option.Length() == 0 {
				option = e.Find("option").First()
			}
			value = option.AttrOr("value", "")
		case "textarea":
			value = strings.ReplaceAll(e.Text(), "\n", "\r\n")
		}
		f.Add(name, value)
	})
	return f
}

// rich has everything that a criterion can say.
func rich() metric.Activation {
	is := func(property, op string, values ...string) metric.Where {
		return metric.Where{Property: property, Op: op, Values: values}
	}
	return metric.Activation{
		Title: "Depth", Start: "Trial Started", AtLeast: 2, WindowDays: 21, From: "2026-02-01",
		Events: []metric.Clause{
			{Name: "Report Created", Min: 3, By: "days", WithinDays: 7, Where: []metric.Where{
				is("plan", "is", "pro", "business, EU", "a|b", "", ` " spaced `, "two\nlines"), is("company.name", "is_not", "Änne & Söhne <x>"),
				is("rows", "at_least", "10.50"), is("pages", "at_most", "-3"),
			}},
			{Name: "*", Min: 5, By: "people"},
		},
		Groups: []metric.Group{
			{Events: []metric.Clause{{Name: "Invited", Min: 1}, {Name: "$page", Min: 2, WithinDays: 3}, {Name: "$screen", Min: 2, By: "days"}}, AtLeast: 2},
			{Events: []metric.Clause{{Name: "Report Created", Min: 1}}},
		},
	}
}

// What is stored comes back unchanged from a save that edited nothing.
func TestCriterionRoundTrip(t *testing.T) {
	s := staffed(t)
	first, paid, people := rich(), rich(), rich()
	first.Scope = metric.AccountScope
	paid.Start, paid.AtLeast, paid.From, paid.Title = "$subscription", 7, "", ""
	paid.Groups = append(paid.Groups, paid.Groups[1], paid.Groups[1], paid.Groups[1])
	people.Scope, people.Events = metric.PersonScope, people.Events[:1]
	for i, c := range []struct {
		kind, name, path string
		body             metric.Activation
	}{
		{metric.SettingKind, metric.ActivationName, "/settings/activation", first},
		{metric.SettingKind, metric.ActivationName, "/settings/activation", paid},
		{metric.SettingKind, metric.ActivationName, "/settings/activation", metric.Activation{WindowDays: 30}},
		{metric.CriterionKind, "depth", "/activation/criteria/depth", people},
		{metric.CriterionKind, "depth", "/activation/criteria/depth", first},
	} {
		was, err := s.store.Define(t.Context(), store.Draft{Kind: c.kind, Name: c.name, Body: c.body, Author: "token:CI"})
		s.check(err)
		who := as{role: store.Manager, code: lang.Codes[i%2]}
		f := s.get(who, c.path).is(200).typed("form[action='" + c.path + "']")
		s.request(who, "POST", c.path, f).leadsTo(c.path + "?done=saved")
		now, err := s.store.Definition(t.Context(), c.kind, c.name)
		s.check(err)
		if now.Version != was.Version || string(now.Body) != string(was.Body) {
			t.Errorf("%d: saved\n%s, it was\n%s", i, now.Body, was.Body)
		}
	}
}

func TestCriterionForm(t *testing.T) {
	s := staffed(t)
	leader := as{role: store.Manager, code: lang.English}
	base := func() url.Values {
		return url.Values{
			"window_days": {"14"}, "at_least": {"0"}, "start": {"event"}, "start_event": {" Signed Up "}, "from": {"2026-01-05"}, "group_least": {"1", "0"},
			"event": {" Report Created ", "", "Invited", "Shared"}, "min": {"2", "1", "1", "4"}, "by": {"", "", "people", "days"}, "within": {"", "", "7", ""},
			"where": {"pages ≥ 3\r\n\r\nplan=pro|\"a|b\"", "", "", "kind != draft"}, "group": {"", "", "2", "2"},
		}
	}
	s.request(leader, "POST", "/settings/activation", base()).is(303)
	d, err := s.store.Definition(t.Context(), metric.SettingKind, metric.ActivationName)
	s.check(err)
	var got metric.Activation
	s.check(json.Unmarshal(d.Body, &got))
	want := metric.Activation{
		Start: "Signed Up", WindowDays: 14, From: "2026-01-05",
		Events: []metric.Clause{{Name: "Report Created", Min: 2, Where: []metric.Where{{Property: "pages", Op: "at_least", Values: []string{"3"}}, {Property: "plan", Op: "is", Values: []string{"pro", "a|b"}}}}},
		Groups: []metric.Group{{Events: []metric.Clause{{Name: "Invited", Min: 1, By: "people", WithinDays: 7}, {Name: "Shared", Min: 4, By: "days", Where: []metric.Where{{Property: "kind", Op: "is_not", Values: []string{"draft"}}}}}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
	for _, c := range []struct {
		field, value string
		row          int
		beside, says string
	}{
		{"window_days", "soon", -1, "#window", "number of days"},
		{"window_days", "0", -1, "#window", "between 1 and 366"},
		{"at_least", "5", -1, "#at-least", "between 0 and"},
		{"from", "soon", -1, "#from", "date"},
		{"start_event", " ", -1, "#start", "Name the event"},
		{"group_least", "3", 1, "[name=group_least]", "Each needs events"},
		{"min", "x", 0, "[name=where]", "whole number"},
		{"min", "0", 2, "[name=where]", "count of 1"},
		{"event", "", 3, "[name=where]", "the name of an event"},
		{"by", "hours", 0, "[name=where]", "times, days or people"},
		{"within", "20", 2, "[name=where]", "not longer than"},
		{"where", "pages", 0, "[name=where]", "A condition is"},
		{"where", "plan = \"pro", 0, "[name=where]", "A condition is"},
		{"where", "plan = ", 0, "[name=where]", "compared with something"},
		{"where", "pages >= many", 0, "[name=where]", "needs one number"},
		{"group", "9", 3, "[name=where]", "no such group"},
	} {
		f := base()
		f[c.field][max(c.row, 0)] = c.value
		a := s.request(leader, "POST", "/settings/activation", f).is(422).has(".form-error", 1).says(".form-error", c.says)
		e := a.doc.Find(".form-error").Parent()
		if e.Find(c.beside).Length() == 0 {
			t.Errorf("%s = %q: the error stands elsewhere", c.field, c.value)
		}
		if got := a.doc.Find(".clause"); c.row >= 0 && c.beside == "[name=where]" && got.Eq(c.row).Find(".form-error").Length() == 0 {
			t.Errorf("%s = %q: the error is not in row %d", c.field, c.value, c.row)
		}
		if kept := []string{"window_days", "from", "min", "event", "within"}; slices.Contains(kept, c.field) && a.typed("form[action='/settings/activation']")[c.field][max(c.row, 0)] != c.value {
			t.Errorf("%s = %q is gone from the form", c.field, c.value)
		}
	}
}

// Other criteria are added, shown beside the main one, edited and deleted.
func TestCriteria(t *testing.T) {
	s := staffed(t)
	s.live()
	both(t, func(t *testing.T, code lang.Code) {
		leader, reader := as{role: store.Manager, code: code}, as{role: store.Viewer, code: code}
		title := map[lang.Code]string{lang.English: "Invites early", lang.Portuguese: "Avaliação à vista"}[code]
		path := map[lang.Code]string{lang.English: "/activation/criteria/invites-early", lang.Portuguese: "/activation/criteria/avaliacao-a-vista"}[code]
		s.get(reader, "/activation/criteria").is(200).has("#add", 0).has("#list", 0)
		f := s.get(leader, "/activation/criteria").is(200).typed("#add form")
		s.request(leader, "POST", "/activation/criteria", f).is(422).has("#add .form-error", 1)
		f.Set("title", title)
		f["event"][0] = "Report Created"
		s.request(reader, "POST", "/activation/criteria", f).is(403)
		s.request(leader, "POST", "/activation/criteria", f).leadsTo("/activation/criteria?done=saved")
		s.request(leader, "POST", "/activation/criteria", f).is(422).has("#add .form-error", 1)
		s.get(reader, "/activation/criteria").is(200).says("#list", title)
		s.get(reader, "/activation?period=12m").is(200).has("#criteria tbody tr", 2).says("#criteria", title)
		edit := s.get(leader, path).is(200).typed("form[action='" + path + "']")
		edit.Set("window_days", "x")
		s.request(leader, "POST", path, edit).is(422).has(".form-error", 1)
		edit.Set("window_days", "30")
		s.request(leader, "POST", path, edit).leadsTo(path + "?done=saved")
		s.request(leader, "POST", path, edit).is(422) // somebody changed it
		s.get(reader, path).is(200).has("fieldset[disabled]", -1).has("fieldset button", 0)
		s.get(reader, path+"/versions").is(200).has("section.card", 2)
		s.post(leader, path+"/remove", "base", "1").is(422)
		s.post(leader, path+"/remove", "base", "2").leadsTo("/activation/criteria?done=saved")
		s.get(reader, "/activation?period=12m").is(200).has("#criteria tbody tr", 1)
		s.get(reader, path+"/versions").is(200).has("section.card", 3)
		// One of the name comes back as a further version.
		s.request(leader, "POST", "/activation/criteria", f).is(303)
		s.get(reader, path+"/versions").is(200).has("section.card", 4)
		s.post(leader, path+"/remove").is(303)
	})
	s.get(admin, "/activation/criteria/nothing").is(404)
	s.post(admin, "/activation/criteria/nothing", "window_days", "7").is(404)
	s.post(admin, "/activation/criteria/nothing/remove").is(404)
}
