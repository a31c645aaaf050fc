package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/farol-cs/farol"
)

// stage is where an account is in its life.
type stage uint8

const (
	prospect stage = iota // has not signed up
	trial
	paying
	paused
	lost // cancelled, may come back
	gone // its trial ended without a purchase
)

// Segments and plans, smallest first.
var (
	segments = []string{"small", "mid", "enterprise"}
	plans    = []string{"starter", "pro", "business"}
)

// account is a customer company of the made-up vendor.
type account struct {
	number  int
	id      farol.AccountID
	name    string
	domain  string
	trade   trade
	segment int // index of segments
	region  string
	country string
	brazil  bool
	shift   int // hours that its people are ahead of the company's zone
	channel string
	owner   string
	usd     bool
	// excluded is "test" or "internal" for accounts that no number may count.
	excluded string
	// names tells that its calls name the account; otherwise membership says.
	names bool
	// undated accounts carry no created_at trait: their Signed Up dates them.
	undated bool
	syncing bool // a machine of theirs sends data

	size       int     // people it will have
	engagement float64 // how much its people work with the product
	stage      stage
	plan       int
	created    farol.Day
	createdAt  time.Time
	closing    time.Time // nobody acts after it on the day it closes; zero: open

	lead      string // its lead, '' when nobody told of it before the sign-up
	people    []*person
	champion  *person
	founder   *person
	tasks     []task
	milestone []milestone

	reports, invites int  // of the planted rule, done so far in its window
	activated        bool // by the planted rule

	money        contract
	notice       *Churn    // the departure that it has announced; nil: none
	cooling      farol.Day // since when people lose interest; 0: they do not
	bereft       farol.Day // since when the champion is missing; 0: there is one
	satisfaction float64
}

// milestone is a planted action of the first fourteen days.
type milestone struct {
	on    farol.Day
	event string
}

// task is something that will happen to an account on a day.
type task struct {
	on farol.Day
	do func(r *rand.Rand)
}

// later plans a task; on a day that is over it never runs.
func (a *account) later(on farol.Day, do func(r *rand.Rand)) {
	a.tasks = append(a.tasks, task{on, do})
}

// run does the tasks of the day in the order in which they were planned,
// also those that another task plans for the same day.
func (a *account) run(today farol.Day, r *rand.Rand) {
	for i := 0; i < len(a.tasks); i++ {
		if a.tasks[i].on == today {
			a.tasks[i].do(r)
		}
	}
	a.tasks = slices.DeleteFunc(a.tasks, func(t task) bool { return t.on <= today })
}

// settling tells whether the day is one of the first fourteen, or the next
// on which "within fourteen days" depends on the hour: nobody does a planted
// action then, so that the two readings of the window agree.
func (a *account) settling(d farol.Day) bool { return d <= a.created.Next(RuleDays) }

// planAccounts draws when each account of the history signs up: a tenth in a
// first wave, the rest ever more often.
func (c *Company) planAccounts() {
	r := c.dice(streamPlan, 0, 0)
	days := c.days()
	signups := make([]farol.Day, c.cfg.Accounts)
	for i := range signups {
		x := r.Float64()
		if r.Float64() < 0.14 {
			x *= 30 / float64(max(days, 60))
		} else {
			// Density 0.6 + 0.8 x: the inverse of its integral.
			x = (math.Sqrt(0.36+1.6*x) - 0.6) / 0.8
		}
		signups[i] = c.first.Next(min(int(x*float64(days)), days-1))
		if w := signups[i].Weekday(); (w == time.Saturday || w == time.Sunday) && r.Float64() < 0.8 {
			back := map[time.Weekday]int{time.Saturday: 1, time.Sunday: 2}[w]
			signups[i] = max(c.first, signups[i].Next(-back))
		}
	}
	slices.Sort(signups)
	for _, d := range signups {
		c.newAccount(d)
	}
}

// planMore draws the accounts that a live day brings, at the rate of the
// history's end.
func (c *Company) planMore() {
	r := c.dice(streamPlan, 1, uint64(c.today))
	rate := 1.4 * float64(c.cfg.Accounts) / float64(c.days())
	for range poisson(r, rate*workday(c.today, true)) {
		c.newAccount(c.today)
	}
}

