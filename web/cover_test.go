package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// Who covers a leave sees its customers and tasks while it lasts, marked as
// whose they are; afterwards they are out of sight again.
func TestCover(t *testing.T) {
	p := guarded(t)
	support := as{role: store.Support}
	away, by := string(p.support.ID), string(p.csm.ID)
	both(t, func(t *testing.T, code lang.Code) {
		p.get(as{role: store.Viewer, code: code}, "/covers").is(200).has("form[action='/covers']", 0).has(".nothing", 1)
	})
	_, err := p.store.AddTask(t.Context(), store.Task{Account: secretID, Title: "Renew with them", Owner: p.support.ID, Creator: "x"})
	p.check(err)
	p.get(csm, "/customers/"+secretID).is(404)
	p.get(csm, "/my-day").has(".covered", 0)
	// One's own leave, or a leader anybody's.
	p.post(csm, "/covers", "away", away, "by", by, "first", "2026-03-20", "last", "2026-03-31").is(403)
	p.post(support, "/covers", "away", away, "by", by, "first", "2026-03-20", "last", "soon").is(422).has(".form-error", 1).has("option[value='"+by+"'][selected]", 1)
	p.post(support, "/covers", "away", away, "by", by, "first", "2026-03-20", "last", "2026-03-31", "note", "Renewal\nis near").leadsTo("/covers?done=saved")
	p.post(admin, "/covers", "away", away, "by", by, "first", "2026-03-25", "last", "2026-03-26").is(422).says(".form-error", "covered on some of these days")
	both(t, func(t *testing.T, code lang.Code) {
		p.get(as{role: store.Admin, code: code}, "/covers").is(200).has("tbody tr", 1).has(".tag.good", 1)
		p.get(as{role: store.CSM, code: code}, "/my-day").is(200).has(".covered", 1).says(".covered", "Ana SUPPORT").says(".covered", "Renew with them").says(".covered", "is near")
	})
	p.get(csm, "/my-day").says(".covered", "until Mar 31, 2026")
	p.get(support, "/my-day").says(".flash", "Ana CSM covers for you until Mar 31, 2026.")
	p.get(csm, "/customers/"+secretID).is(200).says(".pairs", "Ana CSM covers until")
	// What the one away is told, the other hears of, and for whom.
	p.post(admin, "/my-day/tasks", "title", "Send the invoice", "owner", away).is(303)
	p.post(admin, "/community", "body", "@support please look").is(303)
	both(t, func(t *testing.T, code lang.Code) {
		n := p.get(as{role: store.CSM, code: code}, "/notices").is(200).has(".moments .tag", 2).says(".moments", "Send the invoice").says(".moments", "please look")
		if code == lang.English {
			n.says(".moments", "gave Ana SUPPORT a task").says(".moments", "mentioned Ana SUPPORT").says(".moments .tag", "You cover for Ana SUPPORT")
		}
	})
	list := p.get(csm, p.get(csm, "/my-day").attr(".covered .chip", "href"))
	list.is(200).has("tbody input[value="+secretID+"]", 1)
	p.get(admin, "/my-day?team=yes").says("table", "covers until")
	end := p.get(support, "/covers").attr("form[action$='/end']", "action")
	p.post(csm, end).is(403)
	p.post(support, end).leadsTo("/covers?done=saved")
	p.post(support, end).is(422)
	p.get(csm, "/customers/"+secretID).is(404)
	p.get(csm, "/my-day").has(".covered", 0)
	p.post(support, "/covers/none/end").is(404)
	log, _, err := p.store.AuditLog(t.Context(), store.AuditQuery{Limit: 50})
	p.check(err)
	var said []string
	for _, a := range log {
		if strings.Contains(a.Action, "/covers") {
			said = append(said, fmt.Sprint(a.Name, " ", a.Status))
		}
	}
	if got := strings.Join(said, ", "); got != "Ana SUPPORT 404, Ana SUPPORT 422, Ana SUPPORT 303, Ana CSM 403, Ana ADMIN 422, Ana SUPPORT 303, Ana SUPPORT 422, Ana CSM 403" {
		t.Errorf("the audit log has %q", got)
	}
}
