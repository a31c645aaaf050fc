package metric

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/farol-cs/farol"
)

// revEvent is an event that moves a subscription, or a payment.
type revEvent struct {
	at, known time.Time
	id, name  string
	sub       string
	props     map[string]any
}

// revLine is a subscription at the end of a day.
type revLine struct {
	sub, status, family, product, plan, currency string
	quantity                                     *float64
	price, kept, off, held, local                float64
	metered, due                                 bool
	reason                                       string
	escalated                                    bool // the price of this day is a contractual adjustment
}

// revBooks keeps each reference's events by account.
var revBooks sync.Map

type revBook struct {
	events map[string][]revEvent
	days   map[farol.Day]map[string][]revLine
}

func (r *reference) revenue() *revBook {
	if b, ok := revBooks.Load(r); ok {
		return b.(*revBook)
	}
	b := &revBook{map[string][]revEvent{}, map[farol.Day]map[string][]revLine{}}
	for i := range r.events {
		e := &r.events[i]
		known := strings.HasPrefix(e.Name, "Subscription ") || strings.HasPrefix(e.Name, "Payment ") || e.Name == "Usage Billed"
		account := r.accountOf(e)
		if e.Kind != farol.Track || !known || account == "" || r.excludedAccount(account) {
			continue
		}
		p := r.propsOf(e)
		x := revEvent{at: e.At, known: e.Known, id: e.ID, name: e.Name, props: p}
		x.sub, _ = p["subscription"].(string)
		x.at = r.revTime(e, p)
		if r.day(x.at) <= r.asOf {
			b.events[account] = append(b.events[account], x)
		}
	}
	for _, list := range b.events {
		slices.SortFunc(list, func(x, y revEvent) int {
			return cmp.Or(x.at.Compare(y.at), x.known.Compare(y.known), cmp.Compare(x.id, y.id))
		})
	}
	revBooks.Store(r, b)
	return b
}

// revTime is when an event takes effect.
func (r *reference) revTime(e *farol.Event, p map[string]any) time.Time {
	at := e.At
	for _, key := range []string{"starts_at", "effective_at", "ends_at", "requested_at"} {
		s, ok := p[key].(string)
		switch {
		case !ok || key == "starts_at" && e.Name != "Subscription Started" || key == "ends_at" && e.Name != "Subscription Cancelled" || key == "requested_at":
		default:
			at = mustTime(s)
		}
	}
	if e.Name == "Subscription Cancelled" && r.s.Conventions.ChurnAt == AtRequest {
		at = e.At
		if s, ok := p["requested_at"].(string); ok {
			at = mustTime(s)
		}
	}
	return at
}

// lines are the subscriptions of all accounts at the end of the day.
func (r *reference) lines(day farol.Day) map[string][]revLine {
	b := r.revenue()
	if out, ok := b.days[day]; ok {
		return out
	}
	out := map[string][]revLine{}
	for account, events := range b.events {
		seen := map[string]bool{}
		for _, e := range events {
			if strings.HasPrefix(e.name, "Subscription ") && !seen[e.sub] {
				seen[e.sub] = true
				if l, ok := r.replay(events, e.sub, day); ok {
					out[account] = append(out[account], l)
					if r.s.Conventions.Metered {
						out[account] = append(out[account], r.metered(events, l, day)...)
					}
				}
			}
		}
	}
	b.days[day] = out
	return out
}

