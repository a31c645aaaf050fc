package web

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol/glossary"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// What the glossary says is measured, a metric measures; and every language of
// the program has its words.
func TestGlossaryNamesMetrics(t *testing.T) {
	g, err := glossary.Load()
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := metric.Load()
	if err != nil {
		t.Fatal(err)
	}
	measured := 0
	for _, m := range catalogue.All() {
		if len(g.Of(m.Name)) == 0 {
			t.Errorf("no entry speaks of %s", m.Name)
		}
	}
	for _, e := range g.All("en") {
		for _, name := range e.Variants {
			if _, err := catalogue.Find(name); err != nil {
				t.Errorf("%s: %v", e.ID, err)
			}
		}
		if e.Metric == "" {
			continue
		}
		measured++
		if _, err := catalogue.Find(e.Metric); err != nil {
			t.Errorf("%s: %v", e.ID, err)
		}
	}
	if measured < 10 {
		t.Errorf("%d entries are measured", measured)
	}
	if len(glossary.Languages) != len(lang.Codes) {
		t.Errorf("the glossary speaks %v, the program %v", glossary.Languages, lang.Codes)
	}
	for i, c := range lang.Codes {
		if string(c) != glossary.Languages[i] {
			t.Errorf("the glossary speaks %v, the program %v", glossary.Languages, lang.Codes)
		}
	}
}

func TestGlossary(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		a := s.get(who, "/glossary").is(200).has(`.letters a[aria-current]`, 1).has("article.entry", -1)
		a.has(`nav.side a[href="/catalogue"][aria-current]`, 1).has(`.tabs a[href="/glossary"][aria-current]`, 1)
		for _, term := range a.doc.Find("article.entry h2").EachIter() {
			if !strings.HasPrefix(glossary.Fold(term.Text()), "a") {
				t.Errorf("under A there is %q", term.Text())
			}
		}
		// The reader's letter of an entry, its figure of now, and its metric.
		a = s.get(who, "/glossary/mrr").is(302)
		letter := map[lang.Code]string{lang.English: "M", lang.Portuguese: "R"}[code]
		if got := a.header.Get("Location"); got != "/glossary?letter="+letter+"#mrr" {
			t.Errorf("it leads to %s", got)
		}
		a = s.get(who, "/glossary?letter="+letter).is(200).has("article#mrr", 1)
		a.says("article#mrr .figure .value", map[lang.Code]string{lang.English: "R$15,750", lang.Portuguese: "R$ 15.750"}[code])
		a.has(`article#mrr .figure a[href="/metrics/mrr"]`, 1).has(`article#mrr .figure a[data-drawer]`, 1)
		a.says("article#mrr", map[lang.Code]string{lang.English: "Receita recorrente mensal", lang.Portuguese: "Monthly recurring revenue"}[code])
		if href := a.attr("article#mrr p:last-child a", "href"); s.get(who, strings.Split(href, "#")[0]).is(200).doc.Find("article#"+strings.Split(href, "#")[1]).Length() != 1 {
			t.Errorf("%s leads nowhere", href)
		}
		// Accents and capitals are no matter, nor is the language.
		for _, search := range []string{"ATIVACAO", "activation"} {
			s.get(who, "/glossary?q="+search).is(200).has("article#activation", 1).has(".letters a[aria-current]", 0)
		}
		s.get(who, "/glossary?q=zzzz").is(200).has("article.entry", 0).has("main svg.lamp", 1)
		a = s.get(as{role: store.Viewer, code: code, fragment: true}, "/glossary?q=e").is(200).has("article.entry", shownEntries)
		if strings.Contains(a.body, "<html") || a.doc.Find(".figure").Length() > liveEntries {
			t.Errorf("a fragment of %d figures", a.doc.Find(".figure").Length())
		}
		s.get(who, "/metrics/mrr").says(".glossary-of", "MRR").has(`.glossary-of a[href$="#mrr"]`, 1)
		s.get(who, "/catalogue").has(`a[href$="#mrr"]`, 1)
	})
	s.get(admin, "/glossary/nothing").is(404)
	s.get(admin, "/glossary?letter=%3F").is(200).has("article.entry", -1)
	s.get(admin, "/glossary?period=x").is(400)
}

// Without facts there is no figure, and the words are there.
func TestGlossaryWithoutFacts(t *testing.T) {
	staffed(t).get(admin, "/glossary?q=mrr").is(200).has("article#mrr", 1).has(".figure", 0)
}
