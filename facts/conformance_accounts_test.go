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
	k.want(kept(f.MeasuresOf(ctx, "a1", day-9, day, time.Time{})), "a1 mrr 2026-02-28 1", "a1 mrr 2026-03-01 3", "a1 use 2026-03-01 9")
	k.want(kept(f.MeasuresOf(ctx, "a1", day, day, before)), "a1 mrr 2026-03-01 2", "a1 use 2026-03-01 9")
	k.want(kept(f.MeasuresAt(ctx, "a1", []string{"mrr"}, []farol.Day{day - 1, day - 2}, time.Time{})), "a1 mrr 2026-02-28 1")
	last := func(known time.Time) (list []Measure, err error) {
		err = f.LastMeasures(ctx, "mrr", day+4, 10, known, func(m Measure) { list = append(list, m) })
		return list, err
	}
	k.want(kept(last(time.Time{})), "a1 mrr 2026-03-01 3")
	k.want(kept(last(before)), "a1 mrr 2026-03-01 2", "a2 mrr 2026-03-01 5")

	marks := func(list []MarkChange, err error) (out []string) {
		check(err)
		for _, m := range list {
			out = append(out, fmt.Sprintf("%s %s %s", m.Account, m.Value, m.Day))
		}
		return out
	}
	k.want(marks(f.MarksSince(ctx, "$stage", day+1, 0, time.Time{}, 10)), "a1 next 2026-03-05", "a2 begin 2026-03-05")
	k.want(marks(f.MarksSince(ctx, "$stage", day, day+1, time.Time{}, 10)), "a1 begin 2026-03-01")
	k.want(marks(f.MarksSince(ctx, "$stage", day, 0, before, 10)), "a1 begin 2026-03-01")

	moments, err := f.Moments(ctx, MomentFilter{Account: "a1", Names: []string{"plan"}})
	check(err)
	var told []string
	for _, m := range moments {
		told = append(told, m.Name+" "+m.Fields["value"])
	}
	k.want(told, "plan pro", "plan team")
}
