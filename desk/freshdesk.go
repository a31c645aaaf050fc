package desk

import (
	"encoding/base64"
	"strings"

	"github.com/farol-cs/farol/facts"
)

// freshdeskSecrets are the texts of a request that may be the secret: the
// vendor signs nothing, and lets an administrator choose a user and password,
// a header, or the address.
func freshdeskSecrets(r request) []string {
	out := []string{r.header.Get("X-Farol-Secret")}
	scheme, rest, _ := strings.Cut(r.header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		out = append(out, strings.TrimSpace(rest))
	case strings.EqualFold(scheme, "Basic"):
		if b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest)); err == nil {
			user, password, _ := strings.Cut(string(b), ":")
			out = append(out, password, user)
		}
	}
	return append(out, r.query["key"]...)
}

// Statuses are texts that an administrator may change and translate; these
// are the vendor's own in three languages, with the numbers of its API.
var freshdeskStatus = map[string]string{
	"2": facts.TicketOpen, "open": facts.TicketOpen, "aberto": facts.TicketOpen, "abierto": facts.TicketOpen,
	"3": facts.TicketPending, "pending": facts.TicketPending, "pendente": facts.TicketPending, "pendiente": facts.TicketPending,
	"waiting on customer": facts.TicketPending, "aguardando cliente": facts.TicketPending, "aguardando o cliente": facts.TicketPending, "esperando al cliente": facts.TicketPending,
	"waiting on third party": facts.TicketOnHold, "aguardando terceiros": facts.TicketOnHold, "esperando a terceros": facts.TicketOnHold, "on hold": facts.TicketOnHold,
	"4": facts.TicketSolved, "resolved": facts.TicketSolved, "resolvido": facts.TicketSolved, "resuelto": facts.TicketSolved,
	"5": facts.TicketClosed, "closed": facts.TicketClosed, "fechado": facts.TicketClosed, "cerrado": facts.TicketClosed,
}

// readFreshdesk reads what an automation rule sends: {"freshdesk_webhook":
// {ticket_id, ticket_status, …}} of simple content, or the same names in JSON
// that an administrator wrote, with or without ticket_ before them.
func readFreshdesk(body []byte) (Read, error) {
	n, err := parse(body)
	if err != nil {
		return Read{}, err
	}
	for _, outer := range []string{"freshdesk_webhook", "ticket"} {
		if inner := n.at(outer); !inner.absent() {
			n = inner
		}
	}
	get := func(name string) node { return n.first("ticket_"+name, name) }
	t := &Ticket{ID: get("id").text(), Reopened: -1}
	if t.ID == "" {
		return Read{}, need("ticket_id")
	}
	t.ID = strings.TrimPrefix(t.ID, "#")
	t.Subject, t.StatusRaw = get("subject").text(), get("status").text()
	t.Status = freshdeskStatus[word(t.StatusRaw)]
	t.Priority, t.Channel = priorityOf(get("priority").text()), channelOf(get("source").text())
	t.Topic, t.Assignee, t.URL = firstOf(get("type").text(), get("ticket_type").text()), get("agent_name").text(), get("url").text()
	t.Tags = n.first("ticket_tags", "tags").texts()
	if list := n.at("tags"); len(t.Tags) == 0 {
		t.Tags = list.texts()
	}
	t.Opened = n.first("ticket_created_at", "ticket_created_on", "created_at", "created_on").instant()
	t.Updated = n.first("ticket_updated_at", "ticket_modified_on", "updated_at", "modified_on", "triggered_at").instant()
	t.Solved, t.FirstReply = n.first("ticket_resolved_at", "resolved_at").instant(), n.first("ticket_first_responded_at", "first_responded_at").instant()
	t.Requester = Requester{
		Email:  n.first("ticket_contact_email", "ticket_requester_email", "requester_email", "requester.email", "contact_email", "email").text(),
		Name:   n.first("ticket_contact_name", "ticket_requester_name", "requester_name", "requester.name", "contact_name").text(),
		ID:     n.first("ticket_contact_unique_external_id", "requester_external_id", "requester.unique_external_id").text(),
		DeskID: n.first("requester_id", "requester.id").text(), Account: n.first("account_id", "company_external_id").text(),
		OrgName: n.first("ticket_company_name", "company_name", "company.name").text(),
	}
	if org := t.Requester.OrgName; org != "" {
		t.Requester.Org = strings.ToLower(org) // the vendor tells no id of a company
	}
	return Read{Ticket: t}, nil
}
