package store

import (
	"context"
	"database/sql"
	"errors"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/farol-cs/farol"
)

// MemberID names a member of the team.
type MemberID string

// Role says what a member or an API token may do.
type Role string

// The roles.
const (
	// Admin may do everything, the team and its keys included.
	Admin Role = "admin"
	// Manager leads a Customer Success team: everything but team and keys.
	Manager Role = "manager"
	// CSM works with a portfolio of accounts.
	CSM Role = "csm"
	// Support answers tickets.
	Support Role = "support"
	// Viewer only reads.
	Viewer Role = "viewer"
)

// Roles lists every Role, the mightiest first.
var Roles = []Role{Admin, Manager, CSM, Support, Viewer}

// Member is a person of the team that uses Farol.
type Member struct {
	ID MemberID
	// Email is in small letters, and no two members share one.
	Email string
	Name  string
	Role  Role
	// Language is a code such as "pt-BR", or "" to follow the browser.
	Language string
	// Theme is "light", "dark", or "" to follow the system.
	Theme   string
	Created time.Time
	// Disabled is since when the member cannot sign in; zero when it can.
	Disabled time.Time
	// Access is which customers the member may see.
	Access
}

// NewMember is what AddMember needs.
type NewMember struct {
	Email, Name, Password string
	Role                  Role
	Language              string
	// Access is which customers the member may see; the zero one is all.
	Access
}

// AddMember adds a member. Errors: Invalid with the field email, name,
// password, role or language; Conflict with the field email when it is taken.
func (s *Store) AddMember(ctx context.Context, n NewMember) (Member, error) {
	return s.addMember(ctx, n, func(*sql.Tx) error { return nil })
}

// AddFirstMember adds an admin, only while the team is empty: for the set-up
// page, which anybody may reach. Conflict when there is a team already.
func (s *Store) AddFirstMember(ctx context.Context, n NewMember) (Member, error) {
	n.Role = Admin
	return s.addMember(ctx, n, func(tx *sql.Tx) error {
		if some, err := hasMembers(ctx, tx); err != nil || !some {
			return err
		}
		return farol.Errorf(farol.Conflict, "Farol is set up already; sign in, or ask an admin to add you")
	})
}

func (s *Store) addMember(ctx context.Context, n NewMember, check func(*sql.Tx) error) (Member, error) {
	m, err := n.member()
	if err != nil {
		return Member{}, err
	}
	// Before the transaction: hashing takes tens of milliseconds.
	hash, err := s.hashPassword(ctx, n.Password)
	if err != nil {
		return Member{}, err
	}
	m.ID, m.Created = MemberID(newID()), s.clock()
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if err := check(tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			insert into members (id, email, name, role, password, language, theme, created, `+accessColumns+`)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			m.ID, m.Email, m.Name, m.Role, hash, m.Language, m.Theme, m.Created.UnixMilli(), m.Scope, m.Team, m.Hidden)
		if duplicate(err) {
			taken := farol.InvalidField("email", "somebody of the team has this e-mail already")
			taken.Kind = farol.Conflict
			return taken
		}
		return err
	})
	if err != nil {
		return Member{}, err
	}
	return m, nil
}

func (n NewMember) member() (m Member, err error) {
	m.Role, m.Language, m.Access = n.Role, n.Language, n.Access
	if err := m.Access.check(); err != nil {
		return m, err
	}
	if m.Email, err = checkEmail(n.Email); err != nil {
		return m, err
	}
	if m.Name, err = checkName("name", n.Name); err != nil {
		return m, err
	}
	if err := checkPassword(n.Password); err != nil {
		return m, err
	}
	if err := checkRole(n.Role); err != nil {
		return m, err
	}
	return m, checkLanguage(n.Language)
}

const memberColumns = `id, email, name, role, language, theme, created, disabled, ` + accessColumns

func scanMember(r scanner) (m Member, err error) {
	return m, r.Scan(m.columns()...)
}

func (m *Member) columns() []any {
	return append([]any{&m.ID, &m.Email, &m.Name, &m.Role, &m.Language, &m.Theme, stamp{&m.Created}, stamp{&m.Disabled}}, m.Access.fields()...)
}

func errNoMember() error { return farol.Errorf(farol.NotFound, "there is no such member") }

// Members lists the team by name, the disabled included.
func (s *Store) Members(ctx context.Context) ([]Member, error) {
	rows, err := s.reader.QueryContext(ctx, `select `+memberColumns+` from members order by id`)
	all, err := collect(rows, err, scanMember)
	// In Go: the engines order text by different rules.
	slices.SortStableFunc(all, func(a, b Member) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, err
}

// Member is one member; NotFound when there is none.
func (s *Store) Member(ctx context.Context, id MemberID) (Member, error) {
	return findMember(ctx, s.reader, `id`, string(id))
}

// MemberByEmail finds a member by e-mail, in whatever case; NotFound when there
// is none.
func (s *Store) MemberByEmail(ctx context.Context, email string) (Member, error) {
	return findMember(ctx, s.reader, `email`, foldEmail(email))
}

func findMember(ctx context.Context, q queryer, column, value string) (Member, error) {
	m, err := scanMember(q.QueryRowContext(ctx, `select `+memberColumns+` from members where `+column+` = $1`, key(value)))
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoMember()
	}
	return m, err
}

