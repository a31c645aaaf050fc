package facts

import (
	"math"
	"time"

	"github.com/farol-cs/farol"
	"github.com/valyala/fastjson"
)

// The intervals for which a price may be given.
const (
	perDay   = "day"
	perWeek  = "week"
	perMonth = "month"
	perYear  = "year"
)

func subscriptionEvent(name, status string, priced bool) *wellKnown {
	return &wellKnown{name: name, account: true, properties: []property{
		text("subscription").must(), {name: "mrr", kind: anAmount}, {name: "mrr_minor", kind: aWhole}, {name: "currency", kind: aCode},
		{name: "unit_price", kind: anAmount}, {name: "amount", kind: anAmount},
		{name: "interval", kind: aText, oneOf: []string{perDay, perWeek, perMonth, perYear}}, {name: "interval_count", kind: aWhole},
		{name: "discount_percent", kind: aNumber}, {name: "discount_amount", kind: anAmount}, {name: "discount_ends_at", kind: aTime},
		text("product"), text("family"), text("plan"), {name: "quantity", kind: aCount}, {name: "seats", kind: aCount},
		text("reason"), text("reason_detail"), {name: "voluntary", kind: aBool}, {name: "escalator", kind: aBool}, {name: "trial", kind: aBool},
		{name: "one_off_amount", kind: anAmount}, {name: "starts_at", kind: aTime}, {name: "ends_at", kind: aTime},
		{name: "requested_at", kind: aTime}, {name: "effective_at", kind: aTime},
	}, also: func(v values) error { return checkPrice(v, priced) },
		feed: func(p *prepared, v values) { feedSubscription(p, v, name, status) }}
}

// maxMinor keeps sums of a hundred million subscriptions inside 64 bits.
const maxMinor = 1e10 * 100

// mrr in minor units; given says whether there is one.
func (v values) mrr() (minor int64, given bool, err error) {
	if x := v.get("mrr_minor"); x != nil {
		n, err := x.Int64()
		return n, true, err
	}
	return v.minor("mrr")
}

// minor is an amount of the currency in minor units; given says whether there
// is one.
func (v values) minor(name string) (minor int64, given bool, err error) {
	if v.get(name) == nil {
		return 0, false, nil
	}
	m, err := farol.ParseMoney(v.text(name), farol.Currency(v.text("currency")))
	return m.Minor, true, err
}

// monthly is how many of the price's intervals a month has (R1 of the
// definitions): a year has 12 months and 365.25 days.
func (v values) monthly() float64 {
	n := 1.0
	if x, ok := v.number("interval_count").(float64); ok {
		n = x
	}
	switch v.text("interval") {
	case perDay:
		return 365.25 / 12 / n
	case perWeek:
		return 365.25 / 84 / n
	case perYear:
		return 1 / (12 * n)
	}
	return 1 / n
}

// perMonth is an amount per month, in minor units, nil when not given.
func (v values) perMonth(name string) any {
	minor, given, err := v.minor(name)
	if !given || err != nil {
		return nil
	}
	return float64(minor) * v.monthly()
}

func checkPrice(v values, required bool) error {
	field := "properties.mrr"
	if v.get("mrr_minor") != nil {
		field = "properties.mrr_minor"
	}
	given := v.get("mrr") != nil || v.get("mrr_minor") != nil
	minor, _, err := v.mrr()
	if err := checkAmount(v, field, minor, given, err); err != nil {
		return err
	}
	priced := given
	for _, name := range []string{"unit_price", "amount", "discount_amount", "one_off_amount"} {
		minor, given, err := v.minor(name)
		if err := checkAmount(v, "properties."+name, minor, given, err); err != nil {
			return err
		}
		priced = priced || given && (name == "unit_price" || name == "amount")
	}
	if required && !priced {
		return farol.InvalidField(field, "is required")
	}
	return checkTerms(v)
}

// checkAmount looks at an amount that was read with err.
func checkAmount(v values, field string, minor int64, given bool, err error) error {
	switch {
	case given && v.get("currency") == nil:
		return farol.InvalidField("properties.currency", "is required")
	case err != nil:
		return farol.InvalidField(field, "must be of type %s", string(anAmount))
	case minor < 0:
		return farol.InvalidField(field, "must not be negative")
	case minor > maxMinor:
		return farol.InvalidField(field, "is too large")
	}
	return nil
}

