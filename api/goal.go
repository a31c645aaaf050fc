package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/goal"
)

func (s *server) goalOperations() {
	tags := []string{"goals"}
	register(s, team, huma.Operation{OperationID: "list-goals", Method: http.MethodGet, Path: "/goals", Tags: tags,
		Summary: "The goals that support and Customer Success share, with how they stand", Description: "Goals on metrics that are hidden from the caller are left out. With as_of or known the goals are those that were set by then, as they were written then. A segment narrows the values of every goal down."}, s.listGoals)
	register(s, workers, huma.Operation{OperationID: "add-goal", Method: http.MethodPost, Path: "/goals", Tags: tags,
		Summary: "Set a goal", Description: "For who sees all accounts.", DefaultStatus: http.StatusCreated}, s.addGoal)
	register(s, team, huma.Operation{OperationID: "get-goal", Method: http.MethodGet, Path: "/goals/{id}", Tags: tags,
		Summary: "A goal with its series, its forecast and how it stands", Errors: []int{404}}, s.getGoal)
	register(s, workers, huma.Operation{OperationID: "change-goal", Method: http.MethodPut, Path: "/goals/{id}", Tags: tags,
		Summary: "Write the next version of a goal", Description: "For who sees all accounts.", Errors: []int{404, 409}}, s.changeGoal)
}

// GoalBody is a goal as its owners write it.
type GoalBody struct {
	Title     string   `json:"title"`
	Why       string   `json:"why,omitempty" doc:"What it is good for; Markdown."`
	Metric    string   `json:"metric"`
	Segment   []string `json:"segment,omitempty" doc:"attribute=value, each; the same attribute again adds a value."`
	Grain     string   `json:"grain,omitempty" enum:"day,week,month," doc:"The longest of the metric when empty."`
	Baseline  *float64 `json:"baseline,omitempty" doc:"In the metric's unit; when absent, the value of the last whole period before the start."`
	Target    float64  `json:"target" doc:"In the metric's unit: a share is 0 to 1."`
	Direction string   `json:"direction,omitempty" enum:"up,down," doc:"Which side of the target is good; the metric's own when empty."`
	Start     string   `json:"start" format:"date"`
	Due       string   `json:"due" format:"date"`
	Support   string   `json:"support" doc:"The member of support who owns it."`
	CS        string   `json:"cs" doc:"The member of Customer Success who owns it."`
	Ended     bool     `json:"ended,omitempty"`
}

func (b GoalBody) goal() goal.Goal {
	return goal.Goal{Title: b.Title, Why: b.Why, Metric: b.Metric, Segment: b.Segment, Grain: farol.Grain(b.Grain), Baseline: b.Baseline, Target: b.Target, Direction: b.Direction,
		Start: b.Start, Due: b.Due, Support: b.Support, CS: b.CS, Ended: b.Ended}
}

// GoalStep is a period of a goal's series or forecast.
type GoalStep struct {
	From     string   `json:"from" format:"date"`
	To       string   `json:"to" format:"date" doc:"The first day after."`
	Value    *float64 `json:"value"`
	Low      *float64 `json:"low" doc:"Of the 95 % interval."`
	High     *float64 `json:"high"`
	Complete bool     `json:"complete"`
}

// GoalReading is a goal with how it stands.
type GoalReading struct {
	GoalBody
	ID       string     `json:"id"`
	Version  int        `json:"version"`
	Author   string     `json:"author"`
	Changed  time.Time  `json:"changed"`
	Unit     string     `json:"unit"`
	Currency *string    `json:"currency"`
	Status   string     `json:"status" enum:"on_track,at_risk,missed,reached,unknown"`
	Ground   string     `json:"ground" enum:"value,forecast,line,part,none" doc:"Why: by the last value, by the forecast, by the straight line from baseline to target, or nothing to judge by; part: the caller sees or asks for some accounts only, the values are theirs, and baseline, progress, chance and status, which are of all, are left out."`
	Live     *GoalStep  `json:"live" doc:"The last period that is complete, else the last with a value; null for none."`
	Progress *float64   `json:"progress" doc:"The share of the way from baseline to target, 1 at most; below 0 it has moved away. null where there is no way: no value, no baseline, or one that is at the target already."`
	Chance   *float64   `json:"chance" doc:"Of being at the target on the day if changes go on as they were, independent of each other; null with fewer than six whole periods."`
	Series   []GoalStep `json:"series,omitempty"`
	Forecast []GoalStep `json:"forecast,omitempty"`
}

