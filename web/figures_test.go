package web

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/glossary"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// sheetOf downloads a table.
func (s *site) sheetOf(who as, path string) [][]string {
	s.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(s.get(who, path).is(200).body)).ReadAll()
	s.check(err)
	return rows
}

// The figures of a page are a file: a line for each card, with a value where the
// card has one.
func TestFiguresCSV(t *testing.T) {
	s := busy(t)
	for _, page := range []string{"/", "/engagement", "/activation", "/adoption", "/revenue", "/churn", "/voice", "/lifecycle"} {
		a := s.get(csm, page+"?period=12m").is(200)
		rows := s.sheetOf(csm, a.attr(`.controls a[href^="/figures.csv"]`, "href"))
		if len(rows)-1 != len(figureNames(page)) {
			t.Errorf("%s has %d figures in its file, %d of its own", page, len(rows)-1, len(figureNames(page)))
		}
		for _, row := range rows[1:] {
			card := a.doc.Find(`.stat:has(.name a[href^="/metrics/` + row[0] + `?"]) .value`)
			if shown := strings.TrimSpace(card.Text()); card.Length() == 1 && (shown == lang.None) != (row[4] == "") {
				t.Errorf("%s: %s is %q on the page and %q in the file", page, row[0], shown, row[4])
			}
			if (row[4] == "") != (row[12] != "") {
				t.Errorf("%s: %s is %q with the reason %q", page, row[0], row[4], row[12])
			}
		}
	}
	s.get(csm, "/figures.csv?of=/events").is(400)
	s.get(csm, "/events").is(200).has(`a[href^="/figures.csv"]`, 0)
}

// Definitions, words and versions of settings are files, too.
func TestCatalogueCSV(t *testing.T) {
	s := staffed(t)
	words, err := glossary.Load()
	s.check(err)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		page := s.get(who, "/catalogue?q=churn&group=churn").is(200)
		if rows := s.sheetOf(who, page.attr("a[download]", "href")); len(rows)-1 != page.doc.Find("#catalogue tbody tr").Length() || len(rows) < 5 {
			t.Errorf("%d metrics in the file", len(rows)-1)
		}
		rows := s.sheetOf(who, s.get(who, "/glossary").is(200).attr("a[download]", "href"))
		if len(rows)-1 != len(words.All(string(code))) {
			t.Errorf("%d entries in the file", len(rows)-1)
		}
	})
	if rows := s.sheetOf(csm, s.get(csm, "/settings").is(200).attr("a[download]", "href")); len(rows) < 1+len(settingForms) {
		t.Errorf("%d settings in the file", len(rows)-1)
	}
}

// Facts, but none of money: the pages say what to send, and simulate nothing.
func TestNoSubscriptions(t *testing.T) {
	s := staffed(t)
	h := &recorder{source: s.source.ID}
	h.add(farol.Track, "Report Created", today.AddDate(0, 0, -1), "acme", "ana", nil)
	h.events[0].Known = h.events[0].At
	s.take(h.events)
	for _, page := range []string{"/revenue", "/churn"} {
		a := s.get(csm, page).is(200).says(".past", "subscription events")
		if shown := a.doc.Find(".stat .value").FilterFunction(func(_ int, x *goquery.Selection) bool { return strings.TrimSpace(x.Text()) != lang.None }); shown.Length() > 0 {
			t.Errorf("%s shows %q of nothing", page, shown.Text())
		}
	}
	s.get(csm, "/churn/simulator").is(200).has("main .nothing", 1)
	s.get(csm, "/churn/simulator?mrr=1000").is(200).has(".stat", 3)
}