// checkTerms looks at what goes with a price.
func checkTerms(v values) error {
	if n, ok := v.number("interval_count").(float64); ok && (n < 1 || n > 1200) {
		return farol.InvalidField("properties.interval_count", "must be between %d and %d, not %d", 1, 1200, int(n))
	}
	if f, ok := v.number("discount_percent").(float64); ok && (f < 0 || f > 100) {
		return farol.InvalidField("properties.discount_percent", "must be between %d and %d, not %d", 0, 100, int(f))
	}
	return nil
}

func checkUsage(v values) error {
	minor, given, err := v.minor("amount")
	return checkAmount(v, "properties.amount", minor, given, err)
}

// checkPayment lets money go back, too: a refund is a negative payment.
func checkPayment(v values) error {
	minor, given, err := v.minor("amount")
	return checkAmount(v, "properties.amount", max(minor, -minor), given, err)
}

// when is a time property, or otherwise.
func (v values) when(name string, otherwise time.Time) time.Time {
	if x := v.get(name); x != nil {
		if t, err := parseTime(x); err == nil {
			return t
		}
	}
	return otherwise
}

// dayNumber is the local day of a time property as days since 1970, nil when
// it is not given.
func (p *prepared) dayNumber(v values, name string) any {
	t := v.when(name, time.Time{})
	if t.IsZero() {
		return nil
	}
	return int64(farol.DayOf(t, p.zone))
}

// flag is 1, 0 or nil.
func flag(x *fastjson.Value) any {
	if x == nil {
		return nil
	}
	return map[bool]int64{true: 1, false: 0}[x.GetBool()]
}

// takesEffect is when a subscription's event changes what is paid, and when it
// was signed or asked for.
func takesEffect(e *farol.Event, v values, name string) (at, said time.Time) {
	at = v.when("effective_at", e.At)
	switch name {
	case "Subscription Started":
		at = v.when("effective_at", v.when("starts_at", e.At))
	case "Subscription Cancelled":
		at = v.when("ends_at", at)
	}
	return at, v.when("requested_at", e.At)
}

// discount is what is taken off, and until which day. Whoever names a discount
// says all of it: one without an end is for good.
func (p *prepared) discount(v values) (percent, minor, until any) {
	if until = p.dayNumber(v, "discount_ends_at"); v.get("discount_percent") == nil && v.get("discount_amount") == nil {
		return nil, nil, until
	}
	percent, minor = 0.0, 0.0
	if x := v.number("discount_percent"); x != nil {
		percent = x
	}
	if x := v.perMonth("discount_amount"); x != nil {
		minor = x
	}
	if until == nil {
		until = int64(noEnd)
	}
	return percent, minor, until
}

func feedSubscription(p *prepared, v values, name, status string) {
	e := p.e
	at, said := takesEffect(e, v, name)
	var mrr, once any
	if minor, given, err := v.mrr(); given && err == nil {
		mrr = minor
	}
	if minor, given, err := v.minor("one_off_amount"); given && err == nil {
		once = minor
	}
	quantity := v.number("quantity")
	if quantity == nil {
		quantity = v.number("seats")
	}
	percent, off, until := p.discount(v)
	starts := p.dayNumber(v, "starts_at")
	if starts == nil && name == "Subscription Started" {
		starts = int64(farol.DayOf(at, p.zone))
	}
	p.typed = append(p.typed, typedRow{subscriptions, []any{
		nil, at, midnight(farol.DayOf(at, p.zone)), string(e.Source), e.ID, p.hash, nil, v.text("subscription"), status, v.text("product"), v.text("plan"),
		quantity, v.number("seats"), mrr, v.text("currency"), v.text("reason"), v.text("reason_detail"), flag(v.get("voluntary")), name,
		v.text("family"), v.perMonth("unit_price"), v.perMonth("amount"), percent, off, until,
		flag(v.get("escalator")), flag(v.get("trial")), said, int64(farol.DayOf(said, p.zone)), starts, p.dayNumber(v, "ends_at"), once,
	}, 6, -1})
}

func feedCharge(p *prepared, v values, kind string) {
	e := p.e
	at := v.when("effective_at", e.At)
	var minor any
	if m, given, err := v.minor("amount"); given && err == nil && math.Abs(float64(m)) <= maxMinor {
		minor = m
	}
	p.typed = append(p.typed, typedRow{charges, []any{
		nil, at, midnight(farol.DayOf(at, p.zone)), string(e.Source), e.ID, p.hash, nil, v.text("subscription"), kind, minor,
		v.text("currency"), v.text("reason"),
	}, 6, -1})
}
