package desk

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol/facts"
)

// genuineChatwoot checks "sha256=" and the HMAC-SHA256 of timestamp + "." +
// body. Releases that sign nothing have to carry the secret in the address, as
// key.
func genuineChatwoot(secret string, r request) error {
	signature := r.header.Get("X-Chatwoot-Signature")
	if signature == "" {
		for _, k := range r.query["key"] {
			if subtle.ConstantTimeCompare([]byte(k), []byte(secret)) == 1 {
				return nil
			}
		}
		return refused("the signature is missing")
	}
	given, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
	if err != nil {
		return refused("the signature is missing")
	}
	stamp := r.header.Get("X-Chatwoot-Timestamp")
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(stamp + "."))
	m.Write(r.body)
	if !hmac.Equal(m.Sum(nil), given) {
		return refused("the signature is not of this secret")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Unix(seconds, 0).Sub(r.now).Abs() > drift {
		return refused("the signature is too old")
	}
	return nil
}

var chatwootStatus = map[string]string{
	"open": facts.TicketOpen, "pending": facts.TicketPending, "snoozed": facts.TicketOnHold, "resolved": facts.TicketSolved,
	// as numbers, where a release sends the enum
	"0": facts.TicketOpen, "1": facts.TicketSolved, "2": facts.TicketPending, "3": facts.TicketOnHold,
}

// readChatwoot reads conversation_… (the conversation itself) and message_…
// (a message with its conversation).
func readChatwoot(body []byte) (Read, error) {
	n, err := parse(body)
	if err != nil {
		return Read{}, err
	}
	event := strings.TrimPrefix(n.at("event").text(), "automation_event.")
	c := n
	switch {
	case event == "":
		return Read{}, need("event")
	case strings.HasPrefix(event, "conversation_typing"):
		return Read{Why: "it is about " + event}, nil
	case strings.HasPrefix(event, "conversation_"):
	case event == "message_created" || event == "message_updated":
		c = n.at("conversation")
	default:
		return Read{Why: "it is about " + event}, nil
	}
	t := &Ticket{ID: c.first("id", "display_id").text(), StatusRaw: c.at("status").text(), Reopened: -1}
	if t.ID == "" {
		return Read{}, need("id")
	}
	t.Status = chatwootStatus[word(t.StatusRaw)]
	t.Subject = firstOf(c.at("additional_attributes", "mail_subject").text(), firstLine(c.at("messages", "0", "content").text()))
	t.Priority, t.Channel = priorityOf(c.at("priority").text()), channelOf(c.at("channel").text())
	t.Tags, t.Assignee = c.at("labels").texts(), c.first("meta.assignee.name", "meta.assignee.email").text()
	if len(t.Tags) > 0 {
		t.Topic = t.Tags[0] // labels are how the product says what it is about
	}
	t.Opened, t.FirstReply = c.at("created_at").instant(), c.at("first_reply_created_at").instant()
	t.Updated = latest(c.at("updated_at").instant(), c.at("last_activity_at").instant(), c.at("timestamp").instant())
	if c.v != nil && strings.HasPrefix(event, "message_") {
		chatwootMessage(t, n)
	}
	s := c.at("meta", "sender")
	if s.absent() {
		s = c.at("contact")
	}
	t.Requester = Requester{
		Email: s.at("email").text(), Name: s.at("name").text(), ID: s.at("identifier").text(), DeskID: s.at("id").text(),
		Account: s.first("custom_attributes.account_id", "custom_attributes.company_id", "custom_attributes.customer_id").text(), OrgName: s.first("additional_attributes.company_name", "custom_attributes.company").text(),
	}
	return Read{Ticket: t}, nil
}

// chatwootMessage takes what a message tells of its conversation: the first
// answer of an agent, and the answer to a satisfaction survey.
func chatwootMessage(t *Ticket, n node) {
	at := n.at("created_at").instant()
	t.Updated = latest(t.Updated, n.at("updated_at").instant(), at)
	kind := n.at("message_type").text()
	if t.FirstReply.IsZero() && (kind == "outgoing" || kind == "1") && n.at("private").text() != "true" && n.at("sender", "type").text() == "user" {
		t.FirstReply = at
	}
	answer := n.at("content_attributes", "submitted_values", "csat_survey_response")
	if v, ok := answer.at("rating").number(); ok && v >= 1 && v <= 5 {
		score := (v - 1) / 4
		t.CSAT, t.CSATRaw, t.CSATComment = &score, answer.at("rating").text()+"/5", answer.at("feedback_message").text()
	}
}

func latest(times ...time.Time) (t time.Time) {
	for _, x := range times {
		if x.After(t) {
			t = x
		}
	}
	return t
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if r := []rune(s); len(r) > 160 {
		return string(r[:160]) + "…"
	}
	return s
}
