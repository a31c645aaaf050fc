package facts

import (
	"slices"
	"strings"

	"github.com/farol-cs/farol"
)

// A step is what an event says of a journey; see the columns of journeys.
type step struct {
	kind, action, thing, target, survey, relation string
	channel, origin, campaign, until              string
	outside                                       bool
}

// step adds a row of journeys.
func (p *prepared) step(s step) {
	e := p.e
	p.typed = append(p.typed, typedRow{journeys, []any{
		nil, e.At, p.day, string(e.Source), e.ID, p.hash, nil, nil, s.kind, s.action, s.thing, s.target, s.survey, s.relation,
		s.channel, s.origin, s.campaign, s.until, s.outside,
	}, 6, 7})
}

func feedLead(action string) func(*prepared, values) {
	return func(p *prepared, v values) {
		p.step(step{
			kind: "lead", action: action, thing: v.text("lead"), target: v.text("account"),
			channel: v.text("channel"), origin: v.text("source"), campaign: v.text("campaign"),
		})
	}
}

func feedTrial(action string) func(*prepared, values) {
	return func(p *prepared, v values) {
		s := step{kind: "trial", action: action}
		if x := v.get("trial_end"); x != nil {
			if t, err := parseTime(x); err == nil {
				s.until = farol.DayOf(t, p.zone).String()
			}
		}
		p.step(s)
	}
}

func feedDelivery(action string) func(*prepared, values) {
	return func(p *prepared, v values) {
		p.step(step{
			kind: "survey", action: action, thing: v.text("delivery"), target: strings.ToLower(v.text("recipient")),
			survey: v.text("survey"), relation: or(v.text("relation"), relational), channel: v.text("channel"),
		})
	}
}

func feedReferral(action string) func(*prepared, values) {
	return func(p *prepared, v values) {
		s := step{kind: "referral", action: action, thing: v.text("referral"), target: v.text("account"), outside: true}
		if action == "sent" {
			s.target = strings.ToLower(v.text("invitee_email"))
			s.outside = outside(s.target, strings.ToLower(or(v.text("referrer_email"), string(p.e.User))))
		}
		p.step(s)
	}
}

// InviteSent is the event by which somebody invites a person into their own
// account.
const InviteSent = "Invite Sent"

// inviteKind is the kind of its step: thing is the id of who was invited,
// target the address.
const inviteKind = "invite"

func inviteEvent() *wellKnown {
	return &wellKnown{name: InviteSent, account: true, interactive: true, properties: []property{text("invitee_email"), text("invitee_id"), text("invitee_role")},
		also: checkInvite, feed: feedInvite}
}

func checkInvite(v values) error {
	if v.get("invitee_email") == nil && v.get("invitee_id") == nil {
		return farol.InvalidField("properties.invitee_email", "is required, or invitee_id")
	}
	return nil
}

func feedInvite(p *prepared, v values) {
	s := step{kind: inviteKind, action: "sent", thing: strings.TrimSpace(v.text("invitee_id")), target: strings.ToLower(strings.TrimSpace(v.text("invitee_email")))}
	if s.thing != "" || s.target != "" {
		p.step(s)
	}
}

// mailHosts give addresses to anybody: two people there have nothing to do
// with each other.
var mailHosts = []string{
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "yahoo.com.br", "icloud.com", "me.com",
	"proton.me", "protonmail.com", "gmx.com", "aol.com", "uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br",
}

// outside tells whether an invitation leaves the inviter's company: neither
// to the same address nor to the same domain, but that of a mail host. Without
// two addresses nothing says otherwise.
func outside(invitee, referrer string) bool {
	_, to, ok := strings.Cut(invitee, "@")
	_, from, mailed := strings.Cut(referrer, "@")
	if !ok || !mailed {
		return true
	}
	return invitee != referrer && (to != from || slices.Contains(mailHosts, to))
}
