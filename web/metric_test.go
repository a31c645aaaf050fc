package web

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// Every metric has its page, in both languages, whole and broken down.
func TestEveryMetricHasAPage(t *testing.T) {
	s := busy(t)
	catalogue, err := metric.Load()
	s.check(err)
	drawn := 0
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		for _, m := range catalogue.All() {
			a := s.get(who, "/metrics/"+m.Name).is(200).says("h1", m.Title.In(code)).says("header.head p", m.Definition.In(code))
			a.has(".table tbody tr", -1)
			if a.doc.Find("[data-chart]").Length() == 0 {
				// What nobody did has no figure, and says so.
				a.has("p.nothing-drawn", 1)
			} else if c := a.chart("series-data"); len(c.Series) != 1 || len(c.Series[0].Links) != len(c.Ticks) {
				t.Errorf("%s: its chart has %d series", m.Name, len(c.Series))
			} else {
				drawn++
			}
			if code == lang.English { // the queries are the same in every language
				s.get(who, "/metrics/"+m.Name+"?by=plan&grain="+string(m.Grains[0])).is(200).has(".table tbody tr", -1)
			}
		}
	})
	if drawn < 60 {
		t.Errorf("only %d charts", drawn)
	}
}

func TestMetricPage(t *testing.T) {
	s := busy(t)
	a := s.get(admin, "/metrics/mrr?period=6m").is(200)
	a.says(".big", "R$15,750").says("tbody tr:first-child", "Mar 2026").says("tbody tr:first-child", "incomplete")
	c := a.chart("series-data")
	if c.Unit.Kind != "money" || c.Unit.Currency != "BRL" || !c.Series[0].Open[5] || c.Series[0].Open[4] {
		t.Errorf("the chart is of %+v, open %v", c.Unit, c.Series[0].Open)
	}
	a.has(`form select[name=by] option[value=plan]`, 1).has(`a[download][href^="/metrics/mrr/series.csv"]`, 1)
	churn := s.get(as{role: store.Viewer, code: lang.Portuguese}, "/metrics/logo_churn_rate").is(200)
	churn.says("table", "10,0%").says("thead", "Intervalo de 95%").says("thead", "Numerador")
	s.get(admin, "/metrics/no_such_metric").is(404)
	s.get(admin, "/metrics/mrr?by=x%3Dy").is(400)
}

func TestBreakdown(t *testing.T) {
	s := busy(t)
	a := s.get(admin, "/metrics/mrr?by=plan").is(200).has("tbody tr", 2).says("tbody", "Pro").says("tbody", "R$8,750.00")
	if c := a.chart("series-data"); len(c.Series) != 2 {
		t.Errorf("the chart has %d series", len(c.Series))
	}
	a.has(`a[href*="segment=plan%3DPro"]`, 1)
	// The controls keep the breakdown.
	a.has(`.controls a[href*="by=plan"]`, -1)
	long := s.get(admin, "/metrics/mrr?by=account").is(200).has("tbody tr", 10)
	if got := long.attr(`tbody .cut[title^="Companhia"]`, "title"); got != longName {
		t.Errorf("a long name's title is %q", got)
	}
}

func TestSeriesCSV(t *testing.T) {
	s := busy(t)
	a := s.get(admin, "/metrics/mrr/series.csv?by=plan").is(200)
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	s.check(err)
	if rows[0][0] != "plan" || rows[0][3] != "value" || len(rows) != 13 {
		t.Errorf("%d rows, head %v", len(rows), rows[0])
	}
	if !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Error("it is not a download")
	}
}

// Where a number comes from: its words, settings, SQL, units and their events.
func TestSource(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		page := s.get(who, "/metrics/active_users_28d")
		why := page.attr(".big a", "href")
		a := s.get(who, why).is(200).has("nav.side", 1)
		a.says(".source-of", map[lang.Code]string{lang.English: "How it is computed", lang.Portuguese: "Como se calcula"}[code])
		if got, want := a.text(".source-of .big"), page.text(".big"); got != want {
			t.Errorf("the number was %s and comes from %s", want, got)
		}
		a.has("pre.code", 2).has(`nav.side a[href="/catalogue"][aria-current]`, 1).has("#units ~ .card tbody tr", -1).has(`a[href^="/settings/active"]`, 1).has(`a[download][href*="rows.csv"]`, 1)
		events := a.attr(`#units ~ .card tbody a[href^="/events"]`, "href")
		s.get(who, events).is(200).has("tbody tr", -1).says("tbody", "Report Created")
		part := s.get(as{role: store.Viewer, code: code, fragment: true}, why).is(200)
		if strings.Contains(part.body, "<html") {
			t.Error("the drawer got a whole page")
		}
	})
}

