package job

import (
	"time"

	"github.com/farol-cs/farol/store"
)

// Rhythm is how a source usually sends: for each hour of the week, how many
// events it gave and in how many of the weeks it gave any. It is the source's
// own: a shop is quiet on Sundays, a nightly import for 23 hours of 24.
type Rhythm struct {
	zone *time.Location
	// weeks is how many weeks of history there are of each hour, active in how
	// many of them something came, events what came in all.
	weeks, active, events [168]float64
	// hours is how long the history is; Last when the last event came.
	hours int
	Last  time.Time
}

const (
	// rhythmWeeks is how far back the rhythm looks.
	rhythmWeeks = 8
	// least is the shortest history that tells of a rhythm.
	least = 24
	// silent is how likely the quiet may at most be, were the source well.
	silent = 0.005
)

// RhythmOf learns the rhythm of a source from its hours up to its last event,
// the earliest first: a silence that lasts says nothing of how it usually is.
func RhythmOf(hours []store.SourceHour, zone *time.Location) *Rhythm {
	r := &Rhythm{zone: zone}
	byHour := map[int64]int64{}
	var first, last int64
	for _, h := range hours {
		if h.Events == 0 {
			continue
		}
		n := h.Hour.Unix() / 3600
		if first == 0 {
			first = n
		}
		last = n
		byHour[n] += h.Events
		if h.Last.After(r.Last) {
			r.Last = h.Last
		}
	}
	if first == 0 {
		return r
	}
	first = max(first, last-rhythmWeeks*168+1)
	// The hour of the last event is not over, or was the last before it went
	// quiet: it counts as one in which something came.
	for n := first; n <= last; n++ {
		at := r.slot(time.Unix(n*3600, 0))
		r.weeks[at]++
		r.hours++
		if e := byHour[n]; e > 0 {
			r.active[at]++
			r.events[at] += float64(e)
		}
	}
	return r
}

// slot is the hour of the week, by the company's clock.
func (r *Rhythm) slot(t time.Time) int {
	t = t.In(r.zone)
	return int(t.Weekday())*24 + t.Hour()
}

// Known tells whether the history is long enough to tell of a rhythm.
func (r *Rhythm) Known() bool { return r.hours >= least }

// chance is how likely something comes in the hour. What the hour of the week
// showed in few weeks is drawn to what the same hour of the day, and all hours,
// show.
func (r *Rhythm) chance(slot int) float64 {
	day, dayWeeks, all, allWeeks := 0.0, 0.0, 0.0, 0.0
	for i := range r.weeks {
		all, allWeeks = all+r.active[i], allWeeks+r.weeks[i]
		if i%24 == slot%24 {
			day, dayWeeks = day+r.active[i], dayWeeks+r.weeks[i]
		}
	}
	p := (all + 0.5) / (allWeeks + 1)
	p = (day + p) / (dayWeeks + 1)
	return (r.active[slot] + p) / (r.weeks[slot] + 1)
}

// Quiet is how likely it is that nothing came since the last event, had the
// source gone on in its rhythm: 1 when the hour is not over yet.
func (r *Rhythm) Quiet(now time.Time) float64 {
	p := 1.0
	// The hour of the last event, and the one that is not over, say nothing.
	for t := r.Last.Truncate(time.Hour).Add(time.Hour); !t.Add(time.Hour).After(now) && p > 1e-12; t = t.Add(time.Hour) {
		p *= 1 - r.chance(r.slot(t))
	}
	return p
}

// Silent tells whether the source has been quiet for longer than its rhythm
// explains.
func (r *Rhythm) Silent(now time.Time) bool { return r.Known() && r.Quiet(now) < silent }

// Expected is how many events usually come in the stretch.
func (r *Rhythm) Expected(from, to time.Time) float64 {
	sum := 0.0
	for t := from.Truncate(time.Hour); t.Before(to); t = t.Add(time.Hour) {
		if at := r.slot(t); r.weeks[at] > 0 {
			sum += r.events[at] / r.weeks[at]
		}
	}
	return sum
}
