package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/farol-cs/farol"
)

var (
	topics   = []string{"login", "billing", "reports", "integrations", "performance", "import", "permissions", "how to", "bug"}
	subjects = map[string]string{
		"login": "Não consigo entrar", "billing": "Cobrança em duplicidade", "reports": "Relatório mostra total errado",
		"integrations": "Integration stopped syncing", "performance": "Painel muito lento", "import": "Erro ao importar planilha",
		"permissions": "Usuário sem acesso ao painel", "how to": "Como faço para agendar um envio?", "bug": "Tela em branco ao salvar"}
	priorities = []string{"low", "normal", "high", "urgent"}
	doors      = []string{"email", "chat", "phone", "portal"}
)

// support is the tickets that the account opens today: more when interest
// fades or satisfaction is low.
func (c *Company) support(a *account, r *rand.Rand) {
	if a.stage != paying && a.stage != trial {
		return
	}
	rate := 0.0075 * math.Sqrt(float64(a.team(c.today))) * (0.2 + 0.8*workday(c.today, a.brazil))
	if a.cooling != 0 {
		rate *= 3
	}
	if a.satisfaction < -0.8 {
		rate *= 1.5
	}
	for range poisson(r, rate) {
		if p := some(r, a.people); p.here(c.today) && p.joined < c.today {
			c.ticket(a, p, r)
		}
	}
}

// ticket is a whole conversation: opened, answered, solved, at times opened
// again.
func (c *Company) ticket(a *account, p *person, r *rand.Rand) {
	c.tickets++
	id, topic := fmt.Sprintf("tkt-%06d", c.tickets), some(r, topics)
	urgency := priorities[weighted(r, 0.2, 0.5, 0.22, 0.08)]
	at := c.office(r)
	user, _ := p.as(c.today)
	notes := map[string]func(*ledger){"Ticket Opened": tallied(a, at, func(m *MonthTruth) { m.Tickets++ })}
	tell := func(name, status string, after time.Duration) {
		at = at.Add(after)
		o := object{c.scratch()}
		o.text("ticket", id).text("subject", subjects[topic]).text("topic", topic).text("priority", urgency).text("status", status)
		switch name {
		case "Ticket Opened":
			o.text("channel", some(r, doors))
		case "Ticket Updated":
			o.when("first_reply_at", at)
		}
		c.send(r, call{kind: farol.Track, name: name, at: at, source: c.cfg.Sources.Support, user: user, account: a,
			props: o.done(&c.slab), context: contextServer, note: notes[name]})
	}
	tell("Ticket Opened", "open", 0)
	tell("Ticket Updated", "pending", within(r, 10*time.Minute, 9*time.Hour))
	tell("Ticket Solved", "solved", within(r, time.Hour, 60*time.Hour))
	if r.Float64() < 0.08 {
		tell("Ticket Reopened", "open", within(r, time.Hour, 30*time.Hour))
		tell("Ticket Solved", "solved", within(r, time.Hour, 40*time.Hour))
	}
	mood := 4.15 + 0.45*a.satisfaction + 0.8*r.NormFloat64()
	q := question{a, user, p.mail, "ticket", "csat", "transactional", 0}
	arrived := c.ask(q, at)
	if r.Float64() < 0.32 {
		c.reply(arrived, r, at.Add(within(r, 5*time.Minute, 20*time.Hour)), score(mood, 1, 5))
	}
	c.afterwards(a, user, p.mail, at, mood)
	c.laboured(a, user, p.mail, at, mood)
}

func score(x, lo, hi float64) int { return int(math.Round(max(lo, min(hi, x)))) }

