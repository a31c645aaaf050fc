package desk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// drift is how far a signed time may lie from ours: a request caught and sent
// again later is refused.
const drift = 5 * time.Minute

func refused(text string) error { return farol.Errorf(farol.Unauthorized, text) }

// genuineZendesk checks base64(HMAC-SHA256(secret, timestamp + body)).
func genuineZendesk(secret string, r request) error {
	stamp := r.header.Get("X-Zendesk-Webhook-Signature-Timestamp")
	given, err := base64.StdEncoding.DecodeString(r.header.Get("X-Zendesk-Webhook-Signature"))
	if err != nil || len(given) == 0 {
		return refused("the signature is missing")
	}
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(stamp))
	m.Write(r.body)
	if !hmac.Equal(m.Sum(nil), given) {
		return refused("the signature is not of this secret")
	}
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil || at.Sub(r.now).Abs() > drift {
		return refused("the signature is too old")
	}
	return nil
}

var zendeskStatus = map[string]string{
	"new": facts.TicketOpen, "open": facts.TicketOpen, "pending": facts.TicketPending, "hold": facts.TicketOnHold, "on hold": facts.TicketOnHold,
	"solved": facts.TicketSolved, "closed": facts.TicketClosed, "deleted": facts.TicketClosed, "archived": facts.TicketClosed,
	"novo": facts.TicketOpen, "aberto": facts.TicketOpen, "pendente": facts.TicketPending, "em espera": facts.TicketOnHold, "resolvido": facts.TicketSolved, "fechado": facts.TicketClosed,
}

// readZendesk reads an event subscription (zen:event-type:ticket.…), or the
// body that a trigger writes by docs/help-desks.md, as JSON or as a form.
func readZendesk(body []byte) (Read, error) {
	n, err := parse(body)
	if err != nil {
		return Read{}, err
	}
	if kind := n.at("type").text(); strings.HasPrefix(kind, "zen:event-type:") {
		return readZendeskEvent(n, strings.TrimPrefix(kind, "zen:event-type:"))
	}
	if inner := n.at("ticket"); !inner.at("id").absent() {
		n = inner
	}
	t := &Ticket{Reopened: -1}
	if t.ID = n.first("id", "ticket_id").text(); t.ID == "" {
		return Read{}, need("id")
	}
	t.Subject = n.first("subject", "title").text()
	t.StatusRaw = n.at("status").text()
	t.Status = zendeskStatus[word(t.StatusRaw)]
	t.Priority = priorityOf(n.at("priority").text())
	t.Channel, t.Topic, t.Assignee, t.URL = channelOf(n.first("via.channel", "via").text()), firstOf(n.at("topic").text(), strings.ToLower(n.at("type").text())), n.first("assignee", "assignee.name").text(), zendeskURL(n.first("url", "link").text())
	t.Tags = n.at("tags").texts()
	if len(t.Tags) == 1 && strings.Contains(t.Tags[0], " ") {
		t.Tags = strings.Fields(t.Tags[0]) // a placeholder writes them with spaces
	}
	t.Opened, t.Updated, t.Solved, t.FirstReply = n.at("created_at").instant(), n.at("updated_at").instant(), n.at("solved_at").instant(), n.at("first_reply_at").instant()
	t.Requester = Requester{
		Email: n.first("requester_email", "requester.email").text(), Name: n.first("requester_name", "requester.name").text(),
		ID: n.first("requester_external_id", "requester.external_id").text(), DeskID: n.first("requester_id", "requester.id").text(),
		Account: n.first("org_external_id", "organization.external_id").text(), Org: n.first("org_id", "organization.id", "organization_id").text(), OrgName: n.first("org_name", "organization.name").text(),
	}
	zendeskRating(t, n.first("csat", "satisfaction_rating.score").text(), n.first("csat_comment", "satisfaction_rating.comment").text())
	return Read{Ticket: t}, nil
}

