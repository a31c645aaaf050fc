package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

func to(v float64) *float64 { return &v }

// monthly makes complete points of the values, from January 2024 on.
func monthly(values ...float64) []Point {
	var out []Point
	day := farol.Date(2024, 1, 1)
	for _, v := range values {
		p := farol.Calendar{}.PeriodAt(farol.Monthly, day)
		out = append(out, Point{Period: p, Value: to(v), Numerator: to(v), Units: int64(math.Abs(v)), Complete: true})
		day = p.To
	}
	return out
}

// of makes monthly points as the metric itself would, of unit rows.
func (m *Metric) of(samples ...sums) []Point {
	if m.Amounts == "" {
		m.Amounts = NoAmounts // as parse has it
	}
	p := &plan{metric: m, settings: Defaults()}
	points := monthly(make([]float64, len(samples))...)
	for i, s := range samples {
		points[i] = Point{Period: points[i].Period, Units: s.units, Complete: true}
		p.figure(&points[i], s, 30)
		points[i].compound(m.Compound)
		p.scale(&points[i])
	}
	return points
}

// added sums unit rows up.
func added(rows [][2]float64) (s sums) {
	for _, r := range rows {
		s.num, s.den, s.squares, s.units = s.num+r[0], s.den+r[1], s.squares+r[0]*r[0], s.units+1
		s.cross[0][1] += r[0] * r[1]
		s.cross[1][1] += r[1] * r[1]
	}
	return s
}

func share(k, n float64) sums { return sums{num: k, den: n, squares: k, units: int64(n)} }

func answers(promoters, passives, detractors float64) sums {
	n := promoters + passives + detractors
	return sums{num: promoters - detractors, den: n, squares: promoters + detractors, units: int64(n)}
}

func TestChange(t *testing.T) {
	catalogue, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	mrr, err := catalogue.Find("mrr")
	if err != nil {
		t.Fatal(err)
	}
	proportion := &Metric{Aggregation: Proportion, Unit: "ratio"}
	yearly := &Metric{Aggregation: Proportion, Unit: "ratio", Compound: 12}
	nps := &Metric{Aggregation: NPS, Unit: "points"}
	people := &Metric{Aggregation: Rolling, Unit: "persons"}
	events := &Metric{Aggregation: Sum, Unit: "count"}
	flow := &Metric{Aggregation: Sum, Unit: Money}
	open := monthly(100, 104, 99, 103, 100, 103, 10)
	open[6].Complete = false
	for _, c := range []struct {
		name    string
		m       *Metric
		points  []Point
		verdict Verdict
		why     Why
	}{
		{"an amount in force", mrr, monthly(1000, 1001), Real, Exact},
		{"the same amount", mrr, monthly(1000, 1000), Same, Exact},
		{"churn that nearly doubled", proportion, proportion.of(share(50, 1000), share(90, 1000)), Real, Interval},
		{"churn that hardly moved", proportion, proportion.of(share(50, 1000), share(52, 1000)), Noise, Interval},
		{"twelve units", proportion, proportion.of(share(1, 12), share(11, 12)), Unknown, Few},
		{"thirty against twelve", proportion, proportion.of(share(1, 30), share(11, 12)), Unknown, Few},
		{"a compound rate", yearly, yearly.of(share(10, 1000), share(60, 1000)), Real, Interval},
		{"a compound rate that hardly moved", yearly, yearly.of(share(10, 1000), share(13, 1000)), Noise, Interval},
		{"NPS of twelve answers", nps, nps.of(answers(2, 4, 6), answers(11, 1, 0)), Unknown, Few},
		{"NPS of a hundred", nps, nps.of(answers(40, 40, 20), answers(45, 38, 17)), Noise, Interval},
		{"NPS of a thousand", nps, nps.of(answers(400, 400, 200), answers(500, 380, 120)), Real, Interval},
		{"a count within its ups and downs", people, monthly(100, 104, 99, 103, 100, 103, 101), Noise, Habit},
		{"a count that fell", people, monthly(100, 104, 99, 103, 100, 103, 60), Real, Habit},
		{"steady growth", people, monthly(100, 110, 121, 130, 140, 151, 160), Real, Habit},
		{"a count without history", people, monthly(100, 60), Unknown, Short},
		{"four people", people, monthly(1, 1, 1, 1, 1, 1, 4), Unknown, Few},
		{"an open period", people, open, Unknown, Open},
		{"events in bursts", events, monthly(100, 160, 90, 170, 80, 150, 110), Noise, Habit},
		{"events, even ones", events, monthly(100, 108, 96, 104, 93, 101, 170), Real, Habit},
		// February 2024 has 29 days, March 31: 7 % more.
		{"a longer month", events, append(monthly(10000, 10010, 10020, 10000, 10015, 10010, 10005, 10020, 10010, 10000, 10010, 10020, 10010), monthly(9355, 10000)...), Real, Habit},
		{"money that flows", flow, monthly(100, 160, 90, 170, 80, 150, 110), Noise, Habit},
	} {
		last := len(c.points) - 1
		got := c.m.Change(c.points, last, 1)
		if got == nil {
			t.Errorf("%s: nothing to compare", c.name)
			continue
		}
		if got.Verdict != c.verdict || got.Why != c.why {
			t.Errorf("%s: %s by %s, want %s by %s", c.name, got.Verdict, got.Why, c.verdict, c.why)
		}
		if got.Before != c.points[last-1].Period || got.Difference != *c.points[last].Value-*c.points[last-1].Value {
			t.Errorf("%s: %+v", c.name, got)
		}
		if has := got.Low != nil; has != (c.why == Interval || c.why == Habit || c.why == Length) {
			t.Errorf("%s: interval %v", c.name, has)
		}
	}
	if people.Change(monthly(5), 0, 1) != nil || people.Change([]Point{{}, monthly(5)[0]}, 1, 1) != nil {
		t.Error("something is compared with nothing")
	}
}

