package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/farol-cs/farol"
)

// spending is what the company spends in a month, in whole units of BRL: a
// part that grows with the base and a part that does not.
var spending = []struct {
	category, channel string
	fixed, perAccount int64
}{
	{"sales", "outbound", 60_000, 120},
	{"sales", "event", 22_000, 30},
	{"marketing", "paid search", 30_000, 80},
	{"marketing", "content", 20_000, 30},
	{"marketing", "organic", 8000, 0},
	{"marketing", "referral", 3000, 20},
	{"success", "", 40_000, 200},
	{"other", "", 15_000, 30},
}

// spend reports, on the third of a month, what the month before cost. In the
// first months the company is small; every figure varies by a tenth.
func (c *Company) spend() {
	y, m, day := c.today.UTC().Date()
	if day != 3 || c.today < c.first.Next(25) {
		return
	}
	r := c.dice(streamCosts, uint64(c.today), 0)
	month := farol.Date(y, m-1, 1)
	name := fmt.Sprintf("%04d-%02d", month.UTC().Year(), int(month.UTC().Month()))
	base := int64(0)
	for _, a := range c.accounts {
		if a.stage == paying || a.stage == paused {
			base++
		}
	}
	at := c.midnight.Add(within(r, 9*time.Hour, 10*time.Hour))
	for i, s := range spending {
		c.reportCost(r, at.Add(time.Duration(i)*time.Second), s.category, s.channel, name, (s.fixed+s.perAccount*base)*int64(between(r, 90, 110)))
	}
}

func (c *Company) reportCost(r *rand.Rand, at time.Time, category, channel, month string, minor int64) {
	o := object{c.scratch()}
	o.text("cost", month+" "+category+" "+channel).text("category", category).cents("amount", minor).text("currency", "BRL").text("month", month)
	if channel != "" {
		o.text("channel", channel)
	}
	c.send(r, call{kind: farol.Track, name: "Cost Reported", at: at, source: c.cfg.Sources.Billing, props: o.done(&c.slab), context: contextServer})
}