// The units behind a number are as many as the number says.
func TestRowsAddUp(t *testing.T) {
	s := busy(t)
	a := s.get(admin, "/metrics/mrr/rows.csv?at=2026-02-10&grain=month").is(200)
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	s.check(err)
	if len(rows) != 10 || rows[0][0] != "unit" {
		t.Errorf("%d rows, head %v", len(rows), rows[0])
	}
	src := s.get(admin, "/metrics/logo_churn_rate/source?at=2026-02-10&grain=month").is(200)
	src.says(".source-of .facts", "1 of 10").says("#units ~ .card", "Conta 0").has(`#units ~ .card a[href="/customers/acct-00"]`, 1)
	group := s.get(admin, "/metrics/mrr/source?at=2026-02-10&grain=month&by=plan&group=%3DPro").is(200)
	group.says(".source-of", "plan = Pro").says(".source-of .big", "R$8,750.00")
	s.get(admin, "/metrics/mrr/source?at=someday").is(400)
	s.get(admin, "/metrics/nps/source?at=2024-02-10&grain=month").is(200).says(".source-of", "Nobody was counted.")
	past := s.get(admin, "/metrics/mrr/source?at=2025-12-10&grain=month&known=2026-01-05&segment=plan%3DPro").is(200)
	past.says(".source-of", "Known at Jan 5, 2026").says(".source-of", "Plan = Pro")
}

// The rows come in pages.
func TestSourcePages(t *testing.T) {
	s := staffed(t)
	s.check(s.fill(rowsShown + 5))
	a := s.get(admin, "/metrics/new_accounts/source?at=2026-03-10&grain=month").is(200).has("#units ~ .card tbody tr", rowsShown)
	next := a.attr(`.pager a[data-drawer]`, "href")
	a = s.get(admin, next).is(200).has("#units ~ .card tbody tr", 5)
	a.has(`.pager a[data-drawer]`, 1).says(".pager", "First page")
	csvAll := s.get(admin, "/metrics/new_accounts/rows.csv?at=2026-03-10&grain=month")
	if n := strings.Count(csvAll.body, "\n"); n != rowsShown+6 {
		t.Errorf("the file has %d lines", n)
	}
}

func TestCSVHoldsNoFormula(t *testing.T) {
	var b strings.Builder
	out := csv.NewWriter(&b)
	write(&sheet{Writer: out}, []string{"=1+1", "-5.5", "-x", "+x", "@x", "ok", ""})
	out.Flush()
	if got, want := b.String(), "'=1+1,-5.5,'-x,'+x,'@x,ok,\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCatalogue(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		a := s.get(who, "/catalogue").is(200)
		// The groups follow the life of a customer.
		want := map[lang.Code]string{lang.English: "Usage", lang.Portuguese: "Uso"}[code]
		if got := a.doc.Find("#catalogue h2").First().Text(); got != want {
			t.Errorf("the first group is %q", got)
		}
		n := a.doc.Find("tbody tr").Length()
		if n < 14 {
			t.Errorf("%d metrics", n)
		}
		// Words of either language find it, without accents or capitals.
		for _, search := range []string{"receita+recorrente", "RECURRING", "mrr"} {
			s.get(who, "/catalogue?q="+search).says("tbody", "MRR")
		}
		s.get(who, "/catalogue?q=ativacao").says("tbody tr", map[lang.Code]string{lang.English: "Activation rate", lang.Portuguese: "Taxa de ativação"}[code])
		s.get(who, "/catalogue?group=voice").has("tbody tr", -1).says("tbody", "NPS")
		s.get(who, "/catalogue?q=zzz").is(200).has("tbody tr", 0).has("main svg.lamp", 1)
		part := s.get(as{role: store.Viewer, code: code, fragment: true}, "/catalogue?q=nps")
		if strings.Contains(part.body, "<html") {
			t.Error("the search got a whole page")
		}
	})
}
