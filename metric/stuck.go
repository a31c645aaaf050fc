package metric

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

var errPeopleStay = farol.InvalidField("criterion", "must be of accounts: only they have subscriptions that they keep or cancel")

// Stuck says who has not met the criterion yet, and where they are.
type Stuck struct {
	Judge
	// Steps are the clauses in their order, those of the newest version first
	// and then those of earlier ones by which anybody is still judged; a unit's
	// step is the first of its version that it has not met.
	Steps []StuckStep
	// Total is how many wait; Open of them still have time.
	Total, Open int64
	// Units are the first of them, the latest starters first.
	Units []StuckUnit
}

// StuckStep is how many wait at a clause.
type StuckStep struct {
	// Version is that of the criterion, Number the place of the clause in it,
	// from 1.
	Version, Number int
	Clause          Clause
	// Waiting are at this step; Open of them still have time in their window.
	Waiting, Open int64
}

// StuckUnit is an account or a person who has not met the criterion.
type StuckUnit struct {
	Unit, Account string
	Start         farol.Day
	// Version judges it. Days is how many days ago it began, Left how many of
	// its window remain: 0 when it has passed.
	Version, Days, Left int
	// Step is the number of the first clause that is not met, from 1.
	Step int
	// Done is how much of each clause of its version was done; Met tells
	// whether that is enough.
	Done []StepDone
}

// StepDone is one clause of a unit.
type StepDone struct {
	Clause Clause
	Done   int64
	Met    bool
}

// MaxStuck is the longest list of units.
const MaxStuck = 1000

// Stuck lists who began in the period and has not met the criterion, nor
// cancelled. limit 0 is 100. Errors are Invalid and name the field.
func (r *Reader) Stuck(ctx context.Context, q ActivationRequest, limit int) (Stuck, error) {
	a, err := r.activationPlan(ctx, q)
	if err != nil {
		return Stuck{}, err
	}
	if limit <= 0 {
		limit = 100
	}
	what := fmt.Sprintf("%s|%d", a.what("stuck"), limit)
	return kept(ctx, r, a.plan, what, func(ctx context.Context) (Stuck, error) { return r.stuck(ctx, a, limit) })
}

func (r *Reader) stuck(ctx context.Context, a *activationPlan, limit int) (Stuck, error) {
	// Whoever met it late is not stuck: everything since the first start is
	// looked at.
	a.horizon = min(maxHorizon, max(a.horizon, int(a.through-a.periods[0].From)+1))
	out := Stuck{Judge: a.Judge}
	days := fmt.Sprint(a.horizon)
	// The windows are those of the versions, which the door does not say when
	// it looks further.
	windows := map[int]int{}
	clauses := map[int][]Clause{}
	steps := map[int][]StuckStep{}
	rule := reigns(a.versions)
	for _, v := range rule {
		windows[v.Version], clauses[v.Version] = v.WindowDays, v.Steps()
		for i, c := range v.Steps() {
			steps[v.Version] = append(steps[v.Version], StuckStep{Version: v.Version, Number: i + 1, Clause: c})
		}
	}
	text := a.takenText() + `, waiting AS (
  SELECT s.unit AS unit FROM spells AS s WHERE s.cause = 0
)
SELECT p.unit AS unit, p.account AS account, p.start_day AS start_day, p.version AS version, p.clause AS clause, p.done AS done,
  CASE WHEN p.met_day <= {through:Date} THEN 1 ELSE 0 END AS met
FROM ` + a.door("progress", days) + ` AS p
JOIN waiting AS w ON w.unit = p.unit
ORDER BY p.start_day DESC, p.unit, p.clause`
	var unit *StuckUnit
	finish := func() {
		if unit != nil {
			out.count(*unit, steps[unit.Version], limit)
		}
	}
	err := r.activationQuery(ctx, a, text, nil, func(rows *sql.Rows) error {
		var name, account string
		var start time.Time
		var version, clause, met int
		var done int64
		if err := rows.Scan(&name, &account, &start, &version, &clause, &done, &met); err != nil {
			return err
		}
		if unit == nil || unit.Unit != name {
			finish()
			first := farol.Date(start.Date())
			age := int(a.through-first) + 1
			unit = &StuckUnit{Unit: name, Account: account, Start: first, Version: version, Days: age, Left: max(0, windows[version]-age)}
		}
		unit.Done = append(unit.Done, StepDone{clauses[version][clause-1], done, met == 1})
		if met == 0 && unit.Step == 0 {
			unit.Step = clause
		}
		return nil
	})
	finish()
	if err != nil {
		return out, fmt.Errorf("who is stuck: %w", err)
	}
	for i, v := range slices.Backward(rule) {
		if i == len(rule)-1 || slices.ContainsFunc(steps[v.Version], func(x StuckStep) bool { return x.Waiting > 0 }) {
			out.Steps = append(out.Steps, steps[v.Version]...)
		}
	}
	return out, nil
}

