package web

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// undone follows the redirect of an action to the offer to take it back, and
// takes it.
func (a *answer) undoID() string {
	a.t.Helper()
	a.is(303)
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || u.Query().Get("undo") == "" {
		a.t.Fatalf("%s leads to %s, which offers no undo", a.path, a.header.Get("Location"))
	}
	return u.Query().Get("undo")
}

// What is written about a customer shows on its page, in the timeline and to
// whom it mentions, and untrusted text stays text.
func TestWorkOnCustomer(t *testing.T) {
	s := busy(t)
	csm, support := as{role: store.CSM}, as{role: store.Support}
	const page = "/customers/acct-02"
	id := s.post(csm, page+"/notes", "title", "Kickoff", "body", "# They like **reports**, @support.\n\n- [ ] @support Send the plan 2026-03-30\n\n<script>alert(1)</script> [x](data:text/html,hi) <span class=\"mention\" onclick=\"x()\">@fake</span>", "kind", "kickoff", "participant", "person:user-02-0").undoID()
	a := s.get(csm, page+"?tab=notes&undo="+id).is(200).says(".written strong", "reports").says("article", "Kickoff").says(".card-foot", "user-02-0").has(".mention", 2).says(".toast-line", "The note was written.").has(".written h1", 0)
	if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "data:text") || strings.Contains(a.body, "onclick") {
		t.Error("a note runs a script")
	}
	s.get(csm, page).says(".moments", "Kickoff")
	s.get(support, "/my-day").is(200).says(".moments", "mentioned you").says(".tasks", "Send the plan").says(".hands b", "2")
	s.get(support, "/notices").says("h2", "Conta 2").has(".moments li.new", 2)

	note, _ := a.doc.Find("form[action^='/notes/']:not([action$=preview])").First().Attr("action")
	s.post(csm, note, "do", "pin").leadsTo(page + "?done=saved&tab=notes")
	s.get(csm, page+"?tab=notes").has("button[value=unpin]", 1)
	s.post(support, note, "do", "delete").is(403)
	s.post(support, note, "do", "edit", "body", "mine now").is(403)
	s.get(support, note).is(200).says(".tasks", "Send the plan").has("form[method=post][action='"+note+"']", 0)
	s.post(csm, note, "do", "edit", "title", "Kickoff", "body", " ", "kind", "kickoff").is(422).has(".form-error", 1)
	s.post(csm, note, "do", "edit", "title", "Kickoff, done", "body", "Short", "kind", "note", "at", "2026-03-01").leadsTo(page + "?done=saved&tab=notes")
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.CSM, code: code}, note).is(200).says(".fold", "They like")
		s.get(as{role: store.CSM, code: code, fragment: true}, note).is(200).has(".panel h2", -1)
	})
	id = s.post(csm, note, "do", "delete").undoID()
	s.get(csm, page+"?tab=notes").says(".nothing", "No notes yet")
	s.post(support, "/undo/"+id).is(404)
	s.post(csm, "/undo/"+id, "back", page+"?tab=notes").leadsTo(page + "?done=undone&tab=notes")
	s.get(csm, page+"?tab=notes").says("article", "Kickoff, done")
	s.post(csm, "/undo/"+id).is(404)
	s.post(csm, note, "do", "burn").is(400)
	s.post(csm, page+"/notes", "body", "x", "kind", "nonsense").is(422)
	s.post(csm, page+"/notes", "body", "x", "at", "soon").is(422)
	s.post(as{role: store.Viewer}, page+"/notes", "body", "x").is(403)
	if got := s.post(csm, "/notes/preview", "body", "**yes** <img src=x onerror=y>").is(200).body; !strings.Contains(got, "<strong>yes</strong>") || strings.Contains(got, "onerror") {
		t.Errorf("the preview is %q", got)
	}
	s.get(admin, "/audit").says("tbody", "undone: The note was deleted.")
}

