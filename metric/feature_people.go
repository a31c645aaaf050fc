package metric

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/farol-cs/farol"
)

// FeaturePeople is who stands behind a row of the features.
type FeaturePeople struct {
	Feature Feature
	// Day is the last of the window.
	Day    farol.Day
	People []FeaturePerson
	// Total is all who are eligible; People may be fewer.
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

// MaxFeaturePeople bounds the list.
const MaxFeaturePeople = 1000

const peopleText = windowTables + `SELECT e.person AS who, w.account AS account, coalesce(u.days, 0) AS use_days, coalesce(u.times, 0) AS use_times
FROM eligible AS e
JOIN (SELECT a.person AS person, max(a.account) AS account FROM active AS a GROUP BY 1) AS w ON w.person = e.person
LEFT JOIN used AS u ON u.feature = e.feature AND u.person = e.person
WHERE e.feature = {place:Int64}
ORDER BY 3 DESC, 4 DESC, 1`

// FeaturePeople answers who is eligible for the feature of that name on the
// last day of the period, those who use it most first. Errors are Invalid and
// name the field.
func (r *Reader) FeaturePeople(ctx context.Context, q Request, name string, limit int) (FeaturePeople, error) {
	q.Metric, q.Grain = "product_adoption_rate", farol.Monthly
	p, err := r.plan(ctx, q)
	if err != nil {
		return FeaturePeople{}, err
	}
	f := p.settings.Features
	i := slices.IndexFunc(f.List, func(x Feature) bool { return x.Name == name })
	if i < 0 {
		return FeaturePeople{}, farol.InvalidField("feature", "there is no feature %q", name)
	}
	last, scope, params := p.featureDay()
	params["place"] = int64(i + 1)
	out := FeaturePeople{Feature: f.List[i], Day: last}
	err = r.rowsOf(ctx, peopleText, scope, params, func(rows *sql.Rows) error {
		var x FeaturePerson
		if err := rows.Scan(&x.Person, &x.Account, &x.Days, &x.Times); err != nil {
			return err
		}
		x.Adopted = x.Days >= int64(f.AdoptedDays)
		if out.Total++; len(out.People) < min(limit, MaxFeaturePeople) {
			out.People = append(out.People, x)
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("people of feature %q: %w", name, err)
	}
	return out, nil
}
