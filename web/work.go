package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// work runs an action on a customer's page that cannot be taken back.
func (s *server) work(v *visit, tab string, do func(id farol.AccountID, f url.Values) error) error {
	return s.undoableWork(v, tab, func(id farol.AccountID, f url.Values) (string, store.UndoBody, error) {
		return "", store.UndoBody{}, do(id, f)
	})
}

// undoableWork runs an action on a customer's page: the form is read, the customer is
// looked up, and what is refused is shown on the page with what was typed. do
// answers how to take it back; an empty sentence says that it cannot be.
func (s *server) undoableWork(v *visit, tab string, do func(id farol.AccountID, f url.Values) (what string, u store.UndoBody, err error)) error {
	if err := v.form(); err != nil {
		return err
	}
	id, f := farol.AccountID(v.r.PathValue("id")), v.r.PostForm
	if _, err := s.Customers.Account(v.r.Context(), id); err != nil {
		return err
	}
	what, undo, err := do(id, f)
	if err == nil {
		return v.redirect(s.withUndo(v, customerTab(id, tab), what, undo))
	}
	if refused, ok := v.refuse(err); ok {
		f.Set("tab", tab)
		return s.showCustomer(v, http.StatusUnprocessableEntity, refused, f)
	}
	return err
}

// customerTab is the address of a tab of a customer's page.
func customerTab(id farol.AccountID, tab string) string {
	return "/customers/" + url.PathEscape(string(id)) + "?" + url.Values{"tab": {tab}}.Encode()
}

func (s *server) follow(v *visit) error {
	return s.work(v, cmp.Or(v.r.PostFormValue("tab"), "timeline"), func(id farol.AccountID, f url.Values) error {
		return s.Store.Follow(v.r.Context(), v.member.ID, id, f.Get("off") == "yes")
	})
}

// noteRow is a note as a page shows it.
type noteRow struct {
	store.Note
	Who, KindText string
	HTML          any
	With          []string
	// Mine tells that the member may change it.
	Mine bool
	// AccountName is the customer's, Items how many action items it has and how
	// many are done.
	AccountName string
	Items, Done int
}

type taskRow struct {
	store.Task
	OwnerName, KindText, DueText, AccountName, RepeatText, SleepText string
	Overdue, Open, Sleeping                                          bool
	// Note is the address of the note that it came from, "" for none.
	Note string
	// Then is the task's address on a day of the past, "" for now.
	Then string
}

type messageRow struct {
	store.Message
	Who  string
	HTML any
	Mine bool
	// New tells that the member had not read it, First that it is the first of
	// those.
	New, First  bool
	AccountName string
	// AboutText is what it is said about, "" for nothing; AboutHref leads there.
	AboutText, AboutHref string
	Answers              []messageRow
}

// TaskKinds lists the kinds of tasks to choose from.
func (s shell) TaskKinds() []choice {
	var out []choice
	for _, k := range store.TaskKinds {
		out = append(out, choice{Value: k, Title: taskKinds[k]})
	}
	return out
}

var taskKinds = map[string]lang.Text{
	"activity": lang.Text("Activity"), "risk": lang.Text("Risk"), "opportunity": lang.Text("Opportunity"), "lifecycle": lang.Text("Life cycle"),
	"renewal": lang.Text("Renewal"),
}

var repeatTexts = map[string]lang.Text{
	"": lang.Text("Once"), "day": lang.Text("Every day"), "week": lang.Text("Every week"), "month": lang.Text("Every month"),
	"quarter": lang.Text("Every quarter"), "year": lang.Text("Every year"),
}

// RepeatChoices lists how a task may repeat.
func (s shell) RepeatChoices() []choice {
	var out []choice
	for _, r := range store.Repeats {
		out = append(out, choice{Value: r, Title: repeatTexts[r]})
	}
	return out
}

var priorityTexts = map[int]lang.Text{1: lang.Text("High"), 2: lang.Text("Normal"), 3: lang.Text("Low")}

// Priorities lists the priorities, the usual one first.
func (s shell) Priorities() []choice {
	return []choice{{Value: "2", Title: priorityTexts[2]}, {Value: "1", Title: priorityTexts[1]}, {Value: "3", Title: priorityTexts[3]}}
}

// writers are the names of members and tokens, by id.
func (s *server) writers(v *visit) (map[string]string, error) {
	members, err := s.Store.Members(v.r.Context())
	if err != nil {
		return nil, err
	}
	out := map[string]string{"system": "Farol"}
	for _, m := range members {
		out[string(m.ID)] = m.Name
	}
	tokens, err := s.Store.Tokens(v.r.Context())
	for _, t := range tokens {
		out[tokenAuthor+string(t.ID)] = t.Name
	}
	return out, err
}

