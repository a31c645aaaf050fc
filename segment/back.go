package segment

import (
	"context"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// measured tells whether all that there is to keep of the metrics is kept.
func (u *Upkeep) measured(ctx context.Context, metrics []string, day farol.Day) (bool, error) {
	if len(metrics) == 0 {
		return true, nil
	}
	is, err := u.Facts.Measured(ctx, metrics)
	for _, name := range metrics {
		if err != nil || !is || u.Waiting == nil {
			break
		}
		var waits bool
		if waits, err = u.Waiting(ctx, name, day); farol.KindOf(err) == farol.NotFound {
			err = nil // the rule itself tells
		}
		is = !waits
	}
	return is, err
}

// lookBack keeps who was in a new segment at the end of past weeks, and of each
// day of the last one, by what is known now. It answers the state with the
// instant at which that begins. It may be cut off anywhere and goes on.
func (u *Upkeep) lookBack(ctx context.Context, b Book, s Segment, env Env) (state store.SegmentState, err error) {
	first, err := u.firstDay(ctx, b, s, env.AsOf)
	if err != nil {
		return state, err
	}
	zone, today := u.Facts.Zone(), env.AsOf
	for d := today - farol.Day(7*u.Back); d < today; d++ {
		if ago := today - d; d < first || ago > 7 && ago%7 != 0 {
			continue
		}
		env.AsOf = d
		at := d.Next(1).Start(zone).Add(-time.Second)
		if _, err := Keep(ctx, u.Facts, s.Name, s.Rule, env, at); err != nil {
			return store.SegmentState{}, err
		}
		if state.Began.IsZero() {
			state.Began = at
		}
	}
	return state, nil
}

// firstDay is the first on which the rule can be read: there are accounts, and
// its metrics were kept, and before that for as long as it compares them.
func (u *Upkeep) firstDay(ctx context.Context, b Book, s Segment, today farol.Day) (first farol.Day, err error) {
	if u.Back == 0 {
		return today, nil
	}
	began, err := u.Facts.Began(ctx)
	if err != nil {
		return 0, err
	}
	first = began
	b.each(s.Rule, 0, func(r Rule, _ string) {
		if r.Metric == nil || err != nil {
			return
		}
		var kept farol.Day
		if kept, err = u.Facts.FirstMeasured(ctx, r.Metric.Name); kept == 0 {
			kept = today
		}
		first = max(first, kept+farol.Day(r.Metric.Days))
	})
	return first, err
}
