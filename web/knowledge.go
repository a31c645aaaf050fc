package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

var articleStates = map[string]lang.Text{
	store.ArticleDraft: lang.Text("Draft"), store.ArticleReview: lang.Text("In review"), store.ArticlePublished: lang.Text("Published"), store.ArticleArchived: lang.Text("Archived"),
}

var articleClasses = map[string]string{store.ArticleReview: "warn", store.ArticlePublished: "good"}

// viewDays is how far back views are counted.
const viewDays = 90

// knowledgePage lists what support and Customer Success know together.
type knowledgePage struct {
	shell
	Empty  bool
	Rows   []articleLine
	Count  string
	Fields url.Values
	States []choice
	Topics []choice
	Stages []choice
	// Missing are the topics that are asked about and that no article is about.
	Missing []topicGap
	// All leads to the list without filters.
	All string
}

type articleLine struct {
	store.Article
	StateText, Class, AuthorName, LanguageName string
	Views, Tickets, Accounts                   string
	Newer                                      bool
	Href                                       string
}

type topicGap struct{ Topic, Tickets, Href string }

// Get is a filter's text.
func (p knowledgePage) Get(name string) string { return p.Fields.Get(name) }

// asked counts the tickets of each topic in the viewDays days looked at, of
// those in sight and in the segment, and their accounts.
func (s *server) asked(v *visit, look *view) (map[string]int, map[string]map[farol.AccountID]bool, error) {
	all, err := s.allTickets(v, look)
	if err != nil {
		return nil, nil, err
	}
	only, err := s.only(v, look)
	if err != nil {
		return nil, nil, err
	}
	see, since := sight.Of(v.r.Context()), v.at().AddDate(0, 0, -viewDays)
	tickets, accounts := map[string]int{}, map[string]map[farol.AccountID]bool{}
	for _, t := range all {
		if t.Topic == "" || t.Opened.Before(since) || !see.Account(t.Account) || only != nil && !only(t.Account) {
			continue
		}
		tickets[t.Topic]++
		if accounts[t.Topic] == nil {
			accounts[t.Topic] = map[farol.AccountID]bool{}
		}
		accounts[t.Topic][t.Account] = true
	}
	return tickets, accounts, nil
}

// articlesByTopic counts the articles about each topic.
func (s *server) articlesByTopic(v *visit) (map[string]int, error) {
	list, err := s.Store.Articles(v.r.Context(), store.ArticleQuery{At: v.past})
	out := map[string]int{}
	for _, a := range list {
		for _, t := range a.Topics {
			out[t]++
		}
	}
	return out, err
}

func (s *server) knowledge(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := knowledgePage{shell: v.shell(lang.Text("Knowledge base")), Fields: url.Values{}}
	p.Question = v.p.T("What do we know together, and what do customers ask that nobody has written down?")
	for _, k := range []string{"q", "state", "topic", "stage", "feature"} {
		if x := v.r.URL.Query().Get(k); x != "" {
			p.Fields.Set(k, x)
		}
	}
	p.View, p.extra, p.All = look, p.Fields, look.Link("/knowledge")
	if x := p.Get("state"); x != "" && articleStates[x] == "" {
		return farol.InvalidField("state", "there is no such state: %s", x)
	}
	list, err := s.Store.Articles(v.r.Context(), store.ArticleQuery{
		Search: p.Get("q"), State: p.Get("state"), Topic: p.Get("topic"), Stage: p.Get("stage"), Feature: p.Get("feature"), Language: string(v.p.Code()), At: v.past,
	})
	if err != nil {
		return err
	}
	tickets, accounts, err := s.asked(v, look)
	if err != nil {
		return err
	}
	views, err := s.Store.ArticleViews(v.r.Context(), v.today()-viewDays, v.today()+1)
	if err != nil {
		return err
	}
	who, err := s.writers(v)
	if err != nil {
		return err
	}
	for _, a := range list {
		n, of := 0, map[farol.AccountID]bool{}
		for _, t := range a.Topics {
			n += tickets[t]
			for id := range accounts[t] {
				of[id] = true
			}
		}
		p.Rows = append(p.Rows, articleLine{a, v.p.Text(articleStates[a.State]), articleClasses[a.State], cmp.Or(who[a.Author], a.Author), lang.Code(a.Language).Name(),
			v.p.Number(float64(views[a.ID].Views), 0), v.p.Number(float64(n), 0), v.p.Number(float64(len(of)), 0), a.Published > 0 && a.Published < a.Version, look.Link("/knowledge/" + url.PathEscape(a.ID))})
	}
	p.Count, p.Empty = v.p.N(len(list), "%d article", "%d articles"), len(list) == 0 && len(p.Fields) == 0
	if err := s.knowledgeMenus(v, &p, tickets); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "knowledge", "layout", p)
}

