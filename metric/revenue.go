package metric

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// The ways of presenting amounts in other currencies.
const (
	// HistoricalRates convert each amount at the rate of its day; what rates
	// alone did is a movement of its own.
	HistoricalRates = "historical"
	// ConstantRates convert everything at the rates of the day before the first
	// period asked for.
	ConstantRates = "constant"
)

// RevenueRequest asks for the ledger of recurring revenue. Metric is not used;
// Grain is a month when empty.
type RevenueRequest struct {
	Request
	// Rates is HistoricalRates (or "") or ConstantRates.
	Rates string
}

// MovementKinds are the kinds of movements, in the order of the ledger.
var MovementKinds = []string{"new", "reactivation", "expansion", "resume", "contraction", "pause", "churn", "fx", "transfer"}

// MovementParts are what an expansion or contraction is made of, in the order
// in which it is taken apart; and what is resumed without a pause: a former
// customer that is back too soon for a reactivation (a return).
var MovementParts = []string{"cross_sell", "upsell", "seats", "price", "escalator", "discount", "usage", "return"}

// RevenueLedger is how MRR went from one end of each period to the other. In
// every line Opening and the movements add up to Closing, exactly: amounts are
// whole minor units of Currency.
type RevenueLedger struct {
	Version  string
	Currency farol.Currency
	Grain    farol.Grain
	Rates    string
	// Periods are those asked for that have begun; Lines have one per period and
	// group, by period, then group.
	Periods []farol.Period
	Lines   []LedgerLine
	// Currencies say what the whole is made of, the company's own first.
	Currencies []CurrencyLine
}

// LedgerLine is a period and group. The account's attribute decides the group
// day by day: what an account paid when its attribute changed goes from one
// line to the other as kind transfer.
type LedgerLine struct {
	Period           farol.Period
	Group            string
	Opening, Closing int64
	Movements        []Movement
	// Complete tells that the period has passed.
	Complete bool
}

// Movement is the amount of a kind and part, signed, with the number of
// accounts that it came from.
type Movement struct {
	Kind, Part string
	Amount     int64
	Accounts   int64
}

// Amount is the sum of a kind, of all its parts.
func (l LedgerLine) Amount(kind string) (sum int64) {
	for _, m := range l.Movements {
		if m.Kind == kind {
			sum += m.Amount
		}
	}
	return sum
}

// CurrencyLine is what is billed in one currency, in its own minor units at
// both ends of the last period, and what that is in the ledger's currency.
type CurrencyLine struct {
	Currency         farol.Currency
	Opening, Closing int64
	Converted        int64
	// Rate is units of the ledger's currency for one of Currency at the end;
	// nil when there is none: then its amounts count nowhere.
	Rate *float64
}

// What the rates of the day leave at zero (a cent by rounding at those of the
// opening) is no movement here.
const ledgerText = `SELECT l.period AS line_period, l.grp AS line_group, l.kind AS line_kind, l.part AS line_part, i64(sum(l.amount)) AS line_amount, i64(count(DISTINCT l.account)) AS line_accounts
FROM (
  SELECT period, grp, account, '' AS kind, 'opening' AS part, mrr AS amount FROM {{payingAt "eve"}} AS o
  UNION ALL
  SELECT period, grp, account, '' AS kind, 'closing' AS part, mrr AS amount FROM {{payingAt "end"}} AS c
  UNION ALL
  SELECT period, grp, account, kind, part, amount FROM {{movements}} AS m WHERE amount <> 0
) AS l
GROUP BY l.period, l.grp, l.kind, l.part
ORDER BY 1, 2, 3, 4`

const currenciesText = `SELECT m.currency AS line_currency,
  i64(sum(CASE WHEN m.from_day < {opening:Date} AND m.to_day >= {opening:Date} THEN m.local ELSE 0 END)) AS line_opening,
  i64(sum(CASE WHEN m.from_day <= {closing:Date} AND m.to_day > {closing:Date} THEN m.local ELSE 0 END)) AS line_closing,
  i64(sum(CASE WHEN m.from_day <= {closing:Date} AND m.to_day > {closing:Date} THEN m.mrr ELSE 0 END)) AS line_worth
FROM {{mrr "unfiltered"}} AS m
WHERE m.local > 0 AND m.to_day >= {opening:Date} AND m.from_day <= {closing:Date}
GROUP BY m.currency
ORDER BY m.currency`

