package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// searchPage is what is found of what was typed: in the command palette, and
// as a page of its own for those without scripts.
type searchPage struct {
	shell
	Q      string
	Groups []foundGroup
	Count  int
}

type foundGroup struct {
	Title string
	Items []foundItem
}

// foundItem is somewhere to go, or something to do.
type foundItem struct {
	Title, Detail, Icon string
	Href                string
	// Post is the address that an action is posted to, with these fields.
	Post   string
	Fields []field
	// Drawer opens it at the side.
	Drawer bool
	// Value is what a field that asks for a customer is given.
	Value string
	// N numbers the items of a page.
	N int
}

// finder adds a group of what it finds; rank says how well a text fits.
type finder func(s *server, v *visit, q string) (foundGroup, error)

// finders are asked in this order. Another area adds its own.
var finders []finder

// The finders are set here because their functions lead back to routes.
func init() {
	finders = append(finders, findAccounts, findPeople, findActions, findPages, findArticles, findMetrics, findGlossary, findSegments, findTasks, findViews)
}

const (
	accountsFound = 8
	othersFound   = 5
)

func (s *server) search(v *visit) error {
	p := searchPage{shell: v.shell(lang.Text("Search")), Q: strings.TrimSpace(v.r.URL.Query().Get("q"))}
	p.Question = v.p.T("Where do you want to go?")
	if len([]rune(p.Q)) > 200 {
		return farol.InvalidField("q", "must have at most %d characters", 200)
	}
	use := finders
	if v.r.URL.Query().Get("only") == "account" {
		use = finders[:1]
	}
	for _, f := range use {
		g, err := f(s, v, p.Q)
		if err != nil {
			return err
		}
		if len(g.Items) > 0 {
			p.Groups = append(p.Groups, g)
		}
	}
	for _, g := range p.Groups {
		for i := range g.Items {
			g.Items[i].N = p.Count
			p.Count++
		}
	}
	block := "layout"
	if v.fragment() {
		block = "found"
	}
	return s.send(v, http.StatusOK, "search", block, p)
}

func findAccounts(s *server, v *visit, q string) (foundGroup, error) {
	g := foundGroup{Title: v.p.T("Customers")}
	list, err := s.Customers.Find(v.r.Context(), q, accountsFound, nil)
	if err != nil || len(list) == 0 {
		return g, err
	}
	n, err := s.names(v)
	for _, a := range list {
		detail := string(a.ID)
		if a.Name == string(a.ID) {
			detail = ""
		}
		if stage := n.value("stage", a.Stage()); stage != "" {
			detail = cmp.Or(stage, detail)
		}
		g.Items = append(g.Items, foundItem{Title: a.Name, Detail: detail, Icon: "users", Href: "/customers/" + url.PathEscape(string(a.ID)), Value: string(a.ID)})
	}
	return g, err
}

// findPeople searches the people in sight. A letter or two fit too many to mean
// anybody.
func findPeople(s *server, v *visit, q string) (foundGroup, error) {
	g := foundGroup{Title: v.p.T("People")}
	if len([]rune(q)) < 3 || len(strings.Fields(q)) > 20 {
		return g, nil
	}
	list, err := s.Facts.FindPeople(v.r.Context(), facts.PeopleQuery{Search: q, Tests: true, Limit: othersFound})
	if err != nil {
		return g, err
	}
	for _, x := range list {
		title := cmp.Or(x.Name, x.Email, string(x.ID))
		detail := s.accountName(v, x.Account)
		if x.Email != "" && x.Email != title {
			detail = strings.TrimPrefix(detail+" · "+x.Email, " · ")
		}
		g.Items = append(g.Items, foundItem{Title: title, Detail: detail, Icon: "user", Href: personHref(x.ID)})
	}
	return g, nil
}

// findArticles searches the published articles, in one's language first.
func findArticles(s *server, v *visit, q string) (foundGroup, error) {
	g := foundGroup{Title: v.p.T("Knowledge base")}
	if len([]rune(q)) < 3 {
		return g, nil
	}
	list, err := s.Store.Articles(v.r.Context(), store.ArticleQuery{Search: q, Readers: true, Language: string(v.p.Code()), Limit: othersFound})
	for _, a := range list {
		g.Items = append(g.Items, foundItem{Title: a.Title, Detail: strings.Join(a.Topics, ", "), Icon: "notes", Href: "/knowledge/" + url.PathEscape(a.ID)})
	}
	return g, err
}

