package web

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

func TestEngagementWithoutFacts(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/engagement").is(200).has(`main a[href="/sources"]`, 1).has("[data-chart]", 0)
	})
}

func TestEngagement(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.CSM, code: code}
		a := s.get(who, "/engagement").is(200).has("[data-chart]", 2).has(".chart-note table", 2).has(".stat", 14)
		a.says("header.head p", map[lang.Code]string{lang.English: "How steadily is the product used", lang.Portuguese: "Com que constância o produto é usado"}[code])
		a.says("nav.tabs a[aria-current]", map[lang.Code]string{lang.English: "People", lang.Portuguese: "Pessoas"}[code])
		life := a.chart("lifecycle-data")
		if len(life.Series) != 4 {
			t.Fatalf("%d classes of the life cycle", len(life.Series))
		}
		below, above := false, false
		for i, line := range life.Series {
			for j, x := range line.Values {
				if x == nil {
					continue
				}
				below = below || i == 3 && *x < 0
				above = above || i < 3 && *x > 0
				if i == 3 && *x > 0 || i < 3 && *x < 0 {
					t.Errorf("%s in %s is %v", line.Name, life.Titles[j], *x)
				}
			}
			// Every bar opens who it is.
			s.get(as{role: store.CSM, code: code, fragment: true}, line.Links[3]).is(200).has(".source-of", 1)
		}
		if !below || !above {
			t.Error("nobody is dormant, or nobody active")
		}
		days := a.chart("histogram-data")
		if len(days.Ticks) != 28 || len(days.Series) != 2 {
			t.Errorf("%d buckets of %d series", len(days.Ticks), len(days.Series))
		}
		// Ten accounts have 29 people, of whom nobody joined in the last weeks, and
		// one came late.
		a.says("#rhythm", map[lang.Code]string{lang.English: "Too few to tell", lang.Portuguese: "Poucos para dizer"}[code])
		a.says("#histogram p", map[lang.Code]string{lang.English: "on average", lang.Portuguese: "em média"}[code])
		a.has("#parts", 0)
	})
}

// A bar of the histogram opens its people, who add up to it, page and file.
func TestEngagementBucket(t *testing.T) {
	s := busy(t)
	days := s.get(admin, "/engagement").chart("histogram-data")
	most, n := 0, 0.0
	for i := range days.Ticks {
		if sum := *days.Series[0].Values[i] + *days.Series[1].Values[i]; sum > n {
			most, n = i, sum
		}
	}
	href := days.Series[0].Links[most]
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code, fragment: true}, href).is(200).has("tbody tr", int(n)).has(`a[href^="/events?"]`, int(n))
		whole := s.get(as{role: store.Viewer, code: code}, href).is(200).has("tbody tr", int(n))
		file := s.get(as{role: store.Viewer, code: code}, whole.attr(".pager a[download]", "href")).is(200)
		if lines := strings.Count(file.body, "\n"); lines != int(n)+1 {
			t.Errorf("the file has %d lines for %v people", lines, n)
		}
	})
	s.get(admin, "/engagement/bucket?bucket=28&of=accounts&known=2026-03-01").is(200)
	s.get(admin, "/engagement/bucket?bucket=2&segment=plan%3DNone").is(200).has("tbody tr", 0).says(".source-of", "Nobody was counted")
	for _, wrong := range []string{"bucket=x", "bucket=0", "bucket=29", "bucket=1&after=*", "bucket=1&of=x", ""} {
		s.get(admin, "/engagement/bucket?"+wrong).is(400)
	}
}

func TestEngagementOfAccounts(t *testing.T) {
	s := busy(t)
	a := s.get(admin, "/engagement?of=accounts&range=weeks&as_of=2026-03-01&segment=plan%3DPro").is(200).has("[data-chart]", 2).has(".stat", 14)
	a.says("nav.tabs a[aria-current]", "Accounts").says("#histogram", "weeks on average")
	if weeks := a.chart("histogram-data"); len(weeks.Ticks) < 20 || !strings.Contains(weeks.Series[0].Links[0], "of=accounts") {
		t.Errorf("%d weeks, links %v", len(weeks.Ticks), weeks.Series[0].Links[:1])
	}
	a.has(`nav.tabs a[href*="range=7"][href*="of=accounts"][href*="as_of=2026-03-01"]`, 1)
	if file := s.get(admin, "/engagement/histogram.csv?of=accounts&range=7").is(200); strings.Count(file.body, "\n") != 8 {
		t.Errorf("the file of the histogram: %s", file.body)
	}
	if file := s.get(admin, "/engagement/lifecycle.csv?of=accounts&grain=month").is(200); strings.Count(file.body, "\n") != 7 || !strings.HasPrefix(file.body, "period,until,new") {
		t.Errorf("the file of the life cycle: %s", file.body)
	}
	s.get(admin, "/engagement?range=weeks&of=people").is(200).says("#histogram", "weeks on average")
	s.get(admin, "/engagement?from=2020-01-01&until=2020-02-01").is(200).says("#histogram", "No facts were received").says("#rhythm", "No facts were received")
	for _, wrong := range []string{"of=x", "range=9", "as_of=x"} {
		s.get(admin, "/engagement?"+wrong).is(400)
		s.get(admin, "/engagement/histogram.csv?"+wrong).is(400)
		s.get(admin, "/engagement/lifecycle.csv?"+wrong).is(400)
	}
}

