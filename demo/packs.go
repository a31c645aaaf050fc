package demo

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/farol-cs/farol"
)

// Some who try the product take no contract, and buy packs of reports when
// they need them. They buy at a rate of their own, and after each purchase
// some never come again (the process that BG/NBD describes): a gamma of
// purchases a month, a beta of the chance to have been the last. What one is
// worth follows the process of Gamma-Gamma.
const (
	oddsPacks  = 0.7
	packShape  = 1.6 // of the rate
	packMonths = 2.2 // mean time between purchases of the mean buyer
	packSpend  = 6   // shape of the values of one buyer
	packWorth  = 4   // and of the means of all, with packScale
	packScale  = 115
)

// pack is one purchase.
type pack struct {
	account  *account
	day      farol.Day
	minor    int64
	currency farol.Currency
}

// buyPacks plans the purchases of an account whose trial ended, with dice of
// its own.
func (c *Company) buyPacks(a *account) {
	r := c.dice(streamPacks, uint64(a.number), 0)
	if a.excluded != "" || r.Float64() >= oddsPacks {
		return
	}
	rate := gamma(r, packShape) / packShape / packMonths
	last := gamma(r, 1)
	last /= last + gamma(r, 4)
	mean := packScale / gamma(r, packWorth)
	c.nextPack(a, r, rate, last, mean, c.today.Next(1+int(r.ExpFloat64()*12)))
}

// nextPack plans one purchase, and with it perhaps the one after.
func (c *Company) nextPack(a *account, r *rand.Rand, rate, last, scale float64, on farol.Day) {
	a.later(on, func(*rand.Rand) {
		p := pack{a, c.today, 1000 * int64(math.Round(gamma(r, packSpend)*scale/10)), a.currency()}
		p.minor = max(p.minor, 1000)
		if a.usd {
			p.minor = p.minor / 5 / 100 * 100
		}
		o := object{c.scratch()}
		c.send(r, call{kind: farol.Track, name: "Payment Succeeded", at: c.midnight.Add(within(r, 9*time.Hour, 18*time.Hour)), source: c.cfg.Sources.Billing,
			user: c.payer(a), account: a, props: o.text("product", "Pacote de relatórios").cents("amount", p.minor).text("currency", string(p.currency)).done(&c.slab),
			context: contextServer, note: func(l *ledger) { l.bought = append(l.bought, p) }})
		if r.Float64() < last {
			return
		}
		if wait := r.ExpFloat64() / rate * 30.4; wait < 2000 {
			c.nextPack(a, r, rate, last, scale, c.today.Next(1+int(wait)))
		}
	})
}

// gamma draws from a gamma distribution of scale 1 and a shape of at least 1
// (Marsaglia and Tsang).
func gamma(r *rand.Rand, shape float64) float64 {
	d := shape - 1.0/3
	for {
		x := r.NormFloat64()
		v := 1 + x/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v *= v * v
		if math.Log(1-r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// bought sums up what each buyer bought, as known.
func (c *Company) bought(t *Truth) {
	place := map[*account]int{}
	for _, p := range c.book.bought {
		i, ok := place[p.account]
		if !ok {
			i = len(t.Buyers)
			place[p.account] = i
			t.Buyers = append(t.Buyers, BuyerTruth{Account: p.account.id, Currency: p.currency, First: p.day, Last: p.day})
		}
		b := &t.Buyers[i]
		b.Purchases++
		b.Minor += p.minor
		b.First, b.Last = min(b.First, p.day), max(b.Last, p.day)
	}
}
