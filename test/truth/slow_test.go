package truth_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
)

// This file counts the slow, obvious way: from the list of events, with maps
// and loops, for one day at a time. It shares no code with the facts, the
// metrics or the generator's own bookkeeping.

// slow is everything that was known at an instant, of days up to its day.
type slow struct {
	zone   *time.Location
	today  farol.Day // the day of the instant
	until  time.Time // the first instant that is not known about
	events []*farol.Event

	joined      map[farol.PersonID]farol.PersonID
	memberships map[farol.PersonID][]membership // by canonical person, in time
	traits      map[string]string               // latest, by "account acc-1 plan" or "person usr-1 staff"
	people      map[farol.Day]map[farol.PersonID]bool
	accounts    map[farol.Day]map[farol.AccountID]bool
	contracts   map[string][]line
}

type membership struct {
	at      time.Time
	id      string
	account farol.AccountID
}

// history is all events of a company, repetitions too.
func history(t *testing.T, c *demo.Company) (events []farol.Event) {
	t.Helper()
	for {
		list, err := c.Next()
		if errors.Is(err, io.EOF) {
			return events
		}
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, list...)
	}
}

// asKnown reads the events that were known at the instant.
func asKnown(t *testing.T, events []farol.Event, known time.Time, zone *time.Location) *slow {
	t.Helper()
	s := &slow{zone: zone, today: farol.DayOf(known, zone), until: known.Add(time.Millisecond), traits: map[string]string{},
		memberships: map[farol.PersonID][]membership{}, people: map[farol.Day]map[farol.PersonID]bool{},
		accounts: map[farol.Day]map[farol.AccountID]bool{}}
	seen := map[string]bool{}
	for i := range events {
		e := &events[i]
		key := string(e.Source) + "/" + e.ID
		if e.Known.After(known) || seen[key] || s.day(e) > s.today {
			continue
		}
		seen[key] = true
		s.events = append(s.events, e)
	}
	slices.SortFunc(s.events, func(a, b *farol.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	s.link()
	s.learn(t)
	for _, e := range s.events {
		s.act(t, e)
	}
	return s
}

func (s *slow) day(e *farol.Event) farol.Day { return farol.DayOf(e.At, s.zone) }

// link joins ids: each once, by the earliest call, never in a circle.
func (s *slow) link() {
	s.joined = map[farol.PersonID]farol.PersonID{}
	join := func(from, to farol.PersonID) {
		if _, ok := s.joined[from]; !ok && s.canonical(to) != s.canonical(from) {
			s.joined[from] = to
		}
	}
	for _, e := range s.events {
		switch {
		case e.Kind == farol.Identify && e.User != "" && e.Anonymous != "":
			join(farol.PersonOf(e.Anonymous), e.User)
		case e.Kind == farol.Alias && e.User != "" && e.PreviousID != "":
			join(farol.PersonOf(farol.AnonymousID(e.PreviousID)), e.User)
			join(farol.PersonID(e.PreviousID), e.User)
		}
	}
}

func (s *slow) canonical(p farol.PersonID) farol.PersonID {
	for {
		next, ok := s.joined[p]
		if !ok {
			return p
		}
		p = next
	}
}

// learn reads traits and memberships.
func (s *slow) learn(t *testing.T) {
	for _, e := range s.events {
		subject := ""
		switch e.Kind {
		case farol.Identify:
			subject = "person " + string(s.canonical(e.Person()))
		case farol.Group:
			subject = "account " + string(e.Account)
			p := s.canonical(e.Person())
			s.memberships[p] = append(s.memberships[p], membership{e.At, e.ID, e.Account})
		default:
			continue
		}
		props := bag(t, e.Properties)
		if company, ok := props["company"].(map[string]any); ok && e.Kind == farol.Identify {
			p := s.canonical(e.Person())
			s.memberships[p] = append(s.memberships[p], membership{e.At, e.ID, farol.AccountID(company["id"].(string))})
		}
		for k, v := range props {
			text, ok := v.(string)
			if b, is := v.(bool); is {
				text, ok = map[bool]string{true: "true", false: "false"}[b], true
			}
			if ok {
				s.traits[subject+" "+k] = text
			}
		}
	}
}

func bag(t *testing.T, raw json.RawMessage) map[string]any {
	t.Helper()
	if raw == nil {
		return nil
	}
	m := map[string]any{}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return m
}

// account is the one that the event counts for.
func (s *slow) account(e *farol.Event) farol.AccountID {
	if e.Account != "" {
		return e.Account
	}
	var found farol.AccountID
	for _, m := range s.memberships[s.canonical(e.Person())] {
		if !m.at.After(e.At) {
			found = m.account
		}
	}
	return found
}

func (s *slow) excludedAccount(a farol.AccountID) bool {
	return s.traits["account "+string(a)+" test"] == "true" || s.traits["account "+string(a)+" internal"] == "true"
}

func (s *slow) excludedPerson(p farol.PersonID) bool {
	return s.traits["person "+string(p)+" staff"] == "true" || s.traits["person "+string(p)+" test"] == "true"
}

// business names the well-known events that are nobody's activity.
var business = []string{"Lead ", "Trial ", "Subscription ", "Payment ", "Referral ", "Ticket ", "Survey ", "Cost ", "Milestone "}

// act counts interactive use on its day.
func (s *slow) act(t *testing.T, e *farol.Event) {
	if e.Kind != farol.Track && e.Kind != farol.Page && e.Kind != farol.Screen {
		return
	}
	if e.Kind == farol.Track && slices.ContainsFunc(business, func(p string) bool { return strings.HasPrefix(e.Name, p) }) {
		return
	}
	if strings.Contains(string(e.Properties)+string(e.Context), `"interactive":false`) {
		return
	}
	d, p, a := s.day(e), s.canonical(e.Person()), s.account(e)
	if s.excludedPerson(p) || s.excludedAccount(a) {
		return
	}
	if s.people[d] == nil {
		s.people[d], s.accounts[d] = map[farol.PersonID]bool{}, map[farol.AccountID]bool{}
	}
	s.people[d][p] = true
	if a != "" {
		s.accounts[d][a] = true
	}
}

// active counts the distinct people and accounts of days [from, to).
func (s *slow) active(from, to farol.Day) (people, accounts int) {
	p, a := map[farol.PersonID]bool{}, map[farol.AccountID]bool{}
	for d := from; d < to; d++ {
		for id := range s.people[d] {
			p[id] = true
		}
		for id := range s.accounts[d] {
			a[id] = true
		}
	}
	return len(p), len(a)
}

// created is the day of each account: its created_at, else its Signed Up,
// else its first fact.
func (s *slow) created(t *testing.T) map[farol.AccountID]farol.Day {
	signed, first := map[farol.AccountID]farol.Day{}, map[farol.AccountID]farol.Day{}
	for _, e := range s.events {
		a := s.account(e)
		if a == "" || s.excludedAccount(a) {
			continue
		}
		if _, ok := first[a]; !ok {
			first[a] = s.day(e)
		}
		if _, ok := signed[a]; !ok && e.Name == "Signed Up" {
			signed[a] = s.day(e)
		}
	}
	out := map[farol.AccountID]farol.Day{}
	for a := range first {
		out[a] = first[a]
		if d, ok := signed[a]; ok {
			out[a] = d
		}
		if text := s.traits["account "+string(a)+" created_at"]; text != "" {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			out[a] = farol.DayOf(at, s.zone)
		}
	}
	return out
}

// activated are the accounts that did the planted rule in their first days.
func (s *slow) activated(created map[farol.AccountID]farol.Day) map[farol.AccountID]bool {
	counts := map[farol.AccountID]map[string]int{}
	for _, e := range s.events {
		a := s.account(e)
		day, ok := created[a]
		if !ok || s.day(e) < day || s.day(e) >= day.Next(demo.RuleDays) || s.excludedPerson(s.canonical(e.Person())) {
			continue
		}
		if counts[a] == nil {
			counts[a] = map[string]int{}
		}
		counts[a][e.Name]++
	}
	out := map[farol.AccountID]bool{}
	for a := range counts {
		out[a] = counts[a]["Report Created"] >= demo.RuleReports && counts[a]["Teammate Invited"] >= demo.RuleInvites
	}
	return out
}

// line is the state of a subscription from an instant on.
type line struct {
	at       time.Time
	known    time.Time
	id       string
	account  farol.AccountID
	minor    int64
	currency string
	paused   bool
}

// lines are the subscriptions' states in order of effect.
func (s *slow) lines(t *testing.T) map[string][]line {
	if s.contracts != nil {
		return s.contracts
	}
	out := map[string][]line{}
	for _, e := range s.events {
		if e.Kind != farol.Track || !strings.HasPrefix(e.Name, "Subscription ") {
			continue
		}
		p := bag(t, e.Properties)
		l := line{at: e.At, known: e.Known, id: e.ID, account: s.account(e), paused: e.Name == "Subscription Paused"}
		l.currency, _ = p["currency"].(string)
		if text, ok := p["effective_at"].(string); ok {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			l.at = at
		}
		switch x := p["mrr"].(type) {
		case string:
			l.minor = minor(t, x)
		case json.Number:
			l.minor = minor(t, string(x))
		}
		if n, ok := p["mrr_minor"].(json.Number); ok {
			l.minor, _ = n.Int64()
		}
		if n, ok := p["unit_price"].(json.Number); ok {
			l.minor = listed(p, n)
		}
		sub := p["subscription"].(string)
		out[sub] = append(out[sub], l)
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b line) int {
			return cmp.Or(a.at.Compare(b.at), a.known.Compare(b.known), cmp.Compare(a.id, b.id))
		})
	}
	s.contracts = out
	return out
}

