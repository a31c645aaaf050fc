package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func decompose(t *testing.T, cells []Cell) Decomposition {
	t.Helper()
	d, err := Decompose(cells)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecomposeByHand(t *testing.T) {
	// Churn of small and large accounts: neither got worse, but the small
	// ones became more. 40/200 -> 65/250.
	d := decompose(t, []Cell{
		{"small", Ratio{30, 100}, Ratio{60, 200}},
		{"large", Ratio{10, 100}, Ratio{5, 50}},
	})
	if !near(d.Before, 0.2, 1e-12) || !near(d.After, 0.26, 1e-12) || !near(d.Rate, 0, 1e-12) || !near(d.Mix, 0.06, 1e-12) {
		t.Errorf("%+v", d)
	}
	// 0.3 more of the small at 0.07 above the middle, of the large at -0.13.
	if !near(d.Effects[0].Mix, 0.3*0.07, 1e-12) || !near(d.Effects[1].Mix, -0.3*-0.13, 1e-12) {
		t.Errorf("%+v", d.Effects)
	}
	// One group only: all is rate.
	d = decompose(t, []Cell{{"all", Ratio{1, 10}, Ratio{3, 15}}})
	if !near(d.Rate, 0.1, 1e-12) || d.Mix != 0 {
		t.Errorf("%+v", d)
	}
	// Groups that come and go.
	d = decompose(t, []Cell{
		{"stays", Ratio{10, 100}, Ratio{10, 100}},
		{"leaves", Ratio{10, 100}, Ratio{}},
		{"enters", Ratio{}, Ratio{50, 100}},
		{"never", Ratio{}, Ratio{}},
	})
	if !near(d.Rate, 0, 1e-12) || !near(d.Mix, 0, 1e-12) || !near(d.Entering, 0.5*0.3, 1e-12) || !near(d.Leaving, 0.5*0.1, 1e-12) {
		t.Errorf("%+v", d)
	}
	if e := d.Effects[1]; e.Before == nil || e.After != nil || e.ShareBefore != 0.5 || e.Rate != 0 || e.Entering != 0 {
		t.Errorf("%+v", e)
	}
	if e := d.Effects[3]; e.Total() != 0 || e.Before != nil || e.After != nil {
		t.Errorf("%+v", e)
	}
}

// randomCells draws groups that may be absent, with ratios of either sign.
func randomCells(r *rand.Rand, n int) []Cell {
	ratio := func() Ratio {
		if r.IntN(4) == 0 {
			return Ratio{}
		}
		d := math.Exp(12 * r.Float64())
		return Ratio{d * (r.NormFloat64() + 0.5), d}
	}
	cells := []Cell{{"sure", Ratio{1, 2}, Ratio{2, 3}}}
	for k := range n {
		cells = append(cells, Cell{fmt.Sprint(k), ratio(), ratio()})
	}
	return cells
}

func TestDecompositionAlwaysAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 1))
	for range 2000 {
		cells := randomCells(r, r.IntN(60))
		d := decompose(t, cells)
		scale := 1e-12 * (1 + math.Abs(d.Before) + math.Abs(d.After))
		sum, groups := d.Rate+d.Mix+d.Entering+d.Leaving, 0.0
		for _, e := range d.Effects {
			groups += e.Total()
		}
		if !near(sum, d.Change, scale) || !near(groups, d.Change, scale) || !near(d.Change, d.After-d.Before, scale) {
			t.Fatalf("%v by cause, %v by group, change %v", sum, groups, d.Change)
		}
		// Swapping the periods changes the signs.
		swapped := make([]Cell, len(cells))
		for k, c := range cells {
			swapped[k] = Cell{c.Group, c.After, c.Before}
		}
		s := decompose(t, swapped)
		if !near(s.Rate, -d.Rate, scale) || !near(s.Mix, -d.Mix, scale) || !near(s.Entering, -d.Leaving, scale) {
			t.Fatalf("%+v, swapped %+v", d, s)
		}
		// A larger business of the same proportions is no cause.
		for k := range swapped {
			swapped[k] = cells[k]
			swapped[k].After.Numerator *= 7
			swapped[k].After.Denominator *= 7
		}
		if s := decompose(t, swapped); !near(s.Rate, d.Rate, scale) || !near(s.Mix, d.Mix, scale) {
			t.Fatalf("%+v, larger %+v", d, s)
		}
	}
}

