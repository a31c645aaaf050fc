package customer

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// Profile reads one account's use, people and money.
type Profile struct {
	Facts   *facts.Facts
	Account farol.AccountID
	// AsOf is the day of the reading, today or before; Known reads what was
	// learned up to the instant (zero: all).
	AsOf  farol.Day
	Known time.Time
}

// scope looks back so many days from AsOf.
func (p Profile) scope(days int) facts.Scope {
	return facts.Scope{
		Period: farol.Period{From: p.AsOf + 1 - farol.Day(days), To: p.AsOf + 1}, AsOf: p.AsOf, Known: p.Known,
		Filters: []facts.Filter{{Attribute: "account", Values: []string{string(p.Account)}}},
	}
}

func (p Profile) params() map[string]any {
	return map[string]any{"account_id": string(p.Account), "recent": p.AsOf + 1 - 28, "before": p.AsOf + 1 - 56}
}

func (p Profile) each(ctx context.Context, text string, s facts.Scope, scan func(*sql.Rows) error) error {
	rows, err := p.Facts.Query(ctx, text, s, p.params())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// UseDay is a day of use.
type UseDay struct {
	Day farol.Day
	// People who did something, and how often anything was done.
	People, Times int64
}

// Feature is how much one event was done in the last 28 days and the 28
// before.
type Feature struct {
	Event                 string
	Times, Before, People int64
	// Last is the last day of it within the 56.
	Last farol.Day
}

// useText tells both in one reading of the account's rows: by day, and by event
// over the last 56 days.
const useText = `WITH done AS (
  SELECT v.day AS day, v.event AS event, v.person AS person, i64(sum(v.n)) AS n FROM {{activity 0}} AS v GROUP BY v.day, v.event, v.person
)
SELECT 0 AS kind, '' AS event, d.day AS day, i64(sum(d.n)) AS times, 0 AS times_before, i64(count(DISTINCT d.person)) AS people FROM done AS d GROUP BY d.day
UNION ALL
SELECT 1 AS kind, d.event AS event, max(d.day) AS day, coalesce(i64(sum(CASE WHEN d.day >= {recent:Date} THEN d.n END)), 0) AS times,
  coalesce(i64(sum(CASE WHEN d.day < {recent:Date} THEN d.n END)), 0) AS times_before, i64(count(DISTINCT CASE WHEN d.day >= {recent:Date} THEN d.person END)) AS people
FROM done AS d WHERE d.day >= {before:Date} GROUP BY d.event`

// maxFeatures is how many events Use lists.
const maxFeatures = 100

// Use lists the account's days of use among the last so many (at least 56), and
// what it did, the most done first.
func (p Profile) Use(ctx context.Context, days int) (used []UseDay, features []Feature, err error) {
	err = p.each(ctx, useText, p.scope(max(days, 56)), func(rows *sql.Rows) error {
		var f Feature
		var kind int
		var at time.Time
		if err := rows.Scan(&kind, &f.Event, &at, &f.Times, &f.Before, &f.People); err != nil {
			return err
		}
		if f.Last = farol.Date(at.Date()); kind == 0 {
			used = append(used, UseDay{f.Last, f.People, f.Times})
		} else {
			features = append(features, f)
		}
		return nil
	})
	slices.SortFunc(used, func(a, b UseDay) int { return cmp.Compare(a.Day, b.Day) })
	slices.SortFunc(features, func(a, b Feature) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), cmp.Compare(b.Before, a.Before), cmp.Compare(a.Event, b.Event))
	})
	return used, features[:min(len(features), maxFeatures)], err
}

// Person is one of the account's people.
type Person struct {
	ID farol.PersonID
	// Days and Times are of the last 28 days.
	Days, Times int64
	// Last is the last day of use within a year, 0 for none.
	Last farol.Day
	// Listed is what the roster says, of those of Present.
	Listed facts.Listed
}

const peopleText = `SELECT m.person AS person, coalesce(u.days, 0) AS days, coalesce(u.times, 0) AS times, u.last_day AS last_day
FROM (SELECT p.person AS person FROM {{members}} AS p WHERE p.account = {account_id:String}) AS m
LEFT JOIN (SELECT v.person AS of_person, i64(count(DISTINCT CASE WHEN v.day >= {recent:Date} THEN v.day END)) AS days,
  coalesce(i64(sum(CASE WHEN v.day >= {recent:Date} THEN v.n END)), 0) AS times, max(toNullable(v.day)) AS last_day
  FROM {{activity 0}} AS v WHERE v.person <> '' GROUP BY v.person) AS u ON u.of_person = m.person
ORDER BY 2 DESC, 3 DESC, 1 LIMIT 500`

const workText = `SELECT v.person AS person, i64(count(DISTINCT v.day)) AS days, i64(sum(v.n)) AS times FROM {{activity 0}} AS v WHERE v.person <> '' GROUP BY v.person`

// Present lists the account's people as the roster has them now, which costs
// little however many there are elsewhere, the most active first. ok is false
// when the profile is of the past.
func (p Profile) Present(ctx context.Context, today farol.Day) (out []Person, ok bool, err error) {
	if p.AsOf != today || !p.Known.IsZero() {
		return nil, false, nil
	}
	list, _, err := p.Facts.People(ctx, facts.PeopleQuery{Accounts: []string{string(p.Account)}, Sort: "last", Down: true, Limit: 500})
	if err != nil {
		return nil, false, err
	}
	at := make(map[farol.PersonID]int, len(list))
	for i, x := range list {
		at[x.ID] = i
		out = append(out, Person{ID: x.ID, Last: x.Last, Listed: x})
	}
	err = p.each(ctx, workText, p.scope(28), func(rows *sql.Rows) error {
		var x Person
		if err := rows.Scan(&x.ID, &x.Days, &x.Times); err != nil {
			return err
		}
		if i, in := at[x.ID]; in {
			out[i].Days, out[i].Times = x.Days, x.Times
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b Person) int { return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(b.Times, a.Times)) })
	return out, true, err
}

// People lists the account's people, the most active first.
func (p Profile) People(ctx context.Context) (out []Person, err error) {
	err = p.each(ctx, peopleText, p.scope(365), func(rows *sql.Rows) error {
		var x Person
		var last sql.NullTime
		err := rows.Scan(&x.ID, &x.Days, &x.Times, &last)
		if last.Valid {
			x.Last = farol.Date(last.Time.Date())
		}
		out = append(out, x)
		return err
	})
	return out, err
}
