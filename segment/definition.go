package segment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// Kind is the kind of the definitions in which segments are kept: every change
// is the next version, and none is ever lost.
const Kind = "segment"

// Document is what a segment is, as it is kept.
type Document struct {
	// Title is what people call it.
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Rule        Rule   `json:"rule"`
	// Retired tells that it was deleted: its versions stay, and its name may be
	// taken again.
	Retired bool `json:"retired,omitempty"`
}

const (
	maxTitle       = 100
	maxDescription = 2000
)

func (d Document) check() error {
	switch {
	case strings.TrimSpace(d.Title) == "" || len([]rune(d.Title)) > maxTitle:
		return farol.InvalidField("title", "must have between 1 and %d characters", maxTitle)
	case len([]rune(d.Description)) > maxDescription:
		return farol.InvalidField("description", "must have at most %d characters", maxDescription)
	}
	return d.Rule.Check()
}

// Segment is a segment in its latest version.
type Segment struct {
	// Name is by which rules, filters and addresses know it; it never changes.
	Name string
	Document
	Version int
	// Author is a member's id, "token:NAME" or "system", and Created when the
	// version was made.
	Author  string
	Created time.Time
}

// Book is every segment as they were at one moment.
type Book struct {
	list   []Segment
	byName map[string]Segment
}

// Read reads the segments. A document of another form than ours is an error.
func Read(ctx context.Context, st *store.Store) (Book, error) {
	all, err := st.Definitions(ctx, Kind)
	if err != nil {
		return Book{}, fmt.Errorf("segments: %w", err)
	}
	b := Book{byName: map[string]Segment{}}
	for _, d := range all {
		s, err := segmentOf(d)
		if err != nil {
			return Book{}, err
		}
		if !s.Retired {
			b.list = append(b.list, s)
			b.byName[s.Name] = s
		}
	}
	slices.SortStableFunc(b.list, func(x, y Segment) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.Title), strings.ToLower(y.Title)), strings.Compare(x.Name, y.Name))
	})
	return b, nil
}

func segmentOf(d store.Definition) (Segment, error) {
	s := Segment{Name: d.Name, Version: d.Version, Author: d.Author, Created: d.Created}
	if err := json.Unmarshal(d.Body, &s.Document); err != nil {
		return s, fmt.Errorf("segment %s version %d: %w", d.Name, d.Version, err)
	}
	return s, nil
}

// All lists the segments by title. It must not be changed.
func (b Book) All() []Segment { return b.list }

// Find answers a segment; NotFound when there is none of the name.
func (b Book) Find(name string) (Segment, error) {
	s, ok := b.byName[name]
	if !ok {
		return s, farol.Errorf(farol.NotFound, "there is no segment %q", name)
	}
	return s, nil
}

// Rule is the rule of a segment, for Env.Segment.
func (b Book) Rule(name string) (Rule, error) {
	s, err := b.Find(name)
	return s.Rule, err
}

// Title is what people call the segment, its name when there is none such.
func (b Book) Title(name string) string { return cmp.Or(b.byName[name].Title, name) }

// Only are the segments of the book that are kept.
func (b Book) Only(keep func(Segment) bool) Book {
	out := Book{byName: map[string]Segment{}}
	for _, s := range b.list {
		if keep(s) {
			out.list = append(out.list, s)
			out.byName[s.Name] = s
		}
	}
	return out
}

// UsedBy lists the segments whose rules name this one.
func (b Book) UsedBy(name string) []Segment {
	var out []Segment
	for _, s := range b.list {
		if slices.Contains(s.Rule.Uses(), name) {
			out = append(out, s)
		}
	}
	return out
}

// Check tells what is wrong with a rule beside these segments, as that of the
// segment name ("" for one that has none yet): what Rule.Check tells, and
// whether it names segments that are not there or lead back to it. Errors are
// Invalid and name the place in the rule.
func (b Book) Check(name string, r Rule) error {
	if err := r.Check(); err != nil {
		return err
	}
	// How large the rule is with all others in their places.
	nodes := 0
	return b.reach(name, r, nil, &nodes)
}

// reach follows a rule through the segments that it names; path is how it was
// come by.
func (b Book) reach(name string, r Rule, path []string, nodes *int) error {
	var wrongAt error
	r.walk("", func(x Rule, at string) bool {
		if *nodes++; *nodes > maxExpanded {
			wrongAt = wrong(at, "has more than %d conditions with those of the segments that it names", maxExpanded)
			return false
		}
		if x.Segment == "" {
			return true
		}
		at = join(at, "segment")
		if x.Segment == name || slices.Contains(path, x.Segment) {
			wrongAt = wrong(at, "%s leads back to itself", x.Segment)
			return false
		}
		s, ok := b.byName[x.Segment]
		if !ok {
			wrongAt = wrong(at, "there is no segment %q", x.Segment)
			return false
		}
		if err := b.reach(name, s.Rule, append(slices.Clone(path), x.Segment), nodes); err != nil {
			// The place is that of this rule, not of the one it leads to.
			e := *err.(*farol.Error)
			e.Field = at
			wrongAt = &e
		}
		return wrongAt == nil
	})
	return wrongAt
}

// Put makes the next version of a segment, unless it is the latest already.
// base is the version that the author saw, nil for whatever there is. Errors:
// Invalid with the field "name", "title", "description" or a place in the
// rule; Conflict.
func Put(ctx context.Context, st *store.Store, name string, d Document, base *int, author string) (Segment, error) {
	if !nameForm.MatchString(name) {
		return Segment{}, farol.InvalidField("name", "must be small letters, digits, dashes and underscores, at most 60")
	}
	d.Title, d.Description, d.Retired = strings.TrimSpace(d.Title), strings.TrimSpace(d.Description), false
	if err := d.check(); err != nil {
		return Segment{}, err
	}
	b, err := Read(ctx, st)
	if err != nil {
		return Segment{}, err
	}
	if err := b.Check(name, d.Rule); err != nil {
		return Segment{}, err
	}
	for _, s := range b.list {
		if s.Name != name && strings.EqualFold(s.Title, d.Title) {
			return Segment{}, farol.InvalidField("title", "There is a segment of this name.")
		}
	}
	made, err := st.Define(ctx, store.Draft{Kind: Kind, Name: name, Body: d, Base: base, Author: author})
	if err != nil {
		return Segment{}, err
	}
	return segmentOf(made)
}

// Retire deletes a segment: its versions stay. Errors: NotFound; Conflict when
// other segments name it, or somebody changed it since the version base.
func Retire(ctx context.Context, st *store.Store, name string, base *int, author string) error {
	b, err := Read(ctx, st)
	if err != nil {
		return err
	}
	s, err := b.Find(name)
	if err != nil {
		return err
	}
	if users := b.UsedBy(name); len(users) > 0 {
		titles := make([]string, len(users))
		for i, u := range users {
			titles[i] = u.Title
		}
		return farol.Errorf(farol.Conflict, "it is used by: %s", strings.Join(titles, ", "))
	}
	s.Retired = true
	_, err = st.Define(ctx, store.Draft{Kind: Kind, Name: name, Body: s.Document, Base: base, Author: author})
	return err
}
