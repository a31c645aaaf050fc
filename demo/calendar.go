package demo

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/farol-cs/farol"
)

// easter is Easter Sunday of the year (the anonymous Gregorian computus).
func easter(y int) farol.Day {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return farol.Date(y, time.Month(n/31), n%31+1)
}

// Holiday tells how much of an ordinary working day is left of a holiday in
// Brazil: 1 on days that are none. Carnival is no legal holiday, but offices
// close; Ash Wednesday begins at noon.
func Holiday(d farol.Day) float64 {
	y, m, day := d.UTC().Date()
	switch int(d - easter(y)) {
	case -48, -47:
		return 0.12
	case -46:
		return 0.55
	case -2, 60:
		return 0.1
	}
	switch int(m)*100 + day {
	case 101, 421, 501, 907, 1012, 1102, 1115, 1225:
		return 0.1
	case 1120: // a national holiday since 2024
		if y >= 2024 {
			return 0.1
		}
	case 1224, 1231:
		return 0.3
	}
	return 1
}

// workday is how much people work on the day: 1 on an ordinary Tuesday. Only
// customers in Brazil keep its holidays.
func workday(d farol.Day, brazil bool) float64 {
	_, m, day := d.UTC().Date()
	w := [7]float64{0.05, 0.97, 1, 1, 0.99, 0.9, 0.08}[d.Weekday()]
	if (m == time.December && day >= 20) || (m == time.January && day <= 5) {
		w *= 0.62
	}
	if brazil || (m == time.December && day == 25) || (m == time.January && day == 1) {
		w *= Holiday(d)
	}
	return w
}

// hours is when people work, by local hour, in thousandths.
var hours = [24]int{6, 3, 2, 1, 2, 6, 14, 34, 76, 104, 112, 104, 58, 68, 104, 102, 88, 60, 26, 12, 9, 8, 7, 6}

var hoursTotal = func() (n int) {
	for _, h := range hours {
		n += h
	}
	return n
}()

// moment is a time of today at which people of the account work.
func (c *Company) moment(a *account, r *rand.Rand) time.Time {
	n := r.IntN(hoursTotal)
	h := 0
	for n >= hours[h] {
		n -= hours[h]
		h++
	}
	h = (h + a.shift + 24) % 24
	return c.midnight.Add(time.Duration(h)*time.Hour + time.Duration(r.Int64N(3_600_000))*time.Millisecond)
}

// office is a time of today between 9 and 18 o'clock.
func (c *Company) office(r *rand.Rand) time.Time {
	return c.midnight.Add(9*time.Hour + time.Duration(r.Int64N(9*3_600_000))*time.Millisecond)
}

// poisson draws a count with the mean (Knuth's way, which needs exp(-mean)
// well above zero: a great mean is drawn in parts).
func poisson(r *rand.Rand, mean float64) int {
	if mean > 30 {
		return poisson(r, 30) + poisson(r, mean-30)
	}
	limit, p, k := math.Exp(-mean), r.Float64(), 0
	for p > limit {
		p *= r.Float64()
		k++
	}
	return k
}

// within is a duration drawn evenly from [lo, hi).
func within(r *rand.Rand, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(r.Int64N(int64(hi-lo)))
}

// between is a whole number drawn evenly from lo to hi, both included.
func between(r *rand.Rand, lo, hi int) int { return lo + r.IntN(hi-lo+1) }

// weighted draws an index with the weights.
func weighted(r *rand.Rand, weights ...float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	x := r.Float64() * sum
	for i, w := range weights {
		if x < w {
			return i
		}
		x -= w
	}
	return len(weights) - 1
}

// some draws one of the list.
func some[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
