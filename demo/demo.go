// Package demo makes up a company: the maker of a business-to-business
// program in Brazil, its customers and everything they do, with the causes
// planted. What it planted it tells (Truth), so that tests and people can see
// whether Farol finds it again.
//
// The same Config gives the same events, byte for byte, on any machine: every
// choice is drawn from a generator seeded by what it is about (an account on
// a day), days are made in order, and nothing looks at the clock. Floating
// point that could differ in its last bit between processors is rounded
// before it is written, and elsewhere only compared with random draws.
package demo

import (
	"cmp"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/farol-cs/farol"
)

// Config chooses a company.
type Config struct {
	// Seed of every choice.
	Seed uint64
	// Accounts that sign up during the history, besides two test accounts;
	// 0 is 400. Each brings about 15 people.
	Accounts int
	// Months of history before the month of Until; 0 is 18. The history
	// begins on the first of a month.
	Months int
	// Until is the instant at which the history ends and Live goes on. Zero
	// is 2026-07-01 00:00 in the zone.
	Until time.Time
	// Zone of the company; nil is America/Sao_Paulo.
	Zone *time.Location
	// Sources that the events name; empty ones get the defaults.
	Sources Sources
}

// Sources names the systems that the events come from.
type Sources struct {
	// Web is the customers' browsers and phones ("web"), Server the product's
	// own server ("server"), Billing the billing system ("billing"), Support
	// the help desk and its surveys ("support").
	Web, Server, Billing, Support farol.SourceID
}

// Company is the generator. It is not safe for concurrent use.
type Company struct {
	cfg   Config
	zone  *time.Location
	first farol.Day // of the history
	last  farol.Day // the day of Until

	today    farol.Day // the next day to make, or the one being made
	midnight time.Time // first instant of today
	now      time.Time // what was known up to here has been handed out

	accounts []*account // the planned ones, then those of the live days
	tests    []*account
	staff    []*person
	people   int // persons made so far: numbers the next one
	leads    int // and these the next lead, ticket and answer
	tickets  int
	answers  int
	surveys  int // and the next delivery

	features  []feature
	priceDay  farol.Day // list prices rise
	lateStaff farol.Day // the day on which one colleague is at last marked as staff

	pending []*item // made, not yet known; sorted
	fresh   []*item // made today, not sorted in yet
	seq     uint64
	slab    slab
	buffer  []byte
	book    ledger
}

// New makes the company; no event is made before Next or Live asks.
func New(cfg Config) *Company {
	if cfg.Zone == nil {
		z, err := time.LoadLocation("America/Sao_Paulo")
		if err != nil {
			z = time.FixedZone("America/Sao_Paulo", -3*3600)
		}
		cfg.Zone = z
	}
	if cfg.Until.IsZero() {
		cfg.Until = time.Date(2026, 7, 1, 0, 0, 0, 0, cfg.Zone)
	}
	cfg.Until = time.UnixMilli(cfg.Until.UnixMilli()).UTC()
	cfg.Accounts = cmp.Or(cfg.Accounts, 400)
	cfg.Months = cmp.Or(cfg.Months, 18)
	cfg.Sources.Web = cmp.Or(cfg.Sources.Web, "web")
	cfg.Sources.Server = cmp.Or(cfg.Sources.Server, "server")
	cfg.Sources.Billing = cmp.Or(cfg.Sources.Billing, "billing")
	cfg.Sources.Support = cmp.Or(cfg.Sources.Support, "support")
	c := &Company{cfg: cfg, zone: cfg.Zone}
	// An Until of midnight ends the day before it.
	c.last = farol.DayOf(cfg.Until.Add(-time.Millisecond), c.zone)
	y, m, _ := c.last.UTC().Date()
	if cfg.Until.Equal(c.last.Next(1).Start(c.zone)) && c.last.Next(1).UTC().Day() == 1 {
		m++ // whole months: Until is the end of the last of them
	}
	c.buffer = make([]byte, 0, 4096)
	c.first = farol.Date(y, m-time.Month(cfg.Months), 1)
	c.today = c.first
	c.now = c.first.Start(c.zone).Add(-time.Millisecond)
	c.found()
	return c
}

