package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

func (s *server) workOperations() {
	tags, own := []string{"work"}, "For tokens of that member, and of administrators."
	op := func(id, method, path, summary, more string) huma.Operation {
		o := huma.Operation{OperationID: id, Method: method, Path: path, Tags: tags, Summary: summary, Description: more}
		if method == http.MethodPost && id[:4] == "add-" {
			o.DefaultStatus = http.StatusCreated
		}
		if method == http.MethodDelete {
			o.DefaultStatus = http.StatusNoContent
		}
		o.Errors = []int{http.StatusNotFound}
		return o
	}
	register(s, team, op("list-notes", http.MethodGet, "/notes", "Notes about an account, the pinned first, then the newest", "With as_of or known those that were written by then, with the words that they had."), s.listNotes)
	register(s, workers, op("add-note", http.MethodPost, "/notes", "Write a note", "Open items of its task list (`- [ ] @name text 2026-04-01`) become tasks; who is mentioned is told."), s.addNote)
	register(s, workers, op("change-note", http.MethodPatch, "/notes/{id}", "Change, pin, delete or restore a note", "What it said before is kept: see list-note-edits. All but pinning and restoring is for the token that wrote it, and for leaders."), s.changeNote)
	register(s, team, op("list-note-edits", http.MethodGet, "/notes/{id}/edits", "What a note said before", ""), s.listNoteEdits)
	register(s, team, op("list-tasks", http.MethodGet, "/tasks", "Tasks: the open ones by due day and priority, then the ended, the last ended first", "With as_of or known they stand as they did then: made, ended and deleted by then or not; their words, owners and days are those of now."), s.listTasks)
	register(s, workers, op("add-task", http.MethodPost, "/tasks", "Add a task", "Of one source only one task is open at a time: a second one adds its details as another reason and answers the first."), s.addTask)
	register(s, workers, op("change-tasks", http.MethodPatch, "/tasks", "Change several tasks: all of them or none", ""), s.changeTasks)
	register(s, team, op("list-messages", http.MethodGet, "/messages", "The conversation about an account, or the team's community, the newest first", ""), s.listMessages)
	register(s, workers, op("add-message", http.MethodPost, "/messages", "Say something about an account, or in the team's community", "`{\"account\":\"acme\",\"body\":\"...\"}` is said in the account's conversation, `{\"topic\":\"exports\",\"body\":\"...\"}` is a post in the community, `{\"parent\":\"ID\",\"body\":\"...\"}` answers one."), s.addMessage)
	register(s, workers, op("change-message", http.MethodPatch, "/messages/{id}", "Edit a message of this token, or delete it with an empty body", ""), s.changeMessage)
	register(s, team, op("list-notices", http.MethodGet, "/members/{id}/notices", "What a member was told, the newest first", own), s.listNotices)
	register(s, team, op("see-notices", http.MethodPost, "/members/{id}/notices/seen", "Mark a member's notices as read", own), s.seeNotices)
	register(s, team, op("read-preferences", http.MethodGet, "/members/{id}/preferences", "What a member wants to be told, and when", own), s.readPreferences)
	register(s, team, op("set-preferences", http.MethodPut, "/members/{id}/preferences", "Set what a member wants to be told, and when", own), s.setPreferences)
	register(s, workers, op("follow", http.MethodPut, "/members/{id}/follows/{account}", "Make a member follow an account", own), s.followAccount)
	register(s, workers, op("unfollow", http.MethodDelete, "/members/{id}/follows/{account}", "End a member's following an account", own), s.unfollowAccount)
	register(s, team, op("list-watches", http.MethodGet, "/members/{id}/watches", "The segments that a member watches", own), s.listWatches)
	register(s, team, op("watch", http.MethodPut, "/members/{id}/watches/{segment}", "Make a member hear who enters and leaves a segment", own), s.watchSegment)
	register(s, team, op("unwatch", http.MethodDelete, "/members/{id}/watches/{segment}", "End a member's watching a segment", own), s.unwatchSegment)
	s.templateOperations()
}

