package desk

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/stats"
)

// Need is an account that asked about what an article is about.
type Need struct {
	Account           farol.AccountID
	Tickets, Unsolved int
	Last              time.Time
}

// Needed lists the accounts with tickets of the topics that the query keeps,
// the most tickets first.
func Needed(all map[Key]*facts.Ticket, topics []string, q Query) []Need {
	by := map[farol.AccountID]*Need{}
	for _, t := range all {
		if !slices.Contains(topics, t.Topic) || !q.Fits(t, nil) {
			continue
		}
		n := by[t.Account]
		if n == nil {
			n = &Need{Account: t.Account}
			by[t.Account] = n
		}
		n.Tickets++
		if !t.Over() {
			n.Unsolved++
		}
		if t.Opened.After(n.Last) {
			n.Last = t.Opened
		}
	}
	var out []Need
	for _, n := range by {
		out = append(out, *n)
	}
	slices.SortFunc(out, func(a, b Need) int {
		return cmp.Or(b.Tickets-a.Tickets, b.Last.Compare(a.Last), cmp.Compare(a.Account, b.Account))
	})
	return out
}

// Around is how many days before and after a reading are compared.
const Around = 30

// Effect compares accounts that read an article with similar ones that did
// not: it was not chance who read, so it shows no cause.
type Effect struct {
	// Readers whose days after the reading are over.
	Readers int
	// Before and After are their tickets of the article's topics, per account,
	// in Around days; OthersBefore and OthersAfter those of similar accounts.
	Before, After, OthersBefore, OthersAfter float64
	// Change is how much more the readers' tickets changed than the others'
	// did, per account, with its 95 % interval; nil with too few readers.
	Change *stats.Estimate
}

// EffectOf works the comparison out: reads are the instants of the first
// reading by account, accounts all that could have read: others are neither
// readers nor compared with. Similar is who had as many tickets of the topics
// (none, one, more) in the days before. What others did is taken at the same
// days.
func EffectOf(all map[Key]*facts.Ticket, topics []string, reads map[farol.AccountID]time.Time, accounts []farol.AccountID, now time.Time) Effect {
	opened, could, others := map[farol.AccountID][]time.Time{}, make(map[farol.AccountID]bool, len(accounts)), 0
	var asked []asking // by those who did not read
	for _, a := range accounts {
		could[a] = true
		if _, read := reads[a]; !read {
			others++
		}
	}
	for _, t := range all {
		if !could[t.Account] || !slices.Contains(topics, t.Topic) {
			continue
		}
		if _, read := reads[t.Account]; read {
			opened[t.Account] = append(opened[t.Account], t.Opened)
		} else {
			asked = append(asked, asking{t.Opened, t.Account})
		}
	}
	slices.SortFunc(asked, func(a, b asking) int { return a.at.Compare(b.at) })
	var e Effect
	var sum, squares float64
	for reader, at := range reads {
		if !could[reader] || at.AddDate(0, 0, Around).After(now) {
			continue
		}
		before, after := around(opened[reader], at)
		like := similar(asked, others, bucket(before), at)
		if like.n == 0 {
			continue
		}
		e.Readers++
		e.Before, e.After = e.Before+float64(before), e.After+float64(after)
		e.OthersBefore, e.OthersAfter = e.OthersBefore+like.before/like.n, e.OthersAfter+like.after/like.n
		d := float64(after-before) - (like.after-like.before)/like.n
		sum, squares = sum+d, squares+d*d
	}
	n := float64(e.Readers)
	if n == 0 {
		return e
	}
	e.Before, e.After, e.OthersBefore, e.OthersAfter = e.Before/n, e.After/n, e.OthersBefore/n, e.OthersAfter/n
	if e.Readers < stats.MinCompared {
		return e
	}
	if i, ok := stats.Mean(n, sum, squares, stats.Level); ok {
		e.Change = &stats.Estimate{Value: sum / n, SE: math.Sqrt(max(0, squares/n-sum/n*sum/n) / n), Interval: i}
	}
	return e
}

// around counts the instants in the days before and after at.
func around(list []time.Time, at time.Time) (before, after int) {
	from, to := at.AddDate(0, 0, -Around), at.AddDate(0, 0, Around)
	for _, t := range list {
		switch {
		case t.Before(from) || t.After(to):
		case t.Before(at):
			before++
		default:
			after++
		}
	}
	return before, after
}

func bucket(n int) int { return min(n, 2) }

// group is the tickets of some accounts, added up.
type group struct{ n, before, after float64 }

// asking is a ticket of an account.
type asking struct {
	at      time.Time
	account farol.AccountID
}

// similar adds up those of the bucket among others that did not read, whose
// tickets are given by their instants: only those around are looked at. Who did
// not ask then is in the bucket of none.
func similar(asked []asking, others, want int, at time.Time) (g group) {
	first, _ := slices.BinarySearchFunc(asked, at.AddDate(0, 0, -Around), func(x asking, t time.Time) int { return x.at.Compare(t) })
	then := map[farol.AccountID][]time.Time{}
	for _, x := range asked[first:] {
		if x.at.After(at.AddDate(0, 0, Around)) {
			break
		}
		then[x.account] = append(then[x.account], x.at)
	}
	for _, list := range then {
		before, after := around(list, at)
		if bucket(before) == want {
			g.n, g.before, g.after = g.n+1, g.before+float64(before), g.after+float64(after)
		}
	}
	if want == 0 {
		g.n += float64(max(0, others-len(then)))
	}
	return g
}
