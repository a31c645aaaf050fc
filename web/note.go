package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// composer is what the form of a note offers.
type composer struct {
	// Kind, NoteTitle and Body are what it begins with.
	Kind, NoteTitle, Body string
	At                    string
	Templates             []link
	Kinds                 []choice
	// Team and Contacts are who may have taken part.
	Team, Contacts []choice
}

func (s *server) fillComposer(v *visit, p *customerPage) error {
	if p.Past || !p.MayWork() {
		return nil
	}
	c := &composer{Kind: "note", At: farol.DayOf(v.now, v.company.location()).String()}
	templates, err := s.noteTemplates(v)
	if err != nil {
		return err
	}
	asked := v.r.URL.Query().Get("template")
	for _, t := range templates {
		c.Templates = append(c.Templates, link{t.Title, p.View.Link("/customers/"+url.PathEscape(p.ID), "tab", "notes", "template", t.Name)})
		if t.Name == asked {
			c.Kind, c.NoteTitle, c.Body = t.Name, t.Title, t.Body
		}
	}
	if p.Fields != nil {
		c.Kind, c.NoteTitle, c.Body, c.At = p.Fields.Get("kind"), p.Fields.Get("title"), p.Fields.Get("body"), p.Fields.Get("at")
	}
	c.Kinds = s.kindChoices(v, templates, c.Kind)
	if err := s.fillParticipants(v, c, p.Account.ID, p.Fields["participant"]); err != nil {
		return err
	}
	p.Compose = c
	return nil
}

func (s *server) kindChoices(v *visit, templates []store.NoteTemplate, chosen string) []choice {
	out := []choice{{Value: "note", Name: v.p.T("Note"), Chosen: chosen == "note"}, {Value: "call", Name: v.p.T("Call"), Chosen: chosen == "call"}}
	for _, t := range templates {
		out = append(out, choice{Value: t.Name, Name: t.Title, Chosen: t.Name == chosen})
	}
	return out
}

// contactsOffered is how many of a customer's people a note offers: the most
// active.
const contactsOffered = 15

func (s *server) fillParticipants(v *visit, c *composer, account farol.AccountID, chosen []string) error {
	members, err := s.Store.Members(v.r.Context())
	if err != nil {
		return err
	}
	for _, m := range active(members) {
		id := "member:" + string(m.ID)
		c.Team = append(c.Team, choice{Value: id, Name: m.Name, Chosen: slices.Contains(chosen, id)})
	}
	people, err := customer.Profile{Facts: s.Facts, Account: account, AsOf: v.company.calendar().Today(v.now)}.People(v.r.Context())
	if err != nil {
		return err
	}
	var ids []string
	for _, x := range people {
		ids = append(ids, string(x.ID))
	}
	known, err := s.listed(v, ids)
	if err != nil {
		return err
	}
	for i, x := range people {
		id := "person:" + string(x.ID)
		if i < contactsOffered || slices.Contains(chosen, id) {
			c.Contacts = append(c.Contacts, choice{Value: id, Name: known.name(v, x.ID), Chosen: slices.Contains(chosen, id)})
		}
	}
	return nil
}

// noteForm reads a note.
func (s *server) noteForm(v *visit, f url.Values) (n store.Note, err error) {
	n = store.Note{Author: v.member.ID, Title: f.Get("title"), Body: f.Get("body"), Kind: cmp.Or(f.Get("kind"), "note"), Participants: f["participant"]}
	if n.Kind != "note" && n.Kind != "call" {
		if _, ok, err := s.noteTemplate(v, n.Kind); err != nil || !ok {
			return n, cmp.Or[error](err, farol.InvalidField("kind", "There is no such kind of note."))
		}
	}
	n.At, err = noteTime(v, f.Get("at"))
	return n, err
}

// noteTime is the instant of the day given: now for today and for none, noon
// for another.
func noteTime(v *visit, day string) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	d, err := farol.ParseDay(day)
	if err != nil {
		return time.Time{}, farol.InvalidField("at", "this is not a date: %s", day)
	}
	if d == farol.DayOf(v.now, v.company.location()) {
		return v.now, nil
	}
	return d.Start(v.company.location()).Add(12 * time.Hour), nil
}

func (s *server) addNote(v *visit) error {
	return s.undoableWork(v, "notes", func(id farol.AccountID, f url.Values) (string, store.UndoBody, error) {
		n, err := s.noteForm(v, f)
		if err != nil {
			return "", store.UndoBody{}, err
		}
		n.Account = id
		n, err = s.Store.AddNote(v.r.Context(), n)
		return v.p.T("The note was written."), store.UndoBody{Notes: []store.TextUndo{{ID: n.ID, Made: true, Changed: n.Changed}}}, err
	})
}

