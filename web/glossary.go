package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/glossary"
	"github.com/farol-cs/farol/lang"
)

// glossaryPage is the words of Customer Success: one letter, or what a search
// finds.
type glossaryPage struct {
	shell
	Search  string
	Letters []letter
	Entries []entryView
	// Total is how many entries there are, More how many found ones are not
	// shown.
	Total, More int
}

// letter is one of the bar; Href is "" when no entry begins with it.
type letter struct {
	Name, Href string
	Current    bool
}

// entryView is an entry in the reader's language.
type entryView struct {
	ID string
	glossary.Words
	// Other is the term in the other language.
	Other, Href string
	Related     []link
	// Card is the live figure of the entry's metric, nil when it has none.
	Card *card
}

const (
	// shownEntries bounds what a search shows, liveEntries how many of the
	// shown entries tell their figure of now.
	shownEntries, liveEntries = 60, 12
	// figureDays is how far back a live figure looks.
	figureDays = 124
)

// entryHref leads to the entry among its letter.
func entryHref(e *glossary.Entry, c lang.Code) string { return entryIn(&view{}, e, c) }

// entryIn is the same with the view kept.
func entryIn(look *view, e *glossary.Entry, c lang.Code) string {
	return look.Link("/glossary", "letter", e.Letter(string(c))) + "#" + e.ID
}

func (s *server) glossaryPage(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	code := v.p.Code()
	q := v.r.URL.Query()
	p := glossaryPage{shell: v.shell(lang.Text("Metrics & glossary")), Search: q.Get("q")}
	p.Question, p.View, p.extra = v.p.T("What does this word mean, and where do we stand?"), look, url.Values{}
	for _, k := range []string{"q", "letter"} {
		if x := q.Get(k); x != "" {
			p.extra.Set(k, x)
		}
	}
	all := s.glossary.All(string(code))
	p.Total = len(all)
	at := q.Get("letter")
	found := all
	if p.Search != "" {
		found, at = s.glossary.Search(p.Search, string(code)), ""
	} else {
		if !slices.ContainsFunc(all, func(e *glossary.Entry) bool { return e.Letter(string(code)) == at }) {
			at = all[0].Letter(string(code))
		}
		found = slices.DeleteFunc(slices.Clone(all), func(e *glossary.Entry) bool { return e.Letter(string(code)) != at })
	}
	p.letters(all, code, at)
	p.More = max(0, len(found)-shownEntries)
	for _, e := range found[:min(len(found), shownEntries)] {
		p.Entries = append(p.Entries, s.entryView(look, e, code))
	}
	if err := s.figures(v, look, found, p.Entries); err != nil {
		return err
	}
	block := "layout"
	if v.fragment() {
		block = "glossary-entries"
	}
	return s.send(v, http.StatusOK, "glossary", block, p)
}

// letters makes the bar from A to Z.
func (p *glossaryPage) letters(all []*glossary.Entry, code lang.Code, at string) {
	has := map[string]bool{}
	for _, e := range all {
		has[e.Letter(string(code))] = true
	}
	for l := 'A'; l <= 'Z'; l++ {
		x := letter{Name: string(l), Current: string(l) == at}
		if has[x.Name] {
			x.Href = p.View.Link("/glossary", "letter", x.Name)
		}
		p.Letters = append(p.Letters, x)
	}
}

func (s *server) entryView(look *view, e *glossary.Entry, code lang.Code) entryView {
	out := entryView{ID: e.ID, Words: e.In(string(code)), Other: e.In(string(other(code))).Term, Href: entryIn(look, e, code)}
	if out.Other == out.Term {
		out.Other = ""
	}
	for _, id := range e.Related {
		if r, err := s.glossary.Find(id); err == nil {
			out.Related = append(out.Related, link{r.In(string(code)).Term, entryIn(look, r, code)})
		}
	}
	return out
}

// figures reads the figures of the first entries that have a metric.
func (s *server) figures(v *visit, look *view, entries []*glossary.Entry, views []entryView) error {
	if s.Facts.LastKnown().IsZero() {
		return nil
	}
	// Only the latest figure is shown, so little is read: enough months for one
	// whose window has passed.
	near := *look
	near.Period.From = max(near.Period.From, near.Period.To-farol.Day(figureDays))
	g, ctx := errgroup.WithContext(v.r.Context())
	g.SetLimit(atOnce)
	v.r = v.r.WithContext(ctx)
	live := 0
	for i := range views {
		name := entries[i].Metric
		if name == "" || live == liveEntries {
			continue
		}
		live++
		g.Go(func() (err error) {
			views[i].Card, err = s.cardOf(v, &near, name, false)
			return err
		})
	}
	return g.Wait()
}

// glossaryCSV is all entries in the reader's language.
func (s *server) glossaryCSV(v *visit) error {
	code := v.p.Code()
	out := v.csv("glossary.csv")
	write(out, []string{"entry", "term", "also", "text", "other", "metric", "related"})
	for _, e := range s.glossary.All(string(code)) {
		w := e.In(string(code))
		write(out, []string{e.ID, w.Term, strings.Join(w.Also, ", "), w.Text, e.In(string(other(code))).Term, e.Metric, strings.Join(e.Related, " ")})
	}
	out.Flush()
	return nil
}

// glossaryEntry leads to an entry, whichever its letter in the reader's
// language is.
func (s *server) glossaryEntry(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	e, err := s.glossary.Find(v.r.PathValue("id"))
	if err != nil {
		return farol.Errorf(farol.NotFound, "The glossary has no such entry.")
	}
	http.Redirect(v.w, v.r, entryIn(look, e, v.p.Code()), http.StatusFound)
	return nil
}
