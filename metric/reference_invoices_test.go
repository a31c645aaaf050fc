package metric

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// refLine is what a subscription is billed from a day on.
type refLine struct {
	// begins tells that a line begins on the day, running that any is for it.
	begins, running bool
	mrr             float64
	status          string
	currency        string
	day             farol.Day
	// all are the lines of the subscription, inForce those for the day.
	all, inForce []refInvoice
}

// refInvoice is a line of an invoice.
type refInvoice struct {
	at, until, known time.Time
	id               string
	day, ends, said  farol.Day
	credit           bool
	mrr              float64
	props            map[string]any
}

// describe takes over what the lines in force say.
func (x *refLine) describe(l *revLine) {
	if x.currency != "" {
		l.currency = x.currency
	}
	if !x.running {
		return
	}
	type words [3]string
	of := func(i refInvoice) (w words) {
		for k, key := range []string{"product", "family", "plan"} {
			w[k], _ = i.props[key].(string)
		}
		return w
	}
	worth, charged, begun := map[words]float64{}, map[words]bool{}, map[words]farol.Day{}
	units, said := 0.0, true
	for _, i := range x.inForce {
		worth[of(i)] += i.mrr
		q, ok := i.props["quantity"].(float64)
		if said = said && ok; i.credit {
			q = -q
		} else {
			charged[of(i)] = true
		}
		units += q
	}
	for _, i := range x.all {
		if !i.credit && i.day <= x.day {
			begun[of(i)] = max(begun[of(i)], i.day)
		}
	}
	var best *words
	for w := range charged {
		if best == nil || cmp.Or(cmp.Compare(worth[w], worth[*best]), cmp.Compare(begun[w], begun[*best]), slices.Compare(w[:], best[:])) > 0 {
			best = &w
		}
	}
	for k, to := range []*string{&l.product, &l.family, &l.plan} {
		if best[k] != "" {
			*to = best[k]
		}
	}
	if l.quantity = nil; said {
		units = max(units, 0)
		l.quantity = &units
	}
}

// ofSubscription tells whether it is an event of a subscription, or what its
// lines make of it.
func (e *revEvent) ofSubscription() bool {
	return e.line != nil || strings.HasPrefix(e.name, "Subscription ")
}

// servedPeriod is the service period of a line; a date is a local one.
func (r *reference) servedPeriod(e *farol.Event) (from, to time.Time) {
	at := func(key string) time.Time {
		s := r.propsOf(e)[key].(string)
		if t, err := time.Parse(time.DateOnly, s); err == nil {
			return farol.Date(t.Date()).Start(r.zone).UTC()
		}
		return mustTime(s)
	}
	return at("period_start"), at("period_end")
}

// bill adds the changes that lines of invoices make, where they count.
func (r *reference) bill(b *revBook) {
	if r.s.Conventions.Basis != InvoiceBasis {
		return
	}
	lines := map[[2]string][]refInvoice{}
	for i := range r.events {
		e := &r.events[i]
		account := r.accountOf(e)
		if e.Name != "Invoice Line Billed" || account == "" || r.excludedAccount(account) {
			continue
		}
		p := r.propsOf(e)
		x := refInvoice{known: e.Known, id: e.ID, said: r.day(e.At), props: p, credit: p["amount"].(float64) < 0}
		x.at, x.until = r.servedPeriod(e)
		if r.heard != 0 && x.said > r.heard && r.day(x.at) > r.heard {
			continue
		}
		if x.day, x.ends = r.day(x.at), r.day(x.until); x.ends > x.day {
			x.mrr = r.billedMonthly(x)
			key := [2]string{account, p["subscription"].(string)}
			lines[key] = append(lines[key], x)
		}
	}
	for key, list := range lines {
		b.events[key[0]] = append(b.events[key[0]], billedChanges(key[1], list)...)
	}
}

