package metric

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// The whole period's answers, replies and base are those of the reference.
func TestVoiceAgainstReference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		zone := mustZone(t, worlds[0].zone)
		clk := &clock{}
		h := randomHistory(1, zone, worlds[0].first, worlds[0].days, 500)
		clk.set(h.sent[0].Known)
		w := newWorld(t, open(t, zone, clk.now), clk, h, randomSettings(1, zone), 5)
		base := VoiceRequest{Period: farol.Period{From: w.first - 5, To: w.first + farol.Day(w.days) + 10}, Relation: "relational"}
		plan, past, other := base, base, base
		plan.By, plan.Known = "plan", w.early
		past.AsOf, past.Filters = w.first+40, []facts.Filter{{Attribute: "plan", Values: []string{"pro", ""}}}
		other.Kind, other.Relation = "ces", "transactional"
		for i, q := range []VoiceRequest{base, plan, past, other} {
			ref := newReference(w.events, w.settings, clk.now(), q.AsOf, q.Known)
			got, err := w.r.Voice(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			groups := got.Groups
			if q.By == "" {
				groups = []VoiceGroup{got.All}
			}
			want := ref.voice(q)
			for _, g := range groups {
				x := want[g.Group]
				delete(want, g.Group)
				if fmt.Sprint(g.Scores, g.Response.Of, g.Response.Part, g.Base) != fmt.Sprint(x.Scores, x.Response.Of, x.Response.Part, x.Base) {
					t.Errorf("request %d, group %q: %v %v %d, want %v %v %d", i, g.Group, g.Scores, g.Response, g.Base, x.Scores, x.Response, x.Base)
				}
			}
			for name, x := range want {
				if x.Answers+x.Response.Of+x.Base > 0 {
					t.Errorf("request %d: group %q is missing: %v", i, name, x)
				}
			}
			checkAnswers(t, w.r, q, got.All)
		}
	})
}

// checkAnswers pages through the answers behind the distribution.
func checkAnswers(t *testing.T, r *Reader, q VoiceRequest, all VoiceGroup) {
	t.Helper()
	scores, after := make([]int64, len(all.Scores)), ""
	last := time.Unix(1<<40, 0)
	for {
		list, next, err := r.Answers(context.Background(), AnswersRequest{VoiceRequest: q, Limit: 3, After: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			scores[int(a.Score)]++
			if a.At.After(last) {
				t.Errorf("%s comes after %s", a.At, last)
			}
			last = a.At
		}
		if after = next; next == "" {
			break
		}
	}
	if !slices.Equal(scores, all.Scores) {
		t.Errorf("pages have %v, the distribution %v", scores, all.Scores)
	}
}

func (r *reference) voice(q VoiceRequest) map[string]*VoiceGroup {
	out := map[string]*VoiceGroup{}
	rq := Request{By: q.By, Filters: q.Filters}
	scale := map[string]int{"": 10, "csat": 5, "ces": 7}[q.Kind]
	group := func(name string) *VoiceGroup {
		if out[name] == nil {
			out[name] = &VoiceGroup{Group: name, Scores: make([]int64, scale+1)}
		}
		return out[name]
	}
	group("")
	if q.Kind == "" {
		for _, a := range r.voters(rq, q.Period, q.Relation) {
			g, _ := r.group(rq, a.account, a.day)
			group(g).Scores[int(a.score)]++
			group(g).Answers++
		}
	} else {
		for _, a := range r.answers() {
			g, ok := r.group(rq, a.account, a.day)
			if ok && q.Period.Contains(a.day) && a.kind == q.Kind && a.scale == float64(scale) && a.score >= 1 && a.relation == q.Relation {
				group(g).Scores[int(a.score)]++
				group(g).Answers++
			}
		}
	}
	for _, row := range r.responded(rq, q.Period, q.Relation) {
		group(row.group).Response.Of++
		group(row.group).Response.Part += int64(row.num)
	}
	last := min(q.Period.Last(), r.asOf)
	for _, row := range r.used(rq, true, last-27, last) {
		group(row.group).Base++
	}
	return out
}

// A figure that can be checked by hand, and what is refused.
func TestVoiceByHand(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x, err := parseExample(`
zone America/Sao_Paulo
now 2026-03-20 12:00
2026-02-01 09:00  @acme  group plan=small
2026-02-01 09:00  @globex  group plan=large
2026-03-10 10:00  p{1..4}@acme  page
2026-03-10 10:00  q{1..12}@globex  page
2026-02-02 10:00  p{1..3}@acme  "Survey Answered" survey=q1 kind=nps score=10
2026-02-03 10:00  p4@acme  "Survey Answered" survey=q1 kind=nps score=8
2026-02-04 10:00  q1@globex  "Survey Answered" survey=q1 kind=nps score=2 comment=caro
2026-02-05 10:00  q2@globex  "Survey Answered" survey=q1 kind=nps score=7
want day 2026-01-01 = 0
`)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return x.Now }
	f := openDuck(t, x.Settings.Calendar.Zone, now)
	backfill(t, f, x.Events)
	r := New(loadCatalogue(t), f, func() Settings { return x.Settings })
	r.SetClock(now)
	q := VoiceRequest{Period: farol.Period{From: farol.Date(2026, 2, 1), To: farol.Date(2026, 4, 1)}, By: "plan"}
	v, err := r.Voice(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	// Plain (3-1)/6; weighted 4/16 × 75 + 12/16 × −50.
	if math.Abs(*v.All.Value-100.0/3) > 1e-9 || v.Weighted == nil || math.Abs(v.Weighted.Value+18.75) > 1e-9 || v.Weighted.Covered != 1 {
		t.Errorf("%v, weighted %+v", *v.All.Value, v.Weighted)
	}
	list, _, err := r.Answers(ctx, AnswersRequest{VoiceRequest: q, Commented: true})
	if err != nil || len(list) != 1 || list[0].Comment != "caro" || list[0].Group != "large" {
		t.Errorf("comments: %+v %v", list, err)
	}
	for _, bad := range []VoiceRequest{{}, {Period: q.Period, Kind: "x"}, {Period: q.Period, Relation: "x"}} {
		if _, err := r.Voice(ctx, bad); farol.KindOf(err) != farol.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, _, err := r.Answers(ctx, AnswersRequest{VoiceRequest: q, After: "x"}); farol.KindOf(err) != farol.Invalid {
		t.Errorf("a bad cursor: %v", err)
	}
}
