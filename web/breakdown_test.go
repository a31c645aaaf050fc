package web

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// signUps makes accounts of a plan on the first days of a month of 2026, of
// which some did something on the product.
func (h *recorder) signUps(month time.Month, plan string, n, active int) {
	for i := range n {
		at := time.Date(2026, month, 2, 15, i%60, 0, 0, time.UTC)
		account := farol.AccountID(fmt.Sprintf("%s-%d-%d", plan, month, i))
		h.add(farol.Group, "", at, account, "", map[string]any{"plan": plan, "created_at": at.Format(time.RFC3339)})
		if i < active {
			h.add(farol.Track, "Report Created", at.Add(time.Hour), account, farol.PersonID("of-"+account), nil)
		}
	}
}

// A breakdown says how many units each share is of, draws the small groups to
// the mean, and puts an arrow only on what has really moved.
func TestBreakdownIsHonest(t *testing.T) {
	s := staffed(t)
	h := &recorder{source: s.source.ID}
	for _, g := range []struct {
		plan                            string
		january, did, february, didThen int
	}{{"Large", 60, 12, 60, 45}, {"Even", 60, 30, 60, 31}, {"Small", 12, 1, 12, 11}, {"Tiny", 4, 0, 4, 4}} {
		h.signUps(time.January, g.plan, g.january, g.did)
		h.signUps(time.February, g.plan, g.february, g.didThen)
	}
	_, err := s.facts.Append(context.Background(), facts.Batch{Events: h.events})
	s.check(err)
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{role: store.Viewer, code: code}, "/metrics/activation_rate?by=plan&grain=month").is(200).has("tbody tr", 4)
		row := func(plan string) string { return `tbody tr:has(.cut[title="` + plan + `"])` }
		up := map[lang.Code]string{lang.English: "The change is larger than chance explains", lang.Portuguese: "A variação é maior"}[code]
		a.has(row("Large")+" .delta.rise", 1).has(row("Even")+" .delta.rise, "+row("Even")+" .delta.fall", 0)
		if got := a.doc.Find(row("Large")+" .delta").AttrOr("title", ""); !strings.HasPrefix(got, up) {
			t.Errorf("the arrow says %q", got)
		}
		for _, few := range []string{"Small", "Tiny"} {
			a.has(row(few)+" .tag", 1).has(row(few)+" .delta.rise", 0)
		}
		a.has(row("Even")+" .tag", 0)
		// All four of the tiny group did: drawn to the mean that is no 100 %.
		cells := a.doc.Find(row("Tiny") + " td.num")
		raw, drawn := strings.TrimSpace(cells.Eq(-4).Text()), strings.TrimSpace(cells.Eq(-2).Text())
		if strings.HasPrefix(drawn, "100") || drawn == "" || drawn == raw {
			t.Errorf("the tiny group is drawn to %q", drawn)
		}
		a.says("main", map[lang.Code]string{lang.English: "no ranking is led by luck", lang.Portuguese: "liderado por sorte"}[code])
		// Counts have no share to draw, and few of them are no fault.
		s.get(as{role: store.Viewer, code: code}, "/metrics/new_accounts?by=plan&grain=month").is(200).has(".tag", 0)
	})
}
