package desk

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
)

// Key names a ticket.
type Key struct {
	Source farol.SourceID
	ID     string
}

// Book holds every ticket in memory, as the directory holds the accounts: it
// takes in what is new, so that lists and figures over all tickets cost no
// query. It is safe for concurrent use.
type Book struct {
	facts *facts.Facts
	now   func() time.Time

	loading sync.Mutex
	mu      sync.RWMutex
	tickets map[Key]*facts.Ticket
	known   time.Time
	erased  int64 // the erasures that it knows of
	checked time.Time
}

// NewBook makes a book that is filled when it is first asked.
func NewBook(f *facts.Facts, now func() time.Time) *Book {
	if now == nil {
		now = time.Now
	}
	return &Book{facts: f, now: now}
}

// fresh is how old what a reader sees may be.
const fresh = 2 * time.Second

// Tickets answers every ticket, as of a few seconds ago at most, whoever asks:
// Query keeps those in sight. The map and what is in it must not be changed.
func (b *Book) Tickets(ctx context.Context) (map[Key]*facts.Ticket, error) {
	now := b.now()
	b.mu.RLock()
	tickets, known, checked, erased := b.tickets, b.known, b.checked, b.erased
	b.mu.RUnlock()
	if tickets != nil && erased == b.facts.Erasings() && (now.Sub(checked).Abs() < fresh && !checked.IsZero() || !b.facts.LastKnown().After(known)) {
		return tickets, nil
	}
	b.loading.Lock()
	defer b.loading.Unlock()
	b.mu.RLock()
	tickets, since, before := b.tickets, b.known, b.erased
	b.mu.RUnlock()
	erased, upTo := b.facts.Erasings(), b.facts.LastKnown()
	if tickets != nil && erased == before && !upTo.After(since) {
		return tickets, nil
	}
	if b.facts.JoinsChanged().After(since) || erased != before {
		tickets, since = nil, time.Time{} // whose tickets they are, or which there are, is another matter now
	}
	next := maps.Clone(tickets)
	if next == nil {
		next = map[Key]*facts.Ticket{}
	}
	// The book is everybody's: who reads it keeps what they may see.
	if err := b.facts.Tickets(sight.With(ctx, nil), facts.TicketFilter{Since: since}, func(t facts.Ticket) { next[Key{t.Source, t.ID}] = &t }); err != nil {
		return nil, err
	}
	b.mu.Lock()
	b.tickets, b.known, b.erased, b.checked = next, upTo, erased, now
	b.mu.Unlock()
	return next, nil
}

// Refresh makes the next reader see what was just appended.
func (b *Book) Refresh() {
	b.mu.Lock()
	b.checked = time.Time{}
	b.mu.Unlock()
}

// Query chooses and orders tickets; empty fields do not filter.
type Query struct {
	// Account, Topic, Status, Priority, Source keep the tickets that have it.
	// Status "unsolved" is open, pending and on hold together.
	Account                 farol.AccountID
	Topic, Status, Priority string
	Source                  farol.SourceID
	// Search finds words in subject, id, account and requester, accents aside.
	Search string
	// Sight is what the reader may see; Keep, when given, tells whose tickets are
	// asked for.
	Sight *sight.Sight
	Keep  func(farol.AccountID) bool
	// Opened keeps those opened in the days; 0 is open.
	From, To farol.Day
	Zone     *time.Location
	// Sort is "opened", "updated", "waited" (the longest unsolved first) or
	// "account"; "" is "opened". Newest first, but for waited and account.
	Sort          string
	Offset, Limit int
}

// Unsolved asks for what is open, pending or on hold.
const Unsolved = "unsolved"

// Fits tells whether the ticket is asked for.
func (q Query) Fits(t *facts.Ticket, words []string) bool {
	switch {
	case q.Account != "" && t.Account != q.Account, q.Topic != "" && t.Topic != q.Topic, q.Priority != "" && t.Priority != q.Priority, q.Source != "" && t.Source != q.Source,
		q.Status == Unsolved && t.Over(), q.Status != "" && q.Status != Unsolved && t.Status != q.Status:
		return false
	}
	if q.From != 0 || q.To != 0 {
		d := farol.DayOf(t.Opened, q.Zone)
		if q.From != 0 && d < q.From || q.To != 0 && d >= q.To {
			return false
		}
	}
	if len(words) > 0 {
		text := lang.Fold(t.Subject + " " + t.ID + " " + string(t.Account) + " " + t.Requester + " " + t.Topic)
		for _, w := range words {
			if !strings.Contains(text, w) {
				return false
			}
		}
	}
	return q.Sight.Account(t.Account) && (q.Keep == nil || q.Keep(t.Account))
}

// Of answers a page of the tickets that fit, and how many they are.
func (q Query) Of(all map[Key]*facts.Ticket) (page []*facts.Ticket, count int) {
	words := strings.Fields(lang.Fold(q.Search))
	var fit []*facts.Ticket
	for _, t := range all {
		if q.Fits(t, words) {
			fit = append(fit, t)
		}
	}
	order := q.order()
	slices.SortFunc(fit, func(a, b *facts.Ticket) int {
		return cmp.Or(order(a, b), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	limit := q.Limit
	if limit <= 0 {
		limit = 50
	}
	from := min(max(q.Offset, 0), len(fit))
	return fit[from:min(from+limit, len(fit))], len(fit)
}

func (q Query) order() func(a, b *facts.Ticket) int {
	switch q.Sort {
	case "updated":
		return func(a, b *facts.Ticket) int { return b.Updated.Compare(a.Updated) }
	case "waited":
		return func(a, b *facts.Ticket) int { return a.Opened.Compare(b.Opened) }
	case "account":
		return func(a, b *facts.Ticket) int {
			return cmp.Or(cmp.Compare(a.Account, b.Account), b.Opened.Compare(a.Opened))
		}
	}
	return func(a, b *facts.Ticket) int { return b.Opened.Compare(a.Opened) }
}

// Sorts lists the orders.
var Sorts = []string{"opened", "updated", "waited", "account"}