// bestOf keeps the items that fit what was typed, the best first.
func bestOf(items []foundItem, q string, limit int, also func(foundItem) string) []foundItem {
	type ranked struct {
		foundItem
		rank int
	}
	var fit []ranked
	for _, i := range items {
		text := i.Title
		if also != nil {
			text += " " + also(i)
		}
		if r := customer.Rank(text, q); r > 0 {
			if exact := customer.Fold(q); exact == customer.Fold(i.Title) || exact == customer.Fold(i.Detail) {
				r = 4
			}
			fit = append(fit, ranked{i, r})
		}
	}
	// Of two that fit as well the shorter says more exactly what was meant.
	slices.SortStableFunc(fit, func(a, b ranked) int { return cmp.Or(b.rank-a.rank, len(a.Title)-len(b.Title)) })
	var out []foundItem
	for _, f := range fit[:min(len(fit), limit)] {
		out = append(out, f.foundItem)
	}
	return out
}

func findPages(s *server, v *visit, q string) (foundGroup, error) {
	var all []foundItem
	for _, group := range v.nav() {
		for _, i := range group.Items {
			all = append(all, foundItem{Title: v.p.Text(i.Title), Icon: i.Icon, Href: i.Href, Detail: v.p.Text(group.Title)})
		}
	}
	all = append(all, foundItem{Title: v.p.T("Your account"), Icon: "user", Href: "/account"}, foundItem{Title: v.p.T("Templates of notes"), Icon: "notes", Href: "/note-templates"},
		foundItem{Title: v.p.T("Saved views"), Icon: "bookmark", Href: "/views"})
	limit := othersFound
	if q == "" {
		return foundGroup{v.p.T("Pages"), all}, nil
	}
	return foundGroup{v.p.T("Pages"), bestOf(all, q, limit, nil)}, nil
}

// findActions lists what can be done from anywhere; on a customer's page it
// can be done for that customer.
func findActions(s *server, v *visit, q string) (foundGroup, error) {
	var all []foundItem
	here := v.r.URL.Query().Get("at")
	if workers.allows(v.member.Role) {
		name := ""
		if about := accountOfPath(here); about != "" {
			if a, err := s.Customers.Account(v.r.Context(), farol.AccountID(about)); err == nil {
				name = a.Name
			}
		}
		for _, x := range creations {
			item := foundItem{Title: v.p.Text(x.title), Icon: x.icon, Href: "/new/" + x.name, Drawer: true}
			if x.about {
				item.Detail = name
			}
			all = append(all, item)
		}
		if u, err := s.Store.Undo(v.r.Context(), v.member.ID, ""); err == nil {
			all = append(all, foundItem{Title: v.p.T("Undo"), Detail: u.What, Icon: "arrow-back-up", Post: "/undo/last", Fields: []field{{"back", localPath(here)}}})
		}
		all = append(all, foundItem{Title: v.p.T("Write an article"), Icon: "notes", Href: "/knowledge/new"}, foundItem{Title: v.p.T("New segment"), Icon: "filter", Href: "/segments/new"},
			foundItem{Title: v.p.T("A shared goal"), Icon: "plus", Href: "/goals/new"})
	}
	all = append(all,
		foundItem{Title: v.p.T("Mark all notices as read"), Icon: "bell", Post: "/notices", Fields: []field{{"do", "seen"}, {"back", localPath(here)}}},
		foundItem{Title: v.p.T("Dark colours"), Icon: "moon", Post: "/theme", Fields: []field{{"theme", "dark"}, {"back", localPath(here)}}},
		foundItem{Title: v.p.T("Light colours"), Icon: "sun", Post: "/theme", Fields: []field{{"theme", "light"}, {"back", localPath(here)}}},
	)
	for _, c := range lang.Codes {
		all = append(all, foundItem{Title: v.p.T("Language: %s", c.Name()), Icon: "message-circle", Post: "/language", Fields: []field{{"language", string(c)}, {"back", localPath(here)}}})
	}
	all = append(all, foundItem{Title: v.p.T("Sign out"), Icon: "logout", Post: "/sign-out"})
	if q == "" {
		return foundGroup{v.p.T("Actions"), all[:min(len(all), 6)]}, nil
	}
	return foundGroup{v.p.T("Actions"), bestOf(all, q, othersFound, nil)}, nil
}

// accountOfPath is the account whose page the path is, "" for another.
func accountOfPath(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		return ""
	}
	rest, ok := strings.CutPrefix(u.EscapedPath(), "/customers/")
	if !ok || strings.Contains(rest, "/") {
		return ""
	}
	id, err := url.PathUnescape(rest)
	if err != nil {
		return ""
	}
	return id
}

