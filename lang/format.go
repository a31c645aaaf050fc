package lang

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// None stands where a number is unknown: null is never written as zero.
const None = "–"

// nbsp keeps a currency sign or a unit on the line of its number.
const nbsp = "\u00a0"

// style is how a language writes numbers and dates.
type style struct {
	group, decimal string
	signs          map[farol.Currency]string
	signSpace      string
	months         [12]string
}

var styles = map[Code]style{
	English: {
		group: ",", decimal: ".",
		signs:  map[farol.Currency]string{"BRL": "R$", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "ARS": "ARS$", "MXN": "MX$", "CLP": "CLP$", "COP": "COP$", "CAD": "CA$", "AUD": "A$"},
		months: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	},
	Portuguese: {
		group: ".", decimal: ",",
		signs:     map[farol.Currency]string{"BRL": "R$", "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "¥", "ARS": "ARS$", "MXN": "MX$", "CLP": "CLP$", "COP": "COP$", "CAD": "CA$", "AUD": "A$"},
		signSpace: nbsp,
		months:    [12]string{"jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"},
	},
}

// asError is errors.As for the program's error.
func asError(err error, e **farol.Error) bool { return errors.As(err, e) }

// Number writes v with the given number of decimals, rounded half to even,
// and the language's separators: 1,234.5 or 1.234,5.
func (p *Printer) Number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return None
	}
	return p.group(strconv.FormatFloat(v, 'f', decimals, 64))
}

// group puts the language's separators into a plain decimal.
func (p *Printer) group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
		if strings.Trim(s, "0.") == "" {
			sign = "" // −0.0 is 0.0 to people.
		}
	}
	whole, frac, has := strings.Cut(s, ".")
	var b strings.Builder
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(p.style.group)
		}
		b.WriteRune(r)
	}
	if has {
		b.WriteString(p.style.decimal + frac)
	}
	return sign + b.String()
}

// Percent writes a share (0.0523) with one decimal: 5.2% or 5,2%.
func (p *Printer) Percent(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return None
	}
	return p.Number(v*100, 1) + "%"
}

// Money writes the exact amount with the currency's sign: R$ 1.234,56.
func (p *Printer) Money(m farol.Money) string {
	r := new(big.Rat).SetFrac(big.NewInt(m.Minor), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(m.Currency.Digits())), nil))
	return p.signed(m.Currency, p.group(r.FloatString(m.Currency.Digits())))
}

// Amount writes a decimal amount (1234.56 of BRL) as Money does, with the
// given number of decimals; negative decimals means the currency's own.
func (p *Printer) Amount(v float64, c farol.Currency, decimals int) string {
	if decimals < 0 {
		decimals = c.Digits()
	}
	return p.signed(c, p.Number(v, decimals))
}

// signed puts the currency's sign before the digits and the minus before both.
func (p *Printer) signed(c farol.Currency, digits string) string {
	sign, ok := p.style.signs[c]
	space := p.style.signSpace
	if !ok {
		sign, space = string(c), nbsp
	}
	if rest, negative := strings.CutPrefix(digits, "−"); negative {
		return "−" + sign + space + rest
	}
	return sign + space + digits
}

// Date writes a day: Mar 1, 2026 or 01/03/2026.
func (p *Printer) Date(d farol.Day) string {
	y, m, day := d.UTC().Date()
	if p.code == Portuguese {
		return fmt.Sprintf("%02d/%02d/%04d", day, m, y)
	}
	return fmt.Sprintf("%s %d, %d", p.style.months[m-1], day, y)
}

// ShortDate writes a day without its year: Mar 1 or 01/03.
func (p *Printer) ShortDate(d farol.Day) string {
	_, m, day := d.UTC().Date()
	if p.code == Portuguese {
		return fmt.Sprintf("%02d/%02d", day, m)
	}
	return fmt.Sprintf("%s %d", p.style.months[m-1], day)
}

// DateTime writes an instant to the minute in the zone: Mar 1, 2026, 14:05.
func (p *Printer) DateTime(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return None
	}
	sep := ", "
	if p.code == Portuguese {
		sep = " "
	}
	return p.Date(farol.DayOf(t, zone)) + sep + t.In(zone).Format("15:04")
}

// Clock writes the time of day to the second: 14:05:09.
func (p *Printer) Clock(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("15:04:05")
}

// Period writes a period of the grain: Mar 2026, Mar 2–8, 2026, Mar 1, 2026.
// A period that is no whole one of the grain is written as a range of days.
func (p *Printer) Period(q farol.Period, g farol.Grain) string {
	y, m, d := q.From.UTC().Date()
	if g == farol.Monthly && d == 1 && q.To == farol.Date(y, m+1, 1) {
		if p.code == Portuguese {
			return fmt.Sprintf("%s/%d", p.style.months[m-1], y)
		}
		return fmt.Sprintf("%s %d", p.style.months[m-1], y)
	}
	if q.Days() == 1 {
		return p.Date(q.From)
	}
	return p.Range(q)
}

// Range writes the first and the last day of a period.
func (p *Printer) Range(q farol.Period) string {
	last := q.Last()
	fy, fm, fd := q.From.UTC().Date()
	ly, lm, ld := last.UTC().Date()
	switch {
	case fy != ly:
		return p.Date(q.From) + " – " + p.Date(last)
	case p.code == Portuguese && fm == lm:
		return fmt.Sprintf("%02d–%02d/%02d/%d", fd, ld, lm, ly)
	case p.code == Portuguese:
		return p.ShortDate(q.From) + " – " + p.Date(last)
	case fm == lm:
		return fmt.Sprintf("%s %d–%d, %d", p.style.months[fm-1], fd, ld, ly)
	}
	return p.ShortDate(q.From) + " – " + p.Date(last)
}

// Tick writes a period short, for an axis or a table's narrow column: Mar 2,
// or Mar 26 for a month.
func (p *Printer) Tick(q farol.Period, g farol.Grain) string {
	if g != farol.Monthly {
		return p.ShortDate(q.From)
	}
	y, m, _ := q.From.UTC().Date()
	if p.code == Portuguese {
		return fmt.Sprintf("%s/%02d", p.style.months[m-1], y%100)
	}
	return fmt.Sprintf("%s %d", p.style.months[m-1], y)
}

// Ago says how long before now t was, in the largest whole unit.
func (p *Printer) Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return p.T("never")
	case d < 5*time.Second:
		return p.T("just now")
	case d < time.Minute:
		return p.N(int(d/time.Second), "%d second ago", "%d seconds ago")
	case d < time.Hour:
		return p.N(int(d/time.Minute), "%d minute ago", "%d minutes ago")
	case d < 48*time.Hour:
		return p.N(int(d/time.Hour), "%d hour ago", "%d hours ago")
	}
	return p.N(int(d/(24*time.Hour)), "%d day ago", "%d days ago")
}
