package web

import (
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
	})
	a := s.get(admin, "/customers?sort=attribute.plan&cols=attribute.plan,metric.mrr,created,id,owner.sales,tags").is(200)
	a.says("thead", "plan").says("thead", "Customer since").says("tfoot", "10 customers")
	s.get(admin, "/customers?where=attribute.plan%3DPro").says(".chip.on", "plan = Pro")
	s.get(admin, "/customers?q=no+such+customer").is(200).says(".nothing", "No customer fits")
	s.get(admin, "/customers?where=nonsense").is(400)
	s.get(admin, "/customers?offset=-1").is(400)
	s.get(admin, "/customers?cols="+strings.Repeat("x,", 20)).is(400)
	s.get(admin, "/customers?offset=5").has(`.pager a[href="/customers"]`, 1)
	if csv := s.get(admin, "/customers.csv?cols=attribute.plan"); !strings.HasPrefix(csv.body, "id,name,attribute.plan\n") {
		t.Errorf("the file begins %.60s", csv.body)
	}
	staffed(t).get(admin, "/customers").is(200).says(".nothing", "No customers yet")
}

// What is done to the ticked customers shows at once, filters, and is only
// for those who work with customers.
func TestMarkCustomers(t *testing.T) {
	s := busy(t)
	csm := as{role: store.CSM}
	id, ok := s.get(csm, "/customers").doc.Find("input[name=id]").First().Attr("value")
	if !ok {
		t.Fatal("nothing to tick")
	}
	m, err := s.store.MemberByEmail(t.Context(), "csm@example.com")
	s.check(err)
	s.post(csm, "/customers/mark", "id", id, "do", "owner", "role", "csm", "member", string(m.ID), "back", "/customers?mine=yes").leadsTo("/customers?mine=yes&done=customers")
	s.get(csm, "/customers?mine=yes&done=customers").has("table[data-rows] tbody tr", 1).says(".flash", "The customers were changed.")
	s.post(csm, "/customers/mark", "id", id, "do", "stage", "stage", "adoption", "back", "/customers").leadsTo("/customers?done=customers")
	s.get(csm, "/customers?view=board").says(".board", id)
	s.get(csm, "/customers?where=stage%3Dadoption").has("table[data-rows] tbody tr", 1).says(".chip.on", "Stage = Adoption")
	s.post(csm, "/customers/mark", "id", id, "do", "tag", "tag", " key  account ", "back", "/customers")
	s.get(csm, "/customers?where=tags%3Dkey+account&cols=tags").has("table[data-rows] tbody tr", 1).says("tbody", "key account")
	s.post(csm, "/customers/mark", "id", id, "do", "untag", "tag", "key account", "back", "/customers")
	s.get(csm, "/customers?where=tags%3Dkey+account").says(".nothing", "No customer fits")

	for _, bad := range [][]string{
		{"do", "owner", "role", "king", "id", id}, {"do", "owner", "role", "csm", "member", "nobody", "id", id}, {"do", "stage", "stage", "limbo", "id", id},
		{"do", "tag", "tag", "a=b", "id", id}, {"do", "tag", "tag", "x"}, {"id", id},
	} {
		s.post(csm, "/customers/mark", bad...).is(422).has(".flash.wrong", 1)
	}
	s.post(csm, "/customers/mark", "do", "tag", "tag", "x", "id", "no-such-account").is(404)
	s.post(as{role: store.Viewer}, "/customers/mark", "do", "tag", "tag", "x", "id", id).is(403)
	s.get(as{role: store.Viewer}, "/customers").is(200).has("input[name=id]", 0)
}
