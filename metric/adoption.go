package metric

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/stats"
)

// FeatureTable is how each feature is used at a day.
type FeatureTable struct {
	// Version of the features setting, and its window and threshold.
	Version, WindowDays, AdoptedDays int
	// Day is the last that was read; the window ends with it.
	Day      farol.Day
	Features []FeatureUse
}

// FeatureUse is how one feature is used, by people.
type FeatureUse struct {
	Feature Feature
	// Eligible were active in the window, in an account whose plan has the
	// feature on the day, with a role on it that has the feature, after its
	// release. Of them Tried used it at least
	// once, Adopted on as many days as the setting asks for.
	Eligible, Tried, Adopted int64
	// Breadth is Adopted of Eligible, Reached Tried of Eligible.
	Breadth, Reached Share
	// Depth is the median of uses a week, Frequency that of days with use in
	// the window, of those who adopted it; nil without any.
	Depth, Frequency *float64
	// TimeToAdopt is the Kaplan-Meier median of the days from registration,
	// release or entitlement (the latest) to the first use, of people for whom
	// that was in the last 365 days.
	TimeToAdopt stats.Quantile
	// Retention is, of those who used it in the window before, the share who
	// did in this one.
	Retention Share
	// Duration is the median of days from first to last use in the last 365
	// days, of those who did not use it in the window; nil without any.
	Duration *float64
}

// Share is a part of a whole with its 95 % interval; Value is nil of nobody.
type Share struct {
	Of, Part         int64
	Value, Low, High *float64
}

func shareOf(part, of int64) Share {
	s := Share{Of: of, Part: part}
	if i, ok := stats.Wilson(float64(part), float64(of), stats.Level); ok {
		v := float64(part) / float64(of)
		s.Value, s.Low, s.High = &v, &i.Low, &i.High
	}
	return s
}

// planAttribute is the account attribute that features are limited by.
const planAttribute = "plan"

// knownText lists the features: their events, plans, roles and release.
const knownText = `known AS (
  SELECT arrayElementOrNull({use_places:Array(Int64)}, k.place) AS feature, arrayElementOrNull({use_events:Array(String)}, k.place) AS event
  FROM (SELECT i64(generate_series) AS place FROM generate_series(1, {use_count:Int64})) AS k
),
plans AS (
  SELECT arrayElementOrNull({plan_places:Array(Int64)}, k.place) AS feature, arrayElementOrNull({plan_names:Array(String)}, k.place) AS plan
  FROM (SELECT i64(generate_series) AS place FROM generate_series(1, {plan_count:Int64})) AS k
),
meant AS (
  SELECT arrayElementOrNull({role_places:Array(Int64)}, k.place) AS feature, arrayElementOrNull({role_names:Array(String)}, k.place) AS role
  FROM (SELECT i64(generate_series) AS place FROM generate_series(1, {role_count:Int64})) AS k
),
listed AS (
  SELECT k.place AS feature, arrayElementOrNull({open_plans:Array(Int64)}, k.place) AS any_plan, arrayElementOrNull({open_roles:Array(Int64)}, k.place) AS any_role,
    dayFrom(arrayElementOrNull({released:Array(Int64)}, k.place)) AS released
  FROM (SELECT i64(generate_series) AS place FROM generate_series(1, {listed_count:Int64})) AS k
)`

// windowTables are who is eligible for each feature, and who used it in the
// window. The roles of people are only read where a feature is for some.
func (f Features) windowTables() string {
	join, cond := "", ""
	if f.byRole() {
		join = `
  LEFT JOIN (SELECT h.person AS person, h.val AS val FROM {{roles}} AS h WHERE h.from_day <= {last:Date} AND h.to_day > {last:Date}) AS w ON w.person = a.person
  LEFT JOIN (SELECT toNullable(g.feature) AS feature, g.role AS role FROM meant AS g) AS z ON z.feature = f.feature AND z.role = w.val`
		cond = " AND (f.any_role = 1 OR z.feature IS NOT NULL)"
	}
	return `WITH ` + knownText + `,
active AS (
  SELECT DISTINCT v.person AS person, v.account AS account FROM {{presence 91}} AS v
  WHERE v.person <> '' AND v.day > addDaysN({last:Date}, -{feature_days:Int64})
),
eligible AS (
  SELECT DISTINCT f.feature AS feature, a.person AS person
  FROM active AS a
  CROSS JOIN listed AS f
  LEFT JOIN {{attribute "plan_attribute"}} AS n ON n.account = a.account
  LEFT JOIN (SELECT toNullable(g.feature) AS feature, g.plan AS plan FROM plans AS g) AS q ON q.feature = f.feature AND q.plan = n.val` + join + `
  WHERE f.released <= {last:Date} AND (f.any_plan = 1 OR q.feature IS NOT NULL)` + cond + `
),
used AS (
  SELECT k.feature AS feature, v.person AS person, i64(count(DISTINCT v.day)) AS days, i64(sum(v.n)) AS times
  FROM {{activity 91}} AS v
  JOIN known AS k ON k.event = v.event
  WHERE v.person <> '' AND v.day > addDaysN({last:Date}, -{feature_days:Int64})
  GROUP BY 1, 2
)
`
}

