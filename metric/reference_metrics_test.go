package metric

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/farol-cs/farol"
)

// active lists the unit-days of use: unit is the person or the account.
func (r *reference) active(q Request, people bool) map[[2]string]map[farol.Day]bool {
	out := map[[2]string]map[farol.Day]bool{}
	for _, a := range r.acts() {
		unit := a.account
		if people {
			unit = string(a.person)
		}
		g, ok := r.group(q, a.account, a.day)
		if unit == "" || !ok || !r.counts(a) {
			continue
		}
		k := [2]string{g, unit}
		if out[k] == nil {
			out[k] = map[farol.Day]bool{}
		}
		out[k][a.day] = true
	}
	return out
}

// used lists units by how many days of the window they used the product on.
func (r *reference) used(q Request, people bool, from, to farol.Day) []refRow {
	var out []refRow
	for k, days := range r.active(q, people) {
		n := 0
		for d := range days {
			if d >= from && d <= min(to, r.asOf) {
				n++
			}
		}
		if n > 0 {
			out = append(out, refRow{group: k[0], unit: k[1], num: float64(n)})
		}
	}
	return out
}

func once(rows []refRow) []refRow {
	for i := range rows {
		rows[i].num = 1
	}
	return rows
}

// A refMetric is how the reference answers one metric.
type refMetric struct {
	// rows lists the units of the period.
	rows func(r *reference, q Request, p farol.Period) []refRow
	// state tells that one earlier subscription event is data enough.
	state bool
	// covering tells that a period in which events only began is incomplete.
	covering bool
}

// refMetrics is filled by the reference_*_test.go files, one entry a metric.
var refMetrics = map[string]refMetric{}

func refer(name string, rows func(r *reference, q Request, p farol.Period) []refRow) {
	refMetrics[name] = refMetric{rows: rows}
}

// referState is refer for what subscriptions say.
func referState(name string, rows func(r *reference, q Request, p farol.Period) []refRow) {
	refMetrics[name] = refMetric{rows: rows, state: true}
}

// referUse is refer for what counts use during the whole period.
func referUse(name string, rows func(r *reference, q Request, p farol.Period) []refRow) {
	refMetrics[name] = refMetric{rows: rows, covering: true}
}

func init() {
	last := func(r *reference, p farol.Period) farol.Day { return min(p.Last(), r.asOf) }
	for _, people := range []bool{true, false} {
		who := map[bool]string{true: "users", false: "accounts"}[people]
		days := func(r *reference, q Request, p farol.Period) []refRow { return r.used(q, people, p.From, last(r, p)) }
		window := func(n farol.Day) func(r *reference, q Request, p farol.Period) []refRow {
			return func(r *reference, q Request, p farol.Period) []refRow {
				return once(r.used(q, people, last(r, p)-n+1, last(r, p)))
			}
		}
		referUse("active_"+who+"_day", days)
		referUse("active_"+who+"_week", window(7))
		referUse("active_"+who+"_28d", window(28))
		referUse("active_"+who+"_30d", window(30))
		referUse("active_"+who+"_calendar_week", func(r *reference, q Request, p farol.Period) []refRow { return once(days(r, q, p)) })
		referUse("active_"+who+"_month", func(r *reference, q Request, p farol.Period) []refRow { return once(days(r, q, p)) })
		if people {
			referUse("stickiness", days)
		}
	}
	refer("new_accounts", func(r *reference, q Request, p farol.Period) []refRow { return once(r.created(q, p)) })
	referState("mrr", func(r *reference, q Request, p farol.Period) []refRow { return r.paying(q, last(r, p), last(r, p)) })
	referState("logo_churn_rate", func(r *reference, q Request, p farol.Period) []refRow { return r.churned(q, p, last(r, p)) })
}

// rows lists the units behind a figure.
func (r *reference) rows(q Request, p farol.Period) []refRow {
	m, ok := refMetrics[q.Metric]
	if !ok {
		panic("the reference does not know " + q.Metric)
	}
	return m.rows(r, q, p)
}

// created lists the accounts created in the period; num is unset.
func (r *reference) created(q Request, p farol.Period) []refRow {
	var out []refRow
	for account, day := range r.births() {
		g, ok := r.group(q, account, day)
		if p.Contains(day) && day <= r.asOf && ok {
			out = append(out, refRow{group: g, unit: account})
		}
	}
	return out
}

// births is the creation day of each account.
func (r *reference) births() map[string]farol.Day {
	if r.born == nil {
		r.born = r.findBirths()
	}
	return r.born
}

