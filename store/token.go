package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// TokenID names an API token in lists; it is not the secret.
type TokenID string

// Token is a key to the REST API, with a role of its own.
type Token struct {
	ID   TokenID
	Name string
	Role Role
	// Prefix is the secret's first characters ("ft_A1b2"), to tell tokens apart.
	Prefix  string
	Created time.Time
	// Used is when it was last used, exact to a minute; zero when it never was.
	Used time.Time
	// Revoked is since when it is refused; zero when it is not.
	Revoked time.Time
	// Access is which customers it may see; Member is whose portfolio the
	// scope own means, "" for nobody's.
	Access
	Member MemberID
}

// NewToken is what AddTokenFor needs.
type NewToken struct {
	Name string
	Role Role
	Access
	Member MemberID
}

// AddToken makes a token and answers its secret, which is never shown again:
// only its SHA-256 is stored. Invalid with the field name or role.
func (s *Store) AddToken(ctx context.Context, name string, role Role) (Token, string, error) {
	return s.AddTokenFor(ctx, NewToken{Name: name, Role: role})
}

// AddTokenFor is AddToken for a token that may see some customers only.
// Invalid with the field name, role, scope, team, hidden or member.
func (s *Store) AddTokenFor(ctx context.Context, n NewToken) (Token, string, error) {
	name, err := checkName("name", n.Name)
	if err != nil {
		return Token{}, "", err
	}
	if err := checkRole(n.Role); err != nil {
		return Token{}, "", err
	}
	if err := n.Access.check(); err != nil {
		return Token{}, "", err
	}
	if n.Scope == OwnAccounts {
		if _, err := s.Member(ctx, n.Member); err != nil {
			return Token{}, "", farol.InvalidField("member", "say whose portfolio the token may see")
		}
	}
	secret := "ft_" + random(43)
	t := Token{ID: TokenID(newID()), Name: name, Role: n.Role, Prefix: secret[:7], Created: s.clock(), Access: n.Access, Member: n.Member}
	_, err = s.writer.ExecContext(ctx, `insert into tokens (id, hash, prefix, name, role, created, `+accessColumns+`, member) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		t.ID, digest(secret), t.Prefix, t.Name, t.Role, t.Created.UnixMilli(), t.Scope, t.Team, t.Hidden, t.Member)
	return t, secret, err
}

const tokenColumns = `id, name, role, prefix, created, used, revoked, ` + accessColumns + `, member`

func scanToken(r scanner) (t Token, err error) {
	into := append([]any{&t.ID, &t.Name, &t.Role, &t.Prefix, stamp{&t.Created}, stamp{&t.Used}, stamp{&t.Revoked}}, t.Access.fields()...)
	err = r.Scan(append(into, &t.Member)...)
	return t, err
}

// Tokens lists the tokens in the order they were made, the revoked included.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	rows, err := s.reader.QueryContext(ctx, `select `+tokenColumns+` from tokens order by created, id`)
	return collect(rows, err, scanToken)
}

// RevokeToken refuses the token from now on; NotFound when there is none such,
// no error when it was revoked before.
func (s *Store) RevokeToken(ctx context.Context, id TokenID) error {
	r, err := s.writer.ExecContext(ctx, `update tokens set revoked = coalesce(revoked, $2) where id = $1`, key(id), s.clock().UnixMilli())
	return changed(r, err, farol.Errorf(farol.NotFound, "there is no such token"))
}

// TokenOf is the token whose secret it is, and notes its use. Unauthorized when
// it is unknown or revoked.
func (s *Store) TokenOf(ctx context.Context, secret string) (Token, error) {
	unknown := farol.Errorf(farol.Unauthorized, "the API token is unknown or revoked")
	if !strings.HasPrefix(secret, "ft_") {
		return Token{}, unknown
	}
	t, err := scanToken(s.reader.QueryRowContext(ctx, `select `+tokenColumns+` from tokens
		where hash = $1 and revoked is null`, digest(secret)))
	if errors.Is(err, sql.ErrNoRows) {
		return Token{}, unknown
	}
	if now := s.clock(); err == nil && now.Sub(t.Used) >= time.Minute {
		t.Used = now
		_, err = s.writer.ExecContext(ctx, `update tokens set used = $2 where id = $1`, t.ID, now.UnixMilli())
	}
	return t, err
}
