package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/farol-cs/farol"
)

// Note is what somebody of the team wrote about an account.
type Note struct {
	ID      string
	Account farol.AccountID
	// Person whom it is about, "" for nobody in particular.
	Person farol.PersonID
	Author MemberID
	Title  string
	// Body is Markdown.
	Body string
	// Kind is note, meeting, call, or the name of a template.
	Kind string
	// At is when it took place.
	At time.Time
	// Pinned is zero when it is not.
	Pinned, Created, Changed time.Time
}

// maxBody bounds a note or a message.
const maxBody = 100_000

func checkBody(field, body string) (string, error) {
	body = strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
	switch {
	case body == "":
		return "", farol.InvalidField(field, "must not be empty")
	case len(body) > maxBody:
		return "", farol.InvalidField(field, "must have at most %d characters", maxBody)
	case !utf8.ValidString(body) || strings.ContainsRune(body, 0):
		return "", farol.InvalidField(field, "must be plain text")
	}
	return body, nil
}

// AddNote writes a note. Whom it mentions, and who follows the account, is
// told. Errors: Invalid with the field account, title or body.
func (s *Store) AddNote(ctx context.Context, n Note) (Note, error) {
	if n.Account == "" {
		return n, farol.InvalidField("account", "must not be empty")
	}
	err := within(ctx, n.Account, errNoAccount())
	if err != nil {
		return n, err
	}
	if n.Body, err = checkBody("body", n.Body); err != nil {
		return n, err
	}
	if n.Title = strings.TrimSpace(n.Title); n.Title != "" {
		if n.Title, err = checkName("title", n.Title); err != nil {
			return n, err
		}
	}
	if n.Kind == "" {
		n.Kind = "note"
	}
	n.ID, n.Created = newID(), s.clock()
	n.Changed = n.Created
	if n.At.IsZero() {
		n.At = n.Created
	}
	err = s.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			insert into notes (id, account, person, author, title, body, kind, at, pinned, created, changed)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
			n.ID, key(n.Account), key(n.Person), n.Author, n.Title, n.Body, cut(n.Kind, 60), n.At.UnixMilli(), millis(n.Pinned), n.Created.UnixMilli())
		if err != nil {
			return err
		}
		return s.announce(ctx, tx, Notice{Kind: NoticeMention, Account: n.Account, Subject: "note:" + n.ID, Author: n.Author, Text: excerpt(n.Title, n.Body)}, n.Body)
	})
	return n, err
}

// announce tells whom the text mentions, and the account's followers that
// something was written.
func (s *Store) announce(ctx context.Context, tx *sql.Tx, n Notice, text string) error {
	named, err := mentioned(ctx, tx, text)
	if err != nil {
		return err
	}
	if err := s.tell(ctx, tx, n, named); err != nil || n.Account == "" {
		return err
	}
	follow, err := followers(ctx, tx, n.Account)
	if err != nil {
		return err
	}
	n.Kind = NoticeMessage
	var rest []MemberID
	for _, m := range follow {
		if !containsMember(named, m) {
			rest = append(rest, m)
		}
	}
	return s.tell(ctx, tx, n, rest)
}

func containsMember(list []MemberID, m MemberID) bool {
	for _, x := range list {
		if x == m {
			return true
		}
	}
	return false
}

// excerpt is the beginning of a text on one line.
func excerpt(title, body string) string {
	s := strings.Join(strings.Fields(title+" "+body), " ")
	if r := []rune(s); len(r) > 140 {
		return string(r[:139]) + "…"
	}
	return s
}

const noteColumns = `id, account, person, author, title, body, kind, at, pinned, created, changed`

func scanNote(r scanner) (n Note, err error) {
	return n, r.Scan(&n.ID, &n.Account, &n.Person, &n.Author, &n.Title, &n.Body, &n.Kind, stamp{&n.At}, stamp{&n.Pinned}, stamp{&n.Created}, stamp{&n.Changed})
}

// Notes lists an account's notes as they were written up to the instant (zero:
// now), the pinned first, then the newest. limit 0 is 100.
func (s *Store) Notes(ctx context.Context, account farol.AccountID, known time.Time, limit int) ([]Note, error) {
	if limit <= 0 || limit > 1000 {
		limit = 100
	}
	if err := within(ctx, account, errNoAccount()); err != nil {
		return nil, err
	}
	at := int64(1 << 60)
	if !known.IsZero() {
		at = known.UnixMilli()
	}
	rows, err := s.reader.QueryContext(ctx, `select `+noteColumns+` from notes where account = $1 and created <= $2 and (deleted is null or deleted > $2)
		order by case when pinned is null then 1 else 0 end, at desc, id desc limit $3`, key(account), at, limit)
	return collect(rows, err, scanNote)
}

// Note is one note; NotFound when there is none or it was deleted.
func (s *Store) Note(ctx context.Context, id string) (Note, error) {
	return findNote(ctx, s.reader, id)
}

func findNote(ctx context.Context, q queryer, id string) (Note, error) {
	n, err := scanNote(q.QueryRowContext(ctx, `select `+noteColumns+` from notes where id = $1 and deleted is null`, key(id)))
	missing := farol.Errorf(farol.NotFound, "there is no such note")
	if errors.Is(err, sql.ErrNoRows) {
		err = missing
	}
	if err == nil {
		err = within(ctx, n.Account, missing)
	}
	return n, err
}

// NoteUpdate says what to change; nil leaves a field as it is.
type NoteUpdate struct {
	Title, Body     *string
	Pinned, Deleted *bool
}

// UpdateNote changes a note. Deleting can be undone by Deleted false.
func (s *Store) UpdateNote(ctx context.Context, id string, u NoteUpdate) (Note, error) {
	var n Note
	err := s.Write(ctx, func(tx *sql.Tx) (err error) {
		now := s.clock()
		if u.Deleted != nil && !*u.Deleted {
			if _, err := tx.ExecContext(ctx, `update notes set deleted = null, changed = $2 where id = $1`, key(id), now.UnixMilli()); err != nil {
				return err
			}
		}
		if n, err = findNote(ctx, tx, id); err != nil {
			return err
		}
		if u.Body != nil {
			if n.Body, err = checkBody("body", *u.Body); err != nil {
				return err
			}
		}
		if u.Title != nil {
			n.Title = cut(strings.TrimSpace(*u.Title), 200)
		}
		if u.Pinned != nil {
			n.Pinned = time.Time{}
			if *u.Pinned {
				n.Pinned = now
			}
		}
		n.Changed = now
		var deleted time.Time
		if u.Deleted != nil && *u.Deleted {
			deleted = now
		}
		_, err = tx.ExecContext(ctx, `update notes set title = $2, body = $3, pinned = $4, changed = $5, deleted = $6 where id = $1`,
			n.ID, n.Title, n.Body, millis(n.Pinned), now.UnixMilli(), millis(deleted))
		if err != nil || u.Body == nil {
			return err
		}
		return s.announce(ctx, tx, Notice{Kind: NoticeMention, Account: n.Account, Subject: "note:" + n.ID, Author: n.Author, Text: excerpt(n.Title, n.Body)}, n.Body)
	})
	return n, err
}