// Totals of accounts add up to those of their segment, for any segments.
func TestTotalsAddUpThroughTheLevels(t *testing.T) {
	r := rand.New(rand.NewPCG(62, 1))
	for range 300 {
		accounts := randomCells(r, 5+r.IntN(60))
		segments := make([]Cell, 4)
		member := make([]int, len(accounts))
		for k, c := range accounts {
			g := r.IntN(len(segments))
			member[k] = g
			segments[g].Before.Numerator += c.Before.Numerator
			segments[g].Before.Denominator += c.Before.Denominator
			segments[g].After.Numerator += c.After.Numerator
			segments[g].After.Denominator += c.After.Denominator
		}
		fine, coarse := decompose(t, accounts), decompose(t, segments)
		sums := make([]float64, len(segments))
		for k, e := range fine.Effects {
			sums[member[k]] += e.Total()
		}
		for g, e := range coarse.Effects {
			if !near(sums[g], e.Total(), 1e-12*(1+math.Abs(fine.Before)+math.Abs(fine.After))) {
				t.Fatalf("segment %d: %v, its accounts %v", g, e.Total(), sums[g])
			}
		}
	}
}

func TestDecomposeErrors(t *testing.T) {
	whole := Ratio{1, 2}
	for name, c := range map[string]struct {
		cells []Cell
		want  error
	}{
		"none":          {nil, ErrUnidentified},
		"nothing after": {[]Cell{{"a", whole, Ratio{}}}, ErrUnidentified},
		"negative":      {[]Cell{{"a", whole, Ratio{1, -1}}}, ErrImpossible},
		"not a number":  {[]Cell{{"a", whole, Ratio{math.NaN(), 1}}}, ErrImpossible},
	} {
		if d, err := Decompose(c.cells); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
}

func TestApportion(t *testing.T) {
	for _, w := range []struct {
		parts []float64
		want  []int64
	}{
		{[]float64{1.0 / 3, 1.0 / 3, 1.0 / 3}, []int64{34, 33, 33}},
		{[]float64{0.126, -0.026}, []int64{13, -3}},
		{[]float64{0.3, 0.1, 0.6}, []int64{30, 10, 60}},
		{nil, nil},
	} {
		got := Apportion(w.parts, 0.01)
		for k := range w.want {
			if got[k] != w.want[k] {
				t.Errorf("%v: %v, want %v", w.parts, got, w.want)
			}
		}
	}
	r := rand.New(rand.NewPCG(63, 1))
	for range 2000 {
		parts, sum := make([]float64, r.IntN(20)), 0.0
		for k := range parts {
			parts[k] = r.NormFloat64()
			sum += parts[k]
		}
		total := int64(0)
		for k, n := range Apportion(parts, 0.001) {
			total += n
			if math.Abs(float64(n)-parts[k]/0.001) >= 1+1e-6 {
				t.Fatalf("%v became %d", parts[k], n)
			}
		}
		if total != int64(math.RoundToEven(sum/0.001)) {
			t.Fatalf("parts add up to %d, the sum is %v", total, sum)
		}
	}
}

// Who gains without a base (expansion of an account that paid nothing) moves
// the whole all the same, and the sum stays exact.
func TestDecomposeNumeratorOverNothing(t *testing.T) {
	d, err := Decompose([]Cell{{"a", Ratio{8, 10}, Ratio{9, 10}}, {"b", Ratio{0, 0}, Ratio{2, 0}}, {"c", Ratio{1, 0}, Ratio{1, 5}}})
	if err != nil {
		t.Fatal(err)
	}
	if sum := d.Rate + d.Mix + d.Entering + d.Leaving; math.Abs(sum-d.Change) > 1e-12 || math.Abs(d.Change-(12.0/15-9.0/10)) > 1e-12 {
		t.Errorf("%v add up to %v, want %v", d.Effects, sum, d.Change)
	}
	if b := d.Effects[1]; math.Abs(b.Rate-2.0/15) > 1e-12 || b.Total() != b.Rate || b.Before != nil || b.After != nil {
		t.Errorf("b did %+v", b)
	}
}
