package customer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// StagesKind and StagesName name the definition of the stages in the store.
const (
	StagesKind = "stages"
	StagesName = "stages"
)

// Stages are those of a customer's life, in their order, with the rules by
// which accounts move. It is a versioned document.
type Stages struct {
	// HandDays is for how many days the rules leave alone an account that
	// somebody moved.
	HandDays int     `json:"hand_days"`
	List     []Stage `json:"stages"`
}

// Stage is one of them. Rules are written in the segment language.
type Stage struct {
	Name string `json:"name"`
	// Title is what people call it; "" for that of a default stage.
	Title string `json:"title,omitempty"`
	// Enter holds for accounts that may come into it; "" for none by rule.
	Enter string `json:"enter,omitempty"`
	// Exit holds for accounts that are done with it. Without one an account
	// stays as long as Enter holds.
	Exit string `json:"exit,omitempty"`
	// From are the stages that it takes accounts out of, although they are not
	// done there; "*" is any.
	From []string `json:"from,omitempty"`
	// TargetDays is how long an account should stay at most, StuckDays how long
	// before it counts as stuck; 0 is no limit.
	TargetDays int `json:"target_days,omitempty"`
	StuckDays  int `json:"stuck_days,omitempty"`
}

// anyStage in Stage.From is every stage.
const anyStage = "*"

// DefaultStages are those of a company that has defined none.
func DefaultStages() Stages {
	return Stages{HandDays: 30, List: []Stage{
		{Name: "onboarding", Enter: "created_at in -45..0 days", Exit: "people >= 2 who (did * >= 6 times in 14 days)", TargetDays: 30, StuckDays: 60},
		{Name: "adoption", Exit: "metric seat_utilisation >= 0.5 or people >= 4 who (did * >= 10 times in 28 days)", TargetDays: 60, StuckDays: 120},
		{Name: "ongoing", Enter: "metric mrr > 0"},
		{Name: "renewal", Enter: "metric mrr > 0 and renewal_date in 0..60 days", From: []string{"adoption", "ongoing", "expansion", "advocacy"}, TargetDays: 45, StuckDays: 60},
		{Name: "expansion", Enter: "metric mrr > 0 and metric seat_utilisation >= 1", Exit: "metric seat_utilisation < 0.95", From: []string{"ongoing"}, TargetDays: 45, StuckDays: 90},
		{Name: "advocacy", Enter: `metric mrr > 0 and did "Survey Answered" >= 1 times in 120 days where kind is "nps" and score >= 9 end and did "Survey Answered" = 0 times in 120 days where kind is "nps" and score <= 8 end`, From: []string{"ongoing"}},
		{Name: "churned", Enter: "not (metric mrr > 0) and did * = 0 times in 30 days and not (created_at in -30..0 days)", Exit: "metric mrr > 0", From: []string{anyStage}},
	}}
}

var stageName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

const (
	maxStages    = 20
	maxStageDays = 3650
)

// Check tells what is wrong: nil, or an Invalid error whose field is the
// place: "stages[2].enter".
func (s Stages) Check() error {
	if s.HandDays < 0 || s.HandDays > maxStageDays {
		return farol.InvalidField("hand_days", "must be between 0 and %d", maxStageDays)
	}
	if len(s.List) == 0 || len(s.List) > maxStages {
		return farol.InvalidField("stages", "there must be one to %d stages", maxStages)
	}
	for i, x := range s.List {
		at := func(field string) string { return fmt.Sprintf("stages[%d].%s", i, field) }
		switch {
		case !stageName.MatchString(x.Name):
			return farol.InvalidField(at("name"), "must be small letters, digits, dashes and underscores")
		case slices.IndexFunc(s.List, func(y Stage) bool { return y.Name == x.Name }) < i:
			return farol.InvalidField(at("name"), "there is another stage %s", x.Name)
		case len([]rune(x.Title)) > 60 || strings.ContainsFunc(x.Title, func(r rune) bool { return r < ' ' }):
			return farol.InvalidField(at("title"), "must have at most %d letters", 60)
		case x.TargetDays < 0 || x.TargetDays > maxStageDays:
			return farol.InvalidField(at("target_days"), "must be between 0 and %d", maxStageDays)
		case x.StuckDays < 0 || x.StuckDays > maxStageDays:
			return farol.InvalidField(at("stuck_days"), "must be between 0 and %d", maxStageDays)
		case x.StuckDays > 0 && x.StuckDays < x.TargetDays:
			return farol.InvalidField(at("stuck_days"), "must not be less than the target")
		}
		for _, from := range x.From {
			if _, ok := s.Find(from); from != anyStage && !ok {
				return farol.InvalidField(at("from"), "there is no stage %s", from)
			}
		}
		if _, err := x.rule(x.Enter, at("enter")); err != nil {
			return err
		}
		if _, err := x.rule(x.Exit, at("exit")); err != nil {
			return err
		}
	}
	return nil
}

