package customer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
)

// Tally is how many accounts, and what their Query.Total sums up to.
type Tally struct {
	Count int
	Total float64
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
}

// ByStage groups the accounts that fit by stage: first those without one, then
// the stages in their order; of each group the first so many.
func (q Query) ByStage(all map[farol.AccountID]*Account, first int) []StageGroup {
	words := strings.Fields(Fold(q.Search))
	at := map[string]int{"": 0}
	groups := []StageGroup{{Standings: map[Standing]Tally{}}}
	for _, s := range q.Stages.List {
		at[s.Name] = len(groups)
		groups = append(groups, StageGroup{Stage: s.Name, Standings: map[Standing]Tally{}})
	}
	for id, a := range all {
		if a.Test && !q.Tests || q.Only != nil && !q.Only[id] || !q.fits(a, words) {
			continue
		}
		g := &groups[at[a.Stage()]] // of an unknown stage: 0
		v := a.Metrics[q.Total]
		g.add(v)
		standing := q.Stages.StandingOf(a, q.Today)
		t := g.Standings[standing]
		t.add(v)
		g.Standings[standing] = t
		g.First = append(g.First, a)
	}
	for i := range groups {
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
		g.MedianDays = max(int(today-since[(n-1)/2]), 0)
	}
	if first < len(since) {
		// Only those that may be among the first need their order.
		g.First = slices.DeleteFunc(g.First, func(a *Account) bool { return first == 0 || a.StageSince > since[first-1] })
	}
	slices.SortFunc(g.First, func(a, b *Account) int {
		return cmp.Or(cmp.Compare(a.StageSince, b.StageSince), strings.Compare(a.sorted, b.sorted), strings.Compare(string(a.ID), string(b.ID)))
	})
	g.First = slices.Clip(g.First[:min(first, len(g.First))])
}
