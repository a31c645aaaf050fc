package metric

import (
	"cmp"
	"context"
	"slices"

	"github.com/farol-cs/farol"
)

// AccountMissions is how one account does on the missions of adoption, in the
// 28 days that end with the day read.
type AccountMissions struct {
	Account string
	// Repeat is the share of its people who repeated the core action, Habit
	// that of the team with a weekly habit.
	Repeat, Habit Share
	// Users and Features are how many there were, and how many in the 28 days
	// before.
	Users, UsersBefore, Features, FeaturesBefore int64
}

// missions are the metrics, in the order of the fields.
var missions = []string{"core_repeat_rate", "team_habit_rate", "user_expansion", "feature_expansion"}

// Missions lists the accounts that were active, those with the weakest habit
// first: what the day read is, the period's last day and the as-of day say.
// Metric, grain and breakdown of the request do not matter. limit 0 is all.
func (r *Reader) Missions(ctx context.Context, q Request, limit int) (list []AccountMissions, total int, err error) {
	all := map[string]*AccountMissions{}
	for i, name := range missions {
		q.Metric, q.Grain, q.By = name, farol.Weekly, "account"
		p, err := r.plan(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		last := min(q.Period.Last(), p.asOf)
		q.Period = p.settings.Calendar.PeriodAt(farol.Weekly, last)
		if last < p.asOf {
			// The week is read up to the period's last day.
			q.AsOf = last
		}
		series, err := r.Read(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		for _, pt := range series.Points {
			if pt.Group == "" || pt.Units == 0 || pt.Numerator == nil || pt.Denominator == nil {
				continue
			}
			a := all[pt.Group]
			if a == nil {
				a = &AccountMissions{Account: pt.Group}
				all[pt.Group] = a
			}
			part, of := int64(*pt.Numerator), int64(*pt.Denominator)
			switch i {
			case 0:
				a.Repeat = shareOf(part, of)
			case 1:
				a.Habit = shareOf(part, of)
			case 2:
				a.Users, a.UsersBefore = part, of
			case 3:
				a.Features, a.FeaturesBefore = part, of
			}
		}
	}
	for _, a := range all {
		list = append(list, *a)
	}
	share := func(s Share) float64 {
		if s.Value == nil {
			return -1
		}
		return *s.Value
	}
	slices.SortFunc(list, func(a, b AccountMissions) int {
		return cmp.Or(cmp.Compare(share(a.Habit), share(b.Habit)), cmp.Compare(share(a.Repeat), share(b.Repeat)), cmp.Compare(a.Account, b.Account))
	})
	total = len(list)
	if limit > 0 && total > limit {
		list = list[:limit]
	}
	return list, total, nil
}
