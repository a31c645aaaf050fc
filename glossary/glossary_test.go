package glossary

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var sentenceEnd = regexp.MustCompile(`[.?!]( |$)`)

// Every entry is whole in both languages, of two to four sentences, and found
// by its own names.
func TestEntries(t *testing.T) {
	g, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(g.entries); n < 130 {
		t.Errorf("%d entries", n)
	}
	for _, c := range Languages {
		terms := map[string]string{}
		for _, e := range g.entries {
			w := e.In(c)
			if n := len(sentenceEnd.FindAllString(w.Text, -1)); n < 2 || n > 4 {
				t.Errorf("%s [%s] has %d sentences", e.ID, c, n)
			}
			if len(w.Text) < 80 || len(w.Text) > 700 || strings.Contains(w.Text, "  ") || !strings.HasSuffix(w.Text, ".") {
				t.Errorf("%s [%s] does not read well: %q", e.ID, c, w.Text)
			}
			if other, twice := terms[Fold(w.Term)]; twice {
				t.Errorf("%s and %s are both %q [%s]", e.ID, other, w.Term, c)
			}
			terms[Fold(w.Term)] = e.ID
			if slices.Contains(w.Also, w.Term) {
				t.Errorf("%s [%s] is its own synonym", e.ID, c)
			}
			if found := g.Search(w.Term, c); !slices.Contains(found, e) {
				t.Errorf("%s is not found by %q", e.ID, w.Term)
			}
			if l := e.Letter(c); len(l) != 1 || l < "A" || l > "Z" {
				t.Errorf("%s [%s] is under %q", e.ID, c, l)
			}
		}
	}
	// A text that is the same in both languages was not translated.
	for _, e := range g.entries {
		if e.In("en").Text == e.In("pt-BR").Text {
			t.Errorf("%s has one text", e.ID)
		}
	}
}

func TestSearch(t *testing.T) {
	g, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for search, want := range map[string]string{"ATIVACAO taxa": "activation-rate", "coorte": "cohort", "ndr": "nrr", "nps relacional": "relational-nps", "mrr": "mrr"} {
		if found := g.Search(search, "pt-BR"); !slices.ContainsFunc(found, func(e *Entry) bool { return e.ID == want }) {
			t.Errorf("%q does not find %s", search, want)
		}
	}
	// What is called so comes before what mentions it.
	if found := g.Search("kickoff", "en"); found[0].ID != "kickoff" {
		t.Errorf("kickoff finds %s first", found[0].ID)
	}
	if found := g.Search("zzzz", "en"); len(found) != 0 {
		t.Errorf("nonsense finds %d", len(found))
	}
	pt := g.All("pt-BR")
	if len(pt) != len(g.entries) || pt[0].Letter("pt-BR") != "A" {
		t.Errorf("the first of %d is %s", len(pt), pt[0].ID)
	}
	// Á is among A, not after Z.
	for i := 1; i < len(pt); i++ {
		if pt[i].Letter("pt-BR") < pt[i-1].Letter("pt-BR") {
			t.Errorf("%s comes after %s", pt[i].In("pt-BR").Term, pt[i-1].In("pt-BR").Term)
		}
	}
	if of := g.Of("nps"); len(of) != 1 || of[0].ID != "nps" {
		t.Errorf("metric nps is explained by %v", of)
	}
	if _, err := g.Find("nothing"); err == nil {
		t.Error("an entry of no name is found")
	}
	if e, err := g.Find("nps"); err != nil || e.In("fr").Term != e.In("en").Term {
		t.Errorf("%v, %v", e, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	whole := `[[entry]]
id = "a"
related = ["b"]
[entry.en]
term = "A"
text = "What it is. More."
[entry.pt-BR]
term = "A"
text = "O que é. Mais."
`
	b := strings.NewReplacer(`"a"`, `"b"`, `["b"]`, `["a"]`).Replace(whole)
	for _, c := range []struct{ text, want string }{
		{whole, "no other entry"},
		{whole + whole, "twice"},
		{strings.Replace(whole, `id = "a"`, `id = "A b"`, 1), "small letters"},
		{strings.Replace(whole, `related = ["b"]`, ``, 1), "related to nothing"},
		{strings.Replace(whole, `related = ["b"]`, `related = ["a"]`, 1), "no other entry"},
		{strings.Replace(whole, `text = "O que é. Mais."`, ``, 1), "in pt-BR"},
		{strings.Replace(whole, `term = "A"`, ``, 1), "in en"},
		{whole + "kind = 1\n", "unknown key"},
		{"[[entry]", "expected"},
	} {
		_, err := load(fstest.MapFS{"x.toml": {Data: []byte(c.text)}}, "*.toml")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
	if _, err := load(fstest.MapFS{"x.toml": {Data: []byte(whole + b)}}, "*.toml"); err != nil {
		t.Error(err)
	}
}
