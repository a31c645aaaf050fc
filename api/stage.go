package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

func (s *server) stageOperations() {
	tags := []string{"stages"}
	register(s, team, huma.Operation{OperationID: "get-stages", Method: http.MethodGet, Path: "/stages", Tags: tags,
		Summary: "The stages of a customer's life and their rules"}, s.getStages)
	register(s, leaders, huma.Operation{OperationID: "set-stages", Method: http.MethodPut, Path: "/stages", Tags: tags,
		Summary: "Change the stages", Description: "The document becomes the next version, unless it is the latest already. Rules are written in the language of segments.", Errors: []int{409}}, s.setStages)
	register(s, team, huma.Operation{OperationID: "get-stages-board", Method: http.MethodGet, Path: "/stages/board", Tags: tags,
		Summary: "How many customers and how much money are in each stage, and who is behind or stuck"}, s.stagesBoard)
	register(s, team, huma.Operation{OperationID: "get-customer-stages", Method: http.MethodGet, Path: "/customers/{id}/stages", Tags: tags,
		Summary: "A customer's way through the stages, the latest first", Errors: []int{404}}, s.customerStages)
}

type stagesOutput struct {
	Body struct {
		customer.Stages
		Version int `json:"version" doc:"0 for the defaults."`
	}
}

func (s *server) getStages(ctx context.Context, _ *struct{}) (*stagesOutput, error) {
	doc, version, err := customer.ReadStages(ctx, s.Store)
	out := &stagesOutput{}
	out.Body.Stages, out.Body.Version = doc, version
	return out, err
}

func (s *server) setStages(ctx context.Context, in *SettingInput[customer.Stages]) (*definitionOutput, error) {
	if err := in.Body.Check(); err != nil {
		return nil, err
	}
	d, err := s.Store.Define(ctx, store.Draft{Kind: customer.StagesKind, Name: customer.StagesName, Body: in.Body, Author: "token:" + caller(ctx).Name, Base: in.seen()})
	return &definitionOutput{newDefinition(d)}, err
}

// StageTally is the customers of a stage, or of one standing in it.
type StageTally struct {
	Count int      `json:"count"`
	MRR   *float64 `json:"mrr" doc:"In major units; null when no customer's is known then, or it is hidden from the token."`
}

// StageColumn is a stage on the board.
type StageColumn struct {
	Stage *string `json:"stage" doc:"null for the customers that are in none."`
	StageTally
	Standings  map[string]StageTally `json:"standings" doc:"By on-track, behind, stuck; absent where nobody is."`
	MedianDays *int                  `json:"median_days" doc:"How long half of them have been in it at least; null when nobody is."`
}

type stagesBoardOutput struct {
	Body struct {
		Stages []StageColumn `json:"stages" nullable:"false"`
	}
}

func (s *server) stagesBoard(ctx context.Context, in *struct {
	CustomerQuery
	Clocks
}) (*stagesBoardOutput, error) {
	q, err := s.customerQuery(ctx, in.CustomerQuery)
	if err != nil {
		return nil, err
	}
	all, err := s.customersAt(ctx, in.Clocks, &q)
	if err != nil {
		return nil, err
	}
	tally := func(t customer.Tally) StageTally {
		if !t.Totalled || sight.Of(ctx).Hides(sight.Money) {
			return StageTally{Count: t.Count}
		}
		return StageTally{t.Count, &t.Total}
	}
	out := &stagesBoardOutput{}
	out.Body.Stages = []StageColumn{}
	for _, g := range q.ByStage(all, 0) {
		x := StageColumn{Stage: orNull(g.Stage), StageTally: tally(g.Tally), Standings: map[string]StageTally{}}
		if g.MedianDays >= 0 {
			x.MedianDays = &g.MedianDays
		}
		for standing, t := range g.Standings {
			if standing != customer.NoLimit {
				x.Standings[string(standing)] = tally(t)
			}
		}
		out.Body.Stages = append(out.Body.Stages, x)
	}
	return out, nil
}

// StageMove is a move of a customer.
type StageMove struct {
	Stage   *string   `json:"stage" doc:"null when it was taken out of every stage."`
	At      time.Time `json:"at"`
	Since   string    `json:"since" format:"date"`
	Days    int       `json:"days" doc:"That it stayed, or has stayed so far."`
	By      *string   `json:"by" doc:"A member's id, token:NAME, or rules; null when nobody said."`
	Reason  *string   `json:"reason" doc:"What was written by hand."`
	Rule    *string   `json:"rule" enum:"enter,exit" doc:"Which rule held; null for moves by hand."`
	Of      *string   `json:"of" doc:"The stage that the rule belongs to."`
	Version int       `json:"version" doc:"Of the stages that were applied."`
}

type stageMovesOutput struct {
	Body struct {
		Moves []StageMove `json:"moves" nullable:"false"`
	}
}

func (s *server) customerStages(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*stageMovesOutput, error) {
	_, _, p, err := s.customerAt(ctx, in.ID, in.Clocks)
	if err != nil {
		return nil, err
	}
	list, err := p.StageHistory(ctx)
	out := &stageMovesOutput{}
	out.Body.Moves = []StageMove{}
	for _, m := range list {
		out.Body.Moves = append(out.Body.Moves, StageMove{orNull(m.Stage), m.At, m.Day.String(), m.Days, orNull(m.Why.By), orNull(m.Why.Reason), orNull(m.Why.Rule), orNull(m.Why.Of), m.Why.Version})
	}
	return out, err
}
