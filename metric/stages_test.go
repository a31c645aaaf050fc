package metric

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// stageDays is the slow and obvious reading: walk over every event for each
// account.
func (r *reference) stageDays(q StagesRequest) []StageAccount {
	var out []StageAccount
	paid := r.firstPaid()
	for account, born := range r.births() {
		g, ok := r.group(Request{By: q.By, Filters: q.Filters}, account, born)
		if !ok || !q.Period.Contains(born) || born > r.asOf {
			continue
		}
		a := StageAccount{Account: farol.AccountID(account), Group: g}
		a.Days[Acquired] = born
		reach := func(stage int, day farol.Day) {
			day = max(day, born)
			if day < born+farol.Day(q.Within) && (a.Days[stage] == 0 || day < a.Days[stage]) {
				a.Days[stage] = day
			}
		}
		for _, act := range r.acts() {
			if act.account == account && r.counts(act) && act.day >= born+RetainedAfter {
				reach(Retained, act.day)
			}
		}
		if d, ok := paid[account]; ok {
			reach(Paying, d)
		}
		for _, x := range r.referrals() {
			if x.qualified && x.account == account {
				reach(Referring, x.day)
			}
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b StageAccount) int {
		return cmp.Or(cmp.Compare(a.Days[Acquired], b.Days[Acquired]), cmp.Compare(a.Account, b.Account))
	})
	return out
}

// The days of every account, and the shares made of them, are those of the
// reference; the days of activation have a test of their own.
func TestStagesAgainstReference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		zone := mustZone(t, worlds[0].zone)
		clk := &clock{}
		h := randomHistory(1, zone, worlds[0].first, worlds[0].days, 400)
		clk.set(h.sent[0].Known)
		w := newWorld(t, open(t, zone, clk.now), clk, h, randomSettings(1, zone), 5)
		base := StagesRequest{Period: farol.Period{From: w.first - 20, To: w.first + farol.Day(w.days)}, Within: 40, Cohorts: farol.Weekly}
		plan, past, known := base, base, base
		plan.By, plan.Filters = "plan", []facts.Filter{{Attribute: "plan", Values: []string{"pro", "basic", ""}}}
		past.AsOf, known.Known = w.first+farol.Day(w.days/2), w.early
		for i, q := range []StagesRequest{base, plan, past, known} {
			// Servers, which plan for long, are asked with all that can be asked.
			if !strings.HasSuffix(t.Name(), "duckdb") && i != 1 && i != 3 {
				continue
			}
			ref := newReference(w.events, w.settings, w.clock.now(), q.AsOf, q.Known)
			want := ref.stageDays(q)
			got, _, err := w.r.StageAccounts(ctx, q, StageList{Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			for k := range got {
				if a := got[k]; a.Mature != (a.Days[Acquired]+farol.Day(q.Within)-1 <= ref.through) {
					t.Errorf("request %d: %+v", i, a)
				}
				got[k].Days[Activated], got[k].Mature = 0, false
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("request %d: got %v\nwant %v", i, got, want)
			}
			board, err := w.r.Stages(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			checkBoard(t, board, want, ref.through, q)
		}
	})
}

func checkBoard(t *testing.T, board Stages, want []StageAccount, through farol.Day, q StagesRequest) {
	t.Helper()
	count := func(in func(StageAccount) bool, stage int) (mature, reached int64) {
		for _, a := range want {
			if in(a) && a.Days[Acquired]+farol.Day(q.Within)-1 <= through {
				mature++
				if a.Days[stage] != 0 {
					reached++
				}
			}
		}
		return mature, reached
	}
	for _, stage := range []int{Acquired, Retained, Paying, Referring} {
		n, k := count(func(StageAccount) bool { return true }, stage)
		if s := board.All.Steps[stage].Reached; s.Of != n || s.Part != k {
			t.Errorf("%s: %d of %d, want %d of %d", StageNames[stage], s.Part, s.Of, k, n)
		}
		for _, g := range board.Groups {
			n, k := count(func(a StageAccount) bool { return a.Group == g.Group }, stage)
			if s := g.Steps[stage].Reached; s.Of != n || s.Part != k {
				t.Errorf("%s of %q: %d of %d, want %d of %d", StageNames[stage], g.Group, s.Part, s.Of, k, n)
			}
		}
		for _, c := range board.Cohorts {
			n, k := count(func(a StageAccount) bool { return c.Period.Contains(a.Days[Acquired]) }, stage)
			if s := c.Reached[stage]; s.Of != n || s.Part != k {
				t.Errorf("%s of %s: %d of %d, want %d of %d", StageNames[stage], c.Period, s.Part, s.Of, k, n)
			}
		}
	}
}

