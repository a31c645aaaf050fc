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

// books is what the accounts pay at an instant.
type books struct {
	mrr       map[farol.Currency]int64
	paying    map[farol.AccountID]bool
	customers map[farol.AccountID]bool // who pays or has paused
}

// revenue books every subscription at the end of every month.
func (c *Company) revenue(t *Truth) {
	lines := c.lines()
	c.moves(t, lines)
	for i := range t.Months {
		m := &t.Months[i]
		y, mon, _ := m.Month.UTC().Date()
		before := balance(lines, m.Month.Start(c.zone))
		after := balance(lines, min(farol.Date(y, mon+1, 1), t.Last+1).Start(c.zone))
		m.BRL, m.USD = after.mrr["BRL"], after.mrr["USD"]
		m.Paying, m.Paused = len(after.paying), len(after.customers)-len(after.paying)
		m.CustomersStart = len(before.customers)
		for id := range before.customers { // counting only: order does not matter
			if !after.customers[id] {
				m.CustomersLost++
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

// lines are the changes of each subscription that counts, in order of effect;
// what was told later wins among equal instants.
func (c *Company) lines() (list [][]change) {
	place := map[string]int{}
	for _, ch := range c.book.changes {
		if ch.account.excluded != "" {
			continue
		}
		n, ok := place[ch.subscription]
		if !ok {
			n = len(list)
			place[ch.subscription] = n
			list = append(list, nil)
		}
		list[n] = append(list[n], ch)
	}
	for _, l := range list {
		slices.SortStableFunc(l, func(x, y change) int { return x.at.Compare(y.at) })
	}
	return list
}

// balance is the books just before the instant.
func balance(lines [][]change, end time.Time) books {
	b := books{map[farol.Currency]int64{}, map[farol.AccountID]bool{}, map[farol.AccountID]bool{}}
	for _, line := range lines {
		var now change
		for _, ch := range line {
			if ch.at.Before(end) {
				now = ch
			}
		}
		if now.minor > 0 {
			b.mrr[now.currency] += now.minor
			b.paying[now.account.id] = true
		}
		if now.minor > 0 || now.paused {
			b.customers[now.account.id] = true
		}
	}
	return b
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