// windowText counts the eligible people by what they did in the window.
const windowText = `SELECT e.feature AS of_feature, coalesce(u.days, 0) AS use_days, coalesce(u.times, 0) AS use_times, i64(count(*)) AS people
FROM eligible AS e
LEFT JOIN used AS u ON u.feature = e.feature AND u.person = e.person
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3`

// yearTables are who used each feature in the last 365 days, and who could from
// which day on: since they began, it was released, and their account and they
// first had a plan and a role with it.
func (f Features) yearTables() string {
	roles, since, join, cond := "", "", "", ""
	if f.byRole() {
		roles = `named AS (
  SELECT z.feature AS feature, h.person AS person, min(h.from_day) AS from_day
  FROM {{roles}} AS h
  JOIN meant AS z ON z.role = h.val
  GROUP BY 1, 2
),
`
		since, join = ", coalesce(w.from_day, r.first_day)", "\n  LEFT JOIN named AS w ON w.feature = f.feature AND w.person = r.person"
		cond = " AND (f.any_role = 1 OR w.from_day IS NOT NULL)"
	}
	return `WITH ` + knownText + `,
used AS (
  SELECT k.feature AS feature, v.person AS person, min(v.day) AS first_use, max(v.day) AS last_use,
    max(CASE WHEN v.day > addDaysN({last:Date}, -2 * {feature_days:Int64}) AND v.day <= addDaysN({last:Date}, -{feature_days:Int64}) THEN 1 ELSE 0 END) AS before
  FROM {{activity 364}} AS v
  JOIN known AS k ON k.event = v.event
  WHERE v.person <> ''
  GROUP BY 1, 2
),
entitled AS (
  SELECT q.feature AS feature, s.account AS account, min(s.from_day) AS from_day
  FROM {{attributeDays "plan_attribute"}} AS s
  JOIN plans AS q ON q.plan = s.val
  GROUP BY 1, 2
),
` + roles + `begun AS (
  SELECT f.feature AS feature, r.person AS person,
    greatest(r.first_day, f.released, coalesce(t.from_day, r.first_day)` + since + `) AS start_day
  FROM {{registered}} AS r
  CROSS JOIN listed AS f
  LEFT JOIN entitled AS t ON t.feature = f.feature AND t.account = r.account` + join + `
  WHERE (f.any_plan = 1 OR t.from_day IS NOT NULL)` + cond + `
)
`
}

// yearText counts people by what they did with a feature in the last 365
// days: kind 1 is how long they took to the first use (got 1) or have not
// used it (got 0), kind 2 how long they used it until they stopped, kind 3
// whether who used it in the window before did in this one.
const yearText = `SELECT b.feature AS of_feature, 1 AS of_kind,
  greatest(0, i64(coalesce(u.first_use, {last:Date}) - b.start_day)) AS days,
  CASE WHEN u.first_use IS NULL THEN 0 ELSE 1 END AS got, i64(count(*)) AS people
FROM begun AS b
LEFT JOIN used AS u ON u.feature = b.feature AND u.person = b.person
WHERE b.start_day <= {last:Date} AND b.start_day > addDaysN({last:Date}, -365)
GROUP BY 1, 2, 3, 4
UNION ALL
SELECT x.feature AS of_feature, 2 AS of_kind, i64(x.last_use - x.first_use) AS days, 1 AS got, i64(count(*)) AS people
FROM used AS x
WHERE x.last_use <= addDaysN({last:Date}, -{feature_days:Int64})
GROUP BY 1, 2, 3, 4
UNION ALL
SELECT y.feature AS of_feature, 3 AS of_kind, 0 AS days, CASE WHEN y.last_use > addDaysN({last:Date}, -{feature_days:Int64}) THEN 1 ELSE 0 END AS got, i64(count(*)) AS people
FROM used AS y
WHERE y.before = 1
GROUP BY 1, 2, 3, 4`

// counted people, by a value.
type tally struct {
	value float64
	n     int64
}

// Features answers how each feature of the setting is used on the last day of
// the period that is read. The metric and the grain of the request do not
// matter; without features the table is empty. Errors are Invalid and name
// the field.
func (r *Reader) Features(ctx context.Context, q Request) (FeatureTable, error) {
	q.Metric, q.Grain = "product_adoption_rate", farol.Monthly
	p, err := r.plan(ctx, q)
	if err != nil {
		return FeatureTable{}, err
	}
	return kept(ctx, r, p, "features", func(ctx context.Context) (FeatureTable, error) { return r.features(ctx, p) })
}

func (r *Reader) features(ctx context.Context, p *plan) (FeatureTable, error) {
	f := p.settings.Features
	last, scope, params := p.featureDay()
	out := FeatureTable{Version: f.Version, WindowDays: f.WindowDays, AdoptedDays: f.AdoptedDays, Day: last}
	if len(f.List) == 0 {
		return out, nil
	}
	for _, x := range f.List {
		out.Features = append(out.Features, FeatureUse{Feature: x})
	}
	if err := r.featureWindow(ctx, f, scope, params, &out); err != nil {
		return out, fmt.Errorf("features: %w", err)
	}
	if err := r.featureYear(ctx, f, scope, params, &out); err != nil {
		return out, fmt.Errorf("features: %w", err)
	}
	return out, nil
}