// A small company whose figures can be checked by hand.
func TestStagesByHand(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x, err := parseExample(`
zone America/Sao_Paulo
now 2026-06-20 12:00
activation "Report Created" 2 within 14
2026-01-02 10:00  ana@acme  "Signed Up"
2026-01-03 10:00  ana@acme  "Report Created"
2026-01-09 10:00  ana@acme  "Report Created"
2026-02-05 10:00  ana@acme  page
2026-01-16 10:00  @acme  "Subscription Started" subscription=s1 mrr=100 currency=BRL
2026-02-10 10:00  ana@acme  "Referral Sent" referral=r1 invitee_email=zoe@x.example
2026-01-05 10:00  bia@globex  "Signed Up"
2026-01-06 10:00  bia@globex  "Report Created" x2
2026-05-20 10:00  bia@globex  page
2026-01-07 10:00  cid@initech  "Signed Up"
2026-06-01 10:00  dan@hooli  "Signed Up"
2026-06-03 10:00  dan@hooli  "Report Created" x2
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
	q := StagesRequest{Period: farol.Period{From: farol.Date(2026, 1, 1), To: farol.Date(2026, 6, 20)}}
	s, err := r.Stages(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	if s.All.Created != 4 || s.All.Mature != 3 {
		t.Errorf("%d created, %d mature", s.All.Created, s.All.Mature)
	}
	for stage, want := range []int64{3, 2, 1, 1, 1} {
		if got := s.All.Steps[stage].Reached; got.Part != want || got.Of != 3 {
			t.Errorf("%s: %d of %d, want %d of 3", StageNames[stage], got.Part, got.Of, want)
		}
	}
	if n := s.All.Steps[Activated].Next; n.Part != 1 || n.Of != 2 || s.All.Steps[Referring].Next != nil {
		t.Errorf("after activation: %+v", n)
	}
	// Activated after 7, 1 and 2 days; initech waits 90: the median is 2.
	if d := s.All.Steps[Activated].Days.Value; d == nil || *d != 2 {
		t.Errorf("median days to activation: %v", d)
	}
	if s.All.Steps[Paying].Days.Value != nil {
		t.Error("a median although one of four pays")
	}
	if c := s.Cohorts[0]; c.Created != 3 || !c.Complete || s.Cohorts[5].Complete || s.Cohorts[5].Created != 1 || s.Cohorts[5].Reached[0].Value != nil {
		t.Errorf("cohorts: %+v", s.Cohorts)
	}
	missed, _, err := r.StageAccounts(ctx, q, StageList{Stage: Paying, Missed: true})
	if err != nil || len(missed) != 2 || missed[0].Account != "globex" || missed[1].Account != "initech" {
		t.Errorf("did not pay in time: %v %v", missed, err)
	}
	// Whoever went on to the next stage are as many as the figure says.
	for stage, names := range []string{"acme globex", "acme", "acme", "acme"} {
		var found []string
		next, _, err := r.StageAccounts(ctx, q, StageList{Stage: stage, Then: stage + 1, Mature: true})
		for _, a := range next {
			found = append(found, string(a.Account))
		}
		if n := s.All.Steps[stage].Next; err != nil || strings.Join(found, " ") != names || n.Part != int64(len(found)) {
			t.Errorf("after %s: %v %v, the figure %+v", StageNames[stage], found, err, n)
		}
	}
	if stopped, _, err := r.StageAccounts(ctx, q, StageList{Stage: Activated, Then: Retained, Missed: true}); err != nil || len(stopped) != 1 || stopped[0].Account != "globex" {
		t.Errorf("activated and not retained: %v %v", stopped, err)
	}
	for field, bad := range map[string]StagesRequest{"within": {Period: q.Period, Within: 20}, "to": {}, "cohorts": {Period: q.Period, Cohorts: "year"}} {
		var e *farol.Error
		if _, err := r.Stages(ctx, bad); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
