package metric

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

func TestEaster(t *testing.T) {
	// From the tables of the Astronomical Almanac, with both extremes.
	for year, want := range map[int]string{
		1818: "1818-03-22", 1943: "1943-04-25", 2000: "2000-04-23", 2016: "2016-03-27", 2024: "2024-03-31", 2025: "2025-04-20",
		2026: "2026-04-05", 2027: "2027-03-28", 2038: "2038-04-25",
	} {
		if got := easterOf(year).String(); got != want {
			t.Errorf("Easter of %d is %s, not %s", year, got, want)
		}
		if d := easterOf(year).Weekday(); d != time.Sunday {
			t.Errorf("Easter of %d is a %s", year, d)
		}
	}
}

func TestHolidays(t *testing.T) {
	h := Holidays{Country: Brazil, Customary: true, Days: []OwnHoliday{{Date: "01-25", Name: "São Paulo"}, {Date: "2026-12-24"}, {Date: "02-29"}, {Date: "05-01", Name: "Twice"}}}
	if err := h.check(); err != nil {
		t.Fatal(err)
	}
	year := farol.Period{From: farol.Date(2026, 1, 1), To: farol.Date(2027, 1, 1)}
	want := []string{
		"2026-01-01", "2026-01-25", "2026-02-16", "2026-02-17", "2026-04-03", "2026-04-21", "2026-05-01", "2026-06-04", "2026-09-07",
		"2026-10-12", "2026-11-02", "2026-11-15", "2026-11-20", "2026-12-24", "2026-12-25",
	}
	got := h.In(year)
	if len(got) != len(want) {
		t.Fatalf("%d holidays, not %d: %v", len(got), len(want), got)
	}
	for i, x := range got {
		if x.Day.String() != want[i] || x.Own != (i == 1 || i == 13) {
			t.Errorf("holiday %d is %s (%s), not %s", i, x.Day, x.Name, want[i])
		}
	}
	if n := len(Holidays{Country: Brazil}.In(farol.Period{From: farol.Date(2023, 1, 1), To: farol.Date(2024, 1, 1)})); n != 9 {
		t.Errorf("2023 had %d national holidays, not 9: Black Awareness Day began in 2024", n)
	}
	if n := len((Holidays{}).In(year)); n != 0 {
		t.Errorf("no country has %d holidays", n)
	}
	for field, bad := range map[string]Holidays{
		"holidays.country":      {Country: "XX"},
		"holidays.days[0].date": {Days: []OwnHoliday{{Date: "24/12"}}},
	} {
		if e, ok := bad.check().(*farol.Error); !ok || e.Field != field {
			t.Errorf("%v: %v does not name %s", bad, bad.check(), field)
		}
	}
}
