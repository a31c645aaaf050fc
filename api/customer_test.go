package api

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

func group(id, account, props string, day int) farol.Event {
	return farol.Event{ID: id, Kind: farol.Group, At: local(day, 9).UTC(), Account: farol.AccountID(account), Properties: json.RawMessage(props)}
}

// What is done to customers on the pages can be done by the API: listed, found,
// changed, taken back, read as of a day.
func TestCustomers(t *testing.T) {
	h := newHouse(t)
	csm, viewer := h.tokens[store.CSM], h.tokens[store.Viewer]
	h.append(group("g1", "a1", `{"name":"Ágora","plan":"pro"}`, 1), group("g2", "a2", `{"name":"Beta","plan":"basic"}`, 2), group("g3", "a1", `{"plan":"team"}`, 5),
		did("s1", local(1, 9), "a1", "", "Subscription Started", `{"subscription":"s1","mrr":120,"currency":"BRL","plan":"pro","product":"Core","seats":3,"quantity":3}`),
		did("t1", local(3, 9), "a1", "ana", "Ticket Opened", `{"ticket":"t1","subject":"Slow"}`),
		did("u1", local(4, 9), "a1", "ana", "Report Created", `{}`))
	h.at(local(10, 12))

	got := h.call("GET", "/api/v1/customers?where=attribute.plan!=basic", viewer, "")
	if l := list(t, got.body, "customers"); len(l) != 1 || l[0]["name"] != "Ágora" || got.body["count"] != 1.0 {
		t.Fatalf("%s", got.text)
	}
	h.call("GET", "/api/v1/customers?where=plan", viewer, "").problem(t, 422, "query.where")
	if a := h.get("/api/v1/customers/a1?as_of=2026-03-03"); a["attributes"].(map[string]any)["plan"] != "pro" {
		t.Errorf("as of the third: %v", a)
	}
	if a := h.call("GET", "/api/v1/customers?as_of=2026-03-01", viewer, ""); a.body["count"] != 1.0 {
		t.Errorf("as of the first: %s", a.text)
	}
	h.call("GET", "/api/v1/customers/nobody", viewer, "").problem(t, 404, "")

	moved := h.call("POST", "/api/v1/customers/changes", csm, `{"where":["attribute.plan=team"],"do":"stage","stage":"onboarding","reason":"They start"}`)
	if moved.status != 201 || moved.body["count"] != 1.0 {
		t.Fatalf("%d %s", moved.status, moved.text)
	}
	if a := h.get("/api/v1/customers/a1"); a["stage"] != "onboarding" || a["standing"] != "on-track" || a["stage_since"] != "2026-03-10" {
		t.Errorf("moved: %v", a)
	}
	if a := list(t, h.get("/api/v1/customers/a1/stages"), "moves"); len(a) != 1 || a[0]["reason"] != "They start" {
		t.Errorf("its way: %v", a)
	}
	for body, field := range map[string]string{
		`{"customers":["a1"],"do":"stage","stage":"limbo","reason":"x"}`: "body.stage", `{"customers":["a1"],"do":"stage","stage":"ongoing"}`: "body.reason",
		`{"do":"tag","name":"x"}`: "body.customers", `{"customers":["a1"],"do":"tag","name":"a,b"}`: "body.tag", `{"customers":["a1"],"where":["tags="],"do":"tag","name":"x"}`: "body.where",
	} {
		h.call("POST", "/api/v1/customers/changes", csm, body).problem(t, 422, field)
	}
	h.call("POST", "/api/v1/customers/changes", csm, `{"customers":["nobody"],"do":"tag","name":"x"}`).problem(t, 404, "")
	h.call("POST", "/api/v1/customers/changes", viewer, `{"customers":["a1"],"do":"tag","name":"x"}`).problem(t, 403, "")
	undo := "/api/v1/customers/changes/" + moved.body["id"].(string) + "/undo"
	h.call("POST", undo, h.tokens[store.Support], "").problem(t, 403, "")
	if a := h.call("POST", undo, csm, ""); a.status != 200 || a.body["customers"] != 1.0 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("POST", undo, csm, "").problem(t, 409, "")
	if l := list(t, h.get("/api/v1/customers/changes"), "changes"); len(l) != 1 || l[0]["undone_by"] == nil {
		t.Errorf("the changes are %v", l)
	}

	var kinds []string
	for _, m := range list(t, h.get("/api/v1/customers/a1/timeline?limit=100"), "moments") {
		kinds = append(kinds, m["kind"].(string))
	}
	if all := strings.Join(kinds, " "); !strings.Contains(all, "ticket") || !strings.Contains(all, "subscription") || !strings.Contains(all, "mark") || !strings.Contains(all, "attribute") {
		t.Errorf("the timeline has %s", all)
	}
	if l := list(t, h.get("/api/v1/customers/a1/timeline?person=ana"), "moments"); len(l) != 1 {
		t.Errorf("what ana did: %v", l)
	}
	first := h.get("/api/v1/customers/a1/timeline?limit=1")
	if l := list(t, h.get("/api/v1/customers/a1/timeline?limit=100&before="+first["next"].(string)), "moments"); len(l)+len(list(t, first, "moments")) != len(kinds) {
		t.Errorf("two pages hold %d and %d of %d", len(list(t, first, "moments")), len(l), len(kinds))
	}
	if u := h.get("/api/v1/customers/a1/use"); len(list(t, u, "events")) != 1 || len(list(t, u, "days")) != 1 {
		t.Errorf("its use: %v", u)
	}
	if l := list(t, h.get("/api/v1/customers/a1/subscriptions"), "lines"); len(l) != 1 || l[0]["mrr"] != 120.0 || l[0]["to"] != nil {
		t.Errorf("its subscriptions: %v", l)
	}
}

