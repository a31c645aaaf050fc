package demo

import (
	"math/bits"
	"time"

	"github.com/farol-cs/farol"
)

// ledger is the generator's own bookkeeping: plain counts of what has been
// handed out, kept apart from everything that Farol does with it.
type ledger struct {
	zone  *time.Location
	first farol.Day

	unique, repeated, late int
	ids                    map[farol.PersonID]int32
	names                  []farol.PersonID // by id; 0 is nobody
	days                   []marks          // by day from first
	links                  []Link
	changes                []change
	scores                 []npsScore
	done                   []done
	marks                  []mark
	mailings               map[string]*mailing // by delivery
	invited                []invitation
	bought                 []pack
	steps                  []Step
	terms                  []Term
	stepAt                 map[[2]string]int // of steps, by account and name

	// Plans, written when made.
	opened      []*account
	hazards     []Hazard
	coolings    []Spell
	pauses      []Spell
	champions   []ChampionLost
	returns     []Return
	referrals   []Referral
	corrections int
}

// marks are who acted on a day: sets of ledger ids and of account numbers.
type marks struct{ people, accounts set }

// change is the state of a subscription from an instant on.
type change struct {
	account      *account
	subscription string
	at           time.Time
	minor        int64
	currency     farol.Currency
	paused       bool
	product      string
	plan         int
	price, seats int64  // the list price of one unit and how many there are
	percent      int    // of discount
	escalated    bool   // the price rose as the contract says
	churn        *Churn // the departure of the account that this tells, or nil
}

type npsScore struct {
	user  farol.PersonID
	day   farol.Day
	at    time.Time
	score int
	out   bool // of an account that no number counts
}

// done is a planted action of the rule.
type done struct {
	account *account
	event   string
	at      time.Time
}

func newLedger(c *Company) ledger {
	return ledger{mailings: map[string]*mailing{}, stepAt: map[[2]string]int{}, zone: c.zone, first: c.first, ids: map[farol.PersonID]int32{}, names: []farol.PersonID{""}}
}

// id is the number of a person id.
func (l *ledger) id(p farol.PersonID) int32 {
	if n, ok := l.ids[p]; ok {
		return n
	}
	n := int32(len(l.names))
	l.ids[p] = n
	l.names = append(l.names, p)
	return n
}

// take notes an event that has become known.
func (l *ledger) take(it *item) {
	if it.again {
		l.repeated++
		return
	}
	l.unique++
	if farol.Late(it.At, time.UnixMilli(it.known), l.zone) {
		l.late++
	}
	if it.note != nil {
		it.note(l)
	}
	if !it.acts || (it.place != nil && it.place.excluded != "") {
		return
	}
	d := int(farol.DayOf(it.At, l.zone) - l.first)
	for len(l.days) <= d {
		l.days = append(l.days, marks{})
	}
	l.days[d].people.add(int(it.actor))
	if it.place != nil {
		l.days[d].accounts.add(it.place.number)
	}
}

// link joins two person ids from then on; each id is joined once, the first
// time (identify calls of one device are made in order).
func (l *ledger) link(from, to farol.PersonID, at time.Time) {
	l.links = append(l.links, Link{from, to, at.UTC().Truncate(time.Millisecond)})
}

func (l *ledger) join(p *person, a *account, at time.Time) {
	p.memberships = append(p.memberships, Membership{p.id, a.id, at.UTC().Truncate(time.Millisecond)})
}

func (l *ledger) milestone(a *account, event string, at time.Time) {
	l.done = append(l.done, done{a, event, at.UTC().Truncate(time.Millisecond)})
}

func (l *ledger) score(a *account, user farol.PersonID, at time.Time, score int) {
	l.scores = append(l.scores, npsScore{user, farol.DayOf(at, l.zone), at, score, a.excluded != ""})
}

// set is a set of small numbers.
type set []uint64

func (s *set) add(n int) {
	for len(*s) <= n/64 {
		*s = append(*s, 0)
	}
	(*s)[n/64] |= 1 << (n % 64)
}

func (s *set) union(t set) {
	for len(*s) < len(t) {
		*s = append(*s, 0)
	}
	for i, w := range t {
		(*s)[i] |= w
	}
}

func (s set) len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// each calls f with the members in order.
func (s set) each(f func(n int)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			f(i*64 + bits.TrailingZeros64(w))
		}
	}
}