func findMetrics(s *server, v *visit, q string) (foundGroup, error) {
	var all []foundItem
	for _, m := range s.Metrics.Catalogue().All() {
		all = append(all, foundItem{Title: m.Title.In(v.p.Code()), Detail: strings.ReplaceAll(m.Name, "_", " "), Icon: "chart-line", Href: "/metrics/" + m.Name})
	}
	return foundGroup{v.p.T("Metrics"), bestOf(all, q, othersFound, func(i foundItem) string { return i.Detail })}, nil
}

func findGlossary(s *server, v *visit, q string) (foundGroup, error) {
	var all []foundItem
	for _, e := range s.glossary.All(string(v.p.Code())) {
		all = append(all, foundItem{Title: e.In(string(v.p.Code())).Term, Icon: "list", Href: "/glossary/" + url.PathEscape(e.ID)})
	}
	return foundGroup{v.p.T("Glossary"), bestOf(all, q, othersFound, nil)}, nil
}

func findSegments(s *server, v *visit, q string) (foundGroup, error) {
	b, err := v.segments(v.r.Context())
	var all []foundItem
	for _, x := range b.All() {
		all = append(all, foundItem{Title: x.Title, Detail: x.Name, Icon: "filter", Href: "/segments/" + url.PathEscape(x.Name)})
	}
	return foundGroup{v.p.T("Segments"), bestOf(all, q, othersFound, func(i foundItem) string { return i.Detail })}, err
}

// findTasks searches the titles of open tasks.
func findTasks(s *server, v *visit, q string) (foundGroup, error) {
	g := foundGroup{Title: v.p.T("Tasks")}
	if len([]rune(q)) < 3 {
		return g, nil
	}
	list, err := s.Store.Tasks(v.r.Context(), store.TaskQuery{Search: q, Open: true, Limit: othersFound})
	for _, t := range list {
		g.Items = append(g.Items, foundItem{Title: t.Title, Detail: s.accountName(v, t.Account), Icon: "check", Href: "/tasks/" + url.PathEscape(t.ID), Drawer: true})
	}
	return g, err
}

func findViews(s *server, v *visit, q string) (foundGroup, error) {
	list, err := s.Store.Views(v.r.Context(), string(v.member.ID))
	var all []foundItem
	for _, x := range list {
		all = append(all, foundItem{Title: x.Name, Detail: x.Path, Icon: "bookmark", Href: x.Href()})
	}
	return foundGroup{v.p.T("Saved views"), bestOf(all, q, othersFound, nil)}, err
}

// jumpKeys are the letters that lead to pages after "g".
var jumpKeys = map[string]string{
	"/my-day": "d", "/customers": "c", "/stages": "s", "/tasks": "t", "/notices": "n", "/community": "b", "/": "o", "/people": "p", "/segments": "e",
	"/knowledge": "k", "/articles": "k", "/goals": "g", "/tickets": "i", "/catalogue": "m", "/revenue": "r", "/churn": "h", "/adoption": "a", "/live": "l", "/settings": "x",
}

// Jump is the letter that leads to the page after "g", "" for none.
func (i navItem) Jump() string { return jumpKeys[i.Href] }

// colleague is a member as a mention names them.
type colleague struct {
	Handle string `json:"handle"`
	Name   string `json:"name"`
	Role   string `json:"role"`
}

// colleagues answers whom a text may mention, as JSON.
func (s *server) colleagues(v *visit) error {
	members, err := s.Store.Members(v.r.Context())
	if err != nil {
		return err
	}
	out := []colleague{}
	for _, m := range active(members) {
		handle, _, _ := strings.Cut(m.Email, "@")
		out = append(out, colleague{handle, m.Name, v.p.Text(roleTitles[m.Role])})
	}
	return v.json(out)
}

// accountField reads a field that names a customer: by id, or by a name that
// only one has. "" is nobody.
func (s *server) accountField(v *visit, field, text string) (farol.AccountID, error) {
	ctx, text := v.r.Context(), strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	all, err := s.Customers.Accounts(ctx)
	if err != nil {
		return "", err
	}
	if a, ok := all[farol.AccountID(text)]; ok {
		return a.ID, nil
	}
	var same []farol.AccountID
	folded := customer.Fold(text)
	list, err := s.Customers.Find(ctx, text, 20, nil)
	for _, a := range list {
		if customer.Fold(a.Name) == folded {
			same = append(same, a.ID)
		}
	}
	switch {
	case err != nil:
		return "", err
	case len(same) == 1:
		return same[0], nil
	case len(same) > 1:
		return "", farol.InvalidField(field, "several customers are called %s: choose one of the list", text)
	}
	return "", farol.InvalidField(field, "there is no such customer: %s", text)
}

// json answers a document for the scripts of a page.
func (v *visit) json(body any) error {
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(body)
}