// A mention is marked with the whole name of the member whom it tells.
func TestMentionByName(t *testing.T) {
	members := handles{"caio": {"Caio Prado"}}
	for text, want := range map[string]string{
		"Ask @Caio Prado, please": "@Caio Prado</span>, please", "@caio prado": "@caio prado</span>", "@caio pradoso": "@caio</span> pradoso",
		"@caio knows": "@caio</span> knows", "@ana Prado": "@ana</span> Prado", "@caio.": "@caio</span>.",
	} {
		if got := string(markdown(text, members)); !strings.Contains(got, `<span class="mention">`+want) {
			t.Errorf("%s is %s", text, got)
		}
	}
}

func TestConversation(t *testing.T) {
	s := busy(t)
	csm, support := as{role: store.CSM}, as{role: store.Support}
	const page = "/customers/acct-05"
	s.post(csm, page+"/messages", "body", "Any open tickets, @support?").undoID()
	s.get(support, page).says(".tabs", "Conversation (1)")
	s.get(support, page+"?tab=thread").says(".moments", "Any open tickets").has("li.new-line", 1).has("li.new", 1)
	// Read once, it is neither new nor a notice any more.
	s.get(support, page+"?tab=thread").has("li.new", 0)
	if a := s.get(support, "/notices?only=unread"); strings.Contains(a.text("main"), "Any open tickets") {
		t.Error("what was read in the thread is a notice still")
	}
	s.post(support, page+"/unread").leadsTo(page + "?done=saved&tab=timeline")
	s.get(support, page).says(".tabs", "Conversation (1)")
	m := s.get(csm, page+"?tab=thread")
	message := m.attr("form[action^='/messages/']", "action")
	s.post(support, message, "body", "x").is(404)
	long := strings.Repeat("long ", 20_001)
	refused := s.post(csm, message, "do", "edit", "body", long, "back", page+"?tab=thread").is(422).has(".form-error", 1)
	if got := refused.doc.Find("form[action='" + message + "'] textarea").Text(); got != long {
		t.Errorf("of what was typed %d characters are left", len(got))
	}
	s.post(csm, message, "do", "edit", "body", "Any tickets?", "back", page+"?tab=thread").leadsTo(page + "?done=saved&tab=thread")
	s.get(csm, page+"?tab=thread").says(".moments", "edited")
	id := s.post(csm, message, "do", "delete", "body", "Any tickets?", "back", page+"?tab=thread").undoID()
	s.get(csm, page+"?tab=thread").says(".moments", "Nothing was said yet")
	s.post(csm, "/undo/last", "back", page).leadsTo(page + "?done=undone")
	s.get(csm, page+"?tab=thread").says(".moments", "Any tickets?")
	s.post(csm, "/undo/"+id).is(404)

	s.post(csm, page+"/follow").leadsTo(page + "?done=saved&tab=timeline")
	s.get(csm, page).says(".chip.on", "You follow this customer")
	s.post(csm, page+"/follow", "off", "yes")
	for _, bad := range [][2]string{{"/notes", "body"}, {"/messages", "body"}, {"/tasks", "title"}} {
		s.post(csm, page+bad[0], bad[1], " ").is(422).has(".form-error", 1)
	}
}