// featureDay is the last day of the period that is read, with the scope and
// parameters of a question about the features on it.
func (p *plan) featureDay() (farol.Day, facts.Scope, map[string]any) {
	last := min(p.Period.Last(), p.asOf)
	params := p.params()
	p.settings.Features.tables(params)
	params["last"], params["plan_attribute"] = last, planAttribute
	day := farol.Period{From: last, To: last + 1}
	scope := p.scope([]farol.Period{day})
	scope.Period = day
	return last, scope, params
}

// tables are the parameters that list the features by their number from 1.
func (f Features) tables(out map[string]any) {
	usePlaces, useEvents, planPlaces, plans, open, released := []int64{}, []string{}, []int64{}, []string{}, []int64{}, []int64{}
	rolePlaces, roles, anyRole := []int64{}, []string{}, []int64{}
	ifNone := func(list []string) int64 {
		if len(list) == 0 {
			return 1
		}
		return 0
	}
	for i, x := range f.List {
		place := int64(i + 1)
		for _, e := range x.Events {
			usePlaces, useEvents = append(usePlaces, place), append(useEvents, e)
		}
		for _, p := range x.Plans {
			planPlaces, plans = append(planPlaces, place), append(plans, p)
		}
		for _, role := range x.roles() {
			rolePlaces, roles = append(rolePlaces, place), append(roles, role)
		}
		day, _ := farol.ParseDay(x.Released) // "" is day 0, before any fact
		open, anyRole, released = append(open, ifNone(x.Plans)), append(anyRole, ifNone(x.Roles)), append(released, int64(day))
	}
	out["use_places"], out["use_events"], out["use_count"] = usePlaces, useEvents, int64(len(useEvents))
	out["plan_places"], out["plan_names"], out["plan_count"] = planPlaces, plans, int64(len(plans))
	out["role_places"], out["role_names"], out["role_count"], out["open_roles"] = rolePlaces, roles, int64(len(roles)), anyRole
	out["open_plans"], out["released"], out["listed_count"] = open, released, int64(len(f.List))
}

func (r *Reader) featureWindow(ctx context.Context, f Features, s facts.Scope, params map[string]any, out *FeatureTable) error {
	depth, frequency := make([][]tally, len(out.Features)), make([][]tally, len(out.Features))
	err := r.rowsOf(ctx, f.windowTables()+windowText, s, params, func(rows *sql.Rows) error {
		var feature, days, times, people int64
		if err := rows.Scan(&feature, &days, &times, &people); err != nil {
			return err
		}
		u := &out.Features[feature-1]
		u.Eligible += people
		if days > 0 {
			u.Tried += people
		}
		if days >= int64(out.AdoptedDays) {
			u.Adopted += people
			depth[feature-1] = append(depth[feature-1], tally{float64(times) * 7 / float64(out.WindowDays), people})
			frequency[feature-1] = append(frequency[feature-1], tally{float64(days), people})
		}
		return nil
	})
	for i := range out.Features {
		u := &out.Features[i]
		u.Breadth, u.Reached = shareOf(u.Adopted, u.Eligible), shareOf(u.Tried, u.Eligible)
		u.Depth, u.Frequency = median(depth[i]), median(frequency[i])
	}
	return err
}

func (r *Reader) featureYear(ctx context.Context, f Features, s facts.Scope, params map[string]any, out *FeatureTable) error {
	n := len(out.Features)
	spells, lasted, kept, had := make([][]stats.Spell, n), make([][]tally, n), make([]int64, n), make([]int64, n)
	err := r.rowsOf(ctx, f.yearTables()+yearText, s, params, func(rows *sql.Rows) error {
		var feature, kind, days, got, people int64
		if err := rows.Scan(&feature, &kind, &days, &got, &people); err != nil {
			return err
		}
		i := feature - 1
		switch kind {
		case 1:
			spells[i] = append(spells[i], stats.Spell{Exit: float64(days), Cause: int(got), N: float64(people)})
		case 2:
			lasted[i] = append(lasted[i], tally{float64(days), people})
		case 3:
			had[i] += people
			kept[i] += got * people
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range out.Features {
		u := &out.Features[i]
		u.Retention, u.Duration = shareOf(kept[i], had[i]), median(lasted[i])
		if curve, err := stats.KaplanMeier(spells[i], stats.Level); err == nil {
			u.TimeToAdopt = curve.Quantile(0.5)
		}
	}
	return nil
}

// median of counted values, the mean of the two in the middle; nil of none.
func median(list []tally) *float64 {
	slices.SortFunc(list, func(a, b tally) int { return cmp.Compare(a.value, b.value) })
	var n int64
	for _, t := range list {
		n += t.n
	}
	if n == 0 {
		return nil
	}
	at := func(k int64) float64 {
		for _, t := range list {
			if k -= t.n; k < 0 {
				return t.value
			}
		}
		return 0
	}
	v := (at((n-1)/2) + at(n/2)) / 2
	return &v
}
