package demo

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/farol-cs/farol"
)

// The planted rule: an account that does both within its first fourteen days
// (local days 0 to 13 from its creation) is activated.
const (
	RuleReports = 3
	RuleInvites = 2
	RuleDays    = 14
)

// Factors of the planted monthly hazard of cancelling by choice.
var (
	baseHazard = [3]float64{0.008, 0.006, 0.004}  // by segment, activated and undisturbed
	cardHazard = [3]float64{0.004, 0.002, 0.0005} // of losing the account to failed payments

	factorNotActivated = Effect{"not_activated", 3.5, "the account never met the activation rule"}
	factorCooling      = Effect{"cooling", 9, "its people have been losing interest since before the month"}
	factorBereft       = Effect{"champion_left", 1.8, "the champion left and nobody has followed, within 120 days"}
	factorPrice        = Effect{"price_increase", 1.5, "its price rose within the last 60 days"}
	factorDiscount     = Effect{"discount_ended", 1.4, "a discount ended within the last 45 days"}
	factorUnhappy      = Effect{"unhappy", 1.6, "latent satisfaction below -0.8"}
	factorHappy        = Effect{"happy", 0.7, "latent satisfaction above 0.8"}
	factorYoung        = Effect{"first_quarter", 1.3, "less than 90 days since it began to pay"}
	factorOld          = Effect{"over_a_year", 0.8, "more than 365 days since it began to pay"}
	factorAddOn        = Effect{"second_product", 0.7, "it pays for the second product too"}
	factorReturned     = Effect{"returned", 1.5, "it cancelled before and came back"}
	factorRenewal      = Effect{"renewal", 3, "a year of its contract ends within the month"}

	effects = []Effect{factorNotActivated, factorCooling, factorBereft, factorPrice, factorDiscount, factorUnhappy,
		factorHappy, factorYoung, factorOld, factorAddOn, factorReturned, factorRenewal}
)

// factors lists what acts on the account's hazard today.
func (c *Company) factors(a *account) (out []Effect) {
	d, m := c.today, &a.money
	add := func(on bool, e Effect) {
		if on {
			out = append(out, e)
		}
	}
	add(!a.activated, factorNotActivated)
	add(a.cooling != 0, factorCooling)
	add(a.bereft != 0 && d-a.bereft < 120, factorBereft)
	add(m.raised != 0 && d-m.raised < 60, factorPrice)
	add(m.undiscounted != 0 && d-m.undiscounted < 45, factorDiscount)
	add(a.satisfaction < -0.8, factorUnhappy)
	add(a.satisfaction > 0.8, factorHappy)
	add(d-m.since < 90, factorYoung)
	add(d-m.since > 365, factorOld)
	add(m.addon.open(), factorAddOn)
	add(m.returned, factorReturned)
	add(d < m.ends && m.ends < nextMonth(d), factorRenewal)
	return out
}

// hazard is the chance to cancel by choice, and by failed payments, in a
// whole month that begins as today is; rounded so that it is written the
// same everywhere.
func (c *Company) hazard(a *account, f []Effect) (choice, card float64) {
	h := baseHazard[a.segment]
	for _, e := range f {
		h *= e.Times
	}
	return math.Round(min(h, 0.5)*1e6) / 1e6, cardHazard[a.segment]
}

// expose puts the account at risk from today to the end of the month, draws
// whether and when it leaves in that time, and writes the truth down.
func (c *Company) expose(a *account, r *rand.Rand) {
	if a.excluded != "" {
		return
	}
	y, m, _ := c.today.UTC().Date()
	end := nextMonth(c.today)
	of := int(end - farol.Date(y, m, 1))
	pause := farol.Day(0)
	if a.segment < 2 && !a.money.discounted() && r.Float64() < 0.009 && end-c.today > 4 {
		pause = c.today.Next(1 + r.IntN(int(end-c.today)-2))
		a.later(pause, func(r *rand.Rand) { c.pause(a, r) })
		end = pause
	}
	f := c.factors(a)
	choice, card := c.hazard(a, f)
	days := int(end - c.today)
	h := Hazard{Account: a.id, Month: farol.Date(y, m, 1), From: c.today, To: end, Choice: choice, Card: card}
	part := float64(days) / float64(of)
	stay, keep := math.Pow(1-choice, part), math.Pow(1-card, part)
	h.Chance = math.Round((1-stay*keep)*1e6) / 1e6
	for _, e := range f {
		h.Factors = append(h.Factors, e.Name)
	}
	c.book.hazards = append(c.book.hazards, h)
	u, on := r.Float64(), c.today.Next(r.IntN(days))
	switch {
	case r.Float64() >= h.Chance:
	case u < (1-keep)/(1-keep+1-stay):
		c.fail(a, r, on)
	default:
		if ends := a.money.ends; ends > c.today && ends < end {
			on = ends // who wants to go does not sign again
		}
		a.money.leaving = on
		a.later(on, func(r *rand.Rand) { c.leave(a, r, true) })
		c.giveNotice(a, on)
	}
}

