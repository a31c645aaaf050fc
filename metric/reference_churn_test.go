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

// refStay is a run of days as a customer; to and next are 0 for none.
type refStay struct {
	account        string
	n              int
	from, to, next farol.Day
	first, last    float64 // MRR in minor units
	reason         string
	payment        bool
}

// refStays keeps what was worked out, by reference.
var refStays sync.Map

// stays walks over every day of every account.
func (r *reference) stays() []refStay {
	if s, ok := refStays.Load(r); ok {
		return s.([]refStay)
	}
	begin := r.asOf
	if days := r.changeDays(); len(days) > 0 {
		begin = min(begin, days[0])
	}
	open, numbers := map[string]*refStay{}, map[string]int{}
	var all []*refStay
	for day := begin; day <= r.asOf; day++ {
		states := r.states(day)
		for account, st := range states {
			s := open[account]
			customer := st.mrr > 0 || st.paused
			if customer && s == nil {
				numbers[account]++
				s = &refStay{account: account, n: numbers[account], from: day, first: st.mrr}
				for _, old := range all {
					if old.account == account && old.n == s.n-1 {
						old.next = day
					}
				}
				open[account] = s
				all = append(all, s)
			}
			if customer && st.mrr > 0 {
				s.last = st.mrr
			}
			if !customer && s != nil {
				s.to = day
				s.reason, s.payment = r.whyLeft(account, day)
				delete(open, account)
			}
		}
	}
	out := make([]refStay, 0, len(all))
	for _, s := range all {
		out = append(out, *s)
	}
	refStays.Store(r, out)
	return out
}

// whyLeft is what the events say that ended the subscriptions held until the
// day: the one with a reason, the last by id.
func (r *reference) whyLeft(account string, day farol.Day) (reason string, payment bool) {
	if r.s.Conventions.Basis == InvoiceBasis {
		return r.whyBilledLeft(account, day)
	}
	best := ""
	for k, subs := range r.subscriptions() {
		if k[0] != account || !r.held(subs, day-1) {
			continue
		}
		last := subs[0] // sorted by states
		for _, s := range subs {
			if r.day(s.at) <= day {
				last = s
			}
		}
		props := r.propsByID(last.id)
		why, _ := props["reason"].(string)
		said, ok := props["voluntary"].(bool)
		payment0 := ok && !said && r.day(last.at) == day
		if last.status == "active" && !r.convertible(subs, day) {
			why, payment0 = "", false
		}
		if best == "" || cmp.Or(boolCompare(why != "", reason != ""), strings.Compare(k[1], best)) > 0 {
			best, reason, payment = k[1], why, payment0
		}
	}
	return reason, payment
}

// held tells whether a subscription makes its account a customer.
func (r *reference) held(subs []refSub, day farol.Day) bool {
	var mrr *float64
	status, currency, since := "", "", farol.Day(0)
	for _, s := range subs {
		if r.day(s.at) > day {
			break
		}
		if s.status == "paused" && status != "paused" {
			since = r.day(s.at)
		}
		status = s.status
		if s.mrr != nil {
			mrr, currency = s.mrr, s.currency
		}
	}
	return status == "active" && mrr != nil && r.convert(*mrr, currency) > 0 || status == "paused" && day-since < farol.Day(r.s.Conventions.PauseDays)
}

// convertible tells whether the subscription's currency has a rate.
func (r *reference) convertible(subs []refSub, day farol.Day) bool {
	currency := ""
	for _, s := range subs {
		if r.day(s.at) <= day && s.mrr != nil {
			currency = s.currency
		}
	}
	return currency == "" || farol.Currency(currency) == r.s.Currency || r.s.Rates[farol.Currency(currency)] > 0
}

func boolCompare(a, b bool) int {
	n := map[bool]int{true: 1}
	return n[a] - n[b]
}

func (r *reference) propsByID(id string) map[string]any {
	for i := range r.events {
		if r.events[i].ID == id {
			return r.propsOf(&r.events[i])
		}
	}
	return nil
}

// departures lists the stays that end in the period; lasting ones only those
// without a return by its end.
func (r *reference) departures(p farol.Period, lasting bool) []refStay {
	var out []refStay
	last := min(p.Last(), r.asOf)
	for _, s := range r.stays() {
		if s.to >= p.From && s.to <= last && s.to != 0 && (!lasting || s.next == 0 || s.next > last) {
			out = append(out, s)
		}
	}
	return out
}

// lost is departures as rows, with the attribute of the last day.
func (r *reference) lost(q Request, p farol.Period, row func(s refStay) refRow) []refRow {
	var out []refRow
	for _, s := range r.departures(p, true) {
		if g, ok := r.group(q, s.account, s.to-1); ok {
			x := row(s)
			x.group, x.unit = g, s.account
			out = append(out, x)
		}
	}
	return out
}

