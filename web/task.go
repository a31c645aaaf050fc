package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func (s *server) addTask(v *visit) error {
	return s.undoableWork(v, "tasks", func(id farol.AccountID, f url.Values) (string, store.UndoBody, error) {
		t, err := taskForm(v, f)
		if err != nil {
			return "", store.UndoBody{}, err
		}
		t.Account = id
		return s.makeTask(v, t)
	})
}

// makeTask adds a task and says how to take it back.
func (s *server) makeTask(v *visit, t store.Task) (what string, u store.UndoBody, err error) {
	t, err = s.Store.AddTask(v.r.Context(), t)
	return v.p.T("The task was added."), store.UndoBody{Tasks: []store.TaskUndo{{Before: t, Changed: t.Changed, Made: true}}}, err
}

// taskForm reads a task.
func taskForm(v *visit, f url.Values) (t store.Task, err error) {
	t = store.Task{
		Title: f.Get("title"), Body: f.Get("body"), Kind: f.Get("kind"), Owner: store.MemberID(f.Get("owner")), Creator: string(v.member.ID),
		Repeats: f.Get("repeats"), Priority: map[string]int{"1": 1, "3": 3}[f.Get("priority")],
	}
	t.Due, err = dayField(f, "due")
	return t, err
}

// dayField reads a day, 0 for none.
func dayField(f url.Values, name string) (farol.Day, error) {
	x := f.Get(name)
	if x == "" {
		return 0, nil
	}
	d, err := farol.ParseDay(x)
	if err != nil {
		return 0, farol.InvalidField(name, "this is not a date: %s", x)
	}
	return d, nil
}

// tasksPage lists the tasks of the team.
type tasksPage struct {
	shell
	refusal
	Tasks    []taskRow
	Count    string
	Overdue  int
	Members  []store.Member
	Fields   url.Values
	Next     string
	Previous string
	CSV      string
	// Here is the address with the filters.
	Filtered bool
	Clear    string
}

// taskKeys are the filters of the page.
var taskKeys = []string{"state", "owner", "kind", "priority", "due", "account", "q"}

const tasksShown = 100

// readTasks reads the filters from the address. Unasked it is one's own open
// tasks.
func (s *server) readTasks(v *visit) (store.TaskQuery, url.Values, *view, error) {
	look, err := v.view()
	if err != nil {
		return store.TaskQuery{}, nil, nil, err
	}
	q, kept, err := v.taskFilters()
	if err == nil {
		q.At = v.past
		q.Only, err = s.only(v, look)
	}
	return q, kept, look, err
}

// taskFilters reads the filters of the page itself.
func (v *visit) taskFilters() (store.TaskQuery, url.Values, error) {
	given, kept := v.r.URL.Query(), url.Values{}
	for _, k := range taskKeys {
		if x := strings.TrimSpace(given.Get(k)); x != "" {
			kept.Set(k, x)
		}
	}
	today := v.today()
	q := store.TaskQuery{Account: farol.AccountID(kept.Get("account")), Kind: kept.Get("kind"), Search: kept.Get("q"), Limit: tasksShown}
	switch kept.Get("state") {
	case "", "open":
		q.Open, q.Today = true, today
	case "asleep":
		q.Open, q.Sleeping = true, today
	case "ended":
		q.Closed = true
	case "all":
	default:
		return q, kept, farol.InvalidField("state", "must be open, asleep, ended or all")
	}
	switch owner := kept.Get("owner"); owner {
	case "", "me":
		q.Owner = &v.member.ID
	case "all":
	case "nobody":
		none := store.MemberID("")
		q.Owner = &none
	default:
		id := store.MemberID(owner)
		q.Owner = &id
	}
	if err := dueFilter(&q, kept.Get("due"), today); err != nil {
		return q, kept, err
	}
	if p := kept.Get("priority"); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 3 {
			return q, kept, farol.InvalidField("priority", "must be 1, 2 or 3")
		}
		q.Priority = n
	}
	if q.Kind != "" && !slices.Contains(store.TaskKinds, q.Kind) {
		return q, kept, farol.InvalidField("kind", "must be activity, risk, opportunity, lifecycle or renewal")
	}
	if x := given.Get("offset"); x != "" {
		n, err := strconv.Atoi(x)
		if err != nil || n < 0 {
			return q, kept, farol.InvalidField("offset", "must be a whole number")
		}
		q.Offset = n
	}
	return q, kept, nil
}

// dueFilter keeps the tasks that are due then.
func dueFilter(q *store.TaskQuery, due string, today farol.Day) error {
	switch due {
	case "":
	case "overdue":
		q.DueBy = today - 1
	case "today":
		q.DueBy = today
	case "week":
		q.DueBy = today + 7
	case "none":
		q.Undated = true
	default:
		return farol.InvalidField("due", "must be overdue, today, week or none")
	}
	return nil
}

