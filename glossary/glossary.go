// Package glossary is the words of Customer Success and Customer Experience,
// each explained in every language of the program, in our own words. The
// entries are files of entries/, compiled in.
package glossary

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/farol-cs/farol"
)

//go:embed entries/*.toml
var entries embed.FS

// Languages are those in which every entry is written, by the codes of
// package lang.
var Languages = []string{"en", "pt-BR"}

// Entry is one term.
type Entry struct {
	// ID is its name in addresses: "activation-rate".
	ID string
	// Metric is the metric that measures it, "" for none.
	Metric string
	// Variants are further metrics of the same thing, counted otherwise.
	Variants []string
	// Related are ids of other entries.
	Related []string
	words   map[string]Words
	// name and all are what a search looks through, folded: what the entry is
	// called, and that with its texts.
	name, all string
}

// Words are an entry in one language.
type Words struct {
	Term string `toml:"term"`
	// Also are its synonyms and acronyms, perhaps of the other language where
	// people use them so.
	Also []string `toml:"also"`
	// Text explains it in two to four sentences.
	Text string `toml:"text"`
}

// In is the entry in the language, in English where it is not known.
func (e *Entry) In(code string) Words {
	if w, ok := e.words[code]; ok {
		return w
	}
	return e.words[Languages[0]]
}

// Letter is under which letter a dictionary of the language has the entry:
// A to Z without accent.
func (e *Entry) Letter(code string) string {
	return strings.ToUpper(string([]rune(Fold(e.In(code).Term))[:1]))
}

// Glossary is every entry.
type Glossary struct {
	entries []*Entry
	byID    map[string]*Entry
}

// Load reads the entries that were compiled in. It fails on the first that
// lacks anything.
func Load() (*Glossary, error) { return load(entries, "entries/*.toml") }

func load(files fs.FS, pattern string) (*Glossary, error) {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return nil, err
	}
	g := &Glossary{byID: map[string]*Entry{}}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err == nil {
			err = g.read(string(text))
		}
		if err != nil {
			return nil, fmt.Errorf("glossary %s: %w", name, err)
		}
	}
	for _, e := range g.entries {
		for _, id := range e.Related {
			if g.byID[id] == nil || id == e.ID {
				return nil, fmt.Errorf("glossary: %s is related to %q, which is no other entry", e.ID, id)
			}
		}
	}
	return g, nil
}

var identifier = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// read adds the entries of a file.
func (g *Glossary) read(text string) error {
	var file struct {
		Entry []struct {
			ID         string   `toml:"id"`
			Metric     string   `toml:"metric"`
			Variants   []string `toml:"variants"`
			Related    []string `toml:"related"`
			English    Words    `toml:"en"`
			Portuguese Words    `toml:"pt-BR"`
		} `toml:"entry"`
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("has an unknown key %s", unknown[0])
	}
	for _, f := range file.Entry {
		e := &Entry{ID: f.ID, Metric: f.Metric, Variants: f.Variants, Related: f.Related, words: map[string]Words{"en": f.English, "pt-BR": f.Portuguese}}
		if err := e.check(); err != nil {
			return fmt.Errorf("entry %q: %w", f.ID, err)
		}
		if g.byID[e.ID] != nil {
			return fmt.Errorf("entry %q is there twice", e.ID)
		}
		e.name = Fold(e.names())
		e.all = e.name + Fold(e.texts())
		g.entries, g.byID[e.ID] = append(g.entries, e), e
	}
	return nil
}

func (e *Entry) check() error {
	if !identifier.MatchString(e.ID) {
		return fmt.Errorf("the id is not of small letters, digits and hyphens")
	}
	if len(e.Related) == 0 {
		return fmt.Errorf("is related to nothing")
	}
	for _, c := range Languages {
		w := e.words[c]
		if strings.TrimSpace(w.Term) == "" || strings.TrimSpace(w.Text) == "" {
			return fmt.Errorf("lacks its term or its text in %s", c)
		}
	}
	return nil
}

// Find is the entry of that id, or a NotFound error.
func (g *Glossary) Find(id string) (*Entry, error) {
	if e, ok := g.byID[id]; ok {
		return e, nil
	}
	return nil, farol.Errorf(farol.NotFound, "there is no entry %q", id)
}

// Measures tells whether the metric measures the entry, or a variant of it.
func (e *Entry) Measures(metric string) bool {
	return e.Metric == metric || slices.Contains(e.Variants, metric)
}

// Of lists the entries that the metric measures, by id.
func (g *Glossary) Of(metric string) []*Entry {
	var out []*Entry
	for _, e := range g.entries {
		if e.Measures(metric) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b *Entry) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// All lists the entries as a dictionary of the language orders them.
func (g *Glossary) All(code string) []*Entry { return g.Search("", code) }

// Search lists the entries that have every word searched for, in any
// language, accents and capitals aside. Those that are called so come first,
// then those that only mention it, each in the order of the language's
// dictionary.
func (g *Glossary) Search(text, code string) []*Entry {
	wanted := strings.Fields(Fold(text))
	var called, mention []*Entry
	for _, e := range g.entries {
		switch {
		case holds(e.name, wanted):
			called = append(called, e)
		case holds(e.all, wanted):
			mention = append(mention, e)
		}
	}
	order := collate.New(language.Make(code), collate.IgnoreCase)
	for _, list := range [][]*Entry{called, mention} {
		slices.SortFunc(list, func(a, b *Entry) int { return order.CompareString(a.In(code).Term, b.In(code).Term) })
	}
	return append(called, mention...)
}

func (e *Entry) names() string {
	out := e.ID
	for _, c := range Languages {
		w := e.words[c]
		out += " " + w.Term + " " + strings.Join(w.Also, " ")
	}
	return out
}

func (e *Entry) texts() string {
	out := ""
	for _, c := range Languages {
		out += " " + e.words[c].Text
	}
	return out
}

func holds(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// Fold is a text in small letters without accents, by which searches compare.
func Fold(s string) string {
	t := transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	out, _, err := transform.String(t, s)
	if err != nil {
		out = s
	}
	return strings.ToLower(out)
}
