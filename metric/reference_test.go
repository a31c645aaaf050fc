package metric

import (
	"cmp"
	"encoding/json"
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
	// heard leaves out lines of invoices that are for later days and were sent
	// after this one; 0 is none.
	heard   farol.Day
	events  []farol.Event
	next    map[farol.PersonID]farol.PersonID
	joins   []refJoin
	changes []refChange
	// What was worked out once.
	acted    []refAct
	born     map[string]farol.Day
	firsts   map[string]farol.Day
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
	// times and per are those of a Product.
	times, per float64
}

// newReference takes in the events that a reader at known may know (zero:
// all), each message once.
func newReference(all []farol.Event, s Settings, now time.Time, asOf farol.Day, known time.Time) *reference {
	r := &reference{
		s: s, zone: s.Calendar.Zone, known: known, excluded: map[string]bool{}, values: map[string]string{}, firsts: map[string]farol.Day{},
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
	"Subscription Cancelled": true, "Payment Failed": true, "Payment Succeeded": true, "Usage Billed": true, "Invoice Line Billed": true, "Cost Reported": true, "Ticket Opened": true, "Survey Answered": true, "Trial Started": true,
	"Milestone Planned": true, "Milestone Done": true, "Milestone Skipped": true,
	"Ticket Solved": true, "Ticket Reopened": true, "Survey Sent": true, "Survey Bounced": true, "Trial Ended": true,
	"Lead Created": true, "Lead Qualified": true, "Lead Converted": true, "Referral Sent": true, "Referral Converted": true,
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
	for _, trait := range []string{"test", "staff", "bot"} {
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
	props   map[string]any
	at      time.Time
}

func (r *reference) acts() []refAct {
	if r.acted != nil {
		return r.acted
	}
	out := []refAct{}
	for i := range r.events {
		e := &r.events[i]
		a := refAct{day: r.day(e.At), account: r.accountOf(e), person: r.person(e.Person()), props: r.propsOf(e), at: e.At}
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
