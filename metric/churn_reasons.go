package metric

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/farol-cs/farol"
)

// ChurnReport is why the customers of a period left.
type ChurnReport struct {
	Version  string
	Period   farol.Period
	Currency farol.Currency
	// All is everybody who left in the period and was not back by its end;
	// Coded those with a reason of the governed list, Voluntary and Payment
	// the two kinds, WonBack those that have come back since.
	All, Coded, Voluntary, Payment, WonBack ReasonTotal
	// Groups are the groups of the list with any departure, the largest first;
	// Unlisted what events said that is not on it; None said nothing.
	Groups   []ReasonTotal
	Unlisted []ReasonTotal
	None     ReasonTotal
	// Segments are the groups of the breakdown, the largest first.
	Segments []ReasonSegment
	// Lost are the accounts, the largest MRR first.
	Lost []LostAccount
}

// ReasonTotal is departures counted; MRR is in major units.
type ReasonTotal struct {
	Code     string
	Title    Words
	Accounts int
	MRR      float64
	// List are the reasons of a group.
	List []ReasonTotal
}

func (t *ReasonTotal) add(a LostAccount) { t.Accounts++; t.MRR += a.MRR }

// ReasonSegment is the departures of one value of the breakdown.
type ReasonSegment struct {
	Group  string
	All    ReasonTotal
	Coded  ReasonTotal
	Groups []ReasonTotal
}

// LostAccount is a customer that left.
type LostAccount struct {
	Account, Group string
	// Left is the first day on which it was none; Back when it returned, 0 for
	// not yet.
	Left, Back farol.Day
	// Months as a customer in this stay.
	Months float64
	// MRR of the last day that had any, in major units.
	MRR float64
	// Said is the reason as sent; Code and Title those of the list, "" and nil
	// when it is not on it.
	Said, Code string
	Title      Words
	Payment    bool

	family ReasonGroup
}

// Reasons is the governed list in force.
func (r *Reader) Reasons() Reasons { return r.settings().Reasons }

// ChurnReasons tells why the customers of the period left. By breaks down by
// the attribute on the last day as a customer. Errors as for Read.
func (r *Reader) ChurnReasons(ctx context.Context, q Request) (ChurnReport, error) {
	p, err := r.planMoney(ctx, q)
	if err != nil {
		return ChurnReport{}, err
	}
	return kept(ctx, r, p, "reasons", func(ctx context.Context) (ChurnReport, error) { return r.churnReasons(ctx, p, q) })
}

func (r *Reader) churnReasons(ctx context.Context, p *plan, q Request) (ChurnReport, error) {
	stays, err := r.stays(ctx, p, "left")
	if err != nil {
		return ChurnReport{}, err
	}
	out := ChurnReport{Version: p.version, Period: q.Period, Currency: p.settings.Currency}
	last := min(q.Period.Last(), p.asOf)
	for _, s := range stays {
		if s.left != 0 && q.Period.Contains(s.left) && s.left <= last && (s.next == 0 || s.next > last) {
			out.Lost = append(out.Lost, p.lost(s))
		}
	}
	slices.SortFunc(out.Lost, func(a, b LostAccount) int {
		return cmp.Or(cmp.Compare(b.MRR, a.MRR), cmp.Compare(a.Account, b.Account))
	})
	out.count(q.By != "")
	return out, nil
}

func (p *plan) lost(s stay) LostAccount {
	out := LostAccount{
		Account: s.account, Group: s.group, Left: s.left, Back: s.next, Months: months(s.left - min(s.since, s.from)),
		MRR: float64(s.last) / p.minor(), Said: s.reason, Payment: s.payment,
	}
	if g, x, ok := p.settings.Reasons.Find(s.reason); ok {
		out.family, out.Code, out.Title = g, x.Code, x.Title
	}
	return out
}

// count adds the departures up in every way.
func (c *ChurnReport) count(segmented bool) {
	segments := map[string]*ReasonSegment{}
	unlisted := map[string]*ReasonTotal{}
	for _, a := range c.Lost {
		c.All.add(a)
		if a.Payment {
			c.Payment.add(a)
		} else {
			c.Voluntary.add(a)
		}
		if a.Back != 0 {
			c.WonBack.add(a)
		}
		switch {
		case a.Code != "":
			c.Coded.add(a)
			c.Groups = tallied(c.Groups, a, true)
		case a.Said == "":
			c.None.add(a)
		default:
			key := ReasonOf(a.Said)
			if unlisted[key] == nil {
				unlisted[key] = &ReasonTotal{Code: a.Said}
			}
			unlisted[key].add(a)
		}
		if segmented {
			s := segments[a.Group]
			if s == nil {
				s = &ReasonSegment{Group: a.Group}
				segments[a.Group] = s
			}
			s.All.add(a)
			if a.Code != "" {
				s.Coded.add(a)
				s.Groups = tallied(s.Groups, a, false)
			}
		}
	}
	for _, t := range unlisted {
		c.Unlisted = append(c.Unlisted, *t)
	}
	for _, s := range segments {
		bySize(s.Groups)
		c.Segments = append(c.Segments, *s)
	}
	bySize(c.Groups)
	for _, g := range c.Groups {
		bySize(g.List)
	}
	bySize(c.Unlisted)
	slices.SortFunc(c.Segments, func(a, b ReasonSegment) int {
		return cmp.Or(cmp.Compare(b.All.Accounts, a.All.Accounts), cmp.Compare(a.Group, b.Group))
	})
}

// tallied adds a departure to its group, and to its reason when deep.
func tallied(groups []ReasonTotal, a LostAccount, deep bool) []ReasonTotal {
	groups = talliedIn(groups, a.family.Code, a.family.Title, a)
	if deep {
		g := &groups[slices.IndexFunc(groups, func(t ReasonTotal) bool { return t.Code == a.family.Code })]
		g.List = talliedIn(g.List, a.Code, a.Title, a)
	}
	return groups
}

func talliedIn(list []ReasonTotal, code string, title Words, a LostAccount) []ReasonTotal {
	i := slices.IndexFunc(list, func(t ReasonTotal) bool { return t.Code == code })
	if i < 0 {
		i, list = len(list), append(list, ReasonTotal{Code: code, Title: title})
	}
	list[i].add(a)
	return list
}

func bySize(list []ReasonTotal) {
	slices.SortFunc(list, func(a, b ReasonTotal) int {
		return cmp.Or(cmp.Compare(b.Accounts, a.Accounts), cmp.Compare(math.Round(b.MRR), math.Round(a.MRR)), cmp.Compare(a.Code, b.Code))
	})
}
