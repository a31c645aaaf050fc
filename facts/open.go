package facts

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/farol-cs/farol"
)

// Facts is the open log. Its methods may be called concurrently.
type Facts struct {
	eng  engine
	zone atomic.Pointer[time.Location]
	// rezoning is held for reading while events wait with their days cut.
	rezoning sync.RWMutex
	window   time.Duration
	now      func() time.Time
	log      *slog.Logger

	queue     chan *request
	compacted atomic.Int64 // the batch up to which this run has compacted
	queued    atomic.Int64
	known     atomic.Int64 // of the last commit, UTC milliseconds

	// What follows belongs to the writer.
	batch, settled int64      // the last batch, and the one up to which is settled
	restless       bool       // links or memberships wait to be settled
	pending        pending    // what they may move
	settling       bool       // a run is going on
	portion        int        // raw ids of a run per commit
	deferred       []*request // wait for it to end
	settleDue      bool
	shared         int // requests of the last commit
	settleTimer    *time.Timer
	settleCost     time.Duration
	ids            *identity
	recent         seen                 // message ids of this run
	accounts       map[string]farol.Day // first day of each account

	joins      atomic.Pointer[[]joinRow]
	joining    sync.Mutex // held from the check of a join until it is known
	tombs      atomic.Pointer[tombs]
	erasings   atomic.Int64
	rostering  sync.Mutex
	rosterMark time.Time    // up to which commit the roster was made; guarded by rostering
	rosterSeen atomic.Int64 // rosterMark in milliseconds, for readers
	held       heldPeople   // of moments other than now
	rosterBase atomic.Int64 // up to which batch its rows are of a pair each

	pairs  pairSet // keys of firsts; the writer's
	people people
	past   atomic.Pointer[seen] // message ids of earlier runs, nil until loaded
	traits traitSet
	tally  tally // of what comes in, for whoever keeps it

	life       context.Context
	stop       context.CancelFunc
	closing    chan struct{}
	closeOnce  sync.Once
	done       chan struct{} // the writer has ended
	background sync.WaitGroup
}

// Open opens or creates the facts and starts the writer.
func Open(ctx context.Context, c Config) (*Facts, error) {
	eng, err := openEngine(ctx, c)
	if err != nil {
		return nil, err
	}
	f := &Facts{
		eng: eng, window: or(c.DedupeWindow, 30*24*time.Hour), now: c.Now, log: c.Log,
		queue: make(chan *request, 1024), closing: make(chan struct{}), done: make(chan struct{}), ids: newIdentity(eng), portion: settlePortion,
	}
	f.zone.Store(or(c.Zone, time.UTC))
	if f.now == nil {
		f.now = time.Now
	}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	f.life, f.stop = context.WithCancel(context.Background())
	if err := f.recover(ctx); err != nil {
		f.stop()
		return nil, errors.Join(err, eng.close())
	}
	f.start()
	return f, nil
}

func openEngine(ctx context.Context, c Config) (engine, error) {
	if c.ClickHouse != "" {
		return openClickHouse(ctx, c)
	}
	return openDuck(ctx, c)
}

// start begins the background work.
func (f *Facts) start() {
	f.settleTimer = time.NewTimer(time.Hour)
	f.settleTimer.Stop()
	if f.restless {
		f.scheduleSettle(0)
	}
	if f.batch == 0 {
		f.past.Store(&seen{})
		f.people.past.Store(&seen{})
	} else {
		upTo := f.batch
		f.background.Go(func() {
			err := f.loadPast(f.life, upTo)
			if err == nil {
				err = f.loadPeople(f.life, upTo)
			}
			if err != nil && f.life.Err() == nil {
				f.log.Error("facts: load what is known", "error", err)
			}
		})
	}
	go f.write()
}

// recover finds where the log ended, finishes a batch that was interrupted,
// and loads what the writer keeps in mind.
func (f *Facts) recover(ctx context.Context) error {
	var known sql.NullTime
	var batch, settled sql.NullInt64
	err := f.one(ctx, `SELECT max(toNullable(batch)) AS b, max(toNullable(known)) AS k, max(toNullable(settled)) AS s FROM batches`, nil, &batch, &known, &settled)
	if err != nil {
		return err
	}
	f.batch, f.settled = batch.Int64, settled.Int64
	if known.Valid {
		f.known.Store(known.Time.UnixMilli())
	}
	f.restless = f.settled < f.batch
	f.pending = newPending()
	if err := f.ids.load(ctx); err != nil {
		return err
	}
	if err := f.loadTraits(ctx); err != nil {
		return err
	}
	if err := f.loadJoins(ctx); err != nil {
		return err
	}
	if err := f.loadAccountsSeen(ctx); err != nil {
		return err
	}
	open, err := f.eng.unfinished(ctx)
	if err != nil {
		return err
	}
	for _, b := range open {
		if err := f.redo(ctx, b); err != nil {
			return err
		}
	}
	// After the batches that were interrupted: a key that is not held only
	// costs a row.
	if err := f.loadFirsts(ctx); err != nil {
		return err
	}
	if err := f.upgrade(ctx); err != nil {
		return err
	}
	if f.restless {
		return f.recall(ctx)
	}
	return nil
}

// redo finishes a batch whose events are stored and whose other rows may not
// be all there.
func (f *Facts) redo(ctx context.Context, batch int64) error {
	if err := f.eng.forget(ctx, batch); err != nil {
		return err
	}
	// What the batch said of accounts is gone with it.
	if err := f.loadAccountsSeen(ctx); err != nil {
		return err
	}
	es, err := f.batchEvents(ctx, batch)
	if err != nil {
		return err
	}
	c := newCommit()
	c.batch = batch
	if err := f.take(ctx, c, f.prepareAll(es)); err != nil {
		return err
	}
	c.rows[events.number] = nil
	f.restless = true
	var known time.Time
	for _, e := range es {
		if e.Known.After(known) {
			known = e.Known
		}
	}
	c.add(batches, known, int64(len(es)), f.settled)
	f.noteTraits(c)
	if err := f.eng.apply(ctx, c); err != nil {
		return err
	}
	f.batch = max(f.batch, batch)
	f.known.Store(max(f.known.Load(), known.UnixMilli()))
	return nil
}

// one runs an internal query that answers one row.
func (f *Facts) one(ctx context.Context, text string, params map[string]any, into ...any) error {
	rows, err := f.internal(ctx, text, params)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return errors.Join(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	return rows.Close()
}

// internal runs a query of this package: dialect calls are expanded, tables
// may be named.
func (f *Facts) internal(ctx context.Context, text string, params map[string]any) (*sql.Rows, error) {
	text, err := f.eng.dialect().expand(text)
	if err != nil {
		return nil, err
	}
	return f.eng.query(ctx, text, params)
}

// Zone is the zone by which the facts are cut into days.
func (f *Facts) Zone() *time.Location { return f.zone.Load() }

// SetZone cuts days by another zone from now on. Only a log without events
// can change: the local day of an event is decided when it is taken in. An
// Invalid error naming the field zone says so.
func (f *Facts) SetZone(ctx context.Context, zone *time.Location) error {
	f.rezoning.Lock()
	defer f.rezoning.Unlock()
	if zone.String() == f.Zone().String() {
		return nil
	}
	var n int64
	if err := f.one(ctx, "SELECT i64(count(*)) AS n FROM (SELECT id FROM events LIMIT 1) x", nil, &n); err != nil {
		return err
	}
	if n > 0 {
		return farol.InvalidField("zone", "cannot change any more: there are events, and their days are cut by %s", f.Zone())
	}
	f.zone.Store(zone)
	return nil
}
