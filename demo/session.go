package demo

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/farol-cs/farol"
)

// What client libraries say about themselves: English, then Portuguese.
var (
	contextWeb = [2][]byte{
		[]byte(`{"library":{"name":"analytics.js","version":"next-1.84.3"},"locale":"en"}`),
		[]byte(`{"library":{"name":"analytics.js","version":"next-1.84.3"},"locale":"pt-BR"}`)}
	contextPhone = [2][]byte{
		[]byte(`{"library":{"name":"analytics-kotlin","version":"1.19.2"},"device":{"type":"android"},"locale":"en"}`),
		[]byte(`{"library":{"name":"analytics-kotlin","version":"1.19.2"},"device":{"type":"android"},"locale":"pt-BR"}`)}
	contextServer  = []byte(`{"library":{"name":"analytics-go","version":"3.3.0"}}`)
	contextMachine = []byte(`{"library":{"name":"analytics-go","version":"3.3.0"},"interactive":false}`)
)

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}

// scratch is an empty buffer for one object at a time.
func (c *Company) scratch() []byte { return c.buffer[:0] }

// seconds writes the time that a page was looked at.
func (c *Company) seconds(r *rand.Rand) []byte {
	b := append(c.scratch(), `{"seconds":`...)
	b = strconv.AppendInt(b, int64(3+r.ExpFloat64()*45), 10)
	return c.slab.keep(append(b, '}'))
}

// planMilestones draws what the founder does of the planted rule within the
// fourteen days. Nothing else of the account depends on the draw.
func (c *Company) planMilestones(a *account, r *rand.Rand) {
	drive := r.Float64()
	plan := func(event string, mean float64) {
		for range poisson(r, mean) {
			d := c.today.Next(min(int(r.ExpFloat64()*3.5), RuleDays-1))
			// Nobody begins on a Sunday; the last day of the window may be one.
			for d < c.today.Next(RuleDays-1) && workday(d, a.brazil) < 0.3 {
				d++
			}
			a.milestone = append(a.milestone, milestone{d, event})
		}
	}
	plan(eventReport, 1.4+6.5*drive)
	plan(eventInvite, 0.5+4.5*drive)
}

// pace is how much the people of the account work with the product today,
// besides the weekday.
func (c *Company) pace(a *account) float64 {
	pace := a.engagement
	switch a.stage {
	case paused, lost, gone:
		return 0
	case trial:
		pace *= 0.9
	}
	if !a.activated && c.today > a.created.Next(30) {
		pace *= 0.85
	}
	if a.cooling != 0 {
		pace *= max(0.3, 1-0.02*float64(c.today-a.cooling))
	}
	return pace * (1 + 0.04*a.satisfaction)
}

// work is a day's use of the product by the people of the account.
func (c *Company) work(a *account, r *rand.Rand) {
	pace := c.pace(a)
	if pace == 0 {
		return
	}
	pace *= workday(c.today, a.brazil)
	for _, p := range a.people {
		if !p.here(c.today) || p.joined == c.today {
			continue
		}
		if p.second != nil && p.place(c.today) != a {
			continue
		}
		due := p == a.champion && a.due(c.today)
		if !due && (r.Float64() >= min(0.94, p.rate*pace) || p.away(c.today)) {
			continue
		}
		if due {
			c.session(a, p, r, c.office(r)) // well before midnight: the window ends on a day
			continue
		}
		c.appear(a, p, r)
	}
}

// place is where somebody with two customers works today: the home on most
// days, always the one that is still a customer.
func (p *person) place(d farol.Day) *account {
	switch {
	case p.home.stage != paying:
		return p.second
	case p.second.stage != paying, scramble(uint64(p.number)^uint64(d)<<24)%5 < 3:
		return p.home
	}
	return p.second
}

// appear is one or two sessions of the day.
func (c *Company) appear(a *account, p *person, r *rand.Rand) {
	at := c.moment(a, r)
	if p.second != nil && p.current != a {
		c.change(a, p, r, at.Add(-time.Second))
	}
	c.session(a, p, r, at)
	if r.Float64() < 0.15 {
		again := at.Add(within(r, time.Hour, 4*time.Hour))
		if farol.DayOf(again, c.zone) == c.today {
			c.session(a, p, r, again)
		}
	}
}

// change is a consultant's switch to the other customer.
func (c *Company) change(a *account, p *person, r *rand.Rand, at time.Time) {
	p.current = a
	c.send(r, call{kind: farol.Group, at: at, source: c.cfg.Sources.Web, user: p.id, anon: p.anon, account: a,
		context: contextWeb[boolIndex(a.brazil)], note: p.joins(a, at)})
}

// due tells whether the champion has planted actions to do today.
func (a *account) due(d farol.Day) bool {
	for _, m := range a.milestone {
		if m.on == d {
			return true
		}
	}
	return false
}

