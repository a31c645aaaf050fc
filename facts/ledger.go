package facts

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// Restated is a figure of the history that took the place of another one.
type Restated struct {
	// HistoryRow is the figure from Known on.
	HistoryRow
	// Was is the figure before it, of the same series and period.
	Was HistoryRow
}

// LedgerQuery selects restatements. Empty fields do not filter.
type LedgerQuery struct {
	Metric, Version string
	Grain           farol.Grain
	// From and To bound the first day of the period, half-open.
	From, To farol.Day
	// Since and Until bound the instant of the restatement, both included.
	Since, Until time.Time
	// Ended keeps periods whose last day is not after it.
	Ended farol.Day
	// Limit of rows; 0 is 100, at most 1000.
	Limit int
	// After is the cursor that the page before gave, or "".
	After string
}

// ledgerKey is the place of a restatement in the order of the ledger.
type ledgerKey struct {
	Known           int64
	Metric, Version string
	Grain           farol.Grain
	Day             farol.Day
}

func (k ledgerKey) String() string {
	b, err := json.Marshal(k)
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseLedgerKey(s string) (k ledgerKey, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil {
		err = farol.InvalidField("after", "is not a cursor of this list")
	}
	return k, err
}

// inLedger is the window of one figure, from the first to the latest.
const (
	inLedger = "(PARTITION BY h.metric, h.version, h.breakdown, h.grp, h.grain, h.first_day, h.end_day ORDER BY h.known, h.batch)"
	// nothing stands for a null that is compared: no figure is so low.
	nothing = "-1e300"
)

// Restatements lists the figures that took the place of others, the latest
// first; next is the cursor of the following page, "" at the end. A row of
// the history that says the same in other words (only its interval or its
// completeness differ) is none. It reads the history alone.
func (f *Facts) Restatements(ctx context.Context, q LedgerQuery) (out []Restated, next string, err error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, "", err
	}
	limit := pageSize(q.Limit, 1000)
	text, params, err := q.text(limit + 1)
	if err != nil {
		return nil, "", err
	}
	rows, err := f.internal(ctx, text, params)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		var r Restated
		var first, end time.Time
		w := &r.Was
		if err := rows.Scan(&r.Metric, &r.Version, &r.Grain, &first, &end, &r.Known, &r.Value, &r.Numerator, &r.Denominator, &r.Low, &r.High, &r.Units, &r.Complete,
			&w.Known, &w.Value, &w.Numerator, &w.Denominator, &w.Low, &w.High, &w.Units); err != nil {
			return nil, "", err
		}
		r.Known, w.Known = r.Known.UTC(), w.Known.UTC()
		r.Period = farol.Period{From: farol.Day(first.Unix() / 86400), To: farol.Day(end.Unix() / 86400)}
		w.Metric, w.Version, w.Grain, w.Period, w.Complete = r.Metric, r.Version, r.Grain, r.Period, true
		out = append(out, r)
	}
	if len(out) > limit {
		out = out[:limit]
		last := out[limit-1]
		next = ledgerKey{last.Known.UnixMilli(), last.Metric, last.Version, last.Grain, last.Period.From}.String()
	}
	return out, next, rows.Err()
}

