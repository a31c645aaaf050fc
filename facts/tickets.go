package facts

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// The states of a ticket. A help desk's own words are kept beside them.
const (
	TicketOpen    = "open"
	TicketPending = "pending" // the customer is to answer
	TicketOnHold  = "on_hold" // somebody else is to act
	TicketSolved  = "solved"
	TicketClosed  = "closed"
)

// Ticket is what was said of a ticket by now: of every field what was said
// last.
type Ticket struct {
	// Source and ID name it together.
	Source farol.SourceID
	ID     string
	// Account it belongs to; Person is who asked, "" when not told.
	Account farol.AccountID
	Person  farol.PersonID
	Subject string
	// Status is one of the states; StatusRaw the sender's own word for it.
	Status, StatusRaw          string
	Priority, Channel, Topic   string
	Requester, Assignee, URL   string
	Tags                       []string
	Opened, FirstReply, Solved time.Time
	// Updated is when something was last said of it, Known when Farol learned
	// that.
	Updated, Known time.Time
	// Reopened counts how often it was opened again.
	Reopened int
	// CSAT lies between 0 and 1, nil when nobody rated it.
	CSAT                 *float64
	CSATRaw, CSATComment string

	said int64 // how often the sender says that it was opened again
}

// Over tells whether it is solved or closed.
func (t Ticket) Over() bool { return t.Status == TicketSolved || t.Status == TicketClosed }

// TicketFilter selects tickets. Empty fields do not filter.
type TicketFilter struct {
	Source farol.SourceID
	ID     string
	// Account keeps its tickets.
	Account farol.AccountID
	// Since keeps the tickets of which anything was learned after it, or that
	// changed hands.
	Since time.Time
	// AsOf and Known are the two clocks; zero is now.
	AsOf  farol.Day
	Known time.Time
}

// Tickets answers the tickets in sight whole, each once, in no promised order.
func (f *Facts) Tickets(ctx context.Context, q TicketFilter, each func(Ticket)) error {
	q.Account = f.Joined(q.Account, q.Known)
	d := &doors{Scope: Scope{AsOf: q.AsOf, Known: q.Known}, params: map[string]any{}, traits: &f.traits}
	if q.AsOf != 0 {
		d.params["farol_as_of"] = q.AsOf
	}
	if !q.Known.IsZero() {
		d.params["farol_known"] = q.Known
	}
	cond := "1 = 1" + d.seenBy()
	add := func(text, name string, v any) { cond, d.params[name] = cond+text, v }
	if q.Source != "" {
		add(" AND source = {source:String}", "source", string(q.Source))
	}
	if q.ID != "" {
		add(" AND ticket = {ticket:String}", "ticket", q.ID)
	}
	if !q.Since.IsZero() {
		add(" AND ticket IN (SELECT ticket FROM tickets WHERE known > {since:DateTime64(3)} OR hash IN (SELECT hash FROM moves WHERE known > {since:DateTime64(3)}))", "since", q.Since)
	}
	all := d.typed("tickets", ticketColumns, cond, "t.account", "t.person")
	where := ""
	if q.Account != "" {
		// What was said before the account was known belongs to the ticket, too.
		d.params["account"] = string(q.Account)
		where = " WHERE m.ticket IN (SELECT o.ticket FROM " + all + " o WHERE o.account = {account:String})"
	}
	rows, err := f.reading(ctx, "SELECT m.src, m.ticket, m.action, m.account, m.person, m.ts, m.known, m.subject, m.status, m.status_raw, m.priority, m.channel, m.topic, m.requester, m.assignee, m.url, m.tags, m.opened, m.replied, m.solved, m.reopened, m.csat, m.csat_raw, m.csat_comment FROM "+
		all+" m"+where+" ORDER BY m.src, m.ticket, m.ts, m.known, m.id", q.Known, d.params)
	if err != nil {
		return fmt.Errorf("facts: tickets: %w", err)
	}
	defer rows.Close()
	see := sight.Of(ctx)
	return foldTickets(rows, func(t Ticket) {
		if see.Account(t.Account) && (q.Account == "" || t.Account == q.Account) {
			each(t)
		}
	})
}

const ticketColumns = "t.source AS src, t.ticket AS ticket, t.action AS action, t.ts AS ts, t.known AS known, t.id AS id, t.subject AS subject, t.status AS status, coalesce(t.status_raw, '') AS status_raw, " +
	"t.priority AS priority, t.channel AS channel, t.topic AS topic, coalesce(t.requester, '') AS requester, coalesce(t.assignee, '') AS assignee, coalesce(t.url, '') AS url, coalesce(t.tags, '') AS tags, " +
	"t.opened AS opened, t.replied AS replied, t.solved AS solved, t.reopened AS reopened, t.csat AS csat, coalesce(t.csat_raw, '') AS csat_raw, coalesce(t.csat_comment, '') AS csat_comment"

// ticketRow is one thing said of a ticket.
type ticketRow struct {
	Ticket
	action                  string
	tags                    string
	opened, replied, solved sql.NullTime
	reopened                sql.NullInt64
	csat                    sql.NullFloat64
}

