package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/farol-cs/farol"
)

// The vendor's two products.
const (
	productMain  = "Mirante"
	productAddOn = "Mirante Fluxos"
)

// prices per seat and month in whole units: by epoch (before and after the
// price day), currency (BRL, USD) and plan.
var prices = [2][2][3]int64{
	{{49, 89, 149}, {12, 22, 36}},
	{{53, 97, 162}, {13, 24, 39}},
}

// addOnPrices per month, whatever the seats: by currency and plan.
var addOnPrices = [2][3]int64{{190, 390, 790}, {45, 90, 180}}

// fewestSeats that a plan is sold with.
var fewestSeats = [3]int{3, 5, 12}

// subscription is one contract line.
type subscription struct {
	id      string
	product string
	seats   int
	running bool
	changed farol.Day
}

func (s *subscription) open() bool { return s.id != "" && s.running }

// contract is what an account pays for.
type contract struct {
	main, addon  subscription
	sold         int // subscriptions so far: numbers the next
	epoch        int // of the price list
	percent      int // discount
	until        farol.Day
	since        farol.Day // first paid day of the present stay
	raised       farol.Day // when its price rose; 0: not
	undiscounted farol.Day // when its discount ended; 0: not
	ends         farol.Day // of the year that it is signed for
	leaving      farol.Day // when it will not go on, as its people already know; 0: it will
	returned     bool
}

func (m *contract) discounted() bool { return m.percent > 0 }

// minor is the monthly recurring revenue of the line in minor units:
// seats x price x (1 - discount), always whole.
func (a *account) minor(s *subscription) int64 {
	if !s.running {
		return 0
	}
	price, n := a.list(s)
	return n * price * int64(100-a.money.percent)
}

// list is the list price of one unit of the line per month, in whole units of
// the currency, and how many units it has.
func (a *account) list(s *subscription) (price, n int64) {
	if s.product == productAddOn {
		return addOnPrices[boolIndex(a.usd)][a.plan], 1
	}
	return prices[a.money.epoch][boolIndex(a.usd)][a.plan], int64(s.seats)
}

// nextReview is the day after today on which a discount that ends on until is
// taken away.
func (c *Company) nextReview(a *account, until farol.Day) farol.Day {
	d := max(c.today+1, until)
	for d.UTC().Day() != a.number%27+2 {
		d++
	}
	return d
}

func (a *account) currency() farol.Currency {
	if a.usd {
		return "USD"
	}
	return "BRL"
}

// state writes the properties that a subscription's event carries. The price
// comes in each of the forms that are accepted: MRR in three ways, or a list
// price per month or year.
func (a *account) state(c *Company, s *subscription) *object {
	o := &object{c.scratch()}
	o.text("subscription", s.id).text("product", s.product).text("plan", plans[a.plan]).text("currency", string(a.currency()))
	switch minor := a.minor(s); a.number % 4 {
	case 0:
		o.number("mrr_minor", minor)
	case 1:
		o.cents("mrr", minor)
	case 2:
		o.text("mrr", string(appendCents(nil, minor)))
	default:
		price, _ := a.list(s)
		if a.segment == len(segments)-1 {
			o.number("unit_price", 12*price).text("interval", "year")
		} else {
			o.number("unit_price", price).text("interval", "month")
		}
	}
	if a.money.percent > 0 {
		o.number("discount_percent", int64(a.money.percent)).when("discount_ends_at", c.nextReview(a, a.money.until).Start(c.zone))
	} else if a.number%4 == 3 {
		o.number("discount_percent", 0)
	}
	if s.product == productMain {
		o.number("quantity", int64(s.seats)).number("seats", int64(s.seats))
	}
	return o
}

