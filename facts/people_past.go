package facts

import (
	"context"
	"slices"
	"strings"
)

// past tells whether the people of another moment than now are meant: the
// roster knows those of now.
func (q PeopleQuery) past() bool { return q.AsOf != 0 || !q.Known.IsZero() }

// rosterThen is what the roster would have been at the query's moment, read
// from the log.
func (f *Facts) rosterThen(ctx context.Context, q PeopleQuery, params map[string]any) (string, error) {
	d := &doors{Scope: Scope{AsOf: q.AsOf, Known: q.Known}, params: params, traits: &f.traits}
	member := "account <> ''" + d.knownBy()
	if q.AsOf != 0 {
		params["farol_as_of"], params["farol_until"] = q.AsOf, q.AsOf.Next(1).Start(f.Zone())
		member += " AND ts < {farol_until:DateTime64(3)}"
	}
	if !q.Known.IsZero() {
		params["farol_known"] = q.Known
	}
	consent, err := f.consentsThen(ctx, params)
	if err != nil {
		return "", err
	}
	ids := d.whom(q, member)
	only := func(column string) string {
		if ids == "" {
			return ""
		}
		return " AND " + column + " IN " + ids
	}
	use := "SELECT u.person AS person, u.account AS account, min(dayNumber(u.day)) AS began, max(dayNumber(u.day)) AS lately FROM " + d.used(only("person")) + " u GROUP BY u.person, u.account"
	belongs := "SELECT s.person AS person, s.account AS account FROM (SELECT coalesce(m.canonical, p.person) AS person, p.account AS account FROM (SELECT * FROM memberships WHERE " + member + ") p LEFT JOIN " +
		d.merged() + " m ON m.person = p.person) s WHERE s.account <> ''" + only("s.person")
	said := "SELECT p.person AS person, p.trait AS trait, argMax(p.value, (p.ts, p.known, p.id)) AS val FROM (SELECT coalesce(m.canonical, c.name) AS person, c.trait AS trait, c.value AS value, c.ts AS ts, c.known AS known, c.id AS id FROM " +
		"(SELECT * FROM changes WHERE subject = 'person' AND (trait IN ('name', 'first_name', 'firstName', 'last_name', 'lastName', 'email', 'test', 'staff', 'bot', '" + SentRole + "', '" + RoleTrait + "') OR startsWith(trait, '" + ConsentTrait + "'))" + d.seenBy() +
		") c LEFT JOIN " + d.merged() + " m ON m.person = c.name) p WHERE p.person <> ''" + only("p.person") + " GROUP BY p.person, p.trait"
	of := func(trait string) string {
		return "coalesce(max(CASE WHEN t.trait = '" + trait + "' THEN t.val END), '')"
	}
	told := "SELECT t.person AS person, " + of("name") + " AS called, CASE WHEN " + of("first_name") + " <> '' THEN " + of("first_name") + " ELSE " + of("firstName") + " END AS first_called, CASE WHEN " +
		of("last_name") + " <> '' THEN " + of("last_name") + " ELSE " + of("lastName") + " END AS last_called, " + of("email") + " AS email, " + "CASE WHEN " + of(RoleTrait) + " <> '' THEN " + of(RoleTrait) + " " + sentRole(of(SentRole), "''") + " END AS role, " + consent + " AS consent, max(CASE WHEN t.trait IN ('test', 'staff', 'bot') AND t.val = 'true' THEN 1 ELSE 0 END) AS out FROM said t GROUP BY t.person"
	pairs := "SELECT b.person AS person, b.account AS account, max(b.began) AS began, max(b.lately) AS lately FROM (" + use +
		" UNION ALL SELECT x.person AS person, x.account AS account, 0 AS began, 0 AS lately FROM (" + belongs + ") x" +
		" UNION ALL SELECT y.person AS person, '' AS account, 0 AS began, 0 AS lately FROM told y) b GROUP BY b.person, b.account"
	named := "CASE WHEN k.called <> '' THEN k.called WHEN k.first_called = '' THEN coalesce(k.last_called, '') WHEN k.last_called = '' THEN k.first_called ELSE k.first_called || ' ' || k.last_called END"
	all := "SELECT p.person AS person, p.account AS account, i64(p.began) AS began, i64(p.lately) AS lately, coalesce(" + named + ", '') AS name, coalesce(k.email, '') AS email, coalesce(k.role, '') AS role, coalesce(k.consent, '') AS consent, " +
		"coalesce(k.out, 0) = 1 AS test, i64(count(CASE WHEN p.account <> '' THEN 1 END) OVER (PARTITION BY p.person)) AS accounts, " +
		"row_number() OVER (PARTITION BY p.person ORDER BY CASE WHEN p.account = '' THEN 1 ELSE 0 END, p.lately DESC, p.account) AS rank FROM (" + pairs + ") p LEFT JOIN told k ON k.person = p.person"
	return "(WITH said AS (" + said + "), told AS (" + told + ") SELECT z.person AS person, z.person AS who, z.account AS account, z.name AS name, z.email AS email, foldUTF8(z.name || ' ' || z.email || ' ' || z.person) AS folded, z.role AS role, z.consent AS consent, " +
		"z.began AS began, z.lately AS lately, z.accounts AS accounts, z.rank = 1 AS main, z.test AS test FROM (" + all + ") z WHERE z.account <> '' OR z.accounts = 0)", nil
}