// rule reads a rule of the stage; nil for none.
func (Stage) rule(text, field string) (*segment.Rule, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	r, err := segment.ParseText(text)
	if err == nil {
		return &r, nil
	}
	var e *farol.Error
	if errors.As(err, &e) {
		if e.Field != "" && e.Field != "rule" {
			field += "." + e.Field
		}
		return nil, farol.InvalidField(field, e.Text, e.Args...)
	}
	return nil, err
}

// Find is the stage of that name.
func (s Stages) Find(name string) (Stage, bool) {
	for i := range s.List { // a copy of each would cost a list of many accounts most of its time
		if s.List[i].Name == name {
			return s.List[i], true
		}
	}
	return Stage{}, false
}

// ReadStages answers the stages in force and their version, 0 for the
// defaults.
func ReadStages(ctx context.Context, s *store.Store) (Stages, int, error) {
	d, err := s.Definition(ctx, StagesKind, StagesName)
	if farol.KindOf(err) == farol.NotFound {
		return DefaultStages(), 0, nil
	}
	if err != nil {
		return Stages{}, 0, err
	}
	var out Stages
	return out, d.Version, json.Unmarshal(d.Body, &out)
}

// Standing says how long an account has been in its stage, against what the
// stage allows.
type Standing string

// The standings. NoLimit is that of a stage without target and limit, and of
// accounts without a stage.
const (
	OnTrack Standing = "on-track"
	Behind  Standing = "behind"
	Stuck   Standing = "stuck"
	NoLimit Standing = ""
)

// Standings lists those that are told apart, the best first.
var Standings = []Standing{OnTrack, Behind, Stuck}

// place is the standing's among NoLimit and Standings.
func (s Standing) place() int { return slices.Index(Standings, s) + 1 }

// Standing of an account that has been in the stage for so many days: behind
// from the day after the target on, stuck from the day after the limit on.
func (x Stage) Standing(days int) Standing {
	switch {
	case x.StuckDays > 0 && days > x.StuckDays:
		return Stuck
	case x.TargetDays > 0 && days > x.TargetDays:
		return Behind
	case x.StuckDays > 0 || x.TargetDays > 0:
		return OnTrack
	}
	return NoLimit
}

// DaysInStage is how many days the account has been in its stage on the day;
// ok is false when it is in none.
func (a *Account) DaysInStage(today farol.Day) (days int, ok bool) {
	if a.Stage() == "" || a.StageSince == 0 {
		return 0, false
	}
	return daysSince(a.StageSince, today), true
}

// daysSince never counts below zero: a move may be dated ahead of a past day.
func daysSince(since, today farol.Day) int { return max(int(today-since), 0) }

// StandingOf is the account's standing on the day.
func (s Stages) StandingOf(a *Account, today farol.Day) Standing {
	x, ok := s.Find(a.Stage())
	days, in := a.DaysInStage(today)
	if !ok || !in {
		return NoLimit
	}
	return x.Standing(days)
}

