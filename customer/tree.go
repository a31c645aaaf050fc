package customer

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// ParentTrait is the attribute that names the account above.
const ParentTrait = "parent"

// Tree is which accounts are below which.
type Tree struct {
	parent   map[farol.AccountID]farol.AccountID
	children map[farol.AccountID][]*Account
}

// TreeOf reads the attribute parent of the accounts. Who names itself, nobody
// known, or somebody below it is at the top: senders may say a circle, and
// then none of it counts.
func TreeOf(all map[farol.AccountID]*Account) *Tree {
	t := &Tree{map[farol.AccountID]farol.AccountID{}, map[farol.AccountID][]*Account{}}
	for id, a := range all {
		up := farol.AccountID(a.Attributes[ParentTrait])
		if up == "" || all[up] == nil {
			continue
		}
		seen := map[farol.AccountID]bool{}
		at := up
		for at != "" && at != id && !seen[at] && all[at] != nil {
			seen[at] = true
			at = farol.AccountID(all[at].Attributes[ParentTrait])
		}
		if at != id {
			t.parent[id] = up
			t.children[up] = append(t.children[up], a)
		}
	}
	for _, list := range t.children {
		slices.SortFunc(list, func(a, b *Account) int { return strings.Compare(a.Name+string(a.ID), b.Name+string(b.ID)) })
	}
	return t
}

// Parent is the account above, "" for none.
func (t *Tree) Parent(id farol.AccountID) farol.AccountID { return t.parent[id] }

// Children lists the accounts right below, by name.
func (t *Tree) Children(id farol.AccountID) []*Account { return t.children[id] }

// Below lists all accounts below, itself not among them.
func (t *Tree) Below(id farol.AccountID) (out []*Account) {
	for _, c := range t.children[id] {
		out = append(append(out, c), t.Below(c.ID)...)
	}
	return out
}

// Below is how many accounts say that this one is right above them, of those
// that the context's reader may see.
func (d *Directory) Below(ctx context.Context, id farol.AccountID) (n int, err error) {
	s, err := d.current(ctx)
	if err != nil {
		return 0, err
	}
	p := s.portfolios
	p.tree.Do(func() {
		p.below = map[farol.AccountID][]farol.AccountID{}
		for id, a := range s.accounts {
			if up := farol.AccountID(a.Attributes[ParentTrait]); up != "" {
				p.below[up] = append(p.below[up], id)
			}
		}
	})
	of := sight.Of(ctx)
	for _, x := range p.below[id] {
		if of == nil || of.Account(x) {
			n++
		}
	}
	return n, nil
}

// SetParent puts an account below another, "" for at the top. Errors are
// Invalid with the field parent: nobody is below itself.
func (d *Directory) SetParent(ctx context.Context, at time.Time, id, parent farol.AccountID) error {
	all, err := d.Accounts(ctx)
	if err != nil {
		return err
	}
	if all[id] == nil {
		return farol.Errorf(farol.NotFound, "there is no such account")
	}
	if parent != "" && all[parent] == nil {
		return farol.InvalidField("parent", "there is no such account")
	}
	if parent == id {
		return farol.InvalidField("parent", "must be another account")
	}
	// A circle may go through accounts out of sight.
	if all, err = d.Accounts(sight.Everything(ctx)); err != nil {
		return err
	}
	t := TreeOf(all)
	for up := parent; up != ""; up = t.Parent(up) {
		if up == id {
			return farol.InvalidField("parent", "is below this account itself")
		}
	}
	kind := "text"
	if parent == "" {
		kind = "null"
	}
	err = d.facts.SaveAttributes(ctx, at, []facts.AccountAttribute{{Account: id, Trait: ParentTrait, Type: kind, Value: string(parent)}})
	if err != nil {
		return err
	}
	return d.Refresh(ctx)
}
