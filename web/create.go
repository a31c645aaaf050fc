package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// creation is something that can be made from any page.
type creation struct {
	name, icon string
	title      lang.Text
	// about tells that it is made for a customer.
	about bool
}

var creations = []creation{
	{"note", "notes", lang.Text("New note"), true}, {"task", "check", lang.Text("New task"), true}, {"tag", "tag", lang.Text("New tag"), true},
	{"message", "message-circle", lang.Text("New message about a customer"), true}, {"post", "users-group", lang.Text("New post for the team"), false},
}

// Creations lists what can be made from any page. Where it comes back to, and
// whom it is about, follows from the page that it is asked for on.
func (s shell) Creations() []foundItem {
	var out []foundItem
	for _, c := range creations {
		out = append(out, foundItem{Title: s.visit.p.Text(c.title), Icon: c.icon, Href: "/new/" + c.name})
	}
	return out
}

// cameFrom is the page that the request was made on, as htmx or the browser
// says.
func (v *visit) cameFrom() string {
	for _, h := range []string{"HX-Current-URL", "Referer"} {
		if u, err := url.Parse(v.r.Header.Get(h)); err == nil && u.Path != "" && !strings.HasPrefix(u.Path, "/new/") && (u.Host == "" || u.Host == v.r.Host) {
			return localPath(withQuery(u.RequestURI(), nil))
		}
	}
	return "/my-day"
}

// createPage asks for what is to be made.
type createPage struct {
	shell
	refusal
	What, Account string
	// AccountName is set when the customer is known already.
	AccountName string
	Compose     composer
	Members     []store.Member
	Tags        []string
	Fields      url.Values
	To          string
}

func findCreation(name string) (creation, error) {
	for _, c := range creations {
		if c.name == name {
			return c, nil
		}
	}
	return creation{}, farol.Errorf(farol.NotFound, "No page has this address.")
}

func (s *server) create(v *visit) error { return s.showCreate(v, http.StatusOK, refusal{}, nil) }

func (s *server) showCreate(v *visit, status int, r refusal, fields url.Values) error {
	c, err := findCreation(v.r.PathValue("what"))
	if err != nil {
		return err
	}
	given := v.r.URL.Query()
	p := createPage{shell: v.shell(c.title), refusal: r, What: c.name, Fields: fields, Account: given.Get("account"), To: localPath(cmp.Or(fields.Get("back"), given.Get("back"), v.cameFrom()))}
	p.Question = v.p.T("What is it, and whom is it about?")
	if p.Account == "" && c.about {
		p.Account = accountOfPath(p.To)
	}
	if fields != nil {
		p.Account = fields.Get("account")
	}
	if id := farol.AccountID(p.Account); id != "" {
		if a, err := s.Customers.Account(v.r.Context(), id); err == nil {
			p.AccountName = a.Name
		} else if fields == nil {
			p.Account = ""
		}
	}
	if p.Members, err = s.Store.Members(v.r.Context()); err != nil {
		return err
	}
	p.Members = active(p.Members)
	switch c.name {
	case "note":
		templates, err := s.noteTemplates(v)
		if err != nil {
			return err
		}
		p.Compose = composer{Kind: cmp.Or(fields.Get("kind"), "note"), NoteTitle: fields.Get("title"), Body: fields.Get("body"), At: cmp.Or(fields.Get("at"), farol.DayOf(v.now, v.company.location()).String())}
		p.Compose.Kinds = s.kindChoices(v, templates, p.Compose.Kind)
		for _, m := range p.Members {
			p.Compose.Team = append(p.Compose.Team, choice{Value: "member:" + string(m.ID), Name: m.Name})
		}
	case "tag":
		if p.Tags, err = s.Customers.Names(v.r.Context(), "$tag."); err != nil {
			return err
		}
	}
	return s.send(v, status, "create", v.panel(), p)
}

// Get is what was typed into a form that was refused.
func (p createPage) Get(name string) string { return p.Fields.Get(name) }

// make makes it, and comes back to the page that it was asked for on.
func (s *server) make(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	c, err := findCreation(v.r.PathValue("what"))
	if err != nil {
		return err
	}
	f := v.r.PostForm
	id, err := s.accountField(v, "account", f.Get("account"))
	if err == nil && id == "" && c.about && c.name != "task" {
		err = farol.InvalidField("account", "Choose a customer.")
	}
	var what string
	var undo store.UndoBody
	if err == nil {
		what, undo, err = s.makeIt(v, c.name, id, f)
	}
	if refused, ok := v.refuse(err); err != nil && ok {
		return s.showCreate(v, http.StatusUnprocessableEntity, refused, f)
	}
	if err != nil {
		return err
	}
	return v.redirect(s.withUndo(v, localPath(f.Get("back")), what, undo))
}

func (s *server) makeIt(v *visit, name string, id farol.AccountID, f url.Values) (what string, undo store.UndoBody, err error) {
	ctx := v.r.Context()
	switch name {
	case "note":
		n, err := s.noteForm(v, f)
		if err != nil {
			return "", undo, err
		}
		n.Account = id
		n, err = s.Store.AddNote(ctx, n)
		return v.p.T("The note was written."), store.UndoBody{Notes: []store.TextUndo{{ID: n.ID, Made: true, Changed: n.Changed}}}, err
	case "task":
		t, err := taskForm(v, f)
		if err != nil {
			return "", undo, err
		}
		t.Account = id
		return s.makeTask(v, t)
	case "tag":
		return s.tagOne(v, id, f.Get("tag"))
	}
	m := store.Message{Thread: store.AccountThread(id), Author: v.member.ID, Body: f.Get("body")}
	if name == "post" {
		m.Thread, m.Topic, m.Account = store.Channel, f.Get("topic"), id
	}
	m, err = s.Store.Say(ctx, m)
	return v.p.T("The message was sent."), store.UndoBody{Messages: []store.TextUndo{{ID: m.ID, Made: true, Changed: m.Changed}}}, err
}

// tagOne adds a tag to a customer.
func (s *server) tagOne(v *visit, id farol.AccountID, tag string) (what string, undo store.UndoBody, err error) {
	done, err := s.customerWork().Apply(v.r.Context(), []farol.AccountID{id}, customer.Change{Do: "tag", Name: tag, Author: string(v.member.ID)})
	return v.p.T("Tagged %s", tag), store.UndoBody{Change: done.ID}, err
}
