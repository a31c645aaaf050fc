package facts

// invited: period, last, invitee, person (” for nobody known), account (that
// invited first), day (of the first invitation), grp on the period's last day:
// for each period, everybody who was invited into an account by its last day.
// The invitee is the person of the id that the invitation names, when that did
// something or was put into an account; else the one person of the account that
// has the address; else the address itself, or the id. Like the joining of ids
// this works backwards: an address that is told later counts from the start. To
// who may not see addresses an invitation's id stands in the place of one.
func (d *doors) invited() (string, error) {
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	columns := []string{"period", "last", "invitee", "person", "account", "day"}
	if !d.traits.invited.Load() {
		return d.dayed("(SELECT p.period AS period, p.last AS last, '' AS invitee, '' AS person, '' AS account, p.last AS day FROM "+periods+" p WHERE 1 = 0)", columns, "account", "last"), nil
	}
	const first = "(g.ts, g.known, g.id)"
	invitee := "g.invitee"
	if d.noEmail {
		invitee = "CASE WHEN max(g.person) = '' THEN argMin(g.id, " + first + ") ELSE g.invitee END"
	}
	source := "(SELECT p.period AS period, p.last AS last, " + invitee + " AS invitee, max(g.person) AS person, argMin(g.account, " + first + ") AS account, min(g.day) AS day FROM " +
		d.invitations() + " g CROSS JOIN " + periods + " p WHERE g.day <= p.last" + d.noStaff("g.account", "g.invitee") + " GROUP BY p.period, p.last, g.invitee)"
	return d.dayed(source, columns, "account", "last"), nil
}

// invitations: id, ts, known, day, account, person, invitee: each with who was
// invited.
func (d *doors) invitations() string {
	sent := "SELECT j.id AS id, j.ts AS ts, j.known AS known, j.day AS day, j.account AS account, j.target AS address, coalesce(m.canonical, j.thing) AS called FROM " + d.journey(inviteKind, "") +
		" j LEFT JOIN " + d.merged() + " m ON m.person = j.thing WHERE 1 = 1" + d.noStaff("j.account", "j.person")
	addresses := "SELECT lowerUTF8(trim(e.val)) AS address, e.person AS person FROM " + d.newest("person", d.personChanges("'email'")) + " e UNION ALL " +
		"SELECT lowerUTF8(o.person) AS address, o.canonical AS person FROM " + d.merged() + " o UNION ALL SELECT DISTINCT lowerUTF8(b.person) AS address, b.person AS person FROM farol_people b"
	found := "SELECT w.account AS account, w.address AS address, min(b.person) AS person FROM (SELECT DISTINCT s.account AS account, s.address AS address FROM farol_sent s WHERE s.account <> '' AND s.address <> '') w JOIN (" +
		addresses + ") c ON c.address = w.address JOIN farol_people b ON b.account = w.account AND b.person = c.person GROUP BY w.account, w.address HAVING count(DISTINCT b.person) = 1"
	return "(WITH farol_sent AS (" + sent + "), farol_people AS (" + d.everMembers() + ") SELECT s.id AS id, s.ts AS ts, s.known AS known, s.day AS day, s.account AS account, " +
		"coalesce(k.person, f.person, '') AS person, coalesce(k.person, f.person, nullif(s.address, ''), s.called) AS invitee FROM farol_sent s LEFT JOIN (SELECT DISTINCT b.person AS person FROM farol_people b) k ON k.person = s.called LEFT JOIN (" +
		found + ") f ON f.account = s.account AND f.address = s.address)"
}

// everMembers is a SELECT of account and person: who was ever put into the
// account, and who ever did something for it (” for none).
func (d *doors) everMembers() string {
	seen := d.knownBy()
	if d.AsOf != 0 {
		d.params["farol_zone"] = d.zone
		seen += " AND dayOf(ts, {farol_zone:String}) <= {farol_as_of:Date}"
	}
	return "SELECT DISTINCT q.account AS account, q.person AS person FROM (SELECT s.account AS account, coalesce(n.canonical, s.person) AS person FROM (SELECT account, person FROM memberships WHERE account <> '' AND person <> ''" + seen +
		") s LEFT JOIN " + d.merged() + " n ON n.person = s.person UNION ALL SELECT a.account AS account, a.person AS person FROM (" + d.firstActs("") + ") a) q"
}
