package metric

import (
	"sync"
	"time"
)

// Progress is how far UpdateHistory has come.
type Progress struct {
	// Metric is the one that is computed just now.
	Metric *Metric
	// Done of Total steps; a step is a metric's series of one grain, or its
	// values per account.
	Done, Total int
	Started     time.Time
}

// quietFor is how long an update goes on before it is worth a word: the usual
// one is over by then. sayEvery is how often it is told how far it has come.
const (
	quietFor = 3 * time.Second
	sayEvery = time.Second
)

// SetProgress gives a function that is told how far a long UpdateHistory has
// come: the first run, one after a new version of a setting, a large
// restatement. It is to be set before the reader's first use, is called by
// whoever updates, and must be quick.
func (r *Reader) SetProgress(tell func(Progress)) { r.tell = tell }

// teller counts the steps of an update.
type teller struct {
	mu sync.Mutex
	Progress
	tell func(Progress)
	now  func() time.Time
	said time.Time
}

func (r *Reader) teller() *teller {
	t := &teller{tell: r.tell, now: time.Now}
	for _, m := range r.catalogue.metrics {
		t.Total += len(m.Grains)
		if m.PerAccount {
			t.Total++
		}
	}
	t.Started = t.now()
	return t
}

// at tells that a step of the metric begins.
func (t *teller) at(m *Metric) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.Metric = m; t.tell != nil && now.Sub(t.Started) >= quietFor && now.Sub(t.said) >= sayEvery {
		t.said = now
		t.tell(t.Progress)
	}
	t.Done++
}