func newGoal(r goal.Reading, whole bool) GoalReading {
	g := r.Goal
	out := GoalReading{
		GoalBody: GoalBody{g.Title, g.Why, g.Metric, g.Segment, string(g.Grain), g.Baseline, g.Target, g.Direction, g.Start, g.Due, g.Support, g.CS, g.Ended},
		ID:       r.ID, Version: r.Version, Author: r.Author, Changed: r.Changed, Unit: r.Unit, Currency: orNull(string(r.Currency)), Status: string(r.Status), Ground: string(r.Ground), Progress: r.Progress, Chance: r.Chance,
	}
	if p := r.Live; p != nil {
		out.Live = &GoalStep{p.Period.From.String(), p.Period.To.String(), p.Value, p.Low, p.High, p.Complete}
	}
	if !whole {
		return out
	}
	for _, p := range r.Points {
		out.Series = append(out.Series, GoalStep{p.Period.From.String(), p.Period.To.String(), p.Value, p.Low, p.High, p.Complete})
	}
	for _, f := range r.Forecast {
		out.Forecast = append(out.Forecast, GoalStep{f.Period.From.String(), f.Period.To.String(), &f.Value, &f.Low, &f.High, false})
	}
	return out
}

func (s *server) goals() goal.Keeper {
	return goal.Keeper{Store: s.Store, Metrics: s.Metrics, Now: s.Now}
}

// goalsAt reads goals as the clocks say, of the accounts of a segment.
func (s *server) goalsAt(ctx context.Context, c Clocks, in Among) (goal.Keeper, error) {
	k := s.goals()
	cal, err := s.calendar(ctx)
	if err != nil {
		return k, err
	}
	if k.AsOf, err = c.asOf(); err != nil {
		return k, err
	}
	if k.Known, err = c.known(cal.Zone); err != nil {
		return k, err
	}
	k.Within, err = s.filters(ctx, in.Segment)
	return k, err
}

func (s *server) listGoals(ctx context.Context, in *struct {
	Clocks
	Among
}) (*struct {
	Body struct {
		Goals []GoalReading `json:"goals" nullable:"false"`
	}
}, error) {
	out := &struct {
		Body struct {
			Goals []GoalReading `json:"goals" nullable:"false"`
		}
	}{}
	k, err := s.goalsAt(ctx, in.Clocks, in.Among)
	if err != nil {
		return nil, err
	}
	list, err := k.ReadAll(ctx, 0)
	out.Body.Goals = make([]GoalReading, 0, len(list))
	for _, r := range list {
		out.Body.Goals = append(out.Body.Goals, newGoal(r, false))
	}
	return out, err
}

type goalOutput struct{ Body GoalReading }

func (s *server) readGoal(ctx context.Context, k goal.Keeper, g goal.Kept, err error) (*goalOutput, error) {
	if err != nil {
		return nil, err
	}
	r, err := k.Read(ctx, g, 0)
	return &goalOutput{newGoal(r, true)}, err
}

func (s *server) addGoal(ctx context.Context, in *struct{ Body GoalBody }) (*goalOutput, error) {
	g, err := s.goals().Add(ctx, in.Body.goal(), keeper(ctx).ID)
	return s.readGoal(ctx, s.goals(), g, err)
}

func (s *server) getGoal(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
	Among
}) (*goalOutput, error) {
	k, err := s.goalsAt(ctx, in.Clocks, in.Among)
	if err != nil {
		return nil, err
	}
	g, err := k.Goal(ctx, in.ID)
	return s.readGoal(ctx, k, g, err)
}

func (s *server) changeGoal(ctx context.Context, in *struct {
	Seen
	ID   string `path:"id"`
	Body GoalBody
}) (*goalOutput, error) {
	g, err := s.goals().Change(ctx, in.ID, in.Body.goal(), keeper(ctx).ID, in.seen())
	return s.readGoal(ctx, s.goals(), g, err)
}
