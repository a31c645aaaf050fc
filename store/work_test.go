package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

func TestMentioned(t *testing.T) {
	for text, want := range map[string][]string{
		"@ana please look, @Bruno.":      {"ana", "bruno"},
		"write to ana@example.com":       nil,
		"(@ana) @ana @@bruno":            {"ana"},
		"no":                             nil,
		"cc @carla.souza, and @x_y-z!":   {"carla.souza", "x_y-z"},
		"line one\n@dora on the next":    {"dora"},
		"email@not and @not@either.com?": {"not"},
	} {
		if got := Mentioned(text); !slices.Equal(got, want) {
			t.Errorf("%q mentions %q, want %q", text, got, want)
		}
	}
}

// team makes three members, and their ids.
func team(t *testing.T, s *Store) (ana, bruno, carla MemberID) {
	t.Helper()
	ids := map[string]MemberID{}
	for _, n := range []string{"ana", "bruno", "carla"} {
		ids[n] = must[Member](t)(s.AddMember(t.Context(), NewMember{Email: n + "@example.com", Name: n, Password: "a long password", Role: CSM})).ID
	}
	return ids["ana"], ids["bruno"], ids["carla"]
}

func TestNotes(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, carla := team(t, s)
		ok(t, s.Follow(ctx, carla, "acme", false))
		first := must[Note](t)(s.AddNote(ctx, Note{Account: "acme", Author: ana, Title: "Kickoff", Body: "All well, @bruno. \r\nNext: plan."}))
		c.pass(time.Hour)
		between := c.now()
		c.pass(time.Hour)
		second := must[Note](t)(s.AddNote(ctx, Note{Account: "acme", Author: bruno, Body: "Called", Kind: "call"}))
		if first.Body != "All well, @bruno. \nNext: plan." {
			t.Errorf("body %q", first.Body)
		}
		yes, no := true, false
		must[Note](t)(s.UpdateNote(ctx, first.ID, NoteUpdate{Pinned: &yes}))
		list := must[[]Note](t)(s.Notes(ctx, "acme", time.Time{}, 0))
		if len(list) != 2 || list[0].ID != first.ID || list[0].Pinned.IsZero() || list[1].ID != second.ID {
			t.Errorf("notes %+v", list)
		}
		if then := must[[]Note](t)(s.Notes(ctx, "acme", between, 0)); len(then) != 1 {
			t.Errorf("as known then: %+v", then)
		}
		must[Note](t)(s.UpdateNote(ctx, second.ID, NoteUpdate{Deleted: &yes}))
		_, err := s.Note(ctx, second.ID)
		wantError(t, err, farol.NotFound, "")
		must[Note](t)(s.UpdateNote(ctx, second.ID, NoteUpdate{Deleted: &no}))
		must[Note](t)(s.Note(ctx, second.ID))
		_, err = s.AddNote(ctx, Note{Account: "acme", Author: ana, Body: " \n "})
		wantError(t, err, farol.Invalid, "body")
		_, err = s.AddNote(ctx, Note{Author: ana, Body: "x"})
		wantError(t, err, farol.Invalid, "account")

		// Bruno was mentioned, Carla follows; nobody hears of what he wrote.
		for who, want := range map[MemberID][]string{ana: {}, bruno: {NoticeMention}, carla: {NoticeMessage, NoticeMessage}} {
			got := []string{}
			for _, n := range must[[]Notice](t)(s.Notices(ctx, who, true, 0)) {
				got = append(got, n.Kind)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s was told %v, want %v", who, got, want)
			}
		}
		// Editing mentions again without telling again.
		body := "All well, @bruno and @carla"
		must[Note](t)(s.UpdateNote(ctx, first.ID, NoteUpdate{Body: &body}))
		if n := must[int](t)(s.Unseen(ctx, bruno)); n != 1 {
			t.Errorf("bruno has %d notices", n)
		}
		due := must[[]Notice](t)(s.Unmailed(ctx, carla))
		ok(t, s.MarkMailed(ctx, due))
		if again := must[[]Notice](t)(s.Unmailed(ctx, carla)); len(due) == 0 || len(again) != 0 {
			t.Errorf("%d for the digest, then %d", len(due), len(again))
		}
		ok(t, s.SeeNotices(ctx, carla, ""))
		if n := must[int](t)(s.Unseen(ctx, carla)); n != 0 {
			t.Errorf("%d unseen after seeing all", n)
		}
		ok(t, s.Follow(ctx, carla, "acme", true))
		if f := must[[]farol.AccountID](t)(s.Followed(ctx, carla)); len(f) != 0 {
			t.Errorf("follows %v", f)
		}
	})
}

