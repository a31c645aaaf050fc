package demo

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/farol-cs/farol"
)

// A question is a survey for one person.
type question struct {
	account                *account
	user                   farol.PersonID
	mail                   string
	survey, kind, relation string
	scale                  int64 // the highest score; 0 is the usual one of the kind
}

// delivery is a survey on its way to somebody; one that bounced is answered by
// nobody.
type delivery struct {
	question
	id      string
	bounced bool
}

// oddsBounce is how many addresses no longer exist.
const oddsBounce = 0.03

// ask sends a survey. Its own draws keep the day's other choices where they
// are.
func (c *Company) ask(q question, at time.Time) delivery {
	c.surveys++
	r := c.dice(streamVoice, uint64(c.surveys), 0)
	d := delivery{question: q, id: fmt.Sprintf("dlv-%06d", c.surveys), bounced: r.Float64() < oddsBounce}
	o := object{c.scratch()}
	o.text("survey", q.survey).text("kind", q.kind).text("relation", q.relation).text("channel", "email").
		text("delivery", d.id).text("recipient", q.mail)
	c.send(r, call{kind: farol.Track, name: "Survey Sent", at: at, source: c.cfg.Sources.Support, user: q.user, account: q.account,
		props: o.done(&c.slab), context: contextServer, note: func(l *ledger) { l.sent(d, at) }})
	if d.bounced {
		o := object{c.scratch()}
		o.text("survey", q.survey).text("delivery", d.id).text("recipient", q.mail).text("reason", "mailbox unavailable")
		c.send(r, call{kind: farol.Track, name: "Survey Bounced", at: at.Add(within(r, time.Second, time.Hour)), source: c.cfg.Sources.Support,
			account: q.account, props: o.done(&c.slab), context: contextServer, note: func(l *ledger) { l.bounced(d) }})
	}
	return d
}

var scales = map[string]int64{"nps": 10, "csat": 5, "ces": 7}

// effortScale is that of CES 1.0: how much effort it took, 5 is very much.
const effortScale = 5

func (q question) highest() int64 { return cmp.Or(q.scale, scales[q.kind]) }

var comments = [3][]string{
	{"Caro pelo que entrega.", "Too slow, support takes days.", "Falta integração com o nosso ERP."},
	{"Bom, mas pode melhorar.", "Fine for our size.", "Atende, com alguns problemas."},
	{"Muito fácil de usar!", "We run our week on it.", "Suporte excelente, equipe atenciosa."}}

// reply is an answer to a survey, at times with a comment.
func (c *Company) reply(d delivery, r *rand.Rand, at time.Time, score int) {
	if d.bounced {
		return
	}
	c.answers++
	o := object{c.scratch()}
	o.text("survey", d.survey).text("answer", fmt.Sprintf("ans-%06d", c.answers)).text("kind", d.kind).text("relation", d.relation).
		text("delivery", d.id).number("score", int64(score)).number("scale", d.highest())
	if r.Float64() < 0.25 {
		mood := 1
		if share := int64(score) * 10 / d.highest(); share >= 9 {
			mood = 2
		} else if share <= 6 {
			mood = 0
		}
		o.text("comment", some(r, comments[mood]))
	}
	c.send(r, call{kind: farol.Track, name: "Survey Answered", at: at, source: c.cfg.Sources.Support, user: d.user, account: d.account,
		props: o.done(&c.slab), context: contextServer, note: func(l *ledger) { l.answered(d, at, score) }})
}

// afterwards asks some of those whose ticket was solved whether they would
// recommend the support they had: a transactional question.
func (c *Company) afterwards(a *account, user farol.PersonID, mail string, solved time.Time, mood float64) {
	r := c.dice(streamVoice, uint64(c.tickets), 1)
	if r.Float64() >= 0.3 {
		return
	}
	at := solved.Add(within(r, 24*time.Hour, 48*time.Hour))
	d := c.ask(question{a, user, mail, "support", "nps", "transactional", 0}, at)
	if r.Float64() < 0.45 {
		c.reply(d, r, at.Add(within(r, time.Hour, 40*time.Hour)), score(2*mood+0.8+r.NormFloat64(), 0, 10))
	}
}

// laboured asks some of those whose ticket was solved the older question of
// effort, which the help desk has asked since before the newer one.
func (c *Company) laboured(a *account, user farol.PersonID, mail string, solved time.Time, mood float64) {
	r := c.dice(streamVoice, uint64(c.tickets), 4)
	if r.Float64() >= 0.35 {
		return
	}
	at := solved.Add(within(r, 2*time.Hour, 6*time.Hour))
	d := c.ask(question{a, user, mail, "effort-ticket", "ces", "transactional", effortScale}, at)
	if r.Float64() < 0.4 {
		c.reply(d, r, at.Add(within(r, time.Hour, 40*time.Hour)), score(6.4-mood+0.7*r.NormFloat64(), 1, effortScale))
	}
}

// won tells that a lead became an account.
func (c *Company) won(a *account) {
	if a.lead == "" {
		return
	}
	o := object{c.scratch()}
	c.send(c.dice(streamVoice, uint64(a.number), 2), call{kind: farol.Track, name: "Lead Converted", at: a.createdAt.Add(4 * time.Second),
		source: c.cfg.Sources.Server, props: o.text("lead", a.lead).text("account", string(a.id)).done(&c.slab), context: contextServer})
}

