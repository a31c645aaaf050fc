package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	netmail "net/mail"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/farol-cs/farol/api"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/ingest"
	"github.com/farol-cs/farol/job"
	"github.com/farol-cs/farol/mail"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/truth"
	"github.com/farol-cs/farol/web"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// engineOptions say where the facts live and how much of the machine they use.
type engineOptions struct {
	stateOptions
	Facts   string `help:"ClickHouse for the facts (clickhouse://user:password@host:port/database, HTTP) instead of DuckDB in the data folder." placeholder:"URL"`
	Memory  string `help:"Memory limit of DuckDB, such as 2GB; a quarter of the machine when not given."`
	Threads int    `help:"Threads of DuckDB; one per processor when 0."`
}

// memorySize is a size as DuckDB reads it.
var memorySize = regexp.MustCompile(`(?i)^[0-9]+(\.[0-9]+)? *([kmgt]i?b|%)$`)

// check tells what is wrong with the options before anything is opened.
func (o engineOptions) check() error {
	if o.Memory != "" && !memorySize.MatchString(o.Memory) {
		return fmt.Errorf("--memory must be a size such as 2GB, not %q", o.Memory)
	}
	if o.Threads < 0 {
		return fmt.Errorf("--threads must be 0 or more, not %d", o.Threads)
	}
	return nil
}

// app is the open program: the engines and what works on them.
type app struct {
	log      *slog.Logger
	store    *store.Store
	facts    *facts.Facts
	metrics  *metric.Reader
	truth    *truth.Checker
	settings *settings
	desks    *desk.Desks
	book     *desk.Book
	// accounts is the one directory: pages, API and jobs share it.
	accounts *customer.Directory
	segments *customer.Segments
	jobs     *job.Jobs
	// mail is nil when no mail is sent; baseURL is what its links begin with.
	mail    *mail.Server
	baseURL string
	// site is the pages, once they are served; closed tells that the history was
	// brought up to date, and warmed when the pages were made beforehand.
	site    atomic.Pointer[web.Site]
	closed  atomic.Bool
	warmed  time.Time
	closers []func() error
}

// openApp opens state, then facts, in that order: the facts need the
// company's zone, which is a setting.
func openApp(ctx context.Context, o engineOptions, so serverOptions, log *slog.Logger) (*app, error) {
	a := &app{log: log, baseURL: so.BaseURL}
	var err error
	if a.mail, err = so.SMTP.server(so.BaseURL); err != nil {
		return nil, err
	}
	if err := a.open(ctx, o); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *app) open(ctx context.Context, o engineOptions) error {
	log := a.log
	s, closeState, err := o.openState(ctx)
	if err != nil {
		return err
	}
	a.store = s
	a.onClose(func() error { closeState(); return nil })
	if a.settings, err = readSettings(ctx, s, log); err != nil {
		return fmt.Errorf("reading the settings: %w", err)
	}
	if a.facts, err = facts.Open(ctx, o.factsConfig(a.settings.zone(), log)); err != nil {
		return fmt.Errorf("opening the facts: %w", err)
	}
	a.onClose(a.facts.Close)
	// Before anything is taken in: whose events are refused.
	if err := customer.UseTombstones(ctx, s, a.facts); err != nil {
		return err
	}
	catalogue, err := metric.Load()
	if err != nil {
		return err
	}
	a.metrics = metric.New(catalogue, a.facts, a.settings.current)
	a.metrics.SetProgress(a.tellProgress)
	a.truth = openTruth(o.Data, a.metrics, a.facts)
	a.accounts, a.book = customer.New(a.facts, time.Now), desk.NewBook(a.facts, time.Now)
	a.accounts.SetCompute(a.metrics.AccountValues)
	a.segments = &customer.Segments{Store: s, Facts: a.facts, Metrics: catalogue, Customers: a.accounts, Now: time.Now, Log: log, Back: segmentWeeks, Waiting: a.metrics.Waiting}
	a.desks = &desk.Desks{Store: s, Facts: a.facts, Customers: a.accounts, Log: log}
	if a.jobs, err = job.New(ctx, s, time.Now, log, append(a.works(), a.mailWorks()...)...); err != nil {
		return fmt.Errorf("setting up the background work: %w", err)
	}
	return nil
}

