package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// names are those that the contract promises.
var names = []string{
	"active_users_day", "active_users_week", "active_users_28d", "active_users_month",
	"active_accounts_day", "active_accounts_week", "active_accounts_28d", "active_accounts_month",
	"stickiness", "new_accounts", "activation_rate", "mrr", "logo_churn_rate", "nps",
}

func TestMetrics(t *testing.T) {
	h := newHouse(t)
	got := map[string]map[string]any{}
	for _, m := range list(t, h.get("/api/v1/metrics"), "metrics") {
		got[m["name"].(string)] = m
		for _, k := range []string{"group", "unit", "direction", "aggregation", "title", "definition", "formula"} {
			if m[k] == "" {
				t.Errorf("%s has no %s", m["name"], k)
			}
		}
	}
	for _, n := range names {
		if got[n] == nil {
			t.Errorf("there is no %s", n)
		}
	}
	req, _ := http.NewRequestWithContext(t.Context(), "GET", h.url+"/api/v1/metrics/mrr", nil)
	req.Header.Set("Authorization", "Bearer "+h.tokens[store.Viewer])
	req.Header.Set("Accept-Language", "pt-BR,pt;q=0.9,en;q=0.8")
	pt := h.do(req)
	if pt.header.Get("Content-Language") != "pt-BR" || pt.body["definition"] == got["mrr"]["definition"] {
		t.Errorf("in Portuguese: %s %s", pt.header.Get("Content-Language"), pt.text)
	}
	h.call("GET", "/api/v1/metrics/no", h.tokens[store.Viewer], "").problem(t, 404, "")
}

// week takes in what ana, bob and cid did from the 2nd to the 5th of March,
// and on the 9th learns that cid was there on the 3rd too.
func (h *house) week() {
	h.at(local(2, 12))
	h.append(
		farol.Event{ID: "g1", Kind: farol.Group, At: local(2, 8).UTC(), Account: "acme", User: "ana", Properties: json.RawMessage(`{"plan":"pro"}`)},
		farol.Event{ID: "g2", Kind: farol.Group, At: local(2, 8).UTC(), Account: "beta", User: "bob", Properties: json.RawMessage(`{"plan":"free"}`)},
		did("e1", local(2, 9), "acme", "ana", "Report Created", `{"big":9007199254740993}`),
		did("e2", local(2, 9), "beta", "bob", "Report Created", ``))
	h.at(local(3, 12))
	h.append(did("e3", local(3, 9), "acme", "ana", "Report Created", ``))
	h.at(local(5, 12))
	h.append(did("e4", local(5, 9), "acme", "ana", "Report Created", ``),
		farol.Event{ID: "s1", Kind: farol.Track, Name: "Subscription Started", At: local(5, 9).UTC(), Account: "acme", User: "ana",
			Properties: json.RawMessage(`{"subscription":"sub1","mrr":"1234.56","currency":"BRL","plan":"pro","product":"core"}`)})
	h.at(local(9, 12))
	h.append(did("e5", local(3, 10), "gama", "cid", "Report Created", ``))
	h.at(local(10, 12))
}

func points(t *testing.T, body map[string]any) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, p := range list(t, body, "points") {
		k := p["period"].(string)
		if g, ok := p["group"].(string); ok {
			k += " " + g
		}
		out[k] = p["value"]
	}
	return out
}