// tokenAuthor begins the id of a token as the author of something.
const tokenAuthor = "token:"

// isMember tells a member's id among those of writers.
func isMember(id string) bool { return id != "system" && !strings.HasPrefix(id, tokenAuthor) }

// handles are the members as mentions call them; nobody when they cannot be
// read.
func (s *server) handles(v *visit) handles {
	members, err := s.Store.Members(v.r.Context())
	out := handles{}
	for _, m := range active(members) {
		if err == nil {
			handle, _, _ := strings.Cut(strings.ToLower(m.Email), "@")
			out[handle] = append(out[handle], m.Name)
		}
	}
	return out
}

// active lists the members who can sign in.
func active(members []store.Member) []store.Member {
	return slices.DeleteFunc(slices.Clone(members), func(m store.Member) bool { return !m.Disabled.IsZero() })
}

// accountName is what a customer is called, "" for no customer.
func (s *server) accountName(v *visit, id farol.AccountID) string {
	if id == "" {
		return ""
	}
	a, err := s.Customers.Account(v.r.Context(), id)
	if err != nil {
		return string(id) // it may have been erased
	}
	return a.Name
}

// takingPart looks up the people who took part in what the notes tell of.
func (s *server) takingPart(v *visit, notes []store.Note) (listedPeople, error) {
	var ids []string
	for _, n := range notes {
		for _, p := range n.Participants {
			if id, is := strings.CutPrefix(p, "person:"); is {
				ids = append(ids, id)
			}
		}
	}
	return s.listed(v, ids)
}

func (s *server) noteRows(v *visit, notes []store.Note) ([]noteRow, error) {
	who, err := s.writers(v)
	if err != nil {
		return nil, err
	}
	known, err := s.takingPart(v, notes)
	if err != nil {
		return nil, err
	}
	var out []noteRow
	members := s.handles(v)
	for _, n := range notes {
		row := noteRow{Note: n, Who: cmp.Or(who[string(n.Author)], string(n.Author)), KindText: s.noteKind(v, n.Kind), HTML: markdown(n.Body, members), AccountName: s.accountName(v, n.Account)}
		row.Mine = v.member.ID == n.Author || leaders.allows(v.member.Role)
		for _, p := range n.Participants {
			kind, id, _ := strings.Cut(p, ":")
			if kind == "member" {
				id = cmp.Or(who[id], id)
			} else {
				id = known.name(v, farol.PersonID(id))
			}
			row.With = append(row.With, id)
		}
		for _, i := range store.Items(n.Body) {
			row.Items++
			if i.Ticked {
				row.Done++
			}
		}
		out = append(out, row)
	}
	return out, nil
}

func (s *server) notesTab(v *visit, look *view, p *customerPage) error {
	notes, err := s.Store.Notes(v.r.Context(), p.Account.ID, look.Known, 200)
	if err != nil {
		return err
	}
	if p.Notes, err = s.noteRows(v, notes); err != nil {
		return err
	}
	return s.fillComposer(v, p)
}

func (s *server) tasksTab(v *visit, p *customerPage) error {
	tasks, err := s.Store.Tasks(v.r.Context(), store.TaskQuery{Account: p.Account.ID, At: v.past})
	if err != nil {
		return err
	}
	p.Tasks, err = s.taskRows(v, tasks)
	return err
}

func (s *server) taskRows(v *visit, tasks []store.Task) ([]taskRow, error) {
	who, err := s.writers(v)
	if err != nil {
		return nil, err
	}
	today := v.today()
	out := make([]taskRow, 0, len(tasks))
	for _, t := range tasks {
		row := taskRow{Task: t, OwnerName: cmp.Or(who[string(t.Owner)], v.p.T("nobody")), KindText: v.p.Text(taskKinds[t.Kind]), Open: t.Done.IsZero(), AccountName: s.accountName(v, t.Account)}
		if t.Due != 0 {
			row.DueText, row.Overdue = v.p.Date(t.Due), row.Open && t.Due < today
		}
		if t.Repeats != "" {
			row.RepeatText = v.p.Text(repeatTexts[t.Repeats])
		}
		if row.Open && t.Snoozed > today {
			row.Sleeping, row.SleepText = true, v.p.T("asleep until %s", v.p.Date(t.Snoozed))
		}
		if note, _, ok := strings.Cut(strings.TrimPrefix(t.Source, "note:"), "#"); ok && strings.HasPrefix(t.Source, "note:") {
			row.Note = linkWith("/notes/"+url.PathEscape(note), v.clocks)
		}
		if !v.past.IsZero() {
			row.Then = linkWith("/tasks/"+url.PathEscape(t.ID), v.clocks)
		}
		out = append(out, row)
	}
	return out, nil
}
