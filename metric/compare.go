package metric

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/stats"
)

// Moment is one side of a comparison: a period, as of a day and as known at an
// instant (zero values are now).
type Moment struct {
	// Period is read as the whole period of the grain that holds its first day.
	Period farol.Period
	AsOf   farol.Day
	Known  time.Time
}

// CompareRequest asks why a figure changed.
type CompareRequest struct {
	Metric string
	Grain  farol.Grain
	Before Moment
	After  Moment
	// By is the account attribute whose values make the lines; "" is account.
	By string
	// Within, when set, is a value of By: the lines are its accounts, and their
	// effects add up to its own.
	Within  *string
	Filters []facts.Filter
	// Limit bounds the lines; the rest is added up. 0 is 50, at most 10,000.
	Limit int
	// MaxAge is that of Request.
	MaxAge time.Duration
}

// Method says what the effects of a comparison are.
type Method string

// The methods. Their effects add up to the change exactly.
const (
	// Contributions: how much each line gained or lost of a count or sum.
	Contributions Method = "contributions"
	// MixAndRate: what the line's own ratio did (rate), and what its share of
	// the denominators did (mix); see stats.Decompose.
	MixAndRate Method = "mix_and_rate"
	// TwoRatios: the same of a product of two ratios, each weighed by the mean
	// of the other.
	TwoRatios Method = "two_ratios"
	// CurveShift: a quantile has no parts, but what moves it has: the share that
	// got there by each moment between the two values. The change is shared as
	// the shift of that share is (its mean between the values), of which every
	// line has its rate (its own curve moved) and its mix (its weight did).
	CurveShift Method = "curve_shift"
)

// Effect is what somebody did to the change, in the metric's unit.
type Effect struct {
	// Rate and Mix are of who is there on both sides, Entering and Leaving of
	// who is on one only. A contribution of who stays is all rate.
	Rate, Mix, Entering, Leaving float64
}

// Total is the whole effect.
func (e Effect) Total() float64 { return e.Rate + e.Mix + e.Entering + e.Leaving }

func (e Effect) plus(x Effect) Effect {
	return Effect{e.Rate + x.Rate, e.Mix + x.Mix, e.Entering + x.Entering, e.Leaving + x.Leaving}
}

func (e Effect) times(by float64) Effect {
	return Effect{e.Rate * by, e.Mix * by, e.Entering * by, e.Leaving * by}
}

// Line is one value of the attribute, or one account.
type Line struct {
	Name string
	// Before and After are its own figures, of which shares and quantiles have
	// intervals; their Period is that of the side.
	Before, After Point
	// ShareBefore and ShareAfter are its shares of the denominators, nil where
	// there are none.
	ShareBefore, ShareAfter *float64
	// Effect is what it did to the whole.
	Effect *Effect
	// Came, Left and Stayed count its accounts: on the second side only, on the
	// first only, on both.
	Came, Left, Stayed int
}

// Moved is some accounts and what they did to the change together.
type Moved struct {
	Accounts int
	Effect   float64
}

// Decomposition says why a figure changed.
type Decomposition struct {
	// Metric, Version, Unit, Currency and Grain are those of Series.
	Metric, Version, Unit string
	Currency              farol.Currency
	Grain                 farol.Grain
	By                    string
	Before, After         Point
	Method                Method
	// Change is After less Before, nil when either is null: then there is
	// nothing to take apart, and no line.
	Change *float64
	// Effect is that of all lines, shown or not. Within is the effect of the
	// value asked for, when one was.
	Effect Effect
	Within *Effect
	// Several is what units counted in several lines make: a person active in
	// two plans is one person of the whole. Effect and Several add up to Change.
	Several float64
	// Lines are by the size of their effect. More is how many are not shown,
	// Rest their effect together.
	Lines []Line
	More  int
	Rest  Effect
	// Came, Left and Stayed are the accounts by the sides they are on. Their
	// effects with Several add up to Change. Zero when Within is asked for.
	Came, Left, Stayed Moved
}

// maxLines is the most lines of a comparison.
const maxLines = 10_000

