package store

import (
	"context"
	"time"
)

// SegmentState says how far the kept membership of a segment has come.
type SegmentState struct {
	Name string
	// Form is a hash of the rule that was evaluated.
	Form string
	// Day is the local day for which it was, in days since 1970.
	Day int64
	// Known is the commit of the last fact that was known then, Evaluated when
	// it was, and Began when it was for the first time.
	Known, Evaluated, Began time.Time
	// Took is how long that took.
	Took time.Duration
	// Accounts are in it.
	Accounts int
	// Error is what went wrong, "" for nothing.
	Error string
}

// SaveSegmentState writes the state of a segment over the one before.
func (s *Store) SaveSegmentState(ctx context.Context, x SegmentState) error {
	_, err := s.writer.ExecContext(ctx, `
		insert into segment_states (name, form, day, known, evaluated, began, took, accounts, error) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (name) do update set form = excluded.form, day = excluded.day, known = excluded.known, evaluated = excluded.evaluated,
			began = excluded.began, took = excluded.took, accounts = excluded.accounts, error = excluded.error`,
		key(x.Name), x.Form, x.Day, x.Known.UnixMilli(), x.Evaluated.UnixMilli(), x.Began.UnixMilli(), x.Took.Milliseconds(), x.Accounts, cut(x.Error, 500))
	return err
}

// DeleteSegmentState forgets the state of a segment that is gone.
func (s *Store) DeleteSegmentState(ctx context.Context, name string) error {
	_, err := s.writer.ExecContext(ctx, `delete from segment_states where name = $1`, key(name))
	return err
}

// SegmentStates lists the states by the segments' names.
func (s *Store) SegmentStates(ctx context.Context) (map[string]SegmentState, error) {
	rows, err := s.reader.QueryContext(ctx, `select name, form, day, known, evaluated, began, took, accounts, error from segment_states`)
	list, err := collect(rows, err, func(r scanner) (x SegmentState, err error) {
		var took int64
		err = r.Scan(&x.Name, &x.Form, &x.Day, stamp{&x.Known}, stamp{&x.Evaluated}, stamp{&x.Began}, &took, &x.Accounts, &x.Error)
		x.Took = time.Duration(took) * time.Millisecond
		return x, err
	})
	out := make(map[string]SegmentState, len(list))
	for _, x := range list {
		out[x.Name] = x
	}
	return out, err
}