// readZendeskEvent reads {type, id, time, subject, detail, event}.
func readZendeskEvent(n node, kind string) (Read, error) {
	r := Read{ID: n.at("id").text()}
	if !strings.HasPrefix(kind, "ticket.") {
		r.Why = "it is about " + kind
		return r, nil
	}
	d := n.at("detail")
	t := &Ticket{ID: d.at("id").text(), Reopened: -1}
	if t.ID == "" {
		t.ID = strings.TrimPrefix(n.at("subject").text(), "zen:ticket:")
	}
	if t.ID == "" {
		return r, need("detail.id")
	}
	t.Subject = d.at("subject").text()
	t.StatusRaw = d.at("status").text()
	if s := n.at("event", "current").text(); kind == "ticket.status_changed" && s != "" {
		t.StatusRaw = s
	}
	t.Status = zendeskStatus[word(t.StatusRaw)]
	if kind == "ticket.soft_deleted" || kind == "ticket.permanently_deleted" || kind == "ticket.marked_as_spam" {
		t.Status, t.StatusRaw = facts.TicketClosed, strings.TrimPrefix(kind, "ticket.")
	}
	t.Priority, t.Channel, t.Topic = priorityOf(d.at("priority").text()), channelOf(d.at("via", "channel").text()), strings.ToLower(d.at("type").text())
	t.Tags, t.Assignee = d.at("tags").texts(), d.at("assignee_id").text()
	t.Opened, t.Updated = d.at("created_at").instant(), d.at("updated_at").instant()
	if at := n.at("time").instant(); at.After(t.Updated) {
		t.Updated = at
	}
	if c := n.at("event", "comment"); kind == "ticket.comment_added" && c.at("author", "is_staff").text() == "true" && c.at("is_public").text() == "true" {
		t.FirstReply = t.Updated
	}
	t.Requester = Requester{DeskID: nonZero(d.at("requester_id").text()), Org: nonZero(d.at("organization_id").text())}
	r.Ticket = t
	return r, nil
}

// nonZero is an id; Zendesk writes 0 for none.
func nonZero(s string) string {
	if s == "0" {
		return ""
	}
	return s
}

// zendeskRating reads good and bad, with or without a comment, in the words
// that placeholders write.
func zendeskRating(t *Ticket, rating, comment string) {
	var v float64
	switch w := word(rating); {
	case strings.HasPrefix(w, "good") || strings.HasPrefix(w, "bom") || strings.HasPrefix(w, "boa"):
		v = 1
	case strings.HasPrefix(w, "bad") || strings.HasPrefix(w, "ruim"):
	default:
		return // not offered, or offered and not answered
	}
	t.CSAT, t.CSATRaw, t.CSATComment = &v, rating, comment
}

// zendeskURL completes what the placeholder ticket.url writes without scheme.
func zendeskURL(s string) string {
	if s == "" || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") {
		return s
	}
	return "https://" + s
}

// priorityOf is the common word for a priority, "" for none.
func priorityOf(s string) string {
	switch word(s) {
	case "low", "baixa", "baja", "1", "lowest", "minor":
		return "low"
	case "normal", "medium", "média", "media", "2":
		return "normal"
	case "high", "alta", "3", "priority", "major":
		return "high"
	case "urgent", "urgente", "4", "critical", "crítica", "highest", "blocker":
		return "urgent"
	}
	return ""
}

// channelOf is a short word for where a ticket came from.
func channelOf(s string) string {
	s = strings.ToLower(strings.TrimPrefix(s, "Channel::"))
	switch s {
	case "webwidget", "chat", "messenger", "native_messaging", "conversation", "push", "in_app":
		return "chat"
	case "web", "portal", "web form", "help_center", "customer_initiated":
		return "portal"
	case "voice", "phone", "telefone":
		return "phone"
	case "e-mail", "mail":
		return "email"
	}
	return s
}
