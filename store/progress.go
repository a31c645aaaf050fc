package store

import (
	"context"
	"time"
)

// Progress is how far long background work has come.
type Progress struct {
	// Name is that of the work, What what it does just now.
	Name, What string
	// Done of Total steps.
	Done, Total int
	Started     time.Time
	// Seen is when it was last heard of. SaveProgress sets it.
	Seen time.Time
}

// progressKept is after which silence work counts as dead: its process was
// killed before it could say that it ended.
const progressKept = 2 * time.Minute

// SaveProgress says how far work has come.
func (s *Store) SaveProgress(ctx context.Context, p Progress) error {
	_, err := s.writer.ExecContext(ctx, `
		insert into progress (name, what, done, total, started, seen) values ($1, $2, $3, $4, $5, $6)
		on conflict (name) do update set what = excluded.what, done = excluded.done, total = excluded.total,
			started = excluded.started, seen = excluded.seen`,
		cut(p.Name, 100), cut(p.What, 200), p.Done, p.Total, p.Started.UnixMilli(), s.clock().UnixMilli())
	return err
}

// EndProgress says that the work has ended.
func (s *Store) EndProgress(ctx context.Context, name string) error {
	_, err := s.writer.ExecContext(ctx, `delete from progress where name = $1`, key(name))
	return err
}

// Progress lists the work under way, by name.
func (s *Store) Progress(ctx context.Context) ([]Progress, error) {
	rows, err := s.reader.QueryContext(ctx, `select name, what, done, total, started, seen from progress where seen > $1 order by name`,
		s.clock().Add(-progressKept).UnixMilli())
	return collect(rows, err, func(r scanner) (p Progress, err error) {
		err = r.Scan(&p.Name, &p.What, &p.Done, &p.Total, stamp{&p.Started}, stamp{&p.Seen})
		return p, err
	})
}
