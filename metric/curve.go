package metric

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/stats"
)

// ActivationRequest asks how the units that began in a period got to value.
type ActivationRequest struct {
	// Request gives period, grain of the cohorts (day, week, month), clocks,
	// breakdown and filters; its Metric does not matter.
	Request
	// Criterion is the name of a criterion, "" for the main one. "@2" and
	// "name@2" judge every cohort by one version, to see what would be.
	Criterion string
	// Horizon is how many days from the start are looked at, 1 to 366; 0 is 90.
	Horizon int
}

// Judge is the criterion that a reading was made with.
type Judge struct {
	// Name is as asked for. Version is the newest that judged, WhatIf tells
	// that it judged all.
	Name    string
	Version int
	WhatIf  bool
	// Criterion is the newest version.
	Criterion Activation
	// Changes are the days from which a later version judges, by version.
	Changes []VersionStart
}

// VersionStart is where a version of a criterion began.
type VersionStart struct {
	Version int
	Since   farol.Day
}

// ActivationCurve is how many of those who began got to value, by day.
type ActivationCurve struct {
	Judge
	Horizon int
	// Cohorts are by period and group, those of all periods (a Period of zero)
	// first.
	Cohorts []CohortCurve
}

// CohortCurve is the curve of one cohort.
type CohortCurve struct {
	Period farol.Period
	Group  string
	// Units began; of them Met met the criterion, Lost cancelled before they
	// did, and the rest are waiting or were watched to the horizon.
	Units, Met, Lost int64
	// Days are the curve, one point per day on which somebody was watched.
	Days []CurveDay
	// Median is the day by which half had met it, nil when not reached.
	Median stats.Quantile
}

// CurveDay is the share activated by the end of day N (day 0 is the first).
type CurveDay struct {
	Day int
	// Share is 1 less the Kaplan-Meier survival: what it would be if nobody
	// cancelled. Low and High are its 95 % interval, nil before the first.
	Share     float64
	Low, High *float64
	// Incidence is the share of all (Aalen-Johansen) with cancellation as the
	// competing end, with its interval. It is at most Share.
	Incidence       float64
	IncLow, IncHigh *float64
	// AtRisk is how many were watched up to the day.
	AtRisk float64
}

// criterionNamed finds a criterion and the versions that are to judge.
func (s Settings) criterionNamed(name string) (j Judge, versions []Activation, err error) {
	base, version, one := strings.Cut(name, "@")
	versions = s.activations()
	if base != "" {
		versions = nil
		for _, c := range s.Criteria {
			if c.Name == base {
				versions = c.Versions
			}
		}
		if versions == nil {
			return j, nil, farol.InvalidField("criterion", "there is no criterion %q", base)
		}
	}
	if one {
		n, bad := strconv.Atoi(version)
		var found []Activation
		for _, v := range versions {
			if bad == nil && v.Version == n {
				v.Since = 0
				found = []Activation{v}
			}
		}
		if found == nil {
			return j, nil, farol.InvalidField("criterion", "there is no version %q of it", version)
		}
		// Units begin as the newest says.
		found[0].Start = versions[len(versions)-1].Start
		versions = found
	}
	last := versions[len(versions)-1]
	j = Judge{Name: name, Version: last.Version, WhatIf: one, Criterion: last}
	for _, r := range reigns(versions)[1:] {
		j.Changes = append(j.Changes, VersionStart{r.Version, r.Since})
	}
	return j, versions, nil
}

// maxHorizon bounds how far a curve goes.
const maxHorizon, usualHorizon = 366, 90

// activationPlan is a reading of the units that began in a period.
type activationPlan struct {
	*plan
	Judge
	versions []Activation
	horizon  int
}

func (r *Reader) activationPlan(ctx context.Context, q ActivationRequest) (*activationPlan, error) {
	q.Metric = "activation_rate"
	p, err := r.plan(ctx, q.Request)
	if err != nil {
		return nil, err
	}
	if q.Horizon == 0 {
		q.Horizon = usualHorizon
	}
	if q.Horizon < 1 || q.Horizon > maxHorizon {
		return nil, farol.InvalidField("horizon", "must be between %d and %d", 1, maxHorizon)
	}
	j, versions, err := p.settings.criterionNamed(q.Criterion)
	if err != nil {
		return nil, err
	}
	return &activationPlan{p, j, versions, q.Horizon}, nil
}

