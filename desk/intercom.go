package desk

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"strings"

	"github.com/farol-cs/farol/facts"
)

// genuineIntercom checks "sha1=" and the HMAC-SHA1 of the body under the app's
// client secret. The vendor signs no time: a request sent again has the same
// notification id, and is taken in once.
func genuineIntercom(secret string, r request) error {
	given, err := hex.DecodeString(strings.TrimPrefix(r.header.Get("X-Hub-Signature"), "sha1="))
	if err != nil || len(given) == 0 {
		return refused("the signature is missing")
	}
	m := hmac.New(sha1.New, []byte(secret))
	m.Write(r.body)
	if !hmac.Equal(m.Sum(nil), given) {
		return refused("the signature is not of this secret")
	}
	return nil
}

var intercomState = map[string]string{
	"open": facts.TicketOpen, "snoozed": facts.TicketPending, "closed": facts.TicketSolved,
	// of tickets
	"submitted": facts.TicketOpen, "in progress": facts.TicketOpen, "waiting on customer": facts.TicketPending, "resolved": facts.TicketSolved,
}

// readIntercom reads a notification {type, id, topic, data: {item}} of the
// topics conversation.… and ticket.….
func readIntercom(body []byte) (Read, error) {
	n, err := parse(body)
	if err != nil {
		return Read{}, err
	}
	r := Read{ID: n.at("id").text()}
	topic, item := n.at("topic").text(), n.at("data", "item")
	switch {
	case topic == "":
		return r, need("topic")
	case strings.HasPrefix(topic, "conversation."):
		r.Ticket = conversation(item)
	case strings.HasPrefix(topic, "ticket."):
		if inner := item.at("ticket"); !inner.at("id").absent() {
			item = inner
		}
		r.Ticket = intercomTicket(item)
	default:
		r.Why = "it is about " + topic
		return r, nil
	}
	if r.Ticket.ID == "" {
		return r, need("data.item.id")
	}
	if topic == "conversation.deleted" {
		r.Ticket.Status, r.Ticket.StatusRaw = facts.TicketClosed, "deleted"
	}
	if r.Ticket.Updated.IsZero() {
		r.Ticket.Updated = n.at("created_at").instant()
	}
	return r, nil
}

func conversation(c node) *Ticket {
	t := &Ticket{ID: c.first("id", "conversation_id").text(), StatusRaw: c.at("state").text(), Reopened: -1}
	t.Status = intercomState[word(t.StatusRaw)]
	if t.Status == "" && !c.at("open").absent() {
		t.StatusRaw, t.Status = "open", facts.TicketOpen
		if c.at("open").text() == "false" {
			t.StatusRaw, t.Status = "closed", facts.TicketSolved
		}
	}
	t.Subject = plain(c.first("title", "source.subject", "conversation_message.subject").text())
	if t.Subject == "" { // a chat has none
		t.Subject = firstLine(plain(c.at("source", "body").text()))
	}
	if c.at("priority").text() == "priority" {
		t.Priority = "high"
	}
	t.Channel = channelOf(c.first("source.type", "source.delivered_as").text())
	t.Assignee, t.URL = nonZero(c.first("admin_assignee_id", "assignee.id").text()), c.at("links", "conversation_web").text()
	t.Tags = c.at("tags", "tags").texts()
	t.Topic = c.first("custom_attributes.topic", "custom_attributes.Topic", "ai_topics.topics.0.name").text()
	s := c.at("statistics")
	t.Opened, t.Updated = c.at("created_at").instant(), c.at("updated_at").instant()
	t.FirstReply, t.Solved = s.at("first_admin_reply_at").instant(), s.at("last_close_at").instant()
	if n, ok := s.at("count_reopens").number(); ok {
		t.Reopened = int(min(n, 10_000))
	}
	rating := c.at("conversation_rating")
	if v, ok := rating.at("rating").number(); ok && v >= 1 && v <= 5 {
		score := (v - 1) / 4
		t.CSAT, t.CSATRaw, t.CSATComment = &score, rating.at("rating").text()+"/5", plain(rating.at("remark").text())
	}
	t.Requester = intercomRequester(c)
	return t
}

func intercomTicket(c node) *Ticket {
	t := &Ticket{ID: c.first("id", "ticket_id").text(), Reopened: -1}
	t.StatusRaw = c.first("ticket_state.category", "ticket_state", "state").text()
	t.Status = intercomState[word(t.StatusRaw)]
	t.Subject = plain(c.first("ticket_attributes._default_title_", "title").text())
	t.Topic, t.Assignee = c.first("ticket_type.name", "category").text(), nonZero(c.at("admin_assignee_id").text())
	t.Opened, t.Updated = c.at("created_at").instant(), c.at("updated_at").instant()
	t.Requester = intercomRequester(c)
	return t
}

// intercomRequester is the first contact, or the author of the first message,
// who has an address where the contact is named by ids alone.
func intercomRequester(c node) Requester {
	contact, author := c.at("contacts", "contacts", "0"), c.at("source", "author")
	if contact.absent() {
		contact = c.at("contacts", "0")
	}
	if contact.absent() {
		contact = c.at("user")
	}
	if k := author.at("type").text(); k == "admin" || k == "bot" || k == "team" {
		author = node{}
	}
	company := contact.at("companies", "companies", "0")
	if company.absent() {
		company = contact.at("companies", "data", "0")
	}
	if company.absent() {
		company = c.at("company")
	}
	return Requester{
		Email: firstOf(contact.at("email").text(), author.at("email").text()), Name: firstOf(contact.at("name").text(), author.at("name").text()),
		ID: contact.first("external_id", "user_id").text(), DeskID: firstOf(contact.at("id").text(), author.at("id").text()),
		Account: company.at("company_id").text(), Org: firstOf(company.at("id").text(), nonZero(c.at("company_id").text())), OrgName: company.at("name").text(),
	}
}

// plain is a text without the tags that the vendor sends in it.
func plain(s string) string {
	var b strings.Builder
	inside := false
	for _, r := range s {
		switch {
		case r == '<':
			inside = true
		case r == '>' && inside:
			inside = false
			b.WriteByte(' ')
		case !inside:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
