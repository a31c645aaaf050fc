package facts

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/farol-cs/farol"
)

// traitSet remembers what is in the log at all, so that queries need not look
// for what is not.
type traitSet struct {
	account, person atomic.Bool // some account or person has an exclusion trait
	negative        atomic.Bool // the rollup has deltas below zero
	moved           atomic.Bool
	born            atomic.Bool // some person says when it was created
	priced          atomic.Bool // some subscription has a list price, a discount or an escalator
	paused          atomic.Bool // some subscription was paused
	failed          atomic.Bool // some payment failed
	billed          atomic.Bool // there is a line of an invoice
	invited         atomic.Bool // somebody was invited

	mu sync.Mutex
	// takenFrom are those of whom the rollup has deltas below zero, sorted; nil
	// when they are too many to name in a query.
	takenFrom []uint64
	many      bool
}

// maxTaken is how many people a query names of whom something was taken away.
const maxTaken = 5000

// take notes of whom something is taken away.
func (t *traitSet) take(who uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, known := slices.BinarySearch(t.takenFrom, who)
	switch {
	case known || t.many:
	case len(t.takenFrom) == maxTaken:
		t.takenFrom, t.many = nil, true
	default: // a new list: readers hold the one before
		t.takenFrom = slices.Concat(t.takenFrom[:i], []uint64{who}, t.takenFrom[i:])
	}
}

// taken are the people of whom something was taken away, and perhaps more;
// false when they are too many.
func (t *traitSet) taken() ([]uint64, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.takenFrom, !t.many
}

// noteTraits looks at a commit for what traitSet tells, before it is applied:
// a reader may then look in vain, but never misses anything.
func (f *Facts) noteTraits(c *commit) {
	for _, r := range c.of(changes) {
		switch r[7].(string) {
		case "test":
			f.traits.account.Store(true)
			f.traits.person.Store(true)
		case "internal":
			f.traits.account.Store(true)
		case "staff", "bot":
			f.traits.person.Store(true)
		case createdTrait:
			f.traits.born.Store(f.traits.born.Load() || r[5].(string) == "person")
		}
	}
	f.noteMoney(c)
	f.noteJoins(c)
	// Rows come without their first column, batch.
	who, n := activity.index("who")-1, activity.index("n")-1
	for _, r := range c.of(activity) {
		if r[n].(int64) < 0 {
			f.traits.take(r[who].(uint64))
		}
	}
	if len(c.of(moves)) > 0 {
		f.traits.moved.Store(true)
		f.traits.negative.Store(true)
	}
}

func (f *Facts) loadTraits(ctx context.Context) error {
	err := eachText(ctx, f.eng, "SELECT DISTINCT subject, trait FROM changes WHERE trait IN ('test', 'internal', 'staff', 'bot', '"+createdTrait+"')", nil, func(v []string) {
		if v[1] == createdTrait {
			f.traits.born.Store(f.traits.born.Load() || v[0] == "person")
			return
		}
		f.traits.account.Store(f.traits.account.Load() || v[0] == "account")
		f.traits.person.Store(f.traits.person.Load() || v[0] == "person")
	})
	if err != nil {
		return err
	}
	if err := f.loadMoney(ctx); err != nil {
		return err
	}
	err = eachText(ctx, f.eng, "SELECT 'x' AS x FROM moves LIMIT 1", nil, func([]string) {
		f.traits.moved.Store(true)
		f.traits.negative.Store(true)
	})
	if err != nil || !f.traits.negative.Load() {
		return err
	}
	rows, err := f.internal(ctx, "SELECT DISTINCT who FROM activity WHERE n < 0 LIMIT {most:Int64}", map[string]any{"most": int64(maxTaken + 1)})
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var who uint64
		if err := rows.Scan(&who); err != nil {
			return err
		}
		f.traits.take(who)
	}
	return rows.Err()
}

// pricing are the columns of subscriptions by which a price is told.
var pricing = []string{"unit", "gross", "off_percent", "off_minor", "off_until", "escalator"}

func (f *Facts) noteMoney(c *commit) {
	// Rows come without their first column, batch.
	status, first := subscriptions.index("status")-1, subscriptions.index("unit")-1
	for _, r := range c.of(subscriptions) {
		if r[status].(string) == "paused" {
			f.traits.paused.Store(true)
		}
		for i := range pricing {
			if r[first+i] != nil {
				f.traits.priced.Store(true)
			}
		}
	}
	kind := charges.index("kind") - 1
	for _, r := range c.of(charges) {
		if r[kind].(string) == "failed" {
			f.traits.failed.Store(true)
		}
	}
	if len(c.of(invoices)) > 0 {
		f.traits.billed.Store(true)
	}
	step := journeys.index("kind") - 1
	for _, r := range c.of(journeys) {
		if r[step].(string) == inviteKind {
			f.traits.invited.Store(true)
		}
	}
}

func (f *Facts) loadMoney(ctx context.Context) error {
	for text, trait := range map[string]*atomic.Bool{
		"subscriptions WHERE status = 'paused'":                                             &f.traits.paused,
		"subscriptions WHERE " + strings.Join(pricing, " IS NOT NULL OR ") + " IS NOT NULL": &f.traits.priced,
		"charges WHERE kind = 'failed'":                                                     &f.traits.failed,
		"invoices":                                                                          &f.traits.billed,
		"journeys WHERE kind = '" + inviteKind + "'":                                        &f.traits.invited,
	} {
		if err := eachText(ctx, f.eng, "SELECT 'x' AS x FROM "+text+" LIMIT 1", nil, func([]string) { trait.Store(true) }); err != nil {
			return err
		}
	}
	return nil
}

// seenTrait holds the day of an account's first fact.
const seenTrait = "$seen"

// noteAccounts writes the day of an account's first fact, when the events of
// the commit name one that was never seen, or never so early.
func (f *Facts) noteAccounts(c *commit, ps []prepared) {
	for i := range ps {
		p := &ps[i]
		e := p.e
		for _, account := range []string{p.named, p.member} {
			if account == "" {
				continue
			}
			day := farol.Day(p.day.Unix() / 86400)
			if first, ok := f.accounts[account]; ok && first <= day {
				continue
			}
			f.accounts[account] = day
			// Each time anew: a commit of history has many knowns.
			c.add(changes, e.Known, e.At, p.day, e.ID, string(e.Source), "account", account, seenTrait, "day", day.String())
		}
	}
}

// loadAccountsSeen reads the day of each account's first fact.
func (f *Facts) loadAccountsSeen(ctx context.Context) error {
	f.accounts = map[string]farol.Day{}
	rows, err := f.internal(ctx, "SELECT name, min(day) AS first_day FROM changes WHERE subject = 'account' AND trait = '"+seenTrait+"' GROUP BY name", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var day time.Time
		if err := rows.Scan(&name, &day); err != nil {
			return err
		}
		f.accounts[name] = farol.Day(day.Unix() / 86400)
	}
	return rows.Err()
}

// PeopleSayCreation tells whether any person has a trait created_at: when
// none has, people begin with what they did first.
func (f *Facts) PeopleSayCreation() bool { return f.traits.born.Load() }
