package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// company is who runs this server, and how it cuts time and counts money.
type company metric.CompanyDocument

// company reads the company's settings; what was never set is the default,
// and a failing state must not fail the page that says so.
func (s *server) company(ctx context.Context) company {
	d := metric.Defaults()
	c := company{Name: "Farol", Zone: "UTC", WeekStart: "monday", Currency: d.Currency, Language: string(lang.English)}
	def, err := s.Store.Definition(ctx, metric.SettingKind, metric.CompanyName)
	if err != nil {
		if farol.KindOf(err) != farol.NotFound {
			s.Log.Error("reading the company's settings", "error", err)
		}
		return c
	}
	if err := json.Unmarshal(def.Body, &c); err != nil {
		s.Log.Error("the company's settings do not read", "error", err)
	}
	return c
}

// cutDays makes the facts follow the company's zone, or answers why not.
func (s *server) cutDays(ctx context.Context, c company) error {
	return s.Facts.SetZone(ctx, c.location())
}

// location is the company's zone, UTC when the name means nothing here.
func (c company) location() *time.Location {
	if l, err := time.LoadLocation(c.Zone); err == nil {
		return l
	}
	return time.UTC
}

func (c company) calendar() farol.Calendar {
	cal := farol.Calendar{Zone: c.location(), WeekStart: time.Monday}
	if c.WeekStart == "sunday" {
		cal.WeekStart = time.Sunday
	}
	return cal
}

// companyForm reads the fields of the set-up and the settings page.
func companyForm(f url.Values) (company, error) {
	c := company{
		Name:      strings.TrimSpace(f.Get("company")),
		Zone:      strings.TrimSpace(f.Get("zone")),
		WeekStart: f.Get("week_start"),
		Currency:  farol.Currency(strings.ToUpper(strings.TrimSpace(f.Get("currency")))),
		Language:  f.Get("company_language"),
	}
	switch {
	case c.Name == "" || len(c.Name) > 200:
		return c, farol.InvalidField("company", "Give the company a name of up to 200 letters.")
	case !c.Currency.Valid():
		return c, farol.InvalidField("currency", "A currency is a code of three letters, such as BRL.")
	case !lang.Code(c.Language).Valid():
		return c, farol.InvalidField("company_language", "Choose a language.")
	}
	if c.WeekStart != "sunday" {
		c.WeekStart = "monday"
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" || c.Zone == "Local" {
		return c, farol.InvalidField("zone", "There is no time zone of this name. One is America/Sao_Paulo.")
	}
	var err error
	c.Rates, c.RatesByDate, err = ratesForm(f.Get("rates"))
	if err != nil {
		return c, err
	}
	set := metric.Defaults()
	set.Currency, set.Rates = c.Currency, c.Rates
	for _, d := range c.RatesByDate {
		set.DatedRates = append(set.DatedRates, metric.DatedRates(d))
	}
	if err := set.Check(); err != nil {
		return c, inField("rates", err) // the lines are one field of the form
	}
	return c, nil
}

// ratesForm reads lines such as "USD 5.40", or "USD 5.52 2026-03-01" for a rate
// from a day on; a comma is a decimal comma.
func ratesForm(text string) (rates map[farol.Currency]float64, dated []metric.RatesDocument, err error) {
	wrong := farol.InvalidField("rates", "Write one currency and its rate per line, such as USD 5.40.")
	for line := range strings.Lines(text) {
		words := strings.Fields(strings.ReplaceAll(line, "=", " "))
		if len(words) == 0 {
			continue
		}
		code := farol.Currency(strings.ToUpper(words[0]))
		if len(words) < 2 || len(words) > 3 || !code.Valid() {
			return nil, nil, wrong
		}
		rate, err := strconv.ParseFloat(strings.Replace(words[1], ",", ".", 1), 64)
		if err != nil || !(rate > 0) {
			return nil, nil, wrong
		}
		if len(words) == 2 {
			if rates == nil {
				rates = map[farol.Currency]float64{}
			}
			if rates[code] != 0 {
				return nil, nil, twice(code)
			}
			rates[code] = rate
			continue
		}
		day, err := farol.ParseDay(words[2])
		if err != nil || day <= 0 {
			return nil, nil, wrong
		}
		if i, found := rateDay(dated, day); found && dated[i].Rates[code] != 0 {
			return nil, nil, twice(code)
		}
		dated = addRate(dated, day, code, rate)
	}
	return rates, dated, nil
}

// twice refuses a second rate of the same days.
func twice(code farol.Currency) error {
	return farol.InvalidField("rates", "%s has two rates for the same days.", code)
}

// rateDay finds the day in the list.
func rateDay(list []metric.RatesDocument, day farol.Day) (int, bool) {
	return slices.BinarySearchFunc(list, day, func(d metric.RatesDocument, day farol.Day) int { return cmp.Compare(d.From, day) })
}

// addRate puts a rate among those of its day, in order of days.
func addRate(list []metric.RatesDocument, day farol.Day, code farol.Currency, rate float64) []metric.RatesDocument {
	i, found := rateDay(list, day)
	if !found {
		list = slices.Insert(list, i, metric.RatesDocument{From: day, Rates: map[farol.Currency]float64{}})
	}
	list[i].Rates[code] = rate
	return list
}

// commonZones are offered while somebody types; any IANA name is taken.
var commonZones = []string{
	"America/Sao_Paulo", "America/Manaus", "America/Bahia", "America/Fortaleza", "America/Recife", "America/Cuiaba",
	"America/Rio_Branco", "America/Noronha", "America/Argentina/Buenos_Aires", "America/Bogota", "America/Santiago",
	"America/Mexico_City", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Toronto",
	"Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata",
	"Asia/Singapore", "Australia/Sydney", "UTC",
}
