package customer

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
)

// Find answers the accounts whose name, id or domain holds every word of the
// text, accents and case aside, the best first: those whose name begins with
// it, then those with a word that does, then the rest, in each the ones that
// pay most. see tells which accounts the asker may see; nil is all. It looks
// at each account once and sorts only what it answers.
func (d *Directory) Find(ctx context.Context, text string, limit int, see func(farol.AccountID) bool) ([]*Account, error) {
	all, err := d.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	words := strings.Fields(Fold(text))
	if len(words) == 0 || limit <= 0 {
		return nil, nil
	}
	best := make([]found, 0, limit+1)
	for id, a := range all {
		f := found{account: a, rank: rankOf(a.folded, words)}
		if f.rank == 0 || see != nil && !see(id) || len(best) == limit && f.compare(best[limit-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, f, found.compare)
		best = slices.Insert(best, at, f)
		best = best[:min(len(best), limit)]
	}
	out := make([]*Account, len(best))
	for i, f := range best {
		out[i] = f.account
	}
	return out, nil
}

type found struct {
	account *Account
	rank    int
}

// compare orders the better first.
func (f found) compare(g found) int {
	return cmp.Or(cmp.Compare(g.rank, f.rank), cmp.Compare(g.account.Metrics["mrr"], f.account.Metrics["mrr"]),
		strings.Compare(f.account.Name, g.account.Name), strings.Compare(string(f.account.ID), string(g.account.ID)))
}

// rankOf says how well a folded text fits the words: 0 not at all.
func rankOf(folded string, words []string) int {
	rank := 3
	for i, w := range words {
		at := strings.Index(folded, w)
		switch {
		case at < 0:
			return 0
		case i == 0 && at == 0:
		case at == 0 || folded[at-1] == ' ' || strings.Contains(folded, " "+w):
			rank = min(rank, 2+boolInt(i > 0))
		default:
			rank = 1
		}
	}
	return rank
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Rank says how well a text fits what was typed, accents and case aside: 0 not
// at all, 3 best.
func Rank(text, typed string) int {
	words := strings.Fields(Fold(typed))
	if len(words) == 0 {
		return 0
	}
	return rankOf(Fold(text), words)
}
