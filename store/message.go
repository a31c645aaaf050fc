package store

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Message is what somebody said in a thread.
type Message struct {
	ID string
	// Thread is AccountThread of an account, or a channel of the team
	// ("team:NAME").
	Thread string
	// Author is a member's id, or token:ID.
	Author MemberID
	// Body is Markdown.
	Body string
	// About is what it is said about: "ticket:ID", "" for nothing.
	About string
	// Topic is that of a post in a channel; "" for none.
	Topic string
	// Account is whom a post is about, or the account of the thread.
	Account farol.AccountID
	// Parent is the post that it answers, "" for none.
	Parent  string
	Created time.Time
	// Changed is zero when it was never edited.
	Changed time.Time
	// Deleted is zero unless it was deleted.
	Deleted time.Time
}

// Channel is the channel in which support and Customer Success talk among
// themselves.
const Channel = "team:community"

// AccountThread is the thread in which support and Customer Success speak of
// an account.
func AccountThread(a farol.AccountID) string { return "account:" + string(a) }

var threadForm = regexp.MustCompile(`^(account:(?s:.{1,500})|team:[a-z0-9][a-z0-9-]{0,40})$`)

// accountOf is the account of a thread, "" for a channel of the team.
func accountOf(thread string) farol.AccountID {
	id, is := strings.CutPrefix(thread, "account:")
	if !is {
		return ""
	}
	return farol.AccountID(id)
}

