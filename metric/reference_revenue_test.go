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
	// term is when a cancellation takes effect, whatever the setting; line what
	// lines of invoices make of the day.
	term time.Time
	line *refLine
	// said is when it was signed; mean the price in place of its own.
	said farol.Day
	mean *refMean
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
		x.at, x.term = r.revTime(e, p, r.s.Conventions.ChurnAt), r.revTime(e, p, AtTermEnd)
		x.said = r.day(e.At)
		if s, ok := p["requested_at"].(string); ok {
			x.said = r.day(mustTime(s))
		}
		b.events[account] = append(b.events[account], x)
	}
	r.bill(b)
	for account, list := range b.events {
		slices.SortFunc(list, func(x, y revEvent) int {
			return cmp.Or(x.at.Compare(y.at), x.known.Compare(y.known), cmp.Compare(x.id, y.id))
		})
		r.holdStates(list)
		r.averageRamps(list)
		b.events[account] = slices.DeleteFunc(list, func(x revEvent) bool { return r.day(x.at) > r.asOf })
		if len(b.events[account]) == 0 {
			delete(b.events, account)
		}
	}
	revBooks.Store(r, b)
	return b
}

// revTime is when an event takes effect.
func (r *reference) revTime(e *farol.Event, p map[string]any, churnAt string) time.Time {
	at := e.At
	for _, key := range []string{"starts_at", "effective_at", "ends_at", "requested_at"} {
		s, ok := p[key].(string)
		switch {
		case !ok || key == "starts_at" && e.Name != "Subscription Started" || key == "ends_at" && e.Name != "Subscription Cancelled" || key == "requested_at":
		default:
			at = mustTime(s)
		}
	}
	if e.Name == "Subscription Cancelled" && churnAt == AtRequest {
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
			if e.ofSubscription() && !seen[e.sub] {
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
	var until, paused, failed, unbilled, begun farol.Day = 0, -1, -1, -1, -1
	mode, trial, billed := "", false, false
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
		if !e.ofSubscription() || e.sub != sub {
			continue
		}
		ok = true
		status := subStatus[e.name]
		if e.line != nil {
			status = e.line.status
		}
		if status == "paused" && l.status != "paused" {
			paused = on
		}
		l.status = status
		if e.name == "Subscription Started" || e.name == "Subscription Resumed" {
			failed = -1
			if billed {
				begun = on
			}
		}
		if e.line != nil {
			billed, trial, percent, off, until = true, false, 0, 0, 0
			l.reason = ""
			if unbilled = on; e.line.running {
				unbilled, mode, listed = -1, "m", e.line.mrr
			}
			e.line.describe(&l)
			continue
		}
		currency := l.currency
		l.product, l.plan, l.currency = text("product", l.product), text("plan", l.plan), text("currency", l.currency)
		l.family = text("family", l.family)
		l.reason = text("reason", "")
		if on != day {
			l.reason = ""
		}
		if on == day {
			l.escalated = l.escalated || e.props["escalator"] == true
		}
		if billed { // what it costs is said by its lines
			l.currency = currency
			continue
		}
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
		if e.mean != nil && !e.mean.sets {
			continue
		}
		if e.mean != nil && !e.mean.net {
			mode, gross = "g", e.mean.price
			continue
		}
		m, has := num("mrr")
		if m *= 100; e.mean != nil {
			m, has = e.mean.price, true
		}
		if has {
			mode, listed = "m", math.Round(m)
			if until > on && percent < 100 {
				listed = (listed + off) / (1 - percent/100)
			}
		} else if u, has := num("unit_price"); has {
			mode, unit = "u", math.Round(u*100)*factor
		} else if g, has := num("amount"); has {
			mode, gross = "g", math.Round(g*100)*factor
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
	case l.status == "paused" && r.s.Conventions.Pauses == PauseKeeps:
		l.status, l.due = "active", failed >= 0
	case l.status == "active" && (failed >= 0 && int(day-failed) >= r.s.Conventions.PastDueDays || unbilled >= 0 && int(day-max(unbilled, begun)) >= r.s.Conventions.PastDueDays):
		if l.status = "cancelled"; failed >= 0 {
			l.status, l.reason = "unpaid", "payment"
		}
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
		"price_expansion_mrr": of("expansion", "price escalator", 1), "discount_expansion_mrr": of("expansion", "discount", 1), "usage_expansion_mrr": of("expansion", "usage", 1), "asp": of("new", "", 1),
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
		"grr_lines_12m": func(r *reference, q Request, p farol.Period) []refRow {
			return r.cohortLines(q, yearBefore(last(r, p)), last(r, p))
		},
		"gross_mrr_churn_rate": func(r *reference, q Request, p farol.Period) []refRow {
			return r.overStart(q, p, -1, "churn", "contraction")
		},
		"net_mrr_churn_rate": func(r *reference, q Request, p farol.Period) []refRow {
			return r.overStart(q, p, -1, "churn", "contraction", "expansion", "reactivation", "return")
		},
		"net_mrr_churn_rate_30d": func(r *reference, q Request, p farol.Period) []refRow {
			return r.overStart(q, farol.Period{From: last(r, p) - 29, To: last(r, p) + 1}, -1, "churn", "expansion")
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
			if len(lines) > 0 && e.ofSubscription() && e.sub == lines[0].sub {
				return events
			}
		}
	}
	return nil
}

// overStart is movements, at the opening rates, over the MRR at the start.
func (r *reference) overStart(q Request, p farol.Period, sign float64, kinds ...string) []refRow {
	rows := r.moved(q, p, func(m refMove) (float64, float64) { return sign * m.constant, 0 }, func(m refMove) bool { return slices.Contains(kinds, m.kind) || slices.Contains(kinds, m.part) })
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
