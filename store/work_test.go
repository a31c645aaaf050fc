package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
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
		must[Note](t)(s.UpdateNote(ctx, first.ID, NoteUpdate{Body: &body, By: ana}))
		if e := must[[]Edit](t)(s.Edits(ctx, "note:"+first.ID)); len(e) != 1 || e[0].Body != first.Body || e[0].Author != ana {
			t.Errorf("history %+v", e)
		}
		if n := must[int](t)(s.Unseen(ctx, bruno)); n != 1 {
			t.Errorf("bruno has %d notices", n)
		}
		due := must[[]Notice](t)(s.Unmailed(ctx, carla))
		ok(t, s.SendingDigest(ctx, carla, 1, due))
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
		// However much was said since, what is about a ticket is found.
		about := must[Message](t)(s.Say(ctx, Message{Thread: thread, Author: ana, Body: "Of ticket 9", About: "ticket:9"}))
		other := must[Message](t)(s.Say(ctx, Message{Thread: thread, Author: ana, Body: "Of another", About: "ticket:99"}))
		if got := must[[]Message](t)(s.MessagesAbout(ctx, thread, "ticket:9", time.Time{}, 1)); len(got) != 1 || got[0].ID != about.ID {
			t.Errorf("about the ticket: %+v", got)
		}
		for _, m := range []Message{about, other} {
			ok(t, s.EditMessage(ctx, ana, m.ID, ""))
		}
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
		if a.Title != "Call them" || a.Kind != "activity" {
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
		open := must[[]Task](t)(s.Tasks(ctx, TaskQuery{Account: "acme", Kind: "activity", Open: true}))
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

func TestItems(t *testing.T) {
	got := Items("# Next\n- [ ] @bruno Send the report (2026-04-01)\n* [x] Done already\n1. [ ] Call them, @ana\n- [ ]\n- not an item\n```\n- [ ] in code\n```\n")
	want := []Item{
		{Text: "Send the report", Who: "bruno", Due: farol.Date(2026, 4, 1)}, {Text: "Done already", Ticked: true}, {Text: "Call them", Who: "ana"},
	}
	if len(got) != len(want) {
		t.Fatalf("items %+v", got)
	}
	for i, w := range want {
		if g := got[i]; g.Text != w.Text || g.Who != w.Who || g.Due != w.Due || g.Ticked != w.Ticked || len(g.Key) != 12 {
			t.Errorf("item %d is %+v, want %+v", i, g, w)
		}
	}
}

// An item of a note becomes a task once, and is ticked in the note when the
// task is done.
func TestItemsBecomeTasks(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, _ := team(t, s)
		n := must[Note](t)(s.AddNote(ctx, Note{Account: "acme", Author: ana, Title: "Kickoff", Body: "- [ ] @bruno Send the plan 2026-04-01\n- [ ] Book the call", Participants: []string{"member:" + string(bruno), "person:joe"}}))
		tasks := must[[]Task](t)(s.Tasks(ctx, TaskQuery{Account: "acme"}))
		if len(tasks) != 2 || tasks[0].Title != "Send the plan" || tasks[0].Owner != bruno || tasks[0].Due != farol.Date(2026, 4, 1) || tasks[1].Owner != ana {
			t.Fatalf("tasks %+v", tasks)
		}
		done := "done"
		must[Task](t)(s.UpdateTask(ctx, tasks[0].ID, TaskUpdate{Outcome: &done, By: bruno}))
		n = must[Note](t)(s.Note(ctx, n.ID))
		if !strings.Contains(n.Body, "- [x] @bruno Send") || len(n.Participants) != 2 {
			t.Errorf("note %+v", n)
		}
		body := n.Body + "\n- [ ] A third"
		must[Note](t)(s.UpdateNote(ctx, n.ID, NoteUpdate{Body: &body, By: ana}))
		if all := must[map[string]Task](t)(s.NoteTasks(ctx, n.ID)); len(all) != 3 {
			t.Errorf("after adding one: %+v", all)
		}
		open := ""
		must[Task](t)(s.UpdateTask(ctx, tasks[0].ID, TaskUpdate{Outcome: &open, By: bruno}))
		if n = must[Note](t)(s.Note(ctx, n.ID)); strings.Contains(n.Body, "[x]") {
			t.Errorf("opened again: %q", n.Body)
		}
		_, err := s.AddNote(ctx, Note{Account: "acme", Author: ana, Body: "x", Participants: []string{"who"}})
		wantError(t, err, farol.Invalid, "participants")
	})
}

