package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func (s *server) say(v *visit) error {
	return s.undoableWork(v, "thread", func(id farol.AccountID, f url.Values) (string, store.UndoBody, error) {
		m, err := s.Store.Say(v.r.Context(), store.Message{Thread: store.AccountThread(id), Author: v.member.ID, Body: f.Get("body"), About: f.Get("about")})
		if err == nil {
			err = s.Store.ReadThread(v.r.Context(), v.member.ID, m.Thread, m.ID)
		}
		return v.p.T("The message was sent."), store.UndoBody{Messages: []store.TextUndo{{ID: m.ID, Made: true, Changed: m.Changed}}}, err
	})
}

// unreadThread marks a customer's thread as not read.
func (s *server) unreadThread(v *visit) error {
	id := farol.AccountID(v.r.PathValue("id"))
	if _, err := s.Customers.Account(v.r.Context(), id); err != nil {
		return err
	}
	if err := s.Store.ReadThread(v.r.Context(), v.member.ID, store.AccountThread(id), ""); err != nil {
		return err
	}
	return v.redirect(withQuery(customerTab(id, "timeline"), url.Values{"done": {"saved"}}))
}

// aboutOf is the ticket that a message is said about.
func aboutOf(m store.Message) (t facts.Ticket, ok bool) {
	name, ok := strings.CutPrefix(m.About, aboutTicket)
	source, id, _ := strings.Cut(name, "/")
	return facts.Ticket{Source: farol.SourceID(source), ID: id}, ok
}

// tabTitle is the title of a tab; that of the conversation says how much the
// member has not read.
func (s *server) tabTitle(v *visit, id farol.AccountID, tab string, title lang.Text) (string, error) {
	text := v.p.Text(title)
	if tab != "thread" {
		return text, nil
	}
	n, err := s.Store.Unread(v.r.Context(), v.member.ID, store.AccountThread(id))
	if n > 0 {
		text += " (" + v.p.Number(float64(n), 0) + ")"
	}
	return text, err
}

func (s *server) messageRows(v *visit, list []store.Message, read string) ([]messageRow, error) {
	who, err := s.writers(v)
	var out []messageRow
	first, members := true, s.handles(v)
	for _, m := range list {
		row := messageRow{Message: m, Who: cmp.Or(who[string(m.Author)], string(m.Author)), HTML: markdown(m.Body, members), Mine: m.Author == v.member.ID && workers.allows(v.member.Role) && v.past.IsZero()}
		if t, ok := aboutOf(m); ok {
			row.AboutText, row.AboutHref = v.p.T("ticket %s", t.ID), ticketHref(&t)
		}
		if m.ID > read && m.Author != v.member.ID {
			row.New, row.First, first = true, first, false
		}
		out = append(out, row)
	}
	return out, err
}

// threadTab shows a customer's thread, and notes that the member has read it.
func (s *server) threadTab(v *visit, look *view, p *customerPage) error {
	ctx, thread := v.r.Context(), store.AccountThread(p.Account.ID)
	list, err := s.Store.Messages(ctx, thread, v.r.URL.Query().Get("before"), look.Known, 100)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	read, err := s.Store.ReadUpTo(ctx, v.member.ID, thread)
	if err != nil {
		return err
	}
	if p.Messages, err = s.messageRows(v, list, read); err != nil || p.Past || len(list) == 0 {
		return err
	}
	subjects := make([]string, 0, len(list))
	for _, m := range p.Messages {
		subjects = append(subjects, "message:"+m.ID)
		if m.New {
			p.Unread++
		}
	}
	if p.Unread == 0 {
		return nil
	}
	if err := s.Store.SeeAbout(ctx, v.member.ID, subjects...); err != nil {
		return err
	}
	return s.Store.ReadThread(ctx, v.member.ID, thread, list[len(list)-1].ID)
}

// changeMessage edits or deletes a message of one's own.
func (s *server) changeMessage(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, id := v.r.PostForm, v.r.PathValue("id")
	body, what, undo := f.Get("body"), "", store.UndoBody{}
	if f.Get("do") == "delete" {
		body = ""
	}
	if strings.TrimSpace(body) == "" {
		what, undo = v.p.T("The message was deleted."), store.UndoBody{Messages: []store.TextUndo{{ID: id}}}
	}
	err := s.Store.EditMessage(v.r.Context(), v.member.ID, id, body)
	if refused, ok := v.refuse(err); err != nil && ok {
		p := messagePage{shell: v.shell(lang.Text("Message")), refusal: refused, ID: id, Body: body, Back: localPath(f.Get("back"))}
		p.Question = v.p.T("What did you want to say?")
		return s.send(v, http.StatusUnprocessableEntity, "message", "layout", p)
	}
	if err != nil {
		return err
	}
	return v.redirect(s.withUndo(v, localPath(f.Get("back")), what, undo))
}

