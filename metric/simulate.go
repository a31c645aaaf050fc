package metric

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/farol-cs/farol"
)

// Future is one set of assumptions about the months to come. Rates are per
// month.
type Future struct {
	// Churn is the share of today's customers that leave in a month; it scales
	// the hazard of every age.
	Churn float64 `json:"churn"`
	// Expansion is by how much the MRR of those who stay grows.
	Expansion float64 `json:"expansion"`
	// NewCustomers come in a month, each paying NewMRR.
	NewCustomers float64 `json:"new_customers"`
	NewMRR       float64 `json:"new_mrr"`
	// PriceRise is by how much prices rise once a year, at its end.
	PriceRise float64 `json:"price_rise"`
}

// Simulation is what is simulated: a base, a present course and another one.
type Simulation struct {
	// MRR and Customers are those of today.
	MRR       float64 `json:"mrr"`
	Customers float64 `json:"customers"`
	// Now is the present course, Then the one compared with it.
	Now  Future `json:"now"`
	Then Future `json:"then"`
	// Cost per month of getting to Then: one more CSM. It is paid from the
	// first month; its effect comes in even steps over Ramp months.
	Cost float64 `json:"cost"`
	Ramp int     `json:"ramp"`
	// Margin is the share of revenue that is left after serving it.
	Margin float64 `json:"margin"`
	// Months to look ahead.
	Months int `json:"months"`
	// Spread of the parameters: the standard errors of the logarithm of churn,
	// and of the monthly expansion; new customers vary as they come.
	ChurnSpread     float64 `json:"churn_spread"`
	ExpansionSpread float64 `json:"expansion_spread"`
	// Hazard is the share lost in each month of age (the first, second, ...),
	// and Ages how the MRR of today is spread over them; the last entry of each
	// goes on for ever. Empty is one constant churn.
	Hazard []float64 `json:"hazard"`
	Ages   []float64 `json:"ages"`
	// Futures is how many are drawn, Seed which ones.
	Futures int    `json:"futures"`
	Seed    uint64 `json:"seed"`
}

// Outcome is what a simulation answers. Slices have Months+1 entries; entry 0
// is today.
type Outcome struct {
	Now, Then Fan
	// Gap is revenue of Then less that of Now, summed over the months.
	Gap Spread
	// Net is the gap's margin less the cost.
	Net Spread
	// BreakEven is the first month by which the margin won has paid the cost;
	// its parts are nil where that never happens within the months. Repaid is
	// the share of futures in which it does.
	BreakEven struct{ Middle, Low, High *int }
	Repaid    float64
	// Levers ranks the assumptions by how much of Net hangs on each.
	Levers []Lever
}

// Fan is MRR month by month: the course that the assumptions say (Middle),
// and what 50 % and 95 % of the futures lie between.
type Fan struct{ Middle, Low, LowHalf, HighHalf, High []float64 }

// Spread is a figure with what 95 % of the futures lie between.
type Spread struct{ Middle, Low, High float64 }

// Lever is an assumption: what Net becomes when it alone takes its low and
// its high value.
type Lever struct {
	// Name is churn_now, churn_then, expansion, new_customers, new_mrr,
	// price_rise, margin, cost or ramp.
	Name string
	// From and To are the low and the high value, NetFrom and NetTo what they
	// lead to.
	From, To, NetFrom, NetTo float64
}

// Swing is how much of the outcome hangs on the assumption.
func (l Lever) Swing() float64 { return math.Abs(l.NetTo - l.NetFrom) }

// The bounds of a simulation.
const (
	maxSimulated = 120
	maxFutures   = 5000
	// oldest is the age in months from which hazard no longer changes.
	oldest = 36
)

