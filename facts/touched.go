package facts

import (
	"context"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
)

// createdTrait is the trait under which the local day of created_at is kept.
const createdTrait = "$created"

// learned bounds known to the interval of Touched.
const learned = "known > {since:DateTime64(3)} AND known <= {until:DateTime64(3)}"

// touches are the queries of Touched that answer days.
var touches = []struct{ table, days string }{
	{"events", "SELECT DISTINCT day AS d FROM events WHERE " + learned},
	{"activity", "SELECT DISTINCT day AS d FROM activity WHERE " + learned},
	{"changes", "SELECT DISTINCT day AS d FROM changes WHERE " + learned},
	{"subscriptions", "SELECT DISTINCT day AS d FROM subscriptions WHERE " + learned},
	{"moved", "SELECT DISTINCT day AS d FROM subscriptions WHERE hash IN (SELECT hash FROM moves WHERE " + learned + ")"},
	{"answers", "SELECT DISTINCT x.day AS d FROM (SELECT day FROM answers WHERE " + learned +
		" UNION ALL SELECT day FROM answers WHERE hash IN (SELECT hash FROM moves WHERE " + learned + ")) x"},
	{"tickets", "SELECT DISTINCT x.day AS d FROM (SELECT day FROM tickets WHERE " + learned +
		" UNION ALL SELECT day FROM tickets WHERE hash IN (SELECT hash FROM moves WHERE " + learned + ")) x"},
	// An account begins on the day that it says, else on that of its first
	// fact. A day that is said anew frees the one that was said before.
	{"accounts", "SELECT DISTINCT x.day AS d FROM (SELECT day FROM activity WHERE " + learned +
		" UNION ALL SELECT day FROM changes WHERE subject = 'account' AND " + learned +
		" UNION ALL SELECT CAST(value AS DATE) AS day FROM changes WHERE subject = 'account' AND trait = '" + createdTrait + "' AND name IN " +
		"(SELECT q.name FROM (SELECT name, value, min(known) AS first_known FROM changes WHERE subject = 'account' AND trait = '" + createdTrait + "' GROUP BY name, value) q " +
		"WHERE q.first_known > {since:DateTime64(3)} AND q.first_known <= {until:DateTime64(3)})) x"},
}

// turned counts the accounts and people whose exclusion trait is another at
// the end of the interval than at its beginning.
const turned = `SELECT i64(count(*)) AS c FROM
(SELECT subject, name, trait, argMax(value, (ts, known, id)) AS v FROM changes WHERE trait IN ('test', 'internal', 'staff') AND known <= {until:DateTime64(3)} GROUP BY subject, name, trait) n
LEFT JOIN
(SELECT subject, name, trait, argMax(value, (ts, known, id)) AS v FROM changes WHERE trait IN ('test', 'internal', 'staff') AND known <= {since:DateTime64(3)} GROUP BY subject, name, trait) o
ON o.subject = n.subject AND o.name = n.name AND o.trait = n.trait
WHERE (n.v = 'true') <> (coalesce(o.v, 'false') = 'true')`

// Touched lists what was learned after since and up to until (zero: up to
// now): per table the local days concerned. It may name a day too many, but
// for events and subscriptions, and never misses one.
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
		err := f.eachDay(ctx, t.days+" ORDER BY d", params, func(d farol.Day) { out = append(out, Touch{t.table, d}) })
		if err != nil {
			return nil, fmt.Errorf("facts: touched %s: %w", t.table, err)
		}
	}
	if !f.traits.account.Load() && !f.traits.person.Load() {
		return out, nil
	}
	var n int64
	if err := f.one(ctx, turned, params, &n); err != nil {
		return nil, fmt.Errorf("facts: touched exclusions: %w", err)
	}
	if n > 0 {
		out = append(out, Touch{Table: "exclusions"})
	}
	return out, nil
}
