package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// Task is something to do, mostly about an account: a call to action of one of
// the kinds that CS teams sort their inbox by.
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
	// Creator is a member's id, token:ID, or what made it ("play:…").
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
	// Done is zero while it is open; Outcome is then "done" or "dropped", and
	// Closer who ended it.
	Done    time.Time
	Outcome string
	Closer  string
	// Follows is the task whose being done made this one, "" for none.
	Follows string
	// Deleted is zero unless it was deleted.
	Deleted time.Time
}

// TaskKinds lists the kinds of tasks.
var TaskKinds = []string{"activity", "risk", "opportunity", "lifecycle", "renewal"}

// Repeats lists how a task may repeat.
var Repeats = []string{"", "day", "week", "month", "quarter", "year"}

func (t *Task) check() error {
	var err error
	if t.Title, err = checkTitle(t.Title); err != nil {
		return err
	}
	t.Body = strings.TrimSpace(strings.ReplaceAll(t.Body, "\r\n", "\n"))
	if t.Body != "" {
		if t.Body, err = checkBody("body", t.Body); err != nil {
			return err
		}
	}
	if t.Kind == "" {
		t.Kind = TaskKinds[0]
	}
	if t.Priority == 0 {
		t.Priority = 2
	}
	switch {
	case !slices.Contains(TaskKinds, t.Kind):
		return farol.InvalidField("kind", "must be activity, risk, opportunity, lifecycle or renewal")
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
	s = key(strings.Join(strings.Fields(s), " "))
	switch {
	case s == "":
		return "", farol.InvalidField("title", "must not be empty")
	case len([]rune(s)) > 200:
		return "", farol.InvalidField("title", "must have at most %d characters", 200)
	}
	return s, nil
}

// AddTask makes a task. When an open one of the account has the same Source, that
// one is answered and its body gets the new reason, if it says something new. The
// owner is told. Errors: Invalid with the field at fault.
func (s *Store) AddTask(ctx context.Context, t Task) (Task, error) {
	if err := t.check(); err != nil {
		return t, err
	}
	if err := within(ctx, t.Account, errNoAccount()); err != nil {
		return t, err
	}
	err := s.Write(ctx, func(tx *sql.Tx) error {
		if err := ownerKnown(ctx, tx, t.Owner); err != nil {
			return err
		}
		if t.Source != "" {
			old, err := scanTask(tx.QueryRowContext(ctx, `select `+taskColumns+` from tasks where source = $1 and account = $2 and done is null and deleted is null`, key(t.Source), key(t.Account)))
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

// ownerKnown refuses a task for somebody who is not of the team.
func ownerKnown(ctx context.Context, q queryer, owner MemberID) error {
	if owner == "" {
		return nil
	}
	if m, err := findMember(ctx, q, `id`, string(owner)); farol.KindOf(err) == farol.NotFound || err == nil && !m.Disabled.IsZero() {
		return farol.InvalidField("owner", "there is no such member")
	} else {
		return err
	}
}

func (s *Store) insertTask(ctx context.Context, tx *sql.Tx, t *Task) error {
	t.ID, t.Created = newID(), s.clock()
	t.Changed = t.Created
	_, err := tx.ExecContext(ctx, `
		insert into tasks (id, account, title, body, kind, priority, owner, creator, due, snoozed, repeats, source, created, changed, outcome, closer, follows)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, '', '', $14)`,
		t.ID, key(t.Account), t.Title, t.Body, t.Kind, t.Priority, key(t.Owner), cut(t.Creator, 200), dayOrNull(t.Due), dayOrNull(t.Snoozed), t.Repeats,
		key(t.Source), t.Created.UnixMilli(), key(t.Follows))
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

const taskColumns = `id, account, title, body, kind, priority, owner, creator, due, snoozed, repeats, source, created, changed, done, outcome, closer, follows, deleted`

func scanTask(r scanner) (t Task, err error) {
	var due, snoozed sql.NullInt64
	err = r.Scan(&t.ID, &t.Account, &t.Title, &t.Body, &t.Kind, &t.Priority, &t.Owner, &t.Creator, &due, &snoozed, &t.Repeats, &t.Source,
		stamp{&t.Created}, stamp{&t.Changed}, stamp{&t.Done}, &t.Outcome, &t.Closer, &t.Follows, stamp{&t.Deleted})
	t.Due, t.Snoozed = farol.Day(due.Int64), farol.Day(snoozed.Int64)
	return t, err
}

// TaskQuery selects tasks; empty fields do not filter.
type TaskQuery struct {
	Owner   *MemberID
	Account farol.AccountID
	Kind    string
	// Priority keeps those of it; 0 does not.
	Priority int
	// Search finds the text in the title, in whatever case.
	Search string
	// Open keeps those not done, Closed those done; Today hides what is snoozed
	// beyond the day.
	Open, Closed bool
	Today        farol.Day
	// Sleeping keeps those snoozed beyond the day; 0 does not.
	Sleeping farol.Day
	// DueFrom and DueBy keep those due between the days, both included; 0 does
	// not. Undated keeps those with no day.
	DueFrom, DueBy farol.Day
	Undated        bool
	// At lists them as they stood at the instant, as far as is kept: made by then,
	// ended and deleted by then or not. What they said and whose they were is as
	// it is now. Zero is now.
	At time.Time
	// Only keeps those of the accounts; nil does not.
	Only func(farol.AccountID) bool
	// Limit is at most 10,000; 0 is 200. Offset skips so many.
	Limit, Offset int
}

// where is the condition and its arguments.
func (q TaskQuery) where() (string, []any) {
	owner, anybody := "", 1
	if q.Owner != nil {
		owner, anybody = key(*q.Owner), 0
	}
	return `created <= $14 and (deleted is null or deleted > $14) and ($1 = 1 or owner = $2) and ($3 = '' or account = $3) and ($4 = '' or kind = $4)
		and ($5 = 0 or done is null or done > $14) and ($6 = 0 or snoozed is null or snoozed <= $6) and ($7 = 0 or due <= $7) and ($8 = 0 or priority = $8) and ($9 = '' or lower(title) like $9 escape '!')
		and ($10 = 0 or done <= $14) and ($11 = 0 or snoozed > $11) and ($12 = 0 or due >= $12) and ($13 = 0 or due is null)`,
		[]any{anybody, owner, key(q.Account), q.Kind, number(q.Open), int64(q.Today), int64(q.DueBy), q.Priority, likeText(strings.ToLower(q.Search)),
			number(q.Closed), int64(q.Sleeping), int64(q.DueFrom), number(q.Undated), horizon(q.At)}
}

// narrowed tells whether the list is cut after it was read.
func (q TaskQuery) narrowed(ctx context.Context) bool {
	return sight.Of(ctx).Limited() || q.Only != nil
}

// then is the task as it stood at the instant; zero is now.
func (t Task) then(at time.Time) Task {
	if !at.IsZero() && t.Done.After(at) {
		t.Done, t.Outcome, t.Closer = time.Time{}, "", ""
	}
	return t
}

// Tasks lists tasks: the open ones by due day (none last) and priority, then
// the done ones, the last done first.
func (s *Store) Tasks(ctx context.Context, q TaskQuery) ([]Task, error) {
	if q.Limit <= 0 {
		q.Limit = 200
	}
	where, args := q.where()
	limit, offset := min(q.Limit, 10_000), max(q.Offset, 0)
	read, skip := limit, offset
	if q.narrowed(ctx) {
		read, skip = everything, 0 // who sees some counts only those
	}
	rows, err := s.reader.QueryContext(ctx, `select `+taskColumns+` from tasks where `+where+`
		order by case when done is null or done > $14 then 0 else 1 end, case when done <= $14 then done end desc, case when due is null then 1 else 0 end, due, priority, id limit $15 offset $16`,
		append(args, read, skip)...)
	list, err := collect(rows, err, func(r scanner) (Task, error) { t, err := scanTask(r); return t.then(q.At), err })
	if !q.narrowed(ctx) {
		return list, err
	}
	list = onlyInsight(ctx, list, func(t Task) farol.AccountID { return t.Account })
	if q.Only != nil {
		list = slices.DeleteFunc(list, func(t Task) bool { return !q.Only(t.Account) })
	}
	from := min(offset, len(list))
	return list[from:min(from+limit, len(list))], err
}

// CountTasks counts what Tasks would list without its limit.
func (s *Store) CountTasks(ctx context.Context, q TaskQuery) (n int, err error) {
	if q.narrowed(ctx) {
		q.Limit, q.Offset = 10_000, 0
		list, err := s.Tasks(ctx, q)
		return len(list), err
	}
	where, args := q.where()
	return n, s.reader.QueryRowContext(ctx, `select count(*) from tasks where `+where, args...).Scan(&n)
}

// Task is one task; NotFound when there is none, or it was deleted.
func (s *Store) Task(ctx context.Context, id string) (Task, error) {
	return findTask(ctx, s.reader, id, time.Time{})
}

// TaskAt is one task as TaskQuery.At says; NotFound when it was not there then.
func (s *Store) TaskAt(ctx context.Context, id string, at time.Time) (Task, error) {
	t, err := findTask(ctx, s.reader, id, at)
	return t.then(at), err
}

func findTask(ctx context.Context, q queryer, id string, at time.Time) (Task, error) {
	t, err := scanTask(q.QueryRowContext(ctx, `select `+taskColumns+` from tasks where id = $1 and created <= $2 and (deleted is null or deleted > $2)`, key(id), horizon(at)))
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
	Account                    *farol.AccountID
	// Outcome "done" or "dropped" ends the task, "" opens it again.
	Outcome *string
	// Deleted true removes it from every list.
	Deleted *bool
	// By is who changes it.
	By MemberID
}

// UpdateTask changes a task. When one that repeats is done, the next is made;
// when it is opened again, the next goes if nobody touched it.
func (s *Store) UpdateTask(ctx context.Context, id string, u TaskUpdate) (Task, error) {
	list, err := s.UpdateTasks(ctx, []string{id}, u)
	if err != nil {
		return Task{}, err
	}
	return list[0], nil
}

// UpdateTasks changes several tasks in one go: all or none.
func (s *Store) UpdateTasks(ctx context.Context, ids []string, u TaskUpdate) ([]Task, error) {
	out := make([]Task, len(ids))
	err := s.Write(ctx, func(tx *sql.Tx) (err error) {
		if u.Owner != nil {
			if err := ownerKnown(ctx, tx, *u.Owner); err != nil {
				return err
			}
		}
		for i, id := range ids {
			if out[i], err = s.updateTask(ctx, tx, id, u); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func (s *Store) updateTask(ctx context.Context, tx *sql.Tx, id string, u TaskUpdate) (Task, error) {
	t, err := findTask(ctx, tx, id, time.Time{})
	if err != nil {
		return t, err
	}
	before := t
	if err := u.apply(&t, s.clock()); err != nil {
		return t, err
	}
	if err := saveTask(ctx, tx, t); err != nil {
		return t, err
	}
	if t.Owner != before.Owner {
		told := t
		told.Creator = string(u.By)
		if err := s.tellOwner(ctx, tx, told); err != nil {
			return t, err
		}
	}
	return t, s.followTask(ctx, tx, before, t)
}

// saveTask writes a task over the one of its id.
func saveTask(ctx context.Context, tx *sql.Tx, t Task) error {
	_, err := tx.ExecContext(ctx, `update tasks set title = $2, body = $3, kind = $4, priority = $5, owner = $6, due = $7, snoozed = $8, repeats = $9,
		changed = $10, done = $11, outcome = $12, account = $13, closer = $14, deleted = $15 where id = $1`,
		t.ID, t.Title, t.Body, t.Kind, t.Priority, key(t.Owner), dayOrNull(t.Due), dayOrNull(t.Snoozed), t.Repeats,
		t.Changed.UnixMilli(), millis(t.Done), t.Outcome, key(t.Account), key(t.Closer), millis(t.Deleted))
	return err
}

// followTask makes the next of a task that repeats, or takes it back, and
// ticks the item of the note that the task came from.
func (s *Store) followTask(ctx context.Context, tx *sql.Tx, before, t Task) error {
	if before.Outcome == t.Outcome {
		return nil
	}
	if err := s.tickItem(ctx, tx, t); err != nil {
		return err
	}
	switch {
	case t.Outcome == "done" && before.Outcome == "" && t.Repeats != "":
		next := t
		next.Due, next.Snoozed, next.Done, next.Outcome, next.Closer, next.Follows = NextDue(t.Due, t.Repeats), 0, time.Time{}, "", "", t.ID
		return s.insertTask(ctx, tx, &next)
	case t.Outcome == "":
		if _, err := tx.ExecContext(ctx, `delete from notices where subject in (select 'task:' || id from tasks where follows = $1 and done is null and changed = created)`, t.ID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `delete from tasks where follows = $1 and done is null and changed = created`, t.ID)
		return err
	}
	return nil
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
	set(&t.Account, u.Account)
	t.Changed = now
	if u.Deleted != nil && *u.Deleted {
		t.Deleted = now
	}
	if u.Outcome != nil {
		switch *u.Outcome {
		case "":
			t.Done, t.Closer = time.Time{}, ""
		case "done", "dropped":
			if t.Outcome == "" {
				t.Done, t.Closer = now, string(u.By)
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
