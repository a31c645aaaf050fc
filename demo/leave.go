package demo

import (
	"math/rand/v2"
	"time"

	"github.com/farol-cs/farol"
)

// reasons is the governed list of why customers cancel.
var reasons = []string{"price", "missing feature", "hard to use", "support", "bugs", "billing error", "competitor",
	"no longer needed", "project ended", "company closed", "champion left", "not adopted"}

// details are what people write beside the reason.
var details = []string{"", "", "Ficou caro para o nosso tamanho.", "We moved to another tool.", "A equipe não se adaptou.",
	"O suporte demorou demais.", "Budget cut this quarter.", "Vamos voltar quando tiver integração com o ERP."}

// why draws a reason that fits what happened to the account.
func (c *Company) why(a *account, r *rand.Rand) string {
	switch m := &a.money; {
	case m.raised != 0 && c.today-m.raised < 90 && r.Float64() < 0.7, m.undiscounted != 0 && c.today-m.undiscounted < 60 && r.Float64() < 0.6:
		return "price"
	case a.bereft != 0 && r.Float64() < 0.6:
		return "champion left"
	case !a.activated && r.Float64() < 0.5:
		return "not adopted"
	}
	return some(r, reasons)
}

// leave cancels everything this evening. One in twelve is reported days
// later, with the day on which it took effect.
func (c *Company) leave(a *account, r *rand.Rand, voluntary bool) {
	if a.stage != paying {
		return
	}
	if a.notice != nil {
		c.goAsSaid(a)
		return
	}
	at := c.midnight.Add(within(r, 19*time.Hour, 22*time.Hour))
	reason := "payment failed"
	if voluntary {
		reason = c.why(a, r)
	}
	report, effective := at, time.Time{}
	if voluntary && r.Float64() < 0.08 {
		report, effective = at.Add(within(r, 50*time.Hour, 9*24*time.Hour)), at
	}
	m := &a.money
	gone := &Churn{Account: a.id, At: at.UTC().Truncate(time.Millisecond), Day: c.today, Reason: reason, Voluntary: voluntary,
		Reported: report.UTC().Truncate(time.Millisecond)}
	for _, s := range []*subscription{&m.addon, &m.main} {
		if s.open() {
			gone.Minor += a.minor(s)
			ch := c.cancel(a, s, r, report, effective, reason, voluntary)
			if s == &m.main {
				ch.churn = gone
			}
			report = report.Add(2 * time.Second)
		}
	}
	gone.Currency = a.currency()
	a.stage, a.closing = lost, at
	if a.cooling != 0 {
		c.warm(a)
	}
}

// oddsNotice is how often who leaves by choice says so some days before, so
// that the billing system tells of a cancellation that is still to come. From
// then on the contract does not change any more.
const oddsNotice = 0.45

// giveNotice decides, with dice of its own, whether a departure on the day is
// announced.
func (c *Company) giveNotice(a *account, on farol.Day) {
	r := c.dice(streamNotice, uint64(a.number), uint64(on))
	if on-c.today < 4 || r.Float64() >= oddsNotice {
		return
	}
	a.later(c.today.Next(1+r.IntN(int(on-c.today)-2)), func(*rand.Rand) { c.announce(a, r, on) })
}

// announce cancels everything as of the evening of a day to come.
func (c *Company) announce(a *account, r *rand.Rand, on farol.Day) {
	if a.stage != paying {
		return
	}
	at := on.Start(c.zone).Add(within(r, 19*time.Hour, 22*time.Hour))
	report := c.midnight.Add(within(r, 10*time.Hour, 17*time.Hour))
	reason := c.why(a, r)
	a.notice = &Churn{Account: a.id, At: at.UTC().Truncate(time.Millisecond), Day: on, Reason: reason, Voluntary: true,
		Reported: report.UTC().Truncate(time.Millisecond), Currency: a.currency()}
	for _, s := range []*subscription{&a.money.addon, &a.money.main} {
		if s.open() {
			a.notice.Minor += a.minor(s)
			ch := c.cancel(a, s, r, report, at, reason, true)
			if s == &a.money.main {
				ch.churn = a.notice
			}
			s.running = true // until then
			report = report.Add(2 * time.Second)
		}
	}
}

// goAsSaid is the evening of a departure that was announced.
func (c *Company) goAsSaid(a *account) {
	for _, s := range []*subscription{&a.money.addon, &a.money.main} {
		s.running = false
	}
	a.stage, a.closing, a.notice = lost, a.notice.At, nil
	if a.cooling != 0 {
		c.warm(a)
	}
}

// cancel ends one subscription.
func (c *Company) cancel(a *account, s *subscription, r *rand.Rand, at, effective time.Time, reason string, voluntary bool) *change {
	s.running = false
	o := &object{c.scratch()}
	o.text("subscription", s.id).text("product", s.product).text("plan", plans[a.plan]).text("reason", reason)
	if d := some(r, details); d != "" && voluntary {
		o.text("reason_detail", d)
	}
	return c.bill(a, s, r, "Subscription Cancelled", at, effective, o.truth("voluntary", voluntary))
}

// fail lets payments fail until the account is lost on the day.
func (c *Company) fail(a *account, r *rand.Rand, on farol.Day) {
	for _, back := range []int{10, 6, 2} {
		a.later(on.Next(-back), func(r *rand.Rand) {
			if a.stage == paying {
				c.send(r, call{kind: farol.Track, name: "Payment Failed", at: c.midnight.Add(within(r, time.Hour, 5*time.Hour)),
					source: c.cfg.Sources.Billing, user: c.payer(a), account: a,
					props: a.amount(c, a.minor(&a.money.main)), context: contextServer})
			}
		})
	}
	a.later(on, func(r *rand.Rand) { c.leave(a, r, false) })
}

// pause stops the subscriptions for some weeks.
func (c *Company) pause(a *account, r *rand.Rand) {
	if a.stage != paying {
		return
	}
	at := c.midnight.Add(within(r, 19*time.Hour, 22*time.Hour))
	for _, s := range []*subscription{&a.money.main, &a.money.addon} {
		if s.open() {
			s.running = false
			o := &object{c.scratch()}
			o.text("subscription", s.id).text("product", s.product).text("plan", plans[a.plan]).text("reason", "seasonal")
			c.bill(a, s, r, "Subscription Paused", at, time.Time{}, o).paused = true
		}
	}
	a.stage, a.closing = paused, at
	c.book.pauses = append(c.book.pauses, Spell{Account: a.id, From: c.today})
	n := len(c.book.pauses) - 1
	a.later(c.today.Next(between(r, 20, 75)), func(r *rand.Rand) { c.resume(a, r, n) })
}

// resume takes up a paused contract.
func (c *Company) resume(a *account, r *rand.Rand, pause int) {
	at := c.midnight.Add(within(r, 6*time.Hour, 8*time.Hour))
	for _, s := range []*subscription{&a.money.main, &a.money.addon} {
		if s.id != "" && s.changed == c.book.pauses[pause].From && !s.running {
			s.running = true
			c.bill(a, s, r, "Subscription Resumed", at, time.Time{}, a.state(c, s))
		}
	}
	a.stage, a.closing = paying, time.Time{}
	c.book.pauses[pause].To = c.today
	c.expose(a, r)
}

// comeBack is a former customer who buys again.
func (c *Company) comeBack(a *account, r *rand.Rand) {
	a.money.returned, a.money.percent, a.cooling = true, 0, 0
	c.start(a, r, c.midnight.Add(within(r, 9*time.Hour, 11*time.Hour)))
	c.book.returns = append(c.book.returns, Return{Account: a.id, Day: c.today})
}
