package metric

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/stats"
)

// VoiceRequest asks what was answered in a period, taken as a whole.
type VoiceRequest struct {
	// Kind of survey: nps, csat or ces; "" is nps.
	Kind string
	// Relation is relational, transactional or employee. "" is relational for
	// nps, and both of customers for the others.
	Relation string
	// Period, AsOf, Known, By, Filters and MaxAge are those of Request.
	Period  farol.Period
	AsOf    farol.Day
	Known   time.Time
	By      string
	Filters []facts.Filter
	MaxAge  time.Duration
}

// Voice is the answers of a period by score.
type Voice struct {
	Kind, Relation string
	// Scale is the highest score: 10, 5 or 7.
	Scale  int
	Period farol.Period
	// All is everybody together, Groups the values of the attribute broken down
	// by, the most answers first.
	All    VoiceGroup
	Groups []VoiceGroup
	// Weighted is the score reweighted to the base by the attribute; nil
	// without one, and for anything but nps.
	Weighted *WeightedScore
}

// VoiceGroup is the answers of one group.
type VoiceGroup struct {
	Group string
	// Scores counts the answers by score, from 0 to the scale.
	Scores  []int64
	Answers int64
	// Value is the Net Promoter Score in points, or the share of the best
	// answers (4 and 5 of CSAT, 5 to 7 of CES); nil without answers.
	Value, Low, High *float64
	// Mean of the scores; nil without answers.
	Mean *float64
	// Response is the answered part of the deliveries that have had 14 days, of
	// surveys of any kind with the relation.
	Response Share
	// Base is the people who used the product in the 28 days up to the last day.
	Base int64
}

// WeightedScore is the score that the whole base would give if, in each group,
// those who answered stand for those who did not.
type WeightedScore struct {
	By               string
	Value, Low, High float64
	// Covered is the part of the base whose group answered at all.
	Covered float64
}

// Answer is a survey answer.
type Answer struct {
	ID                            string
	Account                       farol.AccountID
	Person                        farol.PersonID
	At                            time.Time
	Survey, Kind, Relation, Group string
	Score, Scale                  float64
	Comment                       string
}

// AnswersRequest lists answers, the newest first.
type AnswersRequest struct {
	VoiceRequest
	// Commented keeps those with a comment.
	Commented bool
	// Least and Most bound the score, both included; nil does not.
	Least, Most *float64
	// Limit of answers; 0 is 20, at most MaxRows.
	Limit int
	// After is the cursor that the page before gave, or "".
	After string
}

var voiceScales = map[string]int{"nps": 10, "csat": 5, "ces": 7}

var voiceMetric = &Metric{
	Name: "$voice", Version: 1, Settings: []string{ActiveName}, Unit: "persons", Aggregation: NPS, Waits: true, WaitDays: replyDays,
	Grains: []farol.Grain{farol.Daily}, doors: []string{"answers", "deliveries", "present"},
}

// replyDays is how long an answer counts for its delivery.
const replyDays = 14

// heardText keeps the answers that count: of NPS the latest of each person.
const heardText = `heard AS (
  SELECT r.id AS id, r.account AS account, r.person AS person, r.ts AS ts, r.survey AS survey, r.kind AS kind, r.relation AS relation,
    r.score AS score, r.scale AS scale, r.comment AS comment, r.grp AS grp
  FROM (
    SELECT a.id AS id, a.account AS account, a.person AS person, a.ts AS ts, a.survey AS survey, a.kind AS kind, a.relation AS relation,
      a.score AS score, a.scale AS scale, a.comment AS comment, a.grp AS grp,
      row_number() OVER (PARTITION BY CASE WHEN {latest:Bool} AND a.person <> '' THEN a.person ELSE a.id END ORDER BY a.ts DESC, a.id DESC) AS place
    FROM {{answers}} AS a
    WHERE a.day >= {from:Date} AND a.day < {until:Date} AND a.kind = {kind:String} AND a.scale = {scale:Float64}
      AND has({relations:Array(String)}, a.relation) AND a.score >= {least:Float64} AND a.score <= {scale:Float64}
  ) AS r
  WHERE r.place = 1
)`

