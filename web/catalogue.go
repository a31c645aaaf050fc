package web

import (
	"net/http"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// cataloguePage lists every metric from A to Z in the reader's language.
type cataloguePage struct {
	shell
	Search string
	Group  string
	Groups []choice
	Rows   []catalogueRow
	Total  int
}

type catalogueRow struct {
	// Letter is set on the first row of each letter.
	Letter string
	Name   string
	Href   string
	// Title and Definition are in the reader's language, Other is the title
	// in the other one.
	Title, Other, Definition string
	Group                    string
}

// groupTitles are the parts of the catalogue in words.
var groupTitles = map[string]lang.Text{
	"usage": lang.Text("Usage"), "activation": lang.Text("Activation"), "adoption": lang.Text("Adoption"), "retention": lang.Text("Retention"),
	"revenue": lang.Text("Revenue"), "churn": lang.Text("Churn"), "voice": lang.Text("Voice of the customer"), "lifecycle": lang.Text("Life cycle"),
}

func (s *server) catalogue(v *visit) error {
	q := v.r.URL.Query()
	p := cataloguePage{shell: v.shell(lang.Text("Metrics")), Search: q.Get("q"), Group: q.Get("group")}
	p.Question = v.p.T("What can be asked, and what exactly does each number mean?")
	all := s.Metrics.Catalogue().All()
	p.Total = len(all)
	for _, g := range metric.Groups {
		p.Groups = append(p.Groups, choice{Value: g, Title: groupTitles[g], Chosen: g == p.Group})
	}
	for _, m := range all {
		if (p.Group == "" || m.Group == p.Group) && matches(m, p.Search) {
			p.Rows = append(p.Rows, rowOf(v, m))
		}
	}
	p.sort(v.p.Code())
	block := "layout"
	if v.fragment() {
		block = "catalogue-rows"
	}
	return s.send(v, http.StatusOK, "catalogue", block, p)
}

func rowOf(v *visit, m *metric.Metric) catalogueRow {
	code := v.p.Code()
	other := lang.English
	if code == lang.English {
		other = lang.Portuguese
	}
	return catalogueRow{
		Name: m.Name, Href: "/metrics/" + m.Name, Title: m.Title.In(code), Other: m.Title.In(other),
		Definition: m.Definition.In(code), Group: v.p.Text(groupTitles[m.Group]),
	}
}

// sort orders the rows as the language's dictionaries do and marks letters.
func (p *cataloguePage) sort(code lang.Code) {
	order := collate.New(language.Make(string(code)), collate.IgnoreCase)
	slices.SortStableFunc(p.Rows, func(a, b catalogueRow) int { return order.CompareString(a.Title, b.Title) })
	last := ""
	for i := range p.Rows {
		letter := strings.ToUpper(string([]rune(folded(p.Rows[i].Title))[:1]))
		if letter != last {
			p.Rows[i].Letter, last = letter, letter
		}
	}
}

// matches tells whether every word that was searched is in the metric's name
// or in its words of any language, accents and capitals aside.
func matches(m *metric.Metric, search string) bool {
	text := m.Name
	for _, w := range []metric.Words{m.Title, m.Definition, m.Reading} {
		for _, c := range lang.Codes {
			text += " " + w[c]
		}
	}
	text = folded(text)
	for _, word := range strings.Fields(folded(search)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// folded is text in small letters without accents.
func folded(s string) string {
	t := transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	out, _, err := transform.String(t, s)
	if err != nil {
		out = s
	}
	return strings.ToLower(out)
}