// weekly is a site of forty people of twenty accounts who come every Tuesday,
// five of them on every working day; every other one makes reports.
func weekly(t *testing.T) *site {
	t.Helper()
	s := staffed(t)
	h := &recorder{source: s.source.ID}
	for day := today.AddDate(0, 0, -100); day.Before(today.AddDate(0, 0, -1)); day = day.AddDate(0, 0, 1) {
		for n := range 40 {
			name := []string{"Report Created", "Searched"}[n%2]
			working := day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
			if day.Weekday() == time.Tuesday || n < 5 && working {
				h.add(farol.Track, name, day, farol.AccountID(fmt.Sprintf("acct-%d", n/2)), farol.PersonID(fmt.Sprintf("user-%d", n)), nil)
			}
		}
	}
	for i := range h.events {
		h.events[i].Known = h.events[i].At.Add(time.Second)
	}
	_, err := s.store.Define(t.Context(), store.Draft{Kind: metric.SettingKind, Name: metric.FeaturesName, Author: "system", Body: metric.Features{
		WindowDays: 28, AdoptedDays: 3, List: []metric.Feature{
			{Name: "Reports", Events: []string{"Report Created"}, Product: "Core"}, {Name: longName, Events: []string{"Searched"}, Product: "Find"},
		},
	}})
	s.check(err)
	done := false
	s.check(s.facts.Backfill(t.Context(), func() ([]farol.Event, error) {
		if done {
			return nil, io.EOF
		}
		done = true
		return h.events, nil
	}))
	return s
}

// Where there are enough people, the rhythm is said with its numbers, also
// that of each product and feature.
func TestEngagementRhythm(t *testing.T) {
	s := weekly(t)
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{role: store.Viewer, code: code}, "/engagement").is(200)
		a.says("#rhythm .big", map[lang.Code]string{lang.English: "Weekly", lang.Portuguese: "Semanal"}[code])
		a.says("#rhythm", map[lang.Code]string{lang.English: "Of 40 people active on three days or more", lang.Portuguese: "De 40 pessoas ativas em três dias ou mais"}[code])
		a.has("#rhythm tbody tr", 3).says("#rhythm tbody", "100").says("#rhythm", "WAU/MAU")
		// Two products and two features, of which each has too few people.
		a.has("#parts tbody tr", 4).says("#parts", longName)
		a.says("#parts", map[lang.Code]string{lang.English: "20 of 20 people", lang.Portuguese: "20 de 20 pessoas"}[code])
	})
	s.get(admin, "/engagement?of=accounts").is(200).says("#rhythm", "20 of 20 accounts")
}

// Each verdict has its words.
func TestRhythmWords(t *testing.T) {
	num := func(v float64) *float64 { return &v }
	for g, want := range map[farol.Grain]string{farol.Daily: "within a day", farol.Weekly: "within a week", farol.Monthly: "within four weeks", "": "within four weeks"} {
		x := metric.Rhythm{Regular: 100, Median: num(3), Verdict: g}
		for i, d := range []int{1, 7, 28} {
			x.Shares = append(x.Shares, metric.RhythmShare{Grain: []farol.Grain{farol.Daily, farol.Weekly, farol.Monthly}[i], Days: d, Share: num(.5), Low: num(.4), High: num(.6)})
		}
		for _, of := range []metric.Of{metric.People, metric.Accounts} {
			x.Request.Of = of
			w := rhythmWords(lang.For(lang.English), x)
			if !strings.Contains(w.Because, want) || !strings.Contains(w.Because, string(of)) || w.Advice == "" || w.Verdict == "" || w.Shares[0].Interval != "40.0% – 60.0%" {
				t.Errorf("%s of %s: %+v", g, of, w)
			}
		}
	}
}
