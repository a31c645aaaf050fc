package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

func (s *server) voiceOperations() {
	tags := []string{"voice"}
	register(s, team, huma.Operation{OperationID: "read-voice-distribution", Method: http.MethodGet, Path: "/voice/distribution", Tags: tags,
		Summary:     "The answers of a period by score",
		Description: "The period is taken as a whole: of NPS the latest answer of each person in it counts. With by, the groups, and the score reweighted to the people who use the product."}, s.readDistribution)
	register(s, team, huma.Operation{OperationID: "list-voice-comments", Method: http.MethodGet, Path: "/voice/comments", Tags: tags,
		Summary: "The answers behind the distribution, the newest first", Description: "With a comment only, unless all is asked for."}, s.listComments)
	register(s, team, huma.Operation{OperationID: "read-lifecycle-board", Method: http.MethodGet, Path: "/lifecycle", Tags: []string{"lifecycle"},
		Summary:     "How far the accounts created in a period got: acquired, activated, retained, paying, referring",
		Description: "Shares are of accounts whose whole time (within) has passed, whether they got somewhere or not; medians take all, by Kaplan-Meier."}, s.readBoard)
	register(s, team, huma.Operation{OperationID: "list-lifecycle-accounts", Method: http.MethodGet, Path: "/lifecycle/accounts", Tags: []string{"lifecycle"},
		Summary: "The accounts of a stage, with the day on which they first reached each"}, s.listStageAccounts)
}

// Voiced are the parameters that choose answers.
type Voiced struct {
	Kind     string `query:"kind" enum:"nps,csat,ces" default:"nps"`
	Relation string `query:"relation" enum:"relational,transactional,employee" doc:"What the survey is about; they are never pooled for NPS. Empty is relational for NPS, and all of customers for the others."`
	From     string `query:"from" format:"date" doc:"First day; 90 days back when empty."`
	To       string `query:"to" format:"date" doc:"First day after; tomorrow when empty."`
	Clocks
	Scope
}

// whole reads the dates of a period that is taken as one.
func (s *server) whole(c Clocks, from, to string, back int, cal farol.Calendar) (p farol.Period, q metric.Request, err error) {
	if q.AsOf, err = c.asOf(); err != nil {
		return p, q, err
	}
	if q.Known, err = c.known(cal.Zone); err != nil {
		return p, q, err
	}
	if p.From, err = day("from", from); err != nil {
		return p, q, err
	}
	if p.To, err = day("to", to); err != nil {
		return p, q, err
	}
	if to == "" {
		p.To = s.reference(q, cal) + 1
	}
	if from == "" {
		p.From = p.To - farol.Day(back)
	}
	p.To, err = after(p.From, p.To)
	return p, q, err
}

func (s *server) voiced(ctx context.Context, in Voiced) (metric.VoiceRequest, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return metric.VoiceRequest{}, err
	}
	p, clocks, err := s.whole(in.Clocks, in.From, in.To, 90, cal)
	if err != nil {
		return metric.VoiceRequest{}, err
	}
	filters, err := s.filters(ctx, in.Segment)
	return metric.VoiceRequest{Kind: in.Kind, Relation: in.Relation, Period: p, AsOf: clocks.AsOf, Known: clocks.Known, By: in.By, Filters: filters}, err
}

// Proportion is a part of a whole.
type Proportion struct {
	Part  int64    `json:"part"`
	Of    int64    `json:"of"`
	Value *float64 `json:"value" doc:"null of nobody."`
	Low   *float64 `json:"low" doc:"Low end of the 95 % interval."`
	High  *float64 `json:"high"`
}

func newProportion(x metric.Share) Proportion {
	return Proportion{x.Part, x.Of, x.Value, x.Low, x.High}
}