// listed is the MRR of a list price per unit, in minor units.
func listed(p map[string]any, price json.Number) int64 {
	unit, _ := price.Int64()
	if p["interval"] == "year" {
		unit /= 12
	}
	n, percent := int64(1), int64(0)
	if q, ok := p["quantity"].(json.Number); ok {
		n, _ = q.Int64()
	}
	if d, ok := p["discount_percent"].(json.Number); ok {
		percent, _ = d.Int64()
	}
	return unit * n * (100 - percent)
}

func minor(t *testing.T, s string) int64 {
	t.Helper()
	m, err := farol.ParseMoney(s, "BRL")
	if err != nil {
		t.Fatal(err)
	}
	return m.Minor
}

// state is the subscriptions in force at the end of the day.
func (s *slow) state(t *testing.T, d farol.Day) (list []line) {
	end := d.Next(1).Start(s.zone)
	for _, changes := range s.lines(t) {
		var now line
		for _, l := range changes {
			if l.at.Before(end) && farol.DayOf(l.at, s.zone) <= s.today {
				now = l
			}
		}
		if now.account != "" && !s.excludedAccount(now.account) {
			list = append(list, now)
		}
	}
	return list
}

// mrr is what all pay at the end of the day, in minor units.
func (s *slow) mrr(t *testing.T, d farol.Day, currency string) (sum int64) {
	for _, l := range s.state(t, d) {
		if l.currency == currency {
			sum += l.minor
		}
	}
	return sum
}

