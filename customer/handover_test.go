package customer

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
)

// A handover that was cut off before its end is done whole when it is asked for
// again: no account keeps tasks or goes without a note.
func TestHandoverIsDoneAgain(t *testing.T) {
	h, s, ana, bia := handed(t)
	ctx := t.Context()
	give := Handover{Facts: h.f, Store: s, Directory: h.d}
	h.check(give.Of(ctx, string(ana.ID)))
	work := Work{Facts: h.f, Store: s, Directory: h.d, Now: func() time.Time { return h.clock }}
	// Notes of that length are refused, after all else was looked at.
	endless := strings.Repeat("x", 1_000_000)
	if n, err := give.Give(ctx, []farol.AccountID{"a1"}, "csm", bia.ID, endless); err == nil || n != 0 {
		t.Fatalf("%d handed over, %v", n, err)
	}
	change := Change{Do: "owner", Role: "csm", Member: string(bia.ID), Reason: endless, Author: string(ana.ID)}
	if _, err := work.Apply(ctx, []farol.AccountID{"a2"}, change); err == nil {
		t.Fatal("a change without its note is done")
	}
	h.clock = h.clock.Add(time.Minute)
	h.check(h.d.Refresh(ctx))
	if n, err := give.Give(ctx, []farol.AccountID{"a1"}, "csm", bia.ID, "leaves"); err != nil || n != 1 {
		t.Errorf("%d handed over again, %v", n, err)
	}
	change.Reason = "leaves"
	if c, err := work.Apply(ctx, []farol.AccountID{"a2"}, change); err != nil || len(c.Before) != 1 {
		t.Errorf("changed again: %+v, %v", c, err)
	}
	for _, id := range []farol.AccountID{"a1", "a2"} {
		a, err := h.d.Account(ctx, id)
		h.check(err)
		notes, err := s.Notes(ctx, id, time.Time{}, 10)
		h.check(err)
		tasks, err := s.Tasks(ctx, store.TaskQuery{Owner: &bia.ID, Account: id, Open: true})
		h.check(err)
		if a.Owner("csm") != string(bia.ID) || len(notes) != 1 || !strings.Contains(notes[0].Body, "Call "+string(id)) || len(tasks) != 1 {
			t.Errorf("%s is %s's, with %d tasks and %+v", id, a.Owner("csm"), len(tasks), notes)
		}
	}
}

// handed is a house of two members, of whom Ana has two accounts with a task
// each.
func handed(t *testing.T) (h *house, s *store.Store, ana, bia store.Member) {
	t.Helper()
	ctx := t.Context()
	h = newHouse(t)
	var err error
	s, err = store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "state.db"), func() time.Time { return h.clock })
	h.check(err)
	t.Cleanup(func() { s.Close() })
	ana, err = s.AddFirstMember(ctx, store.NewMember{Email: "a@example.com", Name: "Ana", Password: "correct horse"})
	h.check(err)
	bia, err = s.AddMember(ctx, store.NewMember{Email: "b@example.com", Name: "Bia", Role: "csm", Password: "correct horse"})
	h.check(err)
	for _, a := range []string{"a1", "a2"} {
		h.say(a, map[string]any{"name": a})
		h.check(h.f.SaveMarks(ctx, h.clock, []facts.Mark{{Account: farol.AccountID(a), Trait: OwnerTrait + "csm", Value: string(ana.ID)}}))
		_, err := s.AddTask(ctx, store.Task{Account: farol.AccountID(a), Title: "Call " + a, Kind: "activity", Priority: 2, Owner: ana.ID, Creator: string(ana.ID)})
		h.check(err)
	}
	h.check(h.d.Refresh(ctx))
	return h, s, ana, bia
}

// What is taken back gives the tasks back, too, and nobody is told of them any
// more; what somebody changed since stays.
func TestTasksGoBack(t *testing.T) {
	h, s, ana, bia := handed(t)
	ctx := t.Context()
	work := Work{Facts: h.f, Store: s, Directory: h.d, Now: func() time.Time { return h.clock }}
	h.clock = h.clock.Add(time.Minute)
	c, err := work.Apply(ctx, []farol.AccountID{"a1", "a2"}, Change{Do: "owner", Role: "csm", Member: string(bia.ID), Author: string(ana.ID)})
	h.check(err)
	tasks, err := s.Tasks(ctx, store.TaskQuery{Owner: &bia.ID, Open: true})
	h.check(err)
	told, err := s.Unseen(ctx, bia.ID)
	h.check(err)
	if len(tasks) != 2 || told != 2 {
		t.Fatalf("%d tasks went along, %d told", len(tasks), told)
	}
	h.clock = h.clock.Add(time.Minute)
	due := farol.Date(2026, 5, 1)
	_, err = s.UpdateTask(ctx, tasks[1].ID, store.TaskUpdate{Due: &due, By: bia.ID})
	h.check(err)
	if n, err := work.Undo(ctx, c.ID, string(ana.ID)); err != nil || n != 2 {
		t.Fatalf("%d taken back, %v", n, err)
	}
	for i, want := range []store.MemberID{ana.ID, bia.ID} {
		got, err := s.Task(ctx, tasks[i].ID)
		h.check(err)
		if got.Owner != want {
			t.Errorf("task %d is %s's, want %s", i, got.Owner, want)
		}
	}
	left, err := s.Notices(ctx, bia.ID, true, 0)
	h.check(err)
	if len(left) != 1 || left[0].Subject != "task:"+tasks[1].ID {
		t.Errorf("Bia is told %+v", left)
	}
}
