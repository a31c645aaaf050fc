package truth_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
)

// said fills in what the events say of surveys, tickets, leads, referrals and
// first payments of the month.
func (s *slow) said(t *testing.T, m *demo.MonthTruth, from, to farol.Day) {
	in := func(d farol.Day) bool { return d >= from && d < to }
	replies, bounced, invited := map[any]farol.Day{}, map[any]bool{}, map[any]bool{}
	for _, e := range s.events {
		p := bag(t, e.Properties)
		switch e.Name {
		case "Survey Answered":
			replies[p["delivery"]] = s.day(e)
		case "Survey Bounced":
			bounced[p["delivery"]] = true
		}
	}
	for _, e := range s.events { // in order of time
		p, out := bag(t, e.Properties), s.excludedAccount(s.account(e))
		if e.Name == "Referral Sent" && !out && host(p["invitee_email"]) != host(p["referrer_email"]) && !invited[p["invitee_email"]] {
			invited[p["invitee_email"]] = true
			if in(s.day(e)) {
				m.Referrals++
			}
		}
		if !in(s.day(e)) || out {
			continue
		}
		switch e.Name {
		case "Lead Created":
			m.Leads++
		case "Lead Qualified":
			m.QualifiedLeads++
		case "Ticket Opened":
			m.Tickets++
		case "Survey Sent":
			if p["relation"] == "employee" {
				continue
			}
			day, ok := replies[p["delivery"]]
			answered := ok && day < s.day(e).Next(14)
			if s.day(e).Next(14) <= s.today && (answered || !bounced[p["delivery"]]) {
				m.Delivered++
				if answered {
					m.Answered++
				}
			}
		case "Survey Answered":
			score, err := p["score"].(json.Number).Int64()
			if err != nil {
				t.Fatal(err)
			}
			switch scale := fmt.Sprint(p["scale"]); {
			case p["relation"] == "employee":
				m.StaffAnswers++
				if score >= 9 {
					m.StaffBalance++
				} else if score < 7 {
					m.StaffBalance--
				}
			case p["kind"] == "csat":
				m.CSATAnswers++
				if score >= 4 {
					m.CSATTop++
				}
			case p["kind"] == "ces" && scale == "5":
				m.EffortAnswers, m.EffortSum = m.EffortAnswers+1, m.EffortSum+int(score)
			case p["kind"] == "ces":
				m.CESAnswers, m.CESSum = m.CESAnswers+1, m.CESSum+int(score)
			}
		}
	}
	s.firstPaid(t, m, from, to)
}

func host(mail any) string {
	text, _ := mail.(string)
	for i := range text {
		if text[i] == '@' {
			return text[i:]
		}
	}
	return text
}

// firstPaid counts the accounts that pay at the end of a day of the month and
// never did at that of an earlier day.
func (s *slow) firstPaid(t *testing.T, m *demo.MonthTruth, from, to farol.Day) {
	before := map[farol.AccountID]bool{}
	for d := s.day(s.events[0]); d < to && d <= s.today; d++ {
		_, paying := s.customers(t, d)
		for a := range paying {
			if !before[a] && d >= from {
				m.NewCustomers++
			}
			before[a] = true
		}
	}
}