func (o engineOptions) factsConfig(zone *time.Location, log *slog.Logger) facts.Config {
	return facts.Config{
		Path: filepath.Join(o.Data, "facts.duckdb"), ClickHouse: o.Facts,
		Zone: zone, MemoryLimit: o.Memory, Threads: o.Threads, Log: log,
	}
}

func (a *app) onClose(f func() error) { a.closers = append(a.closers, f) }

// close gives everything back, the newest first.
func (a *app) close() error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}

// works is what goes on in the background.
func (a *app) works() []job.Work {
	return []job.Work{
		{Name: "history", Every: 30 * time.Second, AtStart: true, Limit: 30 * time.Minute, Do: a.updateHistory},
		{Name: "pages", Every: 30 * time.Second, Limit: 30 * time.Minute, Do: a.warm},
		{Name: "compact", Every: time.Hour, Limit: 30 * time.Minute, Do: a.facts.Compact},
		{Name: "erasures", Every: time.Minute, AtStart: true, Limit: 30 * time.Minute, Do: func(ctx context.Context) error { return customer.ContinueErasures(ctx, a.store, a.facts) }},
		{Name: "roster", Every: 10 * time.Second, AtStart: true, Limit: 30 * time.Minute, Do: a.facts.UpdateRoster},
		{Name: "roster-compact", Every: time.Hour, Limit: 30 * time.Minute, Do: a.facts.CompactRoster},
		{Name: "segments", Every: time.Minute, AtStart: true, Limit: 10 * time.Minute, Do: a.segments.Upkeep},
		{Name: "repair", Every: 24 * time.Hour, Limit: time.Hour, Do: a.repair},
		{Name: "deliveries", Every: 30 * time.Second, AtStart: true, Limit: 5 * time.Minute, Do: a.desks.Retry},
		{Name: "stages", Every: time.Minute, AtStart: true, Limit: 20 * time.Minute, Do: a.moveStages},
		{Name: "happenings", Every: 2 * time.Minute, AtStart: true, Limit: 10 * time.Minute, Do: a.watcher().Update},
		{Name: "sources", Every: 30 * time.Second, AtStart: true, Limit: 5 * time.Minute, Do: job.Watch{Store: a.store, Facts: a.facts, Now: time.Now}.Look},
		{Name: "prune", Every: time.Hour, Limit: time.Minute, Do: a.store.Prune},
	}
}

// segmentWeeks is how far back a new segment's membership goes at most.
const segmentWeeks = 12

// watched are the metrics whose moves the owners of an account hear of.
var watched = []string{"mrr", "active_users_week", "seat_utilisation"}

// watcher finds what happened around accounts, for My day.
func (a *app) watcher() customer.Watcher {
	w := customer.Watcher{Facts: a.facts, Store: a.store, Now: time.Now}
	for _, name := range watched {
		m, err := a.metrics.Catalogue().Find(name)
		if err != nil || !m.PerAccount {
			continue
		}
		w.Metrics = append(w.Metrics, customer.WatchedMetric{
			Name: name, Good: map[metric.Direction]int{metric.Up: 1, metric.Down: -1}[m.Direction], Money: m.Unit == metric.Money, Share: m.Unit == "ratio" || m.Unit == "percent",
		})
	}
	return w
}

// updateHistory keeps the history, and says in the state how far it has come
// while that takes long, for the pages of every process.
func (a *app) updateHistory(ctx context.Context) error {
	err := a.metrics.UpdateHistory(ctx)
	if ended := a.store.EndProgress(context.WithoutCancel(ctx), "history"); ended != nil {
		a.log.Error("the progress is not recorded", "error", ended)
	}
	if err == nil {
		a.closed.Store(true)
	}
	return err
}

