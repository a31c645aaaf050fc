package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"crypto/rand"

	"github.com/farol-cs/farol"
)

// Erasure is the erasing of a person: who asked for it and why, and what went.
// Of whom, it says only as long as the work goes on.
type Erasure struct {
	ID, Author, Name, Reason string
	// Subject is the caller's, until the erasure is done.
	Subject json.RawMessage
	// Rows counts what went, by kind.
	Rows map[string]int64
	// Created, Done and Lifted are zero while they have not come.
	Created, Done, Lifted time.Time
	// Known is the commit of the facts as of which the person is gone.
	Known time.Time
}

// NewErasure is what AddErasure writes.
type NewErasure struct {
	Author, Name, Reason string
	Subject              any
	// Tombstones are the hashes of ids that may not come again, OptOuts what was
	// refused (channel.purpose) by the hash of an address.
	Tombstones []string
	OptOuts    map[string][]string
}

// AddErasure begins an erasure: from here on the ids may not come again,
// whatever happens. Errors are Invalid with the field reason.
func (s *Store) AddErasure(ctx context.Context, n NewErasure) (Erasure, error) {
	n.Reason = strings.TrimSpace(n.Reason)
	if n.Reason == "" || utf8.RuneCountInString(n.Reason) > 500 {
		return Erasure{}, farol.InvalidField("reason", "must have 1 to %d characters", 500)
	}
	subject, err := json.Marshal(n.Subject)
	if err != nil {
		return Erasure{}, err
	}
	e := Erasure{ID: newID(), Author: n.Author, Name: n.Name, Reason: n.Reason, Subject: subject, Created: s.clock(), Rows: map[string]int64{}}
	return e, s.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into erasures (id, author, name, reason, subject, rows, created) values ($1, $2, $3, $4, $5, '{}', $6)`,
			e.ID, cut(e.Author, 100), cut(e.Name, 200), e.Reason, string(subject), e.Created.UnixMilli())
		if err != nil {
			return err
		}
		for _, h := range n.Tombstones {
			if _, err := tx.ExecContext(ctx, `insert into tombstones (hash, erasure, created) values ($1, $2, $3) on conflict (hash) do update set erasure = excluded.erasure`, h, e.ID, e.Created.UnixMilli()); err != nil {
				return err
			}
		}
		for h, list := range n.OptOuts {
			for _, what := range list {
				if _, err := tx.ExecContext(ctx, `insert into optouts (hash, what, created) values ($1, $2, $3) on conflict (hash, what) do nothing`, h, what, e.Created.UnixMilli()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

const erasureColumns = `select id, author, name, reason, subject, rows, created, done, known, lifted from erasures `

func scanErasure(r scanner) (e Erasure, err error) {
	var subject, counts string
	if err = r.Scan(&e.ID, &e.Author, &e.Name, &e.Reason, &subject, &counts, stamp{&e.Created}, stamp{&e.Done}, stamp{&e.Known}, stamp{&e.Lifted}); err != nil {
		return e, err
	}
	e.Subject, e.Rows = json.RawMessage(subject), map[string]int64{}
	return e, json.Unmarshal([]byte(counts), &e.Rows)
}

// Erasures lists them, the newest first.
func (s *Store) Erasures(ctx context.Context) ([]Erasure, error) {
	rows, err := s.reader.QueryContext(ctx, erasureColumns+`order by id desc limit 1000`)
	return collect(rows, err, scanErasure)
}

// Erasure is one; NotFound when there is none such.
func (s *Store) Erasure(ctx context.Context, id string) (Erasure, error) {
	e, err := scanErasure(s.reader.QueryRowContext(ctx, erasureColumns+`where id = $1`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = farol.Errorf(farol.NotFound, "there is no such erasure")
	}
	return e, err
}

// OpenErasures lists those that are not done, the oldest first.
func (s *Store) OpenErasures(ctx context.Context) ([]Erasure, error) {
	rows, err := s.reader.QueryContext(ctx, erasureColumns+`where done is null order by id`)
	return collect(rows, err, scanErasure)
}

// EndErasure says that it is done, and forgets of whom it was.
func (s *Store) EndErasure(ctx context.Context, id string, counts map[string]int64, known time.Time) error {
	raw, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	_, err = s.writer.ExecContext(ctx, `update erasures set subject = '', rows = $2, done = $3, known = $4 where id = $1`, id, string(raw), s.clock().UnixMilli(), millis(known))
	return err
}

// LiftErasure lets the ids of an erasure come again. What was erased stays so.
func (s *Store) LiftErasure(ctx context.Context, id string) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `update erasures set lifted = $2 where id = $1 and done is not null and lifted is null`, key(id), s.clock().UnixMilli())
		if err := changed(r, err, farol.Errorf(farol.NotFound, "there is no such erasure")); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from tombstones where erasure = $1`, key(id))
		return err
	})
}

