package web

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// After an erasure no page, search, export or text of the state finds the
// person; the figures moved and the ledger says by how much; a late event
// brings nobody back.
func TestErasePerson(t *testing.T) {
	s := settled(t)
	ctx := t.Context()
	csm := as{role: store.CSM}
	const page = "/people/user-01-0"
	s.post(csm, "/customers/acct-01/notes", "body", "José Ávila <b> (jose@example.com, user-01-0) likes reports; user-01-01 does not.").is(303)
	s.post(csm, "/customers/acct-01/tasks", "title", "Call jose@example.com").is(303)
	s.post(csm, page, "do", "role", "role", "champion")

	file := s.get(admin, page+"/export").is(200)
	for _, want := range []string{`"email":"jose@example.com"`, "Report Created", "likes reports", "Call jose@example.com", `"CFO"`} {
		if !strings.Contains(file.body, want) {
			t.Errorf("the export lacks %s", want)
		}
	}
	s.get(csm, page+"/export").is(403)
	s.get(as{role: store.Manager}, page+"/erase").is(403)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Admin, code: code}, page+"/erase").is(200).has("input[name=confirm]", 1)
	})
	s.post(admin, "/erasures", "person", "user-01-0", "reason", "asked", "confirm", "user-01").is(422).has(".form-error", 1)
	s.post(admin, "/erasures", "person", "user-01-0", "reason", "", "confirm", "user-01-0").is(422).has(".form-error", 1)
	s.post(admin, "/erasures", "person", "user-01-0", "reason", "José Ávila <b> asked", "confirm", "user-01-0").is(422).has(".form-error", 1)
	s.post(as{role: store.Manager}, "/erasures", "person", "user-01-0", "reason", "asked", "confirm", "user-01-0").is(403)
	to := s.post(admin, "/erasures", "person", "user-01-0", "reason", "They asked for it", "confirm", "user-01-0").is(303).header.Get("Location")
	to, _, _ = strings.Cut(to, "?")

	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Admin, code: code}, "/erasures").is(200).has("tbody tr", 1)
		s.get(as{role: store.Admin, code: code}, to).is(200).says(".pairs", "They asked for it")
	})

	gone := []string{"user-01-0\"", "user-01-0<", "José", "jose@example.com", "Ávila"}
	for _, path := range []string{"/people", "/people?q=jose", "/people.csv", "/customers/acct-01", "/customers/acct-01?tab=people", "/customers/acct-01?tab=notes", "/customers/acct-01?tab=tasks", "/customers/acct-01?tab=answers", "/events?account=acct-01", "/audit", "/audit.csv", "/rejected", "/erasures", to, "/voice/answers"} {
		a := s.get(admin, path).is(200)
		for _, g := range gone {
			if strings.Contains(a.body, g) {
				t.Errorf("%s still has %q", path, g)
			}
		}
	}
	s.get(admin, page).is(404)
	s.get(admin, "/customers/acct-01?tab=notes").says(".written", "[erased] ([erased], [erased]) likes reports; user-01-01 does not.")

	late := (&recorder{source: s.source.ID, n: 70_000}).event(farol.Track, "Report Created", today, "acct-01", "user-01-0", nil)
	send := func(e farol.Event) {
		_, err := s.facts.Append(ctx, facts.Batch{Events: []farol.Event{e}})
		s.check(err)
	}
	send(late)
	s.get(admin, page).is(404)
	s.get(admin, "/rejected").says("table", "the person was erased")
	// Somebody new with the same address had refused marketing before.
	again := (&recorder{source: s.source.ID, n: 80_000}).event(farol.Identify, "", today, "", "user-new", map[string]any{"email": "jose@example.com"})
	send(again)
	s.get(admin, "/people/user-new").says(".pairs", "refused before an erasure")
	s.post(admin, to+"/lift").leadsTo(to + "?done=saved")
	late.ID = "another"
	send(late)
	s.get(admin, page).is(200)
	s.post(admin, to+"/lift").is(404)
	s.get(admin, "/audit?check=yes").says(".flash", "follow from one another")
}

// An erasure that is cut off is taken up again, and nothing of whom it was
// about stays with it.
func TestErasureGoesOnAfterACut(t *testing.T) {
	s := settled(t)
	ctx := t.Context()
	day := farol.DayOf(today, today.Location())
	e, err := customer.BeginErasure(ctx, s.store, s.facts, day, customer.EraseRequest{Person: "user-01-0", Reason: "asked", Author: "x", Name: "X"})
	s.check(err)
	cut, cancel := context.WithCancel(ctx)
	cancel()
	if err := customer.ContinueErasures(cut, s.store, s.facts); err == nil {
		t.Error("a cut erasure says that it ended")
	}
	open, err := s.store.OpenErasures(ctx)
	s.check(err)
	if len(open) != 1 || !strings.Contains(string(open[0].Subject), "user-01-0") {
		t.Fatalf("open: %+v", open)
	}
	// Half of it: the facts are gone, the state is not.
	_, err = s.facts.ErasePerson(ctx, facts.Erase{ID: e.ID, People: []farol.PersonID{"user-01-0"}})
	s.check(err)
	s.check(customer.ContinueErasures(ctx, s.store, s.facts))
	done, err := s.store.Erasure(ctx, e.ID)
	s.check(err)
	if done.Done.IsZero() || len(done.Subject) > 0 || done.Rows["events"] == 0 || done.Known.IsZero() {
		t.Errorf("done: %+v", done)
	}
	s.get(admin, "/people/user-01-0").is(404)
	path := filepath.Join(folder(t), "copy.db")
	_, err = s.store.SQL().ExecContext(ctx, "vacuum into $1", path)
	s.check(err)
	raw, err := os.ReadFile(path)
	s.check(err)
	if strings.Contains(string(raw), "user-01-0\"") || strings.Contains(string(raw), "jose@example.com") {
		t.Error("a fresh copy of the state names the person")
	}
}
