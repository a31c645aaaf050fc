package metric

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/stats"
)

// The stages of the life cycle, in the order in which they are read.
const (
	Acquired = iota
	Activated
	Retained
	Paying
	Referring
	stages
)

// StageNames are their names in addresses.
var StageNames = [stages]string{"acquired", "activated", "retained", "paying", "referring"}

// RetainedAfter is how many days after its creation an account that is still
// used is retained.
const RetainedAfter = 28

// StagesRequest asks how far the accounts that were created in a period got.
type StagesRequest struct {
	Period farol.Period
	// Cohorts cuts the period; "" is months.
	Cohorts farol.Grain
	// Within is how many days after its creation an account may reach a stage;
	// 0 is 90, at least 29 and at most 366.
	Within  int
	AsOf    farol.Day
	Known   time.Time
	By      string
	Filters []facts.Filter
	MaxAge  time.Duration
}

const usualWithin = 90

// Stages is the life cycle board. Only accounts whose whole time has passed
// are in shares (a cohort is mature or it is not); the medians take all, those
// still on the way as waiting.
type Stages struct {
	Version string
	Within  int
	Period  farol.Period
	All     StageGroup
	// Groups of the breakdown, the largest first.
	Groups []StageGroup
	// Cohorts by the period of creation.
	Cohorts []StageCohort
}

// StageGroup is the accounts of one value of the attribute.
type StageGroup struct {
	Group string
	// Created accounts, and the Mature ones of them.
	Created, Mature int64
	Steps           [stages]StageStep
}

// StageStep is how a group fares at one stage.
type StageStep struct {
	// Reached is the share of the mature accounts that reached the stage in
	// time, Next that of those who then reached the following one, too (nil at
	// the last).
	Reached Share
	Next    *Share
	// Days is the median time from creation, by Kaplan-Meier; nil ends where
	// too few got there.
	Days stats.Quantile
}

// StageCohort is the accounts created in one period.
type StageCohort struct {
	Period  farol.Period
	Created int64
	// Complete tells that the time of all of them has passed; only then are the
	// shares final, and until then they are of the mature ones.
	Complete bool
	Reached  [stages]Share
}

// StageAccount is an account with the days on which it first reached each
// stage: 0 for not so far. Days before its creation count as that day.
type StageAccount struct {
	Account farol.AccountID
	Group   string
	Days    [stages]farol.Day
	// Mature tells that its whole time has passed: only then do shares count it.
	Mature bool
}

// StageList asks for the accounts of a stage.
type StageList struct {
	Stage int
	// Then is another stage that they reached, too; 0 asks for none.
	Then int
	// Missed asks for those that had their whole time and did not reach it (Then,
	// where it is given), Mature for those only that the shares count.
	Missed, Mature bool
	// Limit is 200 when it is 0.
	Limit int
}

// has tells whether the account is one of those asked for.
func (w StageList) has(a StageAccount) bool {
	last := w.Stage
	if w.Then != 0 {
		if a.Days[w.Stage] == 0 {
			return false
		}
		last = w.Then
	}
	return (a.Days[last] != 0) != w.Missed && (a.Mature || !w.Missed && !w.Mature)
}

var stageMetric = &Metric{
	Name: "$stages", Version: 1, Settings: []string{ActiveName, ActivationName, CompanyName, ConventionsName}, Unit: "accounts", Aggregation: Proportion,
	Grains: []farol.Grain{farol.Daily}, doors: []string{"accounts", "activity", "firstPaid", "referrals"},
}

