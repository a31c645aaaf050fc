package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/stats"
)

func (s *server) activationOperations() {
	op := func(id, path, summary, about string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{"activation"}, Summary: summary, Description: about}
	}
	register(s, team, op("read-activation-curve", "/activation/curve", "The share activated by each day from the start",
		"share is what it would be if nobody cancelled (Kaplan-Meier), incidence the share of all who began (Aalen-Johansen). The first curve is that of all cohorts, without dates."), s.readCurve)
	register(s, team, op("read-stuck", "/activation/stuck", "Who has not met the criterion, at which step, and since when", "The latest starters first."), s.readStuck)
	register(s, team, op("compare-criteria", "/activation/criteria", "The criteria side by side on the same cohorts",
		"The main one, its versions as if each had always held, and the others."), s.readCriteria)
	register(s, team, op("read-activation-gap", "/activation/gap", "Do activated customers stay longer?",
		"The share of customers retained, of those who met the criterion and of the others (Kaplan-Meier), from the day on which everybody's window had passed. It describes: who activates differs in other ways, too. For criteria of accounts."), s.readGap)
	register(s, team, op("list-criteria", "/criteria", "The criteria besides the main one", "The latest version of each that is in use."), s.listCriteria)
	register(s, leaders, huma.Operation{OperationID: "put-criterion", Method: http.MethodPut, Path: "/criteria/{name}", Tags: []string{"activation"},
		Summary: "Makes or changes a criterion besides the main one", Description: "The document becomes the next version of the definition criterion/{name}, unless it is the latest already. " +
			"With retired it is no longer used; its versions stay.", Errors: []int{409}}, s.putCriterion)
	register(s, team, op("read-features", "/adoption/features", "How each feature is used on the last day of the period", ""), s.readFeatures)
	register(s, team, op("read-feature-people", "/adoption/people", "Who has a feature, and who uses it, on the last day of the period", "Those who use it most first."), s.readFeaturePeople)
	register(s, team, op("read-missions", "/adoption/missions", "The missions of adoption, account by account", "Over the 28 days that end with the period; the weakest habit first."), s.readMissions)
}

// Cohorts are the parameters of what is read of those who began in a period.
type Cohorts struct {
	Criterion string   `query:"criterion" doc:"The name of a criterion; the main one when empty. @2 judges all by its version 2."`
	Grain     string   `query:"grain" enum:"day,week,month" default:"month" doc:"Length of the cohorts."`
	From      string   `query:"from" format:"date" doc:"First day; the last twelve periods when empty."`
	To        string   `query:"to" format:"date" doc:"First day after the period."`
	Horizon   int      `query:"horizon" default:"90" minimum:"1" maximum:"366" doc:"How many days from the start are looked at."`
	Segment   []string `query:"segment,explode" doc:"Keep the accounts whose attribute had this value, attribute=value."`
	Limit     int      `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"The longest list."`
	Clocks
}

func (s *server) cohorts(ctx context.Context, in Cohorts) (metric.ActivationRequest, error) {
	q, cal, err := s.request(ctx, "activation_rate", in.Grain, in.Clocks, Scope{Segment: in.Segment})
	if err == nil {
		q.Period, err = s.period(q, cal, in.From, in.To)
	}
	return metric.ActivationRequest{Request: q, Criterion: in.Criterion, Horizon: in.Horizon}, err
}

// Judged says by which criterion.
type Judged struct {
	Criterion string            `json:"criterion" doc:"As asked for; empty is the main one."`
	Version   int               `json:"version" doc:"The newest that judged; 0 is the default."`
	WhatIf    bool              `json:"what_if" doc:"One version judged all."`
	Rule      metric.Activation `json:"rule"`
	Changes   []VersionStart    `json:"changes" doc:"From which day on a later version judges who begins."`
}

// VersionStart is where a version began.
type VersionStart struct {
	Version int    `json:"version"`
	Since   string `json:"since" format:"date"`
}

