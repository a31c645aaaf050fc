package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// View is a saved view: the address of a page, with what it looks at, under a
// name.
type View struct {
	ID string
	// Owner is the member's id, or token:NAME.
	Owner string
	Name  string
	// Path is the page's, Query what follows the question mark.
	Path, Query string
	// Shared views are seen by the whole team, others by their owner.
	Shared bool
	// Default tells that it is what the page shows its reader unasked. It is
	// filled in by Views for whoever asks.
	Default          bool
	Created, Changed time.Time
}

// Href is the view's address.
func (v View) Href() string {
	if v.Query == "" {
		return v.Path
	}
	return v.Path + "?" + v.Query
}

// Keeper is who looks at views or changes them. Leaders may change the shared
// views of others, too.
type Keeper struct {
	ID     string
	Leader bool
}

// maxQuery bounds an address; maxViews the views of one owner.
const (
	maxQuery = 4000
	maxViews = 500
)

// AddView saves a view. Errors: Invalid with the field name, path or query.
func (s *Store) AddView(ctx context.Context, v View) (View, error) {
	name, err := checkName("name", v.Name)
	if err != nil {
		return View{}, err
	}
	u, err := url.Parse(v.Path)
	if err != nil || u.Path != v.Path || !strings.HasPrefix(v.Path, "/") || strings.HasPrefix(v.Path, "//") || len(v.Path) > 300 || strings.ContainsAny(v.Path, "\\\x00\r\n") {
		return View{}, farol.InvalidField("path", "must be the path of a page")
	}
	if _, err := url.ParseQuery(v.Query); err != nil || len(v.Query) > maxQuery || key(v.Query) != v.Query {
		return View{}, farol.InvalidField("query", "must be the query of an address, of up to %d characters", maxQuery)
	}
	v.ID, v.Name, v.Default, v.Created = newID(), name, false, s.clock()
	v.Changed = v.Created
	err = s.Write(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `select count(*) from views where owner = $1`, key(v.Owner)).Scan(&n); err != nil {
			return err
		}
		if n >= maxViews {
			return farol.Errorf(farol.Conflict, "at most %d views: delete one first", maxViews)
		}
		_, err := tx.ExecContext(ctx, `insert into views (id, owner, name, path, query, shared, created, changed) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			v.ID, key(v.Owner), v.Name, v.Path, v.Query, bit(v.Shared), v.Created.UnixMilli(), v.Changed.UnixMilli())
		return err
	})
	return v, err
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

const viewColumns = `select v.id, v.owner, v.name, v.path, v.query, v.shared, v.created, v.changed,
	(select count(*) from default_views d where d.view = v.id and d.owner = $1) from views v `

func scanView(r scanner) (v View, err error) {
	var shared, chosen int
	err = r.Scan(&v.ID, &v.Owner, &v.Name, &v.Path, &v.Query, &shared, stamp{&v.Created}, stamp{&v.Changed}, &chosen)
	v.Shared, v.Default = shared == 1, chosen > 0
	return v, err
}

// Views lists the views that the owner sees: its own and the shared ones, by
// name.
func (s *Store) Views(ctx context.Context, owner string) ([]View, error) {
	rows, err := s.reader.QueryContext(ctx, viewColumns+`where v.owner = $1 or v.shared = 1`, key(owner))
	all, err := collect(rows, err, scanView)
	slices.SortFunc(all, func(a, b View) int {
		if c := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, err
}

// View is one view that the owner sees; NotFound for any other.
func (s *Store) View(ctx context.Context, owner, id string) (View, error) {
	return findView(ctx, s.reader, owner, id)
}

func findView(ctx context.Context, q queryer, owner, id string) (View, error) {
	v, err := scanView(q.QueryRowContext(ctx, viewColumns+`where (v.owner = $1 or v.shared = 1) and v.id = $2`, key(owner), key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = farol.Errorf(farol.NotFound, "there is no such view")
	}
	return v, err
}

// changeable is the view when the keeper may change it: NotFound when they do
// not see it, Forbidden when it is somebody else's.
func changeable(ctx context.Context, tx *sql.Tx, k Keeper, id string) (View, error) {
	v, err := findView(ctx, tx, k.ID, id)
	if err == nil && v.Owner != k.ID && !k.Leader {
		err = farol.Errorf(farol.Forbidden, "this view is somebody else's")
	}
	return v, err
}

// ChangeView renames a view, or shares it or no longer; nil leaves as it is.
// A view that is no longer shared stops being anybody else's default. Errors:
// NotFound, Forbidden, Invalid with the field name.
func (s *Store) ChangeView(ctx context.Context, k Keeper, id string, name *string, shared *bool) (View, error) {
	var out View
	err := s.Write(ctx, func(tx *sql.Tx) error {
		v, err := changeable(ctx, tx, k, id)
		if err != nil {
			return err
		}
		if name != nil {
			if v.Name, err = checkName("name", *name); err != nil {
				return err
			}
		}
		if shared != nil {
			v.Shared = *shared
		}
		v.Changed = s.clock()
		if _, err := tx.ExecContext(ctx, `update views set name = $1, shared = $2, changed = $3 where id = $4`, v.Name, bit(v.Shared), v.Changed.UnixMilli(), v.ID); err != nil {
			return err
		}
		if !v.Shared {
			_, err = tx.ExecContext(ctx, `delete from default_views where view = $1 and owner <> $2`, v.ID, v.Owner)
		}
		out = v
		return err
	})
	return out, err
}

// DeleteView deletes a view. Errors: NotFound, Forbidden.
func (s *Store) DeleteView(ctx context.Context, k Keeper, id string) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		v, err := changeable(ctx, tx, k, id)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from views where id = $1`, v.ID)
		return err
	})
}

// SetDefaultView makes the view what its page shows the owner unasked, or no
// longer. NotFound for a view that the owner does not see.
func (s *Store) SetDefaultView(ctx context.Context, owner, id string, on bool) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		v, err := findView(ctx, tx, owner, id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from default_views where owner = $1 and path = $2`, key(owner), v.Path); err != nil || !on {
			return err
		}
		_, err = tx.ExecContext(ctx, `insert into default_views (owner, path, view) values ($1, $2, $3)`, key(owner), v.Path, v.ID)
		return err
	})
}

// DefaultView is what the page shows the owner unasked; NotFound when nothing
// was chosen.
func (s *Store) DefaultView(ctx context.Context, owner, path string) (View, error) {
	v, err := scanView(s.reader.QueryRowContext(ctx, viewColumns+`where (v.owner = $1 or v.shared = 1)
		and v.id = (select view from default_views where owner = $1 and path = $2)`, key(owner), key(path)))
	if errors.Is(err, sql.ErrNoRows) {
		err = farol.Errorf(farol.NotFound, "there is no such view")
	}
	return v, err
}