// found sets the company up as of its first day.
func (c *Company) found() {
	days := c.days()
	c.priceDay = c.first.Next(days * 6 / 10)
	c.lateStaff = c.first.Next(days / 3)
	c.features = releases(c.first, days)
	c.book = newLedger(c)
	c.hire()
	c.planTests()
	c.planAccounts()
}

// days is how long the history is, in local days.
func (c *Company) days() int { return int(c.last-c.first) + 1 }

// Next answers the next piece of the history, in the order in which it became
// known (Known is set and never decreases), and io.EOF after Until. The same
// event may come twice, as senders repeat themselves: it has the same ID and
// a later Known.
func (c *Company) Next() ([]farol.Event, error) {
	for c.now.Before(c.cfg.Until) {
		end := c.today.Next(1).Start(c.zone).Add(-time.Millisecond)
		c.make()
		if !end.Before(c.cfg.Until.Add(-time.Millisecond)) {
			end = c.cfg.Until
		}
		if out := c.release(end); len(out) > 0 {
			return out, nil
		}
	}
	return nil, io.EOF
}

// Live answers what happens after the history, or after the Live before it,
// up to and including now: the same people go on with the same rhythms. The
// events carry no Known: whoever takes them in gives it. History that Next
// has not handed out is made and thrown away. How the time is cut into calls
// does not change the events.
func (c *Company) Live(now time.Time) []farol.Event {
	for {
		if _, err := c.Next(); err != nil {
			break
		}
	}
	if !now.After(c.now) {
		return nil
	}
	for !c.today.Start(c.zone).After(now) {
		c.make()
	}
	out := c.release(now)
	for i := range out {
		out[i].Known = time.Time{}
	}
	return out
}

// make makes the day c.today and moves on to the next.
func (c *Company) make() {
	c.midnight = c.today.Start(c.zone)
	if c.today > c.last {
		c.planMore()
	}
	c.staffDay()
	c.askEmployees()
	c.visitors()
	for _, a := range c.tests {
		c.live(a)
	}
	// Accounts planned today join the end of the list and are reached too.
	for i := 0; i < len(c.accounts); i++ {
		c.live(c.accounts[i])
	}
	c.beat()
	c.spend()
	c.today++
}

// live is one account's day.
func (c *Company) live(a *account) {
	r := c.dice(streamDay, uint64(a.number), uint64(c.today))
	a.run(c.today, r)
	if a.stage == prospect || a.stage == gone {
		return
	}
	c.drift(a, r)
	c.money(a, r)
	a.run(c.today, r) // what money has decided for today
	c.work(a, r)
	c.syncs(a, r)
	c.support(a, r)
	c.poll(a, r)
}

// release hands out what is known by the instant.
func (c *Company) release(until time.Time) []farol.Event {
	if len(c.fresh) > 0 {
		c.pending = append(c.pending, c.fresh...)
		c.fresh = c.fresh[:0]
		slices.SortFunc(c.pending, func(a, b *item) int {
			return cmp.Or(cmp.Compare(a.known, b.known), cmp.Compare(a.seq, b.seq))
		})
	}
	limit := until.UnixMilli()
	n := 0
	for n < len(c.pending) && c.pending[n].known <= limit {
		n++
	}
	out := make([]farol.Event, n)
	for i, it := range c.pending[:n] {
		out[i] = it.Event
		out[i].Known = time.UnixMilli(it.known).UTC()
		c.book.take(it)
	}
	c.pending = slices.Delete(c.pending, 0, n)
	c.now = until
	return out
}

// The streams keep the draws of one purpose apart from those of another, so
// that more draws in one do not move the rest.
const (
	streamDay uint64 = iota + 1
	streamPlan
	streamAccount
	streamPerson
	streamStaff
	streamVisitors
	streamBeat
	streamVoice
	streamCosts
	streamRenewal
	streamNotice
	streamPacks
	streamOnboarding
	streamInvite
)

// dice is a generator for one purpose and subject.
func (c *Company) dice(stream, a, b uint64) *rand.Rand {
	return rand.New(rand.NewPCG(scramble(c.cfg.Seed^stream<<56), scramble(a<<32^b^stream)))
}

// scramble spreads close numbers apart (the finalizer of splitmix64).
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
