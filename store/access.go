package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/farol-cs/farol"
)

// Scope says which accounts somebody may see.
type Scope string

// The scopes.
const (
	// AllAccounts is the whole base.
	AllAccounts Scope = "all"
	// TeamAccounts are those that the members of one's team own.
	TeamAccounts Scope = "team"
	// OwnAccounts are those of one's portfolio: that one owns in any role.
	OwnAccounts Scope = "own"
)

// Scopes lists every Scope, the widest first.
var Scopes = []Scope{AllAccounts, TeamAccounts, OwnAccounts}

// Access is which accounts a member or token may see, and which fields of them
// it may not.
type Access struct {
	Scope Scope
	// Team is the name of the team, "" for none; members of one name share
	// their portfolios. A team scope without a team is one's own.
	Team string
	// Hidden are fields that may not be seen: "money", "attribute.NAME" or
	// "metric.NAME".
	Hidden Fields
}

// Fields are names of fields, one per line, so that what holds them can be
// compared.
type Fields string

// FieldsOf makes Fields of a list.
func FieldsOf(list ...string) Fields { return Fields(strings.Join(list, "\n")) }

// List is the fields as a list.
func (f Fields) List() []string {
	return strings.FieldsFunc(string(f), func(r rune) bool { return r == '\n' || r == ',' })
}

// check fills in the scope and tells what is wrong: Invalid with the field
// scope, team or hidden.
func (a *Access) check() error {
	if a.Scope == "" {
		a.Scope = AllAccounts
	}
	if !slices.Contains(Scopes, a.Scope) {
		return farol.InvalidField("scope", "must be one of all, team, own")
	}
	a.Team = strings.Join(strings.Fields(a.Team), " ")
	if len([]rune(a.Team)) > 60 || strings.ContainsFunc(a.Team, unicode.IsControl) {
		return farol.InvalidField("team", "must have at most %d characters", 60)
	}
	if a.Scope == TeamAccounts && a.Team == "" {
		return farol.InvalidField("team", "name the team whose customers may be seen")
	}
	list := a.Hidden.List()
	if err := checkHidden(&list); err != nil {
		return err
	}
	a.Hidden = FieldsOf(list...)
	return nil
}

// checkHidden sorts the fields, each once.
func checkHidden(list *[]string) error {
	var out []string
	for _, h := range *list {
		if h = strings.TrimSpace(h); h == "" || slices.Contains(out, h) {
			continue
		}
		kind, name, _ := strings.Cut(h, ".")
		if h != "money" && (kind != "attribute" && kind != "metric" || name == "") || len(h) > 120 || strings.ContainsFunc(h, unicode.IsControl) {
			return farol.InvalidField("hidden", "a field is money, attribute.NAME or metric.NAME, not %q", h)
		}
		out = append(out, h)
	}
	if len(out) > 100 {
		return farol.InvalidField("hidden", "at most %d fields can be hidden", 100)
	}
	slices.Sort(out)
	*list = out
	return nil
}

const accessColumns = `scope, team, hidden`

func (a *Access) fields() []any { return []any{&a.Scope, &a.Team, &a.Hidden} }

// The document that says which fields whole roles may not see.
const (
	AccessKind = "access"
	RolesName  = "roles"
)

// RolesDocument is its body.
type RolesDocument struct {
	Hidden map[Role][]string `json:"hidden"`
}

// HiddenByRole answers which fields each role may not see.
func (s *Store) HiddenByRole(ctx context.Context) (map[Role][]string, error) {
	hidden, _, err := s.hiddenByRole(ctx)
	return hidden, err
}

// hiddenByRole also answers the version that says so, 0 for none.
func (s *Store) hiddenByRole(ctx context.Context) (map[Role][]string, int, error) {
	d, err := s.Definition(ctx, AccessKind, RolesName)
	if farol.KindOf(err) == farol.NotFound {
		return map[Role][]string{}, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	var doc RolesDocument
	if err := json.Unmarshal(d.Body, &doc); err != nil {
		return nil, 0, fmt.Errorf("the document %s %s: %w", AccessKind, RolesName, err)
	}
	if doc.Hidden == nil {
		doc.Hidden = map[Role][]string{}
	}
	return doc.Hidden, d.Version, nil
}

// HideByRole says which fields a role may not see, whatever its members are
// allowed. Invalid with the field role or hidden.
func (s *Store) HideByRole(ctx context.Context, r Role, hidden []string, author string) error {
	if err := checkRole(r); err != nil {
		return err
	}
	if err := checkHidden(&hidden); err != nil {
		return err
	}
	for {
		all, version, err := s.hiddenByRole(ctx)
		if err != nil {
			return err
		}
		all[r] = hidden
		_, err = s.Define(ctx, Draft{Kind: AccessKind, Name: RolesName, Author: author, Body: RolesDocument{Hidden: all}, Base: &version})
		// Somebody else hid fields of another role meanwhile: theirs stay.
		if farol.KindOf(err) != farol.Conflict || ctx.Err() != nil {
			return err
		}
	}
}

// Portfolio says whose accounts make up what may be seen, and what of them
// not.
type Portfolio struct {
	// All tells that every account may be seen; else those that one of Owners
	// owns in any role.
	All    bool
	Owners []MemberID
	Hidden []string
}

// PortfolioOf is what a member may see.
func (s *Store) PortfolioOf(ctx context.Context, m Member) (Portfolio, error) {
	return s.portfolio(ctx, m.Role, m.Access, m.ID)
}

// PortfolioOfToken is what an API token may see.
func (s *Store) PortfolioOfToken(ctx context.Context, t Token) (Portfolio, error) {
	return s.portfolio(ctx, t.Role, t.Access, t.Member)
}

func (s *Store) portfolio(ctx context.Context, r Role, a Access, own MemberID) (p Portfolio, err error) {
	byRole, err := s.HiddenByRole(ctx)
	if err != nil {
		return p, err
	}
	p.All, p.Hidden = a.Scope == AllAccounts, slices.Concat(byRole[r], a.Hidden.List())
	if own != "" {
		p.Owners = []MemberID{own}
	}
	if own != "" && !p.All {
		// Whom one covers for, while it lasts; not whom those cover for.
		away, err := s.covered(ctx, own)
		if err != nil {
			return p, err
		}
		p.Owners = append(p.Owners, away...)
	}
	if a.Scope != TeamAccounts || a.Team == "" {
		return p, nil
	}
	rows, err := s.reader.QueryContext(ctx, `select id from members where team = $1 and id <> $2 order by id`, key(a.Team), key(own))
	mates, err := collect(rows, err, func(r scanner) (id MemberID, err error) { return id, r.Scan(&id) })
	p.Owners = append(p.Owners, mates...)
	return p, err
}

// Teams lists the names of teams, sorted.
func (s *Store) Teams(ctx context.Context) ([]string, error) {
	rows, err := s.reader.QueryContext(ctx, `select distinct team from members where team <> ''`)
	out, err := collect(rows, err, func(r scanner) (t string, err error) { return t, r.Scan(&t) })
	slices.Sort(out)
	return out, err
}