// foldTickets puts together what rows in the order of time say.
func foldTickets(rows *sql.Rows, each func(Ticket)) error {
	var t *Ticket
	for rows.Next() {
		var r ticketRow
		err := rows.Scan(&r.Source, &r.ID, &r.action, &r.Account, &r.Person, &r.Updated, &r.Known, &r.Subject, &r.Status, &r.StatusRaw, &r.Priority, &r.Channel, &r.Topic,
			&r.Requester, &r.Assignee, &r.URL, &r.tags, &r.opened, &r.replied, &r.solved, &r.reopened, &r.csat, &r.CSATRaw, &r.CSATComment)
		if err != nil {
			return err
		}
		if t != nil && (t.Source != r.Source || t.ID != r.ID) {
			each(*t)
			t = nil
		}
		if t == nil {
			t = &Ticket{Source: r.Source, ID: r.ID, Opened: r.Updated.UTC(), Status: TicketOpen}
		}
		t.say(r)
	}
	if t != nil && rows.Err() == nil {
		each(*t)
	}
	return rows.Err()
}

// say takes in one more thing said.
func (t *Ticket) say(r ticketRow) {
	at := r.Updated.UTC()
	t.Updated = at
	if known := r.Known.UTC(); known.After(t.Known) {
		t.Known = known
	}
	for _, x := range []struct{ to, said *string }{
		{&t.Subject, &r.Subject}, {&t.StatusRaw, &r.StatusRaw}, {&t.Priority, &r.Priority}, {&t.Channel, &r.Channel}, {&t.Topic, &r.Topic},
		{&t.Requester, &r.Requester}, {&t.Assignee, &r.Assignee}, {&t.URL, &r.URL}, {&t.CSATRaw, &r.CSATRaw}, {&t.CSATComment, &r.CSATComment},
	} {
		if *x.said != "" {
			*x.to = *x.said
		}
	}
	if r.Account != "" {
		t.Account = r.Account
	}
	if r.Person != "" {
		t.Person = r.Person
	}
	if r.tags != "" {
		t.Tags = strings.Split(r.tags, "\n")
	}
	if r.csat.Valid {
		t.CSAT = &r.csat.Float64
	}
	if r.opened.Valid {
		t.Opened = r.opened.Time.UTC()
	}
	if r.replied.Valid && (t.FirstReply.IsZero() || r.replied.Time.Before(t.FirstReply)) {
		t.FirstReply = r.replied.Time.UTC()
	}
	t.move(r, at)
}

// move follows the state: what the sender says, else what the action means.
func (t *Ticket) move(r ticketRow, at time.Time) {
	was := t.Over()
	switch status := ticketStatus(r.Status); {
	case status != "":
		t.Status = status
	case r.action == "solved":
		t.Status = TicketSolved
	case r.action == "opened" || r.action == "reopened":
		t.Status = TicketOpen
	}
	switch {
	case t.Over() && r.solved.Valid:
		t.Solved = r.solved.Time.UTC()
	case t.Over() && !was:
		t.Solved = at
	case !t.Over():
		t.Solved = time.Time{}
	}
	if r.reopened.Valid {
		t.said = max(t.said, r.reopened.Int64)
	}
	if r.action == "reopened" || was && !t.Over() {
		t.Reopened++
	}
	t.Reopened = max(t.Reopened, int(t.said))
}

// ticketStatus is the state that a word means, "" when it means none.
func ticketStatus(word string) string {
	switch strings.ReplaceAll(strings.ToLower(strings.TrimSpace(word)), " ", "_") {
	case "open", "new", "opened", "reopened", "in_progress":
		return TicketOpen
	case "pending", "waiting", "snoozed":
		return TicketPending
	case "on_hold", "hold":
		return TicketOnHold
	case "solved", "resolved", "done":
		return TicketSolved
	case "closed":
		return TicketClosed
	}
	return ""
}

// EMailOwner is a person that gave an e-mail address, with the account that
// they were last put into.
type EMailOwner struct {
	Person  farol.PersonID
	Account farol.AccountID
}

// OwnersOf lists the people whose trait email is the address, capital letters
// aside, under their canonical ids, at most 20.
func (f *Facts) OwnersOf(ctx context.Context, email string) ([]EMailOwner, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if email == "" {
		return nil, nil
	}
	var out []EMailOwner
	seen := map[farol.PersonID]bool{}
	err := eachText(ctx, f.eng, "SELECT coalesce(m.canonical, c.name) AS person FROM (SELECT DISTINCT name FROM changes WHERE subject = 'person' AND trait = 'email' AND lower(value) = {email:String}) c LEFT JOIN "+
		(&doors{}).merged()+" m ON m.person = c.name ORDER BY person LIMIT 20", map[string]any{"email": email}, func(v []string) {
		if p := farol.PersonID(v[0]); !seen[p] {
			seen[p] = true
			out = append(out, EMailOwner{Person: p})
		}
	})
	if err != nil {
		return nil, fmt.Errorf("facts: owners of an address: %w", err)
	}
	for i := range out {
		if out[i].Account, err = f.AccountOf(ctx, out[i].Person); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// AccountOf is the account that a person was put into last by a group call,
// under any of their ids, "" for none.
func (f *Facts) AccountOf(ctx context.Context, person farol.PersonID) (a farol.AccountID, err error) {
	err = eachText(ctx, f.eng, `SELECT m.account FROM memberships m WHERE m.person = {person:String} OR m.person IN
(SELECT g.person FROM `+(&doors{}).merged()+` g WHERE g.canonical = {person:String}) ORDER BY m.ts DESC, m.known DESC, m.id DESC LIMIT 1`,
		map[string]any{"person": string(person)}, func(v []string) { a = farol.AccountID(v[0]) })
	if err != nil {
		err = fmt.Errorf("facts: the account of a person: %w", err)
	}
	return a, err
}