// Why is the reason of a move, as kept beside it.
type Why struct {
	// By is a member's id, "token:ID", or RulesAuthor.
	By string `json:"by"`
	// Reason is what the member wrote.
	Reason string `json:"reason,omitempty"`
	// Rule is "enter" or "exit": which rule held, and Of the stage that it
	// belongs to, in the Version of the stages.
	Rule    string `json:"rule,omitempty"`
	Of      string `json:"of,omitempty"`
	Version int    `json:"version,omitempty"`
	// Undo tells that a move was taken back; Since is then the day since which
	// the account had been in the stage.
	Undo  bool   `json:"undo,omitempty"`
	Since string `json:"since,omitempty"`
}

// RulesAuthor is who moves accounts by the rules.
const RulesAuthor = "rules"

func (w Why) String() string {
	b, err := json.Marshal(w)
	if err != nil {
		return "{}"
	}
	return string(b)
}

// ParseWhy reads a reason; a text that is none is an empty one.
func ParseWhy(text string) (w Why) {
	_ = json.Unmarshal([]byte(text), &w) // what is not known stays empty
	return w
}

// Why is the reason for which the account is in its stage.
func (a *Account) Why() Why { return ParseWhy(a.Marks[WhyTrait]) }

// held tells that somebody moved the account so lately that the rules leave
// it alone.
func (s Stages) held(a *Account, today farol.Day) bool {
	days, in := a.DaysInStage(today)
	why := a.Why()
	return in && why.By != "" && why.By != RulesAuthor && days < s.HandDays
}

// holds are the accounts that a rule holds for, by stage.
type holds struct {
	enter, exit map[string]map[farol.AccountID]bool
}

// next is the stage in which the rules want an account that is in current
// ("" for none), and which rule says so; "" as the first when it is to stay.
func (s Stages) next(id farol.AccountID, current string, h holds) (to string, why Why) {
	now, known := s.Find(current)
	done := !known // of no stage, or one that is there no longer
	rule := Why{}
	switch {
	case known && now.Exit != "":
		if done = h.exit[current][id]; done {
			rule = Why{Rule: "exit", Of: current}
		}
	case known && now.Enter != "":
		done = !h.enter[current][id]
	}
	for _, pass := range []func(Stage) bool{
		func(x Stage) bool { return slices.Contains(x.From, anyStage) },
		func(x Stage) bool { return known && slices.Contains(x.From, current) },
		func(x Stage) bool { return done },
	} {
		for _, x := range s.List {
			if x.Name != current && h.enter[x.Name][id] && pass(x) {
				return x.Name, Why{Rule: "enter", Of: x.Name}
			}
		}
	}
	// Done, and no rule claims it: the next stage, when it asks for nothing.
	i := slices.IndexFunc(s.List, func(x Stage) bool { return x.Name == current })
	if rule.Rule != "" && i+1 < len(s.List) && s.List[i+1].Enter == "" {
		return s.List[i+1].Name, rule
	}
	return "", Why{}
}

// StageRun is one day's application of the rules.
type StageRun = store.StageRun

// weeks that the first run goes back, and the most days that one run takes.
const (
	replayWeeks = 26
	maxSteps    = 40
)

// steps are the days that a run has to do, the last one being today: weekly
// ones over the past half year at first, and when many days were missed.
func steps(last, today farol.Day) []farol.Day {
	var out []farol.Day
	if last == 0 {
		last = today - 7*replayWeeks - 7
	}
	stride := farol.Day(1)
	if today-last > 14 {
		stride = 7
	}
	for d := today; d > last && len(out) < maxSteps; d -= stride {
		out = append(out, d)
	}
	slices.Reverse(out)
	return out
}

// endOf is the instant at which the rules of a day are applied: its end, or
// now on the day itself.
func endOf(d farol.Day, today farol.Day, now time.Time, zone *time.Location) time.Time {
	if d >= today {
		return now
	}
	return d.Next(1).Start(zone).Add(-time.Second)
}
