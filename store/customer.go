package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// StageRun is one day's application of the rules by which accounts move from
// stage to stage.
type StageRun struct {
	Day farol.Day
	// Version of the stages that was applied, 0 for the defaults.
	Version int
	// Moved is how many accounts.
	Moved int
	Ran   time.Time
}

// SaveStageRun records that the rules were applied on a day; again replaces it.
func (s *Store) SaveStageRun(ctx context.Context, r StageRun) error {
	_, err := s.writer.ExecContext(ctx, `
		insert into stage_runs as old (day, version, moved, ran) values ($1, $2, $3, $4)
		on conflict (day) do update set version = excluded.version, moved = old.moved + excluded.moved, ran = excluded.ran`,
		int64(r.Day), r.Version, r.Moved, s.clock().UnixMilli())
	return err
}

// LastStageRun is that of the latest day; ok is false when there was none.
func (s *Store) LastStageRun(ctx context.Context) (r StageRun, ok bool, err error) {
	err = s.reader.QueryRowContext(ctx, `select day, version, moved, ran from stage_runs order by day desc limit 1`).
		Scan(&r.Day, &r.Version, &r.Moved, stamp{&r.Ran})
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

// CustomerChange is what was done to customers at once.
type CustomerChange struct {
	ID string
	At time.Time
	// Author is a member's id, or token:ID.
	Author string
	// Trait is what was set ("$owner.csm"), Value to what, "" for nothing.
	Trait, Value string
	Reason       string
	// Before is the value that each account had.
	Before map[farol.AccountID]string
	Count  int
	// Undone is zero while it holds.
	Undone   time.Time
	UndoneBy string
}

// AddCustomerChange records a change. ID, At and Count are filled in.
func (s *Store) AddCustomerChange(ctx context.Context, c CustomerChange) (CustomerChange, error) {
	before, err := json.Marshal(c.Before)
	if err != nil {
		return c, err
	}
	c.ID, c.At, c.Count = newID(), s.clock(), len(c.Before)
	_, err = s.writer.ExecContext(ctx, `
		insert into customer_changes (id, at, author, trait, value, reason, before, count, undone_by) values ($1, $2, $3, $4, $5, $6, $7, $8, '')`,
		c.ID, c.At.UnixMilli(), cut(c.Author, 100), cut(c.Trait, 200), cut(c.Value, 300), cut(c.Reason, 500), string(before), c.Count)
	return c, err
}

const changeColumns = `select id, at, author, trait, value, reason, before, count, undone, undone_by from customer_changes `

func scanChange(r scanner) (c CustomerChange, err error) {
	var before string
	err = r.Scan(&c.ID, stamp{&c.At}, &c.Author, &c.Trait, &c.Value, &c.Reason, &before, &c.Count, stamp{&c.Undone}, &c.UndoneBy)
	if err == nil {
		err = json.Unmarshal([]byte(before), &c.Before)
	}
	return c, err
}

// CustomerChange is one change; NotFound when there is none.
func (s *Store) CustomerChange(ctx context.Context, id string) (CustomerChange, error) {
	c, err := scanChange(s.reader.QueryRowContext(ctx, changeColumns+`where id = $1`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = farol.Errorf(farol.NotFound, "there is no such change")
	}
	return c, err
}

// SeenChange is a change as by may see it: of others that of the accounts in
// sight, one's own whole. NotFound when there is none such.
func (s *Store) SeenChange(ctx context.Context, by, id string) (CustomerChange, error) {
	c, err := s.CustomerChange(ctx, id)
	if err == nil && !c.cut(ctx, by) {
		return CustomerChange{}, farol.Errorf(farol.NotFound, "there is no such change")
	}
	return c, err
}

// cut leaves the accounts in sight in another's change; false when there is
// none, or it sets what is hidden.
func (c *CustomerChange) cut(ctx context.Context, by string) bool {
	of := sight.Of(ctx)
	if of.Hides("attribute." + c.Trait) {
		return false
	}
	if !of.Limited() || c.Author == by {
		return true
	}
	maps.DeleteFunc(c.Before, func(id farol.AccountID, _ string) bool { return !of.Account(id) })
	c.Count = len(c.Before)
	return c.Count > 0
}

// changesRead is how many of the last changes are looked through for those that
// who sees some accounts may see.
const changesRead = 2000

// CustomerChanges lists the last changes that by may see, the newest first; what
// was before is not told. limit 0 is 50.
func (s *Store) CustomerChanges(ctx context.Context, by string, limit int) ([]CustomerChange, error) {
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 500)
	before, read := `'{}'`, limit // many accounts are long to read
	if sight.Of(ctx) != nil {
		before, read = `before`, changesRead
	}
	rows, err := s.reader.QueryContext(ctx, `select id, at, author, trait, value, reason, `+before+`, count, undone, undone_by from customer_changes order by id desc limit $1`, read)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []CustomerChange
	for rows.Next() && len(out) < limit {
		c, err := scanChange(rows)
		if err != nil {
			return nil, err
		}
		if c.cut(ctx, by) {
			c.Before = nil
			out = append(out, c)
		}
	}
	return out, rows.Err()
}

// TaskMove is a task that went along with its customer to another owner.
type TaskMove struct {
	Task    string          `json:"task"`
	Account farol.AccountID `json:"account"`
	Owner   MemberID        `json:"owner"`
	Changed time.Time       `json:"changed"`
}

// MoveTasks gives tasks to another owner. change, unless it is "", is the change
// of customers that they go along with, and back with.
func (s *Store) MoveTasks(ctx context.Context, change string, tasks []Task, to, by MemberID) error {
	if len(tasks) == 0 {
		return nil
	}
	return s.Write(ctx, func(tx *sql.Tx) error {
		if err := ownerKnown(ctx, tx, to); err != nil {
			return err
		}
		var moves []TaskMove
		for _, before := range tasks {
			t, err := s.updateTask(ctx, tx, before.ID, TaskUpdate{Owner: &to, By: by})
			if err != nil {
				return err
			}
			moves = append(moves, TaskMove{t.ID, t.Account, before.Owner, t.Changed})
		}
		if change == "" {
			return nil
		}
		body, err := json.Marshal(moves)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `update customer_changes set tasks = $2 where id = $1`, key(change), string(body))
		return err
	})
}

