package farol

import (
	"fmt"
	"time"
)

// Day is a calendar day without a zone: days since 1970-01-01.
type Day int32

// DayOf is the local calendar day of an instant.
func DayOf(t time.Time, zone *time.Location) Day {
	y, m, d := t.In(zone).Date()
	return Date(y, m, d)
}

// Date makes a Day; month and day overflow as in time.Date.
func Date(year int, month time.Month, day int) Day {
	secs := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
	if secs < 0 {
		return Day((secs - 86399) / 86400)
	}
	return Day(secs / 86400)
}

// ParseDay reads YYYY-MM-DD.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("not a date as YYYY-MM-DD: %q", s)
	}
	return Date(t.Date()), nil
}

// UTC is midnight UTC of the day: for formatting and calendar arithmetic,
// never an instant of the customer's.
func (d Day) UTC() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Start is the first instant of the day in the zone. Where midnight does not
// exist (Brazil's summer time began at 00:00) it is the first instant after.
func (d Day) Start(zone *time.Location) time.Time {
	y, m, day := d.UTC().Date()
	t := time.Date(y, m, day, 0, 0, 0, 0, zone)
	// In a gap time.Date may answer an instant of the day before; in a fold
	// (midnight twice) it may answer the second one.
	for DayOf(t, zone) < d {
		t = t.Add(15 * time.Minute)
	}
	for DayOf(t.Add(-time.Nanosecond), zone) >= d {
		t = t.Add(-15 * time.Minute)
	}
	return t
}

// Next is the day n days on (back when n is negative).
func (d Day) Next(n int) Day { return d + Day(n) }

// String is YYYY-MM-DD.
func (d Day) String() string { return d.UTC().Format(time.DateOnly) }

// Weekday of the day.
func (d Day) Weekday() time.Weekday { return d.UTC().Weekday() }

// MarshalText writes YYYY-MM-DD.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD.
func (d *Day) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDay(string(b))
	return err
}
