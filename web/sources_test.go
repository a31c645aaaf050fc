package web

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func TestSources(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{role: store.Admin, code: code}, "/sources").is(200).says("tbody", "Web app").says("tbody", s.source.Key)
		a.has(`form[action="/sources"]`, 1)
	})
	s.get(as{role: store.Viewer}, "/sources").is(200).has(`form[action="/sources"]`, 0)
	s.post(admin, "/sources", "name", "  ").is(422).says(".form-error", "Must not be empty")
}

func TestSourceLife(t *testing.T) {
	s := staffed(t)
	to := s.post(admin, "/sources", "name", longName).is(422).header.Get("Location")
	if to != "" {
		t.Errorf("a name too long leads to %s", to)
	}
	path := s.post(admin, "/sources", "name", "Mobile app").is(303).header.Get("Location")
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{role: store.Admin, code: code}, path).is(200).says("h1", "Mobile app").has("pre.code", 5).has("button[data-copy]", 5)
		key := a.text("#key")
		for _, id := range []string{"js", "node", "go", "curl"} {
			if code := a.text("#snippet-" + id); !strings.Contains(code, key) || !strings.Contains(code, "http://example.com") {
				t.Errorf("the snippet %s lacks key or address: %s", id, code)
			}
		}
	})
	s.post(admin, path, "do", "disable").leadsTo(path + "?done=source")
	s.get(admin, path+"?done=source").is(200).has(".tag.bad", 1).says(".flash", "The source was changed.")
	s.get(admin, "/sources").has(".tag.bad", 1)
	s.post(admin, path, "do", "enable").is(303)
	s.post(admin, path, "do", "rename", "name", "").is(422).has(".form-error", 1)
	s.post(admin, path, "do", "rename", "name", "iOS").is(303)
	s.get(admin, path).says("h1", "iOS")
	s.get(as{role: store.Viewer}, path).is(200).has("form[action^='/sources']", 0)
	s.post(admin, path, "do", "else").is(400)
	s.post(admin, path, "do", "delete").leadsTo("/sources?done=source-gone")
	s.get(admin, path).is(404)
}

func TestSourcesEmpty(t *testing.T) {
	s := staffed(t)
	s.post(admin, "/sources/"+string(s.source.ID), "do", "delete").is(303)
	s.get(admin, "/sources").is(200).says("h2", "No source yet")
}
