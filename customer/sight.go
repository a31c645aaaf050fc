package customer

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// Sight is what a reader with the portfolio may see of the accounts as they
// are: those that one of its owners has in any role, without the hidden
// fields; nil for everything. Owners are those of now, of whatever day is
// looked at: whoever takes an account over sees its past.
func (d *Directory) Sight(ctx context.Context, st *store.Store, c *metric.Catalogue, p store.Portfolio) (*sight.Sight, error) {
	hidden, err := told(ctx, st, fields(c, p.Hidden))
	if err != nil {
		return nil, err
	}
	if p.All {
		return sight.New(nil, hidden), nil
	}
	s, err := d.current(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[farol.AccountID]bool{}
	owned := s.owned()
	for _, m := range p.Owners {
		for _, id := range owned[string(m)] {
			seen[id] = true
		}
	}
	return sight.New(seen, hidden), nil
}

// told adds the segments whose rules speak of what is hidden: to be in one tells
// of it. Each is hidden by its name and as the attribute that is kept of it.
func told(ctx context.Context, st *store.Store, hide []string) ([]string, error) {
	if len(hide) == 0 {
		return nil, nil
	}
	b, err := segment.Read(ctx, st)
	if err != nil {
		return nil, err
	}
	of, out := sight.New(nil, hide), slices.Clone(hide)
	for _, x := range b.All() {
		if hidden(of, b, x.Rule) != nil {
			out = append(out, "segment."+x.Name, "attribute."+segment.Trait(x.Name))
		}
	}
	return out, nil
}

// fields writes out which metrics the hidden money hides.
func fields(c *metric.Catalogue, hidden []string) []string {
	out := hidden
	for _, h := range hidden {
		if h != sight.Money {
			continue
		}
		for _, m := range c.All() {
			if m.HasAmounts() {
				out = append(out[:len(out):len(out)], "metric."+m.Name)
			}
		}
	}
	return out
}

// portfolios lists each member's accounts and who is below whom, and keeps the
// directories of those who see a part: all are made when they are first asked
// for.
type portfolios struct {
	once  sync.Once
	owned map[string][]farol.AccountID

	tree  sync.Once
	below map[farol.AccountID][]farol.AccountID // by the account above

	mu    sync.Mutex
	parts map[string]map[farol.AccountID]*Account
}

func (s *snapshot) owned() map[string][]farol.AccountID {
	p := s.portfolios
	p.once.Do(func() {
		p.owned = map[string][]farol.AccountID{}
		for id, a := range s.accounts {
			// A member who has two roles of an account has it once.
			mine := map[string]bool{}
			for k, m := range a.Marks {
				if strings.HasPrefix(k, OwnerTrait) && m != "" && !mine[m] {
					mine[m] = true
					p.owned[m] = append(p.owned[m], id)
				}
			}
		}
	})
	return p.owned
}

// maxParts bounds how many directories are kept per snapshot.
const maxParts = 64

// part is the accounts as the reader may see them.
func (s *snapshot) part(of *sight.Sight) map[farol.AccountID]*Account {
	if of == nil {
		return s.accounts
	}
	p := s.portfolios
	p.mu.Lock()
	defer p.mu.Unlock()
	if got, ok := p.parts[of.Key()]; ok {
		return got
	}
	out := cut(s.accounts, of)
	if len(p.parts) >= maxParts || p.parts == nil {
		p.parts = map[string]map[farol.AccountID]*Account{}
	}
	p.parts[of.Key()] = out
	return out
}

// cut leaves out accounts that are out of sight and fields that are hidden.
func cut(all map[farol.AccountID]*Account, of *sight.Sight) map[farol.AccountID]*Account {
	if of == nil {
		return all
	}
	out := map[farol.AccountID]*Account{}
	for id, a := range all {
		if of.Account(id) {
			out[id] = a.seenBy(of)
		}
	}
	return out
}

// seenBy is the account without what is hidden.
func (a *Account) seenBy(of *sight.Sight) *Account {
	if !of.HidesSome() {
		return a
	}
	b := *a
	b.Attributes, b.Marks, b.Metrics = maps.Clone(a.Attributes), maps.Clone(a.Marks), maps.Clone(a.Metrics)
	maps.DeleteFunc(b.Marks, func(k, _ string) bool { return of.Hides("attribute." + k) })
	maps.DeleteFunc(b.Attributes, func(k, _ string) bool { return of.Hides("attribute." + k) })
	maps.DeleteFunc(b.Metrics, func(k string, _ float64) bool { return of.Hides("metric." + k) })
	b.folded = foldedOf(&b)
	return &b
}
