package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"github.com/farol-cs/farol"
)

// The states of a delivery.
const (
	DeliveryNew      = "new"      // not looked at yet
	DeliveryTaken    = "taken"    // its events are in the facts
	DeliveryIgnored  = "ignored"  // it says nothing new, or nothing of tickets
	DeliveryRejected = "rejected" // it cannot be read
	DeliveryWaiting  = "waiting"  // nobody knows whose ticket it is
)

// Delivery is what a help desk sent in one request.
type Delivery struct {
	ID     string
	Source farol.SourceID
	// Delivery is the sender's id of it, or a digest of the body.
	Delivery string
	Received time.Time
	// Body as it came.
	Body  []byte
	State string
	// Field and Reason say what is wrong with one that was rejected, or why
	// one was ignored.
	Field, Reason   string
	Ticket, Subject string
	// Requester names whom one that waits waits for, as Requester.Who does;
	// Who is that for people.
	Requester, Who string
	Tries          int
	// Settled is zero for new ones.
	Settled time.Time
}

// AddDelivery keeps what was sent. fresh is false when it was sent before: the
// one of then is answered. It is durable when this returns.
func (s *Store) AddDelivery(ctx context.Context, d Delivery) (kept Delivery, fresh bool, err error) {
	err = s.Write(ctx, func(tx *sql.Tx) error {
		old, err := scanDelivery(tx.QueryRowContext(ctx, deliveryColumns+` where source = $1 and delivery = $2`, d.Source, key(d.Delivery)))
		if err == nil {
			kept = old
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		d.ID, d.Received, d.State, d.Delivery, fresh = newID(), s.clock(), DeliveryNew, key(d.Delivery), true
		kept = d
		_, err = tx.ExecContext(ctx, `insert into deliveries (id, source, delivery, received, body, state, field, reason, ticket, subject, requester, who, tries)
			values ($1, $2, $3, $4, $5, $6, '', '', '', '', '', '', 0)`,
			d.ID, d.Source, d.Delivery, d.Received.UnixMilli(), base64.StdEncoding.EncodeToString(d.Body), d.State)
		return err
	})
	return kept, fresh, err
}

// SettleDelivery writes down what became of it.
func (s *Store) SettleDelivery(ctx context.Context, d Delivery) error {
	r, err := s.writer.ExecContext(ctx, `update deliveries set state = $2, field = $3, reason = $4, ticket = $5, subject = $6, requester = $7, who = $8, tries = tries + 1, settled = $9 where id = $1`,
		key(d.ID), d.State, cut(d.Field, 200), cut(d.Reason, 1000), cut(d.Ticket, 300), cut(d.Subject, 300), cut(d.Requester, 500), cut(d.Who, 300), s.clock().UnixMilli())
	return changed(r, err, errNoDelivery())
}

func errNoDelivery() error { return farol.Errorf(farol.NotFound, "there is no such delivery") }

const deliveryColumns = `select id, source, delivery, received, body, state, field, reason, ticket, subject, requester, who, tries, settled from deliveries`

func scanDelivery(r scanner) (d Delivery, err error) {
	var body string
	err = r.Scan(&d.ID, &d.Source, &d.Delivery, stamp{&d.Received}, &body, &d.State, &d.Field, &d.Reason, &d.Ticket, &d.Subject, &d.Requester, &d.Who, &d.Tries, stamp{&d.Settled})
	if err == nil {
		d.Body, err = base64.StdEncoding.DecodeString(body)
	}
	return d, err
}

// Delivery is one delivery; NotFound when there is none such.
func (s *Store) Delivery(ctx context.Context, id string) (Delivery, error) {
	d, err := scanDelivery(s.reader.QueryRowContext(ctx, deliveryColumns+` where id = $1`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoDelivery()
	}
	return d, err
}

// DeliveryQuery selects deliveries; empty fields do not filter.
type DeliveryQuery struct {
	Source           farol.SourceID
	State, Requester string
	// Oldest lists the oldest first instead of the newest.
	Oldest bool
	// After is the id of the last one of the page before.
	After string
	// Limit 0 is 100, at most 1000.
	Limit int
}

// Deliveries lists deliveries.
func (s *Store) Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	order, page := "desc", `id < $4`
	if q.Oldest {
		order, page = "asc", `id > $4`
	}
	rows, err := s.reader.QueryContext(ctx, deliveryColumns+` where ($1 = '' or source = $1) and ($2 = '' or state = $2) and ($3 = '' or requester = $3) and ($4 = '' or `+page+`) order by id `+order+` limit $5`,
		key(q.Source), key(q.State), key(q.Requester), key(q.After), min(limit, 1000))
	return collect(rows, err, scanDelivery)
}

// Waiting is a requester whom nobody knows, with the deliveries that wait for
// them.
type Waiting struct {
	Requester, Who, Subject string
	Source                  farol.SourceID
	Deliveries              int
	First, Last             time.Time
}

// WaitingRequesters lists those who are waited for, the longest waiting first,
// at most 500.
func (s *Store) WaitingRequesters(ctx context.Context) ([]Waiting, error) {
	rows, err := s.reader.QueryContext(ctx, `select requester, max(who), max(subject), max(source), count(*), min(received), max(received) from deliveries
		where state = 'waiting' group by requester order by min(received), requester limit 500`)
	return collect(rows, err, func(r scanner) (w Waiting, err error) {
		err = r.Scan(&w.Requester, &w.Who, &w.Subject, &w.Source, &w.Deliveries, stamp{&w.First}, stamp{&w.Last})
		return w, err
	})
}

// DeliveryCounts tells how many deliveries of a source ("" for all) are in each
// state.
func (s *Store) DeliveryCounts(ctx context.Context, source farol.SourceID) (map[string]int, error) {
	rows, err := s.reader.QueryContext(ctx, `select state, count(*) from deliveries where $1 = '' or source = $1 group by state`, key(source))
	out := map[string]int{}
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var state string
		var n int
		err := r.Scan(&state, &n)
		out[state] = n
		return struct{}{}, err
	})
	return out, err
}

// How long what help desks sent is kept: what waits is kept until somebody
// says whose it is.
const (
	takenKept    = 30 * 24 * time.Hour
	rejectedKept = 180 * 24 * time.Hour
)

// pruneDeliveries forgets what is over.
func pruneDeliveries(ctx context.Context, tx *sql.Tx, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `delete from deliveries where state in ('taken', 'ignored') and settled <= $1`, now.Add(-takenKept).UnixMilli()); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `delete from deliveries where state = 'rejected' and settled <= $1`, now.Add(-rejectedKept).UnixMilli())
	return err
}
