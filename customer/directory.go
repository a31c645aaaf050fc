// Package customer is what is known of each account by now: its attributes,
// marks (owner, stage, tags, segments) and the latest value of every metric
// that is kept per account. The directory holds it in memory and takes in what
// is new, so lists, search and totals over all accounts cost no query.
package customer

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
)

// The marks by which the team says whose an account is, in which stage, and
// what it is tagged with. They are attributes with two clocks: every number
// can be filtered and broken down by them.
const (
	OwnerTrait = "$owner." // + csm, support, sales
	StageTrait = "$stage"
	TagTrait   = "$tag." // + the tag; "true" or "false"
	// ListTrait marks who is on a list that is kept by hand: + its name; "true"
	// or "false". A rule reads it as any attribute.
	ListTrait = "$list."
	// WhyTrait says why the account was moved to its stage: see Why.
	WhyTrait = "$stage.why"
)

// Account is an account as it is known. Its maps must not be changed.
type Account struct {
	ID farol.AccountID
	// Name is the attribute name, else the id.
	Name string
	// Created is the day on which it began: created_at, else its sign-up, else
	// its first fact.
	Created farol.Day
	// StageSince is the day since which it is in its stage, 0 without one.
	StageSince farol.Day
	// Attributes are what senders said, Marks what Farol and its team did.
	Attributes, Marks map[string]string
	// Metrics are the latest daily values, those of the metric's last measured
	// day only.
	Metrics map[string]float64
	// Test tells that no figure counts it.
	Test bool

	folded string // name, id and domain, for search
	sorted string // the name, for order
}

// Owner is the member who has the role for the account, "" for nobody.
func (a *Account) Owner(role string) string { return a.Marks[OwnerTrait+role] }

// Stage is the name of the stage, "" for none.
func (a *Account) Stage() string { return a.Marks[StageTrait] }

// Tags lists the tags, sorted.
func (a *Account) Tags() []string { return a.marked(TagTrait) }

// Lists are those kept by hand that it is on, sorted.
func (a *Account) Lists() []string { return a.marked(ListTrait) }