func TestMessages(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, _ := team(t, s)
		thread := AccountThread("acme")
		first := must[Message](t)(s.Say(ctx, Message{Thread: thread, Author: ana, Body: "Ticket 7 worries me, @bruno", About: "ticket:7"}))
		c.pass(time.Minute)
		must[Message](t)(s.Say(ctx, Message{Thread: thread, Author: bruno, Body: "On it"}))
		must[Message](t)(s.Say(ctx, Message{Thread: "team:general", Author: bruno, Body: "Hello"}))
		list := must[[]Message](t)(s.Messages(ctx, thread, "", time.Time{}, 0))
		if len(list) != 2 || list[1].ID != first.ID || list[1].About != "ticket:7" {
			t.Errorf("messages %+v", list)
		}
		if rest := must[[]Message](t)(s.Messages(ctx, thread, list[0].ID, time.Time{}, 0)); len(rest) != 1 || rest[0].ID != first.ID {
			t.Errorf("the page after: %+v", rest)
		}
		wantError(t, s.EditMessage(ctx, bruno, first.ID, "mine now"), farol.NotFound, "")
		ok(t, s.EditMessage(ctx, ana, first.ID, "Ticket 7 is fine"))
		if got := must[[]Message](t)(s.Messages(ctx, thread, "", time.Time{}, 0))[1]; got.Body != "Ticket 7 is fine" || got.Changed.IsZero() {
			t.Errorf("edited %+v", got)
		}
		ok(t, s.EditMessage(ctx, ana, first.ID, ""))
		if left := must[[]Message](t)(s.Messages(ctx, thread, "", time.Time{}, 0)); len(left) != 1 {
			t.Errorf("after deleting %+v", left)
		}
		for _, bad := range []string{"", "team:", "team:A B", "ticket:1", "account:"} {
			_, err := s.Say(ctx, Message{Thread: bad, Author: ana, Body: "x"})
			wantError(t, err, farol.Invalid, "thread")
		}
	})
}

func TestTasks(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, _ := team(t, s)
		today := farol.Date(2026, 3, 20)
		a := must[Task](t)(s.AddTask(ctx, Task{Account: "acme", Title: " Call  them ", Owner: bruno, Creator: string(ana), Due: today, Priority: 1}))
		must[Task](t)(s.AddTask(ctx, Task{Title: "Someday", Owner: bruno, Creator: string(bruno)}))
		risk := must[Task](t)(s.AddTask(ctx, Task{Account: "acme", Title: "Use fell", Body: "Use fell by half", Kind: "risk", Creator: "play:1", Source: "risk acme", Priority: 2}))
		again := must[Task](t)(s.AddTask(ctx, Task{Account: "acme", Title: "Champion left", Body: "The champion left", Kind: "risk", Creator: "play:2", Source: "risk acme", Priority: 1}))
		if again.ID != risk.ID || again.Priority != 1 || !strings.Contains(again.Body, "Use fell") || !strings.Contains(again.Body, "champion") {
			t.Errorf("one risk with two reasons: %+v", again)
		}
		if a.Title != "Call them" || a.Kind != "task" {
			t.Errorf("added %+v", a)
		}
		list := must[[]Task](t)(s.Tasks(ctx, TaskQuery{Owner: &bruno, Open: true, Today: today}))
		if len(list) != 2 || list[0].ID != a.ID {
			t.Errorf("bruno's tasks %+v", list)
		}
		nobody := MemberID("")
		if free := must[[]Task](t)(s.Tasks(ctx, TaskQuery{Owner: &nobody})); len(free) != 1 || free[0].ID != risk.ID {
			t.Errorf("nobody's tasks %+v", free)
		}
		if due := must[[]Task](t)(s.Tasks(ctx, TaskQuery{DueBy: today})); len(due) != 1 {
			t.Errorf("due %+v", due)
		}
		if n := must[[]Notice](t)(s.Notices(ctx, bruno, true, 0)); len(n) != 1 || n[0].Subject != "task:"+a.ID {
			t.Errorf("bruno was told %+v", n)
		}
		later := today + 3
		must[Task](t)(s.UpdateTask(ctx, a.ID, TaskUpdate{Snoozed: &later}))
		if left := must[[]Task](t)(s.Tasks(ctx, TaskQuery{Owner: &bruno, Open: true, Today: today})); len(left) != 1 {
			t.Errorf("snoozed tasks show: %+v", left)
		}
		monthly, done := "month", "done"
		must[Task](t)(s.UpdateTask(ctx, a.ID, TaskUpdate{Repeats: &monthly, Outcome: &done, By: bruno}))
		open := must[[]Task](t)(s.Tasks(ctx, TaskQuery{Account: "acme", Kind: "task", Open: true}))
		if len(open) != 1 || open[0].Due != farol.Date(2026, 4, 20) || open[0].ID == a.ID {
			t.Errorf("the next one: %+v", open)
		}
		got := must[Task](t)(s.Task(ctx, a.ID))
		if got.Outcome != "done" || !got.Done.Equal(c.now()) {
			t.Errorf("done %+v", got)
		}
		for field, bad := range map[string]Task{
			"title": {}, "kind": {Title: "x", Kind: "nonsense"}, "priority": {Title: "x", Priority: 9}, "repeats": {Title: "x", Repeats: "hourly"}, "due": {Title: "x", Repeats: "week"},
		} {
			_, err := s.AddTask(ctx, bad)
			wantError(t, err, farol.Invalid, field)
		}
		_, err := s.UpdateTask(ctx, "nobody", TaskUpdate{})
		wantError(t, err, farol.NotFound, "")
	})
}

func TestNextDue(t *testing.T) {
	for _, c := range []struct{ from, repeats, to string }{
		{"2026-01-31", "month", "2026-02-28"}, {"2026-01-31", "day", "2026-02-01"}, {"2026-12-30", "week", "2027-01-06"},
		{"2026-11-30", "quarter", "2027-02-28"}, {"2024-02-29", "year", "2025-02-28"}, {"2026-03-15", "month", "2026-04-15"},
	} {
		from, err := farol.ParseDay(c.from)
		ok(t, err)
		if got := NextDue(from, c.repeats).String(); got != c.to {
			t.Errorf("%s every %s: %s, want %s", c.from, c.repeats, got, c.to)
		}
	}
}
