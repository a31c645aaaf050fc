package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

func (s *server) knowledgeOperations() {
	tags := []string{"knowledge base"}
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Tags: tags, Summary: summary, Errors: []int{404, 409}}
	}
	list := op("list-articles", http.MethodGet, "/articles", "Articles of the knowledge base")
	list.Description = "With as_of or known as they stood then: texts and what readers saw are of then; whether an article was in review or archived is kept of now only."
	list.Errors = nil
	register(s, team, list, s.listArticles)
	add := op("add-article", http.MethodPost, "/articles", "Begin an article, as a draft")
	add.DefaultStatus, add.Errors = http.StatusCreated, nil
	register(s, workers, add, s.addArticle)
	register(s, team, op("get-article", http.MethodGet, "/articles/{id}", "One article with its latest text"), s.getArticle)
	register(s, workers, op("write-article", http.MethodPut, "/articles/{id}", "Write the next version, a draft"), s.writeArticle)
	register(s, workers, op("review-article", http.MethodPost, "/articles/{id}/review", "Ask somebody other than the author to read it"), s.reviewArticle)
	register(s, workers, op("publish-article", http.MethodPost, "/articles/{id}/publish", "Publish the latest version; its author may not"), s.publishArticle)
	register(s, workers, op("return-article", http.MethodPost, "/articles/{id}/return", "Send what is in review back to its author"), s.returnArticle)
	register(s, workers, op("archive-article", http.MethodPost, "/articles/{id}/archive", "Take an article out, or bring it back"), s.archiveArticle)
	register(s, team, op("list-article-versions", http.MethodGet, "/articles/{id}/versions", "Every version of an article, the newest first"), s.listArticleVersions)
	register(s, team, op("list-article-needs", http.MethodGet, "/articles/{id}/needs", "The accounts with tickets of the article's topics"), s.listNeeds)
}

// ArticleText is what an article says.
type ArticleText struct {
	Language string   `json:"language" enum:"en,pt-BR"`
	Title    string   `json:"title"`
	Body     string   `json:"body" doc:"Markdown."`
	Tags     []string `json:"tags,omitempty"`
	Topics   []string `json:"topics,omitempty" doc:"Topics of tickets, which propose the article."`
	Features []string `json:"features,omitempty" doc:"Names of events."`
	Stages   []string `json:"stages,omitempty" doc:"Stages of the life cycle."`
}

func (t ArticleText) text() store.ArticleText { return store.ArticleText(t) }

// Article is an article with its latest text.
type Article struct {
	ID string `json:"id"`
	ArticleText
	State     string    `json:"state" enum:"draft,review,published,archived"`
	Version   int       `json:"version"`
	Published *int      `json:"published" doc:"The version that readers see; null for none."`
	Author    string    `json:"author"`
	Reviewer  *string   `json:"reviewer" doc:"Who is asked to read it, or who published it."`
	Created   time.Time `json:"created"`
	Changed   time.Time `json:"changed"`
}

func newArticle(a store.Article) Article {
	return Article{a.ID, ArticleText(a.ArticleText), a.State, a.Version, orNull(a.Published), a.Author, orNull(a.Reviewer), a.Created, a.Changed}
}

type articleOutput struct{ Body Article }

func articleAnswer(a store.Article, err error) (*articleOutput, error) {
	return &articleOutput{newArticle(a)}, err
}

func (s *server) listArticles(ctx context.Context, in *struct {
	Search    string `query:"q" doc:"Words of title, text, tags, topics and features; accents and capital letters aside."`
	Topic     string `query:"topic"`
	Feature   string `query:"feature"`
	Stage     string `query:"stage"`
	State     string `query:"state" enum:"draft,review,published,archived,"`
	Published bool   `query:"published" doc:"Only those that readers see."`
	Limit     int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Clocks
}) (*struct {
	Body struct {
		Articles []Article `json:"articles" nullable:"false"`
	}
}, error) {
	out := &struct {
		Body struct {
			Articles []Article `json:"articles" nullable:"false"`
		}
	}{}
	at, err := s.until(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Articles(ctx, store.ArticleQuery{At: at, Search: in.Search, Topic: in.Topic, Feature: in.Feature, Stage: in.Stage, State: in.State, Readers: in.Published, Limit: in.Limit})
	out.Body.Articles = each(list, newArticle)
	return out, err
}

func (s *server) addArticle(ctx context.Context, in *struct{ Body ArticleText }) (*articleOutput, error) {
	return articleAnswer(s.Store.AddArticle(ctx, in.Body.text(), keeper(ctx).ID))
}

func (s *server) getArticle(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*articleOutput, error) {
	at, err := s.until(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	return articleAnswer(s.Store.ArticleAt(ctx, in.ID, at))
}

func (s *server) writeArticle(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Base int    `query:"base" minimum:"1" required:"true" doc:"The version that was seen: when it is not the latest any more, 409."`
	Body ArticleText
}) (*articleOutput, error) {
	return articleAnswer(s.Store.WriteArticle(ctx, in.ID, in.Base, in.Body.text(), keeper(ctx).ID))
}

func (s *server) reviewArticle(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Reviewer string `json:"reviewer" doc:"A member's id."`
	}
}) (*articleOutput, error) {
	return articleAnswer(s.Store.AskReview(ctx, in.ID, store.MemberID(in.Body.Reviewer), keeper(ctx).ID))
}

