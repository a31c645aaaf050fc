package facts

// journey is the steps of one kind, with the account and person of their
// events as they are known to be.
func (d *doors) journey(kind, cond string) string {
	return d.typed("journeys", "t.id AS id, t.ts AS ts, t.known AS known, t.day AS day, t.action AS action, t.thing AS thing, t.target AS target, "+
		"t.survey AS survey, t.relation AS relation, t.channel AS channel, t.origin AS origin, t.campaign AS campaign, t.until AS until, t.outside AS outside",
		"kind = '"+kind+"'"+cond+d.seenBy(), "t.account", "t.person")
}

// leads: lead, day (created), account (the one that it became, ” for none so
// far), channel, source, campaign, qualified_day (null), grp. Its own channel,
// source and campaign are what a breakdown or filter by them means. Not cut to
// the period: leads are few.
func (d *doors) leads() string {
	const first = "(CASE WHEN a.action = 'created' THEN 0 ELSE 1 END, a.ts, a.known, a.id)"
	const named = "(CASE WHEN a.target <> '' THEN 2 WHEN a.account <> '' THEN 1 ELSE 0 END, a.ts, a.known, a.id)"
	source := "(SELECT g.lead AS lead, coalesce(g.created_day, g.any_day) AS day, g.became AS account, g.by_channel AS channel, g.by_source AS source, g.by_campaign AS campaign, g.qualified AS qualified_day FROM (" +
		"SELECT a.thing AS lead, min(CASE WHEN a.action = 'created' THEN a.day END) AS created_day, min(a.day) AS any_day, " +
		"min(CASE WHEN a.action = 'qualified' THEN a.day END) AS qualified, argMin(a.person, " + first + ") AS by_person, " +
		"argMin(a.channel, " + first + ") AS by_channel, argMin(a.origin, " + first + ") AS by_source, argMin(a.campaign, " + first + ") AS by_campaign, " +
		"argMax(CASE WHEN a.target <> '' THEN a.target ELSE a.account END, " + named + ") AS became FROM " + d.journey("lead", "") +
		" a GROUP BY a.thing) g WHERE 1 = 1" + d.noStaff("g.became", "g.by_person") + ")"
	return d.dayed(source, []string{"lead", "day", "account", "channel", "source", "campaign", "qualified_day"}, "account", "day",
		"channel", "source", "campaign")
}

// trials: account, start_day, end_day (null while nobody said), grp on the
// start day. One row per account: its first trial. It ends on the day said
// when it began, or with the first Trial Ended when that comes before. Not cut
// to the period.
func (d *doors) trials() string {
	source := "(SELECT g.account AS account, g.started AS start_day, CASE WHEN g.said_day IS NULL OR g.ended < g.said_day THEN g.ended ELSE g.said_day END AS end_day FROM (" +
		"SELECT a.account AS account, min(a.day) AS started, min(CASE WHEN a.action = 'ended' THEN a.day END) AS ended, " +
		"CAST(nullif(argMin(a.until, (CASE WHEN a.until <> '' THEN 0 ELSE 1 END, a.ts, a.known, a.id)), '') AS DATE) AS said_day FROM " + d.journey("trial", "") +
		" a WHERE a.account <> '' GROUP BY a.account) g WHERE 1 = 1" + d.noStaff("g.account", "") + ")"
	return d.dayed(source, []string{"account", "start_day", "end_day"}, "account", "start_day")
}

