// Package desk takes tickets in from help desks: it checks who sends, reads
// each vendor's payload into one common ticket, finds whose it is, and appends
// what is new as well-known ticket events. What it cannot read or place is
// kept, and can be taken in again without doubles.
//
// A help desk is one file that lists how its requests are recognised and read:
// zendesk.go, intercom.go, chatwoot.go, freshdesk.go, and webhook.go for any
// other, by a mapping of its fields.
package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// Ticket is what a help desk says of a ticket, in common words. Absent texts
// are "", absent times zero.
type Ticket struct {
	// ID is the help desk's own.
	ID      string
	Subject string
	// Status is one of the states of facts, "" when its word means none that
	// we know; StatusRaw is the word.
	Status, StatusRaw string
	// Priority is low, normal, high, urgent or "".
	Priority                            string
	Channel, Topic, Assignee, URL       string
	Tags                                []string
	Opened, FirstReply, Solved, Updated time.Time
	// Reopened is how often it was opened again, -1 when not said.
	Reopened int
	// CSAT lies between 0 and 1, nil when it was not rated.
	CSAT                 *float64
	CSATRaw, CSATComment string
	Requester            Requester
}

// Requester is who asked, as far as the help desk tells.
type Requester struct {
	Email, Name string
	// ID is the vendor's customer id for the person (external id), DeskID that
	// of the help desk itself.
	ID, DeskID string
	// Account is the vendor's customer id for the account, Org the help desk's
	// own id of it and OrgName its name.
	Account, Org, OrgName string
}

// Read is what a request says.
type Read struct {
	// Ticket is nil when the request is about nothing that we keep; Why then
	// says what it is about.
	Ticket *Ticket
	Why    string
	// ID is the sender's id of the delivery, "" when it has none.
	ID string
}

// adapter is how one vendor's requests are recognised and read.
type adapter struct {
	// genuine tells whether the request comes from who has the secret: nil, or
	// an Unauthorized error that says what is wrong.
	genuine func(secret string, r request) error
	// read is pure.
	read func(body []byte) (Read, error)
}

// request is what came over the wire: the bytes before anything else.
type request struct {
	body   []byte
	header http.Header
	query  map[string][]string
	now    time.Time
}

var adapters = map[string]adapter{
	"zendesk":  {genuineZendesk, readZendesk},
	"intercom": {genuineIntercom, readIntercom},
	"chatwoot": {genuineChatwoot, readChatwoot},
	// freshdesk cannot sign: its secret is only recognised.
	"freshdesk": {nil, readFreshdesk},
	"webhook":   {genuineWebhook, nil},
}

// Desks takes in what help desks send. It is safe for concurrent use.
type Desks struct {
	Store     *store.Store
	Facts     *facts.Facts
	Customers *customer.Directory
	// Log receives faults of ours, never bodies; nil discards.
	Log *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time

	// turns lets one delivery of a ticket at a time pass.
	turns [64]sync.Mutex
}

func (d *Desks) now() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

func (d *Desks) log() *slog.Logger {
	if d.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return d.Log
}

// MappingKind is the kind of definition under which the mapping of a webhook
// is kept, by the source's id.
const MappingKind = "desk_mapping"

// reader is how the help desk's bodies are read by now.
func (d *Desks) reader(ctx context.Context, h store.Desk) (func([]byte) (Read, error), error) {
	if h.Kind != "webhook" {
		return adapters[h.Kind].read, nil
	}
	m, err := d.Mapping(ctx, h.ID)
	if err != nil {
		return nil, err
	}
	return m.Read, nil
}

// Mapping is the latest mapping of a webhook, an empty one before the first.
func (d *Desks) Mapping(ctx context.Context, id farol.SourceID) (Mapping, error) {
	def, err := d.Store.Definition(ctx, MappingKind, string(id))
	if farol.KindOf(err) == farol.NotFound {
		return Mapping{}, nil
	}
	if err != nil {
		return Mapping{}, err
	}
	var m Mapping
	if err := json.Unmarshal(def.Body, &m); err != nil {
		return Mapping{}, err
	}
	if sight.Of(ctx).All() != nil {
		m.Sample = nil // it is a ticket of whomever
	}
	return m, nil
}

