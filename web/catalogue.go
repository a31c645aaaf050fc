package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/farol-cs/farol/glossary"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// cataloguePage lists every metric by its group, in the order of a customer's
// life, and from A to Z within it.
type cataloguePage struct {
	shell
	Search   string
	Group    string
	Groups   []choice
	Sections []catalogueSection
	Total    int
	// CSV is the address of what is listed as a file.
	CSV string
}

type catalogueSection struct {
	Title lang.Text
	Rows  []catalogueRow
}

type catalogueRow struct {
	Name string
	Href string
	// Title and Definition are in the reader's language, Other is the title
	// in the other one.
	Title, Other, Definition string
	// Entries are those of the glossary that the metric measures.
	Entries []link
}

// groupTitles are the parts of the catalogue in words.
var groupTitles = map[string]lang.Text{
	"usage": lang.Text("Usage"), "activation": lang.Text("Activation"), "adoption": lang.Text("Adoption"), "retention": lang.Text("Retention"),
	"revenue": lang.Text("Revenue"), "churn": lang.Text("Churn"), "voice": lang.Text("Voice of the customer"), "lifecycle": lang.Text("Life cycle"),
}

func (s *server) catalogue(v *visit) error {
	q := v.r.URL.Query()
	p := cataloguePage{shell: v.shell(lang.Text("Metrics & glossary")), Search: q.Get("q"), Group: q.Get("group")}
	p.Question = v.p.T("What can be asked, and what exactly does each number mean?")
	p.Total = len(s.Metrics.Catalogue().All())
	for _, g := range metric.Groups {
		p.Groups = append(p.Groups, choice{Value: g, Title: groupTitles[g], Chosen: g == p.Group})
		section := catalogueSection{Title: groupTitles[g]}
		for _, m := range s.metricsOf(v, g, p.Group, p.Search) {
			section.Rows = append(section.Rows, s.rowOf(v, m))
		}
		if len(section.Rows) > 0 {
			p.Sections = append(p.Sections, section)
		}
	}
	p.CSV = linked("/catalogue.csv", url.Values{}, []string{"q", p.Search, "group", p.Group})
	block := "layout"
	if v.fragment() {
		block = "catalogue-rows"
	}
	return s.send(v, http.StatusOK, "catalogue", block, p)
}

// metricsOf are the metrics of a group from A to Z, when it is the chosen one or none
// is chosen, that have the words of the search.
func (s *server) metricsOf(v *visit, group, chosen, search string) []*metric.Metric {
	if chosen != "" && chosen != group {
		return nil
	}
	list := slices.DeleteFunc(slices.Clone(s.Metrics.Catalogue().All()), func(m *metric.Metric) bool { return m.Group != group || !matches(m, search) })
	code := v.p.Code()
	order := collate.New(language.Make(string(code)), collate.IgnoreCase)
	slices.SortStableFunc(list, func(a, b *metric.Metric) int { return order.CompareString(a.Title.In(code), b.Title.In(code)) })
	return list
}

// catalogueCSV is what the page lists, with all that a definition says.
func (s *server) catalogueCSV(v *visit) error {
	q, code := v.r.URL.Query(), v.p.Code()
	out := v.csv("metrics.csv")
	write(out, []string{"metric", "title", "group", "unit", "grains", "version", "definition", "formula", "rules", "reading"})
	for _, g := range metric.Groups {
		for _, m := range s.metricsOf(v, g, q.Get("group"), q.Get("q")) {
			grains := make([]string, len(m.Grains))
			for i, x := range m.Grains {
				grains[i] = string(x)
			}
			write(out, []string{m.Name, m.Title.In(code), m.Group, m.Unit, strings.Join(grains, " "), strconv.Itoa(m.Version), m.Definition.In(code), m.Formula.In(code), m.Rules.In(code), m.Reading.In(code)})
		}
	}
	out.Flush()
	return nil
}

func (s *server) rowOf(v *visit, m *metric.Metric) catalogueRow {
	code := v.p.Code()
	row := catalogueRow{
		Name: m.Name, Href: "/metrics/" + m.Name, Title: m.Title.In(code), Other: m.Title.In(other(code)), Definition: m.Definition.In(code),
	}
	for _, e := range s.glossary.Of(m.Name) {
		row.Entries = append(row.Entries, link{e.In(string(code)).Term, entryHref(e, code)})
	}
	return row
}

// other is the language beside the reader's.
func other(c lang.Code) lang.Code {
	if c == lang.English {
		return lang.Portuguese
	}
	return lang.English
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
	text = glossary.Fold(text)
	for _, word := range strings.Fields(glossary.Fold(search)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
