package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Task is something to do, mostly about an account: a to-do, or a call to
// action of one of the kinds that CS teams sort their inbox by.
type Task struct {
	ID string
	// Account is "" for a task about no account.
	Account     farol.AccountID
	Title, Body string
	Kind        string
	// Priority is 1 (high) to 3.
	Priority int
	// Owner is "" while nobody has it.
	Owner MemberID
	// Creator is a member's id, or what made it ("play:…").
	Creator string
	// Due and Snoozed are days, 0 for none; a snoozed task is hidden until then.
	Due, Snoozed farol.Day
	// Repeats is "", day, week, month, quarter or year: when it is done the next
	// one is made.
	Repeats string
	// Source is a key that names what the task is for; of one key only one task
	// is open at a time. "" for none.
	Source           string
	Created, Changed time.Time
	// Done is zero while it is open; Outcome is then "done" or "dropped".
	Done    time.Time
	Outcome string
}

// TaskKinds lists the kinds of tasks.
var TaskKinds = []string{"task", "risk", "opportunity", "lifecycle", "renewal", "support"}

// Repeats lists how a task may repeat.
var Repeats = []string{"", "day", "week", "month", "quarter", "year"}

func (t *Task) check() error {
	var err error
	if t.Title, err = checkTitle(t.Title); err != nil {
		return err
	}
	if t.Body = strings.TrimSpace(t.Body); len(t.Body) > maxBody {
		return farol.InvalidField("body", "must have at most %d characters", maxBody)
	}
	if t.Kind == "" {
		t.Kind = "task"
	}
	if t.Priority == 0 {
		t.Priority = 2
	}
	switch {
	case !slices.Contains(TaskKinds, t.Kind):
		return farol.InvalidField("kind", "must be task, risk, opportunity, lifecycle, renewal or support")
	case t.Priority < 1 || t.Priority > 3:
		return farol.InvalidField("priority", "must be 1, 2 or 3")
	case !slices.Contains(Repeats, t.Repeats):
		return farol.InvalidField("repeats", "must be day, week, month, quarter, year or empty")
	case t.Repeats != "" && t.Due == 0:
		return farol.InvalidField("due", "a task that repeats needs a day")
	}
	return nil
}

func checkTitle(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	switch {
	case s == "":
		return "", farol.InvalidField("title", "must not be empty")
	case len([]rune(s)) > 200:
		return "", farol.InvalidField("title", "must have at most %d characters", 200)
	}
	return cut(s, 2000), nil
}

