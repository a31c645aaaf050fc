package metric

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/farol-cs/farol"
)

// A reference computes every metric from the events, slowly and obviously:
// it holds them all, walks over them for each question and shares no code
// with the engines.
type reference struct {
	s     Settings
	zone  *time.Location
	asOf  farol.Day
	known time.Time
	// through is the last day up to asOf that has passed.
	through farol.Day
	events  []farol.Event
	next    map[farol.PersonID]farol.PersonID
	joins   []refJoin
	changes []refChange
	// What was worked out once.
	acted    []refAct
	born     map[string]farol.Day
	subs     map[[2]string][]refSub
	excluded map[string]bool
	values   map[string]string
	accounts map[string]string
	props    map[string]map[string]any
}

type refJoin struct {
	at      time.Time
	id      string
	person  farol.PersonID // raw
	account string
}

// A refChange is a trait said of an account or a person.
type refChange struct {
	at, known      time.Time
	id             string
	day            farol.Day
	account        string
	person         farol.PersonID // raw
	trait, value   string
	accountSubject bool
}

// refRow is a unit of a period.
type refRow struct {
	group, unit string
	num, den    float64
}

// newReference takes in the events that a reader at known may know (zero:
// all), each message once.
func newReference(all []farol.Event, s Settings, now time.Time, asOf farol.Day, known time.Time) *reference {
	r := &reference{
		s: s, zone: s.Calendar.Zone, known: known, excluded: map[string]bool{}, values: map[string]string{},
		accounts: map[string]string{}, props: map[string]map[string]any{},
	}
	if !known.IsZero() && known.Before(now) {
		now = known
	}
	r.asOf = farol.DayOf(now, r.zone)
	r.through = r.asOf - 1
	if asOf != 0 && asOf < r.asOf {
		r.asOf, r.through = asOf, asOf
	}
	seen := map[string]bool{}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
	for _, e := range sorted {
		if (known.IsZero() || !e.Known.After(known)) && !seen[e.ID] {
			seen[e.ID] = true
			r.events = append(r.events, e)
		}
	}
	r.identify()
	r.learn()
	return r
}

func (r *reference) day(t time.Time) farol.Day {
	y, m, d := t.In(r.zone).Date()
	return farol.Date(y, m, d)
}

func (r *reference) propsOf(e *farol.Event) map[string]any {
	if m, ok := r.props[e.ID]; ok {
		return m
	}
	var m map[string]any
	if len(e.Properties) > 0 {
		if err := json.Unmarshal(e.Properties, &m); err != nil {
			panic(err)
		}
	}
	r.props[e.ID] = m
	return m
}

// remember works something out once.
func remember[K comparable, V any](m map[K]V, key K, work func() V) V {
	v, ok := m[key]
	if !ok {
		v = work()
		m[key] = v
	}
	return v
}

// identify replays the links: each id leads where its earliest link says,
// unless that would close a circle.
func (r *reference) identify() {
	type link struct {
		at       time.Time
		id       string
		from, to farol.PersonID
	}
	var links []link
	for _, e := range r.events {
		add := func(from farol.PersonID) {
			if from != e.User {
				links = append(links, link{e.At, e.ID, from, e.User})
			}
		}
		if e.Kind == farol.Identify && e.User != "" && e.Anonymous != "" {
			add(farol.PersonOf(e.Anonymous))
		}
		if e.Kind == farol.Alias && e.User != "" && e.PreviousID != "" {
			add(farol.PersonOf(farol.AnonymousID(e.PreviousID)))
			add(farol.PersonID(e.PreviousID))
		}
	}
	slices.SortFunc(links, func(a, b link) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id), cmp.Compare(a.from, b.from))
	})
	r.next = map[farol.PersonID]farol.PersonID{}
	done := map[farol.PersonID]bool{}
	for _, l := range links {
		if done[l.from] {
			continue
		}
		done[l.from] = true
		if r.person(l.to) != l.from {
			r.next[l.from] = l.to
		}
	}
}