// ledgerPlan checks the request and fixes its clocks and rates.
func (r *Reader) ledgerPlan(ctx context.Context, q *RevenueRequest) (*plan, error) {
	q.Metric, q.Grain = "net_new_mrr", cmp.Or(q.Grain, farol.Monthly)
	p, err := r.plan(ctx, q.Request)
	if err != nil {
		return nil, err
	}
	q.Rates = cmp.Or(q.Rates, HistoricalRates)
	switch q.Rates {
	case HistoricalRates:
	case ConstantRates:
		p.settings = p.settings.fixedRates(p.periods[0].From - 1)
	default:
		return nil, farol.InvalidField("rates", "must be either %s or %s", HistoricalRates, ConstantRates)
	}
	p.periods = p.started(p.periods)
	return p, nil
}

// rateOn is the rate of a currency on a day; false when there is none.
func (s Settings) rateOn(c farol.Currency, day farol.Day) (float64, bool) {
	if c == s.Currency {
		return 1, true
	}
	out, ok := s.Rates[c]
	for _, d := range s.DatedRates {
		if x, has := d.Rates[c]; has && d.From <= day {
			out, ok = x, true
		}
	}
	return out, ok
}

// fixedRates are the settings with the rates of one day for ever.
func (s Settings) fixedRates(day farol.Day) Settings {
	rates := maps.Clone(s.Rates)
	if rates == nil {
		rates = map[farol.Currency]float64{}
	}
	for _, d := range s.DatedRates {
		for c := range d.Rates {
			if x, ok := s.rateOn(c, day); ok {
				rates[c] = x
			}
		}
	}
	s.Rates, s.DatedRates = rates, nil
	return s
}

// Revenue answers the ledger. Errors are Invalid, naming the field.
func (r *Reader) Revenue(ctx context.Context, q RevenueRequest) (RevenueLedger, error) {
	p, err := r.ledgerPlan(ctx, &q)
	if err != nil {
		return RevenueLedger{}, err
	}
	return kept(ctx, r, p, fmt.Sprintf("revenue|%s", q.Rates), func(ctx context.Context) (RevenueLedger, error) { return r.revenue(ctx, p, q) })
}

func (r *Reader) revenue(ctx context.Context, p *plan, q RevenueRequest) (out RevenueLedger, err error) {
	out = RevenueLedger{Version: p.version, Currency: p.settings.Currency, Grain: p.Grain, Rates: q.Rates, Periods: p.periods}
	if len(p.periods) == 0 {
		return out, nil
	}
	lines := map[cell]*LedgerLine{}
	if q.By == "" {
		for _, period := range p.periods {
			lines[cell{period.From, ""}] = &LedgerLine{Period: period, Complete: p.elapsed(period)}
		}
	}
	if err := r.each(ctx, ledgerText, p.scope(p.periods), p.params(), func(rows *sql.Rows) error { return p.ledgerRow(rows, lines) }); err != nil {
		return out, fmt.Errorf("revenue ledger: %w", err)
	}
	if len(lines) > maxCells {
		return out, farol.InvalidField("by", "%d groups over %d periods are too many: ask for fewer periods", len(lines)/len(p.periods), len(p.periods))
	}
	for _, l := range lines {
		l.order()
		out.Lines = append(out.Lines, *l)
	}
	slices.SortFunc(out.Lines, func(a, b LedgerLine) int {
		return cmp.Or(cmp.Compare(a.Period.From, b.Period.From), cmp.Compare(a.Group, b.Group))
	})
	out.Currencies, err = r.currencies(ctx, p)
	return out, err
}

