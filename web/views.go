package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// viewsPage lists the saved views that the member sees.
type viewsPage struct {
	shell
	refusal
	Rows []savedView
}

// savedView is a saved view as text.
type savedView struct {
	store.View
	// Where is what the page is called, What its parameters in short.
	Where, What string
	Author      string
	// Here tells that it is of the page that asks.
	Here bool
	// Mine tells that the member may change it.
	Mine bool
}

// keeper is the member as the store knows who keeps views.
func (v *visit) keeper() store.Keeper {
	return store.Keeper{ID: string(v.member.ID), Leader: leaders.allows(v.member.Role)}
}

func (s *server) views(v *visit) error { return s.showViews(v, http.StatusOK, "layout", refusal{}) }

// viewsMenu is the list in the menu of the controls.
func (s *server) viewsMenu(v *visit) error {
	return s.showViews(v, http.StatusOK, "views-menu", refusal{})
}

func (s *server) showViews(v *visit, status int, block string, r refusal) error {
	p := viewsPage{shell: v.shell(lang.Text("Saved views")), refusal: r}
	p.Question = v.p.T("Which views of the pages have we kept, and which opens by itself?")
	k := v.keeper()
	list, err := s.Store.Views(v.r.Context(), k.ID)
	if err != nil {
		return err
	}
	authors, err := s.writers(v)
	if err != nil {
		return err
	}
	here := ""
	if u, err := url.Parse(v.r.Header.Get("HX-Current-URL")); err == nil {
		here = u.Path
	}
	for _, x := range list {
		row := savedView{View: x, Where: v.p.Text(pageTitle(x.Path)), Author: authors[x.Owner], Mine: x.Owner == k.ID || k.Leader, Here: x.Path == here}
		if row.Author == "" {
			row.Author = v.p.T("an API token")
		}
		if q, err := url.ParseQuery(x.Query); err == nil {
			row.What = inShort(v.p, q)
		}
		p.Rows = append(p.Rows, row)
	}
	slices.SortStableFunc(p.Rows, func(a, b savedView) int {
		switch {
		case a.Here == b.Here:
			return 0
		case a.Here:
			return -1
		}
		return 1
	})
	return s.send(v, status, "views", block, p)
}

// pageTitle is what a page is called in the menu at the left, else its path.
func pageTitle(path string) lang.Text {
	for _, g := range navigation {
		for _, i := range g.Items {
			if i.Href == path {
				return i.Title
			}
		}
	}
	return lang.Text(path)
}

// inShort writes parameters as people read them: "Last 12 months · plan=Pro".
func inShort(p *lang.Printer, q url.Values) string {
	var parts []string
	if x := q.Get("q"); x != "" {
		parts = append(parts, "“"+x+"”")
	}
	parts = append(parts, q["where"]...)
	if x := q.Get("cols"); x != "" {
		n := len(strings.Split(x, ","))
		parts = append(parts, p.N(n, "%d column", "%d columns"))
	}
	for _, k := range append(append([]string{}, viewKeys...), "by", "metric", "group", "setting", "sort", "dir", "view", "state", "kind", "status", "topic") {
		for _, x := range q[k] {
			if x != "" {
				parts = append(parts, keptText(p, k, x))
			}
		}
	}
	return strings.Join(parts, " · ")
}

// keptText is one parameter in words; what cannot be read stays as it is.
func keptText(p *lang.Printer, key, x string) string {
	when := x
	if day, err := farol.ParseDay(x); err == nil {
		when = p.Date(day)
	}
	switch key {
	case "segment":
		return x
	case "period":
		for _, known := range presets {
			if known.Name == x {
				return p.Text(known.Title)
			}
		}
	case "from":
		return p.T("from %s", when)
	case "until":
		return p.T("until %s", when)
	case "grain":
		if title, ok := grainTitles[farol.Grain(x)]; ok {
			return p.Text(title)
		}
	case "as_of":
		return p.T("As of %s", when)
	case "known":
		return p.T("Known at %s", when)
	case "by":
		return p.T("By %s", x)
	}
	return key + " " + x
}

// saveView keeps the page that the form stands on.
func (s *server) saveView(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	here, err := url.Parse(localPath(v.r.PostForm.Get("here")))
	if err != nil {
		return farol.InvalidField("here", "This is not a page.")
	}
	saved, err := s.Store.AddView(v.r.Context(), store.View{
		Owner: string(v.member.ID), Name: v.r.PostForm.Get("name"), Path: here.Path, Query: here.RawQuery, Shared: v.r.PostForm.Get("shared") == "yes",
	})
	if err == nil && v.r.PostForm.Get("default") == "yes" {
		err = s.Store.SetDefaultView(v.r.Context(), string(v.member.ID), saved.ID, true)
	}
	if r, ok := v.refuse(err); ok {
		return s.showViews(v, http.StatusUnprocessableEntity, "layout", r)
	}
	if err != nil {
		return err
	}
	q := here.Query()
	q.Set("done", "view")
	return v.redirect(here.Path + "?" + q.Encode())
}

// changeView does one thing to a view: what the button says.
func (s *server) changeView(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	ctx, id, k, f := v.r.Context(), v.r.PathValue("id"), v.keeper(), v.r.PostForm
	var err error
	done := "view-changed"
	switch f.Get("do") {
	case "rename":
		name := f.Get("name")
		_, err = s.Store.ChangeView(ctx, k, id, &name, nil)
	case "share", "unshare":
		shared := f.Get("do") == "share"
		_, err = s.Store.ChangeView(ctx, k, id, nil, &shared)
	case "default", "no-default":
		err = s.Store.SetDefaultView(ctx, k.ID, id, f.Get("do") == "default")
	case "delete":
		err, done = s.Store.DeleteView(ctx, k, id), "view-gone"
	default:
		// A form without a button: the view is looked up, and nothing done.
		if _, err = s.Store.View(ctx, k.ID, id); err == nil {
			err = farol.InvalidField("do", "Choose what to do.")
		}
	}
	if r, ok := v.refuse(err); ok {
		return s.showViews(v, http.StatusUnprocessableEntity, "layout", r)
	}
	if err != nil {
		return err
	}
	return v.done("/views", done)
}

// unasked leads to the member's own default view of the page, when the
// address says nothing of what to look at.
func (s *server) unasked(v *visit) (to string, ok bool) {
	if v.member == nil || v.r.Method != http.MethodGet || v.r.URL.RawQuery != "" || v.fragment() {
		return "", false
	}
	x, err := s.Store.DefaultView(v.r.Context(), string(v.member.ID), v.r.URL.Path)
	if err != nil || x.Query == "" {
		if err != nil && farol.KindOf(err) != farol.NotFound {
			s.Log.Error("reading the default view", "error", err) // the page itself is no worse
		}
		return "", false
	}
	return x.Href(), true
}