// keepSample puts the sample in force back into a mapping whose author was not
// shown it.
func (d *Desks) keepSample(ctx context.Context, id farol.SourceID, m *Mapping) error {
	if len(m.Sample) > 0 || sight.Of(ctx).All() == nil {
		return nil
	}
	was, err := d.Mapping(sight.Everything(ctx), id)
	m.Sample = was.Sample
	return err
}

// SaveMapping checks a mapping and makes it the next version. Errors: Invalid
// with the field.
func (d *Desks) SaveMapping(ctx context.Context, id farol.SourceID, m Mapping, author string, base *int) (store.Definition, error) {
	h, err := d.Store.Desk(ctx, id)
	if err != nil {
		return store.Definition{}, err
	}
	if h.Kind != "webhook" {
		return store.Definition{}, farol.Errorf(farol.Invalid, "the fields of %s are known: there is nothing to map", h.Kind)
	}
	if err := m.check(); err != nil {
		return store.Definition{}, err
	}
	if err := d.keepSample(ctx, id, &m); err != nil {
		return store.Definition{}, err
	}
	return d.Store.Define(ctx, store.Draft{Kind: MappingKind, Name: string(id), Body: m, Author: author, Base: base})
}

// Take keeps what a help desk sent and takes it in. fresh is false when it was
// sent before. The delivery is durable when this returns without error; when
// it cannot be taken in now, it stays new and Retry does it later.
func (d *Desks) Take(ctx context.Context, h store.Desk, body []byte, id string) (got store.Delivery, fresh bool, err error) {
	if id == "" {
		id = bodyID(h, body, d.now())
	}
	got, fresh, err = d.Store.AddDelivery(ctx, store.Delivery{Source: h.ID, Delivery: id, Body: body})
	if err != nil || !fresh && got.State != store.DeliveryNew {
		return got, fresh, err
	}
	after, err := d.settle(ctx, h, got)
	if err != nil {
		d.log().ErrorContext(ctx, "a delivery waits to be taken in", "source", h.ID, "delivery", got.ID, "error", err)
		return got, fresh, nil
	}
	return after, fresh, nil
}

// bodyID tells the same delivery by its body. Where the body has no time of
// its own, the same words later are something new.
func bodyID(h store.Desk, body []byte, now time.Time) string {
	sum := sha256.Sum256(body)
	id := hex.EncodeToString(sum[:16])
	if a := adapters[h.Kind]; a.read != nil {
		r, err := a.read(body)
		switch {
		case err == nil && r.ID != "":
			return r.ID
		case err == nil && r.Ticket != nil && r.Ticket.Updated.IsZero():
			return id + "@" + now.UTC().Truncate(10*time.Minute).Format("200601021504")
		}
	}
	return id
}

// Replay takes a delivery in again: one that was rejected, or that waits. What
// was taken in before changes nothing.
func (d *Desks) Replay(ctx context.Context, id string) (store.Delivery, error) {
	got, err := d.Store.Delivery(ctx, id)
	if err != nil {
		return got, err
	}
	h, err := d.Store.Desk(ctx, got.Source)
	if err != nil {
		return got, err
	}
	return d.settle(ctx, h, got)
}

// ReplayAll takes in again what is in a state, the oldest first, and answers
// how many then left it. source "" is all.
func (d *Desks) ReplayAll(ctx context.Context, q store.DeliveryQuery) (moved int, err error) {
	q.Oldest, q.Limit = true, 200
	for {
		list, err := d.Store.Deliveries(ctx, q)
		if err != nil || len(list) == 0 {
			return moved, err
		}
		for _, x := range list {
			after, err := d.Replay(ctx, x.ID)
			if farol.KindOf(err) == farol.NotFound {
				continue // the help desk is gone
			}
			if err != nil {
				return moved, err
			}
			if after.State != x.State {
				moved++
			}
		}
		q.After = list[len(list)-1].ID
	}
}