// scope is that of the cohorts and of the days they are watched.
func (a *activationPlan) scope() facts.Scope {
	s := a.plan.scope(a.started(a.periods))
	s.Period.To = s.Periods[len(s.Periods)-1].To + farol.Day(a.horizon)
	s.Criterion = criterionOf(a.versions)
	return s
}

// query runs a text; nothing is read when no period has begun.
func (r *Reader) activationQuery(ctx context.Context, a *activationPlan, text string, more map[string]any, scan func(*sql.Rows) error) error {
	if len(a.started(a.periods)) == 0 {
		return nil
	}
	params := a.params()
	params["horizon"] = int64(a.horizon)
	for k, v := range more {
		params[k] = v
	}
	return r.rowsOf(ctx, text, a.scope(), params, scan)
}

// rowsOf runs a query and scans each row.
func (r *Reader) rowsOf(ctx context.Context, text string, s facts.Scope, params map[string]any, scan func(*sql.Rows) error) error {
	rows, err := r.facts.Query(ctx, text, s, params)
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

// door is the door of the criterion, with the options of its scope; "" looks
// at the windows, else at so many days.
func (a *activationPlan) door(name, days string) string {
	if a.Criterion.People() {
		return "{{" + name + " " + days + ` "people"}}`
	}
	return "{{" + name + " " + days + "}}"
}

// lostText lists when accounts stopped having any subscription that runs,
// after having had one.
const lostText = `live AS (
  SELECT m.account AS account, m.from_day AS from_day, m.to_day AS to_day, m.mrr AS mrr FROM {{mrr "unfiltered"}} AS m WHERE m.status <> 'cancelled'
),
ends AS (
  SELECT DISTINCT e.account AS account, e.to_day AS lost_day
  FROM live AS e
  LEFT JOIN (SELECT toNullable(n.account) AS account, n.from_day AS from_day, n.to_day AS to_day FROM live AS n) AS o
    ON o.account = e.account AND o.from_day <= e.to_day AND o.to_day > e.to_day
  WHERE o.account IS NULL AND e.to_day <= {through:Date}
)`

// takenText is what each unit took: cause 1 met the criterion, 2 cancelled
// before, 0 is still watched.
func (a *activationPlan) takenText() string {
	lost := "SELECT u.unit AS unit, min(e.lost_day) AS lost_day FROM began AS u JOIN ends AS e ON e.account = u.account WHERE e.lost_day > u.start_day GROUP BY u.unit"
	if a.Criterion.People() {
		// People do not cancel.
		lost = "SELECT u.unit AS unit, min(e.lost_day) AS lost_day FROM began AS u JOIN ends AS e ON e.account = u.account WHERE u.unit <> u.unit GROUP BY u.unit"
	}
	return `WITH began AS (
  SELECT a.unit AS unit, a.account AS account, a.grp AS grp, a.start_day AS start_day, a.window_days AS window_days, a.met_day AS met_day
  FROM ` + a.door("activated", strconv.Itoa(a.horizon)) + ` AS a WHERE a.start_day <= {through:Date}
),
` + lostText + `,
lost AS (` + lost + `),
taken AS (
  SELECT b.unit AS unit, b.account AS account, b.grp AS grp, b.start_day AS start_day, d.period AS period,
    i64({through:Date} - b.start_day) AS watched,
    CASE WHEN b.met_day <= {through:Date} THEN greatest(0, i64(b.met_day - b.start_day)) END AS took,
    i64(l.lost_day - b.start_day) AS lost_after
  FROM began AS b
  JOIN {{days}} AS d ON d.day = b.start_day
  LEFT JOIN lost AS l ON l.unit = b.unit
),
spells AS (
  SELECT t.unit AS unit, t.grp AS grp, t.period AS period,
    CASE WHEN t.took IS NOT NULL AND t.took < coalesce(t.lost_after, 100000) THEN t.took
      WHEN t.lost_after < {horizon:Int64} THEN t.lost_after
      ELSE least({horizon:Int64} - 1, t.watched) END AS took,
    CASE WHEN t.took IS NOT NULL AND t.took < coalesce(t.lost_after, 100000) THEN 1
      WHEN t.lost_after < {horizon:Int64} THEN 2 ELSE 0 END AS cause
  FROM taken AS t
)
`
}

// ActivationCurve answers what share was activated by each day from the
// start, of all cohorts together and of each. Errors are Invalid and name the
// field.
func (r *Reader) ActivationCurve(ctx context.Context, q ActivationRequest) (ActivationCurve, error) {
	a, err := r.activationPlan(ctx, q)
	if err != nil {
		return ActivationCurve{}, err
	}
	return kept(ctx, r, a.plan, a.what("curve"), func(ctx context.Context) (ActivationCurve, error) { return r.activationCurve(ctx, a) })
}

// what names a report of the criterion in the cache; the versions that judge
// are part of the plan's key, with all settings.
func (a *activationPlan) what(report string) string {
	return fmt.Sprintf("%s|%q|%d", report, a.Judge.Name, a.horizon)
}

func (r *Reader) activationCurve(ctx context.Context, a *activationPlan) (ActivationCurve, error) {
	text := a.takenText() + `SELECT s.grp AS of_group, s.period AS of_period, s.took AS took_days, s.cause AS of_cause, i64(count(*)) AS units
FROM spells AS s GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`
	spells := map[cell][]stats.Spell{}
	var cells []cell
	add := func(c cell, s stats.Spell) {
		if _, ok := spells[c]; !ok {
			cells = append(cells, c)
		}
		spells[c] = append(spells[c], s)
	}
	err := r.activationQuery(ctx, a, text, nil, func(rows *sql.Rows) error {
		var group string
		var period time.Time
		var took, cause, units int64
		if err := rows.Scan(&group, &period, &took, &cause, &units); err != nil {
			return err
		}
		s := stats.Spell{Exit: float64(took), Cause: int(cause), N: float64(units)}
		if a.By != "" {
			add(cell{allPeriods, group}, s)
		}
		add(cell{allPeriods, everybody}, s)
		add(cell{farol.Date(period.Date()), group}, s)
		return nil
	})
	if err != nil {
		return ActivationCurve{}, fmt.Errorf("activation curve: %w", err)
	}
	out := ActivationCurve{Judge: a.Judge, Horizon: a.horizon}
	for _, c := range a.order(cells) {
		curve, err := a.curveOf(c, spells[c])
		if err != nil {
			return out, fmt.Errorf("activation curve: %w", err)
		}
		out.Cohorts = append(out.Cohorts, curve)
	}
	return out, nil
}

// The cells of all cohorts: day 0 is no period's first, and no group has a
// name that cannot be written.
const (
	allPeriods = farol.Day(0)
	everybody  = "\x00"
)

// order puts the cells in the order of the answer: all, the groups of all,
// the periods.
func (a *activationPlan) order(cells []cell) []cell {
	var out []cell
	pass := func(keep func(cell) bool) {
		for _, c := range cells {
			if keep(c) {
				out = append(out, c)
			}
		}
	}
	pass(func(c cell) bool { return c.group == everybody })
	pass(func(c cell) bool { return c.from == allPeriods && c.group != everybody })
	for _, p := range a.periods {
		pass(func(c cell) bool { return c.from == p.From })
	}
	return out
}

func (a *activationPlan) curveOf(c cell, spells []stats.Spell) (CohortCurve, error) {
	out := CohortCurve{Group: c.group}
	if c.group == everybody {
		out.Group = ""
	}
	for _, p := range a.periods {
		if p.From == c.from {
			out.Period = p
		}
	}
	for _, s := range spells {
		out.Units += int64(s.N)
		switch s.Cause {
		case 1:
			out.Met += int64(s.N)
		case 2:
			out.Lost += int64(s.N)
		}
	}
	// Whoever cancels is censored where nobody is thought to cancel.
	alone := make([]stats.Spell, len(spells))
	for i, s := range spells {
		alone[i] = s
		if s.Cause == 2 {
			alone[i].Cause = 0
		}
	}
	km, err := stats.KaplanMeier(alone, stats.Level)
	if err != nil {
		return out, err
	}
	inc, err := stats.AalenJohansen(spells, 1, stats.Level)
	if err != nil {
		return out, err
	}
	out.Median = km.Quantile(0.5)
	for day := range a.horizon {
		s, known := km.At(float64(day))
		i, _ := inc.At(float64(day))
		if !known {
			break
		}
		point := CurveDay{Day: day, Share: 1 - s.Value, Incidence: i.Value, AtRisk: s.AtRisk}
		if s.Interval != nil {
			low, high := 1-s.Interval.High, 1-s.Interval.Low
			point.Low, point.High = &low, &high
		}
		if i.Interval != nil {
			low, high := i.Interval.Low, i.Interval.High
			point.IncLow, point.IncHigh = &low, &high
		}
		out.Days = append(out.Days, point)
	}
	return out, nil
}
