package web

import (
	"net/url"
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func TestCustomers(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.CSM, code: code}
		s.get(who, "/customers").is(200).has("table[data-rows] tbody tr", 10)
		s.get(who, "/customers?view=board").is(200).has(".board > section", 8)
		s.get(who, "/customer-changes").is(200)
		s.get(who, "/customer-values?column=attribute.plan").is(200).has("option[value=Pro]", 1)
		s.get(who, "/customer-values?column=standing").has("option", 3)
		s.get(who, "/customer-values?column=stage").has("option", 7)
	})
	a := s.get(admin, "/customers?sort=attribute.plan&cols=attribute.plan,metric.mrr,created,id,owner.sales,tags").is(200)
	a.says("thead", "Plan").says("thead", "Customer since").says(".totals", "10 customers")
	s.get(admin, "/customers?where=attribute.plan%3DPro").says(".chip.on", "Plan is Pro")
	s.get(admin, "/customers?q=no+such+customer").is(200).says(".nothing", "No customer fits")
	s.get(admin, "/customers?where=nonsense").is(400)
	s.get(admin, "/customers?offset=-1").is(400)
	s.get(admin, "/customers?cols="+strings.Repeat("x,", 20)).is(400)
	s.get(admin, "/customers?offset=5").has(`.pager a[href="/customers"][rel=prev]`, 1)
	s.get(admin, "/customers?where=attribute.plan!%3DPro").has("tbody tr", 5).says(".chip.on", "Plan is not Pro")
	s.get(admin, "/customers?where=created%3Ctoday-36000").says(".nothing", "No customer fits")
	s.get(admin, "/customers?where=metric.mrr%3Ehigh").is(400)
	if csv := s.get(admin, "/customers.csv?cols=attribute.plan"); !strings.HasPrefix(csv.body, "id,name,attribute.plan\n") {
		t.Errorf("the file begins %.60s", csv.body)
	}
	if head, _, _ := strings.Cut(s.get(admin, "/customers.csv?cols=all").body, "\n"); !strings.Contains(head, "metric.mrr") || !strings.Contains(head, "attribute.plan") || !strings.Contains(head, "days_in_stage") {
		t.Errorf("all columns are %s", head)
	}
	staffed(t).get(admin, "/customers").is(200).says(".nothing", "No customers yet")
}

// changed is the address that a change leads back to, with the change in it.
func changed(a *answer) string {
	a.is(303)
	return a.header.Get("Location")
}

// What is done to the ticked customers shows at once, filters, can be taken
// back, and is only for those who work with customers.
func TestMarkCustomers(t *testing.T) {
	s := busy(t)
	csm := as{role: store.CSM}
	id, ok := s.get(csm, "/customers").doc.Find("input[name=id]").First().Attr("value")
	if !ok {
		t.Fatal("nothing to tick")
	}
	m, err := s.store.MemberByEmail(t.Context(), "csm@example.com")
	s.check(err)
	to := changed(s.post(csm, "/customers/mark", "id", id, "do", "owner", "role", "csm", "member", string(m.ID), "back", "/customers?mine=yes"))
	a := s.get(csm, to).has("table[data-rows] tbody tr", 1).says(".flash", "1 customer: CSM").has(".flash form", 1)
	undo, _ := a.doc.Find(".flash form").Attr("action")
	s.post(csm, "/customers/mark", "id", id, "do", "stage", "stage", "adoption", "reason", "They know it all", "back", "/customers")
	s.get(csm, "/customers?view=board").says(".board", id).has(".board .tag.good", 1)
	s.get(csm, "/customers?where=stage%3Dadoption&where=standing%3Don-track&cols=stage,standing,days_in_stage,stage_since").has("table[data-rows] tbody tr", 1).says(".chip.on", "Stage is Adoption").says("tbody", "On track")
	s.get(csm, "/customers/"+url.PathEscape(id)+"?tab=stages").says("table", "They know it all")
	s.post(csm, "/customers/mark", "id", id, "do", "tag", "tag", " key  account ", "back", "/customers")
	s.get(csm, "/customers?where=tags%3Dkey+account&cols=tags").has("table[data-rows] tbody tr", 1).says("tbody", "key account")
	s.post(csm, "/customers/mark", "id", id, "do", "untag", "tag", "key account", "back", "/customers")
	s.get(csm, "/customers?where=tags%3Dkey+account").says(".nothing", "No customer fits")

	// All that fit, not only those of the page.
	back := "/customers?where=attribute.plan%3DPro"
	to = changed(s.post(csm, "/customers/mark", "everybody", "yes", "do", "list", "list", "Beta testers", "back", back))
	s.get(csm, to).says(".flash", "5 customers: Put on the list Beta testers")
	s.get(csm, "/customers?where=lists%3DBeta+testers&cols=lists").has("table[data-rows] tbody tr", 5)

	// The last action is taken back but for what another changed since.
	s.post(as{role: store.Support}, "/customers/mark", "id", id, "do", "unlist", "list", "Beta testers", "back", back)
	s.post(csm, "/undo/last", "back", back).leadsTo("/customers?done=undone-some&where=attribute.plan%3DPro")

	// Taking back gives what was before, once.
	s.post(as{role: store.Support}, undo, "back", "/customers").is(403)
	s.post(csm, undo, "back", "/customers").leadsTo("/customers?done=undone")
	s.get(csm, "/customers?mine=yes").says(".nothing", "No customer fits")
	s.post(csm, undo, "back", "/customers").is(422).has(".flash.wrong", 1).says("table", "taken back by")
	s.post(csm, "/customer-changes/nothing").is(404)

	for _, bad := range [][]string{
		{"do", "owner", "role", "king", "member", "-", "id", id}, {"do", "owner", "role", "csm", "member", "", "id", id}, {"do", "stage", "stage", "", "reason", "x", "id", id}, {"do", "owner", "role", "csm", "member", "nobody", "id", id}, {"do", "stage", "stage", "limbo", "id", id},
		{"do", "stage", "stage", "adoption", "id", id}, {"do", "tag", "tag", "a=b", "id", id}, {"do", "tag", "tag", "x"}, {"id", id}, {"do", "list", "list", "", "id", id},
	} {
		s.post(csm, "/customers/mark", bad...).is(422).has(".flash.wrong", 1)
	}
	s.post(csm, "/customers/mark", "do", "stage", "stage", "ongoing", "id", id, "back", "/customers/"+url.PathEscape(id)).is(422).has(".form-error", 1)
	s.post(csm, "/customers/mark", "do", "tag", "tag", "x", "id", "no-such-account").is(404)
	// Nothing chosen is not nobody, who has to be chosen.
	s.get(csm, "/customers").has(".bulk-bar select[name=member] option:first-child[value='']", 1).has(".bulk-bar select[name=stage] option:first-child[value='']", 1)
	changed(s.post(csm, "/customers/mark", "id", id, "do", "owner", "role", "csm", "member", string(m.ID), "back", "/customers"))
	changed(s.post(csm, "/customers/mark", "id", id, "do", "owner", "role", "csm", "member", "-", "back", "/customers"))
	s.post(as{role: store.Viewer}, "/customers/mark", "do", "tag", "tag", "x", "id", id).is(403)
	s.get(as{role: store.Viewer}, "/customers").is(200).has("input[name=id]", 0).has("[data-edit]", 0)
}