// insider sends, after some referrals, an invitation to a colleague as if it
// were one: to the own domain, so it counts nowhere.
func (c *Company) insider(a *account, at time.Time) {
	r := c.dice(streamVoice, uint64(a.number), 3<<32|uint64(c.today))
	if r.Float64() >= 0.25 {
		return
	}
	o := object{c.scratch()}
	o.text("referral", fmt.Sprintf("ref-%05d-own-%d", a.number, c.today)).text("invitee_email", "colega@"+a.domain).text("referrer_email", a.founder.mail)
	c.send(r, call{kind: farol.Track, name: "Referral Sent", at: at.Add(time.Minute), source: c.cfg.Sources.Web, user: a.founder.id, account: a,
		props: o.done(&c.slab), context: contextWeb[boolIndex(a.brazil)]})
}

// mark counts something in the month of an instant.
type mark struct {
	at    time.Time
	count func(*MonthTruth)
}

func (l *ledger) tally(at time.Time, count func(*MonthTruth)) {
	l.marks = append(l.marks, mark{at, count})
}

// tallied is a note that counts what an account did, unless nobody may count
// the account.
func tallied(a *account, at time.Time, count func(*MonthTruth)) func(*ledger) {
	return func(l *ledger) {
		if a.excluded == "" {
			l.tally(at, count)
		}
	}
}

// mailing is a delivery as far as it is known.
type mailing struct {
	day, reply farol.Day // reply is 0 while there is none
	bounced    bool
}

func (l *ledger) sent(d delivery, at time.Time) {
	if d.account.excluded == "" {
		m := l.mailing(d)
		m.day = farol.DayOf(at, l.zone)
	}
}

func (l *ledger) bounced(d delivery) {
	if d.account.excluded == "" {
		l.mailing(d).bounced = true
	}
}

// mailing is the delivery's entry: what is said of it may arrive in any order.
func (l *ledger) mailing(d delivery) *mailing {
	m := l.mailings[d.id]
	if m == nil {
		m = &mailing{}
		l.mailings[d.id] = m
	}
	return m
}

func (l *ledger) answered(d delivery, at time.Time, score int) {
	if d.account.excluded != "" {
		return
	}
	l.mailing(d).reply = farol.DayOf(at, l.zone)
	switch {
	case d.kind == "nps" && d.relation == "relational":
		l.score(d.account, d.user, at, score)
	case d.kind == "csat":
		l.tally(at, func(m *MonthTruth) {
			m.CSATAnswers++
			if score >= 4 {
				m.CSATTop++
			}
		})
	case d.kind == "ces" && d.scale == effortScale:
		l.tally(at, func(m *MonthTruth) { m.EffortAnswers, m.EffortSum = m.EffortAnswers+1, m.EffortSum+score })
	case d.kind == "ces":
		l.tally(at, func(m *MonthTruth) { m.CESAnswers, m.CESSum = m.CESAnswers+1, m.CESSum+score })
	}
}

// referred counts the first referral of each invitee.
func (l *ledger) referred(a *account, id, invitee string, at time.Time) {
	if a.excluded == "" {
		l.invited = append(l.invited, invitation{id, invitee, at})
	}
}

type invitation struct {
	id, invitee string
	at          time.Time
}

// said counts what was told of by mark, survey, referral and first payment.
func (c *Company) said(t *Truth) {
	month := func(d farol.Day) *MonthTruth {
		if d < t.First || d > t.Last {
			return &MonthTruth{} // of no month that is told of
		}
		return &t.Months[monthIndex(t, d)]
	}
	for _, m := range c.book.marks {
		m.count(month(farol.DayOf(m.at, c.zone)))
	}
	for _, m := range c.book.mailings { // counting only: order does not matter
		if m.day == 0 {
			continue
		}
		answered := m.reply != 0 && m.reply < m.day.Next(replyDays)
		if m.bounced && !answered || m.day.Next(replyDays) > t.Last {
			continue
		}
		into := month(m.day)
		into.Delivered++
		if answered {
			into.Answered++
		}
	}
	first := map[string]invitation{}
	for _, x := range c.book.invited {
		old, ok := first[x.invitee]
		if !ok || x.at.Before(old.at) || x.at.Equal(old.at) && x.id < old.id {
			first[x.invitee] = x
		}
	}
	for _, x := range first {
		month(farol.DayOf(x.at, c.zone)).Referrals++
	}
	for _, d := range c.firstPaid() {
		month(d).NewCustomers++
	}
}

// replyDays is how long an answer counts for its delivery.
const replyDays = 14

// firstPaid is the first day at whose end each account paid.
func (c *Company) firstPaid() map[farol.AccountID]farol.Day {
	out := map[farol.AccountID]farol.Day{}
	for _, line := range c.lines() {
		for i, ch := range line {
			day := farol.DayOf(ch.at, c.zone)
			last := i+1 == len(line) || farol.DayOf(line[i+1].at, c.zone) > day
			if old, ok := out[ch.account.id]; last && ch.minor > 0 && (!ok || day < old) {
				out[ch.account.id] = day
			}
		}
	}
	return out
}