// each runs a query and hands every row on.
func (r *Reader) each(ctx context.Context, text string, s facts.Scope, params map[string]any, row func(*sql.Rows) error) error {
	rows, err := r.facts.Query(ctx, text, s, params)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (p *plan) ledgerRow(rows *sql.Rows, lines map[cell]*LedgerLine) error {
	var from time.Time
	var m Movement
	var group string
	if err := rows.Scan(&from, &group, &m.Kind, &m.Part, &m.Amount, &m.Accounts); err != nil {
		return err
	}
	c := cell{farol.Date(from.Date()), group}
	l := lines[c]
	if l == nil {
		i := slices.IndexFunc(p.periods, func(q farol.Period) bool { return q.From == c.from })
		l = &LedgerLine{Period: p.periods[i], Group: group, Complete: p.elapsed(p.periods[i])}
		lines[c] = l
	}
	switch {
	case m.Kind == "" && m.Part == "opening":
		l.Opening = m.Amount
	case m.Kind == "":
		l.Closing = m.Amount
	default:
		l.Movements = append(l.Movements, m)
	}
	return nil
}

// order puts the movements in the order of the ledger.
func (l *LedgerLine) order() {
	slices.SortFunc(l.Movements, func(a, b Movement) int {
		return cmp.Or(cmp.Compare(slices.Index(MovementKinds, a.Kind), slices.Index(MovementKinds, b.Kind)),
			cmp.Compare(slices.Index(MovementParts, a.Part), slices.Index(MovementParts, b.Part)))
	})
}

// currencies are the amounts behind the whole at both ends of the last period.
func (r *Reader) currencies(ctx context.Context, p *plan) ([]CurrencyLine, error) {
	if sight.Of(ctx).Limited() || len(p.Filters) > 0 {
		return nil, nil // the query is of the whole base
	}
	last := p.periods[len(p.periods)-1]
	params := p.params()
	params["opening"], params["closing"] = last.From, p.last(last)
	scope := p.scope(p.periods)
	scope.By, scope.Filters = "", nil
	worth := map[farol.Currency]int64{}
	var out []CurrencyLine
	row := func(keep func(CurrencyLine)) func(*sql.Rows) error {
		return func(rows *sql.Rows) error {
			var l CurrencyLine
			err := rows.Scan(&l.Currency, &l.Opening, &l.Closing, &l.Converted)
			keep(l)
			return err
		}
	}
	err := r.each(ctx, currenciesText, scope, params, row(func(l CurrencyLine) { worth[l.Currency] = l.Converted }))
	if err == nil {
		// Once more without conversion: a currency without a rate is to be seen.
		params["currency"] = ""
		err = r.each(ctx, currenciesText, scope, params, row(func(l CurrencyLine) {
			l.Converted = worth[l.Currency]
			if x, ok := p.settings.rateOn(l.Currency, p.last(last)); ok {
				l.Rate = &x
			}
			if l.Opening != 0 || l.Closing != 0 {
				out = append(out, l)
			}
		}))
	}
	if err != nil {
		return nil, fmt.Errorf("revenue by currency: %w", err)
	}
	slices.SortStableFunc(out, func(a, b CurrencyLine) int {
		return cmp.Compare(boolOrder(a.Currency != p.settings.Currency), boolOrder(b.Currency != p.settings.Currency))
	})
	return out, nil
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

// MovementRow is a part of the movement of one account on one day: what it did
// that day are its events.
type MovementRow struct {
	Day           farol.Day
	Account       string
	Group         string
	Kind, Part    string
	Product, Plan string
	// Amount in whole minor units, signed.
	Amount int64
	Reason string
	// Voluntary is nil when the event did not say.
	Voluntary *bool
}

// MovementQuery selects rows of the ledger. Empty fields do not filter.
type MovementQuery struct {
	RevenueRequest
	Kind, Part, Account string
	// Group is a group of By; nil is all of them.
	Group *string
	// Limit of rows; 0 is 100, at most MaxRows.
	Limit int
	// After is the cursor of the page before.
	After string
}

const movementsText = `SELECT m.day AS row_day, m.account AS row_account, m.grp AS row_group, m.kind AS row_kind, m.part AS row_part, m.product AS row_product, m.plan AS row_plan,
  m.amount AS row_amount, m.reason AS row_reason, i64(m.voluntary) AS row_voluntary
FROM {{movements}} AS m
WHERE ({row_kind:String} = '' OR m.kind = {row_kind:String}) AND ({row_part:String} = '' OR m.part = {row_part:String}) AND ({row_account:String} = '' OR m.account = {row_account:String})
  AND ({row_grouped:Bool} = false OR m.grp = {row_group:String}) AND m.amount <> 0`

// Movements lists the rows behind the ledger, the largest first: they add up
// to its movements. next is the cursor of the following page, "" at the end.
func (r *Reader) Movements(ctx context.Context, q MovementQuery) (list []MovementRow, next string, err error) {
	p, err := r.ledgerPlan(ctx, &q.RevenueRequest)
	if err != nil {
		return nil, "", err
	}
	if q.Kind != "" && !slices.Contains(MovementKinds, q.Kind) {
		return nil, "", farol.InvalidField("kind", "must be one of: %s", strings.Join(MovementKinds, ", "))
	}
	if q.Part != "" && !slices.Contains(MovementParts, q.Part) {
		return nil, "", farol.InvalidField("part", "must be one of: %s", strings.Join(MovementParts, ", "))
	}
	after, err := readMovementKey(q.After)
	if err != nil || len(p.periods) == 0 {
		return nil, "", err
	}
	group := ""
	if q.Group != nil {
		group = "=" + *q.Group
	}
	type page struct {
		list []MovementRow
		next string
	}
	what := fmt.Sprintf("movements|%s|%q|%q|%q|%q|%d|%q", q.Rates, q.Kind, q.Part, q.Account, group, q.Limit, q.After)
	got, err := kept(ctx, r, p, what, func(ctx context.Context) (got page, err error) {
		list, err := r.movements(ctx, p, q)
		got.list, got.next = pageOf(list, after, min(cmp.Or(q.Limit, 100), MaxRows))
		return got, err
	})
	return got.list, got.next, err
}

func (r *Reader) movements(ctx context.Context, p *plan, q MovementQuery) (list []MovementRow, err error) {
	params := p.params()
	params["row_kind"], params["row_part"], params["row_account"], params["row_grouped"], params["row_group"] = q.Kind, q.Part, q.Account, q.Group != nil, ""
	if q.Group != nil {
		params["row_group"] = *q.Group
	}
	err = r.each(ctx, movementsText, p.scope(p.periods), params, func(rows *sql.Rows) error {
		var m MovementRow
		var day time.Time
		var voluntary sql.NullInt64
		if err := rows.Scan(&day, &m.Account, &m.Group, &m.Kind, &m.Part, &m.Product, &m.Plan, &m.Amount, &m.Reason, &voluntary); err != nil {
			return err
		}
		if m.Day = farol.Date(day.Date()); voluntary.Valid {
			yes := voluntary.Int64 == 1
			m.Voluntary = &yes
		}
		list = append(list, m)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("revenue movements: %w", err)
	}
	return list, nil
}

// movementKey is the place of a row in the list.
type movementKey struct {
	Amount int64
	Rest   string
}

func (m MovementRow) key() movementKey {
	size := m.Amount
	if size < 0 {
		size = -size
	}
	return movementKey{size, strings.Join([]string{m.Day.String(), m.Account, m.Kind, m.Part, m.Product, m.Plan, m.Group, fmt.Sprint(m.Amount < 0)}, "\x00")}
}

func (a movementKey) compare(b movementKey) int {
	return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Rest, b.Rest))
}

// pageOf sorts the rows and cuts the page that follows a key.
func pageOf(list []MovementRow, after *movementKey, limit int) ([]MovementRow, string) {
	slices.SortFunc(list, func(a, b MovementRow) int { return a.key().compare(b.key()) })
	if after != nil {
		i, _ := slices.BinarySearchFunc(list, *after, func(m MovementRow, k movementKey) int {
			if m.key().compare(k) <= 0 {
				return -1
			}
			return 1
		})
		list = list[i:]
	}
	if len(list) <= limit {
		return list, ""
	}
	b, err := json.Marshal(list[limit-1].key())
	if err != nil {
		panic(err) // a number and a text always marshal
	}
	return list[:limit], base64.RawURLEncoding.EncodeToString(b)
}

func readMovementKey(s string) (*movementKey, error) {
	if s == "" {
		return nil, nil
	}
	var k movementKey
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil {
		return nil, farol.InvalidField("after", "is not a cursor of these rows")
	}
	return &k, nil
}

// Major is an amount of the ledger in major units.
func (l RevenueLedger) Major(minor int64) float64 {
	return float64(minor) / math.Pow10(l.Currency.Digits())
}