// Say adds a message. Whom it mentions, who follows the account, and who wrote
// the post that it answers is told. Errors: Invalid with the field thread,
// topic, parent or body.
func (s *Store) Say(ctx context.Context, m Message) (Message, error) {
	if !threadForm.MatchString(m.Thread) {
		return m, farol.InvalidField("thread", "there is no such thread")
	}
	var err error
	if m.Body, err = checkBody("body", m.Body); err != nil {
		return m, err
	}
	if m.Topic = strings.ToLower(strings.TrimSpace(m.Topic)); m.Topic != "" {
		if m.Topic, err = checkName("topic", m.Topic); err != nil {
			return m, err
		}
	}
	if a := accountOf(m.Thread); a != "" {
		m.Account = a
	}
	if err := within(ctx, m.Account, errNoAccount()); err != nil {
		return m, err
	}
	m.ID, m.Created = newID(), s.clock()
	err = s.Write(ctx, func(tx *sql.Tx) error {
		var asked []MemberID
		if m.Parent != "" {
			p, err := findMessage(ctx, tx, m.Parent)
			if err != nil || p.Thread != m.Thread || p.Parent != "" {
				return farol.InvalidField("parent", "there is no such message")
			}
			m.Topic, m.Account, asked = p.Topic, p.Account, []MemberID{p.Author}
		}
		_, err := tx.ExecContext(ctx, `insert into messages (id, thread, author, body, about, created, topic, account, parent) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			m.ID, key(m.Thread), m.Author, m.Body, cut(m.About, 300), m.Created.UnixMilli(), m.Topic, key(m.Account), m.Parent)
		if err != nil {
			return err
		}
		n := m.notice()
		if err := s.announce(ctx, tx, n, m.Body); err != nil {
			return err
		}
		n.Kind = NoticeMessage
		return s.tellUntold(ctx, tx, n, asked)
	})
	return m, err
}

func (m Message) notice() Notice {
	return Notice{Kind: NoticeMention, Account: m.Account, Subject: "message:" + m.ID, Author: m.Author, Text: excerpt("", m.Body)}
}

const messageColumns = `id, thread, author, body, about, created, changed, deleted, topic, account, parent`

func scanMessage(r scanner) (m Message, err error) {
	return m, r.Scan(&m.ID, &m.Thread, &m.Author, &m.Body, &m.About, stamp{&m.Created}, stamp{&m.Changed}, stamp{&m.Deleted}, &m.Topic, &m.Account, &m.Parent)
}

// Message is one message; NotFound when there is none, or it was deleted.
func (s *Store) Message(ctx context.Context, id string) (Message, error) {
	return findMessage(ctx, s.reader, id)
}

func findMessage(ctx context.Context, q queryer, id string) (Message, error) {
	m, err := scanMessage(q.QueryRowContext(ctx, `select `+messageColumns+` from messages where id = $1 and deleted is null`, key(id)))
	missing := farol.Errorf(farol.NotFound, "there is no such message")
	if errors.Is(err, sql.ErrNoRows) {
		err = missing
	}
	if err == nil {
		err = within(ctx, m.Account, missing)
	}
	return m, err
}

// Messages lists a thread's messages, the newest first; before is the id of
// the last one of the page before, known (zero: now) the instant that the
// reader knows up to. limit 0 is 50.
func (s *Store) Messages(ctx context.Context, thread, before string, known time.Time, limit int) ([]Message, error) {
	return s.messages(ctx, thread, before, "", known, limit)
}

func (s *Store) messages(ctx context.Context, thread, before, about string, known time.Time, limit int) ([]Message, error) {
	if limit <= 0 || limit > 500 {
		limit = 50
	}
	if err := within(ctx, accountOf(thread), errNoAccount()); err != nil {
		return nil, err
	}
	rows, err := s.reader.QueryContext(ctx, `select `+messageColumns+` from messages
		where thread = $1 and ($2 = '' or id < $2) and created <= $3 and (deleted is null or deleted > $3) and ($5 = '' or about = $5) order by id desc limit $4`,
		key(thread), key(before), horizon(known), limit, cut(about, 300))
	return s.messagesThen(ctx, rows, err, known)
}

// messagesThen collects messages with the words that they had at the instant.
func (s *Store) messagesThen(ctx context.Context, rows *sql.Rows, err error, at time.Time) ([]Message, error) {
	list, err := collect(rows, err, scanMessage)
	for i := range list {
		if err != nil {
			break
		}
		var then *Edit
		if then, err = s.saidThen(ctx, "message:"+list[i].ID, list[i].Changed, at); then != nil {
			list[i].Body, list[i].Changed = then.Body, time.Time{}
		}
	}
	return list, err
}

// MessagesAbout lists the last of a thread's messages about the subject, as
// they were known (zero: now), the newest first. limit 0 is 50.
func (s *Store) MessagesAbout(ctx context.Context, thread, about string, known time.Time, limit int) ([]Message, error) {
	return s.messages(ctx, thread, "", about, known, limit)
}

// PostQuery selects the posts of a channel; empty fields do not filter.
type PostQuery struct {
	Topic, Search string
	Account       farol.AccountID
	// Before is the id of the last post of the page before.
	Before string
	// At lists them as they stood at the instant; zero is now.
	At time.Time
	// Only keeps the posts about these accounts; nil does not.
	Only func(farol.AccountID) bool
	// Limit 0 is 30.
	Limit int
}

// Posts lists the posts of a channel, the newest first, and the answers to
// each in order.
func (s *Store) Posts(ctx context.Context, channel string, q PostQuery) ([]Message, map[string][]Message, error) {
	if q.Limit <= 0 || q.Limit > 200 {
		q.Limit = 30
	}
	read := unlimited(ctx, q.Limit)
	if q.Only != nil {
		read = everything
	}
	rows, err := s.reader.QueryContext(ctx, `select `+messageColumns+` from messages
		where thread = $1 and parent = '' and created <= $7 and (deleted is null or deleted > $7) and ($2 = '' or topic = $2) and ($3 = '' or account = $3)
		and ($4 = '' or id < $4) and ($5 = '' or lower(body) like $5 escape '!') order by id desc limit $6`,
		key(channel), key(strings.ToLower(q.Topic)), key(q.Account), key(q.Before), likeText(strings.ToLower(q.Search)), read, horizon(q.At))
	posts, err := s.messagesThen(ctx, rows, err, q.At)
	posts = onlyInsight(ctx, posts, func(m Message) farol.AccountID { return m.Account })
	if q.Only != nil {
		posts = slices.DeleteFunc(posts, func(m Message) bool { return !q.Only(m.Account) })
	}
	posts = posts[:min(len(posts), q.Limit)]
	answers := map[string][]Message{}
	for _, p := range posts {
		if err != nil {
			break
		}
		rows, err = s.reader.QueryContext(ctx, `select `+messageColumns+` from messages where parent = $1 and created <= $2 and (deleted is null or deleted > $2) order by id limit 500`, p.ID, horizon(q.At))
		answers[p.ID], err = s.messagesThen(ctx, rows, err, q.At)
	}
	return posts, answers, err
}

// Topics lists the topics of a channel, the most used first.
func (s *Store) Topics(ctx context.Context, channel string) ([]string, error) {
	rows, err := s.reader.QueryContext(ctx, `select topic from messages where thread = $1 and topic <> '' and parent = '' and deleted is null group by topic order by count(*) desc, topic limit 100`, key(channel))
	return collect(rows, err, func(r scanner) (x string, err error) { return x, r.Scan(&x) })
}

// EditMessage changes a message of the author, and keeps what it said before;
// an empty body deletes it. NotFound when the author has none such.
func (s *Store) EditMessage(ctx context.Context, author MemberID, id, body string) error {
	missing := farol.Errorf(farol.NotFound, "there is no such message of yours")
	gone := strings.TrimSpace(body) == ""
	if !gone {
		var err error
		if body, err = checkBody("body", body); err != nil {
			return err
		}
	}
	return s.Write(ctx, func(tx *sql.Tx) error {
		m, err := findMessage(ctx, tx, id)
		if farol.KindOf(err) == farol.NotFound || err == nil && m.Author != author {
			return missing
		}
		if err != nil {
			return err
		}
		now := s.clock().UnixMilli()
		if gone {
			_, err := tx.ExecContext(ctx, `update messages set deleted = $2 where id = $1`, m.ID, now)
			return err
		}
		if body == m.Body {
			return nil
		}
		if err := s.keepEdit(ctx, tx, Edit{Subject: "message:" + m.ID, Author: author, Body: m.Body}); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update messages set body = $2, changed = $3 where id = $1`, m.ID, body, now); err != nil {
			return err
		}
		m.Body = body
		return s.announce(ctx, tx, m.notice(), body)
	})
}

