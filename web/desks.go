package web

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// deskTitles are what the kinds of help desks are called.
var deskTitles = map[string]lang.Text{
	"zendesk": lang.Text("Zendesk"), "intercom": lang.Text("Intercom"), "chatwoot": lang.Text("Chatwoot"), "freshdesk": lang.Text("Freshdesk"), "webhook": lang.Text("Any other, by webhook"),
}

// deskHints say where to set the address up, and where the secret is.
var deskHints = map[string]lang.Text{
	"zendesk":   lang.Text("Admin Center, Webhooks: subscribe the address to the ticket events, or let a trigger send its body. The signing secret is on the webhook's page."),
	"intercom":  lang.Text("Developer Hub, your app, Webhooks: topics conversation and ticket. The client secret is on the page Basic information."),
	"chatwoot":  lang.Text("Settings, Integrations, Webhooks: conversation and message events. Releases that sign nothing need the secret in the address, as ?key=."),
	"freshdesk": lang.Text("Admin, Automations, Trigger webhook, on creation and on updates: Basic authentication with any user, and the secret as password."),
	"webhook":   lang.Text("Sign by Standard Webhooks 1.0.0 (webhook-id, webhook-timestamp, webhook-signature), then say below where the fields are."),
}

// bodyHints say where the body goes and what to mind.
var bodyHints = map[string]lang.Text{
	"zendesk":   lang.Text("The body of a trigger, as JSON. Leave free text such as the subject out: a quotation mark in it breaks the JSON. Subscriptions to ticket events need no body, but name people by ids of Zendesk alone."),
	"freshdesk": lang.Text("The advanced content of the action Trigger webhook, as JSON. Simple content with these fields works as well."),
}

// desksPage lists the help desks.
type desksPage struct {
	shell
	refusal
	Rows   []deskRow
	Kinds  []choice
	Fields url.Values
}

type deskRow struct {
	store.Desk
	KindText                 string
	Taken, Waiting, Rejected string
	Bad                      bool
}

// Get is what was typed into a form that was refused.
func (p desksPage) Get(name string) string { return p.Fields.Get(name) }

func (s *server) desks(v *visit) error { return s.showDesks(v, http.StatusOK, refusal{}, nil) }

func (s *server) showDesks(v *visit, status int, r refusal, fields url.Values) error {
	p := desksPage{shell: v.shell(lang.Text("Help desks")), refusal: r, Fields: fields}
	p.Question = v.p.T("Which help desks send us their tickets, and does it work?")
	list, err := s.Store.Desks(v.r.Context())
	if err != nil {
		return err
	}
	for _, d := range list {
		counts, err := s.Store.DeliveryCounts(v.r.Context(), d.ID)
		if err != nil {
			return err
		}
		n := func(state string) string { return v.p.Number(float64(counts[state]), 0) }
		p.Rows = append(p.Rows, deskRow{d, v.p.Text(deskTitles[d.Kind]), n(store.DeliveryTaken), n(store.DeliveryWaiting), n(store.DeliveryRejected), counts[store.DeliveryRejected] > 0})
	}
	for _, k := range store.DeskKinds {
		p.Kinds = append(p.Kinds, choice{Value: k, Title: deskTitles[k], Chosen: fields.Get("kind") == k})
	}
	return s.send(v, status, "desks", "layout", p)
}

// addDesk connects a help desk and shows its page, with the secret when it was
// made here: it is never shown again.
func (s *server) addDesk(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	d, secret, err := s.Store.AddDesk(v.r.Context(), f.Get("kind"), f.Get("name"), f.Get("secret"))
	if err != nil {
		if refused, ok := v.refuse(err); ok {
			return s.showDesks(v, http.StatusUnprocessableEntity, refused, f)
		}
		return err
	}
	return s.showDeskWith(v, http.StatusCreated, d.ID, deskShown{secret: secret})
}