// Retry takes in what could not be taken in at once.
func (d *Desks) Retry(ctx context.Context) error {
	_, err := d.ReplayAll(ctx, store.DeliveryQuery{State: store.DeliveryNew})
	return err
}

// settle works out what a delivery says and does it.
func (d *Desks) settle(ctx context.Context, h store.Desk, got store.Delivery) (store.Delivery, error) {
	read, err := d.reader(ctx, h)
	if err != nil {
		return got, err
	}
	r, err := read(got.Body)
	switch {
	case farol.KindOf(err) == farol.Invalid:
		got.State, got.Reason, got.Field = store.DeliveryRejected, err.Error(), ""
		if e := new(farol.Error); asError(err, &e) {
			bare := *e
			bare.Field = ""
			got.Field, got.Reason = e.Field, bare.Error()
		}
		return got, d.Store.SettleDelivery(ctx, got)
	case err != nil:
		return got, err
	case r.Ticket == nil:
		got.State, got.Field, got.Reason = store.DeliveryIgnored, "", r.Why
		return got, d.Store.SettleDelivery(ctx, got)
	}
	t := *r.Ticket
	if t.Updated.IsZero() {
		t.Updated = got.Received
	}
	turn := &d.turns[stripe(h.ID, t.ID)]
	turn.Lock()
	defer turn.Unlock()
	if err := d.place(ctx, h, &got, t); err != nil {
		return got, err
	}
	return got, d.Store.SettleDelivery(ctx, got)
}

func stripe(source farol.SourceID, ticket string) int {
	f := fnv.New32a()
	fmt.Fprintf(f, "%s/%s", source, ticket)
	return int(f.Sum32() % 64)
}

// place finds whose the ticket is and appends what is new of it.
func (d *Desks) place(ctx context.Context, h store.Desk, got *store.Delivery, t Ticket) error {
	got.Ticket, got.Subject, got.Field, got.Reason = TicketID(h.Kind, t.ID), t.Subject, "", ""
	old, had, err := d.Store.DeskTicket(ctx, h.ID, got.Ticket)
	if err != nil {
		return err
	}
	who := match{account: old.Account, person: old.Person}
	if !had || old.Account == "" {
		if who, err = d.match(ctx, h, t); err != nil {
			return err
		}
	}
	if who.account == "" {
		got.State, got.Requester, got.Who = store.DeliveryWaiting, t.Requester.key(h.ID, got.Ticket), t.Requester.String()
		return nil
	}
	got.Requester, got.Who = "", t.Requester.String()
	next := store.DeskTicket{
		Source: h.ID, Ticket: got.Ticket, Updated: t.Updated, Digest: t.digest(), Status: t.Status,
		Solved: old.Solved, Reopened: old.Reopened, Account: who.account, Person: who.person,
	}
	switch {
	case had && t.Updated.Before(old.Updated):
		got.State, got.Reason = store.DeliveryIgnored, string(lang.Text("it is older than what is known of the ticket"))
		return nil
	case had && next.Digest == old.Digest:
		got.State, got.Reason = store.DeliveryIgnored, string(lang.Text("it says nothing new of the ticket"))
		next.Status = old.Status
		return d.Store.SaveDeskTicket(ctx, next)
	}
	events := t.events(h, &next, old, had)
	if _, err := d.Facts.Append(ctx, facts.Batch{Events: events}); err != nil {
		return err
	}
	got.State = store.DeliveryTaken
	return d.Store.SaveDeskTicket(ctx, next)
}

// TicketID is the id under which a help desk's ticket is in the facts.
func TicketID(kind, id string) string { return kind + "-" + id }

