package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate applies the embedded migrations in the order of their names, each
// once, each in a transaction of its own. Processes that start together take
// turns (see Write).
func (s *Store) migrate(ctx context.Context) error {
	err := s.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `create table if not exists migrations (name text primary key, applied bigint not null)`)
		return err
	})
	if err != nil {
		return err
	}
	names, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return err
	}
	for i, n := range names {
		names[i] = n[len("migrations/"):]
	}
	if err := s.knownOnly(ctx, names); err != nil {
		return err
	}
	for _, n := range names {
		if err := s.apply(ctx, n); err != nil {
			return fmt.Errorf("migration %s: %w", n, err)
		}
	}
	return nil
}

// knownOnly refuses a database that has been through a migration that this
// program does not have: it would write rows that the newer one misreads.
func (s *Store) knownOnly(ctx context.Context, names []string) error {
	rows, err := s.reader.QueryContext(ctx, `select name from migrations`)
	applied, err := collect(rows, err, func(r scanner) (n string, err error) { return n, r.Scan(&n) })
	if err != nil {
		return err
	}
	for _, n := range applied {
		if !slices.Contains(names, n) {
			return fmt.Errorf("the state was written by a newer version of farol (migration %s)", n)
		}
	}
	return nil
}

func (s *Store) apply(ctx context.Context, name string) error {
	text, err := migrations.ReadFile("migrations/" + name)
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *sql.Tx) error {
		var n int
		err := tx.QueryRowContext(ctx, `select count(*) from migrations where name = $1`, name).Scan(&n)
		if err != nil || n > 0 {
			return err
		}
		// Without arguments both drivers run a text of several statements.
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `insert into migrations (name, applied) values ($1, $2)`, name, s.clock().UnixMilli())
		return err
	})
}
