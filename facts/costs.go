package facts

import (
	"errors"
	"fmt"

	"github.com/farol-cs/farol"
)

// Costs are facts like any other: what was spent, for what, over which days.

// costCategories are what a cost may be for. Sales and marketing make the cost
// of winning customers, success that of keeping them.
var costCategories = []string{"sales", "marketing", "success", "other"}

func costEvent() *wellKnown {
	return &wellKnown{name: "Cost Reported", properties: []property{
		{name: "category", kind: aText, required: true, oneOf: costCategories}, {name: "amount", kind: anAmount, required: true},
		{name: "currency", kind: aCode, required: true}, text("channel"), text("month"), text("from"), text("to"), text("cost"),
	}, also: checkCost, feed: feedCost}
}

// longestCost bounds the days that one cost is spread over: ten years.
const longestCost = 3660

// costDays reads month (2026-02), or from and to (the first day after).
func costDays(v values) (farol.Period, error) {
	month, from, to := v.text("month"), v.text("from"), v.text("to")
	if month != "" {
		first, err := farol.ParseDay(month + "-01")
		if err != nil || first < 0 || from != "" || to != "" {
			return farol.Period{}, farol.InvalidField("properties.month", "must be a month as 2026-02, without from and to")
		}
		y, m, _ := first.UTC().Date()
		return farol.Period{From: first, To: farol.Date(y, m+1, 1)}, nil
	}
	first, err := farol.ParseDay(from)
	if err != nil || first < 0 {
		return farol.Period{}, farol.InvalidField("properties.from", "must be a date as YYYY-MM-DD, beside to; or give month")
	}
	after, err := farol.ParseDay(to)
	if err != nil || after <= first || after > first+longestCost {
		return farol.Period{}, farol.InvalidField("properties.to", "must be the first day after the cost, at most ten years after from")
	}
	return farol.Period{From: first, To: after}, nil
}

// costAmount is the amount in minor units of its currency.
func costAmount(v values) (int64, error) {
	m, err := farol.ParseMoney(v.text("amount"), farol.Currency(v.text("currency")))
	if err != nil {
		return 0, farol.InvalidField("properties.amount", "must be of type %s", string(anAmount))
	}
	if m.Minor < 0 || m.Minor > maxMinor {
		return 0, farol.InvalidField("properties.amount", "must not be negative or too large")
	}
	return m.Minor, nil
}

func checkCost(v values) error {
	if _, err := costAmount(v); err != nil {
		return err
	}
	_, err := costDays(v)
	return err
}

func feedCost(p *prepared, v values) {
	days, err := costDays(v)
	amount, wrong := costAmount(v)
	if errors.Join(err, wrong) != nil {
		return
	}
	e := p.e
	p.typed = append(p.typed, typedRow{costs, []any{
		nil, e.At, midnight(days.From), string(e.Source), e.ID, or(v.text("cost"), e.ID), v.text("category"), v.text("channel"),
		amount, v.text("currency"), midnight(days.From), midnight(days.To),
	}, -1, -1})
}

// channelAttribute is the one attribute that a cost can have.
const channelAttribute = "channel"

// costs: id, category, channel, amount (minor units of the company's
// currency), from_day, to_day (half-open), grp. A cost given again under its
// id replaces the one before; a currency without a rate leaves it out. Costs
// have no account: of breakdowns and filters they know the channel only. They
// are in the unknown group of any other breakdown, so that groups add up to the
// whole, and any other filter finds none of them. Not cut to the period.
func (d *doors) costs() (string, error) {
	rates, err := d.rates()
	if err != nil {
		return "", err
	}
	value, join := "s.amount", ""
	if rates != "" {
		value, join = converted("s.amount", "r.rate"), " JOIN "+rates+" r ON r.code = s.currency AND r.from_day <= s.from_day AND r.to_day > s.from_day"
	}
	grp, cond := "''", "1 = 1"
	if d.By == channelAttribute {
		grp = "s.channel"
	}
	for i, x := range d.Filters {
		if x.Attribute != channelAttribute {
			cond = "1 = 0"
			continue
		}
		cond += " AND s.channel IN " + d.list(fmt.Sprintf("costs%d", i), x.Values)
	}
	latest := "(SELECT cost, category, channel, amount, currency, from_day, to_day, row_number() OVER (PARTITION BY cost ORDER BY ts DESC, known DESC, id DESC) AS place FROM costs WHERE 1 = 1" + d.seenBy() + ")"
	return "(SELECT s.cost AS id, s.category AS category, s.channel AS channel, " + value + " AS amount, s.from_day AS from_day, s.to_day AS to_day, " + grp + " AS grp FROM " + latest +
		" s" + join + " WHERE s.place = 1 AND " + cond + ")", nil
}
