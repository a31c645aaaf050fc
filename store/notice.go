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
	"github.com/farol-cs/farol/sight"
)

// Notice is something that a member is told.
type Notice struct {
	ID     string
	Member MemberID
	// Kind is mention, task, message, change or silent.
	Kind    string
	Account farol.AccountID
	// Subject is what it is about: "note:ID", "task:ID", "message:ID".
	Subject string
	Author  MemberID
	Text    string
	Created time.Time
	// Meant is who was to be told and is away, when Member covers for them.
	Meant MemberID
	// Seen and Mailed are zero until then.
	Seen, Mailed time.Time
}

// The kinds of notices.
const (
	NoticeMention = "mention"
	NoticeTask    = "task"
	NoticeMessage = "message"
	NoticeChange  = "change"
)

// tell writes a notice for each of the members but the author, and for who
// covers for those of them who are away: once for each subject.
func (s *Store) tell(ctx context.Context, tx *sql.Tx, n Notice, members []MemberID) error {
	covering := map[MemberID]MemberID{}
	for _, m := range members {
		n.Meant = ""
		told, err := s.tellOne(ctx, tx, n, m)
		if err != nil {
			return err
		}
		if !told {
			continue
		}
		by, err := s.coverers(ctx, tx, m)
		if err != nil {
			return err
		}
		for _, c := range by {
			covering[c] = m
		}
	}
	for by, away := range covering { // afterwards: what is meant for them is theirs
		n.Meant = away
		if has, err := heard(ctx, tx, by, n.Subject); err != nil {
			return err
		} else if has {
			continue
		}
		if _, err := s.tellOne(ctx, tx, n, by); err != nil {
			return err
		}
	}
	return nil
}

// heard tells whether the member was told anything of the subject.
func heard(ctx context.Context, tx *sql.Tx, m MemberID, subject string) (bool, error) {
	var n int
	err := tx.QueryRowContext(ctx, `select count(*) from notices where member = $1 and subject = $2`, m, subject).Scan(&n)
	return n > 0, err
}

// tellOne writes a notice for a member, unless they wrote it or do not want it.
func (s *Store) tellOne(ctx context.Context, tx *sql.Tx, n Notice, to MemberID) (told bool, err error) {
	if to == n.Author || to == "" {
		return false, nil
	}
	p, err := findPreferences(ctx, tx, to)
	if err != nil || slices.Contains(p.Muted, n.Kind) {
		return false, err
	}
	_, err = tx.ExecContext(ctx, `
		insert into notices (id, member, kind, account, subject, author, text, created, meant)
		select $1, id, $3, $4, $5, $6, $7, $8, $9 from members where id = $2 and disabled is null
		on conflict (member, kind, subject) do nothing`,
		newID(), to, n.Kind, key(n.Account), n.Subject, n.Author, cut(n.Text, 300), s.clock().UnixMilli(), n.Meant)
	return err == nil, err
}

// tellUntold tells those of the members who were told nothing of the subject
// yet.
func (s *Store) tellUntold(ctx context.Context, tx *sql.Tx, n Notice, members []MemberID) error {
	for _, m := range members {
		if has, err := heard(ctx, tx, m, n.Subject); err != nil {
			return err
		} else if has {
			continue
		}
		if err := s.tell(ctx, tx, n, []MemberID{m}); err != nil {
			return err
		}
	}
	return nil
}

// mentionForm is "@" and the part of an e-mail address before the other "@",
// at the beginning of a word.
var mentionForm = regexp.MustCompile(`(?:^|[^\w@.])@([a-z0-9][a-z0-9._+-]*)`)

