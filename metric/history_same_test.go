package metric

import (
	"testing"

	"github.com/farol-cs/farol/facts"
)

// What was kept with more digits is no other figure; a cent of a billion is.
func TestSameFigure(t *testing.T) {
	row := func(v float64) facts.HistoryRow { return facts.HistoryRow{Value: &v, Units: 7} }
	if !sameFigure(row(4.0/7), row(0.5714285714286)) || !sameFigure(row(0), row(0)) {
		t.Error("the digits of a figure make another figure")
	}
	for _, x := range []facts.HistoryRow{row(0.571428571), row(0), {Units: 7}, {Value: row(4.0 / 7).Value, Units: 8}} {
		if sameFigure(row(4.0/7), x) {
			t.Errorf("%v passes for 4/7", x)
		}
	}
	if sameFigure(row(1e9), row(1e9+0.01)) {
		t.Error("a cent is lost")
	}
}
