package customer

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// Segments is everything done with segments: looking at a rule before it is
// kept, saving it, and keeping up who is in it.
type Segments struct {
	Store   *store.Store
	Facts   *facts.Facts
	Metrics *metric.Catalogue
	// Customers may be nil where nobody is looked up: in the upkeep.
	Customers *Directory
	Now       func() time.Time
	Log       *slog.Logger
	// Back and Waiting are those of segment.Upkeep.
	Back    int
	Waiting func(ctx context.Context, metric string, day farol.Day) (bool, error)
}

// Book reads all segments: what rules are evaluated with.
func (s *Segments) Book(ctx context.Context) (segment.Book, error) { return segment.Read(ctx, s.Store) }

// Seen are the segments that the reader may see: not those whose rules speak of
// hidden fields, since to be in one tells of them.
func (s *Segments) Seen(ctx context.Context) (segment.Book, error) {
	b, err := s.Book(ctx)
	if err != nil || !sight.Of(ctx).HidesSome() {
		return b, err
	}
	return b.Only(func(x segment.Segment) bool { return hidden(sight.Of(ctx), b, x.Rule) == nil }), nil
}

// hidden is Forbidden for a rule that speaks of what the sight hides.
func hidden(of *sight.Sight, b segment.Book, r segment.Rule) error {
	t := b.Topics(r)
	for _, name := range slices.Concat(t.AccountTraits, t.PersonTraits) {
		if err := of.Shows("attribute." + name); err != nil {
			return err
		}
	}
	for _, name := range t.Metrics {
		if err := of.Shows("metric." + name); err != nil {
			return err
		}
	}
	return nil
}

// Env is what rules are read in today.
func (s *Segments) Env(ctx context.Context, b segment.Book) (segment.Env, error) {
	e, err := RuleEnv(ctx, s.Store, s.Metrics)
	e.AsOf, e.Segment = farol.DayOf(s.Now(), s.Facts.Zone()), b.Rule
	return e, err
}

// Checked tells what is wrong with a rule, as that of the segment name ("" for
// one that has none yet): what segment.Book.Check tells, and metrics that are
// not kept per account.
func (s *Segments) Checked(ctx context.Context, b segment.Book, name string, r segment.Rule) error {
	if err := b.Check(name, r); err != nil {
		return err
	}
	if err := hidden(sight.Of(ctx), b, r); err != nil {
		return err
	}
	for _, m := range r.Metrics() {
		if x, err := s.Metrics.Find(m.Name); err != nil || !x.PerAccount {
			return farol.InvalidField(m.At, "there is no metric %q that is kept for each account", m.Name)
		}
	}
	return nil
}

// Look is what a rule chooses just now.
type Look struct {
	Count int
	// MRR is the sum over them.
	MRR float64
	// Accounts are all of them, those that pay most first.
	Accounts []*Account
	Took     time.Duration
}

// Look evaluates a rule that is not kept, over the accounts that the reader may
// see.
func (s *Segments) Look(ctx context.Context, b segment.Book, r segment.Rule) (Look, error) {
	began := time.Now()
	e, err := s.Env(ctx, b)
	if err != nil {
		return Look{}, err
	}
	ids, err := segment.Accounts(ctx, s.Facts, r, e, 0)
	if err != nil {
		return Look{}, err
	}
	all, err := s.Customers.Accounts(ctx)
	if err != nil {
		return Look{}, err
	}
	var l Look
	for _, id := range ids {
		if a, ok := all[id]; ok {
			l.Accounts = append(l.Accounts, a)
			l.MRR += a.Metrics["mrr"]
		}
	}
	l.Count = len(l.Accounts)
	slices.SortFunc(l.Accounts, func(x, y *Account) int {
		return cmp.Or(cmp.Compare(y.Metrics["mrr"], x.Metrics["mrr"]), cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
	l.Took = time.Since(began)
	return l, nil
}

// Put saves a segment and evaluates it, so that it can be used at once. See
// segment.Put for the errors; what fails after it was saved is logged, and
// mended by the upkeep.
func (s *Segments) Put(ctx context.Context, name string, d segment.Document, base *int, author string) (segment.Segment, error) {
	b, err := s.Book(ctx)
	if err == nil {
		err = s.Checked(ctx, b, name, d.Rule)
	}
	if err != nil {
		return segment.Segment{}, err
	}
	made, err := segment.Put(ctx, s.Store, name, d, base, author)
	if err != nil {
		return made, err
	}
	if _, err := s.upkeep().Keep(whole(ctx), name); err != nil {
		s.Log.Error("a segment could not be evaluated", "segment", name, "error", err)
	}
	return made, s.refresh(ctx)
}

// Retire deletes a segment. See segment.Retire for the errors.
func (s *Segments) Retire(ctx context.Context, name string, base *int, author string) error {
	stages, _, err := ReadStages(ctx, s.Store)
	if err != nil {
		return err
	}
	for _, x := range stages.List {
		if x.names(name) {
			return farol.Errorf(farol.Conflict, "it is used by the rules of the stage %s", x.Name)
		}
	}
	if err := segment.Retire(ctx, s.Store, name, base, author); err != nil {
		return err
	}
	if err := s.upkeep().Forget(whole(ctx)); err != nil {
		s.Log.Error("a deleted segment could not be emptied", "segment", name, "error", err)
	}
	return s.refresh(ctx)
}

// names tells whether a rule of the stage names the segment.
func (x Stage) names(name string) bool {
	for _, text := range []string{x.Enter, x.Exit} {
		if r, err := x.rule(text, ""); err == nil && r != nil && slices.Contains(r.Uses(), name) {
			return true
		}
	}
	return false
}

// whole is for work on everybody that goes on when the caller has left: who is
// in a segment does not depend on who saved it.
func whole(ctx context.Context) context.Context { return sight.Everything(context.WithoutCancel(ctx)) }

func (s *Segments) refresh(ctx context.Context) error {
	if s.Customers == nil {
		return nil
	}
	return s.Customers.Refresh(ctx)
}

func (s *Segments) upkeep() *segment.Upkeep {
	return &segment.Upkeep{Store: s.Store, Facts: s.Facts, Env: s.Env, Now: s.Now, Back: s.Back, Waiting: s.Waiting}
}

// progressName is that of the upkeep in the store's progress.
const progressName = "segments"

// Upkeep does one turn of keeping up who is in which segment, and says in the
// store how far it has come while that takes long.
func (s *Segments) Upkeep(ctx context.Context) error {
	u := s.upkeep()
	u.Tell = func(title string, done, total int, began time.Time) {
		if s.Now().Sub(began) < 2*time.Second {
			return
		}
		if err := s.Store.SaveProgress(ctx, store.Progress{Name: progressName, What: title, Done: done, Total: total, Started: began}); err != nil {
			s.Log.Error("the progress is not recorded", "error", err)
		}
	}
	// Rules about people read the roster.
	err := s.Facts.UpdateRoster(ctx)
	if err == nil {
		err = u.Run(ctx)
	}
	if ended := s.Store.EndProgress(context.WithoutCancel(ctx), progressName); ended != nil {
		s.Log.Error("the progress is not recorded", "error", ended)
	}
	return err
}

// Members lists who is in a segment as it is kept.
func Members(all map[farol.AccountID]*Account, name string) []*Account {
	var out []*Account
	for _, a := range all {
		if !a.Test && a.Marks[segment.Trait(name)] == segment.In {
			out = append(out, a)
		}
	}
	return out
}