// Compare takes the change of a figure apart. Errors are those of Read.
func (r *Reader) Compare(ctx context.Context, q CompareRequest) (Decomposition, error) {
	q.By = cmp.Or(q.By, "account")
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, maxLines)
	a, err := r.compared(ctx, q, q.Before)
	if err != nil {
		return Decomposition{}, err
	}
	b, err := r.compared(ctx, q, q.After)
	if err != nil {
		return Decomposition{}, err
	}
	m := a.metric
	c := &comparing{q: q, before: a, after: b, Decomposition: Decomposition{
		Metric: m.Name, Version: b.version, Unit: m.Unit, Grain: a.Grain, By: q.By, Before: a.whole, After: b.whole,
		Method: m.method(), Lines: []Line{},
	}}
	if m.HasAmounts() {
		c.Currency = b.settings.Currency
	}
	if a.whole.Value == nil || b.whole.Value == nil {
		return c.Decomposition, nil
	}
	d := *b.whole.Value - *a.whole.Value
	c.Change = &d
	c.lines()
	return c.Decomposition, nil
}

// method is how the metric's changes are taken apart.
func (m *Metric) method() Method {
	switch m.Aggregation {
	case Quantile:
		return CurveShift
	case Product:
		return TwoRatios
	case Rolling, Distinct, DailyMean, Sum:
		return Contributions
	}
	return MixAndRate
}

// compared is one side: the figure, and what each account brought to it.
type compared struct {
	*plan
	whole Point
	days  float64
	parts map[place]sums
	// all is the sum of the denominators.
	all float64
}

// place is an account within a value of the attribute.
type place struct{ group, account string }

func (r *Reader) compared(ctx context.Context, q CompareRequest, at Moment) (*compared, error) {
	req := Request{Metric: q.Metric, Grain: q.Grain, Period: at.Period, AsOf: at.AsOf, Known: at.Known, Filters: q.Filters, MaxAge: q.MaxAge}
	if req.Period.To <= req.Period.From {
		req.Period.To = req.Period.From + 1
	}
	whole, err := r.Read(ctx, req)
	if err != nil {
		return nil, err
	}
	req.By = q.By
	p, err := r.plan(ctx, req)
	if err != nil {
		return nil, err
	}
	p.periods = p.periods[:1]
	out := &compared{plan: p, whole: whole.Points[0], parts: map[place]sums{}}
	if len(p.started(p.periods)) == 0 || out.whole.Value == nil {
		return out, nil
	}
	if _, err := r.cover(ctx, p); err != nil {
		return nil, err
	}
	out.days = p.rowDays(p.periods[0])
	err = r.parts(ctx, out)
	for _, s := range out.parts {
		out.all += out.ratio(s).Denominator
	}
	return out, err
}

// ratio is the numerator and denominator that the value is of.
func (c *compared) ratio(s sums) stats.Ratio {
	switch a := c.metric.Aggregation; {
	case a == ShareOfDays:
		return stats.Ratio{Numerator: s.num, Denominator: c.days * float64(s.units)}
	case a.ones() || a == Quantile:
		return stats.Ratio{Numerator: s.num, Denominator: float64(s.units)}
	case a == DailyMean:
		return stats.Ratio{Numerator: s.num, Denominator: c.days}
	}
	return stats.Ratio{Numerator: s.num, Denominator: s.den}
}

// comparing is a comparison that is being made.
type comparing struct {
	Decomposition
	q             CompareRequest
	before, after *compared
}

// lines fills the comparison in: the effects of every account within every
// value, and their sums.
func (c *comparing) lines() {
	groups := c.grouped(func(p place) string { return p.group })
	effects := c.effects(groups)
	for _, e := range effects {
		c.Effect = c.Effect.plus(e)
	}
	c.Several = *c.Change - c.Effect.Total()
	if math.Abs(c.Several) <= 1e-9*max(1, math.Abs(*c.before.whole.Value), math.Abs(*c.after.whole.Value)) {
		c.Several = 0 // what is left of adding floating point numbers
	}
	if c.q.Within == nil {
		c.moved()
		c.list(groups, effects)
		return
	}
	within := effects[*c.q.Within]
	c.Within = &within
	key := func(p place) string { return p.group + "\x00" + p.account }
	all := c.effects(c.grouped(key))
	accounts, own := map[string]*pair{}, map[string]Effect{}
	for p, x := range c.places() {
		if p.group == *c.q.Within {
			accounts[p.account], own[p.account] = x, all[key(p)]
		}
	}
	c.list(accounts, own)
}

