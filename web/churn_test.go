package web

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

func TestChurnWithoutFacts(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		for _, page := range []string{"/churn", "/churn/simulator"} {
			s.get(as{role: store.Viewer, code: code}, page).is(200).has("[data-chart]", 0).has("main .nothing", 1)
		}
	})
}

// quitters are sixty customers of two plans, of whom some leave for reasons.
func quitters(t *testing.T) *site {
	s := staffed(t)
	h := &recorder{source: s.source.ID}
	start := time.Date(2025, 3, 3, 13, 0, 0, 0, time.UTC)
	for a := range 60 {
		account := farol.AccountID(fmt.Sprintf("quit-%02d", a))
		if a == 7 {
			account = farol.AccountID(longName)
		}
		begin := start.AddDate(0, a%6, 0)
		h.add(farol.Group, "", begin, account, "", map[string]any{"plan": []string{"Basic", "Pro"}[a%2]})
		h.add(farol.Track, "Subscription Started", begin, account, "", map[string]any{"subscription": "s", "mrr": 100, "currency": "BRL"})
		if a%3 == 0 {
			props := map[string]any{"subscription": "s"}
			if why := []string{"price", "bugs", "", "weather"}[a/3%4]; why != "" {
				props["reason"] = why
			}
			if a%9 == 0 {
				props["voluntary"] = false
			}
			h.add(farol.Track, "Subscription Cancelled", begin.AddDate(0, 1+a/6, 3), account, "", props)
		}
	}
	h.add(farol.Track, "Subscription Started", start.AddDate(0, 11, 20), "quit-06", "", map[string]any{"subscription": "t", "mrr": 90, "currency": "BRL"})
	slices.SortStableFunc(h.events, func(a, b farol.Event) int { return a.At.Compare(b.At) })
	for i := range h.events {
		h.events[i].Known = h.events[i].At.Add(time.Second)
	}
	s.take(h.events)
	return s
}

func TestChurn(t *testing.T) {
	s := quitters(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.CSM, code: code}
		a := s.get(who, "/churn?period=12m").is(200).has(".stat", len(churnCards)).has("[data-chart]", 4)
		a.says("header.head p", map[lang.Code]string{lang.English: "Who leaves, why", lang.Portuguese: "Quem sai, por quê"}[code])
		a.says("#reasons", map[lang.Code]string{lang.English: "Price too high", lang.Portuguese: "Preço alto"}[code])
		a.says("#reasons", map[lang.Code]string{lang.English: "weather (not on the list)", lang.Portuguese: "weather (fora da lista)"}[code])
		a.has("#lost tbody tr", -1).has(`#lost a[href^="/customers/"]`, -1).has(".share-bar", -1)
		if c := a.chart("survival-data"); len(c.Series) != 2 || len(c.Ticks) != 61 || c.Series[0].Low[3] == nil || len(c.Series[1].Values) != 61 {
			t.Errorf("survival: %d series over %d months", len(c.Series), len(c.Ticks))
		}
		if c := a.chart("split-data"); len(c.Series) != 2 {
			t.Errorf("causes: %d series", len(c.Series))
		}
		by := s.get(who, "/churn?by=plan&period=12m").is(200).has("#lifetime tbody tr", 3).says("select[name=by]", "plan")
		if c := by.chart("survival-data"); len(c.Series) != 2 || c.Series[0].Name == "" {
			t.Errorf("by plan: %d curves", len(c.Series))
		}
		s.get(who, "/churn?segment=plan%3DPro").is(200).says(".chip.on", "= Pro")
		s.get(who, "/churn?from=2020-01-01&until=2020-02-01").is(200).has("#lost td[colspan]", 1)
	})
	s.get(admin, "/churn?period=never").is(400)
	// Every table of the page is a file with the same rows.
	page := s.get(admin, "/churn?by=plan&period=12m").is(200)
	for _, table := range []string{"reasons", "survival", "lifetime", "lost"} {
		rows, err := csv.NewReader(strings.NewReader(s.get(admin, page.attr("#"+table+" a[download]", "href")).is(200).body)).ReadAll()
		if err != nil || len(rows) < 3 {
			t.Errorf("%s: %d rows, %v", table, len(rows), err)
		}
		if shown := page.doc.Find("#" + table + " tbody tr").Length(); (table == "lost" || table == "lifetime") && len(rows)-1 != shown {
			t.Errorf("%s: %d rows, the page shows %d", table, len(rows)-1, shown)
		}
		s.get(admin, strings.Replace(page.attr("#"+table+" a[download]", "href"), "12m", "never", 1)).is(400)
	}
	// Which churn lifetimes are reckoned from is said.
	page.says("#lifetime thead", "PayingChurn per month")
	c := metric.Defaults().Conventions
	c.LifetimeChurn = metric.RevenueLost
	_, err := s.store.Define(t.Context(), store.Draft{Kind: metric.SettingKind, Name: metric.ConventionsName, Body: c, Author: "test"})
	s.check(err)
	s.get(admin, "/churn?period=12m").is(200).says("#lifetime thead", "Net MRR churn per month")
	if file := s.get(admin, "/churn/worth.csv?period=12m").is(200).body; !strings.HasPrefix(file, "group,all,paying,churn_of,exposure,lost,") || !strings.Contains(file, ",revenue,") {
		t.Errorf("the file is %.200s", file)
	}
}

func TestSimulator(t *testing.T) {
	s := quitters(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		a := s.get(who, "/churn/simulator").is(200).has(".stat", 3).has("#levers tbody tr", 9).has("form input[name=churn_b]", 1)
		if c := a.chart("fan-data"); len(c.Series) != 2 || len(c.Ticks) != 61 || *c.Series[1].Values[60] <= *c.Series[0].Values[60] || *c.Series[0].Low[60] >= *c.Series[0].High[60] {
			t.Error("the fans are not there, or less churn is worse")
		}
	})
	// The address holds the assumptions; a comma will do.
	a := s.get(admin, "/churn/simulator?churn=5&churn_b=4&cost=10&mrr=100000&margin=80,5&ramp=0").is(200)
	if a.attr("#sim-margin", "value") != "80.5" || a.attr("#sim-churn", "value") != "5" {
		t.Errorf("margin %s, churn %s", a.attr("#sim-margin", "value"), a.attr("#sim-churn", "value"))
	}
	same := s.get(admin, "/churn/simulator?churn=5&churn_b=5&cost=0").is(200)
	if got := strings.TrimSpace(same.doc.Find(".stat .value").First().Text()); !strings.Contains(got, "0") || strings.ContainsAny(got, "123456789") {
		t.Errorf("nothing changed is worth %q", got)
	}
	s.get(admin, "/churn/simulator?churn=much").is(400).has("input[name=churn][value=much]", 1).says(".form-error", "not a number")
	s.get(admin, "/churn/simulator?churn=500").is(400).has("input[name=churn][value='500']", 1).says(".form-error", "from 0% to 100%")
	s.get(admin, "/churn/simulator?expansion_b=-200").is(400).says(".form-error", "from −100% to 100%")
}