// bill reports a change of a subscription at the instant, which took effect
// at another when effective is not zero. The answer can still be added to.
func (c *Company) bill(a *account, s *subscription, r *rand.Rand, name string, at, effective time.Time, o *object) *change {
	if !effective.IsZero() {
		o.when("effective_at", effective)
	} else {
		effective = at
	}
	s.changed = c.today
	ch := &change{account: a, subscription: s.id, at: effective.Truncate(time.Millisecond), minor: a.minor(s), currency: a.currency(), product: s.product, plan: a.plan, percent: a.money.percent}
	ch.price, ch.seats = a.list(s)
	c.send(r, call{kind: farol.Track, name: name, at: at, source: c.cfg.Sources.Billing, user: c.payer(a), account: a,
		props: o.done(&c.slab), context: contextServer, note: func(l *ledger) { l.changes = append(l.changes, *ch) }})
	return ch
}

// payer is who the billing system names: the founder, for ever.
func (c *Company) payer(a *account) farol.PersonID { return a.founder.id }

// endTrial is day fourteen: the account buys, or goes.
func (c *Company) endTrial(a *account, r *rand.Rand) {
	odds := []float64{0.42, 0.52, 0.66}[a.segment]
	if a.activated {
		odds = []float64{0.86, 0.91, 0.96}[a.segment]
	}
	if a.excluded != "" {
		odds = 1
	}
	at := a.createdAt.AddDate(0, 0, RuleDays)
	c.send(r, call{kind: farol.Track, name: "Trial Ended", at: at, source: c.cfg.Sources.Server, user: a.founder.id, account: a,
		context: contextServer})
	if r.Float64() >= odds {
		a.stage = gone
		c.buyPacks(a)
		return
	}
	if r.Float64() < 0.28 {
		a.money.percent = []int{10, 15, 20}[r.IntN(3)]
		a.money.until = c.today.Next(30 * []int{3, 6, 12}[r.IntN(3)])
	}
	c.start(a, r, at.Add(within(r, time.Minute, 40*time.Minute)))
	c.planInvites(a, r)
}

// planInvites spreads the rest of the team over the months to come.
func (c *Company) planInvites(a *account, r *rand.Rand) {
	for range max(0, a.size-a.team(c.today)) {
		d := c.today.Next(1 + int(r.ExpFloat64()*40))
		a.later(d, func(r *rand.Rand) { c.bring(a, r) })
	}
}

// bring is an invitation outside of the planted window, by the champion on a
// working day; without a champion the person comes unasked.
func (c *Company) bring(a *account, r *rand.Rand) {
	if a.stage != paying || !a.closing.IsZero() || a.team(c.today) >= a.size {
		return
	}
	if w := workday(c.today, a.brazil); w < 0.3 {
		a.later(c.today.Next(1), func(r *rand.Rand) { c.bring(a, r) })
		return
	}
	ch := a.champion
	if ch == nil || !ch.here(c.today) || a.settling(c.today) {
		c.invite(a, r, c.midnight)
		return
	}
	user, raw := ch.as(c.today)
	at := c.office(r)
	s := &visit{c: c, a: a, r: r, view: farol.Page, at: at, call: call{source: c.cfg.Sources.Web, user: user, anon: ch.anon,
		account: a, skew: ch.skew, acts: true, actor: raw, place: a, context: contextWeb[boolIndex(a.brazil)]}}
	s.use(c.feature(eventInvite))
}

// start begins a subscription of the main product.
func (c *Company) start(a *account, r *rand.Rand, at time.Time) {
	m := &a.money
	m.epoch = 0
	if c.today >= c.priceDay {
		m.epoch = 1
	}
	m.sold++
	m.main = subscription{id: fmt.Sprintf("sub-%05d-%d", a.number, m.sold), product: productMain, running: true}
	m.main.seats = max(fewestSeats[a.plan], a.team(c.today)+a.size/5)
	m.since, a.stage, a.closing = c.today, paying, time.Time{}
	m.ends = c.yearEnds(a)
	c.bill(a, &m.main, r, "Subscription Started", at, time.Time{}, a.state(c, &m.main).when("ends_at", m.ends.Start(c.zone)))
	c.expose(a, r)
	c.onboard(a, at)
	c.term(a, at)
}

