package facts

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
)

// mrr: subscription, account, product, family, plan, quantity, mrr (minor
// units of the company's currency at the rates of its days), local (of its
// own), currency, status,
// reason, voluntary (1, 0 or null), metered, from_day, to_day (half-open days;
// what is still open ends in 2149). One row per subscription and run of days
// with one end-of-day state. A currency without a rate leaves its rows out.
// Filters are not applied: which day's attributes would count depends on the
// question.
func (d *doors) mrr() (string, error) {
	if d.By != "" || len(d.Filters) > 0 {
		return "", errors.New(`{{mrr}} knows no breakdown and no filters: use {{payingAt}}`)
	}
	return d.spans()
}

// spans are the rows of {{mrr}}.
func (d *doors) spans() (string, error) {
	rates, err := d.rates()
	if err != nil {
		return "", err
	}
	const columns = "l.subscription AS subscription, l.account AS account, l.product AS product, l.family AS family, l.plan AS plan, l.quantity AS quantity, "
	const more = "l.local AS local, l.currency AS currency, l.status AS status, l.reason AS reason, l.voluntary AS voluntary, l.metered AS metered, "
	if rates == "" {
		return "(SELECT " + columns + "l.local AS mrr, " + more + "l.from_day AS from_day, l.to_day AS to_day FROM " + d.lines(recurring) + " l)", nil
	}
	return "(SELECT " + columns + "coalesce(" + converted("l.local", "r.rate") + ", 0) AS mrr, " + more +
		"greatest(l.from_day, coalesce(r.from_day, l.from_day)) AS from_day, least(l.to_day, coalesce(r.to_day, l.to_day)) AS to_day FROM " + d.lines(recurring) + " l LEFT JOIN " + rates +
		" r ON r.code = l.currency AND r.from_day < l.to_day AND r.to_day > l.from_day WHERE r.rate IS NOT NULL OR l.local = 0)", nil
}

// converted is the SQL of an amount at a rate, in whole minor units.
func converted(amount, rate string) string {
	return "i64(roundHalfUp(" + amount + " * " + rate + ", 0))"
}

// A rate is how many minor units of the company's currency one of another is
// worth from a day on.
type rate struct {
	code  string
	from  farol.Day
	value float64
}

// rateList reads the parameters currency (the company's), rate_codes,
// rate_days (0: since ever; may be left out) and rate_values, sorted. ok is
// false when amounts are not converted at all.
func (d *doors) rateList() (list []rate, ok bool, err error) {
	currency, _ := d.params["currency"].(string)
	if currency == "" {
		return nil, false, nil
	}
	codes, _ := d.params["rate_codes"].([]string)
	values, _ := d.params["rate_values"].([]float64)
	days, dated := d.params["rate_days"].([]int64)
	if len(codes) != len(values) || dated && len(codes) != len(days) {
		return nil, false, errors.New("rate_codes, rate_days and rate_values differ in length")
	}
	list = []rate{{code: currency, value: 1}}
	for i, c := range codes {
		r := rate{code: c, value: values[i]}
		if dated {
			r.from = farol.Day(days[i])
		}
		if c != currency && r.value > 0 && !math.IsInf(r.value, 0) {
			list = append(list, r)
		}
	}
	for _, r := range list {
		if !farol.Currency(r.code).Valid() {
			return nil, false, farol.InvalidField("currency", "must be of type %s", string(aCode))
		}
	}
	slices.SortStableFunc(list, func(a, b rate) int {
		if c := strings.Compare(a.code, b.code); c != 0 {
			return c
		}
		return int(a.from - b.from)
	})
	return list, true, nil
}

// until is the day on which the rate at i is followed by another.
func until(list []rate, i int) farol.Day {
	if i+1 < len(list) && list[i+1].code == list[i].code {
		return list[i+1].from
	}
	return farol.Date(2149, 1, 1)
}

// rates is the sub-query of the rates: code, from_day, to_day, rate. It is ""
// when amounts are not converted.
func (d *doors) rates() (string, error) {
	list, ok, err := d.rateList()
	if err != nil || !ok {
		return "", err
	}
	texts := make([]string, 0, len(list))
	for i, r := range list {
		if to := until(list, i); to > r.from {
			texts = append(texts, fmt.Sprintf("%s|%s|%s|%s", r.code, r.from, to, strconv.FormatFloat(r.value, 'g', -1, 64)))
		}
	}
	d.params["farol_rates"] = texts
	return "(SELECT splitPart(q.v, '|', 1) AS code, CAST(splitPart(q.v, '|', 2) AS DATE) AS from_day, CAST(splitPart(q.v, '|', 3) AS DATE) AS to_day, f64(splitPart(q.v, '|', 4)) AS rate " +
		"FROM (SELECT unnest({farol_rates:Array(String)}) AS v) q)", nil
}

// dated tells whether some rate changes within the scope's period.
func (d *doors) dated() bool {
	list, _, err := d.rateList()
	if err != nil {
		return false
	}
	for i, r := range list {
		if to := until(list, i); r.from > 0 || to < farol.Date(2149, 1, 1) {
			return true
		}
	}
	return false
}