// Tombstones lists the hashes of ids that may not come again.
func (s *Store) Tombstones(ctx context.Context) ([]string, error) {
	rows, err := s.reader.QueryContext(ctx, `select hash from tombstones`)
	return collect(rows, err, func(r scanner) (h string, err error) { return h, r.Scan(&h) })
}

// OptOuts lists what was refused under the hash of an address.
func (s *Store) OptOuts(ctx context.Context, hash string) ([]string, error) {
	rows, err := s.reader.QueryContext(ctx, `select what from optouts where hash = $1 order by what`, hash)
	return collect(rows, err, func(r scanner) (h string, err error) { return h, r.Scan(&h) })
}

// ErasureKey is the key of the hashes, made when it is first asked for.
func (s *Store) ErasureKey(ctx context.Context) ([]byte, error) {
	find := func() ([]byte, error) {
		var text string
		if err := s.writer.QueryRowContext(ctx, `select value from erasure_key where id = 1`).Scan(&text); err != nil {
			return nil, err
		}
		return hex.DecodeString(text)
	}
	key, err := find()
	if !errors.Is(err, sql.ErrNoRows) {
		return key, err
	}
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails since Go 1.24
	if _, err := s.writer.ExecContext(ctx, `insert into erasure_key (id, value) values (1, $1) on conflict (id) do nothing`, hex.EncodeToString(fresh)); err != nil {
		return nil, err
	}
	return find()
}

// spared are tables in which nobody of a customer is named, or that keep an
// erasure itself.
var spared = []string{"erasures", "tombstones", "optouts", "erasure_key", "members", "sessions", "attempts", "tokens", "migrations", "runs", "progress", "identities", "sqlite_sequence"}

// Redact takes a person out of everything that the team wrote and the state
// keeps: where a text names one of the words found by the pattern (with what
// is beside them as groups 1 and 2), text stands there instead, and a column
// about a person that holds one of the ids is emptied. It goes through every
// text of every table, so that what is added later is not forgotten. It answers
// how many texts were changed.
func (s *Store) Redact(ctx context.Context, ids []string, pattern, text string) (int64, error) {
	var find *regexp.Regexp
	if pattern != "" {
		var err error
		if find, err = regexp.Compile(pattern); err != nil {
			return 0, err
		}
	}
	escaped := make([]string, 0, len(ids))
	for _, id := range ids {
		escaped = append(escaped, url.QueryEscape(id))
	}
	columns, err := s.textColumns(ctx)
	if err != nil {
		return 0, err
	}
	redact := func(c textColumn, v string) string {
		if c.ofPerson() && slices.Contains(ids, v) {
			return ""
		}
		// An id that is too short to be looked for in texts is one where an
		// address of a page or a form says so.
		for _, id := range ids {
			switch c[1] {
			case "path", "query":
				for _, spelt := range []string{id, url.PathEscape(id)} {
					v = strings.ReplaceAll(v+"/", "/people/"+spelt+"/", "/people/"+text+"/")
					v = strings.TrimSuffix(v, "/")
				}
			case "detail":
				if b, err := json.Marshal(id); err == nil {
					v = strings.ReplaceAll(v, string(b), `"`+text+`"`)
				}
			}
		}
		if find == nil {
			return v
		}
		// Twice: a word may be beside the one before.
		v = find.ReplaceAllString(find.ReplaceAllString(v, "${1}"+text+"${2}"), "${1}"+text+"${2}")
		for i, id := range ids {
			if escaped[i] != id && len(id) >= 6 {
				v = strings.ReplaceAll(v, escaped[i], url.QueryEscape(text))
			}
		}
		return v
	}
	total, err := s.redactAudit(ctx, redact)
	if err != nil {
		return total, fmt.Errorf("store: redact the audit log: %w", err)
	}
	for _, c := range columns {
		if c[0] == "audit" {
			continue // its entries are linked to one another
		}
		n, err := s.redactColumn(ctx, c, func(v string) string { return redact(c, v) })
		if err != nil {
			return total, fmt.Errorf("store: redact %s.%s: %w", c[0], c[1], err)
		}
		total += n
	}
	return total, nil
}