func TestSeries(t *testing.T) {
	h := newHouse(t)
	h.week()
	body := h.get("/api/v1/metrics/active_users_day/series?from=2026-03-02&to=2026-03-05&grain=day&as_of=&known=&by=")
	// What the metric itself decides is not this test's business.
	point := func(i int, period, value string) string {
		return `{"period":"` + period + `","value":` + value + `,"numerator":` + value + `,"denominator":` + part(body, i, "denominator") +
			`,"low":null,"high":null,"units":` + part(body, i, "units") + `,"complete":` + part(body, i, "complete") + `,"group":null,"reason":` + part(body, i, "reason") + `}`
	}
	same(t, body, `{"metric":"active_users_day","version":"1","unit":"persons","currency":null,"grain":"day","points":[`+
		point(0, "2026-03-02", "2")+`,`+point(1, "2026-03-03", "2")+`,`+point(2, "2026-03-04", "null")+`]}`)
	if part(body, 0, "complete") != "true" || part(body, 0, "reason") != "null" || part(body, 2, "reason") != `"no_data"` {
		t.Errorf("points %v", body["points"])
	}

	// As it was known before cid's event came, by day and by
	// instant, also with a + that was not escaped.
	for _, known := range []string{"2026-03-08", "2026-03-09T11:59:59-03:00", "2026-03-09T14:59:59 00:00"} {
		got := points(t, h.get("/api/v1/metrics/active_users_day/series?from=2026-03-03&to=2026-03-04&known="+url.QueryEscape(known)))
		same(t, got, `{"2026-03-03":1}`)
	}
	same(t, points(t, h.get("/api/v1/metrics/active_users_day/series?from=2026-03-03&to=2026-03-04&known=2026-03-09")), `{"2026-03-03":2}`)

	// As of an earlier day the later ones are not yet.
	past := list(t, h.get("/api/v1/metrics/active_users_day/series?from=2026-03-02&to=2026-03-06&as_of=2026-03-03"), "points")
	if len(past) != 4 || past[1]["value"] != 2.0 || past[3]["value"] != nil || past[3]["reason"] != "not_started" {
		t.Errorf("as of the 3rd: %v", past)
	}

	// Money is in major units.
	// The same day twice is that one day.
	same(t, points(t, h.get("/api/v1/metrics/active_users_day/series?from=2026-03-03&to=2026-03-03&known=2026-03-09")), `{"2026-03-03":2}`)
	mrr := h.get("/api/v1/metrics/mrr/series?from=2026-03-05&to=2026-03-06&grain=day")
	if p := list(t, mrr, "points"); mrr["unit"] != "money" || mrr["currency"] != "BRL" || len(p) != 1 || p[0]["value"] != 1234.56 {
		t.Errorf("mrr %v", mrr)
	}
}

// With change, every point says whether it moved by more than noise.
func TestSeriesChange(t *testing.T) {
	h := newHouse(t)
	h.week()
	h.append(farol.Event{ID: "s2", Kind: farol.Track, Name: "Subscription Started", At: local(13, 9).UTC(), Account: "gama", User: "cid",
		Properties: json.RawMessage(`{"subscription":"sub2","mrr":"100","currency":"BRL","plan":"pro","product":"core"}`)})
	h.at(local(14, 12))
	p := list(t, h.get("/api/v1/metrics/mrr/series?from=2026-03-01&to=2026-03-15&grain=day&change=true"), "points")
	if c, has := p[0]["change"]; has {
		t.Errorf("the first point changed by %v", c)
	}
	// An amount in force is exact.
	still, moved := p[11]["change"].(map[string]any), p[12]["change"].(map[string]any)
	if moved["verdict"] != "real" || moved["why"] != "exact" || moved["difference"] != 100.0 || moved["from"] != "2026-03-06" || moved["low"] != nil {
		t.Errorf("since the 6th: %v", moved)
	}
	if still["verdict"] != "same" || still["difference"] != 0.0 {
		t.Errorf("since the 5th: %v", still)
	}
	p = list(t, h.get("/api/v1/metrics/active_users_day/series?from=2026-02-20&to=2026-03-11&grain=day&change=true"), "points")
	for _, q := range p {
		if c, ok := q["change"].(map[string]any); ok && c["verdict"] == "real" {
			t.Errorf("two users a day for a week are no history, yet %v", c)
		}
	}
	if p := list(t, h.get("/api/v1/metrics/mrr/series?from=2026-03-01&to=2026-03-15&grain=day"), "points"); p[9]["change"] != nil {
		t.Errorf("changes that nobody asked for: %v", p[9])
	}
}

