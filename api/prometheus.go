package api

import (
	"context"
	"log/slog"
	"time"

	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
	"github.com/prometheus/client_golang/prometheus"
)

// NewCollector answers the gauges that operators watch: what the facts hold,
// when each source was last heard, and how the background work goes. They are
// read from the engines at each scrape, within five seconds; what cannot be
// read is left out, and farol_up tells.
func NewCollector(f *facts.Facts, s *store.Store, log *slog.Logger) prometheus.Collector {
	return &collector{facts: f, store: s, log: log}
}

type collector struct {
	facts *facts.Facts
	store *store.Store
	log   *slog.Logger
}

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("farol_"+name, help, labels, nil)
}

var (
	descUp         = gauge("up", "Whether the engine answered this scrape.", "engine")
	descRows       = gauge("facts_rows", "Stored rows of each table.", "table")
	descQueued     = gauge("facts_queued_events", "Events that wait for the next commit.")
	descCommit     = gauge("facts_last_commit_timestamp_seconds", "When facts were last committed.")
	descSource     = gauge("source_events", "Stored events of each source.", "source", "name")
	descSourceLast = gauge("source_last_event_timestamp_seconds", "When each source was last heard.", "source", "name")
	descRun        = gauge("job_last_run_timestamp_seconds", "When each background job last began.", "job")
	descGood       = gauge("job_last_success_timestamp_seconds", "When each background job last ended well.", "job")
	descTook       = gauge("job_last_run_seconds", "How long the last run of each background job took.", "job")
	descFailed     = gauge("job_failed", "1 when the last run of the background job failed.", "job")
)

// Describe lists the gauges.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descRows, descQueued, descCommit, descSource, descSourceLast,
		descRun, descGood, descTook, descFailed} {
		ch <- d
	}
}

// Collect reads the engines.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	set := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	answered := func(engine string, err error) {
		up := 1.0
		if err != nil {
			up = 0
			c.log.Error("the scrape is not whole", "engine", engine, "error", err)
		}
		set(descUp, up, engine)
	}
	answered("facts", c.collectFacts(ctx, set))
	answered("state", c.collectState(ctx, set))
}

func (c *collector) collectFacts(ctx context.Context, set func(*prometheus.Desc, float64, ...string)) error {
	st, err := c.facts.Stats(ctx)
	if err != nil {
		return err
	}
	for table, n := range map[string]int64{
		"events": st.Events, "rejected": st.Rejected, "activity": st.Activity, "links": st.Links, "memberships": st.Memberships,
		"subscriptions": st.Subscriptions, "answers": st.Answers, "tickets": st.Tickets, "changes": st.Changes,
	} {
		set(descRows, float64(n), table)
	}
	set(descQueued, float64(st.Queued))
	set(descCommit, seconds(st.Known))
	names, err := c.store.SourceNames(ctx)
	if err != nil {
		return err
	}
	for _, s := range st.Sources {
		set(descSource, float64(s.Events), string(s.Source), names[s.Source])
		set(descSourceLast, seconds(s.Last), string(s.Source), names[s.Source])
	}
	return nil
}

func (c *collector) collectState(ctx context.Context, set func(*prometheus.Desc, float64, ...string)) error {
	runs, err := c.store.Runs(ctx)
	if err != nil {
		return err
	}
	for _, r := range runs {
		failed := 0.0
		if r.Error != "" {
			failed = 1
		}
		set(descRun, seconds(r.Started), r.Name)
		set(descGood, seconds(r.Good), r.Name)
		set(descTook, r.Took.Seconds(), r.Name)
		set(descFailed, failed, r.Name)
	}
	return nil
}

// seconds is the Unix time, 0 for never.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
