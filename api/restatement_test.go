package api

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/farol-cs/farol/metric"
)

func TestRestatements(t *testing.T) {
	h := newHouse(t)
	h.at(local(2, 12))
	h.append(did("s1", local(2, 10), "acme", "", "Subscription Started", `{"subscription":"a","mrr":100,"currency":"BRL"}`))
	h.at(local(6, 12))
	h.append(did("s2", local(6, 10), "globex", "", "Subscription Started", `{"subscription":"g","mrr":50,"currency":"BRL"}`))
	if err := h.metrics.UpdateHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.at(local(8, 12))
	h.append(did("s3", local(8, 10), "acme", "", "Subscription Changed", `{"subscription":"a","mrr":80,"currency":"BRL","effective_at":"2026-03-04T12:00:00-03:00"}`))
	if err := h.metrics.UpdateHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := list(t, h.get("/api/v1/restatements?metric=mrr&grain=day"), "restatements")
	if len(all) != 2 || all[0]["period"] != "2026-03-04" || all[0]["was"] != 100.0 || all[0]["value"] != 80.0 || all[1]["period"] != "2026-03-05" {
		t.Fatalf("%v", all)
	}
	same(t, list(t, h.get("/api/v1/metrics/mrr/restatements?grain=day"), "restatements"), jsonOf(all))
	for query, want := range map[string]int{
		"known=2026-03-07": 0, "as_of=2026-03-04": 1, "since=2026-03-09": 0, "since=2026-03-08": 2, "from=2026-03-05": 1, "to=2026-03-05": 1, "grain=month": 0, "limit=1": 1,
	} {
		if got := list(t, h.get("/api/v1/metrics/mrr/restatements?"+query), "restatements"); len(got) != want {
			t.Errorf("%s: %d, want %d", query, len(got), want)
		}
	}
	first := h.get("/api/v1/restatements?metric=mrr&grain=day&limit=1")
	second := h.get("/api/v1/restatements?metric=mrr&grain=day&limit=1&after=" + first["next"].(string))
	same(t, append(list(t, first, "restatements"), list(t, second, "restatements")...), jsonOf(all))
	if second["next"] != nil {
		t.Errorf("after the last: %v", second["next"])
	}

	id := all[0]["id"].(string)
	one := h.get("/api/v1/restatements/" + id)
	gap := one["gap"].(map[string]any)
	unit := list(t, gap, "units")
	if one["same"] != true || gap["difference"] != -20.0 || gap["exact"] != true || gap["other"] != 0.0 || len(unit) != 1 || unit[0]["unit"] != "acme" || unit[0]["effect"] != -20.0 {
		t.Errorf("%v", one)
	}
	facts := list(t, one, "facts")
	if len(facts) != 1 || facts[0]["way"] != "late" || facts[0]["event"].(map[string]any)["id"] != "s3" {
		t.Errorf("%v", facts)
	}
	for path, where := range map[string]string{
		"/restatements?after=junk": "query.after", "/restatements?since=x": "query.since", "/restatements?known=x": "query.known", "/restatements?as_of=x": "query.as_of", "/restatements?from=x": "query.from",
	} {
		h.call("GET", root+path, h.tokens["admin"], "").problem(t, 422, where)
	}
	for _, path := range []string{"/restatements/x", "/restatements?metric=x", "/metrics/x/restatements", "/metrics/x/reported", "/restatements/" + id + "?known=2026-03-07", "/restatements/" + id + "?as_of=2026-03-03"} {
		h.call("GET", root+path, h.tokens["admin"], "").problem(t, 404, "")
	}

	said := list(t, h.get("/api/v1/metrics/mrr/reported?grain=day&from=2026-03-03&to=2026-03-09"), "points")
	if len(said) != 6 || said[1]["reported"] != 100.0 || said[1]["value"] != 80.0 || said[1]["differs"] != true || said[0]["differs"] != false || said[5]["reported"] != nil {
		t.Errorf("%v", said)
	}
	h.call("GET", root+"/metrics/mrr/reported?from=x", h.tokens["admin"], "").problem(t, 422, "query.from")
}

