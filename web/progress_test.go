package web

import (
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// Every page says what is being computed, and does not wait for it.
func TestProgress(t *testing.T) {
	s := staffed(t)
	s.get(admin, "/catalogue").is(200).has(".past", 0)
	s = staffed(t)
	s.check(s.store.SaveProgress(t.Context(), store.Progress{Name: "history", What: "mrr", Done: 12, Total: 90, Started: today}))
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		for _, path := range []string{"/", "/catalogue", "/settings"} {
			s.get(who, path).is(200).says(".past", "MRR").says(".past", "12").says(".past", "90").says(".past", "12:00")
		}
	})
	s.get(nobody, "/sign-in").is(200).has(".past", 0)
}
