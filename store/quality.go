package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// SourceHour is what came from a source in an hour.
type SourceHour struct {
	Source farol.SourceID
	// Hour is its beginning.
	Hour time.Time
	// Events were kept, Duplicates dropped, Rejected refused; of those kept some
	// were Late, Skewed (their time is not the sender's), or belong to no
	// account or person.
	Events, Duplicates, Rejected, Late, Skewed, NoAccount, NoPerson int64
	// Reasons counts what was refused by its reason.
	Reasons map[string]int64
	// Last is when the last event came; zero for none.
	Last time.Time
}

// hoursKept is how long counters and ended silences are kept.
const hoursKept = 60 * 24 * time.Hour

// AddSourceHours adds to the counters.
func (s *Store) AddSourceHours(ctx context.Context, list []SourceHour) error {
	if len(list) == 0 {
		return nil
	}
	return s.Write(ctx, func(tx *sql.Tx) error {
		for _, h := range list {
			hour := h.Hour.Unix() / 3600
			_, err := tx.ExecContext(ctx, `
				insert into source_hours (source, hour, events, duplicates, rejected, late, skewed, no_account, no_person, last)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
				on conflict (source, hour) do update set events = source_hours.events + excluded.events, duplicates = source_hours.duplicates + excluded.duplicates,
				rejected = source_hours.rejected + excluded.rejected, late = source_hours.late + excluded.late, skewed = source_hours.skewed + excluded.skewed,
				no_account = source_hours.no_account + excluded.no_account, no_person = source_hours.no_person + excluded.no_person,
				last = case when excluded.last > source_hours.last then excluded.last else source_hours.last end`,
				key(h.Source), hour, h.Events, h.Duplicates, h.Rejected, h.Late, h.Skewed, h.NoAccount, h.NoPerson, max(h.Last.UnixMilli(), 0))
			if err != nil {
				return err
			}
			for reason, n := range h.Reasons {
				if _, err := tx.ExecContext(ctx, `insert into source_reasons (source, hour, reason, n) values ($1, $2, $3, $4)
					on conflict (source, hour, reason) do update set n = source_reasons.n + excluded.n`, key(h.Source), hour, cut(reason, 200), n); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// SourceHours lists the counters from an instant on, by source and hour,
// without reasons.
func (s *Store) SourceHours(ctx context.Context, since time.Time) ([]SourceHour, error) {
	return s.SourceHoursAt(ctx, since, time.Time{})
}

// SourceHoursAt lists those of the hours that had begun before an instant; zero
// is now.
func (s *Store) SourceHoursAt(ctx context.Context, since, at time.Time) ([]SourceHour, error) {
	rows, err := s.reader.QueryContext(ctx, `select source, hour, events, duplicates, rejected, late, skewed, no_account, no_person, last from source_hours
		where hour >= $1 and hour < $2 order by source, hour`, since.Unix()/3600, hourAfter(at))
	return collect(rows, err, func(r scanner) (h SourceHour, err error) {
		var hour, last int64
		err = r.Scan(&h.Source, &hour, &h.Events, &h.Duplicates, &h.Rejected, &h.Late, &h.Skewed, &h.NoAccount, &h.NoPerson, &last)
		h.Hour = time.Unix(hour*3600, 0).UTC()
		if last > 0 {
			h.Last = time.UnixMilli(last).UTC()
		}
		return h, err
	})
}

// hourAfter is the first hour that had not begun before the instant; the zero
// one is now.
func hourAfter(at time.Time) int64 {
	if at.IsZero() {
		return 1 << 30
	}
	return (at.UnixMilli() + 3_599_999) / 3_600_000
}

// RejectReason is why events of a source were refused, and how many.
type RejectReason struct {
	Source farol.SourceID
	Reason string
	N      int64
}

// RejectReasons sums up the reasons of the hours from an instant on and, unless
// it is zero, before another, the most frequent first.
func (s *Store) RejectReasons(ctx context.Context, since, until time.Time) ([]RejectReason, error) {
	rows, err := s.reader.QueryContext(ctx, `select source, reason, sum(n) from source_reasons where hour >= $1 and hour < $2 group by source, reason order by 3 desc, 1, 2 limit 500`,
		since.Unix()/3600, hourAfter(until))
	return collect(rows, err, func(r scanner) (x RejectReason, err error) { return x, r.Scan(&x.Source, &x.Reason, &x.N) })
}

// HasSourceHours tells whether anything was ever counted.
func (s *Store) HasSourceHours(ctx context.Context) (bool, error) {
	var n int
	err := s.reader.QueryRowContext(ctx, `select count(*) from (select 1 from source_hours limit 1) t`).Scan(&n)
	return n > 0, err
}

// Silence is a time in which a source sent nothing although it should have.
type Silence struct {
	ID     string
	Source farol.SourceID
	// Last is the last event before it, Opened when it was noticed, Resolved
	// when events came again; zero while it lasts.
	Last, Opened, Resolved time.Time
	// Feeds are the tables that the source feeds, in the words of facts.Touch.
	Feeds Fields
}

// NoticeSilent is the kind of notice that a source fell silent.
const NoticeSilent = "silent"

// OpenSilence notes that a source fell silent, with the accounts that it told
// of, and tells admins and managers.
func (s *Store) OpenSilence(ctx context.Context, x Silence, name string, accounts []farol.AccountID) (Silence, error) {
	x.ID, x.Opened = newID(), s.clock()
	err := s.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `insert into silences (id, source, last, opened, feeds) values ($1, $2, $3, $4, $5)`,
			x.ID, key(x.Source), x.Last.UnixMilli(), x.Opened.UnixMilli(), x.Feeds); err != nil {
			return err
		}
		for _, a := range accounts {
			if _, err := tx.ExecContext(ctx, `insert into silent_accounts (silence, account) values ($1, $2)`, x.ID, key(a)); err != nil {
				return err
			}
		}
		rows, err := tx.QueryContext(ctx, `select id from members where role in ('admin', 'manager') and disabled is null`)
		leaders, err := collect(rows, err, func(r scanner) (m MemberID, err error) { return m, r.Scan(&m) })
		if err != nil {
			return err
		}
		return s.tell(ctx, tx, Notice{Kind: NoticeSilent, Subject: "silence:" + x.ID, Text: name}, leaders)
	})
	return x, err
}

// Resolve notes that events came again, or that the source is not waited for
// any more. What was told of it is then seen.
func (s *Store) Resolve(ctx context.Context, id string) error {
	now := s.clock().UnixMilli()
	return s.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `update silences set resolved = coalesce(resolved, $2) where id = $1`, key(id), now); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `update notices set seen = coalesce(seen, $2) where subject = $1`, "silence:"+id, now)
		return err
	})
}

