package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

var holidaysSetting = setting{
	name:     metric.HolidaysName,
	title:    lang.Text("Public holidays"),
	question: lang.Text("Which Mondays to Fridays are no business days?"),
	fields: func(body json.RawMessage, _ company) (url.Values, error) {
		var h metric.Holidays
		err := read(body, &h)
		var own strings.Builder
		for _, d := range h.Days {
			fmt.Fprintln(&own, strings.TrimSpace(d.Date+" "+d.Name))
		}
		return url.Values{"country": {h.Country}, "customary": {strconv.FormatBool(h.Customary)}, "days": {own.String()}}, err
	},
	body: func(f url.Values) (any, error) {
		h := holidaysForm(f)
		s := metric.Defaults()
		s.Holidays = h
		err := s.Check()
		var e *farol.Error
		if errors.As(err, &e) {
			// The lines are one field of the form.
			e.Field, _, _ = strings.Cut(strings.TrimPrefix(e.Field, metric.HolidaysName+"."), "[")
		}
		return h, err
	},
}

// holidaysForm reads a day per line: its date, then its name.
func holidaysForm(f url.Values) metric.Holidays {
	h := metric.Holidays{Country: f.Get("country"), Customary: f.Get("customary") == "true"}
	for _, line := range linesOf(f.Get("days")) {
		date, name, _ := strings.Cut(line, " ")
		h.Days = append(h.Days, metric.OwnHoliday{Date: date, Name: strings.TrimSpace(name)})
	}
	return h
}

// holidayLine is a day off as the form lists it.
type holidayLine struct {
	Date, Name string
	// Weekend tells that it takes no business day away.
	Weekend bool
}

// HolidayYear is the year whose holidays the form lists.
func (p settingPage) HolidayYear() string { return strconv.Itoa(p.year()) }

func (p settingPage) year() int { return time.Now().In(p.Company.location()).Year() }

// Holidays are the days off of this year, of what the form holds.
func (p settingPage) Holidays() []holidayLine {
	year := p.year()
	var out []holidayLine
	for _, x := range holidaysForm(p.Fields).In(farol.Period{From: farol.Date(year, time.January, 1), To: farol.Date(year+1, time.January, 1)}) {
		name := string(x.Name)
		if !x.Own {
			name = p.visit.p.Text(x.Name)
		}
		w := x.Day.Weekday()
		out = append(out, holidayLine{p.visit.p.Date(x.Day), name, w == time.Saturday || w == time.Sunday})
	}
	return out
}