// Mention is a text of the state that names somebody.
type Mention struct {
	// Where is the table and column.
	Where string `json:"where"`
	Text  string `json:"text"`
}

// Mentions lists what Redact would change.
func (s *Store) Mentions(ctx context.Context, ids []string, pattern string) (out []Mention, err error) {
	var find *regexp.Regexp
	if pattern != "" {
		if find, err = regexp.Compile(pattern); err != nil {
			return nil, err
		}
	}
	columns, err := s.textColumns(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range columns {
		err := s.eachText(ctx, c, func(v string) {
			if v = c.read(v); find != nil && find.MatchString(v) || c.ofPerson() && slices.Contains(ids, v) {
				out = append(out, Mention{c[0] + "." + c[1], v})
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// textColumn is the table and name of a column of text.
type textColumn [2]string

// ofPerson tells whether a value may be somebody's id and nothing else.
func (c textColumn) ofPerson() bool {
	return strings.Contains(c[1], "person") || c[1] == "requester"
}

// encoded tells whether the texts are kept in base64: what a help desk sent, as
// it came.
func (c textColumn) encoded() bool { return c == textColumn{"deliveries", "body"} }

// read is a value of the column as it reads: of JSON that some senders write in
// ASCII alone, with the letters themselves.
func (c textColumn) read(v string) string {
	if !c.encoded() {
		return v
	}
	b, err := base64.StdEncoding.DecodeString(v)
	if err != nil {
		return v
	}
	if bytes.Contains(b, []byte(`\u`)) {
		var said any
		in, out := json.NewDecoder(bytes.NewReader(b)), &bytes.Buffer{}
		in.UseNumber()
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		if in.Decode(&said) == nil && !in.More() && enc.Encode(said) == nil {
			b = out.Bytes()
		}
	}
	return string(b)
}

// kept is a text as the column keeps it.
func (c textColumn) kept(v string) string {
	if c.encoded() {
		return base64.StdEncoding.EncodeToString([]byte(v))
	}
	return v
}

// eachText gives every different value of a column to do.
func (s *Store) eachText(ctx context.Context, c textColumn, do func(string)) error {
	rows, err := s.reader.QueryContext(ctx, `select distinct "`+c[1]+`" from "`+c[0]+`" where "`+c[1]+`" <> ''`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return err
		}
		do(v)
	}
	return rows.Err()
}

// textColumns lists every column of text.
func (s *Store) textColumns(ctx context.Context) ([]textColumn, error) {
	query := `select m.name, p.name from sqlite_master m join pragma_table_info(m.name) p where m.type = 'table' and lower(p.type) = 'text' order by 1, 2`
	if s.engine == Postgres {
		query = `select c.table_name, c.column_name from information_schema.columns c join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
			where c.table_schema = current_schema() and c.data_type = 'text' and t.table_type = 'BASE TABLE' order by 1, 2`
	}
	rows, err := s.reader.QueryContext(ctx, query)
	all, err := collect(rows, err, func(r scanner) (c textColumn, err error) { return c, r.Scan(&c[0], &c[1]) })
	return slices.DeleteFunc(all, func(c textColumn) bool {
		return slices.Contains(spared, c[0]) || strings.HasPrefix(c[0], "river_") || c[1] == "id" || c[1] == "author" || c[1] == "member" || c[1] == "hash"
	}), err
}

// redactColumn changes the values of a column that redact changes.
func (s *Store) redactColumn(ctx context.Context, c textColumn, redact func(string) string) (n int64, err error) {
	change := map[string]string{}
	err = s.eachText(ctx, c, func(v string) {
		text := c.read(v)
		if now := redact(text); now != text {
			change[v] = c.kept(now)
		}
	})
	if err != nil {
		return 0, err
	}
	name, col := `"`+c[0]+`"`, `"`+c[1]+`"`
	for was, now := range change {
		r, err := s.writer.ExecContext(ctx, `update `+name+` set `+col+` = $1 where `+col+` = $2`, now, was)
		if duplicate(err) {
			r, err = s.writer.ExecContext(ctx, `update `+name+` set `+col+` = $1 where `+col+` = $2`, now+" "+random(8), was)
		}
		if err != nil {
			return n, err
		}
		k, err := r.RowsAffected()
		if err != nil {
			return n, err
		}
		n += k
	}
	return n, nil
}
