package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Spell is how long N identical units were watched and how the watching
// ended. Times are on each unit's own clock (days since sign-up, months since
// the first payment), in any one unit, not negative.
type Spell struct {
	// Entry is when watching began: 0 = from the start. A unit that was
	// already old when we first saw it enters late (left truncation): it is
	// not at risk before, so its survival until then proves nothing.
	Entry float64
	// Exit is when the event came or watching ended. Exit > Entry, except
	// that a unit that enters at 0 may leave at 0.
	Exit float64
	// Cause is 0 when watching merely ended (censored), else which event.
	Cause int
	// N is how many units: 1 for a row per unit, the count for grouped rows.
	N float64
}

// Step is the state of a curve from Time until the next step.
type Step struct {
	Time float64
	// AtRisk is how many units were watched just before Time; Events those
	// whose event came at Time; Competing those lost to another cause (0 for
	// Kaplan-Meier); Censored those whose watching ended at Time. Events come
	// before censorings at the same time.
	AtRisk, Events, Competing, Censored float64
	// Value is the survival or the incidence from Time on, 0 to 1; SE its
	// standard error.
	Value, SE float64
	// Interval is nil where the variance says nothing: before the first event
	// and once everybody has gone.
	Interval *Interval
}

// Quantile is the time by which a share of the units had the event. Value is
// nil when the curve does not get so far; Low nil when even the fast bound
// does not, High nil when the slow bound does not.
type Quantile struct {
	Value, Low, High *float64
}

// Survival is a Kaplan-Meier curve: the share of units still without the
// event, by time on their own clock.
type Survival struct {
	// N and Events count units; Last is the longest Exit: beyond it the curve
	// is unknown unless it has reached 0.
	N, Events, Last float64
	Level           float64
	Steps           []Step
}

// Incidence is a cumulative incidence curve: the share of all units that have
// had one cause's event, while other causes take units away for good.
type Incidence struct {
	N, Events, Last float64
	Level           float64
	Steps           []Step
	// alive is the share without any event, at each step.
	alive []float64
}

// KaplanMeier estimates S(t) = prod(1 - d/n) over the event times up to t
// (Kaplan & Meier 1958), every cause counting as the event, with Greenwood's
// standard error and the log-log interval (Kalbfleisch & Prentice), which
// stays inside [0, 1]. Late entries are handled by the risk sets; when they
// leave very few at risk early on, an early death takes the whole curve down
// with it: raise every Entry to a time with enough at risk to condition on
// it. Errors: ErrEmpty, ErrImpossible.
func KaplanMeier(spells []Spell, level float64) (*Survival, error) {
	moments, err := riskTable(spells, anyCause)
	if err != nil {
		return nil, err
	}
	c := &Survival{Level: level, Last: moments[len(moments)-1].time, N: total(spells)}
	s, variance := 1.0, 0.0
	for _, m := range moments {
		c.Events += m.events
		h := m.events / m.atRisk
		// Greenwood's sum as a recursion: no division by n - d, so the last
		// death of all needs no special case.
		variance = (1-h)*(1-h)*variance + s*s*h*(1-h)/m.atRisk
		s *= 1 - h
		c.Steps = append(c.Steps, Step{
			Time: m.time, AtRisk: m.atRisk, Events: m.events, Censored: m.censored,
			Value: s, SE: math.Sqrt(variance), Interval: logLog(s, variance, level),
		})
	}
	return c, nil
}

// AalenJohansen estimates the cumulative incidence of one cause:
// I(t) = sum of S(u-) d_cause(u)/n(u) (Aalen & Johansen 1978). Treating the
// other causes as censoring, 1 - KaplanMeier, would overstate it: it answers
// for a world in which nobody churns before activating. The standard error is
// the delta method's (Marubini & Valsecchi 1995); the interval is the log-log
// interval of 1 - I, so with a single cause all equals KaplanMeier's
// complement. Errors: ErrEmpty, ErrImpossible (also for a cause below 1).
func AalenJohansen(spells []Spell, cause int, level float64) (*Incidence, error) {
	if cause < 1 {
		return nil, fmt.Errorf("%w: cause %d means censored", ErrImpossible, cause)
	}
	moments, err := riskTable(spells, cause)
	if err != nil {
		return nil, err
	}
	c := &Incidence{Level: level, Last: moments[len(moments)-1].time, N: total(spells)}
	s, i := 1.0, 0.0
	var varS, cov, varI float64
	for _, m := range moments {
		c.Events += m.events
		h, own := (m.events+m.competing)/m.atRisk, m.events/m.atRisk
		// Joint first-order propagation of (S, I) through one multinomial
		// step; the right-hand sides use the values before it.
		varI += 2*own*cov + own*own*varS + s*s*own*(1-own)/m.atRisk
		cov = (1-h)*(cov+own*varS) - s*s*own*(1-h)/m.atRisk
		varS = (1-h)*(1-h)*varS + s*s*h*(1-h)/m.atRisk
		i += s * own
		s *= 1 - h
		step := Step{
			Time: m.time, AtRisk: m.atRisk, Events: m.events, Competing: m.competing, Censored: m.censored,
			Value: i, SE: math.Sqrt(math.Max(0, varI)),
		}
		if free := logLog(1-i, varI, level); free != nil {
			step.Interval = &Interval{1 - free.High, 1 - free.Low}
		}
		c.Steps, c.alive = append(c.Steps, step), append(c.alive, s)
	}
	return c, nil
}

