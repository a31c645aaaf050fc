package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
)

// eventRow is an event as a line of a table.
type eventRow struct {
	ID, Name, Kind  string
	At, Known       time.Time
	Day             string
	Source          string
	Account, Person string
	// PersonName and AccountName are what they are called.
	PersonName, AccountName string
	// Sent is the id that the event carried, when another one stands for it.
	Sent       string
	Properties string
	// Brief are the properties in one line.
	Brief string
	// Tagged shows the kind beside the name: what is not an action.
	Tagged bool
	Late   bool
	Clock  lang.Text
	Fresh  bool
	// AccountHref and PersonHref lead to their pages.
	AccountHref, PersonHref string
}

// clockFlags say why an event's time is not the sender's.
var clockFlags = map[string]lang.Text{
	"corrected":  lang.Text("The sender's clock was off; the time was corrected."),
	"unreadable": lang.Text("The time could not be read; the time of arrival stands."),
	"future":     lang.Text("The time lay in the future; the time of arrival stands."),
}

// kindTitles are the kinds of events in words.
var kindTitles = map[farol.Kind]lang.Text{
	farol.Track: lang.Text("action"), farol.Page: lang.Text("page"), farol.Screen: lang.Text("screen"),
	farol.Identify: lang.Text("person known"), farol.Group: lang.Text("account known"), farol.Alias: lang.Text("ids joined"),
}

// eventRows writes events for a table.
func (s *server) eventRows(v *visit, rows []facts.EventRow, fresh time.Time) ([]eventRow, error) {
	sources, err := s.Store.SourceNames(v.r.Context())
	if err != nil {
		return nil, err
	}
	people := make([]string, len(rows))
	for i, r := range rows {
		people[i] = string(r.Canonical)
	}
	persons, err := s.calledBy(v, people)
	if err != nil {
		return nil, err
	}
	accounts, err := s.accountNames(v)
	if err != nil {
		return nil, err
	}
	out := make([]eventRow, 0, len(rows))
	for _, r := range rows {
		e := eventRow{
			ID: r.ID, Name: r.Name, Kind: v.p.Text(kindTitles[r.Kind]), At: r.At, Known: r.Known, Day: v.p.Date(r.Day),
			Source: sources[r.Source], Account: string(r.Resolved), Person: string(r.Canonical), Late: r.Late, Tagged: r.Name != "" && r.Kind != farol.Track,
			Clock: clockFlags[r.ClockFlag], Fresh: !fresh.IsZero() && r.Known.After(fresh),
			Properties: indented(r.Properties), Brief: brief(r.Properties),
		}
		if sent := r.Person(); sent != r.Canonical {
			e.Sent = string(sent)
		}
		e.PersonName, e.AccountName = persons.name(v, r.Canonical), accounts(r.Resolved)
		e.AccountHref = customerHref(r.Resolved)
		e.PersonHref = personHref(r.Canonical)
		out = append(out, e)
	}
	return out, nil
}

// indented is JSON for reading.
func indented(b json.RawMessage) string {
	var out bytes.Buffer
	if len(b) == 0 || json.Indent(&out, b, "", "  ") != nil {
		return string(b)
	}
	return out.String()
}

// maxBrief is how much of the properties a table shows.
const maxBrief = 120

// brief is an object in one line, without its outer marks.
func brief(b json.RawMessage) string {
	var out bytes.Buffer
	if len(b) == 0 || json.Compact(&out, b) != nil {
		return string(b)
	}
	text := strings.TrimSuffix(strings.TrimPrefix(out.String(), "{"), "}")
	if r := []rune(text); len(r) > maxBrief {
		return string(r[:maxBrief]) + "…"
	}
	return text
}

// eventsPage lists the events of an account, a person, a name or a source.
type eventsPage struct {
	shell
	Rows []eventRow
	// Fields are the filters as typed.
	Fields  url.Values
	Kinds   []choice
	Sources []choice
	First   string
	Next    string
	Empty   bool
	// Clear leads to the list without its filters.
	Clear string
}

// Get is a filter's text.
func (p eventsPage) Get(name string) string { return p.Fields.Get(name) }

// eventFields are the parameters that narrow the list.
var eventFields = []string{"account", "person", "name", "kind", "source", "from", "until"}

// eventsShown is how many events one page lists.
const eventsShown = 100

func (s *server) events(v *visit) error {
	q := v.r.URL.Query()
	look, filter, err := s.eventFilter(v, q)
	if err != nil {
		return err
	}
	p := eventsPage{shell: v.shell(lang.Text("All events")), Fields: url.Values{}}
	p.Question = v.p.T("What exactly did this customer do, and when did we learn it?")
	for _, k := range eventFields {
		if q.Get(k) != "" {
			p.Fields.Set(k, q.Get(k))
		}
	}
	p.View, p.extra, p.Clear = look, p.Fields, linkWith("/events", look.with(nil), "from", "", "until", "")
	rows, next, err := s.Facts.Events(v.r.Context(), filter)
	if err != nil {
		return err
	}
	if p.Rows, err = s.eventRows(v, rows, time.Time{}); err != nil {
		return err
	}
	if err := s.eventChoices(v, &p); err != nil {
		return err
	}
	p.Empty = len(rows) == 0 && s.Facts.LastKnown().IsZero()
	if filter.After != "" {
		p.First = linkWith("/events", look.with(p.Fields))
	}
	if next != "" {
		p.Next = linkWith("/events", look.with(p.Fields), "after", next)
	}
	return s.send(v, http.StatusOK, "events", "layout", p)
}

