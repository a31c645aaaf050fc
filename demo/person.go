package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/farol-cs/farol"
)

// Roles that people have in their company.
const (
	roleUser     = "user"
	roleChampion = "champion"
	roleDecision = "decision maker"
)

// person is somebody who uses the product, or a colleague of the vendor.
type person struct {
	number int
	id     farol.PersonID
	name   string
	mail   string
	role   string
	anon   farol.AnonymousID // of the browser, used before and after signing in
	phone  bool              // uses the product on a telephone
	skew   time.Duration     // how far the clock of the device is off
	staff  bool
	// former is a user id of the old system, used until an alias call on the
	// day renamed.
	former  farol.PersonID
	renamed farol.Day

	home, second *account // second: somebody who works for two customers
	current      *account // the latest membership of somebody with two
	joinedAt     time.Time
	joined       farol.Day
	left         farol.Day // 0: still there
	rate         float64   // chance to act on an ordinary working day
	uses         []farol.Day
	asked        farol.Day // last asked for an answer

	raw, rawAnon, rawFormer int32 // ids in the ledger; 0 is none
	// tardy people's membership arrives days late; until then their events
	// belong to no account.
	tardy time.Duration
	// memberships as known.
	memberships []Membership
}

// here tells whether the person is a member on the day.
func (p *person) here(d farol.Day) bool {
	return p.joined <= d && (p.left == 0 || d < p.left)
}

// away is a fortnight of holiday now and then.
func (p *person) away(d farol.Day) bool {
	return scramble(uint64(p.number)<<20^uint64(d+farol.Day(p.number%14))/14)%26 == 0
}

// as is the user id and ledger id that the person acts under on the day.
func (p *person) as(d farol.Day) (farol.PersonID, int32) {
	if p.former != "" && d < p.renamed {
		return p.former, p.rawFormer
	}
	return p.id, p.raw
}

// newPerson draws somebody of the account.
func (c *Company) newPerson(a *account, role string) *person {
	c.people++
	r := c.dice(streamPerson, uint64(a.number), uint64(c.people))
	p := &person{number: c.people, id: farol.PersonID(fmt.Sprintf("usr-%06d", c.people)), role: role, home: a, joined: never}
	p.name = personName(r, a.brazil)
	p.mail = fmt.Sprintf("%s%d@%s", mailName(p.name), p.number, a.domain)
	p.anon = farol.AnonymousID(fmt.Sprintf("dev-%08x", uint32(scramble(uint64(p.number)^c.cfg.Seed<<32))))
	p.rate = []float64{0.86, 0.62, 0.22}[weighted(r, 0.34, 0.43, 0.23)] * (0.85 + 0.3*r.Float64())
	switch role {
	case roleChampion:
		p.rate = 0.8
	case roleDecision:
		p.rate = 0.14
	}
	p.phone = r.Float64() < 0.22
	if r.Float64() < 0.02 {
		p.skew = within(r, -26*time.Hour, 26*time.Hour)
		if p.skew.Abs() < 10*time.Minute {
			p.skew += 3 * time.Hour
		}
	}
	p.raw = c.book.id(p.id)
	return p
}

// approach is the first contact: a visit to the site, perhaps a lead.
func (c *Company) approach(a *account, r *rand.Rand, same bool) {
	p := c.newPerson(a, roleChampion)
	a.founder = p
	if same || r.Float64() < 0.35 {
		return // unseen until the sign-up
	}
	at := c.office(r)
	if a.channel != "outbound" {
		c.browse(r, p, at, nil)
	}
	a.lead = c.lead(r, p.anon, a.channel, at.Add(2*time.Minute), a.segment)
}

// browse is a visit to the public site before the person signed in. Where
// somebody else did at the same browser, it counts for the account of that one;
// nil for nobody's.
func (c *Company) browse(r *rand.Rand, p *person, at time.Time, whose *account) {
	if p.rawAnon == 0 {
		p.rawAnon = c.book.id(farol.PersonOf(p.anon))
	}
	for range 1 + r.IntN(3) {
		c.send(r, call{kind: farol.Page, name: some(r, sitePages), at: at, source: c.cfg.Sources.Web, anon: p.anon,
			props: c.seconds(r), context: contextWeb[0], skew: p.skew, acts: true, actor: p.rawAnon, place: whose})
		at = at.Add(within(r, 5*time.Second, 30*time.Second))
	}
}

