package facts

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// What is read of one account, of all on a day, and under one mark, is the
// same on every engine and by both clocks.
func testAccountReads(t *testing.T, k *kit) {
	f := k.start("UTC")
	ctx := context.Background()
	k.at("2026-03-01 12:00")
	k.add(k.group("2026-03-01 10:00", "", "a1", `{"plan":"pro","seats":3}`), k.group("2026-03-01 10:00", "", "a2", `{"plan":"basic"}`))
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	v := func(x float64) *float64 { return &x }
	day := farol.Date(2026, 3, 1)
	check(f.SaveMeasures(ctx, []Measure{{"a1", "mrr", day - 1, v(1)}, {"a1", "mrr", day, v(2)}, {"a2", "mrr", day, v(5)}, {"a1", "use", day, v(9)}}))
	check(f.SaveMarks(ctx, ts("2026-03-01 11:00"), []Mark{{"a1", "$stage", "begin"}}))
	before := f.LastKnown()
	k.at("2026-03-05 12:00")
	k.add(k.group("2026-03-04 10:00", "", "a1", `{"plan":"team"}`))
	check(f.SaveMeasures(ctx, []Measure{{"a1", "mrr", day, v(3)}, {"a2", "mrr", day, nil}}))
	check(f.SaveMarks(ctx, ts("2026-03-05 11:00"), []Mark{{"a1", "$stage", "next"}, {"a2", "$stage", "begin"}}))

	said := func(asOf farol.Day, known time.Time) (out []string) {
		check(f.ValuesOf(ctx, "a1", asOf, known, func(x AccountValue) {
			if x.Trait == "plan" || x.Trait == "$stage" {
				out = append(out, fmt.Sprintf("%s %s %s", x.Trait, x.Value, x.Day))
			}
		}))
		return out
	}
	k.want(said(0, time.Time{}), "$stage next 2026-03-05", "plan team 2026-03-04")
	k.want(said(day, time.Time{}), "$stage begin 2026-03-01", "plan pro 2026-03-01")
	k.want(said(0, before), "$stage begin 2026-03-01", "plan pro 2026-03-01")

	kept := func(list []Measure, err error) (out []string) {
		check(err)
		for _, m := range list {
			value := "gone"
			if m.Value != nil {
				value = fmt.Sprint(*m.Value)
			}
			out = append(out, fmt.Sprintf("%s %s %s %s", m.Account, m.Metric, m.Day, value))
		}
		return out
	}
	moved, err := f.Remeasured(ctx, day-1, day, before)
	check(err)
	none, err := f.Remeasured(ctx, day-9, day-1, before)
	check(err)
	k.want(append(moved, none...), "mrr")
	both := []string{"mrr", "use"}
	k.want(kept(f.MeasuresOf(ctx, "a1", both, day, 9, time.Time{})), "a1 mrr 2026-03-01 3", "a1 use 2026-03-01 9")
	k.want(kept(f.MeasuresOf(ctx, "a1", both, day, 0, before)), "a1 mrr 2026-03-01 2", "a1 use 2026-03-01 9")
	k.want(kept(f.MeasuresOf(ctx, "a1", both, day+7, 9, time.Time{})), "a1 mrr 2026-03-01 3", "a1 use 2026-03-01 9")
	k.want(kept(f.MeasuresOf(ctx, "a1", []string{"mrr"}, day-1, 9, time.Time{})), "a1 mrr 2026-02-28 1")
	k.want(kept(f.MeasuresOf(ctx, "a1", both, day+9, 7, time.Time{})))
	k.want(kept(f.MeasuresOf(ctx, "a9", both, day, 9, time.Time{})))
	k.want(kept(f.MeasuresAt(ctx, "a1", []string{"mrr"}, []farol.Day{day - 1, day - 2}, time.Time{})), "a1 mrr 2026-02-28 1")
	last := func(known time.Time) (list []Measure, err error) {
		err = f.LastMeasures(ctx, "mrr", day+4, 10, known, func(m Measure) { list = append(list, m) })
		return list, err
	}
	k.want(kept(last(time.Time{})), "a1 mrr 2026-03-01 3")
	k.want(kept(last(before)), "a1 mrr 2026-03-01 2", "a2 mrr 2026-03-01 5")

	some := func(metric string, days ...farol.Day) (list []Measure, err error) {
		err = f.DaysOfMetric(ctx, metric, days, func(m Measure) { list = append(list, m) })
		return list, err
	}
	k.want(kept(some("mrr", day-1, day)), "a1 mrr 2026-02-28 1", "a1 mrr 2026-03-01 3")
	k.want(kept(some("mrr", day-1)), "a1 mrr 2026-02-28 1")
	k.want(kept(some("use", day-1)))
	k.want(kept(some("mrr")))
	for _, c := range []struct {
		metric      string
		first, want farol.Day
	}{{"mrr", day - 5, day}, {"mrr", day + 1, 0}, {"none", day - 5, 0}} {
		if got, err := f.LastMeasured(ctx, c.metric, c.first); err != nil || got != c.want {
			t.Errorf("%s since %s was last measured on %s, %v; want %s", c.metric, c.first, got, err, c.want)
		}
	}

	marks := func(list []MarkChange, err error) (out []string) {
		check(err)
		for _, m := range list {
			out = append(out, fmt.Sprintf("%s %s %s", m.Account, m.Value, m.Day))
		}
		return out
	}
	k.want(marks(f.MarksSince(ctx, SaidQuery{Trait: "$stage", From: day + 1}, 10)), "a1 next 2026-03-05", "a2 begin 2026-03-05")
	k.want(marks(f.MarksSince(ctx, SaidQuery{Trait: "$stage", From: day, AsOf: day + 1}, 10)), "a1 begin 2026-03-01")
	k.want(marks(f.MarksSince(ctx, SaidQuery{Trait: "$stage", From: day, Known: before}, 10)), "a1 begin 2026-03-01")
	counted := func(q SaidQuery) []string {
		n, err := f.CountMarks(ctx, q)
		check(err)
		return []string{fmt.Sprint(n["begin"], n["next"])}
	}
	k.want(counted(SaidQuery{Trait: "$stage", From: day}), "2 1")
	k.want(counted(SaidQuery{Trait: "$stage", From: day, Only: []string{"a1"}}), "1 1")
	k.want(counted(SaidQuery{Trait: "$stage", From: day, Without: []string{"a1"}}), "1 0")

	moments, err := f.Moments(ctx, MomentFilter{Account: "a1", Names: []string{"plan"}})
	check(err)
	var told []string
	for _, m := range moments {
		told = append(told, m.Name+" "+m.Fields["value"])
	}
	k.want(told, "plan pro", "plan team")
}

