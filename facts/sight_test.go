package facts

import (
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// A hidden attribute is as hidden by its value of today.
func TestSightedHidesWhatHoldsNow(t *testing.T) {
	for _, c := range []struct {
		hidden, attribute string
		kind              farol.ErrorKind
	}{
		{"attribute.region", "region", farol.Forbidden}, {"attribute.region", "now:region", farol.Forbidden}, {sight.Money, "now:mrr", farol.Forbidden},
		{"attribute.region", "now:plan", ""}, {sight.Money, "now:plan", ""},
	} {
		ctx := sight.With(t.Context(), sight.New(nil, []string{c.hidden}))
		_, filtered := Sighted(ctx, []Filter{{Attribute: c.attribute, Values: []string{"x"}}}, "")
		_, parted := Sighted(ctx, nil, c.attribute)
		if farol.KindOf(filtered) != c.kind || farol.KindOf(parted) != c.kind {
			t.Errorf("%s hidden, by %s: %v, %v", c.hidden, c.attribute, filtered, parted)
		}
	}
}

// Whoever may not see money reads no amount of any known event.
func TestPropertiesHideAmounts(t *testing.T) {
	s := sight.New(nil, []string{sight.Money})
	n := 0
	for name, w := range wellKnownEvents {
		for _, p := range w.properties {
			if p.kind != anAmount {
				continue
			}
			n++
			if got := string(s.Properties([]byte(`{"` + p.name + `":"12.50"}`))); got != "{}" {
				t.Errorf("%s shows %s", name, got)
			}
		}
	}
	if n < 8 {
		t.Errorf("%d amounts are too few", n)
	}
}