func TestCommunity(t *testing.T) {
	s := busy(t)
	csm, support := as{role: store.CSM}, as{role: store.Support}
	s.get(support, "/community").is(200)
	s.post(csm, "/community", "body", "Export fails, @support", "topic", "Export", "account", "Conta 4").undoID()
	s.post(csm, "/community", "body", " ").is(422).has(".form-error", 1)
	s.post(csm, "/community", "body", "x", "account", "nobody at all").is(422).says(".form-error", "nobody at all")
	a := s.get(support, "/community?topic=export").says(".saying", "Export fails").says(".post-tags", "Conta 4").has("li.new", 1)
	parent := a.attr("input[name=parent]", "value")
	s.post(support, "/community", "body", "Mended", "parent", parent, "back", "/community").undoID()
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.CSM, code: code}, "/community?q=export").is(200).says("li.answer", "Mended")
		s.get(as{role: store.Viewer, code: code}, "/community").is(200).has("form[method=post][action='/community']", 0)
	})
	// A notice of an answer leads to it, and is read then.
	n := s.get(csm, "/notices").attr(".moments a", "href")
	s.get(csm, n).leadsTo("/community#post-" + parent)
	s.get(csm, "/notices?only=unread").has(".moments li", 0)
	id := strings.TrimPrefix(n, "/notices/")
	s.post(csm, "/notices", "do", "unseen", "id", id).leadsTo("/notices")
	s.get(csm, "/notices?only=unread").has(".moments li.new", 1)
	s.post(csm, "/notices", "do", "seen", "back", "/my-day").leadsTo("/my-day")
	s.post(support, "/notices", "do", "unseen", "id", id).is(404)
	s.post(support, "/notices", "do", "burn").is(400)
	s.get(support, n).is(404)
}

// A line per CSM says what there is to look after, and what nobody does.
func TestLoad(t *testing.T) {
	s := busy(t)
	csm := as{role: store.CSM}
	me, err := s.store.MemberByEmail(t.Context(), "csm@example.com")
	s.check(err)
	s.post(csm, "/customers/mark", "do", "owner", "role", "csm", "member", string(me.ID), "id", "acct-05", "handover", "They like **mornings**", "back", "/customers").is(303)
	mine := "a[href*='owner.csm%3D" + string(me.ID) + "']"
	s.get(csm, "/my-day").has(mine, 0)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Manager, code: code}, "/my-day?team=yes").is(200).has("a[href='/tasks?owner="+string(me.ID)+"']", 1).has(mine, 1).says("table", "Ana CSM")
	})
	list := s.get(csm, s.get(csm, "/my-day?team=yes").attr(mine, "href"))
	list.is(200).has("tbody input[value=acct-05]", 1)
}