// Options of the doors of what is paid at a moment.
const (
	// constantOption takes the rates of the day before the period.
	constantOption = "constant"
	// meteredOption is metered use, dueOption what is past due, and plainOption
	// MRR without metered use, whatever the setting.
	meteredOption = "metered"
	dueOption     = "due"
)

// edges say at the end of which day {{payingAt}} and {{customersAt}} look, and
// of which day the attributes are.
var edges = map[string]struct{ on, attributes string }{
	"start": {"addDaysN(p.period, -1)", "p.period"},
	"end":   {"p.last", "p.last"},
	// The end of the day before, with the attributes of then: what the ledger of
	// a group begins with.
	"eve": {"addDaysN(p.period, -1)", "addDaysN(p.period, -1)"},
	// The end of the day before the 30 days that end with the period.
	"month": {"addDaysN(p.last, -30)", "addDaysN(p.last, -29)"},
	// The opening of the twelve months that end with the period.
	"year": {"addDaysN(addMonthsN(addDaysN(p.last, 1), -12), -1)", "addMonthsN(addDaysN(p.last, 1), -12)"},
}

// stockFor is {{payingAt}} or {{customersAt}} with its options.
func (d *doors) stockFor(door string, paused bool, edge string, options []string) (string, error) {
	from, kind, constant, only := d, recurring, false, ""
	for _, o := range options {
		switch o {
		case unfilteredOption:
			from = d.unfiltered()
		case constantOption:
			constant = true
		case meteredOption:
			kind = meteredOnly
		case dueOption:
			only = " AND l.due = 1"
		default:
			return "", fmt.Errorf("query: {{%s}} knows no option %q", door, o)
		}
	}
	return from.stock(door, edge, kind, paused, constant, only)
}

// stock: period, account, mrr, grp: who pays at the end of a day of each
// period, and how much. With paused also those (mrr 0) whose subscriptions are
// paused, until a pause has become churn.
func (d *doors) stock(door, edge string, kind lineKind, paused, constant bool, only string) (string, error) {
	e, ok := edges[edge]
	if !ok {
		return "", fmt.Errorf(`query: {{%s}} takes "start", "eve", "end", "month" or "year", not %q`, door, edge)
	}
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	moment := "(SELECT p.period AS period, " + e.on + " AS on_day, " + e.attributes + " AS as_day FROM " + periods + " p)"
	rateDay := "p.on_day"
	if constant {
		rateDay = "addDaysN(p.period, -1)"
	}
	value, join, err := d.valueAt(moment, rateDay)
	if err != nil {
		return "", err
	}
	where := "l.local > 0 AND " + value + " > 0"
	if paused {
		where = "(" + where + " OR l.status = 'paused')"
	}
	source := "(SELECT p.period AS period, p.as_day AS as_day, l.account AS account, i64(sum(coalesce(" + value + ", 0))) AS mrr FROM " + moment + " p JOIN " + d.lines(kind) +
		" l ON l.from_day <= p.on_day AND l.to_day > p.on_day" + join + " WHERE " + where + only + " GROUP BY p.period, p.as_day, l.account)"
	return d.dayed(source, []string{"period", "account", "mrr"}, "account", "as_day"), nil
}

// valueAt is the SQL of what l.local is worth at the rates of a day of each
// period of a source p, and the join that it takes.
func (d *doors) valueAt(source, day string) (value, join string, err error) {
	rates, err := d.rates()
	if err != nil || rates == "" {
		return "l.local", "", err
	}
	return converted("l.local", "v.rate"), " LEFT JOIN (SELECT p.period AS period, r.code AS code, r.rate AS rate FROM " + source + " p CROSS JOIN " + rates +
		" r WHERE r.from_day <= " + day + " AND r.to_day > " + day + ") v ON v.period = p.period AND v.code = l.currency", nil
}

// periods: period (first day), last (last day, not after as-of), until (the
// first day after), n (days up to last). Periods that begin after as-of are
// left out.
func (d *doors) periods() (string, error) {
	numbers := make([]int64, 0, len(d.Periods))
	for _, p := range d.Periods {
		n := p.Days()
		if d.AsOf != 0 && p.Last() > d.AsOf {
			n = int(d.AsOf-p.From) + 1
		}
		if n <= 0 {
			continue
		}
		if p.Days() > 9999 || p.From < 0 {
			return "", farol.InvalidField("period", "is too long")
		}
		numbers = append(numbers, int64(p.From)*1e8+int64(p.Days())*1e4+int64(n))
	}
	// One number holds a whole row, because the two engines have no way in
	// common to write a table of values that is not long.
	d.params["farol_periods"] = numbers
	return "(SELECT dayFrom(intDiv(q.v, 100000000)) AS period, dayFrom(intDiv(q.v, 100000000) + q.v % 10000 - 1) AS last, " +
		"dayFrom(intDiv(q.v, 100000000) + intDiv(q.v, 10000) % 10000) AS until, q.v % 10000 AS n FROM (SELECT unnest({farol_periods:Array(Int64)}) AS v) q)", nil
}