// replay walks over the events of a subscription.
func (r *reference) replay(events []revEvent, sub string, day farol.Day) (l revLine, ok bool) {
	var percent, off, unit, gross, listed float64
	var until, paused, failed farol.Day = 0, -1, -1
	mode, trial := "", false
	for _, e := range events {
		on := r.day(e.at)
		if on > day {
			break
		}
		num := func(key string) (float64, bool) { v, ok := e.props[key].(float64); return v, ok }
		text := func(key, otherwise string) string {
			if s, ok := e.props[key].(string); ok {
				return s
			}
			return otherwise
		}
		if strings.HasPrefix(e.name, "Payment ") && (e.sub == "" || e.sub == sub) {
			if e.name == "Payment Succeeded" {
				failed = -1
			} else if failed < 0 {
				failed = on
			}
		}
		if !strings.HasPrefix(e.name, "Subscription ") || e.sub != sub {
			continue
		}
		ok = true
		status := subStatus[e.name]
		if status == "paused" && l.status != "paused" {
			paused = on
		}
		l.status = status
		if e.name == "Subscription Started" || e.name == "Subscription Resumed" {
			failed = -1
		}
		l.product, l.plan, l.currency = text("product", l.product), text("plan", l.plan), text("currency", l.currency)
		l.family = text("family", l.family)
		if v, has := e.props["trial"].(bool); has {
			trial = v
		}
		if q, has := num("quantity"); has {
			l.quantity = &q
		} else if q, has := num("seats"); has {
			l.quantity = &q
		}
		factor := monthlyFactor(text("interval", "month"), e.props["interval_count"])
		p, hasPercent := num("discount_percent")
		o, hasOff := num("discount_amount")
		ends := farol.Day(0)
		if s, has := e.props["discount_ends_at"].(string); has {
			ends = r.day(mustTime(s))
			until = ends
		}
		if hasPercent || hasOff {
			percent, off = p, math.Round(o*100)*factor
			if until = ends; ends == 0 {
				until = 1_000_000
			}
		}
		if m, has := num("mrr"); has {
			mode, listed = "m", math.Round(m*100)
			if until > on && percent < 100 {
				listed = (listed + off) / (1 - percent/100)
			}
		} else if u, has := num("unit_price"); has {
			mode, unit = "u", math.Round(u*100)*factor
		} else if g, has := num("amount"); has {
			mode, gross = "g", math.Round(g*100)*factor
		}
		if on == day {
			l.escalated = l.escalated || e.props["escalator"] == true
		}
		l.reason = text("reason", "")
		if on != day {
			l.reason = ""
		}
	}
	if !ok {
		return l, false
	}
	if l.family == "" {
		l.family = l.product
	}
	switch mode {
	case "m":
		l.price = listed
	case "u":
		l.price = unit
		if l.quantity != nil {
			l.price = unit * *l.quantity
		}
	case "g":
		l.price = gross
	}
	l.kept = l.price
	counts := until > day
	if r.s.Conventions.Discounts == PermanentDiscounts {
		counts = until == 1_000_000
	}
	if counts {
		l.kept, l.off = l.price*(1-percent/100), off
	}
	l.held = math.Max(0, math.Round(l.kept-l.off))
	l.due = failed >= 0 && l.status == "active"
	switch {
	case l.status == "paused" && int(day-paused) >= r.s.Conventions.PauseDays:
		l.status = "lapsed"
	case l.due && int(day-failed) >= r.s.Conventions.PastDueDays:
		l.status, l.reason = "unpaid", "payment"
	}
	if l.status == "active" && !trial {
		l.local = l.held
	}
	l.sub = sub
	return l, true
}

func monthlyFactor(interval string, count any) float64 {
	n, ok := count.(float64)
	if !ok {
		n = 1
	}
	switch interval {
	case "year":
		return 1 / (12 * n)
	case "week":
		return 365.25 / 84 / n
	case "day":
		return 365.25 / 12 / n
	}
	return 1 / n
}

// metered are the lines of use beside an active subscription.
func (r *reference) metered(events []revEvent, l revLine, day farol.Day) []revLine {
	if l.status != "active" {
		return nil
	}
	month := func(d farol.Day) int { y, m, _ := d.UTC().Date(); return y*12 + int(m) }
	used, first := map[string]map[int]float64{}, map[string]int{}
	var codes []string
	for _, e := range events {
		if e.name != "Usage Billed" || e.sub != l.sub {
			continue
		}
		c, m := e.props["currency"].(string), month(r.day(e.at))
		if used[c] == nil {
			used[c], first[c] = map[int]float64{}, m
			codes = append(codes, c)
		}
		used[c][m] += math.Round(e.props["amount"].(float64) * 100)
		first[c] = min(first[c], m)
	}
	var out []revLine
	for _, c := range codes {
		now := month(day)
		sum := used[c][now-1] + used[c][now-2] + used[c][now-3]
		if sum == 0 {
			continue
		}
		v := math.Round(sum / float64(min(3, now-first[c])))
		out = append(out, revLine{sub: l.sub + " " + c, status: "active", family: l.family, product: l.product, plan: l.plan, currency: c, price: v, kept: v, held: v, local: v, metered: true})
	}
	return out
}

// rate is what one minor unit of the currency is worth on a day; 0: nothing.
func (r *reference) rate(code string, day farol.Day) float64 {
	if farol.Currency(code) == r.s.Currency {
		return 1
	}
	v := r.s.Rates[farol.Currency(code)]
	for _, d := range r.s.DatedRates {
		if x, ok := d.Rates[farol.Currency(code)]; ok && d.From <= day {
			v = x
		}
	}
	return v
}

// worth is the MRR of lines at the rates of a day.
func (r *reference) worth(lines []revLine, day farol.Day) (sum float64) {
	for _, l := range lines {
		sum += math.Round(l.local * r.rate(l.currency, day))
	}
	return sum
}

