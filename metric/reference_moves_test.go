package metric

import (
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/farol-cs/farol"
)

// A refMove is a part of a movement, in minor units.
type refMove struct {
	account, kind, part string
	day                 farol.Day
	amount, constant    float64
}

var revMoves, revFutures sync.Map

// refFuture is a reference with all that was known of later by a day.
type refFuture struct {
	of    *reference
	heard farol.Day
}

type revMovesKey struct {
	r    *reference
	p    farol.Period
	last farol.Day
}

// moves are the movements of a period, by comparing each day with the one
// before it.
func (r *reference) moves(p farol.Period) []refMove {
	key := revMovesKey{r, p, r.asOf}
	if m, ok := revMoves.Load(key); ok {
		return m.([]refMove)
	}
	var out []refMove
	for day := p.From; day <= min(p.Last(), r.asOf); day++ {
		before, after := r.lines(day-1), r.lines(day)
		for account := range r.revenue().events {
			out = append(out, r.accountMoves(account, day, p.From-1, before[account], after[account])...)
		}
	}
	if r.s.Conventions.Brief == IgnoreBrief {
		whole := slices.Clone(out)
		out = slices.DeleteFunc(out, func(m refMove) bool {
			paid := func(day farol.Day) bool { return r.worth(r.lines(day)[m.account], day) > 0 }
			return r.begins(whole, m.account) && !paid(p.From-1) && !paid(min(p.Last(), r.asOf))
		})
	}
	revMoves.Store(key, out)
	return out
}

// begins tells whether the first movement of the account is its beginning.
func (r *reference) begins(all []refMove, account string) bool {
	first, begun := farol.Day(0), false
	for _, m := range all {
		if m.account != account {
			continue
		}
		begins := m.kind == "new" || m.kind == "reactivation" || m.part == "return"
		if first == 0 || m.day < first {
			first, begun = m.day, begins
		} else if m.day == first {
			begun = begun || begins
		}
	}
	return begun
}

// revSide is what is compared of one family.
type revSide struct {
	net, use                                  float64
	quantity, price, kept, off, lines, unsaid float64
	plans                                     []string
}

func (s *revSide) add(l revLine, net, rate float64) {
	s.net += net
	if l.metered {
		s.use += net
	}
	if net > 0 {
		s.plans = append(s.plans, l.plan)
	}
	if l.metered || net <= 0 {
		return
	}
	s.lines++
	if l.quantity == nil {
		s.quantity, s.unsaid = s.quantity+1, s.unsaid+1
	} else {
		s.quantity += *l.quantity
	}
	s.price, s.kept, s.off = s.price+l.price*rate, s.kept+l.kept*rate, s.off+l.off*rate
}

