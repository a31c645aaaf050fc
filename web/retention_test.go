package web

import (
	"encoding/csv"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func TestRetentionPage(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		a := s.get(who, "/retention").is(200).has("[data-chart]", 1).has(".heat tbody tr.all", 1).has(".heat td.none", -1).has(".heat a", -1).has(".facts .big", -1)
		a.has(`nav.side a[href="/retention"][aria-current]`, 1)
		a.says("header.head p", map[lang.Code]string{lang.English: "Who comes back, and for how long?", lang.Portuguese: "Quem volta, e por quanto tempo?"}[code])
		if c := a.chart("retention-data"); len(c.Series) != 1 || len(c.Series[0].Low) != len(c.Ticks) {
			t.Errorf("the curve has %d series", len(c.Series))
		}
		// A cell opens who is behind it, and they are as many as the cohort.
		members := s.get(who, a.attr(".heat tbody tr:not(.all) a", "href")).is(200).has("tbody tr", -1)
		s.get(who, members.attr("tbody tr a", "href")).is(200).has("tbody tr", -1)
		for _, q := range []string{"?by=plan&interval=month", "?unit=accounts&kind=after", "?unit=customers&interval=month", "?unit=revenue&interval=month&by=account",
			"?kind=brackets&interval=day&brackets=1,2-7", "?interval=24h&recurring=yes&period=28d&start=Report+Created", "?interval=day&period=12m&known=2026-01-10"} {
			s.get(who, "/retention"+q).is(200).has(".heat tbody tr", -1)
		}
	})
	// What begins and brings back may have conditions, which every link keeps.
	narrow := "/retention?start=Report+Created&start_min=1&return=Report+Created&return_min=2&return_where=plan%3Dpro,+plan%3Dbasic"
	a := s.get(admin, narrow).is(200).has("form.ask input[type=number][name=return_min][value='2']", 1).has("form.ask input.form-control[name=return_where][value='plan=pro, plan=basic']", 1).has("details[open]", 1)
	if href := a.attr("a[download]", "href"); !strings.Contains(href, "return_min=2") || !strings.Contains(href, "return_where=") {
		t.Errorf("the file forgets the conditions: %s", href)
	}
	// What is wrong stands beside its input.
	names := ""
	for i := range 101 {
		names += "Event " + strconv.Itoa(i) + ","
	}
	for field, value := range map[string]string{
		"start_min": "x", "return_min": "-1", "start_where": "plan", "return_where": "a[b=1", "return": names, "unit": "logos", "kind": "some", "interval": "year",
	} {
		a := s.get(admin, "/retention?"+url.Values{field: {value}}.Encode()).is(400).has(".form-error", 1).has(".flash.wrong", 0)
		if a.doc.Find(".form-error").Parent().Find("[name='"+field+"']").Length() != 1 {
			t.Errorf("%s=%s: the error stands elsewhere", field, value)
		}
	}
	s.get(admin, "/retention?steps=900").is(400).says(".flash.wrong", "steps: Must be between 1 and")
	s.get(admin, "/retention?kind=brackets&brackets=0-2").is(400).says(".form-error", "ranges of intervals from 1 to")
	s.get(admin, "/retention?unit=accounts&kind=after").is(200).says(".table-box ~ p", "the younger the cohort, the lower it stands for now")
	s.get(admin, "/retention?steps=x").is(400)
	s.get(admin, "/retention?kind=brackets&brackets=x").is(400).has("form.ask input[name=brackets][value=x]", 1).says(".form-error", "1, 2-4, 5-11")
	s.get(admin, "/retention?as_of=x").is(400)
	// The address is the whole question: the controls keep it.
	s.get(admin, "/retention?unit=accounts&by=plan").has(`.controls a[href*="unit=accounts"]`, -1).has(`option[value=accounts][selected]`, 1)
}

func TestRetentionWithoutFacts(t *testing.T) {
	staffed(t).get(admin, "/retention").is(200).has("main .nothing", 1).has(".heat", 0)
}

// The file holds the numbers of the page.
func TestTriangleCSV(t *testing.T) {
	s := busy(t)
	page := s.get(admin, "/retention?interval=month&unit=revenue")
	a := s.get(admin, page.attr(`a[download]`, "href")).is(200)
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	s.check(err)
	cells := page.doc.Find(".heat tbody td.num").Length() - page.doc.Find(".heat tbody tr").Length()
	if len(rows)-1 != cells || rows[0][5] != "value" || rows[1][0] != "all" || rows[1][5] != "1" {
		t.Errorf("%d rows for %d cells, head %v, first %v", len(rows), cells, rows[0], rows[1])
	}
	s.get(admin, "/retention/triangle.csv?unit=x").is(400)
	s.get(admin, "/retention/triangle.csv?as_of=x").is(400)
	s.get(admin, "/retention/triangle.csv?steps=x").is(400)
}

func TestRetentionMembers(t *testing.T) {
	s := busy(t)
	revenue := s.get(admin, "/retention/members?unit=revenue&interval=month&cohort=2025-10-13&column=1&by=plan&group=%3DBasic").is(200)
	revenue.says("tbody", "R$1,000.00 of R$1,000.00").says(".card-title", "plan = Basic")
	s.get(admin, "/retention/members?kind=brackets&brackets=1-3&interval=day&cohorts=month&cohort=2026-01-01&column=0").is(200).says(".card-title", "Day 1–3")
	s.get(admin, "/retention/members?interval=24h&cohort=2020-01-01&column=1").is(200).has("tbody tr", 0)
	for _, q := range []string{"cohort=x&column=1", "cohort=2026-01-01&column=x", "cohort=2026-01-01&column=999", "cohort=2026-01-01&column=1&unit=x", "cohort=2026-01-01&column=1&steps=x"} {
		s.get(admin, "/retention/members?"+q).is(400)
	}
	many := staffed(t)
	many.check(many.fill(rowsShown + 5))
	a := many.get(admin, "/retention/members?unit=accounts&interval=month&cohort=2026-03-01&column=0").is(200).has("tbody tr", rowsShown)
	many.get(admin, a.attr(".pager a", "href")).is(200).has("tbody tr", 5).says(".pager", "First page")
}