var sitePages = []string{"Home", "Pricing", "Product", "Customers", "Blog"}

// lead reports somebody's interest, and perhaps that it is worth a call.
func (c *Company) lead(r *rand.Rand, anon farol.AnonymousID, channel string, at time.Time, segment int) string {
	c.leads++
	id := fmt.Sprintf("lead-%06d", c.leads)
	o := object{c.scratch()}
	o.text("lead", id).text("channel", channel).text("source", some(r, leadSources)).text("campaign", some(r, campaigns))
	props := o.done(&c.slab)
	k := call{kind: farol.Track, name: "Lead Created", at: at, source: c.cfg.Sources.Server, anon: anon, props: props, context: contextServer,
		note: func(l *ledger) { l.tally(at, func(m *MonthTruth) { m.Leads++ }) }}
	c.send(r, k)
	if r.Float64() < 0.3+0.25*float64(segment) {
		o := object{c.scratch()}
		k.name, k.props = "Lead Qualified", o.text("lead", id).done(&c.slab)
		k.at = at.Add(within(r, time.Hour, 40*time.Hour))
		k.note = func(l *ledger) { l.tally(k.at, func(m *MonthTruth) { m.QualifiedLeads++ }) }
		c.send(r, k)
	}
	return id
}

var (
	leadSources = []string{"site form", "webinar", "chat", "fair", "partner"}
	campaigns   = []string{"sempre-ativa", "lançamento", "volta às aulas", "black friday", "brand"}
)

// signUp opens the account: its founder signs up and tries the product.
func (c *Company) signUp(a *account, r *rand.Rand) {
	at := c.office(r)
	a.createdAt, a.created, a.stage = at.UTC().Truncate(time.Millisecond), c.today, trial
	p := a.founder
	a.champion = p
	c.planMilestones(a, r)
	c.enter(a, p, r, at, "form")
	c.send(r, call{kind: farol.Track, name: "Trial Started", at: at.Add(1500 * time.Millisecond), source: c.cfg.Sources.Server,
		user: p.id, account: a, props: c.trialProps(a), context: contextServer})
	c.won(a)
	if a.size > 3 {
		boss := c.newPerson(a, roleDecision)
		a.later(c.today.Next(1+r.IntN(6)), func(r *rand.Rand) { c.accept(a, boss, r) })
	}
	a.later(c.today.Next(RuleDays), func(r *rand.Rand) { c.endTrial(a, r) })
	c.book.opened = append(c.book.opened, a)
}

func (c *Company) trialProps(a *account) []byte {
	o := object{c.scratch()}
	return o.text("plan", plans[a.plan]).when("trial_end", a.createdAt.AddDate(0, 0, RuleDays)).done(&c.slab)
}

// enter is the moment a person becomes a user: Signed Up, identify, group,
// and a first visit.
func (c *Company) enter(a *account, p *person, r *rand.Rand, at time.Time, method string) {
	at = at.Truncate(time.Millisecond)
	p.joined, p.joinedAt, p.current = c.today, at, a
	p.uses = c.takeUp(r, c.today)
	var whose *account
	if p.role == roleUser && r.Float64() < 0.01 && a.founder.here(c.today) {
		p.anon, whose = a.founder.anon, a // a computer that two people use
	}
	if p.role != roleChampion && r.Float64() < 0.12 && p.skew == 0 {
		c.browse(r, p, at.Add(-3*time.Minute), whose)
	}
	c.oddities(a, p, r)
	a.people = append(a.people, p)
	user, raw := p.as(c.today)
	web := call{at: at, source: c.cfg.Sources.Web, user: user, anon: p.anon, context: contextWeb[boolIndex(a.brazil)]}
	up := web
	up.kind, up.name, up.account = farol.Track, "Signed Up", a
	up.acts, up.actor, up.place = true, raw, a
	o := object{c.scratch()}
	up.props = o.text("method", method).done(&c.slab)
	c.send(r, up)
	c.introduce(a, p, r, web)
	c.session(a, p, r, at.Add(time.Minute))
}

