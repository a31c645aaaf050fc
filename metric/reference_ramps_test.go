package metric

import (
	"math"
	"strings"

	"github.com/farol-cs/farol"
)

// refMean is the price that an event of a ramped deal counts with: a mean that
// it sets, or none, because the step is in a mean already.
type refMean struct {
	sets, net bool
	price     float64
}

// averageRamps gives the events of ramped deals their means, where these count.
func (r *reference) averageRamps(list []revEvent) {
	if r.s.Conventions.Ramps != RampAverage {
		return
	}
	bySub := map[string][]*revEvent{}
	for i := range list {
		if e := &list[i]; e.line == nil && strings.HasPrefix(e.name, "Subscription ") {
			bySub[e.sub] = append(bySub[e.sub], e)
		}
	}
	for _, events := range bySub {
		r.averageSubscription(events)
	}
}

// refPrice is how the price of a subscription stands after an event.
type refPrice struct {
	price, unit, gross, net, units float64
	mode                           string
	end, termOn                    farol.Day
}

// averageSubscription walks over the events of one subscription.
func (r *reference) averageSubscription(events []*revEvent) {
	now := refPrice{end: -1, termOn: -1, units: 1}
	states, head, step, begins := make([]refPrice, len(events)), make([]bool, len(events)), make([]bool, len(events)), make([]bool, len(events))
	any := false
	for i, e := range events {
		moves, term := now.take(r, e)
		states[i], begins[i] = now, term
		on := r.day(e.at)
		agreed := e.name == "Subscription Changed" && !term && e.said < on && e.said <= now.termOn && on < now.end
		head[i], step[i] = moves && !agreed, moves && agreed
		any = any || step[i]
	}
	if !any {
		return
	}
	for i, e := range events {
		switch {
		case step[i]:
			e.mean = &refMean{}
		case head[i]:
			e.mean = r.meanOf(e, states[i], events[i+1:], begins[i+1:])
		}
	}
}

// meanOf is the mean of the price that an event sets, and of the steps among
// the later ones that were signed with its term.
func (r *reference) meanOf(e *revEvent, now refPrice, later []*revEvent, begins []bool) *refMean {
	m := &refMean{sets: true, net: now.mode == "m", price: now.price}
	begin, end, termOn := r.day(e.at), now.end, now.termOn
	whole := refTerm{from: begin, ends: end}.months
	sum, from := 0.0, begin
	in := func(to farol.Day) float64 {
		return refTerm{from: begin, ends: to}.months() - refTerm{from: begin, ends: from}.months()
	}
	steps := 0
	for i, x := range later {
		on := r.day(x.at)
		if x.name != "Subscription Changed" || begins[i] || x.said >= on || x.said > termOn || on >= end {
			continue
		}
		next := now
		next.take(r, x)
		sum += now.price * in(on)
		now, from, steps = next, on, steps+1
		m.net = m.net && now.mode == "m"
	}
	if steps > 0 {
		m.price = (sum + now.price*in(end)) / whole()
	}
	return m
}

// take reads an event: whether it moves the price, and whether it begins a term.
func (s *refPrice) take(r *reference, e *revEvent) (moves, term bool) {
	num := func(key string) (float64, bool) { v, ok := e.props[key].(float64); return v, ok }
	if end, ok := e.props["ends_at"].(string); ok && e.name != "Subscription Cancelled" {
		if day := r.day(mustTime(end)); day != s.end {
			s.end, s.termOn, term = day, r.day(e.at), true
		}
	}
	q, counted := num("quantity")
	if !counted {
		q, counted = num("seats")
	}
	if counted {
		s.units = q
	}
	interval, _ := e.props["interval"].(string)
	factor := monthlyFactor(interval, e.props["interval_count"])
	if v, ok := num("mrr"); ok {
		s.mode, s.net, moves = "m", math.Round(v*100), true
	} else if v, ok := num("unit_price"); ok {
		s.mode, s.unit, moves = "u", math.Round(v*100)*factor, true
	} else if v, ok := num("amount"); ok {
		s.mode, s.gross, moves = "g", math.Round(v*100)*factor, true
	}
	s.price = map[string]float64{"m": s.net, "u": s.unit * s.units, "g": s.gross}[s.mode]
	return moves || term || s.mode == "u" && counted, term
}
