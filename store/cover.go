package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Cover is a member's standing in for another who is away: while it lasts they
// see the customers of who is away, whatever their scope. The owners stay.
type Cover struct {
	ID string
	// Away is who is on leave, By who covers.
	Away, By MemberID
	// First and Last are the days, both included.
	First, Last farol.Day
	// Begins and Ends are the instants of them by the company's clock.
	Begins, Ends time.Time
	// Note is what By should know.
	Note string
	// Author is a member's id, or token:NAME.
	Author  string
	Created time.Time
	// Ended is when it was ended before its time, else zero.
	Ended time.Time
}

// Holds tells whether it does at the instant.
func (c Cover) Holds(at time.Time) bool {
	return c.Ended.IsZero() && !at.Before(c.Begins) && at.Before(c.Ends)
}

// Held tells whether it did at an instant of the past: one that was ended since
// held then.
func (c Cover) Held(at time.Time) bool {
	return !c.Created.After(at) && (c.Ended.IsZero() || c.Ended.After(at)) && !at.Before(c.Begins) && at.Before(c.Ends)
}

// Over tells whether it does not hold any more.
func (c Cover) Over(at time.Time) bool { return !c.Ended.IsZero() || !at.Before(c.Ends) }

const (
	// longestCover is in days.
	longestCover = 366
	maxCoverNote = 2000
)

// check fills in the instants. Errors are Invalid with the field by, first,
// last or note.
func (c *Cover) check(now time.Time, zone *time.Location) error {
	if c.Note = strings.TrimSpace(key(c.Note)); len([]rune(c.Note)) > maxCoverNote {
		return farol.InvalidField("note", "must have at most %d letters", maxCoverNote)
	}
	switch {
	case c.Away == c.By:
		return farol.InvalidField("by", "choose somebody else")
	case c.First == 0:
		return farol.InvalidField("first", "say from which day")
	case c.Last == 0:
		return farol.InvalidField("last", "say until which day")
	case c.Last < c.First:
		return farol.InvalidField("last", "must not be before the first day")
	case c.Last-c.First >= longestCover:
		return farol.InvalidField("last", "a cover lasts at most %d days", longestCover)
	}
	c.Begins, c.Ends = c.First.Start(zone).UTC(), c.Last.Next(1).Start(zone).UTC()
	if !now.Before(c.Ends) {
		return farol.InvalidField("last", "must not be in the past")
	}
	return nil
}

// AddCover says that one member covers for another on days by the clock of the
// zone. ID, Begins, Ends and Created are filled in. Errors: Invalid with the
// field at fault, also when one of the two is away or covers already.
func (s *Store) AddCover(ctx context.Context, c Cover, zone *time.Location) (Cover, error) {
	c.ID, c.Created = newID(), s.clock()
	if err := c.check(c.Created, zone); err != nil {
		return c, err
	}
	err := s.Write(ctx, func(tx *sql.Tx) error {
		if err := enabled(ctx, tx, "away", c.Away); err != nil {
			return err
		}
		if err := enabled(ctx, tx, "by", c.By); err != nil {
			return err
		}
		if err := c.fits(ctx, tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `insert into covers (id, away, cover, first, last, begins, ends, note, author, created) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			c.ID, key(c.Away), key(c.By), int64(c.First), int64(c.Last), c.Begins.UnixMilli(), c.Ends.UnixMilli(), c.Note, cut(c.Author, 200), c.Created.UnixMilli())
		return err
	})
	return c, err
}

// enabled refuses who is not of the team any more.
func enabled(ctx context.Context, q queryer, field string, id MemberID) error {
	m, err := findMember(ctx, q, `id`, string(id))
	if farol.KindOf(err) == farol.NotFound || err == nil && !m.Disabled.IsZero() {
		return farol.InvalidField(field, "there is no such member")
	}
	return err
}

// fits refuses what other covers of the same days speak against.
func (c Cover) fits(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `select `+coverColumns+` from covers where ended is null and begins < $1 and ends > $2`, c.Ends.UnixMilli(), c.Begins.UnixMilli())
	others, err := collect(rows, err, scanCover)
	for _, o := range others {
		switch {
		case o.Away == c.Away:
			return farol.InvalidField("away", "is covered on some of these days already")
		case o.By == c.Away:
			return farol.InvalidField("away", "covers for somebody else on some of these days")
		case o.Away == c.By:
			return farol.InvalidField("by", "is away on some of these days")
		}
	}
	return err
}

const coverColumns = `id, away, cover, first, last, begins, ends, note, author, created, ended`

func scanCover(r scanner) (c Cover, err error) {
	return c, r.Scan(&c.ID, &c.Away, &c.By, &c.First, &c.Last, stamp{&c.Begins}, stamp{&c.Ends}, &c.Note, &c.Author, stamp{&c.Created}, stamp{&c.Ended})
}

// coversShown bounds how many covers are listed.
const coversShown = 500

// Covers lists covers, the last to begin first.
func (s *Store) Covers(ctx context.Context) ([]Cover, error) {
	rows, err := s.reader.QueryContext(ctx, `select `+coverColumns+` from covers order by begins desc, id desc limit $1`, coversShown)
	return collect(rows, err, scanCover)
}

// CoversNow lists the covers that hold now, the first to end first.
func (s *Store) CoversNow(ctx context.Context) ([]Cover, error) {
	now := s.clock().UnixMilli()
	rows, err := s.reader.QueryContext(ctx, `select `+coverColumns+` from covers where ends > $1 and begins <= $1 and ended is null order by ends, id`, now)
	return collect(rows, err, scanCover)
}

// covered are those for whom the member covers now.
func (s *Store) covered(ctx context.Context, by MemberID) ([]MemberID, error) {
	rows, err := s.reader.QueryContext(ctx, `select away from covers where cover = $1 and ends > $2 and begins <= $2 and ended is null order by away`, key(by), s.clock().UnixMilli())
	return collect(rows, err, func(r scanner) (id MemberID, err error) { return id, r.Scan(&id) })
}

// coverers are those who cover for the member now.
func (s *Store) coverers(ctx context.Context, q queryer, away MemberID) ([]MemberID, error) {
	rows, err := q.QueryContext(ctx, `select cover from covers where away = $1 and ends > $2 and begins <= $2 and ended is null order by cover`, key(away), s.clock().UnixMilli())
	return collect(rows, err, func(r scanner) (id MemberID, err error) { return id, r.Scan(&id) })
}

// Cover is one cover; NotFound when there is none.
func (s *Store) Cover(ctx context.Context, id string) (Cover, error) {
	c, err := scanCover(s.reader.QueryRowContext(ctx, `select `+coverColumns+` from covers where id = $1`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = farol.Errorf(farol.NotFound, "there is no such cover")
	}
	return c, err
}

// EndCover ends a cover now. Conflict when it is over already.
func (s *Store) EndCover(ctx context.Context, id string) error {
	r, err := s.writer.ExecContext(ctx, `update covers set ended = $2 where id = $1 and ended is null and ends > $2`, key(id), s.clock().UnixMilli())
	return changed(r, err, farol.Errorf(farol.Conflict, "this cover is over already"))
}