func TestVersions(t *testing.T) {
	h := newHouse(t)
	h.define(metric.ActiveName, metric.ActiveDocument{Events: []string{"Report Created"}})
	h.define(metric.ActiveName, metric.ActiveDocument{Events: []string{"Member Invited"}})
	h.append(did("1", local(9, 10), "acme", "ana", "Report Created", ""), did("2", local(9, 11), "acme", "ben", "Report Created", ""), did("3", local(9, 11), "acme", "ben", "Member Invited", ""))
	same(t, h.get("/api/v1/metrics/active_users_day/versions")["settings"], `["active","exclusions"]`)
	if got := list(t, h.get("/api/v1/metrics/active_users_day/versions"), "versions"); len(got) != 2 || got[1]["version"] != 2.0 || got[1]["setting"] != "active" {
		t.Errorf("%v", got)
	}
	const compare = "/api/v1/metrics/active_users_day/versions/compare?setting=active&from=2026-03-09&to=2026-03-10"
	got := h.get(compare + "&a=1&b=2")
	same(t, got["points"], `[{"period":"2026-03-09","a":2,"b":1,"difference":-1,"complete":`+jsonOf(list(t, got, "points")[0]["complete"])+`}]`)
	units := list(t, got["gap"].(map[string]any), "units")
	if got["version_a"] != "1+active.1" || got["version_b"] != "1+active.2" || len(units) != 1 || units[0]["unit"] != "ana" || units[0]["effect"] != -1.0 || units[0]["after"] != nil {
		t.Errorf("%v", got)
	}
	if got := h.get(compare + "&a=0&b=1&at=2026-03-09&as_of=2026-03-08"); list(t, got, "points")[0]["a"] != nil {
		t.Errorf("as of the day before: %v", got)
	}
	for query, where := range map[string]string{"&a=9&b=1": "query.a", "&a=0&b=9": "query.b", "&a=0&b=1&at=x": "query.at"} {
		h.call("GET", compare+query, h.tokens["admin"], "").problem(t, 422, where)
	}
	h.call("GET", "/api/v1/metrics/mrr/versions/compare?setting=active&a=0&b=1", h.tokens["admin"], "").problem(t, 422, "query.setting")
	h.call("GET", "/api/v1/metrics/x/versions", h.tokens["admin"], "").problem(t, 404, "")
}

// unclocked are the reads that bear no figure of the facts: their answers are
// words, keys, or the log itself, which has known alone.
var unclocked = []string{
	"/metrics", "/metrics/{name}", "/metrics/{name}/versions", "/glossary", "/glossary/{id}", "/events", "/rejections", "/attributes", "/attributes/{name}/values",
	"/sources", "/tokens", "/members", "/definitions/{kind}", "/definitions/{kind}/{name}", "/audit", "/views", "/views/{id}", "/progress", "/truth", "/criteria",
	"/customers/changes", "/customers/{id}/files", "/files/{file}", "/stages",
	"/desks", "/desks/{id}/mapping", "/deliveries", "/requesters/waiting", "/articles", "/articles/{id}", "/articles/{id}/versions", "/goals", "/goals/{id}",
	// Words of the team, definitions, and who is there now.
	"/notes", "/notes/{id}/edits", "/tasks", "/messages", "/members/{id}/notices", "/members/{id}/preferences", "/members/{id}/watches", "/note-templates", "/members/{id}/sessions", "/invitations", "/access/roles", "/audit/check",
	"/fields", "/accounts/{id}/merges",
	"/people/{id}/export", "/erasures", "/quality", "/quality/silences", "/covers",
}

// Every read that bears figures takes both clocks: one that is added without
// them fails here, or says that it bears none by standing above.
func TestEveryReadTakesBothClocks(t *testing.T) {
	h := newHouse(t)
	doc := h.call("GET", "/api/v1/openapi.json", "", "")
	checked := 0
	for path, methods := range doc.body["paths"].(map[string]any) {
		op, ok := methods.(map[string]any)["get"].(map[string]any)
		if !ok || slices.Contains(unclocked, strings.TrimPrefix(path, root)) {
			continue
		}
		var names []string
		parameters, _ := op["parameters"].([]any)
		for _, p := range parameters {
			names = append(names, p.(map[string]any)["name"].(string))
		}
		if checked++; !slices.Contains(names, "as_of") || !slices.Contains(names, "known") {
			t.Errorf("%s takes %v", path, names)
		}
	}
	if checked < 7 {
		t.Errorf("only %d reads bear figures: the walk is broken", checked)
	}
}