// At is the curve at time t. ok is false beyond the last observation, where
// nobody was watched, unless the curve has reached 0; and for t below 0.
func (c *Survival) At(t float64) (s Step, ok bool) {
	k, ok := stepAt(c.Steps, t)
	if !ok {
		return Step{Value: 1, AtRisk: c.N}, t >= 0
	}
	return c.Steps[k], t <= c.Last || c.Steps[k].Value == 0
}

// At is the curve at time t. ok is false beyond the last observation, unless
// every unit had an event by then; and for t below 0.
func (c *Incidence) At(t float64) (s Step, ok bool) {
	k, ok := stepAt(c.Steps, t)
	if !ok {
		return Step{AtRisk: c.N}, t >= 0
	}
	return c.Steps[k], t <= c.Last || c.alive[k] == 0
}

// Quantile is the first time at which S(t) <= 1 - q: 0.5 for the median. Its
// interval inverts the curve's log-log interval (Brookmeyer & Crowley 1982).
func (c *Survival) Quantile(q float64) Quantile {
	return quantile(c.Steps, func(s Step) (value, fast, slow float64) {
		switch {
		case s.Interval != nil:
			return 1 - s.Value, 1 - s.Interval.Low, 1 - s.Interval.High
		case s.Value == 0:
			// Everybody observed has gone, yet the variance is blind there:
			// the slow bound stays where it was.
			return 1, 1, 0
		}
		return 0, 0, 0
	}, q)
}

// Quantile is the first time at which the share q of all units had the event;
// never reached when competing events keep the curve below q.
func (c *Incidence) Quantile(q float64) Quantile {
	return quantile(c.Steps, func(s Step) (value, fast, slow float64) {
		switch {
		case s.Interval != nil:
			return s.Value, s.Interval.High, s.Interval.Low
		case s.Value > 0:
			return s.Value, 1, 0
		}
		return 0, 0, 0
	}, q)
}

// RestrictedMean is the mean time without the event within the first tau: the
// area under the curve up to tau, in the clock's unit. Unlike the mean it
// needs no tail that nobody has seen. ok is false when tau lies beyond what
// was observed.
func (c *Survival) RestrictedMean(tau float64) (e Estimate, ok bool) {
	if _, ok := c.At(tau); !ok {
		return Estimate{}, false
	}
	// Backwards: area is the integral of S from the step's time to tau.
	area, variance, end := 0.0, 0.0, tau
	for k := len(c.Steps) - 1; k >= 0; k-- {
		s := c.Steps[k]
		if s.Time >= tau {
			continue
		}
		area += s.Value * (end - s.Time)
		end = s.Time
		if area > 0 {
			variance += area * area * s.Events / (s.AtRisk * (s.AtRisk - s.Events))
		}
	}
	area += end
	se := math.Sqrt(variance)
	half := z(c.Level) * se
	return Estimate{area, se, Interval{math.Max(0, area-half), math.Min(tau, area+half)}}, true
}

// DifferenceAt is a's survival less b's at time t, for two independent sets
// of units. Its interval is built of the two log-log intervals as Newcombe
// builds his of Wilson's (MOVER, Zou & Donner 2008). ok is false where either
// is unknown.
func DifferenceAt(a, b *Survival, t float64) (e Estimate, ok bool) {
	x, ok1 := a.At(t)
	y, ok2 := b.At(t)
	if !ok1 || !ok2 {
		return Estimate{}, false
	}
	d, xi, yi := x.Value-y.Value, x.bounds(a.Level), y.bounds(b.Level)
	return Estimate{d, math.Hypot(x.SE, y.SE), Interval{
		d - math.Hypot(x.Value-xi.Low, yi.High-y.Value),
		d + math.Hypot(xi.High-x.Value, y.Value-yi.Low),
	}}, true
}

// bounds is the interval of a survival, also at its ends, where the variance
// says nothing: there it is Wilson's, of those at risk.
func (s Step) bounds(level float64) Interval {
	if s.Interval != nil {
		return *s.Interval
	}
	i, _ := Wilson(s.AtRisk*math.Round(s.Value), s.AtRisk, level)
	return i
}

// Landmark keeps what is left to see from time at on: the units still watched
// then, none at risk before. Groups formed by what happened before the
// landmark are then compared without immortal time.
func Landmark(spells []Spell, at float64) []Spell {
	var left []Spell
	for _, s := range spells {
		if s.Exit > at {
			s.Entry = math.Max(s.Entry, at)
			left = append(left, s)
		}
	}
	return left
}

// moment is one time at which somebody's watching ended.
type moment struct {
	time, atRisk, events, competing, censored float64
}

