package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
)

// personPage is everything known of one person.
type personPage struct {
	shell
	refusal
	Contact  *customer.Contact
	Base     string
	Role     string
	Roles    []choice
	RoleSaid []saidRow
	Figures  []customerFigure
	Accounts []personAccountRow
	// Facts are what is said of the person, Inputs the team's own fields.
	Facts    []saidFact
	Inputs   []fieldInput
	Consents []consentRow
	Joins    []joinRow
	Others   []string
	Moments  []momentRow
	Kinds    []choice
	Older    string
	Past     bool
	MayErase bool

	lived *personLived
}

type personAccountRow struct {
	Name, Href, Since, First, Last, Days, Times string
}

// saidFact is an attribute with its history.
type saidFact struct {
	Name, Value, Source string
	History             []saidRow
}

// saidRow is one time that something was said.
type saidRow struct {
	Value, Source string
	At, Known     time.Time
}

type consentRow struct {
	Channel, Purpose, Value string
	Granted, Denied         bool
	saidRow
}

type joinRow struct {
	ID, Other string
	Known     time.Time
}

func (s *server) person(v *visit) error { return s.showPerson(v, http.StatusOK, refusal{}) }

func (s *server) showPerson(v *visit, status int, r refusal) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	id := farol.PersonID(v.r.PathValue("id"))
	lived, err := s.personLived(v, look, id)
	if err != nil {
		return err
	}
	defer lived.reads.Wait() // nothing reads on when the page has ended
	c, err := customer.ReadContact(v.r.Context(), s.Facts, id, look.Today, look.AsOf, look.Known)
	if err != nil {
		return err
	}
	p := personPage{shell: v.shell(""), refusal: r, Contact: c, Base: personHref(c.ID), Past: look.Past(), lived: lived}
	p.Title, p.View, p.path = contactTitle(v, c), look, personHref(c.ID)
	p.Question = v.p.T("Who is this person, and what did they do and say?")
	p.Crumb = &crumb{v.p.T("People"), look.At("/people")}
	p.MayErase = admins.allows(v.member.Role)
	for _, fill := range []func(*visit, *view, *personPage) error{s.personSide, s.personAccounts, s.personFacts, s.personTimeline} {
		if err := fill(v, look, &p); err != nil {
			return err
		}
	}
	return s.send(v, status, "person", "layout", p)
}

// personSide fills role, consents and ids.
func (s *server) personSide(v *visit, _ *view, p *personPage) error {
	c := p.Contact
	p.Role = v.p.Text(personRoles[c.Role])
	p.Roles = []choice{{Name: v.p.T("No role yet"), Chosen: c.RoleSaid == ""}}
	if c.RoleSent != "" {
		p.Roles[0].Name = v.p.T("As sent: %s", v.p.Text(personRoles[c.RoleSent]))
	}
	for _, r := range facts.Roles {
		p.Roles = append(p.Roles, choice{Value: r, Name: v.p.Text(personRoles[r]), Chosen: r == c.RoleSaid})
	}
	sources, err := s.saidSources(v)
	if err != nil {
		return err
	}
	for _, x := range c.Roles {
		said := cmp.Or(v.p.Text(personRoles[x.Value]), v.p.T("No role yet"))
		if x.Value == "" && c.RoleSent != "" {
			said = v.p.T("As sent: %s", v.p.Text(personRoles[c.RoleSent]))
		}
		p.RoleSaid = append(p.RoleSaid, saidRow{said, sources(x.Source), x.At, x.Known})
	}
	for _, x := range c.Consents {
		p.Consents = append(p.Consents, consentRow{x.Channel, x.Purpose, v.p.Text(consentTitles[x.Value]), x.Value == facts.Granted, x.Value == facts.Denied, saidRow{"", sources(x.Source), x.At, x.Known}})
	}
	kept, err := customer.KeptOptOuts(v.r.Context(), s.Store, c)
	if err != nil {
		return err
	}
	for _, what := range kept {
		channel, purpose, _ := strings.Cut(what, ".")
		p.Consents = append(p.Consents, consentRow{Channel: channel, Purpose: purpose, Value: v.p.T("refused before an erasure"), Denied: true})
	}
	byHand := map[farol.PersonID]bool{}
	for _, j := range c.Joins {
		byHand[j.From] = true
		p.Joins = append(p.Joins, joinRow{j.ID, string(j.From), j.Known})
	}
	for _, id := range c.IDs[1:] {
		if !byHand[id] {
			p.Others = append(p.Others, string(id))
		}
	}
	return nil
}

var consentTitles = map[string]lang.Text{
	facts.Granted: lang.Text("agreed"), facts.Denied: lang.Text("refused"), "": lang.Text("taken back"),
}