// writer is the token as the author of what it writes.
func writer(ctx context.Context) store.MemberID {
	return store.MemberID("token:" + string(caller(ctx).ID))
}

// ownOr is nil for a token that wrote the thing itself, and for leaders.
func ownOr(ctx context.Context, own bool) error {
	if t := caller(ctx); !own && !slices.Contains(leaders, t.Role) {
		return farol.Errorf(farol.Forbidden, "a token of the role %s may not do this", t.Role)
	}
	return nil
}

// Note is a note about an account.
type Note struct {
	ID           string     `json:"id"`
	Account      string     `json:"account"`
	Title        string     `json:"title"`
	Body         string     `json:"body" doc:"Markdown."`
	Kind         string     `json:"kind" doc:"note, call, or the name of a template."`
	Author       string     `json:"author" doc:"A member's id, or token:ID."`
	Participants []string   `json:"participants" nullable:"false" doc:"member:ID or person:ID."`
	At           time.Time  `json:"at" doc:"When it took place."`
	Pinned       *time.Time `json:"pinned" doc:"Since when it is pinned; null when it is not."`
	Created      time.Time  `json:"created"`
	Changed      time.Time  `json:"changed"`
}

func newNote(n store.Note) Note {
	out := Note{n.ID, string(n.Account), n.Title, n.Body, n.Kind, string(n.Author), n.Participants, n.At, instant(n.Pinned), n.Created, n.Changed}
	if out.Participants == nil {
		out.Participants = []string{}
	}
	return out
}

// instant is null for the zero time.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type listNotesOutput struct {
	Body struct {
		Notes []Note `json:"notes" nullable:"false"`
	}
}

