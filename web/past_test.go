package web

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// Lists of the past show who there was, offer nothing that would change it, and
// lead to pages of the same moment.
func TestPastLists(t *testing.T) {
	s := busy(t)
	const then = "as_of=2025-11-01"
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.CSM, code: code}
		for _, path := range []string{"/customers?", "/customers?view=board&", "/people?", "/stages?", "/tickets?"} {
			s.get(who, path+then).is(200).has(".past", 1).has(`.past a[href*="as_of"]`, 0).has("[data-edit]", 0).has("[data-drop]", 0).has("input[name=id]", 0).has(".bulk-bar", 0)
			s.get(who, path+then+"&known=2025-12-01").is(200).has(".past", 1)
			s.get(who, path+"as_of=yesterday").is(400).says("main", "yesterday")
			s.get(who, path+"known=yesterday").is(400).says("main", "yesterday")
		}
	})
	a := s.get(admin, "/customers?"+then+"&where=attribute.plan%3DBasic&where=created%3C2026-01-01&sort=metric.mrr&dir=down").is(200).says(".totals", "2 customers").says(".past-notes", "what was said by then")
	a.has(`table[data-rows] a[href*="/customers/acct-00?as_of=2025-11-01"]`, 1).has(`th a[href*="as_of=2025-11-01"]`, -1).has(`.chip.on[href*="as_of=2025-11-01"]`, -1)
	if back := a.doc.Find(".past a").AttrOr("href", ""); strings.Count(back, "where=") != 2 || strings.Contains(back, "as_of") {
		t.Errorf("back to now leads to %s", back)
	}
	s.get(admin, "/customers?"+then).is(200).says(".totals", "3 customers").has(`datalist[data-values*="as_of"]`, 1)
	s.get(admin, "/customers?as_of=2020-01-01").is(200).says(".nothing", "No customer fits").has(".past", 1)
	s.get(admin, "/customer-values?column=attribute.plan&as_of=2025-10-10").is(200).has("option", 1)
	s.get(admin, "/customer-values?column=attribute.plan&as_of=x").is(400)
	if csv := s.get(admin, "/customers.csv?cols=attribute.plan&"+then).is(200); strings.Count(csv.body, "\n") != 4 || !strings.Contains(csv.header.Get("Content-Disposition"), "customers-2025-11-01.csv") {
		t.Errorf("the file: %s %s", csv.header.Get("Content-Disposition"), csv.body)
	}
	// Nobody changes today's customers by what they were.
	s.post(admin, "/customers/mark", "everybody", "yes", "do", "tag", "tag", "x", "back", "/customers?"+then).is(422).says(".flash.wrong", "The past cannot be changed")

	all, past := s.get(admin, "/people").is(200).text("table.people tfoot strong"), s.get(admin, "/people?"+then+"&sort=name").is(200)
	if n := past.text("table.people tfoot strong"); n == all || n == "" {
		t.Errorf("%q people then, %q now", n, all)
	}
	past.has(`table.people a[href*="as_of=2025-11-01"]`, -1).has(`th a[href*="as_of=2025-11-01"]`, -1)
	href := past.doc.Find("table.people td a").First().AttrOr("href", "")
	s.get(admin, href).is(200).has(".past", 1).has("form[method=post]", -1).has(`a[href="/people?as_of=2025-11-01"]`, -1).has(`td a[href*="/customers/"][href*="as_of=2025-11-01"]`, -1)
	if csv := s.get(admin, "/people.csv?"+then).is(200); strings.Count(csv.body, "\n") < 2 {
		t.Errorf("the file: %s", csv.body)
	}
	s.get(admin, "/stages?"+then).says(".past-notes", "what was said by then").has(`.chip[href*="view=board"][href*="as_of"]`, 1)
	s.get(admin, "/stages.csv?"+then).is(200)
	s.get(admin, "/tickets?"+then).says(".past-notes", "counted up to then")
	s.get(admin, "/tickets.csv?"+then+"&status=all").is(200)
}

// What was said after the day, or learned after the instant, is not on a list
// of then: a new name, another owner, a stage.
func TestPastListOfChanges(t *testing.T) {
	s := followed(t)
	ctx := context.Background()
	begin := s.facts.LastKnown()
	s.check(s.facts.SaveAttributes(ctx, today, []facts.AccountAttribute{{Account: "acct-00", Trait: "name", Type: "text", Value: "Renamed"}}))
	s.check(s.facts.SaveMarks(ctx, today, []facts.Mark{{Account: "acct-00", Trait: customer.StageTrait, Value: "adoption"}, {Account: "acct-00", Trait: customer.OwnerTrait + "csm", Value: "m1"}}))
	s.get(admin, "/customers?q=renamed").is(200).says("tbody", "Renamed")
	yesterday := farol.DayOf(today, time.UTC) - 1
	for _, moment := range []string{"as_of=" + yesterday.String(), "known=" + begin.UTC().Format(time.RFC3339Nano)} {
		s.get(admin, "/customers?q=renamed&"+moment).is(200).says(".nothing", "No customer fits")
		s.get(admin, "/customers?q=acct-00&cols=stage,owner.csm&"+moment).is(200).has("table[data-rows] tbody tr", 1).has(`tbody td:contains("Adoption")`, 0)
	}
	// Segments say who had been in them, and that nobody had looked before.
	then := "as_of=" + yesterday.String()
	s.get(admin, "/segments?"+then).is(200).has(".past", 1).has(`a[href="/segments/new"]`, 0).says("tbody", "not looked at then").says("tbody", "who would have been in it before is not known").has(`tbody a[href*="/segments/pros?as_of="]`, -1)
	s.get(admin, "/segments/pros?"+then).is(200).says(".nothing", "Nobody had looked at this segment then").says(".past-notes", "who would have been in it before is not known").has("form[method=post][action*=segments]", 0).has(`.menu-body a[href*="/revenue?as_of="]`, 1)
	s.get(admin, "/segments/pros?tab=history&"+then).is(200).says(".nothing", "Nobody had come or gone by then").has(`.past a[href="/segments/pros?tab=history"]`, 1)
	s.get(admin, "/customers?where=segment.pros%3Dtrue&"+then).is(200).says(".past-notes", "who would have been in it before is not known")
	s.get(admin, "/people?segment=pros&"+then).is(200).says(".past-notes", "who would have been in it before is not known")
	if csv := s.get(admin, "/segments/pros/members.csv?"+then).is(200); strings.Count(csv.body, "\n") != 1 {
		t.Errorf("members then: %s", csv.body)
	}
	if csv := s.get(admin, "/segments/pros/history.csv?"+then).is(200); strings.Count(csv.body, "\n") != 1 {
		t.Errorf("moves then: %s", csv.body)
	}
	s.get(admin, "/segments/pros?known="+url.QueryEscape(today.Add(-time.Second).Format(time.RFC3339))).is(200).says(".nothing", "Nobody had looked at this segment then")
	states, err := s.store.SegmentStates(ctx)
	s.check(err)
	known := "known=" + url.QueryEscape(states["pros"].Began.Add(time.Second).UTC().Format(time.RFC3339))
	s.get(admin, "/segments/nobody?"+known).is(200).says(".nothing", "Nobody was in this segment")
	s.get(admin, "/segments?as_of=x").is(400)
	s.get(admin, "/segments/pros?known=x").is(400)
}