const scoresText = `WITH ` + heardText + `
SELECT h.grp AS voice_group, i64(truncInt(h.score)) AS voice_score, i64(count(*)) AS voice_answers, f64(sum(h.score)) AS voice_sum
FROM heard AS h
GROUP BY 1, 2
ORDER BY 1, 2`

const repliesText = `SELECT v.grp AS voice_group, i64(count(*)) AS voice_delivered,
  i64(sum(CASE WHEN v.answered_day < addDaysN(v.day, 14) THEN 1 ELSE 0 END)) AS voice_replied
FROM {{deliveries}} AS v
WHERE v.day < {until:Date} AND has({relations:Array(String)}, v.relation) AND addDaysN(v.day, 14) <= addDaysN({through:Date}, 1)
  AND (v.bounced_day IS NULL OR v.bounced_day >= addDaysN(v.day, 14) OR v.answered_day < addDaysN(v.day, 14))
GROUP BY 1
ORDER BY 1`

const baseText = `SELECT p.grp AS voice_group, i64(count(DISTINCT p.key)) AS voice_base
FROM {{present 27}} AS p
WHERE p.person <> ''
GROUP BY 1
ORDER BY 1`

const answersText = `WITH ` + heardText + `
SELECT h.id AS said_id, h.account AS said_account, h.person AS said_person, h.ts AS said_at, h.survey AS said_survey,
  h.relation AS said_relation, h.score AS said_score, h.comment AS said_comment, h.grp AS said_group
FROM heard AS h
WHERE (h.comment <> '' OR NOT {commented:Bool}) AND h.score >= {low:Float64} AND h.score <= {high:Float64}
  AND (toMillis(h.ts) < {after_ts:Int64} OR (toMillis(h.ts) = {after_ts:Int64} AND h.id < {after_id:String}))
ORDER BY h.ts DESC, h.id DESC
LIMIT {row_limit:Int64}`