// RestoreMessage brings a deleted message of the author back.
func (s *Store) RestoreMessage(ctx context.Context, author MemberID, id string) error {
	r, err := s.writer.ExecContext(ctx, `update messages set deleted = null where id = $1 and author = $2`, key(id), key(author))
	return changed(r, err, farol.Errorf(farol.NotFound, "there is no such message of yours"))
}

// ReadThread notes that the member has read the thread up to the message, or,
// with last "", that they have read nothing of it.
func (s *Store) ReadThread(ctx context.Context, member MemberID, thread, last string) error {
	_, err := s.writer.ExecContext(ctx, `insert into threads_read (member, thread, last) values ($1, $2, $3)
		on conflict (member, thread) do update set last = excluded.last where excluded.last > threads_read.last or excluded.last = ''`, key(member), key(thread), key(last))
	return err
}

// ReadUpTo is the id of the last message of the thread that the member has
// read, "" for none.
func (s *Store) ReadUpTo(ctx context.Context, member MemberID, thread string) (last string, err error) {
	err = s.reader.QueryRowContext(ctx, `select last from threads_read where member = $1 and thread = $2`, key(member), key(thread)).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return last, err
}

// Unread counts the messages of a thread that others wrote since the member
// read it last.
func (s *Store) Unread(ctx context.Context, member MemberID, thread string) (n int, err error) {
	if err := within(ctx, accountOf(thread), errNoAccount()); err != nil {
		return 0, err
	}
	err = s.reader.QueryRowContext(ctx, `select count(*) from messages where thread = $1 and author <> $2 and deleted is null
		and id > coalesce((select last from threads_read where member = $2 and thread = $1), '')`, key(thread), key(member)).Scan(&n)
	return n, err
}
