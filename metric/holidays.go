package metric

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
)

// Holidays are the days on which the company's customers do not work: figures
// of business days leave them out.
type Holidays struct {
	Version int `json:"-"`
	// Country is whose national holidays count: Brazil, or "" for none.
	Country string `json:"country"`
	// Customary counts also what is a day off by custom and not by law: in
	// Brazil Carnival (Monday and Tuesday) and Corpus Christi.
	Customary bool `json:"customary"`
	// Days are the company's own.
	Days []OwnHoliday `json:"days,omitempty"`
}

// Brazil is the country whose holidays are known.
const Brazil = "BR"

// OwnHoliday is a day off that the company names itself.
type OwnHoliday struct {
	// Date is a day (2026-12-24), or a day of every year (12-24).
	Date string `json:"date"`
	Name string `json:"name,omitempty"`
}

// Holiday is one day off. Its name is a text of the program, or as the
// company wrote it when Own.
type Holiday struct {
	Day  farol.Day
	Name lang.Text
	Own  bool
}

const maxOwnHolidays = 200

// brazilZones are where setup takes Brazil's holidays for granted.
var brazilZones = []string{
	"America/Sao_Paulo", "America/Araguaina", "America/Bahia", "America/Belem", "America/Boa_Vista", "America/Campo_Grande", "America/Cuiaba",
	"America/Eirunepe", "America/Fortaleza", "America/Maceio", "America/Manaus", "America/Noronha", "America/Porto_Velho", "America/Recife",
	"America/Rio_Branco", "America/Santarem",
}

// HolidaysOf are the holidays that a new company in the time zone begins with;
// false where none are known.
func HolidaysOf(zone string) (Holidays, bool) {
	return Holidays{Country: Brazil, Customary: true}, slices.Contains(brazilZones, zone) || strings.HasPrefix(zone, "Brazil/")
}

func (h Holidays) check() error {
	if h.Country != "" && h.Country != Brazil {
		return farol.InvalidField("holidays.country", "must be %s, or empty for none", Brazil)
	}
	if len(h.Days) > maxOwnHolidays {
		return farol.InvalidField("holidays.days", "at most %d days at once", maxOwnHolidays)
	}
	for i, d := range h.Days {
		if _, ok := d.on(2024); !ok { // a leap year, so that 02-29 is a day
			return farol.InvalidField(fmt.Sprintf("holidays.days[%d].date", i), "must be a date such as 2026-12-24, or 12-24 for every year, not %q", d.Date)
		}
		if len(d.Name) > 100 {
			return farol.InvalidField(fmt.Sprintf("holidays.days[%d].name", i), "must have at most %d characters", 100)
		}
	}
	return nil
}

var monthDay = regexp.MustCompile(`^[0-9]{2}-[0-9]{2}$`)

// on is the day in the year; false also where no such day is. A date with its
// own year is the same in all of them.
func (d OwnHoliday) on(year int) (farol.Day, bool) {
	date := d.Date
	if monthDay.MatchString(date) {
		date = fmt.Sprintf("%04d-%s", year, date)
	}
	day, err := farol.ParseDay(date)
	return day, err == nil
}

// In lists the holidays of the period in order, each day once: the national
// one before the company's own.
func (h Holidays) In(p farol.Period) []Holiday {
	var out []Holiday
	add := func(day farol.Day, name lang.Text, own bool) {
		if p.Contains(day) && !slices.ContainsFunc(out, func(x Holiday) bool { return x.Day == day }) {
			out = append(out, Holiday{day, name, own})
		}
	}
	for year := p.From.UTC().Year(); year <= p.Last().UTC().Year(); year++ {
		if h.Country == Brazil {
			brazilian(year, h.Customary, func(day farol.Day, name lang.Text) { add(day, name, false) })
		}
		for _, own := range h.Days {
			if day, ok := own.on(year); ok {
				add(day, lang.Text(own.Name), true)
			}
		}
	}
	slices.SortFunc(out, func(a, b Holiday) int { return int(a.Day - b.Day) })
	return out
}

// brazilian tells the national holidays of a year: Laws 662 of 1949, 6.802 of
// 1980, 10.607 of 2002 and 14.759 of 2023, and Good Friday.
func brazilian(year int, customary bool, add func(farol.Day, lang.Text)) {
	easter := easterOf(year)
	add(farol.Date(year, time.January, 1), lang.Text("New Year’s Day"))
	add(easter-2, lang.Text("Good Friday"))
	add(farol.Date(year, time.April, 21), lang.Text("Tiradentes Day"))
	add(farol.Date(year, time.May, 1), lang.Text("Labour Day"))
	add(farol.Date(year, time.September, 7), lang.Text("Independence Day"))
	add(farol.Date(year, time.October, 12), lang.Text("Our Lady of Aparecida"))
	add(farol.Date(year, time.November, 2), lang.Text("All Souls’ Day"))
	add(farol.Date(year, time.November, 15), lang.Text("Republic Day"))
	if year >= 2024 {
		add(farol.Date(year, time.November, 20), lang.Text("Black Awareness Day"))
	}
	add(farol.Date(year, time.December, 25), lang.Text("Christmas Day"))
	if customary {
		add(easter-48, lang.Text("Carnival"))
		add(easter-47, lang.Text("Carnival"))
		add(easter+60, lang.Text("Corpus Christi"))
	}
}

// easterOf is Easter Sunday of a year of the Gregorian calendar (the
// algorithm of Meeus, Jones and Butcher).
func easterOf(year int) farol.Day {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return farol.Date(year, time.Month(n/31), n%31+1)
}

// numbers are the holidays of the period as queries compare them: days since
// 1970.
func (h Holidays) numbers(p farol.Period) []int64 {
	out := []int64{}
	for _, x := range h.In(p) {
		out = append(out, int64(x.Day))
	}
	return out
}

// String is the setting in short.
func (h Holidays) String() string {
	words := []string{}
	if h.Country != "" {
		words = append(words, h.Country)
	}
	if h.Customary {
		words = append(words, "customary")
	}
	for _, d := range h.Days {
		words = append(words, d.Date)
	}
	return strings.Join(words, ", ")
}
