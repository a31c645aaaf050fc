package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Desk is a help desk that sends tickets: a source with a secret of its own.
type Desk struct {
	Source
	// Kind is one of DeskKinds.
	Kind string
	// Changed is when its secret was last set.
	Changed time.Time
}

// DeskKinds lists the help desks that can be connected; webhook is any other,
// with a mapping of its fields.
var DeskKinds = []string{"zendesk", "intercom", "chatwoot", "freshdesk", "webhook"}

// recognised tells whether the secret of the kind only has to be recognised,
// and is kept as a digest: the others sign with it, and so must we.
func recognised(kind string) bool { return kind == "freshdesk" }

// issued tells whether we make the secret ourselves.
func issued(kind string) bool { return kind == "freshdesk" || kind == "webhook" }

func errNoDesk() error { return farol.Errorf(farol.NotFound, "there is no such help desk") }

// AddDesk connects a help desk. secret is the one that the help desk signs
// with; for freshdesk and webhook it is made here and answered, to be shown
// once. Errors: Invalid with the field kind, name or secret.
func (s *Store) AddDesk(ctx context.Context, kind, name, secret string) (Desk, string, error) {
	if !slices.Contains(DeskKinds, kind) {
		return Desk{}, "", farol.InvalidField("kind", "must be one of: %s", strings.Join(DeskKinds, ", "))
	}
	name, err := checkName("name", name)
	if err != nil {
		return Desk{}, "", err
	}
	d := Desk{Kind: kind}
	d.ID = farol.SourceID(newID())
	kept, secret, err := s.keepSecret(d.ID, kind, secret)
	if err != nil {
		return Desk{}, "", err
	}
	err = s.Write(ctx, func(tx *sql.Tx) error {
		now := s.clock()
		d.Name, d.Key, d.Created, d.Changed = name, "wk_"+random(32), now, now
		if _, err := tx.ExecContext(ctx, `insert into sources (id, name, write_key, created) values ($1, $2, $3, $4)`, d.ID, d.Name, d.Key, now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `insert into desks (source, kind, secret, created, changed) values ($1, $2, $3, $4, $4)`, d.ID, kind, kept, now.UnixMilli())
		return err
	})
	if !issued(kind) {
		secret = ""
	}
	return d, secret, err
}

// keepSecret checks or makes the secret and answers how it is kept.
func (s *Store) keepSecret(id farol.SourceID, kind, secret string) (kept, plain string, err error) {
	secret = strings.TrimSpace(secret)
	switch {
	case kind == "webhook":
		secret = "whsec_" + randomBase64(32)
	case issued(kind):
		secret = random(40)
	case len(secret) < 8 || len(secret) > 500:
		return "", "", farol.InvalidField("secret", "must have between %d and %d characters", 8, 500)
	}
	if recognised(kind) {
		return digest(secret), secret, nil
	}
	kept, err = s.sealText("desk:"+string(id), secret)
	return kept, secret, err
}

// RenewDesk takes a new secret in the place of the old one, which no longer
// works. It answers the one made here, "" when it was given.
func (s *Store) RenewDesk(ctx context.Context, id farol.SourceID, secret string) (string, error) {
	d, err := s.Desk(ctx, id)
	if err != nil {
		return "", err
	}
	kept, plain, err := s.keepSecret(d.ID, d.Kind, secret)
	if err != nil {
		return "", err
	}
	r, err := s.writer.ExecContext(ctx, `update desks set secret = $2, changed = $3 where source = $1`, d.ID, kept, s.clock().UnixMilli())
	if !issued(d.Kind) {
		plain = ""
	}
	return plain, changed(r, err, errNoDesk())
}

const deskColumns = `select s.id, s.name, s.write_key, s.created, s.disabled, d.kind, d.changed from desks d join sources s on s.id = d.source where s.deleted is null`

func scanDesk(r scanner) (d Desk, err error) {
	err = r.Scan(&d.ID, &d.Name, &d.Key, stamp{&d.Created}, stamp{&d.Disabled}, &d.Kind, stamp{&d.Changed})
	return d, err
}

// Desks lists the help desks in the order in which they were connected.
func (s *Store) Desks(ctx context.Context) ([]Desk, error) {
	rows, err := s.reader.QueryContext(ctx, deskColumns+` order by d.created, s.id`)
	return collect(rows, err, scanDesk)
}