// Months of different length are no change of the rate.
func TestChangeOfLength(t *testing.T) {
	m := &Metric{Aggregation: Sum, Unit: "count"}
	points := monthly(31000, 29000, 31000, 30000, 31000, 30000, 31000, 31000, 30000, 31000, 30000, 31000, 31000, 28000, 31000)
	for i := 6; i < len(points); i++ {
		if c := m.Change(points, i, 1); c.Verdict == Real {
			t.Errorf("%s: a thousand a day in every month changed by %v, %s", points[i].Period, c.Difference, c.Why)
		}
	}
	// Even months teach that nothing moves; a February then still is short.
	even := monthly(30990, 29010, 31005, 29990, 31010, 30005, 30995, 31000, 30010, 31000, 29995, 31005, 31000, 28000)
	even[0].Value, even[1].Value = to(31000), to(31001)
	for i := 2; i < 13; i++ {
		even[i].Value = to(31000 + float64(i%2))
	}
	if c := m.Change(even, 13, 1); c.Verdict != Noise || c.Why != Length {
		t.Errorf("February after January: %+v", c)
	}
}

// What a point was made of is found again in it.
func TestPartsOfAPoint(t *testing.T) {
	nps := &Metric{Aggregation: NPS, Unit: "points"}
	for _, s := range []sums{answers(40, 40, 20), answers(100, 0, 0), answers(31, 0, 1), answers(0, 3, 50), answers(0, 40, 0), answers(300, 2, 299)} {
		got, ok := answersOf(nps.of(s)[0])
		if want := (s.squares + s.num) / 2; !ok || math.Abs(got.Promoters-want) > 1e-9 || math.Abs(got.Detractors-(s.squares-s.num)/2) > 1e-9 {
			t.Errorf("%v promoters of %v, want %v", got.Promoters, got.All, want)
		}
	}
	mean := &Metric{Aggregation: Mean, Unit: Money, Amounts: NumeratorAmount}
	s := added([][2]float64{{100, 1}, {300, 1}, {900, 1}, {50, 1}})
	got, ok := sampleOf(mean.of(s)[0])
	// Amounts are in minor units, the point in major ones.
	if !ok || got.N != 4 || math.Abs(got.Sum-s.num/100) > 1e-9 || math.Abs(got.Squares-s.squares/1e4) > 1e-6 {
		t.Errorf("%+v, want the sums of %+v", got, s)
	}
}