// What is taken back is as it was, but for what somebody changed meanwhile.
func TestUndo(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, _ := team(t, s)
		a := must[Task](t)(s.AddTask(ctx, Task{Title: "Weekly", Owner: ana, Creator: string(ana), Due: 20000, Repeats: "week"}))
		b := must[Task](t)(s.AddTask(ctx, Task{Title: "Other", Owner: ana, Creator: string(ana)}))
		c.pass(time.Minute)
		done := "done"
		after := must[[]Task](t)(s.UpdateTasks(ctx, []string{a.ID, b.ID}, TaskUpdate{Outcome: &done, By: ana}))
		u := must[Undo](t)(s.AddUndo(ctx, Undo{Member: ana, What: "2 tasks done", Body: UndoBody{Tasks: []TaskUndo{{Before: a, Changed: after[0].Changed}, {Before: b, Changed: after[1].Changed}}}}))
		if n := must[int](t)(s.CountTasks(ctx, TaskQuery{Open: true})); n != 1 {
			t.Errorf("%d open, want the next week's", n)
		}
		c.pass(time.Second)
		title := "Other, changed"
		must[Task](t)(s.UpdateTask(ctx, b.ID, TaskUpdate{Title: &title, By: bruno}))
		_, err := s.Undo(ctx, bruno, u.ID)
		wantError(t, err, farol.NotFound, "")
		u = must[Undo](t)(s.Undo(ctx, ana, ""))
		if kept := must[int](t)(s.TakeBack(ctx, u)); kept != 1 {
			t.Errorf("%d kept, want that which bruno changed", kept)
		}
		open := must[[]Task](t)(s.Tasks(ctx, TaskQuery{Open: true}))
		if len(open) != 1 || open[0].ID != a.ID || open[0].Due != a.Due {
			t.Errorf("open again: %+v", open)
		}
		_, err = s.TakeBack(ctx, u)
		wantError(t, err, farol.NotFound, "")
		u = must[Undo](t)(s.AddUndo(ctx, Undo{Member: ana, What: "x"}))
		c.pass(UndoFor + time.Second)
		_, err = s.Undo(ctx, ana, u.ID)
		wantError(t, err, farol.NotFound, "")
		ok(t, s.Prune(ctx))
	})
}

// Who was given tasks for a moment has no notice of them left, unless it was
// read or is of before.
func TestUndoneTasksAreNotTold(t *testing.T) {
	s, ctx := open(t, dsns[SQLite](t), newClock()), t.Context()
	ana, bruno, _ := team(t, s)
	a := must[Task](t)(s.AddTask(ctx, Task{Title: "Given", Owner: ana, Creator: string(ana)}))
	after := must[[]Task](t)(s.UpdateTasks(ctx, []string{a.ID}, TaskUpdate{Owner: &bruno, By: ana}))
	made := must[Task](t)(s.AddTask(ctx, Task{Title: "Made", Owner: bruno, Creator: string(ana)}))
	kept := must[Task](t)(s.AddTask(ctx, Task{Title: "Kept", Owner: bruno, Creator: string(ana)}))
	u := must[Undo](t)(s.AddUndo(ctx, Undo{Member: ana, What: "x", Body: UndoBody{Tasks: []TaskUndo{{Before: a, Changed: after[0].Changed}, {Before: made, Changed: made.Changed, Made: true}}}}))
	must[int](t)(s.TakeBack(ctx, u))
	list := must[[]Notice](t)(s.Notices(ctx, bruno, true, 0))
	if len(list) != 1 || list[0].Subject != "task:"+kept.ID {
		t.Errorf("bruno is told %+v", list)
	}
}