func (s *server) tasks(v *visit) error { return s.showTasks(v, http.StatusOK, refusal{}) }

func (s *server) showTasks(v *visit, status int, r refusal) error {
	q, kept, look, err := s.readTasks(v)
	if err != nil {
		return err
	}
	p := tasksPage{shell: v.shell(lang.Text("Tasks")), refusal: r, Fields: kept, Filtered: len(kept) > 0}
	p.Question = v.p.T("What is to be done, by whom and until when?")
	p.View, p.extra, p.Clear = look, kept, look.Link("/tasks")
	ctx := v.r.Context()
	tasks, err := s.Store.Tasks(ctx, q)
	if err != nil {
		return err
	}
	if p.Tasks, err = s.taskRows(v, tasks); err != nil {
		return err
	}
	n, err := s.Store.CountTasks(ctx, q)
	if err != nil {
		return err
	}
	p.Count = v.p.N(n, "%d task", "%d tasks")
	late := q
	if today := v.today(); q.DueBy == 0 || q.DueBy >= today {
		late.DueBy = today - 1
	}
	if late.Open = true; !q.Closed {
		if p.Overdue, err = s.Store.CountTasks(ctx, late); err != nil {
			return err
		}
	}
	if p.Members, err = s.Store.Members(ctx); err != nil {
		return err
	}
	p.Members = active(p.Members)
	address := func(path string, offset int) string {
		return linkWith(path, look.with(kept), "offset", map[bool]string{true: strconv.Itoa(offset)}[offset > 0])
	}
	p.CSV = address("/tasks.csv", 0)
	if q.Offset > 0 {
		p.Previous = address("/tasks", max(0, q.Offset-tasksShown))
	}
	if q.Offset+len(tasks) < n {
		p.Next = address("/tasks", q.Offset+len(tasks))
	}
	return s.send(v, status, "tasks", "layout", p)
}

// Get is a filter, or what was typed into a form that was refused.
func (p tasksPage) Get(name string) string { return p.Fields.Get(name) }

// Is tells whether a filter has the value.
func (p tasksPage) Is(name, value string) bool { return p.Fields.Get(name) == value }

func (s *server) tasksCSV(v *visit) error {
	q, _, _, err := s.readTasks(v)
	if err != nil {
		return err
	}
	q.Limit = 10_000
	tasks, err := s.Store.Tasks(v.r.Context(), q)
	if err != nil {
		return err
	}
	who, err := s.writers(v)
	if err != nil {
		return err
	}
	day := func(d farol.Day) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	out := v.csv("tasks.csv")
	write(out, []string{"id", "title", "kind", "priority", "account", "account_name", "owner", "due", "snoozed_until", "repeats", "created", "done", "outcome", "details"})
	for _, t := range tasks {
		done := ""
		if !t.Done.IsZero() {
			done = t.Done.Format("2006-01-02T15:04:05Z07:00")
		}
		write(out, []string{t.ID, t.Title, t.Kind, strconv.Itoa(t.Priority), string(t.Account), s.accountName(v, t.Account), who[string(t.Owner)], day(t.Due), day(t.Snoozed),
			t.Repeats, t.Created.Format("2006-01-02T15:04:05Z07:00"), done, t.Outcome, t.Body})
	}
	out.Flush()
	return nil
}

// taskPage is one task, to be read and changed.
type taskPage struct {
	shell
	refusal
	Task    taskRow
	Fields  url.Values
	Members []store.Member
	Back    string
	HTML    any
	Created string
}

func (s *server) task(v *visit) error { return s.showTask(v, http.StatusOK, refusal{}, nil) }

func (s *server) showTask(v *visit, status int, r refusal, fields url.Values) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	t, err := s.Store.TaskAt(v.r.Context(), v.r.PathValue("id"), v.past)
	if err != nil {
		return err
	}
	rows, err := s.taskRows(v, []store.Task{t})
	if err != nil {
		return err
	}
	p := taskPage{shell: v.shell(lang.Text("Task")), refusal: r, Task: rows[0], Fields: fields, Back: cmp.Or(v.r.PostFormValue("back"), v.r.URL.Query().Get("back"), "/tasks"), HTML: markdown(t.Body, s.handles(v))}
	p.View, p.extra = look, url.Values{"back": v.r.URL.Query()["back"]}
	p.Title, p.Crumb = t.Title, &crumb{v.p.T("Tasks"), look.Link("/tasks")}
	p.Question = v.p.T("What is to be done, by whom and until when?")
	who, err := s.writers(v)
	if err != nil {
		return err
	}
	p.Created = v.p.T("%s, by %s", v.p.DateTime(t.Created, v.company.location()), cmp.Or(who[t.Creator], t.Creator))
	if p.Fields == nil {
		day := func(d farol.Day) string {
			if d == 0 {
				return ""
			}
			return d.String()
		}
		p.Fields = url.Values{"title": {t.Title}, "body": {t.Body}, "kind": {t.Kind}, "owner": {string(t.Owner)}, "repeats": {t.Repeats},
			"priority": {strconv.Itoa(t.Priority)}, "due": {day(t.Due)}, "snoozed": {day(t.Snoozed)}}
	}
	if p.Members, err = s.Store.Members(v.r.Context()); err != nil {
		return err
	}
	p.Members = active(p.Members)
	return s.send(v, status, "task", v.panel(), p)
}