// lostLasting is lost without who began in the period, where the conventions
// say so.
func (r *reference) lostLasting(q Request, p farol.Period, row func(s refStay) refRow) []refRow {
	brief := map[string]bool{}
	for _, s := range r.departures(p, true) {
		brief[s.account] = r.s.Conventions.Brief == IgnoreBrief && s.from >= p.From
	}
	return slices.DeleteFunc(r.lost(q, p, row), func(x refRow) bool { return brief[x.unit] })
}

// left finds the lasting departure of an account in the period.
func (r *reference) left(account string, p farol.Period) (refStay, bool) {
	for _, s := range r.departures(p, true) {
		if s.account == account {
			return s, true
		}
	}
	return refStay{}, false
}

func (r *reference) customer(account string, day farol.Day) bool {
	for _, s := range r.stays() {
		if s.account == account && s.from <= day && (s.to == 0 || s.to > day) {
			return true
		}
	}
	return false
}

// began lists the stays that begin in the period.
func (r *reference) began(q Request, p farol.Period) (stays []refStay, groups []string) {
	for _, s := range r.stays() {
		if g, ok := r.group(q, s.account, s.from); ok && s.from >= p.From && s.from < p.To && s.from <= r.asOf {
			stays, groups = append(stays, s), append(groups, g)
		}
	}
	return stays, groups
}

// refMonth is an account in a month.
type refMonth struct {
	group, account string
	mrr, mrrEnd    float64
	gone           bool
}

// lost is what could have been lost in the month, and what was.
func (m refMonth) lost(c Conventions) (there, lost float64) {
	if c.LifetimeChurn == RevenueLost {
		return m.mrr, m.mrr - m.mrrEnd
	}
	return 1, count(m.gone)
}

func (r *reference) wholeMonths(p farol.Period) farol.Period {
	last := min(p.Last(), r.asOf, r.through)
	y, m, _ := (last + 1).UTC().Date()
	return farol.Period{From: farol.Date(y, m-time.Month(r.s.Conventions.LifetimeMonths), 1), To: farol.Date(y, m, 1)}
}

func (r *reference) lastMonths(q Request, p farol.Period) []refMonth {
	var out []refMonth
	w := r.wholeMonths(p)
	for first := w.From; first < w.To; {
		y, m, _ := first.UTC().Date()
		until := farol.Date(y, m+1, 1)
		for _, row := range r.churned(q, farol.Period{From: first, To: until}, until-1) {
			out = append(out, refMonth{row.group, row.unit, r.states(first - 1)[row.unit].mrr / 100, r.worth(r.lines(until - 1)[row.unit], first-1) / 100, row.num == 1})
		}
		first = until
	}
	return out
}

// summed adds rows of one unit and group up.
func summed(rows []refRow) []refRow {
	sums := map[[2]string]*refRow{}
	var order [][2]string
	for _, x := range rows {
		k := [2]string{x.group, x.unit}
		if sums[k] == nil {
			sums[k] = &refRow{group: x.group, unit: x.unit}
			order = append(order, k)
		}
		s := sums[k]
		s.num, s.den, s.times, s.per = s.num+x.num, s.den+x.den, s.times+x.times, s.per+x.per
	}
	out := make([]refRow, 0, len(order))
	for _, k := range order {
		out = append(out, *sums[k])
	}
	return out
}

// refCost is a cost of sales or marketing in major units of the company's
// currency.
type refCost struct {
	id, category string
	amount       float64
	days         farol.Period
}

func (r *reference) costs(q Request) []refCost {
	if len(q.Filters) > 0 {
		return nil // the random requests name no channel
	}
	latest := map[string]*farol.Event{}
	for i := range r.events {
		e := &r.events[i]
		if e.Name != "Cost Reported" || r.costDays(e).From > r.asOf {
			continue
		}
		id, _ := r.propsOf(e)["cost"].(string)
		id = cmp.Or(id, e.ID)
		if old := latest[id]; old == nil || cmp.Or(e.At.Compare(old.At), e.Known.Compare(old.Known), cmp.Compare(e.ID, old.ID)) > 0 {
			latest[id] = e
		}
	}
	var out []refCost
	for id, e := range latest {
		props := r.propsOf(e)
		currency := props["currency"].(string)
		if c := props["category"]; c != "sales" && c != "marketing" || farol.Currency(currency) != r.s.Currency && r.s.Rates[farol.Currency(currency)] == 0 {
			continue
		}
		out = append(out, refCost{id, props["category"].(string), r.convert(math.Round(props["amount"].(float64)*100), currency) / 100, r.costDays(e)})
	}
	return out
}

