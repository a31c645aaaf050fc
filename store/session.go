package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// SessionID names a session in lists; it is not the token.
type SessionID string

// A session ends when it has not been used for SessionIdle, and SessionMax
// after it began at the latest.
const (
	SessionIdle = 14 * 24 * time.Hour
	SessionMax  = 90 * 24 * time.Hour
)

// sessionTouch is how far the stored "seen" may lag: a page with forty
// fragments must not be forty writes.
const sessionTouch = 5 * time.Minute

// Session is one browser's being signed in.
type Session struct {
	ID                     SessionID
	Member                 MemberID
	Created, Seen, Expires time.Time
	// Address is the client's IP address and Agent its User-Agent, at sign-in.
	Address, Agent string
}

// SignIn checks a password and begins a session, answering its token for the
// cookie; only the token's hash is stored. Errors: Unauthorized, the same text
// for an unknown e-mail, a wrong password and a disabled member; Busy after too
// many failures with the e-mail or from the address.
func (s *Store) SignIn(ctx context.Context, email, password, address, agent string) (Member, string, error) {
	email = foldEmail(email)
	attempt, err := s.attempt(ctx, email, address)
	if err != nil {
		return Member{}, "", err
	}
	m, err := s.checkPassword(ctx, email, password)
	if err != nil {
		return Member{}, "", err
	}
	token := random(43) // 256 bits
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if err := attempt.forget(ctx, tx); err != nil {
			return err
		}
		return s.beginSession(ctx, tx, m.ID, token, address, agent)
	})
	return m, token, err
}

// VerifyPassword checks the password of a signed-in member, before a change
// that needs it again. Unauthorized when it is wrong, Busy after too many.
func (s *Store) VerifyPassword(ctx context.Context, id MemberID, password, address string) error {
	m, err := s.Member(ctx, id)
	if err != nil {
		return err
	}
	attempt, err := s.attempt(ctx, m.Email, address)
	if err != nil {
		return err
	}
	if _, err := s.checkPassword(ctx, m.Email, password); err != nil {
		return err
	}
	return s.Write(ctx, func(tx *sql.Tx) error { return attempt.forget(ctx, tx) })
}

func (s *Store) checkPassword(ctx context.Context, email, password string) (Member, error) {
	hash := decoy()
	m, err := s.MemberByEmail(ctx, email)
	known := err == nil && m.Disabled.IsZero()
	switch {
	case known:
		err = s.reader.QueryRowContext(ctx, `select password from members where id = $1`, m.ID).Scan(&hash)
		if hash == noPassword {
			hash, known = decoy(), false
		}
	case err == nil || farol.KindOf(err) == farol.NotFound:
		err = nil
	}
	if err != nil {
		return Member{}, err
	}
	if len(password) > 4*passwordMax {
		password = "" // no stored password is that long; do not hash megabytes
	}
	ok, err := s.passwordMatches(ctx, hash, password)
	if err != nil {
		return Member{}, err
	}
	if !ok || !known {
		return Member{}, farol.Errorf(farol.Unauthorized, "wrong e-mail or password")
	}
	return m, nil
}

const sessionColumns = `s.id, s.member, s.created, s.seen, s.expires, s.address, s.agent`

func (x *Session) fields() []any {
	return []any{&x.ID, &x.Member, stamp{&x.Created}, stamp{&x.Seen}, stamp{&x.Expires}, &x.Address, &x.Agent}
}

// SessionOf is the session of a token and its member, and puts its end off.
// Unauthorized when the token is unknown or has expired.
func (s *Store) SessionOf(ctx context.Context, token string) (Session, Member, error) {
	var x Session
	var m Member
	now := s.clock()
	row := s.reader.QueryRowContext(ctx, `
		select `+sessionColumns+`, m.id, m.email, m.name, m.role, m.language, m.theme, m.created, m.disabled, m.scope, m.team, m.hidden
		from sessions s join members m on m.id = s.member
		where s.hash = $1 and s.expires > $2 and m.disabled is null`, digest(token), now.UnixMilli())
	err := row.Scan(append(x.fields(), m.columns()...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return x, m, farol.Errorf(farol.Unauthorized, "sign in first")
	}
	if err != nil || now.Sub(x.Seen) < sessionTouch {
		return x, m, err
	}
	x.Seen, x.Expires = now, now.Add(SessionIdle)
	if last := x.Created.Add(SessionMax); x.Expires.After(last) {
		x.Expires = last
	}
	// Two requests may race here; they write the same thing.
	_, err = s.writer.ExecContext(ctx, `update sessions set seen = $2, expires = $3 where id = $1`,
		x.ID, x.Seen.UnixMilli(), x.Expires.UnixMilli())
	return x, m, err
}

// Sessions lists a member's living sessions, the last used first.
func (s *Store) Sessions(ctx context.Context, member MemberID) ([]Session, error) {
	rows, err := s.reader.QueryContext(ctx, `select `+sessionColumns+` from sessions s
		where s.member = $1 and s.expires > $2 order by s.seen desc, s.id desc`, key(member), s.clock().UnixMilli())
	return collect(rows, err, func(r scanner) (x Session, err error) { return x, r.Scan(x.fields()...) })
}

// EndSession ends one session of the member; NotFound when it has none such.
func (s *Store) EndSession(ctx context.Context, member MemberID, id SessionID) error {
	r, err := s.writer.ExecContext(ctx, `delete from sessions where id = $1 and member = $2`, key(id), key(member))
	return changed(r, err, farol.Errorf(farol.NotFound, "there is no such session"))
}

// EndSessions ends the member's sessions but the one named (none when empty).
func (s *Store) EndSessions(ctx context.Context, member MemberID, but SessionID) error {
	_, err := s.writer.ExecContext(ctx, `delete from sessions where member = $1 and id <> $2`, key(member), key(but))
	return err
}

// Prune deletes expired sessions, forgotten attempts and what the audit log
// need not keep any more.
func (s *Store) Prune(ctx context.Context) error {
	now := s.clock()
	return s.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from sessions where expires <= $1`, now.UnixMilli()); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from attempts where at <= $1`, now.Add(-attemptWindow).UnixMilli()); err != nil {
			return err
		}
		if err := pruneDeliveries(ctx, tx, now); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from audit where at <= $1`, now.Add(-auditKept).UnixMilli()); err != nil {
			return err
		}
		if err := pruneQuality(ctx, tx, now); err != nil {
			return err
		}
		return pruneWork(ctx, tx, now)
	})
}

// cut shortens text to n bytes of valid UTF-8 without NUL, which PostgreSQL
// would refuse.
func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}