// anyCause makes every cause the event.
const anyCause = 0

// riskTable counts who was at risk and who left at each distinct exit time,
// ascending. It never is empty without an error.
func riskTable(spells []Spell, cause int) ([]moment, error) {
	for k, s := range spells {
		if err := checkSpell(s); err != nil {
			return nil, fmt.Errorf("%w (spell %d)", err, k)
		}
	}
	byExit := slices.DeleteFunc(slices.Clone(spells), func(s Spell) bool { return s.N == 0 })
	if len(byExit) == 0 {
		return nil, ErrEmpty
	}
	slices.SortFunc(byExit, func(a, b Spell) int { return cmp.Compare(a.Exit, b.Exit) })
	watched := newRiskSet(byExit)
	var out []moment
	for k := 0; k < len(byExit); {
		m := moment{time: byExit[k].Exit}
		m.atRisk = watched.at(m.time)
		for ; k < len(byExit) && byExit[k].Exit == m.time; k++ {
			m.count(byExit[k], cause)
		}
		// Sums of fractional counts may differ by rounding.
		m.atRisk = math.Max(m.atRisk, m.events+m.competing+m.censored)
		out = append(out, m)
	}
	return out, nil
}

// riskSet counts who is watched at any time. Each list is ascending in time,
// with the running count of units up to and with that entry.
type riskSet struct {
	entries, exits []running
}

type running struct{ time, n float64 }

func newRiskSet(spells []Spell) riskSet {
	accumulate := func(time func(Spell) float64) []running {
		out := make([]running, len(spells))
		for k, s := range spells {
			out[k] = running{time(s), s.N}
		}
		slices.SortFunc(out, func(a, b running) int { return cmp.Compare(a.time, b.time) })
		for k := 1; k < len(out); k++ {
			out[k].n += out[k-1].n
		}
		return out
	}
	return riskSet{
		accumulate(func(s Spell) float64 { return s.Entry }),
		accumulate(func(s Spell) float64 { return s.Exit }),
	}
}

// at counts the units watched just before t: entered before t, or from the
// start, and not gone before t.
func (r riskSet) at(t float64) float64 {
	before := func(list []running, t float64) float64 {
		k, _ := slices.BinarySearchFunc(list, t, func(x running, t float64) int { return cmp.Compare(x.time, t) })
		if k == 0 {
			return 0
		}
		return list[k-1].n
	}
	entered := before(r.entries, math.Max(t, math.SmallestNonzeroFloat64))
	return entered - before(r.exits, t)
}

func (m *moment) count(s Spell, cause int) {
	switch {
	case s.Cause == 0:
		m.censored += s.N
	case cause == anyCause || s.Cause == cause:
		m.events += s.N
	default:
		m.competing += s.N
	}
}

func checkSpell(s Spell) error {
	switch {
	case math.IsNaN(s.Entry) || math.IsInf(s.Exit, 0) || math.IsNaN(s.Exit) || math.IsNaN(s.N) || math.IsInf(s.N, 0):
		return fmt.Errorf("%w: a time or a count is not a number", ErrImpossible)
	case s.N < 0 || s.Cause < 0 || s.Entry < 0:
		return fmt.Errorf("%w: a time, a count or a cause is negative", ErrImpossible)
	case s.Exit < s.Entry || s.Exit == s.Entry && s.Entry > 0:
		return fmt.Errorf("%w: it ends at %v, before it begins at %v", ErrImpossible, s.Exit, s.Entry)
	}
	return nil
}

func total(spells []Spell) (n float64) {
	for _, s := range spells {
		n += s.N
	}
	return n
}

// tie lets products such as 9/10*8/9*... reach one half, and sums reach 1, in
// spite of rounding.
const tie = 1e-9

// logLog is the interval of a survival s that is symmetric in log(-log s).
func logLog(s, variance, level float64) *Interval {
	// The ends may be missed by a rounding error.
	if s <= tie || s >= 1-tie || !(variance > 0) {
		return nil
	}
	w := math.Exp(z(level) * math.Sqrt(variance) / (s * -math.Log(s)))
	return &Interval{math.Pow(s, w), math.Pow(s, 1/w)}
}

// stepAt is the last step at or before t.
func stepAt(steps []Step, t float64) (k int, ok bool) {
	k, exact := slices.BinarySearchFunc(steps, t, func(s Step, t float64) int { return cmp.Compare(s.Time, t) })
	if !exact {
		k--
	}
	return k, k >= 0
}

// quantile finds when a curve of gone units first reaches q: itself, its fast
// bound and its slow bound.
func quantile(steps []Step, gone func(Step) (value, fast, slow float64), q float64) Quantile {
	var out Quantile
	first := func(at **float64, share, time float64) {
		if *at == nil && share >= q-tie {
			*at = &time
		}
	}
	for _, s := range steps {
		value, fast, slow := gone(s)
		first(&out.Value, value, s.Time)
		first(&out.Low, fast, s.Time)
		first(&out.High, slow, s.Time)
	}
	return out
}
