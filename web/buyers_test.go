package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func TestBuyersPage(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/revenue/buyers").is(200).has(".nothing", 1)
	})
	s = staffed(t) // a page may be as old as its answer is kept
	h := &recorder{source: s.source.ID}
	for i := range 40 {
		for n := range 1 + i%4 {
			h.add(farol.Track, "Payment Succeeded", today.AddDate(0, 0, -200+i+n*(20+i%7)), farol.AccountID(fmt.Sprintf("buyer-%d", i)), "", map[string]any{"amount": 50 + i + n, "currency": "BRL"})
		}
	}
	slices.SortStableFunc(h.events, func(a, b farol.Event) int { return a.At.Compare(b.At) })
	for i := range h.events {
		h.events[i].Known = h.events[i].At.Add(time.Second)
	}
	s.take(h.events)
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{role: store.Viewer, code: code}, "/revenue/buyers").is(200).has(".stat", 4).has("#buyers tbody tr", 40)
		if strings.Contains(a.doc.Text(), "%!") {
			t.Error("a text is not complete")
		}
	})
	if csv := s.get(admin, "/revenue/buyers.csv").is(200).body; strings.Count(csv, "\n") != 41 {
		t.Errorf("%d lines", strings.Count(csv, "\n"))
	}
}
