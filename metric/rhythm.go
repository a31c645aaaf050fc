package metric

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

// Rhythm is how often the product, or a part of it, is used by those who use
// it: the period by which it should be judged.
type Rhythm struct {
	// Request is as it was read: defaults filled in.
	Request EngagementRequest
	// Version is that of the settings behind it.
	Version string
	// Units is how many were active in the range. Regular are those who were on
	// three days or more: only they show a gap that comes again.
	Units, Regular int64
	// Shares tell how many of the regular ones come daily, weekly and monthly.
	Shares []RhythmShare
	// Median is the median of their median gaps, in days; nil with Verdict "".
	Median *float64
	// Verdict is the shortest grain that at least half of the regular ones keep
	// to; "" when none is, or when a Reason says that it cannot be told.
	Verdict farol.Grain
	Reason  Reason
	// Complete tells that the range has passed and is covered by data.
	Complete bool
}

// RhythmShare is the regular units whose median gap between active days is
// not longer than the grain's: 1, 7 or 28 days.
type RhythmShare struct {
	Grain farol.Grain
	Days  int
	Units int64
	// Share of the regular units with its 95 % interval (Wilson); nil when they
	// are too few.
	Share, Low, High *float64
}

// TooFew says that there are too few units to tell.
const TooFew Reason = "too_few"

// rhythmGaps are the longest gaps of the rhythms.
var rhythmGaps = []RhythmShare{{Grain: farol.Daily, Days: 1}, {Grain: farol.Weekly, Days: 7}, {Grain: farol.Monthly, Days: 28}}

// RhythmNames lists the features and products whose rhythm can be asked for.
func (r *Reader) RhythmNames() (features, products []string) {
	seen := map[string]bool{}
	for _, f := range r.settings().Features.List {
		features = append(features, f.Name)
		if f.Product != "" && !seen[f.Product] {
			seen[f.Product] = true
			products = append(products, f.Product)
		}
	}
	return features, products
}

// partOf lists the events of the feature or product; nil is everything.
func (q EngagementRequest) partOf(f Features) ([]string, error) {
	if q.Feature != "" && q.Product != "" {
		return nil, farol.InvalidField("product", "does not go with feature: ask for one of them")
	}
	if q.Feature == "" && q.Product == "" {
		return nil, nil
	}
	var out []string
	for _, x := range f.List {
		if q.Feature != "" && x.Name == q.Feature || q.Product != "" && x.Product == q.Product {
			out = append(out, x.Events...)
		}
	}
	switch {
	case out == nil && q.Feature != "":
		return nil, farol.InvalidField("feature", "there is no feature %s", q.Feature)
	case out == nil:
		return nil, farol.InvalidField("product", "there is no product %s", q.Product)
	}
	return out, nil
}

// activeDaysText answers the days on which each unit was active.
func (q EngagementRequest) activeDaysText(part bool) string {
	key, _, known := q.unit()
	door := "{{present 0}}"
	if part {
		door = "{{activity 0}}"
		known += " AND has({part_events:Array(String)}, v.event)"
	}
	return fmt.Sprintf(`SELECT DISTINCT %s AS unit_key, v.day AS on_day FROM %s AS v WHERE %s`, key, door, known)
}

// Rhythm reads the gaps between active days off the range (without one, the
// last 84 days). It is two queries. Errors are Invalid, naming the field.
func (r *Reader) Rhythm(ctx context.Context, q EngagementRequest) (Rhythm, error) {
	q.Grain = farol.Daily
	p, err := r.engagementPlan(ctx, &q, rhythmMetric, rhythmDays)
	if err != nil {
		return Rhythm{}, err
	}
	if q.Period.Days() > maxIntervals {
		return Rhythm{}, farol.InvalidField("to", "at most %d days at once", maxIntervals)
	}
	events, err := q.partOf(p.settings.Features)
	if err != nil {
		return Rhythm{}, err
	}
	p.periods = []farol.Period{q.Period}
	key := fmt.Sprintf("%v|%q|%q|%s", q.Of, q.Feature, q.Product, p.key())
	got, err := r.rhythms.get(ctx, key, ask{p.Known, p.MaxAge, true}, r.clocks(), func(ctx context.Context) (answer[Rhythm], error) {
		p.sees(r.facts.LastKnown())
		out, err := r.rhythm(ctx, p, q, events)
		return answer[Rhythm]{out, p.seen, len(out.Shares)}, err
	})
	got.value.Request = q
	return got.value, err
}

func (r *Reader) rhythm(ctx context.Context, p *plan, q EngagementRequest, events []string) (Rhythm, error) {
	out := Rhythm{Version: p.version}
	var err error
	if out.Complete, out.Reason, err = r.rangeState(ctx, p); err != nil || out.Reason != "" {
		return out, err
	}
	days := q.activeDaysText(events != nil)
	more := map[string]any{"part_events": append([]string{}, events...)}
	err = r.rangeQuery(ctx, p, q, `SELECT i64(count(DISTINCT x.unit_key)) AS units FROM (`+days+`) AS x`, more, func(rows *sql.Rows) error {
		return rows.Scan(&out.Units)
	})
	if err != nil {
		return out, err
	}
	// Medians are multiples of a half.
	text := `SELECT z.half AS half, i64(count(*)) AS units
FROM (
  SELECT y.unit_key AS unit_key, i64(truncInt(quantile_cont(y.gap, 0.5) * 2)) AS half
  FROM (
    SELECT x.unit_key AS unit_key, dayNumber(x.on_day) - lag(toNullable(dayNumber(x.on_day))) OVER (PARTITION BY x.unit_key ORDER BY x.on_day) AS gap
    FROM (` + days + `) AS x
  ) AS y
  WHERE y.gap IS NOT NULL
  GROUP BY y.unit_key
  HAVING count(*) >= 2
) AS z
GROUP BY z.half
ORDER BY z.half`
	var halves, counts []int64
	err = r.rangeQuery(ctx, p, q, text, more, func(rows *sql.Rows) error {
		var half, n int64
		err := rows.Scan(&half, &n)
		halves, counts = append(halves, half), append(counts, n)
		return err
	})
	out.judge(halves, counts)
	return out, err
}

// judge fills in the shares and the verdict; halves are twice the median
// gaps in order, counts how many units have each.
func (x *Rhythm) judge(halves, counts []int64) {
	x.Shares = append([]RhythmShare{}, rhythmGaps...)
	for i, half := range halves {
		x.Regular += counts[i]
		for j := range x.Shares {
			if half <= int64(2*x.Shares[j].Days) {
				x.Shares[j].Units += counts[i]
			}
		}
	}
	if x.Regular < stats.MinCompared {
		x.Reason = TooFew
		return
	}
	for j := range x.Shares {
		s := &x.Shares[j]
		v := float64(s.Units) / float64(x.Regular)
		s.Share = &v
		if i, ok := stats.Wilson(float64(s.Units), float64(x.Regular), stats.Level); ok {
			s.Low, s.High = &i.Low, &i.High
		}
		if x.Verdict == "" && 2*s.Units >= x.Regular {
			x.Verdict = s.Grain
		}
	}
	left := x.Regular
	for i := range halves {
		if left -= counts[i]; 2*left <= x.Regular {
			m := float64(halves[i]) / 2
			x.Median = &m
			return
		}
	}
}