func (s *server) listNotes(ctx context.Context, in *struct {
	Account string `query:"account" required:"true"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Clocks
}) (*listNotesOutput, error) {
	at, err := s.until(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Notes(ctx, farol.AccountID(in.Account), at, in.Limit)
	out := &listNotesOutput{}
	out.Body.Notes = each(list, newNote)
	return out, err
}

type noteOutput struct{ Body Note }

func (s *server) addNote(ctx context.Context, in *struct {
	Body struct {
		Account      string    `json:"account"`
		Title        string    `json:"title,omitempty"`
		Body         string    `json:"body" doc:"Markdown."`
		Kind         string    `json:"kind,omitempty"`
		Participants []string  `json:"participants,omitempty"`
		At           time.Time `json:"at,omitempty"`
		Pinned       bool      `json:"pinned,omitempty"`
	}
}) (*noteOutput, error) {
	b := in.Body
	if _, err := s.Customers.Account(ctx, farol.AccountID(b.Account)); err != nil {
		return nil, err
	}
	n := store.Note{Account: farol.AccountID(b.Account), Author: writer(ctx), Title: b.Title, Body: b.Body, Kind: b.Kind, Participants: b.Participants, At: b.At}
	if b.Pinned {
		n.Pinned = s.Now()
	}
	n, err := s.Store.AddNote(ctx, n)
	return &noteOutput{newNote(n)}, err
}

func (s *server) changeNote(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Title        *string    `json:"title,omitempty"`
		Body         *string    `json:"body,omitempty"`
		Kind         *string    `json:"kind,omitempty"`
		Participants *[]string  `json:"participants,omitempty"`
		At           *time.Time `json:"at,omitempty"`
		Pinned       *bool      `json:"pinned,omitempty"`
		Deleted      *bool      `json:"deleted,omitempty" doc:"true deletes it, false brings it back."`
	}
}) (*noteOutput, error) {
	b := in.Body
	if b.Title != nil || b.Body != nil || b.Kind != nil || b.Participants != nil || b.At != nil || b.Deleted != nil && *b.Deleted {
		n, err := s.Store.Note(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if err := ownOr(ctx, n.Author == writer(ctx)); err != nil {
			return nil, err
		}
	}
	n, err := s.Store.UpdateNote(ctx, in.ID, store.NoteUpdate{Title: b.Title, Body: b.Body, Kind: b.Kind, Participants: b.Participants, At: b.At, Pinned: b.Pinned, Deleted: b.Deleted, By: writer(ctx)})
	return &noteOutput{newNote(n)}, err
}

// Edit is what a note said before it was changed.
type Edit struct {
	At     time.Time `json:"at" doc:"When it was replaced."`
	Author string    `json:"author" doc:"Who replaced it."`
	Title  string    `json:"title"`
	Body   string    `json:"body"`
}

type listEditsOutput struct {
	Body struct {
		Edits []Edit `json:"edits" nullable:"false"`
	}
}

func (s *server) listNoteEdits(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*listEditsOutput, error) {
	at, err := s.until(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	if _, err := s.Store.NoteAt(ctx, in.ID, at); err != nil {
		return nil, err
	}
	list, err := s.Store.Edits(ctx, "note:"+in.ID)
	out := &listEditsOutput{}
	out.Body.Edits = []Edit{}
	for _, e := range list {
		if e.At.After(s.at(at)) {
			continue
		}
		out.Body.Edits = append(out.Body.Edits, Edit{e.At, string(e.Author), e.Title, e.Body})
	}
	return out, err
}

// Task is something to do.
type Task struct {
	ID       string     `json:"id"`
	Account  *string    `json:"account" doc:"null for a task about no account."`
	Title    string     `json:"title"`
	Body     string     `json:"body"`
	Kind     string     `json:"kind" enum:"activity,risk,opportunity,lifecycle,renewal"`
	Priority int        `json:"priority" doc:"1 is high, 3 low."`
	Owner    *string    `json:"owner" doc:"The member's id; null while nobody has it."`
	Creator  string     `json:"creator"`
	Due      *string    `json:"due" format:"date"`
	Snoozed  *string    `json:"snoozed" format:"date" doc:"Hidden until this day."`
	Repeats  string     `json:"repeats"`
	Source   string     `json:"source" doc:"What it is for; of one source one task is open at a time."`
	Outcome  string     `json:"outcome" doc:"done, dropped, or empty while it is open."`
	Done     *time.Time `json:"done"`
	Created  time.Time  `json:"created"`
	Changed  time.Time  `json:"changed"`
}

func newTask(t store.Task) Task {
	return Task{t.ID, orNull(string(t.Account)), t.Title, t.Body, t.Kind, t.Priority, orNull(string(t.Owner)), t.Creator, dayOrNull(t.Due), dayOrNull(t.Snoozed),
		t.Repeats, t.Source, t.Outcome, instant(t.Done), t.Created, t.Changed}
}

func dayOrNull(d farol.Day) *string {
	if d == 0 {
		return nil
	}
	return orNull(d.String())
}

type listTasksOutput struct {
	Body struct {
		Tasks []Task `json:"tasks" nullable:"false"`
		Count int    `json:"count" doc:"How many fit in all."`
	}
}

func (s *server) listTasks(ctx context.Context, in *struct {
	Account string `query:"account"`
	Owner   string `query:"owner" doc:"A member's id; nobody for those that nobody has."`
	Kind    string `query:"kind"`
	State   string `query:"state" enum:"open,ended,all" default:"open"`
	DueBy   string `query:"due_by" format:"date"`
	Search  string `query:"q" doc:"In titles."`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Offset  int    `query:"offset" minimum:"0" default:"0"`
	Clocks
	Among
}) (*listTasksOutput, error) {
	q := store.TaskQuery{Account: farol.AccountID(in.Account), Kind: in.Kind, Search: in.Search, Limit: in.Limit, Offset: in.Offset, Open: in.State == "open", Closed: in.State == "ended"}
	if in.Owner != "" {
		owner := store.MemberID(in.Owner)
		if in.Owner == "nobody" {
			owner = ""
		}
		q.Owner = &owner
	}
	var err error
	if q.DueBy, err = day("due_by", in.DueBy); err != nil {
		return nil, err
	}
	if q.At, err = s.until(ctx, in.Clocks); err != nil {
		return nil, err
	}
	if q.Only, err = s.only(ctx, in.Clocks, in.Among); err != nil {
		return nil, err
	}
	list, err := s.Store.Tasks(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &listTasksOutput{}
	out.Body.Tasks = each(list, newTask)
	out.Body.Count, err = s.Store.CountTasks(ctx, q)
	return out, err
}

type taskOutput struct{ Body Task }

func (s *server) addTask(ctx context.Context, in *struct {
	Body struct {
		Account  string `json:"account,omitempty"`
		Title    string `json:"title"`
		Body     string `json:"body,omitempty"`
		Kind     string `json:"kind,omitempty"`
		Priority int    `json:"priority,omitempty"`
		Owner    string `json:"owner,omitempty"`
		Due      string `json:"due,omitempty" format:"date"`
		Repeats  string `json:"repeats,omitempty"`
		Source   string `json:"source,omitempty"`
	}
}) (*taskOutput, error) {
	b := in.Body
	if b.Account != "" {
		if _, err := s.Customers.Account(ctx, farol.AccountID(b.Account)); err != nil {
			return nil, err
		}
	}
	due, err := day("due", b.Due)
	if err != nil {
		return nil, err
	}
	t, err := s.Store.AddTask(ctx, store.Task{Account: farol.AccountID(b.Account), Title: b.Title, Body: b.Body, Kind: b.Kind, Priority: b.Priority, Owner: store.MemberID(b.Owner),
		Due: due, Repeats: b.Repeats, Source: b.Source, Creator: string(writer(ctx))})
	return &taskOutput{newTask(t)}, err
}

func (s *server) changeTasks(ctx context.Context, in *struct {
	Body struct {
		IDs      []string `json:"ids" minItems:"1" maxItems:"1000"`
		Title    *string  `json:"title,omitempty"`
		Body     *string  `json:"body,omitempty"`
		Kind     *string  `json:"kind,omitempty"`
		Priority *int     `json:"priority,omitempty"`
		Owner    *string  `json:"owner,omitempty" doc:"Empty for nobody."`
		Due      *string  `json:"due,omitempty" doc:"YYYY-MM-DD; empty for none."`
		Snoozed  *string  `json:"snoozed,omitempty" doc:"YYYY-MM-DD; empty wakes it."`
		Repeats  *string  `json:"repeats,omitempty"`
		Outcome  *string  `json:"outcome,omitempty" doc:"done, dropped, or empty to open it again."`
		Deleted  bool     `json:"deleted,omitempty"`
	}
}) (*listTasksOutput, error) {
	b := in.Body
	u := store.TaskUpdate{Title: b.Title, Body: b.Body, Kind: b.Kind, Priority: b.Priority, Repeats: b.Repeats, Outcome: b.Outcome, By: writer(ctx)}
	if b.Owner != nil {
		owner := store.MemberID(*b.Owner)
		u.Owner = &owner
	}
	if b.Deleted {
		u.Deleted = &b.Deleted
	}
	for _, x := range []struct {
		name string
		from *string
		to   **farol.Day
	}{{"due", b.Due, &u.Due}, {"snoozed", b.Snoozed, &u.Snoozed}} {
		if x.from == nil {
			continue
		}
		d, err := day(x.name, *x.from)
		if err != nil {
			return nil, err
		}
		*x.to = &d
	}
	list, err := s.Store.UpdateTasks(ctx, b.IDs, u)
	out := &listTasksOutput{}
	out.Body.Tasks, out.Body.Count = each(list, newTask), len(list)
	return out, err
}