// yearEnds is the first day after the present year of the contract.
func (c *Company) yearEnds(a *account) farol.Day {
	since := a.money.since
	ends := farol.Date(since.UTC().Year()+1, since.UTC().Month(), since.UTC().Day())
	for ends <= c.today {
		ends = farol.Date(ends.UTC().Year()+1, ends.UTC().Month(), ends.UTC().Day())
	}
	return ends
}

// term tells the end of the contract's year, and again when it is renewed. It
// draws from dice of its own: nothing else that happens depends on it.
func (c *Company) term(a *account, at time.Time) {
	since, ends := a.money.since, a.money.ends
	if a.excluded == "" {
		c.book.terms = append(c.book.terms, Term{a.id, c.today, ends})
	}
	r := c.dice(streamRenewal, uint64(a.number), uint64(c.today))
	o := object{c.scratch()}
	c.retrait(a, r, at.Add(3*time.Second), o.text("renewal_date", ends.String()).done(&c.slab))
	a.later(ends, func(*rand.Rand) {
		if a.stage == paying && a.money.since == since && a.money.leaving != c.today {
			c.renew(a, c.midnight.Add(9*time.Hour))
		}
	})
}

// renew signs for another year. It says nothing of the price, which may be
// corrected later as of a day before.
func (c *Company) renew(a *account, at time.Time) {
	a.money.ends = c.yearEnds(a)
	r, o := c.dice(streamRenewal, uint64(a.number), uint64(c.today)<<1), object{c.scratch()}
	c.send(r, call{kind: farol.Track, name: "Subscription Changed", at: at, source: c.cfg.Sources.Billing, user: c.payer(a), account: a,
		props: o.text("subscription", a.money.main.id).text("reason", "renewal").when("ends_at", a.money.ends.Start(c.zone)).done(&c.slab), context: contextServer})
	c.term(a, at)
}

// money is the commercial side of the day.
func (c *Company) money(a *account, r *rand.Rand) {
	day := c.today.UTC().Day()
	switch a.stage {
	case paying:
		if day == 1 && a.money.since != c.today {
			c.expose(a, r)
		}
		if day == a.number%27+2 && a.money.since != c.today {
			c.charge(a, r)
			if a.notice == nil {
				c.review(a, r)
			}
		}
	case lost:
		if day == a.number%27+2 && a.excluded == "" && a.money.since > c.today.Next(-540) && r.Float64() < 0.02 {
			c.comeBack(a, r)
		}
	}
}

// charge is the monthly payment: some cards fail at first.
func (c *Company) charge(a *account, r *rand.Rand) {
	at := c.midnight.Add(within(r, time.Hour, 5*time.Hour))
	amount := a.minor(&a.money.main) + a.minor(&a.money.addon)
	k := call{kind: farol.Track, name: "Payment Succeeded", at: at, source: c.cfg.Sources.Billing, user: c.payer(a), account: a,
		props: a.amount(c, amount), context: contextServer}
	if r.Float64() < 0.04 {
		k.name = "Payment Failed"
		c.send(r, k)
		k.name, k.at = "Payment Succeeded", at.Add(within(r, 20*time.Hour, 90*time.Hour))
	}
	c.send(r, k)
}

func (a *account) amount(c *Company, minor int64) []byte {
	o := object{c.scratch()}
	return o.text("subscription", a.money.main.id).cents("amount", minor).text("currency", string(a.currency())).done(&c.slab)
}