// Get is a field of the form.
func (p taskPage) Get(name string) string { return p.Fields.Get(name) }

// Is tells whether a field of the form has the value.
func (p taskPage) Is(name, value string) bool { return p.Fields.Get(name) == value }

// changeTask does one thing to a task.
func (s *server) changeTask(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	err := s.changeTasks(v, []string{v.r.PathValue("id")})
	if refused, ok := v.refuse(err); err != nil && ok && v.r.PostForm.Get("do") == "edit" {
		return s.showTask(v, http.StatusUnprocessableEntity, refused, v.r.PostForm)
	}
	return err
}

// bulkTasks does one thing to the tasks that were ticked.
func (s *server) bulkTasks(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	ids := v.r.PostForm["task"]
	var err error = farol.InvalidField("task", "Tick at least one task.")
	if len(ids) > 0 && len(ids) <= 1000 {
		err = s.changeTasks(v, ids)
	}
	if refused, ok := v.refuse(err); err != nil && ok {
		return s.showTasks(v, http.StatusUnprocessableEntity, refused)
	}
	return err
}

func (s *server) changeTasks(v *visit, ids []string) error {
	f := v.r.PostForm
	u, err := taskChange(v, f)
	if err != nil {
		return err
	}
	var undo store.UndoBody
	for _, id := range ids {
		t, err := s.Store.Task(v.r.Context(), id)
		if err != nil {
			return err
		}
		undo.Tasks = append(undo.Tasks, store.TaskUndo{Before: t})
	}
	after, err := s.Store.UpdateTasks(v.r.Context(), ids, u)
	if err != nil {
		return err
	}
	for i, t := range after {
		undo.Tasks[i].Changed = t.Changed
	}
	return v.redirect(s.withUndo(v, localPath(f.Get("back")), taskDone(v, f.Get("do"), after), undo))
}

// taskChange reads what is to be done to tasks.
func taskChange(v *visit, f url.Values) (u store.TaskUpdate, err error) {
	u.By = v.member.ID
	today := v.company.calendar().Today(v.now)
	do, yes, open := f.Get("do"), true, ""
	later := today
	switch do {
	case "done", "dropped":
		u.Outcome = &do
	case "open":
		u.Outcome = &open
	case "tomorrow":
		later++
	case "snooze", "week":
		later += 7
	case "month":
		later = store.NextDue(today, "month")
	case "until":
		if later, err = dayField(f, "until"); err == nil && later <= today {
			err = farol.InvalidField("until", "must be a day to come")
		}
	case "wake":
		later = 0
	case "mine":
		u.Owner = &v.member.ID
	case "owner":
		owner, err := memberChosen(f, "owner")
		if err != nil {
			return u, err
		}
		u.Owner = &owner
	case "delete":
		u.Deleted = &yes
	case "edit":
		t, err := taskForm(v, f)
		if err != nil {
			return u, err
		}
		priority := cmp.Or(t.Priority, 2)
		u.Title, u.Body, u.Kind, u.Owner, u.Repeats, u.Priority, u.Due = &t.Title, &t.Body, &t.Kind, &t.Owner, &t.Repeats, &priority, &t.Due
		later, err = dayField(f, "snoozed")
		u.Snoozed = &later
		return u, err
	default:
		return u, farol.InvalidField("do", "Choose what to do.")
	}
	if later != today {
		u.Snoozed = &later
	}
	return u, err
}

// taskDone says what was done to tasks.
func taskDone(v *visit, do string, list []store.Task) string {
	n := len(list)
	if n == 1 {
		title := list[0].Title
		switch do {
		case "done":
			return v.p.T("Done: %s", title)
		case "delete":
			return v.p.T("Deleted: %s", title)
		case "dropped":
			return v.p.T("Dropped: %s", title)
		}
		return v.p.T("Changed: %s", title)
	}
	switch do {
	case "done":
		return v.p.N(n, "%d task is done.", "%d tasks are done.")
	case "delete":
		return v.p.N(n, "%d task was deleted.", "%d tasks were deleted.")
	}
	return v.p.N(n, "%d task was changed.", "%d tasks were changed.")
}