// newAccount draws an account that will sign up on the day.
func (c *Company) newAccount(signup farol.Day) *account {
	n := len(c.accounts) + 1
	r := c.dice(streamAccount, uint64(n), 0)
	a := &account{number: n, id: farol.AccountID(fmt.Sprintf("acc-%05d", n)), created: signup}
	c.character(a, r)
	c.accounts = append(c.accounts, a)
	lead := signup
	if a.channel != "organic" || a.segment > 0 {
		lead = signup.Next(-[]int{r.IntN(4), 2 + r.IntN(14), 12 + r.IntN(45)}[a.segment])
	}
	// What would lie before the first day, or today, happens on it.
	lead = max(lead, c.today)
	if a.channel == "referral" {
		a.later(lead, func(r *rand.Rand) { c.refer(a, r) })
	}
	a.later(lead, func(r *rand.Rand) { c.approach(a, r, lead == signup) })
	a.later(signup, func(r *rand.Rand) { c.signUp(a, r) })
	return a
}

// character draws what stays true of an account.
func (c *Company) character(a *account, r *rand.Rand) {
	a.trade = some(r, trades)
	a.segment = weighted(r, 0.52, 0.33, 0.15)
	place := places[weighted(r, placeWeights...)]
	a.region, a.country, a.brazil, a.shift, a.usd = place.region, place.country, place.country == "BR", place.shift, place.usd
	a.name = companyName(r, a.brazil, a.trade, a.number)
	a.domain = fmt.Sprintf("%s-%d.example", slug(a.name), a.number)
	if len(a.domain) > 60 {
		a.domain = fmt.Sprintf("%s-%d.example", slug(a.trade.key), a.number)
	}
	a.channel = channels[weighted(r, 0.26, 0.2, 0.14, 0.16, 0.1, 0.14)]
	if a.channel == "referral" && a.created < c.first.Next(75) {
		a.channel = "organic"
	}
	a.owner = owners[(a.number*7+a.segment)%len(owners)]
	lo, hi := [3]float64{2, 8, 24}[a.segment], [3]float64{13, 42, 130}[a.segment]
	// Skewed: most are near the low end of their segment.
	a.size = int(math.Round(lo * math.Pow(hi/lo, 0.15+0.85*r.Float64())))
	a.engagement = 0.72 + 0.5*r.Float64()
	a.plan = [3]int{weighted(r, 0.72, 0.25, 0.03), weighted(r, 0.25, 0.6, 0.15), weighted(r, 0, 0.35, 0.65)}[a.segment]
	a.satisfaction = r.NormFloat64()
	a.names = a.number%2 == 0
	a.undated = r.Float64() < 0.1
	a.syncing = a.segment > 0 && r.Float64() < 0.25
}

type place struct {
	region, country string
	shift           int
	usd             bool
}

var places = []place{{"Sudeste", "BR", 0, false}, {"Sul", "BR", 0, false}, {"Nordeste", "BR", 0, false},
	{"Centro-Oeste", "BR", -1, false}, {"Norte", "BR", -1, false},
	{"North America", "US", -2, true}, {"Europe", "PT", 3, true}, {"Latin America", "MX", -3, true}}
var placeWeights = []float64{0.42, 0.18, 0.12, 0.07, 0.04, 0.08, 0.05, 0.04}

var channels = []string{"organic", "paid search", "content", "outbound", "event", "referral"}

// owners are the vendor's customer success managers.
var owners = []string{"Helena Prado", "Tomás Sá Barreto", "Íris Nogueira", "Caetano Luz", "Márcio Peçanha", "Yasmin Assunção"}

// traits of the account as the product's server knows them.
func (c *Company) traits(a *account) []byte {
	o := object{c.scratch()}
	o.text("name", a.name).text("segment", segments[a.segment]).text("industry", a.trade.key).
		text("region", a.region).text("country", a.country).text("plan", plans[a.plan]).
		text("channel", a.channel).text("owner", a.owner).number("employees", int64(a.size*9+a.number%9))
	if !a.undated {
		o.when("created_at", a.createdAt)
	}
	if a.excluded != "" {
		o.truth(a.excluded, true)
	}
	return o.done(&c.slab)
}

// retrait reports changed traits through somebody of the account.
func (c *Company) retrait(a *account, r *rand.Rand, at time.Time, props []byte) {
	if p := a.anybody(c.today); p != nil {
		c.send(r, call{kind: farol.Group, at: at, source: c.cfg.Sources.Server, user: p.id, account: a,
			props: props, context: contextServer, note: p.joins(a, at)})
	}
}

// anybody is the champion, or else the first person still there who belongs
// to this account only.
func (a *account) anybody(d farol.Day) *person {
	if a.champion != nil && a.champion.here(d) && a.champion.second == nil {
		return a.champion
	}
	for _, p := range a.people {
		if p.here(d) && p.second == nil {
			return p
		}
	}
	return nil
}

// team is how many people are there on the day.
func (a *account) team(d farol.Day) (n int) {
	for _, p := range a.people {
		if p.here(d) {
			n++
		}
	}
	return n
}
