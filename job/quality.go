package job

import (
	"context"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
)

// Watch keeps the counters of what comes in, and notices when a source falls
// silent and when it speaks again.
type Watch struct {
	Store *store.Store
	Facts *facts.Facts
	Now   func() time.Time
}

// fedDays is how many days back what a source fed is looked for.
const fedDays = 28

// Count writes down what came in since it was last done. The first time of a
// state it also counts what the facts hold of the weeks before.
func (w Watch) Count(ctx context.Context) error {
	had, err := w.Store.HasSourceHours(ctx)
	if err != nil {
		return err
	}
	if !had {
		// What is in the tally is stored, too, so it is not counted twice.
		w.Facts.TakeTally()
		stored, err := w.Facts.SourceHours(ctx, w.Now().Add(-rhythmWeeks*7*24*time.Hour))
		if err != nil {
			return err
		}
		return w.Store.AddSourceHours(ctx, hoursOf(stored))
	}
	came := w.Facts.TakeTally()
	err = w.Store.AddSourceHours(ctx, hoursOf(came))
	if err != nil {
		w.Facts.ReturnTally(came)
	}
	return err
}

func hoursOf(list []facts.SourceHour) []store.SourceHour {
	out := make([]store.SourceHour, 0, len(list))
	for _, h := range list {
		out = append(out, store.SourceHour{
			Source: h.Source, Hour: h.Hour, Events: h.Events, Duplicates: h.Duplicates, Rejected: h.Rejected, Late: h.Late, Skewed: h.Skewed,
			NoAccount: h.NoAccount, NoPerson: h.NoPerson, Reasons: h.Reasons, Last: h.Last,
		})
	}
	return out
}

// Look counts, opens silences and ends those of sources that speak again, were
// disabled or deleted.
func (w Watch) Look(ctx context.Context) error {
	if err := w.Count(ctx); err != nil {
		return err
	}
	now := w.Now()
	hours, err := w.Store.SourceHours(ctx, now.Add(-(rhythmWeeks+1)*7*24*time.Hour))
	if err != nil {
		return err
	}
	bySource := map[farol.SourceID][]store.SourceHour{}
	for _, h := range hours {
		bySource[h.Source] = append(bySource[h.Source], h)
	}
	sources, err := w.Store.Sources(ctx)
	if err != nil {
		return err
	}
	open, err := w.Store.Silences(ctx, time.Time{})
	if err != nil {
		return err
	}
	silences := map[farol.SourceID]store.Silence{}
	for _, x := range open {
		silences[x.Source] = x
	}
	for _, x := range sources {
		r := RhythmOf(bySource[x.ID], w.Facts.Zone())
		have, is := silences[x.ID]
		delete(silences, x.ID)
		switch {
		case is && (r.Last.After(have.Last) || !x.Disabled.IsZero()):
			err = w.Store.Resolve(ctx, have.ID)
		case !is && x.Disabled.IsZero() && r.Silent(now):
			err = w.open(ctx, x, r.Last)
		}
		if err != nil {
			return err
		}
	}
	for _, gone := range silences {
		if err := w.Store.Resolve(ctx, gone.ID); err != nil {
			return err
		}
	}
	return nil
}

// open notes a silence with what the source feeds.
func (w Watch) open(ctx context.Context, x store.Source, last time.Time) error {
	day := farol.DayOf(last, w.Facts.Zone())
	fed, err := w.Facts.Feeds(ctx, x.ID, farol.Period{From: day - fedDays, To: day + 1})
	if err != nil {
		return err
	}
	_, err = w.Store.OpenSilence(ctx, store.Silence{Source: x.ID, Last: last, Feeds: store.FieldsOf(fed.Tables...)}, x.Name, fed.Accounts)
	return err
}
