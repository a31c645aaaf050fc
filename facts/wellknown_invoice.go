package facts

import (
	"math"
	"time"

	"github.com/farol-cs/farol"
)

// invoiceLine is what a company that bills says instead of, or besides, the
// events of subscriptions: a line of an invoice and the service period that it
// is for.
const invoiceLine = "Invoice Line Billed"

func invoiceEvent() *wellKnown {
	return &wellKnown{name: invoiceLine, account: true, properties: []property{
		text("subscription").must(), {name: "amount", kind: anAmount, required: true}, {name: "tax", kind: anAmount}, {name: "currency", kind: aCode, required: true},
		{name: "period_start", kind: aTime, required: true}, {name: "period_end", kind: aTime, required: true},
		{name: "interval", kind: aText, oneOf: []string{perDay, perWeek, perMonth, perYear}}, {name: "interval_count", kind: aWhole},
		text("product"), text("family"), text("plan"), {name: "quantity", kind: aCount},
	}, also: checkInvoiceLine, feed: feedInvoiceLine}
}

// invoices are the lines of invoices: from ts and day up to until_ts and until
// (the first day after) they are worth monthly, in minor units per month and
// without tax.
var invoices = &table{name: "invoices", columns: []column{
	{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"day", tDay}, {"source", tText}, {"id", tText},
	{"hash", tHash}, {"account", tText}, {"subscription", tText},
	{"until_ts", tInstant}, {"until", tDay},
	{"monthly", tInt}, {"credit", tInt}, // 1 when something is given back
	{"minor", tInt}, {"currency", tText}, // the amount as it was sent
	{"product", tText}, {"family", tText}, {"plan", tText}, {"quantity", tFloatN},
	{"said_day", tInt}, // when it was sent, as days since 1970
}, order: []string{"account", "subscription", "ts"}, shard: "account"}

// invoiced is what a line bills without tax, in minor units. A tax has the sign
// of its amount, however it is written.
func (v values) invoiced() (amount, net int64, err error) {
	amount, _, err = v.minor("amount")
	if err != nil {
		return 0, 0, farol.InvalidField("properties.amount", "must be of type %s", string(anAmount))
	}
	tax, _, err := v.minor("tax")
	switch {
	case err != nil:
		return 0, 0, farol.InvalidField("properties.tax", "must be of type %s", string(anAmount))
	case max(amount, -amount) > maxMinor:
		return 0, 0, farol.InvalidField("properties.amount", "is too large")
	case max(tax, -tax) > max(amount, -amount):
		return 0, 0, farol.InvalidField("properties.tax", "must not be more than the amount")
	case amount < 0:
		return amount, amount + max(tax, -tax), nil
	}
	return amount, amount - max(tax, -tax), nil
}

func checkInvoiceLine(v values) error {
	if err := checkTerms(v); err != nil {
		return err
	}
	_, net, err := v.invoiced()
	if err != nil {
		return err
	}
	from, to := v.served("period_start", time.UTC), v.served("period_end", time.UTC)
	if !to.After(from) {
		return farol.InvalidField("properties.period_end", "must be after period_start")
	}
	if math.Abs(v.monthlyOf(net, from, to, time.UTC)) > maxMinor {
		return farol.InvalidField("properties.amount", "is too large")
	}
	return nil
}

// served is an end of the service period. A date alone is that day where the
// company is.
func (v values) served(name string, zone *time.Location) time.Time {
	if t, err := time.Parse(time.DateOnly, v.text(name)); err == nil {
		return farol.Date(t.Date()).Start(zone).UTC()
	}
	return v.when(name, time.Time{})
}

// monthlyOf is what an amount for a period is per month (R7 of the
// definitions): times the factor of the full interval, times what the full
// period is of the one billed. Whoever says no interval bills full periods.
func (v values) monthlyOf(net int64, from, to time.Time, zone *time.Location) float64 {
	interval, n := v.text("interval"), 1
	if x := v.get("interval_count"); x != nil {
		n = x.GetInt()
	}
	const month = 365.25 / 12 * 24 * float64(time.Hour)
	length := to.Sub(from)
	if interval == "" && v.get("interval_count") == nil {
		if n = int(math.Round(float64(length) / month)); n > 0 && spans(from, to, perMonth, n, zone) {
			return float64(net) / float64(n)
		}
		if n = int(math.Round(float64(length) / float64(24*time.Hour))); n > 0 && spans(from, to, perDay, n, zone) {
			return float64(net) * 365.25 / 12 / float64(n)
		}
		return float64(net) * month / float64(length)
	}
	out := float64(net) * v.monthly()
	if !spans(from, to, interval, n, zone) {
		// What is billed in part is so up to the end of its period.
		out *= float64(to.Sub(shifted(to.In(zone), interval, -n))) / float64(length)
	}
	return out
}

// spans tells whether the period is n whole intervals, but for the hour of
// summer time, by the clock of the company or that of its biller, counted from
// either end: the month after 31 January ends on 28 February, and the one before
// 31 March begins there.
func spans(from, to time.Time, interval string, n int, zone *time.Location) bool {
	for _, z := range []*time.Location{zone, time.UTC} {
		for _, off := range []time.Duration{shifted(from.In(z), interval, n).Sub(to), shifted(to.In(z), interval, -n).Sub(from)} {
			if off.Abs() <= time.Hour {
				return true
			}
		}
	}
	return false
}

// shifted is n intervals later, by the calendar of the time's zone. The first
// instant of a day leads to that of another; where summer time begins with a day,
// that is not its midnight, and an hour of the day before is none of it either.
func shifted(t time.Time, interval string, n int) time.Time {
	year, month, day := t.Date()
	switch interval {
	case perDay:
		day += n
	case perWeek:
		day += 7 * n
	case perYear:
		year += n
	default:
		month += time.Month(n)
	}
	on := farol.Date(year, month, day)
	if interval != perDay && interval != perWeek {
		on = min(on, farol.Date(year, month+1, 1)-1) // the month is shorter
	}
	year, month, day = on.UTC().Date()
	out := time.Date(year, month, day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	if out.Day() != day || t.Equal(farol.DayOf(t, t.Location()).Start(t.Location())) {
		return on.Start(t.Location())
	}
	return out
}

func feedInvoiceLine(p *prepared, v values) {
	e := p.e
	from, to := v.served("period_start", p.zone), v.served("period_end", p.zone)
	amount, net, err := v.invoiced()
	if err != nil || !to.After(from) {
		return
	}
	credit := int64(0)
	if amount < 0 {
		credit = 1
	}
	p.typed = append(p.typed, typedRow{invoices, []any{
		nil, from, midnight(farol.DayOf(from, p.zone)), string(e.Source), e.ID, p.hash, nil, v.text("subscription"),
		to, midnight(farol.DayOf(to, p.zone)), int64(math.Round(v.monthlyOf(net, from, to, p.zone))), credit,
		amount, v.text("currency"), v.text("product"), v.text("family"), v.text("plan"), v.number("quantity"), int64(farol.DayOf(e.At, p.zone)),
	}, 6, -1})
}