// stagesText answers each account created in the period with its days; %s is
// the door of the criterion.
const stagesText = `WITH cohort AS (
  SELECT a.account AS account, a.grp AS grp, a.created_day AS created_day
  FROM {{accounts}} AS a
  JOIN {{days}} AS d ON d.day = a.created_day
),
met AS (
  SELECT m.account AS account, min(m.met_day) AS met_day
  FROM %s AS m
  WHERE m.met_day IS NOT NULL
  GROUP BY m.account
),
used AS (
  SELECT c.account AS account, min(p.day) AS used_day
  FROM cohort AS c
  JOIN {{present 0 "unfiltered"}} AS p ON p.account = c.account
  WHERE p.day >= addDaysN(c.created_day, {retained_after:Int64})
  GROUP BY c.account
),
paid AS (
  SELECT f.account AS account, f.day AS paid_day FROM {{firstPaid "unfiltered"}} AS f
),
referred AS (
  SELECT r.account AS account, min(r.day) AS referred_day
  FROM {{referrals "unfiltered"}} AS r
  WHERE r.qualified = 1
  GROUP BY r.account
)
SELECT c.account AS stage_account, c.grp AS stage_group, dayNumber(c.created_day) AS created_number,
  coalesce(dayNumber(m.met_day), -1) AS met_number, coalesce(dayNumber(u.used_day), -1) AS used_number,
  coalesce(dayNumber(p.paid_day), -1) AS paid_number, coalesce(dayNumber(r.referred_day), -1) AS referred_number
FROM cohort AS c
LEFT JOIN met AS m ON m.account = c.account
LEFT JOIN used AS u ON u.account = c.account
LEFT JOIN paid AS p ON p.account = c.account
LEFT JOIN referred AS r ON r.account = c.account
ORDER BY c.created_day, c.account`

