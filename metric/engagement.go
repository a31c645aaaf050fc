package metric

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// EngagementRequest asks how steadily people, or accounts, use the product.
type EngagementRequest struct {
	// Of is People or Accounts; "" is people.
	Of Of
	// Period is the range looked at. Without one a histogram takes the 28 days
	// that have passed last, a rhythm the 84 days.
	Period farol.Period
	// Grain cuts the range into the intervals of a histogram ("" is days) or of
	// a life cycle ("" is weeks).
	Grain farol.Grain
	// Every makes the intervals of a histogram of days so many days long, from
	// the first of the range; 0 and 1 are one.
	Every int
	// Min is how many events an interval of a histogram needs to count; 0 and 1
	// are one.
	Min int
	// Feature or Product (of setting features) narrows a rhythm to their
	// events; "" is everything that counts as active.
	Feature, Product string
	// AsOf, Known, Filters and MaxAge are those of Request.
	AsOf    farol.Day
	Known   time.Time
	Filters []facts.Filter
	MaxAge  time.Duration
}

const (
	// histogramDays and rhythmDays are the ranges that nobody asked for: whole
	// weeks, so that each day of the week weighs the same.
	histogramDays, rhythmDays = 28, 84
	// maxIntervals bounds the buckets of a histogram.
	maxIntervals = 400
)

// engagementMetric stands for these answers where the machinery of series
// wants a metric: its settings make the version.
var engagementMetric = &Metric{
	Name: "$engagement", Version: 1, Settings: []string{ActiveName}, Unit: "persons", Aggregation: Distinct, doors: []string{"present"},
}

var rhythmMetric = &Metric{
	Name: "$rhythm", Version: 1, Settings: []string{ActiveName, FeaturesName}, Unit: "persons", Aggregation: Distinct, doors: []string{"present"},
}

// engagementPlan checks a request and fixes its clocks; days is the range of
// one that has none.
func (r *Reader) engagementPlan(ctx context.Context, q *EngagementRequest, m *Metric, days farol.Day) (*plan, error) {
	var err error
	if q.Filters, err = facts.Sighted(ctx, q.Filters, ""); err != nil {
		return nil, err
	}
	if q.Of == "" {
		q.Of = People
	}
	p := &plan{metric: m, settings: r.settings(), Request: Request{
		Metric: m.Name, Grain: q.Grain, Period: q.Period, AsOf: q.AsOf, Known: q.Known, Filters: q.Filters, MaxAge: q.MaxAge,
	}}
	if p.settings.Calendar.Zone == nil {
		p.settings.Calendar.Zone = time.UTC
	}
	p.version = p.settings.version(m)
	p.clocks(r.now())
	if q.Period == (farol.Period{}) {
		q.Period = farol.Period{From: p.through - days + 1, To: p.through + 1}
		p.Period = q.Period
	}
	switch {
	case q.Of != People && q.Of != Accounts:
		return nil, farol.InvalidField("of", "must be people or accounts")
	case q.Min < 0 || q.Min > 10_000:
		return nil, farol.InvalidField("min", "must be between 1 and 10000")
	case q.Grain != "" && !slices.Contains(grains, string(q.Grain)):
		return nil, farol.InvalidField("grain", "must be day, week or month")
	}
	return p, p.checkScope()
}

// unit is the SQL of what is counted and of its name.
func (q EngagementRequest) unit() (key, name, known string) {
	if q.Of == Accounts {
		return "v.account", "v.account", "v.account <> ''"
	}
	return "v.key", "v.person", "v.key <> 0"
}

// Histogram is how many units were active in how many intervals of a range.
type Histogram struct {
	// Request is as it was read: defaults filled in.
	Request EngagementRequest
	// Version is that of the settings behind it.
	Version string
	// Buckets are by intervals, from 1 to as many as the range has; none when
	// there is a Reason.
	Buckets []Bucket
	// Units is how many were active at all, Mean in how many intervals on
	// average, nil when nobody was.
	Units int64
	Mean  *float64
	// Complete tells that the range has passed and is covered by data.
	Complete bool
	// Reason says why nothing can be told.
	Reason Reason
}

