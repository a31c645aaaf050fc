package facts

import (
	"context"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
)

// createdTrait is the trait under which the local day of created_at is kept.
const createdTrait = "$created"

// sinceTrait is that of customer_since: the day of an account's first payment,
// told because it lies before the subscriptions that were sent.
const sinceTrait = "$customer_since"

// learned bounds known to the interval of Touched.
const learned = "known > {since:DateTime64(3)} AND known <= {until:DateTime64(3)}"

// touches are the queries of Touched that answer days.
var touches = []struct{ table, days string }{
	{"events", "SELECT DISTINCT day AS d FROM events WHERE " + learned},
	{"activity", "SELECT DISTINCT day AS d FROM activity WHERE " + learned},
	{"changes", "SELECT DISTINCT day AS d FROM changes WHERE " + learned},
	{"subscriptions", "SELECT DISTINCT day AS d FROM subscriptions WHERE " + learned},
	{"signed", "SELECT DISTINCT dayFrom(coalesce(said_day, 0)) AS d FROM subscriptions WHERE said_day < dayNumber(day) AND " + learned},
	{"charges", "SELECT DISTINCT day AS d FROM charges WHERE " + learned},
	{"moved", "SELECT DISTINCT x.d AS d FROM (SELECT least(day, dayFrom(coalesce(said_day, 60000))) AS d FROM subscriptions WHERE hash IN (SELECT hash FROM moves WHERE " + learned +
		") UNION ALL SELECT day AS d FROM charges WHERE hash IN (SELECT hash FROM moves WHERE " + learned + ")) x"},
	{"invoices", "SELECT DISTINCT day AS d FROM invoices WHERE " + learned},
	{"billed", billedOtherwise},
	{"answers", together("answers", "answer")},
	{"tickets", "SELECT DISTINCT x.day AS d FROM (SELECT day FROM tickets WHERE " + learned +
		" UNION ALL SELECT day FROM tickets WHERE hash IN (SELECT hash FROM moves WHERE " + learned + ")) x"},
	{"costs", "SELECT DISTINCT day AS d FROM costs WHERE cost IN (SELECT cost FROM costs WHERE " + learned + ")"},
	{"journeys", together("journeys", "thing")},
	{"accounts", beganOtherwise},
	{"people", begunOtherwise},
	{invitedTouch, invitedOtherwise},
	{"roles", "SELECT DISTINCT x.d AS d FROM (SELECT day AS d FROM changes WHERE " + ofRoles + " AND " + learned +
		" UNION ALL SELECT c.day AS d FROM (SELECT day, name FROM changes WHERE " + ofRoles + ") c JOIN (SELECT DISTINCT person AS name FROM merges WHERE " + learned +
		" UNION ALL SELECT DISTINCT canonical AS name FROM merges WHERE " + learned + ") g ON g.name = c.name) x"},
}

// ofRoles are the changes that tell what people are for the team.
const ofRoles = "subject = 'person' AND trait IN ('" + RoleTrait + "', '" + SentRole + "')"

// billedOtherwise are the days before its period on which a line moves
// something: those on which it was sent, and of lines that now count for another
// account also those of their periods. Whatever a line puts an end to, prices of
// events among it, ends no sooner than it begins or was sent.
const billedOtherwise = "SELECT DISTINCT x.d AS d FROM (SELECT dayFrom(said_day) AS d FROM invoices WHERE said_day < dayNumber(day) AND " + learned +
	" UNION ALL SELECT least(day, dayFrom(said_day)) AS d FROM invoices WHERE hash IN (SELECT hash FROM moves WHERE " + learned + ")) x"

// together asks for the days of rows that were learned or moved, and of all
// others of the same thing: an answer given again takes the first one's place,
// and a lead's account may be told months after the lead.
func together(table, thing string) string {
	moved := "(SELECT hash FROM moves WHERE " + learned + ")"
	of := func(fresh string) string {
		return " UNION ALL SELECT t.day AS day FROM " + table + " t JOIN (" + fresh + ") f ON f.thing = t." + thing
	}
	return "SELECT DISTINCT x.day AS d FROM (SELECT day FROM " + table + " WHERE " + learned +
		" UNION ALL SELECT day FROM " + table + " WHERE hash IN " + moved +
		of("SELECT DISTINCT "+thing+" AS thing FROM "+table+" WHERE "+thing+" <> '' AND "+learned) +
		of("SELECT DISTINCT a."+thing+" AS thing FROM "+table+" a JOIN "+moved+" m ON m.hash = a.hash WHERE a."+thing+" <> ''") + ") x"
}

