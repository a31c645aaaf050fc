package web

import (
	"fmt"
	"time"

	"github.com/farol-cs/farol"
)

// voices is what the accounts said, asked and brought in the half year: surveys
// sent, bounced and answered, tickets, leads, trials and referrals.
func (h *recorder) voices(account farol.AccountID, a int, begin time.Time) {
	say := func(name string, at time.Time, user int, properties map[string]any) {
		h.add(farol.Track, name, at, account, farol.PersonID(fmt.Sprintf("user-%02d-%d", a, user)), properties)
	}
	lead := map[string]any{"lead": fmt.Sprintf("lead-%d", a), "channel": []string{"event", "content"}[a%2]}
	h.add(farol.Track, "Lead Created", begin.AddDate(0, 0, -5), "", "", lead)
	h.add(farol.Track, "Lead Qualified", begin.AddDate(0, 0, -4), "", "", lead)
	h.add(farol.Track, "Lead Converted", begin, "", "", map[string]any{"lead": lead["lead"], "account": string(account)})
	say("Trial Started", begin, 0, map[string]any{"trial_end": begin.AddDate(0, 0, 7).Format(time.RFC3339)})
	say("Referral Sent", begin.AddDate(0, 0, 20), 0, map[string]any{"referral": fmt.Sprintf("ref-%d", a), "invitee_email": fmt.Sprintf("zoe-%d@x.example", a/2)})
	if a == 2 {
		say("Referral Converted", begin.AddDate(0, 0, 22), 0, map[string]any{"referral": "ref-2", "account": "acct-05"})
	}
	for n := range 3 {
		at := begin.AddDate(0, 0, 10+30*n)
		if !at.Before(today.AddDate(0, 0, -2)) {
			break
		}
		survey, ticket := fmt.Sprintf("q%d", n), fmt.Sprintf("t-%d-%d", a, n)
		say("Survey Sent", at, 0, map[string]any{"survey": survey, "kind": "csat"})
		switch (a + n) % 3 {
		case 0:
			say("Survey Answered", at.Add(time.Hour), 0, map[string]any{"survey": survey, "kind": "csat", "score": 1 + (a+n)%5, "comment": "<b>caro</b> & lento"})
		case 1:
			say("Survey Bounced", at.Add(time.Hour), 0, map[string]any{"survey": survey})
		}
		say("Survey Answered", at.Add(2*time.Hour), 1, map[string]any{"survey": "effort", "kind": "ces", "score": 2 + (a+n)%6})
		say("Survey Answered", at.Add(2*time.Hour), 1, map[string]any{"survey": "old", "kind": "ces", "score": 1 + (a+n)%5, "scale": 5})
		say("Survey Answered", at.Add(3*time.Hour), 1, map[string]any{"survey": "after", "kind": "nps", "score": 5 + (a+n)%6, "relation": "transactional"})
		say("Ticket Opened", at, 0, map[string]any{"ticket": ticket, "subject": "It does not load", "topic": "bug"})
		say("Ticket Solved", at.Add(time.Duration(4+a)*time.Hour), 0, map[string]any{"ticket": ticket})
		if a == 4 {
			say("Ticket Reopened", at.AddDate(0, 0, 2), 0, map[string]any{"ticket": ticket})
		}
	}
}