// deskPage is one help desk.
type deskPage struct {
	shell
	refusal
	Desk     store.Desk
	KindText string
	Hint     string
	// Body is what has to be typed at the help desk, "" for nothing.
	Body, BodyHint string
	Address        string
	// Secret is shown once.
	Secret string
	Issued bool
	Counts []deskCount
	// Mapping is of a webhook.
	Mapping  *mappingForm
	Versions []versionOf
}

type deskCount struct{ Title, Count, Href string }

type versionOf struct {
	Version int
	Who     string
	When    time.Time
}

// mappingForm is the fields of a webhook with what they read of the sample.
type mappingForm struct {
	Version              int
	Sample               string
	Paths                []desk.PathValue
	Rows                 []mappingRow
	Statuses, Priorities string
	Min, Max             string
	Result               []pair
	Refused              string
	Tried                bool
}

type mappingRow struct {
	Name, Title, Path, Value string
	Needed                   bool
	// Missing tells that the sample has nothing at the place.
	Missing bool
}

var mappedTitles = map[string]lang.Text{
	"id": lang.Text("Number"), "subject": lang.Text("Subject"), "status": lang.Text("Status"), "priority": lang.Text("Priority"), "updated_at": lang.Text("Changed at"), "opened_at": lang.Text("Opened at"),
	"first_reply_at": lang.Text("First answer at"), "solved_at": lang.Text("Solved at"), "requester_email": lang.Text("Requester's e-mail"), "requester_name": lang.Text("Requester's name"),
	"requester_id": lang.Text("Requester's id (yours)"), "account_id": lang.Text("Account id (yours)"), "account_name": lang.Text("Company name"), "channel": lang.Text("Channel"), "topic": lang.Text("Topic"),
	"tags": lang.Text("Tags"), "assignee": lang.Text("Assignee"), "url": lang.Text("Link to the ticket"), "reopened_count": lang.Text("Times opened again"), "csat": lang.Text("Rating"), "csat_comment": lang.Text("Said of it"),
}

// deskShown is what a page of a help desk has to show besides.
type deskShown struct {
	secret  string
	refused refusal
	mapping *mappingForm
}

func (s *server) showDesk(v *visit) error {
	return s.showDeskWith(v, http.StatusOK, farol.SourceID(v.r.PathValue("id")), deskShown{})
}

func (s *server) showDeskWith(v *visit, status int, id farol.SourceID, x deskShown) error {
	d, err := s.Store.Desk(v.r.Context(), id)
	if err != nil {
		return err
	}
	p := deskPage{shell: v.shell(""), refusal: x.refused, Desk: d, KindText: v.p.Text(deskTitles[d.Kind]), Hint: v.p.Text(deskHints[d.Kind]), Secret: x.secret, Issued: d.Kind == "freshdesk" || d.Kind == "webhook"}
	p.Title, p.Question, p.Crumb = d.Name, v.p.T("How is it connected?"), &crumb{v.p.T("Help desks"), "/desks"}
	p.Body, p.BodyHint = desk.Bodies[d.Kind], v.p.Text(bodyHints[d.Kind])
	p.Address = s.base(v.r) + "/hooks/" + url.PathEscape(string(d.ID))
	counts, err := s.Store.DeliveryCounts(v.r.Context(), d.ID)
	if err != nil {
		return err
	}
	for _, state := range deliveryStates {
		p.Counts = append(p.Counts, deskCount{v.p.Text(deliveryTitles[state]), v.p.Number(float64(counts[state]), 0), "/tickets/deliveries?" + url.Values{"source": {string(d.ID)}, "state": {state}}.Encode()})
	}
	if d.Kind == "webhook" {
		if p.Mapping = x.mapping; p.Mapping == nil {
			if p.Mapping, err = s.mappingOf(v, d); err != nil {
				return err
			}
		}
		if p.Versions, err = s.mappingVersions(v, d); err != nil {
			return err
		}
	}
	return s.send(v, status, "desk", "layout", p)
}