func judged(j metric.Judge) Judged {
	out := Judged{Criterion: j.Name, Version: j.Version, WhatIf: j.WhatIf, Rule: j.Criterion, Changes: []VersionStart{}}
	for _, c := range j.Changes {
		out.Changes = append(out.Changes, VersionStart{c.Version, c.Since.String()})
	}
	return out
}

// Quantile is a day with its 95 % interval; null where it was not reached.
type Quantile struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

func quantileOf(q stats.Quantile) Quantile { return Quantile{q.Value, q.Low, q.High} }

// CohortCurve is the curve of a cohort.
type CohortCurve struct {
	From   *string    `json:"from" doc:"First day of the cohort; null for all."`
	Until  *string    `json:"until" doc:"Its last day."`
	Units  int64      `json:"units"`
	Met    int64      `json:"met"`
	Lost   int64      `json:"lost" doc:"Cancelled before they met it."`
	Median Quantile   `json:"median"`
	Days   []CurveDay `json:"days"`
}

// CurveDay is the curve at the end of a day; day 0 is the first.
type CurveDay struct {
	Day           int      `json:"day"`
	Share         float64  `json:"share"`
	Low           *float64 `json:"low"`
	High          *float64 `json:"high"`
	Incidence     float64  `json:"incidence"`
	IncidenceLow  *float64 `json:"incidence_low"`
	IncidenceHigh *float64 `json:"incidence_high"`
	AtRisk        float64  `json:"at_risk"`
}

type curveOutput struct {
	Body struct {
		Judged
		Curves []CohortCurve `json:"curves"`
	}
}

