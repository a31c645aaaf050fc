// Package job does the background work: closing periods in the history,
// compacting and repairing the facts, deleting what has expired. The queue is
// River, in the database of the state. With several processes on PostgreSQL
// one of them, River's leader, says when; any of them does the work.
//
// What a job does must be safe to do again: a run may be cut off anywhere.
package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/farol-cs/farol/store"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// Work is one kind of background work, done again and again.
type Work struct {
	// Name names it in the record of runs, the log and the metrics.
	Name string
	// Every is how often it begins, at least a second. A run that is not over
	// when the next is due lets it fall out: two never go on at once.
	Every time.Duration
	// AtStart tells to run it also when the program starts.
	AtStart bool
	// Limit ends a run that takes longer.
	Limit time.Duration
	// Do does it. It must heed its context.
	Do func(ctx context.Context) error
}

// Jobs is the queue and its workers.
type Jobs struct {
	client *river.Client[*sql.Tx]
	store  *store.Store
	works  map[string]Work
	order  []string
	now    func() time.Time
	log    *slog.Logger
	host   string
}

// New prepares the queue in the store's database, with River's own migrations,
// and the works that it is to do. Nothing runs before Start.
func New(ctx context.Context, s *store.Store, now func() time.Time, log *slog.Logger, works ...Work) (*Jobs, error) {
	host, _ := os.Hostname() // empty does no harm
	j := &Jobs{store: s, works: map[string]Work{}, now: now, log: log, host: host}
	var periodic []*river.PeriodicJob
	for _, w := range works {
		if w.Name == "" || w.Every < time.Second || w.Limit <= 0 || w.Do == nil || j.works[w.Name].Do != nil {
			return nil, fmt.Errorf("job: %q needs a name of its own, an interval and a limit", w.Name)
		}
		j.works[w.Name], j.order = w, append(j.order, w.Name)
		periodic = append(periodic, river.NewPeriodicJob(river.PeriodicInterval(w.Every),
			func() (river.JobArgs, *river.InsertOpts) { return task{w.Name}, once() }, nil))
	}
	driver := driverOf(s)
	if err := migrate(ctx, driver); err != nil {
		return nil, fmt.Errorf("job: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{jobs: j})
	var err error
	j.client, err = river.NewClient(driver, &river.Config{
		Logger: slog.New(quiet{log.Handler()}),
		// Few: the work is a few large pieces, and on SQLite all of them and
		// River itself share the one connection that writes.
		Queues:       map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
		Workers:      workers,
		PeriodicJobs: periodic,
		// The next turn is the retry.
		MaxAttempts: 1,
		// A job whose process has died is given up after its own Limit
		// (worker.Timeout), which River looks at besides this.
		JobTimeout:           time.Minute,
		RescueStuckJobsAfter: 2 * time.Minute,
		// The record of runs is the store's; these rows are only kept for a
		// while to look at.
		CompletedJobRetentionPeriod: time.Hour,
		DiscardedJobRetentionPeriod: 24 * time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("job: %w", err)
	}
	return j, nil
}

// driverOf is River's driver for the store's handle: database/sql on both
// engines, so that a job can be enqueued in the transaction of the change that
// asks for it by the same code. The price on PostgreSQL is a poll each second
// instead of LISTEN.
func driverOf(s *store.Store) riverdriver.Driver[*sql.Tx] {
	if s.Engine() == store.SQLite {
		return riversqlite.New(s.SQL())
	}
	return riverdatabasesql.New(s.SQL())
}

func migrate(ctx context.Context, driver riverdriver.Driver[*sql.Tx]) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	// Processes that start together race here, and the loser's transaction
	// fails as a whole; it then finds the work done.
	for try := 0; ; try++ {
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		if err == nil || try == 5 {
			return err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Start begins to work. It returns at once; ctx ends nothing (see Stop).
func (j *Jobs) Start(ctx context.Context) error {
	if err := j.forgetDead(ctx); err != nil {
		return err
	}
	if err := j.client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	for _, name := range j.order {
		if !j.works[name].AtStart {
			continue
		}
		if err := j.Run(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// forgetDead clears what a process that was killed left behind: its jobs would
// count as running, and its leadership as held, for some time still. On SQLite
// there is one process, so whatever is there is dead; on PostgreSQL River finds
// out by itself.
func (j *Jobs) forgetDead(ctx context.Context) error {
	if j.store.Engine() != store.SQLite {
		return nil
	}
	return j.store.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from river_leader`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `delete from river_job where kind = $1 and finalized_at is null`, task{}.Kind())
		return err
	})
}

// Run asks for a work now, besides its turns. When it is waiting or running
// already, that is enough.
func (j *Jobs) Run(ctx context.Context, name string) error {
	if _, ok := j.works[name]; !ok {
		return fmt.Errorf("job: there is no work %q", name)
	}
	_, err := j.client.Insert(ctx, task{name}, once())
	return err
}

// Stop lets the runs under way end, takes no new ones, and returns when all is
// quiet. When ctx ends first, the runs are told to stop.
func (j *Jobs) Stop(ctx context.Context) error {
	err := j.client.Stop(ctx)
	if err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return j.client.StopAndCancel(hard)
}

// task is a turn of a work, as River stores it.
type task struct {
	Name string `json:"name" river:"unique"`
}

// Kind is River's name of the job type.
func (task) Kind() string { return "work" }

// once makes a turn that is not queued while another of its work is.
func once() *river.InsertOpts {
	return &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateScheduled, rivertype.JobStateRetryable,
	}}}
}

type worker struct {
	river.WorkerDefaults[task]
	jobs *Jobs
}

// Timeout is the work's own limit.
func (w *worker) Timeout(t *river.Job[task]) time.Duration { return w.jobs.works[t.Args.Name].Limit }

// Work does one turn and records it.
func (w *worker) Work(ctx context.Context, t *river.Job[task]) error {
	j := w.jobs
	work, ok := j.works[t.Args.Name]
	if !ok {
		// Asked for by a process of another version; it will be asked for again.
		return river.JobCancel(fmt.Errorf("there is no work %q", t.Args.Name))
	}
	run := store.Run{Name: work.Name, Started: j.now(), Host: j.host}
	err := do(ctx, work)
	run.Took = j.now().Sub(run.Started)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		// We were told to stop: neither a success nor a fault.
		return err
	case err != nil:
		run.Error = err.Error()
		j.log.ErrorContext(ctx, "background work failed", "work", work.Name, "took", run.Took, "error", err)
	}
	if saved := j.store.SaveRun(context.WithoutCancel(ctx), run); saved != nil {
		j.log.ErrorContext(ctx, "the run is not recorded", "work", work.Name, "error", saved)
	}
	return err
}

// do turns a panic into an error that tells where.
func do(ctx context.Context, w Work) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return w.Do(ctx)
}

// quiet drops what River says below a warning: it reports its every phase.
type quiet struct{ slog.Handler }

// Enabled lets warnings and errors through.
func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

// WithAttrs keeps the bound.
func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }

// WithGroup keeps the bound.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