func TestTasksOfMyDay(t *testing.T) {
	s := busy(t)
	csm := as{role: store.CSM}
	me, err := s.store.MemberByEmail(t.Context(), "csm@example.com")
	s.check(err)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/my-day").is(200).has("form[action='/my-day/tasks']", 0)
	})
	s.post(csm, "/customers/acct-04/tasks", "title", "Call about renewal", "kind", "renewal", "owner", string(me.ID), "due", "2026-03-01", "priority", "1", "repeats", "month").undoID()
	s.post(csm, "/my-day/tasks", "title", "Write the report").undoID()
	s.post(csm, "/my-day/tasks", "title", "x", "due", "tomorrow").is(422).has(".form-error", 1)
	a := s.get(csm, "/my-day").is(200).says("table", "Call about renewal").says("table", "Write the report").says(".tag.bad", "1 overdue")
	s.get(csm, "/customers/acct-04?tab=tasks").says("table", "Call about renewal")
	s.get(csm, "/customers/acct-04?kind=task").says(".moments", "Task: Call about renewal")
	task := a.attr("form[action^='/tasks/']", "action")
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.CSM, code: code}, task).is(200).has("form.card-body", 1)
		s.get(as{role: store.Viewer, code: code}, task).is(200).has("form.card-body", 0)
		s.get(as{role: store.CSM, code: code}, "/tasks?state=all&owner=all&kind=renewal&priority=1&due=overdue&q=renewal").is(200).has("tbody tr", 1)
	})
	id := s.post(csm, task, "do", "done", "back", "/my-day").undoID()
	// The next one of a task that repeats is there at once, and goes with undo.
	s.get(csm, "/my-day").says("table", "Apr 1, 2026")
	s.post(csm, "/undo/"+id, "back", "/my-day").leadsTo("/my-day?done=undone")
	s.get(csm, "/my-day").says("table", "Mar 1, 2026")
	for _, do := range []string{"tomorrow", "week", "month", "wake", "mine"} {
		s.post(csm, task, "do", do, "back", "/my-day").undoID()
	}
	s.post(csm, task, "do", "until", "until", "2026-12-24", "back", "/tasks").undoID()
	s.get(csm, "/tasks?state=asleep").says("tbody", "asleep until Dec 24, 2026")
	s.post(csm, task, "do", "edit", "title", "Call them", "kind", "risk", "due", "2026-03-02", "owner", string(me.ID), "back", "/tasks").undoID()
	s.get(csm, "/tasks").says("tbody", "Call them")
	s.post(csm, task, "do", "edit", "title", " ").is(422).has(".form-error", 1)
	s.post(csm, task, "do", "owner", "owner", "nobody").is(400)
	s.post(csm, "/tasks/bulk", "task", strings.TrimPrefix(task, "/tasks/"), "do", "owner", "back", "/tasks").is(422).says(".flash.wrong", "Choose a member, or nobody.")
	s.post(csm, task, "do", "nothing").is(400)
	s.post(csm, "/tasks/nobody", "do", "done").is(404)
	s.get(csm, "/my-day?team=yes").is(200).says("h2", "The team's tasks")
	for _, bad := range []string{"state=x", "due=x", "priority=9", "kind=x", "offset=x"} {
		s.get(csm, "/tasks?"+bad).is(400)
	}

	// Many at once, and back.
	list := s.get(csm, "/tasks").doc.Find("input[name=task]")
	pairs := []string{"do", "delete", "back", "/tasks"}
	for _, n := range list.Nodes {
		for _, attr := range n.Attr {
			if attr.Key == "value" {
				pairs = append(pairs, "task", attr.Val)
			}
		}
	}
	if len(pairs) != 4+2*2 {
		t.Fatalf("there are %d tasks", len(pairs)/2-2)
	}
	id = s.post(csm, "/tasks/bulk", pairs...).undoID()
	s.get(csm, "/tasks?undo="+id).says(".toast-line", "2 tasks were deleted.").says("tbody", "Nothing to do.")
	s.post(csm, "/undo/"+id, "back", "/tasks").leadsTo("/tasks?done=undone")
	if csv := s.get(csm, "/tasks.csv").is(200).body; !strings.Contains(csv, "Call them") || strings.Count(csv, "\n") != 3 {
		t.Errorf("the file is %q", csv)
	}
	s.post(csm, "/tasks/bulk", "do", "done").is(422).says(".flash.wrong", "Tick at least one task.")
}

