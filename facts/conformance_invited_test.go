package facts

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// testInvited: who an invitation is for, by what was learned before and after,
// and which days that moves.
func testInvited(t *testing.T, k *kit) {
	k.start("America/Sao_Paulo")
	s := wide()
	s.Periods = []farol.Period{{From: day("2026-01-01"), To: day("2026-02-01")}, {From: day("2026-02-01"), To: day("2026-03-01")}}
	const text = "SELECT period, invitee, person, account, day, grp FROM {{invited}} x"
	k.want(k.rows(text, s, nil))
	invite := func(at, who, account, props string) { k.add(k.track(at, who, account, "Invite Sent", props)) }
	k.add(k.group("2026-01-02 09:00", "bia", "acme", `{"plan":"pro"}`), k.group("2026-01-02 09:00", "rui", "globex", `{"plan":"basic"}`))
	invite("2026-01-10 01:30", "bia", "", `{"invitee_email":" Zoe@Acme.example ","invitee_role":"admin"}`) // the 9th there
	invite("2026-01-08 09:00", "", "globex", `{"invitee_email":"zoe@acme.example"}`)
	invite("2026-01-20 09:00", "bia", "", `{"invitee_email":"ZOE@acme.example","invitee_id":"later"}`)
	invite("2026-02-03 09:00", "rui", "", `{"invitee_id":7}`)
	invite("2026-02-03 09:00", "rui", "", `{"invitee_id":"bia"}`)
	invite("2026-02-03 09:00", "rui", "", `{"invitee_role":"admin"}`) // says not whom
	k.settle()
	k.want(k.rows(text, s, nil), "2026-01-01|zoe@acme.example||globex|2026-01-08|", "2026-02-01|zoe@acme.example||globex|2026-01-08|",
		"2026-02-01|7||globex|2026-02-03|", "2026-02-01|bia|bia|globex|2026-02-03|")

	mark := k.f.LastKnown()
	touched := func() (out []string) {
		list, err := k.f.Touched(t.Context(), mark, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			if x.Table == "invited" || x.Table == "journeys" {
				out = append(out, x.Table+" "+x.Day.String())
			}
		}
		mark = k.f.LastKnown()
		k.clock.now = k.clock.now.Add(time.Hour)
		return out
	}
	k.clock.now = k.clock.now.Add(time.Hour)
	// Of the account and with the address: one person, then two.
	k.add(k.identify("2026-02-10 09:00", "z", "", `{"email":"zoe@acme.example"}`))
	k.want(touched(), "invited 2026-01-08", "invited 2026-01-09", "invited 2026-01-20")
	k.add(k.track("2026-02-10 10:00", "anon:z", "acme", "Used", ""))
	k.want(touched(), "invited 2026-01-08", "invited 2026-01-09", "invited 2026-01-20")
	k.want(k.rows(text, s, nil), "2026-01-01|zoe@acme.example||globex|2026-01-08|", "2026-02-01|zoe@acme.example||globex|2026-01-08|",
		"2026-01-01|anon:z|anon:z|acme|2026-01-09|", "2026-02-01|anon:z|anon:z|acme|2026-01-09|", "2026-02-01|7||globex|2026-02-03|", "2026-02-01|bia|bia|globex|2026-02-03|")
	past := s
	past.AsOf = day("2026-02-09")
	k.want(k.rows("SELECT period, invitee FROM {{invited}} x", past, nil), "2026-01-01|zoe@acme.example", "2026-02-01|zoe@acme.example", "2026-02-01|7", "2026-02-01|bia")
	k.add(k.group("2026-02-11 09:00", "Zoe@acme.example", "acme", ""))
	k.want(touched(), "invited 2026-01-08", "invited 2026-01-09", "invited 2026-01-20")
	two := k.f.LastKnown()
	k.want(k.rows("SELECT period, invitee FROM {{invited}} x", s, nil), "2026-01-01|zoe@acme.example", "2026-02-01|zoe@acme.example", "2026-02-01|7", "2026-02-01|bia")
	// Joined they are one again; the id that was invited is theirs, too.
	k.add(k.identify("2026-02-12 09:00", "z", "Zoe@acme.example", ""), k.alias("2026-02-12 09:00", "7", "Zoe@acme.example"), k.track("2026-02-12 10:00", "bia", "acme", "Used", ""))
	k.settle()
	k.want(touched(), "invited 2026-01-08", "invited 2026-01-09", "invited 2026-01-20", "invited 2026-02-03")
	k.want(k.rows(text, s, nil), "2026-01-01|zoe@acme.example||globex|2026-01-08|", "2026-02-01|zoe@acme.example||globex|2026-01-08|",
		"2026-01-01|Zoe@acme.example|Zoe@acme.example|acme|2026-01-09|", "2026-02-01|Zoe@acme.example|Zoe@acme.example|acme|2026-01-09|", "2026-02-01|bia|bia|globex|2026-02-03|")
	past.AsOf, past.Known = 0, two
	k.want(k.rows("SELECT period, invitee FROM {{invited}} x", past, nil), "2026-01-01|zoe@acme.example", "2026-02-01|zoe@acme.example", "2026-02-01|7", "2026-02-01|bia")

	by := s
	by.By, by.Filters = "plan", []Filter{{Attribute: "account", Values: []string{"acme"}}}
	k.want(k.rows("SELECT period, invitee, grp FROM {{invited}} x", by, nil), "2026-01-01|Zoe@acme.example|pro", "2026-02-01|Zoe@acme.example|pro")
	// Who is left out is not invited, and whom they invite is not either.
	k.add(k.identify("2026-02-13 09:00", "", "rui", `{"bot":true}`), k.identify("2026-02-13 09:00", "", "Zoe@acme.example", `{"test":true}`))
	k.want(k.rows("SELECT period, invitee FROM {{invited}} x", s, nil), "2026-01-01|zoe@acme.example", "2026-02-01|zoe@acme.example")
	// Where addresses are out of sight, an invitation stands for one.
	rows, err := k.f.Query(sight.With(t.Context(), sight.New(nil, []string{"attribute.email"})), "SELECT DISTINCT x.invitee FROM {{invited}} x", s, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var who string
		if err := rows.Scan(&who); err != nil || who == "" || who == "zoe@acme.example" {
			t.Errorf("%q is told, %v", who, err)
		}
	}
}