// poll sends the relationship surveys of the day. Who uses the product much
// and who is content answers more: the bias that every survey has.
func (c *Company) poll(a *account, r *rand.Rand) {
	if a.stage != paying {
		return
	}
	for _, p := range a.people {
		if !p.here(c.today) || p.joined == never || c.today-p.joined < 30 || (p.second != nil && p.home != a) {
			continue
		}
		user, _ := p.as(c.today)
		if c.today-p.joined == 30 && r.Float64() < 0.12 {
			at := c.office(r)
			sent := c.ask(question{a, user, p.mail, "effort-onboarding", "ces", "transactional", 0}, at)
			c.reply(sent, r, at.Add(within(r, time.Hour, 30*time.Hour)), score(5.4+0.6*a.satisfaction+1.1*r.NormFloat64(), 1, 7))
		}
		if c.today-p.asked < 95 || r.Float64() >= 1.0/40*workday(c.today, a.brazil) {
			continue
		}
		p.asked = c.today
		at := c.office(r)
		sent := c.ask(question{a, user, p.mail, "relationship", "nps", "relational", 0}, at)
		odds := (0.1 + 0.38*p.rate) * (1 + 0.22*max(-2, min(2, a.satisfaction)))
		if a.cooling != 0 {
			odds *= 0.6
		}
		if r.Float64() < odds {
			c.reply(sent, r, at.Add(within(r, 3*time.Minute, 60*time.Hour)), c.recommends(a, r))
		}
	}
}

// recommends draws an NPS score from the latent satisfaction.
func (c *Company) recommends(a *account, r *rand.Rand) int {
	mood := 8.35 + 0.95*a.satisfaction + 1.15*r.NormFloat64()
	if a.cooling != 0 {
		mood -= 0.8
	}
	return score(mood, 0, 10)
}

// refer lets a content customer recommend the vendor to an account that will
// sign up; without one it comes by itself.
func (c *Company) refer(a *account, r *rand.Rand) {
	for range 20 {
		b := c.accounts[r.IntN(len(c.accounts))]
		if b == a || b.stage != paying || b.satisfaction < 0 {
			continue
		}
		id := fmt.Sprintf("ref-%05d", a.number)
		c.recommend(b, r, c.midnight.Add(within(r, 8*time.Hour, 9*time.Hour)), id)
		a.later(a.created, func(r *rand.Rand) {
			o := object{c.scratch()}
			c.send(r, call{kind: farol.Track, name: "Referral Converted", at: a.createdAt.Add(3 * time.Second), source: c.cfg.Sources.Server,
				user: b.founder.id, account: b, props: o.text("referral", id).text("account", string(a.id)).done(&c.slab), context: contextServer})
			c.book.referrals = append(c.book.referrals, Referral{From: b.id, To: a.id, Day: c.today})
		})
		return
	}
	a.channel = "organic"
}

// recommend sends an invitation outside the account.
func (c *Company) recommend(a *account, r *rand.Rand, at time.Time, id string) {
	invitee := fmt.Sprintf("contato%d@%s.example", r.IntN(900), slug(some(r, companyWord)))
	o := object{c.scratch()}
	o.text("referral", id).text("invitee_email", invitee).text("referrer_email", a.founder.mail)
	c.send(r, call{kind: farol.Track, name: "Referral Sent", at: at, source: c.cfg.Sources.Web, user: a.founder.id, account: a,
		props: o.done(&c.slab), context: contextWeb[boolIndex(a.brazil)],
		note: func(l *ledger) { l.referred(a, id, invitee, at) }})
	c.insider(a, at)
}

// planTests makes the vendor's own accounts in the product: a company for
// tests and one for its own work. No number may count them.
func (c *Company) planTests() {
	for i, why := range []string{"test", "internal"} {
		a := &account{number: 99_001 + i, id: farol.AccountID("acc-" + why), created: c.first.Next(2 + i)}
		c.character(a, c.dice(streamAccount, uint64(a.number), 0))
		a.name, a.domain = "Conta de teste – não usar", why+".vendor.example"
		a.excluded, a.undated, a.syncing, a.channel, a.size, a.brazil = why, false, false, "organic", 6, true
		a.later(a.created, func(r *rand.Rand) {
			c.approach(a, r, true)
			c.signUp(a, r)
		})
		c.tests = append(c.tests, a)
	}
}