// customers are who pays, or has paused (nobody here for 90 days), at the end
// of the day, and of those who pays.
func (s *slow) customers(t *testing.T, d farol.Day) (customers, paying map[farol.AccountID]bool) {
	customers, paying = map[farol.AccountID]bool{}, map[farol.AccountID]bool{}
	for _, l := range s.state(t, d) {
		if l.minor > 0 || l.paused {
			customers[l.account] = true
		}
		if l.minor > 0 {
			paying[l.account] = true
		}
	}
	return customers, paying
}

// lost are the customers of the day before [from, to) that are none on its
// last day.
func (s *slow) lost(t *testing.T, from, to farol.Day) (lost, start int) {
	before, _ := s.customers(t, from-1)
	after, _ := s.customers(t, to-1)
	for a := range before {
		if !after[a] {
			lost++
		}
	}
	return lost, len(before)
}

// nps counts the latest answer of each person in days [from, to).
func (s *slow) nps(t *testing.T, from, to farol.Day) (promoters, passives, detractors int) {
	latest := map[farol.PersonID]int64{}
	for _, e := range s.events { // in order of time
		if e.Name != "Survey Answered" || s.day(e) < from || s.day(e) >= to {
			continue
		}
		p := bag(t, e.Properties)
		person := s.canonical(e.Person())
		if p["kind"] != "nps" || p["relation"] != "relational" || s.excludedAccount(s.account(e)) || s.excludedPerson(person) {
			continue
		}
		latest[person], _ = p["score"].(json.Number).Int64()
	}
	for _, score := range latest {
		switch {
		case score >= 9:
			promoters++
		case score >= 7:
			passives++
		default:
			detractors++
		}
	}
	return promoters, passives, detractors
}
