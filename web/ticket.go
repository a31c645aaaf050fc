package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// ticketPage is one ticket: what was asked, of whom, what the team knows of it
// and says about it.
type ticketPage struct {
	shell
	refusal
	Ticket   facts.Ticket
	Row      ticketLine
	Facts    []pair
	History  []momentRow
	Messages []messageRow
	Articles []articleLink
	Account  *customer.Account
	// Figures and Owners are the account's.
	Figures []customerFigure
	Owners  []customerOwner
	Stage   string
	Others  []ticketLine
	All     string
	Thread  string
	Post    string
	Past    bool
	Fields  url.Values
}

// pair is a name with what it is; Href leads out of the program, Within to a
// page of it.
type pair struct{ Name, Value, Href, Within string }

type articleLink struct {
	Title, Href, Language string
	Published             bool
}

// aboutTicket begins what names a ticket in messages.
const aboutTicket = "ticket:"

// about names a ticket in messages.
func about(t facts.Ticket) string { return aboutTicket + string(t.Source) + "/" + t.ID }

func (s *server) ticket(v *visit) error { return s.showTicket(v, http.StatusOK, refusal{}, nil) }

// findTicket is the ticket of the address as the view looks at it.
func (s *server) findTicket(v *visit, look *view) (t facts.Ticket, err error) {
	found := false
	q := facts.TicketFilter{Source: farol.SourceID(v.r.PathValue("source")), ID: v.r.PathValue("id"), AsOf: look.AsOf, Known: look.Known}
	err = s.Facts.Tickets(v.r.Context(), q, func(x facts.Ticket) { t, found = x, true })
	if err == nil && !found {
		err = farol.Errorf(farol.NotFound, "there is no such ticket")
	}
	return t, err
}

func (s *server) showTicket(v *visit, status int, r refusal, fields url.Values) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	t, err := s.findTicket(v, look)
	if err != nil {
		return err
	}
	accounts := map[farol.AccountID]*customer.Account{}
	if a, err := s.accountAt(v, look, t.Account); err == nil {
		accounts[t.Account] = a
	} else if farol.KindOf(err) != farol.NotFound {
		return err
	}
	p := ticketPage{shell: v.shell(""), refusal: r, Ticket: t, Fields: fields, Past: look.Past(), Account: accounts[t.Account], Post: ticketHref(&t) + "/messages"}
	p.View, p.Row = look, ticketLineOf(v, look, &t, accounts)
	p.Title, p.Question, p.Crumb = p.Row.Subject, v.p.T("What does this customer need, and who already knows the answer?"), &crumb{v.p.T("Tickets"), look.Link("/tickets")}
	p.Thread = look.At(customerHref(t.Account), "tab", "thread")
	for _, fill := range []func() error{
		func() error { return s.ticketHistory(v, look, &p) },
		func() error { return s.ticketTalk(v, look, &p) },
		func() error { return s.ticketArticles(v, &p) },
		func() error { return s.ticketAccount(v, look, &p) },
	} {
		if err := fill(); err != nil {
			return err
		}
	}
	p.ticketFacts(v)
	return s.send(v, status, "ticket", "layout", p)
}

// Get is what was typed into a form that was refused.
func (p ticketPage) Get(name string) string { return p.Fields.Get(name) }

// ticketFacts are the fields that were said.
func (p *ticketPage) ticketFacts(v *visit) {
	t := p.Ticket
	add := func(title lang.Text, value string) {
		if value != "" && value != lang.None {
			p.Facts = append(p.Facts, pair{Name: v.p.Text(title), Value: value})
		}
	}
	when := func(title lang.Text, at time.Time) {
		if !at.IsZero() {
			add(title, p.When(at))
		}
	}
	status := p.Row.Status
	if raw := t.StatusRaw; raw != "" && !strings.EqualFold(raw, t.Status) {
		status += " (" + raw + ")"
	}
	add(lang.Text("Number"), t.ID)
	add(lang.Text("Status"), status)
	add(lang.Text("Priority"), p.Row.Priority)
	if add(lang.Text("Requester"), p.Row.Requester); t.Person != "" {
		p.Facts[len(p.Facts)-1].Within = p.Row.PersonHref
	}
	add(lang.Text("Topic"), t.Topic)
	add(lang.Text("Channel"), t.Channel)
	add(lang.Text("Assignee"), t.Assignee)
	add(lang.Text("Tags"), strings.Join(t.Tags, ", "))
	when(lang.Text("Opened"), t.Opened)
	add(lang.Text("First answer after"), p.Row.FirstAnswer)
	when(lang.Text("Solved"), t.Solved)
	if t.Reopened > 0 {
		add(lang.Text("Opened again"), v.p.N(t.Reopened, "%d time", "%d times"))
	}
	if t.CSAT != nil {
		text := v.p.Percent(*t.CSAT)
		if t.CSATRaw != "" {
			text += " (" + t.CSATRaw + ")"
		}
		add(lang.Text("Rating"), text)
	}
	add(lang.Text("Said of it"), t.CSATComment)
	if u, err := url.Parse(t.URL); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		p.Facts = append(p.Facts, pair{Name: v.p.T("In the help desk"), Value: u.Host, Href: t.URL})
	}
}

