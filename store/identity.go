package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/farol-cs/farol"
)

// Identity is what an OpenID provider says of somebody who signed in there.
type Identity struct {
	// Issuer and Subject name the person for ever; e-mail addresses change
	// hands.
	Issuer, Subject string
	// Email links to a member who was there before, only when Verified.
	Email    string
	Verified bool
	Name     string
	// Role by the provider's groups; "" when they say nothing. NewRole is that
	// of somebody who was never here and whose groups say nothing; "" lets
	// nobody in who was not added.
	Role, NewRole Role
	Language      string
}

// noPassword stands where a member has none: no password matches it.
const noPassword = "-"

// SignInAs begins a session for somebody whom an OpenID provider vouches for.
// The member is found by issuer and subject, else linked by verified e-mail,
// else added with the role that the groups, or an open invitation, give. A role by groups replaces the
// member's, but never that of the last admin. Errors: Unauthorized when there
// is no such member and none may be made, or it is disabled.
func (s *Store) SignInAs(ctx context.Context, x Identity, address, agent string) (Member, string, error) {
	var m Member
	token := random(43)
	err := s.Write(ctx, func(tx *sql.Tx) (err error) {
		if m, err = s.memberOf(ctx, tx, x); err != nil {
			return err
		}
		if !m.Disabled.IsZero() {
			return farol.Errorf(farol.Unauthorized, "your access was ended; ask an admin")
		}
		if err := s.regroup(ctx, tx, &m, x.Role); err != nil {
			return err
		}
		return s.beginSession(ctx, tx, m.ID, token, address, agent)
	})
	if err != nil {
		return Member{}, "", err
	}
	return m, token, nil
}

func (s *Store) beginSession(ctx context.Context, tx *sql.Tx, member MemberID, token, address, agent string) error {
	now := s.clock()
	_, err := tx.ExecContext(ctx, `
		insert into sessions (id, hash, member, created, seen, expires, address, agent)
		values ($1, $2, $3, $4, $4, $5, $6, $7)`,
		newID(), digest(token), member, now.UnixMilli(), now.Add(SessionIdle).UnixMilli(), cut(address, 100), cut(agent, 300))
	return err
}

// memberOf finds, links or adds the member of an identity.
func (s *Store) memberOf(ctx context.Context, tx *sql.Tx, x Identity) (Member, error) {
	now := s.clock().UnixMilli()
	var id string
	err := tx.QueryRowContext(ctx, `select member from identities where issuer = $1 and subject = $2`, key(x.Issuer), key(x.Subject)).Scan(&id)
	switch {
	case err == nil:
		if _, err := tx.ExecContext(ctx, `update identities set seen = $3, email = $4 where issuer = $1 and subject = $2`,
			key(x.Issuer), key(x.Subject), now, cut(x.Email, 254)); err != nil {
			return Member{}, err
		}
		return findMember(ctx, tx, `id`, id)
	case !errors.Is(err, sql.ErrNoRows):
		return Member{}, err
	}
	m, err := s.linked(ctx, tx, x)
	if err != nil {
		return Member{}, err
	}
	_, err = tx.ExecContext(ctx, `insert into identities (issuer, subject, member, email, created, seen) values ($1, $2, $3, $4, $5, $5)`,
		key(x.Issuer), key(x.Subject), m.ID, cut(x.Email, 254), now)
	return m, err
}

// linked is the member with the verified e-mail, or a new one.
func (s *Store) linked(ctx context.Context, tx *sql.Tx, x Identity) (Member, error) {
	email, err := checkEmail(x.Email)
	if err != nil || !x.Verified {
		return Member{}, farol.Errorf(farol.Unauthorized, "your provider does not vouch for your e-mail address")
	}
	m, err := findMember(ctx, tx, `email`, email)
	if err == nil || farol.KindOf(err) != farol.NotFound {
		return m, err
	}
	id := MemberID(newID())
	i, asked, err := s.invited(ctx, tx, email, id)
	if err != nil {
		return Member{}, err
	}
	role := x.Role
	if role == "" && asked {
		role = i.Role
	}
	if role == "" {
		role = x.NewRole
	}
	if role == "" {
		return Member{}, farol.Errorf(farol.Unauthorized, "nobody has added you to the team; ask an admin")
	}
	if err := i.Access.check(); err != nil {
		return Member{}, err
	}
	m = Member{ID: id, Access: i.Access, Email: email, Role: role, Language: x.Language, Created: s.clock()}
	if m.Name, err = checkName("name", x.Name); err != nil {
		m.Name = email
	}
	if checkLanguage(m.Language) != nil {
		m.Language = ""
	}
	if err := checkRole(role); err != nil {
		return Member{}, err
	}
	_, err = tx.ExecContext(ctx, `
		insert into members (id, email, name, role, password, language, theme, created, `+accessColumns+`) values ($1, $2, $3, $4, $5, $6, '', $7, $8, $9, $10)`,
		m.ID, m.Email, m.Name, m.Role, noPassword, m.Language, m.Created.UnixMilli(), m.Scope, m.Team, m.Hidden)
	return m, err
}

// regroup gives the member the role that the groups say, unless that would
// leave no admin.
func (s *Store) regroup(ctx context.Context, tx *sql.Tx, m *Member, role Role) error {
	if role == "" || role == m.Role {
		return nil
	}
	if err := checkRole(role); err != nil {
		return err
	}
	if m.Role == Admin {
		var others int
		err := tx.QueryRowContext(ctx, `select count(*) from members where role = 'admin' and disabled is null and id <> $1`, m.ID).Scan(&others)
		if err != nil || others == 0 {
			return err
		}
	}
	m.Role = role
	_, err := tx.ExecContext(ctx, `update members set role = $2 where id = $1`, m.ID, role)
	return err
}

// MemberIdentity is an identity of a member.
type MemberIdentity struct {
	Issuer, Subject, Email string
	Created, Seen          time.Time
}

// Identities lists a member's identities, the oldest first.
func (s *Store) Identities(ctx context.Context, id MemberID) ([]MemberIdentity, error) {
	rows, err := s.reader.QueryContext(ctx, `select issuer, subject, email, created, seen from identities where member = $1 order by created, issuer, subject`, key(id))
	return collect(rows, err, func(r scanner) (x MemberIdentity, err error) {
		return x, r.Scan(&x.Issuer, &x.Subject, &x.Email, stamp{&x.Created}, stamp{&x.Seen})
	})
}
