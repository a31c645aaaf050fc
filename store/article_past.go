package store

import (
	"context"
	"slices"
	"strings"
	"time"
)

// ArticleAt is one article as ArticleQuery.At says; NotFound when it was not
// there then.
func (s *Store) ArticleAt(ctx context.Context, id string, at time.Time) (Article, error) {
	a, err := findArticle(ctx, s.reader, id)
	if err != nil || at.IsZero() {
		return a, err
	}
	versions, err := s.ArticleVersions(ctx, id)
	if err != nil {
		return a, err
	}
	if !a.then(versions, at) {
		return a, errNoArticle()
	}
	return a, nil
}

// then makes the article what it was at the instant, by its versions, the
// newest first; false when it was not there yet. One that nobody changed since
// is as it was.
func (a *Article) then(versions []ArticleVersion, at time.Time) bool {
	if !a.Changed.After(at) {
		return true
	}
	if a.Created.After(at) {
		return false
	}
	version := 0
	a.Published, a.Reviewer = 0, ""
	for _, v := range versions {
		if v.Created.After(at) {
			continue
		}
		if version == 0 {
			version = v.Version
			a.ArticleText, a.Version, a.Author, a.Changed = v.ArticleText, v.Version, v.Author, v.Created
		}
		if !v.Reviewed.IsZero() && !v.Reviewed.After(at) {
			a.Published, a.Reviewer = v.Version, v.Reviewer
			if v.Reviewed.After(a.Changed) {
				a.Changed = v.Reviewed
			}
			break
		}
	}
	if a.State = ArticleDraft; a.Published == a.Version {
		a.State = ArticlePublished
	}
	return version > 0
}

// articlesThen are the articles that fit at an instant of the past: read whole,
// since only the latest texts can be searched by the engine.
func (s *Store) articlesThen(ctx context.Context, q ArticleQuery, words []string) ([]Article, error) {
	rows, err := s.reader.QueryContext(ctx, articleColumns+` where created <= $1 order by changed desc, id desc`, q.At.UnixMilli())
	list, err := collect(rows, err, scanArticle)
	if err != nil {
		return nil, err
	}
	versions := map[string][]ArticleVersion{}
	rows, err = s.reader.QueryContext(ctx, `select article, `+strings.TrimPrefix(versionColumns, "select ")+` where created <= $1 order by article, version desc`, q.At.UnixMilli())
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var id string
		v, err := scanVersion(firstInto{r, &id})
		versions[id] = append(versions[id], v)
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	out := list[:0]
	for _, a := range list {
		if a.then(versions[a.ID], q.At) && q.fits(a, words) {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Article) int { return b.Changed.Compare(a.Changed) })
	return out[:min(len(out), 500)], nil
}

// fits tells what the engine tells of the articles of now.
func (q ArticleQuery) fits(a Article, words []string) bool {
	if q.State == "" && a.State == ArticleArchived || q.State != "" && a.State != q.State {
		return false
	}
	if q.Readers && (a.Published == 0 || a.State == ArticleArchived) {
		return false
	}
	text := a.ArticleText.folded()
	return q.about(a) && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// firstInto scans the first column apart from the others.
type firstInto struct {
	scanner
	to any
}

func (f firstInto) Scan(to ...any) error { return f.scanner.Scan(append([]any{f.to}, to...)...) }