// pair is what a line brought on both sides.
type pair struct {
	before, after sums
	// accounts that it has on the sides.
	came, left, stayed int
}

// places are the pairs of all accounts within all values.
func (c *comparing) places() map[place]*pair {
	out := map[place]*pair{}
	for p, s := range c.before.parts {
		out[p] = &pair{before: s, left: 1}
	}
	for p, s := range c.after.parts {
		if out[p] == nil {
			out[p] = &pair{came: 1}
		} else {
			out[p].left, out[p].stayed = 0, 1
		}
		out[p].after = s
	}
	return out
}

// grouped adds the places up by a key.
func (c *comparing) grouped(key func(place) string) map[string]*pair {
	out := map[string]*pair{}
	for p, x := range c.places() {
		k := key(p)
		if out[k] == nil {
			out[k] = &pair{}
		}
		g := out[k]
		g.before, g.after = g.before.plus(x.before), g.after.plus(x.after)
		g.came, g.left, g.stayed = g.came+x.came, g.left+x.left, g.stayed+x.stayed
	}
	return out
}

// plus adds what a comparison looks at. It takes the spells of s over.
func (s sums) plus(x sums) sums {
	s.num, s.den, s.times, s.per = s.num+x.num, s.den+x.den, s.times+x.times, s.per+x.per
	s.units += x.units
	s.spells = append(s.spells, x.spells...)
	return s
}

// moved adds up the effects of accounts by the sides that they are on.
func (c *comparing) moved() {
	key := func(p place) string { return p.group + "\x00" + p.account }
	effects := c.effects(c.grouped(key))
	type account struct {
		before, after bool
		effect        float64
	}
	all := map[string]*account{}
	for p, x := range c.places() {
		if all[p.account] == nil {
			all[p.account] = &account{}
		}
		a := all[p.account]
		a.before, a.after = a.before || x.left+x.stayed > 0, a.after || x.came+x.stayed > 0
		a.effect += effects[key(p)].Total()
	}
	for _, a := range all {
		to := &c.Stayed
		switch {
		case !a.before:
			to = &c.Came
		case !a.after:
			to = &c.Left
		}
		to.Accounts++
		to.Effect += a.effect
	}
}

// list sorts the lines by the size of their effect and adds up the rest.
func (c *comparing) list(pairs map[string]*pair, effects map[string]Effect) {
	names := make([]string, 0, len(pairs))
	for name := range pairs {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(math.Abs(effects[b].Total()), math.Abs(effects[a].Total())), cmp.Compare(a, b))
	})
	for i, name := range names {
		e := effects[name]
		if i >= c.q.Limit {
			c.More++
			c.Rest = c.Rest.plus(e)
			continue
		}
		l := c.line(name, pairs[name])
		l.Effect = &e
		c.Lines = append(c.Lines, l)
	}
}

// line is a line without its effect.
func (c *comparing) line(name string, x *pair) Line {
	l := Line{
		Name: name, Came: x.came, Left: x.left, Stayed: x.stayed,
		Before: c.before.own(name, x.before), After: c.after.own(name, x.after),
	}
	if c.Method == MixAndRate || c.Method == CurveShift {
		l.ShareBefore, l.ShareAfter = c.before.share(x.before), c.after.share(x.after)
	}
	return l
}

// own is the line's own figure. Only the interval of a share is made of sums
// alone; what the others are made of is not read here.
func (c *compared) own(name string, s sums) Point {
	pt := c.point(c.periods[0], name, s)
	if a := c.metric.Aggregation; a != Proportion && a != RollingShare && a != Quantile {
		pt.Low, pt.High = nil, nil
	}
	return pt
}

// share is the line's part of the denominators of all lines.
func (c *compared) share(s sums) *float64 {
	if c.all == 0 {
		return nil
	}
	v := c.ratio(s).Denominator / c.all
	return &v
}