func (r *reference) costDays(e *farol.Event) farol.Period {
	props := r.propsOf(e)
	if month, ok := props["month"].(string); ok {
		first, _ := farol.ParseDay(month + "-01")
		y, m, _ := first.UTC().Date()
		return farol.Period{From: first, To: farol.Date(y, m+1, 1)}
	}
	from, _ := farol.ParseDay(props["from"].(string))
	to, _ := farol.ParseDay(props["to"].(string))
	return farol.Period{From: from, To: to}
}

// spent lists what falls into the days.
func (r *reference) spent(q Request, w farol.Period) []refRow {
	var out []refRow
	for _, c := range r.costs(q) {
		n := 0
		for d := c.days.From; d < c.days.To; d++ {
			if w.Contains(d) && d <= r.asOf {
				n++
			}
		}
		if n > 0 {
			out = append(out, refRow{unit: c.id, num: c.amount * float64(n) / float64(c.days.Days())})
		}
	}
	return out
}

func init() {
	last := func(r *reference, p farol.Period) farol.Day { return min(p.Last(), r.asOf) }
	referState("logo_churn_rate_annual", func(r *reference, q Request, p farol.Period) []refRow { return r.churned(q, p, last(r, p)) })
	referState("logo_churn_rate_30d", (*reference).churned30)
	referState("logo_churn_rate_joiners", (*reference).churnedJoiners)
	referState("logo_churn_rate_daily", (*reference).churnedDaily)
	byCause := func(payment bool) func(r *reference, q Request, p farol.Period) []refRow {
		return func(r *reference, q Request, p farol.Period) []refRow {
			rows := r.churned(q, p, last(r, p))
			for i := range rows {
				if s, gone := r.left(rows[i].unit, p); rows[i].num == 1 && (!gone || s.payment != payment) {
					rows[i].num = 0
				}
			}
			return rows
		}
	}
	referState("voluntary_churn_rate", byCause(false))
	referState("payment_churn_rate", byCause(true))
	referState("churned_accounts", func(r *reference, q Request, p farol.Period) []refRow {
		return r.lostLasting(q, p, func(refStay) refRow { return refRow{num: 1} })
	})
	referState("coded_churn_share", func(r *reference, q Request, p farol.Period) []refRow {
		return r.lostLasting(q, p, func(s refStay) refRow {
			x := refRow{den: 1}
			if _, _, ok := r.s.Reasons.Find(s.reason); ok {
				x.num = 1
			}
			return x
		})
	})
	referState("win_back_rate", func(r *reference, q Request, p farol.Period) []refRow { return r.wonBack(q, p, 90, true) })
	referState("time_to_win_back", func(r *reference, q Request, p farol.Period) []refRow { return r.wonBack(q, p, 365, false) })
	referState("customer_lifetime", func(r *reference, q Request, p farol.Period) []refRow {
		return summed(r.lifetimes(q, p, func(m refMonth) refRow {
			there, lost := m.lost(r.s.Conventions)
			return refRow{num: there, den: lost}
		}))
	})
	for _, name := range []string{"customer_lifetime_value", "customer_lifetime_value_margin", "customer_lifetime_value_discounted", "customer_lifetime_value_arrears"} {
		referState(name, func(r *reference, q Request, p farol.Period) []refRow {
			d := 0.0
			if strings.HasSuffix(name, "_discounted") || strings.HasSuffix(name, "_arrears") {
				d = math.Pow(1+r.s.Conventions.DiscountRate, 1.0/12) - 1
			}
			rows := r.lifetimes(q, p, func(m refMonth) refRow {
				there, lost := m.lost(r.s.Conventions)
				x := refRow{times: there * (1 + d), per: lost + there*d}
				if strings.HasSuffix(name, "_arrears") {
					x.times = there - lost
				}
				return x
			})
			for _, x := range r.paying(q, last(r, p), last(r, p)) {
				if name != "customer_lifetime_value" {
					x.num *= r.s.Conventions.GrossMargin
				}
				x.den = 1
				rows = append(rows, x)
			}
			return summed(rows)
		})
	}
	refer("acquisition_cost", (*reference).spent)
	referState("cac", func(r *reference, q Request, p farol.Period) []refRow {
		return r.won(q, p, r.spent(q, p), func(refStay) refRow { return refRow{den: 1} })
	})
	referState("cac_payback_months", func(r *reference, q Request, p farol.Period) []refRow {
		rows := r.won(q, p, r.spent(q, p), func(s refStay) refRow { return refRow{den: s.first / 100 * r.s.Conventions.GrossMargin} })
		for i := range rows {
			rows[i].unit = strings.TrimSuffix(rows[i].unit, " new")
		}
		return rows
	})
	referState("ltv_to_cac", func(r *reference, q Request, p farol.Period) []refRow {
		w := r.wholeMonths(p)
		rows := summed(r.lifetimes(q, p, func(m refMonth) refRow {
			return refRow{num: m.mrr * r.s.Conventions.GrossMargin, den: count(m.gone)}
		}))
		for _, x := range r.spent(q, w) {
			rows = append(rows, refRow{unit: x.unit, per: x.num})
		}
		return r.won(q, w, rows, func(refStay) refRow { return refRow{times: 1} })
	})
}