func TestMyDay(t *testing.T) {
	s := staffed(t)
	events := history(s.source.ID)
	for i := range events {
		if events[i].Account == "acct-05" && events[i].Kind == "group" {
			events[i].Properties = json.RawMessage(`{"name":"Conta 5","renewal_date":"2026-04-10"}`)
		}
	}
	s.take(events)
	csm := as{role: store.CSM}
	me, err := s.store.MemberByEmail(t.Context(), "csm@example.com")
	s.check(err)
	s.get(csm, "/my-day").is(200).says(".nothing", "No customer is yours yet").says("#renewals", "No contract")
	s.post(csm, "/customers/mark", "do", "owner", "role", "csm", "member", string(me.ID), "id", "acct-05", "back", "/customers/acct-05").undoID()
	_, err = s.store.Define(t.Context(), store.Draft{Kind: "segment", Name: "at-risk", Body: json.RawMessage(`{}`), Author: "system"})
	s.check(err)
	s.post(csm, "/watch", "segment", "at-risk").leadsTo("/my-day?done=saved")
	s.check(s.store.SaveHappenings(t.Context(), "test", today, []store.Happening{
		{ID: "1", Account: "acct-05", Kind: store.MetricHappening, Name: "active_users_week", Fields: map[string]string{"before": "9", "now": "2"}, Weight: -1, Known: today},
		{ID: "2", Account: "acct-05", Kind: store.TicketHappening, Name: "billing", Fields: map[string]string{"subject": "Wrong invoice"}, Known: today},
		{ID: "3", Account: "acct-05", Kind: store.AnswerHappening, Name: "nps", Fields: map[string]string{"score": "3", "comment": "slow"}, Weight: -1, Known: today},
		{ID: "4", Account: "acct-05", Kind: store.StageHappening, Name: "renewal", Known: today},
		{ID: "5", Account: "acct-05", Kind: store.SegmentHappening, Name: "at-risk", Fields: map[string]string{"value": "true"}, Known: today},
		{ID: "6", Account: "acct-06", Kind: store.TicketHappening, Fields: map[string]string{"subject": "Of another"}, Known: today},
	}))
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{role: store.CSM, code: code}, "/my-day").is(200).says("#renewals", "Conta 5").has(".change-line", 5).says(".plain-list", "at-risk")
		if strings.Contains(a.body, "Of another") {
			t.Error("another's customer shows")
		}
	})
	s.get(csm, "/my-day").says(".changes", "fell from 9 to 2").says(".changes", "“slow”").says("#renewals", "in ")
	s.get(csm, "/my-day?team=yes").says(".changes", "Of another")
	s.get(csm, "/notices").says(".moments", "Entered at-risk")
	s.post(csm, "/my-day/read").leadsTo("/my-day?done=read")
	s.get(csm, "/my-day").says(".nothing", "All quiet")
	s.post(csm, "/watch", "segment", "at-risk", "off", "yes", "back", "/my-day")
	s.get(csm, "/my-day").has(".plain-list button", 0)
}

// What was typed finds customers, pages, metrics and actions, in the reader's
// words, and only what their role may do.
func TestSearch(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.CSM, code: code}, "/search").is(200)
		s.get(as{role: store.CSM, code: code}, "/search?q=conta").is(200).has("a[href='/customers/acct-01']", 1)
		s.get(as{role: store.CSM, code: code}, "/search?q=zzzz").is(200).has(".nothing", 1)
	})
	found := func(who as, q string) *answer {
		t.Helper()
		who.fragment = true
		return s.get(who, "/search?"+q).is(200)
	}
	csm := as{role: store.CSM, code: lang.English}
	found(csm, "q=CÔNTA+4").has("[role=option][data-href='/customers/acct-04']", 1)
	found(csm, "q=revenue").has("[data-href='/revenue']", 1)
	found(csm, "q=mrr").has("[data-href='/metrics/mrr']", 1)
	found(csm, "q=dark").has("[data-post='/theme']", 1)
	found(as{role: store.CSM, code: "pt-BR"}, "q=receita").has("[data-href='/revenue']", 1)
	found(as{role: store.CSM, code: "pt-BR"}, "q=nova+tar&at=/customers/acct-04").says("[role=option]", "Conta 4")
	found(csm, "q=team").has("[data-href='/team']", 0)
	found(as{role: store.Admin}, "q=team").has("[data-href='/team']", 1)
	found(as{role: store.Viewer}, "q=new").has("[data-href^='/new/']", 0)
	found(csm, "q=conta&only=account").has("[role=option]", 8).has("[data-value]", 8)
	s.get(csm, "/search?q="+strings.Repeat("x", 201)).is(400)
	var list []colleague
	if err := json.Unmarshal([]byte(s.get(csm, "/colleagues").is(200).body), &list); err != nil || len(list) < 5 || list[0].Handle == "" {
		t.Errorf("colleagues %+v, %v", list, err)
	}
}

