package metric

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// refTerm is a paid term as somebody said it.
type refTerm struct {
	account, sub string
	from, ends   farol.Day
	since, until farol.Day
	sooner       bool // the next word ends sooner
	once         float64
	at, known    time.Time
	id           string
}

// terms are the terms of all subscriptions: a word counts when it names
// another end than the word before it.
func (r *reference) terms() []refTerm {
	var out []refTerm
	for account, events := range r.revenue().events {
		bySub := map[string][]refTerm{}
		for _, e := range events {
			end, ok := e.props["ends_at"].(string)
			if !ok || !strings.HasPrefix(e.name, "Subscription ") || e.name == "Subscription Cancelled" {
				continue
			}
			t := refTerm{account: account, sub: e.sub, ends: r.day(mustTime(end)), since: r.day(e.at), at: e.at, known: e.known, id: e.id, until: farol.Date(2149, 1, 1)}
			t.from = t.since
			if s, ok := e.props["starts_at"].(string); ok {
				t.from = r.day(mustTime(s))
			}
			if v, ok := e.props["one_off_amount"]; ok {
				currency, _ := e.props["currency"].(string)
				t.once = math.Round(numberOf(v) * 100 * r.rate(currency, t.since))
			}
			bySub[e.sub] = append(bySub[e.sub], t)
		}
		for _, list := range bySub {
			slices.SortFunc(list, func(a, b refTerm) int {
				return cmp.Or(a.at.Compare(b.at), a.known.Compare(b.known), cmp.Compare(a.id, b.id))
			})
			list = slices.CompactFunc(list, func(a, b refTerm) bool { return a.ends == b.ends })
			for i := range list {
				if i+1 < len(list) {
					list[i].until, list[i].sooner = list[i+1].since, list[i+1].ends < list[i].ends
				}
				if list[i].from < list[i].ends {
					out = append(out, list[i])
				}
			}
		}
	}
	return out
}

// months is how long a term is: whole months, and the days that are left.
func (t refTerm) months() float64 {
	n := 0
	for addMonths(t.from, n+1) <= t.ends {
		n++
	}
	return float64(n) + float64(t.ends-addMonths(t.from, n))*12/365.25
}

// addMonths ends in the month that it aims at: 31 January and one month are
// the last of February.
func addMonths(d farol.Day, n int) farol.Day {
	y, m, day := d.UTC().Date()
	return min(farol.Date(y, m+time.Month(n), day), farol.Date(y, m+time.Month(n)+1, 1)-1)
}

func numberOf(v any) float64 {
	switch x := v.(type) {
	case float64:
		return x
	case int:
		return float64(x)
	case int64:
		return float64(x)
	}
	return math.NaN()
}

// contracts are the paying subscriptions at the end of the day.
func (r *reference) contracts(q Request, day farol.Day, value func(account, sub string, mrr float64) (float64, bool)) []refRow {
	var out []refRow
	for account, lines := range r.lines(day) {
		g, ok := r.group(q, account, day)
		if !ok || r.worth(lines, day) <= 0 {
			continue
		}
		sums := map[string]float64{}
		for _, l := range lines {
			if mrr := math.Round(l.local * r.rate(l.currency, day)); mrr > 0 {
				sums[l.sub] += mrr
			}
		}
		for sub, mrr := range sums {
			if v, ok := value(account, sub, mrr); ok {
				out = append(out, refRow{group: g, unit: sub, num: v / 100})
			}
		}
	}
	return out
}

// inForce tells whether the term's subscription is on its last day.
func (r *reference) inForce(t refTerm) bool {
	return slices.ContainsFunc(r.lines(t.ends - 1)[t.account], func(l revLine) bool {
		return l.sub == t.sub && (l.status == "active" || l.status == "paused") && (l.local == 0 || r.rate(l.currency, t.ends-1) > 0)
	})
}

func init() {
	last := func(r *reference, p farol.Period) farol.Day { return min(p.Last(), r.asOf) }
	referState("acv", func(r *reference, q Request, p farol.Period) []refRow {
		return r.contracts(q, last(r, p), func(_, _ string, mrr float64) (float64, bool) { return 12 * mrr, true })
	})
	referState("tcv", func(r *reference, q Request, p farol.Period) []refRow {
		day, terms := last(r, p), r.terms()
		return r.contracts(q, day, func(account, sub string, mrr float64) (float64, bool) {
			for _, t := range terms {
				if t.account == account && t.sub == sub && t.since <= day && t.until > day && t.ends > day {
					return math.Round(mrr*t.months() + t.once), true
				}
			}
			return 0, false
		})
	})
	referState("renewal_churn_rate", func(r *reference, q Request, p farol.Period) []refRow {
		due := map[string]refTerm{}
		for _, t := range r.terms() {
			if p.Contains(t.ends) && t.ends <= r.asOf && !(t.sooner && t.until < t.ends) && t.ends >= due[t.account].ends && r.inForce(t) {
				due[t.account] = t
			}
		}
		var out []refRow
		for account, t := range due {
			g, ok := r.group(q, account, t.ends-1)
			for _, s := range r.stays() {
				if ok && s.account == account && s.from < t.ends && (s.to == 0 || s.to >= t.ends) {
					out = append(out, refRow{group: g, unit: account, num: count(s.to == t.ends), den: 1})
				}
			}
		}
		return out
	})
	refer("enps", func(r *reference, q Request, p farol.Period) []refRow { return r.balance(q, p, "employee") })
	refer("cost_per_lead", func(r *reference, q Request, p farol.Period) []refRow {
		rows := r.leadsOn(q, p, func(l refLead) farol.Day { return l.day })
		for i := range rows {
			rows[i].num, rows[i].den = 0, 1
		}
		for _, c := range r.costs(q) {
			n := 0
			for d := c.days.From; d < c.days.To; d++ {
				n += int(count(p.Contains(d) && d <= r.asOf))
			}
			if c.category == "marketing" && n > 0 {
				rows = append(rows, refRow{unit: c.id, num: c.amount * float64(n) / float64(c.days.Days())})
			}
		}
		return rows
	})
}