func (r *reference) accountMoves(account string, day, opening farol.Day, before, after []revLine) (out []refMove) {
	fx := r.worth(before, day) - r.worth(before, day-1)
	if fx != 0 {
		out = append(out, refMove{account: account, kind: "fx", day: day, amount: fx})
	}
	type family struct {
		was, is   [2]revSide // at the day's rates, and at the opening ones
		escalated bool
	}
	families := map[string]*family{}
	of := func(name string) *family {
		if families[name] == nil {
			families[name] = &family{}
		}
		return families[name]
	}
	find := func(lines []revLine, l revLine) *revLine {
		for i := range lines {
			if lines[i].sub == l.sub && lines[i].metered == l.metered {
				return &lines[i]
			}
		}
		return nil
	}
	var pause, resume [2]float64
	rates := [2]farol.Day{day, opening}
	heldBefore, heldAfter := false, false
	for _, l := range before {
		heldBefore = heldBefore || l.status == "paused"
		now := find(after, l)
		for i, d := range rates {
			rate := r.rate(l.currency, d)
			net := math.Round(l.local * rate)
			switch {
			case l.status == "active" && l.local > 0 && now != nil && now.status == "paused":
				pause[i] -= net
				continue
			case l.status == "paused" && now != nil && now.status == "active":
				continue
			case l.status == "paused" && (now == nil || now.status != "paused"):
				net = math.Round(l.held * rate)
				pause[i] += net
			}
			of(l.family).was[i].add(l, net, rate)
		}
	}
	for _, l := range after {
		heldAfter = heldAfter || l.status == "paused"
		old := find(before, l)
		of(l.family).escalated = of(l.family).escalated || l.escalated
		for i, d := range rates {
			rate := r.rate(l.currency, d)
			net := math.Round(l.local * rate)
			of(l.family).is[i].add(l, net, rate)
			if old != nil && old.status == "paused" && l.status == "active" {
				resume[i] += net
				of(l.family).was[i].add(l, net, rate)
			}
		}
	}
	if pause != [2]float64{} {
		out = append(out, refMove{account: account, kind: "pause", day: day, amount: pause[0], constant: pause[1]})
	}
	if resume != [2]float64{} {
		out = append(out, refMove{account: account, kind: "resume", day: day, amount: resume[0], constant: resume[1]})
	}
	var was, is [2]float64
	for _, f := range families {
		for i := range rates {
			was[i], is[i] = was[i]+f.was[i].net, is[i]+f.is[i].net
		}
	}
	if was == is {
		return out
	}
	kind := "contraction"
	switch {
	case r.worth(before, day) == 0 && !heldBefore:
		kind = r.beginning(account, day)
	case is[0] == 0 && !heldAfter:
		kind = "churn"
	case is[0] > was[0] || is[0] == was[0] && is[1] > was[1]:
		kind = "expansion"
	}
	for _, f := range families {
		move := func(part string, amount, constant float64) {
			if amount != 0 || constant != 0 {
				out = append(out, refMove{account, kind, part, day, amount, constant})
			}
		}
		if kind != "expansion" && kind != "contraction" {
			part := ""
			if kind == "resume" {
				part = "return"
			}
			move(part, f.is[0].net-f.was[0].net, f.is[1].net-f.was[1].net)
			continue
		}
		if f.was[0].net <= 0 || f.is[0].net <= 0 {
			move("cross_sell", f.is[0].net-f.was[0].net, f.is[1].net-f.was[1].net)
			continue
		}
		var parts [4][2]float64
		for i := range rates {
			parts[0][i], parts[1][i], parts[2][i], parts[3][i] = splitSide(f.was[i], f.is[i])
		}
		price := "price"
		slices.Sort(f.was[0].plans)
		slices.Sort(f.is[0].plans)
		switch a, b := f.was[0].plans, f.is[0].plans; {
		case a[0] != b[0] || a[len(a)-1] != b[len(b)-1]:
			price = "upsell"
		case f.escalated:
			price = "escalator"
		}
		for i, part := range []string{"seats", price, "discount", "usage"} {
			move(part, parts[i][0], parts[i][1])
		}
	}
	return out
}

// splitSide parts the difference: quantity at the old price, price, discount,
// use.
func splitSide(a, b revSide) (seats, price, discount, usage float64) {
	start, end := a.net-a.use, b.net-b.use
	more := 1.0
	said := a.unsaid == 0 && b.unsaid == 0 || a.unsaid == a.lines && b.unsaid == b.lines
	if said && a.quantity > 0 && b.quantity > 0 {
		more = b.quantity / a.quantity
	}
	one := start
	if more != 1 {
		one = math.Round(a.kept*more - a.off)
	}
	two := end
	if a.price > 0 && b.price > 0 {
		two = start
		if math.Abs(b.price-a.price) > 1e-9*a.price {
			two = math.Round(a.kept*b.price/a.price - a.off)
		}
	}
	return one - start, two - one, end - two, b.use - a.use
}

// beginning is what an account that pays, and did not the day before, is.
func (r *reference) beginning(account string, day farol.Day) string {
	paid, left := false, farol.Day(0)
	first := day
	for _, e := range r.revenue().events[account] {
		first = min(first, r.day(e.at))
	}
	for d := first; d < day; d++ {
		for _, l := range r.lines(d)[account] {
			if l.local > 0 {
				paid = true
			}
			if l.local > 0 || l.status == "paused" {
				left = d + 1
			}
		}
	}
	c, away := r.s.Conventions, int(day-left)
	switch {
	case !paid, c.ReturnDays > 0 && away > c.ReturnDays:
		return "new"
	case away < c.ReturnGapDays:
		return "resume"
	}
	return "reactivation"
}

// moved adds up the movements that pass, by account and group.
func (r *reference) moved(q Request, p farol.Period, value func(m refMove) (num, den float64), pass func(m refMove) bool) []refRow {
	sums := map[[2]string]refRow{}
	for _, m := range r.moves(p) {
		g, ok := r.group(q, m.account, m.day)
		if !ok || !pass(m) {
			continue
		}
		row := sums[[2]string{g, m.account}]
		num, den := value(m)
		sums[[2]string{g, m.account}] = refRow{group: g, unit: m.account, num: row.num + num/100, den: row.den + den/100}
	}
	var out []refRow
	for _, row := range sums {
		out = append(out, row)
	}
	return out
}

// stock lists the accounts with an MRR on a day, at the rates of another.
func (r *reference) stock(q Request, day, attributes, rates farol.Day, of func([]revLine) []revLine) []refRow {
	var out []refRow
	for account, lines := range r.lines(day) {
		if of != nil {
			lines = of(lines)
		}
		if g, ok := r.group(q, account, attributes); ok && r.worth(lines, rates) > 0 {
			out = append(out, refRow{group: g, unit: account, num: r.worth(lines, rates) / 100})
		}
	}
	return out
}