// person is who a raw id stands for.
func (r *reference) person(raw farol.PersonID) farol.PersonID {
	for r.next[raw] != "" {
		raw = r.next[raw]
	}
	return raw
}

// learn collects memberships and traits.
func (r *reference) learn() {
	for i := range r.events {
		e := &r.events[i]
		props := r.propsOf(e)
		switch e.Kind {
		case farol.Group:
			if e.Account != "" && e.Person() != "" {
				r.joins = append(r.joins, refJoin{e.At, e.ID, e.Person(), string(e.Account)})
			}
			r.traits(e, props, string(e.Account), "")
		case farol.Identify:
			if c, ok := props["company"].(map[string]any); ok && e.Person() != "" {
				r.joins = append(r.joins, refJoin{e.At, e.ID, e.Person(), c["id"].(string)})
			}
			r.traits(e, props, "", e.Person())
		}
	}
}

func (r *reference) traits(e *farol.Event, props map[string]any, account string, person farol.PersonID) {
	for k, v := range props {
		c := refChange{
			at: e.At, known: e.Known, id: e.ID, day: r.day(e.At), account: account, person: person,
			accountSubject: e.Kind == farol.Group, trait: k,
		}
		switch v := v.(type) {
		case string:
			c.value = v
		case bool:
			c.value = strconv.FormatBool(v)
		case float64:
			c.value = strconv.FormatFloat(v, 'f', -1, 64)
		}
		r.changes = append(r.changes, c)
	}
}

// accountOf is the account that the event names, else that of its person at
// the time.
func (r *reference) accountOf(e *farol.Event) string {
	return remember(r.accounts, e.ID, func() string { return r.findAccount(e) })
}

func (r *reference) findAccount(e *farol.Event) string {
	if e.Account != "" {
		return string(e.Account)
	}
	if id, ok := r.propsOf(e)["account_id"].(string); ok && businessEvents[e.Name] {
		return id
	}
	if e.Person() == "" {
		return ""
	}
	var best *refJoin
	for i, j := range r.joins {
		if r.person(j.person) != r.person(e.Person()) || j.at.After(e.At) {
			continue
		}
		if best == nil || j.at.After(best.at) || j.at.Equal(best.at) && j.id > best.id {
			best = &r.joins[i]
		}
	}
	if best == nil {
		return ""
	}
	return best.account
}

var businessEvents = map[string]bool{
	"Subscription Started": true, "Subscription Changed": true, "Subscription Paused": true, "Subscription Resumed": true,
	"Subscription Cancelled": true, "Payment Failed": true, "Ticket Opened": true, "Survey Answered": true, "Trial Started": true,
}

// latest is the value of a trait by the last change that passes.
func latest(changes []refChange, pass func(refChange) bool) (string, bool) {
	var best *refChange
	for i, c := range changes {
		if !pass(c) {
			continue
		}
		if best == nil || cmp.Or(c.at.Compare(best.at), c.known.Compare(best.known), cmp.Compare(c.id, best.id)) > 0 {
			best = &changes[i]
		}
	}
	if best == nil {
		return "", false
	}
	return best.value, true
}

func (r *reference) excludedAccount(account string) bool {
	return remember(r.excluded, "account "+account, func() bool { return r.excludesAccount(account) })
}

func (r *reference) excludesAccount(account string) bool {
	if slices.Contains(r.s.Exclusions.Accounts, account) {
		return true
	}
	for _, trait := range []string{"test", "internal"} {
		v, _ := latest(r.changes, func(c refChange) bool {
			return c.accountSubject && c.account == account && c.trait == trait && c.day <= r.asOf
		})
		if v == "true" {
			return true
		}
	}
	return false
}

func (r *reference) excludedPerson(person farol.PersonID) bool {
	return remember(r.excluded, "person "+string(person), func() bool { return r.excludesPerson(person) })
}

func (r *reference) excludesPerson(person farol.PersonID) bool {
	if slices.Contains(r.s.Exclusions.People, string(person)) {
		return true
	}
	for _, trait := range []string{"test", "staff"} {
		v, _ := latest(r.changes, func(c refChange) bool {
			return !c.accountSubject && r.person(c.person) == person && c.trait == trait && c.day <= r.asOf
		})
		if v == "true" {
			return true
		}
	}
	return false
}