// voicePlan checks a request and fixes its clocks; period is the one that is
// read as a whole.
func (r *Reader) voicePlan(ctx context.Context, q *VoiceRequest) (*plan, error) {
	var err error
	if q.Filters, err = facts.Sighted(ctx, q.Filters, q.By); err != nil {
		return nil, err
	}
	p := &plan{metric: voiceMetric, settings: r.settings(), Request: Request{
		Metric: voiceMetric.Name, Grain: farol.Daily, Period: q.Period, AsOf: q.AsOf, Known: q.Known, By: q.By, Filters: q.Filters, MaxAge: q.MaxAge,
	}}
	if p.settings.Calendar.Zone == nil {
		p.settings.Calendar.Zone = time.UTC
	}
	q.Kind = cmp.Or(q.Kind, "nps")
	if q.Kind == "nps" {
		q.Relation = cmp.Or(q.Relation, "relational")
	}
	switch {
	case voiceScales[q.Kind] == 0:
		return nil, farol.InvalidField("kind", "must be nps, csat or ces")
	case !slices.Contains([]string{"", "relational", "transactional", "employee"}, q.Relation):
		return nil, farol.InvalidField("relation", "must be relational, transactional or employee")
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	p.version = p.settings.version(voiceMetric)
	p.clocks(r.now())
	p.periods = []farol.Period{q.Period}
	return p, nil
}

func (q VoiceRequest) params(p *plan) map[string]any {
	out := p.params()
	scale := voiceScales[q.Kind]
	least := 1.0
	if q.Kind == "nps" {
		least = 0
	}
	relations := []string{q.Relation}
	if q.Relation == "" {
		relations = []string{"relational", "transactional"}
	}
	out["kind"], out["relations"], out["scale"], out["least"] = q.Kind, relations, float64(scale), least
	out["latest"], out["until"] = q.Kind == "nps", q.Period.To
	return out
}

// Voice answers how the answers of a period spread over the scores, how many
// of those asked answered, and, of NPS with a breakdown, the score reweighted
// to the base. Errors are Invalid and name the field.
func (r *Reader) Voice(ctx context.Context, q VoiceRequest) (Voice, error) {
	p, err := r.voicePlan(ctx, &q)
	if err != nil {
		return Voice{}, err
	}
	return kept(ctx, r, p, fmt.Sprintf("voice|%q|%q", q.Kind, q.Relation), func(ctx context.Context) (Voice, error) { return r.voice(ctx, p, q) })
}

func (r *Reader) voice(ctx context.Context, p *plan, q VoiceRequest) (Voice, error) {
	out := Voice{Kind: q.Kind, Relation: q.Relation, Scale: voiceScales[q.Kind], Period: q.Period}
	groups := map[string]*VoiceGroup{}
	if len(p.started(p.periods)) > 0 {
		if err := r.hear(ctx, p, q, groups); err != nil {
			return out, fmt.Errorf("voice: %w", err)
		}
	}
	out.All = VoiceGroup{Scores: make([]int64, out.Scale+1)}
	for _, g := range groups {
		out.All.take(*g)
	}
	out.All.finish(q.Kind)
	if q.By == "" {
		return out, nil
	}
	for _, g := range groups {
		g.finish(q.Kind)
		out.Groups = append(out.Groups, *g)
	}
	slices.SortFunc(out.Groups, func(a, b VoiceGroup) int {
		return cmp.Or(cmp.Compare(b.Answers, a.Answers), cmp.Compare(b.Base, a.Base), cmp.Compare(a.Group, b.Group))
	})
	out.Weighted = out.weighted(q.By)
	return out, nil
}

// hear fills the groups from the facts.
func (r *Reader) hear(ctx context.Context, p *plan, q VoiceRequest, groups map[string]*VoiceGroup) error {
	group := func(name string) *VoiceGroup {
		if groups[name] == nil {
			groups[name] = &VoiceGroup{Group: name, Scores: make([]int64, voiceScales[q.Kind]+1)}
		}
		return groups[name]
	}
	params, scope := q.params(p), p.scope(p.periods)
	var name string
	err := r.rowsOf(ctx, scoresText, scope, params, func(rows *sql.Rows) error {
		var score, n int64
		var sum float64
		if err := rows.Scan(&name, &score, &n, &sum); err != nil {
			return err
		}
		g := group(name)
		g.Scores[score] += n
		g.sum(n, sum)
		return nil
	})
	if err != nil {
		return err
	}
	err = r.rowsOf(ctx, repliesText, scope, params, func(rows *sql.Rows) error {
		var delivered, replied int64
		if err := rows.Scan(&name, &delivered, &replied); err != nil {
			return err
		}
		group(name).Response = Share{Of: delivered, Part: replied}
		return nil
	})
	if err != nil {
		return err
	}
	last := p.last(q.Period)
	base := scope
	base.Period = farol.Period{From: last, To: last + 1}
	return r.rowsOf(ctx, baseText, base, params, func(rows *sql.Rows) error {
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return err
		}
		group(name).Base = n
		return nil
	})
}

// sum adds answers; until finish, Mean holds their sum.
func (g *VoiceGroup) sum(n int64, sum float64) {
	if g.Mean == nil {
		g.Mean = new(float64)
	}
	*g.Mean += sum
	g.Answers += n
}

// take adds another group, before either is finished.
func (g *VoiceGroup) take(x VoiceGroup) {
	for s, n := range x.Scores {
		g.Scores[s] += n
	}
	if x.Mean != nil {
		g.sum(x.Answers, *x.Mean)
	}
	g.Response.Of += x.Response.Of
	g.Response.Part += x.Response.Part
	g.Base += x.Base
}

