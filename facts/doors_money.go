package facts

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
)

// mrr: subscription, account, product, plan, quantity, mrr (minor units of the
// company's currency), status, reason, voluntary (1, 0 or null), from_day,
// to_day (half-open days; what is still open ends in 2149). One row per
// subscription and run of days with one end-of-day state. What an event leaves
// out stays as it was. A currency without a rate leaves its rows out. Filters
// are not applied: which day's attributes would count depends on the question.
func (d *doors) mrr() (string, error) {
	if d.By != "" || len(d.Filters) > 0 {
		return "", errors.New(`{{mrr}} knows no breakdown and no filters: use {{payingAt}}`)
	}
	return d.spans()
}

func (d *doors) spans() (string, error) {
	rate, err := d.rates()
	if err != nil {
		return "", err
	}
	all := d.typed("subscriptions", "t.subscription AS subscription, t.day AS day, t.ts AS ts, t.known AS known, t.id AS id, t.status AS status, t.product AS product, t.plan AS plan, t.quantity AS quantity, t.mrr AS mrr, t.currency AS currency, t.reason AS reason, t.voluntary AS voluntary",
		"1 = 1"+d.seenBy(), "t.account", "''")
	carried := "SELECT account, subscription, day, status, reason, voluntary, " +
		"carried(nullif(product, '')) OVER w AS product, carried(nullif(plan, '')) OVER w AS plan, carried(quantity) OVER w AS quantity, " +
		"carried(mrr) OVER w AS mrr, carried(nullif(currency, '')) OVER w AS currency, " +
		"row_number() OVER (PARTITION BY account, subscription, day ORDER BY ts DESC, known DESC, id DESC) AS place FROM " + all + " a WHERE account <> ''" + d.noStaff("account", "") +
		" WINDOW w AS (PARTITION BY account, subscription ORDER BY ts, known, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
	// What has no rate is left out only after its day has ended the span
	// before it.
	return "(SELECT subscription, account, product, plan, quantity, mrr, status, reason, voluntary, from_day, to_day FROM (SELECT " +
		"CASE WHEN s.status <> 'active' OR s.mrr IS NULL OR " + rate + " IS NOT NULL THEN 1 ELSE 0 END AS counted, " +
		"s.subscription AS subscription, s.account AS account, coalesce(s.product, '') AS product, coalesce(s.plan, '') AS plan, s.quantity AS quantity, " +
		"CASE WHEN s.status = 'active' THEN coalesce(" + rate + ", 0) ELSE 0 END AS mrr, s.status AS status, s.reason AS reason, s.voluntary AS voluntary, s.day AS from_day, " +
		"coalesce(lead(toNullable(s.day)) OVER (PARTITION BY s.account, s.subscription ORDER BY s.day), " + farFuture + ") AS to_day " +
		"FROM (" + carried + ") s WHERE s.place = 1) z WHERE z.counted = 1)", nil
}

// rates is the SQL that turns s.mrr into the company's currency: parameters
// currency (a code), rate_codes and rate_values, where a rate is how many
// minor units of the company's currency one minor unit of the code is worth.
func (d *doors) rates() (string, error) {
	currency, _ := d.params["currency"].(string)
	if currency == "" {
		return "s.mrr", nil
	}
	codes, _ := d.params["rate_codes"].([]string)
	vals, _ := d.params["rate_values"].([]float64)
	if len(codes) != len(vals) {
		return "", errors.New("rate_codes and rate_values differ in length")
	}
	whens := map[string]string{currency: " WHEN s.currency = '" + currency + "' THEN s.mrr"}
	for i, c := range codes {
		if v := vals[i]; c != currency && v > 0 && !math.IsInf(v, 0) {
			whens[c] = fmt.Sprintf(" WHEN s.currency = '%s' THEN i64(roundHalfUp(s.mrr * CAST(%s AS DOUBLE), 0))", c, strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	order := make([]string, 0, len(whens))
	for c := range whens {
		if !farol.Currency(c).Valid() {
			return "", farol.InvalidField("currency", "must be of type %s", string(aCode))
		}
		order = append(order, c)
	}
	sort.Strings(order)
	var b strings.Builder
	for _, c := range order {
		b.WriteString(whens[c])
	}
	return "(CASE" + b.String() + " END)", nil
}

// payingAt: period, account, mrr (minor units, > 0), grp. "start" takes the
// end of the day before each period, with attributes of the period's first
// day; "end" its last day.
func (d *doors) payingAt(edge string) (string, error) {
	on := map[string]string{"start": "p.period - 1", "end": "p.last"}[edge]
	day := map[string]string{"start": "p.period", "end": "p.last"}[edge]
	if on == "" {
		return "", fmt.Errorf("payingAt knows start and end, not %q", edge)
	}
	spans, err := d.spans()
	if err != nil {
		return "", err
	}
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	source := "(SELECT p.period AS period, " + day + " AS on_day, m.account AS account, i64(sum(m.mrr)) AS mrr FROM " + periods + " p JOIN " + spans +
		" m ON m.from_day <= " + on + " AND m.to_day > " + on + " WHERE m.mrr > 0 GROUP BY p.period, " + day + ", m.account)"
	return d.dayed(source, []string{"period", "account", "mrr"}, "account", "on_day"), nil
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