// saidSources names who said something: the team, or a source.
func (s *server) saidSources(v *visit) (func(farol.SourceID) string, error) {
	names, err := s.Store.SourceNames(v.r.Context())
	return func(id farol.SourceID) string {
		if id == facts.MarkSource {
			return v.p.T("the team")
		}
		return cmp.Or(names[id], string(id))
	}, err
}

func (s *server) personAccounts(v *visit, look *view, p *personPage) error {
	names, err := s.accountNamesThen(v, look)
	if err != nil {
		return err
	}
	number := func(n int64) string { return v.p.Number(float64(n), 0) }
	var first, last farol.Day
	var days, times int64
	for _, a := range p.Contact.Accounts {
		row := personAccountRow{Name: v.p.T("no account"), First: lang.None, Last: lang.None, Since: lang.None, Days: number(a.Days), Times: number(a.Times)}
		if a.Account != "" {
			row.Name, row.Href = names(a.Account), p.View.Link("/customers/"+url.PathEscape(string(a.Account)))
		}
		if a.Last != 0 {
			row.First, row.Last = v.p.Date(a.First), v.p.Date(a.Last)
			if first == 0 || a.First < first {
				first = a.First
			}
			last = max(last, a.Last)
		}
		if !a.Since.IsZero() {
			row.Since = p.Day(a.Since)
		}
		days, times = max(days, a.Days), times+a.Times
		p.Accounts = append(p.Accounts, row)
	}
	dayText := func(d farol.Day) string {
		if d == 0 {
			return lang.None
		}
		return v.p.Date(d)
	}
	p.Figures = []customerFigure{
		{Title: v.p.T("Role"), Value: cmp.Or(p.Role, lang.None)}, {Title: v.p.T("Last active"), Value: dayText(last)}, {Title: v.p.T("First active"), Value: dayText(first)},
		{Title: v.p.T("Active days of 28"), Value: number(days)}, {Title: v.p.T("Events in 28 days"), Value: number(times)},
	}
	return nil
}

func (s *server) personFacts(v *visit, _ *view, p *personPage) error {
	sources, err := s.saidSources(v)
	if err != nil {
		return err
	}
	fields, err := customer.Fields(v.r.Context(), s.Store, "person")
	if err != nil {
		return err
	}
	values := map[string]string{}
	said := func(name, value string) string {
		if text := fieldText(v, fields, name, value); text != value {
			return text
		}
		return names{v: v}.dated(value)
	}
	for _, a := range p.Contact.Attributes {
		values[a.Name] = a.Value
		row := saidFact{Name: titleOf(v.p, fields, a.Name), Value: cmp.Or(said(a.Name, a.Value), lang.None), Source: sources(a.History[0].Source)}
		for _, x := range a.History {
			row.History = append(row.History, saidRow{cmp.Or(said(a.Name, x.Value), lang.None), sources(x.Source), x.At, x.Known})
		}
		p.Facts = append(p.Facts, row)
	}
	p.Inputs = fieldInputs(sight.Of(v.r.Context()), fields, values, v.r.PostForm)
	return nil
}

// eventMoment is the kind of a person's use in the timeline.
const eventMoment = "event"

// personLived is what a person did and what happened, of the kind and time that
// the address asks for: read while the rest of the page is.
type personLived struct {
	kind    string
	before  time.Time
	reads   errgroup.Group
	moments []facts.Moment
	events  []facts.EventRow
}

func (s *server) personLived(v *visit, look *view, id farol.PersonID) (*personLived, error) {
	l := &personLived{kind: v.r.URL.Query().Get("kind")}
	if b := v.r.URL.Query().Get("before"); b != "" {
		ms, err := strconv.ParseInt(b, 10, 64)
		if err != nil {
			return nil, farol.InvalidField("before", "must be a whole number")
		}
		l.before = time.UnixMilli(ms)
	}
	ctx := v.r.Context()
	if l.kind != eventMoment {
		l.reads.Go(func() (err error) {
			q := facts.MomentFilter{Person: id, AsOf: look.AsOf, Known: look.Known, Before: l.before, Limit: momentsShown}
			if l.kind != "" {
				q.Kinds = []string{l.kind}
			}
			l.moments, err = s.Facts.Moments(ctx, q)
			return err
		})
	}
	if l.kind == "" || l.kind == eventMoment {
		l.reads.Go(func() (err error) {
			q := facts.EventFilter{Person: id, Known: look.Known, Limit: momentsShown + 1}
			if look.AsOf != 0 {
				q.To = look.AsOf + 1
			}
			if !l.before.IsZero() {
				q.To = farol.DayOf(l.before, v.company.location()) + 1
			}
			l.events, _, err = s.Facts.Events(ctx, q)
			return err
		})
	}
	return l, nil
}

