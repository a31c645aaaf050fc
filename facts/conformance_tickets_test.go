package facts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// testTickets puts together what is said of tickets: by source, in the order
// of when it happened, with the account found later, as of a day, and only
// what is new.
func testTickets(t *testing.T, k *kit) {
	k.start("UTC")
	k.add(
		k.track("2026-02-01 10:00", "ana", "", "Ticket Opened", `{"ticket":"1","subject":"slow","priority":"high","topic":"reports","tags":["a b","c"],"requester":"ana@acme.com","url":"https://x"}`),
		k.track("2026-02-01 12:00", "ana", "", "Ticket Updated", `{"ticket":"1","status":"pending","first_reply_at":"2026-02-01T11:00:00Z","status_raw":"Waiting"}`),
		k.track("2026-02-03 10:00", "ana", "", "Ticket Solved", `{"ticket":"1","solved_at":"2026-02-03T09:00:00Z","csat":1,"csat_raw":"5/5","csat_comment":"good"}`),
		k.track("2026-02-04 10:00", "bia", "globex", "Ticket Opened", `{"ticket":"1x","opened_at":"2026-02-04T08:00:00Z","reopened_count":2,"tags":"solo"}`),
	)
	list := func(q TicketFilter) []string {
		var out []string
		err := k.f.Tickets(context.Background(), q, func(t Ticket) {
			s := fmt.Sprintf("%s %s/%s %s opened=%s reopened=%d", t.ID, t.Account, t.Person, t.Status, t.Opened.Format("02T15"), t.Reopened)
			if !t.FirstReply.IsZero() {
				s += " replied=" + t.FirstReply.Format("02T15")
			}
			if !t.Solved.IsZero() {
				s += " solved=" + t.Solved.Format("02T15")
			}
			if t.CSAT != nil {
				s += fmt.Sprintf(" csat=%g(%s %s)", *t.CSAT, t.CSATRaw, t.CSATComment)
			}
			if len(t.Tags) > 0 {
				s += " " + strings.Join(t.Tags, "|")
			}
			out = append(out, s+" "+t.StatusRaw+t.Topic+t.URL)
		})
		if err != nil {
			k.Fatal(err)
		}
		slices.Sort(out)
		return out
	}
	k.want(list(TicketFilter{}),
		"1 /ana solved opened=01T10 reopened=0 replied=01T11 solved=03T09 csat=1(5/5 good) a b|c Waitingreportshttps://x",
		"1x globex/bia open opened=04T08 reopened=2 solo ")
	k.want(list(TicketFilter{ID: "1", AsOf: day("2026-02-01")}), "1 /ana pending opened=01T10 reopened=0 replied=01T11 a b|c Waitingreportshttps://x")
	since := k.f.LastKnown()
	k.clock.now = k.clock.now.Add(time.Hour)
	k.add(k.track("2026-02-05 10:00", "ana", "", "Ticket Reopened", `{"ticket":"1"}`), k.group("2026-01-01 10:00", "ana", "acme", `{}`))
	k.settle()
	k.want(list(TicketFilter{Since: since}), "1 acme/ana open opened=01T10 reopened=1 replied=01T11 csat=1(5/5 good) a b|c Waitingreportshttps://x")
	k.want(list(TicketFilter{Account: "globex"}), "1x globex/bia open opened=04T08 reopened=2 solo ")

	// Of one ticket, however much happened since.
	k.add(k.track("2026-02-06 10:00", "ana", "", "Ticket Opened", `{"ticket":"2"}`))
	moments, err := k.f.Moments(context.Background(), MomentFilter{Account: "acme", Ticket: "1", Source: "web", Limit: 2})
	var told []string
	for _, m := range moments {
		told = append(told, m.Kind+" "+m.Name+" "+m.Fields["ticket"])
	}
	if k.want(told, "ticket reopened 1", "ticket solved 1"); err != nil {
		k.Error(err)
	}

	k.add(k.identify("2026-02-05 11:00", "", "ana", `{"email":"Ana@Acme.com"}`), k.identify("2026-02-05 11:00", "", "bia", `{"email":"bia@globex.com"}`))
	owners, err := k.f.OwnersOf(context.Background(), " ANA@acme.com")
	if err != nil || len(owners) != 1 || owners[0] != (EMailOwner{"ana", "acme"}) {
		k.Errorf("owners %v %v", owners, err)
	}
	if a, err := k.f.AccountOf(context.Background(), "nobody"); a != "" || err != nil {
		k.Errorf("nobody is of %s %v", a, err)
	}
}
