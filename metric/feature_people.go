package metric

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// FeaturePeople is who stands behind a row of the features.
type FeaturePeople struct {
	Feature Feature
	// Day is the last of the window.
	Day    farol.Day
	People []FeaturePerson
	// Total is all who are eligible; People are a page of them.
	Total int64
}

// FeaturePerson is somebody who has the feature.
type FeaturePerson struct {
	// Account is one that the person was active in.
	Person, Account string
	// Days with use in the window, and Times; 0 for who did not try it.
	Days, Times int64
	Adopted     bool
}

// MaxFeaturePeople is the longest page.
const MaxFeaturePeople = 1000

// peopleText lists them with a rank, by which pages follow one another: days
// before times.
const peopleText = `, ranked AS (
  SELECT e.person AS who, w.account AS account, coalesce(u.days, 0) AS use_days, coalesce(u.times, 0) AS use_times,
    f64(coalesce(u.days, 0)) * 1000000000 + f64(least(999999999, coalesce(u.times, 0))) AS standing
  FROM eligible AS e
  JOIN (SELECT a.person AS person, max(a.account) AS account FROM active AS a GROUP BY 1) AS w ON w.person = e.person
  LEFT JOIN used AS u ON u.feature = e.feature AND u.person = e.person
  WHERE e.feature = {place:Int64}
)
SELECT l.who AS person_id, l.account AS account_id, l.use_days AS day_count, l.use_times AS time_count, l.standing AS of_rank, t.people AS of_people
FROM ranked AS l
CROSS JOIN (SELECT i64(count(*)) AS people FROM ranked AS x) AS t
WHERE {first_page:Bool} OR l.standing < {after_rank:Float64} OR (l.standing = {after_rank:Float64} AND l.who > {after_person:String})
ORDER BY 5 DESC, 1
LIMIT {page:Int64}`

// FeaturePeople answers who is eligible for the feature of that name on the
// last day of the period, those who use it most first: a page of limit (0 is
// 100) after the cursor. next is the cursor of the following page, "" at the
// end. Errors are Invalid and name the field.
func (r *Reader) FeaturePeople(ctx context.Context, q Request, name string, limit int, after string) (out FeaturePeople, next string, err error) {
	q.Metric, q.Grain = "product_adoption_rate", farol.Monthly
	p, err := r.plan(ctx, q)
	if err != nil {
		return out, "", err
	}
	f := p.settings.Features
	i := slices.IndexFunc(f.List, func(x Feature) bool { return x.Name == name })
	if i < 0 {
		return out, "", farol.InvalidField("feature", "there is no feature %q", name)
	}
	if x := f.List[i]; len(x.Roles) > 0 {
		// Who is listed has one of the roles.
		if err := sight.Of(ctx).Shows("attribute." + facts.SentRole); err != nil {
			return out, "", err
		}
	}
	at, err := readCursor(after)
	if err != nil {
		return out, "", err
	}
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, MaxFeaturePeople)
	last, scope, params := p.featureDay()
	params["place"], params["page"], params["first_page"] = int64(i+1), int64(limit+1), at == nil
	params["after_rank"], params["after_person"] = 0.0, ""
	if at != nil {
		params["after_rank"], params["after_person"] = at.Numerator, at.Unit
	}
	out = FeaturePeople{Feature: f.List[i], Day: last}
	var rank []float64
	err = r.rowsOf(ctx, f.windowTables()+peopleText, scope, params, func(rows *sql.Rows) error {
		var x FeaturePerson
		var of float64
		if err := rows.Scan(&x.Person, &x.Account, &x.Days, &x.Times, &of, &out.Total); err != nil {
			return err
		}
		x.Adopted = x.Days >= int64(f.AdoptedDays)
		out.People, rank = append(out.People, x), append(rank, of)
		return nil
	})
	if err != nil {
		return out, "", fmt.Errorf("people of feature %q: %w", name, err)
	}
	if len(out.People) > limit {
		out.People = out.People[:limit]
		next = cursor{rank[limit-1], out.People[limit-1].Person}.String()
	}
	return out, next, nil
}
