package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Undo is how to take back what a member did.
type Undo struct {
	ID     string
	Member MemberID
	// What was done, a sentence for people in the member's language.
	What    string
	Body    UndoBody
	Created time.Time
	// Undone is zero while it may be taken back.
	Undone time.Time
}

// UndoBody is what is to be put back, and what was there after the action:
// what somebody changed meanwhile stays as it is.
type UndoBody struct {
	Tasks []TaskUndo `json:"tasks,omitempty"`
	// Notes and Messages were deleted, or were written (Gone).
	Notes    []TextUndo `json:"notes,omitempty"`
	Messages []TextUndo `json:"messages,omitempty"`
	// Change is the change of customers that it was; the caller takes it back.
	Change string `json:"change,omitempty"`
}

// TaskUndo is a task before and after.
type TaskUndo struct {
	Before Task `json:"before"`
	// Changed is that of the task after the action.
	Changed time.Time `json:"changed"`
	// Made tells that the action made it: taking it back deletes it.
	Made bool `json:"made,omitempty"`
}

// TextUndo is a note or message that was deleted or, when Made, written.
type TextUndo struct {
	ID   string `json:"id"`
	Made bool   `json:"made,omitempty"`
	// Changed is that of what was Made, after the action.
	Changed time.Time `json:"changed,omitzero"`
}

// UndoFor is for how long something can be taken back.
const UndoFor = 10 * time.Minute

// AddUndo keeps how to take back what the member did.
func (s *Store) AddUndo(ctx context.Context, u Undo) (Undo, error) {
	u.ID, u.Created = newID(), s.clock()
	body, err := json.Marshal(u.Body)
	if err != nil {
		return u, err
	}
	_, err = s.writer.ExecContext(ctx, `insert into undos (id, member, what, body, created) values ($1, $2, $3, $4, $5)`,
		u.ID, key(u.Member), cut(u.What, 300), string(body), u.Created.UnixMilli())
	return u, err
}

// Undo is what the member may still take back: the one named, or the last when
// id is "". NotFound when there is none, or it is too late.
func (s *Store) Undo(ctx context.Context, member MemberID, id string) (Undo, error) {
	var u Undo
	var body string
	err := s.reader.QueryRowContext(ctx, `select id, member, what, body, created, undone from undos
		where member = $1 and ($2 = '' or id = $2) and undone is null and created > $3 order by id desc limit 1`,
		key(member), key(id), s.clock().Add(-UndoFor).UnixMilli()).Scan(&u.ID, &u.Member, &u.What, &body, stamp{&u.Created}, stamp{&u.Undone})
	if errors.Is(err, sql.ErrNoRows) {
		return u, farol.Errorf(farol.NotFound, "there is nothing to undo, or it is too late")
	}
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal([]byte(body), &u.Body)
}

// TakeBack puts back the tasks, notes and messages of the undo, once. kept
// counts those that stay because somebody changed them meanwhile.
func (s *Store) TakeBack(ctx context.Context, u Undo) (kept int, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `update undos set undone = $2 where id = $1 and undone is null`, u.ID, s.clock().UnixMilli())
		if err := changed(r, err, farol.Errorf(farol.NotFound, "there is nothing to undo, or it is too late")); err != nil {
			return err
		}
		for _, t := range u.Body.Tasks {
			ok, err := s.takeBackTask(ctx, tx, t)
			if err != nil {
				return err
			}
			if !ok {
				kept++
			}
		}
		for table, list := range map[string][]TextUndo{"notes": u.Body.Notes, "messages": u.Body.Messages} {
			for _, x := range list {
				ok, err := s.takeBackText(ctx, tx, table, x)
				if err != nil {
					return err
				}
				if !ok {
					kept++
				}
			}
		}
		return nil
	})
	return kept, err
}

func (s *Store) takeBackTask(ctx context.Context, tx *sql.Tx, u TaskUndo) (ok bool, err error) {
	now, err := scanTask(tx.QueryRowContext(ctx, `select `+taskColumns+` from tasks where id = $1`, u.Before.ID))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !now.Changed.Equal(u.Changed) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	back := u.Before
	if u.Made {
		back.Deleted = s.clock()
	}
	if u.Made || now.Owner != back.Owner {
		if err := forgetTask(ctx, tx, now, u.Changed); err != nil {
			return false, err
		}
	}
	back.Changed = s.clock()
	if err := saveTask(ctx, tx, back); err != nil {
		return false, err
	}
	return true, s.followTask(ctx, tx, now, back)
}

// forgetTask takes away what the owner of a task, and who covers for them, were
// told of it since and have not read: it is not theirs any more.
func forgetTask(ctx context.Context, tx *sql.Tx, t Task, since time.Time) error {
	_, err := tx.ExecContext(ctx, `delete from notices where (member = $1 or meant = $1) and kind = $2 and subject = $3 and seen is null and created >= $4`,
		key(t.Owner), NoticeTask, "task:"+t.ID, since.UnixMilli())
	return err
}

// takeBackText brings a note or message back, or deletes one that was written
// unless somebody changed or answered it since.
func (s *Store) takeBackText(ctx context.Context, tx *sql.Tx, table string, u TextUndo) (ok bool, err error) {
	if !u.Made {
		_, err := tx.ExecContext(ctx, `update `+table+` set deleted = null where id = $1`, key(u.ID))
		return err == nil, err
	}
	var changed time.Time
	err = tx.QueryRowContext(ctx, `select changed from `+table+` where id = $1 and deleted is null`, key(u.ID)).Scan(stamp{&changed})
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil // it is gone already
	}
	if err != nil || !changed.Equal(u.Changed) {
		return false, err
	}
	now, subject := s.clock().UnixMilli(), "note:"+u.ID
	if table == "messages" {
		subject = "message:" + u.ID
		var answers int
		if err := tx.QueryRowContext(ctx, `select count(*) from messages where parent = $1 and deleted is null`, key(u.ID)).Scan(&answers); err != nil || answers > 0 {
			return false, err
		}
	} else if err := dropNoteTasks(ctx, tx, u.ID, now); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, `update `+table+` set deleted = $2 where id = $1`, key(u.ID), now); err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, `delete from notices where subject = $1`, key(subject))
	return err == nil, err
}

// dropNoteTasks deletes the open tasks of a note that nobody has touched, and
// what was told of them.
func dropNoteTasks(ctx context.Context, tx *sql.Tx, note string, now int64) error {
	untouched := `from tasks where source like $1 escape '!' and done is null and deleted is null and changed = created`
	sources := strings.TrimPrefix(likeText(itemSource(key(note), "")), "%")
	if _, err := tx.ExecContext(ctx, `delete from notices where subject in (select 'task:' || id `+untouched+`)`, sources); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `update tasks set deleted = $2, changed = $2 where id in (select id `+untouched+`)`, sources, now)
	return err
}

// pruneWork deletes what nobody can use any more: what can no longer be taken
// back, mails whose link has expired, what happened long ago.
func pruneWork(ctx context.Context, tx *sql.Tx, now time.Time) error {
	for query, age := range map[string]time.Duration{
		`delete from undos where created <= $1`: UndoFor, `delete from digests where at <= $1`: digestsKept,
		`delete from happenings where known <= $1`: happeningsKept, `delete from notices where seen <= $1`: 2 * happeningsKept,
	} {
		if _, err := tx.ExecContext(ctx, query, now.Add(-age).UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}
