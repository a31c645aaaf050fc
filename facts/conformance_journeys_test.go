package facts

import "testing"

// testJourneys: what goes a way of its own is put together from its steps, in
// whatever order they come.
func testJourneys(t *testing.T, k *kit) {
	k.start("UTC")
	k.add(k.group("2026-02-01 09:00", "ana", "acme", `{"plan":"pro"}`), k.group("2026-02-01 09:00", "bob", "globex", `{"plan":"basic"}`),
		// The conversion arrives first; the first creation counts.
		k.track("2026-02-20 09:00", "", "", "Lead Converted", `{"lead":"l1","account":"acme"}`),
		k.track("2026-02-03 09:00", "", "", "Lead Created", `{"lead":"l1","channel":"event","source":"fair"}`),
		k.track("2026-02-05 09:00", "", "", "Lead Created", `{"lead":"l1","channel":"paid"}`),
		k.track("2026-02-06 09:00", "", "", "Lead Qualified", `{"lead":"l1"}`),
		k.track("2026-02-07 09:00", "", "", "Lead Created", `{"lead":"l2","channel":"paid"}`),
		k.track("2026-02-02 09:00", "ana", "", "Trial Started", `{"trial_end":"2026-02-16"}`),
		k.track("2026-02-02 09:00", "bob", "", "Trial Started", `{"trial_end":"2026-02-16"}`),
		k.track("2026-02-15 09:00", "bob", "", "Trial Ended", ""),
		k.track("2026-02-10 09:00", "ana", "", "Subscription Started", `{"subscription":"s","mrr":0,"currency":"BRL"}`),
		k.track("2026-02-12 09:00", "ana", "", "Subscription Changed", `{"subscription":"s","mrr":10,"currency":"BRL"}`))
	k.settle()
	k.want(k.rows("SELECT lead, day, account, channel, source, qualified_day, grp FROM {{leads}} a", wide(), nil),
		"l1|2026-02-03|acme|event|fair|2026-02-06|", "l2|2026-02-07||paid||null|")
	by := wide()
	by.By, by.Filters = "channel", []Filter{{Attribute: "plan", Values: []string{"pro", ""}}}
	k.want(k.rows("SELECT lead, grp FROM {{leads}} a", by, nil), "l1|event", "l2|paid")
	by.By, by.Filters = "plan", []Filter{{Attribute: "channel", Values: []string{"event"}}}
	k.want(k.rows("SELECT lead, grp FROM {{leads}} a", by, nil), "l1|pro")
	k.want(k.rows("SELECT account, start_day, end_day FROM {{trials}} a", wide(), nil), "acme|2026-02-02|2026-02-16", "globex|2026-02-02|2026-02-15")
	k.want(k.rows("SELECT account, day FROM {{firstPaid}} a", wide(), nil), "acme|2026-02-12")

	sent := func(at, who, props string) { k.add(k.track(at, who, "", "Survey Sent", props)) }
	sent("2026-02-03 09:00", "ana", `{"survey":"q","delivery":"d1"}`)
	sent("2026-02-10 09:00", "ana", `{"survey":"q","delivery":"d2","relation":"transactional"}`)
	sent("2026-02-10 09:00", "bob", `{"survey":"q","recipient":"Bob@globex.example"}`)
	k.add(k.track("2026-02-10 10:00", "", "globex", "Survey Sent", `{"survey":"q","delivery":"d4","recipient":"Eva@globex.example"}`),
		k.track("2026-02-10 11:00", "", "globex", "Survey Bounced", `{"survey":"q","recipient":"eva@GLOBEX.example"}`),
		k.track("2026-02-11 09:00", "ana", "", "Survey Answered", `{"survey":"q","kind":"nps","score":9}`),
		k.track("2026-02-04 09:00", "ana", "", "Survey Answered", `{"survey":"other","kind":"nps","score":9}`),
		k.track("2026-02-12 09:00", "bob", "", "Survey Bounced", `{"survey":"q","delivery":"d1"}`))
	k.settle()
	k.want(k.rows("SELECT id, account, person, recipient, relation, bounced_day, answered_day FROM {{deliveries}} a", wide(), nil),
		"d1|acme|ana||relational|2026-02-12|null", "d2|acme|ana||transactional|null|2026-02-11", "d4|globex||eva@globex.example|relational|2026-02-10|null",
		"e000015|globex|bob|bob@globex.example|relational|null|null")

	refer := func(at, who, name, props string) { k.add(k.track(at, who, "", "Referral "+name, props)) }
	refer("2026-02-03 09:00", "ana", "Sent", `{"referral":"r1","invitee_email":"Zoe@x.example","referrer_email":"ana@acme.example"}`)
	refer("2026-02-04 09:00", "bob", "Sent", `{"referral":"r2","invitee_email":"zoe@x.example"}`)
	refer("2026-02-05 09:00", "ana", "Sent", `{"referral":"r3","invitee_email":"ivo@acme.example","referrer_email":"ana@acme.example"}`)
	refer("2026-02-05 09:00", "ana", "Sent", `{"referral":"r4","invitee_email":"ivo@gmail.com","referrer_email":"ana@gmail.com"}`)
	refer("2026-02-06 09:00", "ana", "Converted", `{"referral":"r4","account":"initech"}`)
	refer("2026-02-07 09:00", "ana", "Converted", `{"referral":"r5","account":"acme"}`)
	k.settle()
	k.want(k.rows("SELECT referral, account, day, qualified, to_account, to_day FROM {{referrals}} a", wide(), nil),
		"r1|acme|2026-02-03|1||null", "r2|globex|2026-02-04|0||null", "r3|acme|2026-02-05|0||null",
		"r4|acme|2026-02-05|1|initech|2026-02-06", "r5|acme|2026-02-07|0|acme|2026-02-07")
}