func (s *server) knowledgeMenus(v *visit, p *knowledgePage, tickets map[string]int) error {
	written, err := s.articlesByTopic(v)
	if err != nil {
		return err
	}
	var topics []string
	for t := range written {
		topics = append(topics, t)
	}
	slices.Sort(topics)
	for _, t := range topics {
		p.Topics = append(p.Topics, choice{Value: t, Name: t, Chosen: t == p.Get("topic")})
	}
	for _, state := range []string{store.ArticleDraft, store.ArticleReview, store.ArticlePublished, store.ArticleArchived} {
		p.States = append(p.States, choice{Value: state, Title: articleStates[state], Chosen: state == p.Get("state")})
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	p.Stages = n.stageChoices(p.Get("stage"))
	for t, n := range tickets {
		if written[t] == 0 {
			p.Missing = append(p.Missing, topicGap{t, v.p.N(n, "%d ticket", "%d tickets"), "/knowledge/new?" + url.Values{"topic": {t}}.Encode()})
		}
	}
	slices.SortFunc(p.Missing, func(a, b topicGap) int {
		return cmp.Or(tickets[b.Topic]-tickets[a.Topic], cmp.Compare(a.Topic, b.Topic))
	})
	p.Missing = p.Missing[:min(len(p.Missing), 8)]
	return nil
}

// articlePage is one article, who needed it and who read it.
type articlePage struct {
	shell
	refusal
	Article                         store.Article
	HTML                            any
	StateText, Class, LanguageName  string
	AuthorName, ReviewerName        string
	Shown                           int // the version that is shown
	Draft                           bool
	Reviewers                       []store.Member
	MayPublish, MayReview, MayWrite bool
	Mine                            bool
	Stages                          []string
	Needs                           []needRow
	NeedCount                       string
	Views                           store.ArticleViews
	Effect                          *effectText
	From                            *link
	// List, Published, Newest and Before lead to all articles, to what readers
	// see of this one, to its draft and to its versions.
	List, Published, Newest, Before string
}

type needRow struct {
	Account, Name, Href, Tickets, Unsolved string
	Last                                   time.Time
}

// effectText is what reading did, in words, with what keeps it from being more.
type effectText struct {
	Readers, Before, After, OthersBefore, OthersAfter, Change, Interval string
	Few                                                                 bool
}

func (s *server) article(v *visit) error { return s.showArticle(v, http.StatusOK, refusal{}) }

func (s *server) showArticle(v *visit, status int, r refusal) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	ctx, q := v.r.Context(), v.r.URL.Query()
	a, err := s.Store.ArticleAt(ctx, v.r.PathValue("id"), v.past)
	if err != nil {
		return err
	}
	p := articlePage{shell: v.shell(""), refusal: r, Article: a, Shown: a.Version, StateText: v.p.Text(articleStates[a.State]), Class: articleClasses[a.State], LanguageName: lang.Code(a.Language).Name()}
	p.View, p.extra = look, url.Values{}
	for _, k := range []string{"draft", "ticket"} {
		if x := q.Get(k); x != "" {
			p.extra.Set(k, x)
		}
	}
	p.List, p.Published, p.Newest, p.Before = look.Link("/knowledge"), p.Link("draft", ""), p.Link("draft", "yes"), look.Link("/knowledge/"+url.PathEscape(a.ID)+"/versions")
	text := a.ArticleText
	if p.Draft = a.Published > 0 && a.Published < a.Version; p.Draft && q.Get("draft") != "yes" {
		old, err := s.Store.ArticleVersion(ctx, a.ID, a.Published)
		if err != nil {
			return err
		}
		text, p.Shown = old.ArticleText, a.Published
	}
	p.Title, p.Question, p.Crumb = text.Title, v.p.T("What do we answer, who needed it, and does it help?"), &crumb{v.p.T("Knowledge base"), p.List}
	p.HTML = markdown(text.Body, nil)
	who, err := s.writers(v)
	if err != nil {
		return err
	}
	p.AuthorName, p.ReviewerName = cmp.Or(who[a.Author], a.Author), cmp.Or(who[a.Reviewer], a.Reviewer)
	if err := s.articleRights(v, &p); err != nil {
		return err
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	for _, st := range a.Stages {
		p.Stages = append(p.Stages, n.value("stage", st))
	}
	if err := s.articleUse(v, look, &p); err != nil {
		return err
	}
	if source, id, ok := strings.Cut(q.Get("ticket"), "/"); ok {
		p.From = &link{v.p.T("Back to the ticket"), "/tickets/" + url.PathEscape(source) + "/" + url.PathEscape(id)}
	}
	if v.r.Method == http.MethodGet && v.past.IsZero() {
		if err := s.Store.SeeArticle(ctx, a.ID, look.Today, v.member.ID, q.Get("ticket")); err != nil {
			return err
		}
	}
	return s.send(v, status, "article", "layout", p)
}

// articleRights fills what the member may do with the article, and who may
// review it.
func (s *server) articleRights(v *visit, p *articlePage) error {
	a := p.Article
	p.MayWrite, p.Mine = workers.allows(v.member.Role) && v.past.IsZero(), a.Author == string(v.member.ID)
	p.MayReview = p.MayWrite && (a.State == store.ArticleDraft || a.State == store.ArticleReview)
	// Only what is on the page can have been read.
	p.MayPublish = p.MayReview && !p.Mine && p.Shown == a.Version
	members, err := s.Store.Members(v.r.Context())
	for _, m := range active(members) {
		if string(m.ID) != a.Author && workers.allows(m.Role) {
			p.Reviewers = append(p.Reviewers, m)
		}
	}
	return err
}

// articleUse fills who needed the article, who opened it and what reading did.
func (s *server) articleUse(v *visit, look *view, p *articlePage) error {
	ctx, a := v.r.Context(), p.Article
	views, err := s.Store.ArticleViews(ctx, look.Period.From, look.Period.To)
	if err != nil {
		return err
	}
	p.Views = views[a.ID]
	all, err := s.allTickets(v, look)
	if err != nil {
		return err
	}
	accounts, err := s.accountsSeen(v, look)
	if err != nil {
		return err
	}
	q := desk.Query{From: look.Period.From, To: look.Period.To, Zone: v.company.location(), Sight: sight.Of(ctx), Keep: v.inSegment(look, accounts, "")}
	needs := desk.Needed(all, a.Topics, q)
	p.NeedCount = v.p.N(len(needs), "%d customer", "%d customers")
	for _, n := range needs[:min(len(needs), 50)] {
		row := needRow{string(n.Account), string(n.Account), look.Link("/tickets", "account", string(n.Account), "topic", first(a.Topics), "status", "all"), v.p.Number(float64(n.Tickets), 0), v.p.Number(float64(n.Unsolved), 0), n.Last}
		if x := accounts[n.Account]; x != nil {
			row.Name = x.Name
		}
		p.Needs = append(p.Needs, row)
	}
	reads, err := s.readsOf(v, look, a.ID)
	if err != nil || len(reads) == 0 || len(a.Topics) == 0 {
		return err
	}
	var ids []farol.AccountID
	for id, x := range accounts {
		if !x.Test && q.Sight.Account(id) {
			ids = append(ids, id)
		}
	}
	e := desk.EffectOf(all, a.Topics, reads, ids, v.at())
	num := func(x float64) string { return v.p.Number(x, 2) }
	p.Effect = &effectText{Readers: v.p.N(e.Readers, "%d customer", "%d customers"), Before: num(e.Before), After: num(e.After), OthersBefore: num(e.OthersBefore), OthersAfter: num(e.OthersAfter), Few: e.Change == nil}
	if e.Change != nil {
		p.Effect.Change, p.Effect.Interval = num(e.Change.Value), num(e.Change.Interval.Low)+" – "+num(e.Change.Interval.High)
	}
	return nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// readEvent is what a help centre sends when a customer reads an article, with
// the article's id in the property article.
const readEvent = "Article Read"

// readsOf are the instants at which accounts first read the article, within a
// year.
func (s *server) readsOf(v *visit, look *view, id string) (map[farol.AccountID]time.Time, error) {
	out := map[farol.AccountID]time.Time{}
	q := facts.EventFilter{Name: readEvent, Kind: farol.Track, From: v.today() - 365, To: v.today() + 1, Known: look.Known, Limit: 1000}
	for range 20 {
		list, next, err := s.Facts.Events(v.r.Context(), q)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			var props struct {
				Article string `json:"article"`
			}
			if json.Unmarshal(e.Properties, &props) == nil && props.Article == id && e.Resolved != "" {
				out[e.Resolved] = e.At // the newest come first
			}
		}
		if next == "" {
			break
		}
		q.After = next
	}
	return out, nil
}

// articleForm is an article being written.
type articleForm struct {
	shell
	refusal
	ID, Base string
	Fields   url.Values
	Stages   []choice
	Topics   []string
	Features []string
	Preview  any
}

// Get is what is in a field.
func (p articleForm) Get(name string) string { return p.Fields.Get(name) }

// Has tells whether a stage is ticked.
func (p articleForm) Has(stage string) bool { return slices.Contains(p.Fields["stages"], stage) }

func (s *server) newArticle(v *visit) error {
	f := url.Values{"language": {string(v.p.Code())}}
	if t := v.r.URL.Query().Get("topic"); t != "" {
		f.Set("topics", t)
	}
	return s.showArticleForm(v, http.StatusOK, articleForm{Fields: f})
}

func (s *server) editArticle(v *visit) error {
	a, err := s.Store.Article(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	f := url.Values{"language": {a.Language}, "title": {a.Title}, "body": {a.Body}, "tags": {strings.Join(a.Tags, ", ")}, "topics": {strings.Join(a.Topics, ", ")}, "features": {strings.Join(a.Features, ", ")}, "stages": a.Stages}
	return s.showArticleForm(v, http.StatusOK, articleForm{ID: a.ID, Base: strconv.Itoa(a.Version), Fields: f})
}

func (s *server) showArticleForm(v *visit, status int, p articleForm) error {
	p.shell = v.shell(lang.Text("Write an article"))
	p.Question, p.Crumb = v.p.T("What should the next colleague answer?"), &crumb{v.p.T("Knowledge base"), "/knowledge"}
	tickets, _, err := s.asked(v, &view{})
	if err != nil {
		return err
	}
	for t := range tickets {
		p.Topics = append(p.Topics, t)
	}
	slices.SortFunc(p.Topics, func(a, b string) int { return cmp.Or(tickets[b]-tickets[a], cmp.Compare(a, b)) })
	n, err := s.names(v)
	if err != nil {
		return err
	}
	p.Stages = n.stageChoices("")
	if body := p.Get("body"); body != "" {
		p.Preview = markdown(body, nil)
	}
	return s.send(v, status, "article_form", "layout", p)
}

func readArticle(f url.Values) store.ArticleText {
	list := func(name string) []string {
		return strings.FieldsFunc(f.Get(name), func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
	}
	return store.ArticleText{Language: f.Get("language"), Title: f.Get("title"), Body: f.Get("body"), Tags: list("tags"), Topics: list("topics"), Features: list("features"), Stages: f["stages"]}
}

func (s *server) addArticle(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	if f.Get("do") == "preview" {
		return s.showArticleForm(v, http.StatusOK, articleForm{Fields: f})
	}
	a, err := s.Store.AddArticle(v.r.Context(), readArticle(f), string(v.member.ID))
	if err != nil {
		if refused, ok := v.refuse(err); ok {
			return s.showArticleForm(v, http.StatusUnprocessableEntity, articleForm{refusal: refused, Fields: f})
		}
		return err
	}
	return v.done("/knowledge/"+url.PathEscape(a.ID), "saved")
}

// changeArticle writes the next version, asks for a review, publishes, sends
// back, archives or restores.
func (s *server) changeArticle(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	id, f, ctx, me := v.r.PathValue("id"), v.r.PostForm, v.r.Context(), string(v.member.ID)
	var err error
	done := "saved"
	switch f.Get("do") {
	case "write":
		return s.writeArticle(v, id, f)
	case "preview":
		return s.showArticleForm(v, http.StatusOK, articleForm{ID: id, Base: f.Get("base"), Fields: f})
	case "review":
		_, err = s.Store.AskReview(ctx, id, store.MemberID(f.Get("reviewer")), me)
		done = "review"
	case "publish":
		read, _ := strconv.Atoi(f.Get("base")) // a form that lacks it showed nothing: a conflict
		_, err = s.Store.PublishArticle(ctx, id, read, me)
		done = "published"
	case "return":
		_, err = s.Store.ReturnArticle(ctx, id, me)
	case "archive", "unarchive":
		_, err = s.Store.ArchiveArticle(ctx, id, f.Get("do") == "unarchive")
	case "restore":
		err = s.restoreArticle(v, id, f.Get("version"))
	default:
		err = farol.InvalidField("do", "Choose what to do.")
	}
	if err != nil {
		if refused, ok := v.refuse(err); ok && farol.KindOf(err) != farol.NotFound {
			return s.showArticle(v, http.StatusUnprocessableEntity, refused)
		}
		return err
	}
	return v.done("/knowledge/"+url.PathEscape(id), done)
}

func (s *server) writeArticle(v *visit, id string, f url.Values) error {
	base, _ := strconv.Atoi(f.Get("base")) // a form that lacks it was never shown: a conflict
	a, err := s.Store.WriteArticle(v.r.Context(), id, base, readArticle(f), string(v.member.ID))
	if err == nil {
		to := "/knowledge/" + url.PathEscape(id)
		if a.Published > 0 && a.Published < a.Version {
			return v.redirect(to + "?draft=yes&done=saved")
		}
		return v.done(to, "saved")
	}
	if refused, ok := v.refuse(err); ok {
		return s.showArticleForm(v, http.StatusUnprocessableEntity, articleForm{refusal: refused, ID: id, Base: f.Get("base"), Fields: f})
	}
	return err
}

// restoreArticle makes an earlier version the text of the next one.
func (s *server) restoreArticle(v *visit, id, version string) error {
	n, err := strconv.Atoi(version)
	if err != nil {
		return farol.InvalidField("version", "must be a whole number")
	}
	old, err := s.Store.ArticleVersion(v.r.Context(), id, n)
	if err != nil {
		return err
	}
	a, err := s.Store.Article(v.r.Context(), id)
	if err != nil {
		return err
	}
	_, err = s.Store.WriteArticle(v.r.Context(), id, a.Version, old.ArticleText, string(v.member.ID))
	return err
}
