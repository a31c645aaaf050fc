// Package lang holds the words that people read and the way each language
// writes numbers, money and dates.
//
// English text is the key: code and templates write English sentences, and
// one folder of TOML catalogues per other language (pt-BR/*.toml, one file for
// what all pages share and one for each larger page) maps each sentence to its
// translation. Adding a translated string edits one of those files; a test
// fails on a sentence without a translation and on a translation nobody uses.
package lang

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/language"

	"github.com/farol-cs/farol"
)

// Code names a language as in HTML's lang attribute: "en", "pt-BR".
type Code string

// The languages of the program. English is the fallback.
const (
	English    Code = "en"
	Portuguese Code = "pt-BR"
)

// Codes lists every language, the fallback first.
var Codes = []Code{English, Portuguese}

// Name is the language's name in itself.
func (c Code) Name() string {
	if c == Portuguese {
		return "Português (Brasil)"
	}
	return "English"
}

// Valid tells whether the program speaks the language.
func (c Code) Valid() bool { return slices.Contains(Codes, c) }

// Match picks the best language for an Accept-Language header; English when
// nothing fits.
func Match(accept string) Code {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return English
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return English
	}
	return Codes[i]
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.BrazilianPortuguese})

// Text marks an English sentence in Go code that is shown through
// [Printer.Text] later, so that the test of the catalogue finds it.
type Text string

//go:embed pt-BR/*.toml
var catalogues embed.FS

// Printer writes for one language. It is safe for concurrent use.
type Printer struct {
	code     Code
	words    map[string]string
	style    style
	patterns func() []pattern
}

// pattern recognises a finished English sentence of a key with verbs.
type pattern struct {
	re  *regexp.Regexp
	key string
}

var printers = func() map[Code]*Printer {
	out := map[Code]*Printer{}
	for _, c := range Codes {
		words, err := load(c)
		if err != nil {
			panic(err) // The catalogue is compiled in: this build can never work.
		}
		p := &Printer{code: c, words: words, style: styles[c]}
		p.patterns = sync.OnceValue(p.compile)
		out[c] = p
	}
	return out
}()

// load reads the language's catalogues; English has none.
func load(c Code) (map[string]string, error) {
	words := map[string]string{}
	if c == English {
		return words, nil
	}
	files, err := catalogues.ReadDir(string(c))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		b, err := catalogues.ReadFile(path.Join(string(c), f.Name()))
		if err != nil {
			return nil, err
		}
		var some map[string]string
		if err := toml.Unmarshal(b, &some); err != nil {
			return nil, fmt.Errorf("catalogue %s/%s: %w", c, f.Name(), err)
		}
		for key, translated := range some {
			if _, twice := words[key]; twice {
				return nil, fmt.Errorf("catalogue %s/%s: %q is translated in another file, too", c, f.Name(), key)
			}
			words[key] = translated
		}
	}
	return words, nil
}

// For is the printer of the language; of English when there is no such one.
func For(c Code) *Printer {
	if p, ok := printers[c]; ok {
		return p
	}
	return printers[English]
}

// Code is the printer's language.
func (p *Printer) Code() Code { return p.code }

// T translates the English sentence and fills its verbs (%s and %d). Whole
// numbers are written with the language's separators. A sentence that the
// catalogue lacks comes back in English.
func (p *Printer) T(key string, args ...any) string {
	text := key
	if t, ok := p.words[key]; ok {
		text = t
	}
	if len(args) == 0 {
		return text
	}
	filled := make([]any, len(args))
	for i, a := range args {
		filled[i] = p.word(a)
	}
	return fmt.Sprintf(strings.ReplaceAll(text, "%d", "%s"), filled...)
}

// word is how an argument of a sentence is written.
func (p *Printer) word(a any) string {
	switch v := a.(type) {
	case Text:
		return p.Text(v)
	case int:
		return p.Number(float64(v), 0)
	case int64:
		return p.Number(float64(v), 0)
	case farol.Day:
		return p.Date(v)
	case error:
		return p.Error(v)
	}
	return fmt.Sprint(a)
}

// Text translates a sentence that was marked in Go code.
func (p *Printer) Text(t Text) string { return p.T(string(t)) }

// N picks the singular sentence when n is 1 and the plural otherwise; the
// first verb of each is n.
func (p *Printer) N(n int, one, other string, args ...any) string {
	args = append([]any{n}, args...)
	if n == 1 {
		return p.T(one, args...)
	}
	return p.T(other, args...)
}

// Error is what a person may read of the error: the sentence of a
// *farol.Error, or that something went wrong on our side.
func (p *Printer) Error(err error) string {
	var e *farol.Error
	if err == nil {
		return ""
	}
	if ok := asError(err, &e); ok && e.Kind != farol.Internal {
		return p.T(e.Text, e.Args...)
	}
	return p.T("Something went wrong on our side.")
}

// Sentence translates an English sentence whose verbs were filled long ago
// (the stored reason of a rejected event) by finding the key it came from.
// One that fits no key comes back as it is.
func (p *Printer) Sentence(s string) string {
	if p.code == English {
		return s
	}
	if t, ok := p.words[s]; ok {
		return t
	}
	for _, q := range p.patterns() {
		if m := q.re.FindStringSubmatch(s); m != nil {
			args := make([]any, len(m)-1)
			for i, a := range m[1:] {
				args[i] = p.T(a)
			}
			// What was quoted in the sentence still is in its arguments.
			return fmt.Sprintf(verb.ReplaceAllString(p.words[q.key], "%s"), args...)
		}
	}
	return s
}

var verb = regexp.MustCompile(`%[sdqv]`)

// compile makes a pattern of each key with verbs, the longest key first, so
// that the most particular sentence wins.
func (p *Printer) compile() []pattern {
	var out []pattern
	for key := range p.words {
		if !verb.MatchString(key) {
			continue
		}
		re := "^" + verb.ReplaceAllString(regexp.QuoteMeta(key), "(.+?)") + "$"
		out = append(out, pattern{regexp.MustCompile(re), key})
	}
	slices.SortFunc(out, func(a, b pattern) int {
		if d := len(b.key) - len(a.key); d != 0 {
			return d
		}
		return strings.Compare(a.key, b.key)
	})
	return out
}
