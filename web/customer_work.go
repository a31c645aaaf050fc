package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// work runs an action on a customer's page: the form is read, the customer is
// looked up, and what is refused is shown on the page with what was typed.
func (s *server) work(v *visit, tab string, do func(id farol.AccountID, f url.Values) error) error {
	if err := v.form(); err != nil {
		return err
	}
	id, f := farol.AccountID(v.r.PathValue("id")), v.r.PostForm
	if _, err := s.Customers.Account(v.r.Context(), id); err != nil {
		return err
	}
	err := do(id, f)
	if err == nil {
		return v.redirect("/customers/" + url.PathEscape(string(id)) + "?" + url.Values{"tab": {tab}, "done": {"saved"}}.Encode())
	}
	if refused, ok := v.refuse(err); ok {
		f.Set("tab", tab)
		return s.showCustomer(v, http.StatusUnprocessableEntity, refused, f)
	}
	return err
}

func (s *server) addNote(v *visit) error {
	return s.work(v, "notes", func(id farol.AccountID, f url.Values) error {
		_, err := s.Store.AddNote(v.r.Context(), store.Note{Account: id, Author: v.member.ID, Title: f.Get("title"), Body: f.Get("body"), Kind: f.Get("kind")})
		return err
	})
}

func (s *server) addTask(v *visit) error {
	return s.work(v, "tasks", func(id farol.AccountID, f url.Values) error {
		t, err := taskForm(v, f)
		if err != nil {
			return err
		}
		t.Account = id
		_, err = s.Store.AddTask(v.r.Context(), t)
		return err
	})
}

// taskForm reads a new task.
func taskForm(v *visit, f url.Values) (t store.Task, err error) {
	t = store.Task{
		Title: f.Get("title"), Body: f.Get("body"), Kind: f.Get("kind"), Owner: store.MemberID(f.Get("owner")), Creator: string(v.member.ID),
		Repeats: f.Get("repeats"), Priority: map[string]int{"1": 1, "3": 3}[f.Get("priority")],
	}
	if x := f.Get("due"); x != "" {
		if t.Due, err = farol.ParseDay(x); err != nil {
			return t, farol.InvalidField("due", "this is not a date: %s", x)
		}
	}
	return t, nil
}

func (s *server) say(v *visit) error {
	return s.work(v, "thread", func(id farol.AccountID, f url.Values) error {
		_, err := s.Store.Say(v.r.Context(), store.Message{Thread: store.AccountThread(id), Author: v.member.ID, Body: f.Get("body"), About: f.Get("about")})
		return err
	})
}

func (s *server) follow(v *visit) error {
	return s.work(v, "timeline", func(id farol.AccountID, f url.Values) error {
		return s.Store.Follow(v.r.Context(), v.member.ID, id, f.Get("off") == "yes")
	})
}

// changeNote pins, deletes or brings back a note: its author's, or anybody's
// for leaders.
func (s *server) changeNote(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, ctx, id := v.r.PostForm, v.r.Context(), v.r.PathValue("id")
	yes, no, u := true, false, store.NoteUpdate{}
	switch f.Get("do") {
	case "pin":
		u.Pinned = &yes
	case "unpin":
		u.Pinned = &no
	case "delete":
		u.Deleted = &yes
	case "restore":
		u.Deleted = &no
	default:
		return farol.InvalidField("do", "Choose what to do.")
	}
	if u.Deleted != nil && *u.Deleted {
		n, err := s.Store.Note(ctx, id)
		if err != nil {
			return err
		}
		if n.Author != v.member.ID && !leaders.allows(v.member.Role) {
			return farol.Errorf(farol.Forbidden, "Your role may not do this.")
		}
	}
	n, err := s.Store.UpdateNote(ctx, id, u)
	if err != nil {
		return err
	}
	return v.redirect("/customers/" + url.PathEscape(string(n.Account)) + "?tab=notes&done=saved")
}

