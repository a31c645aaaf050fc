package customer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
)

// Tally is how many accounts, and what their Query.Total sums up to; Totalled is
// that of Page.
type Tally struct {
	Count    int
	Total    float64
	Totalled bool
}

func (t *Tally) add(v float64) { t.Count++; t.Total += v }

// StageGroup is the accounts of one stage.
type StageGroup struct {
	// Stage is the stage's name, "" for the accounts that are in none or in one
	// that is no more.
	Stage string
	Tally
	// Standings are those told apart.
	Standings map[Standing]Tally
	// MedianDays is how long half of them have been in it at least; -1 when
	// there is nobody.
	MedianDays int
	// First are those that have been in it for longest.
	First []*Account

	stuck []*Account
}

// ByStage groups the accounts that fit by stage: first those without one, then
// the stages in their order; of each group the first so many.
func (q Query) ByStage(all map[farol.AccountID]*Account, first int) []StageGroup {
	words := strings.Fields(Fold(q.Search))
	none := Tally{Totalled: q.Totalled(all)}
	groups := []StageGroup{{Tally: none, Standings: map[Standing]Tally{}}}
	at := make(map[string]int, len(q.Stages.List))
	for i, s := range q.Stages.List {
		at[s.Name] = i + 1
		groups = append(groups, StageGroup{Stage: s.Name, Tally: none, Standings: map[Standing]Tally{}})
	}
	// By group and place of the standing: the loop is over every account there is.
	tallies := make([][4]Tally, len(groups))
	for id, a := range all {
		if a.Test && !q.Tests || q.Only != nil && !q.Only[id] || !q.fits(a, words) {
			continue
		}
		i := at[a.Stage()] // of an unknown stage: 0
		standing := NoLimit
		if i > 0 && a.StageSince != 0 {
			standing = q.Stages.List[i-1].Standing(daysSince(a.StageSince, q.Today))
		}
		v, g := a.Metrics[q.Total], &groups[i]
		g.add(v)
		tallies[i][standing.place()].add(v)
		g.First = append(g.First, a)
		if standing == Stuck {
			g.stuck = append(g.stuck, a)
		}
	}
	for i := range groups {
		for _, s := range append([]Standing{NoLimit}, Standings...) {
			if t := tallies[i][s.place()]; t.Count > 0 {
				t.Totalled = none.Totalled
				groups[i].Standings[s] = t
			}
		}
		groups[i].finish(first, q.Today)
	}
	return groups
}

func (g *StageGroup) finish(first int, today farol.Day) {
	g.MedianDays = -1
	since := make([]farol.Day, len(g.First))
	for i, a := range g.First {
		since[i] = a.StageSince
	}
	slices.Sort(since)
	if n := len(since); n > 0 && since[(n-1)/2] != 0 {
		g.MedianDays = daysSince(since[(n-1)/2], today)
	}
	g.First = longest(g.First, first)
}

// LongestStuck are the first so many of those that are stuck, the longest
// first.
func LongestStuck(groups []StageGroup, first int) []*Account {
	var all []*Account
	for _, g := range groups {
		all = append(all, g.stuck...)
	}
	return longest(all, first)
}

// longest are the first so many of those that have been in their stage for
// longest.
func longest(list []*Account, first int) []*Account {
	keys := make([]sortKey, len(list))
	for i, a := range list {
		keys[i] = sortKey{account: a, number: float64(a.StageSince)}
	}
	first = min(first, len(keys))
	selectFirst(keys, first, func(x, y sortKey) int {
		return cmp.Or(cmp.Compare(x.number, y.number), strings.Compare(x.account.sorted, y.account.sorted), strings.Compare(string(x.account.ID), string(y.account.ID)))
	})
	out := make([]*Account, first)
	for i := range out {
		out[i] = keys[i].account
	}
	return out
}
