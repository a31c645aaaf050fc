package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/goal"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// mark is in every text of the account that the limited token may not see.
const mark = "zzsecret"

// things are ids of what belongs to the secret account, by the beginning of
// the path; free begins paths whose parameters name nothing of an account.
var free = []string{
	"/metrics/", "/glossary/", "/restatements/", "/views/", "/sources/", "/definitions/", "/settings/", "/members/", "/tokens/", "/note-templates/", "/attributes/", "/activation/",
	"/churn/", "/retention/", "/features/", "/criteria/", "/invitations/", "/access/", "/segments/", "/desks/", "/articles/", "/goals/", "/deliveries/", "/erasures/", "/covers/",
}

// fill writes ids into a path.
func (h *house) fill(path string, things map[string]string) (filled string, names bool) {
	rest := strings.TrimPrefix(path, root)
	if !strings.Contains(rest, "{") {
		return path, false
	}
	if strings.HasPrefix(rest, "/tickets/{") {
		return root + "/tickets/web/" + mark, true
	}
	for prefix, id := range things {
		if strings.HasPrefix(rest, prefix) {
			return root + replaceParams(rest, id), true
		}
	}
	for _, prefix := range free {
		if strings.HasPrefix(rest, prefix) {
			return root + replaceParams(rest, "active_users_week"), false
		}
	}
	h.t.Errorf("the walk does not know what %s names: say in walk_test.go", path)
	return path, false
}

func replaceParams(path, id string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = id
		}
	}
	return strings.Join(parts, "/")
}

// things are what the secret account has.
func (h *house) things(t *testing.T) map[string]string {
	f, err := h.store.AddFile(t.Context(), store.File{Account: mark + "-acct", Name: mark + ".txt", Author: "token:x"}, strings.NewReader(mark))
	if err != nil {
		t.Fatal(err)
	}
	n, err := h.store.AddNote(t.Context(), store.Note{Account: mark + "-acct", Author: "token:x", Title: mark, Body: mark})
	if err != nil {
		t.Fatal(err)
	}
	m, err := h.store.Say(t.Context(), store.Message{Thread: store.AccountThread(mark + "-acct"), Author: "token:x", Body: mark})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.AddCustomerChange(t.Context(), store.CustomerChange{Author: "token:x", Trait: "$stage", Value: "x", Reason: mark, Before: map[farol.AccountID]string{mark + "-acct": ""}}); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"/people/": mark + "-person", "/notes/": n.ID, "/messages/": m.ID, "/customers/": mark + "-acct", "/accounts/": mark + "-acct", "/files/": f.ID}
}

// samples asks for what is of no account and holds texts of one: the sample of a
// mapping, and the documents behind the pages.
func (h *house) samples(t *testing.T, token string) {
	if err := h.store.UseKey(bytes.Repeat([]byte{9}, 32)); err != nil {
		t.Fatal(err)
	}
	d, _, err := h.store.AddDesk(t.Context(), "webhook", "Jira", "")
	if err != nil {
		t.Fatal(err)
	}
	path := root + "/desks/" + string(d.ID) + "/mapping"
	h.call("PUT", path, h.tokens[store.Admin], `{"sample":{"n":"`+mark+`"},"fields":{"id":"n"}}`)
	for _, who := range []string{h.tokens[store.CSM], token} {
		limited := who == token
		if a := h.call("GET", path, who, ""); a.status != 200 || strings.Contains(a.text, mark) == limited {
			t.Errorf("the mapping (limited: %t) answered %d %s", limited, a.status, a.text)
		}
		for _, asked := range []string{desk.MappingKind, desk.MappingKind + "/" + string(d.ID), goal.Kind, segment.Kind, "note_template"} {
			if a := h.call("GET", root+"/definitions/"+asked, who, ""); (a.status == 403) != limited || limited && strings.Contains(a.text, mark) {
				t.Errorf("definitions %s (limited: %t) answered %d %s", asked, limited, a.status, a.text)
			}
		}
		if a := h.call("GET", root+"/definitions/setting", who, ""); a.status != 200 {
			t.Errorf("settings answered %d", a.status)
		}
	}
}