// Bucket is the units active in exactly so many intervals.
type Bucket struct {
	Intervals int
	Units     int64
	// Joined is how many of them joined inside the range: they could not have
	// been active in all of it.
	Joined int64
	// AtLeast is the units active in so many intervals or more.
	AtLeast int64
}

// timesText answers each unit with the number of intervals in which it was
// active; a first or last interval that the range cuts counts as one.
func (q EngagementRequest) timesText() string {
	key, name, known := q.unit()
	door, having := "{{present 0}}", ""
	if q.Min > 1 {
		door, having = "{{activity 0}}", "\n    HAVING sum(v.n) >= {least:Int64}"
		known += " AND ({active_all:Bool} OR has({active_events:Array(String)}, v.event))"
	}
	return fmt.Sprintf(`SELECT s.unit_key AS unit_key, min(s.unit_id) AS unit_id, min(s.account_id) AS account_id, i64(count(*)) AS times
  FROM (
    SELECT %s AS unit_key, min(%s) AS unit_id, min(v.account) AS account_id, d.period AS in_period
    FROM %s AS v
    JOIN {{days}} AS d ON d.day = v.day
    WHERE %s
    GROUP BY %[1]s, d.period%[5]s
  ) AS s
  GROUP BY s.unit_key`, key, name, door, known, having)
}

// joinedText answers the keys of the units that joined inside the range.
func (q EngagementRequest) joinedText() string {
	if q.Of == Accounts {
		return `SELECT c.account AS joined_key FROM {{accounts "unfiltered"}} AS c WHERE least(c.created_day, c.seen_day) >= {from:Date}`
	}
	return `SELECT f.key AS joined_key FROM {{firsts 0}} AS f`
}

// Histogram counts units by the intervals in which they were active, in one
// query. Errors are Invalid, naming the field.
func (r *Reader) Histogram(ctx context.Context, q EngagementRequest) (Histogram, error) {
	p, err := r.histogramPlan(ctx, &q)
	if err != nil {
		return Histogram{}, err
	}
	key := fmt.Sprintf("%v|%d|%d|%s", q.Of, q.Min, q.Every, p.key())
	got, err := r.histograms.get(ctx, key, ask{p.Known, p.MaxAge, true}, r.clocks(), func(ctx context.Context) (answer[Histogram], error) {
		p.sees(r.facts.LastKnown())
		out, err := r.histogram(ctx, p, q)
		return answer[Histogram]{out, p.seen, len(out.Buckets)}, err
	})
	got.value.Request = q
	return got.value, err
}

func (r *Reader) histogramPlan(ctx context.Context, q *EngagementRequest) (*plan, error) {
	if q.Grain == "" {
		q.Grain = farol.Daily
	}
	p, err := r.engagementPlan(ctx, q, engagementMetric, histogramDays)
	if err != nil {
		return nil, err
	}
	switch {
	case q.Every < 0 || q.Every > maxIntervals:
		return nil, farol.InvalidField("every", "must be between 0 and %d", maxIntervals)
	case q.Every > 1 && q.Grain != farol.Daily:
		return nil, farol.InvalidField("every", "goes with intervals of days")
	case q.Every > 1:
		for d := q.Period.From; d < q.Period.To; d += farol.Day(q.Every) {
			p.periods = append(p.periods, farol.Period{From: d, To: min(d+farol.Day(q.Every), q.Period.To)})
		}
	default:
		p.periods = p.settings.Calendar.Cut(q.Grain, q.Period)
	}
	if len(p.periods) > maxIntervals {
		return nil, farol.InvalidField("grain", "at most %d intervals at once", maxIntervals)
	}
	return p, nil
}

