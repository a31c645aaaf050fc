package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/farol-cs/farol"
)

// File is a file of an account, without its bytes.
type File struct {
	ID      string
	Account farol.AccountID
	Name    string
	// Type of the media, told by the name's ending.
	Type string
	// Size in bytes.
	Size int64
	// Hash is the SHA-256 of the bytes, hex.
	Hash string
	// Author is a member's id, or token:ID.
	Author  string
	Note    string
	Created time.Time
}

// The limits of files.
const (
	MaxFile        = 10 << 20
	maxFiles       = 500
	maxAccountSize = 500 << 20
	filePart       = 1 << 20
)

// fileTypes are the endings that are taken, with their media types. What a
// browser would run (HTML, SVG, scripts) is not among them.
var fileTypes = map[string]string{
	".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".json": "application/json",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt":  "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet", ".odp": "application/vnd.oasis.opendocument.presentation",
	".eml": "message/rfc822", ".ics": "text/calendar", ".zip": "application/zip", ".mp3": "audio/mpeg", ".mp4": "video/mp4",
}

// FileEndings lists the endings that are taken, sorted.
func FileEndings() []string {
	var out []string
	for e := range fileTypes {
		out = append(out, e)
	}
	slices.Sort(out)
	return out
}

// fileName is the name without a path, checked.
func fileName(name string) (clean, media string, err error) {
	name = strings.ReplaceAll(name, "\\", "/")
	name = strings.TrimSpace(name[strings.LastIndex(name, "/")+1:])
	if name == "" || name == "." || name == ".." || len(name) > 200 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", "", farol.InvalidField("name", "must be a file name of at most %d bytes", 200)
	}
	media, ok := fileTypes[strings.ToLower(path.Ext(name))]
	if !ok {
		return "", "", farol.InvalidField("file", "files of this type are not taken; these are: %s", strings.Join(FileEndings(), " "))
	}
	return name, media, nil
}

// AddFile keeps a file of an account. Errors: Invalid with the field name,
// note or file.
func (s *Store) AddFile(ctx context.Context, f File, content io.Reader) (File, error) {
	var err error
	if f.Account == "" {
		return f, farol.InvalidField("account", "must not be empty")
	}
	if f.Name, f.Type, err = fileName(f.Name); err != nil {
		return f, err
	}
	if f.Note = strings.TrimSpace(f.Note); f.Note != "" {
		if f.Note, err = checkBody("note", f.Note); err != nil {
			return f, err
		}
	}
	// Read before the transaction: a slow sender must not hold the writer.
	bytes, err := io.ReadAll(io.LimitReader(content, MaxFile+1))
	switch {
	case err != nil:
		return f, farol.InvalidField("file", "could not be read")
	case len(bytes) == 0:
		return f, farol.InvalidField("file", "is empty")
	case len(bytes) > MaxFile:
		return f, farol.InvalidField("file", "must have at most %d MB", MaxFile>>20)
	}
	sum := sha256.Sum256(bytes)
	f.ID, f.Created, f.Size, f.Hash = newID(), s.clock(), int64(len(bytes)), hex.EncodeToString(sum[:])
	err = s.Write(ctx, func(tx *sql.Tx) error {
		var n, size int64
		err := tx.QueryRowContext(ctx, `select count(*), coalesce(sum(size), 0) from files where account = $1 and deleted is null`, key(f.Account)).Scan(&n, &size)
		if err != nil {
			return err
		}
		if n >= maxFiles || size+f.Size > maxAccountSize {
			return farol.InvalidField("file", "this customer has too many files already: delete some first")
		}
		_, err = tx.ExecContext(ctx, `insert into files (id, account, name, type, size, hash, author, note, created) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			f.ID, key(f.Account), f.Name, f.Type, f.Size, f.Hash, cut(f.Author, 100), cut(f.Note, 2000), f.Created.UnixMilli())
		for i := 0; err == nil && i*filePart < len(bytes); i++ {
			_, err = tx.ExecContext(ctx, `insert into file_parts (file, n, bytes) values ($1, $2, $3)`, f.ID, i, bytes[i*filePart:min((i+1)*filePart, len(bytes))])
		}
		return err
	})
	return f, err
}

const fileColumns = `select id, account, name, type, size, hash, author, note, created from files `

func scanFile(r scanner) (f File, err error) {
	err = r.Scan(&f.ID, &f.Account, &f.Name, &f.Type, &f.Size, &f.Hash, &f.Author, &f.Note, stamp{&f.Created})
	return f, err
}

// Files lists an account's files, the newest first. known, unless zero, leaves
// out what came later.
func (s *Store) Files(ctx context.Context, account farol.AccountID, known time.Time) ([]File, error) {
	until := int64(1) << 60
	if !known.IsZero() {
		until = known.UnixMilli()
	}
	rows, err := s.reader.QueryContext(ctx, fileColumns+`where account = $1 and deleted is null and created <= $2 order by created desc, id desc`, key(account), until)
	return collect(rows, err, scanFile)
}

// File is one file; NotFound when there is none.
func (s *Store) File(ctx context.Context, id string) (File, error) {
	f, err := scanFile(s.reader.QueryRowContext(ctx, fileColumns+`where id = $1 and deleted is null`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = farol.Errorf(farol.NotFound, "there is no such file")
	}
	return f, err
}

// WriteFile writes a file's bytes to w.
func (s *Store) WriteFile(ctx context.Context, id string, w io.Writer) error {
	for n := 0; ; n++ {
		var part []byte
		err := s.reader.QueryRowContext(ctx, `select bytes from file_parts where file = $1 and n = $2`, key(id), n).Scan(&part)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
}

// DeleteFile removes a file's bytes for good, and it from the lists.
func (s *Store) DeleteFile(ctx context.Context, id string) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `update files set deleted = $2 where id = $1 and deleted is null`, key(id), s.clock().UnixMilli())
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, farol.Errorf(farol.NotFound, "there is no such file"))
		}
		_, err = tx.ExecContext(ctx, `delete from file_parts where file = $1`, key(id))
		return err
	})
}