func (r *reference) findBirths() map[string]farol.Day {
	first, signed := map[string]farol.Day{}, map[string]farol.Day{}
	note := func(m map[string]farol.Day, account string, d farol.Day) {
		if old, ok := m[account]; account != "" && d <= r.asOf && (!ok || d < old) {
			m[account] = d
		}
	}
	for i := range r.events {
		e := &r.events[i]
		if e.Kind != farol.Identify && e.Kind != farol.Alias {
			note(first, r.accountOf(e), r.day(e.At))
		}
		if e.Kind == farol.Track && e.Name == "Signed Up" {
			note(signed, string(e.Account), r.day(e.At))
		}
	}
	out := map[string]farol.Day{}
	for account, d := range first {
		if r.excludedAccount(account) {
			continue
		}
		if s, ok := signed[account]; ok {
			d = s
		}
		said, ok := latest(r.changes, func(c refChange) bool {
			return c.accountSubject && c.account == account && c.trait == "created_at" && c.day <= r.asOf
		})
		if ok {
			d = r.day(mustTime(said))
		}
		out[account] = d
	}
	return out
}

func mustTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// refSub is a subscription event.
type refSub struct {
	at, known        time.Time
	id, account, sub string
	status, currency string
	mrr              *float64 // minor units
}

var subStatus = map[string]string{
	"Subscription Started": "active", "Subscription Changed": "active", "Subscription Resumed": "active",
	"Subscription Paused": "paused", "Subscription Cancelled": "cancelled",
}

func (r *reference) subscriptions() map[[2]string][]refSub {
	if r.subs == nil {
		r.subs = r.findSubscriptions()
	}
	return r.subs
}

func (r *reference) findSubscriptions() map[[2]string][]refSub {
	out := map[[2]string][]refSub{}
	for i := range r.events {
		e := &r.events[i]
		status, ok := subStatus[e.Name]
		account := r.accountOf(e)
		if !ok || e.Kind != farol.Track || account == "" || r.excludedAccount(account) {
			continue
		}
		props := r.propsOf(e)
		s := refSub{at: e.At, known: e.Known, id: e.ID, account: account, sub: props["subscription"].(string), status: status}
		if at, ok := props["effective_at"].(string); ok {
			s.at = mustTime(at)
		}
		if v, ok := props["mrr"].(float64); ok {
			minor := math.Round(v * 100)
			s.mrr, s.currency = &minor, props["currency"].(string)
		}
		if r.day(s.at) <= r.asOf {
			k := [2]string{account, s.sub}
			out[k] = append(out[k], s)
		}
	}
	return out
}

// refState is what an account is at the end of a day.
type refState struct {
	mrr    float64
	paused bool // something is paused, for less than 90 days
}

func (r *reference) states(day farol.Day) map[string]refState {
	if r.s.Conventions.Basis == InvoiceBasis {
		return r.billedStates(day)
	}
	out := map[string]refState{}
	for k, subs := range r.subscriptions() {
		slices.SortFunc(subs, func(a, b refSub) int {
			return cmp.Or(a.at.Compare(b.at), a.known.Compare(b.known), cmp.Compare(a.id, b.id))
		})
		var status, currency string
		var mrr float64
		var since farol.Day
		for _, s := range subs {
			if r.day(s.at) > day {
				break
			}
			if s.status == "paused" && status != "paused" {
				since = r.day(s.at)
			}
			status = s.status
			if s.mrr != nil {
				mrr, currency = *s.mrr, s.currency
			}
		}
		st := out[k[0]]
		patient := status == "paused" && day-since < farol.Day(r.s.Conventions.PauseDays)
		if keeps := patient && r.s.Conventions.Pauses == PauseKeeps; status == "active" || keeps {
			patient = false
			st.mrr += r.convert(mrr, currency)
		}
		st.paused = st.paused || patient
		out[k[0]] = st
	}
	return out
}

func (r *reference) convert(minor float64, currency string) float64 {
	if farol.Currency(currency) == r.s.Currency {
		return minor
	}
	return math.Round(minor * r.s.Rates[farol.Currency(currency)])
}

// paying lists the accounts with an MRR at the end of the day.
func (r *reference) paying(q Request, day, attributes farol.Day) []refRow {
	var out []refRow
	for account, st := range r.states(day) {
		if g, ok := r.group(q, account, attributes); ok && st.mrr > 0 {
			out = append(out, refRow{group: g, unit: account, num: st.mrr / 100})
		}
	}
	return out
}

func (r *reference) churned(q Request, p farol.Period, last farol.Day) []refRow {
	var out []refRow
	end := r.states(last)
	for account, st := range r.states(p.From - 1) {
		g, ok := r.group(q, account, p.From)
		if !ok || st.mrr <= 0 && !st.paused {
			continue
		}
		row := refRow{group: g, unit: account, num: 1, den: 1}
		if e := end[account]; e.mrr > 0 || e.paused {
			row.num = 0
		}
		out = append(out, row)
	}
	return out
}

// has tells whether data make a figure of the window possible at all, and
// from which day on: events by their day, subscriptions by their effect.
func (r *reference) since(subscriptions bool) (farol.Day, map[farol.Day]bool) {
	days := map[farol.Day]bool{}
	first := farol.Day(math.MaxInt32)
	for i := range r.events {
		e := &r.events[i]
		d := r.day(e.At)
		if subscriptions && e.Name == "Invoice Line Billed" && r.s.Conventions.Basis == InvoiceBasis {
			from, _ := r.servedPeriod(e)
			d = r.day(from)
		} else if subscriptions {
			if subStatus[e.Name] == "" {
				continue
			}
			if at, ok := r.propsOf(e)["effective_at"].(string); ok {
				d = r.day(mustTime(at))
			}
		}
		days[d] = true
		first = min(first, d)
	}
	return first, days
}