// begins are the accounts that something was said of in the interval, with
// the day on which they begin as known at an instant.
func begins(known string) string {
	const said = "subject = 'account' AND trait IN ('" + createdTrait + "', '$signed_up', '" + seenTrait + "')"
	return "SELECT y.name AS name, coalesce(CAST(max(toNullable(y.created)) AS DATE), CAST(max(toNullable(y.signed)) AS DATE), min(y.first_day)) AS day FROM (" +
		"SELECT name, CASE WHEN trait = '" + createdTrait + "' THEN argMax(value, (ts, known, id)) END AS created, CASE WHEN trait = '$signed_up' THEN min(value) END AS signed, min(day) AS first_day " +
		"FROM changes WHERE " + said + " AND known <= " + known + " AND name IN (SELECT name FROM changes WHERE " + said + " AND " + learned + ") GROUP BY name, trait) y GROUP BY y.name"
}

// beganOtherwise are the days on which an account begins at one end of the
// interval and not at the other.
var beganOtherwise = "SELECT DISTINCT z.day AS d FROM (SELECT u.name AS name, u.day AS day FROM (" + begins("{since:DateTime64(3)}") + " UNION ALL " + begins("{until:DateTime64(3)}") +
	") u GROUP BY u.name, u.day HAVING count(*) = 1) z"

// createdOtherwise are the people of whom another day of creation is known at
// the end of the interval than at its beginning, themselves or because
// somebody was joined to them. Joins: a server with shards takes no IN inside
// another.
var createdOtherwise = func() string {
	const said = "subject = 'person' AND trait = '" + createdTrait + "'"
	latest := func(known string) string {
		return "(SELECT name, argMax(value, (ts, known, id)) AS v FROM changes WHERE " + said + " AND known <= " + known + " GROUP BY name)"
	}
	news := "(SELECT DISTINCT name FROM changes WHERE " + said + " AND " + learned + ")"
	return "SELECT w.name AS name FROM " + news + " w JOIN " + latest("{until:DateTime64(3)}") + " n ON n.name = w.name LEFT JOIN " + latest("{since:DateTime64(3)}") +
		" o ON o.name = w.name WHERE coalesce(o.v, '') <> n.v UNION ALL SELECT g.person AS name FROM (SELECT DISTINCT person FROM merges WHERE " + learned +
		") g JOIN (SELECT DISTINCT name FROM changes WHERE " + said + ") h ON h.name = g.person"
}()

// alsoJoined are those people and whoever they are joined to.
var alsoJoined = "(SELECT DISTINCT a.name AS name FROM (SELECT c.name AS name FROM (" + createdOtherwise + ") c UNION ALL SELECT m.canonical AS name FROM (SELECT DISTINCT person, canonical FROM merges) m JOIN (" +
	createdOtherwise + ") e ON e.name = m.person) a)"

// begunOtherwise are days on which those people begin at either end: those
// said of them, and their first days of each event; of whom something was
// taken away, every day.
var begunOtherwise = func() string {
	of := func(cond string) string {
		return "(SELECT i.day AS day, i.who AS who FROM first_days i JOIN " + alsoJoined + " l ON l.name = i.person WHERE " + cond + ")"
	}
	return "SELECT DISTINCT b.d AS d FROM (SELECT CAST(f.value AS DATE) AS d FROM (SELECT DISTINCT name, value FROM changes WHERE subject = 'person' AND trait = '" + createdTrait + "') f JOIN " + alsoJoined + " j ON j.name = f.name" +
		" UNION ALL SELECT y.day AS d FROM " + of("i.n > 0") + " y" +
		" UNION ALL SELECT k.day AS d FROM activity k JOIN (SELECT DISTINCT w.who AS who FROM " + of("i.n < 0") + " w) t ON t.who = k.who) b"
}()

// turned counts the accounts and people whose exclusion trait is another at
// the end of the interval than at its beginning.
const turned = `SELECT i64(count(*)) AS c FROM
(SELECT subject, name, trait, argMax(value, (ts, known, id)) AS v FROM changes WHERE trait IN ('test', 'internal', 'staff', 'bot') AND known <= {until:DateTime64(3)} GROUP BY subject, name, trait) n
LEFT JOIN
(SELECT subject, name, trait, argMax(value, (ts, known, id)) AS v FROM changes WHERE trait IN ('test', 'internal', 'staff', 'bot') AND known <= {since:DateTime64(3)} GROUP BY subject, name, trait) o
ON o.subject = n.subject AND o.name = n.name AND o.trait = n.trait
WHERE (n.v = 'true') <> (coalesce(o.v, 'false') = 'true')`

// joined counts the merges of people who have an exclusion trait: it now
// goes for whatever else the person they are joined to did.
const joined = `SELECT i64(count(*)) AS c FROM merges WHERE ` + learned + ` AND person IN (SELECT name FROM changes WHERE subject = 'person' AND trait IN ('test', 'staff', 'bot'))`