// EndCustomerChange marks a change as taken back, and gives the tasks of the
// accounts that went along back to who had them, where nobody changed them
// since. Conflict when it is taken back already.
func (s *Store) EndCustomerChange(ctx context.Context, id, by string, accounts map[farol.AccountID]bool) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `update customer_changes set undone = $2, undone_by = $3 where id = $1 and undone is null`,
			key(id), s.clock().UnixMilli(), cut(by, 100))
		if err := changed(res, err, farol.Errorf(farol.Conflict, "this was taken back already")); err != nil {
			return err
		}
		var body string
		if err := tx.QueryRowContext(ctx, `select tasks from customer_changes where id = $1`, key(id)).Scan(&body); err != nil {
			return err
		}
		var moves []TaskMove
		if err := json.Unmarshal([]byte(body), &moves); err != nil {
			return err
		}
		for _, m := range moves {
			if !accounts[m.Account] {
				continue
			}
			if err := s.moveBack(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// moveBack gives a task back, unless somebody changed it since or its owner
// before is no longer there.
func (s *Store) moveBack(ctx context.Context, tx *sql.Tx, m TaskMove) error {
	t, err := scanTask(tx.QueryRowContext(ctx, `select `+taskColumns+` from tasks where id = $1 and deleted is null`, key(m.Task)))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !t.Changed.Equal(m.Changed) {
		return nil
	}
	if err != nil {
		return err
	}
	switch err := ownerKnown(ctx, tx, m.Owner); {
	case farol.KindOf(err) == farol.Invalid:
		return nil
	case err != nil:
		return err
	}
	if err := forgetTask(ctx, tx, t, m.Changed); err != nil {
		return err
	}
	t.Owner, t.Changed = m.Owner, s.clock()
	return saveTask(ctx, tx, t)
}
