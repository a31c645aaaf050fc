package store

import (
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		begun := c.now()
		ok(t, s.SaveProgress(ctx, Progress{Name: "history", What: "mrr", Done: 1, Total: 9, Started: begun}))
		c.pass(time.Minute)
		ok(t, s.SaveProgress(ctx, Progress{Name: "history", What: "nps", Done: 2, Total: 9, Started: begun}))
		ok(t, s.SaveProgress(ctx, Progress{Name: "other", Total: 1, Started: begun}))
		got, err := s.Progress(ctx)
		if err != nil || len(got) != 2 || got[0] != (Progress{"history", "nps", 2, 9, begun, c.now()}) {
			t.Errorf("%+v, %v", got, err)
		}
		ok(t, s.EndProgress(ctx, "other"))
		if got, err := s.Progress(ctx); err != nil || len(got) != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		c.pass(progressKept)
		if got, err := s.Progress(ctx); err != nil || len(got) != 0 {
			t.Errorf("what nobody hears of any more: %+v, %v", got, err)
		}
	})
}
