package api

import (
	"context"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

// Staged are the parameters of the life cycle board.
type Staged struct {
	From   string `query:"from" format:"date" doc:"First day of creation; 180 days back when empty."`
	To     string `query:"to" format:"date" doc:"First day after; tomorrow when empty."`
	Within int    `query:"within" minimum:"29" maximum:"366" default:"90" doc:"Days from its creation in which an account may reach a stage."`
	Clocks
	Scope
}

func (s *server) staged(ctx context.Context, in Staged) (metric.StagesRequest, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return metric.StagesRequest{}, err
	}
	p, clocks, err := s.whole(in.Clocks, in.From, in.To, 180, cal)
	if err != nil {
		return metric.StagesRequest{}, err
	}
	filters, err := s.filters(ctx, in.Segment)
	return metric.StagesRequest{Period: p, Within: in.Within, AsOf: clocks.AsOf, Known: clocks.Known, By: in.By, Filters: filters}, err
}

// StageStep is how far accounts got.
type StageStep struct {
	Stage   string      `json:"stage" enum:"acquired,activated,retained,paying,referring"`
	Reached Proportion  `json:"reached" doc:"Of the accounts whose whole time has passed."`
	Next    *Proportion `json:"next" doc:"Of those who reached it: who reached the following one, too; null at the last."`
	Days    *float64    `json:"days" doc:"Median days from creation, by Kaplan-Meier; null while too few got there."`
	Low     *float64    `json:"days_low" doc:"Low end of its 95 % interval; null where it is open."`
	High    *float64    `json:"days_high"`
}

// StageGroup is the accounts of one value of the attribute.
type StageGroup struct {
	Group   *string     `json:"group" doc:"null for everybody, empty for unknown."`
	Created int64       `json:"created"`
	Mature  int64       `json:"mature" doc:"Accounts whose whole time has passed."`
	Stages  []StageStep `json:"stages" nullable:"false"`
}

func newStageGroup(g metric.StageGroup, by string) StageGroup {
	out := StageGroup{Created: g.Created, Mature: g.Mature}
	if by != "" {
		out.Group = &g.Group
	}
	for i, x := range g.Steps {
		step := StageStep{Stage: metric.StageNames[i], Reached: newProportion(x.Reached), Days: x.Days.Value, Low: x.Days.Low, High: x.Days.High}
		if x.Next != nil {
			next := newProportion(*x.Next)
			step.Next = &next
		}
		out.Stages = append(out.Stages, step)
	}
	return out
}

// StageCohort is the accounts created in one month.
type StageCohort struct {
	Period   string       `json:"period" format:"date"`
	Created  int64        `json:"created"`
	Complete bool         `json:"complete" doc:"Whether the time of all of them has passed."`
	Reached  []Proportion `json:"reached" nullable:"false" doc:"In the order of the stages."`
}

type boardOutput struct {
	Body struct {
		Version string        `json:"version"`
		From    string        `json:"from" format:"date"`
		To      string        `json:"to" format:"date"`
		Within  int           `json:"within"`
		All     StageGroup    `json:"all"`
		Groups  []StageGroup  `json:"groups" nullable:"false"`
		Cohorts []StageCohort `json:"cohorts" nullable:"false" doc:"By the month of creation."`
	}
}

func (s *server) readBoard(ctx context.Context, in *struct{ Staged }) (*boardOutput, error) {
	q, err := s.staged(ctx, in.Staged)
	if err != nil {
		return nil, err
	}
	board, err := s.Metrics.Stages(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &boardOutput{}
	b := &out.Body
	b.Version, b.From, b.To, b.Within = board.Version, board.Period.From.String(), board.Period.To.String(), board.Within
	b.All, b.Groups, b.Cohorts = newStageGroup(board.All, ""), []StageGroup{}, []StageCohort{}
	for _, g := range board.Groups {
		b.Groups = append(b.Groups, newStageGroup(g, q.By))
	}
	for _, c := range board.Cohorts {
		x := StageCohort{Period: c.Period.From.String(), Created: c.Created, Complete: c.Complete}
		for _, r := range c.Reached {
			x.Reached = append(x.Reached, newProportion(r))
		}
		b.Cohorts = append(b.Cohorts, x)
	}
	return out, nil
}

// StageAccount is an account with the days on which it reached the stages.
type StageAccount struct {
	Account   string  `json:"account"`
	Acquired  string  `json:"acquired" format:"date"`
	Activated *string `json:"activated" doc:"null for not in time."`
	Retained  *string `json:"retained"`
	Paying    *string `json:"paying"`
	Referring *string `json:"referring"`
	Mature    bool    `json:"mature" doc:"Whether its whole time has passed: only then do the shares of the board count it."`
}

type stageAccountsInput struct {
	Staged
	Stage  string `query:"stage" enum:"acquired,activated,retained,paying,referring" default:"acquired"`
	Then   string `query:"then" enum:"acquired,activated,retained,paying,referring" doc:"Only those that reached this stage, too: with mature=true, those whom next of stage counts."`
	Missed bool   `query:"missed" doc:"Those that had their whole time and did not reach it; with then, those that reached stage and not then."`
	Mature bool   `query:"mature" doc:"Only those whose whole time has passed, whom the shares of the board count."`
	Limit  int    `query:"limit" minimum:"1" maximum:"10000" default:"1000"`
}

type stageAccountsOutput struct {
	Body struct {
		Accounts []StageAccount `json:"accounts" nullable:"false"`
		More     bool           `json:"more" doc:"Whether there are more than limit."`
	}
}

func (s *server) listStageAccounts(ctx context.Context, in *stageAccountsInput) (*stageAccountsOutput, error) {
	q, err := s.staged(ctx, in.Staged)
	if err != nil {
		return nil, err
	}
	list, more, err := s.Metrics.StageAccounts(ctx, q, metric.StageList{Stage: slices.Index(metric.StageNames[:], in.Stage), Then: max(0, slices.Index(metric.StageNames[:], in.Then)), Missed: in.Missed, Mature: in.Mature, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &stageAccountsOutput{}
	out.Body.Accounts, out.Body.More = []StageAccount{}, more
	date := func(d farol.Day) *string {
		if d == 0 {
			return nil
		}
		text := d.String()
		return &text
	}
	for _, a := range list {
		out.Body.Accounts = append(out.Body.Accounts, StageAccount{
			string(a.Account), a.Days[metric.Acquired].String(), date(a.Days[metric.Activated]), date(a.Days[metric.Retained]),
			date(a.Days[metric.Paying]), date(a.Days[metric.Referring]), a.Mature,
		})
	}
	return out, nil
}
