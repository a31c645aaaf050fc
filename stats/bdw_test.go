package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// Fader, Hardie, Liu, Davin & Steenburgh 2018: four renewals of the two
// segments.
func TestBdWReference(t *testing.T) {
	for _, w := range []struct {
		alive       []float64
		g, d, shape float64
	}{
		{highEnd, 0.259, 1.722, 1.584},
		{regular, 0.523, 0.894, 1.196},
	} {
		m, err := FitBdW(renewals(t, w.alive[:5]))
		if err != nil || !near(m.G, w.g, 1.5e-3) || !near(m.D, w.d, 1.5e-3) || !near(m.Shape, w.shape, 1.5e-3) {
			t.Errorf("%+v %v", m, err)
		}
	}
}

func TestGammaRatioReference(t *testing.T) {
	// mpmath, 40 digits.
	for _, w := range []struct{ x, u, want float64 }{
		{20.5, 3, 9.2019931304883541}, {1e5, 7.5, 86.347184731589411},
		{1e8, 1e4, 184207.30737286032}, {3, 0.5, 0.50782642178712892}, {25, 0, 0},
	} {
		if got := gammaRatio(w.x, w.u); !near(got, w.want, 1e-13*(1+math.Abs(w.want))) {
			t.Errorf("log Gamma(%v+%v)/Gamma = %.17g, want %.17g", w.x, w.u, got, w.want)
		}
	}
}

func TestBdWHoldsTheSimplerModels(t *testing.T) {
	for _, alive := range [][]float64{regular, highEnd, {1000, 900, 810, 729, 656, 590}} {
		data := renewals(t, alive)
		s := fitSBG(t, data)
		b, err := FitBdW(data)
		if err != nil || b.LogLikelihood < s.LogLikelihood-1e-6 {
			t.Errorf("%v: %v, below %v (%v)", alive, b.LogLikelihood, s.LogLikelihood, err)
		}
		if got := bdwOf(s.Churn, math.Max(s.Spread, 1e-6), 1); !near(got.Survival(9), s.Survival(9), 1e-5) ||
			!near(got.Retention(3), s.Retention(3), 1e-5) || !near(got.DEL(0.1), s.DEL(0.1), 1e-4) {
			t.Errorf("%v: shape 1 is not the shifted beta-geometric", alive)
		}
	}
	if m := bdwOf(0.1, 1, 1.5); !near(m.SurvivalFrom(3, 4), m.Survival(7)/m.Survival(3), 1e-12) {
		t.Error("survival from the third renewal")
	}
	if m := bdwOf(0.1, 1, 1.5); !math.IsNaN(m.DEL(0)) || m.Survival(0) != 1 {
		t.Error("a lifetime without discount, or customers lost before the first renewal")
	}
}

func TestFitRetentionPrefersWhatTheDataSay(t *testing.T) {
	// The first renewals of the high end misfit: published reason for BdW.
	s, b, err := FitRetention(renewals(t, highEnd[:8]))
	if err != nil || b == nil || b.BIC >= s.BIC {
		t.Errorf("high end: %+v %+v %v", s, b, err)
	}
	if _, b, err := FitRetention(renewals(t, regular[:8])); err != nil || b != nil {
		t.Errorf("regular: %+v %v", b, err)
	}
	if s, b, err := FitRetention(renewals(t, regular[:4])); err != nil || s == nil || b != nil {
		t.Errorf("three renewals: %+v %+v %v", s, b, err)
	}
	if _, err := FitBdW(renewals(t, regular[:4])); !errors.Is(err, ErrUnidentified) {
		t.Error(err)
	}
	if _, _, err := FitRetention(nil); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
}

func TestBdWRecovers(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 1))
	data := make(Renewals, 15)
	chance := distuv.Beta{Alpha: 0.6, Beta: 3, Src: r}
	const shape = 1.4
	for range 100_000 {
		p := chance.Rand()
		for k := range data {
			data[k].Due++
			keep := math.Pow(1-p, math.Pow(float64(k+1), shape)-math.Pow(float64(k), shape))
			if r.Float64() > keep {
				data[k].Lost++
				break
			}
		}
	}
	m, err := FitBdW(data)
	if err != nil || !near(m.Shape, shape, 0.04) || !near(m.G, 0.6, 0.05) || !near(m.D, 3, 0.25) {
		t.Errorf("%+v %v", m, err)
	}
	if _, b, _ := FitRetention(data); b == nil {
		t.Error("a rising individual risk was not preferred")
	}
}
