package demo

import (
	"fmt"
	"time"

	"github.com/farol-cs/farol"
)

// The vendor asks its own people four times a year whether they would recommend
// working there. The pay round of the third quarter is remembered.
const (
	employees    = 64
	oddsEmployee = 0.72 // that somebody answers
)

// askEmployees sends the survey on the tenth of the quarter's second month, to
// addresses: who works there is no user of the product.
func (c *Company) askEmployees() {
	_, m, day := c.today.UTC().Date()
	if day != 10 || m%3 != 2 {
		return
	}
	r := c.dice(streamStaff, 1, uint64(c.today))
	mood := 7.9 + 0.3*r.NormFloat64()
	if m == time.August {
		mood -= 0.6
	}
	for i := range employees {
		at := c.midnight.Add(within(r, 9*time.Hour, 11*time.Hour))
		answer, says := r.Float64() < oddsEmployee, score(mood+1.7*r.NormFloat64(), 0, 10)
		o := object{c.scratch()}
		mail := fmt.Sprintf("pessoa%02d@vendor.example", i+1)
		id := fmt.Sprintf("dlv-team-%s-%02d", c.today, i+1)
		k := call{kind: farol.Track, name: "Survey Sent", at: at, source: c.cfg.Sources.Support, context: contextServer}
		k.props = o.text("survey", "team").text("kind", "nps").text("relation", "employee").text("channel", "email").text("delivery", id).text("recipient", mail).done(&c.slab)
		c.send(r, k)
		if !answer {
			continue
		}
		o = object{c.scratch()}
		k.name, k.at = "Survey Answered", at.Add(within(r, time.Hour, 70*time.Hour))
		k.props = o.text("survey", "team").text("answer", "ans-"+id[4:]).text("kind", "nps").text("relation", "employee").text("delivery", id).text("recipient", mail).
			number("score", int64(says)).number("scale", 10).done(&c.slab)
		answered := k.at
		k.note = func(l *ledger) {
			l.tally(answered, func(m *MonthTruth) {
				m.StaffAnswers++
				switch {
				case says >= 9:
					m.StaffBalance++
				case says < 7:
					m.StaffBalance--
				}
			})
		}
		c.send(r, k)
	}
}
