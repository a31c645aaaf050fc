package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
)

// The states of an article. A published one may be worked on: readers see the
// published version until the next is published.
const (
	ArticleDraft     = "draft"
	ArticleReview    = "review" // somebody else is asked to read it
	ArticlePublished = "published"
	ArticleArchived  = "archived"
)

// ArticleText is what an article says: one version of it.
type ArticleText struct {
	// Language is a language code of package lang.
	Language, Title string
	// Body is Markdown.
	Body string
	// Tags, and what it is about: topics of tickets, features (event names),
	// stages of the life cycle.
	Tags, Topics, Features, Stages []string
}

// Article is an article of the knowledge base with its latest version.
type Article struct {
	ID string
	ArticleText
	State string
	// Version is the latest, Published that which readers see, 0 for none.
	Version, Published int
	// Author wrote the latest version. Reviewer is who is asked to read it, and
	// once it is published who did.
	Author, Reviewer string
	Created, Changed time.Time
}

// ArticleVersion is one version.
type ArticleVersion struct {
	ArticleText
	Version int
	Author  string
	Created time.Time
	// Reviewer published it; "" while nobody has.
	Reviewer string
	Reviewed time.Time
}

func errNoArticle() error { return farol.Errorf(farol.NotFound, "there is no such article") }

// fold makes a text comparable, words parted by one space.
func fold(s string) string { return strings.Join(strings.Fields(lang.Fold(s)), " ") }

func (t *ArticleText) check() (err error) {
	if !slices.Contains([]string{"en", "pt-BR"}, t.Language) {
		return farol.InvalidField("language", "must be en or pt-BR")
	}
	if t.Title, err = checkTitle(t.Title); err != nil {
		return err
	}
	if t.Body, err = checkBody("body", t.Body); err != nil {
		return err
	}
	for _, l := range []struct {
		name string
		list *[]string
	}{{"tags", &t.Tags}, {"topics", &t.Topics}, {"features", &t.Features}, {"stages", &t.Stages}} {
		var out []string
		for _, x := range *l.list {
			x = strings.Join(strings.Fields(cut(x, 200)), " ")
			if x != "" && !slices.Contains(out, x) {
				out = append(out, x)
			}
		}
		if len(out) > 50 {
			return farol.InvalidField(l.name, "must have at most %d entries", 50)
		}
		*l.list = out
	}
	return nil
}

func (t ArticleText) folded() string {
	return fold(strings.Join(append([]string{t.Title, t.Body}, append(append(slices.Clone(t.Tags), t.Topics...), t.Features...)...), "\n"))
}

func listText(list []string) string {
	if list == nil {
		list = []string{}
	}
	b, _ := json.Marshal(list) // texts always encode
	return string(b)
}

// listOf scans a JSON list of texts.
type listOf struct{ to *[]string }

func (l listOf) Scan(v any) error {
	switch v := v.(type) {
	case string:
		return json.Unmarshal([]byte(v), l.to)
	case []byte:
		return json.Unmarshal(v, l.to)
	}
	return errors.New("a list is stored as something else")
}