// digest tells whether anything but the time is new.
func (t Ticket) digest() string {
	t.Updated = time.Time{}
	b, _ := json.Marshal(t) // texts, numbers and times always encode
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// over tells whether a state ends a ticket.
func over(status string) bool { return status == facts.TicketSolved || status == facts.TicketClosed }

// events are what the ticket adds to what was known of it; next is filled in
// with how it stands then. Ids follow from what is said, so that the same
// update appended twice counts once.
func (t Ticket) events(h store.Desk, next *store.DeskTicket, old store.DeskTicket, had bool) []farol.Event {
	var out []farol.Event
	add := func(action, status string, at time.Time) {
		out = append(out, farol.Event{
			ID:     fmt.Sprintf("%s-%s-%d-%s", next.Ticket, action, at.UnixMilli(), next.Digest),
			Source: h.ID, Kind: farol.Track, Name: "Ticket " + action, At: at.UTC(), OriginalAt: at.UTC(),
			Account: next.Account, User: next.Person, Properties: t.properties(next, status, action),
		})
	}
	if t.Status == "" {
		next.Status = old.Status
	}
	if !had {
		opened := t.Opened
		if opened.IsZero() || opened.After(t.Updated) {
			opened = t.Updated
		}
		add("Opened", facts.TicketOpen, opened)
		switch {
		case over(next.Status):
			next.Solved = t.solvedAt()
			add("Solved", next.Status, later(next.Solved, opened))
		case next.Status != facts.TicketOpen && next.Status != "", t.Updated.After(opened):
			add("Updated", next.Status, later(t.Updated, opened))
		}
		next.Reopened = max(0, t.Reopened)
		return out
	}
	switch was, is := over(old.Status), over(next.Status); {
	case !was && is:
		next.Solved = t.solvedAt()
		add("Solved", next.Status, next.Solved)
	case was && !is:
		next.Solved = time.Time{}
		next.Reopened = max(old.Reopened+1, t.Reopened)
		add("Reopened", next.Status, t.Updated)
	default:
		add("Updated", next.Status, t.Updated)
	}
	next.Reopened = max(next.Reopened, t.Reopened)
	return out
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// solvedAt is when it was solved: as said, else when it was told.
func (t Ticket) solvedAt() time.Time {
	if !t.Solved.IsZero() && !t.Solved.After(t.Updated) {
		return t.Solved
	}
	return t.Updated
}

// properties are those of docs/events.md.
func (t Ticket) properties(next *store.DeskTicket, status, action string) json.RawMessage {
	p := map[string]any{"ticket": next.Ticket}
	text := func(name, v string) {
		if v != "" {
			p[name] = v
		}
	}
	instant := func(name string, v time.Time) {
		if !v.IsZero() {
			p[name] = v.UTC().Format(time.RFC3339Nano)
		}
	}
	text("subject", t.Subject)
	text("status", status)
	text("priority", t.Priority)
	text("channel", t.Channel)
	text("topic", t.Topic)
	text("requester", t.Requester.String())
	text("assignee", t.Assignee)
	text("url", t.URL)
	text("csat_raw", t.CSATRaw)
	text("csat_comment", t.CSATComment)
	instant("opened_at", t.Opened)
	instant("first_reply_at", t.FirstReply)
	if len(t.Tags) > 0 {
		p["tags"] = t.Tags
	}
	if t.CSAT != nil {
		p["csat"] = *t.CSAT
	}
	if t.Reopened >= 0 {
		p["reopened_count"] = t.Reopened
	}
	if action != "Opened" {
		text("status_raw", t.StatusRaw)
		if over(status) {
			instant("solved_at", next.Solved)
		}
	}
	b, _ := json.Marshal(p) // texts and numbers always encode
	return b
}

// String is the requester for people: the name with the address.
func (r Requester) String() string {
	id := firstOf(r.Email, r.ID, r.DeskID, r.OrgName, r.Account, r.Org)
	if r.Name != "" && r.Name != id {
		return strings.TrimSpace(r.Name + " " + id)
	}
	return id
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
