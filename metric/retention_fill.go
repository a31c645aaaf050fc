package metric

import (
	"cmp"
	"maps"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

// started is what was found of the units that started in one interval.
type startCell struct {
	group string
	start int
}

type startFound struct {
	size int64
	// base and baseSquares are the sums of what units are measured against.
	base, baseSquares float64
	// kept is by column: how much came back.
	kept []keptFound
}

type keptFound struct{ retained, squares, cross float64 }

// answer is the triangle without its cohorts.
func (p *retention) answer() Retention {
	out := Retention{Request: p.q, Version: p.version, Columns: p.columns, Cohorts: []Cohort{}, Curves: []RetentionCurve{}}
	out.Request.MaxAge = p.MaxAge
	if p.q.Unit == RetainRevenue {
		out.Currency = p.settings.Currency
	}
	return out
}

// fillTriangle makes cohorts of the starts, and curves of the cohorts.
func (p *retention) fillTriangle(out *Retention, found map[startCell]*startFound) {
	groups := map[string]bool{}
	for c := range found {
		groups[c.group] = true
	}
	if p.By == "" {
		groups[""] = true
	}
	names := slices.Sorted(maps.Keys(groups))
	curves := map[string]*RetentionCurve{}
	for _, g := range names {
		curves[g] = p.newCurve(g)
	}
	at := 0
	for _, q := range p.periods {
		first := at
		for at < len(p.starts) && p.starts[at].From < q.To {
			at++
		}
		for _, g := range names {
			c := p.cohort(q, first, at, g, found)
			if c.Size == 0 && (p.By != "" || len(out.Cohorts) == 0 && (!p.ok || q.To <= p.first)) {
				continue
			}
			out.Cohorts = append(out.Cohorts, c)
			curves[g].add(&c)
		}
	}
	for _, g := range names {
		out.Curves = append(out.Curves, p.curve(curves[g]))
	}
}

// cohort adds up the starts [first, end) of a group: those of period q.
func (p *retention) cohort(q farol.Period, first, end int, group string, found map[startCell]*startFound) Cohort {
	out := Cohort{Period: q, Group: group, Complete: q.Last() <= p.through, Cells: make([]RetentionCell, len(p.columns))}
	for i := first; i < end; i++ {
		f := found[startCell{group, i}]
		if f == nil {
			continue
		}
		out.Size += f.size
		out.Base += f.base
		for k := range p.columns {
			cell := &out.Cells[k]
			cell.Retained += f.kept[k].retained
			cell.squares += f.kept[k].squares
			cell.cross += f.kept[k].cross
			cell.baseSquares += f.baseSquares
		}
	}
	for k, c := range p.columns {
		cell := &out.Cells[k]
		cell.Of, cell.units = out.Base, out.Size
		// Later starts have had less time, and data cover them better.
		passed := out.Complete && p.complete(end-1, c)
		cell.Complete = passed && !p.uncovered(first, c)
		switch {
		case passed && !cell.Complete:
			cell.Reason = NoData
		case !cell.Complete:
			cell.Reason = WindowOpen
		case out.Base == 0:
			cell.Reason = ZeroDenominator
		default:
			p.rate(cell)
		}
	}
	out.Base /= p.amount()
	for k := range out.Cells {
		out.Cells[k].Retained /= p.amount()
		out.Cells[k].Of /= p.amount()
	}
	return out
}

// amount is by what revenue is divided to be in major units.
func (p *retention) amount() float64 {
	if p.q.Unit == RetainRevenue {
		return p.minor()
	}
	return 1
}

// rate fills value and interval of a cell: Wilson's for units, which come
// back or not; for money that of a ratio of sums over accounts.
func (p *retention) rate(c *RetentionCell) {
	v := c.Retained / c.Of
	c.Value = &v
	i, ok := stats.Wilson(c.Retained, c.Of, stats.Level)
	if p.q.Unit == RetainRevenue {
		i, ok = stats.RatioOfSums(float64(c.units), c.Retained, c.Of, c.squares, c.cross, c.baseSquares, stats.Level)
		i.Low = max(0, i.Low)
	}
	if ok {
		c.Low, c.High = &i.Low, &i.High
	}
}

func (p *retention) newCurve(group string) *RetentionCurve {
	n := len(p.columns)
	return &RetentionCurve{Group: group, Cells: make([]RetentionCell, n), Simple: make([]*float64, n), Cohorts: make([]int, n)}
}

// add takes a cohort's complete cells in; Simple holds sums until curve.
func (c *RetentionCurve) add(of *Cohort) {
	for k, cell := range of.Cells {
		if cell.Value == nil {
			continue
		}
		sum := &c.Cells[k]
		sum.Retained += cell.Retained
		sum.Of += cell.Of
		sum.squares += cell.squares
		sum.cross += cell.cross
		sum.baseSquares += cell.baseSquares
		sum.units += cell.units
		if c.Simple[k] == nil {
			c.Simple[k] = new(float64)
		}
		*c.Simple[k] += *cell.Value
		c.Cohorts[k]++
	}
}

// curve finishes the sums.
func (p *retention) curve(c *RetentionCurve) RetentionCurve {
	for k := range c.Cells {
		cell := &c.Cells[k]
		if c.Cohorts[k] == 0 {
			cell.Reason = cmp.Or(cell.Reason, WindowOpen)
			continue
		}
		*c.Simple[k] /= float64(c.Cohorts[k])
		cell.Complete = true
		// The moments are in minor units.
		by := p.amount()
		cell.Retained, cell.Of = cell.Retained*by, cell.Of*by
		p.rate(cell)
		cell.Retained, cell.Of = cell.Retained/by, cell.Of/by
	}
	return *c
}