func TestCreateFromAnywhere(t *testing.T) {
	s := busy(t)
	csm := as{role: store.CSM}
	both(t, func(t *testing.T, code lang.Code) {
		for _, c := range creations {
			s.get(as{role: store.CSM, code: code}, "/new/"+c.name+"?account=acct-07&back=/churn").is(200).says("main", "Conta 7")
			s.get(as{role: store.CSM, code: code, fragment: true}, "/new/"+c.name).is(200).has("input[data-account]", 1)
		}
	})
	for _, x := range [][]string{
		{"note", "body", "A note"}, {"task", "title", "A task"}, {"tag", "tag", "vip"}, {"message", "body", "A message"}, {"post", "body", "A post", "topic", "news"},
	} {
		a := s.post(csm, "/new/"+x[0], append([]string{"account", "Conta 7", "back", "/churn"}, x[1:]...)...)
		if got := a.header.Get("Location"); !strings.HasPrefix(got, "/churn?undo=") {
			t.Errorf("%s leads to %s: %s", x[0], got, a.text("main"))
		}
	}
	for tab, says := range map[string]string{"notes": "A note", "tasks": "A task", "thread": "A message"} {
		s.get(csm, "/customers/acct-07?tab="+tab).says("main", says)
	}
	s.get(csm, "/customers/acct-07").says("aside", "vip")
	s.post(csm, "/undo/last", "back", "/churn")
	s.post(csm, "/new/note", "body", "x").is(422).says(".form-error", "Choose a customer.")
	s.post(csm, "/new/task", "account", "nobody", "title", "x").is(422)
	s.get(csm, "/new/thing").is(404)
	s.get(as{role: store.Viewer}, "/new/note").is(403)

	// A tag of the customer page is taken back, too.
	id := s.post(csm, "/new/tag", "account", "acct-08", "tag", "pilot", "back", "/customers/acct-08").undoID()
	s.get(csm, "/customers/acct-08").says("aside", "pilot")
	s.post(csm, "/undo/"+id, "back", "/customers/acct-08").leadsTo("/customers/acct-08?done=undone")
	if a := s.get(csm, "/customers/acct-08"); strings.Contains(a.text("aside"), "pilot") {
		t.Error("the tag stayed")
	}
}

func TestNoteTemplates(t *testing.T) {
	s := staffed(t)
	csm := as{role: store.CSM}
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.CSM, code: code}, "/note-templates").is(200).has("form[action='/note-templates']", 5)
		s.get(as{role: store.Viewer, code: code}, "/note-templates").is(200).has("form[action='/note-templates']", 0)
	})
	s.post(csm, "/note-templates", "name", "meeting", "title", "Weekly", "body", "## Agenda").leadsTo("/note-templates?done=saved")
	s.post(csm, "/note-templates", "name", "meeting", "title", "Weekly call", "body", "## Agenda").leadsTo("/note-templates?done=saved")
	s.get(csm, "/note-templates?open=meeting").says("details", "Weekly").says("h2", "Weekly call")
	s.post(csm, "/note-templates", "title", "Revisão técnica", "body", "- [ ] Servidor").leadsTo("/note-templates?done=saved")
	// A new one replaces none of the same name, shipped or not.
	for _, title := range []string{"Revisao tecnica", "Meeting"} {
		s.post(csm, "/note-templates", "title", title, "body", "other").is(422).has(".form-error", 1)
	}
	s.post(csm, "/note-templates", "name", "qbr", "do", "remove").leadsTo("/note-templates?done=saved")
	a := s.get(csm, "/note-templates").says("h2", "Revisão técnica")
	if strings.Contains(a.text("h2"), "QBR") {
		t.Error("a template that was taken out shows")
	}
	s.post(csm, "/note-templates", "title", "QBR", "body", "again").leadsTo("/note-templates?done=saved")
	s.post(csm, "/note-templates", "title", " ", "body", "x").is(422).has(".form-error", 1)
	s.take(history(s.source.ID)[:3])
	b := s.get(csm, "/customers/acct-00?tab=notes&template=revisao-tecnica").is(200)
	if got := b.doc.Find("textarea[name=body]").First().Text(); got != "- [ ] Servidor" {
		t.Errorf("the note begins with %q", got)
	}
}