// A breakdown of shares tells the value drawn towards that of all groups.
func TestSeriesShrunk(t *testing.T) {
	h := newHouse(t)
	for plan, did := range map[string]int{"basic": 2, "pro": 15, "max": 3} {
		n := map[string]int{"basic": 20, "pro": 20, "max": 3}[plan]
		for i := range n {
			account := farol.AccountID(fmt.Sprintf("%s-%d", plan, i))
			h.append(farol.Event{ID: "g" + string(account), Kind: farol.Group, At: local(1, 9).UTC(), Account: account,
				Properties: json.RawMessage(`{"plan":"` + plan + `","created_at":"2026-03-01T12:00:00Z"}`)})
			if i < did {
				h.append(did1(account))
			}
		}
	}
	h.at(local(28, 12))
	read := func(by string) (out map[string]map[string]any) {
		out = map[string]map[string]any{}
		for _, p := range list(t, h.get("/api/v1/metrics/activation_rate/series?from=2026-03-01&to=2026-03-02&grain=day"+by), "points") {
			group, _ := p["group"].(string)
			out[group] = p
		}
		return out
	}
	p := read("&by=plan")
	drawn, _ := p["max"]["shrunk"].(map[string]any)
	if p["max"]["value"] != 1.0 || p["max"]["units"] != 3.0 || drawn == nil || drawn["value"].(float64) > 0.95 || drawn["weight"].(float64) > 0.9 || drawn["low"].(float64) >= drawn["high"].(float64) {
		t.Errorf("all three of max: %v", p["max"])
	}
	if _, has := read("")[""]["shrunk"]; has {
		t.Error("a whole is drawn to itself")
	}
}

// did1 is one event of somebody of the account.
func did1(account farol.AccountID) farol.Event {
	return did("d"+string(account), local(2, 9), string(account), "of-"+string(account), "Report Created", ``)
}

// part is the JSON of a field of a point.
func part(body map[string]any, i int, field string) string {
	b, _ := json.Marshal(body["points"].([]any)[i].(map[string]any)[field])
	return string(b)
}

func TestSeriesBy(t *testing.T) {
	h := newHouse(t)
	h.week()
	same(t, points(t, h.get("/api/v1/metrics/active_users_day/series?from=2026-03-02&to=2026-03-04&by=plan")),
		`{"2026-03-02 ":0,"2026-03-02 free":1,"2026-03-02 pro":1,"2026-03-03 ":1,"2026-03-03 free":0,"2026-03-03 pro":1}`)
	same(t, points(t, h.get("/api/v1/metrics/active_users_day/series?from=2026-03-02&to=2026-03-04&segment=plan%3Dpro&segment=plan%3Dfree")),
		`{"2026-03-02":2,"2026-03-03":1}`)
	same(t, points(t, h.get("/api/v1/metrics/active_users_day/series?from=2026-03-02&to=2026-03-04&segment=plan%3Dfree")),
		`{"2026-03-02":1,"2026-03-03":0}`)
}

func TestSeriesDefaults(t *testing.T) {
	h := newHouse(t)
	for grain, n := range map[string]int{"day": 28, "week": 12, "month": 12} {
		m := map[string]string{"day": "active_users_day", "week": "active_users_week", "month": "active_users_month"}[grain]
		p := list(t, h.get("/api/v1/metrics/"+m+"/series?grain="+grain), "points")
		last := map[string]string{"day": "2026-03-10", "week": "2026-03-09", "month": "2026-03-01"}[grain]
		if len(p) != n || p[n-1]["period"] != last {
			t.Errorf("%s: %d points to %v", grain, len(p), p[len(p)-1])
		}
	}
	p := list(t, h.get("/api/v1/metrics/active_users_day/series?grain=day&as_of=2026-02-03"), "points")
	if p[len(p)-1]["period"] != "2026-02-03" {
		t.Errorf("as of February: %v", p[len(p)-1])
	}
}