// billedMonthly is what a line is worth per month, rounded.
func (r *reference) billedMonthly(x refInvoice) float64 {
	number := func(key string) float64 { v, _ := x.props[key].(float64); return math.Round(v * 100) }
	net := number("amount")
	if tax := math.Abs(number("tax")); net < 0 {
		net += tax
	} else {
		net -= tax
	}
	later := func(t time.Time, months, days int) time.Time {
		y, m, d := t.Date()
		first := time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
		if n := first.AddDate(0, 1, -1).Day(); months != 0 && d > n {
			d = n
		}
		on := farol.Date(first.Year(), first.Month(), d+days)
		if t.Add(-1).Day() != t.Day() { // the day's first instant
			return on.Start(t.Location())
		}
		return time.Date(first.Year(), first.Month(), d+days, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	}
	whole := func(months, days int) bool {
		for _, z := range []*time.Location{r.zone, time.UTC} {
			from, to := x.at.In(z), x.until.In(z)
			if math.Abs(later(from, months, days).Sub(to).Hours()) <= 1 || math.Abs(later(to, -months, -days).Sub(from).Hours()) <= 1 {
				return true
			}
		}
		return false
	}
	length := x.until.Sub(x.at).Hours() / 24
	interval, said := x.props["interval"].(string)
	count, counted := x.props["interval_count"].(float64)
	if !said && !counted {
		for n := 1; n < 40; n++ {
			if math.Abs(length-30.4375*float64(n)) < 15 && whole(n, 0) {
				return math.Round(net / float64(n))
			}
		}
		if days := math.Round(length); days > 0 && whole(0, int(days)) {
			length = days
		}
		return math.Round(net * 30.4375 / length)
	}
	if !counted {
		count = 1
	}
	months, days := int(count), 0
	switch interval {
	case "year":
		months *= 12
	case "week":
		months, days = 0, 7*months
	case "day":
		months, days = 0, months
	}
	v := net * monthlyFactor(interval, count)
	if !whole(months, days) {
		v *= x.until.Sub(later(x.until.In(r.zone), -months, -days)).Hours() / x.until.Sub(x.at).Hours()
	}
	return math.Round(v)
}

// billedChanges are the days on which the lines of a subscription begin or end.
func billedChanges(sub string, list []refInvoice) (out []revEvent) {
	slices.SortFunc(list, func(a, b refInvoice) int {
		byCredit := 0
		if a.credit != b.credit {
			if byCredit = 1; b.credit {
				byCredit = -1
			}
		}
		return cmp.Or(cmp.Compare(a.day, b.day), byCredit, a.at.Compare(b.at), a.known.Compare(b.known), cmp.Compare(a.id, b.id))
	})
	ruling := ""
	for i := range list {
		code := list[i].props["currency"].(string)
		if !list[i].credit {
			ruling = code
		} else if ruling != code {
			list[i].ends = list[i].day
		}
		for _, later := range list[i+1:] {
			if !later.credit && later.props["currency"] != code {
				list[i].ends = min(list[i].ends, later.day)
			}
		}
	}
	list = slices.DeleteFunc(list, func(x refInvoice) bool { return x.ends <= x.day })
	var days []farol.Day
	for _, x := range list {
		days = append(days, x.day, x.ends)
	}
	slices.Sort(days)
	was := false
	for _, day := range slices.Compact(days) {
		e, x := dayOfLines(sub, day, list)
		if x.running || was {
			out = append(out, e)
		}
		was = x.running
	}
	return out
}

// dayOfLines is what lines make of a day on which some begin or end.
func dayOfLines(sub string, day farol.Day, list []refInvoice) (revEvent, *refLine) {
	x := &refLine{day: day, all: list}
	e := revEvent{name: "Invoice Line Billed", sub: sub, line: x}
	best, ended := -1, time.Time{}
	var first refInvoice
	for _, i := range list {
		if i.day <= day && i.ends > day {
			x.mrr += i.mrr
			x.running = x.running || !i.credit
			x.inForce, x.currency = append(x.inForce, i), i.props["currency"].(string)
		}
		rank := -1
		switch {
		case i.day == day && !i.credit:
			rank, x.begins = 2, true
			e.at = later(e.at, i.at)
		case i.day == day:
			rank = 1
			ended = later(ended, i.at)
		case i.ends == day:
			rank = 0
			if i.until.After(i.at) && i.until.Sub(ended) > 0 {
				ended = i.until
			}
		}
		if rank < 0 {
			continue
		}
		e.known = later(e.known, i.known)
		if rank > best || rank == best && cmp.Or(i.at.Compare(first.at), i.known.Compare(first.known), cmp.Compare(i.id, first.id)) > 0 {
			best, first = rank, i
		}
	}
	if e.id = first.id; !x.begins {
		e.at = ended
	}
	x.mrr = max(x.mrr, 0)
	return e, x
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// holdStates fills in which state each change of the lines finds or makes.
func (r *reference) holdStates(list []revEvent) {
	status, notice := map[string]string{}, map[string]time.Time{}
	for _, e := range list {
		switch {
		case e.line == nil && subStatus[e.name] != "":
			status[e.sub] = subStatus[e.name]
			if e.name == "Subscription Cancelled" && r.s.Conventions.ChurnAt == AtRequest {
				notice[e.sub] = later(notice[e.sub], e.term)
			}
		case e.line != nil:
			if e.line.begins && !e.at.Before(notice[e.sub]) {
				status[e.sub] = "active"
			}
			e.line.status = status[e.sub]
		}
	}
}

// billedStates are the states of accounts where lines count.
func (r *reference) billedStates(day farol.Day) map[string]refState {
	out := map[string]refState{}
	for account, lines := range r.lines(day) {
		st := refState{mrr: r.worth(lines, day)}
		for _, l := range lines {
			st.paused = st.paused || l.status == "paused"
		}
		out[account] = st
	}
	return out
}

// whyBilledLeft tells whether a payment ended what an account had the day before.
func (r *reference) whyBilledLeft(account string, day farol.Day) (reason string, payment bool) {
	for _, was := range r.lines(day - 1)[account] {
		if r.worth([]revLine{was}, day-1) <= 0 && was.status != "paused" {
			continue
		}
		for _, l := range r.lines(day)[account] {
			if l.sub == was.sub && l.status == "unpaid" {
				return "payment", true
			}
		}
	}
	return "", false
}

// changeDays are the days on which a subscription changes, in order.
func (r *reference) changeDays() (days []farol.Day) {
	if r.s.Conventions.Basis != InvoiceBasis {
		for _, subs := range r.subscriptions() {
			for _, s := range subs {
				days = append(days, r.day(s.at))
			}
		}
	} else {
		for _, events := range r.revenue().events {
			for _, e := range events {
				days = append(days, r.day(e.at))
			}
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}