// previewNote shows Markdown as it will look.
func (s *server) previewNote(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "note", "preview", markdown(v.r.PostForm.Get("body"), s.handles(v)))
}

// notePage is one note with what it said before.
type notePage struct {
	shell
	refusal
	Note    noteRow
	Compose composer
	Tasks   []taskRow
	Edits   []editRow
	Back    string
	Asks    bool
}

type editRow struct {
	store.Edit
	Who  string
	HTML any
}

func (s *server) note(v *visit) error { return s.showNote(v, http.StatusOK, refusal{}, nil) }

func (s *server) showNote(v *visit, status int, r refusal, fields url.Values) error {
	look, err := v.clock()
	if err != nil {
		return err
	}
	n, err := s.Store.NoteAt(v.r.Context(), v.r.PathValue("id"), v.past)
	if err != nil {
		return err
	}
	rows, err := s.noteRows(v, []store.Note{n})
	if err != nil {
		return err
	}
	p := notePage{shell: v.shell(lang.Text("Note")), refusal: r, Note: rows[0], Back: customerTab(n.Account, "notes")}
	p.View = look
	p.Title = cmp.Or(n.Title, v.p.T("Note"))
	p.Question = v.p.T("What was said, and what follows from it?")
	p.Crumb = &crumb{rows[0].AccountName, linkWith(customerHref(n.Account), v.clocks, "tab", "notes")}
	templates, err := s.noteTemplates(v)
	if err != nil {
		return err
	}
	c := composer{Kind: n.Kind, NoteTitle: n.Title, Body: n.Body, At: farol.DayOf(n.At, v.company.location()).String()}
	chosen := n.Participants
	if fields != nil {
		c.Kind, c.NoteTitle, c.Body, c.At, chosen = fields.Get("kind"), fields.Get("title"), fields.Get("body"), fields.Get("at"), fields["participant"]
	}
	c.Kinds = s.kindChoices(v, templates, c.Kind)
	if err := s.fillParticipants(v, &c, n.Account, chosen); err != nil {
		return err
	}
	p.Compose, p.Asks = c, fields != nil
	if err := s.fillNote(v, n, &p); err != nil {
		return err
	}
	return s.send(v, status, "note", v.panel(), p)
}

// fillNote adds the tasks of a note and what it said before.
func (s *server) fillNote(v *visit, n store.Note, p *notePage) error {
	byItem, err := s.Store.NoteTasks(v.r.Context(), n.ID)
	if err != nil {
		return err
	}
	var tasks []store.Task
	for _, t := range byItem {
		if t, err := s.Store.TaskAt(v.r.Context(), t.ID, v.past); err == nil { // else it was not there then
			tasks = append(tasks, t)
		}
	}
	slices.SortFunc(tasks, func(a, b store.Task) int { return strings.Compare(a.ID, b.ID) })
	if p.Tasks, err = s.taskRows(v, tasks); err != nil {
		return err
	}
	edits, err := s.Store.Edits(v.r.Context(), "note:"+n.ID)
	if err != nil {
		return err
	}
	who, err := s.writers(v)
	for _, e := range edits {
		if e.At.After(v.at()) {
			continue
		}
		p.Edits = append(p.Edits, editRow{e, cmp.Or(who[string(e.Author)], string(e.Author)), markdown(e.Body, s.handles(v))})
	}
	return err
}

// changeNote edits, pins, deletes or brings back a note. Editing and deleting
// is for its author, and for leaders.
func (s *server) changeNote(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, ctx, id := v.r.PostForm, v.r.Context(), v.r.PathValue("id")
	do := f.Get("do")
	if do == "edit" || do == "delete" {
		n, err := s.Store.Note(ctx, id)
		if err != nil {
			return err
		}
		if n.Author != v.member.ID && !leaders.allows(v.member.Role) {
			return farol.Errorf(farol.Forbidden, "Your role may not do this.")
		}
	}
	yes, no, u, undo, what := true, false, store.NoteUpdate{By: v.member.ID}, store.UndoBody{}, ""
	switch do {
	case "pin":
		u.Pinned = &yes
	case "unpin":
		u.Pinned = &no
	case "delete":
		u.Deleted, what, undo = &yes, v.p.T("The note was deleted."), store.UndoBody{Notes: []store.TextUndo{{ID: id}}}
	case "restore":
		u.Deleted = &no
	case "edit":
		n, err := s.noteForm(v, f)
		if refused, ok := v.refuse(err); err != nil && ok {
			return s.showNote(v, http.StatusUnprocessableEntity, refused, f)
		}
		u.Title, u.Body, u.Kind, u.Participants = &n.Title, &n.Body, &n.Kind, &n.Participants
		if !n.At.IsZero() {
			u.At = &n.At
		}
	default:
		return farol.InvalidField("do", "Choose what to do.")
	}
	n, err := s.Store.UpdateNote(ctx, id, u)
	if refused, ok := v.refuse(err); err != nil && ok && do == "edit" {
		return s.showNote(v, http.StatusUnprocessableEntity, refused, f)
	}
	if err != nil {
		return err
	}
	return v.redirect(s.withUndo(v, customerTab(n.Account, "notes"), what, undo))
}