// What was written is deleted with the tasks it made, unless somebody changed or
// answered it; of the tasks, those that somebody took up stay.
func TestUndoOfTexts(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, _ := team(t, s)
		note := func() TextUndo {
			n := must[Note](t)(s.AddNote(ctx, Note{Account: "a", Author: ana, Body: "- [ ] Call @bruno@example.com\n- [ ] Write @bruno@example.com"}))
			return TextUndo{ID: n.ID, Made: true, Changed: n.Changed}
		}
		say := func(parent string) TextUndo {
			m := must[Message](t)(s.Say(ctx, Message{Thread: Channel, Author: ana, Body: "Hello", Parent: parent}))
			return TextUndo{ID: m.ID, Made: true, Changed: m.Changed}
		}
		taken, pinned, post, answered := note(), note(), say(""), say("")
		say(answered.ID)
		tasks := must[map[string]Task](t)(s.NoteTasks(ctx, taken.ID))
		c.pass(time.Second)
		title, yes := "Call today", true
		for k, x := range tasks {
			if strings.Contains(x.Title, "Call") {
				must[Task](t)(s.UpdateTask(ctx, tasks[k].ID, TaskUpdate{Title: &title, By: bruno}))
			}
		}
		must[Note](t)(s.UpdateNote(ctx, pinned.ID, NoteUpdate{Pinned: &yes, By: bruno}))
		u := must[Undo](t)(s.AddUndo(ctx, Undo{Member: ana, What: "x", Body: UndoBody{Notes: []TextUndo{taken, pinned}, Messages: []TextUndo{post, answered}}}))
		if kept := must[int](t)(s.TakeBack(ctx, must[Undo](t)(s.Undo(ctx, ana, u.ID)))); kept != 2 {
			t.Errorf("%d kept, want the pinned and the answered", kept)
		}
		_, err := s.Note(ctx, taken.ID)
		wantError(t, err, farol.NotFound, "")
		must[Note](t)(s.Note(ctx, pinned.ID))
		left := must[map[string]Task](t)(s.NoteTasks(ctx, taken.ID))
		if len(tasks) != 2 || len(left) != 1 || len(must[map[string]Task](t)(s.NoteTasks(ctx, pinned.ID))) != 2 {
			t.Errorf("of %d tasks %+v are left", len(tasks), left)
		}
		told := 0
		for _, n := range must[[]Notice](t)(s.Notices(ctx, bruno, false, 0)) {
			if n.Kind == NoticeTask {
				told++
			}
		}
		if told != 3 {
			t.Errorf("bruno is told of %d tasks, want 3", told)
		}
	})
}

func TestPreferencesAndDigest(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, _ := team(t, s)
		if p := must[Preferences](t)(s.Preferences(ctx, ana)); p.Digest != 8 || p.Zone != "" {
			t.Errorf("begins with %+v", p)
		}
		ok(t, s.SetPreferences(ctx, ana, Preferences{Digest: NoDigest, Zone: "America/Manaus", Muted: []string{NoticeTask}}))
		ok(t, s.Visited(ctx, ana))
		if p := must[Preferences](t)(s.Preferences(ctx, ana)); p.Digest != NoDigest || p.Zone != "America/Manaus" || !p.Visit.Equal(c.now()) {
			t.Errorf("then %+v", p)
		}
		wantError(t, s.SetPreferences(ctx, ana, Preferences{Digest: 24}), farol.Invalid, "digest")
		wantError(t, s.SetPreferences(ctx, ana, Preferences{Zone: "Mars"}), farol.Invalid, "zone")
		wantError(t, s.SetPreferences(ctx, ana, Preferences{Muted: []string{"x"}}), farol.Invalid, "muted")
		must[Task](t)(s.AddTask(ctx, Task{Title: "Muted", Owner: ana, Creator: string(bruno)}))
		if n := must[int](t)(s.Unseen(ctx, ana)); n != 0 {
			t.Error("a muted kind was told")
		}

		must[Task](t)(s.AddTask(ctx, Task{Title: "Told", Owner: bruno, Creator: string(ana)}))
		list := must[[]Notice](t)(s.Unmailed(ctx, bruno))
		claim := func(want bool) (token string) {
			t.Helper()
			token, got, err := s.ClaimDigest(ctx, bruno, 20000)
			if ok(t, err); got != want {
				t.Fatalf("claimed %v, want %v", got, want)
			}
			return token
		}
		token := claim(true)
		claim(false)
		if m := must[Member](t)(s.DigestReader(ctx, token)); m.ID != bruno {
			t.Errorf("the link is %s's", m.Name)
		}
		_, err := s.DigestReader(ctx, "nonsense")
		wantError(t, err, farol.NotFound, "")
		// A process that was killed before it sent is replaced, and a mail that
		// was refused is tried again with the same notices.
		c.pass(digestPause)
		claim(true)
		ok(t, s.SendingDigest(ctx, bruno, 20000, list))
		ok(t, s.EndDigest(ctx, bruno, 20000, list, "451 later"))
		if n := must[[]Notice](t)(s.Unmailed(ctx, bruno)); len(n) != 1 {
			t.Errorf("after a refusal %d notices wait", len(n))
		}
		c.pass(digestPause)
		claim(true)
		// One killed while it sent is not: the mail may have arrived.
		ok(t, s.SendingDigest(ctx, bruno, 20000, list))
		c.pass(digestPause)
		claim(false)
		if n := must[[]Notice](t)(s.Unmailed(ctx, bruno)); len(n) != 0 {
			t.Errorf("%d notices would come twice", len(n))
		}
	})
}

