package api

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// Two of three who answered are content; bob's account pays and refers.
func TestVoiceAndLifecycle(t *testing.T) {
	h := newHouse(t)
	h.week()
	say := func(id, name, account, user, props string) farol.Event {
		return farol.Event{ID: id, Kind: farol.Track, Name: name, At: local(6, 9).UTC(), Account: farol.AccountID(account), User: farol.PersonID(user), Properties: json.RawMessage(props)}
	}
	h.append(
		say("v1", "Survey Answered", "acme", "ana", `{"survey":"q","kind":"nps","score":9,"comment":"<i>ok</i>"}`),
		say("v2", "Survey Answered", "beta", "bob", `{"survey":"q","kind":"nps","score":3,"comment":"caro"}`),
		say("v3", "Survey Answered", "beta", "eva", `{"survey":"q","kind":"nps","score":10}`),
		say("v4", "Survey Answered", "beta", "eva", `{"survey":"t","kind":"nps","score":0,"relation":"transactional"}`),
		say("v5", "Referral Sent", "beta", "bob", `{"referral":"r1","invitee_email":"zoe@x.example"}`))
	d := h.get("/api/v1/voice/distribution?from=2026-03-01&to=2026-03-11&by=plan")
	all := d["all"].(map[string]any)
	if fmt.Sprint(all["scores"]) != "[0 0 0 1 0 0 0 0 0 1 1]" || all["answers"] != 3.0 || all["group"] != nil || d["scale"] != 10.0 || d["relation"] != "relational" {
		t.Errorf("distribution: %v", d)
	}
	if gs := list(t, d, "groups"); len(gs) != 3 || gs[0]["group"] != "free" || gs[0]["answers"] != 2.0 || d["weighted"] == nil {
		t.Errorf("groups: %v %v", gs, d["weighted"])
	}
	page := h.get("/api/v1/voice/comments?from=2026-03-01&to=2026-03-11&limit=1")
	cs := list(t, page, "comments")
	if len(cs) != 1 || cs[0]["comment"] != "caro" && cs[0]["comment"] != "<i>ok</i>" || page["next"] == nil {
		t.Errorf("comments: %v", page)
	}
	rest := h.get("/api/v1/voice/comments?from=2026-03-01&to=2026-03-11&limit=1&after=" + page["next"].(string))
	if more := list(t, rest, "comments"); len(more) != 1 || more[0]["id"] == cs[0]["id"] || rest["next"] != nil {
		t.Errorf("the next comments: %v", rest)
	}
	if n := len(list(t, h.get("/api/v1/voice/comments?from=2026-03-01&to=2026-03-11&all=true&relation=transactional"), "comments")); n != 1 {
		t.Errorf("%d transactional answers", n)
	}
	b := h.get("/api/v1/lifecycle?from=2026-03-01&to=2026-03-11&by=plan")
	whole := b["all"].(map[string]any)
	if whole["created"] != 3.0 || whole["mature"] != 0.0 || len(list(t, whole, "stages")) != 5 || b["within"] != 90.0 || len(list(t, b, "groups")) != 3 || len(list(t, b, "cohorts")) != 1 {
		t.Errorf("board: %v", b)
	}
	as := list(t, h.get("/api/v1/lifecycle/accounts?from=2026-03-01&to=2026-03-11&stage=referring"), "accounts")
	if len(as) != 1 || as[0]["account"] != "beta" || as[0]["referring"] != "2026-03-06" || as[0]["paying"] != nil || as[0]["mature"] != false {
		t.Errorf("who refers: %v", as)
	}
	if as := list(t, h.get("/api/v1/lifecycle/accounts?from=2026-03-01&to=2026-03-11&stage=referring&then=paying"), "accounts"); len(as) != 0 {
		t.Errorf("who refers and pays: %v", as)
	}
	if as := list(t, h.get("/api/v1/lifecycle/accounts?from=2026-03-01&to=2026-03-11&mature=true"), "accounts"); len(as) != 0 {
		t.Errorf("who had their whole time: %v", as)
	}
	for query, field := range map[string]string{
		"voice/distribution?kind=x": "query.kind", "voice/distribution?from=x": "query.from", "voice/comments?after=x": "query.after", "voice/comments?segment=plan": "query.segment",
		"lifecycle?within=3": "query.within", "lifecycle?known=x": "query.known", "lifecycle/accounts?stage=x": "query.stage", "lifecycle/accounts?then=x": "query.then", "lifecycle?from=2026-03-01&to=2026-02-01": "query.to",
	} {
		h.call("GET", "/api/v1/"+query, h.tokens[store.Viewer], "").problem(t, 422, field)
	}
}
