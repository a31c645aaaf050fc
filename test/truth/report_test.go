package truth_test

import (
	"context"
	"testing"

	"github.com/farol-cs/farol/truth"
)

// The report finds every counted figure as planted, and estimates what there
// is to estimate.
func TestReport(t *testing.T) {
	cfg := company()
	cfg.Accounts, cfg.Months = 130, 9
	l := load(t, cfg)
	r, err := truth.Compare(context.Background(), l.reader, l.facts, l.truth)
	if err != nil {
		t.Fatal(err)
	}
	if r.Compared < 50 || r.Equal != r.Compared {
		t.Errorf("%d of %d figures are as planted", r.Equal, r.Compared)
		differ(t, r)
	}
	if r.Rule.Factor < 3 || len(r.Rule.Clauses) != 2 || r.Rule.Days != l.truth.Rule.Days {
		t.Errorf("the rule is %+v", r.Rule)
	}
	for _, e := range r.Estimates {
		show := func(p *float64) float64 {
			if p == nil {
				return -1
			}
			return *p
		}
		t.Logf("%s: planted %.3f, found %.3f (%.3f to %.3f) of %d, %v %s", e.What, e.Planted, show(e.Found), show(e.Low), show(e.High), e.Units, e.Holds, e.Reason)
		if e.Found == nil == (e.Reason == "") || e.Planted <= 0 || e.Units == 0 {
			t.Errorf("%+v", e)
		}
	}
	rows := 0
	for _, b := range r.Bands {
		t.Logf("%.3f to %.3f: %d rows, planted %.4f, found %.4f (%.4f to %.4f) %v", b.From, b.To, b.Rows, b.Planted, b.Found, b.Low, b.High, b.Holds)
		rows += b.Rows
		if b.Planted < b.From || b.Planted >= b.To || b.Low > b.Found || b.High < b.Found {
			t.Errorf("%+v", b)
		}
	}
	if rows < 200 || len(r.Bands) < 4 {
		t.Errorf("%d rows in %d bands", rows, len(r.Bands))
	}
}