// oddities draws who still has an id of the old system, and whose membership
// will be known only days later.
func (c *Company) oddities(a *account, p *person, r *rand.Rand) {
	switch {
	case p.role != roleUser:
	case r.Float64() < 0.02:
		p.former, p.renamed = "old-"+p.id[4:], c.today.Next(5+r.IntN(20))
		p.rawFormer = c.book.id(p.former)
		a.later(p.renamed, func(r *rand.Rand) { c.rename(a, p, r) })
	case !a.names && !a.byTrait() && p.skew == 0 && r.Float64() < 0.015 && c.today.Next(5) < c.last:
		p.tardy = within(r, 20*time.Hour, 80*time.Hour)
	}
}

// introduce tells who the person is and where it belongs: identify, and group
// unless the company is among the person's traits.
func (c *Company) introduce(a *account, p *person, r *rand.Rand, web call) {
	who := web
	who.kind, who.at, who.props = farol.Identify, web.at.Add(400*time.Millisecond), c.personTraits(p, a)
	who.note = p.knows(web.user, who.at)
	c.send(r, who)
	in := web
	in.kind, in.at, in.account, in.late = farol.Group, web.at.Add(800*time.Millisecond), a, p.tardy
	if p.role == roleChampion {
		in.props = c.traits(a)
	}
	in.note = p.joins(a, in.at)
	if p.role == roleChampion || !a.byTrait() {
		c.send(r, in)
	}
	if p.number%40 == 0 { // analytics.js does so after identify
		c.send(r, call{kind: farol.Alias, at: web.at.Add(900 * time.Millisecond), source: web.source, user: web.user, prev: string(web.user),
			context: web.context})
	}
}

// byTrait tells that the account's people join it by the trait company of
// identify, not by a group call.
func (a *account) byTrait() bool { return a.number%5 == 4 }

// knows notes the link that an identify with both ids makes.
func (p *person) knows(user farol.PersonID, at time.Time) func(*ledger) {
	from := farol.PersonOf(p.anon)
	return func(l *ledger) { l.link(from, user, at) }
}

// joins notes a membership.
func (p *person) joins(a *account, at time.Time) func(*ledger) {
	return func(l *ledger) { l.join(p, a, at) }
}

// rename joins the id of the old system to the present one.
func (c *Company) rename(a *account, p *person, r *rand.Rand) {
	at := c.midnight.Add(4 * time.Minute) // before the day's first use
	c.send(r, call{kind: farol.Alias, at: at, source: c.cfg.Sources.Server, user: p.id, prev: string(p.former), context: contextServer,
		note: func(l *ledger) { l.link(p.former, p.id, at) }})
}

// personTraits of identify.
func (c *Company) personTraits(p *person, a *account) []byte {
	o := object{c.scratch()}
	o.text("name", p.name).text("email", p.mail).text("role", p.role).when("created_at", p.joinedAt)
	if a != nil {
		lang := "en"
		if a.brazil {
			lang = "pt-BR"
		}
		o.text("language", lang)
		if a.byTrait() {
			company := object{}
			company.text("id", string(a.id)).text("name", a.name)
			o.raw("company", append(company.b, '}'))
		}
	}
	if p.staff {
		o.truth("staff", true)
	}
	return o.done(&c.slab)
}

// accept lets an invited person in today, in office hours.
func (c *Company) accept(a *account, p *person, r *rand.Rand) {
	if a.stage == lost || a.stage == gone || a.stage == paused || !a.closing.IsZero() {
		return
	}
	if p.role == roleUser && a.stage == paying && r.Float64() < 0.03 && c.adopt(a, r) {
		return
	}
	c.enter(a, p, r, c.office(r), "invite")
}