// want computes the figure of a period and group from its rows.
func (r *reference) want(m *Metric, q Request, p farol.Period, rows []refRow) (pt Point) {
	var num, den, times, per float64
	for _, row := range rows {
		num += row.num
		den += row.den
		times += row.times
		per += row.per
	}
	pt = Point{Period: p, Units: int64(len(rows))}
	last := min(p.Last(), r.asOf)
	about := refMetrics[m.Name]
	first, days := r.since(about.state)
	window := p.From
	switch {
	case m.Aggregation.rolls():
		window = last - farol.Day(m.Reach)
	case m.Window > 0:
		window = last - farol.Day(m.Window) + 1
	case m.Previous:
		window = r.s.Calendar.PeriodAt(q.Grain, p.From-1).From
	}
	data := first <= last
	if !about.state {
		data = false
		from := window
		if m.Previous {
			from = p.From
		} else if m.Aggregation == RollingShare {
			from = last
		}
		for d := from; d <= last; d++ {
			data = data || days[d]
		}
	}
	switch {
	case p.From > r.asOf:
		pt.Reason = NotStarted
		return pt
	case (len(rows) == 0 || m.Aggregation == RollingShare && num == 0) && !data:
		pt.Reason = NoData
		return pt
	}
	start := window
	if first > window && first <= last && !about.state {
		start = first
	}
	n := float64(last - start + 1)
	switch m.Aggregation {
	case DailyMean:
		den = n
	case ShareOfDays:
		den = n * float64(len(rows))
	case Mean, RollingShare:
		den = float64(len(rows))
	}
	wait := farol.Day(0)
	if m.Waits {
		for d := p.From; d < p.To; d++ {
			wait = max(wait, farol.Day(r.judge(d).WindowDays-1))
		}
		if m.WaitDays > 0 {
			wait = farol.Day(m.WaitDays - 1)
		}
	}
	pt.Complete = p.Last()+wait <= r.through && (start == window || !about.covering)
	pt.Numerator = &num
	if m.Window > 0 || m.Previous || m.Aggregation.rolls() {
		defer func() {
			if start > window {
				pt.Value, pt.Reason, pt.Complete = nil, WindowNotCovered, false
			}
		}()
	}
	if m.ofCosts() && (m.Aggregation == Product && den > 0 && per == 0 || m.Aggregation != Product && num == 0) {
		pt.Reason = NoCosts
		if m.Aggregation != Sum {
			pt.Denominator = &den
		}
		return pt
	}
	if m.Aggregation == Sum || m.Aggregation == Distinct || m.Aggregation == Rolling {
		pt.Value = &num
		return pt
	}
	open := m.Waits && p.Last()+wait > r.through
	if m.Aggregation == Quantile {
		pt = refQuantile(pt, m, rows)
		if pt.Reason == ZeroDenominator && m.Waits && p.Last()+wait > r.through {
			pt.Reason = WindowOpen
		}
		return pt
	}
	pt.Denominator = &den
	if den > 0 && (m.Aggregation != Product || per > 0) {
		v := num / den
		switch m.Aggregation {
		case NPS:
			v *= 100
		case Product:
			v *= times / per
		}
		if m.Compound > 1 {
			v = 1 - math.Pow(1-v, float64(m.Compound))
		}
		pt.Value = &v
	} else if pt.Reason = ZeroDenominator; open {
		pt.Reason = WindowOpen
	} else if lifetime := slices.Contains(m.doors, "lifetime"); lifetime && (m.Aggregation == Product && m.Name != "ltv_to_cac" && times > 0 || (m.Aggregation == Ratio || m.Name == "ltv_to_cac") && num > 0) {
		pt.Reason = NoLoss
	}
	return pt
}

// refQuantile walks the product-limit estimator: rows hold the times (num)
// and whether the unit got there (den).
func refQuantile(pt Point, m *Metric, rows []refRow) Point {
	n, reached := float64(len(rows)), 0.0
	for _, row := range rows {
		reached += row.den
	}
	pt.Numerator, pt.Denominator = &reached, &n
	if len(rows) == 0 {
		pt.Reason = ZeroDenominator
		return pt
	}
	times := slices.Clone(rows)
	slices.SortFunc(times, func(a, b refRow) int { return cmp.Or(cmp.Compare(a.num, b.num), cmp.Compare(b.den, a.den)) })
	alive := 1.0
	for i, row := range times {
		if row.den == 0 {
			continue
		}
		alive *= 1 - 1/float64(len(times)-i)
		if alive <= 1-m.Share+1e-12 {
			v := row.num
			pt.Value = &v
			return pt
		}
	}
	pt.Reason = NotReached
	return pt
}
