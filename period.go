package farol

import (
	"fmt"
	"time"
)

// Grain is the length of the periods that a series is cut into.
type Grain string

// The grains. Weeks begin on Monday unless a Calendar says otherwise.
const (
	Daily   Grain = "day"
	Weekly  Grain = "week"
	Monthly Grain = "month"
)

// ParseGrain reads day, week or month.
func ParseGrain(s string) (Grain, error) {
	switch g := Grain(s); g {
	case Daily, Weekly, Monthly:
		return g, nil
	}
	return "", fmt.Errorf("grain must be day, week or month, not %q", s)
}

// Calendar is how a company cuts time: its zone and its first day of the week.
type Calendar struct {
	Zone *time.Location
	// WeekStart is time.Monday (ISO, the default of the program) or time.Sunday.
	WeekStart time.Weekday
}

// Period is a half-open run of local days [From, To).
type Period struct {
	From, To Day
}

// ParsePeriod reads two dates; to is the first day after the period.
func ParsePeriod(from, to string) (Period, error) {
	f, err := ParseDay(from)
	if err != nil {
		return Period{}, err
	}
	t, err := ParseDay(to)
	if err != nil {
		return Period{}, err
	}
	if t <= f {
		return Period{}, fmt.Errorf("the period ends (%s) before it begins (%s)", t, f)
	}
	return Period{f, t}, nil
}

// Days is how many local days the period has.
func (p Period) Days() int { return int(p.To - p.From) }

// Last is the last day inside the period.
func (p Period) Last() Day { return p.To - 1 }

// Contains tells whether the day is inside.
func (p Period) Contains(d Day) bool { return d >= p.From && d < p.To }

// Start and End are the instants of the bounds in the zone; the period holds
// the instants with Start <= t < End.
func (p Period) Start(zone *time.Location) time.Time { return p.From.Start(zone) }

// End is the first instant after the period in the zone.
func (p Period) End(zone *time.Location) time.Time { return p.To.Start(zone) }

// String is "2026-02-01/2026-03-01" (ISO 8601, the end not included).
func (p Period) String() string { return p.From.String() + "/" + p.To.String() }

// PeriodAt is the period of the grain that holds the day.
func (c Calendar) PeriodAt(g Grain, d Day) Period {
	switch g {
	case Weekly:
		back := (int(d.Weekday()) - int(c.WeekStart) + 7) % 7
		return Period{d.Next(-back), d.Next(-back + 7)}
	case Monthly:
		y, m, _ := d.UTC().Date()
		return Period{Date(y, m, 1), Date(y, m+1, 1)}
	default:
		return Period{d, d + 1}
	}
}

// Cut lists the periods of the grain that overlap p, whole: the first may
// begin before p and the last end after it.
func (c Calendar) Cut(g Grain, p Period) []Period {
	var out []Period
	for d := p.From; d < p.To; {
		q := c.PeriodAt(g, d)
		out = append(out, q)
		d = q.To
	}
	return out
}

// Today is the local day of the instant.
func (c Calendar) Today(now time.Time) Day { return DayOf(now, c.Zone) }