func count(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func (r *reference) lifetimes(q Request, p farol.Period, row func(refMonth) refRow) []refRow {
	var out []refRow
	for _, m := range r.lastMonths(q, p) {
		x := row(m)
		x.group, x.unit = m.group, m.account
		out = append(out, x)
	}
	return out
}

// won adds the accounts that became customers for the first time.
func (r *reference) won(q Request, p farol.Period, rows []refRow, row func(refStay) refRow) []refRow {
	stays, groups := r.began(q, p)
	for i, s := range stays {
		if s.n == 1 {
			x := row(s)
			x.group, x.unit = groups[i], s.account+" new"
			rows = append(rows, x)
		}
	}
	return rows
}

func (r *reference) churned30(q Request, p farol.Period) []refRow {
	var out []refRow
	last := min(p.Last(), r.asOf)
	for account, st := range r.states(last) {
		if g, ok := r.group(q, account, last); ok && (st.mrr > 0 || st.paused) {
			out = append(out, refRow{group: g, unit: account, den: 1})
		}
	}
	return append(out, r.lost(q, farol.Period{From: last - 29, To: last + 1}, func(refStay) refRow { return refRow{num: 1, den: 1} })...)
}

func (r *reference) churnedJoiners(q Request, p farol.Period) []refRow {
	out := r.churned(q, p, min(p.Last(), r.asOf))
	for _, x := range r.lost(q, p, func(refStay) refRow { return refRow{num: 1} }) {
		if !r.customer(x.unit, p.From-1) {
			out = append(out, x)
		}
	}
	return out
}

func (r *reference) churnedDaily(q Request, p farol.Period) []refRow {
	last := min(p.Last(), r.asOf)
	groups := map[string]string{}
	for _, row := range r.churned(q, p, last) {
		groups[row.unit] = row.group
	}
	stays, g := r.began(q, p)
	first := map[string]farol.Day{}
	for i, s := range stays {
		if d, ok := first[s.account]; !r.customer(s.account, p.From-1) && (!ok || s.from < d) {
			groups[s.account], first[s.account] = g[i], s.from
		}
	}
	var out []refRow
	for account, group := range groups {
		x := refRow{group: group, unit: account, times: float64(last - p.From + 1), per: 1}
		for d := p.From; d <= last; d++ {
			if r.customer(account, d-1) {
				x.den++
				if !r.customer(account, d) {
					x.num++
				}
			}
		}
		if x.den > 0 {
			out = append(out, x)
		}
	}
	return out
}

// wonBack lists the first departures of the period with their returns.
func (r *reference) wonBack(q Request, p farol.Period, days farol.Day, mature bool) []refRow {
	firsts := map[string]refStay{}
	for _, s := range r.departures(p, false) {
		if _, ok := r.group(q, s.account, s.to-1); !ok {
			continue
		}
		if old, ok := firsts[s.account]; !ok || s.n < old.n {
			firsts[s.account] = s
		}
	}
	var out []refRow
	for _, s := range firsts {
		g, _ := r.group(q, s.account, s.to-1)
		back := s.next != 0 && s.next < s.to+days
		x := refRow{group: g, unit: s.account, num: count(back), den: 1}
		if mature && s.to+days > r.through+1 {
			continue
		}
		if !mature {
			x.den = count(back)
			x.num = float64(min(days, r.through+1-s.to))
			if back {
				x.num = float64(s.next - s.to)
			}
		}
		out = append(out, x)
	}
	return out
}

// cost is a random cost.
func (h *history) cost(e *farol.Event, props map[string]any) {
	e.Kind, e.Name = farol.Track, "Cost Reported"
	props["category"] = pick(h, "sales", "marketing", "marketing", "success")
	props["amount"], props["currency"] = float64(h.r.IntN(500000))/100, pick(h, "BRL", "BRL", "USD", "EUR")
	first := h.first + farol.Day(h.r.IntN(h.days))
	if h.r.IntN(2) == 0 {
		props["month"] = first.UTC().Format("2006-01")
	} else {
		props["from"], props["to"] = first.String(), (first + 1 + farol.Day(h.r.IntN(40))).String()
	}
	if h.r.IntN(3) == 0 {
		props["cost"] = pick(h, "k1", "k2")
	}
}

// leaving says why a subscription ends, in the ways in which senders do.
func (h *history) leaving(props map[string]any) {
	if why := pick(h, "", "price", "Too_Expensive", "moon phase"); why != "" {
		props["reason"] = why
	}
	if h.r.IntN(3) > 0 {
		props["voluntary"] = h.r.IntN(2) == 0
	}
}
