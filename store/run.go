package store

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Run is the last run of a background job, in whichever process.
type Run struct {
	Name    string
	Started time.Time
	Took    time.Duration
	// Error is what went wrong, "" when nothing did.
	Error string
	// Host is the process that ran it.
	Host string
	// Good is when a run last ended well; zero when none did. SaveRun sets it.
	Good time.Time
}

// SaveRun records a run, unless a later one is recorded.
func (s *Store) SaveRun(ctx context.Context, r Run) error {
	if r.Good = (time.Time{}); r.Error == "" {
		r.Good = r.Started.Add(r.Took)
	}
	_, err := s.writer.ExecContext(ctx, `
		insert into runs as old (name, started, took, error, host, good) values ($1, $2, $3, $4, $5, $6)
		on conflict (name) do update set started = excluded.started, took = excluded.took,
			error = excluded.error, host = excluded.host, good = coalesce(excluded.good, old.good)
		where excluded.started >= old.started`,
		r.Name, r.Started.UnixMilli(), r.Took.Milliseconds(), cut(r.Error, 2000), cut(r.Host, 200), millis(r.Good))
	return err
}

// Runs lists the last run of each job by name.
func (s *Store) Runs(ctx context.Context) ([]Run, error) {
	rows, err := s.reader.QueryContext(ctx, `select name, started, took, error, host, good from runs`)
	all, err := collect(rows, err, func(x scanner) (r Run, err error) {
		var took int64
		err = x.Scan(&r.Name, stamp{&r.Started}, &took, &r.Error, &r.Host, stamp{&r.Good})
		r.Took = time.Duration(took) * time.Millisecond
		return r, err
	})
	slices.SortFunc(all, func(a, b Run) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}