func (s *server) mappingVersions(v *visit, d store.Desk) ([]versionOf, error) {
	list, err := s.Store.DefinitionVersions(v.r.Context(), desk.MappingKind, string(d.ID))
	if err != nil {
		return nil, err
	}
	who, err := s.writers(v)
	var out []versionOf
	for _, x := range list {
		out = append(out, versionOf{x.Version, cmp.Or(who[x.Author], x.Author), x.Created})
	}
	return out, err
}

// mappingOf is the form of the mapping in force; without a sample the last
// thing that was sent is one, for who may see all.
func (s *server) mappingOf(v *visit, d store.Desk) (*mappingForm, error) {
	m, err := s.Desks.Mapping(v.r.Context(), d.ID)
	if err != nil {
		return nil, err
	}
	version := 0
	if def, err := s.Store.Definition(v.r.Context(), desk.MappingKind, string(d.ID)); err == nil {
		version = def.Version
	}
	if len(m.Sample) == 0 && sight.Of(v.r.Context()).All() == nil {
		list, err := s.Store.Deliveries(v.r.Context(), store.DeliveryQuery{Source: d.ID, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(list) == 1 && json.Valid(list[0].Body) {
			m.Sample = list[0].Body
		}
	}
	return v.mappingForm(m, version), nil
}

// mappingForm shows a mapping with what it reads of its sample.
func (v *visit) mappingForm(m desk.Mapping, version int) *mappingForm {
	f := &mappingForm{Version: version, Sample: indented(m.Sample), Statuses: wordLines(m.Statuses), Priorities: wordLines(m.Priorities)}
	if m.CSATMin != 0 || m.CSATMax != 0 {
		f.Min, f.Max = strconv.FormatFloat(m.CSATMin, 'f', -1, 64), strconv.FormatFloat(m.CSATMax, 'f', -1, 64)
	}
	values := map[string]string{}
	if len(m.Sample) > 0 {
		f.Paths, _ = desk.Paths(m.Sample) // what is wrong with it, trying says
		for _, x := range f.Paths {
			values[x.Path] = x.Value
		}
	}
	for _, name := range desk.MappedFields {
		path := m.Fields[name]
		row := mappingRow{Name: name, Title: v.p.Text(mappedTitles[name]), Path: path, Value: values[path], Needed: name == "id"}
		if text, ok := strings.CutPrefix(path, "="); ok {
			row.Value = text
		} else if _, there := values[path]; path != "" && len(m.Sample) > 0 {
			row.Missing = !there
		}
		f.Rows = append(f.Rows, row)
	}
	if len(m.Sample) == 0 || m.Fields["id"] == "" {
		return f
	}
	f.Tried = true
	r, err := m.Read(m.Sample)
	if err != nil {
		f.Refused = v.wrong(err)
		return f
	}
	f.Result = v.sampled(r.Ticket)
	return f
}

// sampled is what was read of a sample.
func (v *visit) sampled(t *desk.Ticket) []pair {
	var out []pair
	add := func(name, value string) {
		if value != "" {
			out = append(out, pair{Name: v.p.Text(mappedTitles[name]), Value: value})
		}
	}
	when := func(name string, at time.Time) {
		if !at.IsZero() {
			add(name, v.p.DateTime(at, v.company.location()))
		}
	}
	add("id", t.ID)
	add("subject", t.Subject)
	status := v.p.T("%s means no state that is known: the ticket keeps the one it has", cmp.Or(t.StatusRaw, lang.None))
	if t.Status != "" {
		status = v.p.Text(ticketStatuses[t.Status])
	}
	add("status", status)
	add("priority", priorityText(v, t.Priority))
	add("requester_email", t.Requester.String())
	add("account_id", t.Requester.Account)
	add("channel", t.Channel)
	add("topic", t.Topic)
	add("tags", strings.Join(t.Tags, ", "))
	add("assignee", t.Assignee)
	add("url", t.URL)
	when("opened_at", t.Opened)
	when("first_reply_at", t.FirstReply)
	when("solved_at", t.Solved)
	when("updated_at", t.Updated)
	if t.CSAT != nil {
		add("csat", v.p.Percent(*t.CSAT))
	}
	add("csat_comment", t.CSATComment)
	return out
}

// wordLines writes translations of words, one a line.
func wordLines(words map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(words)) {
		out = append(out, k+" = "+words[k])
	}
	return strings.Join(out, "\n")
}

func readWordLines(field, text string) (map[string]string, error) {
	out := map[string]string{}
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		i := strings.LastIndexByte(line, '=')
		if i < 1 {
			return nil, farol.InvalidField(field, "write word = state, one a line, not %s", strings.TrimSpace(line))
		}
		out[strings.TrimSpace(line[:i])] = strings.TrimSpace(line[i+1:])
	}
	return out, nil
}