// VoiceGroup is the answers of one group.
type VoiceGroup struct {
	Group    *string    `json:"group" doc:"The value broken down by, empty for unknown; null for everybody."`
	Scores   []int64    `json:"scores" nullable:"false" doc:"How many answers there are of each score, from 0."`
	Answers  int64      `json:"answers"`
	Value    *float64   `json:"value" doc:"NPS in points, or the share of 4 and 5 (CSAT), 5 to 7 (CES); null without answers."`
	Low      *float64   `json:"low"`
	High     *float64   `json:"high"`
	Mean     *float64   `json:"mean"`
	Response Proportion `json:"response" doc:"Answered within 14 days, of the surveys delivered that have had them."`
	Base     int64      `json:"base" doc:"People who used the product in the 28 days up to the last day."`
}

func newVoiceGroup(g metric.VoiceGroup, by string) VoiceGroup {
	out := VoiceGroup{
		Scores: g.Scores, Answers: g.Answers, Value: g.Value, Low: g.Low, High: g.High, Mean: g.Mean, Response: newProportion(g.Response), Base: g.Base,
	}
	if by != "" {
		out.Group = &g.Group
	}
	return out
}

// Weighted is the score that the whole base would give if, in each group,
// those who answered stand for those who did not.
type Weighted struct {
	Value   float64 `json:"value"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Covered float64 `json:"covered" doc:"The part of the base whose group answered at all."`
}

type distributionOutput struct {
	Body struct {
		Kind     string       `json:"kind"`
		Relation *string      `json:"relation"`
		Scale    int          `json:"scale" doc:"The highest score."`
		From     string       `json:"from" format:"date"`
		To       string       `json:"to" format:"date"`
		All      VoiceGroup   `json:"all"`
		Groups   []VoiceGroup `json:"groups" nullable:"false" doc:"With by: the most answers first."`
		Weighted *Weighted    `json:"weighted" doc:"Of NPS with by: the score reweighted to the base; else null."`
	}
}

func (s *server) readDistribution(ctx context.Context, in *struct{ Voiced }) (*distributionOutput, error) {
	q, err := s.voiced(ctx, in.Voiced)
	if err != nil {
		return nil, err
	}
	v, err := s.Metrics.Voice(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &distributionOutput{}
	b := &out.Body
	b.Kind, b.Relation, b.Scale, b.From, b.To = v.Kind, orNull(v.Relation), v.Scale, v.Period.From.String(), v.Period.To.String()
	b.All, b.Groups = newVoiceGroup(v.All, ""), []VoiceGroup{}
	for _, g := range v.Groups {
		b.Groups = append(b.Groups, newVoiceGroup(g, q.By))
	}
	if w := v.Weighted; w != nil {
		b.Weighted = &Weighted{w.Value, w.Low, w.High, w.Covered}
	}
	return out, nil
}

// Comment is a survey answer.
type Comment struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Account  *string   `json:"account"`
	Person   *string   `json:"person"`
	Survey   string    `json:"survey"`
	Relation string    `json:"relation"`
	Score    float64   `json:"score"`
	Scale    float64   `json:"scale"`
	Comment  string    `json:"comment"`
}

type commentsInput struct {
	Voiced
	All   bool   `query:"all" doc:"Answers without a comment, too."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After string `query:"after" doc:"The cursor next of the page before."`
}

type commentsOutput struct {
	Body struct {
		Comments []Comment `json:"comments" nullable:"false"`
		Next     *string   `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) listComments(ctx context.Context, in *commentsInput) (*commentsOutput, error) {
	q, err := s.voiced(ctx, in.Voiced)
	if err != nil {
		return nil, err
	}
	list, next, err := s.Metrics.Answers(ctx, metric.AnswersRequest{VoiceRequest: q, Commented: !in.All, Limit: in.Limit, After: in.After})
	if err != nil {
		return nil, err
	}
	out := &commentsOutput{}
	out.Body.Comments, out.Body.Next = []Comment{}, orNull(next)
	for _, a := range list {
		out.Body.Comments = append(out.Body.Comments, Comment{
			a.ID, a.At, orNull(string(a.Account)), orNull(string(a.Person)), a.Survey, a.Relation, a.Score, a.Scale, a.Comment,
		})
	}
	return out, nil
}