func TestRows(t *testing.T) {
	h := newHouse(t)
	h.week()
	body := h.get("/api/v1/metrics/active_users_day/rows?period=2026-03-03&grain=day")
	rows := list(t, body, "rows")
	if body["period"] != "2026-03-03" || body["to"] != "2026-03-04" || body["metric"] != "active_users_day" || body["next"] != nil {
		t.Errorf("rows of %v", body)
	}
	same(t, rows, `[{"account":"acme","denominator":null,"group":null,"numerator":1,"per":null,"times":null,"unit":"ana"},
		{"account":"gama","denominator":null,"group":null,"numerator":1,"per":null,"times":null,"unit":"cid"}]`)

	// By pages, and of one group.
	var units []string
	next := ""
	for range 5 {
		page := h.get("/api/v1/metrics/active_users_day/rows?period=2026-03-02/2026-03-03&limit=1&after=" + url.QueryEscape(next))
		for _, r := range list(t, page, "rows") {
			units = append(units, r["unit"].(string))
		}
		var more bool
		if next, more = page["next"].(string); !more {
			break
		}
	}
	slices.Sort(units)
	if strings.Join(units, " ") != "ana bob" {
		t.Errorf("by pages: %q", units)
	}
	pro := list(t, h.get("/api/v1/metrics/active_users_day/rows?period=2026-03-02&by=plan&group=pro"), "rows")
	if len(pro) != 1 || pro[0]["unit"] != "ana" || pro[0]["group"] != "pro" {
		t.Errorf("pro: %v", pro)
	}
	mrr := list(t, h.get("/api/v1/metrics/mrr/rows?period=2026-03-05&grain=day"), "rows")
	if len(mrr) != 1 || mrr[0]["numerator"] != 1234.56 {
		t.Errorf("mrr: %v", mrr)
	}
}

func TestExplain(t *testing.T) {
	h := newHouse(t)
	h.week()
	e := h.get("/api/v1/metrics/activation_rate/explain?from=2026-03-02&to=2026-03-09&grain=week")
	if e["metric"] != "activation_rate" || e["definition"] == "" || e["formula"] == "" || !strings.Contains(strings.ToLower(e["sql"].(string)), "select") ||
		strings.Contains(e["sql"].(string), "{{") || !strings.Contains(e["query"].(string), "{{") {
		t.Errorf("%v", e)
	}
	var used []string
	for _, s := range list(t, e, "settings") {
		used = append(used, s["name"].(string))
	}
	if !slices.Contains(used, "activation") {
		t.Errorf("settings %v", used)
	}
}

// A question that makes no sense is refused, and the place named.
func TestReadErrors(t *testing.T) {
	h := newHouse(t)
	const series, rows = "/api/v1/metrics/active_users_day/series?", "/api/v1/metrics/active_users_day/rows?"
	for path, location := range map[string]string{
		series + "from=2026-02-30":                     "query.from",
		series + "from=yesterday&to=2026-03-01":        "query.from",
		series + "to=03/01/2026":                       "query.to",
		series + "from=2026-03-02&to=2026-03-01":       "query.to",
		series + "from=1900-01-01&to=2026-03-01":       "query.to",
		series + "grain=hour":                          "query.grain",
		series + "as_of=today":                         "query.as_of",
		series + "known=now":                           "query.known",
		series + "known=2026-13-01":                    "query.known",
		series + "segment=plan":                        "query.segment",
		series + "segment=%3Dpro":                      "query.segment",
		series + "by=plan%3D":                          "query.by",
		series + "asof=2026-03-01":                     "query.asof",
		rows:                                           "query.period",
		rows + "period=march":                          "query.period",
		rows + "period=2026-03-02/2026-03-05":          "query.period",
		rows + "period=2026-03-02&limit=0":             "query.limit",
		rows + "period=2026-03-02&limit=many":          "query.limit",
		rows + "period=2026-03-02&group=pro":           "query.group",
		rows + "period=2026-03-02&after=%21":           "query.after",
		"/api/v1/events?from=x":                        "query.from",
		"/api/v1/events?to=x":                          "query.to",
		"/api/v1/events?from=2026-03-02&to=2026-03-01": "query.to",
		"/api/v1/events?known=x":                       "query.known",
		"/api/v1/events?kind=click":                    "query.kind",
		"/api/v1/events?limit=1001":                    "query.limit",
		"/api/v1/events?after=%21%21":                  "query.after",
		"/api/v1/rejections?after=%21%21":              "query.after",
	} {
		t.Run(path, func(t *testing.T) {
			h.call("GET", path, h.tokens[store.Viewer], "").problem(t, 422, location)
		})
	}
	for _, p := range []string{"series", "rows?period=2026-03-02", "explain"} {
		h.call("GET", "/api/v1/metrics/no/"+p, h.tokens[store.Viewer], "").problem(t, 404, "")
	}
	if h.log.Len() > 0 {
		t.Errorf("log: %s", h.log)
	}
}