// nextMonth is the first day of the month after the day's.
func nextMonth(d farol.Day) farol.Day {
	y, m, _ := d.UTC().Date()
	return farol.Date(y, m+1, 1)
}

// drift moves what people feel and who is there.
func (c *Company) drift(a *account, r *rand.Rand) {
	if c.today.UTC().Day() == 1 {
		a.satisfaction = 0.82*a.satisfaction + 0.57*r.NormFloat64()
		if a.cooling != 0 {
			a.satisfaction -= 0.35
		}
	}
	if a.stage != paying || a.excluded != "" {
		return
	}
	c.cool(a, r)
	c.turnover(a, r)
}

// cool lets interest fade, for a while: use declines and tickets rise, and
// many, but not all, of these accounts leave.
func (c *Company) cool(a *account, r *rand.Rand) {
	rate := 0.0012
	if a.bereft != 0 && c.today-a.bereft < 60 {
		rate *= 5
	}
	if a.money.raised != 0 && c.today-a.money.raised < 45 {
		rate *= 1.8
	}
	if a.satisfaction < -0.8 {
		rate *= 2
	}
	switch {
	case a.cooling == 0 && c.today-a.created > 25 && r.Float64() < rate:
		a.cooling = c.today
		c.book.coolings = append(c.book.coolings, Spell{Account: a.id, From: c.today})
	case a.cooling != 0 && c.today-a.cooling > 20 && r.Float64() < 0.014:
		c.warm(a)
	}
}

// warm ends the fading.
func (c *Company) warm(a *account) {
	a.cooling = 0
	for i := len(c.book.coolings) - 1; i >= 0; i-- {
		if s := &c.book.coolings[i]; s.Account == a.id {
			s.To = c.today
			return
		}
	}
}

// turnover is people who leave their company, the champion among them.
func (c *Company) turnover(a *account, r *rand.Rand) {
	if ch := a.champion; ch != nil && ch.here(c.today) && c.today-max(a.created, ch.joined) > 60 && r.Float64() < 0.0004 {
		c.loseChampion(a, ch, r)
	}
	odds := 0.00025
	if a.cooling != 0 {
		odds *= 4
	}
	for _, p := range a.people {
		if p.role == roleUser && p.second == nil && p.here(c.today) && p.joined < c.today.Next(-20) && r.Float64() < odds {
			c.depart(a, p, r)
		}
	}
}

// depart is somebody's last day but one: the person is not seen from today.
func (c *Company) depart(a *account, p *person, r *rand.Rand) {
	p.left = c.today
	o := object{c.scratch()}
	o.text("status", "left").when("left_at", c.midnight)
	user, _ := p.as(c.today)
	c.send(r, call{kind: farol.Identify, at: c.midnight.Add(8 * time.Hour), source: c.cfg.Sources.Server,
		user: user, props: o.done(&c.slab), context: contextServer})
}

// loseChampion lets the champion go; often a colleague follows weeks later.
func (c *Company) loseChampion(a *account, p *person, r *rand.Rand) {
	c.depart(a, p, r)
	a.bereft = c.today
	lost := len(c.book.champions)
	c.book.champions = append(c.book.champions, ChampionLost{Account: a.id, Person: p.id, Day: c.today})
	if r.Float64() < 0.6 {
		a.later(c.today.Next(between(r, 20, 60)), func(r *rand.Rand) { c.follow(a, r, lost) })
	}
}

// follow makes a colleague the new champion.
func (c *Company) follow(a *account, r *rand.Rand, lost int) {
	for _, p := range a.people {
		if p.role != roleUser || p.second != nil || !p.here(c.today) {
			continue
		}
		p.role, p.rate = roleChampion, 0.8
		a.champion, a.bereft = p, 0
		c.book.champions[lost].Followed = c.today
		user, _ := p.as(c.today)
		o := object{c.scratch()}
		c.send(r, call{kind: farol.Identify, at: c.midnight.Add(9 * time.Hour), source: c.cfg.Sources.Server,
			user: user, props: o.text("role", roleChampion).done(&c.slab), context: contextServer})
		return
	}
}
