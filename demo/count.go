package demo

import (
	"slices"
	"time"

	"github.com/farol-cs/farol"
)

// usage counts distinct active people and accounts.
func (c *Company) usage(t *Truth) {
	n := int(t.Last-t.First) + 1
	days := make([]marks, n)
	canonical := c.book.canonical()
	for i := range min(n, len(c.book.days)) {
		days[i].accounts = c.book.days[i].accounts
		c.book.days[i].people.each(func(id int) { days[i].people.add(int(canonical[id])) })
	}
	fresh := make([]int, n)
	for _, a := range t.Accounts {
		fresh[a.Created-t.First]++
	}
	for i := range days {
		p7, a7 := span(days, i-6, i+1)
		p28, a28 := span(days, i-27, i+1)
		t.Days = append(t.Days, DayTruth{Day: t.First.Next(i), People: days[i].people.len(), Accounts: days[i].accounts.len(),
			People7: p7, Accounts7: a7, People28: p28, Accounts28: a28, NewAccounts: fresh[i]})
	}
	for d := t.First; d <= t.Last; {
		y, m, _ := d.UTC().Date()
		next := farol.Date(y, m+1, 1)
		month := MonthTruth{Month: d, Complete: !next.Start(c.zone).After(c.now)}
		month.People, month.Accounts = span(days, int(d-t.First), int(next-t.First))
		t.Months = append(t.Months, month)
		d = next
	}
}

// span counts distinct people and accounts of days [from, to).
func span(days []marks, from, to int) (people, accounts int) {
	var p, a set
	for _, m := range days[max(0, from):min(to, len(days))] {
		p.union(m.people)
		a.union(m.accounts)
	}
	return p.len(), a.len()
}

// canonical is the id at the end of each id's links.
func (l *ledger) canonical() []int32 {
	to := make([]int32, len(l.names))
	for i := range to {
		to[i] = int32(i)
	}
	for _, k := range l.links {
		from, ok := l.ids[k.From]
		if ok && to[from] == from {
			to[from] = l.id(k.To)
		}
	}
	for i := range to {
		for to[i] != to[to[i]] {
			to[i] = to[to[i]]
		}
	}
	return to
}

// revenue books every subscription at the end of every month.
func (c *Company) revenue(t *Truth) {
	lines := map[string][]change{}
	var order []string
	for _, ch := range c.book.changes {
		if ch.account.excluded != "" {
			continue
		}
		if lines[ch.subscription] == nil {
			order = append(order, ch.subscription)
		}
		lines[ch.subscription] = append(lines[ch.subscription], ch)
	}
	for _, id := range order {
		// What was told later wins among equal instants.
		slices.SortStableFunc(lines[id], func(x, y change) int { return x.at.Compare(y.at) })
	}
	at := func(end time.Time) (mrr map[farol.AccountID]int64, sum map[farol.Currency]int64) {
		mrr, sum = map[farol.AccountID]int64{}, map[farol.Currency]int64{}
		for _, id := range order {
			minor := int64(0)
			for _, ch := range lines[id] {
				if ch.at.Before(end) {
					minor = ch.minor
				}
			}
			first := lines[id][0]
			if minor > 0 {
				mrr[first.account.id] += minor
				sum[first.currency] += minor
			}
		}
		return mrr, sum
	}
	for i := range t.Months {
		m := &t.Months[i]
		y, mon, _ := m.Month.UTC().Date()
		end := min(farol.Date(y, mon+1, 1), t.Last+1)
		before, _ := at(m.Month.Start(c.zone))
		after, sum := at(end.Start(c.zone))
		m.BRL, m.USD = sum["BRL"], sum["USD"]
		m.PayingStart, m.PayingEnd = len(before), len(after)
		for id := range before { // counting only: order does not matter
			if after[id] == 0 {
				m.Lost++
				if c.paused(id, end-1) {
					m.LostPaused++
				}
			}
		}
	}
	for _, a := range t.Accounts {
		m := &t.Months[monthIndex(t, a.Created)]
		m.Cohort++
		if a.Activated {
			m.Activated++
		}
	}
}

// paused tells whether the account's contract rested on the day.
func (c *Company) paused(id farol.AccountID, d farol.Day) bool {
	for _, s := range c.book.pauses {
		if s.Account == id && s.From <= d && (s.To == 0 || d < s.To) {
			return true
		}
	}
	return false
}

func monthIndex(t *Truth, d farol.Day) int {
	y, m, _ := t.First.UTC().Date()
	y2, m2, _ := d.UTC().Date()
	return (y2-y)*12 + int(m2) - int(m)
}

// voices counts the latest NPS answer of each person and month.
func (c *Company) voices(t *Truth) {
	canonical := c.book.canonical()
	type key struct {
		person int32
		month  int
	}
	latest := map[key]npsScore{}
	for _, s := range c.book.scores {
		if s.out || s.day > t.Last {
			continue
		}
		k := key{canonical[c.book.id(s.user)], monthIndex(t, s.day)}
		if old, ok := latest[k]; !ok || s.at.After(old.at) {
			latest[k] = s
		}
	}
	for k, s := range latest { // counting only: order does not matter
		m := &t.Months[k.month]
		switch {
		case s.score >= 9:
			m.Promoters++
		case s.score >= 7:
			m.Passives++
		default:
			m.Detractors++
		}
	}
}
