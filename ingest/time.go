package ingest

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// What Event.ClockFlag says of a time that is not the sender's.
const (
	clockCorrected  = "corrected"
	clockUnreadable = "unreadable"
	clockFuture     = "future"
)

const (
	// outage is how long a request may have been under way without its clock
	// being called wrong: some clients (analytics-go, RudderStack for Node)
	// send the same bytes again for minutes, the old sentAt included.
	outage = 5 * time.Minute
	// jitter is how far ahead a clock may be without being called wrong.
	jitter = 5 * time.Second
	// horizon is how far ahead an event may lie.
	horizon = 24 * time.Hour
)

// earliest is the first believable time. An event before it comes from an
// unset clock or a zero value, and no engine's dates reach lower.
var earliest = time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)

// clock is what a call says of the sender's clock.
type clock struct {
	received time.Time
	// sent is the sender's time of sending, zero when it told none.
	sent time.Time
	// retried says that the request is a repetition, by its own headers.
	retried bool
}

// skew is what must be added to the sender's times, 0 when its clock is
// believed. A time of sending ahead of ours is always a wrong clock; one that
// lies behind is a wrong clock only where no outage explains it.
func (c clock) skew() time.Duration {
	if c.sent.IsZero() {
		return 0
	}
	late := c.received.Sub(c.sent)
	if late < -jitter || late > outage && !c.retried {
		return late
	}
	return 0
}

// place decides when an event happened from the time that its sender wrote
// (zero: none). absurd says that it wrote one that could not be read.
func (c clock) place(original time.Time, absurd bool) (at time.Time, flag string) {
	if absurd {
		return c.received, clockUnreadable
	}
	if original.IsZero() {
		return c.received, ""
	}
	at = original
	if skew := c.skew(); skew != 0 {
		at, flag = original.Add(skew), clockCorrected
	}
	switch {
	case at.Before(earliest):
		return c.received, clockUnreadable
	case at.After(c.received.Add(horizon)):
		return c.received, clockFuture
	}
	return at, flag
}

// layouts are the ways of writing a time besides RFC 3339, most frequent
// first. What names no zone is UTC.
var layouts = []string{
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05Z07",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05Z0700",
	"2006-01-02 15:04:05 Z0700",
	"2006-01-02 15:04:05 Z0700 MST",
	"2006-01-02 15:04:05 Z07:00",
	"2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04",
	"2006-01-02 15:04",
	time.DateOnly,
	time.RFC1123,
	time.RFC1123Z,
}

// parseTime reads a time as tracking clients write it: ISO 8601 with any
// number of decimals, with or without offset, a date alone, or seconds,
// milliseconds, microseconds or nanoseconds since 1970 as a number or as its
// text. UTC, cut to the millisecond.
func parseTime(s string) (time.Time, bool) {
	if t, ok := plainTime(s); ok {
		return t, true
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return millis(t)
	}
	s = strings.TrimSpace(s)
	if len(s) > 64 {
		return time.Time{}, false
	}
	if t, ok := epoch(s); ok {
		return millis(t)
	}
	s = strings.ToUpper(s) // for t and z in lower case; names of days and months match in any
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return millis(t)
		}
	}
	return time.Time{}, false
}

// plainTime reads 2026-02-03T04:05:06.789Z, as nearly all events come, in a
// third of the time that time.Parse takes.
func plainTime[T []byte | string](s T) (time.Time, bool) {
	if len(s) != len("2026-02-03T04:05:06.789Z") || s[4] != '-' || s[7] != '-' || s[10] != 'T' ||
		s[13] != ':' || s[16] != ':' || s[19] != '.' || s[23] != 'Z' {
		return time.Time{}, false
	}
	ok := true
	number := func(from, to int) (n int) {
		for _, c := range []byte(s[from:to]) {
			ok = ok && c-'0' <= 9
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := number(0, 4), number(5, 7), number(8, 10)
	hour, minute, second, ms := number(11, 13), number(14, 16), number(17, 19), number(20, 23)
	// What the calendar does not know is left to time.Parse.
	if !ok || year < 2 || month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, ms*int(time.Millisecond), time.UTC), true
}

// millis refuses the zero time of Go and what its neighbours are: a client
// that set no time.
func millis(t time.Time) (time.Time, bool) {
	if t.Year() < 2 {
		return time.Time{}, false
	}
	return t.UTC().Truncate(time.Millisecond), true
}

// epoch reads a number of seconds or of thousandths, millionths or billionths
// of one; which, its size tells (seconds reach the year 5138).
func epoch(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch abs := max(n, -n); {
		case abs < 0: // the one int64 that has no opposite
			return time.Time{}, false
		case abs < 1e11:
			return time.Unix(n, 0), true
		case abs < 1e14:
			return time.UnixMilli(n), true
		case abs < 1e17:
			return time.UnixMicro(n), true
		default:
			return time.Unix(0, n), true
		}
	}
	if strings.ContainsAny(s, "xXpP_") {
		return time.Time{}, false // Go's hexadecimal floats
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1e17 {
		return time.Time{}, false
	}
	switch abs := math.Abs(f); {
	case abs < 1e11:
		f *= 1e3
	case abs >= 1e14:
		f /= 1e3
	}
	return time.UnixMilli(int64(math.Round(f))), true
}
