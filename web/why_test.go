package web

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// A metric of every aggregation says why it changed, in one of the languages.
func TestEveryAggregationSaysWhy(t *testing.T) {
	s := busy(t)
	catalogue, err := metric.Load()
	s.check(err)
	seen := map[metric.Aggregation]bool{}
	for i, m := range catalogue.All() {
		if seen[m.Aggregation] {
			continue
		}
		seen[m.Aggregation] = true
		who := as{role: store.Viewer, code: lang.Codes[i%len(lang.Codes)]}
		a := s.get(who, "/metrics/"+m.Name+"/why?by=plan&after=2026-02-10").is(200).has(".lead-line", 1)
		if !strings.Contains(a.text("h1"), m.Title.In(who.code)) {
			t.Errorf("%s: the heading is %q", m.Name, a.text("h1"))
		}
	}
}

func TestWhy(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		// Two accounts began to pay in January, one of each plan.
		a := s.get(who, "/metrics/mrr/why?by=plan&before=2025-12-10&after=2026-01-10").is(200).has("[data-chart]", 1).has(".card tbody tr", 2)
		if rows := strings.Split(strings.TrimSpace(s.get(who, a.attr("a[download]", "href")).is(200).body), "\n"); len(rows) != 3 || !strings.HasPrefix(rows[0], "line,before,after") {
			t.Errorf("the lines as a file: %q", rows)
		}
		a.says("tbody", "Pro").says("tfoot", a.text(".facts > div:nth-child(3) .big"))
		drill := s.get(who, a.attr("tbody a.small", "href")).is(200).has("tbody tr", -1)
		drill.says(".card-header", map[lang.Code]string{lang.English: "Accounts of", lang.Portuguese: "Contas de"}[code])
		s.get(who, drill.attr("tbody a[data-drawer]", "href")).is(200).says(".source-of", "account =")
		churn := s.get(who, "/metrics/logo_churn_rate/why?by=plan").is(200).says("thead", map[lang.Code]string{lang.English: "Mix", lang.Portuguese: "Mix"}[code])
		churn.says(".lead-line", "plan Basic")
	})
	// Of one account a median says next to nothing: it opens by what parts customers.
	if got := s.get(admin, "/metrics/median_arpa/why?before=2025-12-10&after=2026-01-10").is(200).text("thead th:first-child"); got != "plan" {
		t.Errorf("a median is taken apart by %q", got)
	}
	// A card's change and the metric's page lead here.
	s.get(admin, "/").has(`.stat .change a[href*="/why?"]`, -1)
	s.get(admin, s.get(admin, "/metrics/mrr").attr(`a[href^="/metrics/mrr/why"]`, "href")).is(200)
	// What was known of one period at another time.
	s.get(admin, "/metrics/active_users_month/why?after=2026-02-10&before_known=2026-02-11").is(200).says(".facts", "Known at Feb 11, 2026")
	// The form compares two days on which one period was known.
	known := s.get(admin, "/metrics/active_users_month/why?apart=yes&before=2026-02-10&before_known=2026-02-11&after=2026-02-10&known=2026-02-13&by=plan").is(200)
	known.says(".facts", "Known at Feb 11, 2026").says(".facts", "Known at Feb 13, 2026").has("#sides input[name=before_known][value='2026-02-11']", 1).has("#sides input[name=known][value='2026-02-13']", 1)
	if was := known.attr("tbody td:nth-child(2) a", "href"); !strings.Contains(was, "known=2026-02-11") {
		t.Errorf("the first side opens as it is known otherwise: %s", was)
	}
	s.get(admin, "/metrics/active_users_month/why?apart=yes&before=2026-02-10&after=2026-02-10&known=2026-02-11").is(200).says(".facts", "Known now")
	s.get(admin, "/metrics/mrr/why?after=2030-01-01").is(200).says(".lead-line", "There is no change to take apart.")
	for _, q := range []string{"before=x", "after=x", "before_known=x", "by=a%3Db", "as_of=x"} {
		s.get(admin, "/metrics/mrr/why?"+q).is(400)
	}
	s.get(admin, "/metrics/no_such/why").is(404)
	s.get(admin, "/metrics/no_such/why.csv").is(404)
	s.get(admin, "/metrics/mrr/why.csv?before=x").is(400)
}
