package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/farol-cs/farol"
)

// The states of a daily mail. A mail that was being sent when the process was
// killed may have arrived: it is not sent again, because nothing may come
// twice; its notices stay in the program.
const (
	digestClaimed = "claimed"
	digestSending = "sending"
	digestSent    = "sent"
	digestFailed  = "failed"
)

const (
	// digestTries is how often a mail is tried; digestPause is for how long a
	// claim holds before another process takes it over, and how long a failed
	// one rests.
	digestTries = 5
	digestPause = 5 * time.Minute
)

// ClaimDigest takes the member's mail of the day upon this process: false when
// it was sent, is being sent, or another process has it. token is the word by
// which its reader may stop the mails without signing in.
func (s *Store) ClaimDigest(ctx context.Context, member MemberID, day farol.Day) (token string, ok bool, err error) {
	token = random(32)
	err = s.Write(ctx, func(tx *sql.Tx) error {
		now := s.clock()
		r, err := tx.ExecContext(ctx, `insert into digests (member, day, state, tries, error, token, at) values ($1, $2, $3, 1, '', $4, $5)
			on conflict (member, day) do update set state = excluded.state, tries = digests.tries + 1, token = excluded.token, at = excluded.at
			where digests.state in ('claimed', 'failed') and digests.at <= $6 and digests.tries < $7`,
			key(member), int64(day), digestClaimed, digest(token), now.UnixMilli(), now.Add(-digestPause).UnixMilli(), digestTries)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		ok = n > 0
		return err
	})
	return token, ok, err
}

// SendingDigest notes that the mail is handed over from now on, with these
// notices in it: none of them comes into another.
func (s *Store) SendingDigest(ctx context.Context, member MemberID, day farol.Day, list []Notice) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		now := s.clock().UnixMilli()
		if _, err := tx.ExecContext(ctx, `update digests set state = $3, at = $4 where member = $1 and day = $2`, key(member), int64(day), digestSending, now); err != nil {
			return err
		}
		for _, n := range list {
			if _, err := tx.ExecContext(ctx, `update notices set mailed = $2 where id = $1`, n.ID, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// EndDigest notes how it went: failed is the error of a mail that certainly
// did not arrive, whose notices are free for the next, "" for one that did.
func (s *Store) EndDigest(ctx context.Context, member MemberID, day farol.Day, list []Notice, failed string) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		state := digestSent
		if failed != "" {
			state = digestFailed
		}
		_, err := tx.ExecContext(ctx, `update digests set state = $3, error = $4, at = $5 where member = $1 and day = $2`, key(member), int64(day), state, cut(failed, 500), s.clock().UnixMilli())
		if err != nil || failed == "" {
			return err
		}
		for _, n := range list {
			if _, err := tx.ExecContext(ctx, `update notices set mailed = null where id = $1`, n.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// DigestReader is the member whose mail holds the token; NotFound when no mail
// does.
func (s *Store) DigestReader(ctx context.Context, token string) (Member, error) {
	var id MemberID
	err := s.reader.QueryRowContext(ctx, `select member from digests where token = $1`, digest(key(token))).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return Member{}, farol.Errorf(farol.NotFound, "this link is of no mail, or of one that is too old")
	}
	if err != nil {
		return Member{}, err
	}
	return s.Member(ctx, id)
}

// digestsKept is for how long the link in a mail works.
const digestsKept = 180 * 24 * time.Hour