// A preview answers what would be, and saves nothing.
func TestPreviewSetting(t *testing.T) {
	h := newHouse(t)
	h.append(did("s1", local(1, 10).AddDate(0, -1, 0), "acme", "", "Subscription Started", `{"subscription":"a","mrr":100,"currency":"USD"}`))
	const path = "/api/v1/settings/company/preview"
	a := h.call("POST", path, h.tokens["admin"], `{"zone":"America/Sao_Paulo","week_start":"monday","currency":"BRL","rates":{"USD":5}}`)
	figures := list(t, a.body, "figures")
	if a.status != 200 || len(figures) == 0 || figures[0]["metric"] != "mrr" || figures[0]["period"] != "2026-02-01" || figures[0]["now"] != 0.0 || figures[0]["then"] != 500.0 || figures[0]["difference"] != 500.0 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("POST", "/api/v1/settings/x/preview", h.tokens["admin"], `{}`).problem(t, 404, "")
	h.call("POST", path, h.tokens["admin"], `{"currency":7}`).problem(t, 422, "body.company")
	body := jsonOf(metric.Defaults().Conventions)
	if a := h.call("PUT", "/api/v1/settings/conventions", h.tokens["manager"], body); a.status != 200 || a.body["version"] != 1.0 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("PUT", "/api/v1/settings/conventions", h.tokens["manager"], strings.Replace(body, "term_end", "never", 1)).problem(t, 422, "body.churn_at")
	// What a body leaves out is the default; a zero that is written is none.
	want := metric.Defaults().Conventions
	want.PauseDays = 0
	a = h.call("PUT", "/api/v1/settings/conventions", h.tokens["manager"], `{"pause_days":0}`)
	same(t, a.body["body"], jsonOf(want))
}

// Every setting can be saved by the API and read again as it was saved.
func TestEverySettingIsSaved(t *testing.T) {
	h := newHouse(t)
	d := metric.Defaults()
	reasons := d.Reasons
	reasons.Groups = reasons.Groups[:2]
	for name, body := range map[string]any{
		metric.ConventionsName: d.Conventions, metric.ReasonsName: reasons,
		metric.ActiveName:     metric.ActiveDocument{Events: []string{"Report Created"}},
		metric.ActivationName: metric.Activation{WindowDays: 9}, metric.ExclusionsName: metric.ExclusionsDocument{Accounts: []string{"acme"}},
		metric.FeaturesName: metric.Features{WindowDays: 28, AdoptedDays: 2, List: []metric.Feature{{Name: "Reports", Events: []string{"Report Created"}}}},
		metric.HolidaysName: metric.Holidays{Country: metric.Brazil, Days: []metric.OwnHoliday{{Date: "01-25", Name: "São Paulo"}}},
	} {
		a := h.call("PUT", "/api/v1/settings/"+name, h.tokens["manager"], jsonOf(body))
		if a.status != 200 || a.body["version"] != 1.0 {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
		h.call("PUT", "/api/v1/settings/"+name, h.tokens["viewer"], jsonOf(body)).problem(t, 403, "")
		if got := list(t, h.get("/api/v1/definitions/setting/"+name), "definitions"); len(got) != 1 || jsonOf(got[0]["body"]) != jsonOf(asJSON(t, body)) {
			t.Errorf("%s is read as %v", name, got)
		}
	}
	const company = `{"name":"Acme","zone":"America/Sao_Paulo","week_start":"monday","currency":"BRL","language":"en",`
	for _, bad := range [][3]string{
		{metric.HolidaysName, `{"country":"BR","customary":true,"days":[{"date":"24/12"}]}`, "body.days[0].date"},
		{metric.FeaturesName, `{"window_days":0,"adopted_days":1}`, "body.window_days"},
		{metric.ReasonsName, `{"groups":[{"code":"","title":{"en":"x"},"reasons":[]}]}`, "body.groups"},
		{metric.ReasonsName, `{"groups":[{"code":"money","title":{"en":"Money"},"reasons":[]}]}`, "body.groups"},
		{metric.CompanyName, company + `"rates":{"BRL":2}}`, "body.rates"},
		{metric.CompanyName, company + `"rates_by_date":[{"from":"2026-01-01","rates":{"BRL":1}}]}`, "body.rates_by_date"},
	} {
		h.call("PUT", "/api/v1/settings/"+bad[0], h.tokens["manager"], bad[1]).problem(t, 422, bad[2])
	}
}

// asJSON is a value as it comes back from the wire.
func asJSON(t *testing.T, v any) (out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(jsonOf(v)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