// finish turns sums into figures.
func (g *VoiceGroup) finish(kind string) {
	g.Response = shareOf(g.Response.Part, g.Response.Of)
	if g.Answers == 0 {
		return
	}
	mean := *g.Mean / float64(g.Answers)
	g.Mean = &mean
	if kind == "nps" {
		a := g.sides()
		v := 100 * (a.Promoters - a.Detractors) / a.All
		i, _ := stats.NPS(a.Promoters, a.Detractors, a.All, stats.Level)
		g.Value, g.Low, g.High = &v, &i.Low, &i.High
		return
	}
	best := map[string]int{"csat": 4, "ces": 5}[kind]
	var n int64
	for _, x := range g.Scores[best:] {
		n += x
	}
	s := shareOf(n, g.Answers)
	g.Value, g.Low, g.High = s.Value, s.Low, s.High
}

// sides counts promoters and detractors.
func (g *VoiceGroup) sides() stats.Answers {
	a := stats.Answers{All: float64(g.Answers)}
	for s, n := range g.Scores {
		switch {
		case s >= 9:
			a.Promoters += float64(n)
		case s <= 6:
			a.Detractors += float64(n)
		}
	}
	return a
}

// weighted reweights the groups to their bases.
func (v Voice) weighted(by string) *WeightedScore {
	if v.Kind != "nps" {
		return nil
	}
	strata := make([]stats.NPSStratum, len(v.Groups))
	for i, g := range v.Groups {
		strata[i] = stats.NPSStratum{Answers: g.sides(), Base: float64(g.Base)}
	}
	score, i, covered, ok := stats.PostStratifiedNPS(strata, stats.Level)
	if !ok {
		return nil
	}
	return &WeightedScore{By: by, Value: score, Low: i.Low, High: i.High, Covered: covered}
}

// Answers lists the answers that count in Voice, the newest first; next is the
// cursor of the following page, "" at the end.
func (r *Reader) Answers(ctx context.Context, q AnswersRequest) (list []Answer, next string, err error) {
	p, err := r.voicePlan(ctx, &q.VoiceRequest)
	if err != nil {
		return nil, "", err
	}
	at, err := readCursor(q.After)
	if err != nil {
		return nil, "", err
	}
	if len(p.started(p.periods)) == 0 {
		return nil, "", nil
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 20
	}
	limit = min(limit, MaxRows)
	type page struct {
		list []Answer
		next string
	}
	what := fmt.Sprintf("answers|%q|%q|%t|%s|%s|%d|%q", q.Kind, q.Relation, q.Commented, bound(q.Least), bound(q.Most), limit, q.After)
	got, err := kept(ctx, r, p, what, func(ctx context.Context) (got page, err error) {
		got.list, got.next, err = r.answers(ctx, p, q, limit, at)
		return got, err
	})
	return got.list, got.next, err
}

func bound(x *float64) string {
	if x == nil {
		return ""
	}
	return fmt.Sprint(*x)
}

func (r *Reader) answers(ctx context.Context, p *plan, q AnswersRequest, limit int, at *cursor) (list []Answer, next string, err error) {
	params := q.params(p)
	params["commented"], params["low"], params["high"], params["row_limit"] = q.Commented, 0.0, float64(voiceScales[q.Kind]), int64(limit+1)
	params["after_ts"], params["after_id"] = int64(1<<60), ""
	if q.Least != nil {
		params["low"] = *q.Least
	}
	if q.Most != nil {
		params["high"] = *q.Most
	}
	if at != nil {
		params["after_ts"], params["after_id"] = int64(at.Numerator), at.Unit
	}
	err = r.rowsOf(ctx, answersText, p.scope(p.periods), params, func(rows *sql.Rows) error {
		a := Answer{Kind: q.Kind, Scale: float64(voiceScales[q.Kind])}
		if err := rows.Scan(&a.ID, &a.Account, &a.Person, &a.At, &a.Survey, &a.Relation, &a.Score, &a.Comment, &a.Group); err != nil {
			return err
		}
		a.At, a.Comment = a.At.UTC(), strings.TrimSpace(a.Comment)
		list = append(list, a)
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("answers: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = cursor{float64(last.At.UnixMilli()), last.ID}.String()
	}
	return list, next, nil
}
