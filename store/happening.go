package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// Happening is something that happened around an account, prepared for those
// who look after it.
type Happening struct {
	// ID is given by who finds it, so that finding it again adds nothing.
	ID      string
	Account farol.AccountID
	// Kind is metric, stage, ticket, answer or segment.
	Kind string
	// Name is the metric, stage, ticket's topic, kind of survey, or segment.
	Name string
	// Fields say what there is to say, by kind.
	Fields map[string]string
	// Weight is -1 for bad news, 1 for good, 0 for neither.
	Weight int
	Day    farol.Day
	// Known is when it was learned.
	Known time.Time
	// Late tells that it was worked out long after it happened: it is kept and
	// told to nobody. It is not read back.
	Late bool
}

// The kinds of happenings.
const (
	MetricHappening  = "metric"
	StageHappening   = "stage"
	TicketHappening  = "ticket"
	AnswerHappening  = "answer"
	SegmentHappening = "segment"
)

// happeningsKept is for how long they are kept: they repeat what the facts say.
const happeningsKept = 60 * 24 * time.Hour

// ReadMark is how far the named reader of the facts has come, zero when it has
// not begun.
func (s *Store) ReadMark(ctx context.Context, name string) (t time.Time, err error) {
	err = s.reader.QueryRowContext(ctx, `select upto from marks_read where name = $1`, key(name)).Scan(stamp{&t})
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return t, err
}

// SaveHappenings adds what was found, tells the followers of each account and
// the watchers of each segment, and notes how far the reader has come, in one
// transaction. What is late or older than a day is old news and told to nobody.
func (s *Store) SaveHappenings(ctx context.Context, reader string, upto time.Time, list []Happening) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		for _, h := range list {
			if err := s.addHappening(ctx, tx, h); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `insert into marks_read (name, upto) values ($1, $2) on conflict (name) do update set upto = excluded.upto`, reader, upto.UnixMilli())
		return err
	})
}

func (s *Store) addHappening(ctx context.Context, tx *sql.Tx, h Happening) error {
	fields, err := json.Marshal(h.Fields)
	if err != nil {
		return err
	}
	r, err := tx.ExecContext(ctx, `insert into happenings (id, account, kind, name, text, weight, day, known) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (id) do nothing`, cut(h.ID, 300), key(h.Account), h.Kind, key(h.Name), string(fields), h.Weight, int64(h.Day), h.Known.UnixMilli())
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 || h.Late || s.clock().Sub(h.Known) > 24*time.Hour {
		return err
	}
	told, err := followers(ctx, tx, h.Account)
	if err != nil {
		return err
	}
	if h.Kind == SegmentHappening {
		rows, err := tx.QueryContext(ctx, `select member from watches where segment = $1`, key(h.Name))
		watchers, err := collect(rows, err, func(r scanner) (m MemberID, err error) { return m, r.Scan(&m) })
		if err != nil {
			return err
		}
		told = append(told, watchers...)
	}
	return s.tell(ctx, tx, Notice{Kind: NoticeChange, Account: h.Account, Subject: "happening:" + cut(h.ID, 290), Text: string(fields)}, told)
}

// seen tells whether the reader may see what happened: the account, and the
// metric or segment it is about.
func (h Happening) seen(ctx context.Context) bool {
	return insight(ctx, h.Account) && !sight.Of(ctx).Hides(h.Kind+"."+h.Name)
}

// Happenings lists what happened since, the newest first; an account that is
// not in only is left out (nil: none is). limit 0 is 100.
func (s *Store) Happenings(ctx context.Context, since time.Time, only func(farol.AccountID) bool, limit int) ([]Happening, error) {
	return s.HappeningsAt(ctx, since, time.Time{}, only, limit)
}

// HappeningsAt lists those that were known at the instant; zero is now.
func (s *Store) HappeningsAt(ctx context.Context, since, at time.Time, only func(farol.AccountID) bool, limit int) ([]Happening, error) {
	if limit <= 0 {
		limit = 100
	}
	rows, err := s.reader.QueryContext(ctx, `select id, account, kind, name, text, weight, day, known from happenings where known > $1 and known <= $2 order by known desc, id desc`, since.UnixMilli(), horizon(at))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Happening
	for rows.Next() && len(out) < limit {
		h, err := scanHappening(rows)
		if err != nil {
			return nil, err
		}
		if h.seen(ctx) && (only == nil || only(h.Account)) {
			out = append(out, h)
		}
	}
	return out, rows.Err()
}

func scanHappening(r scanner) (h Happening, err error) {
	var fields string
	if err := r.Scan(&h.ID, &h.Account, &h.Kind, &h.Name, &fields, &h.Weight, &h.Day, stamp{&h.Known}); err != nil {
		return h, err
	}
	return h, json.Unmarshal([]byte(fields), &h.Fields)
}

// Happening is one; NotFound when there is none for the reader, or it is too old.
func (s *Store) Happening(ctx context.Context, id string) (Happening, error) {
	h, err := scanHappening(s.reader.QueryRowContext(ctx, `select id, account, kind, name, text, weight, day, known from happenings where id = $1`, key(id)))
	missing := farol.Errorf(farol.NotFound, "there is no such change")
	if errors.Is(err, sql.ErrNoRows) {
		err = missing
	}
	if err == nil && !h.seen(ctx) {
		return Happening{}, missing
	}
	return h, err
}
