package web

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/truth"
)

// planted is a site over a small demo company.
func planted(t *testing.T) *site {
	t.Helper()
	ctx := context.Background()
	s := staffed(t)
	zone, err := time.LoadLocation("America/Sao_Paulo")
	s.check(err)
	now := func() time.Time { return today }
	s.facts, err = facts.Open(ctx, facts.Config{Zone: zone, MemoryLimit: "512MB", Threads: 2, Now: now})
	s.check(err)
	closers = append(closers, func() { s.facts.Close() })
	c := demo.New(demo.Config{Seed: 5, Accounts: 60, Months: 5, Until: today.Add(-time.Hour), Zone: zone})
	err = s.facts.Backfill(ctx, c.Next)
	if err != io.EOF {
		s.check(err)
	}
	s.check(s.facts.Settle(ctx))
	catalogue, err := metric.Load()
	s.check(err)
	metrics := metric.New(catalogue, s.facts, metric.Defaults)
	metrics.SetClock(now)
	checker := truth.New(metrics, s.facts, func() (demo.Truth, error) { return c.Truth(), nil })
	s.handler = New(Config{Store: s.store, Facts: s.facts, Metrics: metrics, Truth: checker, Now: now})
	return s
}

// The page comes at once and fetches the comparison, which finds every
// counted figure as planted, whatever settings are in force.
func TestTruth(t *testing.T) {
	s := planted(t)
	first := s.get(as{role: store.Viewer, code: lang.English}, "/truth").is(200).has(".waiting", 1)
	first.has(`nav.side a[href="/truth"][aria-current]`, 1)
	if got := first.header.Get("Refresh"); got != "0; url=/truth?now=1" {
		t.Errorf("it goes on with %q", got)
	}
	s.get(as{role: store.Viewer, code: lang.English}, "/truth?now=1").is(200).has("section.card", 5)
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{role: store.Viewer, code: code}, "/truth").is(200).has(".waiting", 0)
		exact := strings.Fields(a.doc.Find(".big").First().Text())
		if exact[0] != exact[2] || exact[0] < "3" {
			t.Errorf("%v figures are as planted", exact)
		}
		a.has("details .tag.bad", 0).has("details .tag.good", -1).has("[data-chart]", 1)
		a.says("main", map[lang.Code]string{lang.English: "3 × Report Created", lang.Portuguese: "3 × Report Created"}[code])
		a.says("main", map[lang.Code]string{lang.English: "Mean months stayed", lang.Portuguese: "Média de meses"}[code])
		if c := a.chart("bands-data"); len(c.Series) != 2 || len(c.Series[0].Values) != len(c.Ticks) || c.Series[0].Low == nil {
			t.Errorf("the chart has %d series", len(c.Series))
		}
	})
}

// Whoever is no demo has no such page.
func TestNoTruth(t *testing.T) {
	s := busy(t)
	s.get(admin, "/truth").is(http.StatusNotFound)
	s.get(admin, "/").has(`nav.side a[href="/truth"]`, 0)
}
