package ingest

import (
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
	c := counters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "farol_ingest_requests_total", Help: "Requests to the tracking API, by status.",
		}, []string{"status"}),
		taken: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "farol_ingest_events_total", Help: "Events by what became of them: accepted, duplicate, rejected.",
		}, []string{"result"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "farol_ingest_seconds", Help: "Time to answer a request of the tracking API.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	if reg != nil {
		reg.MustRegister(c.requests, c.taken, c.seconds)
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
