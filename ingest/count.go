package ingest

import (
	"errors"
	"strconv"
	"time"

	"github.com/farol-cs/farol/facts"
	"github.com/prometheus/client_golang/prometheus"
)

// counters are what operators watch.
type counters struct {
	requests *prometheus.CounterVec
	taken    *prometheus.CounterVec
	seconds  prometheus.Histogram
}

func newCounters(reg prometheus.Registerer) counters {
	return counters{
		requests: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "farol_ingest_requests_total", Help: "Requests to the tracking API, by status.",
		}, []string{"status"})),
		taken: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "farol_ingest_events_total", Help: "Events by what became of them: accepted, duplicate, rejected.",
		}, []string{"result"})),
		seconds: register(reg, prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "farol_ingest_seconds", Help: "Time to answer a request of the tracking API.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		})),
	}
}

// register gives the counter itself, or the one that another handler of this
// process registered before.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	if reg == nil {
		return c
	}
	if err := reg.Register(c); err != nil {
		if there, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
			return there.ExistingCollector.(C)
		}
		panic(err) // two counters of one name in this file
	}
	return c
}

func (c counters) request(status int, took time.Duration) {
	c.requests.WithLabelValues(strconv.Itoa(status)).Inc()
	c.seconds.Observe(took.Seconds())
}

func (c counters) events(r facts.Receipt, rejected int) {
	c.taken.WithLabelValues("accepted").Add(float64(r.Accepted))
	c.taken.WithLabelValues("duplicate").Add(float64(r.Duplicates))
	c.taken.WithLabelValues("rejected").Add(float64(rejected))
}