// count takes a unit in, with the steps of its version.
func (s *Stuck) count(u StuckUnit, steps []StuckStep, limit int) {
	s.Total++
	open := u.Left > 0
	if open {
		s.Open++
	}
	if u.Step > 0 {
		steps[u.Step-1].Waiting++
		if open {
			steps[u.Step-1].Open++
		}
	}
	if len(s.Units) < min(limit, MaxStuck) {
		s.Units = append(s.Units, u)
	}
}

// Compared is one criterion beside others, on the same cohorts.
type Compared struct {
	Judge
	// Mature units have had their whole window; Met of them met it. Rate is
	// nil without any; Low and High are its 95 % interval.
	Mature, Met     int64
	Rate, Low, High *float64
	// Median is the days to value, of all who began.
	Median stats.Quantile
	// Gap is the retention of those who met it less that of the others, at the
	// latest age at which both are known; nil when none is, or for people.
	Gap *GapAt
}

// MaxCompared is how many criteria are compared at once.
const MaxCompared = 12

// CompareCriteria judges the same cohorts by the main criterion, by each of
// its earlier versions as if it had always held, and by every other criterion.
func (r *Reader) CompareCriteria(ctx context.Context, q ActivationRequest) ([]Compared, error) {
	s := r.settings()
	names := []string{""}
	if all := s.activations(); len(all) > 1 {
		// The newest versions, so that the other criteria have a place, too.
		for _, v := range all[max(0, len(all)+len(s.Criteria)+1-MaxCompared):] {
			names = append(names, fmt.Sprintf("@%d", v.Version))
		}
	}
	for _, c := range s.Criteria {
		names = append(names, c.Name)
	}
	var out []Compared
	for _, name := range names[:min(len(names), MaxCompared)] {
		q.Criterion = name
		c, err := r.judged(ctx, q)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (r *Reader) judged(ctx context.Context, q ActivationRequest) (Compared, error) {
	a, err := r.activationPlan(ctx, q)
	if err != nil {
		return Compared{}, err
	}
	return kept(ctx, r, a.plan, a.what("judged"), func(ctx context.Context) (Compared, error) { return r.judge(ctx, a, q) })
}

func (r *Reader) judge(ctx context.Context, a *activationPlan, q ActivationRequest) (Compared, error) {
	out := Compared{Judge: a.Judge}
	text := `SELECT i64(count(*)) AS mature, coalesce(i64(sum(CASE WHEN a.met_day IS NULL THEN 0 ELSE 1 END)), 0) AS met
FROM ` + a.door("activated", "") + ` AS a JOIN {{days}} AS d ON d.day = a.start_day
WHERE addDaysN(a.start_day, a.window_days) <= addDaysN({through:Date}, 1)`
	whole := *a
	for _, v := range reigns(a.versions) {
		whole.horizon = max(whole.horizon, v.WindowDays)
	}
	err := r.activationQuery(ctx, &whole, text, nil, func(rows *sql.Rows) error { return rows.Scan(&out.Mature, &out.Met) })
	if err != nil {
		return out, fmt.Errorf("criterion %q: %w", q.Criterion, err)
	}
	if i, ok := stats.Wilson(float64(out.Met), float64(out.Mature), stats.Level); ok {
		rate := float64(out.Met) / float64(out.Mature)
		out.Rate, out.Low, out.High = &rate, &i.Low, &i.High
	}
	curve, err := r.ActivationCurve(ctx, q)
	if err != nil {
		return out, err
	}
	if len(curve.Cohorts) > 0 {
		out.Median = curve.Cohorts[0].Median
	}
	if a.Criterion.People() {
		return out, nil
	}
	gap, err := r.RetentionGap(ctx, q)
	if n := len(gap.At); err == nil && n > 0 {
		out.Gap = &gap.At[n-1]
	}
	return out, err
}
