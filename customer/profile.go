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

// useText sums up the days of the account.
const useText = `SELECT v.day AS day, i64(count(DISTINCT v.person)) AS people, i64(sum(v.n)) AS times FROM {{activity 0}} AS v GROUP BY v.day ORDER BY v.day`

// Days lists the account's days of use among the last so many.
func (p Profile) Days(ctx context.Context, days int) (out []UseDay, err error) {
	err = p.each(ctx, useText, p.scope(days), func(rows *sql.Rows) error {
		var u UseDay
		var day time.Time
		err := rows.Scan(&day, &u.People, &u.Times)
		u.Day = farol.Date(day.Date())
		out = append(out, u)
		return err
	})
	return out, err
}

// Feature is how much one event was done in the last 28 days and the 28
// before.
type Feature struct {
	Event                 string
	Times, Before, People int64
	// Last is the last day of it within the 56.
	Last farol.Day
}

const featureText = `SELECT v.event AS event, coalesce(i64(sum(CASE WHEN v.day >= {recent:Date} THEN v.n END)), 0) AS times,
  coalesce(i64(sum(CASE WHEN v.day < {recent:Date} THEN v.n END)), 0) AS times_before,
  i64(count(DISTINCT CASE WHEN v.day >= {recent:Date} THEN v.person END)) AS people, max(v.day) AS last_day
FROM {{activity 0}} AS v GROUP BY v.event ORDER BY 2 DESC, 3 DESC, 1 LIMIT 100`

// Features lists what the account did, the most done first.
func (p Profile) Features(ctx context.Context) (out []Feature, err error) {
	err = p.each(ctx, featureText, p.scope(56), func(rows *sql.Rows) error {
		var f Feature
		var last time.Time
		err := rows.Scan(&f.Event, &f.Times, &f.Before, &f.People, &last)
		f.Last = farol.Date(last.Date())
		out = append(out, f)
		return err
	})
	return out, err
}

// Person is one of the account's people.
type Person struct {
	ID farol.PersonID
	// Days and Times are of the last 28 days.
	Days, Times int64
	// Last is the last day of use within a year, 0 for none.
	Last farol.Day
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
		out = append(out, Person{ID: x.ID, Last: x.Last})
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