// A refMove is a part of a movement, in minor units.
type refMove struct {
	account, kind, part string
	day                 farol.Day
	amount, constant    float64
}

var revMoves, revFutures sync.Map

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
		begins := m.kind == "new" || m.kind == "reactivation"
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
		kind = "new"
		if r.paidBefore(account, day) {
			kind = "reactivation"
		}
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
			move("", f.is[0].net-f.was[0].net, f.is[1].net-f.was[1].net)
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

// paidBefore tells whether the account paid on an earlier day, and left
// recently enough.
func (r *reference) paidBefore(account string, day farol.Day) bool {
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
	return paid && (r.s.Conventions.ReturnDays == 0 || int(day-left) <= r.s.Conventions.ReturnDays)
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
	all, ok := revFutures.Load(r)
	if !ok {
		later := *r
		later.asOf = farol.Date(2148, 1, 1)
		all, _ = revFutures.LoadOrStore(r, &later)
	}
	future := all.(*reference)
	for account, events := range future.revenue().events {
		var list []revEvent
		for _, e := range events {
			said := future.said(e)
			if r.day(e.at) <= last || said <= last && strings.HasPrefix(e.name, "Subscription ") {
				list = append(list, e)
			}
		}
		seen := map[string]bool{}
		for _, e := range list {
			if !strings.HasPrefix(e.name, "Subscription ") || seen[e.sub] {
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

func init() {
	type rows = func(r *reference, q Request, p farol.Period) []refRow
	last := func(r *reference, p farol.Period) farol.Day { return min(p.Last(), r.asOf) }
	of := func(kind, part string, sign float64) rows {
		return func(r *reference, q Request, p farol.Period) []refRow {
			out := r.moved(q, p, func(m refMove) (float64, float64) { return sign * m.amount, 0 }, func(m refMove) bool {
				return (kind == "" || m.kind == kind) && (part == "" || strings.Contains(part, m.part) && m.part != "")
			})
			return slices.DeleteFunc(out, func(row refRow) bool { return math.Abs(row.num) < 0.001 })
		}
	}
	for name, f := range map[string]rows{
		"new_mrr": of("new", "", 1), "reactivated_mrr": of("reactivation", "", 1), "expansion_mrr": of("expansion", "", 1), "contraction_mrr": of("contraction", "", -1),
		"churned_mrr": of("churn", "", -1), "paused_mrr": of("pause", "", -1), "resumed_mrr": of("resume", "", 1), "fx_mrr": of("fx", "", 1), "net_new_mrr": of("", "", 1),
		"cross_sell_mrr": of("expansion", "cross_sell", 1), "upsell_mrr": of("expansion", "upsell", 1), "seat_expansion_mrr": of("expansion", "seats", 1),
		"price_expansion_mrr": of("expansion", "price escalator", 1), "discount_expansion_mrr": of("expansion", "discount", 1), "asp": of("new", "", 1),
		"arr": func(r *reference, q Request, p farol.Period) []refRow {
			out := r.stock(q, last(r, p), last(r, p), last(r, p), nil)
			for i := range out {
				out[i].num *= 12
			}
			return out
		},
		"mrr": func(r *reference, q Request, p farol.Period) []refRow {
			return r.stock(q, last(r, p), last(r, p), last(r, p), nil)
		},
		"arpa": func(r *reference, q Request, p farol.Period) []refRow {
			return r.stock(q, last(r, p), last(r, p), last(r, p), nil)
		},
		"median_arpa": func(r *reference, q Request, p farol.Period) []refRow {
			out := r.stock(q, last(r, p), last(r, p), last(r, p), nil)
			for i := range out {
				out[i].den = 1
			}
			return out
		},
		"paying_accounts": func(r *reference, q Request, p farol.Period) []refRow {
			return once(r.stock(q, last(r, p), last(r, p), last(r, p), nil))
		},
		"past_due_mrr": func(r *reference, q Request, p farol.Period) []refRow {
			return r.stock(q, last(r, p), last(r, p), last(r, p), func(lines []revLine) []revLine {
				return slices.DeleteFunc(slices.Clone(lines), func(l revLine) bool { return !l.due })
			})
		},
		"metered_mrr": func(r *reference, q Request, p farol.Period) []refRow {
			return r.stock(q, last(r, p), last(r, p), last(r, p), func(lines []revLine) (out []revLine) {
				for _, l := range lines {
					if l.metered {
						out = append(out, l)
					}
				}
				if !r.s.Conventions.Metered {
					for _, l := range lines {
						out = append(out, r.metered(r.eventsOf(lines), l, last(r, p))...)
					}
				}
				return out
			})
		},
		"cmrr": func(r *reference, q Request, p farol.Period) []refRow { return r.committed(q, last(r, p)) },
		"grr": func(r *reference, q Request, p farol.Period) []refRow {
			return r.openCohort(q, p.From-1, last(r, p), math.Min)
		},
		"nrr": func(r *reference, q Request, p farol.Period) []refRow {
			return r.openCohort(q, p.From-1, last(r, p), second)
		},
		"grr_12m": func(r *reference, q Request, p farol.Period) []refRow {
			return r.openCohort(q, yearBefore(last(r, p)), last(r, p), math.Min)
		},
		"nrr_12m": func(r *reference, q Request, p farol.Period) []refRow {
			return r.openCohort(q, yearBefore(last(r, p)), last(r, p), second)
		},
		"nrr_12m_without_escalators": func(r *reference, q Request, p farol.Period) []refRow {
			return r.cohortPlain(q, yearBefore(last(r, p)), last(r, p))
		},
		"grr_lines": func(r *reference, q Request, p farol.Period) []refRow { return r.cohortLines(q, p.From-1, last(r, p)) },
		"gross_mrr_churn_rate": func(r *reference, q Request, p farol.Period) []refRow {
			return r.overStart(q, p, -1, "churn", "contraction")
		},
		"net_mrr_churn_rate": func(r *reference, q Request, p farol.Period) []refRow {
			return r.overStart(q, p, -1, "churn", "contraction", "expansion", "reactivation")
		},
		"expansion_rate": func(r *reference, q Request, p farol.Period) []refRow { return r.overStart(q, p, 1, "expansion") },
		"saas_quick_ratio": func(r *reference, q Request, p farol.Period) []refRow {
			return r.moved(q, p, func(m refMove) (float64, float64) {
				if m.kind == "churn" || m.kind == "contraction" {
					return 0, -m.constant
				}
				return m.constant, 0
			}, func(m refMove) bool {
				return slices.Contains([]string{"new", "expansion", "reactivation", "churn", "contraction"}, m.kind)
			})
		},
		"expanded_accounts_rate": func(r *reference, q Request, p farol.Period) []refRow {
			more := map[string]float64{}
			for _, m := range r.moves(p) {
				if m.kind == "expansion" {
					more[m.account] += m.constant
				}
			}
			out := r.stock(q, p.From-1, p.From, p.From-1, nil)
			for i := range out {
				out[i].num, out[i].den = 0, 1
				if more[out[i].unit] > 0 {
					out[i].num = 1
				}
			}
			return out
		},
		"arpu": func(r *reference, q Request, p farol.Period) []refRow {
			out := r.stock(q, last(r, p), last(r, p), last(r, p), nil)
			for i := range out {
				people := map[farol.PersonID]bool{}
				for _, a := range r.acts() {
					if a.account == out[i].unit && a.person != "" && a.day >= p.From && a.day <= last(r, p) && r.counts(a) {
						people[a.person] = true
					}
				}
				out[i].den = float64(len(people))
			}
			return out
		},
	} {
		referState(name, f)
	}
}

func second(_, b float64) float64 { return b }

// yearBefore is the last day of the year that ended when the twelve months up
// to the day began.
func yearBefore(day farol.Day) farol.Day {
	y, m, d := (day + 1).UTC().Date()
	lastOf := farol.Date(y-1, m+1, 1) - 1
	return min(farol.Date(y-1, m, d), lastOf) - 1
}

// eventsOf are the events of the account that the lines belong to.
func (r *reference) eventsOf(lines []revLine) []revEvent {
	for _, events := range r.revenue().events {
		for _, e := range events {
			if len(lines) > 0 && strings.HasPrefix(e.name, "Subscription ") && e.sub == lines[0].sub {
				return events
			}
		}
	}
	return nil
}

// overStart is movements, at the opening rates, over the MRR at the start.
func (r *reference) overStart(q Request, p farol.Period, sign float64, kinds ...string) []refRow {
	rows := r.moved(q, p, func(m refMove) (float64, float64) { return sign * m.constant, 0 }, func(m refMove) bool { return slices.Contains(kinds, m.kind) })
	for _, s := range r.stock(q, p.From-1, p.From, p.From-1, nil) {
		i := slices.IndexFunc(rows, func(row refRow) bool { return row.unit == s.unit && row.group == s.group })
		if i < 0 {
			rows = append(rows, refRow{group: s.group, unit: s.unit})
			i = len(rows) - 1
		}
		rows[i].den += s.num
	}
	return rows
}