// Mentioned lists the names that a text mentions, in small letters, each once:
// "@ana please" mentions whoever's e-mail begins "ana@".
func Mentioned(text string) []string {
	var out []string
	for _, m := range mentionForm.FindAllStringSubmatch(strings.ToLower(text), -1) {
		name := strings.TrimRight(m[1], ".-_+")
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// mentioned are the members whom the text mentions.
func mentioned(ctx context.Context, tx *sql.Tx, text string) ([]MemberID, error) {
	var out []MemberID
	for _, name := range Mentioned(text) {
		rows, err := tx.QueryContext(ctx, `select id from members where email like $1 escape '!' and disabled is null`,
			strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(name)+"@%")
		ids, err := collect(rows, err, func(r scanner) (id MemberID, err error) { return id, r.Scan(&id) })
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	return out, nil
}

const noticeColumns = `id, member, kind, account, subject, author, text, created, meant, seen, mailed`

func scanNotice(r scanner) (n Notice, err error) {
	return n, r.Scan(&n.ID, &n.Member, &n.Kind, &n.Account, &n.Subject, &n.Author, &n.Text, stamp{&n.Created}, &n.Meant, stamp{&n.Seen}, stamp{&n.Mailed})
}

// Notices lists what a member was told, the newest first; unseen keeps those
// not seen yet. limit 0 is 50.
func (s *Store) Notices(ctx context.Context, member MemberID, unseen bool, limit int) ([]Notice, error) {
	return s.NoticesAt(ctx, member, time.Time{}, unseen, limit)
}

// NoticesAt lists what a member had been told by the instant (zero: now);
// unseen keeps those that were not seen then.
func (s *Store) NoticesAt(ctx context.Context, member MemberID, at time.Time, unseen bool, limit int) ([]Notice, error) {
	if limit <= 0 || limit > 500 {
		limit = 50
	}
	rows, err := s.reader.QueryContext(ctx, `select `+noticeColumns+` from notices
		where member = $1 and ($2 = 0 or seen is null or seen > $4) and created <= $4 order by id desc limit $3`, key(member), number(unseen), unlimited(ctx, limit), horizon(at))
	list, err := collect(rows, err, scanNotice)
	list = onlyInsight(ctx, list, func(n Notice) farol.AccountID { return n.Account })
	return list[:min(len(list), limit)], err
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Unseen is how many notices a member has not seen.
func (s *Store) Unseen(ctx context.Context, member MemberID) (n int, err error) {
	if sight.Of(ctx).Limited() {
		list, err := s.Notices(ctx, member, true, 500)
		return len(list), err
	}
	err = s.reader.QueryRowContext(ctx, `select count(*) from notices where member = $1 and seen is null`, key(member)).Scan(&n)
	return n, err
}

// SeeNotices marks a member's notices as seen: the one named, or all when id
// is "".
func (s *Store) SeeNotices(ctx context.Context, member MemberID, id string) error {
	_, err := s.writer.ExecContext(ctx, `update notices set seen = $3 where member = $1 and ($2 = '' or id = $2) and seen is null`,
		key(member), key(id), s.clock().UnixMilli())
	return err
}

// SeeAbout marks the member's notices of these subjects as seen: they have
// them before their eyes.
func (s *Store) SeeAbout(ctx context.Context, member MemberID, subjects ...string) error {
	unseen, err := s.Notices(ctx, member, true, 500)
	if err != nil {
		return err
	}
	for _, n := range unseen {
		if slices.Contains(subjects, n.Subject) {
			if err := s.SeeNotices(ctx, member, n.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// ForgetNotice marks a notice as not seen again. NotFound when the member has
// none such.
func (s *Store) ForgetNotice(ctx context.Context, member MemberID, id string) error {
	r, err := s.writer.ExecContext(ctx, `update notices set seen = null where member = $1 and id = $2`, key(member), key(id))
	return changed(r, err, farol.Errorf(farol.NotFound, "there is no such notice"))
}

// Notice is one notice of the member; NotFound when there is none.
func (s *Store) Notice(ctx context.Context, member MemberID, id string) (Notice, error) {
	n, err := scanNotice(s.reader.QueryRowContext(ctx, `select `+noticeColumns+` from notices where member = $1 and id = $2`, key(member), key(id)))
	missing := farol.Errorf(farol.NotFound, "there is no such notice")
	if errors.Is(err, sql.ErrNoRows) {
		err = missing
	}
	if err == nil {
		err = within(ctx, n.Account, missing)
	}
	return n, err
}

// Unmailed lists the notices of one member that are unseen and in no digest
// yet, by account and then time.
func (s *Store) Unmailed(ctx context.Context, member MemberID) ([]Notice, error) {
	rows, err := s.reader.QueryContext(ctx, `select `+noticeColumns+` from notices
		where member = $1 and seen is null and mailed is null order by account, id limit 500`, key(member))
	list, err := collect(rows, err, scanNotice)
	return onlyInsight(ctx, list, func(n Notice) farol.AccountID { return n.Account }), err
}

// Follow makes a member hear of an account; off ends it.
func (s *Store) Follow(ctx context.Context, member MemberID, account farol.AccountID, off bool) error {
	if err := within(ctx, account, errNoAccount()); err != nil {
		return err
	}
	if off {
		_, err := s.writer.ExecContext(ctx, `delete from follows where member = $1 and account = $2`, key(member), key(account))
		return err
	}
	_, err := s.writer.ExecContext(ctx, `insert into follows (member, account, created) values ($1, $2, $3) on conflict (member, account) do nothing`,
		key(member), key(account), s.clock().UnixMilli())
	return err
}

// Followed lists the accounts that a member follows, by id.
func (s *Store) Followed(ctx context.Context, member MemberID) ([]farol.AccountID, error) {
	rows, err := s.reader.QueryContext(ctx, `select account from follows where member = $1 order by account`, key(member))
	list, err := collect(rows, err, func(r scanner) (a farol.AccountID, err error) { return a, r.Scan(&a) })
	return onlyInsight(ctx, list, func(a farol.AccountID) farol.AccountID { return a }), err
}

func followers(ctx context.Context, tx *sql.Tx, account farol.AccountID) ([]MemberID, error) {
	rows, err := tx.QueryContext(ctx, `select member from follows where account = $1`, key(account))
	return collect(rows, err, func(r scanner) (m MemberID, err error) { return m, r.Scan(&m) })
}

// Watch makes a member hear who enters and leaves a segment; off ends it.
func (s *Store) Watch(ctx context.Context, member MemberID, segment string, off bool) error {
	if off {
		_, err := s.writer.ExecContext(ctx, `delete from watches where member = $1 and segment = $2`, key(member), key(segment))
		return err
	}
	if !definitionName.MatchString(segment) {
		return farol.InvalidField("segment", "there is no such segment")
	}
	_, err := s.writer.ExecContext(ctx, `insert into watches (member, segment, created) values ($1, $2, $3) on conflict (member, segment) do nothing`,
		key(member), segment, s.clock().UnixMilli())
	return err
}

// Watched lists the segments that a member watches, by name.
func (s *Store) Watched(ctx context.Context, member MemberID) ([]string, error) {
	rows, err := s.reader.QueryContext(ctx, `select segment from watches where member = $1 order by segment`, key(member))
	return collect(rows, err, func(r scanner) (x string, err error) { return x, r.Scan(&x) })
}
