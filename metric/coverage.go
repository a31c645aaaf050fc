package metric

import (
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// daySet is a sorted list of days, never changed once made.
type daySet []farol.Day

// with is the set and these days.
func (s daySet) with(days []farol.Day) daySet {
	out := slices.Concat(s, days)
	slices.Sort(out)
	return slices.Compact(out)
}

// meets tells whether a day of the set lies in [from, to).
func (s daySet) meets(from, to farol.Day) bool {
	i, _ := slices.BinarySearch(s, from)
	return i < len(s) && s[i] < to
}

// coverage is the days on which there are facts, by table. A coverage is
// never changed once made.
type coverage map[string]daySet

// exclusionsTable marks that somebody is now, or no longer, left out of every
// figure: then all of the past is moved.
const exclusionsTable = "exclusions"

// with is the coverage and what was touched.
func (c coverage) with(touches []facts.Touch) coverage {
	days := map[string][]farol.Day{}
	for _, t := range touches {
		days[t.Table] = append(days[t.Table], t.Day)
	}
	out := coverage{}
	for table, s := range c {
		out[table] = s
	}
	for table, d := range days {
		out[table] = out[table].with(d)
	}
	return out
}

// first is the first day that has facts of the table.
func (c coverage) first(table string) (farol.Day, bool) {
	if len(c[table]) == 0 {
		return 0, false
	}
	return c[table][0], true
}

// received tells whether there are data for the period's figure at all.
func (p *plan) received(q farol.Period) bool {
	table, state := p.metric.basis()
	w := p.window(q)
	if state {
		first, ok := p.covered.first(table)
		if billed, also := p.covered.first(invoicesTable); also && p.settings.Conventions.Basis == InvoiceBasis && (!ok || billed < first) {
			first, ok = billed, true
		}
		return ok && first < w.To
	}
	switch {
	case p.metric.Previous:
		w.From = q.From // what came in the period before makes no zero of this one
	case p.metric.Aggregation == RollingShare:
		w.From = p.last(q) // nor what came on the days before the one that is asked about
	}
	return p.covered[table].meets(w.From, w.To)
}

// start is the first day from which the period's window is covered by data:
// its own first day, or later when facts began inside it. ok is false when
// facts begin after it, or never.
func (p *plan) start(q farol.Period) (farol.Day, bool) {
	table, state := p.metric.basis()
	w := p.window(q)
	if state {
		return w.From, true
	}
	first, ok := p.covered.first(table)
	if !ok || first >= w.To {
		return 0, false
	}
	return max(first, w.From), true
}