// attribute is the account's value at the end of the day, as far as read.
func (r *reference) attribute(account, key string, day farol.Day) string {
	if key == "" {
		return ""
	}
	if key == "account" {
		return account
	}
	return remember(r.values, account+" "+key+" "+day.String(), func() string {
		v, _ := latest(r.changes, func(c refChange) bool {
			return c.accountSubject && c.account == account && c.trait == key && c.day <= min(day, r.asOf)
		})
		return v
	})
}

// group answers the breakdown value, and whether the filters let it pass.
func (r *reference) group(q Request, account string, day farol.Day) (string, bool) {
	for _, f := range q.Filters {
		if !slices.Contains(f.Values, r.attribute(account, f.Attribute, day)) {
			return "", false
		}
	}
	return r.attribute(account, q.By, day), true
}

// refAct is an event that counts as use of the product.
type refAct struct {
	day     farol.Day
	account string
	person  farol.PersonID
	name    string
}

func (r *reference) acts() []refAct {
	if r.acted != nil {
		return r.acted
	}
	out := []refAct{}
	for i := range r.events {
		e := &r.events[i]
		a := refAct{day: r.day(e.At), account: r.accountOf(e), person: r.person(e.Person())}
		switch e.Kind {
		case farol.Track:
			a.name = e.Name
		case farol.Page, farol.Screen:
			a.name = "$" + string(e.Kind)
		default:
			continue
		}
		interactive, said := r.propsOf(e)["interactive"].(bool)
		if businessEvents[a.name] || said && !interactive || a.day > r.asOf || a.account == "" && a.person == "" {
			continue
		}
		if !r.excludedAccount(a.account) && !r.excludedPerson(a.person) {
			out = append(out, a)
		}
	}
	r.acted = out
	return out
}

func (r *reference) counts(a refAct) bool {
	return r.s.Active.All || slices.Contains(r.s.Active.Events, a.name)
}

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
			out = append(out, refRow{k[0], k[1], float64(n), 0})
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

// rows lists the units behind a figure.
func (r *reference) rows(q Request, p farol.Period) []refRow {
	last := min(p.Last(), r.asOf)
	switch q.Metric {
	case "active_users_day", "stickiness":
		return r.used(q, true, p.From, last)
	case "active_accounts_day":
		return r.used(q, false, p.From, last)
	case "active_users_week":
		return once(r.used(q, true, last-6, last))
	case "active_accounts_week":
		return once(r.used(q, false, last-6, last))
	case "active_users_28d":
		return once(r.used(q, true, last-27, last))
	case "active_accounts_28d":
		return once(r.used(q, false, last-27, last))
	case "active_users_month":
		return once(r.used(q, true, p.From, last))
	case "active_accounts_month":
		return once(r.used(q, false, p.From, last))
	case "new_accounts":
		return once(r.created(q, p))
	case "activation_rate":
		return r.activated(q, p)
	case "mrr":
		return r.paying(q, last, last)
	case "logo_churn_rate":
		return r.churned(q, p, last)
	case "nps":
		return r.scored(q, p)
	}
	panic("the reference does not know " + q.Metric)
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
			day := r.day(e.At)
			if s, ok := r.propsOf(e)["effective_at"].(string); ok {
				day = r.day(mustTime(s))
			}
			note(first, r.accountOf(e), day)
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

// activated lists the accounts of the cohort whose window has passed.
func (r *reference) activated(q Request, p farol.Period) []refRow {
	var out []refRow
	a := r.s.Activation
	births := r.births()
	acts := r.acts()
	for _, row := range r.created(q, p) {
		born := births[row.unit]
		end := born + farol.Day(a.WindowDays)
		if end-1 > r.through {
			continue
		}
		times := map[string]int{}
		for _, act := range acts {
			if act.account == row.unit && act.day >= born && act.day < end {
				times[act.name]++
				times["*"]++
			}
		}
		criteria := a.Events
		if len(criteria) == 0 {
			criteria = []Criterion{{"*", 1}}
		}
		met := 0
		for _, c := range criteria {
			if times[c.Name] >= c.Min {
				met++
			}
		}
		row.den = 1
		if met == len(criteria) || a.AtLeast > 0 && met >= a.AtLeast {
			row.num = 1
		}
		out = append(out, row)
	}
	return out
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
		if status == "active" {
			st.mrr += r.convert(mrr, currency)
		}
		if status == "paused" && day-since < 90 {
			st.paused = true
		}
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
			out = append(out, refRow{g, account, st.mrr / 100, 0})
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
		row := refRow{g, account, 1, 1}
		if e := end[account]; e.mrr > 0 || e.paused {
			row.num = 0
		}
		out = append(out, row)
	}
	return out
}