func TestChannel(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, carla := team(t, s)
		p := must[Message](t)(s.Say(ctx, Message{Thread: Channel, Author: ana, Body: "Export fails for many", Topic: " Export ", Account: "acme"}))
		c.pass(time.Second)
		must[Message](t)(s.Say(ctx, Message{Thread: Channel, Author: bruno, Body: "Known, @carla has it", Parent: p.ID}))
		must[Message](t)(s.Say(ctx, Message{Thread: Channel, Author: carla, Body: "Another", Topic: "billing"}))
		posts, answers, err := s.Posts(ctx, Channel, PostQuery{Topic: "export"})
		if ok(t, err); len(posts) != 1 || len(answers[p.ID]) != 1 || posts[0].Account != "acme" {
			t.Errorf("posts %+v, answers %+v", posts, answers)
		}
		if x := must[[]string](t)(s.Topics(ctx, Channel)); !slices.Equal(x, []string{"billing", "export"}) {
			t.Errorf("topics %v", x)
		}
		// Who asked and who is mentioned hear of the answer.
		for who, want := range map[MemberID]string{ana: NoticeMessage, carla: NoticeMention} {
			if n := must[[]Notice](t)(s.Notices(ctx, who, true, 0)); len(n) != 1 || n[0].Kind != want {
				t.Errorf("told %+v, want %s", n, want)
			}
		}
		if n := must[int](t)(s.Unread(ctx, bruno, Channel)); n != 2 {
			t.Errorf("%d unread, want 2", n)
		}
		ok(t, s.ReadThread(ctx, bruno, Channel, p.ID))
		if n := must[int](t)(s.Unread(ctx, bruno, Channel)); n != 1 {
			t.Errorf("%d unread after reading, want 1", n)
		}
		_, err = s.Say(ctx, Message{Thread: Channel, Author: ana, Body: "x", Parent: "nothing"})
		wantError(t, err, farol.Invalid, "parent")
		ok(t, s.EditMessage(ctx, ana, p.ID, ""))
		ok(t, s.RestoreMessage(ctx, ana, p.ID))
		must[Message](t)(s.Message(ctx, p.ID))
	})
}