// What happened is told once, to whom it belongs now, and nothing else is.
func testHappened(t *testing.T, k *kit) {
	f := k.start("UTC")
	ctx := context.Background()
	happened := func(since, upto time.Time, limit int) (out []string) {
		t.Helper()
		list, err := f.Happened(ctx, since, upto, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			out = append(out, fmt.Sprintf("%s %s %s %s %s %s", m.Kind, m.Account, m.Person, m.Name, m.Day, m.Fields["topic"]+m.Fields["score"]+m.Fields["value"]))
		}
		return out
	}
	k.at("2026-03-01 12:00")
	start := f.LastKnown()
	k.add(k.group("2026-03-01 09:00", "", "a1", `{"plan":"pro"}`), k.track("2026-03-01 10:00", "u1", "a1", "Ticket Opened", `{"ticket":"t1","topic":"login"}`),
		k.track("2026-03-01 11:00", "u1", "a1", "Ticket Solved", `{"ticket":"t1"}`), k.track("2026-02-27 11:00", "u2", "a2", "Survey Answered", `{"survey":"q","kind":"nps","score":3}`),
		k.track("2026-03-01 11:00", "u9", "", "Ticket Opened", `{"ticket":"t2","topic":"bill"}`))
	if err := f.SaveMarks(ctx, ts("2026-03-01 11:00"), []Mark{{"a1", "$stage", "begin"}, {"a2", "$segment.s1", "in"}, {"a2", "$owner.csm", "m"}}); err != nil {
		t.Fatal(err)
	}
	first := f.LastKnown()
	all := []string{"ticket a1 u1 opened 2026-03-01 login", "ticket  u9 opened 2026-03-01 bill", "answer a2 u2 nps 2026-02-27 3",
		"mark a1  $stage 2026-03-01 begin", "mark a2  $segment.s1 2026-03-01 in"}
	k.want(happened(start, first, 10), all...)
	k.want(happened(first, first.Add(time.Hour), 10))

	k.at("2026-03-02 12:00")
	k.add(k.group("2026-03-01 08:00", "u9", "a3", ""), k.track("2026-03-02 11:00", "u9", "", "Ticket Opened", `{"ticket":"t3","topic":"late"}`))
	k.settle()
	k.want(happened(first, f.LastKnown(), 10), "ticket a3 u9 opened 2026-03-02 late")
	all[1] = "ticket a3 u9 opened 2026-03-01 bill"
	k.want(happened(start, first, 10), all...)
	if got := happened(start, f.LastKnown(), 1); len(got) != 3 {
		t.Errorf("one of each kind is %q", got)
	}
}
