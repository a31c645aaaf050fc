package web

import (
	"bytes"
	"html/template"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// writer turns what people write into HTML, and cleaner takes out of it all
// that is not plain text structure: what a member writes is as little to be
// trusted as what an event says.
var (
	writer = goldmark.New(goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.Table, extension.TaskList),
		goldmark.WithParserOptions(parser.WithInlineParsers(util.Prioritized(mentions{}, 500)), parser.WithASTTransformers(util.Prioritized(headings{}, 500))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(workNodes{}, 100))))
	cleaner = sync.OnceValue(func() *bluemonday.Policy {
		p := bluemonday.NewPolicy()
		p.AllowElements("p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td")
		p.AllowStandardURLs()
		p.AllowAttrs("href").OnElements("a")
		p.AllowAttrs("class").Matching(regexp.MustCompile(`^(mention|item|item ticked)$`)).OnElements("span")
		p.RequireNoReferrerOnLinks(true)
		p.RequireNoFollowOnLinks(true)
		p.AddTargetBlankToFullyQualifiedLinks(true)
		return p
	})
)

// handles are the names of the members by what a mention calls them: the part
// of the e-mail before the @, in small letters.
type handles map[string][]string

var handlesKey = parser.NewContextKey()

// markdown is the text as safe HTML. A mention of one of the members is marked
// with the whole name, when that is what was written.
func markdown(text string, members handles) template.HTML {
	var b bytes.Buffer
	pc := parser.NewContext()
	pc.Set(handlesKey, members)
	if err := writer.Convert([]byte(text), &b, parser.WithContext(pc)); err != nil {
		return template.HTML(template.HTMLEscapeString(text))
	}
	return template.HTML(cleaner().Sanitize(b.String()))
}

// headings moves the headings of a text two levels down: it stands inside a
// page that has its own.
type headings struct{}

// Transform changes the levels.
func (headings) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, ok := n.(*ast.Heading); ok && entering {
			h.Level = min(6, h.Level+2)
		}
		return ast.WalkContinue, nil // never an error
	})
}

// mention is "@name" in a text.
type mention struct {
	ast.BaseInline
	name []byte
}

var kindMention = ast.NewNodeKind("Mention")

// Kind tells it from other nodes.
func (*mention) Kind() ast.NodeKind { return kindMention }

// Dump is for debugging.
func (m *mention) Dump(source []byte, level int) { ast.DumpHelper(m, source, level, nil, nil) }

// mentions finds them: at the beginning of a word, as store.Mentioned does.
type mentions struct{}

// Trigger is the sign that they begin with.
func (mentions) Trigger() []byte { return []byte{'@'} }

var mentionName = regexp.MustCompile(`^@[A-Za-z0-9][A-Za-z0-9._+-]*`)

// Parse reads one.
func (mentions) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if r := block.PrecendingCharacter(); r == '@' || r == '.' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return nil
	}
	line, _ := block.PeekLine()
	name := bytes.TrimRight(mentionName.Find(line), ".-_+")
	if len(name) < 2 {
		return nil
	}
	if members, ok := pc.Get(handlesKey).(handles); ok {
		name = line[:1+members.named(string(line[1:]), string(name[1:]))]
	}
	block.Advance(len(name))
	return &mention{name: name}
}

// named is how much of the text names the member of the handle with which it
// begins: the whole name where that stands there.
func (h handles) named(text, handle string) int {
	long := len(handle)
	for _, name := range h[strings.ToLower(handle)] {
		if len(name) <= long || len(name) > len(text) || !strings.EqualFold(text[:len(name)], name) {
			continue
		}
		if r, _ := utf8.DecodeRuneInString(text[len(name):]); !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			long = len(name)
		}
	}
	return long
}

// workNodes writes mentions and the boxes of task lists.
type workNodes struct{}

// RegisterFuncs names what it writes.
func (workNodes) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindMention, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, _ = w.WriteString(`<span class="mention">`)
			_, _ = w.Write(util.EscapeHTML(n.(*mention).name))
			_, _ = w.WriteString(`</span>`)
		}
		return ast.WalkContinue, nil
	})
	r.Register(extast.KindTaskCheckBox, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			box := `<span class="item">☐</span> `
			if n.(*extast.TaskCheckBox).IsChecked {
				box = `<span class="item ticked">☑</span> `
			}
			_, _ = w.WriteString(box)
		}
		return ast.WalkContinue, nil
	})
}
