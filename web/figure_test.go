package web

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

func at(v float64) *float64 { return &v }

// months makes complete monthly points of the values, from October 2025 on.
func months(values ...float64) []metric.Point {
	var out []metric.Point
	for i, v := range values {
		from := farol.Date(2025, 10, 1)
		for range i {
			y, m, _ := from.UTC().Date()
			from = farol.Date(y, m+1, 1)
		}
		y, m, _ := from.UTC().Date()
		out = append(out, metric.Point{Period: farol.Period{From: from, To: farol.Date(y, m+1, 1)}, Value: at(v), Numerator: at(v), Complete: true})
	}
	return out
}

func TestScale(t *testing.T) {
	en, pt := lang.For(lang.English), lang.For(lang.Portuguese)
	for _, c := range []struct{ got, want string }{
		{scale{en, metric.Money, "BRL"}.text(at(1234.5)), "R$1,234.50"},
		{scale{pt, metric.Money, "BRL"}.short(at(1234.5)), "R$\u00a01.234"},
		{scale{pt, "ratio", ""}.text(at(0.0512)), "5,1%"},
		{scale{en, "points", ""}.short(at(41.7)), "42"},
		{scale{en, "persons", ""}.text(at(12.345)), "12.3"},
		{scale{en, "persons", ""}.text(nil), lang.None},
		{scale{pt, "ratio", ""}.difference(0.05, 0.063), "+1,3 p.p."},
		{scale{en, "persons", ""}.difference(100, 90), "−10.0%"},
		{scale{en, "persons", ""}.difference(0, 3), "+3"},
		{scale{pt, "points", ""}.difference(40, 44), "+4 pontos"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// An arrow stands only where chance does not explain the change, in the
// colour of the metric's direction, and says why; package metric tests when.
func TestArrowsAreHonest(t *testing.T) {
	en := lang.For(lang.English)
	change := func(m *metric.Metric, unit string, points []metric.Point) delta {
		return scale{en, unit, "BRL"}.change(m, points, len(points)-1, 1, farol.Monthly)
	}
	share := &metric.Metric{Unit: "ratio", Aggregation: metric.Proportion, Direction: metric.Down}
	proportion := func(k, n float64) metric.Point {
		p := months(k / n)[0]
		p.Numerator, p.Denominator, p.Low, p.High, p.Units = at(k), at(n), at(k/n-0.01), at(k/n+0.01), int64(n)
		return p
	}
	if d := change(share, "ratio", []metric.Point{proportion(50, 1000), proportion(90, 1000)}); !d.Shown || !d.Bad || d.Word != "up" || !strings.Contains(d.Why, "Difference: +1.8 pp to +6.3 pp") {
		t.Errorf("churn from 5%% to 9%% of a thousand: %+v", d)
	}
	if d := change(share, "ratio", []metric.Point{proportion(50, 1000), proportion(52, 1000)}); d.Shown || d.Text == "" || !strings.Contains(d.Why, "within what chance") {
		t.Errorf("churn from 5%% to 5.2%% of a thousand: %+v", d)
	}
	if d := change(share, "ratio", []metric.Point{proportion(1, 12), proportion(11, 12)}); d.Shown || !strings.Contains(d.Why, "Too few") {
		t.Errorf("a share of twelve: %+v", d)
	}
	count := &metric.Metric{Unit: "persons", Direction: metric.Up, Aggregation: metric.Distinct}
	if d := change(count, "persons", months(100, 104, 99, 103, 100, 103, 101)); d.Shown || !strings.Contains(d.Why, "within the usual") {
		t.Errorf("a count within its ups and downs: %+v", d)
	}
	if d := change(count, "persons", months(100, 104, 99, 103, 100, 103, 60)); !d.Shown || !d.Bad || d.Icon != "arrow-down-right" || !strings.Contains(d.Why, "larger than the usual") {
		t.Errorf("a count that fell: %+v", d)
	}
	if d := change(count, "persons", months(100, 60)); d.Shown || !strings.Contains(d.Why, "Too short") {
		t.Errorf("a count without history: %+v", d)
	}
	if d := change(count, "persons", months(100, 100)); d.Shown || d.Text != "as in the month before" {
		t.Errorf("no change: %+v", d)
	}
	if d := change(count, "persons", months(5)); d.Text != "" {
		t.Errorf("one point alone: %+v", d)
	}
}

func TestSpark(t *testing.T) {
	sc := scale{p: lang.For(lang.English), unit: "ratio"}
	points := months(1, 3, 2, 2)
	points[3].Complete = false
	s := sc.sparkOf("x", points)
	if s.Line != "M0.0 26.0L33.3 2.0M33.3 2.0L66.7 14.0" || s.Open != "M66.7 14.0L100.0 14.0" || s.Band != "" {
		t.Errorf("%+v", s)
	}
	points[0].Low, points[0].High, points[1].Low, points[1].High = at(0), at(2), at(2), at(4)
	if s := sc.sparkOf("x", points); s.Band != "M0.0 14.0L33.3 2.0L33.3 14.0L0.0 26.0Z" {
		t.Errorf("the band is %q", s.Band)
	}
	if sc.sparkOf("x", months(1)) != nil {
		t.Error("one point is no line")
	}
	if s := sc.sparkOf("x", months(5, 5)); !strings.Contains(s.Line, "14.0") {
		t.Errorf("a flat line is drawn at %q", s.Line)
	}
}
