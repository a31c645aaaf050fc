package ingest

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 789_000_000, time.UTC)
	second := at.Truncate(time.Second)
	day := time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		text string
		want time.Time // zero: cannot be read
	}{
		{"2026-02-03T04:05:06.789Z", at},
		{"2026-02-03T04:05:06.789312502Z", at},
		{"2026-02-03T01:05:06.789-03:00", at},
		{"2026-02-03T01:05:06.789-0300", at},
		{"2026-02-03T01:05:06.789-03", at},
		{"2026-02-03T04:05:06Z", second},
		{"2026-02-03t04:05:06z", second},
		{"2026-02-03T04:05:06,789Z", at},
		{"2026-02-03T04:05:06", second},
		{"2026-02-03 04:05:06", second},
		{"2026-02-03 04:05:06.789", at},
		{"2026-02-03 04:05:06 UTC", second},
		{"2026-02-03 04:05:06 +0000 UTC", second},
		{"  2026-02-03 04:05:06+00:00 ", second},
		{"Tue, 03 Feb 2026 04:05:06 GMT", second},
		{"2026-02-03T04:05Z", second.Truncate(time.Minute)},
		{"2026-02-03", day},
		{"1770091506", second},
		{"1770091506789", at},
		{"1770091506789123", at},
		{"1770091506789123456", at},
		{"1770091506.789", at},
		{"1.770091506789e9", at},
		{"-86400", time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)},
		{"0001-01-01T00:00:00Z", time.Time{}}, // Go's zero time
		{"", time.Time{}}, {"now", time.Time{}}, {"2026-13-01", time.Time{}}, {"2026-02-30T00:00:00Z", time.Time{}},
		{"NaN", time.Time{}}, {"Infinity", time.Time{}}, {"1e300", time.Time{}}, {"0x10p0", time.Time{}},
		{"-9223372036854775808", time.Time{}}, {"99999999999999999999999", time.Time{}},
	} {
		got, ok := parseTime(c.text)
		if ok == c.want.IsZero() || !got.Equal(c.want) {
			t.Errorf("%q: %v, %v; want %v", c.text, got, ok, c.want)
		}
	}
}

func TestClock(t *testing.T) {
	received := time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)
	happened := received.Add(-time.Hour)
	for _, c := range []struct {
		name     string
		sent     time.Duration // after received; 1 for not told
		original time.Time
		absurd   bool
		retried  bool
		want     time.Time
		flag     string
	}{
		{"no sentAt: as it is", 1, happened, false, false, happened, ""},
		{"no time at all", 1, time.Time{}, false, false, received, ""},
		{"no time, wrong clock", -3 * time.Hour, time.Time{}, false, false, received, ""},
		{"clocks agree", -40 * time.Millisecond, happened, false, false, happened, ""},
		{"a little ahead", 2 * time.Second, happened, false, false, happened, ""},
		{"the same bytes after a short outage", -4 * time.Minute, happened, false, false, happened, ""},
		{"sender's clock an hour slow", -time.Hour, happened.Add(-time.Hour), false, false, happened, clockCorrected},
		{"sender's clock an hour fast", time.Hour, happened.Add(time.Hour), false, false, happened, clockCorrected},
		{"a repetition after hours", -3 * time.Hour, happened.Add(-3 * time.Hour), false, true, happened.Add(-3 * time.Hour), ""},
		{"a repetition from the future", time.Hour, happened.Add(time.Hour), false, true, happened, clockCorrected},
		{"clock that was never set", -received.Sub(time.Unix(600, 0)), time.Unix(300, 0), false, false, received.Add(-5 * time.Minute), clockCorrected},
		{"history of years ago", 1, received.AddDate(-9, 0, 0), false, false, received.AddDate(-9, 0, 0), ""},
		{"unreadable", 1, time.Time{}, true, false, received, clockUnreadable},
		{"before all software", 1, time.Unix(0, 0), false, false, received, clockUnreadable},
		{"within a day ahead", 1, received.Add(23 * time.Hour), false, false, received.Add(23 * time.Hour), ""},
		{"two days ahead", 1, received.Add(48 * time.Hour), false, false, received, clockFuture},
		{"ahead after correction", -2 * time.Hour, received.Add(24 * time.Hour), false, false, received, clockFuture},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := clock{received: received, retried: c.retried}
			if c.sent != 1 {
				k.sent = received.Add(c.sent)
			}
			if at, flag := k.place(c.original, c.absurd); !at.Equal(c.want) || flag != c.flag {
				t.Errorf("%v %q, want %v %q", at, flag, c.want, c.flag)
			}
		})
	}
}

// FuzzTime: whatever is sent as a time, an event lies where every engine can
// keep it, and at most a day ahead.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"2026-02-03T04:05:06.789Z", "1770091506", "9e99", "0001-01-01", "-1", "2026-02-03 04:05:06 +0000 UTC"} {
		f.Add(s, "2026-02-03T04:05:06Z", false)
		f.Add("2026-02-03T04:05:06Z", s, true)
	}
	received := time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, original, sent string, retried bool) {
		o, ok := parseTime(original)
		s, _ := parseTime(sent)
		at, flag := clock{received, s, retried}.place(o, !ok)
		if at.Before(earliest) || at.After(received.Add(horizon)) {
			t.Errorf("%q sent at %q was put on %v", original, sent, at)
		}
		if fast, ok := plainTime(original); ok {
			if slow, err := time.Parse(time.RFC3339, original); err != nil || !slow.Equal(fast) {
				t.Errorf("%q read as %v, which is %v, %v", original, fast, slow, err)
			}
		}
		if !at.Equal(o) && flag == "" && ok {
			t.Errorf("%q sent at %q was moved to %v without a flag", original, sent, at)
		}
	})
}
