package metric

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

// Prefill is a simulation with the company's own figures, and where they come
// from.
type Prefill struct {
	Simulation
	Version  string
	Currency farol.Currency
	// Exposure is customer-months of the last six whole months, Left how many
	// were lost in them; ChurnLow and ChurnHigh Wilson's interval of the churn.
	Exposure, Left      float64
	ChurnLow, ChurnHigh float64
	// Modelled tells that the hazard by age comes from the retention model; it
	// is constant with a Reason otherwise.
	Modelled bool
	Reason   Reason
}

// The last six months as sums, all in minor units but the counts.
const prefillText = `SELECT i64(count(*)) AS sum_exposure, i64(sum(m.gone)) AS sum_gone,
  f64(sum(CASE WHEN m.gone = 0 THEN m.mrr_start ELSE 0 END)) AS sum_start, f64(sum(CASE WHEN m.gone = 0 THEN m.mrr_end ELSE 0 END)) AS sum_end,
  sum(CASE WHEN m.gone = 0 THEN f64(m.mrr_start) * f64(m.mrr_start) ELSE 0 END) AS sum_start2,
  sum(CASE WHEN m.gone = 0 THEN f64(m.mrr_start) * f64(m.mrr_end) ELSE 0 END) AS sum_cross,
  sum(CASE WHEN m.gone = 0 THEN f64(m.mrr_end) * f64(m.mrr_end) ELSE 0 END) AS sum_end2
FROM {{monthly 6 "mrr"}} AS m`

// Prefill fills a simulation in with what the facts say: today's base, the
// churn and expansion of the last six whole months, new customers, and the
// hazard by age. Then is a fifth less churn, to begin with. Of the request it
// uses the clocks and filters. Errors as for Read.
func (r *Reader) Prefill(ctx context.Context, q Request) (Prefill, error) {
	q.By, q.Period = "", farol.Period{}
	p, err := r.planMoney(ctx, q)
	if err != nil {
		return Prefill{}, err
	}
	return kept(ctx, r, p, "prefill", func(ctx context.Context) (Prefill, error) { return r.prefill(ctx, p, q) })
}

func (r *Reader) prefill(ctx context.Context, p *plan, q Request) (Prefill, error) {
	out := Prefill{Version: p.version, Currency: p.settings.Currency}
	s := &out.Simulation
	s.Margin, s.Months, s.Ramp, s.Futures, s.Seed = p.settings.Conventions.GrossMargin, SurvivalMonths, 3, 1000, 1
	stays, err := r.stays(ctx, p, "began")
	if err != nil {
		return out, err
	}
	if err := r.recent(ctx, p, &out); err != nil {
		return out, err
	}
	s.base(p, stays)
	q.Metric, q.Grain, q.Period = "mrr", farol.Monthly, farol.Period{From: p.asOf, To: p.asOf + 1}
	mrr, err := r.Read(ctx, q)
	if err != nil {
		return out, err
	}
	s.MRR = deref(mrr.Points[0].Value)
	curve := curveOf("", stays, p.through)
	out.Reason = curve.NoModel
	if m := curve.Model; m != nil {
		out.Modelled = true
		for t := 1; t <= oldest; t++ {
			s.Hazard = append(s.Hazard, clamp(1-m.best().Retention(t)))
		}
	} else {
		s.Ages = nil
	}
	s.Then = s.Now
	s.Then.Churn = s.Now.Churn * 0.8
	return out, nil
}

func clamp(x float64) float64 { return math.Max(0, math.Min(1, x)) }

// recent reads churn and expansion of the last six whole months.
func (r *Reader) recent(ctx context.Context, p *plan, out *Prefill) error {
	periods := p.settings.Calendar.Cut(farol.Monthly, farol.Period{From: p.asOf, To: p.asOf + 1})
	rows, err := r.facts.Query(ctx, prefillText, p.scope(periods), p.params())
	if err != nil {
		return fmt.Errorf("the last six months: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		return rows.Err()
	}
	var exposure, gone int64
	var sums [5]sql.NullFloat64
	var left sql.NullInt64
	if err := rows.Scan(&exposure, &left, &sums[0], &sums[1], &sums[2], &sums[3], &sums[4]); err != nil {
		return err
	}
	gone = left.Int64
	s := &out.Simulation
	out.Exposure, out.Left = float64(exposure), float64(gone)
	if i, ok := stats.Wilson(out.Left, out.Exposure, stats.Level); ok {
		s.Now.Churn = out.Left / out.Exposure
		out.ChurnLow, out.ChurnHigh = i.Low, i.High
	}
	if gone > 0 {
		// The logarithm of a rate of counted events has this standard error.
		s.ChurnSpread = 1 / math.Sqrt(out.Left)
	}
	if start, end := sums[0].Float64, sums[1].Float64; start > 0 {
		s.Now.Expansion = math.Max(-1, math.Min(1, end/start-1))
		if i, ok := stats.RatioOfSums(out.Exposure-out.Left, end, start, sums[4].Float64, sums[3].Float64, sums[2].Float64, stats.Level); ok {
			s.ExpansionSpread = math.Min(1, (i.High-i.Low)/2/1.96)
		}
	}
	return rows.Err()
}

// base adds today's customers by age, and the new ones of the last six months.
func (s *Simulation) base(p *plan, stays []stay) {
	by := p.minor()
	y, m, _ := (p.through + 1).UTC().Date()
	since, until := farol.Date(y, m-6, 1), farol.Date(y, m, 1)
	s.Ages = make([]float64, oldest)
	var fresh, freshMRR float64
	for _, x := range stays {
		if x.left == 0 {
			s.Customers++
			s.Ages[min(oldest-1, int(months(p.through+1-x.since)))] += float64(x.last)
		}
		if x.n == 1 && x.from >= since && x.from < until {
			fresh, freshMRR = fresh+1, freshMRR+float64(x.first)/by
		}
	}
	var sum float64
	for _, a := range s.Ages {
		sum += a
	}
	for i := range s.Ages {
		if sum > 0 {
			s.Ages[i] /= sum
		}
	}
	s.Now.NewCustomers = fresh / 6
	if fresh > 0 {
		s.Now.NewMRR = freshMRR / fresh
	}
}
