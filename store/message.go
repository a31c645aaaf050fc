package store

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// Message is what somebody said in a thread.
type Message struct {
	ID string
	// Thread is AccountThread of an account, or "team:NAME".
	Thread string
	Author MemberID
	// Body is Markdown.
	Body string
	// About is what it is said about: "ticket:ID", "" for nothing.
	About   string
	Created time.Time
	// Changed is zero when it was never edited.
	Changed time.Time
}

// AccountThread is the thread in which support and Customer Success speak of
// an account.
func AccountThread(a farol.AccountID) string { return "account:" + string(a) }

var threadForm = regexp.MustCompile(`^(account:.{1,500}|team:[a-z0-9][a-z0-9-]{0,40})$`)

// accountOf is the account of a thread, "" for a channel of the team.
func accountOf(thread string) farol.AccountID {
	id, _ := strings.CutPrefix(thread, "account:")
	if id == thread {
		return ""
	}
	return farol.AccountID(id)
}

// Say adds a message. Whom it mentions, and who follows the account, is told.
// Errors: Invalid with the field thread or body.
func (s *Store) Say(ctx context.Context, m Message) (Message, error) {
	if !threadForm.MatchString(m.Thread) {
		return m, farol.InvalidField("thread", "there is no such thread")
	}
	err := within(ctx, accountOf(m.Thread), errNoAccount())
	if err != nil {
		return m, err
	}
	if m.Body, err = checkBody("body", m.Body); err != nil {
		return m, err
	}
	m.ID, m.Created = newID(), s.clock()
	err = s.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into messages (id, thread, author, body, about, created) values ($1, $2, $3, $4, $5, $6)`,
			m.ID, key(m.Thread), m.Author, m.Body, cut(m.About, 300), m.Created.UnixMilli())
		if err != nil {
			return err
		}
		return s.announce(ctx, tx, Notice{Kind: NoticeMention, Account: accountOf(m.Thread), Subject: "message:" + m.ID, Author: m.Author, Text: excerpt("", m.Body)}, m.Body)
	})
	return m, err
}

// Messages lists a thread's messages, the newest first; before is the id of
// the last one of the page before, known (zero: now) the instant that the
// reader knows up to. limit 0 is 50.
func (s *Store) Messages(ctx context.Context, thread, before string, known time.Time, limit int) ([]Message, error) {
	if limit <= 0 || limit > 500 {
		limit = 50
	}
	if err := within(ctx, accountOf(thread), errNoAccount()); err != nil {
		return nil, err
	}
	at := int64(1 << 60)
	if !known.IsZero() {
		at = known.UnixMilli()
	}
	rows, err := s.reader.QueryContext(ctx, `select id, thread, author, body, about, created, changed from messages
		where thread = $1 and ($2 = '' or id < $2) and created <= $3 and (deleted is null or deleted > $3) order by id desc limit $4`,
		key(thread), key(before), at, limit)
	return collect(rows, err, func(r scanner) (m Message, err error) {
		return m, r.Scan(&m.ID, &m.Thread, &m.Author, &m.Body, &m.About, stamp{&m.Created}, stamp{&m.Changed})
	})
}

// EditMessage changes a message of the author; an empty body deletes it.
// NotFound when the author has none such.
func (s *Store) EditMessage(ctx context.Context, author MemberID, id, body string) error {
	now := s.clock().UnixMilli()
	missing := farol.Errorf(farol.NotFound, "there is no such message of yours")
	if sight.Of(ctx).Limited() {
		var thread string
		err := s.reader.QueryRowContext(ctx, `select thread from messages where id = $1`, key(id)).Scan(&thread)
		if err != nil || !insight(ctx, accountOf(thread)) {
			return missing
		}
	}
	if strings.TrimSpace(body) == "" {
		r, err := s.writer.ExecContext(ctx, `update messages set deleted = $3 where id = $1 and author = $2 and deleted is null`, key(id), key(author), now)
		return changed(r, err, missing)
	}
	body, err := checkBody("body", body)
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *sql.Tx) error {
		var thread string
		err := tx.QueryRowContext(ctx, `select thread from messages where id = $1 and author = $2 and deleted is null`, key(id), key(author)).Scan(&thread)
		if errors.Is(err, sql.ErrNoRows) {
			return missing
		}
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update messages set body = $2, changed = $3 where id = $1`, key(id), body, now); err != nil {
			return err
		}
		return s.announce(ctx, tx, Notice{Kind: NoticeMention, Account: accountOf(thread), Subject: "message:" + id, Author: author, Text: excerpt("", body)}, body)
	})
}