// openCohort lists what the accounts that paid on a day pay on another.
func (r *reference) openCohort(q Request, opening, last farol.Day, num func(before, after float64) float64) []refRow {
	var out []refRow
	for account, lines := range r.lines(opening) {
		before := r.worth(lines, opening) / 100
		if g, ok := r.group(q, account, opening+1); ok && before > 0 {
			out = append(out, refRow{group: g, unit: account, num: num(before, r.worth(r.lines(last)[account], opening)/100), den: before})
		}
	}
	return out
}

// cohortLines is openCohort subscription by subscription.
func (r *reference) cohortLines(q Request, opening, last farol.Day) []refRow {
	rows := r.openCohort(q, opening, last, func(_, _ float64) float64 { return 0 })
	for i := range rows {
		for _, l := range r.lines(opening)[rows[i].unit] {
			for _, now := range r.lines(last)[rows[i].unit] {
				if now.sub == l.sub && now.metered == l.metered {
					rows[i].num += math.Min(math.Round(l.local*r.rate(l.currency, opening)), math.Round(now.local*r.rate(now.currency, opening))) / 100
				}
			}
		}
	}
	return rows
}

// cohortPlain is openCohort without the price factors of escalators.
func (r *reference) cohortPlain(q Request, opening, last farol.Day) []refRow {
	rows := r.openCohort(q, opening, last, func(_, _ float64) float64 { return 0 })
	unit := func(l revLine) float64 {
		if l.quantity != nil {
			return l.price / *l.quantity
		}
		return l.price
	}
	for i := range rows {
		for _, now := range r.lines(last)[rows[i].unit] {
			value, factor := math.Round(now.local*r.rate(now.currency, opening)), 1.0
			if value == 0 {
				continue
			}
			for d := opening + 1; d <= last; d++ {
				for _, l := range r.lines(d)[rows[i].unit] {
					for _, old := range r.lines(d - 1)[rows[i].unit] {
						if l.sub == now.sub && old.sub == now.sub && l.escalated && !l.metered && unit(old) > 0 && unit(l) > 0 {
							factor *= unit(l) / unit(old)
						}
					}
				}
			}
			rows[i].num += math.Round(value/factor) / 100
		}
	}
	return rows
}

// committed is the MRR when all that is known has taken effect: a world in
// which only what was said by the day, or holds on it, ever happens.
func (r *reference) committed(q Request, last farol.Day) []refRow {
	sums := map[string]float64{}
	for i := range r.events {
		r.excludedAccount(r.accountOf(&r.events[i])) // as of the day that is looked at
	}
	key := refFuture{of: r}
	if r.s.Conventions.Basis == InvoiceBasis {
		key.heard = last
	}
	all, ok := revFutures.Load(key)
	if !ok {
		later := *r
		later.asOf, later.heard = farol.Date(2148, 1, 1), key.heard
		all, _ = revFutures.LoadOrStore(key, &later)
	}
	future := all.(*reference)
	for account, events := range future.revenue().events {
		var list []revEvent
		for _, e := range events {
			if r.day(e.at) <= last || e.line != nil || e.ofSubscription() && future.said(e) <= last {
				if e.line != nil {
					now := *e.line
					e.line = &now
				}
				list = append(list, e)
			}
		}
		future.holdStates(list)
		seen := map[string]bool{}
		for _, e := range list {
			if !e.ofSubscription() || seen[e.sub] {
				continue
			}
			seen[e.sub] = true
			end := last
			for _, x := range list {
				if x.sub == e.sub || x.sub == "" || strings.HasPrefix(x.name, "Payment ") && x.sub == e.sub {
					if !strings.HasPrefix(x.name, "Usage") {
						end = max(end, r.day(x.at))
					}
				}
			}
			if l, ok := future.replay(list, e.sub, end); ok {
				sums[account] += math.Round(l.local * r.rate(l.currency, last))
			}
		}
	}
	var out []refRow
	for account, v := range sums {
		if g, ok := r.group(q, account, last); ok && v > 0 {
			out = append(out, refRow{group: g, unit: account, num: v / 100})
		}
	}
	return out
}

// said is the day on which an event was signed or asked for.
func (r *reference) said(e revEvent) farol.Day {
	if s, ok := e.props["requested_at"].(string); ok {
		return r.day(mustTime(s))
	}
	for i := range r.events {
		if r.events[i].ID == e.id {
			return r.day(r.events[i].At)
		}
	}
	panic("no such event")
}
