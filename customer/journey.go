package customer

import (
	"context"
	"errors"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// Journey moves accounts from stage to stage by the rules.
type Journey struct {
	Facts     *facts.Facts
	Store     *store.Store
	Directory *Directory
	// Env is what the rules are read in; its AsOf is set for each day.
	Env func(ctx context.Context) (segment.Env, error)
	// Waiting tells whether values per account of a metric are still to be
	// computed up to a day; nil is never. A rule that reads zero where nothing
	// was computed yet would move everybody.
	Waiting func(ctx context.Context, metric string, day farol.Day) (bool, error)
	Now     func() time.Time
}

// Run applies the rules to each day since the last run, today once: again only
// when the stages were changed since. The first run goes back half a year, week
// by week, so that the time in a stage means something from the beginning. Its
// work follows the number of days and of rules, and it appends only moves; it
// may be cut off anywhere and goes on from there.
func (j *Journey) Run(ctx context.Context) error {
	stages, version, err := ReadStages(ctx, j.Store)
	if err != nil {
		return err
	}
	last, ran, err := j.Store.LastStageRun(ctx)
	if err != nil {
		return err
	}
	now := j.Now()
	today := farol.DayOf(now, j.Facts.Zone())
	from := farol.Day(0)
	if ran {
		from = last.Day
		if last.Version != version {
			from = min(from, today-1)
		}
	}
	env, err := j.Env(ctx)
	if err != nil {
		return err
	}
	moved := 0
	for _, d := range steps(from, today) {
		if wait, err := j.waits(ctx, stages, d); err != nil || wait {
			return errors.Join(err, j.shown(ctx, moved))
		}
		n, err := j.day(ctx, stages, version, d, endOf(d, today, now, j.Facts.Zone()), env)
		if err != nil {
			return err
		}
		moved += n
		if err := j.Store.SaveStageRun(ctx, store.StageRun{Day: d, Version: version, Moved: n}); err != nil {
			return err
		}
	}
	return j.shown(ctx, moved)
}

func (j *Journey) shown(ctx context.Context, moved int) error {
	if moved == 0 {
		return nil
	}
	return j.Directory.Refresh(ctx)
}

// waits tells whether a rule reads a metric whose values are not all there.
func (j *Journey) waits(ctx context.Context, s Stages, d farol.Day) (bool, error) {
	if j.Waiting == nil {
		return false, nil
	}
	asked := map[string]bool{}
	for _, x := range s.List {
		for _, text := range []string{x.Enter, x.Exit} {
			rule, err := x.rule(text, x.Name)
			if err != nil {
				return false, err
			}
			if rule != nil {
				metricsOf(*rule, asked)
			}
		}
	}
	for name := range asked {
		wait, err := j.Waiting(ctx, name, d)
		if farol.KindOf(err) == farol.NotFound {
			continue // the rule itself tells
		}
		if err != nil || wait {
			return wait, err
		}
	}
	return false, nil
}

// metricsOf collects the metrics that a rule reads.
func metricsOf(r segment.Rule, into map[string]bool) {
	if r.Metric != nil {
		into[r.Metric.Name] = true
	}
	for _, list := range [][]segment.Rule{r.All, r.Any, r.None} {
		for _, x := range list {
			metricsOf(x, into)
		}
	}
}

// day applies the rules as of a day and answers how many accounts moved.
func (j *Journey) day(ctx context.Context, s Stages, version int, d farol.Day, at time.Time, env segment.Env) (int, error) {
	env.AsOf = d
	h, err := j.evaluate(ctx, s, env)
	if err != nil {
		return 0, err
	}
	all, err := j.Directory.At(ctx, d, time.Time{})
	if err != nil {
		return 0, err
	}
	var marks []facts.Mark
	for id, a := range all {
		if a.Test || s.held(a, d) {
			continue
		}
		to, why := s.next(id, a.Stage(), h)
		if to == "" {
			continue
		}
		why.By, why.Version = RulesAuthor, version
		marks = append(marks, facts.Mark{Account: id, Trait: StageTrait, Value: to}, facts.Mark{Account: id, Trait: WhyTrait, Value: why.String()})
	}
	return len(marks) / 2, j.Facts.SaveMarks(ctx, at, marks)
}

// evaluate asks each rule once for all accounts.
func (j *Journey) evaluate(ctx context.Context, s Stages, env segment.Env) (holds, error) {
	h := holds{map[string]map[farol.AccountID]bool{}, map[string]map[farol.AccountID]bool{}}
	for _, x := range s.List {
		for _, r := range []struct {
			text string
			into map[string]map[farol.AccountID]bool
		}{{x.Enter, h.enter}, {x.Exit, h.exit}} {
			rule, err := x.rule(r.text, x.Name)
			if err != nil {
				return h, err
			}
			if rule == nil {
				continue
			}
			list, err := segment.Accounts(ctx, j.Facts, *rule, env, 0)
			if err != nil {
				return h, err
			}
			set := make(map[farol.AccountID]bool, len(list))
			for _, a := range list {
				set[a] = true
			}
			r.into[x.Name] = set
		}
	}
	return h, nil
}

// StageMove is a move of an account, as its history tells it.
type StageMove struct {
	At    time.Time
	Day   farol.Day
	Stage string
	// Days that it stayed; those so far of the stage that it is in.
	Days int
	Last bool
	Why  Why
}

// StageHistory lists an account's moves, the newest first, as of a day and as
// known at an instant.
func (p Profile) StageHistory(ctx context.Context) ([]StageMove, error) {
	list, err := p.Facts.Moments(ctx, facts.MomentFilter{
		Account: p.Account, Kinds: []string{facts.MarkMoment}, Names: []string{StageTrait, WhyTrait}, AsOf: p.AsOf, Known: p.Known, Limit: 1000,
	})
	if err != nil {
		return nil, err
	}
	why := map[time.Time]Why{}
	for _, m := range list {
		if m.Name == WhyTrait {
			why[m.At] = ParseWhy(m.Fields["value"])
		}
	}
	var out []StageMove
	until := p.AsOf
	for _, m := range list {
		if m.Name != StageTrait {
			continue
		}
		out = append(out, StageMove{At: m.At, Day: m.Day, Stage: m.Fields["value"], Days: max(int(until-m.Day), 0), Last: len(out) == 0, Why: why[m.At]})
		until = m.Day
	}
	return out, nil
}