// personTimeline merges answers, tickets, what was said, and the events.
func (s *server) personTimeline(v *visit, look *view, p *personPage) error {
	kind := p.lived.kind
	p.Kinds = []choice{{Title: lang.Text("Everything"), Chosen: kind == ""}, {Value: eventMoment, Title: lang.Text("Use"), Chosen: kind == eventMoment}}
	for _, k := range momentKinds {
		if slices.Contains([]string{facts.TicketMoment, facts.AnswerMoment, facts.AttributeMoment, facts.MarkMoment}, k.kind) {
			p.Kinds = append(p.Kinds, choice{Value: k.kind, Title: k.title, Chosen: k.kind == kind})
		}
	}
	if kind != "" {
		p.extra = url.Values{"kind": {kind}}
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	if err := p.lived.reads.Wait(); err != nil {
		return err
	}
	for _, m := range p.lived.moments {
		row := personMoment(n, m)
		row.Who = ""
		p.Moments = append(p.Moments, row)
	}
	if err := s.personUse(v, look, p); err != nil {
		return err
	}
	slices.SortStableFunc(p.Moments, func(a, b momentRow) int { return b.When.Compare(a.When) })
	if len(p.Moments) > momentsShown {
		p.Moments = p.Moments[:momentsShown]
		p.Older = look.Link(p.Base, "kind", kind, "before", strconv.FormatInt(p.Moments[momentsShown-1].When.UnixMilli(), 10))
	}
	return nil
}

// personUse adds the person's events of the log that are use.
func (s *server) personUse(v *visit, look *view, p *personPage) error {
	names, err := s.accountNamesThen(v, look)
	if err != nil {
		return err
	}
	before := p.lived.before
	for _, e := range p.lived.events {
		if e.Kind != farol.Track && e.Kind != farol.Page && e.Kind != farol.Screen || !facts.CountsAsUse(e.Name) || !before.IsZero() && !e.At.Before(before) {
			continue
		}
		row := momentRow{When: e.At, Icon: "activity", Title: cmp.Or(e.Name, v.p.Text(kindTitles[e.Kind])), Late: e.Late}
		if e.Resolved != "" {
			row.Who = names(e.Resolved)
		}
		p.Moments = append(p.Moments, row)
	}
	return nil
}

// personMoment is momentRowOf, with what the team says of people.
func personMoment(n names, m facts.Moment) momentRow {
	row := momentRowOf(n, m)
	p := n.v.p
	switch {
	case m.Name == facts.RoleTrait:
		row.Title = p.T("Role: %s", cmp.Or(p.Text(personRoles[m.Fields["value"]]), p.T("no longer said by the team")))
	case len(m.Name) > len(facts.ConsentTrait) && m.Name[:len(facts.ConsentTrait)] == facts.ConsentTrait:
		row.Title = p.T("Consent to %s: %s", m.Name[len(facts.ConsentTrait):], p.Text(consentTitles[m.Fields["value"]]))
	}
	return row
}

// changePerson does what a form of the page asks for.
func (s *server) changePerson(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	ctx, f, id := v.r.Context(), v.r.PostForm, farol.PersonID(v.r.PathValue("id"))
	c, err := customer.ReadContact(ctx, s.Facts, id, v.company.calendar().Today(v.now), 0, time.Time{})
	if err != nil {
		return err
	}
	switch f.Get("do") {
	case "role":
		err = customer.SetRole(ctx, s.Facts, v.now, c.ID, f.Get("role"))
	case "consent":
		err = customer.SetConsent(ctx, s.Facts, v.now, c.ID, f.Get("channel"), f.Get("purpose"), f.Get("value"))
	case "fields":
		err = customer.SetPersonFields(ctx, s.Store, s.Facts, v.now, c.ID, typedFields(f))
	case "part":
		if !slices.ContainsFunc(c.Joins, func(j facts.PersonJoin) bool { return j.ID == f.Get("join") }) {
			return farol.Errorf(farol.NotFound, "there is no such join")
		}
		err = s.Facts.PartPeople(ctx, f.Get("join"))
	default:
		err = farol.InvalidField("do", "Choose what to do.")
	}
	if err == nil {
		err = s.Facts.UpdateRoster(ctx)
	}
	if refused, ok := v.refuse(err); err != nil && ok {
		return s.showPerson(v, http.StatusUnprocessableEntity, refused)
	}
	if err != nil {
		return err
	}
	return v.done(personHref(c.ID), "saved")
}