// scored lists who answered an NPS survey in the period, by the last answer.
func (r *reference) scored(q Request, p farol.Period) []refRow {
	type answer struct {
		at    time.Time
		id    string
		row   refRow
		valid bool
	}
	last := map[string]answer{}
	for i := range r.events {
		e := &r.events[i]
		props := r.propsOf(e)
		if e.Name != "Survey Answered" || props["kind"] != "nps" {
			continue
		}
		day, account, person := r.day(e.At), r.accountOf(e), r.person(e.Person())
		if !p.Contains(day) || day > r.asOf || r.excludedAccount(account) || r.excludedPerson(person) {
			continue
		}
		unit := cmp.Or(string(person), e.ID)
		g, ok := r.group(q, account, day)
		a := answer{e.At, e.ID, refRow{g, unit, 0, 1}, ok}
		switch score := props["score"].(float64); {
		case score >= 9:
			a.row.num = 1
		case score <= 6:
			a.row.num = -1
		}
		// Filters choose the answers, then the latest of them counts.
		if old, has := last[unit]; ok && (!has || cmp.Or(a.at.Compare(old.at), cmp.Compare(a.id, old.id)) > 0) {
			last[unit] = a
		}
	}
	var out []refRow
	for _, a := range last {
		out = append(out, a.row)
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
		if subscriptions {
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
func (r *reference) want(m *Metric, q Request, p farol.Period, rows []refRow) Point {
	var num, den float64
	for _, row := range rows {
		num += row.num
		den += row.den
	}
	pt := Point{Period: p, Units: int64(len(rows))}
	last := min(p.Last(), r.asOf)
	money := m.Name == "mrr" || m.Name == "logo_churn_rate"
	first, days := r.since(money)
	window := p.From
	if m.Aggregation == Rolling {
		window = last - farol.Day(m.Reach)
	}
	data := first <= last
	if !money {
		data = false
		for d := window; d <= last; d++ {
			data = data || days[d]
		}
	}
	switch {
	case p.From > r.asOf:
		pt.Reason = NotStarted
		return pt
	case len(rows) == 0 && !data:
		pt.Reason = NoData
		return pt
	}
	start := window
	if first > window && first <= last && !money {
		start = first
	}
	n := float64(last - start + 1)
	switch m.Aggregation {
	case DailyMean:
		den = n
	case ShareOfDays:
		den = n * float64(len(rows))
	}
	wait := farol.Day(0)
	if m.Waits {
		wait = farol.Day(r.s.Activation.WindowDays - 1)
	}
	pt.Complete = p.Last()+wait <= r.through && (start == window || m.Group != "usage")
	pt.Numerator = &num
	if m.Aggregation == Sum || m.Aggregation == Distinct || m.Aggregation == Rolling {
		pt.Value = &num
		if m.Aggregation == Rolling && start > window {
			pt.Value, pt.Reason, pt.Complete = nil, WindowNotCovered, false
		}
		return pt
	}
	pt.Denominator = &den
	if den > 0 {
		v := num / den
		if m.Aggregation == NPS {
			v *= 100
		}
		pt.Value = &v
	} else if pt.Reason = ZeroDenominator; m.Waits && p.Last()+wait > r.through {
		pt.Reason = WindowOpen
	}
	return pt
}