// Series in which nothing changes may show an arrow in at most the nominal
// share of their points.
func TestNoArrowsUnderTheNull(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	poisson := func(mean float64) float64 {
		n, p, floor := 0.0, 1.0, math.Exp(-mean)
		for {
			if p *= r.Float64(); p <= floor {
				return n
			}
			n++
		}
	}
	trials := func(n, p float64) (k float64) {
		for range int(n) {
			if r.Float64() < p {
				k++
			}
		}
		return k
	}
	counts := func(m *Metric, one func() float64) func() []Point {
		return func() []Point {
			values := make([]float64, 14)
			for i := range values {
				values[i] = one()
			}
			return monthly(values...)
		}
	}
	pair := func(m *Metric, one func() sums) func() []Point {
		return func() []Point { return m.of(one(), one()) }
	}
	proportion, nps := &Metric{Aggregation: Proportion, Unit: "ratio"}, &Metric{Aggregation: NPS, Unit: "points"}
	mean, ratio := &Metric{Aggregation: Mean, Unit: "count"}, &Metric{Aggregation: Ratio, Unit: "ratio"}
	events, people := &Metric{Aggregation: Sum, Unit: "count"}, &Metric{Aggregation: Rolling, Unit: "persons"}
	rows := func(n int) (out [][2]float64) {
		for range n {
			d := math.Exp(0.7 * r.NormFloat64())
			out = append(out, [2]float64{d * (0.9 + 0.2*r.Float64()), d})
		}
		return out
	}
	for _, c := range []struct {
		name string
		m    *Metric
		make func() []Point
	}{
		{"proportions of 40", proportion, pair(proportion, func() sums { return share(trials(40, 0.1), 40) })},
		{"proportions of 400", proportion, pair(proportion, func() sums { return share(trials(400, 0.03), 400) })},
		{"scores of 60 answers", nps, pair(nps, func() sums {
			p := trials(60, 0.5)
			d := trials(60-p, 0.4)
			return answers(p, 60-p-d, d)
		})},
		{"means of 50", mean, pair(mean, func() sums { return added(rows(50)) })},
		{"ratios of 120", ratio, pair(ratio, func() sums { return added(rows(120)) })},
		{"independent events", events, counts(events, func() float64 { return poisson(40) })},
		{"events in bursts", events, counts(events, func() float64 { return 5 * poisson(8) })},
		{"few events", events, counts(events, func() float64 { return poisson(2) })},
		{"people", people, counts(people, func() float64 { return math.Round(400 + 9*r.NormFloat64()) })},
	} {
		const series = 2000
		arrows := 0
		for range series {
			points := c.make()
			if ch := c.m.Change(points, len(points)-1, 1); ch != nil && ch.Verdict == Real {
				arrows++
			}
		}
		// Three standard errors of a share of 5 % of the series.
		nominal := 1 - stats.Level
		if got, most := float64(arrows)/series, nominal+3*math.Sqrt(nominal*stats.Level/series); got > most {
			t.Errorf("%s: an arrow in %.1f %% of the series, want at most %.1f %%", c.name, 100*got, 100*most)
		} else {
			t.Logf("%s: an arrow in %.1f %%", c.name, 100*got)
		}
	}
}

func TestChangesFollowTheGroups(t *testing.T) {
	m := &Metric{Aggregation: Proportion, Unit: "ratio"}
	a, b := m.of(share(50, 1000), share(90, 1000)), m.of(share(5, 10), share(6, 10))
	s := Series{Grain: farol.Monthly}
	for i := range a {
		a[i].Group, b[i].Group = "a", "b"
		s.Points = append(s.Points, a[i], b[i])
	}
	got := m.Changes(s)
	if got[0] != nil || got[1] != nil || got[2].Verdict != Real || got[3].Verdict != Unknown {
		t.Errorf("%+v", got)
	}
}