func TestStages(t *testing.T) {
	h := newHouse(t)
	manager := h.tokens[store.Manager]
	if a := h.get("/api/v1/stages"); a["version"] != 0.0 || len(list(t, a, "stages")) != 7 {
		t.Errorf("%v", a)
	}
	h.call("PUT", "/api/v1/stages", manager, `{"hand_days":5,"stages":[{"name":"a","enter":"plan is is"}]}`).problem(t, 422, "body.stages[0].enter")
	if a := h.call("PUT", "/api/v1/stages?base=0", manager, `{"hand_days":5,"stages":[{"name":"a","enter":"plan is \"pro\"","target_days":3}]}`); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	h.call("PUT", "/api/v1/stages?base=0", manager, `{"hand_days":6,"stages":[{"name":"a"}]}`).problem(t, 409, "")
	h.call("PUT", "/api/v1/stages", h.tokens[store.CSM], `{"hand_days":6,"stages":[{"name":"a"}]}`).problem(t, 403, "")
	h.append(group("g1", "a1", `{"name":"Ágora","plan":"pro"}`, 1))
	h.at(local(10, 12))
	same(t, h.get("/api/v1/stages/board"), `{"stages":[{"stage":null,"count":1,"mrr":null,"standings":{},"median_days":null},{"stage":"a","count":0,"mrr":null,"standings":{},"median_days":null}]}`)
}

func TestFiles(t *testing.T) {
	h := newHouse(t)
	csm := h.tokens[store.CSM]
	h.append(group("g1", "a1", `{"name":"Ágora"}`, 1))
	h.at(local(10, 12))
	content := "a,b\n\x00\xff"
	f := h.call("POST", "/api/v1/customers/a1/files", csm, `{"name":"x.csv","note":"n","content":"`+base64.StdEncoding.EncodeToString([]byte(content))+`"}`)
	if f.status != 201 || f.body["size"] != float64(len(content)) {
		t.Fatalf("%d %s", f.status, f.text)
	}
	one := "/api/v1/files/" + f.body["id"].(string)
	req, err := http.NewRequest("GET", h.url+one, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+csm)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || string(b) != content || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("it comes back as %q, %v, %v", b, res.Header, err)
	}
	if l := list(t, h.get("/api/v1/customers/a1/files"), "files"); len(l) != 1 {
		t.Errorf("%v", l)
	}
	h.call("POST", "/api/v1/customers/a1/files", csm, `{"name":"x.html","content":"PGI+"}`).problem(t, 422, "body.file")
	h.call("POST", "/api/v1/customers/a1/files", csm, `{"name":"x.txt","content":""}`).problem(t, 422, "body.content")
	h.call("POST", "/api/v1/customers/nobody/files", csm, `{"name":"x.txt","content":"PGI+"}`).problem(t, 404, "")
	h.call("DELETE", one, h.tokens[store.Support], "").problem(t, 403, "") // it did not send it
	if a := h.call("DELETE", one, csm, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.text)
	}
	h.call("GET", one, csm, "").problem(t, 404, "")
}
