package web

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func TestOverviewWithoutFacts(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		want := map[lang.Code]string{lang.English: "Nothing has happened yet", lang.Portuguese: "Ainda não aconteceu nada"}[code]
		s.get(as{role: store.Viewer, code: code}, "/").is(200).says("main h2", want).has(`main a[href="/sources"]`, 1).has("[data-chart]", 0)
	})
}

func TestOverview(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{role: store.CSM, code: code}, "/").is(200)
		figures := 0
		for _, area := range overviewAreas {
			figures += len(area.metrics)
		}
		a.has(".area", len(overviewAreas)).has(".stat", figures).has(`.area h2 a[href="/engagement"]`, 1)
		a.has("[data-chart]", 3).has(".chart-note table", 3)
		a.says("header.head p", map[lang.Code]string{lang.English: "How are our customers doing?", lang.Portuguese: "Como vão os nossos clientes?"}[code])
		for id, lines := range map[string]int{"usage-data": 3, "mrr-data": 1, "new_accounts-data": 1} {
			c := a.chart(id)
			if len(c.Series) != lines || len(c.Ticks) < 6 {
				t.Errorf("%s has %d series over %d periods", id, len(c.Series), len(c.Ticks))
			}
			for _, line := range c.Series {
				if len(line.Values) != len(c.Ticks) || len(line.Texts) != len(c.Ticks) || len(line.Open) != len(c.Ticks) || line.Name == "" {
					t.Errorf("%s: %q does not fill its periods", id, line.Name)
				}
			}
		}
		mrr := a.doc.Find(`.stat:has(a[href="/metrics/mrr"])`)
		// Nine accounts pay 1000 + 150 a month each more than the one before.
		if got, want := strings.TrimSpace(mrr.Find(".value").Text()), map[lang.Code]string{lang.English: "R$15,750", lang.Portuguese: "R$\u00a015.750"}[code]; got != want {
			t.Errorf("MRR is %q, want %q", got, want)
		}
		a.has(".stat .value a[data-drawer]", -1).has(".spark", -1).has(".delta", -1)
	})
}

// The banner says which past the page shows and leads back.
func TestOverviewOfThePast(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		for query, want := range map[string]map[lang.Code]string{
			"?as_of=2026-02-01":                  {lang.English: "You see Feb 1, 2026 with everything that is known today.", lang.Portuguese: "Você está vendo 01/02/2026 com tudo o que se sabe hoje."},
			"?known=2026-03-01":                  {lang.English: "as they were known on Mar 1, 2026.", lang.Portuguese: "como eram conhecidos em 01/03/2026."},
			"?as_of=2026-02-01&known=2026-03-01": {lang.English: "You see Feb 1, 2026 as it was known on Mar 1, 2026.", lang.Portuguese: "Você está vendo 01/02/2026 como se conhecia em 01/03/2026."},
		} {
			a := s.get(who, "/"+query).is(200).says(".past", want[code])
			if got := a.attr(".past a", "href"); got != "/" {
				t.Errorf("back leads to %s", got)
			}
		}
		s.get(who, "/?as_of=2026-03-20").is(200).has(".past", 0)
	})
	// In December only five accounts paid.
	a := s.get(admin, "/?as_of=2025-12-10")
	if got := strings.TrimSpace(a.doc.Find(`.stat:has(a[href^="/metrics/mrr"]) .value`).Text()); got != "R$6,500" {
		t.Errorf("MRR in December is %q", got)
	}
}

// A segment is kept in every link, and narrows every figure.
func TestOverviewOfASegment(t *testing.T) {
	s := busy(t)
	a := s.get(admin, "/?segment=plan%3DPro").is(200).says(".chip.on", "Plan = Pro")
	a.has(`.stat a[href="/metrics/mrr?segment=plan%3DPro"]`, 1)
	if got := strings.TrimSpace(a.doc.Find(`.stat:has(a[href^="/metrics/mrr"]) .value`).Text()); got != "R$8,750" {
		t.Errorf("MRR of plan Pro is %q", got)
	}
	s.get(as{role: store.Viewer, code: lang.Portuguese}, "/?segment=plan%3D").says(".chip.on", "Plano = desconhecido")
	a.has(".past", 0)
	s.get(admin, "/?segment=plam%3DPro").is(200).says(".past", "No customer has an attribute named plam")
	s.get(admin, "/values").is(200).says("select", "plan")
	s.get(admin, "/values?attribute=plan").is(200).has(`option[value="plan=Pro"]`, 1)
}

func TestValuesWithoutAttributes(t *testing.T) {
	staffed(t).get(admin, "/values").is(200).has("select", 0)
}
