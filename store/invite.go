package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// InviteAge is how long an invitation can be taken up.
const InviteAge = 7 * 24 * time.Hour

// Invite asks somebody into the team, with the role and access that the new
// member will have.
type Invite struct {
	ID    string
	Email string
	Role  Role
	Access
	// Author is the member's id, or token:NAME.
	Author           string
	Created, Expires time.Time
	// Used is when it was taken up, by Member; Revoked when it was taken back.
	// Zero is not.
	Used, Revoked time.Time
	Member        MemberID
}

// Open tells whether it can still be taken up.
func (i Invite) Open(now time.Time) bool {
	return i.Used.IsZero() && i.Revoked.IsZero() && now.Before(i.Expires)
}

// AddInvite makes an invitation and answers the secret of its link, which is
// never shown again: only its SHA-256 is stored. An earlier one for the same
// address is taken back. Errors: Invalid with the field email, role, scope,
// team or hidden; Conflict with the field email when it is a member's.
func (s *Store) AddInvite(ctx context.Context, i Invite) (Invite, string, error) {
	var err error
	if i.Email, err = checkEmail(i.Email); err != nil {
		return i, "", err
	}
	if err := checkRole(i.Role); err != nil {
		return i, "", err
	}
	if err := i.Access.check(); err != nil {
		return i, "", err
	}
	secret := "fi_" + random(43)
	i.ID, i.Created = newID(), s.clock()
	i.Expires, i.Used, i.Revoked, i.Member = i.Created.Add(InviteAge), time.Time{}, time.Time{}, ""
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if _, err := findMember(ctx, tx, `email`, i.Email); farol.KindOf(err) != farol.NotFound {
			if err == nil {
				taken := farol.InvalidField("email", "somebody of the team has this e-mail already")
				taken.Kind = farol.Conflict
				return taken
			}
			return err
		}
		if _, err := tx.ExecContext(ctx, `update invitations set revoked = $2 where email = $1 and used is null and revoked is null`, i.Email, i.Created.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			insert into invitations (id, hash, email, role, `+accessColumns+`, author, created, expires, member)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '')`,
			i.ID, digest(secret), i.Email, i.Role, i.Scope, i.Team, i.Hidden, cut(i.Author, 200), i.Created.UnixMilli(), i.Expires.UnixMilli())
		return err
	})
	return i, secret, err
}

const inviteColumns = `id, email, role, ` + accessColumns + `, author, created, expires, used, member, revoked`

func scanInvite(r scanner) (i Invite, err error) {
	into := append([]any{&i.ID, &i.Email, &i.Role}, i.Access.fields()...)
	return i, r.Scan(append(into, &i.Author, stamp{&i.Created}, stamp{&i.Expires}, stamp{&i.Used}, &i.Member, stamp{&i.Revoked})...)
}

// Invites lists the invitations, the newest first, at most 200.
func (s *Store) Invites(ctx context.Context) ([]Invite, error) {
	rows, err := s.reader.QueryContext(ctx, `select `+inviteColumns+` from invitations order by id desc limit 200`)
	return collect(rows, err, scanInvite)
}

// RevokeInvite takes an invitation back; NotFound when there is none such or
// it was taken up, no error when it was taken back before.
func (s *Store) RevokeInvite(ctx context.Context, id string) error {
	r, err := s.writer.ExecContext(ctx, `update invitations set revoked = coalesce(revoked, $2) where id = $1 and used is null`, key(id), s.clock().UnixMilli())
	return changed(r, err, farol.Errorf(farol.NotFound, "there is no such invitation"))
}

func errInvite() error {
	return farol.Errorf(farol.NotFound, "this invitation does not work any more; ask for another")
}

// InviteOf is the open invitation of a link; NotFound when it is unknown, was
// used or taken back, or is too old: which of them is not told.
func (s *Store) InviteOf(ctx context.Context, secret string) (Invite, error) {
	return s.findInvite(ctx, s.reader, `hash`, digest(secret), secret)
}

func (s *Store) findInvite(ctx context.Context, q queryer, column, value, secret string) (Invite, error) {
	if column == `hash` && !strings.HasPrefix(secret, "fi_") {
		return Invite{}, errInvite()
	}
	i, err := scanInvite(q.QueryRowContext(ctx, `select `+inviteColumns+` from invitations where `+column+` = $1 and used is null and revoked is null and expires > $2 order by id desc`,
		value, s.clock().UnixMilli()))
	if errors.Is(err, sql.ErrNoRows) {
		err = errInvite()
	}
	return i, err
}

// Accept takes an invitation up: it makes the member with the role and access
// that were promised, and begins a session. Two who use one link at once get
// one member. Errors: NotFound for the link; Invalid with the field name,
// password or language.
func (s *Store) Accept(ctx context.Context, secret string, n NewMember, address, agent string) (Member, string, error) {
	i, err := s.InviteOf(ctx, secret)
	if err != nil {
		return Member{}, "", err
	}
	n.Email, n.Role, n.Access = i.Email, i.Role, i.Access
	token := random(43)
	now := s.clock()
	m, err := s.addMember(ctx, n, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `update invitations set used = $2 where id = $1 and used is null and revoked is null and expires > $2`, i.ID, now.UnixMilli())
		return changed(r, err, errInvite())
	})
	if err != nil {
		return Member{}, "", err
	}
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `update invitations set member = $2 where id = $1`, i.ID, m.ID); err != nil {
			return err
		}
		return s.beginSession(ctx, tx, m.ID, token, address, agent)
	})
	return m, token, err
}

// invited is the open invitation for an address, taken up by somebody whom a
// provider vouches for; ok is false when there is none.
func (s *Store) invited(ctx context.Context, tx *sql.Tx, email string, member MemberID) (i Invite, ok bool, err error) {
	i, err = s.findInvite(ctx, tx, `email`, email, "")
	if farol.KindOf(err) == farol.NotFound {
		return i, false, nil
	}
	if err != nil {
		return i, false, err
	}
	_, err = tx.ExecContext(ctx, `update invitations set used = $2, member = $3 where id = $1`, i.ID, s.clock().UnixMilli(), member)
	return i, err == nil, err
}
