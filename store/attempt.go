package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/farol-cs/farol"
)

// Within attemptWindow, so many failed sign-ins are allowed for one e-mail
// (against guessing one person's password) and from one address (against
// trying one password on many people; an office shares an address).
const (
	attemptWindow     = 15 * time.Minute
	attemptsByEmail   = 10
	attemptsByAddress = 100
)

// attempt is one try to sign in. It is written before the password is looked
// at, so that many tries at once cannot all pass the count, and taken back when
// the password was right.
type attempt struct{ ids [2]string }

func (s *Store) attempt(ctx context.Context, email, address string) (attempt, error) {
	now := s.clock()
	a := attempt{[2]string{newID(), newID()}}
	subjects := []struct {
		text  string
		limit int
	}{{digest("email " + email), attemptsByEmail}, {digest("address " + address), attemptsByAddress}}
	err := s.Write(ctx, func(tx *sql.Tx) error {
		for i, b := range subjects {
			if err := room(ctx, tx, b.text, b.limit, now); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `insert into attempts (id, subject, at) values ($1, $2, $3)`,
				a.ids[i], b.text, now.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	return a, err
}

// room is an error when the subject has used up its attempts.
func room(ctx context.Context, tx *sql.Tx, subject string, limit int, now time.Time) error {
	var n int
	var first sql.NullInt64
	err := tx.QueryRowContext(ctx, `select count(*), min(at) from attempts where subject = $1 and at > $2`,
		subject, now.Add(-attemptWindow).UnixMilli()).Scan(&n, &first)
	if err != nil || n < limit {
		return err
	}
	wait := time.UnixMilli(first.Int64).Add(attemptWindow).Sub(now)
	return farol.Errorf(farol.Busy, "too many attempts; try again in %d minutes", int(wait/time.Minute)+1)
}

func (a attempt) forget(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `delete from attempts where id in ($1, $2)`, a.ids[0], a.ids[1])
	return err
}