// invitedTouch names the days of invitations that may now be to somebody else.
const invitedTouch = "invited"

// invitedOtherwise are the days of the invitations that name an id or address
// of people of whom an address, an account or another id was learned, or a
// first use.
var invitedOtherwise = func() string {
	news := "(SELECT name FROM changes WHERE subject = 'person' AND trait = 'email' AND " + learned + " UNION ALL SELECT person AS name FROM merges WHERE " + learned +
		" UNION ALL SELECT canonical AS name FROM merges WHERE " + learned + " UNION ALL SELECT person AS name FROM memberships WHERE " + learned + " UNION ALL SELECT person AS name FROM first_days WHERE " + learned + ")"
	whole := "(SELECT a.name AS name FROM " + news + " a UNION ALL SELECT m.canonical AS name FROM merges m JOIN " + news + " b ON b.name = m.person)"
	ids := "(SELECT DISTINCT q.name AS name FROM (SELECT c.name AS name FROM " + whole + " c UNION ALL SELECT n.person AS name FROM merges n JOIN " + whole + " e ON e.name = n.canonical) q)"
	words := "(SELECT i.name AS word FROM " + ids + " i UNION ALL SELECT lowerUTF8(k.name) AS word FROM " + ids + " k UNION ALL SELECT lowerUTF8(trim(v.value)) AS word FROM " +
		"(SELECT name, value FROM changes WHERE subject = 'person' AND trait = 'email') v JOIN " + ids + " l ON l.name = v.name)"
	invites := "(SELECT day, thing AS word FROM journeys WHERE kind = '" + inviteKind + "' UNION ALL SELECT day, target AS word FROM journeys WHERE kind = '" + inviteKind + "')"
	return "SELECT DISTINCT j.day AS d FROM " + invites + " j JOIN " + words + " w ON w.word = j.word WHERE j.word <> ''"
}()

// Touched lists what was learned after since and up to until (zero: up to
// now): per table the local days concerned. It may name a day too many, but
// for events, subscriptions and charges, and never misses one.
func (f *Facts) Touched(ctx context.Context, since, until time.Time) ([]Touch, error) {
	if until.IsZero() {
		until = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if since.IsZero() {
		since = time.Unix(0, 0).UTC()
	}
	params := map[string]any{"since": since, "until": until}
	var out []Touch
	for _, t := range touches {
		if t.table == invitedTouch && !f.traits.invited.Load() {
			continue
		}
		err := f.eachDay(ctx, t.days+" ORDER BY d", params, func(d farol.Day) { out = append(out, Touch{t.table, d}) })
		if err != nil {
			return nil, fmt.Errorf("facts: touched %s: %w", t.table, err)
		}
	}
	if err := f.touchedByErasures(ctx, params, &out); err != nil {
		return nil, err
	}
	if err := f.touchedByJoins(ctx, params, &out); err != nil {
		return nil, err
	}
	if !f.traits.account.Load() && !f.traits.person.Load() {
		return out, nil
	}
	var n, m int64
	if err := f.one(ctx, turned, params, &n); err != nil {
		return nil, fmt.Errorf("facts: touched exclusions: %w", err)
	}
	if err := f.one(ctx, joined, params, &m); err != nil {
		return nil, fmt.Errorf("facts: touched exclusions: %w", err)
	}
	if n+m > 0 {
		out = append(out, Touch{Table: "exclusions"})
	}
	return out, nil
}

// touchedByJoins adds the first day of the accounts that were joined or parted
// in the interval: from there on every figure may be another.
func (f *Facts) touchedByJoins(ctx context.Context, params map[string]any, out *[]Touch) error {
	if f.JoinsChanged().IsZero() {
		return nil
	}
	err := f.eachDay(ctx, "SELECT min(toNullable(c.day)) AS d FROM changes c JOIN (SELECT DISTINCT name FROM changes WHERE subject = 'account' AND trait = '"+joinTrait+"' AND "+learned+
		") j ON j.name = c.name WHERE c.subject = 'account' AND c.trait <> '"+joinTrait+"'", params, func(d farol.Day) { *out = append(*out, Touch{"exclusions", d}) })
	if err != nil {
		return fmt.Errorf("facts: touched by joined accounts: %w", err)
	}
	return nil
}

// touchedByErasures adds the days that lost something.
func (f *Facts) touchedByErasures(ctx context.Context, params map[string]any, out *[]Touch) error {
	rows, err := f.internal(ctx, "SELECT DISTINCT kind, day FROM erasures WHERE "+learned, params)
	if err != nil {
		return fmt.Errorf("facts: touched by erasures: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var day time.Time
		if err := rows.Scan(&kind, &day); err != nil {
			return err
		}
		*out = append(*out, Touch{kind, farol.Day(day.Unix() / 86400)})
	}
	return rows.Err()
}