func (r *Reader) stagePlan(ctx context.Context, q *StagesRequest) (*plan, error) {
	var err error
	if q.Filters, err = facts.Sighted(ctx, q.Filters, q.By); err != nil {
		return nil, err
	}
	p := &plan{metric: stageMetric, settings: r.settings(), Request: Request{
		Metric: stageMetric.Name, Grain: farol.Daily, Period: q.Period, AsOf: q.AsOf, Known: q.Known, By: q.By, Filters: q.Filters, MaxAge: q.MaxAge,
	}}
	if p.settings.Calendar.Zone == nil {
		p.settings.Calendar.Zone = time.UTC
	}
	q.Within, q.Cohorts = cmp.Or(q.Within, usualWithin), cmp.Or(q.Cohorts, farol.Monthly)
	if q.Within <= RetainedAfter || q.Within > maxHorizon {
		return nil, farol.InvalidField("within", "must be between %d and %d", RetainedAfter+1, maxHorizon)
	}
	if !slices.Contains(grains, string(q.Cohorts)) {
		return nil, farol.InvalidField("cohorts", "must be day, week or month")
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	p.version = p.settings.version(stageMetric)
	p.clocks(r.now())
	p.periods = []farol.Period{q.Period}
	return p, nil
}

// stageAccounts reads every account created in the period, with what it
// reached inside its time.
func (r *Reader) stageAccounts(ctx context.Context, p *plan, q StagesRequest) (list []StageAccount, err error) {
	if len(p.started(p.periods)) == 0 {
		return nil, nil
	}
	versions := p.settings.activations()
	door := fmt.Sprintf("{{activated %d}}", q.Within)
	if versions[len(versions)-1].People() {
		door = fmt.Sprintf(`{{activated %d "people"}}`, q.Within)
	}
	scope := p.scope(p.periods)
	scope.Period.To = q.Period.To + farol.Day(q.Within)
	params := p.params()
	params["retained_after"] = int64(RetainedAfter)
	err = r.rowsOf(ctx, fmt.Sprintf(stagesText, door), scope, params, func(rows *sql.Rows) error {
		var a StageAccount
		var n [stages]int64
		if err := rows.Scan(&a.Account, &a.Group, &n[0], &n[1], &n[2], &n[3], &n[4]); err != nil {
			return err
		}
		a.Days[Acquired] = farol.Day(n[Acquired])
		for s := Activated; s < stages; s++ {
			if day := max(farol.Day(n[s]), a.Days[Acquired]); n[s] >= 0 && day < a.Days[Acquired]+farol.Day(q.Within) {
				a.Days[s] = day
			}
		}
		a.Mature = a.Days[Acquired]+farol.Day(q.Within) <= p.through+1
		list = append(list, a)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("stages: %w", err)
	}
	return list, nil
}

// Stages answers how far the accounts created in a period got in their life
// cycle. Errors are Invalid and name the field.
func (r *Reader) Stages(ctx context.Context, q StagesRequest) (Stages, error) {
	p, err := r.stagePlan(ctx, &q)
	if err != nil {
		return Stages{}, err
	}
	what := fmt.Sprintf("stages|%d|%s", q.Within, q.Cohorts)
	return kept(ctx, r, p, what, func(ctx context.Context) (Stages, error) { return r.lifeStages(ctx, p, q) })
}

func (r *Reader) lifeStages(ctx context.Context, p *plan, q StagesRequest) (Stages, error) {
	list, err := r.stageAccounts(ctx, p, q)
	if err != nil {
		return Stages{}, err
	}
	out := Stages{Version: p.version, Within: q.Within, Period: q.Period, All: p.stageGroup("", list, q.Within)}
	for _, c := range p.settings.Calendar.Cut(q.Cohorts, q.Period) {
		out.Cohorts = append(out.Cohorts, p.stageCohort(c, list, q.Within))
	}
	if q.By == "" {
		return out, nil
	}
	groups := map[string][]StageAccount{}
	for _, a := range list {
		groups[a.Group] = append(groups[a.Group], a)
	}
	for name, members := range groups {
		out.Groups = append(out.Groups, p.stageGroup(name, members, q.Within))
	}
	slices.SortFunc(out.Groups, func(a, b StageGroup) int {
		return cmp.Or(cmp.Compare(b.Created, a.Created), cmp.Compare(a.Group, b.Group))
	})
	return out, nil
}

func (p *plan) stageGroup(name string, list []StageAccount, within int) StageGroup {
	g := StageGroup{Group: name, Created: int64(len(list))}
	var reached, both [stages]int64
	spells := make([][]stats.Spell, stages)
	for _, a := range list {
		if a.Mature {
			g.Mature++
		}
		for s := range stages {
			seen := float64(min(p.through+1-a.Days[Acquired], farol.Day(within)))
			switch {
			case a.Days[s] != 0:
				spells[s] = append(spells[s], stats.Spell{Exit: float64(a.Days[s] - a.Days[Acquired]), Cause: 1, N: 1})
			case seen > 0:
				spells[s] = append(spells[s], stats.Spell{Exit: seen, N: 1})
			}
			if a.Mature && a.Days[s] != 0 {
				reached[s]++
				if s+1 < stages && a.Days[s+1] != 0 {
					both[s]++
				}
			}
		}
	}
	for s := range stages {
		g.Steps[s].Reached = shareOf(reached[s], g.Mature)
		if s+1 < stages {
			next := shareOf(both[s], reached[s])
			g.Steps[s].Next = &next
		}
		if curve, err := stats.KaplanMeier(spells[s], stats.Level); err == nil {
			g.Steps[s].Days = curve.Quantile(0.5)
		}
	}
	return g
}

func (p *plan) stageCohort(c farol.Period, list []StageAccount, within int) StageCohort {
	out := StageCohort{Period: c, Complete: c.Last()+farol.Day(within) <= p.through+1}
	var reached [stages]int64
	mature := int64(0)
	for _, a := range list {
		if !c.Contains(a.Days[Acquired]) {
			continue
		}
		out.Created++
		if !a.Mature {
			continue
		}
		mature++
		for s := range stages {
			if a.Days[s] != 0 {
				reached[s]++
			}
		}
	}
	for s := range stages {
		out.Reached[s] = shareOf(reached[s], mature)
	}
	return out
}

// StageAccounts lists the accounts created in the period that reached a stage,
// or did not.
func (r *Reader) StageAccounts(ctx context.Context, q StagesRequest, want StageList) (list []StageAccount, more bool, err error) {
	p, err := r.stagePlan(ctx, &q)
	if err != nil {
		return nil, false, err
	}
	if want.Stage < 0 || want.Stage >= stages {
		return nil, false, farol.InvalidField("stage", "there is no such stage")
	}
	if want.Then < 0 || want.Then >= stages {
		return nil, false, farol.InvalidField("then", "there is no such stage")
	}
	all, err := r.stageAccounts(ctx, p, q)
	if err != nil {
		return nil, false, err
	}
	for _, a := range all {
		if want.has(a) {
			list = append(list, a)
		}
	}
	if limit := cmp.Or(want.Limit, 200); len(list) > limit {
		return list[:limit], true, nil
	}
	return list, false, nil
}
