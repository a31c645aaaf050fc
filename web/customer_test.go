package web

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func TestCustomerPage(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		for _, tab := range []string{"", "?tab=use", "?tab=people", "?tab=notes", "?tab=tasks", "?tab=thread", "?kind=attribute", "?kind=note"} {
			s.get(as{role: store.Support, code: code}, "/customers/acct-01"+tab).is(200).has(".tabs a[aria-current]", 1)
		}
	})
	a := s.get(admin, "/customers/acct-01").is(200)
	a.says(".pairs", "plan").says(".moments", "plan is now").says(".moments", "MRR")
	s.get(admin, "/customers/acct-01?tab=use").says("table", "Report Created").has("[data-chart]", 1)
	s.get(admin, "/customers/acct-01?tab=people").has("tbody tr", 4)
	s.get(admin, "/customers/acct-01?tab=nonsense").is(400)
	s.get(admin, "/customers/acct-01?before=x").is(400)
	s.get(admin, "/customers/nobody").is(404)
	s.get(admin, "/customers/acct-01?as_of=2020-01-01").is(404)
	past := s.get(admin, "/customers/acct-01?as_of=2026-01-15").is(200).has(".past", 1)
	past.has("form[action$='/notes']", 0)
}

// What is written about a customer shows on its page, in the timeline and to
// whom it mentions, and untrusted text stays text.
func TestWorkOnCustomer(t *testing.T) {
	s := busy(t)
	csm, support := as{role: store.CSM}, as{role: store.Support}
	const page = "/customers/acct-02"
	s.post(csm, page+"/notes", "title", "Kickoff", "body", "They like **reports**, @support.\n\n<script>alert(1)</script> [x](data:text/html,hi)", "kind", "meeting").leadsTo(page + "?done=saved&tab=notes")
	a := s.get(csm, page+"?tab=notes").is(200).says(".written strong", "reports").says("article", "Kickoff")
	if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "data:text") {
		t.Error("a note runs a script")
	}
	s.get(csm, page).says(".moments", "Kickoff")
	s.get(support, "/my-day").is(200).says(".moments", "mentioned you").has(".moments li.new", 1)
	s.post(support, "/my-day/seen").leadsTo("/my-day")
	s.get(support, "/my-day").has(".moments li.new", 0)

	note, _ := a.doc.Find("form[action^='/notes/']").First().Attr("action")
	s.post(csm, note, "do", "pin").leadsTo(page + "?tab=notes&done=saved")
	s.get(csm, page+"?tab=notes").has("button[value=unpin]", 1)
	s.post(support, note, "do", "delete").is(403)
	s.post(csm, note, "do", "delete").leadsTo(page + "?tab=notes&done=saved")
	s.get(csm, page+"?tab=notes").says(".nothing", "No notes yet")
	s.post(csm, note, "do", "restore")
	s.get(csm, page+"?tab=notes").says("article", "Kickoff")
	s.post(csm, note, "do", "burn").is(400)

	s.post(csm, page+"/messages", "body", "Any open tickets, @support?").leadsTo(page + "?done=saved&tab=thread")
	m := s.get(csm, page+"?tab=thread").says(".moments", "Any open tickets")
	message, _ := m.doc.Find("form[action^='/messages/']").First().Attr("action")
	s.post(csm, message, "body", "", "back", page+"?tab=thread").leadsTo(page + "?tab=thread")
	s.get(csm, page+"?tab=thread").says(".moments", "Nothing was said yet")

	s.post(csm, page+"/follow").leadsTo(page + "?done=saved&tab=timeline")
	s.get(csm, page).says(".chip.on", "You follow this customer")
	s.post(csm, page+"/follow", "off", "yes")
	for _, bad := range [][2]string{{"/notes", "body"}, {"/messages", "body"}, {"/tasks", "title"}} {
		s.post(csm, page+bad[0], bad[1], " ").is(422).has(".form-error", 1)
	}
	s.post(as{role: store.Viewer}, page+"/notes", "body", "x").is(403)
}

func TestTasksOfMyDay(t *testing.T) {
	s := busy(t)
	csm := as{role: store.CSM}
	me, err := s.store.MemberByEmail(t.Context(), "csm@example.com")
	s.check(err)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/my-day").is(200).has("form[action='/my-day/tasks']", 0)
	})
	s.post(csm, "/customers/acct-04/tasks", "title", "Call about renewal", "kind", "renewal", "owner", string(me.ID), "due", "2026-03-01", "priority", "1", "repeats", "month").leadsTo("/customers/acct-04?done=saved&tab=tasks")
	s.post(csm, "/my-day/tasks", "title", "Write the report").leadsTo("/my-day?done=saved")
	s.post(csm, "/my-day/tasks", "title", "x", "due", "tomorrow").is(422).has(".form-error", 1)
	a := s.get(csm, "/my-day").is(200).says("table", "Call about renewal").says("table", "Write the report").says(".tag.bad", "1 overdue")
	s.get(csm, "/customers/acct-04?tab=tasks").says("table", "Call about renewal")
	s.get(csm, "/customers/acct-04?kind=task").says(".moments", "Task: Call about renewal")
	form := a.doc.Find("form[action^='/tasks/']").First()
	task, _ := form.Attr("action")
	s.post(csm, task, "do", "done", "back", "/my-day").leadsTo("/my-day")
	// The next one of a task that repeats is there at once.
	s.get(csm, "/my-day").says("table", "Apr 1, 2026")
	s.post(csm, task, "do", "open", "back", "/my-day")
	for _, do := range []string{"snooze", "mine", "dropped"} {
		s.post(csm, task, "do", do, "back", "/my-day").leadsTo("/my-day")
	}
	s.post(csm, task, "do", "owner", "owner", string(me.ID), "back", "https://evil.example/").leadsTo("/")
	s.post(csm, task, "do", "nothing").is(400)
	s.post(csm, "/tasks/nobody", "do", "done").is(404)
	s.get(csm, "/my-day?team=yes").is(200).says("h2", "The team's tasks")
}