// eventFilter reads the filters from the address.
func (s *server) eventFilter(v *visit, q url.Values) (look *view, f facts.EventFilter, err error) {
	f = facts.EventFilter{
		Account: farol.AccountID(q.Get("account")), Person: farol.PersonID(q.Get("person")), Name: q.Get("name"),
		Source: farol.SourceID(q.Get("source")), Kind: farol.Kind(q.Get("kind")), Limit: eventsShown, After: q.Get("after"),
	}
	for _, d := range []struct {
		name string
		to   *farol.Day
		add  int
	}{{"from", &f.From, 0}, {"until", &f.To, 1}} {
		if text := q.Get(d.name); text != "" {
			day, err := farol.ParseDay(text)
			if err != nil {
				return nil, f, farol.InvalidField(d.name, "this is not a date: %s", text)
			}
			*d.to = day.Next(d.add)
		}
	}
	if look, err = v.viewOf(url.Values{"as_of": q["as_of"], "known": q["known"], "segment": q["segment"]}); err != nil {
		return nil, f, err
	}
	f.Known = look.Known
	if look.AsOf != 0 && (f.To == 0 || f.To > look.AsOf) {
		f.To = look.AsOf + 1
	}
	f.Among, err = s.among(v, look)
	return look, f, err
}

// among are the accounts of the view's segment; nil when it has none.
func (s *server) among(v *visit, look *view) ([]farol.AccountID, error) {
	if len(look.Filters) == 0 {
		return nil, nil
	}
	accounts, err := s.accountsSeen(v, look)
	keep, out := v.inSegment(look, accounts, ""), []farol.AccountID{}
	for id := range accounts {
		if keep(id) {
			out = append(out, id)
		}
	}
	return out, err
}

// eventChoices fills the kinds and sources to choose from.
func (s *server) eventChoices(v *visit, p *eventsPage) error {
	for _, k := range farol.Kinds {
		p.Kinds = append(p.Kinds, choice{Value: string(k), Title: kindTitles[k], Chosen: p.Get("kind") == string(k)})
	}
	sources, err := s.Store.Sources(v.r.Context())
	for _, x := range sources {
		p.Sources = append(p.Sources, choice{Value: string(x.ID), Name: x.Name, Chosen: p.Get("source") == string(x.ID)})
	}
	return err
}

// livePage shows events as they arrive.
type livePage struct {
	shell
	Rows []eventRow
	// Since is the commit instant that the list is up to, in milliseconds.
	Since string
	Empty bool
}

// liveShown is how many events the live list holds.
const liveShown = 50

func (s *server) live(v *visit) error {
	p, err := s.livePage(v, time.Time{})
	if err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "live", "layout", p)
}

func (s *server) livePage(v *visit, fresh time.Time) (livePage, error) {
	p := livePage{shell: v.shell(lang.Text("Live events"))}
	p.Question = v.p.T("What is happening right now?")
	// Before the read: what comes between is shown again rather than lost.
	last := s.Facts.LastKnown()
	p.Since, p.Empty = strconv.FormatInt(last.UnixMilli(), 10), last.IsZero()
	rows, _, err := s.Facts.Events(v.r.Context(), facts.EventFilter{Limit: liveShown})
	if err != nil {
		return p, err
	}
	p.Rows, err = s.eventRows(v, rows, fresh)
	return p, err
}

// liveNew answers the list again when something was learned since the page
// last asked, and 204 otherwise, which costs no query.
func (s *server) liveNew(v *visit) error {
	since, err := strconv.ParseInt(v.r.URL.Query().Get("since"), 10, 64)
	if err != nil {
		return farol.InvalidField("since", "this is not an instant in milliseconds")
	}
	if last := s.Facts.LastKnown(); last.IsZero() || last.UnixMilli() <= since {
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	p, err := s.livePage(v, time.UnixMilli(max(since, 1)))
	if err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "live", "live-rows", p)
}

// rejectedPage lists the events that were refused.
type rejectedPage struct {
	shell
	Rows        []rejectedRow
	First, Next string
}

type rejectedRow struct {
	Received                      time.Time
	Source, Kind, Name, ID, Field string
	Reason, Body                  string
}

func (s *server) rejected(v *visit) error {
	p := rejectedPage{shell: v.shell(lang.Text("Live events"))}
	p.Question = v.p.T("What was refused, and what is to be mended at the sender?")
	after := v.r.URL.Query().Get("after")
	rows, next, err := s.Facts.Rejections(v.r.Context(), eventsShown, after)
	if err != nil {
		return err
	}
	sources, err := s.Store.SourceNames(v.r.Context())
	if err != nil {
		return err
	}
	for _, r := range rows {
		p.Rows = append(p.Rows, rejectedRow{
			Received: r.Received, Source: sources[r.Source], Kind: r.Kind, Name: r.Name, ID: r.ID, Field: r.Field,
			Reason: v.p.Sentence(r.Reason), Body: indented(json.RawMessage(r.Body)),
		})
	}
	if after != "" {
		p.First = "/rejected"
	}
	if next != "" {
		p.Next = "/rejected?" + url.Values{"after": {next}}.Encode()
	}
	return s.send(v, http.StatusOK, "rejected", "layout", p)
}
