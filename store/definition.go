package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Definition is one version of a document that says how numbers are made: a
// setting, a segment, an activation criterion, a score. Versions count from 1
// and are never changed; a change is the next version.
type Definition struct {
	Kind, Name string
	Version    int
	// Body is the document, compact JSON.
	Body json.RawMessage
	// Author is the member's id, or "system".
	Author  string
	Created time.Time
}

// Draft is a version to be made.
type Draft struct {
	Kind, Name string
	// Body is encoded as JSON; a json.RawMessage is taken as it is.
	Body   any
	Author string
	// Base is the version that the author saw, 0 for none. When it is given and
	// somebody made another meanwhile, Define answers Conflict.
	Base *int
}

var definitionName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,99}$`)

// Define appends a version. When the body is the latest one's already, that one
// is answered and nothing is written. Errors: Invalid with the field kind, name
// or body; Conflict.
func (s *Store) Define(ctx context.Context, d Draft) (Definition, error) {
	body, err := d.check()
	if err != nil {
		return Definition{}, err
	}
	var out Definition
	err = s.Write(ctx, func(tx *sql.Tx) error {
		last, err := findDefinition(ctx, tx, latestDefinition, d.Kind, d.Name)
		if err != nil && farol.KindOf(err) != farol.NotFound {
			return err
		}
		if d.Base != nil && *d.Base != last.Version {
			return farol.Errorf(farol.Conflict, "somebody changed this meanwhile: it is at version %d", last.Version)
		}
		if out = last; last.Version > 0 && bytes.Equal(last.Body, body) {
			return nil
		}
		out = Definition{d.Kind, d.Name, last.Version + 1, body, cut(d.Author, 100), s.clock()}
		_, err = tx.ExecContext(ctx, `insert into definitions (kind, name, version, body, author, created)
			values ($1, $2, $3, $4, $5, $6)`, out.Kind, out.Name, out.Version, string(out.Body), out.Author, out.Created.UnixMilli())
		return err
	})
	return out, err
}

func (d Draft) check() ([]byte, error) {
	if !definitionName.MatchString(d.Kind) {
		return nil, farol.InvalidField("kind", "must be small letters, digits, dots, dashes and underscores")
	}
	if !definitionName.MatchString(d.Name) {
		return nil, farol.InvalidField("name", "must be small letters, digits, dots, dashes and underscores")
	}
	raw, err := json.Marshal(d.Body) // compacts and checks a RawMessage
	// PostgreSQL refuses NUL in text; JSON can only spell it, and is kept as spelt.
	if err != nil || !json.Valid(raw) {
		return nil, farol.InvalidField("body", "must be JSON")
	}
	return raw, nil
}

const (
	definitionColumns = `select kind, name, version, body, author, created from definitions d `
	latestDefinition  = definitionColumns + `where kind = $1 and name = $2 order by version desc limit 1`
)

func scanDefinition(r scanner) (d Definition, err error) {
	var body string
	err = r.Scan(&d.Kind, &d.Name, &d.Version, &body, &d.Author, stamp{&d.Created})
	d.Body = json.RawMessage(body)
	return d, err
}

func findDefinition(ctx context.Context, q queryer, query string, args ...any) (Definition, error) {
	d, err := scanDefinition(q.QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		err = farol.Errorf(farol.NotFound, "there is no such definition")
	}
	return d, err
}

// Definition is the latest version; NotFound when there is none.
func (s *Store) Definition(ctx context.Context, kind, name string) (Definition, error) {
	return findDefinition(ctx, s.reader, latestDefinition, key(kind), key(name))
}

// DefinitionVersion is one version; NotFound when there is none such.
func (s *Store) DefinitionVersion(ctx context.Context, kind, name string, version int) (Definition, error) {
	return findDefinition(ctx, s.reader, definitionColumns+`where kind = $1 and name = $2 and version = $3`, key(kind), key(name), version)
}

// DefinitionAt is the version in force at the instant; NotFound when the first
// came later.
func (s *Store) DefinitionAt(ctx context.Context, kind, name string, at time.Time) (Definition, error) {
	return findDefinition(ctx, s.reader, definitionColumns+`where kind = $1 and name = $2 and created <= $3
		order by version desc limit 1`, key(kind), key(name), at.UnixMilli())
}

// Definitions lists the latest version of each definition of the kind, by name.
func (s *Store) Definitions(ctx context.Context, kind string) ([]Definition, error) {
	rows, err := s.reader.QueryContext(ctx, definitionColumns+`where kind = $1 and version =
		(select max(version) from definitions e where e.kind = d.kind and e.name = d.name) `, key(kind))
	all, err := collect(rows, err, scanDefinition)
	slices.SortFunc(all, func(a, b Definition) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// DefinitionsAt lists the version of each definition of the kind that was in
// force at the instant (zero: now), by name.
func (s *Store) DefinitionsAt(ctx context.Context, kind string, at time.Time) ([]Definition, error) {
	if at.IsZero() {
		return s.Definitions(ctx, kind)
	}
	rows, err := s.reader.QueryContext(ctx, definitionColumns+`where kind = $1 and version =
		(select max(version) from definitions e where e.kind = d.kind and e.name = d.name and e.created <= $2) `, key(kind), at.UnixMilli())
	all, err := collect(rows, err, scanDefinition)
	slices.SortFunc(all, func(a, b Definition) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// DefinitionVersions lists every version, the newest first.
func (s *Store) DefinitionVersions(ctx context.Context, kind, name string) ([]Definition, error) {
	rows, err := s.reader.QueryContext(ctx, definitionColumns+`where kind = $1 and name = $2 order by version desc`, key(kind), key(name))
	return collect(rows, err, scanDefinition)
}
