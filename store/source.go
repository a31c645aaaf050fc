package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Source is a place that events come from: a web site, a server, a mobile app.
type Source struct {
	ID   farol.SourceID
	Name string
	// Key is the write key: "wk_" and 32 letters and digits. It may only write,
	// and is public by nature.
	Key     string
	Created time.Time
	// Disabled is since when events with its key are refused; zero when taken.
	Disabled time.Time
}

func errNoSource() error { return farol.Errorf(farol.NotFound, "there is no such source") }

// AddSource adds a source with a new write key. Invalid with the field name.
func (s *Store) AddSource(ctx context.Context, name string) (Source, error) {
	name, err := checkName("name", name)
	if err != nil {
		return Source{}, err
	}
	x := Source{ID: farol.SourceID(newID()), Name: name, Key: "wk_" + random(32), Created: s.clock()}
	_, err = s.writer.ExecContext(ctx, `insert into sources (id, name, write_key, created) values ($1, $2, $3, $4)`,
		x.ID, x.Name, x.Key, x.Created.UnixMilli())
	return x, err
}

const sourceColumns = `id, name, write_key, created, disabled`

func scanSource(r scanner) (x Source, err error) {
	err = r.Scan(&x.ID, &x.Name, &x.Key, stamp{&x.Created}, stamp{&x.Disabled})
	return x, err
}

// Sources lists the sources in the order they were added, the disabled included
// and the deleted not.
func (s *Store) Sources(ctx context.Context) ([]Source, error) {
	rows, err := s.reader.QueryContext(ctx, `select `+sourceColumns+` from sources where deleted is null order by created, id`)
	return collect(rows, err, scanSource)
}

// Source is one source; NotFound when there is none or it was deleted.
func (s *Store) Source(ctx context.Context, id farol.SourceID) (Source, error) {
	return findSource(ctx, s.reader, id)
}

func findSource(ctx context.Context, q queryer, id farol.SourceID) (Source, error) {
	x, err := scanSource(q.QueryRowContext(ctx, `select `+sourceColumns+` from sources where id = $1 and deleted is null`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoSource()
	}
	return x, err
}

// SourceNames maps the id of every source, the deleted too, to its name: old
// events still carry the ids.
func (s *Store) SourceNames(ctx context.Context) (map[farol.SourceID]string, error) {
	rows, err := s.reader.QueryContext(ctx, `select id, name from sources`)
	type pair struct {
		id   farol.SourceID
		name string
	}
	pairs, err := collect(rows, err, func(r scanner) (p pair, err error) { return p, r.Scan(&p.id, &p.name) })
	names := make(map[farol.SourceID]string, len(pairs))
	for _, p := range pairs {
		names[p.id] = p.name
	}
	return names, err
}

// SourceUpdate says what to change; nil leaves a field as it is.
type SourceUpdate struct {
	Name     *string
	Disabled *bool
}

// UpdateSource changes a source and returns it as it is then.
func (s *Store) UpdateSource(ctx context.Context, id farol.SourceID, u SourceUpdate) (Source, error) {
	defer s.keys.clear()
	var x Source
	err := s.Write(ctx, func(tx *sql.Tx) (err error) {
		if x, err = findSource(ctx, tx, id); err != nil {
			return err
		}
		if u.Name != nil {
			if x.Name, err = checkName("name", *u.Name); err != nil {
				return err
			}
		}
		switch {
		case u.Disabled == nil:
		case !*u.Disabled:
			x.Disabled = time.Time{}
		case x.Disabled.IsZero():
			x.Disabled = s.clock()
		}
		_, err = tx.ExecContext(ctx, `update sources set name = $2, disabled = $3 where id = $1`, x.ID, x.Name, millis(x.Disabled))
		return err
	})
	return x, err
}

// DeleteSource forgets the write key for ever. Its events stay.
func (s *Store) DeleteSource(ctx context.Context, id farol.SourceID) error {
	defer s.keys.clear()
	r, err := s.writer.ExecContext(ctx, `update sources set deleted = $2, write_key = null where id = $1 and deleted is null`,
		key(id), s.clock().UnixMilli())
	return changed(r, err, errNoSource())
}

// keyTTL is how long another process's change of a source may go unseen.
const keyTTL = 10 * time.Second

type keyEntry struct {
	source farol.SourceID
	read   time.Time
}

// SourceByKey is the source whose write key it is. What follows a colon is not
// looked at (Jitsu's clients send "key:secret"). Unauthorized when the key is
// unknown, or its source disabled or deleted; a change in this process counts
// at once, one in another after 10 seconds at most.
func (s *Store) SourceByKey(ctx context.Context, writeKey string) (farol.SourceID, error) {
	writeKey, _, _ = strings.Cut(writeKey, ":")
	e, known, turn := s.keys.get(writeKey)
	if known && s.now().Sub(e.read) < keyTTL {
		return e.source, nil
	}
	var id farol.SourceID
	err := sql.ErrNoRows
	if strings.HasPrefix(writeKey, "wk_") {
		err = s.reader.QueryRowContext(ctx, `select id from sources where write_key = $1 and disabled is null`, key(writeKey)).Scan(&id)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		s.keys.drop(writeKey)
		return "", farol.Errorf(farol.Unauthorized, "unknown write key")
	case err != nil && known:
		// The database is away: events are worth more than a prompt switch-off.
		return e.source, nil
	case err != nil:
		return "", err
	}
	s.keys.put(writeKey, keyEntry{id, s.now()}, turn)
	return id, nil
}

func (c *keyCache) init() { c.found = map[string]keyEntry{} }

func (c *keyCache) get(key string) (keyEntry, bool, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.found[key]
	return e, ok, c.turn
}

func (c *keyCache) put(key string, e keyEntry, turn int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if turn == c.turn {
		c.found[key] = e
	}
}

func (c *keyCache) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.found, key)
}

func (c *keyCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	clear(c.found)
}
