package demo

import (
	"math/rand/v2"
	"time"

	"github.com/farol-cs/farol"
)

// step is a milestone of onboarding: due so many days after the contract
// began, done on average so many days late (few are early), and how often it
// is agreed not to be needed.
type step struct {
	name      string
	due, late int
	skipped   float64
}

// steps are what the vendor agrees on with every customer above the smallest
// segment. The connection to the customer's ERP is what holds them up.
var steps = []step{
	{"Kick-off", 3, 1, 0},
	{"Importação de dados", 12, 4, 0},
	{"Integração com o ERP", 25, 13, 0.3},
	{"Treinamento da equipe", 30, 5, 0.05},
	{"Entrada em produção", 45, 8, 0},
}

// slower is how many times as late the segments are.
var slower = [3]float64{0, 0.7, 1.6}

// onboard plans the steps of a new customer. They have dice of their own, and
// nothing else that happens depends on them.
func (c *Company) onboard(a *account, at time.Time) {
	if a.segment == 0 || a.money.returned {
		return
	}
	r := c.dice(streamOnboarding, uint64(a.number), 0)
	for i, s := range steps {
		due := c.today.Next(s.due)
		c.tellStep(a, r, "Milestone Planned", at.Add(time.Duration(i+4)*time.Second), Step{Account: a.id, Name: s.name, Planned: c.today, Due: due})
		delay := float64(s.late) * slower[a.segment]
		on := due.Next(max(2-s.due, int(delay*(r.ExpFloat64()*1.2-0.2))))
		for workday(on, a.brazil) < 0.3 {
			on++
		}
		c.planStep(a, r, s, due, on)
	}
}

// planStep lets the step be done, or skipped, on the day; of who is no customer
// any more nothing is expected.
func (c *Company) planStep(a *account, r *rand.Rand, s step, due, on farol.Day) {
	name := "Milestone Done"
	over := Step{Account: a.id, Name: s.name, Planned: c.today, Due: due, Skipped: r.Float64() < s.skipped}
	if over.Skipped {
		name, on = "Milestone Skipped", min(on, due)
	}
	over.Over = on
	a.later(on, func(*rand.Rand) {
		if a.stage != paying && a.stage != paused {
			name, over.Skipped = "Milestone Skipped", true
		}
		c.tellStep(a, r, name, c.office(r), over)
	})
}

// tellStep reports what became of a step, as the vendor's own people write it
// down.
func (c *Company) tellStep(a *account, r *rand.Rand, name string, at time.Time, s Step) {
	o := object{c.scratch()}
	o.text("milestone", s.Name)
	if name == "Milestone Planned" {
		o.text("due", s.Due.String())
	}
	c.send(r, call{kind: farol.Track, name: name, at: at, source: c.cfg.Sources.Server, account: a, props: o.done(&c.slab), context: contextServer,
		note: func(l *ledger) {
			if a.excluded == "" {
				l.step(s)
			}
		}})
}

// step keeps what is known of a step.
func (l *ledger) step(s Step) {
	k := [2]string{string(s.Account), s.Name}
	i, ok := l.stepAt[k]
	if !ok {
		i = len(l.steps)
		l.stepAt[k] = i
		l.steps = append(l.steps, s)
	}
	if s.Over != 0 {
		l.steps[i].Over, l.steps[i].Skipped = s.Over, s.Skipped
	}
}