func (s *server) readCurve(ctx context.Context, in *Cohorts) (*curveOutput, error) {
	q, err := s.cohorts(ctx, *in)
	if err != nil {
		return nil, err
	}
	curve, err := s.Metrics.ActivationCurve(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &curveOutput{}
	out.Body.Judged, out.Body.Curves = judged(curve.Judge), []CohortCurve{}
	for _, c := range curve.Cohorts {
		x := CohortCurve{Units: c.Units, Met: c.Met, Lost: c.Lost, Median: quantileOf(c.Median), Days: []CurveDay{}}
		if c.Period.From != 0 {
			x.From, x.Until = orNull(c.Period.From.String()), orNull(c.Period.Last().String())
		}
		for _, d := range c.Days {
			x.Days = append(x.Days, CurveDay{d.Day, d.Share, d.Low, d.High, d.Incidence, d.IncLow, d.IncHigh, d.AtRisk})
		}
		out.Body.Curves = append(out.Body.Curves, x)
	}
	return out, nil
}

// StuckUnit is somebody who has not met the criterion.
type StuckUnit struct {
	Unit    string `json:"unit"`
	Account string `json:"account"`
	Start   string `json:"start" format:"date"`
	Days    int    `json:"days" doc:"Since it began."`
	Left    int    `json:"days_left" doc:"Of its window; 0 when it has passed."`
	Version int    `json:"version"`
	Step    int    `json:"step" doc:"The first clause that is not met, from 1."`
	Done    []Done `json:"done"`
}

// Done is how much of a clause was done.
type Done struct {
	Clause metric.Clause `json:"clause"`
	Done   int64         `json:"done"`
	Met    bool          `json:"met"`
}

// StuckStep is how many wait at a clause.
type StuckStep struct {
	Version int           `json:"version" doc:"Of the criterion; the newest version comes first, then earlier ones by which anybody is still judged."`
	Number  int           `json:"number" doc:"The place of the clause in its version, from 1."`
	Clause  metric.Clause `json:"clause"`
	Waiting int64         `json:"waiting"`
	Open    int64         `json:"open" doc:"Of them, those with time left."`
}

type stuckOutput struct {
	Body struct {
		Judged
		Total int64       `json:"total"`
		Open  int64       `json:"open"`
		Steps []StuckStep `json:"steps"`
		Units []StuckUnit `json:"units"`
	}
}

func (s *server) readStuck(ctx context.Context, in *Cohorts) (*stuckOutput, error) {
	q, err := s.cohorts(ctx, *in)
	if err != nil {
		return nil, err
	}
	stuck, err := s.Metrics.Stuck(ctx, q, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &stuckOutput{}
	b := &out.Body
	b.Judged, b.Total, b.Open, b.Steps, b.Units = judged(stuck.Judge), stuck.Total, stuck.Open, []StuckStep{}, []StuckUnit{}
	for _, x := range stuck.Steps {
		b.Steps = append(b.Steps, StuckStep{x.Version, x.Number, x.Clause, x.Waiting, x.Open})
	}
	for _, u := range stuck.Units {
		x := StuckUnit{u.Unit, u.Account, u.Start.String(), u.Days, u.Left, u.Version, u.Step, []Done{}}
		for _, d := range u.Done {
			x.Done = append(x.Done, Done{d.Clause, d.Done, d.Met})
		}
		b.Units = append(b.Units, x)
	}
	return out, nil
}

// Compared is one criterion beside others.
type Compared struct {
	Judged
	Mature int64         `json:"mature" doc:"Units whose whole window has passed."`
	Met    int64         `json:"met"`
	Rate   *float64      `json:"rate"`
	Low    *float64      `json:"low"`
	High   *float64      `json:"high"`
	Median Quantile      `json:"median"`
	Gap    *RetentionGap `json:"gap" doc:"Retention of who met it less that of the others; null when it cannot be told."`
}

// RetentionGap is a difference of retention at an age in days.
type RetentionGap struct {
	Day     int     `json:"day"`
	With    float64 `json:"with"`
	Without float64 `json:"without"`
	Value   float64 `json:"value"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
}

func newGapAt(g metric.GapAt) RetentionGap {
	return RetentionGap{g.Day, g.With, g.Without, g.Value, g.Low, g.High}
}

// GapSide is those who met the criterion, or the others.
type GapSide struct {
	Accounts int64    `json:"accounts" doc:"Accounts with a running subscription at the landmark or later."`
	Lost     int64    `json:"lost" doc:"Of them, those that have none any more."`
	Curve    []GapDay `json:"curve" nullable:"false"`
}

// GapDay is the share retained from the landmark to a day.
type GapDay struct {
	Day    int      `json:"day" doc:"Days from the start."`
	Share  float64  `json:"share"`
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
	AtRisk float64  `json:"at_risk" doc:"Accounts watched on that day."`
}

func newGapSide(s metric.GapSide) GapSide {
	out := GapSide{Accounts: s.Accounts, Lost: s.Lost, Curve: []GapDay{}}
	for _, d := range s.Curve {
		out.Curve = append(out.Curve, GapDay(d))
	}
	return out
}

type gapOutput struct {
	Body struct {
		Judged
		Landmark int            `json:"landmark" doc:"The day from the start at which the curves begin."`
		With     GapSide        `json:"with"`
		Without  GapSide        `json:"without"`
		At       []RetentionGap `json:"at" nullable:"false" doc:"The differences at some ages."`
		P        *float64       `json:"p" doc:"How likely so unlike curves are when nothing differs (log-rank); null when it cannot be told."`
	}
}

func (s *server) readGap(ctx context.Context, in *Cohorts) (*gapOutput, error) {
	q, err := s.cohorts(ctx, *in)
	if err != nil {
		return nil, err
	}
	gap, err := s.Metrics.RetentionGap(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &gapOutput{}
	b := &out.Body
	b.Judged, b.Landmark, b.With, b.Without, b.At, b.P = judged(gap.Judge), gap.Landmark, newGapSide(gap.With), newGapSide(gap.Without), []RetentionGap{}, gap.P
	for _, g := range gap.At {
		b.At = append(b.At, newGapAt(g))
	}
	return out, nil
}

type criteriaOutput struct {
	Body struct {
		Criteria []Compared `json:"criteria"`
	}
}

func (s *server) readCriteria(ctx context.Context, in *Cohorts) (*criteriaOutput, error) {
	q, err := s.cohorts(ctx, *in)
	if err != nil {
		return nil, err
	}
	list, err := s.Metrics.CompareCriteria(ctx, q)
	out := &criteriaOutput{}
	for _, c := range list {
		x := Compared{judged(c.Judge), c.Mature, c.Met, c.Rate, c.Low, c.High, quantileOf(c.Median), nil}
		if g := c.Gap; g != nil {
			at := newGapAt(*g)
			x.Gap = &at
		}
		out.Body.Criteria = append(out.Body.Criteria, x)
	}
	return out, err
}

func (s *server) listCriteria(ctx context.Context, _ *struct{}) (*definitionsOutput, error) {
	list, err := metric.ReadCriteria(ctx, s.Store)
	return newDefinitions(list), err
}

// CriterionInput is a criterion to be saved.
type CriterionInput struct {
	Name string `path:"name" doc:"Small letters, digits, dots, dashes and underscores."`
	Seen
	Body metric.Activation
}

func (s *server) putCriterion(ctx context.Context, in *CriterionInput) (*definitionOutput, error) {
	d, err := metric.PutCriterion(ctx, s.Store, in.Name, in.Body, in.seen(), "token:"+caller(ctx).Name)
	return &definitionOutput{newDefinition(d)}, err
}

// AdoptionDay are the parameters of what is read at a day.
type AdoptionDay struct {
	Day     string   `query:"day" format:"date" doc:"The last day of the window; today when empty."`
	Segment []string `query:"segment,explode" doc:"Keep the accounts whose attribute had this value, attribute=value."`
	Limit   int      `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"The longest list."`
	Clocks
}

func (s *server) adoptionDay(ctx context.Context, in AdoptionDay) (metric.Request, error) {
	q, cal, err := s.request(ctx, "product_adoption_rate", "month", in.Clocks, Scope{Segment: in.Segment})
	if err != nil {
		return q, err
	}
	last, err := day("day", in.Day)
	if last == 0 {
		last = s.reference(q, cal)
	}
	q.Period = farol.Period{From: last, To: last + 1}
	return q, err
}

// Share is a part of a whole with its 95 % interval.
type Share struct {
	Part  int64    `json:"part"`
	Of    int64    `json:"of"`
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

func newShare(x metric.Share) Share { return Share{x.Part, x.Of, x.Value, x.Low, x.High} }

// FeatureUse is how a feature is used.
type FeatureUse struct {
	Name        string   `json:"name"`
	Core        bool     `json:"core"`
	Adopted     Share    `json:"adopted" doc:"Of the eligible, those who used it on enough days."`
	Tried       Share    `json:"tried" doc:"Of the eligible, those who used it at all."`
	Depth       *float64 `json:"depth" doc:"Median of uses a week, of those who adopted it."`
	Frequency   *float64 `json:"frequency" doc:"Median of days with use in the window, of those who adopted it."`
	TimeToAdopt Quantile `json:"time_to_adopt" doc:"Median days to the first use."`
	Retention   Share    `json:"retention" doc:"Of those who used it in the window before, those who did in this one."`
	Duration    *float64 `json:"duration" doc:"Median days from first to last use, of those who stopped."`
	Plans       []string `json:"plans" nullable:"false" doc:"Plans that have it; none is all."`
	Roles       []string `json:"roles" nullable:"false" doc:"Roles of the people who have it; none is all."`
	Released    *string  `json:"released" format:"date" doc:"The day from which it could be used; null for always."`
}

type featuresOutput struct {
	Body struct {
		Day         string       `json:"day" format:"date"`
		Version     int          `json:"version"`
		WindowDays  int          `json:"window_days"`
		AdoptedDays int          `json:"adopted_days"`
		Features    []FeatureUse `json:"features"`
	}
}

func (s *server) readFeatures(ctx context.Context, in *AdoptionDay) (*featuresOutput, error) {
	q, err := s.adoptionDay(ctx, *in)
	if err != nil {
		return nil, err
	}
	table, err := s.Metrics.Features(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &featuresOutput{}
	b := &out.Body
	b.Day, b.Version, b.WindowDays, b.AdoptedDays, b.Features = table.Day.String(), table.Version, table.WindowDays, table.AdoptedDays, []FeatureUse{}
	for _, f := range table.Features {
		b.Features = append(b.Features, FeatureUse{
			f.Feature.Name, f.Feature.Core, newShare(f.Breadth), newShare(f.Reached), f.Depth, f.Frequency, quantileOf(f.TimeToAdopt), newShare(f.Retention), f.Duration,
			append([]string{}, f.Feature.Plans...), append([]string{}, f.Feature.Roles...), orNull(f.Feature.Released),
		})
	}
	return out, nil
}

// FeaturePerson is somebody who has a feature.
type FeaturePerson struct {
	Person  string `json:"person"`
	Account string `json:"account" doc:"One that the person was active in."`
	Days    int64  `json:"days" doc:"With use in the window; 0 for who did not try it."`
	Times   int64  `json:"times"`
	Adopted bool   `json:"adopted"`
}

type featurePeopleOutput struct {
	Body struct {
		Feature string          `json:"feature"`
		Day     string          `json:"day" format:"date"`
		Total   int64           `json:"total" doc:"All who are eligible."`
		People  []FeaturePerson `json:"people"`
		Next    *string         `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) readFeaturePeople(ctx context.Context, in *struct {
	Feature string `query:"feature" required:"true" doc:"Its name in the setting features."`
	After   string `query:"after" doc:"The cursor next of the page before."`
	AdoptionDay
}) (*featurePeopleOutput, error) {
	q, err := s.adoptionDay(ctx, in.AdoptionDay)
	if err != nil {
		return nil, err
	}
	got, next, err := s.Metrics.FeaturePeople(ctx, q, in.Feature, in.Limit, in.After)
	if err != nil {
		return nil, err
	}
	out := &featurePeopleOutput{}
	b := &out.Body
	b.Next = orNull(next)
	b.Feature, b.Day, b.Total, b.People = got.Feature.Name, got.Day.String(), got.Total, []FeaturePerson{}
	for _, x := range got.People {
		b.People = append(b.People, FeaturePerson(x))
	}
	return out, nil
}

// AccountMissions is how an account does on the missions of adoption.
type AccountMissions struct {
	Account        string `json:"account"`
	Repeat         Share  `json:"repeat" doc:"People who repeated the core action."`
	Habit          Share  `json:"habit" doc:"The team that used it in three of the last four weeks."`
	Users          int64  `json:"users"`
	UsersBefore    int64  `json:"users_before" doc:"In the 28 days before."`
	Features       int64  `json:"features"`
	FeaturesBefore int64  `json:"features_before"`
}

type missionsOutput struct {
	Body struct {
		Total    int               `json:"total"`
		Accounts []AccountMissions `json:"accounts"`
	}
}

func (s *server) readMissions(ctx context.Context, in *AdoptionDay) (*missionsOutput, error) {
	q, err := s.adoptionDay(ctx, *in)
	if err != nil {
		return nil, err
	}
	list, total, err := s.Metrics.Missions(ctx, q, in.Limit)
	out := &missionsOutput{}
	out.Body.Total, out.Body.Accounts = total, []AccountMissions{}
	for _, a := range list {
		out.Body.Accounts = append(out.Body.Accounts, AccountMissions{a.Account, newShare(a.Repeat), newShare(a.Habit), a.Users, a.UsersBefore, a.Features, a.FeaturesBefore})
	}
	return out, err
}
