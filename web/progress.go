package web

import (
	"sync"
	"time"

	"github.com/farol-cs/farol/store"
)

// working remembers what was last seen under way, so that a page costs no
// query of the state for it.
type working struct {
	mu     sync.Mutex
	looked time.Time
	list   []store.Progress
}

// lookAgain is how old that may be.
const lookAgain = 2 * time.Second

// workLine is a long computation in words.
type workLine struct{ Text string }

// works lists the long computations under way. A state that does not answer
// must not fail the page for it.
func (s *server) works(v *visit) []workLine {
	w := &s.working
	w.mu.Lock()
	defer w.mu.Unlock()
	if v.now.Sub(w.looked) >= lookAgain || v.now.Before(w.looked) {
		list, err := s.Store.Progress(v.r.Context())
		if err != nil {
			s.Log.Error("reading what is under way", "error", err)
		}
		w.looked, w.list = v.now, list
	}
	var out []workLine
	for _, p := range w.list {
		what := p.What
		if m, err := s.Metrics.Catalogue().Find(p.What); err == nil {
			what = m.Title.In(v.p.Code())
		}
		out = append(out, workLine{v.p.T("Figures of the past are being computed: %s, step %d of %d, since %s.", what, p.Done, p.Total, v.p.Clock(p.Started, v.company.location()))})
	}
	return out
}
