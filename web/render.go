package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/farol-cs/farol/lang"
)

//go:embed *.html
var pages embed.FS

// templates holds, for each language, one set per page: layout, shared parts
// and the page's own blocks. The set is named after the page's file. A set is
// made when its page is first asked for: all of them take 100 MB.
type templates map[lang.Code]map[string]func() *template.Template

// watch, when a test sets it, is told of each template that runs, as
// "file block".
var watch func(what string)

// sharedFiles are parsed into every page's set.
var sharedFiles = []string{"layout.html", "parts.html", "setting.html", "clauses.html", "gap.html", "work.html", "fields.html", "hands.html"}

// parseTemplates prepares every page once per language, so that T and the
// formats need no argument for the language.
func parseTemplates(a *assets) templates {
	names, err := fs.Glob(pages, "*.html")
	if err != nil {
		panic(err)
	}
	out := templates{}
	for _, code := range lang.Codes {
		shared := template.New("").Funcs(functions(lang.For(code), a))
		for _, f := range sharedFiles {
			parseFile(shared, f)
		}
		sets := map[string]func() *template.Template{}
		for _, f := range names {
			sets[strings.TrimSuffix(f, ".html")] = sync.OnceValue(func() *template.Template {
				set := template.Must(shared.Clone())
				parseFile(set, f)
				return set
			})
		}
		out[code] = sets
	}
	return out
}

// parseFile adds a file's blocks to the set; under test each tells that it ran.
func parseFile(set *template.Template, file string) {
	text, err := pages.ReadFile(file)
	if err != nil {
		panic(err)
	}
	src := string(text)
	if watch != nil {
		src = watched(file, src)
	}
	template.Must(set.Parse(src))
}

// watched puts a call of "ran" at the start of each block.
func watched(file, src string) string {
	parts := strings.Split(src, `{{define "`)
	for i, p := range parts[1:] {
		name, rest, _ := strings.Cut(p, `"`)
		tag, body, _ := strings.Cut(rest, "}}")
		parts[i+1] = name + `"` + tag + "}}" + fmt.Sprintf("{{ran %q}}", file+" "+name) + body
	}
	return strings.Join(parts, `{{define "`)
}

func (t templates) run(w io.Writer, code lang.Code, page, block string, data any) error {
	set, ok := t[code][page]
	if !ok {
		return &missing{"page", page}
	}
	return set().ExecuteTemplate(w, block, data)
}

// functions are what templates can call, in the printer's language.
func functions(p *lang.Printer, a *assets) template.FuncMap {
	return template.FuncMap{
		"T": p.T, "N": p.N, "Text": p.Text,
		"asset": a.path, "icon": a.icon,
		"json": inlineJSON,
		"list": func(items ...any) []any { return items },
		"ran": func(what string) string {
			if watch != nil {
				watch(what)
			}
			return ""
		},
		"initials": initials,
	}
}

// inlineJSON is data for a <script type="application/json"> block. The
// encoder escapes <, > and &, so the text cannot end the element.
func inlineJSON(v any) (template.JS, error) {
	b, err := json.Marshal(v)
	return template.JS(b), err
}

// initials are one or two letters for a member's disc.
func initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	out := []rune(words[0])[:1]
	if len(words) > 1 {
		out = append(out, []rune(words[len(words)-1])[0])
	}
	return strings.ToUpper(string(out))
}