// No operation tells a token of a portfolio of an account out of sight.
func TestNothingOutOfSight(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	props := func(x map[string]any) string { b, _ := json.Marshal(x); return string(b) }
	secret := farol.AccountID(mark + "-acct")
	group := func(id, account, name string) farol.Event {
		return farol.Event{ID: id, Kind: farol.Group, At: local(1, 9).UTC(), Account: farol.AccountID(account), Properties: json.RawMessage(props(map[string]any{"name": name, "plan": name + " plan"}))}
	}
	events := []farol.Event{
		group("g1", string(secret), mark), group("g2", "open-acct", "open"),
		did("o1", local(2, 9), "open-acct", "open-person", "Report Created", "{}"),
		did("s1", local(1, 9), string(secret), "", "Subscription Started", props(map[string]any{"subscription": mark, "mrr": 87654.32, "currency": "BRL", "plan": mark, "product": "Core"})),
		did("s3", local(3, 9), string(secret), mark+"-person", "Survey Answered", props(map[string]any{"survey": "q", "kind": "nps", "score": 1, "comment": mark})),
		did("s4", local(3, 9), string(secret), mark+"-person", "Ticket Opened", props(map[string]any{"ticket": mark, "subject": mark, "topic": mark})),
	}
	for i := range 8 {
		events = append(events, did(fmt.Sprint("u", i), local(1+i, 10), string(secret), mark+"-person", "Report Created", props(map[string]any{"note": mark})))
	}
	h.append(events...)
	m, err := h.store.AddMember(ctx, store.NewMember{Email: "csm@example.com", Name: "Csm", Password: "correct horse battery", Role: store.CSM})
	if err == nil {
		err = h.facts.SaveMarks(ctx, local(1, 8), []facts.Mark{{Account: "open-acct", Trait: "$owner.csm", Value: string(m.ID)}})
	}
	_, token, err2 := h.store.AddTokenFor(ctx, store.NewToken{Name: "mine", Role: store.CSM, Access: store.Access{Scope: store.OwnAccounts}, Member: m.ID})
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	h.at(local(10, 13))
	if a := h.call("GET", root+"/events", h.tokens[store.CSM], ""); !strings.Contains(a.text, mark) {
		t.Fatal("the account is not there to be found")
	}
	things := h.things(t)
	h.samples(t, token)
	for _, op := range h.operations() {
		path, names := h.fill(op.path, things)
		if op.method != http.MethodGet {
			if !names {
				continue
			}
			if a := h.call(op.method, path, token, "{}"); a.status < 400 || a.status >= 500 {
				t.Errorf("%s %s on what is out of sight answered %d", op.method, op.path, a.status)
			}
			continue
		}
		base := "?"
		if strings.HasSuffix(op.path, "/rows") {
			base = "?period=2026-03-01&"
		}
		for _, look := range []string{"", "account=" + string(secret), "by=account", "by=plan", "segment=account%3D" + string(secret), "person=" + mark + "-person"} {
			a := h.call("GET", path+strings.TrimRight(base+look, "?&"), token, "")
			if names && a.status != http.StatusNotFound && a.status != http.StatusForbidden && a.status != http.StatusUnprocessableEntity {
				t.Errorf("GET %s?%s of what is out of sight answered %d", op.path, look, a.status)
			}
			if a.status >= 500 {
				t.Errorf("GET %s?%s failed: %d %s", op.path, look, a.status, h.log)
				h.log.Reset()
			}
			body := strings.NewReplacer("= ["+string(secret)+"]", "", `"account"`, "").Replace(a.text)
			if strings.HasPrefix(look, "segment") {
				body = strings.ReplaceAll(body, string(secret), "") // it was asked for
			}
			if a.status == http.StatusOK && (strings.Contains(body, mark) || strings.Contains(body, "87654")) {
				i := max(strings.Index(body, mark), strings.Index(body, "87654"))
				t.Errorf("GET %s?%s shows what is out of sight: %s", op.path, look, body[max(0, i-100):min(len(body), i+60)])
			}
		}
	}
}