// changeTask ends a task, opens it again, puts it off or hands it over.
func (s *server) changeTask(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, u := v.r.PostForm, store.TaskUpdate{By: v.member.ID}
	today := v.company.calendar().Today(v.now)
	switch do := f.Get("do"); do {
	case "done", "dropped":
		u.Outcome = &do
	case "open":
		open := ""
		u.Outcome = &open
	case "snooze":
		later := today + 7
		u.Snoozed = &later
	case "mine":
		u.Owner = &v.member.ID
	case "owner":
		owner := store.MemberID(f.Get("owner"))
		u.Owner = &owner
	default:
		return farol.InvalidField("do", "Choose what to do.")
	}
	if _, err := s.Store.UpdateTask(v.r.Context(), v.r.PathValue("id"), u); err != nil {
		return err
	}
	return v.redirect(localPath(f.Get("back")))
}

// changeMessage edits or deletes a message of one's own.
func (s *server) changeMessage(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	if err := s.Store.EditMessage(v.r.Context(), v.member.ID, v.r.PathValue("id"), v.r.PostForm.Get("body")); err != nil {
		return err
	}
	return v.redirect(localPath(v.r.PostForm.Get("back")))
}

// myDayPage is what a member has to do and what they were told.
type myDayPage struct {
	shell
	refusal
	Tasks   []taskRow
	Overdue int
	Notices []noticeRow
	Unseen  int
	Team    bool
	Members []store.Member
	Fields  url.Values
}

type noticeRow struct {
	store.Notice
	Who, Href, What string
}

var noticeTexts = map[string]lang.Text{
	store.NoticeMention: lang.Text("mentioned you"), store.NoticeTask: lang.Text("gave you a task"),
	store.NoticeMessage: lang.Text("wrote about a customer you follow"), store.NoticeChange: lang.Text("changed a customer of yours"),
}

func (s *server) myDay(v *visit) error { return s.showMyDay(v, http.StatusOK, refusal{}, nil) }

func (s *server) showMyDay(v *visit, status int, r refusal, fields url.Values) error {
	p := myDayPage{shell: v.shell(lang.Text("My day")), refusal: r, Fields: fields, Team: v.r.URL.Query().Get("team") == "yes"}
	p.Question = v.p.T("What is there to do today, and what changed around my customers?")
	ctx := v.r.Context()
	q := store.TaskQuery{Owner: &v.member.ID, Open: true, Today: v.company.calendar().Today(v.now)}
	if p.Team {
		q.Owner = nil
	}
	tasks, err := s.Store.Tasks(ctx, q)
	if err != nil {
		return err
	}
	if p.Tasks, err = s.taskRows(v, tasks); err != nil {
		return err
	}
	for _, t := range p.Tasks {
		if t.Overdue {
			p.Overdue++
		}
	}
	notices, err := s.Store.Notices(ctx, v.member.ID, false, 50)
	if err != nil {
		return err
	}
	who, err := s.authors(v)
	if err != nil {
		return err
	}
	for _, n := range notices {
		p.Notices = append(p.Notices, noticeRow{n, who[string(n.Author)], noticeLink(n), v.p.Text(noticeTexts[n.Kind])})
	}
	if p.Unseen, err = s.Store.Unseen(ctx, v.member.ID); err != nil {
		return err
	}
	if p.Members, err = s.Store.Members(ctx); err != nil {
		return err
	}
	return s.send(v, status, "myday", "layout", p)
}

// Get is what was typed into a form that was refused.
func (p myDayPage) Get(name string) string { return p.Fields.Get(name) }

// noticeLink leads to what a notice is about.
func noticeLink(n store.Notice) string {
	kind, _, _ := strings.Cut(n.Subject, ":")
	tabs := map[string]string{"note": "notes", "task": "tasks", "message": "thread"}
	if n.Account == "" {
		return "/my-day"
	}
	return "/customers/" + url.PathEscape(string(n.Account)) + "?tab=" + tabs[kind]
}

func (s *server) addOwnTask(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	t, err := taskForm(v, v.r.PostForm)
	if err == nil {
		if t.Owner == "" {
			t.Owner = v.member.ID
		}
		_, err = s.Store.AddTask(v.r.Context(), t)
	}
	if err == nil {
		return v.done("/my-day", "saved")
	}
	if refused, ok := v.refuse(err); ok {
		return s.showMyDay(v, http.StatusUnprocessableEntity, refused, v.r.PostForm)
	}
	return err
}

func (s *server) seeNotices(v *visit) error {
	if err := s.Store.SeeNotices(v.r.Context(), v.member.ID, ""); err != nil {
		return err
	}
	return v.redirect("/my-day")
}