// deliveries: id, account, person, recipient, day, ts, survey, relation,
// channel, bounced_day, answered_day (of the first answer with a score), both
// null for none, grp. A bounce and an answer belong to the delivery that they
// name, else to the latest of the same survey to the same person (or address,
// when there is no person) of the account. Cut to the period, replies too: who
// asks for so many days of replies waits as long.
func (d *doors) deliveries() string {
	const who = "CASE WHEN a.person <> '' THEN a.person ELSE a.target END"
	steps := d.journey("survey", " AND "+d.since(0))
	sent := "(SELECT s.id AS id, s.account AS account, s.person AS person, s.recipient AS recipient, s.who AS who, s.day AS day, s.ts AS ts, s.survey AS survey, s.relation AS relation, s.channel AS channel, " +
		"lead(toNullable(s.ts)) OVER (PARTITION BY s.account, s.survey, s.who ORDER BY s.ts, s.id) AS next_ts FROM (" +
		"SELECT CASE WHEN a.thing <> '' THEN a.thing ELSE a.id END AS id, a.account AS account, a.person AS person, a.target AS recipient, " + who + " AS who, a.day AS day, a.ts AS ts, " +
		"a.survey AS survey, a.relation AS relation, a.channel AS channel, " +
		"row_number() OVER (PARTITION BY a.day, CASE WHEN a.thing <> '' THEN a.thing ELSE a.id END ORDER BY a.ts, a.known, a.id) AS place FROM " + steps +
		" a WHERE a.action = 'sent') s WHERE s.place = 1)"
	answered := d.typed("answers", "t.ts AS ts, t.day AS day, t.survey AS survey, coalesce(t.delivery, '') AS thing, coalesce(t.recipient, '') AS target", "score IS NOT NULL AND "+d.since(0)+d.seenBy(), "t.account", "t.person")
	replies := "(SELECT a.thing AS thing, a.account AS account, a.survey AS survey, " + who + " AS who, a.ts AS ts, a.day AS day, 1 AS bounce FROM " + steps + " a WHERE a.action = 'bounced' UNION ALL " +
		"SELECT a.thing AS thing, a.account AS account, a.survey AS survey, " + who + " AS who, a.ts AS ts, a.day AS day, 0 AS bounce FROM " + answered + " a)"
	// found are the replies of each delivery by one of the two ways.
	found := func(same, cond string) string {
		return "(SELECT x.id AS id, x.day AS day, min(CASE WHEN y.bounce = 1 THEN y.day END) AS bounced_day, min(CASE WHEN y.bounce = 0 THEN y.day END) AS answered_day FROM " +
			sent + " x JOIN " + replies + " y ON " + same + " WHERE " + cond + " GROUP BY x.id, x.day)"
	}
	named := found("y.thing = x.id", "y.thing <> '' AND y.day >= x.day")
	guessed := found("y.account = x.account AND y.survey = x.survey AND y.who = x.who",
		"y.thing = '' AND y.who <> '' AND y.ts >= x.ts AND (x.next_ts IS NULL OR y.ts < x.next_ts)")
	source := "(SELECT z.id AS id, z.account AS account, z.person AS person, z.recipient AS recipient, z.day AS day, z.ts AS ts, z.survey AS survey, z.relation AS relation, z.channel AS channel, " +
		"coalesce(n.bounced_day, q.bounced_day) AS bounced_day, coalesce(n.answered_day, q.answered_day) AS answered_day FROM " + sent +
		" z LEFT JOIN " + named + " n ON n.id = z.id AND n.day = z.day LEFT JOIN " + guessed + " q ON q.id = z.id AND q.day = z.day WHERE 1 = 1" + d.noStaff("z.account", "z.person") + ")"
	return d.dayed(source, []string{"id", "account", "person", "recipient", "day", "ts", "survey", "relation", "channel", "bounced_day", "answered_day"}, "account", "day")
}

// referrals: referral, account (who refers), person, day, ts, invitee (an
// address or ”), qualified (1 or 0), to_account (” for none so far), to_day,
// to_ts (null), grp. Qualified is the first invitation of somebody outside the
// account that invites. Not cut to the period: referrals are few, and whether
// one is the first of its kind is a matter of all.
func (d *doors) referrals() string {
	const first = "(CASE WHEN a.action = 'sent' THEN 0 ELSE 1 END, a.ts, a.known, a.id)"
	const came = "(CASE WHEN a.action = 'converted' AND a.target <> '' THEN 0 WHEN a.action = 'converted' THEN 1 ELSE 2 END, a.ts, a.known, a.id)"
	all := "(SELECT a.thing AS referral, argMin(a.account, " + first + ") AS account, argMin(a.person, " + first + ") AS person, argMin(a.day, " + first + ") AS day, argMin(a.ts, " + first + ") AS ts, " +
		"argMin(CASE WHEN a.action = 'sent' THEN a.target ELSE '' END, " + first + ") AS invitee, min(CASE WHEN a.outside THEN 1 ELSE 0 END) AS outside, " +
		"argMin(CASE WHEN a.action = 'converted' THEN a.target ELSE '' END, " + came + ") AS to_account, " +
		"min(CASE WHEN a.action = 'converted' THEN a.day END) AS to_day, min(CASE WHEN a.action = 'converted' THEN a.ts END) AS to_ts FROM " + d.journey("referral", "") + " a GROUP BY a.thing)"
	able := "(SELECT g.referral AS referral, g.account AS account, g.person AS person, g.day AS day, g.ts AS ts, g.invitee AS invitee, g.to_account AS to_account, g.to_day AS to_day, g.to_ts AS to_ts, " +
		"CASE WHEN g.outside = 1 AND g.account <> '' AND g.account <> g.to_account THEN 1 ELSE 0 END AS able FROM " + all + " g WHERE 1 = 1" + d.noStaff("g.account", "g.person") + ")"
	source := "(SELECT h.referral AS referral, h.account AS account, h.person AS person, h.day AS day, h.ts AS ts, h.invitee AS invitee, h.to_account AS to_account, h.to_day AS to_day, h.to_ts AS to_ts, " +
		"CASE WHEN h.able = 1 AND row_number() OVER (PARTITION BY h.able, CASE WHEN h.invitee <> '' THEN h.invitee ELSE h.referral END ORDER BY h.ts, h.referral) = 1 THEN 1 ELSE 0 END AS qualified FROM " + able + " h)"
	return d.dayed(source, []string{"referral", "account", "person", "day", "ts", "invitee", "qualified", "to_account", "to_day", "to_ts"}, "account", "day")
}

// firstPaid: account, day, grp: the first day at whose end the account paid.
func (d *doors) firstPaid() (string, error) {
	spans, err := d.spans()
	if err != nil {
		return "", err
	}
	source := "(SELECT m.account AS account, min(m.from_day) AS day FROM " + spans + " m WHERE m.mrr > 0 GROUP BY m.account)"
	return d.dayed(source, []string{"account", "day"}, "account", "day"), nil
}