// session is a run of pages and actions by one person. A telephone without
// network tells of it days later.
func (c *Company) session(a *account, p *person, r *rand.Rand, at time.Time) {
	user, raw := p.as(c.today)
	k := call{source: c.cfg.Sources.Web, user: user, anon: p.anon, skew: p.skew, acts: true, actor: raw, place: a,
		context: contextWeb[boolIndex(a.brazil)]}
	view := farol.Page
	if p.phone && r.Float64() < 0.5 {
		k.context, k.anon, view = contextPhone[boolIndex(a.brazil)], "", farol.Screen
		if r.Float64() < 0.08 {
			k.late = within(r, 20*time.Hour, 5*24*time.Hour)
		}
	}
	if a.names && p.second == nil {
		k.account = a
	}
	s := &visit{c: c, a: a, r: r, call: k, view: view, at: at}
	s.look("Home")
	for range 1 + min(6, int(r.ExpFloat64()*0.9)) {
		if f := c.choose(r, a, p); f != nil {
			s.use(f)
		}
	}
	if p == a.champion {
		s.milestones()
	}
}

// visit is a session that is going on.
type visit struct {
	c    *Company
	a    *account
	r    *rand.Rand
	call call
	view farol.Kind
	at   time.Time
}

// step lets some time pass; false when the account has closed meanwhile.
func (s *visit) step() bool {
	s.at = s.at.Add(within(s.r, 6*time.Second, 150*time.Second))
	return s.a.closing.IsZero() || s.at.Before(s.a.closing)
}

// look opens a page.
func (s *visit) look(page string) {
	if !s.step() {
		return
	}
	k := s.call
	k.kind, k.name, k.at, k.props = s.view, page, s.at, s.c.seconds(s.r)
	s.c.send(s.r, k)
}

// use does something with a feature, at times after opening its page.
func (s *visit) use(f *feature) {
	if s.r.Float64() < 0.15 {
		s.look(f.page)
	}
	if !s.step() {
		return
	}
	k := s.call
	k.kind, k.name, k.at, k.props = farol.Track, f.event, s.at, s.c.describe(s.r, f)
	to := ""
	if f.planted() {
		a, name, at := s.a, f.event, s.at
		k.note = func(l *ledger) { l.milestone(a, name, at) }
		s.c.reach(a, f)
		if f.event == eventInvite {
			to = s.c.invite(a, s.r, s.at)
		}
	}
	n := len(s.c.fresh)
	s.c.send(s.r, k)
	if to != "" {
		s.c.address(s.c.fresh[n], to)
	}
}

// milestones does what is due of the planted rule today.
func (s *visit) milestones() {
	due := s.a.milestone
	s.a.milestone = nil
	for _, m := range due {
		if m.on > s.c.today {
			s.a.milestone = append(s.a.milestone, m)
			continue
		}
		s.use(s.c.feature(m.event))
	}
}

// feature finds a feature by its event.
func (c *Company) feature(event string) *feature {
	for i := range c.features {
		if c.features[i].event == event {
			return &c.features[i]
		}
	}
	panic("demo: no feature " + event)
}

// reach counts towards the planted rule.
func (c *Company) reach(a *account, f *feature) {
	if c.today >= a.created.Next(RuleDays) {
		return
	}
	if f.event == eventReport {
		a.reports++
	} else {
		a.invites++
	}
	a.activated = a.reports >= RuleReports && a.invites >= RuleInvites
}

// syncs are a machine of the customer: activity that is nobody's.
func (c *Company) syncs(a *account, r *rand.Rand) {
	if !a.syncing || a.stage != paying {
		return
	}
	for i := range 4 {
		c.sync(a, r, c.midnight.Add(time.Duration(i)*6*time.Hour+within(r, 0, 20*time.Minute)))
	}
}

func (c *Company) sync(a *account, r *rand.Rand, at time.Time) {
	if !a.closing.IsZero() && at.After(a.closing) {
		return
	}
	o := object{c.scratch()}
	o.number("rows", int64(10+r.IntN(4000)))
	k := call{kind: farol.Track, name: "Sync Completed", at: at, source: c.cfg.Sources.Server,
		user: farol.PersonID("robot-" + string(a.id)), account: a, context: contextMachine}
	if a.number%2 == 0 {
		k.context = contextServer
		o.truth("interactive", false)
	}
	k.props = o.done(&c.slab)
	c.send(r, k)
}

// beat makes the machines speak every half minute or so, one customer's after
// another's, from the end of the history on: so that somebody who watches the
// live company on a Sunday night sees that it lives. Nobody's activity rises
// by it.
func (c *Company) beat() {
	if c.today < c.last {
		return
	}
	var list []*account
	for _, a := range c.accounts {
		if a.stage == paying {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return
	}
	r := c.dice(streamBeat, 0, uint64(c.today))
	next := c.today.Next(1).Start(c.zone)
	for at := c.midnight; at.Before(next); at = at.Add(within(r, 15*time.Second, 45*time.Second)) {
		if at.After(c.cfg.Until) {
			c.sync(some(r, list), r, at)
		}
	}
}
