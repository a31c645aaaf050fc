package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
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
	// Author is a member's id, or token:ID.
	Author MemberID
	Title  string
	// Body is Markdown. Its open items ("- [ ] @ana call them 2026-04-01")
	// become tasks.
	Body string
	// Kind is note, call, or the name of a template.
	Kind string
	// Participants are those who took part: "member:ID" or "person:ID".
	Participants []string
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
	n, err := s.newNote(ctx, n)
	if err != nil {
		return n, err
	}
	return n, s.Write(ctx, func(tx *sql.Tx) error { return s.insertNote(ctx, tx, n) })
}

// notesAtOnce is how many notes one transaction writes: nobody else writes
// meanwhile.
const notesAtOnce = 500

// AddNotes writes many notes, as AddNote does each. Those before one that is
// refused are written.
func (s *Store) AddNotes(ctx context.Context, notes []Note) error {
	for lot := range slices.Chunk(notes, notesAtOnce) {
		err := s.Write(ctx, func(tx *sql.Tx) error {
			for _, n := range lot {
				n, err := s.newNote(ctx, n)
				if err == nil {
					err = s.insertNote(ctx, tx, n)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// newNote checks a note and gives it its id and instants.
func (s *Store) newNote(ctx context.Context, n Note) (Note, error) {
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
	if n.Participants, err = checkParticipants(n.Participants); err != nil {
		return n, err
	}
	n.ID, n.Created = newID(), s.clock()
	n.Changed = n.Created
	if n.At.IsZero() {
		n.At = n.Created
	}
	return n, nil
}

func (s *Store) insertNote(ctx context.Context, tx *sql.Tx, n Note) error {
	_, err := tx.ExecContext(ctx, `
		insert into notes (id, account, person, author, title, body, kind, at, pinned, created, changed, participants)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)`,
		n.ID, key(n.Account), key(n.Person), n.Author, n.Title, n.Body, cut(n.Kind, 60), n.At.UnixMilli(), millis(n.Pinned), n.Created.UnixMilli(), jsonList(n.Participants))
	if err != nil {
		return err
	}
	if err := s.noteTasks(ctx, tx, n, n.Author); err != nil {
		return err
	}
	return s.announce(ctx, tx, Notice{Kind: NoticeMention, Account: n.Account, Subject: "note:" + n.ID, Author: n.Author, Text: excerpt(n.Title, n.Body)}, withoutItems(n.Body))
}

// maxParticipants bounds who took part in a meeting.
const maxParticipants = 100

func checkParticipants(list []string) ([]string, error) {
	var out []string
	for _, p := range list {
		kind, id, _ := strings.Cut(strings.TrimSpace(p), ":")
		if (kind != "member" && kind != "person") || id == "" || len(id) > 500 {
			return nil, farol.InvalidField("participants", "must be member:ID or person:ID, not %s", p)
		}
		if p = kind + ":" + key(id); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	if len(out) > maxParticipants {
		return nil, farol.InvalidField("participants", "must be at most %d", maxParticipants)
	}
	return out, nil
}

// jsonList is a list as it is stored.
func jsonList(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(list) // texts always encode
	return string(b)
}

// texts scans a stored list.
type texts struct{ to *[]string }

func (x texts) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a list is stored as %T", v)
	}
	*x.to = nil
	return json.Unmarshal([]byte(s), x.to)
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
	return s.tellUntold(ctx, tx, n, slices.DeleteFunc(follow, func(m MemberID) bool { return slices.Contains(named, m) }))
}

// plain matches the marks of Markdown that say nothing in one line.
var plain = regexp.MustCompile("(?m)^[ \\t]*(#{1,6}|>|[-*+]|\\d+[.)])[ \\t]+(\\[[ xX]\\][ \\t]+)?|\\*\\*|__|`")

// Links read as their words, and HTML is not shown at all.
var (
	linked = regexp.MustCompile(`!?\[([^\]\n]*)\]\([^)\s]*\)`)
	tagged = regexp.MustCompile(`</?[a-zA-Z][^>\n]*>`)
)

// excerpt is the beginning of a text on one line.
func excerpt(title, body string) string {
	body = tagged.ReplaceAllString(linked.ReplaceAllString(body, "$1"), "")
	s := strings.Join(strings.Fields(title+" "+plain.ReplaceAllString(body, " ")), " ")
	if r := []rune(s); len(r) > 140 {
		return string(r[:139]) + "…"
	}
	return s
}

const noteColumns = `id, account, person, author, title, body, kind, at, pinned, created, changed, participants`

func scanNote(r scanner) (n Note, err error) {
	return n, r.Scan(&n.ID, &n.Account, &n.Person, &n.Author, &n.Title, &n.Body, &n.Kind, stamp{&n.At}, stamp{&n.Pinned}, stamp{&n.Created}, stamp{&n.Changed}, texts{&n.Participants})
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
	rows, err := s.reader.QueryContext(ctx, `select `+noteColumns+` from notes where account = $1 and created <= $2 and (deleted is null or deleted > $2)
		order by case when pinned is null then 1 else 0 end, at desc, id desc limit $3`, key(account), horizon(known), limit)
	list, err := collect(rows, err, scanNote)
	for i := range list {
		if err == nil {
			err = s.noteThen(ctx, &list[i], known)
		}
	}
	return list, err
}

// horizon is the instant up to which something is read; the zero one is now.
func horizon(at time.Time) int64 {
	if at.IsZero() {
		return 1 << 60
	}
	return at.UnixMilli()
}

// saidThen is what the subject, changed last at the given instant, said at
// another; nil for what it says now.
func (s *Store) saidThen(ctx context.Context, subject string, changed, at time.Time) (*Edit, error) {
	if at.IsZero() || !changed.After(at) {
		return nil, nil
	}
	list, err := s.Edits(ctx, subject)
	var then *Edit
	for i := range list { // the last comes first
		if list[i].At.After(at) {
			then = &list[i]
		}
	}
	return then, err
}

// noteThen puts the words of the instant into a note.
func (s *Store) noteThen(ctx context.Context, n *Note, at time.Time) error {
	then, err := s.saidThen(ctx, "note:"+n.ID, n.Changed, at)
	if then != nil {
		n.Title, n.Body, n.Changed = then.Title, then.Body, at
	}
	if !at.IsZero() && n.Pinned.After(at) {
		n.Pinned = time.Time{}
	}
	return err
}

// Note is one note; NotFound when there is none or it was deleted.
func (s *Store) Note(ctx context.Context, id string) (Note, error) {
	return findNote(ctx, s.reader, id, time.Time{})
}

// NoteAt is one note with the words that it had at the instant (zero: now);
// NotFound when it was not there then.
func (s *Store) NoteAt(ctx context.Context, id string, at time.Time) (Note, error) {
	n, err := findNote(ctx, s.reader, id, at)
	if err == nil {
		err = s.noteThen(ctx, &n, at)
	}
	return n, err
}

func findNote(ctx context.Context, q queryer, id string, at time.Time) (Note, error) {
	n, err := scanNote(q.QueryRowContext(ctx, `select `+noteColumns+` from notes where id = $1 and created <= $2 and (deleted is null or deleted > $2)`, key(id), horizon(at)))
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
	Title, Body, Kind *string
	Participants      *[]string
	At                *time.Time
	Pinned, Deleted   *bool
	// By is who changes it; what was there before is kept under this name.
	By MemberID
}

// UpdateNote changes a note and keeps what it said before. Deleting can be
// undone by Deleted false.
func (s *Store) UpdateNote(ctx context.Context, id string, u NoteUpdate) (Note, error) {
	var n Note
	err := s.Write(ctx, func(tx *sql.Tx) (err error) {
		now := s.clock()
		if u.Deleted != nil && !*u.Deleted {
			if _, err := tx.ExecContext(ctx, `update notes set deleted = null, changed = $2 where id = $1`, key(id), now.UnixMilli()); err != nil {
				return err
			}
		}
		if n, err = findNote(ctx, tx, id, time.Time{}); err != nil {
			return err
		}
		before := n
		if err := u.apply(&n, now); err != nil {
			return err
		}
		n.Changed = now
		var deleted time.Time
		if u.Deleted != nil && *u.Deleted {
			deleted = now
		}
		_, err = tx.ExecContext(ctx, `update notes set title = $2, body = $3, pinned = $4, changed = $5, deleted = $6, kind = $7, at = $8, participants = $9 where id = $1`,
			n.ID, n.Title, n.Body, millis(n.Pinned), now.UnixMilli(), millis(deleted), cut(n.Kind, 60), n.At.UnixMilli(), jsonList(n.Participants))
		if err != nil || n.Body == before.Body && n.Title == before.Title {
			return err
		}
		if err := s.keepEdit(ctx, tx, Edit{Subject: "note:" + n.ID, Author: u.By, Title: before.Title, Body: before.Body}); err != nil {
			return err
		}
		if err := s.noteTasks(ctx, tx, n, u.By); err != nil {
			return err
		}
		return s.announce(ctx, tx, Notice{Kind: NoticeMention, Account: n.Account, Subject: "note:" + n.ID, Author: u.By, Text: excerpt(n.Title, n.Body)}, withoutItems(n.Body))
	})
	return n, err
}

func (u NoteUpdate) apply(n *Note, now time.Time) (err error) {
	if u.Body != nil {
		if n.Body, err = checkBody("body", *u.Body); err != nil {
			return err
		}
	}
	if u.Title != nil {
		if n.Title = strings.TrimSpace(*u.Title); n.Title != "" {
			if n.Title, err = checkName("title", n.Title); err != nil {
				return err
			}
		}
	}
	if u.Participants != nil {
		if n.Participants, err = checkParticipants(*u.Participants); err != nil {
			return err
		}
	}
	if u.Pinned != nil {
		n.Pinned = time.Time{}
		if *u.Pinned {
			n.Pinned = now
		}
	}
	set(&n.Kind, u.Kind)
	set(&n.At, u.At)
	return nil
}

// Edit is what a note or message said before it was changed.
type Edit struct {
	ID string
	// Subject is "note:ID" or "message:ID".
	Subject string
	// Author replaced it at At.
	Author      MemberID
	At          time.Time
	Title, Body string
}

func (s *Store) keepEdit(ctx context.Context, tx *sql.Tx, e Edit) error {
	_, err := tx.ExecContext(ctx, `insert into edits (id, subject, author, at, title, body) values ($1, $2, $3, $4, $5, $6)`,
		newID(), e.Subject, key(e.Author), s.clock().UnixMilli(), e.Title, e.Body)
	return err
}

// Edits lists what the subject said before, the last first.
func (s *Store) Edits(ctx context.Context, subject string) ([]Edit, error) {
	rows, err := s.reader.QueryContext(ctx, `select id, subject, author, at, title, body from edits where subject = $1 order by id desc limit 200`, key(subject))
	return collect(rows, err, func(r scanner) (e Edit, err error) {
		return e, r.Scan(&e.ID, &e.Subject, &e.Author, stamp{&e.At}, &e.Title, &e.Body)
	})
}