// Silences lists those that last, and those that ended since an instant when it
// is not zero, the newest first.
func (s *Store) Silences(ctx context.Context, since time.Time) ([]Silence, error) {
	at := int64(1 << 60)
	if !since.IsZero() {
		at = since.UnixMilli()
	}
	rows, err := s.reader.QueryContext(ctx, `select id, source, last, opened, resolved, feeds from silences where resolved is null or resolved >= $1 order by opened desc, id desc limit 1000`, at)
	return collect(rows, err, func(r scanner) (x Silence, err error) {
		return x, r.Scan(&x.ID, &x.Source, stamp{&x.Last}, stamp{&x.Opened}, stamp{&x.Resolved}, &x.Feeds)
	})
}

// SilencesAt lists the silences as they stood at an instant (zero: now): those
// that lasted then, and those that had ended since another.
func (s *Store) SilencesAt(ctx context.Context, since, at time.Time) ([]Silence, error) {
	list, err := s.Silences(ctx, since)
	if at.IsZero() {
		return list, err
	}
	list = slices.DeleteFunc(list, func(x Silence) bool { return x.Opened.After(at) })
	for i := range list {
		if list[i].Resolved.After(at) {
			list[i].Resolved = time.Time{}
		}
	}
	return list, err
}

// KeptSince is the first instant of which counters are kept.
func (s *Store) KeptSince() time.Time { return s.clock().Add(-hoursKept) }

// Stale answers which of the accounts are fed by a source that is silent, each
// with when the last event of such a source came. Accounts out of sight are
// left out.
func (s *Store) Stale(ctx context.Context, ids []farol.AccountID) (map[farol.AccountID]time.Time, error) {
	out := map[farol.AccountID]time.Time{}
	for len(ids) > 0 {
		n := min(len(ids), 500)
		marks, args := make([]string, n), make([]any, n)
		for i, id := range ids[:n] {
			marks[i], args[i] = "$"+strconv.Itoa(i+1), key(id)
		}
		rows, err := s.reader.QueryContext(ctx, `select a.account, max(x.last) from silences x join silent_accounts a on a.silence = x.id
			where x.resolved is null and a.account in (`+strings.Join(marks, ", ")+`) group by a.account`, args...)
		_, err = collect(rows, err, func(r scanner) (struct{}, error) {
			var id farol.AccountID
			var last int64
			err := r.Scan(&id, &last)
			if sight.Of(ctx).Account(id) {
				out[id] = time.UnixMilli(last).UTC()
			}
			return struct{}{}, err
		})
		if err != nil {
			return nil, err
		}
		ids = ids[n:]
	}
	return out, nil
}

// SilentAccounts is how many accounts a silence makes uncertain.
func (s *Store) SilentAccounts(ctx context.Context, silence string) (n int, err error) {
	err = s.reader.QueryRowContext(ctx, `select count(*) from silent_accounts where silence = $1`, key(silence)).Scan(&n)
	return n, err
}

// pruneQuality forgets old counters and silences.
func pruneQuality(ctx context.Context, tx *sql.Tx, now time.Time) error {
	old := now.Add(-hoursKept)
	for _, q := range []string{`delete from source_hours where hour < $1`, `delete from source_reasons where hour < $1`} {
		if _, err := tx.ExecContext(ctx, q, old.Unix()/3600); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `delete from silent_accounts where silence in (select id from silences where resolved <= $1)`, old.UnixMilli()); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `delete from silences where resolved <= $1`, old.UnixMilli())
	return err
}
