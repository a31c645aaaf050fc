package web

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// A view is saved under a name, shared or not, opens by itself when wanted,
// and is changed by its owner and by leaders only.
func TestSavedViews(t *testing.T) {
	s := staffed(t)
	s.live()
	csm, viewer, manager := as{role: store.CSM, code: lang.English}, as{role: store.Viewer, code: lang.English}, as{role: store.Manager, code: lang.English}
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/views").is(200).has(".nothing", 1)
	})
	s.get(csm, "/metrics/mrr?period=12m").is(200).has(`form[action="/views"] input[name=here][value="/metrics/mrr?period=12m"]`, 1)
	s.post(csm, "/views", "here", "/metrics/mrr?period=12m&segment=plan%3DPro", "name", "Pro, a year").leadsTo("/metrics/mrr?done=view&period=12m&segment=plan%3DPro")
	s.post(csm, "/views", "here", "/?period=28d", "name", "Month", "shared", "yes", "default", "yes").leadsTo("/?done=view&period=28d")
	s.post(csm, "/views", "here", "/", "name", "").is(422).says(".flash.wrong", "Must not be empty")
	s.get(csm, "/views").is(200).has("tbody tr", 2).says("tbody", "Last 12 months · plan=Pro").says("tbody", "Overview").says("tbody", "only you").has(".tag.good", 1)
	s.get(viewer, "/views").is(200).has("tbody tr", 1).says("tbody", "Ana CSM").has(`button[value=delete]`, 0).has(`button[value=default]`, 1)
	s.get(as{role: store.Viewer, code: lang.English, fragment: true}, "/views/menu").is(200).has("html nav", 0).says("a.item", "Month")

	// It opens by itself, and never takes the place of what was asked for.
	a := s.get(csm, "/").is(302)
	if got := a.header.Get("Location"); got != "/?period=28d" {
		t.Errorf("the default view is at %s", got)
	}
	s.get(csm, "/?period=6m").is(200)
	s.get(viewer, "/").is(200)

	list, err := s.store.Views(t.Context(), "")
	s.check(err)
	shared := "/views/" + list[0].ID
	s.post(viewer, shared, "do", "delete").is(403)
	s.post(viewer, shared, "do", "default").leadsTo("/views?done=view-changed")
	s.get(viewer, "/").is(302)
	s.post(viewer, shared, "do", "no-default").is(303)
	s.get(viewer, "/").is(200)
	s.post(manager, shared, "do", "rename", "name", "Our month").leadsTo("/views?done=view-changed")
	s.post(manager, shared, "do", "rename", "name", "").is(422)
	s.post(manager, shared).is(422).says(".flash.wrong", "Choose what to do")
	s.get(csm, "/views?done=view-changed").says(".flash", "The view was changed.").says("tbody", "Our month")
	s.post(csm, shared, "do", "unshare").is(303)
	s.post(manager, shared, "do", "delete").is(404)
	s.post(csm, shared, "do", "share").is(303)
	s.post(csm, shared, "do", "delete").leadsTo("/views?done=view-gone")
	s.get(csm, "/").is(200)
	// An address elsewhere is no page of ours.
	s.post(csm, "/views", "here", "https://evil.example/x", "name", "Evil").leadsTo("/?done=view")
	all, err := s.store.Views(t.Context(), string(mustMember(t, s, "csm@example.com").ID))
	s.check(err)
	for _, x := range all {
		if strings.Contains(x.Href(), "evil") {
			t.Errorf("a view leads to %s", x.Href())
		}
	}
}

func mustMember(t *testing.T, s *site, email string) store.Member {
	t.Helper()
	m, err := s.store.MemberByEmail(t.Context(), email)
	s.check(err)
	return m
}