func (a *Account) marked(prefix string) []string {
	var out []string
	for k, v := range a.Marks {
		if name, ok := strings.CutPrefix(k, prefix); ok && v == "true" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Directory keeps the accounts. It is safe for concurrent use.
type Directory struct {
	facts *facts.Facts
	now   func() time.Time
	// compute may be nil: see SetCompute.
	compute Compute

	loading sync.Mutex
	took    time.Duration // of the last refresh; guarded by loading
	mu      sync.RWMutex
	state   *snapshot
	checked time.Time
	pasts   pasts
}

// snapshot is the accounts at one commit; it never changes once shown.
type snapshot struct {
	accounts map[farol.AccountID]*Account
	// values are the last values of each metric by account, last its last
	// measured day.
	values map[string]map[farol.AccountID]facts.Measure
	last   map[string]farol.Day
	known  time.Time
	joins  time.Time // when accounts were joined or parted last
	erased int64     // the erasures that it knows of
	*portfolios
	// said are the names of attributes and marks that accounts ever had.
	said map[string]bool
}

// New makes a directory that is filled when it is first asked.
func New(f *facts.Facts, now func() time.Time) *Directory { return &Directory{facts: f, now: now} }

// fresh is how old what a reader sees may be.
const fresh = 3 * time.Second

// measured is how far back the last measured day of a metric may lie.
const measured = 60

// Accounts answers every account that the context's reader may see, as of a
// few seconds ago at most. The map and what is in it must not be changed.
func (d *Directory) Accounts(ctx context.Context) (map[farol.AccountID]*Account, error) {
	s, err := d.current(ctx)
	if err != nil {
		return nil, err
	}
	return s.part(sight.Of(ctx)), nil
}

// Account is one account; NotFound when nobody ever named it, and when it is
// out of the reader's sight.
func (d *Directory) Account(ctx context.Context, id farol.AccountID) (*Account, error) {
	all, err := d.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	if a, ok := all[id]; ok {
		return a, nil
	}
	return nil, farol.Errorf(farol.NotFound, "there is no such account")
}

// quick is how long a refresh may take for a reader to wait for it: a longer
// one (every account's metrics of a new day) goes on beside, and readers see
// what there was until it is done.
const quick = 50 * time.Millisecond

func (d *Directory) current(ctx context.Context) (*snapshot, error) {
	s, due := d.shown()
	if s != nil && !due {
		return s, nil
	}
	if s == nil {
		d.loading.Lock()
		defer d.loading.Unlock()
		return d.renew(ctx)
	}
	if !d.loading.TryLock() {
		return s, nil // somebody else is at it
	}
	if d.took < quick {
		defer d.loading.Unlock()
		return d.renew(ctx)
	}
	go func() {
		defer d.loading.Unlock()
		// Whoever asked for it may be gone by then, and sees no more than he may
		// in any case.
		_, _ = d.renew(context.WithoutCancel(ctx)) // the next reader tries again
	}()
	return s, nil
}

// shown is the present snapshot, and whether it is time to look for news.
func (d *Directory) shown() (s *snapshot, due bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.state, d.state == nil || d.now().Sub(d.checked) >= fresh && (d.facts.LastKnown().After(d.state.known) || d.facts.Erasings() != d.state.erased)
}

// renew makes and shows the next snapshot, unless somebody has just done it.
// The caller holds loading.
func (d *Directory) renew(ctx context.Context) (*snapshot, error) {
	old, due := d.shown()
	if !due {
		return old, nil
	}
	begun := time.Now()
	now := d.now()
	next, err := d.refresh(ctx, old)
	if err != nil {
		return nil, err
	}
	if err := d.facts.ForgetPeople(ctx); err != nil {
		return nil, err
	}
	d.pasts.sweep(now)
	d.took = time.Since(begun)
	d.mu.Lock()
	d.state, d.checked = next, now
	d.mu.Unlock()
	return next, nil
}

// Refresh takes in what is new at once: after a change that the next page has
// to show.
func (d *Directory) Refresh(ctx context.Context) error {
	d.loading.Lock()
	defer d.loading.Unlock()
	d.mu.Lock()
	d.checked = time.Time{}
	d.mu.Unlock()
	d.pasts.forget(d.now())
	_, err := d.renew(ctx)
	return err
}

// refresh makes the snapshot after old (nil: from nothing).
func (d *Directory) refresh(ctx context.Context, old *snapshot) (*snapshot, error) {
	s := &snapshot{accounts: map[farol.AccountID]*Account{}, erased: d.facts.Erasings(), values: map[string]map[farol.AccountID]facts.Measure{}, last: map[string]farol.Day{}, known: d.facts.LastKnown(), said: map[string]bool{}, joins: d.facts.JoinsChanged(), portfolios: &portfolios{}}
	since := time.Time{}
	if old != nil && old.joins.Equal(s.joins) && old.erased == s.erased {
		since = old.known
		s.accounts, s.last, s.said = maps.Clone(old.accounts), maps.Clone(old.last), old.said
		s.values = old.values // replaced metric by metric below
	}
	said := map[farol.AccountID][]facts.AccountValue{}
	if err := d.facts.AccountValues(ctx, since, 0, time.Time{}, func(v facts.AccountValue) { said[v.Account] = append(said[v.Account], v) }); err != nil {
		return nil, err
	}
	news, err := d.news(ctx, since)
	if err != nil {
		return nil, err
	}
	for id, values := range said {
		s.accounts[id] = d.accountOf(id, values, time.Time{})
		s.note(s.accounts[id])
	}
	moved := s.measure(news)
	for id := range said {
		moved[id] = true
	}
	for id := range moved {
		if a, ok := s.accounts[id]; ok {
			b := *a
			b.Metrics = s.metricsOf(id)
			s.accounts[id] = &b
		}
	}
	return s, nil
}

// news are the values that were learned after since; from nothing, those of
// each metric's last day: nothing else of it is ever shown.
func (d *Directory) news(ctx context.Context, since time.Time) (map[string][]facts.Measure, error) {
	today := farol.DayOf(d.now(), d.facts.Zone())
	out := map[string][]facts.Measure{}
	take := func(m facts.Measure) { out[m.Metric] = append(out[m.Metric], m) }
	if !since.IsZero() {
		return out, d.facts.NewMeasures(ctx, today-measured, since, take)
	}
	names, err := d.facts.MeasuredMetrics(ctx, today-measured)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := d.facts.LastMeasures(ctx, name, today, measured, time.Time{}, take); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// note keeps the names of what is said of the account. The set is copied when
// it grows: readers may hold it.
func (s *snapshot) note(a *Account) {
	cloned := false
	add := func(name string) {
		if s.said[name] {
			return
		}
		if !cloned {
			s.said, cloned = maps.Clone(s.said), true
		}
		s.said[name] = true
	}
	for k := range a.Attributes {
		add(k)
	}
	for k := range a.Marks {
		add(k)
	}
}

// Names lists the names that begin with the prefix, without it, sorted:
// those of tags, of lists, of segments. "" answers the attributes that senders
// gave.
func (d *Directory) Names(ctx context.Context, prefix string) ([]string, error) {
	s, err := d.current(ctx)
	if err != nil {
		return nil, err
	}
	of, seen := sight.Of(ctx), map[string]bool{}
	if of.Limited() && prefix != "" {
		// A name that only others' accounts have says something of them.
		for _, a := range s.part(of) {
			for name := range a.Marks {
				seen[name] = true
			}
		}
	}
	var out []string
	for name := range s.said {
		if of.Limited() && prefix != "" && !seen[name] {
			continue
		}
		if rest, ok := strings.CutPrefix(name, prefix); ok && (prefix != "" || !strings.HasPrefix(name, "$")) && !sight.Of(ctx).Hides("attribute."+name) {
			out = append(out, rest)
		}
	}
	slices.Sort(out)
	return out, nil
}

// measure takes in new values and answers whose they move: when a metric has
// a new last day, everybody's.
func (s *snapshot) measure(news map[string][]facts.Measure) map[farol.AccountID]bool {
	moved := map[farol.AccountID]bool{}
	if len(news) > 0 {
		s.values = maps.Clone(s.values)
	}
	for name, list := range news {
		byAccount := maps.Clone(s.values[name])
		if byAccount == nil {
			byAccount = map[farol.AccountID]facts.Measure{}
		}
		for _, m := range list {
			if have, ok := byAccount[m.Account]; !ok || m.Day >= have.Day {
				byAccount[m.Account] = m
				moved[m.Account] = true
			}
			if m.Value != nil && m.Day > s.last[name] {
				s.last[name] = m.Day
				for id := range byAccount {
					moved[id] = true
				}
			}
		}
		s.values[name] = byAccount
	}
	return moved
}

func (s *snapshot) metricsOf(id farol.AccountID) map[string]float64 {
	out := map[string]float64{}
	for name, byAccount := range s.values {
		if m, ok := byAccount[id]; ok && m.Value != nil && m.Day == s.last[name] {
			out[name] = *m.Value
		}
	}
	return out
}

// accountOf makes an account, whose parent may be part of another by now.
func (d *Directory) accountOf(id farol.AccountID, values []facts.AccountValue, known time.Time) *Account {
	a := accountOf(id, values)
	if up := a.Attributes[ParentTrait]; up != "" {
		a.Attributes[ParentTrait] = string(d.facts.Joined(farol.AccountID(up), known))
	}
	return a
}

// accountOf makes an account of what is said of it.
func accountOf(id farol.AccountID, values []facts.AccountValue) *Account {
	a := &Account{ID: id, Name: string(id), Attributes: map[string]string{}, Marks: map[string]string{}, Metrics: map[string]float64{}}
	days := map[string]string{}
	for _, v := range values {
		switch {
		case v.Type == "day":
			days[v.Trait] = v.Value
		case v.Type == "mark":
			a.Marks[v.Trait] = v.Value
			if v.Trait == StageTrait && v.Value != "" {
				a.StageSince = v.Day
			}
		case v.Type == "null":
		default:
			a.Attributes[v.Trait] = v.Value
		}
	}
	if why := a.Marks[WhyTrait]; strings.Contains(why, `"since"`) {
		if d, err := farol.ParseDay(ParseWhy(why).Since); err == nil && d <= a.StageSince {
			a.StageSince = d
		}
	}
	for _, k := range []string{"$created", "$signed_up", "$seen"} {
		if d, err := farol.ParseDay(days[k]); err == nil {
			a.Created = d
			break
		}
	}
	if n := a.Attributes["name"]; n != "" {
		a.Name = n
	}
	a.Test = a.Attributes["test"] == "true" || a.Attributes["internal"] == "true"
	a.folded = foldedOf(a)
	a.sorted = Fold(a.Name)
	return a
}

// foldedOf is what a search looks at.
func foldedOf(a *Account) string {
	return Fold(a.Name + " " + string(a.ID) + " " + a.Attributes["domain"] + " " + a.Attributes["website"])
}

// Fold makes a text comparable: small letters without accents.
func Fold(s string) string { return lang.Fold(s) }

// AccountAt is one account as of a day and as known at an instant (zero:
// now), with the metrics that were kept of it by then. NotFound when nothing
// was said of it.
func (d *Directory) AccountAt(ctx context.Context, id farol.AccountID, asOf farol.Day, known time.Time) (*Account, error) {
	day := asOf
	if day == 0 {
		day = farol.DayOf(d.now(), d.facts.Zone())
	}
	var a *Account
	var kept []facts.Measure
	reads, reading := errgroup.WithContext(ctx)
	reads.Go(func() (err error) { a, err = d.accountSaid(reading, id, asOf, known); return err })
	reads.Go(func() error {
		now, err := d.current(reading)
		if err != nil {
			return err
		}
		kept, err = d.facts.MeasuresOf(reading, id, slices.Collect(maps.Keys(now.last)), day, measured, known)
		return err
	})
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	for _, m := range kept {
		a.Metrics[m.Metric] = *m.Value
	}
	return a.seen(ctx)
}

// AccountSaid is AccountAt without metrics, for those who want a name.
func (d *Directory) AccountSaid(ctx context.Context, id farol.AccountID, asOf farol.Day, known time.Time) (*Account, error) {
	a, err := d.accountSaid(ctx, id, asOf, known)
	if err != nil {
		return nil, err
	}
	return a.seen(ctx)
}

func (d *Directory) accountSaid(ctx context.Context, id farol.AccountID, asOf farol.Day, known time.Time) (*Account, error) {
	var said []facts.AccountValue
	err := d.facts.ValuesOf(ctx, id, asOf, known, func(v facts.AccountValue) { said = append(said, v) })
	if err == nil && len(said) == 0 {
		err = farol.Errorf(farol.NotFound, "there is no such account")
	}
	if err != nil {
		return nil, err
	}
	return accountOf(id, said), nil
}

// seen is the account as the context's reader may see it.
func (a *Account) seen(ctx context.Context) (*Account, error) {
	b := cut(map[farol.AccountID]*Account{a.ID: a}, sight.Of(ctx))[a.ID]
	if b == nil {
		return nil, farol.Errorf(farol.NotFound, "there is no such account")
	}
	return b, nil
}

// At answers the accounts as of a day (0: today) and as known at an instant
// (zero: now), with the given ones of their metrics, computed for the call.
func (d *Directory) At(ctx context.Context, asOf farol.Day, known time.Time, metrics ...string) (map[farol.AccountID]*Account, error) {
	said := map[farol.AccountID][]facts.AccountValue{}
	if err := d.facts.AccountValues(ctx, time.Time{}, asOf, known, func(v facts.AccountValue) { said[v.Account] = append(said[v.Account], v) }); err != nil {
		return nil, err
	}
	out := make(map[farol.AccountID]*Account, len(said))
	for id, values := range said {
		out[id] = d.accountOf(id, values, known)
	}
	if asOf == 0 {
		asOf = farol.DayOf(d.now(), d.facts.Zone())
	}
	for _, name := range metrics {
		err := d.facts.LastMeasures(ctx, name, asOf, measured, known, func(m facts.Measure) {
			if a, ok := out[m.Account]; ok {
				a.Metrics[name] = *m.Value
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return cut(out, sight.Of(ctx)), nil
}