// used are the days on which people did anything, each perhaps several times.
// Only what was taken back from somebody has to be summed up.
func (d *doors) used(cond string) string {
	where := "person <> ''" + d.seenBy() + cond
	if !d.traits.negative.Load() {
		return "(SELECT person, account, day FROM activity WHERE " + where + ")"
	}
	taken := "(SELECT who FROM activity WHERE n < 0)"
	if list, ok := d.traits.taken(); ok {
		taken, d.params["farol_taken"] = "(SELECT unnest({farol_taken:Array(UInt64)}))", list
	}
	return "(SELECT person, account, day FROM activity WHERE " + where + " AND who NOT IN " + taken +
		" UNION ALL SELECT q.person AS person, q.account AS account, q.day AS day FROM (SELECT day, account, person, event FROM activity WHERE " + where + " AND who IN " + taken +
		" GROUP BY day, account, person, event HAVING sum(n) > 0) q)"
}

// consentsThen is the consents of the traits t as the roster writes them, which
// are few in all.
func (f *Facts) consentsThen(ctx context.Context, params map[string]any) (string, error) {
	var traits []string
	err := f.rawText(ctx, "SELECT DISTINCT c.trait AS trait FROM changes c WHERE c.subject = 'person' AND startsWith(c.trait, '"+ConsentTrait+"')", nil, func(v []string) {
		if consentName.MatchString(strings.TrimPrefix(v[0], ConsentTrait)) {
			traits = append(traits, v[0])
		}
	})
	if err != nil || len(traits) == 0 {
		return "''", err
	}
	slices.Sort(traits)
	var parts []string
	for _, x := range []struct{ value, sign string }{{Granted, "+"}, {Denied, "-"}} {
		for _, t := range traits { // of a form that needs no quoting
			parts = append(parts, "coalesce(max(CASE WHEN t.trait = '"+t+"' AND t.val = '"+x.value+"' THEN '"+x.sign+strings.TrimPrefix(t, ConsentTrait)+" ' END), '')")
		}
	}
	return strings.Join(parts, " || "), nil
}

// whom is who alone is to be looked at: those named, or the people of the
// accounts asked for; "" for everybody.
func (d *doors) whom(q PeopleQuery, member string) string {
	switch {
	case q.Only != nil:
		d.params["only"] = q.Only
		return "(SELECT unnest({only:Array(String)}))"
	case q.Accounts != nil && !slices.Contains(q.Accounts, ""): // "" is of whom nothing but a name may be known
		d.params["theirs"] = q.Accounts
		const theirs = "account IN (SELECT unnest({theirs:Array(String)}))"
		return "(SELECT person FROM activity WHERE " + theirs + d.seenBy() + " UNION ALL SELECT coalesce(m.canonical, p.person) AS person FROM (SELECT * FROM memberships WHERE " + theirs + " AND " + member + ") p LEFT JOIN " +
			d.merged() + " m ON m.person = p.person)"
	}
	return ""
}

// sentRole is RoleOf in SQL, as the rest of a CASE.
func sentRole(value, other string) string {
	by := map[string][]string{}
	for word, role := range sentRoles {
		by[role] = append(by[role], "'"+word+"'")
	}
	// Most senders write the words as they are: folding a million of them costs
	// more than all the rest of a rule about people.
	plain, folded := "", ""
	for _, role := range Roles {
		slices.Sort(by[role])
		words := " IN (" + strings.Join(by[role], ", ") + ") THEN '" + role + "' "
		plain += "WHEN " + value + words
		folded += "WHEN foldUTF8(replace(replace(ltrim(rtrim(" + value + ")), '_', ' '), '-', ' '))" + words
	}
	return plain + folded + "ELSE " + other
}