// HasMembers tells whether anybody was ever added: when not, the program shows
// its set-up page.
func (s *Store) HasMembers(ctx context.Context) (bool, error) { return hasMembers(ctx, s.reader) }

func hasMembers(ctx context.Context, q queryer) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `select count(*) from (select 1 from members limit 1) t`).Scan(&n)
	return n > 0, err
}

// MemberUpdate says what to change; nil leaves a field as it is.
type MemberUpdate struct {
	Name     *string
	Role     *Role
	Language *string
	Theme    *string
	Disabled *bool
	Scope    *Scope
	Team     *string
	Hidden   *Fields
}

// UpdateMember changes a member and returns it as it is then. Disabling ends
// the member's sessions. Conflict when no enabled admin would be left.
func (s *Store) UpdateMember(ctx context.Context, id MemberID, u MemberUpdate) (Member, error) {
	var m Member
	err := s.Write(ctx, func(tx *sql.Tx) (err error) {
		if m, err = findMember(ctx, tx, `id`, string(id)); err != nil {
			return err
		}
		if err := u.apply(&m, s.clock()); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `
			update members set name = $2, role = $3, language = $4, theme = $5, disabled = $6, scope = $7, team = $8, hidden = $9 where id = $1`,
			m.ID, m.Name, m.Role, m.Language, m.Theme, millis(m.Disabled), m.Scope, m.Team, m.Hidden); err != nil {
			return err
		}
		if err := adminLeft(ctx, tx); err != nil {
			return err
		}
		if m.Disabled.IsZero() {
			return nil
		}
		_, err = tx.ExecContext(ctx, `delete from sessions where member = $1`, m.ID)
		return err
	})
	return m, err
}

func (u MemberUpdate) apply(m *Member, now time.Time) (err error) {
	if u.Name != nil {
		if m.Name, err = checkName("name", *u.Name); err != nil {
			return err
		}
	}
	if u.Role != nil {
		if m.Role = *u.Role; checkRole(m.Role) != nil {
			return checkRole(m.Role)
		}
	}
	if u.Language != nil {
		if m.Language = *u.Language; checkLanguage(m.Language) != nil {
			return checkLanguage(m.Language)
		}
	}
	if u.Theme != nil {
		if m.Theme = *u.Theme; !slices.Contains([]string{"", "light", "dark"}, m.Theme) {
			return farol.InvalidField("theme", "must be light, dark or empty")
		}
	}
	set(&m.Scope, u.Scope)
	set(&m.Team, u.Team)
	set(&m.Hidden, u.Hidden)
	if err := m.Access.check(); err != nil {
		return err
	}
	switch {
	case u.Disabled == nil:
	case !*u.Disabled:
		m.Disabled = time.Time{}
	case m.Disabled.IsZero():
		m.Disabled = now
	}
	return nil
}

func adminLeft(ctx context.Context, tx *sql.Tx) error {
	var n int
	err := tx.QueryRowContext(ctx, `select count(*) from members where role = 'admin' and disabled is null`).Scan(&n)
	if err == nil && n == 0 {
		err = farol.Errorf(farol.Conflict, "the team needs at least one admin who can sign in")
	}
	return err
}

// SetPassword changes a member's password and ends all its sessions: whoever
// may have known the old one is out. Invalid with the field password.
func (s *Store) SetPassword(ctx context.Context, id MemberID, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `update members set password = $2 where id = $1`, key(id), hash)
		if err := changed(r, err, errNoMember()); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from sessions where member = $1`, key(id))
		return err
	})
}

// foldEmail is how e-mails are kept and compared. The part before the @ may
// mind its case by the standard; no provider in use does.
func foldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func checkEmail(email string) (string, error) {
	email = foldEmail(email)
	a, err := mail.ParseAddress(email)
	// ParseAddress also takes "Name <a@b>"; 254 is the longest that SMTP carries;
	// and folding has turned broken UTF-8 into U+FFFD.
	if err != nil || a.Address != email || len(email) > 254 || strings.ContainsRune(email, utf8.RuneError) {
		return "", farol.InvalidField("email", "must be an e-mail address")
	}
	return email, nil
}

func checkName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", farol.InvalidField(field, "must not be empty")
	case utf8.RuneCountInString(name) > 100:
		return "", farol.InvalidField(field, "must have at most %d characters", 100)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "", farol.InvalidField(field, "must be plain text on one line")
	}
	return name, nil
}

func checkRole(r Role) error {
	if !slices.Contains(Roles, r) {
		return farol.InvalidField("role", "must be one of admin, manager, csm, support, viewer")
	}
	return nil
}

var languageCode = regexp.MustCompile(`^([a-z]{2}(-[A-Z]{2})?)?$`)

func checkLanguage(l string) error {
	if !languageCode.MatchString(l) {
		return farol.InvalidField("language", "must be a language code such as en or pt-BR")
	}
	return nil
}