// text is the query and its parameters. What bounds the figures before a
// restatement, too, stands inside; the rest outside.
func (q LedgerQuery) text(limit int) (string, map[string]any, error) {
	inner, outer, params := "", "", map[string]any{"limit": int64(limit)}
	in := func(cond, name string, v any) { inner, params[name] = inner+" AND "+cond, v }
	out := func(cond, name string, v any) { outer, params[name] = outer+" AND "+cond, v }
	if q.Metric != "" {
		in("h.metric = {metric:String}", "metric", q.Metric)
	}
	if q.Version != "" {
		in("h.version = {version:String}", "version", q.Version)
	}
	if q.Grain != "" {
		in("h.grain = {grain:String}", "grain", string(q.Grain))
	}
	if q.From != 0 {
		in("h.first_day >= {from:Date}", "from", q.From)
	}
	if q.To != 0 {
		in("h.first_day < {to:Date}", "to", q.To)
	}
	if q.Ended != 0 {
		in("h.end_day <= {ended:Date}", "ended", q.Ended+1)
	}
	if !q.Until.IsZero() {
		in("h.known <= {until:DateTime64(3)}", "until", q.Until)
	}
	if !q.Since.IsZero() {
		out("x.known >= {since:DateTime64(3)}", "since", q.Since)
	}
	if q.After != "" {
		k, err := parseLedgerKey(q.After)
		if err != nil {
			return "", nil, err
		}
		params["after_metric"], params["after_version"], params["after_grain"], params["after_day"] = k.Metric, k.Version, string(k.Grain), k.Day
		out("(x.known < {after:DateTime64(3)} OR x.known = {after:DateTime64(3)} AND "+
			"(x.metric, x.version, x.grain, x.first_day) > ({after_metric:String}, {after_version:String}, {after_grain:String}, {after_day:Date}))",
			"after", time.UnixMilli(k.Known))
	}
	was := func(column string) string {
		return "lag(toNullable(h." + column + ")) OVER " + inLedger + " AS was_" + column
	}
	moved := func(column string) string {
		return "coalesce(x." + column + ", " + nothing + ") <> coalesce(x.was_" + column + ", " + nothing + ")"
	}
	return `SELECT x.metric, x.version, x.grain, x.first_day, x.end_day, x.known, x.value, x.numerator, x.denominator, x.low, x.high, x.units, x.complete,
  x.was_known, x.was_value, x.was_numerator, x.was_denominator, x.was_low, x.was_high, x.was_units
FROM (SELECT h.metric AS metric, h.version AS version, h.grain AS grain, h.first_day AS first_day, h.end_day AS end_day, h.known AS known, h.value AS value,
  h.numerator AS numerator, h.denominator AS denominator, h.low AS low, h.high AS high, h.units AS units, h.complete AS complete, ` +
		was("known") + ", " + was("value") + ", " + was("numerator") + ", " + was("denominator") + ", " + was("low") + ", " + was("high") + ", " + was("units") + `
  FROM history h WHERE h.breakdown = '' AND NOT startsWith(h.metric, '$')` + inner + `) x
WHERE x.was_known IS NOT NULL AND (` + moved("value") + " OR " + moved("numerator") + " OR " + moved("denominator") + ")" + outer + `
ORDER BY x.known DESC, x.metric, x.version, x.grain, x.first_day LIMIT {limit:Int64}`, params, nil
}

// Reported answers the first figure that was ever kept of each period whose
// first day lies in [from, to), under whichever version, by period: what was
// said when the period was closed. known bounds what is looked at; zero does
// not.
func (f *Facts) Reported(ctx context.Context, metric string, grain farol.Grain, days farol.Period, known time.Time) ([]HistoryRow, error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, err
	}
	cond, params := "", map[string]any{"metric": metric, "grain": string(grain), "from": days.From, "to": days.To}
	if !known.IsZero() {
		cond, params["known"] = " AND h.known <= {known:DateTime64(3)}", known
	}
	rows, err := f.internal(ctx, `SELECT x.version, x.known, x.grp, x.first_day, x.end_day, x.value, x.numerator, x.denominator, x.low, x.high, x.units, x.complete FROM
(SELECT h.*, row_number() OVER (PARTITION BY h.first_day, h.end_day ORDER BY h.known, h.batch) AS place FROM history h
WHERE h.metric = {metric:String} AND h.grain = {grain:String} AND h.breakdown = '' AND h.grp = '' AND h.first_day >= {from:Date} AND h.first_day < {to:Date}`+cond+`) x
WHERE x.place = 1 ORDER BY x.first_day, x.end_day`, params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []HistoryRow
	for rows.Next() {
		r := HistoryRow{Metric: metric, Grain: grain}
		var first, end time.Time
		if err := rows.Scan(&r.Version, &r.Known, &r.Group, &first, &end, &r.Value, &r.Numerator, &r.Denominator, &r.Low, &r.High, &r.Units, &r.Complete); err != nil {
			return nil, err
		}
		r.Known = r.Known.UTC()
		r.Period = farol.Period{From: farol.Day(first.Unix() / 86400), To: farol.Day(end.Unix() / 86400)}
		out = append(out, r)
	}
	return out, rows.Err()
}
