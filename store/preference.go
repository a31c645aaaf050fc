package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/farol-cs/farol"
)

// Preferences say what a member wants to be told, and when.
type Preferences struct {
	// Digest is the hour of the daily mail (0 to 23), NoDigest for none.
	Digest int
	// Zone is the member's IANA zone, "" for the company's.
	Zone string
	// Muted are the kinds of notices that the member does not want.
	Muted []string
	// Visit is when the member last marked My day as read, zero for never.
	Visit time.Time
}

// NoDigest is the hour of who wants no daily mail.
const NoDigest = -1

// digestHour is the hour of who has chosen none.
const digestHour = 8

// NoticeKinds lists the kinds of notices.
var NoticeKinds = []string{NoticeMention, NoticeTask, NoticeMessage, NoticeChange, NoticeSilent}

func (p Preferences) check() error {
	if p.Digest < NoDigest || p.Digest > 23 {
		return farol.InvalidField("digest", "must be an hour from 0 to 23, or -1 for none")
	}
	if p.Zone != "" {
		if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "Local" {
			return farol.InvalidField("zone", "is not a known IANA name: %s", p.Zone)
		}
	}
	for _, k := range p.Muted {
		if !slices.Contains(NoticeKinds, k) {
			return farol.InvalidField("muted", "must be mention, task, message or change")
		}
	}
	return nil
}

// Preferences are those of the member, or what everybody begins with.
func (s *Store) Preferences(ctx context.Context, member MemberID) (Preferences, error) {
	return findPreferences(ctx, s.reader, member)
}

func findPreferences(ctx context.Context, q queryer, member MemberID) (Preferences, error) {
	p := Preferences{Digest: digestHour}
	var muted string
	err := q.QueryRowContext(ctx, `select digest, zone, muted, visit from preferences where member = $1`, key(member)).Scan(&p.Digest, &p.Zone, &muted, stamp{&p.Visit})
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(muted), &p.Muted)
}

// SetPreferences changes them; Visit stays. Errors: Invalid with the field
// digest, zone or muted.
func (s *Store) SetPreferences(ctx context.Context, member MemberID, p Preferences) error {
	if err := p.check(); err != nil {
		return err
	}
	_, err := s.writer.ExecContext(ctx, `insert into preferences (member, digest, zone, muted) values ($1, $2, $3, $4)
		on conflict (member) do update set digest = excluded.digest, zone = excluded.zone, muted = excluded.muted`, key(member), p.Digest, p.Zone, jsonList(p.Muted))
	return err
}

// Visited notes that the member has read My day through.
func (s *Store) Visited(ctx context.Context, member MemberID) error {
	_, err := s.writer.ExecContext(ctx, `insert into preferences (member, digest, zone, muted, visit) values ($1, $2, '', '[]', $3)
		on conflict (member) do update set visit = excluded.visit`, key(member), digestHour, s.clock().UnixMilli())
	return err
}