// readMapping reads the form of a mapping.
func readMapping(f url.Values) (m desk.Mapping, err error) {
	m.Fields = map[string]string{}
	for _, name := range desk.MappedFields {
		if x := strings.TrimSpace(f.Get("field." + name)); x != "" {
			m.Fields[name] = x
		}
	}
	if x := strings.TrimSpace(f.Get("sample")); x != "" {
		if m.Sample = json.RawMessage(x); !json.Valid(m.Sample) {
			m.Sample = nil
			err = farol.InvalidField("sample", "must be JSON")
		}
	}
	for _, x := range []struct {
		name string
		into *map[string]string
	}{{"statuses", &m.Statuses}, {"priorities", &m.Priorities}} {
		words, e := readWordLines(x.name, f.Get(x.name))
		if *x.into = words; err == nil {
			err = e
		}
	}
	for _, x := range []struct {
		name string
		into *float64
	}{{"csat_min", &m.CSATMin}, {"csat_max", &m.CSATMax}} {
		if text := strings.TrimSpace(f.Get(x.name)); text != "" {
			n, e := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
			if e != nil && err == nil {
				err = farol.InvalidField(x.name, "must be a number")
			}
			*x.into = n
		}
	}
	return m, err
}

// changeDesk renames a help desk, switches it on or off, deletes it, gives it
// another secret, or saves or tries its mapping.
func (s *server) changeDesk(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	id, f, ctx := farol.SourceID(v.r.PathValue("id")), v.r.PostForm, v.r.Context()
	if _, err := s.Store.Desk(ctx, id); err != nil {
		return err
	}
	switch f.Get("do") {
	case "map", "try":
		return s.changeMapping(v, id, f)
	case "secret":
		secret, err := s.Store.RenewDesk(ctx, id, f.Get("secret"))
		if err == nil {
			return s.showDeskWith(v, http.StatusOK, id, deskShown{secret: secret})
		}
		return s.refuseDesk(v, id, err, nil)
	}
	gone, err := s.updateSource(ctx, id, f)
	switch {
	case gone:
		return v.done("/desks", "source-gone")
	case fieldOf(err) != "":
		return s.refuseDesk(v, id, err, nil)
	case err != nil:
		return err
	}
	return v.done("/desks/"+url.PathEscape(string(id)), "source")
}

func (s *server) refuseDesk(v *visit, id farol.SourceID, err error, m *mappingForm) error {
	if refused, ok := v.refuse(err); ok {
		return s.showDeskWith(v, http.StatusUnprocessableEntity, id, deskShown{refused: refused, mapping: m})
	}
	return err
}

func (s *server) changeMapping(v *visit, id farol.SourceID, f url.Values) error {
	m, err := readMapping(f)
	base, _ := strconv.Atoi(f.Get("base")) // a form that lacks it was never shown
	form := v.mappingForm(m, base)
	if len(m.Sample) == 0 {
		form.Sample = f.Get("sample")
	}
	switch {
	case err != nil:
		return s.refuseDesk(v, id, err, form)
	case f.Get("do") == "try":
		return s.showDeskWith(v, http.StatusOK, id, deskShown{mapping: form})
	}
	if _, err := s.Desks.SaveMapping(v.r.Context(), id, m, string(v.member.ID), &base); err != nil {
		return s.refuseDesk(v, id, err, form)
	}
	return v.done("/desks/"+url.PathEscape(string(id)), "saved")
}
