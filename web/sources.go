package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// sourcesPage lists the places that events come from.
type sourcesPage struct {
	shell
	refusal
	Rows []sourceRow
	Name string
}

type sourceRow struct {
	store.Source
	Events string
	Last   time.Time
}

func (s *server) sources(v *visit) error { return s.showSources(v, http.StatusOK, refusal{}, "") }

func (s *server) showSources(v *visit, status int, r refusal, name string) error {
	p := sourcesPage{shell: v.shell(lang.Text("Sources")), refusal: r, Name: name}
	p.Question = v.p.T("Where do events come from? Anything that speaks Segment's protocol can send them.")
	list, err := s.Store.Sources(v.r.Context())
	if err != nil {
		return err
	}
	stats, err := s.Facts.Stats(v.r.Context())
	if err != nil {
		return err
	}
	for _, x := range list {
		row := sourceRow{Source: x, Events: v.p.Number(0, 0)}
		for _, st := range stats.Sources {
			if st.Source == x.ID {
				row.Events, row.Last = v.p.Number(float64(st.Events), 0), st.Last
			}
		}
		p.Rows = append(p.Rows, row)
	}
	return s.send(v, status, "sources", "layout", p)
}

func (s *server) addSource(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	name := v.r.PostForm.Get("name")
	x, err := s.Store.AddSource(v.r.Context(), name)
	if err != nil {
		if refused, ok := v.refuse(err); ok {
			return s.showSources(v, http.StatusUnprocessableEntity, refused, name)
		}
		return err
	}
	return v.redirect("/sources/" + url.PathEscape(string(x.ID)))
}

// sourceDetail is one source with its key and how to install it.
type sourceDetail struct {
	shell
	refusal
	Source   store.Source
	Snippets []snippet
}

// snippet is code that somebody copies.
type snippet struct{ ID, Name, Where, Code string }

func (s *server) showSource(v *visit) error {
	return s.showSourceWith(v, http.StatusOK, refusal{})
}

func (s *server) showSourceWith(v *visit, status int, r refusal) error {
	x, err := s.Store.Source(v.r.Context(), farol.SourceID(v.r.PathValue("id")))
	if err != nil {
		return err
	}
	p := sourceDetail{shell: v.shell(""), refusal: r, Source: x}
	p.Title, p.Question = x.Name, v.p.T("How is it connected?")
	p.Crumb = &crumb{v.p.T("Sources"), "/sources"}
	p.Snippets = snippets(v.p, s.base(v.r), x.Key)
	return s.send(v, status, "source_detail", "layout", p)
}

// changeSource renames, switches on or off, or deletes a source.
func (s *server) changeSource(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	id, f, ctx := farol.SourceID(v.r.PathValue("id")), v.r.PostForm, v.r.Context()
	gone, err := s.updateSource(ctx, id, f)
	switch refused, ok := v.refuse(err); {
	case gone:
		return v.done("/sources", "source-gone")
	case ok && refused.Field != "":
		return s.showSourceWith(v, http.StatusUnprocessableEntity, refused)
	case err != nil:
		return err
	}
	return v.done("/sources/"+url.PathEscape(string(id)), "source")
}

// updateSource does to a source, or to the one of a help desk, what the form
// asks for; gone tells that it was deleted.
func (s *server) updateSource(ctx context.Context, id farol.SourceID, f url.Values) (gone bool, err error) {
	u := store.SourceUpdate{}
	switch f.Get("do") {
	case "delete":
		err = s.Store.DeleteSource(ctx, id)
		return err == nil, err
	case "disable", "enable":
		off := f.Get("do") == "disable"
		u.Disabled = &off
	case "rename":
		name := f.Get("name")
		u.Name = &name
	default:
		return false, farol.Errorf(farol.Invalid, "The form could not be read.")
	}
	_, err = s.Store.UpdateSource(ctx, id, u)
	return false, err
}

// snippets are the installs that we know to work, with the key filled in.
func snippets(p *lang.Printer, base, key string) []snippet {
	fill := strings.NewReplacer("{BASE}", base, "{KEY}", key)
	return []snippet{
		{"js", "JavaScript", p.T("In the browser, with the package @segment/analytics-next. The one change to an existing install is cdnURL."), fill.Replace(snippetJS)},
		{"node", "Node.js", p.T("On a server, with the package @segment/analytics-node."), fill.Replace(snippetNode)},
		{"go", "Go", p.T("On a server, with the package gopkg.in/segmentio/analytics-go.v3."), fill.Replace(snippetGo)},
		{"curl", "curl", p.T("To try it out: run this, and look at the live events."), fill.Replace(snippetCurl)},
	}
}

const snippetJS = `import { AnalyticsBrowser } from '@segment/analytics-next'

const analytics = AnalyticsBrowser.load({
  writeKey: '{KEY}',
  cdnURL: '{BASE}',
})

analytics.identify('user-42', { email: 'ana@example.com' })
analytics.group('acme', { name: 'Acme', plan: 'Pro' })
analytics.track('Report Created', { pages: 3 })
`

const snippetNode = `import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({
  writeKey: '{KEY}',
  host: '{BASE}',
})

analytics.track({
  userId: 'user-42',
  event: 'Report Created',
  properties: { pages: 3 },
  context: { groupId: 'acme' },
})
await analytics.closeAndFlush()
`

const snippetGo = `const writeKey = "{KEY}"

client, err := analytics.NewWithConfig(writeKey, analytics.Config{
	Endpoint: "{BASE}",
})
if err != nil {
	return err
}
defer client.Close()

return client.Enqueue(analytics.Track{
	UserId:     "user-42",
	Event:      "Report Created",
	Properties: analytics.NewProperties().Set("pages", 3),
	Context: &analytics.Context{
		Extra: map[string]interface{}{"groupId": "acme"},
	},
})
`

const snippetCurl = `curl -X POST {BASE}/v1/track \
  -u '{KEY}:' \
  -H 'Content-Type: application/json' -d '{
    "userId": "user-42",
    "event": "Report Created",
    "properties": {"pages": 3},
    "context": {"groupId": "acme"}
  }'
`