// AddTask makes a task. When an open one has the same Source, that one is
// answered and its body gets the new reason, if it says something new. The
// owner is told. Errors: Invalid with the field at fault.
func (s *Store) AddTask(ctx context.Context, t Task) (Task, error) {
	if err := t.check(); err != nil {
		return t, err
	}
	if err := within(ctx, t.Account, errNoAccount()); err != nil {
		return t, err
	}
	err := s.Write(ctx, func(tx *sql.Tx) error {
		if t.Source != "" {
			old, err := scanTask(tx.QueryRowContext(ctx, `select `+taskColumns+` from tasks where source = $1 and done is null`, key(t.Source)))
			if err == nil {
				t, err = s.joinTask(ctx, tx, old, t)
				return err
			}
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		return s.insertTask(ctx, tx, &t)
	})
	return t, err
}

func (s *Store) insertTask(ctx context.Context, tx *sql.Tx, t *Task) error {
	t.ID, t.Created = newID(), s.clock()
	t.Changed = t.Created
	_, err := tx.ExecContext(ctx, `
		insert into tasks (id, account, title, body, kind, priority, owner, creator, due, snoozed, repeats, source, created, changed, outcome)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, '')`,
		t.ID, key(t.Account), t.Title, t.Body, t.Kind, t.Priority, key(t.Owner), cut(t.Creator, 200), dayOrNull(t.Due), dayOrNull(t.Snoozed), t.Repeats, key(t.Source), t.Created.UnixMilli())
	if err != nil {
		return err
	}
	return s.tellOwner(ctx, tx, *t)
}

func (s *Store) tellOwner(ctx context.Context, tx *sql.Tx, t Task) error {
	if t.Owner == "" {
		return nil
	}
	n := Notice{Kind: NoticeTask, Account: t.Account, Subject: "task:" + t.ID, Author: MemberID(t.Creator), Text: t.Title}
	return s.tell(ctx, tx, n, []MemberID{t.Owner})
}

// joinTask adds a second reason to a task that is open already.
func (s *Store) joinTask(ctx context.Context, tx *sql.Tx, old, t Task) (Task, error) {
	if t.Body == "" || strings.Contains(old.Body, t.Body) {
		return old, nil
	}
	old.Body = strings.TrimSpace(old.Body + "\n\n" + t.Body)
	old.Priority = min(old.Priority, t.Priority)
	old.Changed = s.clock()
	_, err := tx.ExecContext(ctx, `update tasks set body = $2, priority = $3, changed = $4 where id = $1`, old.ID, old.Body, old.Priority, old.Changed.UnixMilli())
	return old, err
}

func dayOrNull(d farol.Day) any {
	if d == 0 {
		return nil
	}
	return int64(d)
}

const taskColumns = `id, account, title, body, kind, priority, owner, creator, due, snoozed, repeats, source, created, changed, done, outcome`

func scanTask(r scanner) (t Task, err error) {
	var due, snoozed sql.NullInt64
	err = r.Scan(&t.ID, &t.Account, &t.Title, &t.Body, &t.Kind, &t.Priority, &t.Owner, &t.Creator, &due, &snoozed, &t.Repeats, &t.Source,
		stamp{&t.Created}, stamp{&t.Changed}, stamp{&t.Done}, &t.Outcome)
	t.Due, t.Snoozed = farol.Day(due.Int64), farol.Day(snoozed.Int64)
	return t, err
}

// TaskQuery selects tasks; empty fields do not filter.
type TaskQuery struct {
	Owner   *MemberID
	Account farol.AccountID
	Kind    string
	// Open keeps those not done; Today hides what is snoozed beyond the day.
	Open  bool
	Today farol.Day
	// DueBy keeps those due on the day or before; 0 does not.
	DueBy farol.Day
	// Limit is at most 1000; 0 is 200.
	Limit int
}

// Tasks lists tasks: the open ones by due day (none last) and priority, then
// the done ones, the last done first.
func (s *Store) Tasks(ctx context.Context, q TaskQuery) ([]Task, error) {
	if q.Limit <= 0 || q.Limit > 1000 {
		q.Limit = 200
	}
	owner, anybody := "", 1
	if q.Owner != nil {
		owner, anybody = key(*q.Owner), 0
	}
	rows, err := s.reader.QueryContext(ctx, `select `+taskColumns+` from tasks
		where ($1 = 1 or owner = $2) and ($3 = '' or account = $3) and ($4 = '' or kind = $4) and ($5 = 0 or done is null)
		and ($6 = 0 or snoozed is null or snoozed <= $6) and ($7 = 0 or due <= $7)
		order by case when done is null then 0 else 1 end, done desc, case when due is null then 1 else 0 end, due, priority, id limit $8`,
		anybody, owner, key(q.Account), q.Kind, number(q.Open), int64(q.Today), int64(q.DueBy), unlimited(ctx, q.Limit))
	list, err := collect(rows, err, scanTask)
	list = onlyInsight(ctx, list, func(t Task) farol.AccountID { return t.Account })
	return list[:min(len(list), q.Limit)], err
}

// Task is one task; NotFound when there is none.
func (s *Store) Task(ctx context.Context, id string) (Task, error) {
	return findTask(ctx, s.reader, id)
}

func findTask(ctx context.Context, q queryer, id string) (Task, error) {
	t, err := scanTask(q.QueryRowContext(ctx, `select `+taskColumns+` from tasks where id = $1`, key(id)))
	missing := farol.Errorf(farol.NotFound, "there is no such task")
	if errors.Is(err, sql.ErrNoRows) {
		err = missing
	}
	if err == nil {
		err = within(ctx, t.Account, missing)
	}
	return t, err
}

// TaskUpdate says what to change; nil leaves a field as it is.
type TaskUpdate struct {
	Title, Body, Kind, Repeats *string
	Priority                   *int
	Owner                      *MemberID
	Due, Snoozed               *farol.Day
	// Outcome "done" or "dropped" ends the task, "" opens it again.
	Outcome *string
	// By is who changes it.
	By MemberID
}

// UpdateTask changes a task. When one that repeats is done, the next is made.
func (s *Store) UpdateTask(ctx context.Context, id string, u TaskUpdate) (Task, error) {
	var t Task
	err := s.Write(ctx, func(tx *sql.Tx) (err error) {
		if t, err = findTask(ctx, tx, id); err != nil {
			return err
		}
		before := t
		if err := u.apply(&t, s.clock()); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `update tasks set title = $2, body = $3, kind = $4, priority = $5, owner = $6, due = $7, snoozed = $8, repeats = $9, changed = $10, done = $11, outcome = $12 where id = $1`,
			t.ID, t.Title, t.Body, t.Kind, t.Priority, key(t.Owner), dayOrNull(t.Due), dayOrNull(t.Snoozed), t.Repeats, t.Changed.UnixMilli(), millis(t.Done), t.Outcome)
		if err != nil {
			return err
		}
		if t.Owner != before.Owner {
			told := t
			told.Creator = string(u.By)
			if err := s.tellOwner(ctx, tx, told); err != nil {
				return err
			}
		}
		if t.Outcome == "done" && before.Outcome == "" && t.Repeats != "" {
			next := t
			next.Due, next.Snoozed, next.Done, next.Outcome = NextDue(t.Due, t.Repeats), 0, time.Time{}, ""
			return s.insertTask(ctx, tx, &next)
		}
		return nil
	})
	return t, err
}

