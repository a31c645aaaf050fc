package farol

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// The zones have days of 23 and 25 hours, a midnight that does not exist, a
// midnight that comes twice, and a day that never was.
var oddZones = []string{"UTC", "America/Sao_Paulo", "Europe/Lisbon", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu"}

func TestDayStartIsTheFirstInstantOfTheDay(t *testing.T) {
	for _, name := range oddZones {
		z := zone(t, name)
		for d := Date(2009, 1, 1); d < Date(2026, 12, 31); d++ {
			start := d.Start(z)
			if got := DayOf(start, z); got < d {
				t.Fatalf("%s: %s starts at %s, which is on %s", name, d, start.In(z), got)
			}
			if got := DayOf(start.Add(-time.Nanosecond), z); got >= d {
				t.Fatalf("%s: the instant before %s is already on %s", name, start.In(z), got)
			}
		}
	}
}

func TestDaysOfOddLength(t *testing.T) {
	cases := []struct {
		zone string
		day  Day
		want time.Duration
	}{
		{"America/Sao_Paulo", Date(2018, 11, 4), 23 * time.Hour}, // began at 01:00
		{"America/Sao_Paulo", Date(2018, 2, 17), 25 * time.Hour},
		{"Europe/Lisbon", Date(2026, 3, 29), 23 * time.Hour},
		{"Europe/Lisbon", Date(2026, 10, 25), 25 * time.Hour},
		{"America/Sao_Paulo", Date(2026, 2, 17), 24 * time.Hour},
		{"Pacific/Apia", Date(2011, 12, 30), 0}, // skipped by law
	}
	for _, c := range cases {
		z := zone(t, c.zone)
		p := Period{c.day, c.day + 1}
		if got := p.End(z).Sub(p.Start(z)); got != c.want {
			t.Errorf("%s %s lasts %s, want %s", c.zone, c.day, got, c.want)
		}
	}
}

func TestDayTextRoundTrip(t *testing.T) {
	for _, d := range []Day{0, -1, Date(1899, 12, 31), Date(2024, 2, 29), Date(2149, 1, 1)} {
		b, _ := d.MarshalText()
		var back Day
		if err := back.UnmarshalText(b); err != nil || back != d {
			t.Errorf("%s became %s (%v)", d, back, err)
		}
	}
	for _, bad := range []string{"", "2026-13-01", "2026-02-30", "26-1-1", "2026-01-01T00:00:00Z"} {
		if _, err := ParseDay(bad); err == nil {
			t.Errorf("%q was read as a date", bad)
		}
	}
}

func TestCutCoversThePeriodWithoutGapOrOverlap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		c := Calendar{time.UTC, []time.Weekday{time.Monday, time.Sunday}[rng.IntN(2)]}
		g := []Grain{Daily, Weekly, Monthly}[rng.IntN(3)]
		from := Date(2020, 1, 1) + Day(rng.IntN(2000))
		p := Period{from, from + 1 + Day(rng.IntN(400))}
		cut := c.Cut(g, p)
		if cut[0].From > p.From || cut[len(cut)-1].To < p.To || cut[0].To <= p.From || cut[len(cut)-1].From >= p.To {
			t.Fatalf("%s of %s: %v", g, p, cut)
		}
		for i, q := range cut {
			if i > 0 && cut[i-1].To != q.From {
				t.Fatalf("%s of %s: gap or overlap at %v", g, p, q)
			}
			if c.PeriodAt(g, q.Last()) != q {
				t.Fatalf("the period of %s is not %v", q.Last(), q)
			}
		}
	}
}

func TestWeekStart(t *testing.T) {
	sunday := Date(2026, 2, 15)
	if p := (Calendar{time.UTC, time.Monday}).PeriodAt(Weekly, sunday); p.From != sunday-6 {
		t.Errorf("ISO week of a Sunday begins %s", p.From)
	}
	if p := (Calendar{time.UTC, time.Sunday}).PeriodAt(Weekly, sunday); p.From != sunday {
		t.Errorf("Sunday week of a Sunday begins %s", p.From)
	}
}