// messagePage gives a change of a message that was refused back to its author.
type messagePage struct {
	shell
	refusal
	ID, Body, Back string
}

// communityPage is the channel in which the two teams talk among themselves.
type communityPage struct {
	shell
	refusal
	Posts       []messageRow
	Topics      []choice
	Topic       string
	Fields      url.Values
	Next        string
	Account     string
	AccountName string
}

const postsShown = 30

func (s *server) community(v *visit) error {
	return s.showCommunity(v, http.StatusOK, refusal{}, nil)
}

func (s *server) showCommunity(v *visit, status int, r refusal, fields url.Values) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	only, err := s.only(v, look)
	if err != nil {
		return err
	}
	ctx, given := v.r.Context(), v.r.URL.Query()
	p := communityPage{shell: v.shell(lang.Text("Community")), refusal: r, Fields: fields, Topic: given.Get("topic"), Account: given.Get("account")}
	p.Question = v.p.T("What do support and Customer Success need to tell each other?")
	p.View, p.extra = look, url.Values{}
	for _, k := range []string{"topic", "q", "account"} {
		if x := given.Get(k); x != "" {
			p.extra.Set(k, x)
		}
	}
	if p.Account != "" {
		p.AccountName = s.accountName(v, farol.AccountID(p.Account))
	}
	q := store.PostQuery{Topic: p.Topic, Search: given.Get("q"), Account: farol.AccountID(p.Account), Before: given.Get("before"), At: v.past, Only: only, Limit: postsShown + 1}
	posts, answers, err := s.Store.Posts(ctx, store.Channel, q)
	if err != nil {
		return err
	}
	if len(posts) > postsShown {
		posts = posts[:postsShown]
		p.Next = withQuery("/community?"+given.Encode(), url.Values{"before": {posts[postsShown-1].ID}})
	}
	if err := s.fillPosts(v, &p, posts, answers); err != nil {
		return err
	}
	topics, err := s.Store.Topics(ctx, store.Channel)
	for _, t := range topics {
		p.Topics = append(p.Topics, choice{Value: t, Name: t, Chosen: t == p.Topic})
	}
	if err != nil {
		return err
	}
	return s.send(v, status, "community", "layout", p)
}

// fillPosts adds the posts with their answers, and notes them as read.
func (s *server) fillPosts(v *visit, p *communityPage, posts []store.Message, answers map[string][]store.Message) error {
	ctx := v.r.Context()
	read, err := s.Store.ReadUpTo(ctx, v.member.ID, store.Channel)
	if err != nil {
		return err
	}
	if p.Posts, err = s.messageRows(v, posts, read); err != nil {
		return err
	}
	last, subjects := read, []string{}
	for i, row := range p.Posts {
		p.Posts[i].AccountName = s.accountName(v, row.Account)
		if p.Posts[i].Answers, err = s.messageRows(v, answers[row.ID], read); err != nil {
			return err
		}
		for _, m := range append([]store.Message{row.Message}, answers[row.ID]...) {
			last = max(last, m.ID)
			subjects = append(subjects, "message:"+m.ID)
		}
	}
	if last == read || !v.past.IsZero() {
		return nil
	}
	if err := s.Store.SeeAbout(ctx, v.member.ID, subjects...); err != nil {
		return err
	}
	return s.Store.ReadThread(ctx, v.member.ID, store.Channel, last)
}

// Get is a filter, or what was typed into a form that was refused.
func (p communityPage) Get(name string) string {
	if p.Fields != nil {
		return p.Fields.Get(name)
	}
	return p.visit.r.URL.Query().Get(name)
}

// post adds a post to the channel, or an answer to one.
func (s *server) post(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, ctx := v.r.PostForm, v.r.Context()
	m := store.Message{Thread: store.Channel, Author: v.member.ID, Body: f.Get("body"), Topic: f.Get("topic"), Parent: f.Get("parent")}
	id, err := s.accountField(v, "account", f.Get("account"))
	if m.Account = id; err == nil {
		m, err = s.Store.Say(ctx, m)
	}
	if refused, ok := v.refuse(err); err != nil && ok {
		return s.showCommunity(v, http.StatusUnprocessableEntity, refused, f)
	}
	if err != nil {
		return err
	}
	to := "/community"
	if b := f.Get("back"); b != "" {
		to = localPath(b)
	}
	return v.redirect(s.withUndo(v, to, v.p.T("The message was sent."), store.UndoBody{Messages: []store.TextUndo{{ID: m.ID, Made: true, Changed: m.Changed}}}))
}