// AddArticle begins an article, as a draft of its author. Errors: Invalid with
// the field at fault.
func (s *Store) AddArticle(ctx context.Context, t ArticleText, author string) (Article, error) {
	if err := t.check(); err != nil {
		return Article{}, err
	}
	a := Article{ID: newID(), ArticleText: t, State: ArticleDraft, Version: 1, Author: author, Created: s.clock()}
	a.Changed = a.Created
	err := s.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into articles (id, language, title, body, tags, topics, features, stages, state, version, published, author, reviewer, folded, created, changed)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 0, $10, '', $11, $12, $12)`,
			a.ID, t.Language, t.Title, t.Body, listText(t.Tags), listText(t.Topics), listText(t.Features), listText(t.Stages), a.State, cut(author, 200), t.folded(), a.Created.UnixMilli())
		if err != nil {
			return err
		}
		return addVersion(ctx, tx, a, a.Created)
	})
	return a, err
}

func addVersion(ctx context.Context, tx *sql.Tx, a Article, now time.Time) error {
	t := a.ArticleText
	_, err := tx.ExecContext(ctx, `insert into article_versions (article, version, language, title, body, tags, topics, features, stages, author, reviewer, created)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11)`,
		a.ID, a.Version, t.Language, t.Title, t.Body, listText(t.Tags), listText(t.Topics), listText(t.Features), listText(t.Stages), cut(a.Author, 200), now.UnixMilli())
	return err
}

// WriteArticle makes the next version, a draft; base is the version that the
// author saw. The same text again makes none. Errors: Invalid, NotFound,
// Conflict when somebody wrote meanwhile.
func (s *Store) WriteArticle(ctx context.Context, id string, base int, t ArticleText, author string) (a Article, err error) {
	if err := t.check(); err != nil {
		return a, err
	}
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if a, err = findArticle(ctx, tx, id); err != nil {
			return err
		}
		if a.Version != base {
			return farol.Errorf(farol.Conflict, "somebody changed this meanwhile: it is at version %d", a.Version)
		}
		if a.ArticleText.same(t) {
			return nil
		}
		now := s.clock()
		a.ArticleText, a.Version, a.Author, a.State, a.Reviewer, a.Changed = t, a.Version+1, author, ArticleDraft, "", now
		_, err := tx.ExecContext(ctx, `update articles set language = $2, title = $3, body = $4, tags = $5, topics = $6, features = $7, stages = $8, state = $9, version = $10, author = $11, reviewer = '', folded = $12, changed = $13 where id = $1`,
			a.ID, t.Language, t.Title, t.Body, listText(t.Tags), listText(t.Topics), listText(t.Features), listText(t.Stages), a.State, a.Version, cut(author, 200), t.folded(), now.UnixMilli())
		if err != nil {
			return err
		}
		return addVersion(ctx, tx, a, now)
	})
	return a, err
}

func (t ArticleText) same(o ArticleText) bool {
	return t.Language == o.Language && t.Title == o.Title && t.Body == o.Body && slices.Equal(t.Tags, o.Tags) && slices.Equal(t.Topics, o.Topics) &&
		slices.Equal(t.Features, o.Features) && slices.Equal(t.Stages, o.Stages)
}

// AskReview asks somebody other than the author to read the latest version,
// and tells them.
func (s *Store) AskReview(ctx context.Context, id string, reviewer MemberID, by string) (a Article, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if a, err = findArticle(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case a.State != ArticleDraft && a.State != ArticleReview:
			return farol.Errorf(farol.Conflict, "there is nothing new in it to review")
		case string(reviewer) == a.Author:
			return farol.InvalidField("reviewer", "must be somebody other than the author")
		case reviewer == "":
			return farol.InvalidField("reviewer", "must not be empty")
		}
		var n int
		if err := tx.QueryRowContext(ctx, `select count(*) from members where id = $1 and disabled is null`, key(reviewer)).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return farol.InvalidField("reviewer", "there is no such member")
		}
		if err := s.stateArticle(ctx, tx, &a, ArticleReview, string(reviewer)); err != nil {
			return err
		}
		return s.tell(ctx, tx, Notice{Kind: NoticeTask, Subject: "article:" + a.ID + ":" + strconv.Itoa(a.Version), Author: MemberID(by), Text: a.Title}, []MemberID{reviewer})
	})
	return a, err
}

func (s *Store) stateArticle(ctx context.Context, tx *sql.Tx, a *Article, state, reviewer string) error {
	a.State, a.Reviewer, a.Changed = state, reviewer, s.clock()
	_, err := tx.ExecContext(ctx, `update articles set state = $2, reviewer = $3, published = $4, changed = $5 where id = $1`, a.ID, state, cut(reviewer, 200), a.Published, a.Changed.UnixMilli())
	return err
}

// PublishArticle lets readers see the latest version, which must be the one
// that was read: else Conflict. Nobody publishes what they wrote themselves:
// Forbidden.
func (s *Store) PublishArticle(ctx context.Context, id string, version int, by string) (a Article, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if a, err = findArticle(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case a.Author == by:
			return farol.Errorf(farol.Forbidden, "somebody other than the author has to publish it")
		case a.Version != version:
			return farol.Errorf(farol.Conflict, "somebody changed this meanwhile: it is at version %d", a.Version)
		case a.State != ArticleReview && a.State != ArticleDraft:
			return farol.Errorf(farol.Conflict, "there is nothing new in it to review")
		}
		a.Published = a.Version
		if err := s.stateArticle(ctx, tx, &a, ArticlePublished, by); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `update article_versions set reviewer = $3, reviewed = $4 where article = $1 and version = $2`, a.ID, a.Version, cut(by, 200), s.clock().UnixMilli())
		return err
	})
	return a, err
}

// ReturnArticle sends what is in review back to its author.
func (s *Store) ReturnArticle(ctx context.Context, id, by string) (a Article, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if a, err = findArticle(ctx, tx, id); err != nil {
			return err
		}
		if a.State != ArticleReview {
			return farol.Errorf(farol.Conflict, "it is not in review")
		}
		if err := s.stateArticle(ctx, tx, &a, ArticleDraft, ""); err != nil {
			return err
		}
		return s.tell(ctx, tx, Notice{Kind: NoticeTask, Subject: "article:" + a.ID + ":" + strconv.Itoa(a.Version) + ":back", Author: MemberID(by), Text: a.Title}, []MemberID{MemberID(a.Author)})
	})
	return a, err
}

// ArchiveArticle takes an article out of what readers see, or brings it back as
// a draft, or as published when its latest version was.
func (s *Store) ArchiveArticle(ctx context.Context, id string, back bool) (a Article, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if a, err = findArticle(ctx, tx, id); err != nil {
			return err
		}
		state := ArticleArchived
		if back {
			if a.State != ArticleArchived {
				return nil
			}
			if state = ArticleDraft; a.Published == a.Version {
				state = ArticlePublished
			}
		}
		return s.stateArticle(ctx, tx, &a, state, a.Reviewer)
	})
	return a, err
}

const articleColumns = `select id, language, title, body, tags, topics, features, stages, state, version, published, author, reviewer, created, changed from articles`

func scanArticle(r scanner) (a Article, err error) {
	err = r.Scan(&a.ID, &a.Language, &a.Title, &a.Body, listOf{&a.Tags}, listOf{&a.Topics}, listOf{&a.Features}, listOf{&a.Stages}, &a.State, &a.Version, &a.Published,
		&a.Author, &a.Reviewer, stamp{&a.Created}, stamp{&a.Changed})
	return a, err
}

func findArticle(ctx context.Context, q queryer, id string) (Article, error) {
	a, err := scanArticle(q.QueryRowContext(ctx, articleColumns+` where id = $1`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoArticle()
	}
	return a, err
}

// Article is one article with its latest version; NotFound when there is none
// such.
func (s *Store) Article(ctx context.Context, id string) (Article, error) {
	return findArticle(ctx, s.reader, id)
}

// ArticleQuery selects articles; empty fields do not filter.
type ArticleQuery struct {
	// Search finds the words in title, body, tags, topics and features, accents
	// and capital letters aside.
	Search string
	// Topic, Feature and Stage keep those about it.
	Topic, Feature, Stage string
	// State keeps those in it; "" is all but the archived.
	State string
	// Readers keeps those with a published version that are not archived.
	Readers bool
	// Language puts those in it first.
	Language string
	// At lists them as they stood at the instant: their latest version of then,
	// the one that readers saw, and the state as far as it is kept: whether an
	// article was in review or archived is not, once it changed. Zero is now.
	At    time.Time
	Limit int
}

// Articles lists articles: those whose title has the words first, then the
// most recently changed.
func (s *Store) Articles(ctx context.Context, q ArticleQuery) ([]Article, error) {
	words := strings.Fields(fold(q.Search))
	if len(words) > 8 {
		words = words[:8]
	}
	if !q.At.IsZero() {
		list, err := s.articlesThen(ctx, q, words)
		return q.ranked(list, words), err
	}
	cond, args := `($1 = '' and state <> 'archived' or state = $1)`, []any{key(q.State)}
	for _, w := range words {
		args = append(args, likeText(w))
		cond += ` and folded like $` + strconv.Itoa(len(args)) + ` escape '!'`
	}
	for _, l := range []struct{ column, value string }{{"topics", q.Topic}, {"features", q.Feature}, {"stages", q.Stage}} {
		if l.value == "" {
			continue
		}
		quoted, _ := json.Marshal(l.value) // a text always encodes
		args = append(args, likeText(string(quoted)))
		cond += ` and ` + l.column + ` like $` + strconv.Itoa(len(args)) + ` escape '!'`
	}
	if q.Readers {
		cond += ` and published > 0 and state <> 'archived'`
	}
	rows, err := s.reader.QueryContext(ctx, articleColumns+` where `+cond+` order by changed desc, id desc limit 500`, args...)
	list, err := collect(rows, err, scanArticle)
	// The engines differ in whether LIKE looks at capital letters.
	list = slices.DeleteFunc(list, func(a Article) bool { return !q.about(a) })
	return q.ranked(list, words), err
}

// about tells whether an article is about what is asked for.
func (q ArticleQuery) about(a Article) bool {
	return (q.Topic == "" || slices.Contains(a.Topics, q.Topic)) && (q.Feature == "" || slices.Contains(a.Features, q.Feature)) && (q.Stage == "" || slices.Contains(a.Stages, q.Stage))
}

// ranked puts the best first and cuts the list.
func (q ArticleQuery) ranked(list []Article, words []string) []Article {
	rank := func(a Article) (n int) {
		title := fold(a.Title + " " + strings.Join(a.Tags, " "))
		for _, w := range words {
			if !strings.Contains(title, w) {
				n++
			}
		}
		if q.Language != "" && a.Language != q.Language {
			n++
		}
		return n
	}
	slices.SortStableFunc(list, func(a, b Article) int { return rank(a) - rank(b) })
	if q.Limit > 0 && len(list) > q.Limit {
		list = list[:q.Limit]
	}
	return list
}

// ArticleVersions lists the versions, the newest first.
func (s *Store) ArticleVersions(ctx context.Context, id string) ([]ArticleVersion, error) {
	rows, err := s.reader.QueryContext(ctx, versionColumns+` where article = $1 order by version desc`, key(id))
	return collect(rows, err, scanVersion)
}

const versionColumns = `select version, language, title, body, tags, topics, features, stages, author, created, reviewer, reviewed from article_versions`

func scanVersion(r scanner) (v ArticleVersion, err error) {
	err = r.Scan(&v.Version, &v.Language, &v.Title, &v.Body, listOf{&v.Tags}, listOf{&v.Topics}, listOf{&v.Features}, listOf{&v.Stages}, &v.Author, stamp{&v.Created}, &v.Reviewer, stamp{&v.Reviewed})
	return v, err
}

// ArticleVersion is one version; NotFound when there is none such.
func (s *Store) ArticleVersion(ctx context.Context, id string, version int) (ArticleVersion, error) {
	v, err := scanVersion(s.reader.QueryRowContext(ctx, versionColumns+` where article = $1 and version = $2`, key(id), version))
	if errors.Is(err, sql.ErrNoRows) {
		err = farol.Errorf(farol.NotFound, "there is no such version")
	}
	return v, err
}

// SeeArticle notes that a member opened an article, from a ticket when named.
func (s *Store) SeeArticle(ctx context.Context, id string, day farol.Day, member MemberID, ticket string) error {
	_, err := s.writer.ExecContext(ctx, `insert into article_views (article, day, member, ticket, n) values ($1, $2, $3, $4, 1)
		on conflict (article, day, member, ticket) do update set n = article_views.n + 1`, key(id), int(day), key(member), cut(ticket, 300))
	return err
}

// ArticleViews is how often an article was opened.
type ArticleViews struct {
	// Views in all, by Members different members, and from Tickets different
	// tickets.
	Views, Members, Tickets int
}

// ArticleViews answers how often each article was opened from a day on and
// before another, 0 for now.
func (s *Store) ArticleViews(ctx context.Context, from, until farol.Day) (map[string]ArticleViews, error) {
	if until == 0 {
		until = 1 << 30
	}
	rows, err := s.reader.QueryContext(ctx, `select article, sum(n), count(distinct member), count(distinct nullif(ticket, '')) from article_views where day >= $1 and day < $2 group by article`, int(from), int(until))
	out := map[string]ArticleViews{}
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var id string
		var v ArticleViews
		err := r.Scan(&id, &v.Views, &v.Members, &v.Tickets)
		out[id] = v
		return struct{}{}, err
	})
	return out, err
}

// Review tells what a notice asks of an article's reader or author: to review
// it, or to take it back; neither when it is about something else.
func (n Notice) Review() (asked, back bool) {
	if !strings.HasPrefix(n.Subject, "article:") {
		return false, false
	}
	back = strings.HasSuffix(n.Subject, ":back")
	return !back, back
}