// review is the monthly day on which a contract may change: once at most.
func (c *Company) review(a *account, r *rand.Rand) {
	m := &a.money
	at := c.office(r)
	switch {
	case m.percent > 0 && c.today >= m.until:
		m.percent, m.undiscounted = 0, c.today
		c.reprice(a, r, at, "discount ended")
	case m.epoch == 0 && c.today >= c.priceDay:
		m.epoch, m.raised = 1, c.today
		reason := "price increase"
		if a.escalates() {
			reason = "contractual adjustment"
		}
		c.reprice(a, r, at, reason)
	case c.upgrade(a, r, at), c.crossSell(a, r, at), c.reseat(a, r, at):
	case r.Float64() < 0.06 && c.today-m.main.changed > 30:
		c.correct(a, r, at)
	}
	if a.stage == paying && a.activated && a.cooling == 0 && r.Float64() < 0.09 {
		a.size += max(1, a.size*between(r, 8, 25)/100)
		c.planInvites(a, r)
	}
	if a.satisfaction > 0.3 && a.excluded == "" && r.Float64() < 0.06 {
		c.recommend(a, r, at, fmt.Sprintf("ref-%05d-%d", a.number, c.today))
	}
}

// reprice reports every running line at its new price.
func (c *Company) reprice(a *account, r *rand.Rand, at time.Time, reason string) {
	for _, s := range []*subscription{&a.money.main, &a.money.addon} {
		if s.open() {
			o, escalated := a.state(c, s).text("reason", reason), reason == "contractual adjustment"
			if escalated {
				o.truth("escalator", true)
			}
			c.bill(a, s, r, "Subscription Changed", at, time.Time{}, o).escalated = escalated
			at = at.Add(time.Second)
		}
	}
}

// escalates tells that the contract lets the price follow the list: those of
// the largest customers do.
func (a *account) escalates() bool { return a.segment == len(segments)-1 }

// upgrade moves to a bigger plan, rarely to a smaller one.
func (c *Company) upgrade(a *account, r *rand.Rand, at time.Time) bool {
	up, x := 0.008, r.Float64()
	if a.activated && a.cooling == 0 {
		up = 0.022
	}
	reason := "upgrade"
	switch {
	case a.plan < 2 && x < up:
		a.plan++
	case a.plan > 0 && x > 0.997:
		a.plan--
		reason = "downgrade"
	default:
		return false
	}
	a.money.main.seats = max(a.money.main.seats, fewestSeats[a.plan])
	c.reprice(a, r, at, reason)
	o := object{c.scratch()}
	c.retrait(a, r, at.Add(2*time.Second), o.text("plan", plans[a.plan]).done(&c.slab))
	return true
}

// crossSell adds the second product, or drops it.
func (c *Company) crossSell(a *account, r *rand.Rand, at time.Time) bool {
	m, s := &a.money, &a.money.addon
	x := r.Float64()
	switch {
	case !s.open() && a.activated && a.cooling == 0 && c.today-m.since > 80 && x < 0.025:
		m.sold++
		*s = subscription{id: fmt.Sprintf("sub-%05d-%d", a.number, m.sold), product: productAddOn, seats: 1, running: true}
		c.bill(a, s, r, "Subscription Started", at, time.Time{}, a.state(c, s))
	case s.open() && x > 0.988:
		c.cancel(a, s, r, at, time.Time{}, some(r, reasons), true)
	default:
		return false
	}
	return true
}

// reseat follows the size of the team, up at once and down when many seats
// are empty.
func (c *Company) reseat(a *account, r *rand.Rand, at time.Time) bool {
	m, team := &a.money, a.team(c.today)
	want := max(fewestSeats[a.plan], team)
	switch {
	case want > m.main.seats:
		m.main.seats = want + want/10
	case want < m.main.seats*7/10 && (a.cooling != 0 || r.Float64() < 0.08):
		m.main.seats = want
	default:
		return false
	}
	c.bill(a, &m.main, r, "Subscription Changed", at, time.Time{}, a.state(c, &m.main).text("reason", "seats"))
	return true
}

// correct is a change that the billing system learns of weeks after it took
// effect.
func (c *Company) correct(a *account, r *rand.Rand, at time.Time) {
	s := &a.money.main
	s.seats = max(fewestSeats[a.plan], s.seats+between(r, -2, 3))
	back := time.Duration(between(r, 5, 25)) * 24 * time.Hour
	c.bill(a, s, r, "Subscription Changed", at, at.Add(-back), a.state(c, s).text("reason", "correction"))
	c.book.corrections++
}