func (r *Reader) histogram(ctx context.Context, p *plan, q EngagementRequest) (Histogram, error) {
	out := Histogram{Version: p.version}
	var err error
	if out.Complete, out.Reason, err = r.rangeState(ctx, p); err != nil || out.Reason != "" {
		return out, err
	}
	text := `SELECT u.times AS times, i64(count(*)) AS units, i64(count(j.joined_key)) AS joined
FROM (
  ` + q.timesText() + `
) AS u
LEFT JOIN (` + q.joinedText() + `) AS j ON j.joined_key = u.unit_key
GROUP BY u.times`
	out.Buckets = make([]Bucket, len(p.periods))
	for i := range out.Buckets {
		out.Buckets[i].Intervals = i + 1
	}
	var sum int64
	err = r.rangeQuery(ctx, p, q, text, nil, func(rows *sql.Rows) error {
		var times, units, joined int64
		err := rows.Scan(&times, &units, &joined)
		if err == nil {
			b := &out.Buckets[times-1]
			b.Units, b.Joined = units, joined
			out.Units, sum = out.Units+units, sum+units*times
		}
		return err
	})
	for i := len(out.Buckets) - 1; i >= 0; i-- {
		out.Buckets[i].AtLeast = out.Buckets[i].Units
		if i+1 < len(out.Buckets) {
			out.Buckets[i].AtLeast += out.Buckets[i+1].AtLeast
		}
	}
	if out.Units > 0 {
		mean := float64(sum) / float64(out.Units)
		out.Mean = &mean
	}
	return out, err
}

// rangeState tells whether the range has passed and is covered by data, and
// why nothing can be told of it at all.
func (r *Reader) rangeState(ctx context.Context, p *plan) (complete bool, reason Reason, err error) {
	if p.Period.From > p.asOf {
		return false, NotStarted, nil
	}
	if _, err := r.cover(ctx, p); err != nil {
		return false, "", err
	}
	if !p.received(p.Period) {
		return false, NoData, nil
	}
	first, ok := p.covered.first("events")
	return p.Period.Last() <= p.through && ok && first <= p.Period.From, "", nil
}

// rangeQuery runs a query over the range of the plan.
func (r *Reader) rangeQuery(ctx context.Context, p *plan, q EngagementRequest, text string, more map[string]any, scan func(*sql.Rows) error) error {
	params := p.params()
	params["least"] = int64(max(1, q.Min))
	for k, v := range more {
		params[k] = v
	}
	scope := p.scope(p.periods)
	scope.Period = p.Period
	rows, err := r.facts.Query(ctx, text, scope, params)
	if err != nil {
		return fmt.Errorf("engagement: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("engagement: %w", err)
		}
	}
	return rows.Err()
}

// HistogramRows lists the units of one bucket, by name: a page of limit (0 is
// 100) after the cursor. The numerator of each is the bucket's intervals.
// next is "" at the end. Errors are Invalid, naming the field.
func (r *Reader) HistogramRows(ctx context.Context, q EngagementRequest, bucket, limit int, after string) (rows []Row, next string, err error) {
	p, err := r.histogramPlan(ctx, &q)
	if err != nil {
		return nil, "", err
	}
	if bucket < 1 || bucket > len(p.periods) {
		return nil, "", farol.InvalidField("bucket", "must be between 1 and %d", len(p.periods))
	}
	at, err := readCursor(after)
	if err != nil {
		return nil, "", err
	}
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, MaxRows)
	if p.Period.From > p.asOf {
		return nil, "", nil
	}
	more := map[string]any{"bucket": int64(bucket), "row_limit": int64(limit + 1), "after_unit": ""}
	if at != nil {
		more["after_unit"] = at.Unit
	}
	text := `SELECT u.unit_id AS unit_id, u.account_id AS account_id
FROM (
  ` + q.timesText() + `
) AS u
WHERE u.times = {bucket:Int64} AND u.unit_id > {after_unit:String}
ORDER BY u.unit_id
LIMIT {row_limit:Int64}`
	err = r.rangeQuery(ctx, p, q, text, more, func(found *sql.Rows) error {
		row := Row{Numerator: float64(bucket)}
		err := found.Scan(&row.Unit, &row.Account)
		rows = append(rows, row)
		return err
	})
	if err == nil && len(rows) > limit {
		rows = rows[:limit]
		next = cursor{float64(bucket), rows[limit-1].Unit}.String()
	}
	return rows, next, err
}