func (s *server) publishArticle(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Base int    `query:"base" minimum:"1" required:"true" doc:"The version that was read: when it is not the latest any more, 409."`
}) (*articleOutput, error) {
	return articleAnswer(s.Store.PublishArticle(ctx, in.ID, in.Base, keeper(ctx).ID))
}

func (s *server) returnArticle(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*articleOutput, error) {
	return articleAnswer(s.Store.ReturnArticle(ctx, in.ID, keeper(ctx).ID))
}

func (s *server) archiveArticle(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Back bool `json:"back,omitempty" doc:"Bring it back instead."`
	}
}) (*articleOutput, error) {
	return articleAnswer(s.Store.ArchiveArticle(ctx, in.ID, in.Body.Back))
}

// ArticleVersion is one version of an article.
type ArticleVersion struct {
	ArticleText
	Version  int        `json:"version"`
	Author   string     `json:"author"`
	Created  time.Time  `json:"created"`
	Reviewer *string    `json:"reviewer" doc:"Who published it; null while nobody has."`
	Reviewed *time.Time `json:"reviewed"`
}

func (s *server) listArticleVersions(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*struct {
	Body struct {
		Versions []ArticleVersion `json:"versions" nullable:"false"`
	}
}, error) {
	at, err := s.until(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	a, err := s.Store.ArticleAt(ctx, in.ID, at)
	if err != nil {
		return nil, err
	}
	out := &struct {
		Body struct {
			Versions []ArticleVersion `json:"versions" nullable:"false"`
		}
	}{}
	list, err := s.Store.ArticleVersions(ctx, in.ID)
	for _, v := range list {
		if v.Version > a.Version {
			continue
		}
		out.Body.Versions = append(out.Body.Versions, ArticleVersion{ArticleText(v.ArticleText), v.Version, v.Author, v.Created, orNull(v.Reviewer), orNull(v.Reviewed)})
	}
	return out, err
}

// Need is an account that asked about what an article is about.
type Need struct {
	Account  string    `json:"account"`
	Tickets  int       `json:"tickets"`
	Unsolved int       `json:"unsolved"`
	Last     time.Time `json:"last" doc:"When the last of them was opened."`
}

func (s *server) listNeeds(ctx context.Context, in *struct {
	Clocks
	Among
	ID   string `path:"id"`
	From string `query:"from" format:"date" doc:"Tickets opened from this day on."`
	To   string `query:"to" format:"date" doc:"Tickets opened before this day."`
}) (*struct {
	Body struct {
		Needs []Need `json:"needs" nullable:"false"`
	}
}, error) {
	at, err := s.until(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	a, err := s.Store.ArticleAt(ctx, in.ID, at)
	if err != nil {
		return nil, err
	}
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	q := desk.Query{Zone: cal.Zone, Sight: sight.Of(ctx)}
	if q.Keep, err = s.only(ctx, in.Clocks, in.Among); err != nil {
		return nil, err
	}
	for _, b := range []struct {
		field, text string
		into        *farol.Day
	}{{"from", in.From, &q.From}, {"to", in.To, &q.To}} {
		if *b.into, err = day(b.field, b.text); err != nil {
			return nil, err
		}
	}
	all, err := s.ticketsAt(ctx, in.Clocks, cal)
	out := &struct {
		Body struct {
			Needs []Need `json:"needs" nullable:"false"`
		}
	}{}
	out.Body.Needs = []Need{}
	for _, n := range desk.Needed(all, a.Topics, q) {
		out.Body.Needs = append(out.Body.Needs, Need{string(n.Account), n.Tickets, n.Unsolved, n.Last})
	}
	return out, err
}
