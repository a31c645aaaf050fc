package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func shrink(t *testing.T, groups []Share) ([]Shrunk, Prior) {
	t.Helper()
	out, prior, err := Shrink(groups, Level)
	if err != nil {
		t.Fatal(err)
	}
	return out, prior
}

func TestShrinkByHand(t *testing.T) {
	// Equal sizes: mean 0.5, squares 20(0.04+0+0.04) = 1.6, by chance
	// 0.25*2 = 0.5, per correlation 0.25*(60*(2/3) - 2) = 9.5.
	groups := []Share{{6, 20}, {10, 20}, {14, 20}}
	out, prior := shrink(t, groups)
	rho := (1.6 - 0.5) / 9.5
	strength := 1/rho - 1
	if !near(prior.Mean, 0.5, 1e-12) || !near(prior.Alpha+prior.Beta, strength, 1e-9) {
		t.Errorf("%+v, want strength %v", prior, strength)
	}
	if want := (strength/2 + 6) / (strength + 20); !near(out[0].Value, want, 1e-9) || !near(out[0].Weight, 20/(20+strength), 1e-9) {
		t.Errorf("%+v, want %v", out[0], want)
	}
}

func TestShrinkProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 1))
	for range 300 {
		var groups []Share
		for range 3 + r.IntN(12) {
			n := float64(r.IntN(40))
			groups = append(groups, Share{math.Floor(n * r.Float64() * r.Float64()), n})
		}
		out, prior, err := Shrink(groups, Level)
		if err != nil {
			continue
		}
		for k, g := range groups {
			s := out[k]
			if !s.Interval.Contains(s.Value) || s.Weight < 0 || s.Weight >= 1 || s.Interval.Low < 0 || s.Interval.High > 1 {
				t.Fatalf("%+v: %+v", g, s)
			}
			// Between the group's own and the common proportion.
			if raw := g.Part / g.Whole; g.Whole > 0 && (s.Value-raw)*(s.Value-prior.Mean) > 1e-12 {
				t.Fatalf("%+v: %v lies outside %v and %v", g, s.Value, raw, prior.Mean)
			}
			if g.Whole == 0 && !near(s.Value, prior.Mean, 1e-9) {
				t.Fatalf("an empty group got %v of %v", s.Value, prior.Mean)
			}
		}
	}
}

func TestShrinkPoolsWhatIsAlike(t *testing.T) {
	out, prior := shrink(t, []Share{{10, 100}, {11, 100}, {9, 100}, {10, 100}})
	common, _ := Wilson(40, 400, Level)
	if !math.IsInf(prior.Alpha, 1) || out[0].Value != 0.1 || out[1].Interval != common || out[1].Weight != 0 {
		t.Errorf("%+v %+v", prior, out)
	}
}

func TestShrinkErrors(t *testing.T) {
	for name, c := range map[string]struct {
		groups []Share
		want   error
	}{
		"none":          {nil, ErrEmpty},
		"no units":      {[]Share{{}, {}, {}}, ErrEmpty},
		"two groups":    {[]Share{{1, 2}, {1, 3}, {}}, ErrUnidentified},
		"none did":      {[]Share{{0, 2}, {0, 3}, {0, 9}}, ErrUnidentified},
		"all did":       {[]Share{{2, 2}, {3, 3}, {9, 9}}, ErrUnidentified},
		"more than all": {[]Share{{3, 2}, {3, 3}, {9, 9}}, ErrImpossible},
		"not a number":  {[]Share{{math.NaN(), 2}, {3, 3}, {9, 9}}, ErrImpossible},
	} {
		if _, _, err := Shrink(c.groups, Level); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShrinkRecoversCoversAndHelps(t *testing.T) {
	r := rand.New(rand.NewPCG(52, 1))
	truth := distuv.Beta{Alpha: 4, Beta: 16, Src: r}
	const many, groups = 200, 25
	var covered, rho, raw, shrunk float64
	for range many {
		shares, rates := make([]Share, groups), make([]float64, groups)
		for k := range shares {
			rates[k] = truth.Rand()
			n := 5 + r.IntN(60)
			shares[k] = Share{binomial(r, n, rates[k]), float64(n)}
		}
		out, prior := shrink(t, shares)
		rho += 1 / (prior.Alpha + prior.Beta + 1) / many
		for k, s := range out {
			covered += count(s.Interval.Contains(rates[k])) / (many * groups)
			raw += math.Pow(shares[k].Part/shares[k].Whole-rates[k], 2)
			shrunk += math.Pow(s.Value-rates[k], 2)
		}
	}
	if covered < 0.92 || covered > 0.965 {
		t.Errorf("intervals cover %.1f %% of the groups", 100*covered)
	}
	if !near(rho, 1.0/21, 0.005) {
		t.Errorf("correlation %.4f on average, planted %.4f", rho, 1.0/21)
	}
	if shrunk > 0.75*raw {
		t.Errorf("squared error %v of %v", shrunk, raw)
	}
}