// Check tells what is wrong with the assumptions, as an Invalid error.
func (s Simulation) Check() error {
	share := func(field string, v, low, high float64) error {
		if !(v >= low && v <= high) {
			return farol.InvalidField(field, "must be between %v and %v", low, high)
		}
		return nil
	}
	checks := []error{
		share("mrr", s.MRR, 0, 1e12), share("customers", s.Customers, 0, 1e9), share("cost", s.Cost, 0, 1e12),
		share("margin", s.Margin, 0, 1), share("months", float64(s.Months), 1, maxSimulated), share("ramp", float64(s.Ramp), 0, 60),
		share("churn_spread", s.ChurnSpread, 0, 3), share("expansion_spread", s.ExpansionSpread, 0, 1), share("futures", float64(s.Futures), 1, maxFutures),
	}
	// The names are those of the parameters of pages and API.
	for i, f := range []Future{s.Now, s.Then} {
		end := []string{"", "_b"}[i]
		checks = append(checks, share("churn"+end, f.Churn, 0, 1), share("expansion"+end, f.Expansion, -1, 1),
			share("new"+end, f.NewCustomers, 0, 1e6), share("arpa"+end, f.NewMRR, 0, 1e9), share("price"+end, f.PriceRise, -1, 10))
	}
	for _, h := range append(slices.Clone(s.Hazard), s.Ages...) {
		checks = append(checks, share("hazard", h, 0, 1))
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

// Simulate draws the futures. It is pure: the same assumptions give the same
// answer. Both courses live through the same chances (who leaves a little more
// than expected, how many customers come), so that what lies between them is
// what was changed, and nothing when nothing was.
func Simulate(s Simulation) (Outcome, error) {
	if err := s.Check(); err != nil {
		return Outcome{}, err
	}
	var out Outcome
	w := s.market()
	calm := chances{month: make([]luck, s.Months), churn: 1}
	for i := range calm.month {
		calm.month[i] = luck{1, 1}
	}
	now, then := w.course(s, s.Now, s.Now, calm), w.course(s, s.Now, s.Then, calm)
	out.Now.Middle, out.Then.Middle = now, then
	gap, net, _ := s.between(now, then)
	out.Gap.Middle, out.Net.Middle = gap, net
	if _, _, at := s.between(now, then); at > 0 {
		out.BreakEven.Middle = &at
	}
	s.draw(&out, w)
	out.Levers = s.levers()
	return out, nil
}

// luck is the chances of one month: factors on churn and on new customers.
type luck struct{ churn, arrivals float64 }

// chances are those of one future.
type chances struct {
	month            []luck
	churn, expansion float64 // how far the true parameters lie from the assumed
}

// market is what the courses of a simulation share: hazard by age with a mean
// of 1 over today's revenue, and today's revenue by age.
type market struct{ shape, base []float64 }

func (s Simulation) market() market {
	w := market{shape: []float64{1}, base: []float64{s.MRR}}
	if len(s.Hazard) == 0 {
		return w
	}
	n := min(len(s.Hazard), oldest)
	w.shape, w.base = slices.Clone(s.Hazard[:n]), make([]float64, n)
	var sum, mean float64
	for i, a := range s.Ages {
		w.base[min(i, n-1)] += a
		sum += a
	}
	if sum <= 0 {
		w.base[n-1], sum = 1, 1
	}
	for i := range w.base {
		w.base[i] *= s.MRR / sum
		mean += w.base[i] * w.shape[i]
	}
	if mean /= s.MRR; !(mean > 0) {
		return market{shape: []float64{1}, base: []float64{s.MRR}}
	}
	for i := range w.shape {
		w.shape[i] /= mean
	}
	return w
}

// course is the MRR after each month when what is assumed goes from one
// future to another over the ramp.
func (w market) course(s Simulation, from, to Future, c chances) []float64 {
	n := len(w.shape)
	held := slices.Clone(w.base)
	out := make([]float64, 1, s.Months+1)
	out[0] = s.MRR
	price := 1.0
	for t := range s.Months {
		f := blend(from, to, t+1, s.Ramp)
		grow := max(0, 1+f.Expansion+c.expansion)
		churn := f.Churn * c.churn * c.month[t].churn
		if (t+1)%12 == 0 {
			price *= 1 + f.PriceRise
			grow *= 1 + f.PriceRise
		}
		// Everybody grows a month older; the oldest stay the oldest.
		var last float64
		sum := 0.0
		for age := n - 1; age >= 0; age-- {
			kept := held[age] * (1 - min(1, churn*w.shape[age])) * grow
			if age == n-1 {
				last = kept
			} else {
				held[age+1] = kept
			}
			sum += kept
		}
		held[n-1] += last
		if n == 1 {
			held[0] = last
		}
		fresh := f.NewCustomers * f.NewMRR * price * c.month[t].arrivals
		if n > 1 {
			held[0] = fresh
		} else {
			held[0] += fresh
		}
		out = append(out, sum+fresh)
	}
	return out
}

// blend is how far the change has come in a month.
func blend(from, to Future, month, ramp int) Future {
	x := 1.0
	if ramp > 0 {
		x = min(1, float64(month)/float64(ramp))
	}
	mix := func(a, b float64) float64 { return a + x*(b-a) }
	return Future{
		mix(from.Churn, to.Churn), mix(from.Expansion, to.Expansion), mix(from.NewCustomers, to.NewCustomers),
		mix(from.NewMRR, to.NewMRR), mix(from.PriceRise, to.PriceRise),
	}
}

// between is the money between two courses: revenue, margin less cost, and the
// month by which the cost is repaid (0 for never; -1 without any cost).
func (s Simulation) between(now, then []float64) (gap, net float64, month int) {
	month = 0
	for t := 1; t < len(now); t++ {
		gap += then[t] - now[t]
		net += (then[t]-now[t])*s.Margin - s.Cost
		if month == 0 && net >= 0 && net+s.Cost > 0 {
			month = t
		}
		if net < 0 {
			month = 0 // it has to stay repaid
		}
	}
	return gap, net, month
}

// draw fills in what the futures spread over.
func (s Simulation) draw(out *Outcome, w market) {
	r := rand.New(rand.NewPCG(s.Seed, 0x5eed))
	courses := [2][][]float64{make([][]float64, s.Futures), make([][]float64, s.Futures)}
	gaps, nets, months := make([]float64, s.Futures), make([]float64, s.Futures), []float64{}
	for i := range s.Futures {
		c := s.chances(r)
		now, then := w.course(s, s.Now, s.Now, c), w.course(s, s.Now, s.Then, c)
		courses[0][i], courses[1][i] = now, then
		var month int
		gaps[i], nets[i], month = s.between(now, then)
		if month > 0 {
			months = append(months, float64(month))
		} else {
			months = append(months, math.Inf(1))
		}
	}
	fan(&out.Now, courses[0], s.Months)
	fan(&out.Then, courses[1], s.Months)
	out.Gap.Low, out.Gap.High = quantiles(gaps)
	out.Net.Low, out.Net.High = quantiles(nets)
	slices.Sort(months)
	repaid, _ := slices.BinarySearch(months, math.Inf(1))
	out.Repaid = float64(repaid) / float64(s.Futures)
	at := func(q float64) *int {
		if v := months[int(q*float64(len(months)-1))]; !math.IsInf(v, 1) {
			n := int(v)
			return &n
		}
		return nil
	}
	out.BreakEven.Low, out.BreakEven.High = at(0.025), at(0.975)
}

// chances draws one future. Factors have a mean of 1 and grow with what they
// act on less than in proportion, so a smaller churn never loses more.
func (s Simulation) chances(r *rand.Rand) chances {
	normal := func() float64 { return max(-4, min(4, r.NormFloat64())) }
	factor := func(spread float64) float64 { return math.Exp(spread*normal() - spread*spread/2) }
	c := chances{month: make([]luck, s.Months), churn: factor(s.ChurnSpread), expansion: s.ExpansionSpread * normal()}
	losses, arrivals := 0.0, 0.0
	if n := s.Customers * s.Now.Churn; n > 0 {
		losses = math.Sqrt(math.Log1p(1 / n))
	}
	if s.Now.NewCustomers > 0 {
		arrivals = math.Sqrt(math.Log1p(1 / s.Now.NewCustomers))
	}
	for t := range c.month {
		c.month[t] = luck{factor(losses), factor(arrivals)}
	}
	return c
}

// fan takes the quantiles of every month.
func fan(f *Fan, courses [][]float64, months int) {
	values := make([]float64, len(courses))
	for t := 0; t <= months; t++ {
		for i, c := range courses {
			values[i] = c[t]
		}
		slices.Sort(values)
		at := func(q float64) float64 { return values[int(math.Round(q*float64(len(values)-1)))] }
		f.Low, f.LowHalf = append(f.Low, at(0.025)), append(f.LowHalf, at(0.25))
		f.HighHalf, f.High = append(f.HighHalf, at(0.75)), append(f.High, at(0.975))
	}
}

// quantiles are the ends of the middle 95 %.
func quantiles(values []float64) (low, high float64) {
	slices.Sort(values)
	n := float64(len(values) - 1)
	return values[int(math.Round(0.025*n))], values[int(math.Round(0.975*n))]
}

// levers turns one assumption at a time.
func (s Simulation) levers() []Lever {
	spread := math.Exp(1.96 * max(s.ChurnSpread, 0.05))
	shift := max(1.96*s.ExpansionSpread, 0.001)
	both := func(change func(f *Future, x float64)) func(s *Simulation, x float64) {
		return func(s *Simulation, x float64) { change(&s.Now, x); change(&s.Then, x) }
	}
	tries := []struct {
		name     string
		from, to float64
		set      func(s *Simulation, x float64)
	}{
		// What is assumed of the present course moves the other along with it.
		{"churn_now", s.Now.Churn / spread, min(1, s.Now.Churn*spread), func(t *Simulation, x float64) {
			if s.Now.Churn > 0 {
				t.Then.Churn = min(1, s.Then.Churn*x/s.Now.Churn)
			}
			t.Now.Churn = x
		}},
		{"churn_then", (s.Now.Churn + s.Then.Churn) / 2, max(0, s.Then.Churn-(s.Now.Churn-s.Then.Churn)/2), func(t *Simulation, x float64) { t.Then.Churn = x }},
		{"expansion", -shift, shift, both(func(f *Future, x float64) { f.Expansion += x })},
		{"new_customers", 0.8, 1.2, both(func(f *Future, x float64) { f.NewCustomers *= x })},
		{"new_mrr", 0.8, 1.2, both(func(f *Future, x float64) { f.NewMRR *= x })},
		{"price_rise", -0.03, 0.03, both(func(f *Future, x float64) { f.PriceRise += x })},
		{"margin", max(0, s.Margin-0.1), min(1, s.Margin+0.1), func(t *Simulation, x float64) { t.Margin = x }},
		{"cost", s.Cost * 0.8, s.Cost * 1.2, func(t *Simulation, x float64) { t.Cost = x }},
		{"ramp", 0, float64(max(2*s.Ramp, 6)), func(t *Simulation, x float64) { t.Ramp = int(x) }},
	}
	out := make([]Lever, 0, len(tries))
	for _, try := range tries {
		l := Lever{Name: try.name, From: try.from, To: try.to}
		for i, x := range []float64{try.from, try.to} {
			changed := s
			try.set(&changed, x)
			*[]*float64{&l.NetFrom, &l.NetTo}[i] = changed.net()
		}
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(a, b Lever) int {
		switch {
		case a.Swing() > b.Swing():
			return -1
		case a.Swing() < b.Swing():
			return 1
		}
		return 0
	})
	return out
}

// net is the margin won less the cost, without chance.
func (s Simulation) net() float64 {
	calm := chances{month: make([]luck, s.Months), churn: 1}
	for i := range calm.month {
		calm.month[i] = luck{1, 1}
	}
	w := s.market()
	_, net, _ := s.between(w.course(s, s.Now, s.Now, calm), w.course(s, s.Now, s.Then, calm))
	return net
}
