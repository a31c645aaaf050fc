package facts

import (
	"testing"
	"time"

	"github.com/valyala/fastjson"
)

// Intervals end in the month that they aim at, also where a day has no midnight.
func TestShifted(t *testing.T) {
	santiago, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, interval string
		n              int
		want           string
	}{
		{"2026-10-06 00:00", perMonth, -1, "2026-09-06 01:00"},
		{"2026-08-06 00:30", perMonth, 1, "2026-09-06 01:00"},
		{"2026-08-30 00:00", perWeek, 1, "2026-09-06 01:00"},
		{"2026-09-05 00:00", perDay, 1, "2026-09-06 01:00"},
		{"2026-09-06 01:00", perMonth, 1, "2026-10-06 00:00"},
		{"2025-09-06 12:00", perYear, 1, "2026-09-06 12:00"},
		{"2026-01-31 12:00", perMonth, 1, "2026-02-28 12:00"},
		{"2024-02-29 12:00", perYear, 1, "2025-02-28 12:00"},
		{"2026-03-31 12:00", perMonth, -13, "2025-02-28 12:00"},
	} {
		from, err := time.ParseInLocation("2006-01-02 15:04", c.from, santiago)
		if err != nil {
			t.Fatal(err)
		}
		if got := shifted(from, c.interval, c.n).Format("2006-01-02 15:04"); got != c.want {
			t.Errorf("%s and %d %s is %s, not %s", c.from, c.n, c.interval, got, c.want)
		}
	}
}

// A line for a part of a month, whose month begins on a day without midnight:
// 15 of its 30 days, but for an hour.
func TestProratedWhereMidnightIsMissing(t *testing.T) {
	santiago, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	var parser fastjson.Parser
	v, err := propertiesOf(&parser, []byte(`{"interval":"month","period_start":"2026-09-21","period_end":"2026-10-06"}`))
	if err != nil {
		t.Fatal(err)
	}
	got := v.monthlyOf(36000, v.served("period_start", santiago), v.served("period_end", santiago), santiago)
	if want := 36000 * (30*24 - 1) / float64(15*24); got != want {
		t.Errorf("a month is %v, not %v", got, want)
	}
}