// adopt makes somebody of another customer, a consultant, a member here too.
func (c *Company) adopt(a *account, r *rand.Rand) bool {
	if a.number < 2 || a.excluded != "" {
		return false
	}
	b := c.accounts[r.IntN(a.number-1)]
	if b.stage != paying || b.brazil != a.brazil || len(b.people) == 0 {
		return false
	}
	p := some(r, b.people)
	if p.second != nil || p.role != roleUser || p.joined > c.today.Next(-20) || p.left != 0 || p.former != "" || p.tardy != 0 {
		return false
	}
	p.second = a
	a.people = append(a.people, p)
	return true // the group call comes with the first day's work here
}

// invite is an invitation by the champion to the address that it answers; the
// person comes within days, or never.
func (c *Company) invite(a *account, r *rand.Rand, at time.Time) (to string) {
	if a.team(c.today) >= a.size || r.Float64() < 0.15 {
		own := c.dice(streamInvite, uint64(a.number), c.seq)
		return fmt.Sprintf("%s@%s", mailName(personName(own, a.brazil)), a.domain)
	}
	p := c.newPerson(a, roleUser)
	a.later(c.today.Next(1+r.IntN(3)), func(r *rand.Rand) { c.accept(a, p, r) })
	return p.mail
}

// address says once more whom the invitation goes to, as the event that is
// known for it. It draws nothing, and is nobody's activity: the invitation is.
func (c *Company) address(sent *item, to string) {
	it, o := *sent, object{c.scratch()}
	it.ID, it.Name, it.known, it.acts, it.note = it.ID+"-to", "Invite Sent", it.known+1, false, nil
	it.Properties = o.text("invitee_email", to).truth("interactive", false).done(&c.slab)
	c.fresh = append(c.fresh, &it)
}

// hire makes the vendor's own people: they act inside customers' accounts and
// must never be counted. One of them is marked as staff only later.
func (c *Company) hire() {
	for i := range 6 {
		p := &person{number: 900_000 + i, id: farol.PersonID(fmt.Sprintf("staff-%d", i+1)), role: "staff", staff: true}
		p.name = owners[i]
		p.mail = mailName(p.name) + "@vendor.example"
		p.raw = c.book.id(p.id)
		c.staff = append(c.staff, p)
	}
}

// staffDay is what the vendor's people do in customers' accounts.
func (c *Company) staffDay() {
	r := c.dice(streamStaff, 0, uint64(c.today))
	for i, p := range c.staff {
		tardy := i == len(c.staff)-1
		if (c.today == c.first && !tardy) || (c.today == c.lateStaff && tardy) {
			p.joinedAt = c.midnight.Add(10 * time.Minute)
			c.send(r, call{kind: farol.Identify, at: p.joinedAt, source: c.cfg.Sources.Server, user: p.id,
				props: c.personTraits(p, nil), context: contextServer})
		}
		if r.Float64() >= workday(c.today, true) || len(c.accounts) == 0 {
			continue
		}
		for range between(r, 1, 4) {
			a := some(r, c.accounts)
			if a.stage != paying && a.stage != trial {
				continue
			}
			at := c.office(r)
			if at.Before(a.createdAt.Add(time.Hour)) {
				continue
			}
			c.send(r, call{kind: farol.Page, name: "Home", at: at, source: c.cfg.Sources.Web, user: p.id, account: a,
				props: c.seconds(r), context: contextWeb[1]})
		}
	}
}

// visitors look at the public site and never sign up; some leave a lead.
func (c *Company) visitors() {
	r := c.dice(streamVisitors, 0, uint64(c.today))
	for i := range poisson(r, 0.014*float64(c.cfg.Accounts)*(0.3+0.7*workday(c.today, true))) {
		p := &person{anon: farol.AnonymousID(fmt.Sprintf("web-%d-%02d", c.today, i))}
		at := c.midnight.Add(within(r, 6*time.Hour, 23*time.Hour))
		c.browse(r, p, at, nil)
		if r.Float64() < 0.2 {
			c.lead(r, p.anon, some(r, channels[:5]), at.Add(2*time.Minute), r.IntN(2))
		}
	}
}