// warmEvery is how often the pages are made that many open: their answers are
// kept for an hour at most.
const warmEvery = time.Hour

// warm makes the pages that many open, so that nobody waits for the first after
// a start or a quiet night. It waits until the history is there, which the
// pages read.
func (a *app) warm(ctx context.Context) error {
	site := a.site.Load()
	if site == nil || !a.closed.Load() || time.Since(a.warmed) < warmEvery {
		return nil
	}
	a.warmed = time.Now()
	return site.Warm(ctx)
}

// moveStages moves accounts from stage to stage by the rules: once a day, and
// when the stages have changed.
func (a *app) moveStages(ctx context.Context) error {
	j := customer.Journey{Facts: a.facts, Store: a.store, Directory: a.accounts, Now: time.Now, Waiting: a.metrics.Waiting, Env: func(ctx context.Context) (segment.Env, error) {
		return customer.RuleEnv(ctx, a.store, a.metrics.Catalogue())
	}}
	return j.Run(ctx)
}

// tellProgress writes down how far the history has come.
func (a *app) tellProgress(p metric.Progress) {
	err := a.store.SaveProgress(context.Background(), store.Progress{Name: "history", What: p.Metric.Name, Done: p.Done, Total: p.Total, Started: p.Started})
	if err != nil {
		a.log.Error("the progress is not recorded", "error", err)
	}
}

// repair recounts the log. A day that differed is a fault worth a warning,
// although it is mended by then.
func (a *app) repair(ctx context.Context) error {
	rebuilt, err := a.facts.Repair(ctx)
	if len(rebuilt) > 0 {
		a.log.Warn("days differed from the log and were rebuilt", "days", rebuilt)
	}
	return err
}

// sendMail sends one plain message, such as an invitation; nil when no mail is
// configured.
func (a *app) sendMail() func(ctx context.Context, to, subject, text string) error {
	if a.mail == nil {
		return nil
	}
	return func(ctx context.Context, to, subject, text string) error {
		id := uuid.NewString() + "@" + a.mail.Domain()
		return a.mail.Send(ctx, mail.Message{To: netmail.Address{Address: to}, Subject: subject, Text: text, ID: id}, func() error { return nil })
	}
}

// routes is every door of the program on one listener.
func (a *app) routes(o serverOptions, h *health) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), api.NewCollector(a.facts, a.store, a.log))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", h.healthz)
	mux.HandleFunc("GET /readyz", h.readyz)
	mux.Handle("GET /metrics", operators(o.MetricsToken, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
	mux.Handle("/api/", api.New(api.Config{Customers: a.accounts, Segments: a.segments, Store: a.store, Facts: a.facts, Metrics: a.metrics, Truth: a.truth, Desks: a.desks, Book: a.book, Log: a.log, Version: version}))
	mux.Handle(desk.Path, a.desks)
	site := web.New(web.Config{Mail: a.sendMail(), Store: a.store, Facts: a.facts, Metrics: a.metrics, Truth: a.truth, Log: a.log, BaseURL: o.BaseURL, Saved: a.settings.forget, Customers: a.accounts, Segments: a.segments, Desks: a.desks, Book: a.book, OIDC: o.OIDC.provider()})
	a.site.Store(site)
	mux.Handle("/", site)
	// The tracking paths never reach the mux: it redirects unclean paths, and
	// an SDK that is redirected loses its events.
	return ingest.New(ingest.Config{
		Facts: a.facts, Source: a.store.SourceByKey, Log: a.log, PublicURL: o.BaseURL, Metrics: registry,
		Limits: ingest.Limits{KeyRate: o.KeyRate, AddressRate: o.AddressRate},
	}).Front(mux)
}