func (u TaskUpdate) apply(t *Task, now time.Time) error {
	set(&t.Title, u.Title)
	set(&t.Body, u.Body)
	set(&t.Kind, u.Kind)
	set(&t.Repeats, u.Repeats)
	set(&t.Priority, u.Priority)
	set(&t.Owner, u.Owner)
	set(&t.Due, u.Due)
	set(&t.Snoozed, u.Snoozed)
	t.Changed = now
	if u.Outcome != nil {
		switch *u.Outcome {
		case "":
			t.Done = time.Time{}
		case "done", "dropped":
			if t.Outcome == "" {
				t.Done = now
			}
		default:
			return farol.InvalidField("outcome", "must be done, dropped or empty")
		}
		t.Outcome = *u.Outcome
	}
	return t.check()
}

// set takes a value that was given.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// NextDue is the day on which a repeating task is due again: the same day of a
// later month, or its last day when that month is shorter.
func NextDue(d farol.Day, repeats string) farol.Day {
	months := map[string]int{"month": 1, "quarter": 3, "year": 12}[repeats]
	switch {
	case repeats == "day":
		return d + 1
	case repeats == "week":
		return d + 7
	case months == 0:
		return 0
	}
	y, m, day := d.UTC().Date()
	last := farol.Date(y, m+time.Month(months)+1, 1) - 1
	return min(farol.Date(y, m+time.Month(months), 1)+farol.Day(day-1), last)
}

// GiveTasks gives the open tasks of a member to another, "" for nobody.
func (s *Store) GiveTasks(ctx context.Context, from, to MemberID) error {
	_, err := s.writer.ExecContext(ctx, `update tasks set owner = $2, changed = $3 where owner = $1 and done is null`, key(from), key(to), s.clock().UnixMilli())
	return err
}