func TestHappenings(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana, bruno, _ := team(t, s)
		ok(t, s.Follow(ctx, ana, "acme", false))
		ok(t, s.Watch(ctx, bruno, "at-risk", false))
		list := []Happening{
			{ID: "stage 1", Account: "acme", Kind: StageHappening, Name: "renewal", Known: c.now(), Day: 20000},
			{ID: "in 1", Account: "beta", Kind: SegmentHappening, Name: "at-risk", Known: c.now(), Weight: -1, Fields: map[string]string{"entered": "true"}},
			{ID: "old", Account: "acme", Kind: StageHappening, Name: "ongoing", Known: c.now().Add(-48 * time.Hour)},
		}
		for range 2 { // finding it again adds nothing
			ok(t, s.SaveHappenings(ctx, "changes", c.now(), list))
		}
		if got := must[time.Time](t)(s.ReadMark(ctx, "changes")); !got.Equal(c.now()) {
			t.Errorf("read up to %s", got)
		}
		got := must[[]Happening](t)(s.Happenings(ctx, c.now().Add(-time.Hour), nil, 0))
		if len(got) != 2 || got[0].Fields["entered"]+got[1].Fields["entered"] != "true" {
			t.Errorf("happened %+v", got)
		}
		if got := must[[]Happening](t)(s.Happenings(ctx, time.Time{}, func(a farol.AccountID) bool { return a == "beta" }, 0)); len(got) != 1 {
			t.Errorf("around beta %+v", got)
		}
		for _, m := range []MemberID{ana, bruno} {
			if n := must[[]Notice](t)(s.Notices(ctx, m, true, 0)); len(n) != 1 || n[0].Kind != NoticeChange {
				t.Errorf("told %+v", n)
			}
		}
		blind := sight.With(ctx, sight.New(nil, []string{"segment.at-risk"}))
		if got := must[[]Happening](t)(s.Happenings(blind, c.now().Add(-time.Hour), nil, 0)); len(got) != 1 || got[0].Kind != StageHappening {
			t.Errorf("of a hidden segment is told: %+v", got)
		}
		if _, err := s.Happening(blind, "in 1"); farol.KindOf(err) != farol.NotFound {
			t.Errorf("the happening of a hidden segment: %v", err)
		}
		if w := must[[]string](t)(s.Watched(ctx, bruno)); len(w) != 1 {
			t.Errorf("watches %v", w)
		}
	})
}

// Of changes to customers everybody sees their own, and of others' what was done
// to the accounts in their sight.
func TestChangesInSight(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		add := func(author, reason string, ids ...farol.AccountID) string {
			before := map[farol.AccountID]string{}
			for _, id := range ids {
				before[id] = ""
			}
			return must[CustomerChange](t)(s.AddCustomerChange(ctx, CustomerChange{Author: author, Trait: "$stage", Value: "x", Reason: reason, Before: before})).ID
		}
		secret, both, own := add("ana", "secret", "acme"), add("ana", "both", "acme", "beta"), add("bruno", "own", "acme")
		seen := sight.With(ctx, sight.New(map[farol.AccountID]bool{"beta": true}, nil))
		list := must[[]CustomerChange](t)(s.CustomerChanges(seen, "bruno", 0))
		if len(list) != 2 || list[0].ID != own || list[1].ID != both || list[1].Count != 1 {
			t.Errorf("bruno sees %+v", list)
		}
		if all := must[[]CustomerChange](t)(s.CustomerChanges(ctx, "bruno", 0)); len(all) != 3 || all[1].Count != 2 {
			t.Errorf("who sees all sees %+v", all)
		}
		if _, err := s.SeenChange(seen, "bruno", secret); farol.KindOf(err) != farol.NotFound {
			t.Errorf("another's change out of sight: %v", err)
		}
		if c := must[CustomerChange](t)(s.SeenChange(seen, "bruno", both)); len(c.Before) != 1 {
			t.Errorf("the change tells of %v", c.Before)
		}
		if _, err := s.SeenChange(sight.With(ctx, sight.New(nil, []string{"attribute.$stage"})), "bruno", own); farol.KindOf(err) != farol.NotFound {
			t.Errorf("a change of what is hidden: %v", err)
		}
	})
}

// The same source for another customer is another task: nobody reads or changes
// one of a customer out of sight by the way.
func TestTaskOfSource(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		risk := must[Task](t)(s.AddTask(ctx, Task{Account: "acme", Title: "Use fell", Body: "by half", Kind: "risk", Creator: "play:1", Source: "risk"}))
		blind := sight.With(ctx, sight.New(map[farol.AccountID]bool{"beta": true}, nil))
		other := must[Task](t)(s.AddTask(blind, Task{Account: "beta", Title: "Mine", Body: "x", Kind: "risk", Creator: "play:3", Source: "risk"}))
		if other.ID == risk.ID || other.Account != "beta" {
			t.Errorf("joined to another's: %+v", other)
		}
		if same := must[Task](t)(s.Task(ctx, risk.ID)); same.Body != "by half" {
			t.Errorf("another's became %+v", same)
		}
	})
}
