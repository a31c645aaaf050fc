package api

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

func ids(t *testing.T, body map[string]any) string {
	t.Helper()
	var out []string
	for _, e := range list(t, body, "events") {
		out = append(out, e["id"].(string))
	}
	return strings.Join(out, " ")
}

func TestEvents(t *testing.T) {
	h := newHouse(t)
	h.week()
	h.append(farol.Event{ID: "p1", Kind: farol.Page, Name: "Pricing", At: local(10, 11).UTC(), Anonymous: "visitor", Source: "site"})

	body := h.get("/api/v1/events?from=2026-03-02&to=2026-03-03&account=acme&person=ana&name=Report%20Created&limit=10&after=")
	events := list(t, body, "events")
	if len(events) != 1 || body["next"] != nil {
		t.Fatalf("got %v", body)
	}
	same(t, events[0], `{"id":"e1","at":"2026-03-02T12:00:00Z","known":"`+events[0]["known"].(string)+`","source":"web","kind":"track",
		"name":"Report Created","account":"acme","person":"ana","anonymous":null,"properties":{"big":9007199254740993},"late":false}`)
	raw := h.call("GET", "/api/v1/events?account=acme&from=2026-03-02&to=2026-03-03&name=Report%20Created", h.tokens["viewer"], "")
	if !strings.Contains(raw.text, `"big":9007199254740993`) {
		t.Errorf("a number lost its digits: %s", raw.text)
	}

	visitor := list(t, h.get("/api/v1/events?source=site"), "events")
	if len(visitor) != 1 || visitor[0]["anonymous"] != "visitor" || visitor[0]["account"] != nil || visitor[0]["name"] != "Pricing" ||
		visitor[0]["kind"] != "page" {
		t.Errorf("visitor %v", visitor)
	}
	same(t, visitor[0]["properties"], `{}`)

	late := list(t, h.get("/api/v1/events?person=cid"), "events")
	if len(late) != 1 || late[0]["late"] != true || late[0]["at"] != "2026-03-03T13:00:00Z" {
		t.Errorf("late %v", late)
	}
	for query, want := range map[string]string{
		"kind=group":                                     "g2 g1",
		"from=2026-03-05":                                "p1 s1 e4",
		"to=2026-03-03&kind=track":                       "e2 e1",
		"from=2026-03-03&to=2026-03-04":                  "e5 e3",
		"from=2026-03-03&to=2026-03-04&known=2026-03-08": "e3",
		"name=Nothing":                                   "",
		"account=beta&kind=track":                        "e2",
		"account=a%00b":                                  "",
	} {
		got := strings.Fields(ids(t, h.get("/api/v1/events?"+query)))
		want := strings.Fields(want)
		if !sameSet(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func sameSet(a, b []string) bool {
	n := map[string]int{}
	for _, x := range a {
		n[x]++
	}
	for _, x := range b {
		n[x]--
	}
	for _, v := range n {
		if v != 0 {
			return false
		}
	}
	return true
}

func TestEventPages(t *testing.T) {
	h := newHouse(t)
	h.week()
	all := ids(t, h.get("/api/v1/events"))
	var got []string
	next := ""
	for range 20 {
		page := h.get("/api/v1/events?limit=2&after=" + url.QueryEscape(next))
		got = append(got, strings.Fields(ids(t, page))...)
		var more bool
		if next, more = page["next"].(string); !more {
			break
		}
	}
	if strings.Join(got, " ") != all || len(got) != 8 {
		t.Errorf("by pages %q\nat once  %q", strings.Join(got, " "), all)
	}
}

func TestRejections(t *testing.T) {
	h := newHouse(t)
	_, err := h.facts.Append(t.Context(), facts.Batch{Rejected: []facts.Rejected{
		{ID: "m1", Received: local(10, 11).UTC(), Source: "web", Kind: "track", Name: "Subscription Started", Field: "properties.mrr",
			Reason: "must be a number", Body: `{"mrr":"x"}`},
		{Received: local(10, 12).UTC(), Source: "web", Reason: "is not JSON", Body: `{`},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := list(t, h.get("/api/v1/rejections"), "rejections")
	if len(got) != 2 {
		t.Fatalf("got %v", got)
	}
	same(t, got[0], `{"id":null,"received":"2026-03-10T15:00:00Z","source":"web","kind":null,"name":null,"field":null,"reason":"is not JSON","body":"{"}`)
	same(t, got[1], `{"id":"m1","received":"2026-03-10T14:00:00Z","source":"web","kind":"track","name":"Subscription Started",
		"field":"properties.mrr","reason":"must be a number","body":"{\"mrr\":\"x\"}"}`)
	page := h.get("/api/v1/rejections?limit=1")
	rest := h.get("/api/v1/rejections?limit=1&after=" + url.QueryEscape(page["next"].(string)))
	if r := list(t, rest, "rejections"); len(r) != 1 || r[0]["id"] != "m1" {
		t.Errorf("second page %v", rest)
	}
}

func TestAttributes(t *testing.T) {
	h := newHouse(t)
	same(t, h.get("/api/v1/attributes"), `{"attributes":[]}`)
	h.append(
		farol.Event{ID: "g1", Kind: farol.Group, At: local(2, 8).UTC(), Account: "a", User: "ana", Properties: json.RawMessage(`{"plan":"pro"}`)},
		farol.Event{ID: "g2", Kind: farol.Group, At: local(2, 8).UTC(), Account: "b", User: "bob", Properties: json.RawMessage(`{"plan":"pro"}`)},
		farol.Event{ID: "g3", Kind: farol.Group, At: local(2, 8).UTC(), Account: "c", User: "cid", Properties: json.RawMessage(`{"plan":"free"}`)})
	same(t, h.get("/api/v1/attributes"), `{"attributes":["plan"]}`)
	same(t, h.get("/api/v1/attributes/plan/values"), `{"values":["pro","free"]}`)
	same(t, h.get("/api/v1/attributes/none/values"), `{"values":[]}`)
}