// noteTemplates are those of the team, in the reader's language.
func (s *server) noteTemplates(v *visit) ([]store.NoteTemplate, error) {
	return s.Store.NoteTemplates(v.r.Context(), v.p)
}

func (s *server) noteTemplate(v *visit, name string) (store.NoteTemplate, bool, error) {
	all, err := s.noteTemplates(v)
	for _, t := range all {
		if t.Name == name {
			return t, true, err
		}
	}
	return store.NoteTemplate{}, false, err
}

// noteKind is what a kind of note is called.
func (s *server) noteKind(v *visit, kind string) string {
	switch kind {
	case "note":
		return v.p.T("Note")
	case "call":
		return v.p.T("Call")
	}
	t, ok, err := s.noteTemplate(v, kind)
	if err != nil || !ok {
		return kind
	}
	return t.Title
}

// templatesPage lists the templates of notes and lets the team change them.
type templatesPage struct {
	shell
	refusal
	List   []store.NoteTemplate
	Fields url.Values
	// Before are the versions of the one that is open, the newest first.
	Before []versionLine
	Open   string
}

type versionLine struct {
	Version   int
	Who       string
	When      time.Time
	BodyTitle string
	Body      string
}

func (s *server) noteTemplatesPage(v *visit) error {
	return s.showTemplates(v, http.StatusOK, refusal{}, nil)
}

func (s *server) showTemplates(v *visit, status int, r refusal, fields url.Values) error {
	p := templatesPage{shell: v.shell(lang.Text("Templates of notes")), refusal: r, Fields: fields, Open: v.r.URL.Query().Get("open")}
	p.Question = v.p.T("What does a good note of each kind say?")
	p.Crumb = &crumb{v.p.T("Settings"), "/settings"}
	var err error
	if p.List, err = s.noteTemplates(v); err != nil {
		return err
	}
	if p.Open != "" {
		versions, err := s.Store.DefinitionVersions(v.r.Context(), store.NoteTemplateKind, p.Open)
		if err != nil {
			return err
		}
		who, err := s.writers(v)
		if err != nil {
			return err
		}
		for _, d := range versions {
			var t store.NoteTemplate
			if err := json.Unmarshal(d.Body, &t); err != nil {
				return err
			}
			p.Before = append(p.Before, versionLine{d.Version, cmp.Or(who[d.Author], d.Author), d.Created, cmp.Or(t.Title, v.p.T("taken out")), t.Body})
		}
	}
	return s.send(v, status, "note_templates", "layout", p)
}

// Get is what was typed into a form that was refused.
func (p templatesPage) Get(name string) string { return p.Fields.Get(name) }

// saveTemplate makes a version of a template; without a title it is taken out.
func (s *server) saveTemplate(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	t := store.NoteTemplate{Name: f.Get("name"), Title: f.Get("title"), Body: f.Get("body")}
	var base *int
	var err error
	switch {
	case f.Get("do") == "remove":
		err = s.Store.RemoveNoteTemplate(v.r.Context(), t.Name, nil, string(v.member.ID))
	case t.Name == "":
		t.Name = slug(t.Title)
		if base, err = s.newTemplate(v, t.Name); err != nil {
			break
		}
		fallthrough
	default:
		err = s.Store.SaveNoteTemplate(v.r.Context(), t, base, string(v.member.ID))
	}
	if err == nil {
		return v.done("/note-templates", "saved")
	}
	if refused, ok := v.refuse(err); ok {
		return s.showTemplates(v, http.StatusUnprocessableEntity, refused, f)
	}
	return err
}

// newTemplate is the version that a new template of the name follows: that
// which took an earlier one out, 0 for none. Invalid when one of the name is in
// use: it would be replaced.
func (s *server) newTemplate(v *visit, name string) (*int, error) {
	_, used, err := s.noteTemplate(v, name)
	if err != nil {
		return nil, err
	}
	if used {
		return nil, farol.InvalidField("title", "is that of another template")
	}
	d, err := s.Store.Definition(v.r.Context(), store.NoteTemplateKind, name)
	if farol.KindOf(err) == farol.NotFound || farol.KindOf(err) == farol.Invalid {
		err = nil // saving it tells what is wrong with the name
	}
	return &d.Version, err
}