// Desk is one help desk; NotFound when there is none such.
func (s *Store) Desk(ctx context.Context, id farol.SourceID) (Desk, error) {
	d, err := scanDesk(s.reader.QueryRowContext(ctx, deskColumns+` and s.id = $1`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoDesk()
	}
	return d, err
}

// DeskSecret is the secret that the help desk signs with; "" for a kind whose
// secret is only recognised.
func (s *Store) DeskSecret(ctx context.Context, d Desk) (string, error) {
	if recognised(d.Kind) {
		return "", nil
	}
	var kept string
	if err := s.reader.QueryRowContext(ctx, `select secret from desks where source = $1`, d.ID).Scan(&kept); err != nil {
		return "", err
	}
	return s.openText("desk:"+string(d.ID), kept)
}

// KnowsDeskSecret tells whether the help desk's secret is that one.
func (s *Store) KnowsDeskSecret(ctx context.Context, d Desk, secret string) (bool, error) {
	var kept string
	if err := s.reader.QueryRowContext(ctx, `select secret from desks where source = $1`, d.ID).Scan(&kept); err != nil {
		return false, err
	}
	return recognised(d.Kind) && subtle.ConstantTimeCompare([]byte(kept), []byte(digest(secret))) == 1, nil
}

// Requester is whom the team said a requester to be.
type Requester struct {
	// Who is "email:…", "id:SOURCE:…", "org:SOURCE:…", "domain:…" or
	// "ticket:SOURCE:ID".
	Who     string
	Account farol.AccountID
	// Person may be "".
	Person  farol.PersonID
	Author  string
	Created time.Time
}

// SetRequester remembers whom a requester is; an account of "" forgets it.
// Errors: Invalid with the field who.
func (s *Store) SetRequester(ctx context.Context, r Requester) error {
	kind, rest, ok := strings.Cut(r.Who, ":")
	if !ok || rest == "" || !slices.Contains([]string{"email", "id", "org", "domain", "ticket"}, kind) || len(r.Who) > 500 {
		return farol.InvalidField("who", "must begin with email:, id:, org:, domain: or ticket:")
	}
	return s.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from requesters where who = $1`, key(r.Who)); err != nil || r.Account == "" {
			return err
		}
		_, err := tx.ExecContext(ctx, `insert into requesters (who, account, person, author, created) values ($1, $2, $3, $4, $5)`,
			key(r.Who), key(r.Account), key(r.Person), cut(r.Author, 200), s.clock().UnixMilli())
		return err
	})
}

func scanRequester(r scanner) (x Requester, err error) {
	err = r.Scan(&x.Who, &x.Account, &x.Person, &x.Author, stamp{&x.Created})
	return x, err
}

// RequesterOf is the first of the names that the team has said anything of;
// ok is false when of none.
func (s *Store) RequesterOf(ctx context.Context, names ...string) (r Requester, ok bool, err error) {
	for _, n := range names {
		r, err = scanRequester(s.reader.QueryRowContext(ctx, `select who, account, person, author, created from requesters where who = $1`, key(n)))
		if !errors.Is(err, sql.ErrNoRows) {
			return r, err == nil, err
		}
	}
	return Requester{}, false, nil
}

// Requesters lists what the team said, the newest first, at most 500.
func (s *Store) Requesters(ctx context.Context) ([]Requester, error) {
	rows, err := s.reader.QueryContext(ctx, `select who, account, person, author, created from requesters order by created desc, who limit 500`)
	return collect(rows, err, scanRequester)
}

// DeskTicket is how a ticket stood when a help desk last told of it.
type DeskTicket struct {
	Source farol.SourceID
	Ticket string
	// Updated is the help desk's own time of it.
	Updated time.Time
	// Digest of what was said.
	Digest, Status string
	Solved         time.Time
	Reopened       int
	Account        farol.AccountID
	Person         farol.PersonID
}

// DeskTicket answers how the ticket stood; ok is false for a new one.
func (s *Store) DeskTicket(ctx context.Context, source farol.SourceID, ticket string) (t DeskTicket, ok bool, err error) {
	t = DeskTicket{Source: source, Ticket: ticket}
	err = s.reader.QueryRowContext(ctx, `select updated, digest, status, solved, reopened, account, person from desk_tickets where source = $1 and ticket = $2`,
		key(source), key(ticket)).Scan(stamp{&t.Updated}, &t.Digest, &t.Status, stamp{&t.Solved}, &t.Reopened, &t.Account, &t.Person)
	if errors.Is(err, sql.ErrNoRows) {
		return t, false, nil
	}
	return t, err == nil, err
}

// SaveDeskTicket keeps how the ticket stands.
func (s *Store) SaveDeskTicket(ctx context.Context, t DeskTicket) error {
	_, err := s.writer.ExecContext(ctx, `insert into desk_tickets (source, ticket, updated, digest, status, solved, reopened, account, person)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (source, ticket) do update set updated = excluded.updated, digest = excluded.digest,
		status = excluded.status, solved = excluded.solved, reopened = excluded.reopened, account = excluded.account, person = excluded.person`,
		key(t.Source), key(t.Ticket), t.Updated.UnixMilli(), t.Digest, t.Status, millis(t.Solved), t.Reopened, key(t.Account), key(t.Person))
	return err
}