func TestLate(t *testing.T) {
	z := zone(t, "America/Sao_Paulo")
	at := time.Date(2026, 3, 10, 23, 59, 0, 0, z)
	for _, c := range []struct {
		after time.Duration
		want  bool
	}{{0, false}, {time.Minute, false}, {time.Hour, false}, {61 * time.Minute, true}, {72 * time.Hour, true}} {
		if got := Late(at, at.Add(c.after), z); got != c.want {
			t.Errorf("%s after: late = %v", c.after, got)
		}
	}
}

func TestMoney(t *testing.T) {
	good := map[string]int64{"10": 1000, "-12.5": -1250, "0.01": 1, "1e": 0, "92233720368547758.07": 9223372036854775807}
	delete(good, "1e")
	for s, want := range good {
		m, err := ParseMoney(s, "BRL")
		if err != nil || m.Minor != want {
			t.Errorf("%q: %v, %v", s, m, err)
		}
	}
	for _, bad := range []string{"", "1.005", "1e3", "0x10", "1/3", "NaN", "Inf", "92233720368547758.08", "1_000", " 1"} {
		if m, err := ParseMoney(bad, "BRL"); err == nil {
			t.Errorf("%q was read as %v", bad, m)
		}
	}
	if _, err := ParseMoney("1", "brl"); err == nil {
		t.Error("brl passed as a currency code")
	}
	for m, want := range map[Money]string{{123450, "BRL"}: "1234.50 BRL", {-5, "BRL"}: "-0.05 BRL", {500, "JPY"}: "500 JPY", {1234, "KWD"}: "1.234 KWD"} {
		if got := m.String(); got != want {
			t.Errorf("%d %s is written %q", m.Minor, m.Currency, got)
		}
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"1", "-1.25", "1e9", "9999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMoney(s, "BRL")
		if err != nil {
			return
		}
		back, err := ParseMoney(m.String()[:len(m.String())-4], "BRL")
		if err != nil || back != m {
			t.Fatalf("%q: %v became %v (%v)", s, m, back, err)
		}
	})
}

func TestPersonOfAnEvent(t *testing.T) {
	for _, c := range []struct {
		e    Event
		want PersonID
	}{{Event{User: "u", Anonymous: "a"}, "u"}, {Event{Anonymous: "a"}, "anon:a"}, {Event{}, ""}} {
		if got := c.e.Person(); got != c.want {
			t.Errorf("%+v: %q", c.e, got)
		}
	}
	if !PersonOf("a").Anonymous() || PersonID("anon:").Anonymous() || PersonID("u").Anonymous() {
		t.Error("Anonymous is wrong")
	}
}

func TestErrorKinds(t *testing.T) {
	err := fmt.Errorf("while reading: %w", InvalidField("from", "must be a date, not %q", "x"))
	if KindOf(err) != Invalid || KindOf(errors.New("x")) != Internal || KindOf(nil) != "" {
		t.Error("KindOf is wrong")
	}
	var e *Error
	if !errors.As(err, &e) || e.Error() != `from: must be a date, not "x"` {
		t.Errorf("%v", err)
	}
	if _, err := ParsePeriod("2026-02-01", "2026-02-01"); err == nil {
		t.Error("an empty period passed")
	}
	if _, err := ParseGrain("year"); err == nil {
		t.Error("a year passed as a grain")
	}
}

func TestPeer(t *testing.T) {
	for _, c := range []struct {
		remote    string
		forwarded []string
		want      string
	}{
		{"203.0.113.9:4000", nil, "203.0.113.9"},
		{"203.0.113.9:4000", []string{"198.51.100.1"}, "203.0.113.9"}, // anybody can write that
		{"127.0.0.1:4000", []string{"10.0.0.1, 198.51.100.1"}, "198.51.100.1"},
		{"[::1]:4000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"127.0.0.1:4000", nil, "127.0.0.1"},
		{"127.0.0.1:4000", []string{"10.0.0.1", "198.51.100.1"}, "198.51.100.1"},
		{"127.0.0.1:4000", []string{""}, "127.0.0.1"},
		{"@", nil, "@"}, // a Unix socket
	} {
		if got := Peer(c.remote, c.forwarded); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