// ticketHistory is what was said of the ticket, the newest first.
func (s *server) ticketHistory(v *visit, look *view, p *ticketPage) error {
	moments, err := s.Facts.Moments(v.r.Context(), facts.MomentFilter{Account: p.Ticket.Account, Ticket: p.Ticket.ID, Source: p.Ticket.Source, AsOf: look.AsOf, Known: look.Known, Limit: 1000})
	if err != nil {
		return err
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	ids := []string{string(p.Ticket.Person)}
	for _, m := range moments {
		ids = append(ids, string(m.Person))
	}
	known, err := s.listedThen(v, look, slices.DeleteFunc(ids, func(id string) bool { return id == "" }))
	if err != nil {
		return err
	}
	for _, m := range moments {
		row := momentRowOf(n, m)
		if m.Person != "" {
			row.Who = known.name(v, m.Person)
		}
		p.History = append(p.History, row)
	}
	p.Row.Requester = cmp.Or(known[p.Ticket.Person].Name, p.Row.Requester)
	return nil
}

// ticketTalk is what the team says of the ticket in the account's thread.
func (s *server) ticketTalk(v *visit, look *view, p *ticketPage) error {
	list, err := s.Store.MessagesAbout(v.r.Context(), store.AccountThread(p.Ticket.Account), about(p.Ticket), look.Known, 500)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	p.Messages, err = s.messageRows(v, list, "")
	for i := range p.Messages {
		p.Messages[i].New, p.Messages[i].First, p.Messages[i].AboutText = false, false, ""
	}
	return err
}

// ticketArticles are the articles about its topic, those in the reader's
// language first.
func (s *server) ticketArticles(v *visit, p *ticketPage) error {
	if p.Ticket.Topic == "" {
		return nil
	}
	list, err := s.Store.Articles(v.r.Context(), store.ArticleQuery{Topic: p.Ticket.Topic, Language: string(v.p.Code()), Limit: 8})
	for _, a := range list {
		p.Articles = append(p.Articles, articleLink{a.Title, "/knowledge/" + url.PathEscape(a.ID) + "?" + url.Values{"ticket": {string(p.Ticket.Source) + "/" + p.Ticket.ID}}.Encode(), lang.Code(a.Language).Name(), a.Published > 0})
	}
	return err
}

// ticketAccount is who the customer is, in few words.
func (s *server) ticketAccount(v *visit, look *view, p *ticketPage) error {
	if p.Account == nil {
		return nil
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	for _, name := range []string{"mrr", "active_users_week", "nps"} {
		if m, ok := n.metrics[name]; ok && !sight.Of(v.r.Context()).Hides("metric."+name) {
			p.Figures = append(p.Figures, customerFigure{Title: m.Title.In(v.p.Code()), Value: n.cell(p.Account, "metric."+name).Text, Href: look.Link("/metrics/"+name, "segment", "account="+string(p.Account.ID))})
		}
	}
	for _, role := range customer.OwnerRoles {
		p.Owners = append(p.Owners, customerOwner{Title: v.p.Text(ownerTitles[role]), Name: cmp.Or(n.members[p.Account.Owner(role)], lang.None)})
	}
	p.Stage, p.All = n.value("stage", p.Account.Stage()), look.Link("/tickets", "account", string(p.Account.ID), "status", "all", "period", "24m")
	var list []facts.Ticket
	err = s.Facts.Tickets(v.r.Context(), facts.TicketFilter{Account: p.Account.ID, AsOf: look.AsOf, Known: look.Known}, func(t facts.Ticket) {
		if t.ID != p.Ticket.ID || t.Source != p.Ticket.Source {
			list = append(list, t)
		}
	})
	slices.SortFunc(list, func(a, b facts.Ticket) int {
		if a.Over() != b.Over() {
			return map[bool]int{true: 1, false: -1}[a.Over()]
		}
		return b.Opened.Compare(a.Opened)
	})
	for _, t := range list[:min(len(list), 6)] {
		p.Others = append(p.Others, ticketLineOf(v, look, &t, nil))
	}
	return err
}

// sayOfTicket adds a message about the ticket to the account's thread.
func (s *server) sayOfTicket(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	look, err := v.view()
	if err != nil {
		return err
	}
	t, err := s.findTicket(v, look)
	if err != nil {
		return err
	}
	_, err = s.Store.Say(v.r.Context(), store.Message{Thread: store.AccountThread(t.Account), Author: v.member.ID, Body: v.r.PostForm.Get("body"), About: about(t)})
	if refused, ok := v.refuse(err); ok && err != nil {
		return s.showTicket(v, http.StatusUnprocessableEntity, refused, v.r.PostForm)
	}
	if err != nil {
		return err
	}
	return v.done(ticketHref(&t), "saved")
}
