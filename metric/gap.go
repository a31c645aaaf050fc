package metric

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/farol-cs/farol/stats"
)

// RetentionGap compares how many of the activated customers stay with how
// many of the others do. It describes: who activates differs in other ways,
// too.
type RetentionGap struct {
	Judge
	// Landmark is the day from the start on which everybody's window had
	// passed: both curves begin there, so nobody is counted as activated for
	// having stayed long enough to be.
	Landmark      int
	With, Without GapSide
	// At are the differences at some ages in days from the start.
	At []GapAt
	// P is how likely so unlike curves are when nothing differs (log-rank);
	// nil when it cannot be told.
	P *float64
}

// GapSide is one of the two groups.
type GapSide struct {
	// Accounts had a running subscription at the landmark or got one later;
	// Lost of them have none any more.
	Accounts, Lost int64
	Curve          []GapDay
}

// GapDay is the share retained from the landmark to a day.
type GapDay struct {
	Day       int
	Share     float64
	Low, High *float64
	AtRisk    float64
}

// GapAt is the difference at an age, activated less others.
type GapAt struct {
	Day                             int
	With, Without, Value, Low, High float64
}

// gapAges are the ages at which the gap is told, as far as they are known.
var gapAges = []int{30, 60, 90, 180, 270, 365}

// RetentionGap compares the retention of accounts that met the criterion in
// its window with that of the others, from the landmark on. The sides are
// empty when there are no subscriptions. Errors are Invalid: also for a
// criterion of people.
func (r *Reader) RetentionGap(ctx context.Context, q ActivationRequest) (RetentionGap, error) {
	a, err := r.activationPlan(ctx, q)
	if err != nil {
		return RetentionGap{}, err
	}
	if a.Criterion.People() {
		return RetentionGap{}, errPeopleStay
	}
	return kept(ctx, r, a.plan, a.what("gap"), func(ctx context.Context) (RetentionGap, error) { return r.retentionGap(ctx, a) })
}

func (r *Reader) retentionGap(ctx context.Context, a *activationPlan) (RetentionGap, error) {
	for _, v := range reigns(a.versions) {
		a.horizon = max(a.horizon, v.WindowDays)
	}
	out := RetentionGap{Judge: a.Judge}
	for _, v := range reigns(a.versions) {
		out.Landmark = max(out.Landmark, v.WindowDays)
	}
	text := `WITH began AS (
  SELECT a.unit AS unit, a.account AS account, a.start_day AS start_day, CASE WHEN a.met_day IS NULL THEN 0 ELSE 1 END AS met
  FROM {{activated}} AS a WHERE addDaysN(a.start_day, {landmark:Int64}) <= {through:Date}
),
` + lostText + `,
firsts AS (SELECT f.account AS account, min(f.from_day) AS paid_day FROM live AS f WHERE f.mrr > 0 GROUP BY f.account),
lost AS (
  SELECT u.unit AS unit, min(e.lost_day) AS lost_day FROM began AS u JOIN ends AS e ON e.account = u.account
  WHERE e.lost_day > u.start_day GROUP BY u.unit
)
SELECT b.met AS of_met, greatest(0, i64(f.paid_day - b.start_day)) AS entry_day,
  coalesce(i64(l.lost_day - b.start_day), i64({through:Date} - b.start_day)) AS exit_day,
  CASE WHEN l.lost_day IS NULL THEN 0 ELSE 1 END AS of_cause, i64(count(*)) AS units
FROM began AS b
JOIN firsts AS f ON f.account = b.account
LEFT JOIN lost AS l ON l.unit = b.unit
WHERE f.paid_day <= {through:Date}
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`
	var sides [2][]stats.Spell
	err := r.activationQuery(ctx, a, text, map[string]any{"landmark": int64(out.Landmark)}, func(rows *sql.Rows) error {
		var met, entry, exit, cause, units int64
		if err := rows.Scan(&met, &entry, &exit, &cause, &units); err != nil {
			return err
		}
		if exit > entry {
			sides[met] = append(sides[met], stats.Spell{Entry: float64(entry), Exit: float64(exit), Cause: int(cause), N: float64(units)})
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("retention gap: %w", err)
	}
	return out, out.compare(stats.Landmark(sides[1], float64(out.Landmark)), stats.Landmark(sides[0], float64(out.Landmark)))
}

// compare makes the curves of both sides and their differences.
func (g *RetentionGap) compare(with, without []stats.Spell) error {
	a, err := g.With.fill(with, g.Landmark)
	if err != nil {
		return err
	}
	b, err := g.Without.fill(without, g.Landmark)
	if err != nil || a == nil || b == nil {
		return err
	}
	for _, age := range gapAges {
		if age <= g.Landmark {
			continue
		}
		if d, ok := stats.DifferenceAt(a, b, float64(age)); ok {
			x, _ := a.At(float64(age))
			y, _ := b.At(float64(age))
			g.At = append(g.At, GapAt{age, x.Value, y.Value, d.Value, d.Interval.Low, d.Interval.High})
		}
	}
	if test, err := stats.LogRankTest(with, without); err == nil {
		g.P = &test.P
	}
	return nil
}

// fill makes the curve of one side; nil when nobody is on it.
func (s *GapSide) fill(spells []stats.Spell, landmark int) (*stats.Survival, error) {
	if len(spells) == 0 {
		return nil, nil
	}
	for _, x := range spells {
		s.Accounts += int64(x.N)
		if x.Cause > 0 {
			s.Lost += int64(x.N)
		}
	}
	curve, err := stats.KaplanMeier(spells, stats.Level)
	if err != nil {
		return nil, err
	}
	for day := landmark; day <= int(curve.Last); day++ {
		step, ok := curve.At(float64(day))
		if !ok {
			break
		}
		point := GapDay{Day: day, Share: step.Value, AtRisk: step.AtRisk}
		if step.Interval != nil {
			point.Low, point.High = &step.Interval.Low, &step.Interval.High
		}
		s.Curve = append(s.Curve, point)
	}
	return curve, nil
}
